"""`nobet drill`: a written crisis is rehearsed on a store of its own; nothing of it can leave the building."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from commands.options import Config, Failure, Language, language, utc_now
from desk.crisis.acting import role_name
from desk.crisis.drill_clock import DrillClock
from desk.crisis.drill_home import Script, cast_of, make_home, open_home, script_of, set_clock
from desk.crisis.drill_result import result_of, sentences
from desk.crisis.drilling import Drills
from desk.roles import Refused
from desk.settings import CONFIG_NAME, Settings, load_settings
from store.drills import DrillRow
from store.engine import Store

WITH_PEOPLE = 10.0
"""Drill seconds a real second where people play and no speed is named: six hours pass in 36 minutes."""

STOP_WITHIN = 10.0
LOOK_EVERY = 0.5
"""Seconds between two steps of a drill that people play."""

# What a board of a drill is told of our environment. Not among them: addresses of people, keys of services, proxies,
# the brand's store. What is not there cannot be used by mistake.
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONUTF8", "PYTHONPATH", "VIRTUAL_ENV", "SYSTEMROOT",
             "NOBET_PORT", "NOBET_LOG")  # fmt: skip

log = logging.getLogger("nobet")


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(drill)


def drill(
    name: Annotated[str, typer.Argument(help="the drill, or `results`")] = "",
    of: Annotated[str | None, typer.Argument(help="with `results`: of which drill")] = None,
    speed: Annotated[
        str | None, typer.Option("--speed", help="60: an hour a minute; max or 0: as fast as it goes")
    ] = None,
    lang: Language = "tr",
    players: Annotated[list[str] | None, typer.Option("--as", help="ROLE=NAME: who plays; repeat it")] = None,
    absent: Annotated[list[str] | None, typer.Option("--absent", help="ROLE: the script plays it; repeat it")] = None,
    with_board: Annotated[
        bool, typer.Option("--board", help="open the board on the drill, for people to play")
    ] = False,
    again: Annotated[str | None, typer.Option("--continue", help="KEY of a drill that was interrupted")] = None,
    show_list: Annotated[bool, typer.Option("--list", help="the drills there are; it tells the story")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="everything, for a program")] = False,
    by: Annotated[str | None, typer.Option("--by", help="who runs it, a name on the desk")] = None,
    config: Config = None,
) -> None:
    """Rehearse a written crisis on a store of its own, through the real pipeline. Nothing can leave the building."""
    language(lang)
    settings = load_settings(config)
    if settings.drill is not None:
        raise Failure(f"this is the folder of the drill {settings.drill.key}; call nobet drill where the brand is")
    fast = _speed(speed, with_board)
    store = Store.open(settings.url)
    try:
        me = None if by is None else next((agent for agent in settings.agents if agent.name == by), None)
        if by is not None and me is None:
            raise Failure(f"{by} is not on the desk")
        drills = Drills(store, settings, me)
        if show_list:
            _list(drills, lang, as_json)
        elif name == "results":
            _results(drills, of, lang, as_json)
        elif again is not None:
            row = drills.played(again)
            if row.state != "running" and not with_board:  # people may still review it at its board
                raise Failure(f"the drill {again} has ended; nobet drill results {row.drill} shows how it went")
            _play(drills, row, fast, with_board, as_json)
        elif not name:
            raise typer.BadParameter("name a drill, or use --list", param_hint="NAME")
        else:
            row = _begin(drills, name, lang, _players(players or ()), absent or (), with_board, fast)
            _play(drills, row, fast, with_board, as_json)
    except Refused as error:
        raise Failure(error.say(lang)) from None
    finally:
        store.close()


def _speed(given: str | None, with_board: bool) -> float:
    if given is None:
        return WITH_PEOPLE if with_board else 0.0
    try:
        speed = 0.0 if given == "max" else float(given)
    except ValueError:
        speed = -1.0
    if not 0 <= speed <= 100_000:
        raise typer.BadParameter(f"{given!r} is no speed; write a number such as 60, or max", param_hint="--speed")
    if with_board and not speed:
        raise typer.BadParameter(
            "people cannot play as fast as it goes; write a number such as 10", param_hint="--speed"
        )
    return speed


def _players(given: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in given:
        role, _, name = one.partition("=")
        if not role.strip() or not name.strip():
            raise typer.BadParameter(f"{one!r} is not ROLE=NAME", param_hint="--as")
        found.setdefault(role.strip(), []).append(name.strip())
    return found


# --- telling ---


def _list(drills: Drills, lang: str, as_json: bool) -> None:
    listed, old = drills.listed(), {one.name: one for one in drills.rehearsed(utc_now())}
    if as_json:
        print(json.dumps([
            {"name": one.name, "title": one.title.model_dump(), "summary": one.summary.model_dump(), "plan": one.plan,
             "lasting_s": int(one.lasting.total_seconds()), "roles": list(one.roles),
             "last": None if one.last is None else one.last.isoformat(), "amber": old[one.plan].amber}
            for one in listed
        ], ensure_ascii=False, indent=1))  # fmt: skip
        return
    for one in listed:
        days = old[one.plan].days
        if lang == "tr":
            since = "hiç oynanmadı" if days is None else f"{days} gün önce oynandı"
        else:
            since = "never rehearsed" if days is None else f"rehearsed {days} days ago"
        print(f"{one.name}: {one.title.say(lang)} ({one.plan}, {since}{' !' if old[one.plan].amber else ''})")
        print(f"  {' '.join(one.summary.say(lang).split())}")


_STATES = {
    "running": ("sürüyor ya da yarıda kaldı", "under way or interrupted"),
    "ended": ("sonuna kadar oynandı", "played to its end"),
    "broken_off": ("bırakıldı", "broken off"),
}


def _results(drills: Drills, of: str | None, lang: str, as_json: bool) -> None:
    rows = drills.results(drills.drill(of).id if of is not None else None)
    if as_json:
        print(json.dumps([_record(row) for row in rows], ensure_ascii=False, indent=1))
        return
    if not rows:
        print("Henüz tatbikat yapılmadı." if lang == "tr" else "No drill was played yet.")
    for row in rows:
        began = row.started_at.astimezone(drills.settings.desk.zone)
        print(f"{row.key} ({began:%d.%m.%Y %H:%M}, {_STATES[row.state][0 if lang == 'tr' else 1]})")
        for line in [] if row.scorecard is None else sentences(row.scorecard, lang, _role_names(drills, row, lang)):
            print(f"  {line}")


def _record(row: DrillRow) -> dict[str, Any]:
    return {
        "key": row.key, "drill": row.drill, "state": row.state, "language": row.language, "players": row.players,
        "started_at": row.started_at.isoformat(),
        "ended_at": None if row.ended_at is None else row.ended_at.isoformat(), "scorecard": row.scorecard,
    }  # fmt: skip


def _role_names(drills: Drills, row: DrillRow, lang: str) -> Callable[[str], str]:
    plan = drills.plans.get(row.plan)
    return lambda role: role_name(plan, role).say(lang) if plan is not None else role


# --- playing ---


def _begin(
    drills: Drills, name: str, lang: str, players: Mapping[str, Sequence[str]], absent: Sequence[str],
    with_board: bool, speed: float,
) -> DrillRow:  # fmt: skip
    """Make the folder of a new drill, and keep that it began."""
    written = drills.drill(name)
    plan, now = drills.plans[written.plan], utc_now()
    cast = cast_of(plan, drills.settings, lang, players, absent, with_board)
    key = drills.key_for(name, now)
    clock = DrillClock(key=key, name=name, started=now, starts=written.starts, speed=speed)
    folder = drills.folder(key)
    make_home(folder, drills.settings, written, plan, cast, lang, clock)
    drills.begin(key, script_of(folder), now)
    return drills.played(key)


def _play(drills: Drills, row: DrillRow, speed: float, with_board: bool, as_json: bool) -> None:
    """Play a drill from where it stands to its end, keep how it went, and say it."""
    from classifying import finder_of, scorer_of
    from commands.rehearsing import Rehearsal  # here: the classifier takes a moment to load, and a list needs none

    folder = Path(row.home)
    settings, script = open_home(folder), script_of(folder)
    assert settings.drill is not None
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    print(f"{script.drill.title.say(script.language)}: {row.key}", file=sys.stderr if as_json else None, flush=True)
    # The brand's own classifier, with what its desk taught it; the folder of a drill has learnt nothing.
    scorer, finder = scorer_of(drills.settings), finder_of(settings)
    store = Store.open(settings.url)
    child = None
    try:
        rehearsal = Rehearsal(store, settings, script, scorer, finder)
        if with_board or speed:
            rehearsal.settings = set_clock(folder, settings.drill.set(utc_now(), rehearsal.reached(), speed or 1.0))
        child = _board(rehearsal.settings) if with_board else None
        if with_board or speed:
            whole = rehearsal.play_along(utc_now, lambda pause: stopping.wait(LOOK_EVERY if pause else 0))
        else:
            whole = rehearsal.play_through(stopping.is_set)
        if not whole:
            print(_interrupted(row, script.language), flush=True)
            raise typer.Exit(1)
        kept = drills.end(row.key, utc_now(), result_of(store, rehearsal.settings, script, rehearsal.ends))
        if kept is not None:
            _say_result(drills, row, kept, script, as_json)
        if child is not None:
            print("Pano açık kalıyor; Ctrl-C kapatır." if script.language == "tr"
                  else "The board stays open; Ctrl-C closes it.", flush=True)  # fmt: skip
            rehearsal.play_along(
                utc_now, lambda pause: stopping.wait(LOOK_EVERY if pause else 0) or child.poll() is not None, after=True
            )
        else:
            set_clock(folder, settings.drill.set(utc_now(), rehearsal.ends, 0.0))
    finally:
        if child is not None and child.poll() is None:
            child.terminate()
            try:
                child.wait(STOP_WITHIN)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        store.close()


def _say_result(
    drills: Drills, row: DrillRow, result: Mapping[str, Any], script: Script, as_json: bool
) -> None:  # fmt: skip
    if as_json:
        print(json.dumps({"key": row.key, **result}, ensure_ascii=False, indent=1), flush=True)
        return
    for line in sentences(result, script.language, _role_names(drills, row, script.language)):
        print(line, flush=True)
    for surprise in script.drill.surprises:
        at = _minutes(surprise.at)
        print(f"  {at} {surprise.what.say(script.language)} -> {surprise.good.say(script.language)}", flush=True)


def _minutes(length: timedelta) -> str:
    minutes = length // timedelta(minutes=1)
    return f"{minutes // 60}:{minutes % 60:02d}"


def _interrupted(row: DrillRow, lang: str) -> str:
    again = f"nobet drill --continue {row.key}"
    if lang == "tr":
        return f"Tatbikat yarıda kaldı; “{again}” kaldığı yerden sürdürür."
    return f"The drill was interrupted; `{again}` goes on where it stood."


def _board(settings: Settings) -> subprocess.Popen[bytes]:
    """Open the board on the drill's own store."""
    from commands.serve import HOST, OPEN_WITHIN, board_command, free_port, opens, start_process  # as in _play

    port = free_port(int(os.environ["NOBET_PORT"]) if os.environ.get("NOBET_PORT") else None)
    environ = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    environ |= {"NOBET_HOME": str(settings.home), "NOBET_PORT": str(port)}
    child = start_process(board_command(port), settings.home / CONFIG_NAME, environ)
    if not opens(port, child):
        child.terminate()
        raise Failure(f"the board did not open on port {port} within {OPEN_WITHIN:.0f} s; see the lines above")
    print(f"http://{HOST}:{port}  (Ctrl-C)", flush=True)
    return child
