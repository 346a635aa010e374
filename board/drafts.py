"""Drafts between the browser and the desk: what is typed comes in with every message, what is kept goes out."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from board.moments import epoch_ms
from desk.drafts import Drafts, moment
from desk.room import MAX_WORDS, Room

log = logging.getLogger("nobet")


class Written(BaseModel):
    """What was typed since the last message, by the keys of the fields, with the moment in milliseconds since 1970;
    and the beginnings of the keys that were dropped."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    set: dict[str, tuple[str, float]] = Field({}, max_length=100)
    drop: tuple[str, ...] = Field((), max_length=100)


def keep_drafts(room: Room, sent: object, now: datetime) -> None:
    """Keep what the browser typed; what is no draft is left alone, and a field that is no key too."""
    if not sent:
        return
    try:
        written = Written.model_validate(sent)
        texts = {
            key: (text[:MAX_WORDS], moment(at)) for key, (text, at) in written.set.items() if 0 < len(key) <= 200
        }  # fmt: skip
    except (ValidationError, OverflowError, OSError, ValueError):
        log.warning("the board was sent drafts that are none; they were left alone")
        return
    try:
        Drafts(room).keep(texts, [key for key in written.drop if len(key) <= 200], now)
    except Exception:
        log.exception("drafts could not be kept")  # the browser has them still, and sends them again


def drafts_data(room: Room, beginning: str, since: datetime | None = None) -> dict[str, Any]:
    """Every draft of this person as [moment, words]; the words only of those whose keys begin so, else None.

    With `since`, the words of what was written before that are left out: such a form begins anew.
    """
    told = Drafts(room).told(beginning)
    return {key: [epoch_ms(at), text if since is None or at >= since else None] for key, (text, at) in told.items()}
