"""`nobet bench`: how fast the classifier is here, beside others on the same texts in the same run (`nlp`), and the
board with many people at it, beside an almost empty one (`board`)."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from commands.options import Config, Failure, complain, decoded, lines
from desk.settings import CHECKOUT, load_settings
from mention import MentionError
from nlp import bench
from nlp.corpus import TrainingError, written

MEASURES = "tests.performance.bench_board"

WRITTEN = CHECKOUT / "nlp" / "training" / "mentions"


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    group = typer.Typer(
        help="Measure the speed of a part on this machine.", no_args_is_help=True, rich_markup_mode=None
    )
    group.callback()(lambda: None)
    group.command("nlp")(bench_nlp)
    group.command("board")(bench_board)
    app.add_typer(group, name="bench")


def bench_nlp(
    texts: Annotated[
        str | None, typer.Option("--texts", help="JSONL with text; else the mentions that the classifier learnt from")
    ] = None,
    n: Annotated[int, typer.Option("--n", help="texts scored at once", min=1, max=1_000_000)] = 2_000,
    baseline: Annotated[str | None, typer.Option("--baseline", help="compare with this one; else e5-small")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="the numbers as JSON")] = False,
    config: Config = None,
) -> None:
    """Texts a second, milliseconds of a single text and memory: the configured backend, its parts, and baselines."""
    settings = load_settings(config)
    who = bench.candidates(settings.classifier.backend)
    if baseline is not None and baseline not in {one.name for one in who}:
        names = ", ".join(one.name for one in who)
        raise typer.BadParameter(f"{baseline!r} is not measured; there are: {names}", param_hint="--baseline")
    bad: list[str] = []
    try:
        drawn = bench.sample(_of_file(texts, bad) if texts is not None else _written(WRITTEN), n)
    except ValueError as error:
        raise Failure(f"{texts or WRITTEN}: {error}") from None
    for sentence in bad:
        complain(sentence)
    report = bench.measure(who, drawn, settings.classifier.labels, baseline)
    print(json.dumps(report, ensure_ascii=False, indent=2) if as_json else bench.table(report))
    raise typer.Exit(1 if bad or "missing" in report["candidates"][0] else 0)


def bench_board(
    mentions: Annotated[int, typer.Option("--mentions", help="mentions in the store", min=200)] = 100_000,
    open_cases: Annotated[int, typer.Option("--open", help="cases that are open", min=10)] = 2_000,
    sessions: Annotated[int, typer.Option("--sessions", help="people at the board at once", min=1, max=200)] = 20,
    minutes: Annotated[float, typer.Option("--minutes", help="how long they work", min=0.05)] = 2.0,
    hours: Annotated[float, typer.Option("--hours", help="hours whose refreshes are replayed for the memory")] = 0.0,
    browsers: Annotated[int, typer.Option("--browsers", help="how many of them in a real Chromium", min=0)] = 1,
    folder: Annotated[str | None, typer.Option("--folder", help="where the stores are kept for the next run")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="the numbers as JSON")] = False,
) -> None:
    """Page changes, acts and refreshes of a board that many people use at once, on a large store made for it."""
    if not (CHECKOUT / MEASURES.replace(".", "/")).with_suffix(".py").exists() or find_spec("websockets") is None:
        raise Failure(
            "The board is measured with what its tests use, and that is not here. "
            "In a checkout: `make install` (or `pip install -r requirements-test.txt`), then again."
        )
    told = {"mentions": mentions, "open": open_cases, "sessions": sessions, "minutes": minutes, "hours": hours,
            "browsers": browsers, "folder": folder}  # fmt: skip
    options = [f"--{name}={value}" for name, value in told.items() if value is not None]
    # In a process of its own: what measures is part of the tests, which nothing of the product imports.
    done = subprocess.run([sys.executable, "-m", MEASURES, *options, *(["--json"] if as_json else [])], cwd=CHECKOUT)
    raise typer.Exit(1 if done.returncode else 0)


def _written(folder: Path) -> list[bench.Text]:
    try:
        return [(mention.text, mention.language) for mention in written(folder)]
    except TrainingError as error:
        raise Failure(f"{error} Name texts of yours with --texts.") from None


def _of_file(file: str, bad: list[str]) -> list[bench.Text]:
    found: list[bench.Text] = []
    for number, line in lines(file):
        try:
            record = decoded(file, number, line)
            if not isinstance(record, dict) or not isinstance(record.get("text"), str) or not record["text"].strip():
                raise MentionError("text", f"{file}, line {number}: no text in it")
            found.append((record["text"], str(record["lang"]) if record.get("lang") else None))
        except MentionError as error:
            bad.append(str(error))
    return found
