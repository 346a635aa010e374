"""A case's clocks from its events, and the deadline the queue is ordered by. Reads and writes inside a transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from desk.clock import CLOCK_EVENTS, Clock, Clocks, Event
from store import cases as case_store
from store import events as event_log
from store.rows import EventRow


def clocks_of(clocks: Clocks, events: Sequence[EventRow], now: datetime) -> list[Clock]:
    """Every clock of a case at `now`, from its event rows alone."""
    first: dict[str, Any] = next((dict(e.data) for e in events if e.type == "customer_posted"), {})
    answer_by = datetime.fromisoformat(first["answer_by"]) if first.get("answer_by") else None
    story = [Event(e.at, e.type, e.by, e.data.get("urgency")) for e in events if e.type in CLOCK_EVENTS]
    # A backdated mention can be handled before its clock has run a second: the case's own events are always told.
    latest = max((e.at for e in story), default=now)
    return clocks.clocks(story, max(now, latest), first.get("channel"), answer_by)


def refresh(tx: Connection, clocks: Clocks, case_id: int, now: datetime, **columns: Any) -> None:
    """Write the case's nearest running deadline, together with `columns`, after its events have changed."""
    told = clocks_of(clocks, event_log.of_case(tx, case_id), now)
    open_clocks = [c for c in told if c.state in ("running", "breached") and c.due_at is not None]
    nearest = min(open_clocks, key=lambda c: (c.due_at or now, c.clock), default=None)
    case_store.update_case(
        tx,
        case_id,
        due_at=nearest.due_at if nearest else None,
        due_clock=nearest.clock if nearest else None,
        updated_at=now,
        **columns,
    )
