"""Numbers as people write them: `1.250,50`, `1,250.50`, `12 bin`, `iki yüz elli`, `bir buçuk`, `twenty-five`."""

from __future__ import annotations

import re
from decimal import Decimal

NUMBER = (
    r"(?<![\d.,/:-])(?:\d{1,3}(?:[.,]\d{3}){1,4}(?:[.,]\d{1,2})?|\d{1,3}(?: \d{3}){1,3}(?:[.,]\d{1,2})?"
    r"|\d{1,12}(?:[.,]\d{1,2})?)(?![\d])"
)
"""A number in digits, thousands grouped or not, with at most two decimals. At most 15 digits, so nothing overflows."""

_UNITS = {
    "sifir": 0, "bir": 1, "iki": 2, "uc": 3, "dort": 4, "bes": 5, "alti": 6, "yedi": 7, "sekiz": 8, "dokuz": 9,
    "on": 10, "yirmi": 20, "otuz": 30, "kirk": 40, "elli": 50, "altmis": 60, "yetmis": 70, "seksen": 80, "doksan": 90,
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
    "eighty": 80, "ninety": 90,
}  # fmt: skip
_SCALES = {
    "yuz": 100, "hundred": 100, "bin": 1_000, "thousand": 1_000, "milyon": 10**6, "million": 10**6, "milyar": 10**9,
    "billion": 10**9, "k": 1_000, "mn": 10**6, "m": 10**6, "mio": 10**6, "mlyr": 10**9,
}  # fmt: skip
_SPELLED = sorted({*_UNITS, "yuz", "hundred", "bin", "thousand", "milyon", "million", "milyar", "billion"}, key=len)[
    ::-1
]

WORDS = (
    rf"(?<![a-z0-9'])(?:(?:(?:{'|'.join(_SPELLED)})[ -]?(?:and )?){{1,8}}(?:bucuk ?)?|yarim ?|ceyrek ?|bucuk ?"
    r"|half an? |half |an? couple of |a dozen |an? (?:hundred |thousand |million )?)(?<= )"
)
"""A number in words and the space after it (`onay` is no ten months). What follows must be a unit."""

SCALE = r"(?:bin|milyon|milyar|thousand|million|billion|mlyr|mio|mn|k|m)"

_PIECE = re.compile("|".join([*_SPELLED, "bucuk", "yarim", "ceyrek", "half", "couple", "dozen"]))


def digits(written: str) -> Decimal:
    """The value of what NUMBER matched. A last group of three digits is thousands: prices have one or two decimals."""
    bare = written.replace(" ", "")
    last = max(bare.rfind("."), bare.rfind(","))
    if last < 0:
        return Decimal(bare)
    whole, rest = bare[:last], bare[last + 1 :]
    whole = whole.replace(".", "").replace(",", "")
    return Decimal(whole + rest) if len(rest) == 3 else Decimal(f"{whole}.{rest}")


def scale(word: str) -> int:
    """What `bin`, `milyon`, `k` multiply by."""
    return _SCALES[word]


def spelled(written: str) -> Decimal | None:
    """The value of what WORDS matched; None where the words make no number."""
    total, current = Decimal(0), Decimal(0)
    pieces = _PIECE.findall(written)
    if not pieces:
        return Decimal(1) if re.fullmatch(r"an? ?", written) else None
    for piece in pieces:
        if piece in _UNITS:
            current += _UNITS[piece]
        elif piece in ("bucuk", "yarim", "half"):
            current += Decimal("0.5")
        elif piece == "ceyrek":
            current += Decimal("0.25")
        elif piece in ("couple", "dozen"):
            current = Decimal(2 if piece == "couple" else 12)
        elif _SCALES[piece] == 100:
            current = max(current, Decimal(1)) * 100
        else:
            total += max(current, Decimal(1)) * _SCALES[piece]
            current = Decimal(0)
    return total + current
