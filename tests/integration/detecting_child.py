"""A worker's detection that is killed: it places what waits, and dies at a line of ours."""

from __future__ import annotations

from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path

from store import Store
from tests.integration.detecting_work import detecting
from tests.integration.killing import killed_at

ROOT = Path(__file__).parents[2]
OURS = tuple(
    str(ROOT / name)
    for name in (
        "desk/crisis/detecting.py", "desk/crisis/knowledge.py", "desk/crisis/suspecting.py", "desk/crisis/opening.py",
        "desk/crisis/course.py", "store/incidents.py", "store/alarms.py", "store/crises.py", "store/subjects.py",
        "store/events.py",
    )
)  # fmt: skip


def life(url: str, now: datetime, kill_at: int, gate: Connection) -> None:
    """Detects once; dies by kill -9 at the `kill_at`-th line of ours (0: never). Answers how many lines were run."""
    store = Store.open(url, migrate=False)
    job = detecting(store)
    with killed_at(kill_at, OURS) as lines:
        job.run(now)
    store.close()
    gate.send(lines.run)
