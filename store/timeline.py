"""What a person wrote and what was done about it, as rows, the newest first. Which words may be shown is the desk's."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, or_, select

from store.decode import EVENT_COLUMNS, event_row
from store.dialect import chunks
from store.rows import EventRow
from store.rows_persons import ENTRY_RANKS, LineRow
from store.tables import case_mentions, cases, events, mentions
from store.tables_persons import mention_persons

Place = tuple[datetime, int, int]
"""Where a line stands: its time, its rank (ENTRY_RANKS), its id."""


def wrote(
    tx: Connection, brand: str, accounts: Sequence[tuple[str, str, int]], homes: Collection[int],
    before: Place | None, limit: int,
) -> list[LineRow]:  # fmt: skip
    """The newest mentions of these accounts, and those of these homes whose author is gone or never had a name.

    A mention that was deleted where it was written is there without its words.
    """
    found: dict[int, LineRow] = {}
    for source, handle, _ in accounts:
        theirs = (mentions.c.source == source, mentions.c.author == handle)
        found |= _lines(tx, _mentions(brand).where(*theirs), before, limit)
    nameless = _mentions(brand).join(mention_persons, mention_persons.c.mention_id == mentions.c.id)
    nameless = nameless.where(mention_persons.c.person_id.in_(homes), mentions.c.author.is_(None))
    found |= _lines(tx, nameless, before, limit)
    return sorted(found.values(), key=lambda line: (line.at, line.rank, line.id), reverse=True)[:limit]


def opened(tx: Connection, case_ids: Collection[int]) -> list[LineRow]:
    """The opening of each of these cases."""
    rank = ENTRY_RANKS["case_opened"]
    found = []
    for chunk in chunks(sorted(case_ids)):
        query = select(cases.c.id, cases.c.opened_at, cases.c.channel, cases.c.source).where(cases.c.id.in_(chunk))
        found += [
            LineRow(row.opened_at, rank, row.id, "case_opened", row.channel, row.source, row.id, None, "system", "", "")
            for row in tx.execute(query)
        ]
    return found


def events_of(tx: Connection, case_ids: Collection[int]) -> list[EventRow]:
    """Every event of these cases in the order in which it was written."""
    found: list[EventRow] = []
    for chunk in chunks(sorted(case_ids)):
        query = select(*EVENT_COLUMNS).where(events.c.case_id.in_(chunk)).order_by(events.c.id)
        found += [event_row(row) for row in tx.execute(query)]
    return sorted(found, key=lambda event: event.id)


def channels_of(tx: Connection, case_ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """Channel and source of each case."""
    found: dict[int, tuple[str, str]] = {}
    for chunk in chunks(sorted(case_ids)):
        query = select(cases.c.id, cases.c.channel, cases.c.source).where(cases.c.id.in_(chunk))
        found |= {row.id: (row.channel, row.source) for row in tx.execute(query)}
    return found


def _mentions(brand: str) -> Select[Any]:
    columns = (
        mentions.c.id, mentions.c.published_at, mentions.c.channel, mentions.c.source, mentions.c.text, mentions.c.url,
        mentions.c.deleted_at, mentions.c.seen_at, case_mentions.c.case_id,
    )  # fmt: skip
    joined = mentions.outerjoin(case_mentions, case_mentions.c.mention_id == mentions.c.id)
    return select(*columns).select_from(joined).where(mentions.c.brand == brand)


def _lines(tx: Connection, query: Select[Any], before: Place | None, limit: int) -> dict[int, LineRow]:
    rank = ENTRY_RANKS["wrote"]
    if before is not None:
        at, before_rank, before_id = before
        same_time = [] if rank > before_rank else [mentions.c.published_at == at]
        if rank == before_rank:
            same_time = [and_(mentions.c.published_at == at, mentions.c.id < before_id)]
        query = query.where(or_(mentions.c.published_at < at, *same_time))
    rows = tx.execute(query.order_by(mentions.c.published_at.desc(), mentions.c.id.desc()).limit(limit))
    return {
        row.id: LineRow(
            row.published_at, rank, row.id, "wrote", row.channel, row.source, row.case_id, row.id, "customer",
            "" if row.deleted_at else row.text, row.url or "", row.deleted_at is not None, row.seen_at,
        )
        for row in rows
    }  # fmt: skip
