"""What a forum's page holds, read with a site's selectors: threads of a list page, posts of a thread page.

Pure: a page's HTML in, plain values out. What a selector does not find is counted, so that a changed layout is told
from a quiet forum, and a page made for robots from a page of the forum.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any
from urllib.parse import quote, unquote_plus, urljoin, urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from parsel import Selector

from collectors.plain import plain_text
from collectors.spiders.posted import edited_at, posted_at
from collectors.spiders.site import Pick, Site
from mention import MentionError, clean_text

MAX_HTML = 200_000
"""Characters of one post's markup that are kept beside its text."""

MAX_PAGE = 200_000
"""Characters kept of a page that could not be read, for whoever repairs the site file."""

MAX_PAGES = 100_000
"""Pages that a thread may say it has; the longest known has some 20,000."""

MAX_URL = 1_000
"""Characters of an address that is followed; the cursor keeps one per thread."""

MAX_ID = 200
"""Characters of a post's id; the cursor keeps a few per thread."""

MAX_WORDS = 300
"""Characters kept of a name, a title or a date; a selector that points at the wrong element may find a whole page."""

DRIFT_FROM = 3
"""Posts on a page from which 'most of them lack a field' says that the layout changed, not that one post is odd."""

# Bot protection shows itself by a header or by words of its page. Kept to words of the challenge itself (protected
# forums carry other scripts of the same makers on every page), and asked only of pages on which nothing was found.
_CHALLENGES = (
    "_cf_chl_opt", "orchestrate/chl", "just a moment...", "attention required! | cloudflare", "checking your browser",
    "verify you are human", "verifying you are human", "enable javascript and cookies to continue", "px-captcha",
    "incapsula incident id", "sucuri_cloudproxy_js", "captcha-delivery.com", "ddos protection by", "are you a robot",
    "lütfen bekleyiniz", "robot olmadığınızı", "güvenlik doğrulaması", "unusual traffic",
)  # fmt: skip
# A captcha may stand in the login box of a page that refuses a guest; it is protection where the page was promised.
_WIDGETS = ("g-recaptcha", "h-captcha", "cf-turnstile")


Places = frozenset[tuple[str, str]]
"""Where links may lead: what `place` says of the forum's own addresses."""


@dataclass(frozen=True)
class ThreadLink:
    """A thread as a list page shows it; `seen` is its mark of activity, None where the site shows none."""

    id: str
    url: str
    seen: str | None = None


@dataclass(frozen=True)
class ListPage:
    """One page of a thread list; `empty` where it proves that there is nothing."""

    url: str
    threads: tuple[ThreadLink, ...]
    next: str | None = None
    empty: bool = False
    html: str = ""
    """The page itself (at most MAX_PAGE characters), where no thread was found on it."""


@dataclass(frozen=True)
class ThreadPage:
    """One page of a thread: posts as JSON objects, posts that cannot be read, and what is wrong with the page."""

    url: str
    posts: tuple[dict[str, Any], ...]
    bad: tuple[dict[str, Any], ...] = ()
    next: str | None = None
    drift: str = ""
    """Which selector finds nothing any more, in words; empty for a page as it should be."""
    pages: int | None = None
    """How many pages the thread has, where the site says so."""
    first_url: str | None = None
    """The thread's own address as this page has it, on its first page."""
    html: str = ""
    """The page itself (at most MAX_PAGE characters), where something is wrong with it."""

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the posts, in the order of the page."""
        return tuple(post["native_id"] for post in self.posts)

    @property
    def oldest(self) -> datetime | None:
        """The time (aware UTC) of its oldest post that could be read."""
        return min((datetime.fromisoformat(post["published_at"]) for post in self.posts if _dated(post)), default=None)

    @property
    def newest(self) -> datetime | None:
        """The time (aware UTC) of its newest post that could be read."""
        return max((datetime.fromisoformat(post["published_at"]) for post in self.posts if _dated(post)), default=None)


def _dated(post: Mapping[str, Any]) -> bool:
    return "published_at" in post


def clean_url(url: str, site: Site) -> str:
    """An address without its fragment and without the parameters that the site's file drops (session ids)."""
    parts = urlsplit(url)
    query = parts.query
    if site.drop_query and query:
        # Part by part: `showthread.php?123-Title` has a parameter without a value, and must stay as it is.
        kept = [part for part in query.split("&") if unquote_plus(part.split("=")[0]) not in site.drop_query]
        query = quote("&".join(kept), safe="%=&/?:@!$'()*,;+")
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))


def place(url: str) -> tuple[str, str]:
    """Where an address leads: host with port, without the `www.`, so that a forum's own links stay one place."""
    parts = urlsplit(url)
    return parts.scheme.replace("https", "http"), parts.netloc.lower().removeprefix("www.")


def _link(pick: Pick | None, within: Selector, base: str, site: Site, allowed: Places) -> str | None:
    """The address that a selector finds (its href where it finds an element), if it stays on the forum."""
    if pick is None:
        return None
    for node in pick.nodes(within):
        target = node.get() if isinstance(node.root, str) else node.attrib.get("href")
        if not target:
            continue
        try:
            url = clean_url(urljoin(base, target.strip()), site)
            if place(url) in allowed and len(url) <= MAX_URL:
                return url
        except ValueError:  # "http://[" is no address
            continue
    return None


def read_list(html: str, url: str, site: Site, allowed: Places, start: str = "", number: int = 1) -> ListPage:
    """A thread list page, the `number`-th of the list at `start`; links that leave the forum's hosts (`allowed`, see
    `place`) are passed over."""
    root, form = Selector(html), site.threads
    base = _base(root, url, allowed)
    threads: dict[str, ThreadLink] = {}
    for row in form.row.nodes(root):
        link = _link(form.link, row, base, site, allowed)
        if link is None:
            continue
        if site.posts.page_url:  # pages are numbered from the thread's own address
            link = own_url(link)
        name = thread_id(link, site)
        seen = " ".join(form.activity.values(row)) or None if form.activity else None
        threads.setdefault(name[:300], ThreadLink(name[:300], link, seen and seen[:200]))
    empty = bool(form.empty and any(True for _ in form.empty.nodes(root)))
    following = _link(form.next, root, base, site, allowed)
    if form.page_url and threads:
        following = form.page_url.replace("{page}", str(number + 1)).replace("{first}", start or url)
    kept = "" if threads else clean_text(html[:MAX_PAGE])
    return ListPage(url, tuple(threads.values()), following, empty, kept)


def _base(root: Selector, url: str, allowed: Places) -> str:
    """What a page's links are relative to: its <base>, if that is on the forum, else its own address."""
    for href in root.xpath("//head/base/@href").getall()[:1]:
        try:
            base = urljoin(url, href.strip())
            return base if place(base) in allowed else url
        except ValueError:
            break
    return url


def own_url(url: str) -> str:
    """A thread's own address: without a query and a fragment, which only say how it was come by."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))


def thread_id(url: str, site: Site) -> str:
    """The id of the thread at an address: by the site's `threads.id`, else its path."""
    found = re.search(site.threads.id, url) if site.threads.id else None
    parts = urlsplit(url)
    return found.group(1) if found else parts.path + (f"?{parts.query}" if parts.query else "")


def read_thread(
    html: str, url: str, thread: str, first: bool, site: Site, zone: ZoneInfo, now: datetime,
    allowed: Places,
) -> ThreadPage:  # fmt: skip
    """A page of a thread at `now` (aware UTC); on its `first` page the first post carries the thread's title."""
    root, form = Selector(html), site.posts
    base = _base(root, url, allowed)
    title = _short(form.title, root)
    posts: list[dict[str, Any]] = []
    bad: list[dict[str, Any]] = []
    missing: dict[str, int] = {}
    rows = list(form.row.nodes(root))
    for number, row in enumerate(rows):
        opening = first and number == 0
        post, lacks, reason = _post(row, (url, base), thread, title, opening, site, zone, now)
        if lacks:
            missing[lacks] = missing.get(lacks, 0) + 1
        if reason:
            bad.append({"reason": reason, "raw": post, "native_id": post.get("native_id")})
        else:
            posts.append(post)
    drift = ""
    if not rows:
        drift = f"no post was found with posts.row {form.row.select!r}"
    for lacks, number in missing.items():
        if len(rows) >= DRIFT_FROM and number * 2 > len(rows):
            pick = form.date.select if lacks == "date" else getattr(form, lacks)
            drift = f"{number} of {len(rows)} posts have no readable {lacks} at posts.{lacks} {pick.select!r}"
    times = [datetime.fromisoformat(post["published_at"]) for post in posts]
    if len(times) >= DRIFT_FROM and all(earlier > later for earlier, later in pairwise(times)):
        # Read as it is, a thread would end with its oldest page, and what is new would never be seen.
        drift = "the posts run from the newest to the oldest; give the address or the order that shows the oldest first"
    numbers = [int(value[:9]) for value in form.pages.values(root) if value.isdecimal()] if form.pages else []
    return ThreadPage(
        url, tuple(posts), tuple(bad), _link(form.next, root, base, site, allowed), drift,
        pages=min(max(numbers), MAX_PAGES) if numbers else None,
        first_url=own_url(url) if first and form.page_url else None,
        html=clean_text(html[:MAX_PAGE]) if drift or not posts else "",
    )  # fmt: skip


def _post(
    row: Selector,
    at: tuple[str, str],
    thread: str,
    title: str | None,
    opening: bool,
    site: Site,
    zone: ZoneInfo,
    now: datetime,
) -> tuple[dict[str, Any], str, str]:
    """A post, the field whose selector found nothing in it, and why it is no mention; empty where all is well. `at` is
    the page's address and what its links are relative to."""
    form = site.posts
    own = form.id.value(row)
    shown = form.date.select.value(row)
    body = next(iter(form.text.nodes(row)), None)
    html, text = _text(body, form.without)
    post: dict[str, Any] = {
        "native_id": f"{thread}:{own}" if own and form.id_within == "thread" else own,
        "thread": thread,
        "url": urljoin(at[1], form.url.replace("{id}", own)) if own and form.url else at[0],
        "author": _short(form.author, row),
        "date": shown and shown[:MAX_WORDS],
        "title": title,
        "html": html[:MAX_HTML],
        "likes": _number(form.likes.value(row)) if form.likes else 0,
    }
    if shown and (edited := edited_at(shown, now, zone)):
        post["edited_at"] = edited.isoformat()
    if own is None or len(own) > MAX_ID:
        post["native_id"] = None
        return post, "id", f"the post has no usable id at posts.id {form.id.select!r}"
    if shown is None:
        return post, "date", f"the post has no date at posts.date {form.date.select.select!r}"
    try:
        post["published_at"] = posted_at(shown, now, zone, form.date.format).isoformat()
    except MentionError as error:
        return post, "date", str(error)
    if body is None:
        return post, "text", f"the post has no text at posts.text {form.text.select!r}"
    # A forum's title is where the opening post says what it is about ("Kargom gelmedi").
    if opening and title and not text.startswith(title):
        text = f"{title}\n\n{text}".strip()
    if not text:
        return post, "", "the post has no text of its own (a picture, or only a quotation)"
    post["text"] = text
    return post, "", ""


def _short(pick: Pick | None, within: Selector) -> str | None:
    """A name or a title: what a selector finds, as far as a person would read it."""
    found = pick.value(within) if pick else None
    return found and clean_text(found[:MAX_WORDS])


def _text(body: Selector | None, without: tuple[str, ...]) -> tuple[str, str]:
    """A post's markup and its text without what is not the author's own."""
    if body is None:
        return "", ""
    whole = body.get() or ""
    if isinstance(body.root, str):  # ::text and ::attr() give text, not markup
        return whole, " ".join(whole.split())
    if not without:
        return whole, plain_text(whole)
    copy = Selector(whole)
    for selector in without:
        for found in copy.css(selector):
            if found.root.getparent() is not None:
                found.drop()
    return whole, plain_text(copy.get() or "")


def _number(shown: str | None) -> int:
    digits = re.sub(r"\D", "", shown or "")
    return int(digits[:9]) if digits else 0


def bot_protection(status: int, headers: Mapping[str, str], html: str, words: tuple[str, ...] = ()) -> str | None:
    """What shows that an answer is a bot-protection page instead of the forum's; None for any other answer.

    To be asked of answers in which nothing was found; `headers` in lower case.
    """
    if headers.get("cf-mitigated", "").lower() == "challenge":
        return "the header cf-mitigated: challenge"
    page = html[:200_000].replace("İ", "i").lower()
    widgets = _WIDGETS if status < 400 else ()
    for mark in (*_CHALLENGES, *widgets, *(word.lower() for word in words)):
        if mark in page:
            return f"the words {mark!r}"
    return None
