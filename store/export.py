"""Everything out again, row by row, in the forms of DESIGN.md."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from store.decode import CASE_COLUMNS, SCORED_MENTION_COLUMNS, case_row, score_of, stored_mention
from store.engine import Store
from store.events import all_events
from store.rows import one_of
from store.tables import case_mentions, cases, mentions, scores

PAGE = 500

WHAT = ("mentions", "cases", "events")


def iterate(store: Store, brand: str, what: str) -> Iterator[dict[str, Any]]:
    """The brand's mentions, cases or events as JSON-able records, the oldest first.

    Read in pages, each after the last id of the one before and in a transaction of its own: an export of any size
    needs little memory and holds nobody up, and what comes in meanwhile comes out at the end. Raises ValueError for
    another `what`, StoreError when the store cannot be read.
    """
    one_of(what, WHAT, "what to export")
    page_of: Callable[[Connection, str, int], list[dict[str, Any]]]
    page_of = {"mentions": _mentions, "cases": _cases, "events": _events}[what]
    after_id = 0
    while True:
        with store.read() as tx:
            page = page_of(tx, brand, after_id)
        if not page:
            return
        yield from page
        after_id = page[-1]["id"]


def _mentions(tx: Connection, brand: str, after_id: int) -> list[dict[str, Any]]:
    query = (
        select(*SCORED_MENTION_COLUMNS)
        .join_from(mentions, scores, scores.c.mention_id == mentions.c.id, isouter=True)
        .where(mentions.c.brand == brand, mentions.c.id > after_id)
        .order_by(mentions.c.id)
        .limit(PAGE)
    )
    records = []
    for row in tx.execute(query):
        stored, score = stored_mention(row), score_of(row)
        records.append(
            {
                **stored.mention.model_dump(mode="json"),
                "published_at": _moment(stored.mention.published_at),
                "id": stored.id,
                "channel": stored.mention.channel,
                "seen_at": _moment(stored.seen_at),
                "stage": stored.stage,
                "score": None if score is None else score.model_dump(mode="json"),
            }
        )
    return records


def _cases(tx: Connection, brand: str, after_id: int) -> list[dict[str, Any]]:
    query = select(*CASE_COLUMNS).where(cases.c.brand == brand, cases.c.id > after_id).order_by(cases.c.id).limit(PAGE)
    found = [case_row(row) for row in tx.execute(query)]
    names = _names_of_mentions(tx, [row.id for row in found])
    records = []
    for row in found:
        fields = {name: _moment(value) for name, value in vars(row).items()}
        records.append({**fields, "reasons": list(row.reasons), "mentions": names[row.id]})
    return records


def _names_of_mentions(tx: Connection, case_ids: Sequence[int]) -> defaultdict[int, list[dict[str, str]]]:
    query = (
        select(case_mentions.c.case_id, mentions.c.source, mentions.c.native_id)
        .join(mentions, mentions.c.id == case_mentions.c.mention_id)
        .where(case_mentions.c.case_id.in_(case_ids))
        .order_by(mentions.c.published_at, mentions.c.id)
    )
    names: defaultdict[int, list[dict[str, str]]] = defaultdict(list)
    for case_id, source, native_id in tx.execute(query):
        names[case_id].append({"source": source, "native_id": native_id})
    return names


def _events(tx: Connection, brand: str, after_id: int) -> list[dict[str, Any]]:
    records = []
    for row in all_events(tx, brand, after_id, PAGE):
        record = {name: _moment(value) for name, value in vars(row).items()}
        # At the top, where `nobet clocks` reads it: the export of one case goes straight in.
        if "urgency" in row.data:
            record["urgency"] = row.data["urgency"]
        records.append(record)
    return records


def _moment(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
