"""What a desk's people decided, as a classifier can learn it: read, grouped, fitted on top of a model. Pure.

A lesson is a mention whose labels a person looked at: some were corrected, the others were let stand. Texts live here
only as rows of numbers; nothing of them is logged or kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize, minimize_scalar

from nlp import decide, rules
from nlp.adapter import AdaptedHead, Shift, log_probs
from nlp.backend import HEADS, Backend
from nlp.features import Encoded, Space
from nlp.language import LanguageDetector
from nlp.linear import softmax
from nlp.scorer import Scorer

Numbers = NDArray[np.float64]

CORRECTED, LET_STAND = 1.0, 0.3
"""What a corrected label weighs, and one that was let stand: letting stand may be overlooking. On simulated desks 0.3
was within a point of the best for every head; 1 lost three points of sentiment where a third of the mistakes was let
stand, and 0.1 told less of what is right (docs/reference/models.md)."""

ALIKE = 0.8
"""Cosine over words and word pairs from which two texts are one: a template with another order number is above it."""

TWO = 2
"""A feature counts once this many different persons used it: what one person wrote is nobody's pattern."""

FAINT = 0.02
"""Weights all below this (log-odds) are left out; together they move no label, and they are most of the file."""

_BATCH = 64
_ROUNDS = 100
_PRIOR = 10.0  # what `temperature` needs as evidence, in texts, before it leaves 1: few texts tell little of honesty


@dataclass(frozen=True)
class Lesson:
    """A mention that a person decided on at `at`. `labels` are the labels as they stand now, by head; `corrected`
    names the heads that the person changed. `person` and `thread` say who wrote it, and where, in any spelling."""

    mention_id: int
    text: str
    person: str
    at: datetime
    labels: Mapping[str, str]
    corrected: frozenset[str] = frozenset()
    thread: str | None = None
    lang: str | None = None

    @property
    def digest(self) -> str:
        """Sixteen hexadecimal digits of the text, by which it is known again."""
        return digest_of(self.text)


def digest_of(text: str) -> str:
    """Sixteen hexadecimal digits of a text, blanks and letter case aside."""
    plain = " ".join(text.lower().split())
    return hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()[:16]


@dataclass(frozen=True)
class Layout:
    """The columns of all languages side by side, and after them one column per language for its bias."""

    spaces: Mapping[str, Space]

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages in the order of their columns."""
        return tuple(sorted(self.spaces))

    @property
    def width(self) -> int:
        """How many columns there are."""
        return sum(len(space) + 1 for space in self.spaces.values())

    def start(self, language: str) -> int:
        """The first column of a language."""
        before = self.languages[: self.languages.index(language)]
        return sum(len(self.spaces[name]) for name in before)

    def bias(self, language: str) -> int:
        """The bias column of a language."""
        return self.width - len(self.languages) + self.languages.index(language)

    def rows(self, read: Sequence[tuple[str, Encoded]]) -> Any:
        """The rows of texts given with their language, as a CSR matrix."""
        columns, values, starts = [], [], [0]
        for language, encoded in read:
            columns.append(np.append(encoded.columns + self.start(language), self.bias(language)))
            values.append(np.append(encoded.weights.astype(np.float64), 1.0))
            starts.append(starts[-1] + len(columns[-1]))
        flat = np.concatenate(columns) if columns else np.empty(0, np.int64)
        held = np.concatenate(values) if values else np.empty(0)
        return sparse.csr_matrix((held, flat, starts), shape=(len(read), self.width))

    def shifts(self, weights: Any) -> dict[str, Shift]:
        """Fitted weights (columns x labels, a dense array with `kept` columns named) as one shift per language."""
        kept, dense = weights
        shifts: dict[str, Shift] = {}
        for language in self.languages:
            start = self.start(language)
            inside = (kept >= start) & (kept < start + len(self.spaces[language]))
            strong = np.flatnonzero(inside)[np.abs(dense[inside]).max(axis=1, initial=0.0) >= FAINT]
            at = np.flatnonzero(kept == self.bias(language))
            bias = dense[at[0]] if len(at) else np.zeros(dense.shape[1])
            if len(strong) or np.abs(bias).max(initial=0.0) >= FAINT:
                # Rounded as on disk, so that what is measured is what is kept.
                rounded = dense[strong].astype(np.float16).astype(np.float32)
                shifts[language] = Shift((kept[strong] - start).astype(np.int32), rounded, bias.astype(np.float32))
        return shifts


@dataclass(frozen=True)
class Sheet:
    """Texts as numbers: `rows` of features, what the shipped model says (`logs`, by head), the urgency below which the
    hard rules do not go, and each text's language."""

    rows: Any
    logs: Mapping[str, Numbers]
    floors: tuple[str, ...]
    languages: tuple[str, ...]
    encoded: tuple[Encoded, ...] = field(repr=False, default=())

    def __len__(self) -> int:
        return len(self.languages)

    def moved(self, head: str, adapted: AdaptedHead | None) -> Numbers:
        """The logits of a head with an adapter's shift, temperature included."""
        logits: Numbers = self.logs[head]
        if adapted is None:
            return logits
        logits = logits.copy()
        for i, (language, encoded) in enumerate(zip(self.languages, self.encoded, strict=True)):
            if language in adapted.shifts:
                logits[i] = (logits[i] + adapted.shifts[language].of(encoded)) / adapted.temperature
        return logits


def read(texts: Sequence[tuple[str, str | None]], backend: Backend, spaces: Mapping[str, Space]) -> Sheet:
    """Texts with their language hints (what the source said), through the shipped model."""
    scorer, layout = Scorer(backend, _detector()), Layout(spaces)
    logs: dict[str, list[Numbers]] = {head: [] for head in HEADS}
    floors: list[str] = []
    rows: list[tuple[str, Encoded]] = []
    for start in range(0, len(texts), _BATCH):
        batch = [scorer.read(text, hint) for text, hint in texts[start : start + _BATCH]]
        for text, judgement in zip(batch, backend.judge(batch), strict=True):
            rows.append((text.language, spaces[text.language].encode([token.form for token in text.tokens])))
            floors.append(rules.floor(rules.find(text.tokens)))
            for head in HEADS:
                logs[head].append(log_probs(judgement, head))
    told = {head: np.array(held).reshape(len(texts), len(HEADS[head])) for head, held in logs.items()}
    languages, encoded = tuple(name for name, _ in rows), tuple(one for _, one in rows)
    return Sheet(layout.rows(rows), told, tuple(floors), languages, encoded)


@cache
def _detector() -> LanguageDetector:
    return LanguageDetector()  # it takes longer to load than a page of texts to read


def decided(head: str, logits: Numbers, floors: Sequence[str], decision: Mapping[str, Any]) -> NDArray[np.int64]:
    """The label numbers that the scorer would give: thresholds and hard rules included."""
    if head != "urgency":
        return np.asarray(logits.argmax(axis=1), dtype=np.int64)
    thresholds, labels = decide.Thresholds.from_record(decision), HEADS[head]
    answers = []
    for probs, floor in zip(softmax(logits) if len(logits) else logits, floors, strict=True):
        label = decide.urgency(dict(zip(labels, probs.tolist(), strict=True)), thresholds)
        answers.append(labels.index(rules.raised(label, floor)))
    return np.array(answers, dtype=np.int64)


def groups_of(lessons: Sequence[Lesson], sheet: Sheet, spaces: Mapping[str, Space]) -> NDArray[np.int64]:
    """A number per lesson, the same for all that must stay on one side: same person, same thread, near-same text."""
    parent = list(range(len(lessons)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    first: dict[tuple[str, str], int] = {}
    for i, lesson in enumerate(lessons):
        for key in (("person", lesson.person), ("thread", lesson.thread or ""), ("text", lesson.digest)):
            if key[1]:
                parent[root(i)] = root(first.setdefault(key, i))
    for one, other in _alike(sheet, spaces):
        parent[root(one)] = root(other)
    return np.array([root(i) for i in range(len(lessons))], dtype=np.int64)


def _alike(sheet: Sheet, spaces: Mapping[str, Space]) -> list[tuple[int, int]]:
    layout = Layout(spaces)
    found: list[tuple[int, int]] = []
    for language in layout.languages:
        start = layout.start(language)
        these = np.array([i for i, name in enumerate(sheet.languages) if name == language], dtype=np.int64)
        words = sheet.rows[these][:, start : start + len(spaces[language].words)].tocsr()
        turned = words.T.tocsc()
        for begin in range(0, len(these), 500):
            close = (words[begin : begin + 500] @ turned).tocoo()
            near = (close.data >= ALIKE) & (close.row + begin < close.col)
            found += zip(these[close.row[near] + begin].tolist(), these[close.col[near]].tolist(), strict=True)
    return found


def shared(rows: Any, groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """The columns that at least TWO different groups have."""
    _, number = np.unique(groups, return_inverse=True)
    member = sparse.csr_matrix(
        (np.ones(len(groups)), (number, np.arange(len(groups)))), shape=(number.max(initial=-1) + 1, len(groups))
    )
    pattern = rows.copy()
    pattern.data = np.ones_like(pattern.data)
    there = (member @ pattern).tocsc()
    return np.flatnonzero(np.diff(there.indptr) >= TWO)


def fit(
    rows: Any, base: Numbers, target: Numbers, weights: Numbers, strength: float, start: Numbers | None = None
) -> Numbers:
    """The shift W (columns x labels) that moves `base` logits towards `target` probabilities, no further than needed.

    Minimises sum w · cross-entropy(target, softmax(base + rows·W)) + ||W||² / (2 · strength), with L-BFGS. Where the
    target is what the base says already, W stays zero.
    """
    count, labels = rows.shape[1], base.shape[1]
    turned = rows.T.tocsr()

    def loss(flat: Numbers) -> tuple[float, Numbers]:
        shift = flat.reshape(count, labels)
        logits = base + rows @ shift
        top = logits.max(axis=1, keepdims=True)
        grown = np.exp(logits - top)
        total = grown.sum(axis=1, keepdims=True)
        missed = float((weights * ((np.log(total) + top)[:, 0] - (target * logits).sum(axis=1))).sum())
        gradient = turned @ ((grown / total - target) * weights[:, None]) + shift / strength
        return missed + float((shift**2).sum()) / (2 * strength), gradient.ravel()

    begin = np.zeros(count * labels) if start is None else start.ravel()
    options = {"maxiter": _ROUNDS, "maxcor": 10, "ftol": 1e-6, "gtol": 1e-3}
    found: Numbers = minimize(loss, begin, jac=True, method="L-BFGS-B", options=options).x.reshape(count, labels)
    return found


def log_loss(logits: Numbers, labels: NDArray[np.int64]) -> Numbers:
    """Minus the logarithm of the probability of each text's label."""
    losses: Numbers = -np.log(softmax(logits)[np.arange(len(labels)), labels].clip(1e-9))
    return losses


def temperature(logits: Numbers, labels: NDArray[np.int64]) -> float:
    """What out-of-fold logits must be divided by to be honest, kept near 1 while there is little to tell from.

    All texts weigh the same here, or the corrected ones would make the model look less sure than it may be. It is never
    below 1: where people overlook mistakes, every model looks too modest.
    """

    def loss(log_t: float) -> float:
        return float(log_loss(logits / np.exp(log_t), labels).sum()) + _PRIOR * log_t**2

    bounds = (0.0, np.log(2.0))
    return float(np.exp(minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-3}).x))
