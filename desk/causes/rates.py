"""Small numbers compared fairly: is a complaint rate above its own history, and since when. Pure.

Counts are Poisson around a rate that differs a little from week to week, a gamma: so a sum of weeks has a gamma
posterior (Gelman et al., Bayesian Data Analysis, 3rd edition, section 2.6), and the ratio of two rates is a scaled beta
prime, whose interval is exact. Over many products and topics at once something is always unusual by chance; which are
told is decided by the false discovery rate (Benjamini and Hochberg 1995, JRSS B 57:289-300).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from playbooks.growth.chance import surprise

JEFFREYS = 0.5
"""Shape of the prior of a rate: half a complaint, the least that one can know (Jeffreys' prior of a Poisson rate)."""

PRIOR_BETWEEN, PRIOR_WEIGHT = 0.05, 100.0
"""Variance of a week's own factor before a brand is known, and how much (sum of squared expectations) it counts."""

WIDEST = 1.0
DISCOVERIES = 0.1
"""Of the causes that are told as risen, the share that may be chance."""

SURE = 0.9


@dataclass(frozen=True)
class Count:
    """So many people complained in `windows` stretches, of `of` orders or mentions (or other like measure)."""

    people: int
    of: float
    windows: float = 1.0


@dataclass(frozen=True)
class Ratio:
    """A rate beside another: the middle and the ends of the 90 % interval of how many times as high it is, and the
    probability that it is higher at all."""

    low: float
    middle: float
    high: float
    higher: float


def ratio(now: Count, before: Count, between: float = PRIOR_BETWEEN) -> Ratio:
    """The rate of `now` beside that of `before`, with a week's own factor of variance `between`.

    Raises ValueError where one of them has nothing that it is counted of.
    """
    from scipy.special import betainc, betaincinv  # here: loading it takes as long as a report on a small desk

    if now.of <= 0 or before.of <= 0:
        raise ValueError("a rate needs something that it is counted of")
    ours, theirs = _shape(now, between), _shape(before, between)
    mean = (now.people + JEFFREYS) / now.of / ((before.people + JEFFREYS) / before.of)
    scale = mean * theirs / ours  # the gammas have these shapes, and means as counted

    def at(probability: float) -> float:
        share = float(betaincinv(ours, theirs, probability))
        return scale * share / max(1e-300, 1 - share)

    equal = 1 / scale
    return Ratio(at(0.05), at(0.5), at(0.95), 1 - float(betainc(ours, theirs, equal / (1 + equal))))


def _shape(count: Count, between: float) -> float:
    """Shape of the gamma whose variance is that of the counted rate and of the weeks' own factors together."""
    return 1 / (1 / (count.people + JEFFREYS) + between / max(count.windows, 1e-9))


def chance(now: Count, before: Count, between: float = PRIOR_BETWEEN) -> float:
    """The probability (0 to 1) of at least so many people if nothing had changed, from the predictive distribution."""
    if now.people <= 0:
        return 1.0
    usual = now.of * (before.people + JEFFREYS) / before.of
    variance = 1 / (before.people + JEFFREYS) + between / max(before.windows, 1e-9) + between / max(now.windows, 1e-9)
    # `surprise` asks nothing of what lies below the usual; there the probability is taken for a half or more.
    return min(1.0, 10 ** -surprise(now.people, usual, variance)) if now.people > usual else 1.0


def discoveries(chances: Sequence[float]) -> list[float]:
    """Benjamini and Hochberg's adjusted probabilities, in the same order: what is at most DISCOVERIES may be told."""
    order = sorted(range(len(chances)), key=lambda place: chances[place], reverse=True)
    adjusted, least = [1.0] * len(chances), 1.0
    for back, place in enumerate(order):
        least = min(least, chances[place] * len(chances) / (len(chances) - back))
        adjusted[place] = least
    return adjusted


def between_weeks(series: Sequence[tuple[Sequence[int], Sequence[float]]]) -> float:
    """Variance of a week's own factor, by moments over all causes' histories (counts, and what they are counted of),
    pulled towards PRIOR_BETWEEN; at most WIDEST."""
    excess, weight = PRIOR_BETWEEN * PRIOR_WEIGHT, PRIOR_WEIGHT
    for counts, of in series:
        kept = [(n, e) for n, e in zip(counts, of, strict=True) if e > 0]
        total, exposure = sum(n for n, _ in kept), sum(e for _, e in kept)
        if len(kept) < 3 or total == 0:
            continue
        for n, e in kept:
            usual, share = total * e / exposure, 1 - e / exposure
            excess += (n - usual) ** 2 - usual * share
            weight += usual * usual * share
    return min(WIDEST, max(0.01, excess / weight))


@dataclass(frozen=True)
class Began:
    """Where a series likely stepped up: places in it; `low` and `high` are the ends of the 90 % interval."""

    low: int
    likely: int
    high: int


def began(counts: Sequence[int], of: Sequence[float]) -> Began | None:
    """The step up of a series (days), both rates integrated out exactly (Raftery and Akman 1986, Biometrika 73:85-89).

    Only places after which the rate is higher than before are asked about; None where there is none.
    """
    total, exposure = sum(counts), sum(of)
    if total == 0 or exposure <= 0:
        return None
    prior = JEFFREYS * exposure / total
    logs: list[float] = []
    places: list[int] = []
    first, first_of = 0, 0.0
    for place in range(1, len(counts)):
        first, first_of = first + counts[place - 1], first_of + of[place - 1]
        rest, rest_of = total - first, exposure - first_of
        if first_of <= 0 or rest_of <= 0 or rest * first_of <= first * rest_of:
            continue
        logs.append(_whole(first, first_of, prior) + _whole(rest, rest_of, prior))
        places.append(place)
    if not logs:
        return None
    top = max(logs)
    weights = [math.exp(one - top) for one in logs]
    whole = sum(weights)
    low = high = weights.index(max(weights))
    likely, held = places[low], weights[low]
    while held < SURE * whole:  # outwards, always to the likelier side
        left = weights[low - 1] if low > 0 else -1.0
        right = weights[high + 1] if high + 1 < len(weights) else -1.0
        if left >= right:
            low, held = low - 1, held + left
        else:
            high, held = high + 1, held + right
    return Began(places[low], likely, places[high])


def _whole(count: int, of: float, prior: float) -> float:
    """The logarithm of the gamma-Poisson evidence of a count, without what is the same for every place."""
    return math.lgamma(JEFFREYS + count) - (JEFFREYS + count) * math.log(prior + of)
