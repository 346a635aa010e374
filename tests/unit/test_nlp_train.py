"""Training and measuring on a tiny made-up corpus: reproducible to the byte, strict about broken input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nlp import Scorer
from nlp.corpus import SETS, fold_of, licensed, written
from nlp.decide import Thresholds, confidence, most_likely, urgency
from nlp.evaluate import evaluate, format_report
from nlp.train import TrainingError, train

OURS = [
    ("kargom {} gelmedi", "tr", "negative", "same_day", "delivery_delay"),
    ("{} şube kaçta açılıyor", "tr", "neutral", "same_day", "question"),
    ("{} çok güzel teşekkürler", "tr", "positive", "none", "praise"),
    ("kartım çalındı {} yardım edin", "tr", "negative", "urgent", "privacy_fraud"),
    ("prizden duman çıktı {}", "tr", "negative", "critical", "safety"),
    ("my parcel {} is late", "en", "negative", "same_day", "delivery_delay"),
    ("when does the {} open", "en", "neutral", "same_day", "question"),
    ("love the {} thanks", "en", "positive", "none", "praise"),
    ("stuck at the {} tonight", "en", "negative", "urgent", "cancellation"),
    ("the {} caught fire", "en", "negative", "critical", "safety"),
]
FILL = ["dün", "bugün", "yine", "hâlâ", "burada", "evde", "shop", "box", "kettle", "gate"]


def corpus(folder: Path) -> tuple[Path, Path]:
    data, mentions = folder / "data", folder / "mentions"
    (data / "sentiment" / "train").mkdir(parents=True)
    mentions.mkdir()
    tr = [{"text": f"{word} film {n}", "label": label, "lang": "tr"} for n in range(20) for word, label in
          (("harika", "positive"), ("berbat", "negative"))]  # fmt: skip
    en = [{"text": f"{word} day {n}", "label": label, "lang": "en"} for n in range(20) for word, label in
          (("great", "positive"), ("awful", "negative"), ("some", "neutral"))]  # fmt: skip
    lines(data / "sentiment" / "train" / "boun_movies_tr.jsonl", tr)
    lines(data / "sentiment" / "train" / "semeval2017_en.jsonl", en)
    ours = [
        {"text": text.format(word), "lang": lang, "sentiment": sentiment, "urgency": how, "topic": topic,
         "theme": f"{topic} {word}"}
        for word in FILL for text, lang, sentiment, how, topic in OURS
    ]  # fmt: skip
    lines(mentions / "a.jsonl", ours)
    return data, mentions


def lines(path: Path, records: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records), encoding="utf-8")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_the_same_input_makes_the_same_bytes(tmp_path: Path) -> None:
    data, mentions = corpus(tmp_path)
    first = train(data, mentions, tmp_path / "one")
    second = train(data, mentions, tmp_path / "two")
    assert first == second
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert not list(tmp_path.glob(".*"))
    card = (tmp_path / "one" / "CARD.md").read_text(encoding="utf-8")
    assert first["model"] in card and "boun_movies_tr" in card and "MIT" in card and "winvoker" not in card

    scorer = Scorer.load(tmp_path / "one")
    report = evaluate(
        [
            {"text": "kargom yarın gelmedi", "sentiment": "negative", "urgency": "same_day", "topic": None},
            {"text": "some day", "label": "neutral"},
            {"text": "great day", "label": "positive", "lang": "en"},
            {"text": "whatever", "label": None},
        ],
        scorer,
    )
    assert report["n"] == 3 and report["read"] == 4
    assert report["heads"]["sentiment"]["n"] == 3
    assert report["not_judged"]["sentiment"] == 1
    assert "topic" not in report["heads"]
    assert report["heads"]["sentiment"]["accuracy"]["value"] == 1.0
    assert "urgent or critical" in format_report(report)


def test_training_again_replaces_and_a_failure_keeps_the_old(tmp_path: Path) -> None:
    data, mentions = corpus(tmp_path)
    out = tmp_path / "model"
    train(data, mentions, out)
    before = contents(out)
    (mentions / "b.jsonl").write_text('{"text": "x", "lang": "tr", "sentiment": "so so"}\n', encoding="utf-8")
    with pytest.raises(TrainingError, match=r"b\.jsonl, line 1: sentiment is 'so so'"):
        train(data, mentions, out)
    assert contents(out) == before
    (mentions / "b.jsonl").unlink()
    (mentions / "a.jsonl").write_text((mentions / "a.jsonl").read_text(encoding="utf-8") * 2, encoding="utf-8")
    train(data, mentions, out)
    assert contents(out) == before  # a repeated text counts once


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("{", "not JSON"),
        ("[1]", "no text"),
        ('{"text": ""}', "no text"),
        ('{"text": "x", "lang": "de"}', "lang is 'de'"),
        ('{"text": "x", "lang": "tr", "sentiment": "negative", "urgency": "now"}', "urgency is 'now'"),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, line: str, sentence: str) -> None:
    (tmp_path / "m.jsonl").write_text(line + "\n", encoding="utf-8")
    with pytest.raises(TrainingError, match=sentence) as caught:
        written(tmp_path)
    assert "m.jsonl" in str(caught.value)


def test_no_mentions_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no training mentions"):
        written(tmp_path)


def test_nothing_that_trains_reads_a_development_set(tmp_path: Path) -> None:
    (tmp_path / "sentiment" / "dev").mkdir(parents=True)
    lines(tmp_path / "sentiment" / "dev" / "boun_movies_tr.jsonl", [{"text": "x", "label": "negative"}])
    assert licensed(tmp_path, "tr", 7) == ([], [])
    forbidden = ("tweeteval", "airline", "bank_tweets", "university", "general_tweets", "gold")
    assert not any(name in used.file for used in SETS for name in forbidden)
    assert not any("NC" in used.licence for used in SETS)


def test_a_theme_stays_in_one_fold() -> None:
    assert {fold_of("kargo gecikti", 5) for _ in range(10)} == {fold_of("kargo gecikti", 5)}
    assert {fold_of(f"theme {i}", 5) for i in range(100)} == set(range(5))


def test_urgency_is_decided_by_what_a_mistake_costs() -> None:
    thresholds = Thresholds(hot=0.3, critical=0.5, sure={})
    probs = {"none": 0.3, "same_day": 0.38, "urgent": 0.2, "critical": 0.12}
    assert most_likely(probs) == "same_day"
    assert urgency(probs, thresholds) == "urgent"
    assert urgency({**probs, "critical": 0.25, "urgent": 0.07}, thresholds) == "critical"
    assert urgency({"none": 0.5, "same_day": 0.3, "urgent": 0.1, "critical": 0.1}, thresholds) == "none"
    assert confidence("urgency", "urgent", probs) == 1.0  # a person sees it within hours anyway
    assert confidence("urgency", "same_day", probs) == 0.38
    assert confidence("topic", "other", {"other": 0.2}) == 0.2


def test_an_answer_that_may_be_due_is_due() -> None:
    record = {"hot": 0.5, "critical": 0.5, "sure": {}}
    probs = {"none": 0.6, "same_day": 0.38, "urgent": 0.01, "critical": 0.01}
    assert urgency(probs, Thresholds.from_record(record)) == "none"
    assert urgency(probs, Thresholds.from_record({**record, "answer": 0.35})) == "same_day"
