"""The append-only log: what happened on a case, when, and by whose hand.

Each event carries a hash over its own content and the hash of the event before it, one chain per brand, so that a
changed, removed or slipped-in line shows. The database's triggers refuse changes; the chain tells when someone went
around them.

Order of locks on PostgreSQL: whoever changes a case or appends an event takes the brand's head first (`hold`, which
the functions of this room call by themselves). Two desks can then wait for each other, but never in a circle.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from mention import clean_text
from store.columns import plain_json, utc
from store.decode import EVENT_COLUMNS, event_row
from store.dialect import insert as insert_or
from store.rows import EventRow, NewEvent
from store.tables import event_heads, events

GENESIS = "0" * 64
"""What the first event of a brand has for a predecessor's hash."""

PAGE = 1000
MAX_PROBLEMS = 100
"""Problems that are spelt out; after a restore gone wrong every event is one."""


def hold(tx: Connection, brand: str) -> None:
    """Takes the brand's place at the end of the log until this transaction ends (on SQLite the one writer has it)."""
    if tx.dialect.name != "sqlite":
        _newest_hash(tx, brand)


def _newest_hash(tx: Connection, brand: str) -> str:
    """The newest event's hash, with the brand's head locked where the database locks rows."""
    query = select(event_heads.c.hash).where(event_heads.c.brand == brand).with_for_update()
    newest = tx.execute(query).scalar_one_or_none()
    if newest is None:
        first = insert_or(tx, event_heads).values(brand=brand, hash=GENESIS, events=0)
        tx.execute(first.on_conflict_do_nothing())
        newest = tx.execute(query).scalar_one()
    return str(newest)


def append(
    tx: Connection,
    brand: str,
    *,
    type: str,
    at: datetime,
    by: str,
    recorded_at: datetime,
    case_id: int | None = None,
    mention_id: int | None = None,
    data: dict[str, Any] | None = None,
) -> int:
    """Writes one event at the end of the brand's chain; returns its id. See NewEvent for the fields."""
    [row] = _chained(tx, brand, [NewEvent(type, at, by, recorded_at, case_id, mention_id, data or {})])
    primary_key = tx.execute(insert(events).values(row)).inserted_primary_key
    _move_head(tx, brand, row["hash"], 1)
    assert primary_key is not None
    return int(primary_key[0])


def append_all(tx: Connection, brand: str, new: Sequence[NewEvent]) -> None:
    """Writes events at the end of the brand's chain, in their order, with three statements however many they are."""
    if new:
        rows = _chained(tx, brand, new)
        tx.execute(insert(events), rows)
        _move_head(tx, brand, rows[-1]["hash"], len(rows))


def _chained(tx: Connection, brand: str, new: Sequence[NewEvent]) -> list[dict[str, Any]]:
    hash_ = _newest_hash(tx, brand)
    rows = []
    for event in new:
        content: dict[str, Any] = {
            "brand": clean_text(brand),
            "case_id": event.case_id,
            "mention_id": event.mention_id,
            "at": utc(event.at),
            "recorded_at": utc(event.recorded_at),
            "type": clean_text(event.type),
            "by": clean_text(event.by),
            "data": plain_json(event.data),
        }
        prev_hash, hash_ = hash_, chain_hash(hash_, **content)
        rows.append({**content, "prev_hash": prev_hash, "hash": hash_})
    return rows


def _move_head(tx: Connection, brand: str, hash_: str, count: int) -> None:
    moved = {"hash": hash_, "events": event_heads.c.events + count}
    tx.execute(update(event_heads).where(event_heads.c.brand == brand).values(moved))


def chain_hash(
    prev_hash: str,
    *,
    brand: str,
    case_id: int | None,
    mention_id: int | None,
    at: datetime,
    recorded_at: datetime,
    type: str,
    by: str,
    data: dict[str, Any],
) -> str:
    """SHA-256, in hex, over the previous hash and the event as canonical JSON (sorted keys, no spaces, ASCII)."""
    content = {
        "brand": brand,
        "case_id": case_id,
        "mention_id": mention_id,
        "at": utc(at).isoformat(timespec="microseconds"),
        "recorded_at": utc(recorded_at).isoformat(timespec="microseconds"),
        "type": type,
        "by": by,
        "data": data,
    }
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256((prev_hash + canonical).encode("ascii")).hexdigest()


def of_case(tx: Connection, case_id: int) -> list[EventRow]:
    """A case's events in the order in which they happened."""
    query = select(*EVENT_COLUMNS).where(events.c.case_id == case_id).order_by(events.c.at, events.c.id)
    return [event_row(row) for row in tx.execute(query)]


def head(tx: Connection, brand: str) -> str:
    """The hash of the brand's last event: another one once anything happened on its desk. Empty before the first."""
    return str(tx.execute(select(event_heads.c.hash).where(event_heads.c.brand == brand)).scalar_one_or_none() or "")


def newest_of_case(tx: Connection, case_id: int) -> int | None:
    """The number of the event of a case that was written last; None where it has none."""
    newest: int | None = tx.execute(select(func.max(events.c.id)).where(events.c.case_id == case_id)).scalar_one()
    return newest


def all_events(tx: Connection, brand: str, after_id: int = 0, limit: int = PAGE) -> list[EventRow]:
    """The brand's events in the order in which they were written, `limit` at most, those after `after_id`."""
    query = (
        select(*EVENT_COLUMNS).where(events.c.brand == brand, events.c.id > after_id).order_by(events.c.id).limit(limit)
    )
    return [event_row(row) for row in tx.execute(query)]


def verify_chain(tx: Connection, brand: str) -> list[str]:
    """What is wrong with the brand's log, a sentence each (the first MAX_PROBLEMS); empty when the chain holds."""
    problems: list[str] = []
    expected, number, before = GENESIS, 0, "the start"
    for row in _walk(tx, brand):
        number += 1
        if row.prev_hash != expected:
            problems.append(f"Event {row.id} does not follow {before}: an event between them was removed or added.")
        content = chain_hash(
            row.prev_hash,
            brand=row.brand,
            case_id=row.case_id,
            mention_id=row.mention_id,
            at=row.at,
            recorded_at=row.recorded_at,
            type=row.type,
            by=row.by,
            data=row.data,
        )
        if row.hash != content:
            problems.append(f"Event {row.id} does not match its hash: it was changed after it was written.")
        expected, before = row.hash, f"event {row.id}"
        if len(problems) >= MAX_PROBLEMS:
            return [*problems, "There may be more; the check stopped here."]
    head = tx.execute(select(event_heads).where(event_heads.c.brand == brand)).one_or_none()
    head_hash, head_number = (GENESIS, 0) if head is None else (head.hash, head.events)
    if head_hash != expected:
        problems.append(f"The log ends with {before}, but the log's head names another last event.")
    if head_number != number:
        problems.append(f"The log has {number} events, but {head_number} were written.")
    return problems


def _walk(tx: Connection, brand: str) -> Iterator[EventRow]:
    after_id = 0
    while page := all_events(tx, brand, after_id, PAGE):
        yield from page
        after_id = page[-1].id
