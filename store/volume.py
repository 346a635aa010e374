"""What was said in a stretch of time, counted: by sentiment, topic, channel and language, by name, by how it is scored.

Counts only: no word of a customer leaves here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Text, cast, func, or_, select
from sqlalchemy.sql import ColumnElement

from store.columns import utc
from store.dialect import chunks
from store.tables import corrections, mentions, scores
from store.tables_crisis import alarms, incident_mentions, incidents


@dataclass(frozen=True)
class Volume:
    """How many mentions of one kind there were; sentiment, topic and language are None where there is no score."""

    sentiment: str | None
    topic: str | None
    channel: str
    language: str | None
    count: int


@dataclass(frozen=True)
class AlarmLine:
    """An alarm of an incident: when, by the mentions' clock, and of which incident and topic."""

    incident: int
    topic: str
    at: datetime


def volumes(tx: Connection, brand: str, start: datetime, end: datetime) -> list[Volume]:
    """The mentions published in [start, end) (aware), counted by everything that a report groups them by."""
    kinds = (scores.c.sentiment, scores.c.topic, mentions.c.channel, scores.c.language)
    query = (
        select(*kinds, func.count())
        .select_from(mentions.outerjoin(scores, scores.c.mention_id == mentions.c.id))
        .where(*_within(brand, start, end))
        .group_by(*kinds)
    )
    return [Volume(*row) for row in tx.execute(query)]


def quality(tx: Connection, brand: str, start: datetime, end: datetime) -> tuple[int, int, int]:
    """Of the mentions published in [start, end): those with a label abstained, corrected, and in quarantine."""
    within = _within(brand, start, end)
    # The score is kept as text whose lists have no blanks (store.columns.json_text); either spelling of none is none.
    told = cast(scores.c.payload, Text)
    abstained = (
        select(func.count())
        .select_from(scores.join(mentions, mentions.c.id == scores.c.mention_id))
        .where(*within, or_(told.like('%"abstained":["%'), told.like('%"abstained": ["%')))
    )
    corrected = (
        select(func.count(func.distinct(corrections.c.mention_id)))
        .select_from(corrections.join(mentions, mentions.c.id == corrections.c.mention_id))
        .where(*within)
    )
    held = select(func.count()).select_from(mentions).where(*within, mentions.c.stage == "quarantined")
    some, changed, kept = (int(tx.execute(query).scalar_one()) for query in (abstained, corrected, held))
    return some, changed, kept


def naming(
    tx: Connection, brand: str, start: datetime, end: datetime, names: Mapping[str, Sequence[str]]
) -> tuple[dict[str, int], int]:
    """How many mentions of [start, end) name each of `names` (a title and its spellings, folded as
    mention.search_text does), and how many name any. A name begins a word; what follows may be a Turkish ending."""
    patterns = {
        title: re.compile("|".join(rf"(?<!\w){re.escape(word)}" for word in spellings))
        for title, spellings in names.items()
        if spellings
    }
    found = dict.fromkeys(names, 0)
    any_ = 0
    spelt = sorted({word for spellings in names.values() for word in spellings})
    if not spelt:
        return found, 0
    query = select(mentions.c.search).where(
        *_within(brand, start, end), or_(*(mentions.c.search.contains(word, autoescape=True) for word in spelt))
    )
    for (text,) in tx.execute(query):
        named = [title for title, pattern in patterns.items() if pattern.search(text)]
        any_ += bool(named)
        for title in named:
            found[title] += 1
    return found, any_


def by_incident(tx: Connection, brand: str, start: datetime, end: datetime) -> list[tuple[int, str, int]]:
    """The incidents with mentions published in [start, end): number, topic, how many; the largest first."""
    count = func.count()
    query = (
        select(incidents.c.id, incidents.c.topic, count)
        .select_from(
            incident_mentions.join(mentions, mentions.c.id == incident_mentions.c.mention_id).join(
                incidents, incidents.c.id == incident_mentions.c.incident_id
            )
        )
        .where(*_within(brand, start, end))
        .group_by(incidents.c.id, incidents.c.topic)
        .having(count > 1)
        .order_by(count.desc(), incidents.c.id)
    )
    return [(int(id), str(topic), int(many)) for id, topic, many in tx.execute(query)]


def of_incidents(tx: Connection, brand: str, ids: Sequence[int], start: datetime, end: datetime) -> dict[int, int]:
    """How many mentions of each of these incidents were published in [start, end); none is left out."""
    found: dict[int, int] = {}
    for chunk in chunks(sorted(ids)):
        query = (
            select(incident_mentions.c.incident_id, func.count())
            .select_from(incident_mentions.join(mentions, mentions.c.id == incident_mentions.c.mention_id))
            .where(*_within(brand, start, end), incident_mentions.c.incident_id.in_(chunk))
            .group_by(incident_mentions.c.incident_id)
        )
        found |= {int(id): int(many) for id, many in tx.execute(query)}
    return found


def alarms_in(tx: Connection, brand: str, start: datetime, end: datetime) -> list[AlarmLine]:
    """The alarms whose moment lies in [start, end), in order."""
    query = (
        select(alarms.c.incident_id, incidents.c.topic, alarms.c.at)
        .select_from(alarms.join(incidents, incidents.c.id == alarms.c.incident_id))
        .where(alarms.c.brand == brand, alarms.c.at >= utc(start), alarms.c.at < utc(end))
        .order_by(alarms.c.at, alarms.c.id)
    )
    return [AlarmLine(int(incident), topic, at) for incident, topic, at in tx.execute(query)]


def first_mention(tx: Connection, brand: str) -> datetime | None:
    """When the oldest mention was published; None where there is none."""
    query = select(func.min(mentions.c.published_at)).where(mentions.c.brand == brand)
    found: datetime | None = tx.execute(query).scalar_one_or_none()
    return None if found is None else utc(found)


def _within(brand: str, start: datetime, end: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        mentions.c.brand == brand, mentions.c.published_at >= utc(start), mentions.c.published_at < utc(end)
    )  # fmt: skip
