"""Days and hours in a reply: whether a promise names one, and which day it is. Folded text, Turkish and English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from desk.replies.reading import Reply

_MONTHS = {
    name: number
    for names in (
        "ocak subat mart nisan mayis haziran temmuz agustos eylul ekim kasim aralik",
        "january february march april may june july august september october november december",
        "jan feb mar apr may jun jul aug sep oct nov dec",
    )
    for number, name in enumerate(names.split(), 1)
}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DAYS = "pazartesi|sali|carsamba|persembe|cuma|cumartesi|pazar|monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_COUNT = (
    r"(?:\d{1,3}|bir|iki|uc|dort|bes|alti|yedi|sekiz|dokuz|on|yarim|one|two|three|four|five|six|seven|ten|an|a|half an)"
)
_UNIT = (
    r"(?:(?:is gunu|gun|saat|dakika|hafta)[a-z]{0,4}|ay|ayda|aya|(?:working |business )?days?|hours?|minutes?|weeks?)"
)

_MOMENT = re.compile(
    rf"(?<![^\W_])(?:"
    rf"\d{{1,2}}\.?\s+(?:{_MONTH})|(?:{_MONTH})\s+\d{{1,2}}|\d{{1,2}}(?:st|nd|rd|th)\b"
    rf"|\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}}|\d{{4}}-\d{{2}}-\d{{2}}|\d{{1,2}}[:.]\d{{2}}|saat\s+\d{{1,2}}"
    rf"|\d{{1,2}}\s?(?:am|pm|a\.m|p\.m)\b|(?:{_DAYS})|bugun|yarin|obur gun|haftaya|bu aksam|gun sonu|mesai bitim"
    rf"|gelecek hafta|onumuzdeki hafta|hafta sonu|today|tonight|tomorrow|next week|end of (?:the )?(?:day|week)|noon"
    rf"|{_COUNT}\s+{_UNIT}(?![^\W_])"
    rf")"
)
_DAY = re.compile(
    rf"(?<![^\W_])(?:(?P<d1>\d{{1,2}})(?:st|nd|rd|th|\.)?\s+(?:of\s+)?(?P<m1>{_MONTH})(?![a-z])(?:'?[a-z]*)?"
    rf"(?:,?\s+(?P<y1>\d{{4}}))?"
    rf"|(?P<m2>{_MONTH})\s+(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s+(?P<y2>\d{{4}}))?(?![\d:.]\d)"
    rf"|(?P<d3>\d{{1,2}})[./](?P<m3>\d{{1,2}})[./](?P<y3>\d{{4}})"
    rf"|(?P<y4>\d{{4}})-(?P<m4>\d{{2}})-(?P<d4>\d{{2}}))(?!\d)"
)


def names_moment(reply: Reply, start: int, end: int) -> bool:
    """Whether a day, an hour or a time span with a number stands between two places of `reply.plain`."""
    return reply.holds(_MOMENT, start, end)


def days(reply: Reply, today: date) -> Iterator[tuple[date, int, int]]:
    """The calendar days named in a reply with their places in `plain`; without a year the one nearest to `today`."""
    for match in _DAY.finditer(reply.plain):
        for form in "1234":
            if match.group("d" + form):
                found = _day(match.group("y" + form), match.group("m" + form), match.group("d" + form), today)
                if found is not None:
                    yield found, match.start(), match.end()


def _day(year: str | None, month: str, day: str, today: date) -> date | None:
    number = _MONTHS.get(month) or (int(month) if month.isascii() and month.isdigit() else 0)
    years = [int(year)] if year else [today.year - 1, today.year, today.year + 1]
    found: list[date] = []
    for one in years:
        try:
            found.append(date(one, number, int(day)))
        except ValueError:
            continue
    return min(found, key=lambda one: abs((one - today).days)) if found else None
