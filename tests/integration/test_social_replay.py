"""Recorded answers of Mastodon servers, replayed over HTTP, and recorded objects of Bluesky."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from collectors import registry
from collectors.bluesky import parse_post
from collectors.bluesky_session import home
from collectors.mastodon import parse_status
from collectors.protocol import Batch, Fetched, Reach, Rejected

SHARED = Path(__file__).parents[2].parent / "shared"
FIXTURES = SHARED / "fixtures"
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
TAG = "fgiztsshwiaqqiztpmmjbtvmescsculuvmgjgopwoeidbcrixp"

if (SHARED / "tools" / "replay.py").exists():
    sys.path.insert(0, str(SHARED / "tools"))
    from replay import Replay, recordings
else:
    Replay = recordings = None

pytestmark = pytest.mark.skipif(
    Replay is None or not (FIXTURES / "mastodon").exists(),
    reason="the recorded answers are not beside this checkout (../shared)",
)


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOBET_MASTODON_ACCESS_TOKEN", "recorded")


def tape(name: str) -> Path:
    return FIXTURES / "mastodon" / f"{name}.yaml"


def collector(server: Any, **more: Any) -> Any:
    return registry.collector_for({"kind": "mastodon", "url": server.url, "private_network": True, **more})


def statuses(name: str) -> Iterator[dict[str, Any]]:
    """Every post of every answer on a tape."""
    for recording in recordings(tape(name)):
        body = json.loads(recording["body"])
        found = body.get("statuses", [body]) if isinstance(body, dict) else body
        yield from (one for one in found if isinstance(one, dict) and "content" in one and "visibility" in one)


def items(batches: list[Batch]) -> list[Fetched]:
    assert not any(batch.rejected for batch in batches)
    return [item for batch in batches for item in batch.fetched]


def test_a_recorded_hashtag_is_read_to_its_end_and_arrives_once() -> None:
    pages = [
        json.loads(recording["body"])
        for recording in recordings(tape("test_pagination_iterator"))
        if recording["path"].endswith(TAG) and "min_id" not in recording["query"]
    ]
    served = {status["id"]: status for page in pages for status in page}
    with Replay([tape("test_pagination_iterator")]) as server:
        reader = collector(server, hashtags=[f"#{TAG}"], access_token_env="")
        batches = list(reader.fetch(None, NOW))
        assert len(server.log) == 4 and all(status == 200 for *_, status in server.log)
        arrived = items(batches)
        assert len(served) == 30 and sorted(item.mention.native_id for item in arrived) == sorted(served)
        # Mastodon links to one more page, which is empty: that is the end, and no failure.
        assert not batches[-1].fetched and batches[-1].reach == Reach("ended")
        for item in arrived:
            status = served[item.mention.native_id]
            assert item.raw == status, "the raw payload is kept whole"
            assert item.mention.published_at == datetime.fromisoformat(status["created_at"])
            assert item.mention.author and item.mention.author.startswith(status["account"]["acct"] + "@")
            assert TAG in item.mention.text and "<" not in item.mention.text
            assert item.mention.extra["uri"] == status["uri"]
        again = list(reader.fetch(json.loads(json.dumps(batches[-1].cursor)), NOW))
        assert {item.mention.native_id for item in items(again)} == set(served), "a minute of posts: all is overlap"
        assert again[-1].reach == Reach("overlap")


def test_a_recorded_search_brings_its_posts() -> None:
    with Replay([tape("test_entity_searchv2")]) as server:
        # The tape holds one page, which it gives at every offset.
        batches = list(collector(server, native_query="halcy", first_pages=1).fetch(None, NOW))
    assert [item.mention.native_id for item in items(batches)] == [s["id"] for s in statuses("test_entity_searchv2")]
    assert len(items(batches)) == 2


def test_a_recorded_search_that_finds_nothing_proves_nothing() -> None:
    with Replay([tape("test_search")]) as server:
        (batch,) = collector(server, native_query="mastodonpy_test").fetch(None, NOW)
    assert not batch.fetched and batch.reach == Reach("parsed")
    assert "without full-text search" in batch.note and "the listing is empty" in batch.note


def test_recorded_posts_that_are_gone_are_found_one_by_one_on_an_older_server() -> None:
    ids = ["110446223051565765", "110446183735368325", "117020593741189701"]
    with Replay([tape("test_entity_status")]) as server:  # it does not know GET /api/v1/statuses
        assert collector(server, hashtags=["hoot"]).deleted(ids, NOW) == ("117020593741189701",)


@pytest.mark.parametrize("name", sorted(path.stem for path in (FIXTURES / "mastodon").glob("*.yaml")))
def test_every_recorded_post_is_read(name: str) -> None:
    found = list(statuses(name))
    for status in found:
        item = parse_status(status, "mastodon", "server.example", NOW)
        assert isinstance(item, Fetched), item
        assert item.mention.engagement.likes == status["favourites_count"]
        assert item.mention.in_reply_to == status["in_reply_to_id"]
        assert item.mention.extra.get("edited_at") == status["edited_at"]
        assert item.mention.url == status["url"] and item.mention.lang == status["language"]
    assert found or name == "test_search", "only the search found nothing"


def recorded(name: str) -> Any:
    return json.loads((FIXTURES / "atproto" / f"{name}.json").read_text(encoding="utf-8"))


def test_a_recorded_post_of_bluesky_is_read() -> None:
    post = recorded("thread_view_post_with_embed_media")["thread"]["post"]
    item = parse_post(post, "bluesky", NOW)
    # Nothing but a picture without a description, and a quotation.
    assert isinstance(item, Rejected) and "text" in item.reason and item.native_id == post["uri"]
    quoted = post["embed"]["record"]["record"]
    item = parse_post({**quoted, "record": quoted["value"]}, "bluesky", NOW)
    assert isinstance(item, Fetched)
    mention = item.mention
    assert (mention.text, mention.author, mention.author_name) == ("test", "test.marshal.dev", "Python SDK")
    assert mention.url == "https://bsky.app/profile/test.marshal.dev/post/3kahesw26il2z" and mention.lang == "en"
    assert mention.published_at == datetime(2023, 9, 28, 12, 46, 18, 414000, UTC)
    post["record"]["text"] = "with words"
    item = parse_post(post, "bluesky", NOW)
    assert isinstance(item, Fetched) and item.mention.extra["quote_of"] == quoted["uri"]


def test_a_recorded_record_without_its_author_is_read() -> None:
    record = recorded("post_record")
    item = parse_post({"uri": record["uri"], "record": record["value"]}, "bluesky", NOW)
    assert isinstance(item, Fetched)
    assert (item.mention.text, item.mention.author, item.mention.url) == ("new text114", None, None)


def test_a_recorded_did_document_names_the_account_s_server() -> None:
    document = recorded("did_doc")["didDoc"]
    expected = next(s["serviceEndpoint"] for s in document["service"] if s["type"] == "AtprotoPersonalDataServer")
    assert home(document, "https://bsky.social") == expected.rstrip("/")
    assert home({"service": [{"type": "AtprotoPersonalDataServer", "serviceEndpoint": "http://a.example"}]},
                "https://bsky.social") == "https://bsky.social", "never from https to http"  # fmt: skip
