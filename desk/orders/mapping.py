"""From a record (a CSV row, a row of a query, a JSON object) to an order, by the fields that the configuration names.

A path is a column's name, or names and list indices between dots: `customer.phones.0`. A name is compared in its
folded form (`Sipariş No` is `siparis no`), and the whole path is tried as one name first, since columns may hold dots.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal
from zoneinfo import ZoneInfo

from desk.orders.keys import fold
from desk.orders.order import Customer, Item, Money, Order, Return, Shipment, merged
from desk.orders.settings import (
    At,
    CsvSettings,
    HttpSettings,
    ItemFields,
    OrderFields,
    ReturnFields,
    ShipmentFields,
    SqlSettings,
    check_link,
)
from desk.orders.values import (
    count_of,
    currency_of,
    moment_of,
    number_of,
    return_state_of,
    status_of,
    text_of,
)
from mention import search_text

MOST_LINES = 100
"""Items, parcels or returns of one order that are read; the card shows fewer."""

MOST_DEPTH = 12
"""Parts of a path that are followed."""

_NOTHING = object()


def value_at(record: Any, path: str) -> Any:
    """The value at a path, None where there is none."""
    if not path:
        return record
    if isinstance(record, Mapping):
        whole = _member(record, path)
        if whole is not _NOTHING:
            return whole
    at = record
    for part in path.split(".")[:MOST_DEPTH]:
        if isinstance(at, Mapping):
            at = _member(at, part)
        elif isinstance(at, list | tuple) and part.lstrip("-").isdigit() and len(part) < 6:
            number = int(part)
            at = at[number] if -len(at) <= number < len(at) else _NOTHING
        else:
            at = _NOTHING
        if at is _NOTHING:
            return None
    return at


def _member(record: Mapping[str, Any], name: str) -> Any:
    if name in record:
        return record[name]
    folded = search_text(name)
    return next((value for key, value in record.items() if search_text(str(key)) == folded), _NOTHING)


def field_names(record: Any, before: str = "", depth: int = 4) -> Iterator[str]:
    """The paths of a record, as the configuration would write them; for people who are mapping it."""
    if isinstance(record, Mapping) and depth:
        for name, value in list(record.items())[:60]:
            path = f"{before}{str(name)[:60]}"
            if isinstance(value, Mapping):
                yield from field_names(value, f"{path}.", depth - 1)
            elif isinstance(value, list) and value and isinstance(value[0], Mapping):
                yield from field_names(value[0], f"{path}.0.", depth - 1)
            else:
                yield path


class Mapper:
    """Makes orders of one source's records. `zone` is that of times without an offset, `region` of phones."""

    def __init__(
        self, settings: CsvSettings | SqlSettings | HttpSettings, zone: ZoneInfo, region: str, decimal: str = "."
    ) -> None:
        self.fields: OrderFields = settings.fields
        self._settings = settings
        self._zone = zone
        self._region = region
        self._decimal: str = settings.decimal or decimal

    def with_decimal(self, decimal: Literal[",", "."]) -> Mapper:
        """The same with another decimal sign to guess with; the configured one wins."""
        return Mapper(self._settings, self._zone, self._region, decimal)

    def paths(self) -> tuple[str, ...]:
        """Every path that the configuration names, for a table's columns."""
        places = [getattr(self.fields, name) for name in OrderFields.model_fields]
        for part in (self.fields.items, self.fields.shipments, self.fields.returns):
            if part is not None:
                places += [getattr(part, name) for name in type(part).model_fields if name != "path"]
        return tuple(dict.fromkeys(place.path for place in places if isinstance(place, At) and place.path))

    def key_text(self, record: Any, place: At | None) -> str | None:
        """The text by which a record is indexed; the same as in its order."""
        return self._text(record, place)

    def orders(self, records: Iterable[Any]) -> tuple[Order, ...]:
        """The orders of these records; several records of one number are one order."""
        found: dict[str, Order] = {}
        for record in records:
            order = self.order(record)
            if order is not None:
                folded = fold("order", order.number)
                found[folded] = merged(found[folded], order) if folded in found else order
        return tuple(found.values())

    def order(self, record: Any) -> Order | None:
        """The order in one record; None where it has no number."""
        fields = self.fields
        number = self._text(record, fields.number)
        if number is None or not fold("order", number):
            return None
        currency = currency_of(self._value(record, fields.currency), self._settings.currency)
        said = self._text(record, fields.status)
        return Order(
            number=number[:64],
            placed_at=moment_of(self._value(record, fields.placed_at), self._zone),
            status=status_of(said, self._settings.statuses),
            said=said,
            items=self._items(record, fields.items, currency),
            total=self._money(record, fields.total, currency),
            shipments=self._shipments(record, fields.shipments),
            returns=self._returns(record, fields.returns, currency),
            customer=Customer(
                name=self._text(record, fields.name),
                phone=fold("phone", self._text(record, fields.phone) or "", self._region)[:20] or None,
                email=fold("email", self._text(record, fields.email) or "") or None,
                city=self._text(record, fields.city),
                tier=self._text(record, fields.tier),
            ),
        )

    def _items(self, record: Any, fields: ItemFields | None, currency: str) -> tuple[Item, ...]:
        return _some(
            Item(
                name=self._text(line, at.name),
                code=self._text(line, at.code),
                count=count_of(self._value(line, at.count), self._decimal),
                price=self._money(line, at.price, currency),
                stock=count_of(self._value(line, at.stock), self._decimal),
            )
            for line, at in _lines(record, fields)
        )

    def _shipments(self, record: Any, fields: ShipmentFields | None) -> tuple[Shipment, ...]:
        found = []
        for line, at in _lines(record, fields):
            said = self._text(line, at.status)
            found.append(
                Shipment(
                    carrier=self._text(line, at.carrier),
                    tracking=(self._text(line, at.tracking) or "")[:64] or None,
                    status=status_of(said, self._settings.statuses),
                    said=said,
                    shipped_at=moment_of(self._value(line, at.shipped_at), self._zone),
                    promised_at=moment_of(self._value(line, at.promised_at), self._zone),
                    expected_at=moment_of(self._value(line, at.expected_at), self._zone),
                    delivered_at=moment_of(self._value(line, at.delivered_at), self._zone),
                    link=_link(text_of(self._value(line, at.link), 500)),
                )
            )
        return _some(found)

    def _returns(self, record: Any, fields: ReturnFields | None, currency: str) -> tuple[Return, ...]:
        found = []
        for line, at in _lines(record, fields):
            said = self._text(line, at.state)
            found.append(
                Return(
                    state=return_state_of(said, self._settings.return_states),
                    said=said,
                    reason=self._text(line, at.reason),
                    opened_at=moment_of(self._value(line, at.opened_at), self._zone),
                    refunded=self._money(line, at.refunded, currency),
                )
            )
        return _some(found)

    def _value(self, record: Any, place: At | None) -> Any:
        if place is None:
            return None
        value = value_at(record, place.path) if place.path else None
        return place.default if value is None or value == "" else value

    def _text(self, record: Any, place: At | None) -> str | None:
        return text_of(self._value(record, place))

    def _money(self, record: Any, place: At | None, currency: str) -> Money | None:
        value = self._value(record, place)
        amount = number_of(value, self._decimal)
        if amount is None:
            return None
        return Money(amount, currency_of(value, currency) if isinstance(value, str) else currency)


def _lines(record: Any, fields: Any) -> Iterator[tuple[Any, Any]]:
    """The records of a part, each with the part's fields: those of a list, or the record itself."""
    if fields is None:
        return
    part = value_at(record, fields.path)
    for line in (part if isinstance(part, list | tuple) else [part])[:MOST_LINES]:
        if line is not None:
            yield line, fields


def _some(found: Iterable[Any]) -> tuple[Any, ...]:
    """Those that say anything; a row without a parcel is no parcel."""
    lines = list(found)
    return tuple(dict.fromkeys(one for one in lines if one != type(one)()))


def _link(text: str | None) -> str | None:
    """A tracking link of the shop's own system, only where it is https."""
    if text is None or not text.startswith("https://"):
        return None
    try:
        check_link(text, ())
    except ValueError:
        return None
    return text
