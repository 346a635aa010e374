"""The deadlines of one promise for every moment of a year, as a table: what makes a hundred thousand of them quick.

As a function of the posting time a deadline has few pieces: on each it is one fixed moment (all that is posted while
the desk is closed is due together) or the posting time plus one fixed length. A year has some hundreds of pieces, found
once by the calendar; after that a deadline is one bisection. Pure; times are microseconds since 1970.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from desk.calendar import Calendar, NoStaffedTime, from_us, to_us

_DAY = 86_400_000_000

Piece = datetime | timedelta | None
"""A deadline, what lies between posting and deadline, or None where the calendar has no staffed time for it."""


@dataclass(frozen=True)
class DueTable:
    """The deadlines of one promise in one year of UTC: from `edges[i]` up to the next edge holds `pieces[i]`."""

    edges: list[int]
    pieces: list[Piece]

    def at(self, us: int) -> Piece:
        """The piece that holds a moment of the year."""
        return self.pieces[bisect_right(self.edges, us) - 1]


def table_of(found: Iterator[tuple[int, Piece]]) -> DueTable:
    """The table of pieces in order; neighbours that are equal become one."""
    edges: list[int] = []
    pieces: list[Any] = []
    for edge, piece in found:
        if not pieces or piece != pieces[-1]:
            edges.append(edge)
            pieces.append(piece)
    return DueTable(edges, pieces)


def staffed_pieces(calendar: Calendar, length: int, year: int) -> Iterator[tuple[int, Piece]]:
    """The pieces of `within: length` (microseconds) of staffed time."""
    at, end = _bounds(year)
    while at < end:
        layout = calendar.covering(at, end)
        inside = bisect_right(layout.starts, at) - 1  # the interval that holds the moment, or the last one before it
        try:
            due = calendar.add_staffed(at, length)
        except NoStaffedTime:
            due = None
        if inside < 0 or at >= layout.ends[inside]:  # closed: what is posted until the opening is due together
            yield at, from_us(due) if due is not None else None
            at = layout.starts[inside + 1] if inside + 1 < len(layout.starts) else end
            continue
        if due is None:
            yield at, None
            at = layout.ends[inside]
            continue
        yield at, timedelta(microseconds=due - at)
        over = calendar.covering(at, due)
        runs_until = over.ends[bisect_left(over.ends, due)]  # of the interval in which it is due, its close included
        at = min(layout.ends[inside], at + runs_until - due + 1)


def same_day_pieces(
    calendar: Calendar, cutoff: int, due: Callable[[datetime], datetime], year: int
) -> Iterator[tuple[int, Piece]]:
    """The pieces of a same-day promise, which `due` reckons and whose cutoff is `cutoff` microseconds before a close.

    It changes only where the desk opens or closes, at a cutoff, or where the local date changes.
    """
    first, end = _bounds(year)
    edges = {first}
    day = date(year - 1, 12, 30)
    while day < date(year + 1, 1, 3):
        intervals = calendar.staffed_day(day).intervals
        edges.update(edge for interval in intervals for edge in interval)
        if intervals:
            edges.add(intervals[-1][1] - cutoff)
        midnight = datetime.combine(day, time(), calendar.zone)  # in autumn there may be two
        edges.update(to_us(midnight.replace(fold=fold).astimezone(UTC)) for fold in (0, 1))
        day += timedelta(days=1)
    edges.update(_clock_changes(calendar, first, end))
    for edge in sorted(edge for edge in edges if first <= edge < end):
        try:
            yield edge, due(from_us(edge))
        except NoStaffedTime:
            yield edge, None


def _clock_changes(calendar: Calendar, first: int, end: int) -> Iterator[int]:
    """The moments at which the zone's offset changes."""

    def offset(us: int) -> timedelta | None:
        return from_us(us).astimezone(calendar.zone).utcoffset()

    for early in range(first, end, _DAY):
        late = early + _DAY
        if (before := offset(early)) == offset(late):
            continue
        while late - early > 1:
            middle = (early + late) // 2
            if offset(middle) == before:
                early = middle
            else:
                late = middle
        yield late


def _bounds(year: int) -> tuple[int, int]:
    return to_us(datetime(year, 1, 1, tzinfo=UTC)), to_us(datetime(year + 1, 1, 1, tzinfo=UTC))
