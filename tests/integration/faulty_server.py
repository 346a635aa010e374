"""A real HTTP server for collector tests: it serves what a test scripts, and fails where the test says so.

    with FaultyServer(route) as server:
        server.fail(2, Fault.status(500))      # the second page request from now on, once
        ...; server.requests                   # what was asked

`route` answers a Request with an Answer. Requests for which `counts` is false (token requests) are never failed by
number. Nothing here sleeps: a slow answer waits on an event that the server's end sets.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Request:
    """What a client asked."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """What the server sends; `cut` bytes of the body are left out though the length promises them."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int = 0
    hang: bool = False
    drip: bool = False

    @classmethod
    def json(cls, value: Any, status: int = 200, **headers: str) -> Answer:
        """A JSON answer."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        body = json.dumps(value, ensure_ascii=False).encode()
        return cls(status, body, {"content-type": "application/json; charset=utf-8", **named})


HTML = (
    b"<!DOCTYPE html><html><head><title>Just a moment</title></head><body><p>l\xc3\xbctfen bekleyiniz</p></body></html>"
)


class Fault:
    """What can go wrong with an answer: functions of the answer that would have been right."""

    @staticmethod
    def status(code: int, **headers: str) -> Callable[[Answer], Answer]:
        """An error status with headers (`retry_after="3"`) and a short JSON body."""
        return lambda _right: Answer.json({"message": f"error {code}"}, code, **headers)

    @staticmethod
    def truncated(right: Answer) -> Answer:
        """The connection breaks off in the middle of the body."""
        return replace(right, cut=max(1, len(right.body) // 2))

    @staticmethod
    def broken_json(right: Answer) -> Answer:
        """A whole answer whose JSON ends in the middle."""
        return replace(right, body=right.body[: len(right.body) // 2])

    @staticmethod
    def html(_right: Answer) -> Answer:
        """A page for people where data was due."""
        return Answer(200, HTML, {"content-type": "text/html; charset=utf-8"})

    @staticmethod
    def empty(right: Answer) -> Answer:
        """Status 200 with nothing in it."""
        return replace(right, body=b"")

    @staticmethod
    def slow(right: Answer) -> Answer:
        """No answer before the client gives up."""
        return replace(right, hang=True)

    @staticmethod
    def drip(right: Answer) -> Answer:
        """An answer that comes a byte at a time, for ever."""
        return replace(right, drip=True)


class FaultyServer:
    """Serves `route` on 127.0.0.1; `fail` makes a coming request go wrong."""

    def __init__(
        self, route: Callable[[Request], Answer], counts: Callable[[Request], bool] = lambda request: True
    ) -> None:
        self.route = route
        self.requests: list[Request] = []
        self._counts = counts
        self._faults: dict[int, Callable[[Answer], Answer]] = {}
        self._served = 0
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def fail(self, number: int, fault: Callable[[Answer], Answer], times: int = 1) -> None:
        """The `number`-th counted request from now (1 is the next) goes wrong, and `times` - 1 after it."""
        with self._lock:
            for at in range(number, number + times):
                self._faults[self._served + at] = fault

    @property
    def pages(self) -> list[Request]:
        """The counted requests."""
        return [request for request in self.requests if self._counts(request)]

    def _answer(self, request: Request) -> Answer:
        with self._lock:
            self.requests.append(request)
            fault = None
            if self._counts(request):
                self._served += 1
                fault = self._faults.pop(self._served, None)
            right = self.route(request)
        return fault(right) if fault else right

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            disable_nagle_algorithm = True  # header and body are two writes; else the second waits for the first
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                url = urlsplit(self.path)
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request(self.command, url.path, dict(parse_qsl(url.query)), headers, body)
                answer = server._answer(request)
                if answer.hang:
                    server._closing.wait()
                    return
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if answer.status not in (204, 304):
                    self.send_header("content-length", str(len(answer.body)))
                self.end_headers()
                if answer.drip:
                    for byte in answer.body:
                        self.wfile.write(bytes([byte]))
                        if server._closing.wait(0.05):
                            return
                    return
                self.wfile.write(answer.body[: len(answer.body) - answer.cut])
                if answer.cut:
                    self.close_connection = True

            do_GET = do_POST = answer

            def handle(self) -> None:
                with contextlib.suppress(ConnectionError, TimeoutError):  # the client gave up, as the test wanted
                    super().handle()

            def log_message(self, *args: Any) -> None:
                pass

        return Handler

    def __enter__(self) -> FaultyServer:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
