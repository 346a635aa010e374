"""From probabilities to a label, and to the honest answer that a person should decide.

Missing an urgent mention costs a customer's evening; a same-day mention read too early costs a minute. So `urgent` and
`critical` together win from a probability well below one half, chosen in training (nlp/train.py) on our own mentions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mention import HOT

__all__ = ["HOT", "Thresholds", "confidence", "most_likely", "urgency"]


@dataclass(frozen=True)
class Thresholds:
    """Probabilities in [0, 1]. `hot`: from which urgent + critical win; `critical`: from which critical wins in that.

    `sure` has, per head, the confidence below which the score abstains.
    """

    hot: float
    critical: float
    sure: Mapping[str, float]
    answer: float = 0.5
    """From which share of none + same_day the answer of the same day wins. A customer who is not answered because a
    model was 60 % sure that no answer is due costs more than a case that somebody closes at a glance."""

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Thresholds:
        """The thresholds kept in a model's `decision`. Raises KeyError when one is missing."""
        return cls(
            hot=float(record["hot"]),
            critical=float(record["critical"]),
            sure={head: float(value) for head, value in record["sure"].items()},
            answer=float(record.get("answer", 0.5)),
        )


def urgency(probs: Mapping[str, float], thresholds: Thresholds) -> str:
    """The urgency that costs least in expectation, given what each mistake costs (see Thresholds)."""
    hot = probs["urgent"] + probs["critical"]
    if hot >= thresholds.hot:
        return "critical" if probs["critical"] >= thresholds.critical * hot else "urgent"
    cold = probs["same_day"] + probs["none"]
    return "same_day" if probs["same_day"] >= thresholds.answer * cold else "none"


def most_likely(probs: Mapping[str, float]) -> str:
    """The label with the highest probability; the first in label order on a tie."""
    return max(probs, key=probs.__getitem__)


def confidence(head: str, label: str, probs: Mapping[str, float]) -> float:
    """How sure a label is, in [0, 1], as compared with `Thresholds.sure`: its probability.

    `urgent` and `critical` count as sure however low their probability is: they were decided for the cost of missing
    them, and they come before a person within hours anyway, which is all that abstaining could ask for.
    """
    if head == "urgency" and label in HOT:
        return 1.0
    return probs[label]
