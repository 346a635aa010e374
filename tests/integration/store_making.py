"""Small mentions, scores and cases for the store's tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from collectors.protocol import Fetched
from mention import LabelScore, Mention, Score
from store import Store, cases, ingest

BRAND = "marka"
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def mention(native_id: object = 1, **fields: Any) -> Mention:
    start: dict[str, Any] = {
        "source": "x",
        "native_id": str(native_id),
        "text": f"Kargom hâlâ gelmedi, {native_id} gündür bekliyorum",
        "author": "ayse",
        "author_name": "Ayşe K.",
        "published_at": NOW,
    }
    return Mention(**(start | fields))


def fetched(*mentions: Mention) -> list[Fetched]:
    return [Fetched(each, {"id": each.native_id, "text": each.text}) for each in mentions]


def save(store: Store, *mentions: Mention, source: str = "x", seen_at: datetime = NOW, **more: Any) -> list[int]:
    return ingest.save_batch(store, BRAND, source, fetched(*mentions), seen_at=seen_at, **more).new_ids


def score(of: Mention, urgency: str = "same_day", topic: str = "delivery_delay") -> Score:
    return Score(
        native_id=of.native_id,
        source=of.source,
        language="tr",
        sentiment=LabelScore(label="negative", probs={"negative": 0.9, "neutral": 0.08, "positive": 0.02}),
        urgency=LabelScore(label=urgency, probs={urgency: 1.0}),
        topic=LabelScore(label=topic, probs={topic: 1.0}),
        abstained=("topic",),
        reasons={"urgency": ("hâlâ", "gelmedi")},
        model="test-1",
    )


def open_case(tx: Connection, mention_ids: Sequence[int] = (), **columns: Any) -> int:
    start: dict[str, Any] = {"channel": "x", "source": "x", "posted_at": NOW, "opened_at": NOW + timedelta(minutes=1)}
    case_id = cases.open_case(tx, BRAND, **(start | columns))
    for mention_id in mention_ids:
        assert cases.attach(tx, BRAND, case_id, mention_id, NOW)
    return case_id
