"""A post of X as a mention, and the time that is written into its id."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from collectors.plain import storable
from collectors.protocol import Fetched, Rejected
from mention import MentionError, clean_text, parse_mention, parse_time

SNOWFLAKE_EPOCH_MS = 1288834974657
"""Milliseconds since 1970 of id 0: an id's upper bits count milliseconds from here (Twitter's Snowflake, 2010)."""

_UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

FIRST_SNOWFLAKE = 29_700_859_247
"""Ids below are older than Snowflake and hold no time (https://ws-dl.blogspot.com, TweetedAt, 2019-08-03)."""


def time_of(post_id: int) -> datetime:
    """When a post was made, from its id: (id >> 22) + 1288834974657 ms since 1970, aware UTC.

    Raises ValueError for an id from before Snowflake, which holds no time.
    """
    if post_id < FIRST_SNOWFLAKE:
        raise ValueError(f"the id {post_id} is older than X's timed ids and holds no time")
    return _UNIX_EPOCH + timedelta(milliseconds=(post_id >> 22) + SNOWFLAKE_EPOCH_MS)


def id_at(when: datetime) -> int:
    """The smallest id that a post made at `when` can have; 0 before Snowflake."""
    return max(0, (when - _UNIX_EPOCH) // timedelta(milliseconds=1) - SNOWFLAKE_EPOCH_MS) << 22


def parse_post(post: Any, users: dict[str, dict[str, Any]], source: str, now: datetime) -> Fetched | Rejected:
    """A post of an answer as a mention; without fields (older recordings) its time comes from its id.

    An edited post is a new post on X. The mention keeps the id and the time of the first version (the customer spoke
    then), and has the text of this one: `extra` names this version's id and when it was made.
    """
    user = users.get(str(post.get("author_id")), {}) if isinstance(post, dict) else {}
    try:
        post, user = storable(post), storable(user)
    except ValueError as error:
        return Rejected(f"the post cannot be kept: {error}", clean_text(str(post)[:10_000]))
    number = str(post.get("id") or "") if isinstance(post, dict) else ""
    if not _is_id(number):
        return Rejected("a post without a numeric id", post)
    raw = {"post": post, "user": user or None}
    first = _first_version(post.get("edit_history_tweet_ids"), number)
    try:
        made = post.get("created_at") or time_of(int(number))
        published, edited = (made, None) if first == number else (time_of(int(first)), parse_time(made)[0].isoformat())
    except (ValueError, MentionError) as error:
        return Rejected(str(error), raw, first)
    handle = user.get("username")
    note_tweet, metrics, followed = (
        value if isinstance(value, dict) else {}
        for value in (post.get("note_tweet"), post.get("public_metrics"), user.get("public_metrics"))
    )
    others = post.get("referenced_tweets")
    others = [other for other in others if isinstance(other, dict)] if isinstance(others, list) else []
    related = {str(other.get("type")): other.get("id") for other in others}
    extra: dict[str, Any] = {
        "channel": "x",
        "author_id": post.get("author_id"),
        "verified": user.get("verified"),
        "quote_of": related.get("quoted"),
        "repost_of": related.get("retweeted"),
        "edited_at": edited,
        "version_id": number if edited else None,
    }
    try:
        mention, _ = parse_mention(
            {
                "source": source,
                "native_id": first,
                "text": _unescape(str(note_tweet.get("text") or post.get("text") or "")),
                "author": handle,
                "author_name": user.get("name"),
                "followers": _count(followed, "followers_count") if followed else None,
                "url": f"https://x.com/{handle}/status/{number}" if handle else f"https://x.com/i/web/status/{number}",
                "published_at": published,
                "lang": None if post.get("lang") in ("und", "zxx", "qme", "qst", "art") else post.get("lang"),
                "thread_id": post.get("conversation_id"),
                "in_reply_to": related.get("replied_to"),
                "engagement": {
                    "likes": _count(metrics, "like_count"),
                    "shares": _count(metrics, "retweet_count") + _count(metrics, "quote_count"),
                    "replies": _count(metrics, "reply_count"),
                    "views": _count(metrics, "impression_count"),
                },
                "extra": {key: value for key, value in extra.items() if value is not None},
            },
            now=now,
        )
    except MentionError as error:
        return Rejected(str(error), raw, first)
    return Fetched(mention, raw)


def _is_id(value: str) -> bool:
    return value.isascii() and value.isdecimal() and len(value) <= 19


def _first_version(history: Any, number: str) -> str:
    """The id of a post's first version; `number` itself where the history is missing or makes no sense."""
    first = str(history[0]) if isinstance(history, list) and history else number
    return first if _is_id(first) and FIRST_SNOWFLAKE <= int(first) < int(number) else number


def _unescape(text: str) -> str:
    """X escapes exactly these three characters in a post's text."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _count(metrics: dict[str, Any], name: str) -> int:
    value = metrics.get(name)
    return value if isinstance(value, int) and value > 0 else 0
