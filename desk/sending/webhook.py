"""A webhook out: the reply as signed JSON to a system of your own (a call centre, a chat, a portal with its own robot).

`POST url` with the headers `Idempotency-Key` and `webhook-id` (the same 64 hex digits for one reply, however often it
is sent), `webhook-timestamp` and `webhook-signature` (Standard Webhooks: github.com/standard-webhooks, HMAC-SHA256 over
`id.timestamp.body`, base64 after `v1,`). Any 2xx is taken for 'received'; a JSON answer may name `id` and `url`.

It is looked for with `GET status_url` ({key} is replaced): 200 is there, 404 is not. Without status_url nobody can be
asked; say `takes_once: true` where the receiver takes one Idempotency-Key once, then it is simply sent again.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from desk.sending.http import Door, looking
from desk.sending.protocol import About, CannotTell, Outgoing, Receipt, Refused, SenderSettings, secret
from mention import Mention

_ADVICE = {401: "The receiver refused the signature: check the secret on both sides, then send again."}


class WebhookSenderSettings(SenderSettings):
    """Where replies are handed to."""

    url: str = Field(description="address that takes the reply")
    status_url: str = Field("", description="address that says whether a reply came: {key} stands for its key")
    takes_once: bool = Field(False, description="true where the receiver takes one Idempotency-Key once")
    channels: tuple[str, ...] = Field(min_length=1, max_length=50, description="channels of mentions that it answers")
    secret_env: str = Field("NOBET_WEBHOOK_OUT_SECRET", description="environment variable with the signing secret")

    @field_validator("url", "status_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.netloc):
            raise ValueError("is not an http or https address")
        return value

    @field_validator("status_url")
    @classmethod
    def _names_the_key(cls, value: str) -> str:
        if value and "{key}" not in value:
            raise ValueError("must hold {key}, which stands for the reply's key")
        return value


def signature(key: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` of a body by a secret (`whsec_` and base64, or any text)."""
    word = key.encode()
    if key.startswith("whsec_"):
        encoded = key.removeprefix("whsec_")
        with contextlib.suppress(binascii.Error, ValueError):
            word = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    mac = hmac.new(word, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(mac).decode()


class WebhookSender:
    """Hands replies to another system."""

    kind: ClassVar[str] = "webhook"
    Settings: ClassVar[type[SenderSettings]] = WebhookSenderSettings
    about: ClassVar[About] = About("Webhook", (), private=True)

    def __init__(self, settings: WebhookSenderSettings) -> None:
        self.settings: WebhookSenderSettings = settings

    def address(self, mention: Mention, private: bool) -> dict[str, Any]:
        """Everything that names the mention, for the receiver to choose from."""
        return {
            "source": mention.source, "channel": mention.channel, "in_reply_to": mention.native_id,
            "thread": mention.thread_id, "recipient": mention.author, "url": mention.url,
        }  # fmt: skip

    def send(self, outgoing: Outgoing, now: datetime) -> Receipt:
        """See the protocol."""
        door, key = self._door(now)
        told = {
            "type": "reply", "key": outgoing.token, "brand": outgoing.brand, "text": outgoing.text,
            "private": outgoing.private, "queued_at": outgoing.queued_at.astimezone(UTC).isoformat(),
            "to": dict(outgoing.address),
        }  # fmt: skip
        body = json.dumps(told, ensure_ascii=False).encode()
        stamp = int(door.at().timestamp())
        response = door.session.request(
            "POST", self.settings.url, data=body, allow_redirects=False,
            headers={
                "Content-Type": "application/json", "Idempotency-Key": outgoing.token, "webhook-id": outgoing.token,
                "webhook-timestamp": str(stamp), "webhook-signature": signature(key, outgoing.token, stamp, body),
            },
        )  # fmt: skip
        return _receipt(response.content, outgoing)

    def find(self, outgoing: Outgoing, now: datetime) -> Receipt | None:
        """See the protocol."""
        if not self.settings.status_url:
            if self.settings.takes_once:
                return None
            raise CannotTell(
                f'Sender "{self.settings.sender}": the receiver cannot be asked whether it came (no status_url). '
                "Look there; then say that it is there, or send it again."
            )
        with looking(self.settings.sender):
            door, key = self._door(now)
            stamp = int(door.at().timestamp())
            headers = {
                "webhook-id": outgoing.token, "webhook-timestamp": str(stamp),
                "webhook-signature": signature(key, outgoing.token, stamp, b""),
            }  # fmt: skip
            url = self.settings.status_url.replace("{key}", outgoing.token)
            try:
                response = door.session.request("GET", url, headers=headers, allow_redirects=False)
            except Refused as refused:
                if refused.status == 404:
                    return None
                raise
        return _receipt(response.content, outgoing)

    def _door(self, now: datetime) -> tuple[Door, str]:
        settings = self.settings
        key = secret(settings, settings.secret_env, "the secret that signs what is sent")
        door = Door(
            settings.sender, now, timeout=settings.timeout, base_url=settings.base_url, advice=_ADVICE, secrets=[key]
        )
        return door, key


def _receipt(content: bytes, outgoing: Outgoing) -> Receipt:
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        answer = None
    answer = answer if isinstance(answer, dict) else {}
    url = str(answer.get("url") or "")
    return Receipt(str(answer.get("id") or outgoing.token), url if url.startswith(("https://", "http://")) else None)
