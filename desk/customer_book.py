"""The page of customers: whom to find, who needs something, and all that is known of one of them on one page.

What may be shown of a customer is decided in timeline.py; who may see notes, link, part and export in roles.py.
Everything that changes is one transaction and an event, and can be taken back: what was linked is parted, what was
parted linked again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from pydantic import ValidationError
from sqlalchemy import Connection

from desk import customer_search, ledger, person_card, persons
from desk.customer_search import Found
from desk.customers import Link
from desk.desk import Desk
from desk.lineage import counted
from desk.orders.card import OrderCard
from desk.orders.keys import OrderKeyError, email_key, keys_from
from desk.person_card import PersonCard
from desk.persons import Parted, PersonError, Suggestion
from desk.roles import Refused, any_may, require
from desk.timeline import Entry, timeline
from playbooks.decision import Decision
from store import cases as case_store
from store import concessions as ledger_store
from store import events as event_log
from store import person_links as links
from store import persons as person_store
from store import subjects
from store.concessions import ConcessionRow
from store.rows import LIVE_STATUSES, CaseRow, EventRow

SHOWN, ALL = 40, 500
"""Lines of a customer's time line: at first, and when all are asked for."""

TOLD = ("delivery_date", "next_update", "call_time")
"""What a decision may promise a customer: a day or a moment."""

EXPORTED = 100_000
"""Lines and mentions of one customer in an export; nobody has that many."""

T = TypeVar("T")

EXPORT_FORM = "nobet-customer-1"
"""Named in every export, so that a program knows what it reads."""


@dataclass(frozen=True)
class Promise:
    """What a customer was told that they would get, beside an answer: `kind` is a concession's, or what was promised in
    a decision (one of TOLD); until a moment, or a day, or none that was named."""

    case_id: int
    kind: str
    until: datetime | date | None
    late: bool
    concession: ConcessionRow | None = None


@dataclass(frozen=True)
class Customer:
    """Everything of one customer. `cases` are the live ones first, `parted` links that were undone or refused, `more`
    whether the time line has older lines, `notes_hidden` whether internal ones were left out."""

    card: PersonCard
    cases: tuple[CaseRow, ...]
    promises: tuple[Promise, ...]
    concessions: tuple[ConcessionRow, ...]
    suggestions: tuple[Suggestion, ...]
    links: tuple[Link, ...]
    parted: tuple[Link, ...]
    lines: tuple[Entry, ...]
    more: bool
    notes_hidden: bool

    @property
    def live(self) -> tuple[CaseRow, ...]:
        """The cases that are neither resolved nor set aside."""
        return tuple(case for case in self.cases if case.status in LIVE_STATUSES)


class CustomerBook:
    """One person's view of the brand's customers, and their hands."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.store, self.brand, self.settings = desk.store, desk.brand, desk.settings

    def may(self, action: str) -> bool:
        """Whether I may do an action of roles.ACTIONS."""
        return any_may(self.desk.agent().roles, action)

    # --- looking ---

    def search(self, typed: str, now: datetime) -> tuple[Found, ...]:
        """The customers whom typed text may mean; none for text that is too short."""
        with self.store.read() as tx:
            return customer_search.search(tx, self.brand, typed, now, self.settings.brand.region)

    def needing(self, need: str, now: datetime) -> tuple[Found, ...]:
        """The customers of one of customer_search.VIEWS."""
        with self.store.read() as tx:
            return customer_search.needing(tx, self.brand, need, now)

    def counts(self, now: datetime) -> Mapping[str, int]:
        """How many customers each view has."""
        with self.store.read() as tx:
            return customer_search.counts(tx, self.brand, now)

    def customer(self, person_id: int, now: datetime, shown: int = SHOWN) -> Customer:
        """All of one customer, whatever id of theirs is given. Raises Refused where there is none."""
        with self.store.read() as tx:
            self._there(tx, person_id)
            card = person_card.card(tx, self.brand, person_id, now)
            lines = timeline(tx, self.brand, person_id, shown + 1)
            notes = self.may("see_customer_notes")
            kept = tuple(line for line in lines[:shown] if notes or not line.internal)
            cases = self._cases(tx, card.person_id)
            members = links.members(tx, self.brand, person_id)
            given = self._given(tx, members)
            parted = [
                row
                for row in links.links_of(tx, self.brand, members, ("rejected",))
                if (row.a in members) != (row.b in members)
            ]
            return Customer(
                card, cases, tuple(self._promises(tx, cases, given, now)), given,
                persons.suggestions(tx, self.brand, person_id),
                tuple(_link(row) for row in persons.linked(tx, self.brand, person_id)),
                tuple(_link(row) for row in parted), kept, len(lines) > shown, not notes,
            )  # fmt: skip

    def account_of(self, home: int) -> tuple[str, str]:
        """Source and handle of the first account that a customer had before any link; empty where there is none."""
        with self.store.read() as tx:
            accounts = person_store.accounts(tx, self.brand, [home])
        return (accounts[0][0], accounts[0][1]) if accounts else ("", "")

    def orders(self, person_id: int, now: datetime, retry: bool = False) -> OrderCard | None:
        """The customer's orders by the numbers in their words; None where no source of orders is configured."""
        if not self.desk.orders.configured:
            return None
        with self.store.read() as tx:
            members = links.members(tx, self.brand, person_id)
            written = person_store.of_homes(tx, self.brand, members, person_card.READ)
        facts = [fact for _, score, _ in written if score for fact in score.facts]
        keys = list(keys_from(facts, region=self.settings.brand.region))
        mail = next((stored.mention.author for stored, _, _ in written if stored.mention.channel == "email"), None)
        if mail is not None:
            with suppress(OrderKeyError):
                keys.append(email_key(mail, "weak"))  # anybody can write a sender's address
        return self.desk.orders.look_up(keys, now, retry=retry)

    # --- linking ---

    def link(self, a: int, b: int, now: datetime) -> int:
        """These two are one customer from now on; answers the id they stand under. To be taken back with `part`."""
        require(self.desk.agent(), "link_persons")
        with self.store.write() as tx:
            event_log.hold(tx, self.brand)
            return self._decide(lambda: persons.confirm(tx, self.brand, a, b, self.desk.by, now))

    def refuse(self, a: int, b: int, now: datetime) -> None:
        """These two are not one customer."""
        require(self.desk.agent(), "link_persons")
        with self.store.write() as tx:
            event_log.hold(tx, self.brand)
            self._decide(lambda: persons.reject(tx, self.brand, a, b, self.desk.by, now))

    def part(self, a: int, b: int, now: datetime) -> Parted:
        """The two are two customers after all; everything stands as if they had never been linked."""
        require(self.desk.agent(), "unlink_persons")
        with self.store.write() as tx:
            event_log.hold(tx, self.brand)
            parted = self._decide(lambda: persons.unlink(tx, self.brand, a, b, self.desk.by, now))
            self.desk.split_mixed(tx, parted, now)
            return parted

    def _decide(self, act: Callable[[], T]) -> T:
        try:
            return act()
        except PersonError as error:
            raise _refused(error) from None

    # --- carrying away ---

    def export(self, person_id: int, now: datetime) -> bytes:
        """All that is held of a customer, as JSON; who took it out is an event.

        Words that timeline.py withholds are not in it: they may be somebody else's. Internal notes are in it for those
        who may read them.
        """
        require(self.desk.agent(), "export")
        with self.store.write() as tx:
            event_log.hold(tx, self.brand)
            self._there(tx, person_id)
            record = dict(self._record(tx, person_id, now))
            told = {"mentions": len(record["mentions"]), "cases": [case["id"] for case in record["cases"]]}
            person = int(record["person"]["id"])
            subjects.append(
                tx, self.brand, subjects.subject("person", person), type="person_exported", at=now, by=self.desk.by,
                recorded_at=now, data={"person": person, **told},
            )  # fmt: skip
        return json.dumps(record, ensure_ascii=False, indent=2, default=_plain).encode()

    def _record(self, tx: Connection, person_id: int, now: datetime) -> Iterator[tuple[str, Any]]:
        members = links.members(tx, self.brand, person_id)
        card = person_card.card(tx, self.brand, person_id, now)
        notes = self.may("see_customer_notes")
        yield "form", EXPORT_FORM
        yield "brand", self.desk.brand_name
        yield "exported_at", now
        yield "exported_by", self.desk.me
        yield "person", {"id": card.person_id, "name": card.name, "ids": sorted(members)}
        accounts = person_store.accounts(tx, self.brand, members)
        yield "accounts", [{"source": source, "handle": handle} for source, handle, _ in accounts]
        told = person_store.traits_of(tx, self.brand, sorted(members))
        yield "told_of_themselves", [{"kind": row.kind, "value": row.shown, "mention": row.mention_id} for row in told]
        kept = links.attributes(tx, self.brand, members)
        yield "attributes", [{"name": r.name, "value": r.value, "source": r.source, "at": r.at} for r in kept]
        linked = persons.linked(tx, self.brand, person_id)
        yield "links", [{"a": row.a, "b": row.b, "by": row.by, "at": row.at} for row in linked]
        written = person_store.of_homes(tx, self.brand, members, EXPORTED)
        yield "mentions", [
            {"id": stored.id, "seen_at": stored.seen_at, **stored.mention.model_dump(mode="json"),
             "score": score.model_dump(mode="json") if score else None}
            for stored, score, _ in written
        ]  # fmt: skip
        cases = self._cases(tx, card.person_id)
        yield "cases", [{**vars(case), "reasons": list(case.reasons)} for case in cases]
        yield "timeline", [
            {"at": line.at, "kind": line.kind, "channel": line.channel, "case": line.case_id,
             "mention": line.mention_id, "by": line.by, "text": line.text, "link": line.link,
             "withheld": line.withheld, "deleted": line.deleted}
            for line in timeline(tx, self.brand, person_id, EXPORTED)
            if notes or not line.internal
        ]  # fmt: skip
        yield "internal_notes", "included" if notes else "left out: the person who exported may not read them"
        yield "concessions", [ledger.record(row, self.desk.zone) for row in self._given(tx, members)]

    # --- within ---

    def _there(self, tx: Connection, person_id: int) -> None:
        if not person_store.exists(tx, self.brand, person_id):
            raise Refused(f"{person_id} numaralı bir müşteri yok.", f"There is no customer {person_id}.")

    def _cases(self, tx: Connection, person_id: int) -> tuple[CaseRow, ...]:
        ids = person_store.case_ids_of(tx, self.brand, person_id)
        found = [row for id in ids if (row := case_store.case(tx, self.brand, id)) is not None]
        far = datetime.max.replace(tzinfo=self.desk.zone)
        kept = [row for row in found if row.merged_into is None]
        live = sorted((r for r in kept if r.status in LIVE_STATUSES), key=lambda r: (r.due_at or far, r.id))
        return (*live, *sorted((r for r in kept if r.status not in LIVE_STATUSES), key=lambda r: -r.id))

    def _given(self, tx: Connection, members: frozenset[int]) -> tuple[ConcessionRow, ...]:
        rows = [row for home in sorted(members) for row in ledger_store.of_person(tx, self.brand, home)]
        return tuple(sorted({row.id: row for row in rows}.values(), key=lambda row: (row.at, row.id), reverse=True))

    def _promises(
        self, tx: Connection, cases: tuple[CaseRow, ...], given: tuple[ConcessionRow, ...], now: datetime
    ) -> Iterator[Promise]:
        today = now.astimezone(self.desk.zone).date()
        for case in (case for case in cases if case.status in LIVE_STATUSES):
            decision = _decided(counted(event_log.of_case(tx, case.id)))
            for kind in TOLD:
                until = getattr(decision, kind, None)
                if until is not None:
                    past = until < now if isinstance(until, datetime) else until < today
                    yield Promise(case.id, kind, until, past)
        for row in given:
            if row.state == "promised":
                yield Promise(row.case_id, row.kind, row.due_by, row.due_by is not None and row.due_by < now, row)


def _decided(events: Sequence[EventRow]) -> Decision | None:
    """What was decided last, None where nothing was, or by a version of the playbook that knew other facts."""
    last = [event for event in events if event.type == "decided"][-1:]
    try:
        return Decision.model_validate(last[0].data["decision"]) if last else None
    except (ValidationError, KeyError):
        return None


def _link(row: Any) -> Link:
    return Link(row.a, row.b, (row.by or "").removeprefix("agent:"), row.at)


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime | date) else str(value)


_SAID = {
    "one person already": ("Bu ikisi zaten tek müşteri olarak birleşik.", "The two are one customer already."),
    "are one person;": (
        "Bu ikisi şu an tek müşteri; önce birleştirmeyi çözün.", "The two are one customer; take them apart first.",
    ),
    "No confirmed link": (
        "Bu iki müşteri arasında çözülecek bir birleştirme kalmadı; sayfayı yenileyin.",
        "There is no link between the two left to be undone; look at the page anew.",
    ),
    "There is no person": ("Böyle bir müşteri yok; numarayı denetleyin.", "There is no such customer."),
}  # fmt: skip


def _refused(error: PersonError) -> Refused:
    """What persons.py refuses, in the words of this page and in both languages."""
    found = next((said for wording, said in _SAID.items() if wording in str(error)), (str(error), str(error)))
    return Refused(*found)
