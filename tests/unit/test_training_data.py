"""The project's own mentions: enough of them, by the rubric, no copies, and what judges is not among what teaches."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from datasketch import MinHash, MinHashLSH

from nlp.corpus import WrittenMention, fold_of, written
from nlp.normalise import forms

TRAINING = Path(__file__).parents[2] / "nlp" / "training"
MENTIONS = written(TRAINING / "mentions")


def records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


HELD = [record["text"] for path in sorted((TRAINING / "held").glob("*.jsonl")) for record in records(path)]


def test_there_are_enough_in_both_languages() -> None:
    spoken = Counter(mention.language for mention in MENTIONS)
    assert len(MENTIONS) >= 4_000
    assert 0.60 < spoken["tr"] / len(MENTIONS) < 0.75
    neutral = Counter(mention.language for mention in MENTIONS if mention.sentiment == "neutral")
    assert neutral["tr"] >= 1_200 and neutral["en"] >= 500
    for head in ("sentiment", "urgency", "topic"):
        seen = Counter((mention.language, getattr(mention, head)) for mention in MENTIONS)
        assert min(seen.values()) >= 40, seen.most_common()[-3:]


def test_every_line_says_what_kind_of_text_it_is() -> None:
    kinds: Counter[str] = Counter()
    for path in (TRAINING / "mentions").glob("*.jsonl"):
        for record in records(path):
            assert set(record) == {"text", "lang", "kind", "sector", "sentiment", "urgency", "topic", "theme"}, record
            kinds[record["kind"]] += 1
    assert set(kinds) == {"tweet", "complaint_portal", "review", "forum", "mail", "news", "shop_question", "chat"}


def shingles(text: str, language: str) -> set[str]:
    read = " ".join(forms(text, language))
    return {read[at : at + 4] for at in range(max(1, len(read) - 3))}


def near(texts: list[set[str]], others: list[set[str]], least: float) -> Iterator[tuple[int, int]]:
    """Places of texts and others whose shingles agree to `least` (Jaccard) and more."""
    index, hashes = MinHashLSH(threshold=least - 0.1, num_perm=64), []
    for place, text in enumerate(others):
        hashes.append(MinHash(64))
        hashes[-1].update_batch([piece.encode() for piece in text])
        index.insert(place, hashes[-1])
    for place, text in enumerate(texts):
        told = hashes[place] if texts is others else MinHash(64)
        if texts is not others:
            told.update_batch([piece.encode() for piece in text])
        for other in index.query(told):
            agree = len(text & others[other]) / max(len(text | others[other]), 1)
            if agree >= least and (texts is not others or place < other):
                yield place, other


def test_no_two_are_nearly_the_same() -> None:
    cut = [shingles(mention.text, mention.language) for mention in MENTIONS]
    assert [(MENTIONS[a].text, MENTIONS[b].text) for a, b in near(cut, cut, 0.7)] == []


def test_what_judges_is_not_among_what_teaches() -> None:
    cut = [shingles(mention.text, mention.language) for mention in MENTIONS]
    incidents = [record["text"] for record in records(TRAINING / "incidents" / "train.jsonl")]
    cut += [shingles(text, "tr") for text in incidents]
    held = [shingles(text, "tr") for text in HELD]
    # Two texts of a word or two can agree by chance; what matters is a sentence.
    found = [HELD[a] for a, _ in near(held, cut, 0.7) if len(HELD[a]) > 25]
    assert found == []


def test_a_theme_is_never_on_both_sides() -> None:
    sides: dict[str, set[int]] = defaultdict(set)
    for mention in MENTIONS:
        sides[mention.theme].add(fold_of(mention.theme, 8))
    assert all(len(side) == 1 for side in sides.values())


@pytest.mark.parametrize("name", ["second_labels", "settled"])
def test_the_second_labelling_points_at_what_is_there(name: str) -> None:
    lines: dict[str, list[dict[str, Any]]] = {}
    told = records(TRAINING / "agreement" / f"{name}.jsonl")
    assert len(told) >= (500 if name == "second_labels" else 100)
    for one in told:
        file, _, number = one["id"].partition(":")
        lines.setdefault(file, records(TRAINING / "mentions" / file))
        mention = lines[file][int(number) - 1]
        if name == "settled":
            assert mention[one["head"]] == one["settled"], one["id"]


def test_the_held_back_set_has_what_it_must_judge() -> None:
    held = records(TRAINING / "held" / "written.jsonl")
    assert Counter(one["urgency"] for one in held)["critical"] >= 60
    assert min(Counter(one["topic"] for one in held).values()) >= 8
    assert isinstance(MENTIONS[0], WrittenMention)
