"""The look-out: coverage over the last hours, what must be said of it aloud, and the budgets used; kept a while.

The ledger of every source is read from all its polls, which is too much for a page that refreshes every few seconds in
several browsers; so each stretch is computed at most once every `KEPT` per process.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, literal_column, select

from desk.coverage import NOBODY, OFF, SEEN, Span
from desk.watch import ALERT_AFTER, Coverage, Hours, count_hours, coverage
from store import looks as look_store
from store.tables import events

KEPT = timedelta(seconds=30)
"""How old a look-out may be: a gap is told after 15 minutes, so half a minute more is nothing. One of a week may be two
minutes old: that is a fifth of a pixel of its strip, and it costs seven times as much."""

LATELY = timedelta(minutes=5)
"""How old a look-out may be that is shown while a newer one is made."""

HOURS_KEPT = timedelta(hours=1)
"""How old the usual hours of a source may be: they are means over two weeks, and counting them reads every mention."""

GAPS_OF = timedelta(days=1)
"""How long a gap that was found is told, unless it is filled before."""

Records = Sequence[Mapping[str, Any]]
"""The configured sources, as the settings have them."""


@dataclass(frozen=True)
class Alert:
    """Something that we may be missing now. `what` is `unseen` (a source does not deliver), `idle` (nobody asks it,
    though it is switched on) or `gap` (a stretch that is over, and whose posts may be missing)."""

    what: str
    source: str
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True)
class Budget:
    """What of one budget is used: `what` is `requests` (of the UTC day), `items` or `money` (of the UTC month)."""

    what: str
    used: Decimal
    limit: Decimal
    currency: str = ""


@dataclass(frozen=True)
class Watched:
    """The look-out at one moment, `at`."""

    at: datetime
    coverage: Coverage
    alerts: tuple[Alert, ...] = ()
    budgets: Mapping[str, tuple[Budget, ...]] = field(default_factory=dict)


class Lookout:
    """Keeps the look-outs of this process, one per length of time; safe for several threads."""

    def __init__(self) -> None:
        self._kept: dict[timedelta, Watched] = {}
        self._hours: dict[tuple[str, str], Hours] = {}
        self._lock = threading.Lock()
        self.turn = threading.RLock()
        """Held while a look-out is made: two sessions that ask at once need it once."""

    def hours_of(self, tx: Connection, brand: str, source: str, now: datetime) -> Hours:
        """A source's mentions by the hour, counted at most HOURS_KEPT ago."""
        with self._lock:
            found = self._hours.get((brand, source))
        if found is None or abs(now - found[1]) >= HOURS_KEPT:
            found = count_hours(tx, brand, source, now)
            with self._lock:
                self._hours[brand, source] = found
        return found

    def kept(self, length: timedelta, now: datetime, at_most: timedelta | None = None) -> Watched | None:
        """The look-out over `length`, if it is young enough: not older than `at_most`, else KEPT."""
        with self._lock:
            found = self._kept.get(length)
        young = at_most or max(KEPT, length / 5000)
        return found if found is not None and abs(now - found.at) < young else None

    def keep(self, length: timedelta, found: Watched) -> Watched:
        """Keep a look-out; answers it."""
        with self._lock:
            self._kept[length] = found
        return found


def look_out(tx: Connection, brand: str, records: Records, now: datetime, kept: Lookout) -> Watched:
    """The coverage of the last GAPS_OF before `now` (aware), what is to be said aloud of it, and the budgets."""
    day = coverage(tx, brand, now - GAPS_OF, now, now, hours_of=kept.hours_of)
    told = alerts(day, gap_events(tx, brand, now - GAPS_OF), records, now)
    return Watched(now, day, told, budgets(records, look_store.used(tx, brand, now)))


def gap_events(tx: Connection, brand: str, since: datetime) -> list[Mapping[str, Any]]:
    """The gaps that fetches found since `since`, oldest first: source, from, to, missed, note."""
    query = (
        select(events.c.data)
        # The type as it stands in the index's own condition, so that the few gaps are found by it.
        .where(events.c.brand == brand, events.c.type == literal_column("'coverage_gap'"), events.c.at >= since)
        .order_by(events.c.id)
    )
    return [dict(data) for data in tx.execute(query).scalars()]


def alerts(found: Coverage, gaps: Sequence[Mapping[str, Any]], records: Records, now: datetime) -> tuple[Alert, ...]:
    """What is to be said aloud: sources unseen, sources that nobody asks, gaps not filled; the longest first.

    `found` is the coverage of the last GAPS_OF; `gaps` are the events of the same time. Of a source that is switched
    off or no longer configured nothing is told.
    """
    on = {name_in(record) for record in records if record.get("enabled", True)}
    own = {one.source: one for one in found.sources if one.source in on}
    told = [Alert("unseen", one.source, one.unseen_since) for one in found.gaps(now)
            if one.source in own and one.unseen_since]  # fmt: skip
    for name, one in own.items():
        last = one.spans[-1] if one.spans else None
        if last and last.state == OFF and last.evidence == NOBODY and now - last.start >= ALERT_AFTER:
            told.append(Alert("idle", name, last.start))
    open_ = {alert.source for alert in told}
    for gap in gaps:
        name, stretch = str(gap.get("source")), _stretch(gap)
        if name not in own or name in open_ or stretch is None or _filled(own[name].spans, *stretch):
            continue
        told.append(Alert("gap", name, *stretch))
    rank = {"unseen": 0, "idle": 1, "gap": 2}
    return tuple(sorted(dict.fromkeys(told), key=lambda alert: (rank[alert.what], alert.since)))


def _stretch(gap: Mapping[str, Any]) -> tuple[datetime, datetime] | None:
    try:
        return datetime.fromisoformat(str(gap["from"])), datetime.fromisoformat(str(gap["to"]))
    except (KeyError, ValueError):
        return None


def _filled(spans: Sequence[Span], since: datetime, until: datetime) -> bool:
    """Whether nothing of a gap is left in the ledger: what was read again since is seen there."""
    return all(span.state in (SEEN, OFF) for span in spans if span.start < until and span.end > since)


def name_in(record: Mapping[str, Any]) -> str:
    """The name of a configured source."""
    return str(record.get("name") or record["kind"])


def budgets(records: Records, used: Mapping[str, Mapping[str, tuple[int, int]]]) -> Mapping[str, tuple[Budget, ...]]:
    """What each source has used of the budgets it has; `used` as `store.looks.used` gives it."""
    found = {}
    for record in records:
        own = used.get(name_in(record), {})
        requests, items = own.get("day", (0, 0))[0], own.get("month", (0, 0))[1]
        lines = []
        if (limit := _amount(record.get("requests_per_day"))) is not None:
            lines.append(Budget("requests", Decimal(requests), limit))
        if (limit := _amount(record.get("items_per_month"))) is not None:
            lines.append(Budget("items", Decimal(items), limit))
        price = _amount(record.get("price_per_item"))
        if (limit := _amount(record.get("money_per_month"))) is not None and price is not None:
            spent = (items * price).quantize(Decimal("0.01"))
            lines.append(Budget("money", spent, limit, str(record.get("currency") or "USD")))
        if lines:
            found[name_in(record)] = tuple(lines)
    return found


def _amount(value: Any) -> Decimal | None:
    try:
        amount = Decimal(str(value))
    except ArithmeticError:
        return None
    return amount if amount.is_finite() and amount > 0 else None
