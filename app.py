"""The board's entry: which desk, who is here, which language, which page, and how a source is connected; nothing else.

`streamlit run app.py` starts it.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.navigation.page import StreamlitPage

import connecting
from board import pages as pages_of
from board import sign_in, sources, triage, visit
from board.bar import bar, carried, notice
from board.draw import carry, page_script, page_style
from board.setup import SetUpError
from board.texts import LANGUAGES, Texts, texts
from desk.configuring import Configuring
from desk.crisis.drill_process import start_drill
from desk.crisis.sorting import Sorting
from desk.desk import Desk
from desk.door import open_desk
from desk.preferences import Preferences
from desk.roles import Refused
from desk.secrets import SecretError, keep_secret, missing
from desk.settings import CHECKOUT, CONFIG_NAME, BoardSettings, Settings, SettingsError, playbooks_written_at
from desk.sign_in import SignIn
from desk.team import Agent

log = logging.getLogger("nobet")

PAGES = (
    "today", "triage", "crisis", "incidents", "customers", "reports", "causes", "drills", "sources", "playbooks",
    "work", "settings",
)  # fmt: skip
"""Every page in the order of the bar; the first ones are what people open every day."""

BESIDE = ("setup",)
"""Pages to which others lead, and the bar does not."""

FIRST = "today" if "today" in pages_of.PAGES else "triage"
"""The page that opens by itself."""

LANGUAGE_COOKIE = "nobet_language"
"""Which language this browser spoke last: what the sign-in page speaks, before anybody is known."""

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

    def check_settings(self, settings: Settings) -> str:
        """What is wrong with settings that their users alone can tell; empty for nothing."""
        return connecting.problem_of(settings)

    def connecting(self, settings: Settings) -> Connecting:
        """Connecting a source for settings that are not written yet."""
        return Connecting(Desk(self.desk.store, settings, self.desk.library))

    def means_us(self, settings: Settings, lines: str) -> Any:
        """What each line says of the brand's name."""
        return connecting.means_us(settings, lines.splitlines())

    def try_query(self, query: str, lines: str, now: datetime) -> Any:
        """A query on what was stored lately and on typed lines."""
        stored = Configuring(self.desk.store, self.desk.settings, self.desk.agent()).recent(now)
        try:
            return connecting.try_query(query, stored, lines.splitlines(), now)
        except connecting.ConnectingError as error:
            raise Refused(f"Sorgu anlaşılamadı: {error}", f"The query was not understood: {error}") from None


class House:
    """The desk of this process, one for all sessions; opened anew when the configuration or the brand's own playbooks
    are others."""

    def __init__(self, config: str | None, home: str | None) -> None:
        self.config = Path(config) if config else None
        self.file = self.config or Path(home or CHECKOUT / "var").expanduser().absolute() / CONFIG_NAME
        self._stamp: object = None
        self._desk: Desk | None = None
        self._setup: Connecting | None = None
        self._door: SignIn | None = None
        self._lock = threading.Lock()

    def open(self) -> tuple[Desk, Connecting, SignIn]:
        """The desk as the configuration says now. One that cannot be read leaves the desk that is open as it is."""
        with self._lock:
            stamp, began = self._written(), time.time_ns()
            if self._desk is None or self._setup is None or self._door is None or stamp != self._stamp:
                try:
                    desk = open_desk(self.config, reader_of=connecting.reader_of)
                except SettingsError:
                    if self._desk is None or self._setup is None or self._door is None:
                        raise
                    log.exception("the configuration was changed and cannot be read; the board goes on as it was")
                else:
                    scorer = self._setup.scorer if self._setup else None
                    self._desk, self._setup = desk, Connecting(desk)
                    self._setup.scorer = scorer
                    self._door = SignIn(desk.store, desk.settings)
                    own = playbooks_written_at(desk.settings)
                    if all(written < began for _, written, _ in own):  # else one was written while it was read
                        stamp = (stamp[0], own)
                self._stamp = stamp
            return self._desk, self._setup, self._door

    def _written(self) -> tuple[object, object]:
        own = playbooks_written_at(self._desk.settings) if self._desk is not None else ()
        try:
            found = self.file.stat()
        except OSError:
            return None, own
        return (found.st_mtime_ns, found.st_size), own


@st.cache_resource(show_spinner=False)
def house_of(config: str | None, home: str | None) -> House:
    """The house of this process."""
    return House(config, home)


def choose_person(name: str) -> None:
    """Work as this colleague in this session, and in its address."""
    st.session_state["me"] = name
    st.query_params["me"] = name


def person_here(desk: Desk) -> str:
    """Who works in this session where nobody signs in: the address's word, else the session's, else the first on the
    desk."""
    asked = st.query_params.get("me")
    if asked in desk.agents():
        st.session_state["me"] = asked
    name = str(st.session_state.setdefault("me", desk.me))
    return name if name in desk.agents() else desk.me


def language_here(default: str) -> str:
    """The language asked for in the address, else the session's, else the one that this browser had last, else the
    desk's."""
    asked = st.query_params.get("lang")
    if asked in LANGUAGES and st.session_state.get("asked") != asked:
        st.session_state["language"] = st.session_state["asked"] = asked
    last = st.context.cookies.get(LANGUAGE_COOKIE)
    return str(st.session_state.setdefault("language", last if last in LANGUAGES else default))


def look_of(preferences: Preferences) -> dict[str, object]:
    """How the person of this session wants the board; read once, kept for the session."""
    kept = st.session_state.get("look")
    if kept is None or kept[0] != preferences.me:
        try:
            kept = st.session_state["look"] = (preferences.me, preferences.read())
        except Exception:
            log.exception("the preferences could not be read")
            return {}
        if kept[1].get("language") in LANGUAGES and st.query_params.get("lang") not in LANGUAGES:
            st.session_state["language"] = kept[1]["language"]
    return dict(kept[1])


def choosing(preferences: Preferences) -> Callable[[Mapping[str, object]], None]:
    """How that person chooses another look. One that cannot be kept is worn all the same, until the page is left."""

    def choose(chosen: Mapping[str, object]) -> None:
        try:
            preferences.choose(chosen, datetime.now(UTC))
        except Exception:
            log.exception("a preference could not be kept")
        else:
            st.session_state.pop("look", None)

    return choose


def choose_language(language: str) -> None:
    """Speak this language in this session, and in its address where that names one."""
    st.session_state["language"] = language
    if "lang" in st.query_params:
        st.query_params["lang"] = st.session_state["asked"] = language


def leave_to(pages: Mapping[str, StreamlitPage]) -> Callable[[str, Mapping[str, Any]], None]:
    """How a page goes to another one, with what its address is to say (`case`, `id`, `tab`)."""

    def leave(path: str, address: Mapping[str, Any]) -> None:
        st.switch_page(pages[path], query_params=carried(address))

    return leave


def _page(path: str, draw: Callable[[], None], said: Texts) -> StreamlitPage:
    title = f"{said.say(f'page.{path or FIRST}')} · Nöbet"
    return st.Page(draw, title=title, url_path=path, default=not path)


def open_elsewhere() -> str:
    """The address on which others on the network reach this board; empty where it is for this machine alone."""
    address = str(st.get_option("server.address") or "")
    return "" if BoardSettings(address=address or "0.0.0.0").only_here else address


def main() -> None:
    """Draw the page that the address names, for whoever is here."""
    st.set_page_config(page_title="Nöbet", page_icon=str(MARK), layout="wide")
    st.html(f"<style>{page_style()}</style>")
    try:
        house = house_of(os.environ.get("NOBET_CONFIG") or None, os.environ.get("NOBET_HOME") or None)
        desk, setup, door = house.open()
        asks = door.needed(datetime.now(UTC))
        session = visit.arrive(lambda: house.open()[2], datetime.now(UTC), asks)
    except Exception as error:
        log.exception("the board could not open the desk")
        said = texts(language_here("tr"))
        notice(said, str(error) if isinstance(error, SettingsError) else said.say("fail.opening"))
        return
    if session and "me" in st.query_params:
        del st.query_params["me"]  # a link from before; who this is, the session says
    desk = desk.as_agent(session.name if session else person_here(desk))
    preferences = Preferences(desk.store, desk.settings, desk.me)
    look = look_of(preferences) if session or not asks else {}
    said = texts(language_here(desk.settings.board.language))
    st.html(f"<script>{page_script(said.language)}</script>", unsafe_allow_javascript=True)
    pages = pages_for(desk, setup, said)
    page = st.navigation(list(pages.values()), position="hidden")  # also before signing in: the address stays
    if FIRST != "triage" and not page.url_path and st.query_params.get("case"):
        st.switch_page(pages["triage"], query_params=st.query_params.to_dict())  # a link from an alert of before
    if not asks and open_elsewhere():
        notice(said, said.say("fail.open_to_all", address=open_elsewhere()))
    elif asks and (session is None or session.must_change or visit.changing()):
        sign_in.page(door, said, desk.brand_name, session, choose_language)
    else:
        choose = choosing(preferences)

        def speak(language: str) -> None:
            choose_language(language)
            choose({"language": language})

        carry()
        named = {path: found for path, found in pages.items() if path and path not in BESIDE}
        bar(said, desk, named, page.url_path or FIRST, speak, None if session else choose_person, look, choose)
        page.run()


def pages_for(desk: Desk, setup: Connecting, said: Texts) -> dict[str, StreamlitPage]:
    """Every page by its address, in the order of the bar."""
    drawn: Mapping[str, Callable[[], None]] = {
        "triage": lambda: triage.page(desk, said),
        "sources": lambda: sources.page(desk, said, setup if desk.settings.drill is None else None),
    }  # fmt: skip
    pages: dict[str, StreamlitPage] = {}
    leave = leave_to(pages)
    for path in [path for path in (*PAGES, *BESIDE) if path in drawn or path in pages_of.PAGES]:
        draw = drawn.get(path) or partial(pages_of.page, path, desk, said, leave, Outside(desk))
        pages[path] = _page(path, draw, said)
        if path == FIRST:
            # The bare address and an address of its own: the framework gives its default page only the first, and
            # says of the second that there is no such page.
            pages[""] = _page("", draw, said)
    return pages


main()
