"""How good the scorer is on labelled texts: per label, with intervals, and what it was not judged on.

Sentiment sets carry `label`, desk sets `sentiment`, `urgency` and `topic`; a label that is null (two people disagreed)
or unknown is counted as not judged. Intervals are 95 % percentile bootstrap over texts: small sets have wide ones, and
a number without its interval invites stories.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mention import MAX_TEXT, Mention, Score, clean_text
from nlp.backend import HEADS
from nlp.decide import HOT
from nlp.scorer import Scorer

_RESAMPLES = 1_000
_SEED = 7
_BATCH = 64


def evaluate(records: Iterable[Mapping[str, Any]], scorer: Scorer) -> dict[str, Any]:
    """Scores each record's `text` and compares with its labels.

    A record has `text`, and `label` (a sentiment) or any of `sentiment`, `urgency`, `topic`; optionally `lang`, which
    is used to report by language, never told to the scorer. Returns a JSON-able report: `n` texts judged on at least
    one head, `heads` with the numbers of each, `languages`, `speed` in texts per second, `model`.
    """
    pairs: dict[str, list[tuple[str, str, bool]]] = {head: [] for head in HEADS}
    spoken: list[tuple[str, str]] = []
    not_judged = dict.fromkeys(HEADS, 0)
    counts = {"n": 0, "read": 0, "unscorable": 0}
    spent = 0.0
    for batch in _batches(records):
        mentions = [_mention(record["text"], counts["read"] + i) for i, record in enumerate(batch)]
        began = time.perf_counter()
        scores = scorer.score(mentions)
        spent += time.perf_counter() - began
        counts["read"] += len(batch)
        for record, score in zip(batch, scores, strict=True):
            truths = {head: _truth(record, head) for head in HEADS}
            counts["n"] += any(truths.values())
            if not isinstance(score, Score):
                counts["unscorable"] += 1
                continue
            if record.get("lang"):
                spoken.append((str(record["lang"]), score.language))
            for head, truth in truths.items():
                if truth is None:
                    not_judged[head] += 1
                else:
                    pairs[head].append((truth, getattr(score, head).label, head in score.abstained))
    report: dict[str, Any] = {
        **counts,
        "heads": {head: _head_report(head, found) for head, found in pairs.items() if found},
        "not_judged": {head: not_judged[head] for head in HEADS if pairs[head]},
        "model": scorer.model,
        "speed": {"texts_per_second": round(counts["read"] / spent, 1) if spent else None},
    }
    if spoken:
        report["language_right"] = round(sum(a == b for a, b in spoken) / len(spoken), 4)
    return report


def format_report(report: Mapping[str, Any]) -> str:
    """The report as a page of text for a terminal."""
    lines = [f"{report['n']} labelled texts, model {report['model']}, {report['speed']['texts_per_second']} texts/s"]
    if report["unscorable"]:
        lines.append(f"{report['unscorable']} texts could not be scored")
    for head, found in report["heads"].items():
        missing = report["not_judged"][head]
        lines += ["", f"{head}: {found['n']} texts" + (f", {missing} not judged" if missing else "")]
        lines.append(f"  {'label':<20}{'precision':>10}{'recall':>8}{'F1':>8}{'texts':>7}")
        for label, row in found["labels"].items():
            lines.append(f"  {label:<20}{row['precision']:>10.3f}{row['recall']:>8.3f}{row['f1']:>8.3f}{row['n']:>7}")
        for name in ("macro_f1", "macro_recall", "accuracy"):
            lines.append(f"  {name:<20}{_with_interval(found[name])}")
        if "urgent_or_critical" in found:
            hot = found["urgent_or_critical"]
            lines.append(f"  urgent or critical  recall {_with_interval(hot['recall'])}")
            lines.append(f"                      precision {_with_interval(hot['precision'])}")
        lines.append(
            f"  abstained           {found['abstained']:.1%}; right where not: {found['right_where_sure']:.3f}"
        )
        if len(found["confusion"]) <= 4:
            lines.append("  truth by row, answer by column: " + ", ".join(found["confusion"]))
            for label, row in found["confusion"].items():
                lines.append(f"    {label:<18}" + "".join(f"{row[answer]:>7}" for answer in found["confusion"]))
    return "\n".join(lines)


def _with_interval(value: Mapping[str, float]) -> str:
    return f"{value['value']:.3f} ({value['low']:.3f} to {value['high']:.3f})"


def _batches(records: Iterable[Mapping[str, Any]]) -> Iterable[list[Mapping[str, Any]]]:
    batch: list[Mapping[str, Any]] = []
    for record in records:
        batch.append(record)
        if len(batch) >= _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _mention(text: str, number: int) -> Mention:
    when = datetime(2000, 1, 1, tzinfo=UTC)  # the time of a text does not move its score
    return Mention(source="evaluate", native_id=str(number), text=clean_text(text)[:MAX_TEXT] or " ", published_at=when)


def _truth(record: Mapping[str, Any], head: str) -> str | None:
    value = record.get(head)
    if head == "sentiment" and value is None:
        value = record.get("label")
    return str(value) if value in HEADS[head] else None


def _head_report(head: str, found: Sequence[tuple[str, str, bool]]) -> dict[str, Any]:
    labels = HEADS[head]
    index = {label: i for i, label in enumerate(labels)}
    truth = np.array([index[t] for t, _, _ in found])
    answer = np.array([index[a] for _, a, _ in found])
    sure = np.array([not abstained for _, _, abstained in found])
    counts = _confusion(truth, answer, len(labels))
    precision, recall, f1 = _per_label(counts)
    seen = counts.sum(axis=1) > 0
    report: dict[str, Any] = {
        "n": len(found),
        "labels": {
            label: {
                "precision": _r(precision[i]),
                "recall": _r(recall[i]),
                "f1": _r(f1[i]),
                "n": int(counts[i].sum()),
            }
            for label, i in index.items()
            if seen[i] or counts[:, i].any()
        },
        "abstained": _r(1.0 - sure.mean()),
        "right_where_sure": _r((truth == answer)[sure].mean()) if sure.any() else 0.0,
        "confusion": {
            label: {other: int(counts[i, j]) for other, j in index.items()} for label, i in index.items() if seen[i]
        },
    }
    if len(labels) <= 4:
        report["confusion"] = {a: {b: int(counts[i, j]) for b, j in index.items()} for a, i in index.items()}
    measures = {
        # Averages are over the labels that occur: a set without neutral texts cannot say how neutral is found.
        "macro_f1": lambda c: float(_per_label(c)[2][seen].mean()),
        "macro_recall": lambda c: float(_per_label(c)[1][seen].mean()),
        "accuracy": lambda c: float(np.trace(c) / max(c.sum(), 1)),
    }
    if head == "urgency":
        hot = [index[label] for label in HOT]
        measures["hot_recall"] = lambda c: float(c[np.ix_(hot, hot)].sum() / max(c[hot].sum(), 1))
        measures["hot_precision"] = lambda c: float(c[np.ix_(hot, hot)].sum() / max(c[:, hot].sum(), 1))
    draws = np.random.default_rng(_SEED).integers(0, len(found), size=(_RESAMPLES, len(found)))
    resampled = [_confusion(truth[draw], answer[draw], len(labels)) for draw in draws]
    for name, measure in measures.items():
        low, high = np.percentile([measure(c) for c in resampled], [2.5, 97.5])
        report[name] = {"value": _r(measure(counts)), "low": _r(low), "high": _r(high)}
    if head == "urgency":
        report["urgent_or_critical"] = {
            "recall": report.pop("hot_recall"),
            "precision": report.pop("hot_precision"),
        }
    return report


def _confusion(truth: NDArray[Any], answer: NDArray[Any], count: int) -> NDArray[np.int64]:
    table: NDArray[np.int64] = np.bincount(truth * count + answer, minlength=count * count).reshape(count, count)
    return table


def _per_label(counts: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    right = np.diag(counts).astype(np.float64)
    precision = right / counts.sum(axis=0).clip(1)
    recall = right / counts.sum(axis=1).clip(1)
    f1 = 2 * precision * recall / np.where(precision + recall > 0, precision + recall, 1.0)
    return precision, recall, f1


def _r(value: float | np.floating[Any]) -> float:
    return round(float(value), 4)
