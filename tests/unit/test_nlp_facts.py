"""Facts beside a score: their kinds, their one spelling, their places in the mention's own text."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mention import FACTS, Mention
from nlp.extract import Brand, Homonym, Product
from nlp.facts import MOST, Finder

FINDER = Finder(
    ZoneInfo("Europe/Istanbul"),
    Brand(orders=("SN-########",), products=(Product("Turna 300", ("turna",), ("TRN-300",)),)),
    Homonym("Turkuaz", theirs=("renk", "deniz"), ours=("mağaza",)),
)


def mention(text: str) -> Mention:
    posted = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
    return Mention(source="x", native_id="1", text=text, published_at=posted)


EXAMPLES = [
    ("SN-12345678 numaralı siparişim 12 gündür gelmedi", "tr", {("order", "SN-12345678"), ("duration", "2026-11-09")}),
    ("1.250,50 TL çekildi, Aras Kargo İzmir şubesi", "tr",
     {("amount", "1250.50 TRY"), ("carrier", "Aras Kargo"), ("city", "İzmir")}),
    ("call me on 0532 123 45 67", "en", {("phone", "+905321234567")}),
    ("TC kimlik numaram 10000000146", "tr", {("national_id", "")}),
    ("bu turkuaz renk çok güzel", "tr", {("not_about_us", "renk, turkuaz")}),
    ("teşekkürler", "tr", set()),
]  # fmt: skip


@pytest.mark.parametrize(("text", "language", "expected"), EXAMPLES)
def test_worked_examples(text: str, language: str, expected: set[tuple[str, str]]) -> None:
    assert {(fact.kind, fact.value) for fact in FINDER.find(mention(text), language)} == expected


@given(st.text(min_size=1, max_size=300))
def test_every_fact_stands_where_it_says(text: str) -> None:
    made = mention("x").model_copy(update={"text": text})
    for fact in FINDER.find(made, "tr"):
        assert fact.kind in FACTS and text[fact.start : fact.end] == fact.text


def test_a_pasted_list_is_cut_short() -> None:
    assert len(FINDER.find(mention("100 TL " * 500), "tr")) == MOST
