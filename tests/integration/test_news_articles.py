"""Articles are read once, as a guest who keeps to the site's rules, within limits; what cannot be read says why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from collectors import registry
from collectors.article import Articles
from collectors.meter import Limit, Meter, spending
from collectors.protocol import BudgetSpent, Unavailable
from collectors.transport import Transport
from tests.integration.faulty_server import Answer, FaultyServer, Request
from tests.integration.worlds.world import Kept

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
WORDS = "Müşteriler kargo gecikmelerinden şikâyetçi: ışıklı ürünler kırık geliyor, kimse yanıt vermiyor. "


class Site:
    """A newspaper: feeds of articles, their pages, and what else is asked of it."""

    def __init__(self) -> None:
        self.numbers = [1, 2, 3]
        self.pages: dict[str, Answer] = {}
        self.robots: Answer = Answer(200, b"User-agent: *\nDisallow: /kapali/\n", {"content-type": "text/plain"})
        self.link = "/haber/{}"
        self.broken_feed = False

    def __call__(self, request: Request) -> Answer:
        host = request.headers["host"]
        if request.path == "/robots.txt":
            return self.robots
        if request.path in self.pages:
            return self.pages[request.path]
        if request.path == "/bozuk":
            return Answer(503)
        if request.path in ("/gundem", "/ekonomi"):
            items = "".join(
                f"<item><guid>haber-{n}</guid><title>Haber {n}</title><link>http://{host}{self.link.format(n)}</link>"
                f"<description>Özet {n}</description><author>muhabir@gazete.test (Ali Şık)</author>"
                "<pubDate>Sat, 21 Nov 2026 08:00:00 GMT</pubDate></item>"
                for n in self.numbers
            )
            body = f'<?xml version="1.0"?><rss version="2.0"><channel><title>G</title>{items}</channel></rss>'
            if request.headers.get("if-none-match") == f'"{len(self.numbers)}"':
                return Answer(304)
            headers = {"content-type": "application/rss+xml; charset=utf-8", "etag": f'"{len(self.numbers)}"'}
            return Answer(200, body.encode(), headers)
        number = request.path.rpartition("/")[2]
        return page(f"<p>{WORDS * 3}</p><p>Haberin numarası {number}.</p>")


def page(body: str, encoding: str = "utf-8", declared: str = "text/html; charset=utf-8") -> Answer:
    html = (
        '<!DOCTYPE html><html lang="tr"><head><meta property="og:site_name" content="Gazete Işık"></head>'
        f"<body><nav>Gündem</nav><article>{body}</article><footer>Künye</footer></body></html>"
    )
    return Answer(200, html.encode(encoding), {"content-type": declared})


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def server(site: Site) -> Iterator[FaultyServer]:
    with FaultyServer(site) as running:
        yield running


def news(server: FaultyServer, *feeds: str, **more: Any) -> Any:
    addresses = [f"{server.url}/{feed}" for feed in feeds or ("gundem",)]
    return registry.collector_for({"kind": "news", "feeds": addresses, "private_network": True, **more})


class Versions(Kept):
    """What a store keeps of edited posts: their last text."""

    def take(self, batches: Any, kill_after: int | None = None) -> None:
        """Store batch by batch, later texts over earlier ones."""
        for batch in batches:
            self.mentions |= {item.mention.native_id: item.mention for item in batch.fetched}
            self.cursor, self.reach = json.loads(json.dumps(batch.cursor)), batch.reach
            self.batches += 1


def paths(server: FaultyServer, start: str = "/haber/") -> list[str]:
    return [request.path for request in server.requests if request.path.startswith(start)]


def test_the_full_text_comes_with_its_publisher(server: FaultyServer) -> None:
    kept = Versions()
    kept.take(news(server).fetch(None, NOW))
    found = kept.mentions["haber-2"]
    assert found.text.startswith(f"Haber 2\n\n{WORDS.strip()}") and "Haberin numarası 2." in found.text
    assert "Künye" not in found.text and "Gündem" not in found.text
    assert (found.author, found.author_name, found.extra["full_text"]) == ("Gazete Işık", "Ali Şık", True)
    assert found.channel == "news" and kept.reach is not None and kept.reach.proof == "ended"


def test_no_article_is_fetched_twice(server: FaultyServer, site: Site) -> None:
    kept = Versions()
    kept.take(news(server, "gundem", "ekonomi").fetch(None, NOW))
    kept.take(news(server, "gundem", "ekonomi").fetch(kept.cursor, NOW + timedelta(hours=1)))
    assert kept.reach is not None and kept.reach.proof == "unchanged"
    site.numbers = [5, 4, 3, 2, 1]
    kept.take(news(server, "gundem", "ekonomi").fetch(kept.cursor, NOW + timedelta(hours=2)))
    assert sorted(paths(server)) == [f"/haber/{n}" for n in range(1, 6)] and len(kept.mentions) == 5
    assert kept.reach is not None and kept.reach.proof == "overlap"


def test_limits_per_fetch_and_per_site_leave_the_rest_for_the_next(server: FaultyServer, site: Site) -> None:
    site.numbers = list(range(1, 8))
    kept = Versions()
    reader = news(server, per_site=3)
    kept.take(reader.fetch(None, NOW))
    assert len(kept.mentions) == 7 and len(paths(server)) == 3, "every entry is kept, three articles are read"
    assert "more than 3 articles" in kept.mentions["haber-7"].extra["full_text_reason"]
    kept.take(reader.fetch(kept.cursor, NOW + timedelta(minutes=10)))
    assert len(paths(server)) == 6
    kept.take(reader.fetch(kept.cursor, NOW + timedelta(minutes=20)))
    assert sorted(paths(server)) == [f"/haber/{n}" for n in range(1, 8)]
    assert all(found.extra["full_text"] for found in kept.mentions.values())
    assert len(paths(server, "/robots.txt")) == 1, "a site's rules are remembered"


def test_robots_txt_is_obeyed(server: FaultyServer, site: Site) -> None:
    site.link = "/kapali/{}"
    kept = Versions()
    kept.take(news(server).fetch(None, NOW))
    assert not paths(server, "/kapali/")
    found = kept.mentions["haber-1"]
    assert found.text == "Haber 1\n\nÖzet 1" and not found.extra["full_text"]
    assert "robots.txt does not allow" in found.extra["full_text_reason"]


def test_rules_that_are_not_there_or_cannot_be_read(server: FaultyServer, site: Site) -> None:
    site.robots = Answer(503)
    kept = Versions()
    kept.take(news(server).fetch(None, NOW))
    assert not paths(server) and "cannot be read now" in kept.mentions["haber-1"].extra["full_text_reason"]
    site.robots = Answer(404)
    kept.take(news(server).fetch(kept.cursor, NOW))
    assert len(paths(server)) == 3 and kept.mentions["haber-1"].extra["full_text"]
    slow = Answer(200, b"User-agent: Nobet\nCrawl-delay: 30\n", {"content-type": "text/plain"})
    site.robots, site.numbers = slow, [1, 2, 3, 4, 5, 6]
    kept.take(news(server).fetch(kept.cursor, NOW))
    assert len(paths(server)) == 4, "a site that wants 30 seconds between pages is asked for one"


UNREADABLE = {
    "gone": (Answer(404), "answered 404"),
    "forbidden": (Answer(403), "answered 403"),
    "a PDF": (Answer(200, b"%PDF", {"content-type": "application/pdf"}), "application/pdf"),
    "empty": (page(""), "no article was found"),
    "too many elements": (page("<b>x</b>" * 50_000), "elements"),
    "too large": (page("x" * 4_000_000), "larger than"),
    "a circle": (Answer(302, headers={"location": "/haber/1"}), "passed on more than"),
    "no web address": (Answer(302, headers={"location": "file:///etc/passwd"}), "no web address"),
}


@pytest.mark.parametrize("name", list(UNREADABLE))
def test_what_cannot_be_read_keeps_the_summary(server: FaultyServer, site: Site, name: str) -> None:
    site.pages["/haber/1"], reason = UNREADABLE[name]
    kept = Versions()
    kept.take(news(server, per_site=20).fetch(None, NOW))
    found = kept.mentions["haber-1"]
    assert found.text == "Haber 1\n\nÖzet 1" and found.extra["full_text"] is False
    assert reason in found.extra["full_text_reason"] and "\n" not in found.extra["full_text_reason"]
    assert kept.mentions["haber-2"].extra["full_text"] is True and kept.reach is not None


def test_a_site_that_is_down_is_asked_three_times(server: FaultyServer, site: Site) -> None:
    site.pages["/haber/1"] = Answer(503)
    kept = Versions()
    for hour in range(5):
        kept.take(news(server).fetch(kept.cursor, NOW + timedelta(hours=hour)))
    assert paths(server).count("/haber/1") == 3 and paths(server).count("/haber/2") == 1
    assert kept.mentions["haber-1"].text == "Haber 1\n\nÖzet 1"


@pytest.mark.parametrize("declared", ["text/html; charset=iso-8859-9", "text/html"])
def test_windows_1254_pages_are_read(server: FaultyServer, site: Site, declared: str) -> None:
    site.pages["/haber/1"] = page(f"<p>{WORDS * 3}</p>", "cp1254", declared)
    kept = Versions()
    kept.take(news(server).fetch(None, NOW))
    assert WORDS.strip() in kept.mentions["haber-1"].text


def test_a_search_engine_that_names_the_address_is_passed_by(server: FaultyServer, site: Site) -> None:
    site.link = "/apiclick.aspx?url=" + server.url + "/haber/{}"
    kept = Versions()
    kept.take(news(server).fetch(None, NOW))
    assert len(paths(server)) == 3 and not paths(server, "/apiclick")
    assert kept.mentions["haber-1"].extra["article_url"] == f"{server.url}/haber/1"


class OnlyHere(Transport):
    """Takes one server for a public one, and every other address for what it is."""

    here = 0

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        self.private_network = urlsplit(request.url or "").port == self.here
        return super().send(request, *args, **options)


@pytest.mark.parametrize("inside", ["http://169.254.169.254/latest/meta-data", "http://[::1]:80/x", "http://10.0.0.1/"])
def test_a_redirect_into_the_own_network_is_refused(server: FaultyServer, site: Site, inside: str) -> None:
    site.pages["/haber/1"] = Answer(302, headers={"location": inside})
    OnlyHere.here = urlsplit(server.url).port or 0
    door = OnlyHere("news", NOW, timeout=2, private_network=True)
    found = Articles("Nobet/0.1", 10, 10).read(f"{server.url}/haber/1", door, door, NOW)
    assert "private network" in found.reason and not found.again and not found.text


def test_a_feed_that_fails_does_not_hold_up_the_others(server: FaultyServer) -> None:
    kept = Versions()
    with pytest.raises(Unavailable, match="bozuk"):
        kept.take(news(server, "bozuk", "gundem").fetch(None, NOW))
    assert len(kept.mentions) == 3 and kept.reach is None


def test_a_spent_budget_keeps_the_entries_and_stops(server: FaultyServer) -> None:
    kept = Versions()
    meter = Meter("news", request_limit=Limit(3, NOW + timedelta(days=1), "of 3 requests"))
    with spending(meter), pytest.raises(BudgetSpent):
        kept.take(news(server).fetch(None, NOW))
    assert len(kept.mentions) == 3 and meter.requests == 3 and len(paths(server)) == 1 and kept.reach is None
    kept.take(news(server).fetch(kept.cursor, NOW + timedelta(days=1)))
    assert all(found.extra["full_text"] for found in kept.mentions.values())
    assert sorted(paths(server)) == ["/haber/1", "/haber/2", "/haber/3"]


def test_articles_can_be_left_alone(server: FaultyServer) -> None:
    kept = Versions()
    kept.take(news(server, full_text=False).fetch(None, NOW))
    assert len(kept.mentions) == 3 and not paths(server) and not paths(server, "/robots.txt")
    with pytest.raises(registry.ConfigError, match="name feeds"):
        registry.collector_for({"kind": "news"})
    with pytest.raises(registry.ConfigError, match="query_url"):
        registry.collector_for({"kind": "news", "native_query": ["x"], "query_url": "https://a.test/{wrong}"})
