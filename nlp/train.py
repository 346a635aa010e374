"""Makes the linear models from data folders: the same input and seed give the same bytes.

Per language: one space over the licensed texts and our own mentions, then three heads. Probabilities are calibrated,
and every threshold chosen, on out-of-fold predictions for our own mentions, with themes kept together; nothing is
fitted to a development set. Those are only measured at the end, for the model card, where the folder has them.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from mention import LANGUAGES, SENTIMENTS
from nlp import card, fitting, thresholds
from nlp.backend import HEADS
from nlp.corpus import Example, LicensedSet, TrainingError, WrittenMention, fold_of, licensed, written
from nlp.features import Space
from nlp.linear import Head, LinearModel, softmax
from nlp.normalise import forms
from nlp.scorer import Scorer

__all__ = ["TrainingError", "train"]

Logits = NDArray[np.float64]

WORDS, CHARS, MIN_TEXTS = 30_000, 50_000, 3
"""Size of a language's space. Twice as many moved the sets behind the first bars by less than a point."""
MENTION_TIMES = 5
"""How often a mention counts when features are chosen: the licensed texts are many times more, about other things."""
FOLDS = 5
SENTIMENT_FOLDS = 3  # each costs a full fit of the large sets
SENTIMENT_STRENGTH = 1.0
DESK_HEADS = (("urgency", 5.0, 0.0), ("topic", 3.0, 1.0))
"""Strength (scikit-learn's C) and balance (see fitting.balanced) per head, by cross-validation over themes. Topics are
balanced, or the rare ones are never said; urgencies are not: its threshold, below, does that openly."""
MENTION_WEIGHT = 6.0
"""What one of our mentions weighs against one licensed text for sentiment: brand talk is what the model is for."""


@dataclass
class _Learnt:
    """One language after its fits: out-of-fold logits per head, for our own mentions, in their order."""

    space: Space
    heads: dict[str, Head] = field(default_factory=dict)
    held_out: dict[str, Logits] = field(default_factory=dict)


def train(
    data_folder: Path, mentions_folder: Path, out: Path, seed: int = 7, held_out: Path | None = None
) -> dict[str, Any]:
    """Trains all heads, writes the model and its card to `out`, and returns what was measured as a JSON-able report.

    `data_folder` holds `sentiment/train/*.jsonl` (the sets of corpus.SETS); what is in `sentiment/dev` and
    `urgency/desk_gold_dev.jsonl` is measured afterwards, never learnt from. Takes minutes. Raises TrainingError; the
    model that was in `out` is kept until the new one is complete. `held_out` is a file for the out-of-fold
    probabilities of our mentions (npz: `texts`, and one array per head): the cascade learns from them how far to
    trust the model.
    """
    mentions = written(mentions_folder)
    sets: list[LicensedSet] = []
    learnt: dict[str, _Learnt] = {}
    for language in LANGUAGES:
        ours = [mention for mention in mentions if mention.language == language]
        if ours:
            examples, used = licensed(data_folder, language, seed)
            learnt[language] = _language(language, examples, ours)
            sets += used
    order = [mention for language in learnt for mention in mentions if mention.language == language]
    probs = {head: np.concatenate([_held_out(part, head) for part in learnt.values()]) for head in HEADS}
    truth = {head: _labels(head, order) for head in HEADS}
    decision = thresholds.choose(probs, truth)
    if held_out is not None:
        np.savez_compressed(held_out, texts=np.array([mention.text for mention in order]), **probs)  # type: ignore[arg-type]
    spaces = {language: part.space for language, part in learnt.items()}
    heads = {f"{head}.{language}": part.heads[head] for language, part in learnt.items() for head in HEADS}
    model = LinearModel(spaces, heads, decision, _version(spaces, heads, decision))
    report: dict[str, Any] = {
        "model": model.version,
        "seed": seed,
        "mentions": card.counts(mentions),
        "sets": [{"file": used.file, "language": used.language, "licence": used.licence} for used in sets],
        "decision": decision,
        "temperature": {name: round(head.temperature, 3) for name, head in sorted(heads.items())},
        "held_out": card.held_out_numbers(probs, truth, decision),
    }
    _write(model, out, data_folder, sets, report)
    return report


def _language(language: str, examples: Sequence[Example], ours: Sequence[WrittenMention]) -> _Learnt:
    borrowed = [forms(example.text, language) for example in examples]
    own = [forms(mention.text, language) for mention in ours]
    space = Space.fit(borrowed + own * MENTION_TIMES, words=WORDS, chars=CHARS, min_texts=MIN_TEXTS)
    rows = fitting.matrix(space, own)
    learnt = _Learnt(space)
    _sentiment(
        learnt, language, fitting.matrix(space, borrowed), [example.sentiment for example in examples], rows, ours
    )
    for name, strength, power in DESK_HEADS:
        labels = _labels(name, ours)
        fit = partial(_fit_desk, rows, labels, len(HEADS[name]), strength, power)
        _head(learnt, language, name, rows, labels, [fold_of(mention.theme, FOLDS) for mention in ours], fit)
    return learnt


def _fit_desk(
    rows: Any, labels: NDArray[np.int64], count: int, strength: float, power: float, chosen: NDArray[Any]
) -> tuple[Logits, Logits]:
    picked = labels[chosen]
    return fitting.logistic(rows[chosen], picked, count, fitting.balanced(picked, count, power), strength)


def _sentiment(
    learnt: _Learnt, language: str, borrowed: Any, told: list[str], rows: Any, ours: Sequence[WrittenMention]
) -> None:
    """Sentiment learns from the licensed texts and ours; where no licensed text is neutral, only ours say what is."""
    labels = _labels("sentiment", ours)
    theirs = np.array([SENTIMENTS.index(label) for label in told], dtype=np.int64)
    kinds = np.unique(theirs)
    could_be = np.ones((len(theirs), len(SENTIMENTS)), dtype=bool)
    complete = len(kinds) == len(SENTIMENTS)
    if not complete and len(kinds):
        could_be[:] = np.isin(np.arange(len(SENTIMENTS)), kinds)
    weights = fitting.balanced(theirs, len(SENTIMENTS)) if complete else np.ones(len(theirs))

    def fit(chosen: NDArray[Any]) -> tuple[Logits, Logits]:
        all_rows = sparse.vstack([borrowed, rows[chosen]]).tocsr() if len(theirs) else rows[chosen]
        all_labels = np.concatenate([theirs, labels[chosen]])
        own_weights = MENTION_WEIGHT * fitting.balanced(labels[chosen], len(SENTIMENTS), 0.5)
        all_weights = np.concatenate([weights, own_weights])
        if complete or not len(theirs):
            return fitting.logistic(all_rows, all_labels, len(SENTIMENTS), all_weights, SENTIMENT_STRENGTH)
        open_to_all = np.ones((len(chosen), len(SENTIMENTS)), dtype=bool)
        all_could_be = np.concatenate([could_be, open_to_all])
        return fitting.partial(all_rows, all_labels, all_could_be, all_weights, SENTIMENT_STRENGTH)

    folds = [fold_of(mention.theme, SENTIMENT_FOLDS) for mention in ours]
    _head(learnt, language, "sentiment", rows, labels, folds, fit)


def _head(
    learnt: _Learnt, language: str, name: str, rows: Any, labels: NDArray[np.int64], folds: list[int], fit: Any
) -> None:
    """Fits a head on all our mentions, and once per fold without it, for honest predictions on the fold."""
    held_out = np.zeros((len(labels), len(HEADS[name])))
    fold = np.array(folds)
    for number in np.unique(fold):
        inside = np.flatnonzero(fold == number)
        outside = np.flatnonzero(fold != number)
        if len(outside):
            coef, intercept = fit(outside)
            held_out[inside] = rows[inside] @ coef + intercept
    coef, intercept = fit(np.arange(len(labels)))
    learnt.held_out[name] = held_out
    learnt.heads[name] = Head(
        language,
        HEADS[name],
        coef.astype(np.float16).astype(np.float32),  # what will be on disk, so that measured is shipped
        intercept.astype(np.float32),
        round(fitting.temperature(held_out, labels), 4),
    )


def _held_out(part: _Learnt, head: str) -> NDArray[np.float64]:
    return softmax(part.held_out[head] / part.heads[head].temperature)


def _labels(head: str, mentions: Sequence[WrittenMention]) -> NDArray[np.int64]:
    return np.array([HEADS[head].index(getattr(mention, head)) for mention in mentions], dtype=np.int64)


def _version(spaces: dict[str, Space], heads: dict[str, Head], decision: dict[str, Any]) -> str:
    """A name that changes when the model does: eight hexadecimal digits over all its numbers and words."""
    digest = hashlib.sha256(repr(sorted(decision.items())).encode())
    for name, space in sorted(spaces.items()):
        digest.update("\n".join((name, *space.words, *space.chars)).encode())
    for name, head in sorted(heads.items()):
        digest.update(f"{name} {head.temperature}".encode())
        digest.update(head.coef.astype(np.float16).tobytes() + head.intercept.tobytes())
    return f"linear-1-{digest.hexdigest()[:8]}"


def _write(
    model: LinearModel, out: Path, data_folder: Path, sets: Sequence[LicensedSet], report: dict[str, Any]
) -> None:
    """Writes beside `out` first and swaps at the end, so that a training cut short leaves the old model whole."""
    fresh = out.parent / f".{out.name}.new"
    shutil.rmtree(fresh, ignore_errors=True)
    model.save(fresh)
    report["measured"] = card.measure(Scorer(LinearModel.load(fresh)), data_folder)
    (fresh / "CARD.md").write_text(card.text(sets, report), encoding="utf-8")
    report["bytes"] = sum(path.stat().st_size for path in fresh.rglob("*") if path.is_file())
    old = out.parent / f".{out.name}.old"
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    fresh.rename(out)
    shutil.rmtree(old, ignore_errors=True)
