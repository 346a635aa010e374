"""The walk through a forum: which page is asked next, what is new, and where a later crawl goes on. No I/O.

Thread lists are walked from the thread with the newest activity down to a page on which nothing is new; each thread is
read from the page that was read last (the overlap) to its end. The state, kept in the cursor, says per thread how far
it was read, and per list where a walk was cut off, so that a crawl that is stopped anywhere misses nothing:

    {"walk": 7, "threads": {id: {"page": address, "first": id, "last": [ids], "seen": mark, "walk": 7, "new": 6}},
     "lists": {start address: [{"url": address, "walk": 6, "since": 6, "depth": 3}]},
     "retry": {id: {"url": address, "tries": 1}}, "topic": 2, "spoke": [start addresses], "complete": true,
     "proof": {"met": true, "since": time, "gap": false}, "floor": time}

`walk` numbers the walks; of a thread it is the last that read it to its end, and `new` the last that found something
new in it. A thread that a walk has finished is not opened again in what was left of that walk. `topic` is whose turn it
is of the threads that are read without a list, `spoke` names the lists that have shown threads, `complete` says that a
crawl has come to its end since the state began. `proof` gathers what crawls have proven until one comes to its end, and
`floor` is how far back a state that was rewound reads. Sites that are read from a thread's last page backwards are in
`collectors.spiders.latest`.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from datetime import datetime
from typing import Any

from collectors.spiders import latest
from collectors.spiders.pages import ListPage, ThreadLink, ThreadPage
from collectors.spiders.steps import (
    BARRED,
    GONE,
    KNOWN_POSTS,
    STOPPING,
    Ask,
    Fault,
    Found,
    Plan,
    Reply,
    State,
    Steps,
    after_known,
    is_gone,
)

MAX_THREADS = 1_000
"""Threads remembered; one that was forgotten is read from its first page when it comes up again."""

MAX_OPEN = 4
"""Walks of one list that may wait to be finished; beyond that they are finished before a new one begins."""

MAX_RETRY = 50
MAX_TRIES = 5
"""Threads that failed and are read again first, and how often before they wait for their next post."""

MAX_REWIND = 500
"""Pages of a list that are read to go back to a time; more than a year of a busy forum."""

_PLAIN = ("walk", "lists", "retry", "topic", "spoke", "proof")


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
    after = {**state, **{key: change[key] for key in _PLAIN if key in change}}
    return {**after, "threads": threads}


class Walk:
    """One crawl of a forum's thread lists, as a generator: it yields Ask (answered by a Reply) and Found.

    `start_urls` are thread lists; `state` what an earlier crawl left (None: nothing); `list_pages` how many pages of
    a list are looked through at most. After the generator's end `notes` says what happened, `fault` what went wrong,
    and `reach` what is proven.
    """

    def __init__(
        self, start_urls: tuple[str, ...], state: Mapping[str, Any] | None, list_pages: int, plan: Plan | None = None
    ) -> None:
        self.state: State = changed(json.loads(json.dumps(state or {})), {})
        self.plan = plan or Plan()
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
        floor = self.state.get("floor")
        self.floor = datetime.fromisoformat(floor) if floor else None
        """How far back a state that was rewound reads (aware UTC)."""

    @property
    def reach(self) -> State | None:
        """What is proven once the crawl has come to its end, as JSON; None where something waits for the next crawl."""
        waiting = any((self.state.get("lists") or {}).values()) or bool(self.state.get("retry"))
        if self._stopped or self.fault or waiting:
            return None
        proof = self.state.get("proof") or {}
        kind = "parsed" if proof.get("limited") else "overlap" if proof.get("met") else "ended"
        since = proof.get("since") or (None if self.state.get("complete") else proof.get("oldest"))
        return {"proof": kind, "since": since, "gap": bool(proof.get("gap"))}

    def run(self) -> Steps:
        """The steps of the crawl."""
        lists = self.state.get("lists") or {}
        yield self.change({"lists": {url: lists.get(url) or [] for url in self._starts}})
        yield from self._retry()
        yield from self._topics()
        if self._starts:
            yield from self._lists()
        if self._blank and not self.thread_pages:
            self.fault = self.fault or self._blank

    def _topics(self) -> Steps:
        topics = self.plan.topics
        turn = int(self.state.get("topic") or 0)
        for number in range(len(topics)):  # by turns, so that a crawl that is cut off starves none
            if self._stopped:
                return
            at = (turn + number) % len(topics)
            yield from self._thread(topics[at], None)
            if not self._stopped:
                yield self.change({"topic": (at + 1) % len(topics)})

    def _lists(self) -> Steps:
        turn = int(self.state.get("walk") or 0) % len(self._starts)
        for start in self._starts[turn:] + self._starts[:turn]:  # by turns, so that no list starves another
            if self._stopped:
                break
            waiting = self.state["lists"][start]
            # A walk that was cut off near the top begins at the top again, and needs no other above it.
            if len(waiting) < MAX_OPEN and all(kept["depth"] > 1 for kept in waiting):
                number = int(self.state.get("walk") or 0) + 1
                yield self.change({"walk": number})
                begun = {"url": start, "walk": number, "since": number, "depth": 1}
                yield from self._descend(start, begun, 0.5 if waiting else 0.0)
            for begun in reversed(waiting):
                if self._stopped:
                    break
                if begun["depth"] == 1:
                    # It stands for a walk from the top too: what it has finished may have new posts by now.
                    number = int(self.state.get("walk") or 0) + 1
                    yield self.change({"walk": number})
                    yield self._open(start, begun["walk"], {**begun, "walk": number})
                    begun = {**begun, "walk": number}
                yield from self._descend(start, begun, 0.0)

    def proven(
        self, *, met: bool = False, limited: bool = False, gap: bool = False, since: datetime | None = None,
        oldest: datetime | None = None,
    ) -> State:  # fmt: skip
        """The change that adds to what is proven: something known was met, a limit ended the reading, posts between
        the last crawl and `since` may be missing, `oldest` is a post's time."""
        proof: State = dict(self.state.get("proof") or {})
        for name, said in (("met", met), ("limited", limited), ("gap", gap)):
            if said:
                proof[name] = True
        if since is not None:
            proof["since"] = max(since.isoformat(), proof.get("since") or "")
        if oldest is not None and not self.state.get("complete"):
            proof["oldest"] = min(oldest.isoformat(), proof.get("oldest") or "~")
        return {"proof": proof}

    def change(self, change: State, page: ThreadPage | None = None) -> Found:
        self.state = changed(self.state, change)
        return Found(page.posts if page else (), page.bad if page else (), change)

    def _open(self, start: str, walk: int, at: State | None) -> Found:
        """Remember that this walk of a list goes on at `at`, or (None) that it is finished."""
        rest = [kept for kept in self.state["lists"][start] if kept["walk"] != walk]
        # In the order of the walks: the newest, which is the highest on the list, is gone on with first.
        after = sorted([*rest, at] if at else rest, key=lambda kept: kept["walk"])
        return self.change({"lists": {**self.state["lists"], start: after}})

    def _descend(self, start: str, begun: State, floor: float) -> Steps:
        """Down a list from where `begun` says to a page without anything new, as long as more than `floor` of the
        crawl is left. Where the walk goes on is written down before a page's threads are read, so that being killed
        is no different from being stopped."""
        at, walk, above = dict(begun), begun["walk"], None
        since = begun["since"]  # what was new in an earlier part of this walk is new to it
        asked: set[str] = set()
        while True:
            page = yield from self.ask(Ask(at["url"], start=start, number=at["depth"]))
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
                    what = "no thread was found with threads.row and threads.link"
                    self._failed(Fault("layout", at["url"], what, page=page.html))
                elif start in (self.state.get("spoke") or ()):
                    what = "the thread list is empty, although threads were read from it before"
                    self._failed(Fault("layout", at["url"], what, page=page.html))
                else:
                    self.notes.append("the thread list is empty")
                return
            if page.threads and start not in (self.state.get("spoke") or ()):
                yield self.change({"spoke": [*(self.state.get("spoke") or ()), start]})
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
            yield self.change({"touched": touched})
            over = page.next is None or page.next in asked
            # Threads that could not be read prove nothing, so at least one must be known to have nothing new.
            finished = self.plan.ordered and self.floor is None and False in results and True not in results
            times = self._times(page)
            low = self.floor or self.plan.oldest
            below = self.plan.ordered and low is not None and bool(times) and max(times) < low
            deep = at["depth"] >= (MAX_REWIND if self.floor and self.plan.ordered else self._list_pages)
            if finished:
                self.notes.append(f"nothing new on list page {at['depth']}")
                yield self.change(self.proven(met=True))
            elif not over and not below and deep:
                self.notes.append(f"list_pages reached ({self._list_pages})")
                # Pinned threads stand at a list's top, so the last one on a page says how far down it reaches.
                edge = times[-1] if times and self.plan.ordered else None
                known = bool(self.state.get("complete")) and self.plan.ordered
                since = edge or (self.plan.now if known else None)
                yield self.change(self.proven(limited=True, gap=known, since=since))
            elif below and not self.state.get("complete"):
                yield self.change(self.proven(limited=True, since=low))
            if finished or over or below or deep:
                yield self._open(start, walk, None)
                return
            above, at = at, {**at, "url": page.next, "depth": at["depth"] + 1}
            if self._left < floor:
                yield self._open(start, walk, above)
                return

    def _times(self, page: ListPage) -> list[datetime]:
        """When the threads of a list page had their newest post, as far as it was read, in the order of the page."""
        kept = (self.state["threads"].get(link.id) or {} for link in page.threads)
        return [datetime.fromisoformat(thread["at"]) for thread in kept if thread.get("at")]

    def ask(self, ask: Ask) -> Generator[Ask | Found, Reply | None, ListPage | ThreadPage | Fault | None]:
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
                yield self.change({"retry": left})

    def _thread(self, link: ThreadLink, walk: int | None, tries: int = 0) -> Steps:
        """Read a thread to its end; returns whether it brought posts that were not known, None where it cannot be
        told."""
        if self.plan.page_url is not None:
            fresh = yield from latest.read(self, link, walk, tries)
            return fresh
        kept: State = dict(self.state["threads"].get(link.id) or {})
        last = set(kept.get("last") or ())
        known = last - {kept.get("first")}  # some forums repeat a thread's first post on each of its pages
        url, resumed = kept.get("page") or link.url, kept.get("page") not in (None, link.url)
        proven, fresh = not resumed, False
        asked: set[str] = set()
        while True:
            page = yield from self.ask(Ask(url, link.id, first=url == link.url))
            if page is None:
                return None
            if not proven and is_gone(page):
                url, proven = link.url, True  # posts were deleted, and with them the thread's last page
                continue
            if isinstance(page, Fault):
                yield from self.thread_failed(link, page, tries)
                return fresh or None
            assert isinstance(page, ThreadPage)
            if not page.posts and not page.bad:
                self.shows_nothing(link, url, page)
                return fresh or None
            if page.drift:
                yield from self.thread_failed(link, Fault("layout", url, page.drift, page=page.html), tries)
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
            fresh = fresh or bool(after_known(page.ids, last))
            kept["page"] = url
            if url == link.url and page.ids:
                kept["first"] = page.ids[0]
            kept["last"] = list(page.ids[-KNOWN_POSTS:])
            if page.newest:
                kept["at"] = max(page.newest.isoformat(), kept.get("at") or "")
            done = page.next is None or page.next in asked
            if fresh:
                # A thread that is tried again is read before the next walk begins, and was new to that one.
                number = int(self.state.get("walk") or 0) + 1 if walk is None else walk
                kept["new"] = max(number, kept.get("new") or 0)
            if done and walk is not None:
                kept |= {"walk": walk, "seen": link.seen}
            yield self.change({"threads": {link.id: dict(kept)}, **self.proven(oldest=page.oldest)}, page)
            if done:
                return fresh
            assert page.next is not None
            url = page.next

    def shows_nothing(self, link: ThreadLink, url: str, page: ThreadPage) -> None:
        """One thread whose posts were all taken away is no failure; a crawl that found no post at all is."""
        self.notes.append(f"thread {link.id} shows no posts")
        self._blank = self._blank or Fault("layout", url, page.drift, page=page.html)
        self._failing += 1
        self._stopped = self._stopped or (self._failing >= 3 and not self.thread_pages)

    def thread_failed(self, link: ThreadLink, fault: Fault, tries: int) -> Steps:
        """What follows from a thread's fault: it is forgotten, passed over, or tried again first in the next crawl."""
        if fault.code in BARRED | {GONE} and link.id in {topic.id for topic in self.plan.topics}:
            self.fault = self.fault or fault  # a person named it, and must hear of it
            self._stopped = self._stopped or fault.code == "moved"
        if fault.code == GONE:
            self.notes.append(f"thread {link.id} is gone")
            yield self.change({"threads": {link.id: None}})
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
            yield self.change(self.proven(gap=True, since=self.plan.now))
        yield self.change({"retry": retry})
        self._failed(fault)
