"""How fast it grows: the time in which the excess over the usual doubles, with an interval. Pure.

Minute counts are Poisson with mean usual + exp(a + g·minute); a and g by Fisher scoring, g's standard error from the
information, and the doubling time is ln 2 / g. The interval is 80 %: a number to act on, not to publish.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

Z80 = 1.2816
LONGEST = 24 * 60.0
"""Minutes; what would double in more than a day does not grow."""


@dataclass(frozen=True)
class Doubling:
    """Minutes in which the excess doubles; `low` and `high` are the ends of the 80 % interval, `high` None where it may
    not be growing at all."""

    minutes: float
    low: float
    high: float | None


def doubling(counts: Sequence[float], usual: float) -> Doubling | None:
    """From counts of consecutive minutes, oldest first, with `usual` mentions a minute. None where nothing grows, or
    too little is known to say."""
    size, total = len(counts), sum(counts)
    if size < 5 or total < 5 or total <= usual * size:
        return None
    middle = (size - 1) / 2
    a, g = math.log((total - usual * size) / size), 0.0
    saa = sab = sbb = 0.0
    for _ in range(40):
        ua = ub = 0.0
        saa = sab = sbb = 1e-9
        for i, n in enumerate(counts):
            x = i - middle
            excess = math.exp(min(30.0, a + g * x))
            mean = usual + excess
            pull = (n / mean - 1) * excess
            ua += pull
            ub += pull * x
            weight = excess * excess / mean
            saa += weight
            sab += weight * x
            sbb += weight * x * x
        det = saa * sbb - sab * sab
        if det <= 1e-12:
            return None
        da, dg = (sbb * ua - sab * ub) / det, (saa * ub - sab * ua) / det
        a += max(-1.0, min(1.0, da))
        g += max(-0.2, min(0.2, dg))
        if abs(da) + abs(dg) * size < 1e-7:
            break
    det = saa * sbb - sab * sab
    if det <= 0 or g <= math.log(2) / LONGEST:
        return None
    error = Z80 * math.sqrt(saa / det)
    slowest = g - error
    high = math.log(2) / slowest if slowest > math.log(2) / LONGEST else None
    return Doubling(math.log(2) / g, math.log(2) / (g + error), high)
