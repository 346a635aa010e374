"""How playbooks did, counted from their runs: how many, how soon the customer was answered, which steps were left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select
from sqlalchemy import case as when

from store.crises import CrisisRow
from store.tables import cases, playbook_runs, playbook_steps
from store.tables_crisis import crises


@dataclass(frozen=True)
class RunRow:
    """One run of a playbook and its case; `answered_at` is the first human answer."""

    case_id: int
    version: int
    started_at: datetime
    finished_at: datetime | None
    posted_at: datetime
    answered_at: datetime | None
    status: str


@dataclass(frozen=True)
class StepCount:
    """How often a step was done, done after its time box, skipped, and is still open."""

    step: str
    done: int
    late: int
    skipped: int
    open: int


def runs_since(tx: Connection, brand: str, since: datetime) -> dict[str, int]:
    """How many runs of each playbook began since then."""
    query = (
        select(playbook_runs.c.playbook, func.count())
        .where(playbook_runs.c.brand == brand, playbook_runs.c.started_at >= since)
        .group_by(playbook_runs.c.playbook)
    )
    return {str(playbook): int(number) for playbook, number in tx.execute(query)}


def runs_of(tx: Connection, brand: str, playbook: str, since: datetime, limit: int = 5000) -> list[RunRow]:
    """The runs of a playbook that began since then, the newest first; those of merged cases are left out."""
    query = (
        select(
            playbook_runs.c.case_id, playbook_runs.c.version, playbook_runs.c.started_at, playbook_runs.c.finished_at,
            cases.c.posted_at, cases.c.answered_at, cases.c.status,
        )
        .join(cases, cases.c.id == playbook_runs.c.case_id)
        .where(
            playbook_runs.c.brand == brand, playbook_runs.c.playbook == playbook, playbook_runs.c.started_at >= since,
            cases.c.merged_into.is_(None),
        )
        .order_by(playbook_runs.c.id.desc())
        .limit(limit)
    )  # fmt: skip
    return [RunRow(**row._mapping) for row in tx.execute(query)]


def steps_of(tx: Connection, brand: str, playbook: str, since: datetime) -> dict[str, StepCount]:
    """What became of each step in the runs of a playbook that began since then."""
    step = playbook_steps.c
    query = (
        select(
            step.step,
            func.sum(when((step.state == "done", 1), else_=0)),
            func.sum(when(((step.state == "done") & (step.done_at > step.due_at), 1), else_=0)),
            func.sum(when((step.state == "skipped", 1), else_=0)),
            func.sum(when((step.state == "open", 1), else_=0)),
        )
        .join(playbook_runs, playbook_runs.c.id == step.run_id)
        .where(
            playbook_runs.c.brand == brand, playbook_runs.c.playbook == playbook, playbook_runs.c.started_at >= since
        )
        .group_by(step.step)
    )
    return {str(row[0]): StepCount(str(row[0]), *(int(number) for number in row[1:])) for row in tx.execute(query)}


def crises_of(tx: Connection, brand: str, plan: str, limit: int = 20) -> list[CrisisRow]:
    """The crises that were run by a plan, the newest first."""
    columns = [crises.c[name] for name in CrisisRow.__dataclass_fields__]
    query = select(*columns).where(crises.c.brand == brand, crises.c.plan == plan)
    return [CrisisRow(**row._mapping) for row in tx.execute(query.order_by(crises.c.id.desc()).limit(limit))]
