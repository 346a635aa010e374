"""How well mentions are grouped by matter, measured against people's grouping, and the threshold that is best.

A wrong join hides an incident behind another; a missed join shows one incident twice, which a person mends with one
click. So precision counts double (F0.5) wherever one number must decide.
"""

from __future__ import annotations

import itertools
import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nlp.matters import Matters
from nlp.matters_evidence import Rules
from nlp.matters_told import Heard

Vectors = NDArray[np.float32]

BETA = 0.5
_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Told:
    """A text whose matter people know. `incident` is empty where it belongs to none; `family` groups incidents that
    are easily mistaken for each other, and is empty where there is none."""

    text: str
    language: str
    incident: str
    family: str = ""
    facts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of mentions: `right` are in one group and of one matter, `joined` in one group, `same` of one matter."""

    right: int
    joined: int
    same: int

    @property
    def precision(self) -> float:
        """Of the pairs that were joined, how many belong together; 1 when none was joined."""
        return self.right / self.joined if self.joined else 1.0

    @property
    def recall(self) -> float:
        """Of the pairs that belong together, how many were joined; 1 when there are none."""
        return self.right / self.same if self.same else 1.0

    def f(self, beta: float = 1.0) -> float:
        """The F measure; `beta` below 1 counts precision more."""
        return _f(self.precision, self.recall, beta)


@dataclass(frozen=True, slots=True)
class Quality:
    """One grouping against the truth.

    `pairs`: all; `within`, `across`: of one language, of two. `precision`, `recall`: B-cubed, the mean over mentions,
    to which a large matter counts by its mentions and not by their square. `hard_joined` of `hard` pairs of different
    incidents of one family were joined, `loose_joined` of `loose` pairs with a text of no incident.
    """

    pairs: Pairs
    within: Pairs
    across: Pairs
    precision: float
    recall: float
    groups: int
    hard_joined: int
    hard: int
    loose_joined: int
    loose: int

    def f(self, beta: float = 1.0) -> float:
        """B-cubed F."""
        return _f(self.precision, self.recall, beta)

    def __str__(self) -> str:
        def shown(name: str, one: Pairs) -> str:
            return f"{name} P {one.precision:.3f} R {one.recall:.3f} F0.5 {one.f(BETA):.3f}"

        return (
            f"{shown('pairs', self.pairs)} | {shown('one language', self.within)} | {shown('two', self.across)} | "
            f"B-cubed P {self.precision:.3f} R {self.recall:.3f} F0.5 {self.f(BETA):.3f} | groups {self.groups} | "
            f"hard negatives joined {self.hard_joined}/{self.hard} | of no incident {self.loose_joined}/{self.loose}"
        )


def measure(groups: Sequence[Hashable], truth: Sequence[Told]) -> Quality:
    """`groups`: each text's group, in the order of `truth`. A text of no incident belongs with no other.

    B-cubed as Bagga and Baldwin defined it (1998). Raises ValueError when the two are not of one length.
    """
    if len(groups) != len(truth):
        raise ValueError(f"{len(groups)} groups for {len(truth)} texts")
    rows = [
        (group, one.incident or ("none", place), one.family or ("none", place), one.language, bool(one.incident))
        for place, (group, one) in enumerate(zip(groups, truth, strict=True))
    ]
    every = Pairs(
        _pairs((group, incident) for group, incident, *_ in rows),
        _pairs(group for group, *_ in rows),
        _pairs(incident for _, incident, *_ in rows),
    )
    within = Pairs(
        _pairs((group, incident, language) for group, incident, _, language, _ in rows),
        _pairs((group, language) for group, _, _, language, _ in rows),
        _pairs((incident, language) for _, incident, _, language, _ in rows),
    )
    across = Pairs(every.right - within.right, every.joined - within.joined, every.same - within.same)
    both = Counter((group, incident) for group, incident, *_ in rows)
    of_group, of_incident = Counter(row[0] for row in rows), Counter(row[1] for row in rows)
    total = max(len(rows), 1)
    hard_joined = _pairs((group, family) for group, _, family, _, _ in rows) - _pairs(
        (group, incident, family) for group, incident, family, _, _ in rows
    )
    hard = _pairs(row[2] for row in rows) - _pairs((row[1], row[2]) for row in rows)
    loose = _pairs(1 for _ in rows) - _pairs(1 for row in rows if row[4])
    loose_joined = every.joined - _pairs(row[0] for row in rows if row[4])
    return Quality(
        every,
        within,
        across,
        sum(count * count / of_group[group] for (group, _), count in both.items()) / total,
        sum(count * count / of_incident[incident] for (_, incident), count in both.items()) / total,
        len(of_group),
        hard_joined,
        hard,
        loose_joined,
        loose,
    )


def read(path: Path) -> list[Told]:
    """The texts of a JSONL file with text, lang, incident, family."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [Told(row["text"], row["lang"], row["incident"], row.get("family", "")) for row in rows]


def group(truth: Sequence[Told], vectors: Vectors, rules: Rules, *, order: Sequence[int] | None = None) -> list[str]:
    """Each text's matter, as if the texts had arrived one a minute in `order` (places in `truth`)."""
    matters = Matters(rules, size=vectors.shape[1], keep=timedelta(days=3650), most=max(len(truth), 1))
    for minute, place in enumerate(order if order is not None else range(len(truth))):
        one = truth[place]
        at = _BEGIN + timedelta(minutes=minute)
        matters.add(Heard(str(place), one.text, one.language, at, vectors[place], one.facts))
    return [matters.matter_of(str(place)) or "" for place in range(len(truth))]


@dataclass(frozen=True, slots=True)
class Tried:
    """One setting of the rules with what it reached: means over several orders of arrival."""

    rules: Rules
    f: float
    precision: float
    recall: float


def tried(truth: Sequence[Told], vectors: Vectors, rules: Rules, orders: int = 3) -> Tried:
    """What rules reach on texts that arrive in `orders` different orders: F0.5, precision and recall over pairs."""
    found = [measure(group(truth, vectors, rules, order=order), truth).pairs for order in _orders(len(truth), orders)]
    return Tried(
        rules,
        float(np.mean([one.f(BETA) for one in found])),
        float(np.mean([one.precision for one in found])),
        float(np.mean([one.recall for one in found])),
    )


def pick(
    truth: Sequence[Told],
    vectors: Vectors,
    rules: Rules | None = None,
    *,
    thresholds: Sequence[float] = tuple(np.round(np.arange(0.1, 0.96, 0.05), 3).tolist()),
    across: Sequence[float] = (0.0, 0.05, 0.1),
    orders: int = 3,
    report: Callable[[Tried], None] = lambda one: None,
) -> Tried:
    """The threshold, and what two languages are given, with the best F0.5 over pairs; of equals the highest.

    First every threshold in one order of arrival, then those around the best by half a step in `orders` orders, with
    each of `across`. ValueError for nothing to try.

    To be asked with texts that the embedding learnt nothing from beyond what it learnt in general: a
    threshold chosen on texts that the embedding was fitted to is too high for all others.
    """
    if not thresholds or not across:
        raise ValueError("no threshold to try")
    begin = rules or Rules()
    ordered = sorted(thresholds)
    step = min((high - low for low, high in itertools.pairwise(ordered)), default=0.0)

    def at(threshold: float, extra: float, count: int) -> Tried:
        one = tried(truth, vectors, replace(begin, threshold=round(threshold, 4), across=extra), count)
        report(one)
        return one

    coarse = max((at(threshold, across[0], 1) for threshold in ordered), key=lambda one: (one.f, one.rules.threshold))
    around = {coarse.rules.threshold + step * half / 2 for half in (-2, -1, 0, 1, 2)}
    fine = [at(threshold, extra, orders) for extra in across for threshold in sorted(around) if 0 < threshold <= 1]
    return max(fine, key=lambda one: (one.f, one.rules.threshold, -one.rules.across))


def by_family(truth: Sequence[Told], vectors: Vectors) -> list[tuple[list[Told], Vectors]]:
    """Each family's texts as a desk of its own: one brand's incidents are more alike than all the world's."""
    places: dict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(truth):
        places[one.family].append(place)
    return [([truth[place] for place in held], vectors[held]) for _, held in sorted(places.items())]


def _orders(count: int, orders: int) -> list[list[int]]:
    chance = random.Random(2026)
    return [chance.sample(range(count), count) for _ in range(orders)]


def _pairs(keys: Iterable[Hashable]) -> int:
    return sum(count * (count - 1) // 2 for count in Counter(keys).values())


def _f(precision: float, recall: float, beta: float) -> float:
    below = beta * beta * precision + recall
    return (1 + beta * beta) * precision * recall / below if below else 0.0
