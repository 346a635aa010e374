"""Who is told, when they may be told, and the words: tables and properties, without a store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.crisis.alert_words import POINTS_TOLD, Point, Told, language_for, text
from desk.crisis.escalating import APART, REMIND_APART, may_tell, tellings
from desk.team import Agent
from playbooks.crisis.state import Notice
from playbooks.schema import ROLES, Bilingual

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
B = Bilingual(tr="x", en="x")


def notice(role: str, person: str = "", kind: str = "due", key: str = "k") -> Notice:
    return Notice(key, NOW, kind, role, person, "step.a.1", B, B)


ADA, ECE = Agent(name="Ada", role="team_lead"), Agent(name="Ece", role="crisis_manager", also=("pr_lead",))
YUSUF, ELIF, MERT = Agent(name="Yusuf", role="administrator"), Agent(name="Elif"), Agent(name="Mert")
DESK = (ADA, ECE, YUSUF, ELIF, MERT)


@pytest.mark.parametrize(
    ("role", "person", "away", "told", "missing"),
    [
        ("team_lead", "Ada", (), ["Ada"], False),
        ("team_lead", "Ada", ("Ada",), ["Ada"], False),  # the run knows that she is away, and names her all the same
        ("agent", "", (), ["Elif", "Mert"], False),
        ("agent", "", ("Elif",), ["Mert"], False),
        ("agent", "", ("Elif", "Mert"), ["Ece", "Yusuf"], True),
        ("executive", "", (), ["Ece", "Yusuf"], True),
        ("executive", "", ("Ece",), ["Yusuf"], True),
        ("executive", "", ("Ece", "Yusuf"), ["Ece", "Yusuf"], True),
        ("pr_lead", "Zerrin Hanım", (), ["Ece"], True),  # not on the desk: whoever has the role, and told to reach her
        ("executive", "Zerrin Hanım", (), ["Ece", "Yusuf"], True),
    ],
)
def test_to_whom_it_goes(role: str, person: str, away: tuple[str, ...], told: list[str], missing: bool) -> None:
    [found] = tellings([notice(role, person)], DESK, frozenset(away))
    assert ([agent.name for agent in found.to], found.missing) == (told, missing)


AGENTS = st.lists(
    st.builds(
        lambda number, role, also: Agent(name=f"P{number}", role=role, also=also),
        st.integers(0, 30), st.sampled_from(ROLES), st.lists(st.sampled_from(ROLES), max_size=2).map(tuple),
    ),
    min_size=1, max_size=6, unique_by=lambda agent: agent.name,
)  # fmt: skip


@given(AGENTS, st.sampled_from((*ROLES, "executive")), st.sampled_from(("", "P1", "Zerrin")), st.data())
def test_never_nobody_and_the_named_one_alone(agents: list[Agent], role: str, person: str, data: Any) -> None:
    away = frozenset(data.draw(st.sets(st.sampled_from([agent.name for agent in agents]))))
    [found] = tellings([notice(role, person)], agents, away)
    names = [agent.name for agent in found.to]
    assert names and len(names) == len(set(names))
    if person in {agent.name for agent in agents}:
        assert names == [person] and not found.missing
    assert found.missing or all(role in agent.roles or agent.name == person for agent in found.to)


@pytest.mark.parametrize(
    ("kinds", "last", "stage", "ready"),
    [
        (["due"], None, 60, True),
        (["due"], 10, 3600, False),
        (["due"], 60, 3600, True),
        (["due"], 10, 5, True),  # a new stage since
        (["reminder"], 60, 3600, False),
        (["reminder"], 300, 3600, True),
        (["reminder", "due"], 60, 3600, True),
    ],
)
def test_when_somebody_may_be_told_again(kinds: list[str], last: int | None, stage: int, ready: bool) -> None:
    waiting = tellings([notice("team_lead", "Ada", kind, kind) for kind in kinds], DESK, frozenset())
    before = {} if last is None else {"Ada": NOW - timedelta(seconds=last)}
    assert bool(may_tell(waiting, before, NOW - timedelta(seconds=stage), NOW)) == ready
    assert APART < REMIND_APART


def test_one_for_several_goes_when_the_first_of_them_may_be_told() -> None:
    waiting = tellings([notice("agent")], DESK, frozenset())
    assert may_tell(waiting, {"Elif": NOW}, NOW - timedelta(hours=1), NOW) == waiting
    assert may_tell(waiting, {"Elif": NOW, "Mert": NOW}, NOW - timedelta(hours=1), NOW) == []


def test_a_long_list_is_cut_and_says_so_and_what_went_on_asks_nothing() -> None:
    points = tuple(Point({"tr": f"iş {n}", "en": f"job {n}"}, {"tr": "x", "en": "x"}, None) for n in range(13))
    told = Told(7, "Ada", B, "", B, B, NOW - timedelta(minutes=65), points)
    lines = text(told, NOW, ZoneInfo("Europe/Istanbul"), "en").splitlines()
    assert len(lines) == POINTS_TOLD + 4 and lines[-2:] == [
        "and 3 more",
        "Open the crisis room, confirm that you have it: K-7",
    ]
    gone = Told(7, "Ada", B, "", B, B, NOW, (Point({"tr": "iş", "en": "job"}, {"tr": "x", "en": "x"}, None, B),))
    assert text(gone, NOW, ZoneInfo("Europe/Istanbul"), "tr").splitlines()[1:] == [
        "Bilginize:", "- iş · artık şurada: x · x", "Kriz odası: K-7"
    ]  # fmt: skip


def test_the_language_is_ones_only_one_else_the_boards() -> None:
    assert language_for(Agent(name="A", languages=("en",)), "tr") == "en"
    assert {language_for(who, "tr") for who in (None, Agent(name="A"), Agent(name="B", languages=("tr", "en")))} == {
        "tr"
    }
