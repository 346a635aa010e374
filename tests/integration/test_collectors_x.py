"""X beyond one listing: replies, quotes, edits, a quiet search, back-fill, deletions, and what verifying costs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collectors import registry
from collectors.meter import Limit, Meter, spending
from collectors.protocol import Batch, BudgetSpent, Rechecks, Refused, Rewinds, Unreadable, Verifies
from collectors.x import XCollector, XSettings
from collectors.x_post import id_at
from tests.integration.faulty_server import Answer, Fault, FaultyServer, Request

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
BRAND = "783214"


@dataclass
class Site:
    """X with posts as (id, fields), by what was asked; `fields` with `of` are found by the quotes operator."""

    posts: list[dict[str, Any]] = field(default_factory=list)
    mentions: list[dict[str, Any]] = field(default_factory=list)
    own: list[int] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, request: Request) -> Answer:
        since, size = int(request.query.get("since_id", 0)), int(request.query.get("max_results", 100))
        if request.path == f"/2/users/{BRAND}/tweets":
            assert request.query["exclude"] == "replies,retweets"
            return self.page([{"id": str(number), "text": "Kampanya!"} for number in self.own], since, size, request)
        if request.path == "/2/tweets/search/recent":
            query = request.query["query"]
            assert len(query) <= 512 and (not since or since >= id_at(NOW - timedelta(days=7)))
            quoted = set(re.findall(r"quotes_of_tweet_id:(\d+)", query))
            return self.page(
                [post for post in self.posts if post.get("of") in quoted or not quoted], since, size, request
            )
        if request.path == f"/2/users/{BRAND}/mentions":
            return self.page(self.mentions[:800], since, size, request)
        if request.path == "/2/tweets":
            answer: dict[str, Any] = {"errors": self.errors} if self.errors else {}
            missing = {error["value"] for error in self.errors}
            data = [{"id": number, "text": "a"} for number in request.query["ids"].split(",") if number not in missing]
            return Answer.json(answer | ({"data": data} if data else {}))
        assert request.path == "/2/usage/tweets"
        return Answer.json({"data": {"project_cap": "2000000", "project_usage": "43435", "cap_reset_day": 10}})

    def page(self, posts: list[dict[str, Any]], since: int, size: int, request: Request) -> Answer:
        first = int(request.query.get("next_token") or request.query.get("pagination_token") or 0)
        listed = [post for post in posts if int(post["id"]) > since]
        shown = listed[first : first + size]
        meta = {"result_count": len(shown)} | ({"next_token": str(first + size)} if first + size < len(listed) else {})
        return Answer.json({"data": shown, "meta": meta} if shown else {"meta": meta})


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def server(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyServer]:
    monkeypatch.setenv("NOBET_X_BEARER_TOKEN", "s3cr3t-key")
    with FaultyServer(site) as running:
        yield running


def source(server: FaultyServer, **more: Any) -> XCollector:
    record = {"kind": "x", "base_url": server.url, "private_network": True, **more}
    return XCollector(XSettings.model_validate(record))


def read(collector: XCollector, cursor: Any = None, now: datetime = NOW) -> tuple[dict[str, Batch], Any]:
    """What came, by its id, and the cursor as a database keeps it."""
    batches = list(collector.fetch(cursor, now))
    found = {item.mention.native_id: batch for batch in batches for item in batch.fetched}
    return found, json.loads(json.dumps(batches[-1].cursor))


def post(minutes: float, text: str = "kargo", **fields: Any) -> dict[str, Any]:
    return {"id": str(id_at(NOW - timedelta(minutes=minutes)) + 1), "text": text, **fields}


def test_replies_are_searched_by_the_account_and_quotes_by_its_newest_posts(site: Site, server: FaultyServer) -> None:
    site.own = [int(post(minutes)["id"]) for minutes in range(60, 60 + 15 * 30, 30)]
    newest, eleventh = str(site.own[0]), str(site.own[10])
    site.posts = [post(1, of=newest), post(2, of=eleventh), post(3, of=str(site.own[9]))]
    collector = source(server, user_id=BRAND, quotes=10)
    found, cursor = read(collector)
    assert set(found) == {site.posts[0]["id"], site.posts[2]["id"]}
    assert cursor["own"] == {BRAND: site.own[:10]} and "quotes of 783214" in cursor["listings"]
    # Later the account has posted again: only what is newer is asked for, and its quotes are found too.
    site.own.insert(0, int(post(-4)["id"]))
    site.posts.insert(0, post(-5, of=str(site.own[0])))
    found, cursor = read(collector, cursor, NOW + timedelta(minutes=10))
    assert site.posts[0]["id"] in found and cursor["own"] == {BRAND: site.own[:10]}
    asked = [request for request in server.requests if request.path.endswith(f"{BRAND}/tweets")][-1].query
    assert asked["since_id"] == newest and asked["max_results"] == "10"

    read(source(server, user_id=BRAND, replies=True))
    assert server.requests[-1].query["query"] == f"to:{BRAND} -from:{BRAND} -is:retweet"


def test_a_quote_of_a_post_made_while_the_fetch_ran_is_not_lost(site: Site, server: FaultyServer) -> None:
    site.own = [int(post(60)["id"])]
    site.posts = [post(-0.5, of=str(site.own[0]))]  # half a minute after the fetch began
    _, cursor = read(source(server, user_id=BRAND, quotes=5))
    assert cursor["listings"]["quotes of 783214"].get("since", 0) < id_at(NOW), "the mark stays below the beginning"


def test_an_account_without_posts_has_no_quotes(site: Site, server: FaultyServer) -> None:
    for cursor in (None, {"listings": {"quotes of 783214": {"since": id_at(NOW - timedelta(days=1))}}}):
        found, cursor = read(source(server, user_id=BRAND, quotes=5), cursor)
        assert not found and all(request.path != "/2/tweets/search/recent" for request in server.requests)


def test_another_account_does_not_inherit_the_posts_of_the_last_one(site: Site, server: FaultyServer) -> None:
    site.own = [int(post(60)["id"])]
    _, cursor = read(source(server, user_id=BRAND, quotes=5))
    server.route = lambda request: Answer.json({"meta": {"result_count": 0}})
    _, cursor = read(source(server, user_id="1", quotes=5), cursor)
    assert cursor["own"] == {"1": []}


def test_an_edited_post_is_the_same_mention_and_moves_the_mark(site: Site, server: FaultyServer) -> None:
    first = post(20)
    site.posts = [first]
    collector = source(server, native_query="marka")
    _, cursor = read(collector)
    second = post(2, "kargom geldi")
    second["edit_history_tweet_ids"] = [first["id"], second["id"]]
    site.posts = [second]
    batches = list(collector.fetch(cursor, NOW + timedelta(minutes=5)))
    (item,) = batches[0].fetched
    assert item.mention.native_id == first["id"] and item.mention.text == "kargom geldi"
    assert batches[0].cursor["listings"]["search marka"]["since"] == int(second["id"])


def test_a_quiet_search_stays_within_reach_and_has_no_gap(site: Site, server: FaultyServer) -> None:
    site.posts = [post(1)]
    collector = source(server, native_query="marka")
    _, cursor = read(collector)
    for day in range(1, 12):
        (batch,) = collector.fetch(cursor, NOW + timedelta(days=day))
        assert batch.reach is not None and not batch.reach.gap, f"day {day}"
        cursor = batch.cursor
    assert "since_id" in server.requests[-1].query
    site.posts = []  # search lists nothing older than seven days
    (batch,) = collector.fetch(cursor, NOW + timedelta(days=20))
    assert batch.reach is not None and batch.reach.gap and "may be missing" in batch.note
    (batch,) = collector.fetch(batch.cursor, NOW + timedelta(days=20, minutes=5))
    assert batch.reach is not None and not batch.reach.gap, "a gap is told once"


def test_mentions_beyond_the_newest_800_are_a_gap(site: Site, server: FaultyServer) -> None:
    site.mentions = [post(1)]
    collector = source(server, user_id=BRAND)
    _, cursor = read(collector)
    site.mentions = [post(-number / 100) for number in range(900, 0, -1)] + site.mentions
    later = NOW + timedelta(minutes=30)
    batches = list(collector.fetch(cursor, later))
    assert sum(len(batch.fetched) for batch in batches) == 800
    assert batches[-1].reach is not None and batches[-1].reach.gap
    again = list(collector.fetch(batches[-1].cursor, later))
    assert again[-1].reach is not None and again[-1].reach.proof == "overlap" and not again[-1].reach.gap


def test_back_fill_reads_again_from_a_time_within_seven_days(site: Site, server: FaultyServer) -> None:
    site.posts = [post(60 * hours) for hours in range(1, 100)]
    collector = source(server, native_query="marka")
    assert isinstance(collector, Rewinds)
    _, cursor = read(collector)
    found, _ = read(collector, cursor, NOW)
    assert len(found) == 1
    back = collector.rewound(cursor, NOW - timedelta(hours=50, minutes=30))
    found, after = read(collector, back, NOW)
    assert len(found) == 50 and after["listings"] == cursor["listings"]
    assert collector.rewound(cursor, NOW - timedelta(days=8)) is None
    never = collector.rewound(None, NOW - timedelta(hours=3, minutes=30))
    assert len(read(collector, never)[0]) == 3


def test_what_x_calls_not_found_or_not_visible_is_deleted(site: Site, server: FaultyServer) -> None:
    collector = source(server, native_query="marka")
    assert isinstance(collector, Rechecks)
    problem = "https://api.twitter.com/2/problems/"
    site.errors = [
        {"value": "11", "resource_id": "11", "parameter": "ids", "resource_type": "tweet", "title": "Not Found Error",
         "type": f"{problem}resource-not-found", "detail": "Could not find tweet with ids: [11]."},
        {"value": "12", "resource_id": "12", "parameter": "ids", "resource_type": "tweet",
         "title": "Authorization Error", "type": f"{problem}not-authorized-for-resource",
         "detail": "Sorry, you are not authorized to see the Tweet with ids: [12]."},
        {"value": "13", "resource_id": "13", "parameter": "ids", "title": "Service Unavailable",
         "type": f"{problem}service-unavailable"},
    ]  # fmt: skip
    with spending(Meter("x")) as spent:
        assert collector.deleted(["11", "12", "13", "14", "abc"], NOW) == ("11", "12")
    assert spent.items == 1 and server.requests[-1].query["ids"] == "11,12,13,14"
    assert collector.deleted(["abc"], NOW) == () and len(server.requests) == 1
    assert collector.deleted(["11", "12"], NOW) == ("11", "12"), "an answer with nothing but errors is an answer"
    until = datetime(2026, 12, 1, tzinfo=UTC)
    with spending(Meter("x", item_limit=Limit(3, until, "a month"))), pytest.raises(BudgetSpent):
        collector.deleted(["11", "12", "13", "14"], NOW)
    server.fail(1, lambda right: Answer.json({}))
    with pytest.raises(Unreadable):
        collector.deleted(["11"], NOW)


def test_verifying_reads_no_post(site: Site, server: FaultyServer) -> None:
    collector = source(server, native_query="marka")
    assert isinstance(collector, Verifies)
    with spending(Meter("x")) as spent:
        assert "43,435 of 2,000,000 posts" in collector.verify(NOW)
    assert spent.items == 0 and [request.path for request in server.requests] == ["/2/usage/tweets"]
    server.fail(1, Fault.status(401))
    with pytest.raises(Refused, match="bearer token"):
        collector.verify(NOW)
    for fault in (Fault.html, Fault.broken_json, lambda right: Answer.json({"data": []})):
        server.fail(1, fault)
        with pytest.raises(Unreadable):
            collector.verify(NOW)


def test_what_cannot_be_read_is_said_before_anything_is_asked() -> None:
    for wrong in (
        {},
        {"native_query": "a", "quotes": 3},
        {"native_query": "a", "replies": True},
        {"native_query": " "},
    ):
        with pytest.raises(registry.ConfigError, match="user_id"):
            registry.collector_for({"kind": "x", **wrong})
