"""One mail as a mention: for the mailbox, the watched folder and `nobet import`; no input and no output here.

Its id is the Message-ID, or a digest of what it says where it has none. The text is what the person wrote (quoted mails
and signature left out) under the subject; the whole text is kept in the raw payload. What a program wrote (bounces,
automatic replies, lists) is marked `extra["automatic"]` and kept, since some shops' forms write as programs do.
"""

from __future__ import annotations

import hashlib
import importlib
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from email import policy
from email.errors import MessageError
from email.message import EmailMessage, Message
from email.parser import BytesHeaderParser, BytesParser
from typing import Any, BinaryIO, cast

from collectors.mail import headers
from collectors.mail.body import Body, body_of
from collectors.mail.trim import trimmed
from collectors.plain import storable
from collectors.protocol import Fetched, Rejected
from mention import MAX_TEXT, MentionError, clean_text, parse_mention

MAX_RAW = 500_000
"""Characters of the whole text, and of its HTML, that are kept beside the mention."""
MAX_BYTES = 25 * 1024 * 1024
"""Bytes of one mail that are read; the large providers accept 25 MB. Of a larger one its beginning is read, which holds
the headers and nearly always the text."""

_KEPT = (
    "from", "sender", "reply-to", "to", "cc", "subject", "date", "message-id", "in-reply-to", "references", "list-id",
    "auto-submitted", "precedence", "return-path", "content-type", "authentication-results", "x-failed-recipients",
)  # fmt: skip
"""Headers kept in the raw payload. Not the others: they hold the addresses of people's homes and phones."""

_ANSWERED = re.compile(r"^\s*(re|ynt|yan|cvp|aw|sv|antw)\s*(\[\d+\])?:", re.IGNORECASE)

Reader = Callable[[EmailMessage, str, datetime], Fetched | Rejected | None]
"""Reads the mails of one service (a portal's notifications); None for a mail that is not one of them."""


def parse_message(
    data: bytes,
    source: str,
    channel: str,
    now: datetime,
    *,
    received: datetime | None = None,
    size: int | None = None,
    portal_source: str | None = None,
) -> Fetched | Rejected:
    """A mail (RFC 5322 bytes) as a mention of `source` on `channel`; never raises for what is in the mail.

    `received` (aware UTC) is when the mailbox took it in, where that is known; `size` its bytes, where `data` is only
    its beginning. A notification of a service that `collectors.mail_readers` knows is read by its reader, as a mention
    of `portal_source` (of `source` when left out), so that it is the same mention as the one that the portal's own
    source brings; the raw payload of every other mail has `form: mail`.
    """
    size = len(data) if size is None else size
    data = data[:MAX_BYTES]
    message, faults = _parsed(data)
    if size > len(data):
        faults.append(f"{size:,} bytes; read to {len(data):,}")
    by_reader, fault = _read_by_service(data, message, portal_source or source, now)
    if by_reader is not None:
        return by_reader
    if fault:
        faults.append(fault)
    body = body_of(message)
    subject = headers.words(headers.first(message, "subject"))[:1000]
    senders = [*headers.addresses(message, "from"), *headers.addresses(message, "sender")]
    name, address = senders[0] if senders else ("", "")
    native_id = headers.message_id(message) or "digest:" + _digest(message, address, subject, body)
    published, extra = headers.posted(message, received, now)
    extra |= _extra(message, body, subject, address, faults)
    if channel != source:
        extra["channel"] = channel
    if len(body.text) > MAX_TEXT - 2000:
        extra["text_cut"] = len(body.text)
    raw = _raw(message, body, size)
    try:
        references = headers.ids(message, "references")
        answered = headers.ids(message, "in-reply-to")
        mention, _ = parse_mention(
            {
                "source": source,
                "native_id": native_id,
                "text": _text(subject, body, bool(answered or references)),
                "author": address or None,
                "author_name": name[:300] or None,
                "published_at": published,
                "thread_id": next(iter([*references, *answered, native_id])),
                "in_reply_to": next(iter([*answered, *reversed(references)]), None),
                "extra": storable(extra),
            },
            now=now,
        )
    except MentionError as error:
        return Rejected(str(error), raw, native_id)
    return Fetched(mention, raw)


def content_digest(found: Fetched) -> str:
    """16 hex digits of what a mail says and who says it: the same for a copy, another for another mail of that id."""
    whole = str(found.raw.get("text") if isinstance(found.raw, dict) else "") + found.mention.text
    return hashlib.sha256(f"{found.mention.author}\n{whole}".encode()).hexdigest()[:16]


def split_mbox(file: BinaryIO, max_bytes: int = MAX_BYTES) -> Iterator[bytes]:
    """The mails of an mbox file (RFC 4155, with the `>From ` quoting of mboxrd), in constant memory.

    A mail begins at a line `From ` after an empty line or at the file's beginning. Of a mail larger than `max_bytes`
    the beginning is given.
    """
    lines: list[bytes] = []
    size, blank, inside = 0, True, False
    while line := file.readline(1_000_000):
        if blank and line.startswith(b"From "):
            if inside:
                yield b"".join(lines)
            lines, size, inside = [], 0, True
        elif inside and size <= max_bytes:
            if re.match(rb">+From ", line):
                line = line[1:]
            lines.append(line)
            size += len(line)
        blank = line in (b"\n", b"\r\n")
    if inside:
        yield b"".join(lines)


def _parsed(data: bytes) -> tuple[Message, list[str]]:
    """The parsed mail; only its headers, and a fault, where its parts cannot be parsed."""
    try:
        return BytesParser(Message, policy=policy.compat32).parsebytes(data), []
    except (MessageError, RecursionError, ValueError, LookupError, TypeError, AttributeError) as error:
        why = f"its parts could not be read ({type(error).__name__})"
    head = re.split(rb"\r?\n\r?\n", data, maxsplit=1)[0]
    message = BytesHeaderParser(Message, policy=policy.compat32).parsebytes(head + b"\n\n")
    del message["content-type"]
    message.set_payload("")
    return message, [why]


def _read_by_service(
    data: bytes, message: Message, source: str, now: datetime
) -> tuple[Fetched | Rejected | None, str]:
    """What a service's reader makes of the mail, and what went wrong with it."""
    try:
        readers = cast("tuple[Reader, ...]", importlib.import_module("collectors.mail_readers").READERS)
    except ModuleNotFoundError as error:
        if error.name != "collectors.mail_readers":
            raise
        return None, ""
    longest = max((len(str(value)) for _, value in message.raw_items()), default=0)
    if longest > 20_000 or data.count(b"boundary=") > 100:
        # The parser of EmailMessage is slow on such headers and parts, and no service writes them.
        return None, ""
    try:
        mail = BytesParser(EmailMessage, policy=policy.default).parsebytes(data)
        found = next((item for reader in readers if (item := reader(mail, source, now)) is not None), None)
    except Exception as error:  # a stranger's mail must not stop the mailbox; it is read as any other mail then
        return None, f"the reader of its service failed ({type(error).__name__})"
    return found, ""


def _extra(message: Message, body: Body, subject: str, address: str, faults: list[str]) -> dict[str, Any]:
    extra: dict[str, Any] = {"subject": subject} if subject else {}
    to = [found for name in ("to", "cc") for _, found in headers.addresses(message, name)]
    if to:
        extra["to"] = to[:20]
    answer_to = [found for _, found in headers.addresses(message, "reply-to") if found != address]
    if answer_to:
        extra["reply_to"] = answer_to[0]
    if body.attachments:
        extra["attachments"] = body.attachments
    if body.unlisted:
        extra["attachments_unlisted"] = body.unlisted
    if kind := headers.automatic(message):
        extra["automatic"] = True
        extra["automatic_kind"] = kind
    if wrong := [*faults, *dict.fromkeys(body.faults)]:
        extra["faults"] = wrong[:5]
    return extra


def _text(subject: str, body: Body, is_answer: bool) -> str:
    """The subject and what was written below it; an answer's subject repeats what is known already."""
    text = trimmed(clean_text(body.text), subject)[: MAX_TEXT - 2000]
    if text and (not subject or (is_answer and _ANSWERED.match(subject)) or text.startswith(subject)):
        return text
    if not text and not subject:  # a photograph and nothing else is a message too
        names = [str(item["name"] or item["type"]) for item in body.attachments[:5]]
        return ", ".join(names)
    return f"{subject}\n\n{text}".strip()


def _digest(message: Message, address: str, subject: str, body: Body) -> str:
    """What a mail without an id is told apart by: who wrote what, and when it was sent and came."""
    times = [headers.first(message, "date"), headers.first(message, "received")]
    whole = "\n".join([address, subject, *times, body.text, str(body.attachments)])
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _raw(message: Message, body: Body, size: int) -> dict[str, Any]:
    kept = [[name, headers.words(value)] for name in _KEPT for value in headers.values(message, name)[:3]]
    raw: dict[str, Any] = {"form": "mail", "headers": kept, "text": body.text[:MAX_RAW], "bytes": size}
    if body.html:
        raw["html"] = body.html[:MAX_RAW]
    return cast("dict[str, Any]", storable(raw))
