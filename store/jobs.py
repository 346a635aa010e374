"""Long work: what was asked for, who has taken it, how far it is, how it ended. Who may ask is for the desk to say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, or_, select, update
from sqlalchemy.sql import ColumnElement

from store.dialect import insert
from store.rows import one_of
from store.tables_board import jobs

KINDS = ("import", "training", "report", "back_fill")
STATES = ("waiting", "running", "done", "failed", "cancelled")
ENDED = ("done", "failed", "cancelled")

LEFT_AFTER = timedelta(seconds=60)
"""A running job that has not beaten for this long was left by a worker that died; it beats every second."""


@dataclass(frozen=True)
class JobRow:
    """One piece of long work. `done` of `total` is what its kind counts; `total` is None while it is not known.

    `told` is a sentence: what it does now, or how it ended. `cancel_at` is when somebody asked to end it.
    """

    id: int
    brand: str
    kind: str
    key: str
    args: dict[str, Any]
    by: str
    state: str
    done: int
    total: int | None
    told: str
    result: dict[str, Any] | None
    asked_at: datetime
    started_at: datetime | None
    beat_at: datetime | None
    cancel_at: datetime | None
    finished_at: datetime | None


def ask(
    tx: Connection, brand: str, kind: str, key: str, args: dict[str, Any], by: str, at: datetime
) -> tuple[int, bool]:
    """Asks for a job; answers its id, and whether it is a new one: asking again with a key is the same job."""
    one_of(kind, KINDS, "kind of job")
    statement = insert(tx, jobs).values(
        brand=brand, kind=kind, key=key, args=args, by=by, state="waiting", done=0, total=None, told="", asked_at=at
    )
    made = tx.execute(
        statement.on_conflict_do_nothing(index_elements=["brand", "key"]),
        execution_options={"preserve_rowcount": True},
    )
    found = tx.execute(select(jobs.c.id).where(jobs.c.brand == brand, jobs.c.key == key)).scalar_one()
    return int(found), made.rowcount == 1


def job(tx: Connection, brand: str, job_id: int) -> JobRow | None:
    """One job of the brand; None where it has no such job."""
    row = tx.execute(select(jobs).where(jobs.c.brand == brand, jobs.c.id == job_id)).one_or_none()
    return None if row is None else JobRow(**row._mapping)


def newest(tx: Connection, brand: str, limit: int = 50) -> list[JobRow]:
    """The jobs that were asked for last, the newest first; what has not ended comes before everything."""
    found = select(jobs).where(jobs.c.brand == brand)
    living = tx.execute(found.where(jobs.c.state.not_in(ENDED)).order_by(jobs.c.id.desc()).limit(limit))
    ended = tx.execute(found.where(jobs.c.state.in_(ENDED)).order_by(jobs.c.id.desc()).limit(limit))
    return [JobRow(**row._mapping) for rows in (living, ended) for row in rows]


def running(tx: Connection, brand: str, kind: str) -> list[JobRow]:
    """The jobs of a kind that wait or run, the oldest first."""
    query = select(jobs).where(jobs.c.brand == brand, jobs.c.kind == kind, jobs.c.state.not_in(ENDED))
    return [JobRow(**row._mapping) for row in tx.execute(query.order_by(jobs.c.id))]


def waits(tx: Connection, brand: str, kinds: tuple[str, ...], at: datetime) -> bool:
    """Whether there is a job of these kinds to take: a look costs less than a try."""
    mine = jobs.c.brand == brand, jobs.c.kind.in_(kinds), _free(at)
    return tx.execute(select(jobs.c.id).where(*mine).limit(1)).first() is not None


def _free(at: datetime) -> ColumnElement[bool]:
    left = and_(jobs.c.state == "running", jobs.c.beat_at < at - LEFT_AFTER)
    return or_(jobs.c.state == "waiting", left)


def take(tx: Connection, brand: str, kinds: tuple[str, ...], at: datetime, job_id: int | None = None) -> JobRow | None:
    """The oldest job of these kinds (or the one of that id) that waits, or that a dead worker left, now running and
    ours; None without one."""
    free = _free(at)
    mine = [jobs.c.brand == brand, jobs.c.kind.in_(kinds), free, *([] if job_id is None else [jobs.c.id == job_id])]
    found = tx.execute(select(jobs.c.id).where(*mine).order_by(jobs.c.id).limit(1)).scalar_one_or_none()
    if found is None:
        return None
    # The condition again: another worker may have taken it since.
    taken = tx.execute(
        update(jobs).where(jobs.c.id == found, free).values(state="running", started_at=at, beat_at=at, done=0)
    )
    return job(tx, brand, int(found)) if taken.rowcount == 1 else None


def beat(
    tx: Connection, job_id: int, at: datetime, done: int | None = None, total: int | None = None, told: str = ""
) -> bool:
    """Says that a running job lives and how far it is; answers whether it is to go on: nobody asked to end it."""
    values: dict[str, Any] = {"beat_at": at}
    if done is not None:
        values |= {"done": done, "total": total}
    if told:
        values["told"] = told
    tx.execute(update(jobs).where(jobs.c.id == job_id, jobs.c.state == "running").values(**values))
    row = tx.execute(select(jobs.c.state, jobs.c.cancel_at).where(jobs.c.id == job_id)).one()
    return row.state == "running" and row.cancel_at is None


def finish(
    tx: Connection, job_id: int, state: str, told: str, at: datetime, result: dict[str, Any] | None = None
) -> bool:
    """Ends a job (one of ENDED) once; False where it had ended before."""
    one_of(state, ENDED, "end of a job")
    ended = (
        update(jobs)
        .where(jobs.c.id == job_id, jobs.c.state.not_in(ENDED))
        .values(state=state, told=told, result=result, finished_at=at)
    )
    return tx.execute(ended).rowcount == 1


def cancel(tx: Connection, brand: str, job_id: int, at: datetime) -> str | None:
    """Asks to end a job; answers its state afterwards (one that waited has ended), None where there is none."""
    mine = jobs.c.brand == brand, jobs.c.id == job_id
    tx.execute(update(jobs).where(*mine, jobs.c.state == "waiting").values(state="cancelled", finished_at=at))
    tx.execute(update(jobs).where(*mine, jobs.c.state == "running", jobs.c.cancel_at.is_(None)).values(cancel_at=at))
    found = job(tx, brand, job_id)
    return None if found is None else found.state
