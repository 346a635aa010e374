"""A thread read from its last page backwards, down to a known post: what is new comes first, however long it is.

For sites that say how many pages a thread has and number them in their addresses. What is kept of a thread:

    {"url": its first page, "pages": how many it had, "last": [newest ids of the last whole reading], "at": their time,
     "down": {"page": next page to read, "top": [ids], "at": time, "depth": pages read}}

`down` is a reading that was cut off; it is finished before the next one begins at the last page. Posts that are deleted
meanwhile move the others towards the first page, that is towards what is still to be read, so none is passed over.
"""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime
from typing import TYPE_CHECKING

from collectors.spiders.pages import ThreadLink, ThreadPage
from collectors.spiders.steps import (
    KNOWN_POSTS,
    Ask,
    Fault,
    Found,
    Reply,
    State,
    Steps,
    after_known,
    is_gone,
)

if TYPE_CHECKING:
    from collectors.spiders.threads import Walk

MOVES = 4
"""Times that the last page may move while it is looked for, before the thread is left for the next crawl."""

Pages = dict[int, ThreadPage]


def read(walk: Walk, link: ThreadLink, number: int | None, tries: int) -> Steps:
    """Read the thread; `number` is the list walk's, None for a thread that no list led to. Returns whether it brought
    posts that were not known, None where it cannot be told."""
    kept: State = dict(walk.state["threads"].get(link.id) or {})
    kept.setdefault("url", link.url)
    fresh = False
    if kept.get("down"):
        result = yield from _descend(walk, link, kept, {}, None, tries)
        if result is None:
            return None
        fresh = result
    found = yield from _last_page(walk, link, kept)
    if not isinstance(found, dict):
        if isinstance(found, Fault):
            yield from walk.thread_failed(link, found, tries)
        return fresh or None
    kept["pages"] = max(found)
    kept["down"] = {"page": max(found), "top": [], "at": None, "depth": 0}
    result = yield from _descend(walk, link, kept, found, (number, link.seen), tries)
    return None if result is None else fresh or result


def page_url(form: str, first: str, number: int) -> str:
    """The address of a thread's page; the first page's is the thread's own."""
    return first if number == 1 else form.replace("{page}", str(number)).replace("{first}", first)


def _last_page(walk: Walk, link: ThreadLink, kept: State) -> Generator[Ask | Found, Reply | None, Pages | Fault | None]:
    """The thread's last page by its number (and the page that told it, if another); a Fault, or None at the end of the
    crawl. Asked first where it was last time, which is one request for a thread without a new page."""
    assert walk.plan.page_url is not None
    at, seen = int(kept.get("pages") or 1), Pages()
    for _ in range(MOVES):
        page = yield from walk.ask(Ask(page_url(walk.plan.page_url, kept["url"], at), link.id, first=at == 1))
        if at > 1 and is_gone(page):
            at, seen = 1, {}
            continue
        if page is None or isinstance(page, Fault):
            return page
        assert isinstance(page, ThreadPage)
        if at == 1 and page.first_url:
            kept["url"] = page.first_url
        count = max(page.pages or 1, 1)
        if count > at and at == 1:
            at = count  # the first page is only asked for the number of pages
            continue
        seen[at] = page
        if count <= at:
            return {at: page, **{n: other for n, other in seen.items() if n < at}}
        at = count
    return Fault("timeout", kept["url"], "a last page that does not move")


def _descend(
    walk: Walk, link: ThreadLink, kept: State, found: Pages, done: tuple[int | None, str | None] | None, tries: int
) -> Generator[Ask | Found, Reply | None, bool | None]:
    """From the page that `kept["down"]` names to a known post, the first page or a limit. `found` are pages that were
    read already; `done` is the walk and the mark of activity that a whole reading is written down with."""
    plan = walk.plan
    assert plan.page_url is not None
    down: State = dict(kept["down"])
    known, since = set(kept.get("last") or ()), _time(kept.get("at"))
    fresh = False
    while True:
        number = down["page"]
        page = found.pop(number, None)
        if page is None:
            answer = yield from walk.ask(Ask(page_url(plan.page_url, kept["url"], number), link.id, first=number == 1))
            if answer is None:
                return None
            if number > 1 and is_gone(answer):
                # The thread is shorter now: what was not read lies above, and is read from the last page again.
                kept.pop("down")
                yield walk.change({"threads": {link.id: dict(kept)}})
                return fresh
            if isinstance(answer, Fault):
                yield from walk.thread_failed(link, answer, tries)
                return None
            assert isinstance(answer, ThreadPage)
            page = answer
        if not page.posts and not page.bad:
            walk.shows_nothing(link, page.url, page)
            return None
        if page.drift:
            yield from walk.thread_failed(link, Fault("layout", page.url, page.drift, page=page.html), tries)
            return None
        walk.thread_pages += 1
        fresh = fresh or bool(after_known(page.ids, known))
        down["top"] = down["top"] or list(page.ids[-KNOWN_POSTS:])
        down["at"] = down["at"] or (page.newest and page.newest.isoformat())
        down["depth"] += 1
        # Where every known post was deleted, an older one than the newest of them says the same.
        met = bool(known.intersection(page.ids)) or bool(since and page.oldest and page.oldest < since)
        low = walk.floor or plan.oldest
        below = bool(low and page.newest and page.newest < low)
        limited = bool(plan.thread_pages) and down["depth"] >= plan.thread_pages and walk.floor is None
        proof = walk.proven(oldest=page.oldest)
        if met or below or limited or number == 1:
            kept.pop("down", None)
            kept |= {"last": down["top"] or kept.get("last") or [], "at": down["at"] or kept.get("at")}
            if met and known:
                proof = walk.proven(met=True)
            elif limited and number > 1:
                walk.notes.append(f"thread {link.id}: read {down['depth']} pages from its end")
                proof = walk.proven(limited=True, gap=bool(known), since=page.oldest or plan.now)
            elif below and not known:
                proof = walk.proven(limited=True, since=low)
            if fresh:
                at = int(walk.state.get("walk") or 0) + 1 if done is None or done[0] is None else done[0]
                kept["new"] = max(at, kept.get("new") or 0)
            if done is not None and done[0] is not None:
                kept |= {"walk": done[0], "seen": done[1]}
            yield walk.change({"threads": {link.id: dict(kept)}, **proof}, page)
            return fresh
        down["page"] = number - 1
        kept["down"] = dict(down)
        yield walk.change({"threads": {link.id: dict(kept)}, **proof}, page)


def _time(iso: str | None) -> datetime | None:
    return datetime.fromisoformat(iso) if iso else None
