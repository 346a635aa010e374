"""A reply as the rules read it: folded letters, sentences and words, and the way back to the places in the text."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from functools import cached_property, lru_cache

_TURKISH = {"ı": "i", "İ": "i", "I": "i", "…": "…"}
_APOSTROPHES = frozenset("'’‘ʼ`´′＇")
_QUOTES = frozenset("“”„«»‟＂")
_INVISIBLE = frozenset({"Cf", "Mn", "Me"})

# A full stop after a digit and before a letter belongs to an ordinal or an hour: `23. gün`, `18.00`.
_END = re.compile(r"(?<!\d)[.!?…]+[\"')\]]*(?=\s|$)|[!?…]+[\"')\]]*(?=\s|$)|(?<=\d)\.(?=\s*$|\n)|\n|;")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


@lru_cache(maxsize=8_192)
def _folded(char: str) -> str:
    """What one character is read as; none for an invisible one, several for a ligature."""
    if char in _TURKISH:
        return _TURKISH[char]
    if char in _APOSTROPHES:
        return "'"
    if char in _QUOTES:
        return '"'
    category = unicodedata.category(char)
    if char.isspace() or category == "Cc":
        return "\n" if char in "\n\r\x85\u2028\u2029" else " "
    if category in _INVISIBLE:
        return ""
    if category == "Pd":
        return "-"
    kept = "".join(c for c in unicodedata.normalize("NFKD", char) if unicodedata.category(c) not in _INVISIBLE)
    return "".join(kept.lower().split()) or char


def fold(text: str) -> str:
    """`text` in the form in which rules compare: `En Kısa Sürede` and `en kisa surede` are the same."""
    return "".join(_folded(char) for char in text)


class Reply:
    """A text, how it is read (`plain`), and where each read character stands in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        # A sentence of a hostile text may have thousands of dates in it; each is asked of the sentence only once.
        self._asked: dict[tuple[re.Pattern[str], int, int], bool] = {}
        table = {char: _folded(char) for char in set(text)}
        if all(len(read) == 1 for read in table.values()):
            self.plain = "".join([table[char] for char in text])
            self._places: list[int] | None = None
        else:
            places: list[int] = []
            parts: list[str] = []
            for at, char in enumerate(text):
                parts.append(table[char])
                places += [at] * len(table[char])
            self.plain, self._places = "".join(parts), places

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Places in the text for places in `plain`."""
        if self._places is None or start >= end:
            return start, max(start, end)
        return self._places[start], self._places[end - 1] + 1

    def read_at(self, at: int) -> int:
        """The place in `plain` of a place in the text."""
        return at if self._places is None else bisect_left(self._places, at)

    def holds(self, pattern: re.Pattern[str], start: int, end: int) -> bool:
        """Whether the pattern is found between two places of `plain`; the answer is kept."""
        asked = (pattern, start, end)
        if asked not in self._asked:
            self._asked[asked] = pattern.search(self.plain, start, end) is not None
        return self._asked[asked]

    def begins_sentence(self, at: int) -> bool:
        """Whether no word of the same sentence stands before a place of `plain`."""
        first = self.sentence_at(at)[0]
        return at - first < 20 and not self.plain[first:at].strip(" \"'-*•(")

    def written(self, start: int, end: int) -> str:
        """The text as written at a place of `plain`."""
        first, past = self.span(start, end)
        return self.text[first:past]

    @cached_property
    def _bounds(self) -> list[int]:
        bounds = [0, *(match.end() for match in _END.finditer(self.plain)), len(self.plain)]
        return sorted(set(bounds))

    @cached_property
    def sentences(self) -> list[tuple[int, int]]:
        """The sentences as places in `plain`; line breaks and semicolons end one too."""
        return [(a, b) for a, b in zip(self._bounds, self._bounds[1:], strict=False) if self.plain[a:b].strip()]

    @cached_property
    def _starts(self) -> list[int]:
        return [start for start, _ in self.sentences]

    def sentence_at(self, at: int, ahead: int = 0) -> tuple[int, int]:
        """The sentence around a place of `plain`, with so many that follow it."""
        if not self.sentences:
            return 0, len(self.plain)
        number = max(0, bisect_right(self._starts, at) - 1)
        last = min(number + ahead, len(self.sentences) - 1)
        return self.sentences[number][0], self.sentences[last][1]

    @cached_property
    def words(self) -> list[tuple[str, int, int]]:
        """The words of `plain` with their places; an apostrophe keeps its suffix: `fatma'nin`."""
        return [(match.group(), match.start(), match.end()) for match in _WORD.finditer(self.plain)]
