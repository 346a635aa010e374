"""Newest-first listings, read down to where the last fetch began, so that no stop in between loses a page.

A listing's state, kept in the cursor, is `{"since": position}` once everything down to the last fetch was read, and
`{"since": old, "walk": {"next": marker, "newest": position, "pages": n}}` in the middle. The high-water mark moves
only when a walk is complete; a walk that was cut off goes on at its marker, and from the top if the marker has
expired. A position is an integer that grows with newer posts (a time, an id).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from collectors.protocol import (
    Batch,
    CollectorError,
    Cursor,
    Fetched,
    RateLimited,
    Refused,
    Rejected,
    Unavailable,
    Unreadable,
)
from collectors.transport import KEPT

MAX_PAGES = 200
"""Pages read in one fetch; the walk goes on in the next one. Keeps a listing that never ends from holding a job."""

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
    pending: Mapping[str, Any] | None = state.get("walk")
    left = MAX_PAGES
    for start in [pending, None] if pending else [None]:
        marker: str | None = start["next"] if start else None
        newest: int | None = start["newest"] if start else None
        count: int = start["pages"] if start else 0
        resuming, note, used = bool(start), "", {marker}
        met = False
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
                    yield Page((), note=note), _state(since)
                    break
                else:
                    raise
            if expired:
                break
            if since is not None and marker is None and _has_nothing(page) and not page.reached:
                raise Unreadable(f"the listing is empty, although posts were read from it before. {KEPT}")
            resuming = False
            count += 1
            newest = max((p for p in (newest, page.newest) if p is not None), default=None)
            met = met or (since is not None and page.oldest is not None and page.oldest <= since)
            ended, note = _ending(page, since, met, count, listing.first_pages)
            looping = not ended and page.next in used
            if ended:
                after = _state(max((p for p in (since, newest) if p is not None), default=None))
            elif looping:
                after = _state(since)
            else:
                after = _state(since) | {"walk": {"next": page.next, "newest": newest, "pages": count}}
            yield _noted(page, note), after
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


def _ending(page: Page, since: int | None, met: bool, count: int, first_pages: int) -> tuple[bool, str]:
    """Whether a walk ends with this page, and what is to be said about it."""
    if page.reached:
        if since is None:
            return True, "the listing is empty" if _has_nothing(page) and count == 1 else "listing ended"
        return True, f"overlap found on page {count}" if met else f"read down to the last fetch, {count} pages"
    if page.next is None:
        if since is None:
            return True, "the listing is empty" if _has_nothing(page) and count == 1 else "listing ended"
        if met:
            return True, f"overlap found, listing ended on page {count}"
        return True, (
            f"the listing ended on page {count} before a post that was read earlier: "
            "posts in between may be missing, fetch more often"
        )
    if since is None and count >= first_pages:
        return True, f"first fetch, {count} pages"
    return False, ""


def _noted(page: Page, note: str) -> Page:
    notes = "; ".join(part for part in (page.note, note) if part)
    return replace(page, note=notes)


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
    down = 0
    for name, listing in listings.items():
        try:
            for page, state in walk(states[name], listing):
                states = {**states, name: state}
                note = f"{name}: {page.note}" if page.note else ""
                yield Batch(page.fetched, {**more(), "listings": states}, page.rejected, note)
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
