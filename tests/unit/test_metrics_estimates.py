"""Estimates against published examples, and against the same reckoned by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.metrics.estimates import Estimate, Survival, change, share_of
from desk.metrics.improving import usual_of, verdict_of

# Freireich et al. 1963: weeks in remission under 6-mercaptopurine, the textbooks' example of a survival curve.
ENDED = [6, 6, 6, 7, 10, 13, 16, 22, 23]
STILL = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]


def test_the_textbooks_median_and_its_limits() -> None:
    found = Survival([*ENDED, *STILL], [True] * len(ENDED) + [False] * len(STILL))
    assert found.quantile(0.5) == Estimate(23, 13, None)  # R's survfit(conf.type = "log-log"): 23, 13, NA
    assert found.quantile(0.25).value == 13
    assert found.quantile(0.9) == Estimate(None), "not reached, and said so"


@pytest.mark.parametrize(
    ("times", "over", "median"),
    [
        ([], [], None), ([5], [False], None), ([5], [True], 5), ([1, 2], [True, True], 1), ([1, 9], [False, True], 9),
        ([3, 3, 3], [True, True, True], 3), ([1, 2, 3, 4], [True, False, False, False], None),
        ([1, 2, 3, 4], [True, True, False, False], 2),
    ],
)  # fmt: skip
def test_small_medians(times: list[float], over: list[bool], median: float | None) -> None:
    assert Survival(times, over).quantile(0.5).value == median


@given(st.lists(st.tuples(st.integers(0, 30), st.booleans()), max_size=30))
def test_every_quantile_is_that_of_the_product(samples: list[tuple[int, bool]]) -> None:
    found = Survival([float(at) for at, _ in samples], [over for _, over in samples])
    for share in (0.1, 0.5, 0.9):
        left, expected = 1.0, None
        for at in sorted({at for at, over in samples if over}):
            there = sum(one >= at for one, _ in samples)
            left *= 1 - sum(one == at and over for one, over in samples) / there
            if expected is None and left <= 1 - share + 1e-9:
                expected = at
        estimate = found.quantile(share)
        assert estimate.value == expected
        if estimate.value is not None:
            assert estimate.low is not None and estimate.low <= estimate.value
            assert estimate.high is None or estimate.high >= estimate.value


@given(st.lists(st.integers(0, 20), min_size=1, max_size=30))
def test_without_open_ones_the_median_is_the_usual_one(times: list[int]) -> None:
    assert Survival(times, [True] * len(times)).quantile(0.5).value == sorted(times)[(len(times) - 1) // 2]


def test_shares_have_wilsons_interval() -> None:
    # Newcombe 1998, Statistics in Medicine 17:857-872, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29
    for met, n, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        found = share_of(met, n - met)
        assert found.low == pytest.approx(low, abs=5e-5) and found.high == pytest.approx(high, abs=5e-5)
    assert share_of(0, 0) == Estimate(None)
    assert share_of(0, 7).low == 0 and share_of(7, 0).high == 1


def test_the_difference_of_two_shares_is_newcombes() -> None:
    # Newcombe 1998, Statistics in Medicine 17:873-890, table II, method 10: 56/70 - 48/80, 9/10 - 3/10
    for (a, m), (b, n), low, high in (((56, 70), (48, 80), 0.0524, 0.3339), ((9, 10), (3, 10), 0.1705, 0.8090)):
        found = change(share_of(a, m - a), share_of(b, n - b))
        assert found is not None and found.told_apart
        assert found.low == pytest.approx(low, abs=5e-5) and found.high == pytest.approx(high, abs=5e-5)


def test_an_end_that_is_not_reached_leaves_the_difference_open() -> None:
    found = change(Estimate(10, 5, None), Estimate(20, 15, 25))
    assert found is not None and found.high is None and found.low == pytest.approx(-10 - math.hypot(5, 5))
    assert not found.told_apart
    assert change(Estimate(None), Estimate(1, 0, 2)) is None


def test_the_proof_of_a_change_is_honest() -> None:
    rng = np.random.default_rng(7)
    slow, quick = usual_of(rng.exponential(3600, 200)), usual_of(rng.exponential(600, 60))
    same, few = usual_of(rng.exponential(3600, 60)), usual_of(np.array([1.0, 2.0]))
    assert verdict_of(slow, quick, change(quick.mean, slow.mean)) == "shorter"
    assert verdict_of(quick, slow, change(slow.mean, quick.mean)) == "longer"
    assert verdict_of(slow, same, change(same.mean, slow.mean)) == "not_told_apart"
    assert verdict_of(slow, few, change(few.mean, slow.mean)) == "too_few"
    assert usual_of(np.zeros(20)).mean == Estimate(0, 0, 0) and usual_of(np.zeros(0)).ways == 0
    assert usual_of(rng.exponential(9, 50)) != usual_of(rng.exponential(9, 50))
    again = np.arange(50.0)
    assert usual_of(again) == usual_of(again), "the seed is fixed"
