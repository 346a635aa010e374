"""Every case's clocks from the event log alone, read from its first line on: what proves that nothing else decides."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from desk.case_clocks import clocks_of, nearest_due
from desk.clock import Clock, Clocks
from store import cases as case_store
from store import events as event_log
from store.engine import Store
from store.rows import EventRow

__all__ = ["differing", "replay"]


def replay(store: Store, brand: str, clocks: Clocks, now: datetime) -> dict[int, list[Clock]]:
    """The clocks at `now` of every case that the brand's log tells of."""
    told: dict[int, list[EventRow]] = defaultdict(list)
    after = 0
    while True:
        with store.read() as tx:
            page = event_log.all_events(tx, brand, after)
        if not page:
            break
        after = page[-1].id
        for event in page:
            if event.case_id is not None:
                told[event.case_id].append(event)
    order = {case_id: sorted(events, key=lambda event: (event.at, event.id)) for case_id, events in told.items()}
    return {case_id: clocks_of(clocks, events, now) for case_id, events in order.items()}


def differing(store: Store, brand: str, clocks: Clocks, now: datetime) -> list[str]:
    """The cases whose kept deadline is not the one that the log gives, a sentence each; empty when all is well."""
    problems = []
    for case_id, told in sorted(replay(store, brand, clocks, now).items()):
        with store.read() as tx:
            row = case_store.case(tx, brand, case_id)
        if row is None:
            continue  # it was erased; what was done about it stays in the log
        due = nearest_due(told)["due_at"]
        if row.due_at != due:
            problems.append(f"Case {case_id} is kept as due {row.due_at}, but its events say {due}.")
    return problems
