"""A short way to write what happened to a case and what its clocks say: one line an event, one line a clock.

An event is day of November 2026, time, type, `by`, urgency. A clock is name, state, then `due`, `stop`, `late` and
`used` where it has them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from desk.clock import Clock, Clocks, Event
from desk.policy import Policy, policy_from, write_duration

ZONE = Policy().zone
PLAIN = Clocks(Policy())
RESOLVE = Clocks(
    policy_from(
        {
            "promises": {
                "critical": {"within": "30m", "clock": "always", "resolution": {"within": "4h", "clock": "always"}},
                "urgent": {"within": "2h", "resolution": {"within": "9h"}},  # staffed, a working day
                "same_day": {"same_day": True, "resolution": {"within": "2d", "clock": "always"}},
            }
        }
    )
)


def when(text: str) -> datetime:
    """`23 10:00` on the wall of the desk; 23 November 2026 is a Monday, day 31 is 1 December."""
    day, clock = text.split()
    hour, minute = clock.split(":")[:2]
    second = int(clock.split(":")[2]) if clock.count(":") == 2 else 0
    first = datetime(2026, 11, 1, int(hour), int(minute), second, tzinfo=ZONE)
    return first + timedelta(days=int(day) - 1)


def events(story: str) -> list[Event]:
    """One event a line: day, time, type, `by` (for `agent:Elif` just `Elif`), urgency."""
    told = []
    for line in story.strip().splitlines():
        day, clock, kind, *rest = line.split()
        by = rest[0] if rest else {"customer_posted": "customer", "customer_wrote": "customer"}.get(kind, "Elif")
        by = by if by in ("customer", "system") else f"agent:{by}"
        told.append(Event(when(f"{day} {clock}"), kind, by, rest[1] if len(rest) > 1 else None))
    return told


def told(clock: Clock) -> str:
    """A clock in one line; times as day and time of November 2026."""

    def at(moment: datetime) -> str:
        local = moment.astimezone(ZONE)
        days = (local.date() - datetime(2026, 11, 1).date()).days + 1
        return f"{days} {local:%H:%M}" + (f":{local:%S}" if local.second else "")

    parts = [clock.clock, clock.state]
    parts += ["due", at(clock.due_at)] if clock.due_at else []
    parts += ["stop", at(clock.stopped_at)] if clock.stopped_at else []
    parts += ["late", write_duration(timedelta(seconds=clock.late_s))] if clock.late_s else []
    return " ".join([*parts, "used", write_duration(timedelta(seconds=clock.used_s))])


@dataclass(frozen=True)
class Case:
    """What happened, when it is looked at, and what the clocks say then."""

    name: str
    story: str
    now: str
    clocks: tuple[str, ...]
    desk: Clocks = PLAIN
    channel: str | None = None
    answer_by: str | None = None
