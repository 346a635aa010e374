"""Whatever a stranger sends becomes storable, the same way on both databases, and nothing raises."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql, sqlite

from store.columns import (
    MAX_COUNT,
    MAX_DEPTH,
    NAME_LIMIT,
    Count,
    FiniteFloat,
    SafeText,
    UtcTime,
    json_text,
    plain_json,
    storable_name,
)

any_text = st.text(st.characters(codec=None, categories=None, exclude_categories=()))  # lone surrogates included
scalars = st.none() | st.booleans() | st.integers() | st.floats() | any_text | st.binary() | st.datetimes()
payloads = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(any_text, inner), max_leaves=20)


def unstorable(text: str) -> bool:
    return "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text)


def texts_in(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [text for item in value for text in texts_in(item)]
    if isinstance(value, dict):
        return [text for key, item in value.items() for text in [key, *texts_in(item)]]
    return []


@given(payloads)
def test_any_payload_becomes_json_that_both_databases_hold(payload: Any) -> None:
    text = json_text(payload)
    text.encode()
    back = json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))
    assert not any(unstorable(each) for each in texts_in(back))
    assert json_text(back) == text, "what was stored once is stored the same again"


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text("abcışğ"), st.lists))
def test_clean_payloads_come_back_as_they_were(payload: Any) -> None:
    assert json.loads(json_text(payload)) == payload == plain_json(payload)


def test_nesting_ends_where_python_would() -> None:
    deep: Any = "bottom"
    for _ in range(50_000):
        deep = [deep]
    back = json.loads(json_text(deep))
    levels = 0
    while isinstance(back, list):
        back, levels = back[0], levels + 1
    assert (levels, back) == (MAX_DEPTH, "…")


@pytest.mark.parametrize("wide", [[{"a": 1}] * 500, {"{[": "[{" * 500}])
def test_many_brackets_are_not_deep_nesting(wide: Any) -> None:
    assert json.loads(json_text(wide)) == wide


def test_numbers_that_json_cannot_say_become_text() -> None:
    assert json.loads(json_text([math.nan, math.inf, 10**5000]))[:2] == ["nan", "inf"]


@given(any_text)
def test_names_fit_an_index_entry(name: str) -> None:
    stored = storable_name(name)
    assert len(stored) <= NAME_LIMIT
    assert storable_name(stored) == stored


def test_long_names_that_begin_alike_stay_apart() -> None:
    first, second = storable_name("a" * 1000 + "1"), storable_name("a" * 1000 + "2")
    assert first != second
    assert len(first) == NAME_LIMIT


def test_times_go_in_aware_and_come_out_in_utc() -> None:
    istanbul = datetime(2026, 11, 21, 12, 30, 0, 123456, tzinfo=timezone(timedelta(hours=3)))
    for dialect in (sqlite.dialect(), postgresql.dialect()):
        bound = UtcTime().process_bind_param(istanbul, dialect)
        back = UtcTime().process_result_value(bound, dialect)
        assert back == istanbul
        assert back is not None and back.tzinfo is UTC
        with pytest.raises(ValueError, match="no time zone"):
            UtcTime().process_bind_param(datetime(2026, 11, 21), dialect)


def test_counts_and_ratings_fit() -> None:
    dialect = sqlite.dialect()
    assert Count().process_bind_param(10**30, dialect) == MAX_COUNT
    assert Count().process_bind_param(12, dialect) == 12
    assert FiniteFloat().process_bind_param(math.nan, dialect) is None
    assert FiniteFloat().process_bind_param(4.5, dialect) == 4.5
    assert SafeText().process_bind_param("a\x00\ud800", dialect) == "a\ufffd\ufffd"
