"""Challenger beside champion on the same texts, and the rule that decides between them. Pure.

A challenger takes over a head only where it is better on what the desk decided, by more than chance allows, and where
nothing important gets worse on the shipped evaluation. Every number comes with the count it was made from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlp.backend import HEADS
from nlp.decide import HOT

NEEDED = 30
"""Corrections of a head before it is taught: of a third of them (10) held out, chance alone brings 9 right with one
answer in two less than once in 90 times; below that every verdict is a coin's."""

NEWEST_DECIDES = 30
"""Held-out corrections from which the newest third decides alone; below it, cross-validation over all of them does, and
the newest third may only object."""

HOT_MARGIN = CRITICAL_MARGIN = 0.02
"""By how much the recall of urgent-or-critical, and of critical, may fall on the shipped evaluation, in [0, 1]. A text
in fifty is what two careful people differ by there."""

LABEL_MARGIN = 0.05
"""By how much any label's recall may fall there; one text is always allowed, else rare labels forbid all learning."""

RARE = 5
"""A label with fewer texts than this in the evaluation is told and not judged."""

_DRAWS = 1_000
_SEED = 7

Answers = NDArray[np.int64]


@dataclass(frozen=True)
class Difference:
    """One measure, in [0, 1], of champion and challenger on the same `n` texts; `low` and `high` are the 95 % bootstrap
    interval of the difference (challenger minus champion), drawn over persons."""

    before: float
    after: float
    low: float
    high: float
    n: int

    @property
    def change(self) -> float:
        """Challenger minus champion."""
        return self.after - self.before


@dataclass(frozen=True)
class Comparison:
    """All measures of one head on one set of `n` texts by `persons` different people (or about as many matters)."""

    n: int
    persons: int
    measures: Mapping[str, Difference]
    recalls: Mapping[str, Difference]

    def record(self) -> dict[str, Any]:
        """As JSON holds it, rounded to four places."""

        def plain(found: Mapping[str, Difference]) -> dict[str, Any]:
            return {name: {k: round(v, 4) for k, v in asdict(one).items()} for name, one in found.items()}

        return {"n": self.n, "persons": self.persons, **plain(self.measures), "recalls": plain(self.recalls)}


@dataclass(frozen=True)
class Reason:
    """A finding as a code and what fills its sentence; the words are the command line's."""

    code: str
    params: Mapping[str, Any]

    def record(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {"code": self.code, "params": dict(self.params)}


@dataclass(frozen=True)
class Verdict:
    """Whether the challenger takes a head over, and every reason, the deciding one first."""

    promoted: bool
    reasons: tuple[Reason, ...]


def compare(head: str, truth: Answers, before: Answers, after: Answers, persons: NDArray[Any]) -> Comparison:
    """Champion (`before`) and challenger (`after`) against `truth`, all label numbers of the head, on the same texts.

    `persons` is the same for texts that hang together (one person's, one thread's): they are drawn together, so that
    one loud customer does not count as many.
    """
    labels = HEADS[head]
    count = len(labels)
    _, number = np.unique(persons, return_inverse=True)
    groups = int(number.max(initial=-1)) + 1
    cells = [truth * count + answers for answers in (before, after)]
    draws = np.random.default_rng(_SEED)
    tables: list[tuple[NDArray[Any], NDArray[Any]]] = []
    for _ in range(_DRAWS if groups else 0):
        weights = np.bincount(draws.integers(0, groups, groups), minlength=groups)[number].astype(float)
        one, two = (np.bincount(cell, weights, count * count).reshape(count, count) for cell in cells)
        tables.append((one, two))
    whole = [np.bincount(cell, minlength=count * count).reshape(count, count) for cell in cells]
    seen = whole[0].sum(axis=1) > 0

    def measured(measure: Callable[[NDArray[Any]], float], n: int) -> Difference:
        changes = [measure(two) - measure(one) for one, two in tables] or [0.0]
        low, high = np.percentile(changes, [2.5, 97.5])
        return Difference(measure(whole[0]), measure(whole[1]), float(low), float(high), n)

    measures = {
        "accuracy": measured(lambda c: float(np.trace(c) / max(c.sum(), 1)), len(truth)),
        "macro_f1": measured(lambda c: _macro_f1(c, seen), len(truth)),
    }
    if head == "urgency":
        hot = [labels.index(label) for label in HOT]
        among = int(np.isin(truth, hot).sum())
        measures["hot_recall"] = measured(lambda c: float(c[np.ix_(hot, hot)].sum() / max(c[hot].sum(), 1)), among)
    recalls = {}
    for i, label in enumerate(labels):
        if seen[i]:
            recalls[label] = measured(lambda c, i=i: float(c[i, i] / max(c[i].sum(), 1)), int((truth == i).sum()))  # type: ignore[misc]
    return Comparison(len(truth), groups, measures, recalls)


def _macro_f1(table: NDArray[Any], seen: NDArray[np.bool_]) -> float:
    right = np.diag(table).astype(float)
    f1 = 2 * right / np.maximum(table.sum(axis=0) + table.sum(axis=1), 1)
    return float(f1[seen].mean()) if seen.any() else 0.0


def decide_head(deciding: Comparison, how: str, newest: Comparison, corrections: int, shipped: Comparison) -> Verdict:
    """The promotion rule for one head.

    `deciding` is the comparison that decides (`how` says which: "newest" third held out, or "crossed" validation),
    `newest` the newest third either way, `corrections` how many corrected labels are in `deciding`, and `shipped` the
    comparison on the shipped evaluation. Promoted are challengers for which all of this holds:

    1. in `deciding`, the lower bound of the difference in accuracy or in macro-F1 is above 0, and neither is lower;
    2. in `newest`, accuracy is not lower, and the recall of urgent-or-critical has not fallen by over HOT_MARGIN;
    3. in `shipped`, the recall of urgent-or-critical has not fallen by more than HOT_MARGIN, that of critical by more
       than CRITICAL_MARGIN, nor any label's by more than LABEL_MARGIN (one text is always allowed, except of critical).
    """
    reasons: list[Reason] = []
    gains = [(name, deciding.measures[name]) for name in ("accuracy", "macro_f1")]
    proven = [(name, gain) for name, gain in gains if gain.low > 0]
    best_name, best = max(proven or gains, key=lambda pair: pair[1].low)
    better = bool(proven) and all(gain.change >= 0 for _, gain in gains)
    told = {"measure": best_name, "how": how, "corrections": corrections, "persons": deciding.persons}
    reasons.append(Reason("better" if better else "not_better", {**told, **_numbers(best)}))
    accuracy = newest.measures["accuracy"]
    objections = []
    if accuracy.change < 0:
        objections.append(Reason("worse_newest", _numbers(accuracy)))
    objections += _fallen(newest, "desk", {"hot_recall": HOT_MARGIN})
    objections += _fallen(shipped, "shipped", {"hot_recall": HOT_MARGIN})
    for label, recall in shipped.recalls.items():
        allowed = CRITICAL_MARGIN if label == "critical" else max(LABEL_MARGIN, 1 / max(recall.n, 1))
        if recall.n >= RARE and -recall.change > allowed + 1e-9:
            objections.append(Reason("worse_label", {"label": label, "margin": allowed, **_numbers(recall)}))
    return Verdict(better and not objections, (*reasons, *objections))


def _fallen(found: Comparison, where: str, margins: Mapping[str, float]) -> list[Reason]:
    fallen = []
    for name, margin in margins.items():
        one = found.measures.get(name)
        if one is not None and one.n >= RARE and -one.change > margin + 1e-9:
            fallen.append(Reason("worse_hot", {"where": where, "margin": margin, **_numbers(one)}))
    return fallen


def _numbers(one: Difference) -> dict[str, Any]:
    return {name: round(value, 4) for name, value in asdict(one).items()}


def truths(head: str, labels: Sequence[str]) -> Answers:
    """Labels as their numbers."""
    return np.array([HEADS[head].index(label) for label in labels], dtype=np.int64)
