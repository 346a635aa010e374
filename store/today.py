"""What the day's first page counts: what is due when, how people speak by the hour, what sleeps. From indexes alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from store.decode import MENTION_COLUMNS, stored_mention
from store.dialect import chunks
from store.rows import LIVE_STATUSES, OPEN_STATUSES, StoredMention
from store.tables import case_mentions, cases, mentions, scores


@dataclass(frozen=True)
class DueCase:
    """When a running promise of a case ends, how urgent it is, and in whose hands it is."""

    case_id: int
    due_at: datetime
    urgency: str
    assignee: str | None


def due_before(tx: Connection, brand: str, until: datetime, limit: int) -> list[DueCase]:
    """The cases whose nearest promise ends before `until` (aware), the late ones among them, the nearest first."""
    query = (
        select(cases.c.id, cases.c.due_at, cases.c.urgency, cases.c.assignee)
        .where(cases.c.brand == brand, cases.c.status.in_(LIVE_STATUSES), cases.c.due_at < until)
        .order_by(cases.c.due_at, cases.c.id)
        .limit(limit)
    )
    return [DueCase(int(id), due_at, urgency, assignee) for id, due_at, urgency, assignee in tx.execute(query)]


def waking(tx: Connection, brand: str, now: datetime, until: datetime) -> tuple[int, datetime | None]:
    """How many open cases sleep now and wake before `until`, and when the first of them does."""
    query = select(func.count(), func.min(cases.c.snoozed_until)).where(
        cases.c.brand == brand, cases.c.status.in_(OPEN_STATUSES), cases.c.snoozed_until > now,
        cases.c.snoozed_until <= until,
    )  # fmt: skip
    number, first = tx.execute(query).one()
    return int(number), first


def sentiments(tx: Connection, brand: str, since: datetime, until: datetime) -> dict[str, int]:
    """How many mentions posted in [since, until) were scored as which sentiment."""
    query = (
        select(scores.c.sentiment, func.count())
        .select_from(mentions)
        .join(scores, scores.c.mention_id == mentions.c.id)
        .where(mentions.c.brand == brand, mentions.c.published_at >= since, mentions.c.published_at < until)
        .group_by(scores.c.sentiment)
    )
    return {sentiment: int(number) for sentiment, number in tx.execute(query)}


def spoken(
    tx: Connection, brand: str, since: datetime, until: datetime, sentiment: str, limit: int
) -> list[tuple[StoredMention, int | None]]:
    """The mentions of a sentiment posted in [since, until), the newest first, each with its case where it has one."""
    query = (
        select(*MENTION_COLUMNS)
        .join(scores, scores.c.mention_id == mentions.c.id)
        .where(
            mentions.c.brand == brand, mentions.c.published_at >= since, mentions.c.published_at < until,
            scores.c.sentiment == sentiment,
        )
        .order_by(mentions.c.published_at.desc(), mentions.c.id.desc())
        .limit(limit)
    )  # fmt: skip
    found = [stored_mention(row) for row in tx.execute(query)]
    held = _cases_of(tx, [one.id for one in found])
    return [(one, held.get(one.id)) for one in found]


def _cases_of(tx: Connection, mention_ids: Sequence[int]) -> dict[int, int]:
    held: dict[int, int] = {}
    for part in chunks(mention_ids):
        query = select(case_mentions.c.mention_id, case_mentions.c.case_id).where(case_mentions.c.mention_id.in_(part))
        rows: list[Any] = list(tx.execute(query))
        held.update({int(mention): int(case) for mention, case in rows})
    return held
