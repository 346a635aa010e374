"""`nobet coverage`: what each source is known to have delivered, minute by minute, with the evidence."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Annotated

import typer

from commands.options import Config, Failure, moment, utc_now
from desk import watch
from desk.coverage import SEEN, STATES, Span
from desk.settings import load_settings
from store.engine import Store


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(coverage)


def coverage(
    source: Annotated[str | None, typer.Option("--source", help="only this source")] = None,
    since: Annotated[str | None, typer.Option("--from", help="ISO time; a day ago when left out")] = None,
    until: Annotated[str | None, typer.Option("--to", help="ISO time; now when left out")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="everything, for a program")] = False,
    config: Config = None,
) -> None:
    """What each source is known to have delivered: seen, partly, blocked, quota, broken or off, with the evidence."""
    settings = load_settings(config)
    zone, now = settings.desk.zone, utc_now()
    end = moment(until, zone, "--to") if until else now
    start = moment(since, zone, "--from") if since else end - timedelta(days=1)
    if start >= end:
        raise typer.BadParameter("lies after --to", param_hint="--from")
    store = Store.open(settings.url)
    with store.read() as tx:
        found = watch.coverage(tx, settings.brand.key, start, end, now, source)
    store.close()
    if source is not None and not found.sources:
        raise Failure(f"no source is called {source!r}; `nobet coverage` lists them all")
    if as_json:
        told = {
            "from": start.astimezone(zone).isoformat(), "to": end.astimezone(zone).isoformat(),
            "sources": [watch.record(one, zone) for one in found.sources],
        }  # fmt: skip
        print(json.dumps(told, ensure_ascii=False, indent=1))
        return
    if not found.sources:
        print("No source has been asked yet: `nobet run` or `nobet collect --once` begins.")
    for one in found.sources:
        share = one.minutes.seen_share
        lag = one.state
        delay = "" if lag.lag_p50_s is None or lag.lag_p95_s is None else (
            f", lag {length(lag.lag_p50_s)} (p50) {length(lag.lag_p95_s)} (p95)"
        )  # fmt: skip
        print(f"{one.source}: {'nothing decided yet' if share is None else f'{share:.1%} seen'}{delay}")
        print("  " + ", ".join(f"{name} {one.minutes.by_state[name]:.0f} min" for name in STATES))
        for span in one.spans:
            print("  " + _line(span, start, zone))
        for row in one.refills:
            when = f"{row.since.astimezone(zone):%d %b %H:%M}-{row.until.astimezone(zone):%H:%M}"
            print(f"  read again {when}: {row.state}, {row.found} found. {row.note}".rstrip())


def _line(span: Span, start: datetime, zone: object) -> str:
    first, last = (moment_.astimezone(zone) for moment_ in (span.start, span.end))  # type: ignore[arg-type]
    missed = "" if span.missed is None or span.state == SEEN else f", about {span.missed} missed"
    when = (
        f"{first:%d %b %H:%M}-{last:%H:%M}"
        if first.date() == last.date()
        else f"{first:%d %b %H:%M}-{last:%d %b %H:%M}"
    )
    return f"{when}  {span.state:<7} {span.evidence}{missed}"


def length(seconds: float) -> str:
    """A length of time in its largest fitting unit."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
