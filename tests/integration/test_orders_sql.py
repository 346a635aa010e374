"""Orders from a real SQLite and a real PostgreSQL: only read, only bound, never longer than the limit."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter
from sqlalchemy import NullPool, create_engine, text

from desk.orders.keys import email_key, order_key, phone_key
from desk.orders.order import Money
from desk.orders.registry import source_for
from desk.orders.settings import OrderSourceSettings
from desk.orders.source import Deadline, OrderSource, OrderSourceError

FIELDS = {
    "number": "no", "placed_at": "placed", "status": "status", "total": "total", "phone": "phone", "email": "email",
    "items": {"name": "item", "count": "pieces"}, "shipments": {"carrier": "carrier", "tracking": "tracking"},
}  # fmt: skip
QUERIES = {
    "order": "SELECT * FROM orders WHERE upper(no) = :value OR folded = :folded",
    "phone": "SELECT * FROM orders WHERE phone IN (:value, :national, :digits);",
    "email": "SELECT * FROM orders WHERE lower(email) = :value ORDER BY placed DESC",
}
HOSTILE = ["1' OR '1'='1", "1; DROP TABLE orders; --", "x' UNION SELECT 1,2,3 --", "%", ":value", "\\'; --", "1\x00"]


@pytest.fixture
def shop(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a shop's database with three orders."""
    if dialect == "sqlite":
        url, drop = f"sqlite:///{tmp_path / 'shop ü.db'}", None
    else:
        server = request.getfixturevalue("postgres")
        drop = server.new_database()
        url = server.url(drop)
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as tx:
        columns = "no TEXT, folded TEXT, placed TIMESTAMP, status TEXT, total NUMERIC(10, 2), phone TEXT, email TEXT"
        tx.execute(text(f"CREATE TABLE orders ({columns}, item TEXT, pieces INTEGER, carrier TEXT, tracking TEXT)"))
        for no, item in (("SN-1", "Çaydanlık"), ("SN-1", "Fincan"), ("SN-2", "Tabak")):
            tx.execute(
                text("INSERT INTO orders VALUES (:no, :folded, '2026-11-12 10:05:00', 'kargoda', 129.90, '5321234567', "
                     "'Ayse@X.com', :item, 1, 'Aras', '1')"),
                {"no": no, "folded": no.lower().replace("-", ""), "item": item},
            )  # fmt: skip
    yield url
    engine.dispose()
    if drop is not None:
        request.getfixturevalue("postgres").drop(drop)


def source(url: str, **more: Any) -> OrderSource:
    record = {"kind": "sql", "name": "erp", "url_env": "SHOP_DB", "queries": QUERIES, "fields": FIELDS, **more}
    made = TypeAdapter(OrderSourceSettings).validate_python(record)
    environ = {"SHOP_DB": url} if url else {}
    return source_for(made, home=Path("/"), zone=ZoneInfo("Europe/Istanbul"), region="TR", environ=environ)


def test_by_number_phone_and_address(shop: str) -> None:
    made = source(shop)
    [order] = made.find(order_key("sn 1"), Deadline.after(10))
    assert [one.name for one in order.items] == ["Çaydanlık", "Fincan"] and order.status == "shipped"
    assert order.total == Money(Decimal("129.90").normalize() if "sqlite" in shop else Decimal("129.90"), "TRY")
    assert order.placed_at is not None and order.placed_at.isoformat() == "2026-11-12T07:05:00+00:00"
    assert {one.number for one in made.find(phone_key("+905321234567"), Deadline.after(10))} == {"SN-1", "SN-2"}
    assert len(made.find(email_key("AYSE@x.com"), Deadline.after(10))) == 2
    assert made.find(order_key("SN-3"), Deadline.after(10)) == ()


@pytest.mark.parametrize("number", HOSTILE)
def test_a_number_is_never_part_of_a_statement(shop: str, number: str) -> None:
    made = source(shop)
    try:
        found = made.find(order_key(number), Deadline.after(10))
    except (OrderSourceError, ValueError) as error:
        assert "\n" not in str(error)
        found = ()
    assert found == ()
    assert made.find(order_key("SN-1"), Deadline.after(10))


def test_the_database_refuses_to_be_written_to(shop: str) -> None:
    writes = "WITH gone AS (DELETE FROM orders WHERE no = :value RETURNING no) SELECT no FROM gone"
    made = source(shop, queries={"order": writes})
    with pytest.raises(OrderSourceError, match="the database refused"):
        made.find(order_key("SN-1"), Deadline.after(10))
    assert source(shop).find(order_key("SN-1"), Deadline.after(10))


def test_a_query_without_end_meets_the_limit(shop: str) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
    forever = f"{endless} SELECT count(*) AS no FROM n WHERE :value = 'X'"
    made = source(shop, queries={"order": forever}, time_limit=0.3)
    with pytest.raises(OrderSourceError, match=r"did not answer within 0\.3 seconds"):
        made.find(order_key("X"), Deadline.after(0.3))


def test_no_more_rows_than_allowed(shop: str) -> None:
    rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
    many = f"{rows} SELECT i AS no FROM n WHERE :value = 'X'"
    assert len(source(shop, queries={"order": many}, rows=7).find(order_key("X"), Deadline.after(10))) == 7


def test_a_check_names_the_columns(shop: str) -> None:
    told = source(shop).check(Deadline.after(10))
    assert told.reached and {"no", "email", "tracking"} <= set(told.fields) and not told.notes
    told = source(shop, fields={**FIELDS, "city": "il"}).check(Deadline.after(10))
    assert told.reached and "answers with no column 'il'" in told.notes[0]
    told = source(shop, queries={"order": "SELECT nothing FROM orders WHERE no = :value"}).check(Deadline.after(10))
    assert not told.reached and "the database refused" in told.said and "\n" not in told.said


@pytest.mark.parametrize(
    ("url", "sentence"),
    [("", "SHOP_DB is empty"), ("not a url", "holds no address"), ("nosuch://u:geheim@h/d", "no driver for nosuch"),
     ("sqlite:////nowhere/at/all.db", "there is no database file"), ("sqlite://", "there is no database file"),
     ("postgresql+psycopg://u:geheim@127.0.0.1:1/d", "the database refused"),
     ("postgresql+psycopg://u:geheim@127.0.0.1:1/d?nonsense=1", "Orders")],
)  # fmt: skip
def test_a_database_that_is_not_there_is_a_sentence_without_the_password(url: str, sentence: str) -> None:
    with pytest.raises(OrderSourceError, match=sentence) as error:
        source(url).find(order_key("1"), Deadline.after(5))
    assert "geheim" not in str(error.value) and "\n" not in str(error.value)
    assert not source(url).check(Deadline.after(5)).reached
