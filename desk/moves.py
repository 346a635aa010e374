"""What people do with a case but answer it: who has it, whom it waits for, whether it is settled; and back again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from desk import reading
from desk.case_clocks import refresh
from desk.lineage import UNDONE, counted
from desk.roles import Refused, any_may
from desk.room import MAX_WORDS, DeskError, Room
from desk.views import CaseView
from mention import clean_text
from store import cases as case_store
from store import events as event_log
from store import joining, presence
from store.rows import CaseRow, EventRow, Present

CLOSED = ("resolved", "set_aside")
UNDOABLE = (
    "assigned", "answered", "waiting_for_customer", "waiting_for_team", "back_with_us", "resolved", "reopened",
    "set_aside", "snoozed", "tagged", "step_done", "step_skipped",
)  # fmt: skip
"""Acts that one press takes back. Notes stay, labels are corrected again, merges and splits have their own way back."""

AWAY_AFTER = timedelta(seconds=25)
"""Somebody who was not heard of for this long has left the case: the board says every 5 seconds who is there, and a
page that loses its connection must not hold a case for minutes."""

MAX_TAGS = 12


class Moves(Room):
    """Assigning, waiting, closing, snoozing, tagging, undoing; and who is looking."""

    def case(self, case_id: int, now: datetime) -> CaseView:
        """Everything about one case. Raises DeskError if there is none."""
        with self.store.read() as tx:
            view = reading.case(tx, self.brand, case_id, self.library, self.clocks, now)
        if view is None:
            raise DeskError(f"There is no case {case_id}.")
        if not any_may(self.agent().roles, "see_customer_notes"):
            events = tuple(replace(e, data={}) if e.type == "note" else e for e in view.events)
            return replace(view, events=events)
        return view

    def newest_event(self, case_id: int) -> int | None:
        """The number of the last event of a case: another one once anything happened in it. None for no case."""
        with self.store.read() as tx:
            return event_log.newest_of_case(tx, case_id)

    def claim(self, case_id: int, now: datetime) -> None:
        """Take a case that nobody has. Raises DeskError naming who has it."""
        self._may("claim")
        with self._case(case_id) as (tx, row):
            self._claim(tx, row, now)

    def _claim(self, tx: Connection, row: CaseRow, now: datetime) -> None:
        if row.assignee == self.me:
            return
        if not case_store.claim(tx, row.id, self.me, now):
            raise DeskError(f"{row.assignee} already has this case.")
        status = "assigned" if row.status == "new" else row.status
        self._log(tx, row.id, "assigned", now, {
            "to": self.me, "from": None, "was": {"assignee": None, "status": row.status},
            "is": {"assignee": self.me, "status": status},
        })  # fmt: skip

    def assign(self, case_id: int, who: str | None, now: datetime, why: str = "") -> None:
        """Give a case to somebody (None: to nobody); `why` is kept, as when one steps in for an absent colleague."""
        if who is not None:
            self.agent(who)
        with self._case(case_id) as (tx, row):
            if who == self.me:
                self._may("take_over" if row.assignee else "claim")
            elif row.assignee != self.me:  # one's own case may be handed to a colleague
                self._may("assign_others")
            status = row.status
            if status in ("new", "assigned"):
                status = "assigned" if who else "new"
            told = {"to": who, "from": row.assignee} | ({"why": why.strip()[:500]} if why.strip() else {})
            self._act(tx, row, "assigned", now, told, assignee=who, status=status)

    def seen(self, case_id: int, now: datetime) -> None:
        """Record that I opened the case, once per person."""

        def told(tx: Connection) -> bool:
            return any(e.type == "seen" and e.by == self.by for e in event_log.of_case(tx, case_id))

        with self.store.read() as tx:
            if told(tx):
                return
        with self._case(case_id) as (tx, _):
            if not told(tx):
                self._log(tx, case_id, "seen", now, {})

    def here(self, case_id: int, doing: str, now: datetime) -> tuple[Present, ...]:
        """I have this case open, `reading` or `writing`; answers the colleagues who have it open too."""
        with self.store.write() as tx:
            self._row(tx, case_id)
            presence.leave(tx, self.brand, self.me, but=case_id)
            presence.mark(tx, self.brand, case_id, self.me, doing, now)
            return self._others(tx, case_id, now)

    def others(self, case_id: int, now: datetime) -> tuple[Present, ...]:
        """The colleagues who have the case open now."""
        with self.store.read() as tx:
            return self._others(tx, case_id, now)

    def left(self, now: datetime) -> None:
        """I have no case open any more."""
        with self.store.write() as tx:
            presence.leave(tx, self.brand, self.me)

    def _others(self, tx: Connection, case_id: int, now: datetime) -> tuple[Present, ...]:
        found = presence.present(tx, self.brand, case_id, now - AWAY_AFTER)
        return tuple(one for one in found if one.agent != self.me)

    def begin_reply(self, case_id: int, now: datetime, anyway: bool = False) -> None:
        """I begin to write an answer: a case that is nobody's becomes mine.

        Raises DeskError where a colleague is writing one already; with `anyway` I take over, and the log says so.
        """
        self._may("answer_draft")
        with self._case(case_id) as (tx, row):
            writing = [one for one in self._others(tx, case_id, now) if one.doing == "writing"]
            if writing and not anyway:
                raise DeskError(f"{writing[0].agent} is writing an answer to this case.")
            if writing:
                self._log(tx, case_id, "reply_taken_over", now, {"from": writing[0].agent})
            if row.assignee is None and row.status not in CLOSED:
                self._claim(tx, row, now)
            presence.leave(tx, self.brand, self.me, but=case_id)
            presence.mark(tx, self.brand, case_id, self.me, "writing", now)

    def _not_answered_since(self, tx: Connection, case_id: int, after: int | None) -> None:
        if after is None:
            return
        events = counted(event_log.of_case(tx, case_id))
        stopped = {e.data.get("reply") for e in events if e.type in ("send_cancelled", "send_failed")}
        for event in events:
            on_its_way = event.type == "send_queued" and event.data.get("reply") not in stopped
            ours = event.by.startswith("agent:") and event.by != self.by  # an automatic message answers nobody
            if event.id > after and ours and (event.type == "answered" or on_its_way):
                at = event.at.astimezone(self.zone)
                who = event.by.removeprefix("agent:")
                raise DeskError(f"{who} answered this customer at {at:%H:%M}; read that answer before you send yours.")

    def note(self, case_id: int, text: str, now: datetime) -> None:
        """Leave an internal note; it can never be sent."""
        self._may("note")
        if not text.strip():
            raise DeskError("The note is empty.")
        if len(text) > MAX_WORDS:
            raise DeskError(f"The note is longer than {MAX_WORDS} characters.")
        with self._case(case_id) as (tx, _):
            self._log(tx, case_id, "note", now, {"text": text.strip()})

    def wait(self, case_id: int, now: datetime) -> None:
        """We wait for the customer: pauses the resolution clock, and only that."""
        self._may("claim")
        self._move(case_id, "waiting_for_customer", "waiting", now, waiting_for="customer")

    def wait_for_team(self, case_id: int, whom: str, now: datetime) -> None:
        """We wait for another team: no clock pauses, for the customer does not care which of us is slow."""
        self._may("claim")
        if not whom.strip():
            raise DeskError("Say which team is waited for.")
        told = {"team": clean_text(whom).strip()[:100]}
        self._move(case_id, "waiting_for_team", "waiting", now, told, waiting_for="team")

    def back(self, case_id: int, now: datetime) -> None:
        """The matter is with us again."""
        self._may("claim")
        self._move(case_id, "back_with_us", "assigned", now, waiting_for=None)

    def resolve(self, case_id: int, now: datetime) -> None:
        """The customer's matter is settled."""
        self._may("resolve")
        self._move(case_id, "resolved", "resolved", now, waiting_for=None, snoozed_until=None)

    def reopen(self, case_id: int, now: datetime) -> None:
        """The matter was not settled after all."""
        self._may("reopen")
        with self._case(case_id) as (tx, row):
            if row.merged_into is not None:
                raise DeskError(f"The case is part of case {row.merged_into}; take it out there.")
            if row.status not in ("resolved", "set_aside", "answered"):
                raise DeskError("The case is open already.")
            self._act(tx, row, "reopened", now, {"from": row.status}, status="reopened")

    def set_aside(self, case_id: int, reason: str, now: datetime) -> None:
        """Take a case out of the queue for a stated reason, such as 'not about us'."""
        self._may("set_aside")
        if not reason.strip():
            raise DeskError("Say why the case is set aside.")
        told = {"reason": reason.strip()[:500]}
        self._move(case_id, "set_aside", "set_aside", now, told, waiting_for=None, snoozed_until=None)

    def snooze(self, case_id: int, until: datetime | None, now: datetime) -> None:
        """Put a case out of sight until a time, or back in sight (None). It never sleeps past its own deadline.

        Raises DeskError for a time in the past or after the deadline, naming the deadline.
        """
        self._may("snooze")
        with self._case(case_id) as (tx, row):
            if until is not None:
                if row.status in CLOSED:
                    raise DeskError("The case is closed; reopen it first.")
                if until <= now:
                    raise DeskError("Choose a time that is still to come.")
                if row.due_at is not None and until > row.due_at:
                    due = row.due_at.astimezone(self.zone)
                    raise DeskError(
                        f"Its answer is due at {due:%H:%M} on {due:%d.%m.}; it cannot sleep longer than that."
                    )
            told = {"until": until.isoformat() if until else None}
            self._act(tx, row, "snoozed", now, told, snoozed_until=until)

    def tag(self, case_id: int, tags: tuple[str, ...], now: datetime, more: bool = False) -> None:
        """The case has these tags, and no others; with `more`, beside those that it has."""
        self._may("tag")
        wanted = {reading.tag_of(tag) for tag in tags} - {""}
        with self._case(case_id) as (tx, row):
            before = joining.tags_of(tx, case_id)
            clean = tuple(sorted(wanted | set(before) if more else wanted))
            if len(clean) > MAX_TAGS:
                raise DeskError(f"A case has at most {MAX_TAGS} tags.")
            if before == clean:
                return
            joining.set_tags(tx, self.brand, case_id, clean)
            self._act(tx, row, "tagged", now, {"tags": list(clean), "tags_before": list(before)})

    def step(self, case_id: int, step_id: str, state: str, now: datetime) -> None:
        """Mark a step of the playbook `done` or `skipped`."""
        self._may("run_step")
        if state not in ("done", "skipped"):
            raise DeskError(f"A step is done or skipped, not {state}.")
        with self._case(case_id) as (tx, _):
            run = case_store.run_of(tx, case_id)
            if run is None:
                raise DeskError("No playbook is at work on this case.")
            if case_store.finish_step(tx, run[0].id, step_id, state, now, self.by):
                self._log(tx, case_id, f"step_{state}", now, {"step": step_id, "playbook": run[0].playbook})

    def undo(self, case_id: int, now: datetime, types: tuple[str, ...] = (), at: datetime | None = None) -> str:
        """Take back the latest act on the case, which must be mine; answers what it was.

        Both stay in the log. What left the house (a reply that was sent) cannot be taken back. With `types` and `at`,
        only an act of these types and that moment is taken back; where something was done since, Refused says so.
        """
        with self._case(case_id) as (tx, row):
            events = event_log.of_case(tx, case_id)
            acts = [e for e in counted(events) if e.type in UNDOABLE and e.by.startswith("agent:")]
            if not acts:
                raise DeskError("There is nothing to take back on this case.")
            last = max(acts, key=lambda event: event.id)
            if types and (last.type not in types or last.at != at):
                raise Refused("Bu kayıtta o zamandan beri başka bir şey yapıldı.", "Something was done to it since.")
            if last.by != self.by and not any_may(self.agent().roles, "undo_other"):
                who = last.by.removeprefix("agent:")
                raise DeskError(f"{who} did the last thing on this case; only they can take it back.")
            if last.data.get("send_key"):
                raise DeskError("The reply was sent; what the customer has read cannot be taken back.")
            if last.data.get("merged"):
                raise DeskError("The case was merged; take it out of the other one instead.")
            self._undo(tx, row, last, now)
            return last.type

    def _undo(self, tx: Connection, row: CaseRow, last: EventRow, now: datetime) -> None:
        self._log(tx, row.id, UNDONE, now, {"events": [last.id], "what": last.type})
        if last.type in ("step_done", "step_skipped"):
            run = case_store.run_of(tx, row.id)
            if run is not None and run[0].playbook == last.data.get("playbook"):
                case_store.finish_step(tx, run[0].id, str(last.data["step"]), "open", now, self.by)
        if last.type == "tagged":
            joining.set_tags(tx, self.brand, row.id, last.data.get("tags_before", ()))
        refresh(tx, self.clocks, row.id, now, **restored(row, last))

    def _move(
        self, case_id: int, type: str, status: str, now: datetime, data: Mapping[str, Any] | None = None,
        **columns: Any,
    ) -> None:  # fmt: skip
        with self._case(case_id) as (tx, row):
            if row.status == status and row.waiting_for == columns.get("waiting_for"):
                return
            if row.status in CLOSED:
                raise DeskError("The case is closed; reopen it first.")
            self._act(tx, row, type, now, data, status=status, **columns)


def restored(row: CaseRow, event: EventRow) -> dict[str, Any]:
    """The columns that an undoing puts back: those that still are what the act made them. Pure."""
    was, made = event.data.get("was", {}), event.data.get("is", {})
    back = {}
    for name, value in was.items():
        here = getattr(row, name)
        if (here.isoformat() if isinstance(here, datetime) else here) == made.get(name):
            is_time = name.endswith(("_at", "_until")) and value is not None
            back[name] = datetime.fromisoformat(value) if is_time else value
    return back
