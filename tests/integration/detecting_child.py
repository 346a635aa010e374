"""A worker's detection that is killed: it places what waits, and dies at a line of ours."""

from __future__ import annotations

import os
import signal
import sys
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import Any

from store import Store
from tests.integration.detecting_work import detecting

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

    sys.settrace(each_call)
    job.run(now)
    sys.settrace(None)
    store.close()
    gate.send(lines)
