"""Answering: approval, sending, and what became of it.

The text that was approved is the text that is sent, the text that was sent is the text that is in the log, and the
clock stops when it was sent and not before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection

from desk import approving, outbox, reading
from desk.approvals import Matter, Need, able, needed, say_needs
from desk.case_clocks import clocks_of, nearest_due
from desk.clock import Clocks
from desk.drafting import Target
from desk.giving import Giving
from desk.lineage import counted
from desk.money import Money
from desk.replies.check import check
from desk.replies.moments import names_moment
from desk.replies.reading import Reply
from desk.roles import Refused, require, said
from desk.room import MAX_WORDS, DeskError
from desk.views import CaseView, PendingApproval, QueueRow, SentReply
from mention import clean_text
from store import approvals as approval_store
from store import cases as case_store
from store import events as event_log
from store import outbox as sends
from store.approvals import ApprovalRow
from store.outbox import OutboxRow
from store.rows import CaseRow, EventRow, NewEvent


class Answering(Giving):
    """Approving, sending and recording answers."""

    # --- sending ---

    def answer(
        self, case_id: int, text: str, link: str, now: datetime, after: int | None = None, key: str = ""
    ) -> None:
        """Record that a person answered the customer: the words, and the link of the posted answer where there is one.

        It stops the answer clock; it sends nothing. `after` is the newest event that I had seen of the case: where a
        colleague has answered since, nothing is recorded, nor where I have recorded the very same. `key` is the way
        that it went (see targets). Raises DeskError for a colleague's answer, and for one without words and link.
        """
        self._may("send_public", "send_private")
        text, link = text.strip(), link.strip()
        if not text and not link:
            raise DeskError("Write the answer that was given, or paste its link.")
        if len(text) > MAX_WORDS:
            raise DeskError(f"The answer is longer than {MAX_WORDS} characters.")
        if link and not is_web_link(link):
            raise DeskError("The link must begin with https:// or http://.")
        ways = self.targets(self.case(case_id, now), now) if key else ()
        way = next((one for one in ways if one.key == key), None)
        with self._case(case_id) as (tx, row):
            if row.status in ("resolved", "set_aside"):
                raise DeskError("The case is closed; reopen it before answering.")
            self._not_answered_since(tx, case_id, after)
            told: dict[str, Any] = {"text": text, "link": link, "channel": way.channel if way else row.channel}
            if way is not None:
                told["private"] = way.private
            if after is not None and self._recorded_since(tx, case_id, after, told):
                return
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
        pressed = self._pressed(case_id, send_key, text)
        if pressed:
            return pressed
        view = self.case(case_id, now)
        target = self.target(view, key, now)
        self._sendable(view, target, text, language, now)
        with self._case(case_id) as (tx, row):
            if row.status in ("resolved", "set_aside"):
                raise DeskError("The case is closed; reopen it before answering.")
            self._not_answered_since(tx, case_id, after)
            # What must be approved is judged by the case as it is now: it may have become critical a moment ago.
            view = reading.case(tx, self.brand, case_id, self.library, self.clocks, now) or view
            matter = self._matter(view, target, text)
            needs = self._needs(view, matter)
            approval = None
            if needs:
                approval = approving.approved_for(tx, self.brand, case_id, matter, needs, now)
                if approval is None:
                    self._ask(tx, case_id, matter, needs, target, language, send_key, now)
                    return "asked"
                if any(
                    s.approval_id == approval.id and s.state != "cancelled"
                    for s in sends.of_case(tx, self.brand, case_id)
                ):
                    raise Refused(
                        "Bu yanıt onaylandığında yola çıktı; ikinci kez gönderilmez.",
                        "This reply went on its way when it was approved; it is not sent a second time.",
                    )
            self._enqueue(tx, row, target, matter, send_key, self.by, now, approval.id if approval else None)
            return "queued"

    def _pressed(self, case_id: int, send_key: str, text: str) -> str:
        """What became of this very press before, `queued` or `asked`; empty for a new one."""
        with self.store.read() as tx:
            if any(s.send_key == send_key and s.text == text for s in sends.of_case(tx, self.brand, case_id)):
                return "queued"
            asked = [e.data for e in event_log.of_case(tx, case_id) if e.type == "reply_waits"]
            mine = {data.get("approval") for data in asked if data.get("send_key") == send_key}
            rows = approval_store.of_case(tx, self.brand, case_id) if mine else []
            return "asked" if any(row.id in mine and row.text == text for row in rows) else ""

    def _sendable(self, view: CaseView, target: Target, text: str, language: str, now: datetime) -> None:
        """Raises Refused where my role may not send this way, the platform's window is closed, or the check blocks."""
        require(self.agent(), "send_private" if target.private else "send_public")
        if not target.window.open:
            raise Refused(target.window.why.text(self.zone, "tr"), target.window.why.text(self.zone, "en"))
        blocking = [one for one in check(text, self._context(view, target, language, now), self.reader) if one.blocks]
        if blocking:
            raise Refused(" ".join(f.say("tr") for f in blocking[:3]), " ".join(f.say("en") for f in blocking[:3]))

    def _matter(self, view: CaseView, target: Target, text: str) -> Matter:
        decision = self.decision_of(view)
        money = (
            Money(decision.amount, decision.currency) if decision and decision.amount and decision.currency else None
        )
        playbook = view.run.playbook.id if view.run else None
        return Matter("reply", text, target.channel, not target.private, view.row.urgency, playbook, money)

    def _needs(self, view: CaseView, matter: Matter) -> tuple[Need, ...]:
        needs = needed(matter, self.settings.approvals, view.run.playbook if view.run else None, self.agent())
        return tuple(self._reachable(need, matter.kind) for need in needs)

    def _reachable(self, need: Need, kind: str) -> Need:
        """The need as somebody on the desk can meet it: a rule may ask for a role that nobody here has.

        Raises Refused where nobody but the writer may approve such a thing at all.
        """
        held = tuple(role for agent in self.settings.agents if agent.name != self.me for role in agent.roles)
        if {*need.by, need.deputy} & set(held):
            return need
        others = able(dict.fromkeys(held), kind)
        if not others:
            wanted = [said(need.by, language) for language in ("tr", "en")]
            raise Refused(
                f"Bunu sizden başka onaylayabilecek kimse yok; ayarlarda birine şu rolü verin: {wanted[0]}.",
                f"Nobody but you may approve this; give somebody this role in the settings: {wanted[1]}.",
            )
        return replace(need, by=others, deputy=None)

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
        self, tx: Connection, case_id: int, matter: Matter, needs: Sequence[Need], target: Target, language: str,
        send_key: str, now: datetime,
    ) -> None:  # fmt: skip
        asked = approving.ask(tx, self.brand, case_id, matter, needs, self.agent(), now, self.settings.approvals)
        told = {"approval": asked.id, "target": target.key, "language": language, "send_key": send_key}
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
            asked = approving.decide(tx, self.brand, approval_id, self.agent(), approve, now, note)
            row = case_store.case(tx, self.brand, asked.case_id)
            if asked.state != "approved" or row is None:
                return
            if asked.kind == "concession":
                self._give_approved(tx, row, asked, now)
            elif asked.kind == "reply":
                try:
                    self._send_approved(tx, row, asked, now)
                except (DeskError, Refused) as error:
                    tr, en = (error.say("tr"), error.say("en")) if isinstance(error, Refused) else 2 * (str(error),)
                    why = {"approval": asked.id, "tr": tr, "en": en}
                    held = NewEvent("reply_held", now, "system", now, row.merged_into or row.id, None, why)
                    event_log.append_all(tx, self.brand, [held])

    def _send_approved(self, tx: Connection, row: CaseRow, asked: ApprovalRow, now: datetime) -> None:
        """Put an approved reply on its way. Raises DeskError or Refused where its writer must look at it again first;
        nothing is written then."""
        events = counted(event_log.of_case(tx, row.id))
        waits = [e for e in events if e.type == "reply_waits" and e.data.get("approval") == asked.id]
        if not waits:
            return
        told, mention_id = waits[-1].data, waits[-1].mention_id or 0
        writer = self.as_agent(asked.asked_by)
        if row.status in ("resolved", "set_aside"):
            raise DeskError("The case is closed; reopen it before answering.")
        view = reading.case(tx, self.brand, row.id, self.library, self.clocks, now)
        found = case_store.mention_of(tx, self.brand, mention_id)
        here = view is not None and any(m.id == mention_id and m.deleted_at is None for m in view.mentions)
        if view is None or found is None or not here:
            raise DeskError("The customer cannot be answered there any more; choose another channel.")
        target = self._target(found[0], str(told["target"]).endswith(":private"), now)
        if target is None or target.key != told["target"] or target.way != "send":
            return  # approved, and posted by hand
        for event in events:
            if event.id > waits[-1].id and _comes_between(event, asked.asked_by, target):
                raise Refused(
                    "Onay beklenirken müşteri yazdı ya da yanıt gitti; okuyup yeniden gönderin.",
                    "While it waited, the customer wrote or an answer went out; read that, then send it again.",
                )
        words = Reply(asked.text)
        same_day = asked.asked_at.astimezone(self.zone).date() == now.astimezone(self.zone).date()
        if not same_day and names_moment(words, 0, len(words.plain)):  # `today` is another day by now
            raise Refused(
                "Onay başka bir güne kaldı ve metinde bir zaman geçiyor; okuyup yeniden gönderin.",
                "It was approved on another day, and the text names a time; read it, then send it again.",
            )
        matter = writer._matter(view, target, asked.text)
        enough = approving.approved_for(tx, self.brand, row.id, matter, writer._needs(view, matter), now)
        if enough is None or enough.id != asked.id:
            raise Refused(
                "Onay istendikten sonra karar ya da aciliyet değişti; yeniden onay isteyin.",
                "The decision or the urgency changed after it was asked; ask for approval again.",
            )
        writer._sendable(view, target, asked.text, str(told.get("language") or row.language), now)
        self._enqueue(tx, row, target, matter, str(told["send_key"]), writer.by, now, asked.id)

    def _recorded_since(self, tx: Connection, case_id: int, after: int, told: Mapping[str, Any]) -> bool:
        mine = [e for e in counted(event_log.of_case(tx, case_id)) if e.type == "answered" and e.by == self.by]
        return any(e.id > after and all(e.data.get(name) == told[name] for name in told) for e in mine)

    # --- what became of it ---

    def sent_replies(self, case_id: int) -> tuple[SentReply, ...]:
        """The replies of a case that went on their way, and what became of each."""
        with self.store.read() as tx:
            return tuple(_sent_reply(row) for row in sends.of_case(tx, self.brand, case_id))

    @contextmanager
    def _outbox(self) -> Iterator[Connection]:
        """A write transaction in which the outbox's refusals are the desk's."""
        try:
            with self.store.write() as tx:
                yield tx
        except outbox.OutboxError as error:
            raise DeskError(str(error)) from None

    def it_is_there(self, row_id: int, link: str, now: datetime) -> None:
        """A reply of which nobody knew whether it went out: I looked, and it is there."""
        self._may("send_public", "send_private")
        with self._outbox() as tx:
            outbox.it_is_there(
                tx, self.brand, row_id, link, self.by, now, lambda t, row: sent(t, self.clocks, row, now)
            )

    def send_again(self, row_id: int, now: datetime) -> None:
        """A reply that failed, or surely is not there: try once more."""
        self._may("send_public", "send_private")
        with self._outbox() as tx:
            outbox.send_again(tx, self.brand, row_id, self.by, now)

    def cancel_send(self, row_id: int, now: datetime) -> None:
        """A reply that has not gone out shall not."""
        self._may("send_public", "send_private")
        with self._outbox() as tx:
            outbox.cancel(tx, self.brand, row_id, self.by, now)


def _comes_between(event: EventRow, writer: str, target: Target) -> bool:
    """Whether a reply that waited for its approval must be read again because of this: the customer wrote, a colleague
    answered, or its writer did in the same place. Answers of one decision in other channels leave each other alone."""
    if event.type in ("customer_wrote", "customer_posted"):
        return True
    by_hand = event.type == "answered" and not event.data.get("send_key")  # what was sent was queued, and told then
    if (not by_hand and event.type != "send_queued") or not event.by.startswith("agent:"):
        return False  # an automatic message is no answer
    there = event.data.get("channel") == target.channel and event.data.get("private") in (None, target.private)
    return event.by != f"agent:{writer}" or there


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
    # Merged or split while it was on its way: it answers its mention, in whichever case that is by now.
    holds = case_store.case_of(tx, row.mention_id) if row.mention_id is not None else None
    case = case_store.case(tx, row.brand, holds or row.case_id)
    if case is None:
        return
    at = row.sent_at or now
    told = {
        "text": row.text, "link": row.url or "", "channel": row.channel, "private": bool(row.private),
        "send_key": row.send_key,
    }  # fmt: skip
    automatic = not row.by.startswith("agent:")
    event_log.append(
        tx, row.brand, type="auto_acknowledged" if automatic else "answered", at=at, by=row.by, recorded_at=now,
        case_id=case.id, mention_id=row.mention_id, data=told,
    )  # fmt: skip
    if automatic:
        return  # no answer, whatever it says: every clock runs on
    events = event_log.of_case(tx, case.id)
    newer = any(e.type in ("customer_posted", "customer_wrote") and e.at > at for e in counted(events))
    columns: dict[str, Any] = {"answered_at": case.answered_at or at}
    if case.status not in ("resolved", "set_aside") and not newer:
        columns |= {"status": "answered", "waiting_for": None, "snoozed_until": None}
    if case.assignee is None:
        columns["assignee"] = row.by.removeprefix("agent:")
    told_clocks = clocks_of(clocks, events, now)
    case_store.update_case(tx, case.id, updated_at=now, **nearest_due(told_clocks), **columns)


def is_web_link(link: str) -> bool:
    """Whether a link may be shown as one: http or https with a host. Anything else (javascript:, data:) is text."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and len(link) <= 2000
