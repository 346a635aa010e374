"""Newest-first walks: whatever is posted, cut off or expired in between, nothing below the top is missed."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.protocol import Fetched, RateLimited, Reach, Refused, Unavailable, Unreadable
from collectors.walk import BELIEVED_AFTER, MAX_PAGES, ExpiredMarker, Page, walk, walk_all
from mention import Mention
from tests.tries import tries

AT = datetime(2026, 11, 21, tzinfo=UTC)


def mention(number: int) -> Fetched:
    return Fetched(Mention(source="s", native_id=str(number), text="x", published_at=AT), {})


@dataclass
class Site:
    """A listing of numbers, newest first, read `size` a page; markers name the last number of the page above."""

    size: int = 3
    first_pages: int = 1000
    empty_is_expired: bool = False
    overlap: int = 0
    numbers: list[int] = field(default_factory=list)
    expired: bool = False
    reads: int = 0

    def add(self, count: int) -> None:
        top = self.numbers[0] if self.numbers else 0
        self.numbers = list(range(top + count, top, -1)) + self.numbers

    def read(self, since: int | None, marker: str | None) -> Page:
        self.reads += 1
        below = self.numbers
        if marker is not None:
            if self.expired:
                self.expired = False
                if self.empty_is_expired:
                    return Page(())
                raise ExpiredMarker("the marker is not known")
            below = [number for number in self.numbers if number < int(marker)]
        shown = below[: self.size]
        more = len(below) > len(shown)
        reached = since is not None and bool(shown) and shown[-1] <= since - self.overlap
        return Page(
            tuple(mention(n) for n in shown), (), max(shown, default=None), min(shown, default=None),
            str(shown[-1]) if more else None, reached,
        )  # fmt: skip


class Kept:
    def __init__(self) -> None:
        self.ids: set[int] = set()
        self.state: dict = {}
        self.notes: list[str] = []

    def take(self, site: Site, kill_after: int | None = None) -> None:
        for number, (page, state) in enumerate(walk(copy.deepcopy(self.state), site), 1):
            self.ids |= {int(item.mention.native_id) for item in page.fetched}
            self.state, self.notes = state, [*self.notes, page.note]
            if number == kill_after:
                return


@given(
    size=st.integers(1, 4),
    overlap=st.integers(0, 4),
    empty_is_expired=st.booleans(),
    steps=st.lists(st.tuples(st.integers(0, 9), st.integers(1, 4), st.booleans()), max_size=8),
)
@settings(max_examples=tries(300), deadline=None)
def test_nothing_is_missed_whatever_is_cut_off(
    size: int, overlap: int, empty_is_expired: bool, steps: list[tuple[int, int, bool]]
) -> None:
    site, kept = Site(size, overlap=overlap, empty_is_expired=empty_is_expired), Kept()
    site.add(1)
    for posted, kill_after, expires in steps:
        site.add(posted)
        site.expired = expires and bool(kept.state.get("walk"))
        kept.take(site, kill_after)
        site.expired = False
    kept.take(site)
    assert kept.ids == set(site.numbers)
    assert kept.state == {"since": site.numbers[0]}
    before = site.reads
    kept.take(site)
    assert site.reads - before <= overlap // size + 2, "a walk without anything new reads the overlap only"


def test_the_mark_moves_only_when_the_walk_is_complete() -> None:
    site, kept = Site(), Kept()
    site.add(9)
    kept.take(site)
    site.add(9)
    kept.take(site, kill_after=2)
    assert kept.state == {"since": 9, "walk": {"next": "13", "newest": 18, "pages": 2}}


def test_the_first_fetch_ends_after_its_pages_and_says_so() -> None:
    site, kept = Site(first_pages=2), Kept()
    site.add(20)
    kept.take(site)
    assert kept.ids == set(range(15, 21)) and kept.state == {"since": 20}
    assert kept.notes[-1] == "first fetch, 2 pages"


def test_a_refused_marker_ends_a_first_fetch_but_not_a_later_one() -> None:
    site, kept = Site(), Kept()
    site.add(9)
    site.expired = True
    kept.take(site)
    assert kept.state == {"since": 9} and "refused" in kept.notes[-1] and len(kept.ids) == 3
    site.add(9)
    site.expired = True
    with pytest.raises(Refused):
        kept.take(site)
    assert kept.state["since"] == 9, "posts 10 to 15 are still to come"
    kept.take(site)
    assert set(range(10, 19)) <= kept.ids


def test_a_refused_marker_below_the_last_fetch_costs_the_overlap_only() -> None:
    site, kept = Site(overlap=6), Kept()
    site.add(9)
    kept.take(site)
    site.add(1)
    site.expired = True
    kept.take(site)
    assert kept.state == {"since": 10} and 10 in kept.ids


def test_a_listing_that_names_itself_as_next_is_left() -> None:
    class Loop(Site):
        def read(self, since: int | None, marker: str | None) -> Page:
            return Page((mention(1),), (), 1, 1, "again")

    kept = Kept()
    with pytest.raises(Unreadable, match="again"):
        kept.take(Loop())
    assert kept.ids == {1} and kept.state == {}


def test_a_listing_that_never_ends_gives_way() -> None:
    class Endless(Site):
        def read(self, since: int | None, marker: str | None) -> Page:
            number = int(marker or 10**6) - 1
            return Page((mention(number),), (), number, number, str(number))

    kept = Kept()
    kept.take(Endless(first_pages=10**9))
    assert len(kept.ids) == MAX_PAGES and kept.state["walk"]["pages"] == MAX_PAGES


def test_a_listing_that_lost_its_past_says_that_posts_may_be_missing() -> None:
    site, kept = Site(), Kept()
    site.add(3)
    kept.take(site)
    site.add(6)
    site.numbers = site.numbers[:6]  # a listing that keeps its newest six
    kept.take(site)
    assert "may be missing" in kept.notes[-1] and kept.ids == set(range(1, 10))


def test_a_gap_is_not_forgotten_however_the_walks_after_it_are_cut_off() -> None:
    site, kept = Site(), Kept()
    site.add(3)
    kept.take(site)
    site.add(9)
    kept.take(site, kill_after=1)
    site.numbers = site.numbers[:6]  # its newest six; the walk that was cut off ends above what was read before
    site.add(6)
    kept.take(site, kill_after=2)  # the end of that walk, and the first page of the one from the top
    assert kept.state["gap"] and kept.state["walk"]
    *_, (page, state) = walk(kept.state, site)
    assert page.reach is not None and page.reach.gap and state == {"since": site.numbers[0]}


def test_what_a_listing_found_is_told_although_another_fails() -> None:
    site, broken = Site(), Failing(Refused("no"))
    site.add(3)
    cursor = {"listings": {"a": {"since": 1}, "b": {"since": 1}}}
    site.numbers = [9, 8, 7]
    with pytest.raises(Refused):
        for batch in walk_all("s", {"a": site, "b": broken}, cursor):
            cursor = batch.cursor
    assert batch.reach is None and cursor["listings"]["a"] == {"since": 9, "gap": True, "from": AT.isoformat()}
    mended = Site(numbers=[2, 1])
    *_, last = walk_all("s", {"a": site, "b": mended}, cursor)
    assert last.reach is not None and last.reach.gap
    assert last.cursor == {"listings": {"a": {"since": 9}, "b": {"since": 2}}}


def test_an_empty_answer_where_posts_were_before_is_an_error() -> None:
    site, kept = Site(), Kept()
    kept.take(site)
    assert kept.notes == ["the listing is empty"]
    site.add(2)
    kept.take(site)
    site.numbers = []
    with pytest.raises(Unreadable, match="empty"):
        kept.take(site)
    assert kept.state == {"since": 2, "empties": 1}


class Failing(Site):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def read(self, since: int | None, marker: str | None) -> Page:
        self.reads += 1
        raise self.error


def test_a_listing_that_fails_does_not_hold_up_the_others() -> None:
    good = Site()
    good.add(4)
    broken = {"a": Failing(Refused("no")), "good": good, "b": Failing(Unreadable("odd"))}
    batches = []
    with pytest.raises(Refused, match=r'^Source "s", a: no \(2 of its 3 listings failed\.\)$'):
        for batch in walk_all("s", broken, None, lambda: {"more": 1}):
            batches.append(batch)
    left = {"since": 4, "from": AT.isoformat()}  # where its reading began is told once the others are read too
    assert batches[-1].cursor == {"more": 1, "listings": {"a": {}, "good": left, "b": {}}}


def test_a_rate_limit_and_two_outages_stop_at_once() -> None:
    last = Site()
    limited = {"a": Failing(RateLimited("slow down")), "b": last}
    with pytest.raises(RateLimited):
        list(walk_all("s", limited, None))
    out = {"a": Failing(Unavailable("down")), "b": Failing(Unavailable("down")), "c": last}
    with pytest.raises(Unavailable):
        list(walk_all("s", out, None))
    assert last.reads == 0


def test_states_of_listings_no_longer_configured_are_dropped() -> None:
    site = Site()
    site.add(1)
    cursor = {"listings": {"a": {"since": 1}, "gone": {"since": 7}}}
    (batch,) = walk_all("s", {"a": site}, cursor)
    assert batch.cursor == {"listings": {"a": {"since": 1}}}


def test_a_listing_that_stays_empty_is_believed_at_last_and_proves_little() -> None:
    site, kept = Site(), Kept()
    site.add(3)
    kept.take(site)
    site.numbers = []
    for _ in range(BELIEVED_AFTER):
        with pytest.raises(Unreadable, match="empty"):
            kept.take(site)
    [(page, state)] = walk(kept.state, site)
    assert page.reach == Reach("parsed") and state["since"] == 3
    kept.take(site)
    site.numbers = [4]
    kept.take(site)
    assert kept.ids == {1, 2, 3, 4} and "empties" not in kept.state
