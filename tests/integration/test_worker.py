"""The stages on a real store: what a source does wrong is said, waited for, and costs nobody else anything."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from collecting import collect
from collectors.protocol import (
    About,
    Batch,
    Cursor,
    Fetched,
    RateLimited,
    Refused,
    Rejected,
    Says,
    SourceSettings,
    Unavailable,
    Unreadable,
)
from collectors.registry import ConfigError
from desk.intake import Intake
from desk.settings import library_of, validate
from mention import SENTIMENTS, TOPICS, URGENCIES, LabelScore, Mention, Score
from nlp import Unscorable
from store import quarantine, sources
from store.engine import Store
from worker import SCORE_BATCH, Worker, process, score_pending, sources_of, worker_alive

NOW = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)
BRAND = "deneme"


ABOUT = About(
    "Script", Says("a", "a"), Says("b", "b"), Says("c", "c"), Says("d", "d"), tested="documents", removes_deleted=True
)  # fmt: skip


def batch(numbers: Sequence[int], at: int, rejected: tuple[Rejected, ...] = ()) -> Batch:
    mentions = (
        Mention(source="script", native_id=str(n), text=f"kargom gelmedi {n}", author=f"k{n}", published_at=NOW)
        for n in numbers
    )
    return Batch(tuple(Fetched(m, {"n": m.native_id}) for m in mentions), {"at": at}, rejected)


class Scripted:
    """A collector that plays a script: batches are yielded, errors raised; it notes the cursors it was given."""

    kind: ClassVar[str] = "script"
    Settings = SourceSettings
    about = ABOUT

    def __init__(self, *script: Batch | Exception, every: float = 60) -> None:
        self.settings = SourceSettings(kind="script", every=every)
        self.script = script
        self.cursors: list[Cursor | None] = []

    def fetch(self, cursor: Cursor | None, now: datetime) -> Iterator[Batch]:
        self.cursors.append(cursor)
        for item in self.script:
            if isinstance(item, Exception):
                raise item
            yield item


class Plain:
    """A scorer whose answers are written down: everything is a late parcel, and 'zehir' breaks it."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def score(self, mentions: Sequence[Mention]) -> list[Score | Unscorable]:
        self.batches.append(len(mentions))
        return [self._one(m) for m in mentions]

    def _one(self, mention: Mention) -> Score | Unscorable:
        if "zehir" in mention.text:
            return Unscorable("the scorer could not read it")

        def head(label: str, labels: tuple[str, ...]) -> LabelScore:
            return LabelScore(label=label, probs={name: float(name == label) for name in labels})

        return Score(
            native_id=mention.native_id, source=mention.source, language="tr", sentiment=head("negative", SENTIMENTS),
            urgency=head("same_day", URGENCIES), topic=head("delivery_delay", TOPICS), model="test",
        )  # fmt: skip


def now() -> datetime:
    return NOW


def state(store: Store) -> Any:
    with store.read() as tx:
        [found] = sources.source_states(tx, BRAND, NOW)
    return found


def test_every_batch_is_stored_with_its_cursor(store: Store) -> None:
    collector = Scripted(batch([1, 2], 1), batch([2, 3], 2, (Rejected("no text", {"id": 9}),)))
    result = collect(store, BRAND, collector, now)
    assert (result.outcome, result.fetched, result.new, result.known, result.rejected) == ("ok", 4, 3, 1, 1)
    collect(store, BRAND, collector, now)
    assert collector.cursors == [None, {"at": 2}]
    assert state(store).total == 3 and state(store).quarantined == 1


def test_what_came_before_a_failure_is_kept(store: Store) -> None:
    collector = Scripted(batch([1, 2], 1), Unavailable("the source does not answer"), batch([3], 2))
    result = collect(store, BRAND, collector, now)
    assert result.outcome == "failing" and result.new == 2
    found = state(store)
    assert found.cursor == {"at": 1} and found.note == "the source does not answer" and found.failures == 1


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (RateLimited("wait", NOW + timedelta(minutes=9)), "rate_limited"), (RateLimited("wait"), "rate_limited"),
        (Refused("the token is wrong"), "refused"), (Unreadable("HTML where JSON was due"), "unreadable"),
        (Unavailable("no answer"), "failing"), (RuntimeError("https://host/?key=sEcReT"), "failing"),
    ],
)  # fmt: skip
def test_each_way_to_fail_has_its_state(store: Store, error: Exception, outcome: str) -> None:
    collect(store, BRAND, Scripted(error), now)
    found = state(store)
    assert found.state == outcome and found.note
    assert "sEcReT" not in found.note, "a foreign error's message may hold a key"


def test_a_rate_limit_is_kept_to_and_failures_wait_longer_each_time(store: Store) -> None:
    collect(store, BRAND, Scripted(RateLimited("wait", NOW + timedelta(minutes=9))), now)
    assert state(store).next_at == NOW + timedelta(minutes=9)
    waits = []
    for _ in range(8):
        collect(store, BRAND, Scripted(Unavailable("no answer")), now, jitter=0)
        waits.append((state(store).next_at - NOW).total_seconds())
    assert waits == sorted(waits) and waits[0] == 240 and waits[-1] == 3600
    collect(store, BRAND, Scripted(batch([1], 1)), now, jitter=0)
    assert state(store).failures == 0 and state(store).next_at == NOW + timedelta(seconds=60)
    collect(store, BRAND, Scripted(), now, jitter=0)
    assert state(store).next_at == NOW + timedelta(seconds=75), "nothing new: a little slower"
    for _ in range(9):
        collect(store, BRAND, Scripted(), now, jitter=0)
    assert state(store).next_at == NOW + timedelta(seconds=120), "never slower than its bounds"
    collect(store, BRAND, Scripted(batch(range(2, 90), 2)), now, jitter=0)
    assert state(store).next_at == NOW + timedelta(seconds=30), "a storm is watched more closely"


def test_answered_but_empty_is_not_called_ok(store: Store) -> None:
    collect(store, BRAND, Scripted(Batch((), {"at": 1})), now)
    assert state(store).state == "empty" and state(store).last_ok_at is None


def test_scoring_takes_batches_and_loses_only_what_breaks(store: Store) -> None:
    poisoned = Mention(source="script", native_id="z", text="zehir", author="z", published_at=NOW)
    first = batch(range(SCORE_BATCH + 10), 1)
    collect(store, BRAND, Scripted(first, Batch((Fetched(poisoned, {}),), {"at": 2})), now)
    scorer: Any = Plain()
    settings = validate({"brand": {"name": "Deneme"}}, None)
    intake = Intake(store, settings, library_of(settings))
    done = process(store, BRAND, scorer, intake, now)
    assert done.opened == SCORE_BATCH + 10
    assert scorer.batches == [SCORE_BATCH, 11]
    with store.read() as tx:
        [kept] = quarantine.quarantined(tx, BRAND)
    assert kept.stage == "score" and kept.reason == "the scorer could not read it"
    assert process(store, BRAND, scorer, intake, now).total == 0


def test_two_scorers_at_once_store_each_score_once(store: Store) -> None:
    collect(store, BRAND, Scripted(batch(range(200), 1)), now)
    threads = [threading.Thread(target=score_pending, args=(store, BRAND, Plain(), now)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert state(store).waiting == 200  # scored, not routed yet, and none of them twice


def test_sources_are_checked_before_anything_starts() -> None:
    with pytest.raises(ConfigError, match="called 'feed'"):
        feed = {"kind": "feed", "url": "http://127.0.0.1/a"}
        sources_of(validate({"brand": {"name": "D"}, "sources": [feed, feed]}, None))
    off = {"kind": "feed", "url": "http://127.0.0.1/a", "enabled": False}
    assert sources_of(validate({"brand": {"name": "D"}, "sources": [off]}, None)) == []


def test_a_slow_and_a_broken_source_hold_up_nobody(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real worker with its scheduler: one source hangs, one fails, the third is collected, scored and routed."""
    hang = threading.Event()

    class Hanging(Scripted):
        def fetch(self, cursor: Cursor | None, now: datetime) -> Iterator[Batch]:
            hang.wait(60)
            yield from ()

    def named(collector: Scripted, name: str) -> Scripted:
        collector.settings = SourceSettings(kind="script", name=name, every=1)
        return collector

    broken, good = Scripted(RuntimeError("x")), Scripted(batch([1, 2], 1))
    three = [named(Hanging(), "asılı"), named(broken, "bozuk"), named(good, "script")]
    monkeypatch.setattr("worker.sources_of", lambda settings: three)
    monkeypatch.setattr("worker.champion_of", lambda settings: SimpleNamespace(scorer=Plain()))
    monkeypatch.setattr("worker.signal.signal", lambda *_: None)
    settings = validate({"brand": {"name": "Deneme"}}, None).model_copy(update={"home": tmp_path})
    worker = Worker(settings)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with worker.store.read() as tx:
                states = {s.source: s for s in sources.source_states(tx, BRAND)}
            if "script" in states and "bozuk" in states and not states["script"].waiting and states["script"].total:
                break
            time.sleep(0.1)
        assert states["script"].total == 2 and states["script"].waiting == 0
        assert states["bozuk"].state == "failing"
        assert worker_alive(worker.store, BRAND, datetime.now(UTC))
    finally:
        hang.set()
        worker._stopping.set()
        thread.join(20)
    assert not thread.is_alive()
