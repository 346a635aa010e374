"""Reports for the board: made beside the page, shown as they were made last, made anew after a while.

Making the report of a busy month takes seconds, and a page must not wait for them; nor must two people who look at the
same days cost twice. A large one is made by a process of its own (apart.py), because a thread here would slow every
page of this one. This process keeps the last few; each names the moment as of which it stands.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from desk.metrics.figures import Behind
from desk.metrics.measuring import cases_behind
from desk.metrics.period import Period
from desk.report.apart import NotMade, made_apart
from desk.report.making import STEPS, Made, Told, made
from desk.settings import Settings
from store import measuring
from store.engine import Store

log = logging.getLogger("nobet")

KEPT_FOR = timedelta(seconds=60)
TIMES = 20
"""A report that took long to make is kept for this many times as long: making it may cost a twentieth of a core."""

MOST = 8
"""Reports that a process keeps; that of a month of 50,000 mentions is 12 MB."""

APART_FROM = 10_000
"""What a report has to read (see store.measuring.size) from which it is made by a process of its own: some 0.7 s of
processor; to start one takes as long."""

PATIENCE_S = 0.8
"""Seconds that a page waits for a report that is not there yet: a small desk's is there within them."""


@dataclass
class _Entry:
    made: Made | None = None
    at: datetime | None = None
    took: timedelta = timedelta(0)
    done: int = 0
    failed: str = ""
    thread: threading.Thread | None = None
    ready: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class Shown:
    """What a page can show now: the report as it was made last (None while the first is being made), whether one is
    being made, how many of `steps` are done, and that making it failed."""

    made: Made | None
    making: bool
    done: int
    steps: int = STEPS
    failed: bool = False


class Keeper:
    """The reports of one brand in one process."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store, self.settings = store, settings
        self._entries: dict[tuple[Period, str], _Entry] = {}
        self._lock = threading.Lock()
        self._one = threading.Lock()  # one after the other: clocks and pages need the processor too

    def show(self, period: Period, language: str, now: datetime, patience_s: float = PATIENCE_S) -> Shown:
        """The report on a period, as it is known; begins to make it where it is not there or old (`now` aware)."""
        with self._lock:
            entry = self._entries.setdefault((period, language), _Entry())
            self._forget((period, language))
            old = entry.at is None or now - entry.at > max(KEPT_FOR, entry.took * TIMES)
            if old and entry.thread is None:
                entry.ready.clear()
                entry.thread = threading.Thread(target=self._make, args=(entry, period, language, now), daemon=True)
                entry.thread.start()
        if entry.made is None:
            entry.ready.wait(patience_s)
        with self._lock:
            return Shown(entry.made, entry.thread is not None, entry.done, failed=bool(entry.failed))

    def behind(self, shown: Made, key: str) -> list[Behind]:
        """The cases behind a number, the largest value first. Raises ValueError for a key that names none."""
        if "@agent=" in key:  # those of a person are for coaching, which is not done here
            raise ValueError(f"{key[:100]!r} names no number of a report")
        return cases_behind(shown.cases, key, shown.content.period, shown.content.as_of)

    def _make(self, entry: _Entry, period: Period, language: str, now: datetime) -> None:
        def told(done: int) -> None:
            entry.done = done

        found, failed = None, ""
        begun = datetime.now(now.tzinfo)
        try:
            with self._one:
                found = self._made(period, now, language, told)
        except NotMade as error:
            log.warning("the report on %s to %s: %s It is begun anew later.", period.first, period.last, error)
            failed = type(error).__name__
        except Exception as error:
            log.exception("a report could not be made")
            failed = type(error).__name__
        with self._lock:
            entry.made, entry.failed = found or entry.made, failed
            entry.at, entry.took, entry.thread = now, datetime.now(now.tzinfo) - begun, None
        entry.ready.set()

    def _made(self, period: Period, now: datetime, language: str, told: Told) -> Made:
        with self.store.read() as tx:
            rows = measuring.size(tx, self.settings.brand.key, period.before.start, period.start, period.end)
        if rows < APART_FROM:
            return made(self.store, self.settings, period, now, language, told)
        return made_apart(self.store.url, self.settings, period, now, language, told)

    def _forget(self, wanted: tuple[Period, str]) -> None:
        """Leave out what was asked for longest ago; what is being made stays."""
        self._entries[wanted] = self._entries.pop(wanted)
        for key in [key for key, entry in self._entries.items() if entry.thread is None][: -MOST or None]:
            if len(self._entries) > MOST:
                del self._entries[key]


_keepers: dict[str, Keeper] = {}
_keeping = threading.Lock()


def keeper_of(store: Store, settings: Settings) -> Keeper:
    """The keeper of a brand in this process; a new one where the settings are others."""
    key = f"{settings.url} {settings.brand.key}"
    with _keeping:
        found = _keepers.get(key)
        if found is None or found.settings is not settings:
            found = _keepers[key] = Keeper(store, settings)
        return found
