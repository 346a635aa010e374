"""One time line per person: all channels, everything told; and nobody else's words, before, during or after a link."""

from __future__ import annotations

import dataclasses

import pytest

from desk import persons
from desk.timeline import LINKED_THEN, STRANGER, Entry, timeline
from store import Store, editing, joining
from store import events as event_log
from tests.integration.person_world import World
from tests.integration.store_making import BRAND, NOW


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


def seen(world: World, person: int, limit: int = 50) -> tuple[Entry, ...]:
    with world.store.read() as tx:
        return timeline(tx, BRAND, person, limit)


def words(entries: tuple[Entry, ...]) -> list[tuple[str, str]]:
    return [(entry.kind, entry.text) for entry in entries]


def test_everything_written_and_told_in_every_channel(world: World) -> None:
    _, post = world.write("ayse", text="Kargom nerede")
    world.say(post, "auto_acknowledged", "Aldık")
    answered = world.say(post, "answered", "Bakıyoruz", link="https://x.com/i/1")
    world.say(post, "sent", "Bakıyoruz", link="https://x.com/i/1")
    world.say(post, "sent", link="https://x.com/i/1")
    world.say(post, "note", "Üçüncü kez yazıyor")
    _, mail = world.write("ayse@ev.example", source="destek", text="Hâlâ gelmedi", extra={"channel": "email"})
    world.say(mail, "promised", "Yarın teslim")
    world.say(mail, "concession_granted", "Kupon", amount="50.00", currency="TRY")
    world.say(mail, "seen")
    world.say(mail, "resolved")
    world.say(post, "set_aside", reason="yinelenen")
    a, b = world.home("ayse"), world.home("ayse@ev.example", "destek")
    assert [kind for kind, _ in words(seen(world, a))] == [
        "case_set_aside", "note", "told", "acknowledged", "wrote", "case_opened",
    ]  # fmt: skip
    world.link(a, b)
    both = seen(world, b)
    assert words(both) == [
        ("case_set_aside", "yinelenen"), ("case_resolved", ""), ("concession", "Kupon"), ("promised", "Yarın teslim"),
        ("wrote", "Hâlâ gelmedi"), ("case_opened", ""), ("note", "Üçüncü kez yazıyor"), ("told", "Bakıyoruz"),
        ("acknowledged", "Aldık"), ("wrote", "Kargom nerede"), ("case_opened", ""),
    ]  # fmt: skip
    told = next(entry for entry in both if entry.kind == "told")
    assert (told.at, told.by, told.link, told.channel, told.internal) == (
        answered, "agent:Elif", "https://x.com/i/1", "x", False,
    )  # fmt: skip
    assert {entry.kind for entry in both if entry.internal} == {"note", "case_set_aside"}
    granted = next(entry for entry in both if entry.kind == "concession")
    assert (granted.data["amount"], granted.event) == ("50.00", "concession_granted")
    assert {entry.channel for entry in both} == {"x", "email"}


def test_pages_hold_every_line_once(world: World) -> None:
    _, case_id = world.write("ayse")
    for number in range(6):
        world.write("ayse", text=f"Mesaj {number}", join=case_id, published_at=NOW)  # all in one instant
        world.say(case_id, "answered", f"Yanıt {number}")
    whole = seen(world, world.home("ayse"))
    assert len(whole) == 14
    for size in (1, 3, 5):
        paged: list[Entry] = []
        with world.store.read() as tx:
            while page := timeline(tx, BRAND, world.home("ayse"), size, paged[-1].place if paged else None):
                assert len(page) <= size
                paged += page
        assert paged == list(whole)
    assert [entry.place for entry in whole] == sorted((entry.place for entry in whole), reverse=True)


def test_deleted_words_stay_deleted_and_nameless_mentions_are_there(world: World) -> None:
    world.write("ayse", text="Adım ve adresim", native_id="gone")
    a = world.home("ayse")
    with world.store.write() as tx:
        editing.remove_deleted(tx, BRAND, "x", ["gone"], NOW)
    [line] = [entry for entry in seen(world, a) if entry.kind == "wrote"]
    assert (line.text, line.link, line.deleted) == ("", "", True)
    _, nameless = world.write(None, text="Form doldurdum", native_id="form-1")
    with world.store.read() as tx:
        person = persons.now_under(tx, BRAND, world.home("unknown:form-1"))
    assert ("wrote", "Form doldurdum") in words(seen(world, person))
    assert nameless


def test_a_suggested_link_shows_no_word_of_the_other(world: World) -> None:
    world.write("a", ("order", "SN-4711-9"), text="Benim sırrım SN-4711-9")
    _, theirs = world.write("b", ("order", "SN-4711-9"), text="Onun sırrı SN-4711-9")
    world.say(theirs, "note", "Onun notu")
    a = world.home("a")
    [suggestion] = world.suggested(a)
    shown = repr(dataclasses.asdict(suggestion))
    assert "SN-4711-9" in shown
    assert all(secret not in shown for secret in ("sırr", "notu"))
    assert all("Onun" not in text for _, text in words(seen(world, a)))


def test_after_an_undoing_nothing_of_the_other_is_left(world: World) -> None:
    _, case_a = world.write("a", text="Benim derdim")
    world.say(case_a, "note", "A hakkında, bağlantıdan önce")
    _, case_b = world.write("b", text="Onun derdi")
    a, b = world.home("a"), world.home("b")
    before_a, before_b = seen(world, a), seen(world, b)
    world.link(a, b)
    assert ("wrote", "Onun derdi") in words(seen(world, a))
    world.say(case_a, "note", "Onun e-postasında telefonu var")
    world.say(case_a, "answered", "Sizin derdinize bakıyoruz")
    theirs, _ = world.write("b", text="Onun yeni derdi", join=case_a)
    world.say(case_a, "answered", "Onun derdine yanıt")
    world.say(case_a, "note", "Onun notu")
    world.unlink(a, b)

    now_a, now_b = seen(world, a), seen(world, b)
    assert now_a[-len(before_a) :] == before_a
    assert [(e.kind, e.text, e.withheld) for e in now_a[: -len(before_a)]] == [
        ("note", "", STRANGER), ("told", "", STRANGER), ("told", "Sizin derdinize bakıyoruz", ""),
        ("note", "", LINKED_THEN),
    ]  # fmt: skip
    assert all("Onun" not in repr(entry) for entry in now_a)
    assert words(now_b) == [("wrote", "Onun yeni derdi"), *words(before_b)]

    # Once their mention is in a case of its own, what is said afterwards is seen again; what was said then is not.
    with world.store.write() as tx:
        joined = next(e for e in event_log.of_case(tx, case_a) if e.mention_id == theirs)
        at = world.tick()
        event_log.append(
            tx, BRAND, type="split", at=at, by="agent:Elif", recorded_at=at, case_id=case_a,
            data={"to": case_b, "mentions": [theirs], "events": [joined.id]},
        )  # fmt: skip
        joining.move_mentions(tx, BRAND, [theirs], case_a, case_b)
    world.say(case_a, "answered", "Yalnız size")
    assert words(seen(world, a))[:3] == [("told", "Yalnız size"), ("note", ""), ("told", "")]

    world.link(a, b)
    assert ("note", "Onun notu") in words(seen(world, a)), "they are one person after all"
    assert ("note", "Onun e-postasında telefonu var") in words(seen(world, a))
    world.unlink(a, b)
    assert all("Onun" not in repr(entry) for entry in seen(world, a)), "nor after a second undoing"


def test_an_undone_link_in_a_chain_withholds_from_everybody_it_had_joined(world: World) -> None:
    cases = {name: world.write(name)[1] for name in "abc"}
    a, b, c = (world.home(name) for name in "abc")
    world.link(a, b)
    world.link(b, c)
    world.say(cases["c"], "note", "A hakkında")
    world.unlink(a, b)
    assert [entry.withheld for entry in seen(world, c) if entry.kind == "note"] == [LINKED_THEN]
    world.say(cases["c"], "note", "C hakkında")
    assert ("note", "C hakkında") in words(seen(world, c))


def test_copies_and_undone_events_are_not_told_twice(world: World) -> None:
    _, one = world.write("a")
    _, other = world.write("a")
    world.say(other, "answered", "Yanıt")
    world.say(one, "answered", "Yanıt", of_event=7, from_case=other)  # what a merge copies
    world.say(one, "promised", "Bugün")
    with world.store.write() as tx:
        promise = event_log.of_case(tx, one)[-1]
        at = world.tick()
        event_log.append(
            tx, BRAND, type="undone", at=at, by="agent:Elif", recorded_at=at, case_id=one,
            data={"events": [promise.id], "what": "promised"},
        )  # fmt: skip
    assert [kind for kind, _ in words(seen(world, world.home("a")))].count("told") == 1
    assert "promised" not in dict(words(seen(world, world.home("a"))))
