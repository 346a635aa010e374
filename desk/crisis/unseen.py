"""Time in which a source was not seen, told to the growth watch as it is found out: it is neither quiet nor a drop.

Seen, and partly seen, is taken as seen: a listing that is not read to its end yet, or one gap in it, hides little, and
expecting nothing of such time would make every later mention a surprise. Of what is refused, out of budget, broken or
not looked at, a source's usual share of the brand's mentions is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from desk.coverage import BLOCKED, BROKEN, OFF, QUOTA
from desk.lookout import Lookout
from desk.watch import Coverage, coverage
from playbooks.growth import Unseen

HIDDEN = frozenset({BLOCKED, QUOTA, BROKEN, OFF})

ASKED_EVERY = timedelta(minutes=1)
"""How often the ledger is asked: it is read from every poll, and a minute is a fifteenth of the watch's window."""

LOOKS_BACK = timedelta(hours=1)
"""How far back the first question reaches; what is older has been learnt from already."""


class Blind:
    """What of the ledger was told to the watch: up to when, by source, and with which share."""

    def __init__(self, told: Mapping[str, tuple[datetime, float]] | None = None) -> None:
        self.told: dict[str, tuple[datetime, float]] = dict(told or {})
        self.asked_at: datetime | None = None
        self._lookout = Lookout()  # it keeps the usual hours of the sources, which are slow to count

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Blind:
        """From `record`."""
        return cls({source: (datetime.fromisoformat(at), float(share)) for source, (at, share) in record.items()})

    def record(self) -> dict[str, Any]:
        """As JSON."""
        return {source: [at.isoformat(), share] for source, (at, share) in sorted(self.told.items())}

    def ask(self, tx: Connection, brand: str, now: datetime) -> list[Unseen]:
        """The time that was not seen and was not told yet, as the ledger has it at `now`; nothing where it was asked
        within ASKED_EVERY."""
        if self.asked_at is not None and now - self.asked_at < ASKED_EVERY:
            return []
        self.asked_at = now
        start = max(min((at for at, _ in self.told.values()), default=now - LOOKS_BACK), now - timedelta(days=1))
        found = coverage(tx, brand, start, now, now, hours_of=self._lookout.hours_of)
        shares = _shares(tx, brand, found, now, self._lookout)
        spans = []
        for one in found.sources:
            if not one.spans:
                continue
            told, share = self.told.get(one.source, (start, 0.0))
            for span in one.spans:
                since = max(span.start, told)
                if span.state in HIDDEN and span.end > since:
                    # While it goes on it keeps its share, so that an outage stays one span in the watch.
                    share = share if since == told and share else shares[one.source]
                    if share > 0:
                        spans.append(Unseen(since, span.end, share))
                elif span.end > since:
                    share = 0.0
            self.told[one.source] = (max(told, one.spans[-1].end), share)
        return spans


def unseen_in(tx: Connection, brand: str, start: datetime, now: datetime, lookout: Lookout) -> list[Unseen]:
    """The time of [start, now) that was not seen, as the ledger has it; for whoever looks back, as the meter does."""
    found = coverage(tx, brand, start, now, now, hours_of=lookout.hours_of)
    shares = _shares(tx, brand, found, now, lookout)
    return [
        Unseen(span.start, span.end, shares[one.source])
        for one in found.sources
        for span in one.spans
        if span.state in HIDDEN and span.start < span.end and shares[one.source] > 0
    ]


def _shares(tx: Connection, brand: str, found: Coverage, now: datetime, lookout: Lookout) -> dict[str, float]:
    """What each source usually brings of all mentions; alike where nothing is known of any."""
    counts = {one.source: sum(lookout.hours_of(tx, brand, one.source, now)[0].values()) for one in found.sources}
    total = sum(counts.values())
    if not total:
        return dict.fromkeys(counts, 1 / max(1, len(counts)))
    return {source: count / total for source, count in counts.items()}
