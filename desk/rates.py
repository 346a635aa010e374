"""What the past says of how many cases come and how long an answer takes; little data is pulled towards a prior. Pure.

Both are empirical Bayes by hand: a mean over n observations counts n, the level above it counts a fixed weight; so a
desk that began yesterday has sensible numbers, and one with months of history has its own.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from desk.forecast import Effort

PRIOR_EFFORT = Effort(math.log(480), 0.8)
"""Before anything is known an answer takes 8 minutes in the middle, and four in five take 3 to 22: our own guess."""

PRIOR_ANSWERS = 5.0
"""Answers that the guess counts as."""

TOPIC_ANSWERS = 10.0
"""Answers that the level above counts as: the whole desk for a topic, the topic for a topic on one channel."""

PRIOR_SPREAD = 10.0
"""Answers that the guess of the spread counts as."""

SHORTEST_S, LONGEST_S = 30.0, 7200.0
"""Bounds of a handling time in seconds: a paste takes half a minute; over two hours somebody had lunch or a meeting."""

CLASS_WEEKS = 2.0
"""Weeks that the hour of the day on this kind of day counts as, for the hour of the week."""

HOUR_WEEKS = 4.0
"""Hours that the mean over everything counts as, for the hour of the day."""

PRIOR_RATE = 0.02
"""Cases an hour of a desk of which nothing is known: next to none, as it will soon know better."""

PRIOR_DAY_SHAPE = 6.0
"""Of the day's factor before days were seen: a standard deviation of 40 % of the day's cases."""

PRIOR_DAYS = 7.0


@dataclass(frozen=True)
class Answered:
    """One answer that was given: of what topic, on which channel, in how many seconds of handling."""

    topic: str
    channel: str
    seconds: float


@dataclass(frozen=True)
class Efforts:
    """Handling times by topic and channel. `error` is the standard error of the whole desk's mean logarithm."""

    whole: Effort
    by_topic: dict[str, Effort]
    by_pair: dict[tuple[str, str], Effort]
    error: float
    answers: int

    def of(self, topic: str, channel: str) -> Effort:
        """What a case of this topic on this channel is expected to take."""
        return self.by_pair.get((topic, channel)) or self.by_topic.get(topic) or self.whole


def fit_efforts(answers: Iterable[Answered]) -> Efforts:
    """Log-normal handling times from what was answered; those longer than LONGEST_S are left out."""
    kept = [one for one in answers if 0 < one.seconds <= LONGEST_S]
    logs = [math.log(max(SHORTEST_S, one.seconds)) for one in kept]
    mu = _pulled(logs, PRIOR_EFFORT.mu, PRIOR_ANSWERS)
    squares = sum((value - mu) ** 2 for value in logs)
    sigma = math.sqrt((PRIOR_SPREAD * PRIOR_EFFORT.sigma**2 + squares) / (PRIOR_SPREAD + len(logs)))
    topics: dict[str, list[float]] = {}
    pairs: dict[tuple[str, str], list[float]] = {}
    for one, value in zip(kept, logs, strict=True):
        topics.setdefault(one.topic, []).append(value)
        pairs.setdefault((one.topic, one.channel), []).append(value)
    by_topic = {topic: Effort(_pulled(values, mu, TOPIC_ANSWERS), sigma) for topic, values in topics.items()}
    by_pair = {
        pair: Effort(_pulled(values, by_topic[pair[0]].mu, TOPIC_ANSWERS), sigma) for pair, values in pairs.items()
    }
    return Efforts(Effort(mu, sigma), by_topic, by_pair, sigma / math.sqrt(PRIOR_ANSWERS + len(logs)), len(logs))


def _pulled(values: Sequence[float], towards: float, weight: float) -> float:
    return (weight * towards + sum(values)) / (weight + len(values))


@dataclass(frozen=True)
class Arrivals:
    """New cases an hour, by hour of the week (0 is Monday 00:00 in the desk's zone), and how much days differ:
    1/`day_shape` is the variance of a day's factor, whose mean is 1. `cases` were counted over `weeks`."""

    by_hour: tuple[float, ...]
    day_shape: float
    cases: int
    weeks: float
    zone: ZoneInfo

    def rate(self, at: datetime) -> float:
        """Cases an hour expected at a moment (aware)."""
        return self.by_hour[_hour_of_week(at.astimezone(self.zone))]

    def expected(self, start: datetime, end: datetime) -> float:
        """Cases expected between two moments (aware)."""
        total, at = 0.0, start
        while at < end:
            step = min(end, _next_hour(at))
            total += self.rate(at) * (step - at).total_seconds() / 3600
            at = step
        return total


def fit_arrivals(posted: Iterable[datetime], since: datetime, until: datetime, zone: ZoneInfo) -> Arrivals:
    """The stream of new cases from when they were posted in [since, until) (all aware)."""
    moments = sorted(at.astimezone(zone) for at in posted if since <= at < until)
    counts = Counter(_hour_of_week(at) for at in moments)
    hours = [0.0] * 168
    at = since
    while at < until:
        step = min(until, _next_hour(at))
        hours[_hour_of_week(at.astimezone(zone))] += (step - at).total_seconds() / 3600
        at = step
    whole = (PRIOR_RATE * HOUR_WEEKS + len(moments)) / (HOUR_WEEKS + sum(hours))
    classes: dict[tuple[int, int], list[int]] = {}
    for hour in range(168):
        classes.setdefault(_class(hour), []).append(hour)
    by_hour = [0.0] * 168
    for own in classes.values():
        seen, time = sum(counts[hour] for hour in own), sum(hours[hour] for hour in own)
        alike = (HOUR_WEEKS * whole + seen) / (HOUR_WEEKS + time)
        for hour in own:
            by_hour[hour] = (CLASS_WEEKS * alike + counts[hour]) / (CLASS_WEEKS + hours[hour])
    weeks = (until - since) / timedelta(weeks=1)
    made = Arrivals(tuple(by_hour), PRIOR_DAY_SHAPE, len(moments), weeks, zone)
    return Arrivals(made.by_hour, _day_shape(made, moments, since, until), len(moments), weeks, zone)


def _day_shape(arrivals: Arrivals, moments: Sequence[datetime], since: datetime, until: datetime) -> float:
    """How alike the days are, by the method of moments over whole days: Var = E + E²/shape."""
    by_day = Counter(at.date() for at in moments)
    first, last = since.astimezone(arrivals.zone).date(), until.astimezone(arrivals.zone).date()
    excess = squares = 0.0
    days = 0
    day = first + timedelta(days=1)
    while day < last:
        start = datetime(day.year, day.month, day.day, tzinfo=arrivals.zone)
        expected = arrivals.expected(start.astimezone(UTC), (start + timedelta(days=1)).astimezone(UTC))
        excess += (by_day[day] - expected) ** 2 - expected
        squares += expected**2
        days += 1
        day += timedelta(days=1)
    variance = max(0.0, excess / squares) if squares else 0.0
    return 1 / max(1e-3, (PRIOR_DAYS / PRIOR_DAY_SHAPE + days * variance) / (PRIOR_DAYS + days))


def _class(hour: int) -> tuple[int, int]:
    """Hours of the week that are alike: the same hour of a working day, of a Saturday, of a Sunday."""
    return (max(0, hour // 24 - 4), hour % 24)


def _hour_of_week(local: datetime) -> int:
    return local.weekday() * 24 + local.hour


def _next_hour(at: datetime) -> datetime:
    """The next full hour of UTC; zones half an hour off have their rates half an hour late, which no rate notices."""
    return at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
