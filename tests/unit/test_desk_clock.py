"""The clocks of a case: what happened and what each clock has come to, and the story that it tells."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from desk.clock import Clock, ClockError, Clocks, Event, clock_headline, clock_json, event_from
from desk.policy import policy_from
from desk.story import LINES, Line
from tests.unit.clock_cases import CASES, POSTED
from tests.unit.clock_story import PLAIN, ZONE, Case, events, told, when


def run(case: Case) -> list[Clock]:
    by = when(case.answer_by) if case.answer_by else None
    return case.desk.clocks(events(case.story), when(case.now), case.channel, by)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_clocks(case: Case) -> None:
    assert [told(clock) for clock in run(case)] == list(case.clocks)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_same_events_tell_the_same_clocks(case: Case) -> None:
    assert run(case) == run(case)
    by = when(case.answer_by) if case.answer_by else None
    backwards = sorted(events(case.story), key=lambda e: -e.at.timestamp())  # stable: ties keep their order
    assert case.desk.clocks(backwards, when(case.now), case.channel, by) == run(case)


def sentences(case: Case, clock: str, language: str = "en") -> list[str]:
    found = next(c for c in run(case) if c.clock == clock)
    return [line.text(ZONE, language) for line in found.why]


def named(name: str) -> Case:
    return next(case for case in CASES if case.name == name)


def test_a_first_answer_tells_its_whole_story() -> None:
    case = Case(
        "", POSTED + "23 10:01 auto_acknowledged system\n23 11:00 customer_wrote\n"
        "23 12:00 urgency_changed Elif urgent\n23 13:30 answered", "23 14:00", (),
    )  # fmt: skip
    assert sentences(case, "first_answer") == [
        "started Mon 2026-11-23 10:00: the customer posted",
        "Mon 2026-11-23 10:01: an automatic acknowledgement is not an answer",
        "Mon 2026-11-23 11:00: the customer wrote again; the clock keeps its start",
        "Mon 2026-11-23 12:00: urgency same day → urgent; recomputed from the clock's own start",
        "answered Mon 2026-11-23 13:30 by Elif",
        "urgent: within 2h of staffed time",
        "due Mon 2026-11-23 12:00",
        "late by 1h30m",
    ]
    assert sentences(case, "first_answer", "tr")[-2:] == ["son an: Pzt 2026-11-23 12:00", "1 sa 30 dk geç kalındı"]


def test_a_resolution_tells_its_pauses_and_the_hours_it_skips() -> None:
    assert sentences(named("a staffed resolution, paused over a night"), "resolution") == [
        "started Mon 2026-11-23 15:00: the customer posted",
        "paused Mon 2026-11-23 16:30: waiting for the customer",
        "resumed Wed 2026-11-25 10:00 after 1d17h30m: back with us",
        "urgent: to be resolved within 9h of staffed time, pauses apart",
        "due Wed 2026-11-25 17:30",
        "6h30m left",
    ]
    assert "closed hours until then are not counted (15h)" in sentences(
        named("a staffed resolution goes over the night"), "resolution"
    )
    assert sentences(named("paused before its deadline it has none"), "resolution")[-1] == "7h30m left when it resumes"


def test_a_cancelled_clock_that_was_past_says_so() -> None:
    case = named("to none after its deadline: cancelled, and its story says it was past")
    assert sentences(case, "first_answer")[-1] == "it was 1h past its deadline then"
    assert not any("past" in line for line in sentences(named("set aside: cancelled"), "first_answer"))


def test_a_person_is_called_by_their_name_whatever_it_is() -> None:
    case = Case("", POSTED + "23 11:00 answered urgent", "23 12:00", ())
    assert "Pzt 2026-11-23 11:00 yanıtlandı: urgent" in sentences(case, "first_answer", "tr")
    case = Case("", POSTED + "23 11:00 answered {at}{0}", "23 12:00", ())
    assert "answered Mon 2026-11-23 11:00 by {at}{0}" in sentences(case, "first_answer")


def test_every_sentence_is_said_somewhere_and_in_both_languages() -> None:
    lines: dict[str, Line] = {}
    for case in CASES:
        lines |= {line.code: line for clock in run(case) for line in clock.why}
    answers = [("2026-10-28 15:00", "same_day"), ("2026-10-29 15:00", "urgent"), ("2026-11-24 10:00", "same_day")]
    answers += [("2026-11-29 10:00", "urgent"), ("2026-11-25 10:00", "same_day"), ("2026-11-29 10:00", "none")]
    answers += [("2026-12-30 17:30", "same_day"), ("2027-01-04 17:30", "same_day")]
    exceptions = {
        "2026-11-24": [], "2026-11-25": ["08:00-12:00"],
        "2026-12-31": {"hours": ["09:00-13:00"], "because": "Yılbaşı"}, "2027-01-05": {"because": "sayım"},
    }  # fmt: skip
    own = Clocks(policy_from({"exceptions": exceptions}))
    for posted, urgency in answers:
        for channel in ("whatsapp", "trendyol"):
            due = own.due(datetime.fromisoformat(posted + "+03:00"), urgency, channel)
            lines |= {line.code: line for line in due.why}
    lines |= {line.code: line for line in (clock_headline(clock) for case in CASES for clock in run(case))}
    assert set(lines) == {code for code in LINES if not code.startswith("window_") and code != "no_clocks"}
    for line in lines.values():
        english, turkish = line.text(ZONE, "en"), line.text(ZONE, "tr")
        assert english and turkish and english != turkish
        assert "{" not in english + turkish and "_" not in english + turkish


def test_an_urgency_that_stays_is_not_told() -> None:
    said = sentences(named("changed to what it was"), "first_answer")
    assert not any("recomputed" in line for line in said)


def test_a_clock_knows_what_limits_it_and_under_which_promise() -> None:
    weekend = run(named("a platform's window binds the answers, not the resolution"))
    assert [(c.limit, c.urgency) for c in weekend] == [("platform", "same_day"), (None, "same_day")]
    assert run(named("raised: recomputed from its own start"))[0].urgency == "urgent"
    assert run(named("an answer is waited for"))[0].limit == "brand"


def test_a_story_in_a_third_language_is_told_in_english() -> None:
    line = Line("due", {"at": when("23 10:00")})
    assert line.text(ZONE, "de") == line.text(ZONE, "en") == "due Mon 2026-11-23 10:00"


def test_a_clock_as_json() -> None:
    clock = run(named("answered in time"))[0]
    data = clock_json(clock, PLAIN.policy, "tr")
    assert json.loads(json.dumps(data)) == data
    assert list(data) == ["clock", "started_at", "due_at", "state", "stopped_at", "late_s", "used_s", "why"]
    assert data["started_at"] == "2026-11-23T10:00:00+03:00" and data["stopped_at"] == "2026-11-23T11:00:00+03:00"
    assert data["why"][0] == "Pzt 2026-11-23 10:00 başladı: müşteri yazdı"
    running = clock_json(run(named("an answer is waited for"))[1], PLAIN.policy)
    assert running["due_at"] is None and running["stopped_at"] is None


RECORD = {"at": "2026-11-23T10:00:00+03:00", "type": "customer_posted", "by": "customer", "urgency": "urgent"}


def test_an_event_from_its_json() -> None:
    assert event_from(RECORD) == Event(datetime(2026, 11, 23, 7, tzinfo=UTC), "customer_posted", "customer", "urgent")
    assert event_from({"at": "2026-11-23T07:00:00Z", "type": "seen", "by": None, "more": 1}).by == "system"
    assert not event_from({**RECORD, "by": "elif"}).by_person and event_from({**RECORD, "by": "agent:elif"}).by_person


BAD_EVENTS = [
    ([], "an event is a JSON object"),
    ("text", "an event is a JSON object"),
    ({**RECORD, "at": ""}, "the event has no 'at'"),
    ({"at": RECORD["at"]}, "the event has no 'type'"),
    ({**RECORD, "at": "yesterday"}, "'at' 'yesterday' is not a date and time"),
    ({**RECORD, "at": "2026-02-30T10:00:00+03:00"}, "is not a date and time"),
    ({**RECORD, "at": {"a": 1}}, "is not a date and time"),
    ({**RECORD, "at": "2026-11-23T10:00:00"}, "2026-11-23T10:00:00 has no offset, such as +03:00"),
    ({**RECORD, "at": "9999-12-31T23:59:59-05:00"}, "not between the years 1900 and 2200"),
    ({**RECORD, "at": "0001-01-01T00:00:00+14:00"}, "not between the years 1900 and 2200"),
    ({**RECORD, "type": "anwsered"}, "event type 'anwsered' is not one of customer_posted, seen,"),
    ({**RECORD, "type": ["seen"]}, "is not one of customer_posted"),
    ({**RECORD, "urgency": "asap"}, "urgency 'asap' is not one of none, same_day, urgent, critical"),
    ({**RECORD, "type": "urgency_changed", "urgency": None}, "an urgency_changed event needs its 'urgency'"),
]


@pytest.mark.parametrize(("record", "sentence"), BAD_EVENTS)
def test_a_bad_event_gets_a_sentence(record: Any, sentence: str) -> None:
    with pytest.raises(ClockError) as error:
        event_from(record)
    assert sentence in str(error.value)


def test_events_no_clock_can_read_are_refused() -> None:
    naive = [Event(datetime(2026, 11, 23, 10), "answered"), *events(POSTED)]
    with pytest.raises(ClockError, match="has no offset"):
        PLAIN.clocks(naive, when("24 10:00"))
    with pytest.raises(ClockError, match="has no offset"):
        PLAIN.clocks(events(POSTED), datetime(2026, 11, 24))
    with pytest.raises(ClockError, match="urgency 'asap'"):
        PLAIN.clocks(events("23 10:00 customer_posted customer asap"), when("24 10:00"))


def test_events_that_move_no_clock_are_passed_over() -> None:
    other = [*events(POSTED), Event(when("23 11:00"), "note", "agent:Elif", "whatever")]
    assert PLAIN.clocks(other, when("23 12:00")) == PLAIN.clocks(events(POSTED), when("23 12:00"))


def test_no_events_no_clocks() -> None:
    assert PLAIN.clocks([], when("23 10:00")) == []


def test_an_event_in_another_offset_is_the_same_moment() -> None:
    here, there = events(POSTED), [Event(e.at.astimezone(UTC), e.type, e.by, e.urgency) for e in events(POSTED)]
    assert PLAIN.clocks(here, when("23 12:00")) == PLAIN.clocks(there, when("23 12:00").astimezone(UTC))


def test_the_reason_of_an_exception_is_told_as_it_was_written() -> None:
    own = policy_from({"exceptions": {"2026-12-31": {"because": "none {at}\nYılbaşı"}}})
    due = Clocks(own).due(datetime.fromisoformat("2026-12-30T17:30+03:00"), "same_day")
    assert "Per 2026-12-31 masa kapalı: none {at} Yılbaşı" in [line.text(ZONE, "tr") for line in due.why]


def test_a_resolution_names_the_days_it_skipped() -> None:
    promise = {"urgent": {"within": "2h", "resolution": {"within": "9h"}}}
    told = Clocks(policy_from({"promises": promise})).clocks(
        [Event(datetime.fromisoformat("2026-10-28T12:00+03:00"), "customer_posted", "customer", "urgent")],
        datetime.fromisoformat("2026-11-02T12:00+03:00"),
    )
    said = [line.text(ZONE) for line in told[-1].why]
    assert "Thu 2026-10-29 is a public holiday" in said and "due Fri 2026-10-30 17:00" in said
    assert clock_headline(told[-1]).text(ZONE, "tr") == "çözüm (acil): aşıldı, son an Cum 2026-10-30 17:00"


def test_a_case_keeps_the_promise_it_started_under() -> None:
    posted = datetime.fromisoformat("2026-11-23T10:00+03:00")
    old, new = policy_from(None), policy_from({"promises": {"urgent": {"within": "1h"}}})
    now = Clocks(new)
    assert now.under(policy_from(old.record())).due(posted, "urgent") == Clocks(old).due(posted, "urgent")
    assert now.under(old) is now.under(policy_from(old.record()))  # laid out once
    assert now.under(new) is now


def test_a_channels_hours_and_promises_are_its_own() -> None:
    clocks = Clocks(
        policy_from(
            {
                "teams": {"gece": {"hours": {"mon": ["20:00-23:00"]}}},
                "channels": {"whatsapp": {"team": "gece", "promises": {"urgent": {"within": "1h"}}}},
            }
        )
    )
    posted = datetime.fromisoformat("2026-11-23T10:00+03:00")
    dues = {
        name: clocks.due(posted, "urgent", channel, team=team).due_at
        for name, channel, team in (("desk", "x", None), ("channel", "whatsapp", None), ("team", "x", "gece"))
    }
    assert {name: due.astimezone(ZONE).hour for name, due in dues.items() if due} == {
        "desk": 12, "channel": 21, "team": 22,
    }  # fmt: skip
    told = clocks.clocks([Event(posted, "customer_posted", "customer", "urgent")], posted, "whatsapp")
    assert told[0].due_at == dues["channel"]
    assert clocks.after_staffed(posted, timedelta(hours=1), "whatsapp") == dues["channel"]
    items = [(posted, "urgent", channel, None) for channel in ("x", "whatsapp", None, "whatsapp")]
    assert [due.due_at for due in clocks.due_many(items)] == [
        dues["desk"], dues["channel"], dues["desk"], dues["channel"],
    ]  # fmt: skip
