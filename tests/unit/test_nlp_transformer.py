"""The transformer: pieces and their places, judgements that depend on one text alone, reasons that moved them."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp import Scorer, backends
from nlp.backend import HEADS, ReadText
from nlp.cascade import Blend, Cascade
from nlp.linear import LinearModel, ModelError, softmax
from nlp.transformer import LONGEST, SHIPPED, TransformerModel

MODEL = TransformerModel.load()
CASCADE = Cascade.load()
READER = Scorer(LinearModel.load())
HELD = Path(__file__).parents[2] / "nlp" / "training" / "held" / "written.jsonl"


def read(text: str, language: str = "tr") -> ReadText:
    return READER.read(text, language)


def test_every_piece_belongs_to_the_word_it_came_from() -> None:
    text = read("Siparişim 12 gündür gelmedi, @MarkaDestek r e z a l e t!")
    found = MODEL.read(text)
    vocabulary = json.loads((SHIPPED / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    spelled = [""] * len(found.chunks)
    for piece, chunk in zip(found.pieces[1:-1], found.chunk_of, strict=True):
        spelled[chunk] += vocabulary[piece][0]
    assert [word.replace("▁", "") for word in spelled] == [chunk.form for chunk in found.chunks]


def test_a_long_text_keeps_its_beginning_and_its_end() -> None:
    found = MODEL.read(read("kargom gelmedi " * 200 + "iade istiyorum"))
    assert len(found.pieces) == LONGEST
    assert found.chunk_of[0] == 0 and found.chunk_of[-1] == len(found.chunks) - 1


@given(st.lists(st.text(max_size=60), min_size=2, max_size=6))
@settings(max_examples=30, deadline=None)
def test_a_judgement_does_not_depend_on_its_neighbours(texts: list[str]) -> None:
    together = MODEL.judge([read(text) for text in texts])
    for text, judged in zip(texts, together, strict=True):
        assert np.array_equal(judged.logits, MODEL.judge_one(read(text)).logits)


def test_what_pieces_gave_adds_up() -> None:
    """The head is linear in what pieces give, so between two texts logits differ as the sums of what was given do."""
    one, other = (MODEL.judge_one(read(text)) for text in ("kargom gelmedi", "harika bir ürün, teşekkürler"))
    given_one, given_other = one._given.sum(axis=0), other._given.sum(axis=0)
    assert np.allclose(given_one - given_other, one.logits - other.logits, atol=0.15)  # int8 rounds the two sums apart


def test_an_embedding_has_unit_length() -> None:
    found = MODEL.embed([read("kargom gelmedi"), read("my parcel is late", "en"), read("")])
    assert found.shape == (3, found.shape[1]) and np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-3)


@pytest.mark.parametrize("backend", ["transformer", "cascade", "linear"])
def test_taking_the_reasons_away_moves_the_label_more_than_taking_other_words(backend: str) -> None:
    """The deletion test: over the held-back texts, without its two top words against without two others."""
    model = backends.load(backend)
    scorer = Scorer(model)
    texts = [json.loads(line)["text"] for line in HELD.read_text(encoding="utf-8").splitlines()][:120]
    dice = random.Random(7)
    by_reasons: dict[str, list[float]] = {head: [] for head in HEADS}
    by_chance: dict[str, list[float]] = {head: [] for head in HEADS}
    for text in texts:
        whole = scorer.read(text)
        if len(whole.tokens) < 6:
            continue
        judged = model.judge([whole])[0]
        for head in HEADS:
            label = max(judged.probs(head), key=judged.probs(head).__getitem__)
            pull = judged.pull(head, label)
            order = sorted(range(len(pull)), key=lambda place: -pull[place])
            others = dice.sample(order[2:], 2)
            for places, moved in ((order[:2], by_reasons), (others, by_chance)):
                rest = scorer.read(without(whole, places), whole.language)
                moved[head].append(judged.probs(head)[label] - model.judge([rest])[0].probs(head)[label])
    for head in HEADS:
        assert np.mean(by_reasons[head]) > 2 * max(np.mean(by_chance[head]), 0.01), head


def without(text: ReadText, places: list[int]) -> str:
    kept, at = [], 0
    for place in sorted(places):
        kept.append(text.text[at : text.tokens[place].start])
        at = text.tokens[place].end
    return "".join([*kept, text.text[at:]])


def test_a_blend_is_what_it_says() -> None:
    blend = Blend(0.5, 2.0, (0.0, 1.0))
    logits = blend.logits(np.array([0.25, 0.75]), np.array([1.0, 0.0]))
    assert np.allclose(logits, [0.5 * np.log(0.25) + 2.0, 0.5 * np.log(0.75) + 1.0])
    shifted = Blend(1.0, 0.0, (0.0, 0.0), (0.0, -1.0))
    assert np.allclose(shifted.alone(np.array([0.5, 0.5])), np.log([0.5, 0.5]) + np.array([0, -1]))
    assert np.allclose(
        softmax(Blend(1.0, 0.0, (0.0, 0.0)).logits(np.array([0.25, 0.75]), np.array([9.0, 0.0]))), [0.25, 0.75]
    )


def test_what_the_linear_models_are_sure_of_they_answer_alone() -> None:
    linear = LinearModel.load()
    texts = [read(json.loads(line)["text"]) for line in HELD.read_text(encoding="utf-8").splitlines()]
    alone = [text for text in texts if CASCADE.is_sure(linear.judge_one(text))]
    assert 0 < len(alone) < len(texts)
    for text, judged in zip(alone, CASCADE.judge(alone), strict=True):
        own = linear.judge_one(text)
        assert judged.probs("urgency") == own.probs("urgency") and judged.probs("topic") == own.probs("topic")
        assert judged.pull("topic", "other") == own.pull("topic", "other")


def test_a_missing_or_damaged_model_says_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="There is no transformer"):
        TransformerModel.load(tmp_path)
    (tmp_path / "model.json").write_text("{", encoding="utf-8")
    with pytest.raises(ModelError, match="not readable"):
        TransformerModel.load(tmp_path)
    (tmp_path / "model.json").write_text('{"format": 9}', encoding="utf-8")
    with pytest.raises(ModelError, match="format 9"):
        TransformerModel.load(tmp_path)
    for name in ("model.json", "tokenizer.json"):
        (tmp_path / name).write_bytes((SHIPPED / name).read_bytes())
    (tmp_path / "model.onnx").write_bytes((SHIPPED / "model.onnx").read_bytes()[:100_000])
    with pytest.raises(ModelError, match="damaged"):
        TransformerModel.load(tmp_path)


def test_parts_that_were_not_made_for_each_other_are_refused(tmp_path: Path) -> None:
    models = SHIPPED.parent
    (tmp_path / "cascade").mkdir()
    for part in ("linear", "transformer"):
        (tmp_path / part).symlink_to(models / part)
    record = json.loads((models / "cascade" / "model.json").read_text(encoding="utf-8"))
    (tmp_path / "cascade" / "model.json").write_text(json.dumps({**record, "linear": "linear-0"}), encoding="utf-8")
    with pytest.raises(ModelError, match="was made for linear-0"):
        Cascade.load(tmp_path)
    (tmp_path / "cascade" / "model.json").write_text(json.dumps({**record, "blend": {}}), encoding="utf-8")
    with pytest.raises(ModelError, match="damaged"):
        Cascade.load(tmp_path)


def test_the_shipped_files_are_small_and_nothing_is_pickled() -> None:
    files = [path for path in SHIPPED.parent.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 40_000_000
    assert {path.suffix for path in files} <= {".npz", ".npy", ".gz", ".json", ".md", ".onnx"}
