"""What happens to a stored mention where it was written: its author edits it, or deletes it.

An edit makes a new version, and the one before is kept; the mention goes through scoring and routing again, so that an
edit that makes a matter urgent is not slept through. A deletion takes the words away here too: the text, every version,
the raw payload and the words that drove the score. That it was there, and what was done about it, stays in the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from mention import Score
from store import events
from store.columns import utc
from store.dialect import chunks
from store.incidents import forget_words
from store.persons import forget_traits
from store.rows import NewEvent
from store.tables import case_mentions, mention_versions, mentions, quarantine, scores

DELETED = "[deleted]"
"""What stands where a deleted mention's text stood."""

_COUNTS = ("likes", "shares", "replies", "views")
_TEXTS = ("text", "search", "raw", "extra", "rating")


def note_edits(tx: Connection, brand: str, known: Sequence[dict[str, Any]], seen_at: datetime) -> int:
    """Brings known mentions up to date with the rows that a fetch made of them (as for an insert); returns how many
    had another text. Their reach (likes, shares, replies, views) moves too; a deleted one stays deleted.

    The caller holds the mentions' sources, so nobody else changes these rows.
    """
    edited = 0
    for source in dict.fromkeys(row["source"] for row in known):
        for chunk in chunks([row for row in known if row["source"] == source]):
            edited += _note(tx, brand, source, chunk, seen_at)
    return edited


def _note(tx: Connection, brand: str, source: str, rows: Sequence[dict[str, Any]], seen_at: datetime) -> int:
    columns = [
        mentions.c[name] for name in ("id", "native_id", "text", "raw", "version", "stage", "rating", "extra", *_COUNTS)
    ]
    query = select(*columns).where(
        mentions.c.brand == brand,
        mentions.c.source == source,
        mentions.c.native_id.in_([row["native_id"] for row in rows]),
        mentions.c.deleted_at.is_(None),
    )
    stored = {row.native_id: row for row in tx.execute(query)}
    counted, changed, versions, told, answered = [], [], [], [], []
    for row in rows:
        old = stored.get(row["native_id"])
        if old is None:
            continue
        if any(row[name] != getattr(old, name) for name in _COUNTS):
            counted.append({"mention": old.id, **{f"new_{name}": row[name] for name in _COUNTS}})
        if _is_part(row["extra"]) and not _is_part(old.extra):
            continue  # a list's excerpt, or a mail about it, never takes the place of the whole text
        if row["text"] == old.text and (row["extra"] != old.extra or row["rating"] != old.rating):
            # What the platform says beside the words: answered there, solved, other stars. No new version of the words.
            told.append({"mention": old.id, **{f"new_{name}": row[name] for name in ("extra", "rating", "raw")}})
            if row["extra"].get("answered_at") != old.extra.get("answered_at"):
                answered.append(old.id)
        if row["text"] != old.text:
            versions.append(
                {"mention_id": old.id, "version": old.version, "brand": brand, "text": old.text, "raw": old.raw,
                 "until": seen_at}
            )  # fmt: skip
            stage = old.stage if old.stage in ("new", "edited") else "edited"
            values = {f"new_{name}": row[name] for name in _TEXTS}
            changed.append({"mention": old.id, "new_version": old.version + 1, "new_stage": stage, **values})
    if counted:
        values = {name: bindparam(f"new_{name}") for name in _COUNTS}
        tx.execute(update(mentions).where(mentions.c.id == bindparam("mention")).values(values), counted)
    if told:
        values = {name: bindparam(f"new_{name}") for name in ("extra", "rating", "raw")}
        tx.execute(update(mentions).where(mentions.c.id == bindparam("mention")).values(values), told)
        # An answer given on the platform itself is routed again, so that its case's clock stops where it was given.
        again = update(mentions).where(mentions.c.id.in_(answered), mentions.c.stage.in_(("routed", "set_aside")))
        tx.execute(again.values(stage="rescored"))
    if changed:
        tx.execute(mention_versions.insert(), versions)
        values = {name: bindparam(f"new_{name}") for name in ("version", "stage", *_TEXTS)}
        move = update(mentions).where(mentions.c.id == bindparam("mention")).values(**values, edited_at=seen_at)
        tx.execute(move, changed)
    return len(changed)


def _is_part(extra: dict[str, Any]) -> bool:
    """Whether what was read is only part of the text, or the notification around it."""
    return bool(extra.get("excerpt") or extra.get("whole_mail"))


def remove_deleted(tx: Connection, brand: str, source: str, native_ids: Sequence[str], at: datetime) -> int:
    """Takes away the words of mentions of `source` that were deleted where they were written; returns how many.

    A mention that no case was opened for yet is set aside. Of a case, the log says that the mention is gone.
    """
    removed = 0
    for chunk in chunks(list(native_ids)):
        query = (
            select(mentions.c.id, mentions.c.channel, case_mentions.c.case_id)
            .select_from(mentions.outerjoin(case_mentions, case_mentions.c.mention_id == mentions.c.id))
            .where(
                mentions.c.brand == brand, mentions.c.source == source, mentions.c.native_id.in_(chunk),
                mentions.c.deleted_at.is_(None),
            )
        )  # fmt: skip
        rows = tx.execute(query).all()
        if not rows:
            continue
        ids = [row.id for row in rows]
        tx.execute(delete(mention_versions).where(mention_versions.c.mention_id.in_(ids)))
        for mention_id, payload in tx.execute(
            select(scores.c.mention_id, scores.c.payload).where(scores.c.mention_id.in_(ids))
        ).all():
            bare = Score.model_validate(payload).model_copy(update={"reasons": {}, "facts": ()})
            without = update(scores).where(scores.c.mention_id == mention_id)
            tx.execute(without.values(payload=bare.model_dump(mode="json")))
        forget_traits(tx, ids)
        forget_words(tx, ids)
        held = [f"mention:{mention_id}" for mention_id in ids]
        tx.execute(
            update(quarantine).where(quarantine.c.brand == brand, quarantine.c.digest.in_(held)).values(raw=None)
        )
        for in_case, stage in ((True, "routed"), (False, "set_aside")):
            those = [row.id for row in rows if (row.case_id is not None) is in_case]
            tx.execute(update(mentions).where(mentions.c.id.in_(those)).values(stage=stage))
        empty = {"text": DELETED, "search": "", "raw": None, "author": None, "author_name": None, "url": None,
                 "followers": None, "deleted_at": at}  # fmt: skip
        for row in rows:
            # The channel alone stays of what the source said: which tone an answer takes hangs on it.
            kept = {**empty, "extra": {"channel": row.channel}}
            tx.execute(update(mentions).where(mentions.c.id == row.id).values(kept))
        told = [NewEvent("mention_deleted", at, "system", at, row.case_id, row.id) for row in rows]
        events.append_all(tx, brand, told)
        removed += len(rows)
    return removed


def recheckable(tx: Connection, brand: str, source: str, since: datetime, limit: int = 100_000) -> list[str]:
    """The native ids of a source's mentions posted since `since` (aware) that were not deleted, newest first."""
    query = (
        select(mentions.c.native_id)
        .where(
            mentions.c.brand == brand, mentions.c.source == source, mentions.c.published_at >= utc(since),
            mentions.c.deleted_at.is_(None),
        )
        .order_by(mentions.c.published_at.desc())
        .limit(limit)
    )  # fmt: skip
    return list(tx.execute(query).scalars())


def versions_of(tx: Connection, mention_ids: Sequence[int]) -> dict[int, list[tuple[int, str, datetime]]]:
    """Earlier versions of mentions, oldest first: (version, text, until when it stood) by mention id."""
    columns = (mention_versions.c.mention_id, mention_versions.c.version, mention_versions.c.text)
    query = (
        select(*columns, mention_versions.c.until)
        .where(mention_versions.c.mention_id.in_(mention_ids))
        .order_by(mention_versions.c.mention_id, mention_versions.c.version)
    )
    found: dict[int, list[tuple[int, str, datetime]]] = {}
    for row in tx.execute(query):
        found.setdefault(row.mention_id, []).append((int(row.version), row.text, row.until))
    return found
