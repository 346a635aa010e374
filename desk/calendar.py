"""Working time: when the desk is staffed, counted exactly. Pure arithmetic on UTC microseconds, found by bisection.

An aware datetime plus a timedelta is wall-clock arithmetic in Python, so everything is computed in UTC; local time is
only used to say where a staffed interval starts and ends on a given date.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

import holidays as holiday_calendars

from desk.policy import Interval, Policy

HALF_DAY_CLOSE = 13 * 60
"""Minute at which a half holiday closes: in Turkey the eves of the religious holidays and 28 October (Law 2429)."""

OPENING_YEARS = 3
"""How far ahead an opening is looked for; a desk closed for longer has, for a customer, no working time."""

_YEARS_AHEAD = (0, 1, OPENING_YEARS, 10, 30, 100)
"""Steps in which years are laid out for a long promise on a thinly staffed desk; most end with the first."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_YEAR = 366 * 86_400_000_000
_MARGIN = 2 * 86_400_000_000  # more than any zone's offset and the night shift of the day before together


YEARS = (1900, 2200)
"""First and last year of a time the clock takes; anything outside is a broken date, not a customer's."""

CALENDARS_KEPT = 128
"""Working times whose years stay laid out: teams and channels of a brand, and the versions that open cases keep."""


class NoStaffedTime(ValueError):
    """The policy has no staffed time in which a promise could be kept."""


class ClockError(ValueError):
    """Events or arguments that no clock can be told from; the message says which."""


def utc(when: datetime) -> datetime:
    """An aware datetime in UTC. Raises ClockError for one without an offset, or of no year a customer lives in."""
    if when.tzinfo is None:
        raise ClockError(f"{when.isoformat()} has no offset, such as +03:00")
    if not in_years(when):
        raise ClockError(f"{when.isoformat()} is not between the years {YEARS[0]} and {YEARS[1]}")
    return when.astimezone(UTC)


def in_years(when: datetime) -> bool:
    """Whether a time lies within YEARS, with a year to spare for its offset."""
    return YEARS[0] < when.year < YEARS[1]


def to_us(when: datetime) -> int:
    """An aware datetime as whole microseconds since 1970 (exact, unlike float seconds)."""
    return (when - _EPOCH) // _MICROSECOND


def from_us(us: int) -> datetime:
    """The aware UTC datetime of microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=us)


@cache
def holidays_of(country: str, year: int) -> Mapping[date, bool]:
    """The holidays of a year: True for a half day, False for a whole one, as the library `holidays` knows them.

    `country` is a code with or without a part, such as `TR` or `DE-BY`.
    """
    name, _, part = country.partition("-")
    supported = holiday_calendars.country_holidays(name).supported_categories
    public = holiday_calendars.country_holidays(name, subdiv=part or None, years=year, language="en_US")
    days = dict.fromkeys(public, False)
    if "half_day" in supported:
        for day in holiday_calendars.country_holidays(
            name, subdiv=part or None, years=year, categories=("half_day",), language="en_US"
        ):
            days.setdefault(day, True)
    return MappingProxyType(days)


@dataclass(frozen=True)
class StaffedDay:
    """One date's staffed intervals in UTC microseconds; the last end may lie on the next date."""

    day: date
    intervals: tuple[tuple[int, int], ...]
    kind: str
    """`weekday`, `holiday`, `half_day` or `exception`: why the intervals are what they are."""
    because: str = ""
    """The reason that was written beside an exception."""

    @property
    def close(self) -> int:
        """The end of the day's last interval."""
        return self.intervals[-1][1]

    def staffed_at(self, us: int) -> bool:
        """Whether one of the day's own intervals holds the moment."""
        return any(start <= us < end for start, end in self.intervals)


@dataclass(frozen=True)
class Layout:
    """Whole years of staffed days, ready for bisection. Never changed: a longer one takes its place, so that threads
    may share a calendar."""

    first: int
    last: int
    days: Mapping[date, StaffedDay]
    openings: Sequence[int]
    starts: Sequence[int]
    ends: Sequence[int]
    before: Sequence[int]  # staffed microseconds before the interval of the same index
    since: int  # moments from `since` up to `until` have their whole surroundings in here
    until: int

    def elapsed(self, us: int) -> int:
        """Staffed microseconds from the beginning of the layout to a moment."""
        at = bisect_right(self.starts, us) - 1
        if at < 0:
            return 0  # before the first interval nothing has passed
        return self.before[at] + min(us, self.ends[at]) - self.starts[at]

    def reached(self, goal: int) -> int | None:
        """The first moment at which `goal` (> 0) staffed microseconds have passed; None if it lies further on."""
        at = bisect_left(self.before, goal) - 1  # the interval in which the goal is reached, if it is long enough
        if at < 0 or self.before[at] + self.ends[at] - self.starts[at] < goal:
            return None
        return self.starts[at] + goal - self.before[at]


class Calendar:
    """The staffed time of one policy. Years are laid out when first asked for and kept."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self.zone = policy.zone
        self._layout: Layout | None = None

    def staffed_day(self, day: date) -> StaffedDay:
        """The staffed intervals of one date, with the reason for them."""
        layout = self._layout
        if layout is None or day not in layout.days:
            layout = self._extended(day.year, day.year)
        return layout.days[day]

    def service_day(self, us: int) -> StaffedDay:
        """The staffed day a moment belongs to: the local date, but yesterday while only its night shift still runs."""
        local = self._date(us)
        today = self.staffed_day(local)
        if today.staffed_at(us):
            return today
        yesterday = self.staffed_day(local - timedelta(days=1))
        return yesterday if yesterday.staffed_at(us) else today

    def is_public_holiday(self, day: date) -> bool:
        """Whether a date is a whole public holiday of the policy's countries, whatever hours the desk keeps on it."""
        return any(holidays_of(country, day.year).get(day) is False for country in self._policy.countries)

    def next_opening(self, us: int) -> int:
        """The first start of a staffed interval strictly after a moment. Raises NoStaffedTime when none is near."""
        for years in range(OPENING_YEARS + 1):
            openings = self.covering(us, us + years * _YEAR).openings
            at = bisect_right(openings, us)
            if at < len(openings):
                return openings[at]
        raise NoStaffedTime(f"the desk is not staffed in the {OPENING_YEARS} years after {self._date(us)}")

    def staffed_between(self, start: int, end: int) -> int:
        """Staffed microseconds between two moments (0 when end is not after start)."""
        if end <= start:
            return 0
        layout = self.covering(start, end)
        return layout.elapsed(end) - layout.elapsed(start)

    def add_staffed(self, start: int, length: int) -> int:
        """The moment at which `length` staffed microseconds have passed since `start`; `start` itself for none.

        A length that runs out exactly at a close ends at that close, not at the next opening. Raises NoStaffedTime
        where the desk is not staffed for years, or not for so long in a century.
        """
        if length <= 0:
            return start
        for years in _YEARS_AHEAD:
            layout = self.covering(start, start + years * _YEAR)
            passed = layout.elapsed(start)
            found = layout.reached(passed + length)
            if found is not None:
                return found
            if years == OPENING_YEARS and layout.elapsed(layout.until) == passed:
                raise NoStaffedTime(f"the desk is not staffed in the {years} years after {self._date(start)}")
        raise NoStaffedTime(
            f"the promise needs more staffed time than the desk has in the {_YEARS_AHEAD[-1]} years after "
            f"{self._date(start)}"
        )

    def _date(self, us: int) -> date:
        return from_us(us).astimezone(self.zone).date()

    def covering(self, start: int, end: int) -> Layout:
        """Whole years of staffed days that hold both moments and their surroundings."""
        layout = self._layout
        if layout is not None and layout.since <= start and end < layout.until:
            return layout
        return self._extended(from_us(start - _MARGIN).year, from_us(end + _MARGIN).year)

    def _extended(self, first: int, last: int) -> Layout:
        """The layout with at least the years `first` to `last`; what is laid out stays."""
        days: dict[date, StaffedDay] = {}
        layout = self._layout
        if layout is not None:
            first, last = min(first, layout.first), max(last, layout.last)
            days.update(layout.days)
        for year in range(first, last + 1):
            if date(year, 1, 1) not in days:
                days.update(self._year(year))
        self._layout = layout = _laid_out(first, last, days)
        return layout

    def _year(self, year: int) -> dict[date, StaffedDay]:
        policy, zone = self._policy, self.zone
        closed: dict[date, bool] = {}  # a whole holiday of one country beats a half day of another
        for country in policy.countries:
            closed |= {d: half and closed.get(d, True) for d, half in holidays_of(country, year).items()}
        days = {}
        day = date(year, 1, 1)
        while day.year == year:
            minutes, kind, because = policy.hours.of(day.weekday()), "weekday", ""
            if day in policy.exceptions:
                minutes, kind, because = policy.exceptions[day].hours, "exception", policy.exceptions[day].because
            elif day in closed:
                kind = "half_day" if closed[day] else "holiday"
                minutes = _until(minutes, HALF_DAY_CLOSE) if closed[day] else ()
            intervals = ((_moment(day, start, zone), _moment(day, end, zone)) for start, end in minutes)
            # an interval that lies in the hour a spring change skips has no length
            days[day] = StaffedDay(day, tuple(i for i in intervals if i[0] < i[1]), kind, because)
            day += timedelta(days=1)
        return days


@lru_cache(maxsize=CALENDARS_KEPT)
def _shared(working_time: Policy) -> Calendar:
    return Calendar(working_time)


def calendar_of(policy: Policy) -> Calendar:
    """The calendar of a policy; policies of the same working time, whatever they promise, share one."""
    return _shared(policy.working_time)


def _laid_out(first: int, last: int, days: dict[date, StaffedDay]) -> Layout:
    intervals = sorted(interval for staffed in days.values() for interval in staffed.intervals)
    starts, ends, before = [], [], []
    total, reached = 0, intervals[0][0] if intervals else 0
    for opening, end in intervals:
        start = max(opening, reached)  # a night shift may reach into the next day's hours: counted once
        if start < end:
            starts.append(start)
            ends.append(end)
            before.append(total)
            total += end - start
            reached = end
    since = to_us(datetime(first, 1, 1, tzinfo=UTC)) + _MARGIN
    until = to_us(datetime(last + 1, 1, 1, tzinfo=UTC)) - _MARGIN
    return Layout(first, last, days, [i[0] for i in intervals], starts, ends, before, since, until)


def _until(minutes: tuple[Interval, ...], close: int) -> tuple[Interval, ...]:
    return tuple((start, min(end, close)) for start, end in minutes if start < close)


def _moment(day: date, minutes: int, zone: ZoneInfo) -> int:
    """The first moment at which the local clock shows this time of `day`, or a later one where it never shows it."""
    days, rest = divmod(minutes, 1440)
    local = datetime.combine(day + timedelta(days=days), time(rest // 60, rest % 60), zone)  # fold 0: the first of two
    other = local.replace(fold=1)
    late, early = to_us(local.astimezone(UTC)), to_us(other.astimezone(UTC))
    if early >= late:  # the usual day, or an autumn night that shows the time twice
        return late
    offset = other.utcoffset()  # a spring night skips the time: the clock changes between the two readings of it
    while late - early > 1:
        middle = (early + late) // 2
        if from_us(middle).astimezone(zone).utcoffset() == offset:
            late = middle
        else:
            early = middle
    return late
