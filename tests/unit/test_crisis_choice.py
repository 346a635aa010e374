"""Which plan an incident suspects: worked examples, and that no incident is left to chance."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mention import TOPICS, URGENCIES
from playbooks.crisis.choice import ANY, by_hand, plan_for
from playbooks.crisis.shelf import load_plans

PLANS = load_plans()

# topic, urgency, mentions of 15 minutes, usual then, certainty of the single text; the plan, its trigger, its severity
EXAMPLES = [
    ("privacy_fraud", "critical", 1, 0.2, 0.95, ("data_leak", "one_mention", 3)),
    ("privacy_fraud", "critical", 1, 0.2, 0.60, None),  # not certain, and alone
    ("privacy_fraud", "urgent", 1, 0.2, 0.99, None),  # certain, and not critical
    ("privacy_fraud", "urgent", 7, 1.0, 0.0, ("data_leak", "growth", 2)),
    ("privacy_fraud", "urgent", 7, 3.0, 0.0, None),  # seven where three are usual
    ("privacy_fraud", "critical", 30, 1.0, 0.95, ("data_leak", "one_mention", 3)),  # the graver of two that fire
    ("safety", "critical", 1, 0.1, 0.92, ("safety_recall", "one_mention", 3)),
    ("safety", "urgent", 3, 0.5, 0.0, ("safety_recall", "growth", 3)),
    ("safety", "urgent", 2, 0.5, 0.0, None),
    ("service_outage", "urgent", 20, 3.0, 0.0, ("service_down", "growth", 2)),
    ("service_outage", "urgent", 90, 3.0, 0.0, ("service_down", "growth", 3)),
    ("account_access", "urgent", 90, 3.0, 0.0, ("service_down", "growth", 2)),
    ("communication_error", "urgent", 12, 2.0, 0.0, ("offensive_post", "growth", 2)),
    ("communication_error", "urgent", 80, 2.0, 0.0, ("offensive_post", "growth", 3)),
    ("staff_conduct", "urgent", 15, 2.0, 0.0, ("executive_scandal", "growth", 2)),
    ("delivery_delay", "same_day", 23, 4.0, 0.0, ("cargo_collapse", "growth", 2)),
    ("courier", "same_day", 70, 4.0, 0.0, ("cargo_collapse", "growth", 3)),
    ("delivery_delay", "same_day", 23, 8.0, 0.0, None),  # a busy afternoon
    ("question", "none", 20, 2.0, 0.0, ("false_rumour", "growth", 2)),
    ("other", "none", 45, 5.0, 0.0, ("boycott_or_attack", "growth", 2)),
    ("other", "none", 25, 5.0, 0.0, (ANY, "growth", 2)),  # of no kind that has a plan of its own yet
    ("product_defect", "urgent", 23, 4.0, 0.0, (ANY, "growth", 2)),
    ("billing", "urgent", 23, 4.0, 0.0, (ANY, "growth", 2)),
    ("praise", "none", 1, 0.5, 1.0, None),
]


@pytest.mark.parametrize(("topic", "urgency", "mentions", "usual", "certainty", "said"), EXAMPLES)
def test_worked_examples(topic: str, urgency: str, mentions: int, usual: float, certainty: float, said) -> None:
    chosen = plan_for(PLANS, topic, urgency, mentions, usual, certainty)
    assert (chosen and (chosen[0].id, chosen[1].kind, chosen[1].severity)) == said


def test_every_plan_is_chosen_by_some_example() -> None:
    assert {said[0] for *_, said in EXAMPLES if said} == set(PLANS)


def test_a_brand_with_one_plan_of_its_own_still_has_a_plan_for_the_rest() -> None:
    only = {ANY: PLANS[ANY]}
    leak = plan_for(only, "privacy_fraud", "critical", 1, 0.1, 0.95)
    assert leak is not None and (leak[0].id, leak[1].kind) == (ANY, "one_mention")
    assert plan_for({}, "privacy_fraud", "critical", 99, 0.1, 1.0) is None
    with pytest.raises(ValueError, match="not a known topic"):
        plan_for(PLANS, "weather", "critical", 1, 1, 1)


FACTS = st.tuples(
    st.sampled_from(TOPICS), st.sampled_from(URGENCIES), st.integers(1, 300), st.floats(0, 40), st.floats(0, 1)
)


@given(facts=FACTS)
def test_what_is_chosen_fires_and_a_plan_of_its_own_goes_before_the_general_one(facts) -> None:
    chosen = plan_for(PLANS, *facts)
    fired = {plan.id for plan in PLANS.values() for trigger in plan.triggers if trigger.fires(*facts)}
    assert (chosen is None) == (not fired)
    if chosen is not None:
        plan, trigger = chosen
        assert trigger in plan.triggers and trigger.fires(*facts)
        assert plan.id != ANY or fired == {ANY}
        assert len(fired - {ANY}) <= 1, "no two plans of their own kind fire on one incident"
        assert plan_for(dict(reversed(PLANS.items())), *facts) == chosen, "whatever order they are in"


def test_by_hand_the_likely_ones_come_first_and_none_is_missing() -> None:
    ids = [plan.id for plan in by_hand(PLANS, "courier")]
    assert ids[:2] == ["cargo_collapse", ANY] and sorted(ids) == sorted(PLANS)
    assert by_hand(PLANS)[0].id == ANY
