"""The messages in a webhook of the WhatsApp Cloud API; see `collectors.webhook`, which calls this.

Read from Meta's reference ("WhatsApp Business Platform, Webhooks, messages"): `entry[].changes[]`, where the field
`messages` holds `value.contacts[]` (names by `wa_id`) and `value.messages[]`, several of each; `statuses` (sent, read)
come through the same door and are no messages. A message has `from`, `id`, `timestamp` (text, seconds since 1970),
`type`, and under the name of its type what was sent. What has no words (a voice message, a photo without a caption) is
kept with a mark such as `[audio]`: somebody must look at it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

SILENT = frozenset({"reaction", "system", "request_welcome"})
"""Types that ask for no answer: an emoji on our own message, a changed number, a chat that was opened."""


def messages(payload: Any) -> Iterator[tuple[dict[str, Any] | None, Any]]:
    """Every message as (a mention's record without its source, what it was read from), in order.

    None for what is no message of a customer: statuses, reactions, other fields. Raises ValueError for a payload that
    is not of this form at all.
    """
    if not isinstance(payload, dict) or not isinstance(payload.get("entry"), list):
        raise ValueError("the body is no webhook of the WhatsApp Cloud API: it has no list 'entry'")
    for entry in payload["entry"]:
        for change in _list(entry, "changes"):
            value = change.get("value") if isinstance(change, dict) else None
            if not isinstance(value, dict):
                yield None, change
                continue
            names = {str(c.get("wa_id")): c for c in _list(value, "contacts") if isinstance(c, dict)}
            number = _dict(value, "metadata").get("display_phone_number")
            for message in _list(value, "messages"):
                if isinstance(message, dict) and message.get("type") in SILENT:
                    yield None, message
                elif isinstance(message, dict):
                    yield _record(message, names, number), message
                else:
                    yield {}, message
            for status in _list(value, "statuses"):
                yield None, status


def _record(message: dict[str, Any], contacts: dict[str, Any], number: Any) -> dict[str, Any]:
    # Since usernames came to WhatsApp a message may name its writer by `from_user_id` alone.
    author = message.get("from") or message.get("from_user_id")
    contact = contacts.get(str(author)) or (next(iter(contacts.values())) if len(contacts) == 1 else {})
    kind = str(message.get("type") or "unknown")
    extra: dict[str, Any] = {"type": kind}
    if number:
        extra["to"] = str(number)
    if media := _dict(message, kind).get("id"):
        extra["media_id"] = str(media)
    if message.get("errors"):
        extra["errors"] = message["errors"]
    return {
        "native_id": message.get("id"),
        "text": _text(message, kind),
        "author": author,
        "author_name": _dict(contact, "profile").get("name"),
        "published_at": message.get("timestamp"),
        "thread_id": author,
        "in_reply_to": _dict(message, "context").get("id"),
        "extra": extra,
    }


def _text(message: dict[str, Any], kind: str) -> str:
    body = _dict(message, kind)
    if kind == "text":
        return str(body.get("body") or "")
    if kind == "button":
        return str(body.get("text") or "") or "[button]"
    if kind == "interactive":
        chosen = _dict(body, str(body.get("type")))
        return "\n".join(str(chosen[name]) for name in ("title", "description", "body") if chosen.get(name)) or (
            "[interactive]"
        )
    if kind == "location":
        parts = [str(body[name]) for name in ("name", "address") if body.get(name)]
        return "\n".join([f"[location] {body.get('latitude')}, {body.get('longitude')}", *parts])
    if kind == "order":
        return str(body.get("text") or "") or "[order]"
    words = [str(body[name]) for name in ("filename", "caption") if body.get(name)]
    return "\n".join([f"[{kind[:40]}]", *words]) if kind != "image" or not body.get("caption") else str(body["caption"])


def _list(value: Any, name: str) -> list[Any]:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


def _dict(value: Any, name: str) -> dict[str, Any]:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}
