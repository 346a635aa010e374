"""The shipped model: small, honest about its origins, and not worse on the development sets than it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nlp import Scorer
from nlp.corpus import SETS, written
from nlp.evaluate import evaluate
from nlp.linear import SHIPPED, LinearModel
from nlp.training.examples import HELPERS

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
SCORER = Scorer.load()


def records(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        pytest.skip(f"the development set {path} is not on this machine")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_files_are_small_and_not_pickled() -> None:
    files = [path for path in SHIPPED.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 12_000_000
    assert {path.suffix for path in files} <= {".npz", ".npy", ".gz", ".json", ".md"}


def test_the_card_names_every_set_and_licence() -> None:
    for folder, model in ((SHIPPED, LinearModel.load().version), (SHIPPED.parent / "cascade", SCORER.model)):
        card = (folder / "CARD.md").read_text(encoding="utf-8")
        assert model in card
        for used in SETS if folder is SHIPPED else (*SETS, *HELPERS):
            assert used.file in card and used.licence in card
        for part in ("What it is for", "learnt from", "Development sets", "Where it fails", "nlp/training/mentions"):
            assert part in card


def test_our_own_mentions_cover_every_label_in_both_languages() -> None:
    mentions = written(ROOT / "nlp" / "training" / "mentions")
    assert len(mentions) >= 800
    for language in ("tr", "en"):
        spoken = [m for m in mentions if m.language == language]
        assert len({m.topic for m in spoken}) == 17
        assert len({m.urgency for m in spoken}) == 4
        assert len({m.sentiment for m in spoken}) == 3


def test_no_training_mention_is_a_text_of_the_development_sets() -> None:
    def plain(text: str) -> str:
        return " ".join(text.lower().split())

    ours = {plain(m.text) for m in written(ROOT / "nlp" / "training" / "mentions")}
    held = {plain(r["text"]) for r in records(DATA / "urgency" / "desk_gold_dev.jsonl")}
    for path in sorted((DATA / "sentiment" / "dev").glob("*.jsonl")):
        # single words and greetings may coincide without having been copied
        held |= {text for text in (plain(r["text"]) for r in records(path)) if len(text) > 25}
    assert not ours & held


# The first bars, and what the model reached when it was shipped less the room that a small set needs.
@pytest.mark.parametrize(
    ("name", "measure", "least"),
    [
        ("bank_tweets_tr", "macro_f1", 0.62),
        ("university_tweets_tr", "macro_f1", 0.41),
        ("tweeteval_val_en", "macro_recall", 0.70),
        ("airline_tweets_en", "macro_f1", 0.67),
        ("humir_reviews_tr", "accuracy", 0.89),
        ("winvoker_reviews_tr", "accuracy", 0.85),
    ],
)
def test_sentiment_on_development_sets(name: str, measure: str, least: float) -> None:
    report = evaluate(records(DATA / "sentiment" / "dev" / f"{name}.jsonl"), SCORER)
    assert report["heads"]["sentiment"][measure]["value"] >= least
    assert report["language_right"] >= 0.98


def test_urgent_is_found_on_the_desk_set() -> None:
    report = evaluate(records(DATA / "urgency" / "desk_gold_dev.jsonl"), SCORER)
    hot = report["heads"]["urgency"]["urgent_or_critical"]
    assert hot["recall"]["value"] >= 0.66
    assert hot["precision"]["value"] >= 0.55
