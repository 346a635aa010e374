"""Random schedules of one collector: faults, posts that arrive meanwhile, and kill -9 between any two lines.

Everything of a kind runs in processes of its own, none of which has a thread when it forks: the driver (`drive`) forks
a site that answers over real HTTP, and for every fetch a process that may be killed. They share a page of memory with
the clock and some counters; every request moves the clock, so posts appear between two pages of one fetch. They share
one `Store` too, whose pool of connections is emptied (`close`) before every fork: what a child inherits is only what
the database's library has compiled, without which half of the time went there.
"""

from __future__ import annotations

import json
import logging
import mmap
import multiprocessing
import os
import random
import shutil
import signal
import struct
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import Any

from sqlalchemy import func, select

import collecting
from collectors import registry
from collectors.meter import meter
from collectors.protocol import Batch, Cursor
from desk import watch
from desk.coverage import SEEN, Span
from store import Store, events, looks, sources
from store import tables as t
from tests.integration.faulty_server import Answer, Fault, FaultyServer, Request
from tests.integration.worlds import WORLDS
from tests.integration.worlds.world import START, Post, World

BRAND = "deneme"
PAGE = 3
MOST_POSTS = 26
"""Below what the very first fetch reads (ten pages), so that every post that is served is promised."""

LINES = 4000
"""Lines of ours that a fetch of a few pages runs, about; a kill is placed among them."""

ROOT = Path(__file__).parents[2]
OURS = tuple(str(ROOT / name) for name in ("collecting.py", "collectors/", "store/"))
WRITING = tuple(str(ROOT / name) for name in ("collecting.py", "store/ingest.py", "store/looks.py", "store/engine.py"))

ENDS_EARLY = {"reddit", "discourse", "mastodon"}
"""Kinds that can tell that a listing ended early, and read it again: X takes the service's word for where a search
ends, and a feed has no older posts to go back to."""

EXPIRES = {"reddit", "x"}
"""Kinds whose page markers may be refused."""

LISTS_LATE = {"reddit", "discourse", "mastodon", "x"}
"""Kinds that read an overlap in time. A feed is read down to a page with a known entry, and lists by arrival."""


@dataclass(frozen=True)
class TimedPost(Post):
    """A post at any second after START, listed some seconds later."""

    seconds: int = 0
    late: int = 0

    @property
    def at(self) -> datetime:
        return START + timedelta(seconds=self.seconds)


class Shared:
    """A page of memory for all processes of a kind: the clock in seconds after START, and two counters."""

    def __init__(self) -> None:
        self._page = mmap.mmap(-1, mmap.PAGESIZE)

    def _field(at: int, form: str) -> Any:  # type: ignore[misc]
        def get(self: Shared) -> Any:
            return struct.unpack_from(form, self._page, at)[0]

        def put(self: Shared, value: Any) -> None:
            struct.pack_into(form, self._page, at, value)

        return property(get, put)

    clock = _field(0, "d")
    asked = _field(8, "q")
    """Requests that reached the site."""
    paid = _field(16, "q")
    """Requests of batches whose transaction was committed."""

    def now(self) -> datetime:
        return START + timedelta(seconds=self.clock)


@dataclass
class Step:
    """One fetch: when, what goes wrong at which request, and at which line the process is killed (0: never)."""

    clock: float
    faults: dict[int, str]
    kill_at: int = 0
    writing: bool = False
    refill: bool = False
    shuffle: int = 0


@dataclass
class Result:
    """What one schedule came to; `wrong` is empty where everything held."""

    seed: int
    wrong: str = ""
    posts: int = 0
    fetches: int = 0
    kills: int = 0
    faults: int = 0
    gaps: int = 0
    steps: list[Step] = field(default_factory=list)


def _json_faults(kind: str, name: str) -> Callable[[Answer], Answer]:
    """Faults of a page's content that every kind can have: its items in another order, one twice, an early end."""

    def changed(right: Answer) -> Answer:
        if right.status != 200:
            return right
        data = json.loads(right.body)
        items = {
            "reddit": lambda: data["data"]["children"], "x": lambda: data.get("data", []),
            "discourse": lambda: data["latest_posts"], "mastodon": lambda: data,
        }[kind]()  # fmt: skip
        if name == "early":
            if kind == "reddit":
                data["data"]["after"] = None
            elif kind == "discourse":
                data["latest_posts"] = []
            return replace(
                right,
                body=json.dumps(data, ensure_ascii=False).encode(),
                headers={key: value for key, value in right.headers.items() if key != "link"},
            )
        chance = random.Random(len(right.body))
        if name == "twice" and items:
            items.append(items[0])
        chance.shuffle(items)
        return replace(right, body=json.dumps(data, ensure_ascii=False).encode())

    return changed


def _feed_faults(name: str) -> Callable[[Answer], Answer]:
    def changed(right: Answer) -> Answer:
        head, *entries = right.body.split(b"<entry>")
        if not entries:
            return right
        entries[-1] = entries[-1].removesuffix(b"</feed>")
        if name == "twice":
            entries.append(entries[0])
        random.Random(len(right.body)).shuffle(entries)
        return replace(right, body=b"<entry>".join([head, *entries]) + b"</feed>")

    return changed


def fault(world: World, name: str) -> Callable[[Answer], Answer]:
    """What goes wrong with an answer, by name."""
    plain: dict[str, Callable[[Answer], Answer]] = {
        "429": Fault.status(429), "429 in a while": world.too_many(90), "500": Fault.status(500),
        "503": Fault.status(503, retry_after="600"), "403": Fault.status(403), "cut": Fault.truncated,
        "broken": Fault.broken_json, "html": Fault.html, "empty": Fault.empty, "slow": Fault.slow,
        "expired": Fault.status(400),
    }  # fmt: skip
    if name in plain:
        return plain[name]
    return _feed_faults(name) if world.kind == "feed" else _json_faults(world.kind, name)


def serve(kind: str, orders: Connection, shared: Shared) -> None:
    """The site's process: lists what was listed by the clock, and fails as ordered, until the driver is gone."""
    world = WORLDS[kind]()
    world.page = PAGE  # type: ignore[misc]
    every: list[TimedPost] = []
    faults: dict[int, str] = {}
    shuffle = [0, random.Random(0)]
    served = 0

    def route(request: Request) -> Answer:
        nonlocal served
        shared.asked += 1
        world.posts = [post for post in every if post.seconds + post.late <= shared.clock]  # type: ignore[misc]
        answer = world.route(request)
        # After the answer: what is posted while it travels is not on it.
        shared.clock += shuffle[1].uniform(0, 8)
        if not world.counts(request):
            return answer
        served += 1
        if (name := faults.get(served)) is not None:
            return fault(world, name)(answer)
        if shuffle[0] and shuffle[1].random() < 0.5:
            return fault(world, shuffle[1].choice(["order", "twice"]))(answer)
        return answer

    with FaultyServer(route, world.counts) as server:
        orders.send(server.url)
        while True:
            try:
                order = orders.recv()
            except EOFError:
                return
            if isinstance(order, list):
                every = order
            else:
                faults, served, shuffle = order.faults, 0, [order.shuffle, random.Random(order.shuffle)]
            orders.send(None)


def collector_of(world: World, url: str, shared: Shared, timeout: float) -> Any:
    """The real collector of the world; it counts the requests of those batches that were stored."""
    record = {"private_network": True, **world.settings(url), "timeout": timeout}
    if world.kind == "feed":
        record["pages"] = 30
    else:
        record["first_pages"] = 10
    made: Any = registry.collector_for(record)

    class Counted(type(made)):  # type: ignore[misc]
        def fetch(self, cursor: Cursor | None, now: datetime) -> Iterator[Batch]:
            told = 0
            for batch in super().fetch(cursor, now):
                spent = meter().requests
                yield batch  # whoever asks for the next one has stored this one
                shared.paid += spent - told
                told = spent

    made.__class__ = Counted
    return made


def _killer(at: int, files: tuple[str, ...]) -> Callable[[FrameType, str, Any], Any]:
    """A trace function that kills this process before the `at`-th line of `files`."""
    count = 0
    ours: dict[str, bool] = {}

    def line(frame: FrameType, event: str, arg: Any) -> Any:
        nonlocal count
        if event == "line":
            count += 1
            if count == at:
                os.kill(os.getpid(), signal.SIGKILL)
        return line

    def call(frame: FrameType, event: str, arg: Any) -> Any:
        name = frame.f_code.co_filename
        if name not in ours:
            ours[name] = name.startswith(files)
        return line if ours[name] else None

    return call


def fetch_once(store: Store, collector: Any, shared: Shared, refill: bool) -> None:
    """One fetch, or one stretch of time read again where that is due."""
    with store.read() as tx:
        due = [row for row in looks.open_backfills(tx, BRAND) if row.not_before <= shared.now()]
    if refill and due:
        collecting.refill(store, BRAND, collector, due[0], shared.now)
    else:
        collecting.collect(store, BRAND, collector, shared.now)


def fork_fetch(world: World, url: str, store: Store, step: Step, shared: Shared) -> bool:
    """One fetch in a process of its own; answers whether it was killed. Raises RuntimeError where it broke."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            collector = collector_of(world, url, shared, 0.25 if "slow" in step.faults.values() else 10.0)
            if step.kill_at:
                sys.settrace(_killer(step.kill_at, WRITING if step.writing else OURS))
            fetch_once(store, collector, shared, step.refill)
            code = 0
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            sys.settrace(None)
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    if os.WEXITSTATUS(status):
        raise RuntimeError("a fetch ended with an error of ours; it stands above")
    return False


def plan_posts(chance: random.Random, kind: str, late: bool) -> list[TimedPost]:
    """A few hours of posts, newest first, singly and in bursts."""
    settles = registry.KINDS[kind].about.settles
    seconds, times = chance.randint(0, 3600), []
    while len(times) < chance.randint(8, MOST_POSTS):
        burst = chance.random() < 0.15
        for _ in range(chance.randint(4, 9) if burst else 1):
            times.append(seconds)
            seconds += chance.randint(1, 40) if burst else chance.randint(30, 900)
    posts = []
    for number, at in enumerate(times[:MOST_POSTS], 1):
        delay = chance.randint(0, int(settles) - 10) if late and chance.random() < 0.3 else 0
        text = chance.choice(["gönderi", "kargom nerede & niçin?", "<b>İade</b> şaka mı", "ışıklı 😡"])
        posts.append(TimedPost(number, f"{number} {text}", seconds=at, late=delay))
    return posts[::-1]


FAULTS = ("429", "429 in a while", "500", "503", "403", "cut", "broken", "html", "empty")


def plan_step(chance: random.Random, kind: str, clock: float, found: Found, late: bool) -> Step:
    """The next fetch of a schedule."""
    names = list(FAULTS)
    # A first fetch reads as deep as it can; how deep a site lets it is no promise of ours. And a site that ends early
    # inside the overlap, while it lists posts late, cannot be told from one that has no more.
    if found.begun and not late:
        names += ["expired"] * (2 if kind in EXPIRES else 0)
    faults = {}
    if chance.random() < 0.6:
        faults = {number: chance.choice(names) for number in range(1, 8) if chance.random() < 0.25}
        if chance.random() < 0.01:
            faults[chance.randint(1, 2)] = "slow"
    # A stretch is given up after some tries that found its gap still there; the last one is left to the clean rounds.
    patient = max(found.waiting, default=0) < collecting.BACKFILL_TRIES - 1
    if found.begun and not late and kind in ENDS_EARLY and patient and chance.random() < 0.5:
        faults[chance.choice([1, 2])] = "early"
    step = Step(clock, faults, refill=chance.random() < 0.5, shuffle=chance.choice([0, chance.randint(1, 10**6)]))
    if chance.random() < 0.55:
        step.writing = chance.random() < 0.4
        step.kill_at = chance.randint(1, LINES // 6 if step.writing else LINES)
    return step


@dataclass
class Found:
    """The store between two fetches."""

    stored: dict[str, str]
    begun: bool
    """Whether a first fetch was complete, so that everything after it is promised."""
    waiting: list[int]
    """Of each stretch that is to be read again, how often that was tried."""
    spans: list[Span]
    """What the ledger claims; empty where it was not asked."""


def look_at(store: Store, shared: Shared, ledger: bool = True) -> Found:
    """The store as it is now, and what the ledger claims."""
    now, spans = shared.now(), []
    try:
        with store.read() as tx:
            rows = tx.execute(select(t.mentions.c.native_id, t.mentions.c.text)).all()
            assert len({row.native_id for row in rows}) == len(rows), "a post is stored twice"
            cursors = tx.execute(select(t.source_state.c.cursor)).scalars()
            begun = any("since" in each for cursor in cursors for each in (cursor or {}).get("listings", {}).values())
            waiting = [row.tries for row in looks.open_backfills(tx, BRAND)]
            if ledger:
                covered = watch.coverage(tx, BRAND, START - timedelta(days=1), now, now)
                spans = [span for source in covered.sources for span in source.spans]
    finally:
        store.close()
    return Found({row.native_id: row.text for row in rows}, begun, waiting, spans)


def check_ledger(world: World, posts: list[TimedPost], found: Found) -> None:
    """No moment is called seen in which a post was made that is not stored."""
    for post in posts:
        if world.native_id(post) in found.stored:
            continue
        claims = [span for span in found.spans if span.state == SEEN and span.start <= post.at < span.end]
        assert not claims, f"post {post.number} of {post.at} is not stored, and the ledger says seen for {claims}"


def run_schedule(seed: int, world: World, url: str, orders: Connection, shared: Shared, store: Store) -> Result:
    """One schedule from an empty store to the end; what did not hold is in its result."""
    chance, kind = random.Random(seed), world.kind
    late = kind in LISTS_LATE and chance.random() < 0.5
    posts = plan_posts(chance, kind, late)
    result = Result(seed, posts=len(posts))
    _order(orders, posts)
    shared.clock = chance.choice([0.0, float(chance.randint(0, posts[0].seconds // 3))])
    shared.asked = shared.paid = 0
    try:
        for _ in range(chance.randint(3, 6)):
            found = look_at(store, shared, ledger=chance.random() < 0.5)
            check_ledger(world, posts, found)
            shared.clock += min(chance.expovariate(1 / (2400 if late else 4800)), 4 * 3600)
            step = plan_step(chance, kind, shared.clock, found, late)
            result.steps.append(step)
            _order(orders, step)
            result.kills += fork_fetch(world, url, store, step, shared)
            result.fetches += 1
            result.faults += len(step.faults)
        check_ledger(world, posts, look_at(store, shared))
        _order(orders, Step(shared.clock, {}))
        shared.clock = max(shared.clock, posts[0].seconds + 3600)
        result.gaps = finish(world, url, posts, shared, store)
    except AssertionError as error:
        result.wrong = str(error)
    return result


def _order(orders: Connection, order: Any) -> None:
    orders.send(order)
    orders.recv()


def finish(world: World, url: str, posts: list[TimedPost], shared: Shared, store: Store) -> int:
    """Clean fetches until nothing is to be read again, then everything that must hold; answers how many gaps there
    were."""
    try:
        collector = collector_of(world, url, shared, 10.0)
        for number in range(12):
            shared.clock += 1200
            result = collecting.collect(store, BRAND, collector, shared.now)
            with store.read() as tx:
                due = looks.open_backfills(tx, BRAND)
            for row in due:
                collecting.refill(store, BRAND, collector, row, shared.now)
            if number >= 1 and not due:
                break
        assert result.outcome in ("ok", "empty") and result.reach is not None and not result.new, result
        with store.read() as tx:
            broken = events.verify_chain(tx, BRAND)
            used = tx.execute(
                select(func.sum(t.usage.c.requests)).where(func.length(t.usage.c.period) == 7)
            ).scalar_one()
            assert not looks.open_backfills(tx, BRAND)
            cursor = sources.cursor_of(tx, BRAND, world.kind)
            assert json.loads(json.dumps(cursor)) == cursor and cursor
            gaps = tx.execute(select(func.count()).where(t.events.c.type == "coverage_gap")).scalar_one()
    finally:
        store.close()
    assert not broken, f"the chain of events is broken: {broken}"
    assert shared.paid <= used <= shared.asked, f"{shared.paid} requests paid, {used} noted, {shared.asked} made"
    found = look_at(store, shared)
    expected = {world.native_id(post): post.words for post in posts}
    missing, invented = set(expected) - set(found.stored), set(found.stored) - set(expected)
    assert not missing, f"{len(missing)} of {len(posts)} posts are missing: {sorted(missing)[:5]}"
    assert not invented, f"posts that nobody wrote: {sorted(invented)[:5]}"
    assert found.stored == expected, "texts differ"
    check_ledger(world, posts, found)
    # Every gap was read again. (Before the first post nothing is proven.)
    left = [span for span in found.spans if span.state != SEEN and span.end > posts[-1].at]
    left = [span for span in left if "may be missing" in span.evidence]
    assert not left, f"a gap was not read again: {left}"
    return int(gaps)


def drive(kind: str, seeds: list[int], template: str, folder: str, answers: Connection) -> None:
    """The life of a kind's driver: its schedules one after the other, then a list of results."""
    logging.disable(logging.CRITICAL)
    world = WORLDS[kind]()
    os.environ.update(world.env)
    world.page = PAGE  # type: ignore[misc]
    shared = Shared()
    ours, theirs = multiprocessing.Pipe()
    site = os.fork()
    if site == 0:
        try:
            ours.close()
            answers.close()
            serve(kind, theirs, shared)
        finally:
            os._exit(0)
    theirs.close()
    results = []
    database = Path(folder) / f"{kind}.db"
    shutil.copyfile(template, database)
    store = Store.open(f"sqlite:///{database}")
    store.close()
    try:
        url = ours.recv()
        for seed in seeds:
            for left in Path(folder).glob(f"{kind}.db*"):
                left.unlink()
            shutil.copyfile(template, database)
            results.append(run_schedule(seed, world, url, ours, shared, store))
        answers.send(results)
    finally:
        ours.close()
        os.waitpid(site, 0)
