"""The cascade: the linear models answer what they are sure of, transformer and linear models together the rest.

How sure is sure enough, and how the two are weighed, was chosen in training (nlp/training/blend.py) on mentions that
neither had learnt from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlp.backend import HEADS, Judgement, ReadText
from nlp.features import Space
from nlp.linear import LinearJudgement, LinearModel, ModelError, model_record, softmax
from nlp.transformer import TransformerJudgement, TransformerModel

FORMAT = 1
SHIPPED = Path(__file__).parent / "models" / "cascade"

_LEAST = 1e-6  # probabilities below it say nothing; their logarithm would say too much


@dataclass(frozen=True)
class Blend:
    """How a head's two opinions become one: logits = linear * log p + transformer * z + bias, for one language."""

    linear: float
    transformer: float
    bias: tuple[float, ...]
    prior: tuple[float, ...] = ()
    """Added to the logits of both together and of the linear models alone: how much rarer or more frequent a label is
    among strangers' texts than among those that the weights were fitted on. Empty: alike."""

    def logits(self, linear: NDArray[np.float64], transformer: NDArray[np.float64]) -> NDArray[np.float64]:
        """`linear` is probabilities, `transformer` logits; labels along the last axis of both."""
        mixed: NDArray[np.float64] = (
            self.linear * np.log(np.maximum(linear, _LEAST)) + self.transformer * transformer + np.asarray(self.bias)
        )
        return mixed + np.asarray(self.prior) if self.prior else mixed

    def alone(self, linear: NDArray[np.float64]) -> NDArray[np.float64]:
        """The logits where only the linear models were asked."""
        logs: NDArray[np.float64] = np.log(np.maximum(linear, _LEAST))
        return logs + np.asarray(self.prior) if self.prior else logs


class AloneJudgement:
    """What the linear models say of a text that they are sure of."""

    def __init__(self, linear: Judgement, blends: Mapping[str, Blend]) -> None:
        self._linear = linear
        self._blends = blends

    @property
    def known(self) -> bool:
        """As the linear models have it."""
        return self._linear.known

    def probs(self, head: str) -> Mapping[str, float]:
        """The calibrated probability of each label of a head."""
        probs = self._linear.probs(head)
        if not self._blends[head].prior:
            return probs
        logits = self._blends[head].alone(np.array(list(probs.values())))
        return dict(zip(HEADS[head], softmax(logits).tolist(), strict=True))

    def pull(self, head: str, label: str) -> Sequence[float]:
        """The linear models' words."""
        return self._linear.pull(head, label)


class BlendedJudgement:
    """What both models say of one text, weighed."""

    def __init__(self, linear: Judgement, transformer: TransformerJudgement, blends: Mapping[str, Blend]) -> None:
        self._linear = linear
        self._transformer = transformer
        self._blends = blends

    @property
    def known(self) -> bool:
        """False when neither model knows anything in the text."""
        return self._linear.known or self._transformer.known

    @property
    def embedding(self) -> NDArray[np.float32]:
        """The transformer's embedding of the text, of unit length."""
        return self._transformer.embedding

    def probs(self, head: str) -> dict[str, float]:
        """The calibrated probability of each label of a head."""
        linear = np.array(list(self._linear.probs(head).values()))
        logits = self._blends[head].logits(linear, self._transformer.logit(head))
        return dict(zip(HEADS[head], softmax(logits).tolist(), strict=True))

    def pull(self, head: str, label: str) -> list[float]:
        """Both models' pulls, weighed as their opinions are."""
        blend = self._blends[head]
        pairs = zip(self._linear.pull(head, label), self._transformer.pull(head, label), strict=True)
        return [blend.linear * one + blend.transformer * other for one, other in pairs]


class Cascade:
    """The default backend. Safe to use from several threads."""

    def __init__(self, linear: LinearModel, transformer: TransformerModel, record: Mapping[str, Any]) -> None:
        """`record`: cascade.json's content. Raises KeyError or ValueError when it lacks something."""
        self._linear = linear
        self._transformer = transformer
        self.version = str(record["version"])
        self.decision: Mapping[str, Any] = record["decision"]
        self._alone: Mapping[str, float] = {head: float(record["alone"][head]) for head in HEADS}
        self._blends = {
            name: Blend(
                float(one["linear"]),
                float(one["transformer"]),
                tuple(map(float, one["bias"])),
                tuple(map(float, one.get("prior", ()))),
            )
            for name, one in record["blend"].items()
        }
        missing = [head for head in HEADS if not any(name.startswith(f"{head}.") for name in self._blends)]
        if missing:
            raise ValueError(f"no blend for {', '.join(missing)}")
        self._default = sorted({name.partition(".")[2] for name in self._blends})[-1]

    @classmethod
    def load(cls, folder: Path | None = None) -> Cascade:
        """The cascade of a models folder (`linear/`, `transformer/`, `cascade/`), by default the one shipped.

        Raises linear.ModelError with a sentence, also when its parts were not made for each other.
        """
        models = folder or SHIPPED.parent
        path = models / "cascade"
        record = model_record(path, FORMAT, f"There is no cascade in {models}; `nobet train --transformer` makes one.")
        linear, transformer = LinearModel.load(models / "linear"), TransformerModel.load(models / "transformer")
        for part, version in (("linear", linear.version), ("transformer", transformer.version)):
            if record.get(part) != version:
                raise ModelError(
                    f"{path} was made for {record.get(part)}, but {models / part} holds {version}; "
                    "`nobet train --transformer` makes all three again."
                )
        try:
            return cls(linear, transformer, record)
        except (KeyError, ValueError, TypeError) as error:
            raise ModelError(f"{path} is damaged ({error!r}); restore it or make it again.") from None

    @property
    def spaces(self) -> Mapping[str, Space]:
        """The linear models' features by language."""
        return self._linear.spaces

    def judge(self, texts: Sequence[ReadText]) -> list[Judgement]:
        """One judgement per text, in order; the transformer reads on other cores while the linear models go on."""
        linear: list[LinearJudgement] = []
        asked: dict[int, Future[TransformerJudgement]] = {}
        for place, text in enumerate(texts):
            judged = self._linear.judge_one(text)
            linear.append(judged)
            if not self.is_sure(judged):
                asked[place] = self._transformer.submit(text)
        found: list[Judgement] = []
        for place, (text, judged) in enumerate(zip(texts, linear, strict=True)):
            blends = self._of(text.language)
            if place in asked:
                found.append(BlendedJudgement(judged, asked[place].result(), blends))
            else:
                found.append(AloneJudgement(judged, blends))
        return found

    def is_sure(self, judged: Judgement) -> bool:
        """Whether the linear models answer alone: every head's best label is as probable as its threshold asks."""
        return judged.known and all(max(judged.probs(head).values()) >= self._alone[head] for head in HEADS)

    def embed(self, texts: Sequence[ReadText]) -> NDArray[np.float32]:
        """The transformer's embeddings (texts x size)."""
        return self._transformer.embed(texts)

    def _of(self, language: str) -> Mapping[str, Blend]:
        """Each head's blend for a language; one without its own is weighed as the default."""
        found = {head: self._blends.get(f"{head}.{language}") for head in HEADS}
        return {head: blend or self._blends[f"{head}.{self._default}"] for head, blend in found.items()}
