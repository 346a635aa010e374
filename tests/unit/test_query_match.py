"""Queries at work: what they match, by which words, and the laws of logic."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings

from collectors.query import Query
from collectors.query.syntax import And, Node, Not, Or, all_of, any_of
from mention import Mention, search_text
from tests.unit.query_trees import mention, mentions, trees


def matches(query: str, text: str, **fields: Any) -> bool:
    return Query.parse(query).match(mention(text, **fields)) is not None


@pytest.mark.parametrize(
    ("query", "text", "wanted"),
    [
        ("kargo", "Kargom 9 gündür gelmedi", True), ("kargo iade", "kargonuz gelmedi", False),
        ("kargo OR iade", "iadem nerede", True), ("kargo -reklam", "kargom geldi", True),
        ("kargo -reklam", "kargo reklamı", False), ("NOT kargo", "iade", True),
        ('"müşteri hizmetleri"', "Müşteri hizmetlerinden aradılar", True),
        ('"müşteri hizmetleri"', "hizmetleri müşteri sormuş", False),
        ('"çınar ev"', "Çınar Ev'in kargosu", True), ('"çınar ev"', "#ÇınarEv yine gecikti", True),
        ('"çınar ev"', "#cinarev", True), ('"çınar ev"', "çınarev", False), ('"çınar ev"', "çınar evi", True),
        ('="kargo"', "KARGO", True), ('="kargo"', "kargom", False), ("karg*", "kargaşa", True),
        ("kargo NEAR/2 gelmedi", "kargom hâlâ bana gelmedi", True), ("kargo NEAR/2 gelmedi", "gelmedi o kargo", True),
        ("kargo NEAR/1 gelmedi", "kargom hâlâ bana gelmedi", False), ("kargo NEAR/0 kargo", "kargo", False),
        ("kargo NEAR/0 kargo", "kargo kargo", True), ('(kargo OR iade) NEAR/1 "hâlâ yok"', "hala yok iadem", True),
        ("kargo", "https://kargo.example/kargo", False), ("kargo", "bak: www.kargo.example", False),
        ("@cinarev", "@CinarEv nerede", True), ("@cinarev", "destek@cinarev.example", False),
        ("cinarev", "destek@cinarev.example", True), ("😡", "gelmedi 😡", True), ("❤", "bayıldım ❤️", True),
        ('"kargo 😡"', "kargo", True), ("7/24", "7/24 açık", True), ("coca-cola", "Coca Cola'nın", True),
    ],
)  # fmt: skip
def test_what_a_query_matches(query: str, text: str, wanted: bool) -> None:
    assert matches(query, text) is wanted


@pytest.mark.parametrize(
    ("query", "fields", "wanted"),
    [
        ("author:cinarev", {"author": "CinarEv"}, True), ("author:@cinarev", {"author": "cinarev"}, True),
        ("author:cinarev", {"author": "1", "author_name": "Çınarev"}, True),
        ("author:@cinarev", {"author": "1", "author_name": "cinarev"}, False), ("author:cinarev", {}, False),
        ("author:cinar*", {"author": "cinarev"}, True), ("source:x", {}, True), ("source:forum", {}, False),
        ("lang:tr", {"lang": "tr-TR"}, True), ("lang:tr", {}, False), ("lang:tr", {"lang": "trk"}, False),
        ("channel:reddit", {"source": "r1", "extra": {"channel": "reddit"}}, True),
        ("url:kargo.example", {"url": "https://Kargo.example/1"}, True), ("url:kargo.example", {}, False),
        ("kargo -author:cinarev", {"text": "kargo", "author": "x"}, True),
        ("kargo -author:cinarev", {"text": "kargo", "author": "cinarev"}, False),
    ],
)  # fmt: skip
def test_limits_on_fields(query: str, fields: dict[str, Any], wanted: bool) -> None:
    assert matches(query, **{"text": "x", **fields}) is wanted


def test_links_in_the_text_count_for_url() -> None:
    assert matches('url:"kargo.example/a"', "bkz https://KARGO.example/a?b")


def test_a_match_names_its_words_and_where_they_stand() -> None:
    text = "Çınar Ev’in KARGOSU 😡 hâlâ gelmedi, iademi istiyorum"
    match = Query.parse('"çınar ev" (kargo NEAR/3 gelmedi OR fatura) NOT reklam author:ayşe').match(
        mention(text, author="Ayse")
    )
    assert match is not None
    assert [(found.text, found.clause) for found in match.found] == [
        ("Ayse", "author:ayşe"), ("Çınar Ev’in", '"çınar ev"'), ("KARGOSU", "kargo NEAR/3 gelmedi"),
        ("gelmedi", "kargo NEAR/3 gelmedi"),
    ]  # fmt: skip
    assert match.clauses == ('"çınar ev"', "kargo NEAR/3 gelmedi", "NOT reklam", "author:ayşe")


@settings(deadline=None)
@given(trees, mentions)
def test_what_was_found_stands_where_it_is_said_to(tree: Node, said: Mention) -> None:
    match = Query(tree).match(said)
    for found in match.found if match else ():
        assert found.end == 0 or said.text[found.start : found.end] == found.text != ""


@settings(deadline=None)
@given(trees, trees, mentions)
def test_de_morgan_and_the_other_laws(left: Node, right: Node, said: Mention) -> None:
    def holds(tree: Node) -> bool:
        return Query(tree).match(said) is not None

    one, other = holds(left), holds(right)
    assert holds(Not(left)) is not one
    assert holds(all_of([left, right])) is (one and other) and holds(any_of([left, right])) is (one or other)
    assert holds(Not(And((left, right)))) is holds(Or((Not(left), Not(right))))
    assert holds(Not(Or((left, right)))) is holds(And((Not(left), Not(right))))


@settings(deadline=None)
@given(trees, mentions)
def test_reading_in_full_says_the_same_as_the_short_cut(tree: Node, said: Mention) -> None:
    query = Query(tree)
    assert query.read(said).true(query.root) is (query.match(said) is not None)
    assert (query.match(said) is not None) is (Query.parse(str(query)).match(said) is not None)


@pytest.mark.parametrize("word", ["kargo", "çınar", "ışık", "iade"])
def test_how_the_query_was_typed_makes_no_difference_to_the_word_itself(word: str) -> None:
    for asked in (word, search_text(word), word.replace("i", "İ").upper()):
        assert matches(asked, word) and matches(asked, search_text(word).upper())


@pytest.mark.parametrize(
    "text",
    ["kargo " * 100_000, "kargo gelmedi " * 50_000, "a" * 1_000_000, "'" * 500_000, "#" * 500_000, "@a'" * 200_000,
     "kargo" + "larimizdaki" * 50_000, "c\u0327" * 300_000, "http" * 200_000, "ooo" * 300_000],
    ids=range(10),
)  # fmt: skip
def test_a_hostile_text_costs_little(text: str) -> None:
    query = Query.parse('kargo NEAR/50 gelmedi OR "kargo gelmedi iade" OR (karg* NEAR/1 (iade OR "a b")) -x')
    begun = time.process_time()
    query.match(mention(text))
    query.read(mention(text), nearly=True).match()
    assert time.process_time() - begun < 20  # linear in the text; a quadratic step would take minutes


def test_the_memory_for_tokens_is_bounded() -> None:
    query = Query.parse("kargo")
    for number in range(30):
        query.match(mention(" ".join(f"w{number}x{i}" for i in range(5000))))
    assert len(query._known) <= 100_000
