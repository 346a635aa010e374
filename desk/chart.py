"""A chart as plain values: what it shows, the same as numbers, and where each mark leads. Its looks are said elsewhere.

The board draws it in the browser (board/charts.py), a report as a picture (desk/report/pictures.py); both tell the
same numbers, and both show them as a table as well. Every word is written in the reader's language by whoever makes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KINDS = ("stack", "lines", "bars", "heat", "lanes", "strip")
"""stack: series above one another, a column per `x`; lines: a line per series, with its interval as a band; bars:
columns beside one another; heat: a row per series, a field per `x`; lanes: a row per series with its `pieces`; strip:
one row of `pins` over time, as columns of one block a case. In stack and bars a series of the tone `unseen` is no
amount: it says how much of each column was not seen, in [0, 1], and is hatched behind the others."""

TONES = (
    "negative",
    "neutral",
    "positive",
    "critical",
    "urgent",
    "same_day",
    "late",
    "met",
    "none",
    "unseen",
    "accent",
    "before",
)
"""What a colour means; a tone is never the only sign: names, patterns and the table say the same."""

Go = Mapping[str, Any]
"""A place on the board: `page` and what its address is to say, such as `{"page": "triage", "case": 12}`."""


@dataclass(frozen=True)
class Piece:
    """A stretch of a lane from `start` to `end`, as shares of its width in [0, 1], with its tone and what it says."""

    start: float
    end: float
    tone: str
    said: str
    go: Go | None = None


@dataclass(frozen=True)
class Pin:
    """Something at one place `at` (share of the width in [0, 1]) of a strip; `count` of them stand there together."""

    at: float
    tone: str
    said: str
    count: int = 1
    go: Go | None = None


@dataclass(frozen=True)
class Series:
    """One series: a value per `x` (None: not known, never drawn as nought), perhaps an interval and a place each.

    `shown` are the values as people read them, with their unit, in the reader's language; where it is empty the plain
    numbers are shown.
    """

    name: str
    tone: str
    values: tuple[float | None, ...] = ()
    shown: tuple[str, ...] = ()
    low: tuple[float | None, ...] = ()
    high: tuple[float | None, ...] = ()
    go: tuple[Go | None, ...] = ()
    pieces: tuple[Piece, ...] = ()


@dataclass(frozen=True)
class Moment:
    """A line across the chart at the place of `x[at]`, with its name (an incident, a promise, a change)."""

    at: int
    name: str
    go: Go | None = None


@dataclass(frozen=True)
class Chart:
    """One chart. `keep` names it across refreshes and is its file's name; `label` is what a screen reader says of it.

    `x` are the names of the columns (moments, hours, classes), `over` is what they are; `unit` and `period` belong to
    the numbers. Raises ValueError for a series whose length is not that of `x`.
    """

    kind: str
    keep: str
    title: str
    label: str
    over: str
    unit: str
    x: tuple[str, ...] = ()
    series: tuple[Series, ...] = ()
    moments: tuple[Moment, ...] = ()
    pins: tuple[Pin, ...] = ()
    ticks: tuple[tuple[float, str], ...] = ()
    """Names along the axis of lanes and strip, each at its share of the width in [0, 1]."""
    names: tuple[tuple[str, str], ...] = ()
    """What the tones of lanes and strip are called: tone and name, for the legend."""
    note: str = ""
    period: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    """Further numbers that stand beneath, by name."""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"{self.kind!r} is no kind of chart; there are {', '.join(KINDS)}")
        for one in self.series:
            if one.tone not in TONES:
                raise ValueError(f"{one.tone!r} is no tone; there are {', '.join(TONES)}")
            for name in ("values", "shown", "low", "high", "go"):
                if (held := getattr(one, name)) and len(held) != len(self.x):
                    raise ValueError(f"{one.name}: {len(held)} {name} for {len(self.x)} columns")

    def table(self) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
        """The chart's numbers as a table: its header, and a row per column (piece of a lane, pin of a strip)."""
        if self.kind == "strip":
            return (self.over, self.unit), tuple((pin.said, str(pin.count)) for pin in self.pins)
        if self.kind == "lanes":
            rows = tuple((one.name, piece.said) for one in self.series for piece in one.pieces)
            return (self.over, self.unit), rows
        header = (self.over, *(one.name for one in self.series))
        columns = [self.shown(one) for one in self.series]
        return header, tuple((name, *(column[at] for column in columns)) for at, name in enumerate(self.x))

    def shown(self, series: Series) -> tuple[str, ...]:
        """A series' values as people read them; `–` for what is not known."""
        return series.shown or tuple("–" if value is None else f"{value:g}" for value in series.values)
