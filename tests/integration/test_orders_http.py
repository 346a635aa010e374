"""Orders from a real HTTP server, well behaved and hostile; and the commands that try a configuration."""

from __future__ import annotations

import contextlib
import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter

from desk.orders.http_json import HttpOrders, address
from desk.orders.keys import OrderKey, email_key, order_key, phone_key
from desk.orders.order import Order
from desk.orders.registry import source_for
from desk.orders.settings import OrderSourceSettings
from desk.orders.source import Deadline, OrderSourceError
from tests.acceptance.command import nobet
from tests.integration.faulty_server import Answer, Fault, FaultyServer, Request

FIELDS = {
    "number": "orderNumber",
    "placed_at": "orderDate",
    "total": "totalPrice",
    "email": "customerEmail",
    "status": "status",
    "shipments": {"path": "packages", "tracking": "cargoTrackingNumber", "carrier": "cargoProviderName"},
}
ORDER = {
    "orderNumber": "SN/1 ü",
    "orderDate": 1794300000000,
    "totalPrice": 0.1,
    "customerEmail": "ayse@x.com",
    "status": "Shipped",
    "packages": [{"cargoTrackingNumber": 3513773163316, "cargoProviderName": "Aras Kargo Marketplace"}],
}


def shop_route(request: Request) -> Answer:
    if request.headers.get("authorization") != "Bearer geheim":
        return Answer.json({"error": "Bearer geheim is wanted"}, 401)
    if request.path.endswith("/SN%2F1%C3%9C") or request.query.get("q") in ("ayse@x.com", "+905321234567"):
        return Answer.json({"content": [ORDER]})
    return Answer.json({"content": []})


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    with FaultyServer(shop_route) as running:
        yield running


def record(url: str, **more: Any) -> dict[str, Any]:
    return {
        "kind": "http",
        "name": "shop",
        "fields": FIELDS,
        "records": "content",
        "url": {
            "order": f"{url}/orders/{{value}}",
            "email": f"{url}/orders?q={{value}}",
            "phone": f"{url}/orders?q={{value}}",
        },
        "headers_env": {"Authorization": "SHOP_TOKEN"},
        "time_limit": 0.5,
        **more,
    }


def source(url: str, environ: dict[str, str] | None = None, **more: Any) -> HttpOrders:
    made = TypeAdapter(OrderSourceSettings).validate_python(record(url, **more))
    environ = {"SHOP_TOKEN": "Bearer geheim"} if environ is None else environ
    found = source_for(made, home=Path("/"), zone=ZoneInfo("Europe/Istanbul"), region="TR", environ=environ)
    assert isinstance(found, HttpOrders)
    return found


def find(made: HttpOrders, key: OrderKey, limit_s: float = 30) -> tuple[Order, ...]:
    return made.find(key, Deadline.after(limit_s))


@pytest.mark.parametrize("key", [order_key("SN/1 ü"), email_key("Ayse@x.com"), phone_key("0532 123 45 67")])
def test_found_by_every_key(server: FaultyServer, key: OrderKey) -> None:
    [order] = find(source(server.url), key)
    assert order.number == "SN/1 ü" and order.shipments[0].tracking == "3513773163316"


def test_an_amount_is_never_a_float_on_its_way(server: FaultyServer) -> None:
    server.fail(1, lambda _right: Answer(200, b'{"content": {"orderNumber": 1, "totalPrice": 79999999999.123456789}}'))
    [order] = find(source(server.url), order_key("1"))
    assert order.total is not None and str(order.total.amount) == "79999999999.123456789"


@pytest.mark.parametrize(
    "number", ["../../admin", "a?b=c", "a#b", "a%2e%2e", "x\r\nHost: evil", "{value}", "a&q=ayse@x.com", "1' OR 1=1--"]
)
def test_a_number_stays_one_value_of_the_address(server: FaultyServer, number: str) -> None:
    assert find(source(server.url), order_key(number)) == ()
    [asked] = server.requests
    assert asked.path.count("/") == 2 and asked.query == {} and asked.headers["host"] == server.url[7:]


def test_an_address_is_encoded() -> None:
    assert (
        address("https://a.example/{value}", OrderKey("order", "a/b?c&d=é"))
        == "https://a.example/a%2Fb%3Fc%26d%3D%C3%A9"
    )


def answer(body: bytes, status: int = 200, **headers: str) -> Callable[[Answer], Answer]:
    return lambda _right: Answer(status, body, {"content-type": "application/json", **headers})


WRONG: list[tuple[str, Callable[[Answer], Answer], str]] = [
    ("status", Fault.status(500), "answered 500"),
    ("empty", Fault.empty, "answered with nothing"),
    ("html", Fault.html, "is no JSON"),
    ("broken", Fault.broken_json, "is no JSON"),
    ("truncated", Fault.truncated, "broke off its answer|is no JSON"),
    ("slow", Fault.slow, r"did not answer within 0\.5 seconds"),
    ("drip", Fault.drip, r"did not answer within 0\.5 seconds"),
    ("nested", answer(b"[" * 200_000), "nested too deeply|is no JSON"),
    ("ten megabytes", answer(b'["' + b"x" * 10_000_000 + b'"]'), "larger than 2,000,000 bytes"),
    ("a number without end", answer(b'{"content": ' + b"9" * 100_000 + b"}"), "is no JSON"),
    ("text", answer(b'"hello"'), "neither an order nor a list|is no JSON"),
    ("elsewhere", answer(b"", 302, location="http://127.0.0.1:1/x"), "redirects elsewhere"),
    ("a file", answer(b"", 302, location="file:///etc/passwd"), "redirects elsewhere"),
    ("no address", answer(b"", 302, location="http://[::1"), "redirects elsewhere|could not be reached"),
    ("gzip bomb", answer(b"\x1f\x8b\x08 broken", 200, **{"content-encoding": "gzip"}), "broke off its answer"),
]


@pytest.mark.parametrize(("fault", "sentence"), [(f, s) for _, f, s in WRONG], ids=[name for name, _, _ in WRONG])
def test_what_goes_wrong_is_a_sentence(server: FaultyServer, fault: Any, sentence: str) -> None:
    server.fail(1, fault)
    made = source(server.url, records="" if "neither" in sentence else "content")
    with pytest.raises(OrderSourceError, match=sentence) as error:
        find(made, order_key("SN/1 ü"), 0.5 if "did not answer" in sentence else 30)
    assert "geheim" not in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("fault", [Fault.status(404), answer(b"null"), answer(b"{}"), answer(b'{"content": []}')])
def test_none_is_none(server: FaultyServer, fault: Any) -> None:
    server.fail(1, fault)
    assert find(source(server.url), order_key("SN/1 ü")) == ()


def test_a_redirect_on_the_same_server_is_followed_and_a_circle_ends(server: FaultyServer) -> None:
    server.fail(1, answer(b"", 301, location="/v2/orders/SN%2F1%C3%9C"))
    assert find(source(server.url), order_key("SN/1 ü"))
    server.fail(1, answer(b"", 307, location="/again"), times=9)
    with pytest.raises(OrderSourceError, match="redirects in a circle"):
        find(source(server.url), order_key("SN/1 ü"))


def test_a_wrong_or_missing_secret_is_named_and_never_told(server: FaultyServer) -> None:
    with pytest.raises(OrderSourceError, match=r"refused us \(401\); check SHOP_TOKEN") as error:
        find(source(server.url, {"SHOP_TOKEN": "Bearer falsch"}), order_key("1"))
    assert "falsch" not in str(error.value) and "geheim" not in str(error.value)
    with pytest.raises(OrderSourceError, match="SHOP_TOKEN is empty"):
        find(source(server.url, {}), order_key("1"))
    with pytest.raises(OrderSourceError, match="could not be reached"):
        find(source("http://127.0.0.1:1"), order_key("1"))


def test_a_check_names_the_fields(server: FaultyServer) -> None:
    told = source(server.url).check(Deadline.after(5))
    assert told.reached and told.fields == ("content",)
    assert "packages.0.cargoTrackingNumber" in source(server.url, records="content").seen(
        email_key("ayse@x.com"), Deadline.after(5)
    )


class Dripping(socketserver.BaseRequestHandler):
    """A server that sends its headers a byte at a time, for ever: no single wait is ever long."""

    ended = threading.Event()

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            self.request.recv(65536)
            self.request.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
            while not self.ended.wait(0.02):
                self.request.sendall(b"x")


def test_headers_that_drip_meet_the_limit() -> None:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Dripping) as dripping:
        dripping.daemon_threads = True
        threading.Thread(target=dripping.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            with pytest.raises(OrderSourceError, match=r"did not answer within 0\.5 seconds"):
                find(source(f"http://127.0.0.1:{dripping.server_address[1]}"), order_key("1"), 0.5)
        finally:
            Dripping.ended.set()
            dripping.shutdown()


# The commands


@pytest.fixture
def home(tmp_path: Path, server: FaultyServer) -> Path:
    shop = record(server.url, time_limit=5)
    rows = {
        "kind": "csv",
        "name": "stok",
        "folder": "exports",
        "fields": {"number": "No", "items": {"name": "Ürün", "stock": "Stok"}},
    }
    config = {"brand": {"name": "Marka"}, "orders": [shop, rows]}
    (tmp_path / "nobet.yaml").write_text(json.dumps(config, ensure_ascii=False), encoding="utf-8")
    (tmp_path / "nobet.env").write_text('SHOP_TOKEN="Bearer geheim"\n')
    return tmp_path


def test_find_and_check_from_the_command_line(home: Path) -> None:
    told = nobet(home, "orders", "check")
    assert told.status == 1 and "ok     shop: it answers" in told.out and "FAILED stok" in told.out
    assert "make it" in told.out and "geheim" not in told.out + told.err
    found = nobet(home, "orders", "find", "SN/1 ü", "--lang", "tr")
    assert found.status == 0 and "takip numarası: 3513773163316" in found.out and "stok" in found.out, found.err
    hidden = nobet(home, "orders", "find", "ayse@x.com", "--public", "--json").json
    assert hidden["orders"][0]["proof"] == "weak" and "3513773163316" not in json.dumps(hidden)


def test_mistakes_on_the_command_line_are_sentences(home: Path, tmp_path: Path) -> None:
    nothing = nobet(home, "orders", "find", "--json", "--", "---")
    assert nothing.status == 2 and "at least one letter or digit" in nothing.err
    (home / "nobet.yaml").write_text("brand: {name: Marka}")
    none = nobet(home, "orders", "check")
    assert none.status == 1 and "no order source is configured" in none.err and "Traceback" not in none.err
