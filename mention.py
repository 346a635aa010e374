"""The shared vocabulary: what a mention is, what a score is, and the labels. Imports nothing of ours.

Every room speaks these words, so a field is named once here and nowhere else. Times are aware and
kept in UTC; text is what a stranger wrote and is only ever text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

SENTIMENTS = ("negative", "neutral", "positive")
URGENCIES = ("none", "same_day", "urgent", "critical")
HOT = ("urgent", "critical")
"""The urgencies for which somebody is called; the classifier decides on both together."""
TOPICS = (
    "delivery_delay", "wrong_item", "product_defect", "courier", "return_refund", "cancellation", "billing",
    "service_outage", "staff_conduct", "communication_error", "safety", "privacy_fraud", "account_access",
    "price_promotion", "question", "praise", "other",
)  # fmt: skip
LANGUAGES = ("tr", "en")

# A channel is the platform a mention came from; a family is the tone it is answered in. Unknown channels get the
# most formal public tone, because a wrong tone costs more there than a stiff one elsewhere.
FAMILIES = ("social", "forum", "portal", "email", "marketplace", "direct", "phone")
CHANNEL_FAMILY = {
    "x": "social", "mastodon": "social", "bluesky": "social", "instagram": "social", "facebook": "social",
    "youtube": "social", "tiktok": "social",
    # A message that only the two of us read: it may hold what a public answer must not.
    "x_message": "direct", "instagram_message": "direct", "messenger": "direct", "whatsapp": "direct",
    "telegram": "direct", "sms": "direct", "chat": "direct", "reddit_message": "direct",
    "forum": "forum", "reddit": "forum", "discourse": "forum", "eksi": "forum", "donanimhaber": "forum",
    "feed": "forum", "news": "forum", "blog": "forum",
    "portal": "portal", "sikayetvar": "portal", "review": "portal", "trustpilot": "portal", "app_store": "portal",
    "google_play": "portal", "google_business": "portal",
    # A shop's questions stand on the product's page, and the marketplace forbids leading a customer away from it.
    "trendyol": "marketplace", "hepsiburada": "marketplace",
    "email": "email", "mail": "email", "web_form": "email", "in_store": "email",
    "call_centre": "phone",
}  # fmt: skip

MAX_TEXT = 5_000_000
"""Characters of one mention's text that are kept; no source is known to allow more (the largest seen was 1 MB)."""

FUTURE_TOLERANCE = timedelta(hours=24)
"""A posting time further ahead than this is taken for a wrong clock, not for a time zone left out."""

_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")  # PostgreSQL stores neither NUL nor lone surrogates


def clean_text(value: str) -> str:
    """The text with what no database can store (NUL, lone surrogates) replaced by U+FFFD; nothing else is changed."""
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", value)


def search_text(value: str) -> str:
    """The form in which texts and queries are compared: lower case, no accents, Turkish letters by their ASCII twin.

    `IŞIK`, `ışık` and `isik` become the same `isik`, because customers type all three. Both the stored column and
    every query go through this one function (database folding gets Turkish wrong, see docs/why/store.md).
    """
    folded = value.replace("İ", "i").replace("I", "i").replace("ı", "i").lower()
    decomposed = unicodedata.normalize("NFKD", folded)
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(plain.split())


def family_of(channel: str) -> str:
    """The channel family (one of FAMILIES) whose tone and reply template a channel uses."""
    return CHANNEL_FAMILY.get(channel, "portal")


class Engagement(BaseModel):
    """What others did with a mention, as the platform counted it when it was collected."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    likes: int = Field(0, ge=0)
    shares: int = Field(0, ge=0)
    replies: int = Field(0, ge=0)
    views: int = Field(0, ge=0)


class Mention(BaseModel):
    """One public or private message about the brand, from one source, by one author.

    `source` and `native_id` together name it for ever; `published_at` is when the customer posted, in UTC, and is
    where the clock starts.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str = Field(min_length=1, max_length=100)
    native_id: str = Field(min_length=1, max_length=500)
    text: str = Field(min_length=1, max_length=MAX_TEXT)
    author: str | None = None
    author_name: str | None = None
    followers: int | None = Field(None, ge=0)
    url: str | None = None
    published_at: datetime
    lang: str | None = None
    thread_id: str | None = None
    in_reply_to: str | None = None
    engagement: Engagement = Engagement()
    rating: float | None = None
    extra: dict[str, Any] = {}

    @property
    def channel(self) -> str:
        """The platform: `extra["channel"]` where the source was configured under another name, else the source."""
        return str(self.extra.get("channel") or self.source)

    @property
    def family(self) -> str:
        """The channel family whose tone an answer takes."""
        return family_of(self.channel)


class LabelScore(BaseModel):
    """One head of the classifier: the label and the calibrated probability of each label, each in [0, 1]."""

    model_config = ConfigDict(frozen=True)

    label: str
    probs: dict[str, float]


FACTS = (
    "order", "tracking", "code", "product", "carrier", "city", "amount", "date", "duration", "phone", "email", "iban",
    "national_id", "card", "offence", "not_about_us",
)  # fmt: skip
"""The kinds of facts, in the order in which a reader needs them."""


class Fact(BaseModel):
    """Something that the desk needs from a text, found in it: `text` stands at `start:end` of the mention's own text.

    `kind` is one of FACTS; `value` is its meaning in one spelling (an ISO date, an amount with its currency, an order
    number without its gaps), empty where it is nobody's business beyond the text itself.
    """

    model_config = ConfigDict(frozen=True)

    kind: str
    start: int
    end: int
    text: str
    value: str = ""


class Score(BaseModel):
    """What the classifier says of a mention; `abstained` names the heads that a person must decide."""

    model_config = ConfigDict(frozen=True)

    native_id: str
    source: str
    language: str
    sentiment: LabelScore
    urgency: LabelScore
    topic: LabelScore
    abstained: tuple[str, ...] = ()
    reasons: dict[str, tuple[str, ...]] = {}
    model: str
    facts: tuple[Fact, ...] = ()


class MentionError(ValueError):
    """A record that is no mention: `field` names what is wrong, the message says it in a sentence."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


_FIELDS = frozenset(Mention.model_fields)
_TEXT_FIELDS = ("author", "author_name", "url", "lang", "thread_id", "in_reply_to")


def parse_time(value: object, zone: ZoneInfo | None = None) -> tuple[datetime, str | None]:
    """A posting time as an aware UTC datetime, with a note where something had to be assumed.

    `value` is ISO 8601 text, a datetime, or seconds since 1970; a time without an offset is read in `zone` (UTC when
    None) and the note says so. Raises MentionError for anything else, impossible dates included.
    """
    note = None
    if isinstance(value, bool) or value is None or value == "":
        raise MentionError("published_at", "published_at is missing")
    if isinstance(value, datetime):
        when = value
    else:
        try:
            if isinstance(value, int | float):
                when = datetime.fromtimestamp(value, UTC)
            else:
                when = datetime.fromisoformat(str(value).strip())
        except (ValueError, OverflowError, OSError):
            raise MentionError("published_at", f"published_at {str(value)[:60]!r} is not a date and time") from None
    if when.tzinfo is None:
        when = when.replace(tzinfo=zone or UTC)
        note = f"published_at has no offset; read as {zone.key if zone else 'UTC'}"
    try:
        return when.astimezone(UTC), note
    except (OverflowError, ValueError):
        raise MentionError("published_at", f"published_at {str(value)[:60]!r} is outside the calendar") from None


def parse_mention(
    record: Mapping[str, Any], *, now: datetime, zone: ZoneInfo | None = None, source: str | None = None
) -> tuple[Mention, list[str]]:
    """A mention from a decoded JSONL or CSV record, with notes on what was assumed or moved.

    Unknown fields are kept in `extra` (and noted); a time without an offset is read in `zone`; `source` fills in a
    missing source. Raises MentionError, naming the field, when a required field is missing or a value is impossible.
    """
    if not isinstance(record, Mapping):
        raise MentionError("", "the line is not a JSON object")
    notes: list[str] = []
    data: dict[str, Any] = {k: v for k, v in record.items() if k in _FIELDS and v is not None and v != ""}
    unknown = {str(k): v for k, v in record.items() if k not in _FIELDS and v is not None and v != ""}
    if source and "source" not in data:
        data["source"] = source
    for name in ("source", "native_id", "text", "published_at"):
        if name not in data:
            what = "is empty" if record.get(name) == "" else "is missing"
            raise MentionError(name, f"{name} {what}")
    for name in ("source", "native_id", *_TEXT_FIELDS):
        value = data.get(name)
        if isinstance(value, dict | list):
            raise MentionError(name, f"{name} must be text, not {type(value).__name__}")
        if value is not None:
            data[name] = clean_text(str(value))
    if not isinstance(data["text"], str):
        raise MentionError("text", f"text must be text, not {type(data['text']).__name__}")
    data["text"] = clean_text(data["text"])
    if not data["text"].strip():
        raise MentionError("text", "text is empty")
    data["published_at"], note = parse_time(data["published_at"], zone)
    if note:
        notes.append(note)
    if data["published_at"] > now + FUTURE_TOLERANCE:
        raise MentionError("published_at", f"published_at {record['published_at']} lies in the future")
    if data["published_at"].year < 1990:
        raise MentionError("published_at", f"published_at {record['published_at']} lies before there was a web")
    extra = data.get("extra", {})
    if not isinstance(extra, Mapping):
        raise MentionError("extra", "extra must be an object")
    if unknown:
        names = ", ".join(sorted(unknown))
        notes.append(f"unknown field {names[:120]} kept in extra")
        data["extra"] = {**unknown, **extra}
    try:
        return Mention.model_validate(data), notes
    except ValueError as error:
        first = error.errors()[0] if hasattr(error, "errors") else {"loc": ("",), "msg": str(error)}
        name = ".".join(str(part) for part in first["loc"])
        raise MentionError(name, f"{name}: {first['msg']}") from None
