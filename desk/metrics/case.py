"""What one case has come to, as an object: every wait of its customer with its deadline, outcome and way. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

OUTCOMES = ("met", "missed", "undecided", "aside", "unpromised")
"""Of a wait: the answer came by the deadline; it did not, or the case was set aside after it; it is open and not due;
the case was set aside by its deadline; there is no deadline."""

_NOTHING = timedelta(0)


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
