"""Answering: approval, sending, and what became of it.

The text that was approved is the text that is sent, the text that was sent is the text that is in the log, and the
clock stops when it was sent and not before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection

from desk import approving, outbox, reading
from desk.approvals import Matter, Need, needed, say_needs
from desk.case_clocks import clocks_of, nearest_due
from desk.clock import Clocks
from desk.concessions import Wish
from desk.drafting import Drafting, Target
from desk.granting import NeedsApproval, grant
from desk.lineage import counted
from desk.money import Money
from desk.replies.check import check
from desk.roles import Refused, require
from desk.room import MAX_WORDS, DeskError
from desk.team import Agent
from desk.views import CaseView, PendingApproval, QueueRow, SentReply
from mention import clean_text
from playbooks.decision import Decision
from playbooks.schema import Playbook
from store import approvals as approval_store
from store import cases as case_store
from store import events as event_log
from store import outbox as sends
from store.approvals import ApprovalRow
from store.outbox import OutboxRow
from store.rows import CaseRow


class Answering(Drafting):
    """Approving, sending and recording answers; granting what was decided."""

    def _concede(
        self, tx: Connection, row: CaseRow, playbook: Playbook, made: Decision, hand: Agent, key: str, now: datetime
    ) -> None:
        """Give what was decided, or ask whoever may. What is the customer's right anyway is no concession."""
        solution = playbook.solution(str(made.solution))
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
            self._log(tx, row.id, "concession_waits", now, {"approval": asked.id, "key": key})

    def _give_approved(self, tx: Connection, case_id: int, approval_id: int, writer: str, now: datetime) -> None:
        events = counted(event_log.of_case(tx, case_id))
        waits = [e for e in events if e.type == "concession_waits" and e.data.get("approval") == approval_id]
        decided = [e for e in events if e.type == "decided"]
        row = case_store.case(tx, self.brand, case_id)
        if not waits or not decided or row is None or row.playbook is None or row.playbook not in self.library:
            return
        if waits[-1].data.get("key") != f"decided:{decided[-1].id}":
            return  # something else was decided since
        made = Decision.model_validate(decided[-1].data["decision"])
        hand = self.agent(writer)
        self._concede(tx, row, self.library[row.playbook], made, hand, str(waits[-1].data["key"]), now)

    # --- sending ---

    def answer(self, case_id: int, text: str, link: str, now: datetime, after: int | None = None) -> None:
        """Record that a person answered the customer: the words, and the link of the posted answer where there is one.

        It stops the answer clock; it sends nothing. `after` is the newest event that I had seen of the case: where a
        colleague has answered since, nothing is recorded. Raises DeskError for that, and for an answer without words
        and without link.
        """
        self._may("send_public", "send_private")
        text, link = text.strip(), link.strip()
        if not text and not link:
            raise DeskError("Write the answer that was given, or paste its link.")
        if len(text) > MAX_WORDS:
            raise DeskError(f"The answer is longer than {MAX_WORDS} characters.")
        if link and not is_web_link(link):
            raise DeskError("The link must begin with https:// or http://.")
        with self._case(case_id) as (tx, row):
            if row.status in ("resolved", "set_aside"):
                raise DeskError("The case is closed; reopen it before answering.")
            self._not_answered_since(tx, case_id, after)
            told = {"text": text, "link": link, "channel": row.channel}
            self._act(
                tx, row, "answered", now, told, status="answered", waiting_for=None, snoozed_until=None,
                assignee=row.assignee or self.me, answered_at=row.answered_at or now,
            )  # fmt: skip

    def send(
        self, case_id: int, key: str, language: str, text: str, send_key: str, now: datetime, after: int | None = None
    ) -> str:
        """Send a reply the way `key` names: `queued`, or `asked` where somebody must approve it first.

        `send_key` names this press of the button for ever, `after` is the newest event I had seen. Raises DeskError or
        Refused with a sentence where the platform's window is closed, the check blocks, my role may not, or a
        colleague has answered since.
        """
        text = clean_text(text).strip()
        if not text or len(text) > MAX_WORDS:
            raise DeskError("Write the answer that was given, or paste its link.")
        view = self.case(case_id, now)
        target = self.target(view, key, now)
        require(self.agent(), "send_private" if target.private else "send_public")
        if not target.window.open:
            raise Refused(target.window.why.text(self.zone, "tr"), target.window.why.text(self.zone, "en"))
        blocking = [one for one in check(text, self._context(view, target, language, now), self.reader) if one.blocks]
        if blocking:
            raise Refused(" ".join(f.say("tr") for f in blocking[:3]), " ".join(f.say("en") for f in blocking[:3]))
        matter = self._matter(view, target, text)
        with self._case(case_id) as (tx, row):
            if row.status in ("resolved", "set_aside"):
                raise DeskError("The case is closed; reopen it before answering.")
            self._not_answered_since(tx, case_id, after)
            needs = self._needs(view, matter)
            approval = None
            if needs:
                approval = approving.approved_for(tx, self.brand, case_id, matter, needs, now)
                if approval is None:
                    self._ask(tx, case_id, matter, needs, target, send_key, now)
                    return "asked"
            self._enqueue(tx, row, target, matter, send_key, self.by, now, approval.id if approval else None)
            return "queued"

    def _matter(self, view: CaseView, target: Target, text: str) -> Matter:
        decision = self.decision_of(view)
        money = (
            Money(decision.amount, decision.currency) if decision and decision.amount and decision.currency else None
        )
        playbook = view.run.playbook.id if view.run else None
        return Matter("reply", text, target.channel, not target.private, view.row.urgency, playbook, money)

    def _needs(self, view: CaseView, matter: Matter) -> tuple[Need, ...]:
        return needed(matter, self.settings.approvals, view.run.playbook if view.run else None, self.agent())

    def needs_approval(self, case_id: int, key: str, text: str, language: str, now: datetime) -> str:
        """Who must approve a reply before it goes this way, as a sentence; empty where nobody must, or somebody has."""
        view = self.case(case_id, now)
        matter = self._matter(view, self.target(view, key, now), clean_text(text).strip())
        needs = self._needs(view, matter)
        with self.store.read() as tx:
            if not needs or approving.approved_for(tx, self.brand, case_id, matter, needs, now):
                return ""
        return say_needs(needs, language)

    def _ask(
        self, tx: Connection, case_id: int, matter: Matter, needs: Sequence[Need], target: Target, send_key: str,
        now: datetime,
    ) -> None:  # fmt: skip
        asked = approving.ask(tx, self.brand, case_id, matter, needs, self.agent(), now, self.settings.approvals)
        told = {"approval": asked.id, "target": target.key, "send_key": send_key}
        self._log(tx, case_id, "reply_waits", now, told, target.mention_id)

    def _enqueue(
        self, tx: Connection, row: CaseRow, target: Target, matter: Matter, send_key: str, by: str, now: datetime,
        approval_id: int | None,
    ) -> None:  # fmt: skip
        found = case_store.mention_of(tx, self.brand, target.mention_id)
        sender = self.senders.choose(found[0].mention, target.private) if found else None
        if found is None or sender is None or target.way != "send":
            raise DeskError("Nothing sends to this channel; copy the answer, post it, and record it with its link.")
        try:
            outbox.enqueue(
                tx, self.brand, send_key=send_key, case_id=row.id, mention_id=target.mention_id,
                mention=found[0].mention, sender=sender, private=target.private, text=matter.text, by=by, now=now,
                approval_id=approval_id, approved_hash=matter.text_hash if approval_id else None,
                hash_of=lambda words: replace(matter, text=words).text_hash,
            )  # fmt: skip
        except outbox.OutboxError as error:
            raise DeskError(str(error)) from None

    # --- approvals ---

    def approvals(self, now: datetime) -> tuple[PendingApproval, ...]:
        """What waits for my decision, the oldest first."""
        with self.store.read() as tx:
            found = approving.waiting(tx, self.brand, self.agent(), now)
        return tuple(_pending(one.row, one.as_deputy) for one in found)

    def approval_rows(self, now: datetime) -> tuple[QueueRow, ...]:
        """The cases in which something waits for my decision, the longest wait first."""
        ids = dict.fromkeys(one.case_id for one in self.approvals(now))
        return tuple(self.case(case_id, now).row for case_id in ids)

    def decide_approval(self, approval_id: int, approve: bool, note: str, now: datetime) -> None:
        """Approve a text, or say why not. An approved reply goes out at once, by its writer's hand, word for word.

        It stays where the customer or a colleague has written since it was asked: then its writer reads that first.
        """
        with self.store.write() as tx:
            row = approving.decide(tx, self.brand, approval_id, self.agent(), approve, now, note)
            if row.state == "approved" and row.kind == "reply":
                self._send_approved(tx, row.case_id, row.id, row.asked_by, now)
            elif row.state == "approved" and row.kind == "concession":
                self._give_approved(tx, row.case_id, row.id, row.asked_by, now)

    def _send_approved(self, tx: Connection, case_id: int, approval_id: int, writer: str, now: datetime) -> None:
        events = counted(event_log.of_case(tx, case_id))
        waits = [e for e in events if e.type == "reply_waits" and e.data.get("approval") == approval_id]
        row = case_store.case(tx, self.brand, case_id)
        if not waits or row is None or row.status in ("resolved", "set_aside"):
            return
        since = [e for e in events if e.id > waits[-1].id and e.type in ("customer_wrote", "answered")]
        if since:
            return
        view = reading.case(tx, self.brand, case_id, self.library, self.clocks, now)
        stored = case_store.mention_of(tx, self.brand, waits[-1].mention_id or 0)
        if view is None or stored is None:
            return
        target = self._target(stored[0], str(waits[-1].data["target"]).endswith(":private"), now)
        asked = approval_store.approval(tx, self.brand, approval_id)
        if asked is None or target is None or target.way != "send" or not target.window.open:
            return
        matter = self._matter(view, target, asked.text)
        self._enqueue(tx, row, target, matter, str(waits[-1].data["send_key"]), f"agent:{writer}", now, approval_id)

    # --- what became of it ---

    def sent_replies(self, case_id: int) -> tuple[SentReply, ...]:
        """The replies of a case that went on their way, and what became of each."""
        with self.store.read() as tx:
            return tuple(_sent_reply(row) for row in sends.of_case(tx, self.brand, case_id))

    def it_is_there(self, row_id: int, link: str, now: datetime) -> None:
        """A reply of which nobody knew whether it went out: I looked, and it is there."""
        self._may("send_public", "send_private")
        with self.store.write() as tx:
            outbox.it_is_there(
                tx, self.brand, row_id, link, self.by, now, lambda t, row: sent(t, self.clocks, row, now)
            )

    def send_again(self, row_id: int, now: datetime) -> None:
        """A reply that failed, or surely is not there: try once more."""
        self._may("send_public", "send_private")
        with self.store.write() as tx:
            outbox.send_again(tx, self.brand, row_id, self.by, now)

    def cancel_send(self, row_id: int, now: datetime) -> None:
        """A reply that has not gone out shall not."""
        self._may("send_public", "send_private")
        with self.store.write() as tx:
            outbox.cancel(tx, self.brand, row_id, self.by, now)


def _sent_reply(row: OutboxRow) -> SentReply:
    return SentReply(
        row.id, row.state, row.channel, bool(row.private), row.text, row.by, row.created_at, row.sent_at,
        row.url or "", row.error,
    )  # fmt: skip


def _pending(row: ApprovalRow, as_deputy: bool) -> PendingApproval:
    return PendingApproval(
        row.id, row.case_id, row.kind, row.channel, bool(row.public), row.text, row.asked_by, row.asked_at,
        row.expires_at, as_deputy,
    )  # fmt: skip


def sent(tx: Connection, clocks: Clocks, row: OutboxRow, now: datetime) -> None:
    """A reply has gone out: it is the answer of whoever pressed send, at the time it was sent. For outbox.deliver."""
    case = case_store.case(tx, row.brand, row.case_id)
    if case is None:
        return
    at = row.sent_at or now
    told = {
        "text": row.text, "link": row.url or "", "channel": row.channel, "private": bool(row.private),
        "send_key": row.send_key,
    }  # fmt: skip
    event_log.append(
        tx, row.brand, type="answered", at=at, by=row.by, recorded_at=now, case_id=row.case_id,
        mention_id=row.mention_id, data=told,
    )  # fmt: skip
    events = event_log.of_case(tx, row.case_id)
    newer = any(e.type in ("customer_posted", "customer_wrote") and e.at > at for e in counted(events))
    columns: dict[str, Any] = {"answered_at": case.answered_at or at}
    if case.status not in ("resolved", "set_aside") and not newer:
        columns |= {"status": "answered", "waiting_for": None, "snoozed_until": None}
    if case.assignee is None and row.by.startswith("agent:"):
        columns["assignee"] = row.by.removeprefix("agent:")
    told_clocks = clocks_of(clocks, events, now)
    case_store.update_case(tx, row.case_id, updated_at=now, **nearest_due(told_clocks), **columns)


def is_web_link(link: str) -> bool:
    """Whether a link may be shown as one: http or https with a host. Anything else (javascript:, data:) is text."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and len(link) <= 2000
