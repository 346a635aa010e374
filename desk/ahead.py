"""The next staffed hours as one line: closed time takes no room on it, so that eight hours of work are eight. Pure."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from desk.calendar import Calendar, NoStaffedTime, from_us, to_us

QUARTER = timedelta(minutes=15)
PLACES = 32
"""Quarters of an hour in eight staffed hours: the columns of the strip (PLACES in board/parts/plots.js)."""


@dataclass(frozen=True)
class Ahead:
    """Staffed time from `start` to `end`: its stretches in order, whose lengths add up to the line's."""

    start: datetime
    end: datetime
    stretches: tuple[tuple[datetime, datetime], ...]

    @property
    def length(self) -> timedelta:
        """The staffed time of the whole line."""
        return sum((end - start for start, end in self.stretches), timedelta())

    def share(self, at: datetime) -> float:
        """Where a moment stands, in [0, 1]; a moment while the desk is closed stands where it closed."""
        passed = timedelta()
        for start, end in self.stretches:
            if at <= start:
                break
            passed += min(at, end) - start
        return passed / self.length

    def place(self, at: datetime) -> int:
        """The column that holds a moment, from 0; what is past stands in the first, what lies further in the last."""
        return min(PLACES - 1, int(self.share(at) * PLACES + 1e-9))

    def begins(self, place: int) -> datetime:
        """The moment at which a column begins."""
        left = self.length * place / PLACES
        for start, end in self.stretches:
            if left < end - start:
                return start + left
            left -= end - start
        return self.end

    def hours(self, zone: ZoneInfo) -> tuple[tuple[float, datetime, bool], ...]:
        """The whole hours of the desk's clock that lie on the line, with their share; True where a stretch opens."""
        found: dict[datetime, tuple[float, datetime, bool]] = {}
        for n, (start, end) in enumerate(self.stretches):
            if n:
                found[start] = (self.share(start), start, True)
            local = start.astimezone(zone)
            at = (local.replace(minute=0, second=0, microsecond=0)).astimezone(start.tzinfo)
            while at < end:
                if at > start:
                    found.setdefault(at, (self.share(at), at, False))
                at += timedelta(hours=1)
        return tuple(found.values())


def ahead(calendar: Calendar, now: datetime, length: timedelta = QUARTER * PLACES) -> Ahead | None:
    """The next `length` of staffed time from the quarter of an hour that holds `now` (aware); None where the desk does
    not open for years."""
    start = to_us(now) - to_us(now) % (QUARTER // timedelta(microseconds=1))
    try:
        end = calendar.add_staffed(start, length // timedelta(microseconds=1))
    except NoStaffedTime:
        return None
    layout = calendar.covering(start, end)
    at = max(0, bisect_right(layout.starts, start) - 1)
    stretches = []
    while at < len(layout.starts) and layout.starts[at] < end:
        since, until = max(start, layout.starts[at]), min(end, layout.ends[at])
        if since < until:
            stretches.append((from_us(since), from_us(until)))
        at += 1
    return Ahead(from_us(start), from_us(end), tuple(stretches))
