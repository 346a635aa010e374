"""Numbers read from a real store, on both databases; changes that were taken on to win minutes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete

from desk.metrics.improving import Improving
from desk.metrics.period import Period
from desk.metrics.reading import Measures
from desk.roles import NotAllowed, Refused
from desk.settings import Settings, validate
from desk.team import Agent
from store import cases as case_store
from store import events as event_log
from store import improvements, measuring
from store.engine import Store
from store.rows import NewEvent
from store.tables import cases
from tests.integration.test_desk_cases import FRIDAY, House
from tests.integration.test_desk_cases import house as house

ZONE = validate({}, None).desk.zone
DAY = Period.day(FRIDAY.date(), ZONE)


def logged(store: Store, brand: str, *new: NewEvent) -> None:
    with store.write() as tx:
        event_log.append_all(tx, brand, new)


def test_a_day_is_read_with_what_its_rows_say(house: House) -> None:
    mention = house.bring(at=FRIDAY, now=FRIDAY + timedelta(minutes=2))
    house.bring(at=FRIDAY - timedelta(days=1), author="can", source="sikayetvar", topic="billing")
    house.bring(at=FRIDAY + timedelta(minutes=3), author="praise", urgency="none", topic="praise", sentiment="positive")
    with house.store.read() as tx:
        case_id = case_store.case_of(tx, mention)
    assert case_id is not None
    house.desk.seen(case_id, FRIDAY + timedelta(minutes=10))
    house.desk.answer(case_id, "Bakıyoruz", "", FRIDAY + timedelta(minutes=30))
    now = FRIDAY + timedelta(hours=1)
    measures = Measures(house.store, house.desk.settings, house.desk.agent())
    numbers = measures.numbers(DAY, now)
    assert numbers.figure("cases").value == 1 and numbers.figure("cases").before == 1
    assert numbers.figure("first_answer_median").value == 1800
    assert numbers.figure("overdue_now").before == 1
    [topic] = numbers.groups["topic"]
    assert (topic.group.key, topic.n) == ("delivery_delay", 1)
    minutes = numbers.minutes
    assert minutes is not None
    assert {one.piece: one.total_s for one in minutes.pieces if one.total_s} == {
        "routing": 120, "pick_up": 480, "thinking": 1200,
    }  # fmt: skip
    assert [one.case_id for one in measures.behind("within_promise.met", DAY, now)] == [case_id]
    earlier = measures.numbers(DAY, FRIDAY + timedelta(minutes=20))
    assert earlier.figure("open_now").value == 1 and earlier.figure("within_promise").undecided == 1


def test_a_case_whose_row_is_gone_still_counts(store: Store) -> None:
    settings = validate({"brand": {"name": "Deneme"}}, None)
    brand = settings.brand.key
    posted = NewEvent("customer_posted", FRIDAY, "customer", FRIDAY, 7, 70, {"urgency": "urgent", "channel": "x"})
    answered = NewEvent("answered", FRIDAY + timedelta(hours=3), "agent:Elif", FRIDAY, 7, None, {"text": "‘</script>"})
    logged(store, brand, posted, answered, NewEvent("routed", FRIDAY, "system", FRIDAY, 7, 70, {"reasons": []}))
    logged(store, "baska", replace(posted, case_id=8))  # another brand's case is not ours
    with store.write() as tx:
        tx.execute(delete(cases))
    with store.read() as tx:
        [told] = measuring.stories(tx, brand, DAY.start, DAY.end)
        assert [line.type for line in told.events] == ["customer_posted", "answered"]
        assert told.events[1].data == {}, "what was written to customers is never read"
        assert list(measuring.stories(tx, brand, DAY.end, DAY.end + timedelta(days=1))) == []
    numbers = Measures(store, settings).numbers(DAY, FRIDAY + timedelta(hours=4))
    assert numbers.figure("breaches").value == 1 and numbers.breaches[0].late_s == 3600
    assert [one.group.key for one in numbers.groups["channel"]] == ["x"]
    assert [one.group.name("en") for one in numbers.groups["topic"]] == ["not known"]


def days_of_cases(store: Store, settings: Settings, first_case: int, day: int, minutes: int) -> None:
    """Twelve cases on a day of November, each opened after about so many minutes and answered at once."""
    new = []
    for n in range(12):
        case_id, at = first_case + n, FRIDAY.replace(day=day) + timedelta(minutes=n)
        picked = at + timedelta(minutes=minutes, seconds=20 * n)
        new += [
            NewEvent("customer_posted", at, "customer", at, case_id, None, {"urgency": "same_day"}),
            NewEvent("seen", picked, "agent:Elif", picked, case_id),
            NewEvent("answered", picked, "agent:Elif", picked, case_id),
        ]
    logged(store, settings.brand.key, *new)


def test_a_change_is_taken_on_and_proved(store: Store) -> None:
    settings = validate({"brand": {"name": "Deneme"}}, None)
    lead = Improving(store, settings, Agent(name="Ada", role="team_lead"))
    days_of_cases(store, settings, 1, 18, 60)
    now = FRIDAY.replace(day=20)
    number = lead.start("pick_up", "  Atama kuralı koyduk  ", now)
    assert lead.start("pick_up", "Yine", now) == number, "pressed twice, it is one change"
    [begun] = lead.all(now)
    assert (begun.row.change, begun.row.by, begun.verdict, begun.days) == (
        "Atama kuralı koyduk", "agent:Ada", "too_few", 0,
    )  # fmt: skip
    assert begun.before.ways == 12 and begun.before.mean.value == pytest.approx(3600 + 110)
    assert "12" in begun.said.tr and "it takes 10" in begun.said.en
    days_of_cases(store, settings, 20, 23, 20)
    days_of_cases(store, settings, 40, 24, 400)  # today is not over: it does not count yet
    [proved] = lead.all(FRIDAY.replace(day=24))
    assert (proved.verdict, proved.days, proved.after.ways) == ("shorter", 3, 12)
    assert proved.change is not None and proved.change.value == pytest.approx(-2400)
    assert "40 dk kazanıldı" in proved.said.tr and "40 min won per case" in proved.said.en
    lead.end(number, "kalıcı oldu", FRIDAY.replace(day=24))
    [over] = lead.all(FRIDAY.replace(day=30))
    assert over.row.note == "kalıcı oldu" and over.after.ways == 12, "what came later is not its doing"
    with store.read() as tx:
        assert improvements.running(tx, settings.brand.key, "pick_up") is None
    assert lead.start("pick_up", "Bir daha", FRIDAY.replace(day=25)) != number


@pytest.mark.parametrize(("role", "piece", "words"), [("agent", "pick_up", "x"), ("viewer", "pick_up", "x")])
def test_who_may_not_takes_nothing_on(store: Store, role: str, piece: str, words: str) -> None:
    hand = Improving(store, validate({}, None), Agent(name="Can", role=role))
    with pytest.raises(NotAllowed, match="may not start or end an improvement"):
        hand.start(piece, words, FRIDAY)
    with pytest.raises(NotAllowed):
        hand.end(1, "", FRIDAY)


@pytest.mark.parametrize(("piece", "words"), [("tea", "x"), ("pick_up", "  "), ("pick_up", "x" * 501)])
def test_a_change_of_nothing_is_refused(store: Store, piece: str, words: str) -> None:
    lead = Improving(store, validate({}, None), Agent(name="Ada", role="team_lead"))
    with pytest.raises(Refused):
        lead.start(piece, words, FRIDAY)
    with pytest.raises(Refused, match="There is no such improvement"):
        lead.end(99, "", FRIDAY)
