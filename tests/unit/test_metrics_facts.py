"""What one case has come to: a table of every outcome, and what never changes it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.case_clocks import clocks_of
from desk.clock import Clocks
from desk.metrics.facts import CaseFacts, Story, facts_of
from desk.policy import policy_from
from tests.unit.metrics_example import CLOCKS, DAY, NOON, Line, at, story

URGENT, CRITICAL = {"urgency": "urgent"}, {"urgency": "critical"}
LEAD, ELIF, C = "agent:Ada", "agent:Elif", "customer"


def one(*told: tuple[Any, ...], clocks: Clocks = CLOCKS, now: datetime = NOON, seen: str | None = None) -> CaseFacts:
    found = facts_of(story(1, *told, seen=seen), clocks, now)
    assert found is not None
    return found


def post(time: str = "09:00", data: dict[str, str] = DAY) -> tuple[Any, ...]:
    return (time, "customer_posted", C, data)


TUESDAY = at("10:00", 17)
# case's further events -> outcome of the first answer, how long in hours, lateness in hours
OUTCOMES = [
    ([("18:00", "answered", ELIF)], "met", 9, 0),  # at the very deadline
    ([("18:00:01", "answered", ELIF)], "missed", 9 + 1 / 3600, 1 / 3600),
    ([], "missed", 27, 18),
    ([("10:00", "answered", "system")], "missed", 27, 18),
    ([("10:00", "auto_acknowledged", "system")], "missed", 27, 18),
    ([("10:00", "answered", "agent:@x")], "met", 1, 0),
    ([("17:00", "set_aside", ELIF, {"reason": "reklam"})], "aside", 8, 0),
    ([("18:30", "set_aside", ELIF, {"reason": "reklam"})], "missed", 9.5, 0.5),
    ([("17:00", "urgency_changed", ELIF, {"urgency": "none"})], "aside", 8, 0),
    ([("17:00", "set_aside", ELIF, {"reason": "x"}), ("17:30", "reopened", ELIF)], "missed", 27, 18),
    ([("10:00", "answered", ELIF), ("10:02", "undone", ELIF, {"events": [101]})], "missed", 27, 18),
    ([("10:00", "urgency_changed", ELIF, URGENT), ("11:30", "answered", ELIF)], "missed", 2.5, 0.5),
    ([("10:00", "resolved", ELIF)], "missed", 27, 18),  # an answer that is owed stays owed
]


@pytest.mark.parametrize(("told", "outcome", "hours", "late"), OUTCOMES)
def test_every_outcome_of_a_first_answer(told: list[Any], outcome: str, hours: float, late: float) -> None:
    first = one(post(), *told).first
    assert first is not None
    assert (first.outcome, first.waited, first.late) == (outcome, timedelta(hours=hours), timedelta(hours=late))


def test_not_due_yet_is_undecided() -> None:
    found = one(post(), now=at("12:00")).first
    assert found is not None and found.open and found.outcome == "undecided" and found.ran == timedelta(hours=3)


def test_what_is_not_a_case_of_its_own_is_none() -> None:
    merged = story(1, post(), ("10:00", "set_aside", ELIF, {"reason": "N-2", "merged": 2}))
    assert facts_of(merged, CLOCKS, NOON) is None
    assert facts_of(merged, CLOCKS, at("09:30")) is not None, "it was one before"
    back = story(1, post(), ("10:00", "set_aside", ELIF, {"merged": 2}), ("10:05", "undone", ELIF, {"events": [101]}))
    assert facts_of(back, CLOCKS, NOON) is not None
    assert facts_of(story(1, ("10:00", "note", ELIF)), CLOCKS, NOON) is None
    assert facts_of(story(1, post()), CLOCKS, at("08:59")) is None, "it has not happened yet"


def test_no_answer_due_is_no_wait() -> None:
    found = one(post(data={"urgency": "none"}), ("10:00", "answered", ELIF))
    assert found.first is None and found.resolution is None and found.waits == ()


def test_the_post_that_came_earliest_starts_the_clock_of_a_merged_case() -> None:
    copy = {"urgency": "urgent", "from_case": 2, "of_event": 9, "channel": "x"}
    lines = [
        Line(1, "customer_posted", at("10:00"), C, 1, DAY, at("10:02")),
        Line(2, "customer_posted", at("09:00"), C, 2, copy, at("11:00")),
        Line(3, "answered", at("12:00"), ELIF),
    ]
    found = facts_of(Story(1, lines, {1: at("10:01"), 2: at("09:04")}), CLOCKS, NOON)
    assert found is not None and found.first is not None
    assert (found.posted_at, found.seen_at, found.first.due_at) == (at("09:00"), at("09:04"), at("11:00"))
    assert "routing" not in found.first.pieces, (
        "a copy was written down at the merge, which the customer did not wait for"
    )


def test_next_answers_begin_only_after_an_answer() -> None:
    found = one(
        post(), ("09:30", "customer_wrote", C), ("10:00", "answered", ELIF), ("11:00", "customer_wrote", C),
        ("11:30", "customer_wrote", C), ("12:00", "answered", ELIF), (TUESDAY, "customer_wrote", C),
    )  # fmt: skip
    assert [(wait.waited, wait.outcome) for wait in found.nexts] == [
        (timedelta(hours=1), "met"), (timedelta(hours=2), "undecided"),
    ]  # fmt: skip


def test_a_resolution_runs_without_its_pauses() -> None:
    found = one(
        post(), ("10:00", "waiting_for_customer", ELIF), ("12:00", "customer_wrote", C), ("13:00", "resolved", ELIF),
        ("15:00", "reopened", ELIF), ("16:00", "resolved", ELIF),
    ).resolution  # fmt: skip
    assert found is not None and found.ran == timedelta(hours=1 + 1 + 1) and found.due_at is None
    assert found.outcome == "unpromised"


RESOLVED = Clocks(policy_from({
    "holidays": None,
    "promises": {"same_day": {"same_day": True, "resolution": {"within": "3h", "clock": "always"}}},
}))  # fmt: skip


@pytest.mark.parametrize(
    ("told", "outcome", "cause"),
    [
        ([("12:00", "resolved", ELIF)], "met", ""),
        ([("12:00:01", "resolved", ELIF)], "missed", "unanswered"),
        ([("10:00", "answered", ELIF)], "missed", "unresolved"),
        ([("10:00", "waiting_for_customer", ELIF)], "undecided", ""),
        (
            [("10:00", "waiting_for_customer", ELIF), ("20:00", "back_with_us", ELIF), ("22:00", "resolved", ELIF)],
            "met",
            "",
        ),
        ([("11:00", "set_aside", ELIF)], "aside", ""),
        ([("13:00", "set_aside", ELIF)], "missed", "unanswered"),
    ],
)
def test_a_promised_resolution(told: list[Any], outcome: str, cause: str) -> None:
    found = one(post(), *told, clocks=RESOLVED).resolution
    assert found is not None and (found.outcome, found.cause) == (outcome, cause)


def test_an_urgency_lowered_too_late_is_told() -> None:
    late = [("10:00", "urgency_changed", ELIF, DAY), ("11:00", "answered", ELIF)]
    assert one(post(data=CRITICAL), *late).deadline_moved
    assert one(post(data=CRITICAL), *late).first.outcome == "met"  # type: ignore[union-attr]
    assert not one(post(data=CRITICAL), ("09:20", "urgency_changed", ELIF, DAY)).deadline_moved, "before its deadline"
    assert not one(post(data=CRITICAL), ("09:10", "answered", ELIF), late[0]).deadline_moved, "it was answered"
    assert not one(post(), ("18:30", "urgency_changed", ELIF, CRITICAL)).deadline_moved, "raised"


# what happened until the deadline of two hours -> cause
CAUSES = [
    ([], "11:30", "source"),
    ([("09:50", "seen", ELIF)], "09:01", "thinking"),
    ([("10:50", "seen", ELIF)], "09:01", "pick_up"),
    ([("10:50", "assigned", LEAD, {"to": "Elif", "from": None})], "09:01", "pick_up"),
    ([("09:10", "assigned", ELIF, {"to": "Elif", "from": None})], "09:01", "thinking"),
    ([("09:10", "seen", ELIF), ("09:20", "decided", ELIF)], "09:01", "writing"),
    ([("09:10", "seen", ELIF), ("09:20", "approval_asked", ELIF, {"approval": 1})], "09:01", "approval"),
    ([("09:10", "seen", ELIF), ("09:20", "send_queued", ELIF, {"reply": 1}), (TUESDAY, "sent", ELIF, {"reply": 1}),
      (TUESDAY, "answered", ELIF)], "09:01", "posting"),
    ([("12:00", "answered", "agent:@x")], "09:01", "elsewhere"),
]  # fmt: skip


@pytest.mark.parametrize(("told", "seen", "cause"), CAUSES)
def test_a_broken_promise_is_put_down_to_what_took_longest_until_the_deadline(
    told: list[Any], seen: str, cause: str
) -> None:
    first = one(post(data=URGENT), *told, seen=seen).first
    assert first is not None and (first.outcome, first.cause) == ("missed", cause)


def test_closed_hours_are_a_cause_only_where_the_promise_runs_through_them() -> None:
    night = one(post("20:00", CRITICAL), seen="20:01").first
    assert night is not None and night.cause == "closed"
    evening = one(post("17:30", URGENT), seen="17:31", now=at("12:00", 17)).first
    assert evening is not None and evening.due_at == at("10:30", 17) and evening.cause == "pick_up"


# --- properties ---

KINDS = (
    "seen", "assigned", "answered", "customer_wrote", "auto_acknowledged", "waiting_for_customer", "back_with_us",
    "urgency_changed", "resolved", "reopened", "set_aside", "decided", "approval_asked", "approved", "send_queued",
    "sent", "note", "undone",
)  # fmt: skip


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """A case with whatever may happen to one, in whatever order."""
    start = at("00:00", 14) + timedelta(minutes=draw(st.integers(0, 5 * 1440)))
    data = {"urgency": draw(st.sampled_from(["none", "same_day", "urgent", "critical"]))}
    lines = [Line(1, "customer_posted", start, C, 1, data, start + timedelta(minutes=draw(st.integers(0, 500))))]
    for number in range(2, 2 + draw(st.integers(0, 12))):
        type, minutes = draw(st.sampled_from(KINDS)), draw(st.integers(0, 4000))
        told: dict[str, Any] = {
            "urgency_changed": {"urgency": draw(st.sampled_from(["none", "same_day", "urgent", "critical"]))},
            "assigned": {"to": draw(st.sampled_from(["Elif", "Mert"])), "from": None},
            "undone": {"events": [draw(st.integers(2, 12))]},
            "approval_asked": {"approval": draw(st.integers(1, 2))}, "approved": {"approval": draw(st.integers(1, 2))},
            "send_queued": {"reply": 1}, "sent": {"reply": 1},
        }.get(type, {})  # fmt: skip
        by = {"customer_wrote": C, "auto_acknowledged": "system"}.get(
            type, draw(st.sampled_from([ELIF, LEAD, "agent:@x"]))
        )
        moment = start + timedelta(minutes=minutes)
        lines.append(Line(number, type, moment, by, 1 if type == "customer_wrote" else None, told, moment))
    seen = {1: start + timedelta(minutes=draw(st.integers(0, 300)))} if draw(st.booleans()) else {}
    return Story(1, lines, seen)


@given(stories(), st.randoms(use_true_random=False))
def test_the_order_of_reading_changes_nothing(told: Story, rng: Any) -> None:
    lines = sorted(told.events, key=lambda line: (line.at, line.id))
    in_order = facts_of(replace(told, events=lines), CLOCKS, NOON)
    by_moment: dict[datetime, list[Any]] = {}
    for line in lines:
        by_moment.setdefault(line.at, []).append(line)
    moments = list(by_moment.values())
    rng.shuffle(moments)  # what happened at one moment is told in the order of the log
    assert facts_of(replace(told, events=[line for each in moments for line in each]), CLOCKS, NOON) == in_order


@given(stories(), st.integers(0, 8000))
def test_what_has_not_happened_changes_nothing(told: Story, minutes: int) -> None:
    now = told.events[0].at + timedelta(minutes=minutes)
    known = [line for line in told.events if line.at <= now]
    assert facts_of(told, CLOCKS, now) == facts_of(replace(told, events=known), CLOCKS, now)


@given(stories())
def test_pieces_sum_to_the_whole_and_the_board_says_the_same(told: Story) -> None:
    found = facts_of(told, CLOCKS, NOON)
    if found is None:
        return
    for wait in (one for one in found.waits if one.clock != "resolution"):
        assert sum(wait.pieces.values(), timedelta(0)) == wait.waited
        assert wait.ran == wait.waited - wait.pieces.get("closed", timedelta(0))
        assert (wait.outcome == "missed") == bool(wait.late) == bool(wait.cause)
    # The board's own clocks, of the same events: deadline, lateness, end.
    lines = sorted((line for line in told.events if line.at <= NOON), key=lambda line: (line.at, line.id))
    board = clocks_of(CLOCKS, lines, NOON)  # type: ignore[arg-type]
    answers = [clock for clock in board if clock.clock != "resolution"]
    waits = [wait for wait in found.waits if wait.clock != "resolution"]
    assert [(c.started_at, c.due_at) for c in answers] == [(w.started_at, w.due_at) for w in waits]
    for clock, wait in zip(answers, waits, strict=True):
        if clock.state == "cancelled":
            assert wait.aside_at is not None
        else:
            expected = {"met": "met", "late": "missed", "breached": "missed", "running": "undecided"}[clock.state]
            assert (wait.outcome, int(wait.late.total_seconds())) == (expected, clock.late_s)
