"""The crisis room in many hands: who may do what, two at once, roles, facts, the outside, and what is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from desk.crisis.room import CrisisRoom
from desk.roles import NotAllowed, Refused
from desk.room import DeskError
from store import Store
from tests.integration.crisis_work import HOLDING, PLAN, CrisisHouse, houses, minutes

NOW = minutes(5)
# One letter a role, as in test_roles: who gets through to the act itself. Written by hand.
NAMES = {"A": "Elif", "T": "Leyla", "C": "Can", "P": "Pelin", "L": "Hakan", "V": "Vera"}
Act = Callable[[CrisisRoom, int], object]
ACTS: dict[str, tuple[str, Act]] = {
    "open_by_hand": ("A T C P L", lambda room, id: room.open_by_hand("x", PLAN, "y", NOW)),
    "take": ("T C P", lambda room, id: room.take(id, NOW)),
    "declare": ("T C P", lambda room, id: room.declare(id, "y", NOW)),
    "dismiss": ("T C P", lambda room, id: room.dismiss(id, "y", NOW)),
    "severity": ("T C P", lambda room, id: room.severity(id, 3, "y", NOW)),
    "contain": ("C P", lambda room, id: room.contain(id, "y", NOW)),
    "close": ("C", lambda room, id: room.close(id, "y", NOW)),
    "step_done": ("A T C P L", lambda room, id: room.step_done(id, "pause", "", NOW)),
    "decide": ("A T C P L", lambda room, id: room.decide(id, "danger", "danger", "y", NOW)),
    "collected": ("A T C P L", lambda room, id: room.collected(id, "first_posts", "z", NOW)),
    "update_published": ("C P", lambda room, id: room.update_published(id, "x", "", "y", NOW)),
    "assume_role": ("A T C P L", lambda room, id: room.assume_role(id, "agent", NOW)),
    "hand_over": ("A T C P", lambda room, id: room.hand_over(id, "agent", "Mert", "", NOW)),
    "absent": ("T C P", lambda room, id: room.absent(id, "Mert", NOW)),
    "add_fact": ("A T C P L", lambda room, id: room.add_fact(id, "y", "z", "known", NOW)),
    "draft": ("A T C P L", lambda room, id: room.draft(id, "update", "tr", "y", ("x",), NOW)),
    "approve": ("C P L", lambda room, id: room.approve(id, 1, "", NOW)),
    "published": ("C P", lambda room, id: room.published(id, 1, "x", "", NOW)),
    "told": ("A T C P L", lambda room, id: room.told(id, "Bayiler", "telefon", "", NOW)),
    "pause": ("A T C P L", lambda room, id: room.pause(id, "Bülten", NOW)),
    "answer_many": ("T C P", lambda room, id: room.answer_many(id, 1, [1], NOW)),
    "room": ("A T C P L V", lambda room, id: room.room(id, NOW, "tr")),
    "wall": ("A T C P L V", lambda room, id: room.wall(id, NOW)),
}


@pytest.fixture
def house(store: Store, tmp_path: Path) -> Iterator[CrisisHouse]:
    yield from houses(store, tmp_path)


def test_who_may_do_what(house: CrisisHouse) -> None:
    crisis_id = house.suspected(minutes(0))
    before = len(house.log(crisis_id))
    for name, (allowed, act) in ACTS.items():
        for letter, person in NAMES.items():
            if letter in allowed.split():
                continue
            with pytest.raises(NotAllowed) as refused:
                act(house.hand(person), crisis_id)
            assert person in refused.value.say("tr"), name
    assert len(house.log(crisis_id)) == before, "what is denied writes nothing"


def test_who_may_gets_through(house: CrisisHouse) -> None:
    crisis_id = house.suspected(minutes(0))
    for name, (allowed, act) in ACTS.items():
        for letter in allowed.split():
            try:
                act(house.hand(NAMES[letter]), crisis_id)
            except NotAllowed as refused:
                raise AssertionError(f"{NAMES[letter]}, {name}: {refused.say('en')}") from None
            except Refused:
                pass  # for a reason of the crisis's, and not of theirs


def test_one_crisis_one_incident_one_press(house: CrisisHouse) -> None:
    incident, _ = house.crowd(1, minutes(0))
    first = house.suspected(minutes(0), key="k")
    assert house.suspected(minutes(1), key="k") == first
    of_it = house.suspected(minutes(1), incident_id=incident)
    with pytest.raises(Refused, match=f"Crisis {of_it} of this incident is under way"):
        house.suspected(minutes(2), incident_id=incident)
    house.hand("Can").dismiss(of_it, "yanlış alarm", minutes(3))
    again = house.suspected(minutes(4), incident_id=incident)
    assert house.room.crisis(again).key == f"incident:{incident}#2"
    for wrong, sentence in (
        ({"plan": "no"}, "no crisis plan"), ({"severity": 9}, "no level 9"), ({"title": " "}, "Write the title"),
        ({"why": "x" * 501}, "500 characters"),
    ):  # fmt: skip
        given: dict[str, Any] = {"title": "x", "plan": PLAN, "why": "y", **wrong}
        with pytest.raises(Refused, match=sentence):
            house.room.open_by_hand(given.pop("title"), given.pop("plan"), given.pop("why"), minutes(5), **given)


def test_two_take_two_decide_two_declare_at_once(house: CrisisHouse) -> None:
    """Whatever the clocks of the two say: one wins, the other reads who was first, and nothing changes afterwards."""
    crisis_id = house.suspected(minutes(0))

    def both(*acts: Callable[[], None]) -> list[str]:
        def one(act: Callable[[], None]) -> str:
            try:
                act()
                return ""
            except Refused as refused:
                return refused.say("tr")

        with ThreadPoolExecutor(2) as pool:
            return sorted(pool.map(one, acts))

    leyla, can, pelin = house.hand("Leyla"), house.hand("Can"), house.hand("Pelin")
    said = both(lambda: leyla.take(crisis_id, minutes(1)), lambda: can.take(crisis_id, minutes(0.5)))
    assert said[0] == "" and "üstlendi" in said[1]
    said = both(
        lambda: leyla.declare(crisis_id, "a", minutes(2), expected="suspected"),
        lambda: pelin.dismiss(crisis_id, "b", minutes(1), expected="suspected"),
    )
    assert said[0] == "" and "Bu arada kriz" in said[1]
    if house.view(crisis_id, minutes(2)).stage == "dismissed":
        leyla.declare(crisis_id, "a", minutes(2))
    mert = house.hand("Mert")
    can.hand_over(crisis_id, "crisis_manager", "Mert", "yoldayım", minutes(3))
    said = both(
        lambda: can.decide(crisis_id, "danger", "danger", "belli değil", minutes(4)),
        lambda: mert.decide(crisis_id, "danger", "no_danger", "sorduk", minutes(3.5)),
    )
    view = house.view(crisis_id, minutes(5))
    [decision] = view.decisions
    assert said[0] == "" and "adımı saat" in said[1] and decision.chosen in said[1]
    assert decision.by.removeprefix("agent:") in said[1]
    step = next(step for step in view.steps if step.id == "danger")
    assert (step.state, step.ended_by) == ("decided", decision.by)
    assert [row.type for row in house.log(crisis_id)].count("crisis_decided") == 1
    assert house.chain() == []


def test_a_clock_that_is_behind_changes_nothing_that_was_done(house: CrisisHouse) -> None:
    crisis_id = house.suspected(minutes(0))
    house.hand("Leyla").declare(crisis_id, "a", minutes(4))
    with pytest.raises(Refused):
        house.hand("Pelin").dismiss(crisis_id, "b", minutes(3))
    can = house.hand("Can")
    can.hand_over(crisis_id, "crisis_manager", "Mert", "", minutes(5))
    can.decide(crisis_id, "danger", "danger", "a", minutes(6))
    with pytest.raises(Refused, match="ended at 10:06"):
        house.hand("Mert").decide(crisis_id, "danger", "no_danger", "b", minutes(5))
    house.hand("Leyla").step_done(crisis_id, "pause", "", minutes(2))  # written after the others, and so it is
    state = house.room.state(crisis_id, minutes(7))
    assert state.refused == () and [one.stage for one in state.stages] == ["suspected", "declared"]
    assert next(duty for duty in state.duties if duty.step == "pause").ended_at == minutes(6) + timedelta.resolution


def test_a_late_press_does_not_end_the_next_round(house: CrisisHouse) -> None:
    crisis_id = house.declared(minutes(0))
    house.hand("Can").decide(crisis_id, "danger", "no_danger", "y", minutes(1))
    pelin, hakan = house.hand("Pelin"), house.hand("Hakan")
    pelin.step_done(crisis_id, "holding_write", "ilk hâli", minutes(2), expected="step.holding_write.1")
    hakan.decide(crisis_id, "holding_read", "mend", "eksik", minutes(3))
    with pytest.raises(Refused, match="ended at 10:02"):
        pelin.step_done(crisis_id, "holding_write", "", minutes(4), expected="step.holding_write.1")
    step = next(one for one in house.view(crisis_id, minutes(4)).steps if one.id == "holding_write")
    assert (step.state, step.duty, step.times) == ("open", "step.holding_write.2", 2)
    for wrong in ("no_such", "answers"):
        with pytest.raises(Refused):
            pelin.step_done(crisis_id, wrong, "", minutes(4))


def test_whose_step_it_is(house: CrisisHouse) -> None:
    crisis_id = house.declared(minutes(0))
    with pytest.raises(Refused, match=r"lies with the crisis manager \(Can\)"):
        house.hand("Pelin").decide(crisis_id, "danger", "danger", "y", minutes(1))
    with pytest.raises(Refused, match="lies with the team lead"):
        house.hand("Elif").step_done(crisis_id, "pause", "", minutes(1))
    house.hand("Pelin").step_done(crisis_id, "pause", "bülten dahil", minutes(1))  # stands above the team lead
    with pytest.raises(Refused, match="This is not yours"):
        house.hand("Elif").seen(crisis_id, "step.danger.1", minutes(1))
    # Nobody did it within its time: it is the PR lead's by now, who may decide it.
    house.hand("Pelin").decide(crisis_id, "danger", "danger", "y", minutes(8))
    assert next(one for one in house.view(crisis_id, minutes(9)).steps if one.id == "pause").note == "bülten dahil"


def test_a_role_given_is_a_role_with_what_it_may_do(house: CrisisHouse) -> None:
    crisis_id = house.declared(minutes(0))
    elif_, can, pelin = house.hand("Elif"), house.hand("Can"), house.hand("Pelin")
    with pytest.raises(NotAllowed):
        elif_.close(crisis_id, "y", minutes(1))
    with pytest.raises(Refused, match="must be handed to you first"):
        elif_.assume_role(crisis_id, "crisis_manager", minutes(1))
    with pytest.raises(NotAllowed):
        house.hand("Leyla").hand_over(crisis_id, "crisis_manager", "Leyla", "", minutes(1))
    for person, sentence in (("Kimse", "not on the desk"), ("Can", "already")):
        with pytest.raises(Refused, match=sentence):
            can.hand_over(crisis_id, "crisis_manager", person, "", minutes(1))
    can.hand_over(crisis_id, "crisis_manager", "Elif", "uçaktayım", minutes(2))
    row = {one.role: one for one in house.view(crisis_id, minutes(3)).roles}["crisis_manager"]
    assert (row.person, row.since, row.mine) == ("Elif", minutes(2), True)
    elif_.close(crisis_id, "bitti", minutes(4))
    assert house.room.crisis(crisis_id).stage == "closed"
    with pytest.raises(NotAllowed):  # in this crisis, and in no other
        elif_.close(house.declared(minutes(5)), "y", minutes(6))
    pelin.assume_role(crisis_id, "crisis_manager", minutes(7))  # the deputy by the plan
    assert {one.role: one.person for one in house.view(crisis_id, minutes(8)).roles}["crisis_manager"] == "Pelin"


def test_who_is_away_is_passed_over(house: CrisisHouse) -> None:
    crisis_id = house.declared(minutes(0))
    house.hand("Can").absent(crisis_id, "Can", minutes(1))
    holders = {line.key: line.person for line in house.view(crisis_id, minutes(2)).duties}
    assert holders["step.danger.1"] == "Pelin"
    with pytest.raises(NotAllowed):
        house.hand("Elif").present(crisis_id, "Can", minutes(2))
    house.hand("Leyla").present(crisis_id, "Can", minutes(3))
    assert {one.role: one.person for one in house.view(crisis_id, minutes(4)).roles}["crisis_manager"] == "Can"
    with pytest.raises(Refused, match="not on the desk"):
        house.hand("Leyla").absent(crisis_id, "Kimse", minutes(4))


def test_whoever_takes_has_it_from_then_on(house: CrisisHouse) -> None:
    crisis_id = house.suspected(minutes(0))
    house.hand("Pelin").take(crisis_id, minutes(3))
    house.hand("Pelin").take(crisis_id, minutes(4))  # the same hand again changes nothing
    [duty] = house.view(crisis_id, minutes(12)).duties
    assert (duty.kind, duty.person, duty.seen_at is not None) == ("declare", "Pelin", True)


def test_facts_keep_what_they_said(house: CrisisHouse) -> None:
    crisis_id = house.declared(minutes(0))
    elif_, mert = house.hand("Elif"), house.hand("Mert")
    one = elif_.add_fact(crisis_id, "Kaç sipariş geç?", "", "unknown", minutes(1))
    with pytest.raises(Refused, match="Write the source"):
        elif_.change_fact(crisis_id, one, "312 sipariş", "", "known", "sayıldı", minutes(2))
    elif_.change_fact(crisis_id, one, "312 sipariş", "depo raporu", "known", "sayıldı", minutes(2), expected=1)
    with pytest.raises(Refused, match="Elif changed this fact at 10:02"):
        mert.change_fact(crisis_id, one, "400", "telefon", "known", "z", minutes(3), expected=1)
    with pytest.raises(Refused, match="time to come"):
        mert.add_fact(crisis_id, "x", "y", "known", minutes(3), as_of=minutes(4))
    view = house.view(crisis_id, minutes(3))
    [fact] = view.known
    assert view.not_known == () and [said.text for said in fact.history] == ["Kaç sipariş geç?", "312 sipariş"]
    assert (fact.now.source, fact.now.by, fact.now.at) == ("depo raporu", "agent:Elif", minutes(2))
    assert house.hand("Vera").wall(crisis_id, minutes(3)).known == ("312 sipariş",)


def test_the_outside(house: CrisisHouse) -> None:
    crisis_id = house.declared(minutes(0))
    elif_ = house.hand("Elif")
    elif_.told(crisis_id, "Ajans Haber", "telefon", "14.00’te yazılı bilgi", minutes(1))
    elif_.told(crisis_id, "<b>Muhabir</b>", "e-posta", "", minutes(2))
    elif_.pause(crisis_id, "Bülten", minutes(3))
    with pytest.raises(Refused, match=r"'Bülten' is paused already \(Elif, 10:03\)"):
        house.hand("Mert").pause(crisis_id, "Bülten", minutes(4))
    with pytest.raises(Refused, match="is not paused"):
        elif_.resume(crisis_id, "Bahar kampanyası", minutes(4))
    with pytest.raises(Refused, match="not in the settings"):
        elif_.pause(crisis_id, "Yok", minutes(4))
    view = house.view(crisis_id, minutes(5))
    assert [(one.name, one.kind, one.listed, len(one.told)) for one in view.stakeholders] == [
        ("Ajans Haber", "press", True, 1), ("Bayiler", "partner", True, 0), ("<b>Muhabir</b>", "other", False, 1),
    ]  # fmt: skip
    assert [(one.name, one.paused, one.by) for one in view.posts] == [
        ("Bahar kampanyası", False, ""), ("Bülten", True, "agent:Elif"),
    ]  # fmt: skip
    elif_.resume(crisis_id, "Bülten", minutes(6))
    assert not any(one.paused for one in house.view(crisis_id, minutes(7)).posts)


def test_updates_and_evidence(house: CrisisHouse) -> None:
    crisis_id = house.declared(minutes(0))
    late = house.view(crisis_id, minutes(7))
    assert late.update_late == timedelta(minutes=2) - 3 * timedelta(microseconds=1)
    house.hand("Pelin").update_published(crisis_id, "x", "https://x.example/1", "İnceliyoruz", minutes(8))
    assert house.view(crisis_id, minutes(8)).next_update_at == minutes(28)
    with pytest.raises(Refused, match="must begin with https"):
        house.hand("Pelin").update_published(crisis_id, "x", "javascript:alert(1)", "y", minutes(9))
    house.hand("Mert").collected(crisis_id, "first_posts", "ortak klasör / kanıt", minutes(9))
    with pytest.raises(Refused, match="no evidence of this plan"):
        house.hand("Mert").collected(crisis_id, "nothing", "z", minutes(9))
    kept = house.view(crisis_id, minutes(9)).evidence[0]
    assert (kept.collected_at, kept.by, kept.where) == (minutes(9), "agent:Mert", "ortak klasör / kanıt")


def test_two_crises_at_once(house: CrisisHouse) -> None:
    first, second = house.declared(minutes(0)), house.declared(minutes(1))
    house.hand("Can").severity(second, 3, "basın arıyor", minutes(2))
    lines = house.room.crises(minutes(3))
    assert [line.id for line in lines] == [second, first] and all(line.open > 4 for line in lines)
    mine = house.hand("Can").my_agenda(minutes(3))
    assert mine.in_several and {one[0] for one in mine.duties} == {first, second}
    assert [one[3] for one in mine.duties] == sorted(one[3] for one in mine.duties)
    assert not house.hand("Vera").my_agenda(minutes(3)).duties
    # What is kept between pages is not kept too long.
    house.hand("Can").close(first, "bitti", minutes(4))
    assert {line.id: line.stage for line in house.room.crises(minutes(5))} == {first: "closed", second: "declared"}


def test_what_is_not_there(house: CrisisHouse) -> None:
    for crisis_id in (0, -1, 99, 2**70):
        with pytest.raises(Refused, match="no crisis"):
            house.room.room(crisis_id, NOW, "tr")
    with pytest.raises(DeskError):
        house.hand("Kimse").take(house.suspected(minutes(0)), NOW)


def test_the_log_is_said_in_both_languages_newest_first(house: CrisisHouse) -> None:
    crisis_id = house.declared(minutes(0))
    house.hand("Hakan").add_fact(crisis_id, "<script>x</script> {why}", "kayıt", "known", minutes(1))
    house.approved(crisis_id, minutes(2), "holding", HOLDING)
    log = house.view(crisis_id, minutes(3)).log
    assert [line.id for line in log] == sorted((line.id for line in log), reverse=True)
    assert log[0].said.tr == "Onaylandı: ilk açıklama" and log[0].said.en == "Approved: holding statement"
    assert any(line.said.en == "Fact (known): <script>x</script> {why} (source: kayıt)" for line in log)
    assert log[-1].said.tr == "Kriz şüphesi doğdu: çok kişi yazıyor"
