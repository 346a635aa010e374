"""The clock against brute force: random policies, calendars and orders of events, reckoned again second by second.

The second reckoning is in minute_walk.py and clock_walk.py; it shares nothing with desk/. How many policies:
NOBET_TEST_POLICIES (ten thousand in `make test-long`).
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.calendar import Calendar, NoStaffedTime, to_us
from desk.clock import Clocks, Event
from desk.deadline import Asked
from desk.policy import policy_from
from tests.unit.clock_desks import POLICIES, Desk, desks, examples, lengths, posted_in
from tests.unit.clock_walk import Happened, clocks_of, true_due
from tests.unit.minute_walk import PastTheWalk, moment, second

URGENCIES = ("critical", "urgent", "same_day")


@examples(POLICIES)
@given(desks(), st.data())
def test_a_deadline_is_where_the_walk_ends(desk: Desk, data: Any) -> None:
    clocks = Clocks(policy_from(desk.form))
    for urgency in URGENCIES:
        posted = data.draw(posted_in(desk.walk))
        answer_by = data.draw(st.none() | st.integers(posted, posted + 500_000))
        with suppress(PastTheWalk):
            expected = true_due(desk.walk, desk.promises[urgency], posted, desk.channel, answer_by)
            delivered = None if answer_by is None else moment(answer_by)
            due = clocks.due(moment(posted), urgency, desk.channel, delivered, desk.team)
            assert due.due_at == moment(expected)
            assert all(line.text(clocks.policy.zone) for line in due.why)


@examples(POLICIES)
@given(desks(), st.integers(-10, 700_000), st.data())
def test_staffed_time_between_two_moments_is_what_the_walk_counts(desk: Desk, length: int, data: Any) -> None:
    calendar = Calendar(policy_from(desk.form).of(desk.channel, desk.team))
    start = data.draw(posted_in(desk.walk))
    us = calendar.staffed_between(to_us(moment(start)), to_us(moment(start + length)))
    assert us == desk.walk.between(start, start + length) * 1_000_000


HAPPENINGS = [
    ("customer_wrote", "customer", None), ("customer_posted", "customer", "critical"), ("answered", "agent:Elif", None),
    ("answered", "system", None), ("auto_acknowledged", "system", None), ("waiting_for_customer", "agent:Elif", None),
    ("seen", "agent:Elif", None), ("back_with_us", "agent:Elif", None), ("resolved", "agent:Elif", None),
    ("reopened", "agent:Elif", None), ("set_aside", "agent:Elif", None), ("urgency_changed", "system", "none"),
    ("urgency_changed", "system", "urgent"), ("urgency_changed", "agent:Elif", "critical"),
    ("urgency_changed", "agent:Elif", "same_day"),
]  # fmt: skip
pauses = st.sampled_from([0, 1, 60, 3600]) | st.integers(0, 80_000)


@st.composite
def cases(draw: st.DrawFn, start: int) -> list[Happened]:
    """What happened to a case, as late and as muddled as it may arrive; something may lie before its first post."""
    urgency = draw(st.sampled_from(["same_day", "urgent", "critical", "urgent", None, "none"]))
    told: list[Happened] = [(start, "customer_posted", "customer", urgency)]
    at = start - draw(st.sampled_from([0, 0, 0, 600]))
    for kind, by, new in draw(st.lists(st.sampled_from(HAPPENINGS), min_size=draw(st.integers(0, 10)), max_size=14)):
        at += draw(pauses)
        told.append((at, kind, by, new))
    return draw(st.permutations(told)) if draw(st.booleans()) else told


@examples(POLICIES)
@given(desks(), st.data())
def test_every_clock_of_a_case_is_what_the_walk_says(desk: Desk, data: Any) -> None:
    events = data.draw(cases(data.draw(posted_in(desk.walk))))
    first = min(event[0] for event in events)
    now = data.draw(st.integers(first, first + 700_000) | st.just(max(event[0] for event in events) + 3600))
    answer_by = data.draw(st.none() | st.integers(0, 300_000).map(lambda after: first + after))
    with suppress(PastTheWalk):
        expected = clocks_of(desk.walk, desk.promises, events, now, desk.channel, answer_by)
        clocks = Clocks(policy_from(desk.form))
        told = clocks.clocks(
            [Event(moment(at), kind, by, new) for at, kind, by, new in events],
            moment(now), desk.channel, None if answer_by is None else moment(answer_by), desk.team,
        )  # fmt: skip
        seen = [
            (
                clock.clock, second(clock.started_at), second(clock.due_at) if clock.due_at else None, clock.state,
                second(clock.stopped_at) if clock.stopped_at else None, clock.late_s, clock.used_s,
            )
            for clock in told
        ]  # fmt: skip
        assert seen == expected
        # a case keeps the promise in force when it started: the stored version says the same as the policy did
        kept = clocks.policy.of(desk.channel, desk.team).record()
        again = Clocks(policy_from(None)).under(policy_from(kept)).clocks(
            [Event(moment(at), kind, by, new) for at, kind, by, new in events],
            moment(now), desk.channel, None if answer_by is None else moment(answer_by),
        )  # fmt: skip
        assert again == told


@examples(max(POLICIES // 8, 1))
@given(desks(), lengths, st.data())
def test_many_deadlines_at_once_are_those_of_each(desk: Desk, length: int, data: Any) -> None:
    clocks = Clocks(policy_from(desk.form))
    posts = [data.draw(posted_in(desk.walk)) for _ in range(6)]
    posts += [post + length * n * 50 for n, post in enumerate(posts)]  # other years, too
    items: list[Asked] = []
    for n, post in enumerate(posts):
        when = moment(post).astimezone(clocks.policy.zone if n % 2 else UTC)
        delivered = moment(post + length) if n % 5 == 0 else None
        items.append((when, (*URGENCIES, "none")[n % 4], (desk.channel, None, "trendyol")[n % 3], delivered))
    try:
        each = [clocks.due(at, urgency, channel, by, desk.team) for at, urgency, channel, by in items]
    except NoStaffedTime as error:
        with pytest.raises(NoStaffedTime) as many:
            clocks.due_many(items, desk.team)
        assert str(many.value)[:30] == str(error)[:30]
        return
    assert clocks.due_many(items, desk.team) == each
