"""Deadline warnings, the alerts that tell them, forecasts.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# Spelt out and not imported from store.columns: a migration says for ever what it did on its day.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text()
TIME = sa.DateTime(timezone=True)
JSON = sa.JSON()


def upgrade() -> None:
    op.create_table(
        "warnings",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("clock", TEXT, nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("urgency", TEXT, nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_warnings_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_warnings"),
        sa.UniqueConstraint(
            "brand", "case_id", "clock", "started_at", "percent",
            name="uq_warnings_brand_case_id_clock_started_at_percent",
        ),
    )  # fmt: skip
    op.create_table(
        "warning_notices",
        sa.Column("warning_id", ID, nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("message", TEXT),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["warning_id"], ["warnings.id"], name="fk_warning_notices_warning_id"),
        sa.PrimaryKeyConstraint("warning_id", "person", name="pk_warning_notices"),
    )
    op.create_index("ix_warning_notices_state", "warning_notices", ["brand", "state"])
    op.create_index("ix_warning_notices_message", "warning_notices", ["brand", "message"])
    op.create_table(
        "alerts",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("message", TEXT, nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", TIME),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("settled_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
        sa.UniqueConstraint("brand", "key", name="uq_alerts_brand_key"),
    )
    op.create_index("ix_alerts_state", "alerts", ["brand", "state", "next_at"])
    op.create_index("ix_alerts_person", "alerts", ["brand", "person", "created_at"])
    op.create_table(
        "forecasts",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("horizon", TIME, nullable=False),
        sa.Column("inputs", JSON, nullable=False),
        sa.Column("result", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_forecasts"),
    )
    op.create_index("ix_forecasts_made", "forecasts", ["brand", "made_at"])
