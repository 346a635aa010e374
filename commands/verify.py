"""`nobet verify`: the proof that nothing was lost, and that the event log alone gives every deadline."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from commands.options import Config, utc_now
from desk.in_force import ClocksInForce
from desk.proof import prove
from desk.settings import load_settings
from store.engine import Store


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(verify)


def verify(
    as_json: Annotated[bool, typer.Option("--json", help="everything, for a program")] = False, config: Config = None
) -> None:
    """Prove that every mention that came in is stored, scored and routed, quarantined or set aside; that the event log
    is whole; and that it alone gives every deadline. Exit status 1 where it does not hold."""
    settings = load_settings(config)
    store = Store.open(settings.url)
    try:
        clocks = ClocksInForce(settings.desk, store, settings.brand.key)
        found = prove(store, settings.brand.key, clocks, utc_now())
    finally:
        store.close()
    if as_json:
        shown = {"sources": [asdict(way) for way in found.ways], "problems": list(found.problems)}
        print(json.dumps(shown, ensure_ascii=False, indent=1))
    else:
        for way in found.ways:
            stages = ", ".join(f"{number} {stage.replace('_', ' ')}" for stage, number in sorted(way.stages.items()))
            print(f"{way.source}: {way.stored} stored: {stages}")
        for problem in found.problems:
            print(f"! {problem}")
        print("Something is not as it should be." if found.problems else "Nothing is missing, and the log is whole.")
    if found.problems:
        raise typer.Exit(1)
