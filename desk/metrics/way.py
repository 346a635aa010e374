"""The way to one answer in pieces, and which piece a missed deadline is put down to. Pure.

Each piece lies between two moments that the log tells, one after the other from the customer's post to the answer (or
to now). Within a piece only staffed time counts; everything outside staffed hours is the piece `closed`. So the pieces
sum to the whole, to the microsecond. See docs/reference/metrics.md, 'Minutes won'.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import numpy as np

from desk.calendar import to_us
from desk.metrics.minutes import PIECES

CAUSES = (*PIECES, "elsewhere", "unanswered", "unresolved")
"""Why a promise was broken: the piece that took most of the time it had; `elsewhere` where the answer was given on the
platform itself; for a resolution, whether even the first answer came after its deadline or only the settling."""

DECIDING = ("decided", "approval_asked", "reply_waits", "concession_waits", "concession_granted", "send_queued",
            "answered")  # fmt: skip
"""The first of these acts ends the thinking: from here on an answer was on its way to be written."""

ENDS_APPROVAL = ("approved", "approval_rejected", "approval_withdrawn", "approval_expired")
STOPS_SENDING = ("send_cancelled", "send_failed")

Elapsed = Callable[[datetime], int]
"""Staffed microseconds until a moment (UTC), from some moment before all that is asked for."""

Segment = tuple[str, datetime, datetime]

_NOTHING = timedelta(0)
_MICROSECOND = timedelta(microseconds=1)


class Happened(Protocol):
    """An event that counts, as far as numbers are concerned."""

    @property
    def type(self) -> str:
        """What happened."""

    @property
    def at(self) -> datetime:
        """When (UTC)."""

    @property
    def by(self) -> str:
        """By whom: `customer`, `agent:NAME`, `agent:@CHANNEL` or `system`."""

    @property
    def data(self) -> dict[str, Any]:
        """What else is known of it."""


def ours(by: str) -> bool:
    """Whether a person of ours did it, here and not on the platform itself."""
    return by.startswith("agent:") and not by.startswith("agent:@")


def way(
    start: datetime, end: datetime, seen: datetime, routed: datetime, events: Iterable[Happened], ended: bool
) -> list[Segment]:
    """The pieces of one wait from `start` to `end`, in order and without a gap; those of no length are left out.

    `seen` is when a source brought what the customer wrote, `routed` when it stood in the case, `events` are the
    case's own that count, in order of time; `ended` says that `end` is an answer and not now.
    """
    acts = [event for event in events if start <= event.at <= end]
    seen = min(max(seen, start), end)
    routed = min(max(routed, seen), end)
    picked = min(max(_first(acts, _picks_up, end), routed), end)
    decided = min(max(_first(acts, _decides, end), picked), end)
    queued = min(max(_queued(acts, end, ended), decided), end)
    told: list[Segment] = [
        ("source", start, seen), ("routing", seen, routed), ("pick_up", routed, picked), ("thinking", picked, decided),
    ]  # fmt: skip
    at = decided
    for asked, granted in _approvals(acts, decided, queued):
        told += [("writing", at, asked), ("approval", asked, granted)]
        at = granted
    told += [("writing", at, queued), ("posting", queued, end)]
    return [one for one in told if one[1] < one[2]]


def pieces(segments: Sequence[Segment], elapsed: Elapsed, until: datetime | None = None) -> dict[str, timedelta]:
    """How long each piece took, those of no length left out; up to `until` where it is given."""
    ends = [moment for _, *both in segments for moment in both]
    found = took(
        [(piece, 2 * at, 2 * at + 1) for at, (piece, _, _) in enumerate(segments)],
        np.array([[to_us(moment) for moment in ends]], dtype=np.int64),
        np.array([[elapsed(moment) for moment in ends]], dtype=np.int64),
        None if until is None else (np.array([to_us(until)]), np.array([elapsed(until)])),
    )  # fmt: skip
    return {piece: timedelta(microseconds=int(us)) for piece, us in zip(PIECES, found[0], strict=True) if us}


def took(
    segments: Iterable[tuple[str, int, int]], moments: np.ndarray, elapsed: np.ndarray,
    until: tuple[np.ndarray, np.ndarray] | None = None,
) -> np.ndarray:  # fmt: skip
    """How long each of PIECES took on many ways of the same segments: a row a way, a column a piece, microseconds.

    Segments name two columns of `moments` (a row a way, microseconds) and of `elapsed`, the staffed time until them;
    `until` is, of each way, a moment up to which it is counted, and the staffed time until that.
    """
    found = np.zeros((len(moments), len(PIECES)), dtype=np.int64)
    closed = found[:, PIECES.index("closed")]
    for piece, since, end in segments:
        whole, staffed = moments[:, [since, end]], elapsed[:, [since, end]]
        if until is not None:
            whole, staffed = np.minimum(whole, until[0][:, None]), np.minimum(staffed, until[1][:, None])
        length = staffed[:, 1] - staffed[:, 0]
        closed += whole[:, 1] - whole[:, 0] - length
        found[:, PIECES.index(piece)] += length
    return found


def cause(took: Mapping[str, timedelta], closed_counts: bool) -> tuple[str, timedelta]:
    """The piece that took most of the time until the deadline, the earlier one of two alike, and how long it took.

    Closed hours count where the promise runs on the wall clock (`closed_counts`), or where there was nothing else.
    """
    row = [took.get(piece, _NOTHING) // _MICROSECOND for piece in PIECES]
    places, lengths = causes(np.array([row], dtype=np.int64), np.array([closed_counts]))
    return PIECES[places[0]], timedelta(microseconds=int(lengths[0]))


def causes(took: np.ndarray, closed_counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same of many, a row each: places in PIECES, and microseconds."""
    counts = took.copy()
    closed = PIECES.index("closed")
    counts[~closed_counts, closed] = 0
    places = np.where(counts.any(axis=1), counts.argmax(axis=1), closed)
    return places, took[np.arange(len(took)), places]


def _first(acts: Iterable[Happened], wanted: Callable[[Happened], bool], otherwise: datetime) -> datetime:
    return next((event.at for event in acts if wanted(event)), otherwise)


def _picks_up(event: Happened) -> bool:
    """Whether somebody of ours has the case in hand with this: giving it to somebody else is not that."""
    if not ours(event.by):
        return False
    return event.type != "assigned" or f"agent:{event.data.get('to')}" == event.by


def _decides(event: Happened) -> bool:
    return event.type in DECIDING and event.by.startswith("agent:")


def _queued(acts: Sequence[Happened], end: datetime, ended: bool) -> datetime:
    """When the answer was put on its way; `end` where nothing was sent (it was recorded by hand, or is not written)."""
    if ended:
        replies = {event.data.get("reply") for event in acts if event.type == "sent" and event.at == end}
    else:
        stopped = {event.data.get("reply") for event in acts if event.type in STOPS_SENDING}
        replies = {event.data.get("reply") for event in acts if event.type == "send_queued"} - stopped
    return _first(acts, lambda event: event.type == "send_queued" and event.data.get("reply") in replies, end)


def _approvals(acts: Iterable[Happened], since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    """When something waited for an approval between two moments: stretches in order that do not overlap."""
    asked: dict[object, datetime] = {}
    found: list[tuple[datetime, datetime]] = []
    for event in acts:
        number = event.data.get("approval")
        if event.type == "approval_asked":
            asked.setdefault(number, event.at)
        elif event.type in ENDS_APPROVAL and number in asked:
            found.append((asked.pop(number), event.at))
    found += [(at, until) for at in asked.values()]
    joined: list[tuple[datetime, datetime]] = []
    for start, end in sorted((max(start, since), min(end, until)) for start, end in found):
        if start >= end:
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
