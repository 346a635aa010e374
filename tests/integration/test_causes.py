"""Causes in a real store: the weekly list, and the loop of acknowledged, fixed, fallen and back."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from desk.causes.loop import Causes, Watched
from desk.causes.weekly import Week
from desk.roles import NotAllowed, Refused
from desk.settings import Settings, validate
from mention import Fact, LabelScore, Score
from store import Store, cases, scoring, subjects
from store import concessions as ledger_store
from store.ingest import save_batch
from store.tables_crisis import causes as causes_table
from tests.integration.store_making import BRAND, fetched, mention, open_case

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(days=1)
BLANKET, DEFECT = "Pofuduk Battaniye", "product_defect"
SETTINGS: Settings = validate(
    {
        "brand": {"name": "Marka", "slug": BRAND, "products": [{"name": BLANKET, "codes": ["PB-200"]}]},
        "agents": [{"name": "Elif", "role": "team_lead"}, {"name": "Mert", "role": "agent"}],
    },
    None,
)
Line = tuple[datetime, str, str, dict[str, Any]]
"""When, by whom, of what topic, and what it names; topic `calm` for a mention that is no complaint."""


def put(store: Store, lines: Iterable[Line], sentiment: str = "negative") -> list[int]:
    """Store and score mentions; answers their ids."""
    made, scored = [], []
    for number, (at, author, topic, names) in enumerate(lines):
        native = f"{at.timestamp():.0f}-{author}-{topic}-{number}-{sentiment}"
        extra = {name: value for name, value in names.items() if name in ("supplier", "branch", "campaign")}
        made.append(mention(native, author=author, published_at=at, extra=extra))
        facts = tuple(
            Fact(kind=kind, start=0, end=1, text=value, value=value)
            for kind, value in names.items() if kind in ("product", "code", "carrier", "city", "not_about_us")
        )  # fmt: skip
        mood = "neutral" if topic == "calm" else sentiment
        label = "question" if topic == "calm" else topic
        scored.append(
            Score(
                native_id=native, source="x", language="tr", sentiment=LabelScore(label=mood, probs={mood: 1.0}),
                urgency=LabelScore(label=str(names.get("urgency", "same_day")), probs={}),
                topic=LabelScore(label=label, probs={label: 1.0}), model="test-1", facts=facts,
            )
        )  # fmt: skip
    ids = save_batch(store, BRAND, "x", fetched(*made), seen_at=NOW).new_ids
    with store.write() as tx:
        scoring.save_scores(tx, BRAND, list(zip(ids, scored, strict=True)), [], NOW)
    return ids


def ordinary(days: int = 63, end: datetime = NOW, a_day: int = 2) -> list[Line]:
    """Mentions of a brand that say nothing bad, so many a day."""
    return [(end - DAY * ((n + 0.1) / a_day), f"q{n}", "calm", {}) for n in range(days * a_day)]


def usual(end: datetime = NOW) -> list[Line]:
    """Eight weeks with a complaint about the blanket each, and two about the carrier; this week has the same."""
    lines: list[Line] = []
    for week in range(9):
        at = end - DAY * (7 * week + 3)
        lines.append((at, f"b{week}", DEFECT, {"product": BLANKET}))
        lines += [(at - DAY * n, f"c{week}{n}", "courier", {"carrier": "Hızlı Kargo"}) for n in (0, 1)]
    return lines


def loud(people: int, since: float, until: float = 0.0, end: datetime = NOW, name: str = "loud") -> list[Line]:
    """People who complain of the blanket, between so many days before `end`."""
    step = (since - until) / people
    return [(end - DAY * (since - step * (n + 0.5)), f"{name}{n}", DEFECT, {"product": BLANKET}) for n in range(people)]


def blanket(week: Week) -> Any:
    return next(one for one in week.findings if one.key == ("product", "pofuduk battaniye", DEFECT))


def told(store: Store, cause_id: int) -> list[tuple[str, str]]:
    with store.read() as tx:
        return [(one.type, one.by) for one in subjects.events_of(tx, BRAND, f"cause:{cause_id}")]


ON_BOTH = {
    "test_what_rose_is_told_with_its_numbers_and_the_rest_is_not", "test_what_a_person_corrected_counts_as_corrected",
    "test_money_given_is_summed_exactly_by_currency", "test_found_acknowledged_fixed_fallen_and_back",
    "test_two_workers_find_one_cause_once",
}  # fmt: skip
"""What asks the database for more than the others; `make test-long` runs all on both."""


@pytest.fixture(params=["sqlite", "postgresql"])
def dialect(request: pytest.FixtureRequest) -> str:
    name = request.function.__name__
    if request.param == "postgresql" and name not in ON_BOTH and not os.environ.get("NOBET_TEST_BOTH"):
        pytest.skip("on SQLite alone here; `make test-long` runs it on PostgreSQL too")
    return str(request.param)


@pytest.fixture
def desk(store: Store) -> Causes:
    put(store, ordinary() + usual())
    return Causes(store, SETTINGS, "Elif")


# --- the list


def test_what_rose_is_told_with_its_numbers_and_the_rest_is_not(desk: Causes, store: Store) -> None:
    ids = put(store, loud(11, 3.0))
    put(store, [(NOW - DAY, "loud3", DEFECT, {"code": "PB-200"})] * 5)  # one of them again and again
    week = desk.weekly(NOW)
    [one] = week.risen
    assert one is week.findings[0] and one == blanket(week)
    assert (one.now.people, one.mentions, one.before.people, one.before.windows) == (12, 17, 8, 8)
    assert one.per == "mentions" and one.ratio is not None and one.ratio.low > 2 and one.chance < 0.001
    assert one.began is not None and one.began[0] <= NOW - 3 * DAY <= one.began[2]
    assert len(one.examples) == 5 and set(one.examples) & set(ids)
    assert week.looked_at == 2 and week.windows == 8
    carrier = next(found for found in week.findings if found.kind == "carrier")
    assert not carrier.risen and carrier.began is None and carrier.now.people == 2


def test_a_quiet_week_names_nothing(desk: Causes) -> None:
    assert desk.weekly(NOW).risen == () and len(desk.weekly(NOW).findings) == 2


def test_a_loud_week_of_the_whole_brand_blames_nobody(desk: Causes, store: Store) -> None:
    put(store, [(NOW - DAY * 0.02 * n, f"r{n}", "calm", {}) for n in range(300)])
    put(store, loud(5, 6.0))
    assert desk.weekly(NOW).risen == ()  # six of some three hundred are no more than one of thirty


def test_orders_are_what_it_is_counted_of_where_they_are_known(desk: Causes, store: Store) -> None:
    put(store, loud(11, 3.0))
    days = [NOW.date() - n * DAY for n in range(70)]
    even = {("product", "pofuduk battaniye"): {day: 20.0 for day in days}}
    sold = {("product", "pofuduk battaniye"): {day: 20.0 if day < date(2026, 11, 15) else 400.0 for day in days}}
    assert blanket(desk.weekly(NOW, even)).per == "orders" and blanket(desk.weekly(NOW, even)).risen
    campaign = blanket(desk.weekly(NOW, sold))
    assert campaign.now.of == pytest.approx(2800, abs=400) and not campaign.risen  # twenty times the orders
    assert next(one for one in desk.weekly(NOW, sold).findings if one.kind == "carrier").per == "mentions"


def test_what_a_person_corrected_counts_as_corrected(desk: Causes, store: Store) -> None:
    ids = put(store, loud(11, 3.0))
    with store.write() as tx:
        for one in ids[:6]:
            cases.correct(tx, BRAND, one, "sentiment", "negative", "neutral", "agent:Elif", NOW)
        cases.correct(tx, BRAND, ids[6], "topic", DEFECT, "wrong_item", "agent:Elif", NOW)
    week = desk.weekly(NOW)
    assert blanket(week).now.people == 5  # with the usual one
    assert any(one.topic == "wrong_item" and one.now.people == 1 for one in week.findings)


def test_what_is_not_about_us_or_names_nothing_is_no_cause(desk: Causes, store: Store) -> None:
    put(store, [(NOW - DAY, "agac", DEFECT, {"product": BLANKET, "not_about_us": "ağaç"})])
    put(store, [(NOW - DAY, "biri", DEFECT, {}), (NOW - DAY, "biri", DEFECT, {}), (NOW - DAY, "iki", DEFECT, {})])
    week = desk.weekly(NOW)
    assert blanket(week).now.people == 1 and week.unnamed == 2


def test_money_given_is_summed_exactly_by_currency(desk: Causes, store: Store) -> None:
    ids = put(store, loud(4, 3.0))
    with store.write() as tx:
        first, second = open_case(tx, ids[:2]), open_case(tx, ids[2:])
        other = open_case(tx)
    with store.write() as tx:
        for amount, currency, case_id, at, state in (
            ("0.10", "TRY", first, NOW - DAY, "granted"), ("0.20", "TRY", second, NOW - DAY, "promised"),
            ("5.00", "EUR", second, NOW - DAY, "granted"), ("100.00", "TRY", other, NOW - DAY, "granted"),
            ("70.00", "TRY", first, NOW - 9 * DAY, "granted"), ("30.00", "TRY", first, NOW - DAY, "cancelled"),
        ):  # fmt: skip
            ledger_store.add(
                tx, BRAND, f"{case_id}-{amount}", case_id=case_id, kind="voucher", amount=Decimal(amount),
                currency=currency, count=1, state=state, granted_by="Elif", role="team_lead", at=at, month="2026-11",
                changed_at=at,
            )  # fmt: skip
    one = blanket(desk.weekly(NOW))
    assert dict(one.money) == {"EUR": Decimal("5.00"), "TRY": Decimal("0.30")} and one.concessions == 3


def test_the_first_weeks_say_that_nothing_can_be_said(store: Store) -> None:
    put(store, ordinary(10) + loud(9, 5.0))
    week = Causes(store, SETTINGS, "Elif").weekly(NOW)
    assert week.windows == 1 and week.risen == () and blanket(week).ratio is None


def test_an_empty_store_and_a_stranger(store: Store) -> None:
    assert Causes(store, SETTINGS, "Elif").weekly(NOW).findings == ()
    assert Causes(store, SETTINGS).watch(NOW) == Watched()
    with pytest.raises(NotAllowed):
        Causes(store, SETTINGS, "Mert").weekly(NOW)
    with pytest.raises(Refused, match="not on the desk"):
        Causes(store, SETTINGS, "Kimse").weekly(NOW)
    with pytest.raises(Refused, match="at least a day"):
        Causes(store, SETTINGS, "Elif").between(NOW - DAY / 2, NOW)


# --- the loop


def test_found_acknowledged_fixed_fallen_and_back(desk: Causes, store: Store) -> None:
    put(store, loud(14, 4.0))
    watched = desk.watch(NOW)
    [cause_id] = watched.found
    assert desk.watch(NOW) == Watched() == desk.watch(NOW + DAY / 24)  # nothing is found twice
    one = blanket(desk.weekly(NOW))
    assert (one.id, one.state) == (cause_id, "open")

    desk.acknowledge(cause_id, "Ürün ekibi", "tedarikçiye yazıldı", NOW)
    desk.acknowledge(cause_id, "Ürün ekibi", "tedarikçiye yazıldı", NOW)  # a second press is nothing
    desk.fixed(cause_id, NOW.date(), "parti geri çekildi", NOW)
    assert desk.watch(NOW + 5 * DAY) == Watched()  # too early to say

    later = NOW + 12 * DAY
    put(store, ordinary(12, later))
    assert desk.watch(later).fell == (cause_id,)
    assert desk.watch(later + DAY / 24) == Watched()
    assert blanket(desk.weekly(later)).state == "fixed"

    again = later + 14 * DAY
    put(store, ordinary(14, again))
    put(store, loud(15, 6.0, end=again, name="again"))
    assert desk.watch(again).back == (cause_id,)
    assert desk.watch(again + DAY / 24) == Watched()
    assert blanket(desk.weekly(again)).state == "back"
    assert told(store, cause_id) == [
        ("cause_found", "system"), ("cause_acknowledged", "agent:Elif"), ("cause_fixed", "agent:Elif"),
        ("cause_fell", "system"), ("cause_back", "system"),
    ]  # fmt: skip
    assert desk.history(cause_id)[-1].data["why"] == "rose_again"

    desk.acknowledge(cause_id, "Ürün ekibi", "yeniden", again)  # and round again
    desk.fixed(cause_id, again.date(), "", again)
    assert desk.followed()[0].state == "fixed" and "fell_at" not in desk.followed()[0].facts


def test_a_fix_that_did_not_help_is_told(desk: Causes, store: Store) -> None:
    put(store, loud(14, 4.0))
    [cause_id] = desk.watch(NOW).found
    desk.fixed(cause_id, NOW.date(), "", NOW)
    later = NOW + 16 * DAY
    put(store, ordinary(16, later))
    put(store, loud(40, 16.0, end=later, name="still"))
    assert desk.watch(later) == Watched(back=(cause_id,))
    assert desk.history(cause_id)[-1].data["why"] == "did_not_fall"


def test_a_source_that_went_blind_is_no_success(desk: Causes, store: Store) -> None:
    put(store, loud(14, 4.0))
    [cause_id] = desk.watch(NOW).found
    desk.fixed(cause_id, NOW.date(), "", NOW)
    assert desk.watch(NOW + 20 * DAY) == Watched()  # no mention of anything since
    assert desk.followed()[0].state == "fixed"


def test_daily_looks_once_on_each_of_the_desks_days(desk: Causes, store: Store) -> None:
    put(store, loud(14, 4.0))
    assert len(desk.daily(NOW).found) == 1
    put(store, [(NOW - DAY * n / 9, f"k{n}", "courier", {"carrier": "Hızlı Kargo"}) for n in range(25)])
    assert desk.daily(NOW + DAY / 4) == Watched()
    assert len(desk.daily(NOW + DAY / 2).found) == 1  # past midnight in Istanbul


def test_who_may_follow_and_what_is_refused(desk: Causes, store: Store) -> None:
    cause_id = desk.follow("supplier", "  Ege  Tekstil ", "product_defect", NOW)
    assert desk.follow("supplier", "EGE TEKSTİL", "product_defect", NOW) == cause_id
    assert told(store, cause_id) == [("cause_followed", "agent:Elif")]
    assert [one.value for one in desk.weekly(NOW).findings if one.id == cause_id] == ["Ege Tekstil"]
    mert = Causes(store, SETTINGS, "Mert")
    for act in (
        lambda: mert.follow("supplier", "x", "other", NOW), lambda: mert.acknowledge(cause_id, "a", "", NOW),
        lambda: mert.fixed(cause_id, NOW.date(), "", NOW), lambda: mert.history(cause_id), lambda: mert.followed(),
    ):  # fmt: skip
        with pytest.raises(NotAllowed):
            act()
    with pytest.raises(Refused, match="known kind"):
        desk.follow("weather", "Kar", "other", NOW)
    with pytest.raises(Refused, match="Say who"):
        desk.acknowledge(cause_id, "  ", "", NOW)
    with pytest.raises(Refused, match="in the future"):
        desk.fixed(cause_id, NOW.date() + 2 * DAY, "", NOW)
    with pytest.raises(Refused, match="There is no cause 999"):
        desk.acknowledge(999, "a", "", NOW)
    desk.fixed(cause_id, NOW.date(), "", NOW)
    desk.fixed(cause_id, NOW.date(), "", NOW)  # twice is once
    with pytest.raises(Refused, match="marked as fixed"):
        desk.acknowledge(cause_id, "a", "", NOW)
    assert [type for type, _ in told(store, cause_id)] == ["cause_followed", "cause_fixed"]


def test_two_workers_find_one_cause_once(desk: Causes, store: Store) -> None:
    """The other's look read the store before the first one wrote."""
    put(store, loud(14, 4.0))
    stale = desk.weekly(NOW)
    desk.watch(NOW)
    with store.write() as tx:
        assert desk._follow(tx, stale.risen[0], NOW) is None
    with store.read() as tx:
        assert len(tx.execute(select(causes_table.c.id)).all()) == 1
    [cause] = desk.followed()
    assert [type for type, _ in told(store, cause.id)] == ["cause_found"]
