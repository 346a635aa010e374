"""What the forum collector makes of a forum that misbehaves: every fault is a sentence, and costs nothing."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any

import pytest

from collectors.protocol import CollectorError, RateLimited, Refused, Unavailable, Unreadable
from collectors.registry import collector_for
from tests.integration.crawled import Kept
from tests.integration.faulty_server import Answer, Fault, FaultyServer, Request

NOW = datetime(2026, 11, 21, 11, 5, tzinfo=UTC)  # 14:05 in Istanbul

SITE = """
site: Küçük Forum
threads:
  row: li.konu
  link: a
  id: '/konu/(\\d+)'
  activity: .sayi
  next: a.sonraki
  empty: p.bos
posts:
  row: article
  id: "::attr(data-id)"
  text: div.metin
  author: .yazan
  date: time
  url: "/ileti/{id}"
  next: a.sonraki
"""


@dataclass
class Forum:
    """A small forum: threads by last activity, three to a list page; two posts to a thread page."""

    threads: dict[int, list[dict[str, str]]] = field(default_factory=dict)
    robots: str | None = None
    pages: dict[str, Answer] = field(default_factory=dict)
    charset: str = "utf-8"
    posts: int = 0

    def post(self, thread: int, text: str = "", date: str = "Bugün 09:30", author: str = "ayşe") -> str:
        self.posts += 1
        posts = self.threads.pop(thread, [])
        posts.append({"id": f"{self.posts}", "text": text or f"<p>ileti {self.posts}</p>", "date": date, "by": author})
        self.threads[thread] = posts
        return str(self.posts)

    @property
    def ids(self) -> set[str]:
        return {post["id"] for posts in self.threads.values() for post in posts}

    def route(self, request: Request) -> Answer:
        if request.path == "/robots.txt":
            return Answer(200, self.robots.encode()) if self.robots is not None else Answer(404)
        if request.path in self.pages:
            return self.pages[request.path]
        page = int(request.query.get("sayfa", "1"))
        if request.path == "/konular":
            order = list(reversed(self.threads))
            rows = "".join(
                f'<li class=konu><a href="/konu/{n}#son">{n}</a> <i class=sayi>{self.threads[n][-1]["id"]}</i></li>'
                for n in order[(page - 1) * 3 : page * 3]
            )
            body = f"<ul>{rows}</ul>" if order else "<p class=bos>Henüz konu yok</p>"
            more = len(order) > page * 3
        else:
            posts = self.threads.get(int(request.path.removeprefix("/konu/")), [])
            shown = posts[(page - 1) * 2 : page * 2]
            if not shown:
                return Answer(404, b"yok", {"content-type": "text/html"})
            body = "".join(
                f'<article data-id="{p["id"]}"><b class=yazan>{escape(p["by"])}</b><time>{p["date"]}</time>'
                f"<div class=metin>{p['text']}</div></article>"
                for p in shown
            )
            more = len(posts) > page * 2
        link = f'<a class=sonraki href="{request.path}?sayfa={page + 1}">&raquo;</a>' if more else ""
        html = f"<!DOCTYPE html><html><body>{body}{link}</body></html>"
        return Answer(200, html.encode(self.charset), {"content-type": f"text/html; charset={self.charset}"})


@pytest.fixture
def forum() -> Forum:
    made = Forum()
    for number in range(1, 6):
        made.post(number)
    return made


@pytest.fixture
def server(forum: Forum) -> Iterator[FaultyServer]:
    with FaultyServer(forum.route, lambda request: request.path != "/robots.txt") as running:
        yield running


@pytest.fixture
def collector(server: FaultyServer, tmp_path: Path) -> Callable[..., Any]:
    file = tmp_path / "kucuk.yaml"
    file.write_text(SITE, encoding="utf-8")

    def make(**more: Any) -> Any:
        start = [f"{server.url}/konular"]
        record = {
            "kind": "forum",
            "site": str(file),
            "start_urls": start,
            "terms_read": True,
            "delay": 0,
            "private_network": True,
            **more,
        }
        return collector_for(record)

    return make


def is_a_sentence(error: CollectorError | None, code: str) -> bool:
    text = str(error)
    assert text.startswith(f'Source "forum": [{code}] ') and text.endswith("."), text
    assert "\n" not in text and "Traceback" not in text and len(text) < 500, text
    return True


def test_turkish_dates_hostile_text_and_windows_1254(
    forum: Forum, server: FaultyServer, collector: Callable[..., Any]
) -> None:
    forum.charset = "windows-1254"
    script = forum.post(
        9, "<p>&lt;script&gt;ışık&lt;/script&gt;</p><script>alert(1)</script><p>=1+1 ŞĞİ</p>", "Dün 23:59"
    )
    ago = forum.post(9, "iki", "2 saat önce", "Iğdırlı İlkay")
    undated = forum.post(10, "tarihsiz", "bilinmiyor")
    picture = forum.post(10, '<img src="x.png" onerror="alert(1)">')
    kept = Kept().take(collector(name="donanim").fetch(None, NOW))
    assert kept.error is None
    assert kept.mentions[script].text == "<script>ışık</script>\n=1+1 ŞĞİ"
    assert kept.mentions[script].published_at == datetime(2026, 11, 20, 20, 59, tzinfo=UTC)
    assert kept.mentions[ago].published_at - (NOW - timedelta(hours=2)) < timedelta(minutes=1)
    assert kept.mentions[ago].author == "Iğdırlı İlkay"
    assert kept.mentions[ago].url == f"{server.url}/ileti/{ago}" and kept.mentions[ago].thread_id == "9"
    assert kept.mentions[ago].source == "donanim" and kept.mentions[ago].channel == "forum"
    assert {item.native_id for item in kept.rejected} == {undated, picture}
    assert "published_at 'bilinmiyor'" in kept.rejected[0].reason and "no text" in kept.rejected[1].reason
    assert set(kept.mentions) == forum.ids - {undated, picture}
    headers = server.requests[0].headers
    assert headers["user-agent"] == "Nobet/0.1 (forum reader)" and headers["accept-language"].startswith("tr")
    assert not [request for request in server.requests if "cookie" in request.headers]


def test_being_killed_anywhere_loses_nothing(forum: Forum, server: FaultyServer, collector: Callable[..., Any]) -> None:
    for number in (1, 1, 1, 2, 6, 7):
        forum.post(number)
    reader = collector()
    kept = Kept()
    batches = reader.fetch(None, NOW)
    first = next(batches)
    given = copy.deepcopy(first.cursor)
    batches.close()  # what a killed worker leaves: the first batch is stored, the crawl is gone
    kept.take(iter([first]))
    forum.post(5)
    kept.take(reader.fetch(kept.cursor, NOW))
    assert set(kept.mentions) == forum.ids and first.cursor == given


@pytest.mark.parametrize(
    ("fault", "code", "kind"),
    [
        (Fault.status(500), "server_error", Unavailable),
        (Fault.status(403), "forbidden", Refused),
        (Fault.status(404), "gone", Refused),
        (Fault.status(429, retry_after="40"), "rate_limited", RateLimited),
        (Fault.html, "bot_protection", Refused),
        (Fault.truncated, "unreachable", Unavailable),
        (Fault.empty, "layout", Unreadable),
    ],
    ids=["500", "403", "404", "429", "interstitial", "truncated", "empty"],
)
def test_a_thread_list_that_fails_is_a_sentence(
    forum: Forum,
    server: FaultyServer,
    collector: Callable[..., Any],
    fault: Callable[[Answer], Answer],
    code: str,
    kind: type[CollectorError],
) -> None:
    server.fail(2, fault)
    server.fail(3, fault)  # the list itself is read; its first two threads fail
    kept = Kept()
    if code in ("forbidden", "gone", "layout"):  # a single thread may go away; the list may not
        server.fail(1, fault)
    kept.take(collector().fetch(None, NOW))
    assert isinstance(kept.error, kind) and is_a_sentence(kept.error, code)
    asked = len(server.pages)
    assert asked <= 3, "whoever is refused does not insist"
    if isinstance(kept.error, RateLimited):
        assert kept.error.retry_at is not None
        assert timedelta(seconds=39) <= kept.error.retry_at - NOW <= timedelta(seconds=60)
    if code not in ("server_error", "rate_limited", "layout"):
        return  # the next crawl does not know why this one ended
    server._faults.clear()
    kept.take(collector().fetch(kept.cursor, NOW))
    assert kept.error is None and set(kept.mentions) == forum.ids


def test_one_thread_that_fails_costs_only_itself_and_comes_first_next_time(
    forum: Forum, server: FaultyServer, collector: Callable[..., Any]
) -> None:
    forum.pages["/konu/4"] = Answer(503, b"<h1>yok</h1>", {"content-type": "text/html"})
    kept = Kept().take(collector().fetch(None, NOW))
    assert isinstance(kept.error, Unavailable) and "/konu/4" in str(kept.error)
    assert set(kept.mentions) == forum.ids - {"4"}
    forum.pages.clear()
    asked = len(server.pages)
    kept.take(collector().fetch(kept.cursor, NOW))
    assert kept.error is None and set(kept.mentions) == forum.ids
    again = [request.path for request in server.pages[asked:]]
    assert again[0] == "/konu/4" and set(again) == {"/konu/4", "/konular"}, "and nothing that was read already"


def test_robots_txt_is_obeyed(forum: Forum, server: FaultyServer, collector: Callable[..., Any]) -> None:
    forum.robots = "User-agent: *\nAllow: /\n\nUser-agent: nobet\nDisallow: /konu"
    kept = Kept().take(collector(user_agent="Mozilla/5.0 (Nobet)").fetch(None, NOW))
    assert isinstance(kept.error, Refused) and is_a_sentence(kept.error, "robots")
    assert [request.path for request in server.requests] == ["/robots.txt"]


def test_robots_txt_may_forbid_some_threads_and_ask_for_patience(
    forum: Forum, server: FaultyServer, collector: Callable[..., Any]
) -> None:
    forum.robots = "User-agent: *\nDisallow: /konu/2\nCrawl-delay: 0.1"
    kept = Kept().take(collector().fetch(None, NOW))
    assert kept.error is None and set(kept.mentions) == forum.ids - {"2"}
    assert "/konu/2" not in [request.path for request in server.requests]
    assert "thread 2 may not be read (robots)" in kept.notes[-1]


def test_a_robots_txt_that_cannot_be_read_forbids(
    server: FaultyServer, collector: Callable[..., Any], forum: Forum
) -> None:
    server.route = lambda request: Answer(500) if request.path == "/robots.txt" else forum.route(request)
    kept = Kept().take(collector().fetch(None, NOW))
    assert isinstance(kept.error, Unavailable) and is_a_sentence(kept.error, "robots_unreadable")
    assert [request.path for request in server.requests] == ["/robots.txt"]


def test_a_changed_layout_names_the_page_and_the_selector(
    forum: Forum, server: FaultyServer, collector: Callable[..., Any]
) -> None:
    kept = Kept().take(collector().fetch(None, NOW))
    before = dict(kept.mentions)
    for number in (1, 2, 3):
        forum.post(number)
    right = forum.route

    def redesigned(request: Request) -> Answer:
        answer = right(request)
        body = answer.body.replace(b"<article", b"<section").replace(b"</article", b"</section")
        return Answer(answer.status, body, answer.headers)

    server.route = redesigned
    kept.take(collector().fetch(kept.cursor, NOW))
    assert isinstance(kept.error, Unreadable) and is_a_sentence(kept.error, "layout")
    assert "posts.row 'article'" in str(kept.error) and f"{server.url}/konu/3" in str(kept.error)
    assert kept.mentions == before
    server.route = right
    kept.take(collector().fetch(kept.cursor, NOW))
    assert kept.error is None and set(kept.mentions) == forum.ids


def test_dates_in_a_new_form_are_a_changed_layout(
    forum: Forum, server: FaultyServer, collector: Callable[..., Any]
) -> None:
    for _ in range(4):
        forum.post(8, date="tarih: gizli")
    forum.threads = {8: forum.threads[8]}
    kept = Kept().take(collector().fetch(None, NOW))
    # Two posts on a page are too few to say so; each is named.
    assert kept.error is None and len(kept.rejected) == 4
    forum.pages["/konu/8"] = Answer(
        200,
        "".join(
            f"<article data-id={n}><time>gizli</time><div class=metin>x</div></article>" for n in range(3)
        ).encode(),
        {"content-type": "text/html"},
    )
    kept = Kept().take(collector().fetch(None, NOW))
    assert isinstance(kept.error, Unreadable) and is_a_sentence(kept.error, "layout")
    assert "3 of 3 posts have no readable date at posts.date 'time'" in str(kept.error)
    assert kept.mentions == {} and kept.rejected == []


def test_a_page_that_does_not_come_is_given_up(
    forum: Forum, server: FaultyServer, collector: Callable[..., Any]
) -> None:
    server.fail(2, Fault.slow)
    server.fail(3, Fault.drip)
    kept = Kept().take(collector(timeout=0.5).fetch(None, NOW))
    assert isinstance(kept.error, Unavailable) and is_a_sentence(kept.error, "timeout")
    assert "0.5 seconds" in str(kept.error)
    kept.take(collector().fetch(kept.cursor, NOW))
    assert kept.error is None and set(kept.mentions) == forum.ids


def test_a_crawl_is_ended_at_its_time_limit(forum: Forum, server: FaultyServer, collector: Callable[..., Any]) -> None:
    server.fail(3, Fault.slow)
    kept = Kept().take(collector(time_limit=6).fetch(None, NOW))
    assert isinstance(kept.error, Unavailable) and is_a_sentence(kept.error, "time_limit")
    # On a busy machine the process may have spent its time on starting.
    read = {"5"} if len(server.pages) >= 3 else set()
    assert set(kept.mentions) == read, "the thread that was read before the page that never came"
    kept.take(collector().fetch(kept.cursor, NOW))
    assert kept.error is None and set(kept.mentions) == forum.ids


def test_a_page_that_is_too_large_is_refused(forum: Forum, server: FaultyServer, collector: Callable[..., Any]) -> None:
    forum.post(5, "x" * 20_000)
    kept = Kept().take(collector(max_bytes=10_000).fetch(None, NOW))
    assert isinstance(kept.error, Unreadable) and is_a_sentence(kept.error, "too_large")
    assert {"1", "2", "3", "4"} == set(kept.mentions)


def test_links_and_redirects_never_leave_the_forum(
    forum: Forum, server: FaultyServer, collector: Callable[..., Any]
) -> None:
    with FaultyServer(lambda request: Answer(200, b"<p>gizli</p>", {"content-type": "text/html"})) as elsewhere:
        forum.pages["/konu/4"] = Answer(302, b"", {"location": f"{elsewhere.url}/gizli"})
        forum.pages["/konu/3"] = Answer(302, b"", {"location": "/konu/2"})
        listed = forum.route(Request("GET", "/konular", {}, {})).body
        foreign = f'<ul><li class=konu><a href="{elsewhere.url}/konu/77">x</a></li></ul>'.encode()
        forum.pages["/konular"] = Answer(200, listed + foreign, {"content-type": "text/html; charset=utf-8"})
        kept = Kept().take(collector(list_pages=1).fetch(None, NOW))
        assert elsewhere.requests == []
    assert kept.error is None and set(kept.mentions) == {"5", "2"}


def test_a_forum_that_is_not_there_is_unavailable(server: FaultyServer, collector: Callable[..., Any]) -> None:
    reader = collector()
    server.__exit__(None, None, None)
    kept = Kept().take(reader.fetch(None, NOW))
    # Nothing may be read where robots.txt cannot be.
    assert isinstance(kept.error, Unavailable) and is_a_sentence(kept.error, "robots_unreadable")


def test_an_empty_forum_says_so(forum: Forum, server: FaultyServer, collector: Callable[..., Any]) -> None:
    forum.threads.clear()
    kept = Kept().take(collector().fetch(None, NOW))
    assert kept.error is None and "the thread list is empty" in kept.notes[-1]


def test_another_forum_under_the_same_name_starts_anew_and_old_posts_are_passed_over(
    forum: Forum, server: FaultyServer, collector: Callable[..., Any]
) -> None:
    forum.post(1, date="21.10.2026 10:00")
    other = {"site": ["Başka", "forum.example"], "threads": {"5": {"page": "http://forum.example/5", "seen": "5"}}}
    kept = Kept().take(collector(max_age_days=30).fetch(other, NOW))
    assert set(kept.mentions) == forum.ids - {"6"}
    assert "1 posts too old passed over" in kept.notes[-1]
    assert kept.cursor is not None and kept.cursor["site"][0] == "Küçük Forum"


def test_stop_ends_a_running_crawl(forum: Forum, server: FaultyServer, collector: Callable[..., Any]) -> None:
    reader = collector()
    asked: list[Request] = []
    right = forum.route

    def stopping(request: Request) -> Answer:
        asked.append(request)
        if request.path != "/robots.txt":
            reader.stop()
        return right(request)

    server.route = stopping
    kept = Kept().take(reader.fetch(None, NOW))
    assert isinstance(kept.error, Unavailable) and "it was stopped" in str(kept.error)
    assert len([request for request in asked if request.path != "/robots.txt"]) == 1
