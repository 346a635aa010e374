"""Crisis alerts over real HTTP and SMTP: what arrives, a channel that is down, one that hangs, and what a test says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from desk.alert_channels import Post, send_tests
from desk.alerts import EARLY, MAX_TRIES, Alerter, Sent, pause, troubles
from desk.crisis.alerting import Alerts
from desk.crisis.escalating import Escalating
from desk.roles import Refused
from store import Store
from store import events as event_log
from store import warnings as warning_store
from tests.integration.alert_service import SECRET, Service, services
from tests.integration.alerted_desk import CHANNELS, NIGHT, AlertedDesk, minutes, settings
from tests.integration.sending_mail import mail_site

URL = "https://nobet.example.com/"


@pytest.fixture
def desk(store: Store) -> AlertedDesk:
    return AlertedDesk(store, settings(board={"url": URL}))


@pytest.fixture
def reached() -> Iterator[dict[str, Service]]:
    with services(*CHANNELS) as made:
        yield made


def alerter(desk: AlertedDesk, reached: dict[str, Service], **addresses: str) -> Alerter:
    return Alerter(desk.store, desk.settings, {name: one.address for name, one in reached.items()} | addresses)


def tell(desk: AlertedDesk, now: datetime) -> None:
    Escalating(desk.store, desk.settings).run(now)


def events(desk: AlertedDesk, type: str) -> list[Any]:
    with desk.store.read() as tx:
        return [event for event in event_log.all_events(tx, desk.brand) if event.type == type]


def spend(made: Alerter, start: datetime, tries: int, first: int = 1) -> datetime:
    """Let a channel fail up to that try, each time as soon as it is due; the moment of the last one."""
    now = start
    for number in range(first, tries + 1):
        made.run(now)
        last, now = now, now + pause(number)
    return last


# -- what arrives --------------------------------------------------------------------------------------------------


def test_it_says_what_since_when_until_when_what_to_do_and_where_in_ones_own_language(
    desk: AlertedDesk, reached: dict[str, Service]
) -> None:
    crisis_id = desk.suspect(NIGHT, title="Ankara <deposu> https://kotu.example")
    desk.act(crisis_id, "declared", minutes(1), "Ada", why="büyüyor")
    tell(desk, minutes(1))
    assert alerter(desk, reached).run(minutes(8)) == Sent(sent=3), "to Ece by two ways, to Pelin by one"
    [turkish] = reached["NOBET_ALERT_ECE"].got
    assert turkish["title"] == f"Nöbet KRİZ K-{crisis_id}: Küçük kriz · ilan edildi"
    assert turkish["message"].splitlines() == [
        "Küçük kriz · “Ankara ‹deposu› …” · Ciddi · başlangıç 23:50, 8 dk oldu",
        "Ece, şimdi sizden beklenen:",
        "- Krizden haberdar olduğunuzu onaylayın · artık şurada: Pelin (kurumsal iletişim lideri) · "
        "son an 23:56, 2 dk geçti · iş size düştü",
        "- Depoyu arayın · son an 29.10. 00:21, 23 dk kaldı · iş size düştü",
        f"Kriz odasını açın, gördüğünüzü onaylayın: https://nobet.example.com/crisis?id={crisis_id}",
    ]
    [english] = reached["NOBET_ALERT_PELIN"].got
    assert english["title"] == f"Nöbet CRISIS K-{crisis_id}: Small crisis · declared"
    assert english["message"].splitlines()[2:] == [
        "- Publish the update · due 29.10. 00:21, 23 min left · it is yours",
        f"Open the crisis room, confirm that you have it: https://nobet.example.com/crisis?id={crisis_id}",
    ]


def test_what_the_machine_called_it_is_not_sent_for_customers_may_have_written_it(
    desk: AlertedDesk, reached: dict[str, Service]
) -> None:
    desk.suspect(NIGHT, by="system", title="DOLANDIRICI bunlar", why="DOLANDIRICI diyenler çok")
    tell(desk, NIGHT)
    alerter(desk, reached).run(NIGHT)
    assert len(reached["NOBET_ALERT_ADA"].got) == 1
    assert "DOLANDIRICI" not in str(reached["NOBET_ALERT_ADA"].got) + str([row.text for row in desk.alerts()])


def test_what_has_ended_before_it_went_out_is_withdrawn(desk: AlertedDesk, reached: dict[str, Service]) -> None:
    crisis_id = desk.suspect(NIGHT)
    tell(desk, NIGHT)
    desk.act(crisis_id, "dismissed", minutes(1), "Ece", why="şaka")
    assert alerter(desk, reached).run(minutes(1)) == Sent(withdrawn=1)
    assert reached["NOBET_ALERT_ADA"].asked == 0
    assert [row.note for row in desk.alerts(channel="NOBET_ALERT_ADA")] == [
        "what it asked for has ended before it went out"
    ]


def test_by_mail_through_a_real_server(desk: AlertedDesk, reached: dict[str, Service]) -> None:
    crisis_id = desk.suspect(NIGHT)
    tell(desk, NIGHT)
    with mail_site() as site:
        address = (
            f"mailto://127.0.0.1:{site.port}/?mode=insecure&from=nobet@marka.example&to=ada@marka.example&format=text"
        )
        assert alerter(desk, reached, NOBET_ALERT_ADA=address).run(minutes(1)) == Sent(sent=1)
        [(mail, to)] = site.taken
    assert to == ("ada@marka.example",) and mail["subject"] == f"Nöbet KRİZ K-{crisis_id}: Küçük kriz · şüphe"
    assert f"{URL}crisis?id={crisis_id}" in mail.get_content() and "4 dk kaldı" in mail.get_content()


# -- a channel that is down ----------------------------------------------------------------------------------------


def test_a_channel_down_in_a_crisis_everybody_is_informed_and_told_of_it_once(
    desk: AlertedDesk, reached: dict[str, Service]
) -> None:
    crisis_id = desk.suspect(NIGHT)
    desk.act(crisis_id, "declared", NIGHT, "Ada", why="büyüyor")
    tell(desk, NIGHT)
    reached["NOBET_ALERT_ECE"].status = 503
    made = alerter(desk, reached)
    assert made.run(NIGHT) == Sent(sent=2, again=1), "nobody waits for a service that is down"
    assert len(reached["NOBET_ALERT_PELIN"].got) == len(reached["NOBET_ALERT_ECE_MAIL"].got) == 1
    early = spend(made, NIGHT + pause(1), EARLY, 2)
    [down] = events(desk, "alert_channel_down")
    assert down.at == early == NIGHT + timedelta(seconds=45), "a crisis does not wait half an hour to say so"
    assert (down.data["channel"], down.data["person"]) == ("NOBET_ALERT_ECE", "Ece")
    assert down.data["to"] == {"Ece": ["NOBET_ALERT_ECE_MAIL"], "Yusuf": ["NOBET_ALERT_YUSUF"]}
    assert made.run(early).sent == 2
    [told] = reached["NOBET_ALERT_YUSUF"].got
    assert told["title"] == "Nöbet: bir uyarı kanalı çalışmıyor" and SECRET not in told["message"]
    assert "NOBET_ALERT_ECE kanalından Ece için gönderilen uyarı ulaşmadı" in told["message"]
    late = spend(made, early + pause(EARLY), MAX_TRIES, EARLY + 1)
    assert len(events(desk, "alert_channel_down")) == 1 == len(reached["NOBET_ALERT_YUSUF"].got), "once an hour"
    assert [row.state for row in desk.alerts("Ece", "NOBET_ALERT_ECE")] == ["failed"]
    assert reached["NOBET_ALERT_ECE"].got == [] and reached["NOBET_ALERT_ECE"].asked == MAX_TRIES
    with desk.store.read() as tx:
        assert [row.person for row in troubles(tx, desk.brand, late)] == ["Ece"]
    keys = [row.key for row in desk.alerts()]
    assert len(keys) == len(set(keys)) and len(desk.board("Ece")) == 2 and desk.whole()


def test_it_comes_back_and_what_waits_arrives_once_and_the_news_of_it_is_withdrawn(
    desk: AlertedDesk, reached: dict[str, Service]
) -> None:
    desk.suspect(NIGHT)
    tell(desk, NIGHT)
    reached["NOBET_ALERT_ADA"].status = reached["NOBET_ALERT_YUSUF"].status = 500
    made = alerter(desk, reached)
    now = spend(made, NIGHT, EARLY)
    made.run(now)
    reached["NOBET_ALERT_ADA"].status = 200
    made.run(now + pause(EARLY))
    reached["NOBET_ALERT_YUSUF"].status = 200
    for number in range(2, 10):
        made.run(now + number * pause(EARLY))
    assert len(reached["NOBET_ALERT_ADA"].got) == 1 and reached["NOBET_ALERT_YUSUF"].got == []
    assert [row.note for row in desk.alerts("Yusuf", "NOBET_ALERT_YUSUF")] == ["the channel works again"]


def test_two_dead_channels_never_tell_of_one_another_without_end(
    desk: AlertedDesk, reached: dict[str, Service]
) -> None:
    desk.suspect(NIGHT)
    tell(desk, NIGHT)
    for service in reached.values():
        service.status = 503
    made, now = alerter(desk, reached), NIGHT
    while now < NIGHT + timedelta(hours=6):
        made.run(now)
        now += timedelta(minutes=5)
    about = sorted({event.data["channel"] for event in events(desk, "alert_channel_down")})
    assert about == ["NOBET_ALERT_ADA", "NOBET_ALERT_ECE", "NOBET_ALERT_ECE_MAIL", "NOBET_ALERT_YUSUF"]
    assert len(events(desk, "alert_channel_down")) == 4, "each is on the board once, and then it is quiet"
    assert not [row for row in desk.alerts() if row.state == "queued"]
    assert all(row.text for row in desk.board("Ada"))


def test_a_channel_that_hangs_keeps_nobody_else_waiting(desk: AlertedDesk, reached: dict[str, Service]) -> None:
    desk.suspect(NIGHT)
    tell(desk, NIGHT)
    desk.suspect(NIGHT, "b")
    tell(desk, minutes(5))
    reached["NOBET_ALERT_ADA"].hangs = True
    hanging = {"NOBET_ALERT_ADA": reached["NOBET_ALERT_ADA"].hasty}
    assert alerter(desk, reached, **hanging).run(minutes(5)) == Sent(sent=4, again=1)
    assert len(reached["NOBET_ALERT_ECE"].got) == 2 and reached["NOBET_ALERT_ADA"].asked == 1


def test_channels_are_asked_side_by_side(desk: AlertedDesk, reached: dict[str, Service]) -> None:
    desk.suspect(NIGHT)
    tell(desk, NIGHT)
    tell(desk, minutes(5))
    reached["NOBET_ALERT_ADA"].waits_for = reached["NOBET_ALERT_ECE"].came
    assert alerter(desk, reached).run(minutes(5)) == Sent(sent=3), "Ada's answers once Ece's was asked"


def test_many_that_wait_for_a_dead_channel_keep_no_other_back_and_a_crisis_comes_first(desk: AlertedDesk) -> None:
    with desk.store.write() as tx:
        for number in range(60):
            warning_store.add_alert(tx, desk.brand, f"deadline/{number}", "Ada", "DEAD", "x", NIGHT)
        warning_store.add_alert(tx, desk.brand, "deadline/y", "Ece", "LIVE", "x", NIGHT)
        warning_store.add_alert(tx, desk.brand, "crisis:1/suspected/Ece/z", "Ece", "LIVE", "x", minutes(1))
    with desk.store.read() as tx:
        due = warning_store.due_alerts(tx, desk.brand, minutes(2))
    assert [row.message for row in due if row.channel == "LIVE"] == ["crisis:1/suspected/Ece/z", "deadline/y"]
    assert len(due) == 22


# -- the test alert ------------------------------------------------------------------------------------------------


def test_a_test_alert_says_for_each_channel_what_came_of_it(desk: AlertedDesk, reached: dict[str, Service]) -> None:
    reached["NOBET_ALERT_ECE_MAIL"].status = 500
    board = Alerts(desk.store, desk.settings, {name: one.address for name, one in reached.items()})
    first, second = board.test_alert("Ece", NIGHT)
    assert first.sent and not second.sent and second.why is not None
    assert second.why.tr == "NOBET_ALERT_ECE_MAIL arkasındaki hizmet iletiyi almadı; adresi denetleyin"
    [got] = reached["NOBET_ALERT_ECE"].got
    assert got["title"] == "Nöbet DENEME uyarısı" and "Bu bir DENEMEDİR" in got["message"]
    [event] = events(desk, "alert_tested")
    assert event.by == "agent:Ece" and [one["sent"] for one in event.data["tests"]] == [True, False]
    assert SECRET not in str(event.data) and desk.alerts() == []
    states = {state.channel: state.is_set for state in board.channels()}
    assert states == dict.fromkeys(CHANNELS, True) | {"": False}
    with pytest.raises(Refused, match="Zeki is not on the desk; known are Ada"):
        send_tests(desk.store, desk.settings, ["Zeki"], NIGHT, "system", Post({}))


def test_a_shared_channel_is_tried_once(store: Store) -> None:
    with services("SHARED") as made:
        desk = AlertedDesk(store, settings([{"name": name, "alerts": ["SHARED"]} for name in ("Ali", "Can")]))
        found = send_tests(store, desk.settings, [], NIGHT, "system", Post({"SHARED": made["SHARED"].address}))
        assert [one.person for one in found if one.sent] == ["Ali", "Can"] and made["SHARED"].asked == 1
