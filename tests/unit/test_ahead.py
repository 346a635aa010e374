"""The line of the next staffed hours: eight hours of work whatever is closed between."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from desk.ahead import PLACES, QUARTER, ahead
from desk.calendar import Calendar
from desk.policy import Policy

WEEK = {"mon": ["09:00-18:00"], "tue": ["09:00-18:00"], "wed": ["09:00-18:00"], "thu": ["09:00-18:00"],
        "fri": ["09:00-18:00"], "sat": ["10:00-16:00"], "sun": []}  # fmt: skip
ISTANBUL = Calendar(Policy.model_validate({"timezone": "Europe/Istanbul", "holidays": None, "hours": WEEK}))
BERLIN = Calendar(
    Policy.model_validate({"timezone": "Europe/Berlin", "holidays": None, "hours": {**WEEK, "sun": ["00:00-06:00"]}})
)


def at(text: str, zone: str = "Europe/Istanbul") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def test_closed_hours_take_no_room() -> None:
    line = ahead(ISTANBUL, at("2026-11-20T16:07"))  # Friday; closed from 18:00 to Saturday 10:00
    assert line is not None and line.start == at("2026-11-20T16:00")
    assert line.stretches == (
        (at("2026-11-20T16:00"), at("2026-11-20T18:00")), (at("2026-11-21T10:00"), at("2026-11-21T16:00")),
    )  # fmt: skip
    assert line.share(at("2026-11-20T17:00")) == 1 / 8
    assert line.share(at("2026-11-20T23:00")) == line.share(at("2026-11-21T10:00")) == 1 / 4
    assert line.place(at("2026-11-20T09:00")) == 0 and line.place(at("2026-12-01T09:00")) == PLACES - 1
    hours = line.hours(ISTANBUL.zone)
    assert [(share, opens) for share, _, opens in hours[:3]] == [(1 / 8, False), (1 / 4, True), (3 / 8, False)]
    assert hours[1][1] == at("2026-11-21T10:00")


def test_before_the_opening_the_line_begins_with_it() -> None:
    line = ahead(ISTANBUL, at("2026-11-22T12:00"))  # Sunday
    assert line is not None and line.stretches[0][0] == at("2026-11-23T09:00")
    assert line.place(at("2026-11-22T13:00")) == 0


def test_a_desk_that_never_opens_has_no_line() -> None:
    never = Calendar(Policy.model_validate({"holidays": None, "hours": {day: [] for day in WEEK}}))
    assert ahead(never, at("2026-11-20T12:00")) is None


@given(st.datetimes(datetime(2026, 10, 20), datetime(2026, 11, 30)))
def test_every_line_has_eight_hours_and_every_place_begins_where_it_stands(moment: datetime) -> None:
    line = ahead(BERLIN, moment.replace(tzinfo=UTC))  # across the night in which the clock goes back
    assert line is not None and line.length == QUARTER * PLACES
    begins = [line.begins(place) for place in range(PLACES)]
    assert begins == sorted(begins)
    assert [line.place(one) for one in begins] == list(range(PLACES))
    assert all(line.place(one + timedelta(minutes=14)) == place for place, one in enumerate(begins[:-1]))
    shares = [share for share, _, _ in line.hours(BERLIN.zone)]
    assert shares == sorted(set(shares)) and all(0 < share < 1 for share in shares)
