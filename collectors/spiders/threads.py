"""The walk through a forum: which page is asked next, what is new, and where a later crawl goes on. No I/O.

Thread lists are walked from the thread with the newest activity down to a page on which nothing is new; each thread is
read from the page that was read last (the overlap) to its end. The state, kept in the cursor, says per thread how far
it was read, and per list where a walk was cut off, so that a crawl that is stopped anywhere misses nothing:

    {"walk": 7, "threads": {id: {"page": address, "first": id, "last": [ids], "seen": mark, "walk": 7, "new": 6}},
     "lists": {start address: [{"url": address, "walk": 6, "since": 6, "depth": 3}]},
     "retry": {id: {"url": address, "tries": 1}}}

`walk` numbers the walks; of a thread it is the last that read it to its end, and `new` the last that found something
new in it. A thread that a walk has finished is not opened again in what was left of that walk.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any

from collectors.spiders.pages import ListPage, ThreadLink, ThreadPage

MAX_THREADS = 1_000
"""Threads remembered; one that was forgotten is read from its first page when it comes up again."""

MAX_OPEN = 4
"""Walks of one list that may wait to be finished; beyond that they are finished before a new one begins."""

MAX_RETRY = 50
MAX_TRIES = 5
"""Threads that failed and are read again first, and how often before they wait for their next post."""

KNOWN_POSTS = 5
"""Posts of a thread's last page remembered; one of them found again proves that nothing was missed in between."""

State = dict[str, Any]

GONE = "gone"
BARRED = frozenset({"forbidden", "robots"})
STOPPING = frozenset({"rate_limited", "bot_protection"})


@dataclass(frozen=True)
class Ask:
    """A page that the walk needs: a list page, or a page of the thread `thread` (`first`: its first page)."""

    url: str
    thread: str | None = None
    first: bool = False


@dataclass(frozen=True)
class Fault:
    """Why a page could not be read: a reason code, its address, and the evidence in a few words."""

    code: str
    url: str
    detail: str = ""
    status: int | None = None
    retry_after: str | None = None


@dataclass(frozen=True)
class Reply:
    """What came of an Ask: the page, a Fault, or None when the crawl must stop here; `left` of it, from 1 to 0."""

    page: ListPage | ThreadPage | Fault | None
    left: float = 1.0


@dataclass(frozen=True)
class Found:
    """A page's posts, and the changes to the state once they are stored."""

    posts: tuple[dict[str, Any], ...] = ()
    bad: tuple[dict[str, Any], ...] = ()
    change: State = field(default_factory=dict)


Steps = Generator["Ask | Found", "Reply | None", Any]


def changed(state: Mapping[str, Any], change: Mapping[str, Any]) -> State:
    """The state after a change; the threads seen longest ago are forgotten beyond MAX_THREADS."""
    threads = dict(state.get("threads") or {})
    for name in change.get("touched", ()):
        if name in threads:
            threads[name] = threads.pop(name)
    for name, kept in (change.get("threads") or {}).items():
        threads.pop(name, None)
        if kept is not None:
            threads[name] = kept
    for name in list(threads)[: max(0, len(threads) - MAX_THREADS)]:
        del threads[name]
    after = {**state, **{key: change[key] for key in ("walk", "lists", "retry") if key in change}}
    return {**after, "threads": threads}


class Walk:
    """One crawl of a forum's thread lists, as a generator: it yields Ask (answered by a Reply) and Found.

    `start_urls` are thread lists; `state` what an earlier crawl left (None: nothing); `list_pages` how many pages of
    a list are looked through at most. After the generator's end `notes` says what happened, `fault` what went wrong.
    """

    def __init__(self, start_urls: tuple[str, ...], state: Mapping[str, Any] | None, list_pages: int) -> None:
        self.state: State = changed(json.loads(json.dumps(state or {})), {})
        self.notes: list[str] = []
        self.fault: Fault | None = None
        self.thread_pages = 0
        self._starts = start_urls
        self._list_pages = list_pages
        self._failing = 0
        self._barred = 0
        self._blank: Fault | None = None
        self._left = 1.0
        self._stopped = False

    def run(self) -> Steps:
        """The steps of the crawl."""
        lists = self.state.get("lists") or {}
        yield self._change({"lists": {url: lists.get(url) or [] for url in self._starts}})
        yield from self._retry()
        turn = int(self.state.get("walk") or 0) % len(self._starts)
        for start in self._starts[turn:] + self._starts[:turn]:  # by turns, so that no list starves another
            if self._stopped:
                break
            waiting = self.state["lists"][start]
            # A walk that was cut off near the top begins at the top again, and needs no other above it.
            if len(waiting) < MAX_OPEN and all(kept["depth"] > 1 for kept in waiting):
                number = int(self.state.get("walk") or 0) + 1
                yield self._change({"walk": number})
                begun = {"url": start, "walk": number, "since": number, "depth": 1}
                yield from self._descend(start, begun, 0.5 if waiting else 0.0)
            for begun in reversed(waiting):
                if self._stopped:
                    break
                if begun["depth"] == 1:
                    # It stands for a walk from the top too: what it has finished may have new posts by now.
                    number = int(self.state.get("walk") or 0) + 1
                    yield self._change({"walk": number})
                    yield self._open(start, begun["walk"], {**begun, "walk": number})
                    begun = {**begun, "walk": number}
                yield from self._descend(start, begun, 0.0)
        if self._blank and not self.thread_pages:
            self.fault = self.fault or self._blank

    def _change(self, change: State, page: ThreadPage | None = None) -> Found:
        self.state = changed(self.state, change)
        return Found(page.posts if page else (), page.bad if page else (), change)

    def _open(self, start: str, walk: int, at: State | None) -> Found:
        """Remember that this walk of a list goes on at `at`, or (None) that it is finished."""
        rest = [kept for kept in self.state["lists"][start] if kept["walk"] != walk]
        # In the order of the walks: the newest, which is the highest on the list, is gone on with first.
        after = sorted([*rest, at] if at else rest, key=lambda kept: kept["walk"])
        return self._change({"lists": {**self.state["lists"], start: after}})

    def _descend(self, start: str, begun: State, floor: float) -> Steps:
        """Down a list from where `begun` says to a page without anything new, as long as more than `floor` of the
        crawl is left. Where the walk goes on is written down before a page's threads are read, so that being killed
        is no different from being stopped."""
        at, walk, above = dict(begun), begun["walk"], None
        since = begun["since"]  # what was new in an earlier part of this walk is new to it
        asked: set[str] = set()
        while True:
            page = yield from self._ask(Ask(at["url"]))
            if isinstance(page, Fault) and page.code == GONE and at["depth"] > 1:
                yield self._open(start, walk, None)  # the list has become shorter than where the walk was cut off
                return
            if page is None or isinstance(page, Fault):
                if page is not None:
                    self._failed(page)
                return
            assert isinstance(page, ListPage)
            asked.add(at["url"])
            if not page.threads and at["depth"] == 1:
                if not page.empty:
                    self._failed(Fault("layout", at["url"], "no thread was found with threads.row and threads.link"))
                else:
                    self.notes.append("the thread list is empty")
                return
            # A page above, because deleted threads move the list up.
            yield self._open(start, walk, above or at)
            results: list[bool | None] = []
            touched = []
            for link in page.threads:
                kept = self.state["threads"].get(link.id)
                same = kept is not None and kept.get("seen") == link.seen
                new_before = bool(kept and (kept.get("new") or 0) >= since)
                # Without marks of activity only what this walk itself has finished; a newer post has moved the thread
                # up, to where a later walk from the top finds it.
                if kept and same and (link.seen is not None or kept.get("walk") == walk):
                    touched.append(link.id)
                    results.append(new_before)
                else:
                    new = yield from self._thread(link, walk)
                    results.append(new_before or new)
                if self._stopped:
                    return
            yield self._change({"touched": touched})
            over = page.next is None or page.next in asked
            # Threads that could not be read prove nothing, so at least one must be known to have nothing new.
            finished = False in results and True not in results
            if finished:
                self.notes.append(f"nothing new on list page {at['depth']}")
            elif not over and at["depth"] >= self._list_pages:
                self.notes.append(f"list_pages reached ({self._list_pages})")
            if finished or over or at["depth"] >= self._list_pages:
                yield self._open(start, walk, None)
                return
            above, at = at, {**at, "url": page.next, "depth": at["depth"] + 1}
            if self._left < floor:
                yield self._open(start, walk, above)
                return

    def _ask(self, ask: Ask) -> Generator[Ask | Found, Reply | None, ListPage | ThreadPage | Fault | None]:
        reply = yield ask
        assert reply is not None
        self._left = reply.left
        if reply.page is None:
            self._stopped = True
        elif isinstance(reply.page, Fault):
            if reply.page.code in STOPPING:
                self._stopped = True
        elif not getattr(reply.page, "drift", ""):
            self._failing = self._barred = 0
        return reply.page

    def _failed(self, fault: Fault) -> None:
        """Remember the first fault; two pages running that cannot be read end the crawl."""
        self.fault = self.fault or fault
        self._failing += 1
        if self._failing >= 2 or fault.code in STOPPING:
            self._stopped = True

    def _retry(self) -> Steps:
        """The threads that failed last time, before anything else."""
        for name, kept in list((self.state.get("retry") or {}).items()):
            if self._stopped:
                return
            yield from self._thread(ThreadLink(name, kept["url"]), None, kept["tries"])
            if not self._stopped and self.state["retry"].get(name) == kept:  # it did not fail again
                left = {key: value for key, value in self.state["retry"].items() if key != name}
                yield self._change({"retry": left})

    def _thread(self, link: ThreadLink, walk: int | None, tries: int = 0) -> Steps:
        """Read a thread to its end; returns whether it brought posts that were not known, None where it cannot be
        told."""
        kept: State = dict(self.state["threads"].get(link.id) or {})
        last = set(kept.get("last") or ())
        known = last - {kept.get("first")}  # some forums repeat a thread's first post on each of its pages
        url, resumed = kept.get("page") or link.url, kept.get("page") not in (None, link.url)
        proven, fresh = not resumed, False
        asked: set[str] = set()
        while True:
            page = yield from self._ask(Ask(url, link.id, first=url == link.url))
            if page is None:
                return None
            if not proven and _is_gone(page):
                url, proven = link.url, True  # posts were deleted, and with them the thread's last page
                continue
            if isinstance(page, Fault):
                yield from self._thread_failed(link, page, tries)
                return fresh or None
            assert isinstance(page, ThreadPage)
            if not page.posts and not page.bad:
                # One thread whose posts were all taken away is no failure; a crawl that found no post at all is.
                self.notes.append(f"thread {link.id} shows no posts")
                self._blank = self._blank or Fault("layout", url, page.drift)
                self._failing += 1
                self._stopped = self._stopped or (self._failing >= 3 and not self.thread_pages)
                return fresh or None
            if page.drift:
                yield from self._thread_failed(link, Fault("layout", url, page.drift), tries)
                return fresh or None
            self.thread_pages += 1
            asked.add(url)
            if not proven:
                if not known.intersection(page.ids):
                    self.notes.append(f"thread {link.id}: no known post on its last page, read again from the first")
                    url, proven = link.url, True
                    asked.clear()
                    continue
                proven = True
            fresh = fresh or bool(_after_known(page.ids, last))
            kept["page"] = url
            if url == link.url and page.ids:
                kept["first"] = page.ids[0]
            kept["last"] = list(page.ids[-KNOWN_POSTS:])
            done = page.next is None or page.next in asked
            if fresh:
                # A thread that is tried again is read before the next walk begins, and was new to that one.
                number = int(self.state.get("walk") or 0) + 1 if walk is None else walk
                kept["new"] = max(number, kept.get("new") or 0)
            if done and walk is not None:
                kept |= {"walk": walk, "seen": link.seen}
            yield self._change({"threads": {link.id: dict(kept)}}, page)
            if done:
                return fresh
            assert page.next is not None
            url = page.next

    def _thread_failed(self, link: ThreadLink, fault: Fault, tries: int) -> Steps:
        if fault.code == GONE:
            self.notes.append(f"thread {link.id} is gone")
            yield self._change({"threads": {link.id: None}})
            return
        if fault.code in BARRED:
            # A thread for members only is none of ours; a whole forum that refuses us is a matter for a person.
            self.notes.append(f"thread {link.id} may not be read ({fault.code})")
            self._barred += 1
            if self._barred >= 3:
                self.fault, self._stopped = self.fault or fault, True
            return
        retry = {key: value for key, value in (self.state.get("retry") or {}).items() if key != link.id}
        if tries + 1 < MAX_TRIES and len(retry) < MAX_RETRY:
            retry[link.id] = {"url": link.url, "tries": tries + 1}
        else:
            self.notes.append(f"thread {link.id} is no longer tried first, after {tries + 1} failures")
        yield self._change({"retry": retry})
        self._failed(fault)


def _is_gone(page: ListPage | ThreadPage | Fault) -> bool:
    """Whether a page of a thread is there no more: 404, or (as some forums say it) a page without posts."""
    if isinstance(page, Fault):
        return page.code == GONE
    return isinstance(page, ThreadPage) and not page.posts and not page.bad


def _after_known(ids: tuple[str, ...], known: set[str]) -> tuple[str, ...]:
    """The posts that follow the last known one; all of them where none is known."""
    last = max((number for number, name in enumerate(ids) if name in known), default=-1)
    return ids[last + 1 :]
