"""The change point: worked examples, what is said of them, and whether the interval holds what it promises."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from playbooks.growth import Unseen
from playbooks.growth.change import BIN, SURE, Act, Change, bins, change
from playbooks.growth.change_words import said

AT = datetime(2026, 11, 22, 6, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Istanbul")
STATEMENT = Act(AT + timedelta(hours=5, minutes=20), "durum açıklaması yayımlandı")


def bent(tau: float, before: float, after: float, top: float = 60, size: int = 32) -> list[int]:
    """Counts without noise around a rate that grows by `before` a bin until `tau` and by `after` from then on."""
    middle = np.arange(size) + 0.5
    away = middle - tau
    return [round(n) for n in top * np.exp(np.where(away < 0, before * away, after * away))]


# --- worked examples


def test_the_growth_broke_when_the_statement_was_published() -> None:
    found = change(bent(21.3, 0.18, -0.12), AT, [STATEMENT])
    assert found is not None and found.told and found.broke
    assert found.low <= AT + 21.3 * BIN <= found.high and found.high - found.low <= timedelta(minutes=60)
    assert found.before == pytest.approx(math.exp(4 * 0.18), rel=0.15)
    assert found.after == pytest.approx(math.exp(-4 * 0.12), rel=0.15)
    assert found.acts == (STATEMENT,)


def test_an_action_long_before_or_after_is_not_named() -> None:
    far = [Act(AT + timedelta(hours=2), "toplantı"), Act(AT + timedelta(hours=7), "ikinci açıklama")]
    found = change(bent(21.3, 0.18, -0.12), AT, far)
    assert found is not None and found.told and found.acts == () and found.shortly == ()
    assert said(found, ZONE, "tr")[-1] == "O sırada ve öncesindeki yarım saatte kayıtlı bir işlem yok."


def test_an_action_shortly_before_is_told_apart() -> None:
    found = change(bent(21.3, 0.18, -0.12), AT)
    assert found is not None
    act = Act(found.low - timedelta(minutes=10), "duyuru")
    again = change(bent(21.3, 0.18, -0.12), AT, [act])
    assert again is not None and again.acts == () and again.shortly == (act,)


def test_a_straight_growth_has_no_bend() -> None:
    found = change(bent(40, 0.1, 0.1), AT, [STATEMENT])
    assert found is not None and not found.told
    assert said(found, ZONE, "tr")[0].startswith("Eğrinin kırıldığı söylenemiyor")
    assert len(said(found, ZONE, "en")) == 1  # and nothing is said of actions


def test_a_growth_can_quicken() -> None:
    found = change(bent(16, 0.01, 0.2, top=8), AT)
    assert found is not None and found.told and not found.broke
    assert said(found, ZONE, "en")[0].startswith("The growth quickened between ")


@pytest.mark.parametrize("counts", [[], [9] * 7, [1] * 12, [0] * 40])
def test_too_little_says_nothing(counts: list[int]) -> None:
    found = change(counts, AT, [STATEMENT])
    assert found is None
    assert "veri yetersiz" in said(found, ZONE, "tr")[0] and "too little data" in said(found, ZONE, "en")[0]


def test_time_that_was_not_seen_is_no_break() -> None:
    grows = bent(60, 0.05, 0.05, top=200)
    blind = [n if not 20 <= place < 26 else 0 for place, n in enumerate(grows)]
    naive = change(blind, AT)
    seen = change(blind, AT, seen=[1.0 if not 20 <= place < 26 else 0.0 for place in range(len(blind))])
    assert naive is not None and naive.told  # the trap is a real one
    assert seen is not None and not seen.told


def test_half_seen_counts_weigh_as_much_as_was_seen() -> None:
    full = bent(21.3, 0.18, -0.12)
    halves = [n if place < 16 else round(n / 2) for place, n in enumerate(full)]
    whole = change(full, AT)
    found = change(halves, AT, seen=[1.0 if place < 16 else 0.5 for place in range(len(full))])
    assert whole is not None and found is not None and found.told
    assert abs(found.likely - whole.likely) <= BIN


def test_bins_are_whole_quarters_with_what_was_seen_of_them() -> None:
    times = [AT, AT + timedelta(minutes=14, seconds=59), AT + timedelta(minutes=15), AT + timedelta(minutes=70)]
    unseen = [Unseen(AT + timedelta(minutes=20), AT + timedelta(minutes=35))]
    counts, seen = bins(times, AT, AT + timedelta(minutes=65), unseen)
    assert counts == [2, 1, 0, 0]  # the last five minutes are no quarter yet
    assert seen == pytest.approx([1, 1 / 3, 2 / 3, 1])


def test_counts_and_shares_must_match() -> None:
    with pytest.raises(ValueError, match="3 counts and 2 seen shares"):
        change([1, 2, 3], AT, seen=[1.0, 1.0])


# --- calibration


def drawn(chance: np.random.Generator, bend: bool) -> tuple[list[int], float]:
    """A series with a bend (or without) and gamma noise of a variance that the model does not try; it bends while
    people write, four in a quarter of an hour or more."""
    while True:
        size = int(chance.integers(18, 50))
        tau = float(chance.uniform(4, size - 4))
        fine = (np.arange(size * 5) + 0.5) / 5
        growth, turn = chance.normal(0, 0.2), chance.normal(0, 0.35) if bend else 0.0
        line = growth * (fine - tau) + turn * np.maximum(0, fine - tau)
        line += math.log(chance.uniform(15, 60)) - line.max()
        rate = np.exp(line)
        if rate[int(tau * 5)] >= 4 and rate[0] > 0.2:
            break
    counts = chance.poisson(rate.reshape(size, 5).mean(axis=1) * chance.gamma(1 / 0.05, 0.05, size))
    return [int(n) for n in counts], tau


def test_of_the_bends_that_are_told_nine_in_ten_lie_in_their_interval() -> None:
    held = told = 0
    for seed in range(110):
        counts, tau = drawn(np.random.default_rng([seed, 404]), True)
        found = change(counts, AT)
        if found is not None and found.told:
            told += 1
            held += found.low <= AT + tau * BIN <= found.high
    assert told > 35
    assert 0.8 < held / told <= 1.0


def test_without_a_bend_one_is_hardly_ever_told() -> None:
    made = [change(drawn(np.random.default_rng([seed, 405]), False)[0], AT) for seed in range(60)]
    known = [found for found in made if found is not None]
    assert len(known) > 50
    assert sum(found.told for found in known) <= 0.1 * len(known)


# --- words


def test_the_sentences_say_when_and_never_why() -> None:
    found = Change(
        0.99, AT + timedelta(hours=5, minutes=10), AT + timedelta(hours=5, minutes=20),
        AT + timedelta(hours=5, minutes=40), 2.2, 0.6, (STATEMENT,), (),
    )  # fmt: skip
    assert found.probability >= SURE
    assert said(found, ZONE, "tr") == (
        "Büyüme kırıldı: 14:10 ile 14:40 arasında (%90); o sırada yapılan: durum açıklaması yayımlandı 14:20.",
        "Saatlik hız değişimi: öncesinde ×2,2, sonrasında ×0,6.",
        "Aynı zamana denk geliyor; sebebin bu olduğu rakamlardan anlaşılmaz.",
    )
    assert said(found, ZONE, "en")[0].startswith("The growth broke between 14:10 and 14:40 (90 %); in that time: ")
    for line in (*said(found, ZONE, "tr"), *said(found, ZONE, "en")):
        assert "caused" not in line and "sayesinde" not in line and "yüzünden" not in line


def test_over_midnight_the_days_are_named() -> None:
    late = datetime(2026, 11, 22, 20, 45, tzinfo=UTC)
    found = Change(0.99, late, late + timedelta(minutes=20), late + timedelta(minutes=40), 1.5, 0.9, (), ())
    assert "22.11. 23:45 ile 23.11. 00:25" in said(found, ZONE, "tr")[0]
    assert "2026-11-22 23:45 and 2026-11-23 00:25" in said(found, ZONE, "en")[0]
