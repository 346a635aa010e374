"""Making the transformer: weights, vocabulary, typing, calibration without torch; two small trainings with it."""

from __future__ import annotations

import itertools
import json
import random
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlp import thresholds
from nlp.backend import HEADS
from nlp.corpus import TrainingError
from nlp.linear import softmax
from nlp.training import base, blend, examples, vocabulary

PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁kargo", "m", "▁gel", "medi", "▁", "a", "▁never", "▁seen"]


def encoder(path: Path, layers: int = 2, hidden: int = 32, inner: int = 64, words: int = 12) -> dict[str, Any]:
    """Writes an encoder file of the format base.py reads; returns its tensors."""
    dice = np.random.default_rng(1)
    shapes: dict[str, tuple[int, ...]] = {
        "emb.word": (words, hidden), "emb.pos": (160, hidden), "emb.type": (2, hidden),
        "emb.ln.w": (hidden,), "emb.ln.b": (hidden,),
    }  # fmt: skip
    for layer in range(layers):
        for part in ("q", "k", "v", "ao"):
            shapes |= {f"l{layer}.{part}.w": (hidden, hidden), f"l{layer}.{part}.b": (hidden,)}
        shapes |= {f"l{layer}.fi.w": (inner, hidden), f"l{layer}.fi.b": (inner,)}
        shapes |= {f"l{layer}.fo.w": (hidden, inner), f"l{layer}.fo.b": (hidden,)}
        shapes |= {f"l{layer}.{norm}.{end}": (hidden,) for norm in ("aln", "oln") for end in ("w", "b")}
    tensors, table, data = {}, b"", b""
    blob = "".join(PIECES).encode()
    sizes = (1, hidden, layers, 4, inner, words, 160, 2, 1e-12, 0, len(PIECES), 0, 2, 1, 3, len(blob))
    head = b"E5S1" + struct.pack("<I7ifi5iQ", *sizes)
    head += b"\0" * 4 * (2 * len(PIECES) + 1) + blob + struct.pack("<iI", 0, 0)
    size = len(head) + 4 + sum(2 + len(name) + 21 for name in shapes)
    begin = size + -size % 64
    for name, shape in shapes.items():
        values = dice.integers(-8, 8, shape).astype(np.float32) * 0.5
        tensors[name] = values
        if (name.endswith(".w") and len(shape) == 2) or name == "emb.word":
            codes = (values.reshape(-1, 32) / 0.5 + 8).astype(np.uint8)
            packed = codes[:, :16] | codes[:, 16:] << 4
            raw = b"".join(np.float16(0.5).tobytes() + row.tobytes() for row in packed)
            kind = 1
        else:
            raw, kind = values.tobytes(), 0
        data += b"\0" * (-len(data) % 64)
        place = begin + len(data)
        table += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", kind, values.size, place, len(raw))
        data += raw
    path.write_bytes(head + struct.pack("<i", len(shapes)) + table + b"\0" * (begin - size) + data)
    return tensors


def test_the_encoder_is_read_to_the_last_bit(tmp_path: Path) -> None:
    written = encoder(tmp_path / "encoder.bin")
    found = base.read(tmp_path / "encoder.bin", 1)
    assert (found.hidden, found.layers, found.inner) == (32, 1, 64)
    assert set(found.tensors) == {name for name in written if not name.startswith("l1.")}
    for name, tensor in found.tensors.items():
        assert np.array_equal(tensor, written[name]), name


def test_a_file_of_another_kind_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "encoder.bin").write_bytes(b"GGUF" + b"\0" * 100)
    with pytest.raises(TrainingError, match="not an encoder of the expected format"):
        base.read(tmp_path / "encoder.bin", 1)
    encoder(tmp_path / "encoder.bin")
    with pytest.raises(TrainingError, match="has 2 layers, not 5"):
        base.read(tmp_path / "encoder.bin", 5)
    with pytest.raises(TrainingError, match=r"not installed.*requirements-train"):
        base.packaged("no_such_package_at_all", "x")


def tokenizer(path: Path) -> None:
    metaspace = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    record = {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [{"id": place, "content": PIECES[place], "single_word": False, "lstrip": False, "rstrip": False,
                          "normalized": False, "special": True} for place in range(4)],
        "normalizer": None, "pre_tokenizer": metaspace, "post_processor": None, "decoder": metaspace,
        "model": {"type": "Unigram", "unk_id": 3, "vocab": [[piece, -float(n)] for n, piece in enumerate(PIECES)],
                  "byte_fallback": False},
    }  # fmt: skip
    path.write_text(json.dumps(record), encoding="utf-8")


def test_only_pieces_that_occur_are_kept_and_cut_as_before(tmp_path: Path) -> None:
    from tokenizers import Tokenizer

    tokenizer(tmp_path / "whole.json")
    texts = ["kargom gelmedi", "kargo gelmedi"]
    record, kept = vocabulary.trim(tmp_path / "whole.json", texts, 100)
    assert [PIECES[place] for place in kept] == PIECES[:10]
    (tmp_path / "cut.json").write_text(json.dumps(record), encoding="utf-8")
    whole = Tokenizer.from_file(str(tmp_path / "whole.json"))
    cut = Tokenizer.from_file(str(tmp_path / "cut.json"))
    for text in texts:
        assert cut.encode(text).tokens == whole.encode(text).tokens
    fewest, _ = vocabulary.trim(tmp_path / "whole.json", texts, 0)
    assert len(fewest["model"]["vocab"]) == 7, "special pieces, letters and the space always stay"


def test_typing_is_like_people_s_and_only_turkish_loses_its_letters() -> None:
    dice = random.Random(1)
    turkish = [examples.typed("şikâyetim çözülmedi, iade istiyorum", "tr", dice) for _ in range(400)]
    folded = sum(text.isascii() for text in turkish)
    assert 120 < folded < 280
    assert len(set(turkish)) > 40 and "şikâyetim çözülmedi, iade istiyorum" in turkish
    assert all(text for text in turkish)
    assert examples.typed("", "tr", dice) == "" and examples.typed("ok", "en", random.Random(3))


def test_weights_of_two_opinions_find_the_better_one() -> None:
    dice = np.random.default_rng(3)
    truth = dice.integers(0, 3, 600)
    knows = np.eye(3)[truth] * 3 + dice.normal(0, 1, (600, 3))
    guesses = softmax(dice.normal(0, 1, (600, 3)))
    found = blend.weigh(guesses, knows, truth)
    assert found.transformer > 4 * found.linear
    assert blend.macro_f1(found.logits(guesses, knows).argmax(1), truth, 3) > 0.9


def test_the_curve_goes_from_always_asking_to_never() -> None:
    dice = np.random.default_rng(4)
    truth = {head: dice.integers(0, len(labels), 400) for head, labels in HEADS.items()}
    both = {head: softmax(np.eye(len(HEADS[head]))[truth[head]] * 9) for head in HEADS}
    linear = {head: softmax(dice.normal(0, 1, (400, len(HEADS[head])))) for head in HEADS}
    points = blend.curve(linear, both, truth)
    assert points[0]["alone"] == 0.0 and points[0]["topic"] == 1.0
    assert points[-1]["alone"] == 1.0 and points[-1]["topic"] < 0.3
    assert all(a["topic"] >= b["topic"] - 1e-9 for a, b in itertools.pairwise(points))


def test_critical_is_not_bought_with_false_alarms() -> None:
    share = np.concatenate([np.linspace(0.3, 1, 50), np.linspace(0, 0.6, 950)])
    truth = np.concatenate([np.full(50, 3), np.zeros(950)]).astype(np.int64)
    threshold = thresholds.critical_share(share, truth, 3)
    assert (share[50:] >= threshold).mean() <= thresholds.FALSE_CRITICAL
    assert (share[50:] >= threshold - 0.04).mean() > thresholds.FALSE_CRITICAL, "no lower threshold would do"


def test_two_small_trainings_are_the_same_and_ship(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="making a transformer needs torch: requirements-train.txt")
    pytest.importorskip("onnx", reason="shipping a transformer needs onnx: requirements-train.txt")
    from nlp.training import export, net, tune

    torch.set_num_threads(1)
    encoder(tmp_path / "encoder.bin")
    own = [
        examples.Example(text, "tr", {"sentiment": n, "urgency": n, "topic": n})
        for n, text in enumerate(["kargom gelmedi", "kargo", "gel a"])
    ]
    nets = []
    for _ in range(2):
        tune.seeded(5)
        fresh = net.start(base.read(tmp_path / "encoder.bin", 2), range(12), 0)
        stage = tune.Stage(rounds=3, rate=1e-3, own=4, borrowed=0, longest=16, averaging=0.5, matter_every=2)
        pairs = [[own[0], own[1]], [own[2], own[0]]]
        tune.fit(fresh, lambda texts: [[0, *(4 + len(word) % 8 for word in text.split()), 2] for text in texts],
                 own, [], stage, 5, matters=pairs)  # fmt: skip
        nets.append(fresh)
    one, other = (found.state_dict() for found in nets)
    assert all(torch.equal(one[name], other[name]) for name in one)
    export.export(nets[0], tmp_path / "model.onnx")
    import onnxruntime

    session = onnxruntime.InferenceSession(str(tmp_path / "model.onnx"), providers=["CPUExecutionProvider"])
    logits, given, embedding = session.run(None, {"pieces": np.array([[0, 5, 6, 2]])})
    assert logits.shape == (1, 24) and given.shape == (1, 4, 24) and embedding.shape == (1, net.EMBEDDING)
