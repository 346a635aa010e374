"""Calibrating the transformer and weighing it with the linear models, on mentions whose themes neither learnt from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from nlp import thresholds
from nlp.backend import HEADS
from nlp.cascade import Blend
from nlp.fitting import temperature
from nlp.linear import softmax

Numbers = NDArray[np.float64]

_PULL_TO_START = 0.02
"""How strongly weights are held at their start, per text: few texts must not invent a preference."""
_PULL_OF_BIAS = 0.2
SHARES = tuple(round(0.1 * step, 1) for step in range(11))
"""Points of the cost/quality curve: which share of the texts the linear models answer alone."""


def temperatures(
    logits: Mapping[str, Numbers], truth: Mapping[str, NDArray[np.int64]], languages: Sequence[str]
) -> dict[str, float]:
    """The transformer's temperature per head and language (`urgency.tr`)."""
    spoken = np.array(languages)
    return {
        f"{head}.{language}": round(temperature(logits[head][spoken == language], truth[head][spoken == language]), 4)
        for head in HEADS
        for language in sorted(set(languages))
    }


def weigh(linear: Numbers, transformer: Numbers, truth: NDArray[np.int64]) -> Blend:
    """The blend of one head and language with the least log loss (texts x labels each; `transformer` is logits)."""
    labels = linear.shape[1]
    logs = np.log(np.maximum(linear, 1e-6))
    start = np.concatenate([[0.5, 0.7], np.zeros(labels)])

    def loss(flat: Numbers) -> tuple[float, Numbers]:
        logits = flat[0] * logs + flat[1] * transformer + flat[2:]
        probs = softmax(logits)
        missed = -np.log(probs[np.arange(len(truth)), truth].clip(1e-12)).mean()
        error = probs.copy()
        error[np.arange(len(truth)), truth] -= 1.0
        error /= len(truth)
        away = flat - start
        pull = np.concatenate([[_PULL_TO_START] * 2, [_PULL_OF_BIAS / labels] * labels])
        gradient = np.concatenate([[(error * logs).sum(), (error * transformer).sum()], error.sum(axis=0)])
        return float(missed + (pull * away**2).sum()), gradient + 2 * pull * away

    bounds = [(0.0, 3.0), (0.0, 3.0), *[(-2.0, 2.0)] * labels]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return Blend(round(float(found[0]), 4), round(float(found[1]), 4), tuple(round(float(b), 4) for b in found[2:]))


def blends(
    linear: Mapping[str, Numbers],
    transformer: Mapping[str, Numbers],
    truth: Mapping[str, NDArray[np.int64]],
    languages: Sequence[str],
) -> dict[str, Blend]:
    """A blend per head and language (`urgency.tr`)."""
    spoken = np.array(languages)
    found: dict[str, Blend] = {}
    for language in sorted(set(languages)):
        rows = spoken == language
        for head in HEADS:
            found[f"{head}.{language}"] = weigh(linear[head][rows], transformer[head][rows], truth[head][rows])
    return found


PRIOR = {"sentiment.tr": (0.0, -1.25, 0.0)}
"""See cascade.Blend.prior. A third of our Turkish mentions is neutral on purpose, because no other text teaches it; of
strangers' tweets and reviews far fewer are. Chosen on the development sets: from -1 to -1.5 is best on bank and
university tweets and both sets of reviews, and costs general tweets nothing. English has licensed neutral texts."""


FALSE_CRITICAL = 0.02
"""See thresholds.FALSE_CRITICAL; smaller, because texts by another hand are called critical more often."""


def with_prior(found: Mapping[str, Blend]) -> dict[str, Blend]:
    """The blends with PRIOR, which fitting must not see: it would fit it away again."""
    return {name: replace(blend, prior=PRIOR.get(name, ())) for name, blend in found.items()}


def blended(
    found: Mapping[str, Blend],
    linear: Mapping[str, Numbers],
    transformer: Mapping[str, Numbers],
    languages: Sequence[str],
) -> dict[str, Numbers]:
    """The blended probabilities per head, texts x labels."""
    spoken = np.array(languages)
    result = {head: np.zeros_like(values) for head, values in linear.items()}
    for name, blend in found.items():
        head, _, language = name.partition(".")
        rows = spoken == language
        result[head][rows] = softmax(blend.logits(linear[head][rows], transformer[head][rows]))
    return result


def certainty(linear: Mapping[str, Numbers], thresholds_: Mapping[str, float] | None = None) -> Numbers:
    """How far above `thresholds_` the least sure head of each text is; without them its least probable best label."""
    least = [values.max(axis=1) - (thresholds_ or {}).get(head, 0.0) for head, values in linear.items()]
    lowest: Numbers = np.min(np.stack(least), axis=0)
    return lowest


def curve(
    linear: Mapping[str, Numbers], both: Mapping[str, Numbers], truth: Mapping[str, NDArray[np.int64]]
) -> list[dict[str, float]]:
    """Cost against quality: for each share of texts answered by the linear models alone, macro-F1 per head.

    The surest texts are answered alone first, by the least sure of their heads.
    """
    order = np.argsort(-certainty(linear), kind="stable")
    points: list[dict[str, float]] = []
    for share in SHARES:
        alone = order[: round(share * len(order))]
        point: dict[str, float] = {
            "alone": share,
            "least": round(float(certainty(linear)[alone].min()), 3) if len(alone) else 1.0,
        }
        for head in HEADS:
            probs = both[head].copy()
            probs[alone] = linear[head][alone]
            point[head] = round(macro_f1(probs.argmax(axis=1), truth[head], len(HEADS[head])), 4)
        points.append(point)
    return points


def macro_f1(answer: NDArray[np.int64], truth: NDArray[np.int64], labels: int) -> float:
    """Macro-averaged F1 over the labels that occur."""
    scores = []
    for label in range(labels):
        if not (truth == label).any():
            continue
        hits = int(((answer == label) & (truth == label)).sum())
        scores.append(2 * hits / max(int((answer == label).sum() + (truth == label).sum()), 1))
    return float(np.mean(scores))


def decide(
    linear: Mapping[str, Numbers],
    both: Mapping[str, Numbers],
    truth: Mapping[str, NDArray[np.int64]],
    alone: float,
    hot_precision: float,
) -> tuple[dict[str, float], dict[str, Any]]:
    """From what probability the linear models answer alone (the same for each head), and the decision thresholds."""
    sure = certainty(linear) >= alone
    probs = {head: np.where(sure[:, None], linear[head], both[head]) for head in HEADS}
    return dict.fromkeys(HEADS, alone), thresholds.choose(probs, truth, hot_precision, FALSE_CRITICAL)
