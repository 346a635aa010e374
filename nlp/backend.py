"""What a backend is: it turns read texts into probabilities, and can say which words pulled towards a label.

The linear models are one; a transformer or a cascade of both is another. Deciding on a label, abstaining, the hard
rules and the wording of reasons are the scorer's work and the same for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from mention import SENTIMENTS, TOPICS, URGENCIES
from nlp.normalise import Token

HEADS: dict[str, tuple[str, ...]] = {"sentiment": SENTIMENTS, "urgency": URGENCIES, "topic": TOPICS}
"""What is judged of every text, and the labels of each judgement in their fixed order."""


@dataclass(frozen=True, slots=True)
class ReadText:
    """A text as a backend gets it: cleaned (`normalise.clean`), its language, and its words with their places."""

    text: str
    language: str
    tokens: tuple[Token, ...]


class Judgement(Protocol):
    """What a backend says of one text."""

    @property
    def known(self) -> bool:
        """False when nothing in the text is known to the model, so that its probabilities are mere habit."""
        ...

    def probs(self, head: str) -> Mapping[str, float]:
        """The calibrated probability of each label of a head, in [0, 1], summing to 1."""
        ...

    def pull(self, head: str, label: str) -> Sequence[float]:
        """For each token, how strongly it pulled towards `label` and away from the head's other labels (log-odds)."""
        ...


class Backend(Protocol):
    """A model of all heads."""

    @property
    def version(self) -> str:
        """The model's name, written into every score."""
        ...

    @property
    def decision(self) -> Mapping[str, Any]:
        """The thresholds, as nlp/decide.py reads them."""
        ...

    def judge(self, texts: Sequence[ReadText]) -> Sequence[Judgement]:
        """One judgement per text, in order. A text's judgement does not depend on the others in the batch."""
        ...
