"""Where a case waits, its tags, snooze and team; policies in force; who looks at what.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Spelt out and not imported from store.columns: a migration says for ever what it did on its day.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text()
TIME = sa.DateTime(timezone=True)
JSON = sa.JSON()


def upgrade() -> None:
    op.add_column("cases", sa.Column("waiting_for", TEXT))
    op.add_column("cases", sa.Column("team", TEXT))
    op.add_column("cases", sa.Column("snoozed_until", TIME))
    op.add_column("cases", sa.Column("merged_into", ID))
    op.drop_index("ix_cases_queue", "cases")
    order = ["brand", "status", "due_at", "priority", "posted_at", "assignee", "snoozed_until"]
    op.create_index("ix_cases_queue", "cases", order)
    op.execute("UPDATE cases SET waiting_for = 'customer' WHERE status = 'waiting'")
    op.create_table(
        "policies",
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("record", JSON, nullable=False),
        sa.Column("first_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("brand", "version", name="pk_policies"),
    )
    op.create_table(
        "presence",
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("agent", TEXT, nullable=False),
        sa.Column("doing", TEXT, nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_presence_case_id"),
        sa.PrimaryKeyConstraint("brand", "case_id", "agent", name="pk_presence"),
    )
    op.create_table(
        "case_tags",
        sa.Column("case_id", ID, nullable=False),
        sa.Column("tag", TEXT, nullable=False),
        sa.Column("brand", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_tags_case_id"),
        sa.PrimaryKeyConstraint("case_id", "tag", name="pk_case_tags"),
    )
    op.create_index("ix_case_tags_tag", "case_tags", ["brand", "tag"])
