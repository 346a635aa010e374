"""The board's entry: which desk, which language, which page; nothing else. `streamlit run app.py` starts it."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from board import sources, triage
from board.bar import bar, notice
from board.draw import page_style
from board.texts import LANGUAGES, Texts, texts
from desk.desk import Desk
from desk.door import open_desk
from desk.settings import SettingsError

PAGES = {"triage": triage.page, "sources": sources.page}
MARK = Path(__file__).parent / "static" / "nobet.png"


@st.cache_resource(show_spinner=False)
def desk_of(config: str | None) -> Desk:
    """The desk of this process: one for all sessions, because it holds nothing but the way to the store."""
    return open_desk(Path(config) if config else None)


def choose_language(language: str) -> None:
    """Keep the language for this session, and in the address, so that a link and a reload keep it too."""
    st.session_state["language"] = language
    st.query_params["lang"] = language


def language_here(default: str) -> str:
    """The language asked for in the address, else the session's, else the desk's."""
    asked = st.query_params.get("lang")
    if asked in LANGUAGES and st.session_state.get("asked") != asked:
        st.session_state["language"] = st.session_state["asked"] = asked
    language = str(st.session_state.setdefault("language", default))
    if st.query_params.get("lang") != language:
        st.query_params["lang"] = st.session_state["asked"] = language
    return language


def _page(path: str, draw: Callable[[Desk, Texts], None], desk: Desk, said: Texts) -> StreamlitPage:
    title = f"{said.say(f'page.{path}')} · Nöbet"
    return st.Page(lambda: draw(desk, said), title=title, url_path=path, default=path == "triage")


def main() -> None:
    """Draw the page that the address names."""
    st.set_page_config(page_title="Nöbet", page_icon=str(MARK), layout="wide")
    st.html(f"<style>{page_style()}</style>")
    try:
        desk = desk_of(os.environ.get("NOBET_CONFIG") or None)
    except Exception as error:
        logging.getLogger("nobet").exception("the board could not open the desk")
        said = texts(language_here("tr"))
        notice(said, str(error) if isinstance(error, SettingsError) else said.say("fail.opening"))
        return
    said = texts(language_here(desk.settings.board.language))
    pages = {path: _page(path, draw, desk, said) for path, draw in PAGES.items()}
    page = st.navigation(list(pages.values()), position="hidden")
    bar(said, desk.brand_name, desk.me, pages, page.url_path or "triage", choose_language)
    page.run()


main()
