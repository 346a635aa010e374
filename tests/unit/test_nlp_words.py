"""How a text becomes words: Turkish case, ASCII twins, tokens, places, and texts nobody would wish for."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.language import LanguageDetector
from nlp.normalise import READ_LIMIT, clean, fold, forms, lower, tokens
from tests.tries import tries

DETECTOR = LanguageDetector()


def test_case_follows_the_language() -> None:
    assert lower("ISPARTA İZMİR", "tr") == "ısparta izmir"
    assert lower("INVOICE", "en") == "invoice"


@pytest.mark.parametrize(
    ("accented", "typed"),
    [
        ("Siparişim gelmedi", "siparisim gelmedi"),
        ("ŞİKÂYETİM VAR, IŞIK YANMIYOR", "sikayetim var, isik yanmiyor"),
        ("Çağrı merkezi ücret kesti", "cagri merkezi ucret kesti"),
        ("s\u0327ifrem değis\u0327ti", "sifrem degisti"),  # a Mac types ş in two characters
        ("si\u200bpariş\u00adim", "siparisim"),
    ],
)
def test_ascii_twins_are_the_same_words(accented: str, typed: str) -> None:
    assert forms(accented, "tr") == forms(typed, "tr")


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("çooook kötüüü", "tr", ["cok", "kotu"]),
        ("sooooo coool", "en", ["soo", "cool"]),
        ("@HepYanda bak https://t.co/x a@b.com", "tr", ["<user>", "bak", "<url>", "<email>"]),
        ("3.954,49 TL 14:30 05321234567", "tr", ["0.000,00", "tl", "00:00", "<phone>"]),
        ("İş Bankası'ndan don't", "tr", ["is", "bankasindan", "dont"]),
        ("harika 👍🏽 :) :-( <3 !!! ?!", "tr", ["harika", "👍", ":)", ":(", "<heart>", "!!", "?!"]),
        ("r e z a l e t, y.a.z.ı.k", "tr", ["rezalet", "yazik"]),
        ("R&amp;D &lt;b&gt;", "en", ["r", "d", "b"]),
        ("AA1657 b2b", "en", ["aa0000", "b0b"]),
        ("ｆｕｌｌ ｗｉｄｔｈ", "en", ["full", "width"]),
    ],
)
def test_tokens(text: str, language: str, expected: list[str]) -> None:
    assert forms(text, language) == expected


def test_places_point_into_the_text() -> None:
    text = clean("Kargom GELMEDİİİ, 3 gündür @HepYanda 😡")
    for token in tokens(text, "tr"):
        piece = text[token.start : token.end]
        assert piece and piece in text
    assert [text[t.start : t.end] for t in tokens(text, "tr")][:2] == ["Kargom", "GELMEDİİİ"]


def test_only_the_beginning_of_a_long_text_is_read() -> None:
    assert len(clean("a " * 500_000)) == READ_LIMIT


@given(st.text(max_size=300), st.sampled_from(["tr", "en"]))
@settings(max_examples=tries(200), deadline=None)
def test_any_text_becomes_words_without_blanks(text: str, language: str) -> None:
    cleaned = clean(text)
    for token in tokens(cleaned, language):
        assert token.form and not any(char.isspace() for char in token.form)
        assert 0 <= token.start < token.end <= len(cleaned)


@given(st.text(alphabet="abcçdefgğhıijklmnoöprsştuüvyzİIŞĞ ", max_size=80))
@settings(max_examples=tries(100), deadline=None)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert fold(text).isascii()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Siparişim hâlâ gelmedi", "tr"),
        ("siparisim hala gelmedi", "tr"),
        ("yok", "tr"),
        ("tşk", "tr"),
        ("bi bakar mısınız", "tr"),
        ("merhaba", "tr"),
        ("g\ufffdn i\ufffdinde d\ufffdn\ufffd\ufffd bekliyorum", "tr"),
        ("@GarantiyeSor bekliyorum", "tr"),
        ("where is my order", "en"),
        ("ok", "en"),
        ("thanks", "en"),
        ("thx pls help", "en"),
        ("@DeltaAssist no", "en"),
        ("flight cancelled again", "en"),
    ],
)
def test_language(text: str, expected: str) -> None:
    assert DETECTOR.detect(text) == expected


def test_the_source_is_heard_only_when_in_doubt() -> None:
    assert DETECTOR.detect("👍👍", "en") == "en"
    assert DETECTOR.detect("👍👍") == "tr"
    assert DETECTOR.detect("Siparişim hâlâ gelmedi, kargo nerede?", "en") == "tr"
    assert DETECTOR.detect("👍", "und") == "tr"


@given(st.text(max_size=200), st.sampled_from([None, "tr", "en-GB", "de", ""]))
@settings(max_examples=tries(100), deadline=None)
def test_every_text_has_one_of_the_languages(text: str, hint: str | None) -> None:
    first = DETECTOR.detect(text, hint)
    assert first in ("tr", "en")
    assert DETECTOR.detect(text, hint) == first
