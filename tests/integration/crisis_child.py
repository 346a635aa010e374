"""A crisis room's process that is killed: it applies an approved answer to many cases, or publishes, and dies."""

from __future__ import annotations

import os
import signal
import sys
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import Any

from store import Store
from tests.integration.crisis_work import CrisisHouse, a_house, minutes

ROOT = Path(__file__).parents[2]
OURS = tuple(
    str(ROOT / name)
    for name in (
        "desk/crisis/answering_many.py", "desk/crisis/statements.py", "desk/crisis/acting.py", "desk/crisis/course.py",
        "desk/outbox.py", "store/outbox.py", "store/events.py", "store/subjects.py", "store/crises.py",
        "tests/integration/crisis_work.py",
    )
)  # fmt: skip


def answer(house: CrisisHouse, crisis_id: int, statement_id: int, cases: list[int], turn: int) -> None:
    """Apply, deliver, and record what is posted by hand; done again from the start, it goes on where it was."""
    lead, now = house.hand("Leyla"), minutes(5)
    lead.answer_many(crisis_id, statement_id, cases, now)
    for one in lead.to_post(crisis_id, now):
        lead.posted(crisis_id, one.case_id, "https://p.example/1", now)
    # Longer than a claim holds: what a process left that died is taken up.
    house.flow.deliver(minutes(6) + turn * timedelta(minutes=6))


def publish(house: CrisisHouse, crisis_id: int, statement_id: int, cases: list[int], turn: int) -> None:
    """Publish in both channels."""
    for channel in ("x", "web"):
        house.hand("Pelin").published(crisis_id, statement_id, channel, f"https://p.example/{channel}", minutes(5))


WORK = {"answer": answer, "publish": publish}


def life(
    url: str, folder: str, what: str, crisis_id: int, statement_id: int, cases: list[int], turn: int, kill_at: int,
    gate: Connection,
) -> None:  # fmt: skip
    """Works once; dies by kill -9 at the `kill_at`-th line of ours (0: never). Answers how many lines were run."""
    store = Store.open(url, migrate=False)
    house = a_house(store, Path(folder))
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
    WORK[what](house, crisis_id, statement_id, cases, turn)
    sys.settrace(None)
    store.close()
    gate.send(lines)
