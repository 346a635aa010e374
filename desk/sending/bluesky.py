"""Bluesky: a post in answer to a post. Its record key is made from the reply, so sending it twice is sending it once.

Needs an app password (Settings, App Passwords), read from an environment variable. `com.atproto.repo.putRecord` with
collection app.bsky.feed.post and an rkey of our own: the same record under the same key changes nothing; its key is a
TID (13 characters, microseconds and ten bits: https://atproto.com/specs/tid) of the time at which the reply was queued
and its token. `com.atproto.repo.getRecord` says whether it is there. The answered post and the thread's root are named
by uri and cid (lexicon app.bsky.feed.post#replyRef), which `app.bsky.feed.getPosts` gives.

Signing in is limited to 100 a day (bluesky-social/bsky-docs #183): the session is kept in memory for as long as the
process lives. Names in the text stay text: nobody but the answered is notified. Links are marked as links.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from desk.sending.http import Door, looking
from desk.sending.protocol import (
    About,
    CannotTell,
    NotSent,
    Outgoing,
    Receipt,
    Refused,
    SenderSettings,
    required,
    same_words,
    secret,
)
from mention import Mention

POST = "app.bsky.feed.post"
SIGN_IN = "/xrpc/com.atproto.server.createSession"
UNKNOWN_LIFE = timedelta(hours=1)
"""How long a token is used that does not say when it ends; Bluesky's live two hours."""

_LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]]")
_DIGITS = "234567abcdefghijklmnopqrstuvwxyz"
_ADVICE = {
    400: "Bluesky refused the post (mostly its length, 300 characters): change the text, then send again.",
    401: "Check the handle and the app password that the environment holds for this sender, then send again.",
}


class BlueskySenderSettings(SenderSettings):
    """Which account answers on Bluesky."""

    handle: str = Field(min_length=3, max_length=253, description="the account that answers, such as brand.bsky.social")
    url: str = Field("https://bsky.social", description="the server it signs in to")
    password_env: str = Field("NOBET_BLUESKY_PASSWORD", description="environment variable with the app password")

    @field_validator("url")
    @classmethod
    def _is_a_server(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ValueError("is not the http or https address of a server")
        return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True)
class _Session:
    did: str
    server: str
    token: str
    until: datetime


_sessions: dict[str, _Session] = {}
"""Sessions of this process by service, account and password."""


def record_key(outgoing: Outgoing) -> str:
    """The TID of a reply: 53 bits of microseconds since 1970, 10 bits of its token, in base32-sortable."""
    micros = int(outgoing.queued_at.timestamp() * 1_000_000)
    number = (micros << 10) | (int(outgoing.token[:4], 16) & 0x3FF)
    return "".join(_DIGITS[number >> shift & 31] for shift in range(60, -1, -5))


def links(text: str) -> list[dict[str, Any]]:
    """The links of a text as facets; their places are counted in bytes of UTF-8 (lexicon app.bsky.richtext.facet)."""
    return [
        {
            "index": {
                "byteStart": len(text[: found.start()].encode()),
                "byteEnd": len(text[: found.end()].encode()),
            },
            "features": [{"$type": "app.bsky.richtext.facet#link", "uri": found.group()}],
        }
        for found in _LINK.finditer(text)
    ]


class BlueskySender:
    """Answers on Bluesky, in public; its chat is not sent to."""

    kind: ClassVar[str] = "bluesky"
    Settings: ClassVar[type[SenderSettings]] = BlueskySenderSettings
    about: ClassVar[About] = About("Bluesky", ("bluesky",))

    def __init__(self, settings: BlueskySenderSettings) -> None:
        self.settings: BlueskySenderSettings = settings

    def address(self, mention: Mention, private: bool) -> dict[str, Any]:
        """The post that is answered."""
        if private:
            raise Refused("Messages of Bluesky's chat are not sent from here; write there by hand.")
        return {"in_reply_to": mention.native_id}

    def send(self, outgoing: Outgoing, now: datetime) -> Receipt:
        """See the protocol."""
        door, session = self._signed_in(now)
        answered = required(self.settings, outgoing.address, "in_reply_to", "the post that is answered")
        listed = self._ask(door, "GET", session, "app.bsky.feed.getPosts", params={"uris": answered}).get("posts")
        post = listed[0] if isinstance(listed, list) and listed and isinstance(listed[0], dict) else {}
        if not post.get("cid"):
            raise Refused(door.sentence("the answered post is gone", "Answer another way; nothing was sent."))
        parent = {"uri": answered, "cid": post["cid"]}
        thread = (post.get("record") or {}).get("reply") or {}
        made = outgoing.queued_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        record: dict[str, Any] = {
            "$type": POST, "text": outgoing.text, "createdAt": made,
            "reply": {"root": thread.get("root") or parent, "parent": parent},
        }  # fmt: skip
        if facets := links(outgoing.text):
            record["facets"] = facets
        body = {"repo": session.did, "collection": POST, "rkey": record_key(outgoing), "record": record}
        answer = self._ask(door, "POST", session, "com.atproto.repo.putRecord", json=body)
        if not answer.get("uri"):
            raise door.nonsense("Bluesky took the post and named no uri")
        return self._receipt(str(answer["uri"]))

    def find(self, outgoing: Outgoing, now: datetime) -> Receipt | None:
        """See the protocol."""
        with looking(self.settings.sender):
            door, session = self._signed_in(now)
            wanted = {"repo": session.did, "collection": POST, "rkey": record_key(outgoing)}
            try:
                found = self._ask(door, "GET", session, "com.atproto.repo.getRecord", params=wanted)
            except Refused as refused:
                if "RecordNotFound" in str(refused) or "not locate record" in str(refused):
                    return None
                raise
            if not same_words(str((found.get("value") or {}).get("text")), outgoing.text):
                raise CannotTell(door.sentence("another post stands in its place", "Look on Bluesky yourself."))
            return self._receipt(str(found.get("uri")))

    def _receipt(self, uri: str) -> Receipt:
        return Receipt(uri, f"https://bsky.app/profile/{self.settings.handle}/post/{uri.rsplit('/', 1)[-1]}")

    def _ask(self, door: Door, method: str, session: _Session, name: str, **options: Any) -> dict[str, Any]:
        try:
            return door.ask(method, f"{session.server}/xrpc/{name}", **options)
        except Refused as refused:
            # An expired token is status 400 and the name of the error (https://atproto.com/specs/xrpc).
            if refused.status == 401 or "xpired" in str(refused):
                _sessions.pop(self._key(), None)
                what = "Bluesky no longer takes the session"
                raise NotSent(door.sentence(what, "It is signed in to anew and tried again.")) from None
            raise

    def _signed_in(self, now: datetime) -> tuple[Door, _Session]:
        settings = self.settings
        password = secret(settings, settings.password_env, "the app password of the account that answers")
        door = Door(
            settings.sender, now, timeout=settings.timeout, base_url=settings.base_url, advice=_ADVICE,
            secrets=[password], reads=[SIGN_IN],
        )  # fmt: skip
        kept = _sessions.get(self._key())
        if kept is None or kept.until < now + timedelta(minutes=1):
            account = {"identifier": settings.handle, "password": password}
            answer = door.ask("POST", settings.url + SIGN_IN, json=account)
            token, did = answer.get("accessJwt"), answer.get("did")
            if not isinstance(token, str) or not isinstance(did, str) or not token:
                raise NotSent(door.sentence("the answer to signing in holds no session", "It is tried again later."))
            kept = _Session(did, _home(answer.get("didDoc"), settings.url), token, _ends(token) or now + UNKNOWN_LIFE)
            _sessions[self._key()] = kept
        door.bearer(kept.token)
        return door, kept

    def _key(self) -> str:
        settings = self.settings
        password = secret(settings, settings.password_env, "the app password of the account that answers")
        whole = f"{settings.base_url} {settings.url} {settings.handle} {password}"
        return hashlib.sha256(whole.encode()).hexdigest()


def _ends(token: str) -> datetime | None:
    """When a token ends, by its own word (the `exp` of a JWT, RFC 7519)."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return datetime.fromtimestamp(float(claims["exp"]), UTC)
    except (ValueError, IndexError, KeyError, TypeError, OverflowError, OSError):
        return None


def _home(document: Any, url: str) -> str:
    """The server that holds the account, from its DID document; one asked over https is not left for one without."""
    services = document.get("service") if isinstance(document, dict) else None
    for service in services if isinstance(services, list) else ():
        place = str(service.get("serviceEndpoint") or "") if isinstance(service, dict) else ""
        if place.startswith("https://") or (place.startswith("http://") and url.startswith("http:")):
            return place.rstrip("/")
    return url
