"""An entry of Reddit as a mention: a post (t3), a comment (t1), a private message (t4)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from collectors.plain import storable
from collectors.protocol import Fetched, Rejected
from mention import MentionError, clean_text, parse_mention

SITE = "https://www.reddit.com"

_KINDS = ("t1", "t3", "t4")
_DELETED = ("[deleted]", "[removed]")
_DELETED_TITLES = ("[deleted by user]", *_DELETED)


def is_entry(child: Any) -> bool:
    """Whether a listing's element has the form of an entry."""
    return isinstance(child, dict) and isinstance(child.get("data"), dict)


def fullname(child: Any) -> str:
    """The name of an entry for ever, e.g. `t3_abc`; empty where it has none."""
    entry = child["data"]
    return str(entry.get("name") or (f"{child.get('kind')}_{entry['id']}" if entry.get("id") else ""))


def is_gone(child: Any) -> bool:
    """Whether Reddit shows only that the entry was here: deleted by its author, or removed by a moderator. An entry
    whose author closed the account keeps its text, and is not gone."""
    if not is_entry(child) or not fullname(child):
        return False
    entry = child["data"]
    if child.get("kind") == "t1":
        return entry.get("body") in _DELETED
    return child.get("kind") == "t3" and (
        entry.get("selftext") in _DELETED
        or entry.get("title") in _DELETED_TITLES
        or entry.get("removed_by_category") == "deleted"
    )


def parse_entry(child: Any, source: str, now: datetime) -> Fetched | Rejected:
    """An entry of a listing as a mention; the fullname is its id."""
    kind = child.get("kind") if isinstance(child, dict) else None
    entry = child.get("data") if isinstance(child, dict) else None
    try:
        raw = storable(child)
    except ValueError as error:
        return Rejected(f"the entry cannot be kept: {error}", clean_text(str(child)[:10_000]))
    if kind not in _KINDS or not isinstance(entry, dict):
        return Rejected(f"an entry of the unknown kind {str(kind)[:40]!r}", raw)
    name = fullname(child) or None
    if is_gone(child):
        return Rejected("the entry was deleted on Reddit before it was read", raw, name)
    first = {"t1": None, "t3": entry.get("title"), "t4": entry.get("subject")}[kind]
    parts = [first, entry.get("selftext") if kind == "t3" else entry.get("body")]
    author = entry.get("author")
    score, replies = entry.get("score"), entry.get("num_comments")
    try:
        mention, _ = parse_mention(
            {
                "source": source,
                "native_id": name,
                "text": "\n\n".join(part for part in map(str, filter(None, parts)) if part.strip()),
                "author": None if author in _DELETED else author,
                "url": _link(entry, kind),
                "published_at": entry.get("created_utc"),
                "thread_id": _thread(entry, kind, name),
                "in_reply_to": entry.get("parent_id") if kind != "t3" else None,
                # Reddit gives a balance of votes, which may be negative; likes cannot be. A comment's num_comments
                # is that of its whole thread.
                "engagement": {
                    "likes": max(score, 0) if isinstance(score, int) else 0,
                    "replies": max(replies, 0) if isinstance(replies, int) and kind == "t3" else 0,
                },
                "extra": storable(_extra(entry, kind)),
            },
            now=now,
        )
    except MentionError as error:
        return Rejected(str(error), raw, name)
    return Fetched(mention, raw)


def _extra(entry: dict[str, Any], kind: str) -> dict[str, Any]:
    extra: dict[str, Any] = {"channel": "reddit_message" if kind == "t4" else "reddit"}
    extra["subreddit"] = entry.get("subreddit")
    if kind == "t3" and not entry.get("is_self") and entry.get("url"):
        extra["link"] = entry["url"]
    if entry.get("over_18"):
        extra["over_18"] = True
    score, edited = entry.get("score"), entry.get("edited")
    if isinstance(score, int) and score < 0:
        extra["score"] = score
    # `edited` is false, or seconds since 1970; very old entries have true.
    if isinstance(edited, int | float) and not isinstance(edited, bool) and 0 < edited < 1e11:
        extra["edited_at"] = datetime.fromtimestamp(edited, UTC).isoformat()
    return extra


def _thread(entry: dict[str, Any], kind: str, name: str | None) -> Any:
    if kind == "t3":
        return name
    if kind == "t4":
        return entry.get("first_message_name") or name
    # A comment in the inbox has no link_id, but the address of its thread.
    found = re.match(r"/r/[^/]+/comments/([a-z0-9]+)/", str(entry.get("context") or ""))
    return entry.get("link_id") or (f"t3_{found[1]}" if found else None)


def _link(entry: dict[str, Any], kind: str) -> str | None:
    """The entry's address; comments before 2017 came without a permalink, which is made from their thread's."""
    if kind == "t4":
        return f"{SITE}/message/messages/{entry['id']}" if entry.get("id") else None
    if path := entry.get("permalink") or str(entry.get("context") or "").partition("?")[0]:
        return f"{SITE}{path}"
    if kind == "t1" and entry.get("link_id") and entry.get("id"):
        return f"{SITE}/comments/{str(entry['link_id']).removeprefix('t3_')}/_/{entry['id']}/"
    return None
