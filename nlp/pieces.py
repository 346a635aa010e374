"""A text as the transformer reads it: lower case, links and names without their letters, each word with its place.

Reading is not folded to ASCII as the linear model's is: the encoder knew Turkish with its letters before it met ours.
It learnt ASCII typing instead, from texts that were folded on purpose (nlp/training/examples.py).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from nlp.normalise import lower

CHARACTERS = 1_200
"""Characters that are read: more than the pieces that are kept could hold."""

_LINK = re.compile(r"(?:https?://|www\.|pic\.twitter\.com/)\S+")
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]{1,64}")
_USER = re.compile(r"@\w{1,50}")
_RUN = re.compile(r"(.)\1{3,}")
_DIGITS = re.compile(r"\d{5,}")
_HIDDEN = re.compile(r"[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]")
_GAPS = re.compile(r"[ .*\-_]")
_CHUNK = re.compile(r"(?P<spaced>(?<!\w)(?:[^\W\d_][ .*\-_]){3,40}[^\W\d_](?!\w))|\S+")


@dataclass(frozen=True, slots=True)
class Chunk:
    """What stands between two spaces: `form` as it is read, and its place `start:end` in the cleaned text."""

    form: str
    start: int
    end: int


def chunks(text: str, language: str) -> list[Chunk]:
    """A cleaned text (`normalise.clean`) as the words that are read, in order; `r e z a l e t` is one of them."""
    found: list[Chunk] = []
    for match in _CHUNK.finditer(text[:CHARACTERS]):
        piece = match.group()
        if match.lastgroup == "spaced":
            piece = _GAPS.sub("", piece)
        if form := _form(piece, language):
            found.append(Chunk(form, match.start(), match.end()))
    return found


def prepare(text: str, language: str) -> str:
    """A cleaned text as it is cut into pieces: its chunks with one space between."""
    return " ".join(chunk.form for chunk in chunks(text, language))


@lru_cache(maxsize=65_536)
def _form(piece: str, language: str) -> str:
    """Links are `http`, mail addresses `mail`, names `@user`, long numbers `00000`; no sign stays more than 3 times."""
    if piece.isalpha() and piece.isascii() and len(piece) < 40:
        return lower(_RUN.sub(r"\1\1\1", piece), language)
    piece = _HIDDEN.sub("", piece)
    if not piece.isascii():
        piece = unicodedata.normalize("NFKC", piece)
    piece = _LINK.sub("http", piece)
    if "@" in piece:
        piece = _USER.sub("@user", _MAIL.sub("mail", piece))
    piece = _DIGITS.sub("00000", _RUN.sub(r"\1\1\1", piece))
    return "".join(lower(piece, language).split())
