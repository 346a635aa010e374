"""From which value on each view raises an alarm: calibrated by simulation to a false-alarm rate per week.

The table was made by `python -m tests.performance.bench_growth --calibrate 40`: 320 stream-weeks, with seeds that the
measurement never sees. For each view it holds the threshold that is crossed so many times a week (what is less than two
hours apart counts as once); between and beyond its columns the logarithm of the rate is taken as linear, as the tails
are exponential.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

FALSE_ALARMS = 0.15
"""False alarms a week that the default thresholds aim at; 0.2 is what we promise, and a simulation is not the world."""

VIEWS = ("cusum", "window", "topic_cusum", "topic_window", "incident", "reach", "severity")
"""What is watched: the brand's CUSUM and window, all topics' together, incidents' own, the brand's weighted windows."""

SHARES = {
    "cusum": 0.10, "window": 0.10, "topic_cusum": 0.20, "topic_window": 0.20, "incident": 0.30, "reach": 0.05,
    "severity": 0.05,
}  # fmt: skip
"""How the false alarms are divided among the views: incidents and topics find what a crisis is made of, so they get
most."""

RATES = (1.0, 0.3, 0.1, 0.03)
"""False alarms a week of the table's columns."""

TABLE: dict[str, tuple[float, float, float, float]] = {
    "cusum": (7.15, 9.81, 12.70, 15.15),
    "window": (3.54, 4.26, 4.94, 5.64),
    "topic_cusum": (8.40, 9.87, 11.59, 13.69),
    "topic_window": (4.42, 5.11, 5.74, 6.27),
    "incident": (3.57, 4.25, 4.97, 5.58),
    "reach": (3.52, 4.26, 4.77, 5.69),
    "severity": (3.51, 4.25, 5.05, 5.65),
}


@dataclass(frozen=True)
class Limits:
    """One threshold for each of VIEWS, in the units of that view."""

    cusum: float
    window: float
    topic_cusum: float
    topic_window: float
    incident: float
    reach: float
    severity: float


def limit(view: str, per_week: float) -> float:
    """The threshold of a view that is crossed falsely `per_week` times a week. ValueError unless above 0."""
    if not per_week > 0:
        raise ValueError("a false-alarm rate is above 0 a week: none at all would mean no alarm")
    row = TABLE[view]
    at = -math.log10(per_week)
    marks = [-math.log10(rate) for rate in RATES]
    place = 0
    while place < len(marks) - 2 and at > marks[place + 1]:
        place += 1
    slope = (row[place + 1] - row[place]) / (marks[place + 1] - marks[place])
    return row[place] + slope * (at - marks[place])


def limits(per_week: float = FALSE_ALARMS) -> Limits:
    """The thresholds for a false-alarm rate of all views together, in alarms a week of one brand."""
    return Limits(**{view: limit(view, per_week * SHARES[view]) for view in VIEWS})
