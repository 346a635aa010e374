"""Decision thresholds from probabilities of texts that were not learnt from; decide.Thresholds says what they do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlp.backend import HEADS
from nlp.decide import HOT

HOT_PRECISION = 0.70
"""The threshold for urgent + critical is the lowest that keeps this precision. A deeper cut finds more on our own texts
but, on texts of another hand, buries the urgent ones among the others."""
FALSE_CRITICAL = 0.03
"""At most this share of none and same-day texts may be called critical: a desk woken for nothing stops waking."""
SURE = {"sentiment": (0.80, 0.25), "urgency": (0.85, 0.15), "topic": (0.65, 0.35)}
"""Per head: the accuracy that what is not abstained from should have, and the share of texts that may be abstained
from at most. A person who is asked about every third mention stops reading the others."""


def choose(
    probs: Mapping[str, NDArray[np.float64]],
    truth: Mapping[str, NDArray[np.int64]],
    hot_precision: float = HOT_PRECISION,
    false_critical: float = FALSE_CRITICAL,
) -> dict[str, Any]:
    """The decision record. `probs[head]` is texts x labels, `truth[head]` the place of each text's label."""
    urgencies = HEADS["urgency"]
    hot_columns = [urgencies.index(label) for label in HOT]
    hot = probs["urgency"][:, hot_columns].sum(axis=1)
    is_hot = np.isin(truth["urgency"], hot_columns)
    threshold = lowest_with_precision(hot, is_hot, hot_precision)
    last = urgencies.index("critical")
    share = np.where(hot >= threshold, probs["urgency"][:, last] / hot.clip(1e-9), 0.0)
    decision: dict[str, Any] = {
        "hot": threshold,
        "critical": critical_share(share, truth["urgency"], last, false_critical),
        "sure": {},
    }
    for head, (accuracy, most) in SURE.items():
        confidence = probs[head].max(axis=1)
        right = probs[head].argmax(axis=1) == truth[head]
        if head == "urgency":  # what is decided hot is never abstained from
            cold = hot < threshold
            confidence = probs[head][cold, :2].max(axis=1)
            right = probs[head][cold, :2].argmax(axis=1) == truth[head][cold]
        sure = lowest_with_precision(confidence, right, accuracy)
        decision["sure"][head] = min(sure, round(float(np.quantile(confidence, most)), 4))
    return decision


def lowest_with_precision(scores: NDArray[np.float64], right: NDArray[np.bool_], precision: float) -> float:
    """The lowest threshold at which, and above which, at least `precision` of what passes is right; 0.5 if none is."""
    grid = np.round(np.arange(0.05, 0.951, 0.01), 2)
    passing = 0.5
    for threshold in grid[::-1]:
        chosen = scores >= threshold
        if chosen.sum() < max(10, 0.02 * len(scores)):  # too few to tell a precision from
            continue
        if right[chosen].mean() < precision:
            break
        passing = float(threshold)
    return passing


def critical_share(
    share: NDArray[np.float64], truth: NDArray[np.int64], critical: int, false_critical: float = FALSE_CRITICAL
) -> float:
    """From which share of the hot probability `critical` wins: the best F2 that keeps `false_critical`.

    F2 counts recall twice: a missed danger is worse than a needless call.
    """
    is_critical = truth == critical
    is_cold = truth < critical - 1
    best, best_f2 = 0.9, -1.0
    for threshold in np.round(np.arange(0.1, 0.91, 0.02), 2):
        called = share >= threshold
        if is_cold.any() and called[is_cold].mean() > false_critical:
            continue
        hits = int((is_critical & called).sum())
        f2 = 5 * hits / max(4 * int(is_critical.sum()) + int(called.sum()), 1)
        if f2 > best_f2:
            best, best_f2 = float(threshold), f2
    return best
