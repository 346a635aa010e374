"""All numbers of a period from its cases' facts. Pure.

What belongs to a period: the cases whose clock started in it, for ever. Whatever becomes of them later changes this
period's numbers and no other's, and a miss stays one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

import numpy as np

from desk.calendar import from_us
from desk.metrics.case import CaseFacts
from desk.metrics.cohort import MADE, Cohort, Found, Mask, estimate_of
from desk.metrics.definitions import DEFINITIONS
from desk.metrics.estimates import Survival, change
from desk.metrics.figures import (
    DIMENSIONS,
    OF_PERSONS,
    PARTS,
    Behind,
    Breach,
    Class,
    Day,
    Figure,
    Group,
    Grouped,
    Hour,
    Numbers,
    key_of,
)
from desk.metrics.minutes import PIECES
from desk.metrics.period import Period
from desk.metrics.table import CLOCKS, MISSED, NEVER, Table
from desk.metrics.way import CAUSES
from desk.metrics.winning import Ways, minutes_of

OF_GROUPS = (
    "cases", "open_now", "overdue_now", "first_answer_median", "first_answer_p90", "first_answer_worst", "same_day",
    "within_promise", "promise_used_median", "detection_median", "breaches",
)  # fmt: skip
"""What is told of each group."""

OF_DAYS = ("cases", "first_answer_median", "first_answer_p90", "same_day", "within_promise")
"""What is told of each day."""

CLASSES = (0.0, 300.0, 900.0, 1800.0, 3600.0, 7200.0, 14400.0, 28800.0, 86400.0, 259200.0)
"""Where the classes of the distribution begin, in seconds: 5, 15, 30 minutes, 1, 2, 4, 8 hours, a day, three days."""

_HOURS = tuple(f"{weekday}-{hour}" for weekday in range(7) for hour in range(24))


def measure(
    facts: Table | Sequence[CaseFacts], period: Period, now: datetime, *, persons: bool = False,
    dimensions: Sequence[str] = DIMENSIONS,
) -> Numbers:  # fmt: skip
    """The numbers of `period` as they stand at `now` (aware), beside those of the period before it.

    `facts` are those of the cases of both periods, reckoned at the same `now`; cases of other times are left out.
    `persons` lets the numbers by agent out as well: only for who may see them.
    """
    ours, theirs = cohorts(facts, period, now)
    return numbers_of(ours, theirs, period, now, persons=persons, dimensions=dimensions)


def numbers_of(
    ours: Cohort, theirs: Cohort, period: Period, now: datetime, *, persons: bool = False,
    dimensions: Sequence[str] = DIMENSIONS,
) -> Numbers:  # fmt: skip
    """The same, of the cases of the period and of those of the period before it."""
    wanted = [one for one in dimensions if persons or one not in OF_PERSONS]
    before = {one.id: one for one in theirs.figures(MADE)}
    return Numbers(
        period, now, tuple(_beside(one, before[one.id], key_of(one.id)) for one in ours.figures(MADE)),
        {name: _groups(ours, theirs, name) for name in wanted}, _breaches(ours), _days(ours, period), _heat(ours),
        _classes(ours), _reasons(ours), minutes_of(Ways.of(ours)), minutes_of(Ways.of(theirs)),
    )  # fmt: skip


def cohorts(facts: Table | Sequence[CaseFacts], period: Period, now: datetime) -> tuple[Cohort, Cohort]:
    """The cases of a period and of the one before it, by number."""
    table = facts if isinstance(facts, Table) else Table.of(facts)
    ours, theirs = table.posted_in(period.start, period.end), table.posted_in(period.before.start, period.start)
    return Cohort(ours, period.zone, now), Cohort(theirs, period.zone, now)


def cases_behind(facts: Table | Sequence[CaseFacts], key: str, period: Period, now: datetime) -> list[Behind]:
    """The cases behind a number by its key, the largest value first. Raises ValueError for a key of no number."""
    ours, _ = cohorts(facts, period, now)
    return cases_of(ours, key)


def cases_of(ours: Cohort, key: str) -> list[Behind]:
    """The same, of the cases of a period. Raises ValueError for a key of no number."""
    return [Behind(*one) for one in zip(*(column.tolist() for column in _found(ours, key)), strict=True)]


def numbers_of_cases(ours: Cohort, key: str) -> tuple[int, ...]:
    """The numbers of those cases."""
    return tuple(_found(ours, key)[0].tolist())


def _found(ours: Cohort, key: str) -> Found:
    figure, part, group, day = _parsed(key)
    if figure == "minutes_piece":
        return Ways.of(ours).behind(part)
    mask: Mask | None = None if group is None else ours.mask(group)
    if day is not None:
        on = ours.mask(Group("day", day.isoformat()))
        mask = on if mask is None else mask & on
    if figure == "hour":
        weekday, hour = part.split("-")
        mask = ours.mask(Group("weekday", weekday)) & ours.mask(Group("hour", hour))
        return ours.behind("cases", "all", mask)
    if figure == "class":
        return _of_class(ours, int(part))
    return ours.behind(figure, part, mask)


def _parsed(key: str) -> tuple[str, str, Group | None, date | None]:
    """Figure, part, group and day of a key; raises ValueError."""
    try:
        head, _, day = key.partition("~")
        head, at, told = head.partition("@")
        figure, _, part = head.partition(".")
        group = None
        if at:
            dimension, _, value = told.partition("=")
            if dimension not in DIMENSIONS:
                raise ValueError(dimension)
            group = Group(dimension, value or None)
        known = {
            "hour": lambda: _HOURS.index(part),
            "class": lambda: range(len(CLASSES)).index(int(part)),
            "minutes_piece": lambda: PIECES.index(part),
        }.get(figure, lambda: (MADE[figure], PARTS.index(part)))
        known()
        return figure, part, group, date.fromisoformat(day) if day else None
    except (ValueError, KeyError, IndexError):
        raise ValueError(f"{key[:100]!r} names no number of a report") from None


def _beside(figure: Figure, before: Figure | None, key: str) -> Figure:
    """A figure with its key and the last period's beside it."""
    if before is None:
        return replace(figure, key=key)
    changed = change(estimate_of(figure), estimate_of(before)) if DEFINITIONS[figure.id].estimate else None
    return replace(figure, key=key, before=before.value, before_n=before.n, change=changed)


def _groups(ours: Cohort, theirs: Cohort, dimension: str) -> tuple[Grouped, ...]:
    mine, last = ours.groups(dimension), theirs.groups(dimension)
    found = []
    for key, mask in mine.items():
        group = Group(dimension, key)
        before = {one.id: one for one in theirs.figures(OF_GROUPS, last[key])} if key in last else {}
        figures = ours.figures(OF_GROUPS, mask)
        told = tuple(_beside(one, before.get(one.id), key_of(one.id, group=group)) for one in figures)
        found.append(Grouped(group, int(mask.sum()), told))
    return tuple(sorted(found, key=_order))


def _order(grouped: Grouped) -> tuple[float, str]:
    """Hours and weekdays as they run, people by name (never a ranking), everything else the larger group first."""
    group = grouped.group
    if group.dimension in ("hour", "weekday"):
        return (float(group.key or 0), "")
    return (0.0 if group.dimension in OF_PERSONS else -grouped.n, group.key or "\uffff")


def _breaches(ours: Cohort) -> tuple[Breach, ...]:
    waits = ours.table.waits
    rows = np.flatnonzero((waits.outcome == MISSED) & (waits.due != NEVER))
    ends = np.where(waits.ended[rows] != NEVER, waits.ended[rows], waits.aside[rows])
    found = [
        Breach(
            case_id, CLOCKS[clock], from_us(started), from_us(due), None if end == NEVER else from_us(end), late / 1e6,
            CAUSES[cause], took / 1e6,
        )
        for case_id, clock, started, due, end, late, cause, took in zip(*(
            column.tolist() for column in (
                ours.table.case_id[waits.of[rows]], waits.clock[rows], waits.started[rows], waits.due[rows], ends,
                waits.late[rows], waits.cause[rows], waits.cause_took[rows],
            )
        ), strict=True)
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda one: (-one.late_s, one.case_id, one.started_at)))


def _days(ours: Cohort, period: Period) -> tuple[Day, ...]:
    by_day = ours.groups("day")
    nobody = np.zeros(len(ours), dtype=bool)
    found = []
    for one in period.each_day():
        mask = by_day.get(one.first.isoformat(), nobody)
        figures = ours.figures(OF_DAYS, mask)
        told = tuple(replace(figure, key=key_of(figure.id, day=one.first)) for figure in figures)
        found.append(Day(one.first, int(mask.sum()), told))
    return tuple(found)


def _heat(ours: Cohort) -> tuple[Hour, ...]:
    first = ours.column("first")
    weekday, hour = ours.local.weekday[first.of], ours.local.hour[first.of]
    found = []
    for day in range(7):
        for clock in range(24):
            held = (weekday == day) & (hour == clock)
            n = int(held.sum())
            median = Survival(first.value[held], first.over[held]).quantile(0.5).value if n else None
            missed = int((first.part[held] == 2).sum())
            found.append(Hour(day, clock, n, median, missed, f"hour.{day}-{clock}"))
    return tuple(found)


def _classes(ours: Cohort) -> tuple[Class, ...]:
    column = ours.column("first_wanted")
    places = np.searchsorted(CLASSES, column.value, side="right") - 1
    found = []
    for at, since in enumerate(CLASSES):
        mine = places == at
        until = CLASSES[at + 1] if at + 1 < len(CLASSES) else None
        found.append(Class(since, until, int(mine.sum()), int((mine & column.open).sum()), f"class.{at}"))
    return tuple(found)


def _of_class(ours: Cohort, number: int) -> Found:
    column = ours.column("first_wanted")
    held = np.searchsorted(CLASSES, column.value, side="right") - 1 == number
    return ours.sorted_behind(column.of[held], column.value[held], column.open[held])


def _reasons(ours: Cohort) -> Mapping[str, int]:
    """Why cases were set aside unanswered, the most frequent first."""
    because = ours.table.because
    said = Counter(because.words[code] or "" for code in because.codes.tolist())
    return {reason: count for reason, count in said.most_common() if reason}
