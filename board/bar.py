"""The bar on top of every page: where one is, which language, which theme, and whose hands these are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from board.draw import draw
from board.texts import LANGUAGES, Texts


def bar(texts: Texts, brand: str, me: str, pages: Mapping[str, Any], here: str, choose: Callable[[str], None]) -> None:
    """Draw the bar. `pages` are the pages by address, `here` is the address of this one; `choose` sets the language."""

    def take() -> None:
        sent = st.session_state["bar"]["go"]
        if isinstance(sent, dict) and sent.get("language") in LANGUAGES:
            choose(sent["language"])
        if isinstance(sent, dict) and sent.get("page") in pages:
            st.session_state["go_to"] = sent["page"]

    data = {
        "language": texts.language,
        "languages": [[code, texts.label("language", code)] for code in LANGUAGES],
        "brand": brand,
        "me": me,
        "here": here,
        "pages": [[path, texts.label("page", path)] for path in pages],
    }
    draw("bar", data, on_go_change=take)
    target = st.session_state.pop("go_to", None)
    if target is not None and target != here:
        st.switch_page(pages[target])


def notice(texts: Texts, said: str) -> None:
    """A page that cannot be shown, with the sentence that says why and what to do."""
    draw("notice", {"language": texts.language, "title": texts.say("fail.title"), "said": said})
