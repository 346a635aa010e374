"""Persons in a real store: links are suggested with their evidence, confirmed, undone, and never leak words."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update

from desk import persons
from desk.person_card import card, facts_for_draft, open_case_of_person, raises, set_tier
from desk.persons import PersonError
from store import Store, cases, editing, joining
from store import events as event_log
from store import person_links as links
from store import persons as traits
from store.tables import case_mentions, mentions, scores
from store.tables_persons import person_links, person_partings
from tests.integration.person_world import OURS, World, decided, state
from tests.integration.store_making import BRAND, NOW

ORDER = ("order", "SN-4711-9")
CALL = ("phone", "+905321234567")
MAIL: dict[str, Any] = {"source": "destek", "extra": {"channel": "email"}}


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


def test_a_shared_order_number_is_suggested_and_confirmed(world: World) -> None:
    first, case_a = world.write("ayse", ORDER)
    second, case_b = world.write("ayse@ev.example", ORDER, ("phone", "+905321234567"), **MAIL)
    a, b = world.home("ayse"), world.home("ayse@ev.example", "destek")
    [suggestion] = world.suggested(a)
    assert (suggestion.a, suggestion.b, suggestion.other) == (a, b, b)
    assert [(e.code, e.ours, e.theirs) for e in suggestion.evidence] == [("same_order", (first,), ())]
    assert suggestion.check_identity, "the order number stood on X before the mail came"
    assert [(account.source, account.handle) for account in suggestion.accounts] == [("destek", "ayse@ev.example")]
    assert [each.evidence[0].ours for each in world.suggested(b)] == [(second,)]

    assert world.link(a, b) == a
    assert world.suggested(a) == world.suggested(b) == ()
    with world.store.read() as tx:
        assert {row.person_id for case in (case_a, case_b) if (row := cases.case(tx, BRAND, case))} == {a}
        event = event_log.all_events(tx, BRAND)[-1]
        assert (event.type, event.by) == ("persons_linked", "agent:Elif")
        assert event.data["evidence"][0]["mentions"] == [first, second]
        assert "4711" not in json.dumps(event.data), "the log is for ever, a customer's number is not"
        assert persons.now_under(tx, BRAND, b) == a


def test_an_undone_link_leaves_everything_as_it_was_and_later_mentions_with_their_author(world: World) -> None:
    world.write("ayse", ORDER)
    world.write("ak", ORDER, source="reddit")
    with world.store.read() as tx:
        before = state(tx)
    a, b = world.home("ayse"), world.home("ak", "reddit")
    world.link(a, b)
    parted = world.unlink(a, b)
    assert (parted.one, parted.other, parted.mixed) == (a, b, ())
    with world.store.read() as tx:
        assert state(tx) == before
        assert event_log.all_events(tx, BRAND)[-1].type == "persons_unlinked"
    world.link(a, b)
    _, later = world.write("ak", source="reddit")
    _, unhooked = world.write("ak", source="reddit", learn=False)
    world.write("yeni", source="reddit")
    world.unlink(b, a)
    with world.store.read() as tx:
        found = {case_id: row.person_id for case_id in (later, unhooked) if (row := cases.case(tx, BRAND, case_id))}
        assert found[later] == b
        assert found[unhooked] == b, "the author's home tells it where nobody was told of the mention"
        assert state(tx)["author homes"] == state(tx)["case homes"] == []


def test_a_chain_comes_apart_in_any_order(world: World) -> None:
    homes = []
    for name in ("a", "b", "c"):
        world.write(name)
        homes.append(world.home(name))
    a, b, c = homes
    world.link(a, b)
    world.link(b, c)
    assert [world.home(name) for name in "abc"] == [a, a, a]
    with pytest.raises(PersonError, match="one person already"):
        world.link(a, c)
    parted = world.unlink(a, b)
    assert (parted.one, parted.other) == (a, b)
    assert [world.home(name) for name in "abc"] == [a, b, b]
    world.unlink(b, c)
    assert [world.home(name) for name in "abc"] == [a, b, c]
    with pytest.raises(PersonError, match="No confirmed link"):
        world.unlink(b, c)
    with pytest.raises(PersonError, match="no person 99"):
        world.link(a, 99)
    with pytest.raises(PersonError, match="one person already"):
        world.link(a, a)


def test_a_case_opened_meanwhile_moves_on_with_a_chain_and_back(world: World) -> None:
    for name in ("old", "mid", "new"):
        world.write(name)
    old, mid, new = (world.home(name) for name in ("old", "mid", "new"))
    world.link(mid, new)
    _, later = world.write("new", learn=False)
    world.link(old, new)

    def person() -> int | None:
        with world.store.read() as tx:
            found = cases.case(tx, BRAND, later)
        return found.person_id if found else None

    assert person() == old
    world.unlink(mid, new)
    assert person() == old
    world.unlink(old, new)
    assert person() == new


def test_a_rejected_pair_waits_for_evidence_of_a_new_kind(world: World) -> None:
    world.write("ayse", ORDER)
    world.write("ak", ORDER, source="reddit")
    a, b = world.home("ayse"), world.home("ak", "reddit")
    world.reject(b, a)
    world.write("ak", ORDER, ("order", "SN-9999-1"), source="reddit")
    world.write("ayse", ("order", "SN-9999-1"))
    assert world.suggested(a) == (), "another order is evidence of the same kind"
    world.write("ayse", ("email", "ayse@ev.example"))
    world.write("ak", ("email", "ayse@ev.example"), source="reddit")
    [again] = world.suggested(a)
    assert {each.code for each in again.evidence} == {"same_email", "same_order"}


def test_what_was_rejected_for_one_account_is_not_asked_for_the_other(world: World) -> None:
    for name in ("a", "b", "c"):
        world.write(name, ORDER)
    a, b, c = (world.home(name) for name in "abc")
    world.link(a, b)
    assert len(world.suggested(a)) == 1, "both links lead to c; it is asked once"
    world.reject(a, c)
    assert world.suggested(a) == world.suggested(c) == ()


def test_a_number_that_many_share_says_nothing(world: World) -> None:
    for number in range(14):
        world.write(f"m{number}", ("phone", "+902121112233"))
    assert [world.suggested(world.home(f"m{number}")) for number in (0, 13)] == [(), ()]


def test_name_and_city_from_two_mentions(world: World) -> None:
    world.write("a", text="Saygılarımla,\nTuğçe Balaban")
    world.write("b", ("city", "Sinop"), text="Ben Tuğçe Balaban, cevap bekliyorum")
    assert world.suggested(world.home("a")) == ()
    world.write("a", ("city", "Gerze, Sinop"))
    [suggestion] = world.suggested(world.home("a"))
    assert suggestion.evidence[0].words("tr").startswith("Adları ve şehirleri aynı: Tuğçe Balaban, Sinop.")
    assert suggestion.check_identity


def test_a_claimed_account_written_before_or_after(world: World) -> None:
    world.write("mavi", text="X'te @ayse_k benim", source="reddit")
    world.write("ayse_k")
    world.write("beyaz", text="X'te @ayse_k benim", source="reddit")
    assert len(world.suggested(world.home("ayse_k"))) == 2


def test_a_deleted_mention_takes_its_evidence_along(world: World) -> None:
    world.write("ayse", ORDER)
    gone, _ = world.write("ak", ORDER, source="reddit", native_id="gone")
    a, b = world.home("ayse"), world.home("ak", "reddit")
    assert len(world.suggested(a)) == 1
    with world.store.write() as tx:
        editing.remove_deleted(tx, BRAND, "reddit", ["gone"], NOW)
    assert world.suggested(a) == world.suggested(b) == (), "even before anybody told the persons"
    with world.store.read() as tx:
        assert {row.person_id for row in traits.traits_of(tx, BRAND, [a, b])} == {a}
    with world.store.write() as tx:
        persons.forget(tx, BRAND, [gone], NOW)
        assert [link.state for link in links.links_of(tx, BRAND, [a])] == ["withdrawn"]
        assert not [row for row in state(tx)["traits"] if row[0] == gone]
    world.write("ak", ORDER, source="reddit")
    assert len(world.suggested(a)) == 1, "they wrote it again"


def test_an_edited_mention_tells_what_it_says_now(world: World) -> None:
    world.write("ayse", ORDER)
    mention, _ = world.write("ak", ORDER, source="reddit")
    with world.store.write() as tx:
        found = cases.mention_of(tx, BRAND, mention)
        assert found is not None and found[1] is not None
        bare = found[1].model_copy(update={"facts": ()}).model_dump(mode="json")
        tx.execute(update(scores).where(scores.c.mention_id == mention).values(payload=bare))
        persons.learn(tx, BRAND, [mention], OURS, NOW)
    assert world.suggested(world.home("ayse")) == ()
    with world.store.read() as tx:
        [link] = links.links_of(tx, BRAND, [world.home("ayse")])
        assert link.state == "withdrawn"


def test_what_an_author_wrote_before_they_became_a_person_counts(world: World) -> None:
    world.write("ayse", ORDER)
    world.write("sessiz", ORDER, source="reddit", learn=False)
    assert world.suggested(world.home("ayse")) == ()
    world.write("sessiz", source="reddit")
    assert len(world.suggested(world.home("ayse"))) == 1


def test_links_are_made_again_from_the_log(world: World) -> None:
    for name in ("a", "b", "c", "d", "e"):
        world.write(name, ("order", f"SN-47{'11' if name in 'abe' else '12'}-9"))
    a, b, c, d, e = (world.home(name) for name in "abcde")
    world.link(a, b)
    world.link(b, c)
    world.write("c")
    world.unlink(a, b)
    world.write("b")
    world.reject(a, d)
    with world.store.write() as tx:
        before, said, asked = state(tx), decided(tx), [persons.suggestions(tx, BRAND, each) for each in (a, b, d, e)]
        assert said["partings"]
        tx.execute(delete(person_links))
        tx.execute(delete(person_partings))
        assert persons.rebuild(tx, BRAND, NOW) == 4
        assert (state(tx), decided(tx)) == (before, said)
        assert [persons.suggestions(tx, BRAND, each) for each in (a, b, d, e)] == asked


def test_cases_with_the_words_of_both_are_named_by_the_undoing(world: World) -> None:
    _, case_a = world.write("a")
    world.write("b")
    a, b = world.home("a"), world.home("b")
    world.link(a, b)
    with world.store.read() as tx:
        joined = open_case_of_person(tx, BRAND, b, "delivery_delay", NOW)
        assert joined is not None
        assert open_case_of_person(tx, BRAND, b, "billing", NOW) is None
        assert open_case_of_person(tx, BRAND, b, "delivery_delay", NOW + timedelta(days=1)) is None
    theirs, _ = world.write("b", join=case_a)
    parted = world.unlink(a, b)
    assert parted.mixed == (persons.Mixed(case_a, (theirs,), b),)
    with world.store.write() as tx:
        assert persons.settle_case(tx, BRAND, case_a) is None, "it still holds the words of both"
        alone = cases.open_case(tx, BRAND, person_id=a, channel="x", source="x", posted_at=NOW, opened_at=NOW)
        joining.move_mentions(tx, BRAND, [theirs], case_a, alone)
        assert persons.settle_case(tx, BRAND, alone) == b
        found = cases.case(tx, BRAND, alone)
        assert found is not None
        assert found.person_id == b


def test_a_persons_card_and_what_an_undoing_takes_off_it(world: World) -> None:
    world.write("a", followers=100)
    world.write("b", followers=50_000)
    a, b = world.home("a"), world.home("b")
    with world.store.write() as tx:
        set_tier(tx, BRAND, a, "silver", "orders", world.tick())
        set_tier(tx, BRAND, b, "Platin", "agent:Elif", world.tick())
        with pytest.raises(PersonError, match="at most 40"):
            set_tier(tx, BRAND, a, "x" * 41, "orders", NOW)
    world.link(a, b)
    with world.store.write() as tx:
        both = card(tx, BRAND, b, world.tick())
        assert (both.person_id, both.tier, both.reach, both.contacts, both.open_cases) == (a, "Platin", 50_000, 2, 2)
        assert both.ask_identity, "linked by hand: nothing proves it"
        set_tier(tx, BRAND, a, "gold", "orders", world.tick())
    world.unlink(a, b)
    with world.store.read() as tx:
        alone = card(tx, BRAND, a, world.tick())
        assert (alone.tier, alone.reach, alone.contacts, alone.open_cases) == ("silver", 100, 1, 1)
        assert (alone.ask_identity, [account.handle for account in alone.accounts]) == (False, ["a"])
        with pytest.raises(PersonError, match="no person 77"):
            card(tx, BRAND, 77, NOW)


@pytest.mark.parametrize(
    ("priority", "tier", "reach", "counted", "raised"),
    [(3, "", 0, 0, 3), (3, "gold", 0, 0, 2), (3, "Altın", 0, 0, 2), (3, "silver", 0, 0, 3), (3, "", 10_000, 0, 2),
     (3, "", 100_000, 0, 1), (3, "gold", 100_000, 0, 1), (5, "VIP", 100_000, 0, 3), (1, "gold", 10**9, 0, 1),
     (2, "", 100_000, 100_000, 2), (3, "", 0, 100_000, 3), (3, "", 100_000, 10_000, 2)],
)  # fmt: skip
def test_tier_and_reach_raise_and_never_lower(priority: int, tier: str, reach: int, counted: int, raised: int) -> None:
    assert raises(priority, tier, reach, counted) == raised


def test_facts_of_another_account_only_when_confirmed_and_in_private(world: World) -> None:
    mail, _ = world.write("ayse@ev.example", ("order", "SN-1-4711"), ("iban", "TR33"), CALL, **MAIL)
    post, _ = world.write("ayse", ("city", "Sinop"), ("order", "SN-1-4711"))
    a, b = world.home("ayse@ev.example", "destek"), world.home("ayse")

    def may_say(mention: int, private: bool | None = None) -> list[tuple[str, int]]:
        with world.store.read() as tx:
            return [(each.fact.kind, each.mention_id) for each in facts_for_draft(tx, BRAND, mention, private)]

    own_post = [("city", post), ("order", post)]
    own_mail = [("order", mail), ("iban", mail), ("phone", mail)]
    assert (may_say(post, True), may_say(mail)) == (own_post, own_mail), "a suggestion lends nothing"
    world.link(a, b)
    assert may_say(post) == own_post, "others read along there"
    assert may_say(mail) == [*own_mail, ("city", post)]
    assert may_say(post, True) == [*own_post, ("phone", mail)], "the same order once, the other's IBAN never"
    world.unlink(a, b)
    assert (may_say(post, True), may_say(mail)) == (own_post, own_mail)


def test_erasing_a_mention_erases_what_it_told(world: World) -> None:
    mention, _ = world.write("ayse", ORDER)
    with world.store.write() as tx:
        tx.execute(delete(case_mentions).where(case_mentions.c.mention_id == mention))
        tx.execute(delete(scores).where(scores.c.mention_id == mention))
        tx.execute(delete(mentions).where(mentions.c.id == mention))
        assert state(tx)["traits"] == []


def test_two_agents_confirm_at_once(world: World) -> None:
    for name in ("a", "b", "c"):
        world.write(name)
    a, b, c = (world.home(name) for name in "abc")
    outcomes: list[str] = []

    def confirm(one: int, other: int) -> None:
        try:
            with world.store.write() as tx:
                persons.confirm(tx, BRAND, one, other, "agent:Elif", NOW)
            outcomes.append("linked")
        except PersonError:
            outcomes.append("refused")

    threads = [threading.Thread(target=confirm, args=pair) for pair in ((a, b), (b, c), (a, c), (b, a))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["linked", "linked", "refused", "refused"]
    assert [world.home(name) for name in "abc"] == [a, a, a]
