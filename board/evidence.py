"""Evidence in the reader's language: what the ledger and the collectors wrote down in English, found by its wording.

Each sentence that is always the same stands in the English catalogue under `evidence.…`, with slots for names and
numbers; what is found there is said in the reader's language; what is not is shown as it was written, as English.
"""

from __future__ import annotations

import re
from functools import cache

from board.texts import Texts, texts

_KEY = "evidence."
_SLOT = re.compile(r"\\\{(\w+)\\\}")
# A listing's own name in front ("mentions: overlap found on page 2"), as collectors with several listings write it.
_NAMED = re.compile(r"(?P<name>[^:;.\"]{1,80}): (?P<rest>.+)", re.S)
_SOURCE = re.compile(r'Source "(?P<source>[^"]{1,200})"(?:, (?P<listing>[^:]{1,80}))?: (?P<rest>.+)', re.S)

Piece = tuple[str, bool]
"""A piece of evidence, and whether it is still English."""


def evidence(said: str, to: Texts) -> list[Piece]:
    """What was written down, in pieces: each with whether it is English though the reader's language is another."""
    told = said.strip().rstrip(".;, ")
    if not told:
        return []
    if to.language == "en":
        return [(told, False)]
    if named := _SOURCE.fullmatch(told):
        # The source stands beside it already; only a listing of it says something more.
        start = [(f"{named['listing']}:", False)] if named["listing"] else []
        return start + _sentences(named["rest"], to)
    if (whole := _found(told, to)) is not None:
        return [(whole, False)]
    parts = [part for part in told.split("; ") if part]
    if len(parts) > 1:
        pieces = [piece for part in parts for piece in evidence(part, to)]
        return [(f"{text};" if at < len(pieces) - 1 else text, english) for at, (text, english) in enumerate(pieces)]
    if (named := _NAMED.fullmatch(told)) and (rest := _found(named["rest"], to)) is not None:
        return [(f"{named['name']}: {rest}", False)]
    return _sentences(told, to) if ". " in told else [(told, True)]


def _sentences(told: str, to: Texts) -> list[Piece]:
    pieces: list[Piece] = []
    for part in re.split(r"(?<=[.!?])\s+(?=[A-Z])", told):
        bare = part.rstrip(". ")
        found = _found(bare, to)
        text, english = (bare, True) if found is None else (found, False)
        text = f"{text if english else _capital(text)}."
        if pieces and pieces[-1][1] == english:
            pieces[-1] = (f"{pieces[-1][0]} {text}", english)
        else:
            pieces.append((text, english))
    return pieces


def _capital(text: str) -> str:
    """A sentence's beginning; the name of a server stays as it is written."""
    if not re.match(r"[^\W\d_]+[\s,;:]", text):
        return text
    return ("İ" if text[0] == "i" else text[0].upper()) + text[1:]


def _found(told: str, to: Texts) -> str | None:
    for key, pattern in _patterns():
        if match := pattern.fullmatch(told):
            return to.say(key, **match.groupdict())
    return None


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    found = [(key, forms[0]) for key, forms in texts("en").forms.items() if key.startswith(_KEY)]
    # The longest first: a sentence with more fixed words is the closer one.
    found.sort(key=lambda entry: -len(re.sub(r"\{\w+\}", "", entry[1])))
    return tuple((key, re.compile(_SLOT.sub(r"(?P<\1>.+?)", re.escape(said)), re.S)) for key, said in found)
