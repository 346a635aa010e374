"""The numbers of a crisis, from its run and what became of its mentions and cases. Pure; nothing is stored of them.

They are reckoned anew each time they are shown; a signed review keeps the copy it was signed with. Lengths are whole
seconds, shares lie in [0, 1], money is exact and each currency apart. What did not happen is None and never 0.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from desk.clock import Clock
from playbooks.crisis.plan import Plan
from playbooks.crisis.run import Run
from playbooks.crisis.scorecard import scorecard
from playbooks.crisis.state import Duty, State
from playbooks.schema import Bilingual

PEAK = timedelta(minutes=15)
"""The window of the peak: the same as that of the alarms."""

NOTHING = timedelta(0)


@dataclass(frozen=True)
class Said:
    """A mention of the incident: when it was posted, where, and by whom (None: the source names nobody)."""

    at: datetime
    channel: str
    source: str
    author: str | None


@dataclass(frozen=True)
class Matter:
    """One case of the crisis: `asked_at` is when its first mention of the incident was posted, `answers` are those of
    people, undone ones left out, `acknowledged` the automatic messages that went out since.

    `same_day_by` is when the desk's same-day promise would have fallen due for it; `clocks` are all of its clocks.
    """

    case_id: int
    asked_at: datetime
    answers: tuple[datetime, ...] = ()
    acknowledged: int = 0
    clocks: tuple[Clock, ...] = ()
    same_day_by: datetime | None = None

    @property
    def answered_at(self) -> datetime | None:
        """The first answer of a person since it was asked; None where there was none."""
        return min((at for at in self.answers if at >= self.asked_at), default=None)

    @property
    def promises(self) -> tuple[Clock, ...]:
        """The clocks with a deadline that ran on the crisis: not those that had stopped before."""
        return tuple(
            clock for clock in self.clocks
            if clock.due_at is not None and (clock.stopped_at is None or clock.stopped_at >= self.asked_at)
        )  # fmt: skip

    @property
    def wants_answer(self) -> bool:
        """Whether an answer is or was due: it was answered, or a promise to answer it was not cancelled."""
        live = (c for c in self.promises if c.clock != "resolution" and c.state != "cancelled")
        return self.answered_at is not None or any(live)


@dataclass(frozen=True)
class Material:
    """What the numbers are reckoned from, at the moment `now`.

    `first_statement` is when the first statement was published; `money` and `counts` are what was given and not
    cancelled; `rehearsed` is when the plan was last rehearsed before this crisis.
    """

    run: Run
    now: datetime
    said: tuple[Said, ...] = ()
    matters: tuple[Matter, ...] = ()
    alarm_at: datetime | None = None
    first_statement: datetime | None = None
    concessions: int = 0
    money: Mapping[str, Decimal] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)


class _Form(BaseModel):
    # a review that was signed long ago may hold fields that a later version knows no more
    model_config = ConfigDict(frozen=True, extra="ignore")


class Milestone(_Form):
    """One of the moments that a crisis is measured by; `since_s` counts from the first mention, `after_s` from the
    milestone before it that was reached."""

    name: str
    at: datetime | None
    since_s: int | None
    after_s: int | None


class LateDuty(_Form):
    """Something that was or is owed past its time box; `ended_at` None: it still is. It was first `owner`'s; `role` had
    it in the end, where it went to a deputy."""

    key: str
    kind: str
    title: Bilingual
    owner: str
    role: str
    person: str
    due_at: datetime
    ended_at: datetime | None
    late_s: int


class RoleNumbers(_Form):
    """What lay with one role. `handed_on`: duties it lost to its deputy; `late_s` is the lateness of all, summed."""

    role: str
    ended: int
    late: int
    late_s: int
    worst_s: int
    handed_on: int
    still_open: int


class UpdateNumbers(_Form):
    """Updates by their cadence. `missed`: due, and never published."""

    on_time: int
    late: int
    missed: int


class MentionNumbers(_Form):
    """How much was said. An author whom the source does not name counts as one each time; `peak` is the most that was
    posted in 15 minutes, `peak_at` when these began."""

    mentions: int
    authors: int
    by_channel: dict[str, int]
    peak: int
    peak_at: datetime | None


class CaseNumbers(_Form):
    """What became of the customers' cases. Shares and ranks are of all that wanted an answer, unanswered ones included:
    a median of None means that fewer than half were answered.

    `same_day_open` can still be answered the same day. Promises are the clocks with a deadline, resolutions included;
    `kept_share` is of kept and broken ones.
    """

    cases: int
    no_answer_due: int
    wanted: int
    answered: int
    unanswered: int
    same_day: int
    same_day_open: int
    same_day_share: float | None
    median_s: int | None
    p90_s: int | None
    acknowledged: int
    kept: int
    broken: int
    still_open: int
    cancelled: int
    kept_share: float | None


class Given(_Form):
    """Concessions that were given and not cancelled: how many, the sum of each currency, and of what is counted."""

    concessions: int
    money: dict[str, Decimal]
    counts: dict[str, int]


class Kept(_Form):
    """A piece of evidence: by when it was to be kept, and when it was (None: it was not)."""

    id: str
    what: Bilingual
    due_at: datetime | None
    kept_at: datetime | None
    late_s: int


class Numbers(_Form):
    """The numbers of one crisis at one moment. `detection_s`: from the first mention to the alarm, or to the suspicion
    of a person where no alarm was raised."""

    at: datetime
    detection_s: int | None
    milestones: tuple[Milestone, ...]
    updates: UpdateNumbers
    late: tuple[LateDuty, ...]
    steps_late: int
    roles: tuple[RoleNumbers, ...]
    mentions: MentionNumbers
    cases: CaseNumbers
    given: Given
    evidence: tuple[Kept, ...]

    def milestone(self, name: str) -> datetime | None:
        """When a milestone was reached, None where it was not."""
        return next((each.at for each in self.milestones if each.name == name), None)


MILESTONES = (
    "first_mention", "alarm", "suspected", "taken", "declared", "first_informed", "first_statement", "first_answer",
    "contained", "closed",
)  # fmt: skip
"""In the order in which they usually are; each counts from the one before it that was reached."""


def numbers(of: Material) -> Numbers:
    """Every number of a crisis as it stands at `of.now`."""
    state = of.run.state(of.now)
    first = min((each.at for each in of.said), default=None)
    moments = _moments(state, of, first)
    seen_at = moments["alarm"] or moments["suspected"]
    late = tuple(_late(duty, of.now) for duty in _by_due(state.duties) if _is_late(duty, of.now))
    return Numbers(
        at=of.now, detection_s=_seconds(first, seen_at), milestones=_milestones(moments),
        updates=_updates(state.duties, of.now), late=late, steps_late=sum(each.kind == "step" for each in late),
        roles=_roles(of, state), mentions=said_numbers(of.said), cases=case_numbers(of.matters, of.now),
        given=Given(concessions=of.concessions, money=dict(of.money), counts=dict(of.counts)),
        evidence=_evidence(of.run.plan, state),
    )  # fmt: skip


def said_numbers(said: Sequence[Said]) -> MentionNumbers:
    """How much was said, by how many, where, and when most."""
    named = {(each.source, each.author) for each in said if each.author is not None}
    peak, peak_at = _peak(sorted(each.at for each in said))
    channels = Counter(each.channel for each in said)
    return MentionNumbers(
        mentions=len(said), authors=len(named) + sum(each.author is None for each in said),
        by_channel=dict(sorted(channels.items(), key=lambda one: (-one[1], one[0]))), peak=peak, peak_at=peak_at,
    )  # fmt: skip


def _peak(at: Sequence[datetime]) -> tuple[int, datetime | None]:
    """The most in PEAK, its end left out, and the first beginning of such a stretch."""
    counts = [(bisect_left(at, start + PEAK) - place, start) for place, start in enumerate(at)]
    most = max((count for count, _ in counts), default=0)
    return most, next((start for count, start in counts if count == most), None)


def case_numbers(matters: Sequence[Matter], now: datetime) -> CaseNumbers:
    """What became of the cases, the unanswered ones counted."""
    wanted = [each for each in matters if each.wants_answer]
    waited = [_seconds(each.asked_at, each.answered_at) for each in wanted]
    known = sorted(length for length in waited if length is not None)
    same = [each for each in wanted if _same_day(each)]
    can_be = [each for each in wanted if each.answered_at is None and each.same_day_by and now <= each.same_day_by]
    states = Counter(clock.state for each in matters for clock in each.promises)
    kept, broken = states["met"], states["late"] + states["breached"]
    return CaseNumbers(
        cases=len(matters), no_answer_due=len(matters) - len(wanted), wanted=len(wanted), answered=len(known),
        unanswered=len(wanted) - len(known), same_day=len(same), same_day_open=len(can_be),
        same_day_share=_share(len(same), len(wanted)), median_s=_rank(known, len(wanted), 0.5),
        p90_s=_rank(known, len(wanted), 0.9), acknowledged=sum(each.acknowledged for each in matters), kept=kept,
        broken=broken, still_open=states["running"] + states["paused"], cancelled=states["cancelled"],
        kept_share=_share(kept, kept + broken),
    )  # fmt: skip


def _same_day(matter: Matter) -> bool:
    """By the desk's own promise: until the close for what was posted before the cutoff, else within its grace."""
    at = matter.answered_at
    return at is not None and matter.same_day_by is not None and at <= matter.same_day_by


def _rank(known: Sequence[int], of: int, part: float) -> int | None:
    """Nearest rank among `of` cases of which the known ones were answered; None where it falls on one that was not."""
    place = math.ceil(part * of) - 1
    return known[place] if 0 <= place < len(known) else None


def _share(part: int, of: int) -> float | None:
    return part / of if of else None


def _seconds(since: datetime | None, until: datetime | None) -> int | None:
    return None if since is None or until is None else int((until - since).total_seconds())


def _moments(state: State, of: Material, first: datetime | None) -> dict[str, datetime | None]:
    stages: dict[str, datetime] = {}
    for stage in state.stages:
        if stage.stage == "closed":
            stages["closed"] = stage.at
        else:  # of what happened twice, such as a containment that did not hold, the first counts
            stages.setdefault(stage.stage, stage.at)
    taken = [e.at for e in of.run.events if e.type == "taken" and e.at <= of.now and not _refused(state, e)]
    informed = [duty.seen_at for duty in state.duties if duty.kind == "first" and duty.seen_at is not None]
    answers = [each.answered_at for each in of.matters if each.answered_at is not None]
    return {
        "first_mention": first, "alarm": of.alarm_at, "suspected": stages.get("suspected"),
        "taken": min(taken, default=None), "declared": stages.get("declared"),
        "first_informed": min(informed, default=None), "first_statement": of.first_statement,
        "first_answer": min(answers, default=None), "contained": stages.get("contained"),
        "closed": stages.get("closed"),
    }  # fmt: skip


def _refused(state: State, event: object) -> bool:
    return any(refusal.event == event for refusal in state.refused)


def _milestones(moments: Mapping[str, datetime | None]) -> tuple[Milestone, ...]:
    begin = moments["first_mention"] or moments["suspected"] or moments["declared"]
    found, before = [], None
    for name in MILESTONES:
        at = moments[name]
        found.append(Milestone(name=name, at=at, since_s=_seconds(begin, at), after_s=_seconds(before, at)))
        before = at or before
    return tuple(found)


def _by_due(duties: Sequence[Duty]) -> list[Duty]:
    return sorted((duty for duty in duties if duty.kind != "update"), key=lambda duty: (duty.due_at, duty.key))


def _is_late(duty: Duty, now: datetime) -> bool:
    return duty.late_by(now) > NOTHING


def _late(duty: Duty, now: datetime) -> LateDuty:
    person = duty.ended_by.removeprefix("agent:") if duty.ended_by.startswith("agent:") else duty.holder.person
    return LateDuty(
        key=duty.key, kind=duty.kind, title=duty.title, owner=duty.role, role=duty.holder.role, person=person,
        due_at=duty.due_at, ended_at=duty.ended_at, late_s=int(duty.late_by(now).total_seconds()),
    )  # fmt: skip


def _updates(duties: Sequence[Duty], now: datetime) -> UpdateNumbers:
    updates = [duty for duty in duties if duty.kind == "update"]
    done = [duty for duty in updates if duty.how == "done"]
    late = sum(_is_late(duty, now) for duty in done)
    missed = sum(duty.how != "done" and (duty.ended_at or now) > duty.due_at for duty in updates)
    return UpdateNumbers(on_time=len(done) - late, late=late, missed=missed)


def _roles(of: Material, state: State) -> tuple[RoleNumbers, ...]:
    """The scorecard's count by role, with how late each was."""
    begin = min((each.at for each in of.said), default=of.now)
    card = scorecard(of.run, begin, of.now, ())
    found = []
    for each in card.roles:
        lengths = [int(d.late_by(of.now).total_seconds()) for d in state.duties if d.holder.role == each.role]
        found.append(
            RoleNumbers(
                role=each.role, ended=each.ended, late=each.late, late_s=sum(lengths), worst_s=max(lengths, default=0),
                handed_on=each.handed_on, still_open=each.still_open,
            )
        )  # fmt: skip
    return tuple(found)


def _evidence(plan: Plan, state: State) -> tuple[Kept, ...]:
    """Each piece of evidence against its time, which counts from the declaration."""
    declared = next((stage.at for stage in state.stages if stage.stage == "declared"), None)
    found = []
    for part in plan.evidence:
        due, kept = (declared + part.within if declared else None), state.evidence.get(part.id)
        late = max(kept - due, NOTHING) if kept is not None and due is not None else NOTHING
        found.append(Kept(id=part.id, what=part.what, due_at=due, kept_at=kept, late_s=int(late.total_seconds())))
    return tuple(found)
