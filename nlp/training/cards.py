"""Numbers and words of the cascade's model card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlp.backend import HEADS
from nlp.card import calibration_error, held_out_numbers, measured_lines

Numbers = NDArray[np.float64]


def apart(
    linear: Mapping[str, Numbers],
    transformer: Mapping[str, Numbers],
    both: Mapping[str, Numbers],
    truth: Mapping[str, NDArray[np.int64]],
    languages: Sequence[str],
    decision: Mapping[str, Any],
    alone: NDArray[np.bool_],
) -> dict[str, Any]:
    """What linear models, transformer, both, and the cascade do on mentions that none of them learnt from."""
    cascade = {head: np.where(alone[:, None], linear[head], both[head]) for head in HEADS}
    spoken = np.array(languages)
    ways = {"linear": linear, "transformer": transformer, "both": both, "cascade": cascade}
    return {
        "texts": len(languages),
        "alone": round(float(alone.mean()), 4),
        **{name: held_out_numbers(probs, truth, decision) for name, probs in ways.items()},
        "calibration": {
            f"{head}.{language}": calibration_error(cascade[head][spoken == language], truth[head][spoken == language])
            for head in HEADS
            for language in sorted(set(languages))
        },
    }


_PURPOSE = (
    "Ordering a brand's mentions in Turkish and English for the people who answer them: sentiment, urgency",
    "and topic by the rubric in docs/reference/classifier.md, with probabilities and the words behind each label.",
    "It proposes; people decide. It is not made to judge persons, to act without a person, or for other languages.",
)
_FAILS = (
    "- Quiet danger, told without a word of danger, is still the hardest: see the recall of critical above, and the",
    "  held-back written set, where half of the critical texts are of that kind.",
    "- Irony without a marker ('well done, tenth day') is often read as it is spelled.",
    "- Turkish neutral outside of brand talk is found less well than in it: every Turkish text that taught it",
    "  what neutral is was written for this project.",
    "- Topics that are near each other (silence about a refund: `communication_error` or `return_refund`?) are",
    "  confused; two people following the rubric agree on 86 %.",
    "- Of texts longer than 128 pieces (about 450 characters) the beginning and the end are read.",
    "- Its embedding hardly tells one incident from another (docs/why/matters.md): do not group by it alone.",
    "- It judges each text alone: a third message in a thread is not known to be a third one.",
    "- Our own mentions, the calibration and the held-back written set are by few hands and by the same rubric;",
    "  figures on them are better than those on texts of strangers. The development sets are strangers'.",
)


def text(report: Mapping[str, Any]) -> str:
    """The card of cascade and transformer in Markdown, from the numbers of nlp.training.remake."""
    cascade, apart_, mentions = report["cascade"], report["apart"], report["mentions"]
    spoken = ", ".join(f"{number} {language}" for language, number in mentions["language"].items())
    lines = [
        f"# Model card: {cascade['version']}",
        "",
        "Written by `nobet train --transformer` from what it measured; do not edit by hand.",
        f"Made of {cascade['linear']} ([its card](../linear/CARD.md)) and {cascade['transformer']}.",
        "",
        "## What it is for",
        "",
        *_PURPOSE,
        "",
        "## What it is",
        "",
        "The linear models answer what they are sure of; of all other texts the transformer is asked too, and both",
        "opinions are weighed. The transformer is the first four layers of multilingual-e5-small (MIT, 384 wide) with",
        f"the {report['words']:,} word pieces that Turkish and English mentions are made of, mean and maximum over the",
        "pieces, one linear head each for sentiment, urgency and topic, and an embedding of 128 numbers for texts",
        "of one matter. Int8, one text at a time, so that no text's score depends on its neighbours. Seed "
        f"{report['seed']}; the same data, seed and",
        "number of threads give the same weights on a CPU.",
        "",
        "## What the transformer learnt from",
        "",
        "| set | language | licence | what, and how many texts at most |",
        "|---|---|---|---|",
        *(
            f"| {one['file']} | {one['language']} | {one['licence']} | {one['what']}; {one['rows']:,} |"
            for one in report["sets"]
        ),
        "| nlp/training/mentions | tr, en | Apache-2.0, written for this project | "
        f"all heads; {mentions['total']} ({spoken}), one theme in eight kept apart |",
        "| nlp/training/incidents | tr, en | Apache-2.0, written for this project | which texts are of one incident |",
        "",
        "The base's authors trained it on public web text; see its own card. No non-commercial or unlicensed set",
        "trained these weights. Where a set's annotators could not say 'neutral', the loss is taken among what they",
        "could say.",
        "",
        *(f"- {head}: " + ", ".join(f"{label} {n}" for label, n in mentions[head].items()) for head in HEADS),
        "",
        f"## What was kept apart: {apart_['texts']} of our own mentions (without the hard rules)",
        "",
        "Thresholds, temperatures and weights were chosen on these; read the figures as an upper bound.",
        "",
        "| | sentiment macro-F1 | urgency | topic | urgent or critical (recall / precision) | critical (the same) |",
        "|---|---|---|---|---|---|",
        *(_way(name, apart_[name]) for name in ("linear", "transformer", "both", "cascade")),
        "",
        f"The linear models answer {100 * apart_['alone']:.0f} % alone: where the least sure of their three labels has "
        f"{cascade['alone']['topic']:.2f}.",
        "",
        "| answered by the linear models alone | from probability | sentiment macro-F1 | urgency | topic |",
        "|---|---|---|---|---|",
        *(
            f"| {100 * point['alone']:.0f} % | {point['least']:.2f} | {point['sentiment']:.3f} "
            f"| {point['urgency']:.3f} | {point['topic']:.3f} |"
            for point in report["curve"]
        ),
        "",
        "Expected calibration error (ten bins): "
        + ", ".join(f"{name} {value:.3f}" for name, value in sorted(apart_["calibration"].items()))
        + ".",
        "",
        "## How it decides",
        "",
        f"Urgent or critical from a joint probability of {cascade['decision']['hot']:.2f}; critical from "
        f"{cascade['decision']['critical']:.2f} of that; same day from "
        f"{cascade['decision']['answer']:.2f} of none and same day. Abstains below "
        + ", ".join(f"{value:.2f} ({head})" for head, value in sorted(cascade["decision"]["sure"].items()))
        + ".",
        "Hard rules for danger and fraud (nlp/rules.py) raise urgency and never lower it.",
        *_abstained(apart_["cascade"]),
        *measured_lines(report.get("measured") or {}),
        *_held(report.get("held")),
        "",
        "## Where it fails",
        "",
        *_FAILS,
        "",
    ]
    return "\n".join(lines)


def _way(name: str, numbers: Mapping[str, Any]) -> str:
    urgency = numbers["urgency"]
    hot, critical = urgency["urgent_or_critical"], urgency["critical"]
    scores = " | ".join(f"{numbers[head]['macro_f1']:.3f}" for head in HEADS)
    found = " | ".join(f"{one['recall']:.3f} / {one['precision']:.3f}" for one in (hot, critical))
    return f"| {name} | {scores} | {found} |"


def _abstained(numbers: Mapping[str, Any]) -> list[str]:
    shares = ((head, 100 * numbers[head]["abstained"], 100 * numbers[head]["right_where_sure"]) for head in HEADS)
    said = "; ".join(
        f"{head} {abstained:.0f} %, and {right:.0f} % right where not" for head, abstained, right in shares
    )
    return [f"Abstained from: {said}."]


def _held(report: Mapping[str, Any] | None) -> list[str]:
    if not report:
        return []
    urgency = report["heads"]["urgency"]
    return [
        "",
        "## Held-back written set (nlp/training/held/written.jsonl, by another hand; nothing was chosen on it)",
        "",
        "| head | texts | macro-F1 | accuracy | abstained |",
        "|---|---|---|---|---|",
        *(
            f"| {head} | {found['n']} | {found['macro_f1']['value']:.3f} | {found['accuracy']['value']:.3f} "
            f"| {found['abstained']:.3f} |"
            for head, found in report["heads"].items()
        ),
        "",
        f"Urgent or critical: recall {urgency['urgent_or_critical']['recall']['value']:.3f}, precision "
        f"{urgency['urgent_or_critical']['precision']['value']:.3f}.",
    ]
