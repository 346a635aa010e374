"""A process that delivers, and that is killed: at a line of ours (`kill_at`), or by the platform that it speaks to."""

from __future__ import annotations

import os
import signal
import sys
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import Any

import desk.sending.registry
from desk import outbox
from desk.sending.registry import KINDS, Senders, kind_of
from store import Store

ROOT = Path(__file__).parents[2]
OURS = tuple(str(ROOT / name) for name in ("desk/outbox.py", "desk/sending/", "store/outbox.py", "store/events.py"))

assert desk.sending.registry
for _kind in KINDS:  # loaded here once: the fork server hands them to every child
    kind_of(_kind)


def life(
    url: str, records: list[dict[str, Any]], env: dict[str, str], now: datetime, kill_at: int, gate: Connection
) -> None:
    """Delivers once when the gate opens; dies by kill -9 at the `kill_at`-th line of ours (0: never).

    Answers how many lines were run through the gate, if it lives.
    """
    os.environ.update(env)
    store = Store.open(url, migrate=False)
    senders = Senders(records)
    lines = 0

    def each_line(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal lines
        if event == "line":
            lines += 1
            if lines == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
        return each_line

    def each_call(frame: FrameType, _event: str, _argument: Any) -> Any:
        return each_line if frame.f_code.co_filename.startswith(OURS) else None

    gate.recv()
    sys.settrace(each_call)
    done = outbox.deliver(store, "deneme", senders, now)
    sys.settrace(None)
    store.close()
    gate.send((lines, done))
