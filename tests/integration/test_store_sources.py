"""How the sources stand: polls, health, lag, heartbeats."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from collectors.protocol import Rejected
from store import Store, cases, ingest, scoring
from store.rows import SourceState
from tests.integration.store_making import BRAND, NOW, mention, save, score

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def poll(store: Store, source: str = "x", **more: Any) -> None:
    start: dict[str, Any] = {
        "kind": "x",
        "started_at": NOW,
        "finished_at": NOW + MINUTE,
        "outcome": "ok",
        "fetched": 10,
        "new": 3,
        "known": 6,
        "rejected": 1,
        "note": "overlap found on page 2",
        "next_at": NOW + 5 * MINUTE,
        "failures": 0,
    }
    with store.write() as tx:
        ingest.record_poll(tx, BRAND, source, **(start | more))


def states(store: Store, now: Any = NOW) -> dict[str, SourceState]:
    with store.read() as tx:
        return {state.source: state for state in ingest.source_states(tx, BRAND, now)}


def test_a_poll_is_kept_and_becomes_the_sources_state(store: Store) -> None:
    poll(store)
    state = states(store)["x"]
    assert (state.kind, state.state, state.note, state.failures) == ("x", "ok", "overlap found on page 2", 0)
    assert (state.last_started_at, state.last_ok_at, state.next_at) == (NOW, NOW + MINUTE, NOW + 5 * MINUTE)
    assert state.last_poll is not None
    assert (state.last_poll.fetched, state.last_poll.new, state.last_poll.known, state.last_poll.rejected) == (
        10,
        3,
        6,
        1,
    )
    later = NOW + DAY
    poll(store, outcome="rate_limited", started_at=later, finished_at=later, failures=2, note="wait", kind=None, new=0)
    state = states(store)["x"]
    assert (state.kind, state.state, state.failures, state.last_ok_at) == ("x", "rate_limited", 2, NOW + MINUTE)
    assert (state.last_started_at, state.updated_at) == (later, later)
    assert state.last_poll is not None and state.last_poll.outcome == "rate_limited"


def test_an_outcome_that_is_none_of_ours_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="outcome 'fine' is not one of ok, empty"):
        poll(store, outcome="fine")
    with pytest.raises(ValueError, match="source state 'fine' is not one of"), store.write() as tx:
        ingest.mark_source(tx, BRAND, "x", kind=None, state="fine", note="", at=NOW)
    assert states(store) == {}


def test_a_source_can_be_marked_without_a_poll(store: Store) -> None:
    poll(store)
    with store.write() as tx:
        ingest.mark_source(tx, BRAND, "x", kind="x", state="off", note="switched off", at=NOW + DAY)
    state = states(store)["x"]
    assert (state.state, state.note, state.last_ok_at) == ("off", "switched off", NOW + MINUTE)


def test_a_poll_leaves_the_cursor_and_the_total(store: Store) -> None:
    save(store, mention(1), mention(2), cursor={"since": "2"}, kind="x")
    poll(store)
    state = states(store)["x"]
    assert (state.cursor, state.total, state.last_item_at) == ({"since": "2"}, 2, NOW)


def test_counts_of_a_source(store: Store) -> None:
    now = NOW + 3 * DAY
    old = save(store, *(mention(number) for number in range(5)), seen_at=now - 2 * DAY)
    new = save(store, *(mention(number) for number in range(5, 12)), seen_at=now - MINUTE)
    save(store, mention(1, source="forum"), source="forum", seen_at=now, rejected=[Rejected("no text", {})])
    with store.write() as tx:
        scoring.save_scores(tx, BRAND, [(old[0], score(mention(0)))], [(old[1], "odd")], now)
        cases.set_stage(tx, new[0], "routed")
        cases.set_stage(tx, new[1], "set_aside")
    found = states(store, now)
    assert list(found) == ["forum", "x"]
    x, forum = found["x"], found["forum"]
    assert (x.total, x.new_24h, x.waiting, x.quarantined) == (12, 7, 12 - 3, 1)
    assert (forum.total, forum.new_24h, forum.waiting, forum.quarantined) == (1, 1, 1, 1)
    with store.read() as tx:
        assert ingest.source_states(tx, "other", now) == []


@pytest.mark.parametrize("number", [1, 2, 3, 19, 20, 21, 100])
def test_lag_is_the_nearest_rank(store: Store, number: int) -> None:
    chance = random.Random(number)
    lags = [round(chance.uniform(0, 9000), 3) for _ in range(number)]
    for each, lag in enumerate(lags):
        save(store, mention(each, published_at=NOW - timedelta(seconds=lag)))
    save(store, mention("old", published_at=NOW - 900 * DAY), seen_at=NOW - 8 * DAY)  # seen before the week
    save(store, mention("ahead", source="forum", published_at=NOW + MINUTE), source="forum")
    found = states(store)
    lags.sort()
    assert found["x"].lag_p50_s == pytest.approx(lags[-(-number * 50 // 100) - 1], abs=0.01)
    assert found["x"].lag_p95_s == pytest.approx(lags[-(-number * 95 // 100) - 1], abs=0.01)
    assert (found["forum"].lag_p50_s, found["forum"].lag_p95_s) == (0.0, 0.0), "a clock ahead of ours is no lag"


def test_a_source_without_mentions_has_no_lag(store: Store) -> None:
    poll(store, source="quiet", outcome="empty")
    state = states(store)["quiet"]
    assert (state.lag_p50_s, state.lag_p95_s, state.total, state.last_item_at, state.last_ok_at) == (
        None,
        None,
        0,
        None,
        None,
    )


def test_heartbeats(store: Store) -> None:
    with store.write() as tx:
        assert ingest.heartbeat(tx, BRAND, "worker") is None
        ingest.beat(tx, BRAND, "worker", NOW, {"jobs": 3})
        ingest.beat(tx, BRAND, "worker", NOW + MINUTE)
        ingest.beat(tx, "other", "worker", NOW, {"jobs": 9})
        found = ingest.heartbeat(tx, BRAND, "worker")
    assert found is not None
    assert (found.name, found.at, found.data) == ("worker", NOW + MINUTE, {})
