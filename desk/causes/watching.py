"""After a cause was called fixed: did the rate fall, and did it come back? Pure.

The rate since the fix is held against two: that of the episode before the fix, and the calm one (the weeks before the
episode, and after the fix those before the last week). What is not seen, or too little, says nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from desk.causes.rates import Count, ratio

SETTLES = timedelta(days=3)
"""After the fix nothing counts for so long: those who ordered before it still write."""

LAST = timedelta(days=7)
"""The stretch that is judged, up to now."""

SHORTEST = timedelta(days=4)
"""A shorter stretch is not judged, so the first word comes a week after the fix."""

PATIENCE = timedelta(days=14)
"""If it has not fallen by then, the fix did not help."""

WATCHED = timedelta(days=90)
"""So long a fix is watched by itself; later, a new rise in the weekly list brings it back."""

FELL = 0.95
"""Probability that the rate is lower than before the fix, from which this is confirmed."""

ROSE = 0.99
"""Probability that it is higher than in calm weeks; more, because it is asked anew every day."""

FEWEST = 3

Verdict = Literal["fell", "rose_again", "did_not_fall"]


def judge(
    since_fix: timedelta, fell: bool, lately: Count, episode: Count | None, calm: Count | None, between: float = 0.05
) -> Verdict | None:
    """What is new about a fix, None where nothing is. `fell` says that a fall was confirmed before.

    `lately` are the last days, `episode` the time before the fix, `calm` the time that is as it should be; each is
    None where nothing is known of it.
    """
    if lately.of <= 0:
        return None
    below = episode is not None and episode.of > 0 and 1 - ratio(lately, episode, between).higher >= FELL
    above = (
        lately.people >= FEWEST and calm is not None and calm.of > 0 and ratio(lately, calm, between).higher >= ROSE
    )  # fmt: skip
    if fell:
        return "rose_again" if above else None
    if below:
        return "fell"
    return "did_not_fall" if above and since_fix >= PATIENCE else None
