"""A process that delivers, and that is killed: at a line of ours (`kill_at`), or by the platform that it speaks to."""

from __future__ import annotations

import os
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import desk.sending.registry
from desk import outbox
from desk.sending.registry import KINDS, Senders, kind_of
from store import Store
from tests.integration.killing import killed_at

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
    gate.recv()
    with killed_at(kill_at, OURS) as lines:
        done = outbox.deliver(store, "deneme", senders, now)
    store.close()
    gate.send((lines.run, done))
