"""What the coverage ledger is made of: the polls of a stretch of time, what sources usually bring, what was spent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, DateTime, and_, case, func, null, select, type_coerce, update

from store.columns import aware
from store.dialect import chunks, hour_of, insert
from store.rows import BACKFILL_STATES, Backfill, Look, one_of
from store.tables import backfills, mentions, polls, source_state, usage


def looks(tx: Connection, brand: str, since: datetime, until: datetime) -> dict[str, list[Look]]:
    """The polls of every source that ended in [since, until], in order; before them, of each source, the last poll that
    proved something, because what was proven before `since` is where the first of them joins.

    Of a run of polls that all brought something and proved it in the same way, the first and the last: what lies
    between them says nothing more of what was seen, and is nearly all there is.
    """
    before = (
        select(func.max(polls.c.id))
        .where(polls.c.brand == brand, polls.c.finished_at < since, polls.c.proof.is_not(None))
        .group_by(polls.c.source)
    )
    inside = (polls.c.brand == brand, polls.c.finished_at >= since, polls.c.finished_at <= until)
    usual = and_(
        polls.c.outcome == "ok", polls.c.fetched > 0, polls.c.proof.is_not(None), polls.c.reach_from.is_(None),
        polls.c.gap == 0,
    )  # fmt: skip
    began = type_coerce(polls.c.started_at, DateTime(timezone=True))  # of a hundred thousand rows: as it comes
    kind = case((usual, polls.c.proof + " " + polls.c.note), else_=null())
    telling: list[int] = []
    runs: dict[str, _Run] = {}
    for condition in ((polls.c.id.in_(before),), inside):
        query = select(polls.c.id, polls.c.source, began, kind).where(*condition)
        for id_, source, at, same in tx.execute(query.order_by(polls.c.finished_at, polls.c.id)):
            run = runs.get(source)
            if run is not None and same is not None and run.kind == same and run.began <= at:
                run.began, run.last = at, id_
                continue
            if run is not None and run.last is not None:
                telling.append(run.last)
            telling.append(id_)
            runs[source] = _Run(same, at)
    telling += [run.last for run in runs.values() if run.last is not None]
    return _looks(tx, telling)


@dataclass(slots=True)
class _Run:
    """Polls of one kind one after the other (None: of no usual kind): when the newest began, and its id unless it is
    the first."""

    kind: str | None
    began: datetime
    last: int | None = None


def _looks(tx: Connection, ids: Sequence[int]) -> dict[str, list[Look]]:
    """Some polls by their source, in the order in which they ended."""
    columns = [polls.c[name] for name in Look._fields]
    rows = [
        row for part in chunks(ids)
        for row in tx.execute(select(polls.c.source, polls.c.id, *columns).where(polls.c.id.in_(part)))
    ]  # fmt: skip
    found: dict[str, list[Look]] = {}
    for row in sorted(rows, key=lambda row: (row.finished_at, row.id)):
        one = Look(*row[2:])
        found.setdefault(row.source, []).append(one._replace(gap=bool(one.gap)))
    return found


def hourly(tx: Connection, brand: str, source: str, since: datetime, until: datetime) -> dict[datetime, int]:
    """How many mentions of a source were posted in each hour (UTC) of [since, until), without the empty hours."""
    hour = hour_of(mentions.c.published_at)
    query = (
        select(hour, func.count())
        .where(
            mentions.c.brand == brand,
            mentions.c.source == source,
            mentions.c.published_at >= since,
            mentions.c.published_at < until,
        )
        .group_by(hour)
    )
    return {aware(at): count for at, count in tx.execute(query)}


def periods(now: datetime) -> tuple[str, str]:
    """The names of the UTC day and month of `now` (aware), as the table of usage has them."""
    moment = now.astimezone(UTC)
    return f"{moment:%Y-%m-%d}", f"{moment:%Y-%m}"


def next_day(now: datetime) -> datetime:
    """When the UTC day after `now`'s begins."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def next_month(now: datetime) -> datetime:
    """When the UTC month after `now`'s begins."""
    first = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=32)).replace(day=1)


def add_usage(tx: Connection, brand: str, source: str, now: datetime, requests: int, items: int) -> None:
    """Counts requests and items to the source's day and month."""
    if not requests and not items:
        return
    for period in periods(now):
        statement = insert(tx, usage).values(brand=brand, source=source, period=period, requests=requests, items=items)
        changes = {
            "requests": usage.c.requests + statement.excluded.requests,
            "items": usage.c["items"] + statement.excluded["items"],
        }
        tx.execute(statement.on_conflict_do_update(index_elements=["brand", "source", "period"], set_=changes))


def used(tx: Connection, brand: str, now: datetime) -> dict[str, Mapping[str, tuple[int, int]]]:
    """By source, `day` and `month`: (requests, items) used in the UTC day and month of `now`."""
    day, month = periods(now)
    query = select(usage).where(usage.c.brand == brand, usage.c.period.in_((day, month)))
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for row in tx.execute(query):
        name = "day" if row.period == day else "month"
        found.setdefault(row.source, {})[name] = (int(row.requests), int(row._mapping["items"]))
    return dict(found)


def ask_backfill(
    tx: Connection, brand: str, source: str, since: datetime, until: datetime, now: datetime, note: str
) -> None:
    """Asks that [since, until) of a source be read again; the same stretch is asked once."""
    statement = insert(tx, backfills).values(
        brand=brand, source=source, since=since, until=until, state="waiting", cursor=None, tries=0, not_before=now,
        found=0, note=note, created_at=now,
    )  # fmt: skip
    tx.execute(statement.on_conflict_do_nothing(index_elements=["brand", "source", "since", "until"]))


def open_backfills(tx: Connection, brand: str) -> list[Backfill]:
    """What is still to be read again, the oldest request first."""
    return _backfills(tx, brand, backfills.c.state.in_(("waiting", "running")))


def backfills_since(tx: Connection, brand: str, since: datetime) -> list[Backfill]:
    """Every back-fill of time after `since`, the oldest request first."""
    return _backfills(tx, brand, backfills.c.until > since)


def _backfills(tx: Connection, brand: str, condition: Any) -> list[Backfill]:
    columns = [column for column in backfills.c if column.name != "brand"]
    query = select(*columns).where(backfills.c.brand == brand, condition).order_by(backfills.c.id)
    return [Backfill(**row._mapping) for row in tx.execute(query)]


def move_backfill(tx: Connection, backfill_id: int, *, found: int = 0, **changes: Any) -> None:
    """Changes a back-fill's columns; `found` is added to what it has found."""
    if "state" in changes:
        one_of(changes["state"], BACKFILL_STATES, "back-fill state")
    tx.execute(
        update(backfills).where(backfills.c.id == backfill_id).values(found=backfills.c.found + found, **changes)
    )


def last_proof(tx: Connection, brand: str, source: str, before: datetime) -> datetime | None:
    """When the last fetch of a source began that proved something, among those begun before `before`; None without."""
    query = select(func.max(polls.c.started_at)).where(
        polls.c.brand == brand, polls.c.source == source, polls.c.proof.is_not(None), polls.c.started_at < before
    )
    found: datetime | None = tx.execute(query).scalar_one_or_none()
    return found


def add_proof(
    tx: Connection, brand: str, source: str, *, started_at: datetime, finished_at: datetime, proof: str,
    reach_from: datetime | None, fetched: int, new: int, note: str, gap: bool = False, missed: int | None = None,
) -> None:  # fmt: skip
    """Appends what a back-fill proved, or a gap that was found, to the polls, without touching the source's state."""
    row = {
        "brand": brand, "source": source, "started_at": started_at, "finished_at": finished_at, "outcome": "ok",
        "fetched": fetched, "new": new, "known": fetched - new, "rejected": 0, "note": note, "proof": proof,
        "reach_from": reach_from, "gap": int(gap), "missed": missed,
    }  # fmt: skip
    tx.execute(polls.insert().values(row))


def watched_since(tx: Connection, brand: str, source: str) -> datetime | None:
    """When a source was asked for the first time; None if it never was."""
    query = select(func.min(polls.c.started_at)).where(polls.c.brand == brand, polls.c.source == source)
    found: datetime | None = tx.execute(query).scalar_one_or_none()
    return found


def read_before_gap(tx: Connection, brand: str, source: str, native_ids: Sequence[str], found_at: datetime) -> bool:
    """Whether one of these mentions was stored before the fetch began that found a gap at `found_at`."""
    began = select(func.max(polls.c.started_at)).where(
        polls.c.brand == brand, polls.c.source == source, polls.c.gap == 1, polls.c.started_at <= found_at
    )
    start: datetime | None = tx.execute(began).scalar_one_or_none()
    if start is None:
        return False
    for chunk in chunks(native_ids):
        query = select(mentions.c.id).where(
            mentions.c.brand == brand, mentions.c.source == source, mentions.c.native_id.in_(chunk),
            mentions.c.seen_at < start,
        )  # fmt: skip
        if tx.execute(query.limit(1)).first() is not None:
            return True
    return False


def leave_alone(tx: Connection, brand: str, source: str, until: datetime) -> None:
    """Puts the source's next fetch off until `until`, where it was planned earlier."""
    earlier = (source_state.c.next_at.is_(None)) | (source_state.c.next_at < until)
    tx.execute(
        update(source_state)
        .where(source_state.c.brand == brand, source_state.c.source == source, earlier)
        .values(next_at=until)
    )


def pace_of(tx: Connection, brand: str, source: str) -> float | None:
    """The seconds between two fetches of a source as they are now; None before the first."""
    query = select(source_state.c.pace_s).where(source_state.c.brand == brand, source_state.c.source == source)
    found = tx.execute(query).scalar_one_or_none()
    return None if found is None else float(found)
