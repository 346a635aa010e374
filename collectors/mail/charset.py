"""Bytes that claim a character set, as text: what mail programs declare is often wrong, for Turkish most of all."""

from __future__ import annotations

import codecs
import re

_TURKISH = "cp1254"
_WIDER = {"iso8859-9": _TURKISH, "iso8859-1": "cp1252", "ascii": "utf-8"}
"""A declared set and the one that holds it: mail programs say ISO-8859-9 and write Windows-1254 (as the WHATWG Encoding
Standard has browsers read it)."""

_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{2,40})", re.IGNORECASE)

_ICELANDIC = frozenset("ðþýÐÞÝ")
"""What ğ ş ı Ğ Ş İ become when Windows-1254 is read as Latin-1; nobody writes these letters to a shop in Turkey."""


def decoded(data: bytes, charset: str | None) -> tuple[str, str]:
    """The text, and what was wrong with the declared character set ('' when it was right).

    UTF-8 proves itself, so it is tried before any guess; the last guess is Windows-1254, which reads nearly all bytes.
    """
    declared = _known(charset)
    wider = _WIDER.get(declared or "", declared)
    if wider:
        try:
            text = data.decode(wider)
        except (UnicodeError, ValueError):
            pass
        else:
            if wider == "cp1252" and _ICELANDIC.intersection(text):
                return data.decode(_TURKISH, "replace"), f"declared {charset}, read as {_TURKISH}"
            return text, ""
    asked = f"declared {str(charset)[:40]!r}" if charset else "declared nothing"
    try:
        text = data.decode("utf-8")
        return text, "" if text.isascii() else f"{asked}, read as utf-8"
    except UnicodeDecodeError:
        pass
    text = data.decode("utf-8", "replace")
    broken = text.count("\N{REPLACEMENT CHARACTER}")
    letters = sum(not char.isascii() for char in text) - broken
    if letters > broken:
        return text, f"{asked}, read as utf-8 with {broken} broken places"
    return data.decode(_TURKISH, "replace"), f"{asked}, read as {_TURKISH}"


def declared_in_html(data: bytes) -> str | None:
    """The character set that a page or a mail's HTML names itself, in its first 4096 bytes."""
    found = _META.search(data[:4096])
    return found[1].decode("ascii") if found else None


def _known(charset: str | None) -> str | None:
    """The standard name of a text encoding; None for an unknown one and for those that are none (`rot13`, `hex`)."""
    if not charset:
        return None
    try:
        info = codecs.lookup(charset.strip().strip("'\"")[:60])
    except (LookupError, ValueError):
        return None
    return info.name if getattr(info, "_is_text_encoding", True) else None
