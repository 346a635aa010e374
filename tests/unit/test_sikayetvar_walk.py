"""The walk through a brand's complaints, against a portal that changes, fails and is cut off at random: nothing is
lost, and what is proven is true."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collectors.complaints.portal import Card, Detail, ListPage, page_number
from collectors.complaints.walk import MAX_KNOWN, MAX_TRIES, Walk, changed
from collectors.spiders.steps import Ask, Fault, Found, Reply

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
BASE = "https://www.sikayetvar.com"


@dataclass
class Portal:
    """Complaints by number, the newest last, `size` to a page."""

    numbers: list[int] = field(default_factory=list)
    size: int = 4
    next: int = 0
    links: bool = True

    def write(self, number: int) -> None:
        for _ in range(number):
            self.next += 1
            self.numbers.append(self.next)

    def page(self, ask: Ask) -> ListPage | Detail | Fault:
        if ask.thread is not None:
            number = int(ask.thread.partition("-")[2])
            if number not in self.numbers:
                return Fault("gone", ask.url, "", 404)
            at = NOW - timedelta(days=30) + timedelta(minutes=number)
            return Detail(ask.url, {"path": ask.thread, "published_at": at.isoformat(), "solved": False})
        page = page_number(ask.url)
        newest = self.numbers[::-1]
        shown = newest[(page - 1) * self.size : page * self.size]
        last = -(-len(newest) // self.size)
        if not shown:
            page, shown = 1, newest[: self.size]  # the portal leads back to its first page
        cards = tuple(Card(f"b/s-{n}", f"{BASE}/b/s-{n}", "t", "x", None, None, False) for n in shown)
        linked = last if self.links and last > 1 else None
        return ListPage(ask.url, page, cards, linked, None, empty=not cards)


@dataclass
class Store:
    """What is stored: ids and the state, batch by batch."""

    ids: set[str] = field(default_factory=set)
    bad: set[str] = field(default_factory=set)
    state: dict[str, Any] = field(default_factory=dict)
    reach: dict[str, Any] | None = None

    def crawl(self, portal: Portal, dice: random.Random | None = None, faults: float = 0.0, **more: Any) -> Walk:
        """One crawl; with `dice` it may be killed anywhere, answers may fail, and complaints come and go meanwhile."""
        walk = Walk("b", json.loads(json.dumps(self.state)), more.pop("list_pages", 500), now=NOW, **more)
        steps, reply, self.reach = walk.run(), None, None
        left, quiet = dice.choice([3, 10, 40, 10_000]) if dice else 10_000, 0
        while True:
            try:
                step = steps.send(reply)
            except StopIteration:
                break
            reply = None
            if isinstance(step, Found):
                self.ids |= {post["path"] for post in step.posts}
                self.bad |= {bad["native_id"] for bad in step.bad}
                self.state = changed(self.state, step.change)
                continue
            if dice and dice.random() < 0.02:
                return walk  # killed
            if left == 0:
                reply = Reply(None)
                continue
            left -= 1
            if dice and dice.random() < faults:
                reply = Reply(Fault(dice.choice(["server_error", "timeout", "rate_limited", "unreachable"]), step.url))
                continue
            reply = Reply(portal.page(step))  # type: ignore[arg-type]
            # A complaint that comes and one that goes within three requests cannot be told from none: the
            # pages look as before. Everything else must be noticed.
            quiet -= 1
            if dice and quiet < 0 and dice.random() < 0.07:
                quiet = 3
                if dice.random() < 0.7 or not portal.numbers:
                    portal.write(dice.randint(1, 3))
                else:
                    portal.numbers.remove(dice.choice(portal.numbers))
        self.reach = walk.reach if left else None
        return walk


@pytest.mark.parametrize("seed", range(500))
def test_random_stops_faults_and_changes_lose_nothing(seed: int) -> None:
    dice = random.Random(seed)
    portal, store = Portal(size=dice.choice([2, 4, 7]), links=dice.random() < 0.8), Store()
    if not portal.links:
        portal.size = 12
    portal.write(dice.randint(0, 60) or 1)
    for _ in range(dice.randint(1, 12)):
        served = set(portal.numbers)
        store.crawl(portal, dice, faults=dice.choice([0.0, 0.02, 0.2]))
        if store.reach and not store.reach["gap"]:
            # What is called seen was read: everything that was there before the crawl and still is.
            there = {f"b/s-{n}" for n in served & set(portal.numbers)}
            assert there <= store.ids | store.bad
        portal.write(dice.randint(0, 15))
    for _ in range(MAX_TRIES + 2):
        store.crawl(portal)
    missing = {f"b/s-{n}" for n in portal.numbers} - store.ids - store.bad
    assert not missing, sorted(missing)
    assert store.reach is not None and not store.state.get("at") and not store.state.get("retry")


def test_a_walk_that_is_always_cut_short_comes_to_its_end() -> None:
    portal, store = Portal(size=5), Store()
    portal.write(200)
    for _ in range(200):
        dice = random.Random(1)
        dice.random = lambda: 1.0  # type: ignore[method-assign]
        dice.choice = lambda _: 10  # type: ignore[method-assign,assignment]
        store.crawl(portal, dice)
        if store.reach:
            break
    assert len(store.ids) == 200


def test_a_list_that_repeats_itself_is_not_believed() -> None:
    portal = Portal(size=12)
    portal.write(12)

    class Stuck(Portal):
        def page(self, ask: Ask) -> Any:
            found = super().page(Ask(f"{BASE}/b?page=1")) if ask.thread is None else super().page(ask)
            if isinstance(found, ListPage):
                return ListPage(ask.url, page_number(ask.url), found.cards, last=40)
            return found

    stuck, store = Stuck(portal.numbers, 12), Store()
    walk = store.crawl(stuck)
    assert walk.fault is not None and walk.fault.code == "layout" and "same complaints" in walk.fault.detail
    assert store.reach is None and len(store.ids) == 12


def test_the_state_stays_small_and_forgets_the_oldest() -> None:
    known = {
        f"b/s-{n}": {"walk": 1, "at": f"2026-01-01T00:00:00.{n:06d}", "read": "", "solved": False} for n in range(3)
    }
    state = changed({}, {"known": known})
    many = {f"b/x-{n}": {"walk": 1, "at": f"2026-02-01T00:00:00.{n:06d}", "solved": False} for n in range(MAX_KNOWN)}
    state = changed(state, {"known": many})
    assert len(state["known"]) == MAX_KNOWN and "b/s-1" not in state["known"]
    assert changed(state, {"known": {"b/x-1": None}})["known"].keys() == many.keys() - {"b/x-1"}


def test_a_state_is_never_changed_in_place() -> None:
    state: dict[str, Any] = {"known": {"b/s-1": {"walk": 1}}, "retry": {"b/s-2": 1}}
    before = json.dumps(state)
    portal = Portal()
    portal.write(9)
    store = Store(state=state)
    store.crawl(portal)
    assert json.dumps(state) == before
