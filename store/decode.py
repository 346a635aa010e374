"""Rows of the tables as the records of rows.py."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from mention import Engagement, Mention, Score
from store.rows import CaseRow, EventRow, StoredMention
from store.tables import cases, events, mentions, scores

# Not the raw payload and not the search text: they are as big as the mention again, and nobody shows them.
MENTION_COLUMNS = tuple(column for column in mentions.c if column.name not in ("search", "raw"))
SCORED_MENTION_COLUMNS = (*MENTION_COLUMNS, scores.c.payload)
CASE_COLUMNS = tuple(cases.c)
EVENT_COLUMNS = tuple(events.c)


def stored_mention(row: Row[Any]) -> StoredMention:
    """A row that has at least MENTION_COLUMNS."""
    mention = Mention(
        source=row.source,
        native_id=row.native_id,
        text=row.text,
        author=row.author,
        author_name=row.author_name,
        followers=row.followers,
        url=row.url,
        published_at=row.published_at,
        lang=row.lang,
        thread_id=row.thread_id,
        in_reply_to=row.in_reply_to,
        engagement=Engagement(likes=row.likes, shares=row.shares, replies=row.replies, views=row.views),
        rating=row.rating,
        extra=row.extra,
    )
    return StoredMention(
        id=row.id, mention=mention, seen_at=row.seen_at, stage=row.stage, version=row.version,
        edited_at=row.edited_at, deleted_at=row.deleted_at,
    )  # fmt: skip


def score_of(row: Row[Any]) -> Score | None:
    """The score in a row that has `payload`; None where the mention has none yet."""
    return None if row.payload is None else Score.model_validate(row.payload)


def case_fields(row: Row[Any]) -> dict[str, Any]:
    """The fields of CaseRow in a row that has at least CASE_COLUMNS."""
    fields = {column.name: row._mapping[column.name] for column in CASE_COLUMNS}
    return {**fields, "reasons": tuple(row.reasons)}


def case_row(row: Row[Any]) -> CaseRow:
    """A row that has at least CASE_COLUMNS."""
    return CaseRow(**case_fields(row))


def event_row(row: Row[Any]) -> EventRow:
    """A row that has EVENT_COLUMNS."""
    return EventRow(**row._mapping)
