"""A real service on 127.0.0.1 that takes alerts as apprise's json:// sends them; it fails, hangs and comes back."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "cok-gizli-yol"


class Service:
    """`status` is what it answers; while `hangs` it answers nobody; it counts who `asked`, and keeps what it `got`.

    It answers only when another one was asked, where it `waits_for` what `came` there.
    """

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.asked = 0
        self.status = 200
        self.hangs = False
        self.came = threading.Event()
        self.waits_for: threading.Event | None = None
        self._released = threading.Event()
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                text = self.rfile.read(int(self.headers["Content-Length"]))
                service.asked += 1
                service.came.set()
                if service.waits_for is not None:
                    service.waits_for.wait(20)
                if service.hangs:
                    service._released.wait(20)
                    return
                if service.status == 200:
                    service.got.append({**json.loads(text), "path": self.path})
                self.send_response(service.status)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.thread.start()

    @property
    def address(self) -> str:
        """The address in apprise's form, with seconds to connect and to wait."""
        return f"json://127.0.0.1:{self.server.server_port}/{SECRET}?cto=5&rto=5"

    @property
    def hasty(self) -> str:
        """The address for a sender who waits a second at most."""
        return f"json://127.0.0.1:{self.server.server_port}/{SECRET}?cto=1&rto=1"

    def end(self) -> None:
        self._released.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@contextmanager
def services(*names: str) -> Iterator[dict[str, Service]]:
    """A service for each name."""
    made = {name: Service() for name in names}
    try:
        yield made
    finally:
        for service in made.values():
            service.end()
