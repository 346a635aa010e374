"""Reviews of crises, the actions they ended in, and the rows that a review is drafted from.

What happened is in the event log; a review keeps only what people wrote about it, and what was frozen when it was
signed. A signed review's row is never changed again: every function that would do so answers False.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, or_, select, update

from store.columns import plain_json
from store.dialect import chunks
from store.dialect import insert as insert_or
from store.tables import case_mentions, cases, mentions
from store.tables_crisis import alarms, crises, crisis_reviews, drills, incident_mentions, incidents, review_actions

STATES = ("open", "done", "dropped")
"""What an action can be; the last two are for good."""


@dataclass(frozen=True)
class ReviewRow:
    """One review. `body` is what people wrote (`sections`) and, once it is signed, all that was frozen with it."""

    crisis_id: int
    brand: str
    body: dict[str, Any]
    version: int
    drafted_at: datetime
    edited_at: datetime
    edited_by: str
    signed_at: datetime | None
    signed_by: str | None


@dataclass(frozen=True)
class ActionRow:
    """One thing that shall change; `state` is one of STATES, `due_on` a day (YYYY-MM-DD), both may still be empty."""

    id: int
    brand: str
    crisis_id: int
    what: str
    owner: str
    due_on: str
    state: str
    playbook: str | None
    change: str | None
    created_at: datetime
    settled_at: datetime | None
    note: str


@dataclass(frozen=True)
class SaidRow:
    """A mention of the incident as far as numbers care, and the case that holds it now."""

    id: int
    source: str
    channel: str
    author: str | None
    published_at: datetime
    case_id: int | None


@dataclass(frozen=True)
class WordsRow:
    """What somebody wrote, and who."""

    id: int
    channel: str
    text: str
    author: str | None
    author_name: str | None
    published_at: datetime


@dataclass(frozen=True)
class AlarmRow:
    """The alarm of an incident: when it was raised, what saw it, and the mentions that prove it."""

    id: int
    incident_id: int
    raised_at: datetime
    view: str
    facts: dict[str, Any]
    proof: list[int]


# --- reviews ---


def review(tx: Connection, brand: str, crisis_id: int) -> ReviewRow | None:
    """The review of a crisis, None where none was drafted."""
    query = select(crisis_reviews).where(crisis_reviews.c.brand == brand, crisis_reviews.c.crisis_id == crisis_id)
    row = tx.execute(query).one_or_none()
    return None if row is None else ReviewRow(**row._mapping)


def all_of(tx: Connection, brand: str, limit: int = 200) -> list[ReviewRow]:
    """The brand's reviews, those of the newest crises first."""
    query = select(crisis_reviews).where(crisis_reviews.c.brand == brand)
    return [
        ReviewRow(**row._mapping) for row in tx.execute(query.order_by(crisis_reviews.c.crisis_id.desc()).limit(limit))
    ]


def draft(tx: Connection, brand: str, crisis_id: int, body: Mapping[str, Any], by: str, now: datetime) -> bool:
    """Begin the review of a crisis at version 1; False where there is one already."""
    statement = insert_or(tx, crisis_reviews).values(
        crisis_id=crisis_id, brand=brand, body=plain_json(dict(body)), version=1, drafted_at=now, edited_at=now,
        edited_by=by,
    )  # fmt: skip
    found = tx.execute(statement.on_conflict_do_nothing().returning(crisis_reviews.c.crisis_id))
    return found.scalar_one_or_none() is not None


def save(
    tx: Connection, brand: str, crisis_id: int, body: Mapping[str, Any], version: int, by: str, now: datetime
) -> bool:
    """Keep a new body over the one of `version`; False where that is not the newest any more, or it is signed."""
    values = {"body": plain_json(dict(body)), "version": version + 1, "edited_at": now, "edited_by": by}
    return tx.execute(update(crisis_reviews).where(*_still(brand, crisis_id, version)).values(values)).rowcount == 1


def sign(
    tx: Connection, brand: str, crisis_id: int, body: Mapping[str, Any], version: int, by: str, now: datetime
) -> bool:
    """Freeze a review with its body; False where `version` is not the newest any more, or it is signed already."""
    values = {"body": plain_json(dict(body)), "signed_at": now, "signed_by": by}
    return tx.execute(update(crisis_reviews).where(*_still(brand, crisis_id, version)).values(values)).rowcount == 1


def _still(brand: str, crisis_id: int, version: int) -> tuple[ColumnElement[bool], ...]:
    mine = (crisis_reviews.c.brand == brand, crisis_reviews.c.crisis_id == crisis_id)
    return (*mine, crisis_reviews.c.version == version, crisis_reviews.c.signed_at.is_(None))


def undrafted(tx: Connection, brand: str, limit: int = 50) -> list[int]:
    """The ids of closed crises without a review, the oldest first."""
    query = (
        select(crises.c.id)
        .outerjoin(crisis_reviews, crisis_reviews.c.crisis_id == crises.c.id)
        .where(crises.c.brand == brand, crises.c.stage == "closed", crisis_reviews.c.crisis_id.is_(None))
        .order_by(crises.c.id)
        .limit(limit)
    )
    return [int(found) for found in tx.execute(query).scalars()]


# --- actions ---


def add_action(tx: Connection, brand: str, crisis_id: int, now: datetime, **columns: Any) -> int:
    """Write an action down as open; answers its id. Columns: what, owner, due_on, playbook, change."""
    values = {"brand": brand, "crisis_id": crisis_id, "state": "open", "created_at": now, "note": "", **columns}
    key = tx.execute(insert(review_actions).values(values)).inserted_primary_key
    assert key is not None
    return int(key[0])


def action(tx: Connection, brand: str, action_id: int) -> ActionRow | None:
    """One action of the brand, None where there is none of this id."""
    found = _actions(tx, review_actions.c.brand == brand, review_actions.c.id == action_id)
    return found[0] if found else None


def change_action(tx: Connection, brand: str, action_id: int, **columns: Any) -> bool:
    """Change an action that is open; False, and nothing is changed, where it is settled."""
    here = (review_actions.c.brand == brand, review_actions.c.id == action_id, review_actions.c.state == "open")
    return tx.execute(update(review_actions).where(*here).values(**columns)).rowcount == 1


def actions_of(tx: Connection, brand: str, crisis_id: int) -> list[ActionRow]:
    """The actions of a crisis, in the order in which they were written down."""
    return _actions(tx, review_actions.c.brand == brand, review_actions.c.crisis_id == crisis_id)


def open_actions(tx: Connection, brand: str, playbook: str | None = None) -> list[ActionRow]:
    """Every open action of the brand, the nearest day first; only those for a playbook or plan where one is named."""
    conditions = [review_actions.c.brand == brand, review_actions.c.state == "open"]
    if playbook is not None:
        conditions.append(review_actions.c.playbook == playbook)
    return sorted(_actions(tx, *conditions), key=lambda each: (each.due_on or "9999", each.id))


def _actions(tx: Connection, *conditions: ColumnElement[bool]) -> list[ActionRow]:
    query = select(review_actions).where(*conditions).order_by(review_actions.c.id)
    return [ActionRow(**row._mapping) for row in tx.execute(query)]


# --- what a review is drafted from ---


def family(tx: Connection, brand: str, incident_id: int) -> list[int]:
    """Every incident that turned out to be the same matter as this one, itself included."""
    query = select(incidents.c.id, incidents.c.merged_into).where(
        incidents.c.brand == brand, or_(incidents.c.id == incident_id, incidents.c.merged_into.is_not(None))
    )
    into: dict[int, int] = {row.id: row.merged_into for row in tx.execute(query) if row.merged_into is not None}
    root = _root(incident_id, into)
    return sorted({root, incident_id, *(one for one in into if _root(one, into) == root)})


def _root(incident_id: int, into: Mapping[int, int]) -> int:
    seen = {incident_id}
    while (above := into.get(incident_id)) is not None and above not in seen:
        incident_id = above
        seen.add(above)
    return incident_id


def said(tx: Connection, brand: str, incident_ids: Collection[int]) -> list[SaidRow]:
    """The mentions of these incidents, the first posted first."""
    found = []
    for part in chunks(sorted(incident_ids)):
        query = (
            select(
                mentions.c.id, mentions.c.source, mentions.c.channel, mentions.c.author, mentions.c.published_at,
                case_mentions.c.case_id,
            )
            .join(incident_mentions, incident_mentions.c.mention_id == mentions.c.id)
            .outerjoin(case_mentions, case_mentions.c.mention_id == mentions.c.id)
            .where(incident_mentions.c.brand == brand, incident_mentions.c.incident_id.in_(part))
        )  # fmt: skip
        found += [SaidRow(**row._mapping) for row in tx.execute(query)]
    return sorted(found, key=lambda each: (each.published_at, each.id))


def words(tx: Connection, brand: str, mention_ids: Iterable[int]) -> list[WordsRow]:
    """The words of these mentions, the first posted first; what was erased, or deleted where it was written, is not
    among them."""
    found = []
    for part in chunks(sorted(set(mention_ids))):
        query = select(
            mentions.c.id, mentions.c.channel, mentions.c.text, mentions.c.author, mentions.c.author_name,
            mentions.c.published_at,
        ).where(mentions.c.brand == brand, mentions.c.id.in_(part), mentions.c.deleted_at.is_(None))  # fmt: skip
        found += [WordsRow(**row._mapping) for row in tx.execute(query)]
    return sorted(found, key=lambda each: (each.published_at, each.id))


def first_alarm(tx: Connection, brand: str, incident_ids: Collection[int]) -> AlarmRow | None:
    """The first alarm that was raised for one of these incidents."""
    query = (
        select(
            alarms.c.id, alarms.c.incident_id, alarms.c.raised_at, alarms.c.view, alarms.c.facts, alarms.c.proof
        )
        .where(alarms.c.brand == brand, alarms.c.incident_id.in_(sorted(incident_ids)))
        .order_by(alarms.c.raised_at, alarms.c.id)
        .limit(1)
    )  # fmt: skip
    row = tx.execute(query).one_or_none()
    return None if row is None else AlarmRow(**row._mapping)


def merged_from(tx: Connection, brand: str, case_ids: Collection[int]) -> dict[int, int]:
    """The cases that were merged into one of these, at any distance, each with the one of these."""
    query = select(cases.c.id, cases.c.merged_into).where(cases.c.brand == brand, cases.c.merged_into.is_not(None))
    into: dict[int, int] = {row.id: row.merged_into for row in tx.execute(query)}
    found = {one: _root(one, into) for one in into}
    return {one: root for one, root in found.items() if root in set(case_ids) and one not in set(case_ids)}


def last_drill(tx: Connection, brand: str, plan: str, before: datetime) -> datetime | None:
    """When a plan was last rehearsed to its end before a moment; None where it never was."""
    query = select(func.max(drills.c.ended_at)).where(
        drills.c.brand == brand, drills.c.plan == plan, drills.c.state == "ended", drills.c.ended_at < before
    )
    return tx.execute(query).scalar_one_or_none()
