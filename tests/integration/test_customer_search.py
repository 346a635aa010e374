"""Finding customers in a real store: Turkish letters, numbers in any spelling, hostile text, who needs something."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from desk import customer_search, person_card
from store import Store
from store import person_search as store_search
from store.tables import cases
from tests.integration.person_world import World
from tests.integration.store_making import BRAND

HOSTILE = ("%", "_%_", "' OR 1=1 --", '"; DROP TABLE persons; --', "\\", "ab\x00cd", "<script>", "a" * 5000, "﷽" * 300)


@pytest.fixture
def world(store: Store) -> World:
    world = World(store)
    world.write("selin_byk", ("order", "SN-44718822"), text="Siparişim nerede, IŞIKLI AYNA almıştım",
                author_name="Selin Büyük")  # fmt: skip
    world.write("s.buyuk@mail.example", ("phone", "+905321234567"), source="email", text="Merhaba, İADE istiyorum")
    world.write("gul_demir", ("email", "gul@firma.example"), text="%100 memnun değilim", author_name="Gül Şükrü Demir")
    world.write("anonim", text="üçüncü kez yazıyorum")
    return world


def found(world: World, typed: str) -> list[int]:
    with world.store.read() as tx:
        return [one.line.id for one in customer_search.search(tx, BRAND, typed, world.tick())]


def test_by_name_account_number_address_phone_case_and_words(world: World) -> None:
    selin, mail, gul = world.home("selin_byk"), world.home("s.buyuk@mail.example", "email"), world.home("gul_demir")
    _, case_id = world.write("selin_byk", text="hâlâ bekliyorum")
    table = {
        "selin": selin, "SELİN BÜYÜK": selin, "buyuk selin": selin, "büyük": selin, "@Selin_Byk": selin,
        "SN-44718822": selin, "sn44718822": selin, "44718822": selin, f"N-{case_id}": selin, "ışıklı ayna": selin,
        "isikli AYNA": selin, "0532 123 45 67": mail, "+90 532 1234567": mail, "S.Buyuk@mail.example": mail,
        "iade istiyorum": mail, "gul@firma.example": gul, "şükrü": gul, "sukru demir": gul, "%100 memnun": gul,
    }  # fmt: skip
    assert {typed: found(world, typed) for typed in table} == {typed: [home] for typed, home in table.items()}
    assert found(world, "hiç yazmamış biri") == [] and found(world, "0532 123 45 68") == []


def test_hostile_text_finds_nobody_and_breaks_nothing(world: World) -> None:
    assert {typed: found(world, typed) for typed in HOSTILE} == {typed: [] for typed in HOSTILE}
    assert found(world, "selin") == [world.home("selin_byk")]


def test_somebody_who_is_two_accounts_is_found_once_under_one_number(world: World) -> None:
    selin, mail = world.home("selin_byk"), world.home("s.buyuk@mail.example", "email")
    world.link(selin, mail)
    assert found(world, "selin") == found(world, "0532 123 45 67") == [min(selin, mail)]
    with world.store.read() as tx:
        [one] = customer_search.search(tx, BRAND, "selin", world.tick())
    assert one.line.accounts == (("email", "s.buyuk@mail.example"), ("x", "selin_byk"))
    assert one.line.live == 2 and one.line.wrote == 2 and one.kind == "name" and "İADE" in one.line.words
    world.unlink(min(selin, mail), max(selin, mail))
    assert found(world, "selin") == [selin] and found(world, "0532 123 45 67") == [mail]


def test_who_needs_something(world: World) -> None:
    selin, other = world.home("selin_byk"), world.home("anonim")
    _, case_id = world.write("anonim", text="bir daha")
    world.write("anonim", text="bir daha, üçüncü", join=case_id)
    now = world.tick()
    with world.store.write() as tx:
        person_card.set_tier(tx, BRAND, selin, "Altın", "agent:Elif", now)
        tx.execute(update(cases).where(cases.c.id == case_id).values(due_at=now - timedelta(minutes=5)))
    with world.store.read() as tx:
        counts = customer_search.counts(tx, BRAND, now)
        lists = {
            view: [one.line.id for one in customer_search.needing(tx, BRAND, view, now)] for view in counts
        }  # fmt: skip
    assert counts == {view: len(ids) for view, ids in lists.items()}
    assert lists["late"] == [other] and lists["again"] == [other] and lists["tier"] == [selin]
    assert set(lists["open"]) >= {selin, other} and lists["open"][0] == other, "the nearest deadline first"


def test_only_the_newest_words_are_read(world: World) -> None:
    with world.store.read() as tx:
        assert store_search.with_words(tx, BRAND, "aynal", 5) == []
        assert len(store_search.with_words(tx, BRAND, "ayna", 5)) == 1
        assert store_search.with_words(tx, BRAND, "ayna", 5, newest=1) == []
