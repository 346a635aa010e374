"""From a record to an order: paths, times, money that is never a float, status words, hostile cells."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from desk.orders.mapping import Mapper, field_names, value_at
from desk.orders.order import Money
from desk.orders.settings import CarrierSettings, OrderSourceSettings
from desk.orders.values import count_of, currency_of, moment_of, number_of, return_state_of, status_of, text_of
from desk.settings import SettingsError, validate

ISTANBUL = ZoneInfo("Europe/Istanbul")
FIELDS: dict[str, Any] = {
    "number": "orderNumber",
    "placed_at": "orderDate",
    "status": "status",
    "total": "totals.grand",
    "currency": {"path": "currencyCode", "default": "TRY"},
    "name": "customer.name",
    "phone": "customer.phones.0",
    "email": "customer.email",
    "items": {"path": "lines", "name": "productName", "code": "sku", "count": "quantity", "price": "price"},
    "shipments": {
        "path": "packages",
        "carrier": "cargo",
        "tracking": "cargoTrackingNumber",
        "status": "status",
        "promised_at": "promised",
        "link": "url",
    },
    "returns": {"path": "claims", "state": "state", "opened_at": "date", "refunded": "amount"},
}
RECORD: dict[str, Any] = {
    "orderNumber": 80869231,
    "orderDate": 1794300000000,
    "status": "UnPacked",
    "totals": {"grand": Decimal("1299.90")},
    "customer": {"name": "Ayşe\u202e Yılmaz\n", "phones": ["0532 123 45 67"], "email": "Ayse@X.com"},
    "lines": [{"productName": "Çaydanlık", "sku": "C-1", "quantity": 2, "price": Decimal("649.95")}],
    "packages": [
        {
            "cargo": "Aras",
            "cargoTrackingNumber": 1234567890123,
            "status": "yolda",
            "promised": "2026-11-18",
            "url": "https://takip.example/1",
        },
        {"cargo": "MNG", "url": "javascript:alert(1)"},
    ],
    "claims": [{"state": "özel 7", "date": "10.11.2026", "amount": "1.299,90 TL"}],
}


def settings_of(**more: Any) -> Any:
    base = {"kind": "http", "name": "shop", "url": {"order": "https://shop.example/{value}"}, "fields": FIELDS}
    return TypeAdapter(OrderSourceSettings).validate_python({**base, **more})


def mapper(**more: Any) -> Mapper:
    return Mapper(settings_of(**more), ISTANBUL, "TR")


def test_a_whole_order() -> None:
    order = mapper(statuses={"unpacked": "preparing"}, return_states={"Özel 7": "received"}).order(RECORD)
    assert order is not None
    assert (order.number, order.status, order.said) == ("80869231", "preparing", "UnPacked")
    assert order.placed_at == datetime.fromtimestamp(1794300000, UTC)
    assert order.total == Money(Decimal("1299.90"), "TRY")
    assert order.customer.name == "Ayşe Yılmaz" and order.customer.phone == "+905321234567"
    assert order.customer.email == "ayse@x.com"
    assert [(one.name, one.count, one.price) for one in order.items] == [
        ("Çaydanlık", 2, Money(Decimal("649.95"), "TRY"))
    ]
    first, second = order.shipments
    assert (first.tracking, first.status, first.link) == ("1234567890123", "in_transit", "https://takip.example/1")
    assert first.promised_at == datetime(2026, 11, 17, 21, tzinfo=UTC)  # midnight in Istanbul
    assert second.link is None
    assert order.returns[0].state == "received"
    assert order.returns[0].refunded == Money(Decimal("1299.90"), "TRY")


def test_a_record_without_a_number_is_no_order() -> None:
    assert mapper().order({"status": "x"}) is None and mapper().order([1]) is None and mapper().order(None) is None
    assert mapper().orders([{"orderNumber": "--"}, 5, {"orderNumber": {"a": 1}}]) == ()


def test_rows_of_one_number_are_one_order() -> None:
    flat = {"number": "No", "items": {"name": "Ürün"}, "shipments": {"tracking": "Takip", "carrier": "Kargo"}}
    rows = [
        {"no": "A-1", "ürün": "Fincan", "takip": "1", "kargo": "Aras"},
        {"no": "a1", "ürün": "Tabak", "takip": "1", "kargo": "Aras"},
        {"no": "A-2", "ürün": "Kaşık", "takip": "", "kargo": ""},
    ]
    first, second = mapper(fields=flat).orders(rows)
    assert [one.name for one in first.items] == ["Fincan", "Tabak"] and len(first.shipments) == 1
    assert second.shipments == ()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a.b", 1),
        ("c.0", "x"),
        ("c.-1", "y"),
        ("c.5", None),
        ("d.e", "dotted"),
        ("A.B", 1),
        ("a.b.c", None),
        ("z", None),
        ("c.x", None),
        ("c.99999999", None),
    ],
)
def test_paths(path: str, value: Any) -> None:
    assert value_at({"a": {"b": 1}, "c": ["x", "y"], "d.e": "dotted"}, path) == value


def test_field_names_are_the_paths_to_write() -> None:
    assert list(field_names({"a": {"b": 1}, "c": [{"d": 1}], "e": [1]})) == ["a.b", "c.0.d", "e"]
    deep: dict[str, Any] = {}
    for _ in range(5000):
        deep = {"x": deep}
    assert len(list(field_names(deep))) <= 1


MONEY = [
    ("1.299,90", ",", "1299.90"),
    ("1,299.90", ".", "1299.90"),
    ("1299.9", ".", "1299.9"),
    ("1.299,90 TL", ".", "1299.90"),
    ("₺12,5", ".", "12.5"),
    ("1.299", ",", "1299"),
    ("1.299", ".", "1.299"),
    ("1.299.000", ".", "1299000"),
    ("-5,00", ",", "-5.00"),
    ("1 299,90", ",", "1299.90"),
    (Decimal("0.10"), ".", "0.10"),
    (7, ".", "7"),
    (0.1, ".", "0.1"),
    ("1e5", ".", None),
    ("bedava", ".", None),
    ("", ".", None),
    (True, ".", None),
    (float("nan"), ".", None),
    (Decimal("1e99999999"), ".", None),
    ("9" * 40, ".", None),
    ([1], ".", None),
    ("1..2", ".", "12"),
]


@pytest.mark.parametrize(("value", "decimal", "amount"), MONEY)
def test_amounts(value: Any, decimal: str, amount: str | None) -> None:
    found = number_of(value, decimal)
    assert (str(found) if found is not None else None) == amount


@pytest.mark.parametrize(
    ("value", "code"), [("TL", "TRY"), ("100 €", "EUR"), ("$5", "USD"), ("chf", "CHF"), ("?", "TRY"), (None, "TRY")]
)
def test_currencies(value: Any, code: str) -> None:
    assert currency_of(value, "TRY") == code


TIMES = [
    ("2026-11-18T10:00:00+03:00", "2026-11-18T07:00"),
    ("2026-11-18 10:00", "2026-11-18T07:00"),
    ("18.11.2026 10:00", "2026-11-18T07:00"),
    ("18/11/2026", "2026-11-17T21:00"),
    ("18.11.2026 10.00.30", "2026-11-18T07:00"),
    (date(2026, 11, 18), "2026-11-17T21:00"),
    (datetime(2026, 11, 18, 10), "2026-11-18T07:00"),
    (1763449200, "2025-11-18T07:00"),
    ("1763449200000", "2025-11-18T07:00"),
    (Decimal(1763449200), "2025-11-18T07:00"),
    ("31.02.2026", None),
    ("dün", None),
    ("", None),
    (10**30, None),
    (True, None),
    ("0001-01-01", None),
    (Decimal("NaN"), None),
]


@pytest.mark.parametrize(("value", "utc"), TIMES)
def test_times(value: Any, utc: str | None) -> None:
    found = moment_of(value, ISTANBUL)
    assert (found.strftime("%Y-%m-%dT%H:%M") if found else None) == utc


@pytest.mark.parametrize(
    ("said", "ours"),
    [
        ("Kargoya Verildi", "shipped"),
        ("TESLİM EDİLDİ", "delivered"),
        ("IN_TRANSIT", "in_transit"),
        ("OutForDelivery", "out_for_delivery"),
        ("İptal", "cancelled"),
        ("Dağıtımda", "out_for_delivery"),
        ("7", "returned"),
        ("bambaşka", "unknown"),
        (None, "unknown"),
        ("", "unknown"),
        ("...", "unknown"),
    ],
)
def test_status_words(said: str | None, ours: str) -> None:
    assert status_of(said, {"7": "returned"}) == ours


def test_the_brands_own_words_come_first() -> None:
    assert status_of("kargoda", {"KARGODA": "in_transit"}) == "in_transit"
    assert return_state_of("iade edildi", {}) == "refunded" and return_state_of("?", {}) == "unknown"


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('="00123"', "00123"),
        ("=1+1", "=1+1"),
        ("a\x00b\x1b[31m", "a\N{REPLACEMENT CHARACTER}b [31m"),
        ("  ", None),
        (b"\xff", None),
        ({"a": 1}, None),
        ("x" * 5000, "x" * 199 + "…"),
        ("\u202egnp\u2066", "gnp"),
        (0, "0"),
    ],
)
def test_a_cell_is_one_short_line(cell: Any, text: str | None) -> None:
    assert text_of(cell) == text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "orderNumber",
                    "orderDate",
                    "totals",
                    "grand",
                    "lines",
                    "packages",
                    "claims",
                    "price",
                    "status",
                    "quantity",
                    "customer",
                    "phones",
                    "email",
                    "date",
                    "amount",
                    "promised",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=30,
)


@settings(deadline=None)
@given(JSON)
def test_no_answer_of_a_shop_breaks_the_mapping(record: Any) -> None:
    for order in mapper().orders([record]):
        assert order.number and len(order.number) <= 64
    assert count_of(record) is None or isinstance(count_of(record), int)


MISTAKES = [
    ({"kind": "ftp"}, "kind"),
    ({"url": {"order": "http://shop.example/{value}"}}, "would be asked without encryption"),
    ({"url": {"order": "https://shop.example/orders"}}, "must hold {value}"),
    ({"url": {"order": "https://{value}.example/"}}, "stands in the path"),
    ({"url": {"order": "https://u:p@shop.example/{value}"}}, "carries no user or password"),
    ({"url": {"order": "file:///etc/{value}"}}, "is no address"),
    ({"url": {"order": "https://shop.example/{national}"}}, "only a phone has these"),
    ({"headers_env": {"Authorization": "Bearer geheim"}}, "must name an environment variable"),
    ({"headers": {"X-A": "a\r\nb"}}, "is no header"),
    ({"statuses": {"7": "gone"}}, "statuses"),
    ({"fields": {"status": "x"}}, "number"),
    ({"fields": {"number": "x", "items": {"nmae": "y"}}}, "nmae"),
]


@pytest.mark.parametrize(("change", "sentence"), MISTAKES)
def test_a_mistake_in_the_configuration_is_named(change: dict[str, Any], sentence: str) -> None:
    record = {"kind": "http", "name": "s", "url": {"order": "https://shop.example/{value}"}, "fields": FIELDS, **change}
    with pytest.raises(SettingsError) as error:
        validate({"brand": {"name": "x"}, "orders": [record]}, None)
    assert sentence in str(error.value) and "geheim" not in str(error.value)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("DELETE FROM orders WHERE no = :value", "must begin with SELECT"),
        ("SELECT 1 WHERE :value = 1; DROP TABLE orders", "one statement"),
        ("SELECT * FROM orders", "must ask for :value"),
        ("SELECT * FROM o WHERE a = :value AND b = :other", "must ask for :value"),
    ],
)
def test_a_query_only_reads_and_only_binds(query: str, sentence: str) -> None:
    record = {"kind": "sql", "name": "s", "url_env": "SHOP_DB", "queries": {"order": query}, "fields": FIELDS}
    with pytest.raises(SettingsError, match=sentence):
        validate({"brand": {"name": "x"}, "orders": [record]}, None)


def test_a_name_names_one_source() -> None:
    record = {"kind": "csv", "name": "s", "folder": "x", "fields": {"number": "No"}}
    with pytest.raises(SettingsError, match="two sources are called 's'"):
        validate({"brand": {"name": "x"}, "orders": [record, record]}, None)


def test_good_ones_are_taken() -> None:
    for query in ("SELECT a::text FROM o WHERE b = :folded;", "with x as (select :value as y) select * from x"):
        record = {"kind": "sql", "name": "s", "url_env": "SHOP_DB", "queries": {"order": query}, "fields": FIELDS}
        assert validate({"brand": {"name": "x"}, "orders": [record]}, None).orders[0].kind == "sql"
    settings_of(url={"order": "http://localhost:8080/{value}", "phone": "https://a.example/?t={national}"})
    settings_of(url={"order": "http://shop.example/{value}"}, insecure=True)
    with pytest.raises(ValidationError):
        CarrierSettings(name="X")
