"""A large desk for `nobet bench board`: sixty days of mentions, their cases, events, incidents, polls and two crises.

Rows are put in by the thousand and not by the intake, which takes milliseconds each; what a row holds (scores, reasons,
events and their chain, clocks) comes from the same functions as in the intake. The same size and seed give the same
desk, told from another `now`.
"""

from __future__ import annotations

import heapq
import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, insert, update

from desk.case_clocks import clocks_of, nearest_due
from desk.crisis.room import CrisisRoom
from desk.in_force import ClocksInForce
from desk.settings import Settings, load_settings
from mention import SENTIMENTS, TOPICS, URGENCIES, LabelScore, Mention, Score, search_text
from playbooks.crisis.choice import by_hand
from playbooks.routing import Decision, route
from playbooks.shelf import load_library
from store import events as event_log
from store import sources as source_store
from store.engine import Store
from store.rows import NewEvent
from store.tables import (
    authors,
    case_mentions,
    cases,
    heartbeats,
    mentions,
    persons,
    playbook_runs,
    playbook_steps,
    polls,
    scores,
    source_state,
)  # fmt: skip
from store.tables_crisis import incident_mentions, incidents
from store.tables_persons import author_homes, case_homes, mention_persons, person_traits
from tests.performance.matters_written import LOOKED_AT, stream

DAYS = 60
POLLED_DAYS = 14
POLL_EVERY = timedelta(minutes=5)
CHUNK = 2_000
WINDOW = timedelta(hours=26)
"""What is open was posted within this before now: a desk answers the same day, but for what it missed."""

KINDS = ("x", "sikayetvar", "trendyol", "hepsiburada", "reddit", "email", "forum")
SOURCES = (*KINDS, *(f"haber{number}" for number in range(1, 14)))
SHARES = (30, 14, 12, 8, 4, 9, 6, *(1.3,) * 13)
AGENTS = 20

CONFIG = """
brand: {name: Çınar Ev, slug: cinar, handles: [cinarev]}
desk:
  hours: {mon: ["00:00-24:00"], tue: ["00:00-24:00"], wed: ["00:00-24:00"], thu: ["00:00-24:00"],
          fri: ["00:00-24:00"], sat: ["00:00-24:00"], sun: ["00:00-24:00"]}
  holidays: null
  promises:
    critical: {within: 2h, clock: always}
    urgent: {within: 12h, clock: always}
    same_day: {within: 24h, clock: always}
agents:
"""


@dataclass(frozen=True)
class Size:
    """How much there is: mentions in all, cases still open, incidents in crisis, and the seed."""

    mentions: int = 100_000
    open: int = 2_000
    crises: int = 2
    seed: int = 7


@dataclass(frozen=True)
class Kind:
    """One kind of mention: what is said, how it was scored and routed."""

    text: str
    score: Score
    decision: Decision
    steps: tuple[tuple[str, timedelta], ...]
    version: int


def config_text() -> str:
    """The configuration of the desk: 20 colleagues, 20 sources."""
    agents = ["agent, also: [team_lead]"] * (AGENTS - 4)
    roles = ["crisis_manager, also: [team_lead]", "pr_lead", "legal", *agents, "administrator"]
    lines = [CONFIG.strip("\n"), *(f"  - {{name: Nöbetçi {n}, role: {role}}}" for n, role in enumerate(roles, 1))]
    lines.append("sources:")
    for name in SOURCES:
        lines.append(f'  - {{kind: feed, name: {name}, url: "https://{name}.example/akis.xml", every: 300}}')
    return "\n".join(lines) + "\n"


def home_of(folder: Path, size: Size, stale: timedelta = timedelta(hours=6)) -> tuple[Path, bool]:
    """The home of a desk of this size in `folder`, made if there is none that is younger than `stale`; and whether it
    was made now. Deadlines are absolute, so that a desk of yesterday has none ahead."""
    home = folder / f"{size.mentions}-{size.open}-{size.crises}-{size.seed}"
    mark = home / "made.json"
    if mark.exists():
        made = datetime.fromisoformat(json.loads(mark.read_text())["at"])
        if datetime.now(UTC) - made < stale:
            return home, False
    for old in (*home.glob("nobet.db*"), mark):
        old.unlink(missing_ok=True)
    home.mkdir(parents=True, exist_ok=True)
    (home / "nobet.yaml").write_text(config_text(), encoding="utf-8")
    now = datetime.now(UTC)
    fill(home, size, now)
    mark.write_text(json.dumps({"at": now.isoformat()}))
    return home, True


def settings_of(home: Path) -> Settings:
    """The settings of a home, whatever the environment says of another one."""
    return load_settings(home / "nobet.yaml", {"NOBET_HOME": str(home)})


def fill(home: Path, size: Size, now: datetime) -> None:
    """Make the desk of a home."""
    settings = settings_of(home)
    store = Store.open(settings.url)
    try:
        Filling(store, settings, size, now).run()
        store.tend()  # as the worker does
    finally:
        store.close()


class Filling:
    """Puts one desk into a store, in the order of time."""

    def __init__(self, store: Store, settings: Settings, size: Size, now: datetime) -> None:
        self.store, self.settings, self.size, self.now = store, settings, size, now
        self.brand = settings.brand.key
        self.chance = random.Random(size.seed)
        self.library = load_library()
        self.clocks = ClocksInForce(settings.desk, store, self.brand)
        self.kinds = self._kinds()
        self.case = self.person = self.run_id = 0
        self.later: list[tuple[datetime, int, NewEvent]] = []  # events that are recorded after the chunk
        self.told = 0
        self.people: dict[tuple[str, str], int] = {}
        self.lately: list[int] = []  # incidents that still grow
        self.incidents: dict[int, dict[str, Any]] = {}
        self.rows: dict[Table, list[dict[str, Any]]] = {}

    def run(self) -> None:
        """All of it."""
        with self.store.write() as tx:
            self.policy = self.clocks.keep(tx, self.now)
        for chunk in self._chunks():
            with self.store.write() as tx:
                for i, at in chunk:
                    self._mention(i, at)
                self._write(tx, chunk[-1][1])
        with self.store.write() as tx:
            self.rows[incidents] = list(self.incidents.values())
            self.rows[incident_mentions] = self.members
            self._write(tx, self.now + timedelta(days=1))
            self._polls(tx)
        self._crises()

    # --- when, and what is said ---

    def _chunks(self) -> Iterator[list[tuple[int, datetime]]]:
        self.members: list[dict[str, Any]] = []
        total, recent = self.size.mentions, min(int(self.size.open * 1.8), self.size.mentions // 2)
        old = total - recent
        begin, turn = self.now - timedelta(days=DAYS), self.now - WINDOW
        chunk: list[tuple[int, datetime]] = []
        for i in range(total):
            at = begin + (turn - begin) * (i / old) if i < old else turn + WINDOW * ((i - old) / (recent + 1))
            chunk.append((i + 1, at))
            if len(chunk) == CHUNK or i == total - 1:
                yield chunk
                chunk = []
        assert not chunk

    def _kinds(self) -> list[Kind]:
        kinds = []
        for place, one in enumerate(stream(LOOKED_AT, 600, self.size.seed)):
            topic = TOPICS[sum(map(ord, one.matter or one.text)) % (len(TOPICS) - 1)]
            # of a hundred: 35 that nobody has to answer, 45 for today, 17 urgent, 3 critical
            urgency = URGENCIES[0 if place % 20 < 7 else 1 if place % 20 < 16 else 2 if place % 7 else 3]
            sentiment = "neutral" if urgency == "none" else SENTIMENTS[0]
            words = tuple(word for word in one.text.split()[:2])
            score = Score(
                native_id="1", source="x", language=one.language, sentiment=_head(sentiment, SENTIMENTS),
                urgency=_head(urgency, URGENCIES), topic=_head(topic, TOPICS), model="bench",
                reasons={"urgency": words, "topic": words[:1]},
            )  # fmt: skip
            mention = Mention(source="x", native_id="1", text=one.text, author="a", published_at=self.now)
            decision = route(mention, score, self.library)
            book = self.library[decision.playbook] if decision.playbook else None
            steps = tuple((step.id, step.within) for step in book.steps) if book else ()
            kinds.append(Kind(one.text, score, decision, steps, book.version if book else 0))
        return kinds

    def _mention(self, i: int, at: datetime) -> None:
        chance, size = self.chance, self.size
        kind = chance.choice(self.kinds)
        source = chance.choices(SOURCES, SHARES)[0]
        number = int(size.mentions * 0.5 * chance.random() ** 1.4)
        author, name = f"kisi{number}", f"Kişi {number}"
        seen = min(at + timedelta(seconds=chance.uniform(20, 600)), self.now)
        channel = source if source in KINDS else "news"
        text = f"{kind.text} {number}"
        opens = kind.decision.action == "open_case"
        self._add(mentions, {
            "id": i, "brand": self.brand, "source": source, "native_id": f"n{i}", "channel": channel, "text": text,
            "search": search_text(f"{text} {author} {name}"), "author": author, "author_name": name,
            "followers": int(1 / (chance.random() + 1e-5)), "url": f"https://{source}.example/{i}",
            "published_at": at, "seen_at": seen, "lang": kind.score.language, "thread_id": None,
            "in_reply_to": None, "likes": chance.randrange(20), "shares": 0, "replies": 0, "views": 0, "rating": None,
            "extra": {"channel": "news"} if channel == "news" else {}, "raw": {"id": i, "body": text},
            "stage": "routed" if opens else "set_aside",
        })  # fmt: skip
        score = {**kind.score.model_dump(mode="json"), "native_id": f"n{i}", "source": source}
        self._add(scores, {
            "mention_id": i, "brand": self.brand, "language": kind.score.language, "model": "bench", "payload": score,
            "sentiment": kind.score.sentiment.label, "urgency": kind.score.urgency.label,
            "topic": kind.score.topic.label, "scored_at": seen,
        })  # fmt: skip
        self._group(i, at, kind)
        if opens:
            self._case(i, at, seen, kind, source, channel, author, name)
        else:
            reasons = [reason.record() for reason in kind.decision.reasons]
            self._tell(NewEvent("mention_set_aside", seen, "system", seen, None, i, {"reasons": reasons}))

    # --- incidents ---

    def _group(self, i: int, at: datetime, kind: Kind) -> None:
        chance, crises = self.chance, self.size.crises
        if i % 150 == 1 or len(self.incidents) < crises + 1:
            id = len(self.incidents) + 1
            self.incidents[id] = {
                "id": id, "brand": self.brand, "name": f"i{id}", "topic": kind.score.topic.label, "mentions": 0,
                "first_at": at, "last_at": at, "merged_into": None, "updated_at": at,
            }  # fmt: skip
            self.lately = [*self.lately, id][-8:]
        hot = self.now - at < WINDOW and chance.random() < 0.2
        if not hot and chance.random() > 0.4:
            return
        id = 1 + i % crises if hot and crises else chance.choice(self.lately)
        row = self.incidents[id]
        row["mentions"] += 1
        row["last_at"] = row["updated_at"] = at
        why = [{"kind": "words", "values": kind.text.split()[:3], "weight": 0.6}]
        self.members.append(
            {"mention_id": i, "brand": self.brand, "incident_id": id, "by": "system", "why": why, "at": at}
        )

    # --- cases ---

    def _case(
        self, i: int, at: datetime, seen: datetime, kind: Kind, source: str, channel: str, author: str, name: str
    ) -> None:
        chance, decision = self.chance, kind.decision
        person = self._person(source, author, name, seen)
        self._add(mention_persons, {"mention_id": i, "brand": self.brand, "person_id": person})
        if chance.random() < 0.1:
            self._add(person_traits, {
                "mention_id": i, "kind": "order", "value": f"44{person:07}", "brand": self.brand,
                "shown": f"44{person:07}", "person_id": person, "public": 0, "at": at,
            })  # fmt: skip
        self.case += 1
        case = self.case
        status, assignee, answered, resolved = self._fate(at, seen)
        posted = {"urgency": decision.urgency, "channel": channel, "policy": self.policy}
        log = [NewEvent("customer_posted", at, "customer", seen, case, i, posted)]
        told = {
            "playbook": decision.playbook, "priority": decision.priority, "urgency": decision.urgency,
            "inform_first": list(decision.inform_first), "needs_person": decision.needs_person,
            "reasons": [reason.record() for reason in decision.reasons],
        }  # fmt: skip
        log.append(NewEvent("routed", seen, "system", seen, case, i, told))
        self._book(case, kind, seen, answered, log)
        by = f"agent:{assignee or 'Nöbetçi 4'}"
        if assignee:
            taken = (answered or seen) - timedelta(seconds=1) if answered else seen + timedelta(seconds=30)
            told = {"to": assignee, "was": {"assignee": None, "status": "new"}, "is": {"assignee": assignee}}
            log.append(NewEvent("assigned", taken, by, taken, case, None, told))
        if answered:
            said = {"text": "Merhaba, hemen bakıyoruz.", "link": f"https://{source}.example/{i}/a", "channel": channel}
            log.append(NewEvent("answered", answered, by, answered, case, i, said))
        if status == "waiting":
            wait = (answered or seen) + timedelta(seconds=5)
            log.append(NewEvent("waiting_for_customer", wait, by, wait, case, None, {"for": "customer"}))
        if resolved:
            log.append(NewEvent("resolved" if status == "resolved" else "set_aside", resolved, by, resolved, case))
        due = {"due_at": None, "due_clock": None} if resolved else nearest_due(clocks_of(self.clocks, log, self.now))
        last = resolved or answered or seen
        self._add(cases, {
            "id": case, "brand": self.brand, "person_id": person, "status": status, "urgency": decision.urgency,
            "priority": decision.priority, "topic": kind.score.topic.label, "sentiment": kind.score.sentiment.label,
            "language": kind.score.language, "channel": channel, "source": source, "playbook": decision.playbook,
            "assignee": assignee, "reasons": told_reasons(decision), "posted_at": at, "opened_at": seen,
            "updated_at": last, "answered_at": answered, "version": len(log), "team": None, "merged_into": None,
            "waiting_for": "customer" if status == "waiting" else None,
            "snoozed_until": self.now + timedelta(hours=2) if status == "assigned" and case % 17 == 0 else None, **due,
        })  # fmt: skip
        self._add(case_mentions, {"case_id": case, "mention_id": i, "brand": self.brand, "at": seen})
        self._add(case_homes, {"case_id": case, "brand": self.brand, "person_id": person})
        for event in log:
            self._tell(event)

    def _fate(self, at: datetime, seen: datetime) -> tuple[str, str | None, datetime | None, datetime | None]:
        """Status, assignee, when it was answered and when it was over."""
        chance = self.chance
        who = f"Nöbetçi {chance.randrange(1, AGENTS + 1)}"
        quick = seen + timedelta(minutes=chance.expovariate(1 / 45))
        if self.now - at >= WINDOW:
            answered = min(quick, seen + timedelta(hours=20))
            if chance.random() < 0.08:
                return "set_aside", None, None, answered
            return "resolved", who, answered, min(answered + timedelta(hours=chance.random() * 20), self.now)
        draw = chance.random()
        if draw < 0.08:
            return "answered", who, min(quick, self.now), None
        if draw < 0.60:
            return "new", None, None, None
        if draw < 0.92:
            return "assigned", who, None, None
        return "waiting", who, min(quick, self.now), None

    def _book(self, case: int, kind: Kind, at: datetime, done: datetime | None, log: list[NewEvent]) -> None:
        book = kind.decision.playbook
        if book is None:
            return
        self.run_id += 1
        self._add(playbook_runs, {
            "id": self.run_id, "brand": self.brand, "case_id": case, "playbook": book, "version": kind.version,
            "started_at": at, "finished_at": done,
        })  # fmt: skip
        for position, (step, within) in enumerate(kind.steps):
            self._add(playbook_steps, {
                "run_id": self.run_id, "step": step, "brand": self.brand, "position": position, "due_at": at + within,
                "state": "done" if done else "open", "done_at": done, "by": "agent:Nöbetçi 4" if done else None,
            })  # fmt: skip
        log.append(NewEvent("playbook_started", at, "system", at, case, None, {"playbook": book, "version": 1}))

    def _person(self, source: str, author: str, name: str, at: datetime) -> int:
        known = self.people.get((source, author))
        if known is not None:
            return known
        self.person += 1
        self.people[source, author] = self.person
        self._add(persons, {"id": self.person, "brand": self.brand, "name": name, "created_at": at})
        whose = {"brand": self.brand, "source": source, "handle": author, "person_id": self.person}
        self._add(authors, whose)
        self._add(author_homes, whose)
        return self.person

    # --- writing ---

    def _add(self, table: Table, row: dict[str, Any]) -> None:
        self.rows.setdefault(table, []).append(row)

    def _tell(self, event: NewEvent) -> None:
        self.told += 1
        heapq.heappush(self.later, (event.recorded_at, self.told, event))

    def _write(self, tx: Connection, until: datetime) -> None:
        for table in (mentions, scores, persons, authors, author_homes, cases):  # what others point to comes first
            if rows := self.rows.pop(table, []):
                tx.execute(insert(table), rows)
        for table in list(self.rows):
            if rows := self.rows.pop(table):
                tx.execute(insert(table), rows)
        ready = []
        while self.later and self.later[0][0] <= until:
            ready.append(heapq.heappop(self.later)[2])
        event_log.append_all(tx, self.brand, ready)

    # --- sources and crises ---

    def _polls(self, tx: Connection) -> None:
        count = int(timedelta(days=POLLED_DAYS) / POLL_EVERY) if self.size.mentions >= 10_000 else 50
        for place, name in enumerate(SOURCES):
            rows = []
            for back in range(count, -1, -1):
                at = self.now - back * POLL_EVERY - timedelta(seconds=place * 7)
                failed = (back + place * 11) % 211 == 0
                rows.append({
                    "brand": self.brand, "source": name, "started_at": at - timedelta(seconds=2), "finished_at": at,
                    "outcome": "failing" if failed else "ok", "fetched": 0 if failed else 25, "new": 0, "known": 25,
                    "rejected": 0, "note": "timed out" if failed else "overlap found on page 1", "passed": 0,
                    "requests": 1, "proof": None if failed else "overlap", "reach_from": None, "gap": 0,
                    "missed": None, "next_at": at + POLL_EVERY,
                })  # fmt: skip
            tx.execute(insert(polls), rows)
            source_store.hold_source(tx, self.brand, name, "feed", self.now)
            last = self.now - timedelta(seconds=place * 7)
            told = {
                "state": "ok", "note": "overlap found on page 1", "last_started_at": last, "last_ok_at": last,
                "last_item_at": last, "failures": 0, "next_at": last + POLL_EVERY, "total": 0, "settles_s": 60.0,
                "pace_s": 300.0,
            }  # fmt: skip
            tx.execute(update(source_state).where(source_state.c.source == name).values(told))
        tx.execute(insert(heartbeats), [{"brand": self.brand, "name": "worker", "at": self.now, "data": {}}])

    def _crises(self) -> None:
        room = CrisisRoom(self.store, self.settings, self.library, "Nöbetçi 1")
        for id in range(1, self.size.crises + 1):
            if id not in self.incidents:
                continue
            plan = by_hand(room.plans(), self.incidents[id]["topic"])[0].id
            opened = self.now - timedelta(hours=id)
            found = room.open_by_hand(f"Olay {id} büyüyor", plan, "Çok sayıda benzer paylaşım", opened, id)
            room.take(found, opened + timedelta(minutes=4))


def told_reasons(decision: Decision) -> list[dict[str, Any]]:
    """The reasons of a decision as a case keeps them."""
    return [reason.record() for reason in decision.reasons]


def _head(label: str, labels: tuple[str, ...]) -> LabelScore:
    rest = round(0.2 / (len(labels) - 1), 4)
    return LabelScore(label=label, probs={name: 0.8 if name == label else rest for name in labels})


if __name__ == "__main__":
    import sys

    began = time.perf_counter()
    where, made = home_of(Path(sys.argv[1]), Size(*(int(word) for word in sys.argv[2:])))
    print(where, f"{'made' if made else 'there'} in {time.perf_counter() - began:.1f} s")
