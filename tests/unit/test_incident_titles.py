"""What an incident is called where no product, carrier or city is named: the words that its mentions share."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from desk.crisis.incidents import bare, shared_words


def members(*texts: str) -> list[Any]:
    return [SimpleNamespace(why=({"kind": "words", "values": text.split()},)) for text in texts]


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (("kapak kırıldı", "kapak eksik", "Kapak!"), ["kapak"]),
        (("Sayın yetkili, kapak", "Sayın yetkili, kapak", "sayin yetkili kapak"), ["kapak"]),
        (("@cinarev bayat", "@cinarev bayat,", "@cinarev 'bayat'"), ["bayat"]),
        (("… !! ,", "… !!", "…"), []),
        (("bir", "iki"), []),
    ],
)
def test_courtesies_accounts_and_marks_name_nothing(texts: tuple[str, ...], words: list[str]) -> None:
    assert shared_words(members(*texts)) == words


@pytest.mark.parametrize(
    ("word", "left"),
    [("kargo,", "kargo"), ("(şube)", "şube"), ("X5", "X5"), ("@ayse", ""), ("...", ""), ("e-posta", "e-posta")],
)
def test_a_word_stands_without_the_marks_around_it(word: str, left: str) -> None:
    assert bare(word) == left
