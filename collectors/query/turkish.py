"""Words as people type them: cutting a text into tokens, and telling whether a token is a form of a word.

Everything is compared in the ASCII-folded spelling of `mention.search_text`, so `IŞIK`, `ışık` and `isik` are one. A
form is the word itself, the word with a chain of Turkish suffixes (`collectors.query.suffixes`), with the changes that
Turkish makes to the word's own end (kitap, kitabım; isim, ismi; hak, hakkı), or with a plain English ending.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from collectors.query.suffixes import VOWELS, Before, State, is_ending
from mention import search_text

APOSTROPHES = "'’‘ʼ`´′＇"
"""What people type between a name and its ending."""

MARKS = "\u0300-\u036f"
"""A range for regular expressions: combining marks, since 'ç' may come as a c and a cedilla."""

TOKEN = re.compile(
    rf"(?P<url>(?:https?://|www\.)\S+)|(?:(?<![\w{MARKS}])[#@＃＠])?(?P<word>[\w{MARKS}]+(?:[{APOSTROPHES}][\w{MARKS}]+)*)",
    re.IGNORECASE,
)
"""A link, or a word with the # or @ before it and what an apostrophe joins to it."""

LONGEST_WORD = 100
"""Letters of the longest token that is compared; hashtags end at about 100, longer runs are noise or an attack."""

_RUN = re.compile(r"([a-z])\1{2,}")

# Words that change more than their last letter. Closed classes (Göksel & Kerslake 2005, 2.3 and 2.4): the second vowel
# falls before a vowel, and a final consonant doubles.
_DROPPING = frozenset({
    "agiz", "akil", "akit", "alin", "asil", "azim", "bagir", "beniz", "beyin", "bogaz", "boyun", "burun", "cehil",
    "cirit", "cisim", "defin", "devir", "emir", "fasil", "fikir", "gogus", "gonul", "haciz", "hapis", "hasim",
    "hisim", "hukum", "ilim", "isim", "izin", "kabir", "kahir", "karin", "kavim", "kayin", "kayip", "kayit",
    "kesif", "keyif", "kibir", "kisim", "koyun", "kufur", "kutur", "lutuf", "metin", "nabiz", "nakil", "nakit",
    "nehir", "nesil", "nutuk", "oglan", "ogul", "omur", "omuz", "rahim", "resim", "sabir", "sahis", "sehir",
    "sekil", "seyir", "sukur", "tavir", "ufuk", "uzuv", "vakit", "vasif", "zehir", "zihin", "zulum",
})  # fmt: skip
_DOUBLING = {
    "hak": "hakk", "hat": "hatt", "his": "hiss", "af": "aff", "sir": "sirr", "zan": "zann", "ret": "redd",
    "tip": "tibb", "sik": "sikk", "zit": "zidd", "had": "hadd", "cep": "ceb", "kurt": "kurd",
    "yurt": "yurd", "dert": "derd", "dort": "dord", "kap": "kab", "dip": "dib", "yok": "yog", "cok": "cog",
    "gok": "gog", "but": "bud", "kalp": "kalb", "su": "suy", "ne": "ney", "harp": "harb", "armut": "armud",
}  # fmt: skip
_SOFTENED = {"p": "b", "t": "d", "k": "g"}
_BOTH_HARMONIES = frozenset({"harf", "kalp", "harp", "idrak", "emlak", "istirak", "mahrum", "cemal"})
_VERBS_WITH_D = frozenset({"et", "git", "gut", "tat", "dit", "seyret", "kaybet", "affet", "hisset", "reddet", "bahset"})
_FOREIGN = re.compile(r"[wxq]|ph|sh|th|oo|ee|ck|ou|ea|ai")
_TURKISH = frozenset("çğıöşüÇĞİÖŞÜ")


class Token(NamedTuple):
    """A folded token: the sign before it ('#', '@' or none), what stands before its first apostrophe, and after it."""

    sign: str
    base: str
    tail: str

    @property
    def whole(self) -> str:
        """The token without its apostrophes."""
        return self.base + self.tail


@lru_cache(maxsize=50_000)
def fold(raw: str) -> Token:
    """A token as TOKEN found it, folded; a letter repeated three times or more for effect stands once."""
    sign = {"＃": "#", "＠": "@"}.get(raw[:1], raw[:1])
    sign = sign if sign in ("#", "@") else ""
    parts = [search_text(part).replace(" ", "") for part in re.split(f"[{APOSTROPHES}]", raw[1:] if sign else raw)]
    if not sign:
        parts = [_RUN.sub(r"\1", part) for part in parts]
    return Token(sign, parts[0], "".join(parts[1:]))


class Stem(NamedTuple):
    """A spelling that a form may begin with, the endings it takes, and whether only vowels may follow."""

    text: str
    state: State
    before: Before
    before_vowel: bool = False


class WordForms:
    """The forms of one word of a query. `exact` takes no endings; `prefix` takes anything that begins so.

    In a phrase the neighbours tell the word apart, so `in_phrase` lets short words take one-letter endings too.
    """

    def __init__(self, raw: str, *, exact: bool = False, prefix: bool = False, in_phrase: bool = False) -> None:
        self.token = fold(raw)
        self.exact, self.prefix = exact, prefix
        word = self.token.whole
        self.word = word
        self.least = 2 if len(word) <= 2 and not in_phrase else 1
        self.plain = exact or prefix or not word.isalpha()
        front = _frontness(raw, word)
        self.stems = () if self.plain else tuple(_stems(word, front))
        self.starts = tuple({stem.text for stem in self.stems}) or (word,)
        self.english = not self.plain and len(word) >= 4 and not _TURKISH & set(raw)

    def matches(self, token: Token) -> bool:
        """Whether the token is a form of this word."""
        sign = self.token.sign
        if sign and token.sign != sign:
            return False
        if not sign and token.sign == "@":
            return False  # an account's name is not a word; write @name to find it
        if len(token.base) > LONGEST_WORD:
            return False
        if self.prefix:
            return token.whole.startswith(self.word)
        if token.whole == self.word:
            return True
        if sign or self.exact:
            return not self.exact and token.base == self.word and (token.tail == "s" or _after_name(token))
        if token.tail and token.base == self.word and (token.tail == "s" or _after_name(token)):
            return True
        if self.plain:
            return False
        return self._inflected(token.whole) or (self.english and english(self.word, token.whole))

    def _inflected(self, whole: str) -> bool:
        for stem in self.stems:
            if not whole.startswith(stem.text):
                continue
            ending = whole[len(stem.text) :]
            if len(ending) < self.least and stem.text == self.word and ending:
                continue
            if stem.before_vowel and ending[:1] not in VOWELS:
                continue
            if is_ending(ending, stem.state, stem.before):
                return True
        return False

    def nearly(self, token: Token) -> bool:
        """Whether the token looks like this word without being a form of it: one letter wrong, or an unknown ending.

        Only for words of five letters and more (four for an unknown ending); shorter ones resemble everything.
        """
        if self.matches(token) or token.sign not in (self.token.sign, "#"):
            return False
        word, whole = self.word, token.whole
        if len(word) >= 4 and (whole.startswith(word) or (token.sign == "#" and word in whole)):
            return True
        if len(word) < 5 or self.prefix:
            return False
        before = before_of(word, None)
        for length in (len(word), len(word) - 1, len(word) + 1):
            if one_slip(word, whole[:length]) and is_ending(whole[length:], "noun", before):
                return True
        return False


def _after_name(token: Token) -> bool:
    before = before_of(token.base or "a", None)._replace(loose=True)
    return is_ending(token.tail, "noun", before)


def before_of(stem: str, front: bool | None) -> Before:
    """What an ending of `stem` (folded) must agree with."""
    vowels = [letter for letter in stem if letter in VOWELS]
    last = vowels[-1] if vowels else ""
    return Before(stem[-1], last in ("o", "u"), front, loose=not vowels)


def _frontness(raw: str, word: str) -> bool | None:
    """The harmony of a word's endings: True front, False back, None where the spelling does not tell."""
    last = next((letter for letter in reversed(word) if letter in VOWELS), "")
    if not last or word in _BOTH_HARMONIES or _FOREIGN.search(word):
        return None
    if last in "aou" and word[-1] in "lt":
        return None  # saat, saatler; kontrol, kontrolü: loans that take front endings
    if last in "ae":
        return last == "e"
    if not _TURKISH & set(raw):
        return None  # typed in ASCII perhaps: i may be ı, o may be ö
    written = next((c for c in reversed(raw) if c in "aeıioöuüAEIİOÖUÜ"), "")
    return written in "iöüİÖÜ"


def _stems(word: str, front: bool | None) -> list[Stem]:
    before = before_of(word, front)
    state = {1: "short", 2: "short", 3: "three"}.get(len(word), "noun")
    found = [Stem(word, state, before)]
    last = word[-1]
    syllables = sum(letter in VOWELS for letter in word)
    if last in _SOFTENED and (syllables > 1 or word.endswith("nk")):
        found.append(Stem(word[:-1] + _SOFTENED[last], state, before._replace(letter=_SOFTENED[last]), True))
    if word in _DROPPING:
        soft = _SOFTENED.get(last, last)
        found += [Stem(word[:-2] + end, state, before._replace(letter=end), True) for end in {last, soft}]
    if word in _DOUBLING:
        other = _DOUBLING[word]
        found.append(Stem(other, "noun", before._replace(letter=other[-1]), True))
    if len(word) > 4 and word.endswith(("mak", "mek")):
        found += _verb_stems(word[:-3], word.endswith("mek"))
    return found


def _verb_stems(root: str, front: bool) -> list[Stem]:
    before = before_of(root, front)
    found = [Stem(root, "verb", before)]
    if root in _VERBS_WITH_D:
        found.append(Stem(root[:-1] + "d", "verb", before._replace(letter="d"), True))
    if root[-1] in VOWELS and len(root) > 2:  # bekle-, bekliyor
        found.append(Stem(root[:-1], "unvowelled", before_of(root[:-1], front), True))
    return found


def english(word: str, form: str) -> bool:
    """Whether `form` is the plural or the -ed or -ing form of an English word of four letters or more."""
    if form in (word + "s", word + "es", word + "ed", word + "ing"):
        return True
    last = word[-1]
    if last == "e" and form in (word + "d", word[:-1] + "ing"):
        return True
    if last == "y" and form in (word[:-1] + "ies", word[:-1] + "ied"):
        return True
    return last not in VOWELS and form in (word + last + "ed", word + last + "ing")


def one_slip(word: str, other: str) -> bool:
    """Whether one letter was changed, left out, added, or swapped with its neighbour (Damerau's four mistakes)."""
    if word == other or abs(len(word) - len(other)) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), min(len(word), len(other)))
    a, b = word[start:], other[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:] and len(b) > 1)
