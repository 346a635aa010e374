"""Drills: what was rehearsed and what was not for too long, how it went, and starting one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from board import sheet
from board.moments import Moments
from board.sheet import Block, Deed, Place
from board.texts import Texts
from desk.crisis.acting import role_name
from desk.crisis.drill_result import sentences
from desk.crisis.drilling import AMBER_AFTER, Drills, Listed, Rehearsed
from desk.roles import any_may

Start = Callable[[str, str, float, str], str]
"""Starts a drill (its name, language, speed, and who runs it) and answers the address of its own board."""

SPEEDS = ("1", "5", "10", "30", "60")


def picture(drills: Drills, texts: Texts, place: Place, now: datetime, moments: Moments) -> Mapping[str, Any]:
    """What there is to rehearse, and what came of it; one drill's scorecard where it is open."""
    rows = drills.results()
    chosen = next((row for row in rows if row.id == place.id), None)
    if chosen is not None:
        return {"top": [], "main": _result(chosen, drills, moments), "side": []}
    amber = [one for one in drills.rehearsed(now) if one.amber]
    main: list[Block] = [sheet.head(texts.say("page.drills"), 1, texts.say("drill.what"))]
    if any_may(drills.me.roles if drills.me else (), "run_drill"):
        started = {row.drill for row in rows if row.state == "running"}
        main.append(sheet.head(texts.say("drill.ready"), sub=texts.say("drill.secret")))
        main.append(sheet.cards([_listed(one, started, moments) for one in drills.listed()], texts.say("drill.ready")))
    else:
        main.append(sheet.text(texts.say("drill.not_yours"), dim=True))
    main.append(sheet.head(texts.say("drill.played")))
    main.append(
        sheet.cards(
            [_row(row, drills, moments) for row in rows], texts.say("drill.played"), texts.say("drill.none_played")
        )
    )
    side: list[Block] = [
        sheet.head(texts.say("drill.amber"), sub=texts.say("drill.amber_text", n=AMBER_AFTER.days)),
        sheet.cards(
            [_amber(one, drills, moments) for one in amber], texts.say("drill.amber"), texts.say("drill.none_amber")
        ),
    ]
    return {"top": [], "main": main, "side": side}


def _listed(one: Listed, running: set[str], moments: Moments) -> Block:
    texts = moments.texts
    last = texts.say("drill.last", at=moments.near(one.last)) if one.last else texts.say("drill.never")
    fields = [
        sheet.field(
            "speed",
            texts.say("drill.speed"),
            "select",
            "10",
            options=[[n, texts.say("drill.times", n=n)] for n in SPEEDS],
        ),
        sheet.field(
            "language",
            texts.say("statement.language"),
            "select",
            texts.language,
            options=[[code, texts.label("language", code)] for code in ("tr", "en")],
        ),
    ]
    form = sheet.form(
        "start",
        texts.say("drill.start"),
        fields,
        keep=f"start-{one.name}",
        form={"drill": one.name},
        text=texts.say("drill.start_text"),
    )
    story = sheet.fold(f"story-{one.name}", texts.say("drill.story"), [sheet.text(one.summary.say(texts.language))])
    sign = ("urgent", texts.say("drill.running")) if one.name in running else None
    return {
        "keep": f"drill-{one.name}",
        "title": one.title.say(texts.language),
        "sign": sign,
        "meta": [moments.box(one.lasting), last],
        "blocks": [story, sheet.fold(f"begin-{one.name}", texts.say("drill.start"), [form])],
    }


def _row(row: Any, drills: Drills, moments: Moments) -> Block:
    texts = moments.texts
    sign = {"running": "urgent", "ended": "met", "broken_off": "none"}[row.state]
    goals = (row.scorecard or {}).get("goals", [])
    met = sum(bool(goal["in_time"]) for goal in goals)
    meta = [moments.near(row.started_at), texts.say("drill.goals", met=met, all=len(goals)) if goals else ""]
    return {
        "keep": f"row-{row.id}",
        "title": _title(row, drills, texts),
        "sign": (sign, texts.say(f"drill_state.{row.state}")),
        "go": {"id": row.id},
        "meta": [part for part in meta if part],
    }


def _title(row: Any, drills: Drills, texts: Texts) -> str:
    known = drills.drills.get(row.drill)
    return known.title.say(texts.language) if known else row.drill


def _result(row: Any, drills: Drills, moments: Moments) -> list[Block]:
    texts = moments.texts
    back = (texts.say("drill.back"), {"id": 0})
    card = row.scorecard
    sub = f"{moments.near(row.started_at)} · {texts.say(f'drill_state.{row.state}')}"
    blocks: list[Block] = [sheet.head(_title(row, drills, texts), 1, sub, back)]
    if card is None:
        return [*blocks, sheet.text(texts.say("drill.no_card"), dim=True)]
    blocks.append(
        sheet.cards(
            [
                {"keep": f"s{n}", "title": "", "text": line}
                for n, line in enumerate(sentences(card, texts.language, lambda role: _role(role, row, drills, texts)))
            ],
            texts.say("drill.card"),
        )
    )
    goals = [
        [
            goal["what"].get(texts.language, ""),
            _role(goal["role"], row, drills, texts),
            moments.length(goal["by_s"]),
            moments.length(goal["at_s"]) if goal["at_s"] is not None else "–",
            {"sign": ("met", texts.say("drill.in_time")) if goal["in_time"] else ("late", texts.say("drill.missed"))},
        ]
        for goal in card["goals"]
    ]
    blocks.append(
        sheet.table(
            [texts.say(f"drill_goal.{name}") for name in ("what", "role", "by", "at", "met")],
            goals,
            texts.say("drill.goals_title"),
        )
    )
    roles = [
        [
            _role(one["role"], row, drills, texts),
            *(moments.number(one[name]) for name in ("ended", "late", "handed_on", "still_open")),
        ]
        for one in card["roles"]
    ]
    blocks.append(
        sheet.table(
            [texts.say(f"drill_role.{name}") for name in ("role", "ended", "late", "handed_on", "still_open")],
            roles,
            texts.say("drill.roles_title"),
        )
    )
    return blocks


def _role(role: str, row: Any, drills: Drills, texts: Texts) -> str:
    plan = drills.plans.get(row.plan)
    return role_name(plan, role).say(texts.language) if plan is not None else role


def _amber(one: Rehearsed, drills: Drills, moments: Moments) -> Block:
    texts = moments.texts
    plan = drills.plans.get(one.name)
    title = plan.title if plan is not None else drills.library[one.name].title if one.name in drills.library else None
    since = (
        texts.say("drill.never")
        if one.days is None
        else texts.say_number("drill.days", one.days, moments.number(one.days))
    )
    return {
        "keep": f"amber-{one.name}",
        "title": title.say(texts.language) if title else one.name,
        "sign": ("urgent", since),
        "meta": [],
    }


def deeds(drills: Drills, start: Start) -> Mapping[str, sheet.Do]:
    """What can be done with drills."""

    def started(deed: Deed, now: datetime) -> Mapping[str, Any]:
        name = drills.drill(deed.said("drill")).id
        drills.listed()  # who may not run one learns it here, before a process is started
        speed = float(deed.said("speed")) if deed.said("speed") in SPEEDS else 10.0
        language = deed.said("language") if deed.said("language") in ("tr", "en") else "tr"
        me = drills.me.name if drills.me else ""
        return {"out": start(name, language, speed, me)}

    return {"start": started}
