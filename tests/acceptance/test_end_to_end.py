"""Mentions that nobody here wrote travel the whole way: served over HTTP, collected, stored once, scored, routed, out.

Recorded responses of Reddit and X come from `../shared` beside the checkout (skipped, saying so, where it is absent);
the feed is served by a real HTTP server of the test, the forum by a real Spirit.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest
import yaml
from playwright.sync_api import expect

from tests.acceptance.command import ROOT, environment, nobet
from tests.acceptance.test_run import running
from tests.integration.spirit_server import Spirit, Topic
from tests.pages.conftest import running_chromium

SHARED = ROOT.parent / "shared"
KEYS = {
    "NOBET_X_BEARER_TOKEN": "x-token-that-is-a-secret", "NOBET_REDDIT_CLIENT_ID": "reddit-id-that-is-a-secret",
    "NOBET_REDDIT_CLIENT_SECRET": "reddit-secret-that-is-a-secret",
}  # fmt: skip
TAPES = (
    "reddit/TestSubredditListings.test_new.json", "reddit/TestSubredditListings.test_comments.json",
    "x_v2/test_client_search_recent_tweets.yaml", "x_v2/test_client_get_users_mentions.yaml",
)  # fmt: skip


@pytest.fixture(scope="module")
def replay() -> ModuleType:
    file = SHARED / "tools" / "replay.py"
    if not file.exists():
        pytest.skip("the recorded responses are not here (../shared); nothing was replayed")
    spec = importlib.util.spec_from_file_location("replay", file)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def served_ids(replay: ModuleType, tapes: list[Path], log: list[tuple[str, str, int]]) -> dict[str, set[str]]:
    """The ids in the recorded bodies of every path that was asked for, read without the collectors' help."""
    asked = {urlsplit(path).path.rstrip("/") for _, path, status in log if status == 200}
    ids: dict[str, set[str]] = {"reddit": set(), "x": set()}
    for tape in tapes:
        for recording in replay.recordings(tape):
            if recording["path"] not in asked or recording["method"] != "GET":
                continue
            body = json.loads(recording["body"])
            if tape.parent.name == "reddit":
                ids["reddit"] |= {child["data"]["name"] for child in body["data"]["children"]}
            else:
                ids["x"] |= {post["id"] for post in body.get("data", [])}
    return ids


def write_config(home: Path, sources: list[dict[str, Any]]) -> None:
    home.mkdir(exist_ok=True)
    sources = [{"private_network": True, **source} for source in sources]  # the servers stand on this machine
    config = {"brand": {"name": "Deneme Markası"}, "history": 36_500, "sources": sources}  # the recordings are old
    (home / "nobet.yaml").write_text(yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")


def test_recorded_reddit_and_x_arrive_scored_and_routed(replay: ModuleType, tmp_path: Path) -> None:
    home = tmp_path / "home"
    tapes = [SHARED / "fixtures" / tape for tape in TAPES]
    with replay.Replay(tapes) as server:
        write_config(home, [
            {"kind": "reddit", "subreddits": ["askreddit"], "comments": True, "base_url": server.url},
            {"kind": "x", "native_query": "Tweepy", "user_id": "783214", "base_url": server.url},
        ])  # fmt: skip
        first = nobet(home, "collect", "--once", **KEYS)
        assert first.status == 0, first.out + first.err
        served = served_ids(replay, tapes, server.log)
        again = nobet(home, "collect", "--once", **KEYS)
    assert "new 0" in again.out, again.out
    mentions = nobet(home, "export", "mentions").jsonl
    for source, ids in served.items():
        assert len(ids) > 5
        held = [m["native_id"] for m in mentions if m["source"] == source]
        assert len(held) == len(set(held)), "stored once"
        assert set(held) == ids, f"{source}: every served item"
    assert all(m["score"] and m["stage"] in ("routed", "set_aside") for m in mentions)
    cases = nobet(home, "export", "cases").jsonl
    in_cases = {(m["source"], m["native_id"]) for case in cases for m in case["mentions"]}
    for mention in mentions:
        if mention["score"]["urgency"]["label"] != "none":
            assert (mention["source"], mention["native_id"]) in in_cases, "an answer is due, so there is a case"
    on_the_board(home, mentions, cases)
    events = nobet(home, "export", "events")
    for secret in KEYS.values():
        for told in (first.out, first.err, events.out, json.dumps(mentions)):
            assert secret not in told
        assert secret.encode() not in (home / "nobet.db").read_bytes()


def on_the_board(home: Path, mentions: list[dict[str, Any]], cases: list[dict[str, Any]]) -> None:
    """The collected cases are in the queue of the real board, in the customers' words, each found by its words."""
    texts = {(m["source"], m["native_id"]): m["text"] for m in mentions}
    with running(home, "board") as (_, address), running_chromium() as browser:
        page = browser.new_page()
        page.goto(address + "/triage?lang=en")
        for source in ("reddit", "x"):
            own = [case for case in cases if case["source"] == source and case["status"] == "new"]
            assert own, f"no case from {source}"
            shown = " ".join(texts[source, own[0]["mentions"][-1]["native_id"]].split())[:30]
            page.get_by_placeholder("Search words, people").fill(shown)
            expect(page.get_by_text(shown).first).to_be_visible()


def test_killed_collections_end_like_an_uninterrupted_one(replay: ModuleType, tmp_path: Path) -> None:
    tapes = [SHARED / "fixtures" / tape for tape in TAPES]
    hand = random.Random(5)
    with replay.Replay(tapes) as server:
        reddit = {"kind": "reddit", "subreddits": ["askreddit"], "comments": True, "base_url": server.url}
        for name in ("whole", "killed"):
            write_config(tmp_path / name, [reddit])
        assert nobet(tmp_path / "whole", "collect", "--once", **KEYS).status == 0
        for _ in range(int(os.environ.get("NOBET_TEST_IMPORT_KILLS", "3"))):
            process = subprocess.Popen(
                [sys.executable, "-m", "nobet", "collect", "--once"], cwd=ROOT, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, env=environment(tmp_path / "killed", **KEYS),
            )  # fmt: skip
            time.sleep(hand.uniform(1.0, 5.0))  # the point of the kill is meant to be anywhere
            process.kill()
            process.wait()
        assert nobet(tmp_path / "killed", "collect", "--once", **KEYS).status == 0

    def rows(home: Path) -> list[tuple[str, ...]]:
        mentions = nobet(home, "export", "mentions").jsonl
        return sorted((m["native_id"], m["text"], m["stage"], m["score"]["urgency"]["label"]) for m in mentions)

    assert rows(tmp_path / "killed") == rows(tmp_path / "whole") != []


def test_a_real_forum_is_crawled_twice_and_brings_only_what_is_new(spirit: Spirit, tmp_path: Path) -> None:
    posts = [
        "Siparişim 9 gündür gelmedi, kimse cevap vermiyor!",
        "Benimki de.",
        "<script>alert(1)</script> teşekkürler",
    ]
    section = spirit.section("Çınar Ev müşterileri", [Topic("Kargo nerede", posts), Topic("Kettle", ["Çok memnunum."])])
    home = tmp_path / "home"
    write_config(home, [
        {"kind": "forum", "site": "spirit", "start_urls": [section.url], "terms_read": True, "delay": 0},
    ])  # fmt: skip
    first = nobet(home, "collect", "--once")
    assert "new 4" in first.out, first.out
    replied = spirit.reply(section.topics[0], ["Üçüncü kez yazıyorum, param nerede?"])
    second = nobet(home, "collect", "--once")
    assert "new 1" in second.out, second.out
    mentions = nobet(home, "export", "mentions").jsonl
    assert len(mentions) == 5 and all(m["score"] for m in mentions)
    assert [m["native_id"] for m in mentions][-1:] == replied
    assert any("<script>alert(1)</script>" in m["text"] for m in mentions)


FEED = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>Haberler</title>{items}</channel></rss>"""
ITEM = """<item><guid>h-{n}</guid><title>Kargo haberi {n}</title><link>http://127.0.0.1/{n}</link>
<description>Ürünüm gelmedi, kargo nerede? {n}</description>
<pubDate>Fri, 20 Nov 2026 10:{n:02d}:00 +0300</pubDate></item>"""


@pytest.fixture
def feed() -> Iterator[Any]:
    """A feed server as the web has them: an ETag, 304 when nothing changed."""

    class Handler(BaseHTTPRequestHandler):
        statuses: ClassVar[list[int]] = []
        count = 5

        def do_GET(self) -> None:
            items = "".join(ITEM.format(n=n) for n in range(self.count))
            body = FEED.format(items=items).encode()
            etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
            status = 304 if self.headers.get("If-None-Match") == etag else 200
            self.statuses.append(status)
            self.send_response(status)
            self.send_header("ETag", etag)
            if status == 200:
                self.send_header("Content-Type", "application/rss+xml; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if status == 200:
                self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/feed.xml", Handler
    server.shutdown()
    server.server_close()


def test_a_feed_gives_304_the_second_time(feed: Any, tmp_path: Path) -> None:
    url, handler = feed
    home = tmp_path / "home"
    write_config(home, [{"kind": "feed", "name": "haberler", "url": url}])
    assert "new 5" in nobet(home, "collect", "--once").out
    assert "new 0" in nobet(home, "collect", "--once").out
    assert handler.statuses == [200, 304]
    handler.count = 7
    assert "new 2" in nobet(home, "collect", "--once").out
    assert len(nobet(home, "export", "mentions").jsonl) == 7


def test_a_source_that_fails_says_why_and_holds_up_nobody(feed: Any, tmp_path: Path) -> None:
    url, _ = feed
    home = tmp_path / "home"
    write_config(home, [
        {"kind": "feed", "name": "kapali", "url": "http://127.0.0.1:9/feed.xml"},
        {"kind": "x", "query": "marka"},
        {"kind": "feed", "name": "acik", "url": url},
    ])  # fmt: skip
    answer = nobet(home, "collect", "--once")
    assert answer.status == 1
    told = {line.split(":")[0]: line for line in answer.out.splitlines() if ": " in line}
    assert "failing" in told["kapali"]
    assert "refused" in told["x"] and "NOBET_X_BEARER_TOKEN" in told["x"]
    assert "acik: ok, fetched 5, new 5" in told["acik"]
