"""Triage: what do I answer next, and with which words? The queue, and beside it the case in hand.

One component draws both and ticks by itself; one fragment brings it up to date and carries what people did. All
reading and doing goes through the desk.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

import streamlit as st
from pydantic import ValidationError

from board.case import case_data
from board.customer import customer_data, order_data
from board.draw import draw
from board.hands import do_all
from board.moments import Moments, clock_of, now_of
from board.queue import APPROVALS, NO_ANSWER, NO_ANSWER_LIMIT, Place, choices, mention_row, row_data
from board.reply import reply_data
from board.texts import Texts, sentence
from desk.desk import Desk, DeskError
from desk.moves import AWAY_AFTER
from desk.views import Present

log = logging.getLogger("nobet")

HERE_EVERY = AWAY_AFTER / 2.5
REFRESH = 5.0
"""Seconds between two looks at the store. Time itself does not wait for it: the browser ticks."""


def page(desk: Desk, texts: Texts) -> None:
    """The whole page."""
    _adopt_address()
    _live(desk, texts)


def _place() -> Place:
    place: Place = st.session_state.setdefault("place", Place())
    return place


def _adopt_address() -> None:
    """Take case and view from the address when it was changed there: a shared link, a reload, the Back button."""
    address = {name: st.query_params.get(name) for name in ("case", "view")}
    if address == st.session_state.get("address"):
        return
    st.session_state["address"] = address
    try:
        case = int(address["case"]) if address["case"] else None
    except ValueError:
        case = None
    place = _place()
    changed = {"n": place.n + 1, "case": case, "view": address["view"] or place.view}
    st.session_state["place"] = Place.model_validate(place.model_dump() | changed)


def _write_address(place: Place) -> None:
    address = {"case": str(place.case) if place.case else None, "view": place.view if place.view != "open" else None}
    if address == st.session_state.get("address"):
        return
    st.session_state["address"] = address
    for name, value in address.items():
        if value is not None:
            st.query_params[name] = value
        elif name in st.query_params:
            del st.query_params[name]


@st.fragment(run_every=REFRESH)
def _live(desk: Desk, texts: Texts) -> None:
    now = now_of(desk)
    answered: dict[str, dict[str, Any]] = st.session_state.setdefault("answered", {})
    sent = st.session_state.pop("sent", None)
    if isinstance(sent, dict):
        do_all(desk, sent.get("items"), answered, texts, now)
        try:
            place = Place.model_validate(sent.get("place"))
            if place.n >= _place().n:
                st.session_state["place"] = place
        except ValidationError:
            log.warning("the board was sent a place that is none; people stay where they were")
        _write_address(_place())
    data = picture(desk, texts, _place(), now, st.session_state)
    # A deed may take a moment: what it opened is shown as of after it.
    draw("triage", data | {"answers": dict(list(answered.items())[-20:])}, on_send_change=_take)


def _take() -> None:
    """Keep what the browser sent for the run of the fragment that follows at once."""
    st.session_state["sent"] = st.session_state["triage"]["send"]


def picture(desk: Desk, texts: Texts, place: Place, now: datetime, memory: Any) -> dict[str, Any]:
    """Everything Triage shows at `now`, as JSON-able values.

    `memory` is a mapping that lives as long as the session (drafts, channels seen, which case was opened). Where the
    desk cannot be reached, the picture says so in a sentence and brings no rows; the browser keeps those it has.
    """
    moments = Moments(texts, desk.zone, now)
    data: dict[str, Any] = {
        **clock_of(desk, now), "language": texts.language, "zone": desk.zone.key, "me": desk.me, 
        "brand": desk.brand_name,
        "agents": list(desk.agents()), "place": place.model_dump(), "refresh_ms": int(REFRESH * 1000),
    }  # fmt: skip
    try:
        data |= _queue(desk, moments, place, memory)
        data["silent"] = list(desk.silent_alerts(now))
        data["tonight"] = list(desk.tonight(now, texts.language))
        data["case"] = _case(desk, moments, place, memory)
    except Exception:
        log.exception("the board could not read the desk")
        data["failure"] = texts.say("fail.reading")
    return data


def _queue(desk: Desk, moments: Moments, place: Place, memory: Any) -> dict[str, Any]:
    titles = {book: desk.library[book].title.say(moments.texts.language) for book in desk.library}
    found = desk.queue(place.filters(), moments.now)
    seen: set[str] = memory.setdefault("channels", set())
    seen.update(row.channel for row in found.rows)
    if place.view == NO_ANSWER:
        mentions = desk.set_aside_mentions(place.search, NO_ANSWER_LIMIT)
        rows = [mention_row(m, moments, m.id in place.whole) for m in mentions]
    elif place.view == APPROVALS:
        rows = [row_data(row, moments, titles) for row in desk.approval_rows(moments.now)]
    else:
        rows = [row_data(row, moments, titles) for row in found.rows]
    counts = {**found.counts, APPROVALS: len(desk.approvals(moments.now))}
    return {"rows": rows, "counts": counts, "choices": choices(moments, seen, place)}


def _here(desk: Desk, place: Place, now: datetime, memory: Any) -> tuple[Present, ...]:
    """Tell the desk where I am, twice as often as it forgets, and hear who else is there."""
    assert place.case is not None
    doing = "writing" if place.writing == place.case else "reading"
    told, at = memory.get("here", (None, None))
    if told != (place.case, doing) or now - at > HERE_EVERY:
        memory["here"] = ((place.case, doing), now)
        return desk.here(place.case, doing, now)
    return desk.others(place.case, now)


def _case(desk: Desk, moments: Moments, place: Place, memory: Any) -> dict[str, Any] | None:
    if place.case is None:
        if memory.pop("here", None) is not None:
            desk.left(moments.now)  # colleagues need not wait until I am forgotten
        return None
    try:
        if memory.get("opened") != place.case:
            desk.seen(place.case, moments.now)
            memory["opened"] = place.case
        others = _here(desk, place, moments.now, memory)
        view = desk.case(place.case, moments.now)
    except DeskError as error:
        return {"id": place.case, "error": sentence(error, moments.texts)}
    data = case_data(view, moments, set(place.whole))
    data["present"] = [{"who": one.agent, "doing": one.doing, "since": moments.near(one.since)} for one in others]
    data["reply"] = reply_data(desk, view, place, moments, memory)
    data["customer"] = customer_data(desk, view, moments)
    data["orders"] = order_data(desk, view, moments, memory)
    return data
