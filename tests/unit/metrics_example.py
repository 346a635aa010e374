"""The worked example of docs/reference/metrics.md: six cases of a Monday in Istanbul, looked at on Tuesday at noon."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from desk.clock import Clocks
from desk.metrics.facts import CaseFacts, Story, facts_of
from desk.metrics.period import Period
from desk.policy import Policy

ISTANBUL = ZoneInfo("Europe/Istanbul")
MONDAY = Period.day(date(2026, 11, 16), ISTANBUL)
CLOCKS = Clocks(Policy(holidays=None))


def at(time: str, day: int = 16) -> datetime:
    """A time of November 2026 in Istanbul, as UTC: `09:40`, `09:40:30`."""
    moment = datetime.fromisoformat(f"2026-11-{day:02d}T{time}").replace(tzinfo=ISTANBUL)
    return moment.astimezone(ZoneInfo("UTC"))


NOON = at("12:00", 17)


@dataclass(frozen=True)
class Line:
    """An event as the log has it."""

    id: int
    type: str
    at: datetime
    by: str
    mention_id: int | None = None
    data: dict[str, Any] = field(default_factory=dict)
    recorded_at: datetime = field(default_factory=lambda: NOON)


def story(case_id: int, *told: tuple[Any, ...], seen: str | None = None, **about: str) -> Story:
    """A case from (when, type, by, data): the first is its post, seen at `seen` and routed a minute later."""
    lines = []
    for number, (when, type, by, *data) in enumerate(told):
        moment = when if isinstance(when, datetime) else at(when)
        routed = at(seen) + timedelta(minutes=1) if seen and not number else moment
        mention = case_id if type == "customer_posted" else None
        lines.append(Line(case_id * 100 + number, type, moment, by, mention, data[0] if data else {}, routed))
    return Story(case_id, lines, {case_id: at(seen)} if seen else {}, about)


C, A, S = "customer", "agent:Elif", "system"
DAY = {"urgency": "same_day"}

STORIES = (
    story(
        1, ("09:00", "customer_posted", C, DAY), ("09:20", "seen", A), ("09:30", "decided", A),
        ("09:40", "answered", A), ("10:00", "customer_wrote", C), ("10:30", "answered", A),
        ("10:30", "waiting_for_customer", A),
        ("11:30", "back_with_us", A), ("12:00", "resolved", A), seen="09:05", channel="x",
    ),
    story(
        2, ("10:00", "customer_posted", C, DAY), ("14:00", "answered", "agent:@x"), ("15:00", "resolved", A),
        (at("11:00", 17), "reopened", A), seen="10:10", channel="x",
    ),
    story(
        3, ("11:00", "customer_posted", C, DAY), ("11:30", "assigned", "agent:Ada", {"to": "Elif", "from": None}),
        ("15:00", "assigned", "agent:Ada", {"to": "Mert", "from": "Elif"}), ("16:00", "seen", "agent:Mert"),
        ("17:00", "approval_asked", "agent:Mert", {"approval": 7}),
        (at("09:30", 17), "approved", "agent:Ada", {"approval": 7}),
        (at("09:50", 17), "send_queued", "agent:Mert", {"reply": 4}),
        (at("10:00", 17), "sent", "agent:Mert", {"reply": 4}),
        (at("10:00", 17), "answered", "agent:Mert"), seen="11:20", channel="email",
    ),
    story(
        4, ("13:00", "customer_posted", C, DAY), ("13:30", "set_aside", A, {"reason": "bizimle ilgili değil"}),
        seen="13:01", channel="x",
    ),
    story(
        5, ("16:00", "customer_posted", C, DAY), ("16:01", "auto_acknowledged", S), seen="18:00", channel="email",
    ),
    story(6, ("17:00", "customer_posted", C, {"urgency": "none"}), seen="17:01", channel="x"),
)  # fmt: skip


def facts(now: datetime = NOON) -> list[CaseFacts]:
    """What the six cases have come to."""
    found = (facts_of(one, CLOCKS, now) for one in STORIES)
    return [one for one in found if one is not None]
