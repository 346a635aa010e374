"""The grammar: what each form means, that every tree can be written and read again, and that mistakes are sentences."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.query import Query, QueryError
from collectors.query.syntax import MAX_DEPTH, MAX_LENGTH, MAX_TERMS
from tests.unit.query_trees import And, Field, Near, Not, Or, Words, trees

a, b, c = Words("a"), Words("b"), Words("c")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a", a), ("a b", And((a, b))), ("a AND b", And((a, b))), ("a VE b", And((a, b))),
        ("a OR b c", Or((a, And((b, c))))), ("a b OR c", Or((And((a, b)), c))), ("(a OR b) c", And((Or((a, b)), c))),
        ("a VEYA b", Or((a, b))), ("((a))", a), ("(a b) c", And((a, b, c))), ("a OR (b OR c)", Or((a, b, c))),
        ("NOT a", Not(a)), ("-a", Not(a)), ("a -b", And((a, Not(b)))), ("a DEĞİL b", And((a, Not(b)))),
        ("NOT NOT a", Not(Not(a))), ("-(a OR b)", Not(Or((a, b)))), ("a NOT b OR c", Or((And((a, Not(b))), c))),
        ('"a  b"', Words("a b")), ("“a b”", Words("a b")), ('="a b"', Words("a b", exact=True)),
        ("=a", Words("a", exact=True)), ("karg*", Words("karg", prefix=True)), ('"AND"', Words("AND")),
        ("a NEAR/3 b", Near(a, b, 3)), ("NOT a NEAR/0 b c", And((Not(Near(a, b, 0)), c))),
        ("(a OR b) NEAR/3 c", Near(Or((a, b)), c, 3)), ("and", Words("and")), ("coca-cola", Words("coca-cola")),
        ("author:@x", Field("author", "@x")), ('source:"a b"', Field("source", "a b")),
        ("LANG:tr", Field("lang", "tr")),
        ("author:des*", Field("author", "des", prefix=True)), ("a-b -c", And((Words("a-b"), Not(c)))),
        ("😡 a", And((Words("😡"), a))), ('a"b"', And((a, b))), ("7/24", Words("7/24")),
    ],
)  # fmt: skip
def test_what_is_written_is_what_is_meant(text: str, tree: object) -> None:
    assert Query.parse(text).root == tree


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("", 1, "the query is empty"), ("   ", 1, "the query is empty"),
        ("kargo AND (iade", 11, "the parenthesis opened here is never closed"), ("a)", 2, "was never opened"),
        ("a OR", 3, "after OR there has to be a word"), ("AND a", 1, "AND needs something to its left"),
        ("a NOT", 3, "after NOT"), ("()", 1, "nothing inside"), ('a "b', 3, "quotation mark opened here is never"),
        ('""', 1, "nothing between these quotation marks"), ("a NEAR b", 3, "NEAR needs a distance"),
        ("a NEAR/99 b", 3, "from 0 to 50"), ("a NEAR/2 b NEAR/2 c", 12, "NEAR joins two sides only"),
        ("a NEAR/2 lang:tr", 3, "NEAR joins words"), ("(a b) NEAR/2 c", 7, "NEAR joins words"),
        ("*", 1, "a * needs a single word"), ("a*", 1, "at least two letters"), ("ka*rgo", 1, "a * stands at the end"),
        ('"karg* b"', 1, "outside quotation marks"), ("authr:x", 1, "did you mean author:?"),
        ("yazar:x", 1, "fields are author:, source:, lang:, channel:, url:"), ("lang:", 1, "needs its value directly"),
        ("a & b", 3, "write AND"), ("a | b", 3, "write OR"), ("a - b", 3, "write NOT"),
        ("=", 1, "stands directly before"),
        ("https://x.example/a", 1, "looked for with url:"), ("www.x.example", 1, "looked for with url:"),
        ("x" * 101, 1, "more than 100 letters"), ("a " * 1100, MAX_LENGTH + 1, "at most 2000 characters"),
        ("a " * (MAX_TERMS + 1), 2 * MAX_TERMS + 1, "at most 200 words"),
        ("(" * 30 + "a" + ")" * 30, MAX_DEPTH + 2, "write it flatter"), ("NOT " * 30 + "a", None, "write it flatter"),
        ("lang:*", 1, "letters or digits"), ("OR OR", 1, "OR needs something to its left"),
    ],
)  # fmt: skip
def test_a_mistake_is_a_sentence_with_its_column(text: str, column: int | None, words: str) -> None:
    with pytest.raises(QueryError) as caught:
        Query.parse(text)
    said = str(caught.value)
    assert words in said and said.startswith(f"Query, column {caught.value.column}: ") and len(said) < 500
    assert said.rstrip()[-1] in ".?" + '"' and "\n" not in said
    assert column is None or caught.value.column == column


def test_small_operators_are_words_and_said_to_be() -> None:
    assert Query.parse("kargo or iade").notes == ("Query, column 7: 'or' is looked for as a word; the operator is OR.",)
    assert "the operator is NOT" in Query.parse("kargo değil").notes[0]
    assert "the operator is AND" in Query.parse("kargo ve iade").notes[0]


@settings(deadline=None)
@given(trees)
def test_what_is_written_is_read_as_the_same(tree: object) -> None:
    query = Query(tree)  # type: ignore[arg-type]
    assert Query.parse(str(query)) == query
    assert str(Query.parse(str(query))) == str(query)


pieces = ["(", ")", '"', "“", "=", "-", "*", ":", " ", "NEAR/3", "NEAR", "AND", "OR", "NOT", "a", "kargo", "lang:", "#",
          "@", "'", "\u0327", "😡", "\n", "/", "url:", "http://", "\\", "VE", "\x00", "\ud800"]  # fmt: skip


@settings(deadline=None)
@given(st.text(max_size=80) | st.lists(st.sampled_from(pieces), max_size=25).map("".join))
def test_no_text_is_too_strange(text: str) -> None:
    try:
        query = Query.parse(text)
    except QueryError as error:
        assert re.match(r"Query, column \d+: .", str(error))
    else:
        assert Query.parse(str(query)) == query
