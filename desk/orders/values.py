"""From a cell or a JSON value to a text, an amount, a moment, a status. What cannot be read is None, never a guess.

Everything here is what another system says: texts are cut, flattened to a line and freed of marks that reorder them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from desk.orders.order import ReturnState, Status
from mention import MentionError, clean_text, parse_time, search_text

_T = TypeVar("_T")

MOST_TEXT = 200
"""Characters of one value; longer is no name, number or status but something pasted."""

MOST_MONEY = Decimal(10) ** 12
"""An amount from here on is a broken field; no order costs a trillion."""

_MILLISECONDS = 100_000_000_000
"""Numbers from here on are milliseconds since 1970 (as Trendyol counts), smaller ones seconds: the year 5138."""

_TURKISH_TIME = re.compile(
    r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})(?:[ T,]+(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?)?(?:\.\d+)?"
)
_CURRENCIES = {"tl": "TRY", "try": "TRY", "₺": "TRY", "ytl": "TRY", "$": "USD", "usd": "USD", "€": "EUR", "eur": "EUR",
               "£": "GBP", "gbp": "GBP"}  # fmt: skip

_STATUS_WORDS: dict[Status, str] = {
    "placed": "created,awaiting,new,yeni,onaylandi,siparis alindi,alindi,bekliyor,beklemede,odeme onaylandi,pending,"
    "placed,open,acik,confirmed,paid,unpacked",
    "preparing": "picking,invoiced,preparing,processing,hazirlaniyor,toplaniyor,paketleniyor,packaged,isleme alindi,"
    "faturalandi,tedarik ediliyor,tedarik surecinde,kargoya hazir,ready to ship",
    "shipped": "shipped,kargoda,kargoya verildi,kargolandi,gonderildi,sevk edildi,dispatched,fulfilled",
    "in_transit": "in transit,transit,yolda,tasiniyor,aktarma,aktarmada,aktarma merkezinde,transfer asamasinda,"
    "varis subesinde,subede,at collection point",
    "out_for_delivery": "out for delivery,dagitimda,dagitima cikti,dagitima cikarildi,kuryede",
    "delivered": "delivered,teslim edildi,teslim,teslimat tamamlandi,tamamlandi,completed",
    "returned": "returned,iade edildi,iade,iade alindi,undelivered and returned,refunded,iade tamamlandi",
    "cancelled": "cancelled,canceled,iptal,iptal edildi,unsupplied,tedarik edilemedi,voided",
    "unknown": "",
}
_RETURN_WORDS: dict[ReturnState, str] = {
    "requested": "requested,created,talep edildi,talep alindi,iade talebi,iade talebi alindi,open,acik,bekliyor,"
    "beklemede,pending,waitinginaction,waiting in action,yolda",
    "received": "received,teslim alindi,depoda,inceleniyor,incelemede,approved,onaylandi,kabul edildi,accepted",
    "refunded": "refunded,iade edildi,para iadesi yapildi,ucret iade edildi,odendi,tamamlandi,completed,closed",
    "rejected": "rejected,reddedildi,red,declined,iptal,cancelled,unresolved",
    "unknown": "",
}
_STATUS_OF: dict[str, Status] = {
    word.replace(" ", ""): ours for ours, words in _STATUS_WORDS.items() for word in words.split(",")
}
_RETURN_OF: dict[str, ReturnState] = {
    word.replace(" ", ""): ours for ours, words in _RETURN_WORDS.items() for word in words.split(",")
}


def text_of(value: Any, most: int = MOST_TEXT) -> str | None:
    """A value as one short line; None for nothing, and for what is no text (a list, an object)."""
    if value is None or isinstance(value, dict | list | tuple | set):
        return None
    if isinstance(value, bytes | bytearray | memoryview):
        return None
    plain = str(value)[: most * 4]
    if plain.startswith('="') and plain.endswith('"') and len(plain) > 3:
        plain = plain[2:-1]  # how Excel exports write a number that must stay text
    if plain.isascii() and plain.isprintable() and len(plain) <= most:
        return " ".join(plain.split()) or None  # nearly every cell: nothing below would change it
    plain = clean_text(unicodedata.normalize("NFC", plain))
    plain = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in plain)
    plain = " ".join("".join(c for c in plain if unicodedata.category(c) != "Cf").split())
    if len(plain) > most:
        plain = plain[: most - 1].rstrip() + "…"
    return plain or None


def number_of(value: Any, decimal: str = ".") -> Decimal | None:
    """An amount as Decimal; `decimal` decides where `1.299` could be either. None for anything that is no amount."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | Decimal):
        return _sane(Decimal(value))
    if isinstance(value, float):  # only SQLite's REAL and its like: the shortest text that the database meant
        return _sane(Decimal(repr(value)))
    text = text_of(value, 60)
    if text is None:
        return None
    plain = re.sub(r"(?i)(?:\s|tl|try|usd|eur|gbp|ytl|[₺$€£'])", "", text)
    if not re.fullmatch(r"[+-]?\d[\d.,]*", plain):
        return None
    dots, commas = plain.count("."), plain.count(",")
    if dots and commas:
        point = "," if plain.rfind(",") > plain.rfind(".") else "."
    elif dots + commas > 1:
        point = ""  # several of one sign group the thousands
    elif dots + commas:
        sign = "." if dots else ","
        point = sign if len(plain) - plain.rfind(sign) - 1 != 3 or sign == decimal else ""
    else:
        point = ""
    plain = "".join("." if c == point else "" if c in ".," else c for c in plain)
    try:
        return _sane(Decimal(plain))
    except InvalidOperation:
        return None


def _sane(value: Decimal) -> Decimal | None:
    # adjusted() first: taking the size of 1E+99999999 overflows
    if not value.is_finite() or not -20 < value.adjusted() < 13 or value.copy_abs() >= MOST_MONEY:
        return None
    return value if len(value.as_tuple().digits) < 30 else None


def count_of(value: Any, decimal: str = ".") -> int | None:
    """A number of pieces; None for anything else, fractions included."""
    number = number_of(value, decimal)
    return int(number) if number is not None and number == number.to_integral_value() else None


def currency_of(value: Any, default: str) -> str:
    """An ISO 4217 code; `TL` and signs are understood, anything else is the default."""
    text = (text_of(value, 20) or "").lower()
    if text in _CURRENCIES:
        return _CURRENCIES[text]
    for sign, code in _CURRENCIES.items():
        if text.endswith(sign) or text.startswith(sign):
            return code
    return text.upper() if re.fullmatch("[a-z]{3}", text) else default


def moment_of(value: Any, zone: ZoneInfo) -> datetime | None:
    """A moment in UTC, from ISO 8601, `21.11.2026 14:30`, seconds or milliseconds since 1970; else None.

    One without an offset is read in `zone`.
    """
    if isinstance(value, bool) or value is None:
        return None
    try:
        if isinstance(value, date) and not isinstance(value, datetime):
            when = datetime(value.year, value.month, value.day, tzinfo=zone)
        elif isinstance(value, datetime):
            when = parse_time(value, zone)[0]
        elif isinstance(value, int | Decimal | float):
            when = _since_1970(float(value))
        else:
            text = text_of(value, 60)
            if text is None:
                return None
            if re.fullmatch(r"\d{10}|\d{13}", text):
                when = _since_1970(float(text))
            elif match := _TURKISH_TIME.fullmatch(text):
                day, month, year, *clock = match.groups()
                hour, minute, second = (int(part or 0) for part in clock)
                when = datetime(int(year), int(month), int(day), hour, minute, second, tzinfo=zone)
            else:
                when = parse_time(text, zone)[0]
        when = when.astimezone(UTC)
    except (ValueError, OverflowError, OSError, MentionError):
        return None
    return when if 1990 <= when.year < 2100 else None


def _since_1970(value: float) -> datetime:
    return datetime.fromtimestamp(value / 1000 if abs(value) >= _MILLISECONDS else value, UTC)


def status_of(said: str | None, own: Mapping[str, Status]) -> Status:
    """Our word for a shop's status word: the brand's own table first, then the words that most shops use."""
    return _word_of(said, own, _STATUS_OF, "unknown")


def return_state_of(said: str | None, own: Mapping[str, ReturnState]) -> ReturnState:
    """Our word for the state of a return, in the same way."""
    return _word_of(said, own, _RETURN_OF, "unknown")


def _word_of(said: str | None, own: Mapping[str, _T], known: Mapping[str, _T], otherwise: _T) -> _T:
    if said is None:
        return otherwise
    folded = _folded(said)
    for word, ours in own.items():
        if _folded(word) == folded:
            return ours
    return known.get(folded, otherwise) if folded else otherwise


def _folded(word: str) -> str:
    # UnDelivered, in_transit and IN-TRANSIT are one word each
    return "".join(c for c in search_text(word) if c.isalnum()) or search_text(word)
