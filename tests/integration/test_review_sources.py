"""Reviews through official APIs: replies, counts, tokens that are kept nowhere, and weeks in which nobody writes."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from collectors.protocol import Reach, Refused, Unreadable
from tests.integration.faulty_server import Answer, Fault, FaultyServer, Request
from tests.integration.worlds.app_store import AppStoreWorld, pem
from tests.integration.worlds.google_business import PLACE, GoogleBusinessWorld
from tests.integration.worlds.google_play import GooglePlayWorld, key_file
from tests.integration.worlds.trustpilot import TrustpilotWorld
from tests.integration.worlds.world import NOW, SECRET, START, Kept, Post, World, collector

WORLDS = [TrustpilotWorld, AppStoreWorld, GooglePlayWorld, GoogleBusinessWorld]


@pytest.fixture(params=WORLDS, ids=lambda found: found.kind)
def world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> World:
    return made(request.param, monkeypatch)


def made(kind: type[World], monkeypatch: pytest.MonkeyPatch) -> World:
    for name, value in kind.env.items():
        monkeypatch.setenv(name, value)
    return kind()


@pytest.fixture
def server(world: World) -> Iterator[FaultyServer]:
    with FaultyServer(lambda request: world.route(request), world.counts) as running:
        yield running


def read(world: World, server: FaultyServer, kept: Kept, after: timedelta = timedelta(0), **more: Any) -> None:
    kept.take(collector(world, server, **more).fetch(kept.cursor, NOW + after))


def test_a_whole_first_read_is_counted_where_the_service_counts(world: World, server: FaultyServer) -> None:
    world.add(8)
    kept = Kept()
    read(world, server, kept)
    proof = "ended" if world.kind == "google_play" else "counted"  # Google Play gives no total
    assert kept.reach == Reach(proof, since=world.posts[-1].at)
    world.add(1)
    read(world, server, kept, timedelta(minutes=5))
    assert kept.reach == Reach("overlap")


def test_a_count_that_does_not_agree_proves_nothing_more(world: World, server: FaultyServer) -> None:
    world.add(8)
    route = world.route

    def counting_more(request: Request) -> Answer:
        text = route(request).body.decode()
        for name in ('"total": 8', '"totalReviewCount": 8'):
            text = text.replace(name, name.replace("8", "9"))
        return Answer(200, text.encode(), {"content-type": "application/json"})

    server.route = counting_more
    kept = Kept()
    read(world, server, kept)
    assert kept.reach is not None and kept.reach.proof == "ended"


def test_a_count_that_fails_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    world = made(TrustpilotWorld, monkeypatch)
    world.add(2)
    with FaultyServer(world.route) as server:
        server.fail(2, Fault.status(500))
        kept = Kept()
        read(world, server, kept)
    assert len(kept.mentions) == 2 and kept.reach is not None and kept.reach.proof == "ended"


def test_tokens_and_secrets_are_kept_nowhere(
    world: World, server: FaultyServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    world.add(4)
    kept = Kept()
    read(world, server, kept)
    for value in (SECRET, *world.env.values()):
        assert value not in json.dumps(kept.cursor) and value not in caplog.text
        assert not any(value in f"{request.path}{request.query}" for request in server.requests)


def test_an_answer_without_reviews_in_it_is_unreadable(world: World, server: FaultyServer) -> None:
    world.add(4)
    server.fail(1, lambda right: Answer.json({"reviews": "x", "data": {}}))
    with pytest.raises(Unreadable, match="no list of reviews"):
        read(world, server, Kept())


def test_an_empty_list_where_there_were_reviews_is_no_success(world: World, server: FaultyServer) -> None:
    world.add(4)
    kept = Kept()
    read(world, server, kept)
    world.posts = []
    if world.kind == "google_play":
        # Google lists one week: read within it, an empty list after a longer silence is right.
        read(world, server, kept, timedelta(minutes=5))
        assert kept.reach is not None and kept.reach.proof == "parsed"
        return
    with pytest.raises(Unreadable, match="empty, although"):
        read(world, server, kept, timedelta(minutes=5))


def test_a_service_says_who_we_are_and_reads_back(world: World, server: FaultyServer) -> None:
    world.add(6)
    kept = Kept()
    read(world, server, kept)
    source = collector(world, server)
    server.route = lambda request: (
        Answer.json({"data": {"attributes": {"name": "Marka"}}})
        if request.path.startswith("/v1/apps/") and "customerReviews" not in request.path
        else Answer.json({"totalReviewCount": 6}) if request.query.get("pageSize") == "1" else world.route(request)
    )  # fmt: skip
    said = source.verify(NOW)
    assert "answers for" in said and SECRET not in said
    again = source.rewound(kept.cursor, START)
    server.route = world.route
    fresh = Kept()
    fresh.take(source.fetch(again, NOW))
    assert len(fresh.mentions) == 6 and source.rewound(None, START) == {"listings": {}}
    assert fresh.reach is not None and not fresh.reach.gap, "these services list everything (or the whole week)"


def test_a_key_may_be_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind, text, variable in (
        (AppStoreWorld, pem().replace("\\n", "\n"), "NOBET_APP_STORE_KEY"),
        (GooglePlayWorld, key_file(), "NOBET_GOOGLE_PLAY_KEY"),
    ):
        world = made(kind, monkeypatch)
        file = tmp_path / kind.kind
        file.write_text(text, encoding="utf-8")
        monkeypatch.setenv(variable, str(file))
        world.add(1)
        with FaultyServer(world.route, world.counts) as server:
            kept = Kept()
            read(world, server, kept)
            assert len(kept.mentions) == 1
            for wrong in (str(tmp_path), str(tmp_path / "none"), "-----BEGIN PRIVATE KEY-----x", '{"client_email": 1}'):
                monkeypatch.setenv(variable, wrong)
                with pytest.raises(Refused) as raised:
                    read(world, server, Kept())
                assert wrong not in str(raised.value) and "\n" not in str(raised.value)


# Google Play


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> World:
    return made(GooglePlayWorld, monkeypatch)


def test_weeks_without_reviews_are_quiet_and_a_longer_outage_is_a_gap(play: World) -> None:
    play.add(3)
    with FaultyServer(lambda request: play.route(request), play.counts) as server:
        kept = Kept()
        read(play, server, kept)
        play.posts = []
        for day in range(1, 30, 4):
            read(play, server, kept, timedelta(days=day))
            assert kept.reach is not None and not kept.reach.gap
        with pytest.raises(Unreadable):  # nine days later nothing says that the empty list is all
            read(play, server, kept, timedelta(days=38))
        play.posts = [Post(9000)]
        read(play, server, kept, timedelta(days=38))
        assert kept.reach is not None and kept.reach.gap


def test_a_week_is_as_far_as_google_reaches(play: World) -> None:
    play.add(3)
    with FaultyServer(play.route, play.counts) as server:
        kept = Kept()
        read(play, server, kept)
        assert collector(play, server).rewound(kept.cursor, START - timedelta(days=8)) is None


def test_the_assertion_goes_to_google_only(play: World) -> None:
    """The key file names a token address of its own, which is not followed."""
    play.add(1)
    with FaultyServer(play.route, play.counts) as server:
        read(play, server, Kept())
        assert [request.path for request in server.requests if request.method == "POST"] == ["/token"]


# App Store Connect


def test_a_developers_response_is_kept_and_links_are_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    world = made(AppStoreWorld, monkeypatch)
    world.add(4)
    attributes = {"responseBody": "Düzelttik", "lastModifiedDate": "2026-11-20T03:00:00-08:00", "state": "PUBLISHED"}

    def route(request: Request) -> Answer:
        answer = json.loads(world.route(request).body)
        answer["data"][0]["relationships"] = {"response": {"data": {"type": "customerReviewResponses", "id": "r1"}}}
        related = (
            {"review": {"data": {"type": "customerReviews", "id": answer["data"][1]["id"]}}}
            if answer["data"][1:]
            else {}
        )
        answer["included"] = [
            {"type": "customerReviewResponses", "id": "r1", "attributes": attributes},
            {"type": "customerReviewResponses", "id": "r2", "attributes": attributes, "relationships": related},
            None,
        ]
        if "next" in answer["links"]:
            answer["links"]["next"] = answer["links"]["next"].replace("api.appstoreconnect.apple.com", "evil.example")
        return Answer.json(answer)

    with FaultyServer(route, world.counts) as server:
        kept = Kept()
        read(world, server, kept)
    assert len(kept.mentions) == 4
    answered = [m for m in kept.mentions.values() if m.extra.get("answer") == "Düzelttik"]
    assert {m.native_id for m in answered} == {world.native_id(world.posts[i]) for i in (0, 1, 3)}
    assert answered[0].extra["answered_at"] == "2026-11-20T11:00:00+00:00" and answered[0].extra["country"] == "TUR"


# Google Business Profile


def test_several_places_with_counts_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    world = made(GoogleBusinessWorld, monkeypatch)
    world.add(4)
    other = GoogleBusinessWorld([Post(11), Post(10)])

    def route(request: Request) -> Answer:
        if request.path == "/v4/accounts/1/locations/9/reviews":
            return other.route(Request("GET", f"/v4/{PLACE}/reviews", request.query, request.headers))
        return world.route(request)

    with FaultyServer(route, world.counts) as server:
        kept = Kept()
        places = [PLACE, "accounts/1/locations/9"]
        read(world, server, kept, locations=places)
        assert len(kept.mentions) == 6 and kept.reach is not None and kept.reach.proof == "counted"
        assert {mention.extra["location"] for mention in kept.mentions.values()} == set(places)
        assert len([request for request in server.requests if request.method == "POST"]) == 1


def test_google_that_counts_reviews_and_lists_none_is_unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    world = made(GoogleBusinessWorld, monkeypatch)
    with FaultyServer(world.route, world.counts) as server:
        server.fail(1, lambda right: Answer.json({"totalReviewCount": 12}))
        with pytest.raises(Unreadable, match="counts 12 reviews"):
            read(world, server, Kept())


def test_a_token_service_that_gives_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    world = made(GoogleBusinessWorld, monkeypatch)
    with (
        FaultyServer(lambda request: Answer.json({"token_type": "Bearer"})) as server,
        pytest.raises(Unreadable, match="without an access token"),
    ):
        read(world, server, Kept())
