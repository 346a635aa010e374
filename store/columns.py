"""What a column can hold: the types of our columns, and how hostile or odd values are made storable.

Everything that is bound to a statement, stored or compared, passes through these types, so a value is made storable
in one place and the same way on both databases. One value that a database refuses would otherwise sink the whole
batch it came in.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Float, Integer, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from mention import clean_text

NAME_LIMIT = 300
"""Characters of an indexed name. A PostgreSQL index entry ends at 2,704 bytes and UTF-8 takes up to 4 a character."""

MAX_COUNT = 2**63 - 1
"""The largest whole number that both databases hold."""

MAX_DEPTH = 100
"""Levels of nesting kept in JSON. Python's own reader gives up near 1,000; no real payload was seen past 20."""


def storable_name(value: str) -> str:
    """An indexed name (handle, thread) that fits an index entry: cleaned, and past NAME_LIMIT ended by its digest.

    The digest keeps two long names apart that begin alike; the full value is still in the raw payload.
    """
    cleaned = clean_text(value)
    if len(cleaned) <= NAME_LIMIT:
        return cleaned
    return f"{cleaned[: NAME_LIMIT - 33]}~{hashlib.sha256(cleaned.encode()).hexdigest()[:32]}"


def plain_json(value: Any, depth: int = MAX_DEPTH) -> Any:
    """The nearest thing to `value` that JSON and both databases can hold; never raises for what a payload may hold.

    Text is cleaned, times become ISO text, not-a-number becomes text, what lies deeper than `depth` levels becomes
    `…`, anything else becomes its text.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, int):
        # Python refuses to write or read more than 4,300 digits (its guard against quadratic parsing).
        return int(value) if value.bit_length() <= 10_000 else hex(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes | bytearray):
        return clean_text(bytes(value).decode("utf-8", "replace"))
    if isinstance(value, Mapping | list | tuple | set | frozenset):
        if depth <= 0:
            return "…"
        if isinstance(value, Mapping):
            return {clean_text(str(key)): plain_json(item, depth - 1) for key, item in value.items()}
        return [plain_json(item, depth - 1) for item in value]
    return clean_text(str(value))


def json_text(value: Any) -> str:
    """`value` as JSON text that both databases take and Python reads back."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        text.encode()  # a lone surrogate fails here
        if "\\u0000" not in text and text.count("[") + text.count("{") <= MAX_DEPTH:
            return text
    except (TypeError, ValueError, RecursionError):
        pass
    return json.dumps(plain_json(value), ensure_ascii=False, separators=(",", ":"))


def utc(value: datetime) -> datetime:
    """An aware time in UTC. A naive one is a programming mistake and raises ValueError."""
    if value.tzinfo is None:
        raise ValueError(f"the time {value.isoformat()} has no time zone; the store keeps only aware times")
    return value.astimezone(UTC)


def aware(value: datetime) -> datetime:
    """A time as a database hands it out, in UTC: PostgreSQL's has an offset, SQLite's has none and is UTC."""
    if value.tzinfo is not None:
        return value.astimezone(UTC)
    return datetime.combine(value, value.time(), UTC)  # as replace(tzinfo=UTC), in a fifth of its time


class UtcTime(TypeDecorator[datetime]):
    """A moment: aware in, aware UTC out, to the microsecond."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        in_utc = utc(value)
        # SQLite keeps text: one zone and one width, so that text order is time order.
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return aware(value)


class SafeText(TypeDecorator[str]):
    """Text without what no database can store (NUL, lone surrogates), see `mention.clean_text`."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else clean_text(value)


class SafeName(TypeDecorator[str]):
    """An indexed name of whatever length a stranger gave it, see `storable_name`."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable_name(value)


class Count(TypeDecorator[int]):
    """A whole number that a platform counted; one past what a database holds is kept as the largest that fits."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:
        return None if value is None else max(-MAX_COUNT, min(value, MAX_COUNT))


class FiniteFloat(TypeDecorator[float]):
    """A number; infinite and not-a-number are kept as unknown, because JSON cannot say them."""

    impl = Float
    cache_ok = True

    def process_bind_param(self, value: float | None, dialect: Dialect) -> float | None:
        return value if value is not None and math.isfinite(value) else None


Id: TypeEngine[int] = BigInteger().with_variant(Integer, "sqlite")
"""Our own ids; SQLite numbers rows by itself only in a column called INTEGER."""

Json = JSON(none_as_null=True)
"""JSON as text on both databases, written by `json_text`; a missing value is SQL's NULL."""
