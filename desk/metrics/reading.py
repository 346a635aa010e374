"""The numbers of a brand, read from its log. Reads only.

Everything is reckoned from events, so that a report of a past period made again says the same of what was known then
and tells what has become of its open cases since.
"""

from __future__ import annotations

from datetime import datetime

from desk.in_force import ClocksInForce
from desk.metrics.facts import Reckoning
from desk.metrics.figures import Behind, Numbers
from desk.metrics.measuring import cases_behind, measure
from desk.metrics.period import Period
from desk.metrics.table import Table
from desk.roles import any_may
from desk.settings import Settings
from desk.team import Agent
from store import measuring
from store.engine import Store


class Measures:
    """Reads and reckons the numbers of one brand. Keeps nothing but the policies it has read."""

    def __init__(self, store: Store, settings: Settings, me: Agent | None = None) -> None:
        """`me` is who reads: numbers by person come out only for who may `see_coaching`; none of them without one."""
        self.store = store
        self.settings = settings
        self.me = me
        self.clocks = ClocksInForce(settings.desk, store, settings.brand.key)

    def facts(self, period: Period, now: datetime, beside: bool = True) -> Table:
        """What the cases of a period, and with `beside` of the one before it, have come to at `now` (aware)."""
        reckoning = Reckoning(self.clocks, now)
        since = period.before.start if beside else period.start
        with self.store.read() as tx:
            for told in measuring.stories(tx, self.settings.brand.key, since, period.end):
                reckoning.add(told)
        return reckoning.table()

    def numbers(self, period: Period, now: datetime) -> Numbers:
        """All numbers of a period as they stand at `now` (aware), beside those of the period before it."""
        return measure(self.facts(period, now), period, now, persons=self._persons())

    def behind(self, key: str, period: Period, now: datetime) -> list[Behind]:
        """The cases behind a number, the largest value first. Raises ValueError for a key that names none, and for one
        of a person where I may not see those."""
        if "@agent=" in key and not self._persons():
            raise ValueError(f"{key[:100]!r} names no number of a report")
        return cases_behind(self.facts(period, now, beside=False), key, period, now)

    def _persons(self) -> bool:
        return self.me is not None and any_may(self.me.roles, "see_coaching")
