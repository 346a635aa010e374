"""One crawl in its own process: `python -m collectors.spiders.crawl`, started by `collectors.spiders.process`.

A process per crawl, because Twisted's reactor cannot be started twice. The order comes as one JSON line on standard
input; each item goes out as one JSON line on standard output, then a closing line that counts them. When standard
input ends early, whoever ordered the crawl is gone, and the crawl ends too.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import threading
from typing import Any, BinaryIO

from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess

from collectors.spiders.forum import ForumSpider, Order, scrapy_settings


class Lines:
    """Writes each item of a crawl as a line, and the closing line."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._count = 0

    def write(self, record: dict[str, Any]) -> None:
        """One JSON object as one line, at once."""
        self._out.write(json.dumps(record, ensure_ascii=True, separators=(",", ":")).encode() + b"\n")
        self._out.flush()

    def item(self, item: dict[str, Any]) -> None:
        """Receiver of Scrapy's item_scraped signal; a bound method of an object that lives as long as the crawl,
        because Scrapy holds receivers weakly and would silently lose the items of any other."""
        self._count += 1
        self.write({"item": item, "number": self._count})


def crawl(order: Order, lines: Lines) -> None:
    """Crawl as ordered; returns when the closing line is written."""
    process = AsyncCrawlerProcess(scrapy_settings(order))
    crawler = process.create_crawler(ForumSpider)
    crawler.signals.connect(lines.item, signal=signals.item_scraped)
    process.crawl(crawler, order=order)
    process.start()
    spider, stats = crawler.spider, crawler.stats
    assert isinstance(spider, ForumSpider) and stats is not None
    fault = dataclasses.asdict(spider.walk.fault) if spider.walk.fault else None
    notes = [*spider.walk.notes[-20:], spider.stopped] if spider.stopped else spider.walk.notes[-20:]
    lines.write(
        {
            "end": {
                "items": stats.get_value("item_scraped_count", 0),
                "posts": spider.posts,
                "pages": spider.pages,
                "requests": spider.requests,
                "reach": None if spider.stopped else spider.walk.reach,
                "thread_pages": spider.walk.thread_pages,
                "errors": stats.get_value("spider_exceptions/count", 0),
                "fault": fault,
                "notes": notes,
            }
        }
    )


def main() -> None:
    """Read the order, end with whoever gave it, crawl."""
    # Only our lines may go to standard output, whatever a library prints.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    order = Order.model_validate_json(sys.stdin.buffer.readline())

    def end_with_the_caller() -> None:
        sys.stdin.buffer.read()
        os._exit(3)

    threading.Thread(target=end_with_the_caller, daemon=True).start()
    crawl(order, Lines(out))


if __name__ == "__main__":
    main()
