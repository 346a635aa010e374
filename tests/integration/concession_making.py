"""What the concessions' tests share: hands with limits, grants, codes, many hands at once."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cryptography.fernet import Fernet

from desk import granting, ledger
from desk.approvals import Approvals
from desk.codes import Seal, read_codes
from desk.concessions import Concessions, Wish
from desk.granting import Granted
from desk.money import money
from desk.team import Agent
from store import Store, cases
from store.concessions import ConcessionRow
from tests.integration.store_making import BRAND, NOW

ZONE = ZoneInfo("Europe/Istanbul")
DAY = timedelta(days=1)
APPROVALS = Approvals(rules=())
SEAL = Seal(Fernet.generate_key().decode())


def limits(case: str = "250.00", month: str = "1000.00", budget: str | None = None, **more: Any) -> Concessions:
    def line(role: str, case: str, month: str) -> dict[str, Any]:
        return {"role": role, "kind": "voucher", "per_case": {"amount": case, "currency": "TRY"},
                "per_month": {"amount": month, "currency": "TRY"}}  # fmt: skip

    count = {"role": "agent", "kind": "replacement", "per_case": {"count": 1}}
    lines = [line("agent", case, month), line("team_lead", "900.00", "9000.00"), count]
    budgets = [{"amount": budget, "currency": "TRY"}] if budget else []
    return Concessions.model_validate({"limits": lines, "budget": budgets, **more})


def person(name: str = "Mert", role: str = "agent", **fields: Any) -> Agent:
    return Agent.model_validate({"name": name, "role": role, **fields})


MERT, ELIF = person(), person("Elif", "team_lead")
keys = itertools.count()


def voucher(amount: str, currency: str = "TRY") -> Wish:
    return Wish("voucher", money(amount, currency))


def grant(
    store: Store, case_id: int, wish: Wish, agent: Agent = MERT, at: datetime = NOW, rules: Concessions | None = None,
    key: str | None = None, brand: str = BRAND, **more: Any,
) -> Granted:  # fmt: skip
    with store.write() as tx:
        return granting.grant(
            tx, brand, key or f"k{next(keys)}", case_id, wish, agent, at, zone=ZONE, rules=rules or limits(),
            approvals=APPROVALS, **more,
        )  # fmt: skip


def rows(store: Store, brand: str = BRAND) -> list[ConcessionRow]:
    with store.read() as tx:
        return ledger.ledger(tx, brand, NOW - 1000 * DAY, NOW + 1000 * DAY)


def new_case(store: Store, brand: str = BRAND) -> int:
    with store.write() as tx:
        return cases.open_case(tx, brand, channel="x", source="x", posted_at=NOW, opened_at=NOW)


def fill(store: Store, *codes: str, amount: str = "250.00", expires: str | None = None) -> tuple[int, int]:
    found = read_codes("\n".join(codes), ZONE, amount, "TRY", expires)
    assert not found.problems
    with store.write() as tx:
        return granting.import_codes(tx, BRAND, found, SEAL, "agent:Elif", NOW)


def at_once(work: Sequence[Callable[[], object]]) -> list[BaseException]:
    start, problems = threading.Barrier(len(work)), []

    def run(one: Callable[[], object]) -> None:
        start.wait()
        try:
            one()
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=run, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return problems
