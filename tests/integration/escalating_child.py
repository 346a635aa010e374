"""A process that tells the people of a crisis and sends what is queued, and that is killed at a line of ours."""

from __future__ import annotations

import json
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path

from desk.alerts import Alerter
from desk.crisis.escalating import Escalating
from store import Store
from tests.integration.alerted_desk import CHANNELS, settings
from tests.integration.killing import killed_at

ROOT = Path(__file__).parents[2]
OURS = tuple(
    str(ROOT / name)
    for name in (
        "desk/crisis/escalating.py", "desk/crisis/course.py", "desk/alert", "store/crises.py", "store/warnings.py",
        "store/subjects.py", "store/events.py",
    )
)  # fmt: skip


def life(url: str, sink: str, now: datetime, kill_at: int, gate: Connection) -> None:
    """Tells and sends once when the gate opens; dies by kill -9 at the `kill_at`-th line of ours (0: never).

    What is sent is a line of the file `sink`. Answers how many lines were run through the gate, if it lives.
    """
    store = Store.open(url, migrate=False)

    def send(address: str, title: str, text: str) -> bool:
        with open(sink, "a", encoding="utf-8") as file:
            file.write(json.dumps([address, title]) + "\n")
        return True

    escalating = Escalating(store, settings())
    alerter = Alerter(store, settings(), {channel: channel for channel in CHANNELS}, send)
    gate.recv()
    with killed_at(kill_at, OURS) as lines:  # alerts are sent by threads of their own
        escalating.run(now)
        alerter.run(now)
    store.close()
    gate.send(lines.run)
