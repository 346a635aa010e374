"""A desk with people on many channels, on which crises are suspected and acted upon as the crisis room does it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import select

from desk.crisis.course import PREFIX, after_all, keep_place, newest_at, read_run, subject_of, write
from desk.crisis.opening import suspect
from desk.deadline import Deadlines
from desk.settings import Settings, validate
from playbooks.crisis.events import Event
from playbooks.crisis.plan import Plan
from playbooks.crisis.state import State
from store import crises, subjects
from store import events as event_log
from store.crises import CrisisRow
from store.engine import Store
from store.rows import EventRow
from store.tables_warnings import alerts

NIGHT = datetime(2026, 10, 28, 20, 50, tzinfo=UTC)  # 23:50 in Istanbul, the eve of a public holiday, in quiet hours

AGENTS: list[dict[str, Any]] = [
    {"name": "Ada", "role": "team_lead", "alerts": ["NOBET_ALERT_ADA"]},
    {"name": "Ece", "role": "crisis_manager", "alerts": ["NOBET_ALERT_ECE", "NOBET_ALERT_ECE_MAIL"]},
    {"name": "Pelin", "role": "pr_lead", "alerts": ["NOBET_ALERT_PELIN"], "languages": ["en"]},
    {"name": "Yusuf", "role": "administrator", "alerts": ["NOBET_ALERT_YUSUF"]},
    {"name": "Elif"},
]
CHANNELS = tuple(channel for agent in AGENTS for channel in agent.get("alerts", ()))


def settings(agents: list[dict[str, Any]] | None = None, **more: Any) -> Settings:
    return validate({"brand": {"name": "Deneme"}, "agents": agents or AGENTS, **more}, None)


def said(tr: str, en: str = "") -> dict[str, str]:
    return {"tr": tr, "en": en or tr}


def plan(**more: Any) -> Plan:
    """agent -> team lead -> crisis manager -> PR lead -> executive (whom nobody is named for), five minutes each."""
    ladder = ("agent", "team_lead", "crisis_manager", "pr_lead", "executive")
    roles: list[dict[str, Any]] = [
        {"role": role, "deputy": above, "hand_over_after": "5m"} for role, above in pairwise(ladder)
    ]
    roles.append({"role": "executive", "title": said("Genel müdür", "Managing director"), "hand_over_after": "5m"})
    step = {"within": "10m", "text": said("x")}
    return Plan.model_validate({
        "id": "small", "version": 1, "title": said("Küçük kriz", "Small crisis"), "summary": said("x"),
        "triggers": [{"kind": "person", "title": said("x"), "severity": 1}],
        "severity": [{"level": 1, "title": said("Ciddi", "Serious"), "when": said("x")}],
        "roles": roles, "take": "team_lead", "inform_first": [{"role": "crisis_manager", "within": "5m"}],
        "decides": [{"what": said("x"), "role": "crisis_manager"}],
        "updates": {"who": "pr_lead", "first_within": "30m"}, "begins": ["call", "pause"], "when_closed": ["review"],
        "steps": [
            {"id": "call", "who": "crisis_manager", "title": said("Depoyu arayın", "Call the warehouse"), **step,
             "remind_every": "7m", "hand_over_after": "30m", "within": "30m"},
            {"id": "pause", "who": "agent", "title": said("Yayını durdurun", "Pause the posts"), **step,
             "next": ["check", "write"]},
            {"id": "check", "who": "crisis_manager", "title": said("Denetleyin", "Check it"), **step},
            {"id": "write", "who": "crisis_manager", "title": said("Yazın", "Write it"), **step},
            {"id": "review", "kind": "review", "who": "team_lead", "title": said("Değerlendirin", "Review"),
             "text": said("x"), "within": "1d"},
        ],
        "do_not_say": [{"say": said("x"), "why": said("x")}], "source": said("x"), **more,
    })  # fmt: skip


@dataclass
class AlertedDesk:
    """The hands of a desk's people on a store."""

    store: Store
    settings: Settings = field(default_factory=settings)

    def __post_init__(self) -> None:
        self.brand = self.settings.brand.key
        self.deadlines = Deadlines(self.settings.desk)

    def suspect(
        self, at: datetime, key: str = "a", by: str = "agent:Elif", title: str = "Küçük kriz", **more: Any
    ) -> int:
        with self.store.write() as tx:
            event_log.hold(tx, self.brand)
            made = suspect(
                tx, self.settings, self.deadlines, more.pop("plan", None) or plan(), key=key, title=title,
                why=more.pop("why", "büyüyor"), by=by, now=at, **more,
            )  # fmt: skip
        assert made is not None
        return made

    def act(self, crisis_id: int, type: str, at: datetime, by: str = "Elif", **more: Any) -> None:
        with self.store.write() as tx:
            event_log.hold(tx, self.brand)
            row = crises.crisis(tx, self.brand, crisis_id)
            assert row is not None
            run = read_run(tx, row, self.deadlines)
            event = after_all(run, Event(at, type, f"agent:{by}", **more))
            assert run.refusal(event) is None
            write(tx, row, event, at)
            run = run.fed(event)
            keep_place(tx, row, run.state(newest_at(run, at)))

    def row(self, crisis_id: int) -> CrisisRow:
        with self.store.read() as tx:
            row = crises.crisis(tx, self.brand, crisis_id)
        assert row is not None
        return row

    def state(self, crisis_id: int, at: datetime) -> State:
        with self.store.read() as tx:
            run = read_run(tx, self.row(crisis_id), self.deadlines)
        return run.state(newest_at(run, at))

    def log(self, crisis_id: int, type: str = "") -> list[EventRow]:
        with self.store.read() as tx:
            found = subjects.events_of(tx, self.brand, subject_of(crisis_id))
        return [event for event in found if type in ("", event.type.removeprefix(PREFIX))]

    def told(self, crisis_id: int) -> list[tuple[str, datetime]]:
        """The keys that were told, without the run's name, and when."""
        return [(event.data["notice"].split("/", 1)[1], event.at) for event in self.log(crisis_id, "told")]

    def notices(self, crisis_id: int) -> list[crises.NoticeRow]:
        with self.store.read() as tx:
            return crises.notices_of(tx, self.brand, crisis_id)

    def alerts(self, person: str = "", channel: str = "") -> list[Any]:
        with self.store.read() as tx:
            rows = list(tx.execute(select(alerts).order_by(alerts.c.id)))
        return [row for row in rows if person in ("", row.person) and channel in ("", row.channel)]

    def board(self, person: str = "") -> list[Any]:
        return self.alerts(person, "board")

    def whole(self) -> bool:
        """Whether the log's chain holds."""
        with self.store.read() as tx:
            return event_log.verify_chain(tx, self.brand) == []


def minutes(number: float) -> datetime:
    """So many minutes after NIGHT."""
    return NIGHT + timedelta(minutes=number)
