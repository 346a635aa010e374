"""The linear backend: one multinomial logistic regression per head over TF-IDF features, loaded without scikit-learn.

Files of a model folder: `model.json` (heads, thresholds, version), and for each space a folder with its vocabulary,
idf weights; for each head an npz (float16 coefficients, float32 intercepts). Nothing is pickled: a model file can hold
wrong numbers, but it cannot run anything.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlp.backend import HEADS, ReadText
from nlp.features import Encoded, Floats, Space

FORMAT = 1
SHIPPED = Path(__file__).parent / "models" / "linear"


class ModelError(Exception):
    """A model folder that cannot be used; the sentence says which file and what to do."""


@dataclass(frozen=True)
class Head:
    """One logistic regression over one space: `coef` is features x labels; `temperature` divides the logits."""

    space: str
    labels: tuple[str, ...]
    coef: Floats
    intercept: Floats
    temperature: float = 1.0


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities from logits along the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    result: NDArray[np.float64] = shifted / shifted.sum(axis=-1, keepdims=True)
    return result


class _Bench:
    """The heads that share a space, side by side, so that a text's rows are fetched once for all of them."""

    def __init__(self, space: Space, heads: Mapping[str, Head]) -> None:
        self.space = space
        self.heads = heads
        self.coef: Floats = np.ascontiguousarray(np.hstack([head.coef / head.temperature for head in heads.values()]))
        self.intercept = np.concatenate([head.intercept / head.temperature for head in heads.values()])
        ends = np.cumsum([len(head.labels) for head in heads.values()])
        self.places = {
            name: slice(int(end) - len(heads[name].labels), int(end)) for name, end in zip(heads, ends, strict=True)
        }


class LinearJudgement:
    """What the linear models say of one text; probabilities are computed at once, pulls when asked."""

    __slots__ = ("_benches", "_rows", "_tokens")

    def __init__(self, benches: Sequence[_Bench], words: Sequence[str]) -> None:
        self._tokens = len(words)
        self._benches = {name: bench for bench in benches for name in bench.heads}
        self._rows: dict[int, tuple[Encoded, Floats, NDArray[np.float64]]] = {}
        for bench in benches:
            encoded = bench.space.encode(words)
            coef = bench.coef[encoded.columns]
            logits = (encoded.weights @ coef + bench.intercept).astype(np.float64)
            self._rows[id(bench)] = (encoded, coef, logits)

    @property
    def known(self) -> bool:
        """False when no word or letter gram of the text is in any vocabulary."""
        return any(encoded.known for encoded, _, _ in self._rows.values())

    def probs(self, head: str) -> dict[str, float]:
        """The calibrated probability of each label of a head."""
        bench = self._benches[head]
        values = softmax(self._rows[id(bench)][2][bench.places[head]])
        return dict(zip(bench.heads[head].labels, values.tolist(), strict=True))

    def pull(self, head: str, label: str) -> list[float]:
        """The log-odds each token gives `label` against the mean of the head's other labels."""
        bench = self._benches[head]
        encoded, coef, _ = self._rows[id(bench)]
        labels = bench.heads[head].labels
        place = bench.places[head]
        of_label = coef[:, place.start + labels.index(label)]
        others = (coef[:, place].sum(axis=1) - of_label) / max(len(labels) - 1, 1)
        given = (encoded.weights * (of_label - others))[encoded.occurrences] * encoded.shares
        summed: list[float] = np.bincount(encoded.words, weights=given, minlength=self._tokens).tolist()
        return summed


@dataclass(frozen=True)
class LinearModel:
    """The linear models of all heads. `heads` are named `urgency`, or `sentiment.tr` where a language has its own."""

    spaces: Mapping[str, Space]
    heads: Mapping[str, Head]
    decision: Mapping[str, Any]
    version: str
    _benches: dict[str, list[_Bench]] = field(default_factory=dict, repr=False, compare=False)

    def judge(self, texts: Sequence[ReadText]) -> list[LinearJudgement]:
        """One judgement per text, in order; each text is judged by itself."""
        return [self.judge_one(text) for text in texts]

    def judge_one(self, text: ReadText) -> LinearJudgement:
        """The judgement of one text."""
        if text.language not in self._benches:
            self._benches[text.language] = self._bench(text.language)
        return LinearJudgement(self._benches[text.language], [token.form for token in text.tokens])

    def _bench(self, language: str) -> list[_Bench]:
        heads = {name: self.head(name, language) for name in HEADS}
        return [
            _Bench(self.spaces[space], {name: head for name, head in heads.items() if head.space == space})
            for space in sorted({head.space for head in heads.values()})
        ]

    def head(self, name: str, language: str) -> Head:
        """The head for texts of `language`; a language without its own is judged by the alphabetically last one's.

        That is Turkish where the shipped models are used, the first market's language.
        """
        own = self.heads.get(f"{name}.{language}") or self.heads.get(name)
        return own or self.heads[max(key for key in self.heads if key.startswith(f"{name}."))]

    def save(self, folder: Path) -> None:
        """Write the model; the same model always makes the same bytes."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, space in self.spaces.items():
            space.save(folder / name)
        for name, head in self.heads.items():
            arrays = {"coef": head.coef.astype(np.float16), "intercept": head.intercept.astype(np.float32)}
            np.savez_compressed(folder / f"{name}.npz", **arrays)  # type: ignore[arg-type]
        record = {
            "format": FORMAT,
            "version": self.version,
            "spaces": sorted(self.spaces),
            "heads": {
                name: {"space": head.space, "labels": list(head.labels), "temperature": round(head.temperature, 4)}
                for name, head in self.heads.items()
            },
            "decision": self.decision,
        }
        (folder / "model.json").write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path | None = None) -> LinearModel:
        """The model of a folder, by default the one shipped. Raises ModelError with a sentence."""
        folder = folder or SHIPPED
        record = model_record(folder, FORMAT, f"There is no model in {folder}; `nobet train` makes one.")
        try:
            spaces = {name: Space.load(folder / name) for name in record["spaces"]}
            heads = {name: _head(folder, name, spec, spaces) for name, spec in record["heads"].items()}
            missing = set(HEADS) - {name.split(".")[0] for name in heads}
            if missing:
                raise ValueError(f"no head for {', '.join(sorted(missing))}")
            return cls(spaces, heads, record["decision"], str(record["version"]))
        except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile, zlib.error) as error:
            raise ModelError(f"The model in {folder} is damaged ({error}); restore it or make it again.") from None


def model_record(folder: Path, form: int, missing: str) -> dict[str, Any]:
    """A model folder's `model.json`, of format `form`. Raises ModelError; `missing` is said where there is none."""
    file = folder / "model.json"
    try:
        record: Any = json.loads(file.read_text(encoding="utf-8"))
    except OSError:
        raise ModelError(missing) from None
    except ValueError:
        raise ModelError(f"{file} is not readable as JSON; make the model again.") from None
    found = record.get("format") if isinstance(record, dict) else None
    if found != form:
        raise ModelError(f"{folder} holds a model of format {found}; this program reads {form}.")
    return dict(record)


def _head(folder: Path, name: str, spec: Mapping[str, Any], spaces: Mapping[str, Space]) -> Head:
    space = str(spec["space"])
    labels = tuple(spec["labels"])
    with np.load(folder / f"{name}.npz", allow_pickle=False) as held:
        coef = held["coef"].astype(np.float32)
        intercept = held["intercept"].astype(np.float32)
    if labels != HEADS[name.split(".")[0]] or coef.shape != (len(spaces[space]), len(labels)):
        raise ValueError(f"head {name} does not fit its labels or its vocabulary")
    return Head(space, labels, coef, intercept, float(spec["temperature"]))
