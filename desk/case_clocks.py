"""A case's clocks from its events, and the deadline the queue is ordered by. Reads and writes inside a transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from desk.clock import CLOCK_EVENTS, Clock, Clocks, Event
from desk.in_force import ClocksInForce
from desk.lineage import counted, first_post
from store import cases as case_store
from store import events as event_log
from store.rows import EventRow, NewEvent


def clocks_of(clocks: Clocks, events: Sequence[EventRow | NewEvent], now: datetime) -> list[Clock]:
    """Every clock of a case at `now`, from its events alone, under the promise in force when it started."""
    counting = counted(events)
    post = first_post(counting)
    first: dict[str, Any] = dict(post.data) if post else {}
    if isinstance(clocks, ClocksInForce):
        clocks = clocks.of_version(first.get("policy"))
    answer_by = datetime.fromisoformat(first["answer_by"]) if first.get("answer_by") else None
    story = [Event(e.at, e.type, e.by, e.data.get("urgency")) for e in counting if e.type in CLOCK_EVENTS]
    # A backdated mention can be handled before its clock has run a second: the case's own events are always told.
    latest = max((e.at for e in story), default=now)
    return clocks.clocks(story, max(now, latest), first.get("channel"), answer_by, first.get("team"))


def nearest_due(told: Sequence[Clock]) -> dict[str, Any]:
    """The columns `due_at` and `due_clock` of a case: the earliest deadline of the clocks that still run."""
    running = [(c.due_at, c.clock) for c in told if c.state in ("running", "breached") and c.due_at is not None]
    due_at, clock = min(running, default=(None, None))
    return {"due_at": due_at, "due_clock": clock}


def refresh(tx: Connection, clocks: Clocks, case_id: int, now: datetime, **columns: Any) -> None:
    """Write the case's nearest running deadline, together with `columns`, after its events have changed."""
    told = clocks_of(clocks, event_log.of_case(tx, case_id), now)
    case_store.update_case(tx, case_id, updated_at=now, **nearest_due(told), **columns)
