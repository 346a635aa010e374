"""The measures of a grouping, on groupings small enough to count by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.extract import Found
from nlp.matters_evidence import Rules, facts_of
from nlp.matters_quality import Pairs, Told, by_family, group, measure, pick


def told(*rows: str) -> list[Told]:
    return [Told(f"text {row}", *row.split()) for row in rows]


TRUTH = told("tr a f", "tr a f", "en a f", "tr b f", "en b f", "tr c g")


def test_perfect() -> None:
    found = measure(list("aaabbc"), TRUTH)
    assert found.pairs == Pairs(4, 4, 4) and found.within == Pairs(1, 1, 1) and found.across == Pairs(3, 3, 3)
    assert found.precision == found.recall == found.f() == 1 and found.hard_joined == 0 and found.hard == 6


def test_all_in_one() -> None:
    found = measure(list("xxxxxx"), TRUTH)
    assert found.pairs == Pairs(4, 15, 4)
    assert found.within == Pairs(1, 7, 1) and found.across == Pairs(3, 8, 3)
    assert found.hard_joined == 6 and found.recall == 1
    assert found.precision == pytest.approx((3 * 3 / 6 + 2 * 2 / 6 + 1 / 6) / 6)


def test_each_alone() -> None:
    found = measure(list("uvwxyz"), TRUTH)
    assert found.pairs == Pairs(0, 0, 4) and found.pairs.precision == 1 and found.pairs.recall == 0
    assert found.pairs.f(0.5) == 0 and found.precision == 1
    assert found.recall == pytest.approx((3 / 3 + 2 / 2 + 1) / 6)


def test_a_text_of_no_incident_belongs_with_no_other() -> None:
    truth = [*told("tr a f"), Told("x", "tr", ""), Told("y", "en", "")]
    found = measure(list("ggg"), truth)
    assert found.pairs == Pairs(0, 3, 0) and (found.loose_joined, found.loose) == (3, 3) and found.hard == 0


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="groups for"):
        measure([], TRUTH)
    assert measure([], []).pairs == Pairs(0, 0, 0)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"), st.sampled_from(["tr", "en"])), max_size=30))
def test_counting_by_key_is_counting_by_pair(rows: list[tuple[str, str, str]]) -> None:
    truth = [Told("t", language, incident, "f") for _, incident, language in rows]
    found = measure([row[0] for row in rows], truth)
    pairs = [(one, other) for place, one in enumerate(rows) for other in rows[:place]]
    assert found.pairs.right == sum(a[0] == b[0] and a[1] == b[1] for a, b in pairs)
    assert found.across.joined == sum(a[0] == b[0] and a[2] != b[2] for a, b in pairs)
    assert found.hard_joined == sum(a[0] == b[0] and a[1] != b[1] for a, b in pairs)
    assert 0 <= found.precision <= 1 and 0 <= found.recall <= 1


def test_the_threshold_between_near_and_far_is_found() -> None:
    chance = np.random.default_rng(1)
    truth, rows = [], []
    for incident in range(12):
        centre = chance.standard_normal(32)
        for member in range(5):
            vector = centre + 0.4 * chance.standard_normal(32)
            rows.append(vector / np.linalg.norm(vector))
            truth.append(Told(f"söz {incident} {member}", ("tr", "en")[member % 2], str(incident), str(incident // 3)))
    vectors = np.asarray(rows, np.float32)
    best = pick(truth, vectors, thresholds=(0.2, 0.4, 0.6, 0.8, 0.95), across=(0.0,), orders=2)
    assert best.f > 0.95 and 0.5 <= best.rules.threshold <= 0.8
    assert measure(group(truth, vectors, best.rules), truth).pairs.precision > 0.95
    assert [len(part) for part, _ in by_family(truth, vectors)] == [15] * 4
    with pytest.raises(ValueError, match="no threshold"):
        pick(truth, vectors, Rules(), thresholds=())


def test_facts_of_what_was_found() -> None:
    assert facts_of(Found()) == frozenset()
