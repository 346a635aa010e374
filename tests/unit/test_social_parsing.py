"""Posts of Mastodon, Bluesky, YouTube with anything in any field: a mention or a rejection with a reason, no error."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from collectors.bluesky import parse_post, posted_at
from collectors.bluesky_session import ends, home
from collectors.mastodon import MastodonSettings, parse_status
from collectors.protocol import Fetched, Rejected
from collectors.timeline import searches
from collectors.youtube import parse_comment, said

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
ODD: list[Any] = [
    None, True, 0, -1, 10**30, 1.5, float("nan"), "", "  ", "x", "\x00\ud800", [], [None], [[]], [{}], {}, {"x": []},
    {"uri": 7}, "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+14:00", "http://[", "<p>" * 500,
]  # fmt: skip

STATUS = {
    "id": "1", "created_at": "2026-11-20T09:00:00.000Z", "content": "<p>Kargom <b>nerede</b>?</p>", "spoiler_text": "",
    "visibility": "public", "language": "tr", "uri": "https://a.example/1", "url": "https://a.example/@ayse/1",
    "in_reply_to_id": "7", "favourites_count": 1, "reblogs_count": 2, "quotes_count": 3, "replies_count": 4,
    "edited_at": "2026-11-20T10:00:00.000Z", "media_attachments": [{"description": "kırık kutu"}],
    "account": {"id": "5", "acct": "ayse", "display_name": "Ayşe", "followers_count": 9, "bot": True},
    "quote": {"quoted_status": {"id": "3"}}, "reblog": {"id": "4"},
}  # fmt: skip
POST = {
    "uri": "at://did:plc:a/app.bsky.feed.post/3k", "indexedAt": "2026-11-20T09:00:01.000Z", "reason": "mention",
    "author": {"did": "did:plc:a", "handle": "ayse.bsky.social", "displayName": "Ayşe"},
    "record": {
        "text": "Kargom nerede?", "createdAt": "2026-11-20T09:00:00.000Z", "langs": ["tr"],
        "reply": {"root": {"uri": "at://r"}, "parent": {"uri": "at://p"}},
        "embed": {"media": {"images": [{"alt": "kırık kutu"}]}, "record": {"record": {"uri": "at://q"}},
                  "external": {"uri": "https://a.example"}},
    },
    "likeCount": 1, "repostCount": 2, "quoteCount": 3, "replyCount": 4,
}  # fmt: skip
COMMENT = {
    "id": "t1.1",
    "snippet": {
        "textDisplay": "Kargom nerede?", "textOriginal": None, "authorDisplayName": "@ayse", "videoId": "v" * 11,
        "authorChannelId": {"value": "UC1"}, "publishedAt": "2026-11-20T09:00:00Z", "updatedAt": "2026-11-20T09:00:00Z",
        "parentId": "t1", "likeCount": 2,
    },
}  # fmt: skip
THREAD = {"videoId": "v" * 11, "totalReplyCount": 3, "topLevelComment": {"id": "t1"}}

PARSERS: dict[str, tuple[Any, Callable[[Any], Any]]] = {
    "mastodon": (STATUS, lambda value: parse_status(value, "s", "a.example", NOW)),
    "bluesky": (POST, lambda value: parse_post(value, "s", NOW)),
    "youtube": (COMMENT, lambda value: parse_comment(value, THREAD, "s", NOW)),
}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value inside, the whole first."""
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from places(child, (*path, key))


def replaced(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    if not path:
        return other
    value = copy.deepcopy(value)
    inside = value
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = other
    return value


@pytest.mark.parametrize("kind", PARSERS)
def test_anything_in_any_field_is_a_mention_or_a_rejection(kind: str) -> None:
    good, parse = PARSERS[kind]
    assert isinstance(parse(good), Fetched)
    for path in places(good):
        for odd in ODD:
            found = parse(replaced(good, path, odd))
            assert isinstance(found, Fetched | Rejected), (path, odd)
            json.dumps(found.raw, allow_nan=False)
            if isinstance(found, Rejected):
                assert found.reason


def test_a_post_nested_without_end_is_set_aside() -> None:
    deep: Any = {}
    for _ in range(200):
        deep = {"x": deep}
    for good, parse in PARSERS.values():
        found = parse({**good, "deep": deep})
        assert isinstance(found, Rejected) and "nested" in found.reason


def test_odd_times_tokens_and_documents() -> None:
    for odd in ODD:
        posted_at({"record": {"createdAt": odd}, "indexedAt": odd})
        assert home(odd, "https://bsky.social") == "https://bsky.social"
        assert home({"service": odd}, "https://bsky.social") == "https://bsky.social"
        document = {"service": [{"type": "AtprotoPersonalDataServer", "serviceEndpoint": odd}]}
        assert home(document, "https://bsky.social") == "https://bsky.social"
        said(json.dumps({"error": odd}).encode())
        said(json.dumps({"error": {"errors": odd, "message": odd, "details": [odd]}}).encode())
    for token in ("", "a", "a.b", "a.!!!.c", "a.e30.c", "a.bnVsbA.c", "a.eyJleHAiOiAieCJ9.c", "a.eyJleHAiOiAxZTk5fQ.c"):
        assert ends(token) is None


def test_searches_are_one_or_several() -> None:
    assert searches(" a ") == ["a"] and searches("") == [] and searches(["a", " ", "b", "a "]) == ["a", "b"]
    settings = {"kind": "mastodon", "url": "https://a.example"}
    assert MastodonSettings.model_validate({**settings, "native_query": "çınar"}).native_query == ("çınar",)
    for wrong in (7, [7], ["x"] * 3 + [None], [str(n) for n in range(11)], {"a": 1}, "x" * 501):
        with pytest.raises(ValueError):
            MastodonSettings.model_validate({**settings, "native_query": wrong})
