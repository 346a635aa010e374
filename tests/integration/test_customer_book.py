"""One customer on one page, over the three-channel seed: seen, joined, taken apart, carried away, by those who may."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from board import customers, playbook_pages
from board.moments import Moments
from board.sheet import Deed, Place
from board.texts import texts
from desk.customer_book import CustomerBook
from desk.desk import Desk
from desk.playbook_editing import PlaybookBook
from desk.roles import NotAllowed, Refused
from store import events as event_log
from tests.pages.seed import HOSTILE, HOSTILE_NAME, House, Said, now, open_house
from tests.pages.shop import CONFIG, ORDER, THREE

PEOPLE = """
  - {name: Elif, role: agent}
  - {name: Deniz, role: team_lead, also: [crisis_manager, administrator]}
  - {name: Gül, role: viewer}
  - {name: Ada, role: administrator}
"""


@pytest.fixture
def house(tmp_path: Path, sqlite_template: Path) -> Iterator[House]:
    shutil.copyfile(sqlite_template, tmp_path / "nobet.db")
    head, _, rest = CONFIG.format(url="http://127.0.0.1:9").partition("agents:")
    house = open_house(tmp_path, f"{head}agents:{PEOPLE}sources: []\n")
    assert rest
    for said in THREE:
        house.bring(said)
    yield house
    house.store.close()


def book(house: House, me: str = "Deniz") -> CustomerBook:
    return CustomerBook(house.desk.as_agent(me))


def homes(house: House) -> list[int]:
    return sorted(one.line.id for one in book(house).search(ORDER, now()))


def whole(desk: Desk, person: int, language: str = "tr", **place: Any) -> dict[str, Any]:
    made, said = CustomerBook(desk), texts(language)
    moments = Moments(said, desk.zone, now())
    return dict(customers.picture(made, said, Place(id=person, **place), moments.now, moments, {}))


def lines(picture: dict[str, Any]) -> list[dict[str, Any]]:
    return next(block["items"] for block in picture["main"] if block["b"] == "moments")


def test_joined_every_word_of_every_channel_stands_in_one_line_of_time_and_apart_again(house: House) -> None:
    a, b, c = homes(house)
    made = book(house)
    before = [[line["text"] for line in lines(whole(made.desk, one)) if line["kind"] == "wrote"] for one in (a, b, c)]
    assert [len(texts_of) for texts_of in before] == [1, 1, 1]
    person = made.link(a, b, now())
    assert made.link(person, c, now()) == person == a
    picture = whole(made.desk, c)
    wrote = [(line["channel"], line["text"]) for line in lines(picture) if line["kind"] == "wrote"]
    assert [channel for channel, _ in wrote] == ["E-posta", "X", "Şikayetvar"], "the newest first"
    assert [text for _, text in wrote] == [texts_of[0] for texts_of in reversed(before)]
    assert any(block.get("items") == ["E-posta selin.buyuk@mail.example", "Şikayetvar selin.b", "X @selin_byk"]
               for block in picture["side"])  # fmt: skip
    with pytest.raises(Refused, match="one customer already"):
        made.link(a, c, now())
    links = made.customer(a, now()).links
    assert [(link.a, link.b, link.by) for link in links] == [(a, b, "Deniz"), (a, c, "Deniz")]
    for link in links:
        made.part(link.a, link.b, now())
    assert [len(lines(whole(made.desk, one))) for one in (a, b, c)] == [2, 2, 2]
    again = made.customer(a, now())
    assert again.links == () and {(one.a, one.b) for one in again.parted} == {(a, b), (a, c)}
    assert made.link(a, b, now()) == a, "what was taken apart can be joined again"
    with house.store.read() as tx:
        assert event_log.verify_chain(tx, house.desk.brand) == []


def test_cases_stand_with_their_clocks_and_lead_to_triage(house: House) -> None:
    a, *_ = homes(house)
    picture = whole(house.desk, a, "en")
    [cards] = [block for block in picture["main"] if block["b"] == "list" and block["label"] == "Cases"]
    [case] = cards["items"]
    assert case["go"]["page"] == "triage" and case["due"] is not None and case["urgency"] == "urgent"
    assert picture["top"][0]["text"] == "Selin Büyük" and picture["top"][0]["level"] == 1


def test_notes_are_for_those_who_may_read_them_and_export_for_those_who_may_export(house: House) -> None:
    a, *_ = homes(house)
    case = book(house).customer(a, now()).cases[0].id
    house.desk.note(case, "Düğün yarın; şubeyi ben ararım", now())
    house.desk.answer(case, "Buluyoruz", "https://x.example/1", now())
    seen = {me: [line["kind"] for line in lines(whole(house.desk.as_agent(me), a))] for me in ("Elif", "Gül")}
    assert "note" in seen["Elif"] and "note" not in seen["Gül"] and "told" in seen["Gül"]
    for me in ("Elif", "Gül"):
        with pytest.raises(NotAllowed):
            book(house, me).export(a, now())
    with pytest.raises(NotAllowed):
        book(house, "Gül").link(a, a + 1, now())
    full, plain = (json.loads(book(house, me).export(a, now())) for me in ("Deniz", "Ada"))
    assert "Düğün yarın" in json.dumps(full, ensure_ascii=False)
    assert "Düğün yarın" not in json.dumps(plain, ensure_ascii=False) and "left out" in plain["internal_notes"]
    assert full["form"] == "nobet-customer-1" and full["person"]["id"] == a
    assert len(full["mentions"]) == 1 and full["mentions"][0]["text"] in {said.text for said in THREE}
    assert [one["id"] for one in full["cases"]] == [case] and full["accounts"] and full["told_of_themselves"]
    with house.store.read() as tx:
        taken = [event for event in event_log.all_events(tx, house.desk.brand) if event.type == "person_exported"]
        assert [(event.by, event.data["person"]) for event in taken] == [("agent:Deniz", a), ("agent:Ada", a)]
        assert event_log.verify_chain(tx, house.desk.brand) == []


def test_an_export_holds_nothing_of_another_customer(house: House) -> None:
    a, b, _ = homes(house)
    made = book(house)
    made.link(a, b, now())
    made.part(a, b, now())
    of_a, of_b = (json.loads(made.export(one, now())) for one in (a, b))
    words = {one["text"] for one in of_a["mentions"]}, {one["text"] for one in of_b["mentions"]}
    assert not words[0] & words[1]
    told = json.dumps(of_a, ensure_ascii=False)
    assert all(text not in told for text in words[1]) and of_b["accounts"][0]["handle"] not in told


def test_what_a_decision_promised_stands_there_until_it_is_due(house: House) -> None:
    a, *_ = homes(house)
    made = book(house)
    case = made.customer(a, now()).cases[0].id
    day = (now() + timedelta(days=2)).date()
    made.desk.decide(case, {"delivery_date": day.isoformat()}, now())
    [promise] = made.customer(a, now()).promises
    assert (promise.kind, promise.until, promise.late) == ("delivery_date", day, False)
    [promise] = made.customer(a, now() + timedelta(days=4)).promises
    assert promise.late
    cards = [block for block in whole(made.desk, a)["main"] if block.get("label") == "Ayrıca söz verilenler"]
    assert cards[0]["items"][0]["title"] == "Bildirilen teslim tarihi"


def test_the_list_teaches_where_it_is_empty_and_every_list_is_a_press_away(
    tmp_path: Path, sqlite_template: Path
) -> None:
    shutil.copyfile(sqlite_template, tmp_path / "nobet.db")
    empty = open_house(tmp_path)
    for language, said in (("tr", "Açık kaydı olan müşteri yok."), ("en", "No customer has an open case.")):
        picture = whole(empty.desk, 0, language)
        [figures] = [block for block in picture["main"] if block["b"] == "figures"]
        assert [one["go"]["tab"] for one in figures["items"]] == ["late", "open", "again", "tier"]
        assert picture["main"][-1]["empty"].startswith(said)
    assert whole(empty.desk, 0, q="a")["main"][-1]["text"] == "Aramak için en az iki harf yazın."
    assert whole(empty.desk, 0, q="kimse")["main"][-2]["text"] == "Böyle bir müşteri bulunamadı."
    with pytest.raises(Refused, match="no customer 7"):
        book(empty, empty.desk.me).customer(7, now())
    empty.store.close()


def test_hostile_names_and_words_are_values_and_nothing_else(house: House) -> None:
    house.bring(Said(HOSTILE[0], 3, "delivery_delay", author="zararli", name=HOSTILE_NAME))
    [found] = book(house).search("zararli", now())
    picture = whole(house.desk, found.line.id)
    assert picture["top"][0]["text"] == HOSTILE_NAME
    assert HOSTILE[0] in [line["text"] for line in lines(picture)]


def test_deeds_of_the_page_do_what_they_say(house: House) -> None:
    a, b, _ = homes(house)
    memory: dict[str, Any] = {}
    done = customers.deeds(book(house), texts("tr"), memory)

    def deed(name: str, **form: object) -> Any:
        made = Deed(id="d" * 8, do=name, form={key: str(value) for key, value in form.items()})
        return done[name](made, now())

    deed("look", typed="selin", person=a)
    assert memory == {"look": "selin", "look_of": a}
    assert deed("link", a=a, b=b) == {"go": {"id": a, "tab": ""}} and "look" not in memory
    deed("part", a=a, b=b)
    with pytest.raises(Refused):
        deed("part", a=a, b=b)
    file = deed("export", person=a)["file"]
    assert file["type"] == "application/json" and file["name"].startswith(f"musteri-{a}-")


def test_how_a_playbook_did_is_counted_from_its_runs(house: House) -> None:
    made, since = PlaybookBook(house.desk.as_agent("Deniz")), now() - timedelta(days=1)
    before = made.numbers("late_delivery", since)
    assert (before.runs, before.answered, before.minutes, before.finished) == (3, 0, None, 0)
    case = before.last[0].case_id
    first, second = (step.id for step in made.part("playbook", "late_delivery").steps[:2])  # type: ignore[union-attr]
    house.desk.step(case, first, "done", now())
    house.desk.step(case, second, "skipped", now())
    house.desk.answer(case, "Buluyoruz", "https://x.example/1", now())
    after = made.numbers("late_delivery", since)
    assert after.answered == 1 and after.minutes is not None and after.minutes > 30
    assert (after.steps[first].done, after.steps[first].open, after.steps[second].skipped) == (1, 2, 1)
    assert after.versions == {made.part("playbook", "late_delivery").version: 3}
    assert made.runs(since) == {"late_delivery": 3} and made.crises("cargo_collapse") == ()
    said = texts("tr")
    moments = Moments(said, house.desk.zone, now())
    place = Place(key="playbook:late_delivery", tab="numbers")
    blocks = playbook_pages.picture(made, said, place, moments.now, moments, {})["main"]
    assert [block["b"] for block in blocks] == ["figures", "text", "table", "head", "list"]
    assert blocks[0]["items"][0]["n"] == "3" and blocks[-1]["items"][0]["go"]["page"] == "triage"
