"""Causes without a store: small numbers compared, what a mention names, whether a fix helped."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from desk.causes import telling
from desk.causes.naming import EXTRA, FACTS, KINDS, NAMES, is_complaint, names_of
from desk.causes.rates import (
    DISCOVERIES,
    PRIOR_BETWEEN,
    Count,
    began,
    between_weeks,
    chance,
    discoveries,
    ratio,
)
from desk.causes.watching import PATIENCE, judge
from desk.causes.weekly import FEWEST
from mention import FACTS as FACT_KINDS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "causes.md").read_text(encoding="utf-8")

# --- rates


def test_the_ratio_is_that_of_two_gammas() -> None:
    drawn = np.random.default_rng(1)
    now, before = Count(9, 500), Count(16, 4000, 8)
    found = ratio(now, before, 0.0)
    many = drawn.gamma(9.5, 1 / 500, 400_000) / drawn.gamma(16.5, 1 / 4000, 400_000)
    assert (found.low, found.middle, found.high) == pytest.approx(np.quantile(many, (0.05, 0.5, 0.95)), rel=0.01)
    assert found.higher == pytest.approx((many > 1).mean(), abs=0.002)


@given(n=st.integers(0, 200), e=st.floats(1, 1e5), m=st.integers(0, 900), f=st.floats(1, 1e6))
def test_a_ratio_is_in_order_and_widens_with_the_weeks_own_factor(n: int, e: float, m: int, f: float) -> None:
    narrow, wide = ratio(Count(n, e), Count(m, f, 8), 0.01), ratio(Count(n, e), Count(m, f, 8), 0.5)
    for one in (narrow, wide):
        assert 0 <= one.low <= one.middle <= one.high and 0 <= one.higher <= 1
    assert wide.low <= narrow.low * 1.0001


@pytest.mark.parametrize(
    ("now", "before", "low", "high"),
    [
        (Count(2, 100), Count(2, 800, 8), 0.01, 0.2),  # two where a quarter is usual: too few to be sure
        (Count(8, 100), Count(8, 800, 8), 0, 0.001),
        (Count(1, 100), Count(8, 800, 8), 0.3, 1),
        (Count(0, 100), Count(0, 800, 8), 1, 1),
        (Count(3, 100), Count(0, 800, 8), 0, 0.01),  # new, by three people
        (Count(30, 300), Count(80, 800, 8), 0.3, 1),  # loud as the whole brand is
    ],
)
def test_how_likely_it_is_by_chance(now: Count, before: Count, low: float, high: float) -> None:
    assert low <= chance(now, before) <= high


def test_the_chance_is_the_tail_of_a_negative_binomial() -> None:
    now, before = Count(9, 100), Count(15.5, 800, 8)  # type: ignore[arg-type]
    usual, variance = 100 * 16 / 800, 1 / 16
    tail = stats.nbinom.sf(8, 1 / variance, 1 / (1 + variance * usual))
    assert chance(now, before, 0.0) == pytest.approx(tail, rel=1e-3)


def test_few_false_discoveries_among_many_pairs_and_the_true_ones_are_found() -> None:
    drawn = np.random.default_rng(7)
    missed, false = 0, []
    for _ in range(40):
        rates = drawn.gamma(0.6, 5, 200)  # people a week: most causes are small
        weeks = drawn.poisson(rates[:, None] * drawn.gamma(1 / 0.05, 0.05, (200, 9)))
        weeks[:5, 8] = drawn.poisson(6 * rates[:5] + 6)  # five that rose
        pairs = [(row[:8].tolist(), [100.0] * 8) for row in weeks if row.sum() >= 3]
        kept = [place for place, row in enumerate(weeks) if row.sum() >= 3]
        between = between_weeks(pairs)
        found = discoveries(
            [chance(Count(int(weeks[p, 8]), 100), Count(int(weeks[p, :8].sum()), 800, 8), between) for p in kept]
        )
        risen = {p for p, one in zip(kept, found, strict=True) if one <= DISCOVERIES and weeks[p, 8] >= FEWEST}
        false.append(len(risen - set(range(5))) / max(1, len(risen)))
        missed += 5 - len(risen & set(range(5)))
    assert sum(false) / len(false) <= 1.2 * DISCOVERIES  # 0.08 over 400 such lists; forty have chance of their own
    assert missed <= 20  # of two hundred


def test_benjamini_and_hochberg_as_scipy_has_it() -> None:
    given = [0.001, 0.2, 0.03, 0.5, 0.012, 1.0]
    assert discoveries(given) == pytest.approx(stats.false_discovery_control(given))
    assert discoveries([]) == []


def test_the_weeks_own_factor_is_learnt_and_little_data_keeps_the_prior() -> None:
    drawn = np.random.default_rng(5)
    assert between_weeks([]) == PRIOR_BETWEEN == between_weeks([([0] * 8, [9.0] * 8), ([3, 4], [9.0, 9.0])])
    loud = drawn.poisson(40 * drawn.gamma(1 / 0.3, 0.3, (60, 8)))
    even = drawn.poisson(40, (60, 8))
    assert 0.2 < between_weeks([(row.tolist(), [1.0] * 8) for row in loud]) < 0.4
    assert between_weeks([(row.tolist(), [1.0] * 8) for row in even]) < 0.02


def test_a_rate_needs_something_that_it_is_counted_of() -> None:
    with pytest.raises(ValueError, match="counted of"):
        ratio(Count(3, 0), Count(1, 5))


def test_where_it_began_lies_in_its_interval_as_often_as_it_says() -> None:
    drawn, held = np.random.default_rng(11), 0
    for _ in range(200):
        at = int(drawn.integers(15, 60))
        rate = np.where(np.arange(63) < at, 0.5, 2.5)
        found = began(drawn.poisson(rate).tolist(), [40.0] * 63)
        assert found is not None and found.low <= found.likely <= found.high
        held += found.low <= at <= found.high
    assert 0.85 < held / 200 < 1


def test_where_nothing_rose_nothing_began() -> None:
    assert began([0] * 20, [10.0] * 20) is None
    assert began([5, 5, 0, 0], [10.0] * 4) is None
    assert began([0, 0, 9, 9], [0.0, 0.0, 10.0, 10.0]) is None  # unseen days are not days without complaints


def test_a_loud_brand_is_no_beginning() -> None:
    found = began([1] * 30 + [3] * 30, [10.0] * 30 + [30.0] * 30)
    assert found is None or found.high - found.low > 20


# --- naming


def fact(kind: str, value: object) -> dict[str, object]:
    return {"kind": kind, "value": value, "text": "…", "start": 0, "end": 1}


@pytest.mark.parametrize(
    ("facts", "extra", "expected"),
    [
        ([fact("product", "Pofuduk Battaniye")], {}, {("product", "Pofuduk Battaniye")}),
        ([fact("code", "PB-200")], {}, {("product", "Pofuduk Battaniye")}),  # a known code is the product
        ([fact("code", "ZZ-1")], {}, {("product", "ZZ-1")}),
        ([fact("city", "Bornova, İzmir"), fact("carrier", "Hızlı Kargo")], {},
         {("branch", "Bornova, İzmir"), ("carrier", "Hızlı Kargo")}),
        ([fact("city", "İzmir")], {"location": "  Alsancak \n Mağazası "}, {("branch", "Alsancak Mağazası")}),
        ([fact("product", "Yastık")], {"product": "pofuduk battaniye"}, {("product", "Pofuduk Battaniye")}),
        ([fact("carrier", "HIZLI KARGO"), fact("carrier", "Hızlı Kargo")], {}, {("carrier", "HIZLI KARGO")}),
        ([], {"supplier": "Ege", "campaign": "Kasım50"}, {("supplier", "Ege"), ("campaign", "Kasım50")}),
        ([fact("phone", "+90555"), fact("order", "1"), fact("product", ""), {}], {"product": 7, "branch": None}, set()),
    ],
)  # fmt: skip
def test_what_a_mention_names(facts: list[dict[str, object]], extra: dict[str, object], expected: set[object]) -> None:
    known = {"pofuduk battaniye": "Pofuduk Battaniye", "pb-200": "Pofuduk Battaniye"}
    assert set(names_of(facts, extra, known)) == expected


def test_a_pasted_list_is_no_complaint_about_all_of_it() -> None:
    assert len(names_of([fact("code", f"K{n}") for n in range(40)], {}, {})) == 6


@given(st.text(), st.text())
def test_names_are_never_longer_than_a_line(value: str, other: str) -> None:
    for _, name in names_of([fact("product", value)], {"supplier": other}, {}):
        assert 0 < len(name) <= 120 and "\n" not in name


def test_a_name_turns_no_terminal_and_no_reading_order() -> None:
    assert names_of([], {"supplier": "Ege\x1b[31m \u202egizli"}, {}) == (("supplier", "Ege[31m gizli"),)


def test_every_kind_has_its_names_and_every_fact_exists() -> None:
    assert set(NAMES) == set(EXTRA) == set(KINDS) and set(FACTS.values()) <= set(KINDS)
    assert set(FACTS) <= set(FACT_KINDS)


@pytest.mark.parametrize(
    ("sentiment", "topic", "facts", "expected"),
    [
        ("negative", "product_defect", [], True),
        ("neutral", "product_defect", [], False),
        ("negative", "question", [], False),
        ("negative", "other", [fact("not_about_us", "çınar ağacı")], False),
    ],
)
def test_what_is_a_complaint(sentiment: str, topic: str, facts: list[dict[str, object]], expected: bool) -> None:
    assert is_complaint(sentiment, topic, facts) == expected


# --- the page


def test_every_field_of_the_list_and_every_state_is_on_the_page() -> None:
    for name in (*telling.FIELDS, *telling.STATES, *KINDS, *(field for fields in EXTRA.values() for field in fields)):
        assert f"`{name}`" in PAGE or not name, name
    assert telling.STATES[""].say("tr") == "" and telling.STATES["back"].say("en") == "back"


# --- whether a fix helped

LOUD, CALM = Count(30, 700, 1), Count(16, 5600, 8)


@pytest.mark.parametrize(
    ("days", "fell", "lately", "verdict"),
    [
        (8, False, Count(2, 700), "fell"),
        (8, False, Count(24, 700), None),  # still loud, and there is time
        (15, False, Count(24, 700), "did_not_fall"),
        (15, False, Count(0, 0), None),  # nothing was seen: neither
        (15, False, Count(0, 20), None),  # and too little
        (30, True, Count(3, 700), None),
        (30, True, Count(14, 700), "rose_again"),
        (30, True, Count(2, 20), None),  # two people are no rise, however rare
    ],
)
def test_whether_a_fix_helped(days: int, fell: bool, lately: Count, verdict: str | None) -> None:
    assert judge(timedelta(days=days), fell, lately, LOUD, CALM) == verdict


def test_without_a_history_nothing_comes_back_by_itself() -> None:
    assert judge(PATIENCE, True, Count(40, 700), None, None) is None
