"""The cases of an incident: which mentions of it are whose matter, and which of them still wait for an answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from store.dialect import chunks
from store.outbox import ON_THE_WAY
from store.rows import OPEN_STATUSES
from store.tables import case_mentions, cases, mentions
from store.tables_crisis import incident_mentions, incidents
from store.tables_outbox import outbox

TEXT_SHOWN = 280


@dataclass(frozen=True)
class WaitingCase:
    """A case that holds mentions of an incident and waits for an answer: its latest words of that incident (the
    beginning), how many, and whether a reply is on its way."""

    case_id: int
    status: str
    channel: str
    language: str
    assignee: str | None
    due_at: datetime | None
    answered_at: datetime | None
    on_its_way: bool
    mentions: int = 0
    text: str = ""
    author: str | None = None
    author_name: str | None = None
    url: str | None = None


def family_of(tx: Connection, brand: str, incident_id: int) -> tuple[int, ...]:
    """An incident and every one that turned out to be the same, in whichever direction they were merged."""
    query = select(incidents.c.id, incidents.c.merged_into).where(
        incidents.c.brand == brand, incidents.c.merged_into.is_not(None)
    )
    into = {int(one): int(other) for one, other in tx.execute(query)}

    def root(one: int) -> int:
        seen = {one}
        while one in into and into[one] not in seen:
            one = into[one]
            seen.add(one)
        return one

    mine = root(incident_id)
    return tuple(sorted({incident_id, mine, *(one for one in into if root(one) == mine)}))


def counts_of(tx: Connection, brand: str, incident_id: int) -> tuple[int, int, int]:
    """Of an incident's mentions: how many there are, in how many cases they are, how many of these wait."""
    ids = family_of(tx, brand, incident_id)
    here = (incident_mentions.c.brand == brand, incident_mentions.c.incident_id.in_(ids))
    number = tx.execute(select(func.count()).select_from(incident_mentions).where(*here)).scalar_one()
    of_cases = (
        select(cases.c.id)
        .distinct()
        .join(case_mentions, case_mentions.c.case_id == cases.c.id)
        .join(incident_mentions, incident_mentions.c.mention_id == case_mentions.c.mention_id)
        .where(*here)
    )
    held = tx.execute(select(func.count()).select_from(of_cases.subquery())).scalar_one()
    waits = tx.execute(select(func.count()).select_from(of_cases.where(_waits()).subquery())).scalar_one()
    return int(number), int(held), int(waits)


def of_incident(tx: Connection, brand: str, incident_id: int) -> frozenset[int]:
    """The ids of the cases that hold mentions of an incident."""
    ids = family_of(tx, brand, incident_id)
    query = (
        select(case_mentions.c.case_id)
        .distinct()
        .join(incident_mentions, incident_mentions.c.mention_id == case_mentions.c.mention_id)
        .where(incident_mentions.c.brand == brand, incident_mentions.c.incident_id.in_(ids))
    )
    return frozenset(int(one) for one in tx.execute(query).scalars())


def waiting(tx: Connection, brand: str, incident_id: int, limit: int) -> list[WaitingCase]:
    """The cases of an incident that still wait for an answer, the nearest deadline first."""
    ids = family_of(tx, brand, incident_id)
    going = exists(select(1).where(outbox.c.case_id == cases.c.id, outbox.c.state.in_(ON_THE_WAY)))
    query = (
        select(
            cases.c.id, cases.c.status, cases.c.channel, cases.c.language, cases.c.assignee, cases.c.due_at,
            cases.c.answered_at, going.label("going"),
        )
        .where(
            cases.c.brand == brand,
            _waits(),
            cases.c.id.in_(
                select(case_mentions.c.case_id)
                .join(incident_mentions, incident_mentions.c.mention_id == case_mentions.c.mention_id)
                .where(incident_mentions.c.brand == brand, incident_mentions.c.incident_id.in_(ids))
            ),
        )
        .order_by(cases.c.due_at.asc().nulls_last(), cases.c.priority, cases.c.posted_at, cases.c.id)
        .limit(limit)
    )  # fmt: skip
    rows = tx.execute(query).all()
    words = _latest(tx, [row.id for row in rows], ids)
    nothing = (0, "", None, None, None)
    return [
        WaitingCase(
            row.id, row.status, row.channel, row.language, row.assignee, row.due_at, row.answered_at, bool(row.going),
            *words.get(row.id, nothing),
        )
        for row in rows
    ]  # fmt: skip


Words = tuple[int, str, str | None, str | None, str | None]


def _latest(tx: Connection, case_ids: list[int], incident_ids: tuple[int, ...]) -> dict[int, Words]:
    found: dict[int, Words] = {}
    for part in chunks(case_ids):
        query = (
            select(
                case_mentions.c.case_id, func.substr(mentions.c.text, 1, TEXT_SHOWN), mentions.c.author,
                mentions.c.author_name, mentions.c.url, mentions.c.deleted_at,
            )
            .join(mentions, mentions.c.id == case_mentions.c.mention_id)
            .join(incident_mentions, incident_mentions.c.mention_id == mentions.c.id)
            .where(case_mentions.c.case_id.in_(part), incident_mentions.c.incident_id.in_(incident_ids))
            .order_by(mentions.c.published_at, mentions.c.id)
        )  # fmt: skip
        for case_id, text, author, name, url, deleted_at in tx.execute(query):
            number = found.get(case_id, (0,))[0] + 1
            found[case_id] = (number, "" if deleted_at else text, author, name, url)
    return found


def _waits() -> ColumnElement[bool]:
    """Never answered, or the customer wrote again since; what waits for the customer alone waits for nobody here."""
    again = cases.c.due_clock.in_(("first_answer", "next_answer"))
    return and_(cases.c.status.in_(OPEN_STATUSES), or_(cases.c.answered_at.is_(None), again))
