"""What a fetch may spend: requests and items, counted where they are made and stopped before a budget is passed.

The worker opens a meter around each fetch (`with spending(meter):`); every request through `collectors.transport` is
charged to it, and a collector that speaks another way (IMAP, a crawl's process) charges by hand. Without a meter (a
test, a preview) nothing is limited.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime

from collectors.protocol import BudgetSpent


@dataclass
class Limit:
    """How much is left of one budget, until when it lasts (aware UTC), and how a person calls it."""

    left: int
    until: datetime
    name: str


@dataclass
class Meter:
    """Counts what one fetch of `source` spends."""

    source: str = ""
    request_limit: Limit | None = None
    item_limit: Limit | None = None
    requests: int = field(default=0, init=False)
    items: int = field(default=0, init=False)

    def request(self) -> None:
        """Charge one request about to be made. Raises BudgetSpent when none is left."""
        self._stop_if_spent(self.request_limit, self.requests)
        self._stop_if_spent(self.item_limit, self.items)
        self.requests += 1

    def charge_items(self, number: int) -> None:
        """Charge items that were read, where the source counts or bills them."""
        self.items += number

    def items_left(self, most: int) -> int:
        """How many items the next request may ask for, at most `most`."""
        return most if self.item_limit is None else max(0, min(most, self.item_limit.left - self.items))

    def _stop_if_spent(self, limit: Limit | None, spent: int) -> None:
        if limit is None or spent < limit.left:
            return
        raise BudgetSpent(
            f'Source "{self.source}": the budget {limit.name} is used up. What was read before is kept. Reading goes '
            f"on at {limit.until:%Y-%m-%d %H:%M} UTC; raise the budget to go on now.",
            limit.until,
        )


_METER: ContextVar[Meter | None] = ContextVar("meter", default=None)


def meter() -> Meter:
    """The meter of the fetch that is running, or one that limits nothing."""
    return _METER.get() or Meter()


@contextmanager
def spending(counted: Meter) -> Iterator[Meter]:
    """Charge to `counted` what is spent inside."""
    token = _METER.set(counted)
    try:
        yield counted
    finally:
        _METER.reset(token)
