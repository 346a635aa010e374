"""Forecasts that were made, with what they were made from, so that they can be made again and held against the day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, or_, select

from store.decode import CASE_COLUMNS, case_row
from store.rows import OPEN_STATUSES, CaseRow
from store.tables import cases
from store.tables_warnings import forecasts


@dataclass(frozen=True)
class ForecastRow:
    """One forecast: when it was made, until when it looked, its inputs and its result as JSON."""

    id: int
    made_at: datetime
    horizon: datetime
    inputs: dict[str, Any]
    result: dict[str, Any]


def keep(
    tx: Connection, brand: str, made_at: datetime, horizon: datetime, inputs: Mapping[str, Any],
    result: Mapping[str, Any],
) -> int:  # fmt: skip
    """Keep a forecast; answers its id."""
    row = {"brand": brand, "made_at": made_at, "horizon": horizon, "inputs": dict(inputs), "result": dict(result)}
    key = tx.execute(insert(forecasts).values(row)).inserted_primary_key
    assert key is not None
    return int(key[0])


def made(tx: Connection, brand: str, since: datetime, until: datetime, limit: int = 500) -> list[ForecastRow]:
    """The forecasts whose horizon lies in [since, until), the newest first; at most `limit`."""
    query = (
        select(forecasts.c.id, forecasts.c.made_at, forecasts.c.horizon, forecasts.c.inputs, forecasts.c.result)
        .where(forecasts.c.brand == brand, forecasts.c.horizon >= since, forecasts.c.horizon < until)
        .order_by(forecasts.c.made_at.desc(), forecasts.c.id.desc())
        .limit(limit)
    )
    return [ForecastRow(**row._mapping) for row in tx.execute(query)]


def newest(tx: Connection, brand: str) -> ForecastRow | None:
    """The forecast that was made last; None where there is none."""
    query = (
        select(forecasts.c.id, forecasts.c.made_at, forecasts.c.horizon, forecasts.c.inputs, forecasts.c.result)
        .where(forecasts.c.brand == brand)
        .order_by(forecasts.c.made_at.desc(), forecasts.c.id.desc())
        .limit(1)
    )
    row = tx.execute(query).one_or_none()
    return None if row is None else ForecastRow(**row._mapping)


# --- what a forecast is made from ---


def open_cases(tx: Connection, brand: str) -> list[CaseRow]:
    """The cases with which the desk still has to do something."""
    query = select(*CASE_COLUMNS).where(cases.c.brand == brand, cases.c.status.in_(OPEN_STATUSES))
    return [case_row(row) for row in tx.execute(query.order_by(cases.c.id))]


def posted_since(tx: Connection, brand: str, since: datetime, until: datetime) -> list[tuple[datetime, str]]:
    """When the customers of cases posted in [since, until), and how urgent the case is."""
    query = select(cases.c.posted_at, cases.c.urgency).where(
        cases.c.brand == brand, cases.c.posted_at >= since, cases.c.posted_at < until
    )
    return [(at, urgency) for at, urgency in tx.execute(query.order_by(cases.c.posted_at))]


def first_posted(tx: Connection, brand: str) -> datetime | None:
    """When the earliest case was opened; None where there is none."""
    query = select(func.min(cases.c.opened_at)).where(cases.c.brand == brand)
    return tx.execute(query).scalar_one_or_none()


def answered_since(tx: Connection, brand: str, since: datetime, limit: int) -> list[tuple[int, str, str]]:
    """Cases that were answered at `since` or later, the latest first: id, topic, channel."""
    query = (
        select(cases.c.id, cases.c.topic, cases.c.channel)
        .where(cases.c.brand == brand, cases.c.answered_at >= since)
        .order_by(cases.c.answered_at.desc(), cases.c.id.desc())
        .limit(limit)
    )
    return [(case_id, topic, channel) for case_id, topic, channel in tx.execute(query)]


def touched(tx: Connection, brand: str, since: datetime, until: datetime) -> list[int]:
    """Cases on which an answer may have come due in [since, until): posted before its end, and open or changed since
    its beginning."""
    query = select(cases.c.id).where(
        cases.c.brand == brand,
        cases.c.posted_at < until,
        or_(cases.c.updated_at >= since, cases.c.status.in_(OPEN_STATUSES)),
    )
    return list(tx.execute(query.order_by(cases.c.id)).scalars())
