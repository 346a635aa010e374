"""Reddit beyond new posts: the inbox, edits, what was deleted, back-fill, and who we are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest

from collectors.protocol import Batch, Rechecks, Refused, Rewinds, Unreadable, Verifies
from collectors.reddit import RedditCollector, RedditSettings
from tests.integration.faulty_server import Answer, FaultyServer, Request

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
VARIABLES = ("NOBET_REDDIT_CLIENT_ID", "NOBET_REDDIT_CLIENT_SECRET", "NOBET_REDDIT_REFRESH_TOKEN")


@dataclass
class Site:
    """Listings by path, pages of two; every entry is asked for by its name at /api/info."""

    listings: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    grants: list[dict[str, str]] = field(default_factory=list)

    def __call__(self, request: Request) -> Answer:
        if request.method == "POST":
            self.grants.append(dict(parse_qsl(request.body.decode())))
            return Answer.json({"access_token": "t", "token_type": "bearer", "expires_in": 3600, "scope": "*"})
        if request.path == "/api/v1/me":
            return Answer.json({"name": "cinarev", "inbox_count": 2})
        if request.path == "/api/info":
            names = request.query["id"].split(",")
            every = [entry for listing in self.listings.values() for entry in listing]
            return self.page([entry for entry in every if entry["data"]["name"] in names], None)
        listed = self.listings[request.path]
        names = [entry["data"]["name"] for entry in listed]
        first = names.index(request.query["after"]) + 1 if "after" in request.query else 0
        shown = listed[first : first + 2]
        return self.page(shown, names[first + 1] if first + 2 < len(listed) else None)

    def page(self, children: list[dict[str, Any]], after: str | None) -> Answer:
        return Answer.json({"kind": "Listing", "data": {"children": children, "after": after, "before": None}})


def entry(name: str, minutes: float = 1, **data: Any) -> dict[str, Any]:
    kind, number = name.split("_")
    texts = {"t1": {"body": "yorum"}, "t3": {"title": "gönderi"}, "t4": {"subject": "Sipariş", "body": "nerede"}}
    made = (NOW - timedelta(minutes=minutes)).timestamp()
    return {"kind": kind, "data": {"name": name, "id": number, "created_utc": made, **texts[kind], **data}}


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def server(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyServer]:
    for name in VARIABLES:
        monkeypatch.setenv(name, f"secret-{name}")
    with FaultyServer(site, lambda request: request.method == "GET") as running:
        yield running


def source(server: FaultyServer, **more: Any) -> RedditCollector:
    record = {"kind": "reddit", "base_url": server.url, "private_network": True, **more}
    return RedditCollector(RedditSettings.model_validate(record))


def names(batches: list[Batch]) -> list[str]:
    return [item.mention.native_id for batch in batches for item in batch.fetched]


def test_the_inbox_is_read_as_the_account(site: Site, server: FaultyServer) -> None:
    site.listings["/message/inbox"] = [
        entry("t4_b", 1), entry("t1_a", 2, was_comment=True, type="username_mention",
                                context="/r/Turkey/comments/xyz/t/a/?context=3"), entry("t4_c", 3, author=None),
    ]  # fmt: skip
    collector = source(server, inbox=True)
    batches = list(collector.fetch(None, NOW))
    assert names(batches) == ["t4_b", "t1_a", "t4_c"]
    assert site.grants == [{"grant_type": "refresh_token", "refresh_token": "secret-NOBET_REDDIT_REFRESH_TOKEN"}]
    assert server.pages[0].query["mark"] == "false", "the account's own sign of new mail stays"
    channels = [item.mention.channel for batch in batches for item in batch.fetched]
    assert channels == ["reddit_message", "reddit", "reddit_message"]
    assert batches[-1].reach is not None and batches[-1].reach.proof == "ended"
    site.listings["/message/inbox"].insert(0, entry("t4_d", -5))
    again = list(collector.fetch(json.loads(json.dumps(batches[-1].cursor)), NOW + timedelta(minutes=10)))
    assert "t4_d" in names(again)


def test_the_inbox_needs_its_token(site: Site, server: FaultyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOBET_REDDIT_REFRESH_TOKEN")
    with pytest.raises(Refused, match="NOBET_REDDIT_REFRESH_TOKEN"):
        list(source(server, inbox=True).fetch(None, NOW))
    site.listings["/r/marka/new"] = []
    list(source(server, subreddits=["marka"]).fetch(None, NOW))
    assert site.grants[-1]["grant_type"] == "client_credentials", "without the inbox no account is needed"


def test_what_is_seen_deleted_is_gone_and_what_is_edited_comes_again(site: Site, server: FaultyServer) -> None:
    site.listings["/r/marka/new"] = [entry("t3_a", 1), entry("t3_b", 2)]
    collector = source(server, subreddits=["marka"])
    first = list(collector.fetch(None, NOW))
    assert names(first) == ["t3_a", "t3_b"] and not first[0].gone
    site.listings["/r/marka/new"] = [
        entry("t3_a", 1, selftext="[deleted]", author="[deleted]"),
        entry("t3_b", 2, selftext="Çözüldü", edited=NOW.timestamp()),
    ]
    (batch,) = collector.fetch(first[-1].cursor, NOW + timedelta(minutes=5))
    assert batch.gone == ("t3_a",) and names([batch]) == ["t3_b"] and not batch.rejected
    assert batch.fetched[0].mention.text == "gönderi\n\nÇözüldü"
    assert batch.fetched[0].mention.extra["edited_at"] == NOW.isoformat() and "1 entries were deleted" in batch.note


def test_deleted_entries_are_asked_for_by_name(site: Site, server: FaultyServer) -> None:
    site.listings["/r/marka/new"] = [
        entry("t3_a"), entry("t1_b", body="[removed]"), entry("t3_c", title="[deleted by user]"),
    ]  # fmt: skip
    collector = source(server, subreddits=["marka"])
    assert isinstance(collector, Rechecks)
    assert collector.deleted(["t3_a", "t1_b", "t3_c", "t1_gone", "t4_x"], NOW) == ("t1_b", "t3_c", "t1_gone")
    assert server.pages[-1].query["id"] == "t3_a,t1_b,t3_c,t1_gone"
    assert collector.deleted(["t4_x"], NOW) == () and len(server.pages) == 1
    with pytest.raises(Unreadable, match="names none"):
        collector.deleted(["t3_x", "t3_y"], NOW)


def test_back_fill_reads_down_to_a_time_or_says_that_the_listing_ended(site: Site, server: FaultyServer) -> None:
    site.listings["/r/marka/new"] = [entry(f"t3_{number:02d}", 30 * number) for number in range(1, 21)]
    collector = source(server, subreddits=["marka"], overlap=0)
    assert isinstance(collector, Rewinds)
    cursor = list(collector.fetch(None, NOW))[-1].cursor
    assert len(names(list(collector.fetch(cursor, NOW)))) == 2
    back = collector.rewound(cursor, NOW - timedelta(hours=5))
    batches = list(collector.fetch(back, NOW))
    assert set(names(batches)) >= {f"t3_{number:02d}" for number in range(1, 11)}
    assert batches[-1].reach is not None and not batches[-1].reach.gap and batches[-1].cursor == cursor
    far = collector.rewound(None, NOW - timedelta(days=9))
    batches = list(collector.fetch(far, NOW))
    assert len(names(batches)) == 20 and batches[-1].reach is not None and batches[-1].reach.gap


def test_verifying_says_who_we_are(site: Site, server: FaultyServer) -> None:
    collector = source(server, inbox=True)
    assert isinstance(collector, Verifies) and "u/cinarev" in collector.verify(NOW)
    site.listings["/r/marka/new"] = [entry("t3_a")]
    assert "r/marka shows its newest post" in source(server, subreddits=["marka"]).verify(NOW)
    assert server.pages[-1].query["limit"] == "1"
