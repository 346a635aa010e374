"""What the desk promises, and when it is staffed: the form of `desk:` in nobet.yaml.

Everything here is plain data that validates itself; the arithmetic is in calendar.py and clock.py. A team or a channel
may have hours and promises of its own: `Policy.of` answers the plain policy that holds for it. `Policy.version` names a
policy by its content, so that a case can keep the promise that was in force when it started.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import holidays as holiday_calendars
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)

from mention import CHANNEL_FAMILY

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


class OneOff(_Form):
    """The hours of a single date: a list of intervals, or `{hours: [...], because: "Yılbaşı"}` with the reason told."""

    hours: Day = ()
    because: str = Field("", max_length=200)

    @model_validator(mode="before")
    @classmethod
    def _hours_alone(cls, data: Any) -> Any:
        return data if isinstance(data, dict | OneOff) else {"hours": _parse_day(data)}

    @model_serializer
    def _short(self) -> Any:
        hours = _write_day(self.hours)
        return {"hours": hours, "because": self.because} if self.because else hours


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


class PromiseChanges(_Form):
    """The promises that a team or a channel has of its own; what is left out is as it is for the rest of the desk."""

    critical: Promise | None = None
    urgent: Promise | None = None
    same_day: Promise | None = None


def _known_zone(value: object) -> object:
    try:
        if isinstance(value, str):
            ZoneInfo(value)
    except (KeyError, OSError, ValueError):  # unknown is a KeyError, a folder of zones an OSError
        raise ValueError(f"{value!r} is not an IANA time zone such as Europe/Istanbul") from None
    return value


def _known_countries(value: object) -> object:
    if isinstance(value, list | tuple):
        if not value:
            raise ValueError("an empty list names no country; null is for no holidays")
        return tuple(_known_country(one) for one in value)
    return None if value is None else _known_country(value)


def _own_countries(value: object) -> object:
    return value if value == AS_DESK else _known_countries(value)


def _known_country(value: object) -> str:
    if value is False:
        raise ValueError('an unquoted NO is YAML for false; write "NO" for Norway, null for no holidays')
    if isinstance(value, str):
        country, _, part = value.partition("-")
        known = holiday_calendars.list_supported_countries(include_aliases=False)
        if country in known and (not part or part in known[country]):
            return value
    raise ValueError(f"{value!r} is not a country with a known holiday calendar, such as TR or DE-BY")


def _known_channel(value: object) -> str:
    name = str(value).lower()
    if name not in CHANNEL_FAMILY:
        raise ValueError(f"{str(value)!r} is not a channel; there are {', '.join(sorted(CHANNEL_FAMILY))}")
    return name


AS_DESK = "desk"
"""The holidays of a team that names none: the desk's. (null says that it has none at all.)"""

Zone = Annotated[str, BeforeValidator(_known_zone)]
Countries = Annotated[str | tuple[str, ...] | None, BeforeValidator(_known_countries)]
OwnCountries = Annotated[str | tuple[str, ...] | None, BeforeValidator(_own_countries)]
ChannelName = Annotated[str, BeforeValidator(_known_channel)]
TeamName = Annotated[str, Field(min_length=1, max_length=60)]


class Team(_Form):
    """What is different for one team; everything that is left out is the desk's. Dates are added to the desk's."""

    timezone: Zone | None = None
    holidays: OwnCountries = AS_DESK
    hours: Hours | None = None
    exceptions: dict[Date, OneOff] = Field(default_factory=dict)
    promises: PromiseChanges = PromiseChanges()


class Channel(Team):
    """What is different for one channel (a platform such as whatsapp), and the team that answers it."""

    team: str | None = None


class Policy(_Form):
    """The desk's promises and its working time. The defaults are DESIGN.md's: Istanbul, Turkey's holidays.

    A policy without teams and channels is plain: it holds as it stands. The clocks reckon with plain ones, see `of`.
    """

    timezone: Zone = "Europe/Istanbul"
    holidays: Countries = "TR"
    hours: Hours = _DEFAULT_HOURS
    exceptions: dict[Date, OneOff] = Field(default_factory=dict)
    promises: Promises = Promises()
    teams: dict[TeamName, Team] = Field(default_factory=dict)
    channels: dict[ChannelName, Channel] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _empty_is_the_default(cls, data: Any) -> Any:
        return {} if data is None else data  # `desk:` with every line under it commented out

    @field_validator("channels")
    @classmethod
    def _teams_exist(cls, channels: dict[str, Channel], info: ValidationInfo) -> dict[str, Channel]:
        teams = info.data.get("teams")
        for name, channel in channels.items():
            if teams is not None and channel.team is not None and channel.team not in teams:
                there = f"there are {', '.join(teams)}" if teams else "there are none"
                raise ValueError(f"{name}.team: {channel.team!r} is not one of desk.teams ({there})")
        return channels

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Policy) and self.version == other.version  # not by what was worked out and is kept

    def __hash__(self) -> int:
        return hash(self.version)

    @property
    def zone(self) -> ZoneInfo:
        """The desk's time zone."""
        return ZoneInfo(self.timezone)

    @property
    def countries(self) -> tuple[str, ...]:
        """The countries whose public holidays close the desk; empty for none."""
        return (self.holidays,) if isinstance(self.holidays, str) else self.holidays or ()

    def of(self, channel: str | None = None, team: str | None = None) -> Policy:
        """The plain policy that holds for a channel and a team: the channel's word before the team's before the desk's.

        Without `team` it is the channel's team, if it names one. A channel or team that the policy does not know (one
        that was renamed since, say) has the desk's word. The answer is kept: asking again costs nothing.
        """
        name = (channel or "").lower()
        own = self.channels.get(name)
        team = team or (own.team if own else None)
        key = (name if own else "", team if team in self.teams else None)
        found = self._effective.get(key)
        if found is None:
            # from the desk to the channel: each one's word over that of the one before
            said = [item for item in (self.teams.get(key[1] or ""), own) if item is not None]
            found = self if not self.teams and not self.channels else _joined_policy(self, said)
            self._effective[key] = found
        return found

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Policy:
        """A policy with some fields changed; unlike pydantic's it is checked, and keeps nothing that was worked out."""
        return policy_from({**{name: getattr(self, name) for name in Policy.model_fields}, **(update or {})})

    @cached_property
    def _effective(self) -> dict[tuple[str, str | None], Policy]:
        return {}

    def record(self) -> dict[str, Any]:
        """The policy as JSON, every default written out, so that it means the same when a default changes.

        `policy_from` reads it again as an equal policy.
        """
        written: dict[str, Any] = self.model_dump(mode="json")
        return {name: value for name, value in written.items() if value or name not in ("teams", "channels")}

    @cached_property
    def version(self) -> str:
        """Twelve hexadecimal digits that name the policy by its content: equal policies have equal ones, anywhere."""
        text = json.dumps(self.record(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @cached_property
    def working_time(self) -> Policy:
        """The policy with the usual promises: policies of the same working time share one calendar."""
        return _joined_policy(self, [], promises=Promises())


_PLAIN = ("timezone", "holidays", "hours", "exceptions", "promises")


def _joined_policy(desk: Policy, said: list[Team], **instead: Any) -> Policy:
    """A plain policy: the desk's, changed by each of `said` in turn, then by `instead`."""
    fields = {name: getattr(desk, name) for name in _PLAIN}
    for own in said:
        if own.timezone is not None:
            fields["timezone"] = own.timezone
        if own.holidays != AS_DESK:
            fields["holidays"] = own.holidays
        if own.hours is not None:
            fields["hours"] = own.hours
        fields["exceptions"] = {**fields["exceptions"], **own.exceptions}
        changes = {name: promise for name, promise in own.promises if promise is not None}
        fields["promises"] = Promises(**{**dict(fields["promises"]), **changes})
    return Policy(**{**fields, **instead})


def policy_from(data: Any) -> Policy:
    """A policy from the decoded `desk:` mapping or a `Policy.record()` (None for the defaults).

    Raises pydantic's ValidationError.
    """
    return Policy.model_validate(data)
