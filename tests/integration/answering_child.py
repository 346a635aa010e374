"""A desk's process that is killed: it decides, asks, approves, sends and delivers, and dies at a line of ours."""

from __future__ import annotations

from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from store import Store
from tests.integration.answering_work import TEXT, Flow, a_flow, minutes
from tests.integration.killing import killed_at

ROOT = Path(__file__).parents[2]
OURS = tuple(
    str(ROOT / name)
    for name in (
        "desk/answering.py", "desk/giving.py", "desk/approving.py", "desk/granting.py", "desk/outbox.py",
        "store/outbox.py", "store/approvals.py", "store/concessions.py", "store/events.py",
        "tests/integration/answering_work.py",
    )
)  # fmt: skip
LARGE = {"solution": "voucher", "amount": "300.00", "currency": "TRY"}


def work(flow: Flow, case_id: int, turn: int) -> None:
    """Everything that the desk does for a case; done again from the start, it goes on where it was."""
    now = minutes(5)
    flow.desk.decide(case_id, LARGE, now)
    leads = [one for one in flow.hand("Leyla").approvals(now) if one.case_id == case_id]
    for question in leads:
        flow.hand("Leyla").decide_approval(question.id, True, "", now)
    key = flow.keys(case_id, now)["x public"]
    flow.desk.send(case_id, key, "tr", TEXT.format("Elif"), f"press {case_id}", now)
    for question in [one for one in flow.hand("Can").approvals(now) if one.case_id == case_id]:
        flow.hand("Can").decide_approval(question.id, True, "", now)
    # Longer than a claim holds: what a process left that died is taken up.
    flow.deliver(minutes(6) + turn * timedelta(minutes=6))


def life(url: str, folder: str, case_id: int, turn: int, kill_at: int, gate: Connection) -> None:
    """Works once; dies by kill -9 at the `kill_at`-th line of ours (0: never). Answers how many lines were run."""
    store = Store.open(url, migrate=False)
    flow = a_flow(store, Path(folder))
    with killed_at(kill_at, OURS) as lines:
        work(flow, case_id, turn)
    store.close()
    gate.send(lines.run)
