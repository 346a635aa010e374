"""The desk: the board's only door. It shows the queue and the cases, and does what people do, one transaction each.

Reading is in reading.py. Every action is an event with its hand and its time; clocks follow from the events alone.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from desk import reading
from desk.alerts import troubles
from desk.answering import is_web_link
from desk.case_clocks import refresh
from desk.forecast import forecast_from
from desk.forecast_words import sentences
from desk.lookout import GAPS_OF, LATELY, Lookout, Watched, look_out
from desk.material import Material
from desk.replies.context import Reader
from desk.room import DeskError
from desk.sending.registry import Senders
from desk.settings import Settings
from desk.views import Filters, MentionView, QueuePage
from desk.watch import Coverage, coverage
from mention import SENTIMENTS, TOPICS, URGENCIES
from playbooks.routing import History, route
from playbooks.schema import Library
from store import cases as case_store
from store import events as event_log
from store import forecasts as forecast_store
from store import quarantine as quarantine_store
from store import sources as source_store
from store.engine import Store
from store.forecasts import ForecastRow
from store.rows import NewEvent, Quarantined, SourceState

__all__ = ["HEADS", "Desk", "DeskError", "is_web_link"]

STALE = timedelta(hours=1)
"""A forecast that is older says nothing about this queue any more."""

LOOKED_KEPT = timedelta(seconds=5)
"""How old may be what is the same for everybody and stands on every page: as old as the page itself."""

HEADS = {"sentiment": SENTIMENTS, "urgency": URGENCIES, "topic": TOPICS}


class Desk(Material):
    """One person's view of the brand's cases, and their hands."""

    def __init__(
        self, store: Store, settings: Settings, library: Library, me: str | None = None, reader: Reader | None = None,
        senders: Senders | None = None,
    ) -> None:  # fmt: skip
        super().__init__(store, settings, library, me, reader, senders)
        self._lookout = Lookout()

    # --- looking ---

    def queue(self, filters: Filters, now: datetime, pick: reading.Pick | None = None) -> QueuePage:
        """The cases of one view, the nearest true deadline first, and the size of every view.

        `pick` is given the ids of the whole view in its order and names those whose rows are wanted.
        """
        with self.store.read() as tx:
            return reading.queue(tx, self.brand, filters, self.me, now, pick, self.kept)

    def set_aside_mentions(self, search: str, limit: int) -> tuple[MentionView, ...]:
        """Mentions to which no answer is due, newest first."""
        with self.store.read() as tx:
            return reading.set_aside_mentions(tx, self.brand, search, limit)

    def silent_alerts(self, now: datetime) -> tuple[str, ...]:
        """Alerts that do not arrive, a sentence each: that nobody was told must not go unseen."""

        def read() -> tuple[str, ...]:
            with self.store.read() as tx:
                return tuple(f"{row.person}: {row.note}" for row in troubles(tx, self.brand, now))

        return self.kept.get(("silent", self.brand), now, LOOKED_KEPT, read)

    def tonight(self, now: datetime, language: str) -> tuple[str, ...]:
        """The forecast that was made last, in sentences; empty where it is old or its evening is over."""

        def read() -> ForecastRow | None:
            with self.store.read() as tx:
                return forecast_store.newest(tx, self.brand)

        kept = self.kept.get(("tonight", self.brand), now, LOOKED_KEPT, read)
        if kept is None or now - kept.made_at > STALE or now >= kept.horizon:
            return ()
        return sentences(forecast_from(kept.result), kept.horizon, self.zone, language)

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

    def correct(self, case_id: int, mention_id: int, head: str, label: str, now: datetime) -> None:
        """Correct a label of the classifier: kept for training, and the case follows (clock, topic, playbook)."""
        self._may("correct_label")
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
            case_store.correct(tx, self.brand, mention_id, head, old, label, self.by, now)
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
        self._may("claim")
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
