"""A stored crisis as a run: the plan it began with, the people it began with, and its events of the log.

In the log a run's event `declared` is called `crisis_declared`; its data are the filled fields of the run's Event.
Events of the crisis room that move no step (facts, statements, stakeholders) are called `crisis_...` too, and the run
does not read them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from desk.deadline import Deadlines
from desk.roles import Refused
from desk.settings import Settings
from playbooks.crisis.events import NEEDS, Event
from playbooks.crisis.plan import Plan
from playbooks.crisis.run import Run
from playbooks.crisis.state import State
from store import crises as crisis_store
from store import subjects
from store.crises import CrisisRow
from store.rows import EventRow

PREFIX = "crisis_"
_FIELDS = tuple(field.name for field in fields(Event) if field.name not in ("at", "type", "by"))


def subject_of(crisis_id: int) -> str:
    """How the log calls a crisis."""
    return subjects.subject("crisis", crisis_id)


def event_of(row: EventRow) -> Event | None:
    """An event of the log as an event of the run; None for one that moves no step."""
    kind = row.type.removeprefix(PREFIX)
    if not row.type.startswith(PREFIX) or kind not in NEEDS:
        return None
    known = {name: row.data[name] for name in _FIELDS if name in row.data}
    return Event(row.at, kind, row.by, **known)


def data_of(event: Event) -> dict[str, Any]:
    """The fields of a run's event that say something, as the log keeps them."""
    return {name: value for name in _FIELDS if (value := getattr(event, name))}


def people_of(settings: Settings, plan: Plan, now: datetime) -> dict[str, Any]:
    """Who has which role of a plan when it is opened, and who of them is away that day."""
    by_role = {
        seat.role: list(seat.people) or [agent.name for agent in settings.agents if seat.role in agent.roles]
        for seat in plan.roles
    }
    return {"roles": {role: names for role, names in by_role.items() if names}, "away": away_on(settings, now)}


def away_on(settings: Settings, now: datetime) -> list[str]:
    """Who of the desk is on leave on the day of a moment, by name."""
    today = now.astimezone(settings.desk.zone).date()
    return [agent.name for agent in settings.agents if any(span.holds(today) for span in agent.away)]


def run_of(row: CrisisRow, log: Iterable[EventRow], deadlines: Deadlines) -> Run:
    """The run of a stored crisis with these events of the log; staffed time is counted by the desk's hours."""

    def count(start: datetime, length: timedelta, clock: str) -> datetime:
        return deadlines.after(start, length, clock)

    people: Mapping[str, Sequence[str]] = row.people.get("roles", {})
    away = set(row.people.get("away", ()))
    everybody = {name for names in people.values() for name in names}
    present = frozenset(everybody - away) if away else None
    events = tuple(event for event in map(event_of, log) if event is not None)
    return Run(Plan.model_validate(row.body), f"crisis-{row.id}", people, present, count, events)


def read_run(tx: Connection, row: CrisisRow, deadlines: Deadlines) -> Run:
    """The run of a stored crisis as the log has it in this transaction."""
    return run_of(row, subjects.events_of(tx, row.brand, subject_of(row.id)), deadlines)


def write(
    tx: Connection, row: CrisisRow, event: Event, recorded_at: datetime, more: Mapping[str, Any] | None = None
) -> int:
    """Write an event of the run into the log; answers its id. Whether it changes anything is the caller's question.

    `more` is what else is known of it, which the run does not read: a note, a link.
    """
    return subjects.append(
        tx, row.brand, subject_of(row.id), type=PREFIX + event.type, at=event.at, by=event.by,
        recorded_at=recorded_at, data={**(more or {}), **data_of(event)},
    )  # fmt: skip


def newest_at(run: Run, now: datetime) -> datetime:
    """The moment at which a run is asked so that it knows all of its log: `now`, or its newest event's time."""
    return max([now, *(event.at for event in run.events)])


def after_all(run: Run, event: Event) -> Event:
    """The event, moved behind everything that the log has of the run where the writer's clock was behind.

    Events of one moment are tried in the order of their types, so that one written later could undo an earlier one
    that was accepted. Of two persons at once the first stays first: a microsecond lies between any two acts.
    """
    last = max((other.at for other in run.events), default=None)
    if last is None or event.at > last:
        return event
    return replace(event, at=last + datetime.resolution)


def act(
    tx: Connection, row: CrisisRow, run: Run, event: Event, recorded_at: datetime,
    more: Mapping[str, Any] | None = None, happened_before: bool = False,
) -> Run:  # fmt: skip
    """Write an event that changes something, and where the crisis then stands; answers the run with it.

    `run` must have been read in this transaction, with the brand's head held. With `happened_before` the event keeps
    its own time. Raises Refused with the run's sentence, and writes nothing, where the event would change nothing.
    """
    placed = event if happened_before else after_all(run, event)
    said = run.refusal(placed)
    if said is not None:
        raise Refused(f"{said.tr[:1].upper()}{said.tr[1:]}.", f"{said.en[:1].upper()}{said.en[1:]}.")
    write(tx, row, placed, recorded_at, more)
    fed = run.fed(placed)
    keep_place(tx, row, fed.state(newest_at(fed, recorded_at)))
    return fed


def keep_place(tx: Connection, row: CrisisRow, state: State) -> None:
    """Write where the crisis stands into its row, as its run says."""
    upcoming = min((duty.due_at for duty in state.open), default=None)
    over = state.stage in ("reviewed", "dismissed")
    crisis_store.moved(tx, row.id, state.stage or row.stage, state.severity, None if over else upcoming)
