"""Which mentions are of one matter: similar texts, hard evidence, time, and people, who always win."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.matters import Matters
from nlp.matters_evidence import Rules, marks
from nlp.matters_links import Contradiction, Links
from nlp.matters_told import Heard, Joined
from tests.tries import tries

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SIZE = 8
LONG = "Siparişim 12345678 beş gündür gelmedi, kimse telefona bakmıyor, rezalet"


def direction(degrees: float) -> np.ndarray:
    """A unit vector; the cosine of two is the cosine of the degrees between them."""
    vector = np.zeros(SIZE, np.float32)
    vector[:2] = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return vector


def heard(
    id: str, degrees: float, hours: float = 0, text: str | None = None, language: str = "tr", *facts: str
) -> Heard:
    return Heard(id, text or f"söz {id}", language, NOON + timedelta(hours=hours), direction(degrees), frozenset(facts))


def grouping(rules: Rules | None = None, links: Links | None = None, **bounds: object) -> Matters:
    return Matters(rules or Rules(threshold=0.9, fade=0), size=SIZE, links=links, **bounds)  # type: ignore[arg-type]


def kinds(joined: Joined) -> list[str]:
    return [one.kind for one in joined.evidence]


def partition(matters: Matters) -> list[tuple[str, ...]]:
    return sorted(tuple(sorted(matters.matter(name).members)) for name in matters.matters())


# --- text


def test_similar_texts_join_and_say_so() -> None:
    matters = grouping()
    assert matters.add(heard("a", 0)).began
    joined = matters.add(heard("b", 10, 0.5, "the parcel is lost", "en"))
    assert (joined.matter, joined.began) == ("a", False)
    assert str(joined.evidence[0]) == "similar text 0.98" and joined.evidence[0].other == "a"
    assert matters.add(heard("c", 80)).matter == "c"
    assert partition(matters) == [("a", "b"), ("c",)]
    assert matters.matter("a").languages == {"en": 1, "tr": 1}


def test_no_drift_along_a_chain() -> None:
    matters = grouping(Rules(threshold=0.97, near=3, merge=0.99, fade=0))
    for step in range(12):  # each is within reach of the one before it (cos 12° = 0.978)
        matters.add(heard(f"{step:02}", 12 * step))
    widest = max(len(group) for group in partition(matters))
    assert widest <= 3, "single links would have made one matter of 132 degrees"


def test_matters_that_grow_alike_become_one_under_the_older_name() -> None:
    matters = grouping(Rules(threshold=0.95, near=3, merge=0.93, fade=0))
    matters.add(heard("a", 0))
    matters.add(heard("b", 20))  # cos 20° = 0.94: its own
    assert len(matters.matters()) == 2
    joined = matters.add(heard("c", 14))
    assert joined.merged and (joined.merged[0].gone, joined.merged[0].into) == ("b", "a")
    assert joined.matter == "a" and partition(matters) == [("a", "b", "c")]
    with pytest.raises(KeyError):
        matters.matter("b")


def test_two_languages_may_be_given_something() -> None:
    rules = Rules(threshold=0.9, fade=0, across=0.1)
    matters = grouping(rules)
    matters.add(heard("a", 0))
    assert matters.add(heard("b", 30, 0, "lost", "en")).matter == "a"  # 0.866 + 0.1
    assert matters.add(heard("c", -30, 0, "söz", "tr")).began


# --- hard evidence


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("bkz https://www.Haber.example/a/1?utm_source=x&id=7#son", "tr", {"link:haber.example/a/1?id=7"}),
        ("see http://haber.example/a/1/?id=7.", "en", {"link:haber.example/a/1?id=7"}),
        ("https://t.co/abc https://brand.example/ https://brand.example/help", "en", set()),
        ("#HepYanda #KargoRezaleti #KARGOREZALETİ #2026", "tr", {"hashtag:kargorezaleti"}),
        ("a&#35;b c#d http://x.example/#no", "en", set()),
        ("http://[::1 www. https://", "en", set()),
        ("", "tr", set()),
    ],
)
def test_marks(text: str, language: str, expected: set[str]) -> None:
    assert marks(text, language, Rules(own=frozenset({"#HepYanda", "brand.example"})).own) == expected


@pytest.mark.parametrize("fact", ["link:haber.example/a", "order:77", "tracking:KP1", "code:GA418", "hashtag:grev"])
def test_what_names_one_thing_helps_texts_that_differ(fact: str) -> None:
    matters = grouping()
    matters.add(heard("a", 0, 0, None, "tr", fact))
    assert matters.add(heard("stranger", 33)).began  # cos 33° = 0.84
    joined = matters.add(heard("b", -33, 0, None, "en", fact))
    assert joined.matter == "a" and kinds(joined) == ["text", fact.partition(":")[0]]
    assert str(joined.evidence[1]) == "same {} {}".format(*fact.split(":", 1))


def test_a_fact_that_all_share_proves_nothing() -> None:
    matters = grouping()
    for i in range(6):
        matters.add(heard(f"m{i}", 60 * i, 0, None, "tr", "hashtag:kampanya"))
    assert len(matters.matters()) == 6
    assert matters.add(heard("b", 30, 0, None, "tr", "hashtag:kampanya")).began


def test_a_copy_follows_its_original() -> None:
    matters = grouping()
    matters.add(heard("a", 0, 0, LONG))
    joined = matters.add(heard("b", 90, 200, f"RT @x: {LONG.replace('12345678', '999')}"))
    assert joined.matter == "a" and str(joined.evidence[0]) == "copy of a"


def test_without_words_only_strong_evidence_joins() -> None:
    matters = grouping()
    matters.add(heard("a", 0, 0, None, "tr", "link:haber.example/a", "place:Ankara"))
    assert matters.add(heard("b", 0, 0, "😡😡")).began
    assert matters.add(heard("c", 0, 0, "😡", "tr", "place:Ankara")).began
    assert matters.add(heard("d", 90, 0, "😡", "tr", "link:haber.example/a")).matter == "a"


# --- time


def test_hours_apart_take_something_off() -> None:
    rules = Rules(threshold=0.9, window=72, fade=0.1)
    assert [rules.faded(0), rules.faded(1)] == [0, 0]
    assert 0 < rules.faded(3) < rules.faded(30) < rules.faded(72) == rules.faded(720) == 0.1
    matters = grouping(rules)
    matters.add(heard("a", 0))
    assert matters.add(heard("b", 20, 60)).began  # 0.94 less nearly 0.1
    joined = matters.add(heard("c", 5, -10))  # posted before, heard late
    assert joined.matter == "a" and str(joined.evidence[-1]) == "10 h apart"


def test_an_old_matter_wants_strong_evidence() -> None:
    matters = grouping()
    matters.add(heard("a", 0, 0, None, "tr", "link:haber.example/a", "hashtag:grev"))
    assert matters.add(heard("b", 1, 100, None, "tr", "hashtag:grev")).began
    assert matters.add(heard("c", 1, 100, None, "tr", "link:haber.example/a")).matter == "a"


def test_what_is_old_or_too_much_is_forgotten() -> None:
    matters = grouping(keep=timedelta(hours=24), most=5)
    for i in range(20):
        matters.add(heard(str(i), 40 * i, i, None, "tr", f"order:{i}"))
        assert len(matters) <= 5
    assert matters.matter_of("0") is None and matters.matter_of("19") is not None
    matters.add(heard("far", 0, 100))
    assert partition(matters) == [("far",)]


def test_what_people_said_outlives_the_mention_it_was_said_of() -> None:
    matters = grouping(keep=timedelta(hours=24))
    matters.add(heard("a", 0))
    matters.add(heard("x", 0))
    matters.cannot_link("a", "x")
    matters.add(heard("a2", 0, 23, LONG))
    matters.add(heard("x2", 0, 23, "bambaşka"))
    matters.must_link("x", "x2")
    for i in range(6):
        matters.add(heard(f"later{i}", 0, 25 + 4 * i))
    assert matters.matter_of("a2") != matters.matter_of("x2")


# --- people


def test_people_join_and_part() -> None:
    matters = grouping()
    for id, degrees in (("a", 0), ("b", 5), ("c", 90)):
        matters.add(heard(id, degrees))
    assert [(one.mention, one.matter) for one in matters.cannot_link("a", "b")] == [("b", "b")]
    assert [(one.mention, one.matter) for one in matters.must_link("a", "c")] == [("c", "a")]
    assert partition(matters) == [("a", "c"), ("b",)]
    with pytest.raises(Contradiction, match="take back"):
        matters.must_link("b", "c")  # c is with a, and a not with b
    assert partition(matters) == [("a", "c"), ("b",)]
    assert matters.take_back("a", "b") and not matters.take_back("a", "b")
    assert matters.must_link("b", "c")
    assert partition(matters) == [("a", "b", "c")]


def test_people_are_heard_before_the_mention_arrives() -> None:
    matters = grouping(links=Links(must=[("a", "far")], cannot=[("a", "near")]))
    matters.add(heard("a", 0))
    joined = matters.add(heard("far", 90))
    assert joined.matter == "a" and kinds(joined) == ["person"]
    assert matters.add(heard("near", 1)).began


def test_the_name_of_a_matter_whose_first_mention_left_stays() -> None:
    matters = grouping()
    for id in "abc":
        matters.add(heard(id, 0))
    moved = matters.cannot_link("b", "a")
    assert [(one.mention, one.matter) for one in moved] == [("a", "a~2")]
    assert matters.matter_of("b") == matters.matter_of("c") == "a"


def test_matters_are_joined_and_mentions_taken_out() -> None:
    matters = grouping()
    for i, degrees in enumerate((0, 5, 90, 95, 93)):
        matters.add(heard(str(i), degrees))
    assert {one.mention for one in matters.join("0", "2")} == {"2", "3", "4"}
    assert {one.mention for one in matters.take_out(["3", "4"])} == {"3", "4"}
    assert partition(matters) == [("0", "1", "2"), ("3", "4")]
    with pytest.raises(Contradiction):
        matters.join("0", matters.matter_of("3") or "")
    with pytest.raises(ValueError, match="several"):
        matters.take_out(["0", "3"])
    with pytest.raises(Contradiction):
        matters.take_out(["2"])  # joined with 0 by hand
    assert matters.take_out(["0", "1", "2"]) == () == matters.take_out(["nobody"])


def test_near_misses_are_offered_to_a_person() -> None:
    matters = grouping(Rules(threshold=0.95, fade=0))
    for id, degrees in (("a", 0), ("b", 20), ("c", 90)):
        matters.add(heard(id, degrees))
    assert [name for name, _ in matters.maybe_same("a")] == ["b"]
    matters.cannot_link("a", "b")
    assert matters.maybe_same("a") == []


def test_a_process_goes_on_where_another_ended() -> None:
    first = grouping()
    said = [heard(str(i), 37 * i % 180, i) for i in range(12)]
    for one in said:
        first.add(one)
    first.must_link("0", "5")
    second = grouping(links=Links(first.links.must, first.links.cannot))
    for one in said:
        second.put(one, first.matter_of(one.id) or "")
    assert partition(first) == partition(second)
    assert first.add(heard("next", 37, 12)).matter == second.add(heard("next", 37, 12)).matter


# --- hostile and wrong


@pytest.mark.parametrize("text", ["", "😡" * 5_000, "a" * 1_000_000, "#" * 100_000, "http://" * 20_000, "\ud800"])
def test_hostile_texts(text: str) -> None:
    matters = grouping()
    matters.add(heard("a", 0, 0, text or " "))
    matters.add(heard("b", 0, 0, text or " "))
    assert sum(map(len, partition(matters))) == 2


@pytest.mark.parametrize(
    ("vector", "at", "sentence"),
    [
        (np.ones(SIZE, np.float32), NOON, "length"),
        (np.full(SIZE, np.nan, np.float32), NOON, "length"),
        (np.ones(3, np.float32), NOON, "shape"),
        (direction(0), datetime(2026, 11, 22), "zone"),
    ],
)
def test_what_cannot_be_grouped_is_refused_and_changes_nothing(vector: np.ndarray, at: datetime, sentence: str) -> None:
    matters = grouping()
    with pytest.raises(ValueError, match=sentence):
        matters.add(Heard("a", "text", "tr", at, vector))
    assert len(matters) == 0 and matters.matters() == []


def test_a_mention_without_embedding_is_never_similar() -> None:
    matters = grouping()
    matters.add(heard("a", 0))
    assert matters.add(Heard("b", "söz", "tr", NOON, np.zeros(SIZE, np.float32))).began
    assert matters.add(Heard("b", "söz", "tr", NOON, np.zeros(SIZE, np.float32))).matter == "b"  # again


# --- properties

NAMES = [f"m{i:02}" for i in range(12)]
ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.sampled_from(NAMES), st.integers(0, 17)),
        st.tuples(st.just("must"), st.sampled_from(NAMES), st.sampled_from(NAMES)),
        st.tuples(st.just("cannot"), st.sampled_from(NAMES), st.sampled_from(NAMES)),
        st.tuples(st.just("out"), st.sampled_from(NAMES), st.sampled_from(NAMES)),
    ),
    max_size=40,
)


@settings(max_examples=tries(150), deadline=None)
@given(actions=ACTIONS, most=st.sampled_from([4, 50]))
def test_groups_are_a_partition_and_people_always_win(actions: list[tuple[str, str, str | int]], most: int) -> None:
    matters = grouping(Rules(threshold=0.8, merge=0.75, fade=0.05), most=most)
    hour = 0
    for action, one, other in actions:
        before = {id: matters.matter_of(id) for id in NAMES}
        try:
            if action == "add":
                hour += 1
                matters.add(heard(one, 20 * int(other), hour, None, "tr", f"code:K{int(other) % 3}"))
                for mine in NAMES:  # adding never parts what was together, only people do
                    for theirs in NAMES:
                        if before[mine] and before[mine] == before[theirs] and matters.matter_of(mine):
                            assert matters.matter_of(theirs) in (matters.matter_of(mine), None)
            elif action == "must" and one != other:
                matters.must_link(one, str(other))
            elif action == "cannot" and one != other:
                matters.cannot_link(one, str(other))
            elif action == "out":
                matters.take_out({one, str(other)})
        except (Contradiction, ValueError):
            assert before == {id: matters.matter_of(id) for id in NAMES}
        held = [id for name in matters.matters() for id in matters.matter(name).members]
        assert len(held) == len(set(held)) == len(matters) <= most
        for name in matters.matters():
            assert all(matters.matter_of(id) == name for id in matters.matter(name).members)
        for a, b in matters.links.must:
            if matters.matter_of(a) and matters.matter_of(b):
                assert matters.matter_of(a) == matters.matter_of(b)
        for a, b in matters.links.cannot:
            assert matters.matter_of(a) is None or matters.matter_of(a) != matters.matter_of(b)
        check_sums(matters)


def check_sums(matters: Matters) -> None:
    """What is kept beside the mentions agrees with the mentions."""
    table = matters._table
    for number, one in matters._open.items():
        rows = [matters._kept[id].row for id in one.members]
        assert np.allclose(table._sums[number], table._vectors[rows].sum(axis=0), atol=1e-5)
        times = [matters._kept[id].at for id in one.members]
        assert (one.first, one.last) == (min(times), max(times))
        assert sum(one.facts.values()) == sum(len(matters._kept[id].facts) for id in one.members)
    assert sum(counts.total() for counts in matters._with.values()) == matters._everywhere.total()


@settings(max_examples=40, deadline=None)
@given(
    must=st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=6),
    cannot=st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=4),
    degrees=st.lists(st.integers(0, 359), min_size=12, max_size=12),
)
def test_links_hold_whatever_the_texts_are(
    must: list[tuple[str, str]], cannot: list[tuple[str, str]], degrees: list[int]
) -> None:
    try:
        links = Links(must, cannot)
    except Contradiction:
        return
    matters = grouping(Rules(threshold=0.7, fade=0), links=links)
    for name, angle in zip(NAMES, degrees, strict=True):
        matters.add(heard(name, angle))
    assert all(matters.matter_of(a) == matters.matter_of(b) for a, b in must)
    assert all(matters.matter_of(a) != matters.matter_of(b) for a, b in cannot)


def test_ten_times_the_mentions_cost_not_ten_times_as_much_each() -> None:
    chance = np.random.default_rng(2026)
    matters = Matters(Rules(threshold=0.7))
    centres = chance.standard_normal((60, 128))

    def seconds(begin: int, count: int) -> float:
        begun = time.process_time()
        for i in range(begin, begin + count):
            vector = centres[i % 60] + 0.3 * chance.standard_normal(128)
            vector = (vector / np.linalg.norm(vector)).astype(np.float32)
            matters.add(Heard(str(i), f"söz {i}", "tr", NOON + timedelta(seconds=i), vector))
        return time.process_time() - begun

    few = seconds(0, 200)
    seconds(200, 1_800)
    assert seconds(2_000, 200) < 6 * few + 0.05
    assert len(matters.matters()) == 60
