"""Random queries and mentions for the properties of the query language."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from collectors.query.syntax import FIELDS, And, Field, Near, Node, Not, Or, Words, all_of, any_of
from mention import Mention

WORDS = ["kargo", "kitap", "iade", "renk", "çınar", "ev", "gelmedi", "ışık", "refund", "at", "kar", "AND", "ve"]
TYPED = [
    *WORDS, "kargom", "KARGONUZ", "kitabım", "rengi", "#çınarev", "@cinarev", "Çınar'ın", "evi", "kargooo", "isik",
    "https://kargo.example/iade", "😡", "refunds", ".", "kargı", "x",
]  # fmt: skip

word = st.one_of(
    st.sampled_from(WORDS), st.text("abcçğıiöşuü", min_size=1, max_size=8), st.sampled_from(["#çınarev", "@cinarev"])
)
phrase = st.lists(st.sampled_from(WORDS), min_size=2, max_size=3).map(" ".join)
leaf: st.SearchStrategy[Words] = st.one_of(
    st.builds(Words, word, st.booleans()),
    st.builds(Words, phrase, st.booleans()),
    st.builds(Words, st.sampled_from(["karg", "çın", "#çı", "ev'i"]), st.just(False), st.just(True)),
    st.builds(Words, st.sampled_from(["😡", ":-(", "❤️", "NEAR/3", "-iade", "VEYA", "a:b", "7/24"])),
)
near = st.builds(
    Near,
    leaf | st.lists(leaf, min_size=2, max_size=3, unique=True).map(lambda items: any_of(list[Node](items))),
    leaf,
    st.integers(0, 50),
)
field = st.builds(
    Field,
    st.sampled_from([name for name in FIELDS if name != "url"]),
    st.sampled_from(["x", "forum", "tr", "@cinarev", "Ayşe Y", "a.b-c/d"]),
    st.booleans(),
) | st.builds(Field, st.just("url"), st.sampled_from(["https://kargo.example/iade?a=1", "kargo.example"]))


def _bigger(smaller: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(smaller, min_size=2, max_size=3)
    return several.map(all_of) | several.map(any_of) | smaller.map(Not)


trees: st.SearchStrategy[Node] = st.recursive(leaf | near | field, _bigger, max_leaves=8)
texts = st.lists(st.sampled_from(TYPED), max_size=12).map(" ".join) | st.text(max_size=40)


def mention(text: str, **fields: Any) -> Mention:
    """A mention with this text; an empty one becomes a dot, since a mention has text."""
    given: dict[str, Any] = {
        "source": "x", "native_id": "1", "text": text or ".", "published_at": datetime(2026, 11, 20, 9, tzinfo=UTC),
    }  # fmt: skip
    return Mention(**{**given, **fields})


mentions = st.builds(
    mention, texts, source=st.sampled_from(["x", "forum"]), lang=st.sampled_from([None, "tr", "tr-TR", "de"]),
    author=st.sampled_from([None, "cinarev", "Ayşe Y"]), url=st.sampled_from([None, "https://kargo.example/iade?a=1"]),
)  # fmt: skip

__all__ = ["And", "Field", "Near", "Node", "Not", "Or", "Words", "leaf", "mention", "mentions", "texts", "trees"]
