"""`nobet due` and `nobet clocks`: the deadline rules on their own, no store. JSON out."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from commands.options import Config, Language, decoded, language, lines, moment, policy_of, utc_now
from desk.clock import ClockError, Clocks, clock_json, due_json, event_from
from mention import URGENCIES


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(due)
    app.command()(clocks)


def due(
    posted_at: Annotated[str, typer.Option("--posted-at", help="when the customer posted, ISO 8601")],
    urgency: Annotated[str, typer.Option("--urgency", help=", ".join(URGENCIES))],
    channel: Annotated[str | None, typer.Option("--channel", help="x, reddit, trendyol, …")] = None,
    config: Config = None,
    lang: Language = "en",
) -> None:
    """When the first answer is due, and why, as JSON."""
    if urgency not in URGENCIES:
        raise typer.BadParameter(f"{urgency!r} is not one of {', '.join(URGENCIES)}", param_hint="--urgency")
    policy = policy_of(config)
    posted = moment(posted_at, policy.zone, "--posted-at")
    answer = Clocks(policy).due(posted, urgency, channel)
    print(json.dumps(due_json(answer, policy, language(lang)), ensure_ascii=False))


def clocks(
    file: Annotated[str, typer.Argument(help="one case's events as JSONL, - for standard input")] = "-",
    now: Annotated[str | None, typer.Option("--now", help="the moment to tell the clocks for")] = None,
    channel: Annotated[str | None, typer.Option("--channel", help="the case's channel")] = None,
    config: Config = None,
    lang: Language = "en",
) -> None:
    """One case's clocks from its events, each with its story, as JSONL. A bad event stops it: no clock is guessed."""
    policy = policy_of(config)
    at = moment(now, policy.zone, "--now") if now else utc_now()
    events = []
    for number, line in lines(file):
        record = decoded(file, number, line)
        try:
            events.append(event_from(record))
        except ClockError as error:
            raise ClockError(f"{file}, line {number}: {error}") from None
    for clock in Clocks(policy).clocks(events, at, channel):
        print(json.dumps(clock_json(clock, policy, language(lang)), ensure_ascii=False))
