"""Deadline warnings, to whom they go, and the alerts that carry them: written once, whatever is killed in between."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, case, func, or_, select, update

from store.decode import CASE_COLUMNS, EVENT_COLUMNS, case_row, event_row
from store.dialect import chunks
from store.dialect import insert as insert_or
from store.rows import OPEN_STATUSES, CaseRow, EventRow, one_of
from store.tables import case_mentions, cases, events, mentions
from store.tables_warnings import alerts, warning_notices, warnings

NOTICE_STATES = ("held", "told", "skipped", "withdrawn")
"""`held` waits for its message, `skipped` was overtaken by a higher one, `withdrawn` lost its reason before it was
told: the case was answered, or is somebody else's now."""

ALERT_STATES = ("queued", "sent", "failed", "withdrawn")
"""`failed` was given up after its last try; `withdrawn` had nothing left to say when it could have gone out."""

BOARD = "board"
"""The channel that everybody has: what is written here is on the board."""

DEADLINE, CRISIS, CHANNEL = "deadline/", "crisis:", "channel:"
"""How messages begin that tell of deadlines, of a crisis (`crisis:ID/…`), and of a channel that is down."""


@dataclass(frozen=True)
class Watched:
    """An open case with a deadline, as far as a sweep must know it."""

    id: int
    version: int
    snoozed_until: datetime | None


@dataclass(frozen=True)
class NewWarning:
    """A warning to be recorded; `state` is `told` or `skipped`."""

    case_id: int
    clock: str
    started_at: datetime
    percent: int
    urgency: str
    due_at: datetime
    state: str


@dataclass(frozen=True)
class Notice:
    """One person's part in a warning, with the warning itself; `state` is one of NOTICE_STATES."""

    warning_id: int
    person: str
    state: str
    message: str | None
    case_id: int
    clock: str
    started_at: datetime
    percent: int
    urgency: str
    due_at: datetime


@dataclass(frozen=True)
class AlertRow:
    """One message to one person on one channel; `state` is one of ALERT_STATES."""

    id: int
    message: str
    person: str
    channel: str
    text: str
    state: str
    tries: int
    next_at: datetime | None
    note: str
    created_at: datetime
    settled_at: datetime | None


# --- what is swept ---


def watched(tx: Connection, brand: str) -> list[Watched]:
    """The open cases on which a clock with a deadline runs."""
    query = select(cases.c.id, cases.c.version, cases.c.snoozed_until).where(
        cases.c.brand == brand, cases.c.status.in_(OPEN_STATUSES), cases.c.due_at.is_not(None)
    )
    return [Watched(*row) for row in tx.execute(query)]


def cases_of(tx: Connection, brand: str, case_ids: Iterable[int]) -> dict[int, CaseRow]:
    """Cases of the brand by id; those that do not exist are left out."""
    found = {}
    for chunk in chunks(sorted(set(case_ids))):
        query = select(*CASE_COLUMNS).where(cases.c.brand == brand, cases.c.id.in_(chunk))
        found.update({row.id: case_row(row) for row in tx.execute(query)})
    return found


def events_of(tx: Connection, case_ids: Iterable[int]) -> dict[int, list[EventRow]]:
    """The events of several cases, each case's in the order in which they happened."""
    found: dict[int, list[EventRow]] = {}
    for chunk in chunks(sorted(set(case_ids))):
        query = select(*EVENT_COLUMNS).where(events.c.case_id.in_(chunk)).order_by(events.c.at, events.c.id)
        for row in tx.execute(query):
            found.setdefault(row.case_id, []).append(event_row(row))
    return found


# --- warnings ---


def percents_of(tx: Connection, brand: str, case_ids: Iterable[int]) -> dict[tuple[int, str, datetime], set[int]]:
    """The percentages recorded already, by case, clock and the clock's start."""
    found: dict[tuple[int, str, datetime], set[int]] = {}
    for chunk in chunks(sorted(set(case_ids))):
        query = select(warnings.c.case_id, warnings.c.clock, warnings.c.started_at, warnings.c.percent).where(
            warnings.c.brand == brand, warnings.c.case_id.in_(chunk)
        )
        for case_id, clock, started_at, percent in tx.execute(query):
            found.setdefault((case_id, clock, started_at), set()).add(percent)
    return found


def record(tx: Connection, brand: str, new: NewWarning, at: datetime) -> int | None:
    """Write a warning down; answers its id, or None where it was recorded before."""
    one_of(new.state, ("told", "skipped"), "state of a warning")
    statement = insert_or(tx, warnings).values(
        brand=brand, case_id=new.case_id, clock=new.clock, started_at=new.started_at, percent=new.percent,
        urgency=new.urgency, due_at=new.due_at, at=at, state=new.state,
    )  # fmt: skip
    return tx.execute(statement.on_conflict_do_nothing().returning(warnings.c.id)).scalar_one_or_none()


def notify(tx: Connection, brand: str, warning_id: int, persons: Iterable[str], at: datetime) -> None:
    """Hold a warning ready for these people, once each; from whom it was withdrawn it comes back, untold as it was."""
    rows = [{"warning_id": warning_id, "person": p, "brand": brand, "state": "held", "at": at} for p in persons]
    if rows:
        statement = insert_or(tx, warning_notices).values(rows)
        key = [warning_notices.c.warning_id, warning_notices.c.person]
        back = warning_notices.c.state == "withdrawn"
        tx.execute(statement.on_conflict_do_update(index_elements=key, set_={"state": "held", "at": at}, where=back))


def held(tx: Connection, brand: str) -> list[Notice]:
    """What people have not been told yet, oldest warning first."""
    return _notices(tx, warning_notices.c.brand == brand, warning_notices.c.state == "held")


def notices_of(tx: Connection, brand: str, messages: Sequence[str]) -> dict[str, list[Notice]]:
    """What messages tell, by message."""
    found: dict[str, list[Notice]] = {}
    for chunk in chunks(messages):
        told = warning_notices.c.message.in_(chunk)
        for notice in _notices(tx, warning_notices.c.brand == brand, told, warning_notices.c.state == "told"):
            found.setdefault(str(notice.message), []).append(notice)
    return found


def _notices(tx: Connection, *conditions: Any) -> list[Notice]:
    query = (
        select(
            warning_notices.c.warning_id, warning_notices.c.person, warning_notices.c.state, warning_notices.c.message,
            warnings.c.case_id, warnings.c.clock, warnings.c.started_at, warnings.c.percent, warnings.c.urgency,
            warnings.c.due_at,
        )
        .join(warnings, warnings.c.id == warning_notices.c.warning_id)
        .where(*conditions)
        .order_by(warning_notices.c.warning_id, warning_notices.c.person)
    )  # fmt: skip
    return [Notice(**row._mapping) for row in tx.execute(query)]


def settle_notices(
    tx: Connection, notices: Iterable[tuple[int, str]], state: str, at: datetime, message: str | None = None
) -> None:
    """Give held notices, named by warning and person, their state."""
    one_of(state, NOTICE_STATES, "state of a notice")
    by_person: dict[str, list[int]] = {}
    for warning_id, person in notices:
        by_person.setdefault(person, []).append(warning_id)
    for person, ids in by_person.items():
        for chunk in chunks(ids):
            own = and_(warning_notices.c.person == person, warning_notices.c.warning_id.in_(chunk))
            statement = update(warning_notices).where(own, warning_notices.c.state == "held")
            tx.execute(statement.values(state=state, message=message, at=at))


def first_words(tx: Connection, case_ids: Iterable[int], limit: int = 2000) -> dict[int, str]:
    """The beginning of what each case's customer wrote first, as it stands now; nothing where it was deleted."""
    found: dict[int, str] = {}
    for chunk in chunks(sorted(set(case_ids))):
        query = (
            select(case_mentions.c.case_id, func.substr(mentions.c.text, 1, limit))
            .join(mentions, mentions.c.id == case_mentions.c.mention_id)
            .where(case_mentions.c.case_id.in_(chunk), mentions.c.deleted_at.is_(None))
            .order_by(mentions.c.published_at, mentions.c.id)
        )
        for case_id, text in tx.execute(query):
            found.setdefault(case_id, text)
    return found


# --- alerts ---


def last_sent(tx: Connection, brand: str, since: datetime) -> dict[str, datetime]:
    """When each person was last given a message of deadlines at `since` or later; one of a crisis delays none."""
    of_deadlines = alerts.c.message.startswith(DEADLINE)
    query = (
        select(alerts.c.person, func.max(alerts.c.created_at))
        .where(alerts.c.brand == brand, alerts.c.created_at >= since, alerts.c.channel == BOARD, of_deadlines)
        .group_by(alerts.c.person)
    )
    return {person: at for person, at in tx.execute(query)}


def add_alert(
    tx: Connection, brand: str, message: str, person: str, channel: str, text: str, at: datetime
) -> bool:  # fmt: skip
    """Queue a message on a channel, once; the board has it at once. False where it was there before."""
    on_board = channel == BOARD
    statement = insert_or(tx, alerts).values(
        brand=brand, key=f"{message}/{channel}", message=message, person=person, channel=channel, text=text,
        state="sent" if on_board else "queued", tries=0, next_at=None if on_board else at, note="", created_at=at,
        settled_at=at if on_board else None,
    )  # fmt: skip
    return tx.execute(statement.on_conflict_do_nothing(), execution_options={"preserve_rowcount": True}).rowcount == 1


def due_alerts(tx: Connection, brand: str, now: datetime, each: int = 20) -> list[AlertRow]:
    """Queued alerts whose next try is due, those of a crisis first, then the longest waiting; `each` a channel at most.

    So many that wait for one dead channel keep nobody else's back.
    """
    order = (case((alerts.c.message.startswith(CRISIS), 0), else_=1), alerts.c.next_at, alerts.c.id)
    turn = func.row_number().over(partition_by=alerts.c.channel, order_by=order)
    conditions = (alerts.c.brand == brand, alerts.c.state == "queued", alerts.c.next_at <= now)
    due = select(alerts.c.id, turn.label("turn")).where(*conditions).subquery()
    return _alerts(tx, alerts.c.id.in_(select(due.c.id).where(due.c.turn <= each)), order=order, limit=1000)


def alerts_of(tx: Connection, brand: str, message: str, limit: int = 5000) -> list[AlertRow]:
    """The alerts whose message begins like this, on every channel, the first one first."""
    conditions = (alerts.c.brand == brand, alerts.c.message.startswith(message, autoescape=True))
    return _alerts(tx, *conditions, order=(alerts.c.created_at, alerts.c.id), limit=limit)


def newest_of(tx: Connection, brand: str, message: str) -> datetime | None:
    """When the last message was made that begins like this, None where there is none."""
    query = select(func.max(alerts.c.created_at)).where(
        alerts.c.brand == brand, alerts.c.message.startswith(message, autoescape=True)
    )
    found: datetime | None = tx.execute(query).scalar_one()
    return found


def channel_ends(tx: Connection, brand: str) -> dict[tuple[str, str], datetime]:
    """When an alert last ended as `sent` or `failed` on each channel, by channel and state."""
    query = (
        select(alerts.c.channel, alerts.c.state, func.max(alerts.c.settled_at))
        .where(alerts.c.brand == brand, alerts.c.channel != BOARD, alerts.c.state.in_(("sent", "failed")))
        .group_by(alerts.c.channel, alerts.c.state)
    )
    return {(channel, state): at for channel, state, at in tx.execute(query)}


def take_alert(tx: Connection, alert: AlertRow, next_at: datetime) -> bool:
    """Begin a try: it is counted before it is made, and nobody else makes it. False where another has it."""
    statement = update(alerts).where(alerts.c.id == alert.id, alerts.c.state == "queued", alerts.c.tries == alert.tries)
    done = tx.execute(statement.values(tries=alert.tries + 1, next_at=next_at))
    return done.rowcount == 1


def settle_alert(tx: Connection, alert_id: int, state: str, note: str, now: datetime) -> None:
    """Say how a queued alert ended; `queued` keeps it for its next try, with a note why."""
    one_of(state, ALERT_STATES, "state of an alert")
    ended: dict[str, Any] = {} if state == "queued" else {"settled_at": now, "next_at": None}
    statement = update(alerts).where(alerts.c.id == alert_id, alerts.c.state == "queued")
    tx.execute(statement.values(state=state, note=note, **ended))


def alerts_for(tx: Connection, brand: str, person: str, since: datetime, limit: int = 50) -> list[AlertRow]:
    """What a person was told at `since` or later, as the board shows it, newest first."""
    conditions = (alerts.c.brand == brand, alerts.c.person == person, alerts.c.created_at >= since)
    newest = (alerts.c.created_at.desc(), alerts.c.id.desc())
    return _alerts(tx, *conditions, alerts.c.channel == BOARD, order=newest, limit=limit)


def troubled_alerts(tx: Connection, brand: str, since: datetime, limit: int = 50) -> list[AlertRow]:
    """Alerts that were given up at `since` or later, and those that failed at least twice so far; newest first."""
    again = and_(alerts.c.state == "queued", alerts.c.tries >= 2)
    ended = and_(alerts.c.state == "failed", alerts.c.settled_at >= since)
    newest = (alerts.c.created_at.desc(), alerts.c.id.desc())
    return _alerts(tx, alerts.c.brand == brand, or_(again, ended), order=newest, limit=limit)


def _alerts(tx: Connection, *conditions: Any, order: Sequence[Any], limit: int) -> list[AlertRow]:
    shown = (
        alerts.c.id, alerts.c.message, alerts.c.person, alerts.c.channel, alerts.c.text, alerts.c.state,
        alerts.c.tries, alerts.c.next_at, alerts.c.note, alerts.c.created_at, alerts.c.settled_at,
    )  # fmt: skip
    query = select(*shown).where(*conditions).order_by(*order).limit(limit)
    return [AlertRow(**row._mapping) for row in tx.execute(query)]
