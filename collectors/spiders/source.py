"""What the collectors that crawl have in common: a crawl in a process of its own, and batches made of its lines.

A collector names its site (selectors), the lists it starts from and the threads it always reads; this file orders the
crawl, counts what arrives, charges the meter and says in sentences what went wrong.
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

from collectors.addresses import ADVICE
from collectors.meter import meter
from collectors.plain import storable
from collectors.protocol import (
    Batch,
    CollectorError,
    Cursor,
    Fetched,
    RateLimited,
    Reach,
    Refused,
    Rejected,
    SourceSettings,
    Unavailable,
    Unreadable,
)
from collectors.spiders.process import COMMAND, Crawl, CrawlDied, CrawlTooLong
from collectors.spiders.site import Site, checked_zone
from collectors.spiders.threads import changed
from collectors.transport import KEPT, wait_until
from mention import MentionError, parse_mention, search_text

BATCH = 100
"""Posts after which a batch is yielded."""

PATIENCE = 5.0
"""Seconds after which what has come is yielded although it is less than a batch, so that a slow forum's posts do not
wait for the crawl's end."""

FIRST_COST = 2
"""Requests that a crawl cannot do without: robots.txt and a page."""

_ADVICE = {
    "robots": "Leave it out, or ask the forum's owner for another way (a feed, an export).",
    "robots_unreadable": "Nothing may be read without it; it is tried again later.",
    "bot_protection": "Nöbet does not go around it: ask the forum's owner for another way (a feed, an export).",
    "forbidden": "Check the addresses in the configuration, and whether guests may read there.",
    "gone": "Check the addresses in the configuration.",
    "moved": "Nothing was read there. If the site has moved, put its new address into the configuration.",
    "private": ADVICE,
    "layout": "Compare the selectors in the site file with the page; the forum may have changed its layout.",
    "too_large": "Raise max_bytes if the page is meant to be that large.",
}


class CrawlSettings(SourceSettings):
    """How far and how gently a site is read."""

    every: float = Field(900.0, gt=0, description="seconds between two crawls, to begin with")
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
    max_bytes: int = Field(20_971_520, ge=1000, description="bytes of one page, unpacked; a larger one is refused")

    @field_validator("timezone")
    @classmethod
    def _is_zone(cls, value: str | None) -> str | None:
        return value if value is None else checked_zone(value)

    @model_validator(mode="after")
    def _terms_were_read(self) -> CrawlSettings:
        if self.enabled and not self.terms_read:
            raise ValueError(
                "field 'terms_read' is not true: read the forum's terms of use, and set it to true if they allow "
                "reading it with a program, or set 'enabled: false'"
            )
        return self


def web_addresses(value: tuple[str, ...]) -> tuple[str, ...]:
    """Addresses of a setting, each once. Raises ValueError for what is no http or https address."""
    for url in value:
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
            raise ValueError(f"{url[:100]!r} is not an http or https address")
    return tuple(dict.fromkeys(value))


class CrawlCollector:
    """One crawl a fetch; the cursor is the state of `collectors.spiders.threads`, with the site's name and hosts.

    `starts` are thread lists, `topics` threads that are read in each crawl (id and address), `thread_pages` how many
    pages of one thread are read backwards (0: all).
    """

    command: ClassVar[tuple[str, ...]] = COMMAND
    """What is started for a crawl."""

    def __init__(
        self, settings: CrawlSettings, site: Site, starts: tuple[str, ...], topics: tuple[tuple[str, str], ...] = (),
        thread_pages: int = 0, called: str = "",
    ) -> None:  # fmt: skip
        self.settings: Any = settings
        self._site = site
        self._starts = starts
        self._topics = topics
        self._thread_pages = thread_pages
        self._called = called or site.site
        self._zone = ZoneInfo(settings.timezone or site.timezone)
        self._running: Crawl | None = None
        self._lock = threading.Lock()
        self._stopped = False

    def stop(self) -> None:
        """End a running crawl, from any thread; its `fetch` raises Unavailable and what it yielded remains good."""
        with self._lock:
            self._stopped = True
            if self._running:
                self._running.kill()

    def rewound(self, cursor: Cursor | None, to: datetime) -> Cursor | None:
        """A cursor from which lists and threads are read down to `to` (aware UTC) again, as far as they reach."""
        if self._site.threads.order != "activity" and not self._topics:
            return None  # a search does not say how far back it reaches
        return {"site": self._place(), "floor": to.astimezone(UTC).isoformat()}

    def fetch(self, cursor: Cursor | None, now: datetime) -> Iterator[Batch]:
        """What one crawl finds after `cursor`; see the protocol."""
        now = now.astimezone(UTC)
        kept = dict(cursor or {})
        if kept.get("site") != self._place():  # another forum under the old name: its threads mean nothing here
            kept = {}
        began = time.monotonic()
        order = self._order(kept, now)
        with self._lock:
            if self._stopped:
                raise Unavailable(self._sentence("it was stopped", ""))
            crawl = self._running = Crawl(order, self.settings.time_limit, self.command)
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
        urls = (*self._starts, *(url for _, url in self._topics))
        return [self._site.site, *sorted({urlsplit(url).netloc for url in urls})]

    def _order(self, kept: Cursor, now: datetime) -> str:
        settings = self.settings
        oldest = None if settings.max_age_days is None else now - timedelta(days=settings.max_age_days)
        order = {
            "site": self._site.model_dump(mode="json"),
            "start_urls": self._starts,
            "topics": self._topics,
            "thread_pages": self._thread_pages,
            "state": {key: item for key, item in kept.items() if key != "site"} or None,
            "now": now.isoformat(),
            "oldest": oldest and oldest.isoformat(),
            "timezone": self._zone.key,
            "requests": _requests_left(),
            **settings.model_dump(
                mode="json",
                include={
                    "pages", "list_pages", "delay", "timeout", "time_limit", "user_agent", "max_bytes",
                    "private_network",
                },
            ),
        }  # fmt: skip
        return json.dumps(order)

    def _batches(self, crawl: Crawl, kept: Cursor, now: datetime, began: float) -> Iterator[Batch]:
        cursor: Cursor = {"site": self._place(), **kept}
        fetched: list[Fetched] = []
        rejected: list[Rejected] = []
        items = posts = charged = 0
        passed = {"without the words": 0, "too old": 0}
        changes, sent = False, time.monotonic()
        records = crawl.lines(PATIENCE)
        while True:
            try:
                record = next(records)
                charged += _charge((record or {}).get("end") or (record or {}).get("item") or {}, charged)
            except (CrawlTooLong, CrawlDied, CollectorError):
                # Each line is a whole page with its place in the cursor: what has come is good.
                if changes:
                    yield Batch(tuple(fetched), cursor, tuple(rejected))
                raise
            if record is not None and "end" in record:
                end = record["end"]
                notes = self._counted(end, items, posts)
                notes += [f"{number} posts {why} passed over" for why, number in passed.items() if number]
                reach = _reach(end)
                if reach is not None:
                    # What was gathered for it is said with it, and begins anew.
                    cursor = {key: item for key, item in cursor.items() if key not in ("proof", "floor")}
                    cursor["complete"] = True
                yield Batch(tuple(fetched), cursor, tuple(rejected), "; ".join(notes)[:1000], reach)
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
        if post.get("edited_at"):
            extra["edited_at"] = post["edited_at"]
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
            "moved": f"{url} leads to another site now, {detail}",
            "private": f"{url} is an address inside a private network",
            "rate_limited": f"{url} asked for fewer requests (429)",
            "server_error": f"{url} answered {fault['status']}",
            "timeout": f"{url} gave {detail}",
            "unreachable": f"{url} could not be reached ({detail})",
            "too_large": f"{url} is {detail}",
            "layout": f"on {url}, {detail} (site file {self._called[-80:]})",
        }[code]
        advice = _ADVICE.get(code, "It is tried again later.")
        sentence = self._sentence(f"[{code}] {why}", advice)
        error: CollectorError
        if code == "rate_limited":
            error = RateLimited(sentence, wait_until({"retry-after": fault["retry_after"] or ""}, at))
        elif code in ("robots", "bot_protection", "forbidden", "gone", "moved", "private"):
            error = Refused(sentence)
        elif code in ("layout", "too_large"):
            error = Unreadable(sentence)
        else:
            error = Unavailable(sentence)
        error.page = fault.get("page")
        return error


def _requests_left() -> int | None:
    """How many requests the fetch's budget allows, None for any number. Raises BudgetSpent where it is too few."""
    budget = meter()
    if budget.request_limit is None:
        return None
    left = budget.request_limit.left - budget.requests
    while left < FIRST_COST:  # what is left of it is of no use to a crawl
        budget.request()
        left -= 1
    return left


def _charge(record: Mapping[str, Any], charged: int) -> int:
    """Charge the requests that a crawl made since the last line; returns how many. Raises BudgetSpent."""
    made = max(0, int(record.get("requests") or 0) - charged)
    for _ in range(made):
        meter().request()
    return made


def _reach(end: Mapping[str, Any]) -> Reach | None:
    said = end.get("reach")
    if not said or end["fault"]:
        return None
    since = datetime.fromisoformat(said["since"]) if said["since"] else None
    return Reach(said["proof"], since, bool(said["gap"]))
