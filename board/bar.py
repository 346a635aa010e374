"""The bar on top of every page: where one is, the desk's clock, the look, whose hands these are, what we may miss."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import streamlit as st
from babel.dates import get_timezone_location

from board import visit
from board.coverage import said_aloud
from board.draw import draw
from board.moments import Moments, clock_of, now_of
from board.texts import LANGUAGES, Texts
from desk.crisis.room import CrisisRoom
from desk.desk import Desk
from desk.lookout import GAPS_OF

log = logging.getLogger("nobet")

REFRESH = 10.0
"""Seconds; the look-out behind it is made at most every half minute."""


def bar(
    texts: Texts, desk: Desk, pages: Mapping[str, Any], here: str, choose: Callable[[str], None],
    work_as: Callable[[str], None] | None = None, look: Mapping[str, object] | None = None,
    choose_look: Callable[[Mapping[str, object]], None] = lambda look: None,
) -> None:  # fmt: skip
    """Draw the bar. `pages` are the pages by address, `here` is the address of this one; `choose` sets the language,
    `choose_look` the rest of the `look`, `work_as` whose hands these are: without it somebody is signed in."""
    target, id = st.session_state.pop("go_to", None), st.session_state.pop("go_to_id", None)
    st.session_state["bar_opens"] = True
    _live(texts, desk, tuple(pages), here, Told(choose, choose_look, work_as), look or {})
    if target is not None and (target != here or id):
        st.switch_page(pages[target], query_params=carried({"id": id if isinstance(id, int) else None}))


@dataclass(frozen=True)
class Told:
    """What is done with what the bar is told."""

    language: Callable[[str], None]
    look: Callable[[Mapping[str, object]], None]
    work_as: Callable[[str], None] | None


def carried(address: Mapping[str, Any]) -> dict[str, str]:
    """What the next page's address says: what is asked for, and who and in which language where this one says it."""
    kept = {name: st.query_params.get(name) for name in ("me", "lang")}
    return {name: str(value) for name, value in {**kept, **address}.items() if value}


@st.fragment(run_every=REFRESH)
def _live(
    texts: Texts, desk: Desk, paths: tuple[str, ...], here: str, told: Told, look: Mapping[str, object]
) -> None:  # fmt: skip
    visit.stay()

    def take() -> None:
        sent = st.session_state["bar"]["go"]
        if not isinstance(sent, dict):
            return
        if sent.get("use"):
            visit.use()
        if isinstance(sent.get("look"), dict):
            told.look(sent["look"])
        if sent.get("language") in LANGUAGES:
            told.language(sent["language"])
            st.session_state["turned"] = True
        if told.work_as is not None and sent.get("me") in desk.agents():
            told.work_as(sent["me"])
            st.session_state["turned"] = True
        if sent.get("page") in paths:
            st.session_state["go_to"] = sent["page"]
            st.session_state["go_to_id"] = sent.get("id")
            st.session_state["turned"] = True
        if told.work_as is None and sent.get("password"):
            visit.changing(True)
            st.session_state["turned"] = True
        if told.work_as is None and sent.get("sign_out"):
            visit.leave()
            st.session_state["turned"] = True

    if st.session_state.pop("turned", False):
        st.rerun()  # another page or language: that is no matter of the bar alone
    # A page that opens does not wait for the ledger of a large store: the bar says what is known and asks after it.
    opens = st.session_state.pop("bar_opens", False)
    shown = picture(texts, desk, paths, here, now_of(desk), wait=not opens, signed=told.work_as is None)
    draw("bar", shown | {"look": dict(look)}, on_go_change=take)


def picture(
    texts: Texts, desk: Desk, paths: tuple[str, ...], here: str, now: datetime, wait: bool = True, signed: bool = False
) -> dict[str, Any]:
    """Everything the bar shows at `now`, as JSON-able values; without `wait`, of the gaps what is known already;
    where nothing is (`later`), the browser asks again at once.

    `signed`: whether somebody signed in, or just chose a name.
    """
    gap, crises, roles, later = None, [], "", False
    clock = clock_of(desk, now)
    try:
        roles = ", ".join(texts.label("role", role) for role in desk.agent().roles)
        crises = [{"id": one.id, "title": one.title, "stage": one.stage} for one in room_of(desk).crises(now)]
        watched = desk.watched(GAPS_OF, now) if wait else desk.last_watched(now)
        gap = said_aloud(watched.alerts, Moments(texts, desk.zone, now)) if watched else None
        later = watched is None
    except Exception:
        # The page below says that the desk cannot be read; the bar leads to the other pages all the same.
        log.exception("the bar could not read the coverage")
    return {
        "now": clock["now"],
        "speed": clock["speed"],
        "drill": clock["drill"],
        "zone": get_timezone_location(desk.zone, locale=texts.language, return_city=True),
        "zone_key": desk.zone.key,
        "language": texts.language,
        "languages": [[code, texts.label("language", code)] for code in LANGUAGES],
        "brand": desk.brand_name,
        "me": desk.me,
        "roles": roles,
        "signed": signed,
        "people": [] if signed else list(desk.agents()),
        "here": here,
        "pages": [[path, texts.label("page", path)] for path in paths],
        "gap": gap,
        "later": later,
        "crises": crises,
    }


def room_of(desk: Desk) -> CrisisRoom:
    """This session's crisis room, kept between refreshes: it remembers the runs that it has read."""
    kept: CrisisRoom | None = st.session_state.get("room")
    if kept is None or kept.me != desk.me or kept.settings is not desk.settings or kept.store is not desk.store:
        kept = st.session_state["room"] = CrisisRoom.of(desk)
    return kept


def notice(texts: Texts, said: str) -> None:
    """A page that cannot be shown, with the sentence that says why and what to do."""
    draw("notice", {"language": texts.language, "title": texts.say("fail.title"), "said": said})
