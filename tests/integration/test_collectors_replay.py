"""Recorded answers of Reddit and X, replayed over HTTP, and a real feed: every served item arrives exactly once."""

from __future__ import annotations

import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from collectors import registry
from collectors.protocol import Batch, Collector, Fetched, RateLimited, Rechecks, Refused, Unavailable
from collectors.x_post import SNOWFLAKE_EPOCH_MS, parse_post
from tests.integration.faulty_server import Answer, FaultyServer, Request

SHARED = Path(__file__).parents[2].parent / "shared"
FIXTURES = SHARED / "fixtures"
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)

if (SHARED / "tools" / "replay.py").exists():
    sys.path.insert(0, str(SHARED / "tools"))
    from replay import Replay, recordings
else:
    Replay = recordings = None

recorded = pytest.mark.skipif(Replay is None, reason="the recorded answers are not beside this checkout (../shared)")


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NOBET_REDDIT_CLIENT_ID", "NOBET_REDDIT_CLIENT_SECRET", "NOBET_X_BEARER_TOKEN"):
        monkeypatch.setenv(name, "recorded")


def collector(record: dict[str, Any]) -> Collector:
    """The collector of a configuration, allowed to reach this machine."""
    return registry.collector_for({"private_network": True, **record})


def fetch(record: dict[str, Any], cursor: Any = None, now: datetime = NOW) -> tuple[list[Batch], Any]:
    batches = list(collector(record).fetch(cursor, now))
    return batches, json.loads(json.dumps(batches[-1].cursor))


def arrived(batches: list[Batch]) -> Counter[str]:
    assert not any(batch.rejected for batch in batches)
    return Counter(item.mention.native_id for batch in batches for item in batch.fetched)


def items(batches: list[Batch]) -> list[Fetched]:
    return [item for batch in batches for item in batch.fetched]


def served(tape: Path, log: list[tuple[str, str, int]], limit: str | None = None) -> list[Any]:
    """The decoded bodies that the log says were served, read from the recording itself."""
    bodies = []
    for method, target, status in log:
        if method != "GET" or status != 200:
            continue
        query = dict(parse_qsl(urlsplit(target).query))
        (body,) = [
            recording["body"]
            for recording in recordings(tape)
            if recording["method"] == "GET"
            and recording["path"] == urlsplit(target).path.rstrip("/")
            and all(recording["query"].get(key) == query.get(key) for key in ("after", "before", "next_token"))
            and limit in (None, recording["query"].get("limit"))
        ]
        bodies.append(json.loads(body))
    return bodies


REDDIT = [
    ("TestSubredditListings.test_new", {"subreddits": ["askreddit"]}, 100),
    ("TestSubredditListings.test_comments", {"subreddits": ["askreddit"], "comments": True}, 100),
    ("TestSubreddit.test_search", {"native_query": "praw oauth search"}, 6),
    ("TestSubredditStreams.test_comments", {"subreddits": ["all"], "comments": True}, 100),
    ("TestSubredditStreams.test_submissions", {"subreddits": ["all"]}, 100),
]


@recorded
@pytest.mark.parametrize(("tape", "more", "count"), REDDIT, ids=[tape for tape, _, _ in REDDIT])
def test_recorded_reddit_arrives_once(tape: str, more: dict[str, Any], count: int) -> None:
    path = FIXTURES / "reddit" / f"{tape}.json"
    with Replay([path]) as server:
        record = {"kind": "reddit", "base_url": server.url, **more}
        batches: list[Batch] = []
        # A tape of comments holds no posts: that listing answers 404, and the comments arrive all the same.
        try:
            for batch in collector(record).fetch(None, NOW):
                batches.append(batch)
        except Refused as refused:
            assert "404" in str(refused) and more.get("comments")
        bodies = served(path, server.log, "100" if "search" not in tape else None)
        names = [child["data"]["name"] for body in bodies for child in body["data"]["children"]]
        assert len(names) == count
        assert arrived(batches) == Counter(names)
        raws = {item.mention.native_id: item.raw for item in items(batches)}
        for body in bodies:
            for child in body["data"]["children"]:
                assert raws[child["data"]["name"]] == child, "the raw payload is kept whole"
        for item in items(batches):
            data = item.raw["data"]
            assert item.mention.published_at.timestamp() == data["created_utc"]
            assert item.mention.author == data["author"]
            assert (data.get("body") or data["title"]) in item.mention.text
        # The second poll meets what it has read: nothing new, and the page that was not recorded is not missed.
        before = dict(batches[-1].cursor)
        again: list[Batch] = []
        try:
            for batch in collector(record).fetch(json.loads(json.dumps(before)), NOW):
                again.append(batch)
        except Refused as refused:
            assert more.get("comments") and "404" in str(refused)
        assert set(arrived(again)) <= set(names) and again[-1].cursor == before


X = [
    ("test_client_search_recent_tweets", {"native_query": "Tweepy"}, 10),
    ("test_client_get_users_mentions", {"user_id": "783214"}, 10),
]


@recorded
@pytest.mark.parametrize(("tape", "more", "count"), X, ids=[tape for tape, _, _ in X])
def test_recorded_x_arrives_once(tape: str, more: dict[str, Any], count: int) -> None:
    path = FIXTURES / "x_v2" / f"{tape}.yaml"
    with Replay([path]) as server:
        batches, cursor = fetch({"kind": "x", "base_url": server.url, **more})
        posts = [post for body in served(path, server.log) for post in body["data"]]
    assert len(posts) == count and arrived(batches) == Counter(post["id"] for post in posts)
    assert max(int(post["id"]) for post in posts) == next(iter(cursor["listings"].values()))["since"]
    texts = {post["id"]: post["text"] for post in posts}
    for item in items(batches):
        mention, number = item.mention, int(item.mention.native_id)
        assert item.raw["post"]["text"] == texts[mention.native_id]
        assert mention.author is None and mention.followers is None
        assert mention.published_at.timestamp() * 1000 == pytest.approx((number >> 22) + SNOWFLAKE_EPOCH_MS)
        # The bot of the recorded search wrote the minute of posting into its text.
        if found := re.match(r"2022-10-07 (\d\d:\d\d:\d\d)", mention.text):
            assert f"{mention.published_at:%H:%M:%S}" in (found[1], f"{found[1][:-1]}{int(found[1][-1]) + 1}")
    assert "refused" in batches[-1].note, "the second page was never recorded; a first fetch ends there and says so"


@recorded
def test_a_second_poll_of_the_recorded_search_asks_from_the_last_post(monkeypatch: pytest.MonkeyPatch) -> None:
    path = FIXTURES / "x_v2" / "test_client_search_recent_tweets.yaml"
    then = datetime(2022, 10, 7, 22, 43, tzinfo=UTC)
    with Replay([path]) as server:
        record = {"kind": "x", "base_url": server.url, "native_query": "Tweepy"}
        _, cursor = fetch(record, now=then)
        with pytest.raises(Refused, match="404"):  # Replay matches since_id exactly, and none was recorded
            fetch(record, cursor, then + timedelta(minutes=5))
        asked = dict(parse_qsl(urlsplit(server.log[-1][1]).query))
        assert 0 < 1578516068309794817 - int(asked["since_id"]) <= 61_000 << 22, "a minute of overlap"


@recorded
def test_recorded_quotes_and_posts_of_an_account_are_posts() -> None:
    for tape, count in (("test_client_get_quote_tweets", 9), ("test_client_get_users_tweets", 2)):
        (answer,) = recordings(FIXTURES / "x_v2" / f"{tape}.yaml")
        posts = json.loads(answer["body"])["data"]
        assert len(posts) == count
        for post in posts:
            item = parse_post(post, {}, "x", NOW)
            assert isinstance(item, Fetched) and item.mention.native_id == post["id"] and item.raw["post"] == post


@recorded
def test_recorded_posts_that_are_still_there_are_not_deleted() -> None:
    with Replay([FIXTURES / "x_v2" / "test_client_get_tweets.yaml"]) as server:
        source = collector({"kind": "x", "base_url": server.url, "native_query": "Tweepy"})
        assert isinstance(source, Rechecks)
        assert source.deleted(["1293593516040269825", "1293595870563381249"], NOW) == ()
        assert [status for _, _, status in server.log] == [200]


def errors_of(tape: str) -> list[dict[str, Any]]:
    return list(recordings(FIXTURES / "reddit_errors" / f"{tape}.json"))


@recorded
@pytest.mark.parametrize(
    ("tape", "expected"),
    [
        ("bad_gateway", Unavailable), ("gateway_timeout", Unavailable), ("internal_server_error", Unavailable),
        ("service_unavailable", Unavailable), ("too__many_requests__with_retry_headers", RateLimited),
        ("too__many_requests__without_retry_headers", RateLimited),
    ],
)  # fmt: skip
def test_recorded_errors_of_reddit(tape: str, expected: type[Exception]) -> None:
    answers = errors_of(tape)

    def route(request: Request) -> Answer:
        fitting = [answer for answer in answers if answer["method"] == request.method] or answers
        headers = {k: v for k, v in fitting[0]["headers"].items() if k.startswith(("content-type", "retry", "x-rate"))}
        return Answer(fitting[0]["status"], fitting[0]["body"], headers)

    with FaultyServer(route) as server:
        with pytest.raises(expected) as raised:
            fetch({"kind": "reddit", "subreddits": ["marka"], "base_url": server.url})
        assert len(server.requests) <= 2, "prawcore would have tried three times, and slept in between"
    if expected is RateLimited:
        wait = raised.value.retry_at - NOW  # type: ignore[attr-defined]
        seconds = 4 if "without" not in tape else 600
        assert timedelta(seconds=seconds) <= wait < timedelta(seconds=seconds + 30)


# --- a real feed, served by the standard library's own file server


class Files(SimpleHTTPRequestHandler):
    """The standard file server, which answers If-Modified-Since itself; an ETag is added for feeds that have one."""

    statuses: list[int] = []  # noqa: RUF012 - one list for the one server of a test

    def log_message(self, *args: Any) -> None:
        pass

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        self.statuses.append(int(code))


@pytest.fixture
def feed_server(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    Files.statuses = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Files, directory=str(tmp_path)))
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", tmp_path
    server.shutdown()
    server.server_close()


def rss(*numbers: int) -> str:
    found = "".join(
        f"<item><title>Haber {n}</title><guid>g{n}</guid><pubDate>{formatdate(1763700000 + n)}</pubDate></item>"
        for n in numbers
    )
    return f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>t</title>{found}</channel></rss>'


def test_an_unchanged_feed_is_a_304_and_a_changed_one_brings_what_is_new(feed_server: tuple[str, Path]) -> None:
    url, folder = feed_server
    file = folder / "feed.xml"
    file.write_text(rss(3, 2, 1), encoding="utf-8")
    record = {"kind": "feed", "url": f"{url}/feed.xml"}
    batches, cursor = fetch(record)
    assert set(arrived(batches)) == {"g1", "g2", "g3"} and cursor["modified"]
    batches, same = fetch(record, cursor)
    assert Files.statuses == [200, 304]
    assert (items(batches), batches[0].note, same) == ([], "304 not modified", cursor)
    file.write_text(rss(4, 3, 2), encoding="utf-8")
    os.utime(file, (file.stat().st_mtime + 60,) * 2)
    batches, cursor = fetch(record, cursor)
    assert "g4" in arrived(batches) and batches[-1].note == "overlap found on page 1"
    file.write_text(rss(9, 8), encoding="utf-8")
    os.utime(file, (file.stat().st_mtime + 120,) * 2)
    batches, cursor = fetch(record, cursor)
    assert "may be missing" in batches[-1].note


def test_an_etag_is_sent_back() -> None:
    def route(request: Request) -> Answer:
        if request.headers.get("if-none-match") == '"v1"':
            return Answer(304, b"", {"etag": '"v1"'})
        return Answer(200, rss(1).encode(), {"etag": '"v1"', "content-type": "application/rss+xml"})

    with FaultyServer(route) as server:
        record = {"kind": "feed", "url": f"{server.url}/feed"}
        _, cursor = fetch(record)
        assert cursor["etag"] == '"v1"'
        assert fetch(record, cursor)[0][0].note == "304 not modified"
        # Another address under the same name must not be asked with the old feed's tag.
        batches, _ = fetch({**record, "url": f"{server.url}/other"}, cursor)
        assert set(arrived(batches)) == {"g1"}


@recorded
def test_a_recorded_feed_of_a_forum_arrives_once() -> None:
    body = (FIXTURES / "discourse" / "posts.rss").read_bytes()
    with FaultyServer(lambda request: Answer(200, body, {"content-type": "application/rss+xml"})) as server:
        batches, _ = fetch({"kind": "feed", "url": server.url + "/posts.rss", "channel": "forum"})
    expected = Counter(re.findall(rb"<guid[^>]*>([^<]+)</guid>", body))
    assert len(expected) > 10
    assert arrived(batches) == Counter({guid.decode(): 1 for guid in expected})
    for item in items(batches):
        assert item.mention.channel == "forum" and "<p>" not in item.mention.text and item.mention.author
        assert "undated" not in item.mention.extra
