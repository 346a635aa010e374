"""The cases of one period as columns of numbers, from which every figure and every list of cases is taken. Pure.

A figure and the cases behind it are read from the same column, so they cannot differ. Groups are chosen by a mask over
the same columns: a group's percentile is that of its own cases and never an average of others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np

from desk.metrics.case import OUTCOMES, CaseFacts
from desk.metrics.definitions import DEFINITIONS
from desk.metrics.estimates import Estimate, Survival, share_of
from desk.metrics.figures import Figure, Group
from desk.metrics.local import LocalTimes, day_number, day_of
from desk.metrics.table import ASIDE, FIRST, MISSED, NEVER, NEXT, RESOLUTION, Table, Words

Mask = np.ndarray
"""One truth value per case of the cohort."""

Found = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Cases behind a number: their numbers, their values, whether each goes on."""

_CODES = {"": 0, "met": 1, "missed": 2, "undecided": 3}
_PARTS = np.array([_CODES.get(outcome, 0) for outcome in OUTCOMES], dtype=np.int8)

# How each figure is made of its column. count: how many; worst: the largest; share: met of met and missed; q50, q90:
# quantiles of the survival estimate.
MADE: dict[str, tuple[str, str]] = {
    "cases": ("count", "cases"),
    "open_now": ("count", "open"),
    "overdue_now": ("count", "overdue"),
    "set_aside": ("count", "set_aside"),
    "no_answer_due": ("count", "no_answer_due"),
    "reopened": ("count", "reopened"),
    "reassigned": ("count", "reassigned"),
    "platform_answers": ("count", "platform"),
    "first_answer_median": ("q50", "first"),
    "first_answer_p90": ("q90", "first"),
    "first_answer_staffed_median": ("q50", "staffed"),
    "first_answer_staffed_p90": ("q90", "staffed"),
    "first_answer_worst": ("worst", "first_wanted"),
    "same_day": ("share", "same_day"),
    "within_promise": ("share", "first"),
    "promise_used_median": ("q50", "used"),
    "next_answer_median": ("q50", "next"),
    "next_answer_p90": ("q90", "next"),
    "next_answer_worst": ("worst", "next_wanted"),
    "next_within_promise": ("share", "next"),
    "resolution_median": ("q50", "resolution"),
    "resolution_p90": ("q90", "resolution"),
    "resolution_worst": ("worst", "resolution_wanted"),
    "resolution_within_promise": ("share", "resolution"),
    "detection_median": ("q50", "detection"),
    "detection_p90": ("q90", "detection"),
    "acknowledged": ("count", "acknowledged"),
    "acknowledged_median": ("q50", "acknowledged"),
    "breaches": ("count", "breaches"),
    "lateness_median": ("q50", "breaches"),
    "deadline_moved": ("count", "moved"),
}
QUANTILES = {"q50": 0.5, "q90": 0.9}


@dataclass(frozen=True)
class Column:
    """Samples: `of` is the place of each one's case, `value` what is measured, `over` whether it came to its end,
    `open` whether it goes on (neither: it was set aside), `part` the outcome as one of _CODES."""

    of: np.ndarray
    value: np.ndarray
    over: np.ndarray
    open: np.ndarray
    part: np.ndarray

    def chosen(self, mask: Mask | None) -> Column:
        """The samples of the cases that the mask holds; all without one."""
        if mask is None:
            return self
        held = np.flatnonzero(mask[self.of])
        return Column(self.of[held], self.value[held], self.over[held], self.open[held], self.part[held])

    def __len__(self) -> int:
        return len(self.of)


class Cohort:
    """The cases of a period, in the order of their numbers. `now` is the moment their facts were reckoned at."""

    def __init__(self, facts: Table | Sequence[CaseFacts], zone: ZoneInfo, now: datetime) -> None:
        self.table = facts if isinstance(facts, Table) else Table.of(facts)
        self.zone = zone
        self.today = now.astimezone(zone).date()
        self._columns: dict[str, Column] = {}
        self._groups: dict[str, dict[str | None, Mask]] = {}

    def __len__(self) -> int:
        return len(self.table)

    @cached_property
    def wanted(self) -> Mask:
        """The cases that wanted an answer."""
        found = np.zeros(len(self), dtype=bool)
        found[self.table.waits.of[self._first]] = True
        return found

    @cached_property
    def local(self) -> LocalTimes:
        """When each was posted, in the desk's zone."""
        return LocalTimes.of(self.table.posted, self.zone)

    @cached_property
    def _first(self) -> np.ndarray:
        """The rows of the waits for a first answer."""
        return np.flatnonzero(self.table.waits.clock == FIRST)

    def groups(self, dimension: str) -> dict[str | None, Mask]:
        """The cases that wanted an answer by their value of a dimension."""
        if dimension not in self._groups:
            words = self._said(dimension)
            codes = np.where(self.wanted, words.codes, -1)
            _, firsts = np.unique(words.codes[self.wanted], return_index=True)
            met = words.codes[self.wanted][np.sort(firsts)]  # in the order in which the cases have them
            self._groups[dimension] = {words.words[code]: codes == code for code in met}
        return self._groups[dimension]

    def mask(self, group: Group) -> Mask:
        """The cases of one group."""
        none = np.zeros(len(self), dtype=bool)
        return self.groups(group.dimension).get(group.key, none)

    def _said(self, dimension: str) -> Words:
        if dimension == "hour":
            return Words(self.local.hour, tuple(str(hour) for hour in range(24)))
        if dimension == "weekday":
            return Words(self.local.weekday, tuple(str(day) for day in range(7)))
        if dimension == "day":
            days, codes = np.unique(self.local.day, return_inverse=True)
            return Words(codes, tuple(day.isoformat() for day in map(day_of, days.tolist())))
        return self.table.about[dimension]

    # --- figures ---

    def figures(self, ids: Iterable[str], mask: Mask | None = None) -> list[Figure]:
        """The figures of these ids over the cases of a mask; keys and the last period are left to whoever asks."""
        survivals: dict[str, Survival] = {}
        columns: dict[str, Column] = {}
        base = int((self.wanted if mask is None else self.wanted & mask).sum())
        return [self._figure(id, mask, base, columns, survivals) for id in ids]

    def _figure(
        self, id: str, mask: Mask | None, base: int, columns: dict[str, Column], survivals: dict[str, Survival]
    ) -> Figure:
        kind, name = MADE[id]
        whole = self.column(name)
        if kind == "count":
            return Figure(id, float(len(whole) if mask is None else np.count_nonzero(mask[whole.of])), base)
        if name not in columns:
            columns[name] = whole.chosen(mask)
        column = columns[name]
        open_ = int(column.open.sum())
        if kind == "worst":
            value = float(column.value.max()) if len(column) else None
            return Figure(id, value, len(column), open=open_, state="known" if len(column) else "none")
        if kind == "share":
            met, missed, undecided = (int((column.part == _CODES[part]).sum()) for part in list(_CODES)[1:])
            found, n = share_of(met, missed), met + missed
            state = "known" if n else "none"
            return Figure(
                id, found.value, n, found.low, found.high, undecided, met, missed, undecided, state
            )  # fmt: skip
        if name not in survivals:
            survivals[name] = Survival(column.value, column.over)
        estimate = survivals[name].quantile(QUANTILES[kind])
        state = "known" if estimate.value is not None else "not_reached" if len(column) else "none"
        return Figure(id, estimate.value, len(column), estimate.low, estimate.high, open_, state=state)

    def behind(self, id: str, part: str, mask: Mask | None) -> Found:
        """The cases behind a figure (`part`: one outcome of it, those open, or all), the largest value first. A case
        with several samples stands there with its largest."""
        column = self.column(MADE[id][1]).chosen(mask)
        held = np.ones(len(column), dtype=bool)
        if part in _CODES:
            held = column.part == _CODES[part]
        elif part == "open":
            held = column.open
        elif part == "all" and MADE[id][0] == "share":
            held = column.part != 0
        return self.sorted_behind(column.of[held], column.value[held], column.open[held])

    def sorted_behind(self, of: np.ndarray, value: np.ndarray, open_: np.ndarray) -> Found:
        """Samples as cases, each with its largest, the largest value first."""
        order = np.lexsort((-value, of))
        order = order[np.flatnonzero(np.diff(of[order], prepend=-1))]
        case_id = self.table.case_id[of[order]]
        order, case_id = order[(place := np.lexsort((case_id, -value[order])))], case_id[place]
        return case_id, value[order], open_[order]

    # --- columns ---

    def column(self, name: str) -> Column:
        """A column by its name."""
        found = self._columns.get(name)
        if found is None:
            found = self._columns[name] = getattr(self, f"_of_{name}")()
        return found

    def _waits(self, rows: np.ndarray, value: np.ndarray | None = None, part: np.ndarray | None = None) -> Column:
        """The column of some waits: their lengths and outcomes, or the `value` and `part` of every wait given."""
        waits = self.table.waits
        length = (waits.waited if value is None else value)[rows] / 1e6
        outcome = _PARTS[waits.outcome[rows]] if part is None else part
        return Column(waits.of[rows], length, waits.ended[rows] != NEVER, waits.open[rows], outcome)

    def _firsts(self, held: np.ndarray) -> Column:
        """The first waits of those rows of the waits that `held` holds."""
        return self._waits(self._first[held[self._first]])

    def _of_case(self, held: Mask) -> np.ndarray:
        """What holds of the cases, for each wait."""
        found: np.ndarray = held[self.table.waits.of]
        return found

    def _of_cases(self) -> Column:
        return self._waits(self._first)

    _of_first = _of_cases

    def _of_open(self) -> Column:
        return self._firsts(self.table.waits.open)

    def _of_overdue(self) -> Column:
        return self._firsts(self.table.waits.open & (self.table.waits.outcome == MISSED))

    def _of_set_aside(self) -> Column:
        return self._firsts(self.table.waits.aside != NEVER)

    def _of_no_answer_due(self) -> Column:
        return _moments(np.flatnonzero(~self.wanted), np.zeros(int((~self.wanted).sum())))

    def _of_reopened(self) -> Column:
        return self._firsts(self._of_case(self.table.reopened))

    def _of_reassigned(self) -> Column:
        return self._firsts(self._of_case(self.table.reassigned))

    def _of_platform(self) -> Column:
        return self._firsts(self.table.waits.by.starts_with("@"))

    def _of_moved(self) -> Column:
        return self._firsts(self._of_case(self.table.moved))

    def _of_first_wanted(self) -> Column:
        return self._firsts(self.table.waits.outcome != ASIDE)

    def _of_staffed(self) -> Column:
        return self._waits(self._first, self.table.waits.ran)

    def _of_same_day(self) -> Column:
        """Whether a first answer came on the calendar day of the post; nothing to say of what was set aside in time."""
        waits, rows = self.table.waits, self._first
        posted, ended = self.local.day[waits.of[rows]], waits.ended[rows]
        over, aside = ended != NEVER, waits.aside[rows] != NEVER
        same = LocalTimes.of(np.where(over, ended, waits.started[rows]), self.zone).day == posted
        today = day_number(self.today) == posted
        part = np.select(
            [over & same, over, aside & (waits.outcome[rows] == MISSED), aside, today],
            [_CODES["met"], _CODES["missed"], _CODES["missed"], _CODES[""], _CODES["undecided"]],
            _CODES["missed"],
        )
        return self._waits(rows, part=part.astype(np.int8))

    def _of_used(self) -> Column:
        waits = self.table.waits
        rows = self._first[((waits.due != NEVER) & (waits.due > waits.started))[self._first]]
        column = self._waits(rows)
        return replace(column, value=waits.waited[rows] / (waits.due[rows] - waits.started[rows]))

    def _of_next(self) -> Column:
        return self._waits(np.flatnonzero(self.table.waits.clock == NEXT))

    def _of_next_wanted(self) -> Column:
        waits = self.table.waits
        return self._waits(np.flatnonzero((waits.clock == NEXT) & (waits.outcome != ASIDE)))

    def _of_resolution(self) -> Column:
        waits = self.table.waits
        return self._waits(np.flatnonzero(waits.clock == RESOLUTION), waits.ran)

    def _of_resolution_wanted(self) -> Column:
        waits = self.table.waits
        return self._waits(np.flatnonzero((waits.clock == RESOLUTION) & (waits.aside == NEVER)), waits.ran)

    def _of_detection(self) -> Column:
        return self._since_posted(self.table.seen)

    def _of_acknowledged(self) -> Column:
        return self._since_posted(self.table.acknowledged)

    def _since_posted(self, then: np.ndarray) -> Column:
        """How long after the post something came, of the cases that wanted an answer and where it did."""
        rows = np.flatnonzero(self.wanted & (then != NEVER))
        return _moments(rows, np.maximum(then[rows] - self.table.posted[rows], 0) / 1e6)

    def _of_breaches(self) -> Column:
        """What was set aside past its deadline was late until then."""
        waits = self.table.waits
        rows = np.flatnonzero(waits.outcome == MISSED)
        column = self._waits(rows, waits.late, np.zeros(len(rows), dtype=np.int8))
        return replace(column, over=~column.open)


def _moments(rows: np.ndarray, value: np.ndarray) -> Column:
    """A column of cases in which something came about."""
    none = np.zeros(len(rows), dtype=bool)
    return Column(rows, value, ~none, none, np.zeros(len(rows), dtype=np.int8))


def estimate_of(figure: Figure) -> Estimate:
    """A figure's value with its limits."""
    return Estimate(figure.value, figure.low, figure.high)


assert set(MADE) == {one.id for one in DEFINITIONS.values() if one.section != "minutes"}
