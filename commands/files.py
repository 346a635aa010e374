"""`nobet import` and `nobet export`: mentions in from files, everything out again."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from classifying import finder_of, scorer_of
from collectors.files import Bad, Good, read
from collectors.protocol import Rejected
from commands.options import Config, Failure, complain, real_settings, utc_now
from commands.progress import end_with_parent, followed, progress
from desk.intake import Intake
from desk.settings import library_of, load_settings
from store import export as exporting
from store import ingest
from store.engine import Store
from worker import process, worker_alive

BATCH = 500
"""Lines stored in one transaction; a kill loses at most a batch, which the rerun brings (FACTS.md: 13k rows/s)."""

SAVED_BATCH = 50
"""Saved mails and pages in one transaction: each may hold a megabyte."""

SHOWN = 20
"""Rejected lines named one by one; the rest are counted here and listed whole in the quarantine."""

KINDS = ("mentions", "cases", "events")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""First characters that make a spreadsheet run a cell; such text gets an apostrophe (OWASP, CSV injection)."""


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("import")(import_file)
    app.command("export")(export)


def import_file(
    file: Annotated[str, typer.Argument(help="JSONL, CSV, .eml, .mbox or a saved page")],
    source: Annotated[str | None, typer.Option("--source", help="source of lines that name none")] = None,
    store_only: Annotated[bool, typer.Option("--store-only", help="leave scoring and routing to the worker")] = False,
    config: Config = None,
) -> None:
    """Store the mentions of a file; the same file twice adds nothing. Bad lines are named, kept apart and counted."""
    settings = real_settings(config, "import")
    end_with_parent()
    lines = _lines_of(Path(file)) if followed() else None
    store, brand = Store.open(settings.url), settings.brand.key
    total = {"read": 0, "new": 0, "known": 0, "rejected": 0}
    noted: set[str] = set()
    good: list[Good] = []
    bad: list[Rejected] = []

    def flush() -> None:
        for name in dict.fromkeys(item.fetched.mention.source for item in good):
            batch = [item.fetched for item in good if item.fetched.mention.source == name]
            saved = ingest.save_batch(store, brand, name, batch, seen_at=utc_now(), stage="import")
            total["new"] += saved.new
            total["known"] += saved.known
        if bad:
            ingest.save_batch(store, brand, source or "import", [], seen_at=utc_now(), rejected=bad, stage="import")
        good.clear()
        bad.clear()
        progress(total["read"], lines)

    try:
        for item in read(Path(file), now=utc_now(), zone=settings.desk.zone, source=source):
            total["read"] += 1
            if isinstance(item, Bad):
                total["rejected"] += 1
                bad.append(Rejected(item.reason, item.raw))
                if total["rejected"] <= SHOWN:
                    complain(f"{file}, {item.part} {item.line}: {item.reason}; it is kept in the quarantine")
            else:
                good.append(item)
                for note in item.notes:
                    if note not in noted and len(noted) < SHOWN:
                        noted.add(note)
                        complain(f"{file}, {item.part} {item.line}: {note}")
            if len(good) + len(bad) >= (BATCH if item.part == "line" else SAVED_BATCH):
                flush()
        flush()
    except OSError as error:  # the reader's own sentence; what came before it is stored
        flush()
        raise Failure(str(error)) from None
    if total["rejected"] > SHOWN:
        complain(f"{total['rejected'] - SHOWN} more of {file} were rejected; all are in the quarantine")
    print(", ".join(f"{name} {count}" for name, count in total.items()), flush=True)
    if not store_only and not worker_alive(store, brand, utc_now()):
        _process_here(store, settings)
    store.close()
    raise typer.Exit(1 if total["rejected"] else 0)


def _lines_of(file: Path) -> int | None:
    """How many lines a file has, to say how far its import is; None for what is not made of lines, or is not there."""
    if file.suffix.lower() not in (".jsonl", ".csv"):
        return None
    try:
        with file.open("rb") as stream:
            return sum(part.count(b"\n") for part in iter(lambda: stream.read(1 << 20), b""))
    except OSError:
        return None


def _process_here(store: Store, settings: Any) -> None:
    """No worker is running, so score and route here; with one running it does both."""
    intake = Intake(store, settings, library_of(settings))
    routed = process(store, settings.brand.key, scorer_of(settings), intake, finder=finder_of(settings))
    parts = {"opened": "case(s) opened", "joined": "joined to a case", "set_aside": "set aside, no answer due",
             "quarantined": "in quarantine"}  # fmt: skip
    told = [f"{getattr(routed, name)} {words}" for name, words in parts.items() if getattr(routed, name)]
    if told:
        print("routed: " + ", ".join(told), flush=True)


def export(
    what: Annotated[str, typer.Argument(help="mentions, cases, events; several with commas")],
    format: Annotated[str, typer.Option("--format", help="jsonl or csv")] = "jsonl",
    out: Annotated[Path | None, typer.Option("--out", help="a file, for several kinds a folder; else printed")] = None,
    config: Config = None,
) -> None:
    """Everything out again. In CSV, text that a spreadsheet would run as a formula begins with an apostrophe."""
    kinds = [kind.strip() for kind in what.split(",")]
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise typer.BadParameter(f"{unknown[0]!r} is not one of {', '.join(KINDS)}", param_hint="WHAT")
    if format not in ("jsonl", "csv"):
        raise typer.BadParameter(f"{format!r} is neither jsonl nor csv", param_hint="--format")
    if format == "csv" and len(kinds) > 1 and out is None:
        raise typer.BadParameter("several kinds as CSV need a folder, a file each", param_hint="--out")
    settings = load_settings(config)
    store = Store.open(settings.url)
    for kind in kinds:
        with _target(out, kind, format, several=len(kinds) > 1) as stream:
            rows = exporting.iterate(store, settings.brand.key, kind)
            if format == "csv":
                _csv(rows, stream)
            else:
                for row in rows:
                    named = {"kind": kind, **row} if len(kinds) > 1 and out is None else row
                    print(json.dumps(named, ensure_ascii=False), file=stream)
    store.close()


@contextmanager
def _target(out: Path | None, kind: str, format: str, *, several: bool) -> Iterator[TextIO]:
    if out is None:
        yield sys.stdout
        return
    try:
        if several or out.is_dir():
            out.mkdir(parents=True, exist_ok=True)
            out = out / f"{kind}.{format}"
        partial = out.with_name(out.name + ".partial")
        with partial.open("w", encoding="utf-8", newline="") as stream:
            yield stream
        partial.replace(out)  # a reader never finds half an export under the final name
    except OSError as error:
        raise Failure(f"{out}: cannot be written ({error.strerror})") from None


def _csv(rows: Iterator[dict[str, Any]], stream: TextIO) -> None:
    writer = None
    for row in rows:
        flat = {name: _cell(value) for name, value in row.items()}
        if writer is None:
            writer = csv.DictWriter(stream, list(flat))
            writer.writeheader()
        writer.writerow(flat)


def _cell(value: Any) -> Any:
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.startswith(FORMULA):
        return "'" + value
    return value
