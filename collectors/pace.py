"""How often a source is asked: often enough that two fetches overlap, seldom enough that it costs little. Pure."""

from __future__ import annotations

AIM = 10
"""New items that a fetch should bring at most: listings show 20 to 100, so half to nine tenths of a page overlap."""

SLOWER = 1.25
"""Growth of the pause after a fetch without anything new: from fastest to slowest in about eleven of them, so that one
quiet minute in a storm does not end the watch."""

LONGEST_BACKOFF = 3600.0
"""Seconds: a source that keeps failing is still asked every hour; its silence is ours to end."""


def next_pause(pause: float, bounds: tuple[float, float], new: int, gap: bool) -> float:
    """Seconds until the next fetch after one that worked: `pause` were the seconds before it, `new` what it brought.

    The result lies within `bounds`; after a gap it is the fastest.
    """
    fastest, slowest = bounds
    if gap:
        return fastest
    factor = SLOWER if new == 0 else min(1.0, max(0.25, AIM / new))
    return min(slowest, max(fastest, pause * factor))


def backoff(every: float, failures: int) -> float:
    """Seconds until a source is asked again after `failures` in a row (>= 1): doubling, at most LONGEST_BACKOFF."""
    return max(every, min(every * 2.0 ** min(failures, 20), LONGEST_BACKOFF))
