"""Sources: what might we be missing? Each source's state with its evidence, and what could not be read.

Quiet is only claimed where it is proven: a source that answered and brought nothing is said to have answered.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from board.draw import draw
from board.moments import Moments, epoch_ms
from board.texts import Texts
from desk.desk import Desk

log = logging.getLogger("nobet")

REFRESH = 10.0
"""Seconds; a source is asked at most every few seconds and mostly every few minutes."""

SIGNS = {
    "ok": "met", "empty": "met", "failing": "late", "rate_limited": "paused", "refused": "late",
    "unreadable": "late", "off": "none",
}  # fmt: skip
"""Which sign a source's state carries; the word beside it says which state it is."""

_WORST_FIRST = ("late", "paused", "met", "none")
RAW_SHOWN = 2000
QUARANTINE_SHOWN = 100


def page(desk: Desk, texts: Texts) -> None:
    """The whole page."""
    _live(desk, texts)


@st.fragment(run_every=REFRESH)
def _live(desk: Desk, texts: Texts) -> None:
    draw("sources", picture(desk, texts, datetime.now(UTC)))


def picture(desk: Desk, texts: Texts, now: datetime) -> dict[str, Any]:
    """Everything the page shows at `now`, as JSON-able values; a sentence where the desk cannot be reached."""
    moments = Moments(texts, desk.zone, now)
    data: dict[str, Any] = {
        "now": epoch_ms(now), "language": texts.language, "zone": desk.zone.key, "refresh_ms": int(REFRESH * 1000),
    }  # fmt: skip
    try:
        sources = [_source(state, moments) for state in desk.sources(now)]
        held = [_held(row, moments) for row in desk.quarantine(QUARANTINE_SHOWN)]
    except Exception:
        log.exception("the board could not read the desk")
        return data | {"failure": texts.say("fail.reading")}
    answering = sum(1 for source in sources if source["sign"] == "met")
    # What may be missing is asked first, so what brings nothing stands first.
    data["sources"] = sorted(sources, key=lambda source: (_WORST_FIRST.index(source["sign"]), source["name"]))
    silent = [source["name"] for source in data["sources"] if source["sign"] in ("late", "paused")]
    data["silent"] = texts.say("sources.silent", names=", ".join(silent)) if silent else ""
    data["held"] = held
    data["summary"] = texts.say(
        "sources.summary", answering=moments.number(answering), all=moments.number(len(sources)),
        new=moments.number(sum(source["new"] for source in sources)),
    )  # fmt: skip
    return data


def _source(state: Any, moments: Moments) -> dict[str, Any]:
    texts = moments.texts
    known = state.state if state.state in SIGNS else "failing"
    poll = state.last_poll
    quiet = known == "empty" or (known == "ok" and poll is not None and not poll.new)
    word = texts.say("source.empty") if quiet else texts.label("source", known)
    lag = ""
    if state.lag_p50_s is not None and state.lag_p95_s is not None:
        lag = texts.say("sources.lag", p50=moments.length(state.lag_p50_s), p95=moments.length(state.lag_p95_s))
    return {
        "name": state.source,
        "kind": texts.label("kind", state.kind) if state.kind and state.kind != state.source else "",
        "state": known,
        "sign": SIGNS[known],
        "word": word,
        "advice": texts.say(f"advice.{known}") if texts.has(f"advice.{known}") else "",
        "note": f"{state.note.rstrip('. ')}." if state.note else "",
        "failures": texts.say_number("sources.failures", state.failures, moments.number(state.failures))
        if state.failures
        else "",
        "new": state.new_24h,
        "new_text": moments.number(state.new_24h),
        "total": moments.number(state.total),
        "waiting": moments.number(state.waiting) if state.waiting else "",
        "held": moments.number(state.quarantined) if state.quarantined else "",
        "lag": lag,
        "answered_at": epoch_ms(state.last_ok_at),
        "answered_text": moments.near(state.last_ok_at) if state.last_ok_at else "",
        "item_at": epoch_ms(state.last_item_at),
        "item_text": moments.near(state.last_item_at) if state.last_item_at else "",
        "next_at": epoch_ms(state.next_at) if known != "off" else None,
        "next_text": moments.near(state.next_at) if state.next_at and known != "off" else "",
    }


def _held(row: Any, moments: Moments) -> dict[str, Any]:
    raw = row.raw if isinstance(row.raw, str) else json.dumps(row.raw, ensure_ascii=False, indent=1, default=str)
    return {
        "id": row.id,
        "stage": moments.texts.label("stage", row.stage),
        "source": row.source or "",
        "reason": row.reason,
        "at": moments.near(row.at),
        "raw": raw[:RAW_SHOWN] + ("…" if len(raw) > RAW_SHOWN else ""),
    }
