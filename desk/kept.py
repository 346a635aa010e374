"""What is slow to find out and the same for everybody: found once, and shown to all sessions for a while.

Twenty people look at one page that refreshes every five seconds: what it costs must not count twenty times. The
look-out has the same thought (lookout.py).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

MOST = 2_000
"""Answers kept at once; the one that was made first goes first. A title is a few hundred bytes."""

SWEEP_EVERY = timedelta(minutes=1)

log = logging.getLogger("nobet")

PATIENCE_S = 0.8
"""Seconds for which a page waits for what is made beside it: on a usual desk it is there within them."""

T = TypeVar("T")


@dataclass
class _Making:
    """An answer that is being made beside the pages; `dropped` once something was done about it meanwhile."""

    ready: threading.Event = field(default_factory=threading.Event)
    dropped: bool = False
    failed: Exception | None = None


class Kept:
    """Answers by their question, kept for this process; safe for several threads."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._held: dict[Hashable, tuple[datetime, Any]] = {}
        self._ends: dict[Hashable, datetime] = {}
        self._swept: datetime | None = None
        self._turns: dict[Hashable, threading.Lock] = {}
        self._making: dict[Hashable, _Making] = {}
        self._lock = threading.RLock()

    def get(self, key: Hashable, now: datetime, at_most: timedelta, make: Callable[[], T]) -> T:
        """The answer to `key` that was made less than `at_most` from `now` (aware), else what `make` answers now. Two
        who ask at once wait for one making; what `make` raises is raised, and nothing is kept."""
        found = self._young(key, now, at_most)
        if found is None:
            with self._lock:
                turn = self._turns.setdefault(key, threading.Lock())
            with turn:
                found = self._young(key, now, at_most)
                if found is None:
                    try:
                        found = (now, make())
                        self._keep(key, found, now + at_most)
                    finally:
                        with self._lock:
                            self._turns.pop(key, None)
        answer: T = found[1]
        return answer

    def soon(
        self, key: Hashable, now: datetime, at_most: timedelta, make: Callable[[], T], patience_s: float = PATIENCE_S
    ) -> T | None:
        """The answer to `key` as it was made last; where it is older than `at_most` a thread makes it anew beside.

        None where there is none yet after `patience_s` seconds: the page says so, and asks again as it refreshes. What
        `make` raises is raised for whoever waits for it, and nothing is kept.
        """
        if (young := self._young(key, now, at_most)) is not None:
            return young[1]  # type: ignore[no-any-return]
        with self._lock:
            found, making = self._held.get(key), self._making.get(key)
            if making is None:
                making = self._making[key] = _Making()
                arguments = (key, making, now, at_most, make)
                threading.Thread(target=self._make_beside, args=arguments, daemon=True).start()
        if found is None:
            making.ready.wait(patience_s)
            if making.failed is not None:
                raise making.failed
            with self._lock:
                found = self._held.get(key)
        return None if found is None else found[1]

    def _make_beside(
        self, key: Hashable, making: _Making, now: datetime, at_most: timedelta, make: Callable[[], T]
    ) -> None:
        try:
            answer = make()
            with self._lock:
                if not making.dropped:
                    self._keep(key, (now, answer), now + at_most)
        except Exception as error:
            log.exception("what a page waits for could not be made")
            making.failed = error
        finally:
            with self._lock:
                if self._making.get(key) is making:
                    del self._making[key]
            making.ready.set()

    def forget(self, key: Hashable) -> None:
        """Something was done about it: the next who asks finds out anew."""
        with self._lock:
            self._drop(key)
            if (making := self._making.pop(key, None)) is not None:
                making.dropped = True

    def _young(self, key: Hashable, now: datetime, at_most: timedelta) -> tuple[datetime, Any] | None:
        with self._lock:
            found = self._held.get(key)
        return found if found is not None and abs(now - found[0]) < at_most else None

    def _keep(self, key: Hashable, found: tuple[datetime, Any], ends: datetime) -> None:
        with self._lock:
            self._drop(key)
            self._held[key], self._ends[key] = found, ends
            # What nobody asks for any more goes too: it may hold words of somebody who was erased since.
            if self._swept is None or abs(found[0] - self._swept) >= SWEEP_EVERY:
                self._swept = found[0]
                for old in [one for one, at in self._ends.items() if at <= found[0]]:
                    self._drop(old)
            while len(self._held) > self._most:
                self._drop(next(iter(self._held)))

    def _drop(self, key: Hashable) -> None:
        self._held.pop(key, None)
        self._ends.pop(key, None)
