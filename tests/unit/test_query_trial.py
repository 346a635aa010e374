"""A query before it is saved: what matched, what it would miss, and what it would cost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings

from collectors.query import Query
from collectors.query.misses import near_miss
from collectors.query.syntax import Node
from collectors.query.translate import for_x
from collectors.query.trial import Paid, Trial
from mention import Mention
from tests.unit.query_trees import mention, mentions, trees

START = datetime(2026, 11, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("query", "text", "kind", "clause", "words"),
    [
        ("kargo", "kargpm gelmedi", "spelling", "kargo", ["kargpm"]),
        ("kargo", "karga", "spelling", "kargo", ["karga"]),  # one letter wrong: shown, and judged by a person
        ("kargo", "kargofirması kötü", "spelling", "kargo", ["kargofirması"]),
        ("çınarev", "#çınarevkargo", "spelling", "çınarev", ["#çınarevkargo"]),
        ("sipariş iade", "siaprişimi iade ettim", "spelling", "sipariş", ["siaprişimi"]),
        ("kargo NOT reklam", "kargo reklamı", "excluded", "NOT reklam", ["reklamı", "kargo"]),
        ("çınar kargo", "kargom nerede", "lacking", "çınar", ["kargom"]),
        ("fatura OR (çınar kargo)", "kargom nerede", "lacking", "çınar", ["kargom"]),
        ("kargo lang:tr", "kargom nerede", "lacking", "lang:tr", ["kargom"]),
    ],
)  # fmt: skip
def test_what_nearly_matches_says_what_keeps_it_out(
    query: str, text: str, kind: str, clause: str, words: list[str]
) -> None:
    miss = near_miss(Query.parse(query), mention(text))
    assert miss is not None and (miss.kind, miss.clause) == (kind, clause)
    assert [found.text for found in miss.found] == words


@pytest.mark.parametrize(
    ("query", "text"),
    [("kargo", "kargom"), ("kargo", "bugün hava güzel"), ("kar", "kart"), ("NOT kargo", "kargo"),
     ("çınar NOT kargo", "hava kargo"), ("lang:tr kargo", "bugün")],
)  # fmt: skip
def test_what_matches_or_is_far_from_it_is_no_near_miss(query: str, text: str) -> None:
    assert near_miss(Query.parse(query), mention(text)) is None


@settings(deadline=None)
@given(trees, mentions)
def test_a_mention_matches_or_is_near_or_is_neither(tree: Node, said: Mention) -> None:
    query = Query(tree)
    miss = near_miss(query, said)
    assert query.match(said) is None or miss is None
    for found in miss.found if miss else ():
        assert found.end == 0 or said.text[found.start : found.end] == found.text


def trial_of(query: str, days: int, a_day: int, *, native: bool = True, limit: int = 3) -> Trial:
    """Two mentions in three match; one in three is 'kargo reklamı', which X would bring and we filter."""
    parsed = Query.parse(query)
    paid = Paid("x", "x", Decimal("0.005"), "USD", for_x(parsed) if native else None)
    trial = Trial(parsed, limit, (paid,))
    for number in range(days * a_day):
        posted = START + timedelta(days=1) * number / a_day
        text = "kargo reklamı" if number % 3 == 0 else f"kargom gelmedi {number}"
        trial.add(mention(text, native_id=str(number), published_at=posted))
        trial.add(mention("hava güzel", source="forum", native_id=f"f{number}", published_at=posted))
    return trial


def test_it_counts_and_shows_the_newest() -> None:
    trial = trial_of("kargo NOT reklam", days=10, a_day=3)
    assert (trial.read, trial.matched) == (60, 20)
    assert {name: (tally.read, tally.matched) for name, tally in trial.sources.items()} == {
        "x": (30, 20), "forum": (30, 0),
    }  # fmt: skip
    assert [said.native_id for said, _ in trial.newest()] == ["29", "28", "26"]
    assert trial.missed == {("excluded", "NOT reklam"): 10}
    assert [said.native_id for said, _ in trial.newest_misses()] == ["27", "24", "21"]
    assert trial_of("kargo", 1, 3, limit=0).newest() == []


def test_the_cost_counts_what_the_service_brings() -> None:
    (cost,) = trial_of("kargo NOT reklam", 10, 3).costs(since=START, until=START + timedelta(days=10))
    assert (cost.read, cost.matched) == (90, 60) and cost.days == 10
    assert (cost.money, cost.wanted_money) == (Decimal("0.45"), Decimal("0.30"))


def test_a_source_that_is_read_whole_costs_all_of_it() -> None:
    (cost,) = trial_of("gelmedi", 10, 3, native=False).costs(until=START + timedelta(days=10))
    assert (cost.read, cost.matched) == (90, 60)


def test_no_estimate_is_made_up() -> None:
    (short,) = trial_of("kargo", 1, 3).costs()
    assert short.money is None and "less than a day" in short.why_not
    (none,) = Trial(Query.parse("kargo"), 3, trial_of("kargo", 1, 1).paid).costs()
    assert none.money is None and none.wanted_money is None and "no history" in none.why_not
    (unasked,) = trial_of("karg*", 10, 3).costs()
    assert unasked.money is None and "cannot be asked" in unasked.why_not
