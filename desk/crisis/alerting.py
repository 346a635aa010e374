"""Alerts of crises as the board asks for them: who was told what by which way, who has seen it, who has it in hand.

Seen means that somebody opened it: that is kept, and changes nothing else, because an open page is not a person.
Acknowledged means that they said so: then the run knows it, and the deputy is not called until the time box ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from desk.alert_channels import ChannelState, Post, Send, Tested, channel_states, send_by_apprise, send_tests
from desk.crisis.alert_words import base_key, is_with
from desk.crisis.course import after_all, keep_place, newest_at, read_run, subject_of, write
from desk.deadline import Deadlines
from desk.roles import Refused, any_may, require
from desk.settings import Settings
from desk.team import Agent
from playbooks.crisis.events import Event
from store import crises as crisis_store
from store import events as event_log
from store import subjects
from store import warnings as warning_store
from store.crises import CrisisRow, NoticeRow
from store.engine import Store
from store.warnings import AlertRow


@dataclass(frozen=True)
class Told:
    """One message to one person on one channel, and what became of it.

    `channel` is `board` or the name of a variable, `stage` that of the crisis when it was queued, `state` one of
    store.warnings.ALERT_STATES. `seen_at` is when the person first opened any of it, `acknowledged_at` when they had
    acknowledged all of it.
    """

    person: str
    channel: str
    stage: str
    queued_at: datetime
    state: str
    sent_at: datetime | None
    tries: int
    note: str
    seen_at: datetime | None
    acknowledged_at: datetime | None
    text: str
    notices: tuple[NoticeRow, ...]


class Alerts:
    """The alerts of one brand's crises, for the people of the board."""

    def __init__(
        self, store: Store, settings: Settings, environ: Mapping[str, str] | None = None, send: Send = send_by_apprise
    ) -> None:
        self.store = store
        self.settings = settings
        self.deadlines = Deadlines(settings.desk)
        self._post = Post(environ, send)

    @property
    def brand(self) -> str:
        """The brand's key in the store."""
        return self.settings.brand.key

    # --- looking ---

    def waiting(self, me: str) -> tuple[NoticeRow, ...]:
        """What I was told in crises that are not over and have not acknowledged, the newest first."""
        with self.store.read() as tx:
            return tuple(crisis_store.unacknowledged(tx, self.brand, me))

    def history(self, crisis_id: int) -> tuple[Told, ...]:
        """Everybody who was told anything in a crisis, a line a channel, the first one first."""
        with self.store.read() as tx:
            rows = warning_store.alerts_of(tx, self.brand, f"{warning_store.CRISIS}{crisis_id}/")
            notices = crisis_store.notices_of(tx, self.brand, crisis_id)
        by_message: dict[tuple[str, datetime], list[NoticeRow]] = {}
        for notice in notices:
            by_message.setdefault((notice.person, notice.at), []).append(notice)
        return tuple(_told(row, by_message.get((row.person, row.created_at), [])) for row in rows)

    def channels(self) -> tuple[ChannelState, ...]:
        """Every channel of everybody: whether its address is there, and how it last went."""
        with self.store.read() as tx:
            return channel_states(tx, self.settings, self._post)

    # --- doing ---

    def seen(self, key: str, me: str, now: datetime) -> None:
        """Keep that I opened a notice; `key` is its own of NoticeRow. Raises Refused where it is not mine."""
        with self.store.write() as tx:
            event_log.hold(tx, self.brand)
            notice = self._mine(tx, key, me)
            if notice.seen_at is None:
                crisis_store.mark_notice(tx, notice.id, seen_at=now, acknowledged_at=None)
                self._log(tx, notice, "crisis_notice_seen", me, now)

    def acknowledge(self, key: str, me: str, now: datetime) -> bool:
        """Keep that I have it in hand. Answers whether it is still mine; False where it went to somebody else, or
        ended, before. Raises Refused where the notice was not for me."""
        with self.store.write() as tx:
            event_log.hold(tx, self.brand)
            return self._acknowledge(tx, [self._mine(tx, key, me)], me, now) > 0

    def acknowledge_all(self, crisis_id: int, me: str, now: datetime) -> int:
        """Acknowledge everything that I was told in a crisis; answers how many duties are still mine."""
        with self.store.write() as tx:
            event_log.hold(tx, self.brand)
            notices = [
                notice
                for notice in crisis_store.notices_of(tx, self.brand, crisis_id)
                if notice.person == me and notice.acknowledged_at is None
            ]
            return self._acknowledge(tx, notices, me, now)

    def test_alert(self, person: str, now: datetime, me: str | None = None) -> tuple[Tested, ...]:
        """Send a marked test message over every channel of a person and say what came of it.

        Everybody may test their own; `me` (the person themselves unless told) must else be allowed to declare a
        crisis or to manage the settings. Raises Refused for somebody who is not on the desk, NotAllowed.
        """
        hand = self._agent(me or person)
        if hand.name != person and not any_may(hand.roles, "declare_crisis"):
            require(hand, "manage_settings")
        return send_tests(self.store, self.settings, [person], now, f"agent:{hand.name}", self._post)

    def _acknowledge(self, tx: Connection, notices: Sequence[NoticeRow], me: str, now: datetime) -> int:
        """Mark notices of one crisis and tell the run of the duties that are still with them; how many these are."""
        if not notices:
            return 0
        row = self._crisis(tx, notices[0].crisis_id)
        run = read_run(tx, row, self.deadlines)
        state = run.state(newest_at(run, now))
        open_ = {duty.key: duty for duty in state.open}
        mine: set[str] = set()
        for notice in notices:
            if notice.acknowledged_at is None:
                crisis_store.mark_notice(tx, notice.id, seen_at=now, acknowledged_at=now)
                self._log(tx, notice, "crisis_notice_acknowledged", me, now)
            duty = open_.get(notice.duty)
            # Who is told first must know of it whoever else was called meanwhile; other work that went on is not mine.
            if duty is None or not (duty.kind == "first" or is_with(duty, notice)) or duty.key in mine:
                continue
            mine.add(duty.key)
            event = after_all(run, Event(now, "seen", f"agent:{me}", duty=duty.key))
            if notice.acknowledged_at is None and run.refusal(event) is None:
                write(tx, row, event, now)
                run = run.fed(event)
        keep_place(tx, row, run.state(newest_at(run, now)))
        return len(mine)

    def _mine(self, tx: Connection, key: str, me: str) -> NoticeRow:
        notice = crisis_store.notice(tx, self.brand, key)
        if notice is None:
            raise Refused("Böyle bir uyarı yok; sayfayı yenileyin.", "There is no such alert; load the page again.")
        if notice.person != me:
            raise Refused(f"Bu uyarı {notice.person} içindir; yalnızca o onaylayabilir.",
                          f"This alert is for {notice.person}, who alone can confirm it.")  # fmt: skip
        return notice

    def _crisis(self, tx: Connection, crisis_id: int) -> CrisisRow:
        row = crisis_store.crisis(tx, self.brand, crisis_id)
        if row is None:
            raise Refused(f"K-{crisis_id} diye bir kriz yok.", f"There is no crisis K-{crisis_id}.")
        return row

    def _agent(self, name: str) -> Agent:
        found = next((agent for agent in self.settings.agents if agent.name == name), None)
        if found is None:
            raise Refused(f"{name} masada yok.", f"{name} is not on the desk.")
        return found

    def _log(self, tx: Connection, notice: NoticeRow, type: str, me: str, now: datetime) -> None:
        data = {"notice": base_key(notice), "duty": notice.duty, "kind": notice.kind, "role": notice.role}
        subjects.append(
            tx, self.brand, subject_of(notice.crisis_id), type=type, at=now, by=f"agent:{me}", recorded_at=now,
            data=data,
        )  # fmt: skip


def _told(row: AlertRow, notices: Sequence[NoticeRow]) -> Told:
    seen = [notice.seen_at for notice in notices if notice.seen_at is not None]
    has = [notice.acknowledged_at for notice in notices if notice.acknowledged_at is not None]
    sent_at = row.settled_at if row.state == "sent" else None  # on the board it was at once
    return Told(
        row.person, row.channel, row.message.split("/")[1], row.created_at, row.state, sent_at, row.tries, row.note,
        min(seen, default=None), max(has) if has and len(has) == len(notices) else None,
        row.text, tuple(notices),
    )  # fmt: skip
