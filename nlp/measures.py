"""The numbers of an evaluation, from counts alone: a million texts take no more room than a hundred.

Intervals are 95 % percentile bootstrap over texts. To draw as many texts as there are, with putting back, and to count
how often each pair of truth and answer came up is to draw those counts from a multinomial, so no text need be kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlp.backend import HEADS
from nlp.decide import HOT

Numbers = NDArray[Any]

BINS = 10
"""Equal widths of confidence in a reliability table."""
LARGEST = 12
"""Confusions that are told of a head with many labels."""

_RESAMPLES = 1_000
_SEED = 7


@dataclass
class Tally:
    """What was counted of one head. `counts` and `sure` (what was not abstained from) are truth x answer; `bins` holds
    per width of confidence how many texts there were, the sum of their confidences, and how many were right."""

    labels: tuple[str, ...]
    counts: Numbers = field(init=False)
    sure: Numbers = field(init=False)
    bins: Numbers = field(init=False)

    def __post_init__(self) -> None:
        size = len(self.labels)
        self.counts = np.zeros((size, size), np.int64)
        self.sure = np.zeros((size, size), np.int64)
        self.bins = np.zeros((BINS, 3))

    def add(self, truth: str, answer: str, abstained: bool, probs: Mapping[str, float]) -> None:
        """One text: its label, what was answered, and the probabilities (in [0, 1]) behind the answer.

        Calibration is told of the most probable label. The answer can be another one: urgency is decided by what a
        mistake costs, and a hard rule moves no probability.
        """
        place = self.labels.index(truth), self.labels.index(answer)
        self.counts[place] += 1
        self.sure[place] += not abstained
        likely = max(probs, key=probs.__getitem__)
        width = min(int(probs[likely] * BINS), BINS - 1)
        self.bins[width] += (1, probs[likely], likely == truth)


def head_report(head: str, tally: Tally) -> dict[str, Any]:
    """All numbers of one head, ready for JSON. What cannot be told (no such text) is 0; `n` and `answered` say so."""
    counts, labels = tally.counts, tally.labels
    total = int(counts.sum())
    precision, recall, f1 = per_label(counts)
    truths, answers = counts.sum(axis=1), counts.sum(axis=0)
    seen = truths > 0
    draws = _resampled(counts)
    low, high = _percentiles(per_label(draws)[2])
    rows = list(labels) if len(labels) <= 4 else [label for i, label in enumerate(labels) if seen[i]]
    report: dict[str, Any] = {
        "n": total,
        "labels": {
            label: {
                "precision": _r(precision[i]), "recall": _r(recall[i]), "f1": _r(f1[i]),
                "f1_low": _r(low[i]), "f1_high": _r(high[i]), "n": int(truths[i]), "answered": int(answers[i]),
            }
            for i, label in enumerate(labels) if truths[i] or answers[i]
        },
        "abstained": _r(1.0 - tally.sure.sum() / total),
        "right_where_sure": _r(_ratio(np.trace(tally.sure), tally.sure.sum())),
        "calibration_error": calibration_error(tally.bins),
        "reliability": reliability(tally.bins),
        "confusion": {
            label: {other: int(counts[labels.index(label), j]) for j, other in enumerate(labels)} for label in rows
        },
        "largest_confusions": largest_confusions(counts, labels),
        # Averages are over the labels that occur: a set without neutral texts cannot say how neutral is found.
        "macro_f1": _interval(lambda c: _mean(per_label(c)[2][..., seen]), counts, draws),
        "macro_recall": _interval(lambda c: _mean(per_label(c)[1][..., seen]), counts, draws),
        "accuracy": _interval(accuracy, counts, draws),
    }  # fmt: skip
    if head == "urgency":
        hot = [labels.index(label) for label in HOT]
        cold = [i for i in range(len(labels)) if i not in hot]
        last = labels.index("critical")

        def falsely(c: Numbers) -> Numbers:
            return _ratio(c[..., cold, last].sum(axis=-1), c[..., cold, :].sum((-1, -2)))

        report["urgent_or_critical"] = _found(hot, counts, draws)
        report["critical"] = {
            **_found([last], counts, draws),
            "falsely": _interval(falsely, counts, draws),
            "cold": int(truths[cold].sum()),
        }  # fmt: skip
    return report


def short_report(head: str, tally: Tally) -> dict[str, Any]:
    """A head's numbers for one language: without those of each label."""
    whole = head_report(head, tally)
    return {
        name: value
        for name, value in whole.items()
        if name not in ("labels", "reliability", "confusion", "largest_confusions")
    }


def twins_report(head: str, seen: Counter[tuple[str, str, str]]) -> dict[str, Any]:
    """What a head loses on copies. `seen` counts (truth, answer to the text, answer to its copy).

    `loss` is in points (hundredths), positive where the copies are read worse, with a paired interval: each draw holds
    a text and its copy together.
    """
    labels = HEADS[head]
    index = {label: i for i, label in enumerate(labels)}
    cells = sorted(seen)
    times = np.array([seen[cell] for cell in cells])
    size = len(labels)
    first, second = (np.zeros((len(cells), size * size)) for _ in range(2))
    for row, (truth, answer, twin) in enumerate(cells):
        first[row, index[truth] * size + index[answer]] = 1
        second[row, index[truth] * size + index[twin]] = 1
    drawn = np.random.default_rng(_SEED).multinomial(times.sum(), times / times.sum(), size=_RESAMPLES)
    shape = (-1, size, size)
    texts, copies = (np.vstack([times, drawn]) @ part for part in (first, second))
    texts, copies = texts.reshape(shape), copies.reshape(shape)
    occurring = texts[0].sum(axis=1) > 0
    report: dict[str, Any] = {"n": int(times.sum())}
    measures: dict[str, Callable[[Numbers], Numbers]] = {
        "macro_f1": lambda c: _mean(per_label(c)[2][..., occurring]),
        "accuracy": accuracy,
    }
    for name, measure in measures.items():
        one, other = measure(texts), measure(copies)
        lost = 100 * (one - other)
        low, high = _percentiles(lost[1:])
        report[name] = {
            "text": _r(one[0]), "copy": _r(other[0]),
            "loss": {"value": _r(lost[0], 2), "low": _r(low, 2), "high": _r(high, 2)},
        }  # fmt: skip
    report["answered_otherwise"] = _r(sum(n for (_, a, b), n in seen.items() if a != b) / times.sum())
    return report


def per_label(counts: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Precision, recall and F1 of each label; `counts` is (... x) truth x answer; nan where none can be told."""
    right = np.diagonal(counts, axis1=-2, axis2=-1).astype(np.float64)
    truths, answers = counts.sum(axis=-1), counts.sum(axis=-2)
    return _ratio(right, answers), _ratio(right, truths), _ratio(2 * right, truths + answers)


def accuracy(counts: Numbers) -> Numbers:
    """The share that was answered right."""
    return _ratio(np.trace(counts, axis1=-2, axis2=-1), counts.sum(axis=(-1, -2)))


def calibration_error(bins: Numbers) -> float:
    """Expected calibration error in [0, 1]: the distance of mean confidence and accuracy in each width, weighed by how
    many texts fell into it (Naeini, Cooper and Hauskrecht 2015)."""
    return _r(np.abs(bins[:, 1] - bins[:, 2]).sum() / max(bins[:, 0].sum(), 1))


def reliability(bins: Numbers) -> list[dict[str, float]]:
    """Per width of confidence that occurred: from, to, texts, their mean confidence, and the share that was right."""
    return [
        {
            "from": i / BINS, "to": (i + 1) / BINS, "n": int(n),
            "confidence": _r(confidence / n), "right": _r(right / n),
        }
        for i, (n, confidence, right) in enumerate(bins) if n
    ]  # fmt: skip


def largest_confusions(counts: Numbers, labels: Sequence[str], most: int = LARGEST) -> list[dict[str, Any]]:
    """The commonest mistakes: truth, answer, texts, and their share of the truth's texts."""
    wrong = [(int(counts[i, j]), i, j) for i, j in zip(*np.nonzero(counts), strict=True) if i != j]
    return [
        {"truth": labels[i], "answer": labels[j], "n": n, "share": _r(n / counts[i].sum())}
        for n, i, j in sorted(wrong, key=lambda one: (-one[0], one[1], one[2]))[:most]
    ]


def _found(wanted: Sequence[int], counts: Numbers, draws: Numbers) -> dict[str, Any]:
    """Recall and precision of some labels taken as one."""

    def among(c: Numbers) -> Numbers:
        inside: Numbers = c[..., wanted, :][..., wanted].sum((-1, -2))
        return inside

    return {
        "recall": _interval(lambda c: _ratio(among(c), c[..., wanted, :].sum((-1, -2))), counts, draws),
        "precision": _interval(lambda c: _ratio(among(c), c[..., wanted].sum((-1, -2))), counts, draws),
        "n": int(counts[wanted].sum()),
        "answered": int(counts[:, wanted].sum()),
    }


def _interval(measure: Callable[[Numbers], Numbers], counts: Numbers, draws: Numbers) -> dict[str, float]:
    low, high = _percentiles(measure(draws))
    return {"value": _r(measure(counts)), "low": _r(low), "high": _r(high)}


def _resampled(counts: Numbers) -> Numbers:
    flat = counts.ravel()
    drawn = np.random.default_rng(_SEED).multinomial(flat.sum(), flat / flat.sum(), size=_RESAMPLES)
    return drawn.reshape(_RESAMPLES, *counts.shape)


def _percentiles(values: Numbers) -> tuple[Numbers, Numbers]:
    """The 2.5 and 97.5 percentiles along the first axis; of what no draw could tell, 0."""
    untold = np.isnan(values).all(axis=0)
    low, high = np.nanpercentile(np.where(untold, 0.0, values), [2.5, 97.5], axis=0)
    return low, high


def _mean(values: Numbers) -> Numbers:
    """The mean along the last axis of what can be told: a draw can leave a rare label out altogether."""
    told = ~np.isnan(values)
    return _ratio(np.where(told, values, 0.0).sum(axis=-1), told.sum(axis=-1))


def _ratio(part: Any, whole: Any) -> Numbers:
    part, whole = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    divided: Numbers = np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=whole > 0)
    return divided


def _r(value: Any, digits: int = 4) -> float:
    number = float(value)
    return 0.0 if np.isnan(number) else round(number, digits) + 0.0  # + 0.0: no minus before nothing
