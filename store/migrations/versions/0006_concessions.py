"""Approvals, concessions, voucher codes.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text()
TIME = sa.DateTime(timezone=True)
JSON = sa.JSON()


def upgrade() -> None:
    op.create_table(
        "approvals",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("text_hash", TEXT, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("needs", JSON, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("asked_by", TEXT, nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("deputy_from", TIME),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("decided_by", TEXT),
        sa.Column("decided_at", TIME),
        sa.Column("note", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_approvals_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_approvals"),
        sa.UniqueConstraint(
            "brand", "case_id", "text_hash", "round", name="uq_approvals_brand_case_id_text_hash_round"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_approvals_state", "approvals", ["brand", "state", "asked_at"])
    op.create_table(
        "approval_decisions",
        sa.Column("approval_id", ID, nullable=False),
        sa.Column("need", sa.Integer(), nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("approve", sa.Boolean(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["approval_id"], ["approvals.id"], name="fk_approval_decisions_approval_id"),
        sa.PrimaryKeyConstraint("approval_id", "need", "by", name="pk_approval_decisions"),
    )
    op.create_table(
        "voucher_codes",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("sealed", TEXT, nullable=False),
        sa.Column("amount", TEXT, nullable=False),
        sa.Column("currency", TEXT, nullable=False),
        sa.Column("expires_at", TIME),
        sa.Column("imported_at", TIME, nullable=False),
        sa.Column("imported_by", TEXT, nullable=False),
        sa.Column("taken_at", TIME),
        sa.Column("seen_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_voucher_codes"),
        sa.UniqueConstraint("brand", "digest", name="uq_voucher_codes_brand_digest"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_voucher_codes_left", "voucher_codes", ["brand", "currency", "amount", "taken_at", "id"])
    op.create_table(
        "concessions",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("person_id", ID),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("amount", TEXT),
        sa.Column("currency", TEXT),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("playbook", TEXT),
        sa.Column("solution", TEXT),
        sa.Column("code_id", ID),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("granted_by", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("approval_id", ID),
        sa.Column("at", TIME, nullable=False),
        sa.Column("month", TEXT, nullable=False),
        sa.Column("due_by", TIME),
        sa.Column("changed_at", TIME, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_concessions_case_id"),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name="fk_concessions_person_id"),
        sa.ForeignKeyConstraint(["code_id"], ["voucher_codes.id"], name="fk_concessions_code_id"),
        sa.ForeignKeyConstraint(["approval_id"], ["approvals.id"], name="fk_concessions_approval_id"),
        sa.PrimaryKeyConstraint("id", name="pk_concessions"),
        sa.UniqueConstraint("brand", "key", name="uq_concessions_brand_key"),
        sa.UniqueConstraint("code_id", name="uq_concessions_code_id"),
        sa.UniqueConstraint("approval_id", name="uq_concessions_approval_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_concessions_case", "concessions", ["case_id"])
    op.create_index("ix_concessions_month", "concessions", ["brand", "month", "granted_by"])
    op.create_index("ix_concessions_at", "concessions", ["brand", "at"])
    op.create_index("ix_concessions_person_id", "concessions", ["person_id"])
