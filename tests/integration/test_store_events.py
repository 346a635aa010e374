"""The event log is only ever added to, and shows when somebody did otherwise."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from store import Store, cases, events
from tests.integration.store_making import BRAND, NOW, open_case


def append(tx: Connection, number: int = 0, **more: Any) -> int:
    start: dict[str, Any] = {
        "type": "answered",
        "at": NOW + timedelta(minutes=number),
        "by": "agent:ayşe",
        "recorded_at": NOW + timedelta(minutes=number, seconds=1),
        "case_id": 1,
        "data": {"n": number, "text": "Üzgünüz", "none": None, "deep": [1.5, {"a": (1, 2)}]},
    }
    return events.append(tx, BRAND, **(start | more))


def fill(store: Store, number: int = 5) -> list[int]:
    with store.write() as tx:
        return [append(tx, each) for each in range(number)]


def around_the_triggers(tx: Connection, statement: str) -> None:
    """Does what somebody with the database's own tools can do."""
    if tx.dialect.name == "postgresql":
        tx.execute(text("ALTER TABLE events DISABLE TRIGGER ALL"))
        tx.execute(text(statement))
        tx.execute(text("ALTER TABLE events ENABLE TRIGGER ALL"))
        return
    made = list(tx.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")))
    for name, _ in made:
        tx.execute(text(f"DROP TRIGGER {name}"))
    tx.execute(text(statement))
    for _, sql in made:
        tx.execute(text(sql))


def test_events_come_back_as_they_were_written(store: Store) -> None:
    with store.write() as tx:
        first = append(tx, 5)
        second = append(tx, 1, type="seen", by="system", data=None, mention_id=7)
        other = append(tx, 0, case_id=2)
    with store.read() as tx:
        of_case = events.of_case(tx, 1)
        assert [event.id for event in of_case] == [second, first], "in the order in which they happened"
        assert of_case[1].data == {"n": 5, "text": "Üzgünüz", "none": None, "deep": [1.5, {"a": [1, 2]}]}
        assert (of_case[0].data, of_case[0].mention_id, of_case[0].by) == ({}, 7, "system")
        assert of_case[0].at == NOW + timedelta(minutes=1)
        assert of_case[0].at.tzinfo is UTC
        assert [event.id for event in events.all_events(tx, BRAND)] == [first, second, other]
        assert [event.id for event in events.all_events(tx, BRAND, first, 1)] == [second]
        assert events.all_events(tx, "other") == []


CHANGES = (
    "UPDATE events SET \"by\" = 'agent:mehmet'",
    "UPDATE events SET data = '{}' WHERE id = 1",
    "DELETE FROM events",
)


@pytest.mark.parametrize(
    ("dialect", "statement"),
    [
        *(("sqlite", change) for change in (*CHANGES, "INSERT OR REPLACE INTO events SELECT * FROM events")),
        *(("postgresql", change) for change in (*CHANGES, "TRUNCATE events CASCADE")),
    ],
    indirect=["dialect"],
)
def test_the_database_refuses_changes(store: Store, statement: str) -> None:
    fill(store)
    with pytest.raises(DBAPIError, match="events are append-only"), store.write() as tx:
        tx.execute(text(statement))
    with store.read() as tx:
        assert len(events.of_case(tx, 1)) == 5
        assert events.verify_chain(tx, BRAND) == []


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE events SET type = 'seen' WHERE id = 3", "Event 3 does not match its hash: it was changed"),
        ("UPDATE events SET data = '{}' WHERE id = 1", "Event 1 does not match its hash"),
        ("UPDATE events SET at = recorded_at WHERE id = 5", "Event 5 does not match its hash"),
        ("DELETE FROM events WHERE id = 2", "Event 3 does not follow event 1: an event between them was removed"),
        ("DELETE FROM events WHERE id = 1", "Event 2 does not follow the start"),
        ("DELETE FROM events WHERE id = 5", "The log ends with event 4, but the log's head names another"),
        ("DELETE FROM events", "The log ends with the start, but the log's head names another"),
        ("DELETE FROM event_heads", "The log has 5 events, but 0 were written"),
    ],
)
def test_the_chain_shows_what_was_done_around_the_triggers(store: Store, statement: str, problem: str) -> None:
    assert fill(store) == [1, 2, 3, 4, 5]
    with store.write() as tx:
        around_the_triggers(tx, statement)
    with store.read() as tx:
        problems = events.verify_chain(tx, BRAND)
    assert any(problem in each for each in problems), problems


def test_a_changed_event_is_named_alone(store: Store) -> None:
    fill(store, 50)
    with store.write() as tx:
        around_the_triggers(tx, "UPDATE events SET type = 'seen' WHERE id IN (20, 30)")
    with store.read() as tx:
        assert [each.split(" does")[0] for each in events.verify_chain(tx, BRAND)] == ["Event 20", "Event 30"]


def test_a_long_list_of_problems_ends(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "PAGE", 7)  # and more than one page is walked
    fill(store, 120)
    with store.read() as tx:
        assert events.verify_chain(tx, BRAND) == []
    with store.write() as tx:
        around_the_triggers(tx, "UPDATE events SET type = 'seen'")
    with store.read() as tx:
        problems = events.verify_chain(tx, BRAND)
    assert len(problems) == events.MAX_PROBLEMS + 1


def test_each_brand_has_its_own_chain(store: Store) -> None:
    fill(store)
    with store.write() as tx:
        for number in range(3):
            events.append(tx, "other", type="seen", at=NOW, by="system", recorded_at=NOW, data={"n": number})
        append(tx, 9)
        around_the_triggers(tx, "UPDATE events SET type = 'x' WHERE brand = 'other'")
    with store.read() as tx:
        assert events.verify_chain(tx, BRAND) == []
        assert len(events.verify_chain(tx, "other")) == 3
        assert events.verify_chain(tx, "a third") == []


def test_the_chain_holds_over_anything_people_write(store: Store) -> None:
    odd = {
        "text": "\x00\ud800 🙂 İı",
        "nan": float("nan"),
        "big": 10**40,
        "when": NOW,
        "neg": -0.0,
        "exp": 1e-310,
        5: 1,
    }
    with store.write() as tx:
        append(tx, 1, type="note\x00", by="agent:\ud800", data=odd)
        append(tx, 2)
    with store.read() as tx:
        assert events.verify_chain(tx, BRAND) == []
        assert events.of_case(tx, 1)[0].data["text"] == "\ufffd\ufffd 🙂 İı"


def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="no time zone"), store.write() as tx:
        append(tx, at=datetime(2026, 11, 21))
    with store.read() as tx:
        assert events.all_events(tx, BRAND) == []


def test_what_is_rolled_back_leaves_no_gap_in_the_chain(store: Store) -> None:
    fill(store, 2)
    with pytest.raises(ZeroDivisionError), store.write() as tx:
        append(tx, 2)
        raise ZeroDivisionError
    fill(store, 2)
    with store.read() as tx:
        assert events.verify_chain(tx, BRAND) == []
        assert len(events.all_events(tx, BRAND)) == 4


def test_many_hands_at_once_keep_the_chain_whole(store: Store) -> None:
    """Desks append and change cases in every order, in their own transactions: no lock in a circle, no fork."""
    with store.write() as tx:
        mine = [open_case(tx) for _ in range(4)]
    problems: list[BaseException] = []

    def work(hand: int) -> None:
        try:
            for number in range(10):
                with store.write() as tx:
                    for step in range(3):
                        case_id = mine[(hand + number * step) % 4]
                        if (hand + step) % 2:
                            cases.update_case(tx, case_id, updated_at=NOW)
                            append(tx, number, case_id=case_id, by=f"agent:{hand}")
                        else:
                            append(tx, number, case_id=case_id, by=f"agent:{hand}")
                            cases.update_case(tx, case_id, updated_at=NOW)
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=work, args=(hand,)) for hand in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
    with store.read() as tx:
        assert len(events.all_events(tx, BRAND)) == 240
        assert events.verify_chain(tx, BRAND) == []
        versions = [case.version for case_id in mine if (case := cases.case(tx, BRAND, case_id))]
    assert sum(versions) == 240 + 4
