"""A customer who wrote in three channels is answered from one case, with three drafts from one decision, one of which
needs an approval: by keyboard, in Chromium, in Turkish and in English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from board.texts import texts
from desk.rounds import Rounds
from desk.views import Filters
from store import events as event_log
from tests.pages.conftest import Board, Watch, running_board, watch
from tests.pages.seed import fill, now, open_house
from tests.pages.shop import CONFIG, THREE, receiver


@pytest.fixture(params=["tr", "en"])
def shop(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Board, list[dict[str, Any]], str]]:
    """A board whose X and e-mail are sent to a local receiver, with the customer's three messages on it."""
    monkeypatch.setenv("NOBET_TEST_OUT", "whsec_bm9ib2R5IGtub3dzIHRoaXMgb25lIGJ1dCB1cw==")
    with receiver() as (url, taken):
        house = open_house(tmp_path, CONFIG.format(url=url))
        fill(house)
        for said in THREE:
            house.bring(said)
        with running_board(house) as board:
            yield board, taken, request.param
        house.store.close()


def press(page: Page, *names: str) -> None:
    for name in names:
        page.keyboard.press(name)


def use(page: Page, keep: str) -> None:
    """Go to a control as the Tab key would, and press it."""
    control = page.locator(f'[data-keep="{keep}"]').first
    expect(control).to_be_enabled()
    control.focus()
    press(page, "Enter")


def deliver(board: Board) -> None:
    """What the worker does every few seconds."""
    Rounds(board.house.store, board.house.settings).deliver(now())


def log_of(board: Board, case_id: int) -> list[tuple[str, str, dict[str, Any]]]:
    with board.house.store.read() as tx:
        return [(event.type, event.by, event.data) for event in event_log.of_case(tx, case_id)]


def open_case(browser: Browser, board: Board, case_id: int, language: str, me: str) -> tuple[Page, Watch]:
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    seen = watch(page)
    page.goto(f"{board.url}/triage?case={case_id}&lang={language}&me={me}")
    expect(page.locator(".case-head h1")).to_contain_text("Selin Büyük")
    return page, seen


def test_three_channels_one_case_one_decision_one_approval(
    chromium: Browser, shop: tuple[Board, list[dict[str, Any]], str]
) -> None:
    board, taken, language = shop
    say = texts(language).say
    house = board.house
    found = {row.channel: row.case_id for row in house.desk.queue(Filters(search="sn-44718822"), now()).rows}
    case_id = found["email"]
    page, seen = open_case(chromium, board, case_id, language, "Elif")
    told = page.locator(".told")

    # The two other accounts are suggested with their evidence; a person confirms, and the three cases become one.
    for left in (1, 0):
        keep = page.locator('[data-keep^="link-"]').first.get_attribute("data-keep")
        use(page, str(keep))
        expect(page.locator('[data-keep^="link-"]')).to_have_count(left)
    for merged in (1, 2):
        page.locator(".case-head h1").focus()
        press(page, "m")
        use(page, "more-merge")
        expect(page.locator(".dock input[name=other]").first).to_be_attached()
        use(page, "save")
        expect(page.locator(".mention")).to_have_count(merged + 1 + (merged == 2))  # X had written once before
    with house.store.read() as tx:
        assert event_log.verify_chain(tx, house.desk.brand) == []

    # One decision.
    page.locator(".case-head h1").focus()
    press(page, "d")
    expect(page.locator("select[name=solution]")).to_be_focused()
    page.locator("select[name=solution]").select_option("voucher")
    page.locator("input[name=amount]").fill("150")
    page.locator("input[name=delivery_date]").fill("2030-11-25")
    page.locator("input[name=next_update]").fill("2030-11-24T18:00")
    page.locator("input[name=cause]").fill("aktarma merkezindeki yoğunluk")
    press(page, "Enter")
    expect(told).to_have_text(say("done.decided"))
    answer = page.locator("textarea[name=answer]")

    # Three drafts of it: the amount only where nobody else reads along.
    drafts = {}
    for name in ("E-posta" if language == "tr" else "E-mail", "X", "Şikayetvar"):
        how = "private" if name.startswith("E-") else "public"
        page.get_by_role("button", name=say(f"target.{how}", channel=name), exact=True).press("Enter")
        expect(answer).to_have_value(another(drafts))
        drafts[name] = answer.input_value()
    mail, post, portal = drafts.values()
    assert len({mail, post, portal}) == 3 and len(post) <= 280
    assert "150,00 TL" in mail and "150" not in post + portal and "SN-44718822" not in post + portal

    # X goes out at once, the portal is posted by hand, the e-mail waits for the team lead.
    page.get_by_role("button", name=say("target.public", channel="X"), exact=True).press("Enter")
    expect(answer).to_have_value(post)
    send(page, "confirm.send", language)
    expect(told).to_have_text(say("done.queued"))
    deliver(board)
    assert [one["path"] for one in taken] == ["/x"] and taken[0]["text"] == post

    press(page, "a")
    page.get_by_role("button", name=say("target.private", channel="E-posta" if language == "tr" else "E-mail")).press(
        "Enter"
    )
    expect(answer).to_have_value(mail)
    send(page, "confirm.ask", language)
    expect(told).to_have_text(say("done.asked"))
    deliver(board)
    assert len(taken) == 1, "what waits for an approval is not sent"

    press(page, "a")
    page.get_by_role("button", name=say("target.public", channel="Şikayetvar"), exact=True).press("Enter")
    expect(answer).to_have_value(portal)
    page.locator("input[name=link]").fill("https://sikayetvar.example/cinar-ev/7#yanit")
    send(page, "confirm.title", language)
    expect(told).to_have_text(say("done.answered"))

    lead, seen_by_lead = open_case(chromium, board, case_id, language, "Deniz")
    lead.locator(".case-head h1").focus()
    press(lead, "a")
    expect(lead.locator(".approval blockquote")).to_have_text(mail)
    approval = str(lead.locator('[data-keep^="yes-"]').get_attribute("data-keep"))
    use(lead, approval)
    expect(lead.locator(".told")).to_have_text(say("done.approved"))
    deliver(board)
    assert [one["path"] for one in taken] == ["/x", "/email"] and taken[1]["text"] == mail

    log = log_of(board, case_id)
    answered = [(by, data["channel"]) for type, by, data in log if type == "answered"]
    assert answered == [("agent:Elif", "x"), ("agent:Elif", "sikayetvar"), ("agent:Elif", "email")]
    assert [by for type, by, _ in log if type == "approved"] == ["agent:Deniz"]
    view = house.desk.case(case_id, now())
    assert view.row.status == "answered" and view.clocks[0].state == "late", "merging hides no miss"
    assert len({one["key"] for one in taken}) == 2
    seen.check()
    seen_by_lead.check()
    lead.context.close()
    page.context.close()


def another(drafts: dict[str, str]) -> re.Pattern[str]:
    """Any text but those that were there before: the draft of another channel has come."""
    others = "|".join(re.escape(text[:60]) for text in drafts.values())
    return re.compile(rf"^(?!{others})[\s\S]{{20,}}" if others else r"[\s\S]{20,}")


def send(page: Page, title: str, language: str) -> None:
    """From the written answer to what is confirmed, by keyboard."""
    page.locator("textarea[name=answer]").focus()
    press(page, "ControlOrMeta+Enter")
    expect(page.locator(".dock h3")).to_have_text(texts(language).say(title))
    expect(page.locator(".dock button.primary")).to_be_focused()
    press(page, "Enter")
