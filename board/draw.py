"""The parts of the board that are drawn in the browser: `st.components.v2` components made of the files in parts/.

A part's script is the files named here, one after the other, as one module; its texts travel in the script, so that a
refresh carries only what changed. Streamlit treats script and style as trusted code: nothing that a stranger wrote may
ever get into them. Mentions go through `data`, and core.js makes text nodes of them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from board.texts import LANGUAGES, texts

FOLDER = Path(__file__).parent / "parts"

SCRIPTS = {
    "bar": ("core.js", "time.js", "look.js", "bar.js"),
    "triage": (
        "core.js", "time.js", "drafts.js", "outbox.js", "heard.js", "views.js", "saved.js", "many.js",
        "queue.js", "rows.js", "story.js", "side.js", "case.js", "dock.js", "forms.js", "more.js", "reply.js",
        "customer.js", "keys.js", "triage.js",
    ),
    "sources": ("core.js", "time.js", "strip.js", "connect.js", "sources.js"),
    "sheet": (
        "core.js", "time.js", "drafts.js", "outbox.js", "charts.js", "plots.js", "today.js",
        "blocks.js", "work.js", "editor.js", "settle.js", "users.js", "sheet.js",
    ),
    "sign_in": ("core.js", "look.js", "sign_in.js"),
    "notice": ("core.js", "look.js", "notice.js"),
}  # fmt: skip
STYLES = {
    "bar": ("base.css", "bar.css"),
    "triage": ("base.css", "queue.css", "case.css", "dock.css"),
    "sheet": ("base.css", "sheet.css", "charts.css", "today.css", "editor.css", "settle.css"),
    "sources": ("base.css", "sources.css", "strip.css", "connect.css"),
    "sign_in": ("base.css", "sign_in.css"),
    "notice": ("base.css", "notice.css"),
}

SERVERS = ("error.", "evidence.", "ask.", "mistake.")
"""Texts that only the server says; the browser need not carry them."""


@cache
def script(part: str) -> str:
    """The module of a part, its texts in front."""
    return _texts() + _code(part)


@cache
def _texts() -> str:
    said = {
        language: {key: list(forms) for key, forms in texts(language).forms.items() if not key.startswith(SERVERS)}
        for language in LANGUAGES
    }
    return f"const TEXTS = {json.dumps(said, ensure_ascii=False)};\n"


@cache
def _code(part: str) -> str:
    return "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in SCRIPTS[part])


@cache
def style(part: str) -> str:
    """The style sheet of a part; colours and sizes come from tokens.css, which the page carries."""
    return "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in STYLES[part])


@cache
def page_style() -> str:
    """What the whole page wears: the tokens in both themes, and the framework's own furniture put away."""
    return "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in ("tokens.css", "page.css"))


@cache
def page_script(language: str) -> str:
    """What the page does before any part of it is there: it says its language and wears what this browser keeps."""
    worn = (FOLDER / "look.js").read_text(encoding="utf-8")
    return f"(() => {{\n{worn}\ndocument.documentElement.lang = {json.dumps(language)};\nwear();\n}})();"


IN_THE_PAGE = ("sign_in",)
"""Parts that are drawn in the page itself: password managers do not look into a root of its own."""

CARRIED = ("bar", "triage", "sheet", "sources")
"""Parts that are drawn again every few seconds. The framework sends a component's script and style with every one of
its messages, which was two thirds of a refresh; so the page carries those of these parts once, as one component of its
own, and each of them sends a stub that fetches itself from there."""

EXPORT = "export default "
SLOT = """const slots = (globalThis.nobetSlots ??= {});
const slot = (name) => { if (!slots[name]) { let fill; const ready = new Promise((told) => { fill = told; });
  slots[name] = { fill, ready }; } return slots[name]; };
"""
DRESSED = """const dressed = (part, style) => { const sheet = new CSSStyleSheet(); sheet.replaceSync(style);
  return (component) => { const root = component.parentElement.getRootNode();
    if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
    return part(component); }; };
"""


@cache
def carrier() -> str:
    """One module with every part that is CARRIED, each in a function of its own because they share files."""
    lines = [SLOT, DRESSED, _texts()]
    for part in CARRIED:
        code, styled = _code(part), json.dumps(style(part), ensure_ascii=False)
        assert code.count(EXPORT) == 1, f"{part}: a part is one default export"
        made = f"(() => {{\n{code.replace(EXPORT, 'return ')}\n}})()"
        # A part that breaks as it is read must not take the others with it.
        filled = f"slot({_slot(part)!r}).fill(dressed({made}, {styled}));"
        lines.append(f"try {{ {filled} }} catch (error) {{ console.error(error); }}")
    lines.append("export default () => {};")
    return "\n".join(lines)


@cache
def _slot(part: str) -> str:
    """What a part is called in the page: another one once its script, style or texts are others."""
    told = "\n".join((_texts(), _code(part), style(part)))
    return f"{part}-{hashlib.sha256(told.encode()).hexdigest()[:16]}"


@cache
def stub(part: str) -> str:
    """The module that a CARRIED part sends: it waits for the carrier."""
    return f"{SLOT}const part = await slot({_slot(part)!r}).ready;\nexport default part;\n"


_known: dict[str, Any] = {}


def carry() -> None:
    """Put the scripts and styles of CARRIED parts on the page: once in every run of it, outside its fragments. A
    browser that has them is sent their name alone."""
    if "carrier" not in _known:
        _known["carrier"] = st.components.v2.component("nobet_carrier", js=carrier())
    _known["carrier"](key="carrier")


def draw(part: str, data: Mapping[str, Any], **callbacks: Any) -> Any:
    """Put a part on the page, or bring it up to date. `callbacks` are on_<name>_change functions."""
    if part not in _known:
        if part in CARRIED:
            _known[part] = st.components.v2.component(f"nobet_{part}", js=stub(part))
        else:
            _known[part] = st.components.v2.component(
                f"nobet_{part}", css=style(part), js=script(part), isolate_styles=part not in IN_THE_PAGE
            )
    return _known[part](key=part, data=data, **callbacks)
