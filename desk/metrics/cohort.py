"""The cases of one period as columns of numbers, from which every figure and every list of cases is taken. Pure.

A figure and the cases behind it are read from the same column, so they cannot differ. Groups are chosen by a mask over
the same columns: a group's percentile is that of its own cases and never an average of others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np

from desk.metrics.definitions import DEFINITIONS
from desk.metrics.estimates import Estimate, Survival, share_of
from desk.metrics.facts import CaseFacts, Wait
from desk.metrics.figures import Behind, Figure, Group

Mask = np.ndarray
"""One truth value per case of the cohort."""

_CODES = {"": 0, "met": 1, "missed": 2, "undecided": 3}

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
        held = mask[self.of]
        return Column(self.of[held], self.value[held], self.over[held], self.open[held], self.part[held])

    def __len__(self) -> int:
        return len(self.of)


Sample = tuple[int, float, bool, bool, str]


def _column(samples: Iterable[Sample]) -> Column:
    rows = list(samples)
    of = np.fromiter((row[0] for row in rows), dtype=np.int64, count=len(rows))
    value = np.fromiter((row[1] for row in rows), dtype=float, count=len(rows))
    over = np.fromiter((row[2] for row in rows), dtype=bool, count=len(rows))
    open_ = np.fromiter((row[3] for row in rows), dtype=bool, count=len(rows))
    part = np.fromiter((_CODES.get(row[4], 0) for row in rows), dtype=np.int8, count=len(rows))
    return Column(of, value, over, open_, part)


class Cohort:
    """The cases of a period, in the order of their numbers. `now` is the moment their facts were reckoned at."""

    def __init__(self, facts: Sequence[CaseFacts], zone: ZoneInfo, now: datetime) -> None:
        self.facts = facts
        self.zone = zone
        self.today = now.astimezone(zone).date()
        self.local = [one.posted_at.astimezone(zone) for one in facts]
        self._columns: dict[str, Column] = {}
        self._groups: dict[str, dict[str | None, Mask]] = {}

    @cached_property
    def wanted(self) -> Mask:
        """The cases that wanted an answer."""
        return np.fromiter((one.first is not None for one in self.facts), dtype=bool, count=len(self.facts))

    def groups(self, dimension: str) -> dict[str | None, Mask]:
        """The cases that wanted an answer by their value of a dimension."""
        if dimension not in self._groups:
            self._groups[dimension] = self._grouped(dimension)
        return self._groups[dimension]

    def _grouped(self, dimension: str) -> dict[str | None, Mask]:
        places: dict[str | None, list[int]] = {}
        for at in np.flatnonzero(self.wanted):
            places.setdefault(self._value(int(at), dimension), []).append(int(at))
        found = {}
        for key, mine in places.items():
            found[key] = np.zeros(len(self.facts), dtype=bool)
            found[key][mine] = True
        return found

    def mask(self, group: Group) -> Mask:
        """The cases of one group."""
        none = np.zeros(len(self.facts), dtype=bool)
        return self.groups(group.dimension).get(group.key, none)

    def _value(self, at: int, dimension: str) -> str | None:
        if dimension == "hour":
            return str(self.local[at].hour)
        if dimension == "weekday":
            return str(self.local[at].weekday())
        if dimension == "day":
            return self.local[at].date().isoformat()
        return self.facts[at].about.get(dimension)

    # --- figures ---

    def figures(self, ids: Iterable[str], mask: Mask | None = None) -> list[Figure]:
        """The figures of these ids over the cases of a mask; keys and the last period are left to whoever asks."""
        survivals: dict[str, Survival] = {}
        base = int((self.wanted if mask is None else self.wanted & mask).sum())
        return [self._figure(id, mask, base, survivals) for id in ids]

    def _figure(self, id: str, mask: Mask | None, base: int, survivals: dict[str, Survival]) -> Figure:
        kind, name = MADE[id]
        column = self.column(name).chosen(mask)
        if kind == "count":
            return Figure(id, float(len(column)), base)
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

    def behind(self, id: str, part: str, mask: Mask | None) -> list[Behind]:
        """The cases behind a figure (`part`: one outcome of it, those open, or all), the largest value first."""
        column = self.column(MADE[id][1]).chosen(mask)
        rows: dict[int, Behind] = {}
        for of, value, open_, code in zip(column.of, column.value, column.open, column.part, strict=True):
            if (part in _CODES and code != _CODES[part]) or (part == "open" and not open_):
                continue
            if part == "all" and MADE[id][0] == "share" and not code:
                continue
            case_id, known = self.facts[of].case_id, rows.get(int(of))
            if known is None or value > (known.value or 0):
                rows[int(of)] = Behind(case_id, float(value), bool(open_))
        return sorted(rows.values(), key=lambda one: (-(one.value or 0), one.case_id))

    # --- columns ---

    def column(self, name: str) -> Column:
        """A column by its name."""
        found = self._columns.get(name)
        if found is None:
            found = self._columns[name] = _column(getattr(self, f"_of_{name}")())
        return found

    def _firsts(self) -> Iterable[tuple[int, CaseFacts, Wait]]:
        return ((at, one, one.first) for at, one in enumerate(self.facts) if one.first is not None)

    def _of_cases(self) -> Iterable[Sample]:
        return (_sample(at, wait) for at, _, wait in self._firsts())

    def _of_open(self) -> Iterable[Sample]:
        return (_sample(at, wait) for at, _, wait in self._firsts() if wait.open)

    def _of_overdue(self) -> Iterable[Sample]:
        return (_sample(at, wait) for at, _, wait in self._firsts() if wait.open and wait.outcome == "missed")

    def _of_set_aside(self) -> Iterable[Sample]:
        return (_sample(at, wait) for at, _, wait in self._firsts() if wait.aside_at is not None)

    def _of_no_answer_due(self) -> Iterable[Sample]:
        return ((at, 0.0, True, False, "") for at, one in enumerate(self.facts) if one.first is None)

    def _of_reopened(self) -> Iterable[Sample]:
        return (_sample(at, wait) for at, one, wait in self._firsts() if one.reopened)

    def _of_reassigned(self) -> Iterable[Sample]:
        return (_sample(at, wait) for at, one, wait in self._firsts() if one.reassigned)

    def _of_platform(self) -> Iterable[Sample]:
        return (_sample(at, wait) for at, _, wait in self._firsts() if wait.by.startswith("@"))

    def _of_moved(self) -> Iterable[Sample]:
        return (_sample(at, wait) for at, one, wait in self._firsts() if one.deadline_moved)

    def _of_first(self) -> Iterable[Sample]:
        return (_sample(at, wait) for at, _, wait in self._firsts())

    def _of_first_wanted(self) -> Iterable[Sample]:
        return (_sample(at, wait) for at, _, wait in self._firsts() if wait.outcome != "aside")

    def _of_staffed(self) -> Iterable[Sample]:
        return (_sample(at, wait, wait.ran.total_seconds()) for at, _, wait in self._firsts())

    def _of_same_day(self) -> Iterable[Sample]:
        return (_sample(at, wait, part=self._same_day(at, wait)) for at, _, wait in self._firsts())

    def _same_day(self, at: int, wait: Wait) -> str:
        """Whether a first answer came on the calendar day of the post; nothing to say of what was set aside in time."""
        posted = self.local[at].date()
        if wait.ended_at is not None:
            return "met" if wait.ended_at.astimezone(self.zone).date() == posted else "missed"
        if wait.aside_at is not None:
            return "missed" if wait.outcome == "missed" else ""
        return "undecided" if self.today == posted else "missed"

    def _of_used(self) -> Iterable[Sample]:
        for at, _, wait in self._firsts():
            if wait.due_at is not None and wait.due_at > wait.started_at:
                yield _sample(at, wait, wait.waited / (wait.due_at - wait.started_at))

    def _nexts(self) -> Iterable[tuple[int, Wait]]:
        return ((at, wait) for at, one in enumerate(self.facts) for wait in one.nexts)

    def _of_next(self) -> Iterable[Sample]:
        return (_sample(at, wait) for at, wait in self._nexts())

    def _of_next_wanted(self) -> Iterable[Sample]:
        return (_sample(at, wait) for at, wait in self._nexts() if wait.outcome != "aside")

    def _resolutions(self) -> Iterable[tuple[int, Wait]]:
        return ((at, one.resolution) for at, one in enumerate(self.facts) if one.resolution is not None)

    def _of_resolution(self) -> Iterable[Sample]:
        return (_sample(at, wait, wait.ran.total_seconds()) for at, wait in self._resolutions())

    def _of_resolution_wanted(self) -> Iterable[Sample]:
        wanted = ((at, wait) for at, wait in self._resolutions() if wait.aside_at is None)
        return (_sample(at, wait, wait.ran.total_seconds()) for at, wait in wanted)

    def _of_detection(self) -> Iterable[Sample]:
        seen = ((at, one, one.seen_at) for at, one, _ in self._firsts())
        return ((at, _between(one.posted_at, then), True, False, "") for at, one, then in seen if then is not None)

    def _of_acknowledged(self) -> Iterable[Sample]:
        told = ((at, one, one.acknowledged_at) for at, one, _ in self._firsts())
        return ((at, _between(one.posted_at, then), True, False, "") for at, one, then in told if then is not None)

    def _of_breaches(self) -> Iterable[Sample]:
        """What was set aside past its deadline was late until then."""
        waits = ((at, wait) for at, one in enumerate(self.facts) for wait in one.waits if wait.outcome == "missed")
        return ((at, wait.late.total_seconds(), not wait.open, wait.open, "") for at, wait in waits)


def _sample(at: int, wait: Wait, value: float | None = None, part: str | None = None) -> Sample:
    length = wait.waited.total_seconds() if value is None else value
    return (at, length, wait.ended_at is not None, wait.open, wait.outcome if part is None else part)


def _between(start: datetime, end: datetime) -> float:
    return max(0.0, (end - start).total_seconds())


def estimate_of(figure: Figure) -> Estimate:
    """A figure's value with its limits."""
    return Estimate(figure.value, figure.low, figure.high)


assert set(MADE) == {one.id for one in DEFINITIONS.values() if one.section != "minutes"}
