"""The arithmetic of learning: logistic regression where every label can be told, and where only some can.

No licensed Turkish set has a neutral class. A review marked positive there tells that it is not negative; whether the
desk would have called it neutral, nobody asked. So its likelihood is taken among the labels its annotators could give
(softmax over those), and neutrality is learnt from texts that were labelled with all three in mind.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize, minimize_scalar
from sklearn.linear_model import LogisticRegression

from nlp.features import Encoded, Space
from nlp.linear import softmax

_ROUNDS = 200  # L-BFGS is done in 60-120 on our data


def matrix(space: Space, texts: list[list[str]]) -> Any:
    """The TF-IDF rows of texts given as word forms, as a scipy CSR matrix (texts x features)."""
    rows: list[Encoded] = [space.encode(text) for text in texts]
    starts = np.concatenate([[0], np.cumsum([len(row.columns) for row in rows])])
    columns = np.concatenate([row.columns for row in rows]) if rows else np.empty(0, np.int32)
    weights = np.concatenate([row.weights for row in rows]) if rows else np.empty(0, np.float32)
    return sparse.csr_matrix((weights.astype(np.float64), columns, starts), shape=(len(rows), len(space)))


def balanced(labels: NDArray[np.int64], count: int, power: float = 1.0) -> NDArray[np.float64]:
    """A weight per row that makes the labels count alike (`power` 1), as they come (0), or in between."""
    seen = np.bincount(labels, minlength=count).clip(1)
    weights: NDArray[np.float64] = (len(labels) / (count * seen[labels])) ** power
    return weights


def logistic(
    rows: Any, labels: NDArray[np.int64], count: int, weights: NDArray[np.float64], strength: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """scikit-learn's multinomial logistic regression: coefficients (features x `count` labels) and intercepts.

    `strength` is scikit-learn's C. Columns that are empty in `rows` get 0 without being fitted; a label that does not
    occur gets the lowest intercept.
    """
    used = np.flatnonzero(np.diff(rows.tocsc().indptr))
    model = LogisticRegression(C=strength, max_iter=_ROUNDS)
    model.fit(rows[:, used], labels, sample_weight=weights)
    coef = np.zeros((rows.shape[1], count))
    intercept = np.full(count, -20.0)
    if len(model.classes_) == 2:  # scikit-learn keeps one row for two labels: the log-odds of the second
        coef[np.ix_(used, model.classes_)] = np.stack([-model.coef_[0] / 2, model.coef_[0] / 2], axis=1)
        intercept[model.classes_] = [-model.intercept_[0] / 2, model.intercept_[0] / 2]
    else:
        coef[np.ix_(used, model.classes_)] = model.coef_.T
        intercept[model.classes_] = model.intercept_
    return coef, intercept


def partial(
    rows: Any,
    labels: NDArray[np.int64],
    could_be: NDArray[np.bool_],
    weights: NDArray[np.float64],
    strength: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Multinomial logistic regression in which row i was labelled among `could_be[i]` only (texts x labels).

    Minimises sum w * -log(p_label / sum of p over what it could be) + ||coef||^2 / (2 * strength): with everything
    possible this is `logistic`. Returns coefficients (features x labels) and intercepts.
    """
    texts, features = rows.shape
    count = could_be.shape[1]
    turned = rows.T.tocsr()
    ruled_out = np.where(could_be, 0.0, -1e9)
    truth = np.zeros((texts, count))
    truth[np.arange(texts), labels] = 1.0

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        coef = flat.reshape(features + 1, count)
        logits = rows @ coef[:features] + coef[features] + ruled_out
        top = logits.max(axis=1, keepdims=True)
        grown = np.exp(logits - top)
        total = grown.sum(axis=1, keepdims=True)
        missed = float((weights * ((np.log(total) + top)[:, 0] - logits[np.arange(texts), labels])).sum())
        pull = (grown / total - truth) * weights[:, None]
        gradient = np.empty_like(coef)
        gradient[:features] = turned @ pull + coef[:features] / strength
        gradient[features] = pull.sum(axis=0)
        return missed + float((coef[:features] ** 2).sum()) / (2 * strength), gradient.ravel()

    start = np.zeros((features + 1) * count)
    options = {"maxiter": _ROUNDS, "maxcor": 10, "ftol": 1e-7, "gtol": 1e-4}
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options=options).x.reshape(features + 1, count)
    return found[:features], found[features]


def temperature(logits: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """The number that logits of held-out texts must be divided by for their softmax to be honest (least log loss).

    Guo et al., "On Calibration of Modern Neural Networks", ICML 2017. Kept within [0.2, 5].
    """

    def loss(log_t: float) -> float:
        probs = softmax(logits / np.exp(log_t))
        return float(-np.log(probs[np.arange(len(labels)), labels].clip(1e-12)).mean())

    best = minimize_scalar(loss, bounds=(np.log(0.2), np.log(5.0)), method="bounded", options={"xatol": 1e-4})
    return float(np.exp(best.x))
