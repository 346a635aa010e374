"""Pictures of every page, both languages, both themes, wide and phone: `python -m tests.pages.screenshots [FOLDER]`.

They are made to be looked at (`var/pictures` unless a folder is named). The README's picture is one of them and is
written to docs/pictures as well.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Browser, Page

from desk.views import Filters
from tests.pages.conftest import ROOT, running_board, running_chromium
from tests.pages.seed import COVERED, House, Said, fill, now, open_house, watch_a_day

README_PICTURE = "triage-case-wide-en-light"
SIZES = {"wide": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}


def with_history(house: House) -> int:
    """A case with a past: answered once, then the customer wrote again. Answers its id."""
    story = Said(
        "Merhaba, 14 Kasım’da verdiğim sipariş hâlâ gelmedi. Takip ekranı üç gündür “dağıtımda” yazıyor. Bir tarih "
        "verecek misiniz?", 290, author="leyla_a", name="Leyla Aksoy", followers=5210,
        drove={"topic": ("sipariş", "dağıtımda"), "urgency": ("üç gündür",)},
    )  # fmt: skip
    house.bring(story)
    desk, start = house.desk, now() - timedelta(minutes=200)
    case_id = desk.queue(Filters(search="leyla"), now()).rows[0].case_id
    desk.seen(case_id, start)
    desk.claim(case_id, start + timedelta(minutes=1))
    desk.note(
        case_id, "Kargo firmasına yazıldı; şube yarın dağıtıma çıkaracağını söylüyor.", start + timedelta(minutes=8)
    )
    text = "Merhaba Leyla Hanım, paketiniz bulundu; yarın 12.00’ye dek kapınızda. Gecikme için özür dileriz."
    desk.answer(case_id, text, "https://x.example/cinarev/status/77", start + timedelta(minutes=12))
    again = "Yarın 12 dediniz ama pazartesi diye mesaj geldi. Bu ikinci kez oluyor, iptal etmek istiyorum!"
    house.bring(
        Said(again, 20, urgency="urgent", author="leyla_a", name="Leyla Aksoy", followers=5210,
             drove={"urgency": ("ikinci kez", "iptal"), "topic": ("pazartesi",)})
    )  # fmt: skip
    return case_id


def shoot(browser: Browser, url: str, case_id: int, folder: Path) -> None:
    """Every picture of the board at `url` into `folder`."""
    pages = {"triage": "", "triage-case": f"?case={case_id}", "sources": "sources"}
    for size, viewport in SIZES.items():
        for theme in ("light", "dark"):
            for language in ("tr", "en"):
                context = browser.new_context(
                    viewport=viewport, color_scheme=theme, has_touch=size == "phone", is_mobile=size == "phone"
                )
                page = context.new_page()
                for name, path in pages.items():
                    page.goto(f"{url}/{path}{'&' if '?' in path else '?'}lang={language}")
                    settle(page)
                    page.screenshot(path=folder / f"{name}-{size}-{language}-{theme}.png")
                page.locator('[data-keep="add"]').click()
                page.locator(".kinds li").first.wait_for()
                page.screenshot(path=folder / f"kinds-{size}-{language}-{theme}.png")
                page.locator('[data-keep="kind-feed"]').click()
                page.locator('.questions input[name="url"]').wait_for()
                page.screenshot(path=folder / f"connect-{size}-{language}-{theme}.png")
                context.close()


def settle(page: Page) -> None:
    """Wait until the page has its rows, its case and its fonts."""
    page.locator(".row:visible, .story .words:visible, .source:visible").first.wait_for()
    if "case=" in page.url:
        page.locator(".story .words").first.wait_for()
    page.evaluate("document.fonts.ready")


def main(folder: Path) -> None:
    """Make all pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        house = open_house(Path(home), COVERED)
        fill(house)
        watch_a_day(house)
        case_id = with_history(house)
        with running_board(house) as board, running_chromium() as browser:
            shoot(browser, board.url, case_id, folder)
        house.store.close()
    pictures = ROOT / "docs" / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(folder / f"{README_PICTURE}.png", pictures / "triage.png")
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder}; the README's in {pictures}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "var" / "pictures")
