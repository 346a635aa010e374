"""One fetch of one source, as a plain function: within its budget, by its query, stored whole, proven, planned anew.

Kill it between any two lines: a batch, its cursor and what it cost are one transaction. Nothing sleeps: whatever a
source says of waiting moves its next fetch. `worker.py` calls this by schedule, the command line by hand.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_DOWN
from typing import Any

from sqlalchemy import Connection

from collectors.meter import Limit, Meter, spending
from collectors.pace import backoff, next_pause
from collectors.protocol import (
    Batch,
    CollectorError,
    RateLimited,
    Reach,
    Rechecks,
    Refused,
    Rejected,
    Rewinds,
    SourceSettings,
    Unavailable,
    Unreadable,
)
from mention import Mention
from store import editing, ingest, looks, sources
from store import events as event_log
from store.engine import Store
from store.rows import Backfill, Saved

log = logging.getLogger("nobet")

Clock = Callable[[], datetime]
Keep = Callable[[Mention], bool]

WARN_AT = 0.8
"""Share of a budget from which on every note says how much is left."""

DRIFT_LEAST = 5
"""Unreadable items, at least half of all, from which on a changed layout is taken for the cause and not odd posts."""

BACKFILL_TRIES = 3
BACKFILL_PAUSE = timedelta(minutes=10)
"""After a try that found the gap still there: a source that lost posts for a moment has them again by then."""

RECHECK_REACH = timedelta(days=7)
PAID_RECHECK_REACH = timedelta(days=2)
"""Where every post that is asked for again is paid again: most deletions come in the first hours."""

RECHECK_SHARE = 0.5
"""Share of the month's items from which on nothing is asked for again: hearing what is new comes first."""

RECHECK_EVERY = timedelta(hours=12)
"""X asks that deletions be followed within 24 hours (developer policy); half of that, so that one round that was missed
is no breach."""

_OUTCOMES = ((RateLimited, "rate_limited"), (Refused, "refused"), (Unreadable, "unreadable"), (Unavailable, "failing"))


def utc_now() -> datetime:
    """The present moment in UTC; the stages are given it."""
    return datetime.now(UTC)


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
    edited: int = 0
    passed: int = 0
    requests: int = 0
    reach: Reach | None = None


@dataclass
class _Tally:
    """What has come so far."""

    fetched: int = 0
    new: int = 0
    known: int = 0
    rejected: int = 0
    edited: int = 0
    passed: int = 0
    note: str = ""
    reach: Reach | None = None
    charged: tuple[int, int] = field(default=(0, 0))

    def drifted(self, batch: Batch | None = None) -> bool:
        """Whether so much, with `batch`, could not be read that the source has probably changed its form."""
        rejected, read = self.rejected, self.fetched + self.passed
        if batch is not None:
            rejected, read = rejected + len(batch.rejected), read + len(batch.fetched)
        return rejected >= DRIFT_LEAST and rejected >= read

    @property
    def drift(self) -> str:
        """What is said of such a fetch."""
        return (
            f"{self.rejected} of {self.rejected + self.fetched + self.passed} items could not be read; the source has "
            "probably changed its form. They are kept in the quarantine; look at their reasons."
        )


def collect(
    store: Store, brand: str, collector: Any, now: Clock = utc_now, jitter: float = 0.1, keep: Keep | None = None
) -> Collected:
    """Fetch one source to its end; every batch is stored with its cursor in one transaction.

    `keep` says of a mention whether it is what the query asks for; others are passed over and counted. Never raises for
    what the source does wrong: the outcome says it, the state of the source keeps it, and the next attempt is set by
    what the source asked for, by its pace, or by doubling the pause.
    """
    settings: SourceSettings = collector.settings
    source, kind = settings.source, collector.kind
    started = now()
    with store.read() as tx:
        cursor = sources.cursor_of(tx, brand, source)
        before = sources.failures_of(tx, brand, source)[0]
        pace = looks.pace_of(tx, brand, source) or settings.every
        used = looks.used(tx, brand, started).get(source, {})
    meter = meter_for(settings, used, started)
    tally = _Tally()

    def save(batch: Batch) -> None:
        def also(tx: Connection) -> None:
            # With the cursor that passes over it: a kill in between would leave it untold for ever.
            if batch.reach is not None:
                _tell_gap(tx, brand, collector, batch.reach, batch, started, now())

        # What has changed its form is not passed over: whoever repairs the reader finds it still to be read.
        moves = not tally.drifted(batch)
        _save(store, brand, collector, batch, tally, meter, now, keep, cursor=moves, also=also if moves else None)

    outcome, note, retry_at, page = _fetch(collector, cursor, started, meter, tally, save)
    if page:
        _keep_page(store, brand, source, page, note, started)
    if outcome == "ok" and tally.drifted():
        outcome, note = "unreadable", f'Source "{source}": {tally.drift}'
    elif outcome == "ok":
        note = "; ".join(part for part in (tally.note, _spent(settings, used, meter)) if part)
        outcome = "ok" if tally.fetched or tally.note else "empty"
    failed = outcome not in ("ok", "empty")
    failures = before + 1 if failed else 0
    reach = None if failed else tally.reach
    finished = now()
    if failed:
        pause = backoff(settings.every, failures) * (1 + random.uniform(0, jitter))
    else:
        pace = next_pause(pace, settings.bounds, tally.new, bool(reach and reach.gap))
        pause = pace * (1 + random.uniform(-jitter, jitter))
    next_at = max(retry_at, finished) if retry_at else finished + timedelta(seconds=pause)
    with store.write() as tx:
        _charge(tx, brand, source, started, meter, tally)
        sources.record_poll(
            tx, brand, source, kind=kind, started_at=started, finished_at=finished, outcome=outcome,
            fetched=tally.fetched, new=tally.new, known=tally.known, rejected=tally.rejected, note=note[:500],
            next_at=next_at, failures=failures, pace_s=pace, passed=tally.passed, requests=meter.requests,
            proof=reach.proof if reach else None, reach_from=reach.since if reach else None,
            settles_s=collector.about.settles, gap=bool(reach and reach.gap), missed=reach.missed if reach else None,
        )  # fmt: skip
    return Collected(
        source, outcome, tally.fetched, tally.new, tally.known, tally.rejected, note, tally.edited, tally.passed,
        meter.requests, reach,
    )  # fmt: skip


def _fetch(
    collector: Any, cursor: dict[str, Any] | None, started: datetime, meter: Meter, tally: _Tally,
    save: Callable[[Batch], None],
) -> tuple[str, str, datetime | None, str | None]:  # fmt: skip
    """Runs a fetch to its end: how it ended, what is to be said, until when the source asked to be left alone, and a
    page that could not be read."""
    source = collector.settings.source
    try:
        with spending(meter):
            for batch in collector.fetch(cursor, started):
                save(batch)
                tally.reach = batch.reach
                tally.note = batch.note or tally.note
    except CollectorError as error:
        outcome = next((name for kind, name in _OUTCOMES if isinstance(error, kind)), "failing")
        return outcome, str(error), error.retry_at, error.page
    except Exception as error:  # a fault of ours in one collector must not stop the others
        # the message of a foreign error may hold a URL with a key in it, so only its kind is told
        trace = error.__traceback__
        while trace and trace.tb_next:
            trace = trace.tb_next
        where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
        log.error("%s: %s at %s", source, type(error).__name__, where)
        note = f"{source} failed inside Nöbet ({type(error).__name__}); what came before is stored, it is tried again"
        return "failing", note, None, None
    return "ok", "", None, None


def _save(
    store: Store, brand: str, collector: Any, batch: Batch, tally: _Tally, meter: Meter, now: Clock, keep: Keep | None,
    *, cursor: bool, also: Callable[[Connection], None] | None = None,
) -> Saved:  # fmt: skip
    """Stores a batch with what it cost; `cursor` says whether the source's own cursor moves with it."""
    settings = collector.settings
    kept = [item for item in batch.fetched if keep is None or keep(item.mention)]

    def with_it(tx: Connection) -> None:
        _charge(tx, brand, settings.source, now(), meter, tally)
        if also is not None:
            also(tx)

    gone = batch.gone if collector.about.removes_deleted else ()
    saved = ingest.save_batch(
        store, brand, settings.source, kept, seen_at=now(), cursor=batch.cursor if cursor else None,
        kind=collector.kind, rejected=batch.rejected, stage="collect", gone=gone, also=with_it,
    )  # fmt: skip
    tally.fetched += len(kept)
    tally.passed += len(batch.fetched) - len(kept)
    tally.new, tally.known = tally.new + saved.new, tally.known + saved.known
    tally.edited += saved.edited
    tally.rejected += len(batch.rejected)
    return saved


def _charge(tx: Connection, brand: str, source: str, now: datetime, meter: Meter, tally: _Tally) -> None:
    """Writes down what was spent since the last time, in the transaction of what it bought."""
    spent = (meter.requests, meter.items)
    looks.add_usage(tx, brand, source, now, spent[0] - tally.charged[0], spent[1] - tally.charged[1])
    tally.charged = spent


def _keep_page(store: Store, brand: str, source: str, page: str, note: str, now: datetime) -> None:
    """Keeps a page that could not be read in the quarantine, one a day: whoever repairs the reader needs to see it."""
    item = Rejected(
        f"The page as it was read, for the repair. {note}", {"page": page[:200_000]}, f"page:{now:%Y-%m-%d}"
    )
    ingest.save_batch(store, brand, source, (), seen_at=now, rejected=(item,), stage="collect")


def budget_of_items(settings: SourceSettings) -> int | None:
    """How many items a month's budgets allow: the smaller of the count and of the money at the item's price."""
    allowed = [] if settings.items_per_month is None else [settings.items_per_month]
    if settings.money_per_month is not None:
        allowed.append(int((settings.money_per_month / settings.price_per_item).to_integral_value(ROUND_DOWN)))
    return min(allowed, default=None)


def meter_for(settings: SourceSettings, used: Mapping[str, tuple[int, int]], now: datetime) -> Meter:
    """A meter that stops where the source's budgets of this UTC day and month end; `used` as `looks.used` gives it."""
    requests, items = used.get("day", (0, 0))[0], used.get("month", (0, 0))[1]
    meter = Meter(settings.source)
    if settings.requests_per_day is not None:
        name = f"of {settings.requests_per_day:,} requests a day (requests_per_day)"
        meter.request_limit = Limit(settings.requests_per_day - requests, looks.next_day(now), name)
    if (allowed := budget_of_items(settings)) is not None:
        money = settings.money_per_month
        by_money = money is not None and allowed != settings.items_per_month
        name = f"of {allowed:,} items a month (items_per_month)"
        if by_money:
            name = f"of {money} {settings.currency} a month (money_per_month), {allowed:,} items,"
        meter.item_limit = Limit(allowed - items, looks.next_month(now), name)
    return meter


def _spent(settings: SourceSettings, used: Mapping[str, tuple[int, int]], meter: Meter) -> str:
    """A warning once most of a budget is used; empty before."""
    told = []
    requests = used.get("day", (0, 0))[0] + meter.requests
    if settings.requests_per_day and requests >= settings.requests_per_day * WARN_AT:
        told.append(f"{requests:,} of {settings.requests_per_day:,} requests of this day are used")
    items = used.get("month", (0, 0))[1] + meter.items
    allowed = budget_of_items(settings)
    if allowed and items >= allowed * WARN_AT:
        told.append(f"{items:,} of {allowed:,} items of this month's budget are used")
    return "; ".join(told)


def _tell_gap(
    tx: Connection, brand: str, collector: Any, reach: Reach, batch: Batch, started: datetime, now: datetime
) -> None:
    """Time that a fetch did not reach stands in the ledger; a gap is an event too, and is read again where the source
    allows it."""
    source, note = collector.settings.source, batch.note[:500]
    mark = looks.last_proof(tx, brand, source, before=started)
    # What was posted just before the last fetch may have been listed after it, and so lies in the gap too.
    since = mark - timedelta(seconds=collector.about.settles) if mark else reach.since or started
    if not reach.gap and (mark is None or reach.since is None or reach.since <= since):
        return
    # A look that claims nothing but the gap; what this fetch did read is proven by its own look, once it has ended.
    looks.add_proof(
        tx, brand, source, started_at=started, finished_at=now, proof=reach.proof, reach_from=None,
        fetched=len(batch.fetched), new=0, note=note, gap=True, missed=reach.missed,
    )  # fmt: skip
    if not reach.gap:
        return
    until = max(since, reach.since or started)
    data = {"source": source, "from": since.isoformat(), "to": until.isoformat(), "missed": reach.missed, "note": note}
    event_log.append(tx, brand, type="coverage_gap", at=now, by="system", recorded_at=now, data=data)
    log.warning("%s may have missed posts between %s and %s: %s", source, since, until, note)
    if isinstance(collector, Rewinds):
        looks.ask_backfill(tx, brand, source, since, until, now, note)


def refill(
    store: Store, brand: str, collector: Any, row: Backfill, now: Clock = utc_now, keep: Keep | None = None
) -> str:
    """Read a stretch of time again, within the source's budget; answers the state the back-fill is in afterwards.

    Its place is kept with every batch, apart from the source's own cursor. A source that lists nothing so old (any
    more) is tried BACKFILL_TRIES times, then the gap is left as it is and said to be final.
    """
    settings: SourceSettings = collector.settings
    started = now()
    with store.read() as tx:
        used = looks.used(tx, brand, started).get(settings.source, {})
        own = sources.cursor_of(tx, brand, settings.source)
        failures, next_at = sources.failures_of(tx, brand, settings.source)
    if failures and next_at is not None and next_at > started:
        # The source asked to be left alone, or is down: that holds for reading again too.
        with store.write() as tx:
            looks.move_backfill(tx, row.id, state="waiting", not_before=next_at)
        return "waiting"
    cursor = row.cursor or collector.rewound(own, row.since)
    if cursor is None:
        with store.write() as tx:
            looks.move_backfill(tx, row.id, state="given_up", note="the source does not reach back that far")
        return "given_up"
    meter, tally = meter_for(settings, used, started), _Tally()
    read: list[str] = []

    def save(batch: Batch) -> None:
        read.extend(item.mention.native_id for item in batch.fetched)

        def also(tx: Connection) -> None:
            # A gap starts the reading over: from a cursor that lies past it, it would be taken for filled.
            gap = batch.reach is not None and batch.reach.gap
            looks.move_backfill(tx, row.id, state="running", cursor=None if gap else batch.cursor)

        moves = not tally.drifted(batch)
        saved = _save(
            store, brand, collector, batch, tally, meter, now, keep, cursor=False, also=also if moves else None
        )
        if saved.new:
            with store.write() as tx:
                looks.move_backfill(tx, row.id, found=saved.new)

    outcome, note, retry_at, _ = _fetch(collector, cursor, started, meter, tally, save)
    if outcome == "ok" and tally.drifted():
        outcome, note = "unreadable", tally.drift
    reach = tally.reach if outcome == "ok" else None
    finished = now()
    tries = row.tries + 1
    changes: dict[str, Any] = {"tries": tries, "note": (note or tally.note)[:500]}
    proof = reach.proof if reach is not None and not reach.gap else None
    if reach is not None and reach.gap and reach.proof == "ended":
        # It read the listing to its end and met what was read before the gap: nothing older is listed to be met.
        with store.read() as tx:
            if looks.read_before_gap(tx, brand, settings.source, read, row.created_at):
                proof = "ended"
    if proof is not None:
        changes |= {"state": "done"}
    elif reach is not None and tries >= BACKFILL_TRIES:
        changes |= {"state": "given_up"}
    else:
        # A failure of the source costs no try: it has not shown what it lists.
        tries = row.tries if outcome != "ok" else tries
        again = retry_at or finished + BACKFILL_PAUSE
        changes |= {"state": "waiting", "tries": tries, "not_before": again}
        changes |= {"cursor": None} if reach is not None else {}
    with store.write() as tx:
        _charge(tx, brand, settings.source, finished, meter, tally)
        looks.move_backfill(tx, row.id, **changes)
        if retry_at is not None:
            looks.leave_alone(tx, brand, settings.source, retry_at)
        if proof is not None:
            # The proof stands in the ledger as a look of its own: everything since the gap's beginning was read.
            looks.add_proof(
                tx, brand, settings.source, started_at=started, finished_at=finished, proof=proof,
                reach_from=row.since, fetched=tally.fetched, new=tally.new, note=f"read again: {tally.new} found",
            )  # fmt: skip
    return str(changes["state"])


def recheck(store: Store, brand: str, collector: Any, now: Clock = utc_now) -> int:
    """Ask which stored mentions were deleted where they were written, and remove those; answers how many.

    Raises a CollectorError; what was found before it is removed.
    """
    if not isinstance(collector, Rechecks) or not collector.about.removes_deleted:  # type: ignore[attr-defined]
        return 0
    settings: SourceSettings = collector.settings  # type: ignore[attr-defined]
    started = now()
    with store.read() as tx:
        used = looks.used(tx, brand, started).get(settings.source, {})
        allowed = budget_of_items(settings)
        if allowed is not None and used.get("month", (0, 0))[1] > allowed * RECHECK_SHARE:
            return 0
        reach = PAID_RECHECK_REACH if settings.price_per_item else RECHECK_REACH
        ids = editing.recheckable(tx, brand, settings.source, started - reach)
    meter, tally, removed = meter_for(settings, used, started), _Tally(), 0
    with spending(meter):
        for at in range(0, len(ids), 100):
            try:
                gone = collector.deleted(ids[at : at + 100], started)
            finally:
                with store.write() as tx:
                    _charge(tx, brand, settings.source, now(), meter, tally)
            with store.write() as tx:
                removed += editing.remove_deleted(tx, brand, settings.source, gone, now())
    return removed
