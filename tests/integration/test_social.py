"""What Mastodon, Bluesky, YouTube promise beyond the contract: other listings, replies, quotas, deletions, sessions."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collectors import registry
from collectors.bluesky import parse_post
from collectors.protocol import Batch, BudgetSpent, RateLimited, Reach, Refused, Unavailable, Unreadable
from collectors.youtube import pacific_midnight
from tests.integration.faulty_server import Answer, Fault, FaultyServer, Request
from tests.integration.worlds.bluesky import BlueskyWorld
from tests.integration.worlds.mastodon import MastodonWorld
from tests.integration.worlds.world import NOW, SECRET, Post
from tests.integration.worlds.youtube import CHANNEL, comment, refusal


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NOBET_MASTODON_ACCESS_TOKEN", "NOBET_BLUESKY_APP_PASSWORD", "NOBET_YOUTUBE_API_KEY"):
        monkeypatch.setenv(name, SECRET)


def collector(record: dict[str, Any]) -> Any:
    return registry.collector_for({"private_network": True, **record})


def ids(batches: list[Batch]) -> list[str]:
    return [item.mention.native_id for batch in batches for item in batch.fetched]


def error_of(call: Callable[[], Any], kind: type[Exception]) -> Any:
    with pytest.raises(kind) as raised:
        call()
    return raised.value


# --- Mastodon


def status(number: int, **more: Any) -> dict[str, Any]:
    return {**MastodonWorld().status(Post(number)), "id": str(number), **more}


def test_mastodon_mentions_are_private_ones_too_and_a_deleted_post_is_passed_over() -> None:
    def route(request: Request) -> Answer:
        assert request.path == "/api/v1/notifications"
        assert request.query["types[]"] == "quote" and request.query["include_filtered"] == "true"
        notifications = [
            {"id": "9", "type": "mention", "created_at": "2026-11-21T08:00:00Z",
             "status": status(5, visibility="direct", spoiler_text="Uyarı", edited_at="2026-11-21T07:59:00Z")},
            {"id": "8", "type": "mention", "created_at": "2026-11-21T07:00:00Z", "status": None},
        ]  # fmt: skip
        return Answer.json(notifications)

    with FaultyServer(route) as server:
        (batch,) = collector({"kind": "mastodon", "url": server.url, "mentions": True}).fetch(None, NOW)
    (item,) = batch.fetched
    assert item.mention.text == "Uyarı\n\ngönderi 5"
    assert item.mention.extra["visibility"] == "direct" and item.mention.extra["edited_at"] == "2026-11-21T07:59:00Z"
    assert batch.cursor["listings"]["mentions"]["since"] == int(datetime(2026, 11, 21, 8, tzinfo=UTC).timestamp())


def test_mastodon_search_is_paged_by_what_came() -> None:
    found = [status(number) for number in range(9, 0, -1)]

    def route(request: Request) -> Answer:
        assert request.path == "/api/v2/search" and request.query["type"] == "statuses"
        offset = int(request.query["offset"])
        return Answer.json({"accounts": [], "statuses": found[offset : offset + 4], "hashtags": []})

    with FaultyServer(route) as server:
        reader = collector({"kind": "mastodon", "url": server.url, "native_query": "çınar", "overlap": 0})
        batches = list(reader.fetch(None, NOW))
        assert ids(batches) == [str(number) for number in range(9, 0, -1)] and batches[-1].reach == Reach("ended")
        found.clear()  # the server's search is down: it says so by finding nothing
        error_of(lambda: list(reader.fetch(batches[-1].cursor, NOW)), Unreadable)


def test_mastodon_finds_a_post_that_arrived_late() -> None:
    world = MastodonWorld()
    world.add(8)
    late = world.posts.pop(2)
    with FaultyServer(world.route) as server:
        reader = collector(world.settings(server.url))
        batches = list(reader.fetch(None, NOW))
        assert world.native_id(late) not in ids(batches)
        world.posts.insert(2, late)  # filed by the time at which it was written
        assert world.native_id(late) in ids(list(reader.fetch(batches[-1].cursor, NOW)))


def test_mastodon_another_server_under_the_name_starts_anew_and_rewinding_reads_down() -> None:
    world = MastodonWorld()
    world.add(9)
    with FaultyServer(world.route) as server:
        reader = collector({**world.settings(server.url), "overlap": 0})
        batches = list(reader.fetch(None, NOW))
        assert len(ids(list(reader.fetch(batches[-1].cursor, NOW)))) == 3
        elsewhere = {**batches[-1].cursor, "server": "https://other.example"}
        assert len(ids(list(reader.fetch(elsewhere, NOW)))) == 9
        back = reader.rewound(batches[-1].cursor, world.posts[-2].at)
        again = list(reader.fetch(back, NOW))
        assert len(ids(again)) == 9 and again[-1].cursor == batches[-1].cursor


def test_mastodon_asks_for_many_posts_at_once_and_names_the_deleted() -> None:
    def route(request: Request) -> Answer:
        assert request.path == "/api/v1/statuses"
        return Answer.json([status(number) for number in (1, 3)])

    with FaultyServer(route) as server:
        reader = collector({"kind": "mastodon", "url": server.url, "hashtags": ["marka"]})
        assert reader.deleted(["1", "2", "3"], NOW) == ("2",)
        assert len(server.requests) == 1


def test_mastodon_a_server_whose_api_is_away_deletes_nothing() -> None:
    with FaultyServer(lambda request: Answer.json({"error": "Not Found"}, 404)) as server:
        reader = collector({"kind": "mastodon", "url": server.url, "hashtags": ["marka"]})
        error_of(lambda: reader.deleted(["1", "2"], NOW), Refused)


def test_mastodon_rests_until_the_time_that_it_names() -> None:
    world = MastodonWorld()
    until = NOW + timedelta(seconds=90)
    with FaultyServer(world.route) as server:
        server.fail(1, Fault.status(429, x_ratelimit_reset=until.isoformat().replace("+00:00", "Z")))
        reader = collector(world.settings(server.url))
        error = error_of(lambda: list(reader.fetch(None, NOW)), RateLimited)
    assert abs(error.retry_at - until) < timedelta(seconds=2)


def test_mastodon_is_not_led_elsewhere_with_the_token() -> None:
    with FaultyServer(lambda request: Answer(301, b"", {"location": "http://other.example/"})) as server:
        reader = collector({"kind": "mastodon", "url": server.url, "hashtags": ["marka"]})
        assert "leads" in str(error_of(lambda: list(reader.fetch(None, NOW)), Refused))
        assert len(server.requests) == 1


def test_mastodon_says_as_whom_it_is_known() -> None:
    with FaultyServer(lambda request: Answer.json({"id": "1", "acct": "cinarev"})) as server:
        said = collector({"kind": "mastodon", "url": server.url, "mentions": True}).verify(NOW)
    assert "@cinarev@127.0.0.1" in said


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "https://a.example"},
        {"url": "a.example", "hashtags": ["x"]},
        {"url": "https://a.example", "hashtags": ["a b"]},
        {"url": "https://a.example", "mentions": True, "access_token_env": ""},
    ],
)
def test_mastodon_settings_that_cannot_be_read(wrong: dict[str, Any]) -> None:
    with pytest.raises(registry.ConfigError, match="mastodon"):
        collector({"kind": "mastodon", **wrong})


# --- Bluesky


def token(ends: datetime) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"exp": int(ends.timestamp())}).encode()).decode().rstrip("=")
    return f"head.{claims}.signature"


class BlueskyServer:
    """Sessions that end, and a search."""

    def __init__(self, life: timedelta) -> None:
        self.world, self.life, self.now = BlueskyWorld(), life, NOW
        self.logins: list[str] = []
        self.good = ""
        self.refreshing = True

    def route(self, request: Request) -> Answer:
        method = request.path.rpartition(".")[2]
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        if method in ("createSession", "refreshSession"):
            self.logins.append(method)
            if method == "refreshSession" and not (self.refreshing and bearer == "refresh"):
                return Answer.json({"error": "ExpiredToken", "message": "Token has expired"}, 400)
            self.good = token(self.now + self.life)
            return Answer.json({"accessJwt": self.good, "refreshJwt": "refresh", "did": "did:plc:m"})
        if bearer != self.good:
            return Answer.json({"error": "ExpiredToken", "message": "Token has expired"}, 400)
        return Answer.json({"posts": [self.world.view(Post(1))]})


def test_bluesky_signs_in_once_and_renews_the_session() -> None:
    service = BlueskyServer(timedelta(hours=2))
    with FaultyServer(service.route) as server:
        record = service.world.settings(server.url)
        for minutes in (0, 5, 60):  # a collector made anew for every fetch
            service.now = NOW + timedelta(minutes=minutes)
            assert len(ids(list(collector(record).fetch(None, service.now)))) == 1
        assert service.logins == ["createSession"]
        service.now = NOW + timedelta(minutes=119, seconds=30)
        list(collector(record).fetch(None, service.now))
        assert service.logins == ["createSession", "refreshSession"]
        service.now, service.refreshing = service.now + timedelta(hours=3), False
        list(collector(record).fetch(None, service.now))
        assert service.logins[2:] == ["refreshSession", "createSession"]


def test_bluesky_gives_up_a_session_that_is_no_longer_taken() -> None:
    service = BlueskyServer(timedelta(hours=2))
    with FaultyServer(service.route) as server:
        reader = collector(service.world.settings(server.url))
        list(reader.fetch(None, NOW))
        service.good = "withdrawn"
        error = error_of(lambda: list(reader.fetch(None, NOW)), Refused)
        assert "no longer takes the session (ExpiredToken)" in str(error)
        assert len(ids(list(reader.fetch(None, NOW)))) == 1 and service.logins == ["createSession"] * 2


def test_bluesky_never_keeps_an_answer_to_signing_in() -> None:
    def route(request: Request) -> Answer:
        return Answer(200, b'{"accessJwt": "a-token-that-nobody-may-see", "refr', {"content-type": "application/json"})

    with FaultyServer(route) as server:
        error = error_of(lambda: list(collector(BlueskyWorld().settings(server.url)).fetch(None, NOW)), Unreadable)
    assert error.page is None and "a-token" not in str(error)


def test_bluesky_notifications_are_words_only_and_the_search_is_not_held_up() -> None:
    world = BlueskyWorld()
    world.add(2)

    def route(request: Request) -> Answer:
        if not request.path.endswith("listNotifications"):
            return world.route(request)
        assert request.query["priority"] == "false"
        notifications = [
            {**world.view(Post(number)), "reason": reason, "isRead": False}
            for number, reason in ((9, "reply"), (8, "like"), (7, "mention"), (6, "quote"))
        ]
        return Answer.json({"notifications": notifications})

    with FaultyServer(route, world.counts) as server:
        reader = collector({**world.settings(server.url), "mentions": True})
        batches = list(reader.fetch(None, NOW))
        assert {i.rpartition("/")[2] for i in ids(batches)} == {"3k1", "3k2", "3k9", "3k7", "3k6"}
        reasons = [item.mention.extra.get("reason") for item in batches[1].fetched]
        assert reasons == ["reply", "mention", "quote"]
        server.fail(1, Fault.status(502))
        left = []
        with pytest.raises(Unavailable):
            for batch in reader.fetch(batches[-1].cursor, NOW):
                left.append(batch)
        assert left and left[-1].reach is None, "half of a fetch proves nothing"


def test_bluesky_posts_of_odd_times_and_names() -> None:
    view = BlueskyWorld().view(Post(1))
    view["record"]["createdAt"] = "2019-01-01T00:00:00Z"  # imported
    view["author"]["handle"] = "handle.invalid"
    item: Any = parse_post(view, "bluesky", NOW)
    assert item.mention.published_at.year == 2019 and item.mention.extra["indexed_at"] == view["indexedAt"]
    assert item.mention.author == "did:plc:ayse" and "/did:plc:ayse/post/3k1" in item.mention.url
    view["record"]["createdAt"] = "2031-01-01T00:00:00Z"  # a clock that runs ahead
    item = parse_post(view, "bluesky", NOW)
    assert item.mention.published_at == Post(1).at
    view["record"]["createdAt"] = "1970-01-01T00:00:00Z"  # a clock at zero
    item = parse_post(view, "bluesky", NOW)
    assert item.mention.published_at == Post(1).at
    view["record"]["reply"] = {"root": {"uri": "at://r"}, "parent": {"uri": "at://p"}}
    item = parse_post(view, "bluesky", NOW)
    assert (item.mention.thread_id, item.mention.in_reply_to) == ("at://r", "at://p")


def test_bluesky_asks_several_searches_since_it_knows_no_or() -> None:
    world = BlueskyWorld()
    asked = []

    def route(request: Request) -> Answer:
        if not request.path.endswith("searchPosts"):
            return world.route(request)
        asked.append(request.query["q"])
        return Answer.json({"posts": [world.view(Post(len(asked)))]})

    with FaultyServer(route) as server:
        record = {**world.settings(server.url), "native_query": ["çınarev", " ", "çınarev", '"çınar ev"']}
        batches = list(collector(record).fetch(None, NOW))
    assert asked == ["çınarev", '"çınar ev"'] and len(ids(batches)) == 2
    assert set(batches[-1].cursor["listings"]) == {"search çınarev", 'search "çınar ev"'}


def test_bluesky_names_the_deleted() -> None:
    world = BlueskyWorld()

    def route(request: Request) -> Answer:
        if request.path.endswith("getPosts"):
            return Answer.json({"posts": [world.view(Post(1))]})
        return world.route(request)

    with FaultyServer(route) as server:
        reader = collector(world.settings(server.url))
        known = [world.native_id(Post(1)), world.native_id(Post(2))]
        assert reader.deleted(known, NOW) == (known[1],)


# --- YouTube


def thread(number: int, replies: int = 0, shown: int = 0, at: datetime = NOW, **more: Any) -> dict[str, Any]:
    """A thread of which the listing shows only some of its replies."""
    top = comment(f"t{number}", f"yorum {number}", "Ayşe", at.isoformat(), **more)
    inline = [reply(f"t{number}", n) for n in range(shown)]
    snippet = {"videoId": "v" * 11, "channelId": CHANNEL, "topLevelComment": top, "totalReplyCount": replies}
    return {"id": f"t{number}", "snippet": snippet, "replies": {"comments": inline}}


def reply(parent: str, number: int) -> dict[str, Any]:
    return comment(f"{parent}.{number}", f"yanıt {number}", "Can", NOW.isoformat(), parentId=parent)


class YouTubeServer:
    """Threads by video, and their replies two to a page."""

    def __init__(self) -> None:
        self.threads: dict[str, list[dict[str, Any]] | Answer] = {}
        self.replies: dict[str, int] = {}

    def route(self, request: Request) -> Answer:
        query = request.query
        if request.path.endswith("commentThreads"):
            listed = self.threads[query.get("videoId") or query["allThreadsRelatedToChannelId"]]
            return listed if isinstance(listed, Answer) else Answer.json({"items": listed})
        assert request.path.endswith("comments")
        if "id" in query:
            return Answer.json({"items": [{"id": one} for one in query["id"].split(",") if one != "t2"]})
        first, parent = int(query.get("pageToken", 0)), query["parentId"]
        last = min(first + 2, self.replies[parent])
        more = {"nextPageToken": str(last)} if last < self.replies[parent] else {}
        return Answer.json({"items": [reply(parent, number) for number in range(first, last)], **more})


VIDEOS = ["a" * 11, "b" * 11, "c" * 11]


def test_youtube_reads_all_replies_once_and_again_when_their_number_changes() -> None:
    service = YouTubeServer()
    service.threads[CHANNEL] = [thread(2, replies=1, shown=1), thread(1, replies=5, shown=2)]
    service.replies = {"t1": 5}
    with FaultyServer(service.route) as server:
        reader = collector({"kind": "youtube", "channel_id": CHANNEL, "base_url": server.url})
        (batch,) = reader.fetch(None, NOW)
        assert sorted(ids([batch])) == ["t1", *(f"t1.{n}" for n in range(5)), "t2", "t2.0"]
        assert len(server.requests) == 4 and batch.cursor["quota"] == {"day": "2026-11-21", "units": 4}
        one = next(item.mention for item in batch.fetched if item.mention.native_id == "t1.4")
        assert (one.thread_id, one.in_reply_to) == ("t1", "t1") and one.url and one.url.endswith("&lc=t1.4")
        (batch,) = reader.fetch(batch.cursor, NOW)
        assert len(server.requests) == 5, "no reply is new, so none is asked for"
        service.threads[CHANNEL] = [thread(2, replies=1, shown=1), thread(1, replies=6, shown=2)]
        service.replies = {"t1": 6}
        (batch,) = reader.fetch(batch.cursor, NOW)
        assert "t1.5" in ids([batch]) and batch.reach == Reach("overlap")


def test_youtube_a_page_whose_replies_failed_is_read_again() -> None:
    service = YouTubeServer()
    service.threads = {VIDEOS[0]: [thread(1, replies=3)], VIDEOS[1]: [thread(9)]}
    service.replies = {"t1": 3}
    with FaultyServer(service.route) as server:
        reader = collector({"kind": "youtube", "video_ids": VIDEOS[:2], "base_url": server.url})
        server.fail(3, Fault.status(500))
        batches = []
        with pytest.raises(Unavailable):
            for batch in reader.fetch(None, NOW):
                batches.append(batch)
        assert ids(batches) == ["t9"] and batches[-1].cursor["replies"] == {}
        assert "t1.2" in ids(list(reader.fetch(batches[-1].cursor, NOW)))


def test_youtube_switched_off_comments_do_not_stop_the_others() -> None:
    service = YouTubeServer()
    off = refusal(403, "commentsDisabled", 'The video has <a href="x">disabled comments</a>.')
    service.threads = {VIDEOS[0]: off, VIDEOS[1]: refusal(404, "videoNotFound", "gone"), VIDEOS[2]: [thread(3)]}
    with FaultyServer(service.route) as server:
        reader = collector({"kind": "youtube", "video_ids": VIDEOS, "base_url": server.url})
        batches: list[Batch] = []
        with pytest.raises(Refused, match="404"):
            for batch in reader.fetch(None, NOW):
                batches.append(batch)
        assert ids(batches) == ["t3"] and "switched off" in batches[0].note
        service.threads = {VIDEOS[0]: [thread(1)], VIDEOS[1]: [thread(2)], VIDEOS[2]: [thread(3)]}
        batches = list(reader.fetch(batches[-1].cursor, NOW))
        assert sorted(ids(batches)) == ["t1", "t2", "t3"]
        service.threads[VIDEOS[0]] = off  # a video that had comments
        batches = list(reader.fetch(batches[-1].cursor, NOW))
        assert "switched off" in batches[0].note and batches[-1].reach is not None


def test_youtube_a_spent_quota_rests_until_midnight_in_california() -> None:
    service = YouTubeServer()
    message = 'You have exceeded your <a href="/youtube/v3/getting-started#quota">quota</a>.'
    service.threads[CHANNEL] = refusal(403, "quotaExceeded", message)
    with FaultyServer(service.route) as server:
        record = {"kind": "youtube", "channel_id": CHANNEL, "base_url": server.url}
        error = error_of(lambda: list(collector(record).fetch(None, NOW)), BudgetSpent)
        assert error.retry_at == datetime(2026, 11, 22, 8, tzinfo=UTC) and "2026-11-22 08:00 UTC" in str(error)
        service.threads[CHANNEL] = refusal(403, "rateLimitExceeded", "slow down")
        error = error_of(lambda: list(collector(record).fetch(None, NOW)), RateLimited)
        assert not isinstance(error, BudgetSpent) and error.retry_at is not None
        service.threads[CHANNEL] = refusal(403, "forbidden", "Requests to this API are blocked.")
        error = error_of(lambda: list(collector(record).fetch(None, NOW)), Refused)
        assert "Requests to this API are blocked." in str(error)


def test_youtube_counts_units_over_the_pacific_day() -> None:
    service = YouTubeServer()
    service.threads[CHANNEL] = [thread(1)]
    with FaultyServer(service.route) as server:
        reader = collector({"kind": "youtube", "channel_id": CHANNEL, "base_url": server.url, "units_per_day": 2})
        cursor = None
        for _ in range(2):
            (batch,) = reader.fetch(cursor, NOW)
            cursor = json.loads(json.dumps(batch.cursor))
        error = error_of(lambda: list(reader.fetch(cursor, NOW)), BudgetSpent)
        assert "units_per_day" in str(error) and len(server.requests) == 2
        (batch,) = reader.fetch(cursor, error.retry_at)
        assert batch.cursor["quota"] == {"day": "2026-11-22", "units": 1}


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2026, 11, 21, 7, 59, tzinfo=UTC), datetime(2026, 11, 21, 8, tzinfo=UTC)),  # winter: UTC-8
        (datetime(2026, 11, 21, 8, 0, tzinfo=UTC), datetime(2026, 11, 22, 8, tzinfo=UTC)),
        (datetime(2026, 7, 1, 12, 0, tzinfo=UTC), datetime(2026, 7, 2, 7, tzinfo=UTC)),  # summer: UTC-7
    ],
)
def test_youtube_s_day_begins_at_midnight_in_california(at: datetime, expected: datetime) -> None:
    assert pacific_midnight(at) == expected


def test_youtube_passes_over_the_channel_s_own_comments() -> None:
    service = YouTubeServer()
    own = thread(1)
    own["snippet"]["topLevelComment"]["snippet"]["authorChannelId"] = {"value": CHANNEL}
    service.threads = {CHANNEL: [own, thread(2, updatedAt=(NOW + timedelta(minutes=1)).isoformat())]}
    with FaultyServer(service.route) as server:
        (batch,) = collector({"kind": "youtube", "channel_id": CHANNEL, "base_url": server.url}).fetch(None, NOW)
        assert ids([batch]) == ["t2"] and "1 comments of the channel's own" in batch.note
        assert batch.fetched[0].mention.extra["edited_at"].startswith("2026-11-21T09:01")


def test_youtube_names_the_deleted_and_what_the_key_can_see() -> None:
    service = YouTubeServer()

    def route(request: Request) -> Answer:
        if request.path.endswith("/channels"):
            known = request.query["id"] == CHANNEL
            return Answer.json({"kind": "youtube#channelListResponse"} | ({"items": [{"snippet": {"title": "Çınar"}}]}
                                                                          if known else {}))  # fmt: skip
        return service.route(request)

    with FaultyServer(route) as server:
        record = {"kind": "youtube", "channel_id": CHANNEL, "base_url": server.url}
        assert collector(record).deleted(["t1", "t2"], NOW) == ("t2",)
        assert "Çınar" in collector(record).verify(NOW)
        other = {**record, "channel_id": "UC" + "z" * 22}
        assert "knows none" in str(error_of(lambda: collector(other).verify(NOW), Refused))
