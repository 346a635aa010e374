"""Who is told of a crisis when: up the ladder through the night, in one message, to each once, and never to nobody."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from desk.alerts import Alerter
from desk.crisis.alerting import Alerts
from desk.crisis.escalating import Escalated, Escalating
from desk.roles import NotAllowed, Refused
from desk.warnings import WarningRules
from store import Store
from store import warnings as warning_store
from store.tables_crisis import crises as crisis_table
from tests.integration.alerted_desk import AGENTS, CHANNELS, NIGHT, AlertedDesk, minutes, plan, settings


@pytest.fixture
def desk(store: Store) -> AlertedDesk:
    return AlertedDesk(store)


def walk(desk: AlertedDesk, until: datetime, start: datetime = NIGHT, step: float = 30) -> None:
    """The job as the worker runs it, with the time that passes."""
    job, now = Escalating(desk.store, desk.settings), start
    while now <= until:
        job.run(now)
        now += timedelta(seconds=step)


def with_agent(name: str, **more: Any) -> list[dict[str, Any]]:
    return [{**agent, **more} if agent["name"] == name else agent for agent in AGENTS]


# -- up the ladder -------------------------------------------------------------------------------------------------


def test_nobody_takes_it_across_midnight_into_a_holiday_and_it_goes_up_to_whoever_is_in_charge(
    desk: AlertedDesk,
) -> None:
    assert WarningRules().quiet_at(NIGHT.astimezone(desk.settings.desk.zone)), "a crisis is told in quiet hours too"
    crisis_id = desk.suspect(NIGHT)
    walk(desk, minutes(16))
    first = {key: at for key, at in desk.told(crisis_id) if "/r" not in key}
    assert first == {
        "take.1/team_lead:Ada": minutes(0), "take.1/crisis_manager:Ece": minutes(5),
        "take.1/pr_lead:Pelin": minutes(10), "take.1/executive:": minutes(15),
    }  # fmt: skip
    assert [(row.person, row.at) for row in desk.notices(crisis_id) if row.kind != "reminder"] == [
        ("Ada", minutes(0)), ("Ece", minutes(5)), ("Pelin", minutes(10)), ("Ece", minutes(15)), ("Yusuf", minutes(15)),
    ]  # fmt: skip
    [unreached] = desk.log(crisis_id, "unreached")
    assert unreached.data["role"] == "executive" and unreached.data["to"] == ["Ece", "Yusuf"]
    assert "Genel müdür rolünde ulaşılacak kimse yok" in desk.board("Yusuf")[0].text
    assert [row.channel for row in desk.alerts("Ece")] == ["board", "NOBET_ALERT_ECE", "NOBET_ALERT_ECE_MAIL"] * 2
    assert "after" not in desk.alerts("Pelin")[0].text and "did not take it up in time" in desk.alerts("Pelin")[0].text
    assert desk.whole()


def test_the_last_in_the_ladder_is_reminded_when_it_is_due_and_never_more_often(desk: AlertedDesk) -> None:
    desk.suspect(NIGHT)
    walk(desk, minutes(45), step=60)
    assert [row.created_at for row in desk.board("Yusuf")] == [minutes(15 + 5 * n) for n in range(7)]
    assert len({row.key for row in desk.alerts()}) == len(desk.alerts())


def test_two_at_once_with_the_same_people_both_arrive(desk: AlertedDesk) -> None:
    one, two = desk.suspect(NIGHT, "kargo"), desk.suspect(minutes(0.5), "gaz")
    walk(desk, minutes(6))
    for person in ("Ada", "Ece"):
        said = [row.text for row in desk.board(person)]
        assert len(said) == 2 and [f"K-{one}" in said[0], f"K-{two}" in said[1]] == [True, True]
    assert {row.crisis_id for row in desk.notices(one)} == {one} and len(desk.notices(two)) == 2
    desk.act(one, "taken", minutes(6), "Ece")
    walk(desk, minutes(12), minutes(6))
    assert [row.person for row in desk.notices(two)] == ["Ada", "Ece", "Pelin"], "the other one goes on up"


def test_who_goes_on_leave_at_midnight_is_passed_over_from_then_on_and_back_when_they_are_back(store: Store) -> None:
    desk = AlertedDesk(store, settings(with_agent("Ece", away=[{"from": "2026-10-29", "to": "2026-10-29"}])))
    crisis_id = desk.suspect(minutes(2))
    walk(desk, minutes(11), minutes(2))
    assert [(row.person, row.at) for row in desk.notices(crisis_id)] == [
        ("Ada", minutes(2)), ("Ece", minutes(7)), ("Pelin", minutes(10)),
    ], "at midnight, not at two past"  # fmt: skip
    [gone] = desk.log(crisis_id, "absent")
    assert (gone.at, gone.by, gone.data) == (minutes(10), "system", {"person": "Ece"})
    tomorrow = minutes(10 + 24 * 60)
    Escalating(desk.store, desk.settings).run(tomorrow)
    assert [event.at for event in desk.log(crisis_id, "present")] == [tomorrow]


def test_who_comes_in_on_their_leave_and_says_so_is_believed(store: Store) -> None:
    desk = AlertedDesk(store, settings(with_agent("Ece", away=[{"from": "2026-10-27", "to": "2026-11-02"}])))
    crisis_id = desk.suspect(NIGHT)
    desk.act(crisis_id, "present", minutes(1), "Ece", person="Ece")
    walk(desk, minutes(6))
    assert [row.person for row in desk.notices(crisis_id)] == ["Ada", "Ece"] and not desk.log(crisis_id, "absent")


# -- how many messages ---------------------------------------------------------------------------------------------


def test_several_duties_of_one_person_are_one_message_and_what_follows_within_a_minute_waits_for_it(
    desk: AlertedDesk,
) -> None:
    crisis_id = desk.suspect(NIGHT)
    job = Escalating(desk.store, desk.settings)
    job.run(NIGHT)
    desk.act(crisis_id, "declared", minutes(1), "Ada", why="büyüyor")
    assert job.run(minutes(1)) == Escalated(told=4, messages=3), "Ece has two duties, Pelin and Elif one each"
    [message] = desk.board("Ece")
    assert message.text.count("\n- ") == 2 and "/declared/Ece/" in message.message
    desk.act(crisis_id, "done", minutes(1.5), "Elif", step="pause")
    assert job.run(minutes(1.5)) == Escalated() == job.run(minutes(1.9))
    assert job.run(minutes(2)) == Escalated(told=2, messages=1)
    assert desk.board("Ece")[1].text.count("\n- ") == 2 and len(desk.board("Ece")) == 2


def test_reminders_alone_keep_five_minutes_and_a_new_stage_waits_for_nothing(desk: AlertedDesk) -> None:
    crisis_id = desk.suspect(NIGHT)
    desk.act(crisis_id, "declared", NIGHT, "Ada", why="büyüyor")
    job = Escalating(desk.store, desk.settings)
    job.run(NIGHT)
    for duty in ("first.crisis_manager.1", "step.call.1"):
        desk.act(crisis_id, "seen", minutes(0.5), "Ece", duty=duty)
    walk(desk, minutes(3.9), minutes(1))
    desk.act(crisis_id, "done", minutes(4), "Elif", step="pause")
    walk(desk, minutes(13), minutes(4))
    assert [row.at for row in desk.notices(crisis_id) if row.person == "Ece"][2:] == [
        minutes(4),
        minutes(4),
        minutes(9),
    ]
    [reminder] = [row for row in desk.notices(crisis_id) if row.person == "Ece" and row.kind == "reminder"]
    assert reminder.duty == "step.call.1", "due at 7, told five minutes after the message of 4"
    desk.act(crisis_id, "contained", minutes(13.2), "Ada", why="azaldı")
    job.run(minutes(13.2))
    assert desk.board("Ece")[-1].created_at == minutes(13.2) and "Kriz kontrol altında" in desk.board("Ece")[-1].text


def test_who_just_did_it_at_the_board_is_not_rung_for_it(desk: AlertedDesk) -> None:
    crisis_id = desk.suspect(NIGHT)
    desk.act(crisis_id, "taken", minutes(1), "Ada")
    Escalating(desk.store, desk.settings).run(minutes(1))
    assert [row.channel for row in desk.alerts("Ada")] == ["board"]
    walk(desk, minutes(17), minutes(2))
    assert "NOBET_ALERT_ECE" in {row.channel for row in desk.alerts("Ece")}, "whoever comes after is"


# -- never nobody --------------------------------------------------------------------------------------------------


def test_somebody_who_is_named_and_not_on_the_desk_is_to_be_reached_by_those_in_charge(desk: AlertedDesk) -> None:
    roles = [role.model_dump() | {"people": ["Zerrin Hanım"]} if role.role == "team_lead" else role.model_dump()
             for role in plan().roles]  # fmt: skip
    crisis_id = desk.suspect(NIGHT, plan=plan(roles=roles))
    assert Escalating(desk.store, desk.settings).run(NIGHT) == Escalated(told=1, messages=1, unreached=1)
    [row] = desk.notices(crisis_id)
    assert (row.person, row.key) == ("Ada", f"crisis-{crisis_id}/take.1/team_lead:Zerrin Hanım@Ada")
    assert row.why["tr"].startswith("Zerrin Hanım (") and "kayıtlı değil" in row.why["tr"]
    assert Alerts(desk.store, desk.settings).acknowledge(row.key, "Ada", minutes(1))
    walk(desk, minutes(4.9), minutes(1))
    assert len(desk.notices(crisis_id)) == 1


def test_where_nobody_is_in_charge_everybody_is_told(store: Store) -> None:
    desk = AlertedDesk(store, settings([{"name": "Ali", "role": "agent"}, {"name": "Can", "role": "viewer"}]))
    crisis_id = desk.suspect(NIGHT)
    Escalating(desk.store, desk.settings).run(NIGHT)
    assert [row.person for row in desk.notices(crisis_id)] == ["Ali", "Can"]


def test_a_crisis_that_cannot_be_read_keeps_no_other_waiting(desk: AlertedDesk, caplog: Any) -> None:
    bad, good = desk.suspect(NIGHT, "bozuk"), desk.suspect(NIGHT, "sağlam")
    with desk.store.write() as tx:
        tx.execute(update(crisis_table).where(crisis_table.c.id == bad).values(body={"id": "eski"}))
    job = Escalating(desk.store, desk.settings)
    assert job.run(NIGHT).messages == 1 and job.run(minutes(1)).messages == 0
    assert len(desk.notices(good)) == 1 and f"crisis {bad} cannot be read" in caplog.text
    assert [row.text.split(";")[0] for row in desk.board("Ece")] == [f"K-{bad} krizinin planı (small) okunamıyor"]
    sent: list[str] = []
    Alerter(desk.store, desk.settings, dict.fromkeys(CHANNELS, "x"), lambda _, title, text: bool(sent.append(text) or 1)
            ).run(minutes(1))  # fmt: skip
    assert sum("Krizi elle yürütün" in text for text in sent) == 3, "Ece by two ways, Yusuf by one, once"


def test_news_of_a_stage_that_is_over_before_anybody_was_told_are_those_of_the_next(desk: AlertedDesk) -> None:
    crisis_id = desk.suspect(NIGHT)
    walk(desk, NIGHT)
    desk.act(crisis_id, "declared", minutes(2), "Ece", why="w")
    walk(desk, minutes(2), minutes(2))
    desk.act(crisis_id, "contained", minutes(4), "Ece", why="duruldu")
    desk.act(crisis_id, "closed", minutes(4.1), "Ece", why="bitti")
    walk(desk, minutes(4.1), minutes(4.1))
    last = desk.board("Ada")[-1].text
    assert "Kriz kapatıldı: bitti" in last and "duruldu" not in last
    assert all(row.text for row in desk.alerts()) and desk.state(crisis_id, minutes(4.1)).untold == ()


# -- how it ends ---------------------------------------------------------------------------------------------------


def test_that_it_was_nothing_is_told_to_whoever_was_called_and_then_there_is_silence(desk: AlertedDesk) -> None:
    crisis_id = desk.suspect(NIGHT)
    walk(desk, minutes(5))
    desk.act(crisis_id, "dismissed", minutes(5.5), "Ece", why="bir şaka\n<b>değil</b>")
    job = Escalating(desk.store, desk.settings)
    job.run(minutes(5.5))
    assert "Kriz şüphesi asılsız çıktı: bir şaka ‹b›değil‹/b›" in desk.board("Ada")[-1].text
    count = len(desk.alerts())
    for number in range(6, 60):
        assert job.run(minutes(number)) == Escalated()
    assert len(desk.alerts()) == count and desk.row(crisis_id).next_at is None
    desk.act(crisis_id, "suspected", minutes(60), why="yine")
    assert job.run(minutes(60)).messages == 1, "suspected again, it is told again"


def test_its_place_is_kept_though_nobody_acts(desk: AlertedDesk) -> None:
    crisis_id = desk.suspect(NIGHT)
    with desk.store.write() as tx:
        tx.execute(update(crisis_table).values(next_at=None))
    Escalating(desk.store, desk.settings).run(NIGHT)
    assert desk.row(crisis_id).next_at == minutes(5)


# -- seen and acknowledged -----------------------------------------------------------------------------------------


def test_acknowledged_keeps_the_deputy_quiet_and_seen_alone_does_not(desk: AlertedDesk) -> None:
    crisis_id = desk.suspect(NIGHT)
    board = Alerts(desk.store, desk.settings)
    desk.act(crisis_id, "declared", NIGHT, "Yusuf", why="büyüyor")
    walk(desk, NIGHT)
    mine = {row.duty: row.key for row in board.waiting("Elif")}
    assert list(mine) == ["step.pause.1"]
    board.seen(mine["step.pause.1"], "Elif", minutes(1))
    board.seen(mine["step.pause.1"], "Elif", minutes(2))
    assert [row.seen_at for row in board.waiting("Elif")] == [minutes(1)] and not desk.log(crisis_id, "seen")
    keys = [row.key for row in board.waiting("Ece")]
    assert board.acknowledge_all(crisis_id, "Ece", minutes(1)) == len(keys) == 2 and board.waiting("Ece") == ()
    assert all(board.acknowledge(key, "Ece", minutes(2)) == ("call" in key) for key in keys), "the first one has ended"
    assert sorted(event.data["duty"] for event in desk.log(crisis_id, "seen")) == [
        "first.crisis_manager.1",
        "step.call.1",
    ]
    walk(desk, minutes(6), minutes(1))
    later = [(row.person, row.duty) for row in desk.notices(crisis_id) if row.at > NIGHT]
    assert later == [("Ada", "step.pause.1")], "Elif looked and said nothing; Ece said that she has it"
    assert not board.acknowledge(mine["step.pause.1"], "Elif", minutes(7)), "by then it was Ada's"
    walk(desk, minutes(11), minutes(7))
    assert ("Ece", "step.pause.1") in [(row.person, row.duty) for row in desk.notices(crisis_id)], "and Ada was silent"
    assert Counter(event.type for event in desk.log(crisis_id))["crisis_notice_acknowledged"] == 3
    assert desk.whole()


def test_nobody_acknowledges_for_another(desk: AlertedDesk) -> None:
    desk.suspect(NIGHT)
    walk(desk, NIGHT)
    board = Alerts(desk.store, desk.settings)
    [row] = board.waiting("Ada")
    with pytest.raises(Refused, match="This alert is for Ada"):
        board.acknowledge(row.key, "Ece", minutes(1))
    with pytest.raises(Refused, match="no such alert"):
        board.seen("crisis-9/x", "Ada", minutes(1))
    with pytest.raises(NotAllowed):
        board.test_alert("Ada", NIGHT, me="Elif")


def test_the_history_says_to_whom_by_what_and_when(desk: AlertedDesk) -> None:
    crisis_id, other = desk.suspect(NIGHT), desk.suspect(NIGHT, "b")
    walk(desk, minutes(5))
    board = Alerts(desk.store, desk.settings)
    [row] = [row for row in board.waiting("Ece") if row.crisis_id == crisis_id]
    board.seen(row.key, "Ece", minutes(6))
    board.acknowledge(row.key, "Ece", minutes(7))
    found = [(one.person, one.channel, one.state, one.queued_at, one.seen_at, one.acknowledged_at)
             for one in board.history(crisis_id)]  # fmt: skip
    assert found == [
        ("Ada", "board", "sent", NIGHT, None, None),
        ("Ada", "NOBET_ALERT_ADA", "queued", NIGHT, None, None),
        ("Ece", "board", "sent", minutes(5), minutes(6), minutes(7)),
        ("Ece", "NOBET_ALERT_ECE", "queued", minutes(5), minutes(6), minutes(7)),
        ("Ece", "NOBET_ALERT_ECE_MAIL", "queued", minutes(5), minutes(6), minutes(7)),
    ]
    assert {one.stage for one in board.history(other)} == {"suspected"}


# -- two workers ---------------------------------------------------------------------------------------------------


def test_two_workers_at_the_same_moment_tell_everybody_once(desk: AlertedDesk) -> None:
    ids = [desk.suspect(NIGHT, str(number)) for number in range(3)]
    for now in (NIGHT, minutes(5), minutes(15)):
        jobs = [Escalating(desk.store, desk.settings) for _ in range(3)]
        threads = [threading.Thread(target=job.run, args=(now,)) for job in jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for crisis_id in ids:
        keys = [key for key, _ in desk.told(crisis_id)]
        assert len(keys) == len(set(keys)) >= 3
    assert len(desk.board("Ada")) == 3 and desk.whole()


def test_a_crisis_keeps_no_deadline_warning_back(desk: AlertedDesk) -> None:
    desk.suspect(NIGHT)
    walk(desk, NIGHT)
    with desk.store.read() as tx:
        assert warning_store.last_sent(tx, desk.brand, NIGHT - timedelta(hours=1)) == {}
