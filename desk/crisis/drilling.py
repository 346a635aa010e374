"""Drills of a brand: which there are, how those that were played went, and what was not rehearsed for too long.

What happens in a drill is in the drill's own folder and store; here is what the brand keeps of it: that it began, that
it ended, and its scorecard.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from desk.crisis.drill_home import FOLDER, Script
from desk.crisis.opening import plans_of
from desk.roles import Refused, require
from desk.settings import Settings, library_of
from desk.team import Agent
from playbooks.crisis.plan import Plan
from playbooks.crisis.scorecard import compared_numbers
from playbooks.drills import Drill, load_drills
from playbooks.schema import Bilingual, Library
from store import drills as drill_store
from store import events as event_log
from store import subjects
from store.drills import DrillRow
from store.engine import Store

AMBER_AFTER = timedelta(days=90)
"""A plan that was not rehearsed for so long turns amber: a quarter, in which people and numbers change."""


@dataclass(frozen=True)
class Rehearsed:
    """When a plan or playbook was last rehearsed. `days` are whole days since; both None where it never was."""

    name: str
    last: datetime | None
    days: int | None
    amber: bool


@dataclass(frozen=True)
class Listed:
    """A drill that can be played. `summary` tells what will happen: it is for whoever leads it, never for players."""

    name: str
    title: Bilingual
    summary: Bilingual
    plan: str
    lasting: timedelta
    roles: tuple[str, ...]
    last: datetime | None


def rehearsed(plans: Mapping[str, Iterable[str]], results: Sequence[DrillRow], now: datetime) -> tuple[Rehearsed, ...]:
    """What was rehearsed when, the longest ago first, never first of all; names are in their order. Pure.

    `plans` are the names to tell of and for each the plans whose drill rehearses it. Only drills that were played to
    their end count; what lies AMBER_AFTER or longer ago, or never was, is amber.
    """
    ended = [(row.plan, row.ended_at) for row in results if row.state == "ended" and row.ended_at is not None]
    found = []
    for name, by in plans.items():
        counts = frozenset(by)
        last = max((at for plan, at in ended if plan in counts), default=None)
        days = None if last is None else max((now - last) // timedelta(days=1), 0)
        found.append(Rehearsed(name, last, days, last is None or now - last >= AMBER_AFTER))
    return tuple(sorted(found, key=lambda one: (one.last is not None, one.last or now, one.name)))


def rehearsing(plans: Mapping[str, Plan], library: Library) -> dict[str, tuple[str, ...]]:
    """For each plan and playbook, the plans whose drill rehearses it: itself, and those that use its words."""
    found = {name: [name] for name in (*plans, *library)}
    for plan in plans.values():
        if plan.playbook in found and plan.id not in found[plan.playbook]:
            found[plan.playbook].append(plan.id)
    return {name: tuple(by) for name, by in found.items()}


class Drills:
    """The drills of a brand, for the board and the command line. `me` is who asks; None: the command line."""

    def __init__(self, store: Store, settings: Settings, me: Agent | None = None, library: Library | None = None):
        self.store, self.settings, self.me = store, settings, me
        self.library = library if library is not None else library_of(settings)
        self.plans = plans_of(settings, self.library)
        self.drills: dict[str, Drill] = load_drills(self.plans)

    @property
    def brand(self) -> str:
        """The brand's key in the store."""
        return self.settings.brand.key

    # --- looking ---

    def listed(self) -> tuple[Listed, ...]:
        """The drills that can be played. Raises NotAllowed for whoever may not run one: the story would be told."""
        self._may()
        last: dict[str, datetime] = {}
        for row in self.results():
            last.setdefault(row.drill, row.started_at)
        return tuple(
            Listed(drill.id, drill.title, drill.summary, drill.plan, drill.lasting,
                   tuple(seat.role for seat in self.plans[drill.plan].roles), last.get(drill.id))
            for drill in self.drills.values()
        )  # fmt: skip

    def results(self, name: str | None = None) -> list[DrillRow]:
        """The drills that were played, the newest first; only those of one name where one is given."""
        with self.store.read() as tx:
            return drill_store.all_of(tx, self.brand, name)

    def rehearsed(self, now: datetime) -> tuple[Rehearsed, ...]:
        """How long ago each plan and playbook was rehearsed."""
        return rehearsed(rehearsing(self.plans, self.library), self.results(), now)

    def drill(self, name: str) -> Drill:
        """A drill by its name. Raises Refused with the names that there are."""
        if name not in self.drills:
            there = ", ".join(sorted(self.drills))
            raise Refused(f"“{name}” diye bir tatbikat yok; olanlar: {there}.",
                          f"There is no drill {name!r}; there are {there}.")  # fmt: skip
        return self.drills[name]

    def played(self, key: str) -> DrillRow:
        """A drill that was begun, by its key. Raises Refused where there is none."""
        with self.store.read() as tx:
            row = drill_store.drill(tx, self.brand, key)
        if row is None:
            raise Refused(f"“{key}” anahtarlı bir tatbikat yok; “nobet drill results” olanları sayar.",
                          f"There is no drill {key!r}; `nobet drill results` tells which there are.")  # fmt: skip
        return row

    def _may(self) -> None:
        if self.me is not None:
            require(self.me, "run_drill")

    # --- beginning and ending ---

    def folder(self, key: str) -> Path:
        """Where a drill's settings and store lie."""
        return self.settings.home / FOLDER / key

    def key_for(self, name: str, now: datetime) -> str:
        """A new key for a drill that begins now; of two that begin in one second, the second gets a number."""
        base = f"{re.sub(r'[^a-z0-9_-]', '-', name)}-{now:%Y%m%d-%H%M%S}"
        with self.store.read() as tx:
            taken = {row.key for row in drill_store.all_of(tx, self.brand)}
        keys = (base, *(f"{base}-{number}" for number in range(2, 1000)))
        return next(key for key in keys if key not in taken and not self.folder(key).exists())

    def begin(self, key: str, script: Script, now: datetime) -> int:
        """Keep in the brand's store that a drill begins; answers its id. Raises Refused where the key is taken."""
        self._may()
        drill, plan = script.drill, script.plan
        with self.store.write() as tx:
            event_log.hold(tx, self.brand)
            players = {role: list(names) for role, names in script.players.items()}
            began = drill_store.begin(
                tx, self.brand, key=key, drill=drill.id, version=drill.version, plan=plan.id,
                plan_version=plan.version, language=script.language, home=str(self.folder(key)), players=players,
                started_at=now,
            )  # fmt: skip
            if began is None:
                raise Refused(f"“{key}” anahtarıyla bir tatbikat başladı bile.",
                              f"A drill with the key {key!r} began already.")  # fmt: skip
            data = {"key": key, "drill": drill.id, "version": drill.version, "plan": plan.id,
                    "plan_version": plan.version, "language": script.language, "players": players}  # fmt: skip
            self._told(tx, began, "drill_started", now, data)
        return began

    def end(self, key: str, now: datetime, result: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        """Keep how a drill ended, once; answers the result as it is kept, compared with the last one that was like it.

        Like it is one of the same name, version and language, in which people played too, or nobody in both: the script
        is quicker than people, so a team against it would be told that it got worse. `compared_with` is that one's key,
        None where there is none. Without a result it was broken off. One that had ended keeps the result that it has,
        which is answered.
        """
        with self.store.write() as tx:
            event_log.hold(tx, self.brand)
            row = drill_store.drill(tx, self.brand, key)
            if row is None or row.state != "running":
                return None if row is None else row.scorecard
            kept = None if result is None else {**result, **self._compared(self._last(tx, row), result)}
            state = "broken_off" if kept is None else "ended"
            drill_store.end(tx, self.brand, key, ended_at=now, state=state, scorecard=kept)
            data: dict[str, Any] = {"key": key, "drill": row.drill, "state": state}
            if kept is not None:
                data |= {"found_by": kept["found_by"], "numbers": kept["numbers"],
                         "goals": {goal["id"]: goal["in_time"] for goal in kept["goals"]}}  # fmt: skip
            self._told(tx, row.id, "drill_ended", now, data)
        return kept

    def _last(self, tx: Any, row: DrillRow) -> DrillRow | None:
        """The last drill like this one that was played to its end and began before it."""
        return next(
            (one for one in drill_store.all_of(tx, self.brand, row.drill)
             if one.id < row.id and one.state == "ended" and one.scorecard and _kind(one) == _kind(row)), None,
        )  # fmt: skip

    def _compared(self, last: DrillRow | None, result: Mapping[str, Any]) -> dict[str, Any]:
        if last is None or last.scorecard is None:
            return {"compared_with": None}
        return {
            "compared_with": last.key, "compared": compared_numbers(result["numbers"], last.scorecard["numbers"]),
        }  # fmt: skip

    def _told(self, tx: Any, drill_id: int, type: str, now: datetime, data: Mapping[str, Any]) -> None:
        by = f"agent:{self.me.name}" if self.me is not None else "system"
        subjects.append(
            tx, self.brand, subjects.subject("drill", drill_id), type=type, at=now, by=by, recorded_at=now, data=data
        )


def _kind(row: DrillRow) -> tuple[object, ...]:
    """What two drills share whose numbers say something of each other."""
    return (row.drill, row.version, row.plan, row.plan_version, row.language, bool(row.players))
