"""What an order is, whichever system told it: frozen, everything optional but its number.

Times are aware UTC, money is Decimal with its currency (ISO 4217), texts are plain and short (mapping.py sees to it).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime
from decimal import Decimal
from typing import Literal

Status = Literal[
    "placed", "preparing", "shipped", "in_transit", "out_for_delivery", "delivered", "returned", "cancelled", "unknown"
]
STATUSES: tuple[Status, ...] = (
    "placed", "preparing", "shipped", "in_transit", "out_for_delivery", "delivered", "returned", "cancelled", "unknown",
)  # fmt: skip
"""How an order or a shipment stands, in our words."""

ReturnState = Literal["requested", "received", "refunded", "rejected", "unknown"]
RETURN_STATES: tuple[ReturnState, ...] = ("requested", "received", "refunded", "rejected", "unknown")
CLOSED_RETURNS = ("refunded", "rejected")
"""Returns about which nothing more is owed."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount and its currency (ISO 4217)."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Item:
    """One line of an order; `price` is of one piece, `stock` how many pieces the shop has now (None: not known)."""

    name: str | None = None
    code: str | None = None
    count: int | None = None
    price: Money | None = None
    stock: int | None = None


@dataclass(frozen=True, slots=True)
class Shipment:
    """One parcel. `promised_at` is what the customer was told, `expected_at` what the carrier says now.

    `carrier` and `said` (the status) are in the shop's words; `link` is the shop's own https tracking link.
    """

    carrier: str | None = None
    tracking: str | None = None
    status: Status = "unknown"
    said: str | None = None
    shipped_at: datetime | None = None
    promised_at: datetime | None = None
    expected_at: datetime | None = None
    delivered_at: datetime | None = None
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Return:
    """One return; `said` is its state in the shop's words, `refunded` what was paid back."""

    state: ReturnState = "unknown"
    said: str | None = None
    reason: str | None = None
    opened_at: datetime | None = None
    refunded: Money | None = None


@dataclass(frozen=True, slots=True)
class Customer:
    """Who ordered. Personal: the card hides or masks it, see card.py. `phone` is E.164 where it is a valid number."""

    name: str | None = None
    phone: str | None = None
    email: str | None = None
    city: str | None = None
    tier: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """One order as the shop's systems know it; `said` is the status in the shop's words."""

    number: str
    placed_at: datetime | None = None
    status: Status = "unknown"
    said: str | None = None
    items: tuple[Item, ...] = ()
    total: Money | None = None
    shipments: tuple[Shipment, ...] = ()
    returns: tuple[Return, ...] = ()
    customer: Customer = Customer()

    @property
    def delivered(self) -> bool:
        """Whether all of it is with the customer (or was, before it came back)."""
        if self.shipments:
            return all(one.status in ("delivered", "returned") or one.delivered_at for one in self.shipments)
        return self.status in ("delivered", "returned")


def merged(first: Order, second: Order) -> Order:
    """One order told twice (two rows, two systems): what `first` does not say is taken from `second`.

    Lines that are wholly equal count once, because a join of items and parcels repeats both.
    """
    return replace(
        first,
        placed_at=first.placed_at or second.placed_at,
        status=first.status if first.status != "unknown" else second.status,
        said=first.said or second.said,
        items=_items(first.items, second.items),
        total=first.total or second.total,
        shipments=_shipments(first.shipments, second.shipments),
        returns=tuple(dict.fromkeys((*first.returns, *second.returns))),
        customer=_filled(first.customer, second.customer),
    )


def _filled(first: Customer, second: Customer) -> Customer:
    return Customer(**{one.name: getattr(first, one.name) or getattr(second, one.name) for one in fields(Customer)})


def _items(first: tuple[Item, ...], second: tuple[Item, ...]) -> tuple[Item, ...]:
    """All items; one that both know by its code, and of which one knows only the stock, becomes one."""
    kept = list(first)
    for item in second:
        twin = next((at for at, one in enumerate(kept) if item.code and one.code == item.code and one != item), None)
        if twin is None:
            if item not in kept:
                kept.append(item)
        elif item.count is None or kept[twin].count is None:
            one = kept[twin]
            values = {
                field.name: getattr(one, field.name)
                if getattr(one, field.name) is not None
                else getattr(item, field.name)
                for field in fields(Item)
            }
            kept[twin] = Item(**values)
        else:
            kept.append(item)
    return tuple(kept)


def _shipments(first: tuple[Shipment, ...], second: tuple[Shipment, ...]) -> tuple[Shipment, ...]:
    """All parcels; the same tracking number is the same parcel, and so is the only one that has none yet."""
    kept = list(first)
    for parcel in second:
        twin = next(
            (
                at
                for at, one in enumerate(kept)
                if one.tracking == parcel.tracking
                or (len(first) == len(second) == 1 and not (one.tracking and parcel.tracking))
            ),
            None,
        )
        if twin is None:
            kept.append(parcel)
            continue
        one = kept[twin]
        values = {field.name: getattr(one, field.name) or getattr(parcel, field.name) for field in fields(Shipment)}
        values["status"] = one.status if one.status != "unknown" else parcel.status
        kept[twin] = Shipment(**values)
    return tuple(kept)
