"""The scheduled process: collect, score, route. The stages are plain functions, so that the command line runs the same.

Each stage can be killed between any two lines and be run again: a batch and its cursor are one transaction, a score and
a case are unique per mention. Nothing sleeps inside a job; a source that fails is asked again later, by its own clock.
"""

from __future__ import annotations

import logging
import os
import random
import signal
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from collectors.protocol import Collector, CollectorError, RateLimited, Refused, Unavailable, Unreadable
from collectors.registry import ConfigError, collector_for
from desk.intake import Intake, Routed
from desk.settings import Settings, library_of
from nlp import Scorer, Unscorable
from store import ingest, scoring, sources
from store.engine import Store

log = logging.getLogger("nobet")


def utc_now() -> datetime:
    """The present moment in UTC; the stages are given it."""
    return datetime.now(UTC)


SCORE_BATCH = 256
"""Mentions scored at once: large enough for the vectoriser, small enough that a crash repeats little."""

LONGEST_BACKOFF = timedelta(hours=1)
"""A source that keeps failing is still asked every hour: it may be well again, and its silence is ours to end."""

PROCESS_EVERY = 1.0
BEAT_EVERY = 5.0
ALIVE_FOR = timedelta(seconds=20)
"""A worker that has not beaten for this long is taken for dead; four beats may be missed."""

_OUTCOMES = ((RateLimited, "rate_limited"), (Refused, "refused"), (Unreadable, "unreadable"), (Unavailable, "failing"))


@dataclass(frozen=True)
class Collected:
    """One fetch of one source: what came, what was new, and how it ended."""

    source: str
    outcome: str
    fetched: int
    new: int
    known: int
    rejected: int
    note: str


def sources_of(settings: Settings) -> list[Collector]:
    """A collector per configured and enabled source. Raises ConfigError naming the source and the field."""
    collectors = [collector_for(record) for record in settings.sources if record.get("enabled", True)]
    names = [c.settings.source for c in collectors]  # type: ignore[attr-defined]
    double = next((name for name in names if names.count(name) > 1), None)
    if double:
        raise ConfigError(f"two sources are called {double!r}; give each its own 'name'")
    return collectors


def collect(
    store: Store, brand: str, collector: Any, now: Callable[[], datetime] = utc_now, jitter: float = 0.1
) -> Collected:
    """Fetch one source to its end; every batch is stored with its cursor in one transaction.

    Never raises for what the source does wrong: the outcome says it, the state of the source keeps it, and the next
    attempt is set by what the source asked for or by doubling the interval up to LONGEST_BACKOFF.
    """
    source, kind = collector.settings.source, collector.kind
    started = now()
    fetched = new = known = rejected = 0
    outcome, note, retry_at = "ok", "", None
    with store.read() as tx:
        cursor = sources.cursor_of(tx, brand, source)
        before = sources.failures_of(tx, brand, source)[0]
    try:
        for batch in collector.fetch(cursor, started):
            saved = ingest.save_batch(
                store, brand, source, batch.fetched, seen_at=now(), cursor=batch.cursor, kind=kind,
                rejected=batch.rejected, stage="collect",
            )  # fmt: skip
            fetched += len(batch.fetched)
            new, known, rejected = new + saved.new, known + saved.known, rejected + len(batch.rejected)
            note = batch.note or note
    except CollectorError as error:
        outcome = next((name for kind_, name in _OUTCOMES if isinstance(error, kind_)), "failing")
        note, retry_at = str(error), error.retry_at
    except Exception as error:  # a fault of ours in one collector must not stop the others
        outcome = "failing"
        # the message of a foreign error may hold a URL with a key in it, so only its kind is told
        note = f"{source} failed inside Nöbet ({type(error).__name__}); what came before is stored, it is tried again"
        trace = error.__traceback__
        while trace and trace.tb_next:
            trace = trace.tb_next
        where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
        log.error("%s: %s at %s", source, type(error).__name__, where)
    failed = outcome != "ok"
    if not failed and fetched == 0:
        outcome = "ok" if note else "empty"
    failures = before + 1 if failed else 0
    finished = now()
    pause = timedelta(seconds=collector.settings.every)
    if failed:
        pause = max(pause, min(pause * 2 ** min(failures, 10), LONGEST_BACKOFF)) * (1 + random.uniform(0, jitter))
    next_at = max(retry_at, finished) if retry_at else finished + pause
    with store.write() as tx:
        sources.record_poll(
            tx, brand, source, kind=kind, started_at=started, finished_at=finished, outcome=outcome, fetched=fetched,
            new=new, known=known, rejected=rejected, note=note[:500], next_at=next_at, failures=failures,
        )  # fmt: skip
    return Collected(source, outcome, fetched, new, known, rejected, note)


def score_pending(store: Store, brand: str, scorer: Scorer, now: Callable[[], datetime] = utc_now) -> int:
    """Score one batch of unscored mentions; answers how many left the stage `new` (quarantined ones included)."""
    with store.read() as tx:
        pending = scoring.unscored(tx, brand, SCORE_BATCH)
    if not pending:
        return 0
    results = scorer.score([stored.mention for stored in pending])
    scores, refused = [], []
    for stored, result in zip(pending, results, strict=True):
        if isinstance(result, Unscorable):
            refused.append((stored.id, result.reason))
        else:
            scores.append((stored.id, result))
    with store.write() as tx:
        scoring.save_scores(tx, brand, scores, refused, now())
    return len(pending)


def process(
    store: Store, brand: str, scorer: Scorer, intake: Intake, now: Callable[[], datetime] = utc_now,
    stop: Callable[[], bool] = lambda: False,
) -> Routed:  # fmt: skip
    """Score and route until nothing is pending or `stop` says so; new mentions are scored before old ones wait long."""
    total = Routed()
    while not stop():
        scored = score_pending(store, brand, scorer, now)
        routed = intake.run(now())
        total = Routed(
            total.opened + routed.opened, total.joined + routed.joined, total.set_aside + routed.set_aside,
            total.quarantined + routed.quarantined,
        )  # fmt: skip
        if not scored and not routed.total:
            break
    return total


def worker_alive(store: Store, brand: str, now: datetime) -> bool:
    """Whether a worker process has beaten lately, and so will score and route what is stored."""
    with store.read() as tx:
        beat = sources.heartbeat(tx, brand, "worker")
    return beat is not None and now - beat.at < ALIVE_FOR


class Worker:
    """The worker process: a scheduler with one job per source, one that processes, one that beats."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.brand = settings.brand.key
        self.collectors = sources_of(settings)
        self.store = Store.open(settings.url)
        self.scorer = Scorer.load()
        self.intake = Intake(self.store, settings, library_of(settings))
        self._stopping = threading.Event()
        self._processing = threading.Lock()
        # One thread per source, so that a slow one holds up nobody, and two for processing and beating.
        threads = ThreadPoolExecutor(max(4, len(self.collectors) + 2))
        self.scheduler = BackgroundScheduler(
            executors={"default": threads},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone=UTC,
        )

    def run(self) -> None:
        """Work until SIGINT or SIGTERM, or until the process that started us is gone."""
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: self._stopping.set())
        parent = os.getppid()
        self._beat()
        self.scheduler.add_job(self._process, "interval", seconds=PROCESS_EVERY, id="process")
        self.scheduler.add_job(self._beat, "interval", seconds=BEAT_EVERY, id="beat")
        for collector in self.collectors:
            settings = collector.settings  # type: ignore[attr-defined]
            self.scheduler.add_job(
                self._collect, "interval", args=[collector], seconds=settings.every, jitter=settings.every * 0.1,
                id=f"collect:{settings.source}", next_run_time=utc_now() + timedelta(seconds=random.uniform(0, 1)),
            )  # fmt: skip
        self.scheduler.start()
        log.info("watching %s: %d source(s)", self.settings.brand.name, len(self.collectors))
        while not self._stopping.wait(1.0):
            if os.getppid() != parent:
                break
        self._stopping.set()
        for collector in self.collectors:
            getattr(collector, "stop", lambda: None)()  # a running crawl is ended; its next one goes on from its cursor
        self.scheduler.shutdown(wait=True)
        self.store.close()

    def _collect(self, collector: Any) -> None:
        source = collector.settings.source
        with self.store.read() as tx:
            failures, next_at = sources.failures_of(tx, self.brand, source)
        if self._stopping.is_set() or (failures and next_at is not None and utc_now() < next_at):
            return
        result = collect(self.store, self.brand, collector)
        if result.outcome in ("ok", "empty"):
            log.debug("%s: %d new of %d", source, result.new, result.fetched)
        else:
            log.warning("%s is %s: %s", source, result.outcome, result.note)
        if result.new:
            self._process()

    def _process(self) -> None:
        if not self._processing.acquire(blocking=False):
            return  # whoever holds it goes on until nothing is pending
        try:
            process(self.store, self.brand, self.scorer, self.intake, stop=self._stopping.is_set)
        finally:
            self._processing.release()

    def _beat(self) -> None:
        with self.store.write() as tx:
            data: Mapping[str, Any] = {"pid": os.getpid(), "sources": len(self.collectors)}
            sources.beat(tx, self.brand, "worker", utc_now(), dict(data))
