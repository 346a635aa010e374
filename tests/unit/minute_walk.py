"""The clock's rules a second time, the slow way: no bisection, no tables, a walk over the minutes of some weeks.

Written from DESIGN.md and docs/reference/clock.md, not from desk/: it shares no arithmetic with what it checks. Moments
are whole seconds since 1970 in UTC. Hours begin and end with a minute, so the desk is staffed for all of a minute or
for none of it; promises and events may begin and end within one. Only the holidays come from the same library.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = 86_400

Span = tuple[str, str]
"""A staffed interval as it is written: `("22:00", "02:00")`."""


class PastTheWalk(Exception):
    """The answer lies outside the weeks that are walked."""


def second(when: datetime) -> int:
    """An aware whole second as seconds since 1970."""
    return int((when - EPOCH).total_seconds())


def moment(at: int) -> datetime:
    """The aware datetime of seconds since 1970."""
    return EPOCH + timedelta(seconds=at)


@lru_cache(maxsize=64)
def local_times(zone: str, first: int, minutes: int) -> list[datetime]:
    """What a wall clock in `zone` shows at each minute (naive)."""
    where, start = ZoneInfo(zone), moment(first)
    return [(start + i * MINUTE).astimezone(where).replace(tzinfo=None) for i in range(minutes)]


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
    countries: Sequence[str] = ()
    exceptions: dict[date, Sequence[Span]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.start = second(self.first)
        minutes = self.days * 1440
        self.end = self.start + minutes * 60
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
                    self.hours[day].append((self.start + a * 60, self.start + b * 60))
                    self.staffed[a:b] = [True] * (b - a)
            self.hours[day].sort()
            day += timedelta(days=1)

    def written_hours(self, day: date) -> list[Span]:
        """The intervals of a date as written: exceptions beat holidays, holidays beat the week."""
        if day in self.exceptions:
            return list(self.exceptions[day])
        week = list(self.week[day.weekday()])
        off = [days_off(country, day.year) for country in self.countries]
        if any(day in full for full, _ in off):
            return []
        if any(day in half for _, half in off):
            return [
                (opens, closes if opens < closes <= "13:00" else "13:00") for opens, closes in week if opens < "13:00"
            ]
        return week

    def open_at(self, at: int) -> bool:
        """Whether the desk is staffed in the second that begins then."""
        if not self.start <= at < self.end:
            raise PastTheWalk
        return self.staffed[(at - self.start) // 60]

    def counts(self, at: int, clock: str) -> bool:
        """Whether the second that begins then counts on a clock, `always` or `staffed`."""
        return clock == "always" or self.open_at(at)

    def strides(self, at: int, end: int | None = None) -> Iterator[tuple[int, int]]:
        """From a moment to the end of its minute, then minute by minute, to `end` or for ever: where and how long."""
        while end is None or at < end:
            length = 60 - at % 60
            length = length if end is None else min(length, end - at)
            yield at, length
            at += length

    def after(self, at: int, length: int, clock: str) -> int:
        """The second at whose end `length` seconds have been counted. Raises PastTheWalk."""
        if not length:
            return at
        for here, stride in self.strides(at):
            if self.counts(here, clock):
                if length <= stride:
                    return here + length
                length -= stride
        raise AssertionError("the walk has an end")

    def between(self, at: int, end: int, clock: str = "staffed") -> int:
        """Counted seconds between two moments."""
        return sum(stride for here, stride in self.strides(at, end) if self.counts(here, clock))

    def next_opening(self, at: int) -> int:
        """The first start of an interval after a moment. Raises PastTheWalk."""
        openings = [start for hours in self.hours.values() for start, _ in hours if start > at]
        if not openings:
            raise PastTheWalk
        return min(openings)

    def day_of(self, at: int) -> date:
        """The date whose hours count: yesterday's while its night shift runs and today's hours do not."""
        if not self.start <= at < self.end:
            raise PastTheWalk
        today = self.local[(at - self.start) // 60].date()
        for day in (today, today - timedelta(days=1)):
            if day not in self.hours:
                raise PastTheWalk
            if any(start <= at < end for start, end in self.hours[day]):
                return day
        return today

    def same_day(self, posted: int, before: int, grace: int) -> int:
        """When a same-day answer is due."""
        hours = self.hours[self.day_of(posted)]
        if hours and posted < max(end for _, end in hours) - before:
            return max(end for _, end in hours)
        return self.after(self.next_opening(posted), grace, "staffed")

    def business_days(self, posted: int, days: int) -> int:
        """The same local time so many days later, only those from Monday to Friday without a whole holiday counted."""
        local = moment(posted).astimezone(ZoneInfo(self.zone))
        while days:
            local += timedelta(days=1)
            off = any(local.date() in days_off(country, local.year)[0] for country in self.countries)
            days -= local.weekday() <= 4 and not off
        return second(local.astimezone(UTC))
