"""Deadline warnings that were given, the alerts in which people were told, and forecasts that were made."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, UniqueConstraint

from store.columns import Id, Json, SafeText, UtcTime
from store.metadata import metadata

# One row for each share of a promise that was used up while nobody had answered; never changed afterwards.
warnings = Table(
    "warnings",
    metadata,
    Column("id", Id, primary_key=True),
    Column("brand", SafeText, nullable=False),
    Column("case_id", Id, ForeignKey("cases.id"), nullable=False),
    Column("clock", SafeText, nullable=False),  # one of rows.CLOCKS
    Column("started_at", UtcTime, nullable=False),  # of the clock: a case has several of one name, one after another
    Column("percent", Integer, nullable=False),
    Column("urgency", SafeText, nullable=False),  # the promise under which the clock stood
    Column("due_at", UtcTime, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("state", SafeText, nullable=False),  # told, or skipped where a higher share had passed by then
    UniqueConstraint("brand", "case_id", "clock", "started_at", "percent"),
)

# To whom a warning goes, and what became of it.
warning_notices = Table(
    "warning_notices",
    metadata,
    Column("warning_id", Id, ForeignKey("warnings.id"), primary_key=True, autoincrement=False),
    Column("person", SafeText, primary_key=True),
    Column("brand", SafeText, nullable=False),
    Column("state", SafeText, nullable=False),  # one of store.warnings.NOTICE_STATES
    Column("message", SafeText),  # the message in which it was told; its alerts have the same
    Column("at", UtcTime, nullable=False),  # since when it is in this state
    Index("ix_warning_notices_state", "brand", "state"),
    Index("ix_warning_notices_message", "brand", "message"),
)

# A message to a person on one channel. The text holds no words of a customer: they are read when it is sent.
alerts = Table(
    "alerts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("brand", SafeText, nullable=False),
    Column("key", SafeText, nullable=False),  # the message and the channel
    Column("message", SafeText, nullable=False),
    Column("person", SafeText, nullable=False),
    Column("channel", SafeText, nullable=False),  # `board`, or the name of the variable that holds an address
    Column("text", SafeText, nullable=False),
    Column("state", SafeText, nullable=False),  # one of store.warnings.ALERT_STATES
    Column("tries", Integer, nullable=False),
    Column("next_at", UtcTime),
    Column("note", SafeText, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("settled_at", UtcTime),
    UniqueConstraint("brand", "key"),
    Index("ix_alerts_state", "brand", "state", "next_at"),
    Index("ix_alerts_person", "brand", "person", "created_at"),
)

forecasts = Table(
    "forecasts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("brand", SafeText, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("horizon", UtcTime, nullable=False),
    Column("inputs", Json, nullable=False),
    Column("result", Json, nullable=False),
    Index("ix_forecasts_made", "brand", "made_at"),
)
