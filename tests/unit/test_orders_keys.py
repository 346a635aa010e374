"""What an order is found by: one spelling per number, first choice first, and what proves who writes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.orders.keys import MOST, OrderKey, OrderKeyError, email_key, fold, keys_from, order_key, phone_key, read_key
from mention import Fact


def fact(kind: str, value: str, start: int = 0) -> Fact:
    return Fact(kind=kind, start=start, end=start + len(value), text=value, value=value)


@pytest.mark.parametrize(
    ("typed", "kind", "value"),
    [
        ("sn-0012 34", "order", "SN-001234"),
        ("#1001", "order", "1001"),
        ("sipariş1", "order", "SIPARIŞ1"),
        ("Ayse@Example.com ", "email", "ayse@example.com"),
        ("0532 123 45 67", "phone", "+905321234567"),
        ("+49 30 901820", "phone", "+4930901820"),
        ("phone: 532 123 45 67", "phone", "+905321234567"),
        ("order:05321234567", "order", "05321234567"),
        ("5321234567", "order", "5321234567"),
        ("1' OR '1'='1", "order", "1'OR'1'='1"),
        ("order:x@y.com", "order", "X@Y.COM"),
    ],
)
def test_a_key_as_a_person_types_it(typed: str, kind: str, value: str) -> None:
    key = read_key(typed)
    assert (key.kind, key.value.replace("İ", "I")) == (kind, value)


@pytest.mark.parametrize("typed", ["", " ", "---", "#", "..", "x" * 65, "email:x", "a b@c.com", "phone:12", "@"])
def test_what_is_no_key_is_a_sentence(typed: str) -> None:
    with pytest.raises(OrderKeyError, match=r"[a-z]{2}"):
        read_key(typed)


@pytest.mark.parametrize(
    ("kind", "one", "same"),
    [
        ("order", "SN-00 12/34", "sn001234"),
        ("order", "İADE-ı1", "iade-I1"),
        ("order", "１２３", "123"),
        ("phone", "0 (532) 123-45-67", "+905321234567"),
        ("phone", "00905321234567", "5321234567"),
        ("phone", "0212 444 00 00", "+902124440000"),
        ("email", "AYSE@X.COM", "ayse@x.com"),
    ],
)
def test_spellings_of_one_value_fold_alike(kind: str, one: str, same: str) -> None:
    assert fold(kind, one) == fold(kind, same) != ""


def test_the_first_choice_comes_first() -> None:
    keys = keys_from(
        [fact("phone", "+905321234567", 0), fact("email", "typed@x.com", 20), fact("order", "SN-2", 50),
         fact("order", "SN-1", 40), fact("carrier", "Aras Kargo", 60)],
        platform_order="9001", verified_email="real@x.com",
    )  # fmt: skip
    assert [(one.kind, one.value, one.proof) for one in keys] == [
        ("order", "9001", "strong"), ("order", "SN-1", "weak"), ("order", "SN-2", "weak"),
        ("email", "real@x.com", "strong"), ("email", "typed@x.com", "weak"), ("phone", "+905321234567", "weak"),
    ]  # fmt: skip


def test_what_was_typed_is_never_strong_and_never_twice() -> None:
    keys = keys_from([fact("email", "Real@x.com"), fact("order", "90-01")], platform_order="9001",
                     verified_email="real@x.com")  # fmt: skip
    assert keys == (OrderKey("order", "9001", "strong"), OrderKey("email", "real@x.com", "strong"))
    assert all(one.proof == "weak" for one in keys_from([fact("order", "1"), fact("phone", "05321234567")]))


def test_a_pasted_list_is_cut_and_nonsense_passed_over() -> None:
    assert len(keys_from([fact("order", str(n), n) for n in range(100)])) == MOST
    assert keys_from([fact("order", "--"), fact("phone", "99"), fact("email", "nobody")]) == ()


def test_a_phone_has_every_form_that_shops_store() -> None:
    assert phone_key("0532 123 45 67").forms == {
        "value": "+905321234567", "folded": "+905321234567", "digits": "905321234567", "national": "5321234567",
    }  # fmt: skip
    assert order_key("SN-1").forms == {"value": "SN-1", "folded": "sn1"}
    assert email_key("A@b.co").forms["value"] == "a@b.co"


@settings(deadline=None)
@given(st.text(max_size=80))
def test_any_text_is_a_key_or_a_sentence(text: str) -> None:
    try:
        key = read_key(text)
    except OrderKeyError as error:
        assert str(error)
    else:
        assert key.folded or key.kind == "order"
        assert len(key.value) <= 330 and not any(c.isspace() for c in key.value)
        assert fold(key.kind, key.value) == key.folded
