"""Mentions that change their case, tags, and the policies that were in force."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update

from store.dialect import insert
from store.events import hold
from store.tables import case_mentions, cases
from store.tables_desk import case_tags, policies


def move_mentions(tx: Connection, brand: str, mention_ids: Sequence[int], from_case: int, to_case: int) -> int:
    """Mentions of one case belong to another one from now on; how many did (those that had left already do not)."""
    hold(tx, brand)
    moved = update(case_mentions).where(
        case_mentions.c.brand == brand,
        case_mentions.c.case_id == from_case,
        case_mentions.c.mention_id.in_(mention_ids),
    )
    return tx.execute(moved.values(case_id=to_case)).rowcount


def merged_from(tx: Connection, brand: str, case_id: int) -> list[int]:
    """The cases whose mentions this one holds now, oldest first."""
    query = select(cases.c.id).where(cases.c.brand == brand, cases.c.merged_into == case_id).order_by(cases.c.id)
    return list(tx.execute(query).scalars())


def cases_of_person(tx: Connection, brand: str, person_id: int, limit: int = 20) -> list[int]:
    """A person's cases that were not merged into another one, the newest first."""
    query = (
        select(cases.c.id)
        .where(cases.c.brand == brand, cases.c.person_id == person_id, cases.c.merged_into.is_(None))
        .order_by(cases.c.id.desc())
        .limit(limit)
    )
    return list(tx.execute(query).scalars())


def set_tags(tx: Connection, brand: str, case_id: int, tags: Iterable[str]) -> None:
    """A case has these tags and no others."""
    tx.execute(delete(case_tags).where(case_tags.c.case_id == case_id))
    rows = [{"brand": brand, "case_id": case_id, "tag": tag} for tag in sorted(set(tags))]
    if rows:
        tx.execute(insert(tx, case_tags).on_conflict_do_nothing(), rows)


def tags_of(tx: Connection, case_id: int) -> tuple[str, ...]:
    """A case's tags in their order."""
    query = select(case_tags.c.tag).where(case_tags.c.case_id == case_id).order_by(case_tags.c.tag)
    return tuple(tx.execute(query).scalars())


def keep_policy(tx: Connection, brand: str, version: str, record: dict[str, Any], at: datetime) -> None:
    """Keep a policy under its version; one that is known stays as it was."""
    row = insert(tx, policies).values(brand=brand, version=version, record=record, first_at=at)
    tx.execute(row.on_conflict_do_nothing())


def policy_of(tx: Connection, brand: str, version: str) -> dict[str, Any] | None:
    """The policy of a version; None for one that was never in force here."""
    query = select(policies.c.record).where(policies.c.brand == brand, policies.c.version == version)
    found: dict[str, Any] | None = tx.execute(query).scalar_one_or_none()
    return found
