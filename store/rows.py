"""What the store hands out: frozen records, times aware and in UTC, JSON decoded."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from mention import Mention

STAGES = ("new", "scored", "routed", "set_aside", "quarantined", "edited", "rescored")
"""How far a mention has come. One that is edited after it left `new` goes on through `edited` and `rescored`."""

BACKFILL_STATES = ("waiting", "running", "done", "given_up")

STATUSES = ("new", "assigned", "waiting", "answered", "resolved", "reopened", "set_aside")
"""Where a case stands; for whom it is `waiting` says one of WAITING_FOR."""

OPEN_STATUSES = ("new", "assigned", "waiting", "reopened")
"""Cases with which the desk still has to do something."""

LIVE_STATUSES = (*OPEN_STATUSES, "answered")
"""Cases on which a clock may still run: an answered case can have a promised time to be resolved."""

WAITING_FOR = ("customer", "team")
"""Whom a waiting case waits for. Only the wait for the customer pauses a clock."""

DOINGS = ("reading", "writing")
"""What somebody who has a case open does there."""

CLOCKS = ("first_answer", "next_answer", "resolution")
HEADS = ("sentiment", "urgency", "topic")
STEP_STATES = ("open", "done", "skipped")
SOURCE_STATES = ("ok", "empty", "failing", "rate_limited", "refused", "unreadable", "off")
QUARANTINE_STAGES = ("collect", "import", "score", "route")


def one_of(value: str, allowed: tuple[str, ...], what: str) -> str:
    """`value`, if it is one of the allowed words; raises ValueError with a sentence otherwise."""
    if value not in allowed:
        raise ValueError(f"{what} {value!r} is not one of {', '.join(allowed)}")
    return value


@dataclass(frozen=True)
class Saved:
    """What became of a batch: new + known + rejected is what was handed in. `new_ids` is in the batch's order."""

    new: int
    known: int
    rejected: int
    new_ids: list[int]
    edited: int = 0
    """Known mentions whose text had changed."""


@dataclass(frozen=True)
class StoredMention:
    """A mention with its id here, when we saw it first, and how far it has come (one of STAGES)."""

    id: int
    mention: Mention
    seen_at: datetime
    stage: str
    version: int = 1
    edited_at: datetime | None = None
    deleted_at: datetime | None = None


@dataclass(frozen=True)
class Poll:
    """One fetch of a source: how it ended (one of SOURCE_STATES) and what it brought."""

    id: int
    source: str
    started_at: datetime
    finished_at: datetime
    outcome: str
    fetched: int
    new: int
    known: int
    rejected: int
    note: str
    passed: int = 0
    requests: int = 0
    proof: str | None = None
    reach_from: datetime | None = None
    gap: bool = False
    missed: int | None = None
    next_at: datetime | None = None


class Look(NamedTuple):
    """What coverage needs of a poll; times are aware UTC. A tuple: a report reads a hundred thousand of them."""

    started_at: datetime
    finished_at: datetime
    outcome: str
    fetched: int = 0
    proof: str | None = None
    reach_from: datetime | None = None
    gap: bool = False
    missed: int | None = None
    note: str = ""
    next_at: datetime | None = None


@dataclass(frozen=True)
class Backfill:
    """A stretch of time that a source is read again for; `state` is one of BACKFILL_STATES."""

    id: int
    source: str
    since: datetime
    until: datetime
    state: str
    cursor: dict[str, Any] | None
    tries: int
    not_before: datetime
    found: int
    note: str
    created_at: datetime


@dataclass(frozen=True)
class SourceState:
    """Where a source stands.

    `total` mentions were stored from it, `new_24h` of them seen in the last 24 hours, `waiting` are not routed yet,
    `quarantined` items wait for a person. `lag_p50_s` and `lag_p95_s` are the detection lag in seconds, posted to
    seen, of the mentions seen in the last 7 days (nearest rank); None where there were none. `failures` counts failed
    fetches in a row, `last_item_at` is when a new mention last came in.
    """

    source: str
    kind: str | None
    state: str
    note: str
    cursor: dict[str, Any] | None
    last_started_at: datetime | None
    last_ok_at: datetime | None
    last_item_at: datetime | None
    failures: int
    next_at: datetime | None
    updated_at: datetime
    total: int
    new_24h: int
    waiting: int
    quarantined: int
    lag_p50_s: float | None
    lag_p95_s: float | None
    last_poll: Poll | None
    pace_s: float | None = None
    settles_s: float | None = None


@dataclass(frozen=True)
class Heartbeat:
    """When a process last said that it lives, and what it said."""

    name: str
    at: datetime
    data: dict[str, Any]


@dataclass(frozen=True)
class Quarantined:
    """An item that could not go on: at which stage (one of QUARANTINE_STAGES), why, and the item itself.

    `mention_id` is None where it never became a mention.
    """

    id: int
    stage: str
    source: str
    mention_id: int | None
    raw: Any
    reason: str
    at: datetime
    resolved_at: datetime | None


@dataclass(frozen=True)
class NewEvent:
    """An event to be written: `at` is when it happened, `recorded_at` when it is written down (both aware); `by` is
    `customer`, `agent:NAME` or `system`."""

    type: str
    at: datetime
    by: str
    recorded_at: datetime
    case_id: int | None = None
    mention_id: int | None = None
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class EventRow:
    """One line of the append-only log. `at` is when it happened, `recorded_at` when it was written down."""

    id: int
    brand: str
    case_id: int | None
    mention_id: int | None
    at: datetime
    recorded_at: datetime
    type: str
    by: str
    data: dict[str, Any]
    prev_hash: str
    hash: str


@dataclass(frozen=True)
class CaseRow:
    """One person's matter. `due_at` is the nearest true deadline of a running clock, `due_clock` which one."""

    id: int
    brand: str
    person_id: int | None
    status: str
    urgency: str
    priority: int
    topic: str
    sentiment: str
    language: str
    channel: str
    source: str
    playbook: str | None
    assignee: str | None
    reasons: tuple[Any, ...]
    posted_at: datetime
    opened_at: datetime
    updated_at: datetime
    due_at: datetime | None
    due_clock: str | None
    answered_at: datetime | None
    version: int
    waiting_for: str | None = None
    team: str | None = None
    snoozed_until: datetime | None = None
    merged_into: int | None = None


@dataclass(frozen=True)
class Present:
    """Somebody who has a case open: what they do there (one of DOINGS), since when, and when we last heard of it."""

    agent: str
    doing: str
    since: datetime
    at: datetime


@dataclass(frozen=True, kw_only=True)
class QueueRecord(CaseRow):
    """A case as the queue shows it: with its latest mention (the text's first 400 characters) and how many it has."""

    text: str
    author: str | None
    author_name: str | None
    followers: int | None
    mentions: int


@dataclass(frozen=True)
class Run:
    """A playbook at work on a case."""

    id: int
    case_id: int
    playbook: str
    version: int
    started_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True)
class Step:
    """A step of a run: `state` is one of STEP_STATES, `done_at` and `by` say when and who where it is not open."""

    run_id: int
    step: str
    position: int
    due_at: datetime | None
    state: str
    done_at: datetime | None
    by: str | None
