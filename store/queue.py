"""The queue: which cases to show, in the order of their true deadline, and how many there are of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, func, select, true
from sqlalchemy import case as when

from mention import clean_text
from store.decode import CASE_COLUMNS, case_fields
from store.dialect import chunks, holds_words
from store.rows import LIVE_STATUSES, OPEN_STATUSES, STATUSES, QueueRecord, one_of
from store.tables import case_mentions, cases, mentions
from store.tables_desk import case_tags

TEXT_SHOWN = 400
"""Characters of the latest mention that a row of the queue needs: two lines on a wide screen."""

SOON = timedelta(hours=1)


def queue(tx: Connection, brand: str, *, limit: int = 200, offset: int = 0, **wanted: Any) -> list[QueueRecord]:
    """The cases that meet every condition of `queue_conditions`, the nearest deadline first.

    Those without a deadline come last; then priority, posting time and id decide, the same on both databases. What is
    closed (CLOSED_STATUSES) alone is in the order of LAST_FIRST.
    """
    page = select(*CASE_COLUMNS).where(*queue_conditions(brand, **wanted)).order_by(*_order(wanted))
    return _records(tx, tx.execute(page.limit(limit).offset(offset)).all())


def queue_ids(tx: Connection, brand: str, **wanted: Any) -> list[int]:
    """The ids of the cases that meet the conditions of `queue_conditions`, in the order of `queue`; where they are more
    than MOST, the first ones."""
    page = select(cases.c.id).where(*queue_conditions(brand, **wanted)).order_by(*_order(wanted)).limit(MOST)
    return [int(id) for (id,) in tx.execute(page)]


def queue_number(tx: Connection, brand: str, **wanted: Any) -> int:
    """How many cases meet the conditions of `queue_conditions`."""
    return int(
        tx.execute(select(func.count()).select_from(cases).where(*queue_conditions(brand, **wanted))).scalar_one()
    )


def queue_of(tx: Connection, brand: str, ids: Sequence[int]) -> list[QueueRecord]:
    """Those cases of the brand as rows of the queue, in the order of `ids`; what is not there is left out."""
    rows: dict[int, Row[Any]] = {}
    for chunk in chunks(ids):
        found = tx.execute(select(*CASE_COLUMNS).where(cases.c.brand == brand, cases.c.id.in_(chunk)))
        rows.update((row.id, row) for row in found)
    return _records(tx, [rows[id] for id in ids if id in rows])


# The order of every list of cases: the nearest deadline first, and never by chance.
ORDER = (cases.c.due_at.asc().nulls_last(), cases.c.priority, cases.c.posted_at, cases.c.id)

# What is done has no deadline any more: what was done last is looked for first. There is an index of it.
LAST_FIRST = (cases.c.updated_at.desc(), cases.c.id.desc())

MOST = 20_000
"""Cases of one view whose order is read: twice what the largest desk had open at once, and the browser draws a hundred
at a time. Without an end, the resolved ones of a year would be sorted at each refresh."""


def _order(wanted: Mapping[str, Any]) -> tuple[ColumnElement[Any], ...]:
    return LAST_FIRST if set(wanted.get("statuses", OPEN_STATUSES)) <= set(CLOSED_STATUSES) else ORDER


def queue_conditions(
    brand: str,
    *,
    statuses: Sequence[str] = OPEN_STATUSES,
    due_before: datetime | None = None,
    due_after: datetime | None = None,
    unassigned: bool = False,
    assignee: str | None = None,
    urgency: str | None = None,
    topic: str | None = None,
    channel: str | None = None,
    language: str | None = None,
    team: str | None = None,
    tags: Sequence[str] = (),
    awake_at: datetime | None = None,
    asleep_at: datetime | None = None,
    search: str | None = None,
) -> list[ColumnElement[bool]]:
    """What a case has to meet to be in a view.

    `due_after <= due_at < due_before`. `search` (folded by mention.search_text) has to have all its words in one
    mention of the case; `tags` are all on the case. `awake_at` leaves out what sleeps (is snoozed) at that moment,
    `asleep_at` all else.
    """
    conditions = [cases.c.brand == brand, cases.c.status.in_([one_of(s, STATUSES, "status") for s in statuses])]
    if due_before is not None:
        conditions.append(cases.c.due_at < due_before)
    if due_after is not None:
        conditions.append(cases.c.due_at >= due_after)
    if unassigned:
        conditions.append(cases.c.assignee.is_(None))
    wanted = {"assignee": assignee, "urgency": urgency, "topic": topic, "channel": channel, "language": language,
              "team": team}  # fmt: skip
    conditions += [cases.c[name] == value for name, value in wanted.items() if value is not None]
    if awake_at is not None:
        conditions.append(_awake(awake_at))
    if asleep_at is not None:
        conditions.append(~_awake(asleep_at))
    for tag in tags:
        conditions.append(
            exists(select(1).where(case_tags.c.case_id == cases.c.id, case_tags.c.tag == clean_text(tag)))
        )
    if search and (words := holds_words(mentions.c.search, clean_text(search))):
        conditions.append(_has_mention(words))
    return conditions


def _records(tx: Connection, rows: Sequence[Row[Any]]) -> list[QueueRecord]:
    latest = _latest_mentions(tx, [row.id for row in rows])
    nothing = ("", None, None, None, 0)
    records = []
    for row in rows:
        text, author, author_name, followers, number = latest.get(row.id, nothing)
        records.append(
            QueueRecord(
                **case_fields(row),
                text=text,
                author=author,
                author_name=author_name,
                followers=followers,
                mentions=number,
            )
        )
    return records


def _awake(now: datetime) -> ColumnElement[bool]:
    return func.coalesce(cases.c.snoozed_until <= now, true())


def _has_mention(words: list[ColumnElement[bool]]) -> ColumnElement[bool]:
    return exists(
        select(1)
        .select_from(case_mentions)
        .join(mentions, mentions.c.id == case_mentions.c.mention_id)
        .where(case_mentions.c.case_id == cases.c.id, *words)
    )


Latest = tuple[str, str | None, str | None, int | None, int]


def _latest_mentions(tx: Connection, case_ids: Sequence[int]) -> dict[int, Latest]:
    """Of each case: its latest mention's text (the beginning), author, author's name and followers, and how many."""
    latest: dict[int, Latest] = {}
    for chunk in chunks(case_ids):
        newest = func.row_number().over(
            partition_by=case_mentions.c.case_id, order_by=(mentions.c.published_at.desc(), mentions.c.id.desc())
        )
        ranked = (
            select(
                case_mentions.c.case_id,
                mentions.c.id,
                newest.label("place"),
                func.count().over(partition_by=case_mentions.c.case_id).label("number"),
            )
            .join(mentions, mentions.c.id == case_mentions.c.mention_id)
            .where(case_mentions.c.case_id.in_(chunk))
            .subquery()
        )
        query = (
            select(
                ranked.c.case_id,
                func.substr(mentions.c.text, 1, TEXT_SHOWN),
                mentions.c.author,
                mentions.c.author_name,
                mentions.c.followers,
                ranked.c.number,
            )
            .join(mentions, mentions.c.id == ranked.c.id)
            .where(ranked.c.place == 1)
        )
        for case_id, text, author, author_name, followers, number in tx.execute(query):
            latest[case_id] = (text, author, author_name, followers, number)
    return latest


def counts(
    tx: Connection, brand: str, now: datetime, me: str | None = None, closed: Closed | None = None,
    shared: Shared | None = None,
) -> dict[str, int]:  # fmt: skip
    """How many cases each view of the queue has at `now` (aware).

    open (OPEN_STATUSES, awake), snoozed (those that sleep), unassigned (open and nobody's), mine (open and given to
    `me`), due_1h and late (LIVE_STATUSES with a deadline in the next hour or before now, asleep or not), new, answered,
    resolved, set_aside (those statuses). `closed` may know the last two from before: it is given the numbers of the
    live ones, and how they are counted. `shared` may know what is the same for everybody: it is given what that is, and
    how it is found out.
    """
    number, live_ones = (shared or _asked)(
        "live", lambda: (_by_status(tx, brand, LIVE_STATUSES), _live_of_each(tx, brand, now))
    )
    done = (closed or _counted)(tuple(sorted(number.items())), lambda: _by_status(tx, brand, CLOSED_STATUSES))
    live = _sums(live_ones, me)
    return {
        **live,
        "snoozed": sum(number.get(status, 0) for status in OPEN_STATUSES) - live["open"],
        **{status: number.get(status, 0) for status in ("new", "answered")},
        **{status: done.get(status, 0) for status in CLOSED_STATUSES},
    }


Live = tuple[tuple[str, int], ...]
Closed = Callable[[Live, Callable[[], dict[str, int]]], Mapping[str, int]]
CLOSED_STATUSES = ("resolved", "set_aside")
"""All the rest of the table, and more every day: counting them is what counting costs."""


Shared = Callable[[str, Callable[[], Any]], Any]


def _asked(what: str, find: Callable[[], Any]) -> Any:
    return find()


def _counted(live: Live, count: Callable[[], dict[str, int]]) -> Mapping[str, int]:
    return count()


def _by_status(tx: Connection, brand: str, statuses: Sequence[str]) -> dict[str, int]:
    query = select(cases.c.status, func.count()).where(cases.c.brand == brand, cases.c.status.in_(statuses))
    return {str(status): int(many) for status, many in tx.execute(query.group_by(cases.c.status))}


def live_counts(tx: Connection, brand: str, now: datetime, me: str | None = None) -> dict[str, int]:
    """Of `counts` those with which the desk still has to do something: open, due_1h, late, unassigned, mine; they cost
    nothing for what is resolved, however much that is."""
    return _sums(_live_of_each(tx, brand, now), me)


OfEach = Sequence[tuple[str | None, int, int, int]]
"""Of each assignee (None: nobody): the cases that are open and awake, due within the hour, late."""


def _live_of_each(tx: Connection, brand: str, now: datetime) -> OfEach:
    is_open = and_(cases.c.status.in_(OPEN_STATUSES), _awake(now))
    # Only the live ones are looked at row by row: the resolved ones are all the rest of the table.
    live = select(
        cases.c.assignee,
        _how_many(is_open),
        _how_many(and_(cases.c.due_at >= now, cases.c.due_at < now + SOON)),
        _how_many(cases.c.due_at < now),
    ).where(cases.c.brand == brand, cases.c.status.in_(LIVE_STATUSES))
    rows = tx.execute(live.group_by(cases.c.assignee))
    return [(name, int(awake), int(due_1h), int(late)) for name, awake, due_1h, late in rows]


def _sums(live: OfEach, me: str | None) -> dict[str, int]:
    return {
        "open": sum(one[1] for one in live),
        "due_1h": sum(one[2] for one in live),
        "late": sum(one[3] for one in live),
        "unassigned": sum(one[1] for one in live if one[0] is None),
        "mine": sum(one[1] for one in live if one[0] == (me or "")),
    }


def loads(tx: Connection, brand: str) -> dict[str, int]:
    """How many open cases each assignee has; who has none is not in it."""
    query = (
        select(cases.c.assignee, func.count())
        .where(cases.c.brand == brand, cases.c.status.in_(OPEN_STATUSES), cases.c.assignee.is_not(None))
        .group_by(cases.c.assignee)
    )
    return {str(name): int(number) for name, number in tx.execute(query)}


def _how_many(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(when((condition, 1), else_=0)), 0)
