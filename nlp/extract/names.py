"""Finding names from a list in a text: Turkish endings, apostrophes, ASCII typing, words written together.

The endings are read loosely (no vowel harmony: folding and foreign names hide it), because a name from a list seldom
begins an unrelated word; lists whose names do say so themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar

from nlp.extract.reading import Reading, Word

V = TypeVar("V")

_ENDING = re.compile(
    r"(?:l[ae]r)?(?:[iu]?m(?:[iu]z)?|[iu]?n(?:[iu]z)?|s?[iu])?"
    r"(?:y?[iu]|y?[ae]|n[iuae]|n?[iu]n|n?[dt][ae]n?|n?[dt][ae]ki(?:l[ae]r)?|y?l[ae]|n?c[ae])?"
    r"(?:l[iu]k?|s[iu]z)?(?:[dt][iu]r|y?[dt][iu][mk]?|y?[iu]m|y?[iu]z|m[iu]|yken)?"
)
_LONGEST_ENDING = 16
_SOFT = {"k": "g", "p": "b", "t": "d"}
_TOGETHER = 8
"""Letters from which a name of several words is also found written as one; shorter ones turn up by chance."""


@lru_cache(maxsize=20_000)
def is_ending(ending: str) -> bool:
    """Whether `ending` (folded) is a chain of endings that a Turkish noun may take; the empty one is not."""
    return 0 < len(ending) <= _LONGEST_ENDING and _ENDING.fullmatch(ending) is not None


def fold(name: str) -> tuple[str, ...]:
    """A name's words as a reading has them."""
    return tuple(word.base + word.tail for word in Reading(name).words)


@dataclass(frozen=True, slots=True)
class Hit(Generic[V]):
    """A name that was found: its place in the reading, its value, its ending, and whether an apostrophe precedes that.

    `words` counts the words of the name in the text.
    """

    start: int
    end: int
    value: V
    ending: str
    apostrophe: bool
    first: int
    words: int


class Names(Generic[V]):
    """A list of names, each with what it stands for. Looks every word up once, however long the list is."""

    def __init__(self, entries: Iterable[tuple[str, V]]) -> None:
        """`entries` are names as they are written, with their values; a name without letters or digits is left out."""
        self._index: dict[str, list[tuple[tuple[str, ...], bool, V]]] = {}
        for name, value in entries:
            words = fold(name)
            for spelled, soft in _spellings(words):
                self._index.setdefault(spelled[0], []).append((spelled, soft, value))
        for entries_of in self._index.values():
            entries_of.sort(key=lambda entry: -sum(map(len, entry[0])))
        self._longest = max(map(len, self._index), default=0)

    def find(self, reading: Reading) -> Iterator[Hit[V]]:
        """The names of the list in the text, in order; of names that overlap, the one with more letters."""
        words = reading.words
        at = 0
        while at < len(words):
            hit = self._at(reading, words, at)
            if hit is not None:
                yield hit
            at += hit.words if hit is not None else 1

    def _at(self, reading: Reading, words: tuple[Word, ...], at: int) -> Hit[V] | None:
        base = words[at].base
        best: Hit[V] | None = None
        for length in range(min(len(base), self._longest), 0, -1):
            for spelled, soft, value in self._index.get(base[:length], ()):
                ending = _fits(spelled, soft, reading, words, at)
                if ending is None:
                    continue
                last = words[at + len(spelled) - 1]
                hit = Hit(words[at].start, last.end, value, ending, bool(last.tail), at, len(spelled))
                if best is None or hit.words > best.words:
                    best = hit
        return best


def _spellings(words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], bool]]:
    """How a name is spelled in a text, and whether that spelling stands only before an ending with a vowel."""
    if not words:
        return
    yield words, False
    *front, last = words
    if last[-1] in _SOFT and len(last) > 4:
        yield (*front, last[:-1] + _SOFT[last[-1]]), True  # çaydanlık, çaydanlığım
    if front and len(last) > 4 and last.endswith(("si", "su")):
        yield (*front, last[:-2]), False  # çamaşır makinesi, çamaşır makinem
    if front and len("".join(words)) >= _TOGETHER:
        yield ("".join(words),), False


def _fits(spelled: tuple[str, ...], soft: bool, reading: Reading, words: tuple[Word, ...], at: int) -> str | None:
    """The ending of the name at word `at`, the empty one too; None where the name does not stand there."""
    if at + len(spelled) > len(words):
        return None
    ending: str | None = ""
    for number, stem in enumerate(spelled):
        word = words[at + number]
        if number:
            gap = reading.plain[words[at + number - 1].end : word.start]
            if len(gap) > 2 or gap.strip(" -.&+"):
                return None
        ending = _ending(stem, word)
        if ending is None or (soft and number == len(spelled) - 1 and ending[:1] not in tuple("aeiu")):
            return None
    return ending


def _ending(stem: str, word: Word) -> str | None:
    if word.base == stem:
        return word.tail if not word.tail or word.tail == "s" or is_ending(word.tail) else None
    if word.tail or not word.base.startswith(stem) or stem[-1].isdigit() or len(stem) < 3:
        return None
    rest = word.base[len(stem) :]
    return rest if is_ending(rest) else None


def one_slip(word: str, other: str) -> bool:
    """Whether one letter was changed, left out, added, or swapped with its neighbour."""
    if word == other or abs(len(word) - len(other)) > 1:
        return False
    at = next((i for i, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), min(len(word), len(other)))
    a, b = word[at:], other[at:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (len(b) > 1 and a[:2] == b[1::-1] and a[2:] == b[2:])
