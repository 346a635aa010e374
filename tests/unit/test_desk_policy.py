"""The desk's promises and hours as they are written in nobet.yaml: what is taken, and what is refused and why."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from desk.policy import (
    WEEKDAYS,
    OneOff,
    Policy,
    parse_duration,
    parse_interval,
    policy_from,
    write_duration,
)

DESIGN = """
timezone: Europe/Istanbul
holidays: TR
hours: {mon: ["09:00-18:00"], tue: ["09:00-18:00"], wed: ["09:00-18:00"], thu: ["09:00-18:00"], fri: ["09:00-18:00"],
        sat: ["10:00-16:00"], sun: []}
exceptions: {}
promises:
  critical: {within: 30m, clock: always}
  urgent:   {within: 2h, clock: staffed}
  same_day: {same_day: true, cutoff_before_close: 60m, grace: 120m}
"""


def test_the_defaults_are_the_house_plans() -> None:
    assert policy_from(yaml.safe_load(DESIGN)) == Policy() == policy_from(None) == policy_from({})


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90), ("30m", 1800), ("2h", 7200), ("1h30m", 5400), ("1d", 86400), ("2d12h", 216_000), ("1w", 604_800),
        (" 45m ", 2700), ("0m", 0), ("120m", 7200), ("3660d", 316_224_000),
    ],
)  # fmt: skip
def test_durations(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "value", ["", "2", "h", "2 h", "2H", "-2h", "2h-", "1.5h", "two hours", 2, 2.5, None, True, [], "1y", "²h"]
)
def test_what_is_no_duration(value: object) -> None:
    with pytest.raises(ValueError, match="is not a duration such as 30m, 2h or 1h30m"):
        parse_duration(value)


@pytest.mark.parametrize("value", ["3661d", "99999999999999999999w", "9" * 4000 + "s"])
def test_what_is_too_long_for_a_duration(value: str) -> None:
    with pytest.raises(ValueError, match=r"too long for a duration|longer than ten years"):
        parse_duration(value)


def test_a_negative_length_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        parse_duration(timedelta(seconds=-1))


@given(st.integers(0, 3660 * 86400))
def test_durations_are_read_as_they_are_written(seconds: int) -> None:
    assert parse_duration(write_duration(timedelta(seconds=seconds))) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("text", "interval"),
    [
        ("09:00-18:00", (540, 1080)),
        ("00:00-24:00", (0, 1440)),
        ("22:00-02:00", (1320, 1560)),  # past midnight
        ("18:00-00:00", (1080, 1440)),
        ("23:59-00:00", (1439, 1440)),
        ("09:01-09:00", (541, 1980)),
        (" 09:00-18:00 ", (540, 1080)),
    ],
)
def test_intervals(text: str, interval: tuple[int, int]) -> None:
    assert parse_interval(text) == interval


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("9:00-18:00", "is not an interval such as '09:00-18:00'"),
        ("09:00", "is not an interval"),
        ("09:00-18:60", "is not an interval"),
        ("09:00-25:00", "is not an interval"),
        ("24:00-02:00", "is not an interval"),
        ("09:00 to 18:00", "is not an interval"),
        (900, "is not an interval"),
        (None, "is not an interval"),
        ("09:00-24:30", "ends after 24:00"),
        ("09:00-09:00", "is empty; a whole day is '00:00-24:00'"),
        ("00:00-00:00", "is empty; a whole day is '00:00-24:00'"),
    ],
)
def test_what_is_no_interval(value: object, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        parse_interval(value)


def test_a_days_intervals_are_put_in_order_and_joined_where_they_touch() -> None:
    hours = policy_from({"hours": {"mon": ["13:00-18:00", "09:00-12:00"], "tue": ["12:00-18:00", "09:00-12:00"]}}).hours
    assert hours.mon == ((540, 720), (780, 1080))
    assert hours.tue == ((540, 1080),)
    assert hours.wed == () == hours.of(2)
    around = policy_from({"hours": {"mon": ["22:00-02:00", "00:00-22:00"]}}).hours
    assert around.mon == ((0, 1320), (1320, 1560))  # more than a day is not one interval


def test_a_day_may_be_left_out_or_null() -> None:
    hours = policy_from({"hours": {"mon": None, "tue": ["09:00-10:00"]}}).hours
    assert [hours.of(n) for n in range(7)] == [(), ((540, 600),), (), (), (), (), ()]


def test_a_promise_that_is_left_out_keeps_its_default() -> None:
    promises = policy_from({"promises": {"urgent": {"within": "1h"}}}).promises
    assert promises.urgent.within == timedelta(hours=1) and promises.urgent.clock == "staffed"
    assert promises.critical == Policy().promises.critical and promises.same_day == Policy().promises.same_day


def test_urgency_none_has_no_promise() -> None:
    assert Policy().promises.of("none") is None
    assert all(Policy().promises.of(name) is not None for name in ("same_day", "urgent", "critical"))


def test_exceptions_by_date_as_yaml_gives_them() -> None:
    data = yaml.safe_load('exceptions: {2026-12-31: ["09:00-13:00"], "2026-11-29": ["10:00-12:00"], 2026-11-30: null}')
    assert policy_from(data).exceptions == {
        date(2026, 12, 31): OneOff(hours=((540, 780),)),
        date(2026, 11, 29): OneOff(hours=((600, 720),)),
        date(2026, 11, 30): OneOff(),
    }


def test_an_exception_may_say_why() -> None:
    data = yaml.safe_load(
        'exceptions: {2026-12-31: {hours: ["09:00-13:00"], because: Yılbaşı}, 2027-01-02: {because: a}}'
    )
    exceptions = policy_from(data).exceptions
    assert exceptions[date(2026, 12, 31)] == OneOff(hours=((540, 780),), because="Yılbaşı")
    assert exceptions[date(2027, 1, 2)].hours == ()


BAD: list[tuple[dict[str, Any], str, str]] = [  # the mapping, the field, part of the sentence
    ({"timezone": "Mars/Olympus"}, "timezone", "'Mars/Olympus' is not an IANA time zone such as Europe/Istanbul"),
    ({"timezone": ""}, "timezone", "is not an IANA time zone"),
    ({"timezone": "Europe"}, "timezone", "is not an IANA time zone"),
    ({"timezone": "../../etc/passwd"}, "timezone", "is not an IANA time zone"),
    ({"timezone": 3}, "timezone", "valid string"),
    ({"holidays": "XX"}, "holidays", "'XX' is not a country with a known holiday calendar"),
    ({"holidays": "TR-34"}, "holidays", "is not a country"),
    ({"holidays": "Turkey"}, "holidays", "is not a country"),
    ({"holidays": ["TR", "XX"]}, "holidays", "'XX' is not a country"),
    ({"holidays": []}, "holidays", "an empty list names no country; null is for no holidays"),
    ({"holidays": True}, "holidays", "is not a country"),
    ({"holidays": False}, "holidays", 'write "NO" for Norway, null for no holidays'),  # YAML reads NO as false
    ({"hours": {"monday": []}}, "hours.monday", "Extra inputs"),
    ({"hours": {"mon": "09:00-18:00"}}, "hours.mon", "a day's hours are a list such as ['09:00-18:00']"),
    ({"hours": {"mon": ["9-18"]}}, "hours.mon", "is not an interval"),
    ({"hours": {"mon": ["09:00-12:00", "11:00-13:00"]}}, "hours.mon", "two intervals of one day overlap"),
    ({"hours": {"mon": ["22:00-02:00", "23:00-23:30"]}}, "hours.mon", "two intervals of one day overlap"),
    ({"hours": {"mon": [["09:00", "18:00"]]}}, "hours.mon", "is not an interval"),
    (
        {"exceptions": {"31.12.2026": []}},
        "exceptions.31.12.2026.[key]",
        "'31.12.2026' is not a date such as 2026-12-31",
    ),
    ({"exceptions": {"2026-02-30": []}}, "exceptions.2026-02-30.[key]", "is not a date"),
    ({"exceptions": {1798675200: []}}, "exceptions.1798675200.[key]", "is not a date"),  # no seconds since 1970
    ({"exceptions": []}, "exceptions", "valid dictionary"),
    ({"hours": None}, "hours", "Hours"),
    ({"exceptions": {"2026-12-31": "closed"}}, "exceptions.2026-12-31", "a day's hours are a list"),
    ({"promises": {"none": {"within": "1h"}}}, "promises.none", "Extra inputs"),
    ({"promises": {"urgent": {}}}, "promises.urgent", "either 'within' or 'same_day: true'"),
    ({"promises": {"urgent": {"within": "1h", "same_day": True}}}, "promises.urgent", "either 'within' or"),
    ({"promises": {"urgent": {"within": "0m"}}}, "promises.urgent", "a promise of no time at all cannot be kept"),
    ({"promises": {"urgent": {"within": 30}}}, "promises.urgent.within", "30 is not a duration such as 30m"),
    ({"promises": {"urgent": {"within": "1h", "clock": "wall"}}}, "promises.urgent.clock", "'always' or 'staffed'"),
    ({"promises": {"same_day": {"same_day": True, "grace": "-1h"}}}, "promises.same_day.grace", "is not a duration"),
    ({"promises": {"urgent": {"within": "1h", "resolution": {}}}}, "promises.urgent.resolution.within", "required"),
    (
        {"promises": {"urgent": {"within": "1h", "resolution": {"within": "0s"}}}},
        "promises.urgent.resolution.within",
        "a promise of no time at all cannot be kept",
    ),
    ({"promises": {"urgent": None}}, "promises.urgent", "Promise"),
    ({"promise": {}}, "promise", "Extra inputs"),
    ({"exceptions": {"2026-12-31": {"hours": ["9-13"]}}}, "exceptions.2026-12-31.hours", "is not an interval"),
    ({"exceptions": {"2026-12-31": {"reason": "x"}}}, "exceptions.2026-12-31.reason", "Extra inputs"),
    ({"teams": {"gece": {"timezone": "Mars"}}}, "teams.gece.timezone", "is not an IANA time zone"),
    ({"teams": {"gece": {"hours": {"mon": ["9"]}}}}, "teams.gece.hours.mon", "is not an interval"),
    ({"teams": {"gece": {"holidays": "XX"}}}, "teams.gece.holidays", "is not a country"),
    ({"teams": {"gece": {"promises": {"none": {}}}}}, "teams.gece.promises.none", "Extra inputs"),
    ({"teams": {"gece": {"team": "x"}}}, "teams.gece.team", "Extra inputs"),
    ({"teams": {"": {}}}, "teams..[key]", "at least 1 character"),
    ({"channels": {"fax": {}}}, "channels.fax.[key]", "'fax' is not a channel; there are app_store, "),
    ({"channels": {"x": {"team": "gece"}}}, "channels", "x.team: 'gece' is not one of desk.teams (there are none)"),
    (
        {"teams": {"gün": {}}, "channels": {"x": {"team": "gece"}}},
        "channels",
        "x.team: 'gece' is not one of desk.teams (there are gün)",
    ),
    (
        {"channels": {"whatsapp": {"promises": {"urgent": {"within": "0m"}}}}},
        "channels.whatsapp.promises.urgent",
        "a promise of no time at all cannot be kept",
    ),
]


@pytest.mark.parametrize(("data", "field", "sentence"), BAD, ids=[str(row[0]) for row in BAD])
def test_mistakes_name_their_field(data: dict[str, Any], field: str, sentence: str) -> None:
    with pytest.raises(ValidationError) as error:
        policy_from(data)
    found = error.value.errors()
    assert len(found) == 1
    assert ".".join(str(part) for part in found[0]["loc"]) == field
    assert sentence in found[0]["msg"]


@pytest.mark.parametrize("country", ["TR", "DE", "DE-BY", "US", "US-CA", "GB-ENG", "NO", "AZ", None])
def test_countries_that_are_known(country: str | None) -> None:
    assert policy_from({"holidays": country}).holidays == country


def test_a_policy_is_read_as_it_is_written() -> None:
    policy = policy_from(
        {
            "timezone": "Europe/Berlin",
            "holidays": "DE-BY",
            "hours": {day: ["00:00-24:00"] for day in WEEKDAYS[:5]} | {"sat": ["08:00-10:00", "22:00-02:00"]},
            "exceptions": {"2026-12-24": ["09:00-12:00"], "2026-12-31": []},
            "promises": {"urgent": {"within": "90m", "resolution": {"within": "2d", "clock": "always"}}},
        }
    )
    assert policy_from(policy.model_dump(mode="json")) == policy
    assert policy_from(yaml.safe_load(yaml.safe_dump(policy.model_dump(mode="json")))) == policy


SHIFTS: dict[str, Any] = {
    "exceptions": {"2026-12-31": [], "2026-12-30": ["09:00-10:00"]},
    "promises": {"critical": {"within": "20m", "clock": "always"}},
    "teams": {
        "gece": {
            "hours": {"mon": ["22:00-02:00"]},
            "exceptions": {"2026-12-31": ["22:00-23:00"]},
            "promises": {"urgent": {"within": "90m"}},
        },
        "Berlin": {"timezone": "Europe/Berlin", "holidays": ["DE", "DE-BY"]},
        "always": {"holidays": None},
    },
    "channels": {
        "WhatsApp": {"team": "gece", "promises": {"critical": {"within": "5m", "clock": "always"}}},
        "email": {"hours": {"tue": ["10:00-12:00"]}, "timezone": "UTC"},
    },
}


def test_the_channels_word_comes_before_the_teams_before_the_desks() -> None:
    policy = policy_from(SHIFTS)
    night = policy.of("whatsapp")
    assert night.hours.mon == ((1320, 1560),) and night.hours.tue == ()  # the hours of a team are its whole week
    assert night.promises.critical.within == timedelta(minutes=5)  # the channel's
    assert night.promises.urgent.within == timedelta(minutes=90)  # the team's
    assert night.promises.same_day == Policy().promises.same_day  # the desk's, by default
    assert night.exceptions == {
        date(2026, 12, 31): OneOff(hours=((1320, 1380),)),
        date(2026, 12, 30): OneOff(hours=((540, 600),)),
    }
    assert (night.timezone, night.holidays, night.teams, night.channels) == ("Europe/Istanbul", "TR", {}, {})
    assert policy.of("email").timezone == "UTC" and policy.of("email").holidays == "TR"
    mail_at_night = policy.of("email", "gece")
    assert mail_at_night.hours.tue == ((600, 720),) and mail_at_night.promises.urgent.within == timedelta(minutes=90)
    assert policy.of("whatsapp", "Berlin").hours == Policy().hours  # the team that is named, not the channel's
    assert policy.of(team="Berlin").countries == ("DE", "DE-BY") and policy.of(team="always").countries == ()
    assert policy.of("x").promises.critical.within == timedelta(minutes=20)


def test_what_holds_is_worked_out_once_and_an_unknown_name_has_the_desks_word() -> None:
    policy = policy_from(SHIFTS)
    assert policy.of("WHATSAPP") is policy.of("whatsapp") is policy.of("whatsapp", "gece")
    assert policy.of() is policy.of("x", "renamed since") is policy.of(None, None)
    assert policy.of().of("whatsapp", "gece") is policy.of()  # a plain policy holds as it stands
    assert Policy().of("whatsapp") == Policy()


def test_a_version_names_a_policy_by_its_content() -> None:
    policy = policy_from(SHIFTS)
    versions = [one.version for one in (policy, Policy(), policy.of(), policy.of("whatsapp"), policy.of("email"))]
    assert len(set(versions)) == 5 and all(len(version) == 12 for version in versions)
    assert Policy().version == "3276b226f424"  # the same on every machine; open cases are kept under it
    assert policy_from({"promises": {"urgent": {"within": "120m"}}}).version == Policy().version  # written otherwise
    assert policy_from({"exceptions": {"2026-12-31": [], "2026-12-30": []}}).version == (
        policy_from({"exceptions": {"2026-12-30": [], "2026-12-31": []}}).version
    )


def test_a_record_is_read_again_as_the_same_policy() -> None:
    policy = policy_from(SHIFTS)
    for one in (policy, Policy(), policy.of(), policy.of("whatsapp"), policy.of("email"), policy.of(None, "always")):
        again = policy_from(json.loads(json.dumps(one.record())))
        assert again == one and again.version == one.version and hash(again) == hash(one)
    assert "teams" not in Policy().record() and Policy().record()["promises"]["critical"]["within"] == "30m"


def test_a_policy_that_is_copied_with_a_change_is_checked_and_has_its_own_version() -> None:
    policy = policy_from(SHIFTS)
    assert policy.version and policy.of("x")
    other = policy.model_copy(update={"timezone": "UTC"})
    assert other.version != policy.version and other.of("x").timezone == "UTC"
    with pytest.raises(ValidationError):
        policy.model_copy(update={"timezone": "Mars"})


def test_a_policy_cannot_be_changed_behind_the_clocks_back() -> None:
    with pytest.raises(ValidationError):
        Policy().timezone = "UTC"  # type: ignore[misc]
