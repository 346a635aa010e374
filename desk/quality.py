"""How good the classifier's labels were, week by week, as far as people looked at them.

Corrections are no random sample: people look at what is in a case, and overlook mistakes. So every figure says what it
was counted from, what part of all mentions that is, and how far chance alone could move it; where reviewers looked at
mentions drawn at random, those are counted apart, and they are the ones that speak for all.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from mention import SENTIMENTS, TOPICS, URGENCIES
from store import corrections as said
from store.corrections import LookedAt

LABELS = {"sentiment": SENTIMENTS, "urgency": URGENCIES, "topic": TOPICS}
_Z = 1.959964  # 95 % of a normal distribution, both sides


@dataclass(frozen=True)
class Share:
    """`hits` of `n` as a share in [0, 1] with its 95 % interval (Wilson, JASA 22, 1927: honest for few and for extreme
    shares). All three are None where there is nothing to count."""

    hits: int
    n: int

    @property
    def value(self) -> float | None:
        """The share itself."""
        return self.hits / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """From where to where the true share lies, by chance alone."""
        if not self.n:
            return None
        p, spread = self.hits / self.n, _Z * _Z / self.n
        middle = (p + spread / 2) / (1 + spread)
        reach = _Z * math.sqrt(p * (1 - p) / self.n + spread / (4 * self.n)) / (1 + spread)
        return max(0.0, middle - reach), min(1.0, middle + reach)

    def record(self) -> dict[str, Any]:
        """As JSON holds it, four places."""
        low, high = self.interval or (None, None)
        told = {"value": self.value, "low": low, "high": high}
        return {**asdict(self), **{name: None if v is None else round(v, 4) for name, v in told.items()}}


@dataclass(frozen=True)
class HeadQuality:
    """One head in one week: the share of looked-at labels that stood, in all and by label given (its precision); and
    the same over the random review sample."""

    stood: Share
    by_label: Mapping[str, Share]
    reviewed: Share


@dataclass(frozen=True)
class Week:
    """The mentions that arrived in one ISO week of the desk's zone: `looked` is how many of all a person looked at."""

    year: int
    number: int
    start: datetime
    end: datetime
    looked: Share
    heads: Mapping[str, HeadQuality]
    models: tuple[str, ...]
    reviewed: int

    @property
    def name(self) -> str:
        """Such as 2026-W47."""
        return f"{self.year}-W{self.number:02}"

    def record(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "week": self.name, "start": self.start.isoformat(), "end": self.end.isoformat(),
            "mentions": self.looked.n, "looked_at": self.looked.record(), "models": list(self.models),
            "reviewed": self.reviewed,
            "heads": {
                head: {
                    "stood": one.stood.record(), "corrected": one.stood.n - one.stood.hits,
                    "precision": {label: share.record() for label, share in one.by_label.items()},
                    "review_sample": one.reviewed.record(),
                }
                for head, one in self.heads.items()
            },
        }  # fmt: skip


def weeks_until(now: datetime, zone: ZoneInfo, count: int) -> list[tuple[date, datetime, datetime]]:
    """The last `count` ISO weeks in a zone, the running one last: Monday, and the moments where it begins and ends."""
    today = now.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    mondays = [monday - timedelta(weeks=back) for back in range(count - 1, -1, -1)]
    return [(day, _midnight(day, zone), _midnight(day + timedelta(weeks=1), zone)) for day in mondays]


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def heads_of(looked: Sequence[LookedAt]) -> dict[str, HeadQuality]:
    """The figures of each head from mentions that people looked at. Pure."""
    return {
        head: HeadQuality(
            _stood(looked, head),
            {
                label: share
                for label in labels
                if (share := _stood((one for one in looked if one.given.get(head) == label), head)).n
            },
            _stood((one for one in looked if one.reviewed), head),
        )
        for head, labels in LABELS.items()
    }


def _stood(looked: Iterable[LookedAt], head: str) -> Share:
    kept = [head not in one.corrected for one in looked if head in one.labels]
    return Share(sum(kept), len(kept))


def quality(tx: Connection, brand: str, zone: ZoneInfo, count: int, now: datetime) -> list[Week]:
    """The last `count` weeks of a brand, the oldest first."""
    found = []
    for monday, start, end in weeks_until(now, zone, count):
        total, some = said.arrived(tx, brand, start, end)
        looked = said.looked_at(tx, brand, since=start, until=end)
        year, number, _ = monday.isocalendar()
        models = tuple(sorted({one.model for one in looked if one.model}))
        reviewed = sum(one.reviewed for one in looked)
        found.append(Week(year, number, start, end, Share(some, total), heads_of(looked), models, reviewed))
    return found


def drawn(mention_ids: Iterable[int], sample: str, size: int) -> list[int]:
    """A random sample for review: the same for everybody who asks for `sample`, and no label has a say in it."""

    def lot(mention_id: int) -> bytes:
        return hashlib.sha256(f"{sample} {mention_id}".encode()).digest()

    return sorted(sorted(set(mention_ids), key=lot)[:size])
