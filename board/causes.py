"""Causes: which product, supplier, carrier, branch or campaign people complain of, and whether what was done helped."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from board import sheet
from board.moments import Moments
from board.papers import file
from board.sheet import Block, Deed, Place
from board.texts import Texts
from desk.causes.loop import Causes
from desk.causes.naming import NAMES
from desk.causes.telling import STATES, footing, html, parts, sentence, write_csv
from desk.causes.telling import name as cause_name
from desk.causes.weekly import Finding, Week
from desk.roles import any_may

SIGN_OF = {"": "none", "open": "urgent", "acknowledged": "same_day", "fixed": "met", "back": "late"}
FORMATS = ("html", "csv")
SHOWN = 30


class Weekly:
    """The list of the last seven days, made anew now and then, for all sessions together, and after each act."""

    def __init__(self, causes: Causes) -> None:
        self.causes = causes

    def week(self, now: datetime) -> Week | None:
        """The list as it was made last; None while the first one is being made."""
        return self.causes.lately(now)

    def forget(self) -> None:
        """Something was done about a cause: the list is another one."""
        self.causes.forget()


def picture(weekly: Weekly, texts: Texts, place: Place, now: datetime, moments: Moments) -> Mapping[str, Any]:
    """The list of the last seven days."""
    causes, week = weekly.causes, weekly.week(now)
    if week is None:
        waits = [sheet.head(texts.say("page.causes"), 1), sheet.text(texts.say("cause.making"))]
        return {"top": [], "main": waits, "side": []}
    may = any_may(next(agent.roles for agent in causes.settings.agents if agent.name == causes.me), "follow_cause")
    main: list[Block] = [
        sheet.head(texts.say("page.causes"), 1, f"{moments.near(week.start)} – {moments.near(week.end)}"),
        sheet.buttons(
            *(
                sheet.press("export", texts.say("review.export", format=one.upper()), form={"format": one})
                for one in FORMATS
            )
        ),
    ]
    for title, empty, found in parts(week, texts.language):
        main.append(sheet.head(title))
        main.append(sheet.cards([_cause(one, moments, may) for one in found[:SHOWN]], title, empty))
    main.append(sheet.text(footing(week, texts.language), dim=True))
    return {"top": [], "main": main, "side": []}


def _cause(one: Finding, moments: Moments, may: bool) -> Block:
    texts = moments.texts
    keep = f"{one.kind}-{one.value}-{one.topic}"
    state = STATES[one.state].say(texts.language)
    blocks: list[Block] = []
    if one.examples:
        blocks.append(
            sheet.buttons(
                *(
                    sheet.lead(texts.say("cause.example", n=n), {"page": "triage", "mention": mention})
                    for n, mention in enumerate(one.examples, start=1)
                )
            )
        )
    if may and one.id is None:
        blocks.append(
            sheet.buttons(
                sheet.press(
                    "follow",
                    texts.say("cause.follow"),
                    texts.say("cause.followed"),
                    form={"kind": one.kind, "value": one.value, "topic": one.topic},
                )
            )
        )
    elif may:
        which = {"cause": str(one.id)}
        blocks.append(
            sheet.fold(
                f"do-{keep}",
                texts.say("cause.do"),
                [
                    sheet.form(
                        "acknowledge",
                        texts.say("cause.acknowledge"),
                        [
                            sheet.field("owner", texts.say("cause.owner"), value=one.owner, required=True, max=80),
                            sheet.field("note", texts.say("crisis.note"), value=one.note, max=500),
                        ],
                        keep=f"ack-{keep}",
                        form=which,
                        said=texts.say("people.kept"),
                    ),
                    sheet.form(
                        "fixed",
                        texts.say("cause.fixed"),
                        [
                            sheet.field(
                                "on",
                                texts.say("cause.fixed_on"),
                                "date",
                                moments.now.astimezone(moments.zone).date().isoformat(),
                                required=True,
                            ),
                            sheet.field("note", texts.say("crisis.note"), max=500),
                        ],
                        keep=f"fix-{keep}",
                        form=which,
                        quiet=True,
                        said=texts.say("people.kept"),
                        text=texts.say("cause.fixed_text"),
                    ),
                ],
            )
        )
    return {
        "keep": keep,
        "title": cause_name(one, texts.language),
        "text": sentence(one, moments.zone, texts.language),
        "sign": (SIGN_OF[one.state], state) if state else None,
        "meta": [
            part
            for part in (NAMES[one.kind].say(texts.language), texts.label("topic", one.topic), one.owner, one.note)
            if part
        ],
        "blocks": blocks,
    }


def deeds(weekly: Weekly, language: str) -> Mapping[str, sheet.Do]:
    """What can be done about causes."""
    causes = weekly.causes

    def exported(deed: Deed, now: datetime) -> Mapping[str, Any]:
        week, zone = causes.weekly(now), causes.settings.desk.zone
        name = f"{'nedenler' if language == 'tr' else 'causes'}-{now.astimezone(zone):%Y-%m-%d}"
        if deed.said("format") == "csv":
            stream = io.StringIO(newline="")
            write_csv(week, zone, stream)
            return file(name, "csv", stream.getvalue().encode("utf-8-sig"))
        return file(name, "html", html(week, zone, language).encode())

    def fixed(deed: Deed, now: datetime) -> None:
        try:
            on = date.fromisoformat(deed.said("on"))
        except ValueError:
            on = now.astimezone(causes.settings.desk.zone).date() + timedelta(days=1)  # refused with its sentence
        causes.fixed(deed.number("cause"), on, deed.said("note"), now)

    acts: Mapping[str, sheet.Do] = {
        "follow": lambda deed, now: causes.follow(deed.said("kind"), deed.said("value"), deed.said("topic"), now),
        "acknowledge": lambda deed, now: causes.acknowledge(
            deed.number("cause"), deed.said("owner"), deed.said("note"), now
        ),
        "fixed": fixed,
    }
    return {"export": exported, **{name: _then(weekly, do) for name, do in acts.items()}}


def _then(weekly: Weekly, do: sheet.Do) -> sheet.Do:
    def done(deed: Deed, now: datetime) -> object:
        weekly.forget()
        return do(deed, now)

    return done
