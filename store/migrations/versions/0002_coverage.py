"""What a fetch proves and costs, versions of edited mentions, back-fill.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Spelt out and not imported from store.columns: a migration says for ever what it did on its day.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text()
TIME = sa.DateTime(timezone=True)
COUNT = sa.BigInteger()
JSON = sa.JSON()


def upgrade() -> None:
    op.add_column("mentions", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("mentions", sa.Column("edited_at", TIME))
    op.add_column("mentions", sa.Column("deleted_at", TIME))
    op.create_table(
        "mention_versions",
        sa.Column("mention_id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("raw", JSON),
        sa.Column("until", TIME, nullable=False),
        sa.ForeignKeyConstraint(["mention_id"], ["mentions.id"], name="fk_mention_versions_mention_id"),
        sa.PrimaryKeyConstraint("mention_id", "version", name="pk_mention_versions"),
    )
    op.add_column("source_state", sa.Column("pace_s", sa.Float()))
    op.add_column("source_state", sa.Column("settles_s", sa.Float()))
    op.add_column("polls", sa.Column("passed", COUNT, nullable=False, server_default="0"))
    op.add_column("polls", sa.Column("requests", COUNT, nullable=False, server_default="0"))
    op.add_column("polls", sa.Column("proof", TEXT))
    op.add_column("polls", sa.Column("reach_from", TIME))
    op.add_column("polls", sa.Column("gap", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("polls", sa.Column("missed", COUNT))
    op.add_column("polls", sa.Column("next_at", TIME))
    op.create_index("ix_polls_finished", "polls", ["brand", "finished_at"])
    op.create_table(
        "usage",
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("period", TEXT, nullable=False),
        sa.Column("requests", COUNT, nullable=False),
        sa.Column("items", COUNT, nullable=False),
        sa.PrimaryKeyConstraint("brand", "source", "period", name="pk_usage"),
    )
    op.create_table(
        "backfills",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("cursor", JSON),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("not_before", TIME, nullable=False),
        sa.Column("found", COUNT, nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_backfills"),
        sa.UniqueConstraint("brand", "source", "since", "until", name="uq_backfills_brand_source_since_until"),
    )
