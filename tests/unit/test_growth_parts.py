"""The parts of the growth watch: how surprising a count is, how fast it doubles, thresholds, weights, sentences."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mention import Engagement, LabelScore, Mention, Score
from playbooks.growth import Alarm, Doubling, at_once_of, doubling, heard, limits, reach_of, severity_of, why
from playbooks.growth.chance import surprise
from playbooks.growth.thresholds import RATES, SHARES, TABLE, VIEWS, limit

AT = datetime(2026, 11, 21, 9, tzinfo=UTC)


@given(count=st.integers(1, 400), usual=st.floats(0.01, 200), variance=st.sampled_from([0.0, 0.01, 0.1, 1.0]))
def test_surprise_is_the_tail_that_scipy_knows(count: int, usual: float, variance: float) -> None:
    found = surprise(count, usual, variance)
    if count <= usual:
        assert found == 0
        return
    if variance:
        tail = stats.nbinom.logsf(count - 1, 1 / variance, 1 / (1 + variance * usual))
    else:
        tail = stats.poisson.logsf(count - 1, usual)
    if math.isfinite(tail):
        assert found == pytest.approx(-tail / math.log(10), rel=1e-3, abs=1e-5)


def test_an_uncertain_rate_makes_a_count_less_surprising() -> None:
    assert surprise(20, 5, 0.5) < surprise(20, 5, 0.1) < surprise(20, 5, 0.0)
    assert surprise(20, 5, 0.1) < surprise(20.5, 5, 0.1) < surprise(21, 5, 0.1)


@pytest.mark.parametrize("minutes", [7.0, 11.0, 20.0])
def test_the_doubling_time_lies_in_its_interval_as_often_as_it_says(minutes: float) -> None:
    chance, held, made = np.random.default_rng(3), 0, 0
    for _ in range(150):
        rate = 0.3 + 0.4 * np.exp(math.log(2) * np.arange(30) / minutes)
        found = doubling([float(n) for n in chance.poisson(rate)], 0.3)
        if found is None:
            continue
        made += 1
        held += found.low <= minutes <= (found.high or math.inf)
    assert made > 120
    assert 0.7 < held / made < 0.97  # slow growth without any sign of it is not told, which leaves the good ones


def test_what_does_not_grow_has_no_doubling_time() -> None:
    assert doubling([1.0] * 30, 1.0) is None
    assert doubling([5, 4, 3, 2, 1] * 2 + [0.0] * 10, 0.1) is None
    assert doubling([0.0] * 30, 0.1) is None
    assert doubling([], 1.0) is None


def test_the_thresholds_rise_as_false_alarms_are_less_welcome() -> None:
    assert sum(SHARES.values()) == pytest.approx(1)
    assert set(SHARES) == set(VIEWS) == set(TABLE)
    for view in VIEWS:
        assert [limit(view, rate) for rate in RATES] == pytest.approx(TABLE[view])
        values = [limit(view, rate) for rate in (10, 1, 0.5, 0.2, 0.05, 0.01, 0.001)]
        assert values == sorted(values)
        assert getattr(limits(0.2), view) == pytest.approx(limit(view, 0.2 * SHARES[view]))
    with pytest.raises(ValueError, match="above 0"):
        limits(0)


def score(topic: str, p: float, critical: float, abstained: tuple[str, ...] = ()) -> Score:
    return Score(
        native_id="1", source="x", language="tr", sentiment=LabelScore(label="negative", probs={"negative": 1.0}),
        urgency=LabelScore(label="critical", probs={"critical": critical}), abstained=abstained,
        topic=LabelScore(label=topic, probs={topic: p}), model="m",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("scored", "enough"),
    [
        (score("safety", 0.95, 0.97), True),
        (score("privacy_fraud", 0.9, 0.9), True),
        (score("safety", 0.95, 0.7), False),
        (score("safety", 0.6, 0.97), False),
        (score("delivery_delay", 0.99, 0.99), False),
        (score("safety", 0.95, 0.97, ("urgency",)), False),
        (score("safety", 0.95, 0.97, ("topic",)), False),
        (score("safety", 0.95, 0.97, ("sentiment",)), True),
        (None, False),
    ],
)
def test_when_one_text_is_enough(scored: Score | None, enough: bool) -> None:
    assert at_once_of(scored) is enough


def test_weights_of_a_mention() -> None:
    plain = Mention(source="x", native_id="1", text="a", published_at=AT)
    wide = plain.model_copy(update={"followers": 999, "author": "a", "engagement": Engagement(views=10**9)})
    assert reach_of(plain) == 1 and reach_of(wide) == 7
    assert severity_of(None) == 1 and severity_of(score("safety", 1, 1)) == 10
    made = heard(wide, score("safety", 1, 1), "i1")
    assert (made.topic, made.channel, made.author, made.at_once) == ("safety", "x", "x:a", True)
    assert heard(plain, None, "i1").author == ""


def alarm(**more: object) -> Alarm:
    base = {
        "at": AT, "incident": "i1", "view": "topic_window", "topic": "delivery_delay", "count": 23, "own": 20,
        "usual": 4.1,
        "authors": 14, "channels": (("x", 15), ("forum", 5), ("sikayetvar", 3)), "onset": AT,
        "doubling": Doubling(11.2, 8.0, 18.6), "surprise": 8.0,
    }  # fmt: skip
    return Alarm(**{**base, **more})  # type: ignore[arg-type]


def test_the_explanation_says_what_a_person_needs() -> None:
    assert why(alarm(), "tr")[0] == (
        "15 dakikada 23, olağanı 4; 14 yazar, 3 kanal, 11 dakikada ikiye katlanıyor (8–19)."
    )
    assert why(alarm(), "en")[0] == (
        "23 in 15 min where 4 are usual, 14 authors, 3 channels, doubling every 11 min (8–19)."
    )
    assert "Bunların 20 tanesi aynı olaydan." in why(alarm(), "tr")
    assert "By channel: x 15, forum 5, sikayetvar 3." in why(alarm(), "en")


@pytest.mark.parametrize(
    ("change", "turkish", "english"),
    [
        ({"doubling": None, "usual": 0.44}, "olağanı 0,4; 14 yazar, 3 kanal.", "where 0.4 are usual, 14 authors"),
        ({"doubling": Doubling(9.0, 5.0, None)}, "(en az 5, üst sınırı belirsiz)", "(at least 5, upper end open)"),
        ({"usual": 1.0, "authors": 1, "channels": (("x", 5),)}, "olağanı 1; 1 yazar, 1", "1 is usual, 1 author"),
        ({"usual": 0.01}, "olağanı 0,1'den az", "where under 0.1 are usual"),
    ],
)  # fmt: skip
def test_explanations_of_the_odd_ones(change: dict[str, object], turkish: str, english: str) -> None:
    assert turkish in why(alarm(**change), "tr")[0]
    assert english in why(alarm(**change), "en")[0]


@pytest.mark.parametrize("language", ["tr", "en"])
def test_each_view_explains_itself(language: str) -> None:
    said = {view: why(alarm(view=view, topic="safety"), language) for view in (*VIEWS, "at_once")}
    assert said["reach"] != said["severity"] != said["window"]
    assert all(sentence.endswith(".") for sentences in said.values() for sentence in sentences)
    assert len(said["at_once"]) == 1
