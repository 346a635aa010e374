"""Everything a person wrote and was told, in any channel, in one order, so that nobody asks again.

What may be shown is decided here, once: a wrong link never shows one customer's words to another. Words are withheld
- from the moment in which a stranger's mention joined a case until it left it: what was said then may be theirs;
- in internal notes written while a link held that was undone since: they may speak of the other;
- where the customer deleted them.
The line itself stays, so that it is seen that something was done.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from desk.lineage import SPLIT, UNDONE
from store import person_links as links
from store import persons as store
from store import timeline as lines
from store.rows import EventRow
from store.rows_persons import ENTRY_RANKS, LineRow
from store.timeline import Place

__all__ = ["Entry", "Place", "timeline"]

KINDS = {
    "answered": "told", "sent": "told", "auto_acknowledged": "acknowledged", "note": "note", "promised": "promised",
    "resolved": "case_resolved", "reopened": "case_reopened", "set_aside": "case_set_aside",
}  # fmt: skip
"""The kind of entry that an event is; those that begin with `concession_` are of the kind `concession`."""

INTERNAL = frozenset({"note", "case_set_aside"})
"""Kinds that were never meant for the customer."""

STRANGER, LINKED_THEN = "stranger", "linked_then"
"""Why words are withheld: somebody else's mention was in the case; the person was linked wrongly then."""


@dataclass(frozen=True)
class Entry:
    """One line of a person's time line. `kind`: wrote, case_opened, or one of KINDS' values, or concession.

    `internal`: never for the customer's eyes; `withheld` is empty, STRANGER or LINKED_THEN; `place` goes into the next
    page's `before`.
    """

    at: datetime
    kind: str
    channel: str
    source: str
    case_id: int | None
    mention_id: int | None
    by: str
    text: str
    link: str
    place: Place
    internal: bool = False
    deleted: bool = False
    withheld: str = ""
    event: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Span:
    """A time in which words are withheld, both ends included; without `until` it still lasts."""

    since: datetime
    until: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Whether `at` lies in it."""
        return self.since <= at and (self.until is None or at <= self.until)


def timeline(
    tx: Connection, brand: str, person_id: int, limit: int = 50, before: Place | None = None,
    members: Collection[int] | None = None,
) -> tuple[Entry, ...]:  # fmt: skip
    """The newest `limit` lines of a person, whatever id of theirs is given, older than `before`; the newest first.

    `members` are the person's homes where they are known already.
    """
    members = members or links.members(tx, brand, person_id)
    case_ids = store.case_ids_of(tx, brand, min(members))
    events = lines.events_of(tx, case_ids)
    written = lines.wrote(tx, brand, store.accounts(tx, brand, members), members, before, limit)
    done = [*lines.opened(tx, case_ids), *_lines(events, lines.channels_of(tx, case_ids))]
    older = [line for line in done if before is None or (line.at, line.rank, line.id) < before]
    newest = sorted([*written, *older], key=lambda line: (line.at, line.rank, line.id), reverse=True)[:limit]

    written_by = store.homes_of_mentions(tx, {event.mention_id for event in events if event.mention_id is not None})
    strange = with_strangers(events, written_by, members)
    homes = store.homes_of_cases(tx, case_ids)
    apart: dict[int, list[Span]] = {}
    for parting in links.partings(tx, brand, members):
        if not {parting.a, parting.b} <= set(members):
            apart.setdefault(parting.person_id, []).append(Span(parting.since, parting.until))
    return tuple(
        entry(line, strange.get(line.case_id or 0, ()), apart.get(homes.get(line.case_id or 0, 0), ()))
        for line in newest
    )  # fmt: skip


def with_strangers(
    events: Iterable[EventRow], written_by: Mapping[int, int], members: Collection[int]
) -> dict[int, list[Span]]:
    """When each case held a mention of somebody else, by its events, in the order in which they were written.

    `written_by` are the homes of mentions; one that is not known counts as the case's own.
    """
    joined: dict[int, tuple[int, datetime]] = {}
    left: dict[int, datetime] = {}
    for event in events:
        stranger = event.mention_id is not None and written_by.get(event.mention_id) not in (None, *members)
        if stranger and event.case_id is not None and event.type in ("customer_posted", "customer_wrote"):
            joined[event.id] = (event.case_id, event.recorded_at)
        if event.type in (UNDONE, SPLIT):
            for number in event.data.get("events", ()):
                left.setdefault(number, event.recorded_at)
    spans: dict[int, list[Span]] = {}
    for number, (case_id, at) in joined.items():
        spans.setdefault(case_id, []).append(Span(at, left.get(number)))
    return spans


def entry(line: LineRow, strange: Sequence[Span], apart: Sequence[Span]) -> Entry:
    """A stored line as it may be shown: `strange` is when strangers were in its case, `apart` when a link was wrong."""
    kind = line.type if line.rank != ENTRY_RANKS["event"] else _kind(line.type)
    written = line.recorded_at or line.at
    withheld = ""
    if line.rank == ENTRY_RANKS["event"] and any(span.holds(written) for span in strange):
        withheld = STRANGER
    elif kind == "note" and any(span.holds(written) for span in apart):
        withheld = LINKED_THEN
    return Entry(
        line.at, kind, line.channel, line.source, line.case_id, line.mention_id, line.by,
        "" if withheld else line.text, "" if withheld else line.link, (line.at, line.rank, line.id),
        kind in INTERNAL, line.deleted, withheld, line.type if line.rank == ENTRY_RANKS["event"] else "",
        {} if withheld else line.data,
    )  # fmt: skip


def _lines(events: Sequence[EventRow], channels: Mapping[int, tuple[str, str]]) -> list[LineRow]:
    """The events that a person's time line shows, each once: no copies that a merge or split made, nothing undone, and
    of an answer that was recorded and sent only the first."""
    undone = {number for event in events if event.type == UNDONE for number in event.data.get("events", ())}
    found, answers = [], set()
    for event in events:
        if not _kind(event.type) or event.id in undone or "of_event" in event.data or event.case_id is None:
            continue
        text = str(event.data.get("text") or event.data.get("reason") or "")
        if event.type == "sent" and not text and _same_answer(event, events):
            continue
        if _kind(event.type) == "told" and text:
            other = "sent" if event.type == "answered" else "answered"
            if (event.case_id, other, text) in answers:
                continue
            answers.add((event.case_id, event.type, text))
        channel, source = channels.get(event.case_id, ("", ""))
        found.append(
            LineRow(
                event.at, ENTRY_RANKS["event"], event.id, event.type, str(event.data.get("channel") or channel), source,
                event.case_id, event.mention_id, event.by, text, str(event.data.get("link") or ""), False,
                event.recorded_at, event.data,
            )
        )  # fmt: skip
    return found


def _same_answer(sent: EventRow, events: Sequence[EventRow]) -> bool:
    """Whether what was sent stands in the log as an answer, with its words."""
    link = sent.data.get("link")
    return any(
        event.type == "answered"
        and event.case_id == sent.case_id
        and (event.at == sent.at or (link and event.data.get("link") == link))
        for event in events
    )


def _kind(type: str) -> str:
    granted = type.startswith("concession_") and type != "concession_waits"  # asked for is not given
    return "concession" if granted else KINDS.get(type, "")
