"""The numbers of an evaluation beside the labels' own: intervals, critical, calibration, languages, ASCII copies."""

from __future__ import annotations

import random
import tracemalloc
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import f1_score

from mention import SENTIMENTS, TOPICS, URGENCIES, LabelScore, Mention, Score
from nlp import Unscorable
from nlp.backend import HEADS
from nlp.evaluate import ascii_copy, evaluate, format_report
from nlp.measures import Tally, calibration_error, largest_confusions, reliability, twins_report


def even(label: str, labels: Sequence[str], confidence: float = 1.0) -> LabelScore:
    """`confidence` for a label, and the rest shared by the others."""
    rest = (1 - confidence) / (len(labels) - 1)
    return LabelScore(label=label, probs={one: confidence if one == label else rest for one in labels})


class Reader:
    """A scorer that answers what stands in the text: 'sentiment urgency topic [confidence]'."""

    model = "reader"

    def score(self, mentions: Sequence[Mention]) -> list[Score | Unscorable]:
        return [self.one(mention.text) for mention in mentions]

    def one(self, text: str) -> Score | Unscorable:
        sentiment, urgency, topic, *more = text.split()
        confidence = float(more[0]) if more else 1.0
        return Score(
            native_id="1", source="x", language="en" if text.isascii() else "tr", model="reader",
            sentiment=even(sentiment, SENTIMENTS, confidence), urgency=even(urgency, URGENCIES, confidence),
            topic=even(topic, TOPICS, confidence),
        )  # fmt: skip


def measured(records: list[dict[str, Any]], **options: Any) -> dict[str, Any]:
    return evaluate(records, Reader(), **options)  # type: ignore[arg-type]


def drawn(n: int, right: float = 0.7) -> list[dict[str, Any]]:
    chance = random.Random(5)
    records = []
    for _ in range(n):
        truth = chance.choices(URGENCIES, [5, 4, 2, 1])[0]
        said = truth if chance.random() < right else chance.choice(URGENCIES)
        records.append({"text": f"negative {said} billing", "urgency": truth})
    return records


def test_each_labels_f1_has_an_interval_around_it() -> None:
    records = drawn(400)
    rows = measured(records)["heads"]["urgency"]["labels"]
    truth = [record["urgency"] for record in records]
    said = [record["text"].split()[1] for record in records]
    for label, right in zip(URGENCIES, f1_score(truth, said, labels=list(URGENCIES), average=None), strict=True):
        row = rows[label]
        assert row["f1"] == pytest.approx(right, abs=1e-4)
        assert row["f1_low"] < row["f1"] < row["f1_high"]
        assert row["n"] == truth.count(label) and row["answered"] == said.count(label)
    assert rows["critical"]["f1_high"] - rows["critical"]["f1_low"] > rows["none"]["f1_high"] - rows["none"]["f1_low"]


def test_an_interval_is_that_of_drawing_the_texts_themselves() -> None:
    records = drawn(150)
    truth = np.array([record["urgency"] for record in records])
    said = np.array([record["text"].split()[1] for record in records])
    draws = np.random.default_rng(1).integers(0, len(truth), size=(1_000, len(truth)))
    low, high = np.percentile([(truth[draw] == said[draw]).mean() for draw in draws], [2.5, 97.5])
    found = measured(records)["heads"]["urgency"]["accuracy"]
    assert (found["low"], found["high"]) == (pytest.approx(low, abs=0.015), pytest.approx(high, abs=0.015))


def test_more_texts_make_a_narrower_interval() -> None:
    few, many = (measured(drawn(n))["heads"]["urgency"]["macro_f1"] for n in (60, 2_000))
    assert many["high"] - many["low"] < (few["high"] - few["low"]) / 3


def test_critical_is_told_by_itself_with_what_it_wakes_the_desk_for() -> None:
    pairs = [("critical", "critical")] * 6 + [("critical", "urgent")] * 2 + [("urgent", "critical")] * 3
    pairs += [("none", "critical")] * 1 + [("same_day", "critical")] * 2 + [("none", "none")] * 27
    found = measured([{"text": f"negative {said} other", "urgency": truth} for truth, said in pairs])
    critical, hot = (found["heads"]["urgency"][name] for name in ("critical", "urgent_or_critical"))
    assert critical["recall"]["value"] == 0.75 and critical["precision"]["value"] == 0.5
    assert critical["falsely"]["value"] == 0.1 and critical["cold"] == 30
    assert critical["falsely"]["low"] < 0.1 < critical["falsely"]["high"]
    assert hot["recall"]["value"] == 1.0 and hot["precision"]["value"] == round(11 / 14, 4)
    assert "none or same_day called critical 0.100" in format_report(found)


def test_what_no_text_can_tell_is_not_told_as_a_number() -> None:
    page = format_report(measured([{"text": "negative none other", "urgency": "none"}] * 5))
    assert "recall -: none in these texts" in page and "precision -: none answered" in page


def test_calibration_is_the_distance_of_confidence_and_truth() -> None:
    records = [
        {"text": f"negative none other {0.85}", "label": "negative" if i < 60 else "positive"} for i in range(100)
    ]
    records += [
        {"text": f"neutral none other {0.55}", "label": "neutral" if i < 55 else "positive"} for i in range(100)
    ]
    found = measured(records)["heads"]["sentiment"]
    assert found["calibration_error"] == pytest.approx(0.5 * 0.25 + 0.5 * 0.0, abs=1e-4)
    assert found["reliability"] == [
        {"from": 0.5, "to": 0.6, "n": 100, "confidence": 0.55, "right": 0.55},
        {"from": 0.8, "to": 0.9, "n": 100, "confidence": 0.85, "right": 0.6},
    ]
    assert "calibration error   0.125" in format_report({**measured(records)})


def test_a_whole_confidence_falls_into_the_last_width() -> None:
    tally = Tally(SENTIMENTS)
    tally.add("negative", "negative", False, {"negative": 1.0, "neutral": 0.0, "positive": 0.0})
    assert calibration_error(tally.bins) == 0.0
    assert reliability(tally.bins) == [{"from": 0.9, "to": 1.0, "n": 1, "confidence": 1.0, "right": 1.0}]


def test_calibration_is_of_the_most_probable_label_even_where_another_was_answered() -> None:
    tally = Tally(URGENCIES)
    tally.add("critical", "critical", False, {"none": 0.65, "same_day": 0.1, "urgent": 0.1, "critical": 0.15})
    assert tally.counts[3, 3] == 1 and reliability(tally.bins)[0]["right"] == 0.0


def test_the_largest_confusions_of_many_labels_are_listed() -> None:
    pairs = [("billing", "other")] * 9 + [("courier", "delivery_delay")] * 4 + [("billing", "billing")] * 9
    found = measured([{"text": f"negative none {said}", "topic": truth} for truth, said in pairs])
    assert found["heads"]["topic"]["largest_confusions"] == [
        {"truth": "billing", "answer": "other", "n": 9, "share": 0.5},
        {"truth": "courier", "answer": "delivery_delay", "n": 4, "share": 1.0},
    ]
    page = format_report(found)
    assert "billing -> other" in page and "50.0%" in page and "truth by row" not in page
    everywhere = np.ones((17, 17), int)
    assert len(largest_confusions(everywhere, TOPICS)) == 12
    assert max(map(len, format_report(measured(drawn(50))).splitlines())) <= 120


def test_few_labels_are_a_table() -> None:
    page = format_report(measured(drawn(100)))
    assert "truth by row, answer by column: none, same_day, urgent, critical" in page
    rows = [line.split() for line in page.splitlines() if line.startswith("    ")]
    assert sum(int(cell) for row in rows[-4:] for cell in row[1:]) == 100


def test_each_language_has_its_numbers() -> None:
    records = [{"text": "negative none other", "label": "negative", "lang": "en"}] * 6
    records += [{"text": "negative none other", "label": "positive", "lang": "tr"}] * 4
    records += [{"text": "negative none other", "label": "positive"}]
    found = measured(records)
    languages = found["languages"]
    assert {name: part["n"] for name, part in languages.items()} == {"en": 6, "tr": 4}
    assert languages["en"]["heads"]["sentiment"]["accuracy"]["value"] == 1.0
    assert languages["tr"]["heads"]["sentiment"]["accuracy"]["value"] == 0.0
    assert found["heads"]["sentiment"]["n"] == 11 and found["language_right"] == 0.6
    page = format_report(found)
    assert "language told right: 60.0%" in page and "tr sentiment" in page
    assert "languages" not in measured([{"text": "negative none other", "label": "negative"}])


class Losing(Reader):
    """Of an ASCII copy that begins with `s#` it reads nothing."""

    def one(self, text: str) -> Score | Unscorable:
        score = super().one(text.lstrip("şs#"))
        assert isinstance(score, Score)
        return score.model_copy(update={"sentiment": even("neutral", SENTIMENTS)}) if text.startswith("s#") else score


def test_ascii_copies_are_compared_with_their_texts() -> None:
    heard = [{"text": "şnegative none other", "label": "negative"} for _ in range(90)]
    lost = [{"text": "ş#negative none other", "label": "negative"} for _ in range(10)]
    plain = [{"text": "positive none other", "label": "positive"}] * 50
    report = evaluate([*heard, *lost, *plain], Losing(), ascii_copies=True)  # type: ignore[arg-type]
    assert report["ascii"]["changed"] == 100 and report["heads"]["sentiment"]["n"] == 150
    found = report["ascii"]["heads"]["sentiment"]
    assert found["n"] == 100 and found["accuracy"]["text"] == 1.0 and found["accuracy"]["copy"] == 0.9
    loss = found["accuracy"]["loss"]
    assert loss["value"] == 10.0 and 4 < loss["low"] < 10 < loss["high"] < 17
    assert found["answered_otherwise"] == 0.1
    page = format_report(report)
    assert "typed in ASCII: 100 texts lose letters by it" in page and "accuracy 10.00 (" in page
    assert "ascii" not in measured([{"text": "positive none other", "label": "positive"}])


def test_the_interval_of_a_loss_is_paired() -> None:
    # Half of the texts are hard in both spellings: unpaired, the interval would span far more than one mistake.
    seen = Counter({("negative", "negative", "negative"): 50, ("negative", "positive", "positive"): 50,
                    ("negative", "negative", "positive"): 1})  # fmt: skip
    loss = twins_report("sentiment", seen)["accuracy"]["loss"]
    assert loss["value"] == pytest.approx(0.99, abs=0.01) and loss["low"] == 0.0 and loss["high"] < 4


def test_copies_that_read_the_same_lose_nothing() -> None:
    for head, labels in HEADS.items():
        found = twins_report(head, Counter({(label, label, label): 3 for label in labels}))
        assert found["macro_f1"]["loss"] == {"value": 0.0, "low": 0.0, "high": 0.0}


def test_a_copy_is_as_people_type_without_a_turkish_keyboard() -> None:
    assert ascii_copy("siparişim ĞÜÇİIıöş, şikâyet 😡") == "siparisim GUCIIios, sikayet 😡"
    assert ascii_copy("plain") == "plain"


def test_a_file_of_any_length_is_read_in_the_same_memory() -> None:
    def endless(n: int) -> Iterator[dict[str, Any]]:
        for i in range(n):
            yield {
                "text": f"negative {URGENCIES[i % 4]} billing {0.5 + i % 5 / 10}",
                "urgency": "none",
                "extra": f"{i:06}" * 40,
            }

    def most(n: int) -> int:
        tracemalloc.start()
        evaluate(endless(n), Reader())  # type: ignore[arg-type]
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    most(200)  # what is laid out once
    assert most(4_000) < most(400) + 150_000  # one short string kept of each line would be 300 kB


def test_speed_and_memory_are_told_together() -> None:
    speed = measured(drawn(10))["speed"]
    assert set(speed) == {"texts_per_second", "peak_memory_mb"} and speed["peak_memory_mb"] > 10
