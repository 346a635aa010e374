"""The tables. Every row carries its brand, so that many brands fit into one store.

What a table holds is said here once; `migrations/` builds the same (a test compares the two on both databases).
Columns that list a few words (stages, statuses) are checked by the functions that write them and not by the
database, so that a new word needs no rebuilt table on SQLite.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, UniqueConstraint, text

from store.columns import Count, FiniteFloat, Id, Json, SafeName, SafeText, UtcTime
from store.metadata import metadata

# sqlite_autoincrement: an id is never given out twice. An event may name a mention that was erased since, and must
# not come to name another one. (PostgreSQL's sequences do so by themselves.)

mentions = Table(
    "mentions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("brand", SafeText, nullable=False),
    Column("source", SafeText, nullable=False),
    Column("native_id", SafeText, nullable=False),
    Column("channel", SafeText, nullable=False),
    Column("text", SafeText, nullable=False),
    Column("search", SafeText, nullable=False),  # mention.search_text of text, author and author_name
    Column("author", SafeName),
    Column("author_name", SafeText),
    Column("followers", Count),
    Column("url", SafeText),
    Column("published_at", UtcTime, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    Column("lang", SafeText),
    Column("thread_id", SafeName),
    Column("in_reply_to", SafeName),
    Column("likes", Count, nullable=False),
    Column("shares", Count, nullable=False),
    Column("replies", Count, nullable=False),
    Column("views", Count, nullable=False),
    Column("rating", FiniteFloat),
    Column("extra", Json, nullable=False),
    Column("raw", Json),
    Column("stage", SafeText, nullable=False),  # one of rows.STAGES
    Column("version", Integer, nullable=False, server_default="1"),  # of its text; older ones are in mention_versions
    Column("edited_at", UtcTime),  # when we saw that its author had changed it
    Column("deleted_at", UtcTime),  # when we saw that it was deleted where it was written; its words are gone then
    UniqueConstraint("brand", "source", "native_id"),
    Index("ix_mentions_stage", "brand", "stage", "published_at", "id"),
    Index("ix_mentions_published", "brand", "published_at"),
    Index("ix_mentions_author", "brand", "source", "author", "published_at"),
    Index("ix_mentions_thread", "brand", "source", "thread_id"),
    # published_at too: the detection lag of every source is read from the index alone.
    Index("ix_mentions_seen", "brand", "source", "seen_at", "published_at"),
    sqlite_autoincrement=True,
)

mention_versions = Table(
    "mention_versions",
    metadata,
    Column("mention_id", Id, ForeignKey("mentions.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("brand", SafeText, nullable=False),
    Column("text", SafeText, nullable=False),
    Column("raw", Json),
    Column("until", UtcTime, nullable=False),  # when we saw the next version
)

scores = Table(
    "scores",
    metadata,
    Column("mention_id", Id, ForeignKey("mentions.id"), primary_key=True, autoincrement=False),
    Column("brand", SafeText, nullable=False),
    Column("language", SafeText, nullable=False),
    Column("sentiment", SafeText, nullable=False),
    Column("urgency", SafeText, nullable=False),
    Column("topic", SafeText, nullable=False),
    Column("payload", Json, nullable=False),  # the whole mention.Score
    Column("model", SafeText, nullable=False),
    Column("scored_at", UtcTime, nullable=False),
)

corrections = Table(
    "corrections",
    metadata,
    Column("id", Id, primary_key=True),
    Column("brand", SafeText, nullable=False),
    Column("mention_id", Id, ForeignKey("mentions.id"), nullable=False),
    Column("head", SafeText, nullable=False),  # one of rows.HEADS
    Column("old", SafeText, nullable=False),
    Column("new", SafeText, nullable=False),
    Column("by", SafeText, nullable=False),
    Column("at", UtcTime, nullable=False),
    Index("ix_corrections_mention", "mention_id", "id"),
)

persons = Table(
    "persons",
    metadata,
    Column("id", Id, primary_key=True),
    Column("brand", SafeText, nullable=False),
    Column("name", SafeText),
    Column("created_at", UtcTime, nullable=False),
    Index("ix_persons_brand", "brand"),
    sqlite_autoincrement=True,
)

authors = Table(
    "authors",
    metadata,
    Column("brand", SafeText, primary_key=True),
    Column("source", SafeText, primary_key=True),
    Column("handle", SafeName, primary_key=True),
    Column("person_id", Id, ForeignKey("persons.id"), nullable=False, index=True),
)

_MERGED = "merged_into IS NOT NULL"

cases = Table(
    "cases",
    metadata,
    Column("id", Id, primary_key=True),
    Column("brand", SafeText, nullable=False),
    Column("person_id", Id, ForeignKey("persons.id"), index=True),
    Column("status", SafeText, nullable=False),  # one of rows.STATUSES
    Column("urgency", SafeText, nullable=False),
    Column("priority", Integer, nullable=False),  # 1 is the highest, 5 the lowest
    Column("topic", SafeText, nullable=False),
    Column("sentiment", SafeText, nullable=False),
    Column("language", SafeText, nullable=False),
    Column("channel", SafeText, nullable=False),
    Column("source", SafeText, nullable=False),
    Column("playbook", SafeText),
    Column("assignee", SafeText),
    Column("reasons", Json, nullable=False),
    Column("posted_at", UtcTime, nullable=False),  # the earliest post of the customer: where the clock starts
    Column("opened_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("due_at", UtcTime),  # the nearest true deadline of a running clock
    Column("due_clock", SafeText),  # one of rows.CLOCKS
    Column("answered_at", UtcTime),
    Column("version", Integer, nullable=False),
    Column("waiting_for", SafeText),  # one of rows.WAITING_FOR while the status is waiting
    Column("team", SafeText),  # of the desk's teams, where it has some
    Column("snoozed_until", UtcTime),  # out of sight until then, or until its customer writes
    Column("merged_into", Id),  # the case that holds its mentions now
    # After brand and status the queue's order, and the assignee, so that every view is counted from the index alone.
    Index("ix_cases_queue", "brand", "status", "due_at", "priority", "posted_at", "assignee", "snoozed_until"),
    Index("ix_cases_done", "brand", "status", "updated_at"),  # what was resolved, the last one first
    # The latest cases that were answered by one playbook in one language: whoever writes the next answer sees those.
    Index("ix_cases_answered", "brand", "playbook", "language", "answered_at"),
    # Few cases were ever merged, and every open case asks which ones it holds.
    Index("ix_cases_merged", "merged_into", sqlite_where=text(_MERGED), postgresql_where=text(_MERGED)),
    sqlite_autoincrement=True,
)

case_mentions = Table(
    "case_mentions",
    metadata,
    Column("case_id", Id, ForeignKey("cases.id"), primary_key=True),
    Column("mention_id", Id, ForeignKey("mentions.id"), primary_key=True),
    Column("brand", SafeText, nullable=False),
    Column("at", UtcTime, nullable=False),
    UniqueConstraint("mention_id"),
)

_POSTS = "type IN ('customer_posted', 'customer_wrote')"
_GAPS = "type = 'coverage_gap'"

# The log stands by itself: it has no foreign keys, because a person's mentions can be erased while what was done
# about them stays provable. Triggers (in the migration) refuse every change.
events = Table(
    "events",
    metadata,
    Column("id", Id, primary_key=True),
    Column("brand", SafeText, nullable=False),
    Column("case_id", Id),
    Column("mention_id", Id),
    Column("at", UtcTime, nullable=False),  # when it happened
    Column("recorded_at", UtcTime, nullable=False),  # when it was written down
    Column("type", SafeText, nullable=False),
    Column("by", SafeText, nullable=False),  # customer, agent:NAME or system
    Column("data", Json, nullable=False),
    Column("prev_hash", SafeText, nullable=False),
    Column("hash", SafeText, nullable=False),
    Index("ix_events_case", "case_id", "at", "id"),
    Index("ix_events_brand", "brand", "id"),
    # What customers wrote, by time: the cases of a period are found from the index alone. Few events, so a small one.
    Index("ix_events_posts", "brand", "at", "case_id", sqlite_where=text(_POSTS), postgresql_where=text(_POSTS)),
    Index("ix_events_gaps", "brand", "at", sqlite_where=text(_GAPS), postgresql_where=text(_GAPS)),
    sqlite_autoincrement=True,
)

event_heads = Table(
    "event_heads",
    metadata,
    Column("brand", SafeText, primary_key=True),
    Column("hash", SafeText, nullable=False),  # the newest event's hash
    Column("events", Count, nullable=False),  # how many events the chain has
)

playbook_runs = Table(
    "playbook_runs",
    metadata,
    Column("id", Id, primary_key=True),
    Column("brand", SafeText, nullable=False),
    Column("case_id", Id, ForeignKey("cases.id"), nullable=False, index=True),
    Column("playbook", SafeText, nullable=False),
    Column("version", Integer, nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("finished_at", UtcTime),
)

playbook_steps = Table(
    "playbook_steps",
    metadata,
    Column("run_id", Id, ForeignKey("playbook_runs.id"), primary_key=True),
    Column("step", SafeText, primary_key=True),
    Column("brand", SafeText, nullable=False),
    Column("position", Integer, nullable=False),
    Column("due_at", UtcTime),
    Column("state", SafeText, nullable=False),  # one of rows.STEP_STATES
    Column("done_at", UtcTime),
    Column("by", SafeText),
)

source_state = Table(
    "source_state",
    metadata,
    Column("brand", SafeText, primary_key=True),
    Column("source", SafeText, primary_key=True),
    Column("kind", SafeText),
    Column("cursor", Json),
    Column("state", SafeText, nullable=False),  # one of rows.SOURCE_STATES
    Column("note", SafeText, nullable=False),
    Column("last_started_at", UtcTime),
    Column("last_ok_at", UtcTime),
    Column("last_item_at", UtcTime),
    Column("failures", Integer, nullable=False),  # fetches failed in a row
    Column("next_at", UtcTime),
    Column("total", Count, nullable=False),  # mentions stored from this source
    Column("updated_at", UtcTime, nullable=False),
    Column("pace_s", FiniteFloat),  # seconds between two fetches as it is now, between the source's bounds
    Column("settles_s", FiniteFloat),  # seconds until a post is certain to be listed by the source
)

polls = Table(
    "polls",
    metadata,
    Column("id", Id, primary_key=True),
    Column("brand", SafeText, nullable=False),
    Column("source", SafeText, nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("finished_at", UtcTime, nullable=False),
    Column("outcome", SafeText, nullable=False),  # one of rows.SOURCE_STATES
    Column("fetched", Count, nullable=False),
    Column("new", Count, nullable=False),
    Column("known", Count, nullable=False),
    Column("rejected", Count, nullable=False),
    Column("note", SafeText, nullable=False),
    Column("passed", Count, nullable=False, server_default="0"),  # read, and not what the query asks for
    Column("requests", Count, nullable=False, server_default="0"),
    Column("proof", SafeText),  # how it knows that it read everything (collectors.protocol.Proof); none if cut off
    Column("reach_from", UtcTime),  # from when on it read everything; none where it joins what was read before
    Column("gap", Integer, nullable=False, server_default="0"),  # 1: posts before reach_from may be missing
    Column("missed", Count),  # how many, where the source gives counts
    Column("next_at", UtcTime),  # when the next poll was planned
    Index("ix_polls_source", "brand", "source", "id"),
    Index("ix_polls_finished", "brand", "finished_at"),
)

usage = Table(
    "usage",
    metadata,
    Column("brand", SafeText, primary_key=True),
    Column("source", SafeText, primary_key=True),
    Column("period", SafeText, primary_key=True),  # a UTC day (2026-11-21) or month (2026-11)
    Column("requests", Count, nullable=False),
    Column("items", Count, nullable=False),
)

backfills = Table(
    "backfills",
    metadata,
    Column("id", Id, primary_key=True),
    Column("brand", SafeText, nullable=False),
    Column("source", SafeText, nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("until", UtcTime, nullable=False),
    Column("state", SafeText, nullable=False),  # one of rows.BACKFILL_STATES
    Column("cursor", Json),  # where it stands, once it has begun
    Column("tries", Integer, nullable=False),
    Column("not_before", UtcTime, nullable=False),
    Column("found", Count, nullable=False),  # mentions that it brought and that were not known
    Column("note", SafeText, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    UniqueConstraint("brand", "source", "since", "until"),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Id, primary_key=True),
    Column("brand", SafeText, nullable=False),
    Column("stage", SafeText, nullable=False),  # one of rows.QUARANTINE_STAGES
    Column("source", SafeText, nullable=False),
    Column("mention_id", Id, ForeignKey("mentions.id"), index=True),
    Column("digest", SafeText, nullable=False),  # what makes it the same item when it comes again
    Column("raw", Json),
    Column("reason", SafeText, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("resolved_at", UtcTime),
    UniqueConstraint("brand", "stage", "source", "digest"),
    Index("ix_quarantine_open", "brand", "resolved_at", "id"),
)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("brand", SafeText, primary_key=True),
    Column("name", SafeText, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("data", Json, nullable=False),
)
