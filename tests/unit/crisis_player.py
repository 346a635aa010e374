"""Somebody who plays a whole crisis: does what is due, decides as told, and leaves alone who is to be silent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from playbooks.crisis.events import Event
from playbooks.crisis.plan import CrisisStep, Plan
from playbooks.crisis.run import Run
from playbooks.crisis.state import Duty, State

T0 = datetime(2026, 11, 23, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
B = {"tr": "x", "en": "x"}
Choose = Callable[[CrisisStep, State], str]


def at(minutes: float) -> datetime:
    """Minutes after the beginning."""
    return T0 + timedelta(minutes=minutes)


def to_an_end(plan: Plan) -> dict[str, int]:
    """For each step, how many steps it is to the end of a branch."""
    far: dict[str, int] = {}
    for _ in plan.steps:
        for step in plan.steps:
            ways = [max((far.get(n, 999) for n in way), default=0) for way in step.exits]
            far[step.id] = min(ways, default=0) + 1
    return far


def out_of_it(plan: Plan) -> Choose:
    """Decides for the option nearest to an end."""
    far = to_an_end(plan)
    return lambda step, state: (
        min(step.options, key=lambda option: (max((far[n] for n in option.next), default=0), option.id)).id
    )


def play(run: Run, choose: Choose, silent: frozenset[str] = frozenset()) -> tuple[Run, State]:
    """The run from suspicion to review. Raises AssertionError where it does not come to an end within 4,000 rounds."""
    steps = run.plan.by_id
    run, now = run.fed(Event(T0, "suspected", why="grows")), T0
    for _ in range(4000):
        state = run.state(now)
        fed = run.fed(*(Event(now, "told", notice=notice.key) for notice in state.untold))
        acts = [event for duty in state.open if (event := _act(duty, state, steps, choose, silent))]
        if state.stage == "reviewed":
            return fed, fed.state(now)
        steps_open = [duty for duty in state.open if duty.kind in ("step", "take", "declare")]
        if not steps_open:
            onward = {"declared": "contained", "contained": "closed", "closed": "reviewed"}[state.stage]
            acts.append(Event(now, onward, "agent:Ece", why="no step is open"))
        run = fed.fed(*acts)
        waits = [duty.due_at for duty in steps_open if duty.step and steps[duty.step].kind == "wait"]
        if acts:
            now += MINUTE
        elif len(waits) == len(steps_open):
            now = min(waits)  # days may pass, and nobody has anything to do
        else:
            now += 5 * MINUTE
    raise AssertionError(f"the run does not end: {[duty.key for duty in state.open]} are open at {now}")


def _act(
    duty: Duty, state: State, steps: dict[str, CrisisStep], choose: Choose, silent: frozenset[str]
) -> Event | None:
    who = duty.holder.person or duty.holder.role
    if {who, duty.holder.role} & silent:
        return None
    now, by = state.now, f"agent:{who}"
    if duty.kind == "take":
        return Event(now, "taken", by)
    if duty.kind == "declare":
        return Event(now, "declared", by, why="it is one")
    if duty.kind == "first":
        return Event(now, "seen", by, duty=duty.key)
    if duty.kind == "update":
        return Event(now, "updated", by) if now + 5 * MINUTE >= duty.due_at else None
    step = steps[duty.step]
    if step.kind == "wait":
        return None
    if step.kind == "decide":
        return Event(now, "decided", by, step=step.id, option=choose(step, state), why="so")
    return Event(now, "done", by, step=step.id)


def small(steps: list[dict], begins: list[str], **more: object) -> Plan:
    """A plan of a few steps, ten minutes each, with agent -> team_lead -> crisis_manager."""
    filled = [{"who": "agent", "within": "10m", "title": B, "text": B, **step} for step in steps]
    filled.append({"id": "review", "kind": "review", "who": "team_lead", "within": "1d", "title": B, "text": B})
    roles = [
        {"role": "agent", "deputy": "team_lead", "hand_over_after": "5m"},
        {"role": "team_lead", "deputy": "crisis_manager", "hand_over_after": "5m"},
        {"role": "crisis_manager"},
    ]
    return Plan.model_validate(
        {
            "id": "small",
            "version": 1,
            "title": B,
            "summary": B,
            "triggers": [{"kind": "person", "title": B, "severity": 1}],
            "severity": [{"level": 1, "title": B, "when": B}],
            "roles": roles,
            "take": "agent",
            "inform_first": [{"role": "team_lead", "within": "5m"}],
            "decides": [{"what": B, "role": "team_lead"}],
            "updates": {"who": "agent"},
            "begins": begins,
            "when_closed": ["review"],
            "steps": filled,
            "do_not_say": [{"say": B, "why": B}],
            "source": B,
            **more,
        }
    )


def declared(plan: Plan, **more: object) -> Run:
    return Run(plan, **more).fed(Event(T0, "declared", "agent:Ece", why="it is one"))  # type: ignore[arg-type]


def open_steps(run: Run, minutes: float) -> list[str]:
    return sorted(duty.step for duty in run.state(at(minutes)).open if duty.step)


def holder(run: Run, key: str, minutes: float) -> tuple[str, str]:
    duty = next(duty for duty in run.state(at(minutes)).duties if duty.key == key)
    return duty.holder.role, duty.holder.person
