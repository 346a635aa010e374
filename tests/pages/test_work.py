"""Long work on the board: a file is handed over, the page shows how far it is, and the mentions are there."""

from __future__ import annotations

import json
import threading

from playwright.sync_api import Page, expect

from long_work import LongWork
from tests.pages.conftest import Board
from tests.pages.seed import House, now


def test_a_file_is_imported_while_the_page_is_left(page: Page, board: Board, house: House) -> None:
    at = now().isoformat()
    lines = [
        {"source": "arsiv", "native_id": f"a{n}", "text": f"kargom {n} gündür yok <b>x</b>", "published_at": at}
        for n in range(30)
    ] + [{"source": "arsiv", "native_id": "kotu", "published_at": at}]
    content = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode()
    page.goto(f"{board.url}/work?lang=tr")
    form = page.get_by_role("form", name="İçe aktarma")
    form.locator("input[type=file]").set_input_files(
        files=[{"name": "eski mesajlar.jsonl", "mimeType": "application/json", "buffer": content}]
    )
    expect(form.locator("input[type=hidden]").nth(1)).to_have_value("eski mesajlar.jsonl")
    form.get_by_role("button", name="İçe aktar").click()
    running = page.get_by_role("list", name="Sürenler")
    expect(running).to_contain_text("Sırada")
    expect(running).to_contain_text("eski mesajlar.jsonl")
    page.goto(f"{board.url}/triage?lang=tr")  # the page is left; the worker goes on
    work = LongWork(house.store, house.settings, threading.Event())
    assert work.run() == 1
    page.goto(f"{board.url}/work?lang=tr")
    ended = page.get_by_role("list", name="Bitenler")
    expect(ended).to_contain_text("31 satır okundu: 30 yeni, 0 zaten vardı, 1 reddedildi")
    expect(ended).to_contain_text("Bitti")
    expect(page.get_by_text("Süren iş yok", exact=False)).to_be_visible()
