"""`nobet train` and `nobet evaluate`: make the classifier again, and measure it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from commands.models import teach
from commands.options import BackendName, Config, Failure, Language, complain, decoded, lines, scorer_of
from desk.settings import CHECKOUT, load_settings
from mention import MentionError
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
    transformer: Annotated[
        bool, typer.Option("--transformer", help="also the transformer and the cascade; needs requirements-train.txt")
    ] = False,
    work: Annotated[
        Path | None, typer.Option("--work", help="with --transformer: a folder that keeps what is between its stages")
    ] = None,
    from_desk: Annotated[
        bool, typer.Option("--from-desk", help="learn from the desk's corrections instead; the shipped model stays")
    ] = False,
    by: Annotated[str, typer.Option("--by", help="with --from-desk: who does it, one of the agents")] = "",
    config: Config = None,
    lang: Language = "en",
) -> None:
    """Rebuild the classifier from data folders; or, with --from-desk, learn from what the desk corrected."""
    if from_desk:
        teach(config, lang, by)
        return
    try:
        if transformer:
            report = _with_transformer(data, mentions, out.parent, seed, work)
        else:
            report = train(data, mentions, out, seed=seed)
    except TrainingError as error:
        raise Failure(str(error)) from None
    print(json.dumps(report, ensure_ascii=False, indent=2))


def _with_transformer(data: Path, mentions: Path, models: Path, seed: int, work: Path | None) -> dict[str, Any]:
    try:
        from nlp.training.remake import remake
    except ImportError as error:
        raise Failure(
            f"Making the transformer needs {error.name}: `pip install -r requirements-train.txt` brings it; "
            "the shipped models run without."
        ) from None
    return remake(data, mentions, models, seed, work)


def evaluate_file(
    file: Annotated[str, typer.Argument(help="JSONL with text and label, or sentiment, urgency, topic")],
    as_json: Annotated[bool, typer.Option("--json", help="the whole report as JSON")] = False,
    ascii_copies: Annotated[
        bool, typer.Option("--ascii", help="also what is lost where the texts are typed in ASCII")
    ] = False,
    backend: BackendName = None,
    config: Config = None,
) -> None:
    """Measure the classifier on labelled texts: per label precision, recall, F1, with intervals."""
    settings = load_settings(config)
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

    report = evaluate(records(), scorer_of(settings, backend), ascii_copies=ascii_copies)
    for sentence in bad:
        complain(sentence)
    if not report.get("n"):
        raise Failure(f"{file}: no labelled text in it; a line needs text and label (or sentiment, urgency, topic)")
    print(json.dumps(report, ensure_ascii=False, indent=2) if as_json else format_report(report))
    raise typer.Exit(1 if bad else 0)
