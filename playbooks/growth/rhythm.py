"""How many mentions an hour are usual at each hour of the week, learnt as they come; little history leans on a prior.

Hours are the brand's local ones, so a change to daylight saving moves the rhythm with the people; what counts is the
time that was really seen, so an hour that came twice or never is no mistake. A holiday is read and learnt as a Sunday.
Pure.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

HOURS = 168

DAY = (
    0.45, 0.28, 0.20, 0.16, 0.16, 0.22, 0.38, 0.65, 0.95, 1.20, 1.32, 1.35,
    1.35, 1.35, 1.33, 1.30, 1.30, 1.32, 1.35, 1.45, 1.58, 1.60, 1.35, 0.88,
)  # fmt: skip
"""The day of a brand of which nothing is known yet, mean about 1: people sleep, and write most in the evening. Our own
guess; a week of history outweighs it."""

PRIOR_RATE = 2.0
"""Mentions an hour of a brand of which nothing is known."""

PRIOR_HOURS = 1.0
"""Hours that this guess counts as: after an afternoon the brand's own rate stands."""

CLASS_HOURS = 4.0
"""Hours of usual mentions that the brand's mean times DAY counts as, for the same hour on like days."""

HOUR_WEEKS = 3.0
"""Weeks that the same hour on like days counts as, for the hour of the week."""

TOPIC_WEEKS = 8.0
"""Weeks that the brand's rhythm times the topic's share counts as, for a topic's own hour of the week."""

SHARE = 1 / 17
SHARE_MENTIONS = 60.0
"""A topic is taken for one of seventeen alike until mentions of the brand tell more; so many weigh as much as that."""

FORGETS = 0.5 ** (1 / 8)
"""What a week keeps of the weeks before: half is forgotten in eight weeks."""


@lru_cache(maxsize=4096)
def hour_of_week(hour: int, zone: ZoneInfo, holidays: Set[date]) -> int:
    """The hour of the week (0 is Monday 00:00) of an hour of UTC (hours since 1970); on a holiday, of a Sunday."""
    local = datetime.fromtimestamp(hour * 3600, UTC).astimezone(zone)
    weekday = 6 if local.date() in holidays else local.weekday()
    return weekday * 24 + local.hour


def _alike(hour: int) -> range:
    """The hours of the week that are alike: the same hour of all working days, of Saturday, of Sunday."""
    return range(hour % 24, 120, 24) if hour < 120 else range(hour, hour + 1)


@dataclass
class Rhythm:
    """Mentions and seen hours by hour of the week, the older the less."""

    counts: list[float] = field(default_factory=lambda: [0.0] * HOURS)
    hours: list[float] = field(default_factory=lambda: [0.0] * HOURS)

    def learn(self, hour: int, count: float, seen: float) -> None:
        """One hour of the week that has passed: its mentions, and how much of it was seen (0 to 1)."""
        if seen <= 0:
            return
        self.counts[hour] = self.counts[hour] * FORGETS + count
        self.hours[hour] = self.hours[hour] * FORGETS + seen

    @property
    def total(self) -> float:
        """Mentions that were counted."""
        return sum(self.counts)

    def mean(self, more: float = 0.0, seen: float = 0.0) -> tuple[float, float]:
        """Mentions an hour over the whole week, and how many mentions this is known from.

        `more` and `seen` are of the running hour, as in `rate`.
        """
        shaped = sum(DAY[hour % 24] * hours for hour, hours in enumerate(self.hours)) + seen
        known = PRIOR_RATE * PRIOR_HOURS + self.total + more
        return known / (PRIOR_HOURS + shaped), known

    def rate(self, hour: int, more: float = 0.0, seen: float = 0.0) -> tuple[float, float]:
        """Mentions an hour usual at an hour of the week, and the variance of that as a share of its square.

        `more` mentions came in the running hour so far, in `seen` hours (those weighted by DAY): only the mean takes
        them, for a brand that begins today.
        """
        mean, known = self.mean(more, seen)
        whole = mean * DAY[hour % 24]
        alike = _alike(hour)
        time = sum(self.hours[other] for other in alike)
        like = (CLASS_HOURS * whole + sum(self.counts[other] for other in alike)) / (CLASS_HOURS + time)
        rate = (HOUR_WEEKS * like + self.counts[hour]) / (HOUR_WEEKS + self.hours[hour])
        return rate, 1 / known + 0.25 / (1 + time) + 0.03 / (1 + self.hours[hour])

    def topic_rate(self, hour: int, brand_total: float, brand_rate: float) -> tuple[float, float]:
        """The same for a topic: it leans on the brand's rate, times the topic's share of its `brand_total` mentions."""
        total = self.total
        share = (SHARE * SHARE_MENTIONS + total) / (SHARE_MENTIONS + brand_total)
        rate = (TOPIC_WEEKS * share * brand_rate + self.counts[hour]) / (TOPIC_WEEKS + self.hours[hour])
        return rate, 1 / (SHARE * SHARE_MENTIONS + total)
