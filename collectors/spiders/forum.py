"""The Scrapy spider that reads a forum: it fetches what the walk asks for, politely, and does nothing else.

robots.txt is always obeyed (RFC 9309: a robots.txt that cannot be read forbids everything), its Crawl-delay too. One
page at a time, AutoThrottle on, no cookies, no logins, no way around bot protection, no address inside the network.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo

import scrapy
from pydantic import BaseModel, ConfigDict
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadTimeoutError,
    IgnoreRequest,
)
from scrapy.http import HtmlResponse, Request, Response, TextResponse, XmlResponse

from collectors.spiders.guard import INSIDE, InsideNetwork
from collectors.spiders.pages import (
    MAX_PAGE,
    ListPage,
    ThreadLink,
    ThreadPage,
    bot_protection,
    clean_url,
    place,
    read_list,
    read_thread,
    thread_id,
)
from collectors.spiders.site import Site
from collectors.spiders.steps import Ask, Fault, Found, Plan, Reply, State
from collectors.spiders.threads import Walk
from mention import clean_text

MAX_HOPS = 5
"""Redirects followed from one page; RFC 9110 names no number, browsers stop at 20, a forum needs two."""

GRACE = 0.8
"""Part of the time limit after which no further page is asked for, so that a crawl ends by itself."""

ROBOT = "Nobet"
"""The name under which robots.txt may address us."""


class Order(BaseModel):
    """What a crawl is told: the settings of its source, the site, the state and the time it starts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    site: Site
    start_urls: tuple[str, ...]
    topics: tuple[tuple[str, str], ...] = ()
    """Threads read in each crawl, as (id, address)."""
    state: State | None
    now: datetime
    timezone: str
    pages: int
    list_pages: int
    delay: float
    timeout: float
    time_limit: float
    user_agent: str
    max_bytes: int
    thread_pages: int = 0
    """Pages read of one thread, where threads are read backwards; 0: all."""
    oldest: datetime | None = None
    """Posts before this time are of no interest."""
    requests: int | None = None
    """Requests that the source's budget has left; None: any number."""
    private_network: bool = False

    @property
    def plan(self) -> Plan:
        """How the site is walked."""
        topics = tuple(ThreadLink(name, url) for name, url in self.topics)
        ordered = self.site.threads.order == "activity"
        return Plan(topics, self.site.posts.page_url, self.thread_pages, self.oldest, ordered, self.now)


class RobotsUnreadable(IgnoreRequest):
    """robots.txt gave no answer, so nothing of the host may be read."""


class Robots(RobotsTxtMiddleware):
    """Scrapy's robots.txt middleware, but one that is unreachable forbids (RFC 9309 2.3.1.4) instead of allowing."""

    def __init__(self, crawler: Any) -> None:
        super().__init__(crawler)
        self._unreadable: dict[str, str] = {}

    def process_request_2(self, rp: Any, request: Request) -> None:
        """Refuse the request where robots.txt forbids it or could not be read."""
        why = self._unreadable.get(request.url.split("/")[2])
        if why:
            raise RobotsUnreadable(why)
        super().process_request_2(rp, request)

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        if response.status >= 500 or response.status == 429:
            self._unreadable[netloc] = f"robots.txt answered {response.status}"
        elif response.status >= 300:
            response = response.replace(body=b"")  # there is none: RFC 9309 2.3.1.3
        await super()._parse_robots(response, netloc, request)
        rules = getattr(self._parsers[netloc], "rp", None)
        pause = rules.crawl_delay(ROBOT) if rules else None
        if pause:
            self.crawler.spider.pause = max(self.crawler.spider.pause, float(pause))  # type: ignore[union-attr]

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        if not isinstance(exc, IgnoreRequest):
            self._unreadable[netloc] = f"robots.txt could not be fetched ({type(exc).__name__})"
        super()._robots_error(exc, netloc)


class ForumSpider(scrapy.Spider):
    """One crawl of a forum. Its items are JSON objects with `posts`, `bad`, `change` (of the state) and `requests`
    (made so far)."""

    name = "forum"

    def __init__(self, order: Order, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.order = order
        self.walk = Walk(order.start_urls, order.state, order.list_pages, order.plan)
        self.pages = 0
        self.requests = 0
        self.posts = 0
        self.pause = 0.0
        self.stopped = ""
        self._zone = ZoneInfo(order.timezone)
        self._allowed = frozenset(place(url) for url in (*order.start_urls, *(url for _, url in order.topics)))
        self._hosts: set[str] = set()
        self._began = time.monotonic()
        self._last = 0.0

    async def start(self) -> AsyncIterator[Request]:
        """A request that asks nobody, so that the whole crawl runs in a callback: an engine that is still starting
        notices an idle spider only at its next heartbeat, 5 seconds later."""
        yield Request("data:,", callback=self.crawl)

    async def crawl(self, _response: Response) -> AsyncIterator[dict[str, Any]]:
        """The items of the whole crawl; pages are asked for one after another ('inline requests' in Scrapy's docs)."""
        steps = self.walk.run()
        reply: Reply | None = None
        while True:
            try:
                step = steps.send(reply)
            except StopIteration:
                return
            reply = None
            if isinstance(step, Found):
                self.posts += len(step.posts)
                found = {"posts": list(step.posts), "bad": list(step.bad), "change": step.change}
                yield {**found, "requests": self.requests}
            else:
                reply = await self._reply(step)

    def _left(self) -> float:
        """What is left of the crawl, from 1 to 0: of its pages or of its time, whichever is less."""
        spent = (time.monotonic() - self._began) / (self.order.time_limit * GRACE)
        return min(1 - self.pages / self.order.pages, 1 - spent)

    async def _reply(self, ask: Ask) -> Reply:
        wait = self._last + self.pause - time.monotonic()
        left = self._left() - (max(0.0, wait) / (self.order.time_limit * GRACE) if self.pages else 0.0)
        if left <= 0:
            self.stopped = f"stopped after {self.pages} pages, goes on in the next crawl"
            return Reply(None, 0.0)
        if wait > 0 and self.pages:
            await asyncio.sleep(wait)
        self.pages += 1
        answer = await self._get(ask.url)
        self._last = time.monotonic()
        if answer is None:
            self.stopped = f"stopped after {self.pages} pages: the budget of requests is used up"
            return Reply(None, 0.0)
        page = answer if isinstance(answer, Fault) else self._read(ask, answer)
        return Reply(page, max(self._left(), 0.0))

    def _affordable(self, url: str) -> bool:
        """Whether the budget has a request left for a page, and one for its host's robots.txt before the first."""
        needed = 1 if place(url)[1] in self._hosts else 2
        self._hosts.add(place(url)[1])
        return self.order.requests is None or self.requests + needed <= self.order.requests

    async def _get(self, url: str) -> TextResponse | Fault | None:
        """The page at an address of the forum, None where the budget is used up; a redirect is followed only where it
        stays on the forum."""
        assert self.crawler.engine is not None
        for _ in range(MAX_HOPS):
            if not self._affordable(url):
                return None
            # dont_redirect: robots.txt may be redirected by Scrapy, pages only by the rule below.
            request = Request(url, meta={"dont_redirect": True}, dont_filter=True)
            try:
                response = await self.crawler.engine.download_async(request)
            except InsideNetwork:
                return Fault("private", url)
            except RobotsUnreadable as error:
                inside = urlsplit(url).hostname in INSIDE
                return Fault("private", url) if inside else Fault("robots_unreadable", url, str(error))
            except IgnoreRequest:
                return Fault("robots", url)
            except DownloadTimeoutError:
                return Fault("timeout", url, f"no answer within {self.order.timeout:g} seconds")
            except DownloadCancelledError:
                return Fault("too_large", url, f"larger than {self.order.max_bytes:,} bytes")
            except (CannotResolveHostError, DownloadConnectionRefusedError) as error:
                inside = urlsplit(url).hostname in INSIDE
                return Fault("private", url) if inside else Fault("unreachable", url, type(error).__name__)
            except Exception as error:  # every other way in which a download fails is one of the network's
                return Fault("unreachable", url, type(error).__name__)
            target = response.headers.get("Location")
            if response.status not in (301, 302, 303, 307, 308) or target is None:
                return self._checked(response, url)
            url = clean_url(urljoin(response.url, target.decode("latin-1")), self.order.site)
            if place(url) not in self._allowed:
                return Fault("moved", response.url, place(url)[1][:100])
        return Fault("unreachable", url, f"more than {MAX_HOPS} redirects")

    def _checked(self, response: Response, url: str) -> TextResponse | Fault:
        status = response.status
        html = response.text if isinstance(response, TextResponse) else ""
        headers = {
            name.decode("latin-1").lower(): b", ".join(values).decode("latin-1")
            for name, values in response.headers.items()
        }
        if status in (401, 403, 429, 503) or "cf-mitigated" in headers:
            shown = bot_protection(status, headers, html, self.order.site.interstitial)
            if shown:
                return Fault("bot_protection", url, shown, status)
        if status == 429:
            return Fault("rate_limited", url, "", status, headers.get("retry-after"))
        if status in (404, 410):
            return Fault("gone", url, "", status)
        if status >= 500 or status == 408:
            return Fault("server_error", url, "", status)
        if status >= 400:
            return Fault("forbidden", url, "", status)
        if not isinstance(response, HtmlResponse | XmlResponse) and "<" not in html:
            return Fault("layout", url, "the answer is not an HTML page", status, page=clean_text(html[:MAX_PAGE]))
        assert isinstance(response, TextResponse)
        return response

    def _read(self, ask: Ask, response: TextResponse) -> ListPage | ThreadPage | Fault:
        site, html = self.order.site, response.text
        if ask.thread is None:
            listed = read_list(html, response.url, site, self._allowed, ask.start, ask.number)
            found, page = bool(listed.threads or listed.empty), listed
            return page if found or not (shown := self._shown(response)) else Fault("bot_protection", ask.url, shown)
        now = self.order.now + timedelta(seconds=time.monotonic() - self._began)
        # A thread that was asked for by its title is known by its id from its address on.
        name = thread_id(response.url, site) if site.posts.page_url else ask.thread
        thread = read_thread(html, response.url, name, ask.first, site, self._zone, now, self._allowed)
        if not thread.posts and not thread.bad and (shown := self._shown(response)):
            return Fault("bot_protection", ask.url, shown)
        return thread

    def _shown(self, response: TextResponse) -> str | None:
        return bot_protection(response.status, {}, response.text, self.order.site.interstitial)


def scrapy_settings(order: Order) -> dict[str, Any]:
    """Scrapy's settings for a crawl: polite, with limits, without anything that listens, writes or remembers."""
    return {
        "USER_AGENT": order.user_agent,
        "ROBOTSTXT_OBEY": True,
        "ROBOTSTXT_USER_AGENT": ROBOT,
        "DOWNLOADER_MIDDLEWARES": {
            "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
            **({} if order.private_network else {"collectors.spiders.guard.Guard": 50}),
            "collectors.spiders.forum.Robots": 100,
            "collectors.spiders.guard.Count": 990,
        },
        "DEFAULT_REQUEST_HEADERS": {
            "Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5",
            "Accept-Language": order.site.accept_language,
        },
        "CONCURRENT_REQUESTS": 1,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        "DOWNLOAD_DELAY": order.delay,
        "AUTOTHROTTLE_ENABLED": True,
        "AUTOTHROTTLE_START_DELAY": order.delay,
        "AUTOTHROTTLE_MAX_DELAY": max(order.delay, 30.0),
        "AUTOTHROTTLE_TARGET_CONCURRENCY": 1.0,
        "DOWNLOAD_TIMEOUT": order.timeout,
        "DNS_TIMEOUT": order.timeout,
        "TWISTED_DNS_RESOLVER": (
            "scrapy.resolver.CachingThreadedResolver"
            if order.private_network
            else "collectors.spiders.guard.PublicResolver"
        ),
        "DOWNLOAD_MAXSIZE": order.max_bytes,
        "DOWNLOAD_WARNSIZE": 0,
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        # A page that failed is asked for again in the next crawl, after the pause that the worker makes.
        "RETRY_ENABLED": False,
        "METAREFRESH_ENABLED": False,
        "COOKIES_ENABLED": False,
        "HTTPCACHE_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False,
        "EXTENSIONS_BASE": {
            "scrapy.extensions.corestats.CoreStats": 0,
            "scrapy.extensions.throttle.AutoThrottle": 0,
        },
        "STATS_DUMP": False,
        "LOG_LEVEL": "WARNING",
    }
