"""Merging, splitting, undoing, snoozing, tagging: every case is reckoned from its own events, before and after."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from desk.desk import Desk, DeskError
from desk.intake import Intake
from desk.views import CaseView, Filters
from store import cases as case_store
from store import events as event_log
from store.engine import Store
from tests.integration.test_desk_cases import FRIDAY, LIBRARY, House, crowd, settings


def minutes(number: float) -> Any:
    return FRIDAY + timedelta(minutes=number)


@pytest.fixture
def house(store: Store) -> Iterator[House]:
    made = settings()
    yield House(store, Intake(store, made, LIBRARY), Desk(store, made, LIBRARY))


def same_person(house: House, *cases: int) -> None:
    with house.store.write() as tx:
        person = house.desk._row(tx, cases[0]).person_id
        for case_id in cases[1:]:
            case_store.update_case(tx, case_id, person_id=person)


def two_cases(house: House) -> tuple[int, int]:
    """A later, same-day case on X and an earlier, urgent one of the same person on a portal."""
    house.bring(at=minutes(20), now=minutes(21))
    house.bring("kargom yok", at=minutes(5), source="sikayetvar", urgency="urgent", now=minutes(22))
    ids = [row.case_id for row in house.desk.queue(Filters(), minutes(22)).rows]
    x = next(i for i in ids if house.desk.case(i, minutes(22)).row.channel == "x")
    portal = next(i for i in ids if i != x)
    same_person(house, x, portal)
    return x, portal


def shown(view: CaseView) -> Any:
    """What of a case must be as it was once something is taken back."""
    row = view.row
    return (
        row.status, row.urgency, row.due_at, row.due_clock, row.priority, row.posted_at, row.merged_into, row.assignee,
        [m.id for m in view.mentions], [(c.clock, c.state, c.started_at, c.due_at, c.late_s) for c in view.clocks],
    )  # fmt: skip


def test_a_merged_case_has_the_earlier_start_and_the_more_urgent_promise(house: House) -> None:
    x, portal = two_cases(house)
    desk = house.desk
    desk.merge(x, portal, minutes(30))
    view = desk.case(x, minutes(30))
    assert [m.channel for m in view.mentions] == ["sikayetvar", "x"] and view.merged == (portal,)
    assert view.row.urgency == "urgent" and view.row.posted_at == minutes(5)
    first = view.clocks[0]
    assert first.started_at == minutes(5) and first.due_at == minutes(125) and first.state == "running"
    other = desk.case(portal, minutes(30))
    assert other.row.status == "set_aside" and other.row.merged_into == x and other.row.due_at is None
    assert desk.queue(Filters(), minutes(30)).counts["open"] == 1
    with pytest.raises(DeskError, match=f"part of case {x}"):
        desk.reopen(portal, minutes(31))
    house.bring("hâlâ yok", at=minutes(40), source="sikayetvar", now=minutes(41))
    assert len(desk.case(x, minutes(41)).mentions) == 3, "what they write next comes to where their words are"


def test_a_merge_can_be_taken_back_without_a_trace(house: House) -> None:
    x, portal = two_cases(house)
    desk = house.desk
    before = [shown(desk.case(one, minutes(60))) for one in (x, portal)]
    desk.merge(x, portal, minutes(30))
    desk.unmerge(x, portal, minutes(50))
    assert [shown(desk.case(one, minutes(60))) for one in (x, portal)] == before
    desk.merge(portal, x, minutes(55))
    desk.unmerge(portal, x, minutes(56))
    assert [shown(desk.case(one, minutes(60))) for one in (x, portal)] == before
    with pytest.raises(DeskError, match="not part"):
        desk.unmerge(x, portal, minutes(57))


def test_a_merge_hides_no_miss_and_keeps_an_answer(house: House) -> None:
    x, portal = two_cases(house)
    desk = house.desk
    desk.answer(portal, "Bugün sizde.", "", minutes(200))  # due at 125: late
    desk.merge(x, portal, minutes(210))
    first = desk.case(x, minutes(211)).clocks[0]
    assert (first.started_at, first.state, first.late_s) == (minutes(5), "late", 75 * 60)


def test_cases_of_two_persons_are_not_merged(house: House) -> None:
    house.bring()
    house.bring(author="veli")
    a, b = house.ids()
    with pytest.raises(DeskError, match="two persons"):
        house.desk.merge(a, b, FRIDAY)
    with pytest.raises(DeskError, match="itself"):
        house.desk.merge(a, a, FRIDAY)


def split_house(house: House) -> tuple[int, list[int]]:
    ids = [house.bring(text, at=minutes(n), now=minutes(n)) for n, text in enumerate(("kargo yok", "fatura da yanlış"))]
    ids.append(house.bring("kırık geldi", at=minutes(10), urgency="urgent", topic="product_defect", now=minutes(10)))
    [case_id] = house.ids()
    return case_id, ids


@pytest.mark.parametrize("which", [(2,), (0,), (0, 1), (1, 2)])
def test_a_split_makes_a_case_with_its_own_clock_and_can_be_taken_back(house: House, which: tuple[int, ...]) -> None:
    case_id, ids = split_house(house)
    desk = house.desk
    before = shown(desk.case(case_id, minutes(60)))
    wanted = [ids[number] for number in which]
    new_id = desk.split(case_id, wanted, minutes(20))
    new, old = desk.case(new_id, minutes(20)), desk.case(case_id, minutes(20))
    assert [m.id for m in new.mentions] == wanted
    assert sorted(m.id for m in old.mentions) == sorted(set(ids) - set(wanted))
    assert new.clocks[0].started_at == new.mentions[0].published_at == new.row.posted_at
    assert old.clocks[0].started_at == old.mentions[0].published_at == old.row.posted_at
    assert old.row.urgency == "urgent" and old.clocks[0].due_at == old.clocks[0].started_at + timedelta(hours=2)
    assert old.split == (new_id,) and [s.case_id for s in old.siblings] == [new_id]
    desk.unsplit(case_id, new_id, minutes(30))
    assert shown(desk.case(case_id, minutes(60))) == before
    assert desk.case(new_id, minutes(60)).row.status == "set_aside"


def test_a_split_that_was_answered_is_merged_instead(house: House) -> None:
    case_id, ids = split_house(house)
    new_id = house.desk.split(case_id, ids[2:], minutes(20))
    house.desk.answer(new_id, "Yenisi yolda.", "", minutes(25))
    with pytest.raises(DeskError, match="merge the two instead"):
        house.desk.unsplit(case_id, new_id, minutes(30))
    house.desk.merge(case_id, new_id, minutes(31))
    view = house.desk.case(case_id, minutes(31))
    assert len(view.mentions) == 3 and view.clocks[0].state == "met"


@pytest.mark.parametrize("wrong", [(), (999,), "all"])
def test_a_split_needs_some_but_not_all_mentions(house: House, wrong: Any) -> None:
    case_id, ids = split_house(house)
    with pytest.raises(DeskError, match="mention"):
        house.desk.split(case_id, ids if wrong == "all" else wrong, minutes(20))


def test_a_mention_set_aside_joins_by_hand(house: House) -> None:
    house.bring()
    [case_id] = house.ids()
    house.desk.resolve(case_id, minutes(1))
    aside = house.bring("teşekkürler", at=minutes(2), urgency="none", topic="other", sentiment="neutral")
    with pytest.raises(DeskError, match="reopen"):
        house.desk.join(case_id, aside, minutes(3))
    house.desk.reopen(case_id, minutes(3))
    house.desk.join(case_id, aside, minutes(4))
    assert len(house.desk.case(case_id, minutes(5)).mentions) == 2


ACTS: dict[str, Any] = {
    "assigned": lambda d, c, at: d.assign(c, "Mert", at),
    "answered": lambda d, c, at: d.answer(c, "Merhaba", "", at),
    "waiting_for_customer": lambda d, c, at: d.wait(c, at),
    "waiting_for_team": lambda d, c, at: d.wait_for_team(c, "depo", at),
    "resolved": lambda d, c, at: d.resolve(c, at),
    "set_aside": lambda d, c, at: d.set_aside(c, "bizimle ilgili değil", at),
    "snoozed": lambda d, c, at: d.snooze(c, at + timedelta(minutes=30), at),
    "tagged": lambda d, c, at: d.tag(c, ("kargo", "İstanbul"), at),
    "step_done": lambda d, c, at: d.step(c, d.case(c, at).run.steps[0].id, "done", at),
}


@pytest.mark.parametrize("type", sorted(ACTS))
def test_one_press_takes_the_last_act_back(house: House, type: str) -> None:
    house.bring()
    [case_id] = house.ids()
    before = shown(house.desk.case(case_id, minutes(60)))
    ACTS[type](house.desk, case_id, minutes(10))
    view = house.desk.case(case_id, minutes(60))
    assert shown(view) != before or type in ("snoozed", "tagged", "step_done", "waiting_for_team")
    assert house.desk.undo(case_id, minutes(11)) == type
    view = house.desk.case(case_id, minutes(60))
    assert shown(view) == before and view.tags == () and view.row.snoozed_until is None and view.row.waiting_for is None
    assert view.run is not None and all(step.state == "open" for step in view.run.steps)
    with pytest.raises(DeskError, match="nothing to take back"):
        house.desk.undo(case_id, minutes(12))


def test_only_my_own_last_act_is_taken_back_and_newer_facts_stay(house: House) -> None:
    house.bring()
    [case_id] = house.ids()
    mert = Desk(house.store, settings(), LIBRARY, me="Mert")
    house.desk.assign(case_id, "Elif", minutes(1))
    house.desk.wait(case_id, minutes(2))
    with pytest.raises(DeskError, match="Elif did the last thing"):
        mert.undo(case_id, minutes(3))
    house.bring("orada mısınız?", at=minutes(4), now=minutes(4))  # the case is with us again
    assert house.desk.undo(case_id, minutes(5)) == "waiting_for_customer"
    view = house.desk.case(case_id, minutes(6))
    assert view.row.status == "assigned" and view.clocks[-1].state == "running"


def test_snoozed_cases_are_out_of_sight_until_then_and_never_past_their_deadline(house: House) -> None:
    house.bring(urgency="urgent")
    [case_id] = house.ids()
    desk = house.desk
    with pytest.raises(DeskError, match="due at 12:00"):
        desk.snooze(case_id, minutes(121), minutes(1))
    with pytest.raises(DeskError, match="still to come"):
        desk.snooze(case_id, minutes(0), minutes(1))
    desk.snooze(case_id, minutes(60), minutes(1))
    assert house.ids(now=minutes(2)) == [] and house.ids("snoozed", now=minutes(2)) == [case_id]
    counts = desk.queue(Filters(), minutes(2)).counts
    assert (counts["open"], counts["snoozed"], counts["unassigned"]) == (0, 1, 0)
    assert house.ids(now=minutes(60)) == [case_id] and house.ids("snoozed", now=minutes(60)) == []
    desk.snooze(case_id, minutes(110), minutes(61))
    house.bring("acil!", at=minutes(70), now=minutes(71))
    assert house.ids(now=minutes(72)) == [case_id], "their words wake it"


def test_tags_are_clean_and_can_be_searched(house: House) -> None:
    house.bring()
    [case_id] = house.ids()
    house.desk.tag(case_id, ("#Kargo", " kargo ", "VIP\u202e"), minutes(1))
    assert house.desk.case(case_id, minutes(1)).tags == ("kargo", "vip")
    assert house.ids(search="#kargo kargom") == [case_id] and house.ids(search="#iade") == []
    with pytest.raises(DeskError, match="at most"):
        house.desk.tag(case_id, tuple(f"t{n}" for n in range(13)), minutes(2))


def test_nobody_answers_what_a_colleague_is_answering(house: House) -> None:
    house.bring()
    [case_id] = house.ids()
    elif_, mert = house.desk, Desk(house.store, settings(), LIBRARY, me="Mert")
    assert elif_.here(case_id, "reading", minutes(1)) == ()
    elif_.begin_reply(case_id, minutes(2))
    assert elif_.case(case_id, minutes(2)).row.assignee == "Elif", "who writes has it"
    [seen] = mert.here(case_id, "reading", minutes(2.1))
    assert (seen.agent, seen.doing, seen.since) == ("Elif", "writing", minutes(2))
    with pytest.raises(DeskError, match="Elif is writing"):
        mert.begin_reply(case_id, minutes(2.2))
    newest = max(event.id for event in mert.case(case_id, minutes(2.2)).events)
    elif_.answer(case_id, "Merhaba", "", minutes(2.3))
    with pytest.raises(DeskError, match="Elif answered this customer at 10:02"):
        mert.answer(case_id, "Selam", "", minutes(2.4), after=newest)
    mert.begin_reply(case_id, minutes(3), anyway=False)  # Elif's page has not been heard of since
    assert [type for type, _ in house.log(case_id)].count("answered") == 1


def test_of_fifty_who_begin_at_once_one_writes(house: House) -> None:
    house.bring()
    [case_id] = house.ids()
    many = crowd()

    def begin(number: int) -> bool:
        desk = Desk(house.store, many, LIBRARY, me=f"kişi {number}")
        try:
            desk.begin_reply(case_id, minutes(1))
        except DeskError:
            return False
        return True

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(begin, range(50))) == 1


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_merged_split_and_taken_back_no_word_is_lost(house: House, seed: int) -> None:
    """Random acts; after each, every mention is in one case, every case starts with its earliest counted post, and
    its deadline is the one its events alone give."""
    dice = random.Random(seed)
    for number in range(6):
        source = dice.choice(("x", "sikayetvar", "reddit"))
        urgency = dice.choice(("same_day", "urgent", "critical"))
        house.bring(f"söz {number}", at=minutes(number), source=source, urgency=urgency, now=minutes(number))
    first = house.ids()
    same_person(house, *first)
    desk = house.desk
    for turn in range(14):
        at = minutes(20 + turn)
        every = [row.case_id for row in desk.queue(Filters(), at).rows]
        if not every:
            break  # everything is answered
        one = dice.choice(every)
        view = desk.case(one, at)
        act = dice.choice(("merge", "unmerge", "split", "unsplit", "answer", "undo"))
        try:
            if act == "merge":
                desk.merge(one, dice.choice(every), at)
            elif act == "unmerge":
                desk.unmerge(one, dice.choice(view.merged or (one,)), at)
            elif act == "split":
                desk.split(one, dice.sample([m.id for m in view.mentions], dice.randint(1, len(view.mentions))), at)
            elif act == "unsplit":
                desk.unsplit(one, dice.choice(view.split or (one,)), at)
            elif act == "answer":
                desk.answer(one, "Merhaba", "", at)
                desk.reopen(one, at)
            else:
                desk.undo(one, at)
        except DeskError:
            pass
        with house.store.read() as tx:
            events = event_log.all_events(tx, desk.brand)
            cases = sorted({event.case_id for event in events if event.case_id})
        held: list[int] = []
        for case_id in cases:
            found = desk.case(case_id, at)
            held += [m.id for m in found.mentions]
            if found.row.merged_into is None and found.mentions:
                assert found.clocks[0].started_at == found.mentions[0].published_at == found.row.posted_at
                due = [c.due_at for c in found.clocks if c.state in ("running", "breached") and c.due_at]
                assert found.row.due_at == min(due, default=None)
        assert sorted(held) == sorted(set(held)) and len(held) == 6
    with house.store.read() as tx:
        assert event_log.verify_chain(tx, desk.brand) == []
