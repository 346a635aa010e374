"""The customer behind a case: who they are in other channels, all they wrote and were told, and what they ordered."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from desk import person_card, persons
from desk.answering import Answering
from desk.orders.card import OrderCard
from desk.orders.keys import OrderKeyError, email_key, keys_from
from desk.orders.look_up import OrderDesk
from desk.person_card import PersonCard
from desk.persons import PersonError, Suggestion
from desk.replies.context import Reader
from desk.roles import any_may, require
from desk.room import DeskError
from desk.sending.registry import Senders
from desk.settings import Settings
from desk.timeline import Entry, timeline
from desk.views import CaseView
from mention import Mention
from playbooks.schema import Library
from store import cases as case_store
from store import person_links as links
from store.engine import Store

WORDS = 40
"""Lines of a customer's time line beside a case; older ones are a page away."""


@dataclass(frozen=True)
class Link:
    """A confirmed link between two of a person's accounts, to be undone by `a` and `b`."""

    a: int
    b: int
    by: str
    at: datetime | None


@dataclass(frozen=True)
class CustomerView:
    """The customer of a case; None for `card` where its author is not known."""

    card: PersonCard | None
    suggestions: tuple[Suggestion, ...] = ()
    links: tuple[Link, ...] = ()
    lines: tuple[Entry, ...] = ()


class Customers(Answering):
    """Who writes, in every channel."""

    def __init__(
        self, store: Store, settings: Settings, library: Library, me: str | None = None, reader: Reader | None = None,
        senders: Senders | None = None,
    ) -> None:  # fmt: skip
        super().__init__(store, settings, library, me, reader, senders)
        self.orders = OrderDesk(settings)

    def customer(self, case_id: int, now: datetime) -> CustomerView:
        """Who wrote a case, what they wrote and were told anywhere, and who they may be elsewhere."""
        with self.store.read() as tx:
            row = self._row(tx, case_id)
            if row.person_id is None:
                return CustomerView(None)
            members = links.members(tx, self.brand, row.person_id)
            lines = timeline(tx, self.brand, row.person_id, WORDS, members=members)
            if not any_may(self.agent().roles, "see_customer_notes"):
                lines = tuple(line for line in lines if not line.internal)
            confirmed = tuple(
                Link(one.a, one.b, one.by or "", one.at)
                for one in persons.linked(tx, self.brand, row.person_id, members)
            )
            card = person_card.card(tx, self.brand, row.person_id, now, members=members)
            return CustomerView(
                card, persons.suggestions(tx, self.brand, row.person_id, members=members), confirmed, lines
            )

    def link_persons(self, case_id: int, a: int, b: int, now: datetime) -> None:
        """These two are one person: what they wrote stands together from now on."""
        require(self.agent(), "link_persons")
        with self._case(case_id) as (tx, _):
            self._persons(tx, persons.confirm, a, b, now)

    def refuse_link(self, case_id: int, a: int, b: int, now: datetime) -> None:
        """These two are not one person."""
        require(self.agent(), "link_persons")
        with self._case(case_id) as (tx, _):
            self._persons(tx, persons.reject, a, b, now)

    def unlink_persons(self, case_id: int, a: int, b: int, now: datetime) -> None:
        """The two are two persons after all: a case that held mentions of both becomes two cases."""
        require(self.agent(), "unlink_persons")
        with self._case(case_id) as (tx, _):
            self.split_mixed(tx, self._persons(tx, persons.unlink, a, b, now), now)

    def split_mixed(self, tx: Connection, parted: persons.Parted, now: datetime) -> None:
        """Cases that held mentions of both persons become two cases each, inside the transaction that parted them."""
        for mixed in parted.mixed:
            row = self._row(tx, mixed.case_id)
            try:
                new_id = self._split(tx, row, mixed.mention_ids, now, of_closed=True)
            except DeskError:
                continue  # every mention is the other's: the case is theirs as it is
            persons.settle_case(tx, self.brand, new_id)

    def _persons(self, tx: Connection, act: object, a: int, b: int, now: datetime) -> persons.Parted:
        try:
            return act(tx, self.brand, a, b, self.by, now)  # type: ignore[operator, no-any-return]
        except PersonError as error:
            raise DeskError(str(error)) from None

    def set_tier(self, case_id: int, tier: str, now: datetime) -> None:
        """The customer's loyalty tier, as we know it."""
        self._may("note")
        with self._case(case_id) as (tx, row):
            if row.person_id is None:
                raise DeskError("The author of this case is not known.")
            try:
                person_card.set_tier(tx, self.brand, row.person_id, tier, self.by, now)
            except PersonError as error:
                raise DeskError(str(error)) from None
            self._log(tx, case_id, "tier_set", now, {"tier": tier})

    def order_card(self, view: CaseView, now: datetime, retry: bool = False) -> OrderCard | None:
        """The customer's orders, by the numbers in their words; None where no source of orders is configured."""
        if not self.orders.configured:
            return None
        facts = [f for m in view.mentions if m.score and not m.deleted_at for f in m.score.facts]
        order, mail = None, None
        with self.store.read() as tx:
            for mention in view.mentions:
                stored = case_store.mention_of(tx, self.brand, mention.id)
                if stored is not None:
                    order = order or _delivered_order(stored[0].mention)
                    mail = mail or (mention.author if mention.channel == "email" else None)
        keys = list(keys_from(facts, platform_order=order, region=self.settings.brand.region))
        if mail is not None:
            with suppress(OrderKeyError):
                keys.append(email_key(mail, "weak"))  # anybody can write a sender's address
        return self.orders.look_up(keys, now, retry=retry)

    def _order_facts(self, view: CaseView, now: datetime) -> Mapping[str, object]:
        card = self.order_card(view, now)
        return card.facts(now) if card is not None else {}


def _delivered_order(mention: Mention) -> str | None:
    """The order that a marketplace names with a question: nobody can type that."""
    given = mention.extra.get("order") if mention.channel in ("hepsiburada", "trendyol") else None
    return str(given) if isinstance(given, str | int) and str(given).strip() else None
