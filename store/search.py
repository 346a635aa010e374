"""The stored history, mention by mention, for rules that look at text with more than the database can compare."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select

from mention import Mention
from store.decode import MENTION_COLUMNS, stored_mention
from store.engine import Store
from store.tables import mentions

PAGE = 500


def history(store: Store, brand: str, *, since: datetime | None = None, source: str | None = None) -> Iterator[Mention]:
    """The brand's mentions in the order in which they were stored; deleted ones are left out.

    `since` (aware) is the earliest posting time, `source` the only source wanted. Read in pages, each in a transaction
    of its own, so that a long history needs little memory and holds nobody up. Raises StoreError when the store cannot
    be read.
    """
    conditions = [mentions.c.brand == brand, mentions.c.deleted_at.is_(None)]
    if since is not None:
        conditions.append(mentions.c.published_at >= since)
    if source is not None:
        conditions.append(mentions.c.source == source)
    after_id = 0
    while True:
        page = select(*MENTION_COLUMNS).where(*conditions, mentions.c.id > after_id).order_by(mentions.c.id).limit(PAGE)
        with store.read() as tx:
            found = [stored_mention(row) for row in tx.execute(page)]
        if not found:
            return
        yield from (item.mention for item in found)
        after_id = found[-1].id
