"""The contract that every kind of source keeps, over a real HTTP server: what is read, and what that proves.

A new kind is one more file in tests/integration/worlds: a site of that kind, its configuration, what its faults must
become. Kinds that speak otherwise are held to the same promises in a file of their own, named in worlds.ELSEWHERE.
What goes wrong between us and the server is in test_collector_contract_faults.py.
"""

from __future__ import annotations

import copy
import json
from datetime import timedelta
from pathlib import Path

import pytest

from collectors import registry
from collectors.protocol import CollectorError, Rechecks, Refused, Rewinds, Unreadable, Verifies
from mention import MAX_TEXT
from tests.integration.faulty_server import FaultyServer
from tests.integration.worlds import ELSEWHERE, WORLDS
from tests.integration.worlds.world import NOW, TURKISH, Kept, Post, World, collector, ids, is_a_line, is_a_sentence

pytest_plugins = ["tests.integration.served"]

ROOT = Path(__file__).parents[2]


def test_every_kind_is_held_to_the_contract() -> None:
    missing = set(registry.KINDS) - set(WORLDS) - set(ELSEWHERE)
    assert not missing, f"kinds without a World in tests/integration/worlds: {missing}"
    assert not [file for file in ELSEWHERE.values() if not (ROOT / file).exists()]


def test_every_page_is_read_to_the_end(world: World, server: FaultyServer) -> None:
    world.add(11)
    kept = Kept()
    kept.take(collector(world, server).fetch(None, NOW))
    assert set(kept.mentions) == ids(world)
    assert len(server.pages) == 4 and kept.batches == 4
    assert all(mention.source == world.kind for mention in kept.mentions.values())


def test_a_second_fetch_brings_what_is_new_and_nothing_is_missed(world: World, server: FaultyServer) -> None:
    world.add(7)
    kept = Kept()
    kept.take(collector(world, server).fetch(None, NOW))
    new = world.add(8)
    before = len(server.pages)
    kept.take(collector(world, server).fetch(kept.cursor, NOW + timedelta(minutes=10)))
    assert ids(world, new) <= set(kept.mentions) and set(kept.mentions) == ids(world)
    assert len(server.pages) - before >= 3
    after, asked = dict(kept.mentions), len(server.pages)
    kept.take(collector(world, server).fetch(kept.cursor, NOW + timedelta(minutes=20)))
    assert kept.mentions == after and kept.rejected == []
    assert len(server.pages) - asked <= 4, "a fetch without anything new reads the overlap only"


def test_a_kill_between_any_two_batches_loses_nothing(world: World, server: FaultyServer) -> None:
    world.add(4)
    start = Kept()
    start.take(collector(world, server).fetch(None, NOW))
    for first in (Kept(), start):
        for kill_after in range(1, 6):
            world.posts = [post for post in world.posts if post.number <= 4]
            kept = copy.deepcopy(first)
            world.add(10)
            kept.take(collector(world, server).fetch(kept.cursor, NOW), kill_after)
            world.add(5)  # posted while nobody was reading
            kept.take(collector(world, server).fetch(kept.cursor, NOW + timedelta(minutes=5)), kill_after)
            kept.take(collector(world, server).fetch(kept.cursor, NOW + timedelta(minutes=10)))
            assert set(kept.mentions) == ids(world), f"killed after batch {kill_after}"


def test_the_cursor_given_is_not_changed(world: World, server: FaultyServer) -> None:
    world.add(7)
    kept = Kept()
    kept.take(collector(world, server).fetch(None, NOW), kill_after=1)
    given = copy.deepcopy(kept.cursor)
    list(collector(world, server).fetch(given, NOW))
    assert given == kept.cursor


def test_duplicates_and_another_order_change_nothing(world: World, server: FaultyServer) -> None:
    world.add(9)
    p = world.posts
    world.posts = [p[1], p[0], p[2], p[2], p[4], p[3], p[5], p[7], p[6], p[8]]
    kept = Kept()
    kept.take(collector(world, server).fetch(None, NOW))
    assert set(kept.mentions) == ids(world)
    new = world.add(4)
    world.posts = [world.posts[1], world.posts[0], *world.posts[2:]]
    kept.take(collector(world, server).fetch(kept.cursor, NOW))
    assert ids(world, new) <= set(kept.mentions)


def test_text_arrives_as_it_was_written(world: World, server: FaultyServer) -> None:
    world.posts = [Post(3, TURKISH, "Iğdırlı İlkay ŞIK")]
    kept = Kept()
    kept.take(collector(world, server).fetch(None, NOW))
    (mention,) = kept.mentions.values()
    assert mention.text == TURKISH
    assert "Iğdırlı İlkay ŞIK" in (mention.author, mention.author_name)
    assert mention.published_at == world.posts[0].at and mention.published_at.utcoffset() == timedelta(0)


def test_a_post_without_author_or_date_is_kept_or_named(world: World, server: FaultyServer) -> None:
    world.posts = [Post(4, author=None), Post(3, dated=False), Post(2)]
    kept = Kept()
    kept.take(collector(world, server).fetch(None, NOW))
    assert kept.mentions[world.native_id(world.posts[0])].author is None
    undated = world.native_id(world.posts[1])
    if undated in kept.mentions:
        assert kept.mentions[undated].extra.get("undated") or kept.mentions[undated].published_at == world.posts[1].at
    else:
        assert [item.native_id for item in kept.rejected] == [undated] and "published_at" in kept.rejected[0].reason
    assert world.native_id(world.posts[2]) in kept.mentions


def test_an_empty_source_says_so(world: World, server: FaultyServer) -> None:
    kept = Kept()
    kept.take(collector(world, server).fetch(None, NOW))
    assert not kept.mentions and kept.batches == 1 and kept.notes[0]


def test_a_source_under_another_name_keeps_its_channel(world: World, server: FaultyServer) -> None:
    world.add(1)
    kept = Kept()
    kept.take(collector(world, server, name="marka-izleme").fetch(None, NOW))
    (mention,) = kept.mentions.values()
    assert mention.source == "marka-izleme" and mention.channel == world.kind


def test_a_bad_item_does_not_cost_the_good_ones(world: World, server: FaultyServer) -> None:
    world.posts = [Post(3), Post(2, text="  "), Post(1)]
    kept = Kept()
    kept.take(collector(world, server).fetch(None, NOW))
    assert {world.native_id(world.posts[0]), world.native_id(world.posts[2])} <= set(kept.mentions)
    assert [item.native_id for item in kept.rejected] == [world.native_id(world.posts[1])]
    assert "text" in kept.rejected[0].reason


LATER = NOW + timedelta(minutes=10)


def test_a_first_fetch_of_everything_proves_it(world: World, server: FaultyServer) -> None:
    world.add(7)
    kept = Kept()
    kept.take(collector(world, server).fetch(None, NOW))
    assert kept.reach is not None and kept.reach.proof == world.first and not kept.reach.gap
    assert kept.reach.since is not None and kept.reach.since <= world.posts[-1].at
    assert kept.proofs == 1, "only the batch that completes a fetch proves anything"


def test_a_later_fetch_joins_what_was_read_before(world: World, server: FaultyServer) -> None:
    world.add(7)
    kept = Kept()
    kept.take(collector(world, server).fetch(None, NOW))
    world.add(8)
    kept.take(collector(world, server).fetch(kept.cursor, LATER))
    assert kept.reach is not None and (kept.reach.proof, kept.reach.gap, kept.reach.since) == (world.again, False, None)
    assert not kept.reach.missed and kept.proofs == 2
    kept.take(collector(world, server).fetch(kept.cursor, LATER + timedelta(minutes=10)))
    assert kept.reach is not None and kept.reach.proof == world.nothing_new
    assert not kept.reach.gap and kept.reach.since is None


def test_what_was_lost_between_two_fetches_is_a_gap(world: World, server: FaultyServer) -> None:
    world.add(7)
    kept = Kept()
    kept.take(collector(world, server).fetch(None, NOW))
    new = world.add(5)
    world.posts = new[::-1]  # nothing that was read before is listed any more
    error = None
    try:
        kept.take(collector(world, server).fetch(kept.cursor, LATER))
    except Unreadable as raised:
        error = raised
    assert ids(world, new) <= set(kept.mentions)
    if error is not None:
        assert is_a_sentence(str(error), world.kind) and kept.reach is None
    elif world.lists_all:
        assert kept.reach is not None and kept.reach.proof in ("moved", "parsed") and not kept.reach.gap
    elif world.first == "counted":  # the service counts what it lists, and says how many there are
        assert kept.reach is not None and kept.reach.proof == "counted" and not kept.reach.gap
    else:
        assert kept.reach is not None and kept.reach.gap and kept.reach.since is not None
        assert new[0].at <= kept.reach.since <= new[-1].at and "may be missing" in kept.notes[-1]


def test_empty_is_not_ok(world: World, server: FaultyServer) -> None:
    world.add(4)
    kept = Kept()
    kept.take(collector(world, server).fetch(None, NOW))
    listed, cursor = world.posts, kept.cursor
    world.posts = []
    error = None
    try:
        kept.take(collector(world, server).fetch(cursor, LATER))
    except CollectorError as raised:
        error = raised
    if world.may_be_empty:
        assert error is None and kept.reach is not None and kept.reach.proof == "parsed" and kept.notes[-1]
    else:
        assert isinstance(error, Unreadable) and kept.reach is None
        assert is_a_sentence(str(error), world.kind) and "although" in str(error)
    world.posts = listed
    new = world.add(4)
    kept.take(collector(world, server).fetch(kept.cursor, LATER + timedelta(minutes=10)))
    assert ids(world, new) <= set(kept.mentions), "whatever it was, nothing is missed after it"
    assert kept.reach is not None and not kept.reach.gap


def test_a_post_of_tomorrow_is_named_and_hides_nothing(world: World, server: FaultyServer) -> None:
    world.posts = [Post(9, when=NOW + timedelta(hours=30)), Post(3), Post(2)]
    kept = Kept()
    kept.take(collector(world, server).fetch(None, NOW))
    ahead, *good = world.posts
    assert set(kept.mentions) == ids(world, good)
    if not world.asks_until_now:
        assert [item.native_id for item in kept.rejected] == [world.native_id(ahead)]
        assert "future" in kept.rejected[0].reason
    new = [Post(number, when=NOW + timedelta(minutes=number - 10)) for number in range(15, 10, -1)]
    world.posts = [*new, ahead, *good]
    kept.take(collector(world, server).fetch(kept.cursor, LATER))
    assert set(kept.mentions) == ids(world, [*new, *good])


@pytest.mark.parametrize("sorted_by", ["arrival", "date"])
def test_a_clock_a_little_ahead_hides_nothing(world: World, server: FaultyServer, sorted_by: str) -> None:
    if sorted_by == "date" and world.sorted_by_id:
        pytest.skip(f"{world.kind} lists posts as they came")
    ahead, old = Post(9, when=NOW + timedelta(hours=3)), [Post(number) for number in (4, 3, 2, 1)]
    world.posts = [ahead, *old]
    kept = Kept()
    kept.take(collector(world, server).fetch(None, NOW))
    assert ids(world, old) <= set(kept.mentions)
    new = [Post(number, when=NOW + timedelta(minutes=number - 10)) for number in range(15, 10, -1)]
    world.posts = [*new, ahead, *old] if sorted_by == "arrival" else [ahead, *new, *old]
    kept.take(collector(world, server).fetch(kept.cursor, LATER))
    assert ids(world, [*new, *old]) <= set(kept.mentions)
    kept.take(collector(world, server).fetch(kept.cursor, NOW + timedelta(hours=4)))
    assert set(kept.mentions) == ids(world), "what is ahead comes at the latest when its time has come"


@pytest.mark.parametrize("hours", [-24, 20])
def test_a_server_whose_clock_is_wrong_is_read_all_the_same(world: World, server: FaultyServer, hours: int) -> None:
    wrong = NOW + timedelta(hours=hours)
    world.posts = [Post(number, when=wrong - timedelta(minutes=30 * (5 - number))) for number in (4, 3, 2, 1)]
    kept = Kept()
    kept.take(collector(world, server).fetch(None, NOW))
    new = [Post(number, when=wrong + timedelta(minutes=number - 10)) for number in range(15, 10, -1)]
    world.posts = [*new, *world.posts]
    kept.take(collector(world, server).fetch(kept.cursor, LATER))
    assert kept.reach is not None and not kept.reach.gap
    if hours > 0 and world.asks_until_now:  # what is listed late comes late, once it is listed
        assert not kept.mentions
        kept.take(collector(world, server).fetch(kept.cursor, LATER + timedelta(hours=hours)))
    assert set(kept.mentions) == ids(world) and not kept.rejected


@pytest.mark.parametrize("size", [5_000_000, MAX_TEXT + 200_000])
def test_a_post_of_five_megabytes_costs_nobody_else(world: World, server: FaultyServer, size: int) -> None:
    large = ("Kargom gelmedi! " * (size // 16 + 1))[: size - 1] + "."
    world.posts = [Post(4), Post(3, large), Post(2), Post(1)]
    kept = Kept()
    kept.take(collector(world, server).fetch(None, NOW))
    whole = world.native_id(world.posts[1])
    assert ids(world) - {whole} <= set(kept.mentions) and kept.reach is not None
    if whole in kept.mentions:
        assert kept.mentions[whole].text == large[:MAX_TEXT]
    else:
        assert size > MAX_TEXT and [item.native_id for item in kept.rejected] == [whole]
        assert "text" in kept.rejected[0].reason and len(kept.rejected[0].reason) < 300


def test_verify_answers_with_a_sentence(world: World, server: FaultyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    verifier = collector(world, server)
    if not isinstance(verifier, Verifies):
        pytest.skip(f"{world.kind} has nothing cheaper than a fetch to ask")
    world.add(4)
    said = verifier.verify(NOW)
    assert is_a_line(said) and not any(secret in said for secret in world.secrets)
    assert 1 <= len(server.requests) <= 2
    for name in world.env:
        monkeypatch.setenv(name, "wrong")
    with pytest.raises(Refused) as raised:
        collector(world, server).verify(NOW)
    assert is_a_sentence(str(raised.value), world.kind)


def over_days(count: int) -> list[Post]:
    """Posts ten hours apart: no overlap of a fetch reaches far."""
    return [Post(number, when=NOW - timedelta(hours=10 * (count + 1 - number))) for number in range(count, 0, -1)]


@pytest.mark.parametrize("cut", [None, 1, 2])
def test_a_rewound_cursor_brings_again_what_came_since(world: World, server: FaultyServer, cut: int | None) -> None:
    rewinder = collector(world, server)
    if not isinstance(rewinder, Rewinds):
        pytest.skip(f"{world.kind} cannot be asked for older posts")
    world.posts = over_days(11)
    kept = Kept()
    kept.take(rewinder.fetch(None, NOW), cut)
    to, given = world.posts[-3].at, copy.deepcopy(kept.cursor)
    cursor = json.loads(json.dumps(rewinder.rewound(given, to)))
    assert given == kept.cursor, "the cursor given is not changed"
    again = Kept() if cut is None else kept
    again.take(collector(world, server).fetch(cursor, LATER))
    assert {world.native_id(post) for post in world.posts if post.at >= to} <= set(again.mentions)
    new = [Post(13, when=NOW + timedelta(minutes=4)), Post(12, when=NOW + timedelta(minutes=2))]
    world.posts = new + world.posts
    again.take(collector(world, server).fetch(again.cursor, LATER + timedelta(minutes=10)))
    assert ids(world, new) <= set(again.mentions) and again.reach is not None and not again.reach.gap


def test_a_cursor_rewound_before_the_first_fetch_reads_from_there(world: World, server: FaultyServer) -> None:
    rewinder = collector(world, server)
    if not isinstance(rewinder, Rewinds):
        pytest.skip(f"{world.kind} cannot be asked for older posts")
    world.posts = over_days(8)
    kept = Kept()
    to = world.posts[-3].at
    kept.take(rewinder.fetch(rewinder.rewound(None, to), NOW))
    assert {world.native_id(post) for post in world.posts if post.at >= to} <= set(kept.mentions)


def test_what_was_deleted_since_is_named(world: World, server: FaultyServer) -> None:
    checker = collector(world, server)
    if not isinstance(checker, Rechecks):
        pytest.skip(f"{world.kind} cannot be asked after single posts")
    world.add(4)
    stored = [world.native_id(post) for post in world.posts]
    assert checker.deleted(stored, NOW) == ()
    gone = [world.native_id(world.posts.pop(1)), world.native_id(world.posts.pop(1))]
    assert sorted(checker.deleted(stored, NOW)) == sorted(gone)
    assert checker.deleted([], NOW) == ()


@pytest.mark.parametrize("kind", sorted(registry.KINDS))
def test_every_setting_is_described(kind: str) -> None:
    for name, setting in registry.KINDS[kind].Settings.model_fields.items():
        assert setting.description, f"{kind}.{name} has no description"
