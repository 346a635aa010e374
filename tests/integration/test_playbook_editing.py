"""Changing a playbook on the board: checked, saved as a version, refused, put back, and never half written."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import app
from board import playbook_pages
from board.moments import Moments
from board.sheet import Deed, Place
from board.texts import texts
from desk.crisis.opening import crisis_plans
from desk.playbook_editing import CHANGED, PlaybookBook
from desk.roles import NotAllowed, Refused
from desk.settings import library_of, load_settings, playbooks_written_at
from playbooks.editing import digest
from playbooks.shelf import SHIPPED, check_library
from store import events as event_log
from tests.integration import playbook_child
from tests.integration.forking import forking
from tests.integration.playbook_child import ID, book_in, changed
from tests.integration.store_making import NOW

KILLS = int(os.environ.get("NOBET_TEST_KILLS", "3"))
SEED = 20261122
CONFIG = """
brand: {name: Çınar Ev, slug: cinar}
agents:
  - {name: Elif, role: agent}
  - {name: Deniz, role: team_lead, also: [crisis_manager]}
  - {name: Hakan, role: pr_lead}
sources: []
"""

Homes = Callable[[], Path]


@pytest.fixture
def homes(tmp_path: Path, sqlite_template: Path) -> Homes:
    """Makes a home of a brand that uses the shipped playbooks."""
    number = 0

    def make() -> Path:
        nonlocal number
        number += 1
        home = tmp_path / f"home{number}"
        home.mkdir()
        (home / "nobet.yaml").write_text(CONFIG, encoding="utf-8")
        shutil.copyfile(sqlite_template, home / "nobet.db")
        return home

    return make


@pytest.fixture
def book(homes: Homes) -> PlaybookBook:
    return book_in(homes())


def save(book: PlaybookBook, text: str, base: str, kind: str = "playbook", id: str = ID, why: str = "neden") -> int:
    return book.save(kind, id, text, digest(base), why, NOW)


def told(book: PlaybookBook) -> list[Any]:
    with book.store.read() as tx:
        return [event for event in event_log.all_events(tx, book.brand) if event.type == CHANGED]


def test_the_first_change_brings_the_shipped_playbooks_over_and_puts_a_version_in_force(book: PlaybookBook) -> None:
    text = book.text("playbook", ID)
    shipped = book.part("playbook", ID)
    assert book.files.folder is None and playbooks_written_at(book.settings) == ()
    version = save(book, changed(text) + "# neden: kargo daha hızlı\n", text, why="Kargo artık hızlı")
    assert version == shipped.version + 1
    folder = book.files.folder
    assert folder == book.settings.home / "playbooks" and check_library(folder) == []
    assert {file.name for file in folder.glob("*.yaml")} == {file.name for file in SHIPPED.glob("*.yaml")}
    assert book.part("playbook", ID).version == version == library_of(book.settings)[ID].version
    kept = book.text("playbook", ID)
    assert kept.endswith("# neden: kargo daha hızlı\n") and kept.splitlines()[1] == f"version: {version}"
    newest, before = book.versions("playbook", ID)
    assert (newest.number, newest.by, newest.why, newest.in_force) == (version, "Deniz", "Kargo artık hızlı", True)
    assert newest.said("tr") == ("adım ask_carrier, süre: 2h → 1h30m",)
    assert newest.said("en") == ("step ask_carrier, time box: 2h → 1h30m",)
    assert before.number == shipped.version and book.version_text("playbook", ID, before.number) == text
    assert book.compared("playbook", ID, before.number, "en")[0].startswith("version: ")
    [event] = told(book)
    assert event.by == "agent:Deniz" and event.data["from"] == shipped.version and event.data["to"] == version
    assert event.data["sha256"] == digest(kept) and text[:40] not in str(event.data), "no text is in the log"


def test_going_back_is_a_new_version_with_the_old_text(book: PlaybookBook) -> None:
    text = book.text("playbook", ID)
    first = save(book, changed(text), text)
    again = book.restore("playbook", ID, first - 1, NOW)
    assert again == first + 1
    assert book.text("playbook", ID).replace(f"version: {again}", f"version: {first - 1}") == text
    newest = book.versions("playbook", ID)[0]
    assert newest.restored == first - 1 and newest.said("en") == ("step ask_carrier, time box: 1h30m → 2h",)
    with pytest.raises(Refused, match="was not kept"):
        book.restore("playbook", ID, 77, NOW)


def test_who_saves_second_is_told_who_was_first_and_loses_nothing(book: PlaybookBook) -> None:
    text = book.text("playbook", ID)
    version = save(book, changed(text), text)
    late = book_in(book.settings.home, "Hakan")
    with pytest.raises(Refused) as refused:
        save(late, text.replace("order: 10", "order: 11"), text)
    assert f"Deniz {version}. sürümü kaydetti" in refused.value.say("tr") and "Deniz saved" in refused.value.say("en")
    assert len(told(book)) == 1 and late.part("playbook", ID).version == version
    place = book.files.place("playbook", ID)
    place.write_text(book.text("playbook", ID) + "# elle\n", encoding="utf-8")
    book.settle_all()
    assert place.read_text(encoding="utf-8").endswith("# elle\n"), "what was edited by hand is left as it is"


def test_what_is_refused_and_why(book: PlaybookBook) -> None:
    text = book.text("playbook", ID)
    elif_ = book_in(book.settings.home, "Elif")
    with pytest.raises(NotAllowed):
        save(elif_, changed(text), text)
    for wrong, said in (
        (text.replace("role: team_lead", "role: patron", 1), "'patron' is not a known role"),
        (text.replace("within: 2h\n", "within: yarın\n", 1), "is not a time box"),
        (text.replace("{{ name }}", "{{ iban }}", 1), "is not a fact that a reply can use"),
        ("a: &x [1]\nb: *x\n", "the alias [*]x is not read"),
        (text.replace("id: late_delivery", "id: other", 1), "must be the same"),
    ):
        assert wrong != text
        with pytest.raises(Refused, match=said) as refused:
            save(book, wrong, text)
        assert "Kaydedilmedi" in refused.value.say("tr") and "Not saved, line " in refused.value.say("en")
    with pytest.raises(Refused, match="Nothing was changed"):
        save(book, text.replace("version: 2", "version: 9"), text)
    with pytest.raises(Refused, match="Write why"):
        save(book, changed(text), text, why="  ")
    with pytest.raises(Refused, match="no playbook or plan"):
        book.text("playbook", "../../etc/passwd")
    book.settings = book.settings.model_copy(update={"drill": SimpleNamespace(speed=1)})
    with pytest.raises(Refused, match="A drill changes no playbook"):
        save(book, changed(text), text)
    assert told(book) == [] and book.files.folder is None, "nothing was written"


def test_a_plan_that_leans_on_a_playbook_that_is_not_there_is_found(book: PlaybookBook) -> None:
    text = book.text("plan", "cargo_collapse")
    reading = book.check("plan", "cargo_collapse", text.replace("playbook: late_delivery", "playbook: late_delivry"))
    [finding] = reading.findings
    assert (finding.file, finding.field) == ("cargo_collapse.yaml", "playbook")
    assert finding.sentence == "there is no playbook 'late_delivry'; did you mean 'late_delivery'?"


def test_a_crisis_plan_is_changed_beside_the_shipped_ones(book: PlaybookBook) -> None:
    text = book.text("plan", "cargo_collapse")
    version = save(book, text.replace("take_within: 5m", "take_within: 4m"), text, "plan", "cargo_collapse")
    assert crisis_plans(book.settings)["cargo_collapse"].take_within == timedelta(minutes=4)
    assert book.part("plan", "cargo_collapse").version == version and len(book.plans()) == len(crisis_plans_shipped())
    assert [one.number for one in book.versions("plan", "cargo_collapse")] == [version, version - 1]


def crisis_plans_shipped() -> dict[str, Any]:
    return crisis_plans(load_settings(None, {"NOBET_HOME": "/nowhere"}))


def test_a_board_and_a_worker_take_the_new_version_up(book: PlaybookBook, monkeypatch: pytest.MonkeyPatch) -> None:
    home = book.settings.home
    monkeypatch.delenv("NOBET_STORE_URL", raising=False)
    monkeypatch.setattr(app.connecting, "reader_of", None)  # no model is needed to see which playbooks are in force
    house = app.House(str(home / "nobet.yaml"), str(home))
    monkeypatch.setenv("NOBET_HOME", str(home))
    before = house.open()[0].library[ID].version
    text = book.text("playbook", ID)
    version = save(book, changed(text), text)
    assert house.open()[0].library[ID].version == version == before + 1
    book.files.place("playbook", ID).write_text("bozuk: [", encoding="utf-8")
    assert house.open()[0].library[ID].version == version, "what cannot be read leaves what is in force"


def test_killed_between_any_two_lines_a_text_is_whole_and_a_change_is_made_once(homes: Homes) -> None:
    context, chance = forking(), random.Random(SEED)

    def life(home: Path, kill_at: int) -> int | None:
        ours, theirs = context.Pipe()
        process = context.Process(target=playbook_child.life, args=(str(home), kill_at, theirs))
        process.start()
        theirs.close()
        try:
            said: int | None = ours.recv()
        except EOFError:
            said = None
        process.join()
        assert process.exitcode in (0, -9), f"the process ended with {process.exitcode}"
        return said

    home = homes()
    lines = life(home, 0)
    assert lines is not None and lines > 100
    # Half of the lives begin with the shipped playbooks, which are copied first, half with the brand's own.
    for number, kill_at in enumerate(sorted(chance.sample(range(1, lines), min(KILLS, lines - 1)))):
        fresh = homes() if number % 2 else home
        before = book_in(fresh)
        old, was = before.text("playbook", ID), before.part("playbook", ID).version
        before.store.close()
        killed = life(fresh, kill_at) is None
        book = book_in(fresh)
        now_text = book.text("playbook", ID)
        assert now_text == old or digest(now_text) == told(book)[-1].data["sha256"], "a text is never half written"
        book.settle_all()
        now_text = book.text("playbook", ID)
        if now_text == old:  # nothing was done: it can be done again
            assert killed and (not told(book) or told(book)[-1].data["to"] == was)
            save(book, changed(old), old)
        assert book.part("playbook", ID).version == was + 1 == told(book)[-1].data["to"], kill_at
        assert book.text("playbook", ID) == changed(old).replace(f"version: {was}", f"version: {was + 1}")
        assert check_library(book.files.folder) == []
        assert not list(fresh.glob(".playbooks-*")) or killed
        with book.store.read() as tx:
            assert event_log.verify_chain(tx, book.brand) == []
        book.store.close()


# --- the page ---


def picture(book: PlaybookBook, language: str = "tr", memory: Any = None, **place: Any) -> dict[str, Any]:
    said = texts(language)
    moments = Moments(said, book.desk.zone, NOW)
    return dict(playbook_pages.picture(book, said, Place(**place), NOW, moments, {} if memory is None else memory))


def kinds(blocks: list[dict[str, Any]]) -> set[str]:
    return {str(block["b"]) for block in blocks}


@pytest.mark.parametrize("language", ["tr", "en"])
def test_every_playbook_and_plan_reads_as_a_document(book: PlaybookBook, language: str) -> None:
    every = [("playbook", id) for id in book.library()] + [("plan", id) for id in book.plans()]
    for kind, id in every:
        made = picture(book, language, key=f"{kind}:{id}")
        titles = [block["text"] for block in made["main"] if block["b"] == "head"]
        assert made["top"][0]["text"] == book.part(kind, id).title.say(language) and len(titles) >= 3, (kind, id)
        assert "table" in kinds(made["main"])
    for tab, number in (("", 22), ("plans", 9)):
        cards = picture(book, language, tab=tab)["main"][-1]["items"]
        assert len(cards) == number


def test_one_is_found_by_title_topic_and_the_customers_words(book: PlaybookBook) -> None:
    def found(q: str, tab: str = "") -> list[str]:
        return [card["keep"] for card in picture(book, q=q, tab=tab)["main"][-1]["items"]]

    assert "late_delivery" in found("GECİKEN teslimat") and "safety_hazard" in found("gaz")
    assert found("zzz") == [] and "cargo_collapse" in found("teslimat", "plans")


def test_the_editor_shows_findings_by_line_the_difference_and_the_drafts(book: PlaybookBook) -> None:
    text, memory = book.text("playbook", ID), {}
    done = playbook_pages.deeds(book, texts("tr"), memory)
    line = text.splitlines().index("    within: 1h") + 1
    wrong = text.replace("    within: 1h\n", "    within: yarın\n", 1)

    def check(written: str, seq: int) -> dict[str, Any]:
        form = {"key": f"playbook:{ID}", "base": digest(text), "text": written, "seq": str(seq)}
        done["check"](Deed(id="d" * 8, do="check", form=form), NOW)
        return picture(book, memory=memory, key=f"playbook:{ID}", tab="edit")

    made = check(wrong, 1)
    [findings] = [block for block in made["side"] if block["b"] == "findings"]
    [one] = findings["items"]
    assert (one["line"], one["field"], one["lang"]) == (line, "inform_first[0].within", "tr") and findings["seq"] == 1
    assert one["text"].startswith("'yarın' bir süre değil")
    assert "fold" in kinds(made["side"]) and kinds(made["main"]) >= {"editor", "saving"}
    made = check(changed(text), 2)
    [findings] = [block for block in made["side"] if block["b"] == "findings"]
    assert findings["items"] == [] and findings["seq"] == 2
    assert {"b": "bullets", "label": "Yürürlüktekinden farkı", "items": ["adım ask_carrier, süre: 2h → 1h30m"]} in made[
        "side"
    ]
    drafts = [block for block in made["side"] if block["b"] == "fold" and block["keep"].startswith("family-")]
    assert len(drafts) == 7 and all("‹" not in block["blocks"][0]["text"] for block in drafts)
    [editor] = [block for block in made["main"] if block["b"] == "editor"]
    assert editor["text"] == text, "what is in force; what is typed stays in the browser"
    form = {"key": f"playbook:{ID}", "base": digest(text), "text": changed(text), "why": "hız"}
    answer = done["save"](Deed(id="e" * 8, do="save", form=form), NOW)
    assert answer["go"] == {"tab": "versions", "id": 0} and memory == {}
    made = picture(book, key=f"playbook:{ID}", tab="versions", id=2)
    assert [card["keep"] for card in made["main"][-1]["items"]] == ["v3", "v2"]
    assert any(block["b"] == "fold" for block in made["main"]), "the two are compared line by line"
    done["restore"](Deed(id="f" * 8, do="restore", form={"key": f"playbook:{ID}", "version": "2"}), NOW)
    assert book.part("playbook", ID).version == 4


def test_whoever_may_not_edit_has_no_editor_and_a_broken_library_says_where(book: PlaybookBook) -> None:
    reader = book_in(book.settings.home, "Elif")
    made = picture(reader, key=f"playbook:{ID}", tab="edit")
    assert "editor" not in kinds(made["main"])
    assert "edit" not in [name for name, _ in made["top"][1]["items"]]
    text = book.text("playbook", ID)
    save(book, changed(text), text)
    book.files.place("playbook", ID).write_text("id: late_delivery\nversion: x\n", encoding="utf-8")
    made = picture(book, "en")
    assert made["main"][1]["loud"] and any("late_delivery.yaml:" in line for line in made["main"][2]["items"])
