"""Charts as plain values: their tables, what they refuse, and the block that the browser draws."""

from __future__ import annotations

import json
from typing import Any

import pytest

from board.charts import plot
from desk.chart import KINDS, Chart, Moment, Piece, Pin, Series

GO = {"page": "triage", "case": 7}


def a_chart(kind: str = "stack", **more: Any) -> Chart:
    names: dict[str, Any] = {"keep": "k", "title": "T", "label": "L", "over": "Saat", "unit": "ileti"}
    return Chart(kind, **{**names, **more})


def test_a_table_has_a_row_per_column_and_says_what_is_not_known() -> None:
    chart = a_chart(
        x=("09:00", "10:00"),
        series=(Series("Olumsuz", "negative", (3.0, None)), Series("Nötr", "neutral", (0.5, 0.0), ("yarım", "hiç"))),
    )
    assert chart.table() == (
        ("Saat", "Olumsuz", "Nötr"), (("09:00", "3", "yarım"), ("10:00", "–", "hiç")),
    )  # fmt: skip


def test_lanes_and_strips_are_tables_of_what_their_pieces_and_pins_say() -> None:
    lanes = a_chart(
        "lanes", series=(Series("x", "none", pieces=(Piece(0, 0.5, "met", "a"), Piece(0.5, 1, "late", "b"))),)
    )
    assert lanes.table() == (("Saat", "ileti"), (("x", "a"), ("x", "b")))
    assert a_chart("strip", pins=(Pin(0.1, "late", "üç kayıt", 3),)).table()[1] == (("üç kayıt", "3"),)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"kind": "pie"}, "no kind"),
        ({"series": (Series("a", "pink"),)}, "no tone"),
        ({"x": ("1", "2"), "series": (Series("a", "met", (1.0,)),)}, "1 values for 2 columns"),
        ({"x": ("1",), "series": (Series("a", "met", (1.0,), low=(0.0, 1.0)),)}, "2 low for 1 columns"),
    ],
)
def test_what_cannot_be_a_chart_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        a_chart(**wrong)


def test_a_block_carries_every_value_and_place_and_nothing_that_is_empty() -> None:
    chart = a_chart(
        x=("09:00", "10:00"),
        series=(Series("Olumsuz", "negative", (0.0, None), low=(0.0, None), high=(2.0, None), go=(GO, None)),),
        moments=(Moment(1, "Alarm", {"page": "incidents", "id": 2}),), facts={"n": "2"},
    )  # fmt: skip
    block = plot(chart)
    [series] = block["series"]
    assert series["values"] == [0.0, None] and series["shown"] == ["0", "–"], "nought and not known stay two things"
    assert series["go"] == [GO, None] and series["low"] == [0.0, None]
    assert block["moments"] == [{"at": 1, "name": "Alarm", "go": {"page": "incidents", "id": 2}}]
    assert block["facts"] == [["n", "2"]] and "note" not in block and "pins" not in block
    assert json.loads(json.dumps(block)) == block


@pytest.mark.parametrize("kind", KINDS)
def test_a_chart_of_every_kind_may_be_empty(kind: str) -> None:
    assert plot(a_chart(kind))["kind"] == kind
