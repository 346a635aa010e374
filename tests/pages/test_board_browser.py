"""The board in a real Chromium, on the real desk and a real store, as an agent at work would use it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from store import events as event_log
from store.export import iterate
from tests.pages.conftest import PHONE, Board
from tests.pages.seed import HOSTILE, HOSTILE_NAME, Said, now


def go(page: Page, board: Board, path: str = "", lang: str = "tr") -> None:
    page.goto(f"{board.url}/{path}{'&' if '?' in path else '?'}lang={lang}")
    expect(page.locator(".root:not(.bar-root)").first).to_be_visible(timeout=60_000)  # the first page starts the board


def triage(page: Page, board: Board, path: str = "?view=open", lang: str = "tr") -> None:
    go(page, board, f"triage{path}", lang)
    expect(page.locator(".row, .case-head h1").first).to_be_attached()


def keys(page: Page, *pressed: str) -> None:
    for key in pressed:
        page.keyboard.press(key)


def log_of(board: Board, case_id: int) -> list[tuple[str, str]]:
    with board.house.store.read() as tx:
        return [(event.type, event.by) for event in event_log.of_case(tx, case_id)]


def case_of(board: Board, mention_id: int) -> int:
    from store import cases as case_store

    with board.house.store.read() as tx:
        found = case_store.case_of(tx, mention_id)
    assert found is not None
    return found


def test_three_cases_go_by_keyboard_alone_from_new_to_answered_to_resolved(page: Page, board: Board) -> None:
    triage(page, board)
    started = now()
    worked: list[int] = []
    keys(page, "j")
    for link in ("https://x.example/1", "", "https://x.example/3"):
        row = page.locator('.row[aria-selected="true"]')
        case_id = int(row.get_attribute("data-row") or 0)
        worked.append(case_id)
        keys(page, "Enter")
        expect(page.locator(".case-head h1")).to_be_focused()
        keys(page, "s")
        expect(page.locator(".dock input[name=who]:checked")).to_be_focused()
        keys(page, "Enter")
        expect(page.locator(".case-head .facts")).to_contain_text("sizde")
        keys(page, "a")
        answer = page.locator("textarea[name=answer]")
        expect(answer).to_be_focused()
        keys(page, "ControlOrMeta+a")
        page.keyboard.type(f"Merhaba, {case_id} numaralı kaydınızla ilgileniyorum. <b>şimdi</b>")
        if link:
            keys(page, "Tab")
            expect(page.locator("input[name=link]")).to_be_focused()
            page.keyboard.type(link)
        keys(page, "ControlOrMeta+Enter")
        expect(page.locator(".dock")).to_contain_text("Yanıtlandı olarak kaydedilsin mi?")
        expect(page.locator(".dock button.primary")).to_be_focused()
        keys(page, "Enter")
        expect(page.locator(".case-head .lead")).to_contain_text("yanıtlandı")
        expect(page.locator(".case-head h1")).to_be_focused()
        keys(page, "e")
        expect(page.locator(".dock")).to_contain_text("Çözüldü olarak kapatılsın mı?")
        keys(page, "Enter")
        expect(page.locator(".case-head .lead")).to_contain_text("çözüldü")
        # the case just finished stays where it is until the hand leaves it
        expect(page.locator(f"#row-{case_id}")).to_have_attribute("data-gone", "")
        keys(page, "j")
    assert len(set(worked)) == 3
    exported = [e for e in iterate(board.house.store, board.house.desk.brand, "events") if e.get("case_id") in worked]
    for case_id, link in zip(worked, ("https://x.example/1", "", "https://x.example/3"), strict=True):
        ours = [e for e in exported if e["case_id"] == case_id and e["by"] == "agent:Elif"]
        assert [e["type"] for e in ours] == ["seen", "assigned", "answered", "resolved"]
        assert all(started.isoformat() <= e["at"].replace("Z", "+00:00") <= now().isoformat() for e in ours)
        said = next(e for e in ours if e["type"] == "answered")["data"]
        assert said["text"].endswith("<b>şimdi</b>") and said["link"] == link


def test_what_strangers_wrote_is_shown_as_text(page: Page, board: Board) -> None:
    mentions = [
        board.house.bring(
            Said(text, 5, urgency="urgent", author=f"zararli{i}", name=HOSTILE_NAME, url="javascript:alert(1)",
                 drove={"topic": ("kargom", "<script>", "başlık")})
        )
        for i, text in enumerate(HOSTILE)
    ]  # fmt: skip
    triage(page, board, "?view=open")
    page.evaluate("() => { window.alert = () => { window.hit = true } }")
    for mention, text in zip(mentions, HOSTILE, strict=True):
        case_id = case_of(board, mention)
        row = page.locator(f"#row-{case_id}")
        expect(row.locator(".said")).to_have_text(text, use_inner_text=False)
        expect(row.locator(".author")).to_have_text(HOSTILE_NAME)
        row.click()
        expect(page.locator(".story .words")).to_have_text(text)
        expect(page.locator(".case-head h1")).to_contain_text(HOSTILE_NAME)
        assert page.locator(".story .original").count() == 0, "a javascript: address is no link"
        keys(page, "n")
        page.locator("textarea[name=note]").fill(text)
        keys(page, "ControlOrMeta+Enter")
        expect(page.locator(".ours.note .words")).to_have_text(text)
    page.locator(".search").fill("<script>alert(1)</script>")
    expect(page.locator(".queue .empty, .row").first).to_be_visible()
    injected = page.evaluate(
        """() => { const found = []; const look = (root) => { for (const node of root.querySelectorAll('*')) {
             if (node.shadowRoot) look(node.shadowRoot);
             if (root !== document && /^(SCRIPT|IMG|IFRAME|B|OBJECT)$/.test(node.tagName)) found.push(node.outerHTML);
             if (node.hasAttribute('onerror') || node.hasAttribute('onmouseover')) found.push(node.outerHTML);
             if (node.href?.baseVal === undefined && /^javascript:/i.test(node.href ?? '')) found.push(node.outerHTML);
           } }; look(document); return [found, window.hit === true]; }"""
    )
    assert injected == [[], False]


def test_timers_tick_in_the_browser_while_the_server_is_frozen(page: Page, board: Board) -> None:
    triage(page, board)
    face = page.locator(".row .timer .face").first
    board.freeze(True)
    try:
        shown = {face.inner_text()}
        for _ in range(3):
            expect(face).not_to_have_text(sorted(shown)[-1] if len(shown) == 1 else face.inner_text(), timeout=3000)
            shown.add(face.inner_text())
        assert len(shown) >= 3 and all(re.fullmatch(r"\d\d:\d\d:\d\d", text) for text in shown)
    finally:
        board.freeze(False)


def test_a_promise_turns_late_on_the_screen_without_being_asked(page: Page, board: Board) -> None:
    case_id = case_of(
        board, board.house.bring(Said("duman çıkıyor", 30 - 4 / 60, "safety", "critical", author="duman"))
    )
    triage(page, board, f"?case={case_id}")
    timer = page.locator(f"#row-{case_id} .timer")
    expect(timer).to_have_attribute("data-sign", re.compile("critical|late"))
    expect(timer).to_contain_text("Geç kalındı", timeout=10_000)
    expect(page.locator(".case-head .timer")).to_have_attribute("data-sign", "late")


def test_new_arrivals_wait_and_the_item_in_hand_stays(page: Page, board: Board) -> None:
    triage(page, board)
    keys(page, "j", "j")
    order = page.locator(".row").evaluate_all("rows => rows.map(row => row.id)")
    hand = page.locator('.row[aria-selected="true"]').get_attribute("id")
    top = page.locator(f"#{hand}").bounding_box()
    arrived = case_of(
        board, board.house.bring(Said("Ürünüm yanıyor, acil!", 100, "safety", "critical", author="yangin"))
    )
    fresh = page.locator(".fresh")
    expect(fresh).to_contain_text("1 yeni")
    expect(fresh).to_contain_text("1 kritik")
    assert page.locator(".row").evaluate_all("rows => rows.map(row => row.id)") == order
    after = page.locator(f"#{hand}").bounding_box()
    assert top and after and after == top
    keys(page, ".")
    expect(page.locator(f"#row-{arrived}")).to_be_visible()
    expect(fresh).to_be_hidden()
    assert page.locator('.row[aria-selected="true"]').get_attribute("id") == hand


def test_every_other_act_by_key(page: Page, board: Board) -> None:
    case_id = case_of(board, board.house.bring(Said("Masa eksik parçayla geldi", 3, "wrong_item", author="masa")))
    triage(page, board, f"?case={case_id}")
    facts, lead = page.locator(".case-head .facts"), page.locator(".case-head .lead")
    expect(page.locator(".steps .step").first).to_be_visible()
    keys(page, "w")
    expect(facts).to_contain_text("müşteri bekleniyor")
    keys(page, "w")
    expect(facts).not_to_contain_text("müşteri bekleniyor")
    page.locator(".step .do button").first.focus()
    keys(page, "Enter")
    expect(page.locator(".step .do button").first).to_contain_text("Onayla")
    keys(page, "Enter")
    expect(page.locator('.step[data-state="done"]')).to_have_count(1)
    page.locator(".labels summary").click()
    page.locator(".labels select").nth(1).select_option("urgent")
    expect(lead).to_contain_text("Acil")
    expect(page.locator(".labels")).to_contain_text("düzeltildi")
    page.locator(".case-head h1").focus()
    keys(page, "x")
    expect(page.locator("input[name=reason]:checked")).to_be_focused()
    keys(page, "ArrowDown", "Enter")
    expect(lead).to_contain_text("kenara ayrıldı")
    page.locator('[data-act="reopen"]').click()
    expect(facts).to_contain_text("yeniden açıldı")
    page.locator("details:has(.log) summary").click()
    said = page.locator(".log").inner_text()
    for words in ("kenara ayırdı", "İstenmeyen ileti ya da bot", "yeniden açtı", "etiketi düzeltti", "adımı yaptı"):
        assert words in said
    assert [kind for kind, by in log_of(board, case_id) if by == "agent:Elif"] == [
        "seen", "waiting_for_customer", "back_with_us", "step_done", "label_corrected", "urgency_changed", "set_aside",
        "reopened",
    ]  # fmt: skip
    keys(page, "?")
    expect(page.locator("dialog[open]")).to_contain_text("Tuşlar")
    keys(page, "Escape")
    expect(page.locator("dialog[open]")).to_be_hidden()


def test_a_refusal_of_the_desk_is_a_sentence_in_the_readers_language(page: Page, board: Board) -> None:
    case_id = case_of(board, board.house.bring(Said("Faturam gelmedi", 4, "billing", author="fatura")))
    triage(page, board, f"?case={case_id}")
    expect(page.locator(".dock textarea")).to_be_visible()
    keys(page, "s")
    expect(page.locator("input[name=who]:checked")).to_be_focused()
    from desk.desk import Desk

    Desk(board.house.store, board.house.settings, board.house.desk.library, "Mert").claim(case_id, now())
    keys(page, "Enter")
    expect(page.locator(".dock .error")).to_have_text("Bu kayıt zaten Mert üzerinde.")
    assert "Traceback" not in page.content()


def test_an_unfinished_answer_survives_a_reload(page: Page, board: Board) -> None:
    case_id = case_of(board, board.house.bring(Said("Kargom kayıp", 4, author="kayip", name="Kaya Er")))
    triage(page, board, f"?case={case_id}")
    answer = page.locator("textarea[name=answer]")
    expect(answer).to_have_value(re.compile("Kaya Er"))  # the playbook's draft, with the name filled in
    expect(page.locator(".length")).to_contain_text("‹")  # and what is still to be filled in, said
    answer.fill("yarım kalan")
    page.reload()
    expect(answer).to_have_value("yarım kalan")
    page.locator('[data-keep="fresh-draft"]').click()
    expect(answer).to_have_value(re.compile("Kaya Er"))


def test_a_board_that_goes_and_comes_back_takes_nothing_away(page: Page, board: Board) -> None:
    case_id = case_of(board, board.house.bring(Said("Koltuğum nerede", 4, author="koltuk", name="Can Er")))
    triage(page, board, f"?case={case_id}&view=unassigned")
    answer = page.locator("textarea[name=answer]")
    answer.fill("ilk ")
    with page.expect_event("requestfailed", lambda request: "_stcore" in request.url):
        board.stop()
    page.wait_for_function("document.querySelector('.stDialog') === null")
    for word in ("iki ", "üç ", "dört"):
        page.keyboard.type(word)
        page.wait_for_timeout(300)  # long enough for the framework to open its window, were it to
    expect(answer).to_have_value("ilk iki üç dört")
    board.start()
    page.locator(".case-head h1").focus()
    keys(page, "w")
    expect(page.locator(".case-head .facts")).to_contain_text("müşteri bekleniyor", timeout=60_000)
    expect(answer).to_have_value("ilk iki üç dört")
    assert f"case={case_id}" in page.url


def test_search_filters_and_views(page: Page, board: Board) -> None:
    triage(page, board)
    keys(page, "/")
    expect(page.locator(".search")).to_be_focused()
    page.keyboard.type("DÜĞÜN")
    expect(page.locator(".row")).to_have_count(1)
    page.locator(".search").fill("boyle bir soz yok")
    expect(page.locator(".queue .empty")).to_contain_text("Bu süzgece uyan yok")
    page.locator('[data-keep="reset"]').click()
    expect(page.locator(".row").nth(3)).to_be_visible()
    page.locator('[data-view="no_answer"]').click()
    expect(page.locator(".row")).to_have_count(2)
    page.locator(".row").first.click()
    expect(page.locator(".lone-mention")).to_contain_text("yanıt gerekmediğini")
    page.locator(".lone-mention .primary").click()
    expect(page.locator(".case-head .facts")).to_contain_text("no ")
    page.locator('[data-view="mine"]').click()
    expect(page.locator(".queue .empty, .row").first).to_be_visible()


@pytest.mark.parametrize("page", [{"color_scheme": "light"}], indirect=True)
def test_language_and_theme_are_switched_and_kept(page: Page, board: Board) -> None:
    triage(page, board)
    expect(page.locator("html")).to_have_attribute("lang", "tr")
    expect(page.locator('[data-view="late"]')).to_contain_text("Geç kalındı")
    page.locator('[data-keep="open-look"]').click()
    page.locator('[data-keep="lang-en"]').click()
    expect(page.locator('[data-view="late"]')).to_contain_text("Late")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert "lang=en" in page.url
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    if not page.locator('[data-keep="theme-dark"]').is_visible():
        page.locator('[data-keep="open-look"]').click()
    page.locator('[data-keep="theme-dark"]').click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator('[data-view="late"]')).to_contain_text("Late")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    fonts = page.evaluate(
        "document.fonts.ready.then(() => [...document.fonts].filter(f => f.status === 'loaded').map(f => f.family))"
    )
    assert any("Noto Sans" in font for font in fonts)


@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_on_a_phone_the_case_is_its_own_screen(page: Page, board: Board) -> None:
    triage(page, board)
    expect(page.locator(".case")).to_be_hidden()
    page.locator(".row").first.tap()
    expect(page.locator(".case-head h1")).to_be_visible()
    expect(page.locator(".queue")).to_be_hidden()
    expect(page).to_have_url(re.compile(r"case=\d+"))
    expect(page.locator(".acts")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    small: list[float] = []
    for _ in range(100):  # while the case is drawn anew, its buttons stand in no layout and have no height
        small = page.locator(".acts button").evaluate_all("all => all.map(b => b.getBoundingClientRect().height)")
        if small and min(small) > 0:
            break
        page.wait_for_timeout(50)
    assert min(small) >= 44
    page.locator(".back").first.tap()
    expect(page.locator(".row").first).to_be_visible()
    expect(page).not_to_have_url(re.compile("case="))
    page.locator(".row").nth(1).tap()
    expect(page).to_have_url(re.compile("case="))
    page.go_back()  # the phone's own way back
    expect(page.locator(".row").first).to_be_visible()
    page.go_forward()
    expect(page.locator(".case-head h1")).to_be_visible()


def test_an_edit_and_a_deletion_are_said_in_the_story(page: Page, board: Board) -> None:
    mention = board.house.bring(Said("Halım nerede", 6, author="hali", name="Oya Er", url="https://x.example/hali/1"))
    case_id = case_of(board, mention)
    board.house.edit(mention, "Halım hâlâ nerede <b>söyleyin</b>")
    triage(page, board, f"?case={case_id}")
    expect(page.locator(".story .edited")).to_contain_text(re.compile(r"düzenlendi \d\d:\d\d"))
    expect(page.locator(".story .words").first).to_have_text("Halım hâlâ nerede <b>söyleyin</b>")
    expect(page.locator(".versions")).to_be_hidden()
    page.locator(".story summary", has_text="Önceki hâli").click()
    expect(page.locator(".versions .words")).to_have_text("Halım nerede")
    board.house.delete(mention)
    page.reload()
    expect(page.locator(".story .deleted")).to_contain_text("sözleri burada da kaldırıldı")
    expect(page.locator(".story")).not_to_contain_text("Halım")
    expect(page.locator(".log")).to_contain_text("silindi")


def test_sources_say_what_is_missing_and_why(page: Page, board: Board) -> None:
    triage(page, board)
    keys(page, "g", "s")
    expect(page.locator(".sources h1")).to_have_text("Kaynaklar")
    expect(page.locator(".source")).to_have_count(6)
    expect(page.locator(".sources > header")).to_contain_text("forum, reddit, review")
    expect(page.locator('.source[data-state="empty"]')).to_contain_text("Yanıt verdi, yeni ileti yok")
    expect(page.locator('.source[data-state="refused"]')).to_contain_text("NOBET_REDDIT_CLIENT_ID")
    expect(page.locator(".held li")).to_contain_text("is not a date and time")
    page.locator(".held summary").first.click()
    expect(page.locator(".held pre").first).to_contain_text("31.02.2026")
    page.locator('[data-keep="page-triage"]').click()
    expect(page.locator(".row").first).to_be_visible()


def test_a_case_that_is_not_there_says_so(page: Page, board: Board) -> None:
    triage(page, board, "?case=99999")
    expect(page.locator(".case-head h1")).to_have_text("99999 numaralı kayıt yok.")
    assert "Traceback" not in page.content()
