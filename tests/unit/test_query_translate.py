"""What services are asked: within their limits, never for less than the query wants, and saying what may be missed."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.query import Query
from collectors.query.forms import commonest
from collectors.query.syntax import Field, Near, Node, Not, Words, all_of, any_of, leaves
from collectors.query.translate import (
    FOR_KIND,
    MOST_ASKED,
    Native,
    for_bluesky,
    for_mastodon,
    for_news,
    for_reddit,
    for_x,
    for_youtube,
)
from mention import search_text
from tests.tries import tries
from tests.unit.query_trees import mention
from tests.unit.service_search import finds

BRAND = '("çınar ev" OR çınarev OR #çınarev OR @cinarev) (kargo OR iade) NOT reklam lang:tr'
WORDS = ("kargo", "iade", "ışık", "çınarev", "refund", "gelmedi")
LIMIT = {"X": 512, "Reddit": 512, "Google News": 1500, "YouTube": 500, "Bluesky": 300, "Mastodon": 300}


def test_x_is_asked_in_its_own_words() -> None:
    native = for_x(Query.parse("(kargo OR #iade OR @cinarev) -author:@cinarev lang:tr -reklam"))
    assert len(native.text) <= 512 and native.text.endswith("#iade OR @cinarev) -from:cinarev lang:tr")
    assert "kargom OR" in native.text and native.filtered == ("NOT reklam",)
    assert "kargo asked for in up to" in native.missed[0]


def test_the_brand_is_asked_for_everywhere() -> None:
    query = Query.parse(BRAND)
    assert for_reddit(query).text.startswith('("çınar ev" OR "cinar ev" OR')
    assert ") AND (kargo OR" in for_reddit(query).text
    assert (
        for_bluesky(query).texts[:2] == ('"çınar ev"', '"cinar ev"') and "kargo OR iade" in for_bluesky(query).filtered
    )
    assert "#çınarev" in for_mastodon(query).texts and "opted in" in for_mastodon(query).missed[-1]
    assert "|" in for_youtube(query).text and "(" not in for_youtube(query).text
    assert len([word for word in re.findall(r"\w+", for_news(query).text) if word != "OR"]) <= 32


@pytest.mark.parametrize(
    "text", ["karg*", "NOT kargo", "kargo OR karg*", "lang:tr", "author:cinarev", "kargo OR NOT iade"]
)
@pytest.mark.parametrize("kind", FOR_KIND)
def test_what_cannot_be_asked_is_said(text: str, kind: str) -> None:
    native = FOR_KIND[kind](Query.parse(text))
    assert native.texts == () and native.asked is None and "cannot be asked" in native.why_not
    assert native.filtered == (str(Query.parse(text)),)


def test_a_query_too_long_loses_clauses_before_words() -> None:
    first = " OR ".join(f"marka{number}" for number in range(30))
    second = " OR ".join(f"kelime{number}" for number in range(40))
    native = for_x(Query.parse(f"({first}) ({second})"))
    assert 0 < len(native.text) <= 512 and "kelime1" not in native.text and "marka29" in native.text
    assert native.filtered
    longer = for_x(Query.parse(" OR ".join(f"kelime{number}" for number in range(100))))
    assert longer.texts == () and "Split the query" in longer.why_not


def test_emoji_are_asked_where_they_are_understood() -> None:
    query = Query.parse("kargo 😡")
    assert "😡" in for_x(query).text and "😡" not in for_reddit(query).text
    assert for_x(Query.parse('kargo ":-("')).filtered == ('":-("',)


words = st.sampled_from(WORDS).map(Words)
leaf: st.SearchStrategy[Node] = st.one_of(
    words, st.sampled_from(["#çınarev", "@cinarev", "çınar ev", "müşteri hizmetleri", "😡"]).map(Words),
    st.builds(Words, st.sampled_from(WORDS), st.just(True)), st.builds(Near, words, words, st.integers(0, 5)),
    st.just(Words("karg", prefix=True)),
    st.sampled_from([Field("lang", "tr"), Field("author", "@cinarev"), Field("author", "cinarev")]),
    st.just(Field("source", "x")),
)  # fmt: skip
trees = st.recursive(
    leaf,
    lambda inner: (
        st.lists(inner, min_size=2, max_size=3).map(all_of)
        | st.lists(inner, min_size=2, max_size=3).map(any_of)
        | inner.map(Not)
    ),
    max_leaves=6,
)


def in_capitals(text: str) -> str:
    return text.replace("i", "İ").replace("ı", "I").upper()


@st.composite
def said(draw: st.DrawFn, tree: Node, native: Native) -> str:
    """A text of forms that are asked for, as written or in ASCII, mostly of the query's own words, and of others."""
    asked = {search_text(words.text) for words in native.asked.words} if native.asked else set()
    own = [part for item in leaves(tree) if isinstance(item, Words) for part in _written(item, asked)]
    others = ["çınar ev", "#çınarev", "kargosal", "bugün", "ve", *WORDS]
    parts = draw(st.lists(st.sampled_from(own * 3 + others if own else others), min_size=2, max_size=8))
    text = " ".join(search_text(part) if draw(st.booleans()) and part != "😡" else part for part in parts)
    return in_capitals(text) if native.service == "X" and draw(st.booleans()) else text


def _written(item: Words, asked: set[str]) -> list[str]:
    if item.exact or " " in item.text or not item.text.isalpha():
        return [item.text]
    return [form for form in commonest(item.text, 30) if search_text(form) in asked] or [item.text]


@settings(max_examples=tries(300), deadline=None)
@given(tree=trees, kind=st.sampled_from(sorted(FOR_KIND)), data=st.data())
def test_no_service_is_asked_for_less_than_the_query_wants(tree: Node, kind: str, data: st.DataObject) -> None:
    query = Query(tree)
    native = FOR_KIND[kind](query)
    assert all(0 < len(text) <= LIMIT[native.service] for text in native.texts) and len(native.texts) <= MOST_ASKED
    assert bool(native.texts) is (native.asked is not None) is not bool(native.why_not)
    if native.asked is None:
        return
    post = mention(
        data.draw(said(tree, native)),
        lang=data.draw(st.sampled_from(["tr", "tr", "en", None])),
        author=data.draw(st.sampled_from(["cinarev", "baskasi", None])),
        author_name=data.draw(st.sampled_from(["cinarev", None])),
    )
    if query.match(post) is None:
        return
    assert native.asked.match(post) is not None, "what is counted as asked for holds it"
    assert any(finds(native.service, text, post) for text in native.texts), native.texts


@settings(max_examples=60, deadline=None)
@given(tree=trees, kind=st.sampled_from(sorted(FOR_KIND)))
def test_every_clause_is_asked_for_or_named(tree: Node, kind: str) -> None:
    native = FOR_KIND[kind](Query(tree))
    joined = " ".join((*native.texts, *native.filtered, native.why_not))
    assert native.texts or native.filtered
    assert "karg*" not in str(Query(tree)) or "karg*" in joined
