"""Questions for an approval, and what was decided. Which decisions are allowed is for desk/approvals.py to say.

Every function that writes takes the head of the brand's log first, so that what its caller read before it stays true.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from store.dialect import insert as insert_or
from store.events import hold
from store.tables_concessions import approval_decisions, approvals

STATES = ("asked", "approved", "rejected", "withdrawn", "expired")


@dataclass(frozen=True)
class DecisionRow:
    """What one person said to one need of an approval, `need` being its place."""

    need: int
    by: str
    role: str
    approve: bool
    at: datetime
    note: str


@dataclass(frozen=True)
class ApprovalRow:
    """One question for an approval: the exact text, what it needs, where it stands (one of STATES)."""

    id: int
    brand: str
    case_id: int
    kind: str
    channel: str
    public: bool
    text: str
    text_hash: str
    round: int
    needs: tuple[dict[str, Any], ...]
    state: str
    asked_by: str
    asked_at: datetime
    deputy_from: datetime | None
    expires_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    note: str
    decisions: tuple[DecisionRow, ...]


def ask(tx: Connection, brand: str, case_id: int, text_hash: str, **columns: Any) -> int:
    """Writes a question down; returns its id, that of an open one about the very same matter where there is one.

    Columns: kind, channel, public, text, needs (JSON), asked_by, asked_at, deputy_from, expires_at.
    """
    hold(tx, brand)
    same = (approvals.c.brand == brand, approvals.c.case_id == case_id, approvals.c.text_hash == text_hash)
    found = tx.execute(select(approvals.c.id).where(*same, approvals.c.state == "asked")).scalar()
    if found is not None:
        return int(found)
    rounds = tx.execute(select(func.max(approvals.c.round)).where(*same)).scalar() or 0
    values = {**columns, "brand": brand, "case_id": case_id, "text_hash": text_hash, "round": rounds + 1}
    key = tx.execute(insert(approvals).values(state="asked", note="", **values)).inserted_primary_key
    assert key is not None
    return int(key[0])


def approval(tx: Connection, brand: str, approval_id: int) -> ApprovalRow | None:
    """One question of the brand with its decisions; None where it has none of that number."""
    found = _rows(tx, approvals.c.brand == brand, approvals.c.id == approval_id)
    return found[0] if found else None


def of_case(tx: Connection, brand: str, case_id: int) -> list[ApprovalRow]:
    """Every question about a case, the oldest first."""
    return _rows(tx, approvals.c.brand == brand, approvals.c.case_id == case_id)


def asked(tx: Connection, brand: str) -> list[ApprovalRow]:
    """Every question that waits for somebody, the oldest first."""
    return _rows(tx, approvals.c.brand == brand, approvals.c.state == "asked")


def approved_for(tx: Connection, brand: str, case_id: int, text_hash: str, now: datetime) -> ApprovalRow | None:
    """The approval, good at `now`, of exactly the matter that has this hash; the latest of several; else None."""
    found = _rows(
        tx, approvals.c.brand == brand, approvals.c.case_id == case_id, approvals.c.text_hash == text_hash,
        approvals.c.state == "approved", approvals.c.expires_at > now,
    )  # fmt: skip
    return found[-1] if found else None


def past(tx: Connection, brand: str, now: datetime) -> list[ApprovalRow]:
    """Questions that nobody answered in time."""
    return _rows(tx, approvals.c.brand == brand, approvals.c.state == "asked", approvals.c.expires_at <= now)


def decide(
    tx: Connection, brand: str, approval_id: int, need: int, by: str, role: str, approve: bool, at: datetime, note: str
) -> bool:
    """Writes what one person said to one need; False, and nothing is changed, where they said something before."""
    hold(tx, brand)
    values = {"approval_id": approval_id, "need": need, "by": by, "brand": brand, "role": role}
    statement = insert_or(tx, approval_decisions).values(approve=approve, at=at, note=note, **values)
    options = {"preserve_rowcount": True}
    return tx.execute(statement.on_conflict_do_nothing(), execution_options=options).rowcount == 1


def close(tx: Connection, brand: str, approval_id: int, state: str, by: str, at: datetime, note: str) -> bool:
    """Ends a question; False, and nothing is changed, where it was ended before."""
    hold(tx, brand)
    here = (approvals.c.brand == brand, approvals.c.id == approval_id, approvals.c.state == "asked")
    changes = {"state": state, "decided_by": by, "decided_at": at, "note": note}
    return tx.execute(update(approvals).where(*here).values(changes)).rowcount == 1


def forget(tx: Connection, brand: str, case_ids: Sequence[int]) -> int:
    """Removes the words of everything asked about these cases, for a person who is erased; says how many."""
    hold(tx, brand)
    here = (approvals.c.brand == brand, approvals.c.case_id.in_(case_ids))
    count = tx.execute(update(approvals).where(*here).values(text="", note="")).rowcount
    ids = select(approvals.c.id).where(*here)
    tx.execute(update(approval_decisions).where(approval_decisions.c.approval_id.in_(ids)).values(note=""))
    return count


def _rows(tx: Connection, *where: Any) -> list[ApprovalRow]:
    rows = tx.execute(select(approvals).where(*where).order_by(approvals.c.asked_at, approvals.c.id)).all()
    said: dict[int, list[DecisionRow]] = {}
    decided = (
        select(approval_decisions)
        .join(approvals, approvals.c.id == approval_decisions.c.approval_id)
        .where(*where)
        .order_by(approval_decisions.c.at, approval_decisions.c.need, approval_decisions.c.by)
    )
    for row in tx.execute(decided):
        decision = DecisionRow(row.need, row.by, row.role, row.approve, row.at, row.note)
        said.setdefault(row.approval_id, []).append(decision)
    return [_row(row, said.get(row.id, [])) for row in rows]


def _row(row: Row[Any], decisions: Sequence[DecisionRow]) -> ApprovalRow:
    return ApprovalRow(**{**row._mapping, "needs": tuple(row.needs), "decisions": tuple(decisions)})
