"""From a finished net to the shipped folders: int8, calibration, the cascade's weights and thresholds, the card.

Everything is chosen on mentions whose themes neither model learnt from, through the very files that ship. New folders
are complete beside the old ones before they take their place.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlp import thresholds
from nlp.backend import HEADS, ReadText
from nlp.cascade import FORMAT
from nlp.corpus import TrainingError, WrittenMention
from nlp.linear import LinearModel, softmax
from nlp.scorer import Scorer
from nlp.training import blend, cards, make, net
from nlp.transformer import PLACES, TransformerModel

Numbers = NDArray[np.float64]

MAY_LOSE = 0.005
"""What the linear models' answering alone may cost in macro-F1 of any head, against asking the transformer always."""
LEAST_ALONE = 0.85
"""And never below this: on strangers' university tweets, the farthest from our mentions, the linear models are sure and
wrong from 0.65 (macro-F1 0.43 against 0.46; the other development sets do not care)."""
ANSWER = 0.35
"""See decide.Thresholds.answer; from 0.3 to 0.4 is also the most accurate on the desk's development set."""
HOT_PRECISION = 0.745
"""See thresholds.HOT_PRECISION; chosen so that the desk's development set keeps a precision of 0.60 with room."""


def finish(taught: net.Net, given: make.Material, work: Path, models: Path, linear_held_out: Path) -> dict[str, Any]:
    """Write `transformer/` and `cascade/` into `models`, beside the `linear/` that is there. Returns the report.

    `linear_held_out` is what nlp.train wrote: the linear models' out-of-fold probabilities. Raises TrainingError.
    """
    fresh = models / ".new"
    shutil.rmtree(fresh, ignore_errors=True)
    record: dict[str, Any] = make.write(taught, work, fresh / "transformer")
    texts = _read(given.apart)
    languages = [text.language for text in texts]
    truth = {
        head: np.array([labels.index(getattr(mention, head)) for mention in given.apart])
        for head, labels in HEADS.items()
    }
    logits = _logits(fresh / "transformer", record, texts)
    record["temperature"] = blend.temperatures(logits, truth, languages)
    scaled = {
        head: logits[head] / np.array([[record["temperature"][f"{head}.{language}"]] for language in languages])
        for head in HEADS
    }
    own = {head: softmax(scaled[head]) for head in HEADS}
    record["decision"] = thresholds.choose(own, truth, HOT_PRECISION)
    _dump(fresh / "transformer" / "model.json", record)
    linear = _linear(linear_held_out, given.apart)
    weights = blend.blends(linear, scaled, truth, languages)
    both = blend.blended(weights, linear, scaled, languages)
    alone = max(least_certainty(linear, both, truth), LEAST_ALONE)
    sure, decision = blend.decide(linear, both, truth, alone, HOT_PRECISION)
    decision["answer"] = ANSWER
    cascade: dict[str, Any] = {
        "format": FORMAT,
        "linear": LinearModel.load(models / "linear").version,
        "transformer": record["version"],
        "alone": sure,
        "decision": decision,
        "blend": {
            name: {
                "linear": one.linear,
                "transformer": one.transformer,
                "bias": list(one.bias),
                "prior": list(one.prior),
            }
            for name, one in blend.with_prior(weights).items()
        },
    }
    digest = hashlib.sha256(json.dumps(cascade, sort_keys=True).encode())
    cascade["version"] = f"cascade-1-{digest.hexdigest()[:8]}"
    _dump(fresh / "cascade" / "model.json", cascade)
    report = {
        "cascade": cascade,
        "transformer": record,
        "curve": blend.curve(linear, both, truth),
        "apart": cards.apart(linear, own, both, truth, languages, decision, blend.certainty(linear) >= alone),
    }
    for part in ("transformer", "cascade"):
        shutil.rmtree(models / part, ignore_errors=True)
        (fresh / part).rename(models / part)
    shutil.rmtree(fresh)
    return report


def least_certainty(
    linear: Mapping[str, Numbers], both: Mapping[str, Numbers], truth: Mapping[str, NDArray[np.int64]]
) -> float:
    """The lowest certainty from which the linear models may answer alone (see MAY_LOSE)."""
    always = {head: blend.macro_f1(both[head].argmax(1), truth[head], len(HEADS[head])) for head in HEADS}
    certainty = blend.certainty(linear)
    lowest = 1.0
    for least in np.round(np.arange(0.99, 0.29, -0.01), 2):
        alone = (certainty >= least)[:, None]
        for head in HEADS:
            mixed = np.where(alone, linear[head], both[head]).argmax(1)
            if blend.macro_f1(mixed, truth[head], len(HEADS[head])) < always[head] - MAY_LOSE:
                return lowest
        lowest = float(least)
    return lowest


def _read(mentions: Sequence[WrittenMention]) -> list[ReadText]:
    scorer = Scorer(LinearModel.load())
    return [scorer.read(mention.text, mention.language) for mention in mentions]


def _logits(folder: Path, record: Mapping[str, Any], texts: Sequence[ReadText]) -> dict[str, Numbers]:
    """Through the int8 file, one text at a time, as in production."""
    _dump(folder / "model.json", {**record, "temperature": {}, "decision": {}})
    judged = np.stack([judgement.logits for judgement in TransformerModel.load(folder).judge(texts)]).astype(np.float64)
    return {head: judged[:, place] for head, place in PLACES.items()}


def _linear(held_out: Path, mentions: Sequence[WrittenMention]) -> dict[str, Numbers]:
    try:
        with np.load(held_out, allow_pickle=False) as arrays:
            place = {text: at for at, text in enumerate(arrays["texts"].tolist())}
            rows = [place[mention.text] for mention in mentions]
            return {head: arrays[head][rows].astype(np.float64) for head in HEADS}
    except (OSError, ValueError, KeyError) as error:
        raise TrainingError(
            f"{held_out} does not hold the linear models' out-of-fold probabilities for these mentions ({error!r}); "
            "train the linear models on the same mentions first."
        ) from None


def _dump(path: Path, record: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8")
