"""Times, lengths and numbers as the board writes them, in the desk's zone and the reader's language."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_compact_decimal, format_currency, format_decimal, format_percent

from board.texts import Texts
from desk.room import Room

_UNITS = (("unit.day", 86_400), ("unit.hour", 3_600), ("unit.minute", 60), ("unit.second", 1))


@dataclass(frozen=True)
class Moments:
    """Writes moments for one reader: their language, the desk's zone, and the present moment (aware)."""

    texts: Texts
    zone: ZoneInfo
    now: datetime

    def clock(self, at: datetime) -> str:
        """The clock time alone, 24 hours in both languages: a control room has no a.m."""
        return f"{at.astimezone(self.zone):%H:%M}"

    def near(self, at: datetime) -> str:
        """A moment as people say it: `18:00` today, `yarın 11:00`, `Pzt 11:00` within the week, `24 Kas 11:00`."""
        local, today = at.astimezone(self.zone), self.now.astimezone(self.zone).date()
        days = (local.date() - today).days
        time = self.clock(at)
        if days == 0:
            return time
        if days in (1, -1):
            return self.texts.say("when.tomorrow" if days == 1 else "when.yesterday", time=time)
        if 1 < days < 7:
            return f"{self._format(local, 'EEE')} {time}"
        return f"{self._format(local, 'd MMM' if local.year == self.now.year else 'd MMM y')} {time}"

    def since(self, at: datetime) -> str:
        """A moment as the beginning of what lasts, for a sentence: `14:05'ten` in Turkish, `14:05` in English."""
        near = self.near(at)
        return f"{near}’{_ablative(at.astimezone(self.zone))}" if self.texts.language == "tr" else near

    def weekday(self, at: datetime) -> str:
        """The day alone, for the axis of a week: `Pzt 23`."""
        return self._format(at.astimezone(self.zone), "EEE d")

    def day(self, on: date) -> str:
        """A day with its weekday: `24 Kas Sal`."""
        return format_date(on, "d MMM EEE" if on.year == self.now.year else "d MMM y EEE", locale=self.texts.language)

    def dated(self, at: datetime) -> str:
        """A moment with its weekday and date, for a calendar: `27 Kas Cum 17:30`."""
        local = at.astimezone(self.zone)
        return self._format(local, "d MMM EEE HH:mm" if local.year == self.now.year else "d MMM y EEE HH:mm")

    def full(self, at: datetime) -> str:
        """A moment to the second with its date, for the log."""
        return self._format(at.astimezone(self.zone), "d MMM y EEE HH:mm:ss")

    def length(self, seconds: float) -> str:
        """A length in its two largest units: `2 sa 5 dk`, `45 sn`."""
        return length_in(seconds, self.texts)

    def box(self, length: timedelta) -> str:
        """A time box such as `30 dk`."""
        return self.length(length.total_seconds())

    def number(self, value: float | Decimal) -> str:
        """A number with the language's separators."""
        return format_decimal(value, locale=self.texts.language)

    def compact(self, value: int) -> str:
        """A large number in short: `3,4 B` in Turkish, `3.4K` in English."""
        return _compact(value, self.texts.language)

    def followers(self, number: int | None) -> str:
        """How many follow somebody: `3,4 B takipçi`; empty for nobody and where it is not known."""
        return self.texts.say_number("who.followers", number, self.compact(number)) if number else ""

    def percent(self, share: float) -> str:
        """A share in [0, 1] as whole percent: `%88` in Turkish, `88%` in English."""
        return format_percent(share, locale=self.texts.language)

    def percent_floor(self, share: float) -> str:
        """A share as percent that is never rounded up to whole: 99.96 % of a day is half a minute short of it."""
        form = "%#,##0.#" if self.texts.language == "tr" else "#,##0.#%"
        return format_percent(math.floor(share * 1000) / 1000, form, locale=self.texts.language)

    def money(self, amount: Decimal, currency: str) -> str:
        """An amount with its currency, as the language writes it."""
        return format_currency(amount, currency, locale=self.texts.language)

    def _format(self, local: datetime, pattern: str) -> str:
        return format_datetime(local, pattern, tzinfo=self.zone, locale=self.texts.language)


def length_in(seconds: float, texts: Texts) -> str:
    """A length of time in its two largest units, in a language: `2 sa 5 dk`, `45 sn`."""
    left = int(seconds)
    parts: list[str] = []
    for key, size in _UNITS:
        count, left = divmod(left, size)
        if count or (key == "unit.second" and not parts):
            parts.append(texts.say(key, n=format_decimal(count, locale=texts.language)))
        if len(parts) == 2:
            break
    return " ".join(parts)


@lru_cache(4096)
def _compact(value: int, language: str) -> str:
    return format_compact_decimal(value, fraction_digits=1 if value < 100_000 else 0, locale=language)


# How the last word of a spoken number sounds: bir, iki, üç …; then on, yirmi, otuz, kırk, elli.
_ONES = ("dan", "den", "den", "ten", "ten", "ten", "dan", "den", "den", "dan")
_TENS = {1: "dan", 2: "den", 3: "dan", 4: "tan", 5: "den"}


def _ablative(local: datetime) -> str:
    """The Turkish ending 'from' after a clock time: `14:05` is read `on dört sıfır beş`, so it takes `ten`."""
    number = local.minute or local.hour
    return _ONES[number % 10] if number % 10 or not number else _TENS[number // 10]


def now_of(desk: Room) -> datetime:
    """The present moment on a desk: in a drill the drill's, which may run faster than ours."""
    return desk.settings.moment(datetime.now(UTC))


def clock_of(desk: Room, now: datetime) -> dict[str, Any]:
    """The desk's clock for the browser, which goes on from it by itself: its moment, and seconds that pass a second."""
    try:
        drill = desk.settings.drill
    except Exception:  # a desk that cannot be reached has no drill; the page says what is wrong with it
        drill = None
    return {"now": epoch_ms(now), "speed": 1 if drill is None else drill.speed, "drill": drill is not None}


def epoch_ms(at: datetime | None) -> int | None:
    """A moment as the browser counts it; the browser ticks from this and asks nobody."""
    return None if at is None else int(at.timestamp() * 1000)
