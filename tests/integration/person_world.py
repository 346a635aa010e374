"""A small desk for the tests about persons: customers write, cases open and are answered, all in a real store."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import Connection, select

from desk import persons
from desk.traits import Ours
from mention import Fact, Mention
from store import Store, cases, ingest, scoring
from store import events as event_log
from store.tables import authors
from store.tables import cases as case_table
from store.tables_persons import author_homes, case_homes, person_links, person_partings, person_traits
from tests.integration.store_making import BRAND, NOW, fetched, score

OURS = Ours(emails=frozenset({"destek@cinarev.example"}))


@dataclass
class World:
    """One brand's store; every step is a minute later than the one before."""

    store: Store
    brand: str = BRAND
    minutes: count[int] = field(default_factory=lambda: count(1))

    def tick(self) -> datetime:
        return NOW + timedelta(minutes=next(self.minutes))

    def write(
        self, author: str | None, *facts: tuple[str, str], source: str = "x", text: str = "Kargom nerede",
        join: int = 0, topic: str = "delivery_delay", learn: bool = True, **fields: Any,
    ) -> tuple[int, int]:  # fmt: skip
        """A customer writes: the mention is stored, scored and in a case (a new one, or `join`); (mention, case)."""
        now = self.tick()
        start: dict[str, Any] = {"source": source, "native_id": f"n{now.timestamp():.0f}", "text": text}
        start |= {"author": author, "author_name": None, "published_at": now}
        mention = Mention(**(start | fields))
        [mention_id] = ingest.save_batch(self.store, self.brand, source, fetched(mention), seen_at=now).new_ids
        found = tuple(Fact(kind=kind, start=0, end=1, text=value, value=value) for kind, value in facts)
        with self.store.write() as tx:
            scored = score(mention, topic=topic).model_copy(update={"facts": found})
            scoring.save_scores(tx, self.brand, [(mention_id, scored)], [], now)
            handle = author or f"unknown:{mention.native_id}"
            person = cases.person_for(tx, self.brand, source, handle, mention.author_name, now)
            case_id = join
            if not join:
                case_id = cases.open_case(
                    tx, self.brand, person_id=person, topic=topic, channel=mention.channel, source=source,
                    posted_at=now, opened_at=now,
                )  # fmt: skip
            cases.attach(tx, self.brand, case_id, mention_id, now)
            type = "customer_wrote" if join else "customer_posted"
            event_log.append(
                tx, self.brand, type=type, at=now, by="customer", recorded_at=now, case_id=case_id,
                mention_id=mention_id,
            )  # fmt: skip
            if learn:
                persons.learn(tx, self.brand, [mention_id], OURS, now)
        return mention_id, case_id

    def say(self, case_id: int, type: str, text: str = "", **data: Any) -> datetime:
        """Somebody of the desk does something about a case; when."""
        now = self.tick()
        with self.store.write() as tx:
            told = {"text": text, **data}
            event_log.append(
                tx, self.brand, type=type, at=now, by="agent:Elif", recorded_at=now, case_id=case_id, data=told
            )  # fmt: skip
        return now

    def home(self, author: str, source: str = "x") -> int:
        """The person that an author stands under now."""
        with self.store.read() as tx:
            whose = (authors.c.brand == self.brand, authors.c.source == source, authors.c.handle == author)
            return int(tx.execute(select(authors.c.person_id).where(*whose)).scalar_one())

    def link(self, a: int, b: int) -> int:
        with self.store.write() as tx:
            return persons.confirm(tx, self.brand, a, b, "agent:Elif", self.tick())

    def unlink(self, a: int, b: int) -> persons.Parted:
        with self.store.write() as tx:
            return persons.unlink(tx, self.brand, a, b, "agent:Elif", self.tick())

    def reject(self, a: int, b: int) -> None:
        with self.store.write() as tx:
            persons.reject(tx, self.brand, a, b, "agent:Elif", self.tick())

    def suggested(self, person: int) -> tuple[persons.Suggestion, ...]:
        with self.store.read() as tx:
            return persons.suggestions(tx, self.brand, person)


def state(tx: Connection, brand: str = BRAND) -> dict[str, list[Any]]:
    """Everything that says whose something is, without the links themselves: what must be as if never linked."""
    whose = (authors.c.source, authors.c.handle, authors.c.person_id)
    told = [person_traits.c[name] for name in ("mention_id", "kind", "value", "person_id")]
    of_case = (case_table.c.id, case_table.c.person_id)
    queries = {
        "authors": select(*whose).where(authors.c.brand == brand),
        "cases": select(*of_case).where(case_table.c.brand == brand),
        "traits": select(*told).where(person_traits.c.brand == brand),
        "author homes": select(author_homes).where(author_homes.c.brand == brand),
        "case homes": select(case_homes).where(case_homes.c.brand == brand),
    }
    return {name: sorted(tuple(row) for row in tx.execute(query)) for name, query in queries.items()}


def decided(tx: Connection, brand: str = BRAND) -> dict[str, list[Any]]:
    """What people decided about links, as it is kept."""
    links = select(person_links.c.a, person_links.c.b, person_links.c.state, person_links.c.linked_at)
    said = links.where(person_links.c.brand == brand, person_links.c.state.in_(("confirmed", "rejected")))
    said = said.order_by(person_links.c.a, person_links.c.b)
    apart = select(person_partings).where(person_partings.c.brand == brand).order_by(*person_partings.c)
    return {"links": [tuple(row) for row in tx.execute(said)], "partings": [tuple(row) for row in tx.execute(apart)]}
