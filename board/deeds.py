"""What was done on the board, once each: whatever form a page's deeds have, and whoever does them.

The browser keeps a deed until it has been answered for and sends it again with the next message, so none is lost when
two fall together; a deed that was done is known by its id and is not done twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from board.texts import Texts, sentence
from desk.roles import Refused
from desk.room import DeskError
from playbooks.decision import DecisionError

log = logging.getLogger("nobet")

REMEMBERED = 200
"""Answered deeds kept per session; the browser sends one again within seconds or never."""


class AnyDeed(BaseModel):
    """What every deed has: an id of its own, and what is to be done. Its page knows the rest."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(min_length=8, max_length=64)
    do: str = Field(max_length=40)


D = TypeVar("D", bound=AnyDeed)


def do_each(
    form: type[D],
    items: object,
    answered: dict[str, dict[str, Any]],
    texts: Texts,
    do: Callable[[D], Mapping[str, Any] | None],
) -> None:
    """Do each deed of `items` that `answered` does not know yet, and write down in `answered` how it went.

    `do` answers what the browser is told beside that it is done; None where no such deed is known. An answer is
    `{"ok": true, ...}` or `{"error": a sentence}`. Nothing is raised: what fails, fails for that deed alone, and its
    reason goes to the log.
    """
    for item in items if isinstance(items, list) else ():
        try:
            deed = form.model_validate(item)
        except ValidationError:
            log.warning("the board was sent something that is no deed; it was left alone")
            continue
        if deed.id in answered:
            continue
        answered[deed.id] = _answer(deed, texts, do)
        while len(answered) > REMEMBERED:
            del answered[next(iter(answered))]


def _answer(deed: D, texts: Texts, do: Callable[[D], Mapping[str, Any] | None]) -> dict[str, Any]:
    try:
        told = do(deed)
    except (DeskError, Refused, DecisionError) as error:
        return {"error": said_in(error, texts)}
    except Exception:
        log.exception("the deed %s failed", deed.do)
        return {"error": texts.say("fail.deed")}
    return {"error": texts.say("fail.deed")} if told is None else {"ok": True, **told}


def said_in(error: Exception, texts: Texts) -> str:
    """The sentence of something that the desk refused, in the reader's language."""
    return error.say(texts.language) if isinstance(error, Refused | DecisionError) else sentence(error, texts)
