"""Reports that are sent by themselves: which were, which are being, and how each ended. One row a schedule and period.

A row is written before anything is made, and its note before and after each mail, so that whoever finds it knows what
had happened when a process died.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from store.columns import json_text
from store.dialect import insert
from store.rows import one_of
from store.tables_board import report_runs

STATES = ("making", "sent", "failed")


@dataclass(frozen=True)
class RunRow:
    """One report of a schedule. `told` is what its note says; `made_at` is when it was last taken in hand."""

    schedule: str
    period_end: datetime
    state: str
    tries: int
    told: Mapping[str, Any]
    made_at: datetime
    sent_at: datetime | None


def run(tx: Connection, brand: str, schedule: str, period_end: datetime) -> RunRow | None:
    """The report of a schedule on the period that ends then; None where nobody began it."""
    query = select(report_runs).where(*_one(brand, schedule, period_end))
    row = tx.execute(query).one_or_none()
    return None if row is None else _row(dict(row._mapping))


def newest(tx: Connection, brand: str, limit: int = 20) -> list[RunRow]:
    """The reports that were made last, the newest first."""
    query = select(report_runs).where(report_runs.c.brand == brand).order_by(report_runs.c.made_at.desc()).limit(limit)
    return [_row(dict(row._mapping)) for row in tx.execute(query)]


def begin(
    tx: Connection, brand: str, schedule: str, period_end: datetime, told: Mapping[str, Any], at: datetime
) -> bool:
    """Take a report in hand that nobody has begun; answers whether it is ours."""
    statement = insert(tx, report_runs).values(
        brand=brand, schedule=schedule, period_end=period_end, state="making", tries=1, note=json_text(dict(told)),
        made_at=at,
    )  # fmt: skip
    begun = tx.execute(
        statement.on_conflict_do_nothing(index_elements=["brand", "schedule", "period_end"]),
        execution_options={"preserve_rowcount": True},
    )
    return begun.rowcount == 1


def take_again(tx: Connection, brand: str, row: RunRow, told: Mapping[str, Any], at: datetime) -> bool:
    """Take in hand again what was left, as it was read; answers whether nobody else did meanwhile."""
    statement = (
        update(report_runs)
        .where(
            *_one(brand, row.schedule, row.period_end), report_runs.c.state == "making",
            report_runs.c.made_at == row.made_at, report_runs.c.tries == row.tries,
        )
        .values(tries=row.tries + 1, note=json_text(dict(told)), made_at=at)
    )  # fmt: skip
    return tx.execute(statement).rowcount == 1


def tell(
    tx: Connection, brand: str, schedule: str, period_end: datetime, told: Mapping[str, Any], at: datetime
) -> None:
    """Keep how far a report in hand is, and that whoever makes it lives."""
    values = {"note": json_text(dict(told)), "made_at": at}
    tx.execute(update(report_runs).where(*_one(brand, schedule, period_end)).values(**values))


def end(
    tx: Connection, brand: str, schedule: str, period_end: datetime, state: str, told: Mapping[str, Any], at: datetime
) -> bool:
    """End a report in hand as `sent` or `failed`; answers whether it had not ended before."""
    one_of(state, STATES[1:], "end of a report")
    statement = (
        update(report_runs)
        .where(*_one(brand, schedule, period_end), report_runs.c.state == "making")
        .values(state=state, note=json_text(dict(told)), sent_at=at if state == "sent" else None)
    )
    return tx.execute(statement).rowcount == 1


def _one(brand: str, schedule: str, period_end: datetime) -> tuple[Any, ...]:
    return (
        report_runs.c.brand == brand, report_runs.c.schedule == schedule, report_runs.c.period_end == period_end
    )  # fmt: skip


def _row(found: Mapping[str, Any]) -> RunRow:
    return RunRow(
        found["schedule"], found["period_end"], found["state"], found["tries"], json.loads(found["note"] or "{}"),
        found["made_at"], found["sent_at"],
    )  # fmt: skip
