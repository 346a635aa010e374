"""The calendar behind the dates of a text: names of days and months, which year or week is meant, steps back."""

from __future__ import annotations

import calendar
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from nlp.extract.found import Unit

MONTHS = {
    "ocak": 1, "subat": 2, "mart": 3, "nisan": 4, "mayis": 5, "haziran": 6, "temmuz": 7, "agustos": 8, "eylul": 9,
    "ekim": 10, "kasim": 11, "aralik": 12, "january": 1, "february": 2, "march": 3, "april": 4, "may": 5, "june": 6,
    "july": 7, "august": 8, "september": 9, "october": 10, "november": 11, "december": 12, "jan": 1, "feb": 2, "mar": 3,
    "apr": 4, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "sept": 9, "oct": 10, "nov": 11, "dec": 12, "agu": 8, "agus": 8,
    "eyl": 9, "tem": 7, "haz": 6, "nis": 4, "sub": 2,
}  # fmt: skip
WEEKDAYS = {
    "pazartesi": 0, "sali": 1, "carsamba": 2, "persembe": 3, "cuma": 4, "cumartesi": 5, "pazar": 6, "monday": 0,
    "tuesday": 1, "wednesday": 2, "thursday": 3, "friday": 4, "saturday": 5, "sunday": 6,
}  # fmt: skip
UNITS: dict[str, Unit] = {
    "is gun": "workday", "isgun": "workday", "gun": "day", "hafta": "week", "ay": "month", "yil": "year",
    "sene": "year", "saat": "hour", "dakika": "minute", "dk": "minute", "sa": "hour", "working day": "workday",
    "business day": "workday",
    "day": "day", "week": "week", "month": "month", "year": "year", "hour": "hour", "hr": "hour", "minute": "minute",
    "min": "minute", "yr": "year",
}  # fmt: skip


def made(day: int, month: int, year: int) -> date | None:
    """The date, None where the calendar has none; a year of two digits is of this century."""
    try:
        return date(year + 2_000 if year < 100 else year, month, day)
    except ValueError:
        return None


def nearest_year(day: int, month: int, today: date, way: int = 0) -> date | None:
    """The day and month in the year that brings it nearest to `today`: said in January, 28 December was last month.

    `way` is 1 when the author speaks of what is ahead, -1 of what is past, 0 when nobody can tell.
    """
    years = (today.year - 1, today.year, today.year + 1)
    possible = [found for year in years if (found := made(day, month, year)) is not None]
    likely = [found for found in possible if (found - today).days * way >= 0]
    return min(likely or possible, key=lambda found: abs((found - today).days), default=None)


def weekday(wanted: int, today: date, *, ahead: bool) -> date:
    """The next such weekday from `today` on, or the last one before it."""
    if ahead:
        return today + timedelta(days=(wanted - today.weekday()) % 7)
    return today - timedelta(days=(today.weekday() - wanted) % 7 or 7)


def moved(start: date, amount: int, unit: Unit) -> date | None:
    """`start` moved by whole days, working days (Monday to Friday), weeks, months or years; None past the calendar."""
    try:
        if unit == "workday":
            return _workdays(start, amount)
        if unit in ("day", "week"):
            return start + timedelta(days=amount * (7 if unit == "week" else 1))
        months = start.year * 12 + start.month - 1 + amount * (12 if unit == "year" else 1)
        year, month = divmod(months, 12)
        return date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))
    except (ValueError, OverflowError):
        return None


def _workdays(start: date, amount: int) -> date:
    if abs(amount) > 10_000:
        raise OverflowError("more working days than a complaint can have")
    day, left = start, abs(amount)
    while left:
        day += timedelta(days=1 if amount > 0 else -1)
        left -= day.weekday() < 5
    return day


def moment(day: date, hour: int, minute: int, zone: ZoneInfo) -> datetime | None:
    """The moment on a day in a zone; None for a time that no clock shows."""
    if hour > 23 or minute > 59:
        return None
    return datetime.combine(day, time(hour, minute), tzinfo=zone)
