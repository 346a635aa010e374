"""When a post was written, from what a forum shows: `Bugün 14:05`, `2 saat önce`, `21 Kasım 14:05`, `yesterday, 9 p.m.`

Absolute dates are read by `collectors.dates`; here are those that mean something only beside the time of the crawl.
A part that is not shown is taken as early as it can be (a day without a time begins at 00:00), because a clock that
starts too late would hide a missed promise.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from collectors.dates import MONTHS, parse_date
from mention import MentionError, search_text

_TIME = (
    r"(?:,? ?(?:saat|at|-|,|·)? ?(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?::(?P<second>\d{2}))?"
    r" ?(?P<half>am|pm|oo|os)?)"
)
_DAYS_BACK = {"bugun": 0, "today": 0, "dun": 1, "yesterday": 1, "evvelsi gun": 2, "onceki gun": 2}
_WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            ("pazartesi", "monday", "mon", "pzt"), ("sali", "tuesday", "tue", "sal"),
            ("carsamba", "wednesday", "wed", "car"), ("persembe", "thursday", "thu", "per"),
            ("cuma", "friday", "fri", "cum"), ("cumartesi", "saturday", "sat", "cmt"),
            ("pazar", "sunday", "sun", "paz"),
        )
    )
    for name in names
}  # fmt: skip
_UNITS = {
    "saniye": 1, "sn": 1, "second": 1, "seconds": 1, "sec": 1, "secs": 1,
    "dakika": 60, "dk": 60, "dak": 60, "minute": 60, "minutes": 60, "min": 60, "mins": 60,
    "saat": 3600, "sa": 3600, "hour": 3600, "hours": 3600, "hr": 3600, "hrs": 3600,
    "gun": 86400, "day": 86400, "days": 86400, "hafta": 604800, "week": 604800, "weeks": 604800,
    # A month and a year as forums count them; at that distance no clock is running any more.
    "ay": 2592000, "month": 2592000, "months": 2592000, "yil": 31536000, "year": 31536000, "years": 31536000,
}  # fmt: skip
_JUST_NOW = {
    "simdi", "az once", "su anda", "biraz once", "birkac saniye once", "just now", "now", "moments ago", "a moment ago",
    "a few seconds ago", "less than a minute ago",
}  # fmt: skip
_NUMBER = r"(?:\d{1,4}|bir|an?|one)"
_PART = re.compile(rf"({_NUMBER}) ?([a-z]+)")
_DAY = re.compile(rf"(?P<day>{'|'.join(_DAYS_BACK)}){_TIME}?")
_WEEKDAY = re.compile(rf"(?P<day>{'|'.join(_WEEKDAYS)})(?: gunu)?{_TIME}")
_NO_YEAR = re.compile(
    rf"(?:(?P<a>\d{{1,2}})\.? (?P<month>[a-z]+)\.?|(?P<month2>[a-z]+)\.? (?P<a2>\d{{1,2}}))"
    rf"(?:,? (?:{'|'.join(_WEEKDAYS)}))?{_TIME}?"
)


def posted_at(shown: str, now: datetime, zone: ZoneInfo, form: str | None = None) -> datetime:
    """The aware UTC time that a forum's date means at `now` (aware); times without an offset are in `zone`.

    `form` is a strptime format, where the site file gives one. Raises MentionError for what is no date.
    """
    shown = " ".join(shown[:200].split())
    if form is not None:
        try:
            when = datetime.strptime(shown, form)
        except ValueError:
            raise MentionError("published_at", f"published_at {shown[:60]!r} is not of the form {form!r}") from None
        return (when if when.tzinfo else when.replace(tzinfo=zone)).astimezone(UTC)
    # What follows a tilde or a bracket is when it was edited (Ekşi: "21.11.2026 14:05 ~ 15:10").
    shown = re.split(r" ?[~(|]", shown, maxsplit=1)[0].strip()
    shown = re.sub(r" [-–·] ", " ", shown)
    try:
        when, _ = parse_date(shown, zone)
        return when
    except MentionError:
        pass
    folded = _plain(shown)
    local = now.astimezone(zone)
    when_relative = _ago(folded, now) or _on_day(folded, local) or _without_year(folded, local)
    if when_relative is not None:
        return when_relative.astimezone(UTC)
    try:
        return parse_date(folded, zone)[0]
    except MentionError:
        raise MentionError("published_at", f"published_at {shown[:60]!r} is not a date and time") from None


def edited_at(shown: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """When a post was edited, where its date says so after a tilde (Ekşi: `21.11.2026 14:05 ~ 15:10`, `21.11.2026
    14:05 ~ 22.11.2026 09:00`), as aware UTC; None where it does not. A time without a day is the day's it was written.
    """
    written, tilde, edited = (part.strip() for part in shown[:200].partition("~"))
    if not tilde:
        return None
    try:
        if time := re.fullmatch(r"(\d{1,2})[:.](\d{2})(?::(\d{2}))?", edited):
            day = posted_at(written, now, zone).astimezone(zone)
            hour, minute, second = (int(part or 0) for part in time.groups())
            return day.replace(hour=hour, minute=minute, second=second).astimezone(UTC)
        return posted_at(edited, now, zone)
    except (MentionError, ValueError):
        return None


def _plain(shown: str) -> str:
    """Folded, with the clock times of Django and English forums written as digits (`9 p.m.`, `noon`)."""
    folded = search_text(shown).replace("a.m.", "am").replace("p.m.", "pm").rstrip(".")
    folded = re.sub(r"\bnoon\b", "12:00 pm", re.sub(r"\bmidnight\b", "12:00 am", folded))
    return re.sub(r"(?<![:.\d])(\d{1,2}) ?(am|pm)\b", r"\1:00 \2", folded)


def _ago(folded: str, now: datetime) -> datetime | None:
    if folded in _JUST_NOW:
        return now
    ago = re.fullmatch(r"(?:yaklasik |about )?(.+) (?:once|evvel|ago)", folded)
    if not ago:
        return None
    seconds, rest = 0, ago.group(1)
    for number, unit in _PART.findall(rest):
        if unit not in _UNITS:
            return None
        seconds += (int(number) if number.isdigit() else 1) * _UNITS[unit]
    if not seconds or _PART.sub("", rest).strip(" ,") not in ("", "ve", "and"):
        return None
    return now - timedelta(seconds=seconds)


def _on_day(folded: str, local: datetime) -> datetime | None:
    if found := _DAY.fullmatch(folded):
        back = _DAYS_BACK[found["day"]]
    elif found := _WEEKDAY.fullmatch(folded):
        # A forum that means today says so: the name of today's weekday is a week ago.
        back = (local.weekday() - _WEEKDAYS[found["day"]]) % 7 or 7
    else:
        return None
    day = (local - timedelta(days=back)).date()
    return _at(found, day.year, day.month, day.day, local)


def _without_year(folded: str, local: datetime) -> datetime | None:
    found = _NO_YEAR.fullmatch(folded)
    month = MONTHS.get((found["month"] or found["month2"]) if found else "")
    if not found or month is None:
        return None
    day = int(found["a"] or found["a2"])
    when = _at(found, local.year, month, day, local)
    # 29 February without a year is the last leap year's.
    for year in range(local.year - 1, local.year - 9, -1):
        if when is not None and when <= local + timedelta(days=1):
            break
        when = _at(found, year, month, day, local)
    return when


def _at(found: re.Match[str], year: int, month: int, day: int, local: datetime) -> datetime | None:
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    if half := found["half"]:
        hour = hour % 12 + (12 if half in ("pm", "os") else 0)
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=local.tzinfo)
    except ValueError:
        return None
