"""Alerts on their way to people: tried, tried again, and given up aloud. What they say is made when they are sent.

An alert goes out at least once: a process killed between sending and writing it down sends again, because a deadline
told twice costs less than one not told. The addresses are secrets: they come from the environment, by the names in the
settings, and are in no log, no note and no row.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from desk.in_force import ClocksInForce
from desk.settings import Settings
from desk.sweeper import Running
from desk.warning_words import body, plain, title
from store import events as event_log
from store import warnings as warning_store
from store.engine import Store
from store.warnings import AlertRow

FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(minutes=10)
MAX_TRIES = 8
"""Tries before an alert is given up, about half an hour after the first: a warning older than that misleads."""

TIMEOUT_S = 20
"""Seconds that one service may take."""

SEND_EVERY = 5.0
"""Seconds between two rounds of sending; a round without anything due is one query."""

SHOWN_FOR = timedelta(days=1)
"""How long the board shows what people were told, and which alerts were given up."""

log = logging.getLogger("nobet")

Send = Callable[[str, str, str], bool]
"""Sends a title and a text to an address; answers whether the service took it. Never raises on purpose."""


@dataclass(frozen=True)
class Sent:
    """What one round of sending did."""

    sent: int = 0
    again: int = 0
    failed: int = 0
    withdrawn: int = 0


def send_by_apprise(address: str, title: str, text: str) -> bool:
    """Send plain text to an apprise address such as `slack://…` or `json://host/path`; False where it did not arrive.

    Source: apprise 2.2, README ("Developer API"); the 140 forms of address are its own.
    """
    import apprise  # here: it takes 0.2 s to load, and most processes send nothing

    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)  # it names an address that it cannot read
    asset = apprise.AppriseAsset(
        app_id="Nobet", app_desc="Nöbet", app_url="", secure_logging=True, async_mode=False, storage_mode="memory"
    )
    service = apprise.Apprise(asset=asset)
    if not service.add(address):
        return False
    taken = service.notify(
        body=text, title=title, body_format=apprise.NotifyFormat.TEXT, interpret_escapes=False, timeout=TIMEOUT_S
    )
    return bool(taken)


class Alerter:
    """Sends the queued alerts of one brand. It may wait for strangers' servers: give it a thread of its own."""

    def __init__(
        self, store: Store, settings: Settings, environ: Mapping[str, str] | None = None, send: Send = send_by_apprise
    ) -> None:
        self.store = store
        self.settings = settings
        self.clocks = ClocksInForce(settings.desk, store, settings.brand.key)
        self._environ = os.environ if environ is None else environ
        self._send = send

    @property
    def brand(self) -> str:
        """The brand's key in the store."""
        return self.settings.brand.key

    def run(self, now: datetime) -> Sent:
        """Try every alert that is due at `now` (aware) once."""
        with self.store.read() as tx:
            due = warning_store.due_alerts(tx, self.brand, now)
        counts = {"sent": 0, "queued": 0, "failed": 0, "withdrawn": 0}
        silent: set[str] = set()  # a service that just failed is not asked for every alert in turn
        for alert in due:
            state = None if alert.channel in silent else self._try(alert, now)
            if state is not None:
                counts[state] += 1
            if state in ("queued", "failed"):
                silent.add(alert.channel)
        return Sent(counts["sent"], counts["queued"], counts["failed"], counts["withdrawn"])

    def _try(self, alert: AlertRow, now: datetime) -> str | None:
        """One try; answers the alert's state after it, None where another process is trying it."""
        with self.store.write() as tx:
            if not warning_store.take_alert(tx, alert, now + pause(alert.tries + 1)):
                return None
            notices = warning_store.notices_of(tx, self.brand, [alert.message]).get(alert.message, [])
            told = sorted(
                Running(tx, self.brand, self.clocks, notices, now).warned(), key=lambda w: (w.due_at, w.case_id)
            )
            if not told:
                warning_store.settle_alert(tx, alert.id, "withdrawn", "everything was answered before it went out", now)
                return "withdrawn"
            first = warning_store.first_words(tx, [warned.case_id for warned in told])
        rules, language = self.settings.warnings, self.settings.board.language
        words = {case_id: plain(text, rules.words) for case_id, text in first.items()}
        board = self.settings.board.url
        text = body(told, words, now, self.settings.desk.zone, language, board)
        note = self._sent(alert.channel, title(told, now, language), text)
        state = "sent" if not note else "failed" if alert.tries + 1 >= MAX_TRIES else "queued"
        with self.store.write() as tx:
            warning_store.settle_alert(tx, alert.id, state, note, now)
            if state == "failed":
                data = {"person": alert.person, "channel": alert.channel, "tries": alert.tries + 1, "why": note}
                event_log.append(
                    tx, self.brand, type="alert_failed", at=now, by="system", recorded_at=now, data=data
                )  # fmt: skip
        if state == "failed":
            log.warning("an alert for %s was given up: %s", alert.person, note)
        return state

    def _sent(self, variable: str, heading: str, text: str) -> str:
        """Send to the address in a variable; answers why it failed, nothing where it did not. Never the address."""
        address = self._environ.get(variable, "").strip()
        if not address:
            return f"{variable} is not set; put the address there, in nobet.env or the environment"
        try:
            taken = self._send(address, heading, text)
        except Exception as error:  # a service's library may raise anything, and its words may hold the address
            return f"the service behind {variable} failed ({type(error).__name__})"
        return "" if taken else f"the service behind {variable} did not take it; check the address"


def told_to(tx: Connection, brand: str, person: str, now: datetime) -> tuple[AlertRow, ...]:
    """What a person was told in the last SHOWN_FOR before `now` (aware), newest first; for the board."""
    return tuple(warning_store.alerts_for(tx, brand, person, now - SHOWN_FOR))


def troubles(tx: Connection, brand: str, now: datetime) -> tuple[AlertRow, ...]:
    """Alerts that do not arrive: given up in the last SHOWN_FOR, or failed twice so far; newest first."""
    return tuple(warning_store.troubled_alerts(tx, brand, now - SHOWN_FOR))


def pause(tries: int) -> timedelta:
    """How long after the given try the next one comes: doubled each time, up to LONGEST_PAUSE."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * (1 << (tries - 1)))
