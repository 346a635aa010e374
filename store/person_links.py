"""Links between persons, the times in which a wrong one held, and what is known of a person beside their words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, func, or_, select

from store.decode import EVENT_COLUMNS, event_row
from store.dialect import insert as insert_or
from store.rows import LIVE_STATUSES, EventRow, one_of
from store.rows_persons import ATTRIBUTES, LINK_EVENTS, LINK_STATES, AttributeRow, LinkRow, Parting
from store.tables import cases, events, mentions
from store.tables_persons import mention_persons, person_attributes, person_links, person_partings


def link(tx: Connection, brand: str, a: int, b: int) -> LinkRow | None:
    """The link of two homes, whichever is named first; None where nothing was ever said of the two."""
    a, b = sorted((a, b))
    query = select(*_LINK).where(person_links.c.brand == brand, person_links.c.a == a, person_links.c.b == b)
    row = tx.execute(query).one_or_none()
    return None if row is None else _link_row(row)


def links_of(
    tx: Connection, brand: str, homes: Collection[int], states: Collection[str] = LINK_STATES
) -> list[LinkRow]:
    """Every link with one of these homes at either end, in one of these states."""
    query = select(*_LINK).where(
        person_links.c.brand == brand,
        or_(person_links.c.a.in_(homes), person_links.c.b.in_(homes)),
        person_links.c.state.in_(states),
    )
    return [_link_row(row) for row in tx.execute(query.order_by(person_links.c.a, person_links.c.b))]


def members(tx: Connection, brand: str, home: int) -> frozenset[int]:
    """All homes that confirmed links make one person with `home`, itself included."""
    found, edge = {home}, {home}
    while edge:
        links = links_of(tx, brand, edge, ("confirmed",))
        edge = {end for each in links for end in (each.a, each.b)} - found
        found |= edge
    return frozenset(found)


def save_link(tx: Connection, brand: str, row: LinkRow) -> None:
    """Keeps a link as it stands now; `a` must be the older home. Raises ValueError for a state that is none."""
    one_of(row.state, LINK_STATES, "link state")
    if row.a >= row.b:
        raise ValueError(f"a link is kept from the older home to the younger, not {row.a} to {row.b}")
    values: dict[str, Any] = {
        "state": row.state, "score": row.score, "evidence": [dict(each) for each in row.evidence],
        "refused": list(row.refused), "by": row.by, "at": row.at, "linked_at": row.linked_at,
    }  # fmt: skip
    statement = insert_or(tx, person_links).values(brand=brand, a=row.a, b=row.b, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=["brand", "a", "b"], set_=values))


def forget_links(tx: Connection, brand: str) -> None:
    """Takes away every link and parting of the brand, to be made again from the events."""
    for table in (person_links, person_partings):
        tx.execute(delete(table).where(table.c.brand == brand))


def link_events(tx: Connection, brand: str) -> list[EventRow]:
    """Everything that people decided about links, in the order in which it was written."""
    query = select(*EVENT_COLUMNS).where(events.c.brand == brand, events.c.type.in_(LINK_EVENTS))
    return [event_row(row) for row in tx.execute(query.order_by(events.c.id))]


# --- partings ---


def part(tx: Connection, brand: str, partings: Iterable[Parting]) -> None:
    """Keeps the times in which homes were linked wrongly."""
    rows = [{"brand": brand, **vars(each)} for each in partings]
    if rows:
        tx.execute(insert_or(tx, person_partings).on_conflict_do_nothing(), rows)


def partings(tx: Connection, brand: str, homes: Collection[int]) -> list[Parting]:
    """The times in which one of these homes was linked wrongly, by time."""
    columns = [person_partings.c[name] for name in Parting.__dataclass_fields__]
    query = select(*columns).where(person_partings.c.brand == brand, person_partings.c.person_id.in_(homes))
    rows = tx.execute(query.order_by(person_partings.c.since, person_partings.c.person_id))
    return [Parting(**row._mapping) for row in rows]


# --- attributes ---


def set_attribute(tx: Connection, brand: str, row: AttributeRow) -> None:
    """Keeps what is known from a moment on; older values stay. Raises ValueError for a name that is none."""
    one_of(row.name, ATTRIBUTES, "attribute")
    statement = insert_or(tx, person_attributes).values(brand=brand, **vars(row))
    key = ["brand", "person_id", "name", "source", "at"]
    tx.execute(statement.on_conflict_do_update(index_elements=key, set_={"value": row.value}))


def attributes(tx: Connection, brand: str, homes: Collection[int]) -> list[AttributeRow]:
    """Everything kept of these homes, the latest first."""
    columns = [person_attributes.c[name] for name in AttributeRow.__dataclass_fields__]
    query = select(*columns).where(person_attributes.c.brand == brand, person_attributes.c.person_id.in_(homes))
    return [AttributeRow(**row._mapping) for row in tx.execute(query.order_by(person_attributes.c.at.desc()))]


def reach_of(tx: Connection, brand: str, accounts: Sequence[tuple[str, str, int]]) -> int:
    """The most followers that any mention of these accounts had."""
    most = 0
    for source, handle, _ in accounts:
        query = _of_account(select(func.max(mentions.c.followers)), brand, source, handle)
        most = max(most, tx.execute(query).scalar_one() or 0)
    return most


def contacts_since(tx: Connection, brand: str, accounts: Sequence[tuple[str, str, int]], since: datetime) -> int:
    """How many mentions these accounts have posted since `since`."""
    count = 0
    for source, handle, _ in accounts:
        query = _of_account(select(func.count()).select_from(mentions), brand, source, handle)
        count += int(tx.execute(query.where(mentions.c.published_at >= since)).scalar_one())
    return count


def live_cases(tx: Connection, brand: str, person_id: int) -> int:
    """How many cases of a person, as it stands now, are neither resolved nor set aside."""
    query = select(func.count()).select_from(cases)
    query = query.where(cases.c.brand == brand, cases.c.person_id == person_id, cases.c.status.in_(LIVE_STATUSES))
    return int(tx.execute(query).scalar_one())


def knows_writer(tx: Connection, mention_id: int) -> int | None:
    """The home of the mention's author, None where it was not taken in."""
    query = select(mention_persons.c.person_id).where(mention_persons.c.mention_id == mention_id)
    return tx.execute(query).scalar_one_or_none()


_LINK = tuple(person_links.c[name] for name in LinkRow.__dataclass_fields__)


def _link_row(row: Any) -> LinkRow:
    return LinkRow(**{**row._mapping, "evidence": tuple(row.evidence), "refused": tuple(row.refused)})


def _of_account(query: Select[Any], brand: str, source: str, handle: str) -> Select[Any]:
    return query.where(mentions.c.brand == brand, mentions.c.source == source, mentions.c.author == handle)
