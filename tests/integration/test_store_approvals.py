"""Approvals on both databases: asked once, decided once, and only the exact text passes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from desk import approving
from desk.approvals import Approvals, Matter, Need, needed
from desk.roles import NotAllowed, Refused
from playbooks.schema import Bilingual
from store import Store, events
from store import approvals as approval_store
from store.approvals import ApprovalRow
from tests.integration.concession_making import at_once
from tests.integration.store_making import BRAND, NOW, open_case

HOUR = timedelta(hours=1)
RULES = Approvals()
REPLY = Matter("reply", "Merhaba, özür dileriz.", "x", public=True, urgency="critical")


@dataclass(frozen=True)
class Hand:
    name: str
    roles: tuple[str, ...]


MERT, ELIF = Hand("Mert", ("agent",)), Hand("Elif", ("agent", "team_lead"))
DENIZ, SELIN = Hand("Deniz", ("crisis_manager",)), Hand("Selin", ("pr_lead",))
WHY = Bilingual(tr="neden", en="why")
LEGAL_AND_TWO = (Need(("legal",), WHY), Need(("team_lead", "crisis_manager"), WHY, people=2))


def needs_of(matter: Matter) -> tuple[Need, ...]:
    return needed(matter, RULES, None, MERT)


def ask(store: Store, case_id: int, matter: Matter = REPLY, needs: Any = None, writer: Hand = MERT) -> ApprovalRow:
    with store.write() as tx:
        return approving.ask(tx, BRAND, case_id, matter, needs or needs_of(matter), writer, NOW, RULES)


def decide(store: Store, row: ApprovalRow, hand: Hand, yes: bool = True, at: Any = NOW, note: str = "") -> ApprovalRow:
    with store.write() as tx:
        return approving.decide(tx, BRAND, row.id, hand, yes, at, note)


def passes(store: Store, case_id: int, matter: Matter, at: Any = NOW, needs: Any = None) -> bool:
    with store.read() as tx:
        found = approving.approved_for(tx, BRAND, case_id, matter, needs or needs_of(REPLY), at)
    return found is not None


@pytest.fixture
def case_id(store: Store) -> int:
    with store.write() as tx:
        return open_case(tx)


def types(store: Store, case_id: int) -> list[str]:
    with store.read() as tx:
        return [event.type for event in events.of_case(tx, case_id)]


def test_the_exact_text_approved_is_what_passes(store: Store, case_id: int) -> None:
    assert not passes(store, case_id, REPLY)
    row = ask(store, case_id)
    assert (row.state, row.text, row.deputy_from) == ("asked", REPLY.text, NOW + timedelta(minutes=15))
    assert not passes(store, case_id, REPLY)
    done = decide(store, row, DENIZ, note="iyi")
    assert (done.state, done.decided_by, done.note) == ("approved", "Deniz", "iyi")
    assert passes(store, case_id, REPLY)
    for change in ({"text": REPLY.text + " "}, {"channel": "email"}, {"public": False}, {"kind": "statement"}):
        assert not passes(store, case_id, replace(REPLY, **change))
    with store.write() as tx:
        other = open_case(tx)
    assert not passes(store, other, REPLY)
    assert not passes(store, case_id, REPLY, needs=(Need(("legal",), WHY),)), "the needs have grown since"
    assert not passes(store, case_id, REPLY, at=NOW + RULES.good_for)
    with store.read() as tx:
        assert approval_store.approved_for(tx, "other", case_id, REPLY.text_hash, NOW) is None
        assert events.verify_chain(tx, BRAND) == []
        told = events.of_case(tx, case_id)
    assert [(event.type, event.by) for event in told] == [
        ("approval_asked", "agent:Mert"), ("approved", "agent:Deniz")
    ]  # fmt: skip
    assert REPLY.text not in str([event.data for event in told])


REFUSED: list[tuple[str, Hand, dict[str, Any], type[Refused], str]] = [
    ("the writer", Hand("Mert", ("crisis_manager",)), {}, NotAllowed, "Nobody approves what they wrote"),
    ("another role", ELIF, {}, NotAllowed, "It is for the crisis manager, and from 2026-11-21T09:45"),
    ("the deputy too early", SELIN, {"at": NOW + timedelta(minutes=14)}, NotAllowed, "It is for the crisis manager"),
    ("a no without a reason", DENIZ, {"yes": False}, Refused, "Say why"),
    ("out of time", DENIZ, {"at": NOW + timedelta(days=3)}, Refused, "out of time"),
]


@pytest.mark.parametrize(("name", "hand", "how", "error", "words"), REFUSED, ids=[one[0] for one in REFUSED])
def test_who_may_not_decide(
    store: Store, case_id: int, name: str, hand: Hand, how: dict[str, Any], error: type[Refused], words: str
) -> None:
    row = ask(store, case_id)
    with pytest.raises(error, match=words):
        decide(store, row, hand, **how)
    with store.read() as tx:
        assert approval_store.approval(tx, BRAND, row.id) == row
    assert types(store, case_id) == ["approval_asked"]


def test_the_deputy_decides_once_their_time_has_come(store: Store, case_id: int) -> None:
    row = ask(store, case_id)
    assert decide(store, row, SELIN, at=NOW + timedelta(minutes=15)).state == "approved"
    assert passes(store, case_id, REPLY)


def test_several_needs_and_several_persons(store: Store, case_id: int) -> None:
    row = ask(store, case_id, needs=LEGAL_AND_TWO)
    assert decide(store, row, ELIF).state == "asked"
    with pytest.raises(NotAllowed, match="You have decided"):
        decide(store, row, ELIF)
    assert decide(store, row, Hand("Hukuk", ("legal",))).state == "asked"
    assert decide(store, row, DENIZ).state == "approved"
    assert types(store, case_id) == ["approval_asked", "approval_step", "approval_step", "approved"]
    assert passes(store, case_id, REPLY, needs=LEGAL_AND_TWO)


def test_one_no_ends_it_and_it_may_be_asked_again(store: Store, case_id: int) -> None:
    row = ask(store, case_id, needs=LEGAL_AND_TWO)
    decide(store, row, ELIF)
    assert decide(store, row, DENIZ, yes=False, note="çok sert").state == "rejected"
    with pytest.raises(Refused, match=r"closed: rejected \(Deniz\)"):
        decide(store, row, Hand("Hukuk", ("legal",)))
    again = ask(store, case_id)
    assert again.id != row.id and again.round == 2
    decide(store, again, DENIZ)
    assert passes(store, case_id, REPLY)


def test_the_same_question_twice_is_one_and_a_changed_text_withdraws_it(store: Store, case_id: int) -> None:
    row = ask(store, case_id)
    assert ask(store, case_id).id == row.id
    mail = ask(store, case_id, replace(REPLY, channel="email"), needs=LEGAL_AND_TWO)
    changed = ask(store, case_id, replace(REPLY, text="Merhaba!"))
    with store.read() as tx:
        states = {one.id: (one.state, one.note) for one in approval_store.of_case(tx, BRAND, case_id)}
    assert states == {row.id: ("withdrawn", "superseded"), mail.id: ("asked", ""), changed.id: ("asked", "")}
    with pytest.raises(Refused, match="closed: withdrawn"):
        decide(store, row, DENIZ)


@pytest.mark.parametrize(("text", "words"), [(" ", "empty"), ("x" * 20_001, "over 20000"), ("a\0b", "cannot be sent")])
def test_what_cannot_be_asked(store: Store, case_id: int, text: str, words: str) -> None:
    with pytest.raises(Refused, match=words):
        ask(store, case_id, replace(REPLY, text=text))
    with pytest.raises(Refused, match="There is no case"):
        ask(store, case_id + 1)
    with pytest.raises(Refused, match="needs no approval"), store.write() as tx:
        approving.ask(tx, BRAND, case_id, REPLY, (), MERT, NOW, RULES)


def test_withdrawing(store: Store, case_id: int) -> None:
    row = ask(store, case_id)
    with pytest.raises(NotAllowed, match="Mert asked"), store.write() as tx:
        approving.withdraw(tx, BRAND, row.id, Hand("Ayşe", ("agent",)), NOW)
    with store.write() as tx:
        approving.withdraw(tx, BRAND, row.id, MERT, NOW, "vazgeçtim")
    with pytest.raises(Refused, match="closed already"), store.write() as tx:
        approving.withdraw(tx, BRAND, row.id, ELIF, NOW)
    assert types(store, case_id)[-1] == "approval_withdrawn"


def test_the_inbox(store: Store, case_id: int) -> None:
    row = ask(store, case_id)
    two = ask(store, case_id, replace(REPLY, channel="email"), needs=LEGAL_AND_TWO)

    def inbox(hand: Hand, at: Any = NOW) -> list[tuple[int, tuple[int, ...], bool]]:
        with store.read() as tx:
            return [(one.row.id, one.needs, one.as_deputy) for one in approving.waiting(tx, BRAND, hand, at)]

    assert inbox(DENIZ) == [(row.id, (0,), False), (two.id, (1,), False)]
    assert inbox(ELIF) == [(two.id, (1,), False)]
    assert inbox(SELIN) == [] and inbox(SELIN, NOW + HOUR) == [(row.id, (0,), True)]
    assert inbox(replace(DENIZ, name="Mert")) == [], "their own is nobody's to approve"
    decide(store, two, DENIZ)
    assert inbox(DENIZ) == [(row.id, (0,), False)]
    assert inbox(DENIZ, NOW + timedelta(days=3)) == []
    with store.read() as tx:
        assert approving.waiting(tx, "other", DENIZ, NOW) == []


def test_questions_that_nobody_answers_expire_once(store: Store, case_id: int) -> None:
    row = ask(store, case_id)
    with store.write() as tx:
        assert approving.expire(tx, BRAND, NOW + timedelta(days=2)) == 0
        assert approving.expire(tx, BRAND, NOW + timedelta(days=3)) == 1
        assert approving.expire(tx, BRAND, NOW + timedelta(days=4)) == 0
        found = approval_store.approval(tx, BRAND, row.id)
    assert found is not None and found.state == "expired"
    assert types(store, case_id) == ["approval_asked", "approval_expired"]


def test_a_person_who_is_erased_leaves_no_words(store: Store, case_id: int) -> None:
    row = ask(store, case_id)
    decide(store, row, DENIZ, note="Ayşe Hanım için")
    with store.write() as tx:
        assert approval_store.forget(tx, BRAND, [case_id]) == 1
        found = approval_store.approval(tx, BRAND, row.id)
    assert found is not None and (found.text, found.note, found.decisions[0].note) == ("", "", "")
    assert not passes(store, case_id, replace(REPLY, text=""))


def test_of_many_who_decide_at_once_one_decides(store: Store, case_id: int) -> None:
    row = ask(store, case_id)
    hands = [Hand(f"K{number}", ("crisis_manager",)) for number in range(16)]
    said = [partial(decide, store, row, hand, at % 2 == 0, note="neden") for at, hand in enumerate(hands)]
    problems = at_once(said)
    assert len(problems) == 15 and all(isinstance(one, Refused) for one in problems)
    with store.read() as tx:
        found = approval_store.approval(tx, BRAND, row.id)
        assert found is not None and found.state in ("approved", "rejected") and len(found.decisions) == 1
        assert events.verify_chain(tx, BRAND) == []
    assert len(types(store, case_id)) == 2


def test_the_same_question_asked_by_many_at_once_is_one(store: Store, case_id: int) -> None:
    assert at_once([lambda: ask(store, case_id)] * 12) == []
    with store.read() as tx:
        assert len(approval_store.of_case(tx, BRAND, case_id)) == 1
    assert types(store, case_id) == ["approval_asked"]
