"""The queue: the same order and the same counts on both databases, and never a walk through the whole table."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, text, update

from mention import search_text
from store import Store, cases, events, ingest, scoring
from store.rows import LIVE_STATUSES, OPEN_STATUSES, STATUSES, QueueRecord
from store.tables import mentions
from tests.integration.store_making import BRAND, NOW, mention, open_case, save, score

HOUR = timedelta(hours=1)
CHANNELS = ("x", "forum", "sikayetvar")


def made_cases(store: Store, number: int, seed: int) -> None:
    """Cases of every kind, many of them alike in everything but their id, each with up to three mentions."""
    chance = random.Random(seed)
    batch = [
        mention(
            each,
            text=f"{'IŞIK' if each % 5 == 0 else 'kargo'} {each} " + "ç" * (each % 700),
            author=f"a{each % 40}",
            followers=each,
            published_at=NOW - chance.randrange(100) * HOUR,
        )
        for each in range(number * 2)
    ]
    ids = save(store, *batch)
    chance.shuffle(ids)
    with store.write() as tx:
        for _ in range(number):
            open_case(
                tx,
                [ids.pop() for _ in range(chance.randrange(4)) if ids],
                status=chance.choice(STATUSES),
                urgency=chance.choice(("none", "same_day", "urgent", "critical")),
                topic=chance.choice(("courier", "billing")),
                channel=chance.choice(CHANNELS),
                language=chance.choice(("tr", "en")),
                priority=chance.randrange(1, 6),
                assignee=chance.choice((None, "ayşe", "mehmet")),
                posted_at=NOW - chance.randrange(3) * HOUR,
                due_at=chance.choice((None, *(NOW + hours * HOUR / 2 for hours in range(-4, 5)))),
            )
        cases.open_case(tx, "other", channel="x", source="x", posted_at=NOW, opened_at=NOW)


def everything(tx: Connection) -> list[QueueRecord]:
    return cases.queue(tx, BRAND, statuses=STATUSES, limit=10_000)


def in_order(records: list[QueueRecord]) -> list[int]:
    far = NOW + timedelta(days=9999)
    return [r.id for r in sorted(records, key=lambda r: (r.due_at or far, r.priority, r.posted_at, r.id))]


def test_order_filters_and_counts_are_what_python_says(store: Store) -> None:
    made_cases(store, 300, seed=1)
    chance = random.Random(2)
    with store.read() as tx:
        all_of_them = everything(tx)
        assert len(all_of_them) == 300
        assert [record.id for record in all_of_them] == in_order(all_of_them)
        for _ in range(60):
            wanted: dict[str, Any] = {"statuses": tuple(chance.sample(STATUSES, chance.randrange(0, 8)))}
            if chance.random() < 0.3:
                wanted["due_after"] = NOW + chance.randrange(-3, 3) * HOUR
            if chance.random() < 0.3:
                wanted["due_before"] = NOW + chance.randrange(-3, 3) * HOUR
            if chance.random() < 0.3:
                wanted["unassigned"] = True
            for name, values in {
                "assignee": ("ayşe", "nobody"),
                "urgency": ("urgent", "critical"),
                "topic": ("courier",),
                "channel": CHANNELS,
                "language": ("tr", "en"),
            }.items():
                if chance.random() < 0.2:
                    wanted[name] = chance.choice(values)
            expected = in_order([record for record in all_of_them if meets(record, wanted)])
            assert [r.id for r in cases.queue(tx, BRAND, **wanted, limit=1000)] == expected, wanted
            assert [r.id for r in cases.queue(tx, BRAND, **wanted, limit=7, offset=5)] == expected[5:12], wanted


def meets(record: QueueRecord, wanted: dict[str, Any]) -> bool:
    due = record.due_at
    return (
        record.status in wanted["statuses"]
        and ("due_after" not in wanted or (due is not None and due >= wanted["due_after"]))
        and ("due_before" not in wanted or (due is not None and due < wanted["due_before"]))
        and ("unassigned" not in wanted or record.assignee is None)
        and all(
            getattr(record, name) == wanted[name]
            for name in ("assignee", "urgency", "topic", "channel", "language")
            if name in wanted
        )
    )


def test_counts_are_the_lengths_of_the_views(store: Store) -> None:
    with store.read() as tx:
        assert set(cases.counts(tx, BRAND, NOW).values()) == {0}
    made_cases(store, 200, seed=3)

    with store.read() as tx:

        def length(**wanted: Any) -> int:
            return len(cases.queue(tx, BRAND, limit=1000, **wanted))

        assert cases.counts(tx, BRAND, NOW)["mine"] == 0, "nobody asked"
        assert cases.counts(tx, BRAND, NOW, me="ayşe") == {
            "open": length(statuses=OPEN_STATUSES),
            "snoozed": 0,
            "due_1h": length(statuses=LIVE_STATUSES, due_after=NOW, due_before=NOW + HOUR),
            "late": length(statuses=LIVE_STATUSES, due_before=NOW),
            "unassigned": length(statuses=OPEN_STATUSES, unassigned=True),
            "mine": length(statuses=OPEN_STATUSES, assignee="ayşe"),
            **{status: length(statuses=(status,)) for status in ("new", "answered", "resolved", "set_aside")},
        }


def test_a_row_shows_the_latest_mention(store: Store) -> None:
    ids = save(
        store,
        mention(1, text="ilk", published_at=NOW - 2 * HOUR),
        mention(2, text="ş" * 500, published_at=NOW, author="veli", author_name="Veli", followers=7),
        mention(3, text="orta", published_at=NOW - HOUR),
    )
    with store.write() as tx:
        with_three = open_case(tx, ids)
        with_none = open_case(tx)
        first, second = cases.queue(tx, BRAND)
    assert (first.id, first.text, first.author, first.author_name, first.followers, first.mentions) == (
        with_three, "ş" * 400, "veli", "Veli", 7, 3,
    )  # fmt: skip
    assert (second.id, second.text, second.author, second.mentions) == (with_none, "", None, 0)


def test_search_looks_into_every_mention_of_a_case(store: Store) -> None:
    one, two, three = save(
        store,
        mention(1, text="IŞIK bürosu", published_at=NOW - HOUR),
        mention(2, text="cevap bekliyorum"),
        mention(3, text="büro ışıl ışıl"),
    )
    with store.write() as tx:
        first = open_case(tx, [one, two])
        second = open_case(tx, [three])

        def found(query: str) -> list[int]:
            return [record.id for record in cases.queue(tx, BRAND, search=search_text(query))]

        assert found("ışık") == [first]
        assert found("BÜRO") == found("") == [first, second]
        assert found("büro ışık") == found("ışık büro") == [first]
        assert found("bekliyorum ışık") == [], "all its words in one mention"
        assert found("100%") == []


def test_a_word_that_is_no_status_is_refused(store: Store) -> None:
    with store.read() as tx:
        assert cases.queue(tx, BRAND, statuses=()) == []
        with pytest.raises(ValueError, match="status 'done' is not one of"):
            cases.queue(tx, BRAND, statuses=("done",))


@contextmanager
def plans(tx: Connection) -> Iterator[list[str]]:
    """SQLite's plan of every statement that runs meanwhile, a line a step."""
    ran: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        ran.append((statement, parameters))

    event.listen(tx, "before_cursor_execute", note)
    lines: list[str] = []
    yield lines
    event.remove(tx, "before_cursor_execute", note)
    for statement, parameters in ran:
        lines += [row[-1] for row in tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize("analysed", [False, True])
def test_what_the_board_and_the_worker_ask_is_answered_from_indexes(store: Store, analysed: bool) -> None:
    made_cases(store, 300, seed=4)
    with store.write() as tx:
        waiting = scoring.unscored(tx, BRAND, 100)
        scoring.save_scores(tx, BRAND, [(each.id, score(each.mention)) for each in waiting], [], NOW)
        tx.execute(update(mentions).where(mentions.c.id > 60).values(stage="routed"))  # as it is on most days
        for number in range(50):
            events.append(tx, BRAND, type="seen", at=NOW, by="system", recorded_at=NOW, case_id=number)
        if analysed:
            tx.execute(text("ANALYZE"))
    with store.read() as tx, plans(tx) as steps:
        cases.queue(tx, BRAND)
        cases.queue(tx, BRAND, statuses=LIVE_STATUSES, due_before=NOW)
        cases.queue(tx, BRAND, statuses=("resolved",), limit=50, offset=50)
        cases.queue(tx, BRAND, assignee="ayşe", channel="x", search="isik")
        cases.counts(tx, BRAND, NOW)
        cases.open_case_for(tx, BRAND, source="x", author="a1", thread_id="t", since=NOW - HOUR)
        cases.contacts_of(tx, BRAND, "x", "a1", NOW)
        cases.mentions_of(tx, 5)
        cases.run_of(tx, 5)
        cases.set_aside_mentions(tx, BRAND, 10)
        events.of_case(tx, 5)
        events.all_events(tx, BRAND, 10)
        scoring.unscored(tx, BRAND, 10)
        scoring.unrouted(tx, BRAND, 10)
        scoring.quarantined(tx, BRAND)
        ingest.source_states(tx, BRAND, NOW)
    tables = ("cases", "mentions", "case_mentions", "events", "scores", "quarantine", "polls", "playbook_runs")
    walks = [step for step in steps if step.split(" USING")[0] in {f"SCAN {table}" for table in tables}]
    assert walks == []
    assert any("SEARCH cases USING INDEX ix_cases_queue (brand=? AND status=?" in step for step in steps)
    counted = [step for step in steps if "SEARCH cases USING COVERING INDEX" in step and "brand=? AND status=?" in step]
    assert counted, steps
    assert any("SEARCH cases USING COVERING INDEX ix_cases_queue (brand=? AND status=?" in step for step in steps)
    assert any(
        "SEARCH mentions USING COVERING INDEX ix_mentions_seen (brand=? AND source=? AND" in step for step in steps
    )
    assert not any("uq_mentions" in step for step in steps), "a grouped count that walks every mention"
