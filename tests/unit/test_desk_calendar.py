"""Working time: which hours a date has and why, openings, and staffed time counted exactly."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from desk.calendar import Calendar, NoStaffedTime, calendar_of, from_us, holidays_of, to_us
from desk.policy import WEEKDAYS, Policy, policy_from

DEFAULT = Calendar(Policy())


def calendar(**form: Any) -> Calendar:
    return Calendar(policy_from(form))


def hours(on: Calendar, day: str) -> tuple[str, list[str]]:
    """Why a date has its hours, and the hours on the wall of the desk."""
    staffed = on.staffed_day(date.fromisoformat(day))
    local = [(from_us(a).astimezone(on.zone), from_us(b).astimezone(on.zone)) for a, b in staffed.intervals]
    return staffed.kind, [f"{a:%H:%M}-{b:%H:%M}" for a, b in local]


def us(text: str, on: Calendar = DEFAULT) -> int:
    when = datetime.fromisoformat(text)
    return to_us(when if when.tzinfo else when.replace(tzinfo=on.zone))


# Turkey's holidays as the Presidency's calendar has them; the eves (arife) and 28 October close at 13:00 (Law 2429).
TURKEY = [
    ("2026-01-01", "holiday"), ("2026-03-19", "half_day"), ("2026-03-20", "holiday"), ("2026-03-21", "holiday"),
    ("2026-03-22", "holiday"), ("2026-04-23", "holiday"), ("2026-05-01", "holiday"), ("2026-05-19", "holiday"),
    ("2026-05-26", "half_day"), ("2026-05-27", "holiday"), ("2026-05-28", "holiday"), ("2026-05-29", "holiday"),
    ("2026-05-30", "holiday"), ("2026-07-15", "holiday"), ("2026-08-30", "holiday"), ("2026-10-28", "half_day"),
    ("2026-10-29", "holiday"),
    ("2027-01-01", "holiday"), ("2027-03-08", "half_day"), ("2027-03-09", "holiday"), ("2027-03-10", "holiday"),
    ("2027-03-11", "holiday"), ("2027-04-23", "holiday"), ("2027-05-01", "holiday"), ("2027-05-15", "half_day"),
    ("2027-05-16", "holiday"), ("2027-05-17", "holiday"), ("2027-05-18", "holiday"), ("2027-05-19", "holiday"),
    ("2027-07-15", "holiday"), ("2027-08-30", "holiday"), ("2027-10-28", "half_day"), ("2027-10-29", "holiday"),
]  # fmt: skip


@pytest.mark.parametrize(("day", "kind"), TURKEY)
def test_turkeys_holidays_and_eves(day: str, kind: str) -> None:
    found, intervals = hours(DEFAULT, day)
    assert found == kind
    if kind == "holiday":
        assert intervals == []
    else:
        opens = "10:00" if date.fromisoformat(day).weekday() == 5 else "09:00"
        assert intervals == [f"{opens}-13:00"]


@pytest.mark.parametrize("year", [2026, 2027])
def test_and_no_other_day_is_one(year: int) -> None:
    assert sorted(d.isoformat() for d in holidays_of("TR", year)) == [d for d, _ in TURKEY if d.startswith(str(year))]


def test_a_week_as_the_policy_has_it() -> None:
    week = [hours(DEFAULT, f"2026-11-{day}") for day in range(23, 30)]
    assert week == [("weekday", ["09:00-18:00"])] * 5 + [("weekday", ["10:00-16:00"]), ("weekday", [])]


def test_exceptions_beat_holidays_and_the_week() -> None:
    own = calendar(exceptions={"2026-10-29": ["10:00-14:00"], "2026-11-29": ["12:00-13:00"], "2026-11-23": []})
    assert hours(own, "2026-10-29") == ("exception", ["10:00-14:00"])
    assert hours(own, "2026-11-29") == ("exception", ["12:00-13:00"])
    assert hours(own, "2026-11-23") == ("exception", [])
    assert own.is_public_holiday(date(2026, 10, 29)) and not own.is_public_holiday(date(2026, 10, 28))


@pytest.mark.parametrize(
    ("written", "on_the_half_day"),
    [
        (["09:00-18:00"], ["09:00-13:00"]),
        (["09:00-12:00", "13:00-18:00"], ["09:00-12:00"]),
        (["09:00-12:00", "12:30-18:00"], ["09:00-12:00", "12:30-13:00"]),
        (["13:00-18:00"], []),
        (["22:00-02:00"], []),
        (["00:00-24:00"], ["00:00-13:00"]),
        (["10:00-09:00"], ["10:00-13:00"]),
    ],
)
def test_a_half_day_closes_at_one(written: list[str], on_the_half_day: list[str]) -> None:
    assert hours(calendar(hours={"wed": written}), "2026-10-28") == ("half_day", on_the_half_day)


def test_without_holidays_every_day_is_a_weekday() -> None:
    assert hours(calendar(holidays=None), "2026-10-29") == ("weekday", ["09:00-18:00"])
    assert not calendar(holidays=None).is_public_holiday(date(2026, 10, 29))


def test_other_countries_and_their_parts() -> None:
    assert hours(calendar(holidays="DE"), "2026-01-06")[0] == "weekday"
    assert hours(calendar(holidays="DE-BY"), "2026-01-06") == ("holiday", [])  # Epiphany
    assert hours(calendar(holidays="US"), "2026-11-26") == ("holiday", [])  # Thanksgiving


def test_several_countries_close_the_desk_together() -> None:
    both = calendar(holidays=["DE", "TR"])
    assert hours(both, "2026-10-29") == ("holiday", []) and hours(both, "2026-12-25") == ("holiday", [])
    assert hours(both, "2026-10-28") == ("half_day", ["09:00-13:00"])
    assert both.is_public_holiday(date(2026, 12, 25)) and not both.is_public_holiday(date(2026, 10, 28))
    # Corpus Christi 2027 falls on 27 May in Bavaria; 19 May is a holiday in Turkey and not there
    assert hours(calendar(holidays=["TR", "DE-BY"]), "2027-05-27") == ("holiday", [])


@pytest.mark.parametrize("order", [["TR", "IT"], ["IT", "TR"]])
def test_a_whole_holiday_of_one_country_beats_a_half_day_of_another(
    order: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    own = {"TR": {date(2026, 11, 23): True, date(2026, 11, 24): False}, "IT": {date(2026, 11, 23): False}}
    monkeypatch.setattr("desk.calendar.holidays_of", lambda country, year: own[country] if year == 2026 else {})
    both = calendar(holidays=order)
    assert hours(both, "2026-11-23") == ("holiday", []) and hours(both, "2026-11-24") == ("holiday", [])


def test_policies_of_the_same_working_time_share_a_calendar() -> None:
    quick = policy_from({"promises": {"urgent": {"within": "1h"}}})
    assert calendar_of(Policy()) is calendar_of(quick)
    assert calendar_of(Policy()) is not calendar_of(policy_from({"holidays": None}))


@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        ("2026-11-23 08:59", "2026-11-23 09:00"),
        ("2026-11-23 09:00", "2026-11-24 09:00"),  # strictly after
        ("2026-11-23 12:00", "2026-11-24 09:00"),
        ("2026-11-28 12:00", "2026-11-30 09:00"),
        ("2026-05-26 12:00", "2026-06-01 09:00"),
    ],
)
def test_the_next_opening(moment: str, opening: str) -> None:
    assert DEFAULT.next_opening(us(moment)) == us(opening)


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        ("2026-11-23 10:00", "2026-11-23 12:00", 120),
        ("2026-11-23 17:00", "2026-11-24 10:00", 120),
        ("2026-11-23 00:00", "2026-11-30 00:00", 5 * 540 + 360),
        ("2026-10-28 00:00", "2026-10-30 00:00", 240),
        ("2026-11-23 12:00", "2026-11-23 12:00", 0),
        ("2026-11-23 12:00", "2026-11-23 10:00", 0),
        ("2026-11-28 16:00", "2026-11-30 09:00", 0),
        ("2026-11-23 18:00", "2026-11-24 09:00", 0),
    ],
)
def test_staffed_time_between(start: str, end: str, minutes: int) -> None:
    assert DEFAULT.staffed_between(us(start), us(end)) == minutes * 60_000_000


def test_no_length_is_no_time() -> None:
    assert DEFAULT.add_staffed(us("2026-11-29 12:00"), 0) == us("2026-11-29 12:00")


def test_one_microsecond_before_and_after_a_close() -> None:
    close = us("2026-11-23 18:00")
    assert DEFAULT.add_staffed(close - 1, 1) == close
    assert DEFAULT.add_staffed(close - 1, 2) == us("2026-11-24 09:00") + 1
    assert DEFAULT.add_staffed(close, 1) == us("2026-11-24 09:00") + 1


def test_a_night_shift_belongs_to_the_day_it_starts_on() -> None:
    night = calendar(hours={"fri": ["22:00-02:00"]}, holidays=None)
    for moment, day in (("2026-11-27 23:00", 27), ("2026-11-28 01:59", 27), ("2026-11-28 02:00", 28)):
        assert night.service_day(us(moment)).day == date(2026, 11, day)


def test_overlapping_shifts_are_counted_once() -> None:
    own = calendar(hours={"mon": ["18:00-10:00"], "tue": ["09:00-18:00"]}, holidays=None)
    assert own.staffed_between(us("2026-11-23 18:00"), us("2026-11-24 18:00")) == 24 * 3_600_000_000
    assert own.next_opening(us("2026-11-23 19:00")) == us("2026-11-24 09:00")
    assert own.service_day(us("2026-11-24 08:59")).day == date(2026, 11, 23)
    assert own.service_day(us("2026-11-24 09:00")).day == date(2026, 11, 24)


def test_a_night_shift_over_new_year_is_whole_in_a_fresh_calendar() -> None:
    for start in ("2027-01-01 00:30", "2026-12-31 23:00"):
        own = calendar(hours={"thu": ["20:00-02:00"]}, holidays=None)
        left = us("2027-01-01 02:00") - us(start)
        assert own.staffed_between(us(start), us("2027-01-02 00:00")) == left
        assert own.add_staffed(us(start), left) == us("2027-01-01 02:00")


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Istanbul"])
def test_the_turn_of_the_year_is_whole_in_every_zone(zone: str) -> None:
    form = {"timezone": zone, "holidays": None, "hours": {name: ["18:00-17:00"] for name in WEEKDAYS}}
    for start, end, minutes in (
        ("2027-01-01 00:30", "2027-01-01 17:00", 990),  # all of it in the shift of New Year's Eve
        ("2026-12-31 16:00", "2027-01-01 00:10", 60 + 370),
        ("2026-12-31 23:00", "2026-12-31 23:59", 59),
    ):
        own = calendar(**form)
        assert own.staffed_between(us(start, own), us(end, own)) == minutes * 60_000_000


# Changes of the clock: each interval as the moments in UTC at which it starts and ends.
CLOCK_CHANGES = [
    ("Europe/Berlin", "00:00-24:00", "2026-03-29", "2026-03-28T23:00Z", "2026-03-29T22:00Z"),  # 23 hours
    ("Europe/Berlin", "00:00-24:00", "2026-10-25", "2026-10-24T22:00Z", "2026-10-25T23:00Z"),  # 25 hours
    ("Europe/Berlin", "01:00-02:30", "2026-03-29", "2026-03-29T00:00Z", "2026-03-29T01:00Z"),  # ends with the jump
    ("Europe/Berlin", "02:30-04:00", "2026-03-29", "2026-03-29T01:00Z", "2026-03-29T02:00Z"),  # starts with it
    ("Europe/Berlin", "02:30-04:00", "2026-10-25", "2026-10-25T00:30Z", "2026-10-25T03:00Z"),  # at the first 02:30
    ("Europe/Berlin", "01:00-02:30", "2026-10-25", "2026-10-24T23:00Z", "2026-10-25T00:30Z"),
    ("America/New_York", "01:30-03:00", "2026-03-08", "2026-03-08T06:30Z", "2026-03-08T07:00Z"),
    ("America/New_York", "01:30-03:00", "2026-11-01", "2026-11-01T05:30Z", "2026-11-01T08:00Z"),
    ("Australia/Lord_Howe", "01:00-03:00", "2026-10-04", "2026-10-03T14:30Z", "2026-10-03T16:00Z"),  # half an hour
    ("Africa/Cairo", "22:00-02:00", "2026-04-23", "2026-04-23T20:00Z", "2026-04-23T23:00Z"),  # jumps at midnight
    ("Africa/Cairo", "00:00-24:00", "2026-04-23", "2026-04-22T22:00Z", "2026-04-23T22:00Z"),
    ("Asia/Kathmandu", "09:00-18:00", "2026-11-23", "2026-11-23T03:15Z", "2026-11-23T12:15Z"),
    ("Europe/Istanbul", "00:00-24:00", "2016-03-27", "2016-03-26T22:00Z", "2016-03-27T21:00Z"),  # its last change
    ("Europe/Istanbul", "00:00-24:00", "2016-10-30", "2016-10-29T21:00Z", "2016-10-30T21:00Z"),  # the one left out
]


@pytest.mark.parametrize(("zone", "interval", "day", "start", "end"), CLOCK_CHANGES)
def test_hours_over_a_change_of_the_clock(zone: str, interval: str, day: str, start: str, end: str) -> None:
    own = calendar(timezone=zone, holidays=None, hours={name: [interval] for name in WEEKDAYS})
    assert own.staffed_day(date.fromisoformat(day)).intervals == ((us(start), us(end)),)


@pytest.mark.parametrize("interval", ["02:00-03:00", "02:15-02:45"])
def test_hours_that_a_spring_night_skips_have_no_length(interval: str) -> None:
    own = calendar(timezone="Europe/Berlin", holidays=None, hours={"sun": [interval]})
    assert own.staffed_day(date(2026, 3, 29)).intervals == ()
    assert own.staffed_day(date(2026, 4, 5)).intervals != ()


def test_a_day_that_a_zone_skipped_has_no_hours() -> None:
    own = calendar(timezone="Pacific/Apia", holidays=None, hours={name: ["09:00-18:00"] for name in WEEKDAYS})
    assert own.staffed_day(date(2011, 12, 30)).intervals == ()  # Samoa went from the 29th to the 31st
    assert own.add_staffed(us("2011-12-29 17:00", own), 2 * 3_600_000_000) == us("2011-12-31 10:00", own)


def test_years_may_be_asked_for_in_any_order() -> None:
    own = Calendar(Policy())
    for year in (2026, 1990, 2099, 2010, 2026):
        monday = datetime(year, 11, 23, 12, tzinfo=own.zone)
        opening = from_us(own.next_opening(to_us(monday))).astimezone(own.zone)
        assert timedelta(0) < opening - monday < timedelta(days=3) and opening.hour in (9, 10)
        assert to_us(opening) == Calendar(Policy()).next_opening(to_us(monday))


def test_threads_may_share_a_calendar() -> None:
    own, wrong = Calendar(Policy()), []

    def work(offset: int) -> None:
        for year in range(2000 + offset, 2050, 7):
            start = to_us(datetime(year, 6, 1, tzinfo=UTC))
            due = own.add_staffed(start, 3_600_000_000)
            if own.staffed_between(start, due) != 3_600_000_000:
                wrong.append(year)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_never_staffed() -> None:
    closed = calendar(hours={})
    with pytest.raises(NoStaffedTime, match="the desk is not staffed in the 3 years after 2026-11-23"):
        closed.next_opening(us("2026-11-23 00:00"))
    with pytest.raises(NoStaffedTime):
        closed.add_staffed(us("2026-11-23 00:00"), 1)
    assert closed.staffed_between(us("2026-11-23 00:00"), us("2027-11-23 00:00")) == 0
    assert closed.service_day(us("2026-11-23 12:00")).day == date(2026, 11, 23)


def test_an_opening_years_away_is_found() -> None:
    far = calendar(hours={}, exceptions={"2029-06-01": ["09:00-10:00"]})
    assert far.next_opening(us("2026-11-23 00:00")) == us("2029-06-01 09:00")
    assert far.add_staffed(us("2026-11-23 00:00"), 3_600_000_000) == us("2029-06-01 10:00")


def test_microseconds_go_there_and_back() -> None:
    for when in (datetime(1990, 1, 1, tzinfo=UTC), datetime(2099, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)):
        assert from_us(to_us(when)) == when
