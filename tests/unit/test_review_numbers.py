"""The numbers of a review as rules: ranks that count the unanswered, the peak, the same day, lateness."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.clock import Clock
from desk.crisis.review_numbers import MILESTONES, Material, Matter, Said, case_numbers, numbers, said_numbers
from desk.crisis.review_story import promises_open, suggestions, timeline
from playbooks.crisis.events import Event
from playbooks.crisis.run import Run
from playbooks.crisis.shelf import load_plans

T0 = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PLAN = load_plans()["any_crisis"]


def at(minute: float) -> datetime:
    return T0 + minute * MINUTE


def clock(state: str, stopped: float | None = None, name: str = "first_answer", due: float | None = 120) -> Clock:
    """A clock of a case that was asked at minute 0."""
    due_at, stopped_at = (None if minute is None else at(minute) for minute in (due, stopped))
    return Clock(name, T0, due_at, state, stopped_at, 0, 0, ())


def answered(after: float | None, state: str = "met", same_day_by: float = 600) -> Matter:
    answers = () if after is None else (at(after),)
    told = clock(state, after) if after is not None else clock("running")
    return Matter(1, T0, answers, 0, (told,), at(same_day_by))


@pytest.mark.parametrize(
    ("minutes", "median", "p90"),
    [
        ([], None, None),
        ([None], None, None),
        ([7], 7, 7),
        ([1, None], 1, None),  # half were answered: the median is theirs, nine in ten is nobody's
        ([1, None, None], None, None),
        ([5, 1, 3], 3, 5),
        ([1, 2, 3, 4, 5, 6, 7, 8, 9, None], 5, 9),
        ([1, 2, 3, 4, 5, 6, 7, 8, None, None], 5, None),
    ],
)
def test_the_unanswered_are_counted(minutes: list[int | None], median: int | None, p90: int | None) -> None:
    told = case_numbers([answered(each) for each in minutes], at(1000))
    assert (told.median_s, told.p90_s) == tuple(each and each * 60 for each in (median, p90))
    assert told.answered + told.unanswered == told.wanted == len(minutes)


@given(st.lists(st.one_of(st.none(), st.integers(0, 10_000)), max_size=40))
def test_one_more_silence_never_looks_better(minutes: list[int | None]) -> None:
    before = case_numbers([answered(each) for each in minutes], at(10_001))
    after = case_numbers([answered(each) for each in [*minutes, None]], at(10_001))
    for name in ("median_s", "p90_s"):
        old, new = getattr(before, name), getattr(after, name)
        assert new is None or (old is not None and new >= old)
    assert (after.same_day_share or 0) <= (before.same_day_share or 0)


def test_the_same_day_is_the_desks_promise_and_not_the_calendar() -> None:
    told = case_numbers([answered(30, same_day_by=30), answered(31, same_day_by=30), answered(None)], at(500))
    assert (told.same_day, told.same_day_open, told.same_day_share) == (1, 1, 1 / 3)
    assert case_numbers([answered(None)], at(601)).same_day_open == 0


@pytest.mark.parametrize(
    ("clocks", "kept", "broken", "still_open", "cancelled"),
    [
        ((clock("met", 10),), 1, 0, 0, 0),
        ((clock("late", 130), clock("breached", None, "next_answer")), 0, 2, 0, 0),
        ((clock("running"), clock("running", None, "resolution", None)), 0, 0, 1, 0),  # measured is not promised
        ((clock("met", -5), clock("cancelled", 3, "next_answer")), 0, 0, 0, 1),  # stopped before the crisis asked
    ],
)
def test_promises(clocks: tuple[Clock, ...], kept: int, broken: int, still_open: int, cancelled: int) -> None:
    told = case_numbers([Matter(1, T0, (), 0, clocks)], at(200))
    assert (told.kept, told.broken, told.still_open, told.cancelled) == (kept, broken, still_open, cancelled)


def test_a_case_that_was_set_aside_wants_nothing_unless_somebody_answered() -> None:
    aside = (clock("cancelled", 5),)
    told = case_numbers([Matter(1, T0, (), 2, aside), Matter(2, T0, (at(3),), 0, aside)], at(200))
    assert (told.cases, told.no_answer_due, told.wanted, told.answered, told.acknowledged) == (2, 1, 1, 1, 2)


def test_an_answer_to_an_earlier_matter_is_none_to_this_one() -> None:
    assert Matter(1, T0, (at(-1),)).answered_at is None
    assert Matter(1, T0, (at(9), at(-1), at(4))).answered_at == at(4)


@given(st.lists(st.tuples(st.integers(0, 200), st.sampled_from(["a", "b", None])), max_size=30))
def test_the_peak_is_the_most_in_any_quarter(posts: list[tuple[int, str | None]]) -> None:
    told = said_numbers([Said(at(minute), "x", "x", author) for minute, author in posts])
    most = max((sum(start <= m < start + 15 for m, _ in posts) for start in range(-15, 201)), default=0)
    assert told.peak == most and (told.peak_at is None) == (not posts)
    assert told.authors == len({a for _, a in posts if a}) + sum(a is None for _, a in posts)


def run(*events: Event) -> Run:
    return Run(PLAN).fed(Event(T0, "suspected", why="çok"), *events)


def test_what_did_not_happen_is_none() -> None:
    told = numbers(Material(run(), at(1)))
    assert [m.name for m in told.milestones] == list(MILESTONES)
    assert [m.name for m in told.milestones if m.at is not None] == ["suspected"]
    assert told.detection_s is None and told.updates.missed == 0 and told.given.money == {}


def test_an_event_that_changed_nothing_is_no_milestone() -> None:
    of = Material(run(Event(at(1), "declared", "agent:A", why="x"), Event(at(2), "taken", "agent:A")), at(3))
    assert numbers(of).milestone("taken") is None and numbers(of).milestone("declared") == at(1)


def test_an_update_that_never_came_is_missed_and_not_late() -> None:
    base = (Event(at(1), "declared", "agent:A", why="x"), Event(at(3), "updated", "agent:A"))
    assert numbers(Material(run(*base), at(20))).updates.model_dump() == {"on_time": 1, "late": 0, "missed": 0}
    assert numbers(Material(run(*base), at(30))).updates.model_dump() == {"on_time": 1, "late": 0, "missed": 1}
    contained = Event(at(40), "contained", "agent:A", why="x")
    assert numbers(Material(run(*base, contained), at(50))).updates.missed == 1
    late = Event(at(30), "updated", "agent:A")
    assert numbers(Material(run(*base, late), at(31))).updates.model_dump() == {"on_time": 1, "late": 1, "missed": 0}


def test_what_the_facts_ask() -> None:
    of = Material(run(Event(at(1), "declared", "agent:A", why="x")), at(100), (Said(at(-60), "x", "x", "a"),))
    told = numbers(of)
    keys = {each.key.partition(":")[0] for each in suggestions(of, told, None, T0)}
    assert {"detection", "late", "role", "evidence", "updates", "rehearse"} <= keys
    for each in suggestions(of, told, None, T0):
        assert each.what.tr != each.what.en
    ago = {key.key for days in (89, 91) for key in suggestions(of, told, T0 - timedelta(days=days), T0)}
    assert "rehearse" in ago
    assert "rehearse" not in {key.key for key in suggestions(of, told, T0 - timedelta(days=89), T0)}


def test_the_timeline_is_in_order_and_leaves_out_what_was_refused() -> None:
    of = Material(run(Event(at(1), "declared", "agent:A", why="x")), at(100))
    lines = timeline(of, (), numbers(of))
    assert [line.at for line in lines] == sorted(line.at for line in lines)
    assert {"late", "hand_over"} <= {line.kind for line in lines}


def test_promises_that_still_run_stand_in_their_order() -> None:
    late, soon = Matter(1, T0, clocks=(clock("breached", None, due=5),)), Matter(2, T0, clocks=(clock("running"),))
    done = Matter(3, T0, (at(1),), clocks=(clock("met", 1),))
    assert [(each.case_id, each.late) for each in promises_open([done, soon, late])] == [(1, True), (2, False)]
