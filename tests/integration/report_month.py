"""A random month of a desk at work in Berlin, across the night in which the clock goes back: every way a case can go.

Everything is done through the real intake and desk, with a fixed seed. What only a sender or an approver writes
(approvals, sending, acknowledgements) is written to the log as they do.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from collectors.protocol import Fetched
from desk.desk import Desk
from desk.intake import Intake
from desk.settings import Settings, validate
from mention import SENTIMENTS, TOPICS, URGENCIES, Mention, Score
from store import cases as case_store
from store import events as event_log
from store import ingest, scoring
from store.engine import Store
from tests.integration.test_desk_cases import LIBRARY, a_head

CONFIG = """
brand: {name: Deneme, slug: deneme}
desk:
  timezone: Europe/Berlin
  holidays: null
  hours: {mon: ["09:00-18:00"], tue: ["09:00-18:00"], wed: ["09:00-12:00", "13:00-18:00"], thu: ["09:00-18:00"],
          fri: ["09:00-18:00"], sat: ["10:00-16:00"], sun: ["01:00-05:00"]}
  promises:
    critical: {within: 30m, clock: always}
    urgent: {within: 2h, clock: staffed, resolution: {within: 1d, clock: always}}
    same_day: {same_day: true, cutoff_before_close: 60m, grace: 120m}
agents: [{name: Ada, role: team_lead}, {name: Elif}, {name: Mert}]
"""
FIRST, LAST = datetime(2026, 9, 12, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
"""The moment of the report: on its last day, so that some cases are open and not due yet."""

AGENTS = ("Elif", "Mert")
TOPICS_USED = ("courier", "billing", "safety", "question")
SOURCES = ("x", "sikayetvar", "web_form")


def month_settings() -> Settings:
    import yaml

    return validate(yaml.safe_load(CONFIG), None)


@dataclass
class Month:
    """The desk, and the ways it takes cases."""

    store: Store
    settings: Settings
    rng: random.Random
    count: int = 0
    did: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.intake = Intake(self.store, self.settings, LIBRARY)
        self.desk = Desk(self.store, self.settings, LIBRARY)

    def pause(self, minutes: float) -> timedelta:
        """A random length around so many minutes, to the microsecond."""
        return timedelta(microseconds=int(self.rng.expovariate(1 / minutes) * 60e6) + 1_000_000)

    def bring(self, at: datetime, author: str, urgency: str, source: str, **extra: Any) -> tuple[int, int, datetime]:
        """A mention comes in some time after it was posted: its number, its case's, and when it was routed."""
        self.count += 1
        seen = at + self.pause(8)
        routed = seen + self.pause(0.5)
        topic = self.rng.choice(TOPICS_USED)
        mention = Mention(
            source=source, native_id=f"n{self.count}", text="kargom gelmedi", author=author, published_at=at,
            extra=extra,
        )  # fmt: skip
        brand = self.desk.brand
        saved = ingest.save_batch(self.store, brand, source, [Fetched(mention, {})], seen_at=seen)
        score = Score(
            native_id=mention.native_id, source=source, language=self.rng.choice(["tr", "en"]),
            sentiment=a_head("negative", SENTIMENTS), urgency=a_head(urgency, URGENCIES),
            topic=a_head(topic, TOPICS), abstained=(), model="test",
        )  # fmt: skip
        with self.store.write() as tx:
            scoring.save_scores(tx, brand, [(saved.new_ids[0], score)], [], seen)
        self.intake.run(routed)
        with self.store.read() as tx:
            case_id = case_store.case_of(tx, saved.new_ids[0]) or 0
        return saved.new_ids[0], case_id, routed

    def log(self, case_id: int, type: str, at: datetime, by: str, **data: Any) -> None:
        """An event as a sender or an approver writes it."""
        with self.store.write() as tx:
            event_log.append(
                tx, self.desk.brand, type=type, at=at, by=by, recorded_at=at, case_id=case_id, data=data
            )  # fmt: skip

    def one(self) -> None:
        """One customer's matter, from its post to wherever it gets by the moment of the report."""
        rng = self.rng
        at = FIRST + (LAST - FIRST) * rng.random()
        if rng.random() < 0.2:  # more around the change of the clock, in the night from 24 to 25 October
            at = datetime(2026, 10, 24, 20, tzinfo=UTC) + timedelta(hours=10) * rng.random()
        if rng.random() < 0.12:
            at = NOW - timedelta(hours=6) * rng.random()
        author = f"kisi{self.count}"
        urgency = rng.choice(["same_day"] * 4 + ["urgent"] * 3 + ["critical"] * 2 + ["none"])
        extra: dict[str, Any] = {}
        if rng.random() < 0.08:
            extra["answer_by"] = (at + self.pause(300)).isoformat()
        if rng.random() < 0.1:
            extra["answered_at"] = (at + self.pause(5)).isoformat()
        mention, case_id, now = self.bring(at, author, urgency, rng.choice(SOURCES), **extra)
        if not case_id:
            self.tell("no case")
            return
        if rng.random() < 0.2:
            self.log(case_id, "auto_acknowledged", now + timedelta(seconds=4), "system", text="aldık")
        ways = [self.nobody, self.aside, self.by_hand, self.by_hand, self.sent, self.sent, self.undone, self.passed_on]
        ways += [self.urgency_changed, self.merged, self.split, self.again, self.again, self.closed, self.closed]
        way = rng.choice(ways)
        now += self.pause(rng.choice([15, 90, 600]))
        self.tell(way.__name__)
        way(case_id, mention, author, now)

    def tell(self, what: str) -> None:
        """Count that it happened: the test asks that everything did."""
        self.did[what] = self.did.get(what, 0) + 1

    def hand(self) -> Desk:
        """Somebody of the desk."""
        return self.desk.as_agent(self.rng.choice(AGENTS))

    # --- the ways a case can go: each begins at `now`, when somebody would first look at it ---

    def nobody(self, case_id: int, mention: int, author: str, now: datetime) -> None:
        """Nobody ever answers; perhaps somebody looks."""
        if self.rng.random() < 0.5:
            self.hand().seen(case_id, now)

    def aside(self, case_id: int, mention: int, author: str, now: datetime) -> None:
        """Set aside, before or after its deadline; perhaps back again."""
        desk = self.hand()
        desk.set_aside(case_id, self.rng.choice(["bizimle ilgili değil", "reklam"]), now)
        if self.rng.random() < 0.4:
            desk.reopen(case_id, now + self.pause(60))

    def by_hand(self, case_id: int, mention: int, author: str, now: datetime) -> datetime:
        """Opened, taken, thought about, answered by hand."""
        desk = self.hand()
        desk.seen(case_id, now)
        now += self.pause(3)
        desk.claim(case_id, now) if desk.case(case_id, now).row.assignee is None else None
        now += self.pause(12)
        desk.answer(case_id, "Bakıyoruz", "", now)
        return now

    def sent(self, case_id: int, mention: int, author: str, now: datetime) -> datetime:
        """Decided, approved (perhaps twice), sent."""
        desk = self.hand()
        desk.seen(case_id, now)
        now += self.pause(10)
        reply = self.count
        self.log(case_id, "decided", now, desk.by, decision={})
        for number in range(self.rng.choice([0, 1, 1, 2])):
            now += self.pause(4)
            self.log(case_id, "approval_asked", now, desk.by, approval=reply * 10 + number)
            now += self.pause(30)
            outcome = self.rng.choice(["approved", "approved", "approval_rejected", "approval_withdrawn"])
            self.log(case_id, outcome, now, "agent:Ada", approval=reply * 10 + number)
        now += self.pause(2)
        self.log(case_id, "send_queued", now, desk.by, reply=reply, text="Merhaba")
        if self.rng.random() < 0.15:
            return now  # never arrives
        now += self.pause(3)
        self.log(case_id, "sent", now, desk.by, reply=reply)
        self.log(case_id, "answered", now, desk.by, send_key=f"k{reply}", text="Merhaba")
        return now

    def undone(self, case_id: int, mention: int, author: str, now: datetime) -> None:
        """An answer that was recorded by mistake and taken back; perhaps a right one later."""
        desk = self.hand()
        desk.answer(case_id, "Yanlış kayıt", "", now)
        desk.undo(case_id, now + timedelta(minutes=2))
        if self.rng.random() < 0.6:
            self.by_hand(case_id, mention, author, now + self.pause(120))

    def passed_on(self, case_id: int, mention: int, author: str, now: datetime) -> None:
        """From one person to another by the lead, then answered."""
        lead = self.desk.as_agent("Ada")
        lead.assign(case_id, "Elif", now)
        lead.assign(case_id, "Mert", now + timedelta(minutes=5))
        self.by_hand(case_id, mention, author, now + self.pause(40))

    def urgency_changed(self, case_id: int, mention: int, author: str, now: datetime) -> None:
        """Its urgency is corrected, early or too late, perhaps to none and back; then answered."""
        desk = self.hand()
        for label in self.rng.sample(URGENCIES, k=self.rng.choice([1, 2, 3])):
            desk.correct(case_id, mention, "urgency", label, now)
            now += self.pause(200)
        if self.rng.random() < 0.7:
            self.by_hand(case_id, mention, author, now)

    def merged(self, case_id: int, mention: int, author: str, now: datetime) -> None:
        """A second case of the same person becomes part of this one; perhaps taken out again."""
        at = self.desk.case(case_id, now).row.posted_at + self.pause(90) - timedelta(minutes=60)
        _, other_case, routed = self.bring(at, f"{author}b", "urgent", "x")
        if not other_case or other_case == case_id:
            return
        with self.store.write() as tx:
            person = case_store.case(tx, self.desk.brand, case_id)
            case_store.update_case(tx, other_case, person_id=person.person_id if person else None)
        now = max(now, routed) + timedelta(minutes=1)
        desk = self.hand()
        if self.rng.random() < 0.4:
            desk.answer(other_case, "Yanıt", "", now)
        now += self.pause(20)
        if desk.case(case_id, now).row.status in ("resolved", "set_aside"):
            return
        desk.merge(case_id, other_case, now)
        if self.rng.random() < 0.3:
            desk.unmerge(case_id, other_case, now + timedelta(minutes=3))
        if self.rng.random() < 0.7:
            self.by_hand(case_id, mention, author, now + self.pause(40))

    def split(self, case_id: int, mention: int, author: str, now: datetime) -> None:
        """A second mention is a matter of its own; perhaps the first one is, so that the clock starts anew."""
        second, there, routed = self.bring(now, author, "same_day", "x")
        now = max(now, routed) + self.pause(30)
        desk = self.hand()
        if there != case_id:
            return
        new = desk.split(case_id, [self.rng.choice([mention, second])], now)
        if self.rng.random() < 0.3:
            desk.unsplit(case_id, new, now + timedelta(minutes=2))
        else:
            self.by_hand(new, mention, author, now + self.pause(30))
        self.by_hand(case_id, mention, author, now + self.pause(60))

    def again(self, case_id: int, mention: int, author: str, now: datetime) -> None:
        """Answered, and the customer writes again, some days later in some cases."""
        sources = {self.desk.case(case_id, now).row.source}
        for _ in range(self.rng.choice([1, 2])):
            now = self.by_hand(case_id, mention, author, now) + self.pause(self.rng.choice([30, 900]))
            _, there, now = self.bring(now, author, "same_day", next(iter(sources)))
            if there != case_id:
                return
            now += self.pause(60)
        if self.rng.random() < 0.6:
            self.by_hand(case_id, mention, author, now)

    def closed(self, case_id: int, mention: int, author: str, now: datetime) -> None:
        """Answered, waited for, resolved, reopened, resolved."""
        desk = self.hand()
        now = self.by_hand(case_id, mention, author, now)
        if self.rng.random() < 0.6:
            now += self.pause(30)
            desk.wait(case_id, now)
            now += self.pause(600)
            if self.rng.random() < 0.7:
                desk.back(case_id, now)
                now += self.pause(60)
        if self.rng.random() < 0.8:
            desk.resolve(case_id, now)
            if self.rng.random() < 0.4:
                now += self.pause(900)
                desk.reopen(case_id, now)
                now += self.pause(60)
                if self.rng.random() < 0.6:
                    desk.resolve(case_id, now)


def random_month(store: Store, seed: int, cases: int) -> Month:
    """So many customers' matters."""
    month = Month(store, month_settings(), random.Random(seed))
    for _ in range(cases):
        month.one()
    return month
