"""Did the curve bend, when, and what was done in that time? A Bayesian change point of a count series. Pure.

Counts of quarters of an hour are negative binomial around a rate whose logarithm is a line with at most one bend:

    log rate = a + b·(t - tau) + d·max(0, t - tau)

`b` is the growth before, `b + d` after. For each possible tau (every five minutes) and each of a few spreads, the
parameters are integrated out by Laplace's approximation (Tierney and Kadane 1986, JASA 81:82-86); with a uniform prior
over tau this gives its posterior, as in Raftery and Akman 1986 (Biometrika 73:85-89) and Carlin, Gelfand and Smith 1992
(Applied Statistics 41:389-405) for rates with one change. A series without a bend is the other hypothesis, and half as
likely as not beforehand.

An action that lies in the credible interval was done at that time; whether it was the reason is not in the numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from playbooks.growth.alarm import Unseen

BIN = timedelta(minutes=15)
GRID = 3
"""Possible change points in a bin: every five minutes."""

FEWEST_BINS, FEWEST = 8, 20
"""Bins that were seen, and mentions, below which nothing is said: two hours and a handful a bin."""

MOST_BINS = 192
"""Bins that are looked at, the newest; two days are more than one bend explains anyway."""

MARGIN = 1.5
"""Bins at either end in which no change point is sought: a slope of one bin is noise."""

SEEN_ENOUGH = 0.25
"""Share of a bin below which its count says nothing."""

SURE = 0.9
"""Probability of a bend from which it is told, and of the interval that is told with it."""

SHORTLY = timedelta(minutes=30)
"""Before the interval, what was done so lately may still be read and shared within it."""

SLOPE, BEND = 0.5, 0.5
"""Standard deviations of the growth in a bin (natural logarithm) and of its change: doubling in 20 minutes is 0.5."""

SPREADS = (0.02, 0.08, 0.25)
"""Variances of a bin's own factor that are tried, alike likely beforehand."""


@dataclass(frozen=True)
class Act:
    """Something that was done at `at`, as a person would call it."""

    at: datetime
    what: str


@dataclass(frozen=True)
class Change:
    """What can be said of a bend. `probability` is that there is one; `low`, `likely` and `high` when (90 %).

    `before` and `after` are factors by which the rate changes in an hour. `acts` lie in the interval, `shortly` up to
    half an hour before it.
    """

    probability: float
    low: datetime
    likely: datetime
    high: datetime
    before: float
    after: float
    acts: tuple[Act, ...]
    shortly: tuple[Act, ...]

    @property
    def told(self) -> bool:
        """Whether a bend is likely enough to be told."""
        return self.probability >= SURE

    @property
    def broke(self) -> bool:
        """Whether it grows less, or falls faster, than before."""
        return self.after < self.before


def bins(
    times: Iterable[datetime], start: datetime, end: datetime, unseen: Sequence[Unseen] = ()
) -> tuple[list[int], list[float]]:
    """Counts and seen shares of the whole quarters of an hour from `start` on that end by `end` (aware)."""
    whole = max(0, int((end - start) / BIN))
    counts, seen = [0] * whole, [1.0] * whole
    for at in times:
        place = int((at - start) // BIN)
        if 0 <= place < whole:
            counts[place] += 1
    for span in unseen:
        for place in range(whole):
            left, right = start + place * BIN, start + (place + 1) * BIN
            hidden = max(timedelta(0), min(right, span.end) - max(left, span.start)) / BIN
            seen[place] = max(0.0, seen[place] - span.share * hidden)
    return counts, seen


def change(
    counts: Sequence[float], start: datetime, acts: Iterable[Act] = (), seen: Sequence[float] | None = None
) -> Change | None:
    """The bend of a series of quarters of an hour from `start` (aware) on; None where too little is known to say.

    `seen` is the share of each bin that was seen (all when left out). Raises ValueError where the two differ in length.
    """
    shares = [1.0] * len(counts) if seen is None else list(seen)
    if len(shares) != len(counts):
        raise ValueError(f"{len(counts)} counts and {len(shares)} seen shares")
    silent = next((place for place, count in enumerate(counts) if count), 0)  # before its first mention it was not
    cut = max(silent, len(counts) - MOST_BINS)
    start, kept, shares = start + cut * BIN, list(counts[cut:]), shares[cut:]
    usable = np.array([share >= SEEN_ENOUGH for share in shares])
    if usable.sum() < FEWEST_BINS or sum(n for n, one in zip(kept, usable, strict=True) if one) < FEWEST:
        return None
    middle = (np.arange(len(kept)) + 0.5)[usable]
    number, exposure = np.array(kept, float)[usable], np.array(shares)[usable]
    first, last = middle[0] - 0.5 + MARGIN, middle[-1] + 0.5 - MARGIN
    taus = np.arange(math.ceil(first * GRID), math.floor(last * GRID) + 1) / GRID
    bent = _evidence(middle, number, exposure, taus)
    straight = _evidence(middle, number, exposure, None)
    top = max(bent.evidence.max(), straight.evidence.max())
    with_bend, without = np.exp(bent.evidence - top).mean(), np.exp(straight.evidence - top).mean()
    weights = np.exp(bent.evidence - bent.evidence.max())  # spreads, taus
    at = weights.sum(axis=0) / weights.sum()
    low, likely, high = _interval(at)
    slopes = (weights[..., None] * bent.mode).sum(axis=(0, 1)) / weights.sum()
    span = (start + (float(taus[low]) - 0.5 / GRID) * BIN, start + (float(taus[high]) + 0.5 / GRID) * BIN)
    done = sorted(acts, key=lambda act: act.at)
    return Change(
        float(with_bend / (with_bend + without)), span[0], start + float(taus[likely]) * BIN, span[1],
        math.exp(4 * slopes[1]), math.exp(4 * (slopes[1] + slopes[2])),
        tuple(act for act in done if span[0] <= act.at <= span[1]),
        tuple(act for act in done if span[0] - SHORTLY <= act.at < span[0]),
    )  # fmt: skip


@dataclass(frozen=True)
class _Fits:
    """By spread and change point: the logarithm of the evidence, and the parameters at the mode."""

    evidence: np.ndarray
    mode: np.ndarray


def _evidence(middle: np.ndarray, number: np.ndarray, exposure: np.ndarray, taus: np.ndarray | None) -> _Fits:
    """Laplace's approximation for every change point at once; one column less where there is none."""
    centre = np.array([middle.mean()]) if taus is None else taus
    away = middle[None, :] - centre[:, None]
    columns = [np.ones_like(away), away] + ([] if taus is None else [np.maximum(0.0, away)])
    design = np.stack(columns, axis=-1)  # taus, bins, parameters
    size = design.shape[-1]
    typical = math.log(number.sum() / exposure.sum())
    middle_prior = np.array([typical, 0.0, 0.0][:size])
    precision = np.diag([1 / 9.0, 1 / SLOPE**2, 1 / BEND**2][:size])
    found, modes = [], []
    for spread in SPREADS:
        mode = np.tile(middle_prior, (len(centre), 1))
        for _ in range(60):
            rate = _rate(design, mode, exposure)
            pull = (number - rate) / (1 + spread * rate)
            weight = rate / (1 + spread * rate)
            slope = np.einsum("tbp,tb->tp", design, pull) - (mode - middle_prior) @ precision
            curve = np.einsum("tbp,tb,tbq->tpq", design, weight, design) + precision
            move = np.linalg.solve(curve, slope[..., None])[..., 0]
            longest = np.abs(move).max(axis=1, keepdims=True)
            mode = mode + move * np.minimum(1.0, 0.7 / np.maximum(longest, 1e-12))
            if longest.max() < 1e-6:
                break
        rate = _rate(design, mode, exposure)
        weight = rate * (1 + spread * number) / (1 + spread * rate) ** 2  # the observed curvature, not the expected
        curve = np.einsum("tbp,tb,tbq->tpq", design, weight, design) + precision
        told = _told(number, rate, spread).sum(axis=1)
        away_prior = mode - middle_prior
        prior = -0.5 * np.einsum("tp,pq,tq->t", away_prior, precision, away_prior)
        prior += 0.5 * np.linalg.slogdet(precision)[1]
        found.append(told + prior - 0.5 * np.linalg.slogdet(curve)[1])
        modes.append(mode)
    return _Fits(np.array(found), np.array(modes))


def _rate(design: np.ndarray, mode: np.ndarray, exposure: np.ndarray) -> np.ndarray:
    return np.asarray(exposure * np.exp(np.clip(np.einsum("tbp,tp->tb", design, mode), -15, 15)))


def _told(number: np.ndarray, rate: np.ndarray, spread: float) -> np.ndarray:
    """The logarithm of negative binomial probabilities, without what does not depend on rate or spread."""
    shape = 1 / spread
    constant = np.array([math.lgamma(n + shape) - math.lgamma(shape) for n in number])
    told = constant - shape * np.log1p(spread * rate) + number * (np.log(rate) - np.log(rate + shape))
    return np.asarray(told)


def _interval(at: np.ndarray) -> tuple[int, int, int]:
    """The shortest run of change points that holds SURE of the probability, and the likeliest one in it."""
    total = np.concatenate([[0.0], np.cumsum(at)])
    best = (0, len(at) - 1)
    for low in range(len(at)):
        high = int(np.searchsorted(total, total[low] + SURE - 1e-12, side="left")) - 1
        if high >= len(at):
            break
        if high - low < best[1] - best[0]:
            best = (low, high)
    low, high = best
    return low, low + int(np.argmax(at[low : high + 1])), high
