"""Sums, days, durations, cities and carriers, as people write them on a Wednesday noon in Istanbul."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from tests.unit.test_extract_personal import ISTANBUL, found


@pytest.mark.parametrize(
    ("text", "language", "value", "currency"),
    [
        ("1.250,50 TL", "tr", "1250.50", "TRY"), ("₺1.250", "tr", "1250", "TRY"),
        ("12 bin lira", "tr", "12000", "TRY"),
        ("3 milyon dolar", "tr", "3000000", "USD"), ("USD 20", "en", "20", "USD"),
        ("1,250.50 dollars", "en", "1250.50", "USD"),
        ("1250TL'ye", "tr", "1250", "TRY"), ("99,90₺", "tr", "99.90", "TRY"),
        ("iki bin beş yüz lira", "tr", "2500", "TRY"),
        ("12 bin 500 lira", "tr", "12500", "TRY"), ("3 lira 50 kuruş", "tr", "3.5", "TRY"),
        ("1,5 milyon TL", "tr", "1500000", "TRY"),
        ("bir buçuk milyon lira", "tr", "1500000", "TRY"), ("150 liralık", "tr", "150", "TRY"),
        ("twenty bucks", "en", "20", "USD"),
        ("€1.250,00", "en", "1250.00", "EUR"), ("£9.99", "en", "9.99", "GBP"), ("1250,-TL", "tr", "1250", "TRY"),
        ("5k TL", "tr", "5000", "TRY"), ("50 kuruş", "tr", "0.5", "TRY"), ("yüz elli avro", "tr", "150", "EUR"),
    ],
)  # fmt: skip
def test_amounts(text: str, language: str, value: str, currency: str) -> None:
    assert [(one.value, one.currency) for one in found(text, language).amounts] == [(Decimal(value), currency)]


@pytest.mark.parametrize("text", ["12 gün", "3 milyon kişi", "0532 tlf", "1250", "bin kere söyledim", "12.11.2025"])
def test_no_amounts(text: str) -> None:
    assert not found(text).amounts


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("12.11.2025", date(2025, 11, 12)), ("2026-11-01", date(2026, 11, 1)), ("1/11/26", date(2026, 11, 1)),
        ("11/21/2025", date(2025, 11, 21)), ("3 Mart 2025'te", date(2025, 3, 3)),
        ("3 Mart'ta aldım", date(2026, 3, 3)),
        ("3 martta gelecek", date(2027, 3, 3)), ("March 3rd, 2025", date(2025, 3, 3)),
        ("3rd of November", date(2026, 11, 3)),
        ("yarın", date(2026, 11, 19)), ("dün akşam", date(2026, 11, 17)), ("bugün", date(2026, 11, 18)),
        ("evvelsi gün", date(2026, 11, 16)), ("salı günü geldi", date(2026, 11, 17)),
        ("salı günü gelecek", date(2026, 11, 24)),
        ("cumaya kadar", date(2026, 11, 20)), ("geçen pazartesi", date(2026, 11, 16)),
        ("haftaya salı", date(2026, 11, 24)),
        ("last Friday", date(2026, 11, 13)), ("by Friday", date(2026, 11, 20)), ("3 gün önce", date(2026, 11, 15)),
        ("iki hafta önce", date(2026, 11, 4)), ("5 days ago", date(2026, 11, 13)),
        ("a month ago", date(2026, 10, 18)),
        ("geçen hafta", date(2026, 11, 11)), ("ayın 15'inde", date(2026, 11, 15)),
        ("kasımın 3'ünde", date(2026, 11, 3)),
        ("day before yesterday", date(2026, 11, 16)), ("28 Aralık", date(2026, 12, 28)),
    ],
)  # fmt: skip
def test_days(text: str, day: date) -> None:
    assert [one.day for one in found(text).dates] == [day]


@pytest.mark.parametrize(
    ("text", "hour", "minute", "day"),
    [("yarın saat 17:00'de", 17, 0, 19), ("bugün 17:30", 17, 30, 18), ("at 5 pm", 17, 0, 18), ("tomorrow at"
    " 9:15 am", 9, 15, 19),
     ("saat 14:00'te", 14, 0, 18)],
)  # fmt: skip
def test_times(text: str, hour: int, minute: int, day: int) -> None:
    (one,) = found(text).dates
    assert one.at == datetime(2026, 11, day, hour, minute, tzinfo=ISTANBUL) and one.precision == "time"


@pytest.mark.parametrize(
    "text",
    ["7/24", "12 ara", "31.02.2026", "99.99.2026", "1.250,00 TL", "pazar alışverişi", "her salı", "1.2.3.4", "25:99"],
)
def test_no_days(text: str) -> None:
    assert not found(text).dates


@pytest.mark.parametrize(
    ("text", "since"),
    [
        ("12 gündür", date(2026, 11, 6)), ("12 gundur bekliyorum", date(2026, 11, 6)),
        ("3 haftadır", date(2026, 10, 28)),
        ("iki aydır", date(2026, 9, 18)), ("bir buçuk aydır", date(2026, 10, 3)),
        ("1 yıldan beri", date(2025, 11, 18)),
        ("on gün oldu", date(2026, 11, 8)), ("3-4 gündür", date(2026, 11, 15)),
        ("pazartesiden beri", date(2026, 11, 16)),
        ("dünden beri", date(2026, 11, 17)), ("3 Kasım'dan beri", date(2026, 11, 3)),
        ("15 iş günü geçti", date(2026, 10, 28)),
        ("I have been waiting for 12 days", date(2026, 11, 6)), ("since Monday", date(2026, 11, 16)),
        ("since March 3", date(2026, 3, 3)), ("it's been two weeks", date(2026, 11, 4)),
        ("10 days now", date(2026, 11, 8)),
        ("sabahtan beri", date(2026, 11, 18)), ("bir haftayı geçti", date(2026, 11, 11)),
        ("5 saattir", date(2026, 11, 18)),
    ],
)  # fmt: skip
def test_durations(text: str, since: date) -> None:
    assert [(one.since, one.ongoing) for one in found(text).durations] == [(since, True)]


def test_a_length_is_no_beginning() -> None:
    assert [(one.since, one.ongoing) for one in found("2 saat bekledim").durations] == [(None, False)]
    assert [one.ongoing for one in found("valid for 30 days", "en").durations] == [False]
    assert [one.amount for one in found("günlerdir arıyorum").durations] == [None]
    assert not found("onaydır, onay oldu, 3 gün içinde").durations


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("İzmir'den aldım", [("İzmir", None)]), ("istanbulda yaşıyorum", [("İstanbul", None)]),
        ("ESKISEHIR", [("Eskişehir", None)]),
        ("Kadıköy/İstanbul", [("İstanbul", "Kadıköy")]), ("Ordu'ya gönderdim", [("Ordu", None)]), ("ordu göreve", []),
        ("van kiraladım", []), ("Dün Van'da kaldım", [("Van", None)]), ("Batman filmi", []),
        ("Bolu şubesi", [("Bolu", None)]),
        ("bol bolu yok", []), ("kiliseye gittim", []), ("karşıda durdu", []), ("başım ağrıyor, ağrı kesici", []),
        ("parayı ödemiş", []), ("tokat attı", []), ("Antep'te", [("Gaziantep", None)]),
        ("urfalıyım", [("Şanlıurfa", None)]),
        ("vanda oturuyorum", [("Van", None)]), ("Musa bey", []), ("fatih/istanbul", [("İstanbul", "Fatih")]),
        ("Fatih Bey aradı", []),
        ("Diyarbakır Kayapınar", [("Diyarbakır", "Kayapınar")]), ("@ankara", []),
        ("Ordu'nun deresi", [("Ordu", None)]),
    ],
)  # fmt: skip
def test_cities(text: str, places: list[tuple[str, str | None]]) -> None:
    assert [(one.province, one.district) for one in found(text).cities] == places


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Yurtiçi Kargo'dan", ["Yurtiçi Kargo"]), ("yurtici kargoyla", ["Yurtiçi Kargo"]),
        ("yurt içi kargo", ["Yurtiçi Kargo"]),
        ("yurtiçi uçuş", []), ("kolay gelsin arkadaşlar", []), ("Kolay Gelsin'den geldi", ["Kolay Gelsin"]),
        ("kolaygelsin getirmedi", ["Kolay Gelsin"]), ("ups yanlış oldu", []), ("UPS getirdi", ["UPS"]),
        ("ptt kargo", ["PTT Kargo"]),
        ("Aras Bey", []), ("aras kargodan", ["Aras Kargo"]), ("Aras'tan paket gelmedi", ["Aras Kargo"]),
        ("surat asıyor", []),
        ("sürat kargo", ["Sürat Kargo"]), ("hepsi jet", ["HepsiJet"]), ("hepsjet", ["HepsiJet"]), ("yutriçi"
        " kargo", ["Yurtiçi Kargo"]),
        ("trendyol ekspresle", ["Trendyol Express"]), ("mng'den", ["MNG Kargo"]), ("mngden sorun", ["MNG Kargo"]),
        ("FedEx or DHL", ["FedEx", "DHL"]), ("sendeodan", ["Sendeo"]),
    ],
)  # fmt: skip
def test_carriers(text: str, names: list[str]) -> None:
    assert [one.value for one in found(text).carriers] == names
