"""A day at the queue in a real Chromium: ten thousand open cases, by keys, by touch, in two hands, over a lost line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from desk.views import Filters
from store import drafts as draft_store
from store import events as event_log
from tests.pages.conftest import PHONE, Board, open_tab, watch
from tests.pages.crowd import crowd
from tests.pages.seed import House, Said, fill, now, open_house

NUMBER = 10_000


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The story of seed.py, and ten thousand more open cases that are due after it."""
    house = open_house(tmp_path_factory.mktemp("day"))
    fill(house)
    crowd(house, NUMBER)
    yield house
    house.store.close()


@pytest.fixture(scope="module")
def elif_(chromium: Browser, board: Board) -> Iterator[Page]:
    """Elif's board: one page for the whole module, in Turkish, light, on a wide screen; watched to its end."""
    with open_tab(chromium) as page:
        page.goto(f"{board.url}/triage?lang=tr&me=Elif")
        expect(page.locator(".row").first).to_be_visible(timeout=60_000)  # the board itself starts with it
        yield page


def keys(page: Page, *pressed: str) -> None:
    for key in pressed:
        page.keyboard.press(key)


def acts(board: Board, case_id: int) -> list[str]:
    """What people did to a case, but for looking at it."""
    with board.house.store.read() as tx:
        events = event_log.of_case(tx, case_id)
    return [e.type for e in events if e.by.startswith("agent:") and e.type != "seen"]


def counts(board: Board, view: str = "open", **filters: str) -> int:
    return len(board.house.desk.queue(Filters(view=view, **filters), now()).order)


def in_hand(page: Page) -> tuple[int, Locator]:
    row = page.locator('.row[aria-selected="true"]')
    return int(row.get_attribute("data-row") or 0), row


def number(text: str) -> int:
    return int(re.sub(r"\D", "", text))


def test_ten_thousand_open_cases_are_counted_truly_and_the_list_goes_to_its_end(elif_: Page, board: Board) -> None:
    page = elif_
    rows = page.locator(".row")
    assert number(page.locator('[data-view="open"] .count').inner_text()) == counts(board) == NUMBER + 10
    assert number(page.locator(".how-many strong").inner_text()) == NUMBER + 10
    assert rows.count() < 120  # whatever the list holds, the page stays small
    page.locator(".list").focus()
    keys(page, "End")
    last = page.locator(f'.row[aria-posinset="{NUMBER + 10}"]')
    expect(last).to_contain_text("Nur Şahin")  # who praised us: no promise, so after all the others
    expect(page.locator(f'.row[aria-posinset="{NUMBER + 9}"]')).to_contain_text(f"Kişi {NUMBER}")
    expect(last).to_have_attribute("aria-setsize", str(NUMBER + 10))
    expect(last).to_be_in_viewport()
    assert rows.count() < 120
    # a hand that pulls the bar to the middle sees the rows that are there
    page.locator(".list").evaluate("list => { list.scrollTop = list.scrollHeight / 2 }")
    middle = page.locator(".row", has_text=re.compile(r"Kişi 49\d\d")).first
    expect(middle).to_be_attached()
    # and what comes and goes elsewhere moves nothing under the eyes
    seen = page.evaluate(WHERE)
    board.house.desk.resolve(board.house.desk.queue(Filters(), now()).order[3], now())
    expect(page.locator(".how-many strong")).to_have_text(re.compile("10.009"))
    assert page.evaluate(WHERE) == seen
    keys(page, "Home")
    expect(page.locator('.row[aria-posinset="1"]')).to_be_in_viewport()


WHERE = """() => { const find = (root) => { for (const node of root.querySelectorAll('*')) {
  if (node.matches('.list')) return node;
  const inner = node.shadowRoot && find(node.shadowRoot); if (inner) return inner } };
  const list = find(document), top = list.getBoundingClientRect().top;
  return [...list.querySelectorAll('.row')].map((row) => [row.id, Math.round(row.getBoundingClientRect().top - top)])
    .filter(([, at]) => at >= 0 && at < 600) }"""


def test_a_refresh_in_which_nothing_happened_is_a_small_message(elif_: Page) -> None:
    """The whole list was 110 kB each time for 200 rows; what is not new is not told again."""
    sizes: list[int] = []
    client = elif_.context.new_cdp_session(elif_)
    client.send("Network.enable")
    client.on("Network.webSocketFrameReceived", lambda e: sizes.append(len(e["response"]["payloadData"])))
    for _ in range(300):
        if len(sizes) > 20:  # six frames a refresh, the bar's among them
            break
        elif_.wait_for_timeout(100)
    client.detach()
    assert len(sizes) > 20 and sorted(sizes)[-2] < 8_000, sizes  # the bar may tell its gaps once in between


def test_twenty_cases_by_keys_alone_each_with_its_outcome(elif_: Page, board: Board) -> None:
    page, done = elif_, dict[int, list[str]]()
    page.locator(".list").focus()
    keys(page, "Home")
    head = page.locator(".case-head")

    def opened(case_id: int) -> None:
        keys(page, "Enter")
        expect(head.locator("h1")).to_be_focused()
        expect(head.locator(".facts")).to_contain_text(str(case_id))
        expect(page.locator(".story .mention").first).to_be_attached()

    outcomes = ["answer", "assign", "set_aside", "snooze", "tag"]
    for n in range(10):
        if n:
            keys(page, "j")
        case_id, _ = in_hand(page)
        what = outcomes[n % 5]
        opened(case_id)
        if what == "answer":
            keys(page, "a")
            expect(page.locator("textarea[name=answer]")).to_be_focused()
            keys(page, "ControlOrMeta+a")
            page.keyboard.type(f"{case_id} için bakıyoruz.")
            keys(page, "ControlOrMeta+Enter")
            expect(page.locator(".dock button.primary")).to_be_focused()
            keys(page, "Enter")
            expect(head.locator(".lead")).to_contain_text("yanıtlandı")
            done[case_id] = ["assigned", "answered"]
        elif what == "assign":
            keys(page, "s", "ArrowRight", "Enter")
            expect(head.locator(".facts")).to_contain_text("Mert")
            done[case_id] = ["assigned"]
        elif what == "set_aside":
            keys(page, "x", "ArrowDown", "Enter")
            expect(head.locator(".lead")).to_contain_text("kenara ayrıldı")
            done[case_id] = ["set_aside"]
        elif what == "snooze":
            keys(page, "z")
            expect(page.locator(".dock h3")).to_be_visible()
            offered = page.locator(".dock input[name=until]").count() > 1
            keys(page, "Enter" if offered else "Escape")
            if offered:
                expect(head.locator(".tags")).to_contain_text("ertelendi", ignore_case=True)
            done[case_id] = ["snoozed"] if offered else []
        else:
            keys(page, "t")
            page.keyboard.type("bayram")
            keys(page, "Enter")
            expect(head.locator(".tags")).to_contain_text("#bayram")
            done[case_id] = ["tagged"]
        expect(head.locator("h1")).to_be_focused()
    # and ten at once: ticked with the keys, set aside, and taken back with one key
    keys(page, "Escape", "j", " ", *["Shift+J"] * 9)
    expect(page.locator('.row[aria-checked="true"]')).to_have_count(10)
    batch = [
        int(row or 0)
        for row in page.locator('.row[aria-checked="true"]').evaluate_all("r => r.map(x => x.dataset.row)")
    ]
    keys(page, "x")
    expect(page.locator("dialog[open]")).to_contain_text("10 kayıt neden kenara ayrılıyor?")
    keys(page, "ArrowDown", "Enter")
    expect(page.locator(".account")).to_contain_text("10 kayıt kenara ayrıldı.")
    assert {tuple(acts(board, case_id)) for case_id in batch} == {("set_aside",)}
    keys(page, "Shift+U")
    expect(page.locator(".account")).to_contain_text("10 kayıtta geri alındı.")
    assert {tuple(acts(board, case_id)) for case_id in batch} == {("set_aside", "undone")}
    expect(page.locator(".fresh")).to_be_hidden()  # they come back to their places by themselves
    expect(page.locator(f"#row-{batch[0]}")).to_be_visible()
    for case_id, expected in done.items():
        assert acts(board, case_id) == expected, case_id
    assert len(done) == 10 and sum(map(len, done.values())) >= 10


def test_what_was_not_done_of_a_batch_is_said_with_its_reason(elif_: Page, board: Board) -> None:
    page = elif_
    page.locator(".search").fill("Kişi 77")
    expect(page.locator(".how-many strong")).to_have_text(re.compile(f"^{counts(board, search='Kişi 77')} "))
    page.locator(".row").nth(1).click(modifiers=["Shift"])
    page.locator(".row").nth(3).click(modifiers=["Shift"])
    expect(page.locator('.row[aria-checked="true"]')).to_have_count(3)
    taken = int(page.locator('.row[aria-checked="true"]').nth(1).get_attribute("data-row") or 0)
    board.house.desk.as_agent("Mert").resolve(taken, now())
    page.locator('[data-many="wait"]').click()
    expect(page.locator("dialog[open]")).to_contain_text("3 kayıtta müşteri beklensin mi?")
    page.locator("dialog[open] button.primary").click()
    account = page.locator(".account")
    expect(account).to_contain_text("2 kayıtta müşteri bekleniyor.")
    expect(account).to_contain_text("1 kayıtta olmadı: Kayıt kapalı")
    expect(account.locator(f'[data-keep="failed-{taken}"]')).to_be_visible()
    expect(page.locator(".list")).to_be_focused()
    account.locator("[data-keep=seen]").click()
    keys(page, "Escape")


def test_a_view_is_saved_shared_and_a_link_leads_to_it(elif_: Page, board: Board) -> None:
    page = elif_
    page.locator(".search").fill("")
    page.locator(".filters summary").click()
    page.locator("[data-keep=filter-urgency]").select_option("urgent")
    page.locator("[data-keep=filter-topic]").select_option("delivery_delay")
    wanted = counts(board, urgency="urgent", topic="delivery_delay")
    expect(page.locator(".how-many strong")).to_have_text(re.compile("^" + f"{wanted:,}".replace(",", ".") + " "))
    page.locator("[data-keep=save-view]").click()
    page.locator("dialog[open] input[name=title]").fill("Acil kargo <b>")
    page.locator("dialog[open] input[name=shared]").check()
    keys(page, "Enter")
    saved = page.locator(".view.saved")
    expect(saved).to_contain_text("Acil kargo <b>")
    expect(saved).to_have_attribute("aria-pressed", "true")
    assert number(saved.locator(".count").inner_text()) == wanted
    keys(page, "Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    assert "urgency=urgent" in page.url and "topic=delivery_delay" in page.url
    page.locator('[data-view="open"]').click()
    page.locator("[data-keep=reset]").click()
    expect(saved).to_have_attribute("aria-pressed", "false")
    expect(page.locator(".how-many strong")).not_to_have_text(re.compile(f"^{wanted} "))


@pytest.fixture(scope="module")
def mert(chromium: Browser, board: Board) -> Iterator[Page]:
    """Mert's board, on a phone in the dark, in English."""
    context: BrowserContext = chromium.new_context(**PHONE, color_scheme="dark")
    page = context.new_page()
    page.set_default_timeout(20_000)
    seen = watch(page)
    page.goto(f"{board.url}/triage?lang=en&me=Mert")
    expect(page.locator(".row").first).to_be_visible(timeout=60_000)  # the board itself starts with it
    yield page
    seen.check()
    context.close()


def test_a_phone_works_the_queue_by_touch_and_comes_back_to_its_place(mert: Page, board: Board) -> None:
    page = mert
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator('[data-view="late"]')).to_contain_text("Late")
    page.locator(".list").evaluate("list => { list.scrollTop = 5000 }")
    row = page.locator(".row:not(:has(.said.dim))", has_text="Kişi 4").nth(1)
    expect(row).to_be_attached()
    row.scroll_into_view_if_needed()
    before, top = row.get_attribute("id"), page.locator(".list").evaluate("list => list.scrollTop")
    row.tap()
    expect(page.locator(".case-head h1")).to_be_visible()
    expect(page.locator(".queue")).to_be_hidden()
    expect(page.locator(".acts")).to_be_in_viewport()
    page.locator('[data-act="assign"]').tap()
    page.locator(".dock form .primary").tap()
    expect(page.locator(".case-head .facts")).to_contain_text("with you")
    small = page.locator(".dock button:visible, .acts button:visible, .back:visible").evaluate_all(
        "all => all.map(b => [b.innerText, b.getBoundingClientRect().height]).filter(([, high]) => high < 44)"
    )
    assert not small
    page.locator(".back").first.tap()
    expect(page.locator(f"#{before}")).to_be_in_viewport()
    assert abs(page.locator(".list").evaluate("list => list.scrollTop") - top) < 2
    expect(page.locator(".list")).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    # several with the finger
    page.locator(".choose-many").tap()
    boxes = page.locator(".row:not(:has(.said.dim)) .tick-box:visible")
    assert (boxes.first.bounding_box() or {"width": 0})["width"] >= 44
    at = int(page.locator(f"#{before}").get_attribute("aria-posinset") or 0)
    for place in (at + 1, at + 2):
        page.locator(f'.row[aria-posinset="{place}"] .tick-box').tap()
    expect(page.locator(".many")).to_contain_text("2 cases selected")
    page.locator('[data-many="tag"]').tap()
    page.locator("dialog[open] input[name=words]").fill("#phone")
    page.locator("dialog[open] button.primary").tap()
    expect(page.locator(".account")).to_contain_text("2 cases were tagged.")
    page.locator("[data-keep=many-undo]").tap()
    expect(page.locator(".account")).to_contain_text("Taken back on 2 cases.")
    page.locator("[data-keep=seen]").tap()


def test_two_people_on_one_case_see_each_other_and_who_writes(elif_: Page, mert: Page, board: Board) -> None:
    house = board.house
    house.bring(Said("Perdem sökük geldi", 3, "product_defect", author="perde", name="Ece Er"))
    elif_.locator(".search").fill("perdem sökük")
    mert.locator(".search").fill("perdem sökük")
    for page in (elif_, mert):
        expect(page.locator(".row")).to_have_count(1)
        expect(page.locator(".row")).to_contain_text("Ece Er")
    elif_.locator(".row").click()
    mert.locator(".row").tap()
    expect(mert.locator(".dock .here")).to_contain_text("Elif")
    expect(elif_.locator(".dock .here")).to_contain_text("Mert")
    elif_.locator("textarea[name=answer]").fill("Merhaba Ece Hanım, ")
    stop = mert.locator(".dock .stop")
    expect(stop).to_contain_text("Elif")
    mert.locator("textarea[name=answer]").fill("ben de")
    expect(mert.locator(".told.wrong")).to_contain_text("Elif")
    mert.locator("textarea[name=answer]").fill("")
    mert.locator(".back").first.tap()
    expect(elif_.locator(".dock .here")).to_have_count(0)


def test_a_draft_is_there_on_another_machine_and_the_later_words_are_offered(
    elif_: Page, chromium: Browser, board: Board
) -> None:
    house = board.house
    answer = elif_.locator("textarea[name=answer]")
    answer.fill("Merhaba Ece Hanım, perdeniz yarın yolda.")

    def kept() -> str:
        with house.store.read() as tx:
            texts = draft_store.texts(tx, house.desk.brand, "Elif", "")
        return json.dumps(texts, ensure_ascii=False)

    for _ in range(100):
        if "yarın yolda" in kept():
            break
        elif_.wait_for_timeout(100)
    other = chromium.new_context(viewport={"width": 1280, "height": 800})
    page = other.new_page()
    page.set_default_timeout(20_000)
    page.goto(f"{board.url}/triage{elif_.url.partition('/triage')[2]}")
    theirs = page.locator("textarea[name=answer]")
    expect(theirs).to_have_value("Merhaba Ece Hanım, perdeniz yarın yolda.")
    theirs.fill("Öbür makineden: bugün yolda.")
    answer.focus()  # what is under a hand is not changed; the later words are offered
    expect(elif_.locator(".dock .stop")).to_contain_text("başka bir sekmede", timeout=30_000)
    expect(answer).to_have_value("Merhaba Ece Hanım, perdeniz yarın yolda.")
    elif_.locator("[data-keep=take-newer]").click()
    expect(answer).to_have_value("Öbür makineden: bugün yolda.")
    other.close()


def test_a_lost_line_and_a_reload_in_mid_draft_lose_nothing(elif_: Page, board: Board) -> None:
    page = elif_
    page.locator(".list").evaluate("list => list.blur()")
    answer = page.locator("textarea[name=answer]")
    board.freeze(True)
    try:
        answer.fill("yazıyorum, hat yok")
    finally:
        board.freeze(False)
    page.reload()
    expect(answer).to_have_value("yazıyorum, hat yok")
    expect(page.locator(".search")).to_have_value("perdem sökük")
    answer.focus()
    keys(page, "ControlOrMeta+Enter")
    expect(page.locator(".dock")).to_contain_text("Yanıtlandı olarak kaydedilsin mi?")
    page.locator(".dock button.primary").click()
    expect(page.locator(".case-head .lead")).to_contain_text("yanıtlandı")
    for _ in range(100):
        with board.house.store.read() as tx:
            left = [key for key in draft_store.times(tx, board.house.desk.brand, "Elif") if "/answer/" in key]
        if not left:
            break
        page.wait_for_timeout(100)
    assert not left, "a sent answer is no draft any more"


def test_the_pictures_are_told_apart_by_what_they_say(board: Board) -> None:
    """No text of the queue is left in the other language: both pages above said theirs."""
    log = Path(board.house.settings.home / "board.log").read_text(encoding="utf-8")
    assert "Traceback" not in log, log[-3000:]
