"""Alarms as rows: one an incident, with its facts and the posts that prove it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from store.dialect import chunks, insert
from store.tables_crisis import alarms


@dataclass(frozen=True)
class AlarmRow:
    """One alarm. `at` is by the clock of the mentions, `raised_at` when it was found out; `facts` are those of
    playbooks.growth.Alarm, `proof` ids of mentions."""

    id: int
    brand: str
    incident_id: int
    at: datetime
    raised_at: datetime
    view: str
    facts: Mapping[str, Any]
    proof: tuple[int, ...]


def raise_(
    tx: Connection, brand: str, incident_id: int, *, at: datetime, raised_at: datetime, view: str,
    facts: Mapping[str, Any], proof: Sequence[int],
) -> int | None:  # fmt: skip
    """Keep an alarm; answers its id, None where the incident has one already."""
    statement = insert(tx, alarms).values(
        brand=brand, incident_id=incident_id, at=at, raised_at=raised_at, view=view, facts=dict(facts),
        proof=list(proof),
    )  # fmt: skip
    found = tx.execute(
        statement.on_conflict_do_nothing(index_elements=["brand", "incident_id"]).returning(alarms.c.id)
    ).scalar_one_or_none()
    return None if found is None else int(found)


def of_incidents(tx: Connection, brand: str, incident_ids: Iterable[int]) -> dict[int, AlarmRow]:
    """The alarms of incidents, by incident."""
    found: dict[int, AlarmRow] = {}
    for part in chunks(sorted(set(incident_ids))):
        query = select(alarms).where(alarms.c.brand == brand, alarms.c.incident_id.in_(part))
        found.update({int(row.incident_id): _row(row) for row in tx.execute(query)})
    return found


def since(tx: Connection, brand: str, at: datetime, limit: int = 200) -> list[AlarmRow]:
    """The alarms that were raised since `at` by the mentions' clock, the newest first."""
    query = (
        select(alarms)
        .where(alarms.c.brand == brand, alarms.c.at >= at)
        .order_by(alarms.c.at.desc(), alarms.c.id.desc())
        .limit(limit)
    )
    return [_row(row) for row in tx.execute(query)]


def hand_on(tx: Connection, brand: str, gone: int, into: int) -> int | None:
    """The alarm of an incident that was merged becomes that of the one it is now, unless that has its own; answers
    the id of the alarm that was handed on."""
    both = of_incidents(tx, brand, (gone, into))
    if gone not in both or into in both:
        return None
    tx.execute(update(alarms).where(alarms.c.id == both[gone].id).values(incident_id=into))
    return both[gone].id


def hand_back(tx: Connection, brand: str, alarm_id: int, incident_id: int) -> None:
    """An alarm belongs to an incident again that it was handed on from."""
    tx.execute(update(alarms).where(alarms.c.brand == brand, alarms.c.id == alarm_id).values(incident_id=incident_id))


def _row(row: Any) -> AlarmRow:
    return AlarmRow(**{**row._mapping, "proof": tuple(row.proof)})
