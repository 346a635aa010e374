"""Pictures of every page, both languages, both themes, wide and phone: `python -m tests.pages.screenshots [FOLDER]`.

They are made to be looked at (`var/pictures` unless a folder is named), in a page `index.html` beside one another. The
README's pictures are among them and are written to docs/pictures as well.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Browser

from desk.views import Filters
from tests.pages.conftest import ROOT, running_board, running_chromium
from tests.pages.seed import COVERED, House, Said, fill, now, open_house, watch_a_day
from tests.pages.visits import PAGES, settle, worked_board

README = {"triage-case-wide-en-light": "triage", "today-wide-en-light": "today", "reports-wide-en-light": "reports"}
"""Pictures that stand in the docs, and their names there."""

ONCE = ("triage", "triage-case", "sources")
"""Pages that are told better by the story of the small desk."""

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


def shoot(browser: Browser, url: str, pages: dict[str, str], folder: Path, connect: bool = False) -> None:
    """Every picture of these pages of the board at `url` into `folder`."""
    for size, viewport in SIZES.items():
        for theme in ("light", "dark"):
            for language in ("tr", "en"):
                context = browser.new_context(
                    viewport=viewport, color_scheme=theme, has_touch=size == "phone", is_mobile=size == "phone"
                )
                page = context.new_page()
                way = f"{size}-{language}-{theme}"
                for name, path in pages.items():
                    page.goto(f"{url}/{path}{'&' if '?' in path else '?'}lang={language}")
                    settle(page)
                    page.screenshot(path=folder / f"{name}-{way}.png")
                if connect:
                    page.locator('[data-keep="add"]').click()
                    page.locator(".kinds li").first.wait_for()
                    page.screenshot(path=folder / f"kinds-{way}.png")
                    page.locator('[data-keep="kind-feed"]').click()
                    page.locator('.questions input[name="url"]').wait_for()
                    page.screenshot(path=folder / f"connect-{way}.png")
                context.close()


def _index(folder: Path) -> None:
    """One page with all pictures, to be looked through."""
    names = sorted(path.name for path in folder.glob("*.png"))
    shown = "\n".join(
        f'<figure><img loading="lazy" src="{name}"><figcaption>{name}</figcaption></figure>' for name in names
    )
    style = "body{font:14px sans-serif;display:flex;flex-wrap:wrap;gap:16px}img{max-width:640px;max-height:480px}"
    page = f"<!doctype html><meta charset=utf-8><title>Nöbet</title><style>{style}</style>\n{shown}\n"
    (folder / "index.html").write_text(page, encoding="utf-8")


def main(folder: Path) -> None:
    """Make all pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with running_chromium() as browser:
        with tempfile.TemporaryDirectory() as home:
            house = open_house(Path(home), COVERED)
            fill(house)
            watch_a_day(house)
            case = with_history(house)
            told = {name: PAGES[name].format(case=case, person=1) for name in ONCE}
            with running_board(house) as board:
                shoot(browser, board.url, told, folder, connect=True)
            house.store.close()
        with tempfile.TemporaryDirectory() as home, worked_board(Path(home)) as board:
            others = {name: path.format(case=1, person=1) for name, path in PAGES.items() if name not in ONCE}
            shoot(browser, board.url, others, folder)
    _index(folder)
    pictures = ROOT / "docs" / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    for name, called in README.items():
        shutil.copyfile(folder / f"{name}.png", pictures / f"{called}.png")
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder}; the README's in {pictures}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "var" / "pictures")
