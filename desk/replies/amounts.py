"""Money and percentages in a reply, as numbers: `1.250,50 TL`, `₺300`, `2 bin lira`, `%20`, `20 percent`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from desk.replies.reading import Reply

_CURRENCIES = {
    "TRY": ("tl", "try", "lira", "liralik", "liraya", "liranin", "₺"),
    "EUR": ("eur", "euro", "avro", "euroluk", "€"),
    "USD": ("usd", "dolar", "dollar", "dollars", "$"),
    "GBP": ("gbp", "sterlin", "pound", "pounds", "£"),
}
_OF = {word: code for code, words in _CURRENCIES.items() for word in words}
_WORD = "|".join(sorted((re.escape(word) for word in _OF if word.isalpha()), key=len, reverse=True))
_SIGN = "[₺€$£]"
_NUMBER = r"\d{1,3}(?:[.,]\d{3}){1,4}(?:[.,]\d{1,2})?|\d{1,9}(?:[.,]\d{1,2})?"
_MONEY = re.compile(
    rf"(?<![\w.,])(?:(?P<s1>{_SIGN})\s?(?P<n1>{_NUMBER})(?!\w)"
    rf"|(?P<n2>{_NUMBER})(?P<many>\s?(?:bin|k|thousand))?\s?(?:(?P<s2>{_SIGN})|(?P<w2>{_WORD})(?![^\W_])))"
)
_PERCENT = re.compile(
    r"(?<![\w.,])(?:%\s?(?P<a>\d{1,3}(?:[.,]\d{1,2})?)(?!\d)"
    r"|(?P<b>\d{1,3}(?:[.,]\d{1,2})?)\s?(?:%|percent\b|per cent\b)"
    r"|yuzde\s(?P<c>\d{1,3}(?:[.,]\d{1,2})?)(?!\d))"
)


def money(reply: Reply) -> Iterator[tuple[Decimal, str, int, int]]:
    """The sums of money with their ISO 4217 code and their places in `reply.plain`."""
    for match in _MONEY.finditer(reply.plain):
        value = _number(match.group("n1") or match.group("n2"))
        if match.group("many"):
            value *= 1000
        code = _OF[match.group("s1") or match.group("s2") or match.group("w2")]
        yield value, code, match.start(), match.end()


def percentages(reply: Reply) -> Iterator[tuple[Decimal, int, int]]:
    """The percentages with their places in `reply.plain`."""
    for match in _PERCENT.finditer(reply.plain):
        written = match.group("a") or match.group("b") or match.group("c")
        yield Decimal(_plain(written.replace(",", "."))), match.start(), match.end()


def _number(written: str) -> Decimal:
    """A number in either country's spelling: three digits after the last mark are thousands, fewer are decimals."""
    marks = [char for char in written if char in ".,"]
    if marks and len(written) - max(written.rfind("."), written.rfind(",")) - 1 != 3:
        whole, decimals = re.split(r"[.,](?=\d{1,2}$)", written)
        return Decimal(_plain(re.sub(r"[.,]", "", whole)) + "." + _plain(decimals))
    return Decimal(_plain(re.sub(r"[.,]", "", written)))


def _plain(digits: str) -> str:
    return "".join(char if char == "." else str(int(char)) for char in digits)
