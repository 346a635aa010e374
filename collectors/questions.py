"""Questions that customers ask a shop, read in the order in which they were asked, and again until they are answered.

A shop's listing can be limited to when a question was asked, oldest first, and to those that wait for an answer. A
fetch has two parts:

1. **New ones.** Every question asked since the newest that was read (and an overlap before it), whatever its state, in
   spans no longer than the service allows. The end of a span is fixed when it begins, so its pages do not shift while
   they are read; the service's own count of the span is compared with what was read.
2. **Open ones.** Questions that still waited when they were last read and are older than that: the list of waiting
   ones is read, and each that is no longer on it is asked for by itself, to learn how it was answered or closed.

The cursor: `since` (the newest question, ms since 1970), `read_to` (up to when the last span reached), `open` (waiting
questions: id to when they were asked); in the middle of a span `span`, in the middle of the first read `beginning`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from collectors.json_api import JsonApi
from collectors.protocol import Batch, Cursor, Fetched, Proof, Reach, Rejected
from collectors.transport import KEPT, RefusedStatus

MAX_PAGES = 200
"""Pages read in one fetch; it goes on in the next. Keeps a long first read from holding a job."""

MOST_ASKED = 100
"""Closed questions asked for one by one in a fetch; the rest is asked for in the next."""

DAY = 86_400_000
FUTURE = 60_000
"""Milliseconds that the service's clock may run ahead of ours before a time is not believed."""


@dataclass(frozen=True)
class Question:
    """One question of an answer: what it became, when it was asked (ms since 1970) and whether it waits."""

    item: Fetched | Rejected
    asked: int | None
    waiting: bool

    @property
    def native_id(self) -> str | None:
        return self.item.native_id if isinstance(self.item, Rejected) else self.item.mention.native_id


@dataclass(frozen=True)
class Questions:
    """One page, oldest first: the service's total for the whole question, and whether there are more pages."""

    items: tuple[Question, ...]
    total: int | None
    more: bool


class Shop(Protocol):
    """What is asked of a shop's service. Times are ms since 1970, both ends count; pages are counted from 0."""

    def page(self, start: int, end: int, page: int, *, waiting: bool) -> Questions:
        """Questions asked from `start` to `end`, oldest first; only those that wait when `waiting`."""
        ...

    def one(self, native_id: str) -> Question:
        """One question. Raises RefusedStatus with 404 when the service does not know it."""
        ...


def ms(when: datetime) -> int:
    """A time as the cursor keeps it."""
    return int(when.timestamp() * 1000)


def _when(value: int) -> datetime:
    return datetime.fromtimestamp(value / 1000, UTC)


class Reading:
    """One fetch of a shop's questions. `widest` is the longest span that the service answers."""

    def __init__(
        self, shop: Shop, api: JsonApi, cursor: Cursor | None, now: datetime, *,
        widest: timedelta, first: timedelta, overlap: timedelta,
    ) -> None:  # fmt: skip
        self._shop, self._api, self._now = shop, api, ms(now)
        self._widest, self._first, self._overlap = (
            span // timedelta(milliseconds=1) for span in (widest, first, overlap)
        )
        kept = cursor or {}
        self._since: int | None = kept.get("since")
        self._read_to: int | None = kept.get("read_to")
        self._open: dict[str, int] = dict(kept.get("open") or {})
        self._span: dict[str, Any] | None = dict(kept["span"]) if kept.get("span") else None
        self._began = self._since  # the newest question that was known before this fetch
        # From when on the very first read looks; kept until that read is complete.
        self._beginning: int | None = kept.get("beginning")
        self._more_follows = False
        self._seen: set[str] = set()
        self._counts = True
        self._met = False
        self._notes: list[str] = []
        self._missed = 0

    def batches(self) -> Iterator[Batch]:
        """Every page, each with the cursor from which a later fetch misses nothing before it."""
        left = MAX_PAGES
        while True:
            span = self._span or self._next_span()
            page = self._shop.page(span["from"], span["to"], span["page"], waiting=False)
            self._stop_if_emptied(span, page)
            fetched, rejected = self._take(page)
            span = self._counted(span, page)
            if span["shrank"] and not span["again"]:
                # A question was taken away while the pages were read, so the later ones moved up: one may have slipped
                # past between two pages. Once more from the beginning.
                span = span | {"page": 0, "read": 0, "total": None, "shrank": False, "again": True}
            if page.more or span["page"] == 0:
                self._span = span
                left -= 1
                yield Batch(fetched, self._cursor(), rejected)
                if left <= 0:
                    return
                continue
            self._close(span)
            if span["to"] < self._now:  # begun by an earlier fetch, or as long as the service allows: there is more
                yield Batch(fetched, self._cursor(), rejected)
                continue
            reach = self._reach()
            self._beginning = None
            if not self._remaining():
                yield Batch(fetched, self._cursor(), rejected, self._note(), reach)
            else:
                yield Batch(fetched, self._cursor(), rejected)
                yield self._reread(reach)
            return

    def _next_span(self) -> dict[str, Any]:
        if self._read_to is None:
            start = self._beginning = self._now - self._first
        elif self._more_follows:
            start = self._read_to - self._overlap
        else:
            # Down to the newest question, because services list late; but never further than one span, so that a
            # shop that was asked nothing for a month costs one request.
            newest = self._read_to if self._since is None else self._since
            start = max(newest - self._overlap, self._read_to - self._widest + DAY)
        end = min(start + self._widest, self._now)
        self._more_follows = end < self._now
        return {"from": start, "to": end, "page": 0, "read": 0, "total": None, "shrank": False, "again": False}

    def _stop_if_emptied(self, span: dict[str, Any], page: Questions) -> None:
        if page.items:
            return
        if page.more:
            raise self._api.unreadable("a page of questions is empty, although the service announces more of them")
        known = self._began
        if span["page"] or known is None or not span["from"] <= known <= span["to"]:
            return
        raise self._api.unreadable("the list of questions is empty, although questions of this time were read before")

    def _take(self, page: Questions) -> tuple[tuple[Fetched, ...], tuple[Rejected, ...]]:
        for question in page.items:
            if question.asked is not None:
                self._met = self._met or (self._began is not None and question.asked <= self._began)
                # A clock that runs ahead must not lift the mark above what is still to come.
                if question.asked <= self._now + FUTURE:
                    self._since = max(question.asked, self._since or 0)
            if native_id := question.native_id:
                self._seen.add(native_id)
                if question.waiting and question.asked is not None and isinstance(question.item, Fetched):
                    self._open[native_id] = question.asked
                else:
                    self._open.pop(native_id, None)
        items = [question.item for question in page.items]
        return (
            tuple(item for item in items if isinstance(item, Fetched)),
            tuple(item for item in items if isinstance(item, Rejected)),
        )

    def _counted(self, span: dict[str, Any], page: Questions) -> dict[str, Any]:
        before, now = span["total"], page.total
        shrank = before is not None and now is not None and now < before
        return span | {
            "page": span["page"] + 1, "read": span["read"] + len(page.items), "total": now,
            "shrank": span["shrank"] or shrank,
        }  # fmt: skip

    def _close(self, span: dict[str, Any]) -> None:
        """What is known once a span was read to its end."""
        self._span, self._read_to = None, span["to"]
        if span["total"] is None or span["shrank"] or span["read"] != span["total"]:
            self._counts = False
        if span["total"] is not None and span["read"] < span["total"]:
            self._missed += span["total"] - span["read"]
            self._notes.append(f"the service counts {span['total']} questions, {span['read']} were read")

    def _reach(self) -> Reach:
        if self._missed:
            return Reach("parsed", since=_when(self._now), gap=True, missed=self._missed)
        proof: Proof = "counted" if self._counts else "overlap" if self._met else "parsed"
        return Reach(proof, since=None if self._beginning is None else _when(self._beginning))

    def _remaining(self) -> list[str]:
        """Open questions that this fetch did not meet, the oldest promise first."""
        return sorted((known for known in self._open if known not in self._seen), key=lambda known: self._open[known])

    def _reread(self, reach: Reach) -> Batch:
        """The open questions again: which are no longer waiting, and what became of them."""
        start = max(min(self._open.values()), self._now - self._widest)
        fetched: list[Fetched] = []
        rejected: list[Rejected] = []
        for number in range(MAX_PAGES):
            page = self._shop.page(start, self._now, number, waiting=True)
            unknown = tuple(q for q in page.items if q.native_id not in self._seen and q.native_id not in self._open)
            met, failed = self._take(Questions(unknown, None, False))
            fetched += met
            rejected += failed
            self._seen.update(q.native_id for q in page.items if q.native_id and q.waiting)
            if not page.more or not page.items:
                break
        gone = 0
        for native_id in self._remaining()[:MOST_ASKED]:
            try:
                question = self._shop.one(native_id)
            except RefusedStatus as refused:
                if refused.status != 404:
                    raise
                del self._open[native_id]
                gone += 1
                continue
            if question.native_id != native_id:
                raise self._api.unreadable(f"the service gave another question than the one that was asked for. {KEPT}")
            met, failed = self._take(Questions((question,), None, False))
            fetched += met
            rejected += failed
        if gone:
            self._notes.append(f"{gone} open questions are no longer known to the service")
        changed = sum(item.mention.native_id not in self._open for item in fetched)
        if changed:
            self._notes.append(f"{changed} open questions were answered or closed")
        return Batch(tuple(fetched), self._cursor(), tuple(rejected), self._note(), reach)

    def _cursor(self) -> Cursor:
        cursor: Cursor = {"open": dict(self._open)}
        kept = {"since": self._since, "read_to": self._read_to, "beginning": self._beginning, "span": self._span}
        for name, value in kept.items():
            if value is not None:
                cursor[name] = value
        return cursor

    def _note(self) -> str:
        if not self._seen and not self._notes:
            return "no questions were asked in this time"
        return "; ".join([*self._notes, f"{len(self._seen)} questions read"])


def rewound(cursor: Cursor | None, to: datetime) -> Cursor | None:
    """A cursor from which everything asked since `to` is read again. Open questions stay open."""
    if not cursor or "read_to" not in cursor:
        return cursor
    return {"open": dict(cursor.get("open") or {}), "read_to": min(ms(to), cursor["read_to"])}
