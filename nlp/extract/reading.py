"""A text as the finders read it: folded letters, plain digits, nothing invisible, and the way back to the original.

`Ｓ\u200bİPARİŞ ١٢٣` is read as `siparis 123`; every place in it leads back to the characters that were typed.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right, insort
from functools import cached_property, lru_cache
from typing import NamedTuple

_TURKISH = {"ı": "i", "İ": "i", "I": "i", "ş": "s", "Ş": "s", "ğ": "g", "Ğ": "g", "ø": "o", "æ": "ae", "ß": "ss"}
_APOSTROPHES = frozenset("'’‘ʼ`´′＇")
_INVISIBLE = frozenset({"Cf", "Mn", "Me"})
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_LINK = re.compile(r"(?:https?://|www\.)\S+")


@lru_cache(maxsize=8_192)
def _folded(char: str) -> str:
    """What one character is read as: one character mostly, none for an invisible one, several for a ligature."""
    if char in _APOSTROPHES:
        return "'"
    if char in _TURKISH:
        return _TURKISH[char]
    category = unicodedata.category(char)
    if char.isspace() or category == "Cc":
        return "\n" if char in "\n\r\x85\u2028\u2029" else " "
    if category in _INVISIBLE:
        return ""
    if category == "Pd" or char == "−":
        return "-"
    digit = unicodedata.digit(char, -1)
    if digit >= 0:  # ² and ₂ are no digits of a number: m² and H₂O stay what they are
        return char if unicodedata.decomposition(char).startswith(("<super>", "<sub>")) else str(digit)
    if category == "Cs":
        return "\N{REPLACEMENT CHARACTER}"
    plain = unicodedata.normalize("NFKD", char)
    kept = "".join(c for c in plain if unicodedata.category(c) not in _INVISIBLE).lower()
    return kept or char


class Word(NamedTuple):
    """A word of the reading: what stands before its first apostrophe, what after it, and its place in the reading."""

    base: str
    tail: str
    start: int
    end: int


class Reading:
    """A text, how it is read (`plain`), and where each read character stands."""

    def __init__(self, text: str) -> None:
        self.text = text
        table = {char: _folded(char) for char in set(text)}
        self._places: list[int] | None = None
        if all(len(read) == 1 for read in table.values()):
            self.plain = text.translate({ord(char): read for char, read in table.items()})
            return
        read: list[str] = []
        places: list[int] = []
        for place, char in enumerate(text):
            for letter in table[char]:
                read.append(letter)
                places.append(place)
        self.plain = "".join(read)
        self._places = places

    def span(self, start: int, end: int) -> tuple[int, int, str]:
        """The original's place and text of `plain[start:end]`, which must not be empty."""
        if self._places is None:
            return start, end, self.text[start:end]
        first, past = self._places[start], self._places[end - 1] + 1
        while past < len(self.text) and unicodedata.category(self.text[past]) == "Mn":
            past += 1  # a letter keeps the accent that was typed after it
        return first, past, self.text[first:past]

    def typed(self, start: int, end: int) -> str:
        """`plain[start:end]` as it was typed, capitals included."""
        return self.span(start, end)[2] if start < end else ""

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """The words outside of links, in order."""
        links = [(link.start(), link.end()) for link in _LINK.finditer(self.plain)]
        found: list[Word] = []
        for match in _WORD.finditer(self.plain):
            if links and _inside(links, match.start()):
                continue
            base, _, tail = match.group().partition("'")
            found.append(Word(base, tail.replace("'", ""), match.start(), match.end()))
        return tuple(found)

    @cached_property
    def shouted(self) -> bool:
        """Whether the text is typed in capitals, so that a capital says nothing."""
        letters = [char for char in self.text[:2_000] if char.isalpha()]
        return len(letters) > 3 and sum(char.isupper() for char in letters) > 0.7 * len(letters)

    def capital(self, start: int) -> bool:
        """Whether the word at `plain[start]` begins with a capital that means something: not in a shouted text."""
        return not self.shouted and self.typed(start, start + 1)[:1].isupper()

    def opens(self, start: int) -> bool:
        """Whether `plain[start]` begins a sentence or a line, where every word has a capital."""
        before = self.plain[max(0, start - 4) : start].rstrip(" '\"(-#@")
        return not before or before[-1] in ".!?\n:" or not self.plain[:start].strip()


def _inside(spans: list[tuple[int, int]], at: int) -> bool:
    index = bisect_right(spans, (at, 1 << 60)) - 1
    return index >= 0 and spans[index][0] <= at < spans[index][1]


class Taken:
    """Places of a reading that are already explained, so that no digit is counted twice."""

    def __init__(self) -> None:
        self._spans: list[tuple[int, int]] = []

    def free(self, start: int, end: int) -> bool:
        """Whether nothing in `start:end` is taken."""
        index = bisect_right(self._spans, (start, 1 << 60))
        if index < len(self._spans) and self._spans[index][0] < end:
            return False
        return index == 0 or self._spans[index - 1][1] <= start

    def take(self, start: int, end: int) -> bool:
        """Takes `start:end` if it is free; says whether it was."""
        if not self.free(start, end):
            return False
        insort(self._spans, (start, end))
        return True
