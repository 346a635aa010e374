"""How many deadlines a second: those of 100,000 cases, against another way of counting staffed time in the same run.

    python -m tests.performance.bench_due [CASES]

The other way is businesstimedelta where it is installed (it knows no half days), else a plain walk over the minutes. It
is given fewer calls, being slow; the ratio is per call, in processor time, our tables included. Both give the same
answers, or the days are named.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial

import holidays

from desk.clock import Clocks
from desk.deadline import Asked
from desk.policy import Policy

CALLS = 100_000
OTHER_CALLS = 500
YEARS = (datetime(2026, 1, 1, tzinfo=UTC), timedelta(days=700))
POLICY = Policy()
PROMISE = timedelta(hours=2)  # the default of `urgent`


def posts(count: int) -> list[datetime]:
    """Posting times spread over two years, the same in every run."""
    chance = random.Random(2026)
    first, span = YEARS
    return [first + timedelta(minutes=chance.randrange(span // timedelta(minutes=1))) for _ in range(count)]


def per_call(work: Callable[[datetime], object], times: list[datetime]) -> float:
    """Seconds of one call."""
    begun = time.process_time()
    for moment in times:
        work(moment)
    return (time.process_time() - begun) / len(times)


def minute_walk() -> Callable[[datetime], datetime]:
    """The deadline of two staffed hours, minute by minute."""
    full = set(holidays.country_holidays("TR", years=range(2025, 2029)))
    half = set(holidays.country_holidays("TR", years=range(2025, 2029), categories=("half_day",))) - full

    def staffed(moment: datetime) -> bool:
        local = moment.astimezone(POLICY.zone)
        at = local.hour * 60 + local.minute
        if local.date() in full:
            return False
        if local.date() in half and at >= 13 * 60:
            return False
        return any(start <= at < end for start, end in POLICY.hours.of(local.weekday()))

    def due(posted: datetime) -> datetime:
        left = PROMISE // timedelta(minutes=1)
        while left:
            left -= staffed(posted)
            posted += timedelta(minutes=1)
        return posted

    return due


def businesstimedelta_due() -> Callable[[datetime], datetime] | None:
    """The same through businesstimedelta, None where it is not installed."""
    try:
        import businesstimedelta as btd  # type: ignore[import-not-found,unused-ignore]
        import pytz  # type: ignore[import-untyped,import-not-found,unused-ignore]
    except ImportError:
        return None
    zone = pytz.timezone(POLICY.timezone)
    hours = [
        btd.WorkDayRule(
            start_time=_clock(start), end_time=_clock(end), working_days=[day], tz=zone
        )
        for day in range(7)
        for start, end in POLICY.hours.of(day)
    ]  # fmt: skip
    closed = btd.HolidayRule(holidays.country_holidays("TR"), tz=zone)
    rules = btd.Rules([*hours, closed])
    length = btd.BusinessTimeDelta(rules, hours=PROMISE // timedelta(hours=1))

    def due(posted: datetime) -> datetime:
        end: datetime = posted + length
        return end

    return due


def _clock(minutes: int) -> object:
    return (datetime.min + timedelta(minutes=minutes)).time()


def _due(clocks: Clocks, urgency: str, moment: datetime) -> object:
    return clocks.due(moment, urgency, "x")


def main(calls: int) -> None:
    """Measure and print."""
    times = posts(calls)
    fresh = Clocks(POLICY)
    for moment in (times[0], YEARS[0], YEARS[0] + YEARS[1]):  # lay the years out first: that is paid once a process
        fresh.due(moment, "urgent")
    single, bulk = {}, {}
    for urgency in ("critical", "urgent", "same_day"):
        items: list[Asked] = [(moment, urgency, "x", None) for moment in times]
        begun = time.process_time()
        fresh.due_many(items)  # the tables of the years are laid out within this time
        bulk[urgency] = (time.process_time() - begun) / calls
        few = times[: max(1, calls // 10)]
        single[urgency] = per_call(partial(_due, fresh, urgency), few)
        print(
            f"due_many {urgency:<9} {calls:>7,} cases  {1 / bulk[urgency]:>9,.0f} a second; "
            f"due, one by one, {1 / single[urgency]:>8,.0f} a second"
        )

    other, name = businesstimedelta_due(), "businesstimedelta"
    if other is None:
        other, name = minute_walk(), "minute walk"
    few = times[:OTHER_CALLS]
    slow = per_call(other, few)
    print(f"{name}, urgent only: {len(few):,} calls, {1 / slow:,.0f} a second")
    print(f"due_many is {slow / bulk['urgent']:,.0f} times as fast, due {slow / single['urgent']:,.0f} times")
    mine = fresh.due_many([(moment, "urgent", "x", None) for moment in few])
    differ = [moment for moment, answer in zip(few, mine, strict=True) if answer.due_at != other(moment)]
    days = sorted({moment.astimezone(POLICY.zone).date() for moment in differ})
    print(f"answers that differ: {len(differ)} of {len(few)}{_sample(days)}")


def _sample(days: list[date]) -> str:
    return f" (posted {', '.join(map(str, days[:8]))}{' …' if len(days) > 8 else ''})" if days else ""


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else CALLS)
