"""Which endings a Turkish word may take: an automaton over suffixes, in the ASCII-folded spelling of `search_text`.

An ending is read suffix by suffix. A suffix is a template: `A` is a/e and `I` is i/u by vowel harmony (ı, ü and ö are
folded away), `D` is d or, after a voiceless consonant, t, `K` is k or, before a vowel, g, and `(x)` is a letter that
stands only between two vowels or two consonants. The tables follow the usual grammars (Göksel & Kerslake, Turkish: A
Comprehensive Grammar, 2005, chapters 8 and 21). What folding hides (ı/i, o/ö, u/ü) is accepted both ways.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

VOWELS = frozenset("aeiou")
_VOICELESS = frozenset("fstkchp")  # c and s stand for ç and ş too

LONGEST = 30
"""Letters of the longest ending that is looked at; 'lar-ımız-da-ki-ler-den-miş-siniz' has 24."""

State = str
Suffix = tuple[str, State]

# After a case: what makes a noun a sentence ('kargodaydı', 'müşteriyim'); the last row is the question word that should
# stand alone and often does not ('kargonuzmu').
_COPULA: tuple[Suffix, ...] = (
    ("DIr", "end"), ("(y)DI", "past"), ("(y)mIs", "person"), ("(y)sA", "past"), ("(y)Im", "is"), ("sIn", "is"),
    ("(y)Iz", "is"), ("sInIz", "is"), ("(y)ken", "end"), ("mI", "person"),
)  # fmt: skip
_CASE: tuple[Suffix, ...] = (
    ("(y)I", "end"), ("(y)A", "end"), ("DA", "place"), ("DAn", "sentence"), ("(n)In", "of"), ("(y)lA", "sentence"),
)  # fmt: skip
_CASE_AFTER_N: tuple[Suffix, ...] = (
    ("nI", "end"), ("nA", "end"), ("ndA", "place"), ("ndAn", "sentence"), ("nIn", "of"), ("ylA", "sentence"),
    ("ncA", "end"),
)  # fmt: skip
_OWNER: tuple[Suffix, ...] = (
    ("(I)m", "owned"), ("(I)n", "owned"), ("(I)mIz", "owned"), ("(I)nIz", "owned"), ("(s)I", "his"), ("lArI", "his"),
)  # fmt: skip
_NOUN: tuple[Suffix, ...] = (("lAr", "plural"), *_OWNER, *_CASE)
_VERB_END: tuple[Suffix, ...] = (
    ("DI", "past"), ("mIs", "told"), ("Iyor", "told"), ("(y)AcAK", "nominal"), ("mAlI", "told"), ("sA", "past"),
    ("(y)AyIm", "end"), ("(y)AlIm", "end"), ("sIn", "is"), ("(y)In", "end"), ("(y)InIz", "end"), ("sInlAr", "end"),
    ("mAK", "nominal"), ("mA", "nominal"), ("(y)An", "nominal"), ("DIK", "nominal"), ("(y)Is", "nominal"),
    ("(y)Ip", "end"), ("(y)IncA", "end"), ("(y)ArAk", "end"), ("mAdAn", "end"),
)  # fmt: skip
_NEGATIVE: tuple[Suffix, ...] = (("mA", "negative"), ("(y)AmA", "negative"), ("mIyor", "told"), ("(y)AmIyor", "told"))

_GRAPH: dict[State, tuple[Suffix, ...]] = {
    "short": tuple(s for s in _NOUN if s[0] != "(y)lA"),
    "three": (*_NOUN, ("lI", "adjective"), ("sIz", "adjective")),
    "noun": (
        *_NOUN, *_COPULA, ("lI", "adjective"), ("sIz", "adjective"), ("lIK", "derived"), ("CI", "derived"),
        ("CIK", "derived"), ("CA", "end"), ("lA", "made"), ("lIyor", "told"),
    ),
    "adjective": (*_NOUN, *_COPULA, ("lIK", "derived")),
    "derived": (*_NOUN, *_COPULA),
    "plural": (*_OWNER, *_CASE, *_COPULA, ("CA", "end")),
    "owned": (*_CASE, *_COPULA),
    "his": (*_CASE_AFTER_N, *_COPULA),
    "place": (("ki", "which"), *_COPULA),
    "of": (("ki", "which"), *_COPULA),
    "which": (("lAr", "plural"), *_CASE_AFTER_N, *_COPULA),
    "sentence": _COPULA,
    "past": (("m", "end"), ("n", "end"), ("K", "end"), ("nIz", "end"), ("lAr", "end"), ("mI", "person")),
    "person": (("(y)Im", "is"), ("sIn", "is"), ("(y)Iz", "is"), ("sInIz", "is"), ("lAr", "end"), ("DIr", "end")),
    "is": (("DIr", "end"),),
    # 'kargola-': a verb made of the noun; it needs an ending, since 'kargola' alone is read as 'kargo ile'.
    "made": (("n", "verb"), ("s", "verb"), ("t", "verb"), ("mA", "negative"), *_VERB_END, ("r", "told")),
    "verb": (
        ("t", "caused"), ("DIr", "verb"), ("Il", "verb"), ("(I)n", "verb"), ("l", "verb"), ("Is", "verb"),
        ("(y)Abil", "verb"), *_NEGATIVE, *_VERB_END, ("(A)r", "told"), ("(I)r", "told"),
    ),
    "negative": (*_VERB_END, ("z", "told"), ("m", "end"), ("yIz", "end")),
    "told": (
        ("Im", "is"), ("m", "end"), ("sIn", "is"), ("Iz", "is"), ("sInIz", "is"), ("lAr", "sentence"), ("DI", "past"),
        ("mIs", "person"), ("sA", "past"), ("(y)ken", "end"), ("DIr", "end"), ("mI", "person"),
    ),
    "nominal": (*_NOUN, *_COPULA),
    "unvowelled": (("Iyor", "told"),),
    "end": (),
}  # fmt: skip
_GRAPH["caused"] = _GRAPH["verb"]  # 'beklet-', which takes an ending: 'alt' is no form of 'almak'
_NEEDS_MORE = frozenset({"made", "caused", "unvowelled"})


class Before(NamedTuple):
    """What an ending must agree with: the letter before it, and the last vowel's harmony (front None: not known)."""

    letter: str
    rounded: bool
    front: bool | None
    loose: bool = False
    """After an apostrophe the author has said where the name ends, and foreign names follow their sound."""


@lru_cache(maxsize=200_000)
def is_ending(ending: str, state: State, before: Before) -> bool:
    """Whether `ending` (folded) is a chain of suffixes that a word in `state` may take; the empty one is."""
    if len(ending) > LONGEST:
        return False
    if not ending:
        return state not in _NEEDS_MORE
    return any(
        is_ending(ending[at:], following, then)
        for template, following in _GRAPH[state]
        for at, then in _fits(template, ending, before)
    )


@lru_cache(maxsize=1)
def _split_templates() -> dict[str, tuple[str, ...]]:
    templates = {template for suffixes in _GRAPH.values() for template, _ in suffixes}
    return {template: tuple(_symbols(template)) for template in templates}


def _symbols(template: str) -> Iterator[str]:
    if template.startswith("("):
        yield template[:3]
        template = template[3:]
    yield from template


def _fits(template: str, text: str, before: Before) -> list[tuple[int, Before]]:
    """Every way in which the template is the beginning of `text`: how many letters, and what stands before the rest."""
    ways = [(0, before)]
    for symbol in _split_templates()[template]:
        ways = [way for at, then in ways for way in _letter(symbol, text, at, then)]
        if not ways:
            break
    return ways


def _letter(symbol: str, text: str, at: int, before: Before) -> Iterator[tuple[int, Before]]:
    if len(symbol) == 3:
        inner = symbol[1]
        after_vowel = before.letter in VOWELS
        needed = after_vowel != (inner in "AI")  # a vowel between consonants, a consonant between vowels
        if inner in "yDn" and not needed and not before.loose:
            yield at, before
            return
        if not needed or before.loose:
            yield at, before
        if needed or before.loose:
            yield from _letter(inner, text, at, before)
        return
    if at >= len(text):
        return
    letter = text[at]
    if symbol == "A":
        if letter not in "ae" or (before.front is not None and not before.loose and before.front != (letter == "e")):
            return
    elif symbol == "I":
        if letter not in "iu" or (not before.loose and (letter == "u") != before.rounded):
            return
    elif symbol == "D":
        if letter != "d" and not (letter == "t" and (before.letter in _VOICELESS or before.loose)):
            return
    elif symbol == "K":
        softened = letter == "g" and text[at + 1 : at + 2] in ("a", "e", "i", "u")
        if letter != "k" and not softened:
            return
    elif letter != symbol.lower():  # C is always folded to c
        return
    yield at + 1, _after(letter, symbol, before)


def _after(letter: str, symbol: str, before: Before) -> Before:
    if letter not in VOWELS:
        return before._replace(letter=letter)
    front = before.front
    if letter in "ae" or symbol in "io":  # 'ki' is always front, 'yor' always back
        front = letter in "ei"
    return Before(letter, letter in "ou", front, before.loose)
