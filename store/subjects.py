"""Events about something other than a case: an incident, a crisis, a cause. They stand in the same log and chain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from store import events as event_log
from store.decode import EVENT_COLUMNS, event_row
from store.dialect import chunks
from store.rows import EventRow
from store.tables import events
from store.tables_crisis import subject_events


def subject(kind: str, id: int) -> str:
    """How the log calls one of them: `crisis:3`."""
    return f"{kind}:{id}"


def append(
    tx: Connection, brand: str, subjects: str | Sequence[str], *, type: str, at: datetime, by: str,
    recorded_at: datetime, case_id: int | None = None, mention_id: int | None = None,
    data: Mapping[str, Any] | None = None,
) -> int:  # fmt: skip
    """Write one event about one subject or several at the end of the brand's chain; answers its id."""
    event_id = event_log.append(
        tx, brand, type=type, at=at, by=by, recorded_at=recorded_at, case_id=case_id, mention_id=mention_id,
        data=dict(data or {}),
    )  # fmt: skip
    named = [subjects] if isinstance(subjects, str) else list(dict.fromkeys(subjects))
    tx.execute(insert(subject_events), [{"event_id": event_id, "subject": one, "brand": brand} for one in named])
    return event_id


def events_of(tx: Connection, brand: str, subject: str, after_id: int = 0) -> list[EventRow]:
    """The events about a subject in the order in which they were written, those after an event's id alone."""
    query = (
        select(*EVENT_COLUMNS)
        .join(subject_events, subject_events.c.event_id == events.c.id)
        .where(subject_events.c.brand == brand, subject_events.c.subject == subject, events.c.id > after_id)
        .order_by(events.c.id)
    )
    return [event_row(row) for row in tx.execute(query)]


def newest(tx: Connection, brand: str, subjects: Sequence[str]) -> dict[str, int]:
    """The id of the last event about each subject; one without events is left out."""
    found: dict[str, int] = {}
    for part in chunks(list(subjects)):
        query = (
            select(subject_events.c.subject, func.max(subject_events.c.event_id))
            .where(subject_events.c.brand == brand, subject_events.c.subject.in_(part))
            .group_by(subject_events.c.subject)
        )
        found.update({row[0]: int(row[1]) for row in tx.execute(query)})
    return found
