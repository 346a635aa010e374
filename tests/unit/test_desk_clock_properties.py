"""The clock against a second telling of its rules that walks minute by minute, on policies nobody would think of."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from desk.calendar import Calendar, from_us, to_us
from desk.clock import Clock, Clocks, Event
from desk.policy import WEEKDAYS, policy_from
from tests.unit.minute_walk import Span, Walk, minute, moment

# Four weeks around each kind of trouble: bayram and eves, both changes of the clock, the turn of the year. Lord Howe
# moves by half an hour, Cairo at midnight, Kathmandu is 5:45 ahead.
WINDOWS = [datetime(2026, 3, 5, tzinfo=UTC), datetime(2026, 10, 12, tzinfo=UTC), datetime(2026, 12, 20, tzinfo=UTC)]
ZONES = [
    "Europe/Istanbul",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Asia/Kathmandu",
]
DAYS = 42


def examples(count: int) -> settings:
    """So many examples, however long a busy machine takes to lay out the weeks of one."""
    return settings(max_examples=count, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def written(minutes: int) -> str:
    """A minute of the day or of the next as it is written."""
    return "24:00" if minutes == 1440 else f"{minutes % 1440 // 60:02d}:{minutes % 60:02d}"


@st.composite
def day_hours(draw: st.DrawFn) -> list[Span]:
    """Up to three intervals of one day that do not overlap; the last may end after midnight."""
    quarter = st.integers(0, 95).map(lambda q: q * 15)
    marks = sorted(draw(st.lists(quarter | st.integers(0, 1439), max_size=6, unique=True)))
    spans = list(zip(marks[::2], marks[1::2], strict=False))
    spans = [(a, b) for i, (a, b) in enumerate(spans) if i == 0 or a > spans[i - 1][1]]  # a touching pair is one
    if spans and draw(st.booleans()):
        start = spans[-1][0]
        spans[-1] = (start, draw(st.integers(1440, 1440 + min(start, 600)).filter(lambda end: end - start < 1440)))
    if draw(st.integers(0, 9)) == 0:
        spans = [(0, 1440)]
    return [(written(a), written(b)) for a, b in spans]


@st.composite
def desks(draw: st.DrawFn) -> tuple[dict[str, Any], Walk]:
    """The settings of a desk and the walk over the same desk."""
    zone, first = draw(st.sampled_from(ZONES)), draw(st.sampled_from(WINDOWS))
    if draw(st.booleans()):
        office = draw(day_hours())
        week = [office] * 5 + [draw(day_hours()), []]
    else:
        week = [draw(day_hours()) for _ in range(7)]
    assume(any(week))
    country = draw(st.sampled_from([None, "TR", "TR", "DE", "US"]))
    one_off = st.integers(2, DAYS - 3).map(lambda n: (first + timedelta(days=n)).date())
    exceptions: dict[date, list[Span]] = draw(st.dictionaries(one_off, day_hours(), max_size=3))
    form = {
        "timezone": zone,
        "holidays": country,
        "hours": {name: ["-".join(span) for span in spans] for name, spans in zip(WEEKDAYS, week, strict=True)},
        "exceptions": {day.isoformat(): ["-".join(span) for span in spans] for day, spans in exceptions.items()},
    }
    return form, Walk(zone, week, first, DAYS, country, exceptions)


@st.composite
def posted_in(draw: st.DrawFn, walk: Walk) -> int:
    """A minute early in the walk, often one at which something begins or ends."""
    low, high = walk.start + 3 * 1440, walk.start + 20 * 1440
    edges = [edge for day, hours in walk.hours.items() for span in hours for edge in span if low <= edge < high]
    anywhere = st.integers(low, high - 1)
    if not edges:
        return draw(anywhere)
    return draw(anywhere | st.builds(lambda e, off: e + off, st.sampled_from(edges), st.sampled_from([-60, -1, 0, 1])))


lengths = st.sampled_from([1, 30, 60, 120, 540]) | st.integers(1, 3000)


@examples(80)
@given(desks(), lengths, st.data())
def test_a_staffed_promise_ends_where_the_walk_ends(desk: tuple[dict[str, Any], Walk], length: int, data: Any) -> None:
    form, walk = desk
    clocks = Clocks(policy_from({**form, "promises": {"urgent": {"within": f"{length}m", "clock": "staffed"}}}))
    for _ in range(5):
        posted = data.draw(posted_in(walk))
        try:
            expected = walk.due_within(posted, length, "staffed")
        except IndexError:
            continue  # further away than the walk goes
        assert clocks.due(moment(posted), "urgent").due_at == moment(expected)


@examples(80)
@given(desks(), st.integers(0, 600), st.integers(0, 600), st.data())
def test_a_same_day_promise_ends_where_the_walk_ends(
    desk: tuple[dict[str, Any], Walk], before: int, grace: int, data: Any
) -> None:
    form, walk = desk
    promise = {"same_day": True, "cutoff_before_close": f"{before}m", "grace": f"{grace}m"}
    clocks = Clocks(policy_from({**form, "promises": {"same_day": promise}}))
    for _ in range(5):
        posted = data.draw(posted_in(walk))
        try:
            expected = walk.due_same_day(posted, before, grace)
        except IndexError:
            continue
        assert clocks.due(moment(posted), "same_day").due_at == moment(expected)


@examples(60)
@given(desks(), st.data())
def test_staffed_time_between_two_moments_is_what_the_walk_counts(desk: tuple[dict[str, Any], Walk], data: Any) -> None:
    form, walk = desk
    calendar = Calendar(policy_from(form))
    for _ in range(4):
        start = data.draw(posted_in(walk))
        end = start + data.draw(st.integers(-10, 12_000))
        us = calendar.staffed_between(to_us(moment(start)), to_us(moment(end)))
        assert us == walk.between(start, end) * 60_000_000


@examples(60)
@given(desks(), st.integers(1, 2000), st.integers(0, 86_399_999_999), st.data())
def test_a_staffed_promise_is_exact_to_the_microsecond(
    desk: tuple[dict[str, Any], Walk], length: int, offset: int, data: Any
) -> None:
    form, walk = desk
    calendar = Calendar(policy_from(form))
    start, length_us = to_us(moment(data.draw(posted_in(walk)))) + offset, length * 60_000_000
    due = calendar.add_staffed(start, length_us)
    assert calendar.staffed_between(start, due) == length_us
    assert calendar.staffed_between(start, due - 1) == length_us - 1  # it is the first such moment: a close, no opening


@examples(60)
@given(desks(), st.sampled_from(["always", "staffed"]), lengths, st.data())
def test_who_posts_later_is_not_due_earlier(
    desk: tuple[dict[str, Any], Walk], clock: str, length: int, data: Any
) -> None:
    form, walk = desk
    clocks = Clocks(policy_from({**form, "promises": {"urgent": {"within": f"{length}m", "clock": clock}}}))
    posts = sorted(data.draw(st.lists(posted_in(walk), min_size=2, max_size=8)))
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
        at += after
        kind, by = ("answered", "system") if name == "bot" else (name, "agent:Elif")
        events.append(Event(moment(at), kind, "customer" if kind == "customer_wrote" else by))
    return events


def walked_resolution(
    walk: Walk, events: list[Event], now: int, length: int, clock: str
) -> tuple[int | None, int, str, int | None]:
    """Deadline, minutes used, state and stop of the resolution clock, minute by minute."""
    waiting = resolved = False
    used, due, stopped = 0, None, None
    began = minute(events[0].at)  # of the stretch that runs
    ran_out: int | None = None  # when the promise was used up within this stretch
    happening = [e for e in events[1:] if minute(e.at) <= now]
    for at in range(began, now + 1):
        while happening and minute(happening[0].at) == at:
            kind = happening.pop(0).type
            was = waiting or resolved
            if kind == "waiting_for_customer" and not resolved:
                waiting = True
            elif (kind in ("back_with_us", "customer_wrote") and not resolved) or kind == "reopened":
                waiting = resolved = False
            elif kind == "resolved" and not resolved:
                resolved, stopped = True, at
            if was and not (waiting or resolved):
                began, ran_out = at, None
        stopped = stopped if resolved else None
        if waiting or resolved or at == now:
            continue
        if used >= length and due is None:
            due = began if ran_out is None else ran_out  # it goes on running past its end
        if clock == "always" or walk.open_at(at):
            used += 1
            if used == length:
                ran_out = at + 1
    if due is None and not (waiting and not resolved):
        end = stopped if stopped is not None else now
        ended = began if ran_out is None else ran_out
        due = ended if used >= length else walk.due_within(end, length - used, clock)
    if stopped is not None:
        assert due is not None
        return due, used, "late" if stopped > due else "met", stopped
    if due is not None and now > due:
        return due, used, "breached", None
    return due, used, "paused" if waiting else "running", None


@examples(150)
@given(desks(), steps, st.integers(1, 3000), st.sampled_from(["always", "staffed"]), st.integers(0, 4000), st.data())
def test_a_resolution_with_pauses_is_what_the_walk_says(
    desk: tuple[dict[str, Any], Walk], told: list[tuple[str, int]], length: int, clock: str, later: int, data: Any
) -> None:
    form, walk = desk
    promise = {"within": "1h", "clock": "always", "resolution": {"within": f"{length}m", "clock": clock}}
    events = story(data.draw(posted_in(walk)), told)
    now = minute(events[0].at) + later
    try:
        due, used, state, stopped = walked_resolution(walk, events, now, length, clock)
    except IndexError:
        assume(False)
    resolution = Clocks(policy_from({**form, "promises": {"urgent": promise}})).clocks(events, moment(now))[-1]
    assert resolution.clock == "resolution"
    assert resolution.due_at == (moment(due) if due is not None else None)
    assert resolution.stopped_at == (moment(stopped) if stopped is not None else None)
    assert (resolution.state, resolution.used_s) == (state, used * 60)
    end = stopped if stopped is not None else now
    assert resolution.late_s == (max(0, end - due) * 60 if due is not None else 0)


@examples(100)
@given(steps, st.integers(0, 6000))
def test_answer_clocks_start_and_stop_with_customer_and_person(told: list[tuple[str, int]], later: int) -> None:
    clocks = Clocks(policy_from({"holidays": None}))
    start = minute(WINDOWS[1])
    events, now = story(start, told), moment(start + later)
    expected: list[list[datetime | None]] = []
    for event in (e for e in events if e.at <= now):
        waiting = expected and expected[-1][1] is None
        if event.type in ("customer_posted", "customer_wrote") and not waiting:
            expected.append([event.at, None])
        elif event.type == "answered" and event.by_person and waiting:
            expected[-1][1] = event.at
    answers = clocks.clocks(events, now)[:-1]
    assert [[c.started_at, c.stopped_at] for c in answers] == expected
    assert [c.clock for c in answers] == ["first_answer", *["next_answer"] * (len(expected) - 1)]
    for clock in answers:
        assert clock.due_at == clocks.due(clock.started_at, "urgent").due_at  # each by its own start, none by another


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
    at = draw(st.integers(minute(WINDOWS[1]), minute(WINDOWS[1]) + 20_000))
    urgency = draw(st.sampled_from(["none", "same_day", "urgent", "critical", None]))
    events = [Event(moment(at), "customer_posted", "customer", urgency)]
    for kind, by, new in draw(st.lists(st.sampled_from(ANYTHING), max_size=12)):
        at += draw(st.integers(1 if distinct else 0, 1200))
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
    events = story(minute(WINDOWS[1]), told)
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
