"""Sources: what might we be missing? Each source's coverage with its evidence, and what could not be read.

Quiet is only claimed where it is proven: a source that answered and brought nothing is said to have answered, and one
whose silence the ledger does not believe is said to be silent. Connecting a source is here too; see setup.py.
"""

from __future__ import annotations

import json
import logging
from datetime import datetime
from typing import Any

import streamlit as st

from board import setup as setting_up
from board import visit
from board.coverage import SIGNS as COVERAGE_SIGNS
from board.coverage import UNKNOWN, WINDOWS, axis, budget_line, order, timeline
from board.draw import draw
from board.evidence import evidence
from board.moments import Moments, clock_of, epoch_ms, now_of
from board.setup import SetUp
from board.texts import Texts
from desk.coverage import OFF, SEEN, STATES
from desk.desk import Desk
from desk.lookout import name_in
from desk.watch import SourceCoverage

log = logging.getLogger("nobet")

REFRESH = 10.0
"""Seconds; a source is asked at most every few seconds and mostly every few minutes."""

POLL_MS = 700
"""Milliseconds after which the browser asks how far a try is."""

SIGNS = {
    "ok": "met", "empty": "met", "failing": "late", "rate_limited": "paused", "refused": "late",
    "unreadable": "late", "off": "none",
}  # fmt: skip
"""Which sign a source's state carries; the word beside it says which state it is."""

_RANKS = {sign: rank for rank, sign in enumerate(("late", "critical", "paused", "urgent", "met", "none"))}
WINDOW = "24h"
RAW_SHOWN = 2000
QUARANTINE_SHOWN = 100


def page(desk: Desk, texts: Texts, setup: SetUp | None = None) -> None:
    """The whole page; without `setup` no source can be connected on it."""
    _live(desk, texts, setup)


@st.fragment(run_every=REFRESH)
def _live(desk: Desk, texts: Texts, setup: SetUp | None) -> None:
    visit.stay()
    now = now_of(desk)
    if st.session_state.pop("sources_written", False):
        # The configuration is another one now: the whole page is drawn anew, on the desk that it says.
        st.session_state.pop("place", None)
        st.rerun()
    window = st.session_state.setdefault("window", _window_asked())
    at = st.session_state.get("connection")
    data = picture(desk, texts, now, window)
    if setup is not None:
        data["can_add"] = True
        if at is not None:
            data["setup"] = setting_up.picture(at, setup, desk, Moments(texts, desk.zone, now))
            data["poll_ms"] = POLL_MS
    draw("sources", data, on_send_change=lambda: _take(desk, setup))


def _window_asked() -> str:
    asked = st.query_params.get("window", WINDOW)
    return asked if asked in WINDOWS else WINDOW


def _take(desk: Desk, setup: SetUp | None) -> None:
    """Do at once what the browser sent: a secret in it must not lie anywhere until the next run."""
    sent = st.session_state["sources"]["send"]
    if not isinstance(sent, dict):
        return
    if sent.get("window") in WINDOWS:
        st.session_state["window"] = st.query_params["window"] = sent["window"]
    if setup is None:
        return
    before = st.session_state.get("connection")
    written = before.file if before else ""
    at = setting_up.take(before, sent, setup, desk, now_of(desk))
    st.session_state["connection"] = at
    if at is not None and at.file and at.file != written:
        st.session_state["sources_written"] = True


def picture(desk: Desk, texts: Texts, now: datetime, window: str = WINDOW) -> dict[str, Any]:
    """Everything the page shows at `now`, as JSON-able values; a sentence where the desk cannot be reached."""
    moments = Moments(texts, desk.zone, now)
    data: dict[str, Any] = {
        **clock_of(desk, now), "language": texts.language, "zone": desk.zone.key, "refresh_ms": int(REFRESH * 1000),
        "window": window, "windows": [[name, texts.say(f"window.{name}")] for name in WINDOWS],
        "states": [[state, texts.label("coverage", state)] for state in (*STATES, UNKNOWN)],
    }  # fmt: skip
    try:
        watched = desk.watched(WINDOWS[window], now)
        covered = {one.source: one for one in watched.coverage.sources}
        states = [one.state for one in watched.coverage.sources]
        sources = [_source(state, covered.get(state.source), moments) for state in states]
        held = [_held(row, moments) for row in desk.quarantine(QUARANTINE_SHOWN)]
    except Exception:
        log.exception("the board could not read the desk")
        return data | {"failure": texts.say("fail.reading")}
    for source in sources:
        if source["name"] in covered:
            source["timeline"] = timeline(covered[source["name"]], watched, moments)
        source["budgets"] = [budget_line(budget, moments) for budget in watched.budgets.get(source["name"], ())]
    answering = sum(1 for source in sources if source["sign"] == "met")
    # What may be missing is asked first, so what brings nothing stands first.
    data["sources"] = order(sources, watched, _RANKS)
    known = {state.source for state in states}
    on = [name_in(record) for record in desk.settings.sources if record.get("enabled", True)]
    data["expected"] = [name for name in on if name not in known]
    silent = [source["name"] for source in data["sources"] if source["trouble"]]
    data["silent"] = texts.say("sources.silent", names=", ".join(silent)) if silent else ""
    data["axis"] = axis(window, watched, moments)
    data["held"] = held
    data["summary"] = texts.say(
        "sources.summary", answering=moments.number(answering), all=moments.number(len(sources)),
        new=moments.number(sum(source["new"] for source in sources)),
    )  # fmt: skip
    return data


def _source(state: Any, covered: SourceCoverage | None, moments: Moments) -> dict[str, Any]:
    texts = moments.texts
    known = state.state if state.state in SIGNS else "failing"
    poll = state.last_poll
    quiet = known == "empty" or (known == "ok" and poll is not None and not poll.new)
    sign, word = SIGNS[known], texts.say("source.empty") if quiet else texts.label("source", known)
    last = covered.spans[-1] if covered is not None and covered.spans else None
    doubted = known in ("ok", "empty") and last is not None and last.state not in (SEEN, OFF)
    if doubted and last is not None:
        # It answers, and all the same the ledger does not call this time seen.
        sign, word = COVERAGE_SIGNS[last.state], texts.say(f"doubt.{last.state}")
    lag = ""
    if state.lag_p50_s is not None and state.lag_p95_s is not None:
        lag = texts.say("sources.lag", p50=moments.length(state.lag_p50_s), p95=moments.length(state.lag_p95_s))
    return {
        "name": state.source,
        "kind": texts.label("kind", state.kind) if state.kind and state.kind != state.source else "",
        "state": known,
        "sign": sign,
        "word": word,
        "trouble": sign in ("late", "critical", "paused"),
        "advice": texts.say(f"advice.{known}") if texts.has(f"advice.{known}") else "",
        "note": evidence(last.evidence if doubted and last else state.note, texts),
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
        "reason": evidence(row.reason, moments.texts),
        "at": moments.near(row.at),
        "raw": raw[:RAW_SHOWN] + ("…" if len(raw) > RAW_SHOWN else ""),
    }
