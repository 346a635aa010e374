"""`nobet report`: the PR lead's report on a stretch of days, as files."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from commands.options import Config, Failure, language, utc_now
from commands.progress import end_with_parent, followed, progress
from desk.metrics.period import LASTS, LONGEST_DAYS, Period
from desk.report.settings import FORMATS
from desk.settings import load_settings


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(report)


def report(
    since: Annotated[str | None, typer.Option("--from", help="first day, 2026-11-01")] = None,
    until: Annotated[str | None, typer.Option("--to", help="last day, itself counted; today at the latest")] = None,
    last: Annotated[str | None, typer.Option("--last", help="instead: the last whole day, week or month")] = None,
    format: Annotated[str, typer.Option("--format", help="html, pdf, csv, json, png; several with commas")] = "html",
    out: Annotated[Path | None, typer.Option("--out", help="file; several formats lie beside one another")] = None,
    config: Config = None,
    lang: Annotated[str | None, typer.Option("--lang", help="tr or en; else the board's language")] = None,
) -> None:
    """Response times, where the minutes go, sentiment, causes, crises and coverage of some days; prints the files."""
    formats = formats_of(format)
    settings = load_settings(config)
    say = language(lang or settings.board.language)
    zone, now = settings.desk.zone, settings.moment(utc_now())
    period = period_of(since, until, last, now, zone)
    target = place_of(out, period, say)
    end_with_parent()

    from desk.report.forms import files  # here: the statistics and the typesetting take a while to load
    from desk.report.making import STEPS, make
    from store.engine import Store

    def told(done: int) -> None:
        progress(done, STEPS + 1)
        if sys.stderr.isatty() and not followed():
            print(f"\r{done}/{STEPS + 1}", end="\n" if done > STEPS else "", file=sys.stderr, flush=True)

    store = Store.open(settings.url)
    try:
        content = make(store, settings, period, now, say, told)
    finally:
        store.close()
    made = files(content, formats, target.stem)
    told(STEPS + 1)
    for name, data in made.items():
        # one file is called as it was asked for, whatever its ending
        file = target if out is not None and len(made) == 1 and target.suffix else target.parent / name
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            partial = file.with_name(file.name + ".partial")
            partial.write_bytes(data)
            partial.replace(file)  # whoever watches the folder never sees half of one
        except OSError as error:
            raise Failure(f"{file}: cannot be written ({error.strerror})") from None
        print(file.absolute())


def formats_of(said: str) -> tuple[str, ...]:
    """The formats that were asked for. Wrong usage for one that is none."""
    found = tuple(dict.fromkeys(part.strip() for part in said.split(",") if part.strip()))
    wrong = next((name for name in found if name not in FORMATS), None)
    if wrong is not None or not found:
        raise typer.BadParameter(f"{wrong or said!r} is none of {', '.join(FORMATS)}", param_hint="--format")
    return found


def period_of(since: str | None, until: str | None, last: str | None, now: datetime, zone: ZoneInfo) -> Period:
    """The days that were asked for. Wrong usage for days that are none, in the wrong order, or still to come."""
    if last is not None:
        if since or until:
            raise typer.BadParameter("stands for --from and --to; give one or the other", param_hint="--last")
        if last not in LASTS:
            raise typer.BadParameter(f"{last!r} is none of {', '.join(LASTS)}", param_hint="--last")
        return Period.last_of(last, now, zone)
    if since is None or until is None:
        raise typer.BadParameter("say from which day to which, or --last day, week or month", param_hint="--from, --to")
    first, end, today = _day(since, "--from"), _day(until, "--to"), now.astimezone(zone).date()
    if end > today:
        raise typer.BadParameter(f"{end} lies in the future; today is {today} in {zone}", param_hint="--to")
    if end < first:
        raise typer.BadParameter(f"{end} lies before --from {first}", param_hint="--to")
    if (end - first).days >= LONGEST_DAYS:
        raise typer.BadParameter(f"a report is of {LONGEST_DAYS} days at most", param_hint="--from")
    return Period(first, end, zone)


def _day(said: str, option: str) -> date:
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise typer.BadParameter(f"{said!r} is not a day such as 2026-11-21", param_hint=option) from None


def place_of(out: Path | None, period: Period, say: str) -> Path:
    """Where the files lie: as asked; else here, named by the days."""
    if out is not None and not out.is_dir():
        return out
    days = period.first.isoformat() if period.days == 1 else f"{period.first}_{period.last}"
    return (out or Path()) / f"{'rapor' if say == 'tr' else 'report'}-{days}"
