"""Webhooks: systems that send us their messages as they happen (SMS, WhatsApp, chat, call centre, web form, shop).

Manual: `nobet intake` listens, and every configured webhook has its own address, `/in/PATH`. A sender proves itself by
a signature (`signed`, see collectors.signatures) with a secret from the environment. `fields` says where in the
sender's JSON a mention's fields are, by dotted paths (`text: message.body`); without it the body is a mention in
Nöbet's own words. Nothing is fetched: the worker leaves this kind alone (`push`). This file speaks no HTTP.
"""

from __future__ import annotations

import codecs
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from collectors import whatsapp
from collectors.dates import parse_date
from collectors.lines import MAX_RAW
from collectors.plain import plain_text, storable
from collectors.protocol import About, Batch, Cursor, Fetched, Refused, Rejected, Says, SourceSettings
from collectors.signatures import Check, Form
from mention import Mention, MentionError, clean_text, parse_mention

LEAST_SECRET = 16
"""Characters of a secret: half of what Twilio and Meta give out; a shorter one can be guessed."""

MOST_ITEMS = 1000
"""Mentions of one request; Meta sends at most 1,000 updates at once, and a longer list belongs into a file."""

TWILIO_FIELDS = {
    "native_id": "MessageSid|SmsSid", "text": "Body", "author": "From", "author_name": "ProfileName",
    "thread_id": "From", "extra.to": "To", "extra.media": "MediaUrl0",
}  # fmt: skip
"""Where a message that Twilio hands over has its fields (Twilio, "Request to your Webhook URL")."""

_FIELDS = frozenset(Mention.model_fields) - {"source", "extra"}
_PATH = re.compile(r"[a-z0-9][a-z0-9_-]{0,60}")


class WebhookSettings(SourceSettings):
    """Who sends, how the sender proves itself, and where in what it sends the mention is."""

    path: str = Field("", description="last part of the address, /in/PATH; made from the name when left out")
    channel: str = Field("web_form", min_length=1, max_length=50, description="platform: sms, whatsapp, chat, web_form")
    signed: Form = Field("standard", description="form of the signature: standard, timestamped, body or twilio")
    secret_env: str = Field(
        "NOBET_WEBHOOK_SECRET", description="environment variable with the secret; several with spaces, newest first"
    )
    signature_header: str = Field("", max_length=100, description="header of the signature, if not the form's own")
    timestamp_header: str = Field("", max_length=100, description="header of the signed time, if not the form's own")
    tolerance: float = Field(300.0, ge=1, le=86400, description="seconds the signed time may be away from ours")
    payload: Literal["json", "form", "whatsapp"] | None = Field(
        None, description="what the body is: json, form (urlencoded) or whatsapp; form for twilio, else json"
    )
    items: str = Field(
        "", max_length=200, description="dotted path to the list of mentions, where a body holds several"
    )
    fields: dict[str, str] = Field(
        default_factory=dict,
        max_length=50,
        description="a mention's field: dotted path(s) in the body, | between several",
    )
    html: bool = Field(False, description="true where the sender's text is HTML; it becomes plain text")
    undated: bool = Field(False, description="true takes the time of receipt where the sender gives no time")
    timezone: str | None = Field(None, description="IANA zone of times without an offset; the desk's when left out")
    verify_token_env: str = Field(
        "NOBET_WEBHOOK_VERIFY_TOKEN", description="environment variable with the token of Meta's GET handshake"
    )
    public_url: str = Field("", max_length=500, description="scheme and host the sender calls; needed for twilio")
    max_bytes: int = Field(
        1_000_000, ge=1000, le=20_000_000, description="bytes of one request; a larger one is refused"
    )
    per_minute: int = Field(
        600, ge=1, description="signed requests a minute taken; beyond it the sender is told to wait"
    )

    @field_validator("path")
    @classmethod
    def _is_path(cls, value: str) -> str:
        if value and not _PATH.fullmatch(value):
            raise ValueError("may hold small letters a-z, digits, - and _ only")
        return value

    @field_validator("fields")
    @classmethod
    def _name_fields(cls, value: dict[str, str]) -> dict[str, str]:
        for name, where in value.items():
            if name not in _FIELDS and not re.fullmatch(r"extra\.[A-Za-z0-9_]{1,50}", name):
                raise ValueError(
                    f"{name!r} is no field of a mention; fields are {', '.join(sorted(_FIELDS))}, extra.NAME"
                )
            if not where.strip() or len(where) > 500:
                raise ValueError(f"{name!r} needs a dotted path such as message.body")
        return value

    @field_validator("timezone")
    @classmethod
    def _is_zone(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                ZoneInfo(value)
            except (KeyError, ValueError, OSError):
                raise ValueError("is not an IANA time zone such as Europe/Istanbul") from None
        return value

    @field_validator("public_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        if value and (urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).netloc):
            raise ValueError("is not an address such as https://nobet.example.com")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _fits(self) -> WebhookSettings:
        if self.signed == "twilio" and not self.public_url:
            raise ValueError("'signed: twilio' needs 'public_url': Twilio signs the address it calls")
        if self.signed == "twilio" and self.reads != "form":
            raise ValueError("'signed: twilio' sends a form; leave 'payload' out")
        if self.reads == "whatsapp" and (self.fields or self.items):
            raise ValueError("'payload: whatsapp' knows where everything is; leave 'fields' and 'items' out")
        if not self.address:
            raise ValueError("'path' is missing, and the name gives none: small letters a-z, digits, - and _")
        return self

    @property
    def address(self) -> str:
        """The last part of this webhook's address."""
        return self.path or re.sub(r"[^a-z0-9_-]+", "-", self.source.lower()).strip("-_")[:60]

    @property
    def reads(self) -> Literal["json", "form", "whatsapp"]:
        """What the body is read as."""
        return self.payload or ("form" if self.signed == "twilio" else "json")


class WebhookCollector:
    """A source that sends by itself; `fetch` has nothing to do."""

    kind: ClassVar[str] = "webhook"
    Settings: ClassVar[type[SourceSettings]] = WebhookSettings
    push: ClassVar[bool] = True
    about: ClassVar[About] = About(
        title="Webhook",
        reads=Says(
            en="what another system sends: SMS, WhatsApp, chat, call centre, web form, in-store systems",
            tr="başka bir sistemin gönderdiklerini: SMS, WhatsApp, canlı sohbet, çağrı merkezi, web formu, mağaza",
        ),
        needs=Says(
            en="`nobet intake` running where the sender reaches it, and a secret that both sides know",
            tr="gönderenin erişebildiği bir yerde çalışan `nobet intake` ve iki tarafın da bildiği bir gizli anahtar",
        ),
        costs=Says(
            en="nothing here; the sender may bill its messages", tr="burada ücretsiz; gönderen taraf ücret alabilir"
        ),
        proves=Says(
            en="that the intake was up; not that the sender sent everything",
            tr="alım hizmetinin ayakta olduğunu; gönderenin her şeyi gönderdiğini değil",
        ),
        tested="documents",
        asks=("channel", "signed"),
        own=True,
        settles=0.0,
    )

    def __init__(self, settings: WebhookSettings) -> None:
        self.settings = settings

    def fetch(self, cursor: Cursor | None, now: datetime) -> Iterator[Batch]:
        """Nothing: the sender comes to us."""
        return iter(())

    def secrets(self) -> tuple[str, ...]:
        """The secrets in the environment. Raises Refused where there is none or one is too short."""
        name = self.settings.secret_env
        found = tuple(os.environ.get(name, "").replace(",", " ").split())
        if not found:
            raise Refused(
                f'Source "{self.settings.source}": the environment variable {name} is empty. Nothing is taken in '
                "without a secret. Put the sender's secret there and start again."
            )
        if any(len(secret) < LEAST_SECRET for secret in found):
            raise Refused(
                f'Source "{self.settings.source}": a secret in {name} has fewer than {LEAST_SECRET} characters. '
                "Nothing is taken in with it. Use a longer one, such as the output of `openssl rand -hex 32`."
            )
        return found

    def check(self) -> Check:
        """How this sender's requests are proven. Raises Refused."""
        s = self.settings
        return Check(s.signed, self.secrets(), s.tolerance, s.signature_header, s.timestamp_header)

    def verify(self, now: datetime) -> str:
        """Where it listens and how many secrets it knows; the sender itself cannot be asked. Raises Refused."""
        number = len(self.secrets())
        return f"listens at /in/{self.settings.address} while `nobet intake` runs; {number} secret(s) found"


@dataclass(frozen=True)
class Parsed:
    """What a request holds. `fault` is set where the body as a whole could not be read; it is then in `rejected`."""

    fetched: tuple[Fetched, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    ignored: int = 0
    """Parts that are no mention and never will be: delivery receipts, reactions."""
    fault: str = ""


def parse(
    settings: WebhookSettings,
    body: bytes,
    content_type: str,
    *,
    now: datetime,
    zone: ZoneInfo | None,
    message_id: str | None = None,
) -> Parsed:
    """The mentions in the body of a request whose signature was right; never raises for what a sender wrote.

    `content_type` is the header (its charset counts); `zone` reads times without an offset; `message_id` names a
    mention that has no id of its own, where the body holds only one.
    """
    zone = ZoneInfo(settings.timezone) if settings.timezone else zone
    try:
        text = _decoded(body, content_type)
        if settings.reads == "form":
            value: Any = dict(parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text), max_num_fields=1000))
        else:
            value = json.loads(text, parse_constant=_no_number)
        value = storable(value)
        found, ignored = _items(settings, value)
    except (ValueError, RecursionError) as error:
        what = "it is nested too deep" if isinstance(error, RecursionError) else str(error)[:200]
        reason = f"The body could not be read: {what}"
        return Parsed(rejected=(Rejected(reason, clean_text(body[:MAX_RAW].decode("utf-8", "replace"))),), fault=reason)
    fetched: list[Fetched] = []
    rejected: list[Rejected] = []
    for record, raw in found:
        if len(found) == 1 and message_id and isinstance(record, dict) and not record.get("native_id"):
            record = record | {"native_id": message_id[:500]}
        try:
            fetched.append(Fetched(_mention(settings, record, now, zone), raw))
        except MentionError as error:
            name = record.get("native_id") if isinstance(record, dict) else None
            rejected.append(Rejected(str(error), raw, str(name) if isinstance(name, str | int) else None))
    return Parsed(tuple(fetched), tuple(rejected), ignored)


def _decoded(body: bytes, content_type: str) -> str:
    """The body as text: UTF-8, or the charset that the sender declares (older shop systems send Windows-1254)."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    declared = re.search(r"charset\s*=\s*\"?([A-Za-z0-9._-]{1,40})", content_type)
    name = declared[1].lower() if declared else "utf-8"
    try:
        codec = codecs.lookup(name)
        text = body.decode(codec.name) if codec.name != "utf-8" else None
    except (LookupError, UnicodeError):
        text = None
    if not isinstance(text, str):
        raise ValueError(f"it is not {'UTF-8' if name in ('utf-8', 'utf8') else name}, as it should be")
    return text


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number")


def _items(settings: WebhookSettings, value: Any) -> tuple[list[tuple[Any, Any]], int]:
    """Every record with what it was read from, and how many parts are no mention. Raises ValueError."""
    if settings.reads == "whatsapp":
        parts = list(whatsapp.messages(value))
        found = [(record, raw) for record, raw in parts if record is not None]
        ignored = len(parts) - len(found)
    else:
        listed = _at(value, settings.items) if settings.items else value
        if settings.items and not isinstance(listed, list):
            raise ValueError(f"there is no list at {settings.items!r}")
        records = listed if isinstance(listed, list) else [listed]
        found, ignored = [(_record(settings, item), item) for item in records], 0
    if len(found) > MOST_ITEMS:
        raise ValueError(f"it holds {len(found)} mentions, and at most {MOST_ITEMS} are taken in one request")
    return found, ignored


def _record(settings: WebhookSettings, item: Any) -> Any:
    """A mention's record from one item, by the configured paths; the item itself where none are configured."""
    twilio = settings.signed == "twilio"
    fields = settings.fields or (TWILIO_FIELDS if twilio else {})
    if not fields or not isinstance(item, dict):
        return item
    record: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for name, paths in fields.items():
        value = next((v for path in paths.split("|") if (v := _at(item, path)) not in (None, "")), None)
        if value is not None and name.startswith("extra."):
            extra[name.removeprefix("extra.")] = value
        elif value is not None:
            record[name] = value
    if twilio and not record.get("text") and str(item.get("NumMedia", "0")) not in ("", "0"):
        record["text"] = f"[{str(item.get('MediaContentType0') or 'media')[:60]}]"  # a picture without words
    return record | ({"extra": extra} if extra else {})


def _at(value: Any, path: str) -> Any:
    """What stands at a dotted path (`messages.0.text`); None where there is nothing."""
    for part in path.strip().split("."):
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list) and part.isdecimal() and len(part) < 7 and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def _mention(settings: WebhookSettings, record: Any, now: datetime, zone: ZoneInfo | None) -> Mention:
    """Raises MentionError. The source is the configured one, whatever the sender says: it may write nowhere else."""
    if not isinstance(record, dict):
        raise MentionError("", f"an item is no object but {'null' if record is None else type(record).__name__}")
    record = {name: value for name, value in record.items() if name != "source"}
    extra = record.get("extra")
    if extra is not None and not isinstance(extra, dict):
        raise MentionError("extra", "extra must be an object")
    extra = dict(extra or {})
    when = record.get("published_at")
    if isinstance(when, int | float) and not isinstance(when, bool) and abs(when) > 1e11:
        record["published_at"] = when / 1000  # milliseconds: in seconds it would be past the year 5000
    elif isinstance(when, str) and when.strip():
        record["published_at"], _ = parse_date(when, zone)
    elif when in (None, "") and (settings.undated or settings.signed == "twilio"):
        record["published_at"], extra["undated"] = now, True
    if settings.html and isinstance(record.get("text"), str):
        record["text"] = plain_text(record["text"])
    if settings.channel != settings.source:
        extra.setdefault("channel", settings.channel)
    mention, _ = parse_mention(record | {"extra": extra}, now=now, zone=zone, source=settings.source)
    return mention
