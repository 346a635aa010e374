"""Crises as rows: which are under way, by which plan, and who was told what. Their course is in the event log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from store.dialect import insert as insert_or
from store.tables_crisis import crises, crisis_notices

OPEN_STAGES = ("suspected", "declared", "contained", "closed")
"""Stages in which somebody still owes something; closed: its review."""


@dataclass(frozen=True)
class CrisisRow:
    """One crisis. `body` is its plan as it was when it was opened, `people` are names by role and who was away."""

    id: int
    brand: str
    key: str
    incident_id: int | None
    title: str
    plan: str
    plan_version: int
    body: dict[str, Any]
    people: dict[str, Any]
    opened_at: datetime
    stage: str
    severity: int
    next_at: datetime | None


@dataclass(frozen=True)
class NoticeRow:
    """Something that one holder of a role was to be told, and whether they have seen and acknowledged it."""

    id: int
    brand: str
    crisis_id: int
    key: str
    kind: str
    role: str
    person: str
    duty: str
    title: dict[str, str]
    why: dict[str, str]
    due_at: datetime | None
    at: datetime
    seen_at: datetime | None
    acknowledged_at: datetime | None


def open(
    tx: Connection, brand: str, *, key: str, incident_id: int | None, title: str, plan: str, plan_version: int,
    body: Mapping[str, Any], people: Mapping[str, Any], opened_at: datetime, severity: int,
) -> int | None:  # fmt: skip
    """Open a crisis; answers its id, None where one of this key is there already."""
    statement = insert_or(tx, crises).values(
        brand=brand, key=key, incident_id=incident_id, title=title, plan=plan, plan_version=plan_version,
        body=dict(body), people=dict(people), opened_at=opened_at, stage="suspected", severity=severity,
        next_at=opened_at,
    )  # fmt: skip
    found = tx.execute(statement.on_conflict_do_nothing().returning(crises.c.id)).scalar_one_or_none()
    return None if found is None else int(found)


def crisis(tx: Connection, brand: str, crisis_id: int) -> CrisisRow | None:
    """One crisis of the brand, None where there is none of this id."""
    query = select(crises).where(crises.c.brand == brand, crises.c.id == crisis_id)
    row = tx.execute(query).one_or_none()
    return None if row is None else CrisisRow(**row._mapping)


def all_of(tx: Connection, brand: str, stages: Sequence[str] = (), limit: int = 200) -> list[CrisisRow]:
    """The brand's crises, the newest first; only those in one of `stages` where some are given."""
    query = select(crises).where(crises.c.brand == brand).order_by(crises.c.id.desc()).limit(limit)
    if stages:
        query = query.where(crises.c.stage.in_(stages))
    return [CrisisRow(**row._mapping) for row in tx.execute(query)]


def ids_in(tx: Connection, brand: str, stages: Sequence[str]) -> list[int]:
    """The ids of the brand's crises in one of these stages, the newest first; without their plans, which are large."""
    query = select(crises.c.id).where(crises.c.brand == brand, crises.c.stage.in_(stages)).order_by(crises.c.id.desc())
    return [int(found) for found in tx.execute(query).scalars()]


def of_incident(tx: Connection, brand: str, incident_id: int) -> list[CrisisRow]:
    """The crises that an incident became, the first one first."""
    query = select(crises).where(crises.c.brand == brand, crises.c.incident_id == incident_id).order_by(crises.c.id)
    return [CrisisRow(**row._mapping) for row in tx.execute(query)]


def moved(tx: Connection, crisis_id: int, stage: str, severity: int, next_at: datetime | None) -> None:
    """Keep where a crisis stands now, as its events say."""
    values = {"stage": stage, "severity": severity, "next_at": next_at}
    tx.execute(update(crises).where(crises.c.id == crisis_id).values(values))


def add_notice(
    tx: Connection, brand: str, crisis_id: int, *, key: str, kind: str, role: str, person: str, duty: str,
    title: Mapping[str, str], why: Mapping[str, str], due_at: datetime | None, at: datetime,
) -> bool:  # fmt: skip
    """Keep that somebody is to be told; False where this notice is there already."""
    statement = insert_or(tx, crisis_notices).values(
        brand=brand, crisis_id=crisis_id, key=key, kind=kind, role=role, person=person, duty=duty, title=dict(title),
        why=dict(why), due_at=due_at, at=at,
    )  # fmt: skip
    return (
        tx.execute(statement.on_conflict_do_nothing().returning(crisis_notices.c.id)).scalar_one_or_none() is not None
    )


def notices_of(tx: Connection, brand: str, crisis_id: int) -> list[NoticeRow]:
    """Everything that somebody was told in a crisis, the first one first."""
    query = (
        select(crisis_notices)
        .where(crisis_notices.c.brand == brand, crisis_notices.c.crisis_id == crisis_id)
        .order_by(crisis_notices.c.at, crisis_notices.c.id)
    )
    return [NoticeRow(**row._mapping) for row in tx.execute(query)]


def notices_in(tx: Connection, brand: str, crisis_id: int, person: str, at: datetime) -> list[NoticeRow]:
    """What one message told a person in a crisis: everything they were told at that moment."""
    return [row for row in notices_of(tx, brand, crisis_id) if row.person == person and row.at == at]


def last_told(tx: Connection, brand: str, crisis_id: int) -> dict[str, datetime]:
    """When each person was last told anything in a crisis."""
    query = (
        select(crisis_notices.c.person, func.max(crisis_notices.c.at))
        .where(crisis_notices.c.brand == brand, crisis_notices.c.crisis_id == crisis_id)
        .group_by(crisis_notices.c.person)
    )
    return {person: at for person, at in tx.execute(query)}


def unacknowledged(tx: Connection, brand: str, person: str, limit: int = 200) -> list[NoticeRow]:
    """What a person was told in crises that are not over and has not acknowledged, the newest first."""
    query = (
        select(crisis_notices)
        .join(crises, crises.c.id == crisis_notices.c.crisis_id)
        .where(
            crisis_notices.c.brand == brand, crisis_notices.c.person == person,
            crisis_notices.c.acknowledged_at.is_(None), crises.c.stage.in_(OPEN_STAGES),
        )
        .order_by(crisis_notices.c.at.desc(), crisis_notices.c.id.desc())
        .limit(limit)
    )  # fmt: skip
    return [NoticeRow(**row._mapping) for row in tx.execute(query)]


def notice(tx: Connection, brand: str, key: str) -> NoticeRow | None:
    """One notice by its key."""
    query = select(crisis_notices).where(crisis_notices.c.brand == brand, crisis_notices.c.key == key)
    row = tx.execute(query).one_or_none()
    return None if row is None else NoticeRow(**row._mapping)


def mark_notice(tx: Connection, notice_id: int, *, seen_at: datetime | None, acknowledged_at: datetime | None) -> None:
    """Keep when a notice was first seen and acknowledged; what is known already stays."""
    values = {
        "seen_at": func.coalesce(crisis_notices.c.seen_at, seen_at),
        "acknowledged_at": func.coalesce(crisis_notices.c.acknowledged_at, acknowledged_at),
    }
    tx.execute(update(crisis_notices).where(crisis_notices.c.id == notice_id).values(values))
