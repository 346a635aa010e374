"""Reviews as a service lists them, newest first: pages for `collectors.walk`, and the service's own count as a proof.

A review's position is its time in seconds since 1970: when it was written, or, where the service sorts by it, when it
was last changed. Pages overlap: a page is the last one when half of its reviews are older than what was read before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from collectors.plain import storable
from collectors.protocol import Batch, CollectorError, Cursor, Fetched, Rejected
from collectors.walk import Page
from mention import MentionError, clean_text, parse_mention

FUTURE = 60
"""Seconds that a service's clock may run ahead of ours before a time is not believed as a position."""


@dataclass(frozen=True)
class Shown:
    """One page as the service gave it: the reviews, undecoded, and the marker of the page below."""

    reviews: Sequence[Any]
    next: str | None
    note: str = ""


class ReviewListing:
    """One newest-first listing of reviews.

    `ask` gives the page at a marker (None: the top), `parse` a review and its position (None where it has none).
    `overlap` is in seconds. `whole` says that nothing is missing where the listing ends, even if nothing that was read
    before is met (the service lists everything, or one week and was read less than a week ago); `may_be_empty` that it
    may rightly list nothing where it listed something before.
    """

    def __init__(
        self,
        ask: Callable[[str | None], Shown],
        parse: Callable[[Any], tuple[Fetched | Rejected, int | None]],
        now: datetime,
        *,
        overlap: float,
        first_pages: int,
        empty_is_expired: bool = False,
        whole: bool = False,
        may_be_empty: bool = False,
    ) -> None:
        self.first_pages = first_pages
        self.empty_is_expired = empty_is_expired
        self._ask, self._parse, self._now, self._overlap = ask, parse, now, overlap
        self._whole, self._may_be_empty = whole, may_be_empty

    def read(self, since: int | None, marker: str | None) -> Page:
        """One page, parsed."""
        shown = self._ask(marker)
        fetched: list[Fetched] = []
        rejected: list[Rejected] = []
        positions: list[int] = []
        latest = self._now.timestamp() + FUTURE
        for review in shown.reviews:
            item, position = self._parse(review)
            if isinstance(item, Rejected):
                rejected.append(item)
            else:
                fetched.append(item)
            # A clock that runs ahead must not lift the high-water mark above what is still to come.
            if position is not None and 0 < position <= latest:
                positions.append(position)
        known = 0 if since is None else sum(position <= since - self._overlap for position in positions)
        half = bool(positions) and known * 2 >= len(positions)
        ended = self._whole and shown.next is None and (bool(shown.reviews) or self._may_be_empty)
        return Page(
            tuple(fetched), tuple(rejected), max(positions, default=None), min(positions, default=None), shown.next,
            reached=since is not None and (half or ended), note=shown.note,
        )  # fmt: skip


def parsed(raw: Any, record: dict[str, Any], now: datetime) -> Fetched | Rejected:
    """A mention of `record`, with `raw` kept beside it; a Rejected that says what is wrong otherwise.

    Empty parts of `extra` are left out.
    """
    native_id = record.get("native_id")
    native_id = str(native_id) if native_id is not None and native_id != "" else None
    try:
        kept = storable(raw)
    except ValueError as error:
        return Rejected(f"the item cannot be kept: {error}", clean_text(str(raw)[:10_000]), native_id)
    extra = {name: value for name, value in record.get("extra", {}).items() if value is not None and value != ""}
    try:
        mention, _ = parse_mention({**record, "native_id": native_id, "extra": storable(extra)}, now=now)
    except MentionError as error:
        return Rejected(str(error), kept, native_id)
    return Fetched(mention, kept)


def counted(batches: Iterator[Batch], total: Callable[[], int | None]) -> Iterator[Batch]:
    """The batches; a listing that was read to its end in one fetch is `counted` where `total` is what was read.

    `total` is asked once, with the last batch. What it cannot say leaves the proof as it was.
    """
    seen: set[str | None] = set()
    for batch in batches:
        seen.update(item.mention.native_id for item in batch.fetched)
        seen.update(item.native_id for item in batch.rejected)
        reach = batch.reach
        if reach is not None and reach.proof == "ended" and not reach.gap:
            try:
                said = total()
            except CollectorError:
                said = None
            if said is not None and said == len(seen):
                note = "; ".join(text for text in (batch.note, f"the service counts {said} too") if text)
                batch = replace(batch, reach=replace(reach, proof="counted"), note=note)
        yield batch


def rewound(cursor: Cursor | None, to: datetime, names: Sequence[str]) -> Cursor:
    """A cursor from which every listing is read down to `to` again."""
    mark = int(to.timestamp())
    kept = (cursor or {}).get("listings") or {}
    # A listing that was never read is read from its top anyway.
    lower = {name: {"since": min(mark, kept[name].get("since", mark))} for name in names if name in kept}
    return {**(cursor or {}), "listings": {**kept, **lower}}
