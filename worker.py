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
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

import collecting
from classifying import champion_of, finder_of, grouping_of, with_facts
from collecting import Collected, Keep, collect, utc_now
from collectors.protocol import Collector, CollectorError, Rechecks
from collectors.query import Query
from collectors.registry import KINDS, ConfigError, collector_for
from desk.crisis.detecting import DETECT_EVERY, Detecting
from desk.crisis.opening import crisis_plans
from desk.intake import Intake, Routed
from desk.secrets import FILE_NAME
from desk.settings import CONFIG_NAME, Settings, library_of, playbooks_written_at
from long_work import LOOK_EVERY, LongWork
from nlp import Scorer, Unscorable
from nlp.facts import Finder
from playbooks.shelf import LibraryError
from store import looks, scoring, sources
from store.engine import Store

log = logging.getLogger("nobet")


SCORE_BATCH = 256
"""Mentions scored at once: large enough for the vectoriser, small enough that a crash repeats little."""

PROCESS_EVERY = 1.0
BEAT_EVERY = 5.0
ALIVE_FOR = timedelta(seconds=20)
"""A worker that has not beaten for this long is taken for dead; four beats may be missed."""

REFILL_EVERY = 30.0
"""Seconds between two looks for time that is to be read again."""


def name_of(collector: Any) -> str:
    """The name under which a collector's mentions and cursor are stored."""
    return str(collector.settings.source)


def keep_for(settings: Settings, collector: Any) -> Keep | None:
    """What decides whether a mention is one: the source's own query, else the brand's; None keeps everything.

    A source in which everything is addressed to the brand needs no query of the brand's.
    """
    text = with_query(settings, {"kind": collector.kind, "query": collector.settings.query}).get("query") or ""
    if not text.strip():
        return None
    query = Query.parse(text)
    return lambda mention: query.match(mention) is not None


def with_query(settings: Settings, record: Mapping[str, Any]) -> dict[str, Any]:
    """A source's configuration with the brand's query, where it has none of its own and needs one."""
    kind = KINDS.get(str(record.get("kind")))
    if kind is None or kind.about.own or record.get("query") is not None or not settings.brand.query.strip():
        return dict(record)
    return {**record, "query": settings.brand.query}


def sources_of(settings: Settings) -> list[Collector]:
    """A collector per configured and enabled source. Raises ConfigError naming the source and the field."""
    enabled = [record for record in settings.sources if record.get("enabled", True)]
    collectors = [collector_for(with_query(settings, record)) for record in enabled]
    names = [name_of(collector) for collector in collectors]
    double = next((name for name in names if names.count(name) > 1), None)
    if double:
        raise ConfigError(f"two sources are called {double!r}; give each its own 'name'")
    return collectors


def is_pushed(collector: Any) -> bool:
    """Whether a source sends to us (a webhook), so that there is nothing to fetch."""
    return bool(getattr(collector, "push", False))


def score_pending(
    store: Store, brand: str, scorer: Scorer, now: Callable[[], datetime] = utc_now, finder: Finder | None = None
) -> int:
    """Score one batch of unscored mentions; answers how many left the stage `new` (quarantined ones included)."""
    with store.read() as tx:
        pending = scoring.unscored(tx, brand, SCORE_BATCH)
    if not pending:
        return 0
    texts = [stored.mention for stored in pending]
    results = scorer.score(texts)
    if finder is not None:
        results = with_facts(texts, results, finder)
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
    stop: Callable[[], bool] = lambda: False, finder: Finder | None = None,
) -> Routed:  # fmt: skip
    """Score and route until nothing is pending or `stop` says so; new mentions are scored before old ones wait long."""
    total = Routed()
    while not stop():
        scored = score_pending(store, brand, scorer, now, finder)
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


def configured_at(settings: Settings) -> tuple[tuple[float, int], ...]:
    """When the configuration and its secrets were last written, and their sizes; a source that is added changes it."""
    file = settings.file or settings.home / CONFIG_NAME
    stamps = []
    for path in (file, settings.home / FILE_NAME):
        try:
            found = path.stat()
            stamps.append((found.st_mtime, found.st_size))
        except OSError:
            stamps.append((0.0, 0))
    return tuple(stamps)


class Worker:
    """The worker process: a scheduler with one job per source, one that processes, one that beats.

    A source's job plans its next run itself, from what the store says: the pace of the source, the time it asked to be
    left alone until, or the pause after a failure. So a restart asks nobody earlier than they wished.
    """

    def __init__(self, settings: Settings, told: threading.Event | None = None) -> None:
        """`told` is set once the process is to end; the workers that follow one another in it share it, so that a
        signal in between is not lost."""
        self.settings = settings
        self._told = told or threading.Event()
        self.brand = settings.brand.key
        self.collectors = [collector for collector in sources_of(settings) if not is_pushed(collector)]
        self.keeps: dict[str, Keep | None] = {name_of(c): keep_for(settings, c) for c in self.collectors}
        self.store = Store.open(settings.url)
        self.champion, self.finder = champion_of(settings), finder_of(settings)
        self.intake = Intake(self.store, settings, library_of(settings))
        from desk.rounds import Rounds  # here: an import and a round of scoring send nothing

        self.rounds = Rounds(self.store, settings, self.intake.library)
        self.detecting = Detecting(self.store, settings, grouping_of(settings), crisis_plans(settings))
        self._stopping = threading.Event()
        self.long_work = LongWork(self.store, settings, self._stopping)
        self._processing = threading.Lock()
        self._configured = configured_at(settings)
        self._playbooks = playbooks_written_at(settings)
        # A source is read by one thread at a time, whether for what is new or for what was missed.
        self._reading = {name_of(collector): threading.Lock() for collector in self.collectors}
        # One thread per source, so that a slow one holds up nobody, and more for processing, detecting, beating,
        # reading again, long work and the desk's rounds: a platform slow to take a reply must not hold up a warning.
        threads = ThreadPoolExecutor(len(self.collectors) + 14)
        self.scheduler = BackgroundScheduler(
            executors={"default": threads},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone=UTC,
        )

    def run(self) -> bool:
        """Work until SIGINT or SIGTERM, until the process that started us is gone, or until the configuration changes;
        answers whether it was the last."""

        def end(*_: object) -> None:
            self._told.set()
            self._stopping.set()

        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, end)
        if self._told.is_set():
            self._stopping.set()
        parent = os.getppid()
        self._beat()
        self._mark_off()
        self.scheduler.add_job(self._process, "interval", seconds=PROCESS_EVERY, id="process")
        self.scheduler.add_job(self._detect, "interval", seconds=DETECT_EVERY, id="detect")
        self.scheduler.add_job(self._beat, "interval", seconds=BEAT_EVERY, id="beat")
        for do, every in self.rounds.plan():
            self.scheduler.add_job(self._round, "interval", args=[do], seconds=every, id=do.__name__)
        self.scheduler.add_job(self._refill, "interval", seconds=REFILL_EVERY, id="refill")
        self.scheduler.add_job(self._work, "interval", seconds=LOOK_EVERY, id="work")
        for collector in self.collectors:
            self._plan(collector, first=True)
            if isinstance(collector, Rechecks):
                every = collecting.RECHECK_EVERY.total_seconds()
                self.scheduler.add_job(self._recheck, "interval", args=[collector], seconds=every, jitter=every * 0.1)
        self.scheduler.start()
        log.info("watching %s: %d source(s)", self.settings.brand.name, len(self.collectors))
        changed = False
        while not self._stopping.wait(1.0) and not changed:
            if os.getppid() != parent:
                break
            changed = configured_at(self.settings) != self._configured or self._other_playbooks()
        if changed:
            log.info("the configuration or a playbook has changed; the worker starts again with it")
        self._stopping.set()
        for collector in self.collectors:
            getattr(collector, "stop", lambda: None)()  # a running crawl is ended; its next one goes on from its cursor
        self.scheduler.shutdown(wait=True)
        self.store.close()
        return changed and not self._told.is_set()

    def _other_playbooks(self) -> bool:
        """Whether the brand's own playbooks were changed and can be used; those before stay in force until then."""
        written = playbooks_written_at(self.settings)
        if written == self._playbooks:
            return False
        self._playbooks = written
        try:
            library_of(self.settings)
            crisis_plans(self.settings)
        except LibraryError as error:
            log.error("the changed playbooks cannot be used, those before stay in force: %s", error)
            return False
        return True

    def _plan(self, collector: Any, first: bool = False) -> None:
        """Put the source's next fetch on the schedule, when the store says that it is due; one that is overdue soon."""
        if self._stopping.is_set():
            return
        source = name_of(collector)
        with self.store.read() as tx:
            _, next_at = sources.failures_of(tx, self.brand, source)
        soon = utc_now() + timedelta(seconds=random.uniform(0, 1) if first else 0)
        at = soon if next_at is None else max(next_at, soon)
        self.scheduler.add_job(
            self._collect, "date", args=[collector], run_date=at, id=f"collect:{source}", replace_existing=True
        )

    def _collect(self, collector: Any) -> None:
        source = name_of(collector)
        try:
            if self._stopping.is_set():
                return
            with self._reading[source]:
                with self.store.read() as tx:
                    _, next_at = sources.failures_of(tx, self.brand, source)
                if next_at is not None and next_at > utc_now():
                    return  # it was read, or asked to be left alone, while this waited for its turn
                result = collect(self.store, self.brand, collector, keep=self.keeps[source])
            self._tell(result)
            if result.new or result.edited:
                self._process()
        finally:
            try:
                self._plan(collector)
            except Exception as error:  # the store is away for a moment: the source must not be forgotten for it
                log.error("%s: its next fetch could not be planned (%s)", source, type(error).__name__)
                again = utc_now() + timedelta(seconds=collector.settings.every)
                self.scheduler.add_job(
                    self._collect, "date", args=[collector], run_date=again, id=f"collect:{source}",
                    replace_existing=True,
                )  # fmt: skip

    def _tell(self, result: Collected) -> None:
        if result.outcome in ("ok", "empty"):
            log.debug("%s: %d new of %d", result.source, result.new, result.fetched)
        else:
            log.warning("%s is %s: %s", result.source, result.outcome, result.note)

    def _refill(self) -> None:
        """Read again what was missed, one stretch a source at a time, between the source's own fetches."""
        with self.store.read() as tx:
            waiting = looks.open_backfills(tx, self.brand)
        by_name = {name_of(collector): collector for collector in self.collectors}
        for row in waiting:
            collector = by_name.get(row.source)
            if collector is None or row.not_before > utc_now() or self._stopping.is_set():
                continue
            if not self._reading[row.source].acquire(blocking=False):
                continue
            try:
                state = collecting.refill(self.store, self.brand, collector, row, keep=self.keeps[row.source])
            finally:
                self._reading[row.source].release()
            self._plan(collector)  # the source may have asked to be left alone
            log.info("%s, back-fill from %s to %s: %s", row.source, row.since, row.until, state)

    def _recheck(self, collector: Any) -> None:
        source = name_of(collector)
        with self._reading[source]:
            with self.store.read() as tx:
                failures, next_at = sources.failures_of(tx, self.brand, source)
            if failures and next_at is not None and next_at > utc_now():
                return  # it is away, or has asked to be left alone: the next round is in half a day
            try:
                removed = collecting.recheck(self.store, self.brand, collector)
            except CollectorError as error:
                log.warning("%s: could not ask what was deleted: %s", source, error)
                if error.retry_at is not None:
                    with self.store.write() as tx:
                        looks.leave_alone(tx, self.brand, source, error.retry_at)
                    self._plan(collector)
                return
        if removed:
            log.info("%s: %d mention(s) were deleted where they were written and are removed here", source, removed)

    def _mark_off(self) -> None:
        """Sources that are configured and switched off are off in the ledger from now on."""
        at = utc_now()
        for record in self.settings.sources:
            if record.get("enabled", True):
                continue
            source, kind = str(record.get("name") or record["kind"]), str(record["kind"])
            with self.store.write() as tx:
                sources.record_poll(
                    tx, self.brand, source, kind=kind, started_at=at, finished_at=at, outcome="off", fetched=0, new=0,
                    known=0, rejected=0, note="switched off in the configuration", next_at=None, failures=0,
                )  # fmt: skip

    def _process(self) -> None:
        if not self._processing.acquire(blocking=False):
            return  # whoever holds it goes on until nothing is pending
        try:
            scorer = self.champion.scorer  # a new champion is taken up here, between two batches of work
            process(self.store, self.brand, scorer, self.intake, stop=self._stopping.is_set, finder=self.finder)
        finally:
            self._processing.release()

    def _detect(self) -> None:
        done = self.detecting.run(utc_now(), self._stopping.is_set)
        if done.alarms or done.crises:
            log.warning("%d alarm(s) were raised, %d crisis(es) suspected", done.alarms, done.crises)

    def _work(self) -> None:
        """Do the long work that people asked for, a process of its own each."""
        if not self._stopping.is_set():
            self.long_work.run()

    def _round(self, do: Callable[[datetime], object]) -> None:
        if not self._stopping.is_set():
            do(utc_now())

    def _beat(self) -> None:
        with self.store.write() as tx:
            data: Mapping[str, Any] = {"pid": os.getpid(), "sources": len(self.collectors)}
            sources.beat(tx, self.brand, "worker", utc_now(), dict(data))
