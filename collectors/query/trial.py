"""A query tried on mentions before it is saved: what matched, what it would miss, and what it would cost. Pure.

What a paid service charges for is what it is asked for, which is broader than the query (`collectors.query.translate`);
so the cost is counted over the mentions that the translation would have brought.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from collectors.query.match import Match, Query
from collectors.query.misses import NearMiss, near_miss
from collectors.query.translate import Native
from mention import Mention

DAYS_OF_MONTH = 30
LEAST_SPAN = timedelta(days=1)
"""History shorter than this says nothing about a month: nights and Sundays are quiet."""

_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Paid:
    """A configured source that costs: its name and kind, the price of one item read, and how it would be asked."""

    source: str
    kind: str
    price: Decimal
    currency: str
    native: Native | None


@dataclass(frozen=True)
class Cost:
    """What a query would cost at one source in a month of 30 days, extrapolated from `days` of history.

    `matched` and `read` are items a month: what the query wants, and what the service would bring and charge; None
    where it cannot be told, and `why_not` says why.
    """

    paid: Paid
    days: float
    matched: int | None
    read: int | None
    why_not: str = ""

    @property
    def money(self) -> Decimal | None:
        """What the items read cost, to the cent."""
        return None if self.read is None else (self.paid.price * self.read).quantize(_CENT)

    @property
    def wanted_money(self) -> Decimal | None:
        """The part of it that pays for mentions that match."""
        return None if self.matched is None else (self.paid.price * self.matched).quantize(_CENT)


@dataclass
class _Tally:
    read: int = 0
    matched: int = 0
    brought: int = 0
    first: datetime | None = None
    last: datetime | None = None

    def span(self, when: datetime) -> None:
        self.first = when if self.first is None else min(self.first, when)
        self.last = when if self.last is None else max(self.last, when)


@dataclass
class Trial:
    """Mentions go in one by one (`add`), in any order; the `limit` newest matches and near misses are kept."""

    query: Query
    limit: int = 10
    paid: tuple[Paid, ...] = ()
    sources: dict[str, _Tally] = field(default_factory=dict)
    missed: Counter[tuple[str, str]] = field(default_factory=Counter)
    _total: _Tally = field(default_factory=_Tally)
    _tallies: dict[str, _Tally] = field(default_factory=dict)
    _matches: list[tuple[datetime, int, Mention, Match]] = field(default_factory=list)
    _misses: list[tuple[datetime, int, Mention, NearMiss]] = field(default_factory=list)

    @property
    def read(self) -> int:
        """How many mentions were tried."""
        return self._total.read

    @property
    def matched(self) -> int:
        """How many of them match."""
        return self._total.matched

    @property
    def first(self) -> datetime | None:
        """When the oldest mention was posted, in UTC."""
        return self._total.first

    @property
    def last(self) -> datetime | None:
        """When the newest one was."""
        return self._total.last

    def add(self, mention: Mention) -> None:
        """Try the query on one mention."""
        match = self.query.match(mention)
        tallies = [self._total, self.sources.setdefault(mention.source, _Tally())]
        for paid in self.paid:
            if paid.source == mention.source or paid.kind == mention.channel:
                tally = self._tallies.setdefault(paid.source, _Tally())
                tallies.append(tally)
                asked = paid.native.asked if paid.native else None
                tally.brought += paid.native is None or (asked is not None and asked.match(mention) is not None)
        for tally in tallies:
            tally.read += 1
            tally.matched += match is not None
            tally.span(mention.published_at)
        if match is not None:
            self._keep(self._matches, (mention.published_at, self.read, mention, match))
        elif (miss := near_miss(self.query, mention)) is not None:
            self.missed[miss.kind, miss.clause] += 1
            self._keep(self._misses, (mention.published_at, self.read, mention, miss))

    def _keep(self, heap: list[Any], item: Any) -> None:
        if len(heap) < self.limit:
            heapq.heappush(heap, item)
        elif self.limit:
            heapq.heappushpop(heap, item)

    def newest(self) -> list[tuple[Mention, Match]]:
        """The newest matches, the newest first."""
        return [(mention, match) for _, _, mention, match in sorted(self._matches, key=lambda m: m[:2], reverse=True)]

    def newest_misses(self) -> list[tuple[Mention, NearMiss]]:
        """The newest near misses, the newest first."""
        return [(mention, miss) for _, _, mention, miss in sorted(self._misses, key=lambda m: m[:2], reverse=True)]

    def costs(self, *, since: datetime | None = None, until: datetime | None = None) -> Iterator[Cost]:
        """What the query would cost at each paid source. `since` and `until` (aware) widen the span of its history:
        a stored history goes on to now even if the last mention is older."""
        for paid in self.paid:
            tally = self._tallies.get(paid.source)
            if paid.native is not None and not paid.native.texts:
                yield Cost(paid, 0, None, None, paid.native.why_not)
                continue
            if tally is None or tally.first is None or tally.last is None:
                yield Cost(paid, 0, None, None, "there is no history of this source to count from")
                continue
            span = max(tally.last, until or tally.last) - min(tally.first, since or tally.first)
            days = span / timedelta(days=1)
            if span < LEAST_SPAN:
                yield Cost(paid, days, None, None, "less than a day of history says nothing about a month")
                continue
            month = DAYS_OF_MONTH / days
            yield Cost(paid, days, round(tally.matched * month), round(max(tally.brought, tally.matched) * month))
