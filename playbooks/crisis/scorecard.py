"""How a drill or a crisis went, from its events alone: times, shares, goals, and who was late. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from playbooks.crisis.run import Run
from playbooks.crisis.state import Duty, State
from playbooks.drills import Goal


@dataclass(frozen=True)
class Answered:
    """One case of the crisis: when the customer posted, when a person answered (None: nobody did), and the deadline.

    `same_day_by` is the last moment that the desk's promise of a same-day answer calls the same day; None: no day does.
    """

    posted_at: datetime
    answered_at: datetime | None
    due_at: datetime | None
    same_day_by: datetime | None = None


@dataclass(frozen=True)
class Reached:
    """A goal, when it was reached (None: never), and whether in time."""

    goal: Goal
    at: datetime | None
    in_time: bool


@dataclass(frozen=True)
class RoleCard:
    """What lay with one role: how many duties it ended, how many of those were late, how many were taken from it."""

    role: str
    ended: int
    late: int
    handed_on: int
    still_open: int


@dataclass(frozen=True)
class Scorecard:
    """The numbers of one run. Times are since the first mention was posted; None where it never happened.

    Shares are of all mentions that wanted an answer, those still open included; None where there was none.
    """

    detection: timedelta | None
    first_informed: timedelta | None
    declared: timedelta | None
    decision: timedelta | None
    first_answer: timedelta | None
    answered_same_day: float | None
    promises_kept: float | None
    updates_late: int
    steps_late: int
    roles: tuple[RoleCard, ...]
    goals: tuple[Reached, ...]


def scorecard(
    run: Run,
    began: datetime,
    now: datetime,
    answers: Sequence[Answered],
    goals: Sequence[Goal] = (),
    goals_from: datetime | None = None,
) -> Scorecard:
    """The scorecard at `now` of a run whose first mention was posted at `began`.

    Goals count from `goals_from`, else `began`.
    """
    state = run.state(now)
    since = _since(began)
    answered = [case.answered_at for case in answers if case.answered_at is not None and case.answered_at <= now]
    kept = [_kept(case, now) for case in answers if case.due_at is not None]
    settled = [verdict for verdict in kept if verdict is not None]
    same = [_same_day(case, now) for case in answers]
    steps = [duty for duty in state.duties if duty.kind == "step"]
    updates = [duty for duty in state.duties if duty.kind == "update"]
    first_answer = min(answered, default=None)
    begin = goals_from or began
    reached = tuple(_reached(goal, state, first_answer, begin) for goal in goals)
    return Scorecard(
        since(_stage(state, ("suspected", "declared"))),
        since(_known(state)),
        since(_stage(state, ("declared",))),
        since(min((d.ended_at for d in steps if d.how == "decided" and d.ended_at), default=None)),
        since(first_answer),
        _share(same), _share(settled),
        sum(d.late_by(now) > timedelta(0) for d in updates), sum(d.late_by(now) > timedelta(0) for d in steps),
        _roles(state), reached,
    )  # fmt: skip


_LOWER = ("detection", "first_informed", "declared", "decision", "first_answer", "updates_late", "steps_late")
_HIGHER = ("answered_same_day", "promises_kept")


def numbers(card: Scorecard) -> dict[str, float | None]:
    """The numbers of a scorecard as JSON keeps them: lengths in seconds, shares in [0, 1], None where there is none."""
    found: dict[str, float | None] = {}
    for name in (*_LOWER[:5], *_HIGHER, *_LOWER[5:]):
        value = getattr(card, name)
        found[name] = value.total_seconds() if isinstance(value, timedelta) else value
    return found


def compared(now: Scorecard, last: Scorecard) -> Mapping[str, str]:
    """Each number against the last drill's: `better`, `worse`, `same`, or `unknown` where one of the two is missing."""
    return compared_numbers(numbers(now), numbers(last))


def compared_numbers(now: Mapping[str, float | None], last: Mapping[str, float | None]) -> dict[str, str]:
    """The same of numbers that were kept (see numbers); one that is missing is unknown."""
    found = {name: _better(last.get(name), now.get(name)) for name in _LOWER}
    return found | {name: _better(now.get(name), last.get(name)) for name in _HIGHER}


def _better(high: float | None, low: float | None) -> str:
    if high is None or low is None:
        return "unknown"
    return "same" if high == low else "better" if low < high else "worse"


def _since(began: datetime) -> Callable[[datetime | None], timedelta | None]:
    return lambda moment: None if moment is None else moment - began


def _share(verdicts: Iterable[bool]) -> float | None:
    verdicts = list(verdicts)
    return sum(verdicts) / len(verdicts) if verdicts else None


def _kept(case: Answered, now: datetime) -> bool | None:
    """Whether a promise was kept; None while it can still be."""
    assert case.due_at is not None
    if case.answered_at is not None and case.answered_at <= now:
        return case.answered_at <= case.due_at
    return None if now <= case.due_at else False


def _same_day(case: Answered, now: datetime) -> bool:
    at = case.answered_at
    return at is not None and at <= now and case.same_day_by is not None and at <= case.same_day_by


def _stage(state: State, stages: tuple[str, ...]) -> datetime | None:
    return next((stage.at for stage in state.stages if stage.stage in stages), None)


def _known(state: State) -> datetime | None:
    """The first moment at which somebody showed that they know of it."""
    seen = [d.seen_at for d in state.duties if d.kind in ("take", "first") and d.seen_at]
    return min([*seen, *filter(None, [_taken(state), _stage(state, ("declared",))])], default=None)


def _taken(state: State) -> datetime | None:
    return next((d.ended_at for d in state.duties if d.kind == "take" and d.ended_at), None)


def _reached(goal: Goal, state: State, first_answer: datetime | None, begin: datetime) -> Reached:
    at = _moment(goal, state, first_answer)
    return Reached(goal, at, at is not None and at <= begin + goal.by)


def _moment(goal: Goal, state: State, first_answer: datetime | None) -> datetime | None:
    firsts = [d for d in state.duties if d.kind == "first"]
    steps = [d for d in state.duties if d.step and d.step == goal.of and d.how in ("done", "decided", "waited")]
    match goal.measure:
        case "suspected":
            return _stage(state, ("suspected", "declared"))
        case "taken":
            return _taken(state)
        case "declared" | "contained":
            return _stage(state, (goal.measure,))
        case "first_informed":
            return min((d.seen_at for d in firsts if d.seen_at), default=None)
        case "all_informed":
            seen = [d.seen_at for d in firsts if d.seen_at]
            return max(seen) if firsts and len(seen) == len(firsts) else None
        case "first_answer":
            return first_answer
        case "updated":
            return min((d.ended_at for d in state.duties if d.kind == "update" and d.how == "done" and d.ended_at),
                       default=None)  # fmt: skip
        case "evidence":
            return state.evidence.get(goal.of or "")
    good = [d.ended_at for d in steps if d.ended_at and (not goal.options or d.option in goal.options)]
    return min(good, default=None)


def _roles(state: State) -> tuple[RoleCard, ...]:
    """By role: an ended duty counts for the role that had it at the end, what was handed on for whom it left."""
    names = sorted({leg.role for duty in state.duties for leg in duty.legs})

    def count(role: str, good: Callable[[Duty], bool]) -> int:
        return sum(duty.holder.role == role and good(duty) for duty in state.duties)

    return tuple(
        RoleCard(
            role,
            count(role, lambda d: d.ended_at is not None and d.how not in ("left", "waited")),
            count(role, lambda d: d.late_by(state.now) > timedelta(0)),
            sum(leg.role == role and leg.until is not None and d.holder.role != role
                for d in state.duties for leg in d.legs),
            count(role, lambda d: d.ended_at is None),
        )
        for role in names
    )  # fmt: skip
