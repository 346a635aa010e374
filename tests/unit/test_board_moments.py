"""Times, lengths and numbers as people in Turkey and elsewhere write them, in the desk's zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from board.moments import Moments, epoch_ms
from board.texts import texts

NOW = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)  # Saturday 18:00 in Istanbul


def moments(language: str) -> Moments:
    return Moments(texts(language), ZoneInfo("Europe/Istanbul"), NOW)


@pytest.mark.parametrize(
    ("at", "turkish", "english"),
    [
        (NOW, "18:00", "18:00"),
        (NOW + timedelta(hours=5, minutes=59), "23:59", "23:59"),
        (NOW + timedelta(hours=6), "yarın 00:00", "tomorrow 00:00"),
        (NOW - timedelta(hours=18, minutes=1), "dün 23:59", "yesterday 23:59"),
        (NOW + timedelta(days=2, hours=-7), "Pzt 11:00", "Mon 11:00"),
        (NOW - timedelta(days=3), "18 Kas 18:00", "18 Nov 18:00"),
        (NOW - timedelta(days=400), "17 Eki 2025 18:00", "17 Oct 2025 18:00"),
    ],
)
def test_a_moment_is_said_as_people_say_it(at: datetime, turkish: str, english: str) -> None:
    assert moments("tr").near(at) == turkish
    assert moments("en").near(at) == english


@pytest.mark.parametrize(
    ("seconds", "turkish", "english"),
    [
        (0, "0 sn", "0 s"),
        (59.9, "59 sn", "59 s"),
        (60, "1 dk", "1 min"),
        (3725, "1 sa 2 dk", "1 h 2 min"),
        (90_000, "1 gün 1 sa", "1 d 1 h"),
        (86_400 * 1200, "1.200 gün", "1,200 d"),
    ],
)
def test_a_length_has_its_two_largest_units(seconds: float, turkish: str, english: str) -> None:
    assert moments("tr").length(seconds) == turkish
    assert moments("en").length(seconds) == english


@pytest.mark.parametrize(
    ("hour", "minute", "said"),
    [
        (14, 5, "14:05’ten"), (14, 10, "14:10’dan"), (14, 20, "14:20’den"), (14, 30, "14:30’dan"),
        (14, 40, "14:40’tan"),
        (14, 50, "14:50’den"), (14, 36, "14:36’dan"), (14, 9, "14:09’dan"), (14, 1, "14:01’den"), (14, 3, "14:03’ten"),
        (14, 0, "14:00’ten"), (16, 0, "16:00’dan"), (10, 0, "10:00’dan"), (0, 0, "00:00’dan"), (17, 28, "17:28’den"),
    ],
)  # fmt: skip
def test_since_when_has_the_ending_that_the_number_sounds(hour: int, minute: int, said: str) -> None:
    at = NOW.astimezone(ZoneInfo("Europe/Istanbul")).replace(hour=hour, minute=minute)
    assert moments("tr").since(at) == said and moments("en").since(at) == said[:5]


def test_a_share_is_never_rounded_up_to_all_of_it() -> None:
    assert moments("tr").percent_floor(0.9996) == "%99,9" and moments("en").percent_floor(0.9996) == "99.9%"
    assert moments("tr").percent_floor(1.0) == "%100" and moments("en").percent_floor(0.0) == "0%"


def test_numbers() -> None:
    assert moments("tr").percent(0.884) == "%88" and moments("en").percent(0.884) == "88%"
    assert moments("tr").compact(3412) == "3,4\u00a0B" and moments("en").compact(3412) == "3.4K"
    assert moments("tr").number(12500.5) == "12.500,5"


def test_the_browser_gets_milliseconds() -> None:
    assert epoch_ms(NOW) == 1795273200000 and epoch_ms(None) is None
