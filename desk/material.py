"""What lies at hand beside an answer: ready sentences, last answers to the same matter, what was given on the case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from desk import granting
from desk.codes import seal_from_environment
from desk.customers import Customers
from desk.drafting import Target
from desk.views import CaseView, QueueRow
from playbooks.decision import Decision, told
from playbooks.phrases import Ready, snippets_for
from store import concessions as ledger_store
from store import helpful
from store.helpful import GivenAnswer

LAST_ANSWERS = 5

READY_KEPT = timedelta(seconds=30)
"""How long what lies at hand beside a case stays as it is: the page asks for it every five seconds."""


@dataclass(frozen=True)
class Given:
    """Something that was given on a case: `state` is promised, granted, redeemed or cancelled."""

    id: int
    kind: str
    amount: str
    currency: str
    count: int
    state: str
    by: str
    at: datetime
    has_code: bool


class Material(Customers):
    """Snippets, last answers, and the concessions of a case."""

    def snippets(self, view: CaseView, target: Target, language: str, now: datetime) -> tuple[Ready, ...]:
        """Ready sentences for this way and language, filled with what is known and decided."""
        key = ("snippets", self.me, view.row.case_id, len(view.events), len(view.mentions), target.key, language)
        return self.kept.get(key, now, READY_KEPT, lambda: self._snippets(view, target, language, now))

    def _snippets(self, view: CaseView, target: Target, language: str, now: datetime) -> tuple[Ready, ...]:
        playbook = view.run.playbook if view.run else None
        facts: Mapping[str, object] = self._known(view, target, now)
        if playbook is not None:
            decision = self.decision_of(view) or Decision()
            facts = {**facts, **told(playbook, decision, language, facts, zone=self.zone)}
        return tuple(snippets_for(self.library.phrases, playbook, target.family, language, facts))

    def last_answers(self, view: CaseView, language: str, now: datetime) -> tuple[GivenAnswer, ...]:
        """What colleagues answered lately in the same matter, channel and language: the newest first.

        Only public words: what one customer was told in private is not for another's answer.
        """
        row = view.row
        key = ("last_answers", row.playbook, row.topic, language, row.case_id)
        return self.kept.get(key, now, READY_KEPT, lambda: self._last_answers(row, language))

    def _last_answers(self, row: QueueRow, language: str) -> tuple[GivenAnswer, ...]:
        with self.store.read() as tx:
            return tuple(
                helpful.last_answers(
                    tx, self.brand, playbook=row.playbook, topic=row.topic, language=language, but=row.case_id,
                    limit=LAST_ANSWERS,
                )
            )  # fmt: skip

    def given(self, case_id: int) -> tuple[Given, ...]:
        """What was given on a case, the oldest first."""
        with self.store.read() as tx:
            rows = ledger_store.of_case(tx, self.brand, case_id)
        return tuple(
            Given(
                row.id, row.kind, str(row.amount) if row.amount is not None else "", row.currency or "", row.count,
                row.state, row.granted_by, row.at, row.code_id is not None,
            )
            for row in rows
        )  # fmt: skip

    def keep_given(self, concession_id: int, now: datetime) -> None:
        """What was promised was done. Raises Refused."""
        with self.store.write() as tx:
            granting.keep(tx, self.brand, concession_id, self.agent(), now)

    def cancel_given(self, concession_id: int, why: str, now: datetime) -> None:
        """Take a concession back, with a reason. Raises Refused."""
        with self.store.write() as tx:
            granting.cancel(tx, self.brand, concession_id, self.agent(), why, now)

    def voucher_code(self, concession_id: int, now: datetime) -> dict[str, Any]:
        """A voucher's code in the clear; that I looked is an event. Raises Refused."""
        with self.store.write() as tx:
            code = granting.see_code(tx, self.brand, concession_id, self.agent(), seal_from_environment(), now)
        return {"code": code}
