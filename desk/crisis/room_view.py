"""The crisis room as it is shown: one value with everything, one for a screen on the wall, one line for every page.

Pure but for what it is given: built from a run's state and the log, in one language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from desk.crisis.acting import Held, presence_of, role_name
from desk.crisis.facts import Fact
from desk.crisis.outside import Party, Post
from desk.crisis.statements import Statement
from desk.crisis.words import say_event
from playbooks.crisis.plan import CrisisStep
from playbooks.crisis.state import Duty
from playbooks.schema import Bilingual
from store.crises import NoticeRow
from store.crisis_cases import WaitingCase as WaitingCase  # the board shows it
from store.rows import EventRow


@dataclass(frozen=True)
class StageLine:
    """A stage that the crisis came to: who, when, why."""

    stage: str
    by: str
    at: datetime
    why: str


@dataclass(frozen=True)
class ClockLine:
    """A clock of the room: what it counts (`suspected`, `declared`, `next_update`, `next_duty`), since when, until
    when, and how late it is (nothing: in time)."""

    what: str
    since: datetime | None
    due_at: datetime | None
    late: timedelta


@dataclass(frozen=True)
class DutyLine:
    """Something that is owed: with whom it lies (`person` empty: anybody of the role), until when, whether mine."""

    key: str
    kind: str
    step: str
    title: str
    role: str
    role_title: str
    person: str
    began_at: datetime
    due_at: datetime
    seen_at: datetime | None
    late: timedelta
    mine: bool


@dataclass(frozen=True)
class OptionLine:
    """A way to decide, with its consequence."""

    id: str
    title: str
    means: str


@dataclass(frozen=True)
class StepLine:
    """A step of the plan. `state`: not_begun, waiting (for another strand), open, done, decided, waited, or left.

    `duty` is the key of its last time, `times` how often it began; `may_end`: I may end it now.
    """

    id: str
    kind: str
    title: str
    text: str
    why: str
    role: str
    role_title: str
    to: tuple[str, ...]
    state: str
    duty: str
    times: int
    began_at: datetime | None
    due_at: datetime | None
    late: timedelta
    person: str
    seen_at: datetime | None
    ended_at: datetime | None
    ended_by: str
    note: str
    options: tuple[OptionLine, ...]
    evidence: tuple[str, ...]
    may_end: bool


@dataclass(frozen=True)
class DecisionLine:
    """A decision: what was chosen, why, by whom, when."""

    step: str
    title: str
    option: str
    chosen: str
    why: str
    by: str
    at: datetime


@dataclass(frozen=True)
class RoleLine:
    """A role of the crisis: who has it now (empty: nobody is named; None: nobody is there), since when, who is next.

    `mine`: it is one of my roles here.
    """

    role: str
    title: str
    person: str | None
    since: datetime | None
    deputy: str
    mine: bool


@dataclass(frozen=True)
class EvidenceLine:
    """Something to keep: until when (None: not declared yet), when it was kept, by whom and where."""

    id: str
    what: str
    due_at: datetime | None
    collected_at: datetime | None
    by: str
    where: str


@dataclass(frozen=True)
class LogLine:
    """One line of the log, in both languages."""

    id: int
    at: datetime
    recorded_at: datetime
    by: str
    type: str
    said: Bilingual


@dataclass(frozen=True)
class RoomView:
    """The whole room at one moment, in one language; texts of people are as they typed them."""

    id: int
    title: str
    plan: str
    plan_title: str
    plan_version: int
    incident_id: int | None
    now: datetime
    stage: str
    severity: int
    severity_title: str
    stages: tuple[StageLine, ...]
    clocks: tuple[ClockLine, ...]
    duties: tuple[DutyLine, ...]
    steps: tuple[StepLine, ...]
    decisions: tuple[DecisionLine, ...]
    facts: tuple[Fact, ...]
    statements: tuple[Statement, ...]
    roles: tuple[RoleLine, ...]
    evidence: tuple[EvidenceLine, ...]
    next_update_at: datetime | None
    update_late: timedelta
    stakeholders: tuple[Party, ...]
    posts: tuple[Post, ...]
    do_not_say: tuple[tuple[str, str], ...]
    mentions: int
    cases: int
    unanswered: int
    to_post: int
    waiting: tuple[WaitingCase, ...]
    notices: tuple[NoticeRow, ...]
    log: tuple[LogLine, ...]
    version: int
    """The id of the newest event about the crisis: where it is the same, nothing has happened."""

    @property
    def known(self) -> tuple[Fact, ...]:
        """What we know."""
        return tuple(fact for fact in self.facts if fact.now.status == "known")

    @property
    def not_known(self) -> tuple[Fact, ...]:
        """What we do not know."""
        return tuple(fact for fact in self.facts if fact.now.status == "unknown")


@dataclass(frozen=True)
class WallView:
    """The few big things for a screen on the wall."""

    id: int
    title: str
    stage: str
    severity: Bilingual
    since: datetime
    next_update_at: datetime | None
    update_late: timedelta
    next_duties: tuple[tuple[Bilingual, Bilingual, str, datetime, bool], ...]
    """At most four: what, whose role, who, until when, whether it is late."""
    late: int
    known: tuple[str, ...]
    not_known: tuple[str, ...]
    mentions: int
    cases: int
    unanswered: int


@dataclass(frozen=True)
class CrisisLine:
    """One crisis for the bar on every page: how many duties are open, late and mine, and what is due next."""

    id: int
    title: str
    stage: str
    severity: int
    opened_at: datetime
    open: int
    late: int
    mine: int
    next_at: datetime | None
    next_update_at: datetime | None
    update_late: timedelta


@dataclass(frozen=True)
class Agenda:
    """What lies with me in all crises, the next due first, by crisis and duty; `in_several`: in more than one."""

    duties: tuple[tuple[int, str, Bilingual, datetime, bool], ...]
    """The crisis's id, the duty's key, its title, until when, whether it is late."""
    in_several: bool


def stage_lines(held: Held) -> tuple[StageLine, ...]:
    """The stages in their order."""
    return tuple(StageLine(one.stage, one.by, one.at, one.why) for one in held.state.stages)


def clock_lines(held: Held) -> tuple[ClockLine, ...]:
    """The clocks of the room, those that run."""
    state, found = held.state, []
    for stage in ("suspected", "declared"):
        since = next((one.at for one in reversed(state.stages) if one.stage == stage), None)
        if since is not None:
            found.append(ClockLine(stage, since, None, timedelta(0)))
    if state.next_update_at is not None:
        late = max(state.now - state.next_update_at, timedelta(0))
        found.append(ClockLine("next_update", None, state.next_update_at, late))
    if state.open:
        found.append(ClockLine("next_duty", state.open[0].began_at, state.open[0].due_at, _late(held, state.open[0])))
    return tuple(found)


def duty_lines(held: Held, mine: Callable[[Duty], bool], language: str) -> tuple[DutyLine, ...]:
    """What is owed now: mine first, then by when it is due."""
    lines = [
        DutyLine(
            duty.key, duty.kind, duty.step, duty.title.say(language), duty.holder.role,
            role_name(held.run.plan, duty.holder.role).say(language), duty.holder.person, duty.began_at, duty.due_at,
            duty.seen_at, _late(held, duty), mine(duty),
        )
        for duty in held.state.open
    ]  # fmt: skip
    return tuple(sorted(lines, key=lambda line: (not line.mine, line.due_at, line.key)))


def step_lines(held: Held, may_end: Callable[[Duty, bool], bool], language: str) -> tuple[StepLine, ...]:
    """Every step of the plan, in the plan's order, as it stands."""
    notes = {(row.data.get("step"), row.at): row.data.get("note", "") for row in held.log if row.type == "crisis_done"}
    times: dict[str, list[Duty]] = {}
    for duty in held.state.duties:
        if duty.step:
            times.setdefault(duty.step, []).append(duty)
    return tuple(_step(held, step, times.get(step.id, []), notes, may_end, language) for step in held.run.plan.steps)


def _step(
    held: Held, step: CrisisStep, times: Sequence[Duty], notes: Mapping[tuple[object, datetime], str],
    may_end: Callable[[Duty, bool], bool], language: str,
) -> StepLine:  # fmt: skip
    last = times[-1] if times else None
    if last is None:
        state = "waiting" if step.id in held.state.waiting else "not_begun"
    else:
        state = "open" if last.ended_at is None else last.how
    running = last is not None and last.ended_at is None
    note = notes.get((step.id, last.ended_at), "") if last is not None and last.ended_at is not None else ""
    plan = held.run.plan
    return StepLine(
        id=step.id, kind=step.kind, title=_say(step.title, language), text=_say(step.text, language),
        why=_say(step.why, language), role=step.owner, role_title=role_name(plan, step.owner).say(language),
        to=tuple(role_name(plan, one).say(language) for one in step.to), state=state, duty=last.key if last else "",
        times=len(times), began_at=last.began_at if last else None, due_at=last.due_at if last else None,
        late=_late(held, last) if last else timedelta(0), person=last.holder.person if last else "",
        seen_at=last.seen_at if last else None, ended_at=last.ended_at if last else None,
        ended_by=last.ended_by if last else "", note=note,
        options=tuple(
            OptionLine(one.id, one.title.say(language), one.means.say(language)) for one in step.options
        ),
        evidence=step.evidence,
        may_end=running and last is not None and step.kind != "wait" and may_end(last, step.kind == "decide"),
    )  # fmt: skip


def decision_lines(held: Held, language: str) -> tuple[DecisionLine, ...]:
    """The decisions that counted, the newest first."""
    counted = {(duty.step, duty.ended_at, duty.option) for duty in held.state.duties if duty.how == "decided"}
    found = []
    for row in held.log:
        told = row.data
        if row.type != "crisis_decided" or (told["step"], row.at, told["option"]) not in counted:
            continue
        step = held.run.plan.by_id[told["step"]]
        chosen = next((one.title.say(language) for one in step.options if one.id == told["option"]), told["option"])
        found.append(
            DecisionLine(step.id, _say(step.title, language), told["option"], chosen, told["why"], row.by, row.at)
        )
    return tuple(reversed(found))


def role_lines(held: Held, language: str) -> tuple[RoleLine, ...]:
    """The roles of the plan and who has them now, since when."""
    presence, now = presence_of(held.run), held.state.now
    found = []
    for seat in held.run.plan.roles:
        person = presence.holder(seat.role, now)
        since, start = None, held.row.opened_at
        for change in presence.changes:
            before = presence.holder(seat.role, change.at - datetime.resolution)
            if presence.holder(seat.role, change.at) != before:
                since = change.at
        deputy = role_name(held.run.plan, seat.deputy).say(language) if seat.deputy else ""
        title = role_name(held.run.plan, seat.role).say(language)
        found.append(RoleLine(seat.role, title, person, since or start, deputy, seat.role in held.seats))
    return tuple(found)


def evidence_lines(held: Held, language: str) -> tuple[EvidenceLine, ...]:
    """What is to be kept, and whether it was."""
    declared = next((one.at for one in held.state.stages if one.stage == "declared"), None)
    kept: dict[str, EventRow] = {}
    for row in held.log:
        if row.type == "crisis_collected":
            kept.setdefault(row.data["evidence"], row)
    found = []
    for part in held.run.plan.evidence:
        row_ = kept.get(part.id)
        found.append(
            EvidenceLine(
                part.id, part.what.say(language), declared + part.within if declared else None,
                held.state.evidence.get(part.id), row_.by if row_ else "", row_.data.get("where", "") if row_ else "",
            )
        )  # fmt: skip
    return tuple(found)


def log_lines(held: Held) -> tuple[LogLine, ...]:
    """The log in sentences, the newest first."""
    kinds = {row.id: row.data["kind"] for row in held.log if row.type == "crisis_statement_drafted"}
    return tuple(
        LogLine(row.id, row.at, row.recorded_at, row.by, row.type, say_event(row, held.run.plan, kinds))
        for row in reversed(held.log)
    )


def update_late(held: Held) -> timedelta:
    """How late the next update is."""
    due = held.state.next_update_at
    return max(held.state.now - due, timedelta(0)) if due is not None else timedelta(0)


def severity_title(held: Held) -> Bilingual:
    """The level as the plan calls it."""
    found = next((level.title for level in held.run.plan.severity if level.level == held.state.severity), None)
    return found or Bilingual(tr=str(held.state.severity), en=str(held.state.severity))


def _late(held: Held, duty: Duty) -> timedelta:
    return duty.late_by(held.state.now)


def _say(both: Bilingual | None, language: str) -> str:
    return both.say(language) if both is not None else ""
