"""Whether two persons are one: what counts as evidence, what it weighs, and what never links anybody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.likeness import (
    CROWD,
    SAME,
    SUGGEST_FROM,
    Evidence,
    Proof,
    Trait,
    Traits,
    check_identity,
    codes,
    commonness,
    evidence,
    rarity,
    score,
    worth_suggesting,
)

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def told(kind: str, value: str, mention: int = 1, *, public: bool = False, after: int = 0) -> Trait:
    return Trait(kind, value, value, (Proof(mention, public, NOON + timedelta(hours=after)),))


def between(ones: list[Trait], others: list[Trait], **seen: int) -> tuple[Evidence, ...]:
    counted = {(kind, trait.value): number for kind, number in seen.items() for trait in ones if trait.kind == kind}
    if "name_city" in seen:
        counted |= {
            ("name_city", f"{name.value}|{city.value}"): seen["name_city"]
            for name in ones for city in ones if (name.kind, city.kind) == ("name", "city")
        }  # fmt: skip
    return evidence(Traits(1, tuple(ones)), Traits(2, tuple(others)), counted)


# kind of trait, how many persons have it, whether a link is suggested on it alone
ALONE = [
    ("email", 2, True), ("email", 4, True), ("email", 8, False), ("email", 13, False),
    ("phone", 2, True), ("phone", 12, False),
    ("order", 2, True), ("order", 3, True), ("order", 12, False), ("order", 500, False),
    ("tracking", 2, True), ("tracking", 6, False),
    ("handle", 2, True),
    ("name", 2, False), ("city", 2, False),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "persons", "suggested"), ALONE)
def test_what_is_suggested_on_one_shared_value(kind: str, persons: int, suggested: bool) -> None:
    found = between([told(kind, "v1")], [told(kind, "v1", 2)], **{kind: persons})
    assert worth_suggesting(found) is suggested


NAMES = [
    ("tugce balaban", "sinop", 2, True),
    ("tugce balaban", "istanbul", 2, True),
    ("tugce balaban", "sinop", 7, False),
    ("ayse balaban", "sinop", 2, False),
    ("mehmet yilmaz", "istanbul", 2, False),
    ("mehmet yilmaz", "sinop", 2, False),
]


@pytest.mark.parametrize(("name", "city", "persons", "suggested"), NAMES)
def test_a_name_with_a_city(name: str, city: str, persons: int, suggested: bool) -> None:
    mine = [told("name", name), told("city", city)]
    found = between(mine, [told("name", name, 2), told("city", city, 2)], name_city=persons)
    assert worth_suggesting(found) is suggested
    assert check_identity(found), "a name proves nobody's identity"


@given(st.lists(st.sampled_from(["tugce balaban", "mehmet yilmaz", "a b"]), max_size=4))
def test_never_on_names_alone(names: list[str]) -> None:
    mine = [told("name", name) for name in dict.fromkeys(names)]
    assert between(mine, mine) == ()
    assert between([*mine, told("city", "sinop")], [*mine, told("city", "ordu")]) == ()


def test_an_account_that_one_of_them_claims() -> None:
    mine = [told("handle", "x:ayse", 1)]
    [once] = between(mine, [told("declared", "x:ayse", 2), told("handle", "reddit:ak", 3)])
    assert (once.code, once.ours, once.theirs) == ("said_handle", (1,), (2,))
    assert worth_suggesting([once])
    assert check_identity([once]), "anybody can say so"
    [both] = between(
        [*mine, told("declared", "reddit:ak", 1)], [told("declared", "x:ayse", 2), told("handle", "reddit:ak", 3)]
    )
    assert both.code == "said_handle_both"
    assert not check_identity([both])
    assert between([told("declared", "x:ayse")], [told("declared", "x:ayse", 2)]) == ()


def test_what_stood_in_public_first_may_have_been_copied() -> None:
    post = told("order", "A100", 1, public=True)
    mail = told("order", "A100", 2, after=1)
    [copied] = between([mail], [post])
    assert copied.copyable
    assert check_identity([copied])
    [known_before] = between([told("order", "A100", 1, public=True, after=1)], [told("order", "A100", 2)])
    assert not known_before.copyable, "the mail came before the post"
    assert not check_identity([known_before])
    [account] = between([told("handle", "x:a", 1, public=True)], [told("handle", "x:a", 2, public=True)])
    assert not account.copyable, "the platform proves an account"


def test_evidence_is_told_in_both_languages_and_recorded_without_words() -> None:
    mine = [told(kind, "S-4711", 7) for kind, _ in SAME.values()]
    mine += [told("name", "ayse yilmaz", 7), told("city", "sinop", 7), told("declared", "x:a", 7)]
    theirs = [*mine[:-1], told("handle", "x:a", 8)]
    found = between(mine, theirs, order=3)
    assert codes(found) == {*SAME, "same_name_city", "said_handle"}
    for each in found:
        assert each.words("tr") != each.words("en")
        assert "{" not in each.words("tr") + each.words("en")
        assert set(each.record()) == {"code", "weight", "copyable", "mentions"}
    order = next(each for each in found if each.code == "same_order")
    assert order.words("tr") == "İkisi de S-4711 numaralı siparişi yazdı. Bu bilgi 3 kişide görüldü."
    assert order.words("en") == "Both wrote of order S-4711. Seen with 3 persons."
    assert "S-4711" not in str(order.record())


def test_a_refused_link_needs_evidence_of_a_new_kind() -> None:
    order = Evidence("same_order", {}, 0.85)
    assert worth_suggesting([order])
    assert not worth_suggesting([order], ["same_order"])
    assert worth_suggesting([order, Evidence("same_email", {}, 0.95)], ["same_order"])
    assert not worth_suggesting([Evidence("same_email", {}, 0.2)], ["same_order"])


def test_rarity_falls_and_ends() -> None:
    assert [round(rarity(n), 2) for n in (1, 2, 3, 5, 12, 13, 10**6)] == [1.0, 1.0, 0.9, 0.5, 0.08, 0.0, 0.0]


def test_folded_alike() -> None:
    assert commonness("MEHMET YILMAZ", "İSTANBUL") == commonness("mehmet yılmaz", "istanbul") < 0.3
    assert commonness("Tuğçe Balaban", "İstanbul") == 1.0


weights = st.floats(0, 1)
pieces = st.lists(
    st.builds(lambda code, weight: Evidence(code, {}, weight), st.sampled_from([*SAME, "said_handle"]), weights),
    max_size=8,
)


@given(pieces, st.builds(lambda code, weight: Evidence(code, {}, weight), st.sampled_from(list(SAME)), weights))
def test_more_evidence_never_weighs_less(found: list[Evidence], more: Evidence) -> None:
    assert 0 <= score(found) <= score([*found, more]) + 1e-9 <= 1 + 2e-9
    assert score(found) == pytest.approx(score(found[::-1]))


kinds = st.sampled_from(["email", "phone", "order", "tracking", "handle", "declared", "name", "city"])
some = st.lists(st.builds(told, kinds, st.sampled_from(["v1", "v2"]), st.integers(1, 9)), max_size=8).map(
    lambda traits: list({(each.kind, each.value): each for each in traits}.values())
)


@given(some, some, st.integers(2, CROWD + 2))
def test_evidence_is_the_same_seen_from_either_side(ones: list[Trait], others: list[Trait], persons: int) -> None:
    seen = {(kind, value): persons for kind in ("email", "order", "handle") for value in ("v1", "v2")}
    forth = evidence(Traits(1, tuple(ones)), Traits(2, tuple(others)), seen)
    back = evidence(Traits(2, tuple(others)), Traits(1, tuple(ones)), seen)
    assert sorted((e.code, e.weight, e.ours, e.theirs) for e in forth) == sorted(
        (e.code, e.weight, e.theirs, e.ours) for e in back
    )
    assert score(forth) == pytest.approx(score(back))
    assert all(0 < each.weight <= 1 for each in forth)
    if {trait.kind for trait in ones} <= {"name", "city", "declared"} and not any(
        e.code.startswith("said") for e in forth
    ):
        assert score(forth) < SUGGEST_FROM + 0.1, "without a number or an account there is only name and city"
