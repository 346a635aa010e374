"""The events of a run, walked in their order: which duties began and ended, and which event changed nothing. Pure.

A step begins when a strand that leads to it is in. With `join: all` it waits as long as another strand that is
under way can still lead to it by a way that did not come in yet; a branch that was not taken is not waited for, and a
loop that only comes back by the same way is not. It begins again only when the way back to it started from its own
last time (a loop), never because a slower strand comes in after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from playbooks.crisis.events import Event
from playbooks.crisis.legs import Presence
from playbooks.crisis.plan import CrisisStep, Plan
from playbooks.crisis.state import Refusal, Stage
from playbooks.schema import Bilingual

Count = Callable[[datetime, timedelta, str], datetime]
"""Time passed since a moment on a clock, `staffed` or `always`; both moments in UTC."""

TOLD_WITHIN = timedelta(minutes=15)
"""For roles told because of the severity; whoever must know sooner stands in inform_first."""

_FROM = {
    "suspected": ("", "dismissed"), "declared": ("", "suspected", "dismissed", "contained"),
    "dismissed": ("suspected",), "contained": ("declared",), "closed": ("declared", "contained"),
    "reviewed": ("closed",),
}  # fmt: skip
"""From which stages each stage is reached; from contained back to declared when it flares up again."""

_TITLES = {
    "take": Bilingual(tr="Kriz şüphesini üstlenin", en="Take the suspected crisis"),
    "declare": Bilingual(tr="Kriz ilan edin ya da gerekçesiyle kapatın", en="Declare the crisis or dismiss it"),
    "first": Bilingual(tr="Krizden haberdar olduğunuzu onaylayın", en="Confirm that you know of the crisis"),
    "update": Bilingual(tr="Güncellemeyi yayımlayın", en="Publish the update"),
}


@dataclass
class Owed:
    """A duty while the log is walked; state.Duty is what becomes of it."""

    key: str
    kind: str
    title: Bilingual
    role: str
    began: datetime
    box: timedelta
    due: datetime
    clock: str = "always"
    step: CrisisStep | None = None
    patience: timedelta | None = None
    every: timedelta | None = None
    before: frozenset[str] = frozenset()
    """The keys of every duty that led here."""
    seen: list[datetime] = field(default_factory=list)
    ended: datetime | None = None
    by: str = ""
    how: str = ""
    option: str = ""


class Walk:
    """The walk through one run's log. `now` ends it; nothing is read of what comes after."""

    def __init__(self, plan: Plan, presence: Presence, count: Count) -> None:
        self.plan, self.presence, self.count = plan, presence, count
        self.owed: dict[str, Owed] = {}
        self.stages: list[Stage] = []
        self.refused: list[Refusal] = []
        self.told: set[str] = set()
        self.collected: dict[str, datetime] = {}
        self.waiting: dict[str, set[str]] = {}
        self.came: dict[str, set[str]] = {}
        """Steps that wait to begin, with the keys of all that led to them; and from which steps they came in."""
        self.severity = min(level.level for level in plan.severity)
        self.declared_at: datetime | None = None

    @property
    def stage(self) -> str:
        """The stage reached so far."""
        return self.stages[-1].stage if self.stages else ""

    def to(self, now: datetime, events: Iterable[Event]) -> None:
        """Walk all events up to and including `now`, then the time up to it."""
        due = sorted({event for event in events if event.at <= now}, key=lambda event: event.place)
        self.presence.changes = [event for event in due if event.type in ("present", "absent", "handed_over")]
        for at, group in _by_moment(due):
            self._time(at)
            self._moment(group)
        self._time(now)

    def _moment(self, group: list[Event]) -> None:
        """Events of one moment: what can be, is, in whatever order it takes; what then cannot, is refused."""
        left = group
        while left:
            for event in left:
                said = self.refusal(event)
                if said is None:
                    self._apply(event)
                    left = [other for other in left if other is not event]
                    break
            else:
                self.refused += [Refusal(event, said) for event in left if (said := self.refusal(event))]
                return

    def open(self) -> Iterator[Owed]:
        """What is owed at this point of the walk, in the order in which it began."""
        return (owed for owed in self.owed.values() if owed.ended is None)

    def refusal(self, event: Event) -> Bilingual | None:
        """Why an event can change nothing here, or None when it can."""
        kind = event.type
        if kind in _FROM:
            if self.stage not in _FROM[kind]:
                now = self.stage or "-"
                return Bilingual(
                    tr=f"“{now}” durumundan “{kind}” durumuna geçilmez", en=f"{now!r} cannot become {kind!r}"
                )
            if kind == "reviewed" and any(o.step is not None for o in self.open()):
                return Bilingual(tr="değerlendirmenin adımları bitmedi", en="the steps of the review are not done")
        elif kind == "severity":
            if event.severity not in {level.level for level in self.plan.severity}:
                return Bilingual(
                    tr=f"{event.severity} bu planın bir seviyesi değil", en=f"{event.severity} is no level"
                )
        elif kind == "taken":
            return None if self._one("take") else Bilingual(tr="üstlenilecek şüphe yok", en="nothing waits to be taken")
        elif kind == "updated":
            if self.stage not in ("declared", "contained"):
                return Bilingual(tr="ilan edilmiş bir kriz yok", en="no crisis is declared")
        elif kind == "seen":
            if event.duty not in self.owed:
                return Bilingual(tr=f"{event.duty} diye bir iş yok", en=f"there is no duty {event.duty}")
        elif kind == "handed_over" and self.plan.seat(event.role) is None:
            return Bilingual(tr=f"{event.role} bu planın rolü değil", en=f"{event.role} is no role of this plan")
        elif kind == "collected" and event.evidence not in {part.id for part in self.plan.evidence}:
            return Bilingual(tr=f"{event.evidence} planda yok", en=f"{event.evidence} is no evidence of this plan")
        elif kind in ("done", "decided"):
            return self._step_refusal(event)
        return None

    def _step_refusal(self, event: Event) -> Bilingual | None:
        owed = self._running(event.step)
        if owed is None or owed.step is None:
            return Bilingual(tr=f"{event.step} adımı açık değil", en=f"step {event.step} is not open")
        if (owed.step.kind == "decide") != (event.type == "decided"):
            return Bilingual(tr=f"{event.step} adımı böyle bitmez", en=f"step {event.step} does not end like this")
        if event.type == "decided" and event.option not in {option.id for option in owed.step.options}:
            return Bilingual(tr=f"{event.option} seçenekler arasında yok", en=f"{event.option} is none of the options")
        return None

    def _apply(self, event: Event) -> None:
        kind = event.type
        if kind in _FROM:
            self._enter(event)
        elif kind == "taken":
            take = self._one("take")
            assert take is not None
            self._end(take, event, "done")
            self._add("declare", take.role, event.at, self.plan.declare_within)
        elif kind == "severity":
            self.severity = event.severity
            if self.stage == "declared":
                self._inform(event.at)
        elif kind == "seen":
            owed = self.owed[event.duty]
            owed.seen.append(event.at)
            if owed.kind == "first" and owed.ended is None:
                self._end(owed, event, "seen")
        elif kind == "collected":
            self.collected.setdefault(event.evidence, event.at)
        elif kind == "told":
            self.told.add(event.notice)
        elif kind == "updated":
            self._updated(event)
        elif kind in ("done", "decided"):
            ended = self._running(event.step)
            assert ended is not None and ended.step is not None
            self._end(ended, event, kind)
            ended.option = event.option
            chosen = (option.next for option in ended.step.options if option.id == event.option)
            self._pass(ended, next(chosen, ()) if kind == "decided" else ended.step.next, event.at)

    def _enter(self, event: Event) -> None:
        self.stages.append(Stage(event.type, event.at, event.by, event.why))
        if event.severity:
            self.severity = event.severity
        leaves = {
            "declared": ("take", "declare"), "contained": ("update",), "dismissed": ("take", "declare"),
            "closed": ("take", "declare", "first", "step", "update"), "reviewed": ("first", "step"),
        }  # fmt: skip
        for owed in self.open():
            if owed.kind in leaves.get(event.type, ()):
                self._end(owed, event, "done" if owed.kind in ("take", "declare") else "left")
        if event.type == "suspected":
            self._add("take", self.plan.take, event.at, self.plan.take_within, patience=self.plan.take_within)
        elif event.type == "declared":
            self.declared_at = event.at
            self._inform(event.at)
            self._add("update", self.plan.updates.who, event.at, self.plan.updates.first_within)
            self._begin_all(self.plan.begins, event.at, self._before(event.type))
        elif event.type == "contained":
            self._begin_all(self.plan.when_contained, event.at, self._before(event.type))
        elif event.type == "closed":
            self.waiting.clear()
            self.came.clear()
            self._begin_all(self.plan.when_closed, event.at, frozenset())

    def _inform(self, at: datetime) -> None:
        """The roles told first, and those of the severity; who was told since the declaration is not told again."""
        within = {first.role: first.within for first in self.plan.inform_first}
        for level in self.plan.severity:
            for role in level.inform if level.level <= self.severity else ():
                within.setdefault(role, TOLD_WITHIN)
        here = {o.role for o in self.owed.values() if o.kind == "first" and o.began >= (self.declared_at or at)}
        for role, box in within.items():
            if role not in here:
                self._add("first", role, at, box)

    def _updated(self, event: Event) -> None:
        updates = self.plan.updates
        for owed in list(self.open()):
            if owed.kind == "update":
                self._end(owed, event, "done")
        if self.stage == "declared" and self.declared_at is not None:
            box = updates.every if event.at < self.declared_at + updates.lasting else updates.then_every
            if box is not None:
                self._add("update", updates.who, event.at, box)

    def _add(self, kind: str, role: str, at: datetime, box: timedelta, patience: timedelta | None = None) -> None:
        number = sum(o.kind == kind and (kind != "first" or o.role == role) for o in self.owed.values()) + 1
        key = f"{kind}.{role}.{number}" if kind == "first" else f"{kind}.{number}"
        # An update that is not yet due is nothing to be seen: it goes to the deputy when it is due, not before.
        patience = box if kind in ("update", "first") else patience
        self.owed[key] = Owed(key, kind, _TITLES[kind], role, at, box, self.count(at, box, "always"), patience=patience)

    def _before(self, stage: str) -> frozenset[str]:
        """Where a stage comes again, everything that ended before it may begin again after it."""
        again = sum(one.stage == stage for one in self.stages) > 1
        return frozenset(owed.key for owed in self.owed.values() if owed.ended is not None) if again else frozenset()

    def _begin_all(self, steps: tuple[str, ...], at: datetime, before: frozenset[str]) -> None:
        for step in steps:
            if self._running(step) is None:
                self._begin(self.plan.by_id[step], at, before)

    def _begin(self, step: CrisisStep, at: datetime, before: frozenset[str]) -> None:
        number = sum(o.step is not None and o.step.id == step.id for o in self.owed.values()) + 1
        key = f"step.{step.id}.{number}"
        assert step.title is not None
        self.owed[key] = Owed(
            key, "step", step.title, step.owner, at, step.box, self.count(at, step.box, step.clock), step.clock,
            step, step.hand_over_after, step.remind_every, before,
        )  # fmt: skip

    def _end(self, owed: Owed, event: Event, how: str) -> None:
        owed.ended, owed.by, owed.how = event.at, event.by, how

    def _pass(self, owed: Owed, steps: tuple[str, ...], at: datetime) -> None:
        before = owed.before | {owed.key}
        for step in steps:
            last = next((o for o in reversed(self.owed.values()) if o.step is not None and o.step.id == step), None)
            if last is None or last.key in before:
                self.waiting.setdefault(step, set()).update(before)
                self.came.setdefault(step, set()).add(owed.step.id if owed.step else "")
        self._settle(at)

    def _settle(self, at: datetime) -> None:
        moved = True
        while moved:
            moved = False
            for step_id in [step.id for step in self.plan.steps if step.id in self.waiting]:
                if self._running(step_id) is not None:
                    continue  # it runs already; a way back from it comes in when it is done
                step = self.plan.by_id[step_id]
                if step.join == "any" or not self._held(step_id):
                    self.came.pop(step_id, None)
                    self._begin(step, at, frozenset(self.waiting.pop(step_id)))
                    moved = True

    def _held(self, step_id: str) -> bool:
        """Whether anything under way, or waiting before it, can still lead to a step by a way that did not come in."""
        reach, came = self.plan.reach, self.came.get(step_id, set())
        under_way = {o.step.id for o in self.open() if o.step is not None}
        before = {o for o in self.waiting if o != step_id and step_id in reach[o] and o not in reach[step_id]}
        return any(self._leads(other, step_id, came) for other in under_way | before if step_id in reach[other])

    def _leads(self, start: str, end: str, but: set[str]) -> bool:
        """Whether there is a way from one step to another past none of `but`."""
        seen, ahead = set(but), [start]
        while ahead:
            here = ahead.pop()
            if here not in seen:
                seen.add(here)
                following = self.plan.by_id[here].following
                if end in following:
                    return True
                ahead.extend(following)
        return False

    def _time(self, until: datetime) -> None:
        """Let waits end that end by `until`, the first one first."""
        while True:
            waits = [o for o in self.open() if o.step is not None and o.step.kind == "wait" and o.due <= until]
            if not waits:
                return
            first = min(waits, key=lambda owed: (owed.due, owed.key))
            first.ended, first.by, first.how = first.due, "system", "waited"
            assert first.step is not None
            self._pass(first, first.step.next, first.due)

    def _running(self, step_id: str) -> Owed | None:
        return next((owed for owed in self.open() if owed.step is not None and owed.step.id == step_id), None)

    def _one(self, kind: str) -> Owed | None:
        return next((owed for owed in self.open() if owed.kind == kind), None)


def _by_moment(events: list[Event]) -> Iterator[tuple[datetime, list[Event]]]:
    group: list[Event] = []
    for event in events:
        if group and event.at != group[0].at:
            yield group[0].at, group
            group = []
        group.append(event)
    if group:
        yield group[0].at, group
