"""Whose session this tab is: found by its cookie when the page opens, asked again before every look at the desk.

The framework cannot set a cookie; parts/sign_in.js does, and the next opening brings it (docs/why/sign-in.md).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import streamlit as st

from desk.sign_in import Session, SignIn

log = logging.getLogger("nobet")


@dataclass(frozen=True)
class Visit:
    """What a tab came in by, and how to find what it would come in by now."""

    find: Callable[[], SignIn]
    door: SignIn


def cookie(door: SignIn) -> str:
    """The name of the cookie. Cookies know no ports: two boards on one machine, a drill's say, must not share one."""
    return f"nobet_{door.brand}"


def arrive(find: Callable[[], SignIn], now: datetime, asks: bool) -> Session | None:
    """Who is here; None where nobody is signed in, and where nobody is asked (not `asks`).

    `find` answers the door as the configuration says now: another one once somebody changed it.
    """
    door = find()
    st.session_state["visit"] = Visit(find, door)
    if not asks:
        st.session_state["token"] = ""
        return None
    token = st.session_state.get("token") or st.context.cookies.get(cookie(door), "")
    session = door.who(str(token), now)
    st.session_state["token"] = str(token) if session is not None else ""
    if session is not None:
        use()
    return session


def stay() -> None:
    """Goes on where this tab may still be here; else draws the whole page anew, which then asks who this is.

    Every fragment that shows or does something calls it first: a fragment runs by itself for hours.
    """
    here: Visit | None = st.session_state.get("visit")
    if here is None:
        return  # a page by itself, without the board around it
    now = datetime.now(UTC)
    try:
        session = here.door.who(st.session_state.get("token", ""), now)
        out = here.door.needed(now) and (session is None or session.must_change)
        out = out or here.find() is not here.door  # whoever was taken out of nobet.yaml is out; all see what it says
    except Exception:  # what cannot be read now is neither shown nor done; the page says so
        log.exception("the board could not look up the session")
        return
    if out:
        st.rerun()


def use() -> None:
    """Somebody touched this page: their session lasts on."""
    here: Visit | None = st.session_state.get("visit")
    if here is None or not st.session_state.get("token"):
        return
    try:
        here.door.used(st.session_state["token"], datetime.now(UTC))
    except Exception:
        log.exception("the use of a session could not be written down; it is tried again with the next")


def changing(wish: bool | None = None) -> bool:
    """Whether this tab is about to choose a new password; `wish` says so or takes it back."""
    if wish is not None:
        st.session_state["changes_password"] = wish
    return bool(st.session_state.get("changes_password"))


def leave() -> None:
    """Sign out: the session ends, and nothing of it stays in this tab's memory on the server."""
    here: Visit | None = st.session_state.get("visit")
    token = st.session_state.get("token", "")
    language = st.session_state.get("language")
    if here is not None and token:
        here.door.leave(token, datetime.now(UTC))
    st.session_state.clear()
    st.session_state["language"] = language
