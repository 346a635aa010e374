"""Drafting: where the customer can be answered, one decision for every channel's draft, the check before sending."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection

from desk import person_card
from desk.intake import platform_deadline
from desk.lineage import counted
from desk.replies.check import Finding, check
from desk.replies.context import PRIVATE_FAMILIES, Grant, Reader, ReplyContext
from desk.room import DeskError
from desk.sending.registry import SenderError, Senders
from desk.settings import Settings, SettingsError
from desk.team import Agent
from desk.together import Together
from desk.views import CaseView, MentionView
from desk.windows import Window
from mention import LANGUAGES, family_of
from playbooks.decision import Decision, drafts_of, solution_of
from playbooks.schema import Library, Playbook
from store import cases as case_store
from store import events as event_log
from store.engine import Store
from store.rows import CaseRow, StoredMention

CONTACT_FAMILIES = ("portal", "email")
"""Formal answers say where the customer reaches us."""

KNOWN_FACTS = {"order": "order_number", "tracking": "tracking_number", "product": "product", "carrier": "carrier"}
"""Facts found in a customer's words, by what templates call them."""


@dataclass(frozen=True)
class Target:
    """One way to reach the customer of a case: an answer to a mention in its channel, in public or in private.

    `way` is `send` where a sender takes it, else `by_hand`: copied, posted, and recorded with its link. `window` says
    whether the platform takes an answer now.
    """

    key: str
    mention_id: int
    channel: str
    family: str
    private: bool
    way: str
    who: str
    window: Window


def senders_of(settings: Settings) -> Senders:
    """What the configuration sends replies with; the demo and a drill send nothing. Raises SettingsError."""
    try:
        return Senders(settings.senders, allow=not settings.demo and settings.drill is None)
    except SenderError as error:
        raise SettingsError(str(error)) from None


class Drafting(Together):
    """Ways to answer, drafts, and their check."""

    def __init__(
        self, store: Store, settings: Settings, library: Library, me: str | None = None, reader: Reader | None = None,
        senders: Senders | None = None,
    ) -> None:  # fmt: skip
        super().__init__(store, settings, library, me)
        self.reader = reader
        self.senders = senders if senders is not None else senders_of(settings)

    # --- where, and in which words ---

    def targets(self, view: CaseView, now: datetime) -> tuple[Target, ...]:
        """The ways to answer the customer, the channel they wrote in last first; a phone script comes last."""
        latest: dict[tuple[str, str | None], MentionView] = {}
        for mention in view.mentions:
            if mention.deleted_at is None:  # what its author took away is answered nowhere
                latest[mention.source, mention.author] = mention
        found = []
        with self.store.read() as tx:
            for one in sorted(latest.values(), key=lambda m: m.published_at, reverse=True):
                stored = case_store.mention_of(tx, self.brand, one.id)
                if stored is None:
                    continue
                for private in (False, True):
                    if (target := self._target(stored[0], private, now)) is not None:
                        found.append(target)
        if found:
            first = found[0]
            script = {"key": f"{first.mention_id}:phone", "family": "phone", "private": True, "way": "by_hand"}
            found.append(replace(first, **script))  # type: ignore[arg-type]
        return tuple(found)

    def _target(self, stored: StoredMention, private: bool, now: datetime) -> Target | None:
        mention = stored.mention
        family = family_of(mention.channel)
        only_private = family in PRIVATE_FAMILIES
        sender = self.senders.choose(mention, private)
        if private is not only_private and (sender is None or only_private):
            return None  # a second way only where there is a sender for it
        window = self.clocks.may_send(mention.channel, private, mention.published_at, platform_deadline(mention), now)
        return Target(
            key=f"{stored.id}:{'private' if private else 'public'}", mention_id=stored.id, channel=mention.channel,
            family="direct" if private and family == "social" else family, private=private,
            way="send" if sender is not None and self.senders.allow else "by_hand",
            who=mention.author_name or mention.author or "", window=window,
        )  # fmt: skip

    def target(self, view: CaseView, key: str, now: datetime) -> Target:
        """One way to answer by its key. Raises DeskError where the case has no such way."""
        for one in self.targets(view, now):
            if one.key == key:
                return one
        raise DeskError("The customer cannot be answered there any more; choose another channel.")

    def decision_of(self, view: CaseView) -> Decision | None:
        """What was decided last on the case, None where nothing was."""
        decided = [event for event in view.events if event.type == "decided" and event.counts]
        if not decided:
            return None
        try:
            return Decision.model_validate(decided[-1].data["decision"])
        except (ValidationError, KeyError):
            return None  # of a playbook's version that knew other facts

    def decide(self, case_id: int, decision: Mapping[str, Any], now: datetime) -> None:
        """Fix the facts and the offer of a case once; every channel's draft follows.

        An offer is granted when it is decided, within one's own authority; beyond it an approval is asked for, and the
        drafts can be written meanwhile. The same decided again changes nothing. Raises DeskError, Refused or
        DecisionError with a sentence.
        """
        self._may("answer_draft")
        try:
            made = Decision.model_validate({**decision, "decided_at": now})
        except ValidationError as error:
            raise DeskError(str(error.errors()[0]["msg"]).removeprefix("Value error, ")) from None
        view = self.case(case_id, now)
        playbook = view.run.playbook if view.run else None
        if made.solution is not None and playbook is None:
            raise DeskError("No playbook is at work on this case.")
        if playbook is not None:
            solution_of(made, playbook)
        if made.solution is not None:
            self._may("grant_within_limit")
        with self._case(case_id) as (tx, row):
            if row.status in ("resolved", "set_aside"):
                raise DeskError("The case is closed; reopen it first.")
            told = made.model_dump(mode="json")
            last = [e for e in counted(event_log.of_case(tx, case_id)) if e.type == "decided"][-1:]
            if not last or {**last[0].data["decision"], "decided_at": told["decided_at"]} != told:
                self._act(tx, row, "decided", now, {"decision": told})
            self._give(tx, row, playbook, made, self.agent(), now)

    def _order_facts(self, view: CaseView, now: datetime) -> Mapping[str, object]:
        """What is known of the customer's order; see customers.py."""
        return {}

    def _known(self, view: CaseView, target: Target | None, now: datetime) -> dict[str, object]:
        """What the desk knows of a case, as templates call it. A stranger's words are values and nothing else."""
        written = {m.id: m.author_name for m in view.mentions}
        name = written.get(target.mention_id) if target else view.row.author_name
        facts: dict[str, object] = {
            "brand": self.brand_name, "agent": self.me, "case_number": f"N-{view.row.case_id}",
            "name": None if not name or "@" in name else name,  # nobody is greeted by a handle or a mail address
            "contact": self.settings.brand.contact,
        }  # fmt: skip
        if target is not None:
            with self.store.read() as tx:
                found = person_card.facts_for_draft(tx, self.brand, target.mention_id, target.private)
            for one in reversed(found):  # their author's own come first, and stand
                if one.fact.kind in KNOWN_FACTS:
                    facts[KNOWN_FACTS[one.fact.kind]] = one.fact.value
        return {**facts, **{name: value for name, value in self._order_facts(view, now).items() if value}}

    def draft(self, case_id: int, family: str, language: str, now: datetime, key: str | None = None) -> str:
        """The playbook's reply for a channel family (one of FAMILIES) in a language, from what is known and decided.

        Empty when no playbook is at work: then a person finds the words. `key` is the way it goes, for the name.
        """
        view = self.case(case_id, now)
        if view.run is None or language not in LANGUAGES:
            return ""
        target = next((one for one in self.targets(view, now) if one.key == key), None)
        decision = self.decision_of(view) or Decision()
        if decision.solution is not None and view.run.playbook.solution(decision.solution) is None:
            # The case has come under another playbook since: what was found out still holds, the offer does not.
            decision = decision.model_copy(update={"solution": None, "amount": None, "currency": None, "count": None})
        facts = self._known(view, target, now)
        return drafts_of(view.run.playbook, decision, facts, [family], [language], zone=self.zone)[family, language]

    # --- before it is sent ---

    def check_reply(self, case_id: int, key: str, language: str, text: str, now: datetime) -> tuple[Finding, ...]:
        """What is wrong with a reply before it goes this way, the blocking findings first."""
        view = self.case(case_id, now)
        return check(text, self._context(view, self.target(view, key, now), language, now), self.reader)

    def _context(self, view: CaseView, target: Target, language: str, now: datetime) -> ReplyContext:
        playbook = view.run.playbook if view.run else None
        decision = self.decision_of(view)
        promised = [day for day in (decision.promised_date, decision.delivery_date) if day] if decision else []
        moments = [at for at in (decision.next_update, decision.call_time) if at] if decision else []
        promised += [at.astimezone(self.zone).date() for at in moments]
        return ReplyContext(
            channel=target.channel, family=target.family, language="en" if language == "en" else "tr", now=now,
            zone=self.zone, public=not target.private,
            customer_names=tuple({m.author_name for m in view.mentions if m.author_name}),
            other_names=self._other_names(view), agent=self.me,
            colleagues=tuple(name for name in self.agents() if name != self.me), brand=self.brand_name,
            apology=bool(playbook and playbook.apology), next_step=bool(playbook and playbook.solutions),
            contact_wanted=target.family in CONTACT_FAMILIES and bool(self.settings.brand.contact),
            contact=self.settings.brand.contact, reference=f"N-{view.row.case_id}",
            authority=self._authority(playbook), promised_dates=tuple(promised),
            approved=decision.amount if decision and self._granted(view, decision) else None,
            approved_currency=decision.currency if decision else None,
            do_not_say=tuple(each.say.say(language) for each in playbook.do_not_say) if playbook else (),
            earlier=tuple(str(e.data.get("text") or "") for e in reversed(view.events) if e.type == "answered"),
        )  # fmt: skip

    def _authority(self, playbook: Playbook | None) -> tuple[Grant, ...]:
        mine = set(self.agent().roles)
        return tuple(
            Grant(solution.id, solution.limit.amount, solution.limit.currency)
            for solution in (playbook.solutions if playbook else ())
            if mine & set(solution.who)
        )

    def _granted(self, view: CaseView, decision: Decision) -> bool:
        """Whether exactly what was decided has been granted on the case, and not cancelled."""
        told = [event for event in view.events if event.counts]
        gone = {event.data.get("concession") for event in told if event.type == "concession_cancelled"}
        return any(
            event.type == "concession_granted"
            and event.data.get("concession") not in gone
            and event.data.get("solution") == decision.solution
            and event.data.get("amount") is not None
            and Decimal(str(event.data["amount"])) == decision.amount
            and event.data.get("currency") == decision.currency
            for event in told
        )

    def _other_names(self, view: CaseView) -> tuple[str, ...]:
        """Names of the other customers whose cases I have: theirs are the ones that slip into a reply."""
        with self.store.read() as tx:
            mine = case_store.queue(tx, self.brand, assignee=self.me, limit=20)
        names = {row.author_name for row in mine if row.id != view.row.case_id and row.author_name}
        return tuple(sorted(names - {m.author_name for m in view.mentions if m.author_name}))

    def _give(
        self, tx: Connection, row: CaseRow, playbook: Playbook | None, made: Decision, hand: Agent, now: datetime
    ) -> None:
        """Give what was decided, where the desk can give things; see giving.py."""
