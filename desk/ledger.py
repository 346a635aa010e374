"""The ledger of concessions for people and programs: its lines, its sums, and whether what was given worked.

Sums leave out what was cancelled. Each currency is summed apart, exactly; no code is ever part of a line.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from desk.concessions import Heard, Outcome, Share, outcome, outcomes
from desk.lineage import counted
from desk.money import total
from store import concessions as ledger_store
from store.concessions import ConcessionRow, Happened

FIELDS = (
    "id", "at", "month", "case_id", "person_id", "kind", "amount", "currency", "count", "state", "playbook", "solution",
    "granted_by", "role", "approval_id", "due_by", "changed_at", "reason",
)  # fmt: skip
"""What a line of the ledger says, in this order; neither the code nor which one it was."""

GROUPS = ("kind", "playbook", "role", "month")
"""What sums are told by, beside the currency."""

# What a spreadsheet takes for the beginning of a formula, full-width signs included
# (https://owasp.org/www-community/attacks/CSV_Injection).
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


@dataclass(frozen=True)
class Sums:
    """What lines amount to: the sum per currency, and how many concessions and pieces of each kind."""

    concessions: int
    money: dict[str, Decimal]
    counts: dict[str, int]
    """Of the kinds that are counted: pieces, points, calls."""


def ledger(tx: Connection, brand: str, start: datetime, end: datetime) -> list[ConcessionRow]:
    """The lines granted in [start, end), the oldest first, cancelled ones included."""
    return ledger_store.between(tx, brand, start, end)


def sums(rows: Iterable[ConcessionRow]) -> Sums:
    """The sums of lines; cancelled ones are left out."""
    counted = [row for row in rows if row.state != "cancelled"]
    money: dict[str, list[Decimal]] = {}
    counts: dict[str, int] = {}
    for row in counted:
        if row.amount is not None and row.currency is not None:
            money.setdefault(row.currency, []).append(row.amount)
        else:
            counts[row.kind] = counts.get(row.kind, 0) + row.count
    return Sums(
        len(counted), {currency: total(money[currency]) for currency in sorted(money)}, dict(sorted(counts.items()))
    )


def sums_by(rows: Sequence[ConcessionRow], group: str) -> dict[str, Sums]:
    """The sums by one of GROUPS, in alphabetical order; `-` where a line says nothing of it."""
    if group not in GROUPS:
        raise ValueError(f"{group!r} is not one of {', '.join(GROUPS)}")
    parts: dict[str, list[ConcessionRow]] = {}
    for row in rows:
        parts.setdefault(getattr(row, group) or "-", []).append(row)
    return {name: found for name in sorted(parts) if (found := sums(parts[name])).concessions}


def followed(tx: Connection, brand: str, rows: Sequence[ConcessionRow], now: datetime) -> dict[int, Outcome]:
    """What followed each concession, by its id; cancelled ones are left out."""
    given = [row for row in rows if row.state != "cancelled"]
    happened: dict[int, list[Happened]] = {row.id: [] for row in given}
    for each in ledger_store.happened_after(tx, brand, given):
        happened[each.concession_id].append(each)
    return {row.id: outcome([_heard(each) for each in counted(happened[row.id])], row.at, now) for row in given}


def _heard(each: Happened) -> Heard:
    praise = each.topic == "praise" and each.type in ("customer_posted", "customer_wrote")
    return Heard(each.at, each.type, each.same_case, praise, each.rating)


def worked(
    tx: Connection, brand: str, rows: Sequence[ConcessionRow], now: datetime, group: str = "kind"
) -> dict[str, dict[str, Share]]:
    """Whether concessions worked, by one of GROUPS: each measure with how many it is known of. `all` is everything."""
    told = followed(tx, brand, rows, now)
    parts: dict[str, list[Outcome]] = {}
    for row in rows:
        if row.id in told:
            parts.setdefault(getattr(row, group) or "-", []).append(told[row.id])
    return {"all": outcomes(told.values()), **{name: outcomes(parts[name]) for name in sorted(parts)}}


def record(row: ConcessionRow, zone: ZoneInfo) -> dict[str, Any]:
    """A line as JSON: sums as text with every decimal, times in the desk's zone."""
    return {name: _plain(getattr(row, name), zone) for name in FIELDS}


def sums_record(told: Sums) -> dict[str, Any]:
    """Sums as JSON: amounts as text with every decimal."""
    money = {currency: format(amount, "f") for currency, amount in told.money.items()}
    return {"concessions": told.concessions, "money": money, "counts": told.counts}


def write_csv(rows: Iterable[ConcessionRow], zone: ZoneInfo, stream: TextIO) -> None:
    """The lines as CSV with a header; text that a spreadsheet would run as a formula begins with an apostrophe."""
    writer = csv.writer(stream)  # \r\n between lines, so that both signs are quoted inside a cell
    writer.writerow(FIELDS)
    for row in rows:
        writer.writerow([cell(value) for value in record(row, zone).values()])


def cell(value: Any) -> Any:
    """A value for CSV that no spreadsheet runs as a formula."""
    if isinstance(value, str) and value.lstrip(" ").startswith(_FORMULA):
        return "'" + value
    return "" if value is None else value


def _plain(value: Any, zone: ZoneInfo) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat()
    return format(value, "f") if isinstance(value, Decimal) else value
