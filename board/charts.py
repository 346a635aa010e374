"""A chart (desk.chart.Chart) as a block of a sheet, drawn by parts/charts.js and parts/plots.js.

Every value travels once, as people read it: the browser draws the marks, says one when it is pointed at, and makes the
table of the same words, so that picture and table cannot tell two things.
"""

from __future__ import annotations

from typing import Any

from board.sheet import Block
from desk.chart import Chart, Piece, Pin, Series


def plot(chart: Chart, level: int = 3) -> Block:
    """The block of a chart; `level` is its heading's among the headings of the page."""
    return _filled({
        "b": "plot", "level": level, "kind": chart.kind, "keep": chart.keep, "title": chart.title,
        "label": chart.label, "over": chart.over, "unit": chart.unit, "period": chart.period, "note": chart.note,
        "x": list(chart.x), "ticks": [list(tick) for tick in chart.ticks],
        "series": [_series(one, chart) for one in chart.series],
        "moments": [_filled({"at": one.at, "name": one.name, "go": one.go}) for one in chart.moments],
        "names": [list(name) for name in chart.names], "pins": [_pin(one) for one in chart.pins],
        "facts": [list(fact) for fact in chart.facts.items()],
    })  # fmt: skip


def _series(one: Series, chart: Chart) -> Block:
    told: dict[str, Any] = {"name": one.name, "tone": one.tone, "pieces": [_piece(piece) for piece in one.pieces]}
    if one.values:
        told |= {"values": list(one.values), "shown": list(chart.shown(one))}
    return _filled(told | {"low": list(one.low), "high": list(one.high), "go": list(one.go)})


def _piece(one: Piece) -> Block:
    return _filled({"start": one.start, "end": one.end, "tone": one.tone, "said": one.said, "go": one.go})


def _pin(one: Pin) -> Block:
    return _filled({"at": one.at, "tone": one.tone, "said": one.said, "n": one.count, "go": one.go})


def _filled(values: dict[str, Any]) -> dict[str, Any]:
    """Without what is empty: a picture is sent every few seconds."""
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}
