"""The walk through a forum misses nothing, wherever it is stopped and whatever happens on the forum meanwhile."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectors.spiders.pages import ListPage, ThreadLink, ThreadPage
from collectors.spiders.threads import (
    MAX_OPEN,
    MAX_THREADS,
    MAX_TRIES,
    Ask,
    Fault,
    Found,
    Reply,
    State,
    Walk,
    changed,
)
from tests.tries import tries

START = "http://forum.test/active"


@dataclass
class Forum:
    """A forum in memory: threads by last activity, posts oldest first, a few of each on a page."""

    per_list: int = 3
    per_thread: int = 3
    marks: bool = True
    repeats: bool = False
    """Whether each page of a thread begins with the thread's first post, as on some forums."""
    blank: bool = False
    """Whether a page beyond a thread's end is shown without posts instead of not at all."""
    threads: dict[str, list[str]] = field(default_factory=dict)
    changes: int = 0
    touched: dict[str, int] = field(default_factory=dict)
    answers: dict[str, Fault] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def post(self, thread: str, number: int = 1) -> None:
        for _ in range(number):
            self.changes += 1
            self.threads.setdefault(thread, []).append(f"p{self.changes}")
            self.touched[thread] = self.changes

    def remove(self, thread: str, number: int) -> None:
        posts = self.threads.get(thread)
        if posts and len(posts) > 1:
            # Where the first post is shown on every page, taking it away takes away its thread.
            first = 1 if self.repeats else 0
            posts.pop(first + number % (len(posts) - first))
            self.touched[thread] = int(posts[-1][1:])

    @property
    def posts(self) -> set[str]:
        return {post for posts in self.threads.values() for post in posts}

    def answer(self, ask: Ask) -> ListPage | ThreadPage | Fault:
        self.asked.append(ask.url)
        base, _, page = ask.url.partition("?p=")
        number = int(page or 1)
        if ask.thread is None:
            if ask.url in self.answers:
                return self.answers[ask.url]
            order = sorted(self.threads, key=lambda name: -self.touched[name])
            shown = order[(number - 1) * self.per_list : number * self.per_list]
            if not shown and number > 1:
                return Fault("gone", ask.url)
            links = tuple(
                ThreadLink(name, f"http://forum.test/t/{name}", self._mark(name) if self.marks else None)
                for name in shown
            )
            more = number * self.per_list < len(order)
            return ListPage(ask.url, links, f"{base}?p={number + 1}" if more else None, not order)
        name = ask.thread
        if name in self.answers:
            return self.answers[name]
        posts = self.threads.get(name, [])
        shown = posts[(number - 1) * self.per_thread : number * self.per_thread]
        if not shown and number > 1 and not self.blank:
            return Fault("gone", ask.url)
        if shown and number > 1 and self.repeats:
            shown = [posts[0], *shown]
        more = number * self.per_thread < len(posts)
        page_posts = tuple({"native_id": post} for post in shown)
        return ThreadPage(
            ask.url, page_posts, next=f"{base}?p={number + 1}" if more else None, drift="" if shown else "no post"
        )

    def _mark(self, name: str) -> str:
        return f"{len(self.threads[name])} {self.touched[name]}"


@dataclass
class Store:
    """What a caller of `fetch` keeps: posts and the state, together."""

    posts: list[str] = field(default_factory=list)
    state: State | None = None

    def crawl(self, forum: Forum, pages: int = 10_000, keep: int | None = None, list_pages: int = 100) -> Walk:
        """One crawl of at most `pages` pages, of which only the first `keep` steps were stored before a crash."""
        walk = Walk((START,), self.state, list_pages)
        steps, reply, asked, found = walk.run(), None, 0, 0
        while True:
            try:
                step = steps.send(reply)
            except StopIteration:
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
                reply = Reply(forum.answer(step), 1 - asked / pages)


def a_forum(**sizes: Any) -> Forum:
    forum = Forum(**sizes)
    for number in range(8):
        forum.post(f"t{number}", 1 + number * 2 % 7)
    return forum


def test_the_first_crawl_brings_all_and_the_second_asks_for_one_page_only() -> None:
    forum, store = a_forum(), Store()
    store.crawl(forum)
    assert sorted(store.posts) == sorted(forum.posts)
    forum.asked.clear()
    walk = store.crawl(forum)
    assert forum.asked == [START]
    assert walk.notes == ["nothing new on list page 1"]


def test_without_marks_each_thread_of_the_first_page_is_opened_at_its_last_page() -> None:
    forum, store = a_forum(marks=False), Store()
    store.crawl(forum)
    forum.asked.clear()
    store.crawl(forum)
    assert len(forum.asked) == 1 + forum.per_list
    assert "http://forum.test/t/t6?p=2" in forum.asked and "http://forum.test/t/t6" not in forum.asked


def test_new_posts_are_read_from_the_last_page_on() -> None:
    forum, store = a_forum(), Store()
    store.crawl(forum)
    forum.post("t6", 5)
    forum.asked.clear()
    store.posts.clear()
    store.crawl(forum)
    assert forum.asked[:2] == [START, "http://forum.test/t/t6?p=2"]
    new = {f"p{forum.changes - number}" for number in range(5)}
    assert new <= set(store.posts) and len(store.posts) <= 5 + forum.per_thread, "an overlap of one page at most"


def test_deleted_posts_move_the_pages_and_the_thread_is_read_again_from_its_start() -> None:
    forum, store = Forum(), Store()
    forum.post("t", 7)  # three pages, the last with one post
    store.crawl(forum)
    for _ in range(4):
        forum.remove("t", 0)
    forum.post("t", 4)  # three pages again, and none of the posts on the last is known
    walk = store.crawl(forum)
    assert forum.posts <= set(store.posts)
    assert any("read again from the first" in note for note in walk.notes)


def test_a_thread_whose_last_page_vanished_is_read_from_its_start() -> None:
    forum, store = Forum(), Store()
    forum.post("t", 7)
    store.crawl(forum)
    for _ in range(5):
        forum.remove("t", 0)
    forum.post("t")
    store.crawl(forum)
    assert forum.posts <= set(store.posts)


def test_a_thread_that_fails_does_not_hold_up_the_others_and_comes_first_next_time() -> None:
    forum, store = a_forum(), Store()
    forum.answers["t3"] = Fault("server_error", "http://forum.test/t/t3", status=500)
    walk = store.crawl(forum)
    assert walk.fault == forum.answers["t3"]
    assert forum.posts - set(store.posts) == set(forum.threads["t3"])
    del forum.answers["t3"]
    forum.asked.clear()
    walk = store.crawl(forum)
    assert walk.fault is None and forum.asked[0] == "http://forum.test/t/t3"
    assert forum.posts == set(store.posts)


def test_a_thread_that_never_answers_is_given_up_until_its_next_post() -> None:
    forum, store = a_forum(), Store()
    forum.answers["t3"] = Fault("timeout", "http://forum.test/t/t3")
    for _ in range(MAX_TRIES + 1):
        store.crawl(forum)
    assert store.state is not None and store.state["retry"] == {}


def test_a_crawl_that_is_killed_while_it_tries_again_tries_again() -> None:
    for keep in range(6):
        forum, store = a_forum(), Store()
        forum.answers["t3"] = Fault("timeout", "http://forum.test/t/t3")
        store.crawl(forum)
        forum.answers.clear()
        store.crawl(forum, keep=keep)
        store.crawl(forum)
        assert set(store.posts) == forum.posts


def test_two_pages_running_that_fail_end_the_crawl() -> None:
    forum, store = a_forum(), Store()
    for name in forum.threads:
        forum.answers[name] = Fault("timeout", f"http://forum.test/t/{name}")
    store.crawl(forum)
    assert len(forum.asked) == 3
    forum.answers.clear()
    store.crawl(forum)
    assert set(store.posts) == forum.posts


def test_bot_protection_ends_the_crawl_at_once() -> None:
    forum, store = a_forum(), Store()
    forum.answers["t6"] = Fault("bot_protection", "http://forum.test/t/t6")
    forum.post("t6")
    walk = store.crawl(forum)
    assert forum.asked == [START, "http://forum.test/t/t6"] and walk.fault is not None


def test_members_only_threads_are_passed_over_but_a_forum_that_refuses_all_is_a_failure() -> None:
    forum, store = a_forum(), Store()
    forum.answers["t2"] = Fault("forbidden", "http://forum.test/t/t2", status=403)
    walk = store.crawl(forum)
    assert walk.fault is None and forum.posts - set(store.posts) == set(forum.threads["t2"])
    for name in forum.threads:
        forum.answers[name] = Fault("forbidden", f"http://forum.test/t/{name}", status=403)
        forum.post(name)
    walk = store.crawl(forum)
    assert walk.fault is not None and walk.fault.code == "forbidden"


def test_a_list_without_threads_is_a_changed_layout_unless_the_page_says_that_it_is_empty() -> None:
    walk = Walk((START,), None, 5)
    steps = walk.run()
    step = next(steps)
    while isinstance(step, Found):
        step = next(steps)
    for _ in _rest(steps, Reply(ListPage(START, ()))):
        pass
    assert walk.fault is not None and walk.fault.code == "layout" and "threads.row" in walk.fault.detail
    walk = Store().crawl(Forum())
    assert walk.fault is None and walk.notes == ["the thread list is empty"]


def _rest(steps: Any, reply: Reply) -> Any:
    try:
        step = steps.send(reply)
        while True:
            yield step
            step = next(steps)
    except StopIteration:
        return


def test_posts_that_vanish_from_every_thread_are_a_changed_layout() -> None:
    forum, store = a_forum(), Store()
    forum.per_thread = 0
    walk = store.crawl(forum)
    assert walk.fault is not None and walk.fault.code == "layout"
    assert len(forum.asked) == 4, "three threads without posts are enough to stop"


def test_list_pages_bounds_how_far_back_a_list_is_read() -> None:
    forum, store = a_forum(), Store()
    walk = store.crawl(forum, list_pages=2)
    assert len([url for url in forum.asked if url.startswith(START)]) == 2
    assert "list_pages reached (2)" in walk.notes
    assert store.state is not None and store.state["lists"] == {START: []}


def test_two_lists_take_turns() -> None:
    first: list[str] = []
    state: State | None = None
    for _ in range(2):
        walk = Walk(("http://forum.test/a", "http://forum.test/b"), state, 5)
        steps = walk.run()
        step = next(steps)
        while isinstance(step, Found):
            step = next(steps)
        first.append(step.url)
        for _ in _rest(steps, Reply(None, 0.0)):
            pass
        state = walk.state
    assert first == ["http://forum.test/a", "http://forum.test/b"]


def test_the_state_stays_small() -> None:
    state: State = {}
    for number in range(MAX_THREADS + 50):
        state = changed(state, {"threads": {f"t{number}": {"page": "x"}}})
        if number == MAX_THREADS - 1:
            state = changed(state, {"touched": ["t0"]})
    assert len(state["threads"]) == MAX_THREADS
    assert "t0" in state["threads"] and "t1" not in state["threads"]


def test_walks_that_are_cut_off_again_and_again_do_not_pile_up() -> None:
    forum, store = a_forum(per_list=1, per_thread=1), Store()
    for _ in range(12):
        forum.post("t0")
        forum.post("t1")
        store.crawl(forum, pages=6)
        assert store.state is not None and len(store.state["lists"][START]) <= MAX_OPEN
    for _ in range(3):
        store.crawl(forum)
    assert set(store.posts) == forum.posts


events = st.lists(
    st.one_of(
        st.tuples(st.just("post"), st.integers(0, 3), st.integers(1, 5)),
        st.tuples(st.just("post"), st.integers(0, 12), st.integers(1, 5)),
        st.tuples(st.just("remove"), st.integers(0, 3), st.integers(0, 20)),
        st.tuples(st.just("crawl"), st.integers(0, 25), st.none()),
        st.tuples(st.just("broken"), st.integers(0, 5), st.integers(0, 25)),
        st.tuples(st.just("crash"), st.integers(1, 40), st.integers(0, 30)),
    ),
    max_size=30,
)


@settings(max_examples=tries(300), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(events, st.tuples(*[st.booleans()] * 3), st.integers(1, 4), st.integers(1, 4))
def test_nothing_is_missed_wherever_crawls_stop(
    history: list[tuple[str, int, Any]], traits: tuple[bool, bool, bool], per_list: int, per_thread: int
) -> None:
    forum, store = Forum(per_list, per_thread, *traits), Store()
    broken = 0
    forum.post("t0")
    for what, first, second in history:
        if what == "post":
            forum.post(f"t{first}", second)
        elif what == "remove":
            for _ in range(1 + second % 5):
                forum.remove(f"t{first}", second // 5)
        elif what == "crawl":
            store.crawl(forum, pages=first)
        elif what == "broken":
            # A thread that fails MAX_TRIES times waits for its next post; that is tested above.
            if broken < MAX_TRIES - 1:
                broken += 1
                forum.answers[f"t{first}"] = Fault("timeout", f"http://forum.test/t/t{first}")
                store.crawl(forum, pages=second)
                forum.answers.clear()
        else:
            store.crawl(forum, pages=first, keep=second)
    store.crawl(forum)
    store.crawl(forum)
    assert forum.posts <= set(store.posts)
