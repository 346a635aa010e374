"""A crisis room's process that is killed: it applies an approved answer to many cases, or publishes, and dies."""

from __future__ import annotations

from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from store import Store
from tests.integration.crisis_work import CrisisHouse, a_house, minutes
from tests.integration.killing import killed_at

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
    with killed_at(kill_at, OURS) as lines:
        WORK[what](house, crisis_id, statement_id, cases, turn)
    store.close()
    gate.send(lines.run)
