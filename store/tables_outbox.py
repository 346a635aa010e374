"""Replies on their way out: one row a send key, whatever became of it."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, UniqueConstraint

from store.columns import Id, Json, SafeName, SafeText, UtcTime
from store.metadata import metadata

outbox = Table(
    "outbox",
    metadata,
    Column("id", Id, primary_key=True),
    Column("brand", SafeText, nullable=False),
    Column("send_key", SafeName, nullable=False),  # one reply, one key: pressing send twice is sending once
    Column("case_id", Id, ForeignKey("cases.id"), nullable=False),
    Column("mention_id", Id, ForeignKey("mentions.id"), index=True),  # the mention that is answered
    Column("channel", SafeText, nullable=False),
    Column("sender", SafeText, nullable=False),  # its name in the settings
    Column("private", Integer, nullable=False),  # 1: to the customer alone
    Column("address", Json, nullable=False),  # what the sender made of the mention
    Column("text", SafeText, nullable=False),
    Column("text_hash", SafeText, nullable=False),  # SHA-256 of the text: what was approved is what is sent
    Column("approval_id", Id),
    Column("by", SafeText, nullable=False),  # agent:NAME
    Column("state", SafeText, nullable=False),  # one of outbox.STATES
    Column("created_at", UtcTime, nullable=False),
    Column("tries", Integer, nullable=False),  # counts every claim; a claim that is not the newest may record nothing
    Column("next_at", UtcTime, nullable=False),  # not before; while sending: when the claim lapses
    Column("tried_at", UtcTime),  # of the last try that may have arrived; none while it surely is not there
    Column("ends_at", UtcTime, nullable=False),  # when trying ends and a person is told
    Column("native_id", SafeName),
    Column("url", SafeText),
    Column("sent_at", UtcTime),
    Column("error", SafeText, nullable=False),  # what went wrong last, a sentence
    UniqueConstraint("brand", "send_key"),
    Index("ix_outbox_due", "brand", "state", "next_at", "id"),
    Index("ix_outbox_case", "case_id", "sender", "id"),
    Index("ix_outbox_text", "brand", "sender", "text_hash"),
    sqlite_autoincrement=True,
)
