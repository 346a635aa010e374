"""What cases have come to for the numbers, from their events alone. Pure; `now` is passed in.

What counts is told by desk.lineage (undone, split), how the clocks ran by desk.clock: the same as on the board. Cases
that took the same course (course.py) are reckoned together, as columns (table.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any, Protocol

import numpy as np

from desk.calendar import to_us
from desk.clock import Clocks
from desk.deadline import Deadlines
from desk.in_force import ClocksInForce
from desk.lineage import counted
from desk.metrics.alike import Alike, Beside, Taken, reckoned
from desk.metrics.case import OUTCOMES, CaseFacts, Wait
from desk.metrics.course import POSTS, Courses
from desk.metrics.table import FIRST, NEVER, Table, Waits, Words
from mention import URGENCIES
from store.measuring import ABOUT as ABOUT_ROW
from store.measuring import Line, Told, What

__all__ = ["OUTCOMES", "CaseFacts", "LoggedEvent", "Reckoning", "Story", "Wait", "facts_of"]

_when = attrgetter("at")


class LoggedEvent(Protocol):
    """One line of a case's log (store.measuring.Line, store.rows.EventRow)."""

    @property
    def id(self) -> int:
        """Its place in the log."""

    @property
    def mention_id(self) -> int | None:
        """The mention it is about."""

    @property
    def at(self) -> datetime:
        """When it happened (UTC)."""

    @property
    def recorded_at(self) -> datetime:
        """When it was written down (UTC)."""

    @property
    def type(self) -> str:
        """What happened."""

    @property
    def by(self) -> str:
        """By whom."""

    @property
    def data(self) -> dict[str, Any]:
        """What else is known of it."""


@dataclass(frozen=True)
class Story:
    """A case as it is read: its events, when each mention was seen by a source, and what its row says of it."""

    case_id: int
    events: Sequence[LoggedEvent]
    seen: Mapping[int, datetime] = field(default_factory=dict)
    about: Mapping[str, str | None] = field(default_factory=dict)
    """channel, topic, playbook, team and language of the case."""


def facts_of(story: Story, clocks: Clocks, now: datetime) -> CaseFacts | None:
    """What a case has come to at `now` (aware): None for one that is part of another case now, or has no customer.

    Events after `now` have not happened. `clocks` are the desk's; a ClocksInForce finds the promise the case stands
    under. Of many cases: Reckoning.
    """
    reckoning = Reckoning(clocks, now)
    lines = [
        Line(one.id, one.mention_id, to_us(one.at), to_us(one.recorded_at), What(one.type, one.by, one.data))
        for one in story.events
    ]
    seen = {mention: to_us(at) for mention, at in story.seen.items()}
    reckoning.add(Told(story.case_id, lines, seen, tuple(story.about.get(name) for name in ABOUT_ROW)))
    return next(iter(reckoning.table().facts()), None)


class Reckoning:
    """Reckons many cases of one desk at one moment: `add` each, then take the `table`. For one thread."""

    def __init__(self, clocks: Clocks, now: datetime) -> None:
        """As for facts_of."""
        self._clocks, self._now = clocks, to_us(now)
        self._courses = Courses()
        self._under: dict[tuple[str | None, str | None, str | None], Deadlines] = {}
        self._alike: dict[tuple[int, int, str | None], Alike] = {}
        self._cases: list[tuple[int, int, int]] = []  # number, posted, seen
        self._about: list[int] = []  # of each case, the place of what is told of it in _kinds
        self._kinds: dict[tuple[str | None, ...], int] = {}  # channel, topic, playbook, team, language

    def add(self, told: Told) -> None:
        """Take a case in; one that is part of another case now, or has no customer, is left out."""
        now = self._now
        lines = [line for line in told.events if line.at <= now]
        types = {line.what.type for line in lines}
        if "undone" in types or "split" in types:
            lines = counted(lines)
        lines.sort(key=_when)  # stable: of the same moment the order of the log
        posts = [line for line in lines if line.what.type in POSTS]
        if not posts or ("set_aside" in types and any(e.data.get("merged") for e in lines if e.type == "set_aside")):
            return
        row = len(self._cases)
        course, moments, acts = self._courses.of(lines, [_noticed(post, told.seen) for post in posts], now)
        data = next((post for post in posts if post.what.type == "customer_posted"), posts[0]).data
        said, team, by = data.get("channel"), data.get("team"), data.get("answer_by")
        channel = said if isinstance(said, str) else None
        deadlines = self._deadlines(data.get("policy"), channel, team)
        key = (id(course), id(deadlines), channel)
        alike = self._alike.get(key)
        if alike is None:
            alike = self._alike[key] = Alike(course, deadlines, channel)
        alike.cases.append(Taken(row, acts, datetime.fromisoformat(by) if by else None))
        alike.moments.append(moments)
        seen = _seen(posts[0], told.seen)
        self._cases.append((told.case_id, posts[0].at, NEVER if seen is None else seen))
        on, topic, playbook, ours, language = told.about
        kind = (on or channel, topic, playbook, team or ours, language)
        self._about.append(self._kinds.setdefault(kind, len(self._kinds)))

    def _deadlines(self, version: str | None, channel: str | None, team: str | None) -> Deadlines:
        key = (version, channel, team)
        found = self._under.get(key)
        if found is None:
            clocks = self._clocks
            if isinstance(clocks, ClocksInForce):
                clocks = clocks.of_version(version)
            found = self._under[key] = clocks.deadlines(channel, team)
        return found

    def table(self) -> Table:
        """What has become of the cases taken in, in the order in which they were."""
        count = len(self._cases)
        beside = Beside(count)
        waits = Waits.joined([part for alike in self._alike.values() for part in reckoned(alike, self._now, beside)])
        numbers = np.array(self._cases, dtype=np.int64).reshape(count, 3)
        kind = np.array(self._about, dtype=np.int64)
        about = {name: Words.of(one[at] for one in self._kinds).chosen(kind) for at, name in enumerate(ABOUT_ROW)}
        first = np.flatnonzero(waits.clock == FIRST)
        of = waits.of[first]
        urgency = np.full(count, URGENCIES.index("none"), dtype=np.int32)
        urgency[of] = waits.urgency[first]
        # Who answered on the platform itself is nobody of ours; the last place is nobody's.
        people = tuple(name if name and not name.startswith("@") else None for name in waits.by.words)
        agent = np.full(count, len(people), dtype=np.int32)
        agent[of] = waits.by.codes[first]
        about |= {"urgency": Words(urgency, URGENCIES), "agent": Words.joined([Words(agent, (*people, None))])}
        return Table(
            numbers[:, 0], numbers[:, 1], numbers[:, 2], beside.acknowledged, beside.reopened, beside.reassigned,
            beside.moved, Words.of(beside.because), about, waits,
        )  # fmt: skip


def _noticed(post: Line, seen: Mapping[int, int]) -> tuple[int, int]:
    """When what the customer wrote was seen by a source, and when it stood in the case."""
    recorded = post.recorded_at
    found = None if post.mention_id is None else seen.get(post.mention_id)
    at = recorded if found is None else found
    # A copy was written down when the cases were merged or split, which says nothing of the customer's wait.
    return at, at if "of_event" in post.what.data else recorded


def _seen(post: Line, seen: Mapping[int, int]) -> int | None:
    found = None if post.mention_id is None else seen.get(post.mention_id)
    return found if found is not None or "of_event" in post.what.data else post.recorded_at
