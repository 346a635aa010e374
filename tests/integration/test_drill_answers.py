"""Which answers a drill calls given the same day and as promised: case by case, on a desk of office hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from desk.crisis.drill_result import answers_of
from desk.in_force import ClocksInForce
from desk.policy import Policy
from playbooks.crisis.plan import Plan
from playbooks.crisis.run import Run
from playbooks.crisis.scorecard import scorecard
from playbooks.crisis.shelf import load_plans
from store import Store, cases, events

PLAN: Plan = load_plans()["data_leak"]
BRAND = "cinar"
NOW = datetime(2026, 11, 13, 17, tzinfo=UTC)  # Friday evening; the desk is open from 9 to 18 on both days


def at(text: str) -> datetime:
    """`thu 22:30`: an hour in Istanbul on the night of the drill or the day before or after it."""
    day, hour = text.split()
    midnight = datetime(2026, 11, {"thu": 12, "fri": 13}[day]) - timedelta(hours=3)
    return midnight.replace(tzinfo=UTC) + timedelta(hours=int(hour[:2]), minutes=int(hour[3:]))


Story = list[tuple[str, str, str]]
"""What happened to a case, in the order of its log: when, what, and the urgency or who did it."""

STORIES: list[tuple[str, Story, bool | None, bool | None]] = [
    ("past midnight is the same day of a desk that was closed",
     [("thu 22:30", "customer_posted", "same_day"), ("fri 00:10", "answered", "agent:Can")], True, True),
    ("two hours after the next opening, to the minute",
     [("thu 22:30", "customer_posted", "same_day"), ("fri 11:00", "answered", "agent:Can")], True, True),
    ("a minute later",
     [("thu 22:30", "customer_posted", "same_day"), ("fri 11:01", "answered", "agent:Can")], False, False),
    ("after the close is another day, whatever the calendar says",
     [("fri 16:00", "customer_posted", "same_day"), ("fri 18:01", "answered", "agent:Can")], False, False),
    ("judged critical, then answered in the same minute",
     [("thu 22:30", "customer_posted", "same_day"), ("thu 23:10", "urgency_changed", "critical"),
      ("thu 23:10", "answered", "agent:Can")], True, False),
    ("answered, then judged critical in the same minute",
     [("thu 22:30", "customer_posted", "same_day"), ("thu 23:10", "answered", "agent:Can"),
      ("thu 23:10", "urgency_changed", "critical")], True, True),
    ("never answered, and past its promise", [("thu 22:30", "customer_posted", "same_day")], False, False),
    ("never answered, and there is time", [("fri 19:30", "customer_posted", "same_day")], False, None),
    ("a machine's answer is none",
     [("thu 22:30", "customer_posted", "same_day"), ("thu 22:31", "answered", "system")], False, False),
    ("nothing was promised, and it was answered",
     [("thu 22:30", "customer_posted", "none"), ("thu 23:10", "answered", "agent:Can")], True, None),
    ("the second answer is not the first",
     [("thu 22:30", "customer_posted", "critical"), ("thu 23:30", "answered", "agent:Can"),
      ("thu 23:31", "customer_wrote", ""), ("thu 23:32", "answered", "agent:Can")], True, False),
    ("nothing was promised, and nothing was answered", [("thu 22:30", "customer_posted", "none")], None, None),
    ("what comes after the end has not happened", [("fri 20:30", "customer_posted", "same_day")], None, None),
]  # fmt: skip


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_each_case_is_read_by_the_desks_own_promise(store: Store) -> None:
    with store.write() as tx:
        for _, story, _, _ in STORIES:
            posted = at(story[0][0])
            case_id = cases.open_case(tx, BRAND, channel="x", source="x", posted_at=posted, opened_at=posted)
            for when, type, told in story:
                by, data = (told, {}) if type == "answered" else ("system", {"urgency": told})
                first: dict[str, Any] = {"channel": "x"} if type == "customer_posted" else {}
                events.append(
                    tx, BRAND, type=type, at=at(when), by=by, recorded_at=at(when), case_id=case_id,
                    data={**first, **{name: value for name, value in data.items() if value}},
                )  # fmt: skip
    with store.read() as tx:
        found = list(answers_of(tx, BRAND, ClocksInForce(Policy(), store, BRAND), NOW))
    wanted = [story for story in STORIES if story[2] is not None]
    assert len(found) == len(wanted), "what wanted no answer and got none is not counted"
    cards = [scorecard(Run(PLAN), at("thu 22:15"), NOW, [one]) for one in found]
    told = [(what, card.answered_same_day, card.promises_kept)
            for (what, *_), card in zip(wanted, cards, strict=True)]  # fmt: skip
    assert told == [(what, float(same or 0), None if kept is None else float(kept)) for what, _, same, kept in wanted]
