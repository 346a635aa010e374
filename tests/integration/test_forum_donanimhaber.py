"""DonanımHaber's forum, through whole crawls of pages in the form that the site's own have (see the fixtures)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collectors.protocol import Reach, Refused, Unreadable
from collectors.registry import ConfigError, collector_for
from tests.integration.crawled import Kept, PageFile, page
from tests.integration.faulty_server import Answer, Fault, FaultyServer, Request

NOW = datetime(2026, 11, 21, 11, 5, tzinfo=UTC)  # 14:05 in Istanbul
PER_PAGE = 20
SECTION = "/sicak-firsatlar--f193"


@dataclass
class Forum:
    """A section with topics by their last message, three to a page; topics with twenty posts to a page."""

    topics: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    posts: int = 155_000_000
    views: int = 0
    charset: str = "utf-8"
    meta: bool = False
    """Whether the page says its charset itself, instead of the header."""
    counted: bool = True
    """Whether a topic's page says how many pages there are, or only links them."""
    answers: dict[str, Answer] = field(default_factory=dict)

    def post(self, topic: int, text: str = "Kargom gelmedi", date: str = "", number: int = 1) -> str:
        posts = self.topics.pop(topic, [])
        for _ in range(number):
            self.posts += 1
            at = datetime(2026, 11, 20, 9, 0) + timedelta(minutes=self.posts % 1000)
            posts.append({"post": self.posts, "author": "Işıl", "date": date or f"{at:%d.%m.%Y %H:%M}", "text": text})
        self.topics[topic] = posts
        return str(self.posts)

    @property
    def ids(self) -> set[str]:
        return {str(post["post"]) for posts in self.topics.values() for post in posts}

    def route(self, request: Request) -> Answer:
        self.views += 1
        path = request.path
        if path in self.answers:
            return self.answers[path]
        if path == "/robots.txt":
            return Answer(404)
        meta = f'<meta charset="{self.charset}">' if self.meta else ""
        if path == SECTION:
            at = int(request.query.get("sayfa", 1))
            order = list(reversed(self.topics))[(at - 1) * 3 : at * 3]
            rows = [
                {
                    "id": name, "slug": "cinar-ev", "title": "Çınar Ev", "replies": len(self.topics[name]) - 1,
                    "views": self.views, "latest": self.topics[name][-1]["date"],
                }
                for name in order
            ]  # fmt: skip
            html = PageFile("donanimhaber/section.html").filled(rows, meta=meta)
            return page(html, self.charset, declared=not self.meta)
        name, _, number = path.rpartition("--")[2].partition("-")
        at, posts = int(number or 1), self.topics.get(int(name), [])
        shown = posts[(at - 1) * PER_PAGE : at * PER_PAGE]
        if not shown:
            return Answer(404, b"<h1>yok</h1>", {"content-type": "text/html"})
        count = -(-len(posts) // PER_PAGE)
        html = PageFile("donanimhaber/topic.html").filled(
            [{**post, "row": row} for row, post in enumerate(shown, 1)],
            meta=meta, title="Çınar Ev şikâyetleri", slug="cinar-ev", id=name, pages=count,
            counted=self.counted, linked=not self.counted and count > 1,
        )  # fmt: skip
        return page(html, self.charset, declared=not self.meta)


@pytest.fixture
def forum() -> Forum:
    made = Forum()
    for name, number in ((1, 2), (2, 1), (3, 45), (4, 21)):
        made.post(name, number=number)
    return made


@pytest.fixture
def server(forum: Forum) -> Iterator[FaultyServer]:
    with FaultyServer(forum.route, lambda request: request.path != "/robots.txt") as running:
        yield running


def reader(server: FaultyServer, **more: Any) -> Any:
    record = {"kind": "donanimhaber", "terms_read": True, "delay": 0, "private_network": True}
    return collector_for({**record, "start_urls": [server.url + SECTION], **more})


def asked(server: FaultyServer, since: int = 0) -> list[str]:
    """What was asked, as path and page."""
    pages = server.pages[since:]
    return [request.path + (f"?sayfa={at}" if (at := request.query.get("sayfa")) else "") for request in pages]


@pytest.mark.parametrize("counted", [True, False], ids=["number of pages", "only links of pages"])
def test_everything_the_first_time_and_only_what_is_new_the_second(
    forum: Forum, server: FaultyServer, counted: bool
) -> None:
    forum.counted = counted
    kept = Kept().take(reader(server).fetch(None, NOW))
    assert kept.error is None and not kept.rejected and set(kept.mentions) == forum.ids
    topic = "/cinar-ev--"
    assert asked(server) == [
        SECTION, f"{topic}4", f"{topic}4-2", f"{topic}4", f"{topic}3", f"{topic}3-3", f"{topic}3-2", f"{topic}3",
        f"{topic}2", f"{SECTION}?sayfa=2", f"{topic}1", f"{SECTION}?sayfa=3",
    ]  # fmt: skip
    assert kept.reach is not None and kept.reach.proof == "ended"
    found = kept.mentions[str(forum.topics[3][0]["post"])]
    assert found.text == "Çınar Ev şikâyetleri\n\nKargom gelmedi" and found.author == "Işıl" and found.thread_id == "3"
    assert found.channel == "donanimhaber" and found.url == f"{server.url}{topic}3"

    before = len(server.pages)
    kept.take(reader(server).fetch(kept.cursor, NOW))
    assert asked(server, before) == [SECTION] and kept.reach == Reach("overlap")
    new = {forum.post(3, number=17), forum.post(2)}
    before = len(server.pages)
    kept.take(reader(server).fetch(kept.cursor, NOW))
    assert new <= set(kept.mentions) and set(kept.mentions) == forum.ids and kept.reach == Reach("overlap")
    assert asked(server, before)[:4] == [SECTION, f"{topic}2", f"{topic}3-3", f"{topic}3-4"]


@pytest.mark.parametrize(("charset", "meta"), [("windows-1254", False), ("windows-1254", True), ("utf-8", True)])
def test_turkish_letters_and_dates(forum: Forum, server: FaultyServer, charset: str, meta: bool) -> None:
    forum.charset, forum.meta = charset, meta
    dates = {
        "Bugün 14:03": datetime(2026, 11, 21, 11, 3, tzinfo=UTC),
        "Dün 23:59": datetime(2026, 11, 20, 20, 59, tzinfo=UTC),
        "Dün": datetime(2026, 11, 19, 21, 0, tzinfo=UTC),
        "19 Kasım 2026 10:00": datetime(2026, 11, 19, 7, 0, tzinfo=UTC),
    }
    posted = {forum.post(6, "Iğdır ŞĞİ ışık <b>öçü</b>", date): when for date, when in reversed(dates.items())}
    ago = forum.post(6, "<blockquote>kargom çalındı</blockquote>bende yok", "5 dakika önce")
    now = forum.post(6, "şimdi", "az önce")
    kept = Kept().take(reader(server).fetch(None, NOW))
    assert kept.error is None and set(kept.mentions) == forum.ids
    assert {name: kept.mentions[name].published_at for name in posted} == posted
    assert kept.mentions[list(posted)[1]].text == "Iğdır ŞĞİ ışık öçü" and kept.mentions[ago].text == "bende yok"
    for name, minutes in ((ago, 5), (now, 0)):
        assert abs(kept.mentions[name].published_at - (NOW - timedelta(minutes=minutes))) < timedelta(minutes=1)


def test_a_long_topic_of_a_first_crawl_is_read_as_far_back_as_is_allowed(forum: Forum, server: FaultyServer) -> None:
    forum.post(5, number=70)
    one = reader(server, start_urls=[], topics=[f"{server.url}/cinar-ev--5-2"], topic_pages=2)
    kept = Kept().take(one.fetch(None, NOW))
    assert kept.error is None and len(kept.mentions) == 30
    assert asked(server) == ["/cinar-ev--5", "/cinar-ev--5-4", "/cinar-ev--5-3"]
    assert kept.reach is not None and kept.reach.proof == "parsed" and kept.reach.since is not None


def test_an_advertisement_is_no_topic_and_a_new_layout_is_told_with_its_page(
    forum: Forum, server: FaultyServer
) -> None:
    right = page(PageFile("donanimhaber/section.html").filled([], meta=""))
    forum.answers[SECTION] = right
    kept = Kept().take(reader(server).fetch(None, NOW))
    assert isinstance(kept.error, Unreadable) and "[layout]" in str(kept.error) and asked(server) == [SECTION]
    assert kept.error.page == right.body.decode()


@pytest.mark.parametrize(
    ("fault", "code"), [(Fault.status(403), "forbidden"), (Fault.html, "bot_protection"), (Fault.status(404), "gone")]
)
def test_a_section_that_refuses(server: FaultyServer, fault: Any, code: str) -> None:
    server.fail(1, fault)
    kept = Kept().take(reader(server).fetch(None, NOW))
    assert isinstance(kept.error, Refused) and f"[{code}]" in str(kept.error) and len(server.pages) == 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"start_urls": ["https://forum.example/cinar--12"]}, "is not a section's address"),
        ({"topics": ["https://forum.example/cinar--f12"]}, "is not a topic's address"),
        ({"start_urls": []}, "name at least one section"),
    ],
)
def test_settings_that_cannot_be_used_are_a_sentence(change: dict[str, Any], sentence: str) -> None:
    record = {"kind": "donanimhaber", "start_urls": ["https://forum.example/a--f1?sayfa=2"], "terms_read": True}
    assert collector_for(record).settings.start_urls == ("https://forum.example/a--f1",)
    with pytest.raises(ConfigError) as raised:
        collector_for({**record, **change})
    assert sentence in str(raised.value)
