"""What people said of the classifier's labels: corrected, let stand on a case they handled, or reviewed.

Nothing is written here but one event: that a person reviewed all labels of a mention drawn at random.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, func, or_, select

from store import events as event_log
from store.columns import utc
from store.dialect import chunks
from store.editing import versions_of
from store.rows import HEADS
from store.tables import authors, case_mentions, corrections, events, mentions, scores

HANDLED = ("answered", "resolved")
"""Events of a person after which a label that stands was let stand: they read the mention, and acted on it."""

REVIEWED = "labels_reviewed"
"""The event that says: a person looked at every label of this mention, and what stands now is right."""

MODEL_CHANGES = ("model_promoted", "model_rolled_back")


@dataclass(frozen=True)
class LookedAt:
    """A mention whose labels a person looked at, last at `at`.

    `text` is as it stood then, `given` what the classifier had said, `labels` what stands now, both by head; a head is
    only there where a person decided on it. `corrected` names the heads where the two differ. `person` says who wrote
    it (a number of ours, or source and name), `thread` in which thread; `reviewed` whether it was drawn at random.
    """

    mention_id: int
    text: str
    lang: str | None
    person: str
    thread: str | None
    seen_at: datetime
    at: datetime
    given: dict[str, str]
    labels: dict[str, str]
    model: str
    reviewed: bool = False

    @property
    def corrected(self) -> frozenset[str]:
        """The heads whose label a person changed, and did not change back."""
        return frozenset(head for head, label in self.labels.items() if self.given[head] != label)


@dataclass
class _Said:
    """What people did about one mention: corrections by head (first old, last new, last at), when it was handled."""

    corrections: dict[str, tuple[str, str, datetime]]
    handled: datetime | None = None
    reviewed: datetime | None = None

    @property
    def at(self) -> datetime:
        told = [at for _, _, at in self.corrections.values()]
        return max([at for at in (*told, self.handled, self.reviewed) if at is not None])


def looked_at(
    tx: Connection,
    brand: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int | None = None,
) -> list[LookedAt]:
    """Mentions that we saw first in [since, until) and whose labels a person looked at, the latest decided last; the
    latest `limit` of them. One that was deleted where it was written, or erased, is not there."""
    within = [mentions.c.brand == brand, mentions.c.deleted_at.is_(None)]
    within += [mentions.c.seen_at >= utc(since)] if since is not None else []
    within += [mentions.c.seen_at < utc(until)] if until is not None else []
    said: dict[int, _Said] = {}
    query = (
        select(corrections.c.mention_id, corrections.c.head, corrections.c.old, corrections.c.new, corrections.c.at)
        .join(mentions, mentions.c.id == corrections.c.mention_id)
        .where(*within)
        .order_by(corrections.c.id)
    )
    for mention_id, head, old, new, at in tx.execute(query):
        told = said.setdefault(mention_id, _Said({})).corrections
        told[head] = (told[head][0] if head in told else old, new, at)
    for mention_id, at in tx.execute(_touched(HANDLED).where(*within)):
        said.setdefault(mention_id, _Said({})).handled = utc(at)
    reviewed = (
        select(events.c.mention_id, func.max(events.c.at))
        .join(mentions, mentions.c.id == events.c.mention_id)
        .where(events.c.brand == brand, events.c.type == REVIEWED, *within)
        .group_by(events.c.mention_id)
    )
    for mention_id, at in tx.execute(reviewed):
        said.setdefault(mention_id, _Said({})).reviewed = utc(at)
    order = sorted(said, key=lambda mention_id: (said[mention_id].at, mention_id))
    return _filled(tx, brand, order[-limit:] if limit else order, said)


def _filled(tx: Connection, brand: str, ids: Sequence[int], said: dict[int, _Said]) -> list[LookedAt]:
    found: dict[int, LookedAt] = {}
    names = ("id", "text", "lang", "source", "author", "thread_id", "seen_at", "version", "edited_at")
    for chunk in chunks(list(ids)):
        query = (
            select(
                *(mentions.c[name] for name in names),
                authors.c.person_id,
                scores.c.model,
                *(scores.c[head] for head in HEADS),
            )
            .select_from(
                mentions.outerjoin(scores, scores.c.mention_id == mentions.c.id).outerjoin(
                    authors,
                    and_(
                        authors.c.brand == mentions.c.brand, authors.c.source == mentions.c.source,
                        authors.c.handle == mentions.c.author,
                    ),
                )
            )
            .where(mentions.c.id.in_(chunk), mentions.c.brand == brand)
        )  # fmt: skip
        rows = tx.execute(query).all()
        older = versions_of(tx, [row.id for row in rows if row.version > 1])
        for row in rows:
            told = said[row.id]
            given = {head: old for head, (old, _, _) in told.corrections.items() if old}
            labels = {head: told.corrections[head][1] for head in given}
            last = max((at for at in (told.handled, told.reviewed) if at is not None), default=None)
            # An edit brought a new score: what stands now is not what that person let stand.
            if last is not None and row.model is not None and (row.edited_at is None or row.edited_at <= last):
                for head in HEADS:
                    if head not in told.corrections:
                        given[head] = labels[head] = str(row._mapping[head])
            if not labels:
                continue
            text = next((words for _, words, stood in older.get(row.id, ()) if stood > told.at), row.text)
            who = f"person {row.person_id}" if row.person_id is not None else f"{row.source} {row.author or row.id}"
            found[row.id] = LookedAt(
                row.id, text, row.lang, who, f"{row.source} {row.thread_id}" if row.thread_id else None, row.seen_at,
                told.at, given, labels, row.model or "", told.reviewed is not None,
            )  # fmt: skip
    return [found[mention_id] for mention_id in ids if mention_id in found]


def _touched(types: Sequence[str]) -> Select[Any]:
    """Mentions with the last time that a person did one of `types` on their case while they were in it.

    An answer that the platform reports (`agent:@channel`) is nobody's look at our labels.
    """
    return (
        select(case_mentions.c.mention_id, func.max(events.c.at))
        .select_from(
            case_mentions.join(mentions, mentions.c.id == case_mentions.c.mention_id).join(
                events, events.c.case_id == case_mentions.c.case_id
            )
        )
        .where(
            events.c.type.in_(types), events.c.by.like("agent:%"), events.c.by.not_like("agent:@%"),
            events.c.at >= case_mentions.c.at,
        )
        .group_by(case_mentions.c.mention_id)
    )  # fmt: skip


def arrived(tx: Connection, brand: str, since: datetime, until: datetime) -> tuple[int, int]:
    """How many mentions we saw first in [since, until), and how many of them a person looked at in any way: opened or
    worked their case while they were in it, corrected a label, or reviewed them."""
    within = (mentions.c.brand == brand, mentions.c.seen_at >= utc(since), mentions.c.seen_at < utc(until))
    total = tx.execute(select(func.count()).select_from(mentions).where(*within)).scalar_one()
    in_case = (
        select(events.c.id)
        .join(case_mentions, case_mentions.c.case_id == events.c.case_id)
        .where(
            case_mentions.c.mention_id == mentions.c.id, events.c.by.like("agent:%"),
            events.c.by.not_like("agent:@%"), events.c.at >= case_mentions.c.at,
        )
        .exists()
    )  # fmt: skip
    corrected = select(corrections.c.id).where(corrections.c.mention_id == mentions.c.id).exists()
    reviewed = select(events.c.mention_id).where(events.c.brand == brand, events.c.type == REVIEWED)
    looked = select(func.count()).select_from(mentions)
    some = looked.where(*within, or_(in_case, corrected, mentions.c.id.in_(reviewed)))
    return int(total), int(tx.execute(some).scalar_one())


def mark_reviewed(tx: Connection, brand: str, mention_id: int, *, sample: str, by: str, at: datetime) -> None:
    """Notes that a person looked at every label of a mention of a random sample (`sample` names it, such as an ISO
    week), after correcting what was wrong. `by` is `agent:NAME`."""
    event_log.append(
        tx, brand, type=REVIEWED, at=at, by=by, recorded_at=at, mention_id=mention_id, data={"sample": sample}
    )


def model_changes_told(tx: Connection, brand: str) -> set[str]:
    """The ids of the promotions and rollbacks that are in the log."""
    query = select(events.c.data).where(events.c.brand == brand, events.c.type.in_(MODEL_CHANGES))
    return {str(data.get("change")) for data in tx.execute(query).scalars()}
