"""Apple's public review feed keeps the contract that the official API keeps, and its empty pages are no silence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, ClassVar

import pytest

from collectors.protocol import Reach, Refused, Unreadable
from tests.integration.faulty_server import Answer, FaultyServer, Request
from tests.integration.test_collector_contract import (  # noqa: F401 - collected here, over the feed's world
    test_a_bad_item_does_not_cost_the_good_ones,
    test_a_clock_a_little_ahead_hides_nothing,
    test_a_first_fetch_of_everything_proves_it,
    test_a_kill_between_any_two_batches_loses_nothing,
    test_a_later_fetch_joins_what_was_read_before,
    test_a_post_of_tomorrow_is_named_and_hides_nothing,
    test_a_post_without_author_or_date_is_kept_or_named,
    test_a_rewound_cursor_brings_again_what_came_since,
    test_a_second_fetch_brings_what_is_new_and_nothing_is_missed,
    test_a_server_whose_clock_is_wrong_is_read_all_the_same,
    test_a_source_under_another_name_keeps_its_channel,
    test_an_empty_source_says_so,
    test_duplicates_and_another_order_change_nothing,
    test_empty_is_not_ok,
    test_every_page_is_read_to_the_end,
    test_text_arrives_as_it_was_written,
    test_the_cursor_given_is_not_changed,
    test_what_was_lost_between_two_fetches_is_a_gap,
)
from tests.integration.test_collector_contract_faults import (  # noqa: F401 - the same
    test_a_fault_is_a_sentence_and_costs_nothing,
    test_a_rate_limit_in_any_form_is_a_time_and_never_a_wait,
    test_a_server_that_does_not_answer_is_given_up,
    test_a_server_that_is_not_there_is_unavailable,
    test_a_spent_budget_stops_between_two_pages,
    test_a_wrong_charset_is_refused_or_still_readable,
    test_an_address_inside_the_network_is_refused_before_it_is_asked,
    test_every_request_is_counted,
)
from tests.integration.worlds.app_store import APP
from tests.integration.worlds.world import NOW, Kept, Post, World, collector, ids


def feed(posts: list[Post], page: int, size: int, app: bool = True) -> Answer:
    """A page of Apple's public review feed."""
    if page > 10:
        return Answer(400, b"CustomerReviews RSS page depth is limited to 10", {"content-type": "text/plain"})
    shown = posts[(page - 1) * size : page * size]
    entries: list[dict[str, Any]] = [{"im:name": {"label": "Marka"}, "id": {"label": "app"}}] if app and shown else []
    for post in shown:
        entry: dict[str, Any] = {
            "id": {"label": str(post.number)}, "title": {"label": ""}, "im:rating": {"label": "2"},
            "content": {"label": post.words, "attributes": {"type": "text"}}, "im:version": {"label": "3.4.3"},
            "im:voteSum": {"label": "1"}, "im:voteCount": {"label": "1"},
        }  # fmt: skip
        if post.author:
            uri = f"https://itunes.apple.com/tr/reviews/id{post.number}"
            entry["author"] = {"uri": {"label": uri}, "name": {"label": post.author}, "label": ""}
        if post.dated:
            entry["updated"] = {"label": post.at.isoformat()}
        entries.append(entry)
    last = max(1, min(10, -(-len(posts) // size)))
    link = [
        {"attributes": {"rel": "last", "href": f"https://itunes.apple.com/tr/rss/customerreviews/page={last}/id=1"}}
    ]
    body: dict[str, Any] = {"author": {"name": {"label": "iTunes Store"}}, "link": link}
    if entries:
        body["entry"] = entries if len(entries) > 1 else entries[0]  # one entry is no list
    return Answer.json({"feed": body}, content_type="text/javascript; charset=utf-8")


class FeedWorld(World):
    """An app without a key."""

    kind = "app_store"
    env: ClassVar = {}

    def native_id(self, post: Post) -> str:
        return str(post.number)

    def settings(self, url: str) -> dict[str, Any]:
        return {"kind": "app_store", "app_id": APP, "countries": ["TR"], "overlap": 3600, "base_url": url}

    def route(self, request: Request) -> Answer:
        head, tail = "/tr/rss/customerreviews/page=", f"/id={APP}/sortby=mostrecent/json"
        assert request.path.startswith(head) and request.path.endswith(tail)
        return feed(self.posts, int(request.path.removeprefix(head).removesuffix(tail)), self.page)


@pytest.fixture
def world() -> World:
    return FeedWorld()


@pytest.fixture
def server(world: World) -> Iterator[FaultyServer]:
    with FaultyServer(world.route) as running:
        yield running


def test_an_empty_page_where_there_were_reviews_is_no_silence(world: World, server: FaultyServer) -> None:
    world.add(8)
    kept = Kept()
    empty = feed([], 1, 3)
    server.fail(1, lambda right: empty)
    kept.take(collector(world, server).fetch(None, NOW))
    assert kept.reach == Reach("parsed"), "a feed that was never anything but empty proves nothing"
    kept.take(collector(world, server).fetch(kept.cursor, NOW))
    assert set(kept.mentions) == ids(world) and kept.reach is not None and kept.reach.proof == "ended"
    server.fail(1, lambda right: empty)
    with pytest.raises(Unreadable, match="empty, although"):
        kept.take(collector(world, server).fetch(kept.cursor, NOW))


def test_an_empty_page_in_the_middle_is_read_again(world: World, server: FaultyServer) -> None:
    world.add(8)
    kept = Kept()
    links = [{"attributes": {"rel": "last", "href": "https://itunes.apple.com/tr/rss/customerreviews/page=3/id=1"}}]
    server.fail(2, lambda right: Answer.json({"feed": {"link": links}}))
    with pytest.raises(Unreadable, match="page 2 of the feed of tr is empty"):
        kept.take(collector(world, server).fetch(None, NOW))
    assert len(kept.mentions) == 3 and kept.reach is None
    kept.take(collector(world, server).fetch(kept.cursor, NOW + timedelta(minutes=15)))
    assert set(kept.mentions) == ids(world)


def test_ten_pages_are_all_that_apple_gives(world: World, server: FaultyServer) -> None:
    world.add(40)
    kept = Kept()
    kept.take(collector(world, server).fetch(None, NOW))
    assert len(kept.mentions) == 30 and len(server.pages) == 10
    oldest = min(mention.published_at for mention in kept.mentions.values())
    assert kept.reach is not None and kept.reach.since == oldest and not kept.reach.gap


def test_more_new_reviews_than_the_feed_holds_are_a_gap(world: World, server: FaultyServer) -> None:
    world.add(5)
    kept = Kept()
    kept.take(collector(world, server).fetch(None, NOW))
    world.add(45)
    kept.take(collector(world, server).fetch(kept.cursor, NOW + timedelta(days=1)))
    assert kept.reach is not None and kept.reach.gap and "missing" in kept.notes[-1]


def test_several_countries_are_read(server: FaultyServer) -> None:
    by_country = {"tr": [Post(1)], "de": [Post(2)], "us": []}

    def route(request: Request) -> Answer:
        return feed(by_country[request.path.split("/")[1]], 1, 3)

    server.route = route
    kept = Kept()
    source = collector(FeedWorld(), server, countries=["tr", "DE", "us", "de"])
    kept.take(source.fetch(None, NOW))
    assert {mention.extra["country"] for mention in kept.mentions.values()} == {"tr", "de"} and len(server.pages) == 3
    assert source.verify(NOW) == "Apple's review feeds answer for 3 countries."


def test_an_app_that_is_not_there_is_refused(world: World, server: FaultyServer) -> None:
    server.route = lambda request: Answer(404, b"", {"content-type": "text/html"})
    with pytest.raises(Refused, match="Check app_id and countries"):
        list(collector(world, server).fetch(None, NOW))
