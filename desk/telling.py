"""What a promise means, shown by moments that tell: posted Friday 17:30, due when, and why. Pure.

For whoever changes hours, holidays or promises: the same moments under the policy that holds and the one that is meant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from desk.calendar import holidays_of
from desk.deadline import Deadlines, NoStaffedTime
from desk.policy import Policy
from desk.story import Line

AHEAD = 366
"""Days in which the next holiday, half day, exception and clock change are looked for."""


@dataclass(frozen=True)
class Telling:
    """A moment at which somebody might post. `code` says what it shows, such as `before_close` or `holiday_eve`."""

    code: str
    urgency: str
    posted_at: datetime


@dataclass(frozen=True)
class Worked:
    """When the answer to a moment is due (None where no staffed time is left for it), and why."""

    due_at: datetime | None
    why: tuple[Line, ...]


@dataclass(frozen=True)
class Holiday:
    """A day of the country on which the desk is closed, or closes early."""

    day: date
    half: bool


def moments(policy: Policy, now: datetime) -> tuple[Telling, ...]:
    """Some ten moments from now on (aware) that show what the policy means, in their order in time."""
    local = now.astimezone(policy.zone).date()
    week = [local + timedelta(days=n) for n in range(1, 8)]
    friday = next(day for day in week if day.weekday() == 4)
    workday = next(day for day in week if day.weekday() == 1)
    found = [
        Telling("morning", "same_day", _at(policy, workday, 7, 30)),
        Telling("noon", "same_day", _at(policy, workday, 12, 0)),
        Telling("noon_urgent", "urgent", _at(policy, workday, 12, 0)),
        Telling("before_close", "urgent", _at(policy, workday, 17, 30)),
        Telling("night_critical", "critical", _at(policy, workday, 23, 15)),
        Telling("friday", "same_day", _at(policy, friday, 17, 30)),
        Telling("saturday", "same_day", _at(policy, friday + timedelta(days=1), 12, 0)),
        Telling("sunday", "urgent", _at(policy, friday + timedelta(days=2), 14, 0)),
    ]
    year = [local + timedelta(days=n) for n in range(1, AHEAD + 1)]
    special = {day.day: day.half for day in holidays(policy, local)}
    if eve := next((day for day in year if special.get(day)), None):
        found.append(Telling("holiday_eve", "same_day", _at(policy, eve, 12, 30)))
    if holiday := next((day for day in year if special.get(day) is False), None):
        found.append(Telling("holiday", "urgent", _at(policy, holiday, 11, 0)))
    if one_off := next((day for day in year if day in policy.exceptions), None):
        found.append(Telling("exception", "same_day", _at(policy, one_off, 11, 0)))
    if change := next((day for day in year if _offset(policy, day) != _offset(policy, day + timedelta(days=1))), None):
        found.append(Telling("clock_change", "urgent", _at(policy, change - timedelta(days=1), 17, 30)))
    return tuple(sorted(found, key=lambda one: one.posted_at))


def worked(policy: Policy, asked: Sequence[Telling]) -> tuple[Worked, ...]:
    """When the answer to each moment is due under a policy, and why."""
    deadlines = Deadlines(policy)
    found = []
    for one in asked:
        try:
            due = deadlines.due(one.posted_at, one.urgency)
            found.append(Worked(due.due_at, due.why))
        except NoStaffedTime:
            found.append(Worked(None, ()))
    return tuple(found)


def holidays(policy: Policy, today: date) -> tuple[Holiday, ...]:
    """The public holidays and half days of the next twelve months, in their order."""
    days: dict[date, bool] = {}
    for country in policy.countries:
        for year in (today.year, today.year + 1):
            days |= {day: half and days.get(day, True) for day, half in holidays_of(country, year).items()}
    until = today + timedelta(days=AHEAD)
    return tuple(Holiday(day, half) for day, half in sorted(days.items()) if today <= day < until)


def _at(policy: Policy, day: date, hour: int, minute: int) -> datetime:
    return datetime.combine(day, time(hour, minute), policy.zone)


def _offset(policy: Policy, day: date) -> timedelta | None:
    return _at(policy, day, 0, 0).utcoffset()
