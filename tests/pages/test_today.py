"""What must happen in the next hour? The first page and its charts in a real Chromium, by keyboard and by finger."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from board import draw
from board.charts import plot
from desk.chart import KINDS, Chart, Moment, Series
from store import sources
from tests.pages.conftest import PHONE, Board, watch
from tests.pages.seed import COVERED, STORY, House, now, open_house, watch_a_day


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A desk with cases due in the next hours, and a day of coverage behind it."""
    house = open_house(tmp_path_factory.mktemp("today"), COVERED)
    for said in STORY[:6]:
        house.bring(said)
    watch_a_day(house)
    with house.store.write() as tx:
        sources.beat(tx, house.desk.brand, "worker", now(), {})
    yield house
    house.store.close()


def chart(page: Page, name: str) -> Locator:
    return page.locator(f'.plot[data-plot="{name}"]')


GO = {"page": "triage", "case": 1}
HOURS = tuple(f"{hour:02}:00" for hour in range(24))
KNOWN: tuple[float | None, ...] = (*(float(n % 7) for n in range(20)), None, None, 3.0, 0.0)
DRAWN = (
    Chart("stack", "stack", "S", "S", "h", "u", HOURS,
          (Series("a", "negative", KNOWN), Series("b", "positive", KNOWN))),
    Chart("bars", "bars", "B", "B", "h", "u", HOURS, (Series("a", "accent", KNOWN, low=KNOWN, high=KNOWN),),
          (Moment(3, "Söz", GO),)),
    Chart("lines", "lines", "L", "L", "h", "u", HOURS, (Series("a", "accent", KNOWN, low=KNOWN, high=KNOWN),)),
    Chart("heat", "heat", "H", "H", "h", "u", HOURS, (Series("Pzt", "accent", KNOWN, go=(GO,) * 24),)),
    *(Chart(kind, f"no-{kind}", "0", "0", "h", "u") for kind in KINDS),
)  # fmt: skip


def test_every_kind_is_drawn_at_every_width_and_what_is_not_known_is_no_nought(chromium: Browser) -> None:
    data = {"language": "tr", "page": "x", "now": 0, "speed": 1, "refresh_ms": 5000, "answers": {}, "title": "x",
            "place": {"n": 0, "id": 0, "tab": ""}, "main": [plot(one) for one in DRAWN]}  # fmt: skip
    page = chromium.new_page(viewport={"width": 1100, "height": 900})
    seen = watch(page)
    # The script of the sheet without a server: what draws it is the same.
    code = draw.script("sheet").replace("export default", "window.part =")
    page.set_content(f"<style>{draw.page_style()}{draw.style('sheet')}</style><div id=a></div>")
    page.add_script_tag(content=code, type="module")
    page.wait_for_function("window.part !== undefined")
    page.evaluate("data => part({data, parentElement: a, setTriggerValue: () => {}})", data)
    for wide in (1100, 390):
        page.set_viewport_size({"width": wide, "height": 900})
        page.wait_for_function(
            "wide => { const all = [...document.querySelectorAll('.plot-ground svg')].map(s => s.getClientRects()[0]);"
            " return all.every(s => s.right <= wide) && all.filter(s => s.width > wide * 0.7).length > 3; }",
            arg=wide,
        )
        marks = {name: chart(page, name).locator(".mark").count() for name in ("stack", "bars", "lines", "heat")}
        # Nought is no block of a stack; two hours are not known, and every other value has its mark.
        assert marks == {"stack": 2 * 18 + 2, "bars": 22 + 2, "lines": 22 + 2, "heat": 24}
        for name in ("stack", "bars", "lines"):
            unknown = chart(page, name).locator('.mark[data-tone="unseen"]')
            assert unknown.count() == 2
            assert unknown.first.get_attribute("aria-label") == "20:00 · bilinmiyor"
    assert chart(page, "heat").locator('.mark[role="link"]').count() == 24
    expect(chart(page, "bars").locator(".plot-moments button")).to_have_text("03:00 Söz")
    expect(page.locator('[data-plot^="no-"] .plot-said')).to_have_text(["Çizilecek bir şey yok."] * len(KINDS))
    assert not seen.errors and not page.locator(".broken").count()
    page.close()


def test_the_page_answers_and_a_mark_is_reached_by_keyboard_and_opens_its_case(page: Page, board: Board) -> None:
    page.goto(f"{board.url}/?lang=tr")
    expect(page.locator("h1")).to_have_text("Bugün", timeout=60_000)  # the board's first page: it imports everything
    expect(page.locator(".answer-words")).to_contain_text("kaydın süresi")
    fold = page.evaluate("innerHeight")
    first = page.locator('[data-keep="open-first"]')
    box = first.bounding_box()
    assert box is not None and box["y"] + box["height"] < fold, "the next case is above the fold"
    due = chart(page, "due")
    expect(due.locator(".mark").first).to_be_attached()
    assert due.locator('.mark[tabindex="0"]').count() == 1, "one tab stop a chart"
    due.locator('.mark[tabindex="0"]').focus()
    page.keyboard.press("End")
    last = due.locator(".mark:focus")
    expect(due.locator(".plot-said")).to_have_text(last.get_attribute("aria-label") or "")
    expect(due.locator(".plot-said")).to_contain_text("kayıt")
    page.keyboard.press("Home")
    expect(due.locator(".plot-said")).to_have_text("Geç kalındı: 1 kayıt")
    # Due in twelve minutes: in the column beside the late ones, or, late in a quarter of an hour, above them.
    page.keyboard.press("ArrowRight")
    if "Kritik" not in due.locator(".plot-said").inner_text():
        page.keyboard.press("Home")
        page.keyboard.press("ArrowUp")
    expect(due.locator(".plot-said")).to_contain_text("Kritik: 1 kayıt")
    held = due.locator(".mark:focus").get_attribute("data-mark")
    page.set_viewport_size({"width": 1000, "height": 900})  # drawn anew for the width, and the focus is kept
    expect(due.locator(f'.mark:focus[data-mark="{held}"]')).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/triage\?.*case=\d+"))
    expect(page.locator(".story .words").first).to_contain_text("Ocak gaz kaçırıyor")


@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_on_a_phone_a_finger_looks_first_and_the_numbers_are_a_table(page: Page, board: Board) -> None:
    page.goto(f"{board.url}/?lang=en")
    expect(page.locator(".answer-words")).to_contain_text("due within the hour")
    hours = chart(page, "hours")
    negative = hours.locator('.mark[role="link"][aria-label*="Negative"]').first
    negative.tap()
    expect(hours.locator(".plot-said")).to_contain_text("Negative: ")
    expect(page).to_have_url(re.compile(r"/\?lang=en"))
    sizes = page.locator(".plot .tick").evaluate_all(
        "all => all.map(one => parseFloat(getComputedStyle(one).fontSize))"
    )
    assert sizes and min(sizes) >= 12
    wide = page.locator(".plot-ground svg").evaluate_all("all => all.map(one => one.getBoundingClientRect().right)")
    assert wide and max(wide) <= 390, "drawn for the width it has"
    lanes = chart(page, "coverage")
    lanes.locator("summary").tap()
    expect(lanes.locator("table tbody tr", has_text="reddit").last).to_contain_text("Blocked")
    expect(lanes.locator(".plot-names")).to_contain_text("Broken")
    hours.locator(".plot-said button").tap()
    expect(page.locator("h1")).to_contain_text("Negative")
    expect(page.locator(".card").first).to_be_visible()
    page.locator('[data-keep="back"]').tap()
    expect(page.locator(".answer-words")).to_be_visible()
