"""The outbox's rows: putting a reply in, taking one out under a claim, writing down what became of it.

A claim is the row's count of tries: whoever took a row and came back too late, after somebody else took it over, writes
nothing. What may follow what is in desk/outbox.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, exists, func, or_, select, update

from store.dialect import insert as insert_or
from store.rows import one_of
from store.tables_outbox import outbox

STATES = ("queued", "sending", "sent", "failed", "unsure", "cancelled")
"""`queued` waits for `next_at`, `sending` is in somebody's hands until then, `unsure` waits for a person to look."""

ON_THE_WAY = ("queued", "sending")


@dataclass(frozen=True)
class OutboxRow:
    """A reply and where it stands; see the table for the columns."""

    id: int
    brand: str
    send_key: str
    case_id: int
    mention_id: int | None
    channel: str
    sender: str
    private: bool
    address: dict[str, Any]
    text: str
    text_hash: str
    approval_id: int | None
    by: str
    state: str
    created_at: datetime
    tries: int
    next_at: datetime
    tried_at: datetime | None
    ends_at: datetime
    native_id: str | None
    url: str | None
    sent_at: datetime | None
    error: str


_COLUMNS = [outbox.c[field.name] for field in fields(OutboxRow)]


def add(tx: Connection, brand: str, **columns: Any) -> tuple[OutboxRow, bool]:
    """Puts a reply in; the row, and whether it is new. One whose send key is there already is left as it is."""
    start = {"state": "queued", "tries": 0, "error": "", "next_at": columns["created_at"]}
    statement = insert_or(tx, outbox).values(brand=brand, **start, **columns | {"private": int(columns["private"])})
    options = {"preserve_rowcount": True}
    done = tx.execute(statement.on_conflict_do_nothing(), execution_options=options)
    wanted = outbox.c.brand == brand, outbox.c.send_key == columns["send_key"]
    return _row(tx.execute(select(*_COLUMNS).where(*wanted)).one()), done.rowcount == 1


def row(tx: Connection, brand: str, row_id: int) -> OutboxRow | None:
    """One reply of the brand; None where it has no such one."""
    return next(iter(_rows(tx, _of(brand).where(outbox.c.id == row_id))), None)


def of_case(tx: Connection, brand: str, case_id: int) -> list[OutboxRow]:
    """A case's replies in the order in which they were put in."""
    return _rows(tx, _of(brand).where(outbox.c.case_id == case_id).order_by(outbox.c.id))


def in_states(tx: Connection, brand: str, states: Sequence[str], limit: int = 200) -> list[OutboxRow]:
    """The brand's replies in some states (of STATES), the oldest first."""
    return _rows(tx, _of(brand).where(outbox.c.state.in_(states)).order_by(outbox.c.id).limit(limit))


def is_due(tx: Connection, brand: str, now: datetime) -> bool:
    """Whether any reply may be due: asked before the write that a claim is."""
    due = outbox.c.brand == brand, outbox.c.state.in_(ON_THE_WAY), outbox.c.next_at <= now
    return bool(tx.execute(select(exists().where(*due))).scalar_one())


def counts(tx: Connection, brand: str) -> dict[str, int]:
    """How many replies stand in each state; every one of STATES is there."""
    query = select(outbox.c.state, func.count()).where(outbox.c.brand == brand).group_by(outbox.c.state)
    return dict.fromkeys(STATES, 0) | {state: number for state, number in tx.execute(query)}


def claim(tx: Connection, brand: str, now: datetime, until: datetime) -> OutboxRow | None:
    """Takes the reply that is due the longest, until `until`; None where none is due. The row is as it was before.

    A claim that lapsed is taken over. Replies of one case through one sender go out in their order: one waits while an
    earlier one is on its way.
    """
    earlier = outbox.alias("earlier")
    before = exists().where(
        earlier.c.case_id == outbox.c.case_id,
        earlier.c.sender == outbox.c.sender,
        earlier.c.id < outbox.c.id,
        earlier.c.state.in_(ON_THE_WAY),
    )
    due = (
        _of(brand)
        .where(outbox.c.state.in_(ON_THE_WAY), outbox.c.next_at <= now, ~before)
        .order_by(outbox.c.next_at, outbox.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)  # SQLite has one writer, and leaves these words out
    )
    found = _rows(tx, due)
    if not found:
        return None
    tried_at = found[0].tried_at or now  # written before anything is tried
    taken = {"state": "sending", "tries": outbox.c.tries + 1, "next_at": until, "tried_at": tried_at}
    tx.execute(update(outbox).where(outbox.c.id == found[0].id).values(taken))
    return found[0]


def finish(tx: Connection, row_id: int, tries: int, **columns: Any) -> bool:
    """Writes down what became of a claimed reply; False, and nothing is written, where somebody else has it now.

    `tries` is the claim: the row's count after it was taken.
    """
    one_of(columns["state"], STATES, "state")
    mine = and_(outbox.c.id == row_id, outbox.c.tries == tries, outbox.c.state == "sending")
    return tx.execute(update(outbox).where(mine).values(columns)).rowcount == 1


def renew(tx: Connection, row_id: int, tries: int, now: datetime, until: datetime) -> bool:
    """Holds a claimed reply until `until`, as tried at `now`; False where somebody else has it by now."""
    mine = and_(outbox.c.id == row_id, outbox.c.tries == tries, outbox.c.state == "sending")
    return tx.execute(update(outbox).where(mine).values(next_at=until, tried_at=now)).rowcount == 1


def move(tx: Connection, row_id: int, tries: int, states: Sequence[str], **columns: Any) -> bool:
    """Changes a reply in nobody's hands; False where it no longer stands in one of `states`, as often tried."""
    one_of(columns["state"], STATES, "state")
    mine = and_(outbox.c.id == row_id, outbox.c.tries == tries, outbox.c.state.in_(states))
    return tx.execute(update(outbox).where(mine).values(columns)).rowcount == 1


def hold_back(tx: Connection, brand: str, sender: str, until: datetime) -> None:
    """A sender's waiting replies are not tried before `until`: the platform told the whole account to wait."""
    waiting = and_(
        outbox.c.brand == brand, outbox.c.sender == sender, outbox.c.state == "queued", outbox.c.next_at < until
    )
    tx.execute(update(outbox).where(waiting).values(next_at=until))


def known_names(tx: Connection, row: OutboxRow) -> frozenset[str]:
    """Native ids and links of the sender's other replies that could be taken for this one: its case, its words."""
    near = or_(outbox.c.case_id == row.case_id, outbox.c.text_hash == row.text_hash)
    query = select(outbox.c.native_id, outbox.c.url).where(
        outbox.c.brand == row.brand,
        outbox.c.sender == row.sender,
        outbox.c.state == "sent",
        outbox.c.id != row.id,
        near,
    )
    return frozenset(name for pair in tx.execute(query) for name in pair if name)


def _of(brand: str) -> Select[Any]:
    return select(*_COLUMNS).where(outbox.c.brand == brand)


def _rows(tx: Connection, query: Select[Any]) -> list[OutboxRow]:
    return [_row(found) for found in tx.execute(query)]


def _row(found: Any) -> OutboxRow:
    values = dict(found._mapping)
    return OutboxRow(**values | {"private": bool(values["private"])})
