"""How long something has lasted: `12 gündür`, `iki aydan beri`, `3 hafta oldu`, `for 12 days`, `since Monday`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from nlp.extract import dates, days, numbers
from nlp.extract.found import Lasting, Unit
from nlp.extract.reading import Reading, Taken

_COUNT = rf"(?:(?<![\d.,/:-])(?:(?P<least>\d{{1,3}})-)?\d{{1,4}}(?:[.,]\d)?(?![\d])(?: bucuk)? ?|{numbers.WORDS})"
_TURKISH = re.compile(
    rf"(?P<n>{_COUNT}) ?(?P<unit>is ?gun|gun|hafta|ay|yil|sene|saat|dakika|dk|sa)(?P<rest>[a-z' ]{{0,24}})"
)
# What follows the unit when it lasts until now, and when it is only a length.
_SINCE_REST = re.compile(
    r"'?[iu]?[dt][iu]r(?![a-z])|'?(?:d[ae]n|t[ae]n) (?:beri|bu yana|fazla(?:dir| oldu| zamandir| suredir)?)(?![a-z])"
    r"|'?(?:[yi]?[iu])? ?(?:oldu|gecti|doldu|asti|gecmis|olmus|oluyor|olmasina ragmen|gecmesine ragmen"
    r"|gecmistir)(?![a-z])"
    r"|'?y?[iu] ?(?:gec|as)(?:ti|mis|iyor)(?![a-z])|'?(?:d[ae]n|t[ae]n)dir|u(?:dur| oldu| gecti)(?![a-z])"
    r"|'?(?:lik)? suredir(?![a-z])"
)
_LENGTH_REST = re.compile(r" (?:bekle(?:di|t|mi)|sur(?:du|ecek|uyor)|boyunca|suren|bekledi)")
_VAGUE = re.compile(r"(?<![a-z0-9])(?P<unit>gun|hafta|ay|yil|sene|saat|dakika)l[ae]rd[iu]r(?![a-z])")
_ENGLISH_UNIT = r"(?P<unit>working day|business day|day|week|month|year|hour|hr|minute|min|yr)s?"
_FOR = re.compile(
    rf"(?P<lead>(?<![a-z])(?:for|been|in|over|more than|almost|nearly|about|already|past|last|took|waited"
    rf"|after) (?:(?:over|more than|almost"
    rf"|nearly|about|the|the past|the last|at least) )?)?(?P<n>{_COUNT}){_ENGLISH_UNIT}(?P<rest>(?: (?:now"
    rf"|already|later"
    r"|have passed|has passed|and counting|passed|straight))?)(?![a-z])"
)
_HAVE = re.compile(
    r"(?:(?<![a-z])(?:have|has|been|waiting|still|nothing|no one|nobody|had|havent|hasnt|without|not)|'ve|n't"
    r"|'s been)(?![a-z])"
)
_VAGUE_EN = re.compile(r"(?<![a-z])for (?P<unit>day|week|month|year|hour)s(?: now)?(?![a-z])")
_SINCE_EN = re.compile(r"(?<![a-z])since (?:the )?(?=[a-z0-9])")
_BERI = re.compile(r"(?:'?(?:d[ae]n|t[ae]n))? (?:beri|bu yana)(?![a-z])")
_MORNING = re.compile(r"(?<![a-z])(?:bu )?sabahtan beri|(?<![a-z])since this morning|(?<![a-z])sabahtan bu yana")


def find(reading: Reading, taken: Taken, said_at: datetime, zone: ZoneInfo) -> Iterator[Lasting]:
    """What lasts, form by form; what is found is taken. `said_at` is aware."""
    plain, local = reading.plain, said_at.astimezone(zone)
    seen = [*_from_a_day(plain, local, zone), *_counted(plain, local), *_vague(plain)]
    for start, end, amount, unit, since, since_at, ongoing in seen:
        if taken.take(start, end):
            yield Lasting(*reading.span(start, end), amount, unit, since, since_at, ongoing)


_One = tuple[int, int, Decimal | None, Unit | None, date | None, datetime | None, bool]


def _counted(plain: str, local: datetime) -> Iterator[_One]:
    for match in _TURKISH.finditer(plain):
        rest = match.group("rest")
        since = _SINCE_REST.match(rest)
        length = _LENGTH_REST.match(rest)
        if since is None and length is None:
            continue
        end = match.start("rest") + (since.end() if since else 0)
        yield from _one(match, match.start(), end, local, since is not None)
    for match in _FOR.finditer(plain):
        lead, rest = (match.group("lead") or "").strip(), match.group("rest")
        if not lead and not rest:
            continue
        before = plain[max(0, match.start() - 60) : match.start()]
        lasts = lead.startswith(("for", "in", "over", "more", "almost", "nearly", "about")) and _HAVE.search(before)
        ongoing = rest.strip() not in ("", "later", "straight") or lead.startswith(("been", "already")) or bool(lasts)
        if not ongoing and not lead.startswith(("for", "took", "waited", "after", "over", "more")):
            continue
        yield from _one(match, match.start(), match.end(), local, ongoing)


def _one(match: re.Match[str], start: int, end: int, local: datetime, ongoing: bool) -> Iterator[_One]:
    written = match.group("n").strip()
    unit = days.UNITS[match.group("unit").replace("isgun", "is gun")]
    amount = _amount(written, match.group("least"))
    if amount is None or amount <= 0 or amount > 10_000:
        return
    if not ongoing:
        yield start, end, amount, unit, None, None, False
        return
    since_at: datetime | None = None
    since: date | None
    if unit in ("hour", "minute"):
        since_at = local - timedelta(minutes=float(amount) * (60 if unit == "hour" else 1))
        since = since_at.date()
    else:
        whole = int(amount)
        since = days.moved(local.date(), -whole, unit)
        half = {"week": 4, "month": 15, "year": 182, "day": 0, "workday": 0}[unit] if amount != whole else 0
        since = days.moved(since, -half, "day") if since else None
    yield start, end, amount, unit, since, since_at, True


def _amount(written: str, least: str | None) -> Decimal | None:
    if least is not None:  # 3-4 gündür: at least three
        return Decimal(least)
    if written[:1].isdigit():
        half = Decimal("0.5") if written.endswith("bucuk") else Decimal(0)
        return numbers.digits(written.removesuffix("bucuk").strip()) + half
    return numbers.spelled(written)


def _vague(plain: str) -> Iterator[_One]:
    for pattern in (_VAGUE, _VAGUE_EN):
        for match in pattern.finditer(plain):
            yield match.start(), match.end(), None, days.UNITS[match.group("unit")], None, None, True


def _from_a_day(plain: str, local: datetime, zone: ZoneInfo) -> Iterator[_One]:
    """`pazartesiden beri`, `since March 3`: a day that the dates know, and a word that makes it a beginning."""
    for match in _MORNING.finditer(plain):
        yield match.start(), match.end(), None, None, local.date(), None, True
    starts = {match.end(): match.start() for match in _SINCE_EN.finditer(plain)}
    for seen in dates.named(plain, local, zone):
        beri = _BERI.match(plain, seen.end)
        lead = next((starts[at] for at in (seen.start, seen.start - 3) if at in starts), None)
        if beri is None and lead is None:
            continue
        day = seen.day
        if day > local.date():  # 'salıya' is ahead, 'salıdan beri' is not
            day = days.moved(day, -1, "week" if (day - local.date()).days <= 7 else "year") or day
        yield (seen.start if lead is None else lead), (beri.end() if beri else seen.end), None, None, day, seen.at, True
