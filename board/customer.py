"""The customer beside the case as the browser draws them: accounts, links with their evidence, every word, orders."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from board.moments import Moments
from desk.customer_book import CustomerBook
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
        "reach": moments.followers(card.reach),
        "contacts": texts.say_number("customer.contacts", card.contacts, moments.number(card.contacts)),
        "ask_identity": card.ask_identity,
        "suggestions": [
            {
                "a": one.a, "b": one.b, "share": moments.percent(one.score), "check": one.check_identity,
                "accounts": [f"{texts.label('channel', a.source)} · {a.handle}" for a in one.accounts],
                "evidence": [evidence_words(piece, moments) for piece in one.evidence],
            }
            for one in found.suggestions
        ],
        "links": [
            {"a": one.a, "b": one.b, "by": one.by.removeprefix("agent:"), "at": moments.near(one.at) if one.at else ""}
            for one in found.links
        ],
        "lines": [line_data(one, moments) for one in _elsewhere(found, view)],
    }  # fmt: skip


def _elsewhere(found: CustomerView, view: CaseView) -> list[Entry]:
    """The lines that do not stand in the case's own story."""
    here = {m.id for m in view.mentions}
    return [one for one in found.lines if one.case_id != view.row.case_id and one.mention_id not in here]


def evidence_words(piece: Evidence, moments: Moments) -> str:
    """A piece of evidence as a sentence."""
    return piece.words(moments.texts.language)


def line_data(one: Entry, moments: Moments, shown: int = SHOWN) -> dict[str, Any]:
    """One line of a customer's time line; `shown` characters of its words."""
    texts = moments.texts
    words = one.text[:shown]
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
    return _asked(key, lambda: desk.order_card(view, moments.now), moments, memory)


def ordered(book: CustomerBook, person_id: int, moments: Moments, memory: Any) -> dict[str, Any] | None:
    """The same of all that a customer ever wrote."""
    if not book.desk.orders.configured:
        return None
    return _asked((person_id, -1), lambda: book.orders(person_id, moments.now), moments, memory)


def _asked(
    key: tuple[int, int], look_up: Callable[[], OrderCard | None], moments: Moments, memory: Any
) -> dict[str, Any] | None:
    asked: dict[tuple[int, int], Future[OrderCard | None]] = memory.setdefault("orders", {})
    if key not in asked or (asked[key].done() and moments.now - memory["orders_at"] > AGAIN):
        asked.clear()
        asked[key] = _POOL.submit(look_up)
        memory["orders_at"] = moments.now
    try:
        card = asked[key].result(timeout=PATIENCE)
    except TimeoutError:
        return {"state": "asked", "title": moments.texts.say("order.asked"), "notices": [], "orders": []}
    except Exception:
        log.exception("the order card of %s could not be made", key)
        return None
    return card.as_data(moments.texts.language) if card is not None else None
