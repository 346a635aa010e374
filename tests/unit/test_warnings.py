"""Deadline warnings by the rules alone: what has passed, who is told, in how many messages, in which words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.clock import Clock, Clocks, Event
from desk.deadline import Deadlines
from desk.policy import Policy
from desk.warning_words import LINES_TOLD, body, length, plain, title
from desk.warnings import Recipient, Warned, WarningRules, digest, new_warnings, passed, recipients

ISTANBUL = ZoneInfo("Europe/Istanbul")
POLICY = Policy()
DEADLINES = Deadlines(POLICY)
RULES = WarningRules()


def at(text: str) -> datetime:
    """A moment of Friday 2026-11-20 (staffed 09:00-18:00 in Istanbul), or of the day given."""
    day, _, time = text.rpartition(" ")
    return datetime.fromisoformat(f"{day or '2026-11-20'}T{time}").replace(tzinfo=ISTANBUL)


def clock(posted: str, urgency: str, now: str, *events: Event, channel: str | None = None) -> Clock:
    first = Event(at(posted), "customer_posted", "customer", urgency)
    return Clocks(POLICY).clocks([first, *events], at(now), channel)[0]


PASSED = [
    # posted, urgency, now, percentages passed, when the next one does
    ("10:00", "critical", "10:14:59", (), "10:15"),
    ("10:00", "critical", "10:15", (50,), "10:24"),
    ("10:00", "critical", "10:24", (50, 80), "10:30"),
    ("10:00", "critical", "10:30", (50, 80, 100), None),
    ("23:00", "critical", "23:15", (50,), "23:24"),  # counted at any hour
    ("10:00", "urgent", "10:59", (), "11:00"),
    ("10:00", "urgent", "11:36", (50, 80), "12:00"),
    ("17:00", "urgent", "17:59", (), "18:00"),  # an hour before the close: half is used up at the close
    ("17:00", "urgent", "20:00", (50,), "2026-11-21 10:36"),  # and the night uses nothing; Saturday opens at 10
    ("10:00", "same_day", "13:59", (), "14:00"),  # 8 staffed hours to the close
    ("10:00", "same_day", "16:24", (50, 80), "18:00"),
    ("20:00", "same_day", "2026-11-21 09:59", (), "2026-11-21 11:00"),  # grace: 2 staffed hours after the opening
    ("20:00", "same_day", "2026-11-21 12:00", (50, 80, 100), None),
]


@pytest.mark.parametrize(("posted", "urgency", "now", "percents", "next_at"), PASSED)
def test_what_has_passed(posted: str, urgency: str, now: str, percents: tuple[int, ...], next_at: str | None) -> None:
    found = passed(clock(posted, urgency, now), DEADLINES, RULES, at(now))
    assert (found.percents, found.next_at) == (percents, at(next_at) if next_at else None)


def test_nothing_passes_of_a_clock_that_was_answered_cancelled_or_is_a_resolution() -> None:
    answered = Event(at("10:05"), "answered", "agent:Elif")
    aside = Event(at("10:05"), "set_aside", "agent:Elif")
    for event in (answered, aside):
        assert passed(clock("10:00", "critical", "11:00", event), DEADLINES, RULES, at("11:00")).percents == ()
    late = clock("10:00", "critical", "11:00")
    assert passed(replace(late, clock="resolution"), DEADLINES, RULES, at("11:00")).percents == ()
    never = WarningRules.model_validate({"percents": {"critical": []}})
    assert passed(late, DEADLINES, never, at("11:00")).percents == ()


def test_a_platforms_deadline_at_night_is_counted_by_every_hour() -> None:
    now = at("22:00")
    at_night = replace(clock("20:00", "same_day", "22:00"), due_at=at("23:00"))
    assert passed(at_night, DEADLINES, RULES, now).percents == (50,)
    assert passed(at_night, DEADLINES, RULES, at("23:00")).percents == (50, 80, 100)


@given(
    st.integers(0, 7 * 24 * 60), st.sampled_from(["critical", "urgent", "same_day"]),
    st.lists(st.integers(0, 4000), min_size=2, max_size=6),
)  # fmt: skip
def test_percentages_pass_in_order_and_never_come_back(posted: int, urgency: str, minutes: list[int]) -> None:
    start = at("2026-11-16 00:00").astimezone(UTC) + timedelta(minutes=posted)
    clocks = Clocks(POLICY)
    seen: list[tuple[int, ...]] = []
    for minute in sorted(minutes):
        now = start + timedelta(minutes=minute)
        [first, *_] = clocks.clocks([Event(start, "customer_posted", "customer", urgency)], now)
        found = passed(first, DEADLINES, RULES, now)
        seen.append(found.percents)
        assert (100 in found.percents) == (first.due_at is not None and now >= first.due_at)
        if found.next_at is not None:
            assert found.next_at > now
            [then, *_] = clocks.clocks([Event(start, "customer_posted", "customer", urgency)], found.next_at)
            later = passed(then, DEADLINES, RULES, found.next_at).percents
            assert set(later) > set(found.percents), "at its time the next one has passed"
    assert all(set(one) <= set(two) for one, two in pairwise(seen))


@pytest.mark.parametrize(
    ("percents", "recorded", "tell", "skip"),
    [
        ((), (), None, ()),
        ((50,), (), 50, ()),
        ((50,), (50,), None, ()),
        ((50, 80, 100), (), 100, (50, 80)),
        ((50, 80, 100), (50,), 100, (80,)),
        ((50,), (80,), None, (50,)),  # the urgency was lowered after 80 % had been told
        ((50, 80), (50, 80, 100), None, ()),
    ],
)
def test_only_the_highest_is_told(percents: Any, recorded: Any, tell: int | None, skip: Any) -> None:
    found = passed(clock("10:00", "critical", "10:00"), DEADLINES, RULES, at("10:00"))
    assert new_warnings(replace(found, percents=percents), set(recorded)) == (tell, skip)


ELIF = Recipient("Elif", ("NOBET_ALERT_ELIF",), teams=("kargo",))
MERT = Recipient("Mert", teams=("kargo", "fatura"))
ZEYNEP = Recipient("Zeynep", teams=("kargo",), lead=True)
CAN = Recipient("Can", teams=("fatura",), lead=True)
OFF = Recipient("Deniz", teams=("kargo",), on_shift=False)
DESK = (ELIF, MERT, ZEYNEP, CAN, OFF)


@pytest.mark.parametrize(
    ("assignee", "team", "percent", "people", "told"),
    [
        ("Elif", "kargo", 80, DESK, ("Elif",)),
        ("Elif", "kargo", 100, DESK, ("Elif", "Zeynep")),
        ("Elif", "fatura", 100, DESK, ("Elif", "Can")),
        ("Elif", None, 100, DESK, ("Elif", "Zeynep", "Can")),
        (None, "kargo", 50, DESK, ("Elif", "Mert", "Zeynep")),
        (None, "fatura", 50, DESK, ("Mert", "Can")),
        (None, "iade", 50, DESK, ("Elif", "Mert", "Zeynep", "Can")),  # a team without people is everybody's
        ("Deniz", "kargo", 50, DESK, ("Elif", "Mert", "Zeynep", "Deniz")),  # off shift: somebody who is on, too
        ("Ayrılan", "kargo", 50, DESK, ("Elif", "Mert", "Zeynep")),
        (None, "kargo", 50, (OFF,), ("Deniz",)),  # nobody on shift: the whole team
        ("Elif", "kargo", 100, (ELIF, MERT), ("Elif", "Mert")),  # no lead: everybody
        (None, None, 100, (), ()),
    ],
)
def test_who_is_told(assignee: str | None, team: str | None, percent: int, people: Any, told: Any) -> None:
    assert recipients(assignee, team, percent, people) == told


NOON = at("12:00")


def warned(person: str = "Elif", case_id: int = 1, percent: int = 80, urgency: str = "same_day", **more: Any) -> Warned:
    start: dict[str, Any] = {
        "person": person, "warning_id": case_id * 1000 + percent, "case_id": case_id, "clock": "first_answer",
        "started_at": at("10:00"), "percent": percent, "urgency": urgency, "due_at": at("12:24"), "assignee": "Elif",
    }  # fmt: skip
    return Warned(**(start | more))


def ids(messages: Any) -> list[tuple[str, list[int]]]:
    return [(message.person, [one.case_id for one in message.told]) for message in messages]


def test_one_message_a_person_with_everything_in_it_nearest_deadline_first() -> None:
    waiting = [warned(case_id=1), warned("Mert", 1), warned(case_id=2, due_at=at("12:05")), warned("Mert", 3)]
    made = digest(waiting, DESK, {}, NOON, RULES, ISTANBUL)
    assert ids(made) == [("Elif", [2, 1]), ("Mert", [1, 3])]
    assert made[0].channels == ("NOBET_ALERT_ELIF",) and made[1].channels == ()


def test_not_more_than_one_message_a_minute() -> None:
    log = {"Elif": NOON - timedelta(seconds=59), "Mert": NOON - timedelta(seconds=60)}
    assert ids(digest([warned(), warned("Mert")], DESK, log, NOON, RULES, ISTANBUL)) == [("Mert", [1])]
    critical = [warned(urgency="critical")]
    assert digest(critical, DESK, log, NOON, RULES, ISTANBUL) == [], "a critical one waits for its minute too"


def test_quiet_hours_hold_what_is_not_critical_and_tell_it_as_one() -> None:
    night, morning = at("23:30"), at("2026-11-21 07:30")
    waiting = [warned(case_id=n) for n in range(1, 6)] + [warned(case_id=9, urgency="critical")]
    assert ids(digest(waiting, DESK, {}, night, RULES, ISTANBUL)) == [("Elif", [9])]
    assert digest(waiting[:5], DESK, {}, morning - timedelta(seconds=1), RULES, ISTANBUL) == []
    assert ids(digest(waiting[:5], DESK, {}, morning, RULES, ISTANBUL)) == [("Elif", [1, 2, 3, 4, 5])]


def test_of_one_clock_the_highest_is_told() -> None:
    waiting = [warned(percent=50), warned(percent=100), warned(percent=80), warned(percent=50, clock="next_answer")]
    [made] = digest(waiting, DESK, {}, NOON, RULES, ISTANBUL)
    assert {(w.clock, w.percent) for w in made.told} == {("first_answer", 100), ("next_answer", 50)}
    assert sorted(w.percent for w in made.skipped) == [50, 80]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Elif", "Mert", "Can"]), st.integers(1, 8), st.sampled_from([50, 80, 100]),
            st.sampled_from(["critical", "urgent", "same_day"]),
        ), max_size=20, unique=True,
    ),
    st.integers(0, 24 * 60 - 1),
    st.dictionaries(st.sampled_from(["Elif", "Mert"]), st.integers(0, 120)),
)  # fmt: skip
def test_a_digest_loses_nothing_and_tells_nothing_twice(items: Any, minute: int, log: Any) -> None:
    now = at("00:00") + timedelta(minutes=minute)
    waiting = [warned(person, case, percent, urgency) for person, case, percent, urgency in items]
    sent = {name: now - timedelta(seconds=ago) for name, ago in log.items()}
    made = digest(waiting, DESK, sent, now, RULES, ISTANBUL)
    assert len({message.person for message in made}) == len(made)
    handled = [one for message in made for one in (*message.told, *message.skipped)]
    assert len(handled) == len(set(handled)) and set(handled) <= set(waiting)
    for one in set(waiting) - set(handled):
        silent = RULES.quiet_at(now.astimezone(ISTANBUL)) and one.urgency != "critical"
        assert silent or now - sent.get(one.person, now - RULES.apart) < RULES.apart
    for message in made:
        for one in message.skipped:
            assert any(told.about == one.about and told.percent >= one.percent for told in message.told)


@pytest.mark.parametrize(
    ("quiet", "local", "held"),
    [
        (["22:00-07:30"], "21:59", False), (["22:00-07:30"], "22:00", True), (["22:00-07:30"], "07:29", True),
        (["22:00-07:30"], "07:30", False), ([], "03:00", False), (["12:00-13:00", "23:00-24:00"], "12:59", True),
    ],
)  # fmt: skip
def test_when_it_is_quiet(quiet: list[str], local: str, held: bool) -> None:
    assert WarningRules.model_validate({"quiet": quiet}).quiet_at(at(local)) is held


@pytest.mark.parametrize(
    "wrong", [{"quiet": ["25:00-26:00"]}, {"apart": "10s"}, {"percents": {"urgent": [0]}}, {"percents": {"none": [50]}}]
)
def test_rules_that_cannot_be_are_refused(wrong: Any) -> None:
    with pytest.raises(ValueError):
        WarningRules.model_validate(wrong)


def test_the_words_of_one_warning() -> None:
    one = [warned(case_id=1042)]
    words = {1042: "kargom hâlâ gelmedi"}
    assert title(one, NOON, "tr") == "Nöbet: N-1042 yanıt bekliyor"
    assert body(one, words, NOON, ISTANBUL, "tr", "https://nobet.example.com/") == (
        "N-1042 · ilk yanıt · %80 doldu, 24 dk kaldı · son an 12:24 · “kargom hâlâ gelmedi”\n"
        "  https://nobet.example.com/triage?case=1042"
    )
    assert body(one, words, NOON, ISTANBUL, "en") == (
        "N-1042 · first answer · 80% used, 24 min left · due 12:24 · “kargom hâlâ gelmedi”"
    )
    late = [warned("Zeynep", case_id=7, percent=100, due_at=at("10:30"), assignee=None)]
    assert title(late, NOON, "tr") == "Nöbet: N-7 için süre doldu"
    assert body(late, {}, NOON, ISTANBUL, "tr") == (
        "N-7 · ilk yanıt · süre doldu, 1 sa 30 dk geçti · son an 10:30 · sahipsiz"
    )
    assert body(late, {}, NOON, ISTANBUL, "en") == "N-7 · first answer · late by 1 h 30 min · due 10:30 · unassigned"


def test_a_long_message_names_the_rest_by_number() -> None:
    many = [warned(case_id=n) for n in range(1, LINES_TOLD + 4)]
    lines = body(many, {}, NOON, ISTANBUL, "tr").splitlines()
    assert len(lines) == LINES_TOLD + 1 and lines[-1] == "ve 3 kayıt daha: N-21, N-22, N-23"
    more = [warned(case_id=n) for n in range(1, LINES_TOLD + 105)]
    assert body(more, {}, NOON, ISTANBUL, "en").endswith("N-119, N-120 …")
    assert body(more, {}, NOON, ISTANBUL, "en", numbers=None).endswith("N-123, N-124")
    assert title(many, at("12:30"), "tr") == "Nöbet: 23 kayıt yanıt bekliyor, 23 tanesinin süresi doldu"
    assert title(many, NOON, "en") == "Nöbet: 23 cases need an answer"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("kargom\n\n  hâlâ\tgelmedi", "kargom hâlâ gelmedi"),
        ("@everyone @channel bakın", "＠everyone ＠channel bakın"),
        ("<!channel> <@U123> <b>kalın</b>", "‹!channel› … ‹b›kalın‹/b›"),
        ("[ödül](https://kotu.example/x) tıkla", "(ödül)(… tıkla"),
        ("www.kotu.example ve kotu.example", "… ve kotu. example"),
        ("javascript:alert(1) tıkla", "… tıkla"),
        ("beni 0532 123 45 67'den arayın", "beni …'den arayın"),
        ("sipariş 1234567890, 3 gün oldu", "sipariş …, 3 gün oldu"),
        ("TR33 0006 1005 1978 6457 8413 26", "TR…"),
        ("ayse@ornek.com.tr yazın", "… yazın"),
        ("gelmedi.bekliyorum", "gelmedi. bekliyorum"),
        ("a\u202egnirts desrever\u202c\u200b", "agnirts desrever"),
        ("Z̷̛͖a̴͝l̵g̶o", "Zalgo"),
        ("\x00\x1b[31mkırmızı\x1b[0m", "(31mkırmızı (0m"),
        ("*kalın* `kod`", "∗kalın∗ 'kod'"),
        ("", ""),
    ],
)
def test_what_a_stranger_wrote_is_harmless(written: str, shown: str) -> None:
    assert plain(written, 80) == shown


@given(st.text(max_size=400), st.integers(0, 120))
def test_words_are_one_short_line_without_addresses(written: str, limit: int) -> None:
    shown = plain(written, limit)
    assert len(shown) <= limit and "\n" not in shown
    assert not set("<>@`*[]“") & set(shown) and "://" not in shown
    assert plain(shown, max(limit, 1)) in (shown, plain(shown, limit))


def test_lengths() -> None:
    assert [length(timedelta(minutes=n), True) for n in (0, 5, 65, 1500)] == ["0 dk", "5 dk", "1 sa 5 dk", "1 gün 1 sa"]
