"""Any sequence-classification model of `transformers`, from a folder or the hub, where the user installed torch.

Its labels are read as ours: by the names given in the configuration, else by their own names. A model judges one head
(most judge sentiment); the others stay with the shipped backend, and so do the thresholds.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlp.backend import HEADS, Backend, Judgement, ReadText
from nlp.features import Space
from nlp.linear import ModelError, softmax

LONGEST = 256
BATCH = 16

_SAME = {
    "neg": "negative", "olumsuz": "negative", "negatif": "negative",
    "neu": "neutral", "notr": "neutral", "nötr": "neutral", "tarafsiz": "neutral",
    "pos": "positive", "olumlu": "positive", "pozitif": "positive",
}  # fmt: skip


@dataclass(frozen=True)
class Mapped:
    """Which head a model judges, and for each of its outputs the place of our label (-1: a label we do not have)."""

    head: str
    places: tuple[int, ...]


def mapped(names: Sequence[str], given: Mapping[str, str]) -> Mapped:
    """A model's labels as ours; `given` maps its names to our labels. Raises ModelError naming what does not fit."""
    ours = [given.get(name) or _SAME.get(_plain(name), _plain(name)) for name in names]
    unknown = sorted({label for label in given.values() if not any(label in labels for labels in HEADS.values())})
    if unknown:
        raise ModelError(f"labels: {', '.join(unknown)} is no label of ours; docs/reference/classifier.md lists them.")
    best = max(HEADS, key=lambda head: sum(label in HEADS[head] for label in ours))
    found = [label for label in ours if label in HEADS[best]]
    if len(set(found)) < 2:
        said = ", ".join(names[:8])
        raise ModelError(
            f"The model's labels ({said}) are not ours; say in `classifier.labels` which of its labels means what, "
            "for example `LABEL_0: negative`."
        )
    return Mapped(best, tuple(HEADS[best].index(label) if label in HEADS[best] else -1 for label in ours))


def _plain(name: str) -> str:
    return re.sub(r"[^\w]+", "_", name.strip().lower())


class HubJudgement:
    """The hub model's opinion on its head, the other backend's on the rest."""

    def __init__(self, other: Judgement, mapping: Mapped, probs: NDArray[np.float64]) -> None:
        self._other = other
        self._mapping = mapping
        self._probs = probs

    @property
    def known(self) -> bool:
        """As the other backend has it."""
        return self._other.known

    def probs(self, head: str) -> Mapping[str, float]:
        """The probability of each label; of the hub model's head as that model gives it, not calibrated by us."""
        if head != self._mapping.head:
            return self._other.probs(head)
        return dict(zip(HEADS[head], self._probs.tolist(), strict=True))

    def pull(self, head: str, label: str) -> Sequence[float]:
        """The other backend's words: a foreign model does not say which words moved it."""
        return self._other.pull(head, label)


class Hub:
    """A foreign model beside one of ours."""

    def __init__(self, model: Any, tokenizer: Any, mapping: Mapped, other: Backend, version: str) -> None:
        """`model`: a transformers sequence-classification model in eval mode; `tokenizer`: its own."""
        self._model = model
        self._tokenizer = tokenizer
        self._mapping = mapping
        self._other = other
        self.version = version
        self.decision = other.decision
        self.spaces: Mapping[str, Space] | None = getattr(other, "spaces", None)

    @classmethod
    def load(cls, name: str, labels: Mapping[str, str], other: Backend) -> Hub:
        """The model `name`, a folder or a hub's id; `labels` maps its label names to ours.

        Raises ModelError with a sentence: no torch, no such model, labels that are not ours.
        """
        try:
            import torch
            from transformers import AutoModelForSequenceClassification, AutoTokenizer
        except ImportError:
            raise ModelError(
                "`hub:` models need torch, which Nöbet does not bring: `pip install torch` in its environment "
                "(about 200 MB for the CPU build), or choose `cascade`."
            ) from None
        try:
            tokenizer = AutoTokenizer.from_pretrained(name)
            model = AutoModelForSequenceClassification.from_pretrained(name).eval()
        except (OSError, ValueError, ImportError) as error:
            first = str(error).strip().split("\n")[0][:200]
            raise ModelError(f"The model {name} could not be loaded: {first}") from None
        torch.set_grad_enabled(False)
        names = [str(model.config.id2label[place]) for place in range(model.config.num_labels)]
        digest = hashlib.sha256(name.encode()).hexdigest()[:8]
        version = f"hub-{re.sub(r'[^A-Za-z0-9.-]+', '-', name)[-40:].strip('-')}-{digest}"
        return cls(model, tokenizer, mapped(names, labels), other, version)

    def judge(self, texts: Sequence[ReadText]) -> list[Judgement]:
        """One judgement per text, in order. Texts run together, so rounding can differ in the last digits."""
        judged: list[Judgement] = []
        others = self._other.judge(texts)
        for at in range(0, len(texts), BATCH):
            part = texts[at : at + BATCH]
            batch = self._tokenizer(
                [text.text or " " for text in part],
                padding=True, truncation=True, max_length=LONGEST, return_tensors="pt",
            )  # fmt: skip
            logits = self._model(**batch).logits.double().numpy()
            for row, other in zip(softmax(logits), others[at : at + BATCH], strict=True):
                judged.append(HubJudgement(other, self._mapping, self._ours(row)))
        return judged

    def _ours(self, row: NDArray[np.float64]) -> NDArray[np.float64]:
        """The probabilities of our labels: those of labels we do not have are shared out."""
        probs = np.zeros(len(HEADS[self._mapping.head]))
        for place, value in zip(self._mapping.places, row, strict=True):
            if place >= 0:
                probs[place] += value
        return probs / probs.sum() if probs.sum() > 0 else np.full(len(probs), 1 / len(probs))
