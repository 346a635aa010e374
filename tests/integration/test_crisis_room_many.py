"""What the brand says in a crisis: approved word for word, published, and given to many customers one by one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from desk.roles import NotAllowed, Refused
from store import Store
from store import cases as case_store
from store.tables_crisis import incidents
from tests.integration.crisis_work import ANSWER, HOLDING, CrisisHouse, a_house, houses, minutes, settings

A_SECOND = timedelta(seconds=1)


@pytest.fixture
def house(store: Store, tmp_path: Path) -> Iterator[CrisisHouse]:
    yield from houses(store, tmp_path)


# --- statements ---


@pytest.mark.parametrize(
    ("kind", "writer", "asked"),
    [
        ("holding", "Mert", ["Hakan", "Pelin"]),  # legal and the PR lead
        ("holding", "Pelin", ["Hakan"]),  # the PR lead says yes by writing
        ("apology", "Hakan", ["Pelin"]),  # and legal likewise
        ("correction", "Can", ["Hakan", "Pelin"]),
        ("update", "Mert", ["Hakan"]),  # one of them is enough
        ("update", "Pelin", ["Hakan"]),  # but never the writer alone
    ],
)
def test_who_must_approve_what(house: CrisisHouse, kind: str, writer: str, asked: list[str]) -> None:
    crisis_id = house.declared(minutes(0))
    text = HOLDING + " Özür dileriz." if kind == "apology" else HOLDING  # the check asks an apology to be one
    one = house.hand(writer).draft(crisis_id, kind, "tr", text, ("x",), minutes(1))
    house.hand(writer).ask(crisis_id, one, minutes(1))
    with pytest.raises(NotAllowed):
        house.hand(writer).approve(crisis_id, one, "", minutes(2))
    for person in asked:
        assert house.view(crisis_id, minutes(2)).statements[0].state == "asked"
        house.hand(person).approve(crisis_id, one, "okudum", minutes(2))
    [statement] = house.view(crisis_id, minutes(2)).statements
    assert (statement.state, statement.approved_at) == ("approved", minutes(2))
    assert [each.by for each in statement.decisions] == [f"agent:{person}" for person in asked]


def test_the_deputy_after_a_time_or_at_once_where_nobody_is_there(house: CrisisHouse) -> None:
    crisis_id = house.declared(minutes(0))
    can, mert = house.hand("Can"), house.hand("Mert")
    one = mert.draft(crisis_id, "update", "tr", HOLDING, ("x",), minutes(1))
    mert.ask(crisis_id, one, minutes(1))
    with pytest.raises(NotAllowed, match="It is not your turn"):
        can.approve(crisis_id, one, "", minutes(15))
    can.approve(crisis_id, one, "", minutes(16))  # legal has 15 minutes by the plan
    for name in ("Hakan", "Pelin"):
        can.absent(crisis_id, name, minutes(17))
    two = mert.draft(crisis_id, "update", "tr", HOLDING, ("web",), minutes(18))
    mert.ask(crisis_id, two, minutes(18))
    can.approve(crisis_id, two, "", minutes(18))
    assert [each.state for each in house.view(crisis_id, minutes(19)).statements] == ["approved", "approved"]


def test_a_text_is_frozen_and_a_changed_one_asks_again(house: CrisisHouse) -> None:
    crisis_id = house.declared(minutes(0))
    pelin, hakan, mert = (house.hand(name) for name in ("Pelin", "Hakan", "Mert"))
    one = pelin.draft(crisis_id, "holding", "tr", HOLDING, ("x",), minutes(1))
    pelin.ask(crisis_id, one, minutes(1))
    read = house.view(crisis_id, minutes(1)).statements[0].text_hash
    with pytest.raises(Refused, match="withdraw it before"):
        pelin.change(crisis_id, one, HOLDING + " Özür dileriz.", ("x",), minutes(2))
    with pytest.raises(Refused, match="not approved yet"):
        pelin.published(crisis_id, one, "x", "", minutes(2))
    with pytest.raises(NotAllowed):
        mert.withdraw(crisis_id, one, minutes(2))
    pelin.withdraw(crisis_id, one, minutes(2))
    pelin.change(crisis_id, one, HOLDING + " Özür dileriz.", ("x",), minutes(2))
    pelin.ask(crisis_id, one, minutes(2))
    with pytest.raises(Refused, match="it changed"):  # who approves says which words they read
        hakan.approve(crisis_id, one, "", minutes(3), expected=read)
    with pytest.raises(Refused, match="Write the reason"):
        hakan.reject(crisis_id, one, " ", minutes(3))
    hakan.reject(crisis_id, one, "özür kabul sayılır", minutes(3))
    assert house.view(crisis_id, minutes(3)).statements[0].note == "özür kabul sayılır"
    mert.change(crisis_id, one, HOLDING, ("x",), minutes(4), expected=2)
    with pytest.raises(Refused, match="Mert changed the text at 10:04"):
        pelin.change(crisis_id, one, "başka", ("x",), minutes(5), expected=2)
    mert.ask(crisis_id, one, minutes(5))
    hakan.approve(crisis_id, one, "", minutes(5))
    pelin.approve(crisis_id, one, "", minutes(5))
    pelin.published(crisis_id, one, "x", "https://x.example/1", minutes(6))
    pelin.published(crisis_id, one, "x", "https://x.example/1", minutes(6))  # the same press
    for act, sentence in (
        (lambda: pelin.published(crisis_id, one, "x", "https://x.example/2", minutes(7)), "published on x already"),
        (lambda: pelin.published(crisis_id, one, "web", "", minutes(7)), "was not approved for web"),
        (lambda: pelin.change(crisis_id, one, "başka", ("x",), minutes(7)), "write a correction"),
        (lambda: pelin.ask(crisis_id, one, minutes(7)), "approved already"),
    ):
        with pytest.raises(Refused, match=sentence):
            act()
    assert len(house.view(crisis_id, minutes(7)).statements[0].published) == 1


def test_published_counts_as_the_update_and_keeps_its_time(house: CrisisHouse) -> None:
    crisis_id = house.declared(minutes(0))
    one = house.approved(crisis_id, minutes(2), "holding", HOLDING)
    pelin = house.hand("Pelin")
    for wrong in (minutes(2) - A_SECOND, minutes(9) + A_SECOND):
        with pytest.raises(Refused, match="before it was approved, nor later"):
            pelin.published(crisis_id, one, "x", "", minutes(9), at=wrong)
    house.hand("Leyla").step_done(crisis_id, "pause", "", minutes(8))
    pelin.published(crisis_id, one, "x", "https://x.example/1", minutes(9), at=minutes(4))
    view = house.view(crisis_id, minutes(9))
    assert view.next_update_at == minutes(24) and view.statements[0].published[0].at == minutes(4)
    [told] = [line for line in view.log if line.type == "crisis_updated"]
    assert (told.at, told.recorded_at) == (minutes(4), minutes(9))
    apology = house.approved(crisis_id, minutes(10), "apology", HOLDING + " Özür dileriz.")
    pelin.published(crisis_id, apology, "x", "", minutes(11))
    assert house.view(crisis_id, minutes(12)).next_update_at == minutes(24)
    assert house.room.crisis(crisis_id).stage == "declared" and house.chain() == []


def test_the_check_stops_what_must_not_be_said(house: CrisisHouse) -> None:
    crisis_id = house.declared(minutes(0))
    pelin = house.hand("Pelin")
    wrong = "Yorum yapmıyoruz. Sayın {{ name }}, sorularınız için 0532 111 22 33’ü arayın."
    assert pelin.check_statement(crisis_id, "holding", "tr", HOLDING, ("x", "web"), minutes(1)) == ()
    found = pelin.check_statement(crisis_id, "holding", "tr", wrong, ("x",), minutes(1))
    assert {"do_not_say", "left_over_placeholder"} <= {one.rule for one in found if one.blocks}
    one = pelin.draft(crisis_id, "holding", "tr", wrong, ("x",), minutes(1))
    with pytest.raises(Refused):
        pelin.ask(crisis_id, one, minutes(1))
    for given in (("x", "tr", "a", ("x",)), ("update", "de", "a", ("x",)), ("update", "tr", "a", ()),
                  ("update", "tr", "a", ("fax",)), ("update", "tr", "  ", ("x",))):  # fmt: skip
        with pytest.raises(Refused):
            pelin.draft(crisis_id, *given, minutes(1))


def test_nobody_but_the_writer(store: Store, tmp_path: Path) -> None:
    alone = settings(
        agents=[{"name": "Elif", "role": "crisis_manager", "also": ["legal", "pr_lead"]}, {"name": "Mert"}]
    )
    house = a_house(store, tmp_path / "p", alone)
    crisis_id = house.room.open_by_hand("x", "any_crisis", "y", minutes(0))
    one = house.room.draft(crisis_id, "holding", "tr", HOLDING, ("x",), minutes(1))
    with pytest.raises(Refused, match="Nobody but its writer may approve this"):
        house.room.ask(crisis_id, one, minutes(1))
    house.room.declare(crisis_id, "y", minutes(1))
    house.room.update_published(crisis_id, "x", "", HOLDING, minutes(2))  # what went out can still be recorded


# --- one answer for many ---


def test_each_case_gets_its_own_answer(house: CrisisHouse) -> None:
    incident, cases = house.crowd(4, minutes(0))
    crisis_id = house.declared(minutes(1), incident_id=incident)
    one = house.hand("Pelin").draft(crisis_id, "answer", "tr", ANSWER, (), minutes(2))
    lead = house.hand("Leyla")
    with pytest.raises(Refused, match="not approved yet"):
        lead.answer_many(crisis_id, one, cases, minutes(3))
    house.hand("Pelin").ask(crisis_id, one, minutes(3))
    house.hand("Hakan").approve(crisis_id, one, "", minutes(3))
    with pytest.raises(Refused, match="applied to cases"):
        house.hand("Pelin").published(crisis_id, one, "x", "", minutes(3))
    assert lead.answer_many(crisis_id, one, cases[:3], minutes(4)).sending == tuple(cases[:3])
    waiting = house.room.unanswered(crisis_id)
    assert [(row.case_id, row.on_its_way) for row in waiting] == [
        (cases[0], True), (cases[1], True), (cases[2], True), (cases[3], False),
    ]  # fmt: skip
    again = lead.answer_many(crisis_id, one, cases, minutes(5))
    assert (again.before, again.sending) == (tuple(cases[:3]), (cases[3],))
    house.flow.deliver(minutes(6))
    assert house.room.unanswered(crisis_id) == () and house.view(crisis_id, minutes(7)).unanswered == 0
    assert sorted(each["to"] for each in house.flow.sender.platform.shown()) == [f"musteri{n}" for n in range(4)]
    for case_id in cases:
        [answered] = house.flow.events(case_id, "answered", minutes(8))
        assert (answered.by, answered.data["text"]) == ("agent:Leyla", ANSWER)
        assert house.flow.desk.case(case_id, minutes(8)).row.assignee == "Leyla"
        assert house.flow.clock(case_id, "first_answer", minutes(8)).state == "met"


def test_who_is_being_answered_is_left_alone_with_a_reason(house: CrisisHouse) -> None:
    incident, cases = house.crowd(7, minutes(0))
    answered, writing, claimed, closed, english, given, plain = cases
    stranger = house.case_of(house.flow.bring(at=minutes(0), author="baska"))
    desk = house.flow.desk
    desk.answer(answered, "Bakıyoruz", "", minutes(1))
    house.flow.hand("Mert").begin_reply(writing, minutes(4))
    house.flow.hand("Mert").claim(claimed, minutes(1))
    desk.set_aside(closed, "başka marka", minutes(1))
    house.flow.hand("Leyla").assign(given, "Mert", minutes(1))  # given by somebody, and not begun
    with house.room.store.write() as tx:
        case_store.update_case(tx, english, language="en")
    crisis_id = house.declared(minutes(1), incident_id=incident)
    one = house.approved(crisis_id, minutes(3))
    done = house.hand("Leyla").answer_many(crisis_id, one, [*cases, stranger, 999, plain], minutes(4))
    said = {case_id: why.tr for case_id, why in done.skipped}
    assert said == {
        answered: "Zaten yanıtlandı.", writing: "Mert yanıt yazıyor.", claimed: "Mert bu kaydı üstlendi.",
        closed: "Kayıt kapalı.", english: "Müşterinin dili başka.", stranger: "Bu kayıt olaya ait değil.",
        999: "Bu kayıt olaya ait değil.",
    }  # fmt: skip
    assert done.sending == (given, plain)
    for case_id in said:
        assert not house.flow.replies(case_id)
    # The customer writes again: the old answer is none any more, but this very answer was not theirs either.
    house.flow.bring("hâlâ gelmedi", at=minutes(30), author="musteri0")
    assert house.hand("Leyla").answer_many(crisis_id, one, [answered], minutes(31)).sending == (answered,)


def test_where_nothing_can_send_somebody_posts_it(house: CrisisHouse) -> None:
    made = [
        house.flow.bring(at=minutes(0), author="ayse", author_name="Ayşe Yılmaz", source="instagram"),
        house.flow.bring(at=minutes(0), author="b@posta.example", author_name="Burak Su", source="email"),
        house.flow.bring(at=minutes(0), author="c@posta.example", author_name="visit evil.example", source="email"),
    ]
    incident, cases = house.incident(made, minutes(0)), [house.case_of(one) for one in made]
    crisis_id = house.declared(minutes(1), incident_id=incident)
    one = house.approved(crisis_id, minutes(3))
    lead = house.hand("Leyla")
    done = lead.answer_many(crisis_id, one, cases, minutes(4))
    assert (done.by_hand, done.sending, done.skipped) == ((cases[0],), tuple(cases[1:]), ())
    [waits] = lead.to_post(crisis_id, minutes(4))
    assert (waits.case_id, waits.channel, waits.text, waits.who) == (cases[0], "instagram", ANSWER, "Ayşe Yılmaz")
    assert house.view(crisis_id, minutes(4)).to_post == 1
    two = house.approved(crisis_id, minutes(5), text=ANSWER + " Teşekkür ederiz.")
    [(_, why)] = lead.answer_many(crisis_id, two, cases[:1], minutes(5)).skipped
    assert why.en == "An answer waits to be posted by hand."
    lead.posted(crisis_id, cases[0], "https://instagram.example/p/1", minutes(6))
    assert lead.to_post(crisis_id, minutes(7)) == ()
    with pytest.raises(Refused, match="not on the list"):
        lead.posted(crisis_id, cases[0], "", minutes(7))
    [answered] = house.flow.events(cases[0], "answered", minutes(8))
    assert (answered.data["text"], answered.data["link"]) == (ANSWER, "https://instagram.example/p/1")
    house.flow.deliver(minutes(8))
    letters = {each["to"]: each["text"] for each in house.flow.sender.platform.shown()}
    assert letters["b@posta.example"].startswith("Merhaba Burak Su,\n\nSiparişinizdeki")
    assert letters["c@posta.example"] == ANSWER  # a name that nobody looked at is not said


def test_the_nearest_deadline_first_and_merged_incidents_are_one(house: CrisisHouse) -> None:
    late = house.flow.bring(at=minutes(1), author="gec")
    soon = house.flow.bring(at=minutes(2), author="acil", urgency="urgent", text="acil lütfen")
    gone = house.incident([late], minutes(2), name="i2")
    into = house.incident([soon], minutes(2), name="i1")
    with house.room.store.write() as tx:
        tx.execute(update(incidents).where(incidents.c.id == gone).values(merged_into=into))
    crisis_id = house.declared(minutes(3), incident_id=gone)
    assert [row.text for row in house.room.unanswered(crisis_id)] == ["acil lütfen", "kargom gelmedi"]
    view = house.view(crisis_id, minutes(4))
    assert (view.mentions, view.cases, view.unanswered) == (2, 2, 2)
