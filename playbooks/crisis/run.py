"""One crisis under way: a plan, who is there, and the log; asked at any moment, it says who owes what since when.

Nothing is kept but the events. A run asked twice says the same, so a worker that was killed asks again; what it told
is an event `told` with the notice's key, and is not told twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from playbooks.crisis.events import Event
from playbooks.crisis.legs import Leg, Presence, legs_of
from playbooks.crisis.plan import Plan, written_out
from playbooks.crisis.state import Duty, Notice, State
from playbooks.crisis.walk import Count, Owed, Walk
from playbooks.schema import Bilingual


def on_the_wall(start: datetime, length: timedelta, clock: str) -> datetime:
    """Time on the wall clock, whatever the clock asked for: for drills, and where no working hours are known."""
    return start + length


_WHY = {
    "first": Bilingual(tr="iş size düştü", en="it is yours"),
    "deputy": Bilingual(tr="sizden önceki süresinde ele almadı", en="whoever had it did not take it up in time"),
    "absent": Bilingual(tr="sizden önceki yerinde değil", en="whoever has it before you is away"),
    "handed_over": Bilingual(tr="rol size devredildi", en="the role came to you"),
    "nobody": Bilingual(tr="yerinde kimse yok; bulunabilen ilk kişi siz olun", en="nobody is there; reach somebody"),
    "reminder": Bilingual(tr="hâlâ bekliyor", en="it still waits"),
}
_ENDED = {
    "contained": Bilingual(tr="Kriz kontrol altında", en="The crisis is contained"),
    "closed": Bilingual(tr="Kriz kapatıldı", en="The crisis is closed"),
    "dismissed": Bilingual(tr="Kriz şüphesi asılsız çıktı", en="The suspected crisis was nothing"),
    "reviewed": Bilingual(tr="Kriz değerlendirildi", en="The crisis is reviewed"),
}


@dataclass(frozen=True)
class Run:
    """A run of a plan. `people` are names by role (else the plan's own), `present` who is there at the start (None:
    everybody), `count` how time passes on the staffed clock and always."""

    plan: Plan
    id: str = "run"
    people: Mapping[str, Sequence[str]] = field(default_factory=dict)
    present: frozenset[str] | None = None
    count: Count = on_the_wall
    events: tuple[Event, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "plan", written_out(self.plan))
        utc = tuple(e if e.at.tzinfo is UTC else replace(e, at=e.at.astimezone(UTC)) for e in self.events)
        object.__setattr__(self, "events", utc)

    def fed(self, *events: Event) -> Run:
        """The run with more events, in whatever order they come."""
        return replace(self, events=(*self.events, *events))

    def state(self, now: datetime) -> State:
        """Where the run stands at `now` (aware); events after it are not read."""
        if now.tzinfo is None:
            raise ValueError(f"{now.isoformat()} has no offset, such as +03:00")
        now = now.astimezone(UTC)
        walk = self._walked(now)
        duties = tuple(self._duty(walk, owed, now) for owed in walk.owed.values())
        notices = [notice for duty in duties for notice in self._notices(walk, duty, now)]
        update = next((owed.due for owed in walk.open() if owed.kind == "update"), None)
        return State(
            self.id, self.plan.id, self.plan.version, now, tuple(walk.stages), walk.severity, duties,
            tuple(sorted([*notices, *self._endings(walk)], key=lambda notice: (notice.at, notice.key))),
            frozenset(walk.told), tuple(walk.refused), update,
            {part.id: walk.collected.get(part.id) for part in self.plan.evidence}, tuple(walk.waiting),
        )  # fmt: skip

    def refusal(self, event: Event) -> Bilingual | None:
        """Why an event would change nothing if it happened now, after all the others; None when it would do."""
        event = replace(event, at=event.at.astimezone(UTC))
        return self._walked(event.at).refusal(event)

    def _walked(self, now: datetime) -> Walk:
        walk = Walk(self.plan, Presence(self.plan, self.people, self.present), self.count)
        walk.to(now, self.events)
        return walk

    def _duty(self, walk: Walk, owed: Owed, now: datetime) -> Duty:
        add = partial(_counted, self.count, owed.clock)
        end = (owed.ended or now) + datetime.resolution  # what goes on at this very moment has gone on
        chain = self.plan.chain(owed.role)
        # A wait ends by itself; there is nothing in it to be handed over.
        chain = chain[:1] if owed.step is not None and owed.step.kind == "wait" else chain
        legs = legs_of(chain, owed.began, end, owed.box, owed.patience, owed.seen, walk.presence, add)
        return Duty(
            owed.key, owed.kind, owed.step.id if owed.step else "", owed.title, owed.role, owed.began, owed.due, legs,
            min(owed.seen, default=None), owed.ended, owed.by, owed.how, owed.option,
        )  # fmt: skip

    def _notices(self, walk: Walk, duty: Duty, now: datetime) -> Iterator[Notice]:
        owed, seen = walk.owed[duty.key], dict[tuple[str, str], int]()
        if duty.ended_at is not None:
            # What has ended is told to nobody any more; what was told of it stays in the log.
            return
        for leg in duty.legs:
            number = seen[leg.role, leg.person] = seen.get((leg.role, leg.person), 0) + 1
            key = f"{self.id}/{duty.key}/{leg.role}:{leg.person}" + (f"#{number}" if number > 1 else "")
            kind = "due" if leg.because == "first" else "handed_over"
            yield Notice(key, leg.since, kind, leg.role, leg.person, duty.key, duty.title, _WHY[leg.because])
            if leg.until is None and not (owed.step is not None and owed.step.kind == "wait"):
                reminded = self._reminded(owed, leg, now)
                if reminded is not None:
                    times, at = reminded
                    yield Notice(f"{key}/r{times}", at, "reminder", leg.role, leg.person, duty.key, duty.title,
                                 _WHY["reminder"])  # fmt: skip

    def _reminded(self, owed: Owed, leg: Leg, now: datetime) -> tuple[int, datetime] | None:
        """The newest reminder that is due to a holder: which one it is, from 1, and when it was due."""
        every, times, at = owed.every or owed.box, 0, leg.since
        while (later := self.count(at, every, owed.clock)) <= now:
            times, at = times + 1, later
        return (times, at) if times else None

    def _endings(self, walk: Walk) -> Iterator[Notice]:
        """Whoever was told that it began is told how it goes on."""
        informed = dict.fromkeys(o.role for o in walk.owed.values() if o.kind in ("first", "take"))
        for number, stage in enumerate(walk.stages, start=1):
            for role in informed if stage.stage in _ENDED else ():
                person = walk.presence.holder(role, stage.at) or ""
                yield Notice(
                    f"{self.id}/stage.{number}.{stage.stage}/{role}:{person}", stage.at, "stage", role, person, "",
                    _ENDED[stage.stage], Bilingual(tr=stage.why, en=stage.why),
                )  # fmt: skip


def _counted(count: Count, clock: str, start: datetime, length: timedelta) -> datetime:
    return count(start, length, clock)
