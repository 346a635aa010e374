"""How well and how fast the forecast is, on desks that are not its model: `python -m tests.performance.bench_forecast`.

Each desk is played for eight weeks and then forecast on 60 evenings at 14:00; what then happens is played as well. Its
hands do not interrupt what they do, and each desk breaks the model in one more way.
"""

from __future__ import annotations

import heapq
import math
import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from desk.clock import Clocks
from desk.forecast import Effort, Inputs, Kind, OpenCase, Slot, forecast
from desk.policy import Policy
from desk.rates import Answered, fit_arrivals, fit_efforts

POLICY = Policy(holidays=None)
CLOCKS = Clocks(POLICY)
MONDAY = datetime(2026, 9, 7, 6, 0, tzinfo=UTC)  # 09:00 in Istanbul
HISTORY_WEEKS, EVENINGS = 8, 60
OPEN_S, ASKED_S, CLOSE_S = 0, 5 * 3600, 9 * 3600


@dataclass(frozen=True)
class World:
    """A desk: cases an hour, how its days differ (gamma shape), hands, handling times, how often a hand does something
    else before its next case."""

    name: str
    rate: float = 11.0
    day_shape: float = 8.0
    hands: int = 2
    middle_s: float = 480.0
    spread: float = 0.8
    other_things: float = 0.0
    heavy: float = 0.0  # share of cases that take five times as long


def day_of(world: World, chance: random.Random, start: datetime) -> list[tuple[int, str, int, float]]:
    """The cases of a day: posted (seconds after the opening), urgency, due, handling time."""
    factor = chance.gammavariate(world.day_shape, 1 / world.day_shape)
    at, found = 0.0, []
    while True:
        at += chance.expovariate(world.rate * factor / 3600)
        if at >= CLOSE_S:
            return found
        urgency = chance.choices(("critical", "urgent", "same_day"), (5, 30, 65))[0]
        due = CLOCKS.due(start + timedelta(seconds=at), urgency).due_at
        assert due is not None
        takes = chance.lognormvariate(math.log(world.middle_s), world.spread) * (
            5 if chance.random() < world.heavy else 1
        )
        found.append((int(at), urgency, int((due - start).total_seconds()), takes))


def play(world: World, chance: random.Random, cases: list[tuple[int, str, int, float]]) -> list[int]:
    """When each case is answered, nearest deadline first, never interrupted; CLOSE_S + 1 where it is not that day."""
    done = [CLOSE_S + 1] * len(cases)
    free = [0.0] * world.hands
    waiting: list[tuple[int, int]] = []
    coming = 0
    while True:
        now = heapq.heappop(free)
        while coming < len(cases) and cases[coming][0] <= now:
            heapq.heappush(waiting, (cases[coming][2], coming))
            coming += 1
        if now >= CLOSE_S:
            return done
        if not waiting:
            heapq.heappush(free, float(cases[coming][0]) if coming < len(cases) else CLOSE_S)
            continue
        if chance.random() < world.other_things:
            heapq.heappush(free, now + chance.expovariate(1 / 480))
            continue
        _, case = heapq.heappop(waiting)
        end = now + cases[case][3]
        done[case] = min(CLOSE_S + 1, math.ceil(end))
        heapq.heappush(free, end)


def judge(world: World, seed: int = 1) -> str:
    """How the forecasts of a world did: coverage of the 80 % interval, mean of expected less happened, its size."""
    chance = random.Random(seed)
    posted: list[datetime] = []
    answers: list[Answered] = []
    days = [MONDAY + timedelta(days=n) for n in range(7 * (HISTORY_WEEKS + EVENINGS // 5))]
    working = [day for day in days if day.weekday() < 5]
    held, errors, sizes, happened_all = 0, [], [], []
    for number, start in enumerate(working):
        cases = day_of(world, chance, start)
        done = play(world, chance, cases)
        if number >= 5 * HISTORY_WEEKS:
            now = start + timedelta(seconds=ASKED_S)
            since = start - timedelta(weeks=HISTORY_WEEKS)
            efforts = fit_efforts(answers[-2000:])
            today = [start + timedelta(seconds=case[0]) for case in cases if case[0] < ASKED_S]
            arrivals = fit_arrivals([*posted, *today], max(since, MONDAY), now, POLICY.zone)
            waiting = [n for n, case in enumerate(cases) if case[0] < ASKED_S and done[n] > ASKED_S]
            starts = [now + timedelta(seconds=s) for s in range(0, CLOSE_S - ASKED_S, 300)]
            kinds = []
            for urgency, share in (("critical", 0.05), ("urgent", 0.3), ("same_day", 0.65)):
                dues = [int((CLOCKS.due(at, urgency).due_at - now).total_seconds()) for at in starts]  # type: ignore[operator]
                kinds.append(
                    Kind(share, efforts.whole, tuple(due if due <= CLOSE_S - ASKED_S else None for due in dues))
                )
            slots = tuple(
                Slot(n * 300, (n + 1) * 300, world.hands, True, arrivals.expected(at, at + timedelta(seconds=300)))
                for n, at in enumerate(starts)
            )
            open_ = tuple(OpenCase(n + 1, cases[n][2] - ASKED_S, efforts.whole) for n in waiting)
            came = arrivals.expected(start, now)
            tonight = Inputs(
                CLOSE_S - ASKED_S, open_, slots, tuple(kinds), arrivals.day_shape, float(len(today)), came,
                efforts.error,
            )  # fmt: skip
            made = forecast(tonight).breaches
            happened = sum(ASKED_S < case[2] <= CLOSE_S and done[n] > case[2] for n, case in enumerate(cases))
            held += made.low <= happened <= made.high
            errors.append(made.mean - happened)
            sizes.append(abs(made.mean - happened))
            happened_all.append(happened)
        posted += [start + timedelta(seconds=case[0]) for case in cases]
        answers += [Answered("other", "x", case[3]) for case in cases]  # the rest is answered the next morning
    total = len(errors)
    return (
        f"{world.name:<34} {total} evenings, {sum(happened_all) / total:5.1f} late: held {held / total:4.0%}, "
        f"bias {sum(errors) / total:+5.1f}, size {sum(sizes) / total:4.1f}"
    )


WORLDS = (
    World("like the model, but not interrupted"),
    World("busier", rate=12.5),
    World("days that differ widely", day_shape=3.0),
    World("one case in ten takes five times", heavy=0.1, rate=9.0),
    World("a fifth of the time on other things", other_things=0.2, rate=9.5),
)


def main() -> None:
    """Print how each world was forecast, and the time of one forecast of 200 open cases in 300 runs."""
    for world in WORLDS:
        print(judge(world))
    slots = tuple(Slot(s, s + 300, 3, True, 0.6) for s in range(0, CLOSE_S, 300))
    usual = Effort(math.log(480), 0.8)
    cases = tuple(OpenCase(n, n * 1117 % CLOSE_S + 60, usual) for n in range(1, 201))
    kinds = (Kind(0.7, usual, (CLOSE_S,) * len(slots)), Kind(0.1, usual, tuple(s.start_s + 1800 for s in slots)))
    begun = time.process_time()
    forecast(Inputs(CLOSE_S, cases, slots, kinds, 6.0, 5.0, 5.0, 0.1))
    print(f"200 open cases, 300 runs, hands searched: {time.process_time() - begun:.2f} s of one core")


if __name__ == "__main__":
    main()
