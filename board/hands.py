"""What people do on the board: deeds that come from the browser, checked, and done through the desk once each.

The browser keeps a deed until it has been answered for and sends it again with the next message, so none is lost when
two fall together; a deed that was done is known by its id and is not done twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from board.texts import Texts, sentence
from desk.desk import Desk, DeskError

log = logging.getLogger("nobet")

REMEMBERED = 200
"""Answered deeds kept per session; the browser sends one again within seconds or never."""


class Deed(BaseModel):
    """One deed as the browser sends it. The desk checks whether it may be done; this checks only its form."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(min_length=8, max_length=64)
    do: str = Field(max_length=20)
    case: int = 0
    mention: int = 0
    text: str = Field("", max_length=100_000)
    link: str = Field("", max_length=5000)
    who: str | None = Field(None, max_length=60)
    head: str = Field("", max_length=20)
    label: str = Field("", max_length=40)
    step: str = Field("", max_length=60)
    state: str = Field("", max_length=10)


Do = Callable[[Desk, Deed, datetime], "int | None"]

DEEDS: Mapping[str, Do] = {
    "claim": lambda desk, deed, now: desk.claim(deed.case, now),
    "assign": lambda desk, deed, now: desk.assign(deed.case, deed.who, now),
    "answer": lambda desk, deed, now: desk.answer(deed.case, deed.text, deed.link, now),
    "note": lambda desk, deed, now: desk.note(deed.case, deed.text, now),
    "wait": lambda desk, deed, now: desk.wait(deed.case, now),
    "back": lambda desk, deed, now: desk.back(deed.case, now),
    "resolve": lambda desk, deed, now: desk.resolve(deed.case, now),
    "reopen": lambda desk, deed, now: desk.reopen(deed.case, now),
    "set_aside": lambda desk, deed, now: desk.set_aside(deed.case, deed.text, now),
    "correct": lambda desk, deed, now: desk.correct(deed.case, deed.mention, deed.head, deed.label, now),
    "step": lambda desk, deed, now: desk.step(deed.case, deed.step, deed.state, now),
    "open": lambda desk, deed, now: desk.open_from_mention(deed.mention, now),
}


def do_all(desk: Desk, items: object, answered: dict[str, dict[str, Any]], texts: Texts, now: datetime) -> None:
    """Do each deed of `items` that `answered` does not know yet, and write down in `answered` how it went.

    An answer is `{"ok": true, "case": the case it opened or null}` or `{"error": a sentence}`. Nothing is raised: what
    fails, fails for that deed alone, and its reason goes to the log.
    """
    for item in items if isinstance(items, list) else ():
        try:
            deed = Deed.model_validate(item)
        except ValidationError:
            log.warning("the board was sent something that is no deed; it was left alone")
            continue
        if deed.id in answered:
            continue
        answered[deed.id] = _do(desk, deed, texts, now)
        while len(answered) > REMEMBERED:
            del answered[next(iter(answered))]


def _do(desk: Desk, deed: Deed, texts: Texts, now: datetime) -> dict[str, Any]:
    if deed.do not in DEEDS:
        return {"error": texts.say("fail.deed")}
    try:
        return {"ok": True, "case": DEEDS[deed.do](desk, deed, now)}
    except DeskError as error:
        return {"error": sentence(error, texts)}
    except Exception:
        log.exception("the deed %s on case %s failed", deed.do, deed.case)
        return {"error": texts.say("fail.deed")}
