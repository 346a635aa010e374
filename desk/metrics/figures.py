"""The numbers of a report: what a figure is, what a group is, and all of them together. Pure; the types of the room.

Who makes a report needs these names:

- `Period` (desk.metrics.period): days in the desk's zone; `Period.last_of("week", now, zone)`, `.before`.
- `Measures(store, settings).numbers(period, now)` (desk.metrics.reading) reads and reckons everything: a `Numbers`.
  `measure(facts, period, now)` (desk.metrics.measuring) is the same from facts at hand, without a store.
- `Numbers.figures` are the desk's own in the order of a report, `Numbers.groups` those of each dimension,
  `Numbers.breaches` each broken promise with its lateness and cause, `Numbers.days` the figures of each day,
  `Numbers.heat` of each hour by weekday, `Numbers.classes` how many answers took how long,
  `Numbers.minutes` where the minutes went (desk.metrics.minutes.Minutes), `Numbers.reasons` why cases were set aside.
- `Figure.definition` says its name, unit and meaning in both languages and where it is explained (`.anchor`).
- `Figure.key` names the cases behind it: `cases_behind(facts, key, period, now)` or `Measures.behind(key, period, now)`
  answer them, the worst first. `key_of(...)` makes one for a part such as `within_promise.missed`.
- `Improving(store, settings, me)` (desk.metrics.improving): `start(piece, change, now)` takes a suggestion on,
  `all(now)` answers every change with the proof of the days since, `end(id, note, now)` ends one.
- Names of pieces, causes and dimensions, and times as people read them: desk.metrics.words.

A figure without a value says why in `state`: `not_reached` (so many are still open that the estimate does not come down
to it), `none` (nothing to reckon it from). `few` says that there are fewer than FEW cases: it is told, never ranked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from desk.metrics.definitions import DEFINITIONS, Definition
from desk.metrics.period import Period
from playbooks.words import name_of

if TYPE_CHECKING:
    from desk.metrics.minutes import Minutes

FEW = 10
"""Under so many cases a figure is told and not ranked: the 95 % interval of a share of 9 is half the scale wide."""

STATES = ("known", "not_reached", "none")

DIMENSIONS = ("channel", "topic", "playbook", "team", "language", "urgency", "hour", "weekday", "agent")
"""What figures are grouped by. `hour` and `weekday` (0 is Monday) are those of the post in the desk's zone; `agent` is
who gave the first answer, for coaching: only who may `see_coaching` reads it, by name and never as a ranking."""

OF_PERSONS = ("agent",)

PARTS = ("met", "missed", "undecided", "open", "all")
"""What a key may name of a figure: the cases of one outcome, those still open, or all of it."""


@dataclass(frozen=True)
class Change:
    """This period's value less the last one's, with the 95 % interval where both have one (None: open on that side).

    From the two intervals by the method of variance estimates recovery (Zou and Donner 2008, Statistics in Medicine
    27:1693-1702), which for two shares with Wilson's intervals is Newcombe's (1998, ibid. 17:873-890, method 10).
    """

    value: float
    low: float | None = None
    high: float | None = None

    @property
    def told_apart(self) -> bool:
        """Whether chance alone does not explain it: the interval leaves nought out."""
        return (self.low is not None and self.low > 0) or (self.high is not None and self.high < 0)


@dataclass(frozen=True)
class Figure:
    """One number: `value` in the definition's unit, of `n` cases (or answers), with its 95 % interval where it is an
    estimate; a limit of None is not reached. `open` of the n are not over yet. Of shares `met`, `missed` and
    `undecided` are counted. `before` is the last period's value, of `before_n`."""

    id: str
    value: float | None
    n: int
    low: float | None = None
    high: float | None = None
    open: int = 0
    met: int = 0
    missed: int = 0
    undecided: int = 0
    state: str = "known"
    key: str = ""
    before: float | None = None
    before_n: int = 0
    change: Change | None = None

    @property
    def definition(self) -> Definition:
        """What it means."""
        return DEFINITIONS[self.id]

    @property
    def unit(self) -> str:
        """One of definitions.UNITS."""
        return self.definition.unit

    @property
    def few(self) -> bool:
        """Whether it is of so few cases that it is told and not ranked."""
        return self.definition.estimate and self.n < FEW

    @property
    def least(self) -> float | None:
        """Of a share: what it is where every undecided one turns out missed. None for other figures, and of none."""
        whole = self.met + self.missed + self.undecided
        return self.met / whole if self.unit == "share" and whole else None

    @property
    def better(self) -> bool | None:
        """Whether it is better than the last period beyond chance: None where it cannot be told."""
        if self.change is None or not self.change.told_apart or not self.definition.better:
            return None
        return (self.change.value < 0) == (self.definition.better == "lower")


@dataclass(frozen=True)
class Group:
    """A part of the cases: of one channel, one topic … `key` is None where it is not known."""

    dimension: str
    key: str | None

    def name(self, language: str) -> str:
        """As people say it; weekdays and hours are left to whoever shows them (`0` is Monday, `9` is 09:00-09:59)."""
        if self.key is None:
            return "bilinmiyor" if language == "tr" else "not known"
        return name_of(self.dimension, self.key, language)


@dataclass(frozen=True)
class Grouped:
    """The figures of one group, reckoned from its own cases: nothing is an average of averages."""

    group: Group
    n: int
    figures: tuple[Figure, ...]

    @property
    def few(self) -> bool:
        """Whether the group is too small to be ranked."""
        return self.n < FEW


@dataclass(frozen=True)
class Day:
    """One local day of the period and the figures of the cases posted on it."""

    day: date
    n: int
    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class Hour:
    """A field of the heat map: cases posted in this hour of this weekday (0 is Monday), their median, and the missed
    of them; the median is None where it is not reached or there are none."""

    weekday: int
    hour: int
    n: int
    median_s: float | None
    missed: int
    key: str


@dataclass(frozen=True)
class Class:
    """How many first answers took from `since_s` up to `until_s` seconds (None: longer). `waiting` of them are cases
    still unanswered that have waited so long so far."""

    since_s: float
    until_s: float | None
    n: int
    waiting: int
    key: str


@dataclass(frozen=True)
class Breach:
    """One broken promise. `ended_at` is None while it is open; `late_s` then counts so far. `cause` is one of
    desk.metrics.way.CAUSES; `waited_s` how long the piece took that is the cause."""

    case_id: int
    clock: str
    started_at: datetime
    due_at: datetime
    ended_at: datetime | None
    late_s: float
    cause: str
    waited_s: float


@dataclass(frozen=True)
class Behind:
    """One case behind a number: its own value in the figure's unit, and whether it is still open."""

    case_id: int
    value: float | None
    open: bool = False


@dataclass(frozen=True)
class Numbers:
    """All numbers of one period as they stand at `as_of`."""

    period: Period
    as_of: datetime
    figures: tuple[Figure, ...]
    groups: Mapping[str, tuple[Grouped, ...]] = field(default_factory=dict)
    breaches: tuple[Breach, ...] = ()
    days: tuple[Day, ...] = ()
    heat: tuple[Hour, ...] = ()
    classes: tuple[Class, ...] = ()
    reasons: Mapping[str, int] = field(default_factory=dict)
    minutes: Minutes | None = None
    minutes_before: Minutes | None = None

    def figure(self, id: str) -> Figure:
        """The desk's own figure of that id. Raises KeyError."""
        for one in self.figures:
            if one.id == id:
                return one
        raise KeyError(id)

    @property
    def causes(self) -> dict[str, tuple[int, float]]:
        """Broken promises by cause: how many, and their lateness in seconds, summed; the most frequent first."""
        counted: dict[str, tuple[int, float]] = {}
        for one in self.breaches:
            many, late = counted.get(one.cause, (0, 0.0))
            counted[one.cause] = (many + 1, late + one.late_s)
        return dict(sorted(counted.items(), key=lambda item: (-item[1][0], item[0])))


def key_of(figure: str, part: str = "all", group: Group | None = None, day: date | None = None) -> str:
    """The key of the cases behind a number: `within_promise.missed`, `first_answer_median.all@channel=x`, `…~DAY`.

    `figure` is a definition's id, `class` or `hour` keys are made by the room itself. Raises ValueError for a part or
    figure that is not known.
    """
    if part not in PARTS:
        raise ValueError(f"{part!r} is not one of {', '.join(PARTS)}")
    if figure not in DEFINITIONS:
        raise ValueError(f"{figure!r} is no figure")
    told = f"{figure}.{part}"
    if group is not None:
        told += f"@{group.dimension}={'' if group.key is None else group.key}"
    return told if day is None else f"{told}~{day.isoformat()}"
