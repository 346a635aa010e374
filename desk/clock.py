"""The clocks of a case: what each promise on it has come to, from the case's events alone. Pure; `now` is passed in.

The rules are DESIGN.md's, 'The clock'; docs/reference/clock.md tells them with worked examples, the choices where they
leave room included. When a single answer is due is in deadline.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any

from desk.deadline import DAYS_TOLD, Asked, ClockError, Deadlines, Due, NoStaffedTime, due_json, utc
from desk.policy import Policy, Within
from desk.story import Line
from desk.windows import Window, may_send
from mention import URGENCIES

CLOCK_EVENTS = (
    "customer_posted", "seen", "auto_acknowledged", "answered", "customer_wrote", "waiting_for_customer",
    "back_with_us", "urgency_changed", "resolved", "reopened", "set_aside",
)  # fmt: skip

POLICIES_KEPT = 128
"""Versions of a policy whose clocks stay at hand; a brand's open cases stand under a handful."""

_NOTHING = timedelta(0)


@dataclass(frozen=True)
class Event:
    """One event of a case, as far as clocks care. `by` is `customer`, `agent:NAME` or `system`."""

    at: datetime
    type: str
    by: str = "system"
    urgency: str | None = None

    @property
    def by_person(self) -> bool:
        """Whether a human of ours did it; only such an answer is an answer."""
        return self.by.startswith("agent:")


@dataclass(frozen=True)
class Clock:
    """One promise on a case. `late_s` is wall-clock seconds past the deadline, `used_s` what was used of the promise:
    staffed seconds for staffed and same-day promises, wall-clock seconds otherwise, without pauses."""

    clock: str
    started_at: datetime
    due_at: datetime | None
    state: str
    stopped_at: datetime | None
    late_s: int
    used_s: int
    why: tuple[Line, ...]
    urgency: str = "none"
    limit: str | None = None


@dataclass
class _Running:
    """A clock while the events are read."""

    name: str
    started: datetime
    why: list[Line]
    urgency: str = "none"  # the promise it stands under, or last stood under; none until there is one
    stopped: datetime | None = None  # answered, or resolved
    cancelled: datetime | None = None  # since then no promise runs: urgency none, or the case is set aside
    paused: datetime | None = None
    pauses: list[tuple[datetime, datetime]] = field(default_factory=list)  # those that have ended

    @property
    def waiting(self) -> bool:
        """Whether it stands still because the customer is waited for."""
        return self.paused is not None and self.stopped is None and self.cancelled is None

    def stretches(self, now: datetime) -> list[tuple[datetime, datetime]]:
        """When it ran, without the pauses: start and end of each stretch. The last one ends with the clock, or now, and
        is empty where the clock stood still then."""
        end = self.cancelled or self.stopped or now
        pauses = [*self.pauses, (self.paused, end)] if self.paused else self.pauses
        found, since = [], self.started
        for paused, resumed in [*pauses, (end, end)]:
            found.append((since, min(paused, end)))
            since = min(resumed, end)
        return found


@dataclass(frozen=True)
class Ran:
    """How one clock ran, by the events alone and whatever was promised: from its start to `stopped_at` (answered, or
    resolved) or `cancelled_at` (no promise runs on it any more), where either is. `urgency` is the promise it stands or
    last stood under, none where it never stood under one; `stretches` are the start and end of each stretch without
    the pauses, the last one up to now where it still runs; `waiting` where it stands still for the customer."""

    clock: str
    started_at: datetime
    stopped_at: datetime | None
    cancelled_at: datetime | None
    urgency: str
    stretches: tuple[tuple[datetime, datetime], ...]
    waiting: bool


def ran(events: Iterable[Event], now: datetime) -> list[Ran]:
    """How every clock of one case ran until `now` (aware): the answers in order, the resolution last.

    For numbers over many cases: as `Clocks.clocks` reads the events, without deadlines and reasons.
    """
    now = utc(now)
    return [
        Ran(one.name, one.started, one.stopped, one.cancelled, one.urgency, tuple(one.stretches(now)), one.waiting)
        for one in _read(events, now).clocks
    ]


class Clocks:
    """The clock arithmetic of one policy, its teams and channels; keeps what it has laid out between calls."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._plain: dict[Policy, Deadlines] = {}

    def under(self, policy: Policy) -> Clocks:
        """The clocks under another policy, such as the version in force when a case started; asking again is cheap."""
        return self if policy is self.policy else _under(policy)

    def deadlines(self, channel: str | None = None, team: str | None = None) -> Deadlines:
        """The deadlines that hold for a channel and a team."""
        policy = self.policy.of(channel, team)
        found = self._plain.get(policy)
        if found is None:
            found = self._plain[policy] = Deadlines(policy)
        return found

    def due(
        self,
        posted_at: datetime,
        urgency: str,
        channel: str | None = None,
        answer_by: datetime | None = None,
        team: str | None = None,
    ) -> Due:
        """When the first answer to something posted at `posted_at` (aware) is due, and why.

        `channel` and `team` choose the hours and promises, `channel` also brings in the platform's own window,
        `answer_by` the deadline a platform delivered with the mention; the earliest wins. Raises ClockError for an
        unknown urgency or a time without an offset, NoStaffedTime where the policy has no staffed time to keep the
        promise in.
        """
        return self.deadlines(channel, team).due(posted_at, urgency, channel, answer_by)

    def due_many(self, items: Iterable[Asked], team: str | None = None) -> list[Due]:
        """`due` of many (posted at, urgency, channel, answer_by) at once, in their order; many times as fast."""
        if not self.policy.teams and not self.policy.channels:
            return self.deadlines().due_many(items)
        asked = list(items)
        answers: list[Due | None] = [None] * len(asked)
        places: dict[str | None, list[int]] = {}
        for place, one in enumerate(asked):
            places.setdefault(one[2], []).append(place)
        for channel, mine in places.items():
            found = self.deadlines(channel, team).due_many([asked[place] for place in mine])
            for place, due in zip(mine, found, strict=True):
                answers[place] = due
        return [due for due in answers if due is not None]

    def after_staffed(
        self, start: datetime, length: timedelta, channel: str | None = None, team: str | None = None
    ) -> datetime:
        """The moment at which `length` of staffed time has passed since `start` (aware); for time boxes of steps."""
        return self.deadlines(channel, team).after(utc(start), length, "staffed")

    def may_send(
        self,
        channel: str,
        private: bool,
        last_customer_at: datetime | None,
        answer_by: datetime | None,
        now: datetime,
        team: str | None = None,
    ) -> Window:
        """Whether the platform takes a free answer now; as windows.may_send, with this policy's business days."""
        calendar = self.deadlines(channel, team).calendar
        return may_send(channel, private, last_customer_at, answer_by, now, calendar)

    def clocks(
        self,
        events: Iterable[Event],
        now: datetime,
        channel: str | None = None,
        answer_by: datetime | None = None,
        team: str | None = None,
    ) -> list[Clock]:
        """Every clock of one case as it stands at `now`, from its events alone, in whatever order they are given.

        Events after `now` have not happened; events of the same moment are read in the order given. `channel`, `team`
        and `answer_by` are as for `due`; what a platform delivered with the mention binds the first answer only.
        Raises ClockError for an event that no clock can read.
        """
        now = utc(now)
        case = _read(events, now)
        told = _Told(self.deadlines(channel, team), now, channel, answer_by)
        return [told.of(clock) for clock in case.clocks if clock.urgency != "none"]


@lru_cache(maxsize=POLICIES_KEPT)
def _under(policy: Policy) -> Clocks:
    return Clocks(policy)


@dataclass(frozen=True)
class _Told:
    """What the clocks of a case have come to at `now`."""

    deadlines: Deadlines
    now: datetime
    channel: str | None
    answer_by: datetime | None

    def of(self, clock: _Running) -> Clock:
        """One clock with its deadline, state and story."""
        limit, now = None, self.now
        if clock.name == "resolution":
            due, used, reasons = self._resolution(clock)
        else:
            delivered = self.answer_by if clock.name == "first_answer" else None
            reckoned = self.deadlines.due(clock.started, clock.urgency, self.channel, delivered)
            due, limit = reckoned.due_at, reckoned.limit
            reasons = [line for line in reckoned.why if line.code != "posted"]  # the story says when it started
            used = self.deadlines.passed(
                clock.started, clock.cancelled or clock.stopped or now, self._counted_on(clock)
            )
        state, late, end = _state(clock, due, used, now)
        return Clock(
            clock.name, clock.started, due, state, clock.cancelled or clock.stopped, int(late.total_seconds()),
            int(used.total_seconds()), (*clock.why, *reasons, *end), clock.urgency, limit,
        )  # fmt: skip

    def _counted_on(self, clock: _Running) -> str:
        promise = self.deadlines.policy.promises.of(clock.urgency)
        return promise.clock if promise is not None and promise.within is not None else "staffed"

    def _resolution(self, clock: _Running) -> tuple[datetime | None, timedelta, list[Line]]:
        """A resolution clock's deadline, the time used, and the reasons; no deadline while paused before it."""
        promise = self.deadlines.policy.promises.of(clock.urgency)
        within: Within | None = promise.resolution if promise else None
        counted = within.clock if within else "always"
        stretches = clock.stretches(self.now)
        used = sum((self.deadlines.passed(*stretch, counted) for stretch in stretches), _NOTHING)
        if within is None:
            return None, used, []
        told = {"urgency": clock.urgency, "length": within.within}
        lines = [Line(f"resolution_{counted}", told)]
        due, left = resolution_due(self.deadlines, within, stretches, clock.waiting)
        if due is None:
            return None, used, [*lines, Line("left_when_resumed", {"length": left})]
        paused = sum((after - before for (_, before), (after, _) in pairwise(stretches) if after <= due), _NOTHING)
        closed = due - clock.started - paused - within.within
        if closed:
            skipped: list[Line] = []
            for since, until in stretches:
                if since < due:
                    days = self.deadlines.skipped_days(since, min(until, due))
                    skipped += [line for line in days if line not in skipped]
            lines += skipped[:DAYS_TOLD]
            lines.append(Line("over_nights", {"length": closed}))
        return due, used, [*lines, Line("due", {"at": due})]


def resolution_due(
    deadlines: Deadlines, within: Within, stretches: Sequence[tuple[datetime, datetime]], waiting: bool
) -> tuple[datetime | None, timedelta]:
    """When a resolution promised `within` is due, and what is left of the promise where it stands still. `stretches`
    and `waiting` are as Ran has them; no deadline while it stands still before it has passed."""
    due, left = stretches[0][0], within.within
    for since, until in stretches:
        due = deadlines.after(since, left, within.clock)
        if due < until:
            return due, left  # it passed within this stretch; what came later cannot move it
        left -= deadlines.passed(since, until, within.clock)
    return (None if waiting else due), left


def _state(clock: _Running, due: datetime | None, used: timedelta, now: datetime) -> tuple[str, timedelta, list[Line]]:
    """A clock's state, how late it is, and the sentence that says so."""
    end = clock.cancelled or clock.stopped or now
    late = max(_NOTHING, end - due) if due is not None else _NOTHING
    if clock.cancelled:
        return "cancelled", _NOTHING, [Line("was_past", {"length": late})] if late else []
    if due is None:
        state = "met" if clock.stopped else "paused" if clock.waiting else "running"
        return state, _NOTHING, [] if clock.waiting else [Line("measured", {"length": used})]
    if clock.stopped:
        state = "late" if late else "met"
        return state, late, [Line(state, {"length": late or due - end})]
    state = "breached" if late else "running"
    return state, late, [Line(state, {"length": late or due - end})]


class _Case:
    """Reads a case's events in time order and keeps its clocks."""

    def __init__(self) -> None:
        self.clocks: list[_Running] = []  # the answers in order, the resolution last
        self.urgency = "none"
        self.aside = False
        self.answered = False

    def take(self, event: Event, at: datetime) -> None:
        """Move the clocks by one event that happened `at` (UTC)."""
        if event.type not in CLOCK_EVENTS:
            return  # notes, steps, labels: events of the case that move no clock
        if event.urgency is not None and event.urgency not in URGENCIES:
            raise ClockError(f"urgency {event.urgency!r} is not one of {', '.join(URGENCIES)}")
        if event.type in ("customer_posted", "customer_wrote"):
            self._wrote(event, at)
        elif not self.clocks:
            return  # nothing can happen to a case before its customer has written
        elif event.type == "answered":
            self._answered(event, at)
        elif event.type == "auto_acknowledged":
            self._note(Line("auto_ack", {"at": at}))
        elif event.type == "urgency_changed":
            self._urgency_changed(event, at)
        elif event.type == "waiting_for_customer":
            self._waiting(at)
        elif event.type == "back_with_us":
            self._resumed(at, "back_with_us")
        elif event.type == "resolved":
            self._resolved(at)
        elif event.type == "reopened":
            self._reopened(at)
        elif event.type == "set_aside":
            self._set_aside(at)

    @property
    def _resolution(self) -> _Running:
        return self.clocks[-1]

    def _unanswered(self) -> list[_Running]:
        return [clock for clock in self.clocks[:-1] if clock.stopped is None]

    def _wrote(self, event: Event, at: datetime) -> None:
        if not self.clocks:
            self.urgency = event.urgency or "same_day"  # what nobody has judged is answered the same day
            self.clocks = [_started(name, at, "customer_posted") for name in ("first_answer", "resolution")]
        else:
            self._resumed(at, "customer_back")  # who has written is no longer waited for
            unanswered = self._unanswered()
            for clock in unanswered:
                clock.why.append(Line("wrote_again", {"at": at}))
            if self.answered and not unanswered:
                self.clocks.insert(-1, _started("next_answer", at, "customer_wrote"))
        self._settle(at)

    def _settle(self, at: datetime) -> None:
        """Put every clock that has not stopped under the case's urgency, or cancel it where no promise runs."""
        for clock in self.clocks:
            if clock.stopped is not None:
                continue
            if self.urgency != "none" and not self.aside:
                clock.urgency, clock.cancelled = self.urgency, None
            elif clock.cancelled is None:
                clock.cancelled = at
                cause = "set_aside" if self.aside else "urgency_none"
                clock.why.append(Line("cancelled", {"at": at, "cause": cause}))

    def _answered(self, event: Event, at: datetime) -> None:
        if not event.by_person:
            self._note(Line("not_human", {"at": at, "by": event.by}))
            return
        self.answered = True
        for clock in self._unanswered():
            clock.stopped = at
            clock.why.append(Line("answered", {"at": at, "by": event.by.removeprefix("agent:")}))

    def _note(self, line: Line) -> None:
        for clock in self._unanswered():
            clock.why.append(line)

    def _urgency_changed(self, event: Event, at: datetime) -> None:
        old, self.urgency = self.urgency, event.urgency or self.urgency
        if old == self.urgency:
            return
        for clock in self.clocks:
            if clock.stopped is None:
                clock.why.append(Line("urgency", {"at": at, "old": old, "new": self.urgency}))
        self._settle(at)

    def _waiting(self, at: datetime) -> None:
        clock = self._resolution
        if clock.stopped is None and clock.paused is None:
            clock.paused = at
            clock.why.append(Line("paused", {"at": at}))

    def _resumed(self, at: datetime, cause: str) -> None:
        clock = self._resolution
        if clock.stopped is None and clock.paused is not None:
            clock.pauses.append((clock.paused, at))
            clock.why.append(Line("resumed", {"at": at, "length": at - clock.paused, "cause": cause}))
            clock.paused = None

    def _resolved(self, at: datetime) -> None:
        clock = self._resolution
        if clock.stopped is None:
            clock.stopped = at
            clock.why.append(Line("ended", {"at": at}))

    def _reopened(self, at: datetime) -> None:
        self.aside = False
        clock = self._resolution
        if clock.stopped is not None:  # the time it was taken for resolved is a pause, like the wait it may end
            clock.paused = clock.paused or clock.stopped
            clock.stopped = None
        self._resumed(at, "reopened")
        for clock in self.clocks:
            if clock.stopped is None and clock.cancelled is not None and self.urgency != "none":
                clock.why.append(Line("runs_again", {"at": at}))
        self._settle(at)

    def _set_aside(self, at: datetime) -> None:
        self.aside = True
        self._settle(at)


def _read(events: Iterable[Event], now: datetime) -> _Case:
    case = _Case()
    for at, event in sorted(((utc(event.at), event) for event in events), key=lambda pair: pair[0]):
        if at <= now:
            case.take(event, at)
    return case


def _started(name: str, at: datetime, cause: str) -> _Running:
    return _Running(name, at, [Line("started", {"at": at, "cause": cause})])


def event_from(record: Any) -> Event:
    """An event from its decoded JSONL form. Raises ClockError naming what is wrong with it."""
    if not isinstance(record, dict):
        raise ClockError("an event is a JSON object")
    for name in ("at", "type"):
        if not record.get(name):
            raise ClockError(f"the event has no {name!r}")
    try:
        at = datetime.fromisoformat(str(record["at"]))
    except ValueError:
        raise ClockError(f"'at' {str(record['at'])[:60]!r} is not a date and time") from None
    if record["type"] not in CLOCK_EVENTS:
        raise ClockError(f"event type {str(record['type'])[:60]!r} is not one of {', '.join(CLOCK_EVENTS)}")
    urgency = record.get("urgency")
    if urgency is not None and urgency not in URGENCIES:
        raise ClockError(f"urgency {str(urgency)[:60]!r} is not one of {', '.join(URGENCIES)}")
    if record["type"] == "urgency_changed" and urgency is None:
        raise ClockError("an urgency_changed event needs its 'urgency'")
    return Event(utc(at), record["type"], str(record.get("by") or "system"), urgency)


def clock_json(clock: Clock, policy: Policy, language: str = "en") -> dict[str, Any]:
    """A clock in the form of the command line: times in the desk's zone, the story as sentences."""

    def show(when: datetime | None) -> str | None:
        return when.astimezone(policy.zone).isoformat() if when else None

    return {
        "clock": clock.clock, "started_at": show(clock.started_at), "due_at": show(clock.due_at),
        "state": clock.state, "stopped_at": show(clock.stopped_at), "late_s": clock.late_s, "used_s": clock.used_s,
        "why": [line.text(policy.zone, language) for line in clock.why],
    }  # fmt: skip


def clock_headline(clock: Clock) -> Line:
    """A clock in one sentence: which promise, what has become of it, by when."""
    told: dict[str, object] = {"clock": clock.clock, "urgency": clock.urgency, "state": clock.state}
    return Line("clock_open", told) if clock.due_at is None else Line("clock_due", {**told, "at": clock.due_at})


__all__ = [
    "CLOCK_EVENTS", "Clock", "ClockError", "Clocks", "Due", "Event", "NoStaffedTime", "Ran", "clock_headline",
    "clock_json", "due_json", "event_from", "ran", "resolution_due",
]  # fmt: skip
