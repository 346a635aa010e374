"""Questions to shops: read until they are answered, counted as the shop counts, and lost by no crash or fault."""

from __future__ import annotations

import contextlib
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collectors import questions
from collectors.protocol import Batch, CollectorError, Cursor, Reach, Refused, Unreadable
from mention import Mention
from tests.integration.faulty_server import Answer, Fault, FaultyServer, Request
from tests.integration.worlds.hepsiburada import HepsiburadaWorld
from tests.integration.worlds.trendyol import TrendyolWorld
from tests.integration.worlds.world import NOW, SECRET, START, Post, collector

Shop = TrendyolWorld | HepsiburadaWorld


@dataclass(frozen=True)
class Asked(Post):
    """A question of a time of its own."""

    moment: datetime | None = None

    @property
    def at(self) -> datetime:
        return self.moment or super().at


@dataclass
class Desk:
    """What a store would hold: each question as it was read last."""

    mentions: dict[str, Mention] = field(default_factory=dict)
    cursor: Cursor | None = None
    reach: Reach | None = None
    notes: list[str] = field(default_factory=list)

    def take(self, batches: Iterator[Batch], kill_after: int | None = None) -> None:
        self.reach = None
        for number, batch in enumerate(batches, 1):
            self.mentions |= {item.mention.native_id: item.mention for item in batch.fetched}
            self.cursor = json.loads(json.dumps(batch.cursor))
            self.reach = batch.reach
            self.notes.append(batch.note)
            if number == kill_after:
                return


@pytest.fixture(params=[TrendyolWorld, HepsiburadaWorld])
def world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Shop:
    found: Shop = request.param()
    for name, value in found.env.items():
        monkeypatch.setenv(name, value)
    return found


@pytest.fixture
def server(world: Shop) -> Iterator[FaultyServer]:
    with FaultyServer(world.route) as running:
        yield running


def read(world: Shop, server: FaultyServer, desk: Desk, now: datetime = NOW, **more: Any) -> None:
    desk.take(collector(world, server, **more).fetch(desk.cursor, now))


def test_a_first_read_is_counted_and_reaches_two_weeks(world: Shop, server: FaultyServer) -> None:
    world.add(8)
    desk = Desk()
    read(world, server, desk)
    assert desk.reach == Reach("counted", since=NOW - timedelta(days=14))
    read(world, server, desk, NOW + timedelta(minutes=5))
    assert desk.reach == Reach("counted"), "it joins what was read before"


def test_an_open_question_is_read_again_until_it_is_answered(world: Shop, server: FaultyServer) -> None:
    world.add(12)
    desk = Desk()
    read(world, server, desk)
    assert desk.cursor is not None and set(desk.cursor["open"]) == {"2", "4", "6", "8", "10", "12"}
    assert desk.mentions["2"].extra["answer_by"] and "answered_at" not in desk.mentions["2"].extra

    before = len(server.requests)
    read(world, server, desk, NOW + timedelta(minutes=5))
    single = [request for request in server.requests[before:] if request.path.split("/")[-1].isdigit()]
    assert not single, "questions that still wait are found in the list, not asked for one by one"

    world.answered = {2}  # elsewhere, in the shop's own panel; too old for the overlap
    read(world, server, desk, NOW + timedelta(minutes=10))
    assert desk.mentions["2"].extra["answered_at"] and desk.mentions["2"].native_id == "2"
    assert "2" not in desk.cursor["open"] and "1 open questions were answered or closed" in desk.notes[-1]
    assert desk.reach is not None and desk.reach.proof == "counted"

    before = len(server.requests)
    read(world, server, desk, NOW + timedelta(minutes=15))
    assert not [r for r in server.requests[before:] if r.path.endswith("/2")], "an answered one is not asked for again"


def test_an_open_question_that_is_gone_is_let_go(world: Shop, server: FaultyServer) -> None:
    world.add(12)
    desk = Desk()
    read(world, server, desk)
    world.posts = [post for post in world.posts if post.number != 2]
    read(world, server, desk, NOW + timedelta(minutes=5))
    assert desk.cursor is not None and "2" not in desk.cursor["open"] and "no longer known" in desk.notes[-1]


def test_a_fault_while_open_questions_are_read_keeps_them_open(world: Shop, server: FaultyServer) -> None:
    world.add(12)
    desk = Desk()
    read(world, server, desk)
    world.answered = {2}
    for number in (4, 5):  # after three pages of new ones: the list of open ones, and the next request
        server.fail(number, Fault.status(503))
        with pytest.raises(CollectorError):
            read(world, server, desk, NOW + timedelta(minutes=5))
        assert desk.reach is None and desk.cursor is not None and "2" in desk.cursor["open"]
    read(world, server, desk, NOW + timedelta(minutes=10))
    assert desk.mentions["2"].extra["answered_at"]


def test_an_open_question_that_was_never_seen_is_found_in_the_list(world: Shop, server: FaultyServer) -> None:
    world.add(12)
    desk = Desk()
    read(world, server, desk)
    world.posts.insert(10, Asked(102, moment=START + timedelta(minutes=25)))  # listed late, older than the overlap
    read(world, server, desk, NOW + timedelta(minutes=5))
    assert "102" in desk.mentions


def test_an_empty_list_where_there_were_questions_is_no_success(world: Shop, server: FaultyServer) -> None:
    world.add(3)
    desk = Desk()
    read(world, server, desk)
    kept = dict(desk.mentions)
    world.posts = []
    with pytest.raises(Unreadable, match="is empty, although"):
        read(world, server, desk, NOW + timedelta(minutes=5))
    assert desk.mentions == kept


def test_a_shop_that_nobody_asks_anything_costs_one_request(world: Shop, server: FaultyServer) -> None:
    world.add(1)  # answered; two days old
    desk = Desk()
    read(world, server, desk)
    for day in range(1, 60):
        before = len(server.requests)
        read(world, server, desk, NOW + timedelta(days=day))
        assert len(server.requests) - before == 1
        assert desk.reach is not None and desk.reach.proof == "counted" and not desk.reach.gap


def test_a_long_outage_is_read_in_spans_that_the_shop_allows(world: Shop, server: FaultyServer) -> None:
    world.add(3)
    desk = Desk()
    read(world, server, desk)
    late = NOW + timedelta(days=40)
    world.posts = [Asked(100 + day, moment=NOW + timedelta(days=day)) for day in range(39, 0, -1)] + world.posts
    before = len(server.requests)
    read(world, server, desk, late)
    assert {str(100 + day) for day in range(1, 40)} <= set(desk.mentions)
    assert desk.reach == Reach("counted")
    pages = [r for r in server.requests[before:] if "status" not in r.query and "page" in r.query]
    assert len(pages) < 39 // world.page + 10


def test_a_kill_in_a_long_outage_loses_nothing(world: Shop, server: FaultyServer) -> None:
    world.add(3)
    first = Desk()
    read(world, server, first)
    world.posts = [Asked(100 + day, moment=NOW + timedelta(days=day)) for day in range(39, 0, -1)] + world.posts
    for kill_after in range(1, 14):
        desk = Desk(dict(first.mentions), json.loads(json.dumps(first.cursor)))
        for hour in range(0, 40):
            late = NOW + timedelta(days=40, hours=hour)
            desk.take(collector(world, server).fetch(desk.cursor, late), kill_after)
            if desk.reach is not None:
                break
        assert {str(100 + day) for day in range(1, 40)} <= set(desk.mentions), kill_after


def test_a_first_read_cut_off_still_says_where_it_began(world: Shop, server: FaultyServer) -> None:
    world.add(8)
    desk = Desk()
    desk.take(collector(world, server).fetch(None, NOW), kill_after=1)
    read(world, server, desk, NOW + timedelta(minutes=5))
    assert desk.reach is not None and desk.reach.since == NOW - timedelta(days=14)


def test_back_fill_reads_older_questions_again(world: Shop, server: FaultyServer) -> None:
    world.add(8)
    desk = Desk()
    read(world, server, desk)
    reader = collector(world, server)
    rewound = reader.rewound(desk.cursor, START)
    desk.mentions.clear()
    desk.take(reader.fetch(rewound, NOW))
    assert len(desk.mentions) == 8 and reader.rewound(None, START) is None


def test_the_service_says_who_we_are(world: Shop, server: FaultyServer) -> None:
    world.add(5)
    said = collector(world, server).verify(NOW)
    assert "2 questions wait for an answer" in said and SECRET not in said


def test_no_secret_is_kept(world: Shop, server: FaultyServer) -> None:
    world.add(5)
    desk = Desk()
    read(world, server, desk)
    assert SECRET not in json.dumps(desk.cursor)
    assert not any(SECRET in f"{request.path}{request.query}" for request in server.requests)


def test_a_total_that_was_not_reached_is_a_gap(server: FaultyServer, world: Shop) -> None:
    if not isinstance(world, TrendyolWorld):
        pytest.skip("one shop is enough: the count is the reader's")
    world.add(8)
    world.hidden = {5}
    desk = Desk()
    read(world, server, desk)
    assert desk.reach == Reach("parsed", since=NOW, gap=True, missed=1)
    assert "counts 8 questions, 7 were read" in desk.notes[-1]


def test_a_question_taken_away_between_two_pages_hides_no_other(world: Shop, server: FaultyServer) -> None:
    world.add(9)
    right = world.route

    def route(request: Request) -> Answer:
        answer = right(request)
        world.posts = [post for post in world.posts if post.number != 1]  # the oldest goes after the first page
        return answer

    server.route = route
    desk = Desk()
    read(world, server, desk)
    assert set(desk.mentions) == {str(number) for number in range(1, 10)}, "the fourth moved to the first page"
    assert desk.reach is not None and desk.reach.proof == "counted"


@pytest.mark.parametrize(
    "body", [{}, {"content": None}, {"data": "x", "totalPageCount": 1}, {"content": [], "totalPages": "1"}]
)
def test_an_answer_of_another_form_is_unreadable(world: Shop, server: FaultyServer, body: dict[str, Any]) -> None:
    world.add(1)
    server.fail(1, lambda right: Answer.json(body))
    with pytest.raises(Unreadable, match="no list of questions"):
        read(world, server, Desk())


def test_more_pages_without_questions_do_not_go_on_for_ever(world: Shop, server: FaultyServer) -> None:
    empty = {
        "content": [],
        "totalPages": 9,
        "totalElements": 400,
        "data": [],
        "totalPageCount": 9,
        "totalItemCount": 400,
    }
    server.fail(1, lambda right: Answer.json(empty))
    with pytest.raises(Unreadable, match="announces more"):
        read(world, server, Desk())
    assert len(server.requests) == 1


def test_a_key_that_may_not_read_questions_says_what_to_do(world: Shop, server: FaultyServer) -> None:
    server.fail(1, Fault.status(403))
    with pytest.raises(Refused) as raised:
        read(world, server, Desk())
    assert "User-Agent" in str(raised.value) or "user_agent" in str(raised.value)


@pytest.mark.parametrize("seed", range(40))
def test_random_faults_and_kills_lose_nothing(world: Shop, server: FaultyServer, seed: int) -> None:
    """Whatever fails and whenever it is killed: every question is stored, and every answer is noticed."""
    chance = random.Random(seed)
    faults = [Fault.status(429), Fault.status(500), Fault.truncated, Fault.broken_json, Fault.html, Fault.empty]
    world.add(chance.randint(1, 9))
    desk = Desk()
    now = NOW
    for _ in range(chance.randint(3, 9)):
        now += timedelta(minutes=chance.randint(1, 60))
        if chance.random() < 0.6:
            world.add(chance.randint(1, 7))
        waiting = [post.number for post in world.posts if world.waits(post)]
        world.answered |= set(chance.sample(waiting, chance.randint(0, len(waiting))))
        if chance.random() < 0.5:
            server.fail(chance.randint(1, 6), chance.choice(faults))
        with contextlib.suppress(CollectorError):
            desk.take(collector(world, server).fetch(desk.cursor, now), chance.choice([None, 1, 2, 3]))
    for _ in range(8):  # faults that are still to come, and then one good fetch
        try:
            read(world, server, desk, now + timedelta(hours=1))
        except CollectorError:
            continue
    assert set(desk.mentions) == {world.native_id(post) for post in world.posts}
    unnoticed = [n for n in world.answered if "answered_at" not in desk.mentions[str(n)].extra]
    assert not unnoticed and desk.reach is not None
    assert desk.cursor is not None
    assert set(desk.cursor["open"]) == {world.native_id(post) for post in world.posts if world.waits(post)}


def test_the_cursor_of_a_long_first_read_goes_on(
    world: Shop, server: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add(12)
    monkeypatch.setattr(questions, "MAX_PAGES", 2)
    desk = Desk()
    read(world, server, desk)
    assert desk.reach is None and len(desk.mentions) == 6
    for _ in range(4):
        read(world, server, desk, datetime(2026, 11, 21, 10, tzinfo=UTC))
    assert len(desk.mentions) == 12
