"""What a report reads cheaply is what it would read at length, on both databases."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from desk.calendar import to_us
from desk.causes.weekly import week_of
from desk.coverage import Look, ledger, minutes
from desk.settings import validate
from store import looks as look_store
from store.dialect import hour_of, microseconds
from store.engine import Store
from store.rows import NewEvent
from store.tables import events, polls
from tests.integration.report_work import NOW, fill, open_on, settings_of
from tests.integration.test_metrics_reading import logged

BRAND = "cinar"
KINDS: tuple[dict[str, Any], ...] = (
    *({"outcome": "ok", "fetched": 5, "proof": "overlap"},) * 12,
    *({"outcome": "ok", "fetched": 2, "proof": "unchanged"},) * 4,
    {"outcome": "ok", "fetched": 3, "proof": "overlap", "note": "the intake was open"},
    {"outcome": "ok", "fetched": 3, "proof": None}, {"outcome": "ok", "fetched": 3, "proof": "overlap", "gap": 1},
    {"outcome": "empty", "fetched": 0, "proof": "parsed"}, {"outcome": "failing", "fetched": 0, "note": "HTTP 500"},
    {"outcome": "rate_limited", "fetched": 0}, {"outcome": "off", "fetched": 0, "note": "switched off"},
)  # fmt: skip


def polled(store: Store, rng: random.Random, count: int) -> list[dict[str, Any]]:
    """Polls of two sources in runs of a kind; some begin before the one that ended before them, some reach back."""
    rows: list[dict[str, Any]] = []
    at = NOW - timedelta(days=2)
    kind = KINDS[0]
    for number in range(count):
        at += timedelta(minutes=rng.choice([1, 5, 5, 5, 40]), microseconds=rng.randint(0, 999_999))
        if rng.random() < 0.25:
            kind = rng.choice(KINDS)
        began = at - timedelta(seconds=rng.choice([1, 1, 1, 900]))
        reach = began - timedelta(minutes=rng.choice([3, 30])) if rng.random() < 0.05 else None
        row = {
            "brand": BRAND, "source": rng.choice(["x", "forum"]), "started_at": began, "finished_at": at, "new": 0,
            "known": 0, "rejected": 0, "note": "", "proof": None, "gap": 0, "reach_from": reach, "missed": None,
            "next_at": at + timedelta(minutes=5),
        }  # fmt: skip
        rows.append({**row, **kind, "id": number + 1})
    with store.write() as tx:
        tx.execute(polls.insert(), rows)
    return rows


def test_the_polls_that_are_left_out_say_nothing_more(store: Store) -> None:
    rng = random.Random(20261122)
    rows = polled(store, rng, 900)
    read = 0
    for hours in (0, 1, 7, 30):
        start, now = NOW - timedelta(days=2) + timedelta(hours=hours), NOW + timedelta(days=10)
        with store.read() as tx:
            told = look_store.looks(tx, BRAND, start, now)
        for source in ("x", "forum"):
            whole = [Look(*(one[name] for name in Look._fields))._replace(gap=bool(one["gap"]))
                     for one in rows if one["source"] == source]  # fmt: skip
            inside = [one for one in whole if one.finished_at >= start]
            before = [one for one in whole if one.finished_at < start and one.proof is not None][-1:]
            spans = ledger(told[source], start, now, now, 60.0)
            assert spans == ledger([*before, *inside], start, now, now, 60.0)
            assert minutes(spans, start, now).by_state["seen"] > 0
            read += len(told[source])
    assert read < 4 * 900 * 0.8, "runs are left out"


def test_a_moment_as_a_number_is_exact(store: Store) -> None:
    rng = random.Random(7)
    moments = [datetime(2026, 11, 22, 16, 29, 59, 999_999, UTC), datetime(1999, 12, 31, 23, 59, 59, 500, UTC),
               datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 3, 29, 0, 59, 59, 999_500, UTC)]  # fmt: skip
    moments += [datetime(2000, 1, 1, tzinfo=UTC) + timedelta(microseconds=rng.randrange(10**15)) for _ in range(500)]
    logged(store, BRAND, *(NewEvent("note", at, "agent:Elif", at, 7) for at in moments))
    query = select(events.c.at, microseconds(events.c.at), hour_of(events.c.at)).where(events.c.brand == BRAND)
    with store.read() as tx:
        rows = tx.execute(query).all()
    assert sorted(at for at, _, _ in rows) == sorted(moments)
    for at, us, hour in rows:
        assert us == to_us(at), at
        assert hour.replace(tzinfo=UTC) == at.replace(minute=0, second=0, microsecond=0), at


def test_causes_without_counting_the_nameless_are_the_same(store: Store) -> None:
    settings = settings_of()
    fill(open_on(store, settings))
    assert settings.brand.key == validate({"brand": {"name": "Çınar Ev", "slug": "cinar"}}, None).brand.key
    with store.read() as tx:
        whole = week_of(tx, settings, NOW - timedelta(days=2), NOW)
        named = week_of(tx, settings, NOW - timedelta(days=2), NOW, unnamed=False)
    assert whole.unnamed > 0 and named == replace(whole, unnamed=named.unnamed)
