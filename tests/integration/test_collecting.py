"""One fetch on a real store: budgets, edits, deletions, gaps and what is read again, layouts that change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from sqlalchemy import select

from collecting import BACKFILL_TRIES, budget_of_items, collect, recheck, refill
from collectors.meter import meter
from collectors.protocol import About, Batch, Cursor, Fetched, Reach, Rejected, Says, SourceSettings, Unreadable
from desk import watch
from desk.intake import Intake
from desk.settings import library_of, validate
from mention import Mention
from store import editing, events, looks, quarantine, scoring, sources
from store import tables as t
from store.engine import Store
from tests.integration.test_worker import BRAND, Plain
from worker import process

NOW = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)
ABOUT = About(
    "Page", Says("a", "a"), Says("b", "b"), Says("c", "c"), Says("d", "d"), tested="documents", removes_deleted=True,
    settles=0,
)  # fmt: skip


@dataclass
class Site:
    """A listing, newest first, that shows `shown` posts; `lost` are hidden for a while, `deleted` for ever."""

    posts: dict[int, str] = field(default_factory=dict)
    shown: int = 100
    lost: set[int] = field(default_factory=set)
    deleted: set[int] = field(default_factory=set)

    def listing(self) -> list[int]:
        visible = [n for n in sorted(self.posts, reverse=True) if n not in self.lost | self.deleted]
        return visible[: self.shown]


class PageCollector:
    """Reads the site's one page; posts are a minute apart, the cursor is the newest number read."""

    kind: ClassVar[str] = "page"
    about = ABOUT
    Settings = SourceSettings

    def __init__(self, site: Site, **settings: Any) -> None:
        self.site = site
        self.settings = SourceSettings(kind="page", every=600, **settings)

    def fetch(self, cursor: Cursor | None, now: datetime) -> Iterator[Batch]:
        meter().request()
        since = (cursor or {}).get("since")
        numbers = self.site.listing()
        fetched = tuple(Fetched(mention(n, self.site.posts[n]), {"n": n}) for n in numbers)
        meter().charge_items(len(fetched))
        reach = Reach("ended", since=at(min(numbers)) if numbers else None)
        if since is not None:
            met = any(n <= since for n in numbers)
            reach = Reach("overlap") if met else Reach("ended", since=at(min(numbers)), gap=True)
        newest = max([*numbers, since or 0])
        yield Batch(fetched, {"since": newest}, note="read", reach=reach, gone=tuple(map(str, self.site.deleted)))

    def rewound(self, cursor: Cursor | None, to: datetime) -> Cursor | None:
        return {"since": int((to - NOW).total_seconds() // 60)}

    def deleted(self, native_ids: Sequence[str], now: datetime) -> tuple[str, ...]:
        meter().request()
        return tuple(n for n in native_ids if int(n) in self.site.deleted)


def at(number: int) -> datetime:
    return NOW + timedelta(minutes=number)


def mention(number: int, text: str) -> Mention:
    return Mention(source="page", native_id=str(number), text=text, author=f"k{number}", published_at=at(number))


def clock(number: int) -> Any:
    return lambda: at(number)


def stored(store: Store) -> dict[str, Any]:
    with store.read() as tx:
        rows = tx.execute(select(t.mentions).where(t.mentions.c.brand == BRAND)).all()
    return {row.native_id: row for row in rows}


def coverage(store: Store, now: int) -> str:
    with store.read() as tx:
        [found] = watch.coverage(tx, BRAND, NOW - timedelta(days=1), at(now), at(now)).sources
    return ", ".join(f"{(s.start - NOW).seconds // 60}-{(s.end - NOW).seconds // 60} {s.state}" for s in found.spans)


def test_requests_and_items_stop_at_their_budget_and_go_on_in_the_next_period(store: Store) -> None:
    site = Site({n: "kargo" for n in range(5)})
    collector = PageCollector(site, requests_per_day=3)
    outcomes = [collect(store, BRAND, collector, clock(n)) for n in range(4)]
    assert [one.outcome for one in outcomes] == ["ok", "ok", "ok", "rate_limited"]
    assert "3 of 3 requests of this day are used" in outcomes[2].note and "requests_per_day" in outcomes[3].note
    with store.read() as tx:
        [state] = sources.source_states(tx, BRAND, at(4))
    assert state.next_at == datetime(2026, 11, 21, tzinfo=UTC)
    assert collect(store, BRAND, collector, clock(24 * 60)).outcome == "ok"
    spender = PageCollector(site, name="page2", price_per_item=Decimal("0.005"), money_per_month=Decimal("0.06"))
    assert budget_of_items(spender.settings) == 12
    outcomes = [collect(store, BRAND, spender, clock(n)) for n in range(4)]
    assert [one.outcome for one in outcomes] == ["ok", "ok", "ok", "rate_limited"]
    assert "0.06 USD" in outcomes[3].note and "2026-12-01" in outcomes[3].note
    assert collect(store, BRAND, spender, clock(11 * 24 * 60)).outcome == "ok"


def test_a_query_passes_over_what_is_no_mention_and_says_how_much(store: Store) -> None:
    site = Site({1: "çınar ev kargom", 2: "başka bir şey", 3: "Çınar Ev'e sordum"})
    result = collect(store, BRAND, PageCollector(site), clock(5), keep=lambda m: "ınar" in m.text)
    assert (result.fetched, result.passed, result.new) == (2, 1, 2)
    assert set(stored(store)) == {"1", "3"}


def test_an_edit_makes_a_version_and_can_raise_a_case(store: Store) -> None:
    site = Site({1: "kargom nerede"})
    collector = PageCollector(site)
    settings = validate({"brand": {"name": "Deneme", "slug": BRAND}, "desk": {"holidays": None}}, None)
    scorer: Any = Plain()
    intake = Intake(store, settings, library_of(settings))
    collect(store, BRAND, collector, clock(2))
    process(store, BRAND, scorer, intake, clock(2))
    site.posts[1] = "kargom nerede, çocuk zehirlendi"
    result = collect(store, BRAND, collector, clock(3))
    assert (result.new, result.known, result.edited) == (0, 1, 1)
    row = stored(store)["1"]
    assert (row.text, row.version, row.stage, row.edited_at) == (site.posts[1], 2, "edited", at(3))
    with store.read() as tx:
        assert editing.versions_of(tx, [row.id]) == {row.id: [(1, "kargom nerede", at(3))]}
    site.posts[1] = "kargom nerede, cevap verin"
    collect(store, BRAND, collector, clock(4))
    process(store, BRAND, scorer, intake, clock(4))
    with store.read() as tx:
        kinds = [event.type for event in events.all_events(tx, BRAND)]
        assert not events.verify_chain(tx, BRAND)
    assert kinds.count("customer_posted") == 1 and kinds.count("mention_edited") == 1
    assert stored(store)["1"].stage == "routed" and stored(store)["1"].version == 3
    assert collect(store, BRAND, collector, clock(5)).edited == 0


def test_what_was_deleted_is_removed_with_everything_made_of_it(store: Store) -> None:
    site = Site({1: "adım Ayşe, kargom nerede", 2: "ikinci"})
    collector = PageCollector(site)
    settings = validate({"brand": {"name": "Deneme", "slug": BRAND}, "desk": {"holidays": None}}, None)
    scorer: Any = Plain()
    collect(store, BRAND, collector, clock(3))
    site.posts[1] = "adım Ayşe Yılmaz, kargom nerede"
    collect(store, BRAND, collector, clock(4))
    process(store, BRAND, scorer, Intake(store, settings, library_of(settings)), clock(4))
    site.deleted.add(1)
    assert recheck(store, BRAND, collector, clock(5)) == 1
    assert recheck(store, BRAND, collector, clock(6)) == 0
    rows = stored(store)
    one = rows["1"]
    assert (one.text, one.raw, one.author, one.search, one.deleted_at) == ("[deleted]", None, None, "", at(5))
    assert rows["2"].text == "ikinci"
    with store.read() as tx:
        assert editing.versions_of(tx, [one.id]) == {}
        told = [event for event in events.all_events(tx, BRAND) if event.type == "mention_deleted"]
        everything = " ".join(
            str(tuple(row)) for table in t.metadata.sorted_tables for row in tx.execute(select(table))
        )
    assert len(told) == 1 and told[0].case_id is not None
    assert "Yılmaz" not in everything and "adım Ayşe" not in everything


def test_a_gap_is_told_and_filled_when_the_source_has_the_posts_again(store: Store) -> None:
    site = Site({n: f"gönderi {n}" for n in range(10)})
    collector = PageCollector(site)
    collect(store, BRAND, collector, clock(10))
    site.posts |= {n: f"gönderi {n}" for n in range(10, 40)}
    site.lost = set(range(25))  # a hiccup: the listing ends early
    result = collect(store, BRAND, collector, clock(40))
    assert result.reach is not None and result.reach.gap
    assert coverage(store, 40) == "0-10 seen, 10-25 partly, 25-40 seen"
    with store.read() as tx:
        [row] = looks.open_backfills(tx, BRAND)
        assert [e.type for e in events.all_events(tx, BRAND)] == ["coverage_gap"]
    assert (row.since, row.until) == (at(10), at(25))
    site.lost = set()
    assert refill(store, BRAND, collector, row, clock(50)) == "done"
    assert set(stored(store)) == {str(n) for n in range(40)}
    assert coverage(store, 50) == "0-50 seen"
    with store.read() as tx:
        assert looks.open_backfills(tx, BRAND) == []
        [row] = looks.backfills_since(tx, BRAND, NOW)
        assert row.found == 15 and sources.cursor_of(tx, BRAND, "page") == {"since": 39}


class Dying(PageCollector):
    """Its process ends right after the batch is stored, before the fetch is written down."""

    def fetch(self, cursor: Cursor | None, now: datetime) -> Iterator[Batch]:
        yield from super().fetch(cursor, now)
        raise SystemExit


def test_a_gap_is_told_with_the_batch_that_passes_over_it(store: Store) -> None:
    site = Site({n: f"gönderi {n}" for n in range(10)})
    collect(store, BRAND, PageCollector(site), clock(10))
    site.posts |= {n: f"gönderi {n}" for n in range(10, 40)}
    site.lost = set(range(25))
    with pytest.raises(SystemExit):
        collect(store, BRAND, Dying(site), clock(40))
    assert collect(store, BRAND, PageCollector(site), clock(45)).reach == Reach("overlap")
    assert coverage(store, 45) == "0-10 seen, 10-40 partly, 40-45 seen"
    site.lost = set()
    with store.read() as tx:
        [row] = looks.open_backfills(tx, BRAND)
    assert refill(store, BRAND, PageCollector(site), row, clock(50)) == "done"
    assert coverage(store, 50) == "0-50 seen" and set(stored(store)) == {str(n) for n in range(40)}


def test_nothing_is_read_again_before_the_source_may_be_asked(store: Store) -> None:
    site = Site({n: f"gönderi {n}" for n in range(10)}, shown=10)
    collector = PageCollector(site, requests_per_day=2)
    collect(store, BRAND, collector, clock(10))
    site.posts |= {n: f"gönderi {n}" for n in range(10, 40)}
    collect(store, BRAND, collector, clock(40))
    assert collect(store, BRAND, collector, clock(41)).outcome == "rate_limited"
    with store.read() as tx:
        [row] = looks.open_backfills(tx, BRAND)
    assert refill(store, BRAND, collector, row, clock(42)) == "waiting"
    with store.read() as tx:
        [row] = looks.open_backfills(tx, BRAND)
    assert row.not_before == datetime(2026, 11, 21, tzinfo=UTC) and row.tries == 0


def test_a_gap_that_stays_is_left_after_some_tries(store: Store) -> None:
    site = Site({n: f"gönderi {n}" for n in range(10)}, shown=10)
    collector = PageCollector(site)
    collect(store, BRAND, collector, clock(10))
    site.posts |= {n: f"gönderi {n}" for n in range(10, 40)}
    collect(store, BRAND, collector, clock(40))
    states = []
    for number in range(BACKFILL_TRIES):
        with store.read() as tx:
            [row] = looks.open_backfills(tx, BRAND)
        states.append(refill(store, BRAND, collector, row, clock(50 + number)))
    assert states == ["waiting", "waiting", "given_up"]
    assert "10-30 partly" in coverage(store, 60)


class Drifting(PageCollector):
    """A site that has changed its form: most items lack what a mention needs."""

    def fetch(self, cursor: Cursor | None, now: datetime) -> Iterator[Batch]:
        rejected = tuple(Rejected("published_at is missing", {"n": n}, f"x{n}") for n in range(8))
        yield Batch((Fetched(mention(1, "tek"), {}),), {"since": 1}, rejected, reach=Reach("overlap"))
        if self.settings.name == "broken":
            error = Unreadable("the layout changed")
            error.page = "<html><b>yeni</b></html>"
            raise error


def test_a_changed_layout_is_recognised_and_its_page_kept(store: Store) -> None:
    result = collect(store, BRAND, Drifting(Site()), clock(2))
    assert result.outcome == "unreadable" and "8 of 9 items could not be read" in result.note and result.new == 1
    with store.read() as tx:
        assert sources.cursor_of(tx, BRAND, "page") is None, "what could not be read is still to be read"
    collect(store, BRAND, Drifting(Site(), name="broken"), clock(3))
    collect(store, BRAND, Drifting(Site(), name="broken"), clock(4))
    with store.read() as tx:
        pages = [row for row in quarantine.quarantined(tx, BRAND) if row.source == "broken" and "page" in str(row.raw)]
    assert [page.raw for page in pages] == [{"page": "<html><b>yeni</b></html>"}]


@pytest.mark.parametrize("gone", [(), ("7",)])
def test_a_mention_that_is_not_stored_cannot_be_removed(store: Store, gone: tuple[str, ...]) -> None:
    with store.write() as tx:
        assert editing.remove_deleted(tx, BRAND, "page", gone, NOW) == 0
        assert scoring.unscored(tx, BRAND, 10) == []
