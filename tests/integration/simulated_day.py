"""A day of twenty sources in memory, played with a passed-in clock: sites, their collectors, and the worker's plan.

The real `collecting.collect` and `refill` run on a real store, in the order that the store's own `next_at` gives, as
the worker runs them. A fetch takes no time here: what is tested is who is asked when, and what is claimed afterwards.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from sqlalchemy import select

import collecting
from collectors import timeline
from collectors.meter import meter
from collectors.protocol import (
    About,
    Batch,
    Cursor,
    Fetched,
    RateLimited,
    Rejected,
    Says,
    SourceSettings,
    Unavailable,
)
from collectors.walk import Page, walk_all
from desk import watch
from desk.coverage import SEEN, Span
from mention import Mention
from store import Store, looks
from store import tables as t
from worker import REFILL_EVERY

BRAND = "deneme"
DAY = datetime(2026, 11, 20, tzinfo=UTC)
END = DAY + timedelta(days=1)
SETTLES = 60.0
OVERLAP = 300.0
PAGE = 20

Window = tuple[float, float]
"""Hours of the day, [from, to)."""


class Clock:
    """The one clock of the day."""

    def __init__(self) -> None:
        self.now = DAY

    def __call__(self) -> datetime:
        return self.now

    @property
    def hour(self) -> float:
        """Hours since the day began."""
        return (self.now - DAY).total_seconds() / 3600


@dataclass(frozen=True, order=True)
class Item:
    """A post of a site: when it was made, and when the site listed it."""

    at: datetime
    number: int
    listed: datetime


@dataclass
class Site:
    """A listing, newest first, of at most `depth` posts, and what goes wrong with it."""

    rate: float
    """Posts an hour, on average over the day."""
    depth: int = 400
    bursts: int = 0
    down: tuple[Window, ...] = ()
    """Answers 503."""
    silent: tuple[Window, ...] = ()
    """Answers 200 with nothing in it."""
    redone: tuple[Window, ...] = ()
    """Answers in a form in which no item can be read."""
    allowed: int | None = None
    """Requests in a quarter of an hour, after which it answers 429 until the quarter is over."""
    items: list[Item] = field(default_factory=list)
    asked: list[datetime] = field(default_factory=list)
    served: int = 0
    too_early: int = 0
    _until: datetime = DAY

    def play(self, chance: random.Random) -> None:
        """Write the day's posts, and those of half a day before: a Poisson process that sleeps at night."""
        at, times = DAY - timedelta(hours=12), []
        peak = self.rate * 1.8
        while at < END:
            at += timedelta(hours=chance.expovariate(peak))
            rhythm = 1.0 - 0.8 * math.cos((at.hour + at.minute / 60 - 2) / 24 * 2 * math.pi)
            if chance.random() * 1.8 < rhythm:
                times.append(at)
        for _ in range(self.bursts):
            start = DAY + timedelta(hours=chance.uniform(7, 22))
            times += [start + timedelta(seconds=chance.uniform(0, 900)) for _ in range(chance.randint(40, 90))]
        for number, when in enumerate(sorted(times), 1):
            late = chance.uniform(0, SETTLES - 1) if chance.random() < 0.2 else 0.0
            self.items.append(Item(when, number, when + timedelta(seconds=late)))

    def answer(self, marker: int | None, clock: Clock) -> tuple[list[Item], bool, bool]:
        """A page below a post's number: its items, whether there are more, and whether they can be read."""
        now = clock.now
        self.asked.append(now)
        if self.allowed is not None:
            self.too_early += now < self._until
            quarter = now - timedelta(minutes=now.minute % 15, seconds=now.second, microseconds=now.microsecond)
            if sum(at >= quarter for at in self.asked[-self.allowed - 1 :]) > self.allowed:
                self._until = quarter + timedelta(minutes=15)
                raise RateLimited("429: too many requests", self._until)
        if _within(self.down, clock.hour):
            raise Unavailable("503: down")
        if _within(self.silent, clock.hour):
            return [], False, True
        listing = [item for item in reversed(self.items) if item.listed <= now][: self.depth]
        below = [item for item in listing if marker is None or item.number < marker]
        shown = below[: meter().items_left(PAGE)]
        self.served += len(shown)
        return shown, len(below) > len(shown), not _within(self.redone, clock.hour)


def _within(windows: tuple[Window, ...], hour: float) -> bool:
    return any(start <= hour < end for start, end in windows)


class SiteCollector:
    """Reads a site down to the last fetch, by the walk that the real listings use; positions are seconds."""

    kind: ClassVar[str] = "site"
    Settings = SourceSettings
    about = About(
        "Site", Says("a", "a"), Says("b", "b"), Says("c", "c"), Says("d", "d"), tested="documents", settles=SETTLES
    )
    first_pages = 5
    empty_is_expired = False

    def __init__(self, site: Site, clock: Clock, **settings: Any) -> None:
        self.site, self.clock = site, clock
        self.settings = SourceSettings(kind="site", **settings)

    def fetch(self, cursor: Cursor | None, now: datetime) -> Iterator[Batch]:
        """See the protocol."""
        yield from walk_all(self.settings.source, {"posts": self}, cursor)

    def rewound(self, cursor: Cursor | None, to: datetime) -> Cursor | None:
        """See Rewinds."""
        return timeline.rewound(cursor, to, ["posts"])

    def read(self, since: int | None, marker: str | None) -> Page:
        """See collectors.walk.Listing."""
        meter().request()
        shown, more, readable = self.site.answer(None if marker is None else int(marker), self.clock)
        meter().charge_items(len(shown))
        positions = [int(item.at.timestamp()) for item in shown]
        reached = False
        if since is not None and positions:
            reached = sum(position <= since - OVERLAP for position in positions) * 2 >= len(positions)
        fetched = tuple(Fetched(self._mention(item), {"n": item.number}) for item in shown if readable)
        rejected = tuple(Rejected("text is missing", {"n": i.number}, str(i.number)) for i in shown if not readable)
        below = str(shown[-1].number) if more else None
        return Page(
            fetched, rejected, max(positions, default=None), min(positions, default=None), below, reached=reached
        )

    def _mention(self, item: Item) -> Mention:
        return Mention(
            source=self.settings.source, native_id=str(item.number), text=f"kargom gelmedi {item.number}",
            author="ayşe", published_at=item.at,
        )  # fmt: skip


def twenty(clock: Clock) -> dict[str, SiteCollector]:
    """The twenty sources by name: sixteen that are well, three that fail, and one whose month ends early."""

    def one(name: str, every: float, site: Site, **settings: Any) -> tuple[str, SiteCollector]:
        return name, SiteCollector(site, clock, name=name, every=every, **settings)

    return dict([
        one("x arama", 30, Site(rate=20, bursts=2), slowest=120),
        one("x yanıt", 60, Site(rate=8), slowest=240),
        one("reddit", 120, Site(rate=6, bursts=1), slowest=600),
        one("mastodon", 300, Site(rate=0.3)),
        one("bluesky", 300, Site(rate=1), slowest=1200),
        one("youtube", 600, Site(rate=10)),
        one("ekşi", 300, Site(rate=15, bursts=2)),
        one("donanım", 600, Site(rate=4)),
        one("forum", 600, Site(rate=12)),
        one("sessiz forum", 600, Site(rate=0.1)),
        one("şikayet", 600, Site(rate=8, bursts=1)),
        one("trendyol", 600, Site(rate=5)),
        one("hepsiburada", 900, Site(rate=3)),
        one("haber", 1800, Site(rate=2)),
        one("blog", 1800, Site(rate=0.4)),
        one("app store", 3600, Site(rate=3)),
        # Lists its newest 40 only, so an outage of hours loses posts for good.
        one("çöken", 300, Site(rate=25, depth=40, down=((8.2, 12.7), (20.0, 21.1)))),
        # Wants fewer requests than its interval makes, and has a budget of its own.
        one("sınırlı", 60, Site(rate=12, allowed=9), requests_per_day=400),
        # Answers with nothing for two hours, then in another form for two.
        one("susan", 180, Site(rate=15, depth=25, silent=((9.5, 11.5),), redone=((15.0, 17.2),))),
        # The month's budget is used up in the afternoon.
        one("ücretli", 1200, Site(rate=6), items_per_month=600),
    ])  # fmt: skip


FAILING = ("çöken", "sınırlı", "susan", "ücretli")


@dataclass
class Day:
    """What happened."""

    collectors: dict[str, SiteCollector]
    fetches: dict[str, list[tuple[datetime, collecting.Collected]]] = field(default_factory=dict)
    refills: list[tuple[datetime, str, str]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """Moments at which the ledger claimed too much."""


def missing_while_seen(store: Store, day: Day, now: datetime) -> list[str]:
    """Posts that are not stored at `now`, made at a moment that the ledger calls seen."""
    have = stored(store)
    found = []
    for name, spans in ledger_of(store, now).items():
        claimed = [span for span in spans if span.state == SEEN]
        for item in day.collectors[name].site.items:
            if (name, str(item.number)) not in have and (span := span_at(claimed, item.at)) is not None:
                found.append(f"{now:%H:%M:%S} {name}: {item} is not stored, and {span} is claimed")
    return found


def ledger_of(store: Store, now: datetime) -> dict[str, tuple[Span, ...]]:
    """The ledger of every source from half a day before the day on."""
    with store.read() as tx:
        found = watch.coverage(tx, BRAND, DAY - timedelta(hours=12), now, now)
    return {source.source: source.spans for source in found.sources}


def span_at(spans: Any, at: datetime) -> Span | None:
    """The span that holds a moment."""
    return next((span for span in spans if span.start <= at < span.end), None)


def stored(store: Store) -> set[tuple[str, str]]:
    """What is stored: (source, native id)."""
    with store.read() as tx:
        return {(row.source, row.native_id) for row in tx.execute(select(t.mentions.c.source, t.mentions.c.native_id))}


def play(store: Store, seed: int) -> Day:
    """The whole day, source after source as their plans say."""
    chance, clock = random.Random(seed), Clock()
    random.seed(seed)  # the jitter of collect
    day = Day(twenty(clock))
    for collector in day.collectors.values():
        collector.site.play(chance)
    checks = sorted(DAY + timedelta(hours=chance.uniform(0.1, 24)) for _ in range(40))
    never = list(day.collectors)
    refill_at, waiting = DAY + timedelta(seconds=REFILL_EVERY), False
    planned = select(t.source_state.c.next_at, t.source_state.c.source).order_by(t.source_state.c.next_at).limit(1)
    while True:
        if never:
            at, name = DAY, never.pop(0)
        else:
            with store.read() as tx:
                at, name = tx.execute(planned).one()
        while refill_at <= min(at, END):
            if waiting:
                clock.now = max(clock.now, refill_at)
                waiting = _refill(store, day, clock)
            refill_at += timedelta(seconds=REFILL_EVERY)
            if waiting:  # reading again may have put off the next fetch
                with store.read() as tx:
                    at, name = tx.execute(planned).one()
        while checks and checks[0] <= at:
            day.wrong += missing_while_seen(store, day, max(clock.now, checks.pop(0)))
        if at >= END:
            clock.now = END
            return day
        clock.now = max(clock.now, at)
        result = collecting.collect(store, BRAND, day.collectors[name], clock)
        day.fetches.setdefault(name, []).append((clock.now, result))
        waiting = waiting or bool(result.reach and result.reach.gap)


def _refill(store: Store, day: Day, clock: Clock) -> bool:
    """What the worker does every REFILL_EVERY seconds; answers whether anything is still to be read again."""
    with store.read() as tx:
        rows = looks.open_backfills(tx, BRAND)
    for row in rows:
        if row.not_before <= clock.now:
            state = collecting.refill(store, BRAND, day.collectors[row.source], row, clock)
            day.refills.append((clock.now, row.source, state))
    return bool(rows)
