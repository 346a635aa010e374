"""What is learnt of handling times and arrivals: the prior where there is little, the data where there is much."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.rates import LONGEST_S, PRIOR_EFFORT, Answered, fit_arrivals, fit_efforts

ISTANBUL = ZoneInfo("Europe/Istanbul")
MONDAY = datetime(2026, 10, 4, 21, 0, tzinfo=UTC)  # Monday 5 October, 00:00 in Istanbul


def test_nothing_known_is_the_prior() -> None:
    efforts = fit_efforts([])
    assert (efforts.whole, efforts.answers) == (PRIOR_EFFORT, 0)
    assert efforts.of("billing", "x") == PRIOR_EFFORT and efforts.error == pytest.approx(0.8 / math.sqrt(5))
    arrivals = fit_arrivals([], MONDAY, MONDAY, ISTANBUL)
    assert set(arrivals.by_hour) == {0.02} and arrivals.expected(MONDAY, MONDAY) == 0


def test_much_data_speaks_for_itself_by_topic_and_channel() -> None:
    rng = np.random.default_rng(1)
    answers = [Answered("billing", "x", s) for s in rng.lognormal(math.log(900), 0.5, 400)]
    answers += [Answered("billing", "mail", s) for s in rng.lognormal(math.log(1800), 0.5, 400)]
    answers += [Answered("question", "x", s) for s in rng.lognormal(math.log(120), 0.5, 400)]
    efforts = fit_efforts(answers)
    assert math.exp(efforts.of("billing", "x").mu) == pytest.approx(900, rel=0.08)
    assert math.exp(efforts.of("billing", "mail").mu) == pytest.approx(1700, rel=0.1)
    assert math.exp(efforts.of("question", "x").mu) == pytest.approx(125, rel=0.1)
    assert efforts.of("question", "forum") == efforts.by_topic["question"], "an unknown channel: the topic"
    assert efforts.of("privacy_fraud", "x") == efforts.whole, "an unknown topic: the desk"
    assert efforts.error < 0.05


def test_one_odd_answer_does_not_move_a_topic_far() -> None:
    efforts = fit_efforts([Answered("billing", "x", 7000)] + [Answered("other", "x", 480)] * 40)
    assert 480 < math.exp(efforts.of("billing", "x").mu) < 900
    assert fit_efforts([Answered("billing", "x", LONGEST_S + 1)]).answers == 0
    assert fit_efforts([Answered("billing", "x", 1)] * 200).whole.mean < 60


@given(st.lists(st.floats(1, LONGEST_S), max_size=30))
def test_a_fit_lies_between_the_prior_and_the_data(seconds: list[float]) -> None:
    efforts = fit_efforts(Answered("other", "x", s) for s in seconds)
    logs = [math.log(max(30, s)) for s in seconds] + [PRIOR_EFFORT.mu]
    assert min(logs) - 1e-9 <= efforts.whole.mu <= max(logs) + 1e-9 and efforts.whole.sigma > 0


def stream(weeks: int, seed: int, factor_shape: float | None = None) -> list[datetime]:
    """Eight cases an hour on working days from 9 to 18, one on Sundays at noon, nothing else."""
    rng = np.random.default_rng(seed)
    found = []
    for day in range(weeks * 7):
        start = MONDAY + timedelta(days=day)
        factor = rng.gamma(factor_shape, 1 / factor_shape) if factor_shape else 1.0
        for hour in range(24):
            rate = 8.0 if day % 7 < 5 and 9 <= hour < 18 else 1.0 if day % 7 == 6 and hour == 12 else 0.0
            found += [
                start + timedelta(hours=hour, minutes=float(m)) for m in rng.uniform(0, 60, rng.poisson(rate * factor))
            ]
    return found


def test_arrivals_are_learnt_by_the_hour_of_the_week() -> None:
    until = MONDAY + timedelta(weeks=8)
    arrivals = fit_arrivals(stream(8, 1), MONDAY, until, ISTANBUL)
    assert arrivals.by_hour[2 * 24 + 10] == pytest.approx(8, rel=0.25)
    assert arrivals.by_hour[2 * 24 + 3] < 0.1 and arrivals.by_hour[5 * 24 + 10] < 0.3
    assert 0.4 < arrivals.by_hour[6 * 24 + 12] < 2
    day = arrivals.expected(until, until + timedelta(days=1))
    assert day == pytest.approx(72, rel=0.1)
    parts = [arrivals.expected(until + timedelta(minutes=n), until + timedelta(minutes=n + 7)) for n in range(0, 70, 7)]
    assert sum(parts) == pytest.approx(arrivals.expected(until, until + timedelta(minutes=70)))


def test_a_single_day_of_history_says_something_of_every_working_day() -> None:
    until = MONDAY + timedelta(days=1)
    arrivals = fit_arrivals(stream(1, 2), MONDAY, until, ISTANBUL)
    assert arrivals.by_hour[24 + 10] > 2, "Tuesday at ten is like Monday at ten"
    assert arrivals.by_hour[24 + 10] > 2 * arrivals.by_hour[24 + 3]


@pytest.mark.parametrize(("shape", "low", "high"), [(None, 20, 1000), (4.0, 2, 9)])
def test_days_that_differ_are_noticed(shape: float | None, low: float, high: float) -> None:
    found = fit_arrivals(stream(8, 3, shape), MONDAY, MONDAY + timedelta(weeks=8), ISTANBUL)
    assert low < found.day_shape < high


def test_a_day_of_23_hours_is_counted_as_it_was() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    start = datetime(2026, 3, 23, tzinfo=berlin).astimezone(UTC)
    end = datetime(2026, 3, 30, tzinfo=berlin).astimezone(UTC)
    posted = [start + timedelta(hours=n) for n in range(167)]
    arrivals = fit_arrivals(posted, start, end, berlin)
    assert arrivals.expected(start, end) == pytest.approx(167, rel=0.02)
