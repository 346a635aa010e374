"""Personal numbers, order numbers and masking: what is one, what only looks like one, what is left readable."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from nlp.extract import Brand, Found, Product, extract, mask

ISTANBUL = ZoneInfo("Europe/Istanbul")
WEDNESDAY_NOON = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)
BRAND = Brand(
    orders=("SN-########",),
    products=(Product("Çamaşır Makinesi X200", ("x200", "çamaşır makinesi")), Product("Turkuaz Ütü", (), ("TU-5500",))),
)


def found(text: str, language: str = "tr", brand: Brand = BRAND) -> Found:
    return extract(text, language, WEDNESDAY_NOON, ISTANBUL, brand)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0532 123 45 67 arayın", "+905321234567"), ("tel: 0532.123.4567", "+905321234567"),
        ("(0532) 123 45 67", "+905321234567"), ("+90 (532) 123-45-67", "+905321234567"),
        ("905321234567", "+905321234567"),
        ("5321234567", "+905321234567"), ("5 3 2 1 2 3 4 5 6 7", "+905321234567"),
        ("0212 234 33 44", "+902122343344"),
        ("٠٥٣٢ ١٢٣ ٤٥ ٦٧", "+905321234567"),
        ("０５３２１２３４５６７", "+905321234567"), ("0532\u200b1234567", "+905321234567"),
        ("call +44 7911 123456", "+447911123456"), ("0049 30 901820", "+4930901820"),
        ("siparişim gelmedi. 05321234567", "+905321234567"), ("https://wa.me/905321234567", "+905321234567"),
    ],
)  # fmt: skip
def test_phones(text: str, value: str) -> None:
    assert [one.value for one in found(text).phones] == [value]
    assert value[-6:-2] not in mask(text, found(text))


@pytest.mark.parametrize("text", ["444 0 222'yi aradım", "0850 222 06 00", "0800 211 22 22"])
def test_a_company_line_is_found_and_not_masked(text: str) -> None:
    assert [one.private for one in found(text).phones] == [False]
    assert mask(text, found(text)) == text


@pytest.mark.parametrize(
    "text",
    ["2123456789 numaralı sipariş", "sipariş no 5321234567", "12.11.2025 17.30", "1.250.500,00 TL", "2026-11-21 09:30",
     "34 ABC 1234", "5 5 5", "7/24 açık", "0532", "takip no: 5321234567", "barkod 8690123456789"],
)  # fmt: skip
def test_no_phones(text: str) -> None:
    assert not found(text).phones


@pytest.mark.parametrize(
    ("text", "kind", "value", "valid"),
    [
        ("TC: 10000000146", "national_id", "10000000146", True), ("10000000146", "national_id", "10000000146", True),
        ("100 000 001 46", "national_id", "10000000146", True),
        ("tc kimlik 12345678901", "national_id", "12345678901", False),
        ("TR33 0006 1005 1978 6457 8413 26", "iban", "TR330006100519786457841326", True),
        ("TR330006100519786457841326 hesabıma", "iban", "TR330006100519786457841326", True),
        ("iban 33 0006 1005 1978 6457 8413 26", "iban", "TR330006100519786457841326", True),
        ("TR33 0006 1005 1978 6457 8413 27", "iban", "TR330006100519786457841327", False),
        ("DE89 3704 0044 0532 0130 00 please", "iban", "DE89370400440532013000", True),
        ("kartım 4111 1111 1111 1111", "card", "4111111111111111", True),
        ("5500-0000-0000-0004", "card", "5500000000000004", True),
        ("3782 822463 10005", "card", "378282246310005", True),
        ("kart no 4111 1111 1111 1112", "card", "4111111111111112", False),
        ("ALI.Veli@Gmail.com", "email", "ali.veli@gmail.com", True),
        ("ali (at) gmail (dot) com", "email", "ali@gmail.com", True),
    ],
)  # fmt: skip
def test_other_personal_data(text: str, kind: str, value: str, valid: bool) -> None:
    assert [(one.kind, one.value, one.valid) for one in found(text).personal] == [(kind, value, valid)]
    assert "•" in mask(text, found(text))


@pytest.mark.parametrize(
    "text",
    ["12345678901", "sipariş no 10000000146", "10000000146 nolu siparişim", "order number 4111111111111111",
     "takip no 4111 1111 1111 1111", "1234 5678 9012 3456", "müşteri no: 10000000146", "ali@", "@ali.com selam"],
)  # fmt: skip
def test_what_only_looks_personal(text: str) -> None:
    assert not found(text).personal


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("0532 123 45 67", "•••• ••• •• 67"), ("TC 10000000146", "TC •••••••••46"),
        ("4111 1111 1111 1234 ", "4111 1111 1111 1234 "), ("4111 1111 1111 1111", "•••• •••• •••• 1111"),
        ("ali.veli@gmail.com", "•••.••••@gmail.com"), ("ali@soyadi.com.tr", "•••@••••••.•••.••"),
        ("TR330006100519786457841326", "••••••••••••••••••••••1326"),
    ],
)  # fmt: skip
def test_what_a_mask_leaves(text: str, masked: str) -> None:
    assert mask(text, found(text)) == masked


def test_a_mask_refuses_findings_of_another_text() -> None:
    with pytest.raises(ValueError, match="not of this text"):
        mask("another text that is long enough", found("0532 123 45 67"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Sipariş no: 12345678", "12345678"), ("siparis numaram 10987654321", "10987654321"),
        ("order #123-4567890", "123-4567890"), ("order number is 99887766", "99887766"),
        ("12345678 nolu siparişim", "12345678"), ("12345678 numaralı sipariş nerede", "12345678"),
        ("#20261118", "20261118"),
        ("SN-12345678 geldi", "SN-12345678"), ("my order TR-2025-00123 is late", "TR-2025-00123"),
        ("SİPARİŞ NUMARAM 1029384756 GELMEDİ", "1029384756"), ("sipariş numarası: ABC12345", "ABC12345"),
        ("sipariş no 12345678'i iptal edin", "12345678"), ("sipariş no 1234 5678 9012", "123456789012"),
        ("sipariş no １２３４５６７８", "12345678"),
    ],
)  # fmt: skip
def test_orders(text: str, value: str) -> None:
    assert [one.value for one in found(text).orders] == [value]


@pytest.mark.parametrize(
    "text",
    ["siparişim 12 gündür yok", "sipariş 1500 TL tuttu", "sipariş 12.11.2025 tarihinde", "siparişi 2025 yılında verdim",
     "sipariş verdim 05321234567", "#kampanya", "#2026", "I ordered 20000 pieces", "sipariş tutarı 12500 lira"],
)  # fmt: skip
def test_no_orders(text: str) -> None:
    assert not found(text).orders


@pytest.mark.parametrize(
    ("text", "value"),
    [("kargo takip no 7330012345678901", "7330012345678901"), ("RR123456785TR", "RR123456785TR"),
     ("1Z999AA10123456784", "1Z999AA10123456784"), ("tracking number: AB12345678", "AB12345678"),
     ("gönderi kodu 123456789012", "123456789012")],
)  # fmt: skip
def test_trackings(text: str, value: str) -> None:
    assert [one.value for one in found(text).trackings] == [value]


def test_products_in_any_form_and_typing() -> None:
    for text in ("çamaşır makinem bozuldu", "CAMASIR MAKINESI", "Çamaşır makinenizin kapağı", "x200'ün kapağı"):
        assert [one.value for one in found(text).products] == ["Çamaşır Makinesi X200"], text
    assert [one.value for one in found("turkuaz ütüden duman").products] == ["Turkuaz Ütü"]
    assert not found("turkuaz rengi").products and not found("çamaşır suyu").products


def test_codes() -> None:
    assert [one.value for one in found("SM-G991B ve model: ax3000").codes] == ["SM-G991B", "AX3000"]
    assert not found("&#61514; TRT-1, COVID19, 128GB, A4 kağıt, 5G, TU-5500, h4x0r").codes


@pytest.mark.parametrize("shape", ["", "##", "#{3,2}#####", "{4}", "abc"])
def test_a_shape_that_cannot_be_read_is_refused(shape: str) -> None:
    with pytest.raises(ValueError, match="Order number"):
        Brand(orders=(shape,))


def test_a_text_needs_a_time_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        extract("dün", "tr", datetime(2026, 11, 18), ISTANBUL)
