"""The process of a crawl: it ends in time with all its children, and what it does not deliver is noticed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collectors.forum import ForumCollector, ForumSettings
from collectors.protocol import CollectorError, Unavailable, Unreadable
from collectors.spiders.process import Crawl, CrawlDied, CrawlTooLong
from tests.integration.faulty_server import Answer, FaultyServer

NOW = datetime(2026, 11, 21, 11, 5, tzinfo=UTC)
POST = {
    "native_id": "1", "thread": "t", "url": "http://forum.test/1", "author": "a", "date": "x", "title": None,
    "html": "x", "text": "x", "likes": 0, "published_at": "2026-11-21T10:00:00+00:00",
}  # fmt: skip
ITEM = {"posts": [POST], "bad": [], "change": {"threads": {"t": {"page": "p", "last": ["1"]}}}}
END = {"items": 1, "posts": 1, "pages": 2, "thread_pages": 1, "errors": 0, "fault": None, "notes": []}


def gone(pid: int) -> bool:
    """Whether a process has ended (a zombie that its new parent has not fetched yet has)."""
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < until, "it did not happen within 30 seconds"
        time.sleep(0.02)


def run(script: str, time_limit: float = 60.0) -> Crawl:
    return Crawl("{}", time_limit, (sys.executable, "-c", script))


def test_a_crawl_is_killed_at_its_limit_with_its_children_and_its_lines_are_kept() -> None:
    script = (
        "import subprocess, sys, json, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print(json.dumps({'item': child.pid, 'number': 1}), flush=True)\n"
        "print('{\"item\": \"half a li', end='', flush=True)\n"
        "time.sleep(600)"
    )
    crawl = run(script, time_limit=3.0)
    lines = crawl.lines(patience=30)
    record = next(lines)
    assert record is not None
    with pytest.raises(CrawlTooLong):
        next(lines)
    crawl.close()
    wait_until(lambda: gone(record["item"]) and gone(crawl.process.pid))


def test_a_crawl_that_dies_says_its_last_words() -> None:
    crawl = run("import sys; sys.exit('no memory left')")
    with pytest.raises(CrawlDied, match="no memory left"):
        list(crawl.lines(30))
    crawl.close()
    crawl = run("import os; os._exit(9)")
    with pytest.raises(CrawlDied, match="exit status 9"):
        list(crawl.lines(30))
    crawl.close()
    crawl = run("print('not json')")
    with pytest.raises(CrawlDied, match="not JSON"):
        list(crawl.lines(30))
    crawl.close()


CALLER = """
import json, sys, threading, time
from datetime import UTC, datetime
from collectors.registry import collector_for
collector = collector_for(json.loads(sys.argv[1]))
threading.Thread(target=lambda: list(collector.fetch(None, datetime.now(UTC))), daemon=True).start()
while collector._running is None:
    time.sleep(0.01)
print(collector._running.process.pid, flush=True)
time.sleep(600)
"""


def test_a_crawl_ends_with_the_process_that_ordered_it() -> None:
    with FaultyServer(lambda request: Answer(hang=True)) as server:
        order = {
            "kind": "forum",
            "site": "spirit",
            "start_urls": [server.url],
            "terms_read": True,
            "private_network": True,
        }
        caller = subprocess.Popen(
            [sys.executable, "-c", CALLER, json.dumps(order)], cwd=Path(__file__).parents[2], stdout=subprocess.PIPE
        )
        assert caller.stdout is not None
        pid = int(caller.stdout.readline())
        wait_until(lambda: bool(server.requests))  # it is crawling
        assert not gone(pid)
        os.kill(caller.pid, signal.SIGKILL)
        caller.wait()
        caller.stdout.close()
        wait_until(lambda: gone(pid))


def collector(*records: object) -> ForumCollector:
    """A forum collector whose crawl writes these lines and ends."""

    class Scripted(ForumCollector):
        command = (sys.executable, "-c", "import sys; sys.stdout.write(sys.argv[1])", "".join(map(line, records)))

    settings = {"kind": "forum", "site": "spirit", "start_urls": ("http://forum.test/",), "terms_read": True}
    return Scripted(ForumSettings.model_validate(settings))


def line(record: object) -> str:
    return json.dumps(record) + "\n"


def test_items_that_arrive_are_counted_against_the_spider() -> None:
    batches = list(collector({"item": ITEM, "number": 1}, {"end": END}).fetch(None, NOW))
    assert [item.mention.native_id for batch in batches for item in batch.fetched] == ["1"]
    assert batches[-1].cursor["threads"] == {"t": {"page": "p", "last": ["1"]}}


@pytest.mark.parametrize(
    "records",
    [
        [{"item": ITEM, "number": 2}, {"end": {**END, "items": 2, "posts": 2}}],
        [{"item": ITEM, "number": 1}, {"end": {**END, "items": 2}}],
        [{"item": ITEM, "number": 1}, {"end": {**END, "posts": 3}}],
        [{"end": END}],
    ],
    ids=["a line is missing in the middle", "a line is missing at the end", "a post is missing", "all are missing"],
)
def test_a_spider_that_counts_otherwise_is_not_believed(records: list[object]) -> None:
    with pytest.raises(Unreadable, match=r"\[miscounted\] the spider counted .* arrived"):
        list(collector(*records).fetch(None, NOW))


def test_a_crawl_without_its_closing_line_gives_what_came_and_fails() -> None:
    fetched = []
    with pytest.raises(Unavailable, match=r"\[died\]"):
        for batch in collector({"item": ITEM, "number": 1}).fetch(None, NOW):
            fetched += batch.fetched
    assert len(fetched) == 1


def test_a_mistake_in_the_spider_is_told() -> None:
    error: CollectorError | None = None
    try:
        list(collector({"end": {**END, "items": 0, "posts": 0, "errors": 1}}).fetch(None, NOW))
    except CollectorError as raised:
        error = raised
    assert isinstance(error, Unavailable) and "mistake in Nöbet's spider" in str(error)
