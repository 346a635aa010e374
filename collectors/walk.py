"""Newest-first listings, read down to where the last fetch began, so that no stop in between loses a page.

A listing's state, kept in the cursor, is `{"since": position}` once everything down to the last fetch was read, and
`{"since": old, "walk": {"next": marker, "newest": position, "pages": n}}` in the middle. The high-water mark moves
only when a walk is complete; a walk that was cut off goes on at its marker, and from the top if the marker has
expired. A position is an integer that grows with newer posts (a time, an id). What a walk found out and no fetch has
told yet (a gap, where the reading began) stands beside it as `"gap": true` and `"from": time` until one does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from collectors.protocol import (
    Batch,
    CollectorError,
    Cursor,
    Fetched,
    RateLimited,
    Reach,
    Refused,
    Rejected,
    Unavailable,
    Unreadable,
)
from collectors.transport import KEPT

MAX_PAGES = 200
"""Pages read in one fetch; the walk goes on in the next one. Keeps a listing that never ends from holding a job."""

BELIEVED_AFTER = 5
"""Empty answers running after which a listing that had posts is taken to be empty: a fault lasts for some fetches, each
later than the one before."""

State = dict[str, Any]


class ExpiredMarker(Refused):
    """The source does not know the page marker (any more)."""


@dataclass(frozen=True)
class Page:
    """One page of a listing, newest first."""

    fetched: tuple[Fetched, ...]
    rejected: tuple[Rejected, ...] = ()
    newest: int | None = None
    """Largest position on the page; None when nothing on it has one."""
    oldest: int | None = None
    """Smallest position on the page."""
    next: str | None = None
    """Marker of the page below; None where the listing ends."""
    reached: bool = False
    """Whether the page goes down to where this fetch may end: what was read before, and the overlap below it."""
    note: str = ""
    gone: tuple[str, ...] = ()
    """native_ids on the page that the source shows as deleted."""
    reach: Reach | None = None
    """Set by the walk on the page that completes it."""


class Listing(Protocol):
    """One newest-first listing of a source."""

    first_pages: int
    """Pages read when nothing was read before: how far back the very first fetch looks."""
    empty_is_expired: bool
    """Whether the source answers an expired marker with an empty page (Reddit) rather than an error (X)."""

    def read(self, since: int | None, marker: str | None) -> Page:
        """The page at `marker` (None: the top). Raises ExpiredMarker, or any other CollectorError."""
        ...


def walk(state: Mapping[str, Any], listing: Listing) -> Iterator[tuple[Page, State]]:
    """Every page from the top down to `state`'s position, each with the state to keep once the page is stored.

    An unfinished walk in `state` is finished first. Raises what `read` raises; pages yielded before remain good.
    """
    since: int | None = state.get("since")
    gap, began = _untold_of(state)
    pending: Mapping[str, Any] | None = state.get("walk")
    left = MAX_PAGES
    for start in [pending, None] if pending else [None]:
        marker: str | None = start["next"] if start else None
        newest: int | None = start["newest"] if start else None
        count: int = start["pages"] if start else 0
        resuming, note, used = bool(start), "", {marker}
        met, some, edge = False, False, None
        while True:
            try:
                page = listing.read(since, marker)
                expired = resuming and listing.empty_is_expired and _has_nothing(page)
            except ExpiredMarker:
                if resuming:
                    expired = True
                elif marker is not None and (since is None or met):
                    # How far back a first fetch looks, and how wide an overlap is read, is a courtesy: nothing that
                    # was promised is missing.
                    since = max((p for p in (since, newest) if p is not None), default=None)
                    note = f"the source refused the pages after page {count}, which are older than what is needed"
                    lowest: datetime | None = None if met else edge
                    began = max((at for at in (began, lowest) if at is not None), default=None)
                    told = None if start else Reach("overlap" if met else "parsed", since=began, gap=gap)
                    yield Page((), note=note, reach=told), _state(since) | _untold(start is not None, gap, began)
                    break
                else:
                    raise
            if expired:
                break
            if since is not None and marker is None and _has_nothing(page) and not page.reached:
                empties = int(state.get("empties") or 0) + 1
                kept = {**state, "empties": empties}
                if empties <= BELIEVED_AFTER:
                    yield Page((), note="the listing is empty"), kept
                    raise Unreadable(f"the listing is empty, although posts were read from it before. {KEPT}")
                # The few posts of a small listing may all be deleted. Nothing but its own word proves it, so where the
                # source usually speaks the ledger does not believe it even now.
                note = f"the listing is empty for the {empties}th time running"
                yield Page((), note=note, reach=Reach("parsed", gap=gap)), kept
                return
            resuming = False
            count += 1
            newest = max((p for p in (newest, page.newest) if p is not None), default=None)
            met = met or (since is not None and page.oldest is not None and page.oldest <= since)
            some, edge = some or bool(page.fetched), _edge(page) or edge
            found, note = _ending(page, since, met, count, listing.first_pages, some, edge)
            ended, shown = found is not None, found
            looping = not ended and page.next in used
            if found is not None:
                after = _state(max((p for p in (since, newest) if p is not None), default=None))
                # A gap lies above whatever was found out before; without one, the latest beginning holds.
                known = (found.since,) if found.gap else (began, found.since)
                gap, began = gap or found.gap, max((at for at in known if at is not None), default=None)
                # What was found at the end of a walk that was cut off is told once the walk from the top is complete.
                shown = None if start else replace(found, gap=gap, since=began)
                after |= _untold(start is not None, gap, began)
            elif looping:
                after = _state(since) | _untold(True, gap, began)
            else:
                walking = {"walk": {"next": page.next, "newest": newest, "pages": count}}
                after = _state(since) | walking | _untold(True, gap, began)
            yield _noted(page, note, shown), after
            if looping:
                raise Unreadable(f"the listing names page {page.next!r} as its own next page. {KEPT}")
            if ended:
                since = after.get("since")
                break
            marker = page.next
            used.add(marker)
            left -= 1
            if left <= 0:
                return


def _has_nothing(page: Page) -> bool:
    """Whether a page is a '200 with nothing in it' (Reddit's comment filter leaves a position, so it is not)."""
    return page.newest is None and not page.fetched and not page.rejected and page.next is None


def _state(since: int | None) -> State:
    return {} if since is None else {"since": since}


def _untold_of(state: Mapping[str, Any]) -> tuple[bool, datetime | None]:
    """The gap, and the beginning of what was read, that a listing's state still has to tell."""
    return bool(state.get("gap")), datetime.fromisoformat(state["from"]) if state.get("from") else None


def _untold(keep: bool, gap: bool, began: datetime | None) -> State:
    """The part of a listing's state for what is still to be told; empty where that is nothing, or not `keep`."""
    if not keep:
        return {}
    return ({"gap": True} if gap else {}) | ({} if began is None else {"from": began.isoformat()})


def _edge(page: Page) -> datetime | None:
    """How far down a page certainly reaches: the middle of its times, since listings are not strictly in order."""
    times = sorted(item.mention.published_at for item in page.fetched if not item.mention.extra.get("undated"))
    return times[len(times) // 2] if times else None


def _ending(
    page: Page, since: int | None, met: bool, count: int, first_pages: int, some: bool, edge: datetime | None
) -> tuple[Reach | None, str]:
    """What a walk that ends with this page proves, None if it does not end here, and what is to be said about it."""
    if page.next is None or page.reached:
        if since is None:
            oldest = min((item.mention.published_at for item in page.fetched), default=None)
            empty = _has_nothing(page) and count == 1
            return Reach("ended", since=oldest), "the listing is empty" if empty else "listing ended"
        if met:
            where = f"on page {count}" if page.reached else f", listing ended on page {count}"
            return Reach("overlap"), f"overlap found {where}".replace(" ,", ",")
        if page.reached:
            return Reach("moved" if some else "parsed"), f"read down to the last fetch, {count} pages"
        return Reach("ended", since=edge, gap=True), (
            f"the listing ended on page {count} before a post that was read earlier: "
            "posts in between may be missing, fetch more often"
        )
    if since is None and count >= first_pages:
        return Reach("parsed", since=edge), f"first fetch, {count} pages"
    return None, ""


def _noted(page: Page, note: str, reach: Reach | None) -> Page:
    notes = "; ".join(part for part in (page.note, note) if part)
    return replace(page, note=notes, reach=reach)


_STRENGTH = ("parsed", "ended", "moved", "counted", "unchanged", "overlap")


def weakest(reaches: list[Reach]) -> Reach:
    """What several listings prove together: the weakest proof, the latest beginning, a gap if any has one."""
    beginnings = [reach.since for reach in reaches if reach.since is not None]
    missed = [reach.missed for reach in reaches if reach.missed is not None]
    return Reach(
        min((reach.proof for reach in reaches), key=_STRENGTH.index),
        since=max(beginnings, default=None),
        gap=any(reach.gap for reach in reaches),
        missed=sum(missed) if missed else None,
    )


def _told(state: State) -> State:
    return {key: value for key, value in state.items() if key not in ("gap", "from")}


def walk_all(
    source: str, listings: Mapping[str, Listing], cursor: Cursor | None, more: Callable[[], Cursor] = dict
) -> Iterator[Batch]:
    """The batches of several listings of one source, whose states lie in the cursor under `listings`.

    A listing that fails does not hold up the others: its error is raised at the end, and names how many failed. A
    rate limit holds for all and stops at once, and so does a source that is unavailable twice running. `more` adds
    to each batch's cursor.
    """
    kept = (cursor or {}).get("listings") or {}
    states: dict[str, State] = {name: dict(kept.get(name) or {}) for name in listings}
    failed: list[CollectorError] = []
    reaches: dict[str, Reach] = {}
    down = 0
    for name, listing in listings.items():
        try:
            for page, state in walk(states[name], listing):
                states = {**states, name: state}
                note = f"{name}: {page.note}" if page.note else ""
                # Only the last page of the last listing knows what the whole fetch proves; one listing that is
                # unfinished or failed leaves it unproven, and the others keep what they have to tell for the next.
                reach = None
                if page.reach is not None:
                    reaches[name] = page.reach
                    states[name] = {**state, **_untold(True, page.reach.gap, page.reach.since)}
                    if len(reaches) == len(listings):
                        reach = weakest(list(reaches.values()))
                        states = {each: _told(kept) for each, kept in states.items()}
                yield Batch(page.fetched, {**more(), "listings": states}, page.rejected, note, reach, page.gone)
            down = 0
        except RateLimited:
            raise
        except CollectorError as error:
            if not str(error).startswith("Source "):
                error.args = (f'Source "{source}", {name}: {error}',)
            failed.append(error)
            down = down + 1 if isinstance(error, Unavailable) else 0
            if down == 2:
                break
    if failed:
        first = failed[0]
        if len(failed) > 1:
            first.args = (f"{first} ({len(failed)} of its {len(listings)} listings failed.)",)
        raise first
