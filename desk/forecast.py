"""Tonight's forecast: how many promises will be broken by closing if nothing changes, and how many hands prevent it.

Pure: what is known goes in as numbers, a simulation with a seed comes out; the same inputs and seed give the same
forecast. Times are whole seconds after the moment of the forecast.

How it is simulated: every open case and every new one needs a handling time (log-normal); new ones come as a Poisson
stream by the hour of the week, with a factor for the day (a gamma) that today's cases so far have told something about.
Hands take the case with the nearest true deadline, as the queue shows it, put a case down for one that is nearer, and
hand over at the end of a shift what they have in hand. Such a queue (preemptive, priorities fixed by deadline) is
predictable in the sense of Ha and Liu ("Validating timing constraints in multiprocessor and distributed real-time
systems", ICDCS 1994): less work or more hands never make any case later. So one more hand is never said to harm, and
the number of hands can be found by bisection. What is due after the horizon cannot delay what is due before it, and is
left out.
"""

from __future__ import annotations

import heapq
import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

RUNS = 300
"""Simulated evenings: the 10th and 90th percentile of 300 are themselves known to about ±3 percentage points."""

MOST_HANDS = 64
"""More additional hands than this are no advice."""

FEW = 50
"""Runs in which the number of hands is looked for before it is made sure of in all of them; it saves half the time."""

AT_RISK = 0.2
"""From this probability on an open case is named as likely to be late."""

NAMED = 10

ENOUGH = 1.0
"""Expected breaches below which the evening counts as saved."""


@dataclass(frozen=True)
class Effort:
    """A handling time in seconds, log-normal: its logarithm has mean `mu` and standard deviation `sigma`."""

    mu: float
    sigma: float

    @property
    def mean(self) -> float:
        """The mean in seconds."""
        return math.exp(self.mu + self.sigma**2 / 2)


@dataclass(frozen=True)
class OpenCase:
    """A case that waits for an answer; `due_s` is negative or 0 where its deadline has passed, None without one."""

    case_id: int
    due_s: int | None
    effort: Effort


@dataclass(frozen=True)
class Slot:
    """A stretch of time: how many hands there are, whether the desk is staffed, how many new cases are expected."""

    start_s: int
    end_s: int
    hands: int
    staffed: bool
    arrivals: float


@dataclass(frozen=True)
class Kind:
    """A kind of new case: its share of all (those without a deadline are the rest to 1), and when an answer is due to
    one posted at the beginning of each slot (None: after the horizon)."""

    share: float
    effort: Effort
    due_s: tuple[int | None, ...]


@dataclass(frozen=True)
class Inputs:
    """What a forecast is made from. The day's factor has the mean 1 and the variance 1/`day_shape` before it begins;
    `seen_today` cases came so far where `expected_today` were expected. `effort_error` is the standard error of the
    logarithm of the mean handling time. `horizon_s` is the length in seconds."""

    horizon_s: int
    cases: tuple[OpenCase, ...]
    slots: tuple[Slot, ...]
    kinds: tuple[Kind, ...] = ()
    day_shape: float = 1000.0
    seen_today: float = 0.0
    expected_today: float = 0.0
    effort_error: float = 0.0

    @property
    def day_factor(self) -> tuple[float, float]:
        """Shape and rate of the gamma that the day's factor follows, given what came so far."""
        return self.day_shape + self.seen_today, self.day_shape + self.expected_today

    @property
    def expected_new(self) -> float:
        """New cases expected until the horizon, those without a deadline included."""
        shape, rate = self.day_factor
        return sum(slot.arrivals for slot in self.slots) * shape / rate


@dataclass(frozen=True)
class Range:
    """Breaches over all runs: mean, median, and the ends of the 80 % interval."""

    mean: float
    median: int
    low: int
    high: int


@dataclass(frozen=True)
class Forecast:
    """Breaches until the horizon if nothing changes, of open and new cases; those late already are not counted again.

    `at_risk` names the open cases that are late in many runs, with their probability. `extra` is the smallest number of
    additional hands, from now to the horizon while the desk is staffed, with which fewer than ENOUGH breaches are
    expected beyond the `unavoidable` ones (which come too late for any number of hands); `with_extra` is what is left
    then. None where even MOST_HANDS do not help, 0 where none are needed.
    """

    open: int
    due: int
    late_now: int
    expected_new: float
    hands: float
    per_hour: float
    breaches: Range
    at_risk: tuple[tuple[int, float], ...]
    extra: int | None
    with_extra: Range | None
    unavoidable: float
    runs: int
    seed: int


Job = tuple[int, int, int, int, int]
"""Released at, due, tie, work (seconds, but the tie), and whose it is: the place of an open case, or NEW, or LATE."""

NEW, LATE = -1, -2


def forecast(inputs: Inputs, runs: int = RUNS, seed: int = 1) -> Forecast:
    """The forecast of `inputs` from `runs` simulated evenings."""
    evenings = draw(inputs, runs, seed)
    late = [simulate(inputs, evening) for evening in evenings]
    breaches = range_of([len(run) for run in late])
    counts = [0] * len(inputs.cases)
    for run in late:
        for whose in run:
            if whose >= 0:
                counts[whose] += 1
    risks = sorted(((inputs.cases[at].case_id, count / runs) for at, count in enumerate(counts)),
                   key=lambda risk: (-risk[1], risk[0]))  # fmt: skip
    unavoidable = sum(alone(inputs, evening) for evening in evenings) / runs
    extra, with_extra = (0, None) if breaches.mean < ENOUGH else hands_needed(inputs, evenings, unavoidable)
    staffed = [slot for slot in inputs.slots if slot.staffed]
    time = sum(slot.end_s - slot.start_s for slot in staffed)
    hands = sum(slot.hands * (slot.end_s - slot.start_s) for slot in staffed) / time if time else 0.0
    efforts = [case.effort.mean for case in inputs.cases] or [kind.effort.mean for kind in inputs.kinds]
    per_hour = hands * 3600 / (sum(efforts) / len(efforts)) if efforts else 0.0
    return Forecast(
        open=len(inputs.cases),
        due=sum(case.due_s is not None and 0 < case.due_s <= inputs.horizon_s for case in inputs.cases),
        late_now=sum(case.due_s is not None and case.due_s <= 0 for case in inputs.cases),
        expected_new=inputs.expected_new, hands=hands, per_hour=per_hour, breaches=breaches,
        at_risk=tuple(risk for risk in risks if risk[1] >= AT_RISK)[:NAMED], extra=extra, with_extra=with_extra,
        unavoidable=unavoidable, runs=runs, seed=seed,
    )  # fmt: skip


def range_of(counts: Sequence[int]) -> Range:
    """Mean, median and 80 % interval of counts; the ends are counts that occurred (nearest rank)."""
    ordered = sorted(counts)

    def at(share: float) -> int:
        return ordered[min(len(ordered) - 1, max(0, math.ceil(share * len(ordered)) - 1))]

    return Range(sum(ordered) / len(ordered), at(0.5), at(0.1), at(0.9))


# --- drawing ---


def draw(inputs: Inputs, runs: int, seed: int) -> list[list[Job]]:
    """The jobs of each run, in the order of their release.

    Each open case draws from a stream of its own, so that one case more, or one hand more, meets the same evening.
    """
    news = _arrivals(inputs, runs, np.random.default_rng([seed, 0]))
    lift = np.random.default_rng([seed, 1]).standard_normal(runs) * inputs.effort_error
    evenings: list[list[Job]] = [[] for _ in range(runs)]
    for place, case in enumerate(inputs.cases):
        if case.due_s is None or case.due_s > inputs.horizon_s:
            continue
        normal = np.random.default_rng([seed, 2, case.case_id]).standard_normal(runs)
        works = np.exp(case.effort.mu + lift + case.effort.sigma * normal)
        whose = LATE if case.due_s <= 0 else place
        for run, work in enumerate(np.maximum(1, np.rint(works)).astype(int).tolist()):
            evenings[run].append((0, case.due_s, case.case_id, work, whose))
    for run, jobs in enumerate(news):
        for number, (release, due, mu, sigma, one) in enumerate(jobs):
            work = max(1, round(math.exp(mu + float(lift[run]) + sigma * one)))
            evenings[run].append((release, due, 2**62 + number, work, NEW))
        evenings[run].sort()
    return evenings


def _arrivals(
    inputs: Inputs, runs: int, rng: np.random.Generator
) -> list[list[tuple[int, int, float, float, float]]]:  # fmt: skip
    """Of each run the new cases that are due by the horizon: release, due, mu, sigma, a standard normal."""
    found: list[list[tuple[int, int, float, float, float]]] = [[] for _ in range(runs)]
    if not inputs.kinds or not inputs.slots:
        return found
    shape, rate = inputs.day_factor
    factor = rng.gamma(shape, 1 / rate, runs)
    expected = np.array([slot.arrivals for slot in inputs.slots])
    counts = rng.poisson(np.outer(factor, expected))
    shares = np.cumsum([kind.share for kind in inputs.kinds])
    for run, slot_counts in enumerate(counts):
        for at in np.flatnonzero(slot_counts):
            slot = inputs.slots[at]
            for _ in range(int(slot_counts[at])):
                place, which, normal = rng.random(), rng.random(), float(rng.standard_normal())
                if which >= shares[-1]:
                    continue  # a case without a deadline
                kind = inputs.kinds[int(np.searchsorted(shares, which, side="right"))]
                release = slot.start_s + int(place * (slot.end_s - slot.start_s))
                due = _due(kind, inputs.slots, int(at), release)
                if due is not None and due <= inputs.horizon_s:
                    found[run].append((release, due, kind.effort.mu, kind.effort.sigma, normal))
    return found


def _due(kind: Kind, slots: Sequence[Slot], at: int, release: int) -> int | None:
    """When an answer to something posted at `release` is due: moving with it where the slot's dues do, else fixed."""
    due = kind.due_s[at]
    after = kind.due_s[at + 1] if at + 1 < len(kind.due_s) else None
    if due is None or after == due:
        return due
    moves = after is None or after - due <= slots[at].end_s - slots[at].start_s
    return due + (release - slots[at].start_s) if moves else due


# --- simulating ---


def simulate(inputs: Inputs, evening: Sequence[Job], extra: int = 0) -> list[int]:
    """Whose jobs of one evening are late by the horizon, with `extra` more hands while the desk is staffed."""
    return _late(evening, _capacity(inputs.slots, extra), inputs.horizon_s)


def _late(evening: Sequence[Job], capacity: Sequence[tuple[int, int]], horizon: int) -> list[int]:
    waiting: list[tuple[int, int, int, int]] = []  # due, tie, work left, whose: the nearest deadline first
    busy: list[tuple[int, int, int, int]] = []  # finish, due, tie, whose: the next to be finished first
    late: list[int] = []
    hands = at = step = 0
    last, steps, never = len(evening), len(capacity), horizon + 1
    while True:
        released = evening[at][0] if at < last else never
        changes = capacity[step][0] if step < steps else never
        finish = busy[0][0] if busy else never
        now = min(released, changes, finish)
        if now > horizon:
            break
        while busy and busy[0][0] <= now:
            finish, due, _, whose = heapq.heappop(busy)
            if finish > due and whose != LATE:
                late.append(whose)
        if changes <= now:
            hands = capacity[step][1]
            step += 1
            while len(busy) > hands:  # the end of a shift: what was in hand goes back, with what is left to do
                _put_down(busy, waiting, now)
        while at < last and evening[at][0] <= now:
            _, due, tie, work, whose = evening[at]
            heapq.heappush(waiting, (due, tie, work, whose))
            at += 1
        while waiting and len(busy) < hands:
            due, tie, left, whose = heapq.heappop(waiting)
            heapq.heappush(busy, (now + left, due, tie, whose))
        if released <= now:  # only what is new can be nearer than what is in hand
            while waiting and busy and waiting[0][:2] < max(one[1:3] for one in busy):
                _put_down(busy, waiting, now)
                due, tie, left, whose = heapq.heappop(waiting)
                heapq.heappush(busy, (now + left, due, tie, whose))
    late += [whose for due, _, _, whose in waiting if whose != LATE]
    return late + [whose for _, due, _, whose in busy if whose != LATE]


def _put_down(busy: list[tuple[int, int, int, int]], waiting: list[tuple[int, int, int, int]], now: int) -> None:
    """The busy hand with the farthest deadline puts its case down."""
    worst = max(busy, key=lambda one: one[1:3])
    busy.remove(worst)
    heapq.heapify(busy)
    heapq.heappush(waiting, (worst[1], worst[2], worst[0] - now, worst[3]))


def alone(inputs: Inputs, evening: Sequence[Job]) -> int:
    """How many jobs are late even where each has a hand of its own while the desk is staffed: nothing helps them."""
    starts, ends, before = [0], [0], [0]
    for slot in inputs.slots:
        if slot.staffed or slot.hands:
            before.append(before[-1] + ends[-1] - starts[-1])
            starts.append(slot.start_s)
            ends.append(slot.end_s)

    def worked(until: int) -> int:
        at = bisect_right(starts, until) - 1
        return before[at] + min(until, ends[at]) - starts[at]

    return sum(worked(due) - worked(release) < work for release, due, _, work, whose in evening if whose != LATE)


def _capacity(slots: Sequence[Slot], extra: int) -> list[tuple[int, int]]:
    """From when on how many hands there are; neighbours that are alike are one."""
    found: list[tuple[int, int]] = []
    for slot in slots:
        hands = slot.hands + (extra if slot.staffed else 0)
        if not found or found[-1][1] != hands:
            found.append((slot.start_s, hands))
    if slots:
        found.append((slots[-1].end_s, 0))
    return found


def hands_needed(
    inputs: Inputs, evenings: Sequence[Sequence[Job]], unavoidable: float
) -> tuple[int | None, Range | None]:  # fmt: skip
    """The smallest number of extra hands with fewer than ENOUGH expected breaches beyond the unavoidable, and what is
    left with them; None where MOST_HANDS are too few.

    More hands never make more breaches in any run, so it can be searched for: by bisection in the first FEW runs, then
    step by step in all of them from there.
    """
    goal = unavoidable + ENOUGH

    def late(extra: int, runs: Sequence[Sequence[Job]]) -> list[int]:
        capacity = _capacity(inputs.slots, extra)
        return [len(_late(evening, capacity, inputs.horizon_s)) for evening in runs]

    few = evenings[:FEW]
    enough_in_few = sum(alone(inputs, evening) for evening in few) + ENOUGH * len(few)
    numbers = range(1, MOST_HANDS + 1)
    extra = 1 + bisect_left(numbers, True, key=lambda number: sum(late(number, few)) < enough_in_few)
    while extra <= MOST_HANDS and sum(counts := late(extra, evenings)) / len(evenings) >= goal:
        extra += 1
    if extra > MOST_HANDS:
        return None, None
    found = counts
    while extra > 1 and sum(counts := late(extra - 1, evenings)) / len(evenings) < goal:
        extra, found = extra - 1, counts
    return extra, range_of(found)


# --- kept ---


def inputs_record(inputs: Inputs) -> dict[str, Any]:
    """The inputs as JSON; `inputs_from` reads them back, and the forecast made from them is the same."""
    return asdict(inputs)


def inputs_from(record: dict[str, Any]) -> Inputs:
    """Inputs from their JSON."""
    cases = tuple(OpenCase(c["case_id"], c["due_s"], Effort(**c["effort"])) for c in record["cases"])
    kinds = tuple(Kind(k["share"], Effort(**k["effort"]), tuple(k["due_s"])) for k in record["kinds"])
    rest = {name: value for name, value in record.items() if name not in ("cases", "slots", "kinds")}
    return Inputs(cases=cases, slots=tuple(Slot(**slot) for slot in record["slots"]), kinds=kinds, **rest)


def forecast_record(made: Forecast) -> dict[str, Any]:
    """A forecast as JSON."""
    return asdict(made)


def forecast_from(record: dict[str, Any]) -> Forecast:
    """A forecast as `forecast_record` wrote it."""
    extra = record["with_extra"]
    return Forecast(**{
        **record, "breaches": Range(**record["breaches"]), "with_extra": Range(**extra) if extra else None,
        "at_risk": tuple((int(case), float(share)) for case, share in record["at_risk"]),
    })  # fmt: skip
