"""Posting times as spreadsheets and people write them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.dates import MONTHS, parse_date
from mention import MentionError

ISTANBUL = ZoneInfo("Europe/Istanbul")
HALF_PAST_SIX = datetime(2026, 11, 21, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "21.11.2026 09:30", "21.11.2026 09:30:00", "21.11.26 9:30", "21/11/2026 09:30", "21-11-2026 09.30",
        "2026-11-21 09:30", "2026-11-21T09:30", "2026/11/21 9:30", "2026-11-21T06:30:00Z", "2026-11-21T09:30:00+03:00",
        "21 Kasım 2026 09:30", "21 KASIM 2026, Cumartesi 09:30", "21 Kas 2026 09:30", "21 kasim 2026 saat 09:30",
        "21 Kasım 2026 Cumartesi - 09:30", "Nov 21, 2026 9:30 AM", "November 21st 2026 at 09:30", "21 Nov 2026 09:30",
        "Sat, 21 Nov 2026 06:30:00 +0000", "Cmt, 21 Kas 2026 09:30:00 +0300", "11/21/2026 9:30 am",
        "21.11.2026 9:30 ÖÖ", "1795242600", "1795242600000", "  21.11.2026   09:30  ",
        "21.11.2026 09:30:00.000",
    ],
)  # fmt: skip
def test_one_moment_in_many_writings(text: str) -> None:
    assert parse_date(text, ISTANBUL)[0] == HALF_PAST_SIX


@pytest.mark.parametrize(
    ("text", "hour"), [("21.11.2026 12:15 AM", 0), ("21.11.2026 12:15 pm", 12), ("21.11.2026 9:15 ÖS", 21)]
)
def test_half_days(text: str, hour: int) -> None:
    assert parse_date(text)[0] == datetime(2026, 11, 21, hour, 15, tzinfo=UTC)


def test_what_is_assumed_is_said() -> None:
    when, notes = parse_date("03/04/2026", ISTANBUL)
    assert when == datetime(2026, 4, 2, 21, 0, tzinfo=UTC)
    assert any("Europe/Istanbul" in note for note in notes)
    assert any("00:00" in note for note in notes) and any("day/month" in note for note in notes)
    assert parse_date("2026-11-21T09:30:00+03:00")[1] == []
    assert parse_date("21 Kasım 2026 09:30 +03:00")[1] == []
    assert parse_date("2026-11-21")[1][-1] == "published_at has no time of day; read as 00:00"


@pytest.mark.parametrize(
    "text",
    [
        "31.02.2026", "30 Şubat 2026", "21.13.2026", "13/13/2026",
        "2026-02-30", "2026-13-01T00:00", "25:00", "dün",
        "21 Brumaire 2026", "21.11.2026 24:30", "21.11.2026 09:61", "21.11.2026 13:00 PM",
        "", "   ", "46347", "x" * 9999,
        "21.11.2026 09:30 +99:00", "٣", "²" * 10, "9" * 400,
    ],
)  # fmt: skip
def test_no_date_is_made_up(text: str) -> None:
    with pytest.raises(MentionError) as raised:
        parse_date(text, ISTANBUL)
    assert raised.value.field == "published_at" and len(str(raised.value)) < 150


@given(st.text(max_size=40))
@settings(deadline=None)
def test_anything_else_is_a_mention_error(text: str) -> None:
    try:
        when, _ = parse_date(text, ISTANBUL)
    except MentionError:
        return
    assert when.tzinfo is UTC


def test_months_are_whole() -> None:
    assert set(MONTHS.values()) == set(range(1, 13))
