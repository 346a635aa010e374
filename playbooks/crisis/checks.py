"""What is wrong with a crisis plan as a whole, with its field, in a sentence for the person who mends it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from playbooks.checks import Problem
from playbooks.crisis.plan import CrisisStep, Plan, written_out
from playbooks.document import Path_
from playbooks.schema import ROLES, suggestion


def plan_problems(plan: Plan, stem: str) -> list[Problem]:
    """What is wrong with a plan whose fields are all readable; `stem` is its file's name without the ending."""
    found: list[Problem] = []
    if plan.id != stem:
        found.append((("id",), f"the id {plan.id!r} and the file's name {stem!r} must be the same", 1))
    found += _doubles(plan)
    found += _people(plan)
    found += _levels(plan)
    names = {step.id for step in plan.steps}
    for index, step in enumerate(plan.steps):
        found += _step(plan, step, ("steps", index), names)
    for at, block in enumerate(plan.blocks):
        inner = {step.id for step in block.steps}
        found += _led(block.begins, ("blocks", at, "begins"), inner)
        for index, step in enumerate(block.steps):
            path: Path_ = ("blocks", at, "steps", index)
            if step.use is not None:
                found.append(((*path, "use"), "a block uses no other block; write its steps out", 1))
            found += _step(plan, step, path, inner)
        if block.id not in {step.use for step in plan.steps}:
            found.append((("blocks", at), f"the block {block.id!r} is used nowhere", 1))
    for name in ("begins", "when_contained", "when_closed"):
        found += _led(getattr(plan, name), (name,), names)
    return found or list(_ways(plan))


def _doubles(plan: Plan) -> Iterator[Problem]:
    lists: tuple[tuple[str, Iterable[Any], str], ...] = (
        ("steps", plan.steps, "id"), ("roles", plan.roles, "role"), ("evidence", plan.evidence, "id"),
        ("blocks", plan.blocks, "id"), ("severity", plan.severity, "level"),
        ("inform_first", plan.inform_first, "role"),
    )  # fmt: skip
    for name, parts, key in lists:
        seen = set()
        for index, part in enumerate(parts):
            value = getattr(part, key)
            if value in seen:
                yield (name, index, key), f"{value!r} is used twice in {name}", 1
            seen.add(value)


def _people(plan: Plan) -> Iterator[Problem]:
    for index, seat in enumerate(plan.roles):
        path: Path_ = ("roles", index)
        if seat.role not in ROLES and seat.title is None:
            yield (*path, "title"), f"{seat.role!r} is a role of this plan's own and needs a title", 1
        if seat.deputy is not None:
            yield from _role(plan, seat.deputy, (*path, "deputy"))
            if seat.deputy == seat.role:
                yield (*path, "deputy"), f"the deputy of {seat.role!r} must be another role", 1
        if len(set(seat.people)) < len(seat.people):
            yield (*path, "people"), f"somebody is named twice for {seat.role!r}", 1
    for name in plan.outside:
        if plan.seat(name) is not None or name in ROLES:
            yield ("outside", name), f"{name!r} is a role of the house and cannot be an outside party", 1
    yield from _decides(plan, plan.take, ("take",))
    yield from _decides(plan, plan.updates.who, ("updates", "who"))
    for index, matter in enumerate(plan.decides):
        yield from _decides(plan, matter.role, ("decides", index, "role"))
    for index, first in enumerate(plan.inform_first):
        yield from _role(plan, first.role, ("inform_first", index, "role"))


def _role(plan: Plan, role: str, path: Path_, outside: bool = False) -> Iterator[Problem]:
    known = tuple(seat.role for seat in plan.roles) + (tuple(plan.outside) if outside else ())
    if role not in known:
        yield path, f"{role!r} is not under 'roles' of this plan; {suggestion(role, known)}", 1


def _decides(plan: Plan, role: str, path: Path_) -> Iterator[Problem]:
    """A role somebody waits for has a deputy, and behind all its deputies there is more than one person."""
    if plan.seat(role) is None:
        yield from _role(plan, role, path)
        return
    chain = plan.chain(role)
    if len(chain) < 2:
        yield path, f"{role!r} has no deputy; name under 'roles' who has it when they cannot be reached", 1
    people = {name for seat in chain for name in seat.people}
    if len(people) == 1 and all(seat.people for seat in chain):
        yield path, f"{role!r} and every deputy of it is {people.pop()}; name somebody else for one of them", 1


def _levels(plan: Plan) -> Iterator[Problem]:
    levels = [severity.level for severity in plan.severity]
    if levels != sorted(levels):
        yield ("severity",), "the mildest level comes first", 1
    for index, severity in enumerate(plan.severity):
        for at, role in enumerate(severity.inform):
            yield from _role(plan, role, ("severity", index, "inform", at))
    for index, trigger in enumerate(plan.triggers):
        if trigger.severity not in levels:
            yield ("triggers", index, "severity"), f"{trigger.severity} is no level of 'severity'", 1
        if trigger.kind == "growth" and trigger.mentions < 2:
            yield ("triggers", index, "mentions"), "growth is more than one mention", 1
        if trigger.kind == "one_mention" and trigger.certainty < 0.5:
            yield ("triggers", index, "certainty"), "one mention of a certainty under 0.5 is no crisis", 1


def _led(steps: tuple[str, ...], path: Path_, names: set[str]) -> Iterator[Problem]:
    for index, step in enumerate(steps):
        if step not in names:
            yield (*path, index), f"{step!r} is no step here; {suggestion(step, tuple(sorted(names)))}", 1


def _step(plan: Plan, step: CrisisStep, path: Path_, names: set[str]) -> Iterator[Problem]:
    yield from _led(step.next, (*path, "next"), names)
    if step.use is not None:
        if step.use not in {block.id for block in plan.blocks}:
            yield (*path, "use"), f"{step.use!r} is no block of this plan", 1
        return
    if step.kind == "decide":
        yield from _decides(plan, step.owner, (*path, "who"))
        if len(step.options) < 2:
            yield (*path, "options"), f"step {step.id!r} decides between fewer than two options", 1
        if step.next:
            yield (*path, "next"), "after a decision the options say what comes next", 1
    elif step.options:
        yield (
            (*path, "options"),
            f"step {step.id!r} is of kind {step.kind!r}; only a step of kind decide has options",
            1,
        )
    else:
        yield from _role(plan, step.owner, (*path, "who"))
    if len({option.id for option in step.options}) < len(step.options):
        yield (*path, "options"), "an option's id is used twice", 1
    for index, option in enumerate(step.options):
        yield from _led(option.next, (*path, "options", index, "next"), names)
    if step.kind == "inform" and not step.to:
        yield path, f"step {step.id!r} informs nobody; say who under 'to'", 1
    for index, party in enumerate(step.to):
        yield from _role(plan, party, (*path, "to", index), outside=True)
    if step.kind == "offer" and not (step.solutions and plan.playbook):
        yield path, f"step {step.id!r} offers nothing; name 'solutions', and the 'playbook' that has them", 1
    known = tuple(part.id for part in plan.evidence)
    for index, part in enumerate(step.evidence):
        if part not in known:
            yield (*path, "evidence", index), f"{part!r} is not under 'evidence'; {suggestion(part, known)}", 1


def _ways(plan: Plan) -> Iterator[Problem]:
    """Steps nobody reaches, and loops without an exit; asked only of a plan whose names all lead somewhere."""
    whole = written_out(plan)
    reached = set(whole.starts) | {after for start in whole.starts for after in whole.reach[start]}
    ends = {step.id for step in whole.steps if () in step.exits}
    index_of = {step.id: index for index, step in enumerate(plan.steps)}
    said: set[str] = set()
    for step in whole.steps:
        written = step.id if step.id in index_of else next(i for i in index_of if step.id.startswith(f"{i}_"))
        path: Path_ = ("steps", index_of[written])
        if step.id not in reached and written not in said:
            said.add(written)
            yield path, f"no step and no stage leads to {step.id!r}", 1
        elif step.id not in ends and not (ends & whole.reach[step.id]) and written not in said:
            said.add(written)
            yield path, f"from {step.id!r} the plan runs in a circle without an exit; give one way an empty 'next'", 1
    after_close = set(whole.when_closed) | {after for start in whole.when_closed for after in whole.reach[start]}
    if not any(whole.by_id[step].kind == "review" for step in after_close):
        yield ("when_closed",), "no step of kind 'review' follows when it is closed", 1
    uncollected = {part.id for part in plan.evidence} - {part for step in whole.steps for part in step.evidence}
    for index, evidence in enumerate(plan.evidence):
        if evidence.id in uncollected:
            yield ("evidence", index), f"no step keeps {evidence.id!r}; name it under a step's 'evidence'", 1
