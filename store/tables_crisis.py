"""Incidents, the alarms they raised, crises and drills, their reviews, and the causes behind them.

Who did what in a crisis is in the event log; `subject_events` finds the events of one incident or crisis in it. The
rows here are what a page or a worker asks for often, and what events are about.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, UniqueConstraint

from store.columns import Id, Json, SafeText, UtcTime
from store.metadata import metadata
from store.tables import events, mentions

# Which events are about an incident, a crisis or a cause: `incident:12`, `crisis:3`, `cause:7`.
subject_events = Table(
    "subject_events",
    metadata,
    Column("event_id", Id, ForeignKey(events.c.id), primary_key=True, autoincrement=False),
    Column("subject", SafeText, primary_key=True),
    Column("brand", SafeText, nullable=False),
    Index("ix_subject_events_subject", "brand", "subject", "event_id"),
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", Id, primary_key=True),
    Column("brand", SafeText, nullable=False),
    Column("name", SafeText, nullable=False),  # as the grouping calls it, `i12`
    Column("topic", SafeText, nullable=False),  # the most frequent one
    Column("mentions", Integer, nullable=False),
    Column("first_at", UtcTime, nullable=False),  # when its first mention was posted
    Column("last_at", UtcTime, nullable=False),
    Column("merged_into", Id, ForeignKey("incidents.id")),  # where it turned out to be the same as an older one
    Column("updated_at", UtcTime, nullable=False),
    UniqueConstraint("brand", "name"),
    Index("ix_incidents_last", "brand", "last_at"),
)

incident_mentions = Table(
    "incident_mentions",
    metadata,
    Column("mention_id", Id, ForeignKey(mentions.c.id, ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("brand", SafeText, nullable=False),
    Column("incident_id", Id, ForeignKey(incidents.c.id), nullable=False, index=True),
    Column("by", SafeText, nullable=False),  # system, or agent:NAME who moved it
    Column("why", Json, nullable=False),  # nlp.incidents_told.Why, as a list of {kind, values, weight}
    Column("at", UtcTime, nullable=False),  # when it was placed
)

# What the grouping and the growth watch know, saved in one transaction with what they answered.
detection_states = Table(
    "detection_states",
    metadata,
    Column("brand", SafeText, primary_key=True),
    Column("kind", SafeText, primary_key=True),  # grouping or growth
    Column("state", SafeText, nullable=False),  # JSON, compressed (zlib) and in base64
    Column("mention_id", Id, nullable=False),  # the last one that was taken in, in the order of scoring
    Column("at", UtcTime, nullable=False),
)

# One an incident: the alarm that it raised, and the posts that prove it.
alarms = Table(
    "alarms",
    metadata,
    Column("id", Id, primary_key=True),
    Column("brand", SafeText, nullable=False),
    Column("incident_id", Id, ForeignKey(incidents.c.id), nullable=False),
    Column("at", UtcTime, nullable=False),  # by the clock of the mentions
    Column("raised_at", UtcTime, nullable=False),  # when this was found out
    Column("view", SafeText, nullable=False),  # which view saw it, see playbooks.growth
    Column("facts", Json, nullable=False),  # of playbooks.growth.Alarm: count, usual, authors, channels, doubling, why
    Column("proof", Json, nullable=False),  # ids of mentions
    UniqueConstraint("brand", "incident_id"),
    Index("ix_alarms_at", "brand", "at"),
)

crises = Table(
    "crises",
    metadata,
    Column("id", Id, primary_key=True),
    Column("brand", SafeText, nullable=False),
    Column("key", SafeText, nullable=False),  # what it came from: `incident:5`, `incident:5#2`, or a person's own key
    Column("incident_id", Id, ForeignKey(incidents.c.id), index=True),
    Column("title", SafeText, nullable=False),
    Column("plan", SafeText, nullable=False),
    Column("plan_version", Integer, nullable=False),
    Column("body", Json, nullable=False),  # the plan as it was: a run keeps its version
    Column("people", Json, nullable=False),  # names by role, as they were when it was opened
    Column("opened_at", UtcTime, nullable=False),
    Column("stage", SafeText, nullable=False),  # one of playbooks.crisis.plan.STAGES
    Column("severity", Integer, nullable=False),
    Column("next_at", UtcTime),  # when something in it is due next; none once it is reviewed or dismissed
    UniqueConstraint("brand", "key"),
    Index("ix_crises_stage", "brand", "stage"),
)

# Who was to be told what in a crisis: written in one transaction with its `told` event; its alerts are in `alerts`.
crisis_notices = Table(
    "crisis_notices",
    metadata,
    Column("id", Id, primary_key=True),
    Column("brand", SafeText, nullable=False),
    Column("crisis_id", Id, ForeignKey(crises.c.id), nullable=False),
    Column("key", SafeText, nullable=False),  # of playbooks.crisis.state.Notice
    Column("kind", SafeText, nullable=False),
    Column("role", SafeText, nullable=False),
    Column("person", SafeText, nullable=False),
    Column("duty", SafeText, nullable=False),
    Column("title", Json, nullable=False),  # {tr, en}
    Column("why", Json, nullable=False),  # {tr, en}
    Column("due_at", UtcTime),  # of the duty
    Column("at", UtcTime, nullable=False),
    Column("seen_at", UtcTime),  # when they opened it
    Column("acknowledged_at", UtcTime),  # when they said that they have it
    UniqueConstraint("brand", "key"),
    Index("ix_crisis_notices_person", "brand", "person", "at"),
    Index("ix_crisis_notices_crisis", "crisis_id", "at"),
)

crisis_reviews = Table(
    "crisis_reviews",
    metadata,
    Column("crisis_id", Id, ForeignKey(crises.c.id), primary_key=True, autoincrement=False),
    Column("brand", SafeText, nullable=False),
    Column("body", Json, nullable=False),  # what people wrote; numbers are computed again from the log each time
    Column("version", Integer, nullable=False),
    Column("drafted_at", UtcTime, nullable=False),
    Column("edited_at", UtcTime, nullable=False),
    Column("edited_by", SafeText, nullable=False),
    Column("signed_at", UtcTime),
    Column("signed_by", SafeText),
)

review_actions = Table(
    "review_actions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("brand", SafeText, nullable=False),
    Column("crisis_id", Id, ForeignKey(crises.c.id), nullable=False, index=True),
    Column("what", SafeText, nullable=False),
    Column("owner", SafeText, nullable=False),
    Column("due_on", SafeText, nullable=False),  # a day, YYYY-MM-DD
    Column("state", SafeText, nullable=False),  # open, done or dropped
    Column("playbook", SafeText),  # the playbook or plan that it proposes to change
    Column("change", SafeText),  # and how
    Column("created_at", UtcTime, nullable=False),
    Column("settled_at", UtcTime),
    Column("note", SafeText, nullable=False),
    Index("ix_review_actions_state", "brand", "state", "due_on"),
)

# Drills that were played: kept in the brand's own store, while all that happens in one is in a store of its own.
drills = Table(
    "drills",
    metadata,
    Column("id", Id, primary_key=True),
    Column("brand", SafeText, nullable=False),
    Column("key", SafeText, nullable=False),
    Column("drill", SafeText, nullable=False),
    Column("version", Integer, nullable=False),
    Column("plan", SafeText, nullable=False),
    Column("plan_version", Integer, nullable=False),
    Column("language", SafeText, nullable=False),
    Column("home", SafeText, nullable=False),  # the folder with its store
    Column("players", Json, nullable=False),  # names by role; a role that is not here was played by the script
    Column("started_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    Column("state", SafeText, nullable=False),  # running, ended or broken_off
    Column("scorecard", Json),
    UniqueConstraint("brand", "key"),
    Index("ix_drills_started", "brand", "started_at"),
)

# What makes people complain: a product, carrier, branch or campaign with a topic, and what was done about it.
causes = Table(
    "causes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("brand", SafeText, nullable=False),
    Column("kind", SafeText, nullable=False),  # product, supplier, carrier, branch, campaign
    Column("value", SafeText, nullable=False),
    Column("topic", SafeText, nullable=False),
    Column("state", SafeText, nullable=False),  # open, acknowledged, fixed, or back: fixed, and it rose again
    Column("facts", Json, nullable=False),  # rates and their intervals, as they were when the state last changed
    Column("owner", SafeText, nullable=False),
    Column("note", SafeText, nullable=False),
    Column("since", UtcTime, nullable=False),  # when it began, as far as can be said
    Column("updated_at", UtcTime, nullable=False),
    UniqueConstraint("brand", "kind", "value", "topic"),
)
