"""A review as it stands: what was written, the draft of now or the frozen one, what a signature needs. Reads only."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from desk.crisis.course import subject_of
from desk.crisis.review_draft import Draft, drafted
from desk.in_force import ClocksInForce
from desk.roles import Refused
from desk.settings import Settings
from playbooks.schema import Bilingual
from store import crises as crisis_store
from store import reviews as review_store
from store import subjects
from store.crises import CrisisRow
from store.reviews import ActionRow as ActionRow  # the board shows it
from store.reviews import ReviewRow
from store.rows import EventRow

SECTIONS: dict[str, tuple[str, str]] = {
    "summary": ("Özet", "Summary"),
    "causes": ("Nedenler", "Causes"),
    "went_well": ("İyi gidenler", "What went well"),
    "to_change": ("Değişecekler", "What to change"),
}
"""What people write, in whichever language they like; every one must have words before it is signed."""


@dataclass(frozen=True)
class Note:
    """A correction after the signature: it stands beside what was signed and changes nothing of it."""

    at: datetime
    by: str
    text: str


@dataclass(frozen=True)
class Review:
    """A review as it stands. `draft` is reckoned now, or the frozen one once it is signed.

    `version` is 0 before anything was drafted; it goes back into `save`. `missing` are sentences on what a signature
    still needs; `intact` says that what was signed is still what the log's event has the hash of.
    """

    crisis: CrisisRow
    draft: Draft
    sections: Mapping[str, str]
    version: int
    edited_at: datetime | None
    edited_by: str
    actions: tuple[ActionRow, ...]
    notes: tuple[Note, ...]
    missing: tuple[Bilingual, ...]
    signed_at: datetime | None = None
    signed_by: str = ""
    signed_why: str = ""
    intact: bool = True


@dataclass(frozen=True)
class ReviewLine:
    """One crisis in the list of reviews: its review's version (0: none yet), and by whom it was signed, if it was."""

    crisis_id: int
    title: str
    stage: str
    version: int
    signed_at: datetime | None
    signed_by: str
    open_actions: int


def lines(tx: Connection, brand: str) -> tuple[ReviewLine, ...]:
    """Every crisis that is closed or reviewed, the newest first."""
    kept = {row.crisis_id: row for row in review_store.all_of(tx, brand)}
    open_of = [each.crisis_id for each in review_store.open_actions(tx, brand)]
    found = []
    for row in crisis_store.all_of(tx, brand, ("closed", "reviewed")):
        review = kept.get(row.id)
        signed_by = (review.signed_by or "").removeprefix("agent:") if review else ""
        found.append(
            ReviewLine(row.id, row.title, row.stage, review.version if review else 0,
                       review.signed_at if review else None, signed_by, open_of.count(row.id))
        )  # fmt: skip
    return tuple(found)


def read(
    tx: Connection, settings: Settings, crisis_id: int, clocks: ClocksInForce, now: datetime
) -> Review:  # fmt: skip
    """A review as it stands; raises Refused where there is no such crisis."""
    brand = settings.brand.key
    row = row_of(tx, brand, crisis_id)
    kept = review_store.review(tx, brand, crisis_id)
    log = subjects.events_of(tx, brand, subject_of(crisis_id))
    actions = tuple(review_store.actions_of(tx, brand, crisis_id))
    notes = tuple(Note(e.at, person_in(e.by), str(e.data.get("text", ""))) for e in log if e.type == "review_noted")
    if kept is None:
        return Review(
            row, drafted(tx, row, clocks, settings.crisis, now), sections_of(None), 0, None, "", actions, notes, ()
        )
    signed = kept.signed_at is not None
    frozen = _frozen_draft(kept) if signed else None
    return Review(
        row, frozen or drafted(tx, row, clocks, settings.crisis, now), sections_of(kept), kept.version, kept.edited_at,
        person_in(kept.edited_by), actions, notes, () if signed else missing(kept, actions), kept.signed_at,
        person_in(kept.signed_by or ""), str(kept.body.get("why", "")), not signed or _holds(kept, log),
    )  # fmt: skip


def _frozen_draft(kept: ReviewRow) -> Draft | None:
    """What was frozen with the signature; None where somebody damaged it, which the missing hash tells."""
    try:
        return Draft.model_validate(kept.body.get("draft"))
    except ValueError:
        return None


def digest(body: Mapping[str, Any]) -> str:
    """SHA-256, in hex, of a body as canonical JSON (sorted keys, no spaces, ASCII)."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _holds(kept: ReviewRow, log: list[EventRow]) -> bool:
    told = [event for event in log if event.type == "review_signed"]
    return len(told) == 1 and told[0].data.get("sha256") == digest(kept.body)


def row_of(tx: Connection, brand: str, crisis_id: int) -> CrisisRow:
    """A crisis of the brand; raises Refused where there is none of this number."""
    row = crisis_store.crisis(tx, brand, crisis_id)
    if row is None:
        raise Refused(f"{crisis_id} numaralı bir kriz yok.", f"There is no crisis {crisis_id}.")
    return row


def sections_of(kept: ReviewRow | None) -> dict[str, str]:
    """What people wrote, every section of SECTIONS; empty where nobody wrote yet."""
    written = kept.body.get("sections", {}) if kept is not None else {}
    return {name: str(written.get(name, "")) for name in SECTIONS}


def missing(kept: ReviewRow, actions: Sequence[ActionRow]) -> tuple[Bilingual, ...]:
    """What a signature still needs, a sentence each."""
    empty = [names for name, names in SECTIONS.items() if not sections_of(kept)[name]]
    found = []
    if empty:
        tr, en = (", ".join(names[place] for names in empty) for place in (0, 1))
        found.append(Bilingual(tr=f"Şu bölümler boş: {tr}.", en=f"These sections are empty: {en}."))
    for each in actions:
        if each.state == "open" and not (each.owner and each.due_on):
            found.append(Bilingual(tr=f"“{each.what}” için sahip ve gün yazın.",
                                   en=f"“{each.what}” needs an owner and a day."))  # fmt: skip
    return tuple(found)


def person_in(by: str) -> str:
    """The name in a hand of the log."""
    return by.removeprefix("agent:")
