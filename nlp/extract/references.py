"""Order numbers, tracking numbers, product codes: by the word before them, the brand's shapes, or their own shape."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlp.extract import cues
from nlp.extract.brand import Brand
from nlp.extract.found import Reference
from nlp.extract.reading import Reading, Taken

# The number after `sipariş no:`. Letters and digits with a digit among the first few; groups of three or four digits
# are one number; what follows must not make it a price, a quantity or a date.
_VALUE = re.compile(
    r"(?:\d{3,5}(?:[ -]\d{3,8}){1,4}(?![\d])|[a-z]{0,6}-?\d[a-z0-9]{0,24}(?:[-/][a-z0-9]{1,12}){0,4}"
    r"|[a-z]{2,4}\d?[a-z]\d[a-z0-9]{1,16})"
    r"(?![a-z0-9@])"
)
_NOT_A_NUMBER = re.compile(
    r"[ ]?(?:,\d|tl(?![a-z])|try|lira|₺|\$|€|£|usd|eur|dolar|euro|adet|gun|saat|dakika|hafta|ay(?![a-z])|yil"
    r"|kisi|tane|kez"
    r"|defa|days?(?![a-z])|hours?|weeks?|months?|items?|times|bin(?![a-z])|milyon|[.:]\d)"
)
_DATE = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|(?:19|20)\d\d|\d{4}-\d\d-\d\d")
_HASH = re.compile(r"(?<![\w#&;])#([a-z]{0,4}-?\d{5,20}(?:-\d{1,10}){0,3})(?![a-z0-9])")
_BEFORE_ORDER = re.compile(
    r"(?<![a-z0-9.,/-])(?=[a-z-]{0,6}\d)([a-z0-9-]{5,24})['\"]?[ ]{0,2}(?:no'?lu|numarali|nolu|sayili|kodlu)[ ]{1,2}"
    r"(?:(?P<order>siparis|order|rezervasyon)|(?P<tracking>kargo|gonderi|takip|paket))"
)
# Shapes that speak for themselves: UPS, the Universal Postal Union's S10, PTT's and Trendyol Express's own.
_TRACKING = re.compile(
    r"(?<![a-z0-9])(?:1z[a-z0-9]{16}|[a-z]{2}[ ]?\d{3}[ ]?\d{3}[ ]?\d{3}[ ]?[a-z]{2}|kp\d{11}|ty\d{10,14})(?![a-z0-9])"
)
_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
_CODE = re.compile(
    r"(?<![\w.@#/+-])(?=[a-z0-9-]{0,12}\d)[a-z]{1,6}-?(?=[a-z0-9-]*\d)[a-z0-9]{2,12}(?:-[a-z0-9]{1,8}){0,3}(?![\w@]|[-.]\w)"
)
_MODEL_WORD = re.compile(
    r"(?:model\w*|urun kod\w*|stok kod\w*|sku|product code|part (?:no|number)|item (?:no|number|code))"
    r"[ ]{0,2}(?:no|kodu|number|code)?[ :#=.-]{0,4}$"
)
_NO_CODE = re.compile(
    r"(?:covid|kovid|tr|tc|no|kat|blok|www|http|saat|sen|ab|iso|en|mp|ps)-?\d.*|[a-z]-?\d{1,2}|.*\d(?:gb|mb|tb"
    r"|ml|kg|cm|mm)"
)


def told(reading: Reading, taken: Taken) -> Iterator[Reference]:
    """Order and tracking numbers that a word announces; what is found is taken."""
    plain = reading.plain
    for cue in cues.TOLD.finditer(plain):
        value = _VALUE.match(plain, cue.end())
        if value is None or plain[cue.end() - 1].isalpha():
            continue
        start, end = value.span()
        grouped = " " in value.group()
        if grouped and _NOT_A_NUMBER.match(plain, end):  # sipariş 12345 250 TL
            end = start + value.group().index(" ")
        kind = "tracking" if cue.lastgroup and cue.group("tracking") else "order"
        if not _plausible(plain, start, end, bool(cues.FIRM.search(cue.group()) or "#" in cue.group())):
            continue
        if taken.take(start, end):
            yield _reference(reading, start, end, "tracking" if kind == "tracking" else "order", told=True)
    for match in _BEFORE_ORDER.finditer(plain):
        start, end = match.span(1)
        if _plausible(plain, start, end, True) and taken.take(start, end):
            yield _reference(reading, start, end, "order" if match.group("order") else "tracking", told=True)


def _plausible(plain: str, start: int, end: int, firm: bool) -> bool:
    """Whether `plain[start:end]` may be a number of an order: long enough, no price, no date, no phone."""
    value = plain[start:end]
    digits = sum(char.isdigit() for char in value)
    if digits < (4 if firm else 5) or _DATE.fullmatch(value) or _NOT_A_NUMBER.match(plain, end):
        return False
    looks_like_a_phone = value.isdigit() and (len(value), value[:2]) in ((11, "05"), (12, "90"))
    return firm or not looks_like_a_phone


def shaped(reading: Reading, taken: Taken, brand: Brand) -> Iterator[Reference]:
    """Numbers of the brand's own shapes, of carriers' well-known ones, and behind a `#`; what is found is taken."""
    for shape in brand.shapes:
        for match in shape.finditer(reading.plain):
            if taken.take(*match.span()):
                yield _reference(reading, *match.span(), "order", told=False)
    for match in _TRACKING.finditer(reading.plain):
        compact = match.group().replace(" ", "")
        if (not compact[2:11].isdigit() or len(compact) != 13 or compact[-1].isdigit() or _s10(compact[2:11])) and (
            taken.take(*match.span())
        ):
            yield _reference(reading, *match.span(), "tracking", told=False)
    for match in _HASH.finditer(reading.plain):
        if taken.take(*match.span(1)):
            yield _reference(reading, *match.span(1), "order", told=False)


def codes(reading: Reading, taken: Taken) -> Iterator[Reference]:
    """Codes of models and stock: letters and digits in capitals (`SM-G991B`), or after a word such as `model`."""
    plain = reading.plain
    for match in _CODE.finditer(plain):
        start, end = match.span()
        value = match.group()
        announced = _MODEL_WORD.search(plain[max(0, start - 30) : start]) is not None
        if (len(value) < 4 or sum(map(str.isdigit, value)) < 2) and not announced:
            continue
        typed = reading.typed(start, end)
        capitals = typed == typed.upper() and (not reading.shouted or "-" in value or sum(map(str.isdigit, value)) > 2)
        if (announced or (capitals and not _NO_CODE.fullmatch(value))) and taken.take(start, end):
            yield _reference(reading, start, end, "code", told=announced)


def _s10(digits: str) -> bool:
    """Whether the ninth digit is the check digit that the Universal Postal Union's S10 asks for."""
    rest = 11 - sum(weight * int(digit) for weight, digit in zip(_S10_WEIGHTS, digits[:8], strict=True)) % 11
    return int(digits[8]) == {10: 0, 11: 5}.get(rest, rest)


def _reference(reading: Reading, start: int, end: int, kind: str, *, told: bool) -> Reference:
    value = reading.plain[start:end].upper().replace(" ", "")
    if kind == "tracking":
        return Reference(*reading.span(start, end), "tracking", value, told)
    return Reference(*reading.span(start, end), "code" if kind == "code" else "order", value, told)
