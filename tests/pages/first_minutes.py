"""The first minutes of a new user, played for real: `python -m tests.pages.first_minutes`.

`nobet run` in an empty home, a real Chromium, a local feed: answer the first case of the demo, then set up the own
brand until its first mention is open. What the machine took is measured; what a person takes is reckoned from the
presses, letters and words on the way (Keystroke-Level Model: Card, Moran and Newell 1980; reading 238 words a minute:
Brysbaert 2019).
"""

from __future__ import annotations

import os
import re
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.acceptance.test_run import running
from tests.integration.faulty_server import FaultyServer
from tests.integration.worlds.feed import FeedWorld
from tests.integration.worlds.world import Post
from tests.pages.conftest import running_chromium

PRESS = 0.28 + 1.1
"""Seconds to point at something and press it; a letter takes 0.28 (an average typist)."""
LETTER, THINK, A_WORD = 0.28, 1.35, 60 / 238

LINK = "https://x.example/cinarev/status/1"


@dataclass
class Walk:
    """What a person did on the way, and what the machine took."""

    presses: int = 0
    letters: int = 0
    words: int = 0
    waited: float = 0.0
    steps: list[str] = field(default_factory=list)

    @property
    def by_hand(self) -> float:
        """Seconds a person takes for it."""
        return self.presses * (PRESS + THINK) + self.letters * LETTER + self.words * A_WORD

    def read(self, text: str) -> None:
        """Words that are read on the way."""
        self.words += len(text.split())

    def told(self, name: str) -> str:
        """The walk in one line of a table."""
        together = (self.by_hand + self.waited) / 60
        times = f"{self.by_hand:.0f} s | {self.waited:.0f} s | **{together:.1f} min**"
        return f"| {name} | {self.presses} | {self.letters} | {self.words} | {times} |"


def press(page: Page, walk: Walk, selector: str, then: str, within: float = 120) -> None:
    """Press something and wait until what follows is there."""
    page.locator(selector).first.click()
    walk.presses += 1
    began = time.monotonic()
    page.locator(then).first.wait_for(timeout=within * 1000)
    walk.waited += time.monotonic() - began


def write(page: Page, walk: Walk, selector: str, text: str) -> None:
    """Type into a field."""
    page.locator(selector).first.fill(text)
    walk.presses += 1
    walk.letters += len(text)


def answer_the_first(page: Page, url: str, started: float) -> Walk:
    """From the address that was printed to the first answer of the demo."""
    walk = Walk(waited=time.monotonic() - started)
    began = time.monotonic()
    page.goto(f"{url}/?lang=tr")
    page.locator(".sheet .heading").first.wait_for(timeout=60_000)
    first = page.locator('.sheet button.primary:has-text("Bunu aç")')
    first.first.wait_for(timeout=120_000)  # until the demo's first mention is in the queue
    walk.waited += time.monotonic() - began
    walk.read(page.locator(".sheet-top, .sheet-main").first.inner_text()[:600])
    press(page, walk, '.sheet button.primary:has-text("Bunu aç")', ".triage .story .words")
    walk.read(page.locator(".triage .story").inner_text())
    box = page.locator(".dock textarea").first
    box.wait_for()
    draft = box.input_value()
    walk.read(draft)
    filled = re.sub("‹[^›]*›", "bugün 18.00", draft)
    if filled != draft:
        walk.presses += len(re.findall("‹", draft))
        walk.letters += 11 * len(re.findall("‹", draft))
        box.fill(filled)
    link = page.locator('.dock input[type="url"], .dock input[name="link"]')
    if link.count():
        write(page, walk, '.dock input[type="url"], .dock input[name="link"]', LINK)
    press(page, walk, ".dock button.primary", '.dock :text("kaydedilsin mi?")', 30)
    walk.read(page.locator(".dock").inner_text())
    press(page, walk, ".dock button.primary", ".told:not([hidden])", 30)
    said = page.locator(".told").first.inner_text()
    walk.steps.append(f"after the answer the board says: {said}")
    assert "kaydedildi" in said.lower() or "yanıt" in said.lower(), said
    return walk


def set_up(page: Page, url: str, feed: str) -> Walk:
    """From there to the first mention of the own brand, open."""
    walk = Walk()
    heading = page.locator(".sheet h1")

    def on(name: str, within: float = 60) -> None:
        began = time.monotonic()
        expect(heading).to_contain_text(name, timeout=within * 1000)
        walk.waited += time.monotonic() - began
        walk.read(page.locator(".sheet-main").first.inner_text()[:700])

    page.goto(f"{url}/?lang=tr")
    press(page, walk, 'button:has-text("Kendi markanızı kurun")', '[data-keep="begin-brand-name"]')
    write(page, walk, '[data-keep="begin-brand-name"]', "Turkuaz")
    press(page, walk, '[data-keep="begin-brand-save"]', '[data-keep="begin-meaning-save"]')
    on("Adın anlamı")
    press(page, walk, '[data-keep="begin-meaning-save"]', '[data-keep="begin-source-url"]')
    on("İlk kaynak")
    write(page, walk, '[data-keep="begin-source-url"]', feed)
    press(page, walk, '[data-keep="begin-source-save"]', ".sheet-main .note")
    if "iç ağında" in page.locator(".sheet-main .note").first.inner_text():  # this feed is on the own machine
        page.locator('[data-keep="begin-source-more-inside"]').check()
        press(page, walk, '[data-keep="begin-source-save"]', '[data-keep="take-source"]')
    walk.read(page.locator(".sheet-main").first.inner_text()[:900])
    press(page, walk, '[data-keep="take-source"]', '[data-keep="begin-promise-save"]')
    on("Yanıt sözü")
    press(page, walk, '[data-keep="begin-promise-save"]', '[data-keep="begin-people-me"]')
    write(page, walk, '[data-keep="begin-people-me"]', "Ece")
    press(page, walk, '[data-keep="begin-people-save"]', '[data-keep="start"]')
    on("Başlat")
    press(page, walk, '[data-keep="start"]', ".waiting li")
    on("ilk mesajlar geldi", 180)
    press(page, walk, '[data-keep="open-first"]', ".triage .story .words")
    assert "masa" in page.locator(".triage .story").inner_text()
    return walk


def main() -> None:
    """Play both, and print what they took as rows of a table."""
    world = FeedWorld()
    now = datetime.now(UTC)
    said = ("Turkuaz'dan aldığım masa kırık geldi, üç gündür yanıt yok!", "Turkuaz mağazasında masa iade edilmiyor")
    world.posts = [Post(n, text, author=f"okur{n}", when=now - timedelta(hours=n)) for n, text in enumerate(said, 1)]
    started = time.monotonic()
    port = os.environ.get("NOBET_PORT", "8690")
    with (
        tempfile.TemporaryDirectory() as home,
        FaultyServer(world.route) as server,
        running_chromium() as browser,
        running(Path(home), NOBET_PORT=port) as (_, url),
    ):
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.set_default_timeout(60_000)
        try:
            first = answer_the_first(page, url, started)
            own = set_up(page, url, f"{server.url}/feed")
        except Exception:
            page.screenshot(path=str(Path(tempfile.gettempdir()) / "first-minutes.png"))  # what stood there then
            raise
    print("| | presses | letters | words read | by hand | waited | together |\n|---|---|---|---|---|---|---|")
    print(first.told("`make run` to the first answer"))
    print(own.told("from there to the own brand's first mention"))
    print("\n".join(first.steps))


if __name__ == "__main__":
    main()
