"""Alerts on their way to people: tried, tried again, and given up aloud. What they say is made when they are sent.

An alert goes out at least once: a process killed between sending and writing it down sends again, because a deadline
told twice costs less than one not told. The addresses are secrets: they come from the environment, by the names in the
settings, and are in no log, no note and no row.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from desk.alert_channels import HEADING, Post, Send, send_by_apprise, tell_of_failure, works_again
from desk.crisis import alert_words
from desk.crisis.course import newest_at, read_run
from desk.deadline import Deadlines
from desk.in_force import ClocksInForce
from desk.settings import Settings
from desk.sweeper import Running
from desk.warning_words import body, plain, title
from store import crises as crisis_store
from store import events as event_log
from store import warnings as warning_store
from store.engine import Store
from store.warnings import AlertRow

FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(minutes=10)
MAX_TRIES = 8
"""Tries before an alert is given up, about half an hour after the first: a warning older than that misleads."""

EARLY = 3
"""Tries after which a crisis does not wait for the last one to say that a channel is down: about a minute."""

SEND_EVERY = 5.0
"""Seconds between two rounds of sending; a round without anything due is one query."""

SHOWN_FOR = timedelta(days=1)
"""How long the board shows what people were told, and which alerts were given up."""

AT_ONCE = 8
"""Channels that are asked side by side: one that hangs keeps the others waiting no longer than a round."""

log = logging.getLogger("nobet")


@dataclass(frozen=True)
class Sent:
    """What one round of sending did."""

    sent: int = 0
    again: int = 0
    failed: int = 0
    withdrawn: int = 0


class Alerter:
    """Sends the queued alerts of one brand. It may wait for strangers' servers: give it a thread of its own."""

    def __init__(
        self, store: Store, settings: Settings, environ: Mapping[str, str] | None = None, send: Send = send_by_apprise
    ) -> None:
        self.store = store
        self.settings = settings
        self.clocks = ClocksInForce(settings.desk, store, settings.brand.key)
        self.deadlines = Deadlines(settings.desk)
        self._post = Post(environ, send)

    @property
    def brand(self) -> str:
        """The brand's key in the store."""
        return self.settings.brand.key

    def run(self, now: datetime) -> Sent:
        """Try every alert that is due at `now` (aware) once."""
        with self.store.read() as tx:
            due = warning_store.due_alerts(tx, self.brand, now)
        by_channel: dict[str, list[AlertRow]] = {}
        for alert in due:
            by_channel.setdefault(alert.channel, []).append(alert)
        if len(by_channel) <= 1:
            rounds = [self._on_channel(alerts, now) for alerts in by_channel.values()]
        else:
            with ThreadPoolExecutor(min(AT_ONCE, len(by_channel))) as threads:
                rounds = list(threads.map(lambda alerts: self._on_channel(alerts, now), by_channel.values()))
        states = [state for ended in rounds for state in ended]
        return Sent(*(states.count(name) for name in ("sent", "queued", "failed", "withdrawn")))

    def _on_channel(self, alerts: Sequence[AlertRow], now: datetime) -> list[str]:
        """Try what is due on one channel; a service that just failed is not asked for every alert in turn."""
        states: list[str] = []
        for alert in alerts:
            state = self._try(alert, now)
            states += [state] if state is not None else []
            if state in ("queued", "failed"):
                break
        return states

    def _try(self, alert: AlertRow, now: datetime) -> str | None:
        """One try; answers the alert's state after it, None where another process is trying it."""
        with self.store.write() as tx:
            if not warning_store.take_alert(tx, alert, now + pause(alert.tries + 1)):
                return None
            said, ended = self._said(tx, alert, now)
            if said is None:
                warning_store.settle_alert(tx, alert.id, "withdrawn", ended, now)
                return "withdrawn"
        why = self._post.send(alert.channel, *said)
        state = "sent" if why is None else "failed" if alert.tries + 1 >= MAX_TRIES else "queued"
        with self.store.write() as tx:
            if why is None:
                warning_store.settle_alert(tx, alert.id, "sent", "", now)
                return state
            event_log.hold(tx, self.brand)
            warning_store.settle_alert(tx, alert.id, state, why.en, now)
            if state == "failed":
                data = {"person": alert.person, "channel": alert.channel, "tries": alert.tries + 1, "why": why.en}
                event_log.append(
                    tx, self.brand, type="alert_failed", at=now, by="system", recorded_at=now, data=data
                )  # fmt: skip
            if state == "failed" or (alert.tries + 1 >= EARLY and _of_crisis(alert)):
                tell_of_failure(tx, self.settings, alert, why, now)
        if state == "failed":
            log.warning("an alert for %s was given up: %s", alert.person, why.en)
        return state

    def _said(self, tx: Connection, alert: AlertRow, now: datetime) -> tuple[tuple[str, str] | None, str]:
        """The heading and the text of an alert as it is true now; None, and why, where nothing of it is true now."""
        agent = next((agent for agent in self.settings.agents if agent.name == alert.person), None)
        language = alert_words.language_for(agent, self.settings.board.language)
        if _of_crisis(alert):
            return self._of_crisis(tx, alert, language, now), "what it asked for has ended before it went out"
        if alert.message.startswith(warning_store.CHANNEL):
            again = works_again(tx, self.brand, alert)
            return None if again else (HEADING.say(language), alert.text), "the channel works again"
        return self._of_deadlines(tx, alert, now), "everything was answered before it went out"

    def _of_deadlines(self, tx: Connection, alert: AlertRow, now: datetime) -> tuple[str, str] | None:
        notices = warning_store.notices_of(tx, self.brand, [alert.message]).get(alert.message, [])
        told = sorted(
            Running(tx, self.brand, self.clocks, notices, now).warned(), key=lambda w: (w.due_at, w.case_id)
        )  # fmt: skip
        if not told:
            return None
        first = warning_store.first_words(tx, [warned.case_id for warned in told])
        words = {case_id: plain(text, self.settings.warnings.words) for case_id, text in first.items()}
        zone, board = self.settings.desk.zone, self.settings.board
        return title(told, now, board.language), body(told, words, now, zone, board.language, board.url)

    def _of_crisis(self, tx: Connection, alert: AlertRow, language: str, now: datetime) -> tuple[str, str] | None:
        """What a message of a crisis says now: the duties that are still open, with their deadlines and holders."""
        crisis_id = int(alert.message.removeprefix(warning_store.CRISIS).split("/")[0])
        row = crisis_store.crisis(tx, self.brand, crisis_id)
        if row is None:
            return None
        notices = crisis_store.notices_in(tx, self.brand, row.id, alert.person, alert.created_at)
        try:
            run = read_run(tx, row, self.deadlines)
            told = alert_words.told_of(row, run.plan, run.state(newest_at(run, now)), notices)
        except ValueError:  # a plan of a form from before an update: what was written when it was told is still true
            return f"Nöbet: K-{row.id}", alert.text
        if told is None:
            return None
        zone, board = self.settings.desk.zone, self.settings.board.url
        return alert_words.heading(told, language), alert_words.text(told, now, zone, language, board)


def _of_crisis(alert: AlertRow) -> bool:
    return alert.message.startswith(warning_store.CRISIS)


def told_to(tx: Connection, brand: str, person: str, now: datetime) -> tuple[AlertRow, ...]:
    """What a person was told in the last SHOWN_FOR before `now` (aware), newest first; for the board."""
    return tuple(warning_store.alerts_for(tx, brand, person, now - SHOWN_FOR))


def troubles(tx: Connection, brand: str, now: datetime) -> tuple[AlertRow, ...]:
    """Alerts that do not arrive: given up in the last SHOWN_FOR, or failed twice so far; newest first."""
    return tuple(warning_store.troubled_alerts(tx, brand, now - SHOWN_FOR))


def pause(tries: int) -> timedelta:
    """How long after the given try the next one comes: doubled each time, up to LONGEST_PAUSE."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * (1 << (tries - 1)))
