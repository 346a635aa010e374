"""From a scored mention to a case: routed, opened or joined, clocks started, every decision with its reasons.

One mention is one transaction, and whoever comes second finds it done: a mention is taken only in stage `scored`, under
the store's write lock, so that two workers, or a worker killed between any two lines, open no case twice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from desk import person_card, persons
from desk.case_clocks import clocks_of, nearest_due
from desk.in_force import ClocksInForce
from desk.lineage import counted, first_post
from desk.settings import Settings
from desk.team import CaseFacts, Rota, choose
from desk.traits import ours_of
from mention import URGENCIES, Mention, MentionError, Score, parse_time
from playbooks.routing import Decision, History, route
from playbooks.schema import Library
from store import cases as case_store
from store import events as event_log
from store import looks, quarantine, scoring
from store import persons as person_store
from store.engine import Store
from store.rows import LIVE_STATUSES, CaseRow, EventRow, NewEvent, StoredMention

BATCH = 50
"""Mentions routed in one transaction: long enough to be quick, short enough that the board's writes do not wait."""


@dataclass(frozen=True)
class Routed:
    """What one round of routing did."""

    opened: int = 0
    joined: int = 0
    set_aside: int = 0
    quarantined: int = 0

    @property
    def total(self) -> int:
        """Mentions that left the stage `scored`."""
        return self.opened + self.joined + self.set_aside + self.quarantined


class Intake:
    """Routes scored mentions of one brand into cases."""

    def __init__(self, store: Store, settings: Settings, library: Library) -> None:
        self.store = store
        self.settings = settings
        self.library = library
        self.clocks = ClocksInForce(settings.desk, store, settings.brand.key)
        self._ours = ours_of(settings)
        self._rota = Rota(settings.agents, settings.desk)
        self._watched: dict[str, datetime] = {}

    def run(self, now: datetime) -> Routed:
        """Route up to BATCH scored mentions, oldest first, in one transaction."""
        brand = self.settings.brand.key
        counts = {"opened": 0, "joined": 0, "set_aside": 0, "quarantined": 0}
        with self.store.write() as tx:
            event_log.hold(tx, brand)  # one router at a time, on PostgreSQL too
            log: list[NewEvent] = []  # written at the end in three statements, in the same transaction
            for stored, score in scoring.unrouted(tx, brand, BATCH):
                told = len(log)
                try:
                    with tx.begin_nested():
                        outcome = self.take(tx, stored, score, now, log)
                        if outcome != "set_aside":
                            persons.learn(tx, brand, [stored.id], self._ours, now)
                except (ValueError, KeyError, TypeError) as error:  # its own bad data, not the store's failure
                    del log[told:]
                    reason = f"could not be routed ({type(error).__name__}: {str(error)[:200]}); read it by hand"
                    quarantine.quarantine(tx, brand, [(stored.id, reason)], stage="route", at=now)
                    outcome = "quarantined"
                counts[outcome] += 1
            event_log.append_all(tx, brand, log)
        return Routed(**counts)

    def take(self, tx: Connection, stored: StoredMention, score: Score, now: datetime, log: list[NewEvent]) -> str:
        """Route one mention inside `tx`; answers `opened`, `joined` or `set_aside`. What happened is added to `log`."""
        outcome = self._take(tx, stored, score, now, log)
        if outcome != "set_aside":
            self._answered_there(tx, stored, now, log)
        return outcome

    def _take(self, tx: Connection, stored: StoredMention, score: Score, now: datetime, log: list[NewEvent]) -> str:
        mention, brand = stored.mention, self.settings.brand.key
        if stored.stage == "rescored" and (case_id := case_store.case_of(tx, stored.id)) is not None:
            self._edited(tx, stored, score, case_id, now, log)
            return "joined"
        if mention.author and mention.author.lstrip("@").lower() in {h.lower() for h in self.settings.brand.handles}:
            return self._set_aside(tx, stored, [{"code": "own_post", "params": {}}], now, log)
        since = mention.published_at - timedelta(days=self.settings.join_within)
        known = case_store.open_case_for(
            tx, brand, source=mention.source, author=mention.author, thread_id=mention.thread_id, since=since
        )
        if known is None and mention.author is not None:
            known = self._case_elsewhere(tx, mention, score, since)
        contacts = case_store.contacts_of(tx, brand, mention.source, mention.author, mention.published_at)
        history = History(open_case_id=known.id if known else None, contacts=contacts, tier=None)
        decision = route(mention, score, self.library, history)
        if known is not None:
            self._join(tx, stored, known, decision, now, log)
            return "joined"
        watched = self._watched_since(tx, mention.source)
        if watched is not None and mention.published_at < watched - timedelta(days=self.settings.history):
            day = watched.astimezone(self.settings.desk.zone).date().isoformat()
            reason = {"code": "before_watch", "params": {"since": day, "days": self.settings.history}}
            return self._set_aside(tx, stored, [reason], now, log)
        if decision.action == "set_aside":
            return self._set_aside(tx, stored, _reasons(decision), now, log)
        self.open(tx, stored, score, decision, now, log)
        return "opened"

    def _case_elsewhere(self, tx: Connection, mention: Mention, score: Score, since: datetime) -> CaseRow | None:
        """The open case of the same person on the same topic, whatever channel it came from; never on a guess: only
        links that somebody confirmed make two authors one person."""
        assert mention.author is not None
        home = person_store.home_of(tx, self.settings.brand.key, mention.source, mention.author)
        if home is None:
            return None
        return person_card.open_case_of_person(tx, self.settings.brand.key, home, score.topic.label, since)

    def open(
        self, tx: Connection, stored: StoredMention, score: Score, decision: Decision, now: datetime,
        log: list[NewEvent],
    ) -> int:  # fmt: skip
        """Open a case for a mention, start its clocks and its playbook; answers the case's id.

        The events are added to `log`; the caller writes them in the same transaction.
        """
        mention, brand = stored.mention, self.settings.brand.key
        handle = mention.author or f"unknown:{mention.native_id}"
        known = person_store.home_of(tx, brand, mention.source, handle) is not None
        person = case_store.person_for(tx, brand, mention.source, handle, mention.author_name, now)
        posted: dict[str, Any] = {
            "urgency": decision.urgency, "channel": mention.channel, "policy": self.clocks.keep(tx, now),
        }  # fmt: skip
        team = self._team_of(mention.channel)
        if team is not None:
            posted["team"] = team
        answer_by = platform_deadline(mention)
        if answer_by is not None:
            posted["answer_by"] = answer_by.isoformat()
        start = NewEvent("customer_posted", mention.published_at, "customer", now, None, stored.id, posted)
        due = nearest_due(clocks_of(self.clocks, [start], now))
        case_id = case_store.open_case(
            tx, brand, person_id=person, status="new", urgency=decision.urgency,
            priority=self._priority(tx, person, known, decision.priority, mention.followers or 0, now), team=team,
            topic=score.topic.label, sentiment=score.sentiment.label, language=score.language,
            channel=mention.channel, source=mention.source, playbook=decision.playbook, assignee=None,
            reasons=_reasons(decision), posted_at=mention.published_at, opened_at=now, updated_at=now,
            answered_at=None, **due,
        )  # fmt: skip
        case_store.attach(tx, brand, case_id, stored.id, now)
        case_store.set_stage(tx, stored.id, "routed")
        routed = NewEvent("routed", now, "system", now, case_id, stored.id, _told(decision))
        log += [replace(start, case_id=case_id), routed]
        log += self._assign(tx, case_id, score, decision, mention.channel, team, now)
        log += self.start_playbook(tx, case_id, decision.playbook, due["due_at"], now)
        return case_id

    def _team_of(self, channel: str) -> str | None:
        own = self.settings.desk.channels.get(channel)
        return own.team if own is not None else None

    def _priority(self, tx: Connection, person: int, known: bool, priority: int, counted: int, now: datetime) -> int:
        """The priority after what is known of the person in every channel: it may rise, never fall."""
        if not known:
            return priority  # nobody knew them before this mention
        card = person_card.card(tx, self.settings.brand.key, person, now)
        return person_card.raises(priority, card.tier, card.reach, counted)

    def _assign(
        self, tx: Connection, case_id: int, score: Score, decision: Decision, channel: str, team: str | None,
        now: datetime,
    ) -> list[NewEvent]:  # fmt: skip
        """Give a new case to somebody by the desk's rules; without rules, and where nobody is there, it is nobody's."""
        if not self.settings.assignment:
            return []
        facts = CaseFacts(score.language, channel, score.topic.label, decision.urgency, team)
        load = case_store.loads(tx, self.settings.brand.key)
        choice = choose(facts, self._rota, load, now, self.settings.assignment)
        why = [{"tr": each.tr, "en": each.en} for each in choice.why]
        if choice.agent is None:
            return [NewEvent("unassigned", now, "system", now, case_id, None, {"why": why})]
        case_store.update_case(tx, case_id, assignee=choice.agent.name, status="assigned")
        told = {"to": choice.agent.name, "from": None, "why": why}
        return [NewEvent("assigned", now, "system", now, case_id, None, told)]

    def start_playbook(
        self, tx: Connection, case_id: int, playbook: str | None, answer_due: datetime | None, now: datetime
    ) -> list[NewEvent]:
        """Start a run of a playbook; the time boxes of its steps count from now, in staffed time where it says so.

        The step that is the reply also keeps the promise: its box ends at `answer_due` where that is earlier. Answers
        the event to be written, none without a playbook.
        """
        if playbook is None:
            return []
        book = self.library[playbook]
        steps = []
        for step in book.steps:
            ends = self._box_ends(step.within, book.clock_of(step), now)
            if step.kind == "reply" and answer_due is not None:
                ends = min(ends, answer_due)
            steps.append((step.id, ends))
        case_store.start_run(tx, self.settings.brand.key, case_id, book.id, book.version, now, steps)
        told: dict[str, Any] = {"playbook": book.id, "version": book.version}
        return [NewEvent("playbook_started", now, "system", now, case_id, None, told)]

    def _box_ends(self, within: timedelta, clock: str, start: datetime) -> datetime:
        return start + within if clock == "always" else self.clocks.after_staffed(start, within)

    def _join(
        self, tx: Connection, stored: StoredMention, known: CaseRow, decision: Decision, now: datetime,
        log: list[NewEvent],
    ) -> None:  # fmt: skip
        case_id = known.id
        case_store.attach(tx, self.settings.brand.key, case_id, stored.id, now)
        case_store.set_stage(tx, stored.id, "routed")
        written: list[EventRow | NewEvent] = [*event_log.of_case(tx, case_id)]
        written += [event for event in log if event.case_id == case_id]
        post = first_post(counted(written))
        type, data = "customer_wrote", dict[str, Any]()
        if post is not None and stored.mention.published_at < post.at:
            # Seen later, written earlier: the clock starts here, under the promise that the case stands under.
            type, data = "customer_posted", {**post.data, "urgency": known.urgency}
        log.append(NewEvent(type, stored.mention.published_at, "customer", now, case_id, stored.id, data))
        columns: dict[str, Any] = {
            "posted_at": min(known.posted_at, stored.mention.published_at),
            "priority": min(known.priority, decision.priority), "waiting_for": None, "snoozed_until": None,
        }  # fmt: skip
        if URGENCIES.index(decision.urgency) > URGENCIES.index(known.urgency):
            columns["urgency"] = decision.urgency
            change = {**_told(decision), "old": known.urgency}
            log.append(NewEvent("urgency_changed", now, "system", now, case_id, stored.id, change))
        if known.status in ("answered", "waiting"):
            columns["status"] = "assigned" if known.assignee else "new"
        unwritten = [event for event in log if event.case_id == case_id]
        told = clocks_of(self.clocks, [*event_log.of_case(tx, case_id), *unwritten], now)
        case_store.update_case(tx, case_id, updated_at=now, **nearest_due(told), **columns)

    def _watched_since(self, tx: Connection, source: str) -> datetime | None:
        """When a source was first asked; None for what was never asked (imported files), and it does not change."""
        if source not in self._watched:
            found = looks.watched_since(tx, self.settings.brand.key, source)
            if found is None:
                return None
            self._watched[source] = found
        return self._watched[source]

    def _answered_there(self, tx: Connection, stored: StoredMention, now: datetime, log: list[NewEvent]) -> None:
        """An answer that was given on the platform itself stops the case's clock when it was given there."""
        mention = stored.mention
        at = answered_there(mention)
        case_id = case_store.case_of(tx, stored.id)
        if at is None or at < mention.published_at or at > now or case_id is None:
            return
        known = case_store.case(tx, self.settings.brand.key, case_id)
        events: list[EventRow | NewEvent] = [*event_log.of_case(tx, case_id)]
        events += [event for event in log if event.case_id == case_id]
        if known is None or any(e.type == "answered" and e.at == at and e.mention_id == stored.id for e in events):
            return
        words = str(mention.extra.get("answer") or "")[:2000]
        told = {"text": words, "link": mention.url or "", "channel": mention.channel, "where": "platform"}
        answered = NewEvent("answered", at, f"agent:@{mention.channel}", now, case_id, stored.id, told)
        log.append(answered)
        columns: dict[str, Any] = {"answered_at": known.answered_at or at}
        newer = any(e.type in ("customer_posted", "customer_wrote") and e.at > at for e in events)
        if known.status in ("new", "assigned", "reopened") and not newer:
            columns["status"] = "answered"
        in_order = sorted([*events, answered], key=lambda event: event.at)
        due = nearest_due(clocks_of(self.clocks, in_order, now))
        case_store.update_case(tx, case_id, updated_at=now, **due, **columns)

    def _edited(
        self, tx: Connection, stored: StoredMention, score: Score, case_id: int, now: datetime, log: list[NewEvent]
    ) -> None:
        """A mention of a case was edited: the log says so, and the case may become more urgent, never less."""
        case_store.set_stage(tx, stored.id, "routed")
        log.append(NewEvent("mention_edited", now, "customer", now, case_id, stored.id))
        known = case_store.case(tx, self.settings.brand.key, case_id)
        if known is None or known.status not in LIVE_STATUSES:
            return
        decision = route(stored.mention, score, self.library, History(open_case_id=case_id, contacts=0, tier=None))
        if URGENCIES.index(decision.urgency) <= URGENCIES.index(known.urgency):
            return
        change = {**_told(decision), "old": known.urgency}
        log.append(NewEvent("urgency_changed", now, "system", now, case_id, stored.id, change))
        unwritten = [event for event in log if event.case_id == case_id]
        told = clocks_of(self.clocks, [*event_log.of_case(tx, case_id), *unwritten], now)
        columns: dict[str, Any] = {"urgency": decision.urgency, "priority": min(known.priority, decision.priority)}
        case_store.update_case(tx, case_id, updated_at=now, **nearest_due(told), **columns)

    def _set_aside(
        self, tx: Connection, stored: StoredMention, reasons: list[dict[str, Any]], now: datetime, log: list[NewEvent]
    ) -> str:
        case_store.set_stage(tx, stored.id, "set_aside")
        log.append(NewEvent("mention_set_aside", now, "system", now, None, stored.id, {"reasons": reasons}))
        return "set_aside"


def _reasons(decision: Decision) -> list[dict[str, Any]]:
    return [reason.record() for reason in decision.reasons]


def _told(decision: Decision) -> dict[str, object]:
    return {
        "playbook": decision.playbook, "priority": decision.priority, "urgency": decision.urgency,
        "inform_first": list(decision.inform_first), "needs_person": decision.needs_person,
        "reasons": _reasons(decision),
    }  # fmt: skip


def platform_deadline(mention: Mention) -> datetime | None:
    """The deadline that a platform delivered with a mention (`extra.answer_by`), None without one or if unreadable."""
    given = mention.extra.get("answer_by")
    if not given:
        return None
    try:
        return parse_time(given)[0]
    except MentionError:
        return None


def answered_there(mention: Mention) -> datetime | None:
    """When the brand answered on the platform itself (`extra.answered_at`, or the last of `extra.answers`); None where
    it did not, or the time cannot be read."""
    answers = mention.extra.get("answers")
    last = answers[-1] if isinstance(answers, list) and answers and isinstance(answers[-1], dict) else {}
    given = mention.extra.get("answered_at") or last.get("at")
    if not given:
        return None
    try:
        return parse_time(given)[0]
    except MentionError:
        return None
