"""What the headers of a mail say, read without trust: any of them may be missing, broken, forged or a megabyte long.

The values are taken raw (`Message.raw_items`) and decoded here, bounded: the parser of the standard library's newer
policies takes time that grows with the square of a header's length, and raises on some broken ones.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from zoneinfo import ZoneInfo

from collectors.dates import parse_date
from collectors.mail.charset import decoded
from mention import FUTURE_TOLERANCE, MentionError, clean_text

MAX_VALUE = 4000
"""Characters of one header that are read; RFC 5322 advises lines of 78, and a long References list stays below this."""

_ID = re.compile(r"<([^<>\s]{1,490})>")
_ADDRESS = re.compile(r"[^\s@<>,;\"]{1,64}@[^\s@<>,;\"]{1,255}")
_LIST = frozenset({"bulk", "list", "junk"})
_DAEMONS = frozenset({"mailer-daemon", "postmaster", "mail-daemon", "mailerdaemon"})
_AUTO_SUBJECTS = (
    "otomatik yanıt:", "otomatik yanit:", "otomatik cevap:", "automatic reply:", "auto:", "autoreply:", "auto-reply:",
    "out of office:", "ofis dışında:", "iş yeri dışında:",
)  # fmt: skip


def values(message: Message, name: str) -> list[str]:
    """Every value of a header, unfolded and without broken bytes, still with its encoded words."""
    found = []
    for key, value in message.raw_items():
        if key.lower() == name:
            text = str(value)[:MAX_VALUE]
            if not text.isascii():  # bytes above 127, kept as lone surrogates; RFC 6532 allows UTF-8
                text = decoded(text.encode("utf-8", "surrogateescape"), None)[0]
            found.append(" ".join(text.split()))
    return found


def first(message: Message, name: str) -> str:
    """The first value of a header, '' without one."""
    return next(iter(values(message, name)), "")


def words(value: str) -> str:
    """A value with its encoded words (RFC 2047) decoded, on one line."""
    if "=?" in value:
        try:
            parts = decode_header(value)
        except Exception:  # broken base64 in an encoded word: the standard library raises several kinds
            parts = [(value, None)]
        value = "".join(part if isinstance(part, str) else decoded(part, charset)[0] for part, charset in parts)
    return " ".join(clean_text(value).split())


def addresses(message: Message, name: str) -> list[tuple[str, str]]:
    """Every (name, address) of a header, addresses in lower case; broken ones are left out. At most 20."""
    found = []
    for value in values(message, name):
        try:
            pairs = getaddresses([value])
        except (RecursionError, ValueError, IndexError):  # nested comments without end
            pairs = []
        if not any("@" in address for _, address in pairs):
            pairs = [("", match.group()) for match in _ADDRESS.finditer(value)]
        found += [(words(shown), clean_text(address.strip()).lower()) for shown, address in pairs if "@" in address]
    return found[:20]


def ids(message: Message, name: str) -> list[str]:
    """The message ids of a header, without their brackets, in order."""
    return [clean_text(found) for value in values(message, name) for found in _ID.findall(value)]


def message_id(message: Message) -> str | None:
    """The mail's own id without brackets; None when it has none, or nothing that can be called one."""
    found = ids(message, "message-id")
    if found:
        return found[0]
    bare = first(message, "message-id").strip("<> ")
    return bare if 3 <= len(bare) <= 490 and " " not in bare else None


def posted(message: Message, received: datetime | None, now: datetime) -> tuple[datetime, dict[str, object]]:
    """When the mail was written (aware UTC), and what has to be known about that time.

    `received` is when the mailbox's server took it in; without it, the topmost Received header counts, which that
    server wrote. A mail cannot have been written after it came: then the sender's clock is wrong, and `date_claimed`
    says what it was. Without any date it is `now`, and `undated` is true.
    """
    claimed = _date(first(message, "date"))
    came = received or _date(first(message, "received").rpartition(";")[2])
    if came is not None and (came > now + FUTURE_TOLERANCE or came.year < 1990):
        came = None
    latest = came or now + FUTURE_TOLERANCE
    if claimed is None or claimed.year < 1990:
        return (came, {"date_received": True}) if came else (now, {"undated": True})
    if claimed > latest:
        return came or now, {"date_claimed": claimed.isoformat()}
    return claimed, {}


def _date(value: str) -> datetime | None:
    value = value.strip()[:100]
    if not value:
        return None
    try:
        found = parsedate_to_datetime(value)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        pass
    try:  # a form that programs in Turkey write by hand: 21 Kasım 2026 Cumartesi 09:30
        return parse_date(value, ZoneInfo("Europe/Istanbul"))[0]
    except MentionError:
        return None


def automatic(message: Message) -> str | None:
    """What kind of program wrote the mail: `bounce`, `receipt`, `reply`, `list` or `notice`; None for a person.

    By RFC 3834 (Auto-Submitted), RFC 3464 and 8098 (reports), RFC 2919 and 2369 (lists), and the marks that mail
    programs use beside them (Precedence, X-Autoreply, the subjects of Exchange).
    """
    if message.get_content_type() == "multipart/report":
        kind = str(message.get_param("report-type") or "").lower()
        return "receipt" if kind == "disposition-notification" else "bounce"
    senders = [address.partition("@")[0] for _, address in addresses(message, "from")]
    if values(message, "x-failed-recipients") or any(name in _DAEMONS for name in senders):
        return "bounce"
    submitted = first(message, "auto-submitted").partition(";")[0].strip().lower()
    precedence = first(message, "precedence").lower()
    if submitted.startswith("auto-replied") or precedence == "auto_reply":
        return "reply"
    if any(values(message, name) for name in ("x-autoreply", "x-autorespond", "x-autoresponder")):
        return "reply"
    if words(first(message, "subject")).replace("İ", "i").lower().startswith(_AUTO_SUBJECTS):
        return "reply"
    if precedence in _LIST or values(message, "list-id") or values(message, "list-unsubscribe"):
        return "list"
    if submitted and submitted != "no":
        return "notice"
    if first(message, "return-path").replace(" ", "") == "<>":
        return "bounce"
    return None
