"""A desk that answers: colleagues of every role, customers in three channels, and a platform that keeps what it took.

The platform is a folder with a file for each message, so that it outlives a process that is killed.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, cast

from collectors.protocol import Fetched
from desk.desk import Desk
from desk.intake import Intake
from desk.rounds import Rounds
from desk.sending.protocol import About, Outgoing, Receipt, Sender, SenderSettings
from desk.sending.registry import Senders
from desk.settings import Settings, validate
from desk.views import EventView
from mention import SENTIMENTS, TOPICS, URGENCIES, Fact, Mention, Score
from store import cases as case_store
from store import concessions as ledger_store
from store import ingest, scoring
from store import outbox as sends
from store.concessions import ConcessionRow
from store.engine import Store
from tests.integration.test_desk_cases import FRIDAY, LIBRARY, House, a_head

AGENTS = [
    {"name": "Elif", "role": "agent"}, {"name": "Mert", "role": "agent"}, {"name": "Leyla", "role": "team_lead"},
    {"name": "Can", "role": "crisis_manager"}, {"name": "Pelin", "role": "pr_lead"},
    {"name": "Hakan", "role": "legal"}, {"name": "Vera", "role": "viewer"},
]  # fmt: skip

TEXT = (
    "Merhaba, siparişiniz söz verdiğimiz günde ulaşmadı, özür dileriz. Sipariş numaranızı DM’den iletir misiniz? "
    "Bugün 17.30’a kadar size yazacağız. {}"
)


def minutes(number: float) -> datetime:
    return FRIDAY + timedelta(minutes=number)


def settings(**more: Any) -> Settings:
    """The desk's; every text that goes with more than 200 TRY is read by the team lead."""
    rules = [
        {"when": {"kinds": ["reply"], "urgencies": ["critical"], "public": True}, "by": "crisis_manager",
         "deputy": "pr_lead", "hand_over_after": "15m"},
        {"when": {"kinds": ["reply"], "public": False, "over": {"amount": "200.00", "currency": "TRY"}},
         "by": "team_lead"},
    ]  # fmt: skip
    return validate(
        {"brand": {"name": "Deneme", "handles": ["deneme"]}, "agents": AGENTS, "approvals": {"rules": rules}, **more},
        None,
    )


class Platform:
    """What the customers see: one file for each message that was taken."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)

    def take(self, outgoing: Outgoing) -> str:
        told = {"text": outgoing.text, "private": outgoing.private, "to": outgoing.address["to"]}
        (self.folder / f"{outgoing.token}.{uuid.uuid4().hex}").write_text(json.dumps(told), encoding="utf-8")
        return outgoing.token[:12]

    def has(self, outgoing: Outgoing) -> bool:
        return any(self.folder.glob(f"{outgoing.token}.*"))

    def shown(self) -> list[dict[str, Any]]:
        return [json.loads(file.read_text(encoding="utf-8")) for file in sorted(self.folder.iterdir())]


class FakeSender:
    """Sends to the folder. `then` is called once a message was taken; what it raises is what the outbox is told."""

    kind: ClassVar[str] = "fake"
    Settings: ClassVar[type[SenderSettings]] = SenderSettings
    about: ClassVar[About] = About("Fake", ("x", "sikayetvar", "email", "instagram", "trendyol"), private=True)

    def __init__(self, platform: Platform) -> None:
        self.settings = SenderSettings(kind="fake")
        self.platform = platform
        self.at: datetime | None = None
        self.before: Callable[[], object] = lambda: None
        self.then: Callable[[], object] = lambda: None
        self.look: Callable[[], object] = lambda: None

    def address(self, mention: Mention, private: bool) -> dict[str, Any]:
        return {"to": mention.author}

    def send(self, outgoing: Outgoing, now: datetime) -> Receipt:
        self.before()
        link = f"https://p.example/{self.platform.take(outgoing)}"
        self.then()
        return Receipt(outgoing.token[:12], link, self.at)

    def find(self, outgoing: Outgoing, now: datetime) -> Receipt | None:
        self.look()
        return Receipt(outgoing.token[:12], None, None) if self.platform.has(outgoing) else None


class FakeSenders(Senders):
    """One sender for the channels given, in public (`ways` holds False) and in private (True)."""

    def __init__(self, sender: FakeSender, ways: dict[str, tuple[bool, ...]]) -> None:
        super().__init__([])
        self._senders = {"fake": cast("Sender", sender)}
        self.ways = dict(ways)

    def choose(self, mention: Mention, private: bool) -> Sender | None:
        return self._senders["fake"] if private in self.ways.get(mention.channel, ()) else None


WAYS = {"x": (False, True), "sikayetvar": (False,), "email": (True,)}


@dataclass
class Flow(House):
    """A house whose desk can send, with the worker's rounds beside it."""

    sender: FakeSender = field(kw_only=True)
    rounds: Rounds = field(kw_only=True)

    def hand(self, name: str) -> Desk:
        return self.desk.as_agent(name)

    def deliver(self, now: datetime) -> Any:
        return self.rounds.deliver(now)

    def three(self, **more: Any) -> int:
        """One customer's case with what they wrote on X, on a portal and by mail; its id."""
        self.bring(at=minutes(0), author="ayse", author_name="Ayşe Yılmaz", **more)
        self.bring(at=minutes(1), author="ayse-y", source="sikayetvar", **more)
        self.bring(at=minutes(2), author="ayse@posta.example", source="email", **more)
        first, *others = sorted(self.ids(now=minutes(3)))
        lead = self.hand("Leyla")
        for other in others:
            a, b = (self.desk.case(one, minutes(3)).row.person_id or 0 for one in (first, other))
            lead.link_persons(first, a, b, minutes(3))
            lead.merge(first, other, minutes(3))
        return first

    def write(self, author: str, *facts: tuple[str, str], at: float, source: str = "x", **more: Any) -> int:
        """What a customer writes, with the facts that the classifier found in it; the case that it is in."""
        self.count += 1
        topic, urgency = more.pop("topic", "delivery_delay"), more.pop("urgency", "same_day")
        mention = Mention(
            source=source, native_id=f"n{self.count}", text=more.pop("text", "SN-4711-9 kargom gelmedi"), author=author,
            published_at=minutes(at), **more,
        )  # fmt: skip
        brand = self.desk.brand
        [mention_id] = ingest.save_batch(self.store, brand, source, [Fetched(mention, {})], seen_at=minutes(at)).new_ids
        found = tuple(Fact(kind=kind, start=0, end=len(value), text=value, value=value) for kind, value in facts)
        score = Score(
            native_id=mention.native_id, source=source, language="tr", sentiment=a_head("negative", SENTIMENTS),
            urgency=a_head(urgency, URGENCIES), topic=a_head(topic, TOPICS), facts=found, model="test",
        )  # fmt: skip
        with self.store.write() as tx:
            scoring.save_scores(tx, brand, [(mention_id, score)], [], minutes(at))
        self.intake.run(minutes(at))
        with self.store.read() as tx:
            return case_store.case_of(tx, mention_id) or 0

    def one(self, **more: Any) -> int:
        """A case of one post on X."""
        self.bring(at=minutes(0), **more)
        return max(self.ids(now=minutes(1)))

    def keys(self, case_id: int, now: datetime, name: str = "Elif") -> dict[str, str]:
        """The ways to answer a case: their keys by `channel` and `public`, `private` or `phone`."""
        desk = self.hand(name)
        found = desk.targets(desk.case(case_id, now), now)
        return {f"{one.channel} {one.key.partition(':')[2]}": one.key for one in found}

    def events(self, case_id: int, type: str, now: datetime = FRIDAY) -> list[EventView]:
        return [e for e in self.desk.case(case_id, now).events if e.type == type and e.counts]

    def replies(self, case_id: int) -> list[sends.OutboxRow]:
        with self.store.read() as tx:
            return sends.of_case(tx, self.desk.brand, case_id)

    def given(self, case_id: int) -> list[ConcessionRow]:
        with self.store.read() as tx:
            return ledger_store.of_case(tx, self.desk.brand, case_id)

    def clock(self, case_id: int, name: str, now: datetime) -> Any:
        return next(c for c in self.desk.case(case_id, now).clocks if c.clock == name)


def a_flow(store: Store, folder: Path, made: Settings | None = None) -> Flow:
    """A flow on a store, its platform in a folder."""
    made = made or settings()
    sender = FakeSender(Platform(folder))
    senders = FakeSenders(sender, WAYS)
    rounds = Rounds(store, made, LIBRARY)
    rounds.senders = senders
    desk = Desk(store, made, LIBRARY, me="Elif", senders=senders)
    return Flow(store, Intake(store, made, LIBRARY), desk, sender=sender, rounds=rounds)


def flows(store: Store, folder: Path) -> Iterator[Flow]:
    """For a fixture."""
    yield a_flow(store, folder / "platform")
