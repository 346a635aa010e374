"""Where a run stands, as a page or a worker reads it: stages, duties, who is told what. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from playbooks.crisis.events import Event
from playbooks.crisis.legs import Leg
from playbooks.schema import Bilingual


@dataclass(frozen=True)
class Duty:
    """One thing somebody owes in a run: a step, or what every run asks (take, declare, first, update).

    `key` names it within the run. `how` it ended: done, decided, waited, seen, or left (the stage took it away).
    """

    key: str
    kind: str
    step: str
    title: Bilingual
    role: str
    began_at: datetime
    due_at: datetime
    legs: tuple[Leg, ...]
    seen_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: str = ""
    how: str = ""
    option: str = ""

    @property
    def holder(self) -> Leg:
        """With whom it lies, or lay when it ended."""
        return self.legs[-1]

    def late_by(self, now: datetime) -> timedelta:
        """How far it is or was over its time box; nothing for what was left and for a wait, which ends on time."""
        if self.how in ("left", "waited"):
            return timedelta(0)
        return max((self.ended_at or now) - self.due_at, timedelta(0))


@dataclass(frozen=True)
class Notice:
    """Somebody to be told something, once: `key` is the same each time the run is computed, and unique over runs.

    `kind` is due (it is yours now), handed_over (it came to you from somebody), reminder, or stage.
    """

    key: str
    at: datetime
    kind: str
    role: str
    person: str
    duty: str
    title: Bilingual
    why: Bilingual


@dataclass(frozen=True)
class Stage:
    """A stage the run came to: when, by whom and why."""

    stage: str
    at: datetime
    by: str
    why: str


@dataclass(frozen=True)
class Refusal:
    """An event that changed nothing, and why; it stays in the log."""

    event: Event
    said: Bilingual


@dataclass(frozen=True)
class State:
    """A run at one moment."""

    run: str
    plan: str
    version: int
    now: datetime
    stages: tuple[Stage, ...]
    severity: int
    duties: tuple[Duty, ...]
    notices: tuple[Notice, ...]
    """Everybody who should have been told by now; of reminders the newest for each holder."""
    told: frozenset[str]
    refused: tuple[Refusal, ...]
    next_update_at: datetime | None
    evidence: Mapping[str, datetime | None]
    """Evidence by id, with when it was collected."""
    waiting: tuple[str, ...] = ()
    """Steps that wait for another strand before they begin."""

    @property
    def stage(self) -> str:
        """The stage it is in; empty before anything was suspected."""
        return self.stages[-1].stage if self.stages else ""

    @property
    def open(self) -> tuple[Duty, ...]:
        """What is owed now, the earliest due first."""
        return tuple(sorted((d for d in self.duties if d.ended_at is None), key=lambda d: (d.due_at, d.key)))

    @property
    def late(self) -> tuple[Duty, ...]:
        """What is owed now and over its time box."""
        return tuple(duty for duty in self.open if duty.late_by(self.now))

    @property
    def untold(self) -> tuple[Notice, ...]:
        """Who must be told now, and was not yet."""
        return tuple(notice for notice in self.notices if notice.key not in self.told)

    def due_for(self, who: str) -> tuple[Duty, ...]:
        """What lies with a role or a person now."""
        return tuple(duty for duty in self.open if who in (duty.holder.role, duty.holder.person))


def agenda(states: Mapping[str, State]) -> dict[str, tuple[tuple[str, Duty], ...]]:
    """Of several runs at once, what lies with each person (or role, where nobody is named), next due first.

    Who stands here with duties of two runs has two crises on their hands; a page should say so.
    """
    found: dict[str, list[tuple[str, Duty]]] = {}
    for run, state in states.items():
        for duty in state.open:
            found.setdefault(duty.holder.person or duty.holder.role, []).append((run, duty))
    return {who: tuple(sorted(has, key=lambda x: (x[1].due_at, x[0], x[1].key))) for who, has in sorted(found.items())}
