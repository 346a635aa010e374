"""Views of the queue that somebody gave a name: their own, or shared with the whole desk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, or_, select, update

from store.dialect import insert
from store.tables_board import saved_views


@dataclass(frozen=True)
class SavedRow:
    """One saved view: whose it is, and what it asks the queue for."""

    id: int
    owner: str
    title: str
    shared: bool
    filters: Mapping[str, Any]
    position: int


_COLUMNS = (
    saved_views.c.id, saved_views.c.owner, saved_views.c.title, saved_views.c.shared, saved_views.c.filters,
    saved_views.c.position,
)  # fmt: skip


def seen_by(tx: Connection, brand: str, name: str) -> list[SavedRow]:
    """What a person sees: their own and the shared ones, in their order."""
    query = (
        select(*_COLUMNS)
        .where(saved_views.c.brand == brand, or_(saved_views.c.owner == name, saved_views.c.shared))
        .order_by(saved_views.c.position, saved_views.c.id)
    )
    return [SavedRow(*row) for row in tx.execute(query)]


def one(tx: Connection, brand: str, id: int) -> SavedRow | None:
    """A saved view by its number."""
    found = tx.execute(select(*_COLUMNS).where(saved_views.c.brand == brand, saved_views.c.id == id)).one_or_none()
    return SavedRow(*found) if found else None


def save(
    tx: Connection, brand: str, owner: str, title: str, shared: bool, filters: Mapping[str, Any], at: datetime
) -> int:  # fmt: skip
    """Save a view at the end of the row; one of the same owner and title is written over. Answers its number."""
    last = select(func.coalesce(func.max(saved_views.c.position), 0)).where(saved_views.c.brand == brand)
    row = insert(tx, saved_views).values(
        brand=brand, owner=owner, title=title, shared=shared, filters=dict(filters),
        position=int(tx.execute(last).scalar_one()) + 1, created_at=at, updated_at=at,
    )  # fmt: skip
    again = {"shared": row.excluded.shared, "filters": row.excluded.filters, "updated_at": row.excluded.updated_at}
    tx.execute(row.on_conflict_do_update(index_elements=["brand", "owner", "title"], set_=again))
    found = select(saved_views.c.id).where(
        saved_views.c.brand == brand, saved_views.c.owner == owner, saved_views.c.title == title
    )
    return int(tx.execute(found).scalar_one())


def change(tx: Connection, brand: str, id: int, at: datetime, **columns: Any) -> None:
    """Change a saved view's columns."""
    wanted = update(saved_views).where(saved_views.c.brand == brand, saved_views.c.id == id)
    tx.execute(wanted.values(**columns, updated_at=at))


def remove(tx: Connection, brand: str, id: int) -> None:
    """Forget a saved view."""
    tx.execute(delete(saved_views).where(saved_views.c.brand == brand, saved_views.c.id == id))
