"""The transformer backend: our own small encoder, run by ONNX Runtime with transformers' tokenizers, without torch.

Files of a model folder: `model.onnx` (int8; pieces in; logits, what each piece gave to each, and an embedding out),
`tokenizer.json`, `model.json` (version, temperatures, thresholds). Made by nlp/training.

Each text runs through the network alone. Int8 arithmetic scales by the largest number in a batch, so in one batch with
others a text's probabilities would depend on its neighbours; alone they never do, and nothing is spent on padding.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlp.backend import HEADS, ReadText
from nlp.linear import ModelError, model_record, softmax
from nlp.pieces import Chunk, chunks

Floats = NDArray[np.float32]

FORMAT = 1
SHIPPED = Path(__file__).parent / "models" / "transformer"
BEGIN, PADDING, END, UNKNOWN = range(4)
"""The special pieces' numbers."""
LONGEST = 128
"""Pieces of a text that are read, the two ends included: 95 % of complaint-portal texts fit, every tweet does."""
HEAD_OF_LONG = 88
"""Of a longer text the first so many pieces are read and then the last: a complaint ends with what it asks for."""

_LATIN = re.compile(r"[a-z\u00e0-\u024f]")

PLACES: dict[str, slice] = {}
_at = 0
for _head, _labels in HEADS.items():
    PLACES[_head] = slice(_at, _at + len(_labels))
    _at += len(_labels)


@dataclass(frozen=True)
class Read:
    """A text cut into pieces: their numbers with the two ends, and for each inner piece the place of its chunk."""

    pieces: NDArray[np.int64]
    chunk_of: NDArray[np.int64]
    chunks: tuple[Chunk, ...]
    known: bool


class TransformerJudgement:
    """What the transformer says of one text."""

    def __init__(
        self,
        text: ReadText,
        read: Read,
        logits: Floats,
        given: Floats,
        embedding: Floats,
        temperature: Mapping[str, float],
    ) -> None:
        """`logits`: labels of all heads; `given`: pieces x labels, what each piece gave; `embedding`: unit length."""
        self._text = text
        self._read = read
        self._temperature = temperature
        self.logits = logits
        self.embedding = embedding
        self._given = given

    @property
    def known(self) -> bool:
        """False when the text holds no Latin letter, or no piece that the vocabulary knows."""
        return self._read.known

    def logit(self, head: str) -> NDArray[np.float64]:
        """The logits of a head, divided by its temperature for the text's language."""
        temperature = self._temperature.get(f"{head}.{self._text.language}", 1.0)
        divided: NDArray[np.float64] = self.logits[PLACES[head]].astype(np.float64) / temperature
        return divided

    def probs(self, head: str) -> dict[str, float]:
        """The calibrated probability of each label of a head."""
        return dict(zip(HEADS[head], softmax(self.logit(head)).tolist(), strict=True))

    def pull(self, head: str, label: str) -> list[float]:
        """What each token gave `label` against the mean of the head's other labels, in logits.

        Exact for the last layer: a head is linear in the mean and the maximum over pieces, so each logit is a sum of
        what its pieces gave. What a piece took from its neighbours in the layers below counts as its own.
        """
        count = len(HEADS[head])
        given = self._chunk_given[:, PLACES[head]].astype(np.float64)
        of_label = given[:, HEADS[head].index(label)]
        against = (given.sum(axis=1) - of_label) / max(count - 1, 1)
        return self._to_tokens(of_label - against)

    @cached_property
    def _chunk_given(self) -> Floats:
        summed = np.zeros((len(self._read.chunks), self._given.shape[1]), np.float32)
        np.add.at(summed, self._read.chunk_of, self._given[1:-1])
        return summed

    def _to_tokens(self, values: NDArray[np.float64]) -> list[float]:
        """What chunks gave, shared among the tokens that lie in them."""
        tokens, result = self._text.tokens, [0.0] * len(self._text.tokens)
        at = 0
        for place, chunk in enumerate(self._read.chunks[: len(values)]):
            while at < len(tokens) and tokens[at].end <= chunk.start:
                at += 1
            inside = at
            while inside < len(tokens) and tokens[inside].start < chunk.end:
                inside += 1
            for token in range(at, inside):
                result[token] += float(values[place]) / (inside - at)
        return result


class TransformerModel:
    """The shipped transformer, or one of the same form. Safe to use from several threads."""

    def __init__(self, session: Any, tokenizer: Any, record: Mapping[str, Any], workers: int | None = None) -> None:
        """`session`: onnxruntime.InferenceSession; `tokenizer`: tokenizers.Tokenizer; `record`: model.json."""
        self._session = session
        self._tokenizer = tokenizer
        self.version = str(record["version"])
        self.decision: Mapping[str, Any] = record["decision"]
        self.temperature: Mapping[str, float] = record["temperature"]
        self._pool = ThreadPoolExecutor(workers or cores(), thread_name_prefix="nobet-transformer")

    @classmethod
    def load(cls, folder: Path | None = None) -> TransformerModel:
        """The model of a folder, by default the one shipped. Raises linear.ModelError with a sentence."""
        folder = folder or SHIPPED
        missing = f"There is no transformer in {folder}; `nobet train --transformer` makes one."
        record = model_record(folder, FORMAT, missing)
        try:
            return cls(_session(folder / "model.onnx"), _tokenizer(folder / "tokenizer.json"), record)
        except Exception as error:  # onnxruntime and tokenizers raise classes of their own for a damaged file
            raise ModelError(f"The model in {folder} is damaged ({error}); restore it or make it again.") from None

    def judge(self, texts: Sequence[ReadText]) -> list[TransformerJudgement]:
        """One judgement per text, in order; each text is judged by itself, on as many threads as there are cores."""
        if len(texts) < 2:
            return [self.judge_one(text) for text in texts]
        return list(self._pool.map(self.judge_one, texts))

    def submit(self, text: ReadText) -> Future[TransformerJudgement]:
        """The judgement of one text, to come from one of the model's own threads."""
        return self._pool.submit(self.judge_one, text)

    def embed(self, texts: Sequence[ReadText]) -> Floats:
        """An embedding of unit length per text (texts x size): near for texts of one matter, in either language."""
        if not texts:
            return np.empty((0, 0), np.float32)
        return np.stack([judgement.embedding for judgement in self.judge(texts)])

    def read(self, text: ReadText) -> Read:
        """The pieces of a text."""
        parts = tuple(chunks(text.text, text.language))
        encoding = self._tokenizer.encode(" ".join(part.form for part in parts), add_special_tokens=False)
        numbers = np.asarray(encoding.ids, np.int64)
        ends = np.cumsum([len(part.form) + 1 for part in parts]) if parts else np.empty(0, np.int64)
        # A piece's offset can begin with the space before its word; its last letter is always inside.
        lasts = np.asarray([end - 1 for _, end in encoding.offsets], np.int64)
        chunk_of = np.minimum(np.searchsorted(ends, lasts, side="right"), max(len(parts) - 1, 0))
        if len(numbers) > LONGEST - 2:
            tail = LONGEST - 2 - HEAD_OF_LONG
            numbers = np.concatenate([numbers[:HEAD_OF_LONG], numbers[-tail:]])
            chunk_of = np.concatenate([chunk_of[:HEAD_OF_LONG], chunk_of[-tail:]])
        known = any(_LATIN.search(part.form) for part in parts) and bool((numbers != UNKNOWN).any())
        return Read(np.concatenate([[BEGIN], numbers, [END]]).astype(np.int64), chunk_of, parts, known)

    def judge_one(self, text: ReadText) -> TransformerJudgement:
        """The judgement of one text."""
        read = self.read(text)
        logits, given, embedding = self._session.run(None, {"pieces": read.pieces[None]})
        return TransformerJudgement(text, read, logits[0], given[0], embedding[0], self.temperature)


def cores() -> int:
    """The cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _session(path: Path) -> Any:
    import onnxruntime  # here, so that a desk with the linear backend does not pay for it

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # texts run beside each other; threads inside one would wait for each other
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _tokenizer(path: Path) -> Any:
    # The engine of transformers' fast tokenizers, opened by itself: importing transformers takes three seconds, and
    # every `nobet score` would wait for them.
    from tokenizers import Tokenizer

    return Tokenizer.from_file(str(path))
