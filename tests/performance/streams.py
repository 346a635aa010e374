"""Simulated streams of mentions: an hour-of-week rhythm, over-dispersion, autocorrelation, topics, matters, and bursts.

The generator shares nothing with the detector: another day, other noise. A stream's rate at a moment is

    mean · rhythm(hour of the week) · loudness(t) · jitter(quarter of an hour)

`loudness` is log-normal, an AR(1) in steps of five minutes (standard deviation 0.25 of the logarithm, a memory of 90
minutes) beside a factor for the day (0.12); `jitter` is a gamma of variance 0.05. Each topic has a slow loudness of its
own (0.2, six hours). At 24 an hour a quarter's counts have about 1.7 times the variance of Poisson counts, an hour's
three times.

A burst multiplies the rate by `times` for a while. What it adds is of one `matter`, as incidents are; or of one `topic`
only, with nothing grouped; or of `nothing` in common, and then only the number tells it from a loud half hour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from playbooks.growth import Heard

ZONE = ZoneInfo("Europe/Istanbul")
BEGIN = datetime(2026, 1, 5, tzinfo=ZONE)
"""A Monday; Turkey keeps one time all year. Daylight saving has tests of its own."""

STEP = 300
TOPICS = 12
CHANNELS = ("x", "sikayetvar", "forum", "instagram", "google_play", "email")
_DAY = np.array([
    0.35, 0.22, 0.15, 0.12, 0.12, 0.18, 0.35, 0.7, 1.1, 1.35, 1.45, 1.4,
    1.35, 1.45, 1.45, 1.4, 1.35, 1.3, 1.25, 1.35, 1.6, 1.7, 1.4, 0.8,
])  # fmt: skip
_WEEK = np.array([1.12, 1.05, 1.0, 1.02, 1.1, 0.88, 0.83])


@dataclass(frozen=True)
class Burst:
    """A burst: the rate is `times` what it was, for `minutes` from `onset` on."""

    onset: datetime
    times: float
    minutes: float = 30


@dataclass(frozen=True)
class Played:
    """A stream as it was played, and the rate an hour that its rhythm has at each step (without noise)."""

    mentions: list[Heard]
    rhythm: NDArray[np.float64]

    def usual(self, at: datetime) -> float:
        """Mentions an hour by the rhythm at a moment."""
        return float(self.rhythm[int((at - BEGIN).total_seconds() // STEP)])


def play(
    weeks: int,
    seed: int,
    mean: float = 24.0,
    bursts: Sequence[Burst] = (),
    *,
    alike: str = "matter",
    noise: float = 1.0,
) -> Played:
    """A stream of so many weeks with `mean` mentions an hour on average; `noise` scales the deviations of all noise;
    `alike` is what a burst's mentions share: `matter`, `topic` or `nothing`."""
    chance = np.random.default_rng([seed, 2026])
    steps = weeks * 7 * 86400 // STEP
    hours = np.arange(steps) * STEP // 3600
    shape = np.outer(_WEEK, _DAY).ravel()
    shape = shape * np.exp(chance.normal(0, 0.12, 168))  # each brand has a rhythm of its own
    shape /= shape.mean()
    rhythm = mean * shape[hours % 168]
    day = np.repeat(chance.normal(0, 0.12 * noise, weeks * 7), 86400 // STEP)
    loud = np.exp(_walk(chance, steps, 0.25 * noise, 5400) + day)
    quarters = chance.gamma(20 / noise**2, noise**2 / 20, steps // 3 + 1) if noise else np.ones(steps // 3 + 1)
    rate = rhythm * loud / np.exp((0.25**2 + 0.12**2) * noise**2 / 2) * np.repeat(quarters, 3)[:steps]
    shares = 1 / np.arange(1, TOPICS + 1) ** 0.8
    shares /= shares.sum()
    slow = np.exp(np.array([_walk(chance, steps, 0.2 * noise, 21600) for _ in shares]))
    mix = shares[:, None] * slow
    mix /= mix.sum(axis=0)
    counts = chance.poisson(rate[None, :] * mix * STEP / 3600)
    rows: list[tuple[float, int, str]] = []
    for topic in range(TOPICS):
        at = np.repeat(np.arange(steps) * STEP, counts[topic]) + chance.uniform(0, STEP, counts[topic].sum())
        rows += [(t, topic, matter) for t, matter in zip(at, _matters(chance, topic, at), strict=True)]
    for number, burst in enumerate(bursts):
        since = (burst.onset - BEGIN).total_seconds()
        topic = int(chance.choice(TOPICS, p=shares))
        for second in np.arange(since, since + burst.minutes * 60, 60):
            more = chance.poisson(rate[int(second // STEP)] * (burst.times - 1) / 60)
            for t in chance.uniform(second, min(second + 60, since + burst.minutes * 60), more):
                which = int(chance.choice(TOPICS, p=shares)) if alike == "nothing" else topic
                rows.append((float(t), which, f"burst{number}" if alike == "matter" else f"single-b{number}-{t:.3f}"))
    rows.sort()
    return Played(_heard(chance, rows), rhythm)


def _walk(chance: np.random.Generator, steps: int, deviation: float, memory: float) -> NDArray[np.float64]:
    """A stationary AR(1) with this standard deviation and memory in seconds."""
    keeps = np.exp(-STEP / memory)
    noise = chance.normal(0, deviation * np.sqrt(1 - keeps**2), steps)
    out = np.empty(steps)
    last = chance.normal(0, deviation)
    for i in range(steps):
        last = keeps * last + noise[i]
        out[i] = last
    return out


def _matters(chance: np.random.Generator, topic: int, at: NDArray[np.float64]) -> list[str]:
    """Half of the mentions stand alone; the others are of one of 20 matters that a topic has this week, few of them
    large (Zipf)."""
    shares = 1 / np.arange(1, 21)
    which = chance.choice(20, size=at.size, p=shares / shares.sum())
    alone = chance.uniform(size=at.size) < 0.5
    return [
        f"single-{topic}-{i}" if single else f"{topic}-{int(t // 604800)}-{matter}"
        for i, (t, matter, single) in enumerate(zip(at, which, alone, strict=True))
    ]


def _heard(chance: np.random.Generator, rows: list[tuple[float, int, str]]) -> list[Heard]:
    size = len(rows)
    followers = np.exp(chance.normal(5, 2, size))
    urgent, critical = chance.beta(0.4, 2.5, size), chance.beta(0.2, 6, size)
    channels = chance.choice(len(CHANNELS), size=size, p=[0.45, 0.2, 0.12, 0.1, 0.08, 0.05])
    begin = BEGIN.astimezone(UTC)
    return [
        Heard(
            at=begin + timedelta(seconds=t), incident=matter, topic=f"topic{topic}", channel=CHANNELS[channels[i]],
            author=f"a{i}", reach=1 + float(np.log10(1 + followers[i])),
            severity=float(min(10, 1 + 9 * critical[i] + 4 * urgent[i])),
        )
        for i, (t, topic, matter) in enumerate(rows)
    ]  # fmt: skip
