"""What the pages show, without a browser: the pictures they draw from the real desk, and that every page opens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from board import sources, triage
from board.hands import do_all
from board.queue import Place
from board.texts import LANGUAGES, texts
from desk.desk import Desk, DeskError
from desk.views import Filters
from tests.pages.seed import STORY, House, Said, fill, now, open_house

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = open_house(tmp_path_factory.mktemp("pages"))
    fill(house)
    yield house
    house.store.close()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[House]:
    house = open_house(tmp_path)
    yield house
    house.store.close()


def picture(house: House, language: str = "tr", **place: Any) -> dict[str, Any]:
    data = triage.picture(house.desk, texts(language), Place(**place), now(), {})
    return json.loads(json.dumps(data))  # what the browser gets, and that it can be sent at all


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_queue_is_in_the_order_of_the_true_deadline_with_true_counts(filled: House, language: str) -> None:
    data = picture(filled, language)
    due = [row["due"] for row in data["rows"]]
    running = [moment for moment in due if moment is not None]
    assert running == sorted(running) and due[: len(running)] == running
    assert data["counts"]["open"] == len(data["rows"]) == len(STORY) - 2
    late = picture(filled, language, view="late")
    assert len(late["rows"]) == late["counts"]["late"] == sum(1 for m in running if m < data["now"])
    assert len(picture(filled, language, view="no_answer")["rows"]) == 2
    gas = next(row for row in data["rows"] if row["urgency"] == "critical")
    assert gas["followers"] == ("3,4\u00a0B takipçi" if language == "tr" else "3.4K followers")
    assert gas["handle"] == "@aysenur_k"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_case_is_told_whole_in_the_readers_language(filled: House, language: str) -> None:
    case_id = next(row["id"] for row in picture(filled, language)["rows"] if row["who"] == "Selin Büyük")
    case = picture(filled, language, case=case_id)["case"]
    [mention] = case["story"]
    assert "".join(text for text, _ in mention["pieces"]) == STORY[2].text
    assert [text for text, heads in mention["pieces"] if heads] == ["kargom", "şubede", "yarın", "lütfen"]
    assert [label["value"] for label in mention["labels"]] == ["negative", "urgent", "delivery_delay"]
    assert all(clock["why"] for clock in case["clocks"]) and case["reasons"]
    assert case["run"]["steps"] and case["run"]["decides"] and case["run"]["inform"]
    assert case["reply"]["targets"][0]["way"] == "by_hand" and "Selin" in case["reply"]["text"]
    assert case["log"][-1]["hand"] == ("Müşteri" if language == "tr" else "Customer")
    other = "Geciken teslimat" if language == "en" else "Late delivery"
    assert other not in json.dumps(case, ensure_ascii=False).replace("Geciken teslimat süreci", "")


def test_a_draft_follows_the_way_and_the_language_that_were_chosen(filled: House) -> None:
    case_id = next(row["id"] for row in picture(filled)["rows"] if row["who"] == "Selin Büyük")
    first = picture(filled, case=case_id)["case"]["reply"]
    phone = first["targets"][-1]["key"]
    script = picture(filled, case=case_id, target=phone, draft_language="en")["case"]["reply"]
    assert script["target"] == phone and script["language"] == "en" and script["text"] != first["text"]
    lost = picture(filled, case=case_id, target="pigeon", draft_language="xx")["case"]["reply"]
    assert (lost["target"], lost["language"]) == (first["target"], "tr")


def test_colleagues_see_who_has_a_case_open_and_who_left_is_gone(empty: House) -> None:
    empty.bring(Said("kargo", 5))
    [row] = picture(empty)["rows"]
    mert, said, memory = empty.desk.as_agent("Mert"), texts("tr"), {}
    triage.picture(mert, said, Place(case=row["id"], writing=row["id"]), now(), memory)
    [seen] = picture(empty, case=row["id"])["case"]["present"]
    assert (seen["who"], seen["doing"]) == ("Mert", "writing")
    triage.picture(mert, said, Place(), now(), memory)
    assert picture(empty, case=row["id"])["case"]["present"] == []


def test_a_long_text_comes_in_part_and_whole_when_asked_for(empty: House) -> None:
    mention = empty.bring(Said("kargo " * 5000, 5))
    [row] = picture(empty)["rows"]
    told = picture(empty, case=row["id"])["case"]["story"][0]
    assert told["cut"] and len("".join(text for text, _ in told["pieces"])) == 1200
    told = picture(empty, case=row["id"], whole=(mention,))["case"]["story"][0]
    assert not told["cut"] and len("".join(text for text, _ in told["pieces"])) == 30_000


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_edited_mention_shows_what_it_said_before_and_a_deleted_one_says_nothing(
    empty: House, language: str
) -> None:
    mention = empty.bring(Said("Kargom nerede", 9))
    [row] = picture(empty, language)["rows"]
    empty.edit(mention, "Kargom nerede, bugün gelmezse iptal!")
    empty.edit(mention, "Kargom nerede, iptal edin!")
    told = picture(empty, language, case=row["id"])["case"]["story"][0]
    assert "".join(text for text, _ in told["pieces"]) == "Kargom nerede, iptal edin!"
    assert told["edited"].startswith("düzenlendi" if language == "tr" else "edited")
    assert [one["text"] for one in told["versions"]] == ["Kargom nerede, bugün gelmezse iptal!", "Kargom nerede"]
    empty.delete(mention)
    data = picture(empty, language, case=row["id"])
    told = data["case"]["story"][0]
    assert told["pieces"] == [] and told["versions"] == [] and told["deleted"] and not told["url"]
    assert data["case"]["text"] == data["rows"][0]["text"] == texts(language).say("row.deleted")
    assert "Kargom" not in json.dumps(data, ensure_ascii=False) and "[deleted]" not in json.dumps(data)
    assert texts(language).say("event.mention_deleted") in [line["what"] for line in data["case"]["log"]]


def test_an_empty_desk_has_something_to_teach(empty: House) -> None:
    data = picture(empty)
    assert data["rows"] == [] and data["case"] is None and set(data["counts"].values()) == {0}
    told = sources.picture(empty.desk, texts("tr"), now())
    assert told["sources"] == [] and told["held"] == [] and not told["silent"]


def test_a_source_is_quiet_only_where_it_answered(filled: House) -> None:
    told = {s["name"]: s for s in sources.picture(filled.desk, texts("tr"), now())["sources"]}
    assert told["sikayetvar"]["word"] == "Yanıt verdi, yeni ileti yok"
    assert told["x"]["word"] == "Çalışıyor"
    assert told["email"]["word"] == "Çalışıyor"
    assert told["review"]["word"] == "Beklememizi istedi" and told["review"]["sign"] == "paused"
    for name in ("forum", "reddit"):
        assert told[name]["sign"] == "late" and told[name]["note"] and told[name]["advice"] and told[name]["failures"]
    assert told["x"]["lag"] and not told["reddit"]["lag"]
    later = sources.picture(filled.desk, texts("en"), now() + timedelta(days=8))
    assert all(s["new"] == 0 for s in later["sources"])


class Gone:
    """A desk whose store has gone: everything about it fails, as a full disk or a stopped server makes it."""

    def __init__(self, house: House) -> None:
        self.zone, self.me, self.library = house.desk.zone, "Elif", house.desk.library
        self.brand_name = "Çınar Ev"

    def agents(self) -> tuple[str, ...]:
        return ("Elif",)

    def __getattr__(self, name: str) -> Any:
        raise OSError("secret://user:password@host is gone")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_store_that_is_gone_is_one_calm_sentence(empty: House, language: str) -> None:
    gone: Any = Gone(empty)
    for told in (
        triage.picture(gone, texts(language), Place(), now(), {}),
        sources.picture(gone, texts(language), now()),
    ):
        assert told["failure"] == texts(language).say("fail.reading") and "rows" not in told
        assert "secret" not in json.dumps(told)


def test_a_deed_is_done_once_however_often_it_is_sent(empty: House) -> None:
    empty.bring(Said("kargom nerede", 3))
    [row] = picture(empty)["rows"]
    note = {"id": "deed-0001", "do": "note", "case": row["id"], "text": "bir kez"}
    answered: dict[str, dict[str, Any]] = {}
    for _ in range(3):
        do_all(empty.desk, [note], answered, texts("tr"), now())
    assert answered == {"deed-0001": {"ok": True, "case": None}}
    notes = [e for e in empty.desk.case(row["id"], now()).events if e.type == "note"]
    assert len(notes) == 1


@pytest.mark.parametrize(
    ("deed", "said"),
    [
        ({"do": "note", "case": 1, "text": " "}, "Not boş."),
        ({"do": "answer", "case": 1, "link": "javascript:alert(1)"}, "Bağlantı https:// ya da http:// ile başlamalı."),
        ({"do": "note", "case": 4711, "text": "x"}, "4711 numaralı kayıt yok."),
        ({"do": "assign", "case": 1, "who": "Kimse"}, "Kimse bu masada değil."),
        ({"do": "drop tables", "case": 1}, texts("tr").say("fail.deed")),
    ],
)
def test_what_cannot_be_done_is_a_sentence(filled: House, deed: dict[str, Any], said: str) -> None:
    answered: dict[str, dict[str, Any]] = {}
    do_all(filled.desk, [{"id": "deed-0001", **deed}], answered, texts("tr"), now())
    assert answered == {"deed-0001": {"error": said}}


@pytest.mark.parametrize(
    "junk", [None, 3, "x", [None], [{"id": 1}], [{"id": "a" * 100, "do": "note"}], [{"no": "deed"}]]
)
def test_what_is_no_deed_is_left_alone(filled: House, junk: object) -> None:
    answered: dict[str, dict[str, Any]] = {}
    do_all(filled.desk, junk, answered, texts("tr"), now())
    assert answered == {}


def test_the_desk_raises_sentences_not_tracebacks(filled: House) -> None:
    with pytest.raises(DeskError, match="no case 4711"):
        filled.desk.case(4711, now())
    assert picture(filled, case=4711)["case"] == {"id": 4711, "error": "4711 numaralı kayıt yok."}


def test_the_entry_opens_in_both_languages(filled: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOBET_HOME", str(filled.settings.home))
    monkeypatch.setenv("NOBET_CONFIG", str(filled.settings.home / "nobet.yaml"))
    for language in LANGUAGES:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)
        app.query_params["lang"] = language
        app.run()
        assert not app.exception and app.session_state["language"] == language
        assert "sheet_place_today" in app.session_state, "the first page is Today"


def show(page: str) -> None:
    """One page by itself, as AppTest runs it: imports and all."""
    import os
    from pathlib import Path

    from board import sources, triage
    from board.texts import texts
    from desk.door import open_desk

    desk = open_desk(Path(os.environ["NOBET_CONFIG"]), "Elif")
    {"triage": triage.page, "sources": sources.page}[page](desk, texts("en"))


@pytest.mark.parametrize("page", ["triage", "sources"])
def test_every_page_opens(filled: House, monkeypatch: pytest.MonkeyPatch, page: str) -> None:
    monkeypatch.setenv("NOBET_HOME", str(filled.settings.home))
    monkeypatch.setenv("NOBET_CONFIG", str(filled.settings.home / "nobet.yaml"))
    app = AppTest.from_function(show, default_timeout=30, args=(page,)).run()
    assert not app.exception


def test_a_configuration_that_changes_is_read_again_and_a_broken_one_leaves_the_board_open(
    empty: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = empty.settings.home / "nobet.yaml"
    monkeypatch.setenv("NOBET_HOME", str(empty.settings.home))
    monkeypatch.setenv("NOBET_CONFIG", str(file))
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)
    app.run()
    assert not app.exception and app.session_state["language"] == "tr"
    file.write_text(file.read_text(encoding="utf-8") + "board: {language: nope}\n", encoding="utf-8")
    app.run()
    assert not app.exception and "sheet_place_today" in app.session_state
    file.write_text(file.read_text(encoding="utf-8").replace("nope", "en"), encoding="utf-8")
    fresh = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)
    fresh.run()
    assert not fresh.exception and fresh.session_state["language"] == "en"


def test_a_configuration_that_cannot_be_read_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "nobet.yaml"
    broken.write_text("brand: {nmae: X}", encoding="utf-8")
    monkeypatch.setenv("NOBET_HOME", str(tmp_path))
    monkeypatch.setenv("NOBET_CONFIG", str(broken))
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30).run()
    assert not app.exception


def test_a_case_in_hand_is_read_again_when_something_happened_in_it_and_after_a_while(empty: House) -> None:
    empty.bring(Said("kargo", 5))
    said, memory, at = texts("tr"), {}, now()
    [row] = picture(empty)["rows"]

    def shown(desk: Desk, after_s: float) -> dict[str, Any]:
        moment = at + timedelta(seconds=after_s)
        return dict(triage.picture(desk, said, Place(case=row["id"]), moment, memory)["case"])

    shown(empty.desk, 0)
    first = memory["case_read"]
    assert shown(empty.desk, 5)["clocks"] and memory["case_read"] is first
    empty.desk.as_agent("Mert").note(row["id"], "Müşteriyi aradım.", at + timedelta(seconds=6))
    assert "Müşteriyi aradım." in json.dumps(shown(empty.desk, 7)["story"], ensure_ascii=False)
    second = memory["case_read"]
    assert second is not first
    shown(empty.desk, 30)
    assert memory["case_read"] is not second, "what is known of the customer elsewhere comes a little later"
    assert shown(empty.desk.as_agent("Mert"), 31)["id"] == row["id"] and memory["case_read"][0][0][-1] == "Mert"


def test_who_looks_right_after_a_colleague_acted_sees_it(empty: House) -> None:
    for number, text in enumerate(("kargo", "iade", "fatura")):
        empty.bring(Said(text, 5, author=f"yazan{number}"))
    at, elif_, mert = now(), empty.desk, empty.desk.as_agent("Mert")
    before = elif_.queue(Filters(), at)
    assert mert.queue(Filters(), at).counts | {"mine": 0} == before.counts
    first, second, _ = before.order
    mert.claim(first, at)
    elif_.claim(second, at)
    for desk in (elif_, mert):
        page = desk.queue(Filters(), at)
        assert {row.case_id: row.assignee for row in page.rows if row.assignee} == {first: "Mert", second: elif_.me}
        assert (page.counts["mine"], page.counts["unassigned"]) == (1, 1)
    assert [row.case_id for row in mert.queue(Filters(view="mine"), at).rows] == [first]
    assert [row.case_id for row in elif_.queue(Filters(view="mine"), at).rows] == [second]
