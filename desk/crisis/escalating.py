"""The job that tells people what a crisis wants of them, and whoever comes after them where they do not take it up.

A run says at every moment who should have been told (playbooks/crisis/run.py); this tells them, and writes that it
did: a notice for each person, the run's event `told` and the queued alerts are one transaction, so a process killed
between any two lines tells again what nobody was told, and nothing twice. Nobody may stay uninformed: where there is
nobody to tell, somebody else is told that there is nobody.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import Connection

from desk.crisis.acting import role_name
from desk.crisis.alert_words import language_for, text, told_of
from desk.crisis.course import after_all, away_on, keep_place, newest_at, read_run, subject_of, write
from desk.deadline import Deadlines
from desk.settings import Settings
from desk.team import Agent
from playbooks.crisis.events import Event
from playbooks.crisis.run import Run
from playbooks.crisis.state import Notice, State
from playbooks.schema import Bilingual
from store import crises as crisis_store
from store import events as event_log
from store import subjects
from store import warnings as warning_store
from store.crises import OPEN_STAGES, CrisisRow
from store.engine import Store

ESCALATE_EVERY = 5.0
"""Seconds between two looks: of the shortest usual time box (5 minutes) less than 2 %."""

APART = timedelta(minutes=1)
"""Between two messages to one person in one stage of a crisis: what begins in between is told together. A new stage,
and whatever comes first, is told at once."""

REMIND_APART = timedelta(minutes=5)
"""Between the last message and one that only reminds: ten duties with a reminder each are not ten messages."""

IN_CHARGE = ("crisis_manager", "administrator")
"""The house's roles that are told where nobody else can be."""

OVER = ("reviewed", "dismissed")
"""Stages in which nobody owes anything any more."""

ALL = 10_000
"""Crises that are looked at; a brand that has more of them open has other worries."""

log = logging.getLogger("nobet")


@dataclass(frozen=True)
class Escalated:
    """What one round did: notices told, messages made, notices for which nobody was to be found."""

    told: int = 0
    messages: int = 0
    unreached: int = 0


@dataclass(frozen=True)
class Telling:
    """One notice of a run and those whom it goes to; `missing` where they are told because nobody else could be."""

    notice: Notice
    to: tuple[Agent, ...]
    missing: bool

    @property
    def is_news(self) -> bool:
        """Whether it is to be written down that nobody was to be found; a reminder of it is nothing new."""
        return self.missing and self.notice.kind != "reminder"

    def key_for(self, person: str) -> str:
        """The key under which it is kept that this person was told."""
        return self.notice.key if person == self.notice.person else f"{self.notice.key}@{person}"


def tellings(notices: Sequence[Notice], agents: Sequence[Agent], away: frozenset[str]) -> list[Telling]:
    """To whom each notice goes; never to nobody, as long as there is anybody on the desk.

    The one who is named; else everybody with the role who is not on leave; else those who are in charge, on leave or
    not; else everybody.
    """
    by_name = {agent.name: agent for agent in agents}
    here = [agent for agent in agents if agent.name not in away]
    found = []
    for notice in notices:
        if notice.person in by_name:
            found.append(Telling(notice, (by_name[notice.person],), False))
            continue
        same = tuple(agent for agent in here if notice.role in agent.roles)
        lead = tuple(agent for agent in here if set(agent.roles) & set(IN_CHARGE))
        any_lead = tuple(agent for agent in agents if set(agent.roles) & set(IN_CHARGE))
        to = same or lead or any_lead or tuple(agents)
        found.append(Telling(notice, to, bool(notice.person) or not same))
    return found


def may_tell(
    waiting: Sequence[Telling], last: Mapping[str, datetime], stage_since: datetime, now: datetime
) -> list[Telling]:  # fmt: skip
    """Those that are told now; the others wait until their people had a minute since their last message.

    `last` says when each person was last told anything in this crisis.
    """
    own: dict[str, list[Notice]] = {}
    for telling in waiting:
        for agent in telling.to:
            own.setdefault(agent.name, []).append(telling.notice)
    ready = set()
    for person, notices in own.items():
        before = last.get(person)
        pause = REMIND_APART if all(notice.kind == "reminder" for notice in notices) else APART
        if before is None or before < stage_since or abs(now - before) >= pause:
            ready.add(person)
    return [telling for telling in waiting if any(agent.name in ready for agent in telling.to)]


def knows(run: Run, notice: Notice, person: str) -> bool:
    """Whether a person began a duty themselves, or has said that they saw it: they are at the board, and what they
    just did there need not ring at them. A reminder always rings."""
    if notice.kind == "reminder":
        return False
    return any(
        event.name == person and (event.at == notice.at or (event.type == "seen" and event.duty == notice.duty))
        for event in run.events
    )


class Escalating:
    """Tells the people of every crisis of a brand. One per process is enough; two do no harm."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store = store
        self.settings = settings
        self.deadlines = Deadlines(settings.desk)
        self._over: dict[int, int] = {}  # crises that are over and of which all is told, by their last event
        self._runs: dict[int, tuple[int, Run]] = {}  # what was read of each, and up to which event

    @property
    def brand(self) -> str:
        """The brand's key in the store."""
        return self.settings.brand.key

    def run(self, now: datetime) -> Escalated:
        """Tell everybody who must be told at `now` (aware). A crisis that cannot be read holds up no other."""
        total = Escalated()
        waiting, unread = [], []
        with self.store.read() as tx:
            newest = self._newest(tx)
            for row in self._looked_at(tx, newest):
                try:
                    if self._wants(tx, row, newest[row.id], now):
                        waiting.append(row)
                except ValueError as error:
                    log.error("crisis %d cannot be read (%s)", row.id, type(error).__name__)
                    unread.append(row)
        for row in unread:
            self._tell_unread(row, now)
        for row in sorted(waiting, key=lambda row: (-row.severity, row.id)):
            try:
                done = self._tell(row.id, now)
            except ValueError as error:
                log.error("crisis %d: its people could not be told (%s)", row.id, type(error).__name__)
                continue
            total = Escalated(
                total.told + done.told, total.messages + done.messages, total.unreached + done.unreached
            )  # fmt: skip
        return total

    # --- looking ---

    def _newest(self, tx: Connection) -> dict[int, int]:
        """The id of the last event of every crisis; 0 for one without."""
        ids = crisis_store.ids_in(tx, self.brand, (*OPEN_STAGES, *OVER))
        found = subjects.newest(tx, self.brand, [subject_of(crisis_id) for crisis_id in ids])
        return {crisis_id: found.get(subject_of(crisis_id), 0) for crisis_id in ids}

    def _looked_at(self, tx: Connection, newest: Mapping[int, int]) -> list[CrisisRow]:
        """Open crises, and those that ended since the last look: that it is over is told too."""
        over = [id for id in crisis_store.ids_in(tx, self.brand, OVER) if self._over.get(id) != newest.get(id)]
        ended = [crisis_store.crisis(tx, self.brand, crisis_id) for crisis_id in over]
        open_ = crisis_store.all_of(tx, self.brand, OPEN_STAGES, limit=ALL)
        self._runs = {row.id: self._runs[row.id] for row in open_ if row.id in self._runs}
        return [row for row in (*ended, *open_) if row is not None and row.id in newest]

    def _read(self, tx: Connection, row: CrisisRow, newest: int) -> Run:
        """The run of a crisis; its plan and its log are read again only where something was added to the log."""
        known = self._runs.get(row.id)
        if known is None or known[0] != newest:
            known = self._runs[row.id] = (newest, read_run(tx, row, self.deadlines))
        return known[1]

    def _wants(self, tx: Connection, row: CrisisRow, newest: int, now: datetime) -> bool:
        """Whether there is anything to write down for a crisis now. Raises ValueError where it cannot be read."""
        run = self._read(tx, row, newest)
        if self._leaves(run, now):
            return True
        state = run.state(newest_at(run, now))
        if not state.untold and row.stage in OVER:
            self._over[row.id] = newest
            return False
        due = None if state.stage in OVER else min((duty.due_at for duty in state.open), default=None)
        moved = (row.stage, row.severity, row.next_at) != (state.stage, state.severity, due)
        return moved or bool(self._ready(tx, row, state, now))

    def _ready(self, tx: Connection, row: CrisisRow, state: State, now: datetime) -> list[Telling]:
        if not state.untold:
            return []
        waiting = tellings(state.untold, self.settings.agents, frozenset(away_on(self.settings, now)))
        return may_tell(waiting, crisis_store.last_told(tx, self.brand, row.id), state.stages[-1].at, now)

    def _leaves(self, run: Run, now: datetime) -> list[Event]:
        """Who of a run's people went on leave, or came back, since the log last spoke of them.

        Whoever is at work on a day of their leave, and said so, is believed.
        """
        names = {name for seat in run.plan.roles for name in (*run.people.get(seat.role, ()), *seat.people)}
        zone = self.settings.desk.zone
        today, found = now.astimezone(zone).date(), []
        for agent in self.settings.agents:
            if agent.name not in names:
                continue
            span = next((span for span in agent.away if span.holds(today)), None)
            said = [e for e in run.events if e.person == agent.name and e.type in ("present", "absent", "handed_over")]
            last = max(said, key=lambda event: event.place, default=None)
            was_away = last.type == "absent" if last else run.present is not None and agent.name not in run.present
            if span is not None and not was_away:
                began = datetime.combine(span.since, time(), zone)
                if last is None or last.at < began:
                    found.append(Event(now, "absent", person=agent.name))
            elif span is None and was_away and (last is None or last.by == "system"):
                found.append(Event(now, "present", person=agent.name))
        return found

    # --- telling ---

    def _tell(self, crisis_id: int, now: datetime) -> Escalated:
        with self.store.write() as tx:
            event_log.hold(tx, self.brand)  # whoever takes it now has taken it before or after this, never in between
            row = crisis_store.crisis(tx, self.brand, crisis_id)
            assert row is not None
            run = read_run(tx, row, self.deadlines)
            for event in self._leaves(run, now):
                placed = after_all(run, event)
                write(tx, row, placed, now)
                run = run.fed(placed)
            state = run.state(newest_at(run, now))
            told: dict[str, Agent] = {}
            unaware: set[str] = set()
            count = unreached = 0
            for telling in self._ready(tx, row, state, now):
                people = self._keep(tx, row, run, state, telling, now)
                if people:
                    told.update({agent.name: agent for agent in people})
                    unaware |= {agent.name for agent in people if not knows(run, telling.notice, agent.name)}
                    write(tx, row, Event(now, "told", notice=telling.notice.key), now)
                    count, unreached = count + 1, unreached + telling.is_news
            for agent in told.values():
                self._queue(tx, row, run, state, agent, now, agent.alerts if agent.name in unaware else ())
            keep_place(tx, row, state)
        return Escalated(count, len(told), unreached)

    def _tell_unread(self, row: CrisisRow, now: datetime) -> None:
        """Tell those in charge, once, of a crisis whose plan this version cannot read: nobody else will be told."""
        agents = self.settings.agents
        with self.store.write() as tx:
            for agent in [one for one in agents if set(one.roles) & set(IN_CHARGE)] or agents:
                said = Bilingual(
                    tr=f"K-{row.id} krizinin planı ({row.plan}) okunamıyor; kimseye kendiliğinden haber verilmiyor. "
                    "Krizi elle yürütün ve yöneticiye haber verin.",
                    en=f"The plan ({row.plan}) of the crisis K-{row.id} cannot be read; nobody is told by itself. "
                    "Run the crisis by hand and tell the administrator.",
                ).say(language_for(agent, self.settings.board.language))
                name = f"{warning_store.CRISIS}{row.id}/{row.stage}/{agent.name}/unread"
                for channel in (warning_store.BOARD, *dict.fromkeys(agent.alerts)):
                    warning_store.add_alert(tx, self.brand, name, agent.name, channel, said, now)

    def _keep(
        self, tx: Connection, row: CrisisRow, run: Run, state: State, telling: Telling, now: datetime
    ) -> list[Agent]:  # fmt: skip
        """Write down whom a notice tells; answers those who were not told of it before."""
        notice = telling.notice
        why = _missing(notice.person, role_name(run.plan, notice.role)) if telling.missing else notice.why
        due = next((duty.due_at for duty in state.duties if duty.key == notice.duty), None)
        new = [
            agent
            for agent in telling.to
            if crisis_store.add_notice(
                tx, self.brand, row.id, key=telling.key_for(agent.name), kind=notice.kind, role=notice.role,
                person=agent.name, duty=notice.duty, title=notice.title.model_dump(), why=why.model_dump(),
                due_at=due, at=now,
            )
        ]  # fmt: skip
        if telling.is_news and new:
            data = {"notice": notice.key, "role": notice.role, "person": notice.person,
                    "to": [agent.name for agent in new]}  # fmt: skip
            subjects.append(
                tx, self.brand, subject_of(row.id), type="crisis_unreached", at=now, by="system", recorded_at=now,
                data=data,
            )  # fmt: skip
        return new

    def _queue(
        self, tx: Connection, row: CrisisRow, run: Run, state: State, agent: Agent, now: datetime,
        channels: Sequence[str],
    ) -> None:  # fmt: skip
        """One message to one person, on the board and on these channels of theirs."""
        told = told_of(row, run.plan, state, crisis_store.notices_in(tx, self.brand, row.id, agent.name, now))
        if told is None:  # news of a stage that is over by now: the next one's news tell it
            return
        zone, board = self.settings.desk.zone, self.settings.board
        said = text(told, now, zone, language_for(agent, board.language), board.url)
        name = message_of(row.id, state.stage, agent.name, now)
        for channel in (warning_store.BOARD, *dict.fromkeys(channels)):
            warning_store.add_alert(tx, self.brand, name, agent.name, channel, said, now)


def message_of(crisis_id: int, stage: str, person: str, at: datetime) -> str:
    """How a message about a crisis is called; its alerts on every channel have it."""
    return f"{warning_store.CRISIS}{crisis_id}/{stage}/{person}/{at.isoformat()}"


def _missing(person: str, role: Bilingual) -> Bilingual:
    if person:
        return Bilingual(
            tr=f"{person} ({role.tr}) Nöbet'te kayıtlı değil; ona ulaşın ya da işi siz üstlenin",
            en=f"{person} ({role.en}) is not on the desk; reach them or take it up yourself",
        )
    return Bilingual(
        tr=f"{role.tr} rolünde ulaşılacak kimse yok; birini bulun ya da işi siz üstlenin",
        en=f"nobody can be reached as {role.en}; find somebody or take it up yourself",
    )
