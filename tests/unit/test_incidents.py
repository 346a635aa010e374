"""Grouping by incident: joins explain themselves, people's word holds, and a stream may be cut anywhere."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mention import Fact, LabelScore, Mention, Score
from nlp.incidents import Grouper, Rules, StateError, mention_id
from nlp.incidents_profile import Background, Incident
from nlp.incidents_read import BrandFacts, kind_of, read
from nlp.incidents_told import KINDS, Why
from nlp.incidents_words import stem
from nlp.matters_links import Contradiction
from tests.performance.bench_incidents import b_cubed
from tests.performance.matters_held import HELD
from tests.performance.matters_more import FOOD, MORE, told_on
from tests.performance.matters_written import LOOKED_AT, stream

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def told(id: str, text: str, minutes: float = 0, language: str = "tr", **more: object) -> tuple[Mention, Score]:
    facts = [("product", name) for name in ("K220", "X5") if name in text]
    label = LabelScore(label="other", probs={})
    score = Score(
        native_id=id, source="x", language=language, sentiment=label, urgency=label, topic=label, model="none",
        abstained=("topic",),
        facts=tuple(Fact(kind=k, start=text.find(v), end=text.find(v) + len(v), text=v, value=v) for k, v in facts),
    )  # fmt: skip
    mention = Mention(source="x", native_id=id, text=text, published_at=NOON + timedelta(minutes=minutes), **more)
    return mention, score


def written(count: int = 150, seed: int = 3) -> list[tuple[Mention, Score]]:
    return [
        told(str(place), one.text, (one.at - NOON).total_seconds() / 60, one.language)
        for place, one in enumerate(stream(LOOKED_AT, count, seed))
    ]


KETTLE = (
    "K220 elimde patladı, mutfakta yangın çıktı",
    "K220 patladı mutfakta yangın, elim yandı",
    "dün gece K220 patladı, mutfakta yangın vardı, itfaiye geldi",
)


def kettles(grouper: Grouper) -> list[str]:
    return [grouper.place(*told(f"k{n}", text, n)).incident for n, text in enumerate(KETTLE)]


def test_mentions_of_one_matter_come_together_and_another_stays_alone() -> None:
    grouper = Grouper()
    first, *others = kettles(grouper)
    assert set(others) == {first}
    other = grouper.place(*told("n1", "mağazanız pazar günü kaçta açılıyor", 5))
    assert other.began and other.incident != first and [one.kind for one in other.why] == ["alone"]
    assert grouper.incidents() == [first] and grouper.members(first) == ("x:k0", "x:k1", "x:k2")


def test_a_join_says_why_in_the_customers_own_words() -> None:
    grouper = Grouper()
    grouper.place(*told("a", KETTLE[0]))
    why = grouper.place(*told("b", KETTLE[1], 1)).why
    said = [one.said("tr") for one in why]
    assert "aynı ürün: K220" in said
    assert any(one.startswith("ortak kelimeler:") and "patladı" in one for one in said)
    assert "same product: K220" in [one.said() for one in why]


@pytest.mark.parametrize("kind", KINDS)
def test_every_reason_can_be_said_in_both_languages(kind: str) -> None:
    one = Why(kind, ("<b>x</b>",))
    assert one.said("tr") != one.said("en") and "{" not in one.said("tr") + one.said("en")


def test_the_same_product_alone_is_no_incident() -> None:
    grouper = Grouper()
    first = kettles(grouper)[0]
    assert grouper.place(*told("n", "K220 hangi renkleri mevcut acaba", 9)).incident != first


def test_a_copy_follows_its_original() -> None:
    grouper = Grouper()
    text = "Sayın yetkili bodrum katındaki asma kilit sökülmüş ve yerine takılmamış"
    first = grouper.place(*told("a", text))
    copy = grouper.place(*told("b", f"RT @baska: {text.upper().replace('I', 'ı').upper()} https://t.co/1", 3))
    assert copy.incident == first.incident and [one.kind for one in copy.why] == ["copy"]


def test_a_conversation_is_one_matter() -> None:
    grouper = Grouper()
    one = grouper.place(*told("a", "zeytinyağı tenekesi delik", thread_id="t1"))
    assert grouper.place(*told("b", "bizimki de öyleydi, teneke delik", 2, thread_id="t1")).incident == one.incident


def test_a_mention_that_was_placed_stays() -> None:
    grouper = Grouper()
    kettles(grouper)
    before = json.dumps(grouper.state())
    assert grouper.place(*told("k1", "başka bir metin")).incident == grouper.incident_of("x:k1")
    assert json.dumps(grouper.state()) == before


# --- people


def test_what_people_join_stays_together_and_what_they_part_stays_apart() -> None:
    grouper = Grouper()
    first = kettles(grouper)[0]
    stranger = grouper.place(*told("s", "mağazanız pazar günü kaçta açılıyor", 5)).incident
    assert [(one.mention, one.incident) for one in grouper.together("x:k0", "x:s")] == [("x:s", first)]
    assert stranger not in grouper.incidents(least=1)
    (moved,) = grouper.apart("x:k0", "x:k2")
    assert moved.mention == "x:k2" and moved.incident != first
    for n in range(12):
        grouper.place(*told(f"more{n}", KETTLE[n % 3] + f" {n}", 10 + n))
    assert grouper.incident_of("x:k2") != grouper.incident_of("x:k0") == grouper.incident_of("x:s")


def test_words_of_people_hold_for_mentions_yet_to_come() -> None:
    grouper = Grouper()
    first = kettles(grouper)[0]
    grouper.together("x:k0", "x:later")
    grouper.apart("x:k0", "x:never")
    placed = grouper.place(*told("later", "pazar günü açık mı", 9))
    assert placed.incident == first and placed.why[0].kind == "person"
    assert grouper.place(*told("never", KETTLE[0] + " yine", 9)).incident != first


def test_a_contradiction_is_refused_and_changes_nothing() -> None:
    grouper = Grouper()
    kettles(grouper)
    grouper.together("x:k0", "x:k1")
    before = json.dumps(grouper.state())
    with pytest.raises(Contradiction, match="joined by a person"):
        grouper.apart("x:k0", "x:k1")
    assert json.dumps(grouper.state()) == before
    assert grouper.take_back("x:k0", "x:k1") and not grouper.take_back("x:k0", "x:k1")


def test_joining_brings_no_enemies_together() -> None:
    grouper = Grouper()
    kettles(grouper)
    grouper.apart("x:k0", "x:k2")
    grouper.place(*told("s", "mağazanız pazar günü kaçta açılıyor", 5))
    grouper.together("x:k2", "x:s")
    grouper.together("x:s", "x:k1")
    assert grouper.incident_of("x:k1") == grouper.incident_of("x:k2") == grouper.incident_of("x:s")
    assert grouper.incident_of("x:k0") != grouper.incident_of("x:k2")


# --- state


@given(cuts=st.sets(st.integers(0, 149), max_size=4))
@settings(max_examples=6, deadline=None)
def test_a_stream_may_be_cut_anywhere(cuts: set[int]) -> None:
    mentions = written()
    whole = Grouper()
    expected = [whole.place(*pair) for pair in mentions]
    grouper, got = Grouper(), []
    for place, pair in enumerate(mentions):
        if place in cuts:
            grouper = Grouper(state=json.loads(json.dumps(grouper.state())))
        got.append(grouper.place(*pair))
    assert got == expected
    assert [grouper.incident_of(mention_id(one)) for one, _ in mentions] == [
        whole.incident_of(mention_id(one)) for one, _ in mentions
    ]


def test_a_state_keeps_no_text_and_another_version_is_refused() -> None:
    grouper = Grouper()
    kettles(grouper)
    assert KETTLE[0] not in json.dumps(grouper.state(), ensure_ascii=False)
    with pytest.raises(StateError, match="version 0"):
        Grouper(state={**grouper.state(), "version": 0})


def test_memory_is_bounded_and_the_old_are_forgotten() -> None:
    grouper = Grouper(rules=Rules(most=100))
    for pair in written(260):
        grouper.place(*pair)
    assert len(grouper) == 100 == sum(len(grouper.members(one)) for one in grouper.incidents(least=1))
    grouper.place(*told("late", "bir ay sonra yazılmış ilk mesaj", 60 * 24 * 30))
    assert len(grouper) == 1
    old = grouper.place(*told("old", "iki ay önce yazılmış", -60 * 24 * 30))
    assert old.began and grouper.incident_of("x:old") is None


def test_a_matter_that_began_in_pieces_makes_its_words_no_commoner() -> None:
    """What two incidents said is heard, once they are one, as if one had said it from the beginning."""
    features = ("lang:tr", "aidat")

    def told_by(heard: Background, number: int, times: int) -> Incident:
        one = Incident(f"i{number}", number, 0.0, 0.0, 0.0)
        for place in range(times):
            one.put(f"{number}:{place}", features, 0.0)
            heard.hear(one, features, 0.0)
        return one

    whole, pieces = Background(), Background()
    told_by(whole, 1, 60)
    first, second = told_by(pieces, 1, 30), told_by(pieces, 2, 30)
    apart, heard = pieces.counts["aidat"], pieces.heard
    pieces.united(second, first)
    assert whole.counts["aidat"] < pieces.counts["aidat"] < apart * 0.75
    assert pieces.counts["aidat"] == pytest.approx(whole.counts["aidat"], rel=0.2)
    assert pieces.heard == heard, "nobody is unheard"


def test_what_is_told_all_week_gathers_less_pull_than_what_is_told_at_once() -> None:
    slow = Incident("i1", 1, 0.0, 0.0, 0.0)
    fast = Incident("i2", 2, 0.0, 0.0, 0.0)
    for place in range(28):
        slow.put(f"s{place}", ("lang:tr",), place * 6 * 3_600)
        fast.put(f"f{place}", ("lang:tr",), 27 * 6 * 3_600 - place)
    now = 27 * 6 * 3_600
    assert slow.size(now) < 5 < 25 < fast.size(now)


# --- what a store brings back


def test_a_lost_grouping_is_made_again_from_what_was_placed() -> None:
    grouper = Grouper()
    places = kettles(grouper)
    again = Grouper(begun=7)
    for n, text in enumerate(KETTLE):
        again.remember(*told(f"k{n}", text, n), places[n])
    assert again.incidents() == grouper.incidents()
    assert again.place(*told("k9", KETTLE[0] + " yine", 5)).incident == places[0]
    assert again.place(*told("n", "mağazanız pazar günü kaçta açılıyor", 6)).incident == "i8", "no name twice"
    with pytest.raises(KeyError):
        again.remember(*told("x", "bir şey"), "i99")


def test_what_was_deleted_leaves_no_word_behind() -> None:
    grouper = Grouper()
    kettles(grouper)
    before = json.dumps(grouper.state()["heard"])
    grouper.place(*told("z", "Zürafadesenli nevresimin dikişi tersten atılmış, yıkayınca soldu", 4))
    assert "zuraf" in json.dumps(grouper.state())
    assert grouper.forget("x:z") and not grouper.forget("x:z")
    assert "zuraf" not in json.dumps(grouper.state()) and len(grouper) == 3
    assert before and grouper.incidents(1) == ["i1"]
    grouper.place(*told("later", KETTLE[0], 15 * 24 * 60))  # what is old is forgotten, and what was let go is no trap
    assert len(grouper) == 1


def test_mentions_are_carried_and_carried_back() -> None:
    grouper = Grouper()
    first = kettles(grouper)[0]
    other = grouper.place(*told("s", "mağazanız pazar günü kaçta açılıyor", 5)).incident
    grouper.carry(["x:s", "x:unknown"], first)
    assert grouper.incident_of("x:s") == first and grouper.incidents(1) == [first]
    grouper.carry(["x:s"], other)
    assert grouper.incident_of("x:s") == other, "an incident that had ended stands again under its name"
    with pytest.raises(KeyError):
        grouper.carry(["x:s"], "i99")


def test_the_brands_own_order_prefix_ties_no_strangers_together() -> None:
    grouper, order = Grouper(), Fact(kind="order", start=0, end=9, text="CE-480102", value="CE-480102")
    places = set()
    for n, text in enumerate(("fırın eldiveni yırtık geldi", "faturamdaki unvan hatalı", "tencere kapağı oturmuyor")):
        mention, score = told(str(n), text, n)
        one = order.model_copy(update={"value": f"CE-48010{n}"})
        places.add(grouper.place(mention, score.model_copy(update={"facts": (one,)})).incident)
    assert len(places) == 3


# --- words


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("patladi", "~explode"), ("exploded", "~explode"), ("kargom", "~parcel"), ("gece", "gece"),
        ("gecikti", "~late"), ("fabrikasindan", "fabri"), ("ve", ""), ("the", ""), ("x", ""), ("apple", "apple"),
        ("apps", "~app"),
    ],
)  # fmt: skip
def test_stems(form: str, expected: str) -> None:
    assert stem(form) == expected


def test_the_brands_own_name_and_hashtags_are_no_evidence() -> None:
    mention, score = told("a", "Ayaz Ev #AyazEv #kettlerezaleti kettle patladı 499 liraya")
    features = read(mention, score, BrandFacts(frozenset({"Ayaz Ev"}))).features
    assert "ayaz" not in features and not any("ayazev" in one for one in features)
    assert {"hashtag:kettlerezaleti", "~explode", "amount:499"} <= set(features)
    assert {kind_of(one) for one in features} == {"lang", "hashtag", "words", "meaning", "amount"}


@given(text=st.text(min_size=1, max_size=300))
@settings(max_examples=60, deadline=None)
def test_any_text_can_be_placed(text: str) -> None:
    grouper = Grouper()
    kettles(grouper)
    grouper.place(*told("odd", text or " ", 4))
    assert len(grouper) == 4


# --- the written streams


def test_a_small_written_stream_is_grouped() -> None:
    """A floor far below what the benchmark measures with facts and topics: it falls when the grouping breaks."""
    made = stream(LOOKED_AT, 1_000, 1)
    grouper = Grouper(BrandFacts(frozenset({"Ayaz Ev"})))
    pairs = [told(str(n), one.text, (one.at - NOON).total_seconds() / 60, one.language) for n, one in enumerate(made)]
    for pair in pairs:
        grouper.place(*pair)
    groups = [grouper.incident_of(mention_id(one)) for one, _ in pairs]
    precision, recall = b_cubed(groups, [one.matter or f"noise {n}" for n, one in enumerate(made)])
    assert precision > 0.7 and recall > 0.45


def test_the_worlds_share_no_clause_of_a_matter() -> None:
    worlds = [LOOKED_AT, *MORE, HELD]
    clauses = [{clause for matter in world.matters for clause in matter.tr + matter.en} for world in worlds]
    assert len(set().union(*clauses)) == sum(map(len, clauses))
    assert all(len(world.matters) == 12 for world in worlds)


def test_what_is_told_on_stays_of_its_matter_and_in_its_order() -> None:
    made = stream(FOOD, 400, 2)
    again = told_on(made, 2)
    assert again == told_on(made, 2) and [one.at for one in again] == [one.at for one in made]
    of = {one.text: one.matter for one in again}
    copies = [one for one in again if one.text.startswith("RT @")]
    assert len(copies) > 8 and all(of[one.text.partition(": ")[2]] == one.matter for one in copies)
