"""Phrases as rules spell them, found in folded text: `en kisa surede`, `donus yap*`, `*acagiz`, `size ... yazacag*`.

A phrase is words; `*` at a word's beginning or end takes any letters there, and `...` takes up to four words between
two. There are no regular expressions in rules, so nobody's rule can take long on anybody's text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from desk.replies.reading import Reply, fold

GAP = "..."
_LETTERS = "[^\\W_]"
_BETWEEN = r"[\s,:'\"()/-]{1,4}"
_FEW_WORDS = rf"(?:[^\W_]+{_BETWEEN}){{0,4}}?"
_SPELLED = re.compile(r"\*?[^\W_][^\s*]*\*?|\.\.\.")


def phrase_problem(phrase: str) -> str | None:
    """What is wrong with a phrase in one sentence, or None."""
    if phrase != fold(phrase):
        return f"{phrase!r} is not in folded form and would never be found; write {fold(phrase)!r}"
    words = phrase.split()
    for word in words:
        if not _SPELLED.fullmatch(word):
            return f"{word!r} is no word of a phrase; '*' stands only at a word's beginning or end, '...' by itself"
    if not words or words[0] == GAP or words[-1] == GAP:
        return f"{phrase!r} is no phrase; it begins and ends with a word"
    return None


@lru_cache(maxsize=512)
def compiled(phrases: tuple[str, ...]) -> re.Pattern[str] | None:
    """One pattern for all phrases, the longer ones first; None where there are none."""
    if not phrases:
        return None
    ordered = sorted(phrases, key=len, reverse=True)
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(_pattern(phrase) for phrase in ordered)})(?![^\W_])")


def _pattern(phrase: str) -> str:
    pattern = gap = ""
    for word in phrase.split():
        if word == GAP:
            gap = _FEW_WORDS
            continue
        before = f"{_LETTERS}*" if word.startswith("*") else ""
        after = f"(?:{_LETTERS}|')*" if word.endswith("*") else ""
        pattern += f"{_BETWEEN}{gap}" if pattern else ""
        pattern += f"{before}{re.escape(word.strip('*'))}{after}"
        gap = ""
    return pattern


def find_phrases(reply: Reply, phrases: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Where the phrases stand, as places of `reply.plain`, in order and apart from each other."""
    pattern = compiled(phrases)
    if pattern is not None:
        for match in pattern.finditer(reply.plain):
            yield match.span()


def has_phrase(reply: Reply, phrases: tuple[str, ...], start: int, end: int) -> bool:
    """Whether one of the phrases stands between two places of `reply.plain`."""
    pattern = compiled(phrases)
    return pattern is not None and reply.holds(pattern, start, end)
