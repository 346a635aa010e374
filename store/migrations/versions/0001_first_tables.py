"""The first tables.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Spelt out and not imported from store.columns: a migration says for ever what it did on its day.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text()
TIME = sa.DateTime(timezone=True)
COUNT = sa.BigInteger()
JSON = sa.JSON()


def upgrade() -> None:
    op.create_table(
        "event_heads",
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.Column("events", COUNT, nullable=False),
        sa.PrimaryKeyConstraint("brand", name="pk_event_heads"),
    )
    op.create_table(
        "events",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("case_id", ID),
        sa.Column("mention_id", ID),
        sa.Column("at", TIME, nullable=False),
        sa.Column("recorded_at", TIME, nullable=False),
        sa.Column("type", TEXT, nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.Column("prev_hash", TEXT, nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_events_brand", "events", ["brand", "id"])
    op.create_index("ix_events_case", "events", ["case_id", "at", "id"])
    op.create_table(
        "heartbeats",
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.PrimaryKeyConstraint("brand", "name", name="pk_heartbeats"),
    )
    op.create_table(
        "mentions",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("native_id", TEXT, nullable=False),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("search", TEXT, nullable=False),
        sa.Column("author", TEXT),
        sa.Column("author_name", TEXT),
        sa.Column("followers", COUNT),
        sa.Column("url", TEXT),
        sa.Column("published_at", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.Column("lang", TEXT),
        sa.Column("thread_id", TEXT),
        sa.Column("in_reply_to", TEXT),
        sa.Column("likes", COUNT, nullable=False),
        sa.Column("shares", COUNT, nullable=False),
        sa.Column("replies", COUNT, nullable=False),
        sa.Column("views", COUNT, nullable=False),
        sa.Column("rating", sa.Float()),
        sa.Column("extra", JSON, nullable=False),
        sa.Column("raw", JSON),
        sa.Column("stage", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mentions"),
        sa.UniqueConstraint("brand", "source", "native_id", name="uq_mentions_brand_source_native_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_mentions_author", "mentions", ["brand", "source", "author", "published_at"])
    op.create_index("ix_mentions_published", "mentions", ["brand", "published_at"])
    op.create_index("ix_mentions_seen", "mentions", ["brand", "source", "seen_at", "published_at"])
    op.create_index("ix_mentions_stage", "mentions", ["brand", "stage", "published_at", "id"])
    op.create_index("ix_mentions_thread", "mentions", ["brand", "source", "thread_id"])
    op.create_table(
        "persons",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("name", TEXT),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_persons"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_persons_brand", "persons", ["brand"])
    op.create_table(
        "polls",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("finished_at", TIME, nullable=False),
        sa.Column("outcome", TEXT, nullable=False),
        sa.Column("fetched", COUNT, nullable=False),
        sa.Column("new", COUNT, nullable=False),
        sa.Column("known", COUNT, nullable=False),
        sa.Column("rejected", COUNT, nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_polls"),
    )
    op.create_index("ix_polls_source", "polls", ["brand", "source", "id"])
    op.create_table(
        "source_state",
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("kind", TEXT),
        sa.Column("cursor", JSON),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("last_started_at", TIME),
        sa.Column("last_ok_at", TIME),
        sa.Column("last_item_at", TIME),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("next_at", TIME),
        sa.Column("total", COUNT, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("brand", "source", name="pk_source_state"),
    )
    op.create_table(
        "authors",
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("handle", TEXT, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name="fk_authors_person_id"),
        sa.PrimaryKeyConstraint("brand", "source", "handle", name="pk_authors"),
    )
    op.create_index("ix_authors_person_id", "authors", ["person_id"])
    op.create_table(
        "cases",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("person_id", ID),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("urgency", TEXT, nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("topic", TEXT, nullable=False),
        sa.Column("sentiment", TEXT, nullable=False),
        sa.Column("language", TEXT, nullable=False),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("playbook", TEXT),
        sa.Column("assignee", TEXT),
        sa.Column("reasons", JSON, nullable=False),
        sa.Column("posted_at", TIME, nullable=False),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("due_at", TIME),
        sa.Column("due_clock", TEXT),
        sa.Column("answered_at", TIME),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name="fk_cases_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_cases"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_cases_person_id", "cases", ["person_id"])
    op.create_index("ix_cases_queue", "cases", ["brand", "status", "due_at", "priority", "posted_at", "assignee"])
    op.create_table(
        "corrections",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("mention_id", ID, nullable=False),
        sa.Column("head", TEXT, nullable=False),
        sa.Column("old", TEXT, nullable=False),
        sa.Column("new", TEXT, nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["mention_id"], ["mentions.id"], name="fk_corrections_mention_id"),
        sa.PrimaryKeyConstraint("id", name="pk_corrections"),
    )
    op.create_index("ix_corrections_mention", "corrections", ["mention_id", "id"])
    op.create_table(
        "quarantine",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("stage", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("mention_id", ID),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("raw", JSON),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("resolved_at", TIME),
        sa.ForeignKeyConstraint(["mention_id"], ["mentions.id"], name="fk_quarantine_mention_id"),
        sa.PrimaryKeyConstraint("id", name="pk_quarantine"),
        sa.UniqueConstraint("brand", "stage", "source", "digest", name="uq_quarantine_brand_stage_source_digest"),
    )
    op.create_index("ix_quarantine_mention_id", "quarantine", ["mention_id"])
    op.create_index("ix_quarantine_open", "quarantine", ["brand", "resolved_at", "id"])
    op.create_table(
        "scores",
        sa.Column("mention_id", ID, nullable=False),
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("language", TEXT, nullable=False),
        sa.Column("sentiment", TEXT, nullable=False),
        sa.Column("urgency", TEXT, nullable=False),
        sa.Column("topic", TEXT, nullable=False),
        sa.Column("payload", JSON, nullable=False),
        sa.Column("model", TEXT, nullable=False),
        sa.Column("scored_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["mention_id"], ["mentions.id"], name="fk_scores_mention_id"),
        sa.PrimaryKeyConstraint("mention_id", name="pk_scores"),
    )
    op.create_table(
        "case_mentions",
        sa.Column("case_id", ID, nullable=False),
        sa.Column("mention_id", ID, nullable=False),
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_mentions_case_id"),
        sa.ForeignKeyConstraint(["mention_id"], ["mentions.id"], name="fk_case_mentions_mention_id"),
        sa.PrimaryKeyConstraint("case_id", "mention_id", name="pk_case_mentions"),
        sa.UniqueConstraint("mention_id", name="uq_case_mentions_mention_id"),
    )
    op.create_table(
        "playbook_runs",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("playbook", TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("finished_at", TIME),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_playbook_runs_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_playbook_runs"),
    )
    op.create_index("ix_playbook_runs_case_id", "playbook_runs", ["case_id"])
    op.create_table(
        "playbook_steps",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("step", TEXT, nullable=False),
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("due_at", TIME),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("done_at", TIME),
        sa.Column("by", TEXT),
        sa.ForeignKeyConstraint(["run_id"], ["playbook_runs.id"], name="fk_playbook_steps_run_id"),
        sa.PrimaryKeyConstraint("run_id", "step", name="pk_playbook_steps"),
    )

    if op.get_bind().dialect.name == "postgresql":
        _make_events_append_only_on_postgresql()
    else:
        _make_events_append_only_on_sqlite()


def _make_events_append_only_on_sqlite() -> None:
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER events_no_{change.lower()} BEFORE {change} ON events "
            "BEGIN SELECT RAISE(ABORT, 'events are append-only'); END"
        )


def _make_events_append_only_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION events_are_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'events are append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER events_no_change BEFORE UPDATE OR DELETE ON events "
        "FOR EACH ROW EXECUTE FUNCTION events_are_append_only()"
    )
    op.execute(
        "CREATE TRIGGER events_no_truncate BEFORE TRUNCATE ON events "
        "FOR EACH STATEMENT EXECUTE FUNCTION events_are_append_only()"
    )


def downgrade() -> None:
    raise NotImplementedError("The first tables are not taken away: that would delete everything. Restore a backup.")
