"""Users and sessions, what the board remembers, long work, reports that were sent, improvements.

And indexes: of what customers wrote, by time; of cases by playbook and answer; of merged cases; of gaps.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# Spelt out and not imported from store.columns: a migration says for ever what it did on its day.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text()
TIME = sa.DateTime(timezone=True)
JSON = sa.JSON()


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("password", TEXT, nullable=False),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("locked_until", TIME),
        sa.Column("disabled_at", TIME),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("brand", "name", name="pk_users"),
    )
    op.create_table(
        "sessions",
        sa.Column("token", TEXT, nullable=False),
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("ended_at", TIME),
        sa.PrimaryKeyConstraint("token", name="pk_sessions"),
    )
    op.create_index("ix_sessions_name", "sessions", ["brand", "name"])
    op.create_table(
        "preferences",
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("value", JSON, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("brand", "name", "key", name="pk_preferences"),
    )
    op.create_table(
        "drafts",
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("brand", "name", "key", name="pk_drafts"),
    )
    op.create_table(
        "saved_views",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("filters", JSON, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_saved_views"),
        sa.UniqueConstraint("brand", "owner", "title", name="uq_saved_views_brand_owner_title"),
    )
    op.create_table(
        "jobs",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("args", JSON, nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger()),
        sa.Column("told", TEXT, nullable=False),
        sa.Column("result", JSON),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("started_at", TIME),
        sa.Column("beat_at", TIME),
        sa.Column("cancel_at", TIME),
        sa.Column("finished_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.UniqueConstraint("brand", "key", name="uq_jobs_brand_key"),
    )
    op.create_index("ix_jobs_state", "jobs", ["brand", "state", "id"])
    op.create_table(
        "report_runs",
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("schedule", TEXT, nullable=False),
        sa.Column("period_end", TIME, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("sent_at", TIME),
        sa.PrimaryKeyConstraint("brand", "schedule", "period_end", name="pk_report_runs"),
    )
    op.create_table(
        "improvements",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("piece", TEXT, nullable=False),
        sa.Column("change", TEXT, nullable=False),
        sa.Column("baseline", JSON, nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("ended_at", TIME),
        sa.Column("note", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_improvements"),
    )
    op.create_index("ix_improvements_since", "improvements", ["brand", "since"])
    posts = sa.text("type IN ('customer_posted', 'customer_wrote')")
    op.create_index("ix_events_posts", "events", ["brand", "at", "case_id"], sqlite_where=posts, postgresql_where=posts)
    op.create_index("ix_cases_done", "cases", ["brand", "status", "updated_at"])
    op.create_index("ix_cases_answered", "cases", ["brand", "playbook", "language", "answered_at"])
    merged = sa.text("merged_into IS NOT NULL")
    op.create_index("ix_cases_merged", "cases", ["merged_into"], sqlite_where=merged, postgresql_where=merged)
    gaps = sa.text("type = 'coverage_gap'")
    op.create_index("ix_events_gaps", "events", ["brand", "at"], sqlite_where=gaps, postgresql_where=gaps)
