"""What waits to be scored and routed, and what the classifier said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, select, update

from mention import Score
from store.decode import MENTION_COLUMNS, SCORED_MENTION_COLUMNS, score_of, stored_mention
from store.dialect import chunks, insert
from store.quarantine import quarantine, quarantined, retry_quarantined
from store.rows import StoredMention
from store.tables import mentions, scores

__all__ = ["quarantine", "quarantined", "retry_quarantined", "save_scores", "unrouted", "unscored"]

UNSCORED = ("new", "edited")
"""Stages in which a mention waits for a score."""

UNROUTED = ("scored", "rescored")
"""Stages in which a mention waits to be routed."""


def unscored(tx: Connection, brand: str, limit: int) -> list[StoredMention]:
    """At most `limit` mentions without a score, the earliest posted first: their clocks have run longest."""
    return [stored_mention(row) for row in _at(tx, select(*MENTION_COLUMNS), brand, UNSCORED, limit)]


def _at(tx: Connection, query: Select[Any], brand: str, stages: Sequence[str], limit: int) -> list[Row[Any]]:
    """The earliest posted mentions at one of these stages, `limit` at most.

    One look for each stage, so that the index of stages serves them in their order: asked for several at once, SQLite
    goes through every mention of the brand in the order of posting, each time that the worker looks.
    """
    found: list[Row[Any]] = []
    for stage in stages:
        one = query.where(mentions.c.brand == brand, mentions.c.stage == stage)
        found += tx.execute(one.order_by(mentions.c.published_at, mentions.c.id).limit(limit))
    return sorted(found, key=lambda row: (row.published_at, row.id))[:limit]


def save_scores(
    tx: Connection, brand: str, scored: Sequence[tuple[int, Score]], refused: Sequence[tuple[int, str]], at: datetime
) -> int:
    """Stores `(mention id, score)` pairs and quarantines `(mention id, reason)` pairs; returns how many were new.

    A mention that was scored already keeps its score and its stage: doing the same work twice changes nothing. One
    that was edited since gets its new score.
    """
    done = 0
    for chunk in chunks(scored):
        fresh = _still_new(tx, brand, [mention_id for mention_id, _ in chunk])
        rows = [
            {
                "mention_id": mention_id,
                "brand": brand,
                "language": score.language,
                "sentiment": score.sentiment.label,
                "urgency": score.urgency.label,
                "topic": score.topic.label,
                "payload": score.model_dump(mode="json"),
                "model": score.model,
                "scored_at": at,
            }
            for mention_id, score in chunk
            if mention_id in fresh
        ]
        if not rows:
            continue
        statement = insert(tx, scores)
        anew = {name: statement.excluded[name] for name in rows[0] if name not in ("mention_id", "brand")}
        tx.execute(statement.on_conflict_do_update(index_elements=["mention_id"], set_=anew), rows)
        for before, after in (("new", "scored"), ("edited", "rescored")):
            move = update(mentions).where(mentions.c.id == bindparam("mention"), mentions.c.stage == before)
            tx.execute(move.values(stage=after), [{"mention": row["mention_id"]} for row in rows])
        done += len(rows)
    fresh = _still_new(tx, brand, [mention_id for mention_id, _ in refused])
    quarantine(tx, brand, [pair for pair in refused if pair[0] in fresh], stage="score", at=at)
    return done


def _still_new(tx: Connection, brand: str, ids: Sequence[int]) -> set[int]:
    query = (
        select(mentions.c.id)
        .where(mentions.c.brand == brand, mentions.c.id.in_(ids), mentions.c.stage.in_(UNSCORED))
        .order_by(mentions.c.id)
        .with_for_update()
    )
    return set(tx.execute(query).scalars())


def unrouted(tx: Connection, brand: str, limit: int) -> list[tuple[StoredMention, Score]]:
    """At most `limit` scored mentions that were not routed yet (or were edited since), the earliest posted first."""
    query = select(*SCORED_MENTION_COLUMNS).join(scores, scores.c.mention_id == mentions.c.id)
    found = []
    for row in _at(tx, query, brand, UNROUTED, limit):
        score = score_of(row)
        if score is not None:
            found.append((stored_mention(row), score))
    return found
