"""Incidents, alarms, crises, their reviews, drills, causes.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Spelt out and not imported from store.columns: a migration says for ever what it did on its day.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text()
TIME = sa.DateTime(timezone=True)
JSON = sa.JSON()


def upgrade() -> None:
    op.create_table(
        "subject_events",
        sa.Column("event_id", ID, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("brand", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name="fk_subject_events_event_id"),
        sa.PrimaryKeyConstraint("event_id", "subject", name="pk_subject_events"),
    )
    op.create_index("ix_subject_events_subject", "subject_events", ["brand", "subject", "event_id"])
    op.create_table(
        "incidents",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("topic", TEXT, nullable=False),
        sa.Column("mentions", sa.Integer(), nullable=False),
        sa.Column("first_at", TIME, nullable=False),
        sa.Column("last_at", TIME, nullable=False),
        sa.Column("merged_into", ID),
        sa.Column("updated_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["merged_into"], ["incidents.id"], name="fk_incidents_merged_into"),
        sa.PrimaryKeyConstraint("id", name="pk_incidents"),
        sa.UniqueConstraint("brand", "name", name="uq_incidents_brand_name"),
    )
    op.create_index("ix_incidents_last", "incidents", ["brand", "last_at"])
    op.create_table(
        "incident_mentions",
        sa.Column("mention_id", ID, nullable=False),
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("incident_id", ID, nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("why", JSON, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name="fk_incident_mentions_incident_id"),
        sa.ForeignKeyConstraint(
            ["mention_id"], ["mentions.id"], name="fk_incident_mentions_mention_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("mention_id", name="pk_incident_mentions"),
    )
    op.create_index("ix_incident_mentions_incident_id", "incident_mentions", ["incident_id"])
    op.create_table(
        "detection_states",
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("mention_id", ID, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("brand", "kind", name="pk_detection_states"),
    )
    op.create_table(
        "alarms",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("incident_id", ID, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("raised_at", TIME, nullable=False),
        sa.Column("view", TEXT, nullable=False),
        sa.Column("facts", JSON, nullable=False),
        sa.Column("proof", JSON, nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name="fk_alarms_incident_id"),
        sa.PrimaryKeyConstraint("id", name="pk_alarms"),
        sa.UniqueConstraint("brand", "incident_id", name="uq_alarms_brand_incident_id"),
    )
    op.create_index("ix_alarms_at", "alarms", ["brand", "at"])
    op.create_table(
        "crises",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("incident_id", ID),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("plan", TEXT, nullable=False),
        sa.Column("plan_version", sa.Integer(), nullable=False),
        sa.Column("body", JSON, nullable=False),
        sa.Column("people", JSON, nullable=False),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("stage", TEXT, nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("next_at", TIME),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name="fk_crises_incident_id"),
        sa.PrimaryKeyConstraint("id", name="pk_crises"),
        sa.UniqueConstraint("brand", "key", name="uq_crises_brand_key"),
    )
    op.create_index("ix_crises_incident_id", "crises", ["incident_id"])
    op.create_index("ix_crises_stage", "crises", ["brand", "stage"])
    op.create_table(
        "crisis_notices",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("crisis_id", ID, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("person", TEXT, nullable=False),
        sa.Column("duty", TEXT, nullable=False),
        sa.Column("title", JSON, nullable=False),
        sa.Column("why", JSON, nullable=False),
        sa.Column("due_at", TIME),
        sa.Column("at", TIME, nullable=False),
        sa.Column("seen_at", TIME),
        sa.Column("acknowledged_at", TIME),
        sa.ForeignKeyConstraint(["crisis_id"], ["crises.id"], name="fk_crisis_notices_crisis_id"),
        sa.PrimaryKeyConstraint("id", name="pk_crisis_notices"),
        sa.UniqueConstraint("brand", "key", name="uq_crisis_notices_brand_key"),
    )
    op.create_index("ix_crisis_notices_crisis", "crisis_notices", ["crisis_id", "at"])
    op.create_index("ix_crisis_notices_person", "crisis_notices", ["brand", "person", "at"])
    op.create_table(
        "crisis_reviews",
        sa.Column("crisis_id", ID, nullable=False),
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("body", JSON, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("drafted_at", TIME, nullable=False),
        sa.Column("edited_at", TIME, nullable=False),
        sa.Column("edited_by", TEXT, nullable=False),
        sa.Column("signed_at", TIME),
        sa.Column("signed_by", TEXT),
        sa.ForeignKeyConstraint(["crisis_id"], ["crises.id"], name="fk_crisis_reviews_crisis_id"),
        sa.PrimaryKeyConstraint("crisis_id", name="pk_crisis_reviews"),
    )
    op.create_table(
        "review_actions",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("crisis_id", ID, nullable=False),
        sa.Column("what", TEXT, nullable=False),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("due_on", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("playbook", TEXT),
        sa.Column("change", TEXT),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("settled_at", TIME),
        sa.Column("note", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["crisis_id"], ["crises.id"], name="fk_review_actions_crisis_id"),
        sa.PrimaryKeyConstraint("id", name="pk_review_actions"),
    )
    op.create_index("ix_review_actions_crisis_id", "review_actions", ["crisis_id"])
    op.create_index("ix_review_actions_state", "review_actions", ["brand", "state", "due_on"])
    op.create_table(
        "drills",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("drill", TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("plan", TEXT, nullable=False),
        sa.Column("plan_version", sa.Integer(), nullable=False),
        sa.Column("language", TEXT, nullable=False),
        sa.Column("home", TEXT, nullable=False),
        sa.Column("players", JSON, nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("ended_at", TIME),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("scorecard", JSON),
        sa.PrimaryKeyConstraint("id", name="pk_drills"),
        sa.UniqueConstraint("brand", "key", name="uq_drills_brand_key"),
    )
    op.create_index("ix_drills_started", "drills", ["brand", "started_at"])
    op.create_table(
        "causes",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.Column("topic", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("facts", JSON, nullable=False),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_causes"),
        sa.UniqueConstraint("brand", "kind", "value", "topic", name="uq_causes_brand_kind_value_topic"),
    )
