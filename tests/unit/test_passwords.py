"""Passwords: what may be one, how it is kept, how long wrong ones make people wait."""

from __future__ import annotations

import unicodedata
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk import passwords
from desk.roles import Refused
from desk.sign_in import paused, wrong

GOOD = "mavi tren akşam çayı"


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "doğru at pil zımba",
        "Xk7$pQz9!mLw2&Rt",
        "Elif'in kedisi uyumaz",
        "日本語のパスワードは長くてもよいのです",
        " " + GOOD,
    ],
)
def test_long_enough_is_good_enough_whatever_it_is_made_of(password: str) -> None:
    passwords.check(password, ("Elif", "Çınar Ev", "nobet"))


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("", "15"), ("kısa", "15"), ("x" * 14, "15"), ("ab" * 150, "200"),
        ("aaaaaaaaaaaaaaaa", "kolay"), ("abababababababab", "kolay"), ("123456789012345", "kolay"),
        ("qwertyuiopasdfgh", "kolay"), ("98765432109876543", "kolay"), ("ElifElifElifElif", "kolay"),
        ("ÇınarEv ÇınarEv ÇınarEv", "kolay"), ("nobetnobetnobet", "kolay"),
    ],
)  # fmt: skip
def test_what_is_short_or_easily_found_is_refused_with_the_reason(password: str, said: str) -> None:
    with pytest.raises(Refused) as refused:
        passwords.check(password, ("Elif", "ÇınarEv", "nobet"))
    assert said in refused.value.say("tr") and refused.value.say("en") != refused.value.say("tr")


def test_a_kept_password_is_salted_and_says_how_it_was_hashed() -> None:
    one, other = passwords.hashed(GOOD), passwords.hashed(GOOD)
    assert one != other and GOOD not in one
    assert one.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.is_right(one, GOOD) and passwords.is_right(one, unicodedata.normalize("NFD", GOOD))
    assert not passwords.is_right(one, GOOD + " ") and not passwords.is_right(one, "")
    assert not passwords.is_right(None, "the password of nobody") and not passwords.is_right("no hash", GOOD)
    weak = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21l$bUnd8yRM9h5G5VUmaUVjQn0Zf9ec1VZp8BSLBFSIJUM"
    assert passwords.is_dated(weak) and not passwords.is_dated(one)


@pytest.mark.parametrize(
    ("failed", "seconds"),
    [(0, 0), (1, 0), (4, 0), (5, 30), (6, 60), (7, 120), (8, 240), (9, 480), (10, 900), (11, 900), (5000, 900)],
)
def test_the_fifth_wrong_password_waits_and_every_further_one_longer(failed: int, seconds: int) -> None:
    assert passwords.pause_after(failed) == timedelta(seconds=seconds)


@given(st.integers(0, 10_000))
def test_a_pause_never_gets_shorter(failed: int) -> None:
    assert passwords.pause_after(failed) <= passwords.pause_after(failed + 1) <= passwords.LONGEST_PAUSE


@pytest.mark.parametrize(
    ("left", "tr", "en"),
    [(0.2, "1 saniye", "1 s"), (29.5, "30 saniye", "30 s"), (60, "1 dakika", "1 minute."),
     (61, "2 dakika", "2 minutes."), (900, "15 dakika", "15 minutes.")],
)  # fmt: skip
def test_a_pause_is_told_and_rounded_up(left: float, tr: str, en: str) -> None:
    told = paused(timedelta(seconds=left))
    assert f" {tr} " in told.say("tr") and f" {en}" in told.say("en")
    assert wrong().say("tr") == "Ad ya da parola yanlış."
