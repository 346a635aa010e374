"""The parts of the board that are drawn in the browser: `st.components.v2` components made of the files in parts/.

A part's script is the files named here, one after the other, as one module; its texts travel in the script, so that a
refresh carries only what changed. Streamlit treats script and style as trusted code: nothing that a stranger wrote may
ever get into them. Mentions go through `data`, and core.js makes text nodes of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from board.texts import LANGUAGES, texts

FOLDER = Path(__file__).parent / "parts"

SCRIPTS = {
    "bar": ("core.js", "bar.js"),
    "triage": (
        "core.js", "time.js", "drafts.js", "views.js", "queue.js", "story.js", "side.js", "case.js", "dock.js",
        "forms.js", "more.js", "reply.js", "customer.js", "keys.js", "triage.js",
    ),
    "sources": ("core.js", "time.js", "strip.js", "connect.js", "sources.js"),
    "sheet": ("core.js", "time.js", "drafts.js", "blocks.js", "sheet.js"),
    "notice": ("core.js", "notice.js"),
}  # fmt: skip
STYLES = {
    "bar": ("base.css", "bar.css"),
    "triage": ("base.css", "queue.css", "case.css", "dock.css"),
    "sheet": ("base.css", "sheet.css"),
    "sources": ("base.css", "sources.css", "strip.css", "connect.css"),
    "notice": ("base.css", "notice.css"),
}

SERVERS = ("error.", "evidence.", "ask.")
"""Texts that only the server says; the browser need not carry them."""


@cache
def script(part: str) -> str:
    """The module of a part, its texts in front."""
    said = {
        language: {key: list(forms) for key, forms in texts(language).forms.items() if not key.startswith(SERVERS)}
        for language in LANGUAGES
    }
    head = f"const TEXTS = {json.dumps(said, ensure_ascii=False)};\n"
    return head + "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in SCRIPTS[part])


@cache
def style(part: str) -> str:
    """The style sheet of a part; colours and sizes come from tokens.css, which the page carries."""
    return "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in STYLES[part])


@cache
def page_style() -> str:
    """What the whole page wears: the tokens in both themes, and the framework's own furniture put away."""
    return "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in ("tokens.css", "page.css"))


_known: dict[str, Any] = {}


def draw(part: str, data: Mapping[str, Any], **callbacks: Any) -> Any:
    """Put a part on the page, or bring it up to date. `callbacks` are on_<name>_change functions."""
    if part not in _known:
        _known[part] = st.components.v2.component(f"nobet_{part}", css=style(part), js=script(part))
    return _known[part](key=part, data=data, **callbacks)
