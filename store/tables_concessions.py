"""Approvals, concessions and the voucher codes they are given from."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from store.columns import Id, Json, SafeText, UtcTime
from store.metadata import metadata


class Sum(TypeDecorator[Decimal]):
    """An exact decimal number, kept as text: SQLite has no type of its own that would not round it."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        return None if value is None else format(value, "f")

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


approvals = Table(
    "approvals",
    metadata,
    Column("id", Id, primary_key=True),
    Column("brand", SafeText, nullable=False),
    Column("case_id", Id, ForeignKey("cases.id"), nullable=False),
    Column("kind", SafeText, nullable=False),  # reply, concession, statement
    Column("channel", SafeText, nullable=False),
    Column("public", Boolean, nullable=False),
    Column("text", SafeText, nullable=False),  # exactly what may be sent
    Column("text_hash", SafeText, nullable=False),  # over the text and everything else that is approved with it
    Column("round", Integer, nullable=False),  # the same text can be asked for again after a no
    Column("needs", Json, nullable=False),  # who must approve, how many, the deputies and from when
    Column("state", SafeText, nullable=False),  # asked, approved, rejected, withdrawn, expired
    Column("asked_by", SafeText, nullable=False),
    Column("asked_at", UtcTime, nullable=False),
    Column("deputy_from", UtcTime),  # when the first deputy may decide
    Column("expires_at", UtcTime, nullable=False),
    Column("decided_by", SafeText),
    Column("decided_at", UtcTime),
    Column("note", SafeText, nullable=False),
    UniqueConstraint("brand", "case_id", "text_hash", "round"),
    Index("ix_approvals_state", "brand", "state", "asked_at"),
    sqlite_autoincrement=True,
)

approval_decisions = Table(
    "approval_decisions",
    metadata,
    Column("approval_id", Id, ForeignKey("approvals.id"), primary_key=True),
    Column("need", Integer, primary_key=True),  # its place among the approval's needs
    Column("by", SafeText, primary_key=True),
    Column("brand", SafeText, nullable=False),
    Column("role", SafeText, nullable=False),  # in which they decided
    Column("approve", Boolean, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("note", SafeText, nullable=False),
)

voucher_codes = Table(
    "voucher_codes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("brand", SafeText, nullable=False),
    Column("digest", SafeText, nullable=False),  # keyed: tells one code from another, and not which it is
    Column("sealed", SafeText, nullable=False),  # the code, encrypted
    Column("amount", Sum, nullable=False),
    Column("currency", SafeText, nullable=False),
    Column("expires_at", UtcTime),
    Column("imported_at", UtcTime, nullable=False),
    Column("imported_by", SafeText, nullable=False),
    Column("taken_at", UtcTime),  # when a concession took it; none where it is still in the pool
    Column("seen_at", UtcTime),  # when somebody first read it; it never goes back into the pool then
    UniqueConstraint("brand", "digest"),
    Index("ix_voucher_codes_left", "brand", "currency", "amount", "taken_at", "id"),
    sqlite_autoincrement=True,
)

concessions = Table(
    "concessions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("brand", SafeText, nullable=False),
    Column("key", SafeText, nullable=False),  # the hand's own name for this grant: asked for twice, given once
    Column("case_id", Id, ForeignKey("cases.id"), nullable=False),
    Column("person_id", Id, ForeignKey("persons.id"), index=True),
    Column("kind", SafeText, nullable=False),
    Column("amount", Sum),
    Column("currency", SafeText),
    Column("count", Integer, nullable=False),
    Column("playbook", SafeText),
    Column("solution", SafeText),
    Column("code_id", Id, ForeignKey("voucher_codes.id"), unique=True),
    Column("state", SafeText, nullable=False),  # promised, granted, redeemed, cancelled
    Column("granted_by", SafeText, nullable=False),
    Column("role", SafeText, nullable=False),  # the granter's first role then
    Column("approval_id", Id, ForeignKey("approvals.id"), unique=True),
    Column("at", UtcTime, nullable=False),
    Column("month", SafeText, nullable=False),  # 2026-11 in the desk's time zone: where the month's limits count it
    Column("due_by", UtcTime),  # by when a promise is kept
    Column("changed_at", UtcTime, nullable=False),
    Column("reason", SafeText, nullable=False),  # why it was cancelled
    UniqueConstraint("brand", "key"),
    Index("ix_concessions_case", "case_id"),
    Index("ix_concessions_month", "brand", "month", "granted_by"),
    Index("ix_concessions_at", "brand", "at"),
    sqlite_autoincrement=True,
)
