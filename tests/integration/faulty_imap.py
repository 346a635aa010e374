"""Stands between a mail reader and a real IMAP server, and lets single commands go wrong.

    with FaultyImap(mail.port) as wire:
        wire.fail(b"UID FETCH", says(b"NO [LIMIT] slow down"), at=2)    # the second one from now on

A fault is what is sent instead of the server's answer. Nothing here sleeps: a hang waits for the wire's end.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType

GREETING = b"GREETING"
"""The command name of what a server says before it is asked."""


@dataclass
class Line:
    """One command on the wire: its tag, its words, both connections, and the wire's end."""

    tag: bytes
    raw: bytes
    client: socket.socket
    server: socket.socket
    closing: threading.Event


Fault = Callable[[Line], bool]
"""Answers in the server's place; whether the connection goes on."""


def says(text: bytes) -> Fault:
    """The command is answered with `text` under its own tag."""

    def fault(line: Line) -> bool:
        line.client.sendall(line.tag + b" " + text + b"\r\n")
        return True

    return fault


def bye(text: bytes = b"shutting down") -> Fault:
    """The server says goodbye and hangs up."""

    def fault(line: Line) -> bool:
        line.client.sendall(b"* BYE " + text + b"\r\n")
        return False

    return fault


def sends(data: bytes) -> Fault:
    """Bytes that are no IMAP, and the end."""

    def fault(line: Line) -> bool:
        line.client.sendall(data)
        return False

    return fault


def hang(line: Line) -> bool:
    """No answer until the wire is taken down."""
    line.closing.wait()
    return False


def drip(line: Line) -> bool:
    """A byte at a time, for ever."""
    with contextlib.suppress(OSError):
        while not line.closing.wait(0.02):
            line.client.sendall(b"*")
    return False


def cut(bytes_: int = 60) -> Fault:
    """The right answer, broken off after so many bytes."""

    def fault(line: Line) -> bool:
        line.server.sendall(line.raw)
        line.client.sendall(line.server.recv(bytes_))
        return False

    return fault


@dataclass
class _Rule:
    command: bytes
    fault: Fault
    left: int


@dataclass
class FaultyImap:
    """Listens on 127.0.0.1 and passes everything on to `port`, but for what `fail` says."""

    port: int
    commands: list[bytes] = field(default_factory=list)
    """Every command that was asked, without its tag and without what follows LOGIN."""

    def __post_init__(self) -> None:
        self._rules: list[_Rule] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.own_port = int(self._listener.getsockname()[1])

    def fail(self, command: bytes, fault: Fault, at: int = 1) -> None:
        """The `at`-th such command from now on goes wrong, once."""
        with self._lock:
            self._rules.append(_Rule(command, fault, at))

    def _fault(self, command: bytes) -> Fault | None:
        with self._lock:
            for rule in self._rules:
                if command.upper().startswith(rule.command):
                    rule.left -= 1
                    if rule.left == 0:
                        self._rules.remove(rule)
                        return rule.fault
        return None

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(client,), daemon=True).start()

    def _talk(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)) as server:
            if (fault := self._fault(GREETING)) is not None:
                fault(Line(b"*", b"", client, server, self._closing))
                return
            client.sendall(server.recv(10_000))  # the greeting, before anything can be asked
            lines = client.makefile("rb")
            for raw in lines:
                tag, _, command = raw.rstrip(b"\r\n").partition(b" ")
                name = command.split(b" ")[0].upper()
                self.commands.append(b"LOGIN" if name == b"LOGIN" else command)
                if (fault := self._fault(command)) is not None:
                    if not fault(Line(tag, raw, client, server, self._closing)):
                        return
                    continue
                server.sendall(raw)
                self._pass_on(server, client, tag)

    @staticmethod
    def _pass_on(server: socket.socket, client: socket.socket, tag: bytes) -> None:
        """What the server says until the command's tagged answer, or until it asks for more."""
        tail = b""
        while part := server.recv(65_536):
            client.sendall(part)
            tail = (tail + part)[-8_192:]
            last = tail[:-2].rpartition(b"\r\n")[2] if tail.endswith(b"\r\n") else b""
            if last.startswith((tag + b" ", b"+ ")):
                return

    def __enter__(self) -> FaultyImap:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits in accept, which holds it open
        self._listener.close()
