"""What lies at hand beside an answer, the automatic acknowledgement, and the proof that nothing was lost."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from sqlalchemy import update

from desk.acknowledging import acknowledge_new
from desk.answering import sent
from desk.desk import Desk
from desk.intake import Intake
from desk.outbox import deliver
from desk.proof import prove
from desk.sending.protocol import About, Outgoing, Receipt, SenderSettings
from desk.sending.registry import Senders
from desk.settings import Settings, validate
from mention import Mention
from store import cases as case_store
from store.engine import Store
from store.tables import case_mentions, cases
from tests.integration.test_desk_cases import FRIDAY, LIBRARY, House


class Kept:
    """A sender that keeps what it was given."""

    kind: ClassVar[str] = "kept"
    Settings: ClassVar[type[SenderSettings]] = SenderSettings
    about: ClassVar[About] = About("kept", ("x", "email", "trendyol"), public=True, private=True)

    def __init__(self) -> None:
        self.settings = SenderSettings(kind="kept")
        self.taken: list[Outgoing] = []

    def address(self, mention: Mention, private: bool) -> dict[str, Any]:
        return {"to": mention.author or ""}

    def send(self, outgoing: Outgoing, now: datetime) -> Receipt:
        self.taken.append(outgoing)
        return Receipt(f"r{len(self.taken)}", None, now)

    def find(self, outgoing: Outgoing, now: datetime) -> Receipt | None:
        return None


def settings(**more: Any) -> Settings:
    people = [{"name": "Elif"}, {"name": "Mert"}]
    brand = {"name": "Deneme", "contact": "destek@deneme.example"}
    return validate({"brand": brand, "agents": people, **more}, None)


@pytest.fixture
def kept() -> Kept:
    return Kept()


def senders_with(kept: Kept, allow: bool = True) -> Senders:
    found = Senders([], allow=allow)
    found._senders["kept"] = kept
    return found


def house_of(store: Store, made: Settings) -> House:
    return House(store, Intake(store, made, LIBRARY), Desk(store, made, LIBRARY))


def test_a_new_case_is_acknowledged_once_and_its_clock_runs_on(store: Store, kept: Kept) -> None:
    made = settings(acknowledge=["x"])
    house = house_of(store, made)
    house.bring(author_name="Ayşe Kılıç")
    house.bring(source="reddit", author="b")
    [case_id] = [c for c in house.ids() if house.desk.case(c, FRIDAY).row.channel == "x"]
    senders, later = senders_with(kept), FRIDAY + timedelta(minutes=2)
    assert acknowledge_new(store, made, LIBRARY, senders, later) == 1
    assert acknowledge_new(store, made, LIBRARY, senders, later) == 0, "asked again, it is there already"
    clocks = house.desk.clocks
    deliver(store, house.desk.brand, senders, later, on_sent=lambda tx, row: sent(tx, clocks, row, later))
    [one] = kept.taken
    assert "otomatik" in one.text and "‹" not in one.text
    view = house.desk.case(case_id, later)
    assert [e.by for e in view.events if e.type == "auto_acknowledged"] == ["system"]
    assert view.row.status == "new" and view.clocks[0].state == "running", "it is no answer"
    assert any(line.code == "auto_ack" for line in view.clocks[0].why)


@pytest.mark.parametrize(
    ("more", "minutes", "allow", "answered"),
    [
        ({}, 31, True, False),  # too late to tell anybody anything
        ({}, 2, False, False),  # the demo and a drill send nothing
        ({}, 2, True, True),  # a person was quicker
        ({"source": "trendyol"}, 2, True, False),  # its only answer would be used up
    ],
)
def test_when_nothing_is_acknowledged(
    store: Store, kept: Kept, more: dict[str, Any], minutes: int, allow: bool, answered: bool
) -> None:
    made = settings(acknowledge=["x", "trendyol"])
    house = house_of(store, made)
    house.bring(**more)
    if answered:
        house.desk.answer(house.ids()[0], "Merhaba", "", FRIDAY + timedelta(minutes=1))
    now = FRIDAY + timedelta(minutes=minutes)
    assert acknowledge_new(store, made, LIBRARY, senders_with(kept, allow), now) == 0


def test_snippets_and_the_last_public_answers_to_the_same_matter(store: Store) -> None:
    house = house_of(store, settings())
    for author in ("a", "b", "c"):
        house.bring(author=author)
    one, two, three = sorted(house.ids())
    house.desk.answer(one, "Kargonuz yarın sizde.", "", FRIDAY + timedelta(minutes=1))
    house.desk.answer(two, "Kargonuz yarın sizde.", "", FRIDAY + timedelta(minutes=2))
    now = FRIDAY + timedelta(minutes=3)
    view = house.desk.case(three, now)
    assert [a.text for a in house.desk.last_answers(view, "tr", now)] == ["Kargonuz yarın sizde."]
    assert house.desk.last_answers(view, "en", now) == ()
    target = house.desk.targets(view, now)[0]
    ready = house.desk.snippets(view, target, "tr", now)
    assert ready and all(one.title and one.text and "{{" not in one.text for one in ready)


def test_what_was_given_is_listed_and_can_be_kept_or_taken_back(store: Store) -> None:
    house = house_of(store, settings())
    house.bring()
    [case_id] = house.ids()
    made = {"solution": "resend", "facts": {}}
    house.desk.decide(case_id, made, FRIDAY)
    [given] = house.desk.given(case_id)
    assert (given.kind, given.count, given.state, given.by) == ("replacement", 1, "promised", "Elif")
    house.desk.keep_given(given.id, FRIDAY + timedelta(minutes=1))
    assert house.desk.given(case_id)[0].state == "granted"
    house.desk.cancel_given(given.id, "müşteri vazgeçti", FRIDAY + timedelta(minutes=2))
    assert house.desk.given(case_id)[0].state == "cancelled"


def test_the_proof_finds_nothing_wrong_and_notices_what_went_around_the_log(store: Store, tmp_path: Path) -> None:
    house = house_of(store, settings())
    house.bring()
    house.bring(author="b", urgency="none", topic="other", sentiment="neutral")
    [case_id] = house.ids()
    now = FRIDAY + timedelta(hours=1)

    def wrong() -> str:
        return " ".join(prove(store, house.desk.brand, house.desk.clocks, now).problems)

    assert wrong() == ""
    with store.write() as tx:
        case_store.update_case(tx, case_id, due_at=FRIDAY + timedelta(days=9))
    assert f"Case {case_id} is kept as due" in wrong()
    with store.write() as tx:
        tx.execute(update(cases).values(due_at=None))
        tx.execute(case_mentions.delete())
    assert "are in no case" in wrong()
