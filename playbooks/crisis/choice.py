"""Which plan is for an incident: of those whose trigger fires, the one that was written for just this. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from mention import TOPICS
from playbooks.crisis.plan import Plan, Trigger

ANY = "any_crisis"
"""The plan for a crisis of any kind; every other plan whose trigger fires goes before it."""


def plan_for(
    plans: Mapping[str, Plan], topic: str, urgency: str, mentions: int, usual: float, certainty: float
) -> tuple[Plan, Trigger] | None:
    """The plan that an incident suspects, with the trigger that fired; None where none fires.

    `topic` and `urgency` are the incident's, `mentions` how many there are of it, `usual` how many are expected in the
    same time, `certainty` the smaller probability of a single mention's two labels (0 where none is certain). Plans
    for a kind of crisis go before ANY; of the triggers that fire then the graver one, then the one for fewer topics,
    then the one that asks for more mentions, then by the plan's id. Raises ValueError for a topic that is none.
    """
    fired = [
        (_place(plan, trigger), plan, trigger)
        for plan in plans.values()
        for trigger in plan.triggers
        if trigger.fires(topic, urgency, mentions, usual, certainty)
    ]
    best = min(fired, key=lambda one: one[0], default=None)
    return best[1:] if best else None


def by_hand(plans: Mapping[str, Plan], topic: str | None = None) -> tuple[Plan, ...]:
    """The plans that a person may choose from, the likeliest for a topic first and ANY before the unlikely ones."""

    def place(plan: Plan) -> tuple[bool, bool, str]:
        likely = topic is not None and any(topic in trigger.topics for trigger in plan.triggers)
        return (not likely or plan.id == ANY, plan.id != ANY, plan.id)

    return tuple(sorted(plans.values(), key=place))


def _place(plan: Plan, trigger: Trigger) -> tuple[bool, int, int, float, str, int]:
    topics = len(trigger.topics) or len(TOPICS)
    asks = trigger.mentions * trigger.times_usual
    return plan.id == ANY, -trigger.severity, topics, -asks, plan.id, plan.triggers.index(trigger)
