"""Shifts, absences and to whom a case goes: worked examples, and what holds of any desk."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.policy import Policy, policy_from
from desk.roles import any_may
from desk.team import Agent, CaseFacts, Rota, Rule, choose, on_shift, present, with_somebody_in_charge
from playbooks.schema import ROLES

ISTANBUL = ZoneInfo("Europe/Istanbul")
BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 11, 23, 12, tzinfo=ISTANBUL)  # a Monday
FACTS = CaseFacts("tr", "x", "return_refund", "same_day")


def agent(name: str = "Elif", **fields: Any) -> Agent:
    return Agent.model_validate({"name": name, **fields})


def at(text: str, zone: ZoneInfo = ISTANBUL) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


EVENING = {"mon": ["17:00-01:00"], "fri": ["18:00-02:00"]}
SHIFTS = [  # shifts, moment, there
    (None, "2026-11-23T08:59", False),
    (None, "2026-11-23T09:00", True),
    (None, "2026-11-23T17:59", True),
    (None, "2026-11-23T18:00", False),
    (None, "2026-11-22T12:00", False),  # a Sunday
    (EVENING, "2026-11-23T12:00", False),
    (EVENING, "2026-11-23T17:00", True),
    (EVENING, "2026-11-24T00:59", True),  # Monday's shift still runs
    (EVENING, "2026-11-24T01:00", False),
    (EVENING, "2026-11-28T01:30", True),  # Friday's
    ({"thu": ["08:00-20:00"]}, "2026-10-29T12:00", False),  # Republic Day
    ({"wed": ["08:00-20:00"]}, "2026-10-28T12:30", True),  # its eve closes at 13:00
    ({"wed": ["08:00-20:00"]}, "2026-10-28T13:30", False),
    ({"thu": ["08:00-20:00"]}, "2026-12-31T10:00", True),  # hours of its own: what both have
    ({"thu": ["08:00-20:00"]}, "2026-12-31T08:30", False),
    ({"thu": ["08:00-20:00"]}, "2026-12-31T13:30", False),
]


@pytest.mark.parametrize(("shifts", "moment", "there"), SHIFTS)
def test_shifts(shifts: Any, moment: str, there: bool) -> None:
    policy = policy_from({"exceptions": {"2026-12-31": ["09:00-13:00"]}})
    assert on_shift(agent(shifts=shifts), at(moment), policy) is there
    assert on_shift(agent(shifts=shifts), at(moment).astimezone(UTC), policy) is there, "the zone of `now` is nothing"


def test_a_shift_on_a_night_without_two_oclock() -> None:
    policy = policy_from({"timezone": "Europe/Berlin", "holidays": None})
    night = agent(shifts={"sat": ["22:00-06:00"]})
    moments = ["2026-03-28T23:00", "2026-03-29T01:59", "2026-03-29T03:00", "2026-03-29T05:59", "2026-03-29T06:00"]
    assert [on_shift(night, at(one, BERLIN), policy) for one in moments] == [True, True, True, True, False]


def test_without_shifts_the_hours_of_the_first_team_count() -> None:
    policy = policy_from({"teams": {"gece": {"hours": {"mon": ["20:00-24:00"]}}}})
    evening = at("2026-11-23T21:00")
    assert present([agent("A", teams=["gece"]), agent("B")], evening, policy) == (agent("A", teams=["gece"]),)


@pytest.mark.parametrize(
    ("away", "there"),
    [
        ([], True),
        ([{"from": "2026-11-23"}], False),
        ([{"from": "2026-11-20", "to": "2026-11-23"}], False),
        ([{"from": "2026-11-23", "to": "2026-11-27"}], False),
        ([{"from": "2026-11-24", "to": "2026-11-27"}, {"from": "2026-11-01", "to": "2026-11-22"}], True),
    ],
)
def test_absences(away: list[dict[str, str]], there: bool) -> None:
    assert on_shift(agent(away=away), NOON, Policy()) is there


def test_an_absence_is_a_day_of_the_desks_zone() -> None:
    policy = policy_from({"holidays": None, "hours": {day: ["00:00-24:00"] for day in ("mon", "tue")}})
    absent = agent(away=[{"from": "2026-11-24"}])
    assert not on_shift(absent, datetime(2026, 11, 23, 21, 30, tzinfo=UTC), policy)  # past midnight in Istanbul
    assert on_shift(absent, datetime(2026, 11, 23, 20, 30, tzinfo=UTC), policy)


DESK = (
    agent("Elif", role="team_lead", languages=["tr", "en"]),
    agent("Mert", teams=["iade"], languages=["tr"], deputy="Elif"),
    agent("Ayşe", teams=["iade"], languages=["tr"]),
    agent("John", languages=["en"], channels=["email", "x"]),
    agent("Deniz", role="crisis_manager", shifts={"mon": ["18:00-24:00"]}),
    agent("Hukuk", role="legal"),
)


def rules(*raw: dict[str, Any]) -> list[Rule]:
    return [Rule.model_validate(one) for one in raw]


REFUNDS = {"when": {"topics": ["return_refund"]}, "to": {"team": "iade"}}
CRISES = {"when": {"urgencies": ["critical"]}, "to": {"role": "crisis_manager"}}
CHOICES = [  # what the case is, the load, the rules, who, a part of the reasons in English
    ("least loaded of a team", FACTS, {"Mert": 3, "Ayşe": 2}, rules(REFUNDS), "Ayşe", "rule 1: team iade"),
    ("of equals the first", FACTS, {"Mert": 2, "Ayşe": 2}, rules(REFUNDS), "Mert", "fewest open cases (2) of the 2"),
    ("no load is none", FACTS, {"Mert": 1}, rules(REFUNDS), "Ayşe", "fewest open cases (0)"),
    ("no rule", FACTS, {"Elif": 1, "Mert": 1, "Ayşe": 1}, [], "Elif", "of the 3 who fit"),
    ("only who speaks it", CaseFacts("en", "x", "other", "same_day"), {"Elif": 9}, [], "John", "fewest open cases (0)"),
    (
        "only who answers there", CaseFacts("en", "forum", "other", "same_day"), {"Elif": 9}, [], "Elif",
        "Elif: the only one who fits",
    ),
    (
        "a rule for whom nobody is there", CaseFacts("tr", "x", "safety", "critical"), {"Elif": 0, "Mert": 5},
        rules(CRISES), "Elif", "rule 1 (crisis manager): nobody fitting is on shift",
    ),
    (
        "then the next rule", CaseFacts("tr", "x", "return_refund", "critical"), {}, rules(CRISES, REFUNDS), "Mert",
        "rule 2: team iade",
    ),
    ("one person", FACTS, {"Ayşe": 9}, rules({"to": {"agent": "Ayşe"}}), "Ayşe", "rule 1: Ayşe"),
    ("a rule that does not hold", CaseFacts("tr", "x", "other", "same_day"), {}, rules(REFUNDS), "Elif", "who fit"),
    (
        "a team that a case was given to", CaseFacts("tr", "x", "other", "same_day", "iade"), {},
        rules({"when": {"teams": ["iade"]}, "to": {"team": "iade"}}), "Mert", "rule 1",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "facts", "load", "asked", "who", "why"), CHOICES, ids=[one[0] for one in CHOICES])
def test_to_whom(name: str, facts: CaseFacts, load: dict[str, int], asked: list[Rule], who: str, why: str) -> None:
    choice = choose(facts, Rota(DESK, Policy()), load, NOON, asked)
    assert choice.agent is not None and choice.agent.name == who
    assert why in "; ".join(one.en for one in choice.why)


def test_a_deputy_stands_in_for_who_is_away() -> None:
    desk = (DESK[0], DESK[1].model_copy(update={"away": agent(away=[{"from": "2026-11-23"}]).away}), DESK[2])
    to_mert = rules({"to": {"agent": "Mert"}})
    assert choose(FACTS, Rota(desk, Policy()), {}, NOON, to_mert).agent == DESK[0]
    assert choose(FACTS, Rota(DESK, Policy()), {"Mert": 99}, NOON, to_mert).agent == DESK[1]


def test_nobody_is_on_shift_and_it_is_said() -> None:
    choice = choose(FACTS, Rota(DESK, Policy()), {}, at("2026-11-22T12:00"))
    assert choice.agent is None
    assert choice.why[0].en == "nobody is on shift; the case waits in the queue"
    assert choice.why[0].tr == "şu anda nöbette kimse yok; kayıt kuyrukta bekler"
    only_legal = choose(FACTS, Rota(DESK[5:], Policy()), {}, NOON)
    assert only_legal.agent is None, "who may not claim is given nothing"


def test_nobody_speaks_it() -> None:
    choice = choose(CaseFacts("en", "x", "other", "same_day"), Rota(DESK[1:3], Policy()), {}, NOON)
    assert choice.agent is None and choice.why[-1].en == "nobody on shift answers in English on x"
    assert choose(CaseFacts("de", "x", "other", "same_day"), Rota(DESK[1:3], Policy()), {}, NOON).agent is None


people = st.builds(
    lambda number, role, languages, channels, teams, away: agent(
        f"a{number}", role=role, languages=languages, channels=channels, teams=teams,
        away=[{"from": "2026-11-23"}] if away else [],
    ),
    st.integers(0, 10**6), st.sampled_from(ROLES), st.lists(st.sampled_from(["tr", "en"]), max_size=2),
    st.lists(st.sampled_from(["x", "email"]), max_size=2), st.lists(st.sampled_from(["a", "b"]), max_size=2),
    st.booleans(),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    st.lists(people, max_size=6, unique_by=lambda one: one.name),
    st.dictionaries(st.integers(0, 5), st.integers(0, 9)),
    st.sampled_from(["tr", "en", "de"]),
    st.lists(st.sampled_from([{"team": "a"}, {"team": "b"}, {"role": "agent"}, {"role": "legal"}]), max_size=3),
)
def test_who_is_chosen_is_there_and_fits(
    desk: list[Agent], loads: dict[int, int], language: str, targets: list[dict[str, str]]
) -> None:
    load = {one.name: loads.get(at_, 0) for at_, one in enumerate(desk)}
    facts = CaseFacts(language, "x", "other", "same_day")
    rota = Rota(desk, Policy())
    choice = choose(facts, rota, load, NOON, rules(*({"to": to} for to in targets)))
    assert choice == choose(facts, rota, load, NOON, rules(*({"to": to} for to in targets))) and choice.why
    fitting = [
        one for one in desk
        if not one.away and any_may(one.roles, "claim") and (not one.languages or language in one.languages)
        and (not one.channels or "x" in one.channels)
    ]  # fmt: skip
    assert (choice.agent is None) is (not fitting)
    assert choice.agent is None or choice.agent in fitting
    if choice.agent is not None and not targets:
        assert load[choice.agent.name] == min(load[one.name] for one in fitting)


def test_somebody_is_in_charge() -> None:
    one, two = with_somebody_in_charge((agent("A"), agent("B")))
    assert set(one.roles) == set(ROLES) and two.roles == ("agent",)
    named = (agent("A"), agent("B", role="administrator"))
    assert with_somebody_in_charge(named) == named
    assert with_somebody_in_charge((agent("A", role="agent"),))[0].roles == ("agent",), "said is said"


def test_every_role_once() -> None:
    assert agent(role="legal", also=["agent", "legal"]).roles == ("legal", "agent")
