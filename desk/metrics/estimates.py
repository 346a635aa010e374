"""Estimates with intervals: times of which some are not over yet, shares, and what changed. Pure.

Times: the survival function S(t) by Kaplan and Meier (1958, JASA 53:457-481), to the last digit as scipy.stats.ecdf
reckons it over censored data, without its checks, which take several times as long; a quantile is the smallest time at
which S comes down to it, its limits are where the 95 % band of S does (Brookmeyer and Crowley 1982, Biometrics
38:29-41), the band by the log-log transform with Greenwood's variance
(Kalbfleisch and Prentice, The Statistical Analysis of Failure Time Data, 2nd edition, section 1.4). Shares: Wilson's
score interval (1927, JASA 22:209-212).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from desk.metrics.figures import Change

SURE = 0.95
Z = 1.959963984540054
"""The two-sided 95 % point of the normal distribution."""

_NEAR = 1e-12
"""S is a product of fractions: one that should be 0.5 may be a rounding above it."""


@dataclass(frozen=True)
class Estimate:
    """A value with the ends of its 95 % interval; None is not reached."""

    value: float | None
    low: float | None = None
    high: float | None = None


class Survival:
    """How long something takes, from times of which those that are not `over` were still going on at their end."""

    def __init__(self, times: Sequence[float] | np.ndarray, over: Sequence[bool] | np.ndarray) -> None:
        if len(times) != len(over):
            raise ValueError(f"{len(times)} times and {len(over)} outcomes")
        self.n = len(times)
        lengths, ended = np.asarray(times, dtype=float), np.asarray(over, dtype=bool)
        self._at = self._share = self._low = self._high = np.empty(0)
        if ended.any():
            self._at, self._share, at_risk, over_then = _curve(lengths, ended)
            low, high = _band(self._share, at_risk, over_then)
            # The band is not defined (NaN) where S is 1, and where it is 0: there the lower limit is nought, and the
            # upper one says nothing new.
            self._low = np.where(np.isnan(low), np.floor(self._share), low)
            self._high = _carried(high)

    def quantile(self, share: float) -> Estimate:
        """The time within which `share` (0 to 1) are over, with its limits."""
        left = 1 - share
        found = (self._down_to(curve, left) for curve in (self._share, self._low, self._high))
        return Estimate(*found)

    def _down_to(self, curve: np.ndarray, left: float) -> float | None:
        reached = np.nonzero(curve <= left + _NEAR)[0]
        return float(self._at[reached[0]]) if reached.size else None


def _curve(lengths: np.ndarray, ended: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The times at which S may step, S there, how many had come so far, and how many of them were over then."""
    order = np.argsort(lengths)
    times, died = lengths[order], ended[order]
    step = np.diff(times, prepend=-np.inf, append=np.inf) > 0
    first, last = step[:-1], step[1:]
    at_risk = np.arange(len(times), 0, -1)[first]
    over_then = np.diff(np.cumsum(died)[last], prepend=0)
    # Where nothing is open, the share itself and not a product of fractions: as scipy, and exact.
    share = 1 - np.cumsum(over_then) / len(times) if ended.all() else np.cumprod((at_risk - over_then) / at_risk)
    return times[first], share, at_risk, over_then


def _band(share: np.ndarray, at_risk: np.ndarray, over_then: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The 95 % band of S by the log-log transform, NaN where it is not defined."""
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = 1 / np.log(share) ** 2 * np.cumsum(over_then / (at_risk * (at_risk - over_then)))
        middle, reach = np.log(-np.log(share)), Z * np.sqrt(variance)
        low, high = np.exp(-np.exp(middle + reach)), np.exp(-np.exp(middle - reach))
    return np.clip(low, 0, 1), np.clip(high, 0, 1)


def _carried(limits: np.ndarray) -> np.ndarray:
    """The upper limits with what is not defined taken from the time before; 1 before the first."""
    known = ~np.isnan(limits)
    last = np.maximum.accumulate(np.where(known, np.arange(len(limits)), -1))
    return np.where(last < 0, 1.0, limits[last])


def share_of(met: int, missed: int) -> Estimate:
    """The share `met` of both, with Wilson's interval; no value where there are none."""
    whole = met + missed
    if not whole:
        return Estimate(None)
    share, weight = met / whole, Z * Z / whole
    middle = (share + weight / 2) / (1 + weight)
    half = Z / (1 + weight) * math.sqrt(share * (1 - share) / whole + weight / (4 * whole))
    low, high = middle - half, middle + half
    return Estimate(share, low if met else 0.0, high if missed else 1.0)  # exact there, but for rounding


def change(now: Estimate, before: Estimate) -> Change | None:
    """What changed, with its interval: see figures.Change. None where either has no value."""
    if now.value is None or before.value is None:
        return None
    value = now.value - before.value
    low = high = None
    if now.low is not None and before.high is not None:
        low = value - math.hypot(now.value - now.low, before.high - before.value)
    if now.high is not None and before.low is not None:
        high = value + math.hypot(now.high - now.value, before.value - before.low)
    return Change(value, low, high)
