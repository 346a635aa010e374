"""What must be approved, by whom, from when by the deputy: worked examples."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.approvals import (
    Approvals,
    Decision,
    Matter,
    Need,
    counted,
    covers,
    need_from,
    needed,
    open_of,
    say_needs,
    turn,
    verdict,
)
from desk.money import Money
from playbooks.schema import Bilingual
from playbooks.shelf import load_library

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
LIBRARY = load_library(None)
REPLY = Matter("reply", "Merhaba, özür dileriz.", "x", public=True)


@dataclass(frozen=True)
class Hand:
    name: str
    roles: tuple[str, ...]


MERT = Hand("Mert", ("agent",))


def rules(*raw: dict[str, Any]) -> Approvals:
    return Approvals.model_validate({"rules": list(raw)})


def lira(amount: str, currency: str = "TRY") -> Money:
    return Money(Decimal(amount), currency)


OVER = {"when": {"over": {"amount": "500.00", "currency": "TRY"}}, "by": "team_lead"}
WHEN = [  # a rule, a matter, whether it holds
    ({"by": "legal"}, REPLY, True),
    ({"when": {"kinds": ["statement"]}, "by": "legal"}, REPLY, False),
    ({"when": {"urgencies": ["critical"]}, "by": "legal"}, REPLY, False),
    ({"when": {"urgencies": ["critical"]}, "by": "legal"}, replace(REPLY, urgency="critical"), True),
    ({"when": {"channels": ["x"]}, "by": "legal"}, REPLY, True),
    ({"when": {"channels": ["email"]}, "by": "legal"}, REPLY, False),
    ({"when": {"public": True}, "by": "legal"}, REPLY, True),
    ({"when": {"public": False}, "by": "legal"}, REPLY, False),
    ({"when": {"public": False}, "by": "legal"}, replace(REPLY, public=False), True),
    ({"when": {"playbooks": ["late_delivery"]}, "by": "legal"}, replace(REPLY, playbook="late_delivery"), True),
    ({"when": {"playbooks": ["late_delivery"]}, "by": "legal"}, REPLY, False),
    (OVER, REPLY, False),
    (OVER, replace(REPLY, money=lira("500.00")), False),
    (OVER, replace(REPLY, money=lira("500.01")), True),
    (OVER, replace(REPLY, money=lira("1.00", "EUR")), True),  # cannot be compared: never silently
    ({"when": {"public": True, "urgencies": ["critical"]}, "by": "legal"}, REPLY, False),
]


@pytest.mark.parametrize(("rule", "matter", "holds"), WHEN)
def test_when_a_rule_holds(rule: dict[str, Any], matter: Matter, holds: bool) -> None:
    assert bool(needed(matter, rules(rule), None, MERT)) is holds


def test_the_defaults() -> None:
    assert needed(REPLY, Approvals(), None, MERT) == ()
    [critical] = needed(replace(REPLY, urgency="critical"), Approvals(), None, MERT)
    assert (critical.by, critical.deputy, critical.hand_over_after) == (
        ("crisis_manager",), "pr_lead", timedelta(minutes=15),
    )  # fmt: skip
    assert critical.why.en == "urgency critical, public"
    assert needed(replace(REPLY, urgency="critical", public=False), Approvals(), None, MERT) == ()
    statement = Matter("statement", "Açıklama", "news", public=True)
    assert needed(statement, Approvals(), None, Hand("Selin", ("pr_lead",))), "four eyes for their own statement too"


@pytest.mark.parametrize(
    ("rule", "roles", "asked"),
    [
        ({"by": "team_lead"}, ("agent",), True),
        ({"by": "team_lead"}, ("agent", "team_lead"), False),
        ({"by": "team_lead", "four_eyes": True}, ("team_lead",), True),
        ({"by": "team_lead", "people": 2}, ("team_lead",), True),
    ],
)
def test_who_has_the_role_needs_nobody_but_where_four_eyes_are_asked(
    rule: dict[str, Any], roles: tuple[str, ...], asked: bool
) -> None:
    assert bool(needed(REPLY, rules(rule), None, Hand("Elif", roles))) is asked


def test_the_playbook_names_who_decides() -> None:
    [need] = needed(REPLY, rules({"by": "decider"}), LIBRARY["communication_mistake"], MERT)
    assert (need.by, need.deputy, need.hand_over_after) == (("crisis_manager",), "pr_lead", timedelta(minutes=10))
    [need] = needed(REPLY, rules({"by": "decider"}), LIBRARY["plain_question"], MERT)
    assert need.by == ("team_lead",), "an agent decides there, but may approve nothing"
    [need] = needed(REPLY, rules({"by": "decider", "deputy": "legal"}), None, MERT)
    assert (need.by, need.deputy) == (("team_lead",), "legal"), "without a playbook the team lead"


def test_two_rules_for_one_role_ask_once_and_strictly() -> None:
    [need] = needed(
        REPLY, rules({"by": "legal", "people": 2, "hand_over_after": "1h"}, {"by": "legal", "hand_over_after": "5m"}),
        None, MERT,
    )  # fmt: skip
    assert (need.people, need.hand_over_after) == (2, timedelta(minutes=5))
    assert len(needed(REPLY, rules({"by": "legal"}, {"by": "team_lead"}), None, MERT)) == 2


def test_the_sentence_for_who_waits() -> None:
    needs = needed(REPLY, rules({"when": {"public": True}, "by": "legal", "people": 2}), None, MERT)
    assert say_needs(needs, "tr") == "Onay gerekli – 2 kişi (hukuk): herkese açık."
    assert say_needs(needs, "en") == "Approval needed – 2 persons (legal): public."


WHY = Bilingual(tr="neden", en="why")
LEAD = Need(("team_lead",), WHY, "crisis_manager", timedelta(minutes=30))


def test_the_deputys_time_is_counted_on_the_clock_that_is_passed_in() -> None:
    [need] = counted([LEAD], NOW)
    assert need.deputy_from == NOW + timedelta(minutes=30)
    [need] = counted([LEAD], NOW, lambda start, length: start + 3 * length)  # a desk that is staffed a third of the day
    assert need.deputy_from == NOW + timedelta(minutes=90)
    [alone] = counted([replace(LEAD, deputy=None)], NOW)
    assert alone.deputy_from is None
    assert need_from(need.json()) == need


@pytest.mark.parametrize(
    ("roles", "minutes", "role"),
    [
        (("team_lead",), 0, "team_lead"),
        (("team_lead",), 600, "team_lead"),  # the first may still, when the deputy may too
        (("crisis_manager",), 29, None),
        (("crisis_manager",), 30, "crisis_manager"),
        (("crisis_manager", "team_lead"), 40, "team_lead"),
        (("legal", "administrator"), 600, None),
        ((), 600, None),
    ],
)
def test_whose_turn_it_is(roles: tuple[str, ...], minutes: int, role: str | None) -> None:
    [need] = counted([LEAD], NOW)
    assert turn(need, roles, NOW + timedelta(minutes=minutes)) == role


def yes(need: int, by: str, role: str = "team_lead") -> Decision:
    return Decision(need, by, role, True, NOW)


def test_the_verdict() -> None:
    two = replace(LEAD, people=2)
    assert verdict([LEAD], []) == "asked"
    assert verdict([LEAD], [yes(0, "Elif")]) == "approved"
    assert verdict([two], [yes(0, "Elif")]) == "asked" and open_of(0, two, [yes(0, "Elif")]) == 1
    assert verdict([two], [yes(0, "Elif"), yes(0, "Elif")]) == "asked", "two different persons"
    assert verdict([two], [yes(0, "Elif"), yes(0, "Deniz")]) == "approved"
    assert verdict([LEAD, LEAD], [yes(0, "Elif")]) == "asked"
    assert verdict([two], [yes(0, "Elif"), replace(yes(0, "Deniz"), approve=False)]) == "rejected"


def test_what_was_approved_may_not_be_enough_any_more() -> None:
    assert covers([LEAD], [yes(0, "Elif")]) and covers([], [])
    assert covers([LEAD], [yes(0, "Deniz", "crisis_manager")]), "the deputy's word is as good"
    assert not covers([Need(("crisis_manager",), WHY)], [yes(0, "Elif")])
    assert not covers([replace(LEAD, people=2)], [yes(0, "Elif")])
    assert not covers([LEAD], [replace(yes(0, "Elif"), approve=False)])


@given(st.text(min_size=1), st.text(min_size=1))
def test_another_text_is_another_matter(one: str, other: str) -> None:
    same = replace(REPLY, text=one).text_hash == replace(REPLY, text=other).text_hash
    assert same is (one == other)


@pytest.mark.parametrize(
    "change",
    [{"text": "Merhaba, özür dileriz"}, {"text": "Merhaba, özür dileriz. "}, {"channel": "email"}, {"public": False},
     {"kind": "statement"}, {"money": lira("1.00")}, {"text": "Merhaba, özu\u0308r dileriz."}],
)  # fmt: skip
def test_an_approval_is_of_everything_that_is_sent(change: dict[str, Any]) -> None:
    assert replace(REPLY, **change).text_hash != REPLY.text_hash
    assert replace(REPLY, urgency="critical", playbook="praise").text_hash == REPLY.text_hash, "that is not sent"
