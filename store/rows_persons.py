"""What the store hands out about persons: frozen records, times aware and in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

TRAIT_KINDS = ("email", "phone", "order", "tracking", "handle", "declared", "name", "city")
"""What a mention tells of its author; `handle` is the account it came from, `declared` one that the author claims."""

LINK_STATES = ("suggested", "confirmed", "rejected", "withdrawn")
"""How a link of two persons stands; `withdrawn` is a suggestion whose evidence is gone (deleted, or too common)."""

ATTRIBUTES = ("tier",)

LINKED, UNLINKED, LINK_REJECTED = "persons_linked", "persons_unlinked", "person_link_rejected"
"""The events from which all links can be made again."""

LINK_EVENTS = (LINKED, UNLINKED, LINK_REJECTED)

ENTRY_RANKS = {"case_opened": 0, "wrote": 1, "event": 2}
"""The order of what happened in one instant, and which table an entry's id is of: cases, mentions, events."""


@dataclass(frozen=True)
class TraitRow:
    """A trait and one mention that tells it. `person_id` is the home of the mention's author."""

    person_id: int
    kind: str
    value: str
    shown: str
    mention_id: int
    public: bool
    at: datetime


@dataclass(frozen=True)
class LinkRow:
    """Two homes (a older than b) that may be, are, or are not one person (one of LINK_STATES)."""

    a: int
    b: int
    state: str
    score: float
    evidence: tuple[Mapping[str, Any], ...]
    refused: tuple[str, ...]
    by: str
    at: datetime
    linked_at: datetime | None = None


@dataclass(frozen=True)
class Parting:
    """A time in which a home was linked with one it does not belong to."""

    a: int
    b: int
    person_id: int
    since: datetime
    until: datetime


@dataclass(frozen=True)
class AttributeRow:
    """What is known of a person (one of ATTRIBUTES), since when, and who says so."""

    person_id: int
    name: str
    value: str
    source: str
    at: datetime


@dataclass(frozen=True)
class LineRow:
    """One line of a person's time line as stored: `rank` says which table `id` is of (ENTRY_RANKS)."""

    at: datetime
    rank: int
    id: int
    type: str
    channel: str
    source: str
    case_id: int | None
    mention_id: int | None
    by: str
    text: str
    link: str
    deleted: bool = False
    recorded_at: datetime | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
