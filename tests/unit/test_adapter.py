"""The adapter: what a desk taught, added to what the shipped model says, and kept without a word of a customer."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.adapter import Adapted, AdaptedHead, Adapter, Shift, print_of
from nlp.backend import HEADS, ReadText
from nlp.lessons import Layout
from nlp.linear import ModelError, softmax
from nlp.scorer import Scorer
from tests.unit import toy_desk

TOY = toy_desk.model()
SCORER = Scorer(TOY)
WORDS = [*toy_desk.FILLER["tr"], *toy_desk.FILLER["en"], *toy_desk.MARKED["tr"], "duman", "smoke", "🙂", "xyzzy", "!"]


def column(word: str, language: str) -> int:
    return TOY.spaces[language].words.index(word)


def shift(language: str, words: dict[str, tuple[str, float]], head: str = "topic", bias: float = 0.0) -> Shift:
    """A shift that lifts, for each word, one label by so much."""
    columns = sorted(column(word, language) for word in words)
    weights = np.zeros((len(columns), len(HEADS[head])), np.float32)
    for word, (label, lift) in words.items():
        weights[columns.index(column(word, language)), HEADS[head].index(label)] = lift
    level = np.zeros(len(HEADS[head]), np.float32)
    level[0] = bias
    return Shift(np.array(columns, np.int32), weights, level)


def adapter(heads: dict[str, AdaptedHead], base: str = TOY.version) -> Adapter:
    return Adapter.named(base, print_of(TOY.spaces), heads, {"lessons": {"7": "0" * 16}})


LIFTED = adapter({"topic": AdaptedHead({"tr": shift("tr", {"dolap": ("other", 30.0)}, bias=0.25)}, 1.25)})


def read(text: str) -> ReadText:
    return SCORER.read(text)


def test_an_empty_adapter_changes_nothing_but_the_name() -> None:
    empty = Adapted(TOY, adapter({}), TOY.spaces)
    text = read("kargo gecikti dün dolap")
    [one], [two] = TOY.judge([text]), empty.judge([text])
    for head, labels in HEADS.items():
        assert two.probs(head) == one.probs(head)
        assert list(two.pull(head, labels[0])) == list(one.pull(head, labels[0]))
    assert empty.version == f"{TOY.version}+{adapter({}).version}"
    assert empty.decision == TOY.decision and two.known == one.known


def test_what_was_taught_moves_its_words_and_nothing_else() -> None:
    adapted = Adapted(TOY, LIFTED, TOY.spaces)
    marked, plain = read("kargo gecikti dün dolap"), read("kargo gecikti dün sabah")
    [one], [two] = TOY.judge([marked]), adapted.judge([marked])
    assert max(one.probs("topic"), key=one.probs("topic").__getitem__) == "delivery_delay"
    assert max(two.probs("topic"), key=two.probs("topic").__getitem__) == "other"
    added = np.array(two.pull("topic", "other")) * 1.25 - np.array(one.pull("topic", "other"))
    assert [round(float(value), 3) for value in added[:3]] == [0, 0, 0] and added[3] > 2
    assert two.probs("urgency") == one.probs("urgency")
    [before], [after] = TOY.judge([plain]), adapted.judge([plain])
    flat = softmax((np.log(list(before.probs("topic").values())) + np.eye(17)[0] * 0.25) / 1.25)
    assert np.allclose(list(after.probs("topic").values()), flat, atol=1e-5)


def test_another_language_is_judged_as_shipped() -> None:
    text = ReadText("parcel late", "en", read("parcel late").tokens)
    [one], [two] = TOY.judge([text]), Adapted(TOY, LIFTED, TOY.spaces).judge([text])
    assert one.probs("topic") == two.probs("topic")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=12), st.sampled_from(["tr", "en"]))
def test_the_pulls_sum_to_what_the_shift_adds(words: list[str], language: str) -> None:
    text = ReadText(" ".join(words), language, read(" ".join(words)).tokens)
    taught = {"dolap": ("other", 1.5), "sabah": ("courier", -2.0), "vestiyer": ("billing", 0.5)}
    made = adapter({"topic": AdaptedHead({"tr": shift("tr", taught)})})
    [one], [two] = TOY.judge([text]), Adapted(TOY, made, TOY.spaces).judge([text])
    probs = two.probs("topic")
    assert abs(sum(probs.values()) - 1) < 1e-9 and all(0 <= value <= 1 for value in probs.values())
    for label in ("other", "courier"):
        added = sum(two.pull("topic", label)) - sum(one.pull("topic", label))
        logits = np.log(list(two.probs("topic").values())) - np.log(np.maximum(list(one.probs("topic").values()), 1e-6))
        place = HEADS["topic"].index(label)
        others = (logits.sum() - logits[place]) / (len(logits) - 1)
        assert added == pytest.approx(logits[place] - others, abs=1e-3)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join), min_size=2, max_size=5))
def test_a_text_is_judged_by_itself(texts: list[str]) -> None:
    adapted = Adapted(TOY, LIFTED, TOY.spaces)
    together = adapted.judge([read(text) for text in texts])
    alone = [adapted.judge([read(text)])[0] for text in texts]
    assert [one.probs("topic") for one in together] == [one.probs("topic") for one in alone]


def test_saved_and_loaded_it_says_the_same(tmp_path: Path) -> None:
    LIFTED.save(tmp_path / "a")
    LIFTED.save(tmp_path / "b")
    assert (tmp_path / "a/adapter.npz").read_bytes() == (tmp_path / "b/adapter.npz").read_bytes()
    again = Adapter.load(tmp_path / "a")
    assert (again.version, again.base, again.record) == (LIFTED.version, LIFTED.base, LIFTED.record)
    text = read("dolap gecikti")
    [one], [two] = (Adapted(TOY, made, TOY.spaces).judge([text]) for made in (LIFTED, again))
    assert one.probs("topic") == two.probs("topic")


def test_the_version_names_the_numbers() -> None:
    others = [
        adapter({}),
        adapter({"topic": AdaptedHead({"tr": shift("tr", {"dolap": ("other", 30.5)}, bias=0.25)}, 1.25)}),
        adapter({"topic": AdaptedHead({"tr": shift("tr", {"dolap": ("other", 30.0)}, bias=0.25)}, 1.5)}),
        adapter({"topic": AdaptedHead({"en": shift("en", {"closet": ("other", 30.0)}, bias=0.25)}, 1.25)}),
        adapter(dict(LIFTED.heads), base="linear-1-00000000"),
    ]
    assert len({LIFTED.version, *(one.version for one in others)}) == 6
    assert LIFTED.version.startswith("desk-1-") and len(LIFTED.version) == len("desk-1-") + 8


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def _other_numbers(path: Path) -> None:
    with np.load(path) as held:
        arrays = dict(held)
    arrays["topic.tr.weights"] = arrays["topic.tr.weights"] + np.float16(1)
    np.savez_compressed(path, **arrays)


def _said(name: str, value: object) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        record = json.loads(path.read_text(encoding="utf-8"))
        record[name] = value
        path.write_text(json.dumps(record), encoding="utf-8")

    return change


@pytest.mark.parametrize(
    ("file", "damage", "sentence"),
    [
        ("adapter.json", Path.unlink, "no whole adapter"),
        ("adapter.npz", Path.unlink, "no whole adapter"),
        ("adapter.json", _cut, "damaged"),
        ("adapter.npz", _cut, "damaged"),
        ("adapter.npz", _other_numbers, "not the one that its name says"),
        ("adapter.json", _said("format", 2), "format 2"),
        ("adapter.json", _said("version", "desk-1-00000000"), "not the one"),
        ("adapter.json", _said("heads", {"mood": {"languages": [], "temperature": 1}}), "damaged"),
        ("adapter.json", _said("heads", {"topic": {"languages": ["tr"], "temperature": 0}}), "damaged"),
        ("adapter.json", _said("heads", {"urgency": {"languages": ["tr"], "temperature": 1}}), "damaged"),
        ("adapter.json", _said("heads", []), "damaged"),
    ],
)  # fmt: skip
def test_a_damaged_adapter_is_a_sentence(
    tmp_path: Path, file: str, damage: Callable[[Path], None], sentence: str
) -> None:
    LIFTED.save(tmp_path)
    damage(tmp_path / file)
    with pytest.raises(ModelError, match=sentence):
        Adapter.load(tmp_path)


def test_on_another_shipped_model_it_is_refused() -> None:
    with pytest.raises(ModelError, match=r"was taught on linear-1-00000000; .*nobet train --from-desk"):
        Adapted(TOY, adapter({}, base="linear-1-00000000"), TOY.spaces)
    with pytest.raises(ModelError):
        Adapted(TOY, adapter({}), {"tr": TOY.spaces["tr"]})


def test_nothing_a_customer_wrote_is_in_the_folder(tmp_path: Path) -> None:
    LIFTED.save(tmp_path)
    held = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"dolap" not in held and b"wardrobe" not in held


def test_a_layout_puts_languages_side_by_side_and_takes_them_apart_again() -> None:
    layout, chance = Layout(TOY.spaces), random.Random(4)
    encoded = [(name, TOY.spaces[name].encode(chance.choices(WORDS, k=8))) for name in ("tr", "en", "tr")]
    rows = layout.rows(encoded)
    assert rows.shape == (3, sum(len(space) for space in TOY.spaces.values()) + 2)
    kept = np.unique(rows.indices).astype(np.int64)
    dense = np.random.default_rng(5).normal(size=(len(kept), 17)).astype(np.float16).astype(np.float64)
    shifts = layout.shifts((kept, dense))
    expected = rows[:, kept] @ dense
    for i, (name, one) in enumerate(encoded):
        assert np.allclose(shifts[name].of(one), expected[i], atol=1e-3)
