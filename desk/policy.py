"""What the desk promises, and when it is staffed: the form of `desk:` in nobet.yaml.

Everything here is plain data that validates itself; the arithmetic is in calendar.py and clock.py.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import holidays as holiday_calendars
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, field_validator, model_validator

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_DURATION = re.compile(r"(?:\d+[smhdw])+")
_INTERVAL = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")


def parse_duration(value: object) -> timedelta:
    """A duration from `90s`, `30m`, `2h`, `1h30m`, `2d`, `1w`; a day is 24 hours on whichever clock it is counted.

    Zero is a duration (no grace, no cutoff). Raises ValueError with a sentence for anything else, negative lengths and
    lengths over ten years included.
    """
    if isinstance(value, timedelta):
        length = value
    elif isinstance(value, str) and _DURATION.fullmatch(value.strip()):
        parts = re.findall(r"(\d+)([smhdw])", value)
        try:
            length = timedelta(seconds=sum(int(number) * _UNITS[unit] for number, unit in parts))
        except OverflowError:
            raise ValueError(f"{value!r} is too long for a duration") from None
    else:
        raise ValueError(f"{value!r} is not a duration such as 30m, 2h or 1h30m")
    if length < timedelta(0):
        raise ValueError(f"{value!r} is negative")
    if length > timedelta(days=3660):
        raise ValueError(f"{value!r} is longer than ten years")
    return length


def write_duration(length: timedelta) -> str:
    """The shortest way to write a duration, as parse_duration reads it: 5400 s is `1h30m`."""
    seconds = int(length.total_seconds())
    parts = []
    for unit in ("d", "h", "m", "s"):
        count, seconds = divmod(seconds, _UNITS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def _positive(length: timedelta) -> timedelta:
    if not length:
        raise ValueError("a promise of no time at all cannot be kept")
    return length


Duration = Annotated[timedelta, BeforeValidator(parse_duration), PlainSerializer(write_duration)]

Interval = tuple[int, int]
"""Staffed minutes of one day: start and end in minutes after local midnight; an end past 1440 is on the next day."""


def parse_interval(value: object) -> Interval:
    """`"09:00-18:00"` in minutes; `"22:00-02:00"` ends on the next day; `"00:00-24:00"` is the whole day."""
    match = _INTERVAL.fullmatch(value.strip()) if isinstance(value, str) else None
    if not match:
        raise ValueError(f"{value!r} is not an interval such as '09:00-18:00'")
    h1, m1, h2, m2 = (int(part) for part in match.groups())
    start, end = h1 * 60 + m1, h2 * 60 + m2
    if end > 1440:
        raise ValueError(f"{value!r} ends after 24:00")
    if end == start:
        raise ValueError(f"{value!r} is empty; a whole day is '00:00-24:00'")
    return (start, end if end > start else end + 1440)


def _parse_day(value: object) -> tuple[Interval, ...]:
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise ValueError("a day's hours are a list such as ['09:00-18:00'], empty for closed")
    day = sorted(item if isinstance(item, tuple) else parse_interval(item) for item in value)
    for (_, end), (start, _) in pairwise(day):
        if start < end:
            raise ValueError("two intervals of one day overlap")
    return _joined(day)


def _joined(day: list[Interval]) -> tuple[Interval, ...]:
    """Intervals that touch are one: a change of shift at noon is no opening."""
    joined: list[Interval] = []
    for start, end in day:
        if joined and start == joined[-1][1] and end - joined[-1][0] <= 1440:
            start = joined.pop()[0]
        joined.append((start, end))
    return tuple(joined)


def _write_day(day: tuple[Interval, ...]) -> list[str]:
    def clock(minutes: int) -> str:
        minutes = minutes if minutes <= 1440 else minutes - 1440
        return f"{minutes // 60:02d}:{minutes % 60:02d}"

    return [f"{clock(start)}-{clock(end)}" for start, end in day]


Day = Annotated[tuple[Interval, ...], BeforeValidator(_parse_day), PlainSerializer(_write_day)]


def _parse_date(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f"{str(value)!r} is not a date such as 2026-12-31") from None


Date = Annotated[date, BeforeValidator(_parse_date)]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Within(_Form):
    """A length of time, counted on the wall clock (`always`) or in staffed time (`staffed`)."""

    within: Duration
    clock: Literal["always", "staffed"] = "staffed"

    _not_zero = field_validator("within")(_positive)


class Promise(_Form):
    """What a customer of one urgency may expect: `within` a length of time, or an answer the `same_day`.

    `resolution` adds a deadline to the resolution clock, which is otherwise measured without one.
    """

    within: Duration | None = None
    clock: Literal["always", "staffed"] = "staffed"
    same_day: bool = False
    cutoff_before_close: Duration = timedelta(minutes=60)
    grace: Duration = timedelta(minutes=120)
    resolution: Within | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Promise:
        if self.same_day == (self.within is not None):
            raise ValueError("a promise has either 'within' or 'same_day: true'")
        if self.within is not None:
            _positive(self.within)
        return self


class Promises(_Form):
    """The promise per urgency; `none` has no clock and so no promise."""

    critical: Promise = Promise(within=timedelta(minutes=30), clock="always")
    urgent: Promise = Promise(within=timedelta(hours=2), clock="staffed")
    same_day: Promise = Promise(same_day=True)

    def of(self, urgency: str) -> Promise | None:
        """The promise for an urgency label, None for `none`."""
        promise: Promise | None = None if urgency == "none" else getattr(self, urgency)
        return promise


class Hours(_Form):
    """The staffed intervals of each weekday; a day that is left out is closed."""

    mon: Day = ()
    tue: Day = ()
    wed: Day = ()
    thu: Day = ()
    fri: Day = ()
    sat: Day = ()
    sun: Day = ()

    def of(self, weekday: int) -> tuple[Interval, ...]:
        """The intervals of a weekday, Monday 0."""
        day: tuple[Interval, ...] = getattr(self, WEEKDAYS[weekday])
        return day


_OFFICE: tuple[Interval, ...] = ((540, 1080),)
_DEFAULT_HOURS = Hours(mon=_OFFICE, tue=_OFFICE, wed=_OFFICE, thu=_OFFICE, fri=_OFFICE, sat=((600, 960),))


class Policy(_Form):
    """The desk's promises and its working time. The defaults are DESIGN.md's: Istanbul, Turkey's holidays."""

    timezone: str = "Europe/Istanbul"
    holidays: str | None = "TR"
    hours: Hours = _DEFAULT_HOURS
    exceptions: dict[Date, Day] = Field(default_factory=dict)
    promises: Promises = Promises()

    @model_validator(mode="before")
    @classmethod
    def _empty_is_the_default(cls, data: Any) -> Any:
        return {} if data is None else data  # `desk:` with every line under it commented out

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, OSError, ValueError):  # unknown is a KeyError, a folder of zones an OSError
            raise ValueError(f"{value!r} is not an IANA time zone such as Europe/Istanbul") from None
        return value

    @field_validator("holidays", mode="before")
    @classmethod
    def _known_country(cls, value: object) -> str | None:
        if value is None:
            return None
        if value is False:
            raise ValueError('an unquoted NO is YAML for false; write "NO" for Norway, null for no holidays')
        if not isinstance(value, str):
            raise ValueError(f"{value!r} is not a country with a known holiday calendar, such as TR or DE-BY")
        country, _, part = value.partition("-")
        known = holiday_calendars.list_supported_countries(include_aliases=False)
        if country not in known or (part and part not in known[country]):
            raise ValueError(f"{value!r} is not a country with a known holiday calendar, such as TR or DE-BY")
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The desk's time zone."""
        return ZoneInfo(self.timezone)


def policy_from(data: Any) -> Policy:
    """A policy from the decoded `desk:` mapping (None for the defaults). Raises pydantic's ValidationError."""
    return Policy.model_validate(data)
