"""What a crawl proves, what it may spend, and where it may not go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from collectors.meter import Limit, Meter, spending
from collectors.protocol import BudgetSpent, Reach, Refused, Unreadable
from collectors.registry import collector_for
from tests.integration.crawled import Kept
from tests.integration.faulty_server import Answer, Fault, FaultyServer
from tests.integration.test_forum_faults import SITE, Forum

NOW = datetime(2026, 11, 21, 11, 5, tzinfo=UTC)  # 14:05 in Istanbul
UNTIL = NOW + timedelta(hours=13)


@pytest.fixture
def forum() -> Forum:
    made = Forum()
    for number in range(1, 8):  # three list pages
        made.post(number, date=f"21.11.2026 0{number}:00")
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
        record = {"kind": "forum", "site": str(file), "start_urls": [f"{server.url}/konular"], "terms_read": True}
        return collector_for({**record, "delay": 0, "private_network": True, **more})

    return make


def at(hour: int) -> datetime:
    """That hour of the day in Istanbul."""
    return datetime(2026, 11, 21, hour - 3, 0, tzinfo=UTC)


def test_a_first_crawl_reaches_back_to_the_oldest_post_and_later_ones_join_it(
    forum: Forum, collector: Callable[..., Any]
) -> None:
    kept = Kept().take(collector().fetch(None, NOW))
    assert kept.reach == Reach("ended", since=datetime(2026, 11, 20, 22, 0, tzinfo=UTC))
    forum.post(2, date="21.11.2026 14:00")
    kept.take(collector().fetch(kept.cursor, NOW))
    assert kept.reach == Reach("overlap") and kept.cursor is not None and "proof" not in kept.cursor


def test_a_crawl_that_was_cut_off_proves_nothing_until_it_is_finished(
    forum: Forum, collector: Callable[..., Any]
) -> None:
    kept = Kept().take(collector().fetch(None, NOW))
    for number in (7, 1, 2, 3, 4):
        forum.post(number, date="21.11.2026 14:00")
    kept.take(collector(pages=4).fetch(kept.cursor, NOW))
    assert kept.error is None and kept.reach is None and "goes on in the next crawl" in kept.notes[-1]
    kept.take(collector().fetch(kept.cursor, NOW))
    assert kept.reach == Reach("overlap") and set(kept.mentions) == forum.ids


def test_lists_that_are_longer_than_is_looked_through(forum: Forum, collector: Callable[..., Any]) -> None:
    kept = Kept().take(collector(list_pages=1).fetch(None, NOW))
    assert kept.reach == Reach("parsed", since=at(5)), "the last thread of the page had its last post then"
    assert set(kept.mentions) == {"5", "6", "7"}
    for number in (5, 6, 7, 8):
        forum.post(number, date=f"21.11.2026 {number + 5}:00")
    kept.take(collector(list_pages=1).fetch(kept.cursor, NOW))
    assert kept.reach == Reach("parsed", since=at(11), gap=True)
    kept.take(collector(list_pages=1).fetch(kept.cursor, NOW))
    assert kept.reach == Reach("overlap"), "a gap is told once"


def test_back_fill_walks_down_to_a_time(forum: Forum, collector: Callable[..., Any]) -> None:
    made = collector(list_pages=1)
    kept = Kept().take(made.fetch(None, NOW))
    cursor = made.rewound(kept.cursor, at(3))
    kept.take(made.fetch(cursor, NOW))
    assert kept.error is None and {"3", "4", "5", "6", "7"} <= set(kept.mentions)
    assert kept.reach is not None and not kept.reach.gap and kept.cursor is not None and "floor" not in kept.cursor
    kept.take(made.fetch(kept.cursor, NOW))
    assert kept.reach == Reach("overlap")


def test_the_page_of_a_changed_layout_is_kept_for_repair(
    forum: Forum, server: FaultyServer, collector: Callable[..., Any]
) -> None:
    html = "<!DOCTYPE html><html><body>" + "<section>yeni ışık</section>" * 20_000 + "</body></html>"
    for number in range(1, 8):
        forum.pages[f"/konu/{number}"] = Answer(200, html.encode(), {"content-type": "text/html; charset=utf-8"})
    kept = Kept().take(collector().fetch(None, NOW))
    assert isinstance(kept.error, Unreadable) and kept.error.page == html[:200_000] and kept.reach is None
    forum.pages = {"/konular": Answer(200, b"<p>bitti</p>", {"content-type": "text/html"})}
    kept = Kept().take(collector().fetch(None, NOW))
    assert isinstance(kept.error, Unreadable) and kept.error.page == "<p>bitti</p>"


def test_no_other_fault_keeps_a_page(forum: Forum, server: FaultyServer, collector: Callable[..., Any]) -> None:
    server.fail(1, Fault.html)
    kept = Kept().take(collector().fetch(None, NOW))
    assert isinstance(kept.error, Refused) and kept.error.page is None


def test_every_request_is_charged_and_a_budget_is_never_passed(
    forum: Forum, server: FaultyServer, collector: Callable[..., Any]
) -> None:
    free = Meter("forum")
    with spending(free):
        Kept().take(collector().fetch(None, NOW))
    assert free.requests == len(server.requests) == 1 + 3 + 7, "robots.txt, three lists, seven threads"

    kept = Kept()
    for _ in range(4):  # each of which asks for robots.txt again
        limited, before = Meter("forum", Limit(5, UNTIL, "of 5 requests a day")), len(server.requests)
        with spending(limited):
            kept.take(collector().fetch(kept.cursor, NOW))
        assert kept.error is None and len(server.requests) - before == limited.requests <= 5
    assert "budget of requests is used up" in kept.notes[0] and set(kept.mentions) == forum.ids

    before = len(server.requests)
    with spending(Meter("forum", Limit(1, UNTIL, "of 5 requests a day"))):
        kept.take(collector().fetch(kept.cursor, NOW))
    assert isinstance(kept.error, BudgetSpent) and kept.error.retry_at == UNTIL
    assert len(server.requests) == before, "one request is too few for a crawl"


def test_a_post_of_five_megabytes(forum: Forum, collector: Callable[..., Any]) -> None:
    long = forum.post(7, "ışık " * 1_000_000)
    kept = Kept().take(collector().fetch(None, NOW))
    assert kept.error is None and len(kept.mentions[long].text) == 4_999_999 and set(kept.mentions) == forum.ids


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"])
def test_an_address_inside_the_network_is_refused_before_anything_is_asked(
    forum: Forum, server: FaultyServer, collector: Callable[..., Any], host: str
) -> None:
    start = f"http://{host}:{urlsplit(server.url).port}/konular"
    kept = Kept().take(collector(start_urls=[start], private_network=False).fetch(None, NOW))
    assert isinstance(kept.error, Refused) and "[private]" in str(kept.error), kept.error
    assert "private_network: true" in str(kept.error) and server.requests == []
