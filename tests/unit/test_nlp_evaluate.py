"""The measuring itself: equal to scikit-learn's, with intervals that hold, and honest about what was not judged."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest
from sklearn.metrics import f1_score, recall_score

from mention import SENTIMENTS, TOPICS, URGENCIES, LabelScore, Mention, Score
from nlp import Unscorable
from nlp.evaluate import evaluate, format_report


class Parrot:
    """A scorer that answers what the text says: 'sentiment urgency topic', an asterisk for abstained."""

    model = "parrot"

    def score(self, mentions: Sequence[Mention]) -> list[Score | Unscorable]:
        return [self._one(mention) for mention in mentions]

    def _one(self, mention: Mention) -> Score | Unscorable:
        if mention.text == "broken":
            return Unscorable("broken")
        words = mention.text.split()
        heads = {
            head: LabelScore(label=word.strip("*"), probs={label: float(label == word.strip("*")) for label in labels})
            for head, labels, word in zip(
                ("sentiment", "urgency", "topic"), (SENTIMENTS, URGENCIES, TOPICS), words, strict=True
            )
        }
        abstained = tuple(head for head, word in zip(heads, words, strict=True) if word.endswith("*"))
        return Score(native_id="1", source="x", language="tr", model="parrot", abstained=abstained, **heads)


def test_numbers_are_scikit_learns() -> None:
    draw = random.Random(4)
    truth = [draw.choice(URGENCIES) for _ in range(200)]
    said = [t if draw.random() < 0.6 else draw.choice(URGENCIES) for t in truth]
    records = [{"text": f"neutral {answer} other", "urgency": label} for answer, label in zip(said, truth, strict=True)]
    found = evaluate(records, Parrot())["heads"]["urgency"]  # type: ignore[arg-type]
    assert found["macro_f1"]["value"] == pytest.approx(f1_score(truth, said, average="macro"), abs=1e-4)
    assert found["macro_recall"]["value"] == pytest.approx(recall_score(truth, said, average="macro"), abs=1e-4)
    hot = [label in ("urgent", "critical") for label in truth]
    said_hot = [label in ("urgent", "critical") for label in said]
    assert found["urgent_or_critical"]["recall"]["value"] == pytest.approx(recall_score(hot, said_hot), abs=1e-4)
    for name in ("macro_f1", "macro_recall", "accuracy"):
        assert found[name]["low"] < found[name]["value"] < found[name]["high"]
    assert sum(sum(row.values()) for row in found["confusion"].values()) == 200


def test_what_was_not_judged_is_counted_and_left_out() -> None:
    records: list[dict[str, Any]] = [
        {"text": "negative same_day billing", "label": "negative"},
        {"text": "negative urgent* billing", "sentiment": None, "urgency": "urgent", "topic": "praise"},
        {"text": "positive none praise", "sentiment": "delighted"},
        {"text": "broken", "label": "negative"},
    ]
    report = evaluate(iter(records), Parrot())  # type: ignore[arg-type]
    assert (report["n"], report["read"], report["unscorable"]) == (3, 4, 1)
    assert report["heads"]["sentiment"]["n"] == 1
    assert report["heads"]["urgency"]["abstained"] == 1.0
    assert report["heads"]["topic"]["accuracy"]["value"] == 0.0
    assert report["not_judged"] == {"sentiment": 2, "urgency": 2, "topic": 2}
    page = format_report(report)
    assert "could not be scored" in page and "2 not judged" in page


def test_nothing_in_nothing_out() -> None:
    report = evaluate([], Parrot())  # type: ignore[arg-type]
    assert report["n"] == 0 and report["heads"] == {}
    assert format_report(report)


def test_a_set_without_a_label_is_averaged_over_those_it_has() -> None:
    records = [{"text": f"{label} none praise", "label": label} for label in ("positive", "negative")]
    found = evaluate(records, Parrot())["heads"]["sentiment"]  # type: ignore[arg-type]
    assert found["macro_f1"]["value"] == 1.0
