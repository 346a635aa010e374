"""All shipped models from data folders with one command: linear, transformer, cascade, and their cards."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import torch

from nlp import card
from nlp.cascade import Cascade
from nlp.evaluate import evaluate
from nlp.scorer import Scorer
from nlp.train import train
from nlp.training import cards, finish, make

THREADS = 2
"""Sums are taken in another order with another number; two is what the shipped weights were made with."""


def remake(
    data_folder: Path, mentions_folder: Path, models: Path, seed: int = make.SEED, work: Path | None = None
) -> dict[str, Any]:
    """Train `linear/`, `transformer/` and `cascade/` of `models`; returns what was measured.

    `work` keeps what is between the stages (hundreds of MB); with it a second run takes up what is unchanged. About an
    hour on two cores, minutes on an accelerator. Raises corpus.TrainingError.
    """
    with tempfile.TemporaryDirectory() as folder:
        between = work or Path(folder)
        between.mkdir(parents=True, exist_ok=True)
        held_out = between / "linear.npz"
        linear = train(data_folder, mentions_folder, models / "linear", seed, held_out)
        torch.set_num_threads(THREADS)
        given = make.material(data_folder, mentions_folder, seed)
        make.first_stage(given, between, seed)
        taught = make.second_stage(given, between, seed=seed)
        return {"linear": linear, **complete(taught, given, between, models, held_out, seed)}


def complete(
    taught: Any, given: make.Material, work: Path, models: Path, held_out: Path, seed: int = make.SEED
) -> dict[str, Any]:
    """The last step alone: from a finished net and the linear models' probabilities to folders and card."""
    report = finish.finish(taught, given, work, models, held_out)
    scorer = Scorer(Cascade.load(models))
    report["seed"] = seed
    report["words"] = len(vocabulary_of(work))
    report["mentions"] = card.counts([*given.learnt, *given.apart])
    report["sets"] = [
        {"file": one.file, "language": one.language, "licence": one.licence, "what": one.what, "rows": one.rows}
        for one in given.sets
    ]
    report["measured"] = card.measure(scorer, given.data_folder)
    held = make.HELD / "written.jsonl"
    if held.is_file():
        with held.open(encoding="utf-8") as lines:
            report["held"] = evaluate((json.loads(line) for line in lines if line.strip()), scorer)
    (models / "cascade" / "CARD.md").write_text(cards.text(report), encoding="utf-8")
    return report


def vocabulary_of(work: Path) -> list[Any]:
    """The pieces of the vocabulary in `work`."""
    record = json.loads((work / "tokenizer.json").read_text(encoding="utf-8"))
    words: list[Any] = record["model"]["vocab"]
    return words
