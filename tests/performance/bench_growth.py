"""How often the growth watch cries wolf, what it misses and how soon it sees, on streams it was not calibrated on.

    python -m tests.performance.bench_growth [STREAMS]        measures: 25 streams, 8 weeks each after 4 to learn
    python -m tests.performance.bench_growth --calibrate [N]  makes the table of playbooks/growth/thresholds.py

Calibration and measurement use different seeds. A burst counts as found where an alarm is raised from its onset to 15
minutes after its end; any alarm in a stream without bursts is false.
"""

from __future__ import annotations

import math
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from statistics import median

import numpy as np

from playbooks.growth import Heard, Limits, Watch, limits
from playbooks.growth.thresholds import RATES, VIEWS
from tests.performance.streams import BEGIN, ZONE, Burst, play

LEARN, MEASURE = 4, 8
CALIBRATED, HELD_OUT = 60_000, 10_000
"""First seeds of the two kinds of streams."""

EPISODE = 7200
NEVER = Limits(*[math.inf] * len(VIEWS))


def after(weeks: int) -> datetime:
    """The moment so many weeks after the beginning of a stream."""
    return BEGIN + timedelta(weeks=weeks)


def calibrate(streams: int, mean: float = 24.0) -> None:
    """Print the table: for each view the highest values of independent episodes, at the rates of the columns."""
    tops: dict[str, list[float]] = {view: [] for view in VIEWS}
    for number in range(streams):
        watch = Watch(ZONE, limits=NEVER)
        best = dict.fromkeys(VIEWS, (0.0, -1e18))
        for one in play(LEARN + MEASURE, CALIBRATED + number, mean).mentions:
            watch.add(one)
            if one.at < after(LEARN):
                continue
            at = one.at.timestamp()
            for view, heat in watch.heat.items():
                top, when = best[view]
                if at - when > EPISODE:
                    tops[view].append(top)
                    best[view] = (heat, at)
                elif heat > top:
                    best[view] = (heat, at)
        for view, (top, _) in best.items():
            tops[view].append(top)
    weeks = streams * MEASURE
    print(f"{weeks} stream-weeks of {mean:g} an hour; columns {RATES} a week")
    for view in VIEWS:
        ordered = sorted(tops[view], reverse=True)
        row = ", ".join(f"{ordered[min(len(ordered) - 1, int(rate * weeks))]:.2f}" for rate in RATES)
        print(f'    "{view}": ({row}),')


def bursts(number: int, times: float, weeks: int) -> list[Burst]:
    """Onsets spread evenly over the measured weeks and all hours: one every 29 hours and a bit."""
    chance = np.random.default_rng([number, 6])
    at, end, made = after(LEARN) + timedelta(hours=float(chance.uniform(1, 29))), after(LEARN + weeks), []
    while at < end - timedelta(hours=3):
        made.append(Burst(at, times))
        at += timedelta(hours=float(chance.uniform(26, 34)))
    return made


def alarms(mentions: list[Heard], watch: Watch) -> Iterator[tuple[datetime, str]]:
    """When and by what view alarms were raised."""
    for one in mentions:
        alarm = watch.add(one)
        if alarm is not None:
            yield alarm.at, alarm.view


def quiet(streams: int, mean: float = 24.0, noise: float = 1.0) -> None:
    """False alarms a week, with the 95 % interval of a Poisson count."""
    views: Counter[str] = Counter()
    mentions, begun = 0, time.process_time()
    for number in range(streams):
        stream = play(LEARN + MEASURE, HELD_OUT + number, mean, noise=noise)
        mentions += len(stream.mentions)
        for at, view in alarms(stream.mentions, Watch(ZONE)):
            views[view] += at >= after(LEARN)
    took, weeks, total = time.process_time() - begun, streams * MEASURE, sum(views.values())
    high = (total + 1) * (1 - 1 / (9 * (total + 1)) + 1.96 / (3 * math.sqrt(total + 1))) ** 3
    print(
        f"quiet, {mean:g} an hour, noise {noise:g}: {total} false alarms in {weeks} stream-weeks, "
        f"{total / weeks:.3f} a week (at most {high / weeks:.2f}); {dict(views)}; "
        f"{mentions:,} mentions, made and watched in {took:.0f} s",
        flush=True,
    )


def loud(streams: int, times: float, mean: float = 24.0, *, alike: str = "matter", noise: float = 1.0) -> None:
    """Bursts found and how soon, by how much is usual at their onset."""
    found: list[tuple[float, float | None]] = []
    views: Counter[str] = Counter()
    for number in range(streams):
        made = bursts(number, times, MEASURE)
        stream = play(LEARN + MEASURE, HELD_OUT + number, mean, made, alike=alike, noise=noise)
        raised = list(alarms(stream.mentions, Watch(ZONE)))
        for burst in made:
            end = burst.onset + timedelta(minutes=burst.minutes + 15)
            hits = [(at, view) for at, view in raised if burst.onset <= at <= end]
            delay = (hits[0][0] - burst.onset).total_seconds() / 60 if hits else None
            if hits:
                views[hits[0][1]] += 1
            found.append((stream.usual(burst.onset), delay))
    shared = {"matter": "of one matter", "topic": "of one topic, not grouped", "nothing": "of nothing in common"}[alike]
    print(f"x{times:g} over 30 min, {shared}, {mean:g} an hour: {dict(views)}")
    everything = ("all hours", 0.0, math.inf)
    busy, slow = ("usual at least the mean", mean, math.inf), ("below, from a third", mean / 3, mean)
    for name, low, high in (everything, busy, slow, ("below a third (night)", 0.0, mean / 3)):
        delays = [delay for usual, delay in found if low <= usual < high]
        seen = sorted(delay for delay in delays if delay is not None)
        if delays:
            middle = f"{median(seen):.1f} min, nine in ten by {seen[int(0.9 * len(seen))]:.1f}" if seen else "-"
            share = f"{len(seen)} of {len(delays)} found, {len(seen) / len(delays):.1%}"
            print(f"  {name:<24} {share}; median {middle}", flush=True)


def main(arguments: list[str]) -> None:
    """Calibrate, or measure everything."""
    if arguments and arguments[0] == "--calibrate":
        calibrate(int(arguments[1]) if len(arguments) > 1 else 40)
        return
    streams = int(arguments[0]) if arguments else 25
    print(limits(), flush=True)
    quiet(streams)
    for alike in ("matter", "topic", "nothing"):
        for times in (3.0, 6.0):
            loud(streams, times, alike=alike)


if __name__ == "__main__":
    main(sys.argv[1:])
