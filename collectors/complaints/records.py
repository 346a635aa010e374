"""A complaint, whichever way it came, as mentions: the complaint itself and the customer's later replies."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from collectors.complaints.portal import Card, Detail
from collectors.plain import storable
from collectors.protocol import Fetched, Rejected
from collectors.spiders.posted import posted_at
from mention import MentionError, parse_mention

CHANNEL = "sikayetvar"


def whole(title: str, text: str) -> str:
    """A complaint's words: its title is where the customer says what it is about."""
    if not title or text.startswith(title):
        return text
    return f"{title}\n\n{text}".strip()


def fetched(
    record: Mapping[str, Any], raw: Any, now: datetime, source: str, native_id: str | None = None
) -> Fetched | Rejected:
    """A mention from its fields; a Rejected with the reason where they make none."""
    raw = storable(raw)
    try:
        found, _ = parse_mention({"source": source, "native_id": native_id, **record}, now=now)
    except MentionError as error:
        return Rejected(str(error), raw, native_id)
    return Fetched(found, raw)


def mentions(record: Mapping[str, Any], now: datetime, source: str) -> tuple[Fetched | Rejected, ...]:
    """The mentions of one complaint's `record` (see `portal.read_detail`).

    The brand's answers are no mentions: they are in the complaint's `extra["answers"]`, and whether the customer
    called it solved in `extra["solved"]`.
    """
    path = str(record["path"])
    extra = {
        "channel": CHANNEL,
        "title": record["title"],
        "brand": path.split("/")[0],
        "solved": bool(record["solved"]),
        "answers": record["answers"],
    }
    views, likes = int(record.get("views") or 0), int(record.get("likes") or 0)
    answers, replies = record["answers"], record["replies"]
    fields = {
        "text": whole(str(record["title"]), str(record["text"])),
        "author": record["author"],
        "author_name": record["name"],
        "url": record["url"],
        "published_at": record.get("published_at"),
        "thread_id": path,
        "engagement": {"likes": likes, "views": views, "replies": len(answers) + len(replies)},
        "rating": record["rating"],
        "extra": {key: value for key, value in extra.items() if value not in ("", None)},
    }
    raw = {key: value for key, value in record.items() if key != "replies"}
    found = [fetched(fields, raw, now, source, path)]
    for reply in replies:
        undated = {} if reply["published_at"] else {"undated": True}
        fields = {
            "text": reply["text"],
            "author": reply["author"] or record["author"],
            "author_name": reply["name"] or record["name"],
            "url": record["url"],
            # A reply whose date cannot be read is not lost: it is dated when it was first seen.
            "published_at": reply["published_at"] or now.isoformat(),
            "thread_id": path,
            "in_reply_to": path,
            "extra": {"channel": CHANNEL, "title": record["title"], "brand": extra["brand"], **undated},
        }
        found.append(fetched(fields, reply, now, source, str(reply["id"])))
    return tuple(found)


def unreadable(detail: Detail) -> Rejected:
    """A complaint's page that lacks a required field, for the quarantine."""
    raw = storable({**detail.record, "page": detail.page})
    return Rejected(detail.reason, raw, detail.record.get("path"))


def from_card(card: Card, now: datetime, source: str, zone: Any) -> Fetched | Rejected:
    """A mention from a list's card alone, where the complaint's own page is not at hand: `extra["excerpt"]` says that
    the text is only its beginning."""
    raw = {key: getattr(card, key) for key in ("path", "url", "title", "text", "author", "shown", "solved")}
    extra: dict[str, Any] = {
        "channel": CHANNEL, "title": card.title, "brand": card.path.split("/")[0], "solved": card.solved,
        "excerpt": True,
    }  # fmt: skip
    try:
        when = posted_at(card.shown, now, zone).isoformat() if card.shown else None
    except MentionError:
        when = None
    if when is None:
        when, extra["undated"] = now.isoformat(), True
    fields = {
        "text": whole(card.title, card.text), "author_name": card.author, "url": card.url, "published_at": when,
        "thread_id": card.path, "extra": extra,
    }  # fmt: skip
    return fetched(fields, raw, now, source, card.path)
