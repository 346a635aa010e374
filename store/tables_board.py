"""Who signs in at the board, what the board remembers for each person, long work, and reports that were sent.

Nothing here is about a customer's matter: what people did to a case is in the event log.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, Table, UniqueConstraint

from store.columns import Count, Id, Json, SafeName, SafeText, UtcTime
from store.metadata import metadata

# Where there is no user, the board asks nobody to sign in.
users = Table(
    "users",
    metadata,
    Column("brand", SafeText, primary_key=True),
    Column("name", SafeName, primary_key=True),  # the agent's name in nobet.yaml
    Column("password", SafeText, nullable=False),  # salted and hashed, with how it was hashed
    Column("must_change", Boolean, nullable=False),  # somebody else knows it
    Column("failed", Integer, nullable=False),  # wrong passwords in a row
    Column("locked_until", UtcTime),
    Column("disabled_at", UtcTime),
    Column("created_at", UtcTime, nullable=False),
    Column("changed_at", UtcTime, nullable=False),  # when the password was set
)

sessions = Table(
    "sessions",
    metadata,
    Column("token", SafeText, primary_key=True),  # the digest of what the browser holds
    Column("brand", SafeText, nullable=False),
    Column("name", SafeName, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    Index("ix_sessions_name", "brand", "name"),
)

preferences = Table(
    "preferences",
    metadata,
    Column("brand", SafeText, primary_key=True),
    Column("name", SafeName, primary_key=True),
    Column("key", SafeName, primary_key=True),  # language, theme, density, text_size …
    Column("value", Json, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
)

# What somebody has written and not sent yet, in any form of the board.
drafts = Table(
    "drafts",
    metadata,
    Column("brand", SafeText, primary_key=True),
    Column("name", SafeName, primary_key=True),
    Column("key", SafeName, primary_key=True),  # the form and the field, as the browser names them
    Column("text", SafeText, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
)

saved_views = Table(
    "saved_views",
    metadata,
    Column("id", Id, primary_key=True),
    Column("brand", SafeText, nullable=False),
    Column("owner", SafeName, nullable=False),
    Column("title", SafeName, nullable=False),
    Column("shared", Boolean, nullable=False),  # the whole desk sees it
    Column("filters", Json, nullable=False),  # view, search, urgency, channel, topic, language
    Column("position", Integer, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    UniqueConstraint("brand", "owner", "title"),
)

# Work that takes longer than a page: the worker does it, whoever looks sees how far it is.
jobs = Table(
    "jobs",
    metadata,
    Column("id", Id, primary_key=True),
    Column("brand", SafeText, nullable=False),
    Column("kind", SafeText, nullable=False),  # import, training, report, back_fill
    Column("key", SafeName, nullable=False),  # asking twice with one key is one job
    Column("args", Json, nullable=False),
    Column("by", SafeText, nullable=False),
    Column("state", SafeText, nullable=False),  # waiting, running, done, failed or cancelled
    Column("done", Count, nullable=False),  # how much of `total` is done, in what the kind counts
    Column("total", Count),  # None while it is not known
    Column("told", SafeText, nullable=False),  # a sentence: what it does now, or how it ended
    Column("result", Json),
    Column("asked_at", UtcTime, nullable=False),
    Column("started_at", UtcTime),
    Column("beat_at", UtcTime),  # a running job that has not beaten for long was left by a dead worker
    Column("cancel_at", UtcTime),  # when somebody asked to end it
    Column("finished_at", UtcTime),
    UniqueConstraint("brand", "key"),
    Index("ix_jobs_state", "brand", "state", "id"),
)

report_runs = Table(
    "report_runs",
    metadata,
    Column("brand", SafeText, primary_key=True),
    Column("schedule", SafeName, primary_key=True),
    Column("period_end", UtcTime, primary_key=True),
    Column("state", SafeText, nullable=False),  # making, sent or failed
    Column("tries", Integer, nullable=False),
    Column("note", SafeText, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("sent_at", UtcTime),
)

# A change that the desk took on to win minutes, and what was usual before it.
improvements = Table(
    "improvements",
    metadata,
    Column("id", Id, primary_key=True),
    Column("brand", SafeText, nullable=False),
    Column("piece", SafeText, nullable=False),  # which piece of the way to an answer it shortens
    Column("change", SafeText, nullable=False),  # what is done differently, as people wrote it
    Column("baseline", Json, nullable=False),  # the piece's figures before, with sample sizes
    Column("by", SafeText, nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    Column("note", SafeText, nullable=False),
    Index("ix_improvements_since", "brand", "since"),
)
