"""Giving what was decided: one offer is granted once, however often it is decided, asked for and approved.

An offer is what a decision gives: its solution, amount and count. Decisions that follow each other with the same offer
are one and the same, whatever else they say; the first of them names the grant. A new offer takes the place of one that
nobody has told the customer yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from desk import approving
from desk.concessions import Wish
from desk.drafting import Drafting
from desk.granting import NeedsApproval, cancel, grant
from desk.lineage import counted
from desk.money import Money
from desk.roles import Refused
from desk.team import Agent
from playbooks.decision import Decision
from playbooks.schema import Playbook
from store import concessions as ledger_store
from store import events as event_log
from store.approvals import ApprovalRow
from store.concessions import ConcessionRow
from store.rows import CaseRow, EventRow

_KEY = "decided:"
_HANDED_OVER = ("voucher_code_seen", "concession_kept", "concession_redeemed")
_REPLACED = "Karar değişti / the decision was changed"


class Giving(Drafting):
    """Granting offers, and asking for those past one's own authority."""

    def _give(
        self, tx: Connection, row: CaseRow, playbook: Playbook | None, made: Decision, hand: Agent, now: datetime
    ) -> None:
        """Give what was decided last, or ask whoever may. What is the customer's right anyway is no concession."""
        events = counted(event_log.of_case(tx, row.id))
        first = _first_of_offer(events)
        if first is None:
            return
        key = self._key(tx, first)
        self._replace(tx, row, events, first, hand, now)
        solution = playbook.solution(made.solution) if playbook is not None and made.solution is not None else None
        if solution is None or solution.concession is None:
            return
        money = Money(made.amount, made.currency) if made.amount is not None and made.currency else None
        wish = Wish(solution.concession, money, made.count or 1, solution.id)
        approvals = self.settings.approvals
        try:
            grant(
                tx, self.brand, key, row.id, wish, hand, now, zone=self.zone, rules=self.settings.concessions,
                approvals=approvals, playbook=playbook,
            )  # fmt: skip
        except NeedsApproval as need:
            asked = approving.ask(tx, self.brand, row.id, need.matter, need.needs, hand, now, approvals)
            if asked.id not in {e.data.get("approval") for e in _waits(events)}:
                self._log(tx, row.id, "concession_waits", now, {"approval": asked.id, "key": key})

    def _give_approved(self, tx: Connection, row: CaseRow, asked: ApprovalRow, now: datetime) -> None:
        """Grant what was asked for, by the hand of whoever decided it, unless something else was decided since."""
        events = counted(event_log.of_case(tx, row.id))
        waits = [e for e in _waits(events) if e.data.get("approval") == asked.id]
        first = _first_of_offer(events)
        if not waits or first is None or row.playbook is None or row.playbook not in self.library:
            return
        if waits[-1].data.get("key") != self._key(tx, first):
            return
        made = Decision.model_validate(_decided(events)[-1].data["decision"])
        self._give(tx, row, self.library[row.playbook], made, self.agent(asked.asked_by), now)

    def _key(self, tx: Connection, first: EventRow) -> str:
        """The name of the grant of an offer; another one once it was granted and cancelled."""
        key = f"{_KEY}{first.id}"
        known = ledger_store.by_key(tx, self.brand, key)
        while known is not None and known.state == "cancelled":
            key = f"{_KEY}{first.id}:{known.id}"
            known = ledger_store.by_key(tx, self.brand, key)
        return key

    def _replace(
        self, tx: Connection, row: CaseRow, events: Sequence[EventRow], first: EventRow, hand: Agent, now: datetime
    ) -> None:
        """Take back offers of earlier decisions: those the customer has not been told, and those still asked for."""
        for given in ledger_store.of_case(tx, self.brand, row.id):
            decided = given.key.removeprefix(_KEY).partition(":")[0] if given.key.startswith(_KEY) else ""
            if not decided.isdigit() or int(decided) >= first.id or given.state not in ("promised", "granted"):
                continue
            if not _told(events, int(decided), given):
                with suppress(Refused):  # not mine to take back: then both stand, and the ledger shows it
                    cancel(tx, self.brand, given.id, hand, _REPLACED, now)
        for asked in _waits(events):
            if asked.id < first.id:
                with suppress(Refused):  # decided on by now, or a colleague's question
                    approving.withdraw(tx, self.brand, int(asked.data["approval"]), hand, now, _REPLACED)


def _decided(events: Sequence[EventRow]) -> list[EventRow]:
    return [event for event in events if event.type == "decided"]


def _waits(events: Sequence[EventRow]) -> list[EventRow]:
    return [event for event in events if event.type == "concession_waits"]


def _offer(event: EventRow) -> tuple[Any, ...]:
    told = event.data.get("decision") or {}
    return told.get("solution"), told.get("amount"), told.get("currency"), told.get("count") or 1


def _first_of_offer(events: Sequence[EventRow]) -> EventRow | None:
    """The first of the decisions that say the offer which stands now; None where nothing was decided."""
    decided = _decided(events)
    first = decided[-1] if decided else None
    for event in reversed(decided):
        if _offer(event) != _offer(decided[-1]):
            break
        first = event
    return first


def _told(events: Sequence[EventRow], since: int, given: ConcessionRow) -> bool:
    """Whether the customer may know of an offer: something was answered since, or its code or its money went out."""
    for event in events:
        by_us = event.by.startswith("agent:")  # an automatic message tells no offer
        if event.id > since and by_us and event.type in ("answered", "send_queued"):
            return True
        if event.type in _HANDED_OVER and event.data.get("concession") == given.id:
            return True
    return False
