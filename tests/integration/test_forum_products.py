"""The site files for XenForo 2 and vBulletin 4, through crawls of pages in the form of their default templates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from typing import Any

import pytest

from collectors.protocol import Reach
from collectors.registry import collector_for
from tests.integration.crawled import Kept, PageFile, page
from tests.integration.faulty_server import Answer, FaultyServer, Request

NOW = datetime(2026, 11, 21, 11, 5, tzinfo=UTC)  # 14:05 in Istanbul
QUOTES = {
    "xenforo": (
        '<blockquote class="bbCodeBlock bbCodeBlock--expandable bbCodeBlock--quote js-expandWatch"><div '
        'class="bbCodeBlock-title">veli dedi ki:</div><div class="bbCodeBlock-content">kargom çalındı'
        "</div></blockquote>"
    ),
    "vbulletin": (
        '<div class="bbcode_container"><div class="bbcode_quote"><div class="quote_container">'
        '<div class="bbcode_quote_container"></div><div class="bbcode_postedby">veli</div>'
        '<div class="message">kargom çalındı</div></div></div></div>'
    ),
}


@dataclass
class Board:
    """A forum of one of the two products: threads by last activity, two to a list page, two posts to a page."""

    product: str
    threads: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    posts: int = 100
    views: int = 0

    def post(self, thread: int, text: str = "Kargom gelmedi", date: str = "") -> str:
        self.posts += 1
        posts = self.threads.pop(thread, [])
        shown = {"xenforo": f"2026-11-21T14:00:{self.posts % 60:02d}+0300", "vbulletin": "Bugün,&nbsp;14:00"}
        made = {"id": self.posts, "author": "Işıl", "date": date or shown[self.product], "text": text}
        posts.append({**made, "title": "Cevap: Çınar Ev"})
        self.threads[thread] = posts
        return str(self.posts)

    @property
    def ids(self) -> set[str]:
        return {str(post["id"]) for posts in self.threads.values() for post in posts}

    def route(self, request: Request) -> Answer:
        self.views += 1
        path = request.path
        if path == "/robots.txt":
            return Answer(404)
        parts = path.strip("/").split("/")
        number = int(parts[-1].removeprefix("page").lstrip("-")) if parts[-1].startswith("page") else 1
        charset = "windows-1254" if self.product == "vbulletin" else "utf-8"
        if "forum" in parts[0]:
            order = list(reversed(self.threads))
            rows = [self._row(name) for name in order[(number - 1) * 2 : number * 2]]
            more = len(order) > number * 2
            listed = {
                "xenforo": f"/forums/kargo.2/page-{number + 1}",
                "vbulletin": f"forumdisplay.php/2-Kargo/page{number + 1}",
            }
            html = PageFile(f"forum/{self.product}_list.html").filled(
                rows, next=listed[self.product] if more else "", some=bool(rows), empty=not rows
            )
        else:
            name = int(parts[1].split(".")[1] if self.product == "xenforo" else parts[1].split("-")[0])
            shown = self.threads[name][(number - 1) * 2 : number * 2]
            paged = {
                "xenforo": f"/threads/cinar.{name}/page-{number + 1}",
                "vbulletin": f"showthread.php/{name}-cinar/page{number + 1}?s=77",
            }
            following = escape(paged[self.product]) if len(self.threads[name]) > number * 2 else ""
            html = PageFile(f"forum/{self.product}_thread.html").filled(shown, title="Çınar Ev", next=following)
        return page(html, charset, declared=self.product == "xenforo")

    def _row(self, name: int) -> dict[str, Any]:
        posts = self.threads[name]
        latest = posts[-1]["date"]
        return {
            "id": name, "slug": "cinar", "title": "Çınar Ev", "author": "Işıl", "replies": len(posts) - 1,
            "views": self.views, "latest": latest,
        }  # fmt: skip


@pytest.fixture(params=["xenforo", "vbulletin"])
def board(request: pytest.FixtureRequest) -> Board:
    made = Board(request.param)
    for number in (11, 12, 13, 14, 11, 11):
        made.post(number)
    return made


@pytest.fixture
def server(board: Board) -> Iterator[FaultyServer]:
    def route(request: Request) -> Answer:
        return board.route(request)

    with FaultyServer(route, lambda request: request.path != "/robots.txt") as running:
        yield running


def start(board: Board, server: FaultyServer) -> str:
    return server.url + {"xenforo": "/forums/kargo.2/", "vbulletin": "/forumdisplay.php/2-Kargo"}[board.product]


def reader(board: Board, server: FaultyServer) -> Any:
    record = {"kind": "forum", "terms_read": True, "delay": 0, "private_network": True}
    return collector_for({**record, "site": board.product, "start_urls": [start(board, server)]})


def test_everything_the_first_time_and_only_what_is_new_the_second(board: Board, server: FaultyServer) -> None:
    quoting = board.post(12, f"{QUOTES[board.product]}Bende de <b>yok</b>, ŞĞİ ışık &lt;script&gt;<script>x()</script>")
    kept = Kept().take(reader(board, server).fetch(None, NOW))
    assert kept.error is None and not kept.rejected
    assert set(kept.mentions) == board.ids and kept.reach is not None and kept.reach.proof == "ended"
    found = kept.mentions[quoting]
    assert found.text == "Bende de yok, ŞĞİ ışık <script>" and found.author == "Işıl" and found.thread_id == "12"
    assert found.published_at.replace(second=0) == datetime(2026, 11, 21, 11, 0, tzinfo=UTC)
    post = {"xenforo": f"/posts/{quoting}/", "vbulletin": f"/showthread.php?p={quoting}#post{quoting}"}
    assert found.url == server.url + post[board.product]
    opening = kept.mentions["101"]
    assert opening.text == "Çınar Ev\n\nKargom gelmedi" and opening.extra["title"] == "Çınar Ev"

    asked = len(server.pages)
    kept.take(reader(board, server).fetch(kept.cursor, NOW))
    assert len(server.pages) == asked + 1, "the list only, though the views have moved"
    assert kept.reach == Reach("overlap")
    new = board.post(11)
    kept.take(reader(board, server).fetch(kept.cursor, NOW))
    assert new in kept.mentions and len(server.pages) == asked + 4, "two list pages, and the thread's last page"
    assert kept.reach == Reach("overlap")


def test_an_empty_xenforo_forum_says_so() -> None:
    board = Board("xenforo")
    with FaultyServer(board.route) as server:
        kept = Kept().take(reader(board, server).fetch(None, NOW))
    assert kept.error is None and "the thread list is empty" in kept.notes[-1]
    assert kept.reach == Reach("ended")
