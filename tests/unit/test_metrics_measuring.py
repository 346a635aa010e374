"""Numbers of many cases: nothing is lost, nothing counted twice, and what came later changes nothing before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.metrics.cohort import MADE, Cohort
from desk.metrics.facts import CaseFacts, Wait
from desk.metrics.figures import Group, Numbers, key_of
from desk.metrics.measuring import cases_behind, measure
from desk.metrics.period import Period
from desk.metrics.winning import Ways, minutes_of, quickest_quarter

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = Period(date(2026, 10, 19), date(2026, 10, 25), BERLIN)  # it ends with the night that has an hour twice
NOW = datetime(2026, 10, 26, 9, tzinfo=UTC)
NOTHING = timedelta(0)


def wait(posted: datetime, minutes: float, outcome: str, clock: str = "first_answer", **more: Any) -> Wait:
    """A wait with a deadline after two hours; it ends in an answer where its outcome or `ended` says so."""
    length, due = timedelta(minutes=minutes), posted + timedelta(hours=2)
    over = more.pop("ended", outcome == "met")
    aside = posted + length if outcome == "aside" else None
    late = max(NOTHING, posted + length - due) if outcome == "missed" else NOTHING
    took = more.pop("pieces", {"pick_up": length})
    return Wait(
        clock, posted, due, posted + length if over else None, aside, "urgent", outcome, length, length, late,
        more.pop("by", "Elif" if over else ""), "pick_up" if late else "", late, took, "pick_up",
    )  # fmt: skip


def case(number: int, posted: datetime, first: Wait | None, **about: str) -> CaseFacts:
    told = {"channel": "x", "topic": "courier", "agent": first.by or None if first else None, **about}
    return CaseFacts(number, posted, posted + timedelta(minutes=1), first, (), None, told)


@st.composite
def cases(draw: st.DrawFn) -> list[CaseFacts]:
    found = []
    for number in range(1, draw(st.integers(0, 25)) + 1):
        posted = WEEK.before.start + timedelta(minutes=draw(st.integers(0, 14 * 1440)))
        outcome = draw(st.sampled_from(["met", "missed", "undecided", "aside", "none"]))
        minutes = {"met": st.integers(0, 120), "missed": st.integers(121, 5000), "undecided": st.integers(0, 120)}
        length = draw(minutes.get(outcome, st.integers(0, 5000)))
        ended = outcome == "met" or (outcome == "missed" and draw(st.booleans()))
        first = None if outcome == "none" else wait(posted, length, outcome, ended=ended)
        found.append(case(number, posted, first, channel=draw(st.sampled_from(["x", "email", "forum"]))))
    return found


def value(numbers: Numbers, id: str) -> float | None:
    return numbers.figure(id).value


few = settings(deadline=None, max_examples=8)  # each example reckons a whole report, some several


@few
@given(cases())
def test_no_case_is_lost_or_counted_twice(facts: list[CaseFacts]) -> None:
    numbers = measure(facts, WEEK, NOW)
    mine = [one for one in facts if WEEK.holds(one.posted_at)]
    wanted = [one for one in mine if one.first is not None]
    assert value(numbers, "cases") == len(wanted)
    assert value(numbers, "no_answer_due") == len(mine) - len(wanted)
    for id in ("within_promise", "same_day"):
        share = numbers.figure(id)
        in_time = sum(one.first.outcome == "aside" for one in wanted if one.first)
        assert share.met + share.missed + share.undecided + in_time == len(wanted)
    for groups in numbers.groups.values():
        assert sum(one.n for one in groups) == len(wanted)
    assert sum(day.n for day in numbers.days) == sum(hour.n for hour in numbers.heat) == len(wanted)
    assert [day.day for day in numbers.days] == [each.first for each in WEEK.each_day()]
    in_classes = sum(one.n for one in numbers.classes)
    assert in_classes == sum(one.first.outcome != "aside" for one in wanted if one.first)
    breaches = numbers.figure("breaches").value
    assert breaches == len(numbers.breaches) == sum(many for many, _ in numbers.causes.values())


@few
@given(cases(), cases())
def test_a_later_period_changes_nothing_before(facts: list[CaseFacts], more: list[CaseFacts]) -> None:
    later = [CaseFacts(one.case_id + 100, one.posted_at + timedelta(days=15), None, None, (), None, {}) for one in more]
    assert measure([*facts, *later], WEEK, NOW) == measure(facts, WEEK, NOW)


@few
@given(cases())
def test_a_group_is_what_its_cases_are_alone(facts: list[CaseFacts]) -> None:
    for grouped in measure(facts, WEEK, NOW).groups["channel"]:
        alone = measure([one for one in facts if one.about["channel"] == grouped.group.key], WEEK, NOW)
        for figure in grouped.figures:
            whole = alone.figure(figure.id)
            assert (figure.value, figure.n, figure.low, figure.high) == (whole.value, whole.n, whole.low, whole.high)


@settings(deadline=None, max_examples=3)
@given(cases())
def test_every_key_leads_to_as_many_cases_as_the_number_says(facts: list[CaseFacts]) -> None:
    numbers = measure(facts, WEEK, NOW, persons=True)

    def behind(key: str) -> int:
        return len(cases_behind(facts, key, WEEK, NOW))

    for figure in numbers.figures:
        if MADE[figure.id][0] == "count":
            assert behind(figure.key) == figure.value
    share = numbers.figure("within_promise")
    assert [behind(key_of("within_promise", part)) for part in ("met", "missed", "undecided")] == [
        share.met, share.missed, share.undecided,
    ]  # fmt: skip
    for one in numbers.groups["channel"]:
        assert behind(one.figures[0].key) == one.n
    for day in numbers.days:
        assert behind(day.figures[0].key) == day.n
    assert sum(behind(one.key) for one in numbers.classes) == sum(one.n for one in numbers.classes)
    assert all(behind(one.key) == one.n for one in numbers.heat if one.n)


def test_the_night_with_an_hour_twice_has_both_in_one_field() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 02:30 in summer time
    facts = [case(n, first + timedelta(hours=n), wait(first + timedelta(hours=n), 10, "met")) for n in (0, 1)]
    numbers = measure(facts, WEEK, NOW)
    assert [(one.weekday, one.hour, one.n) for one in numbers.heat if one.n] == [(6, 2, 2)]
    assert numbers.days[-1].n == 2


def spread(number: int, minutes: Sequence[float], start: datetime, **about: str) -> list[CaseFacts]:
    return [
        case(number + n, start + timedelta(minutes=n), wait(start + timedelta(minutes=n), length, "met"), **about)
        for n, length in enumerate(minutes)
    ]


def test_better_is_said_only_beyond_chance() -> None:
    before = spread(1, range(40, 100), WEEK.before.start)
    quick = measure([*before, *spread(100, range(5, 40), WEEK.start)], WEEK, NOW).figure("first_answer_median")
    assert quick.before == 69 * 60 and quick.before_n == 60 and quick.change is not None
    assert quick.change.told_apart and quick.better is True and not quick.few
    alike = measure([*before, *spread(100, range(38, 98), WEEK.start)], WEEK, NOW).figure("first_answer_median")
    assert alike.change is not None and alike.change.value < 0 and alike.better is None
    few = measure([*before, *spread(100, range(5, 14), WEEK.start)], WEEK, NOW).figure("first_answer_median")
    assert few.few and few.n == 9


def test_open_cases_keep_the_median_from_looking_good() -> None:
    start = WEEK.start
    answered = spread(1, [10] * 4, start)
    waiting = [case(n, start, wait(start, 3000, "missed", ended=False)) for n in range(10, 16)]
    numbers = measure([*answered, *waiting], WEEK, NOW)
    median = numbers.figure("first_answer_median")
    assert (median.value, median.state, median.n, median.open) == (None, "not_reached", 10, 6)
    assert value(numbers, "first_answer_worst") == 3000 * 60 and value(numbers, "overdue_now") == 6
    share = numbers.figure("within_promise")
    assert (share.met, share.missed, share.value, share.least) == (4, 6, 0.4, 0.4)


def test_people_are_in_the_order_of_their_names_and_only_for_who_may_see_them() -> None:
    facts = spread(1, [10], WEEK.start)
    facts += [case(n, WEEK.start, wait(WEEK.start, n, "met", by="Ada")) for n in range(2, 9)]
    assert [one.group.key for one in measure(facts, WEEK, NOW, persons=True).groups["agent"]] == ["Ada", "Elif"]
    assert "agent" not in measure(facts, WEEK, NOW).groups
    assert Group("channel", None).name("tr") == "bilinmiyor"


def test_the_largest_avoidable_piece_is_above_the_desks_own_best() -> None:
    start = WEEK.start
    facts = []
    for n in range(20):
        took = {"thinking": timedelta(minutes=60), "pick_up": timedelta(minutes=10 if n < 10 else 40)}
        posted = start + timedelta(hours=n)
        first = wait(posted, sum(took.values(), NOTHING).total_seconds() / 60, "met", pieces=took)
        facts.append(case(n, posted, first, channel="x" if n < 10 else "email"))
    numbers = measure(facts, WEEK, NOW)
    assert numbers.minutes is not None and numbers.minutes.suggestion is not None
    assert numbers.minutes.piece("thinking").total_s > numbers.minutes.piece("pick_up").total_s
    assert numbers.minutes.largest == "pick_up", (
        "thinking takes every case as long, so nothing of it is shown to be avoidable"
    )
    assert numbers.minutes.piece("pick_up").avoidable_s == 10 * 30 * 60
    evidence = numbers.minutes.suggestion.evidence
    assert "5 h in 20 cases" in evidence.en and "10 min at most" in evidence.en and "(channel: E" in evidence.en
    assert "20 kayıtta toplam 5 saat" in evidence.tr and "(kanal: " in evidence.tr
    assert minutes_of(Ways.of(Cohort(facts[:9], BERLIN, NOW))).largest is None, "nine are too few to say"


@pytest.mark.parametrize(
    ("values", "quartile"), [([], 0), ([7], 7), ([4, 3, 2, 1], 1), ([5, 4, 3, 2, 1], 2), (list(range(1, 9)), 2)]
)
def test_the_quickest_quarter(values: list[float], quartile: float) -> None:
    assert quickest_quarter(values) == quartile


@pytest.mark.parametrize(
    "key",
    ["", "cases", "cases.most", "nothing.all", "cases.all@colour=red", "cases.all~yesterday", "hour.9", "class.99",
     "minutes_piece.tea", "cases.all@", "<script>"],
)  # fmt: skip
def test_a_key_of_no_number_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="names no number of a report"):
        cases_behind([], key, WEEK, NOW)


def test_a_key_of_an_unknown_figure_is_not_made() -> None:
    with pytest.raises(ValueError, match="is no figure"):
        key_of("nothing")
    with pytest.raises(ValueError, match="is not one of"):
        key_of("cases", "most")
