"""The course of a case: what happened in which order, whatever time it took. Pure.

Tens of thousands of cases of a desk take a few hundred courses. Which wait began and ended with which event, and in
which pieces it lies, depends on the order alone: no rule asks how long anything took. So each course is reckoned once,
by the rules themselves (desk.clock.ran, desk.metrics.way) over places in the order in the stead of times, and holds for
every case that takes it; a case's own times are put in afterwards. See docs/why/reports.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any, NamedTuple

from desk.clock import CLOCK_EVENTS, Event, Ran, ran
from desk.metrics.way import DECIDING, ENDS_APPROVAL, STOPS_SENDING, way
from store.measuring import Line, What

POSTS = ("customer_posted", "customer_wrote")

COURSES_KEPT = 20_000
"""Courses that stay at hand; one takes about a kilobyte. A desk of 65,000 cases knew 38."""

_NUMBERED = {**dict.fromkeys(("approval_asked", *ENDS_APPROVAL), "approval"),
             **dict.fromkeys(("send_queued", "sent", *STOPS_SENDING), "reply")}  # fmt: skip
"""Events that belong together by a number in their data, and its name."""

_READ = frozenset((*CLOCK_EVENTS, *DECIDING, *_NUMBERED, "assigned"))
"""Types that a rule knows by name; of others it matters only that a person of ours did something."""

_ZERO = datetime(2000, 1, 1, tzinfo=UTC)
_STEP = timedelta(seconds=1)

Sign = tuple[object, ...]
"""Everything of an event that a rule may ask, but for its time: its type, who did it (`agent:` a person of ours,
`agent:@` one on the platform itself, else nothing), and what else is asked of its type."""

Place = int
"""A moment by its place among the moments of its case, from 0 on; what happened at one moment has one place."""


class Leg(NamedTuple):
    """One wait, as desk.clock.Ran has it, in places: `stop` is where it was over by what it waited for, `cancel` where
    it was given up (one of the two at most). `segments` are the pieces of an answer's way in order, those of no length
    left out; `by` is the number of the act that answered."""

    clock: str
    start: Place
    stop: Place | None
    cancel: Place | None
    urgency: str
    stretches: tuple[tuple[Place, Place], ...]
    waiting: bool
    segments: tuple[tuple[str, Place, Place], ...] = ()
    by: int | None = None


class Course(NamedTuple):
    """The waits of a case that stand under a promise, for answers in order and for the resolution; and what happened
    beside: when it was acknowledged, whether it was reopened or went from one person to another, the numbers of the
    acts that changed its urgency and that set it aside last."""

    answers: tuple[Leg, ...]
    resolution: Leg | None
    acknowledged: Place | None
    reopened: bool
    reassigned: bool
    changes: tuple[int, ...]
    set_aside: int | None


_Key = tuple[tuple[Sign, ...], tuple[Place, ...], tuple[tuple[Place, Place], ...], Place]
"""Signs, their places, when each post was noticed, now."""


@dataclass(slots=True)
class _Act:
    """An event on the course: its sign made an event again, at a place."""

    type: str
    at: datetime
    by: str
    data: dict[str, Any]


class Courses:
    """The courses that were met so far, by the signs of their events and the order of their moments. For one thread."""

    def __init__(self) -> None:
        self._known: dict[_Key, Course] = {}
        self._signs: dict[What, _Sign] = {}

    def of(
        self, lines: Iterable[Line], noticed: Sequence[tuple[int, int]], now: int
    ) -> tuple[Course, list[int], list[Line]]:
        """The course of events that count, in order of time; its moments by their places; and its acts, which are the
        events that any rule asks for. `noticed` are the moments at which a source saw each post of the customer among
        them, and at which it stood in the case; `now` is the moment of asking (all microseconds since 1970).

        Raises ClockError for an event that no clock can read.
        """
        signs: list[Sign] = []
        acts: list[Line] = []
        numbers: dict[object, int] = {}
        for line in lines:
            known = self._signs.get(line.what) or self._sign(line.what)
            if known.asked:
                acts.append(line)
                sign = known.sign
                if known.number is not None:  # numbers are told in the order in which the case first has them
                    sign = (*sign, numbers.setdefault(known.number, len(numbers)))
                signs.append(sign)
        times = [act.at for act in acts]
        moments = sorted({now, *times, *chain.from_iterable(noticed)})
        place = dict(zip(moments, range(len(moments)), strict=True))
        key = (
            tuple(signs), tuple([place[at] for at in times]),
            tuple([(place[seen], place[stood]) for seen, stood in noticed]), place[now],
        )  # fmt: skip
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= COURSES_KEPT:
                self._known.clear()
            found = self._known[key] = _reckoned(*key)
        return found, moments, acts

    def _sign(self, what: What) -> _Sign:
        if len(self._signs) >= COURSES_KEPT:
            self._signs.clear()
        found = self._signs[what] = _sign_of(what)
        return found


class _Sign(NamedTuple):
    """What a rule may ask of an event, whether any does, and the number that it shares with others of its case."""

    sign: Sign
    asked: bool = True
    number: tuple[str, object] | None = None


def _sign_of(what: What) -> _Sign:
    type, by, data = what.type, what.by, what.data
    who = "" if by[:6] != "agent:" else "agent:@" if by[6:7] == "@" else "agent:"
    if type not in _READ:
        return _Sign(("", who), who == "agent:")
    name = _NUMBERED.get(type)
    if name is not None:
        return _Sign((type, who, name), number=(name, data.get(name)))
    if type == "assigned":
        old, new = data.get("from"), data.get("to")
        return _Sign((type, who, f"agent:{new}" == by, bool(old and new and old != new)))
    return _Sign((type, who, data.get("urgency")) if data else (type, who))


def _reckoned(
    signs: Sequence[Sign], places: Sequence[Place], noticed: Sequence[tuple[Place, Place]], now: Place
) -> Course:
    """A course by the rules themselves, with a second from each place to the next."""
    acts = [_act(sign, _at(place)) for sign, place in zip(signs, places, strict=True)]
    moves = [Event(act.at, act.type, act.by, act.data.get("urgency")) for act in acts if act.type in CLOCK_EVENTS]
    *answers, resolution = ran(moves, _at(now))
    posts = [act.at for act in acts if act.type in POSTS]
    first_noticed = dict(zip(reversed(posts), reversed(noticed), strict=True))
    numbers: dict[str, list[int]] = {}
    for number, act in enumerate(acts):
        numbers.setdefault(act.type, []).append(number)
    acknowledged, set_aside = numbers.get("auto_acknowledged"), numbers.get("set_aside")
    return Course(
        tuple(_answer(one, now, acts, first_noticed) for one in answers if one.urgency != "none"),
        _leg(resolution) if resolution.urgency != "none" else None,
        places[acknowledged[0]] if acknowledged else None, "reopened" in numbers,
        any(sign[0] == "assigned" and bool(sign[3]) for sign in signs), tuple(numbers.get("urgency_changed", ())),
        set_aside[-1] if set_aside else None,
    )  # fmt: skip


def _act(sign: Sign, at: datetime) -> _Act:
    type, by, *more = sign
    data: dict[str, Any] = {}
    if type == "assigned":
        data = {"to": "" if more[0] else None}  # `agent:` is who it was given to, or is not
    elif len(more) == 2:
        data = {str(more[0]): more[1]}
    elif more:
        data = {"urgency": more[0]}
    return _Act(str(type), at, str(by), data)


def _answer(one: Ran, now: Place, acts: Sequence[_Act], noticed: Mapping[datetime, tuple[Place, Place]]) -> Leg:
    leg = _leg(one)
    answered = leg.stop is not None
    end = one.cancelled_at or one.stopped_at or _at(now)
    seen, stood = noticed[one.started_at]
    found = way(one.started_at, end, _at(seen), _at(stood), acts, answered)
    by = (at for at, act in enumerate(acts) if act.type == "answered" and act.at == end and act.by.startswith("agent:"))
    return leg._replace(
        segments=tuple((piece, _place(since), _place(until)) for piece, since, until in found),
        by=next(by, None) if answered else None,
    )


def _leg(one: Ran) -> Leg:
    cancel = None if one.cancelled_at is None else _place(one.cancelled_at)
    stop = None if one.stopped_at is None or cancel is not None else _place(one.stopped_at)
    stretches = tuple((_place(since), _place(until)) for since, until in one.stretches)
    return Leg(one.clock, _place(one.started_at), stop, cancel, one.urgency, stretches, one.waiting)


def _at(place: Place) -> datetime:
    return _ZERO + _STEP * place


def _place(at: datetime) -> Place:
    return (at - _ZERO) // _STEP
