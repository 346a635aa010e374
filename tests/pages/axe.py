"""axe-core on a page of the board: what it finds against WCAG 2.2 AA, as sentences."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
"""The rules of WCAG 2.0, 2.1 and 2.2 at levels A and AA (axe-core, doc/API.md, "Axe-core Tags")."""

GRAVE = ("serious", "critical")


@cache
def _script() -> str:
    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def audit(page: Page, grave: tuple[str, ...] = GRAVE) -> list[str]:
    """What axe-core finds on the page as it stands now: the findings of these impacts, one sentence an element."""
    if not page.evaluate("typeof axe !== 'undefined'"):
        page.evaluate(_script())
    options = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
    found: dict[str, Any] = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{rule['id']} ({rule['impact']}): {node['target']} {node['html'][:160]} {_why(node)}"
        for rule in found["violations"] if rule["impact"] in grave
        for node in rule["nodes"]
    ]  # fmt: skip


def _why(node: dict[str, Any]) -> str:
    checks = [*node["any"], *node["all"], *node["none"]]
    return "; ".join(check["message"] for check in checks)[:300]
