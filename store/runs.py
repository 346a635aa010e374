"""Playbooks at work: which steps a case has, and how far they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from store.rows import STEP_STATES, Run, Step, one_of
from store.tables import playbook_runs, playbook_steps


def start_run(
    tx: Connection,
    brand: str,
    case_id: int,
    playbook: str,
    version: int,
    started_at: datetime,
    steps: Sequence[tuple[str, datetime | None]],
) -> int:
    """Puts a playbook to work on a case, its steps `(step id, due_at or None)` in their order; returns the run's id."""
    run = insert(playbook_runs).values(
        brand=brand, case_id=case_id, playbook=playbook, version=version, started_at=started_at
    )
    primary_key = tx.execute(run).inserted_primary_key
    assert primary_key is not None
    run_id = int(primary_key[0])
    rows = [
        {"run_id": run_id, "step": step, "brand": brand, "position": position, "due_at": due_at, "state": "open"}
        for position, (step, due_at) in enumerate(steps)
    ]
    if rows:
        tx.execute(insert(playbook_steps), rows)
    return run_id


def run_of(tx: Connection, case_id: int) -> tuple[Run, tuple[Step, ...]] | None:
    """The case's newest run with its steps in their order; None where no playbook is at work."""
    runs = select(*(column for column in playbook_runs.c if column.name != "brand"))
    newest = runs.where(playbook_runs.c.case_id == case_id).order_by(playbook_runs.c.id.desc()).limit(1)
    row = tx.execute(newest).one_or_none()
    if row is None:
        return None
    steps = (
        select(*(column for column in playbook_steps.c if column.name != "brand"))
        .where(playbook_steps.c.run_id == row.id)
        .order_by(playbook_steps.c.position, playbook_steps.c.step)
    )
    return Run(**row._mapping), tuple(Step(**step._mapping) for step in tx.execute(steps))


def finish_step(tx: Connection, run_id: int, step: str, state: str, at: datetime, by: str) -> bool:
    """Sets a step to "done" or "skipped", or back to "open"; False where it is so already or there is no such step.

    The run is finished at the moment when its last open step is.
    """
    one_of(state, STEP_STATES, "step state")
    is_open = state == "open"
    # The run first: it holds everyone else who is at a step of it, and its last two steps may be done at once.
    tx.execute(select(playbook_runs.c.id).where(playbook_runs.c.id == run_id).with_for_update())
    changed = tx.execute(
        update(playbook_steps)
        .where(playbook_steps.c.run_id == run_id, playbook_steps.c.step == step, playbook_steps.c.state != state)
        .values(state=state, done_at=None if is_open else at, by=None if is_open else by)
    )
    if changed.rowcount != 1:
        return False
    left = (
        select(func.count())
        .select_from(playbook_steps)
        .where(playbook_steps.c.run_id == run_id, playbook_steps.c.state == "open")
    )
    finished_at = None if tx.execute(left).scalar_one() else at
    tx.execute(update(playbook_runs).where(playbook_runs.c.id == run_id).values(finished_at=finished_at))
    return True
