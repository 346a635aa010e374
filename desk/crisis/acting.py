"""One crisis in one transaction: what is known of it, what I may do in it, and one way to write an act down.

The brand's head is held first, so that what was read stays true until the act is written. Of two people at once the
second one sees what the first one did, and gets a sentence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from desk.crisis.course import act, newest_at, run_of, subject_of
from desk.crisis.words import stage_words
from desk.roles import Refused, any_may, require
from desk.room import MAX_WORDS, Room
from mention import clean_text
from playbooks.crisis.events import Event
from playbooks.crisis.legs import Presence
from playbooks.crisis.plan import Plan
from playbooks.crisis.run import Run
from playbooks.crisis.state import Duty, State
from playbooks.schema import Bilingual
from playbooks.words import name_of
from store import crises as crisis_store
from store import events as event_log
from store import subjects
from store.crises import CrisisRow
from store.rows import EventRow

SHORT = 500
"""Characters of a reason, a note, a source."""


@dataclass
class Held:
    """One crisis as it was read in a transaction; `run` grows with what is written."""

    tx: Connection
    row: CrisisRow
    log: list[EventRow]
    run: Run
    state: State
    seats: frozenset[str]
    """My roles: those of the house, and those that I was given in this crisis."""


def presence_of(run: Run) -> Presence:
    """Who has which role and is there, by everything that the log of a run says."""
    found = Presence(run.plan, run.people, run.present)
    changes = (event for event in run.events if event.type in ("present", "absent", "handed_over"))
    found.changes = sorted(changes, key=lambda event: event.place)
    return found


def role_name(plan: Plan, role: str) -> Bilingual:
    """What a role of a plan is called: the plan's own name, else the house's."""
    seat = plan.seat(role)
    if seat is not None and seat.title is not None:
        return seat.title
    if role in plan.outside:
        return plan.outside[role]
    return Bilingual(tr=name_of("role", role, "tr") or role, en=name_of("role", role, "en") or role)


def typed(text: str, most: int, tr: str, en: str, needed: bool = True) -> str:
    """What somebody typed, cleaned and trimmed. Raises Refused where it is missing or too long."""
    clean = clean_text(text).strip()
    if needed and not clean:
        raise Refused(f"{tr[:1].upper()}{tr[1:]} yazılmadı.", f"Write the {en}.")
    if len(clean) > most:
        raise Refused(f"{tr[:1].upper()}{tr[1:]} {most} karakterden uzun olamaz.",
                      f"The {en} may have {most} characters at most.")  # fmt: skip
    return clean


class Acting(Room):
    """What every part of the crisis room stands on."""

    def crisis(self, crisis_id: int) -> CrisisRow:
        """The row of a crisis. Raises Refused where the brand has none of this id."""
        with self.store.read() as tx:
            return self._crisis_row(tx, crisis_id)

    def _crisis_row(self, tx: Connection, crisis_id: int) -> CrisisRow:
        row = crisis_store.crisis(tx, self.brand, crisis_id) if 0 < crisis_id < 2**63 else None
        if row is None:
            raise Refused(f"{crisis_id} numaralı kriz yok.", f"There is no crisis {crisis_id}.")
        return row

    def _read(self, tx: Connection, crisis_id: int, now: datetime) -> Held:
        row = self._crisis_row(tx, crisis_id)
        log = subjects.events_of(tx, self.brand, subject_of(row.id))
        run = run_of(row, log, self.clocks.deadlines())
        state = run.state(newest_at(run, now))
        return Held(tx, row, log, run, state, self._seats(run, state.now))

    @contextmanager
    def _held(self, crisis_id: int, now: datetime, action: str, expected: str | None = None) -> Iterator[Held]:
        """A write transaction on a crisis in which I may do an action. `expected`: the stage that I saw.

        Raises NotAllowed, naming who may, and Refused where the crisis is in another stage by now.
        """
        with self.store.write() as tx:
            event_log.hold(tx, self.brand)  # what is read from here on stays true until the act is written
            held = self._read(tx, crisis_id, now)
            self._need(held, action)
            if expected is not None and held.state.stage != expected:
                self._refuse_stage(held)
            yield held

    def _seats(self, run: Run, now: datetime) -> frozenset[str]:
        presence = presence_of(run)
        given = (
            seat.role
            for seat in run.plan.roles
            if self.me in presence.names(seat.role) or presence.holder(seat.role, now) == self.me
        )
        return frozenset((*self.agent().roles, *given))

    def _need(self, held: Held, action: str) -> None:
        if not any_may(held.seats, action):
            require(self.agent(), action)

    def _refuse_stage(self, held: Held) -> None:
        stage = held.state.stages[-1]
        words_of = stage_words(stage.stage)
        raise Refused(
            f"Bu arada kriz “{words_of.tr}” durumuna geçti ({self._who(stage.by, 'tr')}, {self._clock(stage.at)}); "
            "önce odayı yenileyip okuyun.",
            f"Meanwhile the crisis became {words_of.en!r} ({self._who(stage.by, 'en')}, {self._clock(stage.at)}); "
            "read the room again first.",
        )

    def _write(
        self, held: Held, type: str, now: datetime, more: Mapping[str, Any] | None = None, *,
        happened_at: datetime | None = None, **fields: Any,
    ) -> None:  # fmt: skip
        """Write an event of the run by my hand. Raises Refused where it would change nothing."""
        event = Event(happened_at or now, type, self.by, **fields)
        held.run = act(held.tx, held.row, held.run, event, now, more, happened_before=happened_at is not None)
        held.state = held.run.state(newest_at(held.run, now))

    def _tell(
        self, held: Held, type: str, now: datetime, data: Mapping[str, Any], case_id: int | None = None,
        mention_id: int | None = None, recorded_at: datetime | None = None,
    ) -> int:  # fmt: skip
        """Write an event of the room that moves no step, which happened at `now`; answers its id."""
        return subjects.append(
            held.tx, self.brand, subject_of(held.row.id), type=type, at=now, by=self.by,
            recorded_at=recorded_at or now, case_id=case_id, mention_id=mention_id, data=data,
        )  # fmt: skip

    # --- whose it is ---

    def _mine(self, held: Held, duty: Duty) -> bool:
        """Whether a duty is for me now: my role's, or it came to me."""
        holder = duty.holder
        return duty.role in held.seats or holder.person == self.me or holder.role in held.seats

    def _may_end(self, held: Held, duty: Duty, decides: bool) -> bool:
        """Whether I may end a step: it is mine; or, where nothing is decided, I stand above its role in the plan."""
        above = {seat.role for seat in held.run.plan.chain(duty.role)}
        return self._mine(held, duty) or (not decides and bool(above & held.seats))

    def _not_yours(self, held: Held, duty: Duty) -> Refused:
        role = role_name(held.run.plan, duty.holder.role)
        who = f" ({duty.holder.person})" if duty.holder.person else ""
        return Refused(
            f"Bu iş sizde değil; sorumlusu: {role.tr}{who}. Rolü üstlenirseniz siz yapabilirsiniz.",
            f"This is not yours; it lies with the {role.en}{who}. Assume the role to do it yourself.",
        )

    def _people(self, run: Run) -> frozenset[str]:
        """Everybody who can be named in a crisis: the desk, and whoever its plan names."""
        named = presence_of(run)
        return frozenset((*self.agents(), *(name for seat in run.plan.roles for name in named.names(seat.role))))

    def _clock(self, at: datetime) -> str:
        return f"{at.astimezone(self.zone):%H:%M}"

    def _who(self, by: str, language: str) -> str:
        return by.removeprefix("agent:") if by.startswith("agent:") else "Nöbet"

    def _why(self, why: str) -> str:
        return typed(why, SHORT, "gerekçe", "reason")

    def _text(self, text: str) -> str:
        return typed(text, MAX_WORDS, "metin", "text")
