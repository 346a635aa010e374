"""What might we be missing? The strips of coverage and the gap that the bar tells, in a real Chromium."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from board.bar import picture as bar_picture
from board.sources import picture
from board.texts import texts
from desk.desk import Desk
from store import looks
from tests.pages.conftest import PHONE, Board
from tests.pages.seed import COVERED, STORY, House, now, open_house, watch_a_day


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A desk whose sources have a day behind them."""
    house = open_house(tmp_path_factory.mktemp("covered"), COVERED)
    for said in STORY[:3]:
        house.bring(said)
    watch_a_day(house)
    yield house
    house.store.close()


def sources(page: Page, board: Board, lang: str = "tr") -> None:
    page.goto(f"{board.url}/sources?lang={lang}")
    expect(page.locator(".source").first).to_be_visible()


def test_sources_in_trouble_stand_first_and_each_state_has_colour_pattern_sign_and_word(
    page: Page, board: Board
) -> None:
    sources(page, board)
    names = page.locator(".source").evaluate_all("all => all.map(s => s.dataset.source)")
    assert names[:3] == ["forum", "reddit", "blog"] and names[-1] == "trendyol"
    expect(page.locator(".legend li")).to_have_count(7)
    expect(page.locator(".legend")).to_contain_text("Henüz bilinmiyor")
    looks_of = page.locator(".legend .swatch").evaluate_all(
        "all => all.map(s => getComputedStyle(s).backgroundImage + getComputedStyle(s).borderStyle)"
    )
    assert len(set(looks_of)) == 7, "two states look the same"
    signs = page.locator(".legend .swatch path").evaluate_all("all => all.map(p => p.getAttribute('d'))")
    assert len(set(signs)) == 7
    gap = page.locator('[data-source="blog"] .span[data-state="partly"]')
    gap.hover()
    line = page.locator('[data-source="blog"] .said')
    expect(line).to_contain_text("Kısmen")
    expect(line).to_contain_text("yaklaşık 6 ileti kaçmış olabilir")
    expect(line).to_contain_text("aradakiler eksik olabilir")
    expect(line).to_contain_text(re.compile(r"\d\d:\d\d – \d\d:\d\d"))


def test_a_strip_is_read_with_the_keyboard_and_the_numbers_stand_in_a_table(page: Page, board: Board) -> None:
    sources(page, board, "en")
    strip = page.locator('[data-source="reddit"] .strip')
    assert "seen" in (strip.get_attribute("aria-label") or "")
    strip.focus()
    page.keyboard.press("End")
    line = page.locator('[data-source="reddit"] .said')
    expect(line).to_contain_text("Blocked")
    expect(line).to_contain_text("NOBET_REDDIT_CLIENT_ID")
    page.keyboard.press("ArrowLeft")
    expect(line).to_contain_text("Seen")
    expect(line).to_contain_text("met what was read before")
    page.keyboard.press("Escape")
    expect(line).not_to_contain_text("met what")
    page.locator('[data-piece="numbers"] summary').click()
    row = page.locator("tbody tr", has_text="forum")
    cells = row.locator("td").all_inner_texts()
    assert cells[0].endswith("%") and int(cells[1].replace(",", "")) > 1000 and int(cells[5]) > 180
    expect(page.locator("thead")).to_contain_text("p95")
    page.locator('[data-source="x"] summary').click()
    expect(page.locator('[data-source="x"] .budgets')).to_contain_text("1,740 of 2,000 requests")
    expect(page.locator('[data-source="x"] .budgets')).to_contain_text("$15.60 of $50.00")
    page.locator('[data-source="blog"] summary').click()
    expect(page.locator('[data-source="blog"] .refills')).to_contain_text("waiting")


def test_another_stretch_of_time_is_kept_through_a_reload(page: Page, board: Board) -> None:
    sources(page, board)
    before = page.locator('[data-source="forum"] .span[data-state="broken"]').bounding_box()
    page.locator('[data-keep="window-6h"]').click()
    expect(page.locator('[data-keep="window-6h"]')).to_have_attribute("aria-pressed", "true")
    after = page.locator('[data-source="forum"] .span[data-state="broken"]').bounding_box()
    assert before and after and after["width"] > 2 * before["width"]
    page.reload()
    expect(page.locator('[data-keep="window-6h"]')).to_have_attribute("aria-pressed", "true")
    page.locator('[data-keep="window-7d"]').click()
    expect(page.locator(".axis span").first).to_have_text(re.compile(r"^\w+ \d+$"))
    page.locator('[data-keep="window-24h"]').click()
    expect(page.locator('[data-keep="window-24h"]')).to_have_attribute("aria-pressed", "true")


def test_every_page_tells_the_gap_and_leads_to_the_sources(page: Page, board: Board) -> None:
    page.goto(f"{board.url}/triage?lang=tr")
    expect(page.locator(".gap")).to_contain_text(
        re.compile(r"Kapsam boşluğu: forum, .*\d\d:\d\d’[dt][ea]n beri görülmüyor")
    )
    expect(page.locator(".gap")).to_contain_text("ve 2 kaynak daha")
    page.locator(".gap").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".sources h1")).to_have_text("Kaynaklar")
    page.locator('[data-keep="open-look"]').click()
    page.locator('[data-keep="lang-en"]').click()
    expect(page.locator(".gap")).to_contain_text(re.compile(r"Coverage gap: forum not seen since .*\d\d:\d\d"))


@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_on_a_phone_the_gap_has_a_line_and_a_strip_is_tapped(page: Page, board: Board) -> None:
    sources(page, board)
    expect(page.locator(".gap")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    box = page.locator(".gap").bounding_box()
    assert box and box["height"] >= 44
    page.locator('[data-source="forum"] .span[data-state="broken"]').tap()
    expect(page.locator('[data-source="forum"] .said')).to_contain_text("Bozuk")
    page.goto(f"{board.url}/triage?lang=tr")
    expect(page.locator(".row").first).to_be_in_viewport()


def test_a_gap_that_was_filled_and_a_source_that_is_off_are_not_told(house: House) -> None:
    alerts = house.desk.watched(timedelta(hours=24), now()).alerts
    assert [(alert.what, alert.source) for alert in alerts] == [
        ("unseen", "forum"),
        ("unseen", "reddit"),
        ("gap", "blog"),
    ]
    start = now() - timedelta(hours=9)
    with house.store.write() as tx:
        looks.add_proof(
            tx, house.desk.brand, "blog", started_at=now(), finished_at=now(), proof="overlap", reach_from=start,
            fetched=6, new=6, note="read again: 6 found",
        )  # fmt: skip
    later = Desk(house.store, house.settings, house.desk.library, "Elif")
    assert {alert.source for alert in later.watched(timedelta(hours=24), now()).alerts} == {"forum", "reddit"}


def test_sources_that_nobody_reads_are_one_sentence(house: House) -> None:
    on = (
        {"kind": "x"},
        {"kind": "feed", "name": "blog"},
        {"kind": "sikayetvar"},
        {"kind": "trendyol", "enabled": False},
    )
    settings = house.settings.model_copy(update={"sources": on})
    desk = Desk(house.store, settings, house.desk.library, "Elif")
    said = bar_picture(texts("tr"), desk, ("triage",), "triage", now() + timedelta(hours=2))["gap"]
    assert "hiçbir kaynak okunmuyor" in said["text"] and "trendyol" not in said["text"]
    none = Desk(house.store, house.settings.model_copy(update={"sources": ()}), house.desk.library, "Elif")
    assert bar_picture(texts("tr"), none, ("triage",), "triage", now() + timedelta(hours=2))["gap"] is None


def test_the_look_out_is_kept_for_a_while_and_a_week_is_drawn_in_few_pieces(house: House) -> None:
    desk = Desk(house.store, house.settings, house.desk.library, "Elif")
    at = now()
    first = desk.watched(timedelta(days=7), at)
    assert desk.watched(timedelta(days=7), at + timedelta(seconds=119)) is first
    assert desk.watched(timedelta(days=7), at + timedelta(seconds=125)) is not first
    day = desk.watched(timedelta(days=1), at)
    assert desk.watched(timedelta(days=1), at + timedelta(seconds=29)) is day
    assert desk.watched(timedelta(days=1), at + timedelta(seconds=31)) is not day
    told = picture(desk, texts("tr"), at, "7d")
    assert all(len(s["timeline"]["spans"]) <= 480 for s in told["sources"])


def test_a_configured_source_without_a_fetch_is_awaited(house: House) -> None:
    settings = house.settings.model_copy(
        update={"sources": (*house.settings.sources, {"kind": "feed", "name": "yeni"})}
    )
    desk = Desk(house.store, settings, house.desk.library, "Elif")
    assert picture(desk, texts("tr"), now())["expected"] == ["yeni"]


def test_a_silence_that_is_not_believed_is_not_called_quiet(house: House) -> None:
    from board.sources import _source

    covered = {one.source: one for one in house.desk.watched(timedelta(hours=24), now()).coverage.sources}["x"]
    from board.moments import Moments
    from desk.coverage import BROKEN

    last = replace(covered.spans[-1], state=BROKEN, evidence="it answered with nothing, where about 12 are usual")
    doubted = replace(covered, spans=(*covered.spans[:-1], last))
    told = _source(covered.state, doubted, Moments(texts("tr"), house.desk.zone, now()))
    assert told["sign"] == "critical" and told["word"].startswith("Sessiz kaldı")
    assert told["note"] == [("boş yanıt verdi, oysa bu sürede yaklaşık 12 ileti olağan", False)]
