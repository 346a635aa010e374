"""Who sent a webhook: the signature forms that senders use, checked in constant time. Pure; `now` is passed in.

Sources of the forms: Standard Webhooks (github.com/standard-webhooks, spec/standard-webhooks.md: HMAC-SHA256 over
`id.timestamp.body`, base64, several signatures with spaces between, secrets as `whsec_` and base64, five minutes of
tolerance); Meta ("Webhooks, Getting Started": `X-Hub-Signature-256: sha256=` and hex of HMAC-SHA256 over the body; no
time is signed); Twilio ("Security, Validating Requests": base64 of HMAC-SHA1 over the called address and the form's
fields, sorted by name, names and values joined without a separator).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import parse_qsl

Form = Literal["standard", "timestamped", "body", "twilio"]

SIGNATURE_HEADERS: dict[Form, str] = {
    "standard": "webhook-signature",
    "timestamped": "x-signature",
    "body": "x-hub-signature-256",
    "twilio": "x-twilio-signature",
}
"""The header that holds the signature where the configuration names none."""

TIMESTAMP_HEADERS: dict[Form, str] = {"standard": "webhook-timestamp", "timestamped": "x-timestamp"}
"""The header that holds the signed time, for the forms that sign one."""

MOST_SIGNATURES = 10
"""Signatures of one request that are looked at: a sender that changes its secret sends two."""


class Unsigned(Exception):
    """A request that is not proven to come from the sender; the message says why, without the signature that is due."""


@dataclass(frozen=True)
class Request:
    """What came in: header names are lower case; `url` is the address as the sender called it."""

    body: bytes
    headers: Mapping[str, str]
    url: str = ""


@dataclass(frozen=True)
class Check:
    """How requests of one sender are proven: the form, the headers, the secrets (newest first), the clock tolerance."""

    form: Form
    secrets: Sequence[str]
    tolerance: float = 300.0
    """Seconds that the signed time may lie away from now, in both directions."""
    signature_header: str = ""
    timestamp_header: str = ""


def prove(check: Check, request: Request, now: datetime) -> str | None:
    """The sender's own id of the message where the form has one (`webhook-id`). Raises Unsigned."""
    name = (check.signature_header or SIGNATURE_HEADERS[check.form]).lower()
    given = request.headers.get(name, "").strip()
    if not given:
        raise Unsigned(f"the header {name} is missing")
    if check.form == "twilio":
        fields = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
        _compare(given.split(), (_mac(s.encode(), twilio_text(request.url, fields), "sha1") for s in check.secrets))
        return None
    signed, message_id = request.body, None
    if check.form != "body":
        stamp = _stamp(check, request, now)
        signed = f"{stamp}.".encode() + request.body
    if check.form == "standard":
        message_id = request.headers.get("webhook-id", "").strip()
        if not message_id:
            raise Unsigned("the header webhook-id is missing")
        signed = f"{message_id}.".encode("utf-8", "replace") + signed
    _compare(given.split(), (_mac(_key(check.form, secret), signed, "sha256") for secret in check.secrets))
    return message_id


def twilio_text(url: str, fields: Iterable[tuple[str, str]]) -> bytes:
    """What Twilio signs: the address, then every field's name and value; a value given twice counts once."""
    return (url + "".join(name + value for name, value in sorted(set(fields)))).encode()


def standard_signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` of a body, as a sender makes it; for tests and for trying a configuration out."""
    mac = _mac(_key("standard", secret), f"{message_id}.{timestamp}.".encode() + body, "sha256")
    return "v1," + base64.b64encode(mac).decode()


def _stamp(check: Check, request: Request, now: datetime) -> str:
    """The signed time as it was written. Raises Unsigned where there is none or it is too far from now."""
    name = (check.timestamp_header or TIMESTAMP_HEADERS[check.form]).lower()
    stamp = request.headers.get(name, "").strip()
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        raise Unsigned(f"the header {name} is missing or no number of seconds since 1970")
    away = abs(now.timestamp() - int(stamp))
    if away > check.tolerance:
        raise Unsigned(
            f"the request's time in {name} is {away:.0f} seconds from ours, more than {check.tolerance:g} are not "
            "taken: sign it anew with the present time, and check both clocks"
        )
    return stamp


def _key(form: Form, secret: str) -> bytes:
    if form == "standard" and secret.startswith("whsec_"):
        encoded = secret.removeprefix("whsec_")
        try:
            return base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
        except (binascii.Error, ValueError):
            return secret.encode()
    return secret.encode()


def _mac(key: bytes, text: bytes, digest: Literal["sha1", "sha256"]) -> bytes:
    return hmac.new(key, text, getattr(hashlib, digest)).digest()


def _compare(given: Sequence[str], due: Iterable[bytes]) -> None:
    """Passes when a given signature is one that is due. Every pair is compared, so that time tells nothing."""
    candidates = [mac for text in given[:MOST_SIGNATURES] if (mac := _decoded(text)) is not None]
    found = False
    for expected in due:
        for candidate in candidates:
            found |= hmac.compare_digest(candidate, expected)
    if not found:
        raise Unsigned(
            "the signature is not right: check the secret, and that the body is signed byte for byte as sent"
        )


def _decoded(text: str) -> bytes | None:
    """The bytes of one written signature: hex or base64, after `v1,`, `v1=` or `sha256=`."""
    for mark in ("v1,", "v1=", "sha256="):
        text = text.removeprefix(mark)
    try:
        if len(text) in (40, 64):  # base64 of a SHA-1 or SHA-256 value has 28 or 44 characters
            return bytes.fromhex(text)
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
