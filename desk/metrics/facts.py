"""What one case has come to for the numbers, from its events alone. Pure; `now` is passed in.

One CaseFacts per case: every wait of its customer with its deadline, outcome and way, and what happened beside. What
counts is told by desk.lineage (undone, split), how the clocks ran by desk.clock: the same as on the board.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, Protocol

from desk.calendar import NoStaffedTime, to_us
from desk.clock import CLOCK_EVENTS, Clocks, Event, Ran, ran
from desk.deadline import Deadlines
from desk.in_force import ClocksInForce
from desk.lineage import counted
from desk.metrics.way import cause, pieces, way
from mention import URGENCIES

POSTS = ("customer_posted", "customer_wrote")

OUTCOMES = ("met", "missed", "undecided", "aside", "unpromised")
"""Of a wait: the answer came by the deadline; it did not, or the case was set aside after it; it is open and not due;
the case was set aside by its deadline; there is no deadline."""

_NOTHING = timedelta(0)


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


@dataclass(frozen=True)
class Wait:
    """One wait of a customer: from `started_at` to the answer (or resolution) `ended_at`, or until the case was set
    aside (`aside_at`); neither while it is open. `waited` is how long, up to now; `ran` the same in staffed time, of a
    resolution its real time without pauses. `late` is how far past the deadline it ended or stands. `pieces` sum to
    `waited`; `stands_in` is the last of them, in which it stands while it is open."""

    clock: str
    started_at: datetime
    due_at: datetime | None
    ended_at: datetime | None
    aside_at: datetime | None
    urgency: str
    outcome: str
    waited: timedelta
    ran: timedelta
    late: timedelta = _NOTHING
    by: str = ""
    cause: str = ""
    cause_took: timedelta = _NOTHING
    pieces: Mapping[str, timedelta] = field(default_factory=dict)
    stands_in: str = ""

    @property
    def open(self) -> bool:
        """Whether it goes on."""
        return self.ended_at is None and self.aside_at is None


@dataclass(frozen=True)
class CaseFacts:
    """Everything the numbers need of one case. `first` is None where no answer was ever due."""

    case_id: int
    posted_at: datetime
    seen_at: datetime | None
    first: Wait | None
    nexts: tuple[Wait, ...]
    resolution: Wait | None
    about: Mapping[str, str | None]
    acknowledged_at: datetime | None = None
    reopened: bool = False
    reassigned: bool = False
    deadline_moved: bool = False
    aside_because: str = ""

    @property
    def waits(self) -> tuple[Wait, ...]:
        """Every wait of the case."""
        return tuple(one for one in (self.first, *self.nexts, self.resolution) if one is not None)


def facts_of(story: Story, clocks: Clocks, now: datetime) -> CaseFacts | None:
    """What a case has come to at `now` (aware): None for one that is part of another case now, or has no customer.

    Events after `now` have not happened. `clocks` are the desk's; a ClocksInForce finds the promise the case stands
    under.
    """
    events = counted(event for event in story.events if event.at <= now)
    events.sort(key=attrgetter("at"))  # stable: of the same moment the order of the log
    typed: dict[str, list[LoggedEvent]] = {}
    for event in events:
        typed.setdefault(event.type, []).append(event)
    posts = [event for event in events if event.type in POSTS]
    if not posts or any(event.data.get("merged") for event in typed.get("set_aside", ())):
        return None
    return _Case(story, events, typed, posts, clocks, now).facts()


class _Case:
    """Reckons one case."""

    def __init__(
        self, story: Story, events: list[LoggedEvent], typed: Mapping[str, list[LoggedEvent]],
        posts: list[LoggedEvent], clocks: Clocks, now: datetime,
    ) -> None:  # fmt: skip
        self.story, self.events, self.typed, self.posts, self.now = story, events, typed, posts, now
        first = next((event for event in posts if event.type == "customer_posted"), posts[0])
        self.told = first.data
        if isinstance(clocks, ClocksInForce):
            clocks = clocks.of_version(self.told.get("policy"))
        self.clocks = clocks
        channel, team = self.told.get("channel"), self.told.get("team")
        self.channel = channel if isinstance(channel, str) else None
        self.deadlines: Deadlines = clocks.deadlines(self.channel, team)
        calendar = self.deadlines.calendar
        self.layout = calendar.covering(to_us(posts[0].at), to_us(now))
        given = self.told.get("answer_by")
        self.answer_by = datetime.fromisoformat(given) if given else None
        self.moves = [Event(e.at, e.type, e.by, e.data.get("urgency")) for e in events if e.type in CLOCK_EVENTS]
        self.runs = ran(self.moves, now)

    def facts(self) -> CaseFacts:
        post = self.posts[0]
        waits = [self._answer(one) for one in self.runs[:-1] if one.urgency != "none"]
        firsts = [one for one in waits if one.clock == "first_answer"]
        first = firsts[0] if firsts else None
        about = {**self.story.about}
        about["channel"] = about.get("channel") or self.channel
        about["team"] = self.told.get("team") or about.get("team")
        about["urgency"] = first.urgency if first else "none"
        about["agent"] = first.by if first and first.by and not first.by.startswith("@") else None
        return CaseFacts(
            self.story.case_id, post.at, self._seen(post), first, tuple(w for w in waits if w.clock == "next_answer"),
            self._resolution(self.runs[-1]) if self.runs[-1].urgency != "none" else None, about,
            self._first_of("auto_acknowledged"), self._first_of("reopened") is not None, self._reassigned(),
            first is not None and self._deadline_moved(first), self._because(first),
        )  # fmt: skip

    # --- waits ---

    def _answer(self, one: Ran) -> Wait:
        due = self._due(one.started_at, one.urgency, self.answer_by if one.clock == "first_answer" else None)
        answered = None if one.cancelled_at else one.stopped_at
        end = one.cancelled_at or answered or self.now
        late = max(_NOTHING, end - due) if due is not None else _NOTHING
        outcome = _outcome(due, answered, one.cancelled_at, late)
        by = self._by(answered) if answered else ""
        seen, routed = self._noticed(one.started_at)
        segments = way(one.started_at, end, seen, routed, self.events, answered is not None)
        took_all = pieces(segments, self._elapsed)
        because, took = "", _NOTHING
        if outcome == "missed" and by.startswith("@"):
            because, took = "elsewhere", end - one.started_at
        elif outcome == "missed" and due is not None:
            because, took = cause(pieces(segments, self._elapsed, due), self._on_wall_clock(one))
        return Wait(
            one.clock, one.started_at, due, answered, one.cancelled_at, one.urgency, outcome, end - one.started_at,
            end - one.started_at - took_all.get("closed", _NOTHING), late if outcome == "missed" else _NOTHING, by,
            because, took, took_all, segments[-1][0] if segments else "",
        )  # fmt: skip

    def _resolution(self, one: Ran) -> Wait:
        """The resolution: in real time without pauses; its deadline is the desk's own clock's, which knows of them."""
        due, late = None, _NOTHING
        promise = self.deadlines.policy.promises.of(one.urgency)
        promised = promise is not None and promise.resolution is not None
        if promised:
            told = self.clocks.clocks(self.moves, self.now, self.channel, self.answer_by, self.told.get("team"))
            due = next((clock.due_at for clock in told if clock.clock == "resolution"), None)
        resolved = None if one.cancelled_at else one.stopped_at
        end = one.cancelled_at or resolved or self.now
        took = sum((until - since for since, until in one.stretches), _NOTHING)
        late = max(_NOTHING, end - due) if due is not None else _NOTHING
        outcome = _outcome(due, resolved, one.cancelled_at, late)
        if promised and outcome == "unpromised":
            outcome = "undecided"  # its deadline moves with the wait for the customer
        because = ""
        if outcome == "missed" and due is not None:
            answered = any(e.by.startswith("agent:") and e.at <= due for e in self.typed.get("answered", ()))
            because = "unresolved" if answered else "unanswered"
        return Wait(
            "resolution", one.started_at, due, resolved, one.cancelled_at, one.urgency, outcome, end - one.started_at,
            took, late if outcome == "missed" else _NOTHING, "", because, took if because else _NOTHING,
        )  # fmt: skip

    def _due(self, start: datetime, urgency: str, answer_by: datetime | None) -> datetime | None:
        try:
            return self.deadlines.due_many([(start, urgency, self.channel, answer_by)])[0].due_at
        except NoStaffedTime:
            return None  # nobody is there for years: nothing was promised that could be kept

    def _on_wall_clock(self, one: Ran) -> bool:
        """Whether closed hours used up the time of the promise: it runs always, or a platform's window did."""
        promise = self.deadlines.policy.promises.of(one.urgency)
        delivered = self.answer_by if one.clock == "first_answer" else None
        limit = self.deadlines.due_many([(one.started_at, one.urgency, self.channel, delivered)])[0].limit
        always = promise is not None and promise.within is not None and promise.clock == "always"
        return always or limit == "platform"

    def _noticed(self, start: datetime) -> tuple[datetime, datetime]:
        """When what was written at `start` was seen by a source, and when it stood in the case."""
        wrote = next((event for event in self.posts if event.at == start), self.posts[0])
        seen = self._seen(wrote) or wrote.recorded_at
        # A copy was written down when the cases were merged or split, which says nothing of the customer's wait.
        return seen, seen if "of_event" in wrote.data else wrote.recorded_at

    def _seen(self, post: LoggedEvent) -> datetime | None:
        found = self.story.seen.get(post.mention_id) if post.mention_id is not None else None
        return found if found is not None or "of_event" in post.data else post.recorded_at

    def _by(self, answered: datetime) -> str:
        answers = self.typed.get("answered", ())
        given = (event.by for event in answers if event.at == answered and event.by.startswith("agent:"))
        return next(given, "").removeprefix("agent:")

    # --- beside them ---

    def _first_of(self, type: str) -> datetime | None:
        return next((event.at for event in self.typed.get(type, ())), None)

    def _reassigned(self) -> bool:
        moves = (event.data for event in self.typed.get("assigned", ()))
        return any(told.get("from") and told.get("to") and told["from"] != told["to"] for told in moves)

    def _deadline_moved(self, first: Wait) -> bool:
        """Whether the urgency was lowered, and still asked for an answer, once its deadline had passed unanswered."""
        urgency = str(self.posts[0].data.get("urgency") or "same_day")
        for event in self.typed.get("urgency_changed", ()):
            if first.ended_at is not None and event.at >= first.ended_at:
                continue
            old, urgency = urgency, str(event.data.get("urgency") or urgency)
            if "none" in (old, urgency) or URGENCIES.index(urgency) >= URGENCIES.index(old):
                continue
            due = self._due(first.started_at, old, self.answer_by)
            if due is not None and event.at > due:
                return True
        return False

    def _because(self, first: Wait | None) -> str:
        """Why it was set aside unanswered: the words of whoever did, or that no answer was due after all."""
        if first is None or first.aside_at is None:
            return ""
        said = self.typed.get("set_aside")
        return str(said[-1].data.get("reason") or "") if said else "urgency_none"

    def _elapsed(self, at: datetime) -> int:
        """Staffed microseconds until a moment."""
        return self.layout.elapsed(to_us(at))


def _outcome(due: datetime | None, ended: datetime | None, aside: datetime | None, late: timedelta) -> str:
    if late:
        return "missed"
    if aside is not None:
        return "aside"
    if due is None:
        return "unpromised"
    return "undecided" if ended is None else "met"
