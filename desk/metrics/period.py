"""A period of whole days in the desk's zone, and the one before it of as many days. Pure.

A period begins and ends at local midnight, so that one with a change of the clock is 23 or 25 hours to a day; lengths
within it are real seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LASTS = ("day", "week", "month")
"""What `Period.last` knows: yesterday, the last whole week (Monday to Sunday), the last whole month."""

LONGEST_DAYS = 3660


@dataclass(frozen=True)
class Period:
    """Local days from `first` to `last`, both included, in `zone`. Raises ValueError where they are not in order."""

    first: date
    last: date
    zone: ZoneInfo

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"the period ends on {self.last}, before it begins on {self.first}")
        if self.days > LONGEST_DAYS:
            raise ValueError(f"the period is longer than {LONGEST_DAYS} days")

    @classmethod
    def day(cls, day: date, zone: ZoneInfo) -> Period:
        """One day."""
        return cls(day, day, zone)

    @classmethod
    def yesterday(cls, now: datetime, zone: ZoneInfo) -> Period:
        """The day before the one that `now` (aware) lies in."""
        return cls.last_of("day", now, zone)

    @classmethod
    def last_of(cls, what: str, now: datetime, zone: ZoneInfo) -> Period:
        """The last whole `day`, `week` or `month` before the day of `now` (aware). Raises ValueError for another."""
        today = now.astimezone(zone).date()
        if what == "day":
            return cls(today - timedelta(days=1), today - timedelta(days=1), zone)
        if what == "week":
            monday = today - timedelta(days=today.weekday())
            return cls(monday - timedelta(days=7), monday - timedelta(days=1), zone)
        if what == "month":
            end = today.replace(day=1) - timedelta(days=1)
            return cls(end.replace(day=1), end, zone)
        raise ValueError(f"{what!r} is not one of {', '.join(LASTS)}")

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    @property
    def start(self) -> datetime:
        """The first moment of it, UTC."""
        return midnight(self.first, self.zone)

    @property
    def end(self) -> datetime:
        """The first moment after it, UTC."""
        return midnight(self.last + timedelta(days=1), self.zone)

    @property
    def before(self) -> Period:
        """The period of as many days that ends where this one begins."""
        return Period(self.first - timedelta(days=self.days), self.first - timedelta(days=1), self.zone)

    def each_day(self) -> tuple[Period, ...]:
        """Its days, one by one."""
        return tuple(Period.day(self.first + timedelta(days=n), self.zone) for n in range(self.days))

    def holds(self, at: datetime) -> bool:
        """Whether a moment (aware) lies in it."""
        return self.start <= at < self.end


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a local day, UTC. Where the clock jumps over midnight, the moment of the jump."""
    # fold 0 reads a skipped time by the offset before the jump, which lies after it: the same moment of UTC
    return datetime.combine(day, time(), zone).astimezone(UTC)
