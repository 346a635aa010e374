"""When an answer is due: worked examples, each computed by hand from DESIGN.md's rules and a calendar on the wall."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from desk.clock import ClockError, Clocks, NoStaffedTime, due_json
from desk.policy import WEEKDAYS, Policy, policy_from

Row = tuple[str, str, str | None]


def shown(clocks: Clocks, posted: str, urgency: str, channel: str | None = None) -> str | None:
    """The deadline as the wall clock of the desk shows it; `posted` without an offset is the desk's time."""
    when = datetime.fromisoformat(posted)
    if when.tzinfo is None:
        when = when.replace(tzinfo=clocks.policy.zone)
    due = clocks.due(when, urgency, channel).due_at
    if due is None:
        return None
    local = due.astimezone(clocks.policy.zone).replace(tzinfo=None)
    return local.isoformat(" ", "seconds" if local.second else "minutes")


def every_day(*hours: str) -> dict[str, list[str]]:
    return {day: list(hours) for day in WEEKDAYS}


# The default desk: Istanbul, Mon-Fri 9-18, Sat 10-16, Turkey's holidays. 2026-11-23 is a Monday.
DEFAULT = Clocks(Policy())
SAME_DAY = [
    ("2026-11-23 10:00", "2026-11-23 18:00"),
    ("2026-11-23 07:00", "2026-11-23 18:00"),  # before opening counts
    ("2026-11-23 00:00", "2026-11-23 18:00"),
    ("2026-11-23 09:00", "2026-11-23 18:00"),
    ("2026-11-23 16:59:59", "2026-11-23 18:00"),
    ("2026-11-23 16:59:59.999999", "2026-11-23 18:00"),
    ("2026-11-23 17:00", "2026-11-24 11:00"),  # the cutoff itself is not before the cutoff
    ("2026-11-23 17:30", "2026-11-24 11:00"),
    ("2026-11-23 18:00", "2026-11-24 11:00"),
    ("2026-11-23 20:00", "2026-11-24 11:00"),
    ("2026-11-23 23:59:59", "2026-11-24 11:00"),
    ("2026-11-27 17:00", "2026-11-28 12:00"),  # Friday: Saturday opens at ten
    ("2026-11-28 08:00", "2026-11-28 16:00"),  # Saturday hours
    ("2026-11-28 14:59", "2026-11-28 16:00"),
    ("2026-11-28 15:00", "2026-11-30 11:00"),  # over Sunday
    ("2026-11-29 12:00", "2026-11-30 11:00"),
    ("2026-11-29 23:59", "2026-11-30 11:00"),
    # 28 October is a half day, 29 October Republic Day
    ("2026-10-27 17:30", "2026-10-28 11:00"),
    ("2026-10-28 08:00", "2026-10-28 13:00"),
    ("2026-10-28 11:59", "2026-10-28 13:00"),
    ("2026-10-28 12:00", "2026-10-30 11:00"),
    ("2026-10-28 15:00", "2026-10-30 11:00"),
    ("2026-10-29 10:00", "2026-10-30 11:00"),
    ("2027-10-28 12:00", "2027-10-30 12:00"),  # Thursday; Friday is the holiday, Saturday opens at ten
    # Ramazan Bayramı 2026: eve on Thursday 19 March, 20-22 March
    ("2026-03-19 10:00", "2026-03-19 13:00"),
    ("2026-03-19 12:30", "2026-03-23 11:00"),
    ("2026-03-21 10:00", "2026-03-23 11:00"),
    # Kurban Bayramı 2026: eve on Tuesday 26 May, 27-30 May, then a Sunday
    ("2026-05-26 09:00", "2026-05-26 13:00"),
    ("2026-05-26 13:00", "2026-06-01 11:00"),
    ("2026-05-30 12:00", "2026-06-01 11:00"),
    # Ramazan Bayramı 2027: eve on Monday 8 March, 9-11 March
    ("2027-03-08 11:00", "2027-03-08 13:00"),
    ("2027-03-08 12:00", "2027-03-12 11:00"),
    # Kurban Bayramı 2027: eve on Saturday 15 May, 16-19 May (19 May a holiday of its own, too)
    ("2027-05-15 09:00", "2027-05-15 13:00"),
    ("2027-05-15 12:00", "2027-05-20 11:00"),
    ("2027-05-18 10:00", "2027-05-20 11:00"),
    # the fixed holidays
    ("2026-12-31 17:00", "2027-01-02 12:00"),
    ("2027-01-01 12:00", "2027-01-02 12:00"),
    ("2026-04-23 10:00", "2026-04-24 11:00"),
    ("2026-05-01 10:00", "2026-05-02 12:00"),
    ("2026-05-19 10:00", "2026-05-20 11:00"),
    ("2026-07-15 10:00", "2026-07-16 11:00"),
    ("2026-08-30 10:00", "2026-08-31 11:00"),
    # the same moment from elsewhere
    ("2026-11-23T07:00:00+00:00", "2026-11-23 18:00"),
    ("2026-11-23T22:30:00-05:00", "2026-11-24 18:00"),
    # far away: Istanbul had summer time in 1990
    ("1990-06-04 10:00", "1990-06-04 18:00"),
    ("1990-10-29 10:00", "1990-10-30 11:00"),
    ("1990-07-02 12:00", "1990-07-07 12:00"),  # the eve, then four holidays, then a Saturday
    ("2099-11-23 17:30", "2099-11-24 11:00"),
    ("2099-10-29 10:00", "2099-10-30 11:00"),
]
URGENT = [
    ("2026-11-23 10:00", "2026-11-23 12:00"),
    ("2026-11-23 10:00:30", "2026-11-23 12:00:30"),
    ("2026-11-23 16:00", "2026-11-23 18:00"),  # ends exactly at the close: due then, not at the next opening
    ("2026-11-23 16:00:01", "2026-11-24 09:00:01"),
    ("2026-11-23 17:30", "2026-11-24 10:30"),
    ("2026-11-23 18:00", "2026-11-24 11:00"),
    ("2026-11-23 08:00", "2026-11-23 11:00"),
    ("2026-11-27 17:00", "2026-11-28 11:00"),
    ("2026-11-28 14:00", "2026-11-28 16:00"),
    ("2026-11-28 15:00", "2026-11-30 10:00"),
    ("2026-11-29 12:00", "2026-11-30 11:00"),
    ("2026-10-28 11:00", "2026-10-28 13:00"),
    ("2026-10-28 12:00", "2026-10-30 10:00"),
    ("2026-05-26 12:30", "2026-06-01 10:30"),
    ("2026-10-29 10:00", "2026-10-30 11:00"),
]
CRITICAL = [
    ("2026-11-23 17:50", "2026-11-23 18:20"),
    ("2026-11-29 03:00", "2026-11-29 03:30"),
    ("2026-10-29 23:50", "2026-10-30 00:20"),
    ("2026-12-31 23:45", "2027-01-01 00:15"),
]


@pytest.mark.parametrize(("posted", "due"), SAME_DAY)
def test_same_day(posted: str, due: str) -> None:
    assert shown(DEFAULT, posted, "same_day") == due


@pytest.mark.parametrize(("posted", "due"), URGENT)
def test_within_two_staffed_hours(posted: str, due: str) -> None:
    assert shown(DEFAULT, posted, "urgent") == due


@pytest.mark.parametrize(("posted", "due"), CRITICAL)
def test_within_half_an_hour_at_any_hour(posted: str, due: str) -> None:
    assert shown(DEFAULT, posted, "critical") == due


DESKS: dict[str, dict[str, Any]] = {
    "night": {"holidays": None, "hours": every_day("22:00-02:00")},
    "night on Fridays": {"holidays": None, "hours": {"fri": ["22:00-02:00"]}},
    "night with holidays": {"hours": every_day("22:00-02:00")},
    "overlapping": {"holidays": None, "hours": {"mon": ["18:00-10:00"], "tue": ["09:00-18:00"]}},
    "always open": {"holidays": None, "hours": every_day("00:00-24:00")},
    "lunch": {"holidays": None, "hours": every_day("09:00-12:00", "13:00-18:00")},
    "lunch, early cutoff": {
        "holidays": None,
        "hours": every_day("09:00-12:00", "13:00-18:00"),
        "promises": {"same_day": {"same_day": True, "cutoff_before_close": "6h", "grace": "90m"}},
    },
    "change of shift": {
        "holidays": None,
        "hours": every_day("12:00-18:00", "09:00-12:00"),
        "promises": {"same_day": {"same_day": True, "cutoff_before_close": "8h", "grace": "0m"}},
    },
    "no grace, no cutoff": {"promises": {"same_day": {"same_day": True, "cutoff_before_close": "0m", "grace": "0m"}}},
    "long grace": {"promises": {"same_day": {"same_day": True, "grace": "10h"}}},
    "exceptions": {
        "exceptions": {
            "2026-12-31": ["09:00-13:00"],
            "2026-10-29": ["10:00-14:00"],
            "2026-10-28": ["09:00-18:00"],
            "2026-11-29": ["12:00-16:00"],
            "2026-11-24": [],
        }
    },
    "New Year's night": {"hours": {"thu": ["20:00-02:00"], "fri": ["20:00-02:00"]}},
    "long promise": {"promises": {"urgent": {"within": "20h"}, "same_day": {"within": "1w", "clock": "always"}}},
    "Berlin": {"timezone": "Europe/Berlin", "holidays": "DE"},
    "Bavaria": {"timezone": "Europe/Berlin", "holidays": "DE-BY"},
    "Berlin always open": {"timezone": "Europe/Berlin", "holidays": None, "hours": every_day("00:00-24:00")},
    "Berlin at night": {
        "timezone": "Europe/Berlin",
        "holidays": None,
        "hours": every_day("22:00-06:00"),
        "promises": {"urgent": {"within": "8h"}},
    },
    "Berlin, a skipped opening": {
        "timezone": "Europe/Berlin",
        "holidays": None,
        "hours": {"sun": ["02:30-08:00"]},
        "promises": {"urgent": {"within": "1h"}},
    },
    "Berlin, a skipped interval": {
        "timezone": "Europe/Berlin",
        "holidays": None,
        "hours": {"sun": ["02:15-02:45"]},
        "promises": {"urgent": {"within": "30m"}},
    },
    "New York": {"timezone": "America/New_York", "holidays": "US"},
}
ELSEWHERE = [
    ("night", "same_day", "2026-11-23 23:00", "2026-11-24 02:00"),
    ("night", "same_day", "2026-11-24 00:30", "2026-11-24 02:00"),  # belongs to Monday's shift
    ("night", "same_day", "2026-11-24 01:00", "2026-11-25 00:00"),  # Monday's cutoff
    ("night", "same_day", "2026-11-24 02:00", "2026-11-25 02:00"),  # Monday has closed: Tuesday's, before opening
    ("night", "same_day", "2026-11-24 03:00", "2026-11-25 02:00"),
    ("night", "urgent", "2026-11-24 00:00", "2026-11-24 02:00"),
    ("night", "urgent", "2026-11-24 01:00", "2026-11-24 23:00"),
    ("night", "urgent", "2026-11-24 12:00", "2026-11-25 00:00"),
    ("night on Fridays", "same_day", "2026-11-28 00:30", "2026-11-28 02:00"),
    ("night on Fridays", "same_day", "2026-11-28 01:30", "2026-12-05 00:00"),
    ("night on Fridays", "same_day", "2026-11-28 03:00", "2026-12-05 00:00"),
    ("night with holidays", "same_day", "2026-05-01 00:30", "2026-05-01 02:00"),  # Thursday's shift reaches into 1 May
    ("night with holidays", "same_day", "2026-10-27 23:00", "2026-10-28 02:00"),
    ("night with holidays", "same_day", "2026-10-28 12:00", "2026-10-31 00:00"),  # the half day has no hours left
    ("overlapping", "same_day", "2026-11-24 08:30", "2026-11-24 10:00"),  # Monday's shift
    ("overlapping", "same_day", "2026-11-24 09:30", "2026-11-24 18:00"),  # Tuesday's has begun
    ("overlapping", "urgent", "2026-11-24 09:30", "2026-11-24 11:30"),
    ("always open", "same_day", "2026-11-23 12:00", "2026-11-24 00:00"),
    ("always open", "same_day", "2026-11-23 23:00", "2026-11-24 02:00"),
    ("always open", "urgent", "2026-11-23 23:30", "2026-11-24 01:30"),
    ("lunch", "urgent", "2026-11-23 10:00", "2026-11-23 12:00"),
    ("lunch", "urgent", "2026-11-23 11:30", "2026-11-23 14:30"),
    ("lunch", "urgent", "2026-11-23 12:30", "2026-11-23 15:00"),
    ("lunch", "same_day", "2026-11-23 11:30", "2026-11-23 18:00"),
    ("lunch", "same_day", "2026-11-23 12:30", "2026-11-23 18:00"),
    ("lunch", "same_day", "2026-11-23 17:00", "2026-11-24 11:00"),
    ("lunch, early cutoff", "same_day", "2026-11-23 11:59", "2026-11-23 18:00"),
    ("lunch, early cutoff", "same_day", "2026-11-23 12:00", "2026-11-23 14:30"),  # the next opening is today's
    ("change of shift", "same_day", "2026-11-23 11:00", "2026-11-24 09:00"),  # noon is no opening
    ("no grace, no cutoff", "same_day", "2026-11-23 17:59:59", "2026-11-23 18:00"),
    ("no grace, no cutoff", "same_day", "2026-11-23 18:00", "2026-11-24 09:00"),
    ("long grace", "same_day", "2026-11-23 17:00", "2026-11-25 10:00"),  # grace is staffed time
    ("exceptions", "same_day", "2026-12-31 11:30", "2026-12-31 13:00"),
    ("exceptions", "same_day", "2026-12-31 12:00", "2027-01-02 12:00"),
    ("exceptions", "same_day", "2026-10-28 14:00", "2026-10-28 18:00"),  # an exception beats a half day
    ("exceptions", "same_day", "2026-10-29 11:00", "2026-10-29 14:00"),  # and a holiday
    ("exceptions", "same_day", "2026-11-29 13:00", "2026-11-29 16:00"),  # and a Sunday
    ("exceptions", "same_day", "2026-11-23 17:00", "2026-11-25 11:00"),
    ("exceptions", "urgent", "2026-11-24 10:00", "2026-11-25 11:00"),
    ("New Year's night", "same_day", "2027-01-01 00:30", "2027-01-01 02:00"),
    ("New Year's night", "urgent", "2027-01-01 00:30", "2027-01-07 20:30"),  # Friday is the holiday
    ("long promise", "urgent", "2026-11-27 16:00", "2026-12-01 12:00"),  # 2 + 6 (Saturday) + 9 + 3
    ("long promise", "same_day", "2026-11-27 16:00", "2026-12-04 16:00"),
    ("Berlin", "urgent", "2026-03-27 17:00", "2026-03-28 11:00"),
    ("Berlin", "urgent", "2026-03-28 15:30", "2026-03-30 10:30"),  # over the spring night
    ("Berlin", "critical", "2026-03-29T01:45:00+01:00", "2026-03-29 03:15"),
    ("Berlin", "critical", "2026-10-25T02:45:00+02:00", "2026-10-25 02:15"),  # the second 02:15
    ("Berlin", "same_day", "2026-04-02 17:00", "2026-04-04 12:00"),  # Good Friday
    ("Berlin", "same_day", "2026-04-04 15:00", "2026-04-07 11:00"),  # Easter Monday
    ("Berlin", "same_day", "2026-01-06 10:00", "2026-01-06 18:00"),
    ("Bavaria", "same_day", "2026-01-06 10:00", "2026-01-07 11:00"),  # Epiphany
    ("Berlin always open", "urgent", "2026-03-29 01:00", "2026-03-29 04:00"),
    ("Berlin always open", "urgent", "2026-10-25 01:00", "2026-10-25 02:00"),
    ("Berlin always open", "same_day", "2026-03-29 12:00", "2026-03-30 00:00"),
    ("Berlin always open", "same_day", "2026-10-24 23:30", "2026-10-25 02:00"),
    ("Berlin at night", "urgent", "2026-03-21 22:00", "2026-03-22 06:00"),
    ("Berlin at night", "urgent", "2026-03-28 22:00", "2026-03-29 23:00"),  # the spring night has seven hours
    ("Berlin at night", "urgent", "2026-10-24 22:00", "2026-10-25 05:00"),  # the autumn night has nine
    ("Berlin, a skipped opening", "urgent", "2026-03-28 12:00", "2026-03-29 04:00"),  # opens when the clock jumps to 3
    ("Berlin, a skipped opening", "urgent", "2026-10-24 12:00", "2026-10-25 02:30"),  # opens at the first 02:30
    ("Berlin, a skipped interval", "urgent", "2026-03-28 12:00", "2026-04-05 02:45"),
    ("New York", "same_day", "2026-11-25 17:00", "2026-11-27 11:00"),  # Thanksgiving
    ("New York", "urgent", "2026-03-07 15:30", "2026-03-09 10:30"),
    ("New York", "critical", "2026-11-01T01:45:00-04:00", "2026-11-01 01:15"),
    ("New York", "same_day", "2026-11-23T16:00:00+03:00", "2026-11-23 18:00"),
]


@pytest.mark.parametrize(("desk", "urgency", "posted", "due"), ELSEWHERE)
def test_other_desks(desk: str, urgency: str, posted: str, due: str) -> None:
    assert shown(Clocks(policy_from(DESKS[desk])), posted, urgency) == due


SLOW: dict[str, Any] = {"promises": {"same_day": {"within": "30d", "clock": "always"}}}
PLATFORM = [  # channel, posted, due, limit; the brand's promise is a month
    ("trendyol", "2026-11-23 10:00", "2026-11-26 10:00", "platform"),  # three business days
    ("trendyol", "2026-11-26 22:15", "2026-12-01 22:15", "platform"),  # over a weekend
    ("trendyol", "2026-11-28 15:00", "2026-12-02 15:00", "platform"),  # from a Saturday
    ("trendyol", "2026-10-27 10:00", "2026-11-02 10:00", "platform"),  # 28 October counts, 29 October does not
    ("hepsiburada", "2026-11-23 10:00", "2026-11-25 10:00", "platform"),
    ("hepsiburada", "2026-05-26 13:00", "2026-06-02 13:00", "platform"),  # Kurban Bayramı
    ("whatsapp", "2026-11-23 10:00", "2026-11-24 10:00", "platform"),
    ("WhatsApp", "2026-11-28 15:00", "2026-11-29 15:00", "platform"),
    ("messenger", "2026-10-28 23:00", "2026-10-29 23:00", "platform"),
    ("x", "2026-11-23 10:00", "2026-12-23 10:00", "brand"),
    (None, "2026-11-23 10:00", "2026-12-23 10:00", "brand"),
]


@pytest.mark.parametrize(("channel", "posted", "due", "limit"), PLATFORM)
def test_the_platforms_own_window(channel: str | None, posted: str, due: str, limit: str) -> None:
    clocks = Clocks(policy_from(SLOW))
    assert shown(clocks, posted, "same_day", channel) == due
    assert clocks.due(datetime.fromisoformat(posted + "+03:00"), "same_day", channel).limit == limit


WITH_DEFAULT = [
    ("trendyol", "same_day", "2026-11-23 10:00", "2026-11-23 18:00", "brand"),
    ("whatsapp", "same_day", "2026-11-23 10:00", "2026-11-23 18:00", "brand"),
    ("whatsapp", "same_day", "2026-11-28 15:00", "2026-11-29 15:00", "platform"),  # brand: Monday 11:00
    ("whatsapp", "urgent", "2026-11-28 15:30", "2026-11-29 15:30", "platform"),
    ("whatsapp", "critical", "2026-11-28 15:30", "2026-11-28 16:00", "brand"),
    ("whatsapp", "none", "2026-11-28 15:30", None, None),
]


@pytest.mark.parametrize(("channel", "urgency", "posted", "due", "limit"), WITH_DEFAULT)
def test_the_earlier_of_promise_and_window(
    channel: str, urgency: str, posted: str, due: str | None, limit: str | None
) -> None:
    assert shown(DEFAULT, posted, urgency, channel) == due
    assert DEFAULT.due(datetime.fromisoformat(posted + "+03:00"), urgency, channel).limit == limit


def test_the_deadline_a_platform_delivered_wins_over_its_usual_window() -> None:
    posted = datetime(2026, 11, 23, 10, tzinfo=DEFAULT.policy.zone)
    early, late = posted + timedelta(hours=3), posted + timedelta(days=9)
    assert DEFAULT.due(posted, "same_day", "trendyol", early).due_at == early
    assert DEFAULT.due(posted, "same_day", "trendyol", early).limit == "platform"
    assert DEFAULT.due(posted, "same_day", None, late).limit == "brand"
    assert Clocks(policy_from(SLOW)).due(posted, "same_day", "hepsiburada", late).due_at == late
    assert DEFAULT.due(posted, "none", "trendyol", early).due_at is None


def test_a_delivered_deadline_of_no_time_is_none() -> None:
    posted = datetime(2026, 11, 28, 15, tzinfo=DEFAULT.policy.zone)
    for never in (datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=timezone(timedelta(hours=5)))):
        assert DEFAULT.due(posted, "same_day", "whatsapp", never) == DEFAULT.due(posted, "same_day", "whatsapp")


def test_a_window_that_ends_with_the_promise_leaves_the_limit_to_the_brand() -> None:
    posted = datetime(2026, 11, 23, 10, tzinfo=DEFAULT.policy.zone)
    close = datetime(2026, 11, 23, 18, tzinfo=DEFAULT.policy.zone)
    assert DEFAULT.due(posted, "same_day", None, close).limit == "brand"


def test_a_marketplaces_business_days_are_not_the_desks_hours() -> None:
    own = policy_from({**SLOW, "hours": {"sun": ["10:00-12:00"]}, "exceptions": {"2026-10-29": ["10:00-12:00"]}})
    assert shown(Clocks(own), "2026-10-27 10:00", "same_day", "trendyol") == "2026-11-02 10:00"
    no_holidays = Clocks(policy_from({**SLOW, "holidays": None}))
    assert shown(no_holidays, "2026-10-27 10:00", "same_day", "trendyol") == "2026-10-30 10:00"


def test_urgency_none_has_no_clock() -> None:
    due = DEFAULT.due(datetime(2026, 11, 23, 7, tzinfo=UTC), "none")
    assert (due.due_at, due.limit, due.promise) == (None, None, "none")
    assert due_json(due, DEFAULT.policy)["due_at"] is None


def test_the_answer_as_json_is_in_the_desks_zone() -> None:
    posted = datetime(2026, 11, 23, 7, tzinfo=UTC)
    assert due_json(DEFAULT.due(posted, "same_day"), DEFAULT.policy) == {
        "due_at": "2026-11-23T18:00:00+03:00",
        "promise": "same_day",
        "limit": "brand",
        "why": [
            "posted Mon 2026-11-23 10:00",
            "before the cutoff Mon 2026-11-23 17:00 (1h before the close): due at the close Mon 2026-11-23 18:00",
            "due Mon 2026-11-23 18:00",
        ],
    }


def test_the_explanation_names_every_closed_day_in_between() -> None:
    posted = datetime(2026, 10, 28, 15, tzinfo=DEFAULT.policy.zone)
    said = [line.text(DEFAULT.policy.zone) for line in DEFAULT.due(posted, "same_day").why]
    assert "Wed 2026-10-28 is a half day, closing at 13:00" in said
    assert "Thu 2026-10-29 is a public holiday" in said
    posted = datetime(2026, 11, 28, 15, tzinfo=DEFAULT.policy.zone)
    said = [line.text(DEFAULT.policy.zone, "tr") for line in DEFAULT.due(posted, "urgent").why]
    assert "Paz 2026-11-29 masa kapalı" in said
    assert "aradaki kapalı saatler sayılmaz (1 gün 17 sa)" in said


def test_an_explanation_stays_short_however_long_the_promise() -> None:
    clocks = Clocks(policy_from({"promises": {"urgent": {"within": "52w"}}}))
    assert len(clocks.due(datetime(2026, 11, 23, 7, tzinfo=UTC), "urgent").why) < 20


@pytest.mark.parametrize("posted", [datetime(2026, 11, 23, 10), datetime(1, 1, 1), datetime.max])
def test_a_time_without_an_offset_is_refused(posted: datetime) -> None:
    with pytest.raises(ClockError, match="has no offset"):
        DEFAULT.due(posted, "same_day")
    with pytest.raises(ClockError, match="has no offset"):
        DEFAULT.due(datetime(2026, 11, 23, tzinfo=UTC), "same_day", None, posted)
    with pytest.raises(ClockError, match="has no offset"):
        DEFAULT.after_staffed(posted, timedelta(hours=1))


@pytest.mark.parametrize("year", [1, 1900, 2200, 9999])
@pytest.mark.parametrize("offset", [-14, 0, 14])
def test_a_year_nobody_lives_in_is_refused(year: int, offset: int) -> None:
    for month, day in ((1, 1), (12, 31)):
        with pytest.raises(ClockError, match="not between the years 1900 and 2200"):
            DEFAULT.due(datetime(year, month, day, tzinfo=timezone(timedelta(hours=offset))), "urgent")


@pytest.mark.parametrize("year", [1901, 2199])
def test_the_years_at_the_ends_are_counted(year: int) -> None:
    for when in (datetime(year, 1, 1, tzinfo=UTC), datetime(year, 12, 31, 23, 59, tzinfo=UTC)):
        for urgency in ("critical", "urgent", "same_day"):
            due = DEFAULT.due(when, urgency).due_at
            assert due is not None and timedelta(0) < due - when < timedelta(days=5)


def test_an_unknown_urgency_is_refused() -> None:
    with pytest.raises(ClockError, match="'asap' is not one of none, same_day, urgent, critical"):
        DEFAULT.due(datetime(2026, 11, 23, tzinfo=UTC), "asap")


def test_a_desk_that_is_never_staffed_says_so() -> None:
    clocks = Clocks(policy_from({"hours": {}}))
    posted = datetime(2026, 11, 23, 7, tzinfo=UTC)
    for urgency in ("urgent", "same_day"):
        with pytest.raises(NoStaffedTime, match="not staffed in the 3 years after 2026-11-23"):
            clocks.due(posted, urgency)
    assert clocks.due(posted, "critical").due_at == posted + timedelta(minutes=30)  # needs no staffed time


def test_a_desk_with_a_last_day_says_so_after_it() -> None:
    clocks = Clocks(policy_from({"hours": {}, "exceptions": {"2026-11-23": ["09:00-18:00"]}}))
    assert shown(clocks, "2026-11-23 10:00", "urgent") == "2026-11-23 12:00"
    assert shown(clocks, "2026-11-20 10:00", "same_day") == "2026-11-23 11:00"
    with pytest.raises(NoStaffedTime):
        shown(clocks, "2026-11-23 17:00", "urgent")


def test_a_promise_longer_than_a_century_of_work_says_so() -> None:
    thin = {"hours": {"mon": ["09:00-09:01"]}, "holidays": None, "promises": {"urgent": {"within": "3650d"}}}
    with pytest.raises(NoStaffedTime, match="100 years"):
        Clocks(policy_from(thin)).due(datetime(2026, 11, 23, tzinfo=UTC), "urgent")


def test_a_long_promise_on_a_thin_desk_is_still_counted() -> None:
    thin = {"hours": {"mon": ["09:00-10:00"]}, "holidays": None, "promises": {"urgent": {"within": "200h"}}}
    assert shown(Clocks(policy_from(thin)), "2026-11-23 08:00", "urgent") == "2030-09-16 10:00"  # 199 weeks later


NOON = datetime(2026, 11, 23, 9, tzinfo=UTC)


def test_the_reasons_are_worked_out_when_they_are_read() -> None:
    due = DEFAULT.due(NOON, "urgent", "whatsapp")
    assert due.why is due.why and due == DEFAULT.due(NOON, "urgent", "whatsapp")
    assert due != DEFAULT.due(NOON, "urgent") and due != "due"  # the reasons differ
    assert len({due, DEFAULT.due(NOON, "urgent", "whatsapp")}) == 1
    assert "2026, 11, 23, 11, 0" in repr(due)
    assert pickle.loads(pickle.dumps(due)) == due


@pytest.mark.parametrize("desk", DESKS)
def test_many_at_once_are_due_as_each_is(desk: str) -> None:
    clocks = Clocks(policy_from(DESKS[desk]))
    start = datetime(2026, 3, 26, tzinfo=UTC)
    times = [start + timedelta(minutes=187 * n, microseconds=n) for n in range(120)]
    items = [(at, urgency, None, None) for at in times for urgency in ("urgent", "same_day", "critical", "none")]
    assert clocks.due_many(items) == [clocks.due(at, urgency) for at, urgency, _, _ in items]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Africa/Cairo", "Australia/Lord_Howe", "America/St_Johns"])
@pytest.mark.parametrize("year", [2006, 2026])  # until 2011 Newfoundland went back at one minute past midnight
def test_many_at_once_over_every_change_of_the_clock(zone: str, year: int) -> None:
    form = {"timezone": zone, "holidays": None, "hours": every_day("00:00-03:00", "09:00-12:00", "22:00-23:30")}
    clocks, where = Clocks(policy_from(form)), ZoneInfo(zone)
    hours = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(hours=n) for n in range(365 * 24)]
    changed = [
        at
        for at in hours
        if at.astimezone(where).utcoffset() != (at - timedelta(hours=1)).astimezone(where).utcoffset()
    ]
    assert changed
    near = [at + timedelta(minutes=n, seconds=s) for at in changed for n in range(-190, 190, 10) for s in (-1, 0, 61)]
    items = [(at, urgency, None, None) for at in near for urgency in ("urgent", "same_day")]
    dues = clocks.due_many(items)
    assert [due.due_at for due in dues] == [clocks.due(at, urgency).due_at for at, urgency, _, _ in items]


def test_many_at_once_refuse_what_one_refuses() -> None:
    assert DEFAULT.due_many([]) == []
    with pytest.raises(ClockError, match="'asap' is not one of"):
        DEFAULT.due_many([(NOON, "asap", None, None)])
    with pytest.raises(ClockError, match="has no offset"):
        DEFAULT.due_many([(NOON.replace(tzinfo=None), "urgent", None, None)])
    with pytest.raises(ClockError, match="not between the years"):
        DEFAULT.due_many([(NOON.replace(year=2300), "urgent", None, None)])
    with pytest.raises(NoStaffedTime, match="not staffed in the 3 years after 2026-11-23"):
        Clocks(policy_from({"hours": {}})).due_many([(NOON, "critical", None, None), (NOON, "urgent", None, None)])
