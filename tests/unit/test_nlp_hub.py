"""A foreign model's labels as ours, and what a desk reads when it cannot be used. No torch is needed here."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from nlp import Scorer, backends
from nlp.hub import Hub, mapped
from nlp.linear import LinearModel, ModelError

NAMES = [
    (["LABEL_0", "LABEL_1", "LABEL_2"], {"LABEL_0": "negative", "LABEL_1": "neutral", "LABEL_2": "positive"},
     "sentiment", (0, 1, 2)),
    (["NEG", "POS"], {}, "sentiment", (0, 2)),
    (["Olumlu", "Olumsuz", "Nötr"], {}, "sentiment", (2, 0, 1)),
    (["positive", "negative", "mixed"], {}, "sentiment", (2, 0, -1)),
    (["critical", "urgent", "same_day", "none"], {}, "urgency", (3, 2, 1, 0)),
    (["1", "2"], {"1": "delivery_delay", "2": "praise"}, "topic", (0, 15)),
]  # fmt: skip


@pytest.mark.parametrize(("names", "given", "head", "places"), NAMES)
def test_labels_are_read_as_ours(names: list[str], given: dict[str, str], head: str, places: tuple[int, ...]) -> None:
    found = mapped(names, given)
    assert (found.head, found.places) == (head, places)


def test_labels_that_are_not_ours_are_a_sentence() -> None:
    with pytest.raises(ModelError, match=r"LABEL_0, LABEL_1.*classifier\.labels"):
        mapped(["LABEL_0", "LABEL_1"], {})
    with pytest.raises(ModelError, match="furious is no label of ours"):
        mapped(["a", "b"], {"a": "furious", "b": "positive"})


def test_without_torch_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ModelError, match=r"pip install torch.*cascade"):
        Hub.load("some/model", {}, LinearModel.load())


@pytest.mark.parametrize("name", ["", "bert", "hub:", "hub: ", "Linear"])
def test_a_name_that_is_no_backend_is_a_sentence(name: str) -> None:
    with pytest.raises(ModelError, match="there are linear, cascade, transformer and hub:"):
        backends.check(name)


class Logits:
    """What a torch tensor offers of what is asked."""

    def __init__(self, rows: list[list[float]]) -> None:
        self.rows = rows

    def double(self) -> Logits:
        return self

    def numpy(self) -> np.ndarray[Any, Any]:
        return np.array(self.rows)


class Foreign:
    """Finds 'harika' positive and all else negative."""

    def __call__(self, texts: list[str]) -> Any:
        answer = type("Answer", (), {})()
        answer.logits = Logits([[0.0, 4.0] if "harika" in text else [4.0, 0.0] for text in texts])
        return answer


class Cuts:
    def __call__(self, texts: Sequence[str], **how: Any) -> dict[str, Any]:
        return {"texts": list(texts)}


def test_it_judges_its_head_and_leaves_the_others() -> None:
    linear = LinearModel.load()
    hub = Hub(Foreign(), Cuts(), mapped(["NEG", "POS"], {}), linear, "hub-x")
    read = [Scorer(linear).read(text, "tr") for text in ["harika bir ürün", "kargom gelmedi", ""] * 9]
    judged = hub.judge(read)
    assert [max(j.probs("sentiment"), key=j.probs("sentiment").__getitem__) for j in judged[:2]] == [
        "positive",
        "negative",
    ]
    own = linear.judge(read)
    for one, other in zip(judged, own, strict=True):
        assert one.probs("urgency") == other.probs("urgency") and one.known == other.known
        assert abs(sum(one.probs("sentiment").values()) - 1) < 1e-9 and one.probs("sentiment")["neutral"] == 0
