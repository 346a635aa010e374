"""From an empty house to the own brand's first mention by keyboard; a setting changed with a mistake that is mended;
sign-in begun, a colleague let in and kept out.

A real Chromium, a real feed server, the real board; the worker's stages run in this process.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from playwright.sync_api import Browser, Page, expect

from collecting import collect
from desk.intake import Intake
from desk.settings import load_settings
from desk.users import Users
from mention import SENTIMENTS, TOPICS, URGENCIES, Score
from playbooks.shelf import load_library
from store import events as event_log
from store import scoring, sources
from store.engine import Store
from tests.integration.faulty_server import FaultyServer
from tests.integration.worlds.feed import FeedWorld
from tests.integration.worlds.world import Post
from tests.pages.axe import audit
from tests.pages.conftest import Board, open_tab, running_board
from tests.pages.seed import a_head, now
from worker import keep_for, sources_of

SAID = (
    "Turkuaz'dan aldığım masa kırık geldi, üç gündür yanıt yok!",
    "turkuaz renk bir masa arıyorum",
    "bugün hava güzel",
)

LINES = "Turkuaz'dan sipariş verdim\nturkuaz renk mavi ton"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty house: the demo brand runs in it."""
    folder = tmp_path_factory.mktemp("first")
    Store.open(f"sqlite:///{folder / 'nobet.db'}").close()
    return folder


@pytest.fixture(scope="module")
def board(home: Path) -> Iterator[Board]:
    house: Any = SimpleNamespace(settings=SimpleNamespace(home=home))
    with running_board(house) as board:
        yield board


@pytest.fixture(scope="module")
def tab(board: Board, chromium: Browser) -> Iterator[Page]:
    with open_tab(chromium) as page:
        yield page


@pytest.fixture(scope="module")
def feed() -> Iterator[str]:
    world = FeedWorld()
    world.posts = [
        Post(n, words, author=f"okur{n}", when=datetime.now(UTC) - timedelta(hours=n))
        for n, words in enumerate(SAID, 1)
    ]
    with FaultyServer(world.route) as server:
        yield f"{server.url}/feed"


def work(home: Path) -> None:
    """One round of the worker's stages; every mention is scored as an urgent matter."""
    settings = load_settings(home / "nobet.yaml", {"NOBET_HOME": str(home)})
    store, brand = Store.open(settings.url), settings.brand.key
    with store.write() as tx:
        sources.beat(tx, brand, "worker", now(), {})
    for collector in sources_of(settings):
        assert collect(store, brand, collector, keep=keep_for(settings, collector)).outcome == "ok"
    with store.read() as tx:
        waiting = scoring.unscored(tx, brand, 100)
    scores = [
        (stored.id, Score(
            native_id=stored.mention.native_id, source=stored.mention.source, language="tr", model="test",
            sentiment=a_head("negative", SENTIMENTS, 0.9), urgency=a_head("urgent", URGENCIES, 0.9),
            topic=a_head("product_defect", TOPICS, 0.9),
        ))
        for stored in waiting
    ]  # fmt: skip
    with store.write() as tx:
        scoring.save_scores(tx, brand, scores, [], now())
    Intake(store, settings, load_library()).run(now())
    store.close()


FOCUSED = """() => {
  let node = document.activeElement;
  while (node?.shadowRoot) node = node.shadowRoot.activeElement;
  return node?.dataset?.keep;
}"""


def focus_on(page: Page, keep: str) -> None:
    """Walk there by Tab, as somebody without a mouse does."""
    for _ in range(60):
        if page.evaluate(FOCUSED) == keep:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{keep} is not reached by Tab")


def test_the_own_brand_is_set_up_by_keyboard_and_its_first_mention_opened(
    tab: Page, board: Board, home: Path, feed: str
) -> None:
    page = tab
    page.goto(f"{board.url}/setup?lang=tr")
    heading = page.locator(".sheet h1")
    expect(heading).to_have_text("Marka", timeout=60_000)  # the board's first page
    focus_on(page, "begin-brand-name")
    page.keyboard.type("Turkuaz")
    page.keyboard.press("Enter")
    expect(heading).to_have_text("Adın anlamı")
    expect(page.locator(".sheet-main")).to_contain_text("gündelik bir söz de olabilir")
    focus_on(page, "begin-meaning-other_meaning-yes")  # suggested, because the name is a colour
    focus_on(page, "begin-meaning-samples")
    page.keyboard.type(LINES)
    focus_on(page, "begin-meaning-save")
    page.keyboard.press("Enter")
    verdicts = page.locator(".sheet-main table")
    expect(verdicts).to_contain_text("Sizi anlatıyor")
    expect(verdicts).to_contain_text("Sizi anlatmıyor")
    page.reload()
    expect(page.locator('[data-keep="begin-meaning-samples"]')).to_have_value(LINES)  # nothing is lost
    focus_on(page, "step-source")
    page.keyboard.press("Enter")
    expect(heading).to_have_text("İlk kaynak")
    focus_on(page, "begin-source-url")
    page.keyboard.type(feed)
    page.keyboard.press("Enter")
    expect(page.locator(".sheet-main .note")).to_contain_text("kurumun iç ağında", timeout=60_000)
    focus_on(page, "begin-source-more-inside")
    page.keyboard.press("Space")
    focus_on(page, "begin-source-save")
    page.keyboard.press("Enter")
    expect(page.locator(".sheet-main .note")).to_contain_text("Çalışıyor", timeout=60_000)
    expect(page.locator(".cards .card")).to_have_count(2)  # what does not say the name is passed over
    focus_on(page, "take-source")
    page.keyboard.press("Enter")
    expect(heading).to_have_text("Yanıt sözü")
    focus_on(page, "back")
    page.keyboard.press("Enter")
    expect(heading).to_have_text("İlk kaynak")
    expect(page.locator('[data-keep="begin-source-url"]')).to_have_value(feed)
    focus_on(page, "step-promise")
    page.keyboard.press("Enter")
    expect(heading).to_have_text("Yanıt sözü")
    focus_on(page, "begin-promise-save")
    page.keyboard.press("Enter")
    expect(heading).to_have_text("Kişiler")
    focus_on(page, "begin-people-me")
    page.keyboard.type("Ece")
    page.keyboard.press("Enter")
    expect(heading).to_have_text("Başlat")
    expect(page.locator(".sheet-main")).to_contain_text('"Turkuaz"')
    assert not (home / "nobet.yaml").exists(), "nothing is written before the start"
    focus_on(page, "start")
    page.keyboard.press("Enter")
    expect(heading).to_contain_text("ilk mesajlar geliyor")
    expect(page.locator(".waiting li").first).to_have_attribute("data-state", "done")
    worker = threading.Thread(target=work, args=(home,))
    worker.start()
    expect(heading).to_contain_text("ilk mesajlar geldi")
    worker.join(30)
    focus_on(page, "open-first")
    page.keyboard.press("Enter")
    expect(page.locator(".case")).to_contain_text("masa")
    expect(page.locator("body")).not_to_contain_text("Çınar Ev")  # the demo's mentions lie under a key of their own
    settings = load_settings(home / "nobet.yaml", {"NOBET_HOME": str(home)})
    assert (settings.brand.name, settings.brand.key) == ("Turkuaz", "turkuaz")
    assert settings.brand.homonym is not None and "renk" in settings.brand.homonym.theirs
    assert [agent.name for agent in settings.agents] == ["Ece"] and settings.sources[0]["url"] == feed


def test_a_setting_is_changed_with_a_mistake_mended_and_undone(tab: Page, board: Board, home: Path) -> None:
    page = tab
    if not (home / "nobet.yaml").exists():
        pytest.skip("the set-up before did not end")
    page.goto(f"{board.url}/settings?lang=tr&tab=promises")
    within = page.locator('[data-keep="form-promises-desk.promises.urgent.within"]')
    expect(within).to_be_visible(timeout=60_000)
    within.fill("çabuk")
    page.locator('[data-keep="form-promises-save"]').click()
    wrong = page.locator(".asked[data-wrong]")
    expect(wrong).to_have_count(1)
    expect(wrong).to_contain_text("çabuk")
    expect(wrong).to_contain_text("süre değil")
    expect(within).to_have_value("çabuk")  # what was typed stays
    expect(within).to_have_attribute("aria-invalid", "true")
    within.fill("3 sa")
    page.locator('[data-keep="form-promises-save"]').click()
    expect(page.locator(".change")).to_contain_text("within: 3h")
    expect(page.locator(".form table")).to_contain_text("Yeni söz")
    page.locator('[data-keep="save"]').click()
    expect(page.locator(".told")).to_contain_text("Kaydedildi")
    expect(within).to_have_value("3h")
    saved = yaml.safe_load((home / "nobet.yaml").read_text(encoding="utf-8"))
    assert saved["desk"]["promises"]["urgent"]["within"] == "3h"
    page.locator(".sheet-side .card button").first.click()
    expect(page.locator(".told")).to_contain_text("yerine kondu")
    expect(within).to_have_value("2h")


ECES, SUDES = "kedi köpek kuş balık", "mavi tren akşam çayı"


def types(page: Page, **typed: str) -> None:
    for name, text in typed.items():
        page.locator(f'.sign-in input[name="{name}"]').fill(text)
    page.keyboard.press("Enter")


def test_sign_in_is_begun_a_colleague_let_in_and_kept_out_and_no_password_stays_anywhere(
    tab: Page, board: Board, home: Path, chromium: Browser
) -> None:
    page = tab
    if not (home / "nobet.yaml").exists():
        pytest.skip("the set-up before did not end")
    sent: list[bytes] = []  # what the server said

    def heard(said: str | bytes) -> None:
        sent.append(said if isinstance(said, bytes) else said.encode())

    page.on("websocket", lambda socket: socket.on("framereceived", heard))
    people = f"{board.url}/settings?lang=tr&tab=people"
    page.goto(people)
    expect(page.locator(".note")).to_contain_text("Kimse giriş yapmıyor", timeout=60_000)
    assert page.locator(".user").count() == 0
    page.locator('[data-keep="agent-new"] > summary').click()
    page.locator('[data-keep="form-agent-1-agents.1.name"]').fill("Sude")
    page.locator('[data-keep="form-agent-1-save"]').click()
    page.locator('[data-keep="save"]').click()
    expect(page.locator('[data-row="agent-1"]')).to_contain_text("Sude")
    page.locator('[data-keep="user-first"] > summary').click()
    new, again = page.locator('[data-keep="user-first-new"]'), page.locator('[data-keep="user-first-again"]')
    new.fill(ECES)
    again.fill(ECES + "x")
    page.locator('[data-keep="user-first-save"]').click()
    expect(page.locator(".form .error")).to_contain_text("aynı değil")
    expect(new).to_have_value(ECES)  # nobody types it all again
    assert audit(page) == []
    page.reload()
    page.locator('[data-keep="user-first"] > summary').click()
    expect(new).to_have_value("")
    new.fill(ECES)
    again.fill(ECES)
    page.locator('[data-keep="user-first-save"]').click()
    expect(page.locator('.sign-in input[name="name"]')).to_be_visible()  # by itself: from now on everybody signs in
    types(page, name="Ece", password=ECES)
    mine, hers = page.locator('[data-row="agent-0"] .user'), page.locator('[data-row="agent-1"] .user')
    expect(mine).to_contain_text("Giriş yapabilir")
    assert mine.locator("button").count() == 0, "nobody keeps themselves out"
    expect(hers).to_contain_text("Giriş izni yok")
    page.locator('[data-keep="user-1-add"]').click()
    given = hers.locator(".given")
    expect(given).to_be_focused()
    password = given.locator("code").inner_text()
    expect(hers).to_contain_text("Kendi parolasını henüz seçmedi")
    assert audit(page) == []
    with open_tab(chromium) as other:
        other.goto(people)
        types(other, name="sude", password=password)
        types(other, new=SUDES, again=SUDES)
        expect(other.locator('[data-row="agent-1"] .user')).to_contain_text("Giriş yapabilir", timeout=60_000)
        assert other.locator(".user button").count() == 0, "who may not manage users sees no way to"
        page.locator('[data-keep="user-1-disable"]').click()
        page.locator('[data-keep="user-1-disable"]').click()
        expect(hers).to_contain_text("Girişi kapalı")
        expect(hers).to_contain_text("Son gelişi")
        expect(other.locator('.sign-in input[name="name"]')).to_be_visible()
    page.locator('[data-keep="user-1-enable"]').click()
    expect(hers).to_contain_text("Giriş yapabilir")
    page.locator('[data-keep="user-1-reset"]').click()
    page.locator('[data-keep="user-1-reset"]').click()
    expect(given.locator("code")).not_to_have_text(password)
    second = given.locator("code").inner_text()
    page.reload()
    expect(hers).to_contain_text("Kendi parolasını henüz seçmedi")
    assert page.locator(".given").count() == 0, "it is shown once"
    kept = page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}, location.href])")
    settings = load_settings(home / "nobet.yaml", {"NOBET_HOME": str(home)})
    store = Store.open(settings.url)
    with store.read() as tx:
        events = list(event_log.all_events(tx, settings.brand.key))
    assert [(event.type, event.by) for event in events if event.type.startswith("user_")] == [
        ("user_added", "agent:Ece"), ("user_added", "agent:Ece"), ("user_disabled", "agent:Ece"),
        ("user_enabled", "agent:Ece"), ("user_reset", "agent:Ece"),
    ]  # fmt: skip
    assert {one.name: one.state for one in Users(store, settings).list(now())} == {"Ece": "in", "Sude": "must_change"}
    store.close()
    written = b"".join(file.read_bytes() for file in home.rglob("*") if file.is_file())
    assert b"Sude" in written and any(b"Sude" in said for said in sent)
    for secret in (ECES, SUDES, password, second):
        assert secret not in kept and secret.encode() not in written
        assert not any(secret.encode() in said for said in sent)
