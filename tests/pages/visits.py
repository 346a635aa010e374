"""Every page of the board with something on it, for pictures and for what is asked of each page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Page, expect

from desk.settings import Settings
from tests.pages.conftest import Board, running_board
from tests.performance.board_store import Size, config_text, fill, settings_of

SMALL = Size(mentions=1_200, open=60, crises=2)
"""Enough for two crises, incidents, growth, late cases and a week of reports; made in a few seconds."""

PAGES = {
    "today": "today",
    "triage": "triage",
    "triage-case": "triage?case={case}",
    "crisis": "crisis",
    "crisis-room": "crisis?id=1",
    "crisis-people": "crisis?id=1&tab=people",
    "crisis-answers": "crisis?id=1&tab=answers",
    "crisis-statements": "crisis?id=1&tab=statements",
    "incidents": "incidents",
    "incident": "incidents?id=1",
    "customers": "customers",
    "customer": "customers?id={person}",
    "causes": "causes",
    "drills": "drills",
    "reports": "reports",
    "reports-minutes": "reports?tab=minutes",
    "reports-mentions": "reports?tab=mentions",
    "work": "work",
    "sources": "sources",
    "playbooks": "playbooks",
    "settings": "settings",
    "settings-promises": "settings?tab=promises",
    "settings-people": "settings?tab=people",
    "settings-promises-admin": "settings?tab=promises&me=Nöbetçi 20",
    "settings-people-admin": "settings?tab=people&me=Nöbetçi 20",
    "setup": "setup",
}
"""Each page by the name of its picture; `{case}` and `{person}` are numbers of the desk that is shown."""


@dataclass
class Worked:
    """A desk that was worked at: its home and settings."""

    settings: Settings


@contextmanager
def worked_board(home: Path, size: Size = SMALL) -> Iterator[Board]:
    """A running board on a desk of two months, with crises, incidents and everything else."""
    (home / "nobet.yaml").write_text(config_text(), encoding="utf-8")
    fill(home, size, datetime.now(UTC))
    with running_board(Worked(settings_of(home))) as board:
        yield board


def settle(page: Page) -> None:
    """Wait until the page has been drawn, with what its first refresh brings and its fonts."""
    drawn = ".sheet-main .piece, .triage .row, .sources .source, .sign-in form, .failure:not([hidden]), .story .words"
    # The first page of a board loads the program.
    page.locator(drawn).locator("visible=true").first.wait_for(timeout=60_000)
    expect(page.locator(".failure:visible")).to_have_count(0)
    if "case=" in page.url:
        page.locator(".story .words").first.wait_for()
    page.evaluate("document.fonts.ready")
