"""Whether quiet is proven: nobody may say that nothing happens where nobody looked. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from desk.coverage import NOBODY, OFF, SEEN
from desk.lookout import Alert
from desk.watch import Coverage, SourceCoverage

ALIVE_FOR = timedelta(minutes=2)
"""A worker that has not beaten for so long has stopped, as far as a person needs to know: it beats every 5 seconds, and
a restart takes less."""

STATES = ("proven", "no_sources", "stopped", "reading", "unseen")


@dataclass(frozen=True)
class Quiet:
    """What stands behind a quiet page. `proven`: every source that is switched on was seen until `until`; `stopped`:
    the worker is not there since `until` (None: it never was); `unseen`: `sources` are not seen; `reading`: nobody has
    looked at the coverage yet; `no_sources`: none is switched on."""

    state: str
    until: datetime | None = None
    sources: tuple[str, ...] = ()


def quiet(
    on: Collection[str], coverage: Coverage | None, alerts: Sequence[Alert], beat: datetime | None, now: datetime
) -> Quiet:
    """What can be said of a quiet desk at `now`: of the sources `on`, their coverage up to now (None: not known yet),
    what the look-out says aloud, and when the worker last beat."""
    if not on:
        return Quiet("no_sources")
    if beat is None or now - beat > ALIVE_FOR:
        return Quiet("stopped", beat)
    if coverage is None:
        return Quiet("reading")
    own = [one for one in coverage.sources if one.source in on]
    hidden = {alert.source for alert in alerts if alert.what in ("unseen", "idle") and alert.source in on}
    until = {one.source: seen_until(one) for one in own}
    unseen = sorted(name for name in on if name in hidden or until.get(name) is None)
    if unseen:
        return Quiet("unseen", sources=tuple(unseen))
    return Quiet("proven", min(at for at in until.values() if at is not None), tuple(sorted(on)))


def seen_until(one: SourceCoverage) -> datetime | None:
    """Until when a source is proven to have been seen; None where it never was in the time that was looked at."""
    return max((span.end for span in one.spans if span.state == SEEN), default=None)


@dataclass(frozen=True)
class Hidden:
    """What was not seen of a stretch of time: the share of all sources' time in [0, 1], and each source's part of it,
    the longest first."""

    share: float
    sources: tuple[tuple[str, timedelta], ...] = ()


def hidden(coverage: Coverage, on: Collection[str], start: datetime, end: datetime) -> Hidden:
    """What was not seen of [start, end) of the sources `on`. Time of which nothing is known yet counts as nothing, and
    so does a source that was switched off on purpose."""
    parts: dict[str, timedelta] = {}
    for one in coverage.sources:
        if one.source not in on:
            continue
        for span in one.spans:
            if span.state == SEEN or (span.state == OFF and span.evidence != NOBODY):
                continue
            if (part := min(span.end, end) - max(span.start, start)) > timedelta():
                parts[one.source] = parts.get(one.source, timedelta()) + part
    share = sum(parts.values(), timedelta()) / (len(on) * (end - start)) if on else 0.0
    return Hidden(min(1.0, share), tuple(sorted(parts.items(), key=lambda pair: (-pair[1], pair[0]))))
