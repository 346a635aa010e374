"""The folder of a drill: a desk like the brand's, cut off from the world, with its own store and its own clock.

What the folder's settings say is copied from the brand's by a list of what may come along; whatever is not on it stays
behind, so that a setting that is new tomorrow cannot reach out of a drill.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from desk.crisis.drill_clock import DrillClock
from desk.roles import Refused
from desk.settings import CONFIG_NAME, DEMO, Settings, load_settings, read_yaml, validate
from desk.team import rule_problems
from playbooks.crisis.plan import Plan
from playbooks.drills import Drill, Sold
from playbooks.schema import ROLES
from playbooks.words import name_of

FOLDER = "drills"
SCRIPT_NAME = "drill.json"
MARK = {"tr": "TATBİKAT", "en": "DRILL"}
"""What stands before the brand's name wherever it is shown, and behind the names of those whom nobody plays."""

_BRAND = ("languages", "handles", "orders", "products", "region")
_KEPT = ("desk", "approvals", "concessions", "warnings", "classifier", "join_within", "history", "playbooks",
         "crisis")  # fmt: skip
_OF_PERSON = ("name", "teams", "languages", "channels", "shifts", "limits")


@dataclass(frozen=True)
class Cast:
    """Who plays: names by role, and the roles that nobody plays and the script does."""

    players: Mapping[str, tuple[str, ...]]
    script: frozenset[str]
    stand_ins: Mapping[str, str]
    """For each of the script's roles, the name under which it acts."""


@dataclass(frozen=True)
class Script:
    """What a drill's folder keeps beside its settings: the drill, plan and cast as they were when it began."""

    drill: Drill
    plan: Plan
    language: str
    players: Mapping[str, tuple[str, ...]]
    stand_ins: Mapping[str, str]

    @property
    def roles(self) -> frozenset[str]:
        """The roles that the script plays."""
        return frozenset(self.stand_ins)


def cast_of(
    plan: Plan, settings: Settings, language: str, given: Mapping[str, Sequence[str]], absent: Iterable[str],
    everybody: bool,
) -> Cast:  # fmt: skip
    """Who plays which role of a plan. `given` are names by role; with `everybody`, and where none is given, whoever has
    a role on the brand's desk plays it, unless it is `absent`. Every other role is the script's.

    Raises Refused for a role that the plan does not have, and for one that is given and absent.
    """
    roles = tuple(dict.fromkeys([*(seat.role for seat in plan.roles), "agent"]))
    away = frozenset(absent)
    for role in (*given, *away):
        if role not in roles:
            raise Refused(f"“{role}” bu planın rolü değil; roller: {', '.join(roles)}.",
                          f"{role!r} is no role of this plan; there are {', '.join(roles)}.")  # fmt: skip
        if role in given and role in away:
            raise Refused(f"“{role}” hem birine verildi hem de yok sayıldı.",
                          f"{role!r} is given to somebody and absent too.")  # fmt: skip
    players = {role: tuple(names) for role, names in given.items()}
    if everybody and not given:
        players = {role: tuple(agent.name for agent in settings.agents if role in agent.roles) for role in roles}
        players = {role: names for role, names in players.items() if names and role not in away}
    script = frozenset(roles) - set(players)
    return Cast(players, script, {role: _stand_in(plan, role, language) for role in roles if role in script})


def _stand_in(plan: Plan, role: str, language: str) -> str:
    seat = plan.seat(role)
    title = seat.title.say(language) if seat is not None and seat.title is not None else name_of("role", role, language)
    # A title may hold what a name on the desk may not, and "Genel müdür ya da nöbetçi yönetici" is long for a name.
    return f"{' '.join(title.replace(':', ' ').split())[:48]} ({'tatbikat' if language == 'tr' else 'drill'})"


def cast_plan(plan: Plan, cast: Cast) -> Plan:
    """The plan with the players and stand-ins in its seats: a drill calls nobody who does not play."""
    seats = []
    for seat in plan.roles:
        people = cast.players.get(seat.role) or (cast.stand_ins[seat.role],)
        seats.append(seat.model_copy(update={"people": tuple(people)}))
    return plan.model_copy(update={"roles": tuple(seats)})


def settings_for(
    settings: Settings, cast: Cast, language: str, clock: DrillClock, products: Sequence[Sold] = ()
) -> dict[str, Any]:
    """The settings of a drill's folder, as `nobet.yaml` has them, out of the brand's. Pure but for reading its file.

    `products` are those that the drill's mentions name: they are found beside the brand's own.
    """
    given = read_yaml(settings.file) if settings.file is not None else DEMO
    brand = {name: given.get("brand", {})[name] for name in _BRAND if name in given.get("brand", {})}
    own = brand.get("products") or []
    if new := _sold_besides(own, products):
        brand["products"] = [*own, *new]
    data: dict[str, Any] = {
        "brand": {**brand, "name": f"{MARK[language]} · {settings.brand.name}"[:100], "slug": settings.brand.key},
        **{name: given[name] for name in _KEPT if name in given},
        "agents": _agents(given.get("agents") or (), cast),
        "board": {"language": language},
        "drill": clock.model_dump(mode="json"),
    }
    if settings.playbook_folder is not None:  # a drill has a home of its own, and plays by the brand's playbooks
        data["playbooks"] = str(settings.playbook_folder)
    agents = validate({"agents": data["agents"]}, None).agents
    rules = [rule for rule in settings.assignment if not rule_problems((rule,), agents)]
    if rules:
        data["assignment"] = [rule.model_dump(mode="json", exclude_defaults=True) for rule in rules]
    return data


def _sold_besides(own: Sequence[Mapping[str, Any]], products: Sequence[Sold]) -> list[dict[str, Any]]:
    """A drill's products as settings have them, but for those whose name the brand has given to one of its own."""
    taken = {str(one.get("name", "")).casefold() for one in own}
    return [one.model_dump(mode="json") for one in products if one.name.casefold() not in taken]


def _agents(given: Sequence[Mapping[str, Any]], cast: Cast) -> list[dict[str, Any]]:
    known = {str(agent["name"]): agent for agent in given}
    names = dict.fromkeys([name for names in cast.players.values() for name in names])
    agents: list[dict[str, Any]] = []
    for name in names:
        roles = [role for role, people in cast.players.items() if name in people and role in ROLES]
        kept = {field: known[name][field] for field in _OF_PERSON if field in known.get(name, {})}
        agents.append({**kept, "name": name, "role": (roles or ["viewer"])[0], "also": roles[1:]})
    # A role of the plan's own is none of the desk's; whoever stands in for it is on the desk all the same, to be told.
    return agents + [{"name": n, "role": role if role in ROLES else "viewer"} for role, n in cast.stand_ins.items()]


def make_home(folder: Path, settings: Settings, drill: Drill, plan: Plan, cast: Cast, language: str,
              clock: DrillClock) -> Settings:  # fmt: skip
    """Make the folder of a drill and answer its settings. Raises SettingsError where they could not be used."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    kept = {
        "drill": drill.model_dump(mode="json"), "plan": cast_plan(plan, cast).model_dump(mode="json"),
        "language": language, "players": {role: list(names) for role, names in cast.players.items()},
        "stand_ins": dict(cast.stand_ins),
    }  # fmt: skip
    _put(folder / SCRIPT_NAME, json.dumps(kept, ensure_ascii=False, indent=1))
    data = settings_for(settings, cast, language, clock, drill.products)
    _put(folder / CONFIG_NAME, yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=120))
    return open_home(folder)


def open_home(folder: Path) -> Settings:
    """The settings of a drill's folder; of the environment nothing is read. Raises SettingsError."""
    return load_settings(folder / CONFIG_NAME, {"NOBET_HOME": str(folder)})


def script_of(folder: Path) -> Script:
    """The drill, plan and cast with which a drill began. Raises Refused where the folder holds none."""
    try:
        kept = json.loads((folder / SCRIPT_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise Refused(f"{folder} bir tatbikat klasörü değil.", f"{folder} is not the folder of a drill.") from None
    players = {role: tuple(names) for role, names in kept["players"].items()}
    return Script(
        Drill.model_validate(kept["drill"]), Plan.model_validate(kept["plan"]), kept["language"], players,
        kept["stand_ins"],
    )  # fmt: skip


def set_clock(folder: Path, clock: DrillClock) -> Settings:
    """Write another clock into a drill's settings, at once, so that its board never reads half of it."""
    data = read_yaml(folder / CONFIG_NAME)
    data["drill"] = clock.model_dump(mode="json")
    _put(folder / CONFIG_NAME, yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=120))
    return open_home(folder)


def _put(file: Path, text: str) -> None:
    half = file.with_name(file.name + ".partial")
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(half, file)
