"""Facts as a reader sees them: the needed ones first, nothing private repeated, days in the reader's words."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from board.facts import MOST, facts_data
from board.moments import Moments
from board.texts import texts
from mention import FACTS, Fact


def moments(language: str) -> Moments:
    return Moments(texts(language), ZoneInfo("Europe/Istanbul"), datetime(2026, 11, 21, 9, tzinfo=UTC))


def fact(kind: str, text: str, value: str = "") -> Fact:
    return Fact(kind=kind, start=0, end=len(text), text=text, value=value)


EXAMPLES = [
    (fact("order", "sn 123", "SN-123"), "tr", "Sipariş", "SN-123"),
    (fact("duration", "12 gündür", "2026-11-09"), "tr", "Süredir", "12 gündür (Pzt 9 Kas gününden beri)"),
    (fact("duration", "for days"), "en", "Lasting", "for days"),
    (fact("date", "salı", "2026-11-24"), "en", "Date", "salı (Tue 24 Nov)"),
    (fact("date", "salı", "not a day"), "en", "Date", "salı"),
    (fact("amount", "1.250,50 TL", "1250.50 TRY"), "tr", "Tutar", "1.250,50 TL"),
    (fact("iban", "TR33 0006 1005 1978 6457 8413 26"), "tr", "Metinde IBAN", "•••1326"),
    (fact("national_id", "10000000146"), "en", "National id in the text", "•••0146"),
    (fact("offence", "xx", "strong"), "tr", "Hakaret", "küfür"),
    (fact("not_about_us", "", "renk"), "tr", "Belki bizimle ilgili değil:", "renk"),
]


@pytest.mark.parametrize(("given", "language", "name", "text"), EXAMPLES)
def test_worked_examples(given: Fact, language: str, name: str, text: str) -> None:
    assert facts_data([given], moments(language)) == [{"kind": given.kind, "name": name, "text": text}]


def test_the_needed_ones_come_first_each_once_and_not_too_many() -> None:
    many = [fact("amount", f"{n} TL") for n in range(30)]
    told = facts_data([*many, fact("order", "SN-1", "SN-1"), fact("order", "sn-1", "SN-1")], moments("en"))
    assert len(told) == MOST and told[0] == {"kind": "order", "name": "Order", "text": "SN-1"}
    assert [one["kind"] for one in told].count("order") == 1


def test_every_kind_has_a_name_in_both_languages() -> None:
    for language in ("tr", "en"):
        for kind in FACTS:
            value = "mild" if kind == "offence" else "x"
            told = facts_data([fact(kind, "abcd", value)], moments(language))
            assert told and "fact." not in told[0]["name"] + told[0]["text"]
