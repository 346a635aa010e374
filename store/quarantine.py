"""What could not go on: kept with its reason, shown on the board, tried again when a person says so."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select, update

from mention import clean_text
from store.columns import json_text
from store.dialect import insert
from store.rows import Quarantined, one_of
from store.tables import mentions
from store.tables import quarantine as table

STAGE_TO_RETRY = {"score": "edited", "route": "rescored"}
"""The stage of a mention from which the work that failed takes it up again: as one that may have a case already."""


def item_row(
    brand: str, stage: str, source: str, raw: Any, reason: str, at: datetime, native_id: str | None
) -> dict[str, Any]:
    """The row of an item that never became a mention."""
    # An item that names itself is the same item even when its counters moved since the last fetch.
    identity = f"id:{clean_text(native_id)}" if native_id else json_text(raw)
    digest = hashlib.sha256(identity.encode()).hexdigest()
    return {
        "brand": brand,
        "stage": stage,
        "source": source,
        "digest": digest,
        "raw": raw,
        "reason": reason,
        "at": at,
    }


def quarantine(tx: Connection, brand: str, mention_ids: Sequence[tuple[int, str]], *, stage: str, at: datetime) -> None:
    """Takes mentions out of the way, each `(mention id, reason)`; `stage` is "score" or "route", where it failed.

    A mention that is there already gets the new reason and is open again.
    """
    one_of(stage, tuple(STAGE_TO_RETRY), "quarantine stage")
    reasons = dict(mention_ids)
    query = select(mentions.c.id, mentions.c.source).where(mentions.c.brand == brand, mentions.c.id.in_(reasons))
    for mention_id, source in tx.execute(query).all():
        statement = insert(tx, table).values(
            brand=brand,
            stage=stage,
            source=source,
            mention_id=mention_id,
            digest=f"mention:{mention_id}",
            reason=reasons[mention_id],
            at=at,
        )
        changes = {"reason": statement.excluded.reason, "at": statement.excluded.at, "resolved_at": None}
        tx.execute(statement.on_conflict_do_update(index_elements=["brand", "stage", "source", "digest"], set_=changes))
        tx.execute(update(mentions).where(mentions.c.id == mention_id).values(stage="quarantined"))


def quarantined(tx: Connection, brand: str, limit: int = 200) -> list[Quarantined]:
    """What waits for a person, newest first, at most `limit`."""
    query = (
        select(*(column for column in table.c if column.name not in ("brand", "digest")))
        .where(table.c.brand == brand, table.c.resolved_at.is_(None))
        .order_by(table.c.id.desc())
        .limit(limit)
    )
    return [Quarantined(**row._mapping) for row in tx.execute(query)]


def retry_quarantined(tx: Connection, ids: Sequence[int], at: datetime | None = None) -> int:
    """Sends the mentions behind these quarantine rows back to where they failed; returns how many went.

    Items that never became mentions stay: their source or file has to be read again. `at` (this moment when left
    out) is noted as the time when the rows were resolved.
    """
    query = (
        select(table.c.id, table.c.mention_id, table.c.stage)
        .where(table.c.id.in_(ids), table.c.resolved_at.is_(None), table.c.mention_id.is_not(None))
        .with_for_update()
    )
    rows = tx.execute(query).all()
    for row in rows:
        tx.execute(
            update(mentions)
            .where(mentions.c.id == row.mention_id, mentions.c.stage == "quarantined")
            .values(stage=STAGE_TO_RETRY[row.stage])
        )
        tx.execute(update(table).where(table.c.id == row.id).values(resolved_at=at or datetime.now(UTC)))
    return len(rows)
