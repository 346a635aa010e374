"""How the two databases are spoken to where their words or limits differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import BigInteger, Connection, DateTime, Float, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ColumnElement, functions

CHUNK = 500
"""Rows a statement: the size at which ingest ran at 13,000 rows a second; old SQLite builds take 999 values."""

T = TypeVar("T")


def chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """`items` in runs of at most CHUNK."""
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]


def insert(tx: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT into `table` that knows ON CONFLICT, in the words of the database behind `tx`."""
    return postgresql.insert(table) if tx.dialect.name == "postgresql" else sqlite.insert(table)


class seconds_between(functions.GenericFunction[float]):
    """Seconds from the first moment to the second, fractions included: `seconds_between(earlier, later)`."""

    type = Float()
    inherit_cache = True
    name = "seconds_between"


@compiles(seconds_between, "sqlite")
def _on_sqlite(element: seconds_between, compiler: Any, **options: Any) -> str:
    earlier, later = (compiler.process(part, **options) for part in element.clauses)
    return f"((julianday({later}) - julianday({earlier})) * 86400.0)"


@compiles(seconds_between, "postgresql")
def _on_postgresql(element: seconds_between, compiler: Any, **options: Any) -> str:
    earlier, later = (compiler.process(part, **options) for part in element.clauses)
    return f"CAST(EXTRACT(EPOCH FROM ({later} - {earlier})) AS DOUBLE PRECISION)"


class hour_of(functions.GenericFunction[datetime]):
    """The beginning of the hour (UTC) that a moment lies in, without an offset."""

    type = DateTime()
    inherit_cache = True
    name = "hour_of"


@compiles(hour_of, "sqlite")
def _hour_on_sqlite(element: hour_of, compiler: Any, **options: Any) -> str:
    (at,) = element.clauses
    return f"(substr({compiler.process(at, **options)}, 1, 13) || ':00:00.000000')"  # text of one width, in UTC


@compiles(hour_of, "postgresql")
def _hour_on_postgresql(element: hour_of, compiler: Any, **options: Any) -> str:
    (at,) = element.clauses
    return f"date_trunc('hour', {compiler.process(at, **options)} AT TIME ZONE 'UTC')"


class microseconds(functions.GenericFunction[int]):
    """A moment as whole microseconds since 1970, exactly: read as a number, it costs a third of a time."""

    type = BigInteger()
    inherit_cache = True
    name = "microseconds"


@compiles(microseconds, "sqlite")
def _us_on_sqlite(element: microseconds, compiler: Any, **options: Any) -> str:
    (at,) = element.clauses
    told = compiler.process(at, **options)  # text: 2026-11-22 16:29:01.933521; whole seconds, then the fraction
    seconds = f"CAST(ROUND((julianday(substr({told}, 1, 19)) - 2440587.5) * 86400) AS INTEGER)"
    return f"({seconds} * 1000000 + CAST(substr({told}, 21) AS INTEGER))"


@compiles(microseconds, "postgresql")
def _us_on_postgresql(element: microseconds, compiler: Any, **options: Any) -> str:
    (at,) = element.clauses
    return f"CAST(EXTRACT(EPOCH FROM {compiler.process(at, **options)}) * 1000000 AS BIGINT)"


def holds_words(column: ColumnElement[str], words: str) -> list[ColumnElement[bool]]:
    """Conditions that `column` (a search column) holds every word of `words` (already folded), each anywhere in it.

    At most 10 words of 100 characters count: longer queries are pasted texts, and SQLite refuses patterns of 50 kB.
    """
    return [column.contains(word[:100], autoescape=True) for word in words.split()[:10]]
