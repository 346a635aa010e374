"""Triage: what do I answer next, and with which words? The queue, and beside it the case in hand.

One component draws both and ticks by itself; one fragment brings it up to date and carries what people did. All
reading and doing goes through the desk.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import streamlit as st
from pydantic import ValidationError

from board import visit
from board.case import case_data
from board.customer import customer_data, order_data
from board.difference import Told
from board.drafts import drafts_data, keep_drafts
from board.draw import draw
from board.hands import do_all
from board.many import saved_data
from board.moments import Moments, clock_of, now_of
from board.queue import ADDRESS, APPROVALS, NO_ANSWER, Place, choices, mention_row, row_data
from board.reply import reply_data
from board.texts import Texts, sentence
from desk.desk import Desk, DeskError
from desk.drafts import Drafts
from desk.moves import AWAY_AFTER
from desk.views import CaseView, Present

log = logging.getLogger("nobet")

LEFT_OFF = "triage/place"
"""Under this key lies where somebody left off, beside their drafts."""

LEFT_OFF_FOR = timedelta(hours=12)
"""A shift: whoever comes back tomorrow begins with everything that is open, and with no search of yesterday's."""

CASE_KEPT = timedelta(seconds=15)
"""How long a case in hand is shown as it was read while nothing happened in it and nobody did anything here: what is
known of its customer elsewhere may come so much later."""

HERE_EVERY = AWAY_AFTER / 2.5
REFRESH = 5.0
"""Seconds between two looks at the store. Time itself does not wait for it: the browser ticks."""


def page(desk: Desk, texts: Texts) -> None:
    """The whole page."""
    _adopt_address(desk)
    _live(desk, texts)


def _place() -> Place:
    place: Place = st.session_state.setdefault("place", Place())
    return place


def _address_of(place: Place) -> dict[str, str | None]:
    said = {name: str(getattr(place, name) or "") or None for name in ADDRESS}
    return {**said, "view": place.view if place.view != "open" else None, "case": str(place.case or "") or None}


def _adopt_address(desk: Desk) -> None:
    """Take case, view and filters from the address when it was changed there: a shared link, a reload, the Back button.

    A session that begins without any goes on where this person left off, on whatever machine that was.
    """
    address = {name: st.query_params.get(name) for name in (*ADDRESS, "case")}
    if address == st.session_state.get("address"):
        return
    first = "address" not in st.session_state
    st.session_state["address"] = address
    case = address["case"] or ""
    wanted: dict[str, Any] = {**address, "view": address["view"] or "open", "search": (address["search"] or "")[:200]}
    if first and not any(address.values()):
        wanted |= _left_off(desk)
    place = _place()
    wanted |= {"n": place.n + 1, "case": int(case) if case.isascii() and case.isdigit() and len(case) < 18 else None}
    try:
        st.session_state["place"] = Place.model_validate(place.model_dump() | wanted | {"rows": ()})
    except ValidationError:
        log.warning("the address says a place that is none")


def _left_off(desk: Desk) -> dict[str, str]:
    """The filters that this person had last."""
    try:
        kept = json.loads(Drafts(desk).text(LEFT_OFF, now_of(desk) - LEFT_OFF_FOR) or "{}")
    except Exception:
        log.exception("the board could not read where somebody left off")
        return {}
    return {name: str(kept[name]) for name in ADDRESS if kept.get(name)}


def _go_to(desk: Desk, sent: Mapping[str, Any], now: datetime) -> None:
    """Take the place that the browser sent, and write it down: in the address, and for the next session."""
    try:
        place = Place.model_validate(sent.get("place"))
    except ValidationError:
        log.warning("the board was sent a place that is none; people stay where they were")
        return
    if place.n < _place().n:
        return
    was, st.session_state["place"] = _place(), place
    address = _address_of(place)
    if address != st.session_state.get("address"):
        st.session_state["address"] = address
        for name, value in address.items():
            if value is not None:
                st.query_params[name] = value
            elif name in st.query_params:
                del st.query_params[name]
    if any(getattr(was, name) != getattr(place, name) for name in ADDRESS):
        left = {name: value for name in ADDRESS if (value := getattr(place, name))}
        Drafts(desk).keep({LEFT_OFF: (json.dumps(left, ensure_ascii=False), now)}, (), now)


@st.fragment(run_every=REFRESH)
def _live(desk: Desk, texts: Texts) -> None:
    visit.stay()
    now = now_of(desk)
    answered: dict[str, dict[str, Any]] = st.session_state.setdefault("answered", {})
    told: Told = st.session_state.setdefault("told", Told())
    sent = st.session_state.pop("sent", None)
    whole = False
    if isinstance(sent, dict):
        try:
            keep_drafts(desk, sent.get("drafts"), now)
            do_all(desk, sent.get("items"), answered, texts, now)
            _go_to(desk, sent, now)
        except Exception:
            log.exception("the board could not take what was sent")  # the browser sends it again
        whole = sent.get("whole") is True
    if sent is not None:
        st.session_state.pop("case_read", None)
    data = picture(desk, texts, _place(), now, st.session_state, told.known())
    # A deed may take a moment: what it opened is shown as of after it.
    data["answers"] = dict(list(answered.items())[-20:])
    draw("triage", told.spare(data, whole), on_send_change=_take)


def _take() -> None:
    """Keep what the browser sent for the run of the fragment that follows at once."""
    st.session_state["sent"] = st.session_state["triage"]["send"]


def picture(
    desk: Desk, texts: Texts, place: Place, now: datetime, memory: Any, known: Iterable[int] = ()
) -> dict[str, Any]:
    """Everything Triage shows at `now`, as JSON-able values: the order of the whole view, and the rows of it that are
    in sight or new (not among the ids that were `known`).

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
        data |= _queue(desk, moments, place, memory, known)
        data["drafts"] = drafts_data(desk, f"{place.case}/" if place.case else "")
        data["silent"] = list(desk.silent_alerts(now))
        data["tonight"] = list(desk.tonight(now, texts.language))
        data["case"] = _case(desk, moments, place, memory)
    except Exception:
        log.exception("the board could not read the desk")
        data["failure"] = texts.say("fail.reading")
    return data


def _queue(
    desk: Desk, moments: Moments, place: Place, memory: Any, known: Iterable[int]
) -> dict[str, Any]:  # fmt: skip
    titles = {book: desk.library[book].title.say(moments.texts.language) for book in desk.library}
    found = desk.queue(place.filters(), moments.now, place.pick(known))
    seen: set[str] = memory.setdefault("channels", set())
    seen.update(row.channel for row in found.rows)
    if place.view == NO_ANSWER:
        mentions = desk.set_aside_mentions(place.search, place.more)
        rows = [mention_row(m, moments, m.id in place.whole) for m in mentions]
    elif place.view == APPROVALS:
        rows = [row_data(row, moments, titles) for row in desk.approval_rows(moments.now)]
    else:
        rows = [row_data(row, moments, titles) for row in found.rows]
    counts = {**found.counts, APPROVALS: len(desk.approvals(moments.now))}
    lone = place.view in (NO_ANSWER, APPROVALS)
    return {
        "rows": rows, "order": [row["id"] for row in rows] if lone else list(found.order), "counts": counts,
        "choices": choices(moments, seen, place),
        "saved": saved_data(desk, place, -1 if lone else len(found.order), moments.now, memory),
    }  # fmt: skip


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
        data, view = _read(desk, place.case, moments, place, memory)
    except DeskError as error:
        return {"id": place.case, "error": sentence(error, moments.texts)}
    data["present"] = [{"who": one.agent, "doing": one.doing, "since": moments.near(one.since)} for one in others]
    data["orders"] = order_data(desk, view, moments, memory)
    return data


def _read(desk: Desk, case: int, moments: Moments, place: Place, memory: Any) -> tuple[dict[str, Any], CaseView]:
    """The case as it stands, or as it was read a moment ago where nothing happened in it since."""
    newest = desk.newest_event(case)
    about = (case, newest, place.whole, place.target, place.draft_language, moments.texts.language, desk.me)
    kept = memory.get("case_read")
    if kept is None or kept[0] != (about, desk.settings) or abs(moments.now - kept[1]) >= CASE_KEPT:
        view = desk.case(case, moments.now)
        data = case_data(view, moments, set(place.whole))
        data["reply"] = reply_data(desk, view, place, moments, memory)
        data["customer"] = customer_data(desk, view, moments)
        kept = memory["case_read"] = (about, desk.settings), moments.now, data, view
    return dict(kept[2]), kept[3]
