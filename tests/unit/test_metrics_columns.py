"""Cases reckoned together are what each is alone; columns say what objects and the textbooks' own code say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import CensoredData, ecdf

from desk.calendar import to_us
from desk.metrics.estimates import Survival
from desk.metrics.facts import CaseFacts, Reckoning, Story, facts_of
from desk.metrics.local import LocalTimes, day_number
from desk.metrics.table import Table
from store.measuring import ABOUT, Line, Told, What
from tests.unit.metrics_example import CLOCKS, NOON, STORIES, story
from tests.unit.test_metrics_facts import stories


def told(one: Story, case_id: int) -> Told:
    """A story as the store tells it."""
    lines = [
        Line(line.id, line.mention_id, to_us(line.at), to_us(line.recorded_at), What(line.type, line.by, line.data))
        for line in one.events
    ]
    about = tuple(one.about.get(name) for name in ABOUT)
    return Told(case_id, lines, {mention: to_us(at) for mention, at in one.seen.items()}, about)


def together(found: list[Story]) -> tuple[list[CaseFacts], Reckoning]:
    reckoning = Reckoning(CLOCKS, NOON)
    for number, one in enumerate(found):
        reckoning.add(told(one, number))
    return reckoning.table().facts(), reckoning


@settings(max_examples=30)
@given(st.lists(stories(), min_size=2, max_size=12))
def test_many_together_are_what_each_is_alone(found: list[Story]) -> None:
    alone = [facts_of(Story(n, one.events, one.seen, one.about), CLOCKS, NOON) for n, one in enumerate(found)]
    assert together(found)[0] == [one for one in alone if one is not None]


def test_a_course_is_reckoned_once_whatever_time_it_took() -> None:
    quick, slow = (
        story(1, ("09:00", "customer_posted", "customer", {"urgency": "same_day"}), (there, "assigned", f"agent:{by}",
              {"to": by, "from": None}), (then, "answered", f"agent:{by}"), seen="09:01")
        for there, then, by in (("09:05", "09:06", "Elif"), ("15:00", "18:30", "Mert"))
    )  # fmt: skip
    facts, reckoning = together([quick, slow])
    assert len(reckoning._courses._known) == 1
    assert [one.first.outcome for one in facts if one.first] == ["met", "missed"]
    assert [one.about["agent"] for one in facts] == ["Elif", "Mert"]
    other = story(
        1, ("09:00", "customer_posted", "customer", {"urgency": "same_day"}), ("09:05", "answered", "agent:E"),
        ("09:06", "assigned", "agent:E", {"to": "E", "from": None}), seen="09:01",
    )  # fmt: skip
    assert len(together([quick, slow, other])[1]._courses._known) == 2


def test_giving_a_case_away_is_another_course_than_taking_it() -> None:
    given, taken = (
        story(1, ("09:00", "customer_posted", "customer", {"urgency": "same_day"}),
              ("09:05", "assigned", f"agent:{by}", {"to": "Elif", "from": "Mert"}), ("09:30", "answered", "agent:Elif"),
              seen="08:59")
        for by in ("Ada", "Elif")
    )  # fmt: skip
    facts, _ = together([given, taken])
    waits = [one.first.pieces["pick_up"] for one in facts if one.first]
    assert waits == [timedelta(minutes=30), timedelta(minutes=5)]
    assert all(one.reassigned for one in facts)


def test_a_table_of_objects_gives_them_back() -> None:
    facts = [one for one in (facts_of(each, CLOCKS, NOON) for each in STORIES) if one is not None]
    assert Table.of(facts).facts() == facts
    backwards = np.arange(len(facts))[::-1]
    assert Table.of(facts).chosen(backwards).facts() == facts[::-1]


@settings(max_examples=200)
@given(
    st.sampled_from(["Europe/Istanbul", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Africa/Cairo"]),
    st.lists(st.datetimes(datetime(1985, 1, 1), datetime(2030, 1, 1)), max_size=20),
    st.booleans(),
)
def test_local_times_are_those_of_the_zone(name: str, found: list[datetime], close: bool) -> None:
    zone = ZoneInfo(name)
    moments = [at.replace(tzinfo=UTC) for at in found]
    if close:  # many around one change of the clock, some zones' at a minute past midnight
        change = datetime(2006, 4, 2, 3, 31, tzinfo=UTC) if name == "America/St_Johns" else datetime(
            2026, 10, 25, 1, tzinfo=UTC)  # fmt: skip
        moments += [change + timedelta(minutes=minute) for minute in range(-90, 90, 7)]
    told = LocalTimes.of(np.array([to_us(at) for at in moments], dtype=np.int64), zone)
    local = [at.astimezone(zone) for at in moments]
    assert told.day.tolist() == [day_number(at.date()) for at in local]
    assert told.weekday.tolist() == [at.weekday() for at in local]
    assert told.hour.tolist() == [at.hour for at in local]


@pytest.mark.filterwarnings("ignore:The confidence interval is undefined")
@given(st.lists(st.tuples(st.floats(0, 1e6), st.booleans()), min_size=1, max_size=60))
def test_a_survival_curve_is_scipys_to_the_last_digit(samples: list[tuple[float, bool]]) -> None:
    times, over = np.array([at for at, _ in samples]), np.array([ended for _, ended in samples])
    mine = Survival(times, over)
    if not over.any():
        return
    found = ecdf(CensoredData(uncensored=times[over], right=times[~over])).sf
    band = found.confidence_interval(0.95, method="log-log")
    assert np.array_equal(mine._at, found.quantiles) and np.array_equal(mine._share, found.probabilities)
    known = ~np.isnan(band.low.probabilities)
    assert np.array_equal(mine._low[known], band.low.probabilities[known])
    assert np.array_equal(mine._high[known], band.high.probabilities[known])
