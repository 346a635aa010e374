"""Days that a text names: `12.11.2025`, `3 Mart`, `March 3rd`, `geçen salı`, `yarın 17:00`, `3 gün önce`.

Our own grammar: a general date library finds neither the Turkish endings (`3 Mart'ta`, `salıya`) nor ASCII typing, and
takes `12 ara`, `7/24` and prices for dates.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from nlp.extract import days, numbers
from nlp.extract.found import Precision, Unit, When
from nlp.extract.reading import Reading, Taken

_END = (
    r"(?:'?(?:y?[aeiu]|n?[iu]n|d[ae]n?|t[ae]n?|d[ae]ki|t[ae]ki|[iu]nd[ae]n?|[iu]nd[ae]ki|[iu]n[ae]"
    r"|s[iu]nd[ae]n?|s[iu]|l[iu]))?(?![a-z0-9])"
)
_MONTH = "|".join(sorted(days.MONTHS, key=len, reverse=True))
_WEEKDAY = "|".join(sorted(days.WEEKDAYS, key=len, reverse=True))
_UNIT = r"(?P<unit>is ?gun|gun|hafta|ay|yil|sene|saat|dakika|dk)"

_NUMERIC = re.compile(
    r"(?<![\d.,/:-])(?:(?P<iso>\d{4}-\d{1,2}-\d{1,2})|(?P<d>\d{1,2})(?P<s>[./-])(?P<m>\d{1,2})(?P=s)(?P<y>\d{4}|\d\d))"
    r"(?!\d|[./-]\d)"
)
_SHORT = re.compile(r"(?<![\d.,/:-])(?P<d>\d{1,2})[./](?P<m>\d{1,2})(?= tarih)")
_DAY_MONTH = re.compile(
    rf"(?<![\d.,/:-])(?P<d>\d{{1,2}})(?:st|nd|rd"
    rf"|th)?(?: of)?[ .-]?(?P<month>{_MONTH})(?:[ ,.'-]{{1,3}}(?P<y>(?:19|20)\d\d)(?!\d))?{_END}"
)
_MONTH_DAY = re.compile(
    rf"(?<![a-z0-9])(?P<month>{_MONTH})\.?(?:'?[iu]n)? (?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?!\d"
    rf"|[.:]\d)(?:,? (?P<y>(?:19|20)\d\d)(?!\d))?{_END}"
)
_OF_MONTH = re.compile(
    rf"(?<![a-z0-9])(?P<which>bu |gecen |gectigimiz |gelecek |onumuzdeki )?ayin (?P<d>\d{{1,2}}){_END}"
)
_NEAR_DAYS = re.compile(
    r"(?<![a-z0-9])(?:(?P<before2>evvelsi gun|evvelki gun|onceki gun|dunden onceki gun|day before yesterday)"
    r"|(?P<before1>dun|yesterday|last night)|(?P<today>bu ?gun|bu sabah|bu aksam|bu gece|bu ogle\w{0,4}|today|tonight"
    r"|this (?:morning|afternoon|evening))|(?P<after2>obur gun|oburgun|yarin degil obur gun|day after tomorrow)"
    r"|(?P<after1>yarin|tomorrow))"
    r"(?P<end>(?:'?(?:ku|ki|den|dan|e|a|ya|un|in|nin|n))?(?: (?:sabah|aksam|gece|oglen|ogle|morning|evening"
    r"|night|afternoon)"
    r"(?:[iu]|ustu|leyin|dan|tan|a|e)?)?)(?![a-z0-9])"
)
_WEEKDAYS = re.compile(
    rf"(?<![a-z0-9])(?P<which>(?:gecen|gectigimiz|gelecek|onumuzdeki|bu|haftaya|gecen hafta|gelecek hafta|last"
    rf"|next|this|on"
    rf"|by|until|till|this coming|every|her) )?(?P<day>{_WEEKDAY})(?P<tail>s?(?:'?(?:ye|ya|den|dan|yi|nin|de|da|ydi))?)"
    rf"(?P<gun> (?:gun[a-z]{{0,6}}|sabah\w{{0,3}}|aksam\w{{0,3}}|ogle\w{{0,3}}|morning|evening|night"
    rf"|afternoon))?(?![a-z0-9])"
)
_AGO = re.compile(
    rf"(?P<n>(?<![\d.,/:-])\d{{1,4}}(?:[.,]\d)?(?![\d]) ?|{numbers.WORDS}){_UNIT} (?P<way>once|evvel"
    rf"|sonra)(?:ki|si|ydi|den|sine)?(?![a-z])"
)
_AGO_EN = re.compile(
    rf"(?P<n>(?<![\d.,/:-])\d{{1,4}}(?![\d]) ?|{numbers.WORDS})(?P<unit>business day|working day|day|week|month"
    rf"|year|hour|hr|minute|min)s? ago(?![a-z])"
    rf"|(?<![a-z])in (?P<n2>\d{{1,4}} |{numbers.WORDS})(?P<unit2>day|week|month|hour)s?(?:' time)?(?![a-z])"
)
_PERIOD = re.compile(
    r"(?<![a-z0-9])(?P<which>gecen|gectigimiz|gelecek|onumuzdeki|last|next) (?P<unit>hafta|ay|yil|sene|week|month|year)"
    r"(?:'?(?:dan|den|ki|tan|nin|in|ya|a|s|si))?(?! (?:"
    + _WEEKDAY
    + r"))(?![a-z0-9])|(?<![a-z0-9])(?P<haftaya>haftaya)(?! (?:"
    + _WEEKDAY
    + r"))(?![a-z0-9])"
)
_TIME = re.compile(
    r"(?<![\d.,:/-])(?:(?P<saat>saat|at) )?(?P<h>\d{1,2})(?:[:.](?P<m>\d\d))?(?![\d:/-]|[.,]\d)[ ]?(?P<half>am"
    r"|pm|a\.m\.?|p\.m\.?)?"
    r"(?P<end>'?(?:d[ae]n?|t[ae]n?|y?[aeiu]|s[iu]nd[ae])(?![a-z]))?(?![a-z0-9₺$€%-])"
)
_TO_TIME = re.compile(r"[ ,]{0,2}(?:gunu )?(?:tarihinde )?(?:sabah\w* |aksam\w* |ogle\w* )?[(-]? ?(?=saat \d|at \d|\d)")
_AHEAD = re.compile(
    r"(?:[ae]ca[kg]|[ae]ce[kg])(?!\w{0,4}t[iu])|(?<![a-z])(?:will|going to|gonna|kadar)(?![a-z])|'ll(?![a-z])"
)
_BEHIND = re.compile(
    r"[a-z]{2,}(?:d[iu]|t[iu]|m[iu]s)(?:m|k|n[iu]z|l[ae]r)?(?![a-z])|(?<![a-z])(?:was|did|got|bought|came|had"
    r"|[a-z]{3,}ed)(?![a-z])"
)
_PRECISION: dict[Unit, Precision] = {"day": "day", "workday": "day", "week": "week", "month": "month", "year": "year"}
_NEXT = frozenset({"gelecek", "onumuzdeki", "bu", "haftaya", "gelecek hafta", "next", "this", "this coming", "by",
                   "until", "till"})  # fmt: skip
_CLAUSE = 60
"""Characters after a day in which a verb may tell whether it is ahead or behind: about the clause."""


class _Seen(NamedTuple):
    start: int
    end: int
    day: date
    at: datetime | None = None
    precision: Precision = "day"
    assumed: bool = False


class _Now(NamedTuple):
    today: date
    at: datetime
    zone: ZoneInfo


def find(reading: Reading, taken: Taken, said_at: datetime, zone: ZoneInfo) -> Iterator[When]:
    """The days named, the surest forms first; what is found is taken. `said_at` is aware."""
    for seen in named(reading.plain, said_at, zone):
        if taken.take(seen.start, seen.end):
            yield When(*reading.span(seen.start, seen.end), seen.day, seen.at, seen.precision, seen.assumed)


def named(plain: str, said_at: datetime, zone: ZoneInfo) -> Iterator[_Seen]:
    """The days in a reading's text, the surest forms first; places may overlap."""
    local = said_at.astimezone(zone)
    now = _Now(local.date(), local, zone)
    for form in (_numeric, _by_name, _ago, _near, _weekdays, _periods):
        for seen in form(plain, now):
            yield _with_time(plain, seen, now)
    yield from _times(plain, now)


def _numeric(plain: str, now: _Now) -> Iterator[_Seen]:
    for match in _NUMERIC.finditer(plain):
        if match.group("iso"):
            year, month, day = (int(part) for part in match.group("iso").split("-"))
            found, assumed = days.made(day, month, year), False
        else:
            first, second, year = int(match.group("d")), int(match.group("m")), int(match.group("y"))
            found, assumed = days.made(first, second, year), first <= 12 and second <= 12 and match.group("s") == "/"
            if found is None:
                found = days.made(second, first, year)  # 11/21/2026: only the American order makes a date
        if found is not None and 1_950 < found.year < 2_100:
            yield _Seen(*match.span(), found, assumed=assumed)
    for match in _SHORT.finditer(plain):
        found = days.nearest_year(int(match.group("d")), int(match.group("m")), now.today)
        if found is not None:
            yield _Seen(*match.span(), found, assumed=True)


def _by_name(plain: str, now: _Now) -> Iterator[_Seen]:
    for pattern in (_DAY_MONTH, _MONTH_DAY):
        for match in pattern.finditer(plain):
            day, month, year = int(match.group("d")), days.MONTHS[match.group("month")], match.group("y")
            if year:
                found = days.made(day, month, int(year))
            else:
                clause = _clause(plain, match.end())
                way = 1 if _AHEAD.search(clause) else -1 if _BEHIND.search(clause) else 0
                found = days.nearest_year(day, month, now.today, way)
            if found is not None:
                yield _Seen(*match.span(), found, assumed=year is None)
    for match in _OF_MONTH.finditer(plain):
        which = (match.group("which") or "").strip()
        step = -1 if which in ("gecen", "gectigimiz") else 1 if which in ("gelecek", "onumuzdeki") else 0
        first = days.moved(now.today.replace(day=1), step, "month")
        found = days.made(int(match.group("d")), first.month, first.year) if first else None
        if found is not None:
            yield _Seen(*match.span(), found, assumed=not which)


def _clause(plain: str, at: int) -> str:
    return re.split(r"[.!?\n;]", plain[at : at + _CLAUSE], maxsplit=1)[0]


def _near(plain: str, now: _Now) -> Iterator[_Seen]:
    steps = {"before2": -2, "before1": -1, "today": 0, "after1": 1, "after2": 2}
    for match in _NEAR_DAYS.finditer(plain):
        step = next(steps[name] for name in steps if match.group(name))
        found = days.moved(now.today, step, "day")
        if found is not None:
            yield _Seen(*match.span(), found)


def _weekdays(plain: str, now: _Now) -> Iterator[_Seen]:
    for match in _WEEKDAYS.finditer(plain):
        which = (match.group("which") or "").strip()
        name, tail, gun = match.group("day"), match.group("tail").strip("'"), match.group("gun")
        if which in ("every", "her") or (tail.startswith("s") and len(tail) == 1):
            continue
        if name == "pazar" and not (which or gun):
            continue  # pazar is a market too
        number = days.WEEKDAYS[name]
        told_back = which in ("gecen", "gectigimiz", "gecen hafta", "last")
        told_ahead = which in _NEXT or tail in ("ye", "ya") or (gun or "").endswith("une")
        clause = _clause(plain, match.end())
        ahead = told_ahead or (not told_back and _AHEAD.search(clause) is not None)
        try:
            found = days.weekday(number, now.today, ahead=ahead)
            if which in ("haftaya", "gelecek hafta", "gecen hafta"):
                monday = now.today - timedelta(days=now.today.weekday())
                found = monday + timedelta(days=number + (-7 if which == "gecen hafta" else 7))
        except OverflowError:
            continue
        yield _Seen(*match.span(), found, assumed=not (told_back or told_ahead))


def _ago(plain: str, now: _Now) -> Iterator[_Seen]:
    for pattern in (_AGO, _AGO_EN):
        for match in pattern.finditer(plain):
            groups = match.groupdict()
            written = (groups.get("n") or groups.get("n2") or "").strip()
            unit = days.UNITS[(groups.get("unit") or groups.get("unit2") or "").replace("isgun", "is gun")]
            ahead = groups.get("way") == "sonra" or groups.get("n2") is not None
            if groups.get("n2") and written in ("a", "an", "half", "half an", "half a"):
                continue  # 'in a day' says how fast, not when
            amount = numbers.digits(written) if written[:1].isdigit() else numbers.spelled(written)
            if amount is None or amount > 10_000:
                continue
            yield from _moved(match, now, float(amount) * (1 if ahead else -1), unit)


def _moved(match: re.Match[str], now: _Now, amount: float, unit: Unit) -> Iterator[_Seen]:
    if unit in ("hour", "minute"):
        at = now.at + timedelta(hours=amount) if unit == "hour" else now.at + timedelta(minutes=amount)
        yield _Seen(*match.span(), at.date(), at, "time")
        return
    found = days.moved(now.today, round(amount), unit)
    precision = _PRECISION[unit]
    if found is not None:
        yield _Seen(*match.span(), found, precision=precision)


def _periods(plain: str, now: _Now) -> Iterator[_Seen]:
    for match in _PERIOD.finditer(plain):
        if match.group("haftaya"):
            unit: Unit = "week"
            step = 1
        else:
            unit = days.UNITS[match.group("unit")]
            step = -1 if match.group("which") in ("gecen", "gectigimiz", "last") else 1
        found = days.moved(now.today, step, unit)
        if found is not None:
            yield _Seen(*match.span(), found, precision=_PRECISION[unit])


def _with_time(plain: str, seen: _Seen, now: _Now) -> _Seen:
    """The day with the time of day that follows it: `yarın saat 17:00'de`."""
    gap = _TO_TIME.match(plain, seen.end)
    if gap is None or seen.precision != "day":
        return seen
    match = _TIME.match(plain, gap.end())
    at = (
        _clock(match, seen.day, now)
        if match and (match.group("m") or match.group("saat") or match.group("half"))
        else None
    )
    return seen._replace(end=match.end(), at=at, precision="time") if match and at else seen


def _times(plain: str, now: _Now) -> Iterator[_Seen]:
    """Times of day without a day: those of the day on which the text was written, as far as anybody can tell."""
    for match in _TIME.finditer(plain):
        told = match.group("half") or (match.group("saat") and (match.group("m") or match.group("end")))
        if not told and not (match.group("m") and match.group("end") and ":" in match.group()):
            continue
        at = _clock(match, now.today, now)
        if at is not None:
            yield _Seen(*match.span(), now.today, at, "time", assumed=True)


def _clock(match: re.Match[str], day: date, now: _Now) -> datetime | None:
    hour, minute = int(match.group("h")), int(match.group("m") or 0)
    half = (match.group("half") or "")[:1]
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    return days.moment(day, hour, minute, now.zone)
