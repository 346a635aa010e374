"""Posting times as people and spreadsheets write them, in Turkish and English, as aware UTC times.

`21.11.2026 09:30`, `21/11/2026`, `21 Kasım 2026 Cumartesi 09:30`, `Nov 21, 2026 9:30 AM`, `2026-11-21T09:30+03:00`,
and seconds or milliseconds since 1970. Nothing is guessed that the text does not say, except what a note names.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from mention import MentionError, parse_time, search_text

_MONTHS = (
    ("ocak", "oca", "january", "jan"), ("subat", "sub", "february", "feb"), ("mart", "mar", "march"),
    ("nisan", "nis", "april", "apr"), ("mayis", "may"), ("haziran", "haz", "june", "jun"),
    ("temmuz", "tem", "july", "jul"), ("agustos", "agu", "august", "aug"), ("eylul", "eyl", "september", "sept", "sep"),
    ("ekim", "eki", "october", "oct"), ("kasim", "kas", "november", "nov"), ("aralik", "ara", "december", "dec"),
)  # fmt: skip
MONTHS = {name: number for number, names in enumerate(_MONTHS, 1) for name in names}
"""Month names and their abbreviations, folded as `search_text` folds, to their number."""

_DAYS = re.compile(
    r"\b(?:pazartesi|sali|carsamba|persembe|cuma|cumartesi|pazar|pzt|sal|car|per|cum|cmt|paz|"
    r"monday|tuesday|wednesday|thursday|friday|saturday|sunday|mon|tue|wed|thu|fri|sat|sun)\b\.?"
)
_TIME = (
    r"(?:[ t]+(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,]\d{1,9})?)?"
    r" ?(?P<half>am|pm|oo|os)?(?: ?(?P<zone>z|utc|gmt|[+-]\d{2}:?\d{2}))?)?"
)
_YEAR_FIRST = re.compile(r"(?P<year>\d{4})[./-](?P<b>\d{1,2})[./-](?P<a>\d{1,2})" + _TIME)
_NUMBERS = re.compile(r"(?P<a>\d{1,2})(?P<mark>[./-])(?P<b>\d{1,2})[./-](?P<year>\d{4}|\d{2})" + _TIME)
_DAY_NAME = re.compile(r"(?P<a>\d{1,2})\.? (?P<name>[a-z]+)\.? (?P<year>\d{4})" + _TIME)
_NAME_DAY = re.compile(r"(?P<name>[a-z]+)\.? (?P<a>\d{1,2})(?:st|nd|rd|th)? (?P<year>\d{4})" + _TIME)


def parse_date(value: str, zone: ZoneInfo | None = None) -> tuple[datetime, list[str]]:
    """A written time in UTC, with notes on what was assumed (offset, time of day, order of day and month).

    A time without an offset is read in `zone` (UTC when None). Raises MentionError for anything that is no date, or
    an impossible one such as 31.02.2026.
    """
    text = value.strip()
    if text.isdecimal():
        if len(text) == 10:
            return parse_time(int(text))[0], []
        if len(text) == 13:
            return parse_time(int(text) / 1000)[0], []
        raise _no_date(value)
    try:
        when, note = parse_time(text, zone)
    except MentionError:
        return _written(value, zone)
    notes = [note] if note else []
    if len(text) == 10:
        notes.append("published_at has no time of day; read as 00:00")
    return when, notes


def _written(value: str, zone: ZoneInfo | None) -> tuple[datetime, list[str]]:
    folded = _DAYS.sub(" ", search_text(value[:100]).replace(",", " "))
    folded = re.sub(r"(?<= )(?:saat|at|tarihinde|-|–)(?= )", " ", folded)
    folded = " ".join(folded.split())
    notes: list[str] = []
    for pattern in (_YEAR_FIRST, _NUMBERS, _DAY_NAME, _NAME_DAY):
        if found := pattern.fullmatch(folded):
            break
    else:
        raise _no_date(value)
    part = found.groupdict()
    if "name" in part:
        if part["name"] not in MONTHS:
            raise _no_date(value)
        day, month = int(part["a"]), MONTHS[part["name"]]
    else:
        day, month = int(part["a"]), int(part["b"])
        if part.get("mark") == "/":
            if month > 12 >= day:
                day, month = month, day
            elif day <= 12:
                notes.append("published_at with slashes is read as day/month/year")
    year = int(part["year"]) + (2000 if len(part["year"]) == 2 else 0)
    hour, minute, second = (int(part[name] or 0) for name in ("hour", "minute", "second"))
    if part["half"]:
        if not 1 <= hour <= 12:
            raise _no_date(value)
        hour = hour % 12 + (12 if part["half"] in ("pm", "os") else 0)
    try:
        when = datetime(year, month, day, hour, minute, second)
    except ValueError:
        raise _no_date(value) from None
    if part["hour"] is None:
        notes.append("published_at has no time of day; read as 00:00")
    if offset := part["zone"]:
        return when.replace(tzinfo=_offset(offset, value)).astimezone(UTC), notes
    aware, note = parse_time(when, zone)
    return aware, [note, *notes] if note else notes


def _offset(text: str, value: str) -> timezone:
    if text in ("z", "utc", "gmt"):
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    if hours > 14 or minutes > 59:
        raise _no_date(value)
    size = timedelta(hours=hours, minutes=minutes)
    return timezone(size if text[0] == "+" else -size)


def _no_date(value: str) -> MentionError:
    return MentionError("published_at", f"published_at {value.strip()[:60]!r} is not a date and time")
