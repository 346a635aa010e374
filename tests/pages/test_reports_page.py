"""The Reports page in a real Chromium: the answer at once, numbers that lead to their cases, in both languages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import yaml
from playwright.sync_api import Page, expect

from desk.metrics.period import Period
from desk.report.forms import to_json
from desk.report.making import make
from tests.integration.report_work import CONFIG, HOSTILE, fill
from tests.pages.conftest import Board
from tests.pages.seed import House, open_house


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = open_house(
        tmp_path_factory.mktemp("reports"), yaml.safe_dump({**CONFIG, "sources": []}, allow_unicode=True)
    )
    fill(house, datetime.now(UTC))
    yield house
    house.store.close()


def test_the_pr_lead_finds_the_answer_the_cases_and_the_file(board: Board, page: Page):
    page.goto(f"{board.url}/reports?me=Leyla&lang=tr")
    sheet = page.locator(".sheet")
    median = sheet.locator(".figure-box").first
    expect(median).to_contain_text("İlk yanıt, ortanca", timeout=60_000)  # the report is made while the page waits
    expect(median).to_contain_text("n 5")
    expect(sheet.locator(".figure-box").nth(4)).to_contain_text("süresi geçmiş")
    expect(sheet.locator(".plot[data-plot=response-times] .mark").first).to_be_visible()

    # the same numbers as in the file
    settings = board.house.settings
    period = Period.yesterday(datetime.now(UTC), settings.desk.zone)
    content = make(board.house.store, settings, period, datetime.now(UTC), "tr")
    told = json.loads(to_json(content))
    late = next(one for one in told["sections"][1]["numbers"] if one["figure"] == "overdue_now")
    expect(sheet.locator(".figure-box").nth(4)).to_contain_text(f"{late['value']} kayıt")
    with page.expect_download() as download:
        sheet.get_by_role("button", name="JSON").click()
    with open(download.value.path(), encoding="utf-8") as file:
        saved = json.load(file)
    assert [len(section["numbers"]) for section in saved["sections"]] == [
        len(section["numbers"]) for section in told["sections"]
    ]

    # a number leads to its cases, a case to the desk
    sheet.locator(".figure-box").nth(4).click()
    rows = sheet.locator("tbody tr")
    expect(rows).to_have_count(late["value"])
    expect(sheet.get_by_role("heading", level=2).first).to_contain_text("Yanıtsız ve süresi geçmiş")
    assert "tab=cases.day" in page.url
    rows.first.get_by_role("button").click()
    page.wait_for_url("**/triage**")
    page.go_back()

    # what people named is words on the board too
    page.goto(f"{board.url}/reports?me=Leyla&lang=en&tab=crises.day")
    expect(page.locator(".sheet")).to_contain_text(HOSTILE)
    expect(page.locator(".figure-box").first).to_contain_text("First answer, median")


def test_whoever_may_not_see_reports_is_told_who_may(board: Board, page: Page):
    page.goto(f"{board.url}/reports?me=Elif&lang=tr")
    expect(page.locator(".failure")).to_contain_text("raporları görmek")
