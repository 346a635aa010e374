"""How surprising a count is where the rate itself is uncertain: gamma-Poisson, that is negative binomial. Pure.

A rate with mean 1 and variance v (a gamma of shape 1/v) times an expected count gives a negative binomial; with v = 0
it is a Poisson count. Surprise is -log10 of the probability of at least so many.
"""

from __future__ import annotations

import math

TINY = 1e-12
_DONE = 1e-9
"""A further term that changes the sum by less than this share ends it."""


def surprise(count: float, usual: float, variance: float) -> float:
    """-log10 P(N >= count) for N with mean `usual` and Var N = usual + variance·usual²; 0 where nothing is surprising.

    `count` need not be whole: a weighted sum divided by its scale is counted between its neighbours.
    """
    if count <= usual or count <= 0:
        return 0.0
    whole = math.floor(count)
    low = _tail(whole, usual, variance) if whole > 0 else 0.0
    part = count - whole
    return low if part < 1e-9 else low + part * (_tail(whole + 1, usual, variance) - low)


def _tail(count: int, usual: float, variance: float) -> float:
    """-log10 P(N >= count), summed upwards from the first term; `count` is above the mean, so terms fall."""
    usual = max(usual, TINY)
    if variance < 1e-6:
        first = count * math.log(usual) - usual - math.lgamma(count + 1)
    else:
        shape = 1 / variance
        log_p = math.log(usual / (usual + shape))
        log_q = math.log(shape / (usual + shape))
        first = math.lgamma(count + shape) - math.lgamma(shape) - math.lgamma(count + 1) + shape * log_q + count * log_p
    total, term, n = 1.0, 1.0, count
    while n < count + 100_000:
        term *= (n * variance + 1) / (n + 1) * usual / (usual * variance + 1)  # NB; Poisson where variance is 0
        total += term
        n += 1
        if term < _DONE * total:
            break
    return max(0.0, -(first + math.log(total)) / math.log(10))
