"""Complaints with what they name, what was given for them, and the causes that are followed. Rules: desk/causes."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, DateTime, Text, case, cast, func, not_, null, or_, select, type_coerce, update

from store.cases import corrections_of
from store.columns import aware
from store.dialect import chunks
from store.dialect import insert as insert_or
from store.events import hold
from store.tables import case_mentions, cases, corrections, mentions, scores
from store.tables_concessions import concessions
from store.tables_crisis import causes


@dataclass(frozen=True)
class Said:
    """A scored mention as a complaint may be counted from it: `topic` and `sentiment` as people corrected them,
    `facts` as stored with the score, `person` who wrote it as far as is known (empty where it is not)."""

    id: int
    at: datetime
    topic: str
    sentiment: str
    urgency: str
    facts: tuple[dict[str, Any], ...]
    extra: dict[str, Any]
    person: str
    case_id: int | None


@dataclass(frozen=True)
class GivenRow:
    """Something given on a case (the one that holds its mentions now) and not cancelled."""

    id: int
    case_id: int
    amount: Decimal | None
    currency: str | None


@dataclass(frozen=True)
class CauseRow:
    """A cause that is followed: `state` is open, acknowledged, fixed or back."""

    id: int
    brand: str
    kind: str
    value: str
    topic: str
    state: str
    facts: dict[str, Any]
    owner: str
    note: str
    since: datetime
    updated_at: datetime


def said(
    tx: Connection, brand: str, start: datetime, end: datetime, all_from: datetime | None = None,
    named_by: Sequence[str] = (),
) -> list[Said]:  # fmt: skip
    """What was posted in [start, end) and is negative, by the classifier or by a person, the oldest first; of what was
    posted before `all_from` that alone in which something was found, or of which `extra` has a field of `named_by`."""
    by_hand = select(corrections.c.mention_id).where(corrections.c.brand == brand, corrections.c.head == "sentiment")
    # Nothing is named in most of what is written. That is seen in the text of the score (see store.volume.quality):
    # taking it apart, here or in the database, costs more than all the rest.
    told, extra = cast(scores.c.payload, Text), cast(mentions.c.extra, Text)
    nothing = or_(told.contains('"facts":[]', autoescape=True), told.contains('"facts": []', autoescape=True))
    query = (
        select(
            mentions.c.id, type_coerce(mentions.c.published_at, DateTime(timezone=True)), mentions.c.source,
            mentions.c.author, case((extra == "{}", null()), else_=extra), scores.c.topic, scores.c.sentiment,
            scores.c.urgency, case((nothing, null()), else_=cast(scores.c.payload["facts"], Text)),
            case_mentions.c.case_id, cases.c.person_id,
        )
        .join(scores, scores.c.mention_id == mentions.c.id)
        .join(case_mentions, case_mentions.c.mention_id == mentions.c.id, isouter=True)
        .join(cases, cases.c.id == case_mentions.c.case_id, isouter=True)
        .where(
            mentions.c.brand == brand, mentions.c.published_at >= start, mentions.c.published_at < end,
            or_(scores.c.sentiment == "negative", mentions.c.id.in_(by_hand)),
        )
        .order_by(mentions.c.published_at, mentions.c.id)
    )  # fmt: skip
    if all_from is not None:
        names = [extra.contains(f'"{field}"', autoescape=True) for field in named_by]
        query = query.where(or_(mentions.c.published_at >= all_from, not_(nothing), *names))
    rows = tx.execute(query).all()
    labels: dict[int, dict[str, str]] = {}
    for part in chunks([row[0] for row in rows]):
        labels.update(corrections_of(tx, part))
    none: dict[str, str] = {}
    found = []
    for id_, at, source, author, extra_, topic, sentiment, urgency, facts, case_id, person_id in rows:
        by_people = labels.get(id_, none)
        account = f"{source}:{author}" if author else ""
        person = f"person:{person_id}" if person_id is not None else account
        named = json.loads(facts) if facts else None
        found.append(
            Said(
                id_, aware(at), by_people.get("topic", topic), by_people.get("sentiment", sentiment),
                by_people.get("urgency", urgency), tuple(one for one in named or () if isinstance(one, dict)),
                (json.loads(extra_) if extra_ else None) or {}, person, case_id,
            )
        )  # fmt: skip
    return found


def posted(tx: Connection, brand: str, edges: Sequence[datetime]) -> list[int]:
    """How many mentions were posted between each two neighbouring `edges` (ascending, the later one left out)."""
    counts = []
    for start, end in itertools.pairwise(edges):
        query = select(func.count()).where(
            mentions.c.brand == brand, mentions.c.published_at >= start, mentions.c.published_at < end
        )
        counts.append(int(tx.execute(query).scalar_one()))
    return counts


def given(tx: Connection, brand: str, case_ids: Sequence[int], start: datetime, end: datetime) -> list[GivenRow]:
    """What was given in [start, end) and not cancelled on these cases, or on one that was merged into them."""
    holder = func.coalesce(cases.c.merged_into, cases.c.id)
    found = []
    for part in chunks(list(case_ids)):
        query = (
            select(concessions.c.id, holder.label("case_id"), concessions.c.amount, concessions.c.currency)
            .join(cases, cases.c.id == concessions.c.case_id)
            .where(
                concessions.c.brand == brand, concessions.c.state != "cancelled", concessions.c.at >= start,
                concessions.c.at < end, holder.in_(part),
            )
            .order_by(concessions.c.id)
        )  # fmt: skip
        found += [GivenRow(**row._mapping) for row in tx.execute(query)]
    return found


# --- the causes that are followed


def all_of(tx: Connection, brand: str) -> list[CauseRow]:
    """Every cause of the brand that is followed, the oldest first."""
    query = select(causes).where(causes.c.brand == brand).order_by(causes.c.id)
    return [CauseRow(**row._mapping) for row in tx.execute(query)]


def cause(tx: Connection, brand: str, cause_id: int) -> CauseRow | None:
    """One of them; None where there is none of that number."""
    row = tx.execute(select(causes).where(causes.c.brand == brand, causes.c.id == cause_id)).one_or_none()
    return None if row is None else CauseRow(**row._mapping)


def follow(
    tx: Connection, brand: str, *, kind: str, value: str, topic: str, facts: Mapping[str, Any], since: datetime,
    now: datetime,
) -> int | None:  # fmt: skip
    """Follow a cause from now on; answers its id, None where it is followed already."""
    hold(tx, brand)
    statement = insert_or(tx, causes).values(
        brand=brand, kind=kind, value=value, topic=topic, state="open", facts=dict(facts), owner="", note="",
        since=since, updated_at=now,
    )  # fmt: skip
    found = tx.execute(statement.on_conflict_do_nothing().returning(causes.c.id)).scalar_one_or_none()
    return None if found is None else int(found)


def move(tx: Connection, brand: str, row: CauseRow, now: datetime, **columns: Any) -> bool:
    """Change a cause that is still as `row` says; False, and nothing is changed, where somebody was quicker."""
    hold(tx, brand)
    here = (
        causes.c.brand == brand, causes.c.id == row.id, causes.c.state == row.state,
        causes.c.updated_at == row.updated_at,
    )  # fmt: skip
    return tx.execute(update(causes).where(*here).values(updated_at=now, **columns)).rowcount == 1
