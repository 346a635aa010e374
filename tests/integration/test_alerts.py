"""Alerts over real HTTP: what arrives, what is tried again, what is given up, and where no address ever shows."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from desk.alerts import FIRST_PAUSE, LONGEST_PAUSE, MAX_TRIES, Alerter, Sent, pause, told_to, troubles
from store import Store, cases, ingest
from store import events as event_log
from store import warnings as warning_store
from tests.integration.alert_service import SECRET, Service
from tests.integration.store_making import fetched, mention
from tests.integration.warned_desk import FRIDAY, WarnedDesk, minutes, settings


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()
    yield made
    made.end()


@pytest.fixture
def desk(store: Store) -> WarnedDesk:
    return WarnedDesk(store)


def alerter(desk: WarnedDesk, service: Service, **more: Any) -> Alerter:
    return Alerter(desk.store, desk.settings, {"NOBET_ALERT_ELIF": service.address}, **more)


def states(desk: WarnedDesk) -> list[tuple[str, str, int]]:
    return [(row.channel, row.state, row.tries) for row in desk.alerts()]


def a_case_of(desk: WarnedDesk, text: str, posted: datetime = FRIDAY) -> int:
    case_id = desk.open(posted, "critical", "Elif")
    [mention_id] = ingest.save_batch(
        desk.store, desk.brand, "x", fetched(mention(case_id, text=text, published_at=posted)), seen_at=posted
    ).new_ids
    with desk.store.write() as tx:
        assert cases.attach(tx, desk.brand, case_id, mention_id, posted)
    return case_id


def test_a_warning_arrives_with_the_customers_words_made_harmless(desk: WarnedDesk, service: Service) -> None:
    case_id = a_case_of(desk, "@everyone <b>kargom</b> gelmedi, beni 0532 123 45 67'den arayın https://kotu.example")
    desk.sweeper().run(minutes(15))
    assert alerter(desk, service).run(minutes(15.1)) == Sent(sent=1)
    [got] = service.got
    assert got["title"] == f"Nöbet: N-{case_id} yanıt bekliyor"
    assert got["message"] == (
        f"N-{case_id} · ilk yanıt · %50 doldu, 14 dk kaldı · son an 09:30 · "
        "“＠everyone ‹b›kargom‹/b› gelmedi, beni …'den arayın …”"
    )
    assert states(desk) == [("board", "sent", 0), ("NOBET_ALERT_ELIF", "sent", 1)]
    assert all("kargom" not in row.text for row in desk.alerts()), "no words of a customer stay in the alerts"
    assert alerter(desk, service).run(minutes(20)) == Sent() and len(service.got) == 1


def test_it_links_to_the_board_where_its_address_is_known(desk: WarnedDesk, service: Service) -> None:
    case_id = a_case_of(desk, "kargom gelmedi")
    desk.sweeper().run(minutes(15))
    made = alerter(desk, service)

    class WithBoard:
        language, url = "en", "https://nobet.example.com"

    made.settings = desk.settings.model_copy(update={"board": WithBoard()})
    made.run(minutes(15.1))
    assert service.got[0]["message"].endswith(f"“kargom gelmedi”\n  https://nobet.example.com/triage?case={case_id}")
    assert service.got[0]["title"] == f"Nöbet: N-{case_id} needs an answer"


def test_what_failed_is_tried_again_and_given_up_aloud(desk: WarnedDesk, service: Service) -> None:
    desk.open(FRIDAY, "critical", "Elif")
    desk.sweeper().run(minutes(15))
    service.status = 503
    made, now, waits = alerter(desk, service), minutes(15), []
    for tries in range(1, MAX_TRIES + 1):
        assert made.run(now - timedelta(seconds=1)) == Sent() if tries > 1 else True
        done = made.run(now)
        assert done == (Sent(failed=1) if tries == MAX_TRIES else Sent(again=1))
        waits.append(pause(tries))
        now += pause(tries)
    assert waits[0] == FIRST_PAUSE and waits[-1] == LONGEST_PAUSE and waits == sorted(waits)
    assert states(desk)[1] == ("NOBET_ALERT_ELIF", "failed", MAX_TRIES)
    with desk.store.read() as tx:
        [trouble] = troubles(tx, desk.brand, now)
        [down, told] = told_to(tx, desk.brand, "Elif", now)
        assert troubles(tx, desk.brand, now + timedelta(days=2)) == () == told_to(tx, desk.brand, "Mert", now)
        logged = [event for event in event_log.all_events(tx, desk.brand) if event.type == "alert_failed"]
    assert told.channel == "board" and told.text.startswith("N-1 ·")
    assert down.text.startswith("NOBET_ALERT_ELIF kanalından Elif için gönderilen uyarı ulaşmadı")
    assert "did not take it" in trouble.note and SECRET not in trouble.note
    assert [event.data["person"] for event in logged] == ["Elif"] and SECRET not in str(logged)
    service.status = 200
    assert made.run(now + timedelta(days=1)) == Sent()


def test_a_service_that_comes_back_gets_it_once_with_the_time_that_is_left_then(
    desk: WarnedDesk, service: Service
) -> None:
    desk.open(FRIDAY, "critical", "Elif")
    desk.sweeper().run(minutes(15))
    made = alerter(desk, service)
    service.status = 500
    made.run(minutes(15))
    service.status = 200
    made.run(minutes(20))
    made.run(minutes(30))
    assert len(service.got) == 1 and "10 dk kaldı" in service.got[0]["message"]


def test_what_was_answered_while_it_waited_is_withdrawn_or_left_out(desk: WarnedDesk, service: Service) -> None:
    first, second = desk.open(FRIDAY, "critical", "Elif"), desk.open(FRIDAY, "critical", "Elif")
    desk.sweeper().run(minutes(15))
    service.status = 500
    made = alerter(desk, service)
    made.run(minutes(15))
    desk.answer(first, minutes(16))
    service.status = 200
    made.run(minutes(16))
    assert f"N-{second} " in service.got[0]["message"] and f"N-{first} " not in service.got[0]["message"]
    third = desk.open(minutes(5), "critical", "Elif")
    desk.sweeper().run(minutes(20))
    desk.answer(third, minutes(20))
    assert made.run(minutes(21)) == Sent(withdrawn=1) and len(service.got) == 1


def test_killed_between_sending_and_writing_it_down_is_sent_again_not_lost(desk: WarnedDesk, service: Service) -> None:
    desk.open(FRIDAY, "critical", "Elif")
    desk.sweeper().run(minutes(15))

    class Killed(BaseException):
        pass

    def dying(address: str, title: str, text: str) -> bool:
        from desk.alerts import send_by_apprise

        send_by_apprise(address, title, text)
        raise Killed

    with pytest.raises(Killed):
        alerter(desk, service, send=dying).run(minutes(15))
    assert states(desk)[1] == ("NOBET_ALERT_ELIF", "queued", 1)
    assert alerter(desk, service).run(minutes(16)) == Sent(sent=1)
    assert len(service.got) == 2 and states(desk)[1] == ("NOBET_ALERT_ELIF", "sent", 2)


def test_two_processes_send_it_once(desk: WarnedDesk, service: Service) -> None:
    desk.open(FRIDAY, "critical", "Elif")
    desk.sweeper().run(minutes(15))
    with desk.store.read() as tx:
        [due] = warning_store.due_alerts(tx, desk.brand, minutes(15))
    one, two = alerter(desk, service), alerter(desk, service)
    assert one._try(due, minutes(15)) == "sent" and two._try(due, minutes(15)) is None
    assert len(service.got) == 1


@pytest.mark.parametrize("address", ["", "nonsense", f"nosuch://{SECRET}", f"json://127.0.0.1:1/{SECRET}"])
def test_no_address_in_notes_or_logs(
    store: Store, service: Service, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    desk = WarnedDesk(store, settings())
    desk.open(FRIDAY, "critical", "Elif")
    desk.sweeper().run(minutes(15))
    with caplog.at_level(logging.INFO):
        done = Alerter(store, desk.settings, {"NOBET_ALERT_ELIF": address}).run(minutes(15))
    assert done == Sent(again=1)
    note = desk.alerts()[1].note
    assert "NOBET_ALERT_ELIF" in note and SECRET not in note + caplog.text


def test_a_dead_service_is_asked_once_a_round(desk: WarnedDesk, service: Service) -> None:
    tried: list[str] = []
    for minute in (0, 2, 4):
        desk.open(minutes(minute), "critical", "Elif")
        desk.sweeper().run(minutes(minute + 15))
    made = alerter(desk, service, send=lambda address, title, text: (tried.append(title), False)[1])
    assert made.run(minutes(20)) == Sent(again=1) and len(tried) == 1
    assert made.run(minutes(20)) == Sent(again=1) and len(tried) == 2, "the next one has its turn in the next round"
