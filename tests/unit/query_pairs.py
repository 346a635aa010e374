"""The hand-written table of words and forms: two halves, the second held back while the matcher was tuned."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from collectors.query.turkish import TOKEN, WordForms, fold

TABLES = Path(__file__).resolve().parents[1] / "fixtures" / "query"


class Pair(NamedTuple):
    """A query's word, something a person typed, and whether the one should find the other."""

    word: str
    form: str
    wanted: bool


def pairs(name: str) -> Iterator[Pair]:
    """The pairs of `pairs_seen.txt` or `pairs_held.txt`."""
    for line in (TABLES / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            continue
        word, forms = line.split(": ", 1)
        good, bad = forms.split("|")
        yield from (Pair(word, form, True) for form in good.split())
        yield from (Pair(word, form, False) for form in bad.split())


def tokens(text: str) -> list[str]:
    """The words of a text, links left out."""
    return [found.group() for found in TOKEN.finditer(text) if not found["url"]]


def finds(word: str, form: str) -> bool:
    """Whether our matcher finds `form` for `word`."""
    forms = WordForms(word)
    return any(forms.matches(fold(token)) for token in tokens(form))


def precision_and_recall(name: str, found: Callable[[str, str], bool]) -> tuple[float, float, list[Pair]]:
    """How good a matcher is on one half of the table, and the pairs that it gets wrong."""
    right = wrong = missed = 0
    mistakes = []
    for pair in pairs(name):
        answer = found(pair.word, pair.form)
        right += answer and pair.wanted
        wrong += answer and not pair.wanted
        missed += pair.wanted and not answer
        if answer != pair.wanted:
            mistakes.append(pair)
    return right / (right + wrong), right / (right + missed), mistakes
