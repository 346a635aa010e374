"""Signing in: who are you? And, where somebody else knows the password, a new one before anything else.

The address stays what it was, so that a link leads to its case after signing in.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from board import visit
from board.draw import draw
from board.texts import LANGUAGES, Texts
from desk.passwords import SHORTEST
from desk.roles import Refused
from desk.sign_in import Session, SignIn

log = logging.getLogger("nobet")


def page(door: SignIn, texts: Texts, brand: str, session: Session | None, choose: Callable[[str], None]) -> None:
    """The whole page; with a `session` that of choosing a new password. `choose` sets the language."""

    def take() -> None:
        sent = st.session_state["sign_in"]["send"]
        if not isinstance(sent, dict):
            return
        if sent.get("language") in LANGUAGES:
            choose(sent["language"])
            return
        st.session_state["sign_in_said"] = answer(door, texts, session, sent, datetime.now(UTC))

    said: dict[str, Any] = st.session_state.pop("sign_in_said", {})
    draw(
        "sign_in",
        {
            "language": texts.language,
            "languages": list(LANGUAGES),
            "brand": brand,
            "cookie": visit.cookie(door),
            "step": "change" if session is not None else "enter",
            "name": session.name if session is not None else "",
            "asks_old": session is not None and not session.must_change,
            "shortest": SHORTEST,
            **said,
        },
        on_send_change=take,
    )


def answer(door: SignIn, texts: Texts, session: Session | None, sent: dict[str, Any], now: datetime) -> dict[str, Any]:
    """What the page is told of a try, with the try's number `n`: `token` to be kept, or `error`, a sentence."""
    typed = {key: str(sent.get(key) or "")[:1000] for key in ("do", "name", "password", "old", "new")}
    told: dict[str, Any] = {"n": sent.get("n")}
    try:
        if typed["do"] == "enter":
            return told | {"token": door.enter(typed["name"], typed["password"], now)}
        if typed["do"] == "change" and session is not None:
            door.change_password(st.session_state.get("token", ""), typed["old"], typed["new"], now)
            visit.changing(False)
            return told
        if typed["do"] in ("leave", "back"):
            visit.changing(False) if typed["do"] == "back" else visit.leave()
            return told
    except Refused as refused:
        return told | {"error": refused.say(texts.language)}
    except Exception:
        log.exception("signing in failed")  # what was typed is in no local that a log shows
    return told | {"error": texts.say("fail.reading")}
