"""One crisis from its suspicion to its review, across midnight into a public holiday, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from desk.crisis.escalating import Escalating
from desk.crisis.review_reading import SECTIONS
from desk.crisis.reviewing import Reviews
from playbooks.crisis.state import State
from store import Store
from store import crises as crisis_store
from tests.integration.crisis_work import ANSWER, HOLDING, CrisisHouse, a_house

EVE = datetime(2026, 10, 28, 20, 35, tzinfo=UTC)  # 23:35 in Istanbul; the 29th is Republic Day


def at(minutes: float) -> datetime:
    return EVE + timedelta(minutes=minutes)


def stage(house: CrisisHouse, crisis_id: int, now: datetime) -> str:
    """The stage, which the row and the run must agree on."""
    view, row = house.view(crisis_id, now), house.room.crisis(crisis_id)
    assert (row.stage, row.severity) == (view.stage, view.severity)
    return view.stage


def test_from_suspected_to_reviewed(store: Store, tmp_path: Path) -> None:
    house = a_house(store, tmp_path / "platform")
    can, leyla, pelin, hakan, mert = (house.hand(name) for name in ("Can", "Leyla", "Pelin", "Hakan", "Mert"))
    worker = Escalating(store, house.room.settings)
    incident, cases = house.crowd(4, at(0))
    crisis = house.suspected(at(1), incident_id=incident)
    worker.run(at(1))
    assert stage(house, crisis, at(1)) == "suspected"
    assert [(one.person, one.seen_at) for one in house.view(crisis, at(2)).notices] == [("Leyla", None)]

    # The team lead does not take it: after five minutes it is the crisis manager's.
    worker.run(at(7))
    [duty] = can.room(crisis, at(7), "tr").duties
    assert (duty.kind, duty.person, duty.mine) == ("take", "Can", True)
    can.take(crisis, at(8))
    can.declare(crisis, "Depo durdu; dört müşteri aynı saatte yazdı", at(10), severity=2, expected="suspected")
    worker.run(at(10))
    assert stage(house, crisis, at(10)) == "declared"
    assert {one.role: one.person for one in house.view(crisis, at(10)).roles}["team_lead"] == "Can"
    can.seen(crisis, "first.crisis_manager.1", at(11))
    pelin.seen(crisis, "first.pr_lead.1", at(11))
    seen = [one for one in house.view(crisis, at(11)).notices if one.duty == "first.pr_lead.1"]
    assert [one.acknowledged_at for one in seen] == [at(11)]

    # Facts, the house, what goes out by itself, evidence.
    known = mert.add_fact(crisis, "Depoda arıza var", "", "unknown", at(12))
    mert.change_fact(crisis, known, "Depoda 23.10’dan beri elektrik yok", "Depo amiri", "known", "arandı", at(14))
    mert.add_fact(crisis, "Kaç sipariş etkilendi?", "", "unknown", at(14))
    leyla.pause(crisis, "Bahar kampanyası", at(13))
    leyla.step_done(crisis, "pause", "iki paylaşım durduruldu", at(13))
    mert.collected(crisis, "first_posts", "ortak klasör", at(15))
    mert.step_done(crisis, "keep_posts", "", at(15))
    leyla.told(crisis, "Bayiler", "e-posta", "satışta bekleyin", at(16))

    # The holding statement: written by the PR lead, approved by legal, published before midnight and told after it.
    can.decide(crisis, "danger", "no_danger", "kimse zarar görmedi", at(16))
    one = pelin.draft(crisis, "holding", "tr", HOLDING, ("x", "web"), at(17))
    pelin.ask(crisis, one, at(17))
    hakan.approve(crisis, one, "", at(20), expected=house.view(crisis, at(18)).statements[0].text_hash)
    pelin.published(crisis, one, "x", "https://x.example/1", at(27), at=at(24))
    view = house.view(crisis, at(27))
    assert view.next_update_at == at(44) and view.update_late == timedelta(0)  # 00:19 on the holiday
    pelin.step_done(crisis, "holding_write", "", at(27))
    hakan.decide(crisis, "holding_read", "fine", "uygun", at(27))
    pelin.step_done(crisis, "holding_publish", "", at(28))
    late = house.room.wall(crisis, at(50))
    assert late.update_late == timedelta(minutes=6) and late.unanswered == 4 and late.known
    pelin.update_published(crisis, "x", "https://x.example/2", "Onarım sürüyor", at(51))

    # One answer for everybody who wrote, at night, through the outbox.
    answer = house.approved(crisis, at(52), text=ANSWER)
    assert leyla.answer_many(crisis, answer, cases, at(53)).sending == tuple(cases)
    house.flow.deliver(at(54))
    leyla.step_done(crisis, "answers", "", at(55))
    assert house.view(crisis, at(56)).unanswered == 0
    assert len(house.flow.sender.platform.shown()) == 4

    # It is contained, flares up, is contained again, and closed the next morning.
    can.contain(crisis, "iki yarım saattir azalıyor", at(120))
    can.declare(crisis, "yeniden yazılmaya başlandı", at(125), expected="contained")
    can.contain(crisis, "bitti", at(180))
    leyla.step_done(crisis, "promises", "herkes yazıldı", at(700))
    leyla.resume(crisis, "Bahar kampanyası", at(705))
    can.close(crisis, "yeni ileti yok", at(710))
    assert stage(house, crisis, at(710)) == "closed"
    can.step_done(crisis, "review", "", at(2000))
    reviews = Reviews(can.store, can.settings, can.library, can.me)
    reviews.draft(crisis, at(2000))
    reviews.save(crisis, {name: "yazıldı" for name in SECTIONS}, 1, at(2000))
    reviews.sign(crisis, "imzalandı", at(2001))
    assert stage(house, crisis, at(2001)) == "reviewed"
    worker.run(at(2002))

    view = house.view(crisis, at(2003), "en")
    assert [line.stage for line in view.stages] == [
        "suspected", "declared", "contained", "declared", "contained", "closed", "reviewed",
    ]  # fmt: skip
    assert view.duties == () and house.room.crises(at(2003)) == ()
    steps = {step.id: (step.state, step.times) for step in view.steps}
    assert steps["keep_posts"] == ("left", 2)  # begun again with the flare-up, and taken away by the close
    assert steps["promises"] == ("done", 1) and steps["review"] == ("done", 1)
    assert [(one.option, one.by) for one in view.decisions] == [("fine", "agent:Hakan"), ("no_danger", "agent:Can")]
    assert all(line.said.tr and line.said.en for line in view.log) and len(view.log) == len(house.log(crisis))
    assert not any(line.said.tr == line.type for line in view.log), "an event of the log has no sentence"
    state: State = house.room.state(crisis, at(2003))
    assert state.refused == () and state.untold == ()
    with store.read() as tx:
        row = crisis_store.crisis(tx, house.room.brand, crisis)
    assert row is not None and row.next_at is None
    assert house.chain() == []
