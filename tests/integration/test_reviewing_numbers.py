"""The exported review tells the truth: each number is reckoned once more by code that shares nothing with it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from store import Store
from tests.integration.review_again import as_exported, recount
from tests.integration.reviewed_crisis import Story, at


def exported(story: Story, minute: float) -> dict[str, Any]:
    return json.loads(story.reviews.export(story.crisis, "json", "tr", at(minute)))


def holds(story: Story, minute: float) -> dict[str, Any]:
    """Compares each number of the export with the recount; answers the export."""
    told = exported(story, minute)
    with story.store.read() as tx:
        again = recount(tx, story.crisis, at(minute))
    shown = as_exported(told["numbers"])
    for name, value in again.items():
        assert shown[name] == value, name
    assert set(shown) == set(again)
    return told


@pytest.fixture
def story(store: Store) -> Story:
    """A crisis from Friday 22:40 until Saturday evening: late answers, an undone one, machines, two currencies."""
    story = Story(store)
    early = story.said(-600, "u1", topic="billing")  # u1 wrote of something else at 12:40, and it is another matter
    with store.write() as tx:
        tx.execute(text("DELETE FROM incident_mentions"))
    assert early[1] is not None
    story.answer(early[1], -590)
    cases, ids = [], []
    for minute, author, urgency, channel in (
        (0, "u2", "critical", "x"), (3, "u3", "urgent", "x"), (4, "u1", "same_day", "x"), (6, None, "urgent", "x"),
        (9, None, "urgent", "instagram"), (14.5, "u4", "same_day", "instagram"), (15, "u5", "urgent", "x"),
        (33, "u2", "urgent", "x"), (100, "u6", "urgent", "x"), (640, "u7", "same_day", "x"),
    ):  # fmt: skip
        id, case_id = story.said(minute, author, urgency, channel)
        ids.append(id)
        cases.append(case_id)
    other = story.other_incident("i2")
    cases.append(story.said(20, "u8", incident=other)[1])
    u2, u3, u1, nobody, on_insta, u4, u5, again, _, u7, u8 = [case or 0 for case in cases]
    assert u2 == again and u1 == early[1] and len(set(cases)) == 10
    story.alarm(16, ids[:5])
    story.suspected(17)
    story.event(21, "taken")
    story.event(24, "declared", "agent:Elif", why="çok kişi", severity=2)
    story.event(28, "seen", "agent:Elif", duty="first.crisis_manager.1")
    story.event(28, "updated")
    story.event(30, "collected", "agent:Can", evidence="shots")
    story.event(31, "seen", "agent:Can", duty="step.keep.1")
    story.event(33, "done", "agent:Can", step="keep")
    story.acknowledged(u2, 1)
    story.acknowledged(u3, 4)
    story.answer(u2, 45)  # critical: 15 minutes late; what u2 wrote at 33 is answered with it
    story.answer(u3, 50, by="Mert")
    story.event(54, "decided", step="choose", option="speak", why="susmak daha kötü")
    story.in_room(55, "crisis_statement_published", statement=1, channel="web", url="", text_hash="")
    story.event(60, "updated")
    story.answer(nobody, 61)
    assert story.desk.as_agent("Can").undo(nobody, at(62)) == "answered"  # it had never been given
    story.answer(on_insta, 63)
    story.answer(u5, 64)
    story.said(70, "u5")  # they write again, and nobody answers
    story.event(79, "updated")
    story.event(105, "done", "agent:Can", step="reply")
    story.desk.set_aside(u8, "not_ours", at(110))
    story.event(130, "contained", "agent:Elif", why="yeni ileti yok")
    story.event(150, "done", "agent:Can", step="finish")
    story.give(u3, 66, "249.90")
    story.give(u2, 67, "0.10")
    story.give(u2, 68, "19.99", "EUR")
    story.give(u1, -580, "75.00")  # for the other matter
    story.give(u4, 69, None)
    story.close(200)
    story.answer(nobody, 680)  # Saturday 10:00: the next day, and within the grace that ends at eleven
    story.answer(u4, 1055)  # Saturday 16:15: long after eleven
    story.answer(u7, 1300)  # Saturday 20:20: still the day on which they wrote, and after the close
    return story


def test_the_export_tells_the_truth(story: Story) -> None:
    for minute in (18, 26, 100, 200, 230, 700, 830, 1060, 1310, 3000):
        holds(story, minute)  # every number is the one of the raw tables, whenever it is asked
    told = exported(story, 1060)
    by_hand(told["numbers"])
    timeline_is_whole(story, told)

    story.written(300)
    story.reviews.sign(story.crisis, "uygun", at(400))
    signed = exported(story, 2000)  # u4 was answered at 1055, after the signature
    with story.store.read() as tx:
        again = recount(tx, story.crisis, at(400))
    shown = as_exported(signed["numbers"])
    assert {name: shown[name] for name in again} == again
    assert signed["review"]["intact"] and signed["numbers"]["cases"]["answered"] == 4


def by_hand(told: dict[str, Any]) -> None:
    """Numbers of the story reckoned on paper, so that two wrong counts cannot agree."""
    since = {each["name"]: each["since_s"] / 60 for each in told["milestones"]}
    assert since == {
        "first_mention": 0, "alarm": 16, "suspected": 17, "taken": 21, "declared": 24, "first_informed": 28,
        "first_statement": 28, "first_answer": 45, "contained": 130, "closed": 200,
    }  # fmt: skip
    assert told["detection_s"] == 16 * 60
    assert told["updates"] == {"on_time": 2, "late": 1, "missed": 1}
    said, cases = told["mentions"], told["cases"]
    assert (said["mentions"], said["authors"], said["by_channel"]) == (12, 10, {"x": 10, "instagram": 2})
    assert said["peak"] == 6  # from 0 to 14.5; the one at 15 is past it
    assert (cases["cases"], cases["no_answer_due"], cases["answered"], cases["unanswered"]) == (10, 1, 6, 3)
    # After 45, 47, 49, 54, 674 and 1040.5 minutes, three not at all: the fifth of nine is the median.
    assert (cases["median_s"], cases["p90_s"], cases["acknowledged"]) == (674 * 60, None, 2)
    assert (cases["same_day"], cases["cancelled"]) == (5, 1)
    assert told["given"] == {"concessions": 4, "money": {"EUR": "19.99", "TRY": "250.00"}, "counts": {"replacement": 1}}
    assert [(each["id"], each["late_s"]) for each in told["evidence"]] == [("shots", 0)]
    late = {each["key"]: each["late_s"] / 60 for each in told["late"]}
    assert late == {"step.choose.1": 6, "step.reply.1": 21, "step.finish.1": 10}


def timeline_is_whole(story: Story, told: dict[str, Any]) -> None:
    """No event of the log is missing in it, and what is told beside them is there."""
    query = text(
        "SELECT e.at FROM subject_events s JOIN events e ON e.id = s.event_id "
        "WHERE s.subject = :s AND e.type NOT IN ('crisis_seen', 'crisis_told') ORDER BY e.at"
    )
    with story.store.read() as tx:
        events = tx.execute(query, {"s": f"crisis:{story.crisis}"}).all()
    own = {"mention", "alarm", "answer", "late", "informed"}
    lines = [line for line in told["timeline"] if line["kind"] not in own | {"hand_over"}]
    assert len(lines) == len(events) == 14
    assert [line["at"] for line in told["timeline"]] == sorted(line["at"] for line in told["timeline"])
    assert own | {"decision", "statement", "update", "evidence"} <= {line["kind"] for line in told["timeline"]}
    assert sum(line["kind"] == "late" for line in told["timeline"]) == 4  # three steps and an update


def test_a_crisis_that_a_person_saw_has_no_mentions_and_is_not_broken(store: Store) -> None:
    story = Story(store)
    story.suspected(5, incident=False)
    story.event(6, "declared", "agent:Elif", why="gazeteci aradı")
    story.close(90)
    told = holds(story, 100)
    assert told["numbers"]["detection_s"] is None and told["helped"] is None
    assert told["numbers"]["cases"]["same_day_share"] is None and told["numbers"]["mentions"]["peak_at"] is None


minutes = st.integers(0, 900).map(lambda tenth: tenth / 2)


@given(
    said=st.lists(st.tuples(minutes, st.sampled_from(["a", "b", "c", None]),
                            st.sampled_from(["critical", "urgent", "same_day"])), min_size=1, max_size=8),
    acts=st.lists(st.tuples(st.integers(0, 7), st.integers(1, 1500),
                            st.sampled_from(["answer", "machine", "undo", "give"])), max_size=8),
    taken=st.integers(1, 30), declared=st.integers(31, 80),
    updates=st.lists(st.integers(81, 199), max_size=3, unique=True),
    kept=st.one_of(st.none(), st.integers(81, 150)), seen=st.one_of(st.none(), st.integers(81, 199)),
    asked=st.integers(201, 2500),
)  # fmt: skip
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_story_is_told_truly(
    sqlite_template: Any, tmp_path_factory: pytest.TempPathFactory, said: list[Any], acts: list[Any], taken: int,
    declared: int, updates: list[int], kept: int | None, seen: int | None, asked: int,
) -> None:  # fmt: skip
    path = tmp_path_factory.mktemp("story") / "nobet.db"
    path.write_bytes(sqlite_template.read_bytes())
    store = Store.open(f"sqlite:///{path}")
    story = Story(store)
    cases = [story.said(*each)[1] or 0 for each in sorted(said, key=lambda each: each[0])]
    story.suspected(0)
    story.event(taken, "taken")
    story.event(declared, "declared", "agent:Elif", why="var")
    for minute in sorted(updates):
        story.event(minute, "updated")
    if seen is not None:
        story.event(seen, "seen", "agent:Elif", duty="first.crisis_manager.1")
    if kept is not None:
        story.event(kept, "done", "agent:Can", step="keep")
        story.event(kept + 7, "decided", step="choose", option="wait", why="bekleyelim")
    story.close(200)
    last = max(minute for minute, *_ in said) + 2
    for number, (which, minute, what) in enumerate(sorted(acts, key=lambda act: act[1])):
        case_id, minute = cases[which % len(cases)], last + minute
        if what == "answer":
            story.answer(case_id, minute)
        elif what == "machine":
            story.acknowledged(case_id, minute)
        elif what == "give":
            story.give(case_id, minute + number / 100, "10.05")
        else:
            try:
                story.desk.undo(case_id, at(minute))
            except ValueError:  # there was nothing to take back
                continue
    holds(story, asked)
    holds(story, asked + timedelta(days=2) / timedelta(minutes=1))
    store.close()
