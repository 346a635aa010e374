"""Threads read from their last page backwards: nothing is missed, the newest comes first, the old is not read again."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectors.spiders.latest import page_url
from collectors.spiders.pages import ListPage, ThreadLink, ThreadPage
from collectors.spiders.steps import Ask, Fault, Found, Plan, Reply, State
from collectors.spiders.threads import Walk, changed
from tests.tries import tries

START = "http://forum.test/active"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
FORM = "{first}?p={page}"


def topic(name: str) -> ThreadLink:
    return ThreadLink(name, f"http://forum.test/{name}")


@dataclass
class Site:
    """Topics in memory, their posts oldest first, a few to a page; the pager says how many pages there are."""

    per_page: int = 2
    topics: dict[str, list[int]] = field(default_factory=dict)
    posts: int = 0
    answers: dict[str, Fault] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    blank: bool = False

    def post(self, name: str, number: int = 1) -> None:
        for _ in range(number):
            self.posts += 1
            self.topics.setdefault(name, []).append(self.posts)

    def remove(self, name: str, number: int) -> None:
        posts = self.topics.get(name)
        if posts and len(posts) > 1:
            posts.pop(number % len(posts))

    @property
    def ids(self) -> set[str]:
        return {f"p{post}" for posts in self.topics.values() for post in posts}

    def answer(self, ask: Ask) -> ListPage | ThreadPage | Fault:
        self.asked.append(ask.url.removeprefix("http://forum.test/"))
        if ask.thread is None:
            order = sorted(self.topics, key=lambda name: -self.topics[name][-1])
            links = tuple(
                ThreadLink(name, topic(name).url, f"{len(self.topics[name])} {self.topics[name][-1]}") for name in order
            )
            return ListPage(ask.url, links, None, not order)
        if ask.thread in self.answers:
            return self.answers[ask.thread]
        posts = self.topics.get(ask.thread, [])
        first, _, number = ask.url.partition("?p=")
        at, count = int(number or 1), max(1, -(-len(posts) // self.per_page))
        shown = posts[(at - 1) * self.per_page : at * self.per_page]
        if not shown and not (self.blank and at > 1):
            return Fault("gone", ask.url)
        found = tuple(
            {"native_id": f"p{post}", "published_at": (NOW - timedelta(days=30) + timedelta(hours=post)).isoformat()}
            for post in shown
        )
        drift = "" if shown else "no post"
        return ThreadPage(ask.url, found, pages=count, first_url=first if at == 1 else None, drift=drift)


@dataclass
class Store:
    """What a caller of `fetch` keeps."""

    posts: list[str] = field(default_factory=list)
    state: State | None = None
    reach: State | None = None

    def crawl(self, site: Site, pages: int = 10_000, keep: int | None = None, **plan: Any) -> Walk:
        lists = plan.pop("lists", True)
        form = Plan(page_url=FORM, now=NOW, **plan)
        walk = Walk((START,) if lists else (), self.state, 5, form)
        steps, reply, asked, found = walk.run(), None, 0, 0
        while True:
            try:
                step = steps.send(reply)
            except StopIteration:
                self.reach = walk.reach
                if self.reach is not None and keep is None:
                    kept = {name: item for name, item in (self.state or {}).items() if name not in ("proof", "floor")}
                    self.state = {**kept, "complete": True}
                return walk
            reply = None
            if isinstance(step, Found):
                found += 1
                if keep is None or found <= keep:
                    self.posts += [post["native_id"] for post in step.posts]
                    self.state = json.loads(json.dumps(changed(self.state or {}, step.change)))
            elif asked >= pages:
                reply = Reply(None, 0.0)
            else:
                asked += 1
                reply = Reply(site.answer(step), 1 - asked / pages)


def one(posts: int) -> tuple[Site, Store, dict[str, Any]]:
    site = Site()
    site.post("a", posts)
    return site, Store(), {"lists": False, "topics": (topic("a"),)}


def test_the_address_of_a_page() -> None:
    assert page_url("{first}-{page}", "http://x/a--1", 1) == "http://x/a--1"
    assert page_url("{first}-{page}", "http://x/a--1", 12) == "http://x/a--1-12"
    assert page_url("{first}-{page}", "http://x/{page}--1", 2) == "http://x/{page}--1-2", "an address is a stranger's"


def test_the_newest_page_comes_first_and_a_quiet_topic_costs_one_request() -> None:
    site, store, plan = one(7)
    store.crawl(site, **plan)
    assert site.asked == ["a", "a?p=4", "a?p=3", "a?p=2", "a"]
    assert store.posts[0] == "p7" and set(store.posts) == site.ids
    assert store.reach == {"proof": "ended", "since": (NOW - timedelta(days=30, hours=-1)).isoformat(), "gap": False}
    site.asked.clear()
    store.posts.clear()
    store.crawl(site, **plan)
    assert site.asked == ["a?p=4"] and store.posts == ["p7"]
    assert store.reach == {"proof": "overlap", "since": None, "gap": False}


def test_new_pages_are_read_down_to_a_known_post_only() -> None:
    site, store, plan = one(7)
    store.crawl(site, **plan)
    site.post("a", 5)
    site.asked.clear()
    store.posts.clear()
    store.crawl(site, **plan)
    assert site.asked == ["a?p=4", "a?p=6", "a?p=5"], "the page that was asked first is not asked twice"
    assert store.posts == ["p11", "p12", "p9", "p10", "p7", "p8"]


def test_a_long_topic_is_read_as_far_back_as_is_allowed() -> None:
    site, store, plan = one(20)
    walk = store.crawl(site, thread_pages=3, **plan)
    assert set(store.posts) == {f"p{number}" for number in range(15, 21)}
    assert store.reach is not None and store.reach["proof"] == "parsed" and not store.reach["gap"]
    assert store.reach["since"] == (NOW - timedelta(days=30, hours=-15)).isoformat()
    assert walk.notes == ["thread a: read 3 pages from its end"]
    site.post("a", 20)
    store.crawl(site, thread_pages=3, **plan)
    assert store.reach["gap"] and store.reach["since"] == (NOW - timedelta(days=30, hours=-35)).isoformat()
    store.crawl(site, thread_pages=3, **plan)
    assert store.reach == {"proof": "overlap", "since": None, "gap": False}


def test_posts_before_a_time_are_not_asked_for() -> None:
    site, store, plan = one(20)
    store.crawl(site, oldest=NOW - timedelta(days=30, hours=-17), **plan)
    assert set(store.posts) == {f"p{number}" for number in range(15, 21)}, "and the page on which they begin"


def test_a_rewound_state_reads_down_to_its_floor() -> None:
    site, store, plan = one(20)
    store.crawl(site, thread_pages=2, **plan)
    store.posts.clear()
    store.state = {"floor": (NOW - timedelta(days=30, hours=-9)).isoformat()}
    store.crawl(site, thread_pages=2, **plan)
    assert {f"p{number}" for number in range(9, 21)} <= set(store.posts) and "p1" not in store.posts
    assert store.state is not None and "floor" not in store.state


def test_deleted_posts_do_not_make_it_read_the_whole_topic() -> None:
    site, store, plan = one(21)
    store.crawl(site, **plan)
    for _ in range(9):
        site.topics["a"].pop(10)  # all that were known, and more
    site.post("a", 2)
    site.asked.clear()
    store.crawl(site, **plan)
    assert site.ids <= set(store.posts) and len(site.asked) <= 5
    assert store.reach == {"proof": "overlap", "since": None, "gap": False}


def test_a_topic_that_a_person_named_and_that_is_gone_is_a_fault() -> None:
    site, store, plan = one(3)
    plan["topics"] = (topic("b"), *plan["topics"])
    walk = store.crawl(site, **plan)
    assert walk.fault is not None and walk.fault.code == "gone" and set(store.posts) == site.ids
    assert store.reach is None


def test_topics_take_turns() -> None:
    site, store = Site(), Store()
    for name in "abc":
        site.post(name, 4)
    for _ in range(4):
        store.crawl(site, pages=3, lists=False, topics=tuple(map(topic, "abc")))
    assert set(store.posts) == site.ids


events = st.lists(
    st.one_of(
        st.tuples(st.just("post"), st.integers(0, 3), st.integers(1, 7)),
        st.tuples(st.just("remove"), st.integers(0, 3), st.integers(0, 20)),
        st.tuples(st.just("crawl"), st.integers(0, 12), st.none()),
        st.tuples(st.just("broken"), st.integers(0, 3), st.integers(0, 12)),
        st.tuples(st.just("crash"), st.integers(1, 20), st.integers(0, 20)),
    ),
    max_size=25,
)


@settings(max_examples=tries(300), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(events, st.integers(1, 3), st.booleans(), st.booleans())
def test_nothing_is_missed_wherever_crawls_stop(
    history: list[tuple[str, int, Any]], per_page: int, lists: bool, blank: bool
) -> None:
    site, store = Site(per_page, blank=blank), Store()
    plan: dict[str, Any] = {"lists": lists, "topics": () if lists else tuple(topic(f"t{n}") for n in range(4))}
    for number in range(4):
        site.post(f"t{number}")
    broken = 0
    for what, first, second in history:
        if what == "post":
            site.post(f"t{first}", second)
        elif what == "remove":
            for _ in range(1 + second % 5):
                site.remove(f"t{first}", second // 5)
        elif what == "crawl":
            store.crawl(site, pages=first, **plan)
        elif what == "broken":
            if broken < 4:  # a thread that fails oftener waits for its next post
                broken += 1
                site.answers[f"t{first}"] = Fault("timeout", topic(f"t{first}").url)
                store.crawl(site, pages=second, **plan)
                site.answers.clear()
        else:
            store.crawl(site, pages=first, keep=second, **plan)
    for _ in range(3):
        walk = store.crawl(site, **plan)
    assert site.ids <= set(store.posts)
    assert walk.fault is None and store.reach == {"proof": "overlap", "since": None, "gap": False}


def test_a_reading_that_is_cut_off_goes_on_where_it_stopped() -> None:
    site, store, plan = one(24)
    for _ in range(6):
        site.post("a")
        store.crawl(site, pages=4, **plan)
    assert site.ids <= set(store.posts), "four pages at a time suffice for fifteen"
