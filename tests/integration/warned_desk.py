"""A small desk for the sweeper's tests: cases open, are answered, snoozed and given away, as the desk's acts do it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from desk.case_clocks import refresh
from desk.clock import Clocks
from desk.settings import Settings, validate
from desk.sweeper import Sweeper
from desk.warnings import Recipient
from store import cases as case_store
from store import events as event_log
from store.engine import Store
from store.tables_warnings import alerts, warning_notices, warnings

FRIDAY = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)  # 09:00 in Istanbul: the desk opens

PEOPLE = (
    Recipient("Elif", ("NOBET_ALERT_ELIF",)),
    Recipient("Mert"),
    Recipient("Zeynep", lead=True),
)


def settings(**more: Any) -> Settings:
    agents = [{"name": one.name} for one in PEOPLE]
    return validate({"brand": {"name": "Deneme"}, "agents": agents, **more}, None)


@dataclass
class WarnedDesk:
    """The hands of the desk on a store."""

    store: Store
    settings: Settings = field(default_factory=settings)

    def __post_init__(self) -> None:
        self.brand = self.settings.brand.key
        self.clocks = Clocks(self.settings.desk)

    def sweeper(self) -> Sweeper:
        return Sweeper(self.store, self.settings, lambda at: PEOPLE)

    def open(self, posted: datetime, urgency: str = "critical", assignee: str | None = None, **columns: Any) -> int:
        with self.store.write() as tx:
            case_id = case_store.open_case(
                tx, self.brand, channel="x", source="x", urgency=urgency, assignee=assignee, posted_at=posted,
                opened_at=posted, **columns,
            )  # fmt: skip
            event_log.append(
                tx, self.brand, type="customer_posted", at=posted, by="customer", recorded_at=posted, case_id=case_id,
                data={"urgency": urgency, "channel": "x"},
            )  # fmt: skip
            refresh(tx, self.clocks, case_id, posted)
        return case_id

    def act(self, case_id: int, type: str, at: datetime, by: str = "agent:Elif", **columns: Any) -> None:
        with self.store.write() as tx:
            event_log.append(tx, self.brand, type=type, at=at, by=by, recorded_at=at, case_id=case_id)
            refresh(tx, self.clocks, case_id, at, **columns)

    def answer(self, case_id: int, at: datetime) -> None:
        self.act(case_id, "answered", at, status="answered", answered_at=at)

    def warnings(self) -> list[tuple[int, str, int, str, datetime]]:
        query = select(
            warnings.c.case_id, warnings.c.clock, warnings.c.percent, warnings.c.state, warnings.c.at
        ).order_by(warnings.c.case_id, warnings.c.clock, warnings.c.percent)
        with self.store.read() as tx:
            return [tuple(row) for row in tx.execute(query)]  # type: ignore[misc]

    def told(self, case_id: int) -> list[tuple[int, str]]:
        return [(percent, state) for case, _, percent, state, _ in self.warnings() if case == case_id]

    def notices(self) -> list[Any]:
        query = select(warning_notices, warnings.c.case_id, warnings.c.percent).join(
            warnings, warnings.c.id == warning_notices.c.warning_id
        )
        with self.store.read() as tx:
            return list(tx.execute(query.order_by(warning_notices.c.warning_id, warning_notices.c.person)))

    def alerts(self) -> list[Any]:
        with self.store.read() as tx:
            return list(tx.execute(select(alerts).order_by(alerts.c.id)))

    def messages_to(self, person: str) -> list[str]:
        return [row.text for row in self.alerts() if row.person == person and row.channel == "board"]


def minutes(number: float) -> datetime:
    """So many minutes after the opening on Friday."""
    return FRIDAY + timedelta(minutes=number)
