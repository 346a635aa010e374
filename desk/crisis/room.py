"""The crisis room: everything that people do in a crisis, and what they see of it.

The acts are in running.py (stages, steps, roles), facts.py, statements.py, outside.py and answering_many.py; this file
brings them together and looks. Nothing here sends an alert: that is for the worker, from what the run says is owed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Self

from sqlalchemy import Connection

from desk.crisis import room_view as view
from desk.crisis.acting import Held, role_name
from desk.crisis.answering_many import AnsweringMany
from desk.crisis.course import newest_at, run_of, subject_of
from desk.crisis.facts import FactKeeping, facts_of
from desk.crisis.outside import Outside, parties_of, posts_of
from desk.crisis.room_view import Agenda, CrisisLine, RoomView, WallView
from desk.crisis.running import Running
from desk.crisis.statements import statements_of
from desk.desk import Desk
from desk.replies.context import Reader
from desk.sending.registry import Senders
from desk.settings import Settings
from playbooks.crisis.run import Run
from playbooks.crisis.state import State, agenda
from playbooks.schema import Library
from store import crises as crisis_store
from store import crisis_cases, subjects
from store.crises import OPEN_STAGES
from store.engine import Store

ON_THE_WALL = 4
SHOWN = 200


class CrisisRoom(Running, FactKeeping, AnsweringMany, Outside):
    """One person's place in the crises of a brand."""

    def __init__(
        self, store: Store, settings: Settings, library: Library, me: str | None = None, reader: Reader | None = None,
        senders: Senders | None = None,
    ) -> None:  # fmt: skip
        super().__init__(store, settings, library, me)
        self.reader = reader
        self.senders = senders
        self._runs: dict[int, tuple[int, Run]] = {}

    @classmethod
    def of(cls, desk: Desk) -> Self:
        """The room beside somebody's place at the desk, with its reader and senders."""
        room = cls(desk.store, desk.settings, desk.library, desk.me, desk.reader, desk.senders)
        room.__dict__["desk"] = desk
        return room

    # --- looking ---

    def room(self, crisis_id: int, now: datetime, language: str) -> RoomView:
        """The whole room. Raises Refused where there is no such crisis."""
        with self.store.read() as tx:
            held = self._read(tx, crisis_id, now)
            self._need(held, "see_crisis")
            mentions, cases, unanswered = self._counts(tx, held)
            incident = held.row.incident_id
            waiting = crisis_cases.waiting(tx, self.brand, incident, SHOWN) if incident else []
            to_post = sum(1 for _ in self._to_post(tx, held))
            notices = crisis_store.notices_of(tx, self.brand, crisis_id)
        row, state, plan = held.row, held.state, held.run.plan
        return RoomView(
            id=row.id, title=row.title, plan=row.plan, plan_title=plan.title.say(language),
            plan_version=row.plan_version, incident_id=incident, now=state.now, stage=state.stage,
            severity=state.severity, severity_title=view.severity_title(held).say(language),
            stages=view.stage_lines(held), clocks=view.clock_lines(held),
            duties=view.duty_lines(held, lambda duty: self._mine(held, duty), language),
            steps=view.step_lines(held, lambda duty, decides: self._may_end(held, duty, decides), language),
            decisions=view.decision_lines(held, language), facts=facts_of(held.log),
            statements=statements_of(held.log), roles=view.role_lines(held, language),
            evidence=view.evidence_lines(held, language), next_update_at=state.next_update_at,
            update_late=view.update_late(held), stakeholders=parties_of(held.log, self.settings.crisis),
            posts=posts_of(held.log, self.settings.crisis),
            do_not_say=tuple((one.say.say(language), one.why.say(language)) for one in plan.do_not_say),
            mentions=mentions, cases=cases, unanswered=unanswered, to_post=to_post, waiting=tuple(waiting),
            notices=tuple(notices), log=view.log_lines(held), version=held.log[-1].id if held.log else 0,
        )  # fmt: skip

    def wall(self, crisis_id: int, now: datetime) -> WallView:
        """What a screen on the wall shows; texts of the plan in both languages."""
        with self.store.read() as tx:
            held = self._read(tx, crisis_id, now)
            self._need(held, "see_crisis")
            mentions, cases, unanswered = self._counts(tx, held)
        state, facts = held.state, facts_of(held.log)
        said = {status: tuple(f.now.text for f in facts if f.now.status == status) for status in ("known", "unknown")}
        return WallView(
            id=held.row.id, title=held.row.title, stage=state.stage, severity=view.severity_title(held),
            since=held.row.opened_at, next_update_at=state.next_update_at, update_late=view.update_late(held),
            next_duties=tuple(
                (
                    duty.title, role_name(held.run.plan, duty.holder.role), duty.holder.person, duty.due_at,
                    bool(duty.late_by(state.now)),
                )
                for duty in state.open[:ON_THE_WALL]
            ),
            late=len(state.late), known=said["known"][-ON_THE_WALL:], not_known=said["unknown"][-ON_THE_WALL:],
            mentions=mentions, cases=cases, unanswered=unanswered,
        )  # fmt: skip

    def crises(self, now: datetime) -> tuple[CrisisLine, ...]:
        """The crises in which somebody still owes something, the gravest first, then the oldest."""
        lines = []
        for held in self._under_way(now):
            state = held.state
            lines.append(
                CrisisLine(
                    held.row.id, held.row.title, state.stage, state.severity, held.row.opened_at, len(state.open),
                    len(state.late), sum(self._mine(held, duty) for duty in state.open),
                    min((duty.due_at for duty in state.open), default=None), state.next_update_at,
                    view.update_late(held),
                )
            )  # fmt: skip
        return tuple(sorted(lines, key=lambda line: (-line.severity, line.id)))

    def past(self, limit: int = 20) -> tuple[crisis_store.CrisisRow, ...]:
        """Crises in which nobody owes anything any more, the newest first."""
        with self.store.read() as tx:
            return tuple(crisis_store.all_of(tx, self.brand, ("reviewed", "dismissed"), limit))

    def my_agenda(self, now: datetime) -> Agenda:
        """What lies with me in every crisis under way, the next due first: who has two should see that they do."""
        helds = {str(held.row.id): held for held in self._under_way(now)}
        mine = []
        for who, duties in agenda({key: held.state for key, held in helds.items()}).items():
            for key, duty in duties:
                if who == self.me or (not duty.holder.person and duty.holder.role in helds[key].seats):
                    late = bool(duty.late_by(helds[key].state.now))
                    mine.append((int(key), duty.key, duty.title, duty.due_at, late))
        mine.sort(key=lambda one: (one[3], one[0], one[1]))
        return Agenda(tuple(mine), len({one[0] for one in mine}) > 1)

    def state(self, crisis_id: int, now: datetime) -> State:
        """The run of a crisis as it stands, for whoever reckons with it."""
        with self.store.read() as tx:
            held = self._read(tx, crisis_id, now)
            self._need(held, "see_crisis")
            return held.state

    # --- reading ---

    def _counts(self, tx: Connection, held: Held) -> tuple[int, int, int]:
        incident = held.row.incident_id
        return crisis_cases.counts_of(tx, self.brand, incident) if incident is not None else (0, 0, 0)

    def _under_way(self, now: datetime) -> list[Held]:
        """The open crises as they stand; a run whose log has not grown is not read again, for this is on every page."""
        with self.store.read() as tx:
            rows = crisis_store.all_of(tx, self.brand, OPEN_STAGES)
            newest = subjects.newest(tx, self.brand, [subject_of(row.id) for row in rows]) if rows else {}
            return [self._lean(tx, row, newest, now) for row in rows]

    def _lean(self, tx: Connection, row: crisis_store.CrisisRow, newest: Mapping[str, int], now: datetime) -> Held:
        last = newest.get(subject_of(row.id), 0)
        known = self._runs.get(row.id)
        if known is None or known[0] != last:
            log = subjects.events_of(tx, self.brand, subject_of(row.id))
            known = self._runs[row.id] = (last, run_of(row, log, self.clocks.deadlines()))
        run = known[1]
        state = run.state(newest_at(run, now))
        return Held(tx, row, [], run, state, self._seats(run, state.now))
