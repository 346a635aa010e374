"""A whole crisis on a store for the tests of reviews: mentions through the intake, answers of people, the run's events.

Minutes count from START, a Friday evening in Istanbul, so that every story crosses midnight sooner or later.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert

from desk.concessions import Wish
from desk.crisis.course import keep_place, read_run, write
from desk.crisis.opening import suspect
from desk.crisis.reviewing import Reviews
from desk.desk import Desk
from desk.granting import grant
from desk.intake import Intake
from desk.money import money
from desk.settings import Settings, library_of, validate
from mention import Mention
from playbooks.crisis.events import Event
from playbooks.crisis.plan import Plan
from store import cases as case_store
from store import crises as crisis_store
from store import events as event_log
from store import ingest, scoring, subjects
from store.engine import Store
from store.tables_crisis import alarms, incident_mentions, incidents
from tests.integration.store_making import fetched, score

START = datetime(2026, 11, 20, 19, 40, tzinfo=UTC)  # 22:40 in Istanbul, long after the close
BOTH = {"tr": "x", "en": "x"}
HOURS = {day: ["09:00-18:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


def at(minute: float) -> datetime:
    """So many minutes after the beginning."""
    return START + timedelta(minutes=minute)


def settings() -> Settings:
    """A desk that is staffed from nine to six every day, without holidays: simple enough to be reckoned by hand."""
    agents = [
        {"name": "Elif", "role": "crisis_manager", "also": ["pr_lead"],
         "limits": [{"kind": "refund", "per_case": {"amount": "100.00", "currency": "EUR"}}]},
        {"name": "Mert", "role": "team_lead"},
        {"name": "Can", "role": "agent"}, {"name": "Deniz", "role": "legal"},
    ]  # fmt: skip
    return validate(
        {"brand": {"name": "Marka", "slug": "marka"}, "desk": {"holidays": None, "hours": HOURS}, "agents": agents},
        None,
    )


def plan(**more: Any) -> Plan:
    """A plan of few steps, one branch, one piece of evidence; deputies from agent to crisis manager."""
    step = {"who": "agent", "within": "10m", "text": BOTH}

    def said(id: str, tr: str, en: str, **fields: Any) -> dict[str, Any]:
        return {**step, "id": id, "title": {"tr": tr, "en": en}, **fields}

    ways = [
        {"id": "speak", "title": {"tr": "Konuş", "en": "Speak"}, "means": BOTH, "next": ["reply"]},
        {"id": "wait", "title": {"tr": "Bekle", "en": "Hold back"}, "means": BOTH, "next": []},
    ]
    steps = [
        said("keep", "Ekran görüntüsü al", "Take screenshots", evidence=["shots"], next=["choose"]),
        said("choose", "Ne denecek?", "What to say?", kind="decide", who="team_lead", within="15m", options=ways),
        said("reply", "Yanıtla", "Reply", kind="reply", within="30m"),
        said("finish", "Kapanışa hazırla", "Prepare to close"),
        said("review", "Değerlendir", "Review", kind="review", who="crisis_manager", within="3d"),
    ]
    return Plan.model_validate({
        "id": "small", "version": 4, "title": {"tr": "Küçük plan", "en": "Small plan"}, "summary": BOTH,
        "triggers": [{"kind": "person", "title": BOTH, "severity": 1}],
        "severity": [{"level": 1, "title": BOTH, "when": BOTH}, {"level": 2, "title": BOTH, "when": BOTH}],
        "roles": [
            {"role": "agent", "deputy": "team_lead", "hand_over_after": "5m"},
            {"role": "team_lead", "deputy": "crisis_manager", "hand_over_after": "5m"}, {"role": "crisis_manager"},
        ],
        "take": "team_lead", "inform_first": [{"role": "crisis_manager", "within": "5m"}],
        "decides": [{"what": BOTH, "role": "team_lead"}], "updates": {"who": "team_lead"},
        "evidence": [{"id": "shots", "what": {"tr": "Ekran görüntüleri.", "en": "Screenshots."}, "within": "20m"}],
        "begins": ["keep"], "when_contained": ["finish"], "when_closed": ["review"], "steps": steps,
        "do_not_say": [{"say": BOTH, "why": BOTH}], "source": BOTH, **more,
    })  # fmt: skip


@dataclass
class Story:
    """The hands of everybody in one crisis."""

    store: Store
    settings: Settings = field(default_factory=settings)
    plan: Plan = field(default_factory=plan)
    number: int = 0

    def __post_init__(self) -> None:
        self.brand = self.settings.brand.key
        library = library_of(self.settings)
        self.desk = Desk(self.store, self.settings, library, "Elif")
        self.reviews = Reviews(self.store, self.settings, library, "Elif")
        self.intake = Intake(self.store, self.settings, library)
        with self.store.write() as tx:
            self.incident = self._incident(tx, "i1")

    def _incident(self, tx: Any, name: str, into: int | None = None) -> int:
        row = {"brand": self.brand, "name": name, "topic": "delivery_delay", "mentions": 0, "first_at": START,
               "last_at": START, "updated_at": START, "merged_into": into}  # fmt: skip
        key = tx.execute(insert(incidents).values(row)).inserted_primary_key
        return int(key[0])

    def other_incident(self, name: str) -> int:
        """An incident that turned out to be the same matter as this one."""
        with self.store.write() as tx:
            return self._incident(tx, name, self.incident)

    def said(
        self, minute: float, author: str | None = None, urgency: str = "urgent", channel: str = "x",
        incident: int | None = None, text: str = "", topic: str = "delivery_delay",
    ) -> tuple[int, int | None]:  # fmt: skip
        """Somebody writes about the matter; answers the mention's id and that of its case, if it became one."""
        self.number += 1
        mention = Mention(
            source=channel, native_id=str(self.number), text=text or f"Kargo {self.number} gelmedi", author=author,
            author_name="Ayşe Yılmaz" if author else None, published_at=at(minute),
        )  # fmt: skip
        seen = at(minute + 1)
        [id] = ingest.save_batch(self.store, self.brand, channel, fetched(mention), seen_at=seen).new_ids
        with self.store.write() as tx:
            scoring.save_scores(tx, self.brand, [(id, score(mention, urgency, topic))], [], seen)
        while self.intake.run(seen).total:
            pass
        with self.store.write() as tx:
            row = {"mention_id": id, "brand": self.brand, "incident_id": incident or self.incident, "by": "system",
                   "why": [], "at": seen}  # fmt: skip
            tx.execute(insert(incident_mentions).values(row))
            return id, case_store.case_of(tx, id)

    def alarm(self, minute: float, proof: list[int]) -> None:
        """The alarm is raised at a minute."""
        facts = {"why": {"tr": ["15 dakikada 5, olağanı 1."], "en": ["5 in 15 min where 1 is usual."]}}
        row = {"brand": self.brand, "incident_id": self.incident, "at": at(minute), "raised_at": at(minute),
               "view": "cusum", "facts": facts, "proof": proof}  # fmt: skip
        with self.store.write() as tx:
            tx.execute(insert(alarms).values(row))

    def suspected(self, minute: float, incident: bool = True) -> int:
        """The crisis is opened."""
        with self.store.write() as tx:
            event_log.hold(tx, self.brand)
            found = suspect(
                tx, self.settings, self.desk.clocks.deadlines(), self.plan, key=f"incident:{self.incident}",
                title="Kargo gelmiyor", why="çok kişi yazıyor", by="system", now=at(minute),
                incident_id=self.incident if incident else None,
            )  # fmt: skip
        assert found is not None
        self.crisis = found
        return found

    def event(self, minute: float, type: str, by: str = "agent:Mert", **data: Any) -> None:
        """Something happens in the run."""
        with self.store.write() as tx:
            event_log.hold(tx, self.brand)
            row = crisis_store.crisis(tx, self.brand, self.crisis)
            assert row is not None
            event = Event(at(minute), type, by, **data)
            run = read_run(tx, row, self.desk.clocks.deadlines())
            assert run.refusal(event) is None, run.refusal(event)
            write(tx, row, event, at(minute))
            keep_place(tx, row, run.fed(event).state(at(minute)))

    def in_room(self, minute: float, type: str, **data: Any) -> int:
        """Something happens in the crisis room that moves no step."""
        with self.store.write() as tx:
            return subjects.append(tx, self.brand, f"crisis:{self.crisis}", type=type, at=at(minute), by="agent:Mert",
                                   recorded_at=at(minute), data=data)  # fmt: skip

    def answer(self, case_id: int, minute: float, by: str = "Can") -> None:
        """A person answers a case."""
        self.desk.as_agent(by).answer(case_id, "Bakıyoruz", "", at(minute))

    def acknowledged(self, case_id: int, minute: float) -> None:
        """An automatic message goes out."""
        with self.store.write() as tx:
            event_log.append(tx, self.brand, type="auto_acknowledged", at=at(minute), by="system",
                             recorded_at=at(minute), case_id=case_id, data={"text": "Aldık"})  # fmt: skip

    def give(self, case_id: int, minute: float, amount: str | None, currency: str = "TRY") -> int:
        """Elif gives a refund, or a replacement where no amount is named; answers the ledger's line."""
        wish = Wish("refund", money(amount, currency)) if amount else Wish("replacement")
        with self.store.write() as tx:
            made = grant(
                tx, self.brand, f"{case_id}/{minute}/{amount}/{currency}", case_id, wish, self.desk.agent("Elif"),
                at(minute), zone=self.settings.desk.zone, rules=self.settings.concessions,
                approvals=self.settings.approvals,
            )  # fmt: skip
        return made.row.id

    def close(self, minute: float) -> None:
        """The crisis is closed by its manager."""
        self.event(minute, "closed", "agent:Elif", why="bitti")

    def written(self, minute: float) -> int:
        """Every section has words; answers the version."""
        words = {name: f"{name} yazıldı" for name in ("summary", "causes", "went_well", "to_change")}
        return self.reviews.save(self.crisis, words, 0, at(minute))
