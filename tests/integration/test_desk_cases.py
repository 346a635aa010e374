"""The desk on a real store: what routing opens and joins, what people do, and that the log alone tells it all."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collectors.protocol import Fetched
from desk.case_clocks import clocks_of
from desk.desk import Desk, DeskError, is_web_link
from desk.intake import Intake
from desk.settings import Settings, validate
from desk.views import Filters
from mention import (
    FAMILIES,
    LANGUAGES,
    SENTIMENTS,
    TOPICS,
    URGENCIES,
    Engagement,
    LabelScore,
    Mention,
    Score,
)
from playbooks.shelf import load_library
from store import cases as case_store
from store import events as event_log
from store import ingest, scoring
from store import sources as source_store
from store.engine import Store

FRIDAY = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)  # 10:00 in Istanbul, a staffed day
LIBRARY = load_library()


def crowd() -> Settings:
    """A desk of fifty, numbered."""
    people = [{"name": f"kişi {number}"} for number in range(50)]
    return validate({"brand": {"name": "Deneme"}, "agents": people}, None)


def settings() -> Settings:
    return validate(
        {"brand": {"name": "Deneme", "handles": ["deneme"]}, "agents": [{"name": "Elif"}, {"name": "Mert"}]}, None
    )


def a_head(label: str, labels: tuple[str, ...], sure: float = 0.9) -> LabelScore:
    rest = (1 - sure) / (len(labels) - 1)
    return LabelScore(label=label, probs={name: sure if name == label else rest for name in labels})


@dataclass
class House:
    """A store with an intake and a desk, and a short way to bring a mention in."""

    store: Store
    intake: Intake
    desk: Desk
    count: int = 0

    def bring(
        self, text: str = "kargom gelmedi", *, at: datetime = FRIDAY, topic: str = "delivery_delay",
        urgency: str = "same_day", sentiment: str = "negative", author: str | None = "ayse", source: str = "x",
        abstained: tuple[str, ...] = (), now: datetime | None = None, **more: Any,
    ) -> int:  # fmt: skip
        self.count += 1
        mention = Mention(
            source=source, native_id=f"n{self.count}", text=text, author=author, published_at=at,
            engagement=Engagement(), **more,
        )  # fmt: skip
        brand = self.desk.brand
        saved = ingest.save_batch(self.store, brand, source, [Fetched(mention, {"text": text})], seen_at=at)
        score = Score(
            native_id=mention.native_id, source=source, language="tr", sentiment=a_head(sentiment, SENTIMENTS),
            urgency=a_head(urgency, URGENCIES), topic=a_head(topic, TOPICS), abstained=abstained, model="test",
        )  # fmt: skip
        with self.store.write() as tx:
            scoring.save_scores(tx, brand, [(saved.new_ids[0], score)], [], at)
        self.intake.run(now or at)
        return saved.new_ids[0]

    def ids(self, view: str = "open", now: datetime = FRIDAY, **filters: Any) -> list[int]:
        return [row.case_id for row in self.desk.queue(Filters(view=view, **filters), now).rows]

    def log(self, case_id: int) -> list[tuple[str, str]]:
        with self.store.read() as tx:
            return [(event.type, event.by) for event in event_log.of_case(tx, case_id)]


@pytest.fixture
def house(store: Store) -> Iterator[House]:
    made = settings()
    yield House(store, Intake(store, made, LIBRARY), Desk(store, made, LIBRARY))


def test_a_complaint_becomes_a_case_with_clock_and_playbook(house: House) -> None:
    house.bring()
    [row] = house.desk.queue(Filters(), FRIDAY).rows
    assert (row.status, row.urgency, row.playbook, row.due_clock) == (
        "new",
        "same_day",
        "late_delivery",
        "first_answer",
    )
    assert row.due_at == datetime(2026, 11, 20, 15, 0, tzinfo=UTC)  # the close at 18:00
    view = house.desk.case(row.case_id, FRIDAY)
    assert [c.clock for c in view.clocks] == ["first_answer", "resolution"]
    assert view.run is not None and view.run.steps and all(step.state == "open" for step in view.run.steps)
    assert view.reasons and all(reason.say("tr") != reason.say("en") for reason in view.reasons)
    assert house.log(row.case_id)[0] == ("customer_posted", "customer")


@pytest.mark.parametrize(
    ("labels", "opened"),
    [
        ({"urgency": "none", "topic": "other", "sentiment": "neutral"}, False),
        ({"urgency": "none", "topic": "praise", "sentiment": "positive"}, True),
        ({"urgency": "none", "topic": "other", "abstained": ("urgency",)}, True),
        ({"author": "@Deneme"}, False),
        ({"topic": "billing"}, True),
    ],
)
def test_what_becomes_a_case(house: House, labels: dict[str, Any], opened: bool) -> None:
    house.bring(**labels)
    assert bool(house.ids()) is opened
    assert bool(house.desk.set_aside_mentions("", 10)) is not opened


def test_the_same_author_joins_and_the_case_gets_more_urgent(house: House) -> None:
    house.bring()
    [case_id] = house.ids()
    house.bring("hâlâ yok, yarın avukatım arayacak", at=FRIDAY + timedelta(hours=1), urgency="urgent")
    assert house.ids() == [case_id]
    view = house.desk.case(case_id, FRIDAY + timedelta(hours=1))
    assert view.row.urgency == "urgent" and view.row.mentions == 2
    first = view.clocks[0]
    assert first.started_at == FRIDAY and first.due_at == FRIDAY + timedelta(hours=2), "from the clock's own start"
    house.bring("tamam teşekkürler", at=FRIDAY + timedelta(hours=1, minutes=5), urgency="none", topic="praise")
    assert house.desk.case(case_id, FRIDAY).row.urgency == "urgent", "never lowered by what they write next"


def test_what_was_written_earlier_and_seen_later_starts_the_clock_under_the_same_promise(house: House) -> None:
    house.bring(at=FRIDAY + timedelta(minutes=30), urgency="urgent", now=FRIDAY + timedelta(minutes=31))
    [case_id] = house.ids()
    house.bring("kargom nerede", at=FRIDAY + timedelta(minutes=5), now=FRIDAY + timedelta(minutes=40))
    view = house.desk.case(case_id, FRIDAY + timedelta(minutes=40))
    first = view.clocks[0]
    assert (first.started_at, first.due_at) == (FRIDAY + timedelta(minutes=5), FRIDAY + timedelta(minutes=125))
    assert view.row.posted_at == first.started_at and view.row.due_at == first.due_at


def test_two_mentions_of_one_author_in_one_round_are_one_case(house: House) -> None:
    brand = house.desk.brand
    for number, urgency in enumerate(("same_day", "critical", "none")):
        at = FRIDAY + timedelta(minutes=number)
        mention = Mention(source="x", native_id=f"b{number}", text="kargom yok", author="ayse", published_at=at)
        saved = ingest.save_batch(house.store, brand, "x", [Fetched(mention, {})], seen_at=at)
        score = Score(
            native_id=mention.native_id, source="x", language="tr", sentiment=a_head("negative", SENTIMENTS),
            urgency=a_head(urgency, URGENCIES), topic=a_head("delivery_delay", TOPICS), model="test",
        )  # fmt: skip
        with house.store.write() as tx:
            scoring.save_scores(tx, brand, [(saved.new_ids[0], score)], [], at)
    done = house.intake.run(FRIDAY + timedelta(minutes=5))
    assert (done.opened, done.joined) == (1, 2)
    [row] = house.desk.queue(Filters(), FRIDAY).rows
    assert row.urgency == "critical" and row.due_at == FRIDAY + timedelta(minutes=30)
    types = [type for type, _ in house.log(row.case_id)]
    assert types.count("customer_wrote") == 2 and types[0] == "customer_posted"


def test_another_author_and_another_source_do_not_join(house: House) -> None:
    house.bring()
    house.bring(author="veli")
    house.bring(source="forum")
    house.bring(author=None)
    house.bring(author=None)
    assert len(house.ids()) == 5


def test_from_new_to_resolved_with_every_hand_in_the_log(house: House) -> None:
    house.bring()
    [case_id] = house.ids()
    desk, minutes = house.desk, lambda n: FRIDAY + timedelta(minutes=n)
    desk.seen(case_id, minutes(1))
    desk.seen(case_id, minutes(2))
    desk.claim(case_id, minutes(3))
    desk.note(case_id, "kargoya soruldu", minutes(4))
    desk.answer(case_id, "Merhaba, kargonuz yarın sizde.", "https://x.com/deneme/1", minutes(30))
    assert house.ids("answered") == [case_id] and house.ids("open") == []
    view = desk.case(case_id, minutes(31))
    assert view.clocks[0].state == "met" and view.clocks[0].used_s == 1800
    house.bring("gelmedi!", at=minutes(60))
    assert house.ids("open") == [case_id]
    view = desk.case(case_id, minutes(61))
    assert [(c.clock, c.state) for c in view.clocks] == [
        ("first_answer", "met"), ("next_answer", "running"), ("resolution", "running"),
    ]  # fmt: skip
    desk.answer(case_id, "Şubeye yönlendirdik.", "", minutes(70))
    desk.wait(case_id, minutes(71))
    desk.back(case_id, minutes(80))
    desk.resolve(case_id, minutes(90))
    assert house.ids("resolved") == [case_id]
    desk.reopen(case_id, minutes(95))
    desk.set_aside(case_id, "bizimle ilgili değil", minutes(99))
    me = "agent:Elif"
    assert [entry for entry in house.log(case_id) if entry[1] == me] == [
        ("seen", me), ("assigned", me), ("note", me), ("answered", me), ("answered", me), ("waiting_for_customer", me),
        ("back_with_us", me), ("resolved", me), ("reopened", me), ("set_aside", me),
    ]  # fmt: skip
    with house.store.read() as tx:
        assert event_log.verify_chain(tx, desk.brand) == []


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (lambda d, c: d.answer(c, " ", "", FRIDAY), "answer"),
        (lambda d, c: d.answer(c, "x", "javascript:alert(1)", FRIDAY), "http"),
        (lambda d, c: d.answer(c, "x" * 20_001, "", FRIDAY), "longer"),
        (lambda d, c: d.note(c, "", FRIDAY), "empty"),
        (lambda d, c: d.set_aside(c, "", FRIDAY), "why"),
        (lambda d, c: d.assign(c, "Zeynep", FRIDAY), "Zeynep"),
        (lambda d, c: d.case(999, FRIDAY), "999"),
        (lambda d, c: d.resolve(999, FRIDAY), "999"),
        (lambda d, c: d.step(c, "no_step", "dune", FRIDAY), "dune"),
        (lambda d, c: d.correct(c, 1, "urgency", "yesterday", FRIDAY), "yesterday"),
        (lambda d, c: d.correct(c, 999, "urgency", "urgent", FRIDAY), "another case"),
        (lambda d, c: (d.resolve(c, FRIDAY), d.answer(c, "x", "", FRIDAY)), "reopen"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(house: House, action: Any, words: str) -> None:
    house.bring()
    [case_id] = house.ids()
    with pytest.raises(DeskError, match=words):
        action(house.desk, case_id)


def test_a_corrected_label_is_kept_and_the_case_follows(house: House) -> None:
    mention = house.bring(topic="other", urgency="same_day")
    [case_id] = house.ids()
    assert house.desk.case(case_id, FRIDAY).run is None
    house.desk.correct(case_id, mention, "topic", "delivery_delay", FRIDAY)
    house.desk.correct(case_id, mention, "urgency", "critical", FRIDAY)
    view = house.desk.case(case_id, FRIDAY)
    assert view.row.playbook == "late_delivery" and view.run is not None
    assert view.row.due_at == FRIDAY + timedelta(minutes=30)
    assert view.mentions[0].labels == {"sentiment": "negative", "urgency": "critical", "topic": "delivery_delay"}
    assert view.mentions[0].score is not None and view.mentions[0].score.urgency.label == "same_day"
    house.desk.correct(case_id, mention, "urgency", "none", FRIDAY)
    assert house.desk.case(case_id, FRIDAY).row.due_at is None


def test_a_mention_set_aside_can_be_taken_up(house: House) -> None:
    mention = house.bring(urgency="none", topic="other", sentiment="neutral")
    case_id = house.desk.open_from_mention(mention, FRIDAY)
    assert house.ids() == [case_id]
    assert house.desk.case(case_id, FRIDAY).row.due_at is not None
    with pytest.raises(DeskError, match="already"):
        house.desk.open_from_mention(mention, FRIDAY)


def test_the_queue_is_in_the_order_of_the_true_deadline(house: House) -> None:
    house.bring(author="a")
    house.bring(author="b", urgency="critical")
    house.bring(author="c", urgency="urgent")
    house.bring(author="d", urgency="none", topic="praise", sentiment="positive")
    rows = house.desk.queue(Filters(), FRIDAY).rows
    assert [row.author for row in rows] == ["b", "c", "a", "d"]
    later = FRIDAY + timedelta(minutes=45)
    page = house.desk.queue(Filters(view="late"), later)
    assert [row.author for row in page.rows] == ["b"] and page.rows[0].late
    assert page.counts["late"] == 1 and page.counts["open"] == 4
    assert [row.author for row in house.desk.queue(Filters(search="KARGOM", urgency="urgent"), later).rows] == ["c"]


def test_a_platforms_own_deadline_wins_when_it_is_earlier(house: House) -> None:
    house.bring(source="hepsiburada", extra={"answer_by": "2026-11-20T11:00:00+03:00"})
    [row] = house.desk.queue(Filters(), FRIDAY).rows
    assert row.due_at == datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
    assert house.desk.case(row.case_id, FRIDAY).clocks[0].limit == "platform"


def test_an_unreadable_platform_deadline_costs_nothing(house: House) -> None:
    house.bring(source="hepsiburada", extra={"answer_by": "<yarın>"})
    [row] = house.desk.queue(Filters(), FRIDAY).rows
    assert house.desk.case(row.case_id, FRIDAY).clocks[0].limit == "brand"


def test_the_reply_step_keeps_the_promise(house: House) -> None:
    house.bring(urgency="critical")
    [row] = house.desk.queue(Filters(), FRIDAY).rows
    run = house.desk.case(row.case_id, FRIDAY).run
    assert run is not None
    kinds = {step.id: step.kind for step in run.playbook.steps}
    replies = [step for step in run.steps if kinds[step.id] == "reply"]
    assert replies and all(
        step.due_at is not None and step.due_at <= FRIDAY + timedelta(minutes=30) for step in replies
    )


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_draft_is_filled_with_what_is_known(house: House, family: str, language: str) -> None:
    house.bring(author_name="{{ 7 * 7 }} Ayşe <b>")
    [case_id] = house.ids()
    text = house.desk.draft(case_id, family, language, FRIDAY)
    assert "49" not in text and ("{{ 7 * 7 }} Ayşe <b>" in text or "Ayşe" not in text)
    house.bring(topic="cancellation", author="z")  # what no playbook is for
    without = next(row.case_id for row in house.desk.queue(Filters(), FRIDAY).rows if row.author == "z")
    assert house.desk.draft(without, family, language, FRIDAY) == ""


def test_replaying_the_log_gives_the_same_clocks(house: House) -> None:
    house.bring()
    [case_id] = house.ids()
    house.desk.answer(case_id, "Merhaba", "", FRIDAY + timedelta(hours=9))
    with house.store.read() as tx:
        rows = event_log.of_case(tx, case_id)
        again = clocks_of(house.desk.clocks, list(reversed(rows)), FRIDAY + timedelta(hours=9))
    assert tuple(again) == house.desk.case(case_id, FRIDAY + timedelta(hours=9)).clocks


def test_fifty_claims_at_once_give_one_owner(house: House) -> None:
    house.bring()
    [case_id] = house.ids()
    many = crowd()

    def try_to_claim(number: int) -> bool:
        desk = Desk(house.store, many, LIBRARY, me=f"kişi {number}")
        try:
            desk.claim(case_id, FRIDAY)
        except DeskError:
            return False
        return True

    with ThreadPoolExecutor(10) as pool:
        won = list(pool.map(try_to_claim, range(50)))
    assert sum(won) == 1
    assert [type for type, _ in house.log(case_id)].count("assigned") == 1


def test_two_routers_open_no_case_twice(house: House) -> None:
    brand = house.desk.brand
    for number in range(30):
        mention = Mention(
            source="x", native_id=f"r{number}", text="kargom yok", author=f"k{number}", published_at=FRIDAY
        )
        saved = ingest.save_batch(house.store, brand, "x", [Fetched(mention, {})], seen_at=FRIDAY)
        score = Score(
            native_id=mention.native_id, source="x", language="tr", sentiment=a_head("negative", SENTIMENTS),
            urgency=a_head("urgent", URGENCIES), topic=a_head("delivery_delay", TOPICS), model="test",
        )  # fmt: skip
        with house.store.write() as tx:
            scoring.save_scores(tx, brand, [(saved.new_ids[0], score)], [], FRIDAY)
    with ThreadPoolExecutor(4) as pool:
        rounds = list(pool.map(lambda _: house.intake.run(FRIDAY), range(4)))
    assert sum(r.opened for r in rounds) == 30
    assert house.desk.queue(Filters(), FRIDAY).counts["open"] == 30


def test_a_mention_that_breaks_routing_loses_only_itself(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = house.intake.take

    def poisoned(tx: Any, stored: Any, score: Any, now: datetime, log: Any) -> str:
        outcome = taken(tx, stored, score, now, log)
        if "zehir" in stored.mention.text:  # whatever it had written already is undone
            raise ValueError("a value nobody expected")
        return outcome

    monkeypatch.setattr(house.intake, "take", poisoned)
    house.bring("zehir", author="a")
    house.bring("kargom yok", author="b")
    assert [row.author for row in house.desk.queue(Filters(), FRIDAY).rows] == ["b"]
    [kept] = house.desk.quarantine()
    assert kept.stage == "route" and "nobody expected" in kept.reason
    with house.store.read() as tx:
        assert {e.mention_id for e in event_log.all_events(tx, house.desk.brand)} == {2, None}
        assert event_log.verify_chain(tx, house.desk.brand) == []


@pytest.mark.parametrize(
    ("link", "good"),
    [
        ("https://x.com/a/1", True), ("http://forum.example/t?p=2", True), ("javascript:alert(1)", False),
        ("data:text/html,x", False), ("https://", False), ("x.com/a", False), ("https://[", False),
    ],
)  # fmt: skip
def test_only_web_links_are_links(link: str, good: bool) -> None:
    assert is_web_link(link) is good


def test_an_answer_given_on_the_platform_stops_the_clock_when_it_was_given(house: House) -> None:
    answered = (FRIDAY + timedelta(minutes=30)).isoformat()
    more = {"extra": {"channel": "trendyol", "answered_at": answered, "answer": "Bugün kargoda."}}
    house.bring(now=FRIDAY + timedelta(hours=2), **more)
    [case_id] = house.ids("answered")
    view = house.desk.case(case_id, FRIDAY + timedelta(hours=2))
    first = next(clock for clock in view.clocks if clock.clock == "first_answer")
    assert first.state == "met" and first.stopped_at == FRIDAY + timedelta(minutes=30)
    [event] = [event for event in view.events if event.type == "answered"]
    assert event.by == "agent:@trendyol" and event.data["where"] == "platform"


def test_an_answer_seen_later_is_told_once_and_one_before_the_customer_wrote_is_none(house: House) -> None:
    mention_id = house.bring()
    with house.store.read() as tx:
        stored = [found for found, _ in case_store.mentions_of(tx, house.ids()[0])]
    later = stored[0].mention.model_copy(update={"extra": {"answered_at": (FRIDAY + timedelta(hours=1)).isoformat()}})
    for _ in range(2):
        ingest.save_batch(house.store, house.desk.brand, "x", [Fetched(later, {})], seen_at=FRIDAY + timedelta(hours=2))
        house.intake.run(FRIDAY + timedelta(hours=2))
    with house.store.read() as tx:
        case_id = case_store.case_of(tx, mention_id)
        assert case_id is not None
        kinds = [event.type for event in event_log.of_case(tx, case_id)]
    assert kinds.count("answered") == 1 and house.ids("answered") == [case_id]
    house.bring(author="b", extra={"answered_at": (FRIDAY - timedelta(hours=1)).isoformat()})
    assert len(house.ids("open")) == 1


def test_what_was_posted_long_before_a_source_was_watched_opens_no_case(house: House) -> None:
    with house.store.write() as tx:
        source_store.record_poll(
            tx, house.desk.brand, "x", kind="x", started_at=FRIDAY, finished_at=FRIDAY, outcome="ok", fetched=0, new=0,
            known=0, rejected=0, note="", next_at=None, failures=0,
        )  # fmt: skip
    house.bring(at=FRIDAY - timedelta(days=8), author="eski")
    assert house.ids() == []
    house.bring(at=FRIDAY - timedelta(days=6), author="yeni")
    house.bring(at=FRIDAY - timedelta(days=300), author="dosya", source="file")
    assert len(house.ids()) == 2, "what was imported from a file always becomes a case"
