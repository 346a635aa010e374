"""The sweeper on real stores: each share once, to whose it is, never after an answer, whatever is killed in between."""

from __future__ import annotations

import os
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any

import pytest

from desk import sweeper as sweeper_file
from desk.calendar import Calendar, from_us, to_us
from desk.sweeper import Sweeper, Swept
from desk.warnings import Recipient
from store import Store
from store import events as event_log
from store import warnings as warning_store
from tests.integration.warned_desk import FRIDAY, PEOPLE, WarnedDesk, minutes, settings


@pytest.fixture
def desk(store: Store) -> WarnedDesk:
    return WarnedDesk(store)


def test_each_share_once_to_the_assignee_and_the_last_to_the_lead_too(desk: WarnedDesk) -> None:
    case_id = desk.open(FRIDAY, "critical", "Elif")
    sweeper = desk.sweeper()
    for second in range(0, 45 * 60, 15):
        sweeper.run(FRIDAY + timedelta(seconds=second))
    assert desk.warnings() == [
        (case_id, "first_answer", percent, "told", minutes(at)) for percent, at in ((50, 15), (80, 24), (100, 30))
    ]
    assert [len(desk.messages_to(name)) for name in ("Elif", "Mert", "Zeynep")] == [3, 0, 1]
    assert desk.messages_to("Elif")[1] == f"N-{case_id} · ilk yanıt · %80 doldu, 6 dk kaldı · son an 09:30"
    assert desk.messages_to("Zeynep") == [f"N-{case_id} · ilk yanıt · süre doldu, 0 dk geçti · son an 09:30 · Elif"]
    with desk.store.read() as tx:
        told = [event.data["percent"] for event in event_log.of_case(tx, case_id) if event.type == "warned"]
        assert event_log.verify_chain(tx, desk.brand) == []
    assert told == [50, 80, 100]


def test_after_a_long_sleep_only_the_highest_is_told(desk: WarnedDesk) -> None:
    case_id = desk.open(FRIDAY)
    assert desk.sweeper().run(minutes(26)) == Swept(warned=1, skipped=1, messages=3)
    assert desk.told(case_id) == [(50, "skipped"), (80, "told")]
    assert desk.sweeper().run(minutes(27)) == Swept()


@pytest.mark.parametrize("status", ["answered", "resolved", "set_aside"])
def test_nothing_of_a_case_that_wants_no_answer(desk: WarnedDesk, status: str) -> None:
    case_id = desk.open(FRIDAY)
    desk.act(case_id, status, minutes(5), status=status)
    assert desk.sweeper().run(minutes(60)) == Swept() and desk.warnings() == []


def test_an_answer_between_the_look_and_the_record_wins(desk: WarnedDesk) -> None:
    case_id, other = desk.open(FRIDAY), desk.open(FRIDAY)
    sweeper = desk.sweeper()
    found = sweeper._to_warn(minutes(20))
    assert found == [case_id, other]
    desk.answer(case_id, minutes(20) + timedelta(seconds=3))  # the agent's clock is a little ahead of the sweep's
    sweeper._record(found, minutes(20))
    assert desk.told(case_id) == [] and desk.told(other) == [(50, "told")]


@pytest.mark.parametrize(
    ("type", "columns"),
    [
        ("resolved", {"status": "resolved"}),  # it ends no answer clock, but nobody is to answer any more
        ("set_aside", {"status": "set_aside"}),
        ("snoozed", {"snoozed_until": minutes(60)}),
    ],
)
def test_so_does_a_case_closed_or_put_off_between_them(desk: WarnedDesk, type: str, columns: dict[str, Any]) -> None:
    case_id = desk.open(FRIDAY, assignee="Elif")
    sweeper = desk.sweeper()
    found = sweeper._to_warn(minutes(20))
    desk.act(case_id, type, minutes(20), **columns)
    sweeper._record(found, minutes(20))
    assert found == [case_id] and desk.warnings() == []


def test_what_is_put_off_before_its_message_waits_with_it(desk: WarnedDesk) -> None:
    case_id = desk.open(FRIDAY, assignee="Elif")
    sweeper = desk.sweeper()
    sweeper._record(sweeper._to_warn(minutes(15)), minutes(15))
    desk.act(case_id, "snoozed", minutes(15), snoozed_until=minutes(20))
    assert sweeper.run(minutes(16)) == Swept() and desk.messages_to("Elif") == []
    assert sweeper.run(minutes(20)).messages == 1 and len(desk.messages_to("Elif")) == 1
    assert desk.told(case_id) == [(50, "told")]


def test_an_answer_before_the_message_withdraws_it(desk: WarnedDesk) -> None:
    case_id = desk.open(FRIDAY, assignee="Elif")
    sweeper = desk.sweeper()
    sweeper._record(sweeper._to_warn(minutes(20)), minutes(20))
    desk.answer(case_id, minutes(20))
    assert sweeper.run(minutes(20.25)) == Swept()
    assert [notice.state for notice in desk.notices()] == ["withdrawn"] and desk.alerts() == []


def test_a_snoozed_case_is_told_when_it_comes_back(desk: WarnedDesk) -> None:
    case_id = desk.open(FRIDAY, assignee="Elif")
    desk.act(case_id, "snoozed", minutes(5), snoozed_until=minutes(27))
    sweeper = desk.sweeper()
    assert sweeper.run(minutes(26)) == Swept() and desk.warnings() == []
    assert sweeper.run(minutes(27)).warned == 1
    assert desk.told(case_id) == [(50, "skipped"), (80, "told")]


def test_a_warning_that_waits_follows_the_case_to_whose_it_is(desk: WarnedDesk) -> None:
    first = desk.open(FRIDAY, assignee="Elif")
    second = desk.open(FRIDAY + timedelta(seconds=15), assignee="Elif")
    sweeper = desk.sweeper()
    sweeper.run(minutes(15))
    sweeper.run(minutes(15.25))  # the second has to wait for Elif's minute
    assert [notice.state for notice in desk.notices()] == ["told", "held"]
    desk.act(second, "assigned", minutes(15.5), assignee="Mert")
    sweeper.run(minutes(15.5))
    assert [(n.person, n.case_id, n.state) for n in desk.notices()] == [
        ("Elif", first, "told"), ("Elif", second, "withdrawn"), ("Mert", second, "told"),
    ]  # fmt: skip
    assert len(desk.messages_to("Elif")) == len(desk.messages_to("Mert")) == 1


def test_given_away_and_back_while_it_waits_is_told_once(desk: WarnedDesk) -> None:
    desk.open(FRIDAY, assignee="Elif")
    second = desk.open(FRIDAY + timedelta(seconds=15), assignee="Elif")
    sweeper = desk.sweeper()
    sweeper.run(minutes(15))
    desk.act(second, "assigned", minutes(15.2), assignee="Elif")
    sweeper.run(minutes(15.25))
    sweeper._people = lambda at: (PEOPLE[1],)  # Elif's name is gone from the settings for a moment
    sweeper.run(minutes(15.3))
    sweeper._people = lambda at: PEOPLE
    sweeper.run(minutes(17))
    states = Counter((n.person, n.state) for n in desk.notices() if n.case_id == second)
    assert states == {("Elif", "withdrawn"): 1, ("Mert", "told"): 1}


def test_quiet_hours_hold_until_their_end_and_an_answer_at_night_withdraws(store: Store) -> None:
    around = {day: ["00:00-24:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    desk = WarnedDesk(store, settings(desk={"hours": around}))
    night = FRIDAY.replace(hour=19)  # 22:00 in Istanbul
    waiting = [desk.open(night - timedelta(minutes=n), "urgent", "Elif") for n in (50, 55)]
    answered = desk.open(night - timedelta(minutes=45), "urgent", "Elif")
    critical = desk.open(night, "critical", "Elif")
    sweeper = desk.sweeper()
    for minute in range(0, 150):
        sweeper.run(night + timedelta(minutes=minute))
    desk.answer(answered, night + timedelta(minutes=150))
    told = {n.case_id for n in desk.notices() if n.state == "told"}
    assert told == {critical} and len(desk.messages_to("Elif")) == 3
    for minute in range(560, 580):  # the quiet hours end at 07:30
        sweeper.run(night + timedelta(minutes=minute))
    morning = desk.messages_to("Elif")[3:]
    assert len(morning) == 1 and [f"N-{case_id} " in morning[0] for case_id in (*waiting, answered, critical)] == [
        True, True, False, False,
    ]  # fmt: skip
    assert not [n for n in desk.notices() if n.state == "held"]


def test_a_promise_shortened_or_lengthened_on_the_way(desk: WarnedDesk) -> None:
    case_id = desk.open(FRIDAY, "urgent", "Elif")
    sweeper = desk.sweeper()
    sweeper.run(minutes(60))
    with desk.store.write() as tx:
        event_log.append(
            tx, desk.brand, type="urgency_changed", at=minutes(61), by="agent:Elif", recorded_at=minutes(61),
            case_id=case_id, data={"urgency": "critical"},
        )  # fmt: skip
    desk.act(case_id, "note", minutes(61), urgency="critical")
    sweeper.run(minutes(61))
    assert desk.told(case_id) == [(50, "told"), (80, "skipped"), (100, "told")]


def test_the_customer_writes_again_and_the_next_clock_warns_of_its_own(desk: WarnedDesk) -> None:
    case_id = desk.open(FRIDAY, "critical", "Elif")
    desk.answer(case_id, minutes(10))
    desk.act(case_id, "customer_wrote", minutes(20), by="customer", status="assigned")
    sweeper = desk.sweeper()
    sweeper.run(minutes(35))
    assert [entry[1:4] for entry in desk.warnings()] == [("next_answer", 50, "told")]


def test_without_people_it_is_recorded_all_the_same(desk: WarnedDesk) -> None:
    case_id = desk.open(FRIDAY)
    nobody: Callable[[datetime], Sequence[Recipient]] = lambda at: ()  # noqa: E731
    Sweeper(desk.store, desk.settings, nobody).run(minutes(16))
    assert desk.told(case_id) == [(50, "told")] and desk.alerts() == []


def test_a_sweep_of_unchanged_cases_reads_no_events(desk: WarnedDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(20):
        desk.open(FRIDAY)
    sweeper = desk.sweeper()
    sweeper.run(minutes(1))
    asked: list[int] = []
    real = warning_store.events_of
    monkeypatch.setattr(warning_store, "events_of", lambda tx, ids: (asked.extend(ids), real(tx, ids))[1])
    for second in range(60, 120, 15):
        sweeper.run(FRIDAY + timedelta(seconds=second))
    assert asked == []
    desk.act(7, "note", minutes(3))
    sweeper.run(minutes(3))
    assert asked == [7]


# --- a day, with restarts, answers that race, and everything counted against a walk that knows no store ---


class Racing(Sweeper):
    """A sweeper between whose look and record, and record and message, things happen."""

    before_record: Callable[[], None] = staticmethod(lambda: None)
    before_tell: Callable[[], None] = staticmethod(lambda: None)

    def _record(self, case_ids: Sequence[int], now: datetime) -> tuple[int, int]:
        self.before_record()
        return super()._record(case_ids, now)

    def _tell(self, now: datetime) -> int:
        self.before_tell()
        return super()._tell(now)


def thresholds(calendar: Calendar, posted: datetime, urgency: str) -> dict[int, datetime]:
    """When each share of the promise has passed, worked out from DESIGN.md without the clock's code."""
    if urgency == "critical":
        return {percent: posted + timedelta(minutes=30) * percent / 100 for percent in (50, 80, 100)}
    at = to_us(posted)
    if urgency == "urgent":
        whole = 2 * 3600 * 1_000_000
    else:
        day = calendar.service_day(at)
        close = day.close if day.intervals else 0
        if not close or at >= close - 3600 * 1_000_000:
            close = calendar.add_staffed(calendar.next_opening(at), 2 * 3600 * 1_000_000)
        whole = calendar.staffed_between(at, close)
    return {percent: from_us(calendar.add_staffed(at, whole * percent // 100)) for percent in (50, 80, 100)}


@pytest.mark.parametrize("seed", [1])
def test_a_simulated_day(store: Store, dialect: str, seed: int) -> None:
    """NOBET_TEST_CASES=3000 for a busier one."""
    chance = random.Random(seed)
    number = int(os.environ.get("NOBET_TEST_CASES", 700 if dialect == "sqlite" else 100))
    desk = WarnedDesk(store, settings(warnings={"quiet": ["22:00-07:30"]}))
    calendar = Calendar(desk.settings.desk)
    posted = sorted(FRIDAY + timedelta(seconds=chance.randrange(0, 13 * 3600)) for _ in range(number))
    wishes = [(at, chance.choice(("critical", "urgent", "same_day", "same_day"))) for at in posted]
    passes: dict[int, dict[int, datetime]] = {}
    answer_at: dict[int, datetime] = {}
    answered: dict[int, datetime] = {}
    expected: dict[tuple[int, int], tuple[str, datetime]] = {}
    raced: set[tuple[int, datetime]] = set()

    def answer(case_id: int, at: datetime) -> None:
        if case_id not in answered:
            desk.answer(case_id, at)
            answered[case_id] = at

    now, sweeper = FRIDAY, Racing(store, desk.settings, lambda at: PEOPLE)
    while now < FRIDAY + timedelta(hours=15):
        now += timedelta(seconds=chance.choice((15, 15, 60, 120, 240, 400)))
        while wishes and wishes[0][0] <= now:
            at, urgency = wishes.pop(0)
            case_id = desk.open(at, urgency, chance.choice(("Elif", "Mert", None)))
            passes[case_id] = thresholds(calendar, at, urgency)
            if chance.random() < 0.8:  # most are answered, many just about when a share passes
                near = passes[case_id][chance.choice((50, 80, 100))]
                answer_at[case_id] = max(at, near + timedelta(seconds=chance.randrange(-1800, 600)))
        for case_id, at in answer_at.items():
            if at <= now:
                answer(case_id, at)
        if chance.random() < 0.2:  # a restart forgets what it had read
            sweeper = Racing(store, desk.settings, lambda at: PEOPLE)
        soon = [case_id for case_id in passes if case_id not in answered and passes[case_id][50] <= now]
        racing = chance.sample(soon, min(len(soon), chance.choice((0, 0, 1))))
        before = dict(answered)

        untold = [case_id for case_id in soon if case_id not in racing]
        late = chance.sample(untold, min(len(untold), chance.choice((0, 0, 0, 1))))

        def race(which: list[int], now: datetime = now) -> None:
            for case_id in which:
                answer(case_id, now)
                raced.add((case_id, now))

        sweeper.before_record = partial(race, racing)  # type: ignore[method-assign]
        sweeper.before_tell = partial(race, late)  # type: ignore[method-assign]
        sweeper.run(now)
        for case_id, when in passes.items():  # the walk: what should have been recorded at this sweep
            if case_id in before or case_id in racing:
                continue
            new = [percent for percent, at in when.items() if at <= now and (case_id, percent) not in expected]
            for percent in new:
                expected[case_id, percent] = ("told" if percent == new[-1] else "skipped", now)

    found = {(case_id, percent): (state, at) for case_id, _, percent, state, at in desk.warnings()}
    assert found == expected, "none missing, none twice, none after an answer"
    assert Counter(state for state, _ in found.values())["told"] > number // 3

    notices = desk.notices()
    by_warning: dict[tuple[int, int], list[Any]] = {}
    for notice in notices:
        by_warning.setdefault((notice.case_id, notice.percent), []).append(notice)
    assert set(by_warning) == {key for key, (state, _) in expected.items() if state == "told"}
    created = {row.message: row.created_at for row in desk.alerts()}
    last = {row.person: row.created_at for row in desk.alerts()}
    for (case_id, percent), own in by_warning.items():
        assert percent != 100 or any(n.person == "Zeynep" for n in own)
        for notice in own:
            if notice.state == "told":
                assert case_id not in answered or answered[case_id] >= created[notice.message]
                assert (case_id, created[notice.message]) not in raced, "answered between the look and the message"
            elif notice.state == "withdrawn":
                assert case_id in answered
            elif notice.state == "held":
                local = now.astimezone(desk.settings.desk.zone)
                recent = now - last[notice.person]
                assert desk.settings.warnings.quiet_at(local) or recent < timedelta(minutes=1)
    texts = {row.message: row.text for row in desk.alerts()}
    assert all(f"N-{n.case_id}" in texts[n.message] for n in notices if n.state == "told")
    assert raced and any(n.state == "withdrawn" for n in notices)
    for name in ("Elif", "Mert", "Zeynep"):
        at = sorted(row.created_at for row in desk.alerts() if row.person == name and row.channel == "board")
        assert at and all(two - one >= timedelta(minutes=1) for one, two in pairwise(at))
    with store.read() as tx:
        assert event_log.verify_chain(tx, desk.brand) == []


class Killed(BaseException):
    """Stands for kill -9: nothing catches it, and what is not committed is gone."""


@contextmanager
def killed_at_line(number: int) -> Iterator[None]:
    """Ends the sweeper at the `number`-th line that it or its store runs."""
    left = [number]
    files = {sweeper_file.__file__, warning_store.__file__}

    def local(frame: Any, event: str, arg: Any) -> Any:
        if event == "line":
            left[0] -= 1
            if left[0] == 0:
                raise Killed
        return local

    def trace(frame: Any, event: str, arg: Any) -> Any:
        return local if frame.f_code.co_filename in files else None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)


def a_short_day(desk: WarnedDesk, kill: Callable[[], Any] | None, kills: list[int]) -> Any:
    """Ten cases over an hour, swept every minute, killed where `kill` says; what was recorded and told in the end."""
    cases = [desk.open(FRIDAY + timedelta(minutes=n), "critical", ("Elif", None)[n % 2]) for n in range(10)]
    for minute in range(12, 45):
        if minute == 28:
            desk.answer(cases[0], minutes(minute))
        for _ in range(3 if kill else 0):
            try:
                with kill():  # type: ignore[misc]
                    desk.sweeper().run(minutes(minute))
            except Killed:
                kills.append(minute)
        desk.sweeper().run(minutes(minute))
    told = sorted((n.person, n.case_id, n.percent, n.state) for n in desk.notices())
    return desk.warnings(), told, sorted((row.person, row.channel, row.text) for row in desk.alerts())


def test_killed_between_any_two_lines(store: Store, tmp_path: Any) -> None:
    chance, kills = random.Random(20261122), list[int]()
    killed = a_short_day(WarnedDesk(store), lambda: killed_at_line(chance.randrange(1, 400)), kills)
    calm = Store.open(f"sqlite:///{tmp_path / 'calm.db'}")
    assert killed == a_short_day(WarnedDesk(calm), None, [])
    assert len(kills) > 30
    calm.close()
