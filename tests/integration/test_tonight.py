"""Tonight's forecast on real stores: what it reads, what it keeps, and how it is held against what happened."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from desk.forecast import forecast, inputs_from
from desk.forecast_words import sentences
from desk.tonight import Hands, Tonight, closing, handling_times, hands_of, mix_of
from store import Store
from store import forecasts as forecast_store
from store.rows import EventRow
from tests.acceptance.command import nobet
from tests.integration.warned_desk import FRIDAY, WarnedDesk, minutes, settings


@pytest.fixture
def desk(store: Store) -> WarnedDesk:
    return WarnedDesk(store)


def tonight(desk: WarnedDesk, hands: Hands | None = None) -> Tonight:
    return Tonight(desk.store, desk.settings, hands or (lambda at: 1))


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=desk_zone())


def desk_zone() -> object:  # type: ignore[misc]
    return settings().desk.zone


def test_the_queue_is_read_with_its_deadlines(desk: WarnedDesk) -> None:
    desk.open(FRIDAY, "critical")  # due 09:30
    desk.open(FRIDAY, "same_day")  # due 18:00
    desk.open(minutes(-20), "critical")  # due 09:10
    desk.answer(desk.open(FRIDAY, "critical"), minutes(1))
    told = tonight(desk).forecast(minutes(15), seed=3)
    assert told.horizon == FRIDAY + timedelta(hours=9) and told.made_at == minutes(15)
    made = told.forecast
    assert (made.open, made.due, made.late_now, made.hands) == (3, 2, 1, 1.0)
    assert (
        told.turkish == sentences(made, told.horizon, desk.settings.desk.zone, "tr") and told.say("en") == told.english
    )


def test_it_is_kept_and_can_be_made_again_from_what_was_kept(desk: WarnedDesk) -> None:
    for number in range(12):
        desk.open(minutes(number), ("critical", "urgent", "same_day")[number % 3])
    made = tonight(desk).forecast(minutes(30), runs=50, seed=9)
    assert tonight(desk).forecast(minutes(30), runs=50, seed=9, keep=False).forecast == made.forecast
    with desk.store.read() as tx:
        kept = forecast_store.newest(tx, desk.brand)
    assert kept is not None and (kept.made_at, kept.horizon) == (minutes(30), made.horizon)
    assert forecast(inputs_from(kept.inputs), 50, seed=9) == made.forecast
    assert kept.result["breaches"]["median"] == made.forecast.breaches.median
    assert json.dumps(kept.inputs)


def test_more_hands_on_the_desk_make_fewer_breaches(desk: WarnedDesk) -> None:
    for number in range(60):
        desk.open(minutes(number / 10), "same_day")
    one, three = (tonight(desk, lambda at, k=k: k).forecast(minutes(240)).forecast for k in (1, 3))  # type: ignore[misc]
    assert one.breaches.mean > three.breaches.mean + 10 and one.extra is not None and 1 <= one.extra <= 6


@pytest.mark.parametrize(
    ("now", "close"),
    [
        ("2026-11-20T12:00", "2026-11-20T18:00"),
        ("2026-11-20T07:00", "2026-11-20T18:00"),
        ("2026-11-20T18:00", "2026-11-21T16:00"),  # Saturday
        ("2026-11-21T20:00", "2026-11-23T08:00"),  # Sunday is closed; 36 hours are the most
        ("2026-10-28T10:00", "2026-10-28T13:00"),  # the eve of a holiday
    ],
)
def test_until_closing(desk: WarnedDesk, now: str, close: str) -> None:
    assert closing(tonight(desk).calendar, local(now)) == local(close)


def test_hands_are_the_agents_on_shift() -> None:
    agents = [
        {"name": "Elif", "role": "agent"},
        {"name": "Mert", "role": "agent", "shifts": {"fri": ["14:00-22:00"]}},
        {"name": "Zeynep", "role": "team_lead"},
    ]
    hands = hands_of(settings(agents=agents))
    assert [hands(local(f"2026-11-20T{at}")) for at in ("08:00", "10:00", "15:00", "20:00")] == [0, 1, 2, 1]


def event(minute: float, type: str, by: str, **data: object) -> EventRow:
    at = minutes(minute)
    return EventRow(1, "b", 1, None, at, at, type, by, data, "", "")


@pytest.mark.parametrize(
    ("events", "seconds"),
    [
        ([event(0, "seen", "agent:Elif"), event(5, "answered", "agent:Elif")], [300]),
        ([event(0, "seen", "agent:Elif"), event(5, "answered", "agent:Mert")], []),
        ([event(0, "assigned", "system", to="Elif"), event(5, "answered", "agent:Elif")], [300]),
        ([event(0, "seen", "agent:Elif"), event(3, "assigned", "agent:Elif", to="Elif"),
          event(5, "answered", "agent:Elif"), event(50, "answered", "agent:Elif")], [120]),
        ([event(0, "seen", "agent:Elif"), event(121, "answered", "agent:Elif")], []),
        ([event(0, "seen", "agent:Elif"), event(5, "answered", "agent:@trendyol")], []),
    ],
)  # fmt: skip
def test_handling_times(events: list[EventRow], seconds: list[float]) -> None:
    assert handling_times(events) == seconds


def test_the_mix_of_urgencies() -> None:
    assert mix_of([]) == {"critical": 0.05, "urgent": 0.25, "same_day": 0.6, "none": 0.1}
    mix = mix_of(["urgent"] * 995)
    assert mix["urgent"] > 0.99 and sum(mix.values()) == pytest.approx(1)


def test_what_was_learnt_is_the_desks_own(desk: WarnedDesk) -> None:
    for number in range(40):
        case_id = desk.open(minutes(number * 3), "same_day")
        desk.act(case_id, "seen", minutes(number * 3 + 1))
        desk.answer(case_id, minutes(number * 3 + 3))
    told = tonight(desk).forecast(minutes(180))
    assert told.answers == 40 and told.weeks == pytest.approx(3 / 168)
    assert told.forecast.expected_new > 15, "twenty an hour came so far"
    with desk.store.read() as tx:
        kept = forecast_store.newest(tx, desk.brand)
    assert kept is not None and kept.inputs["seen_today"] == 40
    mean = 2.718281828 ** kept.inputs["kinds"][0]["effort"]["mu"]
    assert 120 <= mean < 160, "two minutes an answer"


def test_a_forecast_is_held_against_what_happened(desk: WarnedDesk) -> None:
    in_time, late, never, after, before = (desk.open(minutes(n), "critical") for n in (0, 1, 2, 3, -40))
    desk.answer(before, minutes(11))  # late, but it was due before the forecast was made
    house = tonight(desk, lambda at: 0)
    house.forecast(minutes(12), until=minutes(90), seed=1)
    new = desk.open(minutes(20), "critical")  # one that came afterwards counts as well
    desk.answer(in_time, minutes(29))
    desk.answer(late, minutes(35))
    desk.answer(after, minutes(33))  # in time, to the second
    desk.answer(new, minutes(200))
    desk.answer(never, minutes(300))
    assert house.compare(minutes(89), FRIDAY).forecasts == (), "it has not come to its end"
    [one] = house.compare(minutes(400), FRIDAY).forecasts
    assert one.happened == 3 and one.expected.mean >= 4 - 1e-9
    record = house.compare(minutes(400), FRIDAY)
    assert record.coverage in (0.0, 1.0) and record.error == pytest.approx(abs(one.expected.mean - 3))
    assert record.bias == pytest.approx(one.expected.mean - 3)


def test_a_forecast_needs_a_time_that_comes(desk: WarnedDesk) -> None:
    for until in (minutes(0), minutes(-5), minutes(37 * 60)):
        with pytest.raises(ValueError, match="36 hours"):
            tonight(desk).forecast(minutes(0), until)


def test_the_command(tmp_path: object) -> None:
    home = tmp_path / "home"  # type: ignore[operator]
    told = nobet(home, "forecast", "--lang", "tr")
    assert told.status == 0 and "açık kayıt var" in told.out
    as_json = json.loads(nobet(home, "forecast", "--json", "--runs", "50", "--seed", "2", "--forget").out)
    assert as_json["runs"] == 50 and as_json["breaches"]["mean"] < 1 and as_json["say"]
    assert nobet(home, "forecast", "--compare").out == "No forecast has come to its end yet.\n"
    wrong = nobet(home, "forecast", "--until", "2020-01-01T00:00:00+03:00")
    assert wrong.status == 2 and "36 hours" in wrong.err
