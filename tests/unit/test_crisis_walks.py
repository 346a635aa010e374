"""Every branch of every shipped plan and playbook is walked to its end, and each decider is absent and silent once."""

from __future__ import annotations

from functools import cache

import pytest

from playbooks.crisis.checks import plan_problems
from playbooks.crisis.events import Event
from playbooks.crisis.plain import plan_of
from playbooks.crisis.plan import Plan, written_out
from playbooks.crisis.run import Run
from playbooks.crisis.shelf import check_plans, load_plans
from playbooks.crisis.state import State
from playbooks.shelf import load_library
from tests.unit.crisis_player import at, out_of_it, play

SHIPPED = load_plans()
PLANS = {id: written_out(plan) for id, plan in SHIPPED.items()}
ALL = PLANS | {f"{id} (playbook)": plan_of(playbook) for id, playbook in load_library().items()}
BRANCHES = [(id, step.id, option.id) for id, plan in ALL.items() for step in plan.steps for option in step.options]
DECIDERS = [
    (id, role) for id, plan in ALL.items() for role in sorted({s.owner for s in plan.steps if s.kind == "decide"})
]
WRITTEN = {
    "any_crisis", "data_leak", "safety_recall", "service_down", "offensive_post", "boycott_or_attack", "false_rumour",
    "cargo_collapse", "executive_scandal",
}  # fmt: skip


def test_what_is_shipped_is_in_order() -> None:
    assert set(PLANS) == WRITTEN and len(ALL) >= len(WRITTEN) + 19
    assert not check_plans()
    assert [plan_problems(plan, plan.id) for plan in ALL.values()] == [[]] * len(ALL)


@pytest.mark.parametrize("id", sorted(ALL))
def test_a_plan_is_the_same_after_it_was_kept_as_json(id: str) -> None:
    for plan in (ALL[id], SHIPPED.get(id, ALL[id])):
        kept = plan.model_dump(mode="json")
        assert Plan.model_validate(kept) == plan and Plan.model_validate(kept).model_dump(mode="json") == kept
        assert kept["take_within"].endswith("m"), "a time box is kept as it is written"


@pytest.mark.parametrize("id", sorted(WRITTEN - {"any_crisis"}))
def test_a_plan_has_what_a_good_crisis_team_wants(id: str) -> None:
    plan = SHIPPED[id]
    assert {trigger.kind for trigger in plan.triggers} >= {"growth", "person"} and len(plan.severity) == 3
    assert all(plan.chain(seat.role)[1:] for seat in plan.roles), "whoever is away has a deputy"
    assert plan.severity[-1].inform, "the gravest level tells somebody further up"
    assert (plan.updates.first_within, plan.updates.every) == (at(5) - at(0), at(20) - at(0))
    assert plan.updates.lasting == at(120) - at(0) and plan.updates.then_every is not None
    assert {"first_posts"} < {part.id for part in plan.evidence} and len(plan.do_not_say) >= 4
    kinds = {step.kind for step in PLANS[id].steps}
    assert kinds >= {"do", "inform", "decide", "reply", "look_up", "wait", "review"} and plan.blocks
    assert len(plan.begins) >= 2, "strands run side by side from the first minute"
    assert plan.playbook is None or plan.playbook in load_library()


@cache
def walks(id: str) -> tuple[tuple[Run, State], ...]:
    """Walks from suspicion to review that take every option of every decision at least once."""
    plan, taken, found = ALL[id], set(), []
    wanted = {(step.id, option.id) for step in plan.steps for option in step.options}
    for _ in range(len(wanted) + 1):
        missing = wanted - taken
        if not missing and found:
            break
        run, state = play(Run(plan), _taking(plan, missing))
        new = {(duty.step, duty.option) for duty in state.duties if duty.option}
        assert new & missing or not wanted, f"no walk comes to {sorted(missing)}"
        taken |= new
        found.append((run, state))
    return tuple(found)


def _taking(plan: Plan, missing: set[tuple[str, str]]):
    """Decides once in a walk for each option that is missing, else the nearest way to one, else out of it."""
    left, away = set(missing), out_of_it(plan)

    def choose(step, state):
        for option in step.options:
            if (step.id, option.id) in left:
                left.discard((step.id, option.id))
                return option.id
        far = _far_from(plan, {target for target, _ in left})
        near = {option.id: min((far.get(n, 999) for n in option.next), default=999) for option in step.options}
        nearest = min(near, key=lambda option: near[option])
        return nearest if near[nearest] < 999 else away(step, state)

    return choose


def _far_from(plan: Plan, targets: set[str]) -> dict[str, int]:
    """For each step from which one of these can be reached, how many steps it is away."""
    far, edge = dict.fromkeys(targets, 0), set(targets)
    while edge:
        edge = {step.id for step in plan.steps if step.id not in far and edge & set(step.following)}
        far |= dict.fromkeys(edge, max(far.values()) + 1)
    return far


@pytest.mark.parametrize("id", sorted(ALL))
def test_every_branch_is_walked_to_its_end(id: str) -> None:
    plan, taken = ALL[id], set()
    for run, state in walks(id):
        assert state.stage == "reviewed" and not state.open and not state.refused and not state.waiting
        assert len(run.events) == len(set(run.events)), "nothing happened twice"
        ended = [duty for duty in state.duties if duty.how in ("done", "decided", "waited")]
        for duty in ended:
            if duty.step and duty.ended_at is not None:
                step = plan.by_id[duty.step]
                follows = next((o.next for o in step.options if o.id == duty.option), step.next)
                begun = {later.step for later in state.duties if later.step}
                assert begun >= set(follows), f"after {duty.step} ({duty.option})"
        taken |= {(id, duty.step, duty.option) for duty in ended if duty.option}
    assert taken == {branch for branch in BRANCHES if branch[0] == id}


def test_no_step_is_left_out_of_all_walks() -> None:
    for id, plan in ALL.items():
        done = {duty.step for _, state in walks(id) for duty in state.duties if duty.ended_at}
        assert {step.id for step in plan.steps} <= done, id


@pytest.mark.parametrize("way", ["silent", "absent"])
@pytest.mark.parametrize(("id", "role"), DECIDERS)
def test_each_decider_is_away_once_and_it_comes_to_its_end(id: str, role: str, way: str) -> None:
    plan = ALL[id]
    run = Run(plan) if way == "silent" else Run(plan).fed(Event(at(-1), "absent", person=role))
    asks = {(step.id, option.id) for step in plan.steps if step.owner == role for option in step.options[:1]}
    _, state = play(run, _taking(plan, asks), frozenset({role}))
    assert state.stage == "reviewed" and not state.open
    decided = [duty for duty in state.duties if duty.how == "decided" and duty.role == role]
    assert decided
    seat = plan.seat(role)
    assert seat is not None
    for duty in decided:
        assert duty.holder.role != role and duty.ended_by == f"agent:{duty.holder.role}"
        assert duty.holder.because == ("absent" if way == "absent" else "deputy")
        # known to be away costs no time; silence costs no more than the patience of the seat
        step = plan.by_id[duty.step]
        lost = min(step.hand_over_after or seat.hand_over_after, step.box) if way == "silent" else at(0) - at(0)
        assert duty.holder.since - duty.began_at == lost
