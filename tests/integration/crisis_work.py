"""A crisis room on a store: colleagues of every role, an incident with its mentions, a platform that keeps its post."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from desk.crisis.room import CrisisRoom
from desk.crisis.room_view import RoomView
from desk.settings import Settings
from store import cases as case_store
from store import events as event_log
from store import subjects
from store.engine import Store
from store.rows import EventRow
from store.tables_crisis import incident_mentions, incidents
from tests.integration import answering_work
from tests.integration.answering_work import Flow, a_flow, minutes

CRISIS = {
    "stakeholders": [
        {"name": "Ajans Haber", "kind": "press", "contact_hint": "Basın defteri, s. 2"},
        {"name": "Bayiler", "kind": "partner"},
    ],
    "scheduled_posts": [{"name": "Bahar kampanyası", "where": "Paylaşım aracı"}, {"name": "Bülten"}],
}
PLAN = "any_crisis"
HOLDING = "Bir grup müşterimizin siparişlerindeki gecikmeyi inceliyoruz. Bir sonraki bilgi saat 11.00’de burada olacak."
ANSWER = (
    "Siparişinizdeki gecikme için özür dileriz. Depomuzdaki arıza giderildi, kargonuz bugün yola çıkıyor. "
    "Sipariş numaranızı iletirseniz durumunu size bildiririz."
)


def settings(**more: Any) -> Settings:
    return answering_work.settings(**{"crisis": CRISIS, **more})


@dataclass
class CrisisHouse:
    """The room in everybody's hands, beside a desk that can send."""

    flow: Flow
    room: CrisisRoom

    def hand(self, name: str) -> CrisisRoom:
        return self.room.as_agent(name)

    def suspected(self, at: datetime, by: str = "Elif", **more: Any) -> int:
        return self.hand(by).open_by_hand("Gecikme dalgası", PLAN, "çok kişi yazıyor", at, **more)

    def case_of(self, mention_id: int) -> int:
        with self.room.store.read() as tx:
            return case_store.case_of(tx, mention_id) or 0

    def declared(self, at: datetime, **more: Any) -> int:
        crisis_id = self.suspected(at, **more)
        self.hand("Leyla").take(crisis_id, at)
        self.hand("Leyla").declare(crisis_id, "kargo durdu", at)
        return crisis_id

    def incident(self, mention_ids: Sequence[int], at: datetime, name: str = "i1") -> int:
        """An incident that holds these mentions, as the grouping stores it; its id."""
        brand = self.room.brand
        row = {"brand": brand, "name": name, "topic": "delivery_delay", "mentions": len(mention_ids), "first_at": at,
               "last_at": at, "updated_at": at}  # fmt: skip
        with self.room.store.write() as tx:
            made = tx.execute(insert(incidents).values(row)).inserted_primary_key
            assert made is not None
            tx.execute(insert(incident_mentions), [
                {"mention_id": one, "brand": brand, "incident_id": made[0], "by": "system", "why": [], "at": at}
                for one in mention_ids
            ])  # fmt: skip
        return int(made[0])

    def crowd(self, number: int, at: datetime, **more: Any) -> tuple[int, list[int]]:
        """An incident of so many customers on X; it, and the cases that they became in the order of writing."""
        ids = [self.flow.bring(at=at, author=f"musteri{one}", **more) for one in range(number)]
        return self.incident(ids, at), [self.case_of(one) for one in ids]

    def approved(self, crisis_id: int, at: datetime, kind: str = "answer", text: str = ANSWER) -> int:
        """A statement that legal has approved; the PR lead wrote it."""
        pelin = self.hand("Pelin")
        one = pelin.draft(crisis_id, kind, "tr", text, () if kind == "answer" else ("x", "web"), at)
        pelin.ask(crisis_id, one, at)
        self.hand("Hakan").approve(crisis_id, one, "", at)
        return one

    def view(self, crisis_id: int, at: datetime, language: str = "tr") -> RoomView:
        return self.room.room(crisis_id, at, language)

    def log(self, crisis_id: int) -> list[EventRow]:
        with self.room.store.read() as tx:
            return subjects.events_of(tx, self.room.brand, subjects.subject("crisis", crisis_id))

    def chain(self) -> list[str]:
        with self.room.store.read() as tx:
            return event_log.verify_chain(tx, self.room.brand)


def a_house(store: Store, folder: Path, made: Settings | None = None) -> CrisisHouse:
    flow = a_flow(store, folder, made or settings())
    return CrisisHouse(flow, CrisisRoom.of(flow.desk))


def houses(store: Store, folder: Path) -> Iterator[CrisisHouse]:
    """For a fixture."""
    yield a_house(store, folder / "platform")


__all__ = ["ANSWER", "HOLDING", "PLAN", "CrisisHouse", "a_house", "houses", "minutes", "settings"]
