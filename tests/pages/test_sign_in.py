"""Signing in, in a real Chromium: who comes in and where they land, who is out, and how each person sees the board."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from desk.users import Users
from store import events as event_log
from tests.pages.axe import audit
from tests.pages.conftest import Board, open_tab
from tests.pages.seed import CONFIG, House, now, open_house

ELIFS, MERTS, NEW = "kedi köpek kuş balık", "mavi tren akşam çayı", "pencere kaplan dümen su"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A desk with two users; Mert was given his password."""
    folder = tmp_path_factory.mktemp("signed")
    house = open_house(folder, CONFIG.replace("{name: Elif}", "{name: Elif, role: team_lead}"))
    users = Users(house.store, house.settings)
    users.add("Elif", ELIFS, now(), own=True)
    users.add("Mert", MERTS, now())
    yield house
    house.store.close()


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    """One tab of one browser for the module: what it keeps is what is looked at."""
    with open_tab(chromium) as page:
        yield page


def types(page: Page, **typed: str) -> None:
    for name, text in typed.items():
        page.locator(f'input[name="{name}"]').fill(text)
    page.keyboard.press("Enter")


def kept(context: BrowserContext, name: str) -> dict[str, object]:
    return next((dict(cookie) for cookie in context.cookies() if cookie.get("name") == name), {})


def test_a_link_leads_to_its_page_after_signing_in_and_an_address_names_nobody(page: Page, board: Board) -> None:
    page.goto(f"{board.url}/drills?tab=ready&me=Deniz")
    name, password = page.locator('input[name="name"]'), page.locator('input[name="password"]')
    expect(name).to_be_focused(timeout=60_000)  # the first page of a process, on a busy machine
    expect(page.locator("html")).to_have_attribute("lang", "tr")
    assert (name.get_attribute("autocomplete"), password.get_attribute("autocomplete")) == (
        "username",
        "current-password",
    )
    shown = page.locator("body").inner_text()
    assert not re.search("Elif|Mert|Deniz", shown), "nobody learns here who there is"
    assert page.locator(".bar").count() == 0
    types(page, name="Kimse", password="yanlış bir parola")
    expect(page.get_by_role("alert")).to_have_text("Ad ya da parola yanlış.")
    expect(password).to_be_focused()
    types(page, name="elif", password="yanlış bir parola")
    expect(page.locator("button.primary")).to_have_attribute("aria-disabled", "false")
    expect(page.get_by_role("alert")).to_have_text("Ad ya da parola yanlış.")
    assert audit(page) == []
    types(page, password=ELIFS)
    expect(page.locator('.page[aria-current="page"]').first).to_have_text("Tatbikat")
    expect(page.locator(".me-name")).to_have_text("Elif")
    expect(page).to_have_url(re.compile(r"/drills\?tab=ready$"))
    cookie = kept(page.context, f"nobet_{board.house.desk.brand}")
    assert (cookie["sameSite"], cookie["path"], cookie["expires"]) == ("Strict", "/", -1)
    page.locator('[data-keep="open-me"]').click()
    expect(page.locator("#panel-me")).to_contain_text("Ekip lideri")
    assert page.locator("#panel-me select").count() == 0, "nobody works under another name"


def test_how_the_board_looks_is_kept_for_the_person(page: Page, board: Board) -> None:
    root = page.locator("html")
    page.locator('[data-keep="open-look"]').click()
    for choice in ("theme-dark", "contrast-high", "text_size-115", "density-compact"):
        page.locator(f'[data-keep="{choice}"]').click()
    expect(root).to_have_attribute("data-contrast", "high")
    assert audit(page) == []
    page.keyboard.press("Escape")
    expect(page.locator("#panel-look")).to_be_hidden()
    expect(page.locator('[data-keep="open-look"]')).to_be_focused()
    page.evaluate("localStorage.clear()")  # another machine
    page.reload()
    for name, value in (("theme", "dark"), ("contrast", "high"), ("text-size", "115"), ("density", "compact")):
        expect(root).to_have_attribute(f"data-{name}", value)
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "18.4px"
    page.locator('[data-keep="open-look"]').click()
    page.locator('[data-keep="lang-en"]').click()
    expect(root).to_have_attribute("lang", "en")
    expect(page.locator('[data-keep="page-drills"], [data-keep="more-drills"]').first).to_have_text("Drills")


def test_the_pages_are_reached_by_keyboard_and_the_bar_is_skipped(page: Page) -> None:
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("c")
    expect(page.locator('.page[aria-current="page"]').first).to_have_text("Crisis room")
    expect(page.locator("main h1").first).to_be_visible()
    skip = page.locator(".skip")
    skip.focus()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main h1").first).to_be_focused()


def test_signing_out_ends_it_and_the_next_one_starts_afresh_with_a_password_of_their_own(
    page: Page, board: Board
) -> None:
    before = kept(page.context, f"nobet_{board.house.desk.brand}")["value"]
    page.locator('[data-keep="open-me"]').click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator('input[name="name"]')).to_be_focused()
    page.reload()
    expect(page.locator('input[name="name"]')).to_be_visible()  # the old token opens nothing
    types(page, name="Mert", password=MERTS)
    expect(page.locator('input[name="new"]')).to_be_focused()
    assert (
        page.locator(".bar").count() == 0 and kept(page.context, f"nobet_{board.house.desk.brand}")["value"] != before
    )
    types(page, new=NEW, again="başka")
    expect(page.get_by_role("alert")).to_be_visible()
    assert audit(page) == []
    types(page, new=NEW, again=NEW)
    expect(page.locator(".me-name")).to_have_text("Mert")


def test_who_is_disabled_is_out_without_touching_anything(page: Page, board: Board) -> None:
    Users(board.house.store, board.house.settings).disable("Mert", now())
    expect(page.locator('input[name="name"]')).to_be_visible()
    assert page.locator(".bar, main.sheet, .triage").count() == 0, "nothing of the desk is left on the page"
    types(page, name="Mert", password=NEW)
    expect(page.get_by_role("alert")).to_be_visible()
    with board.house.store.read() as tx:
        told = [event.type for event in event_log.all_events(tx, board.house.desk.brand)]
    assert told == [
        "user_added", "user_added", "sign_in_refused", "sign_in_refused", "signed_in", "signed_out", "signed_in",
        "password_changed", "user_disabled", "sign_in_refused",
    ]  # fmt: skip
    log = (board.house.settings.home / "board.log").read_text(encoding="utf-8")
    assert not any(secret in log for secret in (ELIFS, MERTS, NEW)) and "Traceback" not in log
