"""What a walk through a forum and whoever fetches for it say to each other: pages asked, answers, posts found.

Values only; the walk itself is in `collectors.spiders.threads`, and without I/O too.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from collectors.spiders.pages import ListPage, ThreadLink, ThreadPage

KNOWN_POSTS = 5
"""Posts of a thread's last page remembered; one of them found again proves that nothing was missed in between."""

State = dict[str, Any]

GONE = "gone"
BARRED = frozenset({"forbidden", "robots", "moved"})
STOPPING = frozenset({"rate_limited", "bot_protection", "private"})


@dataclass(frozen=True)
class Ask:
    """A page that the walk needs: page `number` of the list `start`, or a page of the thread `thread` (`first`: its
    first page)."""

    url: str
    thread: str | None = None
    first: bool = False
    start: str = ""
    number: int = 1


@dataclass(frozen=True)
class Fault:
    """Why a page could not be read: a reason code, its address, and the evidence in a few words."""

    code: str
    url: str
    detail: str = ""
    status: int | None = None
    retry_after: str | None = None
    page: str | None = None
    """The page that could not be read, for whoever repairs the site file."""


@dataclass(frozen=True)
class Plan:
    """How a site is walked, where it is not the usual way.

    `topics` are read in each crawl, whatever the lists show. `page_url` is the form of the address of a thread's page
    ({first}, {page}): where it is given, threads are read from their last page backwards, at most `thread_pages` pages
    (0: all) and not below posts older than `oldest` (aware UTC). `ordered` says that lists show the newest activity
    first. `now` (aware UTC) is when the crawl began.
    """

    topics: tuple[ThreadLink, ...] = ()
    page_url: str | None = None
    thread_pages: int = 0
    oldest: datetime | None = None
    ordered: bool = True
    now: datetime | None = None


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


def is_gone(page: ListPage | ThreadPage | Fault | None) -> bool:
    """Whether a page of a thread is there no more: 404, or (as some forums say it) a page without posts."""
    if isinstance(page, Fault):
        return page.code == GONE
    return isinstance(page, ThreadPage) and not page.posts and not page.bad


def after_known(ids: tuple[str, ...], known: set[str]) -> tuple[str, ...]:
    """The posts that follow the last known one; all of them where none is known."""
    last = max((number for number, name in enumerate(ids) if name in known), default=-1)
    return ids[last + 1 :]
