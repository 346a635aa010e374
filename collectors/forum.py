"""Forums, read as a guest: thread lists and threads of one site, by the selectors of a YAML file.

Manual: `site` is the name of a file in `collectors/sites` or a path to your own; `start_urls` are its thread lists in
the order of their last activity. `terms_read: true` says that a person has read the forum's terms and found that they
allow this. robots.txt is always obeyed, bot protection is never got around. Each fetch is one Scrapy crawl in its own
process with a limit of pages and of time; what it does not reach, the next one does. See
`docs/reference/sources/forum.md` for how to write a site file.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from collectors.plain import storable
from collectors.protocol import (
    Batch,
    CollectorError,
    Cursor,
    Fetched,
    RateLimited,
    Refused,
    Rejected,
    SourceSettings,
    Unavailable,
    Unreadable,
)
from collectors.spiders.process import COMMAND, Crawl, CrawlDied, CrawlTooLong
from collectors.spiders.site import SiteError, checked_zone, load_site
from collectors.spiders.threads import changed
from collectors.transport import KEPT, wait_until
from mention import MentionError, parse_mention, search_text

BATCH = 100
"""Posts after which a batch is yielded."""

PATIENCE = 5.0
"""Seconds after which what has come is yielded although it is less than a batch, so that a slow forum's posts do not
wait for the crawl's end."""

_ADVICE = {
    "robots": "Leave it out, or ask the forum's owner for another way (a feed, an export).",
    "robots_unreadable": "Nothing may be read without it; it is tried again later.",
    "bot_protection": "Nöbet does not go around it: ask the forum's owner for another way (a feed, an export).",
    "forbidden": "Check start_urls, and whether guests may read there.",
    "gone": "Check start_urls in the configuration.",
    "layout": "Compare the selectors in the site file with the page; the forum may have changed its layout.",
    "too_large": "Raise max_bytes if the page is meant to be that large.",
}


class ForumSettings(SourceSettings):
    """Which forum is read, how far and how gently."""

    every: float = Field(900.0, gt=0, description="seconds between two crawls")
    site: str = Field(min_length=1, max_length=1000, description="name of a site file in collectors/sites, or a path")
    start_urls: tuple[str, ...] = Field(
        min_length=1, max_length=20, description="addresses of thread lists, ordered by last activity"
    )
    terms_read: bool = Field(False, description="true once a person has read that the forum's terms allow reading it")
    pages: int = Field(200, ge=2, le=5000, description="pages fetched in one crawl at most")
    list_pages: int = Field(10, ge=1, le=500, description="pages of each thread list looked through at most")
    delay: float = Field(2.0, ge=0, le=300, description="seconds between two pages; more where robots.txt asks for it")
    timeout: float = Field(30.0, gt=0, le=600, description="seconds before a page is given up")
    time_limit: float = Field(600.0, ge=1, le=86400, description="seconds after which a crawl is ended by force")
    words: tuple[str, ...] = Field(
        (), max_length=100, description="only posts with one of these words, and posts in threads titled with one"
    )
    max_age_days: float | None = Field(None, gt=0, description="posts older than this many days are passed over")
    timezone: str | None = Field(None, description="IANA time zone of the forum's times; else the site file's")
    user_agent: str = Field("Nobet/0.1 (forum reader)", min_length=3, description="User-Agent the forum sees")
    max_bytes: int = Field(5_242_880, ge=1000, description="bytes of one page, unpacked; a larger one is refused")

    @field_validator("start_urls")
    @classmethod
    def _are_web_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for url in value:
            if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
                raise ValueError(f"{url[:100]!r} is not an http or https address")
        return tuple(dict.fromkeys(value))

    @field_validator("site")
    @classmethod
    def _is_site(cls, value: str) -> str:
        try:
            load_site(value)
        except SiteError as error:
            raise ValueError(str(error)) from None
        return value

    @field_validator("timezone")
    @classmethod
    def _is_zone(cls, value: str | None) -> str | None:
        return value if value is None else checked_zone(value)

    @model_validator(mode="after")
    def _terms_were_read(self) -> ForumSettings:
        if self.enabled and not self.terms_read:
            raise ValueError(
                "field 'terms_read' is not true: read the forum's terms of use, and set it to true if they allow "
                "reading it with a program, or set 'enabled: false'"
            )
        return self


class ForumCollector:
    """Reads a forum by one crawl a fetch; the cursor is the state of `collectors.spiders.threads`."""

    kind: ClassVar[str] = "forum"
    Settings: ClassVar[type[SourceSettings]] = ForumSettings
    command: ClassVar[tuple[str, ...]] = COMMAND
    """What is started for a crawl."""

    def __init__(self, settings: ForumSettings) -> None:
        self.settings = settings
        self._site = load_site(settings.site)
        self._zone = ZoneInfo(settings.timezone or self._site.timezone)
        self._running: Crawl | None = None
        self._lock = threading.Lock()
        self._stopped = False

    def stop(self) -> None:
        """End a running crawl, from any thread; its `fetch` raises Unavailable and what it yielded remains good."""
        with self._lock:
            self._stopped = True
            if self._running:
                self._running.kill()

    def fetch(self, cursor: Cursor | None, now: datetime) -> Iterator[Batch]:
        """What one crawl finds after `cursor`; see the protocol."""
        now = now.astimezone(UTC)
        kept = dict(cursor or {})
        if kept.get("site") != self._place():  # another forum under the old name: its threads mean nothing here
            kept = {}
        began = time.monotonic()
        with self._lock:
            if self._stopped:
                raise Unavailable(self._sentence("it was stopped", ""))
            crawl = self._running = Crawl(self._order(kept, now), self.settings.time_limit, self.command)
        try:
            yield from self._batches(crawl, kept, now, began)
        except CrawlTooLong:
            limit = f"{self.settings.time_limit:g} seconds"
            what = f"[time_limit] the crawl did not end within {limit} and was ended by force"
            advice = "It goes on at the next fetch; raise time_limit, or look why the forum is so slow."
            raise Unavailable(self._sentence(what, advice)) from None
        except CrawlDied as died:
            what = "it was stopped" if self._stopped else f"[died] the crawl's process ended early ({died})"
            raise Unavailable(self._sentence(what, "It is tried again later.")) from None
        finally:
            with self._lock:
                self._running = None
            crawl.close()

    def _place(self) -> list[str]:
        return [self._site.site, *sorted({urlsplit(url).netloc for url in self.settings.start_urls})]

    def _order(self, kept: Cursor, now: datetime) -> str:
        settings = self.settings
        order = {
            "site": self._site.model_dump(mode="json"),
            "state": {key: item for key, item in kept.items() if key != "site"} or None,
            "now": now.isoformat(),
            "timezone": self._zone.key,
            **settings.model_dump(
                mode="json",
                include={
                    "start_urls", "pages", "list_pages", "delay", "timeout", "time_limit", "user_agent", "max_bytes",
                },
            ),
        }  # fmt: skip
        return json.dumps(order)

    def _batches(self, crawl: Crawl, kept: Cursor, now: datetime, began: float) -> Iterator[Batch]:
        cursor: Cursor = {"site": self._place(), **kept}
        fetched: list[Fetched] = []
        rejected: list[Rejected] = []
        items = posts = 0
        passed = {"without the words": 0, "too old": 0}
        changes, sent = False, time.monotonic()
        records = crawl.lines(PATIENCE)
        while True:
            try:
                record = next(records)
            except (CrawlTooLong, CrawlDied):
                # Each line is a whole page with its place in the cursor: what has come is good.
                if changes:
                    yield Batch(tuple(fetched), cursor, tuple(rejected))
                raise
            if record is not None and "end" in record:
                end = record["end"]
                notes = self._counted(end, items, posts)
                notes += [f"{number} posts {why} passed over" for why, number in passed.items() if number]
                yield Batch(tuple(fetched), cursor, tuple(rejected), "; ".join(notes)[:1000])
                if end["fault"]:
                    raise self._error(end["fault"], now + timedelta(seconds=time.monotonic() - began))
                return
            if record is not None:
                item = record["item"]
                items, posts, changes = items + 1, posts + len(item["posts"]), True
                if record["number"] != items:
                    self._counted({"items": record["number"], "posts": posts, "errors": 0}, items, posts)
                for post in item["posts"]:
                    found = self._mention(post, now)
                    if isinstance(found, Rejected):
                        rejected.append(found)
                    elif why := self._passed_over(found, post, now):
                        passed[why] += 1
                    else:
                        fetched.append(found)
                rejected += [Rejected(bad["reason"], storable(bad["raw"]), bad["native_id"]) for bad in item["bad"]]
                cursor = changed(cursor, item["change"])
            waited = time.monotonic() - sent > PATIENCE and changes
            if len(fetched) + len(rejected) >= BATCH or waited:
                yield Batch(tuple(fetched), cursor, tuple(rejected))
                fetched, rejected, changes, sent = [], [], False, time.monotonic()

    def _counted(self, end: Mapping[str, Any], items: int, posts: int) -> list[str]:
        """The evidence of a whole crawl; raises where the spider counts otherwise than the lines that arrived."""
        if end["items"] != items or end["posts"] != posts:
            what = (
                f"[miscounted] the spider counted {end['posts']} posts in {end['items']} pages, "
                f"{posts} in {items} arrived"
            )
            raise Unreadable(self._sentence(what, "It is read again at the next fetch."))
        if end["errors"]:
            what = "[died] the crawl broke off by a mistake in Nöbet's spider"
            raise Unavailable(self._sentence(what, "It is tried again later; please report it."))
        return [f"{end['pages']} pages, {posts} posts", *dict.fromkeys(end["notes"])]

    def _mention(self, post: Mapping[str, Any], now: datetime) -> Fetched | Rejected:
        raw = storable(post)
        extra = {"channel": self._site.channel}
        if post.get("title"):
            extra["title"] = str(post["title"])[:500]
        try:
            mention, _ = parse_mention(
                {
                    "source": self.settings.source,
                    "native_id": post["native_id"],
                    "text": post["text"],
                    "author": post["author"],
                    "url": post["url"],
                    "published_at": post["published_at"],
                    "thread_id": post["thread"],
                    "engagement": {"likes": post["likes"]},
                    "extra": storable(extra),
                },
                now=now,
            )
        except MentionError as error:
            return Rejected(str(error), raw, post.get("native_id"))
        return Fetched(mention, raw)

    def _passed_over(self, found: Fetched, post: Mapping[str, Any], now: datetime) -> str:
        settings = self.settings
        if settings.max_age_days is not None:
            age = now - found.mention.published_at
            if age > timedelta(days=settings.max_age_days):
                return "too old"
        if settings.words:
            text = search_text(f"{found.mention.text} {post.get('title') or ''}")
            if not any(search_text(word) in text for word in settings.words):
                return "without the words"
        return ""

    def _sentence(self, what: str, advice: str) -> str:
        return f'Source "{self.settings.source}": {what}. {KEPT} {advice}'.strip()

    def _error(self, fault: Mapping[str, Any], at: datetime) -> CollectorError:
        """A fault of the crawl as the protocol's error; the sentence begins with its reason code."""
        code, url, detail = fault["code"], fault["url"][:120], fault["detail"][:160]
        why = {
            "robots": f"robots.txt does not allow reading {url}",
            "robots_unreadable": f"{detail}, so {url} was not read",
            "bot_protection": f"{url} answered with a bot-protection page ({detail})",
            "forbidden": f"{url} refused ({fault['status'] or detail})",
            "gone": f"{url} does not exist ({fault['status']})",
            "rate_limited": f"{url} asked for fewer requests (429)",
            "server_error": f"{url} answered {fault['status']}",
            "timeout": f"{url} gave {detail}",
            "unreachable": f"{url} could not be reached ({detail})",
            "too_large": f"{url} is {detail}",
            "layout": f"on {url}, {detail} (site file {self.settings.site[-80:]})",
        }[code]
        advice = _ADVICE.get(code, "It is tried again later.")
        sentence = self._sentence(f"[{code}] {why}", advice)
        if code == "rate_limited":
            return RateLimited(sentence, wait_until({"retry-after": fault["retry_after"] or ""}, at))
        if code in ("robots", "bot_protection", "forbidden", "gone"):
            return Refused(sentence)
        if code in ("layout", "too_large"):
            return Unreadable(sentence)
        return Unavailable(sentence)
