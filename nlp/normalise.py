"""One spelling for many: how a customer's text becomes the words that the models count.

`SİPARİŞİM gelmediiii`, `siparisim gelmedi` and `s\u200biparişim gelmedi` are the same complaint. Words are folded to
ASCII in both directions, when a model is trained and when it scores, so an ASCII-typed Turkish text gets exactly the
score of its accented twin. Each word keeps its place in the customer's text, because reasons are quoted from there.
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

READ_LIMIT = 4_000
"""Characters of a text that are scored. A complaint states its matter early (the median of the longest kind of source,
complaint portals, is about 700 characters), and a 1 MB text must not hold up the others."""

_INVISIBLE = r"\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
_STRIP = re.compile(f"[{_INVISIBLE}\U000e0000-\U000e007f\U0001f3fb-\U0001f3ff]")

# Letters of a word: what Unicode calls a letter or digit, combining marks (a Mac types ş as s + cedilla), invisible
# characters hidden inside words, and U+FFFD, which stands for a Turkish letter that another program lost.
_IN_WORD = rf"[^\W_]|[\u0300-\u036f\ufffd{_INVISIBLE}]"
_EMOJI = (
    r"[\u203c\u2049\u231a-\u23ff\u25aa-\u27bf\u2934-\u2935\u2b05-\u2b55\u3030\u303d\u3297\u3299"
    r"\U0001f000-\U0001f1e5\U0001f200-\U0001f3fa\U0001f400-\U0001faff]|[\U0001f1e6-\U0001f1ff]{2}"
)
_PATTERN = rf"""
    (?P<url>https?://\S+|www\.\S+|pic\.twitter\.com/\S+|\bhttps?\b)
  | EMAIL | (?P<user>@\w{{1,50}})
  | (?P<spaced>(?<!\w)(?:[^\W\d_][\ .*\-_]){{3,40}}[^\W\d_](?!\w))
  | (?P<number>\d+(?:[.,:/]\d+)*(?![^\W\d_]))
  | (?P<word>(?:{_IN_WORD})(?:{_IN_WORD}|['’`´](?=[^\W\d_]))*)
  | (?P<face>(?<!\w)(?:[:;=8xX]['’]?-?[)(\]\[dDpP/\\|*oO3]+(?!\w)|<3|\^_*\^|[)(]{{2,}}|:[)(]+))
  | (?P<emoji>{_EMOJI})
  | (?P<mark>[!?]+|\.{{2,}}|…|%|₺|\$|€|£)
    """
_EMAIL = r"(?P<email>[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]{1,64})"
# Looking for an address at every word costs a quarter of all reading, so it is done only where an @ follows a letter.
_TOKEN = re.compile(_PATTERN.replace("EMAIL | ", ""), re.VERBOSE)
_TOKEN_WITH_EMAIL = re.compile(_PATTERN.replace("EMAIL", _EMAIL), re.VERBOSE)
_HAS_EMAIL = re.compile(r"\w@\w")

_TURKISH_LOWER = str.maketrans({"I": "ı", "İ": "i"})
_FOLD = str.maketrans(
    {"ı": "i", "İ": "i", "ş": "s", "ğ": "g", "ç": "c", "ö": "o", "ü": "u", "â": "a", "î": "i", "û": "u"}
)
_APOSTROPHES = str.maketrans("", "", "'’`´")
_RUN = re.compile(r"(.)\1{2,}")
_DIGIT = re.compile(r"\d")
_LONGEST_WORD = 60  # longer "words" are keyboard mashing or code; their letters would fill the memory for nothing
_PHONE_DIGITS = 9  # nine digits and more in one number are a phone, an order or an account, not an amount


@dataclass(frozen=True, slots=True)
class Token:
    """One counted word: `form` as the models know it (folded), and its place `start:end` in the cleaned text."""

    form: str
    start: int
    end: int


def clean(text: str, limit: int = READ_LIMIT) -> str:
    """The part of `text` that is scored: its first `limit` characters, control characters as spaces, entities resolved.

    Never raises: lone surrogates become U+FFFD. The words left are still the customer's own.
    """
    cut = text[:limit]
    if not cut.isascii():
        cut = cut.encode("utf-8", "replace").decode("utf-8") if _has_surrogate(cut) else cut
    if "&" in cut:
        cut = html.unescape(cut)
    return _CONTROL.sub(" ", cut)


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in text)


def lower(text: str, language: str) -> str:
    """Lower case by the language's own rule: in Turkish, and only there, `I` is the capital of `ı` and `İ` of `i`."""
    if language == "tr":
        text = text.translate(_TURKISH_LOWER)
    return text.lower()


def fold(text: str) -> str:
    """`text` without accents, Turkish letters by the ASCII letter people type: `şikâyet` and `sikayet` agree."""
    if text.isascii():
        return text
    plain = unicodedata.normalize("NFKD", text.translate(_FOLD))
    return "".join(char for char in plain if not unicodedata.combining(char)).translate(_FOLD)


@lru_cache(maxsize=65_536)
def word_form(word: str, language: str) -> str:
    """How the models spell one word: lower case, folded, no hidden characters, digits as 0, long runs shortened.

    A letter typed three times or more is emphasis: it is kept once in Turkish (`çoook` is `çok`) and twice in English
    (`sooo`, but `cooool` stays apart from `col`).
    """
    bare = _STRIP.sub("", word).translate(_APOSTROPHES)
    form = fold(lower(unicodedata.normalize("NFKC", bare), language))
    form = _RUN.sub(r"\1" if language == "tr" else r"\1\1", form)
    return "".join(_DIGIT.sub("0", form).split())[:_LONGEST_WORD]


@lru_cache(maxsize=8_192)
def _number_form(number: str) -> str:
    digits = sum(char.isdigit() for char in number)
    return "<phone>" if digits >= _PHONE_DIGITS else _DIGIT.sub("0", number)


@lru_cache(maxsize=1_024)
def _face_form(face: str) -> str:
    plain = face.replace("-", "").replace("'", "").replace("’", "").lower()
    if plain[-1] in ")]d*p3^":
        return "<heart>" if plain == "<3" else ":)"
    return ":(" if plain[-1] in "([" else ":/"


def tokens(text: str, language: str) -> list[Token]:
    """The words of a cleaned text (see `clean`), in order, with their places.

    Links, addresses and user names become one token each; numbers keep their shape (`32.000` is `00.000`); emoji,
    faces and runs of `!` and `?` are words of their own; `r e z a l e t` is read as one word.
    """
    found: list[Token] = []
    pattern = _TOKEN_WITH_EMAIL if _HAS_EMAIL.search(text) else _TOKEN
    for match in pattern.finditer(text):
        kind = match.lastgroup
        piece = match.group()
        if kind == "word":
            form = word_form(piece, language)
        elif kind == "number":
            form = _number_form(piece)
        elif kind == "spaced":
            form = word_form(re.sub(r"[ .*\-_]", "", piece), language)
        elif kind == "face":
            form = _face_form(piece)
        elif kind == "emoji":
            form = piece
        elif kind == "mark":
            form = piece[:2] if piece[0] in "!?" else ("..." if piece[0] in ".…" else piece)
        else:
            form = f"<{kind}>"
        if form:
            found.append(Token(form, match.start(), match.end()))
    return found


def forms(text: str, language: str) -> list[str]:
    """The folded words of a raw text, without their places: what training and tests look at."""
    return [token.form for token in tokens(clean(text), language)]
