"""The desk's own rounds: what the worker does for it every few seconds, whoever is at the board.

Replies on their way are sent, deadlines are watched, people are told, questions run out of time, tonight is forecast.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from desk import approving, outbox
from desk.acknowledging import acknowledge_new
from desk.alerts import SEND_EVERY, Alerter
from desk.answering import sent
from desk.calendar import NoStaffedTime
from desk.causes.loop import Causes
from desk.crisis.escalating import ESCALATE_EVERY, Escalating
from desk.crisis.reviewing import draft_closed
from desk.drafting import senders_of
from desk.drafts import tidy
from desk.in_force import ClocksInForce
from desk.report.sending import ROUND_EVERY, Mailer
from desk.settings import Settings, library_of
from desk.sweeper import SWEEP_EVERY, Sweeper
from desk.tonight import Tonight
from playbooks.schema import Library
from store import approvals as approval_store
from store.engine import Store

DELIVER_EVERY = 3.0
"""Seconds between two looks into the outbox: a person waits for 'sent' with the case still open."""

EXPIRE_EVERY = 60.0
CAUSES_EVERY = 3600.0
"""Seconds between two questions whether today's look at the causes was done."""

TEND_EVERY = 1800.0
"""Seconds between two looks of the database at itself: what is imported in between is found all the same, slower."""

FORECAST_EVERY = 900.0
"""Seconds: a quarter of an hour is how long a shift leader's plan holds."""

log = logging.getLogger("nobet")


class Rounds:
    """What is done for one brand's desk, each by itself, so that one that fails leaves the others alone."""

    def __init__(self, store: Store, settings: Settings, library: Library | None = None) -> None:
        self.store = store
        self.settings = settings
        self.library = library if library is not None else library_of(settings)
        self.senders = senders_of(settings)
        self.sweeper = Sweeper(store, settings)
        self.escalating = Escalating(store, settings)
        self.alerter = Alerter(store, settings)
        self.tonight = Tonight(store, settings)
        self.mailer = Mailer(store, settings)
        self._clocks = ClocksInForce(settings.desk, store, settings.brand.key)

    def plan(self) -> tuple[tuple[Callable[[datetime], object], float], ...]:
        """What is to be called how often, in seconds."""
        return (
            (self.acknowledge, DELIVER_EVERY), (self.deliver, DELIVER_EVERY), (self.sweep, SWEEP_EVERY),
            (self.escalate, ESCALATE_EVERY), (self.tell, SEND_EVERY), (self.expire, EXPIRE_EVERY),
            (self.forecast, FORECAST_EVERY), (self.causes, CAUSES_EVERY),
            (self.draft_reviews, EXPIRE_EVERY), (self.reports, ROUND_EVERY),
            (self.tend, TEND_EVERY), (self.tidy, CAUSES_EVERY),
        )  # fmt: skip

    def deliver(self, now: datetime) -> outbox.Delivered:
        """Send what waits in the outbox; the demo and a drill have nothing that sends."""
        if not self.senders.allow:
            return outbox.Delivered()
        done = outbox.deliver(
            self.store, self.settings.brand.key, self.senders, now,
            on_sent=lambda tx, row: sent(tx, self._clocks, row, max(now, row.sent_at or now)),
        )  # fmt: skip
        if done.failed or done.unsure:
            log.warning("%d reply(s) could not be sent, of %d it is not known", done.failed, done.unsure)
        return done

    def acknowledge(self, now: datetime) -> None:
        """Tell customers of new cases, where that is wished, by when a person answers."""
        acknowledge_new(self.store, self.settings, self.library, self.senders, now)

    def sweep(self, now: datetime) -> None:
        """Warn of deadlines."""
        self.sweeper.run(now)

    def escalate(self, now: datetime) -> None:
        """Tell the people of every crisis what it wants of them, and whoever comes after those who do not answer."""
        done = self.escalating.run(now)
        if done.unreached:
            log.warning("%d notice(s) of a crisis found nobody; whoever is in charge was told", done.unreached)

    def tell(self, now: datetime) -> None:
        """Tell people outside of the board; a service that is slow holds up no warning."""
        self.alerter.run(now)

    def expire(self, now: datetime) -> None:
        """Close the questions for an approval that ran out of time."""
        with self.store.read() as tx:
            open_ = bool(approval_store.past(tx, self.settings.brand.key, now))
        if open_:
            with self.store.write() as tx:
                approving.expire(tx, self.settings.brand.key, now)

    def causes(self, now: datetime) -> None:
        """Once a day: what people complain of more than usual, and whether what was fixed stayed so."""
        if self.settings.drill is None:
            Causes(self.store, self.settings).daily(now)

    def draft_reviews(self, now: datetime) -> None:
        """Begin the review of each crisis that was closed."""
        draft_closed(self.store, self.settings, now)

    def reports(self, now: datetime) -> None:
        """Mail the reports that are due, once each."""
        self.mailer.run(now)

    def tend(self, now: datetime) -> None:
        """Let the database learn how full its tables are."""
        self.store.tend()

    def tidy(self, now: datetime) -> None:
        """Forget drafts that nobody touched for long."""
        tidy(self.store, self.settings.brand.key, now)

    def forecast(self, now: datetime) -> None:
        """Forecast tonight and keep it, so that it can be compared with what happened."""
        try:
            self.tonight.forecast(now, keep=True)
        except NoStaffedTime:
            log.debug("the desk has no staffed time; nothing to forecast")
