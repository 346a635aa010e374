"""Tonight's forecast against what is known without it: queueing theory, schedules by hand, a walk by the second."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.forecast import (
    MOST_HANDS,
    NEW,
    Effort,
    Forecast,
    Inputs,
    Job,
    Kind,
    OpenCase,
    Range,
    Slot,
    _late,
    alone,
    draw,
    forecast,
    hands_needed,
    inputs_from,
    inputs_record,
    range_of,
    simulate,
)
from desk.forecast_words import sentences
from tests.tries import tries

HOUR = 3600
TEN_MINUTES = Effort(math.log(600), 0.0)
USUAL = Effort(math.log(480), 0.8)


def slots(hands: list[int], each: int = HOUR, arrivals: float = 0.0, staffed: bool = True) -> tuple[Slot, ...]:
    return tuple(Slot(n * each, (n + 1) * each, number, staffed, arrivals) for n, number in enumerate(hands))


def inputs(dues: list[int | None], hands: list[int], effort: Effort = TEN_MINUTES, **more: Any) -> Inputs:
    cases = tuple(OpenCase(number, due, effort) for number, due in enumerate(dues, 1))
    return Inputs(HOUR * len(hands), cases, slots(hands), **more)


# --- schedules that can be worked out by hand: ten minutes each, nothing random ---


@pytest.mark.parametrize(
    ("dues", "hands", "late", "extra"),
    [
        ([HOUR] * 6, [1], 0, 0),
        ([HOUR] * 7, [1], 1, 1),
        ([HOUR] * 12, [2], 0, 0),
        ([HOUR] * 20, [2], 8, 2),  # 12 fit, 4 hands do 24
        ([2 * HOUR] * 9, [1, 1], 0, 0),
        ([2 * HOUR] * 9, [0, 1], 3, 1),
        ([2 * HOUR] * 7, [1, 0], 1, 1),  # the desk goes home after an hour
        ([HOUR] * 6 + [2 * HOUR], [1, 1], 0, 0),  # nearest deadline first
        ([600, 1200, 1800, 5000], [1, 1], 0, 0),
        ([599], [3], 1, 0),  # shorter than any answer takes: no hands help, and so none are asked for
        ([599, 600], [1], 2, 1),
        ([None, None, 3 * HOUR], [1], 0, 0),  # no deadline, or one after the horizon
        ([0, -500], [1], 0, 0),  # late already: not counted again
        ([0] * 6 + [HOUR], [1], 1, 1),  # but they take the hands first
        ([HOUR] * 3, [0], 3, 1),
        ([], [1], 0, 0),
    ],
)
def test_a_schedule_worked_out_by_hand(dues: Any, hands: list[int], late: int, extra: int) -> None:
    made = forecast(inputs(dues, hands), runs=20)
    assert made.breaches == Range(late, late, late, late)
    assert made.extra == extra or (late == made.unavoidable and made.extra in (0, 1))


def test_a_shift_that_ends_hands_over_what_it_has_in_hand() -> None:
    works = slots([2, 1], each=300)
    done = inputs([1200] * 2, [2])
    both = replace(done, horizon_s=1200, slots=(*works, Slot(600, 1200, 1, True, 0)))
    # 20 minutes of work: 10 in the first 5 minutes of two, then one alone has 10 left and 15 minutes for it
    assert forecast(both, runs=5).breaches.high == 0
    sooner = replace(both, cases=tuple(replace(case, due_s=899) for case in both.cases))
    assert forecast(sooner, runs=5).breaches.low == 1


def test_a_nearer_deadline_interrupts() -> None:
    evening: list[Job] = [(0, 3000, 1, 1000, 0), (100, 700, 2, 600, 1)]
    assert _late(evening, [(0, 1)], 3600) == []
    assert _late([evening[0], (101, 700, 2, 600, 1)], [(0, 1)], 3600) == [1], "one second too late for anybody"


# --- queueing theory ---


def poisson_jobs(number: int, every: float, takes: float, within: float, seed: int) -> list[Job]:
    """Jobs of a Poisson stream with exponential work, all due the same time after they came (so first come, first)."""
    rng = np.random.default_rng(seed)
    released = np.cumsum(rng.exponential(every, number)).astype(int)
    works = np.maximum(1, np.rint(rng.exponential(takes, number))).astype(int)
    return [(int(r), int(r + within), n, int(w), NEW) for n, (r, w) in enumerate(zip(released, works, strict=True))]


@pytest.mark.parametrize(
    ("load", "within"),
    [(0.5, 2.0), (0.7, 4.0), (0.8, 5.0)],
)
def test_one_hand_is_late_as_often_as_in_m_m_1(load: float, within: float) -> None:
    takes = 1000.0
    evening = poisson_jobs(40_000, takes / load, takes, within * takes, 7)
    horizon = evening[-1][0] + 10**7
    share = len(_late(evening, [(0, 1)], horizon)) / len(evening)
    assert share == pytest.approx(math.exp(-(1 - load) * within), rel=0.08)  # the sojourn is exponential


@pytest.mark.parametrize(("hands", "load", "within"), [(2, 0.7, 3.0), (4, 0.8, 3.0)])
def test_several_hands_are_late_as_often_as_in_m_m_c(hands: int, load: float, within: float) -> None:
    takes, offered = 1000.0, hands * load
    evening = poisson_jobs(40_000, takes / offered, takes, within * takes, 11)
    share = len(_late(evening, [(0, hands)], evening[-1][0] + 10**7)) / len(evening)
    whole = sum(offered**n / math.factorial(n) for n in range(hands))
    last = offered**hands / math.factorial(hands) / (1 - load)
    waits = last / (whole + last)  # Erlang's C
    rest = hands - 1 - offered
    sojourn = math.exp(-within) * (1 + waits * (1 - math.exp(-within * rest)) / rest)
    assert share == pytest.approx(sojourn, rel=0.08)


def test_with_nobody_there_everything_that_comes_is_late_and_varies_as_it_should() -> None:
    due_at_once = Kind(0.5, USUAL, (100,) * 2)
    tonight = Inputs(2 * HOUR, (), slots([0, 0], arrivals=20.0), (due_at_once,), day_shape=4.0)
    counts = [len(simulate(tonight, evening)) for evening in draw(tonight, 2500, 3)]
    assert np.mean(counts) == pytest.approx(20, rel=0.03)
    assert np.var(counts) == pytest.approx(20 + 20**2 / 4, rel=0.1)  # negative binomial: Poisson under a gamma


def test_what_came_today_moves_what_is_expected() -> None:
    tonight = Inputs(2 * HOUR, (), slots([1, 1], arrivals=10.0), (), day_shape=4.0, seen_today=30, expected_today=10)
    assert tonight.expected_new == pytest.approx(20 * 34 / 14)
    assert replace(tonight, seen_today=0).expected_new == pytest.approx(20 * 4 / 14)
    assert replace(tonight, day_shape=1e6).expected_new == pytest.approx(20, rel=1e-3)


# --- a walk second by second ---


def walk(evening: list[Job], capacity: list[tuple[int, int]], horizon: int) -> list[int]:
    left = {number: job[3] for number, job in enumerate(evening)}
    done: dict[int, int] = {}
    for second in range(horizon):
        hands = [number for since, number in capacity if since <= second][-1]
        there = sorted((job[1], job[2], n) for n, job in enumerate(evening) if job[0] <= second and n not in done)
        for _, _, number in there[:hands]:
            left[number] -= 1
            if not left[number]:
                done[number] = second + 1
    return sorted(
        job[4] for n, job in enumerate(evening) if job[1] <= horizon and done.get(n, horizon + 1) > job[1]
    )  # fmt: skip


JOBS = st.lists(
    st.tuples(st.integers(0, 20), st.integers(1, 20), st.integers(1, 12)), min_size=1, max_size=9
).map(
    lambda jobs: sorted(
        (released, min(60, released + within), number, work, number)
        for number, (released, within, work) in enumerate(jobs)
    )
)  # fmt: skip
CAPACITY = st.lists(st.integers(0, 3), min_size=1, max_size=5).map(
    lambda many: [(n * 10, k) for n, k in enumerate(many)]
)


@settings(max_examples=tries(200))
@given(JOBS, CAPACITY)
def test_the_simulation_is_the_walk(evening: list[Job], capacity: list[tuple[int, int]]) -> None:
    assert sorted(_late(evening, capacity, 60)) == walk(evening, capacity, 60)


@given(JOBS, CAPACITY, st.data())
def test_more_hands_never_more_more_cases_never_fewer_more_work_never_sooner(
    evening: list[Job], capacity: list[tuple[int, int]], data: st.DataObject
) -> None:
    late = set(_late(evening, capacity, 60))
    more = [(since, hands + data.draw(st.integers(0, 2))) for since, hands in capacity]
    assert set(_late(evening, more, 60)) <= late, "whoever was in time still is"
    gone = data.draw(st.sampled_from(evening))
    assert set(_late([job for job in evening if job is not gone], capacity, 60)) <= late
    longer = [(r, d, t, w + (t == gone[2]), who) for r, d, t, w, who in evening]
    assert set(_late(longer, capacity, 60)) >= late


# --- the whole forecast ---


def an_evening(cases: int = 41, hands: int = 2) -> Inputs:
    per_hour, number = 12, 96
    each = slots([hands] * number, each=300, arrivals=2 / per_hour)
    same_day = Kind(0.6, USUAL, (8 * HOUR,) * number)
    urgent = Kind(0.3, USUAL, tuple(slot.start_s + 2 * HOUR for slot in each))
    dues: list[int | None] = [(n * 1201) % (8 * HOUR) + 900 for n in range(cases)]
    made = inputs(dues, [hands] * 8, USUAL, kinds=(same_day, urgent), day_shape=6.0, effort_error=0.1)
    return replace(made, slots=each)


def test_the_same_seed_gives_the_same_forecast_and_kept_inputs_give_it_again() -> None:
    tonight = an_evening()
    made = forecast(tonight, 60, seed=5)
    kept = json.loads(json.dumps(inputs_record(tonight)))
    assert forecast(tonight, 60, seed=5) == made == forecast(inputs_from(kept), 60, seed=5)
    assert forecast(tonight, 60, seed=6) != made


def test_the_hands_that_are_asked_for_are_the_fewest_that_suffice() -> None:
    tonight = an_evening(cases=90)
    evenings = draw(tonight, 120, 1)
    unavoidable = sum(alone(tonight, evening) for evening in evenings) / 120
    means = [np.mean([len(simulate(tonight, evening, extra)) for evening in evenings]) for extra in range(12)]
    assert means == sorted(means, reverse=True) and means[0] > unavoidable + 1
    fewest = next(extra for extra, mean in enumerate(means) if mean < unavoidable + 1)
    extra, left = hands_needed(tonight, evenings, unavoidable)
    assert extra == fewest and left is not None and left.mean == pytest.approx(means[fewest])
    made = forecast(tonight, 120, 1)
    assert (made.extra, made.breaches.mean) == (fewest, pytest.approx(means[0]))


def test_no_number_of_hands_helps_what_is_due_at_once() -> None:
    tonight = an_evening()
    evenings = draw(tonight, 50, 1)
    many = [len(simulate(tonight, evening, MOST_HANDS * 50)) for evening in evenings]
    assert many == [alone(tonight, evening) for evening in evenings]


def test_one_case_more_leaves_the_others_evening_as_it_was() -> None:
    tonight = an_evening(cases=20)
    more = replace(tonight, cases=(*tonight.cases, OpenCase(99, 4000, USUAL)))
    fewer = [len(simulate(tonight, evening)) for evening in draw(tonight, 80, 1)]
    assert all(a <= b for a, b in zip(fewer, [len(simulate(more, e)) for e in draw(more, 80, 1)], strict=True))


def test_the_cases_at_risk_are_those_that_are_late_most_often() -> None:
    tonight = replace(an_evening(), kinds=())
    made = forecast(tonight, 200)
    assert made.at_risk == tuple(sorted(made.at_risk, key=lambda risk: (-risk[1], risk[0])))
    counts = {case.case_id: 0 for case in tonight.cases}
    for evening in draw(tonight, 200, 1):
        for place in simulate(tonight, evening):
            counts[tonight.cases[place].case_id] += 1
    assert all(probability == counts[case_id] / 200 for case_id, probability in made.at_risk)
    assert made.breaches.mean == pytest.approx(sum(counts.values()) / 200)


def test_the_interval_holds_four_evenings_in_five() -> None:
    tonight = an_evening(cases=60)
    made = forecast(tonight, 300, seed=1).breaches
    others = [len(simulate(tonight, evening)) for evening in draw(tonight, 300, seed=2)]
    share = sum(made.low <= count <= made.high for count in others) / 300
    assert 0.74 <= share <= 0.92


def test_ranges() -> None:
    assert range_of([3]) == Range(3, 3, 3, 3)
    assert range_of(list(range(1, 11))) == Range(5.5, 5, 1, 9)


MADE = Forecast(
    open=41, due=30, late_now=3, expected_new=17.2, hands=2.0, per_hour=9.1, breaches=Range(8.4, 8, 6, 11),
    at_risk=((12, 0.9), (7, 0.5)), extra=1, with_extra=Range(0.7, 1, 0, 2), unavoidable=0.1, runs=300, seed=1,
)  # fmt: skip
SEVEN = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
ISTANBUL = ZoneInfo("Europe/Istanbul")


def test_the_sentences() -> None:
    assert sentences(MADE, SEVEN, ISTANBUL, "tr") == (
        "41 açık kayıt var, 3 tanesinin süresi şimdiden dolmuş; 19:00 olana dek ~17 yeni kayıt bekleniyor.",
        "2 kişi saatte ~9 kayıt yanıtlıyor.",
        "Böyle giderse 19:00 olana dek büyük olasılıkla 6–11 gecikme olur (ortanca 8).",
        "1 kişi daha 19:00 olana dek çalışırsa bu 0–2 olur.",
        "En çok risk altında: N-12, N-7.",
    )
    assert sentences(MADE, SEVEN, ISTANBUL, "en") == (
        "41 cases are open, 3 of them late already; about 17 new expected until 19:00.",
        "2 people answer about 9 an hour.",
        "If nothing changes, 6–11 will most likely be late by 19:00 (median 8).",
        "1 more person until 19:00 would make that 0–2.",
        "Most at risk: N-12, N-7.",
    )
    calm = replace(MADE, breaches=Range(0, 0, 0, 0), extra=0, with_extra=None, late_now=0, hands=0.0, at_risk=())
    assert sentences(calm, SEVEN, ISTANBUL, "en") == (
        "41 cases are open; about 17 new expected until 19:00.", "Nobody is on the desk until 19:00.",
        "If nothing changes, nothing will be late by 19:00.",
    )  # fmt: skip
    hopeless = replace(MADE, extra=None, with_extra=None, unavoidable=4.2)
    for language, words in (("en", "nobody can prevent"), ("tr", "kaç kişi olursa olsun")):
        assert any(words in sentence for sentence in sentences(hopeless, SEVEN, ISTANBUL, language))
