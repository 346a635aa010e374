"""From new to scored: every mention once, whatever the scorer does."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from store import Store, cases, scoring
from store.tables import mentions, scores
from tests.integration.store_making import BRAND, NOW, mention, save, score


def stages(store: Store) -> Counter[str]:
    with store.read() as tx:
        return Counter(tx.execute(select(mentions.c.stage)).scalars())


def test_the_earliest_posted_comes_first(store: Store) -> None:
    save(store, *(mention(number, published_at=NOW - timedelta(minutes=number % 7)) for number in range(20)))
    with store.write() as tx:
        first = scoring.unscored(tx, BRAND, 5)
        posted = [each.mention.published_at for each in first]
        assert posted == sorted(posted)
        assert len(first) == 5
        scoring.save_scores(tx, BRAND, [(each.id, score(each.mention)) for each in first], [], NOW)
        assert [each.id for each, _ in scoring.unrouted(tx, BRAND, 10)] == [each.id for each in first]
        assert scoring.unscored(tx, "other", 5) == []


def test_a_score_comes_back_whole(store: Store) -> None:
    (mention_id,) = save(store, mention())
    given = score(mention(), "urgent", "safety")
    with store.write() as tx:
        assert scoring.save_scores(tx, BRAND, [(mention_id, given)], [], NOW) == 1
    with store.read() as tx:
        ((stored, found),) = scoring.unrouted(tx, BRAND, 10)
        row = tx.execute(select(scores)).one()
    assert (stored.id, stored.stage, found) == (mention_id, "scored", given)
    assert (row.urgency, row.topic, row.sentiment, row.language, row.model) == (
        "urgent", "safety", "negative", "tr", "test-1",
    )  # fmt: skip


def test_scoring_twice_changes_nothing(store: Store) -> None:
    (mention_id,) = save(store, mention())
    with store.write() as tx:
        scoring.save_scores(tx, BRAND, [(mention_id, score(mention(), "urgent"))], [], NOW)
        cases.set_stage(tx, mention_id, "routed")
        assert scoring.save_scores(tx, BRAND, [(mention_id, score(mention(), "none"))], [(mention_id, "no")], NOW) == 0
        assert scoring.save_scores(tx, BRAND, [(10**6, score(mention()))], [(10**6, "gone")], NOW) == 0
        assert scoring.save_scores(tx, "other", [(mention_id, score(mention()))], [], NOW) == 0
    assert stages(store) == {"routed": 1}
    with store.read() as tx:
        assert tx.execute(select(scores.c.urgency)).scalar_one() == "urgent"
        assert scoring.quarantined(tx, BRAND) == []


def test_what_breaks_the_scorer_waits_with_its_reason_and_can_be_tried_again(store: Store) -> None:
    one, two = save(store, mention(1), mention(2))
    with store.write() as tx:
        scoring.save_scores(tx, BRAND, [(two, score(mention(2)))], [(one, "too \x00 odd")], NOW)
        assert scoring.unscored(tx, BRAND, 10) == []
        (held,) = scoring.quarantined(tx, BRAND, 10)
        assert (held.mention_id, held.stage, held.source, held.reason) == (one, "score", "x", "too \ufffd odd")
        assert scoring.retry_quarantined(tx, [held.id], NOW) == 1
        assert scoring.retry_quarantined(tx, [held.id], NOW) == 0
        assert scoring.quarantined(tx, BRAND, 10) == []
        assert [each.id for each in scoring.unscored(tx, BRAND, 10)] == [one]
        scoring.save_scores(tx, BRAND, [], [(one, "still odd")], NOW + timedelta(hours=1))
        (again,) = scoring.quarantined(tx, BRAND, 10)
        assert (again.id, again.reason, again.resolved_at) == (held.id, "still odd", None)


def test_what_breaks_routing_goes_back_to_routing(store: Store) -> None:
    (mention_id,) = save(store, mention())
    with store.write() as tx:
        scoring.save_scores(tx, BRAND, [(mention_id, score(mention()))], [], NOW)
        scoring.quarantine(tx, BRAND, [(mention_id, "no playbook")], stage="route", at=NOW)
        assert scoring.unrouted(tx, BRAND, 10) == []
        scoring.retry_quarantined(tx, [held.id for held in scoring.quarantined(tx, BRAND)])
        assert [each.id for each, _ in scoring.unrouted(tx, BRAND, 10)] == [mention_id]
        with pytest.raises(ValueError, match="quarantine stage 'collect' is not one of score, route"):
            scoring.quarantine(tx, BRAND, [(mention_id, "?")], stage="collect", at=NOW)


def test_an_item_that_never_became_a_mention_is_not_sent_back(store: Store) -> None:
    from collectors.protocol import Rejected

    save(store, rejected=[Rejected("no text", {})])
    with store.write() as tx:
        (held,) = scoring.quarantined(tx, BRAND)
        assert scoring.retry_quarantined(tx, [held.id], NOW) == 0
        assert scoring.quarantined(tx, BRAND) == [held]


def test_two_scorers_at_the_same_mentions(store: Store) -> None:
    save(store, *(mention(number) for number in range(600)))
    with store.read() as tx:
        waiting = scoring.unscored(tx, BRAND, 600)
    done: list[int] = []

    def work(urgency: str) -> None:
        pairs = [(each.id, score(each.mention, urgency)) for each in waiting]
        with store.write() as tx:
            done.append(scoring.save_scores(tx, BRAND, pairs, [], NOW))

    threads = [threading.Thread(target=work, args=(urgency,)) for urgency in ("none", "urgent")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [0, 600]
    with store.read() as tx:
        assert tx.execute(select(func.count(func.distinct(scores.c.urgency)))).scalar_one() == 1
