"""The ledger of concessions and the pool of voucher codes. Whether one may be granted is for desk/concessions.py.

A code is only ever here as its digest and sealed; no function of this file sees one in the clear. Every function that
writes takes the head of the brand's log first: what its caller read and judged before stays true until the end of the
transaction, and so no two grants pass one limit together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, insert, or_, select, update

from store.dialect import chunks
from store.dialect import insert as insert_or
from store.events import hold
from store.tables import cases as case_table
from store.tables import events, mentions, scores
from store.tables_concessions import concessions, voucher_codes

STATES = ("promised", "granted", "redeemed", "cancelled")


@dataclass(frozen=True)
class ConcessionRow:
    """One line of the ledger; `amount` and `currency` are None for what is counted."""

    id: int
    brand: str
    key: str
    case_id: int
    person_id: int | None
    kind: str
    amount: Decimal | None
    currency: str | None
    count: int
    playbook: str | None
    solution: str | None
    code_id: int | None
    state: str
    granted_by: str
    role: str
    approval_id: int | None
    at: datetime
    month: str
    due_by: datetime | None
    changed_at: datetime
    reason: str


@dataclass(frozen=True)
class Given:
    """So many concessions of one size: the sums that limits are compared with."""

    amount: Decimal | None
    count: int
    times: int


@dataclass(frozen=True)
class CodesLeft:
    """How many codes of one value are in the pool, and how many there ever were."""

    amount: Decimal
    currency: str
    left: int
    ever: int


@dataclass(frozen=True)
class Happened:
    """One event after a concession, on its case (or the one that took it in) or another of the same person, with what
    the customer's words were."""

    concession_id: int
    id: int
    same_case: bool
    at: datetime
    type: str
    data: dict[str, Any]
    topic: str | None
    rating: float | None


def add(tx: Connection, brand: str, key: str, **columns: Any) -> int:
    """Writes a line into the ledger; returns its id. The key must be new."""
    hold(tx, brand)
    added = tx.execute(insert(concessions).values(brand=brand, key=key, reason="", **columns)).inserted_primary_key
    assert added is not None
    return int(added[0])


def concession(tx: Connection, brand: str, concession_id: int) -> ConcessionRow | None:
    """One line of the brand's ledger; None where there is none of that number."""
    found = _rows(tx, concessions.c.brand == brand, concessions.c.id == concession_id)
    return found[0] if found else None


def by_key(tx: Connection, brand: str, key: str) -> ConcessionRow | None:
    """The line that was granted under a key; None where none was."""
    found = _rows(tx, concessions.c.brand == brand, concessions.c.key == key)
    return found[0] if found else None


def of_case(tx: Connection, brand: str, case_id: int) -> list[ConcessionRow]:
    """What was given on a case, the oldest first, cancelled ones included."""
    return _rows(tx, concessions.c.brand == brand, concessions.c.case_id == case_id)


def of_person(tx: Connection, brand: str, person_id: int) -> list[ConcessionRow]:
    """What was given to a person, the oldest first, cancelled ones included."""
    return _rows(tx, concessions.c.brand == brand, concessions.c.person_id == person_id)


def between(tx: Connection, brand: str, start: datetime, end: datetime) -> list[ConcessionRow]:
    """The lines granted in [start, end), the oldest first, cancelled ones included."""
    return _rows(tx, concessions.c.brand == brand, concessions.c.at >= start, concessions.c.at < end)


def overdue(tx: Connection, brand: str, now: datetime) -> list[ConcessionRow]:
    """Promises that should have been kept by `now`, the oldest first."""
    return _rows(
        tx, concessions.c.brand == brand, concessions.c.state == "promised", concessions.c.due_by <= now
    )  # fmt: skip


def given(tx: Connection, brand: str, **where: Any) -> list[Given]:
    """What was given and not cancelled, by size. `where` names columns and their value, or a list of values; `since` is
    the earliest time, `alone=True` takes only what nobody else approved."""
    since, alone = where.pop("since", None), where.pop("alone", False)
    conditions: list[ColumnElement[bool]] = [concessions.c.brand == brand, concessions.c.state != "cancelled"]
    for name, value in where.items():
        column = concessions.c[name]
        conditions.append(column.in_(value) if isinstance(value, list) else column == value)
    conditions += [concessions.c.at >= since] if since is not None else []
    conditions += [concessions.c.approval_id.is_(None)] if alone else []
    size = (concessions.c.amount, concessions.c.count)
    query = select(*size, func.count().label("times")).where(*conditions).group_by(*size)
    return [Given(amount, count, times) for amount, count, times in tx.execute(query)]


def move(tx: Connection, brand: str, concession_id: int, expected: Sequence[str], **columns: Any) -> bool:
    """Changes a line that is in one of the `expected` states; False, and nothing is changed, where it is not."""
    hold(tx, brand)
    here = (concessions.c.brand == brand, concessions.c.id == concession_id, concessions.c.state.in_(expected))
    return tx.execute(update(concessions).where(*here).values(**columns)).rowcount == 1


def forget(tx: Connection, brand: str, person_id: int) -> int:
    """Unties the ledger's lines from a person who is erased; the sums stay. Says how many lines."""
    hold(tx, brand)
    here = (concessions.c.brand == brand, concessions.c.person_id == person_id)
    return tx.execute(update(concessions).where(*here).values(person_id=None, reason="")).rowcount


# --- codes ---


def add_codes(tx: Connection, brand: str, rows: Sequence[dict[str, Any]]) -> int:
    """Puts sealed codes into the pool; those known by their digest are left alone. Says how many were new."""
    hold(tx, brand)
    new = 0
    for part in chunks(rows):
        statement = insert_or(tx, voucher_codes).values([{"brand": brand, **row} for row in part])
        options = {"preserve_rowcount": True}
        new += tx.execute(statement.on_conflict_do_nothing(), execution_options=options).rowcount
    return new


def has_codes(tx: Connection, brand: str) -> bool:
    """Whether the brand ever imported a code."""
    return tx.execute(select(voucher_codes.c.id).where(voucher_codes.c.brand == brand).limit(1)).scalar() is not None


def take_code(tx: Connection, brand: str, amount: Decimal, currency: str, now: datetime) -> int | None:
    """Takes the code of this value that ends first, the oldest of several; None where none is left."""
    hold(tx, brand)
    ends_last = voucher_codes.c.expires_at.is_(None)
    query = (
        select(voucher_codes.c.id)
        .where(*_in_pool(brand, now), voucher_codes.c.amount == amount, voucher_codes.c.currency == currency)
        .order_by(ends_last, voucher_codes.c.expires_at, voucher_codes.c.id)
        .limit(1)
    )
    found = tx.execute(query).scalar()
    if found is None:
        return None
    tx.execute(update(voucher_codes).where(voucher_codes.c.id == found).values(taken_at=now))
    return int(found)


def return_code(tx: Connection, brand: str, code_id: int) -> bool:
    """Puts a code back that nobody has read; False, and it stays taken, where somebody has."""
    hold(tx, brand)
    here = (voucher_codes.c.brand == brand, voucher_codes.c.id == code_id, voucher_codes.c.seen_at.is_(None))
    return tx.execute(update(voucher_codes).where(*here).values(taken_at=None)).rowcount == 1


def see_code(tx: Connection, brand: str, code_id: int, now: datetime) -> tuple[str, bool]:
    """The sealed code, noted as seen, and whether this was the first look."""
    hold(tx, brand)
    here = (voucher_codes.c.brand == brand, voucher_codes.c.id == code_id)
    unseen = voucher_codes.c.seen_at.is_(None)
    first = tx.execute(update(voucher_codes).where(*here, unseen).values(seen_at=now)).rowcount == 1
    return str(tx.execute(select(voucher_codes.c.sealed).where(*here)).scalar_one()), first


def codes_left(tx: Connection, brand: str, now: datetime) -> list[CodesLeft]:
    """The pool by value, smallest first."""
    size = (voucher_codes.c.currency, voucher_codes.c.amount)
    ever = select(*size, func.count()).where(voucher_codes.c.brand == brand).group_by(*size)
    left = select(*size, func.count()).where(*_in_pool(brand, now)).group_by(*size)
    in_pool = {(currency, amount): count for currency, amount, count in tx.execute(left)}
    found = [
        CodesLeft(amount, currency, in_pool.get((currency, amount), 0), count)
        for currency, amount, count in tx.execute(ever)
    ]
    return sorted(found, key=lambda each: (each.currency, each.amount))


def _in_pool(brand: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    usable = or_(voucher_codes.c.expires_at.is_(None), voucher_codes.c.expires_at > now)
    return (voucher_codes.c.brand == brand, voucher_codes.c.taken_at.is_(None), usable)


# --- what happened afterwards ---

_TOLD = ("answered", "resolved", "reopened", "rated", "customer_posted", "customer_wrote", "undone", "split")


def happened_after(tx: Connection, brand: str, rows: Sequence[ConcessionRow]) -> list[Happened]:
    """The events after each concession on its case and on the other cases of its person, with topic and rating.

    The rating is an event's own (`data.rating`), else that of the customer's mention; the topic is the classifier's.
    What was undone or split off is still here, with the events that say so.
    """
    own = case_table.alias("own")
    found: list[Happened] = []
    ids = [row.id for row in rows]
    for part in chunks(ids):
        same = or_(case_table.c.id == own.c.id, case_table.c.id == own.c.merged_into)
        their_case = or_(
            same,
            (case_table.c.person_id == concessions.c.person_id) & (case_table.c.brand == concessions.c.brand),
        )
        query = (
            select(
                concessions.c.id.label("concession_id"), func.coalesce(same, False).label("same_case"), events.c.id,
                events.c.at, events.c.type, events.c.data, scores.c.topic, mentions.c.rating,
            )
            .select_from(concessions)
            .join(own, own.c.id == concessions.c.case_id)
            .join(case_table, their_case)
            .join(events, (events.c.case_id == case_table.c.id) & (events.c.at > concessions.c.at))
            .join(mentions, mentions.c.id == events.c.mention_id, isouter=True)
            .join(scores, scores.c.mention_id == events.c.mention_id, isouter=True)
            .where(concessions.c.brand == brand, concessions.c.id.in_(part), events.c.type.in_(_TOLD))
            .order_by(concessions.c.id, events.c.at, events.c.id)
        )  # fmt: skip
        for row in tx.execute(query):
            told = row.data.get("rating") if row.type == "rated" else row.rating
            rating = float(told) if isinstance(told, int | float) and not isinstance(told, bool) else None
            same_case = bool(row.same_case)
            found.append(Happened(row.concession_id, row.id, same_case, row.at, row.type, row.data, row.topic, rating))
    return found


def _rows(tx: Connection, *where: ColumnElement[bool]) -> list[ConcessionRow]:
    query = select(concessions).where(*where).order_by(concessions.c.at, concessions.c.id)
    return [_row(row) for row in tx.execute(query)]


def _row(row: Row[Any]) -> ConcessionRow:
    return ConcessionRow(**row._mapping)
