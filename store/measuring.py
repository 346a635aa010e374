"""What the numbers of a report are reckoned from: the events of the cases of a period, in one pass."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, DateTime, Select, Text, and_, case, cast, null, select, text, type_coerce

from store.tables import cases, events, mentions

POSTS = ("customer_posted", "customer_wrote")

LEFT_OUT = ("routed", "playbook_started", "warned", "unassigned", "mention_deleted", "reply_held")
"""Events of the system that move no number; `routed` alone is a third of a log's bytes."""

TOLD = (
    *POSTS, "undone", "split", "assigned", "set_aside", "urgency_changed", "approval_asked", "approved",
    "approval_rejected", "approval_withdrawn", "approval_expired", "send_queued", "sent", "send_cancelled",
    "send_failed",
)  # fmt: skip
"""Events of which the numbers need more than that they happened; what was written to customers is never read."""

PAGE = 5000
"""Rows fetched at once: the result of a year is never in memory as a whole."""

_NOTHING: dict[str, Any] = {}


@dataclass(slots=True)
class Line:
    """One event as far as the numbers need it. `data` is empty for the types that are not in TOLD, `recorded_at` that
    of `at` for all but posts."""

    id: int
    mention_id: int | None
    at: datetime
    recorded_at: datetime
    type: str
    by: str
    data: dict[str, Any]


@dataclass(frozen=True)
class Told:
    """One case: its events in the order in which they happened, when each of its mentions was seen, its row's words."""

    case_id: int
    events: list[Line]
    seen: dict[int, datetime]
    about: dict[str, str | None]


def stories(tx: Connection, brand: str, since: datetime, until: datetime) -> Iterator[Told]:
    """Every case to which its customer wrote in [since, until), by its number, with all of its events.

    Which of them belong to a period is the desk's matter: a case may have been posted before. Must be read to its end
    inside the transaction.
    """
    wanted = _wanted(brand, since, until)
    about = _about(tx, brand, wanted)
    is_post = events.c.type.in_(POSTS)
    # Plain times, made aware below: a call for each of a million values is a third of the whole reading.
    at, recorded_at, seen_at = (
        type_coerce(column, DateTime(timezone=True))
        for column in (events.c.at, events.c.recorded_at, mentions.c.seen_at)
    )
    query = (
        select(
            events.c.case_id, events.c.id, events.c.mention_id, at, case((is_post, recorded_at), else_=null()),
            events.c.type, events.c.by, case((events.c.type.in_(TOLD), cast(events.c.data, Text)), else_=null()),
            seen_at,
        )
        .select_from(events.outerjoin(mentions, and_(mentions.c.id == events.c.mention_id, is_post)))
        .where(events.c.case_id.in_(wanted), events.c.type.not_in(LEFT_OUT))
        .order_by(events.c.case_id, events.c.at, events.c.id)
    )  # fmt: skip
    told: list[Line] = []
    seen: dict[int, datetime] = {}
    current: int | None = None
    for case_id, id_, mention_id, at_, recorded, type_, by, data, seen_ in tx.execution_options(yield_per=PAGE).execute(
        query
    ):
        if case_id != current:
            if current is not None:
                yield Told(current, told, seen, about.get(current, {}))
            current, told, seen = case_id, [], {}
        when = at_.replace(tzinfo=UTC) if at_.tzinfo is None else at_.astimezone(UTC)
        written = when if recorded is None else _aware(recorded)
        told.append(Line(id_, mention_id, when, written, type_, by, json.loads(data) if data else _NOTHING))
        if seen_ is not None:
            seen[mention_id] = _aware(seen_)
    if current is not None:
        yield Told(current, told, seen, about.get(current, {}))


def _aware(when: datetime) -> datetime:
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def _wanted(brand: str, since: datetime, until: datetime) -> Select[Any]:
    """The cases with a post in [since, until), from the index of posts alone."""
    # Written out: neither database takes a partial index for a condition whose values it is told later.
    posts = text("events.type IN ('customer_posted', 'customer_wrote')")
    return (
        select(events.c.case_id)
        .where(events.c.brand == brand, posts, events.c.at >= since, events.c.at < until)
        .where(events.c.case_id.is_not(None))
        .distinct()
    )


def _about(tx: Connection, brand: str, wanted: Select[Any]) -> dict[int, dict[str, str | None]]:
    columns = (cases.c.channel, cases.c.topic, cases.c.playbook, cases.c.team, cases.c.language)
    query = select(cases.c.id, *columns).where(cases.c.brand == brand, cases.c.id.in_(wanted))
    names = [column.name for column in columns]
    return {id_: dict(zip(names, values, strict=True)) for id_, *values in tx.execute(query)}
