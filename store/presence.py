"""Who has a case open right now, so that nobody answers twice."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, literal, select
from sqlalchemy import case as when

from store.dialect import insert
from store.rows import DOINGS, Present, one_of
from store.tables_desk import presence


def mark(tx: Connection, brand: str, case_id: int, agent: str, doing: str, at: datetime) -> None:
    """Say that `agent` does that (one of DOINGS) on the case at `at`; `since` stays while they do the same."""
    one_of(doing, DOINGS, "doing")
    row = insert(tx, presence).values(brand=brand, case_id=case_id, agent=agent, doing=doing, since=at, at=at)
    since = when((presence.c.doing == doing, presence.c.since), else_=literal(at, presence.c.since.type))
    key = ["brand", "case_id", "agent"]
    tx.execute(row.on_conflict_do_update(index_elements=key, set_={"at": at, "doing": doing, "since": since}))


def leave(tx: Connection, brand: str, agent: str, but: int | None = None) -> None:
    """Forget where `agent` was, except on the case `but`."""
    gone = delete(presence).where(presence.c.brand == brand, presence.c.agent == agent)
    tx.execute(gone if but is None else gone.where(presence.c.case_id != but))


def present(tx: Connection, brand: str, case_id: int, since: datetime) -> list[Present]:
    """Who was heard of on the case at `since` or later: whoever has been there longest first."""
    query = (
        select(presence.c.agent, presence.c.doing, presence.c.since, presence.c.at)
        .where(presence.c.brand == brand, presence.c.case_id == case_id, presence.c.at >= since)
        .order_by(presence.c.since, presence.c.agent)
    )
    return [Present(*row) for row in tx.execute(query)]
