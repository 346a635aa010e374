"""The demo's story is played to the line: each once, in order, in real time, whatever the times of the fetches are."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from collectors.demo import (
    DAY,
    LONGEST_STEP,
    MORNING,
    NIGHT,
    NIGHT_SECONDS,
    STORY,
    DemoCollector,
    DemoSettings,
    Line,
    clock,
    play,
    read_story,
    running,
    said,
)
from collectors.protocol import Batch, Cursor, Fetched, Unreadable
from collectors.registry import ConfigError, collector_for
from tests.tries import tries

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
SPEEDS = st.floats(0.5, 5000)


def demo(**more: Any) -> DemoCollector:
    return DemoCollector(DemoSettings(kind="demo", **more))


def fetch(collector: DemoCollector, cursor: Cursor | None, now: datetime) -> Batch:
    (batch,) = collector.fetch(cursor, now)
    json.dumps(batch.cursor)
    return batch


def story(*minutes: int, before: tuple[int, ...] = ()) -> tuple[Line, ...]:
    opening = [Line(0, minutes_before, {"native_id": f"b{n}"}, n) for n, minutes_before in enumerate(before)]
    return (*opening, *(Line(minute, None, {"native_id": f"l{n}"}, n) for n, minute in enumerate(sorted(minutes))))


def test_the_whole_story_comes_once_and_is_over_in_half_an_hour() -> None:
    collector, cursor, now = demo(), None, NOW
    fetched: list[Fetched] = []
    notes: list[str] = []
    while not (notes and "over" in notes[-1]):
        batch = fetch(collector, cursor, now)
        assert not batch.rejected
        for item in batch.fetched:
            assert cursor is None or now - timedelta(seconds=2) <= item.mention.published_at <= now
        fetched += batch.fetched
        notes.append(batch.note)
        cursor, now = batch.cursor, now + timedelta(seconds=2)
    lines = [json.loads(line) for line in STORY.read_text(encoding="utf-8").splitlines()]
    assert [item.raw for item in fetched] == lines
    assert [item.mention.native_id for item in fetched] == [line["native_id"] for line in lines]
    assert {item.mention.source for item in fetched} == {"demo"}
    assert [item.mention.channel for item in fetched] == [line["channel"] for line in lines]
    # Three days of 16 waking hours at 120 minutes a minute, and two nights.
    assert timedelta(minutes=23) < now - NOW < timedelta(minutes=25)
    assert notes[0] == "story at d1 07:30" and notes[-1] == "the story is over (367 lines)"
    times = [item.mention.published_at for item in fetched]
    assert times == sorted(times)


def test_the_first_fetch_brings_what_was_posted_before() -> None:
    batch = fetch(demo(), None, NOW)
    ages = [(NOW - item.mention.published_at) / timedelta(minutes=1) for item in batch.fetched]
    assert len(ages) == 14 and ages[0] == 300 and ages == sorted(ages, reverse=True)
    assert batch.cursor == {"position": 14, "story": 450.0, "at": NOW.isoformat()}


def test_a_demo_that_was_stopped_goes_on_where_it_was() -> None:
    collector = demo()
    cursor = fetch(collector, None, NOW).cursor
    later = NOW + timedelta(days=3)
    batch = fetch(collector, cursor, later)
    assert batch.note == "story at d1 07:50", "ten seconds at most, 20 minutes of the story"
    assert [item.raw["at"] for item in batch.fetched] == ["d1 07:48"]
    assert later - batch.fetched[0].mention.published_at == timedelta(seconds=1)


def test_a_batch_that_was_not_stored_comes_again_with_the_same_ids() -> None:
    collector = demo()
    cursor = fetch(collector, None, NOW).cursor
    for _ in range(3):
        cursor = fetch(collector, cursor, NOW + timedelta(seconds=10)).cursor
    kept = copy.deepcopy(cursor)
    lost = fetch(collector, cursor, NOW + timedelta(seconds=19))
    again = fetch(demo(), cursor, NOW + timedelta(seconds=19))
    late = fetch(demo(), cursor, NOW + timedelta(seconds=60))
    assert lost == again and cursor == kept
    ids = [item.mention.native_id for item in lost.fetched]
    assert [item.mention.native_id for item in late.fetched][: len(ids)] == ids


def test_between_two_lines_the_batch_is_empty_and_says_where_the_story_stands() -> None:
    collector = demo()
    cursor = fetch(collector, None, NOW).cursor
    batch = fetch(collector, cursor, NOW + timedelta(seconds=2))
    assert batch.fetched == () and batch.note == "story at d1 07:34"


def test_a_clock_that_was_set_back_plays_nothing() -> None:
    cursor = {"position": 14, "story": 600.0, "at": NOW.isoformat()}
    step = play(read_story(STORY), cursor, NOW - timedelta(hours=1), 120)
    assert step.minute == pytest.approx(600.0) and all(posted == NOW - timedelta(hours=1) for _, posted in step.posted)


def test_nights_pass_in_a_few_seconds() -> None:
    assert running(NIGHT, 120) == 8 * 60
    assert running(DAY + MORNING, 120) - running(NIGHT, 120) == NIGHT_SECONDS
    assert clock(8 * 60 + NIGHT_SECONDS / 2, 120) == NIGHT + 4 * 60
    lines = story(NIGHT - 1, NIGHT + 100, DAY + MORNING + 1)
    step = play(lines, {"position": 0, "story": NIGHT - 2.0, "at": NOW.isoformat()}, NOW + timedelta(seconds=9), 120)
    assert len(step.posted) == 3


@given(st.floats(0, 4000), SPEEDS)
def test_the_clock_and_its_inverse_agree(seconds: float, speed: float) -> None:
    minute = clock(seconds, speed)
    assert running(minute, speed) == pytest.approx(seconds, abs=1e-3)
    assert clock(seconds + 1, speed) > minute >= MORNING


@settings(max_examples=tries(300), deadline=None)
@given(
    st.lists(st.integers(MORNING, 3 * DAY), max_size=40),
    st.lists(st.integers(0, 300), max_size=5),
    st.lists(st.tuples(st.floats(-5, 40), st.booleans()), max_size=60),
    SPEEDS,
)
def test_each_line_comes_once_in_order_and_at_its_moment(
    minutes: list[int], before: list[int], fetches: list[tuple[float, bool]], speed: float
) -> None:
    lines = story(*minutes, before=tuple(sorted(before, reverse=True)))
    now, cursor = NOW, None
    stored: list[tuple[Line, datetime]] = []
    for wait, kept in [(0.0, True), *fetches, *[(10.0, True)] * 20]:
        now += timedelta(seconds=wait)
        step = play(lines, cursor, now, speed)
        if cursor is not None:
            assert all(now - timedelta(seconds=LONGEST_STEP) <= posted <= now for _, posted in step.posted)
        if kept:  # otherwise the batch was lost before it was stored, and the cursor with it
            stored += step.posted
            cursor = {"position": step.position, "story": round(step.minute, 6), "at": now.isoformat()}
    numbers = [lines.index(line) for line, _ in stored]
    assert numbers == list(range(len(numbers)))
    assert cursor is not None and all(
        line.minute <= cursor["story"] + 1e-5 for line, _ in stored if line.before is None
    )
    due = [line for line in lines if line.before is not None or line.minute < cursor["story"] - 1e-5]
    assert len(stored) >= len(due)


@given(st.lists(st.floats(0.1, 10), min_size=1, max_size=40), SPEEDS)
def test_how_often_it_is_fetched_does_not_change_when_a_line_is_posted(waits: list[float], speed: float) -> None:
    lines = story(MORNING + 1, MORNING + 30, MORNING + 400, DAY + MORNING + 5)
    assume(sum(waits) > 0)
    now, cursor = NOW, {"position": 0, "story": float(MORNING), "at": NOW.isoformat()}
    for wait in waits:
        now += timedelta(seconds=wait)
        step = play(lines, cursor, now, speed)
        for line, posted in step.posted:
            assert (posted - NOW).total_seconds() == pytest.approx(running(line.minute, speed), abs=0.05)
        cursor = {"position": step.position, "story": round(step.minute, 6), "at": now.isoformat()}


def test_the_clock_of_the_story_as_it_is_written() -> None:
    assert said(MORNING) == "d1 07:30" and said(DAY + 9 * 60 + 40.9) == "d2 09:40"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("not json", "line 2: is not JSON"),
        ("[1]", "line 2: is not a JSON object"),
        ('{"at": "d1 24:00", "native_id": "x"}', "line 2, field 'at'"),
        ('{"at": "d0 10:00", "native_id": "x"}', "line 2, field 'at'"),
        ('{"at": "d1 10:00"}', "line 2, field 'native_id': is missing"),
        ('{"at": "d1 10:00", "native_id": "a"}', "line 2, field 'native_id': 'a' was line 1's already"),
        ('{"at": "d1 10:00", "native_id": "x", "posted_before": "5"}', "line 2, field 'posted_before'"),
    ],
)
def test_a_mistake_in_a_story_is_named(tmp_path: Path, line: str, sentence: str) -> None:
    file = tmp_path / "story.jsonl"
    file.write_text('{"at": "d1 08:00", "native_id": "a", "text": "x", "channel": "x"}\n' + line, encoding="utf-8")
    with pytest.raises(ConfigError, match=sentence.replace("'", "'")) as raised:
        collector_for({"kind": "demo", "story": str(file)})
    assert str(file) in str(raised.value)
    with pytest.raises(Unreadable, match="Nothing was played"):
        next(iter(DemoCollector(DemoSettings.model_construct(kind="demo", name="", story=str(file))).fetch(None, NOW)))


def test_a_line_that_is_no_mention_is_rejected_with_its_number(tmp_path: Path) -> None:
    file = tmp_path / "story.jsonl"
    good = {"at": "d1 07:30", "native_id": "b", "text": "söz", "channel": "forum"}
    bad = {"at": "d1 07:30", "native_id": "a", "text": " ", "channel": "x"}
    file.write_text(f"{json.dumps(bad)}\n\n{json.dumps(good)}\n", encoding="utf-8")
    collector = demo(story=str(file), name="gösteri")
    batch = fetch(collector, fetch(collector, None, NOW).cursor, NOW + timedelta(seconds=1))
    assert [item.native_id for item in batch.rejected] == ["a"] and "line 1 of the story" in batch.rejected[0].reason
    assert batch.fetched[0].mention.source == "gösteri" and batch.fetched[0].mention.channel == "forum"
    assert batch.note == "the story is over (2 lines)"
