"""Connecting the first source without a terminal: a real Chromium, a real feed server, a real configuration file."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import Browser, Page, expect

from board.moments import Moments
from board.setup import Connection, Job, SetUpError, picture, take
from board.texts import LANGUAGES, texts
from desk.settings import load_settings
from playbooks.shelf import load_library
from store.engine import Store
from tests.integration.faulty_server import Answer, Fault, FaultyServer, Request
from tests.integration.worlds.feed import FeedWorld
from tests.integration.worlds.world import Post
from tests.pages.conftest import PHONE, Board, running_board, watch
from tests.pages.seed import Desk, House, Intake, now, open_house

SECRET = "c0k-gizli-belirtec-4711"
SAID = ("Kahvem soğuk geldi, üç gündür iade bekliyorum! <script>alert(1)</script>", "Kargom nerede?", "Teşekkürler")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A desk with a configuration and no source yet."""
    house = open_house(tmp_path)
    yield house
    house.store.close()


@pytest.fixture
def board(house: House) -> Iterator[Board]:
    with running_board(house) as board:
        yield board


@dataclass
class Feed:
    """The feed's server, and whether it was asked yet."""

    server: FaultyServer
    asked: threading.Event

    @property
    def url(self) -> str:
        return self.server.url

    def fail(self, number: int, fault: Callable[[Answer], Answer]) -> None:
        self.server.fail(number, fault)


@pytest.fixture
def feed() -> Iterator[Feed]:
    """A blog's comments, one every few hours."""
    world = FeedWorld()
    start = datetime.now(UTC) - timedelta(days=2)
    world.posts = [
        Post(n, SAID[n % 3], author=f"okur{n}", when=start + timedelta(hours=4 * n)) for n in range(12, 0, -1)
    ]
    asked = threading.Event()

    def route(request: Request) -> Answer:
        asked.set()
        return world.route(request)

    with FaultyServer(route) as server:
        yield Feed(server, asked)


def add(page: Page, board: Board, kind: str, lang: str = "tr") -> None:
    page.goto(f"{board.url}/sources?lang={lang}")
    page.locator('[data-keep="add-first"], [data-keep="add"]').first.click()
    page.locator(".filter").fill(kind)
    page.locator(f'[data-keep="kind-{kind}"]').click()
    expect(page.locator(".questions .name-of").first).to_be_visible()


def answer(page: Page, **answers: str) -> None:
    for name, text in answers.items():
        page.locator(f'.questions input[name="{name}"]').fill(text)


def inside(page: Page) -> None:
    """Say that the address is inside our own network, as a test's server is."""
    page.locator(".questions summary").click()
    page.locator('input[name="private_network"]').check()


def test_a_feed_is_connected_by_keyboard_tried_and_written(page: Page, board: Board, house: House, feed: Feed) -> None:
    page.goto(f"{board.url}/sources?lang=tr")
    expect(page.locator(".empty")).to_contain_text("terminal açmadan")
    page.locator('[data-keep="add-first"]').focus()
    page.keyboard.press("Enter")
    expect(page.locator(".filter")).to_be_focused()
    page.keyboard.type("feed")
    expect(page.locator('[data-kind="bluesky"]')).to_be_hidden()
    page.locator(".filter").fill("besleme")
    page.locator('[data-keep="kind-feed"]').focus()
    page.keyboard.press("Enter")
    expect(page.locator('input[name="url"]')).to_be_focused()
    expect(page.locator(".connect-head .card-facts")).to_contain_text("gerçek bir sunucuda")
    page.keyboard.press("Enter")
    expect(page.locator(".outcome .error")).to_contain_text("Doldurun: Beslemenin adresi")
    expect(page.locator('input[name="url"]')).to_have_attribute("aria-invalid", "")
    page.keyboard.type(f"{feed.url}/feed")
    answer(page, channel="blog", name="okurlar")
    page.keyboard.press("Enter")
    expect(page.locator(".outcome")).to_contain_text("kurumun iç ağında bir adres")
    expect(page.locator('input[name="name"]')).to_have_value("okurlar")  # nothing that was typed is lost
    inside(page)
    page.locator('[data-keep="try"]').click()
    expect(page.locator(".trial h2")).to_contain_text("Çalışıyor", timeout=60_000)
    expect(page.locator(".would li")).to_have_count(12)
    first = page.locator(".would li").first
    expect(first.locator(".words")).to_have_text(SAID[0])
    expect(first.locator(".sign")).to_be_visible()
    expect(first).to_contain_text("→")
    expect(page.locator(".trial")).to_contain_text("ayda yaklaşık")
    assert not load_settings(house.settings.home / "nobet.yaml", {}).sources, "nothing is written before it is said"
    page.locator('input[name="name"]').fill("okur-sesi")
    expect(page.locator('[data-keep="write"]')).to_be_disabled()  # what was tried is what is written
    expect(page.locator(".trial .note")).to_contain_text("yeniden deneyin")
    page.locator('[data-keep="try"]').click()
    expect(page.locator('[data-keep="write"]')).to_be_enabled(timeout=60_000)
    page.locator('[data-keep="write"]').click()
    expect(page.locator(".done h2")).to_contain_text("okur-sesi yazıldı")
    expect(page.locator(".done h2")).to_be_focused()
    [source] = load_settings(house.settings.home / "nobet.yaml", {}).sources
    assert source == {
        "kind": "feed",
        "url": f"{feed.url}/feed",
        "channel": "blog",
        "name": "okur-sesi",
        "private_network": True,
    }
    page.locator(".done .primary").click()
    expect(page.locator('.source[data-state="expected"]')).to_contain_text("okur-sesi")
    expect(page.locator('.source[data-state="expected"]')).to_contain_text("İlk okuma bekleniyor")


def test_a_service_that_hangs_is_let_go_and_one_that_fails_says_why(page: Page, board: Board, feed: Feed) -> None:
    add(page, board, "feed")
    answer(page, url=f"{feed.url}/feed")
    inside(page)
    feed.fail(1, Fault.slow)
    page.locator('[data-keep="try"]').click()
    expect(page.locator(".running")).to_contain_text("Hizmete soruluyor")
    assert feed.asked.wait(60)
    page.locator('[data-keep="open-look"]').click()
    page.locator('[data-keep="lang-en"]').click()  # the page goes on meanwhile, and the form with it
    expect(page.locator(".running")).to_contain_text("Asking the service")
    expect(page.locator('input[name="url"]')).to_have_value(f"{feed.url}/feed")
    page.locator('[data-keep="cancel"]').click()
    expect(page.locator(".running")).to_have_count(0)
    feed.fail(1, Fault.status(503))
    page.locator('[data-keep="open-look"]').click()
    page.locator('[data-keep="lang-tr"]').click()
    page.locator('[data-keep="try"]').click()
    expect(page.locator(".trial h2")).to_contain_text("beklendiği gibi yanıt vermedi", timeout=60_000)
    expect(page.locator(".trial")).to_contain_text("503 yanıtını verdi")
    expect(page.locator('[data-keep="write"]')).to_have_text("Yine de yaz")


def test_a_secret_is_kept_and_comes_back_nowhere(page: Page, board: Board, house: House) -> None:
    def refuse(request: Request) -> Answer:
        return Answer.json({"error": "The access token is invalid"}, 401)

    told: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda data: told.append(str(data))))
    with FaultyServer(refuse) as server:
        add(page, board, "mastodon")
        answer(page, url=server.url, access_token_env=SECRET, hashtags="kahve")
        expect(page.locator('input[name="access_token_env"]')).to_have_attribute("type", "password")
        inside(page)
        page.locator('[data-keep="try"]').click()
        expect(page.locator(".trial h2")).to_contain_text("beklendiği gibi yanıt vermedi", timeout=60_000)
        assert any(SECRET in str(request.headers) for request in server.requests)
    expect(page.locator('input[name="access_token_env"]')).to_have_value("")
    expect(page.locator('input[name="access_token_env"]')).to_have_attribute(
        "placeholder", "kayıtlı; boş bırakırsanız o kullanılır"
    )
    file = house.settings.home / "nobet.env"
    assert SECRET in file.read_text(encoding="utf-8") and file.stat().st_mode & 0o077 == 0
    page.locator('[data-keep="write"]').click()
    expect(page.locator(".done h2")).to_contain_text("mastodon yazıldı")
    assert told and not any(SECRET in frame for frame in told)
    assert SECRET not in page.url and SECRET not in (house.settings.home / "nobet.yaml").read_text(encoding="utf-8")
    assert SECRET not in (house.settings.home / "board.log").read_text(encoding="utf-8")


def test_the_demo_is_left_with_the_brands_name(tmp_path: Path, chromium: Browser, feed: Feed) -> None:
    settings = load_settings(None, {"NOBET_HOME": str(tmp_path)})
    assert settings.demo
    store, library = Store.open(settings.url), load_library()
    house = House(store, settings, Desk(store, settings, library), Intake(store, settings, library))
    with running_board(house) as board:
        page = chromium.new_page(**PHONE)
        seen = watch(page)
        page.goto(f"{board.url}/sources?lang=tr")
        page.locator('[data-keep="add-first"], [data-keep="add"]').first.tap()
        expect(page.locator('input[name="brand"]')).to_be_focused()
        expect(page.locator(".brand-box")).to_contain_text("gösteri biter")
        page.locator('[data-keep="kind-feed"]').tap()
        answer(page, url=f"{feed.url}/feed")
        inside(page)
        page.locator('[data-keep="try"]').tap()
        expect(page.locator(".outcome .error")).to_contain_text("Doldurun: Markanızın adı")
        page.locator('input[name="brand"]').fill("Kahve Diyarı")
        page.locator('[data-keep="try"]').tap()
        expect(page.locator(".trial h2")).to_contain_text("Çalışıyor", timeout=60_000)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.locator('[data-keep="write"]').tap()
        expect(page.locator(".done h2")).to_contain_text("feed yazıldı")
        page.locator(".done .primary").tap()
        expect(page.locator(".source")).to_contain_text("feed")
        page.set_viewport_size({"width": 1200, "height": 800})
        expect(page.locator(".brand")).to_have_text("Kahve Diyarı")
        seen.check()
        page.close()
    store.close()
    written = yaml.safe_load((tmp_path / "nobet.yaml").read_text(encoding="utf-8"))
    assert written["brand"] == {"name": "Kahve Diyarı"} and written["sources"][0]["kind"] == "feed"


class Told:
    """A set-up without a world: a kind that is free, one that wants a secret, and everything that went wrong."""

    def __init__(self) -> None:
        import connecting

        self.kept: dict[str, str] = {}
        self.written: list[Any] = []
        self.go = threading.Event()
        self.fails: Exception | None = None
        self._connecting = connecting

    def kinds(self) -> dict[str, Any]:
        return {kind: self._connecting.about(kind) for kind in ("feed", "x", "mastodon")}

    def questions(self, kind: str) -> Any:
        return self._connecting.questions(kind)

    def is_kept(self, variable: str) -> bool:
        return variable in self.kept

    def keep(self, variable: str, secret: str) -> None:
        self.kept[variable] = secret

    def prepare(self, kind: str, answers: Any) -> Any:
        if self.fails:
            raise self.fails
        return {"kind": kind, **answers}, None

    def attempt(self, collector: Any) -> Any:
        self.go.wait(20)
        return None

    def write(self, record: Any, brand: str | None) -> str:
        self.written.append((record, brand))
        return "/etc/nobet.yaml"


def test_what_the_state_holds_and_when_nothing_is_done(house: House) -> None:
    setup = Told()
    at = take(None, {"do": "try", "kind": "x"}, setup, house.desk, now())
    assert at is None, "nothing is tried that was not opened"
    at = take(None, {"do": "add"}, setup, house.desk, now())
    at = take(at, {"do": "kind", "kind": "no such kind"}, setup, house.desk, now())
    assert at is not None and at.kind == ""
    at = take(at, {"do": "kind", "kind": "x"}, setup, house.desk, now())
    sent = {
        "do": "try",
        "answers": {"native_query": "kahve", "secret_key": "no"},
        "secrets": {"bearer_token_env": SECRET},
    }
    at = take(at, sent, setup, house.desk, now())
    assert at is not None and at.job is not None and at.job.running
    assert setup.kept == {"NOBET_X_BEARER_TOKEN": SECRET} and SECRET not in repr(at) + repr(vars(at.job))
    assert at.answers == {"native_query": "kahve"}, "a setting that was not asked is not taken"
    at = take(at, {"do": "write"}, setup, house.desk, now())
    assert at is not None and not at.file and not setup.written, "nothing is written while it is tried"
    job = at.job
    at = take(at, {"do": "cancel"}, setup, house.desk, now())
    assert at is not None and at.job is None and job is not None and job.cancelled
    setup.go.set()
    job.join(20)
    assert take(at, {"do": "close"}, setup, house.desk, now()) is None


@pytest.mark.parametrize("junk", [None, 3, {"do": 7}, {"do": "x" * 50}, {"no": "deed"}, {"do": "try", "secrets": "x"}])
def test_what_is_no_answer_changes_nothing(house: House, junk: object) -> None:
    at = Connection(kind="feed")
    assert take(at, junk, Told(), house.desk, now()) is at and at.job is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_goes_wrong_is_a_sentence_in_the_frame_of_the_language(house: House, language: str) -> None:
    setup = Told()
    moments = Moments(texts(language), house.desk.zone, now())
    for error, part in ((SetUpError("a source is called 'x' already; give this one another 'name'"), "'x'"),
                        (RuntimeError(f"token {SECRET}"), "RuntimeError")):  # fmt: skip
        setup.fails = error
        at = take(
            Connection(kind="feed"), {"do": "try", "answers": {"url": "https://a.example"}}, setup, house.desk, now()
        )
        assert at is not None
        told = picture(at, setup, house.desk, moments)["error"]
        said = " ".join(text for text, _ in told)
        assert told[0][0] == texts(language).say("setup.failed")
        assert SECRET not in said and (part in said or "“x”" in said)


def test_a_try_that_breaks_inside_is_a_sentence_without_its_words() -> None:
    def broken(collector: Any) -> Any:
        raise ValueError(f"https://api.example/?key={SECRET}")

    job = Job(broken, None, {"kind": "feed"}, now())
    job.join(20)
    assert "ValueError" in job.error and SECRET not in job.error and not job.running


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_question_of_every_kind_is_asked_in_both_languages(language: str) -> None:
    import connecting

    known = texts(language)
    kinds = vars(connecting)["KINDS"]
    unsaid = [
        f"{kind}.{question.field}" for kind in kinds for question in connecting.questions(kind)
        if not (known.has(f"ask.{kind}.{question.field}") or known.has(f"ask.{question.field}"))
    ]  # fmt: skip
    assert not unsaid
    asked = {q.field for kind in kinds for q in connecting.questions(kind)}
    names = {key.split(".")[-1] for key in known.forms if key.startswith("ask.")}
    assert not names - asked, "a text for a question that nobody asks"


def test_the_environment_of_the_tests_holds_no_secret_of_theirs() -> None:
    assert SECRET not in os.environ.values()
