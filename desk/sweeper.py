"""The sweeper: looks at every running answer clock, records what has passed, and gives people their messages.

One `run` may be killed between any two lines and be run again: a warning, its notices and its event are one
transaction, and so are a message and what it tells. Whether a case still waits for an answer is looked at again inside
the transaction that records or tells it, under the same lock that an answer takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from desk.case_clocks import clocks_of
from desk.clock import Clock, Clocks
from desk.deadline import Deadlines
from desk.in_force import ClocksInForce
from desk.lineage import counted, first_post
from desk.roles import any_may
from desk.settings import Settings
from desk.team import Rota
from desk.warning_words import body
from desk.warnings import ANSWER_CLOCKS, Message, Passed, Recipient, Warned, digest, new_warnings, passed, recipients
from store import events as event_log
from store import warnings as warning_store
from store.engine import Store
from store.rows import OPEN_STATUSES, CaseRow, EventRow, NewEvent

SWEEP_EVERY = 10.0
"""Seconds between two sweeps, so that they are 15 s apart at most even where one takes a while; of the shortest usual
promise (30 minutes) that is less than 1 %."""

BATCH = 50
"""Cases recorded in one transaction: long enough to be quick, short enough that the board's writes do not wait."""

LOOK_AGAIN = timedelta(minutes=30)
"""A case is read again after so long even where nothing says that it changed; a belt to the braces of its version."""

People = Callable[[datetime], Sequence[Recipient]]


@dataclass(frozen=True)
class Swept:
    """What one sweep did: warnings to be told, warnings skipped because a higher one had passed, messages made."""

    warned: int = 0
    skipped: int = 0
    messages: int = 0


@dataclass
class _Known:
    version: int
    next_at: datetime | None
    read_at: datetime


def people_of(settings: Settings) -> People:
    """Whoever may take a case, on shift as the settings say; leads are those whose role is team lead."""
    rota = Rota(settings.agents, settings.desk)
    able = [agent for agent in settings.agents if any_may(agent.roles, "claim")]
    return lambda at: tuple(
        Recipient(agent.name, agent.alerts, agent.teams, "team_lead" in agent.roles, rota.on_shift(agent, at))
        for agent in able
    )


class Sweeper:
    """Warns of the deadlines of one brand. One per process is enough; two do no harm."""

    def __init__(self, store: Store, settings: Settings, people: People | None = None) -> None:
        """`people` says who can be told and who is on shift at a moment; without it the settings say."""
        self.store = store
        self.settings = settings
        self.rules = settings.warnings
        self.clocks = ClocksInForce(settings.desk, store, settings.brand.key)
        self._people = people or people_of(settings)
        self._known: dict[int, _Known] = {}

    @property
    def brand(self) -> str:
        """The brand's key in the store."""
        return self.settings.brand.key

    def run(self, now: datetime) -> Swept:
        """Record what has passed at `now` (aware) and give people their messages."""
        warned = skipped = 0
        for chunk in _batches(self._to_warn(now)):
            told, passed_over = self._record(chunk, now)
            warned, skipped = warned + told, skipped + passed_over
        return Swept(warned, skipped, self._tell(now))

    # --- looking ---

    def _to_warn(self, now: datetime) -> list[int]:
        """The cases of which something has passed that is not recorded; remembers when to look at the others again."""
        with self.store.read() as tx:
            open_ = warning_store.watched(tx, self.brand)
            asked = [one for one in open_ if self._must_look(one, now)]
            ids = [one.id for one in asked]
            rows = warning_store.cases_of(tx, self.brand, ids)
            events = warning_store.events_of(tx, ids)
            recorded = warning_store.percents_of(tx, self.brand, ids)
        self._known = {one.id: self._known[one.id] for one in open_ if one.id in self._known}
        found = []
        for one in asked:
            row = rows[one.id]
            if one.snoozed_until is not None and one.snoozed_until > now:
                self._known[one.id] = _Known(one.version, one.snoozed_until, now)
                continue
            running = self._passed(row, events.get(one.id, []), now)
            if any(set(each.percents) - recorded.get(_key(one.id, each.clock), set()) for each in running):
                found.append(one.id)
                self._known.pop(one.id, None)  # looked at again until it is recorded
            else:
                nexts = [each.next_at for each in running if each.next_at is not None]
                self._known[one.id] = _Known(one.version, min(nexts, default=None), now)
        return found

    def _must_look(self, one: warning_store.Watched, now: datetime) -> bool:
        known = self._known.get(one.id)
        if known is None or known.version != one.version or now - known.read_at >= LOOK_AGAIN:
            return True
        return known.next_at is not None and known.next_at <= now

    def _passed(self, row: CaseRow, events: Sequence[EventRow], now: datetime) -> list[Passed]:
        """What has passed of a case's answer clocks; nothing of a case that wants no answer now."""
        if not _waits(row, now):
            return []
        told = clocks_of(self.clocks, events, now)
        deadlines = self._deadlines_of(events)
        return [passed(clock, deadlines, self.rules, now) for clock in told if clock.clock in ANSWER_CLOCKS]

    def _deadlines_of(self, events: Sequence[EventRow]) -> Deadlines:
        """The hours and promises under which a case's clocks are told: those in force when it started, of its team."""
        post = first_post(counted(events))
        first = post.data if post else {}
        return self.clocks.of_version(first.get("policy")).deadlines(first.get("channel"), first.get("team"))

    # --- recording ---

    def _record(self, case_ids: Sequence[int], now: datetime) -> tuple[int, int]:
        """Write down what has passed of these cases, in one transaction; answers how many to tell and how many not."""
        people = self._people(now)
        warned = skipped = 0
        with self.store.write() as tx:
            event_log.hold(tx, self.brand)  # from here on nobody answers until the warnings are written
            rows = warning_store.cases_of(tx, self.brand, case_ids)
            events = warning_store.events_of(tx, case_ids)
            recorded = warning_store.percents_of(tx, self.brand, case_ids)
            log: list[NewEvent] = []
            for case_id, row in rows.items():
                for found in self._passed(row, events.get(case_id, []), now):
                    tell, skip = new_warnings(found, recorded.get(_key(case_id, found.clock), set()))
                    for percent in skip:
                        skipped += self._write(tx, row, found.clock, percent, "skipped", now) is not None
                    if tell is None:
                        continue
                    warning_id = self._write(tx, row, found.clock, tell, "told", now)
                    if warning_id is None:
                        continue
                    warned += 1
                    to = recipients(row.assignee, row.team, tell, people)
                    warning_store.notify(tx, self.brand, warning_id, to, now)
                    data = {"clock": found.clock.clock, "percent": tell, "to": list(to)}
                    log.append(NewEvent("warned", now, "system", now, case_id, None, data))
            event_log.append_all(tx, self.brand, log)
        return warned, skipped

    def _write(
        self, tx: Connection, row: CaseRow, clock: Clock, percent: int, state: str, now: datetime
    ) -> int | None:  # fmt: skip
        assert clock.due_at is not None  # nothing passes of a clock without a deadline
        new = warning_store.NewWarning(
            row.id, clock.clock, clock.started_at, percent, clock.urgency, clock.due_at, state
        )
        return warning_store.record(tx, self.brand, new, now)

    # --- telling ---

    def _tell(self, now: datetime) -> int:
        """Give everybody the message that they may have now; answers how many messages."""
        with self.store.read() as tx:
            waiting = warning_store.held(tx, self.brand)
        if not waiting:
            return 0
        people = self._people(now)
        with self.store.write() as tx:
            event_log.hold(tx, self.brand)
            held = self._still_true(tx, people, now)
            sent = warning_store.last_sent(tx, self.brand, now - self.rules.apart)
            messages = digest(held, people, sent, now, self.rules, self.settings.desk.zone)
            for message in messages:
                self._put(tx, message, now)
        return len(messages)

    def _still_true(self, tx: Connection, people: Sequence[Recipient], now: datetime) -> list[Warned]:
        """The held warnings whose cases still wait, for the people whose they are now; the others are withdrawn."""
        running = Running(tx, self.brand, self.clocks, warning_store.held(tx, self.brand), now)
        withdrawn = []
        for notice in running.notices:
            if running.put_off(notice):
                continue  # stays held until somebody wants to see the case again
            row = running.row(notice)
            if row is None:
                withdrawn.append((notice.warning_id, notice.person))
                continue
            to = recipients(row.assignee, row.team, notice.percent, people)
            if notice.person not in to:  # it was given to somebody else, or they left
                withdrawn.append((notice.warning_id, notice.person))
                warning_store.notify(tx, self.brand, notice.warning_id, to, now)
        if withdrawn:
            warning_store.settle_notices(tx, withdrawn, "withdrawn", now)
        again = Running(tx, self.brand, self.clocks, warning_store.held(tx, self.brand), now) if withdrawn else running
        return again.warned()

    def _put(self, tx: Connection, message: Message, now: datetime) -> None:
        name = f"deadline/{message.person}/{now.isoformat()}"
        text = body(message.told, {}, now, self.settings.desk.zone, self.settings.board.language, numbers=None)
        for channel in (warning_store.BOARD, *dict.fromkeys(message.channels)):
            warning_store.add_alert(tx, self.brand, name, message.person, channel, text, now)
        told = [(warned.warning_id, warned.person) for warned in message.told]
        skipped = [(warned.warning_id, warned.person) for warned in message.skipped]
        warning_store.settle_notices(tx, told, "told", now, name)
        warning_store.settle_notices(tx, skipped, "skipped", now, name)


class Running:
    """Notices with their cases as they are in this transaction: which of them still tell the truth."""

    def __init__(
        self, tx: Connection, brand: str, clocks: Clocks, notices: Sequence[warning_store.Notice], now: datetime
    ) -> None:
        self.notices = tuple(notices)
        self._rows = warning_store.cases_of(tx, brand, [notice.case_id for notice in notices])
        self._clocks: dict[tuple[int, str, datetime], Clock] = {}
        self._now = now
        open_ = [row for row in self._rows.values() if _waits(row, now)]
        events = warning_store.events_of(tx, [row.id for row in open_])
        for row in open_:
            for clock in clocks_of(clocks, events.get(row.id, []), now):
                if clock.state in ("running", "breached"):
                    self._clocks[_key(row.id, clock)] = clock

    def put_off(self, notice: warning_store.Notice) -> bool:
        """Whether the notice's case is open and snoozed."""
        row = self._rows.get(notice.case_id)
        return row is not None and row.status in OPEN_STATUSES and not _waits(row, self._now)

    def row(self, notice: warning_store.Notice) -> CaseRow | None:
        """The case of a notice while the clock it warns of still runs; None once it does not."""
        there = (notice.case_id, notice.clock, notice.started_at) in self._clocks
        return self._rows.get(notice.case_id) if there else None

    def warned(self) -> list[Warned]:
        """The notices that still tell the truth, with the deadline as it is now."""
        found = []
        for notice in self.notices:
            row = self.row(notice)
            if row is None:
                continue
            clock = self._clocks[notice.case_id, notice.clock, notice.started_at]
            found.append(
                Warned(
                    notice.person, notice.warning_id, notice.case_id, notice.clock, notice.started_at, notice.percent,
                    clock.urgency, clock.due_at or notice.due_at, row.assignee,
                )
            )  # fmt: skip
        return found


def _waits(row: CaseRow, now: datetime) -> bool:
    """Whether a case is in front of somebody now: open, and not put off to a later time."""
    return row.status in OPEN_STATUSES and (row.snoozed_until is None or row.snoozed_until <= now)


def _key(case_id: int, clock: Clock) -> tuple[int, str, datetime]:
    return (case_id, clock.clock, clock.started_at)


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]
