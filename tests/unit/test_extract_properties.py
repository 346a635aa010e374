"""What must hold for every text: places are right, masks hide, nothing takes long."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import iban, luhn
from stdnum.tr import tckimlik

from nlp.extract import Homonym, about, mask
from tests.tries import tries
from tests.unit.test_extract_personal import found

IDS = ("10000000146", "100 000 001 46", "4111111111111111", "4111 1111 1111 1111", "5500-0000-0000-0004",
       "TR33 0006 1005 1978 6457 8413 26", "TR330006100519786457841326", "١٠٠٠٠٠٠٠١٤٦")  # fmt: skip
PIECES = (
    *IDS, "0532 123 45 67", "+90 532 123 45 67", "ali@gmail.com", "dün", "12 gündür", "salı günü", "1.250,50 TL",
    "İzmir'den",
    "s*ktir", "SN-12345678", "#12345678", "3 Mart'ta", "yarın saat 17:00'de", "\u200b", "\u202e", "\x00", "s\u0327",
    "İ", "ﬁ",
    "\ud800", "x200", "999999999 gündür", "99999 yıl önce", "on bin lira", "f**k", "1 2 3", "kargo", "🙂", "\n", ".",
    ",",
)  # fmt: skip
texts = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=12).map(" ".join)
glued = st.lists(st.one_of(st.sampled_from(PIECES), st.text("0123456789 .-/+()@*#aAiİ'", max_size=12)), max_size=8).map(
    "".join
)


@settings(deadline=None, max_examples=tries(300))
@given(st.one_of(texts, glued, st.text(max_size=80)), st.sampled_from(["tr", "en"]))
def test_every_place_is_right(text: str, language: str) -> None:
    for one in found(text, language).every:
        assert 0 <= one.start < one.end <= len(text)
        assert text[one.start : one.end] == one.text


@settings(deadline=None, max_examples=tries(300))
@given(st.one_of(texts, glued))
def test_a_mask_keeps_every_place(text: str) -> None:
    masked = mask(text, found(text))
    assert len(masked) == len(text)
    assert all(a in (b, "•") for a, b in zip(masked, text, strict=True))


# Order words make a number an order's; they are the one thing these texts do not have.
quiet = st.lists(
    st.one_of(st.sampled_from(IDS), st.text("abcçğıöşüABC,;!?\n", min_size=1, max_size=10), st.just("0532 123 45 67")),
    max_size=8,
).map(" ; ".join)


@settings(deadline=None, max_examples=tries(300))
@given(quiet)
def test_a_masked_text_holds_no_valid_number(text: str) -> None:
    masked = mask(text, found(text))
    for run in re.findall(r"\d(?:[ -]?\d)*", masked):
        digits = re.sub(r"\D", "", run)
        assert not tckimlik.is_valid(digits)
        assert not (len(digits) > 12 and luhn.is_valid(digits))
    assert not any(iban.is_valid(run) for run in re.findall(r"[A-Z]{2}\d\d(?: ?[0-9A-Z]){11,30}", masked))


@settings(deadline=None, max_examples=tries(150))
@given(texts)
def test_masking_twice_is_masking_once(text: str) -> None:
    masked = mask(text, found(text))
    assert not [one for one in found(masked).personal if one.kind in ("iban", "card", "national_id") and one.valid]


@settings(deadline=None, max_examples=tries(100))
@given(st.text(max_size=60))
def test_a_verdict_for_every_text(text: str) -> None:
    assert 0 <= about(text, Homonym("Mavi", theirs=("renk",))).probability <= 1


HOSTILE = (
    "1", " ", "1.", "1 ", "1.1.1.1", "0 ", "5 ", "a@", "a.", "siparis no ", "#1", "TR33 0006 ", "bir ", "12 bin"
    " ", "1,000", "f*",
    "s ", "a'", "0532 123 45 67 ", "4111 1111 1111 1111 ", "\u200b", "١", "\u202e1", "\n", "\x00", "(", "3 mart"
    " ", "for 3 days ",
)  # fmt: skip


def seconds(text: str) -> float:
    begun = time.perf_counter()
    mask(text, found(text))
    return time.perf_counter() - begun


# The limits are twenty times what an idle core takes; work that grew with the square of the length would take hours.
@pytest.mark.parametrize("piece", ["1", " ", "1.1.1.1"])
def test_a_megabyte_is_read_in_seconds(piece: str) -> None:
    assert seconds(piece * (1_000_000 // len(piece))) < 120


@pytest.mark.parametrize("piece", HOSTILE)
def test_anything_repeated_is_read_in_seconds(piece: str) -> None:
    assert seconds(piece * (150_000 // len(piece))) < 30
