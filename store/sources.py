"""How the sources stand: cursors, polls, health, and the heartbeats of our own processes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, literal, or_, select, update

from store.dialect import insert, seconds_between
from store.rows import SOURCE_STATES, Heartbeat, Poll, SourceState, one_of
from store.tables import heartbeats, mentions, polls, quarantine, source_state

RECENT = timedelta(hours=24)
LAG_WINDOW = timedelta(days=7)
"""Long enough for a quiet source to have mentions, short enough to show a change of this week."""

MOST_WAITING = 100_000
"""Waiting mentions of a stage that are counted: more are as bad, and a view that is watched has to stay quick."""


def is_source(brand: str, source: str) -> tuple[ColumnElement[bool], ...]:
    """The conditions that name one row of source_state."""
    return (source_state.c.brand == brand, source_state.c.source == source)


def hold_source(tx: Connection, brand: str, source: str, kind: str | None, at: datetime) -> None:
    """Makes sure that the source has its row, and keeps it from other writers until this transaction ends."""
    statement = insert(tx, source_state).values(
        brand=brand, source=source, kind=kind, state="ok", note="", failures=0, total=0, updated_at=at
    )
    changes = {"updated_at": at} | ({"kind": kind} if kind is not None else {})
    tx.execute(statement.on_conflict_do_update(index_elements=["brand", "source"], set_=changes))


def cursor_of(tx: Connection, brand: str, source: str) -> dict[str, Any] | None:
    """The cursor that was stored with the source's newest batch; None before the first."""
    found = tx.execute(select(source_state.c.cursor).where(*is_source(brand, source))).scalar_one_or_none()
    return None if found is None else dict(found)


def failures_of(tx: Connection, brand: str, source: str) -> tuple[int, datetime | None]:
    """How many fetches of a source have failed in a row, and when the next is planned; (0, None) before the first."""
    query = select(source_state.c.failures, source_state.c.next_at).where(*is_source(brand, source))
    row = tx.execute(query).one_or_none()
    return (0, None) if row is None else (int(row.failures), row.next_at)


def record_poll(
    tx: Connection,
    brand: str,
    source: str,
    *,
    kind: str | None,
    started_at: datetime,
    finished_at: datetime,
    outcome: str,
    fetched: int,
    new: int,
    known: int,
    rejected: int,
    note: str,
    next_at: datetime | None,
    failures: int,
    pace_s: float | None = None,
    passed: int = 0,
    requests: int = 0,
    proof: str | None = None,
    reach_from: datetime | None = None,
    gap: bool = False,
    missed: int | None = None,
    settles_s: float | None = None,
) -> None:
    """Appends one poll and makes its outcome (one of rows.SOURCE_STATES) the source's state.

    `failures` is how many fetches have failed in a row, this one included; `next_at` is when the next is planned,
    `pace_s` the seconds between two as they are now. What the fetch proves is `proof`, `reach_from`, `gap` and
    `missed` (see store.tables.polls).
    """
    one_of(outcome, SOURCE_STATES, "outcome")
    hold_source(tx, brand, source, kind, finished_at)
    changes = {
        "state": outcome,
        "note": note,
        "last_started_at": started_at,
        "failures": failures,
        "next_at": next_at,
        "pace_s": pace_s,
        "settles_s": settles_s,
    }
    if outcome == "ok":
        changes["last_ok_at"] = finished_at
    tx.execute(update(source_state).where(*is_source(brand, source)).values(changes))
    tx.execute(
        polls.insert().values(
            brand=brand,
            source=source,
            started_at=started_at,
            finished_at=finished_at,
            outcome=outcome,
            fetched=fetched,
            new=new,
            known=known,
            rejected=rejected,
            note=note,
            passed=passed,
            requests=requests,
            proof=proof,
            reach_from=reach_from,
            gap=int(gap),
            missed=missed,
            next_at=next_at,
        )
    )


def mark_source(
    tx: Connection, brand: str, source: str, *, kind: str | None, state: str, note: str, at: datetime
) -> None:
    """Sets a source's state (one of rows.SOURCE_STATES) without a poll: switched off, or refused before it began."""
    one_of(state, SOURCE_STATES, "source state")
    hold_source(tx, brand, source, kind, at)
    tx.execute(update(source_state).where(*is_source(brand, source)).values(state=state, note=note))


def source_states(tx: Connection, brand: str, now: datetime | None = None) -> list[SourceState]:
    """Every source of the brand, by name, with what it delivered up to `now` (this moment when left out)."""
    now = now or datetime.now(UTC)
    rows = tx.execute(select(source_state).where(source_state.c.brand == brand)).all()
    names = sorted(row.source for row in rows)
    recent = _count_seen(tx, brand, names, now - RECENT)
    waiting = _count_waiting(tx, brand)
    held = _by_source(tx, quarantine.c.source, quarantine.c.brand == brand, quarantine.c.resolved_at.is_(None))
    lags = _lags(tx, brand, names, now - LAG_WINDOW)
    last = _last_polls(tx, brand)
    states = []
    for row in sorted(rows, key=lambda row: row.source):
        p50, p95 = lags.get(row.source, (None, None))
        states.append(
            SourceState(
                source=row.source,
                kind=row.kind,
                state=row.state,
                note=row.note,
                cursor=row.cursor,
                last_started_at=row.last_started_at,
                last_ok_at=row.last_ok_at,
                last_item_at=row.last_item_at,
                failures=row.failures,
                next_at=row.next_at,
                updated_at=row.updated_at,
                total=row.total,
                new_24h=recent.get(row.source, 0),
                waiting=waiting[row.source],
                quarantined=held.get(row.source, 0),
                lag_p50_s=p50,
                lag_p95_s=p95,
                last_poll=last.get(row.source),
                pace_s=row.pace_s,
                settles_s=row.settles_s,
            )
        )
    return states


def _by_source(tx: Connection, source: ColumnElement[str], *conditions: ColumnElement[bool]) -> dict[str, int]:
    rows = tx.execute(select(source, func.count()).where(*conditions).group_by(source))
    return {name: number for name, number in rows}


def _count_waiting(tx: Connection, brand: str) -> Counter[str]:
    waiting: Counter[str] = Counter()
    for stage in ("new", "scored", "edited", "rescored"):
        # The order picks the index of the stages: left alone, SQLite walks every mention in the order of the sources,
        # because it does not know how few are waiting.
        some = (
            select(mentions.c.source)
            .where(mentions.c.brand == brand, mentions.c.stage == stage)
            .order_by(mentions.c.published_at, mentions.c.id)
            .limit(MOST_WAITING)
            .subquery()
        )
        waiting.update(_by_source(tx, some.c.source))
    return waiting


def _seen(brand: str, names: Sequence[str], since: datetime) -> tuple[ColumnElement[bool], ...]:
    # The names are listed because the index goes brand, source, seen_at: without them SQLite reads every mention.
    return (mentions.c.brand == brand, mentions.c.source.in_(names), mentions.c.seen_at >= since)


def _count_seen(tx: Connection, brand: str, names: Sequence[str], since: datetime) -> dict[str, int]:
    return _by_source(tx, mentions.c.source, *_seen(brand, names, since))


def _lags(tx: Connection, brand: str, names: Sequence[str], since: datetime) -> dict[str, tuple[float, float]]:
    """Median and 95th percentile (nearest rank) of posted-to-seen, in seconds, by source."""
    lag = seconds_between(mentions.c.published_at, mentions.c.seen_at)
    ranked = (
        select(
            mentions.c.source,
            lag.label("lag"),
            func.row_number().over(partition_by=mentions.c.source, order_by=lag).label("rank"),
            func.count().over(partition_by=mentions.c.source).label("number"),
        )
        .where(*_seen(brand, names, since))
        .subquery()
    )
    # The nearest rank ceil(number * percent / 100), in whole numbers: both databases divide those the same way.
    median, high = ((ranked.c.number * literal(percent) + 99) // 100 for percent in (50, 95))
    wanted = or_(ranked.c.rank == median, ranked.c.rank == high)
    found: dict[str, list[float]] = {}
    for row in tx.execute(select(ranked).where(wanted).order_by(ranked.c.source, ranked.c.rank)):
        found.setdefault(row.source, []).append(max(0.0, round(float(row.lag), 3)))
    return {name: (values[0], values[-1]) for name, values in found.items()}


def _last_polls(tx: Connection, brand: str) -> dict[str, Poll]:
    newest = select(func.max(polls.c.id)).where(polls.c.brand == brand).group_by(polls.c.source)
    columns = [column for column in polls.c if column.name != "brand"]
    rows = tx.execute(select(*columns).where(polls.c.id.in_(newest)))
    return {row.source: _poll(row) for row in rows}


def _poll(row: Any) -> Poll:
    return Poll(**{**row._mapping, "gap": bool(row.gap)})


def beat(tx: Connection, brand: str, name: str, at: datetime, data: dict[str, Any] | None = None) -> None:
    """Notes that the process `name` lives at `at`, and what it says of itself."""
    statement = insert(tx, heartbeats).values(brand=brand, name=name, at=at, data=data or {})
    changes = {"at": statement.excluded.at, "data": statement.excluded.data}
    tx.execute(statement.on_conflict_do_update(index_elements=["brand", "name"], set_=changes))


def heartbeat(tx: Connection, brand: str, name: str) -> Heartbeat | None:
    """When the process `name` last said that it lives; None if it never did."""
    query = select(heartbeats).where(heartbeats.c.brand == brand, heartbeats.c.name == name)
    row = tx.execute(query).one_or_none()
    return None if row is None else Heartbeat(name=row.name, at=row.at, data=row.data)
