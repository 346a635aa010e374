"""The list of causes: who complains of what this week, beside what was usual in the weeks before.

Counted are people, not mentions: one angry customer who writes twenty times is one. The rate is per order where the
orders of a product or carrier are known, else per mention of the brand, so that a loud week blames nobody and time in
which a source was not seen lowers both sides alike.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from desk.causes.naming import FIELDS, folded, is_complaint, names_of
from desk.causes.rates import DISCOVERIES, Count, Ratio, began, between_weeks, chance, discoveries, ratio
from desk.money import total
from desk.settings import Settings
from store import causes as cause_store
from store.causes import CauseRow, Said

WINDOWS = 8
"""Stretches of the same length before, with which this one is compared."""

FEWEST = 3
"""Different people below which nothing is told as risen, as a growth needs three authors too."""

FEWEST_WINDOWS = 2
"""Earlier stretches with mentions that it takes to speak of a history."""

EXAMPLES = 5
DAY, WEEK = timedelta(days=1), timedelta(days=7)
_GRAVE = {"critical": 0, "urgent": 1, "same_day": 2}

Key = tuple[str, str, str]
"""Kind, folded name, topic."""

Orders = Mapping[tuple[str, str], Mapping[date, float]]
"""Orders by kind and folded name, a day each (the desk's days)."""


@dataclass(frozen=True)
class Finding:
    """One cause in a week. `per` says what the counts are counted of: `orders` or `mentions`.

    `ratio` is None without a history; `chance` is how likely as many people are if nothing had changed, `adjusted` the
    same with all causes that were looked at in mind. `began` are the ends and the middle of when it stepped up, told
    for what has risen. `money` was given in this week on cases with such a mention, by currency; a case with two
    causes counts for both. `id`, `state`, `owner` and `note` are of a cause that is followed.
    """

    kind: str
    value: str
    topic: str
    now: Count
    before: Count
    mentions: int
    per: str
    ratio: Ratio | None
    chance: float
    adjusted: float
    risen: bool
    began: tuple[datetime, datetime, datetime] | None = None
    examples: tuple[int, ...] = ()
    concessions: int = 0
    money: Mapping[str, Decimal] = field(default_factory=dict)
    id: int | None = None
    state: str = ""
    owner: str = ""
    note: str = ""

    @property
    def key(self) -> Key:
        """What makes it this cause."""
        return self.kind, folded(self.value), self.topic


@dataclass(frozen=True)
class Week:
    """All causes of [start, end): the risen ones first, the least likely by chance foremost, then by people.

    `windows` is how many earlier stretches of this length had mentions at all, `looked_at` how many causes were
    compared with them, `unnamed` how many people complained without anything being named.
    """

    start: datetime
    end: datetime
    findings: tuple[Finding, ...]
    mentions: int
    windows: int
    looked_at: int
    unnamed: int

    @property
    def risen(self) -> tuple[Finding, ...]:
        """Those that are told as risen."""
        return tuple(one for one in self.findings if one.risen)


@dataclass
class _Told:
    """What was said of one cause: each complaint, and how its name was spelt."""

    said: list[Said] = field(default_factory=list)
    spelt: Counter[str] = field(default_factory=Counter)


def week_of(
    tx: Connection, settings: Settings, start: datetime, end: datetime, orders: Orders | None = None,
    unnamed: bool = True,
) -> Week:  # fmt: skip
    """The list for [start, end) (aware; at least a day). Raises ValueError for a shorter stretch. Without `unnamed`,
    people who named nothing are not counted, which takes most of the time."""
    brand, cells = settings.brand.key, max(1, round((end - start) / DAY))
    if end - start < DAY * 0.9:
        raise ValueError("a rate needs at least a day")
    width = (end - start) / cells
    edges = [end - width * (cells * (WINDOWS + 1) - number) for number in range(cells * (WINDOWS + 1))] + [end]
    posted = cause_store.posted(tx, brand, edges)
    all_from = start if unnamed else end
    told, nameless = gather(cause_store.said(tx, brand, edges[0], end, all_from, FIELDS), settings, start)
    windows = [sum(posted[place : place + cells]) for place in range(0, len(posted), cells)]
    frame = _Frame(edges, cells, settings.desk.zone, [float(one) for one in posted], orders or {})
    measured = {key: frame.measure(key, one) for key, one in told.items()}
    compared = {
        key: one for key, one in measured.items()
        if sum(one.people) >= FEWEST and one.before.windows >= FEWEST_WINDOWS and one.now.of > 0
    }  # fmt: skip
    between = between_weeks([(one.people[:-1], one.of[:-1]) for one in compared.values()])
    chances = {key: chance(one.now, one.before, between) for key, one in compared.items()}
    adjusted = dict(zip(chances, discoveries(list(chances.values())), strict=True))
    followed = {(row.kind, folded(row.value), row.topic): row for row in cause_store.all_of(tx, brand)}
    found = []
    for key, one in measured.items():
        if one.now.people or key in followed:
            probability, all_in_mind = chances.get(key, 1.0), adjusted.get(key, 1.0)
            beside = ratio(one.now, one.before, between) if key in compared else None
            risen = all_in_mind <= DISCOVERIES and one.now.people >= FEWEST
            since = frame.began(told[key]) if risen else None
            row = followed.get(key)
            found.append(_finding(key, told[key], one, start, beside, probability, all_in_mind, risen, since, row))
    for key, row in followed.items():
        if key not in measured:
            one = frame.measure(key, _Told())
            found.append(_finding(key, _Told(spelt=Counter([row.value])), one, start, None, 1.0, 1.0, False, None, row))
    found = _with_money(tx, brand, found, told, start, end)
    found.sort(key=lambda one: (not one.risen, one.chance, -one.now.people, one.key))
    earlier = sum(count > 0 for count in windows[:-1])
    return Week(start, end, tuple(found), windows[-1], earlier, len(compared), nameless)


def gather(said: Iterable[Said], settings: Settings, start: datetime) -> tuple[dict[Key, _Told], int]:
    """Complaints by cause, and how many people complained since `start` without naming anything."""
    known = {
        folded(name): product.name for product in settings.brand.products
        for name in (product.name, *product.aliases, *product.codes)
    }  # fmt: skip
    told: dict[Key, _Told] = defaultdict(_Told)
    unnamed = set()
    for one in said:
        if not is_complaint(one.sentiment, one.topic, one.facts):
            continue
        names = names_of(one.facts, one.extra, known)
        for kind, value in names:
            kept = told[(kind, folded(value), one.topic)]
            kept.said.append(one)
            kept.spelt[value] += 1
        if not names and one.at >= start:
            unnamed.add(who(one))
    return dict(told), len(unnamed)


def who(one: Said) -> str:
    """The person of a complaint; one of whom nothing is known is somebody else each time."""
    return one.person or f"mention:{one.id}"


@dataclass(frozen=True)
class _Measured:
    people: list[int]
    of: list[float]
    per: str

    @property
    def now(self) -> Count:
        return Count(self.people[-1], self.of[-1])

    @property
    def before(self) -> Count:
        earlier = [(n, e) for n, e in zip(self.people[:-1], self.of[:-1], strict=True) if e > 0]
        return Count(sum(n for n, _ in earlier), sum(e for _, e in earlier), len(earlier))


@dataclass(frozen=True)
class _Frame:
    """Time cut into days (`edges`), so many of which are a window, and what the rates are counted of."""

    edges: Sequence[datetime]
    cells: int
    zone: ZoneInfo
    posted: Sequence[float]
    orders: Orders

    def _cell(self, at: datetime) -> int:
        return min(len(self.edges) - 2, int((at - self.edges[0]) / (self.edges[1] - self.edges[0])))

    def _of(self, key: Key) -> tuple[list[float], str]:
        by_day = self.orders.get((key[0], key[1]))
        if by_day is None:
            return list(self.posted), "mentions"
        of = [0.0] * len(self.posted)
        for day, count in by_day.items():
            noon = datetime.combine(day, time(12), self.zone)
            if self.edges[0] <= noon < self.edges[-1]:
                of[self._cell(noon)] += count
        return of, "orders"

    def _days(self, told: _Told) -> list[int]:
        """People by the day on which they first complained in each window, so that days and windows agree."""
        days, seen = [0] * len(self.posted), set()
        for one in told.said:
            cell = self._cell(one.at)
            if (name := (cell // self.cells, who(one))) not in seen:
                seen.add(name)
                days[cell] += 1
        return days

    def measure(self, key: Key, told: _Told) -> _Measured:
        """People and what they are counted of, by window, the oldest first."""
        of, per = self._of(key)
        days = self._days(told)
        starts = range(0, len(days), self.cells)
        return _Measured(
            [sum(days[at : at + self.cells]) for at in starts], [sum(of[at : at + self.cells]) for at in starts], per
        )

    def began(self, told: _Told) -> tuple[datetime, datetime, datetime] | None:
        """When it stepped up: the earliest, the likeliest and the latest beginning."""
        key_of = self.posted  # by mentions even where orders are known: complaints follow orders by days
        step = began(self._days(told), key_of)
        return None if step is None else (self.edges[step.low], self.edges[step.likely], self.edges[step.high])


def _finding(
    key: Key, told: _Told, one: _Measured, start: datetime, beside: Ratio | None, probability: float,
    adjusted: float, risen: bool, since: tuple[datetime, datetime, datetime] | None, row: CauseRow | None,
) -> Finding:  # fmt: skip
    value = row.value if row is not None else max(told.spelt, key=lambda name: (told.spelt[name], name))
    lately = [each for each in told.said if each.at >= start]
    found = Finding(
        key[0], value, key[2], one.now, one.before, len(lately), one.per, beside, probability, adjusted, risen, since,
        _examples(lately),
    )  # fmt: skip
    if row is None:
        return found
    return replace(found, id=row.id, state=row.state, owner=row.owner, note=row.note)


def _examples(lately: Sequence[Said]) -> tuple[int, ...]:
    """The gravest complaints, then the newest, one a person."""
    chosen: dict[str, int] = {}
    for one in sorted(lately, key=lambda each: (_GRAVE.get(each.urgency, 3), -each.at.timestamp(), each.id)):
        chosen.setdefault(who(one), one.id)
    return tuple(chosen.values())[:EXAMPLES]


def _with_money(
    tx: Connection, brand: str, found: list[Finding], told: Mapping[Key, _Told], start: datetime, end: datetime
) -> list[Finding]:
    cases = {
        one.key: {each.case_id for each in told[one.key].said if each.case_id is not None}
        for one in found if one.key in told
    }  # fmt: skip
    every = sorted(set().union(*cases.values())) if cases else []
    by_case = defaultdict(list)
    for row in cause_store.given(tx, brand, every, start, end):
        by_case[row.case_id].append(row)
    result = []
    for one in found:
        rows = [row for case_id in cases.get(one.key, ()) for row in by_case[case_id]]
        sums: dict[str, list[Decimal]] = defaultdict(list)
        for row in rows:
            if row.amount is not None and row.currency is not None:
                sums[row.currency].append(row.amount)
        money = {currency: total(sums[currency]) for currency in sorted(sums)}
        result.append(replace(one, concessions=len(rows), money=money))
    return result
