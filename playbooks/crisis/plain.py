"""A crisis plan out of a playbook for single cases, so that each of them can be run, walked and rehearsed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from playbooks.crisis.plan import Plan
from playbooks.schema import ROLES, Playbook

_UP = {
    "agent": "team_lead", "team_lead": "crisis_manager", "crisis_manager": "pr_lead", "legal": "crisis_manager",
    "pr_lead": "crisis_manager", "administrator": "crisis_manager", "viewer": "team_lead",
}  # fmt: skip
"""Who is asked when a role cannot be reached; a ring ends where it would begin again."""

_BOTH = {
    "as_written": ("Yazıldığı gibi", "As written", "Adımlar olduğu gibi sürer.", "The steps go on."),
    "otherwise": ("Başka türlü", "Otherwise", "Gerekçe yazılır; adımlar sürer.", "The reason is kept."),
}  # fmt: skip


def plan_of(playbook: Playbook) -> Plan:
    """The playbook as a plan: all steps begin at the declaration, for their time boxes count from the start of a run.

    Its decider and deputy are kept; every other role goes up by the house's own ladder. A step of an outside party
    lies with the agent, who chases them.
    """
    decides = playbook.decides
    up: dict[str, str | None] = {role: _UP.get(role) for role in ROLES}
    up[decides.role] = decides.deputy
    roles: list[dict[str, Any]] = [
        {
            "role": role,
            "deputy": above,
            **({"hand_over_after": decides.hand_over_after} if role == decides.role else {}),
        }
        for role, above in up.items()
    ]
    steps: list[dict[str, Any]] = []
    for step in playbook.steps:
        written = step.model_dump(include={"id", "kind", "title", "within", "text", "why", "to", "solutions"})
        steps.append(written | {"who": step.who if step.who in ROLES else "agent", "clock": playbook.clock_of(step)})
        if step.kind == "decide":
            steps[-1]["options"] = [
                {"id": key, "title": {"tr": a, "en": b}, "means": {"tr": c, "en": d}}
                for key, (a, b, c, d) in _BOTH.items()
            ]
    began = [step["id"] for step in steps if step["kind"] != "review"] or [steps[0]["id"]]
    reviews = [step["id"] for step in steps if step["kind"] == "review"] or ["look_back"]
    if "look_back" in reviews:
        text = {
            "tr": "Ne iyi gitti, ne değişmeli? Bir sayfaya yazın.",
            "en": "What went well, what must change? One page.",
        }
        title = {"tr": "Değerlendirin", "en": "Review it"}
        steps.append({"id": "look_back", "kind": "review", "title": title, "who": decides.role,
                      "within": timedelta(days=3), "text": text})  # fmt: skip
    first = [{"role": i.role, "within": i.within, "why": i.why} for i in playbook.inform_first if i.role in ROLES]
    said = {"tr": "Bir kişi kriz olabileceğini söyledi", "en": "Somebody says that it may be a crisis"}
    level = {"tr": "Olağan", "en": "Ordinary"}
    return Plan.model_validate({
        "id": playbook.id, "version": playbook.version, "playbook": playbook.id, "title": playbook.title,
        "summary": playbook.summary, "triggers": [{"kind": "person", "title": said, "severity": 1}],
        "severity": [{"level": 1, "title": level, "when": playbook.title}],
        "roles": roles, "outside": playbook.outside, "take": "team_lead",
        "inform_first": first or [{"role": decides.role, "within": timedelta(minutes=30)}],
        "decides": [{"what": playbook.title, "role": decides.role}], "updates": {"who": decides.role},
        "begins": began, "when_closed": reviews, "steps": steps, "do_not_say": playbook.do_not_say,
        "source": playbook.source,
    })  # fmt: skip
