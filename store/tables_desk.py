"""The desk's own tables: which policy was in force, who is looking at which case, which tags it has."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Table

from store.columns import Id, Json, SafeText, UtcTime
from store.metadata import metadata

# A case keeps the promise that was in force when its customer wrote: each policy is kept under its version for ever.
policies = Table(
    "policies",
    metadata,
    Column("brand", SafeText, primary_key=True),
    Column("version", SafeText, primary_key=True),
    Column("record", Json, nullable=False),
    Column("first_at", UtcTime, nullable=False),
)

# Who has a case open, and whether they write. A row says nothing once it is older than a few beats of the board.
presence = Table(
    "presence",
    metadata,
    Column("brand", SafeText, primary_key=True),
    Column("case_id", Id, ForeignKey("cases.id"), primary_key=True, autoincrement=False),
    Column("agent", SafeText, primary_key=True),
    Column("doing", SafeText, nullable=False),  # one of rows.DOINGS
    Column("since", UtcTime, nullable=False),  # since when they do that
    Column("at", UtcTime, nullable=False),  # when we last heard of it
)

case_tags = Table(
    "case_tags",
    metadata,
    Column("case_id", Id, ForeignKey("cases.id"), primary_key=True, autoincrement=False),
    Column("tag", SafeText, primary_key=True),
    Column("brand", SafeText, nullable=False),
    Index("ix_case_tags_tag", "brand", "tag"),
)
