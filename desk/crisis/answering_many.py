"""One approved answer for many mentions of an incident, each of them its own case's answer.

Case by case, one transaction each: a process that dies in the middle has done some and not the others, and pressed
again it goes on where it was. Where the source can send, the outbox sends at its own pace; where it cannot, the case
stands on a list for somebody who posts it by hand. Whoever is being answered by a colleague is left to that colleague.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Self

from sqlalchemy import Connection

from desk.acknowledging import plain_name
from desk.crisis.acting import Acting, Held
from desk.crisis.course import subject_of
from desk.crisis.statements import Statement, Statements
from desk.desk import Desk
from desk.drafting import Target
from desk.lineage import counted
from desk.moves import AWAY_AFTER, CLOSED
from desk.replies.context import PRIVATE_FAMILIES
from desk.roles import Refused
from desk.room import DeskError
from desk.sending.registry import Senders
from desk.views import CaseView
from mention import family_of
from playbooks.schema import Bilingual
from store import cases as case_store
from store import crisis_cases, presence, subjects
from store import events as event_log
from store import outbox as sends
from store.crisis_cases import WaitingCase
from store.rows import CaseRow, EventRow

APPLIED = "crisis_answer_applied"
MOST = 1000
"""Cases of one press; who has more selects again, and sees meanwhile what became of these."""

SHOWN = 200
TRIES = 3
"""Looks at a case whose log grows while it is looked at."""

_GREETS = ("email", "portal", "direct")
"""Families whose letters begin with a name; a public post among strangers does not."""

_GREETED = ("merhaba", "sayın", "değerli", "sevgili", "hello", "dear", "hi ", "hi,")


@dataclass(frozen=True)
class Applied:
    """What became of one press: cases whose answer is being sent, is to be posted by hand, was there from before, or
    was left alone, with the reason."""

    sending: tuple[int, ...] = ()
    by_hand: tuple[int, ...] = ()
    before: tuple[int, ...] = ()
    skipped: tuple[tuple[int, Bilingual], ...] = ()


@dataclass(frozen=True)
class ToPost:
    """An approved answer that somebody has to post by hand: in which case, where, and its words."""

    case_id: int
    channel: str
    key: str
    text: str
    who: str
    at: datetime


def greeted(text: str, family: str, language: str, name: str | None) -> str:
    """The approved words as they go to one customer: with their name before them in a letter, else as they are.

    Pure. A name that cannot be said in the brand's name without anybody looking is left out.
    """
    known = plain_name(name)
    if known is None or family not in _GREETS or text.lstrip().casefold().startswith(_GREETED):
        return text
    return f"{'Merhaba' if language == 'tr' else 'Hello'} {known},\n\n{text}"


class AnsweringMany(Statements, Acting):
    """Applying one approved answer, and what still waits for one."""

    senders: Senders | None = None

    @cached_property
    def desk(self) -> Desk:
        """My place at the desk, through which every answer of a case goes."""
        return Desk(self.store, self.settings, self.library, self.me, self.reader, self.senders)

    def as_agent(self, name: str) -> Self:
        """The same room in another colleague's hands."""
        other = copy.copy(self)
        other.me = name
        if "desk" in other.__dict__:
            other.__dict__["desk"] = self.desk.as_agent(name)
        return other

    def unanswered(self, crisis_id: int, limit: int = SHOWN) -> tuple[WaitingCase, ...]:
        """The cases of the crisis's incident that still wait for an answer, the nearest deadline first."""
        incident = self.crisis(crisis_id).incident_id
        if incident is None:
            return ()
        with self.store.read() as tx:
            return tuple(crisis_cases.waiting(tx, self.brand, incident, limit))

    def answer_many(self, crisis_id: int, statement_id: int, case_ids: Sequence[int], now: datetime) -> Applied:
        """Give these cases an approved answer; the same pressed again gives none of them a second one.

        Raises Refused where the text is not approved, or nothing of the crisis is known that could be answered.
        """
        wanted = tuple(dict.fromkeys(case_ids))[:MOST]
        with self.store.read() as tx:
            held = self._read(tx, crisis_id, now)
            self._need(held, "answer_many")
            one = self._approved(held, statement_id)
            ours = crisis_cases.of_incident(tx, self.brand, held.row.incident_id) if held.row.incident_id else ()
        found: dict[str, list[int]] = {"send": [], "by_hand": [], "before": []}
        skipped: list[tuple[int, Bilingual]] = []
        for case_id in wanted:
            try:
                if case_id not in ours:
                    raise Refused("Bu kayıt olaya ait değil.", "This case is not of the incident.")
                found[self._apply(held, one, case_id, now)].append(case_id)
            except Refused as refused:
                skipped.append((case_id, refused.said))
            except DeskError as error:
                skipped.append((case_id, Bilingual(tr=str(error), en=str(error))))
        return Applied(tuple(found["send"]), tuple(found["by_hand"]), tuple(found["before"]), tuple(skipped))

    def to_post(self, crisis_id: int, now: datetime) -> tuple[ToPost, ...]:
        """Answers that were applied and are to be posted by hand, and were not recorded yet, the oldest first."""
        with self.store.read() as tx:
            held = self._read(tx, crisis_id, now)
            return tuple(self._to_post(tx, held))

    def _to_post(self, tx: Connection, held: Held) -> Iterable[ToPost]:
        for row in held.log:
            if row.type != APPLIED or row.data["way"] != "by_hand" or row.case_id is None:
                continue
            case = case_store.case(tx, self.brand, row.case_id)
            if case is None or case.status in CLOSED:
                continue
            since = (e for e in counted(event_log.of_case(tx, row.case_id)) if e.id > row.id)
            if not any(e.type == "answered" for e in since):
                told = row.data
                yield ToPost(row.case_id, told["channel"], told["key"], told["text"], told["who"], row.at)

    def posted(self, crisis_id: int, case_id: int, link: str, now: datetime) -> None:
        """An answer of the list was posted by hand: recorded as the case's own answer, word for word."""
        waits = next((one for one in self.to_post(crisis_id, now) if one.case_id == case_id), None)
        if waits is None:
            raise Refused("Bu kayıt elle yanıtlanacaklar listesinde değil.", "This case is not on the list.")
        self.desk.answer(case_id, waits.text, link, now, after=self._applied_at(case_id), key=waits.key)

    def _applied_at(self, case_id: int) -> int:
        with self.store.read() as tx:
            return max((e.id for e in event_log.of_case(tx, case_id) if e.type == APPLIED), default=0)

    def _approved(self, held: Held, statement_id: int) -> Statement:
        one = self._statement(held, statement_id)
        if not one.may_go_out:
            raise Refused("Bu metin onaylanmadan uygulanamaz.", "This text is not approved yet.")
        if held.state.stage not in ("declared", "contained", "closed"):
            self._refuse_stage(held)
        return one

    # --- one case ---

    def _apply(self, held: Held, one: Statement, case_id: int, now: datetime) -> str:
        """Apply the answer to one case: `send`, `by_hand`, or `before` where it was. Raises Refused or DeskError."""
        for _ in range(TRIES):
            view = self.desk.case(case_id, now)
            last = max((event.id for event in view.events), default=0)
            if any(e.type == APPLIED and e.data.get("statement") == one.id for e in view.events):
                return "before"
            with self.store.read() as tx:  # before anything dearer is looked at
                self._still_ours(tx, self.desk._row(tx, case_id), event_log.of_case(tx, case_id), now)
            target, text = self._way_of(view, one, now)
            with self.store.write() as tx:
                event_log.hold(tx, self.brand)
                row, log = self.desk._row(tx, case_id), event_log.of_case(tx, case_id)
                if max((event.id for event in log), default=0) != last:
                    continue  # somebody wrote to it meanwhile: look at it again
                self._unchanged(tx, held, one)
                self._still_ours(tx, row, log, now)
                if row.assignee is None:
                    self.desk._claim(tx, row, now)
                told = {
                    "statement": one.id, "text_hash": one.text_hash, "case": case_id, "way": target.way,
                    "channel": target.channel, "key": target.key,
                }  # fmt: skip
                if target.way == "send":
                    matter = replace(self.desk._matter(view, target, text), money=None)
                    key = f"crisis:{held.row.id}:{one.id}:{case_id}"
                    self.desk._enqueue(tx, row, target, matter, key, self.by, now, None)
                else:
                    told |= {"text": text, "who": target.who}
                self._tell(held, APPLIED, now, told, case_id=case_id, mention_id=target.mention_id)
                return target.way
        raise Refused("Kayıtta o sırada çalışılıyor.", "Somebody works on the case right now.")

    def _unchanged(self, tx: Connection, held: Held, one: Statement) -> None:
        """The approval still holds for these very words, by what the log has said since it was read."""
        after = held.log[-1].id if held.log else 0
        held.tx = tx
        held.log += subjects.events_of(tx, self.brand, subject_of(held.row.id), after)
        now = self._statement(held, one.id)
        if now.text_hash != one.text_hash or not now.may_go_out:
            raise Refused("Metin bu arada değişti.", "The text changed meanwhile.")

    def _way_of(self, view: CaseView, one: Statement, now: datetime) -> tuple[Target, str]:
        """The way to the customer that is open, one that sends before one by hand, and the words for it."""
        if view.row.language != one.language:
            raise Refused("Müşterinin dili başka.", "The customer writes in another language.")
        ways = [each for each in self.desk.targets(view, now) if not each.key.endswith(":phone") and each.window.open]
        if not ways:
            raise Refused("Müşteriye artık ulaşılamıyor.", "The customer can no longer be reached there.")
        newest = [each for each in ways if each.mention_id == ways[0].mention_id]
        target = next((each for each in newest if each.way == "send" and not _second(each)), newest[0])
        name = next((m.author_name for m in view.mentions if m.id == target.mention_id), None)
        text = greeted(one.text, target.family, one.language, name)
        self.desk._sendable(view, target, text, one.language, now)
        return target, text

    def _still_ours(self, tx: Connection, row: CaseRow, log: Sequence[EventRow], now: datetime) -> None:
        """Raises Refused, with the reason, where the case needs no answer or a colleague has begun one."""
        if row.status in CLOSED:
            raise Refused("Kayıt kapalı.", "The case is closed.")
        events = counted(log)
        wrote = max((e.id for e in events if e.type in ("customer_posted", "customer_wrote", "reopened")), default=0)
        if any(e.type == "answered" and e.id > wrote and e.by.startswith("agent:") for e in events):
            raise Refused("Zaten yanıtlandı.", "It is answered already.")
        if any(one.state in (*sends.ON_THE_WAY, "unsure") for one in sends.of_case(tx, self.brand, row.id)):
            raise Refused("Bir yanıt yolda.", "A reply is on its way.")
        for one in presence.present(tx, self.brand, row.id, now - AWAY_AFTER):
            if one.doing == "writing" and one.agent != self.me:
                raise Refused(f"{one.agent} yanıt yazıyor.", f"{one.agent} is writing an answer.")
        applied = max((e.id for e in events if e.type == APPLIED and e.data["way"] == "by_hand"), default=0)
        if applied > wrote:
            raise Refused("Bir yanıt elle yazılmayı bekliyor.", "An answer waits to be posted by hand.")
        asked = [e for e in events if e.type in ("reply_waits", "approval_rejected", "approval_withdrawn")]
        if asked and asked[-1].type == "reply_waits" and asked[-1].id > wrote:
            raise Refused("Bir yanıt onay bekliyor.", "A reply waits for approval.")
        taken = [e for e in events if e.type == "assigned"]
        if row.assignee not in (None, self.me) and taken and taken[-1].by == f"agent:{row.assignee}":
            raise Refused(f"{row.assignee} bu kaydı üstlendi.", f"{row.assignee} has claimed this case.")


def _second(target: Target) -> bool:
    """Whether it is a private way beside a public one: what was asked in public is answered there."""
    return target.private and family_of(target.channel) not in PRIVATE_FAMILIES
