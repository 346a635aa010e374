"""The board's entry: which desk, which language, which page, and how a source is connected; nothing else.

`streamlit run app.py` starts it.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.navigation.page import StreamlitPage

import connecting
from board import pages as pages_of
from board import sources, triage
from board.bar import bar, notice
from board.draw import page_style
from board.setup import SetUpError
from board.texts import LANGUAGES, Texts, texts
from desk.crisis.drill_process import start_drill
from desk.crisis.sorting import Sorting
from desk.desk import Desk
from desk.door import open_desk
from desk.secrets import SecretError, keep_secret, missing
from desk.settings import CHECKOUT, CONFIG_NAME, SettingsError
from desk.team import Agent

log = logging.getLogger("nobet")

PAGES = ("triage", "crisis", "incidents", "causes", "drills", "sources")

MARK = Path(__file__).parent / "static" / "nobet.png"


class Connecting:
    """How a source is connected on the board (board.setup.SetUp): through the same functions as on the command line."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.scorer: Any = None
        self._loading = threading.Lock()

    def kinds(self) -> Mapping[str, Any]:
        """Every kind that can be connected; the demo's story is for whoever has none."""
        return {kind: connecting.about(kind) for kind in connecting.KINDS if kind != "demo"}

    def questions(self, kind: str) -> Sequence[Any]:
        """What a kind asks for."""
        return connecting.questions(kind)

    def is_kept(self, variable: str) -> bool:
        """Whether the variable of a secret is filled already."""
        return not missing([variable])

    def keep(self, variable: str, secret: str) -> None:
        """Keep a secret beside the configuration."""
        try:
            keep_secret(self.desk.settings.home, variable, secret)
        except SecretError as error:
            raise SetUpError(str(error)) from None

    def prepare(self, kind: str, answers: Mapping[str, str]) -> tuple[Mapping[str, Any], Any]:
        """The source as the configuration will say it, and its collector."""
        try:
            typed = {field: connecting.answer(kind, field, text) for field, text in answers.items()}
            record = connecting.source_record(kind, typed)
            return record, connecting.check_new(self.desk.settings, record)
        except ValueError as error:  # ConfigError, ConnectingError: sentences
            raise SetUpError(str(error)) from None

    def attempt(self, collector: Any) -> Any:
        """What the source would bring, scored and routed."""
        with self._loading:
            self.scorer = self.scorer or connecting.scorer_of(self.desk.settings)
        now = datetime.now(UTC)
        if getattr(collector, "push", False):  # it sends to us: there is nothing to read
            return connecting.Trial(collector.settings.source, *connecting.verify(collector, now))
        return connecting.attempt(collector, self.desk.settings, self.scorer, self.desk.library, now)

    def write(self, record: Mapping[str, Any], brand: str | None) -> str:
        """Write the source into the configuration, whose place answers."""
        settings = self.desk.settings
        file = settings.file or settings.home / CONFIG_NAME
        try:
            connecting.write(file, connecting.written(file, record, brand))
        except ValueError as error:
            raise SetUpError(str(error)) from None
        return str(file)


class Outside:
    """What the pages need beyond the desk (board.pages.Outside): the grouping, and drills in a process of their own."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def sorting(self, me: Agent) -> Sorting:
        """Sorting incidents by hand."""
        return Sorting(self.desk.store, self.desk.settings, connecting.grouping_of(self.desk.settings), me)

    def start_drill(self, name: str, language: str, speed: float, by: str) -> str:
        """Start a drill with a board of its own; answers that board's address once it is open."""
        return start_drill(self.desk.settings, name, language, speed, by)


class House:
    """The desk of this process, one for all sessions; opened anew when the configuration is another one."""

    def __init__(self, config: str | None, home: str | None) -> None:
        self.config = Path(config) if config else None
        self.file = self.config or Path(home or CHECKOUT / "var").expanduser().absolute() / CONFIG_NAME
        self._stamp: object = None
        self._desk: Desk | None = None
        self._setup: Connecting | None = None
        self._lock = threading.Lock()

    def open(self) -> tuple[Desk, Connecting]:
        """The desk as the configuration says now. One that cannot be read leaves the desk that is open as it is."""
        with self._lock:
            stamp = self._written()
            if self._desk is None or self._setup is None or stamp != self._stamp:
                try:
                    desk = open_desk(self.config, reader_of=connecting.reader_of)
                except SettingsError:
                    if self._desk is None or self._setup is None:
                        raise
                    log.exception("the configuration was changed and cannot be read; the board goes on as it was")
                else:
                    scorer = self._setup.scorer if self._setup else None
                    self._desk, self._setup = desk, Connecting(desk)
                    self._setup.scorer = scorer
                self._stamp = stamp
            return self._desk, self._setup

    def _written(self) -> object:
        try:
            found = self.file.stat()
            return found.st_mtime_ns, found.st_size
        except OSError:
            return None


@st.cache_resource(show_spinner=False)
def house_of(config: str | None, home: str | None) -> House:
    """The house of this process."""
    return House(config, home)


def choose_person(name: str) -> None:
    """Work as this colleague in this session, and in its address."""
    st.session_state["me"] = name
    st.query_params["me"] = name


def person_here(desk: Desk) -> str:
    """Who works in this session: the address's word, else the session's, else the first on the desk."""
    asked = st.query_params.get("me")
    if asked in desk.agents():
        st.session_state["me"] = asked
    name = str(st.session_state.setdefault("me", desk.me))
    return name if name in desk.agents() else desk.me


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


def leave_to(pages: Mapping[str, StreamlitPage]) -> Callable[[str, Mapping[str, Any]], None]:
    """How a page goes to another one, with what its address is to say (`case`, `id`, `tab`)."""

    def leave(path: str, address: Mapping[str, Any]) -> None:
        said = {name: str(value) for name, value in address.items() if value}
        st.switch_page(pages[path], query_params=said)

    return leave


def _page(path: str, draw: Callable[[], None], said: Texts) -> StreamlitPage:
    title = f"{said.say(f'page.{path}')} · Nöbet"
    return st.Page(draw, title=title, url_path=path, default=path == "triage")


def main() -> None:
    """Draw the page that the address names."""
    st.set_page_config(page_title="Nöbet", page_icon=str(MARK), layout="wide")
    st.html(f"<style>{page_style()}</style>")
    try:
        desk, setup = house_of(os.environ.get("NOBET_CONFIG") or None, os.environ.get("NOBET_HOME") or None).open()
    except Exception as error:
        log.exception("the board could not open the desk")
        said = texts(language_here("tr"))
        notice(said, str(error) if isinstance(error, SettingsError) else said.say("fail.opening"))
        return
    said = texts(language_here(desk.settings.board.language))
    desk = desk.as_agent(person_here(desk))
    drawn: Mapping[str, Callable[[], None]] = {
        "triage": lambda: triage.page(desk, said),
        "sources": lambda: sources.page(desk, said, setup if desk.settings.drill is None else None),
    }  # fmt: skip
    pages: dict[str, StreamlitPage] = {}
    leave = leave_to(pages)
    for path in PAGES:
        draw = drawn.get(path) or partial(pages_of.page, path, desk, said, leave, Outside(desk))
        pages[path] = _page(path, draw, said)
    page = st.navigation(list(pages.values()), position="hidden")
    bar(said, desk, pages, page.url_path or "triage", choose_language, choose_person)
    page.run()


main()
