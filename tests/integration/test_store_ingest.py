"""Mentions come in once, whole, and as they were written, whatever they hold."""

from __future__ import annotations

import itertools
import random
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from collectors.protocol import Fetched, Rejected
from mention import Engagement, Mention, search_text
from store import Store, cases, ingest, scoring
from store.columns import MAX_COUNT
from store.tables import mentions, quarantine, source_state
from tests.integration.store_making import BRAND, NOW, fetched, mention, save

BRANDS = itertools.count()


def rows(store: Store) -> list[Any]:
    with store.read() as tx:
        return list(tx.execute(select(mentions).order_by(mentions.c.id)))


def test_the_same_ten_thousand_twice(store: Store) -> None:
    batch = fetched(*(mention(number) for number in range(10_000)))
    first = ingest.save_batch(store, BRAND, "x", batch, seen_at=NOW)
    assert (first.new, first.known, first.rejected) == (10_000, 0, 0)
    assert len(set(first.new_ids)) == 10_000
    again = ingest.save_batch(store, BRAND, "x", batch, seen_at=NOW + timedelta(hours=1))
    assert (again.new, again.known, again.rejected, again.new_ids) == (0, 10_000, 0, [])
    with store.read() as tx:
        assert tx.execute(select(func.count(), func.min(mentions.c.seen_at)).select_from(mentions)).one() == (
            10_000,
            NOW,
        )
        assert tx.execute(select(source_state.c.total)).scalar_one() == 10_000


def test_ids_come_in_the_batchs_order(store: Store) -> None:
    save(store, mention("b"))
    saved = ingest.save_batch(
        store, BRAND, "x", fetched(*(mention(name) for name in ("d", "b", "a", "c", "a", "d"))), seen_at=NOW
    )
    assert (saved.new, saved.known) == (3, 3)
    names = {row.id: row.native_id for row in rows(store)}
    assert [names[mention_id] for mention_id in saved.new_ids] == ["d", "a", "c"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.lists(st.integers(0, 30), max_size=40), max_size=5))
def test_counts_are_exact_for_any_batches(store: Store, batches: list[list[int]]) -> None:
    brand = f"brand{next(BRANDS)}"  # the examples share a store
    seen: set[int] = set()
    for batch in batches:
        saved = ingest.save_batch(store, brand, "x", fetched(*(mention(number) for number in batch)), seen_at=NOW)
        fresh = set(batch) - seen
        assert (saved.new, saved.known) == (len(fresh), len(batch) - len(fresh))
        assert len(saved.new_ids) == saved.new
        seen |= set(batch)


def test_brands_and_sources_do_not_share_names(store: Store) -> None:
    save(store, mention(1))
    assert len(save(store, mention(1, source="forum"), source="forum")) == 1
    assert ingest.save_batch(store, "other", "x", fetched(mention(1)), seen_at=NOW).new == 1
    assert len(rows(store)) == 3


def test_an_imported_file_may_hold_many_sources(store: Store) -> None:
    saved = ingest.save_batch(
        store,
        BRAND,
        "import",
        fetched(*(mention(number, source=f"s{number % 3}") for number in range(9))),
        seen_at=NOW,
        rejected=[Rejected("line 4: text is empty", '{"text": ""}')],
        stage="import",
    )
    assert (saved.new, saved.rejected) == (9, 1)
    with store.read() as tx:
        states = ingest.source_states(tx, BRAND, NOW)
        assert [(state.source, state.total) for state in states] == [("s0", 3), ("s1", 3), ("s2", 3)]
        assert [(item.stage, item.source, item.raw, item.reason) for item in scoring.quarantined(tx, BRAND, 10)] == [
            ("import", "import", '{"text": ""}', "line 4: text is empty")
        ]


def test_the_cursor_is_stored_with_the_batch_and_not_without(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    save(store, mention(1), cursor={"since": "1"}, kind="x")
    save(store, mention(2))  # without a cursor the old one stands
    with store.read() as tx:
        assert ingest.cursor_of(tx, BRAND, "x") == {"since": "1"}
        assert ingest.cursor_of(tx, BRAND, "forum") is None

    def no_room(*_: Any) -> Any:
        raise OSError("no room")

    monkeypatch.setattr(ingest, "is_source", no_room)  # the last statement, the cursor's, fails
    with pytest.raises(OSError, match="no room"):
        save(store, mention(3), cursor={"since": "3"})
    monkeypatch.undo()
    assert [row.native_id for row in rows(store)] == ["1", "2"]
    with store.read() as tx:
        assert ingest.cursor_of(tx, BRAND, "x") == {"since": "1"}
    assert save(store, cursor={"since": "4"}) == []
    with store.read() as tx:
        assert ingest.cursor_of(tx, BRAND, "x") == {"since": "4"}


def test_a_rejected_item_is_kept_once_however_often_it_comes(store: Store) -> None:
    def bring(likes: int) -> int:
        items = [
            Rejected("no text", {"id": 5, "likes": likes}, native_id="5"),
            Rejected("no id", {"broken": True}),
        ]
        return ingest.save_batch(store, BRAND, "x", [], seen_at=NOW, rejected=items).rejected

    assert [bring(1), bring(2)] == [2, 2]
    with store.read() as tx:
        assert tx.execute(select(func.count()).select_from(quarantine)).scalar_one() == 2


def test_every_field_comes_back(store: Store) -> None:
    full = mention(
        "1790",
        text="İlk satır\nikinci satır 🙂",
        followers=1200,
        url="https://x.example/1",
        published_at=datetime(2026, 11, 21, 9, 30, 0, 123456, tzinfo=UTC),
        lang="tr",
        thread_id="t1",
        in_reply_to="r1",
        engagement=Engagement(likes=1, shares=2, replies=3, views=4),
        rating=4.5,
        extra={"channel": "sikayetvar", "list": [1, {"ç": None}]},
    )
    (mention_id,) = save(store, full)
    with store.read() as tx:
        found = cases.mention_of(tx, BRAND, mention_id)
        assert cases.mention_of(tx, "other", mention_id) is None
        assert cases.mention_of(tx, BRAND, 10**40) is None
    assert found is not None
    stored, score = found
    assert stored.mention == full
    assert stored.mention.published_at.tzinfo is UTC
    assert (stored.seen_at, stored.stage, score) == (NOW, "new", None)
    row = rows(store)[0]
    assert (row.channel, row.raw) == ("sikayetvar", {"id": "1790", "text": full.text})
    assert row.search == "ilk satir ikinci satir 🙂 ayse ayse k."


HOSTILE = "\x00 \ud800 <script>alert(1)</script> '; DROP TABLE mentions; -- %_\\ =1+1 \u202e"


def test_hostile_text_is_text(store: Store) -> None:
    fields = ("native_id", "text", "author", "author_name", "url", "thread_id")
    nasty = mention().model_copy(update={**dict.fromkeys(fields, HOSTILE), "extra": {HOSTILE: [HOSTILE]}})
    item = Fetched(nasty, {"raw": HOSTILE, HOSTILE: float("nan")})
    for new in (1, 0):
        saved = ingest.save_batch(
            store, BRAND, "x", [item], seen_at=NOW, cursor={"at": HOSTILE}, rejected=[Rejected(HOSTILE, HOSTILE)]
        )
        assert (saved.new, saved.known, saved.rejected) == (new, 1 - new, 1)
    clean = HOSTILE.replace("\x00", "\ufffd").replace("\ud800", "\ufffd")
    (row,) = rows(store)
    assert (row.native_id, row.text, row.author, row.url, row.thread_id) == (clean,) * 5
    assert (row.extra, row.raw) == ({clean: [clean]}, {"raw": clean, clean: "nan"})
    with store.read() as tx:
        assert ingest.cursor_of(tx, BRAND, "x") == {"at": clean}


def test_a_megabyte_of_text(store: Store) -> None:
    big = "şikâyet " * 131_072
    (mention_id,) = save(store, mention(1, text=big))
    with store.read() as tx:
        found = cases.mention_of(tx, BRAND, mention_id)
    assert found is not None
    assert found[0].mention.text == big


def test_endless_handles_and_numbers_fit(store: Store) -> None:
    noise = "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyzçğıöşü", k=200_000))
    odd = mention(1, author=noise, thread_id=noise, in_reply_to=noise, followers=10**30, rating=float("inf"))
    odd = odd.model_copy(update={"engagement": Engagement(likes=10**25)})
    (mention_id,) = save(store, odd)
    (row,) = rows(store)
    assert (row.followers, row.likes, row.rating) == (MAX_COUNT, MAX_COUNT, None)
    with store.write() as tx:
        person = cases.person_for(tx, BRAND, "x", noise, None, NOW)
        assert cases.person_for(tx, BRAND, "x", noise, None, NOW) == person
        assert cases.contacts_of(tx, BRAND, "x", noise, NOW + timedelta(seconds=1)) == 1
    assert mention_id == row.id


def test_one_bad_mention_does_not_sink_its_batch(store: Store) -> None:
    naive = mention(1).model_copy(update={"published_at": datetime(2026, 11, 21)})
    too_early = mention(2).model_copy(update={"published_at": datetime.fromisoformat("0001-01-01T00:00:00+03:00")})
    saved = ingest.save_batch(store, BRAND, "x", fetched(naive, mention(3), too_early), seen_at=NOW)
    assert (saved.new, saved.known, saved.rejected) == (1, 0, 2)
    with store.read() as tx:
        reasons = [item.reason for item in scoring.quarantined(tx, BRAND, 10)]
    assert len(reasons) == 2
    assert all("cannot be stored" in reason for reason in reasons)


@pytest.mark.parametrize("query", ["IŞIK", "ışık", "isik", "Işık", "ISIK", "büro IŞIK", "@Ayse"])
def test_search_finds_turkish_however_it_is_typed(store: Store, query: str) -> None:
    ids = save(
        store,
        mention(1, text="IŞIK bürosundan aldım, iade istiyorum"),
        mention(2, text="ışık bürosu kapalı"),
        mention(3, text="isik burosu"),
        mention(4, text="başka bir şey", author="mehmet", author_name=None),
    )
    with store.write() as tx:
        for mention_id in ids:
            cases.set_stage(tx, mention_id, "set_aside")
    with store.read() as tx:
        found = cases.set_aside_mentions(tx, BRAND, 10, search_text(query.strip("@")))
    assert sorted(stored.mention.native_id for stored, _ in found) == ["1", "2", "3"]


@pytest.mark.parametrize("query", ["%", "_", "\\", "/", "'", '"', "%%%", "a" * 100_000, "\x00", "\ud800", "a " * 5000])
def test_search_takes_its_words_as_they_are(store: Store, query: str) -> None:
    (mention_id,) = save(store, mention(1, text="hiçbiri yok", author="b", author_name="b"))
    with store.write() as tx:
        cases.set_stage(tx, mention_id, "set_aside")
    with store.read() as tx:
        assert cases.set_aside_mentions(tx, BRAND, 10, query) == []


def test_many_collectors_at_once(store: Store) -> None:
    """Eight threads bring overlapping parts of the same two sources: each mention is new to exactly one of them."""
    problems: list[BaseException] = []
    new: list[int] = []

    def bring(seed: int) -> None:
        chance = random.Random(seed)
        try:
            for _ in range(8):
                start = chance.randrange(200)
                numbers = range(start, start + 50)
                part = [mention(number, source="xy"[number % 2]) for number in numbers]
                chance.shuffle(part)
                saved = ingest.save_batch(store, BRAND, "x", fetched(*part), seen_at=NOW, cursor={"by": seed})
                assert saved.new + saved.known == 50
                new.extend(saved.new_ids)
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=bring, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
    stored = rows(store)
    assert sorted(new) == [row.id for row in stored]
    assert len({(row.source, row.native_id) for row in stored}) == len(stored)
    with store.read() as tx:
        assert sum(state.total for state in ingest.source_states(tx, BRAND, NOW)) == len(stored)


def test_a_mention_is_a_mention(store: Store) -> None:
    (mention_id,) = save(store, mention(1))
    with store.read() as tx:
        found = cases.mention_of(tx, BRAND, mention_id)
    assert found is not None and isinstance(found[0].mention, Mention)
