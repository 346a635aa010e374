"""The walk through a brand's complaints: which page is asked next, what is new, where a later crawl goes on. No I/O.

The list is walked from the newest complaint down to a page on which nothing is new and something is known from an
earlier, finished walk; each new complaint's own page is read. Complaints that are young and unsolved are read again
later, because answers and the customer's replies come after days. The state, kept in the cursor:

    {"walk": 7, "complete": 6, "at": 3, "known": {path: {"walk": 7, "at": posted, "read": read, "solved": false}},
     "retry": {path: tries}, "total": 1234, "found": 5}

`walk` numbers the walks, `complete` is the last that was finished, and `at` the list page where an unfinished one goes
on: everything above it is known. `found` counts the new complaints since the last finished walk and `total` is what the
portal said there were then. A state that holds only `floor` (ISO, UTC) begins anew and goes down to that time.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from datetime import datetime, timedelta
from typing import Any

from collectors.complaints.portal import SITE, Card, Detail, ListPage, address
from collectors.spiders.steps import BARRED, GONE, STOPPING, Ask, Fault, Found

MAX_KNOWN = 1_000
"""Complaints remembered: forty list pages, far more than an overlap needs."""

MAX_TRIES = 3
"""How often a complaint's page is asked for before it is put into the quarantine."""

DRIFT_FROM = 3
"""Complaints running that lack a required field, from which the layout has changed and not one complaint is odd."""

MAX_PAGES = 500
"""List pages looked through when older complaints are fetched again."""

FULL_PAGE = 10
"""Cards from which a list page without any links to other pages is not believed to be the only one."""

State = dict[str, Any]
Steps = Generator["Ask | Found", Any, None]


def changed(state: Mapping[str, Any], change: Mapping[str, Any]) -> State:
    """The state after a change; the oldest complaints are forgotten beyond MAX_KNOWN."""
    known = dict(state.get("known") or {})
    for path, kept in (change.get("known") or {}).items():
        if kept is None:
            known.pop(path, None)
        else:
            known[path] = kept
    if len(known) > MAX_KNOWN:
        newest = sorted(known, key=lambda path: str(known[path].get("at") or ""), reverse=True)[:MAX_KNOWN]
        known = {path: known[path] for path in newest}
    plain = {
        key: change[key]
        for key in ("walk", "complete", "at", "total", "found", "retry", "odd", "floor")
        if key in change
    }
    return {**state, **plain, "known": known}


class Walk:
    """One crawl of a brand's list, as a generator of Ask (answered by a Reply) and Found.

    `state` is what an earlier crawl left (None: nothing), `list_pages` how many list pages are looked through at most;
    complaints younger than `follow_days` are read again, at most `follow_pages` of them in one crawl. After the
    generator's end `notes` says what happened, `fault` what went wrong, and `reach` what the walk proves, None where it
    was not finished.
    """

    def __init__(
        self, brand: str, state: Mapping[str, Any] | None, list_pages: int, *, now: datetime,
        follow_days: float = 14.0, follow_pages: int = 20, base: str = SITE,
    ) -> None:  # fmt: skip
        self.state: State = changed(json.loads(json.dumps(state or {})), {})
        self.notes: list[str] = []
        self.fault: Fault | None = None
        self.reach: dict[str, Any] | None = None
        self.thread_pages = 0
        self._brand, self._base, self._now = brand, base, now
        self._list_pages = list_pages
        self._follow_days, self._follow_pages = follow_days, follow_pages
        self._failing = self._barred = 0
        self._stopped = False
        self._moved: list[str] = []
        self._total: int | None = None

    def run(self) -> Steps:
        """The steps of the crawl."""
        number = int(self.state.get("walk") or 0) + 1
        yield self._change({"walk": number})
        for path in list(self.state.get("retry") or {}):
            if self._stopped:
                return
            yield from self._complaint(path, number)
        if not self._stopped:
            yield from self._down(number)
        if self.reach and not self._stopped:
            yield from self._follow()
        if self.fault or self.state.get("retry"):
            self.reach = None  # what is listed and was not read is not seen
            if self.state.get("retry"):
                self.notes.append(f"{len(self.state['retry'])} complaints could not be read yet")

    def _change(self, change: State, posts: tuple[Any, ...] = (), bad: tuple[Any, ...] = ()) -> Found:
        self.state = changed(self.state, change)
        return Found(posts, bad, change)

    def _ask(self, ask: Ask) -> Generator[Ask | Found, Any, ListPage | Detail | Fault | None]:
        reply = yield ask
        if reply.page is None:
            self._stopped = True
            return None
        page: ListPage | Detail | Fault = reply.page
        if isinstance(page, Fault):
            self._stopped = self._stopped or page.code in STOPPING
        else:
            self._failing = self._barred = 0
        return page

    def _failed(self, fault: Fault) -> None:
        """Remember the first fault; two pages running that cannot be read end the crawl."""
        self.fault = self.fault or fault
        self._failing += 1
        if self._failing >= 2 or fault.code in STOPPING or fault.code == "layout":
            self._stopped = True

    def _url(self, page: int) -> str:
        return f"{self._base.rstrip('/')}/{self._brand}?page={page}"

    def _down(self, number: int) -> Steps:
        """Down the list from its top; below what an unfinished walk has read already, on from where that stopped."""
        before = int(self.state.get("complete") or 0)
        pending: int | None = self.state.get("at")
        page, joined = 1, 0
        listed = yield from self._listed(page)
        if listed is not None and not listed.cards:
            yield from self._nothing(listed, number)
            return
        while listed is not None:
            if page > 1 and _is_over(listed, page):
                page -= 1  # the list has become shorter: what stood here stands above now
                listed = yield from self._listed(page)
                continue
            if listed.drift:
                self._failed(Fault("layout", listed.url, listed.drift, page=listed.page))
                return
            paths = [card.path for card in listed.cards]
            new = self._new(listed)
            if joined and new and page > joined:
                # Complaints that were taken down have moved the list up: up again, to where all is known.
                page -= 1
                listed = yield from self._listed(page)
                continue
            yield from self._read(new, page, number)
            if self._stopped:
                return
            self._look_again(listed)
            known = self.state["known"]
            if not new and any(path in known and known[path]["walk"] <= before for path in paths):
                yield self._finish(number, before, "overlap", page)
                return
            if pending is not None and not new and any(known.get(p, {"walk": number})["walk"] < number for p in paths):
                # Joined with what the unfinished walk has read: on from the page above where it stopped.
                yield self._change({"at": pending})
                target, pending = pending - 1, None
                if target > page + 1:
                    joined, page = page + 1, target
                    listed = yield from self._listed(page)
                    continue
            joined = 0
            floor = None if before else self.state.get("floor")
            # A page that links to no other may lack the links, not the pages: a full one is not believed.
            more = page < listed.last if listed.last is not None else len(paths) >= FULL_PAGE
            deep = floor is not None and all(self._posted(path) < floor for path in paths)
            if more and (deep or page >= (MAX_PAGES if floor else self._list_pages)):
                yield self._finish(number, before, "parsed", page)
                return
            below = (yield from self._listed(page + 1)) if more else None
            if more and below is None:
                return
            # The page once more: what was taken down meanwhile has moved complaints from the page below up to it.
            again = yield from self._listed(page)
            if again is None:
                return
            if page > 1 and _is_over(again, page):
                listed = again
                continue
            moved = self._new(again)
            yield from self._read(moved, page, number)
            if self._stopped:
                return
            over = below is None or _is_over(below, page + 1)
            if below is not None and not over and {c.path for c in below.cards} == {c.path for c in again.cards}:
                if (below.last or 0) > page + 1:
                    what = "the list shows the same complaints on another page"
                    self._failed(Fault("layout", below.url, what, page=below.page))
                    return
                over = True
            if over and moved:
                listed = again  # the list was not at rest
                continue
            if over:
                yield self._finish(number, before, "ended", page)
                return
            page, listed = page + 1, below
            if self.state.get("at") == page - 1:
                yield self._change({"at": page})

    def _new(self, listed: ListPage) -> list[Card]:
        known, retry = self.state["known"], self.state.get("retry") or {}
        return [card for card in listed.cards if card.path not in known and card.path not in retry]

    def _read(self, new: list[Card], page: int, number: int) -> Steps:
        """Read what is new on a list page; where the walk stands is written down first, so that being killed is no
        different from being stopped."""
        if new:
            yield self._change({"at": page})
        for card in new:
            yield from self._complaint(card.path, number, card)
            if self._stopped:
                return

    def _look_again(self, listed: ListPage) -> None:
        """Remember the complaints that the list calls solved and that were not when they were read."""
        known = self.state["known"]
        self._moved += [c.path for c in listed.cards if c.solved and not known.get(c.path, {"solved": 1}).get("solved")]

    def _listed(self, page: int) -> Generator[Ask | Found, Any, ListPage | None]:
        """A page of the list; None where it could not be read. A page below the first that is gone is an empty one."""
        listed = yield from self._ask(Ask(self._url(page)))
        if isinstance(listed, ListPage) and listed.total is not None:
            self._total = listed.total
        if isinstance(listed, Fault):
            if listed.code == GONE and page > 1:
                return ListPage(self._url(page), page, (), empty=True)
            self._failed(listed)
            return None
        assert listed is None or isinstance(listed, ListPage)
        return listed

    def _nothing(self, listed: ListPage, number: int) -> Steps:
        """A first page without a complaint: only believed where nothing was read before and the page says so."""
        if self.state["known"]:
            what = "the list is empty, although complaints were read from it before"
            self._failed(Fault("layout", listed.url, what, page=listed.page))
        elif not listed.empty:
            self._failed(Fault("layout", listed.url, listed.drift, page=listed.page))
        else:
            self.notes.append("the portal shows no complaint about the brand")
            self.reach = {"proof": "ended", "gap": False, "missed": None, "since": None}
            yield self._change({"complete": number, "at": None, "total": listed.total, "found": 0})

    def _finish(self, number: int, before: int, proof: str, page: int) -> Found:
        """The walk came to its end on this list page; what that proves, with the portal's own count beside it."""
        known, total = self.state["known"], self._total
        found, counted_before = int(self.state.get("found") or 0), self.state.get("total")
        times = [kept["at"] for kept in known.values() if kept["walk"] > before and kept.get("at")]
        expected = None
        if total is not None:
            expected = total if not before else total - counted_before if counted_before is not None else None
        missed = expected - found if expected is not None and expected > found else None
        gap = bool(before) and proof != "overlap"
        since = None if proof == "overlap" else min(times, default=None)
        if proof == "overlap":
            self.notes.append(f"overlap found on list page {page}")
        else:
            what = "the list ended" if proof == "ended" else "the list was read"
            lost = " before a complaint that was read earlier: some in between may be missing" if gap else ""
            self.notes.append(f"{what} down to page {page}{lost}")
        if expected is not None and expected == found and (proof == "overlap" or (proof == "ended" and not before)):
            self.notes.append(f"the portal counts {total} complaints, as many as were read")
            proof = "counted"
        elif missed and not gap and proof != "parsed":
            self.notes.append(f"the portal counts {missed} complaints more than it lists")
        self.reach = {"proof": proof, "gap": gap, "missed": missed if gap else None, "since": since}
        return self._change({"complete": number, "at": None, "total": total, "found": 0, "floor": None})

    def _posted(self, path: str) -> str:
        """When a complaint was posted, as ISO text in UTC; now where that is not known."""
        return str(self.state["known"].get(path, {}).get("at") or self._now.isoformat())

    def _complaint(self, path: str, number: int, card: Card | None = None) -> Steps:
        """Read one complaint's page. One that cannot be read is tried again in the next crawls, then quarantined."""
        kept = self.state["known"].get(path)
        retry = dict(self.state.get("retry") or {})
        page = yield from self._ask(Ask(card.url if card else address(path, self._base), path))
        if page is None:
            return
        assert not isinstance(page, ListPage)
        tries = int(retry.pop(path, 0)) + 1
        if page.removed if isinstance(page, Detail) else isinstance(page, Fault) and page.code == GONE:
            self.notes.append(f"complaint {path[:80]} was taken down")
            gone = [path] if kept else []
            yield self._change({"known": {path: None}, "retry": retry, "gone": gone})
            return
        if isinstance(page, Fault) and page.code in BARRED:
            # A single complaint that may not be read is none of ours; a portal that refuses us is for a person.
            self.notes.append(f"complaint {path[:80]} may not be read ({page.code})")
            self._barred += 1
            if self._barred >= 3:
                self.fault, self._stopped = self.fault or page, True
            return
        read = self._now.isoformat()
        entry = {"walk": kept["walk"] if kept else number, "read": read, "solved": bool(card and card.solved)}
        news = 0 if kept else 1
        if isinstance(page, Detail) and not page.lacks:
            self.thread_pages += 1
            entry |= {"at": page.record["published_at"], "solved": bool(page.record["solved"])}
            change = {"known": {path: entry}, "retry": retry, "odd": 0, "found": self._found(news)}
            yield self._change(change, ({**page.record, "path": path},))
            return
        if kept:
            # It was read before and is not lost; only its answers wait.
            if isinstance(page, Fault):
                self._failed(page)
            else:
                yield from self._odd(page)
            return
        bad: tuple[Any, ...] = ()
        if tries >= MAX_TRIES:
            reason = page.reason if isinstance(page, Detail) else f"its page could not be read ({page.code})"
            raw = {**page.record, "page": page.page} if isinstance(page, Detail) else {"url": page.url}
            bad = ({"reason": reason, "raw": raw, "native_id": path},)
            change = {"known": {path: {**entry, "at": None}}, "retry": retry, "found": self._found(news)}
        else:
            change = {"retry": {**retry, path: tries}}
        if isinstance(page, Fault):
            yield self._change(change, bad=bad)
            self._failed(page)
            return
        yield from self._odd(page, change, bad)

    def _odd(self, page: Detail, change: State | None = None, bad: tuple[Any, ...] = ()) -> Steps:
        """A page without a required field: several running mean that the layout has changed, and none is given up."""
        odd = int(self.state.get("odd") or 0) + 1
        if odd >= DRIFT_FROM:
            retry = {path: min(tries, MAX_TRIES - 1) for path, tries in ((change or {}).get("retry") or {}).items()}
            if bad:
                retry[str(bad[0]["native_id"])] = MAX_TRIES - 1
            yield self._change(
                {"odd": odd} | ({"retry": {**(self.state.get("retry") or {}), **retry}} if change else {})
            )
            what = f"{odd} complaints running have no readable {page.lacks} ({page.reason})"
            self._failed(Fault("layout", page.url, what, page=page.page))
            return
        yield self._change({**(change or {}), "odd": odd}, bad=bad)

    def _found(self, news: int) -> int:
        return int(self.state.get("found") or 0) + news

    def _follow(self) -> Steps:
        """Read young, unsolved complaints again: first those whose card has changed, then those not read for longest
        in proportion to their age, so that a complaint of today is looked at often and one of last week daily."""
        now, due = self._now, []
        for path, kept in self.state["known"].items():
            if not kept.get("at") or kept.get("solved"):
                continue
            age = now - datetime.fromisoformat(kept["at"])
            since = now - datetime.fromisoformat(kept["read"])
            pause = max(timedelta(hours=1), age / 8)
            if age <= timedelta(days=self._follow_days) and since >= pause:
                due.append((since / pause, path))
        first = [path for path in dict.fromkeys(self._moved) if path in self.state["known"]]
        rest = [path for _, path in sorted(due, reverse=True) if path not in first]
        for path in (first + rest)[: self._follow_pages]:
            if self._stopped:
                return
            yield from self._complaint(path, int(self.state["walk"]))


def _is_over(listed: ListPage, page: int) -> bool:
    """Whether the list has no page of this number: the portal answers with another page, an empty one, or 404."""
    return listed.number != page or not listed.cards
