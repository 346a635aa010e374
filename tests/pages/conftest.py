"""The real board on a temporary store, in a real Chromium that is watched: every request and every fault is noted."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser import find
from tests.pages.seed import House, fill, open_house

ROOT = Path(__file__).parents[2]

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
"""A browser context as a phone has it."""

OPEN_WITHIN = 60.0
"""Seconds a board may take to open on a busy machine; it takes about three."""


expect.set_options(timeout=20_000)  # a busy machine is slow and not wrong


@dataclass
class Board:
    """A board on a house's store, started as `nobet board` starts it; it can be stopped and started again."""

    house: Any  # a House, or whatever has the settings of a home
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address, the same after every start."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        home = self.house.settings.home
        environ = {**os.environ, "NOBET_HOME": str(home)}
        environ.pop("NOBET_STORE_URL", None)
        environ.pop("NOBET_CONFIG", None)  # the configuration in the home folder, or the demo where there is none
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.address", "127.0.0.1"]
        with (home / "board.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--server.port", str(self.port)], cwd=ROOT, env=environ, stdout=log, stderr=log
            )
        assert _opens(self.url, self.process), (home / "board.log").read_text(encoding="utf-8")

    def stop(self) -> None:
        """Stop it and wait until it has."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)

    def freeze(self, frozen: bool) -> None:
        """Hold the process still, or let it go on."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP if frozen else signal.SIGCONT)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _opens(url: str, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + OPEN_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=2).close()
            return True
        except OSError:
            time.sleep(0.1)  # asking again, not waiting for luck: the loop ends with the answer
    return False


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A filled desk on a store of its own."""
    house = open_house(tmp_path_factory.mktemp("board"))
    fill(house)
    yield house
    house.store.close()


@contextmanager
def running_board(house: House) -> Iterator[Board]:
    """A board on the house's store, for as long as the block lasts."""
    board = Board(house, _free_port())
    try:
        board.start()
        yield board
    finally:
        board.stop()


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """A real Chromium, for as long as the block lasts; skips, saying so, where there is none."""
    path = find()
    if path is None:
        pytest.skip("no Chromium here; `python tests/browser.py` brings one")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def board(house: House) -> Iterator[Board]:
    """The running board of this module's house."""
    with running_board(house) as board:
        yield board


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The Chromium of this module."""
    with running_chromium() as browser:
        yield browser


@dataclass
class Watch:
    """What a page did: the addresses it asked for, dialogs it opened, errors of its scripts."""

    asked: list[str]
    dialogs: list[str]
    errors: list[str]

    def check(self) -> None:
        """No request left the machine, nothing popped up, no script broke."""
        away = [
            url for url in self.asked if not url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:"))
        ]
        assert not away, f"requests left the machine: {away}"
        assert self.asked and not self.dialogs and not self.errors, (self.dialogs, self.errors)


def watch(page: Page) -> Watch:
    """Note everything the page does from now on."""
    seen = Watch([], [], [])
    page.on("request", lambda request: seen.asked.append(request.url))
    page.on("websocket", lambda socket_: seen.asked.append(socket_.url))
    page.on("pageerror", lambda error: seen.errors.append(str(error)))

    def on_dialog(dialog: Any) -> None:
        seen.dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", on_dialog)
    return seen


@contextmanager
def open_tab(chromium: Browser) -> Iterator[Page]:
    """A tab of a browser of its own, wide and light, for as long as the block lasts; watched to its end."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
    page = context.new_page()
    page.set_default_timeout(20_000)
    seen = watch(page)
    yield page
    seen.check()
    context.close()


@pytest.fixture(scope="module")
def visitor(chromium: Browser) -> Iterator[BrowserContext]:
    """The visitor of most tests: 1440 px, light; one for the module, so that the framework's scripts are cached."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
    yield context
    context.close()


@pytest.fixture
def page(request: pytest.FixtureRequest, board: Board, visitor: BrowserContext, chromium: Browser) -> Iterator[Page]:
    """A fresh tab of the visitor; parametrize "page" indirectly with context options for a visitor of its own."""
    own = chromium.new_context(**request.param) if hasattr(request, "param") else None
    page = (own or visitor).new_page()
    page.set_default_timeout(20_000)
    seen = watch(page)
    yield page
    seen.check()
    page.close()
    if own:
        own.close()
