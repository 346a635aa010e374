"""The growth watch: quiet streams stay quiet, bursts are seen once, however the stream is cut."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playbooks.growth import Alarm, Heard, State, Unseen, Watch
from tests.performance.streams import BEGIN, ZONE, Burst, Played, play

ONSET = BEGIN + timedelta(weeks=2, days=1, hours=14)  # a Tuesday afternoon, after two weeks to learn from


@cache
def played(times: float = 6.0, alike: str = "matter") -> Played:
    bursts = [Burst(ONSET, times)] if times else []
    return play(3, 77, bursts=bursts, alike=alike)


@cache
def learnt() -> State:
    """A watch that has seen two weeks and one quiet morning."""
    watch = Watch(ZONE)
    for one in played(0).mentions:
        if one.at < ONSET - timedelta(hours=2):
            watch.add(one)
    return watch.state()


def watch_on(mentions: list[Heard], state: State | None = None) -> list[Alarm]:
    watch = Watch(ZONE, state=state or learnt())
    return [alarm for one in mentions if (alarm := watch.add(one))]


def minutes(*at: float, start: datetime = ONSET, **more: object) -> list[Heard]:
    """Mentions of one matter by different authors, at minutes after `start`."""
    base = Heard(at=start, incident="x", topic="topic3", channel="x")
    return [
        replace(base, at=start + timedelta(minutes=m), author=f"p{i}", **more)  # type: ignore[arg-type]
        for i, m in enumerate(at)
    ]


@pytest.mark.parametrize(("times", "within"), [(3.0, 30), (6.0, 15)])
def test_a_burst_is_seen_soon_and_once_and_names_its_incident(times: float, within: int) -> None:
    day = [one for one in played(times).mentions if ONSET - timedelta(hours=2) <= one.at < ONSET + timedelta(hours=8)]
    (alarm,) = watch_on(day)
    assert alarm.incident == "burst0"
    assert timedelta(0) < alarm.at - ONSET <= timedelta(minutes=within)
    assert alarm.count > 1.5 * alarm.usual
    assert abs(alarm.onset - ONSET) < timedelta(minutes=20)


def test_a_burst_of_one_topic_is_seen_without_any_grouping() -> None:
    day = [one for one in played(6.0, "topic").mentions if abs(one.at - ONSET) < timedelta(hours=2)]
    (alarm,) = watch_on(day)
    assert alarm.topic is not None and alarm.view.startswith("topic")


def test_a_quiet_day_has_no_alarm() -> None:
    assert not watch_on([one for one in played(0).mentions if one.at >= ONSET - timedelta(hours=2)][:600])


def test_one_person_who_posts_a_lot_is_no_snowball() -> None:
    posts = minutes(*[i / 4 for i in range(60)])
    assert not watch_on([replace(one, author="same") for one in posts])
    assert watch_on(posts)


def test_two_incidents_at_once_raise_one_alarm_each() -> None:
    first, other = minutes(*[i / 2 for i in range(60)]), minutes(*[10.2 + i / 2 for i in range(60)])
    other = [replace(one, incident="y", topic="topic1") for one in other]
    raised = watch_on(sorted(first + other, key=lambda one: one.at))
    assert [alarm.incident for alarm in raised] == ["x", "y"]


def test_incidents_that_turn_out_to_be_one_are_not_raised_again() -> None:
    watch = Watch(ZONE, state=learnt())
    assert [alarm for one in minutes(*[i / 2 for i in range(40)]) if (alarm := watch.add(one))]
    watch.merge("y", "x")
    later = minutes(*[i / 2 for i in range(40)], start=ONSET + timedelta(days=3), incident="y")
    assert not [alarm for one in later if (alarm := watch.add(one))]


@pytest.mark.parametrize("hours", [0.0, 50.0])
def test_one_certain_text_is_enough_even_for_a_brand_of_which_nothing_is_known(hours: float) -> None:
    watch = Watch(ZONE)
    one = Heard(at=ONSET + timedelta(hours=hours), incident="leak", topic="privacy_fraud", at_once=True)
    alarm = watch.add(one)
    assert alarm is not None and alarm.view == "at_once" and alarm.incident == "leak"
    assert watch.add(replace(one, at=one.at + timedelta(minutes=1))) is None


@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(0, 400), max_size=6), ticks=st.lists(st.integers(0, 36_000), max_size=10))
def test_the_cut_of_the_stream_changes_nothing(cuts: list[int], ticks: list[int]) -> None:
    """Stored and restored between any two mentions, and told the time in between, it knows and raises the same."""
    day = [one for one in played(3.0).mentions if one.at >= ONSET - timedelta(hours=2)][:400]
    whole = Watch(ZONE, state=learnt())
    expected = [alarm for one in day if (alarm := whole.add(one))]
    watch, found = Watch(ZONE, state=learnt()), []
    moments = sorted(day[0].at + timedelta(seconds=tick) for tick in ticks)
    for number, one in enumerate(day):
        while moments and moments[0] <= one.at:
            watch.advance(moments.pop(0))
        if number in cuts:
            watch = Watch(ZONE, state=watch.state())
        alarm = watch.add(one)
        if alarm:
            found.append(alarm)
    assert found == expected
    assert watch.state() == whole.state()


def test_unseen_time_is_neither_quiet_nor_a_drop() -> None:
    """Two hours blind: what is usual is as before; told nothing, the watch would take them for a silence."""
    start, end = ONSET - timedelta(hours=1), ONSET + timedelta(hours=1)
    told, untold = Watch(ZONE, state=learnt()), Watch(ZONE, state=learnt())
    told.unseen(Unseen(start, end))
    for watch in (told, untold):
        watch.advance(end + timedelta(minutes=31))
    levels = [watch._brand.level for watch in (told, untold)]
    assert levels[1] < levels[0] and levels[0] == pytest.approx(1, abs=0.3)
    hours = [sum(watch._brand.rhythm.hours) for watch in (told, untold)]
    assert hours[1] > hours[0]


def test_unseen_time_neither_raises_nor_resets() -> None:
    """A growth that began before the source went blind goes on where it was when it is seen again."""
    watch = Watch(ZONE, state=learnt())
    before = minutes(0, 1, 2, incident="a")
    for one in before:
        assert watch.add(one) is None
    grown = watch._brand.cusum
    assert grown > 0
    start = ONSET + timedelta(minutes=2)
    watch.unseen(Unseen(start, start + timedelta(minutes=43)))
    watch.advance(start + timedelta(minutes=43))
    assert watch._brand.cusum == pytest.approx(grown)
    late = minutes(*[5 + i / 10 for i in range(60)])  # what came in later, posted while nobody saw
    assert not [alarm for one in late if (alarm := watch.add(one))]
    assert watch.late == 60


def test_old_news_that_comes_late_is_no_growth() -> None:
    watch = Watch(ZONE, state=learnt())
    watch.add(minutes(0)[0])
    assert not [alarm for one in minutes(*[-600 + i for i in range(300)]) if (alarm := watch.add(one))]


def test_a_brand_of_which_nothing_is_known_is_watched_from_its_first_day() -> None:
    """A loud brand's first two days raise nothing for being loud, and a burst on the third is seen."""
    first = play(1, 5, bursts=[Burst(BEGIN + timedelta(days=2, hours=15), 6)])
    watch = Watch(ZONE)
    raised = [alarm for one in first.mentions if (alarm := watch.add(one))]
    assert "burst0" in [alarm.incident for alarm in raised]
    assert len(raised) <= 2


def test_daylight_saving_moves_the_rhythm_with_the_people() -> None:
    """Three weeks with nine to five in London; after the clocks go forward nine is still nine."""
    zone = ZoneInfo("Europe/London")
    watch = Watch(zone)
    at = datetime(2026, 3, 2, tzinfo=UTC)
    while at < datetime(2026, 3, 30, 7, 59, tzinfo=UTC):  # Monday after the change, 08:59 in London
        if 9 <= at.astimezone(zone).hour < 17:
            watch.add(Heard(at=at, incident=f"s{at}", author=f"a{at}", topic="topic1"))
        at += timedelta(minutes=2)
    watch.advance(datetime(2026, 3, 30, 7, 59, tzinfo=UTC))
    early = watch._brand.rate
    watch.advance(datetime(2026, 3, 30, 8, 5, tzinfo=UTC))
    assert watch._brand.rate > 3 * early


def test_a_holiday_is_a_sunday() -> None:
    monday, sunday = datetime(2026, 1, 26, 12, tzinfo=ZONE), datetime(2026, 1, 25, 12, tzinfo=ZONE)
    days: list[tuple[datetime, tuple[date, ...]]] = [(monday, ()), (monday, (monday.date(),)), (sunday, ())]
    rates = []
    for at, holidays in days:
        watch = Watch(ZONE, holidays=holidays, state=learnt())
        watch.unseen(Unseen(ONSET - timedelta(hours=3), monday + timedelta(days=1)))  # nothing more to be learnt
        watch.advance(at)
        rates.append(watch._brand.rate)
    assert rates[1] == rates[2] != rates[0]


def test_reach_raises_what_the_number_does_not() -> None:
    few = minutes(0, 3, 6, 9, 11, 12, 13, 14, reach=1.0)
    loud = [replace(one, reach=7.0, incident=f"s{i}", topic=f"t{i}") for i, one in enumerate(few)]
    heats = []
    for posts in ([replace(one, reach=1.0) for one in loud], loud):
        watch = Watch(ZONE, state=learnt())
        for one in posts:
            watch.add(one)
        heats.append(dict(watch.heat))
    assert heats[1]["reach"] > heats[0]["reach"] and heats[1]["window"] == heats[0]["window"]


@pytest.mark.parametrize("text", ["", "{}", '{"version": 99}', "[]", '{"version": 1}'])
def test_a_state_that_cannot_be_read_says_so(text: str) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        Watch(ZONE, state=State(text))


def test_the_state_keeps_no_name() -> None:
    watch = Watch(ZONE)
    watch.add(Heard(at=ONSET, incident="i1", author="x:gulsen_akyol", channel="x"))
    assert "gulsen" not in watch.state().text


def test_bad_spans_and_moments_are_refused() -> None:
    watch = Watch(ZONE)
    with pytest.raises(ValueError, match="begins before"):
        watch.unseen(Unseen(ONSET, ONSET))
    with pytest.raises(ValueError, match="offset"):
        watch.add(Heard(at=datetime(2026, 1, 1), incident="x"))


def test_the_memory_is_bounded() -> None:
    watch = Watch(ZONE)
    for i in range(5000):
        watch.add(Heard(at=ONSET + timedelta(seconds=i / 5), incident=f"i{i}", author=f"a{i}"))
    assert len(watch.state().text) < 1_500_000
    assert len(watch._recent) <= 4000 and len(watch._incidents) <= 2000


def test_an_outage_told_minute_by_minute_is_one_span() -> None:
    whole, parts = Watch(ZONE), Watch(ZONE)
    begin = datetime(2026, 11, 16, 9, tzinfo=UTC)
    whole.unseen(Unseen(begin, begin + timedelta(minutes=30)))
    for minute in range(30):
        parts.unseen(Unseen(begin + timedelta(minutes=minute), begin + timedelta(minutes=minute + 1)))
    assert parts.state() == whole.state()
