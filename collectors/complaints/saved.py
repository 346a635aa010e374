"""Pages of Şikayetvar that somebody saved in a browser: a complaint's own page, or a brand's list."""

from __future__ import annotations

from datetime import datetime

from parsel import Selector
from w3lib.encoding import html_to_unicode

from collectors.complaints.portal import ZONE, canonical, complaint_path, is_list, read_detail, read_list
from collectors.complaints.records import from_card, mentions, unreadable
from collectors.protocol import Fetched, Rejected

MAX_BYTES = 20 * 1024 * 1024
"""Bytes of a page that are read."""


def read_page(html: bytes, url: str | None, source: str, now: datetime) -> tuple[Fetched | Rejected, ...] | None:
    """The mentions of a saved page; None for a page that is not the portal's.

    `url` is where the page came from; where it is None, the page's own words are taken (canonical link, or the comment
    that browsers write). A list brings only the beginnings of its complaints (`extra["excerpt"]`). `now` (aware UTC)
    should be when the page was saved: `2 saat önce` counts from there.
    """
    text = decoded(html[:MAX_BYTES])
    if not text.strip():
        return None
    root = Selector(text)
    place = url or canonical(root) or ""
    path = complaint_path(place) if place else None
    marks = root.css("div.complaint-detail-description, a.complaint-layer, article.story-card, .complaint-layer")
    if not marks and path is None:
        return None
    if place and path is None and "sikayetvar" not in place.lower():
        return None  # another portal whose pages have elements of the same name
    if is_list(root) and (path is None or not root.css(f"article a[href*='{_quoted(path)}']")):
        listed = read_list(text, place)
        if listed.cards:
            return tuple(from_card(card, now, source, ZONE) for card in listed.cards)
    detail = read_detail(text, place, now)
    if detail.removed:
        return ()
    return (unreadable(detail),) if detail.lacks else mentions(detail.record, now, source)


def _quoted(path: str) -> str:
    return path.replace("\\", "").replace("'", "")


def decoded(html: bytes) -> str:
    """A page's text: by its byte order mark or its declaration, else as UTF-8, else as Windows-1254 (Turkish)."""
    declared, text = html_to_unicode(None, html, default_encoding="utf-8")
    if declared == "utf-8" and "\N{REPLACEMENT CHARACTER}" in text:
        try:
            html.decode("utf-8")
        except UnicodeDecodeError as error:
            # A page cut off in the middle of a letter is UTF-8 all the same.
            if error.start < len(html) - 4:
                return html.decode("cp1254", "replace")
    return text
