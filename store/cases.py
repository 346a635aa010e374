"""Cases: opening, joining, changing, claiming them, and the people they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select, update
from sqlalchemy import case as when

from mention import Score, clean_text
from store.decode import CASE_COLUMNS, SCORED_MENTION_COLUMNS, case_row, score_of, stored_mention
from store.dialect import holds_words
from store.dialect import insert as insert_or
from store.events import hold
from store.queue import counts, live_counts, loads, queue, queue_ids, queue_number, queue_of
from store.rows import CLOCKS, HEADS, LIVE_STATUSES, OPEN_STATUSES, STAGES, STATUSES, CaseRow, StoredMention, one_of
from store.runs import finish_step, run_of, start_run
from store.tables import authors, case_mentions, cases, corrections, event_heads, mentions, persons, scores

__all__ = [
    "attach",
    "case",
    "case_of",
    "claim",
    "contacts_of",
    "correct",
    "corrections_of",
    "counts",
    "finish_step",
    "live_counts",
    "loads",
    "mention_of",
    "mentions_of",
    "open_case",
    "open_case_for",
    "opened_since",
    "person_for",
    "queue",
    "queue_ids",
    "queue_number",
    "queue_of",
    "run_of",
    "set_aside_mentions",
    "set_stage",
    "start_run",
    "update_case",
]

MentionWithScore = tuple[StoredMention, Score | None]

MAX_ID = 2**63 - 1


def person_for(tx: Connection, brand: str, source: str, handle: str, name: str | None, at: datetime) -> int:
    """The id of the person behind an author; a new person where the author was not seen before."""
    hold(tx, brand)
    query = select(authors.c.person_id).where(
        authors.c.brand == brand, authors.c.source == source, authors.c.handle == handle
    )
    found = tx.execute(query).scalar_one_or_none()
    if found is not None:
        return int(found)
    person_id = _new_id(tx.execute(insert(persons).values(brand=brand, name=name, created_at=at)))
    tx.execute(insert(authors).values(brand=brand, source=source, handle=handle, person_id=person_id))
    return person_id


def open_case(tx: Connection, brand: str, **columns: Any) -> int:
    """A new case from its columns; returns its id.

    Needed: `channel`, `source`, `posted_at`, `opened_at`. Left out, the rest is: status "new", urgency "same_day",
    priority 3, topic "other", sentiment "neutral", language "tr", no reasons, no person, playbook, assignee or
    deadline. Raises ValueError for a word that is none of ours.
    """
    hold(tx, brand)
    start: dict[str, Any] = {
        "status": "new",
        "urgency": "same_day",
        "priority": 3,
        "topic": "other",
        "sentiment": "neutral",
        "language": "tr",
        "reasons": (),
        "updated_at": columns.get("opened_at"),
    }
    values = _checked(start | columns)
    return _new_id(tx.execute(insert(cases).values(brand=brand, version=1, **values)))


def attach(tx: Connection, brand: str, case_id: int, mention_id: int, at: datetime) -> bool:
    """Adds a mention to a case; False, and nothing is changed, where it belongs to a case already."""
    hold(tx, brand)
    statement = insert_or(tx, case_mentions).values(case_id=case_id, mention_id=mention_id, brand=brand, at=at)
    options = {"preserve_rowcount": True}
    return tx.execute(statement.on_conflict_do_nothing(), execution_options=options).rowcount == 1


def update_case(tx: Connection, case_id: int, **columns: Any) -> bool:
    """Changes columns of a case and counts up its version; False where there is no such case."""
    _hold_case(tx, case_id)
    statement = update(cases).where(cases.c.id == case_id)
    return tx.execute(statement.values(version=cases.c.version + 1, **_checked(columns))).rowcount == 1


def claim(tx: Connection, case_id: int, assignee: str, at: datetime) -> bool:
    """Gives a case that nobody has to `assignee`; False where somebody has it. A new case becomes assigned."""
    _hold_case(tx, case_id)
    statement = update(cases).where(cases.c.id == case_id, cases.c.assignee.is_(None))
    status = when((cases.c.status == "new", "assigned"), else_=cases.c.status)
    changes = {"assignee": assignee, "status": status, "updated_at": at, "version": cases.c.version + 1}
    return tx.execute(statement.values(changes)).rowcount == 1


def case(tx: Connection, brand: str, case_id: int) -> CaseRow | None:
    """One case of the brand; None where it has no such case."""
    if not 0 < case_id <= MAX_ID:
        return None
    row = tx.execute(select(*CASE_COLUMNS).where(cases.c.id == case_id, cases.c.brand == brand)).one_or_none()
    return None if row is None else case_row(row)


def open_case_for(
    tx: Connection, brand: str, *, source: str, author: str | None, thread_id: str | None, since: datetime
) -> CaseRow | None:
    """The case that a new mention of this author joins, or None.

    It is neither resolved nor set aside and holds a mention of the same source and author posted at `since` or later;
    one in the same thread is preferred, then the one written to last.
    """
    if author is None:
        return None
    thread_first = [] if thread_id is None else [when((mentions.c.thread_id == thread_id, 0), else_=1)]
    query = (
        select(*CASE_COLUMNS)
        .join(case_mentions, case_mentions.c.case_id == cases.c.id)
        .join(mentions, mentions.c.id == case_mentions.c.mention_id)
        .where(
            mentions.c.brand == brand,
            mentions.c.source == source,
            mentions.c.author == author,
            mentions.c.published_at >= since,
            cases.c.status.in_(LIVE_STATUSES),
        )
        .order_by(*thread_first, mentions.c.published_at.desc(), cases.c.id.desc())
        .limit(1)
    )
    row = tx.execute(query).one_or_none()
    return None if row is None else case_row(row)


def opened_since(tx: Connection, brand: str, since: datetime, channels: Sequence[str]) -> list[CaseRow]:
    """The cases of these channels that were opened at `since` or later and wait for an answer, the oldest first."""
    query = (
        select(*CASE_COLUMNS)
        .where(
            cases.c.brand == brand,
            cases.c.status.in_(OPEN_STATUSES),
            cases.c.opened_at >= since,
            cases.c.channel.in_(channels),
        )
        .order_by(cases.c.id)
    )
    return [case_row(row) for row in tx.execute(query)]


def case_of(tx: Connection, mention_id: int) -> int | None:
    """The id of the case that a mention belongs to; None where it belongs to none."""
    query = select(case_mentions.c.case_id).where(case_mentions.c.mention_id == mention_id)
    return tx.execute(query).scalar_one_or_none()


def contacts_of(tx: Connection, brand: str, source: str, author: str | None, before: datetime) -> int:
    """How many mentions this author had posted on this source before `before`."""
    if author is None:
        return 0
    query = (
        select(func.count())
        .select_from(mentions)
        .where(
            mentions.c.brand == brand,
            mentions.c.source == source,
            mentions.c.author == author,
            mentions.c.published_at < before,
        )
    )
    return int(tx.execute(query).scalar_one())


def mentions_of(tx: Connection, case_id: int) -> list[MentionWithScore]:
    """A case's mentions in the order in which they were posted, each with its score where it has one."""
    query = (
        _scored_mentions()
        .join(case_mentions, case_mentions.c.mention_id == mentions.c.id)
        .where(case_mentions.c.case_id == case_id)
        .order_by(mentions.c.published_at, mentions.c.id)
    )
    return [(stored_mention(row), score_of(row)) for row in tx.execute(query)]


def mention_of(tx: Connection, brand: str, mention_id: int) -> MentionWithScore | None:
    """One mention of the brand with its score; None where it has no such mention."""
    if not 0 < mention_id <= MAX_ID:
        return None
    query = _scored_mentions().where(mentions.c.id == mention_id, mentions.c.brand == brand)
    row = tx.execute(query).one_or_none()
    return None if row is None else (stored_mention(row), score_of(row))


def set_stage(tx: Connection, mention_id: int, stage: str) -> None:
    """Moves a mention on to a stage (one of rows.STAGES)."""
    one_of(stage, STAGES, "stage")
    tx.execute(update(mentions).where(mentions.c.id == mention_id).values(stage=stage))


def set_aside_mentions(
    tx: Connection, brand: str, limit: int = 200, search: str | None = None
) -> list[MentionWithScore]:
    """Mentions to which no answer is due, the latest posted first; `search` is folded by mention.search_text."""
    words = holds_words(mentions.c.search, clean_text(search or ""))
    query = (
        _scored_mentions()
        .where(mentions.c.brand == brand, mentions.c.stage == "set_aside", *words)
        .order_by(mentions.c.published_at.desc(), mentions.c.id.desc())
        .limit(limit)
    )
    return [(stored_mention(row), score_of(row)) for row in tx.execute(query)]


def correct(tx: Connection, brand: str, mention_id: int, head: str, old: str, new: str, by: str, at: datetime) -> None:
    """Notes that a person put another label on one head (one of rows.HEADS) of a mention's score."""
    one_of(head, HEADS, "head")
    tx.execute(
        insert(corrections).values(brand=brand, mention_id=mention_id, head=head, old=old, new=new, by=by, at=at)
    )


def corrections_of(tx: Connection, mention_ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """The labels that people put, by mention and head; the latest word counts."""
    query = (
        select(corrections.c.mention_id, corrections.c.head, corrections.c.new)
        .where(corrections.c.mention_id.in_(mention_ids))
        .order_by(corrections.c.id)
    )
    labels: dict[int, dict[str, str]] = {}
    for mention_id, head, label in tx.execute(query):
        labels.setdefault(mention_id, {})[head] = label
    return labels


def _scored_mentions() -> Select[Any]:
    return select(*SCORED_MENTION_COLUMNS).join_from(
        mentions, scores, scores.c.mention_id == mentions.c.id, isouter=True
    )


def _hold_case(tx: Connection, case_id: int) -> None:
    """Takes the head of the log of the case's brand: see `events`, order of locks."""
    if tx.dialect.name == "sqlite":
        return  # it has one writer anyway
    brand = select(cases.c.brand).where(cases.c.id == case_id).scalar_subquery()
    tx.execute(select(event_heads.c.hash).where(event_heads.c.brand == brand).with_for_update())


def _checked(columns: dict[str, Any]) -> dict[str, Any]:
    """The columns as they are stored; raises ValueError for a word or number that is none of ours."""
    ours = {"id", "brand", "version"}
    unknown = set(columns) - {column.name for column in CASE_COLUMNS} | set(columns) & ours
    if unknown:
        raise ValueError(f"a case has no column {', '.join(sorted(unknown))} to set")
    if "status" in columns:
        one_of(columns["status"], STATUSES, "status")
    if columns.get("due_clock") is not None:
        one_of(columns["due_clock"], CLOCKS, "clock")
    if "priority" in columns and columns["priority"] not in range(1, 6):
        raise ValueError(f"priority {columns['priority']!r} is not 1 (highest) to 5")
    return columns | ({"reasons": list(columns["reasons"])} if "reasons" in columns else {})


def _new_id(result: Any) -> int:
    return int(result.inserted_primary_key[0])
