"""The clocks of a case a second time, the slow way: what happened, one event after the other, and a walk in between.

Written from the tables of docs/reference/clock.md; nothing here is imported from desk/.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tests.unit.minute_walk import DAY, Walk

Happened = tuple[int, str, str, str | None]
"""At (seconds since 1970), type, by, urgency."""

Told = tuple[str, int, int | None, str, int | None, int, int]
"""Clock, started, due, state, stopped, late, used; all in seconds."""


@dataclass(frozen=True)
class Promised:
    """A promise in seconds: `within` on a `clock`, else the same day; `resolution`: length, clock."""

    within: int | None
    clock: str = "staffed"
    cutoff: int = 3600
    grace: int = 7200
    resolution: tuple[int, str] | None = None


@dataclass
class _Watch:
    name: str
    started: int
    urgency: str = "none"
    stopped: int | None = None
    cancelled: int | None = None
    runs: list[list[int]] = field(default_factory=list)  # of the resolution: from, to; an open one has only its from

    def end(self, now: int) -> int:
        if self.cancelled is not None:
            return self.cancelled
        return now if self.stopped is None else self.stopped


def due_of(walk: Walk, promise: Promised, posted: int) -> int:
    """When an answer is due by a promise alone."""
    if promise.within is None:
        return walk.same_day(posted, promise.cutoff, promise.grace)
    return walk.after(posted, promise.within, promise.clock)


def true_due(walk: Walk, promise: Promised, posted: int, channel: str, answer_by: int | None) -> int:
    """When an answer is due, the platform's own limit included."""
    due = due_of(walk, promise, posted)
    if answer_by is not None:
        return min(due, answer_by)
    if channel in ("whatsapp", "messenger", "instagram_message"):
        return min(due, posted + DAY)
    if channel in ("trendyol", "hepsiburada"):
        return min(due, walk.business_days(posted, 3 if channel == "trendyol" else 2))
    return due


def clocks_of(
    walk: Walk, promises: dict[str, Promised], events: Sequence[Happened], now: int, channel: str, answer_by: int | None
) -> list[Told]:
    """Every clock of a case at `now`."""
    told = []
    watches, waiting = _happen([event for event in sorted(events, key=lambda event: event[0]) if event[0] <= now])
    for watch in watches:
        if watch.urgency == "none":
            continue
        promise, end = promises[watch.urgency], watch.end(now)
        due: int | None
        if watch.name == "resolution":
            due, used = _resolution(walk, promise, watch, end, waiting and watch.cancelled is None)
        else:
            due = true_due(walk, promise, watch.started, channel, answer_by if watch.name == "first_answer" else None)
            used = walk.between(watch.started, end, "staffed" if promise.within is None else promise.clock)
        late = 0 if due is None else max(0, end - due)
        if watch.cancelled is not None:
            state, late = "cancelled", 0
        elif watch.stopped is not None:
            state = "late" if late else "met"
        elif due is None and watch.name == "resolution" and waiting:
            state = "paused"
        else:
            state = "breached" if late else "running"
        stopped = watch.stopped if watch.cancelled is None else watch.cancelled
        told.append((watch.name, watch.started, due, state, stopped, late, used))
    return told


def _resolution(walk: Walk, promise: Promised, watch: _Watch, end: int, waiting: bool) -> tuple[int | None, int]:
    """Deadline and seconds used of a resolution, counted through its runs."""
    left, clock = promise.resolution or (-1, "always")  # without a length nothing ever runs out
    used = 0
    due = None
    for run in watch.runs:
        since, until = run[0], min(run[1] if len(run) > 1 else end, end)
        ran_out = since if left == 0 and since < until else None
        for here, stride in walk.strides(since, until):
            if not walk.counts(here, clock):
                continue
            used += stride
            if left > 0 and left <= stride:
                ran_out = here + left
            left = max(0, left - stride) if left > 0 else left
        if due is None and ran_out is not None and ran_out < until:
            due = ran_out  # it went on running past its end; what comes later cannot move it
    if promise.resolution is None or (due is None and waiting):
        return None, used
    return (due if due is not None else walk.after(end, left, clock)), used


def _happen(events: list[Happened]) -> tuple[list[_Watch], bool]:
    """The clocks, answers first, and whether the customer is waited for."""
    answers: list[_Watch] = []
    matter: _Watch | None = None
    urgency, aside, spoke, waiting = "none", False, False, False
    for at, kind, by, new in events:
        if matter is None:
            if kind not in ("customer_posted", "customer_wrote"):
                continue
            matter = _Watch("resolution", at, runs=[[at]])
            answers, urgency = [_Watch("first_answer", at)], new or "same_day"
        elif kind in ("customer_posted", "customer_wrote", "back_with_us"):
            if waiting and matter.stopped is None:
                waiting = False
                matter.runs.append([at])
            owed = any(answer.stopped is None for answer in answers)
            if kind != "back_with_us" and spoke and not owed:
                answers.append(_Watch("next_answer", at))
        elif kind == "answered" and by.startswith("agent:"):
            spoke = True
            for answer in answers:
                answer.stopped = at if answer.stopped is None else answer.stopped
        elif kind == "urgency_changed":
            urgency = new or urgency
        elif kind == "waiting_for_customer" and matter.stopped is None and not waiting:
            waiting = True
            matter.runs[-1].append(at)
        elif kind == "resolved" and matter.stopped is None:
            matter.stopped = at
            if not waiting:
                matter.runs[-1].append(at)
        elif kind == "reopened":
            aside = False
            if waiting or matter.stopped is not None:
                waiting, matter.stopped = False, None
                matter.runs.append([at])
        elif kind == "set_aside":
            aside = True
        for watch in _open(answers, matter):
            if urgency != "none" and not aside:
                watch.urgency, watch.cancelled = urgency, None
            elif watch.cancelled is None:
                watch.cancelled = at
    still_waiting = waiting and matter is not None and matter.stopped is None
    return ([*answers, matter] if matter else []), still_waiting


def _open(answers: list[_Watch], matter: _Watch) -> Iterator[_Watch]:
    return (watch for watch in (*answers, matter) if watch.stopped is None)
