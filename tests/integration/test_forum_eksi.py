"""Ekşi Sözlük, through whole crawls of pages in the form that the site's own have (see the fixtures)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collectors.protocol import Reach, Refused, Unavailable, Unreadable
from collectors.registry import ConfigError, collector_for
from tests.integration.crawled import FIXTURES, Kept, PageFile, page
from tests.integration.faulty_server import Answer, FaultyServer, Request

NOW = datetime(2026, 11, 21, 11, 5, tzinfo=UTC)  # 14:05 in Istanbul
PER_PAGE = 10


@dataclass
class Eksi:
    """Topics with their entries, ten to a page; a search; a lookup by title."""

    topics: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    found: list[int] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)
    entries: int = 100
    per_search: int = 2

    def write(self, topic: int, text: str = "kargom gelmedi", date: str = "", number: int = 1) -> str:
        for _ in range(number):
            self.entries += 1
            shown = date or (datetime(2026, 11, 20, 9, 0) + timedelta(minutes=self.entries)).strftime("%d.%m.%Y %H:%M")
            entry = {"entry": self.entries, "author": "ışıl teyze", "likes": 3, "date": shown, "text": text}
            self.topics.setdefault(topic, []).append(entry)
        return str(self.entries)

    @property
    def ids(self) -> set[str]:
        return {str(entry["entry"]) for entries in self.topics.values() for entry in entries}

    def route(self, request: Request) -> Answer:
        path = request.path
        if path in self.answers:
            return self.answers[path]
        if path == "/robots.txt":
            return Answer(404)
        if path == "/" and "q" in request.query:
            return Answer(302, b"", {"location": "/cinar-ev--12?nr=true&rf=x"})
        at = int(request.query.get("p", 1))
        if path == "/basliklar/ara":
            shown = self.found[(at - 1) * self.per_search : at * self.per_search]
            rows = [
                {"slug": "cinar-ev", "id": name, "title": "çınar ev", "entries": len(self.topics[name])}
                for name in shown
            ]
            return page(
                PageFile("eksi/search.html").filled(rows, words=request.query["SearchForm.Keywords"], some=bool(rows))
            )
        if path.startswith("/baslik/"):
            return Answer(301, b"", {"location": f"/cinar-ev--{path.removeprefix('/baslik/')}"})
        name = int(path.rpartition("--")[2])
        entries = self.topics.get(name, [])
        shown = entries[(at - 1) * PER_PAGE : at * PER_PAGE]
        if not shown:
            return Answer(404, b"<h1>sayfa yok</h1>", {"content-type": "text/html"})
        count = -(-len(entries) // PER_PAGE)
        return page(
            PageFile("eksi/topic.html").filled(
                shown, title="çınar ev", slug="cinar-ev", id=name, paged=count > 1, current=at, pages=count
            )
        )


@pytest.fixture
def eksi() -> Eksi:
    made = Eksi()
    made.write(12, number=34)
    return made


@pytest.fixture
def server(eksi: Eksi) -> Iterator[FaultyServer]:
    with FaultyServer(eksi.route, lambda request: request.path != "/robots.txt") as running:
        yield running


def reader(server: FaultyServer, **more: Any) -> Any:
    record = {"kind": "eksi", "base_url": server.url, "terms_read": True, "delay": 0, "private_network": True}
    return collector_for({**record, **({"topics": ["cinar-ev--12"]} if "search" not in more else {}), **more})


def asked(server: FaultyServer, since: int = 0) -> list[str]:
    """What was asked, as path and page."""
    return [request.path + (f"?p={p}" if (p := request.query.get("p")) else "") for request in server.pages[since:]]


def test_a_topic_is_read_from_its_last_page_and_then_only_what_is_new(eksi: Eksi, server: FaultyServer) -> None:
    kept = Kept().take(reader(server).fetch(None, NOW))
    assert kept.error is None and not kept.rejected and set(kept.mentions) == eksi.ids
    path = "/cinar-ev--12"
    assert asked(server) == [path, f"{path}?p=4", f"{path}?p=3", f"{path}?p=2", path]
    assert kept.order[0] == "131" and kept.order[-1] == "110", "the newest page first"
    assert kept.reach is not None and kept.reach.proof == "ended" and not kept.reach.gap
    found = kept.mentions["102"]
    assert found.text == "kargom gelmedi" and found.author == "ışıl teyze" and found.engagement.likes == 3
    assert found.url == f"{server.url}/entry/102" and found.thread_id == "12" and found.channel == "eksi"
    assert found.published_at == datetime(2026, 11, 20, 7, 42, tzinfo=UTC) and found.extra["title"] == "çınar ev"
    assert kept.mentions["101"].text == "çınar ev\n\nkargom gelmedi"

    before = len(server.pages)
    kept.take(reader(server).fetch(kept.cursor, NOW))
    assert asked(server, before) == [f"{path}?p=4"] and kept.reach == Reach("overlap")
    eksi.write(12, number=12)
    before, kept.order = len(server.pages), []
    kept.take(reader(server).fetch(kept.cursor, NOW))
    assert asked(server, before) == [f"{path}?p=4", f"{path}?p=5"] and set(kept.mentions) == eksi.ids
    assert kept.order[:6] == ["141", "142", "143", "144", "145", "146"] and kept.reach == Reach("overlap")


def test_edited_entries_hostile_text_and_old_dates(eksi: Eksi, server: FaultyServer) -> None:
    same = eksi.write(12, date="21.11.2026 13:00 ~ 13:20")
    later = eksi.write(12, date="20.11.2026 23:50 ~ 21.11.2026 09:05")
    shown = '(bkz: <a class="b" href="/?q=x">çınar ev</a>)<br/>&lt;script&gt;<script>x()</script> =1+1 IŞIK'
    text = eksi.write(12, text=shown)
    undated = eksi.write(12, date="bir ara")
    eksi.topics[12].insert(0, {**eksi.topics[12][0], "entry": 5, "date": "15.02.1999"})
    kept = Kept().take(reader(server).fetch(None, NOW))
    assert kept.error is None
    assert kept.mentions[same].published_at == datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
    assert kept.mentions[same].extra["edited_at"] == "2026-11-21T10:20:00+00:00"
    assert kept.mentions[later].published_at == datetime(2026, 11, 20, 20, 50, tzinfo=UTC)
    assert kept.mentions[later].extra["edited_at"] == "2026-11-21T06:05:00+00:00"
    assert "edited_at" not in kept.mentions[text].extra
    assert kept.mentions[text].text == "(bkz: çınar ev)\n<script> =1+1 IŞIK"
    assert [bad.native_id for bad in kept.rejected] == [undated]
    assert "5" not in kept.mentions and "1 posts too old passed over" in kept.notes[-1]


def test_topics_by_number_and_by_title_and_those_that_a_search_finds(eksi: Eksi, server: FaultyServer) -> None:
    eksi.write(13, number=3)
    eksi.write(14, number=2)
    eksi.write(15)
    eksi.found = [14, 13, 15]
    kept = Kept().take(reader(server, topics=["çınar ev"]).fetch(None, NOW))
    assert kept.error is None and {mention.thread_id for mention in kept.mentions.values()} == {"12"}
    before = len(server.pages)
    kept.take(reader(server, topics=["çınar ev"]).fetch(kept.cursor, NOW))
    assert asked(server, before) == ["/cinar-ev--12?p=4"], "the title is looked up once"

    kept = Kept().take(reader(server, topics=["12"]).fetch(None, NOW))
    assert kept.error is None and len(kept.mentions) == 34

    kept = Kept().take(reader(server, search=["çınar ev"]).fetch(None, NOW))
    assert kept.error is None and {mention.thread_id for mention in kept.mentions.values()} == {"13", "14"}
    assert kept.reach is not None and kept.reach.proof == "parsed", "the search has more pages than are looked through"
    query = server.pages[-3].query
    assert query["SearchForm.Keywords"] == "çınar ev" and query["SearchForm.SortOrder"] == "Date"
    before = len(server.pages)
    new = eksi.write(13)
    kept.take(reader(server, search=["çınar ev"], list_pages=5).fetch(kept.cursor, NOW))
    assert new in kept.mentions and {m.thread_id for m in kept.mentions.values()} == {"13", "14", "15"}
    assert asked(server, before) == [
        "/basliklar/ara", "/cinar-ev--13", "/basliklar/ara?p=2", "/cinar-ev--15", "/basliklar/ara?p=3",
    ], "a topic whose number of entries has not changed is not opened"  # fmt: skip


def test_a_search_without_topics_is_quiet_once_and_broken_after_it_had_some(eksi: Eksi, server: FaultyServer) -> None:
    kept = Kept().take(reader(server, search=["yok"]).fetch(None, NOW))
    assert kept.error is None and "the thread list is empty" in kept.notes[-1]
    eksi.found = [12]
    kept.take(reader(server, search=["yok"]).fetch(kept.cursor, NOW))
    assert kept.error is None and len(kept.mentions) == 34
    eksi.found = []
    kept.take(reader(server, search=["yok"]).fetch(kept.cursor, NOW))
    assert isinstance(kept.error, Unreadable) and "although threads were read from it before" in str(kept.error)
    assert kept.error.page is not None and "content-body" in kept.error.page


def test_bot_protection_is_never_got_around(eksi: Eksi, server: FaultyServer) -> None:
    html = (FIXTURES / "eksi" / "please_wait.html").read_text(encoding="utf-8")
    for status in (200, 403, 503):
        right = page(html)
        eksi.answers["/cinar-ev--12"] = Answer(status, right.body, right.headers)
        before = len(server.pages)
        kept = Kept().take(reader(server).fetch(None, NOW))
        assert isinstance(kept.error, Refused) and "[bot_protection]" in str(kept.error) and kept.reach is None
        assert "lütfen bekleyiniz" in str(kept.error) and asked(server, before) == ["/cinar-ev--12"]


def test_robots_txt_is_obeyed(eksi: Eksi, server: FaultyServer) -> None:
    eksi.answers["/robots.txt"] = Answer(200, b"User-agent: *\nDisallow: /basliklar/\n")
    kept = Kept().take(reader(server, topics=["cinar-ev--12"], search=["x"]).fetch(None, NOW))
    assert isinstance(kept.error, Refused) and "[robots]" in str(kept.error)
    assert len(kept.mentions) == 34, "the topic may be read, the search may not"
    assert "/basliklar/ara" not in asked(server)
    eksi.answers["/robots.txt"] = Answer(503)
    kept = Kept().take(reader(server).fetch(None, NOW))
    assert isinstance(kept.error, Unavailable) and "[robots_unreadable]" in str(kept.error)


def test_a_move_to_another_domain_is_said_and_not_followed(eksi: Eksi, server: FaultyServer) -> None:
    with FaultyServer(eksi.route) as elsewhere:
        eksi.answers["/cinar-ev--12"] = Answer(301, b"", {"location": f"{elsewhere.url}/cinar-ev--12"})
        kept = Kept().take(reader(server, topics=["cinar-ev--12", "13"]).fetch(None, NOW))
        assert elsewhere.requests == []
        assert isinstance(kept.error, Refused) and "[moved]" in str(kept.error)
        assert elsewhere.url.removeprefix("http://") in str(kept.error) and "new address" in str(kept.error)
    assert asked(server) == ["/cinar-ev--12"]


def test_a_topic_that_is_gone_does_not_hold_up_the_others(eksi: Eksi, server: FaultyServer) -> None:
    kept = Kept().take(reader(server, topics=["yok--77", "cinar-ev--12"]).fetch(None, NOW))
    assert isinstance(kept.error, Refused) and "[gone]" in str(kept.error) and "yok--77" in str(kept.error)
    assert set(kept.mentions) == eksi.ids


def test_back_fill_reads_what_was_left_out(eksi: Eksi, server: FaultyServer) -> None:
    kept = Kept().take(reader(server, topic_pages=1).fetch(None, NOW))
    assert len(kept.mentions) == 4 and kept.reach is not None and kept.reach.proof == "parsed"
    assert kept.reach.since == datetime(2026, 11, 20, 8, 11, tzinfo=UTC)
    made = reader(server, topic_pages=1)
    cursor = made.rewound(kept.cursor, datetime(2026, 11, 20, 8, 5, tzinfo=UTC))
    kept.take(made.fetch(cursor, NOW))
    assert {str(number) for number in range(125, 135)} <= set(kept.mentions) and "101" not in kept.mentions
    kept.take(made.fetch(kept.cursor, NOW))
    assert kept.reach == Reach("overlap")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"terms_read": False}, "read the forum's terms of use"),
        ({"topics": []}, "name at least one topic"),
        ({"topics": [" "]}, "a topic or a search is empty"),
        ({"base_url": "eksisozluk.com"}, "is not an http or https address"),
    ],
)
def test_settings_that_cannot_be_used_are_a_sentence(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError) as raised:
        collector_for({"kind": "eksi", "topics": ["cinar-ev--12"], "terms_read": True, **change})
    assert sentence in str(raised.value)
