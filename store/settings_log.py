"""What the log says of changed settings: who, when, which fields. Values are not in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from store.tables import events

CHANGED = "settings_changed"


@dataclass(frozen=True)
class Changed:
    """One change of the configuration; `data` is the event's."""

    at: datetime
    by: str
    data: dict[str, Any]


def changes(tx: Connection, brand: str, limit: int = 20) -> list[Changed]:
    """The newest changes first."""
    # Without a case, so that the index over cases finds them among millions of events of cases.
    query = (
        select(events.c.at, events.c.by, events.c.data)
        .where(events.c.case_id.is_(None), events.c.brand == brand, events.c.type == CHANGED)
        .order_by(events.c.at.desc(), events.c.id.desc())
        .limit(limit)
    )
    return [Changed(row.at, row.by, dict(row.data)) for row in tx.execute(query)]
