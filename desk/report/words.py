"""How a report writes its numbers, days and lengths, in Turkish and English. Pure."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from desk.metrics.period import Period
from desk.report.content import WHOLE, Number, Value
from playbooks.words import say_money

_LENGTHS = (("gün", "d", 86_400), ("sa", "h", 3_600), ("dk", "min", 60), ("sn", "s", 1))

UNIT_NAMES = {
    "mentions": ("mention", "mentions", "ileti"), "cases": ("case", "cases", "kayıt"),
    "answers": ("answer", "answers", "yanıt"), "people": ("person", "people", "kişi"),
    "incidents": ("incident", "incidents", "olay"), "crises": ("crisis", "crises", "kriz"),
    "drills": ("drill", "drills", "tatbikat"), "concessions": ("concession", "concessions", "telafi"),
    "forecasts": ("forecast", "forecasts", "tahmin"),
}  # fmt: skip
"""One, several, and Turkish, which counts without a plural."""

NOTHING = "–"


def pick(turkish: bool, tr: str, en: str) -> str:
    """One of two wordings."""
    return tr if turkish else en


def capital(text: str, language: str) -> str:
    """The words with a capital letter of the language: `iade` is `İade` in Turkish."""
    return ("İ" if language == "tr" and text[:1] == "i" else text[:1].upper()) + text[1:]


def say_value(value: Value, unit: str, language: str, key: str = "") -> str:
    """A value with its unit, as people write it; a dash for one that is not known. `key` is the currency of money."""
    if value is None:
        return NOTHING
    turkish = language == "tr"
    if unit == "money":
        return say_money(Decimal(value), key.rpartition(":")[2], language)
    if unit == "share":
        form = "%#,##0.#" if turkish else "#,##0.#%"
        return format_percent(value, form, locale=_locale(language))
    if unit == "seconds":
        return say_length(float(value), language)
    if unit == "minutes":
        return say_length(float(value) * 60, language)
    if unit == "ratio":
        return format_decimal(round(float(value), 2), locale=_locale(language))
    one, many, tr = UNIT_NAMES[unit]
    number = format_decimal(value if unit in WHOLE else round(float(value), 1), locale=_locale(language))
    return f"{number} {tr}" if turkish else f"{number} {one if value == 1 else many}"


def say_count(value: int, language: str) -> str:
    """A bare count with the language's separators."""
    return format_decimal(value, locale=_locale(language))


def say_length(seconds: float, language: str) -> str:
    """A length in its two largest units: `2 sa 5 dk`, `2 h 5 min`; what is under a second is 0."""
    left = int(abs(seconds))
    parts: list[str] = []
    for tr, en, size in _LENGTHS:
        count, left = divmod(left, size)
        if count or (size == 1 and not parts):
            parts.append(f"{say_count(count, language)} {tr if language == 'tr' else en}")
        elif parts:
            break  # `2 days 3 s` would claim what nobody needs
        if len(parts) == 2:
            break
    return ("−" if seconds <= -1 else "") + " ".join(parts)


def say_interval(number: Number, language: str) -> str:
    """The interval of an estimate, `12 dk – 40 dk`; open where it has no end, empty where there is none."""
    if number.low is None and number.high is None:
        return ""
    low = say_value(number.low, number.unit, language, number.key) if number.low is not None else ""
    high = say_value(number.high, number.unit, language, number.key) if number.high is not None else ""
    if not high:
        return pick(language == "tr", f"en az {low}", f"at least {low}")
    if not low:
        return pick(language == "tr", f"en çok {high}", f"at most {high}")
    return f"{low} – {high}"


def say_number(number: Number, language: str) -> str:
    """A number with its unit; a remark stands for one that is not known."""
    if number.value is None and number.remark:
        return number.remark
    return say_value(number.value, number.unit, language, number.key)


def say_change(number: Number, language: str) -> str:
    """This period's value less the last one's: `+3 ileti`, `−12 dk`, `+4 puan` for shares; empty where one lacks."""
    if number.value is None or number.before is None:
        return ""
    turkish = language == "tr"
    if number.unit == "share":
        points = round((float(number.value) - float(number.before)) * 100, 1)
        said = format_decimal(abs(points), locale=_locale(language))
        return f"{_sign(points)}{said} {pick(turkish, 'puan', 'points')}"
    difference = Decimal(number.value) - Decimal(number.before)
    if number.unit in ("seconds", "minutes") and abs(difference) < 1:
        difference = Decimal(0)
    return f"{_sign(difference)}{say_value(abs(difference), number.unit, language, number.key)}"


def _sign(value: Decimal | float) -> str:
    return "+" if value > 0 else "−" if value < 0 else "±"


def say_date(day: date, language: str) -> str:
    """A day with its year: `21 Kasım 2026`, `21 November 2026`."""
    return format_date(day, "d MMMM y", locale=_locale(language))


def say_short(day: date, language: str) -> str:
    """A day on an axis: `21 Kas`, `21 Nov`."""
    return format_date(day, "d MMM", locale=_locale(language))


def say_weekday(number: int, language: str, long: bool = False) -> str:
    """A weekday, 0 is Monday: `Pzt`, `Mon`."""
    return format_date(date(2026, 11, 23 + number), "EEEE" if long else "EEE", locale=_locale(language))


def say_period(period: Period, language: str) -> str:
    """The days of a period: `21 Kasım 2026 Cumartesi`, `16 Kasım 2026 – 22 Kasım 2026`."""
    if period.days == 1:
        form = "d MMMM y EEEE" if language == "tr" else "EEEE d MMMM y"
        return format_date(period.first, form, locale=_locale(language))
    return f"{say_date(period.first, language)} – {say_date(period.last, language)}"


def say_moment(at: datetime, period: Period, language: str) -> str:
    """A moment with its date in the desk's zone."""
    local = at.astimezone(period.zone)
    return f"{say_date(local.date(), language)} {local:%H:%M}"


def _locale(language: str) -> str:
    return "tr" if language == "tr" else "en_GB"
