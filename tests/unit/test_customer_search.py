"""What somebody types while a customer is on the telephone, and everything that it may be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.customer_search import LONGEST, Asked, asked

TABLE = [
    ("Selin Büyük", {"words": "selin buyuk"}),
    ("SELİN BÜYÜK", {"words": "selin buyuk"}),
    ("ışık", {"handle": "isik", "words": "isik"}),
    ("IŞIK", {"handle": "isik", "words": "isik"}),
    ("@Selin_Byk", {"handle": "selin_byk", "words": "@selin_byk"}),
    ("u/ayse", {"handle": "ayse", "words": "u/ayse"}),
    ("Selin.Buyuk+x@Gmail.com", {"email": "selinbuyuk@gmail.com"}),
    ("selin@firma.example", {"email": "selin@firma.example"}),
    ("0532 123 45 67", {"phone": "+905321234567"}),
    ("+90 (532) 123-45-67", {"phone": "+905321234567"}),
    ("905321234567", {"phone": "+905321234567"}),
    ("00905321234567", {"phone": "+905321234567"}),
    ("5321234567", {"phone": "+905321234567"}),
    ("+44 20 7946 0958", {"phone": "+442079460958"}),
    ("SN-44718822", {"number": "SN44718822"}),
    ("sn 4471 8822", {"number": "SN44718822"}),
    ("44718822", {"number": "44718822", "case": 44718822}),
    ("N-20260", {"case": 20260}),
    ("#12", {"case": 12}),
    ("12", {"case": 12, "words": "12"}),
    ("no 7", {"case": 7}),
]


@pytest.mark.parametrize(("typed", "wanted"), TABLE, ids=[typed for typed, _ in TABLE])
def test_what_was_typed_is_read_as_what_it_is(typed: str, wanted: dict[str, object]) -> None:
    found = asked(typed)
    assert {name: getattr(found, name) for name in wanted} == wanted
    assert found.anything


@pytest.mark.parametrize("typed", ["", " ", "a", "?", "--", "%", "_", "\x00", "'", "💥", "İ"])
def test_too_little_is_nothing(typed: str) -> None:
    assert asked(typed) == Asked() and not asked(typed).anything


def test_a_phone_is_no_words_of_somebody_and_a_name_no_phone() -> None:
    assert asked("Selin 4471").phone == "" and asked("0532 123 45 67 8901234").phone == ""
    assert asked("selin").number == "" and asked("selin").case == 0


def test_a_foreign_region_dials_without_its_own_code() -> None:
    assert asked("020 7946 0958", "GB").phone == "+442079460958"


@given(st.text(max_size=400))
def test_anything_may_be_typed(typed: str) -> None:
    found = asked(typed)
    assert len(found.words) <= 6 * LONGEST  # a letter may fold into several, such as ﷺ
    assert not found.email or "@" in found.email
    assert not found.phone or len(found.phone) <= 16
