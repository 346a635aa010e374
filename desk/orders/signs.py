"""Signs of trouble in an order, in words: a promise that passed, a return that stays open, an item out of stock.

Pure: the order and `now` go in. Days are calendar days in the desk's zone, because that is how customers count them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from desk.orders.carriers import CARRIERS, Carrier, tracking_link
from desk.orders.order import CLOSED_RETURNS, Order, Shipment

RETURN_DAYS = 3
"""Days after which an open return is a sign; a shop's own handling takes one or two, the law allows 14 for paying."""

PACKING_DAYS = 3
"""Days without a parcel after which an order is a sign, where no promise says otherwise."""

TRANSIT_DAYS = 5
"""Days on the way after which a parcel is a sign, where no promise says otherwise; carriers promise one to three."""

SIGNS: dict[str, tuple[str, str]] = {  # code: (Turkish, English)
    "promise_passed": ("söz verilen tarih {days} gün geçti", "the promised date passed {days} day(s) ago"),
    "delivered_late": ("söz verilenden {days} gün sonra teslim edildi", "delivered {days} day(s) after the promise"),
    "not_shipped": ("sipariş {days} gündür kargoya verilmedi", "not handed to a carrier for {days} day(s)"),
    "long_way": ("kargo {days} gündür yolda", "on the way for {days} day(s)"),
    "return_open": ("iade {days} gündür açık", "return open for {days} day(s)"),
    "out_of_stock": ("stokta yok: {item}", "out of stock: {item}"),
    "odd_tracking": (
        "takip numarası bu firmanın numaralarına benzemiyor", "the tracking number does not look like this carrier's",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Sign:
    """One sign of trouble; `code` is one of SIGNS."""

    code: str
    params: dict[str, Any] = field(default_factory=dict)

    def say(self, language: str) -> str:
        """The sign in Turkish (`tr`) or English."""
        turkish, english = SIGNS[self.code]
        return (turkish if language == "tr" else english).format(**self.params)


def signs(order: Order, now: datetime, zone: ZoneInfo, carriers: tuple[Carrier, ...] = CARRIERS) -> tuple[Sign, ...]:
    """The signs of trouble in an order at `now` (aware), the gravest first."""
    return tuple(_signs(order, now, zone, carriers))


def _signs(order: Order, now: datetime, zone: ZoneInfo, carriers: tuple[Carrier, ...]) -> Iterator[Sign]:
    def days(begin: datetime, end: datetime) -> int:
        return (end.astimezone(zone).date() - begin.astimezone(zone).date()).days

    over = order.status in ("cancelled", "returned")
    for parcel in order.shipments:
        promise = parcel.promised_at
        if promise and parcel.delivered_at and (late := days(promise, parcel.delivered_at)) > 0:
            yield Sign("delivered_late", {"days": late})
        elif promise and not over and not _arrived(parcel, order) and (late := days(promise, now)) > 0:
            yield Sign("promise_passed", {"days": late})
        elif (
            not promise
            and not over
            and parcel.shipped_at
            and not _arrived(parcel, order)
            and (long := days(parcel.shipped_at, now)) >= TRANSIT_DAYS
        ):
            yield Sign("long_way", {"days": long})
    promised = any(parcel.promised_at for parcel in order.shipments)
    moved = any(parcel.shipped_at or parcel.tracking or parcel.delivered_at for parcel in order.shipments)
    if order.placed_at and order.status in ("placed", "preparing") and not promised and not moved:
        waited = days(order.placed_at, now)
        if waited >= PACKING_DAYS:
            yield Sign("not_shipped", {"days": waited})
    for one in order.returns:
        if one.state not in CLOSED_RETURNS and one.opened_at and (open_for := days(one.opened_at, now)) >= RETURN_DAYS:
            yield Sign("return_open", {"days": open_for})
    for item in order.items:
        if item.stock is not None and item.stock <= 0 and not order.delivered:
            yield Sign("out_of_stock", {"item": item.name or item.code or "?"})
    for parcel in order.shipments:
        link = tracking_link(parcel.carrier, parcel.tracking, carriers)
        if link is not None and link.fits is False:
            yield Sign("odd_tracking")


def _arrived(parcel: Shipment, order: Order) -> bool:
    alone = len(order.shipments) == 1 and order.status == "delivered"
    return parcel.status in ("delivered", "returned", "cancelled") or parcel.delivered_at is not None or alone
