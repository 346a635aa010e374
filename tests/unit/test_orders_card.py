"""The order card: signs of trouble, what the proof covers, what templates may use; and the desk that asks for it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.orders.card import MOST_ORDERS, OrderCard, shown
from desk.orders.keys import OrderKey, email_key, order_key, phone_key
from desk.orders.labels import LABELS, NOTICES, RETURNS, STATUS_NAMES, TITLES
from desk.orders.look_up import FAILED_FOR, MOST_BUSY, MOST_FAILURES, OrderDesk
from desk.orders.order import RETURN_STATES, STATUSES, Customer, Item, Money, Order, Return, Shipment
from desk.orders.signs import SIGNS, signs
from desk.orders.source import Check, Deadline, OrderSourceError
from desk.settings import Settings
from playbooks.facts import FACTS, say_fact
from tests.unit.test_orders_mapping import JSON, mapper

ISTANBUL = ZoneInfo("Europe/Istanbul")
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SECRETS = ("Ayşe Yılmaz", "905321234567", "ayse@", "İzmir", "Altın", "Çaydanlık", "9876543210", "649")


def days(count: float) -> datetime:
    return NOW - timedelta(days=count)


ORDER = Order(
    number="SN-00012345",
    placed_at=days(8),
    status="shipped",
    items=(Item("Çaydanlık", "C-1", 1, Money(Decimal("649.95"), "TRY"), 0),),
    total=Money(Decimal("649.95"), "TRY"),
    shipments=(Shipment("Aras", "9876543210123", "in_transit", None, days(7), days(2), NOW + timedelta(days=1)),),
    customer=Customer("Ayşe Yılmaz", "+905321234567", "ayse@x.com", "İzmir", "Altın"),
)


def card_of(order: Order, *keys: OrderKey, old: bool = False) -> OrderCard:
    one = shown(order, keys, keys[0], NOW, ISTANBUL, as_of=NOW, old=old)
    return OrderCard("found", NOW, ISTANBUL, (one,))


def codes(order: Order) -> list[tuple[str, Any]]:
    return [(one.code, one.params.get("days", one.params.get("item"))) for one in signs(order, NOW, ISTANBUL)]


def parcel(**more: Any) -> Order:
    return Order("1", status="shipped", shipments=(Shipment(**more),))


SIGNED: list[tuple[Order, list[tuple[str, Any]]]] = [
    (ORDER, [("promise_passed", 2), ("out_of_stock", "Çaydanlık")]),
    (parcel(promised_at=NOW), []),
    (parcel(promised_at=NOW - timedelta(hours=13)), [("promise_passed", 1)]),  # yesterday in Istanbul
    (parcel(promised_at=NOW - timedelta(hours=11)), []),  # 01:00 of the same day in Istanbul
    (parcel(promised_at=days(2), delivered_at=days(1)), [("delivered_late", 1)]),
    (parcel(promised_at=days(2), delivered_at=days(2)), []),
    (parcel(promised_at=days(2), status="delivered"), []),
    (parcel(shipped_at=days(4)), []),
    (parcel(shipped_at=days(5)), [("long_way", 5)]),
    (parcel(carrier="UPS", tracking="123"), [("odd_tracking", None)]),
    (Order("1", status="preparing", placed_at=days(3)), [("not_shipped", 3)]),
    (Order("1", status="preparing", placed_at=days(2)), []),
    (Order("1", status="cancelled", placed_at=days(30), shipments=(Shipment(promised_at=days(9)),)), []),
    (Order("1", returns=(Return("received", None, None, days(9)),)), [("return_open", 9)]),
    (Order("1", returns=(Return("refunded", None, None, days(9)), Return("requested", opened_at=days(1)))), []),
    (Order("1", status="delivered", items=(Item("X", stock=0),)), []),
    (Order("1", items=(Item(stock=0), Item("Y", stock=3), Item("Z"))), [("out_of_stock", "?")]),
]


@pytest.mark.parametrize(("order", "expected"), SIGNED)
def test_signs_of_trouble(order: Order, expected: list[tuple[str, Any]]) -> None:
    assert codes(order) == expected


def test_signs_are_said_in_both_languages() -> None:
    said = {one.say("tr") for order, _ in SIGNED for one in signs(order, NOW, ISTANBUL)}
    assert {"söz verilen tarih 2 gün geçti", "iade 9 gündür açık", "stokta yok: Çaydanlık"} <= said
    for table in (SIGNS, LABELS, NOTICES, RETURNS, STATUS_NAMES, TITLES):
        assert all(turkish and english for turkish, english in table.values())
    assert set(STATUS_NAMES) == set(STATUSES) and set(RETURNS) == set(RETURN_STATES)


def every_text(value: object) -> Iterator[str]:
    """Every text that stands anywhere in a card."""
    if isinstance(value, str):
        yield value
    elif is_dataclass(value):
        for one in fields(value):
            yield from every_text(getattr(value, one.name))
    elif isinstance(value, dict | tuple | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from every_text(inner)
    else:
        yield str(value)


@pytest.mark.parametrize("key", [order_key("sn00012345"), phone_key("+905321234567"), email_key("ayse@x.com")])
def test_with_weak_proof_nothing_personal_is_on_the_card(key: OrderKey) -> None:
    card = card_of(ORDER, key)
    for language in ("tr", "en"):
        everything = " ".join([*every_text(card), *card.as_lines(language), *every_text(card.as_data(language))])
        assert not [secret for secret in SECRETS if secret in everything]
    assert ("SN-00012345" in " ".join(every_text(card))) is (key.kind == "order")
    assert card.facts(NOW) == ({"order_number": "SN-00012345"} if key.kind == "order" else {})
    assert card.found[0].proof == "weak" and card.sections("tr")[0].notices[0][0] == "weak"
    assert "söz verilen tarih 2 gün geçti" in dict(card.sections("tr")[0].signs).values()


STRONG = [
    (order_key("SN-00012345", "strong"),),
    (email_key("AYSE@x.com", "strong"),),
    (order_key("SN-00012345"), email_key("ayse@x.com", "strong")),  # a quoted number, and the address that ordered
]


@pytest.mark.parametrize("keys", STRONG)
def test_with_strong_proof_the_card_is_whole_and_masked(keys: tuple[OrderKey, ...]) -> None:
    card = card_of(ORDER, *keys)
    lines = "\n".join(card.as_lines("tr"))
    for shown_text in (
        "Ayşe Yılmaz",
        "İzmir",
        "Çaydanlık (649,95 TRY)",
        "9876543210123",
        "a•••@x•••.com",
        "stokta yok",
    ):
        assert shown_text in lines
    assert "905321234567" not in " ".join(every_text(card)) and "ayse@x.com" not in " ".join(every_text(card))
    assert "https://kargotakip.araskargo.com.tr/mainpage.aspx?code=9876543210123" in lines


def test_somebody_elses_order_is_nobodys() -> None:
    card = card_of(ORDER, order_key("SN-00012345"), email_key("other@x.com", "strong"))
    assert card.found[0].other_customer and card.found[0].proof == "weak" and card.facts(NOW) == {}
    assert not [secret for secret in SECRETS if secret in " ".join(every_text(card))]
    assert card.sections("en")[0].notices[0][0] == "other_customer"
    # so is one that the shop's system finds by the sender's address though it was ordered from another
    assert card_of(ORDER, email_key("other@x.com", "strong")).found[0].proof == "weak"
    # a marketplace hides the address behind one of its own: its order id is proof by itself
    assert card_of(ORDER, order_key("SN-00012345", "strong"), email_key("o@x.com", "strong")).found[0].proof == "strong"


def test_templates_get_facts_that_they_know() -> None:
    facts = card_of(ORDER, email_key("ayse@x.com", "strong")).facts(NOW)
    assert set(facts) == {
        "order_number", "product", "name", "carrier", "tracking_number", "promised_date", "delivery_date",
    }  # fmt: skip
    assert set(facts) <= set(FACTS) and facts["carrier"] == "Aras Kargo"
    assert say_fact(FACTS["delivery_date"], facts["delivery_date"], "tr").startswith("21 Kasım 2026")
    assert card_of(ORDER, email_key("ayse@x.com", "strong"), old=True).facts(NOW) == {}


def test_the_old_is_marked() -> None:
    one = shown(ORDER, [STRONG[0][0]], STRONG[0][0], NOW, ISTANBUL, as_of=days(1), old=True)
    section = OrderCard("not_reachable", NOW, ISTANBUL, (one,)).sections("tr")[0]
    assert section.notices[0][0] == "old" and "19 Kasım 2026" in section.notices[0][1]


# The desk that asks


class Toy:
    """An order source that answers what a test says."""

    def __init__(self, name: str, answer: Callable[[OrderKey], tuple[Order, ...]], *kinds: str) -> None:
        self.name = name
        self.answer = answer
        self.kinds = frozenset(kinds or ("order", "phone", "email"))
        self.asked: list[OrderKey] = []

    def find(self, key: OrderKey, deadline: Deadline) -> tuple[Order, ...]:
        self.asked.append(key)
        return self.answer(key)

    def check(self, deadline: Deadline) -> Check:
        raise RuntimeError("a bug")


def down(key: OrderKey) -> tuple[Order, ...]:
    raise OrderSourceError("It is down")


def bug(key: OrderKey) -> tuple[Order, ...]:
    raise KeyError("Ayşe Yılmaz")


def desk_of(*sources: Toy, total_s: float = 5.0) -> OrderDesk:
    return OrderDesk(Settings(), {}, sources=sources, total_s=total_s)


def test_found_not_found_not_asked() -> None:
    shop = Toy("shop", lambda key: (ORDER,) if key.folded == "sn00012345" else ())
    desk = desk_of(shop)
    assert desk.look_up([order_key("9"), order_key("SN-00012345")], NOW).state == "found"
    assert [key.value for key in shop.asked] == ["9", "SN-00012345"]
    assert desk.look_up([order_key("9")], NOW).state == "not_found"
    assert desk.look_up([], NOW).state == "not_asked" and desk_of().look_up([order_key("9")], NOW).state == "not_asked"


def test_answers_are_remembered_for_a_while() -> None:
    shop = Toy("shop", lambda key: (ORDER,))
    desk = desk_of(shop)
    for seconds, asked in ((0, 1), (60, 1), (119, 1), (120, 2)):
        desk.look_up([order_key("SN-00012345")], NOW + timedelta(seconds=seconds))
        assert len(shop.asked) == asked
    desk.look_up([order_key("SN-00012345")], NOW + timedelta(seconds=121), retry=True)
    assert len(shop.asked) == 3
    desk.forget()
    desk.look_up([order_key("SN-00012345")], NOW + timedelta(seconds=122))
    assert len(shop.asked) == 4


@pytest.mark.parametrize("failing", [down, bug])
def test_a_silent_system_is_shown_as_such_with_what_was_known(failing: Any) -> None:
    shop = Toy("shop", lambda key: (ORDER,))
    desk = desk_of(shop)
    key = email_key("ayse@x.com", "strong")
    assert desk.look_up([key], NOW).state == "found"
    shop.answer = failing
    later = NOW + timedelta(minutes=10)
    card = desk.look_up([key], later)
    assert card.state == "not_reachable" and card.found[0].old and card.found[0].as_of == NOW
    assert card.silent[0].since == later and "Ayşe" not in card.silent[0].sentence
    assert "ulaşılamıyor" in card.title("tr") and card.title("en")
    again = desk.look_up([key], later + FAILED_FOR)
    assert again.silent[0].since == later  # since when, not when last asked
    shop.answer = lambda key: (ORDER,)
    assert desk.look_up([key], later + FAILED_FOR * 2).state == "found"
    shop.answer = failing
    gone = desk.look_up([key], later + timedelta(days=2))
    assert gone.state == "not_reachable" and gone.found == ()


def test_a_failure_is_remembered_shortly_and_a_dead_system_gets_a_rest() -> None:
    shop = Toy("shop", down)
    desk = desk_of(shop)
    for number in range(10):
        assert desk.look_up([order_key(str(number))], NOW).state == "not_reachable"
    assert len(shop.asked) == MOST_FAILURES
    desk.look_up([order_key("0")], NOW + FAILED_FOR)
    assert len(shop.asked) == MOST_FAILURES + 1
    desk.look_up([order_key("0")], NOW + FAILED_FOR, retry=True)
    assert len(shop.asked) == MOST_FAILURES + 2


def test_two_systems_make_one_card() -> None:
    carrier = Shipment(carrier="Aras", tracking="9876543210123", status="out_for_delivery", said="dağıtımda")
    bare = Order("SN-00012345", placed_at=days(8), customer=Customer(email="ayse@x.com"), items=(Item("A", "C-1", 1),))
    stock = Order("sn-00012345", shipments=(carrier,), items=(Item(code="C-1", stock=0),))
    shop, parcels = Toy("shop", lambda key: (bare,)), Toy("parcels", lambda key: (stock,), "order")
    card = desk_of(shop, parcels).look_up([email_key("ayse@x.com", "strong")], NOW)
    assert parcels.asked == [order_key("SN-00012345")]
    order = card.found[0].order
    assert order.shipments == (carrier,) and order.items == (Item("A", "C-1", 1, None, 0),)
    # one of the two is silent: the card says so and stands
    parcels.answer = down
    card = desk_of(shop, parcels).look_up([email_key("ayse@x.com", "strong")], NOW)
    assert card.state == "found" and [one.source for one in card.silent] == ["parcels"]
    assert card.notices("tr")[0][0] == "silent"


def test_many_orders_the_newest_first() -> None:
    orders = tuple(Order(str(n), placed_at=days(n)) for n in range(9, 0, -1))
    card = desk_of(Toy("shop", lambda key: orders)).look_up([email_key("a@x.com", "strong")], NOW)
    assert [one.order.number for one in card.found] == ["1", "2", "3", "4", "5"] and card.more == 9 - MOST_ORDERS
    assert card.facts(NOW) == {} and card.notices("en")[0][0] == "more"


def test_a_system_that_hangs_costs_the_time_limit_and_no_more_threads() -> None:
    ends = threading.Event()

    def hangs(key: OrderKey) -> tuple[Order, ...]:
        ends.wait(60)
        return ()

    slow, quick = Toy("slow", hangs), Toy("quick", lambda key: (ORDER,))
    desk = desk_of(slow, quick, total_s=0.3)
    card = desk.look_up([order_key("SN-00012345", "strong")], NOW)
    assert card.state == "found" and [one.source for one in card.silent] == ["slow"]
    for number in range(MOST_BUSY + 3):
        desk.look_up([order_key(str(number))], NOW, retry=True)
    assert len(slow.asked) == MOST_BUSY
    ends.set()


def test_cards_of_many_agents_at_once() -> None:
    shop = Toy("shop", lambda key: (Order(key.value),))
    desk = desk_of(shop)
    seen: list[tuple[str, str]] = []

    def work(number: int) -> None:
        card = desk.look_up([order_key(f"A{number}", "strong")], NOW)
        seen.append((f"A{number}", card.found[0].order.number if card.found else card.silent[0].sentence))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(MOST_BUSY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == MOST_BUSY and all(asked == got for asked, got in seen)


def test_a_number_that_grows_when_it_is_spelled_anew_breaks_nothing() -> None:
    odd = Order("\ufdfa" * 60)
    desk = desk_of(Toy("shop", lambda key: (odd,)), Toy("parcels", lambda key: (), "order"))
    assert desk.look_up([email_key("a@x.com", "strong")], NOW).state == "found"


@settings(deadline=None)
@given(st.lists(JSON, max_size=3), st.booleans())
def test_no_answer_of_a_shop_breaks_the_card(records: list[Any], strong: bool) -> None:
    orders = mapper().orders([{"orderNumber": "1"}, *records])
    card = desk_of(Toy("shop", lambda key: orders)).look_up([order_key("1", "strong" if strong else "weak")], NOW)
    for language in ("tr", "en"):
        assert all("\n" not in line for line in card.as_lines(language))
        assert json.dumps(card.as_data(language))
    assert set(card.facts(NOW)) <= set(FACTS)


def test_a_check_that_breaks_is_a_sentence() -> None:
    assert desk_of(Toy("shop", down)).check()["shop"].said == 'Orders "shop": failed unexpectedly (RuntimeError)'
