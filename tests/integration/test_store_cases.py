"""Cases, the people behind them, and the steps of their playbooks."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from store import Store, cases, scoring
from store.rows import CaseRow
from store.tables import authors, persons
from tests.integration.store_making import BRAND, NOW, mention, open_case, save, score

HOUR = timedelta(hours=1)


def read_case(store: Store, case_id: int) -> CaseRow:
    with store.read() as tx:
        found = cases.case(tx, BRAND, case_id)
    assert found is not None
    return found


def test_a_case_comes_back_with_all_its_columns(store: Store) -> None:
    columns: dict[str, Any] = {
        "status": "waiting",
        "urgency": "critical",
        "priority": 1,
        "topic": "safety",
        "sentiment": "negative",
        "language": "en",
        "channel": "sikayetvar",
        "source": "portal",
        "playbook": "safety_hazard",
        "assignee": "ayşe",
        "reasons": [{"code": "x", "params": {"n": 1}}, "text"],
        "posted_at": NOW,
        "opened_at": NOW + HOUR,
        "updated_at": NOW + 2 * HOUR,
        "due_at": NOW + 3 * HOUR,
        "due_clock": "first_answer",
        "answered_at": NOW + 4 * HOUR,
    }
    with store.write() as tx:
        person = cases.person_for(tx, BRAND, "x", "ayse", "Ayşe K.", NOW)
        case_id = cases.open_case(tx, BRAND, person_id=person, **columns)
    wanted = {**columns, "reasons": tuple(columns["reasons"])}
    found = read_case(store, case_id)
    assert found == CaseRow(id=case_id, brand=BRAND, person_id=person, version=1, **wanted)
    with store.read() as tx:
        assert cases.case(tx, "other", case_id) is None
        assert cases.case(tx, BRAND, case_id + 1) is None
        assert cases.case(tx, BRAND, 10**30) is None


def test_a_case_needs_little(store: Store) -> None:
    with store.write() as tx:
        case_id = open_case(tx)
    found = read_case(store, case_id)
    assert (found.status, found.urgency, found.priority, found.reasons) == ("new", "same_day", 3, ())
    assert (found.updated_at, found.due_at, found.assignee, found.playbook) == (found.opened_at, None, None, None)


def test_changing_a_case_counts_its_version_up(store: Store) -> None:
    with store.write() as tx:
        case_id = open_case(tx)
        assert cases.update_case(tx, case_id, status="resolved", due_at=None, due_clock=None, updated_at=NOW + HOUR)
        assert cases.update_case(tx, case_id)
        assert not cases.update_case(tx, case_id + 1, status="resolved")
    found = read_case(store, case_id)
    assert (found.status, found.updated_at, found.version) == ("resolved", NOW + HOUR, 3)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"status": "done"}, "status 'done' is not one of new, assigned"),
        ({"due_clock": "lunch"}, "clock 'lunch' is not one of first_answer"),
        ({"priority": 0}, "priority 0 is not 1"),
        ({"priority": 6}, "priority 6 is not 1"),
        ({"colour": "red", "id": 1}, "a case has no column colour, id to set"),
        ({"version": 9}, "a case has no column version to set"),
    ],
)
def test_words_that_are_none_of_ours_are_refused(store: Store, columns: dict[str, Any], words: str) -> None:
    with store.write() as tx:
        case_id = open_case(tx)
        with pytest.raises(ValueError, match=words):
            cases.update_case(tx, case_id, **columns)
    if "id" not in columns:
        with pytest.raises(ValueError, match=words), store.write() as tx:
            open_case(tx, **columns)
    with pytest.raises(ValueError, match="stage 'lost' is not one of"), store.write() as tx:
        cases.set_stage(tx, 1, "lost")


def test_a_mention_belongs_to_one_case(store: Store) -> None:
    one, two = save(store, mention(1), mention(2))
    with store.write() as tx:
        first, second = open_case(tx), open_case(tx)
        assert cases.attach(tx, BRAND, first, one, NOW)
        assert not cases.attach(tx, BRAND, first, one, NOW)
        assert not cases.attach(tx, BRAND, second, one, NOW)
        assert cases.attach(tx, BRAND, first, two, NOW)
        assert (cases.case_of(tx, one), cases.case_of(tx, 10**6)) == (first, None)
        assert [each.id for each, _ in cases.mentions_of(tx, first)] == [one, two]
        assert cases.mentions_of(tx, second) == []


def test_nothing_hangs_in_the_air(store: Store) -> None:
    (one,) = save(store, mention(1))
    with pytest.raises(IntegrityError), store.write() as tx:
        cases.attach(tx, BRAND, 999, one, NOW)
    with pytest.raises(IntegrityError), store.write() as tx:
        open_case(tx, person_id=999)


def test_fifty_claims_give_one_owner(store: Store) -> None:
    with store.write() as tx:
        case_id = open_case(tx)
    start = threading.Barrier(50)
    owners: list[str] = []
    problems: list[BaseException] = []

    def claim(name: str) -> None:
        start.wait()
        try:
            with store.write() as tx:
                if cases.claim(tx, case_id, name, NOW + HOUR):
                    owners.append(name)
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=claim, args=(f"agent{number}",)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
    assert len(owners) == 1
    found = read_case(store, case_id)
    assert (found.assignee, found.status, found.version, found.updated_at) == (owners[0], "assigned", 2, NOW + HOUR)


def test_claiming_a_reopened_case_leaves_its_status(store: Store) -> None:
    with store.write() as tx:
        case_id = open_case(tx, status="reopened")
        assert cases.claim(tx, case_id, "ayşe", NOW)
        assert not cases.claim(tx, case_id, "ayşe", NOW)
        assert not cases.claim(tx, 10**6, "ayşe", NOW)
    assert read_case(store, case_id).status == "reopened"


def test_an_author_is_one_person(store: Store) -> None:
    with store.write() as tx:
        first = cases.person_for(tx, BRAND, "x", "ayse", "Ayşe", NOW)
        assert cases.person_for(tx, BRAND, "x", "ayse", "another name", NOW + HOUR) == first
        elsewhere = {
            cases.person_for(tx, BRAND, "forum", "ayse", None, NOW),
            cases.person_for(tx, "other", "x", "ayse", None, NOW),
            cases.person_for(tx, BRAND, "x", "Ayse", None, NOW),
        }
    assert len(elsewhere | {first}) == 4


def test_one_author_met_by_many_at_once_is_one_person(store: Store) -> None:
    found: list[int] = []
    problems: list[BaseException] = []

    def meet() -> None:
        try:
            with store.write() as tx:
                found.append(cases.person_for(tx, BRAND, "x", "ayse", None, NOW))
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=meet) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
    assert len(set(found)) == 1
    with store.read() as tx:
        assert len(tx.execute(select(persons)).all()) == len(tx.execute(select(authors)).all()) == 1


def test_a_new_mention_finds_the_case_it_joins(store: Store) -> None:
    def posted(number: int, hours: float, author: str = "ayse", **more: Any) -> int:
        (mention_id,) = save(store, mention(number, author=author, published_at=NOW + hours * HOUR, **more))
        return mention_id

    older = posted(1, 0, thread_id="t1")
    newer = posted(2, 5, thread_id="t2")
    closed = posted(3, 6)
    aside = posted(4, 7)
    others = posted(5, 8, author="mehmet")
    with store.write() as tx:
        first = open_case(tx, [older])
        second = open_case(tx, [newer], status="answered")
        open_case(tx, [closed], status="resolved")
        open_case(tx, [aside], status="set_aside")
        open_case(tx, [others])

    def joins(**more: Any) -> int | None:
        wanted: dict[str, Any] = {"source": "x", "author": "ayse", "thread_id": None, "since": NOW - HOUR}
        with store.read() as tx:
            found = cases.open_case_for(tx, BRAND, **(wanted | more))
            assert cases.open_case_for(tx, "other", **(wanted | more)) is None
        return None if found is None else found.id

    assert joins() == second, "the one written to last"
    assert joins(thread_id="t1") == first, "the same thread before that"
    assert joins(thread_id="t9") == second
    assert joins(since=NOW + HOUR, thread_id="t1") == second, "not since then"
    assert joins(since=NOW + 6 * HOUR) is None
    assert joins(source="forum") is None
    assert joins(author="nobody") is None
    assert joins(author=None, thread_id="t1") is None


def test_contacts_before_now(store: Store) -> None:
    save(store, *(mention(number, published_at=NOW + number * HOUR) for number in range(4)))
    save(store, mention(9, author=None))
    with store.read() as tx:
        assert cases.contacts_of(tx, BRAND, "x", "ayse", NOW + 2 * HOUR) == 2
        assert cases.contacts_of(tx, BRAND, "x", None, NOW + 2 * HOUR) == 0
        assert cases.contacts_of(tx, BRAND, "forum", "ayse", NOW + 2 * HOUR) == 0


def test_a_cases_mentions_come_with_their_scores(store: Store) -> None:
    early, late = save(store, mention(2, published_at=NOW - HOUR), mention(1))
    with store.write() as tx:
        scoring.save_scores(tx, BRAND, [(late, score(mention(1)))], [], NOW)
        case_id = open_case(tx, [late, early])
        found = cases.mentions_of(tx, case_id)
    assert [(stored.id, given is not None) for stored, given in found] == [(early, False), (late, True)]


def test_corrections_the_last_word_counts(store: Store) -> None:
    one, two = save(store, mention(1), mention(2))
    with store.write() as tx:
        cases.correct(tx, BRAND, one, "urgency", "none", "urgent", "agent:a", NOW)
        cases.correct(tx, BRAND, one, "urgency", "urgent", "critical", "agent:b", NOW)
        cases.correct(tx, BRAND, one, "topic", "other", "safety", "agent:b", NOW)
        assert cases.corrections_of(tx, [one, two]) == {one: {"urgency": "critical", "topic": "safety"}}
        assert cases.corrections_of(tx, []) == {}
        with pytest.raises(ValueError, match="head 'mood' is not one of"):
            cases.correct(tx, BRAND, one, "mood", "a", "b", "agent:a", NOW)


def test_a_playbook_at_work(store: Store) -> None:
    with store.write() as tx:
        case_id = open_case(tx)
        assert cases.run_of(tx, case_id) is None
        cases.start_run(tx, BRAND, case_id, "older", 1, NOW, [])
        run_id = cases.start_run(
            tx, BRAND, case_id, "late_delivery", 3, NOW, [("z_call", NOW + HOUR), ("a_tell", None)]
        )

        def states() -> list[tuple[str, str, str | None]]:
            found = cases.run_of(tx, case_id)
            assert found is not None
            return [(step.step, step.state, step.by) for step in found[1]]

        found = cases.run_of(tx, case_id)
        assert found is not None
        run, steps = found
        assert (run.id, run.playbook, run.version, run.finished_at) == (run_id, "late_delivery", 3, None)
        assert [(step.step, step.position, step.due_at) for step in steps] == [
            ("z_call", 0, NOW + HOUR),
            ("a_tell", 1, None),
        ]
        assert cases.finish_step(tx, run_id, "z_call", "done", NOW, "agent:a")
        assert not cases.finish_step(tx, run_id, "z_call", "done", NOW, "agent:b"), "it is done already"
        assert not cases.finish_step(tx, run_id, "nothing", "done", NOW, "agent:a")
        assert not cases.finish_step(tx, run_id + 9, "z_call", "done", NOW, "agent:a")
        assert states() == [("z_call", "done", "agent:a"), ("a_tell", "open", None)]
        assert cases.finish_step(tx, run_id, "a_tell", "skipped", NOW + HOUR, "agent:b")
        found = cases.run_of(tx, case_id)
        assert found is not None and found[0].finished_at == NOW + HOUR
        assert cases.finish_step(tx, run_id, "a_tell", "open", NOW + HOUR, "agent:b")
        assert states() == [("z_call", "done", "agent:a"), ("a_tell", "open", None)]
        found = cases.run_of(tx, case_id)
        assert found is not None and found[0].finished_at is None
        with pytest.raises(ValueError, match="step state 'late' is not one of"):
            cases.finish_step(tx, run_id, "a_tell", "late", NOW, "agent:b")
