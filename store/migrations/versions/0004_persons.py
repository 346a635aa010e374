"""Suggested and confirmed links between authors, and what an undoing needs.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Spelt out and not imported from store.columns: a migration says for ever what it did on its day.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text()
TIME = sa.DateTime(timezone=True)
JSON = sa.JSON()


def _to(table: str, column: str, target: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_{table}_{column}", ondelete=ondelete)


def upgrade() -> None:
    op.create_table(
        "person_traits",
        sa.Column("mention_id", ID, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("shown", TEXT, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("public", sa.Integer(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        _to("person_traits", "mention_id", "mentions", ondelete="CASCADE"),
        _to("person_traits", "person_id", "persons"),
        sa.PrimaryKeyConstraint("mention_id", "kind", "value", name="pk_person_traits"),
    )
    op.create_index("ix_person_traits_value", "person_traits", ["brand", "kind", "value", "person_id"])
    op.create_index("ix_person_traits_person", "person_traits", ["brand", "person_id", "kind", "value"])
    op.create_table(
        "mention_persons",
        sa.Column("mention_id", ID, nullable=False),
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        _to("mention_persons", "mention_id", "mentions", ondelete="CASCADE"),
        _to("mention_persons", "person_id", "persons"),
        sa.PrimaryKeyConstraint("mention_id", name="pk_mention_persons"),
    )
    op.create_index("ix_mention_persons_person_id", "mention_persons", ["person_id"])
    op.create_table(
        "author_homes",
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("handle", TEXT, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        _to("author_homes", "person_id", "persons"),
        sa.PrimaryKeyConstraint("brand", "source", "handle", name="pk_author_homes"),
    )
    op.create_index("ix_author_homes_person_id", "author_homes", ["person_id"])
    op.create_table(
        "case_homes",
        sa.Column("case_id", ID, nullable=False),
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        _to("case_homes", "case_id", "cases", ondelete="CASCADE"),
        _to("case_homes", "person_id", "persons"),
        sa.PrimaryKeyConstraint("case_id", name="pk_case_homes"),
    )
    op.create_index("ix_case_homes_person_id", "case_homes", ["person_id"])
    op.create_table(
        "person_links",
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("a", ID, nullable=False),
        sa.Column("b", ID, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("evidence", JSON, nullable=False),
        sa.Column("refused", JSON, nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("linked_at", TIME),
        _to("person_links", "a", "persons"),
        _to("person_links", "b", "persons"),
        sa.PrimaryKeyConstraint("brand", "a", "b", name="pk_person_links"),
    )
    op.create_index("ix_person_links_b", "person_links", ["brand", "b"])
    op.create_table(
        "person_partings",
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("a", ID, nullable=False),
        sa.Column("b", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("until", TIME, nullable=False),
        _to("person_partings", "a", "persons"),
        _to("person_partings", "b", "persons"),
        _to("person_partings", "person_id", "persons"),
        sa.PrimaryKeyConstraint("brand", "a", "b", "person_id", "since", name="pk_person_partings"),
    )
    op.create_index("ix_person_partings_person_id", "person_partings", ["person_id"])
    op.create_table(
        "person_attributes",
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("value", TEXT, nullable=False),
        _to("person_attributes", "person_id", "persons"),
        sa.PrimaryKeyConstraint("brand", "person_id", "name", "source", "at", name="pk_person_attributes"),
    )
