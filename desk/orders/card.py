"""The order card: what an agent sees of the customer's orders beside the customer's words. Pure.

Privacy is decided here, before anything is shown: with weak proof (a number that anybody may have typed) nothing
personal is on the card at all, not even hidden; with strong proof phone and e-mail are still masked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from desk.orders.carriers import CARRIERS, Carrier, TrackingLink, carrier_named, tracking_link
from desk.orders.keys import OrderKey, Proof, fold
from desk.orders.labels import LABELS, NOTICES, RETURNS, STATUS_NAMES, TITLES
from desk.orders.order import Customer, Item, Money, Order, Shipment
from desk.orders.signs import Sign, signs
from playbooks.facts import FACTS, say_fact
from playbooks.words import say_number

State = Literal["found", "not_found", "not_reachable", "not_asked"]
MOST_ORDERS = 5
"""Orders on one card, the newest first; more would hide the one that the customer means."""

MOST_SHOWN = 8
"""Items of one order that are named."""

DOT = "•"


@dataclass(frozen=True)
class Silent:
    """A source that did not answer: the sentence, and since when (aware UTC) it has not."""

    source: str
    sentence: str
    since: datetime


@dataclass(frozen=True)
class Found:
    """One order as the agent may see it: what the proof does not cover is gone from `order`.

    `other_customer` is True where the verified sender is not who ordered. `as_of` is when this was the truth, `old`
    whether it is the last known answer of a source that is silent now. `quoted` is whether the customer gave the
    order's number.
    """

    order: Order
    proof: Proof
    as_of: datetime
    old: bool
    signs: tuple[Sign, ...]
    links: tuple[TrackingLink, ...]
    quoted: bool
    other_customer: bool = False


@dataclass(frozen=True)
class Row:
    """One line of a section: `key` is one of labels.LABELS."""

    key: str
    label: str
    value: str


@dataclass(frozen=True)
class Section:
    """One order on the card, in words."""

    title: str
    rows: tuple[Row, ...]
    signs: tuple[tuple[str, str], ...]
    notices: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str, bool], ...]


@dataclass(frozen=True)
class OrderCard:
    """What is known of the case's orders at `at`. `more` is how many orders are left off."""

    state: State
    at: datetime
    zone: ZoneInfo
    found: tuple[Found, ...] = ()
    silent: tuple[Silent, ...] = ()
    more: int = 0

    def title(self, language: str) -> str:
        """The state in one line."""
        turkish, english = TITLES[self.state]
        text = turkish if language == "tr" else english
        if self.state == "not_reachable" and self.silent:
            text = text.format(since=self._moment(min(one.since for one in self.silent), language))
        return text

    def notices(self, language: str) -> tuple[tuple[str, str], ...]:
        """What the agent must know of the card itself: (code, sentence)."""
        told = []
        if self.state == "found":
            for one in self.silent:
                told.append(self._notice("silent", language, source=one.source, since=one.since))
        if self.more:
            told.append(self._notice("more", language, count=self.more))
        return tuple(told)

    def sections(self, language: str) -> tuple[Section, ...]:
        """Each order in words."""
        return tuple(self._section(one, language) for one in self.found)

    def as_lines(self, language: str) -> tuple[str, ...]:
        """The card as plain lines, for a terminal or a note."""
        lines = [self.title(language)]
        lines += [f"! {sentence}" for _, sentence in self.notices(language)]
        if self.state == "not_reachable":
            lines += [f"! {one.sentence}" for one in self.silent]
        for section in self.sections(language):
            lines += ["", section.title]
            lines += [f"! {sentence}" for _, sentence in (*section.notices, *section.signs)]
            lines += [f"  {row.label}: {row.value}" for row in section.rows]
            lines += [f"  {label}: {url}" for label, url, _ in section.links]
        return tuple(lines)

    def as_data(self, language: str) -> dict[str, Any]:
        """The card as plain data, for a program or a page; nothing in it is hidden from the agent's eyes."""
        return {
            "state": self.state,
            "title": self.title(language),
            "at": self.at.isoformat(),
            "notices": [{"code": code, "text": text} for code, text in self.notices(language)],
            "silent": [
                {"source": one.source, "since": one.since.isoformat(), "text": one.sentence} for one in self.silent
            ],
            "orders": [
                {
                    "title": section.title,
                    "proof": one.proof,
                    "old": one.old,
                    "as_of": one.as_of.isoformat(),
                    "status": one.order.status,
                    "rows": [{"key": row.key, "label": row.label, "value": row.value} for row in section.rows],
                    "signs": [{"code": code, "text": text} for code, text in section.signs],
                    "notices": [{"code": code, "text": text} for code, text in section.notices],
                    "links": [
                        {"label": label, "url": url, "with_number": number} for label, url, number in section.links
                    ],
                }
                for one, section in zip(self.found, self.sections(language), strict=True)
            ],
        }

    def facts(self, now: datetime) -> dict[str, object]:
        """What the reply templates may use of the card, by the names of playbooks.facts.FACTS.

        Only where one order is on the card, nothing is old, and never what the proof does not cover: with weak proof
        only the number that the customer gave, and nothing at all of an order that is somebody else's. Dates are
        dates in the desk's zone.
        """
        if len(self.found) != 1 or self.more or self.found[0].old or self.found[0].other_customer:
            return {}
        one = self.found[0]
        order = one.order
        if one.proof == "weak":
            return {"order_number": order.number} if one.quoted else {}
        facts: dict[str, object] = {"order_number": order.number}
        names = [item.name for item in order.items if item.name]
        if len(names) == 1:
            facts["product"] = names[0]
        if order.customer.name:
            facts["name"] = order.customer.name
        if len(order.shipments) == 1:
            parcel = order.shipments[0]
            today = now.astimezone(self.zone).date()
            facts |= {
                "carrier": one.links[0].carrier if one.links and one.links[0].carrier else parcel.carrier,
                "tracking_number": parcel.tracking,
                "promised_date": self._day(parcel.promised_at),
            }
            expected = self._day(parcel.expected_at)
            if expected is not None and expected >= today and parcel.delivered_at is None:
                facts["delivery_date"] = expected
        return {name: value for name, value in facts.items() if value is not None and name in FACTS}

    def _section(self, one: Found, language: str) -> Section:
        order = one.order
        title = LABELS["order"][0 if language == "tr" else 1] + f" {order.number}"
        told = []
        if one.other_customer:
            told.append(self._notice("other_customer", language))
        if one.proof == "weak":
            told.append(self._notice("weak", language))
        if one.old:
            told.append(self._notice("old", language, as_of=one.as_of))
        rows = tuple(
            Row(key, LABELS[key][0 if language == "tr" else 1], value)
            for key, value in self._rows(order, language)
            if value
        )
        links = tuple((_link_label(link, language), link.url, link.with_number) for link in one.links)
        return Section(title, rows, tuple((sign.code, sign.say(language)) for sign in one.signs), tuple(told), links)

    def _rows(self, order: Order, language: str) -> Iterable[tuple[str, str | None]]:
        yield "status", _status(order.status, order.said, language)
        yield "placed_at", self._moment(order.placed_at, language)
        shown = [_item(item, language) for item in order.items[:MOST_SHOWN]]
        if len(order.items) > MOST_SHOWN:
            shown.append(f"+{len(order.items) - MOST_SHOWN}")
        yield "items", "; ".join(filter(None, shown))
        yield "total", _money(order.total, language)
        for parcel in order.shipments:
            yield "carrier", parcel.carrier
            yield "tracking", parcel.tracking
            yield "shipment", _status(parcel.status, parcel.said, language)
            yield "shipped_at", self._moment(parcel.shipped_at, language)
            yield "promised_at", self._moment(parcel.promised_at, language)
            yield "expected_at", self._moment(parcel.expected_at, language)
            yield "delivered_at", self._moment(parcel.delivered_at, language)
        for one in order.returns:
            state = RETURNS[one.state][0 if language == "tr" else 1]
            if one.said and one.state == "unknown":
                state = one.said
            parts = (state, one.reason, self._moment(one.opened_at, language))
            yield "return", ", ".join(filter(None, parts))
            yield "refunded", _money(one.refunded, language)
        known = [item for item in order.items if item.stock is not None]
        yield "stock", "; ".join(f"{item.name or item.code or '?'}: {item.stock}" for item in known[:MOST_SHOWN])
        for key in ("name", "phone", "email", "city", "tier"):
            yield key, getattr(order.customer, key)

    def _notice(self, code: str, language: str, **params: Any) -> tuple[str, str]:
        said = {
            name: self._moment(value, language) if isinstance(value, datetime) else value
            for name, value in params.items()
        }
        return code, NOTICES[code][0 if language == "tr" else 1].format(**said)

    def _moment(self, when: datetime | None, language: str) -> str:
        """A moment in the desk's zone; a midnight is a day whose hour nobody named."""
        if when is None:
            return ""
        local = when.astimezone(self.zone)
        value = local.date() if (local.hour, local.minute, local.second) == (0, 0, 0) else local
        return say_fact(FACTS["promised_date"], value, language)

    def _day(self, when: datetime | None) -> date | None:
        return when.astimezone(self.zone).date() if when else None


def shown(
    order: Order,
    keys: Iterable[OrderKey],
    by: OrderKey,
    now: datetime,
    zone: ZoneInfo,
    carriers: tuple[Carrier, ...] = CARRIERS,
    *,
    as_of: datetime,
    old: bool,
) -> Found:
    """An order as the agent may see it. `keys` are all of the case's, `by` the one that found it.

    Proof is strong where the order was found by a strong key, or belongs to the address of one. A quoted number whose
    order belongs to another address than the verified sender's is somebody else's until proven otherwise.
    """
    keys = tuple(keys)
    strong = {(one.kind, one.folded) for one in keys if one.proof == "strong"}
    senders = {folded for kind, folded in strong if kind == "email"}
    owner = fold("email", order.customer.email or "")
    proof: Proof = "strong" if (by.kind, by.folded) in strong or (owner and owner in senders) else "weak"
    by_platform = by.kind == "order" and (by.kind, by.folded) in strong
    other = bool(senders and owner and owner not in senders and not by_platform)
    if other:
        proof = "weak"
    quoted = any(one.kind == "order" and one.folded == fold("order", order.number) for one in keys)
    links = tuple(_links(order, carriers, proof))
    return Found(
        order=masked(order) if proof == "strong" else hidden(order, quoted),
        proof=proof, as_of=as_of, old=old,
        signs=signs(order, now, zone, carriers) if proof == "strong" else _without_items(order, now, zone, carriers),
        links=links, quoted=quoted, other_customer=other,
    )  # fmt: skip


def masked(order: Order) -> Order:
    """The order with phone and e-mail covered but for what the customer recognises them by."""
    customer = order.customer
    return replace(order, customer=replace(customer, phone=_phone(customer.phone), email=_email(customer.email)))


def hidden(order: Order, quoted: bool) -> Order:
    """The order for somebody who has proved nothing: nobody's name, no city, no product, no parcel's number."""
    number = order.number if quoted else _tail(order.number)
    items = tuple(Item(count=item.count) for item in order.items if item.count)
    shipments = tuple(replace(one, tracking=None, link=None) for one in order.shipments)
    returns = tuple(replace(one, reason=None, refunded=None) for one in order.returns)
    return replace(
        order, number=number, items=items, total=None, shipments=shipments, returns=returns, customer=Customer()
    )


def _without_items(order: Order, now: datetime, zone: ZoneInfo, carriers: tuple[Carrier, ...]) -> tuple[Sign, ...]:
    return tuple(one for one in signs(order, now, zone, carriers) if one.code != "out_of_stock")


def _links(order: Order, carriers: tuple[Carrier, ...], proof: Proof) -> Iterable[TrackingLink]:
    for parcel in order.shipments:
        link = _shop_link(parcel, carriers) if proof == "strong" else None
        link = link or tracking_link(parcel.carrier, parcel.tracking, carriers, show_number=proof == "strong")
        if link is not None:
            yield link


def _shop_link(parcel: Shipment, carriers: tuple[Carrier, ...]) -> TrackingLink | None:
    if parcel.link is None:
        return None
    known = carrier_named(parcel.carrier, carriers)
    return TrackingLink(known.name if known else parcel.carrier or "", parcel.link, True, None)


def _link_label(link: TrackingLink, language: str) -> str:
    key = "link" if link.with_number else "page"
    return LABELS[key][0 if language == "tr" else 1].format(carrier=link.carrier).replace(" ()", "")


def _status(status: str, said: str | None, language: str) -> str:
    if status == "unknown":
        return said or ""
    return STATUS_NAMES[status][0 if language == "tr" else 1]


def _item(item: Item, language: str) -> str:
    name = item.name or item.code or ("ürün" if language == "tr" else "item")
    count = f"{item.count} × " if item.count is not None and (item.count != 1 or not (item.name or item.code)) else ""
    price = _money(item.price, language)
    return f"{count}{name}" + (f" ({price})" if price else "")


def _money(money: Money | None, language: str) -> str:
    return f"{say_number(money.amount, language)} {money.currency}" if money else ""


def _phone(phone: str | None) -> str | None:
    if phone is None:
        return None
    return "".join(c if at >= len(phone) - 2 or not c.isdigit() else DOT for at, c in enumerate(phone))


def _email(email: str | None) -> str | None:
    if email is None or "@" not in email:
        return None
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}{DOT * 3}@{domain[:1]}{DOT * 3}{domain[domain.rfind('.') :] if '.' in domain else ''}"


def _tail(number: str) -> str:
    return DOT * 4 + (number[-4:] if len(number) >= 8 else "")
