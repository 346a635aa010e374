"""Cases that took one course under one promise, reckoned together: how long each wait was, and what came of it. Pure.

The course says which moments matter; here they are put in, a column of all the cases at a time. Moments are
microseconds since 1970, lengths microseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from desk.calendar import Layout, NoStaffedTime, from_us, to_us
from desk.clock import resolution_due
from desk.deadline import Asked, Deadlines
from desk.metrics.course import POSTS, Course, Leg
from desk.metrics.minutes import PIECES
from desk.metrics.table import ASIDE, CLOCKS, MET, MISSED, NEVER, UNDECIDED, UNPROMISED, Waits, Words
from desk.metrics.way import CAUSES, causes, took
from desk.policy import Within
from desk.windows import RULES
from mention import URGENCIES
from store.measuring import Line

_ELSEWHERE, _UNANSWERED, _UNRESOLVED = (CAUSES.index(name) for name in ("elsewhere", "unanswered", "unresolved"))
_CLOSED = PIECES.index("closed")


@dataclass(slots=True)
class Taken:
    """A case that is to be reckoned: its row, its acts, and the deadline that a platform delivered with it."""

    row: int
    acts: list[Line]
    answer_by: datetime | None


@dataclass(slots=True)
class Alike:
    """Cases that took one course under one promise; `moments` are those of each, by their places on the course."""

    course: Course
    deadlines: Deadlines
    channel: str | None
    cases: list[Taken] = field(default_factory=list)
    moments: list[list[int]] = field(default_factory=list)


class Beside:
    """What is told of so many cases beside their waits (see table.Table), filled row by row."""

    def __init__(self, count: int) -> None:
        self.acknowledged = np.full(count, NEVER, dtype=np.int64)
        self.reopened, self.reassigned, self.moved = (np.zeros(count, dtype=bool) for _ in range(3))
        self.because = [""] * count


def reckoned(alike: Alike, now: int, beside: Beside) -> Iterator[Waits]:
    """The waits of the cases, one kind after the other, in order; what stands beside is written into `beside`."""
    course, moments = alike.course, np.array(alike.moments, dtype=np.int64)
    rows = np.array([one.row for one in alike.cases], dtype=np.int64)
    elapsed = _elapsed(alike.deadlines.calendar.covering(int(moments.min()), now))
    staffed = elapsed(moments)
    beside.reopened[rows], beside.reassigned[rows] = course.reopened, course.reassigned
    if course.acknowledged is not None:
        beside.acknowledged[rows] = moments[:, course.acknowledged]
    for leg in course.answers:
        waits = _answers(alike, leg, rows, moments, staffed, now, elapsed)
        if leg.clock == "first_answer":
            _tell(alike, leg, waits, beside)
        yield waits
    if course.resolution is not None:
        yield _resolutions(alike, course.resolution, rows, moments, now)


def _answers(
    alike: Alike, leg: Leg, rows: np.ndarray, moments: np.ndarray, staffed: np.ndarray, now: int,
    elapsed: Callable[[np.ndarray], np.ndarray],
) -> Waits:  # fmt: skip
    start, ended, aside, end = _ends(leg, moments, now)
    due, on_platform = _due(alike, leg, start)
    late = np.where((due != NEVER) & (end > due), end - due, 0)
    outcome = _outcomes(leg, due, late)
    lengths = took(leg.segments, moments, staffed)
    by = Words.of("" if leg.by is None else one.acts[leg.by].by.removeprefix("agent:") for one in alike.cases)
    cause, cause_took = np.full(len(rows), -1, dtype=np.int8), np.zeros(len(rows), dtype=np.int64)
    missed = np.flatnonzero(outcome == MISSED)
    if len(missed):
        promise = alike.deadlines.policy.promises.of(leg.urgency)
        always = promise is not None and promise.within is not None and promise.clock == "always"
        until = due[missed]
        till_due = took(leg.segments, moments[missed], staffed[missed], (until, elapsed(until)))
        # Closed hours used up the time of a promise that runs always, and of a platform's window.
        places, took_most = causes(till_due, on_platform[missed] | always)
        elsewhere = by.starts_with("@")[missed]
        cause[missed] = np.where(elsewhere, _ELSEWHERE, places)
        cause_took[missed] = np.where(elsewhere, (end - start)[missed], took_most)
    stands = PIECES.index(leg.segments[-1][0]) if leg.segments else -1
    return _waits(
        leg, rows, start, due, ended, aside, outcome, end - start, end - start - lengths[:, _CLOSED], late, cause,
        cause_took, lengths, stands, by,
    )  # fmt: skip


def _resolutions(alike: Alike, leg: Leg, rows: np.ndarray, moments: np.ndarray, now: int) -> Waits:
    """The resolutions: in real time without pauses; their deadline is the desk's own clock's, which knows of them."""
    start, ended, aside, end = _ends(leg, moments, now)
    due = np.full(len(rows), NEVER, dtype=np.int64)
    promise = alike.deadlines.policy.promises.of(leg.urgency)
    within = promise.resolution if promise is not None else None
    if within is not None:
        due[:] = [_resolution_due(alike.deadlines, within, leg, mine) for mine in alike.moments]
    late = np.where((due != NEVER) & (end > due), end - due, 0)
    outcome = _outcomes(leg, due, late)
    if within is not None:
        outcome[outcome == UNPROMISED] = UNDECIDED  # its deadline moves with the wait for the customer
    ran = np.zeros(len(rows), dtype=np.int64)
    for since, until in leg.stretches:
        ran += moments[:, until] - moments[:, since]
    cause = np.full(len(rows), -1, dtype=np.int8)
    for row in np.flatnonzero(outcome == MISSED):
        answers = (act for act in alike.cases[row].acts if act.type == "answered" and act.by.startswith("agent:"))
        cause[row] = _UNRESOLVED if any(act.at <= due[row] for act in answers) else _UNANSWERED
    nothing = np.zeros((len(rows), len(PIECES)), dtype=np.int64)
    return _waits(
        leg, rows, start, due, ended, aside, outcome, end - start, ran, late, cause, np.where(cause >= 0, ran, 0),
        nothing, -1, Words(np.zeros(len(rows), dtype=np.int32), ("",)),
    )  # fmt: skip


def _waits(
    leg: Leg, rows: np.ndarray, start: np.ndarray, due: np.ndarray, ended: np.ndarray, aside: np.ndarray,
    outcome: np.ndarray, waited: np.ndarray, ran: np.ndarray, late: np.ndarray, cause: np.ndarray,
    cause_took: np.ndarray, lengths: np.ndarray, stands: int, by: Words,
) -> Waits:  # fmt: skip
    def all_of(value: int) -> np.ndarray:
        return np.full(len(rows), value, dtype=np.int8)

    return Waits(
        rows, all_of(CLOCKS.index(leg.clock)), start, due, ended, aside, all_of(URGENCIES.index(leg.urgency)), outcome,
        waited, ran, late, cause, cause_took, lengths, all_of(stands), by,
    )  # fmt: skip


def _ends(leg: Leg, moments: np.ndarray, now: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """When the waits began, came to what they waited for, were given up, and their ends so far."""
    never = np.full(len(moments), NEVER, dtype=np.int64)
    ended = never if leg.stop is None else moments[:, leg.stop]
    aside = never if leg.cancel is None else moments[:, leg.cancel]
    end = aside if leg.cancel is not None else ended if leg.stop is not None else np.full_like(never, now)
    return moments[:, leg.start], ended, aside, end


def _outcomes(leg: Leg, due: np.ndarray, late: np.ndarray) -> np.ndarray:
    """As OUTCOMES says."""
    otherwise = np.where(due == NEVER, UNPROMISED, UNDECIDED if leg.stop is None else MET)
    return np.where(late > 0, MISSED, ASIDE if leg.cancel is not None else otherwise).astype(np.int8)


def _due(alike: Alike, leg: Leg, start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """When the answers are due, and whether the platform's window says so and not the promise."""
    delivered = leg.clock == "first_answer"
    windows = alike.channel is not None and alike.channel.lower() in RULES
    if not windows and not (delivered and any(one.answer_by for one in alike.cases)):
        by_promise = alike.deadlines.due_moments(start.tolist(), leg.urgency)
        moments = np.array([NEVER if at is None else at for at in by_promise], dtype=np.int64)
        return moments, np.zeros(len(start), dtype=bool)
    asked: list[Asked] = [
        (from_us(since), leg.urgency, alike.channel, one.answer_by if delivered else None)
        for since, one in zip(start.tolist(), alike.cases, strict=True)
    ]
    found = [_due_of(alike.deadlines, one) for one in asked]
    return (
        np.array([NEVER if at is None else to_us(at) for at, _ in found], dtype=np.int64),
        np.array([limit == "platform" for _, limit in found], dtype=bool),
    )


def _due_of(deadlines: Deadlines, asked: Asked) -> tuple[datetime | None, str | None]:
    try:
        [found] = deadlines.due_many([asked])
    except NoStaffedTime:
        return None, None  # nobody is there for years: nothing was promised that could be kept
    return found.due_at, found.limit


def _resolution_due(deadlines: Deadlines, within: Within, leg: Leg, moments: Sequence[int]) -> int:
    stretches = [(from_us(moments[since]), from_us(moments[until])) for since, until in leg.stretches]
    due, _ = resolution_due(deadlines, within, stretches, leg.waiting)
    return NEVER if due is None else to_us(due)


def _tell(alike: Alike, leg: Leg, waits: Waits, beside: Beside) -> None:
    """Of the first answers: why the case was set aside unanswered, and whether the urgency was lowered too late."""
    number = alike.course.set_aside
    if leg.cancel is not None:  # by the words of whoever did, or because no answer was due after all
        for one in alike.cases:
            said = "urgency_none" if number is None else one.acts[number].data.get("reason")
            beside.because[one.row] = str(said or "")
    if alike.course.changes:
        for one, start, ended in zip(alike.cases, waits.started.tolist(), waits.ended.tolist(), strict=True):
            beside.moved[one.row] = _moved(alike, one, start, ended)


def _moved(alike: Alike, one: Taken, start: int, ended: int) -> bool:
    """Whether the urgency was lowered, and still asked for an answer, once its deadline had passed unanswered."""
    urgency = str(next(act for act in one.acts if act.type in POSTS).data.get("urgency") or "same_day")
    for number in alike.course.changes:
        event = one.acts[number]
        if ended != NEVER and event.at >= ended:
            continue
        old, urgency = urgency, str(event.data.get("urgency") or urgency)
        if "none" in (old, urgency) or URGENCIES.index(urgency) >= URGENCIES.index(old):
            continue
        due, _ = _due_of(alike.deadlines, (from_us(start), old, alike.channel, one.answer_by))
        if due is not None and event.at > to_us(due):
            return True
    return False


def _elapsed(layout: Layout) -> Callable[[np.ndarray], np.ndarray]:
    """Layout.elapsed for many moments at once."""
    starts, ends, before = (np.array(part, dtype=np.int64) for part in (layout.starts, layout.ends, layout.before))
    if not len(starts):
        return np.zeros_like

    def elapsed(us: np.ndarray) -> np.ndarray:
        at = np.searchsorted(starts, us, side="right") - 1
        inside = np.maximum(at, 0)
        found: np.ndarray = np.where(at < 0, 0, before[inside] + np.minimum(us, ends[inside]) - starts[inside])
        return found

    return elapsed
