"""The desk: the board's only door. It shows the queue and the cases, and does what people do, one transaction each.

Reading is in reading.py. Every action is an event with its hand and its time; clocks follow from the events alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from desk import reading
from desk.case_clocks import refresh
from desk.clock import Clocks
from desk.intake import Intake
from desk.lookout import GAPS_OF, LATELY, Lookout, Watched, look_out
from desk.settings import Settings
from desk.views import CaseView, Filters, MentionView, QueuePage
from desk.watch import Coverage, coverage
from mention import LANGUAGES, SENTIMENTS, TOPICS, URGENCIES
from playbooks.drafts import draft
from playbooks.routing import History, route
from playbooks.schema import Library
from store import cases as case_store
from store import events as event_log
from store import quarantine as quarantine_store
from store import sources as source_store
from store.engine import Store
from store.rows import CaseRow, NewEvent, Quarantined, SourceState

HEADS = {"sentiment": SENTIMENTS, "urgency": URGENCIES, "topic": TOPICS}
MAX_ANSWER = 20_000
"""Characters of a recorded answer or note; longer than any channel takes."""


class DeskError(ValueError):
    """Something that cannot be done to this case now; the message is a sentence for the agent."""


class Desk:
    """One person's view of the brand's cases, and their hands."""

    def __init__(self, store: Store, settings: Settings, library: Library, me: str | None = None) -> None:
        self.store = store
        self.settings = settings
        self.library = library
        self.clocks = Clocks(settings.desk)
        self.me = me or settings.agents[0].name
        self._intake = Intake(store, settings, library)
        self._lookout = Lookout()

    @property
    def brand(self) -> str:
        """The brand's key in the store."""
        return self.settings.brand.key

    @property
    def brand_name(self) -> str:
        """The brand's name for people."""
        return self.settings.brand.name

    @property
    def zone(self) -> ZoneInfo:
        """The desk's time zone, in which every time is shown."""
        return self.settings.desk.zone

    def agents(self) -> tuple[str, ...]:
        """The names a case can be given to."""
        return tuple(agent.name for agent in self.settings.agents)

    # --- looking ---

    def queue(self, filters: Filters, now: datetime) -> QueuePage:
        """The cases of one view, the nearest true deadline first, and the size of every view."""
        with self.store.read() as tx:
            return reading.queue(tx, self.brand, filters, self.me, now)

    def case(self, case_id: int, now: datetime) -> CaseView:
        """Everything about one case. Raises DeskError if there is none."""
        with self.store.read() as tx:
            view = reading.case(tx, self.brand, case_id, self.library, self.clocks, now)
        if view is None:
            raise DeskError(f"There is no case {case_id}.")
        return view

    def draft(self, case_id: int, family: str, language: str, now: datetime) -> str:
        """The playbook's reply for a channel family (one of FAMILIES) in a language, filled with what is known.

        Empty when no playbook is at work: then a person finds the words.
        """
        view = self.case(case_id, now)
        if view.run is None or language not in LANGUAGES:
            return ""
        facts: dict[str, object] = {
            "brand": self.brand_name, "agent": self.me, "name": view.row.author_name, "case_number": f"N-{case_id}",
            "contact": self.settings.brand.contact,
        }  # fmt: skip
        return draft(view.run.playbook, family, language, facts)

    def set_aside_mentions(self, search: str, limit: int) -> tuple[MentionView, ...]:
        """Mentions to which no answer is due, newest first."""
        with self.store.read() as tx:
            return reading.set_aside_mentions(tx, self.brand, search, limit)

    def sources(self, now: datetime) -> tuple[SourceState, ...]:
        """How each source stands."""
        with self.store.read() as tx:
            return tuple(source_store.source_states(tx, self.brand, now))

    def coverage(self, start: datetime, end: datetime, now: datetime) -> Coverage:
        """What each source is known to have delivered in [start, end), as it is known at `now`."""
        with self.store.read() as tx:
            return coverage(tx, self.brand, start, end, now)

    def watched(self, length: timedelta, now: datetime) -> Watched:
        """The coverage of the last `length`, what we may be missing, the budgets used; it may be half a minute old."""
        lookout = self._lookout
        with lookout.turn:
            if (found := lookout.kept(length, now)) is not None:
                return found
            if length == GAPS_OF:
                with self.store.read() as tx:
                    return lookout.keep(length, look_out(tx, self.brand, self.settings.sources, now, lookout))
            day = self.watched(GAPS_OF, now)  # what is said aloud is always of the same time, whatever is looked at
            with self.store.read() as tx:
                covered = coverage(tx, self.brand, now - length, now, now, hours_of=lookout.hours_of)
            return lookout.keep(length, replace(day, at=now, coverage=covered))

    def last_watched(self, now: datetime) -> Watched | None:
        """The look-out over the last day that was made last, if that was lately; it costs nothing."""
        return self._lookout.kept(GAPS_OF, now, LATELY)

    def quarantine(self, limit: int = 100) -> tuple[Quarantined, ...]:
        """What could not be read, scored or routed, newest first, with its reason."""
        with self.store.read() as tx:
            return tuple(quarantine_store.quarantined(tx, self.brand, limit))

    # --- doing ---

    def claim(self, case_id: int, now: datetime) -> None:
        """Take a case that nobody has. Raises DeskError naming who has it."""
        with self._case(case_id) as (tx, row):
            if row.assignee == self.me:
                return
            if not case_store.claim(tx, case_id, self.me, now):
                raise DeskError(f"{row.assignee} already has this case.")
            self._log(tx, case_id, "assigned", now, {"to": self.me})

    def assign(self, case_id: int, who: str | None, now: datetime) -> None:
        """Give a case to somebody (None: to nobody)."""
        if who is not None and who not in self.agents():
            raise DeskError(f"{who} is not on the desk.")
        with self._case(case_id) as (tx, row):
            status = row.status
            if status in ("new", "assigned"):
                status = "assigned" if who else "new"
            case_store.update_case(tx, case_id, assignee=who, status=status, updated_at=now)
            self._log(tx, case_id, "assigned", now, {"to": who, "from": row.assignee})

    def seen(self, case_id: int, now: datetime) -> None:
        """Record that I opened the case, once per person."""
        by = f"agent:{self.me}"
        with self.store.read() as tx:
            if any(e.type == "seen" and e.by == by for e in event_log.of_case(tx, case_id)):
                return
        with self._case(case_id) as (tx, _):
            if not any(e.type == "seen" and e.by == by for e in event_log.of_case(tx, case_id)):
                self._log(tx, case_id, "seen", now, {})

    def answer(self, case_id: int, text: str, link: str, now: datetime) -> None:
        """Record that a person answered the customer: the words, and the link of the posted answer where there is one.

        It stops the answer clock; it sends nothing. Raises DeskError for an answer without words and without link.
        """
        text, link = text.strip(), link.strip()
        if not text and not link:
            raise DeskError("Write the answer that was given, or paste its link.")
        if len(text) > MAX_ANSWER:
            raise DeskError(f"The answer is longer than {MAX_ANSWER} characters.")
        if link and not is_web_link(link):
            raise DeskError("The link must begin with https:// or http://.")
        with self._case(case_id) as (tx, row):
            if row.status in ("resolved", "set_aside"):
                raise DeskError("The case is closed; reopen it before answering.")
            self._log(tx, case_id, "answered", now, {"text": text, "link": link, "channel": row.channel})
            columns: dict[str, object] = {"status": "answered"}
            if row.assignee is None:
                columns["assignee"] = self.me
            if row.answered_at is None:
                columns["answered_at"] = now
            refresh(tx, self.clocks, case_id, now, **columns)

    def note(self, case_id: int, text: str, now: datetime) -> None:
        """Leave an internal note; it can never be sent."""
        if not text.strip():
            raise DeskError("The note is empty.")
        if len(text) > MAX_ANSWER:
            raise DeskError(f"The note is longer than {MAX_ANSWER} characters.")
        with self._case(case_id) as (tx, _):
            self._log(tx, case_id, "note", now, {"text": text.strip()})

    def wait(self, case_id: int, now: datetime) -> None:
        """We wait for the customer: pauses the resolution clock, and only that."""
        self._move(case_id, "waiting_for_customer", "waiting", now)

    def back(self, case_id: int, now: datetime) -> None:
        """The matter is with us again."""
        self._move(case_id, "back_with_us", "assigned", now)

    def resolve(self, case_id: int, now: datetime) -> None:
        """The customer's matter is settled."""
        self._move(case_id, "resolved", "resolved", now)

    def reopen(self, case_id: int, now: datetime) -> None:
        """The matter was not settled after all."""
        with self._case(case_id) as (tx, row):
            if row.status not in ("resolved", "set_aside", "answered"):
                raise DeskError("The case is open already.")
            self._log(tx, case_id, "reopened", now, {"from": row.status})
            refresh(tx, self.clocks, case_id, now, status="reopened")

    def set_aside(self, case_id: int, reason: str, now: datetime) -> None:
        """Take a case out of the queue for a stated reason, such as 'not about us'."""
        if not reason.strip():
            raise DeskError("Say why the case is set aside.")
        self._move(case_id, "set_aside", "set_aside", now, {"reason": reason.strip()[:500]})

    def step(self, case_id: int, step_id: str, state: str, now: datetime) -> None:
        """Mark a step of the playbook `done` or `skipped`."""
        if state not in ("done", "skipped"):
            raise DeskError(f"A step is done or skipped, not {state}.")
        with self._case(case_id) as (tx, _):
            run = case_store.run_of(tx, case_id)
            if run is None:
                raise DeskError("No playbook is at work on this case.")
            if case_store.finish_step(tx, run[0].id, step_id, state, now, f"agent:{self.me}"):
                self._log(tx, case_id, f"step_{state}", now, {"step": step_id, "playbook": run[0].playbook})

    def correct(self, case_id: int, mention_id: int, head: str, label: str, now: datetime) -> None:
        """Correct a label of the classifier: kept for training, and the case follows (clock, topic, playbook)."""
        if label not in HEADS.get(head, ()):
            raise DeskError(f"{label} is no label of {head}.")
        with self._case(case_id) as (tx, row):
            held = {stored.id: (stored, score) for stored, score in case_store.mentions_of(tx, case_id)}
            if mention_id not in held:
                raise DeskError("That mention belongs to another case.")
            stored, score = held[mention_id]
            by_hand = case_store.corrections_of(tx, [mention_id]).get(mention_id, {})
            old = {**reading.labels(score), **by_hand}.get(head, "")
            if old == label:
                return
            by = f"agent:{self.me}"
            case_store.correct(tx, self.brand, mention_id, head, old, label, by, now)
            self._log(tx, case_id, "label_corrected", now, {"head": head, "old": old, "new": label}, mention_id)
            columns: dict[str, object] = {}
            if head == "urgency" and row.urgency != label:
                columns["urgency"] = label
                self._log(tx, case_id, "urgency_changed", now, {"urgency": label, "old": row.urgency}, mention_id)
            elif head in ("topic", "sentiment"):
                columns[head] = label
            if head == "topic" and score is not None:
                topic = score.topic.model_copy(update={"label": label})
                corrected = score.model_copy(update={"topic": topic, "abstained": ()})
                decision = route(stored.mention, corrected, self.library, History(case_id))
                if decision.playbook is not None and decision.playbook != row.playbook:
                    columns["playbook"] = decision.playbook
                    started = self._intake.start_playbook(tx, case_id, decision.playbook, row.due_at, now)
                    event_log.append_all(tx, self.brand, started)
            refresh(tx, self.clocks, case_id, now, **columns)

    def open_from_mention(self, mention_id: int, now: datetime) -> int:
        """Open a case for a mention that was set aside; answers the case's id."""
        with self.store.write() as tx:
            event_log.hold(tx, self.brand)
            found = case_store.mention_of(tx, self.brand, mention_id)
            if found is None or found[1] is None:
                raise DeskError("There is no such mention, or it has no score yet.")
            stored, score = found[0], found[1]
            if stored.stage != "set_aside":
                raise DeskError("That mention is in a case already.")
            if score.urgency.label == "none" and score.topic.label != "praise":
                # somebody asked for an answer, so there is one due, whatever the classifier thought
                score = score.model_copy(update={"urgency": score.urgency.model_copy(update={"label": "same_day"})})
            decision = route(stored.mention, score, self.library)
            log: list[NewEvent] = []
            case_id = self._intake.open(tx, stored, score, decision, now, log)
            event_log.append_all(tx, self.brand, log)
            return case_id

    def _move(self, case_id: int, type: str, status: str, now: datetime, data: dict[str, object] | None = None) -> None:
        with self._case(case_id) as (tx, row):
            if row.status == status:
                return
            if row.status in ("resolved", "set_aside"):
                raise DeskError("The case is closed; reopen it first.")
            self._log(tx, case_id, type, now, data or {})
            refresh(tx, self.clocks, case_id, now, status=status)

    @contextmanager
    def _case(self, case_id: int) -> Iterator[tuple[Connection, CaseRow]]:
        """A write transaction on a case of this brand."""
        with self.store.write() as tx:
            event_log.hold(tx, self.brand)  # what is read from here on stays true until the action is done
            row = case_store.case(tx, self.brand, case_id)
            if row is None:
                raise DeskError(f"There is no case {case_id}.")
            yield tx, row

    def _log(
        self, tx: Connection, case_id: int, type: str, now: datetime, data: dict[str, object],
        mention_id: int | None = None,
    ) -> None:  # fmt: skip
        event_log.append(
            tx, self.brand, type=type, at=now, by=f"agent:{self.me}", recorded_at=now, case_id=case_id,
            mention_id=mention_id, data=data,
        )  # fmt: skip


def is_web_link(link: str) -> bool:
    """Whether a link may be shown as one: http or https with a host. Anything else (javascript:, data:) is text."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and len(link) <= 2000
