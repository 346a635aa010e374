"""What might we be missing? The coverage ledger of every source, read from the store, and the gaps to be told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property, partial

from sqlalchemy import Connection

from desk.coverage import OFF, SEEN, Minutes, Span, Usual, ledger, minutes, usual_rate
from store import looks as look_store
from store import sources as source_store
from store.rows import Backfill, SourceState

HISTORY = timedelta(days=14)
"""How far back a source's usual hours are counted: two of each weekday."""

ALERT_AFTER = timedelta(minutes=15)
"""How long a source may be unseen before the board says so: shorter troubles mend themselves at the next fetch."""


@dataclass(frozen=True)
class SourceCoverage:
    """One source over a stretch of time."""

    source: str
    kind: str | None
    spans: tuple[Span, ...]
    minutes: Minutes
    state: SourceState
    refills: tuple[Backfill, ...] = ()

    @property
    def unseen_since(self) -> datetime | None:
        """Since when the source has not been seen, None where its newest decided time is seen or it is off."""
        since = None
        for span in reversed(self.spans):
            if span.state in (SEEN, OFF) and not (span.state == OFF and since is not None):
                break
            since = span.start
        return since


@dataclass(frozen=True)
class Coverage:
    """Every source over [start, end)."""

    start: datetime
    end: datetime
    sources: tuple[SourceCoverage, ...] = field(default=())

    def gaps(self, now: datetime) -> tuple[SourceCoverage, ...]:
        """Sources that have been unseen for longer than ALERT_AFTER, the longest first."""
        open_ = [found for found in self.sources if found.unseen_since and now - found.unseen_since >= ALERT_AFTER]
        return tuple(sorted(open_, key=lambda found: found.unseen_since or now))


Hours = tuple[Mapping[datetime, int], datetime]
"""A source's mentions by the hour over HISTORY, and when they were counted."""


def count_hours(tx: Connection, brand: str, source: str, now: datetime) -> Hours:
    """The mentions of a source by the hour over HISTORY, as of `now` (aware)."""
    return look_store.hourly(tx, brand, source, now - HISTORY, now), now


def coverage(
    tx: Connection, brand: str, start: datetime, end: datetime, now: datetime, source: str | None = None,
    hours_of: Callable[[Connection, str, str, datetime], Hours] = count_hours,
) -> Coverage:  # fmt: skip
    """The ledger of every source, or of one, in [start, end) as it is known at `now` (all aware).

    `hours_of` gives a source's usual hours; whoever asks often may keep what was counted before.
    """
    polls = look_store.looks(tx, brand, start, now)
    refills = look_store.backfills_since(tx, brand, start)
    found = []
    for state in source_store.source_states(tx, brand, now):
        if source is not None and state.source != source:
            continue
        own = polls.get(state.source, [])
        usual = _Usual(partial(hours_of, tx, brand, state.source, now))
        settles = 60.0 if state.settles_s is None else state.settles_s
        spans = ledger(own, start, end, now, settles, usual)
        found.append(
            SourceCoverage(
                state.source, state.kind, tuple(spans), minutes(spans, start, min(end, now)), state,
                tuple(row for row in refills if row.source == state.source),
            )
        )  # fmt: skip
    return Coverage(start, end, tuple(found))


class _Usual:
    """How many mentions a source usually has (see usual_rate); its hours are counted only where that is asked."""

    def __init__(self, hours: Callable[[], Hours]) -> None:
        self._hours = hours

    @cached_property
    def _rate(self) -> Usual:
        hours, counted_at = self._hours()
        first = min(hours, default=counted_at)
        return usual_rate(hours, max(first, counted_at - HISTORY), counted_at)

    def __call__(self, start: datetime, end: datetime) -> float:
        return self._rate(start, end)


def record(found: SourceCoverage, zone: object) -> Mapping[str, object]:
    """One source's coverage as JSON: spans, minutes by state, lag in seconds, what is read again."""
    return {
        "source": found.source,
        "kind": found.kind,
        "minutes": {**{name: round(value, 1) for name, value in found.minutes.by_state.items()},
                    "unknown": round(found.minutes.unknown, 1)},
        "lag_s": {"p50": found.state.lag_p50_s, "p95": found.state.lag_p95_s},
        "spans": [
            {"from": _local(span.start, zone), "to": _local(span.end, zone), "state": span.state,
             "evidence": span.evidence, "missed": span.missed}
            for span in found.spans
        ],
        "refills": [
            {"from": _local(row.since, zone), "to": _local(row.until, zone), "state": row.state, "found": row.found,
             "note": row.note}
            for row in found.refills
        ],
    }  # fmt: skip


def _local(moment: datetime, zone: object) -> str:
    return moment.astimezone(zone).isoformat(timespec="seconds")  # type: ignore[arg-type]
