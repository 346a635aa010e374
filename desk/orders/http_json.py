"""Orders from a service that answers JSON over HTTP: limits on time and size, no redirect elsewhere, no secret told.

The address is the operator's own, so it may lie inside the network; what a stranger typed is only ever one
percent-encoded value in its path or query. Amounts are read as Decimal, never as float.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from desk.orders.keys import OrderKey, order_key
from desk.orders.mapping import Mapper, field_names, value_at
from desk.orders.order import Order
from desk.orders.settings import HttpSettings
from desk.orders.source import Check, Deadline, OrderSourceError, seconds

USER_AGENT = "Nobet/0.1 (order card)"
MOST_RECORDS = 500
"""Orders of one answer that are read; a person with more is a reseller, and the newest come first in no service."""

MOST_REDIRECTS = 3
_CHUNK = 64 * 1024


class HttpOrders:
    """An OrderSource over one service; a new connection per question."""

    def __init__(self, settings: HttpSettings, mapper: Mapper, environ: Mapping[str, str]) -> None:
        self.name = settings.name
        self._settings = settings
        self._mapper = mapper
        self._environ = environ

    @property
    def kinds(self) -> frozenset[str]:
        """Those for which there is an address."""
        return frozenset(self._settings.url)

    def find(self, key: OrderKey, deadline: Deadline) -> tuple[Order, ...]:
        """The orders of this key; 404 and an empty answer are none. Raises OrderSourceError."""
        template = self._settings.url.get(key.kind)
        if template is None:
            return ()
        return self._mapper.orders(self._records(self._ask(address(template, key), deadline)))

    def check(self, deadline: Deadline) -> Check:
        """Asks for an order that cannot exist: reached is a service that answers, if only with 'not found'."""
        template = self._settings.url.get("order")
        if template is None:
            return Check(True, "it is asked by phone or e-mail only; try one with `nobet orders find`")
        try:
            answer = self._ask(address(template, order_key("NOBET-CHECK-0")), deadline)
            fields = tuple(field_names(answer))
            self._records(answer)
        except OrderSourceError as error:
            return Check(False, str(error))
        said = "it answers" if answer is not None else "it answers; it has no order NOBET-CHECK-0, as it should be"
        return Check(True, said, fields)

    def seen(self, key: OrderKey, deadline: Deadline) -> tuple[str, ...]:
        """The field names of the first record of a real key, for mapping. Raises OrderSourceError."""
        template = self._settings.url.get(key.kind)
        records = self._records(self._ask(address(template, key), deadline)) if template else []
        return tuple(field_names(records[0])) if records else ()

    def _records(self, answer: Any) -> list[Any]:
        found = value_at(answer, self._settings.records)
        if found is None:
            return []
        if isinstance(found, Mapping):
            return [found]
        if isinstance(found, list):
            return found[:MOST_RECORDS]
        where = self._settings.records or "the answer"
        raise self._error(f"{where} is neither an order nor a list of orders; see `records` in the configuration")

    def _ask(self, url: str, deadline: Deadline) -> Any:
        """The decoded answer, None where the service knows no such order."""
        headers = {"User-Agent": USER_AGENT, "Accept": "application/json", **self._settings.headers}
        for header, variable in self._settings.headers_env.items():
            value = self._environ.get(variable, "").strip()
            if not value:
                raise self._error(f"the environment variable {variable} is empty")
            headers[header] = value
        watch = _Watch()
        timer = threading.Timer(deadline.left, watch.end)
        timer.daemon = True
        timer.start()
        host = urlsplit(url).netloc
        try:
            with watch.session() as session:
                status, body = self._followed(session, url, headers, deadline)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            if watch.ended or deadline.passed or isinstance(error, requests.Timeout):
                limit = seconds(self._settings.time_limit)
                raise self._error(f"{host} did not answer within {limit} seconds") from None
            if isinstance(error, requests.exceptions.SSLError):
                raise self._error(f"the certificate of {host} was not accepted") from None
            why = type(error).__name__
            raise self._error(f"{host} could not be reached or broke off its answer ({why})") from None
        finally:
            timer.cancel()
        if watch.ended:  # headers that were cut off look whole to the client
            raise self._error(f"{host} did not answer within {seconds(self._settings.time_limit)} seconds")
        return self._decoded(host, status, body)

    def _followed(
        self, session: requests.Session, url: str, headers: dict[str, str], deadline: Deadline
    ) -> tuple[int, bytes]:
        asked = url
        for _ in range(MOST_REDIRECTS + 1):
            response = session.get(
                asked, headers=headers, timeout=max(0.05, deadline.left), stream=True, allow_redirects=False
            )
            with response:
                where = response.headers.get("location")
                if response.status_code not in (301, 302, 303, 307, 308) or not where:
                    return response.status_code, self._body(response)
            goes = urljoin(asked, where)
            if _origin(goes) != _origin(url):
                raise self._error(f"{urlsplit(url).netloc} redirects elsewhere, which is not followed")
            asked = goes
        raise self._error(f"{urlsplit(url).netloc} redirects in a circle")

    def _body(self, response: requests.Response) -> bytes:
        parts: list[bytes] = []
        size = 0
        while part := response.raw.read1(_CHUNK, decode_content=True):
            size += len(part)
            if size > self._settings.max_bytes:
                limit = f"{self._settings.max_bytes:,}"
                raise self._error(f"the answer is larger than {limit} bytes; nothing of it was read")
            parts.append(part)
        return b"".join(parts)

    def _decoded(self, host: str, status: int, body: bytes) -> Any:
        if status in (404, 204, 410):
            return None
        if status in (401, 403):
            names = ", ".join(self._settings.headers_env.values())
            check = f"; check {names}" if names else ""
            raise self._error(f"{host} refused us ({status}){check}")
        if status != 200:
            raise self._error(f"{host} answered {status}")
        if not body.strip():  # what breaks off before its body looks like this too: it must not pass for "no order"
            raise self._error(f"{host} answered with nothing")
        try:
            return json.loads(body, parse_float=Decimal, parse_constant=lambda _: None)
        except RecursionError:
            raise self._error(f"the answer of {host} is nested too deeply") from None
        except (ValueError, ArithmeticError):
            raise self._error(f"the answer of {host} is no JSON") from None

    def _error(self, what: str) -> OrderSourceError:
        sentence = f'Orders "{self.name}": {what}'
        for variable in self._settings.headers_env.values():
            if secret := self._environ.get(variable, "").strip():
                sentence = sentence.replace(secret, "(secret)")
        return OrderSourceError(sentence)


def address(template: str, key: OrderKey) -> str:
    """The address for a key, every slot filled with its percent-encoded value."""
    for name, value in key.forms.items():
        template = template.replace(f"{{{name}}}", quote(value, safe=""))
    return template


def _origin(url: str) -> tuple[str, str | None, int | None]:
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return "", None, None


class _Watch:
    """Ends the connections of one question, so that a server that drips headers or bytes meets the deadline too."""

    def __init__(self) -> None:
        self.ended = False
        self._lock = threading.Lock()
        self._open: list[Any] = []

    def end(self) -> None:
        """The time is over."""
        with self._lock:
            self.ended = True
            for connection in self._open:
                sock = getattr(connection, "sock", None)
                if sock is not None:
                    with contextlib.suppress(OSError):  # it ended by itself
                        sock.shutdown(socket.SHUT_RDWR)

    def session(self) -> requests.Session:
        """A session whose connections are watched; no .netrc, no cookies kept."""
        watch = self

        class Plain(HTTPConnection):
            def connect(self) -> None:
                super().connect()
                watch.watch(self)

        class Safe(HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                watch.watch(self)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SafePool(HTTPSConnectionPool):
            ConnectionCls = Safe

        adapter = HTTPAdapter(max_retries=0)
        adapter.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SafePool}
        session = requests.Session()
        session.auth = lambda request: request  # otherwise a .netrc of whoever runs us would replace our header
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        return session

    def watch(self, connection: Any) -> None:
        """One more connection; ended at once where the time is over already."""
        with self._lock:
            self._open.append(connection)
            over = self.ended
        if over:
            raise TimeoutError("the time is over")
