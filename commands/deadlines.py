"""`nobet due` and `nobet clocks`: the deadline rules on their own, JSON out, no store. `nobet clock`: a stored case."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from commands.options import Config, Failure, Language, decoded, language, lines, moment, policy_of, utc_now
from desk.clock import ClockError, Clocks, clock_headline, clock_json, due_json, event_from
from desk.policy import Policy
from desk.settings import library_of, load_settings
from desk.story import Line
from mention import URGENCIES


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(due)
    app.command()(clocks)
    app.command()(clock)


def due(
    posted_at: Annotated[str, typer.Option("--posted-at", help="when the customer posted, ISO 8601")],
    urgency: Annotated[str, typer.Option("--urgency", help=", ".join(URGENCIES))],
    channel: Annotated[str | None, typer.Option("--channel", help="x, reddit, trendyol, …")] = None,
    team: Annotated[str | None, typer.Option("--team", help="a team of desk.teams")] = None,
    config: Config = None,
    lang: Language = "en",
) -> None:
    """When the first answer is due, and why, as JSON."""
    if urgency not in URGENCIES:
        raise typer.BadParameter(f"{urgency!r} is not one of {', '.join(URGENCIES)}", param_hint="--urgency")
    policy = policy_of(config)
    posted = moment(posted_at, policy.zone, "--posted-at")
    answer = Clocks(policy).due(posted, urgency, channel, team=_team(policy, team))
    print(json.dumps(due_json(answer, policy, language(lang)), ensure_ascii=False))


def clocks(
    file: Annotated[str, typer.Argument(help="one case's events as JSONL, - for standard input")] = "-",
    now: Annotated[str | None, typer.Option("--now", help="the moment to tell the clocks for")] = None,
    channel: Annotated[str | None, typer.Option("--channel", help="the case's channel")] = None,
    team: Annotated[str | None, typer.Option("--team", help="the case's team")] = None,
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
    for told in Clocks(policy).clocks(events, at, channel, team=_team(policy, team)):
        print(json.dumps(clock_json(told, policy, language(lang)), ensure_ascii=False))


def clock(
    case: Annotated[int, typer.Argument(help="number of the case", min=1)],
    now: Annotated[str | None, typer.Option("--now", help="the moment to tell the clocks for")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object instead of text")] = False,
    config: Config = None,
    lang: Language = "en",
) -> None:
    """The story of each clock of a stored case: why it started, paused and stopped, and what has become of it."""
    from desk.desk import Desk, DeskError  # here: `nobet due` and `nobet clocks` need no store and start without one
    from store.engine import Store

    settings, speech = load_settings(config), language(lang)
    policy = settings.desk
    at = moment(now, policy.zone, "--now") if now else utc_now()
    store = Store.open(settings.url)
    try:
        told = Desk(store, settings, library_of(settings)).case(case, at).clocks
    except DeskError as error:
        raise Failure(str(error)) from None
    finally:
        store.close()
    if as_json:
        print(
            json.dumps({"case": case, "clocks": [clock_json(one, policy, speech) for one in told]}, ensure_ascii=False)
        )
        return
    if not told:
        print(Line("no_clocks", {"case": case}).text(policy.zone, speech))
    for one in told:
        print(clock_headline(one).text(policy.zone, speech))
        for line in one.why:
            print(f"  {line.text(policy.zone, speech)}")


def _team(policy: Policy, name: str | None) -> str | None:
    if name is not None and name not in policy.teams:
        there = f"there are {', '.join(policy.teams)}" if policy.teams else "desk.teams names none"
        raise typer.BadParameter(f"{name!r} is not a team ({there})", param_hint="--team")
    return name
