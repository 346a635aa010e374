"""The marked words: never a letter lost or added, found however they are written, only where they stand alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from board.marks import marked


def spoken(text: str, **reasons: tuple[str, ...]) -> list[str]:
    return [piece for piece, heads in marked(text, reasons) if heads]


@given(st.text(max_size=200), st.lists(st.text(min_size=1, max_size=12), max_size=5))
def test_the_pieces_are_the_text_again(text: str, words: list[str]) -> None:
    pieces = marked(text, {"urgency": tuple(words), "topic": tuple(words[:1])})
    assert "".join(piece for piece, _ in pieces) == text
    assert all(piece for piece, _ in pieces)


@given(st.text(alphabet="ab İıIşŞéé\n ", max_size=60), st.data())
def test_a_word_of_the_text_is_found_in_it(text: str, data: st.DataObject) -> None:
    words = text.split()
    if words:
        word = data.draw(st.sampled_from(words))
        assert spoken(text, topic=(word,))


@pytest.mark.parametrize(
    ("text", "word", "found"),
    [
        ("IŞIK yanmıyor", "ışık", ["IŞIK"]),
        ("üçüncü  kez\nyazıyorum", "kez yazıyorum", ["kez\nyazıyorum"]),
        ("kargom nerede, kargomu istiyorum", "kargom", ["kargom"]),
        ("iade! İADE; iadem", "iade", ["iade", "İADE"]),
        ("3. kez", "3. kez", ["3. kez"]),
        ("<script>", "script", ["script"]),
        ("hiçbiri", "", []),
        ("aaa", "b", []),
        ("straße", "straße", ["straße"]),
    ],
)
def test_words_are_found_as_people_write_them(text: str, word: str, found: list[str]) -> None:
    assert spoken(text, topic=(word,)) == found


def test_a_word_may_speak_for_several_heads() -> None:
    assert marked("gaz var", {"urgency": ("gaz",), "topic": ("gaz",)})[0] == ("gaz", ("topic", "urgency"))


def test_a_long_text_is_marked_quickly() -> None:
    text = "kargom gelmedi " * 10_000
    assert sum(1 for _, heads in marked(text, {"topic": ("kargom",)}) if heads) == 10_000
