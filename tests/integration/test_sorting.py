"""Incidents joined and split by people: it moves what stands, holds for what comes, is logged, and can be undone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from desk.crisis.incidents import Incidents
from desk.crisis.sorting import Sorting
from desk.roles import NotAllowed, Refused
from desk.team import Agent
from store import Store
from store import events as event_log
from store.tables_crisis import alarms, incidents
from tests.integration.detecting_work import (
    BEGIN,
    BRAND,
    bring,
    burst,
    detecting,
    everything,
    found,
    mention,
    quiet,
    rows,
    score,
    settings_of,
    told,
)

LATER = BEGIN + timedelta(hours=5)


class World:
    """Six mentions of the kettle in one incident, four quiet ones each alone, and a desk at work on them."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.job = detecting(store)
        ids = bring(store, *burst(6, BEGIN), *quiet(4))
        self.ids = dict(zip([*(f"b{n}" for n in range(6)), *(f"q{n}" for n in range(4))], ids, strict=True))
        self.job.run(LATER)
        self.elif_ = self.hand("Elif", "team_lead")

    def hand(self, name: str, role: str) -> Sorting:
        return Sorting(self.store, settings_of(self.store.url), self.job._begin, Agent(name=name, role=role))

    def incident(self, name: str) -> int:
        place = found(self.store)[name]
        return int(next(row.id for row in rows(self.store, incidents) if row.name == place))


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


def test_what_people_join_stays_joined_for_what_comes(world: World, store: Store) -> None:
    before = everything(store)
    event = world.elif_.together(world.ids["b0"], world.ids["q0"], LATER)
    assert world.incident("q0") == world.incident("b0") and world.incident("q1") != world.incident("b0")
    [row] = told(store, "incident_joined")
    assert row.by == "agent:Elif" and row.data["moved"][0][0] == world.ids["q0"]
    more = [*quiet(5)[4:], *burst(8, LATER)[6:]]
    bring(store, *more)
    assert world.job.run(LATER + timedelta(minutes=10)).placed == 3, "the worker noticed that what it knew has changed"
    assert world.incident("b7") == world.incident("q0")
    world.elif_.undo(event, LATER)
    places = found(store)
    assert places["q0"] == before["placed"]["q0"] and places["b7"] == places["b0"]
    with pytest.raises(Refused, match="already"):
        world.elif_.undo(event, LATER)


def test_what_people_part_is_not_joined_again(world: World) -> None:
    world.elif_.apart(world.ids["b0"], world.ids["b5"], LATER)
    assert world.incident("b5") != world.incident("b0")
    with pytest.raises(Refused, match="contradicts"):
        world.elif_.together(world.ids["b0"], world.ids["b5"], LATER)
    assert world.incident("b5") != world.incident("b0"), "a refused act changes nothing"


def test_a_split_and_its_undoing(world: World, store: Store) -> None:
    before = found(store)
    event = world.elif_.split([world.ids["b3"], world.ids["b4"]], LATER)
    assert world.incident("b3") == world.incident("b4") != world.incident("b0")
    sizes = {row.id: row.mentions for row in rows(store, incidents)}
    assert sizes[world.incident("b3")] == 2 and sizes[world.incident("b0")] == 4
    world.elif_.undo(event, LATER)
    assert found(store) == before


def test_a_merge_takes_alarm_and_crisis_along_and_can_be_undone(world: World, store: Store) -> None:
    danger = mention("d", LATER, "Prizden kıvılcım çıktı, halı tutuştu")
    bring(store, (danger, score(danger, "safety", "critical", 0.97)))
    world.job.run(LATER)
    quiet_one, fire = world.incident("q0"), world.incident("d")
    before = everything(store)
    event = world.elif_.merge(quiet_one, fire, LATER)
    [alarm] = [row for row in rows(store, alarms) if row.view == "at_once"]
    assert alarm.incident_id == quiet_one and world.incident("d") == quiet_one
    page = Incidents(store, settings_of(store.url)).incident(fire, LATER)
    assert page.line.id == quiet_one and page.line.crisis_id is not None and page.merged == (fire,)
    assert [one.id for one in page.proof] == [alarm.proof[0]] and page.acts[0].event_id == event
    world.elif_.undo(event, LATER)
    after = everything(store)
    for name in ("placed", "incidents", "alarms", "crises"):
        assert after[name] == before[name], name
    with store.read() as tx:
        assert event_log.verify_chain(tx, BRAND) == []


def test_moving_mentions_into_another_incident(world: World) -> None:
    world.elif_.move([world.ids["q1"], world.ids["q2"]], world.incident("b0"), LATER)
    assert world.incident("q1") == world.incident("q2") == world.incident("b0")


def test_who_may_and_what_cannot_be(world: World) -> None:
    with pytest.raises(NotAllowed):
        world.hand("Veli", "viewer").together(world.ids["b0"], world.ids["q0"], LATER)
    for wrong in (
        lambda: world.elif_.merge(world.incident("b0"), world.incident("b0"), LATER),
        lambda: world.elif_.merge(world.incident("b0"), 99_999, LATER),
        lambda: world.elif_.split([world.ids["q0"]], LATER),
        lambda: world.elif_.split([world.ids["q0"], world.ids["b0"]], LATER),
        lambda: world.elif_.move([12345], world.incident("b0"), LATER),
        lambda: world.elif_.undo(1, LATER),
    ):
        with pytest.raises(Refused) as refused:
            wrong()
        assert refused.value.say("tr") != refused.value.say("en")
    event = world.elif_.together(world.ids["b0"], world.ids["q0"], LATER)
    with pytest.raises(NotAllowed):
        world.hand("Ada", "agent").undo(event, LATER)
    world.elif_.move([world.ids["q0"]], world.incident("q1"), LATER)
    with pytest.raises(Refused, match="moved again"):
        world.elif_.undo(event, LATER)


def test_the_page_of_an_incident(world: World, store: Store) -> None:
    pages = Incidents(store, settings_of(store.url))
    [line] = pages.incidents(LATER)
    assert (line.size, line.last_hour, line.topic, line.crisis_id) == (6, 0, "product_defect", None)
    assert "çatlak" in line.title.tr and line.title.tr != line.title.en and line.channels == (("x", 6),)
    page = pages.incident(line.id, BEGIN + timedelta(minutes=10))
    assert [one.id for one in page.newest] == [world.ids[f"b{n}"] for n in range(5, -1, -1)]
    assert page.meter.size == 6 and page.meter.carried.authors == 6 and page.unanswered == 0
    assert any(why["kind"] == "words" for one in page.newest for why in one.why)
    with pytest.raises(Refused):
        pages.incident(10_000, LATER)
