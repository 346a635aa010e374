"""The customer behind the case: linked on evidence, undone again, known by their orders, seen by whom they may be."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from desk.customers import Customers
from desk.desk import Desk, DeskError
from desk.roles import NotAllowed
from store import events as event_log
from store.engine import Store
from tests.integration.answering_work import Flow, a_flow, flows, minutes, settings
from tests.integration.test_desk_cases import LIBRARY

ORDER = ("order", "SN-4711-9")


@pytest.fixture
def dialect() -> str:
    """SQLite, but where a test says `both`: what the store must do on its own is tested on both elsewhere."""
    return "sqlite"


both = pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])


@pytest.fixture
def flow(store: Store, tmp_path: Path) -> Iterator[Flow]:
    yield from flows(store, tmp_path)


def two(flow: Flow) -> tuple[int, int]:
    """A customer on X and on a portal, who named the same order in both."""
    x = flow.write("ayse", ORDER, at=0)
    portal = flow.write("ayse-y", ORDER, at=1, source="sikayetvar")
    assert x != portal, "nobody has said yet that they are one"
    return x, portal


def person(flow: Flow, case_id: int) -> int | None:
    return flow.desk.case(case_id, minutes(5)).row.person_id


def link(flow: Flow, x: int, at: float = 5) -> tuple[int, int]:
    [suggestion] = flow.desk.customer(x, minutes(at)).suggestions
    flow.desk.link_persons(x, suggestion.a, suggestion.b, minutes(at))
    return suggestion.a, suggestion.b


@both
def test_a_shared_order_is_shown_as_evidence_and_confirmed_the_cases_are_one_persons(flow: Flow) -> None:
    x, portal = two(flow)
    with pytest.raises(DeskError, match="two persons"):
        flow.hand("Leyla").merge(x, portal, minutes(4))
    found = flow.desk.customer(x, minutes(4))
    [suggestion] = found.suggestions
    assert [(one.source, one.handle) for one in suggestion.accounts] == [("sikayetvar", "ayse-y")]
    assert [piece.code for piece in suggestion.evidence] == ["same_order"] and suggestion.check_identity
    assert found.links == () and [one.handle for one in found.card.accounts] == ["ayse"]  # type: ignore[union-attr]
    pair = link(flow, x)
    found = flow.desk.customer(x, minutes(6))
    assert found.suggestions == () and [(one.a, one.b, one.by) for one in found.links] == [(*pair, "agent:Elif")]
    assert {one.handle for one in found.card.accounts} == {"ayse", "ayse-y"}  # type: ignore[union-attr]
    assert person(flow, x) == person(flow, portal)
    assert [one.case_id for one in flow.desk.case(x, minutes(6)).siblings] == [portal]
    flow.desk.merge(x, portal, minutes(7))
    assert [m.source for m in flow.desk.case(x, minutes(7)).mentions] == ["x", "sikayetvar"]
    with pytest.raises(DeskError, match="one person already"):
        flow.desk.link_persons(x, *pair, minutes(8))


def test_once_linked_what_they_write_on_the_same_matter_joins_from_any_channel(flow: Flow) -> None:
    x, portal = two(flow)
    link(flow, x)
    flow.desk.resolve(portal, minutes(6))
    assert flow.write("ayse-y", at=7, source="sikayetvar") == x
    assert flow.write("ayse-y", at=8, source="sikayetvar", topic="billing") in (x, portal), "by the author's own case"
    assert flow.write("baska", ORDER, at=9, source="forum") not in (x, portal), "a guess joins nothing"


def test_two_that_are_not_one_stay_apart(flow: Flow) -> None:
    x, portal = two(flow)
    [suggestion] = flow.desk.customer(x, minutes(4)).suggestions
    flow.desk.refuse_link(x, suggestion.a, suggestion.b, minutes(5))
    assert flow.desk.customer(x, minutes(6)).suggestions == ()
    flow.write("ayse", ORDER, at=7)
    assert flow.desk.customer(portal, minutes(8)).suggestions == (), "the same evidence is not shown again"
    with pytest.raises(DeskError, match="No confirmed link"):
        flow.desk.unlink_persons(x, suggestion.a, suggestion.b, minutes(9))
    with pytest.raises(DeskError, match="no person 999"):
        flow.desk.link_persons(x, suggestion.a, 999, minutes(9))


@pytest.mark.parametrize(("dialect", "closed"), [("sqlite", False), ("sqlite", True), ("postgresql", False)])
def test_an_undone_link_parts_the_case_that_held_both(flow: Flow, closed: bool) -> None:
    x, portal = two(flow)
    a, b = person(flow, x), person(flow, portal)
    pair = link(flow, x)
    flow.desk.merge(x, portal, minutes(6))
    flow.desk.answer(x, "Bakıyoruz.", "", minutes(7))
    if closed:
        flow.desk.resolve(x, minutes(8))
    flow.desk.unlink_persons(x, *pair, minutes(9))
    [new] = flow.desk.case(x, minutes(10)).split
    mine, theirs = flow.desk.case(x, minutes(10)), flow.desk.case(new, minutes(10))
    assert ([m.author for m in mine.mentions], mine.row.person_id) == (["ayse"], a)
    assert ([m.author for m in theirs.mentions], theirs.row.person_id) == (["ayse-y"], b)
    assert theirs.clocks[0].state == "running" and theirs.clocks[0].started_at == minutes(1)
    assert mine.clocks[0].state == "met" and mine.siblings == ()
    assert "ayse-y" not in {one.handle for one in flow.desk.customer(x, minutes(10)).card.accounts}  # type: ignore[union-attr]
    assert flow.write("ayse-y", at=11, source="sikayetvar") == new
    with flow.store.read() as tx:
        assert event_log.verify_chain(tx, flow.desk.brand) == []


def test_a_case_that_is_wholly_the_others_goes_with_them(flow: Flow) -> None:
    x, portal = two(flow)
    pair = link(flow, x)
    flow.desk.unlink_persons(portal, *pair, minutes(6))
    assert person(flow, x) != person(flow, portal) and flow.desk.case(x, minutes(7)).split == ()


@pytest.mark.parametrize("name", ["Vera", "Hakan", "Pelin"])
def test_only_who_answers_says_who_is_who(flow: Flow, name: str) -> None:
    x, _ = two(flow)
    [suggestion] = flow.desk.customer(x, minutes(4)).suggestions
    for act in (Customers.link_persons, Customers.refuse_link, Customers.unlink_persons):
        with pytest.raises(NotAllowed, match=name):
            act(flow.hand(name), x, suggestion.a, suggestion.b, minutes(5))


def test_notes_are_for_the_desk(flow: Flow) -> None:
    x, portal = two(flow)
    link(flow, x)
    flow.desk.note(portal, "eşi aradı, sinirli", minutes(6))
    flow.desk.answer(portal, "Yarın sizde.", "", minutes(7))

    def words(name: str) -> list[str]:
        return [line.text for line in flow.hand(name).customer(x, minutes(8)).lines]

    assert {"eşi aradı, sinirli", "Yarın sizde."} <= set(words("Hakan"))
    assert "eşi aradı, sinirli" not in words("Vera") and "Yarın sizde." in words("Vera")
    flow.desk.note(x, "gizli", minutes(9))
    told = [e.data for e in flow.hand("Vera").case(x, minutes(9)).events if e.type == "note"]
    assert told == [{}]


def test_a_tier_is_kept_and_raises_what_they_write_next(flow: Flow) -> None:
    x = flow.write("ayse", at=0)
    usual = flow.desk.case(x, minutes(1)).row.priority
    flow.desk.set_tier(x, "  Altın ", minutes(2))
    assert flow.desk.customer(x, minutes(3)).card.tier == "Altın"  # type: ignore[union-attr]
    flow.desk.resolve(x, minutes(4))
    again = flow.write("ayse", at=5)
    assert again != x and flow.desk.case(again, minutes(6)).row.priority == usual - 1
    assert [event.by for event in flow.events(x, "tier_set")] == ["agent:Elif"]
    with pytest.raises(DeskError, match="at most 40"):
        flow.desk.set_tier(x, "x" * 41, minutes(7))
    flow.desk.set_tier(again, "", minutes(8))
    assert flow.desk.customer(x, minutes(9)).card.tier == ""  # type: ignore[union-attr]


ROWS = """Sipariş No;Durum;Tutar;Telefon;E-posta;Ürün;Adet
SN-4711-9;Kargoda;1.299,90;0532 123 45 67;ayse@x.com;Çaydanlık;1
"""


def with_orders(flow: Flow, folder: Path) -> Flow:
    file = folder / "orders.csv"
    file.write_text(ROWS, encoding="utf-8")
    then = time.time() - 60
    os.utime(file, (then, then))
    fields: dict[str, Any] = {
        "number": "Sipariş No", "status": "Durum", "total": "Tutar", "phone": "Telefon", "email": "E-posta",
        "items": {"name": "Ürün", "count": "Adet"},
    }  # fmt: skip
    record = {"kind": "csv", "name": "exports", "folder": str(folder), "fields": fields, "decimal": ","}
    made = settings(orders=[record])
    return a_flow(flow.store, folder / "platform", made)


def test_the_order_card_and_the_drafts_that_use_it(flow: Flow, tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    shop = with_orders(flow, folder)
    x = shop.write("ayse", ORDER, at=0)
    mail = shop.write("ayse@x.com", ORDER, at=1, source="destek", extra={"channel": "email"})
    other = shop.write("veli", at=2)
    desk = shop.desk
    now = minutes(5)
    card = desk.order_card(desk.case(x, now), now)
    assert card is not None and card.state == "found"
    [found] = card.found
    assert (found.order.number, found.order.status) == ("SN-4711-9", "shipped")
    shown = str(card.as_data("tr"))
    assert "532" not in shown and "ayse@x.com" not in shown, "anybody may have typed that number"
    nothing = desk.order_card(desk.case(other, now), now)
    assert nothing is not None and nothing.state == "not_asked"
    public = {one.family: desk.draft(x, one.family, "tr", now, one.key) for one in desk.targets(desk.case(x, now), now)}
    assert "SN-4711-9" not in public["social"]
    [email] = [one for one in desk.targets(desk.case(mail, now), now) if one.family == "email"]
    assert "SN-4711-9" in desk.draft(mail, "email", "tr", now, email.key)
    assert Desk(flow.store, settings(), LIBRARY).order_card(desk.case(x, now), now) is None
