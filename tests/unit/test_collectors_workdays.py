"""Three business days of Turkey, as the deadlines of marketplaces count them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from collectors.workdays import ZONE, after_workdays, is_workday


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("asked", "closes"),
    [
        ("2026-11-16T10:00", "2026-11-19T10:00"),  # Monday to Thursday
        ("2026-11-19T23:59", "2026-11-24T23:59"),  # Thursday over the weekend
        ("2026-11-21T15:00", "2026-11-26T00:00"),  # Saturday counts from Monday 00:00
        ("2026-11-22T00:01", "2026-11-26T00:00"),
        # 28 October 2026 (Wednesday) is the eve of Republic Day, a half day: a business day. The 29th is not one.
        ("2026-10-27T09:00", "2026-11-02T09:00"),
        ("2026-10-28T20:00", "2026-11-03T20:00"),
        ("2026-10-29T09:00", "2026-11-04T00:00"),
        # The Feast of Sacrifice: Tuesday 26 May is its eve, 27 to 30 May are off.
        ("2026-05-25T12:00", "2026-06-02T12:00"),
        ("2025-12-31T12:00", "2026-01-06T12:00"),  # over the end of a year
    ],
)
def test_three_business_days(asked: str, closes: str) -> None:
    assert after_workdays(local(asked), 3) == local(closes)


def test_one_business_day_and_the_zone() -> None:
    # 22:30 UTC on Friday is Saturday in Turkey.
    assert after_workdays(datetime(2026, 11, 20, 22, 30, tzinfo=UTC), 1) == local("2026-11-24T00:00")
    assert after_workdays(datetime(2026, 11, 20, 12, 0, tzinfo=UTC), 1).tzinfo is UTC


def test_half_days_are_business_days() -> None:
    assert is_workday(datetime(2026, 10, 28).date()) and not is_workday(datetime(2026, 10, 29).date())
    assert is_workday(datetime(2026, 3, 19).date()) and not is_workday(datetime(2026, 3, 20).date())
