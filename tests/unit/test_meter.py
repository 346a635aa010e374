"""The meter of an incident: what it counts, when it says nothing, and whether its intervals hold what they promise."""

from __future__ import annotations

import math
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playbooks.growth import Unseen
from playbooks.growth.meter import HOURS, Meter, Post, meter
from playbooks.growth.meter_words import said

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
NOW = AT + timedelta(hours=2)
ZONE = ZoneInfo("Europe/Istanbul")


def posts(*minutes: float, **more: object) -> list[Post]:
    return [Post(AT + timedelta(minutes=at), f"a{number}", "x", **more) for number, at in enumerate(minutes)]  # type: ignore[arg-type]


def course(chance: np.random.Generator) -> tuple[list[Post], float, float]:
    """An incident as they are: a logistic rise, a decay, loudness that wanders, flurries; its middle and its end."""
    peak = math.exp(chance.uniform(math.log(3), math.log(80))) / 15
    doubles, half = chance.uniform(8, 45), chance.uniform(60, 300)
    middle = chance.uniform(3, 7) * doubles
    minutes = np.arange(13 * 60)
    rate = peak / (1 + np.exp(-math.log(2) / doubles * (minutes - middle)))
    rate *= 0.5 ** (np.maximum(0, minutes - middle) / half)
    loud, wander = 0.0, np.zeros(len(minutes) // 5)
    for place in range(len(wander)):
        loud = 0.89 * loud + chance.normal(0, 0.09)
        wander[place] = loud
    rate *= np.repeat(np.exp(wander) * chance.gamma(10, 0.1, len(wander)), 5)
    counts = chance.poisson(rate)
    at = np.repeat(minutes, counts) + chance.random(counts.sum())
    return [Post(AT + timedelta(minutes=float(one))) for one in at], middle, float(len(minutes))


# What it counts


def test_size_speed_and_an_hour_ago() -> None:
    found = meter(posts(1, 50, 55, 59, 106, 110, 112, 118, 119, 121), NOW)
    assert (found.size, found.first_at) == (9, AT + timedelta(minutes=1))  # what lies after now is not there yet
    assert (found.speed, found.speed_before) == (5, 3)
    assert found.seen == 1 and found.blind_since is None


def test_who_carries_it_and_where() -> None:
    loud = [Post(AT, "troll", "x", 100, 2, True) for _ in range(6)]
    others = [Post(AT, "b", "forum", 50, 0, False), Post(AT, "c", "x", None, 1), Post(AT, "", "x", 7, 0)]
    found = meter([*loud, *others], NOW)
    assert found.carried.authors == 3 and found.carried.unknown == 1
    assert found.carried.loudest == pytest.approx(8 / 9)
    assert found.carried.voices == pytest.approx(81 / 39)
    assert found.carried.new == 0.5  # of the two of whom it is known
    assert found.channels == (("x", 8), ("forum", 1))
    assert (found.audience, found.shares) == (157, 13)  # each author's followers once


def test_nothing_at_all() -> None:
    found = meter([], NOW)
    assert (found.size, found.phase, found.ahead, found.silent) == (0, None, (), "few")
    assert all(said(found, ZONE, language) for language in ("tr", "en"))


# Time that was not seen


@pytest.mark.parametrize(
    ("spans", "blind", "seen"),
    [
        ([(90, 121, 1.0)], 90, 0.0),
        ([(60, 100, 1.0), (100, 130, 1.0)], 60, 0.0),
        ([(60, 110, 1.0)], None, 2 / 3),
        ([(90, 121, 0.4)], None, 0.6),
        ([(10, 30, 1.0)], None, 1.0),
    ],
)
def test_missing_coverage_is_neither_quiet_nor_a_drop(
    spans: list[tuple[int, int, float]], blind: int | None, seen: float
) -> None:
    unseen = [Unseen(AT + timedelta(minutes=a), AT + timedelta(minutes=b), share) for a, b, share in spans]
    found = meter(posts(*np.linspace(31, 89, 40)), NOW, unseen)
    assert found.blind_since == (None if blind is None else AT + timedelta(minutes=blind))
    assert found.seen == pytest.approx(seen, abs=1e-9)
    assert (found.speed is None) == (seen < 0.5)
    if seen < 0.5 or spans == [(60, 110, 1.0)]:  # of the last hour, a sixth is too little as well
        assert found.phase is None and found.ahead == () and found.silent == "unseen"
    else:
        assert found.phase is not None and found.ahead and not found.silent
    if blind is not None:
        assert said(found, ZONE, "tr")[0] == f"Saat {12 + blind // 60:02}:{blind % 60:02} sonrasına ait veri yok."
        assert said(found, ZONE, "en")[0].startswith("No data since ")


def test_a_speed_allows_for_what_was_not_seen() -> None:
    half = [Unseen(NOW - timedelta(minutes=15), NOW, 0.5)]
    assert meter(posts(110, 112, 114), NOW, half).speed == 6


def test_a_blind_hour_does_not_make_a_rise_fall() -> None:
    steady = np.arange(0, 120, 1.5)
    dark = [one for one in posts(*steady) if not 55 <= (one.at - AT).total_seconds() / 60 < 75]
    told = meter(dark, NOW, [Unseen(AT + timedelta(minutes=55), AT + timedelta(minutes=75))])
    assert told.phase == "level"
    assert told.ahead[0].low <= 40 <= told.ahead[0].high


# Phase, doubling, prediction


def growing(doubles: float, end: float = 120, rate: float = 2.0) -> list[Post]:
    """Mentions at the quantiles of a growth that has `rate` a minute at its end."""
    many = rate * doubles / math.log(2)
    at = [end + doubles * math.log2((number + 0.5) / many) for number in range(int(many))]
    return posts(*[one for one in at if one > 0])


def test_a_rise_is_a_rise_with_its_doubling_time() -> None:
    found = meter(growing(20), NOW)
    assert found.phase == "rising" and found.doubling is not None
    assert found.doubling.low < 20 < (found.doubling.high or math.inf)
    assert found.ahead[0].middle > 60  # an hour ago it was an eighth of what it is
    assert any("dakikada ikiye katlanıyor" in line for line in said(found, ZONE, "tr"))


def test_a_decline_is_falling_and_never_doubles() -> None:
    mirrored = [120 - (one.at - AT).total_seconds() / 60 for one in growing(25)]
    found = meter(posts(*sorted(mirrored)), NOW)
    assert (found.phase, found.doubling) == ("falling", None)
    assert found.ahead[-1].high < 60


def test_too_little_is_told_as_too_little() -> None:
    assert meter(posts(100, 105, 110, 112, 113, 114, 115), NOW).silent == "few"
    young = meter(posts(*np.linspace(106, 119, 30)), NOW)
    assert (young.silent, young.ahead, young.phase) == ("young", (), None) and young.speed == 30
    assert "25 dakikalık" in said(young, ZONE, "tr")[-1] and "25 minutes" in said(young, ZONE, "en")[-1]


def test_the_same_incident_gives_the_same_numbers() -> None:
    made = growing(20)
    assert meter(made, NOW) == meter(list(reversed(made)), NOW)


@settings(max_examples=25, deadline=None)
@given(
    at=st.lists(st.floats(0, 600), max_size=60),
    now=st.floats(0, 700),
    spans=st.lists(st.tuples(st.floats(0, 600), st.floats(1, 200), st.floats(0.1, 1)), max_size=3),
)
def test_it_never_fails_and_never_contradicts_itself(
    at: list[float], now: float, spans: list[tuple[float, float, float]]
) -> None:
    unseen = [Unseen(AT + timedelta(minutes=a), AT + timedelta(minutes=a + b), share) for a, b, share in spans]
    made, moment = posts(*at), AT + timedelta(minutes=now)
    found = meter(made, moment, unseen)
    assert bool(found.ahead) == (not found.silent) == (found.phase is not None)
    assert found.size == sum(one.at <= moment for one in made)
    for one, more in zip(found.ahead, found.ahead[1:], strict=False):
        assert 0 <= one.low <= one.middle <= one.high and one.high <= more.high and one.low <= more.low
    assert all(said(found, ZONE, "tr")) and all(said(found, ZONE, "en"))


def test_the_intervals_hold_what_they_promise_on_incidents_never_tuned_on() -> None:
    """Seeds that the model's constants were not chosen on; 80 % promised."""
    held, made, by_phase = dict.fromkeys(HOURS, 0), 0, {"early": [0, 0], "late": [0, 0]}
    for seed in range(45):
        chance = np.random.default_rng([seed, 2027])
        told, middle, end = course(chance)
        if len(told) < 8:
            continue
        begun = (told[0].at - AT).total_seconds() / 60 + 26
        for now in (chance.uniform(begun, middle + 90), chance.uniform(middle + 60, 500)):
            at = AT + timedelta(minutes=float(max(begun, now)))
            found: Meter = meter(told, at)
            if not found.ahead or (at - AT).total_seconds() / 60 + 180 > end:
                continue
            made += 1
            for one in found.ahead:
                came = sum(at < post.at <= at + timedelta(hours=one.hours) for post in told)
                inside = one.low <= came <= one.high
                held[one.hours] += inside
                kept = by_phase["early" if now < middle + 60 else "late"]
                kept[0], kept[1] = kept[0] + inside, kept[1] + 1
    assert made > 60
    for hours, count in held.items():
        assert 0.75 < count / made < 0.97, (hours, count, made)
    for inside, of in by_phase.values():
        assert inside / of > 0.7


# The page and the words


def test_every_value_is_on_the_page() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "meter.md").read_text(encoding="utf-8")
    for field in fields(Meter):
        assert f"`{field.name}`" in page or field.name in ("at", "first_at"), field.name


def test_the_sentences_of_a_loud_incident() -> None:
    made = [
        Post(one.at, f"u{number % 40}", "x" if number % 4 else "sikayetvar", 1200, 1, number % 5 == 0)
        for number, one in enumerate(growing(20))
    ]
    found = meter(made, NOW)
    turkish, english = said(found, ZONE, "tr"), said(found, ZONE, "en")
    assert len(turkish) == len(english) == 5
    assert turkish[0] == f"Şimdiye kadar {found.size} ileti, 40 yazar; yazanların toplam 48.000 takipçisi var."
    assert english[0] == f"{found.size} mentions so far by 40 authors; they have 48,000 followers together."
    assert "yükseliyor" in turkish[1] and "rising" in english[1]
    assert turkish[3].startswith("Kanallara göre: x %7") and "sikayetvar" in turkish[3]
    assert turkish[4].startswith("Büyük olasılıkla (%80) gelecek ileti sayısı: 1 saat içinde ")
