"""Which events of a case count. Pure.

The log is never changed. What was undone, or went with a mention to another case, is said by a later event that names
the earlier ones; whoever reckons clocks or numbers leaves those out. A merge and a split bring copies of what the
other case's clocks stood on, so that every case can be reckoned from its own events alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

UNDONE = "undone"
SPLIT = "split"

COPIED = ("customer_posted", "customer_wrote", "answered", "auto_acknowledged")
"""Events that go along when mentions change their case: what the customer wrote, and what they were answered."""


class Told(Protocol):
    """An event as far as this is concerned; one that is not written yet has no id."""

    @property
    def type(self) -> str:
        """What happened."""

    @property
    def data(self) -> dict[str, Any]:
        """What else is known of it."""


class TimedTold(Told, Protocol):
    """The same, with its time."""

    @property
    def at(self) -> datetime:
        """When it happened."""


E = TypeVar("E", bound=Told)
T = TypeVar("T", bound=TimedTold)


def counted(events: Iterable[E]) -> list[E]:
    """The events that count, in the order given: without those that were undone or split off, and without the
    undoing itself."""
    told = list(events)
    undone = {number for event in told if event.type == UNDONE for number in event.data.get("events", ())}
    gone = undone | {
        number
        for event in told
        if event.type == SPLIT and _id(event) not in undone
        for number in event.data.get("events", ())
    }
    return [event for event in told if event.type != UNDONE and _id(event) not in gone]


def first_post(events: Sequence[T]) -> T | None:
    """The customer's first post among events that count: where the clock starts. None where there is none."""
    posts = [event for event in events if event.type == "customer_posted"]
    return min(posts, key=lambda event: event.at, default=None)


def _id(event: Told) -> int | None:
    return getattr(event, "id", None)
