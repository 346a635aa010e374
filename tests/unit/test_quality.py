"""The weekly figures: intervals that are honest for few, weeks of the desk's own zone, and who counts in what."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.quality import Share, drawn, heads_of, weeks_until
from store.corrections import LookedAt

ISTANBUL, BERLIN = ZoneInfo("Europe/Istanbul"), ZoneInfo("Europe/Berlin")
AT = datetime(2026, 11, 18, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        # Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_wilsons(hits: int, n: int, low: float, high: float) -> None:
    found = Share(hits, n).interval
    assert found is not None and found == pytest.approx((low, high), abs=5e-5)


@given(st.integers(0, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_a_share_lies_in_its_interval(counted: tuple[int, int]) -> None:
    share = Share(*counted)
    if share.n == 0:
        assert share.value is None and share.interval is None and share.record()["low"] is None
        return
    assert share.interval is not None and share.value is not None
    low, high = share.interval
    assert 0 <= low <= share.value + 1e-12 and share.value - 1e-12 <= high <= 1
    assert share.record()["hits"] == share.hits


@pytest.mark.parametrize(
    ("now", "zone", "monday", "begins"),
    [
        ("2026-11-22T12:00+03:00", ISTANBUL, date(2026, 11, 16), "2026-11-16T00:00:00+03:00"),
        ("2026-11-22T22:30+00:00", ISTANBUL, date(2026, 11, 23), "2026-11-23T00:00:00+03:00"),  # Monday there already
        ("2026-11-23T00:00+03:00", ISTANBUL, date(2026, 11, 23), "2026-11-23T00:00:00+03:00"),
        ("2026-10-25T12:00+01:00", BERLIN, date(2026, 10, 19), "2026-10-19T00:00:00+02:00"),  # the week of 169 hours
    ],
)
def test_a_week_is_the_desks(now: str, zone: ZoneInfo, monday: date, begins: str) -> None:
    [(day, start, end)] = weeks_until(datetime.fromisoformat(now), zone, 1)
    assert (day, start.isoformat()) == (monday, begins)
    assert end.date() - start.date() == timedelta(days=7) and (end.hour, end.minute) == (0, 0)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)), st.integers(1, 60))
def test_weeks_follow_one_another_without_a_hole(at: datetime, count: int) -> None:
    now = at.replace(tzinfo=UTC)
    weeks = weeks_until(now, BERLIN, count)
    assert len(weeks) == count and weeks[-1][1] <= now < weeks[-1][2]
    for one, other in pairwise(weeks):
        assert one[2] == other[1]


def looked(number: int, given_: dict[str, str], now: dict[str, str] | None = None, reviewed: bool = False) -> LookedAt:
    return LookedAt(number, "…", None, f"x {number}", None, AT, AT, given_, given_ | (now or {}), "linear-1", reviewed)


def test_what_is_counted_for_which_figure() -> None:
    found = heads_of(
        [
            looked(1, {"topic": "courier", "urgency": "same_day"}),
            looked(2, {"topic": "courier", "urgency": "same_day"}, {"topic": "delivery_delay"}),
            looked(3, {"topic": "billing"}),
            looked(4, {"topic": "courier", "urgency": "urgent"}, {"urgency": "none"}, reviewed=True),
        ]
    )
    topic, urgency = found["topic"], found["urgency"]
    assert (topic.stood.hits, topic.stood.n) == (3, 4)
    assert {label: (one.hits, one.n) for label, one in topic.by_label.items()} == {"courier": (2, 3), "billing": (1, 1)}
    assert (topic.reviewed.hits, topic.reviewed.n) == (1, 1)
    assert (urgency.stood.hits, urgency.stood.n) == (2, 3)
    assert (urgency.reviewed.hits, urgency.reviewed.n) == (0, 1)
    assert found["sentiment"].stood.n == 0 and not found["sentiment"].by_label


@given(st.sets(st.integers(1, 10_000), max_size=300), st.integers(0, 40))
def test_a_sample_is_the_same_for_everybody_and_of_the_asked_size(ids: set[int], size: int) -> None:
    sample = drawn(ids, "2026-W47", size)
    assert sample == drawn(sorted(ids, reverse=True), "2026-W47", size)
    assert len(sample) == min(size, len(ids)) and set(sample) <= ids


def test_every_mention_is_drawn_as_often_as_any_other() -> None:
    counts = dict.fromkeys(range(20), 0)
    for week in range(400):
        for number in drawn(range(20), f"week {week}", 5):
            counts[number] += 1
    assert all(60 <= count <= 140 for count in counts.values()), counts
