"""Offensive language, graded: mild, strong, hate, threat; in Turkish and English, in the usual disguises.

Disguises read: letters apart (`s i k t i r`, `a.q`), stars (`f**k`, `s*ktir`), digits and signs for letters (`b0k`,
`@mk`, `sh1t`), repeated letters. Accusing the brand (`dolandırıcı`, `rezalet`) is not offensive, it is a complaint.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from nlp.extract.found import Grade, Offence
from nlp.extract.offence_words import BASES, PHRASES, WORDS, Entry
from nlp.extract.reading import Reading, Taken

_PHRASES = tuple((word, grade, re.compile(rf"(?<![a-z0-9])(?:{pattern})(?![a-z])")) for word, grade, pattern in PHRASES)
_BY_LANGUAGE = {
    language: re.compile(
        "|".join(f"(?P<e{n}>{e.pattern})" for n, e in enumerate(WORDS) if e.language in ("", language))
    )
    for language in ("tr", "en")
}
_DISGUISED = re.compile(r"(?<![\w@#/.$!*])[a-z@$!*#0-9](?:[a-z@$!*#0-9]|[.+'-](?=[a-z@$!*#0-9])){1,29}")
_LEET = str.maketrans("013457@$!", "oieastasi")
_SPACED = re.compile(
    r"(?<![\w'*@#$])(?:[a-z][ .*_-]{1,2}){2,24}[a-z](?![\w'])|(?<![\w.@/])(?:a\.?q|o\.c|a\.m\.k|m\.k"
    r"|a q(?= *(?:$|[.!,\n])))(?!\w|\.[a-z])"
)
_RUN = re.compile(r"([a-z])\1{2,}")
_TURKISH_LOWER = str.maketrans({"I": "ı", "İ": "i"})
_TURKISH_LETTERS = re.compile("[çğışöüÇĞİŞÖÜ]")


def find(reading: Reading, language: str) -> Iterator[Offence]:
    """The offences in the text, each place once: whole expressions first, then words, then disguises."""
    taken = Taken()
    plain = reading.plain
    for word, grade, pattern in _PHRASES:
        for match in pattern.finditer(plain):
            if taken.take(*match.span()):
                yield Offence(*reading.span(*match.span()), grade, word)
    told = "tr" if language == "tr" else "en"
    for one in reading.words:
        entry = _entry(one.base, told) or (_entry(one.base + one.tail, told) if one.tail else None)
        if entry is not None and _typed(reading, entry, one.start, one.end) and taken.take(one.start, one.end):
            yield Offence(*reading.span(one.start, one.end), entry.grade, entry.word)
    for start, end, grade, word in _disguised(plain, told):
        if taken.take(start, end):
            yield Offence(*reading.span(start, end), grade, word)


@lru_cache(maxsize=20_000)
def _entry(word: str, language: str) -> Entry | None:
    if len(word) > 40:
        return None
    for spelled in {word, _RUN.sub(r"\1", word)}:
        match = _BY_LANGUAGE[language].fullmatch(spelled)
        if match is not None and match.lastgroup is not None:
            return WORDS[int(match.lastgroup[1:])]
    return None


def _typed(reading: Reading, entry: Entry, start: int, end: int) -> bool:
    """Whether the letter that tells an offence from its innocent twin was really typed."""
    if not entry.letter:
        return entry.word != "sik-" or not reading.typed(start, end).lower().startswith("sık")  # silahı sıktıran
    typed = reading.typed(start, end).translate(_TURKISH_LOWER).lower()
    if not typed.startswith(entry.letter):
        return False
    # The dot of an i proves nothing in a text typed without Turkish letters: 'canimi sikti' is 'canımı sıktı'.
    return entry.letter != "sik" or _TURKISH_LETTERS.search(reading.text[:4_000]) is not None


def _disguised(plain: str, language: str) -> Iterator[tuple[int, int, Grade, str]]:
    for match in _SPACED.finditer(plain):
        joined = re.sub(r"[^a-z]", "", match.group())
        entry = _entry(joined, language) or (_entry(joined, "tr") if joined in ("aq", "amk") else None)
        if joined == "oc":
            yield *match.span(), "strong", "oç"
        elif entry is not None and (not entry.letter or len(joined) > 3):
            yield *match.span(), entry.grade, entry.word
    for match in _DISGUISED.finditer(plain):
        chunk = match.group()
        if chunk.isalpha() or chunk.isdigit():
            continue
        stars = "*" in chunk or "#" in chunk
        bare = re.sub(r"[.+'-]", "", chunk.rstrip("!#") if not chunk.endswith("*") else chunk).translate(_LEET)
        if stars:
            hit = _starred(bare)
            if hit is not None:
                yield *match.span(), *hit
        elif bare.isalpha() and len(bare) >= 3 and bare != chunk:
            entry = _entry(bare, language)
            if entry is not None and not entry.letter:
                yield match.start(), match.start() + len(chunk.rstrip("!")), entry.grade, entry.word


@lru_cache(maxsize=20_000)
def _starred(bare: str) -> tuple[Grade, str] | None:
    """The word that stars or hashes hide: its first letter and one more must show, `f***` alone excepted."""
    stars = bare.count("*") + bare.count("#")
    if not bare[:1].isalpha() or (len(bare) - stars < 2 and bare != "f***") or len(bare) > 24:
        return None
    if bare == "f***":
        return "strong", "fuck"
    runs = re.findall(r"[*#]+|[^*#]+", bare)
    hidden = [f"[a-z]{{{len(run)},{len(run) + (len(run) > 1)}}}" if run[0] in "*#" else re.escape(run) for run in runs]
    pattern = re.compile("".join(hidden))
    return next((graded for base, graded in BASES.items() if pattern.fullmatch(base)), None)
