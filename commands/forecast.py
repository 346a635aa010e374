"""`nobet forecast`: how many answers will be late by closing if nothing changes, and what would prevent it."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import typer

from commands.options import Config, Failure, Language, language, moment, utc_now
from desk.calendar import NoStaffedTime
from desk.forecast import RUNS
from desk.forecast_words import span
from desk.settings import load_settings
from desk.tonight import Record, Tonight
from store.engine import Store


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(forecast)


def forecast(
    until: Annotated[str | None, typer.Option("--until", help="ISO time; until closing when left out")] = None,
    runs: Annotated[int, typer.Option("--runs", min=10, max=10_000, help="simulated evenings")] = RUNS,
    seed: Annotated[int, typer.Option("--seed", min=0, help="the same seed gives the same forecast")] = 1,
    compare: Annotated[bool, typer.Option("--compare", help="earlier forecasts against what happened")] = False,
    days: Annotated[int, typer.Option("--days", min=1, max=365, help="how far back --compare looks")] = 28,
    forget: Annotated[bool, typer.Option("--forget", help="do not keep it for --compare")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="everything, for a program")] = False,
    config: Config = None,
    lang: Language = "en",
) -> None:
    """How many answers will be late by closing if nothing changes, which ones, and how many hands would prevent it."""
    language(lang)
    settings = load_settings(config)
    zone, now = settings.desk.zone, utc_now()
    end = moment(until, zone, "--until") if until else None
    store = Store.open(settings.url)
    try:
        tonight = Tonight(store, settings)
        if compare:
            _compared(tonight.compare(now, now - timedelta(days=days)), zone, as_json, lang)
            return
        try:
            told = tonight.forecast(now, end, runs, seed, keep=not forget)
        except NoStaffedTime as error:
            raise Failure(f"{error}; name a time with --until") from None
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--until") from None
    finally:
        store.close()
    if as_json:
        shown = {
            "made_at": told.made_at.astimezone(zone).isoformat(), "horizon": told.horizon.astimezone(zone).isoformat(),
            "learnt_from": {"answers": told.answers, "weeks": round(told.weeks, 2)}, **asdict(told.forecast),
            "say": list(told.say(lang)),
        }  # fmt: skip
        print(json.dumps(shown, ensure_ascii=False, indent=1))
        return
    for sentence in told.say(lang):
        print(sentence)


def _compared(record: Record, zone: object, as_json: bool, lang: str) -> None:
    if as_json:
        shown = {
            "coverage": record.coverage, "bias": record.bias, "error": record.error,
            "forecasts": [
                {"made_at": one.made_at.astimezone(zone).isoformat(),  # type: ignore[arg-type]
                 "horizon": one.horizon.astimezone(zone).isoformat(),  # type: ignore[arg-type]
                 "expected": asdict(one.expected), "happened": one.happened, "held": one.held}
                for one in record.forecasts
            ],
        }  # fmt: skip
        print(json.dumps(shown, ensure_ascii=False, indent=1))
        return
    turkish = lang == "tr"
    if record.coverage is None or record.bias is None or record.error is None:
        print("Süresi dolmuş öngörü yok." if turkish else "No forecast has come to its end yet.")
        return
    number, held = len(record.forecasts), f"{record.coverage * 100:.0f}"
    if turkish:
        print(f"{number} öngörü; gerçekleşen, bunların %{held} kadarında aralığın içinde (hedef %80).")
        print(f"Öngörü eksi gerçekleşen: ortalama {record.bias:+.1f}, büyüklük olarak {record.error:.1f}.")
    else:
        print(f"{number} forecasts; what happened lay in the interval in {held}% of them (the aim is 80%).")
        print(f"Expected less happened: {record.bias:+.1f} on average, {record.error:.1f} in size.")
    for one in record.forecasts:
        made, end = (at.astimezone(zone) for at in (one.made_at, one.horizon))  # type: ignore[arg-type]
        words = ("gerçekleşen", "beklenen") if turkish else ("happened", "expected")
        print(f"{made:%d.%m. %H:%M}–{end:%H:%M}  {words[1]} {span(one.expected)}, {words[0]} {one.happened}")
