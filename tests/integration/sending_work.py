"""What the tests of sending share: a brand, a case with its mention, and the senders' secrets."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import Connection, insert

from mention import Mention, search_text
from store import cases as case_store
from store.tables import mentions

BRAND = "deneme"


def a_case(tx: Connection, mention: Mention, now: datetime) -> tuple[int, int]:
    """A case with one mention; both ids."""
    done = tx.execute(
        insert(mentions).values(
            brand=BRAND, source=mention.source, native_id=mention.native_id, text=mention.text,
            search=search_text(mention.text), published_at=mention.published_at, seen_at=now, stage="routed",
            channel=mention.channel, extra=dict(mention.extra), author=mention.author, likes=0, shares=0, replies=0,
            views=0,
        )
    )  # fmt: skip
    assert done.inserted_primary_key is not None
    mention_id = int(done.inserted_primary_key[0])
    case_id = case_store.open_case(
        tx, BRAND, channel=mention.channel, source=mention.source, posted_at=mention.published_at, opened_at=now
    )
    case_store.attach(tx, BRAND, case_id, mention_id, now)
    return case_id, mention_id


def env_of(monkeypatch: pytest.MonkeyPatch, env: dict[str, str]) -> None:
    """Puts secrets into the environment of the test."""
    for name, value in env.items():
        monkeypatch.setenv(name, value)
