"""The customer beside the case as the browser draws them: accounts, links with their evidence, every word, orders."""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from board.moments import Moments
from desk.customers import CustomerView
from desk.desk import Desk, is_web_link
from desk.likeness import Evidence
from desk.orders.card import OrderCard
from desk.timeline import Entry
from desk.views import CaseView

log = logging.getLogger("nobet")

PATIENCE = 0.3
"""Seconds that a page waits for the order card; most shops answer in less."""

AGAIN = timedelta(seconds=30)
"""How old a card may be beside an open case; what was looked up lately comes from the desk's own cache."""

_POOL = ThreadPoolExecutor(4, thread_name_prefix="orders")

SHOWN = 300
"""Characters of a line of another case; the case itself is one press away."""


def customer_data(desk: Desk, view: CaseView, moments: Moments) -> dict[str, Any]:
    """Who wrote the case, who they may be elsewhere, and what was said outside this case."""
    found = desk.customer(view.row.case_id, moments.now)
    if found.card is None:
        return {"known": False}
    texts, card = moments.texts, found.card
    return {
        "known": True,
        "name": card.name,
        "accounts": [{"source": texts.label("channel", one.source), "handle": one.handle} for one in card.accounts],
        "tier": card.tier,
        "reach": texts.say("who.followers", n=moments.compact(card.reach)) if card.reach else "",
        "contacts": texts.say("customer.contacts", n=moments.number(card.contacts)),
        "ask_identity": card.ask_identity,
        "suggestions": [
            {
                "a": one.a, "b": one.b, "share": moments.percent(one.score), "check": one.check_identity,
                "accounts": [f"{texts.label('channel', a.source)} · {a.handle}" for a in one.accounts],
                "evidence": [_evidence(piece, moments) for piece in one.evidence],
            }
            for one in found.suggestions
        ],
        "links": [
            {"a": one.a, "b": one.b, "by": one.by.removeprefix("agent:"), "at": moments.near(one.at) if one.at else ""}
            for one in found.links
        ],
        "lines": [_line(one, moments) for one in _elsewhere(found, view)],
    }  # fmt: skip


def _elsewhere(found: CustomerView, view: CaseView) -> list[Entry]:
    """The lines that do not stand in the case's own story."""
    here = {m.id for m in view.mentions}
    return [one for one in found.lines if one.case_id != view.row.case_id and one.mention_id not in here]


def _evidence(piece: Evidence, moments: Moments) -> str:
    return piece.words(moments.texts.language)


def _line(one: Entry, moments: Moments) -> dict[str, Any]:
    texts = moments.texts
    words = one.text[:SHOWN]
    if one.withheld:
        words = texts.say(f"withheld.{one.withheld}")
    elif one.deleted:
        words = texts.say("row.deleted")
    return {
        "at": moments.near(one.at), "kind": one.kind, "word": texts.label("line", one.kind),
        "channel": texts.label("channel", one.channel) if one.channel else "", "case": one.case_id,
        "who": one.by.removeprefix("agent:") if one.by.startswith("agent:") else "", "text": words,
        "quiet": bool(one.withheld or one.deleted), "url": one.link if is_web_link(one.link) else "",
    }  # fmt: skip


def order_data(desk: Desk, view: CaseView, moments: Moments, memory: Any) -> dict[str, Any] | None:
    """The order card in words; None where no source of orders is configured. A shop that is slow to answer does not
    hold up the page: the card says that it is being looked up, and is there with a later look."""
    if not desk.orders.configured:
        return None
    key = (view.row.case_id, len(view.mentions))
    asked: dict[tuple[int, int], Future[OrderCard | None]] = memory.setdefault("orders", {})
    if key not in asked or (asked[key].done() and moments.now - memory["orders_at"] > AGAIN):
        asked.clear()
        asked[key] = _POOL.submit(desk.order_card, view, moments.now)
        memory["orders_at"] = moments.now
    try:
        card = asked[key].result(timeout=PATIENCE)
    except TimeoutError:
        return {"state": "asked", "title": moments.texts.say("order.asked"), "notices": [], "orders": []}
    except Exception:
        log.exception("the order card of case %s could not be made", view.row.case_id)
        return None
    return card.as_data(moments.texts.language) if card is not None else None
