"""A drill begun and played as `nobet drill` does it, in a process that may be killed."""

from __future__ import annotations

import os
import signal
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.engine import Engine

from classifying import finder_of
from commands.rehearsing import Rehearsal
from desk.crisis.drill_clock import DrillClock
from desk.crisis.drill_home import cast_of, make_home, open_home, script_of
from desk.crisis.drilling import Drills
from desk.settings import Settings
from nlp import Scorer
from store import Store


def begin(settings: Settings, name: str, language: str, now: datetime, lasting: timedelta | None = None) -> Path:
    """Begin a drill in which nobody plays; its folder. `lasting` cuts it short."""
    store = Store.open(settings.url)
    drills = Drills(store, settings)
    drill = drills.drill(name)
    drill = drill if lasting is None else drill.model_copy(update={"lasting": lasting})
    plan = drills.plans[drill.plan]
    key = drills.key_for(name, now)
    clock = DrillClock(key=key, name=name, started=now, starts=drill.starts, speed=0)
    folder = drills.folder(key)
    make_home(folder, settings, drill, plan, cast_of(plan, settings, language, {}, (), False), language, clock)
    drills.begin(key, script_of(folder), now)
    store.close()
    return folder


def rehearsal(folder: Path) -> Rehearsal:
    """The drill of a folder, ready to go on where it stands."""
    settings = open_home(folder)
    scorer = Scorer.of("linear", {})
    return Rehearsal(Store.open(settings.url), settings, script_of(folder), scorer, finder_of(settings))


def killed_at(folder: str, commits: int, step: timedelta) -> None:
    """Play on, a step at a time, and die by SIGKILL in the middle of the given commit."""
    playing = rehearsal(Path(folder))
    left = commits

    @event.listens_for(Engine, "commit")
    def _count(_: object) -> None:
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    playing.play_through(step=step)
