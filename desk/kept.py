"""What is slow to find out and the same for everybody: found once, and shown to all sessions for a while.

Twenty people look at one page that refreshes every five seconds: what it costs must not count twenty times. The
look-out has the same thought (lookout.py).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import Any, TypeVar

MOST = 2_000
"""Answers kept at once; the one that was made first goes first. A title is a few hundred bytes."""

SWEEP_EVERY = timedelta(minutes=1)

T = TypeVar("T")


class Kept:
    """Answers by their question, kept for this process; safe for several threads."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._held: dict[Hashable, tuple[datetime, Any]] = {}
        self._ends: dict[Hashable, datetime] = {}
        self._swept: datetime | None = None
        self._turns: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()

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

    def forget(self, key: Hashable) -> None:
        """Something was done about it: the next who asks finds out anew."""
        with self._lock:
            self._drop(key)

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
