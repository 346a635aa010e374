"""The coverage ledger: what each source is known to have delivered, minute by minute, with the evidence. Pure.

It is computed from the looks (polls) alone. A look that proves that it read everything since the look before makes that
time *seen*, whatever went wrong in between; a look that fails leaves the time since the last proof *blocked* (refused),
*quota* (a rate limit or a budget of ours) or *broken*; one that is not finished, or found a gap, leaves it *partly*;
time in which nobody looked is *off*. 'Quiet' is only claimed where it is proven: an answer with nothing in it, from a
source that usually speaks in such a time, is *broken* until something comes again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from store.rows import Look as Look

SEEN, PARTLY, BLOCKED, QUOTA, BROKEN, OFF = STATES = ("seen", "partly", "blocked", "quota", "broken", "off")

OUTCOMES = {
    "refused": BLOCKED, "rate_limited": QUOTA, "failing": BROKEN, "unreadable": BROKEN, "off": OFF,
}  # fmt: skip
"""What a look that failed makes of the time since the last proof."""

SPEAKS = 8.0
"""Mentions that are usual in a time in which none came, from which on an unproven silence is called broken: were they
independent, so long a silence would come by chance once in 3,000 times (exp(-8)); bursts make it commoner, so not 5."""

NOBODY = "nobody looked"

INTAKE_OPEN = "the intake was open"
"""What a look says of a source that sends to us: that the door was open is all that can be proven."""

NOTHING = "it answered with nothing"

LATE = timedelta(minutes=5)
"""How late a look may be for its plan: a restart and a slow source before it are no gap in the watch."""

Usual = Callable[[datetime, datetime], float]
"""How many mentions a source usually has between two moments."""


@dataclass(frozen=True)
class Span:
    """A stretch [start, end) of one state, with its evidence; `missed` is an estimate of the mentions missed in it."""

    start: datetime
    end: datetime
    state: str
    evidence: str = ""
    missed: int | None = None

    @property
    def minutes(self) -> float:
        """Its length."""
        return (self.end - self.start).total_seconds() / 60


def ledger(
    looks: Sequence[Look], start: datetime, end: datetime, now: datetime, settles: float, usual: Usual | None = None
) -> list[Span]:
    """The spans of one source in [start, min(end, now)), in order and without overlap.

    `looks` are in the order in which they ended; those before `start` matter only for where the first one joins.
    `settles` are the seconds until a post is certain to be listed by the source. Time after the last look for which the
    next one is not overdue is left out: nothing is known of it yet.
    """
    painted, settling = _Painted(), timedelta(seconds=settles)
    mark: datetime | None = None  # everything before it was proven, or its gap was told
    tail: datetime | None = None  # up to here something is known; never before mark
    last_item: datetime | None = None
    before: Look | None = None
    for look in looks:
        at = look.started_at
        doubt = _doubt(look, last_item or mark, usual)
        proven = look.outcome in ("ok", "empty") and look.proof is not None and doubt is None
        if before is not None and tail is not None and not proven:
            idle = _patience_ends(before)
            if before.outcome == "off" or at <= idle:
                painted.paint(Span(tail, at, *_of(look if before.outcome != "off" else before)))
            else:
                painted.paint(Span(tail, idle, *_of(before)))
                painted.paint(Span(max(idle, tail), at, OFF, NOBODY))
        if proven:
            until = at - settling
            reached = look.reach_from
            if mark is None or look.gap or (reached is not None and reached > mark):
                reached = until if reached is None else min(reached, until)
                if mark is not None:
                    painted.paint(Span(mark, reached, PARTLY, *_gap(look, mark, reached, usual)))
            else:  # it joins what was read before, or reaches below it (a back-fill, a listing read whole)
                reached = mark if reached is None else reached
            painted.paint(
                Span(reached, until, SEEN, look.note if look.note == INTAKE_OPEN else _EVIDENCE[look.proof or "parsed"])
            )
            mark = tail = max(until, mark or until)
        else:
            if doubt is not None and tail is not None:
                painted.paint(Span(tail, at, BROKEN, *doubt))
            tail = max(at, tail or at)
        if look.fetched:
            last_item = at
        before = look
    if before is not None and tail is not None:
        idle = _patience_ends(before)
        if before.outcome == "off":
            painted.paint(Span(tail, now, OFF, before.note))
        elif before.outcome in OUTCOMES:
            # Until the next look nobody sees anything: a budget that is used up stays so until it begins anew.
            painted.paint(Span(tail, min(now, idle), *_of(before)))
            painted.paint(Span(max(idle, tail), now, OFF, NOBODY))
        elif now > idle:
            painted.paint(Span(tail, idle, *_of(before)))
            painted.paint(Span(max(idle, tail), now, OFF, NOBODY))
    return painted.between(start, min(end, now))


def _patience_ends(look: Look) -> datetime:
    """When the next look has not come and nobody is taken to be looking any more."""
    return max(look.next_at or look.finished_at, look.finished_at) + LATE


def _doubt(look: Look, silent_since: datetime | None, usual: Usual | None) -> tuple[str, int] | None:
    """Why a look that says 'nothing new' is not believed: evidence and estimate; None where it is."""
    if look.fetched or look.proof != "parsed" or usual is None or silent_since is None:
        return None
    expected = usual(silent_since, look.started_at)
    if expected < SPEAKS:
        return None
    return f"{NOTHING}, where about {expected:.0f} are usual", round(expected)


def _of(look: Look) -> tuple[str, str]:
    """The state and evidence of the time before a look, as far as no proof decides otherwise."""
    if look.outcome in OUTCOMES:
        return OUTCOMES[look.outcome], look.note
    if look.proof is None:
        return PARTLY, look.note or "not read to its end yet"
    return PARTLY, "waiting to be proven"


_EVIDENCE = {
    "overlap": "met what was read before", "unchanged": "the source says that nothing changed",
    "counted": "the source's own count agrees", "ended": "read to the end of the listing",
    "moved": "the sequence goes on without a hole", "parsed": "the page was read",
}  # fmt: skip


def _gap(look: Look, start: datetime, end: datetime, usual: Usual | None) -> tuple[str, int | None]:
    missed = look.missed
    if missed is None and usual is not None:
        missed = round(usual(start, end))
    return look.note or "posts in between may be missing", missed


def _joined(one: Span, two: Span) -> Span | None:
    """Two neighbours as one span, where they say the same: seen time is one however it was proven."""
    if one.state != two.state or (one.state != SEEN and one.evidence != two.evidence and NOTHING not in two.evidence):
        return None
    missed = None if one.missed is None and two.missed is None else (one.missed or 0) + (two.missed or 0)
    if NOTHING in two.evidence:
        missed = two.missed  # it counts from the last mention on, and so holds the first one's
    parts = dict.fromkeys([*one.evidence.split("; "), two.evidence]) if one.state == SEEN else [two.evidence]
    return replace(one, end=two.end, evidence="; ".join(parts), missed=missed)


def _only_longer(one: Span, two: Span) -> bool:
    """Whether joining two neighbours adds nothing but time to the first, which is seen: as _joined, cheaply."""
    return two.state == SEEN and one.missed is None and two.missed is None and two.evidence in one.evidence.split("; ")


class _Painted:
    """Spans on a line of time, each laid over the ones before it."""

    def __init__(self) -> None:
        self.spans: list[Span] = []

    def paint(self, span: Span) -> None:
        if span.end <= span.start:
            return
        last = self.spans[-1] if self.spans else None
        # Nearly every look proves the time since the one before in the same way: one span that grows.
        if last and last.end == span.start and last.state == SEEN and _only_longer(last, span):
            self.spans[-1] = Span(last.start, span.end, SEEN, last.evidence)
            return
        kept: list[Span] = []
        # New spans lie at the end, so only the last few can be touched.
        while self.spans and self.spans[-1].end > span.start:
            old = self.spans.pop()
            if old.end > span.end:
                kept.append(replace(old, start=max(old.start, span.end)))
            if old.start < span.start:
                kept.append(replace(old, end=span.start))
        parts = sorted([*kept, span], key=lambda part: part.start)
        for part in parts:
            last = self.spans[-1] if self.spans else None
            if last and last.end == part.start and (joined := _joined(last, part)):
                self.spans[-1] = joined
            else:
                self.spans.append(part)

    def between(self, start: datetime, end: datetime) -> list[Span]:
        return [
            replace(span, start=max(span.start, start), end=min(span.end, end))
            for span in self.spans
            if span.end > start and span.start < end
        ]


def usual_rate(hours: Mapping[datetime, int], since: datetime, until: datetime) -> Usual:
    """How many mentions are usual between two moments, by the hour of the day.

    `hours` are the counts of each hour of [since, until) (UTC, hours without any left out). The rate of an hour of the
    day is its mean over the days observed; a source observed for less than a day speaks for nothing, and 0 is usual.
    """
    days = (until - since).total_seconds() / 86400
    totals = [0] * 24
    for hour, count in hours.items():
        totals[hour.hour] += count
    rates = [total / days if days >= 1 else 0.0 for total in totals]

    def usual(start: datetime, end: datetime) -> float:
        expected, at = 0.0, start
        while at < end:
            next_hour = at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
            step = min(next_hour, end)
            expected += rates[at.hour] * (step - at).total_seconds() / 3600
            at = step
        return expected

    return usual


@dataclass(frozen=True)
class Minutes:
    """How many minutes of a stretch were in each state; `unknown` is what no look has decided yet."""

    by_state: Mapping[str, float]
    unknown: float

    @property
    def seen_share(self) -> float | None:
        """Seen among the minutes that are decided, in [0, 1]; None where none is."""
        decided = sum(self.by_state.values())
        return self.by_state.get(SEEN, 0.0) / decided if decided else None


def minutes(spans: Sequence[Span], start: datetime, end: datetime) -> Minutes:
    """The minutes of [start, end) by state."""
    found = {state: sum(span.minutes for span in spans if span.state == state) for state in STATES}
    return Minutes(found, max(0.0, (end - start).total_seconds() / 60 - sum(found.values())))
