"""Replies on their way out, exactly once.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Spelt out and not imported from store.columns: a migration says for ever what it did on its day.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text()
TIME = sa.DateTime(timezone=True)
JSON = sa.JSON()


def upgrade() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("send_key", TEXT, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("mention_id", ID),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("sender", TEXT, nullable=False),
        sa.Column("private", sa.Integer(), nullable=False),
        sa.Column("address", JSON, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("text_hash", TEXT, nullable=False),
        sa.Column("approval_id", ID),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", TIME, nullable=False),
        sa.Column("tried_at", TIME),
        sa.Column("ends_at", TIME, nullable=False),
        sa.Column("native_id", TEXT),
        sa.Column("url", TEXT),
        sa.Column("sent_at", TIME),
        sa.Column("error", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_outbox_case_id"),
        sa.ForeignKeyConstraint(["mention_id"], ["mentions.id"], name="fk_outbox_mention_id"),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("brand", "send_key", name="uq_outbox_brand_send_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_mention_id", "outbox", ["mention_id"])
    op.create_index("ix_outbox_due", "outbox", ["brand", "state", "next_at", "id"])
    op.create_index("ix_outbox_case", "outbox", ["case_id", "sender", "id"])
    op.create_index("ix_outbox_text", "outbox", ["brand", "sender", "text_hash"])
