"""The stored history comes mention by mention, of the time and the source that are asked for, without the deleted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from store import Store, search
from store.tables import mentions
from tests.integration.store_making import BRAND, NOW, mention, save


def test_history_of_a_time_and_a_source(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "PAGE", 3)
    said = [mention(number, published_at=NOW - timedelta(days=number)) for number in range(1, 9)]
    save(store, *said)
    assert [found.native_id for found in search.history(store, BRAND)] == [found.native_id for found in said]
    assert list(search.history(store, BRAND, since=NOW - timedelta(days=2))) == said[:2]
    assert list(search.history(store, BRAND, source=said[0].source)) == said
    assert list(search.history(store, BRAND, source="nowhere")) == [] == list(search.history(store, "other"))


def test_what_was_deleted_is_left_out(store: Store) -> None:
    first, second = mention(1), mention(2)
    save(store, first, second)
    with store.write() as tx:
        tx.execute(update(mentions).where(mentions.c.native_id == first.native_id).values(deleted_at=NOW))
    assert list(search.history(store, BRAND)) == [second]
