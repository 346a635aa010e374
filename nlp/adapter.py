"""The adapter: what a desk's own corrections add on top of a shipped model, and nothing else.

A head's logits become `(log p + W·x + b) / temperature`: `p` is what the shipped model says, `x` the TF-IDF features of
the text in the linear model's fixed vocabulary. An empty adapter changes nothing. A folder holds `adapter.npz` (arrays)
and `adapter.json`; features are kept by their number in the shipped vocabulary, so no word of a customer is in it that
every installation does not already have. Nothing is pickled.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlp.backend import HEADS, Backend, Judgement, ReadText
from nlp.features import Encoded, Floats, Ints, Space
from nlp.linear import ModelError, softmax

FORMAT = 1
_LEAST = 1e-6  # a probability below this is rounding; its logarithm would outweigh everything that people say


@dataclass(frozen=True)
class Shift:
    """What one head learnt in one language: `weights` are features x labels, for the features named in `columns`
    (ascending numbers of the language's space); `bias` is one number per label."""

    columns: Ints
    weights: Floats
    bias: Floats

    def of(self, encoded: Encoded) -> NDArray[np.float64]:
        """What is added to the log-probabilities of a text."""
        at, found = self._places(encoded)
        return (encoded.weights[found] @ self.weights[at] + self.bias).astype(np.float64)

    def pull(self, encoded: Encoded, label: int, tokens: int) -> NDArray[np.float64]:
        """The log-odds that each token adds for a label against the mean of the others; the bias belongs to none."""
        at, found = self._places(encoded)
        rows = self.weights[at]
        others = (rows.sum(axis=1) - rows[:, label]) / max(rows.shape[1] - 1, 1)
        given = np.zeros(len(encoded.columns), np.float64)
        given[found] = encoded.weights[found] * (rows[:, label] - others)
        shares = given[encoded.occurrences] * encoded.shares
        return np.bincount(encoded.words, shares, minlength=tokens).astype(np.float64)

    def _places(self, encoded: Encoded) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        at = np.searchsorted(self.columns, encoded.columns)
        found = self.columns[np.minimum(at, len(self.columns) - 1)] == encoded.columns if len(self.columns) else (
            np.zeros(len(encoded.columns), bool)
        )  # fmt: skip
        return at[found], found


@dataclass(frozen=True)
class AdaptedHead:
    """A head's shifts by language; a language that is not there is judged as the shipped model judges it."""

    shifts: Mapping[str, Shift]
    temperature: float = 1.0


@dataclass(frozen=True)
class Adapter:
    """What a desk taught. `base` is the version of the model it was fitted on and `vocabulary` the print of its
    spaces: on another model it means nothing. `record` is what `nobet models` tells of it."""

    version: str
    base: str
    vocabulary: str
    heads: Mapping[str, AdaptedHead]
    record: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def named(cls, base: str, vocabulary: str, heads: Mapping[str, AdaptedHead], record: Mapping[str, Any]) -> Adapter:
        """An adapter with the version that follows from its numbers: `desk-1-` and eight hexadecimal digits."""
        digest = hashlib.sha256(f"{base} {vocabulary}".encode())
        for name, head in sorted(heads.items()):
            digest.update(f"{name} {head.temperature:.4f}".encode())
            for language, shift in sorted(head.shifts.items()):
                digest.update(language.encode() + shift.columns.tobytes())
                digest.update(shift.weights.astype(np.float16).tobytes() + shift.bias.tobytes())
        return cls(f"desk-1-{digest.hexdigest()[:8]}", base, vocabulary, heads, record)

    def save(self, folder: Path) -> None:
        """Write `adapter.npz` and `adapter.json`; the same adapter always makes the same arrays."""
        folder.mkdir(parents=True, exist_ok=True)
        arrays: dict[str, NDArray[Any]] = {}
        for name, head in self.heads.items():
            for language, shift in head.shifts.items():
                arrays[f"{name}.{language}.columns"] = shift.columns.astype(np.int32)
                arrays[f"{name}.{language}.weights"] = shift.weights.astype(np.float16)
                arrays[f"{name}.{language}.bias"] = shift.bias.astype(np.float32)
        np.savez_compressed(folder / "adapter.npz", **arrays)  # type: ignore[arg-type]
        record = {
            "format": FORMAT, "version": self.version, "base": self.base, "vocabulary": self.vocabulary,
            "heads": {
                name: {"languages": sorted(head.shifts), "temperature": round(head.temperature, 4)}
                for name, head in self.heads.items()
            },
            "record": dict(self.record),
        }  # fmt: skip
        text = json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        (folder / "adapter.json").write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Adapter:
        """Read what `save` wrote. Raises ModelError with a sentence for anything else."""
        try:
            record = json.loads((folder / "adapter.json").read_text(encoding="utf-8"))
            if record["format"] != FORMAT:
                raise ModelError(
                    f"{folder} holds an adapter of format {record['format']}; this program reads {FORMAT}."
                )
            with np.load(folder / "adapter.npz", allow_pickle=False) as held:
                heads = {name: _head(name, spec, held) for name, spec in record["heads"].items()}
            made = cls(str(record["version"]), str(record["base"]), str(record["vocabulary"]), heads, record["record"])
        except OSError:
            raise ModelError(f"There is no whole adapter in {folder}; `nobet train --from-desk` makes one.") from None
        except (ValueError, KeyError, TypeError, EOFError, AttributeError, zipfile.BadZipFile, zlib.error) as error:
            why = type(error).__name__
            raise ModelError(f"The adapter in {folder} is damaged ({why}); make it again.") from None
        if cls.named(made.base, made.vocabulary, heads, {}).version != made.version:
            raise ModelError(f"The adapter in {folder} is not the one that its name says; make it again.")
        return made


def _head(name: str, spec: Mapping[str, Any], held: Any) -> AdaptedHead:
    labels = len(HEADS[name])
    shifts: dict[str, Shift] = {}
    for language in spec["languages"]:
        columns, weights, bias = (held[f"{name}.{language}.{part}"] for part in ("columns", "weights", "bias"))
        if weights.shape != (len(columns), labels) or bias.shape != (labels,) or np.any(np.diff(columns) <= 0):
            raise ValueError(f"{name}.{language} does not fit its labels")
        if not (np.isfinite(weights).all() and np.isfinite(bias).all()):
            raise ValueError(f"{name}.{language} holds what is no number")
        shifts[language] = Shift(columns.astype(np.int32), weights.astype(np.float32), bias.astype(np.float32))
    temperature = float(spec["temperature"])
    if not 0.1 <= temperature <= 10:
        raise ValueError(f"the temperature of {name} is {temperature}")
    return AdaptedHead(shifts, temperature)


def print_of(spaces: Mapping[str, Space]) -> str:
    """Sixteen hexadecimal digits that change whenever a feature or its weight does in any of the spaces."""
    digest = hashlib.sha256()
    for name, space in sorted(spaces.items()):
        digest.update("\n".join((name, *space.words, "", *space.chars)).encode("utf-8", "replace"))
        digest.update(space.idf.tobytes())
    return digest.hexdigest()[:16]


def log_probs(judgement: Judgement, head: str) -> NDArray[np.float64]:
    """The logarithms of a judgement's probabilities, in the order of the head's labels."""
    probs = judgement.probs(head)
    logs: NDArray[np.float64] = np.log(np.array([probs[label] for label in HEADS[head]]).clip(_LEAST))
    return logs


class AdaptedJudgement:
    """A judgement of the shipped model with what the desk taught added to it."""

    __slots__ = ("_adapter", "_base", "_encoded", "_spaces", "_text")

    def __init__(self, base: Judgement, text: ReadText, adapter: Adapter, spaces: Mapping[str, Space]) -> None:
        self._base = base
        self._text = text
        self._adapter = adapter
        self._spaces = spaces
        self._encoded: Encoded | None = None

    @property
    def known(self) -> bool:
        """Whether the shipped model knows anything of the text; what was taught is made of the same features."""
        return self._base.known

    def probs(self, head: str) -> Mapping[str, float]:
        """The calibrated probability of each label of a head."""
        adapted = self._adapter.heads.get(head)
        shift = self._shift(adapted)
        if adapted is None or shift is None:
            return self._base.probs(head)
        logits = (log_probs(self._base, head) + shift.of(self._encode())) / adapted.temperature
        return dict(zip(HEADS[head], softmax(logits).tolist(), strict=True))

    def pull(self, head: str, label: str) -> Sequence[float]:
        """The shipped model's pull of each token, and what the desk taught of it, in log-odds."""
        pulled = self._base.pull(head, label)
        adapted = self._adapter.heads.get(head)
        shift = self._shift(adapted)
        if adapted is None or shift is None:
            return pulled
        taught = shift.pull(self._encode(), HEADS[head].index(label), len(self._text.tokens))
        summed: list[float] = ((np.asarray(pulled, np.float64) + taught) / adapted.temperature).tolist()
        return summed

    def _shift(self, adapted: AdaptedHead | None) -> Shift | None:
        return None if adapted is None else adapted.shifts.get(self._text.language)

    def _encode(self) -> Encoded:
        if self._encoded is None:
            words = [token.form for token in self._text.tokens]
            self._encoded = self._spaces[self._text.language].encode(words)
        return self._encoded


class Adapted:
    """A backend: a shipped one with an adapter on it. Its thresholds stay those of the shipped one."""

    def __init__(self, backend: Backend, adapter: Adapter, spaces: Mapping[str, Space]) -> None:
        """`spaces` are the linear model's, by language. Raises ModelError where the adapter was made for others."""
        if adapter.base != backend.version or adapter.vocabulary != print_of(spaces):
            raise ModelError(
                f"{adapter.version} was taught on {adapter.base}; the shipped model is {backend.version} now. "
                "`nobet train --from-desk` teaches it anew."
            )
        self._backend = backend
        self._adapter = adapter
        self._spaces = spaces

    @property
    def version(self) -> str:
        """The shipped model's version and the adapter's, joined by `+`."""
        return f"{self._backend.version}+{self._adapter.version}"

    @property
    def decision(self) -> Mapping[str, Any]:
        """The shipped model's thresholds."""
        return self._backend.decision

    def judge(self, texts: Sequence[ReadText]) -> list[AdaptedJudgement]:
        """One judgement per text, in order; each text is judged by itself."""
        judged = self._backend.judge(texts)
        pairs = zip(judged, texts, strict=True)
        return [AdaptedJudgement(base, text, self._adapter, self._spaces) for base, text in pairs]
