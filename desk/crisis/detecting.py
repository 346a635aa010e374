"""From stored mentions to incidents, alarms and suspected crises: the worker's job for one brand.

Scored mentions that are in no incident are placed, shown to the growth watch, and written in one transaction with all
that follows: incidents, reasons, merges, alarms, suspected crises, and what grouping and watch know now. Placing itself
is done before that transaction, so that the board need not wait for it. A process killed between any two lines has
written a batch whole or not at all; whoever finds that somebody else wrote meanwhile begins again from the store.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from desk.crisis.grouping import Begin, Placing, left_aside, reasons_of, take_in
from desk.crisis.knowledge import Known, later, load
from desk.crisis.suspecting import proof_of, suspect_what_fires
from desk.deadline import Deadlines
from desk.settings import Settings
from mention import Mention, Score
from playbooks.crisis.plan import Plan
from playbooks.growth import Alarm, reach_of
from store import alarms as alarm_store
from store import events as event_log
from store import incidents as incident_store
from store import subjects
from store.engine import Store
from store.rows import StoredMention

BATCH = 500
"""Mentions of one transaction: a second of placing, and a state that is written once for all of them."""

DETECT_EVERY = 5.0
"""Seconds between two rounds: a tenth of a mention at 24 an hour, and nothing beside the minutes until an alarm."""

HORIZON = timedelta(weeks=8)
"""How old a mention may be to be placed: by then the rhythm has forgotten half, and an import of years is history."""

SWEEP_EVERY = timedelta(minutes=5)
"""How often everything within HORIZON is looked through for what a round passed over (scored after all, stored under an
older id by a slower transaction) and for what was deleted since."""

TRIES = 3
"""Times a batch is begun again because somebody else wrote meanwhile; then the next round has it."""

PROOF = 12
"""Mentions that prove an alarm."""

PROVES = timedelta(hours=1)
"""How far before an alarm its proof may lie."""

log = logging.getLogger("nobet")


@dataclass(frozen=True)
class Detected:
    """What a round did; `left_aside` are the brand's own posts and what is not about it."""

    placed: int = 0
    alarms: int = 0
    crises: int = 0
    merged: int = 0
    left_aside: int = 0

    def __add__(self, other: Detected) -> Detected:
        return Detected(
            self.placed + other.placed, self.alarms + other.alarms, self.crises + other.crises,
            self.merged + other.merged, self.left_aside + other.left_aside,
        )  # fmt: skip


@dataclass
class _Batch:
    """What placing a batch found out, before it is written."""

    placed: list[tuple[int, str, list[dict[str, Any]]]] = field(default_factory=list)
    merges: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Incidents that are no more: what they are now, and the mention that showed it."""
    alarms: list[tuple[Alarm, int, Score, float]] = field(default_factory=list)
    """With the mention that raised it, its score, and how many of its topic are usual in a quarter of an hour."""

    def stands(self, name: str) -> str:
        """What an incident is called after the merges of this batch."""
        while name in self.merges:
            name = self.merges[name][0]
        return name

    def add(self, id: int, score: Score, placing: Placing, alarm: Alarm | None, expected: float) -> None:
        """A mention that was placed and shown to the watch."""
        self.placed.append((id, placing.incident, reasons_of(placing)))
        for gone in placing.merged:
            self.merges[gone] = (placing.incident, id)
        if alarm is not None:
            self.alarms.append((alarm, id, score, expected))


class Detecting:
    """Detects for one brand. Not for several threads at once; several processes may."""

    def __init__(self, store: Store, settings: Settings, begin: Begin, plans: Mapping[str, Plan]) -> None:
        self.store = store
        self.settings = settings
        self.plans = plans
        self.deadlines = Deadlines(settings.desk)
        self._begin = begin
        self._known: Known | None = None
        self._floor = 0
        self._aside: set[int] = set()  # looked at, and left aside: they are in no table
        self._swept_at: datetime | None = None

    @property
    def brand(self) -> str:
        """The brand's key in the store."""
        return self.settings.brand.key

    def run(self, now: datetime, stop: Callable[[], bool] = lambda: False) -> Detected:
        """Place everything that waits, as it is at `now` (aware), or until `stop` says so."""
        waiting, settled = self._look(now)
        total = Detected()
        for start in range(0, len(waiting), BATCH):
            if stop():
                return total
            done = self._batch(waiting[start : start + BATCH], now)
            if done is None:
                return total
            total += done
        self._floor = max(self._floor, settled)
        return total

    # --- looking

    def _look(self, now: datetime) -> tuple[list[int], int]:
        """What waits to be placed, and up to which mention everything is settled once that is done."""
        sweeping = self._swept_at is None or not timedelta() <= now - self._swept_at < SWEEP_EVERY
        with self.store.read() as tx:
            known = self._up_to_date(tx, now)
            for span in known.blind.ask(tx, self.brand, now):
                known.watch.unseen(span)
            settled = incident_store.settled_up_to(tx, self.brand)
            waiting = incident_store.unplaced(tx, self.brand, 0 if sweeping else self._floor, now - HORIZON)
            gone = incident_store.deleted(tx, self.brand, now - HORIZON) if sweeping else []
        if sweeping:
            self._aside.intersection_update(waiting)
            self._forget([f"{source}:{native}" for source, native in gone], now)
            self._swept_at = now
        return [id for id in waiting if id not in self._aside], settled

    def _up_to_date(self, tx: Connection, now: datetime) -> Known:
        """What is known, from the store where nothing is or where somebody else wrote it anew."""
        if self._known is None or self._known.mark != incident_store.mark_of(tx, self.brand):
            self._known = load(tx, self.settings, self._begin, now)
        return self._known

    def _forget(self, names: Sequence[str], now: datetime) -> None:
        """Let go of what was deleted where it was written: of its words no stem stays either."""
        known = self._known
        assert known is not None
        if not sum(known.grouping.forget(name) for name in names):
            return
        if self._keep(known, _Batch(), now) is None:
            self._known = None  # somebody else wrote; the next sweep finds them again

    # --- a batch

    def _batch(self, ids: Sequence[int], now: datetime) -> Detected | None:
        """Place a batch and write it; None where others wrote meanwhile each time."""
        for _ in range(TRIES):
            with self.store.read() as tx:
                known = self._up_to_date(tx, now)
                still = incident_store.to_place(tx, self.brand, ids)
                found = incident_store.scored(tx, self.brand, [id for id in ids if id in still])
            try:
                batch = self._placed(known, [found[id] for id in ids if id in found], now)
                done = Detected(len(batch.placed), 0, 0, 0, len(found) - len(batch.placed))
                if not batch.placed:
                    return done
                written = self._keep(known, batch, now)
                if written is not None:
                    return done + written
            except BaseException:
                self._known = None  # it knows of mentions that were not written
                raise
            self._known = None
        log.info("detection was written by another process; the next round goes on")
        return None

    def _placed(self, known: Known, found: Sequence[tuple[StoredMention, Score]], now: datetime) -> _Batch:
        batch = _Batch()
        for stored, score in found:
            if left_aside(stored.mention, score, self.settings.brand.handles):
                self._aside.add(stored.id)
                continue
            placing, alarm = take_in(known.grouping, known.watch, not_ahead(stored.mention, now), score)
            expected = known.watch.expected(score.topic.label, 15.0) if alarm is not None else 0.0
            batch.add(stored.id, score, placing, alarm, expected)
        return batch

    def _keep(self, known: Known, batch: _Batch, now: datetime) -> Detected | None:
        """Write a batch, and what is known after it, in one transaction; None where that does not stand any more:
        another process wrote, or one of the mentions was deleted."""
        texts, ids = known.texts(), [id for id, _, _ in batch.placed]
        with self.store.write() as tx:
            event_log.hold(tx, self.brand)
            if incident_store.mark_of(tx, self.brand) != known.mark:
                return None
            if len(incident_store.to_place(tx, self.brand, ids)) < len(ids):
                return None
            mark = later(known.mark, max(ids, default=0), now)
            done = self._write(tx, batch, now)
            incident_store.keep_states(tx, self.brand, texts, mark)
        known.mark = mark
        return done

    def _write(self, tx: Connection, batch: _Batch, now: datetime) -> Detected:
        brand = self.brand
        names = {batch.stands(name) for _, name, _ in batch.placed}
        incident_store.begin(tx, brand, sorted(names, key=_number), now)
        ids = incident_store.ids_of(tx, brand, [*names, *batch.merges, *(one[0].incident for one in batch.alarms)])
        merged = 0
        for gone, (_, mention_id) in batch.merges.items():
            if gone in ids:
                merge_rows(tx, brand, ids[gone], ids[batch.stands(gone)], now, "system", {}, mention_id)
                merged += 1
        rows = [(id, ids[batch.stands(name)], why) for id, name, why in batch.placed]
        incident_store.place(tx, brand, rows, "system", now)
        touched = {incident for _, incident, _ in rows} | {ids[gone] for gone in batch.merges if gone in ids}
        incident_store.recount(tx, brand, touched, now)
        raised = sum(self._raise(tx, ids[batch.stands(one[0].incident)], *one, now) for one in batch.alarms)
        crises = suspect_what_fires(tx, self.settings, self.deadlines, self.plans, touched, now)
        return Detected(0, raised, crises, merged)

    def _raise(
        self, tx: Connection, incident: int, alarm: Alarm, mention_id: int, score: Score, expected: float, now: datetime
    ) -> bool:
        """Keep an alarm with its proof; False where the incident has one."""
        members = incident_store.members(tx, self.brand, incident, since=alarm.at - PROVES)
        members = [one for one in members if one.stored.mention.published_at <= alarm.at]
        own = any(one.stored.id == mention_id for one in members)
        proof = proof_of(members, mention_id if own else None, PROOF, reach_of)
        if alarm.view == "at_once":
            proof = [mention_id]
        facts = {**facts_of(alarm), "expected": expected, **_of_one(score)}
        alarm_id = alarm_store.raise_(
            tx, self.brand, incident, at=alarm.at, raised_at=now, view=alarm.view, facts=facts, proof=proof
        )
        if alarm_id is None:
            return False
        subjects.append(
            tx, self.brand, subjects.subject("incident", incident), type="incident_alarm", at=alarm.at, by="system",
            recorded_at=now, mention_id=mention_id,
            data={"alarm": alarm_id, "view": alarm.view, "proof": proof, **facts},
        )  # fmt: skip
        return True


def merge_rows(
    tx: Connection, brand: str, gone: int, into: int, now: datetime, by: str, data: Mapping[str, Any],
    mention_id: int | None = None,
) -> int:  # fmt: skip
    """Make two incidents one in the tables, with their alarms and crises, and say so in the log; answers the event's
    id. The caller has the grouping do the same, and recounts."""
    if incident_store.incident(tx, brand, into) is None:
        raise ValueError(f"there is no incident {into} to merge into")
    handed = alarm_store.hand_on(tx, brand, gone, into)
    incident_store.merge(tx, brand, gone, into, now)
    both = [subjects.subject("incident", into), subjects.subject("incident", gone)]
    told = {"into": into, "gone": gone, "alarm": handed, **data}
    return subjects.append(
        tx, brand, both, type="incident_merged", at=now, by=by, recorded_at=now, mention_id=mention_id, data=told
    )  # fmt: skip


def facts_of(alarm: Alarm) -> dict[str, Any]:
    """An alarm's facts as JSON; the sentences stand in it in both languages."""
    grows = alarm.doubling
    return {
        "topic": alarm.topic, "count": alarm.count, "own": alarm.own, "usual": alarm.usual, "authors": alarm.authors,
        "channels": [list(pair) for pair in alarm.channels], "onset": alarm.onset.isoformat(),
        "doubling": None if grows is None else {"minutes": grows.minutes, "low": grows.low, "high": grows.high},
        "surprise": alarm.surprise, "why": {language: list(said) for language, said in alarm.why.items()},
    }  # fmt: skip


def _of_one(score: Score) -> dict[str, Any]:
    """What the trigger for one mention asks of the one that raised an alarm."""
    sure = (score.urgency.probs.get(score.urgency.label, 0.0), score.topic.probs.get(score.topic.label, 0.0))
    return {"urgency": score.urgency.label, "certainty": min(sure)}


def not_ahead(mention: Mention, now: datetime) -> Mention:
    """The mention, posted now where its source's clock says later: one wrong clock must not make all others late."""
    return mention if mention.published_at <= now else mention.model_copy(update={"published_at": now})


def _number(name: str) -> int:
    return int(name[1:])
