"""The scorer: mentions in, scores out, in the same order, whatever the texts hold.

A text that breaks something becomes an `Unscorable` with its reason, for the quarantine; the rest of the batch is not
touched by it. A text that says nothing to the model (emoji only, a script it never saw) is scored and abstained from.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from mention import LabelScore, Mention, Score
from nlp import backends, decide, normalise, reasons, rules
from nlp.backend import HEADS, Backend, Judgement, ReadText
from nlp.language import LanguageDetector
from nlp.linear import LinearModel, ModelError

_Made = TypeVar("_Made")


@dataclass(frozen=True)
class Unscorable:
    """A mention that broke the scorer: which one, and why in a sentence."""

    reason: str
    native_id: str = ""
    source: str = ""


class Scorer:
    """Judges mentions with one backend. Give it batches; it keeps nothing of them."""

    def __init__(self, backend: Backend, detector: LanguageDetector | None = None) -> None:
        """`detector` tells the brand's languages apart; by default Turkish and English."""
        self._backend = backend
        self._detector = detector or LanguageDetector()
        self._thresholds = decide.Thresholds.from_record(backend.decision)

    @classmethod
    def load(cls, folder: Path | None = None) -> Scorer:
        """The scorer with the default backend, or with the linear model of `folder`. Raises linear.ModelError."""
        return cls.of() if folder is None else cls(LinearModel.load(folder))

    @classmethod
    def of(
        cls, backend: str = backends.DEFAULT, labels: Mapping[str, str] | None = None, models: Path | None = None
    ) -> Scorer:
        """The scorer with a backend by its name (`backends.load`), from the shipped models or those of a folder.

        `labels` maps a foreign model's label names to ours. Raises linear.ModelError with a sentence.
        """
        if backends.check(backend) != "linear":
            _needs_onnxruntime(backend)
        return cls(backends.load(backend, labels, models))

    @property
    def backend(self) -> Backend:
        """What judges."""
        return self._backend

    @property
    def model(self) -> str:
        """The model's version, as written into every score."""
        return self._backend.version

    def score(self, mentions: Sequence[Mention]) -> list[Score | Unscorable]:
        """One score per mention, in order; an Unscorable for one that broke. Never raises for the batch."""
        read = [_guarded(mention, lambda m: self.read(m.text, m.lang)) for mention in mentions]
        texts = [text for text in read if isinstance(text, ReadText)]
        try:
            judged: Sequence[Judgement | None] = self._backend.judge(texts)
            if len(judged) != len(texts):
                raise ValueError(f"{len(judged)} judgements of {len(texts)} texts")
        except Exception:  # somewhere in the batch is a text the backend cannot stand: find it by judging each alone
            judged = [None] * len(texts)
        judgements = iter(judged)
        scores: list[Score | Unscorable] = []
        for mention, text in zip(mentions, read, strict=True):
            if isinstance(text, Unscorable):
                scores.append(text)
                continue
            judgement = next(judgements)
            scores.append(_guarded(mention, partial(self._decide, read=text, judged=judgement)))
        return scores

    def stream(self, mentions: Iterable[Mention], size: int = 64) -> Iterator[Score | Unscorable]:
        """Scores as they come, `size` mentions at a time, in constant memory."""
        batch: list[Mention] = []
        for mention in mentions:
            batch.append(mention)
            if len(batch) >= size:
                yield from self.score(batch)
                batch = []
        yield from self.score(batch)

    def read(self, text: str, hint: str | None = None) -> ReadText:
        """A text as the backend gets it; `hint` is the language that the source named."""
        cleaned = normalise.clean(text)
        language = self._detector.detect(cleaned, hint)
        return ReadText(cleaned, language, tuple(normalise.tokens(cleaned, language)))

    def _decide(self, mention: Mention, read: ReadText, judged: Judgement | None) -> Score:
        judgement = judged if judged is not None else self._backend.judge([read])[0]
        labels: dict[str, str] = {}
        scores: dict[str, LabelScore] = {}
        why: dict[str, tuple[str, ...]] = {}
        abstained: list[str] = []
        hits = rules.find(read.tokens)
        for head in HEADS:
            probs = judgement.probs(head)
            if head == "urgency":
                decided = decide.urgency(probs, self._thresholds)
                label = rules.raised(decided, rules.floor(hits))
            else:
                decided = label = decide.most_likely(probs)
            by_rule = label != decided
            sure = decide.confidence(head, label, probs) >= self._thresholds.sure.get(head, 0.0)
            if not by_rule and not (sure and judgement.known):
                abstained.append(head)
            quoted = reasons.of_rules(read.text, read.tokens, hits) if head == "urgency" else ()
            pulled = reasons.words(read.text, read.tokens, judgement.pull(head, label))
            why[head] = tuple(dict.fromkeys(quoted + pulled))[: reasons.MOST]
            labels[head] = label
            scores[head] = LabelScore(label=label, probs=_rounded(probs))
        return Score(
            native_id=mention.native_id,
            source=mention.source,
            language=read.language,
            sentiment=scores["sentiment"],
            urgency=scores["urgency"],
            topic=scores["topic"],
            abstained=tuple(abstained),
            reasons=why,
            model=self.model,
        )


def _needs_onnxruntime(backend: str) -> None:
    try:
        importlib.import_module("onnxruntime")
    except Exception as error:  # not installed, or made for another processor: then it fails in ways of its own
        raise ModelError(
            f"The backend {backend} needs onnxruntime, which cannot be loaded here ({error}). "
            "`pip install -r requirements.txt` brings it; `backend: linear` under `classifier` in nobet.yaml "
            "works without."
        ) from None


def _guarded(mention: Mention, make: Callable[[Mention], _Made]) -> _Made | Unscorable:
    """What `make` makes of a mention, or why it could not: one poisonous text must not take its batch with it."""
    try:
        return make(mention)
    except Exception as error:
        named = f"{mention.source} {mention.native_id}"[:200]
        reason = f"{named} could not be scored: {type(error).__name__}: {error}"[:500]
        return Unscorable(reason, mention.native_id, mention.source)


def _rounded(probs: Mapping[str, float]) -> dict[str, float]:
    """The probabilities with six digits, still summing to 1: what rounding left over goes to the largest."""
    rounded = {label: round(value, 6) for label, value in probs.items()}
    top = max(rounded, key=rounded.__getitem__)
    rounded[top] = round(rounded[top] + 1.0 - sum(rounded.values()), 6)
    return rounded
