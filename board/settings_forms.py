"""The sections of the settings page: which fields each asks, and what a filled form changes in nobet.yaml."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from board import settings_fields as fields
from board.settings_fields import Asked, Form
from board.texts import Texts
from desk.config_text import LEFT_OUT, Changes
from desk.policy import WEEKDAYS, write_duration
from desk.settings import Mistake, Settings
from playbooks.schema import ROLES

TABS = ("brand", "query", "promises", "people", "alerts", "classifier", "view")

URGENT = ("critical", "urgent", "same_day")
"""The urgencies that have a promise, the shortest first."""

LANGUAGES = ("tr", "en")


def asks(section: str, settings: Settings, texts: Texts) -> list[Asked]:
    """The fields of a section: one of SECTIONS, or `agent-3`, `team-gece`, `channel-whatsapp`."""
    if section in SECTIONS:
        return SECTIONS[section](settings, texts)
    kind, _, name = section.partition("-")
    if kind == "agent" and name.isdigit():
        return _agent(int(name), settings, texts)
    if kind == "contact" and name.isdigit() and int(name) < len(settings.agents):
        agent = settings.agents[int(name)]
        path = ("agents", int(name), "alerts")
        return [Asked(path, "alerts", fields.commas(agent.alerts), fields.listed)]
    if kind in ("team", "channel"):
        return _own(kind, name, settings, texts)
    return []


def changes(section: str, form: Form, settings: Settings, texts: Texts, data: Mapping[str, Any]) -> Changes:
    """What a filled form changes; `data` is the decoded file. Fields that say what stood there change nothing."""
    found: dict[tuple[str | int, ...], Any] = {}
    promises: dict[tuple[str | int, ...], bool] = {}
    for asked in asks(section, settings, texts):
        same = form.get(asked.name, asked.shown).replace("\r", "").strip() == asked.shown.strip()
        if "promises" in asked.path and asked.path[-1] in fields.PARTS:
            promises[asked.path[:-1]] = promises.get(asked.path[:-1], False) or not same
        elif not same:
            found[asked.path] = asked.reads(form.get(asked.name, "").replace("\r", ""))
    for path, changed in promises.items():
        if changed:
            found[path] = fields.promise_of(path, form, _promise_at(path, settings))
    if section == "hours" and found and not _at(data, ("desk", "hours")):
        # Where the file names one day, the others are closed: who changes a day means the rest to stay.
        for name in WEEKDAYS:
            asked_day = form.get(f"desk.hours.{name}", fields.shown_day(getattr(settings.desk.hours, name)))
            found["desk", "hours", name] = fields.hours(asked_day)
    if section == "days" and ("desk", "exceptions") in found:
        found |= _each_day(found.pop(("desk", "exceptions")), data)
    if section == "brand":
        if ("brand", "name") in found and not settings.brand.slug:
            found["brand", "slug"] = settings.brand.key  # what is stored is stored under it
        homonym = settings.brand.homonym
        if any(path[:2] == ("brand", "homonym") for path in found):
            said = {name: form.get(f"brand.homonym.{name}", "") for name in ("ours", "theirs")}
            if not any(text.strip() for text in said.values()) and homonym is not None:
                found = {path: value for path, value in found.items() if path[:2] != ("brand", "homonym")}
                found["brand", "homonym"] = LEFT_OUT
    if section.startswith(("agent-", "contact-")):
        found = _whole_agent(int(section.partition("-")[2]), found, settings, data)
    return found


def errors(
    section: str, wrong: Sequence[Mistake], settings: Settings, texts: Texts
) -> tuple[dict[str, Mistake], list[Mistake]]:
    """The mistakes by the field in which each was made, and those that belong to no field of the section."""
    names = sorted((asked.name for asked in asks(section, settings, texts)), key=len, reverse=True)
    here: dict[str, Mistake] = {}
    rest = []
    for one in wrong:
        parts = {one.field, one.field.replace(".from", "").replace(".to", "")}
        name = next((name for name in names if any(f"{field}.".startswith(f"{name}.") for field in parts)), None)
        name = name or next((n for n in names if n.endswith(".within") and n.startswith(f"{one.field}.")), None)
        if name is None:
            rest.append(one)
        else:
            here.setdefault(name, one)
    return here, rest


def _at(data: Any, path: Sequence[str | int]) -> Any:
    for part in path:
        data = data.get(part) if isinstance(data, Mapping) else None
    return data


def _promise_at(path: Sequence[str | int], settings: Settings) -> Any:
    at: Any = settings.desk
    for part in path[1:]:
        at = at.get(part) if isinstance(at, Mapping) else getattr(at, str(part), None)
    return at


def _each_day(wanted: Mapping[str, Any], data: Mapping[str, Any]) -> dict[tuple[str | int, ...], Any]:
    """The days that differ, one by one, so that what is written beside the others stays."""
    there = _at(data, ("desk", "exceptions")) or {}
    by_text = {str(key): key for key in there}
    gone: dict[tuple[str | int, ...], Any] = {
        ("desk", "exceptions", key): LEFT_OUT for text, key in by_text.items() if text not in wanted
    }
    if gone and len(gone) == len(there):
        gone = {("desk", "exceptions"): LEFT_OUT} if not wanted else gone
    new: dict[tuple[str | int, ...], Any] = {
        ("desk", "exceptions", by_text.get(day, day)): said
        for day, said in wanted.items()
        if day not in by_text or there[by_text[day]] != said
    }
    return {**gone, **new}


def _whole_agent(
    at: int, found: Changes, settings: Settings, data: Mapping[str, Any]
) -> dict[tuple[str | int, ...], Any]:  # fmt: skip
    there = data.get("agents") or []
    if at < len(there):
        return dict(found)
    # Nobody has to be named in the file: then the one who is there by default is written down first.
    record = {str(path[2]): value for path, value in found.items() if value is not LEFT_OUT}
    if not record:
        return {}
    if at < len(settings.agents):
        return {("agents", at): {"name": settings.agents[at].name, **record}}
    first: dict[tuple[str | int, ...], Any] = {} if there else {("agents", 0): {"name": settings.agents[0].name}}
    return {**first, ("agents", at): record}


# --- the sections ---


def _brand(settings: Settings, texts: Texts) -> list[Asked]:
    brand, homonym = settings.brand, settings.brand.homonym
    options = [[code, texts.label("language", code)] for code in LANGUAGES]
    return [
        Asked(("brand", "name"), "name", brand.name, fields.must, more={"required": True}),
        Asked(
            ("brand", "handles"), "handles", fields.commas(brand.handles), fields.handles, more={"hint": "ornekmagaza"}
        ),
        Asked(
            ("brand", "languages"), "languages", ",".join(brand.languages), fields.listed, "many", {"options": options}
        ),
        Asked(
            ("brand", "homonym", "theirs"),
            "theirs",
            fields.commas(homonym.theirs if homonym else ()),
            fields.listed,
            group=texts.say("set.homonym"),
        ),
        Asked(("brand", "homonym", "ours"), "ours", fields.commas(homonym.ours if homonym else ()), fields.listed),
        Asked(
            ("brand", "products"),
            "products",
            fields.shown_products(brand.products),
            fields.products,
            "area",
            {"rows": 4},
            texts.say("set.sold"),
        ),
        Asked(("brand", "orders"), "orders", "\n".join(brand.orders), fields.lined, "area", {"rows": 2}),
        Asked(("brand", "contact"), "contact", brand.contact, fields.word),
        Asked(("brand", "region"), "region", brand.region, fields.must, more={"max": 2}),
    ]


def _query(settings: Settings, texts: Texts) -> list[Asked]:
    return [Asked(("brand", "query"), "query", settings.brand.query, fields.word, "area", {"rows": 3, "max": 2000})]


def _hours(settings: Settings, texts: Texts) -> list[Asked]:
    return [
        Asked(
            ("desk", "hours", name),
            f"day_{name}",
            fields.shown_day(getattr(settings.desk.hours, name)),
            fields.hours,
            more={"hint": texts.say("set.closed")},
        )
        for name in WEEKDAYS
    ]


def _days(settings: Settings, texts: Texts) -> list[Asked]:
    policy = settings.desk
    return [
        Asked(("desk", "timezone"), "timezone", policy.timezone, fields.must),
        Asked(("desk", "holidays"), "holidays", fields.commas(policy.countries), fields.countries),
        Asked(
            ("desk", "exceptions"),
            "exceptions",
            fields.shown_exceptions(policy, texts),
            partial(fields.exceptions, texts=texts),
            "area",
            {"rows": 4},
        ),
    ]


def _promises(settings: Settings, texts: Texts) -> list[Asked]:
    found = settings.desk.promises
    return [
        asked
        for name in URGENT
        for asked in fields.promise_fields(("desk", "promises", name), getattr(found, name), False, texts)
    ]


def _own(kind: str, name: str, settings: Settings, texts: Texts) -> list[Asked]:
    there: Mapping[str, Any] = settings.desk.teams if kind == "team" else settings.desk.channels
    path = ("desk", f"{kind}s", name)
    found = there.get(name)
    if found is None:
        return []
    own = [
        asked
        for urgency in URGENT
        for asked in fields.promise_fields((*path, "promises", urgency), getattr(found.promises, urgency), True, texts)
    ]
    hours = Asked(
        (*path, "hours"),
        "own_hours",
        fields.shown_week(found.hours, texts),
        partial(fields.week, texts=texts),
        "area",
        {"rows": 3},
    )
    return [hours, *own]


def _agent(at: int, settings: Settings, texts: Texts) -> list[Asked]:
    """The fields of the colleague in a place; the place after the last is a new one."""
    agents = settings.agents
    known = agents[at] if at < len(agents) else None
    path = ("agents", at)
    roles = [[role, texts.label("role", role)] for role in ROLES]
    others = [["", texts.say("set.nobody")], *([one.name, one.name] for one in agents if one is not known)]
    languages = [[code, texts.label("language", code)] for code in LANGUAGES]
    # Where nobody is named a role, the first one has every role without saying so (desk.team.with_somebody_in_charge).
    also = known.also if known is not None and set(known.also) != set(ROLES) else ()
    new = (
        []
        if known is not None
        else [Asked((*path, "name"), "agent_name", "", fields.must, more={"required": True, "max": 60})]
    )
    return [
        *new,
        Asked((*path, "role"), "role", known.role if known else "agent", fields.must, "select", {"options": roles}),
        Asked((*path, "also"), "also", ",".join(also), fields.listed, "many", {"options": roles}),
        Asked((*path, "teams"), "teams", fields.commas(known.teams if known else ()), fields.listed),
        Asked(
            (*path, "languages"),
            "answers_in",
            ",".join(known.languages if known else ()),
            fields.listed,
            "many",
            {"options": languages},
        ),
        Asked((*path, "channels"), "channels", fields.commas(known.channels if known else ()), fields.listed),
        Asked(
            (*path, "deputy"),
            "deputy",
            (known.deputy if known else "") or "",
            fields.word,
            "select",
            {"options": others},
        ),
        Asked(
            (*path, "shifts"),
            "shifts",
            fields.shown_week(known.shifts if known else None, texts),
            partial(fields.week, texts=texts),
            "area",
            {"rows": 3},
        ),
        Asked(
            (*path, "away"),
            "away",
            fields.shown_away(known.away if known else (), texts),
            fields.away,
            "area",
            {"rows": 2},
        ),
    ]


def _warnings(settings: Settings, texts: Texts) -> list[Asked]:
    rules = settings.warnings
    return [
        *(
            Asked(
                ("warnings", "percents", name),
                "percents",
                fields.commas(getattr(rules.percents, name)),
                fields.numbers,
                group=texts.label("urgency", name),
            )
            for name in URGENT
        ),
        Asked(
            ("warnings", "quiet"), "quiet", fields.commas(rules.quiet), fields.hours, group=texts.say("set.messages")
        ),
        Asked(("warnings", "apart"), "apart", write_duration(rules.apart), fields.length_of),
        Asked(("warnings", "words"), "words", str(rules.words), fields.number),
    ]


def _view(settings: Settings, texts: Texts) -> list[Asked]:
    options = [[code, texts.label("language", code)] for code in LANGUAGES]
    return [
        Asked(
            ("board", "language"),
            "board_language",
            settings.board.language,
            fields.must,
            "select",
            {"options": options},
        ),
        Asked(
            ("board", "url"), "url", settings.board.url, fields.word, more={"hint": "https://nobet.ornekmagaza.example"}
        ),
    ]


SECTIONS: Mapping[str, Callable[[Settings, Texts], list[Asked]]] = {
    "brand": _brand,
    "query": _query,
    "hours": _hours,
    "days": _days,
    "promises": _promises,
    "warnings": _warnings,
    "view": _view,
}
