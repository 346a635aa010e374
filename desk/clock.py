"""The clock: when an answer is due, and how each promise on a case stands. Pure; `now` is passed in.

The rules are DESIGN.md's, 'The clock'; docs/reference/clock.md tells them with worked examples, the choices where they
leave room included.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from desk.calendar import Calendar, NoStaffedTime, StaffedDay, from_us, to_us
from desk.policy import Policy, Promise, Within
from desk.story import Line
from mention import URGENCIES

CLOCK_EVENTS = (
    "customer_posted", "seen", "auto_acknowledged", "answered", "customer_wrote", "waiting_for_customer",
    "back_with_us", "urgency_changed", "resolved", "reopened", "set_aside",
)  # fmt: skip

BUSINESS_DAYS = {"trendyol": 3, "hepsiburada": 2}
"""Business days after which a marketplace closes a question, unless it delivered the moment itself (SOURCES.md)."""

MESSAGING_WINDOW = {"whatsapp": timedelta(hours=24), "messenger": timedelta(hours=24)}
"""How long after the customer's last message a free-form answer is possible (Meta's customer service window)."""


class ClockError(ValueError):
    """Events or arguments that no clock can be told from; the message says which."""


@dataclass(frozen=True)
class Due:
    """When an answer is due. `due_at` is None where no answer is due (urgency none)."""

    due_at: datetime | None
    promise: str
    limit: str | None
    why: tuple[Line, ...]


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
    urgency: str
    stopped: datetime | None = None
    cancelled: datetime | None = None
    paused: datetime | None = None
    idle: list[tuple[datetime, datetime]] = field(default_factory=list)  # pauses that have ended

    @property
    def open(self) -> bool:
        return self.stopped is None and self.cancelled is None


class Clocks:
    """The clock arithmetic of one policy; keeps the calendar laid out between calls."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.calendar = Calendar(policy)

    def due(
        self, posted_at: datetime, urgency: str, channel: str | None = None, answer_by: datetime | None = None
    ) -> Due:
        """When the first answer to something posted at `posted_at` (aware) is due, and why.

        `channel` brings in the platform's own window, `answer_by` the deadline a platform delivered with the mention;
        the earliest wins. Raises ClockError for an unknown urgency or a time without an offset.
        """
        posted = _aware(posted_at)
        if urgency not in URGENCIES:
            raise ClockError(f"urgency {urgency!r} is not one of {', '.join(URGENCIES)}")
        promise = self.policy.promises.of(urgency)
        why = [Line("posted", {"at": posted})]
        if promise is None:
            return Due(None, urgency, None, (*why, Line("no_clock")))
        brand, lines = self._by_promise(posted, urgency, promise)
        why += lines
        platform, rule = self._by_platform(posted, channel, answer_by)
        if platform is not None:
            code = "platform" if platform < brand else "platform_later"
            why.append(Line(code, {"channel": channel or "the platform", "at": platform, "rule": rule}))
            if platform < brand:
                return Due(platform, urgency, "platform", (*why, Line("due", {"at": platform})))
        return Due(brand, urgency, "brand", (*why, Line("due", {"at": brand})))

    def after_staffed(self, start: datetime, length: timedelta) -> datetime:
        """The moment at which `length` of staffed time has passed since `start` (aware); for time boxes of steps."""
        return from_us(self.calendar.add_staffed(to_us(_aware(start)), length // timedelta(microseconds=1)))

    def clocks(
        self,
        events: Iterable[Event],
        now: datetime,
        channel: str | None = None,
        answer_by: datetime | None = None,
    ) -> list[Clock]:
        """Every clock of one case as it stands at `now`, from its events alone; events after `now` have not happened.

        Raises ClockError for an event that no clock can read.
        """
        now = _aware(now)
        case = _Case()
        for event in sorted(events, key=lambda e: e.at):
            if _aware(event.at) <= now:
                case.take(event)
        return [self._tell(clock, now, channel, answer_by) for clock in case.clocks if case.ever_promised(clock)]

    def _by_promise(self, posted: datetime, urgency: str, promise: Promise) -> tuple[datetime, list[Line]]:
        if promise.within is not None:
            if promise.clock == "always":
                return posted + promise.within, [Line("always", {"urgency": urgency, "length": promise.within})]
            due, lines = self._staffed(posted, promise.within)
            return due, [Line("staffed", {"urgency": urgency, "length": promise.within}), *lines]
        return self._same_day(posted, promise)

    def _staffed(self, start: datetime, length: timedelta) -> tuple[datetime, list[Line]]:
        calendar, at = self.calendar, to_us(start)
        due = calendar.add_staffed(at, length // timedelta(microseconds=1))
        lines: list[Line] = []
        day = calendar.service_day(at)
        if not any(s <= at < e for s, e in day.intervals):
            lines += _day_line(day)
            lines.append(Line("waits_for_opening", {"at": from_us(calendar.next_opening(at))}))
        skipped = (from_us(due) - start) - length
        if skipped:
            lines.append(Line("over_nights", {"length": skipped}))
        return from_us(due), lines

    def _same_day(self, posted: datetime, promise: Promise) -> tuple[datetime, list[Line]]:
        calendar, at = self.calendar, to_us(posted)
        day = calendar.service_day(at)
        lines = _day_line(day)
        before = promise.cutoff_before_close
        if day.intervals:
            cutoff = from_us(day.close) - before
            times = {"cutoff": cutoff, "before": before, "at": from_us(day.close)}
            if posted < cutoff:
                return from_us(day.close), [*lines, Line("same_day", times)]
            lines.append(Line("after_cutoff", times))
        opening = calendar.next_opening(at)
        grace = promise.grace // timedelta(microseconds=1)
        due = from_us(calendar.add_staffed(opening, grace) if grace else opening)
        return due, [*lines, Line("grace", {"grace": promise.grace, "opening": from_us(opening), "at": due})]

    def _by_platform(
        self, posted: datetime, channel: str | None, answer_by: datetime | None
    ) -> tuple[datetime | None, str]:
        if answer_by is not None:
            return _aware(answer_by), "delivered_deadline"
        if channel in BUSINESS_DAYS:
            days = BUSINESS_DAYS[channel]
            return self._business_days(posted, days), f"business_days_{days}"
        if channel in MESSAGING_WINDOW:
            return posted + MESSAGING_WINDOW[channel], "window_24h"
        return None, ""

    def _business_days(self, posted: datetime, days: int) -> datetime:
        """The same local time `days` business days (Monday to Friday, no public holiday) later."""
        when = posted.astimezone(self.policy.zone)
        left = days
        while left:
            when += timedelta(days=1)  # aware arithmetic keeps the local time, which is what is wanted here
            if when.weekday() < 5 and self.calendar.staffed_day(when.date()).kind != "holiday":
                left -= 1
        return when.astimezone(UTC)

    def _tell(self, clock: _Running, now: datetime, channel: str | None, answer_by: datetime | None) -> Clock:
        why = list(clock.why)
        promise = self.policy.promises.of(clock.urgency)
        if clock.name == "resolution":
            limit, due_at, used = None, *self._resolution(clock, promise, now)
        else:
            reckoned = self.due(clock.started, clock.urgency, channel, answer_by)
            limit, due_at = reckoned.limit, reckoned.due_at
            why += [line for line in reckoned.why if line.code != "posted"]
            end = clock.stopped or clock.cancelled or now
            wall = promise is not None and promise.within is not None and promise.clock == "always"
            used = _wall(clock.started, end) if wall else self._staffed_seconds(clock.started, end)
        end = clock.stopped or now
        late = max(timedelta(0), end - due_at) if due_at is not None else timedelta(0)
        if clock.cancelled is not None:
            state, stopped = "cancelled", clock.cancelled
            if due_at is not None and clock.cancelled > due_at:
                why.append(Line("was_past", {"length": clock.cancelled - due_at}))
            late = timedelta(0)
        elif clock.stopped is not None:
            state, stopped = ("late" if late else "met"), clock.stopped
            if due_at is not None:
                why.append(Line(state, {"length": late or due_at - clock.stopped}))
        elif late:
            state, stopped = "breached", None
            why.append(Line("breached", {"length": late}))
        elif clock.paused is not None:
            state, stopped = "paused", None
        else:
            state, stopped = "running", None
            if due_at is not None:
                why.append(Line("running", {"length": due_at - now}))
            else:
                why.append(Line("measured", {"length": timedelta(seconds=used)}))
        return Clock(
            clock.name, clock.started, due_at, state, stopped, int(late.total_seconds()), used, tuple(why),
            clock.urgency, limit,
        )  # fmt: skip

    def _resolution(self, clock: _Running, promise: Promise | None, now: datetime) -> tuple[datetime | None, int]:
        """The deadline of a resolution clock and the seconds used of it; None while paused before its deadline."""
        within: Within | None = promise.resolution if promise else None
        staffed = within is not None and within.clock == "staffed"
        end = clock.stopped or clock.cancelled or clock.paused or now
        left = within.within if within else timedelta(0)
        used, due_at = timedelta(0), None
        start = clock.started
        for since, until in [*clock.idle, (end, end)]:
            spent = timedelta(seconds=0)
            if since > start:
                spent = (
                    timedelta(microseconds=self.calendar.staffed_between(to_us(start), to_us(since)))
                    if staffed
                    else since - start
                )
            if within and due_at is None and spent > left:
                due_at = self._ahead(start, left, staffed)
            left -= spent
            used += spent
            start = max(start, until)
        if within and due_at is None and (clock.paused is None or clock.stopped or clock.cancelled):
            due_at = self._ahead(end, left, staffed) if left else end
        return due_at, int(used.total_seconds())

    def _ahead(self, start: datetime, length: timedelta, staffed: bool) -> datetime:
        if not staffed or not length:
            return start + length
        return from_us(self.calendar.add_staffed(to_us(start), length // timedelta(microseconds=1)))

    def _staffed_seconds(self, start: datetime, end: datetime) -> int:
        return self.calendar.staffed_between(to_us(start), to_us(end)) // 1_000_000


class _Case:
    """Reads a case's events in time order and keeps its clocks."""

    def __init__(self) -> None:
        self.clocks: list[_Running] = []
        self.urgency = "none"
        self.answered = False
        self._promised: set[int] = set()

    def ever_promised(self, clock: _Running) -> bool:
        """Whether the clock ever ran under a promise; one that was `none` all along is no clock."""
        return id(clock) in self._promised

    def take(self, event: Event) -> None:
        if event.type not in CLOCK_EVENTS:
            return  # notes, steps, labels: events of the case that move no clock
        if event.urgency is not None and event.urgency not in URGENCIES:
            raise ClockError(f"urgency {event.urgency!r} is not one of {', '.join(URGENCIES)}")
        if event.type in ("customer_posted", "customer_wrote") and not self.clocks:
            self._open(event)
        elif event.type in ("customer_posted", "customer_wrote"):
            self._wrote(event)
        elif event.type == "answered":
            self._answered(event)
        elif event.type == "auto_acknowledged":
            self._note("auto_ack", event)
        elif event.type == "urgency_changed":
            self._urgency(event)
        elif event.type == "waiting_for_customer":
            self._pause(event)
        elif event.type == "back_with_us":
            self._resume(event, "back_with_us")
        elif event.type == "resolved":
            self._resolved(event)
        elif event.type == "reopened":
            self._reopened(event)
        elif event.type == "set_aside":
            self._cancel(event, "set_aside")

    def _open(self, event: Event) -> None:
        self.urgency = event.urgency or "same_day"
        self._start("first_answer", event, "customer_posted")
        self._start("resolution", event, "customer_posted")

    def _start(self, name: str, event: Event, cause: str) -> None:
        why = [Line("started", {"at": event.at, "cause": cause})]
        clock = _Running(name, event.at, why, self.urgency)
        at = len(self.clocks) if name != "next_answer" else len(self.clocks) - 1  # resolution is told last
        self.clocks.insert(at, clock)
        self._mark(clock)

    def _mark(self, clock: _Running) -> None:
        if clock.urgency != "none":
            self._promised.add(id(clock))
        elif clock.open:
            clock.cancelled = clock.started

    def _answers(self) -> list[_Running]:
        return [c for c in self.clocks if c.name != "resolution"]

    def _resolution(self) -> _Running | None:
        return self.clocks[-1] if self.clocks else None

    def _wrote(self, event: Event) -> None:
        self._resume(event, "customer_back")  # who has written is no longer waited for
        waiting = [c for c in self._answers() if c.open]
        if self.answered and not waiting:
            self._start("next_answer", event, "customer_wrote")
        for clock in waiting:
            clock.why.append(Line("wrote_again", {"at": event.at}))

    def _answered(self, event: Event) -> None:
        if not event.by_person:
            self._note("not_human", event)
            return
        self.answered = bool(self.clocks)
        for clock in self._answers():
            if clock.open:
                clock.stopped = event.at
                clock.why.append(Line("answered", {"at": event.at, "by": event.by.removeprefix("agent:")}))

    def _note(self, code: str, event: Event) -> None:
        for clock in self._answers():
            if clock.open:
                clock.why.append(Line(code, {"at": event.at, "by": event.by}))

    def _urgency(self, event: Event) -> None:
        old, self.urgency = self.urgency, event.urgency or self.urgency
        if old == self.urgency:
            return
        for clock in self.clocks:
            if clock.stopped is not None:
                continue
            if clock.cancelled is not None and clock.urgency != "none":
                continue  # set aside; a promise of the new urgency returns only with a reopening
            clock.why.append(Line("urgency", {"at": event.at, "old": old, "new": self.urgency}))
            clock.urgency, clock.cancelled = self.urgency, None
            if self.urgency == "none":
                clock.urgency, clock.cancelled = old, event.at
                clock.why.append(Line("cancelled", {"at": event.at, "cause": "urgency_none"}))
                clock.urgency = "none" if id(clock) not in self._promised else old
            self._mark(clock) if clock.cancelled is None else None

    def _pause(self, event: Event) -> None:
        clock = self._resolution()
        if clock and clock.open and clock.paused is None:
            clock.paused = event.at
            clock.why.append(Line("paused", {"at": event.at}))

    def _resume(self, event: Event, cause: str) -> None:
        clock = self._resolution()
        if clock and clock.open and clock.paused is not None:
            clock.idle.append((clock.paused, event.at))
            clock.why.append(
                Line("resumed", {"at": event.at, "length": event.at - clock.paused, "cause": cause})
            )
            clock.paused = None

    def _resolved(self, event: Event) -> None:
        clock = self._resolution()
        if clock and clock.open:
            if clock.paused is not None:
                clock.idle.append((clock.paused, event.at))
                clock.paused = None
            clock.stopped = event.at
            clock.why.append(Line("ended", {"at": event.at}))

    def _reopened(self, event: Event) -> None:
        resolution = self._resolution()
        if resolution and resolution.stopped is not None:
            resolution.idle.append((resolution.stopped, event.at))
            resolution.why.append(
                Line("resumed", {"at": event.at, "length": event.at - resolution.stopped, "cause": "reopened"})
            )
            resolution.stopped = None
        for clock in self.clocks:
            if clock.cancelled is not None:
                clock.cancelled, clock.urgency = None, self.urgency
                clock.why.append(Line("started", {"at": event.at, "cause": "reopened"}))
                self._mark(clock)

    def _cancel(self, event: Event, cause: str) -> None:
        for clock in self.clocks:
            if clock.open:
                clock.cancelled, clock.paused = event.at, None
                clock.why.append(Line("cancelled", {"at": event.at, "cause": cause}))


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
    return Event(_aware(at), str(record["type"]), str(record.get("by", "system")), urgency)


def clock_json(clock: Clock, policy: Policy, language: str = "en") -> dict[str, Any]:
    """A clock in the form of the command line: times in the desk's zone, the story as sentences."""

    def show(when: datetime | None) -> str | None:
        return when.astimezone(policy.zone).isoformat() if when else None

    return {
        "clock": clock.clock, "started_at": show(clock.started_at), "due_at": show(clock.due_at),
        "state": clock.state, "stopped_at": show(clock.stopped_at), "late_s": clock.late_s, "used_s": clock.used_s,
        "why": [line.text(policy.zone, language) for line in clock.why],
    }  # fmt: skip


def due_json(due: Due, policy: Policy, language: str = "en") -> dict[str, Any]:
    """A due answer in the form of the command line."""
    return {
        "due_at": due.due_at.astimezone(policy.zone).isoformat() if due.due_at else None,
        "promise": due.promise, "limit": due.limit,
        "why": [line.text(policy.zone, language) for line in due.why],
    }  # fmt: skip


def _day_line(day: StaffedDay) -> list[Line]:
    if day.kind in ("holiday", "half_day", "exception"):
        return [Line(day.kind, {"day": day.day.isoformat()})]
    return [] if day.intervals else [Line("closed_day", {"day": day.day.isoformat()})]


def _wall(start: datetime, end: datetime) -> int:
    return max(0, int((end - start).total_seconds()))


def _aware(when: datetime) -> datetime:
    if when.tzinfo is None:
        raise ClockError(f"{when.isoformat()} has no offset, such as +03:00")
    return when.astimezone(UTC)


__all__ = [
    "CLOCK_EVENTS", "Clock", "ClockError", "Clocks", "Due", "Event", "NoStaffedTime", "clock_json", "due_json",
    "event_from",
]  # fmt: skip
