"""How each person wants the board: one row a choice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, select

from store.dialect import insert
from store.tables_board import preferences


def preferences_of(tx: Connection, brand: str, name: str) -> dict[str, object]:
    """What somebody has chosen, by key; what they never chose is missing."""
    query = select(preferences.c.key, preferences.c.value).where(
        preferences.c.brand == brand, preferences.c.name == name
    )
    return {str(row.key): row.value for row in tx.execute(query)}


def keep(tx: Connection, brand: str, name: str, chosen: Mapping[str, object], now: datetime) -> None:
    """Keep what somebody chose; a key that was chosen before gets its new value."""
    for key, value in chosen.items():
        row = insert(tx, preferences).values(brand=brand, name=name, key=key, value=value, updated_at=now)
        changes = {"value": row.excluded.value, "updated_at": row.excluded.updated_at}
        tx.execute(row.on_conflict_do_update(index_elements=["brand", "name", "key"], set_=changes))
