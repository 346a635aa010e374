"""The first set-up: answers that survive everything, the configuration they make, the first mentions of the brand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import connecting
from board import first_run
from board.setup import SetUpError
from board.sheet import Deed, Place
from board.texts import texts
from collecting import collect
from desk import beginning
from desk.beginning import FILE_NAME, PROMISES, Answers, Beginning, changes_of, data_of, progress, query_of
from desk.desk import Desk
from desk.intake import Intake
from desk.roles import NotAllowed, Refused
from desk.settings import Settings, load_settings, validate
from playbooks.shelf import load_library
from store import Store, sources
from tests.integration.faulty_server import FaultyServer
from tests.integration.test_worker import Plain
from tests.integration.worlds.feed import FeedWorld
from tests.integration.worlds.world import Post
from worker import keep_for, process, sources_of

NOW = datetime.now(UTC)


class Means:
    """Connecting as the board's entry does it, without a classifier to load."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def connecting(self, settings: Settings) -> Any:
        return Tries(settings)

    def means_us(self, settings: Settings, lines: str) -> Any:
        return connecting.means_us(settings, lines.splitlines())


class Tries:
    """board.setup.SetUp for one feed."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def kinds(self) -> dict[str, Any]:
        return {"feed": connecting.about("feed")}

    def questions(self, kind: str) -> Any:
        return connecting.questions(kind)

    def is_kept(self, variable: str) -> bool:
        return False

    def keep(self, variable: str, secret: str) -> None:
        raise AssertionError("a feed has no secret")

    def prepare(self, kind: str, answers: Any) -> Any:
        try:
            typed = {field: connecting.answer(kind, field, text) for field, text in answers.items()}
            record = connecting.source_record(kind, typed)
            return record, connecting.check_new(self.settings, record)
        except ValueError as error:
            raise SetUpError(str(error)) from None

    def attempt(self, collector: Any) -> Any:
        return connecting.attempt(collector, self.settings, None, None, NOW)

    def write(self, record: Any, brand: str | None) -> str:
        raise AssertionError("the set-up writes everything at once")


@pytest.fixture
def demo(tmp_path: Path, store: Store) -> Desk:
    settings = load_settings(environ={"NOBET_HOME": str(tmp_path), "NOBET_STORE_URL": store.url})
    assert settings.demo
    return Desk(store, settings, load_library(), "Elif")


def page_of(desk: Desk) -> first_run.Page:
    """A session that has just opened: nothing is known but what was kept."""
    hands = Beginning(desk.store, desk.settings, desk.agent())
    return first_run.Page(first_run.At(), desk, hands, Means(desk), texts("tr"))


def do(page: first_run.Page, deed: str, /, **form: str) -> Any:
    return page.deeds()[deed](Deed(id="12345678", do=deed, form=form), NOW)


@pytest.fixture
def feed() -> Iterator[str]:
    world = FeedWorld()
    said = ("Demo'dan aldığım masa kırık geldi", "Kargom nerede, Demo neden susuyor?", "bugün hava güzel")
    world.posts = [
        Post(n, words, author=f"okur{n}", when=NOW - timedelta(hours=n)) for n, words in enumerate(said, 1)
    ]  # fmt: skip
    with FaultyServer(world.route) as server:
        yield f"{server.url}/feed"


def test_from_an_empty_house_to_the_first_mention(demo: Desk, feed: str) -> None:
    page = page_of(demo)
    assert do(page, "answer", step="brand", name="Demo", languages="tr,en") == {"go": {"tab": "meaning"}}
    assert do(page, "answer", step="meaning", other_meaning="no") == {"go": {"tab": "source"}}
    page = page_of(demo)  # another session, another day
    assert page.beginning.answers().reached() == "source"
    do(page, "answer", step="source", source="feed", url=feed, more="inside")
    assert page.at.connection.job is not None, page.at.connection.error
    page.at.connection.job.join(20)
    trial = page.at.connection.job.trial
    assert (trial.ok, len(trial.mentions), trial.passed) == (True, 2, 1)
    do(page, "take_source")
    do(page, "answer", step="promise", promise="always")
    do(page, "answer", step="people", me="Ece", others="Can\nEce, Su")
    file = demo.settings.home / "nobet.yaml"
    assert not file.exists()
    assert do(page, "start") == {"go": {"page": "setup", "tab": "start"}}
    settings = load_settings(file, {"NOBET_HOME": str(demo.settings.home), "NOBET_STORE_URL": demo.store.url})
    assert [agent.name for agent in settings.agents] == ["Ece", "Can", "Su"]
    assert settings.brand.key != demo.brand, "a brand that is called as the demo is keeps apart from it"
    own = Desk(demo.store, settings, demo.library)
    far = progress(own.store, settings, NOW)
    assert not far.worker and not far.asked and far.first_case is None
    with own.store.write() as tx:
        sources.beat(tx, own.brand, "worker", NOW, {})
    for collector in sources_of(settings):
        collect(own.store, own.brand, collector, lambda: NOW, keep=keep_for(settings, collector))
    process(own.store, own.brand, Plain(), Intake(own.store, settings, own.library), lambda: NOW)
    far = progress(own.store, settings, NOW)
    assert far.worker and far.asked and (far.stored, far.waiting, far.cases) == (2, 0, 2)
    assert far.first_case is not None and "Demo" in own.case(far.first_case, NOW).mentions[0].text
    with pytest.raises(Refused):
        page_of(own).beginning.start(NOW)


def test_a_step_that_is_not_answered_stops_the_start(demo: Desk) -> None:
    page = page_of(demo)
    do(page, "answer", step="brand", name="Marka", languages="tr")
    with pytest.raises(Refused):
        do(page, "start")
    assert not (demo.settings.home / "nobet.yaml").exists()
    assert [block["b"] for block in page.picture(Place(tab="people"), NOW, _moments(demo))["main"]] == ["form"]
    assert page.picture(Place(tab="people"), NOW, _moments(demo))["top"][0]["text"] == texts("tr").say(
        "begin_step.meaning"
    )


def _moments(desk: Desk) -> Any:
    from board.moments import Moments

    return Moments(texts("tr"), desk.zone, NOW)


@pytest.mark.parametrize(
    ("step", "form"),
    [
        ("brand", {"name": "  ", "languages": "tr"}),
        ("brand", {"name": "Marka", "languages": ""}),
        ("meaning", {"other_meaning": "yes", "theirs": "", "ours": ""}),
        ("source", {"source": "feed", "url": ""}),
        ("source", {"source": "file", "file": ""}),
        ("promise", {"promise": "yarın"}),
        ("promise", {"promise": "own", "own_weekdays": "9-18"}),
        ("people", {"me": ""}),
        ("people", {"me": "a:b"}),
        ("bambaşka", {}),
    ],
)
def test_every_mistake_is_told_where_it_is_made(demo: Desk, step: str, form: dict[str, str]) -> None:
    page = page_of(demo)
    page.beginning.keep(name="Marka", other_meaning="no", source="later", promise="office", me="Ece")
    with pytest.raises(Refused) as refused:
        do(page, "answer", step=step, **form)
    assert refused.value.say("tr")


def test_a_spoilt_file_of_answers_begins_anew(demo: Desk) -> None:
    (demo.settings.home / FILE_NAME).write_bytes(b'{"name": \xff')
    assert page_of(demo).beginning.answers() == Answers()


def test_only_who_may_manage_settings_sets_up(demo: Desk) -> None:
    with pytest.raises(NotAllowed):
        do(page_of(demo.as_agent("Mert")), "answer", step="brand", name="Marka", languages="tr")


@pytest.mark.parametrize("promise", PROMISES)
@pytest.mark.parametrize("name", ["Çınar Ev", 'a"b: #c', "No", "{x}", "1907"])
def test_whatever_is_answered_makes_a_valid_configuration(name: str, promise: str) -> None:
    answers = Answers(name=name, handles="@marka, a b", promise=promise, me="Ece", other_meaning="yes", theirs="ağaç")  # type: ignore[arg-type]
    settings = validate(data_of(changes_of(answers)), None)
    assert settings.brand.name == name and settings.brand.query == query_of(answers)
    assert not connecting.problem_of(settings)


def test_an_own_promise_says_what_was_typed() -> None:
    own = {"weekdays": "08:00-12:00, 13:00-17:00", "sunday": "10:00-12:00", "urgent": "45m"}
    made = data_of(changes_of(Answers(name="A", promise="own", own=own, me="E")))
    assert made["desk"]["hours"]["mon"] == ["08:00-12:00", "13:00-17:00"] and "sat" not in made["desk"]["hours"]
    assert made["desk"]["promises"]["urgent"]["within"] == "45m"


def test_names_that_are_everyday_words_are_hinted_at() -> None:
    assert "ağacı" in beginning.hint("ÇINAR Ev") and not beginning.hint("Nöbet")
