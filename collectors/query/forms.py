"""A word's commonest forms, spelled as they are written: for services that find whole words only.

Unlike `suffixes`, which reads the folded spelling, this writes real Turkish letters with full vowel harmony.
"""

from __future__ import annotations

import re
from functools import lru_cache

from collectors.query.turkish import WordForms, english, fold
from mention import search_text

# Ordered by how often each stood on 40 everyday nouns in 50,196 Turkish reviews and posts (110,721 occurrences): the
# word alone is 40 of 100, with the ten commonest endings it is 80, with all of these 91. The owner's endings (kargom,
# kargomu, kargonuz) were moved up: people who write to a brand use them more than people who review.
NOUN_ENDINGS = (
    "", "(s)I", "(y)A", "(n)In", "DA", "lAr", "(I)m", "DAn", "lI", "(y)I", "lArI", "(I)mI", "(I)nIz", "(s)InA",
    "lArdAn", "(s)InI", "(y)lA", "lArA", "lArdA", "lArIn", "(s)IndA", "DAki", "(s)IndAn", "(s)InIn", "lArInI", "sIz",
    "(I)nIzA", "(I)nIzI", "lArlA", "(I)mIz", "(I)mA", "(I)mIn", "(I)nIzdAn", "lArIm", "lArInIz", "CI", "lArImI",
)  # fmt: skip
VERB_ENDINGS = (
    "mAk", "DI", "DIm", "mAdI", "mAdIm", "Iyor", "mIyor", "Iyorum", "mIş", "mAmIş", "DIlAr", "mAdIlAr", "(y)An", "mAz",
    "mAyA", "DInIz", "DIk", "mAdIk", "mAdInIz", "mIyorum", "Iyorlar", "mIyorlar", "(y)AcAk", "(y)Ip", "mAm", "mAsI",
)  # fmt: skip
PAST_ENDINGS = ("", "lAr", "m", "nIz", "k", "n")
TOLD_ENDINGS = ("", "lAr", "Im", "sInIz", "Iz", "sIn", "DI", "DIr")
_FINITE = re.compile(r"(?:m[ae]d[ıi]|[ln]d[ıiuü]|m[ıiuü]ş|[ıiuü]yor)$")
"""Ends of verbs that are already a sentence: 'gelmedi' is followed by persons, not by cases."""

_ENGLISH = re.compile(r"[wxq]|ph|sh|th|oo|ee|ck|ou|ea|ai|nt|ct|[bdg]$|[^aeıioöuü]y$|ge$|le$|ore$|er$")
"""Spellings that Turkish words seldom have: such a word is asked for with its English endings first."""

_WATER = (
    "su",
    "suyu",
    "sular",
    "suya",
    "suyun",
    "sudan",
    "suda",
    "suyum",
    "suyunuz",
)  # the one noun with a y of its own

_VOWELS = "aeıioöuü"
_HIGH = {"a": "ı", "ı": "ı", "e": "i", "i": "i", "o": "u", "u": "u", "ö": "ü", "ü": "ü"}
_LOW = {"a": "a", "ı": "a", "o": "a", "u": "a", "e": "e", "i": "e", "ö": "e", "ü": "e"}
_VOICELESS = "fstkçşhp"
_SOFT = {"p": "b", "ç": "c", "t": "d", "k": "ğ"}
# Loans with back vowels and front endings; the rest of the language follows its last vowel.
_FRONT_LOANS = frozenset({
    "saat", "kontrol", "festival", "hal", "kalp", "harf", "dikkat", "alkol", "gol", "rol", "petrol", "seyahat",
    "terminal", "sinyal",
})  # fmt: skip
_STEADY = frozenset({
    "sepet", "saat", "hizmet", "internet", "market", "devlet", "seyahat", "dikkat", "hayat", "sohbet", "ticaret",
})  # fmt: skip
"""Words of several syllables whose last consonant stays as it is."""


def lower(word: str) -> str:
    """Lower case as Turkish writes it: I is ı, unless nothing else in the word is a Turkish letter."""
    turkish = any(c in "çğıöşüÇĞİÖŞÜ" for c in word)
    return word.replace("İ", "i").replace("I", "ı" if turkish else "i").lower()


def commonest(word: str, most: int) -> list[str]:
    """At most `most` spellings of the word's forms, the commonest first; each is one that the matcher finds too."""
    return list(_forms(word)[:most])


@lru_cache(maxsize=2_000)
def _forms(word: str) -> tuple[str, ...]:
    plain = lower(word)
    if not plain.isalpha() or len(plain) < 2:
        return (plain,)
    if plain == "su":
        return _WATER
    checker = WordForms(word)
    verb = len(plain) > 4 and plain.endswith(("mak", "mek"))
    root = plain[:-3] if verb else plain
    found = [plain]
    finite = PAST_ENDINGS if plain[-2] in "dt" else TOLD_ENDINGS
    endings = VERB_ENDINGS if verb else finite if _FINITE.search(plain) else NOUN_ENDINGS
    for ending in endings:
        form = _join(root, ending, verb)
        if form not in found and checker.matches(fold(form)):
            found.append(form)
    if plain.isascii() and not verb and _ENGLISH.search(plain):
        stem = plain.removesuffix("e")
        foreign = (plain + "s", plain[:-1] + "ies", stem + "ed", plain[:-1] + "ied", stem + "ing")
        found[1:1] = [form for form in foreign if english(plain, form) and form not in found]
    return tuple(found)


def spellings(form: str, *, folds: bool) -> list[str]:
    """The form as written, and as typed without Turkish letters (if the service `folds` accents, only where ı is)."""
    ascii_form = search_text(form)
    if ascii_form == form or (folds and "ı" not in form):
        return [form]
    return [form, ascii_form]


def _join(word: str, ending: str, verb: bool) -> str:
    if not ending:
        return word
    template = re.findall(r"\(.\)|.", ending)
    begins_with_vowel = (
        template[0] in "AI" or template[0] in ("(I)", "(A)") or (template[0][0] == "(" and word[-1] not in _VOWELS)
    )
    syllables = sum(c in _VOWELS for c in word)
    if begins_with_vowel and word[-1] in _SOFT and not verb and word not in _STEADY:
        if syllables > 1 and not word.endswith(("at", "et", "ot", "st", "rt")):
            word = word[:-1] + _SOFT[word[-1]]
        elif word.endswith("nk"):
            word = word[:-1] + "g"
    if verb and ending.startswith("Iyor") and word[-1] in _VOWELS:
        word = word[:-1]
    if verb and ending.startswith("mIyor"):
        template[1] = "I"
    out = word
    front = word in _FRONT_LOANS
    for symbol in template:
        optional = len(symbol) == 3
        letter = symbol[1] if optional else symbol
        ends_in_vowel = out[-1] in _VOWELS
        if optional and (letter in "AI") == ends_in_vowel:
            continue
        last = next((c for c in reversed(out) if c in _VOWELS), "e")
        if front:
            last = {"a": "e", "ı": "i", "o": "ö", "u": "ü"}.get(last, last)
        if letter in ("A", "I"):
            out += (_LOW if letter == "A" else _HIGH)[last]
            front = False
        elif letter in ("D", "C"):
            hard = out[-1] in _VOICELESS
            out += {"D": "td", "C": "çc"}[letter][0 if hard else 1]
        else:
            out += letter
    return out
