"""Periods of local days, across changes of the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.metrics.period import Period, midnight

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 10, 24), 24), (date(2026, 10, 25), 25), (date(2026, 3, 29), 23)]
)
def test_a_day_is_as_long_as_its_clock_makes_it(day: date, hours: int) -> None:
    period = Period.day(day, BERLIN)
    assert period.end - period.start == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("what", "first", "last"),
    [
        ("day", date(2026, 10, 28), date(2026, 10, 28)), ("week", date(2026, 10, 19), date(2026, 10, 25)),
        ("month", date(2026, 9, 1), date(2026, 9, 30)),
    ],
)  # fmt: skip
def test_the_last_whole_day_week_and_month(what: str, first: date, last: date) -> None:
    now = datetime(2026, 10, 28, 23, 30, tzinfo=UTC)  # the 29th in Berlin
    period = Period.last_of(what, now, BERLIN)
    assert (period.first, period.last) == (first, last)
    assert period.before.last == first - timedelta(days=1) and period.before.days == period.days


ZONES = ("Europe/Berlin", "Europe/Istanbul", "America/Santiago", "Africa/Cairo", "Asia/Kathmandu", "Pacific/Apia")


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(1, 40), st.sampled_from(ZONES))
def test_days_follow_one_another_without_a_gap(first: date, days: int, name: str) -> None:
    zone = ZoneInfo(name)
    period = Period(first, first + timedelta(days=days - 1), zone)
    each = period.each_day()
    assert len(each) == days == period.days
    assert (each[0].start, each[-1].end) == (period.start, period.end)
    assert all(one.end == two.start for one, two in pairwise(each)) and period.before.end == period.start
    for one in each:
        assert (
            one.start.astimezone(zone).date() >= one.first > (one.start - timedelta(seconds=1)).astimezone(zone).date()
        )


def test_where_the_clock_jumps_over_midnight_the_day_begins_at_the_jump() -> None:
    santiago = ZoneInfo("America/Santiago")
    start = midnight(date(2026, 9, 6), santiago)
    assert start == datetime(2026, 9, 6, 4, tzinfo=UTC) and start.astimezone(santiago).hour == 1


@pytest.mark.parametrize(
    ("first", "last"), [(date(2026, 2, 1), date(2026, 1, 31)), (date(2000, 1, 1), date(2026, 1, 1))]
)
def test_a_period_that_is_none(first: date, last: date) -> None:
    with pytest.raises(ValueError, match="the period"):
        Period(first, last, BERLIN)
    with pytest.raises(ValueError, match="is not one of day, week, month"):
        Period.last_of("year", datetime(2026, 1, 1, tzinfo=UTC), BERLIN)
