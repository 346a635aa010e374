"""Incidents as rows: which mentions are of one, why, and what the grouping and the growth watch knew when they said so.

The tables are the truth of what was placed where; a kept state only lets the next mention be placed as if the process
had never ended. Both are written in one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from mention import Score
from store.decode import EVENT_COLUMNS, SCORED_MENTION_COLUMNS, event_row, score_of, stored_mention
from store.dialect import chunks
from store.dialect import insert as insert_or
from store.rows import OPEN_STATUSES, EventRow, StoredMention
from store.scoring import UNSCORED
from store.tables import case_mentions, cases, events, mentions, scores
from store.tables_crisis import crises, detection_states, incident_mentions, incidents

Mark = tuple[int, datetime]
"""Up to which mention a kept state knows everything, and when it was kept; no two kept ones have the same moment."""


@dataclass(frozen=True)
class IncidentRow:
    """One incident. `name` is the grouping's; `merged_into` the incident that it turned out to be, or was made."""

    id: int
    brand: str
    name: str
    topic: str
    mentions: int
    first_at: datetime
    last_at: datetime
    merged_into: int | None
    updated_at: datetime


@dataclass(frozen=True)
class Member:
    """A mention of an incident with its score, who placed it, and why: reasons as {kind, values, weight}."""

    stored: StoredMention
    score: Score
    by: str
    why: tuple[Mapping[str, Any], ...]
    at: datetime


@dataclass(frozen=True)
class KeptState:
    """What the grouping (`grouping`) or the growth watch (`growth`) knew, as text, and its mark."""

    state: str
    mark: Mark


# --- what is still to be placed


def unplaced(tx: Connection, brand: str, after_id: int, since: datetime) -> list[int]:
    """The ids past `after_id` of scored mentions posted since `since` that are in no incident, the earliest posted
    first. What was deleted where it was written is left out."""
    query = (
        select(mentions.c.id)
        .join(scores, scores.c.mention_id == mentions.c.id)
        .outerjoin(incident_mentions, incident_mentions.c.mention_id == mentions.c.id)
        .where(
            mentions.c.brand == brand, mentions.c.id > after_id, mentions.c.published_at >= since,
            mentions.c.deleted_at.is_(None), incident_mentions.c.mention_id.is_(None),
        )
        .order_by(mentions.c.published_at, mentions.c.id)
    )  # fmt: skip
    return [int(id) for id in tx.execute(query).scalars()]


def settled_up_to(tx: Connection, brand: str) -> int:
    """The id up to which no mention waits for its score, as this transaction sees it."""
    waiting = select(func.min(mentions.c.id)).where(mentions.c.brand == brand, mentions.c.stage.in_(UNSCORED))
    first = tx.execute(waiting).scalar_one()
    if first is not None:
        return int(first) - 1
    return int(tx.execute(select(func.coalesce(func.max(mentions.c.id), 0))).scalar_one())


def scored(tx: Connection, brand: str, ids: Sequence[int]) -> dict[int, tuple[StoredMention, Score]]:
    """Mentions with their scores by id; those without a score, or deleted where they were written, are left out."""
    found = {}
    for part in chunks(ids):
        query = (
            select(*SCORED_MENTION_COLUMNS)
            .join(scores, scores.c.mention_id == mentions.c.id)
            .where(mentions.c.brand == brand, mentions.c.id.in_(part), mentions.c.deleted_at.is_(None))
        )
        for row in tx.execute(query):
            if (score := score_of(row)) is not None:
                found[int(row.id)] = (stored_mention(row), score)
    return found


def to_place(tx: Connection, brand: str, ids: Sequence[int]) -> set[int]:
    """Those of `ids` that are there, not deleted where they were written, and in no incident."""
    found: set[int] = set()
    for part in chunks(ids):
        query = (
            select(mentions.c.id)
            .outerjoin(incident_mentions, incident_mentions.c.mention_id == mentions.c.id)
            .where(
                mentions.c.brand == brand, mentions.c.id.in_(part), mentions.c.deleted_at.is_(None),
                incident_mentions.c.mention_id.is_(None),
            )
        )  # fmt: skip
        found |= set(tx.execute(query).scalars())
    return found


def deleted(tx: Connection, brand: str, since: datetime) -> list[tuple[str, str]]:
    """Source and native id of the mentions posted since `since` whose words are gone."""
    query = select(mentions.c.source, mentions.c.native_id).where(
        mentions.c.brand == brand, mentions.c.published_at >= since, mentions.c.deleted_at.is_not(None)
    )
    return [(row.source, row.native_id) for row in tx.execute(query)]


def forget_words(tx: Connection, mention_ids: Sequence[int]) -> None:
    """Take the reasons of mentions away: they repeat words of the text. Where the mentions are, stays."""
    for part in chunks(mention_ids):
        tx.execute(update(incident_mentions).where(incident_mentions.c.mention_id.in_(part)).values(why=[]))


# --- states


def mark_of(tx: Connection, brand: str) -> Mark | None:
    """The mark of the kept states; None before the first."""
    query = select(detection_states.c.mention_id, detection_states.c.at).where(
        detection_states.c.brand == brand, detection_states.c.kind == "grouping"
    )
    row = tx.execute(query).one_or_none()
    return None if row is None else (int(row.mention_id), row.at)


def kept_states(tx: Connection, brand: str) -> dict[str, KeptState]:
    """The kept states by kind, `grouping` and `growth`."""
    query = select(detection_states).where(detection_states.c.brand == brand)
    return {row.kind: KeptState(row.state, (int(row.mention_id), row.at)) for row in tx.execute(query)}


def keep_states(tx: Connection, brand: str, states: Mapping[str, str], mark: Mark) -> None:
    """Keep what is known now, over what was kept before."""
    for kind, state in sorted(states.items()):
        statement = insert_or(tx, detection_states).values(
            brand=brand, kind=kind, state=state, mention_id=mark[0], at=mark[1]
        )
        changes = {name: statement.excluded[name] for name in ("state", "mention_id", "at")}
        tx.execute(statement.on_conflict_do_update(index_elements=["brand", "kind"], set_=changes))


# --- incidents


def ids_of(tx: Connection, brand: str, names: Iterable[str]) -> dict[str, int]:
    """The ids of incidents by the grouping's names; one that is not kept is left out."""
    found: dict[str, int] = {}
    for part in chunks(sorted(set(names))):
        query = select(incidents.c.name, incidents.c.id).where(incidents.c.brand == brand, incidents.c.name.in_(part))
        found.update({row.name: int(row.id) for row in tx.execute(query)})
    return found


def highest(tx: Connection, brand: str) -> int:
    """The highest number that the grouping gave an incident; 0 before the first."""
    query = select(incidents.c.name).where(incidents.c.brand == brand).order_by(incidents.c.id.desc()).limit(1_000)
    return max((int(name[1:]) for name in tx.execute(query).scalars() if name[1:].isdigit()), default=0)


def begin(tx: Connection, brand: str, names: Sequence[str], at: datetime) -> None:
    """Make the incidents of these names that are not there; `recount` says what they hold."""
    for part in chunks(names):
        rows = [
            {"brand": brand, "name": name, "topic": "other", "mentions": 0, "first_at": at, "last_at": at,
             "updated_at": at}
            for name in part
        ]  # fmt: skip
        tx.execute(insert_or(tx, incidents).on_conflict_do_nothing(index_elements=["brand", "name"]), rows)


def place(
    tx: Connection, brand: str, placed: Sequence[tuple[int, int, list[dict[str, Any]]]], by: str, at: datetime
) -> None:
    """Put mentions into incidents: (mention, incident, reasons). Raises IntegrityError for one that is in one."""
    rows = [
        {"mention_id": mention, "brand": brand, "incident_id": incident, "by": by, "why": why, "at": at}
        for mention, incident, why in placed
    ]
    for part in chunks(rows):
        tx.execute(insert(incident_mentions), part)


def move(
    tx: Connection, brand: str, moves: Mapping[int, int], by: str, why: list[dict[str, Any]], at: datetime
) -> None:
    """Put placed mentions into other incidents: incident by mention."""
    statement = (
        update(incident_mentions)
        .where(incident_mentions.c.brand == brand, incident_mentions.c.mention_id == bindparam("mention"))
        .values(incident_id=bindparam("into"), by=by, why=why, at=at)
    )
    rows = [{"mention": mention, "into": into} for mention, into in sorted(moves.items())]
    for part in chunks(rows):
        tx.execute(statement, part)


def merge(tx: Connection, brand: str, gone: int, into: int, at: datetime) -> None:
    """Two incidents are one: the mentions of `gone` and the crises it became are those of `into` from now on."""
    tx.execute(
        update(incident_mentions)
        .where(incident_mentions.c.brand == brand, incident_mentions.c.incident_id == gone)
        .values(incident_id=into)
    )
    tx.execute(update(crises).where(crises.c.brand == brand, crises.c.incident_id == gone).values(incident_id=into))
    tx.execute(
        update(incidents)
        .where(incidents.c.brand == brand, (incidents.c.id == gone) | (incidents.c.merged_into == gone))
        .values(merged_into=into, updated_at=at)
    )


def unmerge(tx: Connection, brand: str, gone: int, crisis_ids: Sequence[int], at: datetime) -> None:
    """Take a merge of rows back: `gone` stands by itself again, with these crises."""
    tx.execute(update(incidents).where(incidents.c.id == gone).values(merged_into=None, updated_at=at))
    if crisis_ids:
        tx.execute(update(crises).where(crises.c.brand == brand, crises.c.id.in_(crisis_ids)).values(incident_id=gone))


def recount(tx: Connection, brand: str, ids: Iterable[int], at: datetime) -> None:
    """Bring the incidents' numbers, times and most frequent topic up to date with their mentions."""
    for part in chunks(sorted(set(ids))):
        query = (
            select(
                incident_mentions.c.incident_id, scores.c.topic, func.count().label("number"),
                func.min(mentions.c.published_at).label("first"), func.max(mentions.c.published_at).label("last"),
            )
            .join(mentions, mentions.c.id == incident_mentions.c.mention_id)
            .join(scores, scores.c.mention_id == mentions.c.id)
            .where(incident_mentions.c.brand == brand, incident_mentions.c.incident_id.in_(part))
            .group_by(incident_mentions.c.incident_id, scores.c.topic)
        )  # fmt: skip
        by_incident: dict[int, list[Any]] = {id: [] for id in part}
        for row in tx.execute(query):
            by_incident[row.incident_id].append(row)
        rows = []
        for id, found in by_incident.items():
            most = max(found, key=lambda row: (row.number, row.topic), default=None)
            if most is not None:
                rows.append(
                    {"which": id, "topic_": most.topic, "number_": sum(row.number for row in found), "at_": at,
                     "first_": min(row.first for row in found), "last_": max(row.last for row in found)}
                )  # fmt: skip
        empty = [{"which": id, "at_": at} for id, found in by_incident.items() if not found]
        if rows:
            tx.execute(
                update(incidents).where(incidents.c.id == bindparam("which")).values(
                    topic=bindparam("topic_"), mentions=bindparam("number_"), first_at=bindparam("first_"),
                    last_at=bindparam("last_"), updated_at=bindparam("at_"),
                ),
                rows,
            )  # fmt: skip
        if empty:
            none = update(incidents).where(incidents.c.id == bindparam("which"))
            tx.execute(none.values(mentions=0, updated_at=bindparam("at_")), empty)


def incident(tx: Connection, brand: str, incident_id: int) -> IncidentRow | None:
    """One incident of the brand, None where there is none of this id."""
    row = tx.execute(select(incidents).where(incidents.c.brand == brand, incidents.c.id == incident_id)).one_or_none()
    return None if row is None else IncidentRow(**row._mapping)


def rows_of(tx: Connection, brand: str, ids: Iterable[int]) -> dict[int, IncidentRow]:
    """Incidents by id; one that is not there is left out."""
    found = {}
    for part in chunks(sorted(set(ids))):
        query = select(incidents).where(incidents.c.brand == brand, incidents.c.id.in_(part))
        found.update({int(row.id): IncidentRow(**row._mapping) for row in tx.execute(query)})
    return found


def recent(tx: Connection, brand: str, since: datetime, least: int, limit: int) -> list[IncidentRow]:
    """Incidents with a mention posted since `since`, of at least `least` mentions, the newest mention first."""
    query = (
        select(incidents)
        .where(
            incidents.c.brand == brand, incidents.c.last_at >= since, incidents.c.mentions >= least,
            incidents.c.merged_into.is_(None),
        )
        .order_by(incidents.c.last_at.desc(), incidents.c.id.desc())
        .limit(limit)
    )  # fmt: skip
    return [IncidentRow(**row._mapping) for row in tx.execute(query)]


def incident_of(tx: Connection, brand: str, mention_ids: Sequence[int]) -> dict[int, int]:
    """The incident of each placed mention."""
    found: dict[int, int] = {}
    for part in chunks(list(mention_ids)):
        query = select(incident_mentions.c.mention_id, incident_mentions.c.incident_id).where(
            incident_mentions.c.brand == brand, incident_mentions.c.mention_id.in_(part)
        )
        found.update({int(row.mention_id): int(row.incident_id) for row in tx.execute(query)})
    return found


def ids_in(tx: Connection, brand: str, incident_id: int) -> list[int]:
    """The mentions of an incident, the newest first."""
    query = (
        select(mentions.c.id)
        .join(incident_mentions, incident_mentions.c.mention_id == mentions.c.id)
        .where(incident_mentions.c.brand == brand, incident_mentions.c.incident_id == incident_id)
        .order_by(mentions.c.published_at.desc(), mentions.c.id.desc())
    )
    return [int(id) for id in tx.execute(query).scalars()]


def members(
    tx: Connection, brand: str, incident_id: int, since: datetime | None = None, limit: int | None = None
) -> list[Member]:
    """The mentions of an incident with their scores, the newest first; those posted since `since` alone."""
    placed: tuple[Any, ...] = (
        incident_mentions.c.by, incident_mentions.c.why, incident_mentions.c.at.label("placed_at"),
    )  # fmt: skip
    query = (
        select(*SCORED_MENTION_COLUMNS, *placed)
        .join(incident_mentions, incident_mentions.c.mention_id == mentions.c.id)
        .join(scores, scores.c.mention_id == mentions.c.id)
        .where(incident_mentions.c.brand == brand, incident_mentions.c.incident_id == incident_id)
        .order_by(mentions.c.published_at.desc(), mentions.c.id.desc())
    )
    if since is not None:
        query = query.where(mentions.c.published_at >= since)
    if limit is not None:
        query = query.limit(limit)
    found = []
    for row in tx.execute(query):
        if (score := score_of(row)) is not None:
            found.append(Member(stored_mention(row), score, row.by, tuple(row.why), row.placed_at))
    return found


def names_of(tx: Connection, brand: str, ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Source and native id of mentions, which is how the grouping knows them."""
    found: dict[int, tuple[str, str]] = {}
    for part in chunks(list(ids)):
        query = select(mentions.c.id, mentions.c.source, mentions.c.native_id).where(
            mentions.c.brand == brand, mentions.c.id.in_(part)
        )
        found.update({int(row.id): (row.source, row.native_id) for row in tx.execute(query)})
    return found


def unanswered(tx: Connection, brand: str, incident_id: int) -> list[int]:
    """The cases with a mention of this incident that are open and were never answered, the nearest deadline first."""
    held = (
        select(case_mentions.c.case_id)
        .join(incident_mentions, incident_mentions.c.mention_id == case_mentions.c.mention_id)
        .where(incident_mentions.c.brand == brand, incident_mentions.c.incident_id == incident_id)
    )
    query = (
        select(cases.c.id)
        .where(
            cases.c.brand == brand, cases.c.id.in_(held), cases.c.status.in_(OPEN_STATUSES),
            cases.c.answered_at.is_(None),
        )
        .order_by(cases.c.due_at.asc().nulls_last(), cases.c.id)
    )  # fmt: skip
    return [int(id) for id in tx.execute(query).scalars()]


def drop_states(tx: Connection, brand: str) -> None:
    """Forget what the grouping and the watch knew; both begin anew, and nothing that was placed moves."""
    tx.execute(delete(detection_states).where(detection_states.c.brand == brand))


def placed_since(tx: Connection, brand: str, since: datetime) -> list[tuple[StoredMention, Score, str]]:
    """The placed mentions posted since `since` that were not deleted, with the names of their incidents, the earliest
    posted first."""
    columns: tuple[Any, ...] = (*SCORED_MENTION_COLUMNS, incidents.c.name)
    query = (
        select(*columns)
        .join(incident_mentions, incident_mentions.c.mention_id == mentions.c.id)
        .join(incidents, incidents.c.id == incident_mentions.c.incident_id)
        .join(scores, scores.c.mention_id == mentions.c.id)
        .where(
            incident_mentions.c.brand == brand, mentions.c.published_at >= since, mentions.c.deleted_at.is_(None),
        )
        .order_by(mentions.c.published_at, mentions.c.id)
    )  # fmt: skip
    found = []
    for row in tx.execute(query):
        if (score := score_of(row)) is not None:
            found.append((stored_mention(row), score, str(row.name)))
    return found


def events_of_types(tx: Connection, brand: str, types: Sequence[str]) -> list[EventRow]:
    """The brand's events of these types in the order in which they were written; it walks the whole log."""
    query = select(*EVENT_COLUMNS).where(events.c.brand == brand, events.c.type.in_(types)).order_by(events.c.id)
    return [event_row(row) for row in tx.execute(query)]


def ids_by_name(tx: Connection, brand: str, names: Sequence[str]) -> dict[str, int]:
    """The ids of mentions by how the grouping calls them, `source:native_id`."""
    found: dict[str, int] = {}
    for part in chunks(list(names)):
        # Both parts may hold a colon themselves: every place where one could end is tried.
        natives = {name[place + 1 :] for name in part for place, sign in enumerate(name) if sign == ":"}
        query = select(mentions.c.id, mentions.c.source, mentions.c.native_id).where(
            mentions.c.brand == brand, mentions.c.native_id.in_(natives)
        )
        named = {f"{row.source}:{row.native_id}": int(row.id) for row in tx.execute(query)}
        found.update({name: named[name] for name in part if name in named})
    return found


def channels_of(tx: Connection, brand: str, ids: Iterable[int]) -> dict[int, list[tuple[str, int]]]:
    """How many mentions of each incident every channel brought, the most first."""
    found: dict[int, list[tuple[str, int]]] = {}
    for part in chunks(sorted(set(ids))):
        query = (
            select(incident_mentions.c.incident_id, mentions.c.channel, func.count().label("number"))
            .join(mentions, mentions.c.id == incident_mentions.c.mention_id)
            .where(incident_mentions.c.brand == brand, incident_mentions.c.incident_id.in_(part))
            .group_by(incident_mentions.c.incident_id, mentions.c.channel)
        )
        for row in sorted(tx.execute(query), key=lambda row: (-row.number, row.channel)):
            found.setdefault(int(row.incident_id), []).append((row.channel, int(row.number)))
    return found


def count_since(tx: Connection, brand: str, ids: Iterable[int], since: datetime) -> dict[int, int]:
    """How many mentions of each incident were posted since `since`; none is left out."""
    found: dict[int, int] = {}
    for part in chunks(sorted(set(ids))):
        query = (
            select(incident_mentions.c.incident_id, func.count())
            .join(mentions, mentions.c.id == incident_mentions.c.mention_id)
            .where(
                incident_mentions.c.brand == brand, incident_mentions.c.incident_id.in_(part),
                mentions.c.published_at >= since,
            )
            .group_by(incident_mentions.c.incident_id)
        )  # fmt: skip
        found.update({int(id): int(number) for id, number in tx.execute(query)})
    return found


def merged_into(tx: Connection, brand: str, incident_id: int) -> list[int]:
    """The incidents that turned out to be this one."""
    query = select(incidents.c.id).where(incidents.c.brand == brand, incidents.c.merged_into == incident_id)
    return sorted(int(id) for id in tx.execute(query).scalars())
