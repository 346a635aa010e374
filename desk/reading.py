"""Reads for the board: rows of the store turned into what one page shows. No writes."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from desk.case_clocks import clocks_of
from desk.clock import Clocks
from desk.kept import Kept
from desk.lineage import SPLIT, counted
from desk.views import (
    OPEN_STATUSES,
    CaseView,
    Earlier,
    EventView,
    Filters,
    MentionView,
    QueuePage,
    QueueRow,
    RunView,
    StepView,
)
from mention import Score, search_text
from playbooks.reasons import Reason
from playbooks.schema import Library
from store import cases as case_store
from store import editing, joining
from store import events as event_log
from store.rows import LIVE_STATUSES, CaseRow, QueueRecord, StoredMention

# A deadline may still run on an answered case (its resolution), so these two views look at answered ones as well.
_STATUSES = {
    "due_1h": LIVE_STATUSES, "late": LIVE_STATUSES,
    "answered": ("answered",), "resolved": ("resolved",), "set_aside": ("set_aside",),
}  # fmt: skip
MAX_TAG = 40
LATEST_TEXT = 400
"""Characters of a mention shown in the queue."""


CLOSED_KEPT = timedelta(seconds=30)
QUEUE_KEPT = timedelta(seconds=2)

Pick = Callable[[Sequence[int]], Sequence[int]]


def queue(
    tx: Connection, brand: str, filters: Filters, me: str, now: datetime, pick: Pick | None = None,
    kept: Kept | None = None,
) -> QueuePage:  # fmt: skip
    """One view of the queue: its whole order as ids, the rows that `pick` names out of it (without one, the first
    `filters.limit`), and the size of every view."""
    share = _sharing(tx, brand, now, kept)
    mine = me if filters.view == "mine" else ""
    order: tuple[int, ...] = share(
        ("order", filters, mine), lambda: tuple(case_store.queue_ids(tx, brand, **_wanted(filters, me, now)))
    )
    shown = order[: filters.limit] if pick is None else pick(order)
    records: dict[int, QueueRecord] = share("rows", dict)  # one for all: whoever needs another row adds it
    if lacking := [id for id in shown if id not in records]:
        records.update((record.id, record) for record in case_store.queue_of(tx, brand, lacking))
    counts = case_store.counts(tx, brand, now, me, _closed(kept, brand, now) if kept else None, share)
    return QueuePage(tuple(_row(records[id], now) for id in shown if id in records), counts, order)


def _sharing(
    tx: Connection, brand: str, now: datetime, kept: Kept | None
) -> Callable[[Hashable, Callable[[], Any]], Any]:
    """How what is the same for everybody is found out: once for all who look within QUEUE_KEPT of each other while
    nothing happens on the desk. Twenty people look at the same queue every five seconds."""
    if kept is None:
        return lambda what, find: find()
    head = event_log.head(tx, brand)
    return lambda what, find: kept.get((what, brand, head), now, QUEUE_KEPT, find)


def _closed(kept: Kept, brand: str, now: datetime) -> Callable[[Any, Callable[[], dict[str, int]]], dict[str, int]]:
    """How many are done, from before as long as as many are not: what somebody closes or opens changes those."""
    return lambda live, count: kept.get(("closed", brand, live), now, CLOSED_KEPT, count)


def number(tx: Connection, brand: str, filters: Filters, me: str, now: datetime) -> int:
    """How many cases are in a view of the queue."""
    return case_store.queue_number(tx, brand, **_wanted(filters, me, now))


def _wanted(filters: Filters, me: str, now: datetime) -> dict[str, Any]:
    """What a view asks of the store."""
    words, tags = _searched(filters.search)
    awake = filters.view in ("open", "unassigned", "mine")
    return {
        "statuses": _STATUSES.get(filters.view, OPEN_STATUSES),
        "due_before": {"due_1h": now + timedelta(hours=1), "late": now}.get(filters.view),
        "due_after": now if filters.view == "due_1h" else None,
        "unassigned": filters.view == "unassigned",
        "assignee": me if filters.view == "mine" else None,
        "urgency": filters.urgency, "topic": filters.topic, "channel": filters.channel, "language": filters.language,
        "search": search_text(words) or None, "tags": tags,
        "awake_at": now if awake else None, "asleep_at": now if filters.view == "snoozed" else None,
    }  # fmt: skip


def tag_of(text: str) -> str:
    """A tag as it is kept: small letters, no `#`, nothing that cannot be seen; empty where nothing is left."""
    seen = "".join(letter for letter in text.replace("İ", "i").lower() if letter.isprintable())
    return seen.strip(" #")[:MAX_TAG]


def _searched(search: str) -> tuple[str, tuple[str, ...]]:
    """The words of a search, and its tags: `#kargo iade` asks for the tag and the word."""
    parts = search.split()
    tags = tuple(tag_of(part) for part in parts if part.startswith("#") and len(part) > 1)
    return " ".join(part for part in parts if not part.startswith("#")), tags


def _row(record: QueueRecord, now: datetime) -> QueueRow:
    case = record
    deleted = record.text == editing.DELETED
    return QueueRow(
        case_id=case.id, urgency=case.urgency, status=case.status, due_at=case.due_at, due_clock=case.due_clock,
        late=case.due_at is not None and case.due_at < now, channel=case.channel, source=case.source,
        language=case.language, author=record.author, author_name=record.author_name, followers=record.followers,
        text="" if deleted else record.text, topic=case.topic, sentiment=case.sentiment, playbook=case.playbook,
        assignee=case.assignee, mentions=record.mentions, posted_at=case.posted_at, priority=case.priority,
        deleted=deleted, waiting_for=case.waiting_for, team=case.team, snoozed_until=case.snoozed_until,
        person_id=case.person_id, merged_into=case.merged_into,
    )  # fmt: skip


def case(tx: Connection, brand: str, case_id: int, library: Library, clocks: Clocks, now: datetime) -> CaseView | None:
    """Everything about one case, None if there is none."""
    row = case_store.case(tx, brand, case_id)
    if row is None:
        return None
    held = case_store.mentions_of(tx, case_id)
    corrected = case_store.corrections_of(tx, [stored.id for stored, _ in held])
    earlier = editing.versions_of(tx, [stored.id for stored, _ in held if stored.version > 1])
    mentions = [
        mention_view(stored, score, corrected.get(stored.id, {}), earlier.get(stored.id, ())) for stored, score in held
    ]
    events = event_log.of_case(tx, case_id)
    counting = {event.id for event in counted(events)}
    latest = mentions[-1] if mentions else None
    words = "" if latest is None else editing.DELETED if latest.deleted_at else latest.text[:LATEST_TEXT]
    record = QueueRecord(
        **vars(row), text=words, author=latest.author if latest else None,
        author_name=latest.author_name if latest else None, followers=latest.followers if latest else None,
        mentions=len(mentions),
    )  # fmt: skip
    author = latest.author if latest else None
    contacts = case_store.contacts_of(tx, brand, row.source, author, mentions[0].published_at) if mentions else 0
    return CaseView(
        row=_row(record, now), mentions=tuple(mentions), clocks=tuple(clocks_of(clocks, events, now)),
        events=tuple(EventView(e.at, e.type, e.by, e.data, e.id, e.id in counting) for e in events),
        run=_run(tx, row, library),
        reasons=tuple(Reason.from_record(reason) for reason in row.reasons), contacts=contacts,
        tags=joining.tags_of(tx, case_id), merged=tuple(joining.merged_from(tx, brand, case_id)),
        split=tuple(int(e.data["to"]) for e in events if e.type == SPLIT and e.id in counting),
        siblings=_siblings(tx, brand, row, now),
    )  # fmt: skip


def _siblings(tx: Connection, brand: str, row: CaseRow, now: datetime) -> tuple[QueueRow, ...]:
    if row.person_id is None:
        return ()
    nothing: dict[str, Any] = {"text": "", "author": None, "author_name": None, "followers": None, "mentions": 0}
    found = [case_store.case(tx, brand, one) for one in joining.cases_of_person(tx, brand, row.person_id)]
    others = [one for one in found if one is not None and one.id != row.id]
    return tuple(_row(QueueRecord(**vars(one), **nothing), now) for one in others)


def _run(tx: Connection, row: CaseRow, library: Library) -> RunView | None:
    found = case_store.run_of(tx, row.id)
    if found is None or found[0].playbook not in library:
        return None
    run, steps = found
    views = tuple(StepView(s.step, s.state, s.due_at, s.done_at, s.by) for s in steps)
    return RunView(library[run.playbook], run.version, views)


def mention_view(
    stored: StoredMention, score: Score | None, corrected: Mapping[str, str],
    earlier: Sequence[tuple[int, str, datetime]] = (),
) -> MentionView:  # fmt: skip
    """A stored mention as it is shown; `corrected` are the labels that people put, by head, `earlier` what it said
    before it was edited."""
    mention = stored.mention
    return MentionView(
        id=stored.id, source=mention.source, native_id=mention.native_id, channel=mention.channel,
        author=mention.author, author_name=mention.author_name, followers=mention.followers, url=mention.url,
        text="" if stored.deleted_at else mention.text, published_at=mention.published_at, seen_at=stored.seen_at,
        rating=mention.rating, score=score, labels={**labels(score), **corrected}, version=stored.version,
        edited_at=stored.edited_at, deleted_at=stored.deleted_at, versions=tuple(Earlier(*one) for one in earlier),
    )  # fmt: skip


def labels(score: Score | None) -> dict[str, str]:
    """The classifier's label per head; empty without a score."""
    if score is None:
        return {}
    return {"sentiment": score.sentiment.label, "urgency": score.urgency.label, "topic": score.topic.label}


def set_aside_mentions(tx: Connection, brand: str, search: str, limit: int) -> tuple[MentionView, ...]:
    """Mentions to which no answer is due, newest first."""
    found = case_store.set_aside_mentions(tx, brand, limit, search_text(search) or None)
    return tuple(mention_view(stored, score, {}) for stored, score in found)
