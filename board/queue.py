"""The queue as the browser draws it: rows, views with their counts, and the choices of the filters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from board.marks import marked
from board.moments import Moments, epoch_ms
from desk.views import VIEWS, Filters, MentionView, QueueRow
from mention import LANGUAGES, TOPICS, URGENCIES, family_of

NO_ANSWER = "no_answer"
"""The view of mentions to which no answer is due: they are no cases, but somebody must be able to look."""

APPROVALS = "approvals"
"""The view of what waits for this person's yes."""

SHOWN = ("due_1h", "late", APPROVALS, "unassigned", "mine", "open", "snoozed", "answered", "resolved",
         "set_aside", NO_ANSWER)  # fmt: skip
FIRST = 60
"""Rows that are sent before the browser says which ones are in sight; a tall screen shows about fifteen."""

AT_TOP = 20
"""Rows that are sent wherever one is in the list, so that what has just become due is known."""

ARRIVED = 40
"""Rows that have come since the last look, and are sent wherever they stand: the board says how urgent they are."""

NO_ANSWER_LIMIT = 60
SHORT = 1200
"""Characters of a mention that are sent before somebody asks for the rest."""


class Place(BaseModel):
    """Where a person is in Triage. The browser decides it and numbers each change; the server only follows."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    n: int = 0
    view: str = "open"
    search: str = Field("", max_length=200)
    channel: str | None = Field(None, max_length=100)
    topic: str | None = None
    urgency: str | None = None
    language: str | None = None
    case: int | None = None
    target: str | None = Field(None, max_length=60)
    draft_language: str | None = Field(None, max_length=5)
    whole: tuple[int, ...] = Field((), max_length=50)
    writing: int | None = None
    """The case to which this person is writing an answer."""
    rows: tuple[int, ...] = Field((), max_length=200)
    """The cases whose rows are in sight, or nearly."""
    more: int = Field(NO_ANSWER_LIMIT, ge=0, le=2000)
    """How many mentions to which no answer is due are wanted."""

    @field_validator("view")
    @classmethod
    def _known_view(cls, value: str) -> str:
        return value if value in SHOWN else "open"

    def filters(self) -> Filters:
        """What to ask the desk for."""
        return Filters(
            view=self.view if self.view in VIEWS else "open", search=self.search, channel=self.channel or None,
            topic=self.topic or None, urgency=self.urgency or None, language=self.language or None,
        )  # fmt: skip

    def pick(self, known: Iterable[int]) -> Callable[[Sequence[int]], Sequence[int]]:
        """Which rows of an order are sent: those in sight, the first ones, and what is not among the `known` ids."""
        told, wanted = frozenset(known), frozenset(self.rows)

        def picked(order: Sequence[int]) -> Sequence[int]:
            chosen = dict.fromkeys(order[: AT_TOP if wanted else FIRST])
            if told:
                chosen |= dict.fromkeys([id for id in order if id not in told][:ARRIVED])
            if wanted:
                chosen |= dict.fromkeys(id for id in order if id in wanted)
            return list(chosen)

        return picked


ADDRESS = ("view", "search", "urgency", "channel", "topic", "language")
"""What of a place is a filter, and stands in the address beside the case."""


def row_data(row: QueueRow, moments: Moments, titles: Mapping[str, str]) -> dict[str, Any]:
    """One case for the list; `titles` are the playbooks' titles by id."""
    texts = moments.texts
    return {
        "id": row.case_id,
        "urgency": row.urgency,
        "status": row.status,
        "due": epoch_ms(row.due_at),
        "due_text": moments.near(row.due_at) if row.due_at else "",
        "posted_text": moments.near(row.posted_at),
        "channel": texts.label("channel", row.channel),
        "who": row.author_name or row.author or texts.say("who.unknown"),
        "handle": handle(row.author, row.author_name, row.channel),
        "followers": moments.followers(row.followers),
        "text": texts.say("row.deleted") if row.deleted else row.text,
        "topic": texts.label("topic", row.topic),
        "playbook": titles.get(row.playbook or "", ""),
        "assignee": row.assignee,
        "mentions": texts.say_number("row.mentions", row.mentions, moments.number(row.mentions))
        if row.mentions > 1
        else "",
    }


def handle(author: str | None, name: str | None, channel: str) -> str:
    """The author's handle where it says more than the name does, with the @ that social media write."""
    if not author or not name or author == name:
        return ""
    return f"@{author}" if family_of(channel) == "social" and not author.startswith("@") else author


def mention_row(mention: MentionView, moments: Moments, whole: bool) -> dict[str, Any]:
    """One mention for the view in which no answer is due."""
    texts = moments.texts
    text = mention.text if whole else mention.text[:SHORT]
    labels = [
        {"head": texts.say(f"head.{head}"), "label": texts.label(head, label)} for head, label in mention.labels.items()
    ]
    return {
        "id": mention.id,
        "mention": True,
        "channel": texts.label("channel", mention.channel),
        "who": mention.author_name or mention.author or texts.say("who.unknown"),
        "handle": handle(mention.author, mention.author_name, mention.channel),
        "followers": moments.followers(mention.followers),
        "text": text[:400],
        "pieces": marked(text, mention.score.reasons if mention.score else {}),
        "cut": len(mention.text) > len(text),
        "posted_text": moments.near(mention.published_at),
        "topic": texts.label("topic", mention.labels.get("topic", "")),
        "labels": labels,
        "url": mention.url,
    }


def choices(moments: Moments, channels: Iterable[str], place: Place) -> dict[str, list[list[str]]]:
    """The filters' choices as [value, name] pairs. Channels are those that were seen, so that none leads nowhere."""
    texts = moments.texts
    seen = set(channels) | ({place.channel} if place.channel else set())
    return {
        "channel": [[c, texts.label("channel", c)] for c in sorted(seen, key=lambda c: texts.label("channel", c))],
        "topic": [[t, texts.label("topic", t)] for t in TOPICS],
        "urgency": [[u, texts.label("urgency", u)] for u in reversed(URGENCIES)],
        "language": [[code, texts.label("language", code)] for code in LANGUAGES],
    }
