"""The model card: what a model learnt from, how well it does and where it fails, written from measured numbers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlp import decide
from nlp.backend import HEADS
from nlp.corpus import LicensedSet, WrittenMention
from nlp.evaluate import evaluate
from nlp.scorer import Scorer

_GOLD = Path("urgency") / "desk_gold_dev.jsonl"


def counts(mentions: Sequence[WrittenMention]) -> dict[str, Any]:
    """How many of our own mentions there are, by language and by each label."""
    by: dict[str, Any] = {
        "total": len(mentions),
        "language": dict(sorted(Counter(m.language for m in mentions).items())),
    }
    for head, labels in HEADS.items():
        seen = Counter(getattr(mention, head) for mention in mentions)
        by[head] = {label: seen[label] for label in labels}
    return by


def held_out_numbers(
    probs: Mapping[str, NDArray[np.float64]], truth: Mapping[str, NDArray[np.int64]], decision: Mapping[str, Any]
) -> dict[str, Any]:
    """Out-of-fold numbers on our own mentions: macro-F1 per head, urgent-or-critical, critical, calibration error."""
    thresholds = decide.Thresholds.from_record(decision)
    numbers: dict[str, Any] = {}
    for head, labels in HEADS.items():
        rows = [dict(zip(labels, map(float, row), strict=True)) for row in probs[head]]
        chosen = [decide.urgency(row, thresholds) if head == "urgency" else decide.most_likely(row) for row in rows]
        answer = np.array([labels.index(label) for label in chosen])
        sure = np.array(
            [
                decide.confidence(head, label, row) >= thresholds.sure[head]
                for label, row in zip(chosen, rows, strict=True)
            ]
        )
        right = answer == truth[head]
        f1s = []
        for i in range(len(labels)):
            hits = int((right & (answer == i)).sum())
            f1s.append(2 * hits / max(int((answer == i).sum() + (truth[head] == i).sum()), 1))
        numbers[head] = {
            "macro_f1": round(float(np.mean(f1s)), 4),
            "accuracy": round(float(right.mean()), 4),
            "abstained": round(float(1 - sure.mean()), 4),
            "right_where_sure": round(float(right[sure].mean()), 4) if sure.any() else 0.0,
            "calibration_error": calibration_error(probs[head], truth[head]),
        }
        if head == "urgency":
            hot = [labels.index(label) for label in decide.HOT]
            numbers[head]["urgent_or_critical"] = _recall_precision(np.isin(truth[head], hot), np.isin(answer, hot))
            last = labels.index("critical")
            numbers[head]["critical"] = _recall_precision(truth[head] == last, answer == last)
    return numbers


def calibration_error(probs: NDArray[np.float64], truth: NDArray[np.int64], bins: int = 10) -> float:
    """Expected calibration error: the mean distance of confidence and accuracy over equal-width bins, in [0, 1]."""
    confidence = probs.max(axis=1)
    right = probs.argmax(axis=1) == truth
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    error = 0.0
    for i in range(bins):
        inside = place == i
        if inside.any():
            error += inside.mean() * abs(float(confidence[inside].mean()) - float(right[inside].mean()))
    return round(float(error), 4)


def measure(scorer: Scorer, data_folder: Path) -> dict[str, Any]:
    """The development sets of a data folder through a finished model: measured only, empty where there are none."""
    paths = sorted((data_folder / "sentiment" / "dev").glob("*.jsonl"))
    if (data_folder / _GOLD).is_file():
        paths.append(data_folder / _GOLD)
    if not paths:
        return {}
    measured: dict[str, Any] = {}
    for path in paths:
        with path.open(encoding="utf-8") as lines:
            report = evaluate((json.loads(line) for line in lines if line.strip()), scorer)
        report.pop("speed")  # differs from run to run; the card must not
        measured[path.stem] = report
    return measured


def text(sets: Sequence[LicensedSet], report: Mapping[str, Any]) -> str:
    """The card in Markdown."""
    mentions = report["mentions"]
    decision = report["decision"]
    lines = [
        f"# Model card: {report['model']}",
        "",
        "Written by `nobet train` from what it measured; do not edit by hand.",
        "",
        "## What it is for",
        "",
        "Ordering a brand's mentions in Turkish and English for the people who answer them: sentiment, urgency",
        "and topic by the rubric in docs/reference/classifier.md, with probabilities and the words behind each label.",
        "It proposes; people decide. It is not made to judge persons, to act without a person, or for other languages.",
        "",
        "## What it is",
        "",
        "Per language one TF-IDF space (words, word pairs, letters inside words; text folded to ASCII) and three",
        "multinomial logistic regressions. Arrays and word lists, nothing pickled. Seed "
        f"{report['seed']}; the same data give the same bytes.",
        "",
        "## What it learnt from",
        "",
        "| set | language | licence | what, and how many texts at most |",
        "|---|---|---|---|",
    ]
    for used in sets:
        lines.append(f"| {used.file} | {used.language} | {used.licence} | {used.what}; {used.rows:,} |")
    spoken = ", ".join(f"{number} {language}" for language, number in mentions["language"].items())
    lines += [
        "| nlp/training/mentions | tr, en | Apache-2.0, written for this project | "
        f"all heads; {mentions['total']} ({spoken}) |",
        "",
        "No non-commercial or unlicensed set trained these weights. Licensed Turkish sets have no neutral class, so",
        "in Turkish only our own mentions say what neutral is. Our own mentions by label:",
        "",
    ]
    for head in HEADS:
        lines.append(f"- {head}: " + ", ".join(f"{label} {n}" for label, n in mentions[head].items()))
    lines += [
        "",
        "## How it decides",
        "",
        f"Urgent or critical from a joint probability of {decision['hot']:.2f}; "
        f"critical from {decision['critical']:.2f} of that.",
        "Abstains below "
        + ", ".join(f"{value:.2f} ({head})" for head, value in sorted(decision["sure"].items()))
        + ". Hard rules for danger and fraud (nlp/rules.py) raise urgency and never lower it.",
        "Temperatures: " + ", ".join(f"{name} {value}" for name, value in report["temperature"].items()) + ".",
        "All of this was chosen on out-of-fold predictions for our own mentions, themes kept together.",
        "",
        "## Our own mentions, out of fold (without the hard rules)",
        "",
        "| head | macro-F1 | accuracy | abstained | right where not | calibration error |",
        "|---|---|---|---|---|---|",
    ]
    for head, row in report["held_out"].items():
        lines.append(
            f"| {head} | {row['macro_f1']:.3f} | {row['accuracy']:.3f} | {row['abstained']:.3f} "
            f"| {row['right_where_sure']:.3f} | {row['calibration_error']:.3f} |"
        )
    for name in ("urgent_or_critical", "critical"):
        row = report["held_out"]["urgency"][name]
        lines.append("")
        lines.append(f"{name.replace('_', ' ')}: recall {row['recall']:.3f}, precision {row['precision']:.3f}.")
    lines += measured_lines(report.get("measured") or {})
    lines += [
        "",
        "## Where it fails",
        "",
        "- Quiet danger: a critical matter told without a word of danger ('the dial goes to 0 and it keeps heating')",
        "  is often read as urgent or same-day. The hard rules catch the words, not the situation.",
        "- Topic is its weakest head: seventeen labels learnt from a few dozen texts each. Low confidence is said.",
        "- Irony without a marker ('well done, tenth day') is read as it is spelled.",
        "- Turkish neutral outside of brand talk (news, universities, small talk) is found far less well than in it.",
        "- Words without vowels ('gdn ytkmz yk') are seen only through their letters.",
        "- It judges each text alone: a third message in a thread is not known to be a third one.",
        "",
    ]
    return "\n".join(lines)


def measured_lines(measured: Mapping[str, Any]) -> list[str]:
    """The development sets' numbers as Markdown; nothing where none were measured."""
    if not measured:
        return []
    lines = [
        "",
        "## Development sets (measured, never learnt from)",
        "",
        "Averages are over the labels that occur in the set; in brackets the 95 % bootstrap interval.",
        "",
        "| set | head | texts | macro-F1 | macro-recall | accuracy | abstained |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, report in measured.items():
        for head, found in report["heads"].items():
            lines.append(
                f"| {name} | {head} | {found['n']} | {_interval(found['macro_f1'])} "
                f"| {_interval(found['macro_recall'])} | {_interval(found['accuracy'])} | {found['abstained']:.3f} |"
            )
    for name, report in measured.items():
        hot = report["heads"].get("urgency", {}).get("urgent_or_critical")
        if hot:
            lines.append("")
            found_all, were_right = _interval(hot["recall"]), _interval(hot["precision"])
            lines.append(f"Urgent or critical on {name}: recall {found_all}, precision {were_right}.")
    return lines


def _interval(value: Mapping[str, float]) -> str:
    return f"{value['value']:.3f} [{value['low']:.3f}, {value['high']:.3f}]"


def _recall_precision(truth: NDArray[np.bool_], answer: NDArray[np.bool_]) -> dict[str, float]:
    hits = int((truth & answer).sum())
    return {
        "recall": round(hits / max(int(truth.sum()), 1), 4),
        "precision": round(hits / max(int(answer.sum()), 1), 4),
    }
