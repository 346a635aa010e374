"""How mentions come in, and how their sources stand.

A batch and its cursor are stored in one transaction, and `(brand, source, native_id)` is unique: whoever is killed
anywhere and starts again from the stored cursor stores nothing twice and misses nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, func, select, update

from mention import Mention, clean_text, search_text
from store.columns import utc
from store.dialect import chunks, insert
from store.editing import note_edits, remove_deleted
from store.engine import Store
from store.quarantine import item_row
from store.rows import QUARANTINE_STAGES, Saved, one_of
from store.sources import beat, cursor_of, heartbeat, hold_source, is_source, mark_source, record_poll, source_states
from store.tables import mentions, quarantine, source_state

__all__ = [
    "FetchedLike",
    "RejectedLike",
    "beat",
    "cursor_of",
    "heartbeat",
    "mark_source",
    "record_poll",
    "save_batch",
    "source_states",
]


class FetchedLike(Protocol):
    """A mention with the payload it was parsed from (collectors.protocol.Fetched)."""

    @property
    def mention(self) -> Mention: ...
    @property
    def raw(self) -> Any: ...


class RejectedLike(Protocol):
    """An item that could not be read as a mention (collectors.protocol.Rejected)."""

    @property
    def reason(self) -> str: ...
    @property
    def raw(self) -> Any: ...
    @property
    def native_id(self) -> str | None: ...


def save_batch(
    store: Store,
    brand: str,
    source: str,
    fetched: Sequence[FetchedLike],
    *,
    seen_at: datetime,
    cursor: dict[str, Any] | None = None,
    kind: str | None = None,
    rejected: Sequence[RejectedLike] = (),
    stage: str = "collect",
    gone: Sequence[str] = (),
    also: Callable[[Connection], None] | None = None,
) -> Saved:
    """Stores a batch whole, in one transaction of its own, with `cursor` (where `source` stands now) when given.

    A mention is stored under its own `source`, once; one that is there already, or twice in the batch, counts as
    known, and gets a new version where its text has changed. What of `source` is named in `gone` (native ids) was
    deleted where it was written, and its words are removed here. `also` is done in the same transaction. `rejected`
    items go to the quarantine under `stage` ("collect" or "import"), each item once however often it comes. `seen_at`
    is when we saw the batch (aware); `kind` is the collector's kind.
    Raises StoreError, and has then stored nothing of the batch and not the cursor.
    """
    one_of(stage, QUARANTINE_STAGES, "quarantine stage")
    rows, refused = _mention_rows(brand, fetched, seen_at, stage)
    refused += [item_row(brand, stage, source, item.raw, item.reason, seen_at, item.native_id) for item in rejected]
    sources = {row["source"] for row in rows.values()}
    if cursor is not None:
        sources.add(clean_text(source))
    with store.write() as tx:
        # In one order, because each takes a lock: two batches that shared sources would wait for each other.
        for name in sorted(sources):
            hold_source(tx, brand, name, kind if name == clean_text(source) else None, seen_at)
        new_ids, known = _insert_new(tx, brand, rows, seen_at)
        edited = note_edits(tx, brand, known, seen_at)
        remove_deleted(tx, brand, clean_text(source), gone, seen_at)
        for chunk in chunks(refused):
            tx.execute(insert(tx, quarantine).on_conflict_do_nothing(), chunk)
        if cursor is not None:
            tx.execute(update(source_state).where(*is_source(brand, source)).values(cursor=cursor))
        if also is not None:
            also(tx)
    unreadable = len(refused) - len(rejected)
    return Saved(
        new=len(new_ids),
        known=len(fetched) - unreadable - len(new_ids),
        rejected=len(refused),
        new_ids=new_ids,
        edited=edited,
    )


def _mention_rows(
    brand: str, fetched: Sequence[FetchedLike], seen_at: datetime, stage: str
) -> tuple[dict[tuple[str, str], dict[str, Any]], list[dict[str, Any]]]:
    """The rows to insert by (source, native_id), the first of each, and quarantine rows for what cannot be stored."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    refused: list[dict[str, Any]] = []
    for item in fetched:
        mention = item.mention
        key = (clean_text(mention.source), clean_text(mention.native_id))
        if key in rows:
            continue
        try:
            published_at = utc(mention.published_at)
        except (ValueError, OverflowError) as error:
            reason = f"The mention cannot be stored: {error}. The item is kept here."
            refused.append(item_row(brand, stage, key[0], item.raw, reason, seen_at, key[1]))
            continue
        who = f"{mention.author or ''} {mention.author_name or ''}"
        rows[key] = {
            "brand": brand,
            "source": key[0],
            "native_id": key[1],
            "channel": mention.channel,
            "text": mention.text,
            "search": search_text(f"{mention.text} {who}"),
            "author": mention.author,
            "author_name": mention.author_name,
            "followers": mention.followers,
            "url": mention.url,
            "published_at": published_at,
            "seen_at": seen_at,
            "lang": mention.lang,
            "thread_id": mention.thread_id,
            "in_reply_to": mention.in_reply_to,
            "likes": mention.engagement.likes,
            "shares": mention.engagement.shares,
            "replies": mention.engagement.replies,
            "views": mention.engagement.views,
            "rating": mention.rating,
            "extra": mention.extra,
            "raw": item.raw,
            "stage": "new",
        }
    return rows, refused


def _insert_new(
    tx: Connection, brand: str, rows: dict[tuple[str, str], dict[str, Any]], seen_at: datetime
) -> tuple[list[int], list[dict[str, Any]]]:
    """Inserts the rows that are not there, and counts them to their sources; returns the ids of these in the rows'
    order, and the rows that were there.

    The caller holds the sources, so what they have past the newest id of before is what came in here. (Asking which
    names are known instead reads the whole table on a PostgreSQL that has not gathered its statistics yet.)
    """
    if not rows:
        return [], []
    newest = tx.execute(select(func.coalesce(func.max(mentions.c.id), 0))).scalar_one()
    for chunk in chunks(list(rows.values())):
        tx.execute(insert(tx, mentions).on_conflict_do_nothing(), chunk)
    # By the id alone: with brand and source in it SQLite goes through all that these sources ever brought.
    came_in = select(mentions.c.id, mentions.c.brand, mentions.c.source, mentions.c.native_id)
    came_in = came_in.where(mentions.c.id > newest).order_by(mentions.c.id)
    ids = {
        (row.source, row.native_id): row.id
        for row in tx.execute(came_in)
        if row.brand == brand and (row.source, row.native_id) in rows
    }
    for name, number in Counter(name for name, _ in ids).items():
        changes = {"total": source_state.c.total + number, "last_item_at": seen_at}
        tx.execute(update(source_state).where(*is_source(brand, name)).values(changes))
    return [ids[key] for key in rows if key in ids], [row for key, row in rows.items() if key not in ids]
