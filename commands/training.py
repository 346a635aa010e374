"""`nobet train` and `nobet evaluate`: make the classifier again, and measure it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from commands.options import Config, Failure, complain, decoded, lines
from desk.settings import CHECKOUT, load_settings
from mention import MentionError
from nlp import Scorer
from nlp.evaluate import evaluate, format_report
from nlp.train import TrainingError, train


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("train")(train_models)
    app.command("evaluate")(evaluate_file)


def train_models(
    data: Annotated[Path, typer.Option("--data", help="folder of the licensed sets (sentiment/train/*.jsonl)")] = Path(
        "../shared/data"
    ),
    mentions: Annotated[Path, typer.Option("--mentions", help="folder of the training mentions")] = CHECKOUT
    / "nlp/training/mentions",
    out: Annotated[Path, typer.Option("--out", help="folder of the model")] = CHECKOUT / "nlp/models/linear",
    seed: Annotated[int, typer.Option("--seed")] = 7,
) -> None:
    """Rebuild the classifier from data folders; the same data and seed give the same files."""
    try:
        report = train(data, mentions, out, seed=seed)
    except TrainingError as error:
        raise Failure(str(error)) from None
    print(json.dumps(report, ensure_ascii=False, indent=2))


def evaluate_file(
    file: Annotated[str, typer.Argument(help="JSONL with text and label, or sentiment, urgency, topic")],
    as_json: Annotated[bool, typer.Option("--json", help="the whole report as JSON")] = False,
    config: Config = None,
) -> None:
    """Measure the classifier on labelled texts: per label precision, recall, F1, with intervals."""
    load_settings(config)
    bad: list[str] = []

    def records() -> Iterator[dict[str, Any]]:
        for number, line in lines(file):
            try:
                record = decoded(file, number, line)
                if not isinstance(record, dict) or not isinstance(record.get("text"), str):
                    raise MentionError("text", f"{file}, line {number}: no text in it")
                yield record
            except MentionError as error:
                bad.append(str(error))

    report = evaluate(list(records()), Scorer.load())
    for sentence in bad:
        complain(sentence)
    if not report.get("n"):
        raise Failure(f"{file}: no labelled text in it; a line needs text and label (or sentiment, urgency, topic)")
    print(json.dumps(report, ensure_ascii=False, indent=2) if as_json else format_report(report))
    raise typer.Exit(1 if bad else 0)
