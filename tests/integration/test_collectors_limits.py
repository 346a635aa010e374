"""Limits that each source sets, and how its collector keeps them without sleeping."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collectors import registry
from collectors.meter import Limit, Meter, spending
from collectors.protocol import Batch, BudgetSpent, CollectorError, RateLimited, Refused, Unreadable
from collectors.x_post import id_at
from tests.integration.faulty_server import Answer, FaultyServer, Request

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NOBET_REDDIT_CLIENT_ID", "NOBET_REDDIT_CLIENT_SECRET", "NOBET_X_BEARER_TOKEN"):
        monkeypatch.setenv(name, "key")


def collect(
    record: dict[str, Any], cursor: Any = None, now: datetime = NOW
) -> tuple[list[Batch], CollectorError | None]:
    batches: list[Batch] = []
    try:
        for batch in registry.collector_for({"private_network": True, **record}).fetch(cursor, now):
            batches.append(batch)
    except CollectorError as error:
        return batches, error
    return batches, None


def ids(batches: list[Batch]) -> list[str]:
    return [item.mention.native_id for batch in batches for item in batch.fetched]


class X:
    """Recent search over `posts` ids, newest first, as many a page as asked for."""

    def __init__(self, count: int) -> None:
        self.posts = [id_at(NOW - timedelta(minutes=number)) + 1 for number in range(count)]

    def __call__(self, request: Request) -> Answer:
        size, since = int(request.query["max_results"]), int(request.query.get("since_id", 0))
        listed = [post for post in self.posts if post > since]
        first = int(request.query.get("next_token") or request.query.get("pagination_token") or 0)
        shown = listed[first : first + size]
        meta = {"result_count": len(shown)} | ({"next_token": str(first + size)} if first + size < len(listed) else {})
        return Answer.json({"data": [{"id": str(post), "text": "kargo"} for post in shown], "meta": meta})


def test_x_stops_before_its_monthly_budget_is_passed_and_goes_on_where_it_stopped() -> None:
    site, until = X(250), datetime(2026, 12, 1, tzinfo=UTC)
    with FaultyServer(site) as server:
        record = {"kind": "x", "native_query": "marka", "base_url": server.url}
        with spending(Meter("x", item_limit=Limit(125, until, "of 125 items a month"))) as spent:
            batches, error = collect(record)
        assert len(ids(batches)) == 125 and [r.query["max_results"] for r in server.requests] == ["100", "25"]
        assert spent.items == 125 and spent.requests == 2
        assert isinstance(error, BudgetSpent) and error.retry_at == until
        assert "of 125 items a month" in str(error) and "2026-12-01" in str(error) and "kept" in str(error)
        cursor = json.loads(json.dumps(batches[-1].cursor))
        for left in (0, 9):  # X gives no fewer than ten posts
            asked = len(server.requests)
            with spending(Meter("x", item_limit=Limit(left, until, "of 125 items a month"))):
                batches, error = collect(record, cursor, NOW + timedelta(days=1))
            assert batches == [] and isinstance(error, BudgetSpent) and len(server.requests) == asked, "nothing asked"
        batches, error = collect(record, cursor)
        read_on = [int(number) for number in ids(batches)]
        assert read_on[:125] == site.posts[125:] and error is None, "a larger budget reads on where it stopped"


def test_x_has_a_budget_and_a_price_unless_told_otherwise() -> None:
    settings = registry.collector_for({"kind": "x", "native_query": "marka"}).settings  # type: ignore[attr-defined]
    assert settings.items_per_month == 10_000 and str(settings.price_per_item) == "0.005"
    free = registry.collector_for({"kind": "x", "native_query": "marka", "items_per_month": None})
    assert free.settings.items_per_month is None  # type: ignore[attr-defined]


def test_the_monthly_cap_of_the_plan_is_told_apart() -> None:
    body = {
        "account_id": 1, "product_name": "standard-basic", "title": "UsageCapExceeded", "period": "Monthly",
        "scope": "Product", "detail": "Usage cap exceeded: Monthly product cap",
        "type": "https://api.twitter.com/2/problems/usage-capped",
    }  # fmt: skip
    reset = str(int(NOW.timestamp()) + 60)
    with FaultyServer(lambda request: Answer.json(body, 429, x_rate_limit_reset=reset)) as server:
        _, error = collect({"kind": "x", "native_query": "marka", "base_url": server.url})
    assert isinstance(error, RateLimited) and "monthly cap of the X plan" in str(error)
    assert error.retry_at is not None and error.retry_at - NOW >= timedelta(days=1)


def test_x_reads_search_and_mentions_with_marks_of_their_own() -> None:
    site = X(30)
    with FaultyServer(site) as server:
        record = {"kind": "x", "native_query": "marka", "user_id": "77", "base_url": server.url}
        batches, error = collect(record)
        assert error is None and {r.path for r in server.requests} == {
            "/2/tweets/search/recent",
            "/2/users/77/mentions",
        }
        cursor = batches[-1].cursor
        assert set(cursor["listings"]) == {"search marka", "mentions of 77"}
        batches, error = collect({**record, "native_query": "başka"}, cursor)
        assert error is None and len(ids(batches)) == 32, "another query is read from its beginning, mentions are not"


def test_x_says_when_the_last_post_lies_beyond_the_reach_of_search() -> None:
    site = X(30)
    with FaultyServer(site) as server:
        record = {"kind": "x", "native_query": "marka", "base_url": server.url}
        batches, _ = collect(record)
        late = NOW + timedelta(days=8)
        site.posts = [id_at(late) - 5, *site.posts]
        batches, error = collect(record, batches[-1].cursor, late)
        assert error is None and "since_id" not in server.requests[-1].query
        assert str(site.posts[0]) in ids(batches) and "may be missing" in batches[0].note


def test_x_refuses_other_limits_with_advice() -> None:
    with FaultyServer(lambda request: Answer.json({"title": "CreditsDepleted", "detail": "no credits"}, 402)) as server:
        _, error = collect({"kind": "x", "native_query": "marka", "base_url": server.url})
    assert isinstance(error, Refused) and "credits" in str(error)


class Reddit:
    """Listings by path; `headers` go with every page."""

    def __init__(self, **headers: str) -> None:
        self.headers = headers
        self.pages: dict[str, list[dict[str, Any]]] = {}
        self.token: Answer | None = None

    def __call__(self, request: Request) -> Answer:
        if request.method == "POST":
            return self.token or Answer.json({"access_token": "t", "expires_in": 3600, "scope": "*"})
        if request.path not in self.pages:
            return Answer.json({"message": "Not Found", "error": 404}, 404)
        at = int(request.query.get("after", "p0")[1:])
        pages = self.pages[request.path]
        after = f"p{at + 1}" if at + 1 < len(pages) else None
        return Answer.json(
            {"kind": "Listing", "data": {"children": pages[at]["children"], "after": after}}, **self.headers
        )


def page(kind: str, *texts: str) -> dict[str, Any]:
    field = "title" if kind == "t3" else "body"
    return {
        "children": [
            {"kind": kind, "data": {"name": f"{kind}_{text}", field: text, "created_utc": NOW.timestamp() - 60}}
            for text in texts
        ]
    }


def test_reddit_stops_when_its_budget_is_spent_and_does_not_sleep() -> None:
    site = Reddit(x_ratelimit_remaining="0.0", x_ratelimit_used="100", x_ratelimit_reset="300")
    site.pages["/r/marka/new"] = [page("t3", "a"), page("t3", "b")]
    with FaultyServer(site) as server:
        began = time.monotonic()
        batches, error = collect({"kind": "reddit", "subreddits": ["marka"], "base_url": server.url})
        assert time.monotonic() - began < 5
        assert ids(batches) == ["t3_a"] and isinstance(error, RateLimited) and error.retry_at is not None
        assert timedelta(seconds=299) <= error.retry_at - NOW < timedelta(seconds=330)
        site.headers = {}
        batches, error = collect(
            {"kind": "reddit", "subreddits": ["marka"], "base_url": server.url},
            batches[-1].cursor,
            NOW + timedelta(minutes=6),
        )
        assert error is None and "t3_b" in ids(batches)


def test_reddit_headers_that_make_no_sense_do_no_harm() -> None:
    site = Reddit(x_ratelimit_remaining="many", x_ratelimit_reset="soon")
    site.pages["/r/marka/new"] = [page("t3", "a"), page("t3", "b")]
    with FaultyServer(site) as server:
        batches, error = collect({"kind": "reddit", "subreddits": ["marka"], "base_url": server.url})
    assert error is None and ids(batches) == ["t3_a", "t3_b"]


def test_one_subreddit_that_is_gone_does_not_hold_up_the_others() -> None:
    site = Reddit()
    site.pages["/r/marka/new"] = [page("t3", "a")]
    with FaultyServer(site) as server:
        batches, error = collect({"kind": "reddit", "subreddits": ["gone", "marka"], "base_url": server.url})
    assert ids(batches) == ["t3_a"] and isinstance(error, Refused) and "/r/gone/new" in str(error)


def test_reddit_comments_can_be_kept_by_their_words() -> None:
    site = Reddit()
    site.pages["/r/marka/new"] = [page("t3", "a")]
    site.pages["/r/marka/comments"] = [
        page("t1", "ÇINAR EV rezalet", "alakasız"),
        page("t1", "alakasız2"),
        page("t1", "cinar ev"),
    ]
    record = {"kind": "reddit", "subreddits": ["marka"], "comments": True, "comment_words": ["Çınar Ev"]}
    with FaultyServer(site) as server:
        batches, error = collect({**record, "base_url": server.url})
        assert error is None and ids(batches) == ["t3_a", "t1_ÇINAR EV rezalet", "t1_cinar ev"]
        assert "1 comments without the words passed over" in batches[1].note
        collect({**record, "base_url": server.url}, batches[2].cursor)


def test_reddit_search_asks_for_the_newest_within_the_subreddit() -> None:
    site = Reddit()
    site.pages |= {"/r/marka/search": [page("t3", "a")], "/r/all/search": [page("t3", "b")]}
    with FaultyServer(site) as server:
        batches, _ = collect(
            {"kind": "reddit", "subreddits": ["marka"], "native_query": "kargo ş", "base_url": server.url}
        )
        assert ids(batches) == ["t3_a"]
        query = server.requests[-1].query
        assert (query["q"], query["sort"], query["restrict_sr"], query["limit"]) == ("kargo ş", "new", "1", "100")
        batches, _ = collect({"kind": "reddit", "native_query": "kargo", "base_url": server.url})
        assert ids(batches) == ["t3_b"] and "restrict_sr" not in server.requests[-1].query


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        (Answer.json({"error": "invalid_grant"}), Refused), (Answer(200, b"<html>", {}), Unreadable),
        (Answer.json({"scope": "*"}), Unreadable), (Answer.json([1]), Unreadable),
        (Answer.json({"message": "Unauthorized", "error": 401}, 401), Refused),
    ],
)  # fmt: skip
def test_a_token_that_does_not_come_is_a_sentence(token: Answer, expected: type[CollectorError]) -> None:
    site = Reddit()
    site.token = token
    with FaultyServer(site) as server:
        _, error = collect({"kind": "reddit", "subreddits": ["marka"], "base_url": server.url})
    assert isinstance(error, expected) and str(error).startswith('Source "reddit"')


def test_reddit_redirects_are_refused() -> None:
    moved = Answer(302, b"", {"location": "https://www.reddit.com/subreddits/search?q=marka"})
    site = Reddit()
    with FaultyServer(lambda request: site(request) if request.method == "POST" else moved) as server:
        _, error = collect({"kind": "reddit", "subreddits": ["marka"], "base_url": server.url})
    assert isinstance(error, Refused) and "elsewhere" in str(error)


BOMB = b"""<?xml version="1.0"?><!DOCTYPE r [
<!ENTITY a "aaaaaaaaaaaaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">
<!ENTITY e SYSTEM "file:///etc/passwd">
]><rss version="2.0"><channel><item><title>x &d;&d;&d;&d; &e;</title><guid>1</guid></item></channel></rss>"""


def test_a_hostile_feed_reads_no_file_and_grows_no_text() -> None:
    with FaultyServer(lambda request: Answer(200, BOMB, {"content-type": "application/xml"})) as server:
        batches, _ = collect({"kind": "feed", "url": server.url + "/feed"})
    for batch in batches:
        for item in batch.fetched:
            assert "root:" not in item.mention.text and len(item.mention.text) < 500_000


def test_a_feed_larger_than_its_limit_is_refused() -> None:
    with FaultyServer(lambda request: Answer(200, b"<rss>" + b" " * 5000)) as server:
        _, error = collect({"kind": "feed", "url": server.url + "/feed", "max_bytes": 2000})
    assert isinstance(error, Unreadable) and "larger than 2,000 bytes" in str(error)


@pytest.mark.parametrize("loops", [True, False])
def test_a_feed_whose_pages_never_end_is_left(loops: bool) -> None:
    def route(request: Request) -> Answer:
        at = int(request.query.get("page", 0))
        older = "/feed" if loops else f"/feed?page={at + 1}"
        return Answer(
            200,
            f'<feed xmlns="http://www.w3.org/2005/Atom"><link rel="next" href="{older}"/><entry><id>{at}</id>'
            "<title>a</title></entry></feed>".encode(),
        )

    with FaultyServer(route) as server:
        batches, error = collect({"kind": "feed", "url": server.url + "/feed", "pages": 4})
        assert error is None and len(server.requests) == (1 if loops else 4) == len(ids(batches))


def test_a_feed_that_is_suddenly_empty_is_an_error_and_keeps_its_place() -> None:
    answers = [b"<rss version='2.0'><channel><item><guid>1</guid><title>a</title></item></channel></rss>"]
    with FaultyServer(lambda request: Answer(200, answers[0])) as server:
        record = {"kind": "feed", "url": server.url + "/feed"}
        batches, _ = collect(record)
        answers[0] = b"<rss version='2.0'><channel></channel></rss>"
        again, error = collect(record, batches[-1].cursor)
    assert again == [] and isinstance(error, Unreadable) and "although it had 1 last time" in str(error)
