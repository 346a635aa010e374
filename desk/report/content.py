"""What stands in a report as plain values. Made once by desk/report/making.py; every format is drawn from it alone.

A number is told with its unit, its sample size, its interval where it is an estimate, the last period's value, its
definition and its cases. Each stands once: charts are made of numbers that a table of the same section holds too.
Words are in the reader's language already; names of products, incidents and crises may hold anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from desk.chart import Chart
from desk.metrics.period import Period
from playbooks.schema import Bilingual

UNITS = (
    "mentions", "cases", "answers", "people", "incidents", "crises", "drills", "concessions", "forecasts", "minutes",
    "seconds", "share", "ratio", "money",
)  # fmt: skip
"""What a value counts. `share` lies in [0, 1], `seconds` and `minutes` are real time; of `money` the group's key is
the currency (ISO 4217) and the value a Decimal."""

WHOLE = UNITS[:9]
"""Units of which there are only whole ones."""

Value = int | float | Decimal | None


@dataclass(frozen=True)
class Meaning:
    """What a figure is: its name, its unit, what it means, how it is reckoned, and where the docs explain it.

    `better` is `lower`, `higher`, or empty where neither is.
    """

    id: str
    unit: str
    name: Bilingual
    meaning: Bilingual
    formula: str
    anchor: str
    better: str = ""


@dataclass(frozen=True)
class Number:
    """One number of a figure (an id of the content's `meanings`), of everything or of the group `key`, called `name`.

    `n` is how many it was reckoned from, `low` and `high` its 95 % interval (80 % where the remark says so), `before`
    the last period's value, `undecided` how many may still go either way. `cases` are the numbers of the cases behind
    it, the worst first, of which `of` there are; `link` names them on the board. Raises ValueError for an unknown unit.
    """

    figure: str
    value: Value
    unit: str
    n: int | None = None
    low: float | None = None
    high: float | None = None
    before: Value = None
    before_n: int | None = None
    undecided: int = 0
    key: str = ""
    name: str = ""
    remark: str = ""
    link: str = ""
    cases: tuple[int, ...] = ()
    of: int = 0

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise ValueError(f"{self.unit!r} is no unit; there are {', '.join(UNITS)}")


@dataclass(frozen=True)
class Say:
    """A sentence; a loud one is what somebody must not overlook."""

    text: str
    loud: bool = False


@dataclass(frozen=True)
class Figures:
    """Figures below one another, each with everything that is known of it."""

    title: str
    numbers: tuple[Number, ...]


@dataclass(frozen=True)
class Row:
    """One line of a table: a group and its numbers, one a column."""

    name: str
    numbers: tuple[Number, ...]
    remark: str = ""


@dataclass(frozen=True)
class Rows:
    """Figures by group: a line a group, a column a figure. `drawn` says that a chart shows its numbers already."""

    title: str
    over: str
    figures: tuple[str, ...]
    rows: tuple[Row, ...]
    drawn: bool = False
    remark: str = ""

    def __post_init__(self) -> None:
        for row in self.rows:
            if tuple(number.figure for number in row.numbers) != self.figures:
                raise ValueError(f"{self.title}, {row.name}: a row's numbers are not those of the columns")


@dataclass(frozen=True)
class Drawn:
    """A chart, made of numbers of its section."""

    chart: Chart


Block = Say | Figures | Rows | Drawn


@dataclass(frozen=True)
class Section:
    """A part of the report."""

    id: str
    title: str
    blocks: tuple[Block, ...]

    @property
    def numbers(self) -> Iterator[Number]:
        """Every number of it, in the order in which they stand."""
        for block in self.blocks:
            if isinstance(block, Figures):
                yield from block.numbers
            elif isinstance(block, Rows):
                for row in block.rows:
                    yield from row.numbers

    @property
    def charts(self) -> tuple[Chart, ...]:
        """Its charts."""
        return tuple(block.chart for block in self.blocks if isinstance(block, Drawn))


@dataclass(frozen=True)
class ReportContent:
    """A whole report on `period` as things stood at `as_of` (aware); `board` is the board's address, or nothing."""

    brand: str
    language: str
    period: Period
    as_of: datetime
    sections: tuple[Section, ...]
    meanings: tuple[Meaning, ...] = ()
    board: str = ""

    @property
    def zone(self) -> ZoneInfo:
        """The desk's zone, in which the report's days and times are."""
        return self.period.zone

    def section(self, id: str) -> Section:
        """A section by its id. Raises KeyError."""
        for one in self.sections:
            if one.id == id:
                return one
        raise KeyError(id)

    def meaning(self, figure: str) -> Meaning:
        """What a figure means. Raises KeyError."""
        for one in self.meanings:
            if one.id == figure:
                return one
        raise KeyError(figure)

    @property
    def charts(self) -> tuple[Chart, ...]:
        """Every chart."""
        return tuple(chart for section in self.sections for chart in section.charts)
