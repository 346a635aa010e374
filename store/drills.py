"""Drills that were played, as rows of the brand's own store; what happened in one is in the drill's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from store.dialect import insert as insert_or
from store.tables import events
from store.tables_crisis import drills, incidents

STATES = ("running", "ended", "broken_off")


@dataclass(frozen=True)
class DrillRow:
    """One playing of a drill. `players` are names by role; a role that is not there was played by the script.

    `started_at` and `ended_at` are real time; the times within `scorecard` are the drill's.
    """

    id: int
    brand: str
    key: str
    drill: str
    version: int
    plan: str
    plan_version: int
    language: str
    home: str
    players: dict[str, Any]
    started_at: datetime
    ended_at: datetime | None
    state: str
    scorecard: dict[str, Any] | None


def begin(
    tx: Connection, brand: str, *, key: str, drill: str, version: int, plan: str, plan_version: int, language: str,
    home: str, players: Mapping[str, Any], started_at: datetime,
) -> int | None:  # fmt: skip
    """Keep that a drill begins; answers its id, None where one of this key began before."""
    statement = insert_or(tx, drills).values(
        brand=brand, key=key, drill=drill, version=version, plan=plan, plan_version=plan_version, language=language,
        home=home, players=dict(players), started_at=started_at, state="running",
    )  # fmt: skip
    found = tx.execute(statement.on_conflict_do_nothing().returning(drills.c.id)).scalar_one_or_none()
    return None if found is None else int(found)


def end(
    tx: Connection, brand: str, key: str, *, ended_at: datetime, state: str, scorecard: Mapping[str, Any] | None
) -> int | None:
    """Keep how a running drill ended; answers its id, None where it had ended before or never began."""
    if state not in STATES[1:]:
        raise ValueError(f"{state!r} is no end of a drill")
    there = (drills.c.brand == brand, drills.c.key == key, drills.c.state == "running")
    values = {"ended_at": ended_at, "state": state, "scorecard": None if scorecard is None else dict(scorecard)}
    found = tx.execute(update(drills).where(*there).values(values).returning(drills.c.id)).scalar_one_or_none()
    return None if found is None else int(found)


def drill(tx: Connection, brand: str, key: str) -> DrillRow | None:
    """One playing of a drill, None where there is none of this key."""
    row = tx.execute(select(drills).where(drills.c.brand == brand, drills.c.key == key)).one_or_none()
    return None if row is None else DrillRow(**row._mapping)


def all_of(tx: Connection, brand: str, name: str | None = None, limit: int = 500) -> list[DrillRow]:
    """The drills that were played, the newest first; only those of one name where one is given."""
    query = select(drills).where(drills.c.brand == brand).order_by(drills.c.started_at.desc(), drills.c.id.desc())
    if name is not None:
        query = query.where(drills.c.drill == name)
    return [DrillRow(**row._mapping) for row in tx.execute(query.limit(limit))]


def largest_incident(tx: Connection, brand: str) -> int | None:
    """The incident with the most mentions that is none of another, None where there is no incident."""
    query = (
        select(incidents.c.id)
        .where(incidents.c.brand == brand, incidents.c.merged_into.is_(None))
        .order_by(incidents.c.mentions.desc(), incidents.c.id)
        .limit(1)
    )
    found = tx.execute(query).scalar_one_or_none()
    return None if found is None else int(found)


def last_of(tx: Connection, brand: str, type: str, by: str) -> datetime | None:
    """When an event of a type was last written by somebody, None where it never was."""
    there = (events.c.brand == brand, events.c.type == type, events.c.by == by)
    found: datetime | None = tx.execute(select(func.max(events.c.at)).where(*there)).scalar_one()
    return found
