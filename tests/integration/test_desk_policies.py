"""A case keeps the promise that was in force when it started; and the log alone gives every deadline again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from desk.desk import Desk
from desk.intake import Intake
from desk.replay import replay
from desk.settings import Settings, validate
from desk.views import Filters
from store.engine import Store
from tests.integration.test_desk_cases import FRIDAY, LIBRARY, House

OLD = {"promises": {"urgent": {"within": "1h", "clock": "always"}}}
NEW = {"promises": {"urgent": {"within": "4h", "clock": "always"}}}


def settings(desk: dict[str, Any]) -> Settings:
    return validate({"brand": {"name": "Deneme"}, "agents": [{"name": "Elif"}], "desk": desk}, None)


def house_of(store: Store, desk: dict[str, Any], count: int) -> House:
    made = settings(desk)
    return House(store, Intake(store, made, LIBRARY), Desk(store, made, LIBRARY), count)


def test_a_case_keeps_its_promise_when_the_policy_changes(store: Store) -> None:
    house = house_of(store, OLD, 0)
    house.bring(urgency="urgent")
    [old] = house.ids()
    later = house_of(store, NEW, 10)
    later.bring(urgency="urgent", author="veli", at=FRIDAY + timedelta(minutes=5))
    due = {row.case_id: row.due_at for row in later.desk.queue(Filters(), FRIDAY + timedelta(minutes=6)).rows}
    [new] = set(due) - {old}
    assert due[old] == FRIDAY + timedelta(hours=1) and due[new] == FRIDAY + timedelta(hours=4, minutes=5)
    later.desk.answer(old, "Merhaba", "", FRIDAY + timedelta(hours=2))
    first = later.desk.case(old, FRIDAY + timedelta(hours=2)).clocks[0]
    assert first.state == "late" and first.late_s == 3600, "a later, longer promise does not make it in time"
    later.bring("hâlâ", urgency="urgent", at=FRIDAY + timedelta(hours=3), now=FRIDAY + timedelta(hours=3))
    assert later.desk.case(old, FRIDAY + timedelta(hours=3)).row.due_at == FRIDAY + timedelta(hours=4)


def test_a_case_that_was_opened_in_a_round_that_failed_keeps_its_policy_too(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = house_of(store, OLD, 0)
    taken = house.intake.take

    def broken(tx: Any, stored: Any, score: Any, now: Any, log: Any) -> str:
        taken(tx, stored, score, now, log)
        raise ValueError("no")

    monkeypatch.setattr(house.intake, "take", broken)
    house.bring(urgency="urgent")
    monkeypatch.undo()
    house.bring(urgency="urgent", author="veli")
    [case_id] = house.ids()
    assert house_of(store, NEW, 9).desk.case(case_id, FRIDAY).clocks[0].due_at == FRIDAY + timedelta(hours=1)


def test_the_log_alone_gives_every_deadline_again(store: Store) -> None:
    house = house_of(store, OLD, 0)
    for number, urgency in enumerate(("urgent", "same_day", "critical", "none")):
        house.bring(urgency=urgency, author=f"a{number}", at=FRIDAY + timedelta(minutes=number), topic="praise",
                    sentiment="positive")  # fmt: skip
    later = house_of(store, NEW, 20)
    ids = sorted(later.ids())
    later.bring("yine ben", author="a1", urgency="urgent", at=FRIDAY + timedelta(hours=1))
    later.desk.answer(ids[0], "Merhaba", "", FRIDAY + timedelta(hours=2))
    later.desk.wait(ids[1], FRIDAY + timedelta(hours=2))
    later.desk.undo(ids[1], FRIDAY + timedelta(hours=2))
    new = later.desk.split(ids[1], [m.id for m in later.desk.case(ids[1], FRIDAY).mentions][1:], FRIDAY)
    now = FRIDAY + timedelta(hours=3)
    found = replay(store, later.desk.brand, later.desk.clocks, now)
    assert set(found) == {*ids, new}
    for case_id, clocks in found.items():
        assert tuple(clocks) == later.desk.case(case_id, now).clocks
