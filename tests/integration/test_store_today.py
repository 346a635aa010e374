"""What the day's first page counts, on both databases: deadlines in order, sentiments by the hour, what wakes today."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mention import LabelScore, Mention, Score
from store import cases, ingest, scoring, today
from store.engine import Store
from tests.integration.store_making import fetched, mention, score

NOW = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def scored(one: Mention, sentiment: str) -> Score:
    return score(one).model_copy(update={"sentiment": LabelScore(label=sentiment, probs={sentiment: 1.0})})


def test_deadlines_come_in_their_order_and_what_is_settled_or_another_brands_does_not(store: Store) -> None:
    with store.write() as tx:
        for brand, due, status in (("a", 2, "new"), ("a", -1, "assigned"), ("a", 1, "answered"), ("a", 1, "resolved"),
                                   ("a", 9, "new"), ("b", 1, "new"), ("a", None, "new")):  # fmt: skip
            cases.open_case(
                tx, brand, channel="x", source="x", urgency="urgent", posted_at=NOW, opened_at=NOW, status=status,
                due_at=None if due is None else NOW + due * HOUR, due_clock="first_answer",
            )  # fmt: skip
    with store.read() as tx:
        found = today.due_before(tx, "a", NOW + 3 * HOUR, 10)
        assert [one.due_at - NOW for one in found] == [-HOUR, HOUR, 2 * HOUR]
        assert len(today.due_before(tx, "a", NOW + 3 * HOUR, 1)) == 1


def test_what_sleeps_wakes_today_or_later(store: Store) -> None:
    with store.write() as tx:
        for hours, status in ((2, "new"), (1, "assigned"), (30, "new"), (-1, "new"), (1, "resolved")):
            cases.open_case(tx, "a", channel="x", source="x", posted_at=NOW, opened_at=NOW, status=status,
                            snoozed_until=NOW + hours * HOUR)  # fmt: skip
    with store.read() as tx:
        assert today.waking(tx, "a", NOW, NOW + 13 * HOUR) == (2, NOW + HOUR)
        assert today.waking(tx, "b", NOW, NOW + 13 * HOUR) == (0, None)


def test_sentiments_are_counted_in_their_stretch_and_shown_with_their_cases(store: Store) -> None:
    told = [("negative", 0), ("negative", 59), ("positive", 30), ("negative", 60), ("neutral", -1)]
    made = [mention(str(n), published_at=NOW + timedelta(minutes=at)) for n, (_, at) in enumerate(told)]
    ids = ingest.save_batch(store, "a", "x", fetched(*made), seen_at=NOW + 2 * HOUR).new_ids
    with store.write() as tx:
        scores = [scored(one, sentiment) for one, (sentiment, _) in zip(made, told, strict=True)]
        scoring.save_scores(tx, "a", list(zip(ids, scores, strict=True)), [], NOW)
        case = cases.open_case(tx, "a", channel="x", source="x", posted_at=NOW, opened_at=NOW)
        cases.attach(tx, "a", case, ids[0], NOW)
    with store.read() as tx:
        assert today.sentiments(tx, "a", NOW, NOW + HOUR) == {"negative": 2, "positive": 1}
        assert today.sentiments(tx, "b", NOW, NOW + HOUR) == {}
        found = today.spoken(tx, "a", NOW, NOW + HOUR, "negative", 10)
        assert [(one.id, held) for one, held in found] == [(ids[1], None), (ids[0], case)], "the newest first"
