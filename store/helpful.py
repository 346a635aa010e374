"""Answers that were given before to the same matter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from store.tables import cases, events

READ = 60
"""Cases read, the latest answered first, before those answers that fit are chosen: JSON is not searched on SQLite."""


@dataclass(frozen=True)
class GivenAnswer:
    """One answer: its words, by whom, when, in which channel."""

    case_id: int
    at: datetime
    by: str
    channel: str
    text: str


def last_answers(
    tx: Connection, brand: str, *, playbook: str | None, topic: str, language: str, but: int, limit: int
) -> list[GivenAnswer]:
    """Public answers by people on other cases of the same playbook (of the same topic where there is none)."""
    same = cases.c.playbook == playbook if playbook else cases.c.topic == topic
    # The cases first, by their index: a playbook of two years has more answers than anybody wants to sort.
    latest = (
        select(cases.c.id)
        .where(cases.c.brand == brand, same, cases.c.language == language, cases.c.id != but,
               cases.c.answered_at.is_not(None))
        .order_by(cases.c.answered_at.desc())
        .limit(READ)
    )  # fmt: skip
    query = (
        select(events.c.case_id, events.c.at, events.c.by, events.c.data)
        .where(events.c.case_id.in_(latest), events.c.type == "answered")
        .order_by(events.c.at.desc(), events.c.id.desc())
    )
    found: dict[str, GivenAnswer] = {}
    for case_id, at, by, data in tx.execute(query):
        text = str(data.get("text") or "").strip()
        if text and not data.get("private") and str(by).startswith("agent:") and text not in found:
            found[text] = GivenAnswer(case_id, at, by.removeprefix("agent:"), str(data.get("channel") or ""), text)
        if len(found) == limit:
            break
    return list(found.values())
