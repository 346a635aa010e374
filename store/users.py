"""Who may sign in at the board, and who has: rows of users and sessions.

A password is here only hashed, a session's token only as a digest (store.tables_board): whoever reads a backup can
sign in as nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from store.dialect import insert
from store.tables_board import sessions, users


@dataclass(frozen=True)
class UserRow:
    """One who may sign in; `password` is hashed and says how."""

    name: str
    password: str
    must_change: bool
    failed: int
    """Wrong passwords since the last right one."""
    locked_until: datetime | None
    disabled_at: datetime | None
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True)
class SessionRow:
    """One browser that is signed in, with how its user stands now."""

    name: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    must_change: bool
    disabled_at: datetime | None


_COLUMNS = tuple(column for column in users.c if column.name != "brand")


def any_user(tx: Connection, brand: str) -> bool:
    """Whether somebody was ever made a user and not removed; a disabled one counts."""
    return tx.execute(select(users.c.name).where(users.c.brand == brand).limit(1)).first() is not None


def users_of(tx: Connection, brand: str) -> list[UserRow]:
    """Every user by name."""
    query = select(*_COLUMNS).where(users.c.brand == brand).order_by(users.c.name)
    return [_row(row) for row in tx.execute(query)]


def user(tx: Connection, brand: str, name: str) -> UserRow | None:
    """The user of that name."""
    row = tx.execute(select(*_COLUMNS).where(users.c.brand == brand, users.c.name == name)).one_or_none()
    return None if row is None else _row(row)


def _row(row: Any) -> UserRow:
    return UserRow(**{**row._mapping, "must_change": bool(row.must_change)})


def add(tx: Connection, brand: str, name: str, password: str, must_change: bool, now: datetime) -> bool:
    """Make a user with a hashed password; False where there is one of that name, which stays as it is."""
    row = insert(tx, users).values(
        brand=brand, name=name, password=password, must_change=must_change, failed=0, created_at=now, changed_at=now
    )
    made = row.on_conflict_do_nothing(index_elements=["brand", "name"]).returning(users.c.name)
    return tx.execute(made).first() is not None  # PostgreSQL tells no rowcount of it


def change(tx: Connection, brand: str, name: str, values: Mapping[str, Any]) -> bool:
    """Change columns of a user; False where there is none of that name."""
    return bool(tx.execute(update(users).where(users.c.brand == brand, users.c.name == name).values(values)).rowcount)


def remove(tx: Connection, brand: str, name: str) -> bool:
    """Take a user away with every session; False where there is none of that name."""
    tx.execute(delete(sessions).where(sessions.c.brand == brand, sessions.c.name == name))
    return bool(tx.execute(delete(users).where(users.c.brand == brand, users.c.name == name)).rowcount)


def open_session(tx: Connection, brand: str, token: str, name: str, now: datetime, expires_at: datetime) -> None:
    """Begin a session; `token` is the digest of what the browser holds."""
    tx.execute(
        insert(tx, sessions).values(
            token=token, brand=brand, name=name, created_at=now, seen_at=now, expires_at=expires_at
        )
    )


def session(tx: Connection, brand: str, token: str) -> SessionRow | None:
    """The session of a digest, if its user is still one."""
    query = (
        select(
            sessions.c.name, sessions.c.created_at, sessions.c.seen_at, sessions.c.expires_at, sessions.c.ended_at,
            users.c.must_change, users.c.disabled_at,
        )
        .join(users, (users.c.brand == sessions.c.brand) & (users.c.name == sessions.c.name))
        .where(sessions.c.brand == brand, sessions.c.token == token)
    )  # fmt: skip
    row = tx.execute(query).one_or_none()
    return None if row is None else SessionRow(**{**row._mapping, "must_change": bool(row.must_change)})


def used(tx: Connection, brand: str, token: str, now: datetime, expires_at: datetime) -> None:
    """Somebody was at work in a session that has not ended."""
    tx.execute(
        update(sessions)
        .where(sessions.c.brand == brand, sessions.c.token == token, sessions.c.ended_at.is_(None))
        .values(seen_at=now, expires_at=expires_at)
    )


def end_session(tx: Connection, brand: str, token: str, now: datetime) -> str | None:
    """End a session; the name of whose it was, None where it had ended before."""
    query = select(sessions.c.name).where(
        sessions.c.brand == brand, sessions.c.token == token, sessions.c.ended_at.is_(None)
    )
    name = tx.execute(query).scalar_one_or_none()
    if name is None:
        return None
    tx.execute(update(sessions).where(sessions.c.token == token).values(ended_at=now))
    return str(name)


def end_sessions(tx: Connection, brand: str, name: str, now: datetime, but: str = "") -> int:
    """End every open session of a user except the one of the digest `but`; how many those were."""
    gone = update(sessions).where(
        sessions.c.brand == brand, sessions.c.name == name, sessions.c.ended_at.is_(None), sessions.c.token != but
    )
    return int(tx.execute(gone.values(ended_at=now)).rowcount)


def forget_sessions(tx: Connection, brand: str, before: datetime) -> int:
    """Remove the sessions that ended or ran out before a moment; how many those were. The log keeps who was there."""
    over = (sessions.c.expires_at < before) | (sessions.c.ended_at < before)
    return int(tx.execute(delete(sessions).where(sessions.c.brand == brand, over)).rowcount)


def last_seen(tx: Connection, brand: str) -> dict[str, datetime]:
    """When each user was last at work on the board."""
    query = (
        select(sessions.c.name, func.max(sessions.c.seen_at)).where(sessions.c.brand == brand).group_by(sessions.c.name)
    )
    return {str(name): at for name, at in tx.execute(query)}
