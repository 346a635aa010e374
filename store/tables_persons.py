"""Which authors are one person: what suggests it, what was confirmed, and what an undoing needs.

`authors.person_id` and `cases.person_id` name the person as it stands now; the *home* of an author, a case or a
mention is the person it had before any link. Homes never change by linking, so an undoing only looks them up.
Everything here that is derived from a mention's words goes with the mention.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table

from store.columns import FiniteFloat, Id, Json, SafeName, SafeText, UtcTime
from store.metadata import metadata
from store.tables import cases, mentions, persons

person_traits = Table(
    "person_traits",
    metadata,
    Column("mention_id", Id, ForeignKey(mentions.c.id, ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("kind", SafeText, primary_key=True),  # one of rows_persons.TRAIT_KINDS
    Column("value", SafeName, primary_key=True),  # in the one spelling in which two are compared
    Column("brand", SafeText, nullable=False),
    Column("shown", SafeText, nullable=False),  # as it was written
    Column("person_id", Id, ForeignKey(persons.c.id), nullable=False),  # the home of the mention's author
    Column("public", Integer, nullable=False),  # 1: anybody could read it there, and copy it
    Column("at", UtcTime, nullable=False),  # when it was posted
    Index("ix_person_traits_value", "brand", "kind", "value", "person_id"),
    Index("ix_person_traits_person", "brand", "person_id", "kind", "value"),
)

mention_persons = Table(
    "mention_persons",
    metadata,
    Column("mention_id", Id, ForeignKey(mentions.c.id, ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("brand", SafeText, nullable=False),
    Column("person_id", Id, ForeignKey(persons.c.id), nullable=False, index=True),  # the home; outlives a deletion
)

author_homes = Table(
    "author_homes",
    metadata,
    Column("brand", SafeText, primary_key=True),
    Column("source", SafeText, primary_key=True),
    Column("handle", SafeName, primary_key=True),
    Column("person_id", Id, ForeignKey(persons.c.id), nullable=False, index=True),
)

case_homes = Table(
    "case_homes",
    metadata,
    Column("case_id", Id, ForeignKey(cases.c.id, ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("brand", SafeText, nullable=False),
    Column("person_id", Id, ForeignKey(persons.c.id), nullable=False, index=True),
)

person_links = Table(
    "person_links",
    metadata,
    Column("brand", SafeText, primary_key=True),
    Column("a", Id, ForeignKey(persons.c.id), primary_key=True, autoincrement=False),  # the older of two homes
    Column("b", Id, ForeignKey(persons.c.id), primary_key=True, autoincrement=False),
    Column("state", SafeText, nullable=False),  # one of rows_persons.LINK_STATES
    Column("score", FiniteFloat, nullable=False),
    Column("evidence", Json, nullable=False),  # codes, weights and mention ids; never the words themselves
    Column("refused", Json, nullable=False),  # codes of the evidence that a person has called wrong
    Column("by", SafeText, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("linked_at", UtcTime),  # since when it is confirmed; none where it is not
    Index("ix_person_links_b", "brand", "b"),
)

person_partings = Table(
    "person_partings",
    metadata,
    Column("brand", SafeText, primary_key=True),
    Column("a", Id, ForeignKey(persons.c.id), primary_key=True, autoincrement=False),
    Column("b", Id, ForeignKey(persons.c.id), primary_key=True, autoincrement=False),
    # A home that the undone link a-b had brought together with strangers, from when to when.
    Column("person_id", Id, ForeignKey(persons.c.id), primary_key=True, autoincrement=False, index=True),
    Column("since", UtcTime, primary_key=True),
    Column("until", UtcTime, nullable=False),
)

person_attributes = Table(
    "person_attributes",
    metadata,
    Column("brand", SafeText, primary_key=True),
    Column("person_id", Id, ForeignKey(persons.c.id), primary_key=True, autoincrement=False),  # a home
    Column("name", SafeText, primary_key=True),  # one of rows_persons.ATTRIBUTES
    Column("source", SafeText, primary_key=True),  # agent:NAME, or the order adapter's name
    Column("at", UtcTime, primary_key=True),  # a new value is a new row: an undoing needs the older one
    Column("value", SafeText, nullable=False),
)
