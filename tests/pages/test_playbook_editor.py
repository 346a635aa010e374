"""A playbook is changed in the browser: an error is typed, found with its line, mended, saved, and is a version.

And a customer is found on a telephone, as one types.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.pages.conftest import OPEN_WITHIN, PHONE, Board
from tests.pages.seed import House, open_house
from tests.pages.shop import THREE

CONFIG = """
brand: {name: Çınar Ev, slug: cinar}
agents:
  - {name: Deniz, role: team_lead}
sources: []
"""
SHIPPED = (Path(__file__).parents[2] / "playbooks" / "library" / "late_delivery.yaml").read_text(encoding="utf-8")
LINE = SHIPPED.splitlines().index("    within: 1h") + 1

FOCUSED = """() => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return at?.tagName;
}"""
SELECT = """(area) => {
  const at = area.value.indexOf("    within: 1h\\n") + 12;
  area.focus();
  area.setSelectionRange(at, at + 2);
}"""
TO_THE_END = "(area) => { area.focus(); area.setSelectionRange(area.value.length, area.value.length); }"
SELECTED = "(area) => area.value.slice(area.selectionStart, area.selectionEnd)"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A desk with one customer in three channels, and the shipped playbooks."""
    house = open_house(tmp_path_factory.mktemp("editor"), CONFIG)
    for said in THREE:
        house.bring(said)
    yield house
    house.store.close()


def test_an_error_is_typed_found_by_its_line_mended_and_saved_as_a_version(page: Page, board: Board) -> None:
    page.goto(f"{board.url}/playbooks?lang=tr&key=playbook:late_delivery&tab=edit")
    area, findings = page.get_by_label("Metin: late_delivery.yaml"), page.locator(".findings li")
    expect(area).to_have_value(SHIPPED, timeout=OPEN_WITHIN * 1000)  # the board's first page: it starts meanwhile
    area.evaluate(SELECT)
    page.keyboard.type("yarın")
    expect(findings).to_have_count(1)
    expect(findings).to_contain_text(f"{LINE}. satır")
    expect(findings).to_contain_text("bir süre değil")
    expect(page.locator(".gutter .wrong")).to_have_text(f"▸ {LINE}")
    assert page.evaluate(FOCUSED) == "TEXTAREA", "the check takes nobody's hand away"

    save = page.get_by_role("button", name="Yeni sürüm olarak yürürlüğe koy")
    page.get_by_label("Neden değişti?").fill("Kargo artık daha hızlı")
    save.click()
    expect(page.get_by_role("alert").filter(has_text="Kaydedilmedi")).to_be_visible()
    page.get_by_role("button", name=f"{LINE}. satır").click()
    assert area.evaluate(SELECTED) == "    within: yarın"
    page.keyboard.type("    within: 45m")
    expect(findings).to_have_count(0)
    expect(page.get_by_label("Yürürlüktekinden farkı")).to_contain_text("1h → 45m")

    # Tab indents; after Esc it leaves, so that nobody is caught in the field.
    area.evaluate(TO_THE_END)
    page.keyboard.press("Tab")
    assert area.input_value().endswith("\n  ")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED) != "TEXTAREA"

    page.reload()  # what was typed is still there
    expect(area).to_have_value(SHIPPED.replace("    within: 1h\n", "    within: 45m\n", 1) + "  ")
    save.click()
    saved = page.locator('[data-row="v3"]')
    expect(saved).to_contain_text("Kargo artık daha hızlı")
    expect(saved).to_contain_text("1h → 45m")
    page.locator('[data-row="v2"]').get_by_role("button", name="Bu sürüme dön").click()
    page.get_by_role("button", name="Evet, bu metin yeni sürüm olarak yürürlüğe girsin").click()
    expect(page.locator('[data-row="v4"]')).to_contain_text("2. sürüme dönüldü")


@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_a_customer_is_found_as_one_types_on_a_telephone(page: Page, board: Board) -> None:
    page.goto(f"{board.url}/customers?lang=tr")
    page.get_by_label("Müşteri arayın").fill("selin büyük")
    expect(page.get_by_role("status").filter(has_text="müşteri bulundu")).to_have_text("3 müşteri bulundu")
    page.get_by_role("button", name="Selin Büyük").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Selin Büyük")
    assert "selin" not in page.url, "what is looked for stands in no address"
    wide = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) <= 0, "nothing is wider than the telephone"
    page.locator(".sheet .back").click()
    expect(page.get_by_label("Müşteri arayın")).to_have_value("selin büyük")
