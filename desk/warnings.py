"""Which part of a promise is used up, who is told of it, and in how many messages. Pure; `now` is passed in.

A warning says that 50, 80 or 100 % of the time promised for an answer has passed and nobody has answered. Counted is
the time that the promise counts: staffed time where it is promised in staffed time. The rules with their reasons are in
docs/reference/warnings.md; the words of a message are in warning_words.py.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator

from desk.clock import Clock
from desk.deadline import Deadlines
from desk.policy import Duration, parse_interval

ANSWER_CLOCKS = ("first_answer", "next_answer")
"""The clocks that warn: their end is an answer that somebody owes a customer."""

MISSED = 100
"""The percent at which the promise is broken, and the team lead is told too."""


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Percents = tuple[Annotated[int, Field(ge=1, le=MISSED)], ...]


class Shares(_Form):
    """At which percentages of the promise is warned, per urgency; an empty list for never."""

    critical: Percents = (50, 80, 100)
    urgent: Percents = (50, 80, 100)
    same_day: Percents = (50, 80, 100)

    def of(self, urgency: str) -> Percents:
        """The percentages for an urgency label, lowest first; none for `none`."""
        found: Percents = () if urgency == "none" else getattr(self, urgency)
        return tuple(sorted(set(found)))


class WarningRules(_Form):
    """The settings section `warnings`."""

    percents: Shares = Field(Shares(), description="percentages of the promise at which is warned, per urgency")
    quiet: tuple[str, ...] = Field(
        ("22:00-07:30",), max_length=4, description="hours without messages, but for critical cases; [] for none"
    )
    apart: Duration = Field(timedelta(minutes=1), description="time between two messages to one person at least")
    words: int = Field(80, ge=0, le=300, description="characters of the customer's words in a message; 0 for none")

    @field_validator("quiet")
    @classmethod
    def _are_intervals(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for interval in value:
            parse_interval(interval)
        return value

    @field_validator("apart")
    @classmethod
    def _at_least_a_minute(cls, value: timedelta) -> timedelta:
        if value < timedelta(minutes=1):
            raise ValueError("one message a person and minute is the most; write 1m or longer")
        return value

    def quiet_at(self, local: datetime) -> bool:
        """Whether a local time lies in the quiet hours."""
        minute = local.hour * 60 + local.minute
        return any(
            start <= minute < end or start <= minute + 1440 < end
            for start, end in (parse_interval(interval) for interval in self.quiet)
        )


# --- what is passed ---


@dataclass(frozen=True)
class Passed:
    """The percentages of one clock's promise that have passed, lowest first, and when the next one will."""

    clock: Clock
    percents: tuple[int, ...]
    next_at: datetime | None


def passed(clock: Clock, deadlines: Deadlines, rules: WarningRules, now: datetime) -> Passed:
    """What of an answer clock's promise has passed at `now`; nothing of a clock that does not run."""
    due, asked = clock.due_at, rules.percents.of(clock.urgency)
    if clock.clock not in ANSWER_CLOCKS or clock.state not in ("running", "breached") or due is None or not asked:
        return Passed(clock, (), None)
    if now >= due:
        return Passed(clock, asked, None)
    promise = deadlines.policy.promises.of(clock.urgency)
    counted = promise.clock if promise is not None and promise.within is not None else "staffed"
    whole = deadlines.passed(clock.started_at, due, counted)
    if not whole:  # a platform's deadline at night: no staffed time lies before it, so every hour counts
        counted, whole = "always", due - clock.started_at
    used = deadlines.passed(clock.started_at, now, counted)
    below = [percent for percent in asked if percent < MISSED and used * MISSED >= whole * percent]
    later = [percent for percent in asked if percent not in below]
    if not later:
        return Passed(clock, tuple(below), None)
    needed = whole * later[0] / MISSED
    at = due if later[0] == MISSED else min(due, deadlines.after(clock.started_at, needed, counted))
    return Passed(clock, tuple(below), at)


def new_warnings(found: Passed, recorded: Collection[int]) -> tuple[int | None, tuple[int, ...]]:
    """Of the percentages that passed and are not `recorded` yet: the one to tell, and those to skip.

    Only the highest is told, and none where a higher one was told before (the urgency may have been lowered since).
    """
    new = [percent for percent in found.percents if percent not in recorded]
    if not new or max(recorded, default=0) > new[-1]:
        return None, tuple(new)
    return new[-1], tuple(new[:-1])


# --- who is told ---


@dataclass(frozen=True)
class Recipient:
    """Somebody who can be told. `channels` are names of variables with an address each, empty where the board alone
    tells them; `teams` the teams they belong to, empty for every one; `lead` whether a broken promise is theirs."""

    name: str
    channels: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    lead: bool = False
    on_shift: bool = True


def recipients(assignee: str | None, team: str | None, percent: int, people: Sequence[Recipient]) -> tuple[str, ...]:
    """Who is told of a warning, by name, in the order of `people`.

    The assignee, else those of the case's team who are on shift, else the whole team. An assignee who is off shift is
    told, and so are those who are on. At 100 % the leads of the team too, or everybody on it where it has none. Never
    nobody, as long as there are people.
    """
    own = [one for one in people if team is None or not one.teams or team in one.teams] or list(people)
    present = [one.name for one in own if one.on_shift] or [one.name for one in own]
    holder = next((one for one in people if one.name == assignee), None)
    told = set(present) if holder is None else {holder.name}
    if holder is not None and not holder.on_shift:
        told |= {one.name for one in own if one.on_shift}
    if percent >= MISSED:
        told |= {one.name for one in own if one.lead} or set(present)
    return tuple(one.name for one in people if one.name in told)


# --- in how many messages ---


@dataclass(frozen=True)
class Warned:
    """One warning that a person has not been told of yet."""

    person: str
    warning_id: int
    case_id: int
    clock: str
    started_at: datetime
    percent: int
    urgency: str
    due_at: datetime
    assignee: str | None = None

    @property
    def about(self) -> tuple[str, int, str, datetime]:
        """What it is about: of the warnings about one clock, a person is told the highest."""
        return (self.person, self.case_id, self.clock, self.started_at)


@dataclass(frozen=True)
class Message:
    """One message to one person: what is told, the nearest deadline first, and what it makes needless to tell."""

    person: str
    channels: tuple[str, ...]
    told: tuple[Warned, ...]
    skipped: tuple[Warned, ...] = ()


def digest(
    warnings: Sequence[Warned], people: Sequence[Recipient], sent_log: Mapping[str, datetime], now: datetime,
    rules: WarningRules, zone: ZoneInfo,
) -> list[Message]:  # fmt: skip
    """The messages to send at `now`, one a person at most; what is in none of them waits.

    `sent_log` says when each person was last sent a message. In quiet hours only a critical case breaks the silence,
    and then its message holds only critical ones; the others are told at their end, as one.
    """
    channels = {one.name: one.channels for one in people}
    quiet = rules.quiet_at(now.astimezone(zone))
    messages = []
    for person in sorted({warned.person for warned in warnings}):
        last = sent_log.get(person)
        if last is not None and now - last < rules.apart:
            continue
        own = [w for w in warnings if w.person == person and (not quiet or w.urgency == "critical")]
        highest: dict[tuple[str, int, str, datetime], Warned] = {}
        for warned in sorted(own, key=lambda w: (w.percent, w.warning_id)):
            highest[warned.about] = warned
        told = sorted(highest.values(), key=lambda w: (w.due_at, w.case_id, w.warning_id))
        if told:
            skipped = tuple(w for w in own if highest[w.about] is not w)
            messages.append(Message(person, channels.get(person, ()), tuple(told), skipped))
    return messages
