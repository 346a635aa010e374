"""Dates as forums show them, in Turkish and English, beside the time of the crawl."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.spiders.posted import edited_at, posted_at
from mention import MentionError

ISTANBUL = ZoneInfo("Europe/Istanbul")
NOW = datetime(2026, 11, 21, 11, 5, tzinfo=UTC)  # Saturday, 14:05 in Istanbul


@pytest.mark.parametrize(
    ("shown", "local"),
    [
        ("Bugün 14:05", "2026-11-21 14:05"),
        ("Bugün, 09:30", "2026-11-21 09:30"),
        ("DÜN 23:59", "2026-11-20 23:59"),
        ("dün saat 08.15", "2026-11-20 08:15"),
        ("Dün", "2026-11-20 00:00"),
        ("evvelsi gün 10:00", "2026-11-19 10:00"),
        ("Today at 2:05 PM", "2026-11-21 14:05"),
        ("Yesterday at 12:15 AM", "2026-11-20 00:15"),
        ("2 saat önce", "2026-11-21 12:05"),
        ("1 saat 5 dakika önce", "2026-11-21 13:00"),
        ("yaklaşık 1 saat önce", "2026-11-21 13:05"),
        ("bir dakika önce", "2026-11-21 14:04"),
        ("10 dk önce", "2026-11-21 13:55"),
        ("3 gün önce", "2026-11-18 14:05"),
        ("2 weeks ago", "2026-11-07 14:05"),
        ("an hour ago", "2026-11-21 13:05"),
        ("az önce", "2026-11-21 14:05"),
        ("Just now", "2026-11-21 14:05"),
        ("Pazartesi 14:05", "2026-11-16 14:05"),
        ("Cumartesi, 13:00", "2026-11-14 13:00"),
        ("Friday at 10:02 PM", "2026-11-20 22:02"),
        ("21 Kasım 14:05", "2026-11-21 14:05"),
        ("22 Kasım 09:00", "2026-11-22 09:00"),
        ("5 Aralık, 10:00", "2025-12-05 10:00"),
        ("29 Şubat 10:00", "2024-02-29 10:00"),
        ("Kasım 20, 10:00", "2026-11-20 10:00"),
        ("21 Kas 2026, 14:05", "2026-11-21 14:05"),
        ("21 Kasım 2026 Cumartesi 14:05:33", "2026-11-21 14:05:33"),
        ("21.11.2026 14:05 ~ 15:10", "2026-11-21 14:05"),
        ("21.11.2026 14:05 (düzenlendi)", "2026-11-21 14:05"),
        ("21/11/2026 - 14:05", "2026-11-21 14:05"),
        ("1 IŞIK", None),
        ("Nov. 21, 2026, 9:23 p.m.", "2026-11-21 21:23"),
        ("Nov. 21, 2026, 9 p.m.", "2026-11-21 21:00"),
        ("March 3, 2026, noon", "2026-03-03 12:00"),
        ("Nov. 21, 2026, midnight", "2026-11-21 00:00"),
        ("Sat Nov 21, 2026 2:05 pm", "2026-11-21 14:05"),
        ("2026-11-21T11:05:00+00:00", "2026-11-21 14:05"),
        ("1795259100", "2026-11-21 14:05"),
        ("  21   Kasım\n2026 14:05 ", "2026-11-21 14:05"),
        ("31 Kasım 10:00", None),
        ("Bugün 25:00", None),
        ("5 elma önce", None),
        ("dünya 10:00", None),
        ("", None),
    ],
)
def test_what_a_forum_shows(shown: str, local: str | None) -> None:
    if local is None:
        with pytest.raises(MentionError, match="is not a date and time"):
            posted_at(shown, NOW, ISTANBUL)
        return
    expected = datetime.fromisoformat(local).replace(tzinfo=ISTANBUL)
    found = posted_at(shown, NOW, ISTANBUL)
    assert found == expected and found.utcoffset() == timedelta(0)


def test_days_are_those_of_the_forum_and_not_of_utc() -> None:
    late = datetime(2026, 11, 21, 22, 30, tzinfo=UTC)  # 01:30 on the 22nd in Istanbul
    assert posted_at("Bugün 01:10", late, ISTANBUL) == datetime(2026, 11, 21, 22, 10, tzinfo=UTC)
    assert posted_at("Dün 23:50", late, ISTANBUL) == datetime(2026, 11, 21, 20, 50, tzinfo=UTC)


def test_a_form_from_the_site_file_is_taken_by_its_letter() -> None:
    assert posted_at("11/21/26 14:05", NOW, ISTANBUL, "%m/%d/%y %H:%M") == NOW
    with pytest.raises(MentionError, match="is not of the form '%m/%d/%y %H:%M'"):
        posted_at("Bugün 14:05", NOW, ISTANBUL, "%m/%d/%y %H:%M")


@given(
    st.text(max_size=60) | st.from_regex(r"[0-9a-zığüşöç:., ]{0,40}(önce|ago|dün|Kasım)?[0-9:. ]{0,10}", fullmatch=True)
)
def test_any_text_is_a_time_or_a_sentence(shown: str) -> None:
    try:
        found = posted_at(shown, NOW, ISTANBUL)
    except MentionError as error:
        assert error.field == "published_at"
    else:
        assert found.utcoffset() == timedelta(0)


@given(st.datetimes(datetime(2026, 11, 20), datetime(2026, 11, 21, 14, 5)))
def test_today_and_yesterday_are_read_back(local: datetime) -> None:
    day = "Bugün" if local.day == 21 else "Dün"
    found = posted_at(f"{day} {local:%H:%M}", NOW, ISTANBUL)
    assert found == local.replace(second=0, microsecond=0, tzinfo=ISTANBUL)


@pytest.mark.parametrize(
    ("shown", "local"),
    [
        ("21.11.2026 14:05 ~ 15:10", "2026-11-21 15:10"),
        ("20.11.2026 23:50 ~ 21.11.2026 09:05", "2026-11-21 09:05"),
        ("15.02.1999 ~ 21.11.2026 09:05", "2026-11-21 09:05"),
        ("21.11.2026 14:05", None),
        ("21.11.2026 14:05 ~ bir ara", None),
        ("21.11.2026 14:05 ~ 25:10", None),
        ("~ 15:10", None),
    ],
)
def test_when_a_post_was_edited(shown: str, local: str | None) -> None:
    expected = local and datetime.fromisoformat(local).replace(tzinfo=ISTANBUL).astimezone(UTC)
    assert edited_at(shown, NOW, ISTANBUL) == expected
