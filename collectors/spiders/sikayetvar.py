"""The crawl of Şikayetvar in its own process: `python -m collectors.spiders.sikayetvar`.

The forum's spider with its manners (robots.txt obeyed, one page at a time, no cookies, bot protection is an end and not
an obstacle), with the portal's pages and the walk of `collectors.complaints.walk`. The order and the lines are those of
`collectors.spiders.crawl`.
"""

from __future__ import annotations

import dataclasses
import os
import sys
import threading
import time
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from parsel import Selector
from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import TextResponse

from collectors.complaints.portal import Detail, ListPage, read_detail, read_list
from collectors.complaints.walk import Walk
from collectors.spiders.crawl import Lines
from collectors.spiders.forum import ForumSpider, Order, scrapy_settings
from collectors.spiders.steps import Ask, Fault


class PortalOrder(Order):
    """What a crawl of the portal is told, beside what a forum's is."""

    brand: str
    follow_days: float
    follow_pages: int


class SikayetvarSpider(ForumSpider):
    """One crawl of a brand's complaints; an item holds what one page brought and the changes to the state."""

    name = "sikayetvar"

    def __init__(self, order: PortalOrder, **kwargs: Any) -> None:
        super().__init__(order, **kwargs)
        parts = urlsplit(order.start_urls[0])
        self._base = f"{parts.scheme}://{parts.netloc}"
        self.portal = self.walk = Walk(  # type: ignore[assignment]
            order.brand, order.state, order.list_pages, now=order.now, follow_days=order.follow_days,
            follow_pages=order.follow_pages, base=self._base,
        )  # fmt: skip
        self._brand = order.brand

    def _read(self, ask: Ask, response: TextResponse) -> ListPage | Detail | Fault:  # type: ignore[override]
        now = self.order.now + timedelta(seconds=time.monotonic() - self._began)
        html = _text(response)
        if ask.thread is None:
            listed = read_list(html, response.url, self._brand, self._base)
            if listed.cards or listed.empty or not (shown := self._shown(response)):
                return listed
            return Fault("bot_protection", ask.url, shown)
        detail = read_detail(html, ask.url, now, self._base)
        if not detail.removed and urlsplit(response.url).path.rstrip("/") != urlsplit(ask.url).path.rstrip("/"):
            # Led elsewhere: to the brand's page, where the complaint is gone, or to its new address.
            if Selector(html).css("div.complaint-detail-description"):
                return detail
            return Fault("gone", ask.url, "it leads to another page")
        if detail.lacks and (shown := self._shown(response)):
            return Fault("bot_protection", ask.url, shown)
        return detail


def _text(response: TextResponse) -> str:
    """A page's text. UTF-8 proves itself, whatever the header says; no Turkish date can be read in a wrong charset."""
    try:
        return response.body.decode("utf-8")
    except UnicodeDecodeError:
        return response.text


def crawl(order: PortalOrder, lines: Lines) -> None:
    """Crawl as ordered; returns when the closing line is written."""
    process = AsyncCrawlerProcess(scrapy_settings(order))
    crawler = process.create_crawler(SikayetvarSpider)
    crawler.signals.connect(lines.item, signal=signals.item_scraped)
    process.crawl(crawler, order=order)
    process.start()
    spider, stats = crawler.spider, crawler.stats
    assert isinstance(spider, SikayetvarSpider) and stats is not None
    walk = spider.portal
    lines.write(
        {
            "end": {
                "items": stats.get_value("item_scraped_count", 0),
                "posts": spider.posts,
                "pages": spider.pages,
                "errors": stats.get_value("spider_exceptions/count", 0),
                "requests": spider.requests,
                "fault": dataclasses.asdict(walk.fault) if walk.fault else None,
                "reach": None if spider.stopped else walk.reach,
                "notes": [*walk.notes[-20:], *([spider.stopped] if spider.stopped else [])],
            }
        }
    )


def main() -> None:
    """Read the order, end with whoever gave it, crawl."""
    # Only our lines may go to standard output, whatever a library prints.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    order = PortalOrder.model_validate_json(sys.stdin.buffer.readline())

    def end_with_the_caller() -> None:
        sys.stdin.buffer.read()
        os._exit(3)

    threading.Thread(target=end_with_the_caller, daemon=True).start()
    crawl(order, Lines(out))


if __name__ == "__main__":
    main()
