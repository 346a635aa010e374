"""Covering what is personal in a text, so that it can be shown, quoted and kept."""

from __future__ import annotations

from nlp.extract.found import Found, Personal

DOT = "•"
KEPT = {"card": 4, "iban": 4, "phone": 2, "national_id": 2}
"""Last characters that stay readable, as Turkish shops and banks print them: enough to recognise, too few to use."""

_PROVIDERS = frozenset({
    "gmail.com", "hotmail.com", "outlook.com", "icloud.com", "yahoo.com", "yandex.com", "windowslive.com", "live.com",
    "mynet.com", "hotmail.com.tr", "yahoo.com.tr", "outlook.com.tr", "yandex.com.tr", "proton.me", "protonmail.com",
})  # fmt: skip


def mask(text: str, found: Found) -> str:
    """`text` with its personal findings replaced by `•`, character by character, so every other place stays right.

    Separators stay; the last digits stay as in KEPT; of an address the provider stays where thousands share it.
    `found` must be what `extract` found in this very text: raises ValueError when it is not.
    """
    pieces: list[str] = []
    at = 0
    for one in found.personal:
        if text[one.start : one.end] != one.text:
            raise ValueError(f"These findings are not of this text: {one.kind} at {one.start} stands elsewhere")
        pieces += text[at : one.start], _covered(one)
        at = one.end
    pieces.append(text[at:])
    return "".join(pieces)


def _covered(one: Personal) -> str:
    if one.kind == "email":
        local, sign, domain = one.text.rpartition("@")
        shared = bool(sign) and domain.lower() in _PROVIDERS
        return _dots(local) + sign + domain if shared else _dots(one.text)
    keep = KEPT[one.kind]
    kept = 0
    covered: list[str] = []
    for char in reversed(one.text):
        if char.isalnum() and kept < keep:
            covered.append(char)
            kept += 1
        else:
            covered.append(DOT if char.isalnum() else char)
    return "".join(reversed(covered))


def _dots(text: str) -> str:
    return "".join(DOT if char.isalnum() else char for char in text)
