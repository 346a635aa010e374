"""What an order source is: a system of the brand that can be asked for orders, within a time limit."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol

from desk.orders.keys import OrderKey
from desk.orders.order import Order


class OrderSourceError(Exception):
    """A source that could not answer. The message is a sentence for the person who must act, without any secret."""


@dataclass(frozen=True)
class Deadline:
    """Until when an answer is of use, on the monotonic clock (seconds)."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """The deadline so many seconds from now."""
        return cls(time.monotonic() + seconds)

    @property
    def left(self) -> float:
        """Seconds left; never negative."""
        return max(0.0, self.at - time.monotonic())

    @property
    def passed(self) -> bool:
        """Whether it is over."""
        return self.left <= 0.0


@dataclass(frozen=True)
class Check:
    """How a source does: `fields` are the field names seen in it, `notes` what is to be mended, in sentences."""

    reached: bool
    said: str
    fields: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class OrderSource(Protocol):
    """One system of the brand, asked from several threads at once."""

    @property
    def name(self) -> str:
        """The name in the configuration."""

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of key (keys.KINDS) by which it can be asked."""

    def find(self, key: OrderKey, deadline: Deadline) -> tuple[Order, ...]:
        """The orders of this key, none where there are none. Raises OrderSourceError."""

    def check(self, deadline: Deadline) -> Check:
        """Whether it can be reached and what its fields are called. Raises nothing that is expected."""


def seconds(length: float) -> str:
    """`4` or `0.5`, for sentences."""
    return f"{length:g}"
