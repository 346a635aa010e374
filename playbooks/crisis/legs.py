"""With whom a piece of work lies, from when until when: first with its role, then with the deputy, then further up.

Whoever has seen it has the step's whole time box, counted from when it came to them; whoever has not has the time
after which their role hands over, and no more than the time box. Who is known to be away is passed over at once, and
nobody loses it to somebody who is away: it stays with the last who is there, and is said again and again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from playbooks.crisis.events import Event
from playbooks.crisis.plan import Plan, Seat

Add = Callable[[datetime, timedelta], datetime]
"""Time passed since a moment, on one clock."""


@dataclass(frozen=True)
class Leg:
    """One holder of a piece of work. `person` is empty where anybody of the role may take it; `until` None: still."""

    role: str
    person: str
    since: datetime
    until: datetime | None
    because: str
    """One of first, deputy (the one before did not see or do it in time), absent, handed_over, nobody."""


@dataclass
class Presence:
    """Who has which role and is there, as it was known at each moment."""

    plan: Plan
    people: Mapping[str, Sequence[str]]
    """Names by role; a role that is not here has the names of its seat, and one with no names here has nobody."""
    present: frozenset[str] | None
    """Who is there at the start; None: everybody."""
    changes: list[Event] = field(default_factory=list)
    """Events present, absent and handed_over, in their order."""

    def names(self, role: str) -> tuple[str, ...]:
        """Everybody who has a role, the first one first."""
        seat = self.plan.seat(role)
        return tuple(self.people.get(role, seat.people if seat else ()))

    def holder(self, role: str, when: datetime) -> str | None:
        """Who has the role at a moment: a name, empty where nobody is named for it, None where nobody is there."""
        names = self.names(role)
        away: set[str] = set() if self.present is None else {name for name in names if name not in self.present}
        nobody = False
        for change in self.changes:
            if change.at > when:
                break
            if change.type == "handed_over" and change.role == role:
                names = (change.person, *(name for name in names if name != change.person))
                away.discard(change.person)
            elif change.type == "present":
                away.discard(change.person)
                nobody = nobody and change.person != role
            elif change.type == "absent":
                away.add(change.person)
                nobody = nobody or change.person == role
        if nobody:
            return None
        if not names:
            return None if role in self.people else ""
        return next((name for name in names if name not in away), None)

    def changed(self, role: str, since: datetime, before: datetime) -> datetime | None:
        """The first moment after `since` and before another at which somebody else has the role, or None."""
        now = self.holder(role, since)
        for change in self.changes:
            if since < change.at < before and self.holder(role, change.at) != now:
                return change.at
        return None


def legs_of(
    chain: Sequence[Seat],
    began: datetime,
    end: datetime,
    box: timedelta,
    patience: timedelta | None,
    seen: Sequence[datetime],
    presence: Presence,
    add: Add,
) -> tuple[Leg, ...]:
    """The holders of work that began at `began` and was open before `end` (just after its end, or now), in order.

    `box` is its time box; `patience`, where given, stands for every role's own hand_over_after; `seen` are the moments
    at which somebody said that they have seen it. At least one leg comes out, and only the last has no `until`.
    """
    found: list[Leg] = []
    at, index, because = began, 0, "first"
    while True:
        seat = chain[index]
        person = presence.holder(seat.role, at)
        if person is None:
            there = _there(chain[index + 1 :], at, presence)
            if there is not None:
                index, because = index + 1 + there, "absent"
                continue
            back = _first(chain, 0, at, end, presence)
            if back is None or back[0] > at:
                found.append(Leg(chain[-1].role, "", at, back[0] if back else None, "nobody"))
            if back is None:
                return tuple(found)
            (at, index), because = back, "handed_over"
            continue
        until = _until(seat, at, box, patience, seen, add)
        up = _first(chain, index + 1, until, end, presence)
        changed = presence.changed(seat.role, at, up[0] if up else end)
        if changed is None and up is None:
            return (*found, Leg(seat.role, person, at, None, because))
        if changed is not None:
            found.append(Leg(seat.role, person, at, changed, because))
            at, because = changed, "handed_over"
        else:
            assert up is not None
            found.append(Leg(seat.role, person, at, up[0], because))
            (at, index), because = up, "deputy"


def _there(seats: Sequence[Seat], when: datetime, presence: Presence) -> int | None:
    """The place of the first of these seats that has somebody at a moment."""
    return next((place for place, seat in enumerate(seats) if presence.holder(seat.role, when) is not None), None)


def _first(
    chain: Sequence[Seat], start: int, since: datetime, end: datetime, presence: Presence
) -> tuple[datetime, int] | None:
    """The first moment from `since` and before `end` at which a seat from `start` on has somebody, and which."""
    for when in (since, *(change.at for change in presence.changes if change.at > since)):
        if when >= end:
            return None
        place = _there(chain[start:], when, presence)
        if place is not None:
            return when, start + place
    return None


def _until(
    seat: Seat, since: datetime, box: timedelta, patience: timedelta | None, seen: Sequence[datetime], add: Add
) -> datetime:
    unseen = add(since, min(patience or seat.hand_over_after, box))
    return add(since, box) if any(since <= moment < unseen for moment in seen) else unseen
