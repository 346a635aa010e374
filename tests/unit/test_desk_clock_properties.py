"""What holds of the clock whatever happens: order, soundness, exactness. Brute force is in test_desk_clock_walk.py."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from desk.calendar import Calendar, from_us, to_us
from desk.clock import Clock, Clocks, Event
from desk.policy import policy_from
from tests.unit.clock_desks import WINDOWS, Desk, desks, examples, lengths, posted_in
from tests.unit.minute_walk import moment, second


@examples(60)
@given(desks(), st.integers(1, 2000), st.integers(0, 86_399_999_999), st.data())
def test_a_staffed_promise_is_exact_to_the_microsecond(desk: Desk, length: int, offset: int, data: Any) -> None:
    calendar = Calendar(policy_from(desk.form).of(desk.channel, desk.team))
    start, length_us = to_us(moment(data.draw(posted_in(desk.walk)))) + offset, length * 60_000_000
    due = calendar.add_staffed(start, length_us)
    assert calendar.staffed_between(start, due) == length_us
    assert calendar.staffed_between(start, due - 1) == length_us - 1  # it is the first such moment: a close, no opening


@examples(60)
@given(desks(), st.sampled_from(["always", "staffed"]), lengths, st.data())
def test_who_posts_later_is_not_due_earlier(desk: Desk, clock: str, length: int, data: Any) -> None:
    plain = policy_from(desk.form).of(desk.channel, desk.team)
    clocks = Clocks(policy_from({**plain.record(), "promises": {"urgent": {"within": f"{length}s", "clock": clock}}}))
    posts = sorted(data.draw(st.lists(posted_in(desk.walk), min_size=2, max_size=8)))
    dues = [clocks.due(moment(posted), "urgent").due_at for posted in posts]
    assert all(a is not None and b is not None and a <= b for a, b in pairwise(dues))


# A case's story: what happened how many minutes after the last thing. Ties and long silences included.
STEPS = ["waiting_for_customer", "back_with_us", "customer_wrote", "resolved", "reopened", "answered", "bot"]
steps = st.lists(
    st.tuples(st.sampled_from(STEPS), st.sampled_from([0, 1, 60]) | st.integers(0, 1500)), min_size=1, max_size=9
)


def story(start: int, told: list[tuple[str, int]]) -> list[Event]:
    events, at = [Event(moment(start), "customer_posted", "customer", "urgent")], start
    for name, after in told:
        at += after * 60
        kind, by = ("answered", "system") if name == "bot" else (name, "agent:Elif")
        events.append(Event(moment(at), kind, "customer" if kind == "customer_wrote" else by))
    return events


# Anything at all may happen to a case, in any order, and its clocks must stay sound.
ANYTHING = [
    ("customer_wrote", "customer", None), ("answered", "agent:Elif", None), ("answered", "system", None),
    ("auto_acknowledged", "system", None), ("waiting_for_customer", "agent:Elif", None), ("seen", "agent:Elif", None),
    ("back_with_us", "agent:Elif", None), ("resolved", "agent:Elif", None), ("reopened", "agent:Elif", None),
    ("set_aside", "agent:Elif", None), ("urgency_changed", "system", "none"), ("urgency_changed", "system", "urgent"),
    ("urgency_changed", "agent:Elif", "critical"), ("urgency_changed", "agent:Elif", "same_day"),
]  # fmt: skip
FULL = policy_from(
    {
        "promises": {
            "critical": {"within": "30m", "clock": "always", "resolution": {"within": "4h", "clock": "always"}},
            "same_day": {"same_day": True, "resolution": {"within": "18h"}},
        }
    }
)


@st.composite
def anything(draw: st.DrawFn, distinct: bool) -> list[Event]:
    at = draw(st.integers(second(WINDOWS[1]), second(WINDOWS[1]) + 1_200_000))
    urgency = draw(st.sampled_from(["none", "same_day", "urgent", "critical", None]))
    events = [Event(moment(at), "customer_posted", "customer", urgency)]
    for kind, by, new in draw(st.lists(st.sampled_from(ANYTHING), max_size=12)):
        at += draw(st.integers(1 if distinct else 0, 72_000))
        events.append(Event(moment(at), kind, by, new))
    return events


def sound(clock: Clock, now: datetime) -> None:
    """What holds of every clock, whatever happened."""
    due, end = clock.due_at, clock.stopped_at or now
    assert clock.urgency != "none"
    assert clock.started_at <= end <= now and clock.used_s >= 0 and clock.late_s >= 0
    assert (clock.stopped_at is not None) == (clock.state in ("met", "late", "cancelled"))
    assert (clock.late_s > 0) == (clock.state in ("late", "breached"))
    if clock.state in ("met", "running"):
        assert due is None or end <= due
    elif clock.state in ("late", "breached"):
        assert due is not None and clock.late_s == (end - due).total_seconds()
    elif clock.state == "paused":
        assert due is None and clock.clock == "resolution"
    for language in ("en", "tr"):
        assert all(line.text(FULL.zone, language) for line in clock.why)


@examples(150)
@given(anything(distinct=False), st.integers(0, 15_000))
def test_whatever_happens_the_clocks_are_sound_and_told_the_same_twice(events: list[Event], later: int) -> None:
    clocks, now = Clocks(FULL), events[0].at + timedelta(minutes=later)
    told = clocks.clocks(events, now)
    assert told == clocks.clocks(events, now) == Clocks(FULL).clocks(iter(events), now)
    assert told == clocks.clocks([e for e in events if e.at <= now], now)  # what has not happened yet is not told
    names = [clock.clock for clock in told]
    assert names == sorted(names, key=["first_answer", "next_answer", "resolution"].index)
    assert names.count("first_answer") <= 1 and names.count("resolution") <= 1
    for clock in told:
        sound(clock, now)


@examples(60)
@given(anything(distinct=True), st.randoms(), st.integers(0, 15_000))
def test_the_order_in_which_events_arrive_does_not_matter(events: list[Event], random: Any, later: int) -> None:
    clocks, now = Clocks(FULL), events[0].at + timedelta(minutes=later)
    shuffled = list(events)
    random.shuffle(shuffled)
    assert clocks.clocks(shuffled, now) == clocks.clocks(events, now)


@examples(60)
@given(steps, st.integers(0, 4000), st.integers(0, 4000))
def test_late_stays_late(told: list[tuple[str, int]], later: int, more: int) -> None:
    clocks = Clocks(FULL)
    events = story(second(WINDOWS[1]), told)
    now = events[0].at + timedelta(minutes=later)
    before = clocks.clocks(events, now)[:-1]  # answers; a resolution may be reopened before it was late
    after = clocks.clocks(events, now + timedelta(minutes=more))
    for was, is_now in zip(before, after, strict=False):
        assert was.due_at == is_now.due_at
        if was.state in ("late", "breached"):
            assert is_now.state in ("late", "breached") and is_now.late_s >= was.late_s


@examples(80)
@given(st.integers(to_us(datetime(1990, 1, 1, tzinfo=UTC)), to_us(datetime(2099, 12, 31, tzinfo=UTC))))
def test_years_laid_out_in_any_order_give_the_same_calendar(us: int) -> None:
    fresh = Calendar(FULL)
    assert SHARED.next_opening(us) == fresh.next_opening(us)
    assert SHARED.service_day(us) == fresh.service_day(us)
    assert SHARED.add_staffed(us, 3_600_000_000) == fresh.add_staffed(us, 3_600_000_000)
    assert from_us(us) <= from_us(fresh.add_staffed(us, 1))


SHARED = Calendar(FULL)
