"""The bar on top of every page: where one is, which language, which theme, whose hands these are, what we may miss."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import streamlit as st

from board.coverage import said_aloud
from board.draw import draw
from board.moments import Moments, now_of
from board.texts import LANGUAGES, Texts
from desk.crisis.room import CrisisRoom
from desk.desk import Desk
from desk.lookout import GAPS_OF

log = logging.getLogger("nobet")

REFRESH = 10.0
"""Seconds; the look-out behind it is made at most every half minute."""


def bar(
    texts: Texts, desk: Desk, pages: Mapping[str, Any], here: str, choose: Callable[[str], None],
    work_as: Callable[[str], None] = lambda name: None,
) -> None:  # fmt: skip
    """Draw the bar. `pages` are the pages by address, `here` is the address of this one; `choose` sets the language,
    `work_as` whose hands these are."""
    target, id = st.session_state.pop("go_to", None), st.session_state.pop("go_to_id", None)
    st.session_state["bar_opens"] = True
    _live(texts, desk, tuple(pages), here, choose, work_as)
    if target is not None and (target != here or id):
        st.switch_page(pages[target], query_params={"id": str(id)} if isinstance(id, int) and id else None)


@st.fragment(run_every=REFRESH)
def _live(
    texts: Texts, desk: Desk, paths: tuple[str, ...], here: str, choose: Callable[[str], None],
    work_as: Callable[[str], None],
) -> None:  # fmt: skip
    def take() -> None:
        sent = st.session_state["bar"]["go"]
        if isinstance(sent, dict) and sent.get("language") in LANGUAGES:
            choose(sent["language"])
            st.session_state["turned"] = True
        if isinstance(sent, dict) and sent.get("me") in desk.agents():
            work_as(sent["me"])
            st.session_state["turned"] = True
        if isinstance(sent, dict) and sent.get("page") in paths:
            st.session_state["go_to"] = sent["page"]
            st.session_state["go_to_id"] = sent.get("id")
            st.session_state["turned"] = True

    if st.session_state.pop("turned", False):
        st.rerun()  # another page or language: that is no matter of the bar alone
    # A page that opens does not wait for the ledger of a large store: the bar says what is known and asks after it.
    opens = st.session_state.pop("bar_opens", False)
    draw("bar", picture(texts, desk, paths, here, now_of(desk), wait=not opens), on_go_change=take)


def picture(
    texts: Texts, desk: Desk, paths: tuple[str, ...], here: str, now: datetime, wait: bool = True
) -> dict[str, Any]:
    """Everything the bar shows at `now`, as JSON-able values; without `wait`, of the gaps what is known already."""
    gap, crises, drill = None, [], False
    try:
        drill = desk.settings.drill is not None
        crises = [{"id": one.id, "title": one.title, "stage": one.stage} for one in room_of(desk).crises(now)]
        watched = desk.watched(GAPS_OF, now) if wait else desk.last_watched(now)
        gap = said_aloud(watched.alerts, Moments(texts, desk.zone, now)) if watched else None
    except Exception:
        # The page below says that the desk cannot be read; the bar leads to the other pages all the same.
        log.exception("the bar could not read the coverage")
    return {
        "language": texts.language,
        "languages": [[code, texts.label("language", code)] for code in LANGUAGES],
        "brand": desk.brand_name,
        "me": desk.me,
        "people": list(desk.agents()),
        "here": here,
        "pages": [[path, texts.label("page", path)] for path in paths],
        "gap": gap,
        "crises": crises,
        "drill": drill,
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
