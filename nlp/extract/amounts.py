"""Sums of money with their currency, in Turkish and English writing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from nlp.extract import numbers
from nlp.extract.found import Amount
from nlp.extract.names import is_ending
from nlp.extract.reading import Reading, Taken

_AFTER = {
    "₺": "TRY", "tl": "TRY", "try": "TRY", "turk lira": "TRY", "lira": "TRY", "kurus": "kurus", "krs": "kurus",
    "$": "USD", "usd": "USD", "us dollar": "USD", "dollar": "USD", "dolar": "USD", "buck": "USD", "cent": "cent",
    "€": "EUR", "eur": "EUR", "euro": "EUR", "avro": "EUR", "yuro": "EUR",
    "£": "GBP", "gbp": "GBP", "pound": "GBP", "sterlin": "GBP", "quid": "GBP",
}  # fmt: skip
_BEFORE = {"₺": "TRY", "tl": "TRY", "try": "TRY", "$": "USD", "us$": "USD", "usd": "USD", "€": "EUR", "eur": "EUR",
           "euro": "EUR", "£": "GBP", "gbp": "GBP"}  # fmt: skip
_HUNDREDTH = {"kurus": "TRY", "cent": "USD"}

_NAMES_AFTER = "|".join(re.escape(name) for name in sorted(_AFTER, key=len, reverse=True))
_NAMES_BEFORE = "|".join(re.escape(name) for name in sorted(_BEFORE, key=len, reverse=True))
_CURRENCY_AFTER = re.compile(rf"[ ]?(?:,-|\.-|-)?[ ]?(?P<name>{_NAMES_AFTER})(?P<rest>'?[a-z]{{0,14}})(?![a-z0-9])")
_CURRENCY_BEFORE = re.compile(rf"(?<![a-z0-9])(?P<name>{_NAMES_BEFORE})[ ]?$")
_VALUE = re.compile(rf"(?:{numbers.NUMBER}|{numbers.WORDS})")
_SCALED = re.compile(
    rf"[ ]?(?P<scale>{numbers.SCALE})(?![a-z0-9])|(?P<glued>bin|milyon|k|m)(?=[ ]?(?:tl|lira|dolar|euro))"
)
_MORE = re.compile(r"[ ](?P<more>\d{1,3})(?:[ ]?(?P<scale>bin))?(?![\d.,])")
_JOIN = re.compile(r"[ ,]{0,2}(?:ve )?")


def find(reading: Reading, taken: Taken) -> Iterator[Amount]:
    """The sums in the text, in order; what is found is taken. A number without a currency is no sum."""
    plain = reading.plain
    pending: tuple[int, int, Decimal, str] | None = None
    for match in _VALUE.finditer(plain):
        one = _amount(plain, match)
        if one is None or not taken.free(one[0], one[1]) or (pending is not None and one[0] < pending[1]):
            continue  # the `bin TL` of `12 bin TL` is no sum of its own
        if pending is not None and one[3] == "kurus" and _JOIN.fullmatch(plain, pending[1], one[0]):
            pending = (pending[0], one[1], pending[2] + one[2] / 100, pending[3])
            continue
        if pending is not None:
            yield _take(reading, taken, pending)
        pending = one
    if pending is not None:
        yield _take(reading, taken, pending)


def _take(reading: Reading, taken: Taken, one: tuple[int, int, Decimal, str]) -> Amount:
    start, end, value, currency = one
    taken.take(start, end)
    if currency in _HUNDREDTH:
        value, currency = value / 100, _HUNDREDTH[currency]
    return Amount(*reading.span(start, end), value, currency)


def _amount(plain: str, match: re.Match[str]) -> tuple[int, int, Decimal, str] | None:
    start, end = match.span()
    written = match.group().rstrip()
    end = start + len(written)
    value = numbers.digits(written) if written[0].isdigit() else numbers.spelled(written)
    if value is None:
        return None
    if written[0].isdigit() and plain.startswith(" bucuk", end):
        value, end = value + Decimal("0.5"), end + 6
    scaled = _SCALED.match(plain, end)
    if scaled is not None:
        value *= numbers.scale(scaled.group("scale") or scaled.group("glued"))
        end = scaled.end()
        more = _MORE.match(plain, end)
        if more is not None and _CURRENCY_AFTER.match(plain, more.end()):
            value += int(more.group("more")) * (1_000 if more.group("scale") else 1)
            end = more.end()
    after = _CURRENCY_AFTER.match(plain, end)
    if after is not None and _is_currency(after):
        return start, after.end(), value, _AFTER[after.group("name")]
    before = _CURRENCY_BEFORE.search(plain, max(0, start - 6), start) if written[0].isdigit() else None
    if before is not None:
        return before.start(), end, value, _BEFORE[before.group("name")]
    return None


def _is_currency(after: re.Match[str]) -> bool:
    """Whether what follows the currency's name is an ending: `liralık`, `TL'ye`, `dollars`; `tlf` is a telephone."""
    rest = after.group("rest")
    name = after.group("name")
    if not rest:
        return True
    if not name[0].isalpha():
        return rest.startswith("'") and is_ending(rest[1:])
    return rest in ("s", "'s") or is_ending(rest.lstrip("'"))
