"""A text as the transformer reads it: every word with its place, nothing that a stranger writes breaks it."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.normalise import clean
from nlp.pieces import CHARACTERS, chunks, prepare

EXAMPLES = [
    ("SİPARİŞİM GELMEDİ", "tr", "siparişim gelmedi"),
    ("ISPARTA şubesi", "tr", "ısparta şubesi"),
    ("ISPARTA branch", "en", "isparta branch"),
    ("r e z a l e t bir firma", "tr", "rezalet bir firma"),
    ("gelmediiiiiii!!!!!!", "tr", "gelmediii!!!"),
    ("bak: https://kisa.link/x?y=1 @MarkaDestek", "tr", "bak: http @user"),
    ("yaz bana ali.veli@ornek.com", "tr", "yaz bana mail"),
    ("sipariş 1234567890 nerede", "tr", "sipariş 00000 nerede"),
    ("12.500 TL", "tr", "12.500 tl"),
    ("si\u200bpariş\u00a0yok", "tr", "sipariş yok"),
    ("ﬁyat", "tr", "fiyat"),
    ("", "tr", ""),
    ("\u200b \ufeff", "tr", ""),
]


@pytest.mark.parametrize(("text", "language", "read"), EXAMPLES)
def test_worked_examples(text: str, language: str, read: str) -> None:
    assert prepare(clean(text), language) == read


@given(st.text(max_size=300), st.sampled_from(["tr", "en"]))
def test_every_word_knows_where_it_stands(text: str, language: str) -> None:
    cleaned = clean(text)
    found = chunks(cleaned, language)
    assert all(0 <= chunk.start < chunk.end <= len(cleaned) for chunk in found)
    assert all(one.end <= other.start for one, other in itertools.pairwise(found))
    assert all(chunk.form and " " not in chunk.form for chunk in found)
    assert prepare(cleaned, language) == " ".join(chunk.form for chunk in found)


@given(st.text(max_size=200))
def test_reading_what_was_read_changes_nothing_more(text: str) -> None:
    once = prepare(clean(text), "en")
    assert len(prepare(once, "en")) <= len(once)


@pytest.mark.parametrize("piece", ["a ", "a", "@", "1", "\u0301", "a.b@", "a-", "www."])
def test_a_long_text_costs_no_more_than_its_beginning(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    began = time.perf_counter()
    assert len(prepare(clean(text), "tr")) <= 2 * CHARACTERS
    assert time.perf_counter() - began < 5, "a pattern backtracks"
