"""Saved mails (.eml, .mbox) and saved pages (.html, .mhtml) as mentions, for `nobet import` and the watched folder.

A page is read by the first reader of `collectors.page_readers` that knows it; of any other page nothing is guessed: it
is rejected with a sentence. Every item comes out as `Good` or `Bad`, numbered from 1; `part` says what was counted.
"""

from __future__ import annotations

import email
import importlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email import policy
from pathlib import Path
from typing import Any, cast

import lxml.html

from collectors.lines import MAX_RAW, Bad, Good, UnreadableFile
from collectors.mail.message import MAX_BYTES, parse_message, split_mbox
from collectors.protocol import Fetched, Rejected
from mention import clean_text

MAIL = (".eml",)
MAILBOXES = (".mbox", ".mbx")
PAGES = (".html", ".htm", ".xhtml", ".mhtml", ".mht")

MAX_PAGE = 20 * 1024 * 1024
"""Bytes of one saved page that are read: a thread of 1,000 posts has 5 MB; more is a mistake or an attack."""

CHANNEL = "email"
"""The channel of a saved mail where the caller names none."""

OLDEST = timedelta(days=366)
"""A page whose file is older is read as of now: its time is more likely a wrong clock than a page kept so long."""

PageReader = Callable[[bytes, str, datetime], Sequence[Fetched | Rejected] | None]
"""Reads the pages of one site: (the page's bytes, the source, when it was saved) to its mentions; None for a page of
another site."""


def is_saved(path: Path) -> bool:
    """Whether the name says that this is a saved mail, a mailbox or a saved page."""
    return path.suffix.lower() in (*MAIL, *MAILBOXES, *PAGES)


def items(path: Path, *, now: datetime, source: str | None, channel: str | None = None) -> Iterator[Good | Bad]:
    """The mentions of a saved mail, mailbox or page, in order.

    Left out, `source` and `channel` are "mail" and "email" for mails; a page's source is then "sikayetvar", the only
    site whose pages are read, so that a page that was saved and one that was collected are the same mention.
    Raises UnreadableFile for a page that is too large; OSError where the file cannot be read.
    """
    suffix = path.suffix.lower()
    if suffix in PAGES:
        yield from _page(path, now, source)
        return
    name, channel = source or "mail", channel or CHANNEL
    with path.open("rb") as file:
        mails = [file.read(MAX_BYTES + 1)] if suffix in MAIL else split_mbox(file)
        number = 0
        for number, data in enumerate(mails, 1):
            if data.strip():
                yield numbered(
                    number, parse_message(data, name, channel, now, portal_source=source or "sikayetvar"), "mail"
                )
            else:
                yield Bad(number, "", "the mail is empty", part="mail")
        if suffix in MAILBOXES and not number and path.stat().st_size:
            raise UnreadableFile(f"{path} is no mailbox: it has no line that begins with 'From '. Nothing was read.")


def numbered(number: int, found: Fetched | Rejected, part: str) -> Good | Bad:
    """What a reader made of item `number`, as the lines of other files come out."""
    if isinstance(found, Rejected):
        return Bad(number, found.raw, found.reason, part=part)
    return Good(number, found, part=part)


def _page(path: Path, now: datetime, source: str | None) -> Iterator[Good | Bad]:
    with path.open("rb") as file:
        data = file.read(MAX_PAGE + 1)
    if len(data) > MAX_PAGE:
        raise UnreadableFile(f"{path} is a page larger than {MAX_PAGE // 2**20} MB. Nothing was read.")
    if path.suffix.lower() in (".mhtml", ".mht"):
        data = _inside(data)
    if not data.strip():
        yield Bad(1, "", "the page is empty; save it again", part="item")
        return
    saved_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)  # '2 hours ago' on a page counts from then
    if not now - OLDEST < saved_at < now:
        saved_at = now
    found: Sequence[Fetched | Rejected] | None = None
    for reader in page_readers():
        try:
            found = reader(data, source or "sikayetvar", saved_at)
        except Exception as error:  # a page that breaks its reader must not stop the files beside it
            yield Bad(
                1, _shown(data), f"the reader of this page failed ({type(error).__name__}); it is kept", part="page"
            )
            return
        if found is not None:
            break
    if found is None:
        yield Bad(
            1, _shown(data),
            f"no reader knows this page{_title(data)}; saved pages of the sites in the documentation are read",
            part="page",
        )  # fmt: skip
        return
    if not found:
        yield Bad(1, _shown(data), f"the page{_title(data)} holds no mention; save it after it has loaded", part="page")
    for number, item in enumerate(found, 1):
        yield numbered(number, item, "item")


def page_readers() -> tuple[PageReader, ...]:
    """The readers of saved pages that there are."""
    try:
        return cast("tuple[PageReader, ...]", tuple(importlib.import_module("collectors.page_readers").READERS))
    except ModuleNotFoundError as error:
        if error.name != "collectors.page_readers":
            raise
        return ()


def _inside(data: bytes) -> bytes:
    """The page inside an MHTML file (RFC 2557), which browsers write as a mail; the whole if there is none."""
    try:
        for part in email.message_from_bytes(data, policy=policy.compat32).walk():
            if part.get_content_type() in ("text/html", "application/xhtml+xml"):
                inside = part.get_payload(decode=True)
                if isinstance(inside, bytes):
                    return inside
    except (ValueError, LookupError, RecursionError, TypeError, AttributeError):
        pass
    return data


def _title(data: bytes) -> str:
    try:
        title = lxml.html.document_fromstring(data[:200_000]).findtext(".//title")
    except (ValueError, lxml.etree.LxmlError):
        title = None
    words = " ".join(clean_text(str(title or "")).split())[:80]
    return f" ({words!r})" if words else ""


def _shown(data: bytes) -> Any:
    """The page as it is kept in the quarantine, at most 200,000 characters."""
    return clean_text(data[: min(200_000, MAX_RAW)].decode("utf-8", "replace"))
