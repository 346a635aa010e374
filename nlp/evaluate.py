"""How good the scorer is on labelled texts: per label, with intervals, and what it was not judged on.

Sentiment sets carry `label`, desk sets `sentiment`, `urgency` and `topic`; a label that is null (two people disagreed)
or unknown is counted as not judged. Small sets have wide intervals, and a number without its interval invites stories.
Texts are counted and let go (see measures.py), so a file of any length is read in the same memory.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from mention import MAX_TEXT, Mention, Score, clean_text
from nlp.backend import HEADS
from nlp.bench import peak_memory
from nlp.measures import Tally, head_report, short_report, twins_report
from nlp.normalise import fold
from nlp.scorer import Scorer, Unscorable

_BATCH = 64


def _tallies() -> dict[str, Tally]:
    return {head: Tally(labels) for head, labels in HEADS.items()}


@dataclass
class _Counts:
    """All that is kept of the texts."""

    n: int = 0
    read: int = 0
    unscorable: int = 0
    seconds: float = 0.0
    whole: dict[str, Tally] = field(default_factory=_tallies)
    spoken: dict[str, dict[str, Tally]] = field(default_factory=dict)
    texts_of: Counter[str] = field(default_factory=Counter)
    language_right: int = 0
    not_judged: Counter[str] = field(default_factory=Counter)
    changed: int = 0
    twins: dict[str, Counter[tuple[str, str, str]]] = field(default_factory=lambda: {head: Counter() for head in HEADS})


def evaluate(records: Iterable[Mapping[str, Any]], scorer: Scorer, *, ascii_copies: bool = False) -> dict[str, Any]:
    """Scores each record's `text` and compares with its labels.

    A record has `text`, and `label` (a sentiment) or any of `sentiment`, `urgency`, `topic`; optionally `lang`, which
    is used to report by language, never told to the scorer. With `ascii_copies` each text that holds letters beyond
    ASCII is scored again as typed without them (`siparisim` for `siparişim`), and `ascii` tells what that loses.

    Returns a JSON-able report: `n` texts judged on at least one head, `heads` with the numbers of each, `languages`,
    `speed` (texts per second, and the most memory that this process held, in MB), `model`.
    """
    counts = _Counts()
    for batch in _batches(records):
        mentions = [_mention(record["text"], counts.read + i) for i, record in enumerate(batch)]
        began = time.perf_counter()
        scores = scorer.score(mentions)
        counts.seconds += time.perf_counter() - began
        counts.read += len(batch)
        for record, score in zip(batch, scores, strict=True):
            _count(counts, record, score)
        if ascii_copies:
            _count_twins(counts, batch, scores, scorer)
    memory = peak_memory()
    heads = {head: tally for head, tally in counts.whole.items() if tally.counts.any()}
    report: dict[str, Any] = {
        "n": counts.n,
        "read": counts.read,
        "unscorable": counts.unscorable,
        "heads": {head: head_report(head, tally) for head, tally in heads.items()},
        "not_judged": {head: counts.not_judged[head] for head in heads},
        "model": scorer.model,
        "speed": {
            "texts_per_second": round(counts.read / counts.seconds, 1) if counts.seconds else None,
            "peak_memory_mb": memory,
        },
    }
    if counts.spoken:
        report["languages"] = {
            language: {
                "n": counts.texts_of[language],
                "heads": {head: short_report(head, tally) for head, tally in tallies.items() if tally.counts.any()},
            }
            for language, tallies in sorted(counts.spoken.items())
        }
        report["language_right"] = round(counts.language_right / counts.texts_of.total(), 4)
    if ascii_copies:
        told = {head: twins_report(head, seen) for head, seen in counts.twins.items() if seen}
        report["ascii"] = {"changed": counts.changed, "heads": told}
    return report


def ascii_copy(text: str) -> str:
    """A text as typed without a Turkish keyboard: `SİPARİŞİM` becomes `SIPARISIM`; what no letter has stays."""
    return fold(text.replace("İ", "I"))


def format_report(report: Mapping[str, Any]) -> str:
    """The report as a page of text for a terminal."""
    speed = report["speed"]
    lines = [
        f"{report['n']} labelled texts, model {report['model']}, {speed['texts_per_second']} texts/s, "
        f"{speed['peak_memory_mb']:.0f} MB at most"
    ]
    if report["unscorable"]:
        lines.append(f"{report['unscorable']} texts could not be scored")
    for head, found in report["heads"].items():
        missing = report["not_judged"][head]
        lines += ["", f"{head}: {found['n']} texts" + (f", {missing} not judged" if missing else "")]
        lines += _label_lines(found)
        lines += _confusion_lines(found)
    lines += _language_lines(report.get("languages", {}), report.get("language_right"))
    lines += _ascii_lines(report.get("ascii"))
    return "\n".join(lines)


def _label_lines(found: Mapping[str, Any]) -> list[str]:
    lines = [f"  {'label':<20}{'precision':>10}{'recall':>8}{'F1':>8}  {'':<16}{'texts':>7}"]
    for label, row in found["labels"].items():
        precision = f"{row['precision']:.3f}" if row["answered"] else "-"
        recall = f"{row['recall']:.3f}" if row["n"] else "-"
        between = f"({row['f1_low']:.3f} to {row['f1_high']:.3f})"
        lines.append(f"  {label:<20}{precision:>10}{recall:>8}{row['f1']:>8.3f}  {between:<16}{row['n']:>7}")
    for name in ("macro_f1", "macro_recall", "accuracy"):
        lines.append(f"  {name:<20}{_with_interval(found[name])}")
    for name, words in (("urgent_or_critical", "urgent or critical"), ("critical", "critical")):
        if name not in found:
            continue
        hot = found[name]
        lines.append(f"  {words:<20}recall {_with_interval(hot['recall']) if hot['n'] else '-: none in these texts'}")
        lines.append(
            f"  {'':<20}precision {_with_interval(hot['precision']) if hot['answered'] else '-: none answered'}"
        )
        if hot.get("cold"):
            lines.append(f"  {'':<20}none or same_day called critical {_with_interval(hot['falsely'])}")
    lines.append(f"  {'abstained':<20}{found['abstained']:.1%}; right where not: {found['right_where_sure']:.3f}")
    lines.append(f"  {'calibration error':<20}{found['calibration_error']:.3f}")
    return lines


def _confusion_lines(found: Mapping[str, Any]) -> list[str]:
    table = found["confusion"]
    if all(len(row) <= 4 for row in table.values()):
        return ["  truth by row, answer by column: " + ", ".join(table)] + [
            f"    {label:<18}" + "".join(f"{row[answer]:>7}" for answer in table) for label, row in table.items()
        ]
    if not found["largest_confusions"]:
        return []
    return ["  largest confusions (truth -> answer: texts, share of the truth's)"] + [
        f"    {one['truth'] + ' -> ' + one['answer']:<42}{one['n']:>5}{one['share']:>8.1%}"
        for one in found["largest_confusions"]
    ]


def _language_lines(languages: Mapping[str, Any], right: float | None) -> list[str]:
    if not languages:
        return []
    lines = ["", f"language told right: {right:.1%}", f"  {'by language':<20}{'texts':>7}  macro-F1"]
    for language, told in languages.items():
        for head, found in told["heads"].items():
            name = f"{language} {head}"
            lines.append(
                f"  {name:<20}{found['n']:>7}  {_with_interval(found['macro_f1'])}, "
                f"accuracy {found['accuracy']['value']:.3f}, calibration error {found['calibration_error']:.3f}"
            )
            if found.get("urgent_or_critical", {}).get("n"):
                hot = found["urgent_or_critical"]
                lines.append(
                    f"  {'':<29}urgent or critical: recall {_with_interval(hot['recall'])}, "
                    f"precision {_with_interval(hot['precision'])}"
                )
    return lines


def _ascii_lines(told: Mapping[str, Any] | None) -> list[str]:
    if told is None:
        return []
    lines = ["", f"typed in ASCII: {told['changed']} texts lose letters by it"]
    for head, found in told["heads"].items():
        loss, exact = found["macro_f1"]["loss"], found["accuracy"]["loss"]
        lines.append(
            f"  {head:<12}macro-F1 {found['macro_f1']['text']:.3f} -> {found['macro_f1']['copy']:.3f}, "
            f"{loss['value']:.2f} points lost ({loss['low']:.2f} to {loss['high']:.2f}); "
            f"accuracy {exact['value']:.2f} ({exact['low']:.2f} to {exact['high']:.2f}); "
            f"answered otherwise: {found['answered_otherwise']:.1%} of {found['n']}"
        )
    return lines


def _with_interval(value: Mapping[str, float]) -> str:
    return f"{value['value']:.3f} ({value['low']:.3f} to {value['high']:.3f})"


def _batches(records: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
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
    return value if isinstance(value, str) and value in HEADS[head] else None


def _count(counts: _Counts, record: Mapping[str, Any], score: Score | Unscorable) -> None:
    truths = {head: _truth(record, head) for head in HEADS}
    counts.n += any(truths.values())
    if not isinstance(score, Score):
        counts.unscorable += 1
        return
    tallies = [counts.whole]
    if record.get("lang"):
        language = str(record["lang"])
        tallies.append(counts.spoken.setdefault(language, _tallies()))
        counts.texts_of[language] += 1
        counts.language_right += language == score.language
    for head, truth in truths.items():
        if truth is None:
            counts.not_judged[head] += 1
            continue
        judged = getattr(score, head)
        for each in tallies:
            each[head].add(truth, judged.label, head in score.abstained, judged.probs)


def _count_twins(
    counts: _Counts, batch: list[Mapping[str, Any]], scores: list[Score | Unscorable], scorer: Scorer
) -> None:
    """The texts of a batch that ASCII has not all the letters of, scored once more without them."""
    pairs = [
        (record, score, folded)
        for record, score in zip(batch, scores, strict=True)
        if isinstance(score, Score) and (folded := ascii_copy(record["text"])) != record["text"]
    ]
    copies = scorer.score([_mention(folded, i) for i, (_, _, folded) in enumerate(pairs)])
    for (record, score, _), copy in zip(pairs, copies, strict=True):
        if not isinstance(copy, Score):
            continue
        counts.changed += 1
        for head in HEADS:
            if truth := _truth(record, head):
                counts.twins[head][truth, getattr(score, head).label, getattr(copy, head).label] += 1
