"""The contract that every kind of source keeps, over a real HTTP server that fails on demand.

A new kind is one more `World` in WORLDS: a site of that kind, its configuration, and what its faults must become.
"""

from __future__ import annotations

import base64
import copy
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from xml.sax.saxutils import escape

import pytest

from collectors import registry
from collectors.protocol import Batch, CollectorError, Cursor, RateLimited, Refused, Rejected, Unavailable, Unreadable
from collectors.x import id_at
from mention import Mention
from tests.integration.faulty_server import Answer, Fault, FaultyServer, Request

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
START = NOW - timedelta(days=2)
SECRET = "s3cr3t-0123456789"
TURKISH = "Kargom ÇÖĞÜŞİ ışıklı <b>şaka mı</b> & iğne 😡 =1+1"


@dataclass(frozen=True)
class Post:
    """One post of the site; a larger number is newer."""

    number: int
    text: str = ""
    author: str | None = "Ayşe"
    dated: bool = True

    @property
    def at(self) -> datetime:
        return START + timedelta(minutes=10 * self.number)

    @property
    def words(self) -> str:
        return self.text or f"gönderi {self.number}"


@dataclass
class World:
    """A site of one kind. `posts` are in the order in which the site lists them (newest first)."""

    kind: ClassVar[str]
    page: ClassVar[int] = 3
    posts: list[Post] = field(default_factory=list)
    # What each fault of the server must become; None where the kind reads on (and must lose nothing all the same).
    becomes: ClassVar[dict[str, type[CollectorError] | None]] = {
        "429": RateLimited, "429 with time": RateLimited, "500": Unavailable, "503": Unavailable, "401": Refused,
        "403": Refused, "truncated": Unavailable, "broken": Unreadable, "html": Unreadable, "empty": Unreadable,
    }  # fmt: skip
    waits_unasked: ClassVar[bool] = True
    """Whether a 429 that names no time still gets one."""

    def add(self, count: int) -> list[Post]:
        """`count` newer posts, at the top."""
        first = max((post.number for post in self.posts), default=0) + 1
        new = [Post(number) for number in range(first, first + count)]
        self.posts = list(reversed(new)) + self.posts
        return new

    def native_id(self, post: Post) -> str:
        raise NotImplementedError

    def settings(self, url: str) -> dict[str, Any]:
        raise NotImplementedError

    def route(self, request: Request) -> Answer:
        raise NotImplementedError

    def counts(self, request: Request) -> bool:
        return True

    def too_many(self, seconds: int) -> Callable[[Answer], Answer]:
        """A 429 that says when, in this kind's way."""
        return Fault.status(429, retry_after=str(seconds))


class FeedWorld(World):
    kind = "feed"
    becomes: ClassVar = World.becomes | {"broken": None}
    waits_unasked = False

    def native_id(self, post: Post) -> str:
        return f"urn:post:{post.number}"

    def settings(self, url: str) -> dict[str, Any]:
        return {"kind": "feed", "url": f"{url}/feed"}

    def route(self, request: Request) -> Answer:
        at = int(request.query.get("page", "1"))
        shown = self.posts[(at - 1) * self.page : at * self.page]
        older = f'<link rel="next" href="/feed?page={at + 1}"/>' if len(self.posts) > at * self.page else ""
        entries = "".join(
            f"<entry><id>{self.native_id(post)}</id>"
            f'<content type="text">{escape(post.words)}</content>'
            + (f"<author><name>{escape(post.author)}</name></author>" if post.author else "")
            + (f"<published>{post.at.isoformat()}</published>" if post.dated else "")
            + "</entry>"
            for post in shown
        )
        body = (
            f'<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom">{older}{entries}</feed>'
        )
        return Answer(200, body.encode(), {"content-type": "application/atom+xml"})


class RedditWorld(World):
    kind = "reddit"

    def native_id(self, post: Post) -> str:
        return f"t3_{post.number:06d}"

    def settings(self, url: str) -> dict[str, Any]:
        return {"kind": "reddit", "subreddits": ["marka"], "base_url": url}

    def counts(self, request: Request) -> bool:
        return request.method == "GET"

    def route(self, request: Request) -> Answer:
        if request.path == "/api/v1/access_token":
            expected = base64.b64encode(f"client:{SECRET}".encode()).decode()
            if request.headers.get("authorization") != f"Basic {expected}":
                return Answer.json({"message": "Unauthorized", "error": 401}, 401)
            return Answer.json({"access_token": "t", "token_type": "bearer", "expires_in": 3600, "scope": "*"})
        assert request.path == "/r/marka/new" and request.query["limit"] == "100"
        first = 0
        if after := request.query.get("after"):
            names = [self.native_id(post) for post in self.posts]
            first = names.index(after) + 1 if after in names else len(names)
        shown = self.posts[first : first + self.page]
        more = first + self.page < len(self.posts)
        children = [
            {
                "kind": "t3",
                "data": {
                    "name": self.native_id(post), "title": post.words, "selftext": "", "author": post.author,
                    "permalink": f"/r/marka/comments/{post.number}/", "is_self": True, "score": -2, "num_comments": 1,
                    "subreddit": "marka", **({"created_utc": post.at.timestamp()} if post.dated else {}),
                },
            }
            for post in shown
        ]  # fmt: skip
        after = self.native_id(shown[-1]) if shown and more else None
        return Answer.json(
            {"kind": "Listing", "data": {"children": children, "after": after, "before": None}},
            x_ratelimit_used="5", x_ratelimit_remaining="95.0", x_ratelimit_reset="500",
        )  # fmt: skip


class XWorld(World):
    kind = "x"

    def native_id(self, post: Post) -> str:
        return str(id_at(post.at) + 1)

    def settings(self, url: str) -> dict[str, Any]:
        return {"kind": "x", "query": "çınarev -is:retweet", "base_url": url}

    def too_many(self, seconds: int) -> Callable[[Answer], Answer]:
        return Fault.status(429, x_rate_limit_reset=str(int(NOW.timestamp()) + seconds))

    def route(self, request: Request) -> Answer:
        assert request.path == "/2/tweets/search/recent"
        if request.headers.get("authorization") != f"Bearer {SECRET}":
            return Answer.json({"title": "Unauthorized", "status": 401}, 401)
        assert {"author_id", "public_metrics", "conversation_id"} <= set(request.query["tweet.fields"].split(","))
        since = int(request.query.get("since_id", "0"))
        listed = [post for post in self.posts if int(self.native_id(post)) > since]
        first = 0
        if token := request.query.get("next_token"):
            tokens = [f"n{post.number}" for post in listed]
            if token not in tokens:
                return Answer.json({"title": "Invalid Request", "detail": "invalid next_token"}, 400)
            first = tokens.index(token) + 1
        shown = listed[first : first + self.page]
        meta: dict[str, Any] = {"result_count": len(shown)}
        if first + self.page < len(listed):
            meta["next_token"] = f"n{shown[-1].number}"
        data = [
            {"id": self.native_id(post), "text": escape(post.words), "edit_history_tweet_ids": [self.native_id(post)]}
            | ({"created_at": post.at.isoformat().replace("+00:00", ".000Z")} if post.dated else {})
            | ({"author_id": "7"} if post.author else {})
            for post in shown
        ]
        names = {post.author for post in shown if post.author}
        users = [{"id": "7", "name": name, "username": name} for name in names]
        answer: dict[str, Any] = {"meta": meta}
        if data:
            answer["data"] = data
        if users:
            answer["includes"] = {"users": users}
        return Answer.json(answer)


WORLDS: dict[str, type[World]] = {world.kind: world for world in (FeedWorld, RedditWorld, XWorld)}
ELSEWHERE: dict[str, str] = {
    "demo": "tests/unit/test_demo_play.py",  # talks to no server
    "forum": "tests/integration/test_forum_faults.py",  # a process a fetch: the same promises, on pages of its own
}
"""Kinds whose promises are held in a test file of their own."""


@dataclass
class Kept:
    """What a store would hold: mentions by id, rejections, and the last cursor, through JSON as a database keeps it."""

    mentions: dict[str, Mention] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    cursor: Cursor | None = None
    notes: list[str] = field(default_factory=list)
    batches: int = 0

    def take(self, batches: Iterator[Batch], kill_after: int | None = None) -> None:
        """Store batch by batch; end as a killed process does once `kill_after` of them are stored."""
        for number, batch in enumerate(batches, 1):
            for item in batch.fetched:
                self.mentions.setdefault(item.mention.native_id, item.mention)
                json.dumps(item.raw, allow_nan=False)
            self.rejected += batch.rejected
            self.cursor = json.loads(json.dumps(batch.cursor))
            self.notes.append(batch.note)
            self.batches += 1
            if number == kill_after:
                return


@pytest.fixture(params=list(WORLDS))
def world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("NOBET_REDDIT_CLIENT_ID", "client")
    monkeypatch.setenv("NOBET_REDDIT_CLIENT_SECRET", SECRET)
    monkeypatch.setenv("NOBET_X_BEARER_TOKEN", SECRET)
    return WORLDS[request.param]()


@pytest.fixture
def server(world: World) -> Iterator[FaultyServer]:
    with FaultyServer(lambda request: world.route(request), world.counts) as running:
        yield running


def collector(world: World, server: FaultyServer, **more: Any) -> Any:
    return registry.collector_for({**world.settings(server.url), **more})


def ids(world: World, posts: list[Post] | None = None) -> set[str]:
    return {world.native_id(post) for post in (world.posts if posts is None else posts)}


def test_every_kind_is_held_to_the_contract() -> None:
    missing = set(registry.KINDS) - set(WORLDS) - set(ELSEWHERE)
    assert not missing, f"kinds without a World in this file: {missing}"


def test_every_page_is_read_to_the_end(world: World, server: FaultyServer) -> None:
    world.add(11)
    kept = Kept()
    kept.take(collector(world, server).fetch(None, NOW))
    assert set(kept.mentions) == ids(world)
    assert len(server.pages) == 4 and kept.batches == 4
    assert all(mention.source == world.kind for mention in kept.mentions.values())


def test_a_second_fetch_brings_what_is_new_and_nothing_is_missed(world: World, server: FaultyServer) -> None:
    world.add(7)
    kept = Kept()
    kept.take(collector(world, server).fetch(None, NOW))
    new = world.add(8)
    before = len(server.pages)
    kept.take(collector(world, server).fetch(kept.cursor, NOW + timedelta(minutes=10)))
    assert ids(world, new) <= set(kept.mentions) and set(kept.mentions) == ids(world)
    assert len(server.pages) - before >= 3
    after, asked = dict(kept.mentions), len(server.pages)
    kept.take(collector(world, server).fetch(kept.cursor, NOW + timedelta(minutes=20)))
    assert kept.mentions == after and kept.rejected == []
    assert len(server.pages) - asked <= 4, "a fetch without anything new reads the overlap only"


def test_a_kill_between_any_two_batches_loses_nothing(world: World, server: FaultyServer) -> None:
    world.add(4)
    start = Kept()
    start.take(collector(world, server).fetch(None, NOW))
    for first in (Kept(), start):
        for kill_after in range(1, 6):
            world.posts = [post for post in world.posts if post.number <= 4]
            kept = copy.deepcopy(first)
            world.add(10)
            kept.take(collector(world, server).fetch(kept.cursor, NOW), kill_after)
            world.add(5)  # posted while nobody was reading
            kept.take(collector(world, server).fetch(kept.cursor, NOW + timedelta(minutes=5)), kill_after)
            kept.take(collector(world, server).fetch(kept.cursor, NOW + timedelta(minutes=10)))
            assert set(kept.mentions) == ids(world), f"killed after batch {kill_after}"


def test_the_cursor_given_is_not_changed(world: World, server: FaultyServer) -> None:
    world.add(7)
    kept = Kept()
    kept.take(collector(world, server).fetch(None, NOW), kill_after=1)
    given = copy.deepcopy(kept.cursor)
    list(collector(world, server).fetch(given, NOW))
    assert given == kept.cursor


def test_duplicates_and_another_order_change_nothing(world: World, server: FaultyServer) -> None:
    world.add(9)
    p = world.posts
    world.posts = [p[1], p[0], p[2], p[2], p[4], p[3], p[5], p[7], p[6], p[8]]
    kept = Kept()
    kept.take(collector(world, server).fetch(None, NOW))
    assert set(kept.mentions) == ids(world)
    new = world.add(4)
    world.posts = [world.posts[1], world.posts[0], *world.posts[2:]]
    kept.take(collector(world, server).fetch(kept.cursor, NOW))
    assert ids(world, new) <= set(kept.mentions)


def test_text_arrives_as_it_was_written(world: World, server: FaultyServer) -> None:
    world.posts = [Post(3, TURKISH, "Iğdırlı İlkay ŞIK")]
    kept = Kept()
    kept.take(collector(world, server).fetch(None, NOW))
    (mention,) = kept.mentions.values()
    assert mention.text == TURKISH
    assert "Iğdırlı İlkay ŞIK" in (mention.author, mention.author_name)
    assert mention.published_at == world.posts[0].at and mention.published_at.utcoffset() == timedelta(0)


def test_a_post_without_author_or_date_is_kept_or_named(world: World, server: FaultyServer) -> None:
    world.posts = [Post(4, author=None), Post(3, dated=False), Post(2)]
    kept = Kept()
    kept.take(collector(world, server).fetch(None, NOW))
    assert kept.mentions[world.native_id(world.posts[0])].author is None
    undated = world.native_id(world.posts[1])
    if undated in kept.mentions:
        assert kept.mentions[undated].extra.get("undated") or kept.mentions[undated].published_at == world.posts[1].at
    else:
        assert [item.native_id for item in kept.rejected] == [undated] and "published_at" in kept.rejected[0].reason
    assert world.native_id(world.posts[2]) in kept.mentions


FAULTS: dict[str, Callable[[Answer], Answer]] = {
    "429": Fault.status(429), "500": Fault.status(500), "503": Fault.status(503), "401": Fault.status(401),
    "403": Fault.status(403), "truncated": Fault.truncated, "broken": Fault.broken_json, "html": Fault.html,
    "empty": Fault.empty,
}  # fmt: skip


@pytest.mark.parametrize("page", [1, 2])
@pytest.mark.parametrize("name", [*FAULTS, "429 with time"])
def test_a_fault_is_a_sentence_and_costs_nothing(world: World, server: FaultyServer, name: str, page: int) -> None:
    world.add(8)
    expected = world.becomes[name]
    server.fail(page, FAULTS.get(name) or world.too_many(40))
    kept = Kept()
    error = None
    try:
        kept.take(collector(world, server).fetch(None, NOW))
    except CollectorError as raised:
        error = raised
    if expected is None:
        assert error is None
    else:
        assert isinstance(error, expected), f"{name} became {error!r}"
        assert is_a_sentence(str(error), world.kind)
        assert len(kept.mentions) == (page - 1) * world.page, "what came before the fault is kept"
        assert len(server.pages) == page, "a fault is not tried again inside the job"
    if name == "429 with time":
        assert isinstance(error, RateLimited) and error.retry_at is not None
        assert timedelta(seconds=39) <= error.retry_at - NOW <= timedelta(seconds=60)
    if name == "429":
        assert isinstance(error, RateLimited) and (error.retry_at is not None) is world.waits_unasked
    world.add(2)
    kept.take(collector(world, server).fetch(kept.cursor, NOW + timedelta(minutes=1)))
    assert set(kept.mentions) == ids(world)


def test_a_server_that_does_not_answer_is_given_up(world: World, server: FaultyServer) -> None:
    world.add(4)
    server.fail(2, Fault.slow)
    kept = Kept()
    with pytest.raises(Unavailable) as raised:
        kept.take(collector(world, server, timeout=0.4).fetch(None, NOW))
    assert is_a_sentence(str(raised.value), world.kind) and "0.4 seconds" in str(raised.value)
    kept.take(collector(world, server).fetch(kept.cursor, NOW))
    assert set(kept.mentions) == ids(world)


def test_a_server_that_is_not_there_is_unavailable(world: World) -> None:
    with FaultyServer(world.route) as server:
        absent = server
    with pytest.raises(Unavailable) as raised:
        list(collector(world, absent).fetch(None, NOW))
    assert is_a_sentence(str(raised.value), world.kind)


def test_an_empty_source_says_so(world: World, server: FaultyServer) -> None:
    kept = Kept()
    kept.take(collector(world, server).fetch(None, NOW))
    assert not kept.mentions and kept.batches == 1 and kept.notes[0]


def test_no_secret_reaches_an_error_or_a_log(
    world: World, server: FaultyServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    world.add(4)
    echo = lambda right: Answer.json({"detail": f"no such key {SECRET}"}, 403)  # noqa: E731
    server.fail(2, echo)
    with pytest.raises(Refused) as raised:
        list(collector(world, server).fetch(None, NOW))
    # A feed has no secret; what its server says is repeated as it is.
    if world.kind != "feed":
        assert SECRET not in str(raised.value)
        assert SECRET not in caplog.text


def test_a_missing_or_wrong_secret_is_refused(
    world: World, server: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = [n for n, f in type(collector(world, server).settings).model_fields.items() if n.endswith("_env")]
    world.add(1)
    for variable in variables:
        name = getattr(collector(world, server).settings, variable)
        with monkeypatch.context() as without:
            without.delenv(name)
            with pytest.raises(Refused, match=name):
                list(collector(world, server).fetch(None, NOW))
            without.setenv(name, "wrong")
            with pytest.raises(Refused) as raised:
                list(collector(world, server).fetch(None, NOW))
            assert is_a_sentence(str(raised.value), world.kind)


def test_a_source_under_another_name_keeps_its_channel(world: World, server: FaultyServer) -> None:
    world.add(1)
    kept = Kept()
    kept.take(collector(world, server, name="marka-izleme").fetch(None, NOW))
    (mention,) = kept.mentions.values()
    assert mention.source == "marka-izleme" and mention.channel == world.kind


def test_a_bad_item_does_not_cost_the_good_ones(world: World, server: FaultyServer) -> None:
    world.posts = [Post(3), Post(2, text="  "), Post(1)]
    kept = Kept()
    kept.take(collector(world, server).fetch(None, NOW))
    assert {world.native_id(world.posts[0]), world.native_id(world.posts[2])} <= set(kept.mentions)
    assert [item.native_id for item in kept.rejected] == [world.native_id(world.posts[1])]
    assert "text" in kept.rejected[0].reason


@pytest.mark.parametrize("kind", sorted(registry.KINDS))
def test_every_setting_is_described(kind: str) -> None:
    for name, setting in registry.KINDS[kind].Settings.model_fields.items():
        assert setting.description, f"{kind}.{name} has no description"


def is_a_sentence(text: str, source: str) -> bool:
    """Whether an error can be shown to a person as it is: it names the source, says what and what to do, in a line."""
    return (
        text.startswith(f'Source "{source}"')
        and text.rstrip().endswith((".", ")"))
        and "\n" not in text
        and "Traceback" not in text
        and len(text) < 500
    )
