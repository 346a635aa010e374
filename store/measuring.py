"""What the numbers of a report are reckoned from: the events of the cases of a period, in one pass."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, Text, and_, case, cast, func, null, select, text

from store.dialect import microseconds
from store.tables import cases, events, mentions, polls

POSTS = ("customer_posted", "customer_wrote")

LEFT_OUT = ("routed", "playbook_started", "warned", "unassigned", "mention_deleted", "reply_held")
"""Events of the system that move no number; `routed` alone is a third of a log's bytes."""

TOLD = (
    *POSTS, "undone", "split", "assigned", "set_aside", "urgency_changed", "approval_asked", "approved",
    "approval_rejected", "approval_withdrawn", "approval_expired", "send_queued", "sent", "send_cancelled",
    "send_failed",
)  # fmt: skip
"""Events of which the numbers need more than that they happened; what was written to customers is never read."""

ABOUT = ("channel", "topic", "playbook", "team", "language")
"""What the row of a case says of it; nothing of one whose row is gone."""

_UNKNOWN = (None,) * len(ABOUT)

PAGE = 5000
"""Rows fetched at once: the result of a year is never in memory as a whole."""

READ_KEPT = 20_000
"""What events say, kept as it was read: most is said ten thousand times (`assigned`, by Ada, `{"to": "Elif", …}`)."""


@dataclass(slots=True, eq=False)
class What:
    """What an event says: its type, by whom, and what else is known of it, empty for the types that are not in TOLD.
    One object for all events of a reading that say the same, never changed: whoever works something out of it does so
    once for thousands."""

    type: str
    by: str
    data: dict[str, Any]


@dataclass(slots=True)
class Line:
    """One event as far as the numbers need it; moments are microseconds since 1970. `recorded_at` is that of `at` for
    all but posts."""

    id: int
    mention_id: int | None
    at: int
    recorded_at: int
    what: What

    @property
    def type(self) -> str:
        """What happened."""
        return self.what.type

    @property
    def by(self) -> str:
        """By whom."""
        return self.what.by

    @property
    def data(self) -> dict[str, Any]:
        """What else is known of it."""
        return self.what.data


@dataclass(slots=True)
class Told:
    """One case: its events in the order in which they happened, when each of its mentions was seen (microseconds since
    1970), and what its row says of it, as in ABOUT."""

    case_id: int
    events: list[Line]
    seen: dict[int, int]
    about: tuple[str | None, ...]


def stories(tx: Connection, brand: str, since: datetime, until: datetime) -> Iterator[Told]:
    """Every case to which its customer wrote in [since, until), by its number, with all of its events.

    Which of them belong to a period is the desk's matter: a case may have been posted before. Must be read to its end
    inside the transaction.
    """
    wanted = _wanted(brand, since, until)
    about = _about(tx, brand, wanted)
    is_post = events.c.type.in_(POSTS)
    query = (
        select(
            events.c.case_id, events.c.id, events.c.mention_id, microseconds(events.c.at),
            case((is_post, microseconds(events.c.recorded_at)), else_=null()), events.c.type, events.c.by,
            case((events.c.type.in_(TOLD), cast(events.c.data, Text)), else_=null()),
            case((is_post, microseconds(mentions.c.seen_at)), else_=null()),
        )
        .select_from(events.outerjoin(mentions, and_(mentions.c.id == events.c.mention_id, is_post)))
        .where(events.c.case_id.in_(wanted), events.c.type.not_in(LEFT_OUT))
        .order_by(events.c.case_id, events.c.at, events.c.id)
    )  # fmt: skip
    told: list[Line] = []
    seen: dict[int, int] = {}
    current: int | None = None
    read: dict[tuple[str, str, str | None], What] = {}
    rows = tx.execution_options(yield_per=PAGE).execute(query)
    for case_id, id_, mention_id, at, recorded, type_, by, text_, seen_at in rows:
        if case_id != current:
            if current is not None:
                yield Told(current, told, seen, about.get(current, _UNKNOWN))
            current, told, seen = case_id, [], {}
        key = (type_, by, text_)
        what = read.get(key)
        if what is None:
            if len(read) >= READ_KEPT:
                read.clear()
            what = read[key] = What(type_, by, json.loads(text_) if text_ else {})
        told.append(Line(id_, mention_id, at, at if recorded is None else recorded, what))
        if seen_at is not None:
            seen[mention_id] = seen_at
    if current is not None:
        yield Told(current, told, seen, about.get(current, _UNKNOWN))


def size(tx: Connection, brand: str, earlier: datetime, since: datetime, until: datetime) -> int:
    """How much a report on [since, until) has to read, in posts of customers: those since `earlier`, from where the
    period before it begins, and the polls of the sources, four of which take as long as one."""
    posts = select(func.count()).select_from(_wanted(brand, earlier, until).subquery())
    asked = select(func.count()).where(
        polls.c.brand == brand, polls.c.finished_at >= since, polls.c.finished_at < until
    )
    return int(tx.execute(posts).scalar_one()) + int(tx.execute(asked).scalar_one()) // 4


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


def _about(tx: Connection, brand: str, wanted: Select[Any]) -> dict[int, tuple[str | None, ...]]:
    query = select(cases.c.id, *(cases.c[name] for name in ABOUT))
    rows = tx.execute(query.where(cases.c.brand == brand, cases.c.id.in_(wanted)))
    return {row[0]: row[1:] for row in rows}
