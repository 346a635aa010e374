"""One stream of mentions (a brand's, or one topic of it): what is usual now, a CUSUM, and a window of 15 minutes. Pure.

Time is cut into cells of a quarter of an hour that everybody agrees on (whole quarters of UTC). A cell's mentions enter
what is usual only once it is closed, and the level only half an hour later: a burst must not raise its own baseline.

* **The rate** of the hour of the week comes from the rhythm.
* **The level** is how loud it is now beside the rhythm: a factor with mean 1 that wanders and returns within hours (an
  AR(1) whose belief is a gamma, updated as gamma-Poisson). It is what makes this aware of autocorrelation: a loud
  afternoon is not an alarm every quarter of an hour.
* **The spread** of that factor is learnt from how counts differed from the rhythm (over-dispersion), from a prior on.
* **CUSUM** (Page 1954, for Poisson counts Lucas 1985): the log-likelihood ratio of 'far more than usual' to 'usual',
  never below 0. It grows with each mention and falls as time passes, exactly in between, so the cut of the stream does
  not matter.
* **The window** counts 15 minutes back and asks how surprising that is for a negative binomial.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from playbooks.growth.chance import surprise
from playbooks.growth.rhythm import Rhythm

CELL = 900
"""Seconds of a cell."""

WINDOW = 15
"""Minutes of the window."""

LAG = 2
"""Closed cells that wait before they enter the level."""

KEEPS = math.exp(-CELL / 7200)
"""What a cell keeps of the level's distance from 1: it returns within some two hours."""

SPREAD = 0.10
"""The level's variance before anything is known: a third more or less than the rhythm is nothing special."""

SPREAD_WEIGHT = 2000.0
SPREAD_FORGETS = 1 - 1 / (672 * 8)
"""The prior spread weighs as much as cells whose squared usual counts sum to this; eight weeks are remembered."""

SPREADS = (0.02, 0.5)
LEVELS = (0.4, 1.8)
"""Bounds. The level stops at 1.8, so that a crisis that grows for hours does not become its own baseline."""

TIMES = 2.0
EXTRA = 8.0
"""The CUSUM looks for this many times the usual and so many more an hour: on a small stream twice next to nothing is
nothing, and an incident worth an alarm brings a mention every few minutes."""

CAUTION = 1.5
"""Standard deviations of the level by which the CUSUM's usual is raised."""


@dataclass
class Stream:
    """A stream's state; every field is a number or a list of numbers, so it can be kept as JSON."""

    rhythm: Rhythm = field(default_factory=Rhythm)
    level: float = 1.0
    variance: float = SPREAD
    excess: float = 0.0
    squares: float = 0.0
    waiting: list[list[float]] = field(default_factory=list)  # closed cells not yet in the level: count, expected
    cell: float = 0.0
    """Mentions in the open cell."""
    hour: list[float] = field(default_factory=lambda: [0.0, 0.0])  # mentions and seen share of the open hour
    rate: float = 0.0
    doubt: float = 0.0
    """Mentions an hour usual in this hour of the week, and the variance of that as a share of its square."""
    seen: float = 1.0
    """Share of the open cell that is seen."""
    cusum: float = 0.0
    at: float = 0.0
    """The moment (seconds since 1970) for which `cusum` holds."""
    onset: float = 0.0
    """When the CUSUM last left 0: the likely beginning of a growth."""
    minutes: list[list[float]] = field(default_factory=list)
    """Of the last minutes with mentions: minute since 1970, count, sum of reach, sum of severity."""
    latched: bool = False
    quiet: int = 0
    """Whether an alarm of this stream still holds, and the cells in a row since in which nothing was surprising."""
    now: float = 1.0
    spread_now: float = SPREAD
    low: float = 0.0
    high: float = 0.0
    """Derived at each cell: level and variance foretold for it; the CUSUM's two rates in mentions a second."""

    @property
    def spread(self) -> float:
        """The variance of the level around 1, as learnt."""
        found = (SPREAD * SPREAD_WEIGHT + self.excess) / (SPREAD_WEIGHT + self.squares)
        return min(SPREADS[1], max(SPREADS[0], found))

    def usual(self, minutes: float) -> float:
        """Mentions usual in so many minutes just now, by the hour of the week and the level."""
        return self.rate * self.now * minutes / 60

    def ready(self, rate: float, doubt: float, seen: float) -> None:
        """Open a cell of which `seen` (0 to 1) is seen, with the rate of its hour."""
        self.rate, self.doubt, self.seen = rate, doubt, seen
        spread = self.spread
        far = KEEPS ** (LAG + 1)
        self.now = 1 + far * (self.level - 1)
        self.spread_now = far * far * self.variance + (1 - far * far) * spread
        total = self.spread_now + doubt
        usual = rate * self.now
        self.low = usual * (1 + CAUTION * math.sqrt(total)) / 3600
        self.high = TIMES * self.low + EXTRA / 3600

    def settle(self, at: float, blind: float = 0.0) -> None:
        """Let the CUSUM fall until `at`. In the `blind` seconds that were not seen it stands still: no up, no down."""
        self.cusum = max(0.0, self.cusum - (self.high - self.low) * max(0.0, at - self.at - blind))
        self.at = at

    def add(self, at: float, reach: float, severity: float, blind: float = 0.0) -> None:
        """One mention, at a moment in the open cell; `blind` seconds since the last one were not seen."""
        self.settle(at, blind)
        if self.cusum == 0.0:
            self.onset = at
        if self.low > 0:
            self.cusum += math.log(self.high / self.low)
        self.cell += 1
        minute = at // 60
        if self.minutes and self.minutes[-1][0] == minute:
            last = self.minutes[-1]
            last[1] += 1
            last[2] += reach
            last[3] += severity
        else:
            self.minutes.append([minute, 1.0, reach, severity])
        while self.minutes[0][0] <= minute - WINDOW:
            self.minutes.pop(0)

    def window(self, at: float, unseen: float = 0.0) -> tuple[float, float, float, float]:
        """Count, reach and severity of the window that ends at `at`, and the count usual in it.

        `unseen` seconds of it were not seen, and nothing is expected of them.
        """
        first = at // 60 - WINDOW
        count = reach = severity = 0.0
        for minute, n, r, s in self.minutes:
            if minute > first:
                count += n
                reach += r
                severity += s
        length = (WINDOW - 1) * 60 + at % 60
        return count, reach, severity, self.usual(max(0.0, length - unseen) / 60)

    def surprise(self, count: float, usual: float) -> float:
        """How surprising a window's count is where `usual` is usual; 0 unless clearly above."""
        variance = self.spread_now + self.doubt
        if count < 3 or count < usual + 1.5 * math.sqrt(usual + variance * usual * usual):
            return 0.0
        return surprise(count, usual, variance)

    def close(self, end: float, blind: float = 0.0) -> None:
        """Close the cell that ends at `end`: the CUSUM falls, the spread is learnt, and the level, two cells late."""
        self.settle(end, blind)
        hours, spread = self.seen * CELL / 3600, self.spread
        expected = self.rate * hours
        self.hour[0] += self.cell
        self.hour[1] += hours
        self.waiting.append([self.cell, expected])
        if expected > 0:
            most = expected + 3 * math.sqrt(expected + spread * expected * expected) + 1
            error = min(self.cell, most) - expected
            self.excess = self.excess * SPREAD_FORGETS + error * error - expected
            self.squares = self.squares * SPREAD_FORGETS + expected * expected
        if len(self.waiting) > LAG:
            self._learn(*self.waiting.pop(0))
        calm = self.cell <= expected * self.now + 1.5 * math.sqrt(expected + spread * expected * expected) + 1
        self.quiet = self.quiet + 1 if calm else 0
        if self.quiet >= 4 and self.cusum < 1:
            self.latched = False
        self.cell = 0.0

    def _learn(self, count: float, expected: float) -> None:
        """Gamma-Poisson: the belief of the level meets a cell; then it wanders a cell on."""
        if expected > 0:
            typical = expected * self.level
            most = typical + 2.5 * math.sqrt(typical + self.variance * expected * expected) + 1
            shape, scale = self.level**2 / self.variance, self.level / self.variance
            self.level = (shape + min(count, most)) / (scale + expected)
            self.variance = self.level / (scale + expected)
        self.level = min(LEVELS[1], max(LEVELS[0], 1 + KEEPS * (self.level - 1)))
        self.variance = KEEPS**2 * self.variance + (1 - KEEPS**2) * self.spread

    def end_hour(self, hour: int) -> None:
        """Teach the rhythm the hour (of the week) that has passed; of a burst it takes only what could be usual."""
        count, seen = self.hour
        self.hour = [0.0, 0.0]
        if seen <= 0:
            return
        expected = self.rate * seen
        most = expected + 3 * math.sqrt(expected + (self.spread + self.doubt) * expected * expected) + 2
        begun = sum(self.rhythm.hours) < 12  # at first everything is news, and nothing is known to be a burst
        self.rhythm.learn(hour, count if begun else min(count, most), seen)

    def taken_out(self, at: float) -> None:
        """An alarm was raised for what grew: the CUSUM begins again and the stream is latched until it is calm."""
        self.cusum, self.onset, self.latched, self.quiet = 0.0, at, True, 0
