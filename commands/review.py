"""`nobet review`: the review of a crisis as a file, and the list of them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from commands.options import Config, Failure, Language, language, utc_now
from desk.crisis.review_paper import FORMATS
from desk.crisis.review_reading import lines
from desk.crisis.reviewing import exported
from desk.in_force import ClocksInForce
from desk.settings import load_settings
from store.engine import Store


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("review")(show_review)


def show_review(
    crisis: Annotated[int | None, typer.Argument(help="the crisis's number; left out: a list")] = None,
    format: Annotated[str, typer.Option("--format", help="html, pdf, json or md")] = "md",
    out: Annotated[Path | None, typer.Option("--out", help="a file; else printed")] = None,
    names: Annotated[bool, typer.Option("--names", help="with customers' names and handles; else without")] = False,
    lang: Language = "tr",
    config: Config = None,
) -> None:
    """The review of a crisis: its numbers recomputed from the log, or as they were signed, and what people wrote."""
    language(lang)
    if format not in FORMATS:
        raise typer.BadParameter(f"{format!r} is not one of {', '.join(FORMATS)}", param_hint="--format")
    if crisis is not None and format == "pdf" and out is None:
        raise typer.BadParameter("a PDF needs a file to go to", param_hint="--out")
    settings = load_settings(config)
    store = Store.open(settings.url)
    try:
        if crisis is None:
            _list(store, settings.brand.key)
            return
        clocks = ClocksInForce(settings.desk, store, settings.brand.key)
        made = exported(store, settings, clocks, crisis, format, lang, utc_now(), names)
    finally:
        store.close()
    if out is None:
        sys.stdout.write(made.decode())
        return
    try:
        out.write_bytes(made)
    except OSError as error:
        raise Failure(f"{out}: cannot be written ({error.strerror})") from None


def _list(store: Store, brand: str) -> None:
    """Every closed crisis with how far its review is, a JSON line each."""
    with store.read() as tx:
        found = lines(tx, brand)
    for line in found:
        told = {
            "crisis": line.crisis_id, "title": line.title, "stage": line.stage, "version": line.version,
            "signed_at": line.signed_at.isoformat() if line.signed_at else None, "signed_by": line.signed_by or None,
            "open_actions": line.open_actions,
        }  # fmt: skip
        print(json.dumps(told, ensure_ascii=False))
