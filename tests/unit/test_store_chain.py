"""The hash that chains the event log."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from store.events import GENESIS, chain_hash

AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
EVENT: dict[str, Any] = {
    "brand": "marka",
    "case_id": 7,
    "mention_id": None,
    "at": AT,
    "recorded_at": AT + timedelta(seconds=1),
    "type": "answered",
    "by": "agent:ayşe",
    "data": {"link": "https://example.org/1", "text": "Merhaba, çok üzgünüz."},
}


def test_the_hash_is_what_it_always_was() -> None:
    """A log written by any version must verify under every later one: this value may never change."""
    written = (
        "0" * 64 + r'{"at":"2026-11-21T09:30:00.000000+00:00","brand":"marka","by":"agent:ay\u015fe","case_id":7,'
        r'"data":{"link":"https://example.org/1","text":"Merhaba, \u00e7ok \u00fczg\u00fcn\u00fcz."},'
        r'"mention_id":null,"recorded_at":"2026-11-21T09:30:01.000000+00:00","type":"answered"}'
    )
    assert chain_hash(GENESIS, **EVENT) == hashlib.sha256(written.encode("ascii")).hexdigest()


@pytest.mark.parametrize(
    "change",
    [
        {"brand": "other"},
        {"case_id": 8},
        {"mention_id": 1},
        {"at": AT + timedelta(microseconds=1)},
        {"recorded_at": AT},
        {"type": "seen"},
        {"by": "system"},
        {"data": {**EVENT["data"], "text": "Merhaba, çok üzgünüz!"}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_field_is_part_of_it(change: dict[str, Any]) -> None:
    assert chain_hash(GENESIS, **(EVENT | change)) != chain_hash(GENESIS, **EVENT)


def test_the_event_before_is_part_of_it() -> None:
    assert chain_hash("1" * 64, **EVENT) != chain_hash(GENESIS, **EVENT)


def test_the_zone_in_which_a_time_is_told_and_the_order_of_keys_are_not() -> None:
    elsewhere = AT.astimezone(timezone(timedelta(hours=3)))
    turned = dict(reversed(EVENT["data"].items()))
    assert chain_hash(GENESIS, **(EVENT | {"at": elsewhere, "data": turned})) == chain_hash(GENESIS, **EVENT)
