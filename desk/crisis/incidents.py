"""Incidents as a page shows them: what is one matter, how large it is, what proves its alarm, who still waits.

Reading only; what people do to incidents is in sorting.py. Everything customers wrote is their text, never markup.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from desk.crisis.knowledge import SORTED, UNSORTED
from desk.crisis.suspecting import NAMING, commonest
from desk.crisis.unseen import unseen_in
from desk.kept import Kept
from desk.lookout import KEPT, Lookout
from desk.roles import Refused
from desk.settings import Settings
from mention import search_text
from playbooks.growth import reach_of
from playbooks.growth.meter import LOOKS_BACK, Meter, Post, meter
from playbooks.schema import Bilingual
from playbooks.words import name_of
from store import alarms as alarm_store
from store import crises as crisis_store
from store import incidents as incident_store
from store import subjects
from store.alarms import AlarmRow
from store.engine import Store
from store.incidents import IncidentRow, Member

SHOWN_FOR = timedelta(hours=48)
"""How long after its newest mention an incident is listed: as long as its alarm explains what follows."""

LEAST = 2
"""Mentions of one matter below which it is none yet."""

TITLE_KEPT = timedelta(minutes=10)
"""How long a title stands while no mention comes: one that was edited or deleted meanwhile may have given a word to
it."""

NAMED_BY = 40
"""Newest mentions that give an incident its title in a list."""

NEWEST, WIDEST = 20, 10
MANY_SAY = 3
"""Mentions that must share a word for it to stand in a title: one person's words name nothing."""

_WORDS = frozenset({"words", "meaning", "hashtag", "code"})


@dataclass(frozen=True)
class AlarmView:
    """An incident's alarm: the first sentence stands on its own, `why` are all of them, by language."""

    id: int
    at: datetime
    raised_at: datetime
    view: str
    said: Bilingual
    why: Mapping[str, tuple[str, ...]]
    proof: tuple[int, ...]


@dataclass(frozen=True)
class IncidentLine:
    """An incident in a list. `last_hour` are mentions posted in the hour before now, `channels` counts by channel."""

    id: int
    title: Bilingual
    topic: str
    size: int
    last_hour: int
    channels: tuple[tuple[str, int], ...]
    first_at: datetime
    last_at: datetime
    alarm: AlarmView | None
    crisis_id: int | None


@dataclass(frozen=True)
class IncidentMention:
    """A mention as an incident's page shows it. `reach` is 1 to 7; `why` are reasons as {kind, values, weight}, and
    `by` who placed it."""

    id: int
    at: datetime
    channel: str
    author: str
    followers: int | None
    text: str
    url: str | None
    topic: str
    urgency: str
    reach: float
    by: str
    why: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class SortingAct:
    """Something that people did to this incident: an event's id for `Sorting.undo`, and whether it can be undone."""

    event_id: int
    what: str
    by: str
    at: datetime
    undone: bool


@dataclass(frozen=True)
class IncidentPage:
    """All of one incident. `waiting` are cases that are open and were never answered; `merged` incidents it was."""

    line: IncidentLine
    newest: tuple[IncidentMention, ...]
    widest: tuple[IncidentMention, ...]
    proof: tuple[IncidentMention, ...]
    waiting: tuple[int, ...]
    meter: Meter
    merged: tuple[int, ...]
    acts: tuple[SortingAct, ...]
    times: tuple[datetime, ...]
    """When each of its mentions was posted."""

    @property
    def unanswered(self) -> int:
        """How many of its cases wait for a first answer."""
        return len(self.waiting)


class Incidents:
    """The incidents of a brand, to be looked at. Safe for several threads."""

    def __init__(self, store: Store, settings: Settings, kept: Kept | None = None) -> None:
        self.store = store
        self.settings = settings
        self._kept = kept or Kept()
        self._lookout = Lookout()

    @property
    def brand(self) -> str:
        """The brand's key in the store."""
        return self.settings.brand.key

    def incidents(self, now: datetime, limit: int = 50) -> tuple[IncidentLine, ...]:
        """What was talked about in the last SHOWN_FOR, by several: those with a crisis first, then those with an
        alarm, then the largest of the last hour."""
        with self.store.read() as tx:
            rows = incident_store.recent(tx, self.brand, now - SHOWN_FOR, LEAST, 4 * limit)
            alarmed = [row.incident_id for row in alarm_store.since(tx, self.brand, now - SHOWN_FOR)]
            known = {row.id for row in rows}
            rows += [row for row in incident_store.rows_of(tx, self.brand, alarmed).values() if row.id not in known]
            lines = self._lines(tx, [row for row in rows if row.merged_into is None], now, limit)
        return tuple(lines)

    def incident(self, incident_id: int, now: datetime) -> IncidentPage:
        """One incident, or the one that it is part of now. Raises Refused where there is none of this id."""
        with self.store.read() as tx:
            row = incident_store.incident(tx, self.brand, incident_id)
            if row is not None and row.merged_into is not None:
                row = incident_store.incident(tx, self.brand, row.merged_into)
            if row is None:
                raise Refused("Böyle bir olay yok.", "There is no such incident.")
            members = incident_store.members(tx, self.brand, row.id)
            [line] = self._lines(tx, [row], now, 1, members)
            unseen = self._kept.get(
                ("unseen", self.brand), now, KEPT,
                lambda: unseen_in(tx, self.brand, now - LOOKS_BACK, now, self._lookout),
            )  # fmt: skip
            waiting = incident_store.unanswered(tx, self.brand, row.id)
            merged = incident_store.merged_into(tx, self.brand, row.id)
            acts = self._acts(tx, row.id)
        shown = [_shown(one) for one in members]
        by_id = {one.id: one for one in shown}
        proof = [by_id[id] for id in (line.alarm.proof if line.alarm else ()) if id in by_id]
        widest = sorted(shown, key=lambda one: (-one.reach, -one.at.timestamp()))[:WIDEST]
        measured = meter([post_of(one) for one in members], now, unseen)
        return IncidentPage(
            line, tuple(shown[:NEWEST]), tuple(widest), tuple(proof), tuple(waiting), measured, tuple(merged), acts,
            tuple(one.stored.mention.published_at for one in members),
        )  # fmt: skip

    def _lines(
        self, tx: Connection, rows: Sequence[IncidentRow], now: datetime, limit: int,
        members: Sequence[Member] | None = None,
    ) -> list[IncidentLine]:  # fmt: skip
        ids = [row.id for row in rows]
        alarms = alarm_store.of_incidents(tx, self.brand, ids)
        lately = incident_store.count_since(tx, self.brand, ids, now - timedelta(hours=1))
        crises = {
            row.incident_id: row.id
            for row in reversed(crisis_store.all_of(tx, self.brand))
            if row.incident_id is not None and row.stage != "dismissed"
        }
        ranked = sorted(
            rows, key=lambda row: (row.id not in crises, row.id not in alarms, -lately.get(row.id, 0), -row.mentions)
        )[:limit]
        channels = incident_store.channels_of(tx, self.brand, [row.id for row in ranked])
        return [
            IncidentLine(
                row.id, self._title(tx, row, members, now), row.topic, row.mentions, lately.get(row.id, 0),
                tuple(channels.get(row.id, ())), row.first_at, row.last_at, alarm_view(alarms.get(row.id)),
                crises.get(row.id),
            )
            for row in ranked
        ]  # fmt: skip

    def _title(self, tx: Connection, row: IncidentRow, members: Sequence[Member] | None, now: datetime) -> Bilingual:
        """What it is called by its newest mentions; the same until another one comes."""

        def named() -> Bilingual:
            newest = members if members is not None else incident_store.members(tx, self.brand, row.id, limit=NAMED_BY)
            return title_of(row.topic, newest[:NAMED_BY])

        key = ("title", self.brand, row.id, row.topic, row.mentions, row.updated_at)
        return self._kept.get(key, now, TITLE_KEPT, named)

    def _acts(self, tx: Connection, incident_id: int) -> tuple[SortingAct, ...]:
        log = subjects.events_of(tx, self.brand, subjects.subject("incident", incident_id))
        undone = {event.data.get("event") for event in log if event.type == UNSORTED}
        return tuple(
            SortingAct(event.id, event.type, event.by, event.at, event.id in undone)
            for event in reversed(log)
            if event.type in SORTED and event.by != "system"
        )


def title_of(topic: str, members: Sequence[Member]) -> Bilingual:
    """What an incident is called: its topic, and what its mentions name most, a product, carrier or city; without
    one of those, the words that several of them share."""
    facts = [
        fact
        for one in members
        for fact in {(fact.kind, fact.value): fact for fact in one.score.facts if fact.kind in NAMING}.values()
    ]
    words = [value for _, value in commonest(facts)[:2]] or shared_words(members)[:3]
    rest = f": {', '.join(words)}" if words else ""
    return Bilingual(tr=name_of("topic", topic, "tr") + rest, en=name_of("topic", topic, "en") + rest)


def shared_words(members: Iterable[Member]) -> list[str]:
    """The words by which mentions came together, those of most mentions first, as most of them wrote them."""
    counts: Counter[str] = Counter()
    written: dict[str, Counter[str]] = {}
    for one in members:
        said = {search_text(value): value for value in map(bare, _values(one))}
        for plain, value in said.items():
            if not plain or plain in COURTESY:
                continue
            counts[plain] += 1
            written.setdefault(plain, Counter())[value] += 1
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [max(sorted(written[word]), key=lambda form: written[word][form]) for word, count in ranked
            if count >= MANY_SAY]  # fmt: skip


COURTESY = frozenset(map(search_text, (
    "sayın", "yetkili", "yetkililer", "merhaba", "merhabalar", "selam", "lütfen", "acaba", "de", "da", "ve", "bu",
    "bir", "ama", "çok", "hello", "hi", "dear", "please", "the", "and", "this", "that", "you", "your",
)))  # fmt: skip
"""Words that many write and that name nothing, folded."""


def bare(word: str) -> str:
    """A word without the marks around it; empty for an account that was addressed, and where nothing is left."""
    return "" if word.startswith("@") else word.strip("".join(c for c in word if not c.isalnum()))


def _values(one: Member) -> list[str]:
    return [str(value) for why in one.why if why["kind"] in _WORDS for value in why["values"]]


def alarm_view(row: AlarmRow | None) -> AlarmView | None:
    """An alarm as a page shows it."""
    if row is None:
        return None
    why = {language: tuple(said) for language, said in row.facts["why"].items()}
    return AlarmView(
        row.id, row.at, row.raised_at, row.view, Bilingual(tr=why["tr"][0], en=why["en"][0]), why, row.proof
    )


def post_of(one: Member) -> Post:
    """A mention as the meter needs it."""
    mention = one.stored.mention
    author = f"{mention.channel}:{mention.author}" if mention.author else ""
    return Post(mention.published_at, author, mention.channel, mention.followers, mention.engagement.shares)


def _shown(one: Member) -> IncidentMention:
    mention = one.stored.mention
    return IncidentMention(
        one.stored.id, mention.published_at, mention.channel, mention.author or "", mention.followers, mention.text,
        mention.url, one.score.topic.label, one.score.urgency.label, reach_of(mention), one.by, one.why,
    )  # fmt: skip
