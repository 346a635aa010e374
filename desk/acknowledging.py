"""The automatic acknowledgement: labelled as what it is, with the hour by which a person answers. It stops no clock.

It goes through the outbox like every reply, so that a customer gets one and never two. Its send key is the case's.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from desk.outbox import OutboxError, enqueue
from desk.replies.context import PRIVATE_FAMILIES
from desk.sending.registry import Senders
from desk.settings import Settings
from mention import family_of
from playbooks.facts import SLOT_OPEN
from playbooks.phrases import acknowledge
from playbooks.schema import Library
from store import cases as case_store
from store import outbox as sends
from store.engine import Store
from store.rows import CaseRow

BY = "system"
WITHIN = timedelta(minutes=30)
"""An acknowledgement that comes later than this tells nobody anything; then nothing is sent."""

KEY = "acknowledgement:"


def acknowledge_new(store: Store, settings: Settings, library: Library, senders: Senders, now: datetime) -> int:
    """Put an acknowledgement on its way for every new case in a channel that the settings name; how many.

    None where a person has answered, where the template would have an empty slot, and never where a platform takes a
    single answer (a marketplace's question would be closed by it).
    """
    if not settings.acknowledge or not senders.allow:
        return 0
    brand, done = settings.brand.key, 0
    with store.write() as tx:
        for row in case_store.opened_since(tx, brand, now - WITHIN, settings.acknowledge):
            if row.answered_at is not None or row.due_at is None or sends.of_case(tx, brand, row.id):
                continue
            if family_of(row.channel) == "marketplace":
                continue
            mentions = case_store.mentions_of(tx, row.id)
            if not mentions or mentions[0][0].deleted_at is not None:
                continue
            stored = mentions[0][0]
            private = family_of(row.channel) in PRIVATE_FAMILIES
            sender = senders.choose(stored.mention, private)
            text = _text(row, plain_name(stored.mention.author_name), settings, library)
            if sender is None or not text or SLOT_OPEN in text:
                continue
            try:
                enqueue(
                    tx, brand, send_key=f"{KEY}{row.id}", case_id=row.id, mention_id=stored.id, mention=stored.mention,
                    sender=sender, private=private, text=text, by=BY, now=now,
                )  # fmt: skip
                done += 1
            except OutboxError:
                continue  # it cannot be reached this way; a person will see that when they answer
    return done


def plain_name(name: str | None) -> str | None:
    """A name that can be said in the brand's name without anybody looking: letters, blanks, `.`, `-` and `'` only. A
    customer called `visit evil.example` is greeted without a name."""
    short = name is not None and len(name) <= 60 and len(name.split()) <= 5
    return name if short and name and all(c.isalpha() or c in " -’'" for c in name) else None


def _text(row: CaseRow, name: str | None, settings: Settings, library: Library) -> str:
    assert row.due_at is not None
    facts = {
        "brand": settings.brand.name, "name": name, "case_number": f"N-{row.id}", "contact": settings.brand.contact,
        "answer_by": row.due_at.astimezone(settings.desk.zone),
    }  # fmt: skip
    return acknowledge(library.phrases, family_of(row.channel), row.language, facts)
