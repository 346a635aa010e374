"""Discourse: the three ways in which its versions page, recorded answers, categories, deletions, and who may read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from collectors.discourse import DiscourseCollector, DiscourseSettings, parse_post
from collectors.protocol import Batch, Fetched, RateLimited, Refused, Rewinds, Unreadable, Verifies
from tests.integration.faulty_server import Answer, Fault, FaultyServer, Request

FIXTURES = Path(__file__).parents[2].parent / "shared" / "fixtures" / "discourse"
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)

recorded = pytest.mark.skipif(
    not FIXTURES.exists(), reason="the recorded answers are not beside this checkout (../shared)"
)


def below(ids: list[int], before: int | None) -> list[int]:
    """Discourse since 2026: the newest 50 ids below `before`."""
    return [number for number in ids if before is None or number < before][:50]


def up_to(ids: list[int], before: int | None) -> list[int]:
    """Before that: `before` itself is listed again."""
    return [number for number in ids if before is None or number <= before][:50]


def window(ids: list[int], before: int | None) -> list[int]:
    """Up to 2.x: what is visible among the 50 ids that end with `before`; gaps are private messages."""
    last = before or max(ids)
    return [number for number in ids if last - 50 < number <= last]


@dataclass
class Forum:
    """Posts by id, one a minute; `way` is how this version pages."""

    ids: list[int] = field(default_factory=list)
    way: Callable[[list[int], int | None], list[int]] = below
    changes: dict[int, dict[str, Any]] = field(default_factory=dict)

    def __call__(self, request: Request) -> Answer:
        before = int(request.query["before"]) if "before" in request.query else None
        listed = sorted(self.ids, reverse=True)
        return Answer.json({"latest_posts": [self.post(number) for number in self.way(listed, before)]})

    def post(self, number: int) -> dict[str, Any]:
        made = NOW - timedelta(minutes=max(self.ids) - number)
        return {
            "id": number, "username": "ali", "post_number": 2, "post_type": 1, "created_at": made.isoformat(),
            "cooked": f"<p>gönderi {number}</p>", "topic_id": 1, "category_id": number % 2, "version": 1,
            **self.changes.get(number, {}),
        }  # fmt: skip


@pytest.fixture
def forum() -> Forum:
    return Forum()


@pytest.fixture
def server(forum: Forum) -> Iterator[FaultyServer]:
    with FaultyServer(forum) as running:
        yield running


def source(server: FaultyServer, **more: Any) -> DiscourseCollector:
    record = {"kind": "discourse", "url": server.url, "private_network": True, **more}
    return DiscourseCollector(DiscourseSettings.model_validate(record))


def ids(batches: list[Batch]) -> list[int]:
    return [int(item.mention.native_id) for batch in batches for item in batch.fetched]


@pytest.mark.parametrize("way", [below, up_to, window])
def test_every_version_is_read_to_its_first_post(forum: Forum, server: FaultyServer, way: Any) -> None:
    # Long stretches of ids belong to private messages: in the oldest version whole pages are empty.
    forum.ids, forum.way = [*range(1, 40), *range(200, 320, 7), *range(480, 520)], way
    batches = list(source(server, first_pages=200).fetch(None, NOW))
    assert set(ids(batches)) == set(forum.ids)
    assert batches[-1].reach is not None and batches[-1].reach.proof == "ended"
    cursor = json.loads(json.dumps(batches[-1].cursor))
    asked = len(server.requests)
    (batch,) = source(server, overlap=600.0).fetch(cursor, NOW)
    assert batch.reach is not None and batch.reach.proof == "overlap" and len(server.requests) == asked + 1


@pytest.mark.parametrize("way", [below, up_to, window])
def test_a_walk_of_every_version_goes_on_where_it_was_cut_off(forum: Forum, server: FaultyServer, way: Any) -> None:
    forum.ids, forum.way = [*range(1, 300, 3)], way
    collector = source(server, first_pages=200)
    seen: set[int] = set()
    cursor: Any = None
    for _ in range(60):
        (batch, *_) = collector.fetch(cursor, NOW)  # killed after every page
        seen |= set(ids([batch]))
        cursor = json.loads(json.dumps(batch.cursor))
        if batch.reach is not None:
            break
    assert seen == set(forum.ids)


def test_posts_of_other_categories_and_kinds_are_passed_over(forum: Forum, server: FaultyServer) -> None:
    forum.ids = [*range(1, 12)]
    forum.changes = {3: {"post_type": 2}, 5: {"post_type": 4}, 7: {"hidden": True, "cooked": "<p>gizlendi</p>"}}
    batches = list(source(server, categories=[1]).fetch(None, NOW))
    assert sorted(ids(batches)) == [1, 9, 11] and not batches[0].rejected
    assert "1 hidden posts passed over" in batches[0].note and batches[0].gone == ()


def test_deleted_posts_are_gone_and_edited_ones_come_again(forum: Forum, server: FaultyServer) -> None:
    forum.ids = [*range(1, 6)]
    first = list(source(server).fetch(None, NOW))
    forum.changes = {
        2: {"user_deleted": True, "cooked": "<p>(post deleted by author)</p>"}, 3: {"deleted_at": NOW.isoformat()},
        4: {"version": 2, "updated_at": NOW.isoformat(), "cooked": "<p>çözüldü</p>"},
    }  # fmt: skip
    batches = list(source(server).fetch(first[-1].cursor, NOW))
    assert batches[0].gone == ("3", "2") and sorted(ids(batches)) == [1, 4, 5]
    (edited,) = [item.mention for item in batches[0].fetched if item.mention.native_id == "4"]
    assert edited.text == "çözüldü" and edited.extra["edited_at"] == NOW.isoformat()


def test_a_back_dated_post_does_not_end_a_fetch(forum: Forum, server: FaultyServer) -> None:
    forum.ids = [*range(1, 301)]
    cursor = list(source(server).fetch(None, NOW))[-1].cursor
    forum.ids = [*range(1, 501)]
    forum.changes = {450: {"created_at": "2019-01-01T00:00:00.000Z"}, 451: {"created_at": "2019-01-01T00:00:00.000Z"}}
    cursor["listings"][f"posts of {server.url}"]["since"] -= 200 * 60  # the forum's clock is told from its newest id
    assert set(range(301, 501)) <= set(ids(list(source(server).fetch(cursor, NOW))))


def test_a_forum_that_is_suddenly_empty_is_an_error(forum: Forum, server: FaultyServer) -> None:
    forum.ids = [1, 2]
    cursor = list(source(server).fetch(None, NOW))[-1].cursor
    server.fail(1, lambda right: Answer.json({"latest_posts": []}))
    with pytest.raises(Unreadable, match="although posts were read"):
        list(source(server).fetch(cursor, NOW))


def test_back_fill_reads_down_to_a_time(forum: Forum, server: FaultyServer) -> None:
    forum.ids = [*range(1, 400)]
    collector = source(server, first_pages=1, overlap=0)
    assert isinstance(collector, Rewinds)
    cursor = list(collector.fetch(None, NOW))[-1].cursor
    batches = list(collector.fetch(collector.rewound(cursor, NOW - timedelta(minutes=220)), NOW))
    assert set(range(180, 400)) <= set(ids(batches)) and batches[-1].cursor == cursor
    assert len(ids(list(collector.fetch(collector.rewound(None, NOW - timedelta(days=9)), NOW)))) == 399


def test_limits_in_every_form(forum: Forum, server: FaultyServer) -> None:
    forum.ids = [1]
    body = {"errors": ["slow down"], "error_type": "rate_limit", "extras": {"wait_seconds": 24}}
    for answer, wait in (
        (Answer.json(body, 429), 24), (Answer.json(body, 429, retry_after="40"), 40), (Answer(429, b"Slow down"), 60),
        (Answer.json({"extras": None}, 429), 60), (Answer.json({"extras": {"wait_seconds": "x"}}, 429), 60),
    ):  # fmt: skip
        server.fail(1, lambda right, answer=answer: answer)  # type: ignore[misc]
        with pytest.raises(RateLimited) as raised:
            list(source(server).fetch(None, NOW))
        assert raised.value.retry_at is not None
        assert timedelta(seconds=wait) <= raised.value.retry_at - NOW < timedelta(seconds=wait + 20)


def test_a_key_is_not_carried_to_another_host(
    forum: Forum, server: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORUM_KEY", "s3cr3t-key")
    forum.ids = [1]
    with FaultyServer(forum) as other:
        server.fail(1, lambda right: Answer(301, b"", {"location": f"{other.url}/posts.json"}))
        with pytest.raises(Refused, match="leads to"):
            list(source(server, api_key_env="FORUM_KEY", api_username="nobet").fetch(None, NOW))
        assert other.requests == []
    list(source(server, api_key_env="FORUM_KEY", api_username="nobet").fetch(None, NOW))
    assert (server.requests[-1].headers["api-key"], server.requests[-1].headers["api-username"]) == (
        "s3cr3t-key", "nobet",
    )  # fmt: skip
    list(source(server).fetch(None, NOW))
    assert "api-key" not in server.requests[-1].headers


def test_verifying_says_what_is_shown(forum: Forum, server: FaultyServer) -> None:
    forum.ids = [1, 2]
    collector = source(server)
    assert isinstance(collector, Verifies)
    assert "answers guests; its newest post is of 2026-11-21 09:00 UTC" in collector.verify(NOW)
    server.fail(1, Fault.status(403))
    with pytest.raises(Refused, match="members only"):
        collector.verify(NOW)


@recorded
def test_a_recorded_forum_arrives_once() -> None:
    body = (FIXTURES / "posts.json").read_bytes()
    posts = {str(post["id"]): post for post in json.loads(body)["latest_posts"]}
    assert len(posts) == 50

    def route(request: Request) -> Answer:
        return Answer(200, body, {"content-type": "application/json"})

    with FaultyServer(route) as server:
        (batch,) = source(server, first_pages=1).fetch(None, NOW)
    assert not batch.rejected and not batch.gone
    assert sorted(ids([batch])) == sorted(int(number) for number in posts)
    for item in batch.fetched:
        post, mention = posts[item.mention.native_id], item.mention
        assert item.raw == post, "the raw payload is kept whole"
        assert mention.author == post["username"] and "<p>" not in mention.text
        assert mention.published_at == datetime.fromisoformat(post["created_at"])
        assert ("edited_at" in mention.extra) == (post["version"] > 1)
        assert mention.url == f"{server.url}{post['post_url']}"
        if "blockquote" not in post["cooked"] and post["post_number"] != 1:
            words = post["raw"].split()
            assert words[0][:3].strip("*_>#[!") in mention.text


@recorded
@pytest.mark.parametrize("name", ["t_2108_posts", "t_2108_posts_pn_81", "t_2144_posts", "t_2108_post_452"])
def test_recorded_posts_of_topics_are_read_too(name: str) -> None:
    """Topics are not asked for, but their posts have the same form without `raw`, and others' quotes in them."""
    posts = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))["post_stream"]["posts"]
    assert posts
    for post in posts:
        item = parse_post(post, "forum", "https://forum.example", NOW)
        assert isinstance(item, Fetched), item
        assert item.mention.native_id == str(post["id"]) and "</" not in item.mention.text
