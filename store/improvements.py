"""Changes that the desk took on to win minutes, with what was usual before each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from store.tables_board import improvements


@dataclass(frozen=True)
class ImprovementRow:
    """One change: the piece it shortens, in the words of whoever took it on, since when, and until when."""

    id: int
    piece: str
    change: str
    baseline: dict[str, Any]
    by: str
    since: datetime
    ended_at: datetime | None
    note: str


_COLUMNS = tuple(column for column in improvements.c if column.name != "brand")


def add(
    tx: Connection, brand: str, *, piece: str, change: str, baseline: Mapping[str, Any], by: str, since: datetime
) -> int:
    """Keep a change that begins now; answers its id."""
    row = {"brand": brand, "piece": piece, "change": change, "baseline": dict(baseline), "by": by, "since": since}
    key = tx.execute(insert(improvements).values({**row, "note": ""})).inserted_primary_key
    assert key is not None
    return int(key[0])


def of_brand(tx: Connection, brand: str) -> list[ImprovementRow]:
    """Every change, the newest first."""
    query = select(*_COLUMNS).where(improvements.c.brand == brand)
    rows = tx.execute(query.order_by(improvements.c.since.desc(), improvements.c.id.desc()))
    return [ImprovementRow(**row._mapping) for row in rows]


def running(tx: Connection, brand: str, piece: str) -> ImprovementRow | None:
    """The change of a piece that goes on; None where there is none."""
    query = select(*_COLUMNS).where(
        improvements.c.brand == brand, improvements.c.piece == piece, improvements.c.ended_at.is_(None)
    )
    row = tx.execute(query.order_by(improvements.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else ImprovementRow(**row._mapping)


def end(tx: Connection, brand: str, id: int, at: datetime, note: str) -> bool:
    """End a change; False where it had ended already or is not there."""
    query = update(improvements).where(
        improvements.c.brand == brand, improvements.c.id == id, improvements.c.ended_at.is_(None)
    )
    return bool(tx.execute(query.values(ended_at=at, note=note)).rowcount)
