"""Asked of every page: axe-core finds nothing grave, nothing leaves the machine, nothing is wider than the window.

Each page is seen once here, in turn wide and on a phone, light and dark, Turkish and English; `make test-long` sees
each, and every tab, in all eight ways (NOBET_TEST_PAGES=all).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import product

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.pages.axe import audit
from tests.pages.conftest import PHONE, Board, watch
from tests.pages.visits import PAGES, settle, worked_board

WIDE = {"viewport": {"width": 1440, "height": 900}}
WAYS = [(*way,) for way in product(("wide", "phone"), ("light", "dark"), ("tr", "en"))]
SEEN = [WAYS[0], WAYS[7], WAYS[2], WAYS[5]]


FURTHER = (
    "crisis-people", "crisis-answers", "crisis-statements", "reports-minutes", "reports-mentions", "settings-people",
    "triage-case", "customer", "incident", "settings-promises-admin", "settings-people-admin",
)  # fmt: skip
"""Tabs and single things of pages that are seen here; the long run sees them too."""


def visits() -> list[tuple[str, str, str, str]]:
    """Which page is seen in which way."""
    if os.environ.get("NOBET_TEST_PAGES") == "all":
        return [(name, *way) for way in WAYS for name in PAGES]
    once = [name for name in PAGES if name not in FURTHER]
    in_turn = [(name, *SEEN[n % len(SEEN)]) for n, name in enumerate(once)]
    return sorted(in_turn, key=lambda visit: SEEN.index(visit[1:]))


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    with worked_board(tmp_path_factory.mktemp("worked")) as board:
        yield board


@pytest.fixture(scope="module")
def seeing(chromium: Browser) -> Iterator[dict[tuple[str, str], BrowserContext]]:
    """A browser context per size and theme, so that the scripts are loaded once each."""
    kept: dict[tuple[str, str], BrowserContext] = {}
    yield kept
    for context in kept.values():
        context.close()


@pytest.mark.parametrize(("name", "size", "theme", "language"), visits())
def test_a_page_is_accessible(
    worked: Board, chromium: Browser, seeing: dict[tuple[str, str], BrowserContext], name: str, size: str, theme: str,
    language: str,
) -> None:  # fmt: skip
    context = seeing.get((size, theme))
    if context is None:
        form = WIDE if size == "wide" else PHONE
        context = seeing[size, theme] = chromium.new_context(**form, color_scheme=theme)  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(20_000)
    seen = watch(page)
    path = PAGES[name].format(case=1, person=1)
    page.goto(f"{worked.url}/{path}{'&' if '?' in path else '?'}lang={language}")
    settle(page)
    assert page.evaluate("document.documentElement.lang") == language
    assert audit(page) == []
    wide = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide[0] <= wide[1], f"the page is {wide[0]} px wide in a window of {wide[1]}"
    assert page.locator("h1").count() <= 1
    seen.check()
    page.close()


def test_axe_sees_into_the_parts(chromium: Browser) -> None:
    page = chromium.new_page()
    page.set_content("<html lang=en><title>x</title><main><div id=host></div></main>")
    page.evaluate("""() => {
        const inside = document.getElementById("host").attachShadow({mode: "open"});
        inside.append(document.createElement("button"));
    }""")
    assert [finding for finding in audit(page) if finding.startswith("button-name (critical)")]
    page.close()
