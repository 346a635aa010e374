"""Many cases at once, drafts and saved views on a real store: done once, told honestly, taken back whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from desk import bulk
from desk.desk import Desk
from desk.drafts import MOST, OLD, Drafts, tidy
from desk.intake import Intake
from desk.roles import NotAllowed, Refused
from desk.saved_views import SavedViews, filters_of
from desk.settings import validate
from desk.views import Filters
from store.engine import Store
from tests.integration.test_desk_cases import FRIDAY, LIBRARY, House

MINUTE = timedelta(minutes=1)


@pytest.fixture
def house(store: Store) -> Iterator[House]:
    people = [{"name": "Elif", "role": "team_lead"}, {"name": "Mert"}, {"name": "Hakan", "role": "legal"}]
    made = validate({"brand": {"name": "Deneme"}, "agents": people}, None)
    house = House(store, Intake(store, made, LIBRARY), Desk(store, made, LIBRARY))
    for number in range(6):
        house.bring(author=f"m{number}", at=FRIDAY + timedelta(seconds=number))
    yield house


ACTS = (
    ("assign", "Mert", "assigned", ("assigned", "Mert", False)),
    ("snooze", "1h", "snoozed", ("new", None, True)),
    ("tag", "kargo Bayram", "tagged", ("new", None, False)),
    ("resolve", "", "resolved", ("resolved", None, False)),
    ("wait", "", "waiting_for_customer", ("waiting", None, False)),
    ("set_aside", "spam", "set_aside", ("set_aside", None, False)),
)


def test_each_case_has_its_own_event_and_the_batch_is_taken_back_whole(house: House) -> None:
    cases = house.ids()[:4]

    def state(case: int) -> tuple[str, str | None, bool]:
        row = house.desk.case(case, FRIDAY).row
        return (row.status, row.assignee, row.snoozed_until is not None)

    for n, (act, words, event, moved) in enumerate(ACTS):
        at = FRIDAY + (3 * n + 1) * MINUTE
        account = bulk.do(house.desk, act, cases, words, at)
        assert (account.done, account.same, account.failed) == (cases, [], {})
        assert {state(case) for case in cases} == {moved}
        assert {house.log(case)[-1] for case in cases} == {(event, "agent:Elif")}
        back = bulk.undo(house.desk, act, cases, at, at + MINUTE)
        assert back.done == cases and not back.failed
        assert {state(case) for case in cases} == {("new", None, False)}
        assert {house.desk.case(case, at).tags for case in cases} == {()}


def test_what_cannot_be_done_stops_nothing_else_and_is_named(house: House) -> None:
    first, second, third, *_ = house.ids()
    house.desk.resolve(second, FRIDAY)
    house.desk.as_agent("Elif").claim(third, FRIDAY)
    mert = house.desk.as_agent("Mert")
    account = bulk.do(mert, "assign", [first, second, third, 4711, first], "Mert", FRIDAY + MINUTE)
    assert account.done == [
        first,
        second,
        third,
    ]  # an agent may take over; an assignment does not ask whether it is open
    assert [str(error) for error in account.failed.values()] == ["There is no case 4711."]
    account = bulk.do(mert, "wait", [first, second], "", FRIDAY + 2 * MINUTE)
    assert account.done == [first] and str(account.failed[second]) == "The case is closed; reopen it first."
    assert bulk.do(mert, "wait", [first], "", FRIDAY + 3 * MINUTE).same == [first]


def test_what_was_changed_since_is_not_taken_back_and_said(house: House) -> None:
    cases = house.ids()[:3]
    at = FRIDAY + MINUTE
    bulk.do(house.desk, "assign", cases, "Mert", at)
    house.desk.as_agent("Mert").wait(cases[1], at + MINUTE)
    back = bulk.undo(house.desk, "assign", cases, at, at + 2 * MINUTE)
    assert back.done == [cases[0], cases[2]]
    assert [error.say("tr") for error in back.failed.values() if isinstance(error, Refused)] == [
        "Bu kayıtta o zamandan beri başka bir şey yapıldı."
    ]
    assert house.desk.case(cases[1], at).row.assignee == "Mert"


def test_a_batch_asks_for_the_same_rights_as_one_case(house: House) -> None:
    cases = house.ids()[:2]
    with pytest.raises(NotAllowed):
        bulk.do(house.desk.as_agent("Hakan"), "resolve", cases, "", FRIDAY)
    with pytest.raises(Refused):
        bulk.do(house.desk, "answer", cases, "Merhaba", FRIDAY)
    with pytest.raises(Refused):
        bulk.do(house.desk, "resolve", list(range(1, bulk.AT_ONCE + 2)), "", FRIDAY)
    assert {kind for case in house.ids() for kind, by in house.log(case) if by.startswith("agent:")} == set()


def test_a_batch_never_sleeps_past_a_deadline(house: House) -> None:
    assert bulk.until("tomorrow", FRIDAY, ZoneInfo("Europe/Istanbul")).isoformat() == "2026-11-21T09:00:00+03:00"
    account = bulk.do(house.desk, "snooze", house.ids()[:2], "tomorrow", FRIDAY)  # they are due at 18:00
    assert not account.done and all("cannot sleep longer" in str(error) for error in account.failed.values())
    with pytest.raises(Refused):
        bulk.until("forever", FRIDAY, ZoneInfo("Europe/Istanbul"))


def test_the_whole_order_comes_as_ids_and_rows_only_where_they_are_wanted(house: House) -> None:
    page = house.desk.queue(Filters(), FRIDAY, lambda order: [order[4], order[1], 4711])
    assert len(page.order) == 6 and list(page.order) == house.ids()
    assert [row.case_id for row in page.rows] == [page.order[4], page.order[1]]


def test_drafts_are_the_writers_own_and_the_later_words_win(house: House) -> None:
    mine, theirs = Drafts(house.desk), Drafts(house.desk.as_agent("Mert"))
    at = FRIDAY
    mine.keep({"7/answer/x/tr": ("ilk", at), "7/note": ("not", at), "71/note": ("başka", at)}, (), at)
    theirs.keep({"7/note": ("Mert'in", at)}, (), at)
    mine.keep({"7/note": ("eskisi", at - MINUTE), "7/answer/x/tr": ("sonraki", at + MINUTE)}, (), at + MINUTE)
    assert mine.told("7/") == {
        "7/answer/x/tr": ("sonraki", at + MINUTE), "7/note": ("not", at), "71/note": (None, at),
    }  # fmt: skip
    mine.keep({"7/note": ("yarının saati", at + timedelta(days=1))}, (), at + MINUTE)
    assert mine.told("7/")["7/note"] == ("yarının saati", at + MINUTE)
    mine.keep({}, ["7/"], at)
    assert list(mine.told("7/")) == ["71/note"] and theirs.told("7/")["7/note"][0] == "Mert'in"
    assert mine.text("71/note", at) == "başka" and mine.text("71/note", at + MINUTE) == ""
    tidy(house.store, house.desk.brand, at + OLD)
    assert mine.told("")
    tidy(house.store, house.desk.brand, at + OLD + MINUTE)
    assert not mine.told("")


def test_the_drafts_that_were_touched_last_are_kept(house: House) -> None:
    drafts = Drafts(house.desk)
    for n in range(0, MOST + 5, 61):
        drafts.keep({f"{k}/note": ("x", FRIDAY + k * MINUTE) for k in range(n, n + 61)}, (), FRIDAY + timedelta(days=1))
    kept = {int(key.partition("/")[0]) for key in drafts.told("")}
    assert len(kept) == MOST and 304 in kept and 0 not in kept


def test_a_saved_view_is_ones_own_until_it_is_shared(house: House) -> None:
    elif_, mert = SavedViews(house.desk), SavedViews(house.desk.as_agent("Mert"))
    late = Filters(view="late", topic="delivery_delay", search="#kargo")
    first = elif_.save("  Geç   kargo ", late, False, FRIDAY)
    [view] = elif_.views()
    assert (view.title, view.filters, view.mine, view.shared) == ("Geç kargo", late, True, False)
    assert mert.views() == ()
    elif_.share(first, True, FRIDAY)
    [seen] = mert.views()
    assert seen.owner == "Elif" and not seen.mine
    with pytest.raises(Refused, match="Elif"):
        mert.rename(first, "Benim", FRIDAY)
    again = elif_.save("Geç kargo", Filters(view="mine"), True, FRIDAY)
    assert again == first and elif_.views()[0].filters == Filters(view="mine")
    second, third = (elif_.save(name, Filters(), False, FRIDAY) for name in ("iki", "üç"))
    elif_.move(third, -2, FRIDAY)
    assert [one.id for one in elif_.views()] == [third, first, second]
    elif_.move(third, 1, FRIDAY)
    assert [one.id for one in elif_.views()] == [first, third, second]
    with pytest.raises(Refused):
        elif_.rename(second, "üç", FRIDAY)
    gone = elif_.remove(first)
    assert [one.id for one in elif_.views()] == [third, second]
    back = elif_.save(gone["title"], filters_of(gone["filters"]), gone["shared"], FRIDAY)
    assert next(one for one in mert.views() if one.id == back).filters == Filters(view="mine")
    with pytest.raises(Refused):
        elif_.save(" ", Filters(), False, FRIDAY)


def test_the_number_beside_a_saved_view_is_the_length_of_its_list(house: House) -> None:
    desk, saved = house.desk, SavedViews(house.desk)
    bulk.do(desk, "tag", house.ids()[:2], "kargo", FRIDAY)
    desk.claim(house.ids()[3], FRIDAY)
    wanted = (Filters(), Filters(view="mine"), Filters(search="#kargo"), Filters(search="yok böyle"),
              Filters(view="late", urgency="critical"))  # fmt: skip
    ids = [saved.save(f"görünüm {n}", one, False, FRIDAY) for n, one in enumerate(wanted)]
    counts = saved.counts(saved.views(), FRIDAY)
    assert [counts[id] for id in ids] == [len(desk.queue(one, FRIDAY).order) for one in wanted] == [6, 1, 2, 0, 0]
    assert filters_of({"view": "no such", "limit": 3, "topic": ""}) == Filters()
