"""Business days of Turkey, for the deadlines that marketplaces give in them. Pure.

Assumptions, since the marketplaces do not publish how they count: a business day is a whole day from Monday to Friday
that is no public holiday (the eves of holidays, half days by law, count as business days); the days run from the
moment of asking (asked on Monday at 10:00, three days end on Thursday at 10:00), and what is asked on a day off counts
from the beginning of the next business day. Of two readings this is the earlier deadline.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

ZONE = ZoneInfo("Europe/Istanbul")


@lru_cache(maxsize=32)
def _holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("TR", years=year))


def is_workday(day: date) -> bool:
    """Whether a day is a business day in Turkey; half days are."""
    return day.weekday() < 5 and day not in _holidays(day.year)


def after_workdays(start: datetime, days: int) -> datetime:
    """The moment `days` business days after `start` (aware), in UTC."""
    local = start.astimezone(ZONE)
    day, clock = local.date(), local.time()
    if not is_workday(day):
        clock = time()
        while not is_workday(day):
            day += timedelta(days=1)
    for _ in range(days):
        day += timedelta(days=1)
        while not is_workday(day):
            day += timedelta(days=1)
    return datetime.combine(day, clock, ZONE).astimezone(UTC)
