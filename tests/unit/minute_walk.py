"""The clock's rules a second time, the slow way: no bisection, a walk over every minute of some weeks.

Written from DESIGN.md and docs/reference/clock.md, not from desk/: it shares no arithmetic with what it checks. Moments
are whole minutes since 1970 in UTC. Only the public holidays come from the same library.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

Span = tuple[str, str]
"""A staffed interval as it is written: `("22:00", "02:00")`."""


def minute(when: datetime) -> int:
    """An aware whole minute as minutes since 1970."""
    return int((when - EPOCH).total_seconds()) // 60


def moment(at: int) -> datetime:
    """The aware datetime of minutes since 1970."""
    return EPOCH + at * MINUTE


@lru_cache(maxsize=64)
def local_times(zone: str, first: int, minutes: int) -> list[datetime]:
    """What a wall clock in `zone` shows at each minute (naive)."""
    where = ZoneInfo(zone)
    return [moment(first + i).astimezone(where).replace(tzinfo=None) for i in range(minutes)]


@lru_cache(maxsize=64)
def latest_shown(zone: str, first: int, minutes: int) -> list[datetime]:
    """The latest time the wall clock has shown so far, minute by minute: in autumn it stands still for an hour."""
    shown, latest = [], datetime.min
    for local in local_times(zone, first, minutes):
        latest = max(latest, local)
        shown.append(latest)
    return shown


@lru_cache(maxsize=64)
def days_off(country: str, year: int) -> tuple[frozenset[date], frozenset[date]]:
    """The public holidays of a year, and its half days."""
    full = frozenset(holidays.country_holidays(country, years=year))
    if "half_day" not in holidays.country_holidays(country).supported_categories:
        return full, frozenset()
    return full, frozenset(holidays.country_holidays(country, years=year, categories=("half_day",))) - full


@dataclass
class Walk:
    """Some weeks of one desk, minute by minute."""

    zone: str
    week: Sequence[Sequence[Span]]  # Monday first
    first: datetime  # aware; the walk starts here
    days: int
    country: str | None = None
    exceptions: dict[date, Sequence[Span]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.start = minute(self.first)
        minutes = self.days * 1440
        self.local = local_times(self.zone, self.start, minutes)
        shown = latest_shown(self.zone, self.start, minutes)
        self.staffed = [False] * minutes
        self.hours: dict[date, list[tuple[int, int]]] = {}
        day = self.local[0].date() + timedelta(days=1)
        while day < self.local[-1].date() - timedelta(days=1):
            self.hours[day] = []
            for opens, closes in self.written_hours(day):
                begin = datetime.combine(day, datetime.strptime(opens, "%H:%M").time())
                if closes == "24:00":
                    end = datetime.combine(day, datetime.min.time()) + timedelta(days=1)
                else:
                    end = datetime.combine(day, datetime.strptime(closes, "%H:%M").time())
                if end <= begin:
                    end += timedelta(days=1)
                # open from the first minute at which the clock shows the opening or later, so too for the close
                a, b = bisect_left(shown, begin), bisect_left(shown, end)
                if a < b:
                    self.hours[day].append((self.start + a, self.start + b))
                    self.staffed[a:b] = [True] * (b - a)
            self.hours[day].sort()
            day += timedelta(days=1)

    def written_hours(self, day: date) -> list[Span]:
        """The intervals of a date as written: exceptions beat holidays, holidays beat the week."""
        if day in self.exceptions:
            return list(self.exceptions[day])
        week = list(self.week[day.weekday()])
        if self.country:
            full, half = days_off(self.country, day.year)
            if day in full:
                return []
            if day in half:
                return [
                    (opens, closes if opens < closes <= "13:00" else "13:00")
                    for opens, closes in week
                    if opens < "13:00"
                ]
        return week

    def open_at(self, at: int) -> bool:
        """Whether the desk is staffed in the minute that begins then."""
        return self.staffed[at - self.start]

    def after_staffed(self, at: int, length: int) -> int:
        """The minute at whose end `length` staffed minutes have passed. Raises IndexError past the walk."""
        while length:
            length -= self.open_at(at)
            at += 1
        return at

    def between(self, at: int, end: int) -> int:
        """Staffed minutes between two moments."""
        return sum(self.open_at(m) for m in range(at, end))

    def next_opening(self, at: int) -> int:
        """The first start of an interval after a moment. Raises IndexError past the walk."""
        openings = sorted(start for hours in self.hours.values() for start, _ in hours if start > at)
        return openings[0]

    def day_of(self, at: int) -> date:
        """The date whose hours count: yesterday's while its night shift runs and today's hours do not."""
        today = self.local[at - self.start].date()
        for day in (today, today - timedelta(days=1)):
            if any(start <= at < end for start, end in self.hours[day]):
                return day
        return today

    def due_within(self, posted: int, length: int, clock: str) -> int:
        """When `within: length` of a clock ends."""
        return posted + length if clock == "always" else self.after_staffed(posted, length)

    def due_same_day(self, posted: int, before: int, grace: int) -> int:
        """When a same-day answer is due."""
        hours = self.hours[self.day_of(posted)]
        if hours and posted < max(end for _, end in hours) - before:
            return max(end for _, end in hours)
        return self.after_staffed(self.next_opening(posted), grace)
