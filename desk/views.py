"""What the board is shown: frozen pictures of the queue, of one case and of the sources, read in one go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from desk.clock import Clock
from mention import Score
from playbooks.reasons import Reason
from playbooks.schema import Playbook
from store.rows import Present as Present

VIEWS = ("open", "due_1h", "late", "unassigned", "mine", "snoozed", "answered", "resolved", "set_aside")
OPEN_STATUSES = ("new", "assigned", "waiting", "reopened")


@dataclass(frozen=True)
class Filters:
    """What part of the queue to show; `view` is one of VIEWS, `search` is free text."""

    view: str = "open"
    search: str = ""
    channel: str | None = None
    topic: str | None = None
    urgency: str | None = None
    language: str | None = None
    limit: int = 200


@dataclass(frozen=True)
class QueueRow:
    """One case in the queue, with the customer's latest words."""

    case_id: int
    urgency: str
    status: str
    due_at: datetime | None
    due_clock: str | None
    late: bool
    channel: str
    source: str
    language: str
    author: str | None
    author_name: str | None
    followers: int | None
    text: str
    topic: str
    sentiment: str
    playbook: str | None
    assignee: str | None
    mentions: int
    posted_at: datetime
    priority: int
    deleted: bool = False
    """Whether the customer deleted those words where they stood; then `text` is empty."""
    waiting_for: str | None = None
    """Whom a waiting case waits for: `customer` or `team`."""
    team: str | None = None
    snoozed_until: datetime | None = None
    person_id: int | None = None
    merged_into: int | None = None


@dataclass(frozen=True)
class QueuePage:
    """Rows of one view, how many cases each view holds, and the ids of the whole view in its order."""

    rows: tuple[QueueRow, ...]
    counts: Mapping[str, int]
    order: tuple[int, ...] = ()


@dataclass(frozen=True)
class Earlier:
    """What a mention said before its author edited it, and until when it stood."""

    version: int
    text: str
    until: datetime


@dataclass(frozen=True)
class MentionView:
    """One mention with its score; `labels` are the labels after people's corrections.

    `version` counts from 1; `edited_at` is when we first saw the words it has now, and `versions` are the earlier ones,
    oldest first. Where `deleted_at` is set, its author deleted it and its words are gone from here too.
    """

    id: int
    source: str
    native_id: str
    channel: str
    author: str | None
    author_name: str | None
    followers: int | None
    url: str | None
    text: str
    published_at: datetime
    seen_at: datetime
    rating: float | None
    score: Score | None
    labels: Mapping[str, str]
    version: int = 1
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    versions: tuple[Earlier, ...] = ()


@dataclass(frozen=True)
class EventView:
    """One line of the case's log. `by` is `customer`, `agent:NAME` or `system`."""

    at: datetime
    type: str
    by: str
    data: Mapping[str, Any]
    id: int = 0
    counts: bool = True
    """Whether it still counts: False for what was undone, or went to another case with its mention."""


@dataclass(frozen=True)
class StepView:
    """How one step of the playbook stands in this run."""

    id: str
    state: str
    due_at: datetime | None
    done_at: datetime | None
    by: str | None


@dataclass(frozen=True)
class RunView:
    """The playbook of a case and its steps."""

    playbook: Playbook
    version: int
    steps: tuple[StepView, ...]


@dataclass(frozen=True)
class PendingApproval:
    """A text or a concession that waits for somebody's yes; `as_deputy` where it is theirs only by now."""

    id: int
    case_id: int
    kind: str
    channel: str
    public: bool
    text: str
    asked_by: str
    asked_at: datetime
    expires_at: datetime
    as_deputy: bool = False


@dataclass(frozen=True)
class SentReply:
    """A reply on its way or gone: `state` is one of store.outbox.STATES; `error` is a sentence where something went
    wrong."""

    id: int
    state: str
    channel: str
    private: bool
    text: str
    by: str
    created_at: datetime
    sent_at: datetime | None
    url: str
    error: str


@dataclass(frozen=True)
class CaseView:
    """Everything the desk knows about one case; `contacts` are the author's earlier mentions on that source."""

    row: QueueRow
    mentions: tuple[MentionView, ...]
    clocks: tuple[Clock, ...]
    events: tuple[EventView, ...]
    run: RunView | None
    reasons: tuple[Reason, ...]
    contacts: int
    tags: tuple[str, ...] = ()
    merged: tuple[int, ...] = ()
    """Cases that were merged into this one."""
    split: tuple[int, ...] = ()
    """Cases that were split off this one, and could be taken back."""
    siblings: tuple[QueueRow, ...] = ()
    """The same person's other cases, the newest first; `text` is empty."""
