"""A crisis is suspected: by an alarm, by one mention of high certainty, or by a person. It is opened once."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from sqlalchemy import Connection

from desk.crisis.course import keep_place, people_of, read_run, write
from desk.deadline import Deadlines
from desk.settings import Settings
from playbooks.crisis.events import Event
from playbooks.crisis.plain import plan_of
from playbooks.crisis.plan import Plan
from playbooks.crisis.shelf import load_plans
from playbooks.schema import Library
from store import crises as crisis_store


def suspect(
    tx: Connection, settings: Settings, deadlines: Deadlines, plan: Plan, *, key: str, title: str, why: str, by: str,
    now: datetime, severity: int = 0, incident_id: int | None = None,
) -> int | None:  # fmt: skip
    """Open a crisis as suspected, with its plan as it is now; answers its id, None where this key was opened before.

    `key` says what it came from (`incident:5`); `severity` is a level of the plan, 0 for its mildest.
    """
    level = severity or min(level.level for level in plan.severity)
    crisis_id = crisis_store.open(
        tx, settings.brand.key, key=key, incident_id=incident_id, title=title, plan=plan.id,
        plan_version=plan.version, body=plan.model_dump(mode="json"), people=people_of(settings, plan, now),
        opened_at=now, severity=level,
    )  # fmt: skip
    if crisis_id is None:
        return None
    row = crisis_store.crisis(tx, settings.brand.key, crisis_id)
    assert row is not None
    write(tx, row, Event(now, "suspected", by, why=why, severity=level), now)
    keep_place(tx, row, read_run(tx, row, deadlines).state(now))
    return crisis_id


def crisis_plans(settings: Settings) -> dict[str, Plan]:
    """The crisis plans: those that come with Nöbet, and the brand's own, which stand in `plans/` of the folder with its
    playbooks and go before a shipped one of the same id. Raises playbooks.shelf.LibraryError."""
    own_folder = settings.playbook_folder
    folder = own_folder / "plans" if own_folder is not None else None
    own = load_plans(folder) if folder is not None and folder.is_dir() else {}
    return _shipped() | own


def plans_of(settings: Settings, library: Library) -> dict[str, Plan]:
    """Every plan by which a crisis can be run, by id: the crisis plans, and the playbooks that have no plan of their
    own, as they are. Raises playbooks.shelf.LibraryError."""
    return {playbook.id: plan_of(playbook) for playbook in library.values()} | crisis_plans(settings)


@cache
def _shipped() -> dict[str, Plan]:
    return load_plans()
