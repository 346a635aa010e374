"""The meter of one incident: how large, how fast, who carries it, where, and what the next hours likely bring. Pure.

The curve is a dynamic Poisson model (West, Harrison and Migon 1985, "Dynamic generalized linear models and Bayesian
forecasting", JASA 80:73-83) over cells of five minutes: the logarithm of the rate has a level and a slope that wander,
and the slope fades towards a slow decline, because a matter that nobody feeds dies down. Cells are negative binomial
(people write in flurries), and weigh as much as was seen of them: time that was not seen is neither quiet nor a drop.
What comes next is drawn from the model with a fixed seed, so that the same incident always gives the same numbers.

Too little data gives no prediction instead of a bad one; `Meter.silent` says why.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import numpy as np

from playbooks.growth.alarm import Unseen
from playbooks.growth.doubling import Doubling, doubling

CELL = 5.0
"""Minutes of a cell: short enough for a matter that is twenty minutes old."""

QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)
LOOKS_BACK = timedelta(hours=24)
"""What the curve is fitted to; what a matter did the day before yesterday says nothing about the next hour."""

HOURS = (1, 2, 3)
"""Hours ahead that are predicted."""

FEWEST = 8
"""Mentions below which nothing is predicted."""

YOUNGEST = timedelta(minutes=25)
"""Age below which nothing is predicted: five cells."""

SEEN_ENOUGH = 0.5
"""Share of a stretch that must have been seen for its number to say anything."""

SURE = 0.8
"""Probability from which a curve is called rising or falling."""

NOTABLE = math.log(1.1) / 12
"""Change of the logarithm in a cell that makes 10 % in an hour; less is level."""

# Of the model; chosen on simulated incidents with seeds of their own (docs/reference/meter.md says how well it holds).
FADES = 0.5 ** (CELL / 60)
"""What is left of a slope after a cell: half after an hour."""
DECLINE = -math.log(2) * CELL / 240
"""Where the slope tends to: half in four hours."""
SLOPE_NOISE = 0.009
LEVEL_NOISE = 0.06
FLURRY = 0.10
"""Variance of a cell's own factor."""
FIRST_LEVEL, FIRST_SLOPE = 1.5, 0.2
"""Standard deviations of level and slope before anything was seen."""

PATHS = 1500
LOUD = 3
"""So many of the loudest authors are told as those who carry it."""

Phase = Literal["rising", "level", "falling"]


@dataclass(frozen=True)
class Post:
    """One mention of the incident as the meter needs it. `author` may be unknown (empty), and so may the size of their
    `audience` (followers) and whether the account is new."""

    at: datetime
    author: str = ""
    channel: str = ""
    audience: int | None = None
    shares: int = 0
    new_account: bool | None = None


@dataclass(frozen=True)
class Carried:
    """Who carries it. `loudest` is the share (0 to 1) of the three loudest known authors; `voices` how many equally
    loud authors would be as concentrated (one over the sum of squared shares); `new` the share of new accounts among
    those of whom it is known, None where it is known of nobody."""

    authors: int
    unknown: int
    loudest: float
    voices: float
    new: float | None


@dataclass(frozen=True)
class Ahead:
    """Mentions expected in the next `hours`, with the ends of the 80 % interval."""

    hours: int
    low: int
    middle: int
    high: int


@dataclass(frozen=True)
class Meter:
    """An incident at `at`. Speeds are mentions in 15 minutes, by what was seen of them, None where too little was.

    `seen` is the share of the last 15 minutes that was seen; `blind_since` since when nothing at all is. `silent` says
    why there is no prediction: `few`, `young`, `unseen`; empty where there is one.
    """

    at: datetime
    size: int
    first_at: datetime | None
    audience: int
    shares: int
    speed: float | None
    speed_before: float | None
    doubling: Doubling | None
    phase: Phase | None
    carried: Carried
    channels: tuple[tuple[str, int], ...]
    ahead: tuple[Ahead, ...]
    silent: str
    seen: float
    blind_since: datetime | None


def meter(posts: Iterable[Post], now: datetime, unseen: Sequence[Unseen] = (), usual: float = 0.0) -> Meter:
    """The meter of an incident's mentions at `now` (aware); later ones are left out.

    `unseen` is time of which a share was not seen; `usual` what the incident brings in 15 minutes on a quiet day, 0 for
    a matter that is new.
    """
    known = sorted((one for one in posts if one.at <= now), key=lambda one: one.at)
    first = known[0].at if known else None
    seen = _seen(unseen, now - QUARTER, now)
    phase: Phase | None = None
    ahead: tuple[Ahead, ...] = ()
    silent = _silent(known, now, unseen)
    if not silent:
        level, spread = _fit(known, now, unseen)
        phase = _phase(level[1], spread[1, 1])
        ahead = _ahead(level, spread)
    return Meter(
        at=now, size=len(known), first_at=first, audience=_audience(known), shares=sum(one.shares for one in known),
        speed=_speed(known, now, unseen), speed_before=_speed(known, now - HOUR, unseen),
        doubling=_doubling(known, now, unseen, usual) if phase != "falling" else None, phase=phase,
        carried=_carried(known), channels=_channels(known), ahead=ahead, silent=silent, seen=seen,
        blind_since=_blind_since(unseen, now),
    )  # fmt: skip


# --- what was seen


def _seen(unseen: Sequence[Unseen], start: datetime, end: datetime) -> float:
    """The share of [start, end) that was seen; spans over one another hide no more than all."""
    hidden, length = 0.0, (end - start).total_seconds()
    for span in unseen:
        hidden += span.share * max(0.0, (min(end, span.end) - max(start, span.start)).total_seconds())
    return max(0.0, 1 - hidden / length)


def _blind_since(unseen: Sequence[Unseen], now: datetime) -> datetime | None:
    """Since when nothing at all is seen, through spans that follow each other; None where something is."""
    edge = now
    for span in sorted((one for one in unseen if one.share >= 1), key=lambda one: one.end, reverse=True):
        if span.end >= edge > span.start:
            edge = span.start
    return edge if edge < now else None


def _silent(known: Sequence[Post], now: datetime, unseen: Sequence[Unseen]) -> str:
    if _seen(unseen, now - QUARTER, now) < SEEN_ENOUGH or _seen(unseen, now - HOUR, now) < SEEN_ENOUGH:
        return "unseen"
    if len(known) < FEWEST:
        return "few"
    return "young" if now - known[0].at < YOUNGEST else ""


def _speed(known: Sequence[Post], at: datetime, unseen: Sequence[Unseen]) -> float | None:
    seen = _seen(unseen, at - QUARTER, at)
    if seen < SEEN_ENOUGH:
        return None
    return sum(at - QUARTER < one.at <= at for one in known) / seen


def _doubling(known: Sequence[Post], now: datetime, unseen: Sequence[Unseen], usual: float) -> Doubling | None:
    """From the minutes of the last hour since the matter began, or since something was seen again."""
    blind = [span.end for span in unseen if span.share >= SEEN_ENOUGH and span.start < now]
    since = max([now - HOUR, *blind])
    if known and known[0].at > since:
        since = known[0].at - timedelta(minutes=1)
    minutes = int((now - since).total_seconds() // 60)
    if minutes < 15:
        return None
    counts = [0.0] * minutes
    for one in known:
        back = int((now - one.at).total_seconds() // 60)
        if back < minutes:
            counts[minutes - 1 - back] += 1
    return doubling(counts, usual / 15)


# --- who and where


def _audience(known: Sequence[Post]) -> int:
    """Followers of everybody who wrote, each author once; the same people may follow several of them."""
    most: dict[str, int] = {}
    for number, one in enumerate(known):
        name = one.author or f"\0{number}"
        most[name] = max(most.get(name, 0), one.audience or 0)
    return sum(most.values())


def _carried(known: Sequence[Post]) -> Carried:
    counts = Counter(one.author for one in known if one.author)
    unknown = sum(not one.author for one in known)
    size = max(1, len(known))
    loudest = sum(count for _, count in counts.most_common(LOUD)) / size
    squares = sum((count / size) ** 2 for count in counts.values()) + unknown / size**2
    new = {one.author: one.new_account for one in known if one.author and one.new_account is not None}
    return Carried(
        len(counts), unknown, loudest, 1 / squares if squares else 0.0, sum(map(bool, new.values())) / len(new) if new
        else None,
    )  # fmt: skip


def _channels(known: Sequence[Post]) -> tuple[tuple[str, int], ...]:
    counts = Counter(one.channel for one in known if one.channel)
    return tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


# --- the curve


def _fit(known: Sequence[Post], now: datetime, unseen: Sequence[Unseen]) -> tuple[np.ndarray, np.ndarray]:
    """Level (logarithm of mentions a cell) and slope now, with their covariance: one pass over the cells."""
    cell = timedelta(minutes=CELL)
    since = max(known[0].at, now - LOOKS_BACK)
    cells = max(1, math.ceil((now - since) / cell))
    counts = [0] * cells
    for one in known:
        back = int((now - one.at) / cell)
        if back < cells:
            counts[cells - 1 - back] += 1
    mean = np.array([math.log(max(1.0, sum(counts[:3]) / min(3, cells))), 0.0])
    spread = np.diag([FIRST_LEVEL**2, FIRST_SLOPE**2])
    for number, count in enumerate(counts):
        if number:
            mean, spread = _step(mean, spread)
        end = now - (cells - 1 - number) * cell
        seen = _seen(unseen, end - cell, end) if unseen else 1.0
        if seen > 0.05:  # of less, a count says nothing that its weight could mend
            mean, spread = _learn(mean, spread, count, seen)
    return mean, spread


def _step(mean: np.ndarray, spread: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A cell further: the slope moves the level and fades."""
    move = np.array([[1.0, 1.0], [0.0, FADES]])
    after = np.array([mean[0] + mean[1], DECLINE + FADES * (mean[1] - DECLINE)])
    return after, move @ spread @ move.T + np.diag([LEVEL_NOISE**2, SLOPE_NOISE**2])


def _learn(mean: np.ndarray, spread: np.ndarray, count: int, seen: float) -> tuple[np.ndarray, np.ndarray]:
    """A cell's count: the mode of the level's posterior by Newton, and the state moved with it."""
    shape, prior, width = 1 / FLURRY, float(mean[0]), float(spread[0, 0])
    eta = prior
    information = 0.0
    for _ in range(30):
        rate = seen * math.exp(min(20.0, eta))
        pull = shape * (count - rate) / (shape + rate) - (eta - prior) / width
        information = (count + shape) * shape * rate / (shape + rate) ** 2
        move = pull / (information + 1 / width)
        eta += max(-1.0, min(1.0, move))
        if abs(move) < 1e-6:
            break
    after = 1 / (information + 1 / width)
    gain = spread[:, 0] / width
    return mean + gain * (eta - prior), spread - np.outer(gain, gain) * (width - after)


def _phase(slope: float, variance: float) -> Phase:
    """Rising or falling where that is likely by a notable amount; else level."""
    error = math.sqrt(max(variance, 1e-12)) * math.sqrt(2)
    if 0.5 * math.erfc((NOTABLE - slope) / error) >= SURE:
        return "rising"
    return "falling" if 0.5 * math.erfc((NOTABLE + slope) / error) >= SURE else "level"


def _ahead(mean: np.ndarray, spread: np.ndarray) -> tuple[Ahead, ...]:
    """Sums of the next hours over drawn paths."""
    chance = np.random.default_rng(20261122)  # any fixed number: the same incident must give the same numbers
    state = mean + chance.standard_normal((PATHS, 2)) @ np.linalg.cholesky(spread + 1e-9 * np.eye(2)).T
    level, slope = state[:, 0], state[:, 1]
    per_hour, total, found = round(60 / CELL), np.zeros(PATHS), []
    for cell in range(1, per_hour * max(HOURS) + 1):
        level = level + slope + LEVEL_NOISE * chance.standard_normal(PATHS)
        slope = DECLINE + FADES * (slope - DECLINE) + SLOPE_NOISE * chance.standard_normal(PATHS)
        rate = np.exp(np.clip(level, -12, 9)) * chance.gamma(1 / FLURRY, FLURRY, PATHS)
        total = total + chance.poisson(rate)
        if cell % per_hour == 0 and cell // per_hour in HOURS:
            low, middle, high = np.quantile(total, (0.1, 0.5, 0.9))
            found.append(Ahead(cell // per_hour, math.floor(low), round(float(middle)), math.ceil(high)))
    return tuple(found)
