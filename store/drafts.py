"""What somebody has written on the board and not sent yet: kept per person, so that it is there on another machine."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, select

from store.dialect import insert
from store.tables_board import drafts


def put(tx: Connection, brand: str, name: str, key: str, text: str, at: datetime) -> None:
    """Keep a draft that was written at `at`; one that was written later than that stays as it is."""
    row = insert(tx, drafts).values(brand=brand, name=name, key=key, text=text, updated_at=at)
    newer = {"text": row.excluded.text, "updated_at": row.excluded.updated_at}
    tx.execute(
        row.on_conflict_do_update(
            index_elements=["brand", "name", "key"], set_=newer, where=drafts.c.updated_at <= row.excluded.updated_at
        )
    )


def times(tx: Connection, brand: str, name: str) -> dict[str, datetime]:
    """Every draft of a person, and when it was written."""
    query = select(drafts.c.key, drafts.c.updated_at).where(drafts.c.brand == brand, drafts.c.name == name)
    return {key: at for key, at in tx.execute(query.order_by(drafts.c.key))}


def texts(tx: Connection, brand: str, name: str, beginning: str) -> Mapping[str, str]:
    """The drafts of a person whose keys begin so."""
    query = select(drafts.c.key, drafts.c.text).where(
        drafts.c.brand == brand, drafts.c.name == name, _begins(beginning)
    )  # fmt: skip
    return {key: text for key, text in tx.execute(query)}


def drop(tx: Connection, brand: str, name: str, beginning: str) -> None:
    """Forget the drafts of a person whose keys begin so."""
    tx.execute(delete(drafts).where(drafts.c.brand == brand, drafts.c.name == name, _begins(beginning)))


def prune(tx: Connection, brand: str, name: str, most: int) -> None:
    """Leave a person the `most` drafts that they touched last."""
    mine = (drafts.c.brand == brand) & (drafts.c.name == name)
    last = select(drafts.c.updated_at).where(mine).order_by(drafts.c.updated_at.desc()).limit(1).offset(most)
    if (first_gone := tx.execute(last).scalar_one_or_none()) is not None:
        tx.execute(delete(drafts).where(mine, drafts.c.updated_at <= first_gone))


def forget(tx: Connection, brand: str, before: datetime) -> int:
    """Forget everybody's drafts that were not touched since `before`; answers how many."""
    return int(tx.execute(delete(drafts).where(drafts.c.brand == brand, drafts.c.updated_at < before)).rowcount)


def _begins(beginning: str) -> ColumnElement[bool]:
    # Not LIKE: on SQLite it knows no capitals, and a range of the key's own index needs no scan.
    return (drafts.c.key >= beginning) & (drafts.c.key < beginning + "\U0010ffff")
