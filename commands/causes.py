"""`nobet causes`: the weekly list for product and operations teams, and what is done about a cause."""

from __future__ import annotations

import csv
import json
import sys
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer

from commands.options import Config, Failure, Language, language, moment, utc_now
from desk.settings import load_settings
from store.engine import Store

FORMATS = ("text", "json", "csv", "html")
MAX_FILE = 20_000_000
"""Bytes of a file of orders; a year of ten thousand products and days has half of that."""

_COLUMNS = ("kind", "value", "day", "orders")


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(causes)


def causes(
    since: Annotated[str | None, typer.Option("--from", help="ISO time; seven days before --to when left out")] = None,
    until: Annotated[str | None, typer.Option("--to", help="ISO time, itself left out; now when left out")] = None,
    format: Annotated[str, typer.Option("--format", help="text, json, csv or html")] = "text",
    out: Annotated[Path | None, typer.Option("--out", help="a file; else printed")] = None,
    orders: Annotated[
        Path | None, typer.Option("--orders", help="CSV with kind, value, day, orders: what rates are counted of")
    ] = None,
    config: Config = None,
    lang: Language = "en",
) -> None:
    """Which product, supplier, carrier, branch or campaign people complain of more than they used to."""
    from desk.causes import telling  # here: the typesetting and the statistics take a while to load
    from desk.causes.weekly import DAY, WEEK, week_of

    if format not in FORMATS:
        raise typer.BadParameter(f"{format!r} is none of {', '.join(FORMATS)}", param_hint="--format")
    settings, say = load_settings(config), language(lang)
    zone = settings.desk.zone
    # a microsecond on: what was written this very moment belongs to the list until now
    end = moment(until, zone, "--to") if until else utc_now() + timedelta(microseconds=1)
    start = moment(since, zone, "--from") if since else end - WEEK
    if end - start < DAY * 0.9:
        raise typer.BadParameter("does not lie a day before --to; a rate needs at least a day", param_hint="--from")
    counted = read_orders(orders) if orders is not None else None
    store = Store.open(settings.url)
    with store.read() as tx:
        week = week_of(tx, settings, start, end, counted)
    store.close()
    try:
        stream = sys.stdout if out is None else out.open("w", encoding="utf-8", newline="")
        if format == "json":
            print(json.dumps(telling.week_record(week, zone), ensure_ascii=False, indent=1), file=stream)
        elif format == "csv":
            telling.write_csv(week, zone, stream)
        else:
            print((telling.html if format == "html" else telling.text)(week, zone, say), end="", file=stream)
        if out is not None:
            stream.close()
    except OSError as error:
        raise Failure(f"{out}: cannot be written ({error.strerror})") from None


def read_orders(file: Path) -> dict[tuple[str, str], dict[date, float]]:
    """Orders by kind and folded name, a day each. Raises Failure naming the line; a wrong file counts for nothing."""
    from desk.causes.naming import KINDS, folded, plain

    found: dict[tuple[str, str], dict[date, float]] = defaultdict(lambda: defaultdict(float))
    try:
        if file.stat().st_size > MAX_FILE:
            raise Failure(f"{file} is larger than {MAX_FILE // 1_000_000} MB; leave out what is older than needed")
        with file.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise Failure(f"{file}: the header lacks {', '.join(missing)}; it needs {', '.join(_COLUMNS)}")
            for row in reader:
                where = f"{file}, line {reader.line_num}"
                kind, value = (row["kind"] or "").strip(), folded(plain(row["value"]))
                if kind not in KINDS or not value:
                    raise Failure(f"{where}: kind is one of {', '.join(KINDS)}, and value is a name")
                try:
                    day, count = date.fromisoformat((row["day"] or "").strip()), int((row["orders"] or "").strip())
                except ValueError:
                    raise Failure(f"{where}: day is such as 2026-11-21, and orders a whole number") from None
                if count < 0:
                    raise Failure(f"{where}: orders is below zero")
                found[kind, value][day] += count
    except FileNotFoundError:
        raise Failure(f"{file}: there is no such file") from None
    except UnicodeDecodeError as error:
        raise Failure(f"{file}: not UTF-8 at byte {error.start}; save the file as UTF-8") from None
    except (OSError, csv.Error) as error:
        raise Failure(f"{file}: cannot be read ({error})") from None
    return {key: dict(days) for key, days in found.items()}
