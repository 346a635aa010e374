"""How long one new mention waits for its suggestions among many persons, against a scan of everything known.

    python -m tests.performance.bench_persons [PERSONS] [URL]

The store holds PERSONS persons (100,000) with two traits each: every author's account, and in turn an order number, an
e-mail, a name or a city; a tenth of the orders is shared by two, one office phone by 500. The scan reads every trait
and keeps those that equal one of the new mention's. Counted is the processor's time of this process, which on SQLite
is all there is but the disk's; so a busy machine changes little.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, select

from desk import persons
from desk.traits import Ours
from mention import Fact, LabelScore, Mention, Score
from store import Store, cases, sqlite_url
from store import person_links as links
from store.tables import authors, mentions, scores
from store.tables import persons as person_table
from store.tables_persons import mention_persons, person_traits

BRAND, NOW = "marka", datetime(2026, 11, 21, 12, tzinfo=UTC)
PERSONS, NEW, SCANS = 100_000, 300, 5
CITIES = ("istanbul", "ankara", "izmir", "sinop", "ordu", "van", "mus", "bolu")
NAMES = ("mehmet", "ayse", "tugce", "berk", "sevgi", "ilhan", "deniz", "umut")


def fill(tx: Connection, count: int, chance: random.Random) -> None:
    """`count` persons with one author, one mention and two traits each."""
    for start in range(1, count + 1, 2_000):
        numbers = range(start, min(start + 2_000, count + 1))
        tx.execute(insert(person_table), [{"id": n, "brand": BRAND, "name": None, "created_at": NOW} for n in numbers])
        who = [{"brand": BRAND, "source": "x", "handle": f"h{n}", "person_id": n} for n in numbers]
        tx.execute(insert(authors), who)
        tx.execute(insert(mentions), [written(n) for n in numbers])
        tx.execute(insert(mention_persons), [{"mention_id": n, "brand": BRAND, "person_id": n} for n in numbers])
        told = [trait(n, "handle", f"x:h{n}") for n in numbers]
        told += [trait(n, *second(n, count, chance)) for n in numbers]
        tx.execute(insert(person_traits), told)


def written(number: int) -> dict[str, Any]:
    """A stored mention's columns."""
    empty = {"likes": 0, "shares": 0, "replies": 0, "views": 0, "extra": {}, "stage": "routed", "search": ""}
    return {
        **empty, "id": number, "brand": BRAND, "source": "x", "native_id": f"n{number}", "channel": "x",
        "text": "Kargom nerede", "author": f"h{number}", "published_at": NOW, "seen_at": NOW,
    }  # fmt: skip


def second(number: int, count: int, chance: random.Random) -> tuple[str, str]:
    """What a person told beside the account."""
    if number % 200 == 0:
        return "phone", "+902120000000"  # an office
    kind = ("order", "email", "name", "city")[number % 4]
    if kind == "order":
        return kind, f"SN{count + (number if chance.random() > 0.1 else chance.randrange(count))}"
    if kind == "email":
        return kind, f"a{number}@posta.example"
    return kind, f"{chance.choice(NAMES)} y{number % 400}" if kind == "name" else chance.choice(CITIES)


def trait(number: int, kind: str, value: str) -> dict[str, Any]:
    """A trait's columns."""
    return {"mention_id": number, "kind": kind, "value": value, "brand": BRAND, "shown": value, "person_id": number,
            "public": 1, "at": NOW}  # fmt: skip


def arrive(tx: Connection, number: int, facts: list[tuple[str, str]]) -> int:
    """A mention of somebody new, stored and scored; its id."""
    mention = Mention(source="y", native_id=f"new{number}", text="Nerede", author=f"new{number}", published_at=NOW)
    columns = written(10_000_000 + number) | {"source": "y", "native_id": f"new{number}", "author": f"new{number}"}
    tx.execute(insert(mentions).values(columns))
    label = LabelScore(label="neutral", probs={})
    found = tuple(Fact(kind=kind, start=0, end=1, text=value, value=value) for kind, value in facts)
    score = Score(native_id=mention.native_id, source="y", language="tr", sentiment=label, urgency=label, topic=label,
                  model="m", facts=found)  # fmt: skip
    tx.execute(
        insert(scores).values(
            mention_id=columns["id"], brand=BRAND, language="tr", sentiment="neutral", urgency="none", topic="other",
            payload=score.model_dump(mode="json"), model="m", scored_at=NOW,
        )
    )  # fmt: skip
    cases.person_for(tx, BRAND, "y", mention.author or "", None, NOW)
    return int(columns["id"])


def scan(tx: Connection, wanted: set[tuple[str, str]]) -> set[int]:
    """The persons that share one of the wanted traits, by reading everything."""
    query = select(person_traits.c.person_id, person_traits.c.kind, person_traits.c.value)
    rows = tx.execute(query.where(person_traits.c.brand == BRAND))
    return {person for person, kind, value in rows if (kind, value) in wanted}


def main(count: int, url: str) -> None:
    """Fill a store, let mentions arrive, scan; print what it took."""
    chance = random.Random(2026)
    store = Store.open(url)
    begun = time.process_time()
    with store.write() as tx:
        fill(tx, count, chance)
    print(f"{count} persons with {2 * count} traits stored in {time.process_time() - begun:.0f} s ({store.dialect})")
    took, suggested, checked = [], 0, 0
    for number in range(NEW):
        target = chance.randrange(count // 4) * 4 + 4
        with store.write() as tx:
            query = select(person_traits.c.value).where(
                person_traits.c.person_id == target, person_traits.c.kind == "order"
            )
            order = tx.execute(query).scalar() or "SN5"
            facts = [("order", order), ("phone", "+902120000000"), ("city", chance.choice(CITIES))]
            mention_id = arrive(tx, number, facts)
            begun = time.process_time()
            suggested += persons.learn(tx, BRAND, [mention_id], Ours(), NOW + timedelta(minutes=number))
            took.append(time.process_time() - begun)
            if number < SCANS:
                home = links.knows_writer(tx, mention_id) or 0
                found = {end for each in links.links_of(tx, BRAND, [home]) for end in (each.a, each.b)} - {home}
                assert found <= scan(tx, {("order", order)})
                checked += len(found)
    scanned = []
    with store.read() as tx:
        for _ in range(SCANS):
            begun = time.process_time()
            scan(tx, {("order", "SN5"), ("phone", "+902120000000")})
            scanned.append(time.process_time() - begun)
    took.sort()
    middle, late = took[len(took) // 2], took[int(len(took) * 0.95)]
    whole = sorted(scanned)[len(scanned) // 2]
    print(
        f"one new mention, its traits kept and links suggested: {middle * 1e3:.1f} ms, 95 % within {late * 1e3:.1f} ms"
    )
    print(f"{suggested} links suggested by {NEW} mentions; {checked} of them found by the scan too")
    print(f"a scan of all traits: {whole * 1e3:.0f} ms, {whole / middle:.0f} times as long")
    store.close()


if __name__ == "__main__":
    size = int(sys.argv[1]) if len(sys.argv) > 1 else PERSONS
    with tempfile.TemporaryDirectory() as folder:
        main(size, sys.argv[2] if len(sys.argv) > 2 else sqlite_url(Path(folder) / "nobet.db"))
