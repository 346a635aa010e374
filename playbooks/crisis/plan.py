"""What a crisis plan is: who takes it, who is told, which steps follow from which decision, how often it is spoken of.

A plan stands beside the playbooks of playbooks/schema.py and borrows their words. What one field can say of itself is
here; what needs two fields to be wrong (a step nobody reaches, a loop without an exit) is in checks.py. A time box
counts from when its step begins, because with branches nobody knows beforehand when that will be.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field, StrictInt, model_validator

from mention import TOPICS
from playbooks.schema import Bilingual, Clock, Id, Kind, NotToSay, Part, TimeBox, Topic, Urgency, Words

STAGES = ("suspected", "declared", "contained", "closed", "reviewed", "dismissed")
"""What a run can be, in the order in which it usually is; dismissed: suspected, and it was nothing."""

TRIGGERS = ("growth", "one_mention", "person")
"""What makes a crisis suspected: mentions that grow, one mention of high certainty, or somebody who says so."""

Level = Annotated[StrictInt, Field(ge=1, le=5)]


class Trigger(Part):
    """What makes a crisis suspected, without anybody's leave."""

    kind: Literal["growth", "one_mention", "person"] = Field(description="growth, one_mention or person")
    title: Bilingual = Field(description="the trigger in a few words")
    topics: tuple[Topic, ...] = Field((), description="topics it is for; none: every topic")
    urgencies: tuple[Urgency, ...] = Field((), description="urgencies it is for; none: every urgency")
    mentions: Annotated[StrictInt, Field(ge=1)] = Field(1, description="at least so many mentions of one matter")
    times_usual: Annotated[float, Field(ge=1)] = Field(1.0, description="and so many times as many as usual")
    certainty: Annotated[float, Field(ge=0, le=1)] = Field(0.0, description="for one_mention: the score's probability")
    severity: Level = Field(2, description="the severity it is suspected with")

    def fires(self, topic: str, urgency: str, mentions: int, usual: float, certainty: float) -> bool:
        """Whether an incident of these facts is this trigger's; `usual` is the mentions expected, in the same time.

        Raises ValueError for a topic that is none. `person` never fires by itself.
        """
        if topic not in TOPICS:
            raise ValueError(f"{topic!r} is not a known topic")
        if self.kind == "person" or (self.topics and topic not in self.topics):
            return False
        if self.urgencies and urgency not in self.urgencies:
            return False
        if self.kind == "one_mention":
            return certainty >= self.certainty
        return mentions >= self.mentions and mentions >= self.times_usual * usual


class Severity(Part):
    """How bad it is; the higher level has the higher number."""

    level: Level = Field(description="1 is the mildest")
    title: Bilingual = Field(description="the level in a word or two")
    when: Bilingual = Field(description="how one knows that it is this one")
    inform: tuple[Id, ...] = Field((), description="roles told from this level on, beside inform_first")


class Seat(Part):
    """A role in the crisis: who has it, who has it after them, and how long it waits for the first."""

    role: Id = Field(description="one of the house's roles, or a name of its own such as spokesperson")
    title: Bilingual | None = Field(None, description="what a role of its own is called; required for those")
    people: tuple[Words, ...] = Field((), description="who has it, the first who is there; none: whoever has the role")
    deputy: Id | None = Field(None, description="the role to which it goes; none: it ends here")
    hand_over_after: TimeBox = Field(timedelta(minutes=10), description="how long unseen work waits for this role")


class First(Part):
    """Who is told first when the crisis is declared, and by when they must have seen it."""

    role: Id = Field(description="a role of `roles`")
    within: TimeBox = Field(description="from the declaration until they have seen it")
    why: Bilingual | None = Field(None, description="why this role")


class Matter(Part):
    """Something that is decided in this crisis, and by whom; their deputy is that of the role."""

    what: Bilingual = Field(description="what is decided")
    role: Id = Field(description="the role that decides it")


class Updates(Part):
    """How often it is spoken of, even when there is nothing new: silence is filled by others."""

    who: Id = Field(description="the role that publishes them")
    first_within: TimeBox = Field(timedelta(minutes=5), description="from the declaration to the first")
    every: TimeBox = Field(timedelta(minutes=20), description="from one to the next, at most")
    lasting: TimeBox = Field(timedelta(hours=2), description="how long that cadence holds after the declaration")
    then_every: TimeBox | None = Field(None, description="the slower cadence afterwards, until contained; none: none")


class Evidence(Part):
    """Something to keep before it is gone."""

    id: Id = Field(description="name within the plan")
    what: Bilingual = Field(description="what is kept, and how")
    within: TimeBox = Field(description="from the declaration")


class Option(Part):
    """One way to decide, and what follows from it."""

    id: Id = Field(description="name within the step")
    title: Bilingual = Field(description="the option in a few words")
    means: Bilingual = Field(description="its consequence, said before it is chosen")
    next: tuple[Id, ...] = Field((), description="the steps that then begin; none: this branch ends here")


class CrisisStep(Part):
    """One thing to be done, once or, in a loop, again."""

    id: Id = Field(description="name within the plan; the log refers to it")
    kind: Kind = Field("do", description="what sort of step it is")
    title: Bilingual | None = Field(None, description="the step in a few words; left out with `use`")
    who: Id | None = Field(None, description="the role that does it; left out with `use`")
    within: TimeBox | None = Field(None, description="time box from when it begins; a wait ends by itself then")
    clock: Clock = Field("always", description="staffed or always: what the time box is counted in")
    text: Bilingual | None = Field(None, description="how it is done well; left out with `use`")
    why: Bilingual | None = Field(None, description="why it is done at all")
    to: tuple[Id, ...] = Field((), description="for inform: roles, or outside parties")
    options: tuple[Option, ...] = Field((), description="for decide: the ways to decide")
    solutions: tuple[Id, ...] = Field((), description="for offer: solutions of the playbook named in `playbook`")
    evidence: tuple[Id, ...] = Field((), description="evidence that this step keeps")
    next: tuple[Id, ...] = Field((), description="the steps that begin when it is done, side by side")
    join: Literal["all", "any"] = Field("all", description="begin when all strands that lead here are in, or the first")
    remind_every: TimeBox | None = Field(None, description="reminders until done or handed over; none: the time box")
    hand_over_after: TimeBox | None = Field(None, description="where it differs from the role's")
    use: Id | None = Field(None, description="stands for the steps of this block")

    @model_validator(mode="after")
    def _step_or_use(self) -> CrisisStep:
        missing = [name for name in ("title", "who", "within", "text") if getattr(self, name) is None]
        if self.use is None and missing:
            raise ValueError(f"the field {missing[0]!r} is missing; only a step that uses a block goes without it")
        if self.use is not None and (len(missing) < 4 or self.options or self.to or self.evidence or self.solutions):
            raise ValueError("a step that uses a block has only its id, next, join and use")
        return self

    @property
    def exits(self) -> tuple[tuple[str, ...], ...]:
        """The ways on from here, each the steps that then begin; an empty one ends the branch."""
        return tuple(option.next for option in self.options) if self.kind == "decide" else (self.next,)

    @property
    def following(self) -> tuple[str, ...]:
        """Every step that may begin after this one, in the order written."""
        return tuple(dict.fromkeys(step for way in self.exits for step in way))

    @property
    def box(self) -> timedelta:
        """The time box. Raises ValueError for a step that uses a block and was not written out."""
        if self.within is None:
            raise ValueError(f"step {self.id!r} stands for a block; write the plan out first")
        return self.within

    @property
    def owner(self) -> str:
        """The role that does it. Raises ValueError as `box` does."""
        if self.who is None:
            raise ValueError(f"step {self.id!r} stands for a block; write the plan out first")
        return self.who


class Block(Part):
    """Steps that several places use; where its branches end, the step that used it goes on."""

    id: Id = Field(description="name of the block")
    begins: tuple[Id, ...] = Field(min_length=1, description="the steps that begin when it is reached")
    steps: tuple[CrisisStep, ...] = Field(min_length=1, description="its steps; they lead only to one another")


class Plan(Part):
    """How one kind of crisis is run."""

    id: Id = Field(description="name of the plan; its file is called the same")
    version: Annotated[StrictInt, Field(ge=1)] = Field(description="raised with every change; a run keeps its own")
    playbook: Id | None = Field(None, description="the playbook whose replies and solutions are used")
    title: Bilingual = Field(description="the crisis in a few words")
    summary: Bilingual = Field(description="what it is for and what good handling looks like")
    triggers: tuple[Trigger, ...] = Field(min_length=1, description="what makes it suspected")
    severity: tuple[Severity, ...] = Field(min_length=1, description="its levels, the mildest first")
    roles: tuple[Seat, ...] = Field(min_length=1, description="who has which role, and who after them")
    outside: dict[Id, Bilingual] = Field(default_factory=dict, description="parties outside the house, by name")
    take: Id = Field(description="the role that takes a suspected crisis")
    take_within: TimeBox = Field(timedelta(minutes=5), description="until it goes to their deputy, and so on up")
    declare_within: TimeBox = Field(timedelta(minutes=15), description="from taking it to declaring or dismissing it")
    inform_first: tuple[First, ...] = Field(min_length=1, description="who is told first")
    decides: tuple[Matter, ...] = Field(min_length=1, description="who decides what")
    updates: Updates = Field(description="how often it is spoken of")
    evidence: tuple[Evidence, ...] = Field((), description="what to keep before it is gone")
    begins: tuple[Id, ...] = Field(min_length=1, description="steps that begin when it is declared")
    when_contained: tuple[Id, ...] = Field((), description="steps that begin when it is contained")
    when_closed: tuple[Id, ...] = Field(min_length=1, description="steps that begin when it is closed: the review")
    blocks: tuple[Block, ...] = Field((), description="steps that several places use")
    steps: tuple[CrisisStep, ...] = Field(min_length=1, description="what is done")
    do_not_say: tuple[NotToSay, ...] = Field(min_length=1, description="what not to say, and why")
    source: Bilingual = Field(description="where the practice comes from")

    @property
    def starts(self) -> tuple[str, ...]:
        """Every step that a stage begins."""
        return (*self.begins, *self.when_contained, *self.when_closed)

    @cached_property
    def by_id(self) -> dict[str, CrisisStep]:
        """The steps by their ids."""
        return {step.id: step for step in self.steps}

    @cached_property
    def reach(self) -> dict[str, frozenset[str]]:
        """For each step, every step that may come after it, at any distance (itself where it is in a loop)."""
        return {step.id: frozenset(_after(self, step)) for step in self.steps}

    def seat(self, role: str) -> Seat | None:
        """The seat of a role, or None."""
        return self._seats.get(role)

    def chain(self, role: str) -> tuple[Seat, ...]:
        """The seat of a role, its deputy's, and so on up; a ring of deputies ends where it would begin again."""
        return self._chains.get(role, ())

    @cached_property
    def _seats(self) -> dict[str, Seat]:
        return {seat.role: seat for seat in reversed(self.roles)}

    @cached_property
    def _chains(self) -> dict[str, tuple[Seat, ...]]:
        return {role: self._up(role) for role in self._seats}

    def _up(self, role: str) -> tuple[Seat, ...]:
        found: dict[str, Seat] = {}
        seat = self.seat(role)
        while seat is not None and seat.role not in found:
            found[seat.role] = seat
            seat = self.seat(seat.deputy) if seat.deputy else None
        return tuple(found.values())


def _after(plan: Plan, step: CrisisStep) -> Iterator[str]:
    seen: set[str] = set()
    waiting = list(step.following)
    while waiting:
        here = waiting.pop()
        if here not in seen and here in plan.by_id:
            seen.add(here)
            waiting.extend(plan.by_id[here].following)
            yield here


def written_out(plan: Plan) -> Plan:
    """The plan with every step that uses a block replaced by that block's steps, called `step_blockstep`.

    A plan that uses none is given back as it is. Raises ValueError for a block that is not there.
    """
    blocks = {block.id: block for block in plan.blocks}
    if not any(step.use for step in plan.steps):
        return plan
    heads: dict[str, tuple[str, ...]] = {}
    for step in plan.steps:
        if step.use is not None:
            if step.use not in blocks:
                raise ValueError(f"step {step.id!r} uses {step.use!r}, which is no block of this plan")
            heads[step.id] = tuple(f"{step.id}_{begin}" for begin in blocks[step.use].begins)

    def onward(ids: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(part for step in ids for part in heads.get(step, (step,))))

    steps: list[CrisisStep] = []
    for step in plan.steps:
        if step.use is None:
            steps.append(_led(step, {}, onward))
        else:
            block = blocks[step.use]
            names = {inner.id: f"{step.id}_{inner.id}" for inner in block.steps}
            steps += [_inside(inner, step, names, onward(step.next), block.begins) for inner in block.steps]
    change: dict[str, Any] = {"steps": tuple(steps), "blocks": ()}
    change |= {name: onward(getattr(plan, name)) for name in ("begins", "when_contained", "when_closed")}
    return Plan.model_validate(plan.model_dump() | {k: _dump(v) for k, v in change.items()})


def _dump(value: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(item.model_dump() if isinstance(item, Part) else item for item in value)


def _led(step: CrisisStep, names: dict[str, str], onward: Any) -> CrisisStep:
    def way(ids: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(onward(tuple(names.get(part, part) for part in ids)))

    options = tuple(option.model_copy(update={"next": way(option.next)}) for option in step.options)
    return step.model_copy(update={"next": way(step.next), "options": options})


def _inside(
    inner: CrisisStep, user: CrisisStep, names: dict[str, str], after: tuple[str, ...], begins: tuple[str, ...]
) -> CrisisStep:
    def way(ids: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(names.get(part, part) for part in ids) if ids else after

    options = tuple(option.model_copy(update={"next": way(option.next)}) for option in inner.options)
    update: dict[str, Any] = {"id": names[inner.id], "options": options}
    update["next"] = () if inner.kind == "decide" else way(inner.next)
    if inner.id in begins:
        update["join"] = user.join
    return inner.model_copy(update=update)
