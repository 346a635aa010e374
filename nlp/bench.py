"""How fast the classifier is and how much memory it takes, beside others on the same texts in the same run.

Each candidate runs in a process of its own (`python -m nlp.bench`, the task on standard input as JSON), so that its
memory is its own, and so that nothing it loaded serves the next. This file imports nothing of ours at the top: what it
imports would be counted against every candidate, foreign ones too.

Two measurements: `texts_per_second` over all texts at once, as a backlog is scored; and milliseconds of single calls,
as a mention arrives. No text is given to a candidate twice: what it remembered of the first time would help the second.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import math
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SEED = 7
SINGLES = 300
"""Single calls at most: enough for a 95th percentile that 15 calls lie above."""
WARM = 16
"""Texts before anything is measured: the first calls of a process load and compile."""
THREADS = 2
"""Threads of the encoder that is measured against."""
BATCH = 32
PIECES = 128
"""Pieces of a text that the encoder reads: as many as our own transformer, so that both have the same work."""
ALL_LAYERS = 12

Text = tuple[str, str | None]
"""A text and its language, where that is known."""


@dataclass(frozen=True)
class Candidate:
    """What is measured. `kind` is `ours` (then `backend` says which), `vader` or `e5`; `judges` is what it answers."""

    name: str
    kind: str
    judges: str
    backend: str = ""


def candidates(configured: str) -> list[Candidate]:
    """What one run measures; `configured` is the backend that the configuration names."""
    heads = "sentiment, urgency, topic; tr, en"
    return [
        Candidate(f"configured ({configured})", "ours", heads, configured),
        Candidate("linear", "ours", heads, "linear"),
        Candidate("transformer", "ours", heads, "transformer"),
        Candidate("VADER", "vader", "sentiment; English only"),
        Candidate("e5-small", "e5", "nothing: encodes only (12 layers, torch fp32, 2 threads)"),
    ]


def sample(texts: Sequence[Text], most: int, seed: int = SEED) -> dict[str, list[Text]]:
    """Different texts, drawn with `seed`: to `warm` up, for `singles`, and `most` for `all`; fewer where there are
    fewer. Raises ValueError where there are not enough for any measurement."""
    different = list(dict.fromkeys(texts))
    singles = min(SINGLES, max(most // 5, 20))
    wanted = WARM + singles + most
    if len(different) < WARM + 20:
        raise ValueError(f"{len(different)} different texts are too few to measure with; {WARM + 20} at least")
    drawn = random.Random(seed).sample(different, min(wanted, len(different)))
    if len(drawn) < wanted:
        singles = min(singles, (len(drawn) - WARM) // 2)
    return {"warm": drawn[:WARM], "singles": drawn[WARM : WARM + singles], "all": drawn[WARM + singles :]}


def measure(
    who: Sequence[Candidate],
    texts: Mapping[str, Sequence[Text]],
    labels: Mapping[str, str],
    baseline: str | None = None,
) -> dict[str, Any]:
    """Measures each candidate on the texts of `sample`, one process after the other.

    `labels` are those of a foreign model (`classifier.labels`); `baseline` the name of the candidate to compare with,
    by default the first there is of e5-small, VADER and linear. Returns a JSON-able report; a candidate that could not
    be measured has a `missing` with the reason and what to do.
    """
    rows = [{"name": one.name, "judges": one.judges, **_in_its_own_process(one, texts, labels)} for one in who]
    measured = {row["name"]: row for row in rows if "missing" not in row}
    against = next((name for name in (baseline, "e5-small", "VADER", "linear") if name in measured), None)
    if against is not None:
        base = measured[against]
        for row in measured.values():
            row["against"] = {
                "texts_per_second": _over(row["texts_per_second"], base["texts_per_second"]),
                "p50": _over(base["p50_ms"], row["p50_ms"]),
                "memory": _over(row["memory_mb"], base["memory_mb"]),
            }
    return {
        "texts": len(texts["all"]), "singles": len(texts["singles"]), "cores": _cores(), "baseline": against,
        "candidates": rows,
    }  # fmt: skip


def table(report: Mapping[str, Any]) -> str:
    """The report as a page of text for a terminal."""
    against = report["baseline"]
    lines = [
        f"{report['texts']} texts at once, {report['singles']} others one by one, {report['cores']} cores; "
        "each candidate in a process of its own",
        "",
        f"{'':<26}{'texts/s':>9}{'p50 ms':>9}{'p95 ms':>9}{'MB':>7}{'loading':>9}{'in s':>6}",
    ]
    for row in report["candidates"]:
        if "missing" not in row:
            lines.append(
                f"{row['name']:<26}{row['texts_per_second']:>9.1f}{row['p50_ms']:>9.2f}{row['p95_ms']:>9.2f}"
                f"{row['memory_mb']:>7.0f}{row['loading_mb']:>9.0f}{row['load_s']:>6.1f}"
            )
    lines += ["", "MB: the most memory while scoring; loading: the most before that"]
    if against is not None:
        lines += ["", f"against {against}:"]
        for row in report["candidates"]:
            if "against" in row and row["name"] != against:
                found = row["against"]
                lines.append(
                    f"  {row['name']:<24}{found['texts_per_second']:g} times the texts/s, single texts "
                    f"{found['p50']:g} times as fast, {found['memory']:g} times the memory"
                )
    lines += ["", "what each answers:"] + [
        f"  {row['name']:<24}{row['judges']}" + (f" ({row['model']})" if row.get("model") else "")
        for row in report["candidates"]
    ]
    lines += [f"{row['name']} was not measured: {row['missing']}" for row in report["candidates"] if "missing" in row]
    return "\n".join(lines)


def peak_memory() -> float:
    """The most memory that this process has held, in MB (10^6 bytes), as the system counts resident pages.

    On Linux since `_forget_peak`, else since its start. Not from `getrusage` there: its number survives an exec, so a
    child would begin with its parent's memory.
    """
    try:
        for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return round(int(line.split()[1]) * 1024 / 1e6, 1)
    except OSError:
        pass
    import resource

    unit = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, the others kilobytes
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6, 1)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` (in [0, 1]) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]


def _over(part: float, whole: float) -> float:
    return float(f"{part / whole:.3g}") if whole else 0.0


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _in_its_own_process(
    one: Candidate, texts: Mapping[str, Sequence[Text]], labels: Mapping[str, str]
) -> dict[str, Any]:
    root = str(Path(__file__).resolve().parent.parent)
    paths = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    task = json.dumps({"kind": one.kind, "backend": one.backend, "labels": dict(labels), "texts": texts})
    # -P: this file's folder is no place to import from
    done = subprocess.run(
        [sys.executable, "-P", str(Path(__file__).resolve())],
        input=task, capture_output=True, encoding="utf-8", errors="replace",
        env={**os.environ, "PYTHONPATH": paths, "PYTHONUTF8": "1"},
    )  # fmt: skip
    try:
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found
    except (IndexError, ValueError):
        said = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        return {"missing": f"its process ended with {done.returncode}: {said[0][:300]}"}


class _Missing(Exception):
    """A candidate that cannot be made here; the message says what to install."""


Calls = tuple[Callable[[Text], object], Callable[[Sequence[Text]], object], str]
"""One text; all texts; the model's name."""


def _ours(backend: str, labels: Mapping[str, str]) -> Calls:
    from datetime import UTC, datetime

    from mention import MAX_TEXT, Mention, clean_text
    from nlp.linear import ModelError
    from nlp.scorer import Scorer

    when = datetime(2000, 1, 1, tzinfo=UTC)
    try:
        scorer = Scorer.of(backend, labels)
    except ModelError as error:
        raise _Missing(str(error)) from None

    def mention(text: Text) -> Mention:
        return Mention(source="bench", native_id="1", text=clean_text(text[0])[:MAX_TEXT] or " ", published_at=when)

    def every(texts: Sequence[Text]) -> None:
        for _ in scorer.stream(map(mention, texts)):
            pass

    return (lambda text: scorer.score([mention(text)])), every, scorer.model


def _vader() -> Calls:
    try:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
    except ImportError as error:
        raise _Missing(_install(error)) from None
    analyser = SentimentIntensityAnalyzer()

    def each(text: Text) -> object:
        return analyser.polarity_scores(text[0])

    return each, lambda texts: [each(text) for text in texts], ""


def _e5() -> Calls:
    """The whole encoder that ours was made from, as one runs it with torch: batches of texts of like length.

    Its memory holds our package too, which reads its weights: some 40 MB of more than 1,000.
    """
    try:
        import torch
        from tokenizers import Tokenizer

        from nlp.corpus import TrainingError
        from nlp.training import base, net
    except ImportError as error:
        raise _Missing(_install(error)) from None
    try:
        read = base.read(base.encoder_file(), ALL_LAYERS)
        tokenizer = Tokenizer.from_file(str(base.tokenizer_file()))
    except TrainingError as error:
        raise _Missing(str(error)) from None
    torch.set_num_threads(THREADS)
    tokenizer.enable_truncation(PIECES)
    tokenizer.no_padding()
    model = net.start(read, range(len(read.tensors["emb.word"])), 0).eval()

    def encode(cut: Sequence[list[int]]) -> object:
        longest = max(map(len, cut))
        pieces, mask = (torch.zeros((len(cut), longest), dtype=torch.long) for _ in range(2))
        for row, ids in enumerate(cut):
            pieces[row, : len(ids)] = torch.tensor(ids)
            mask[row, : len(ids)] = 1
        with torch.inference_mode():
            weights = mask[:, :, None].to(torch.float32)
            found: object = (model.states(pieces, mask) * weights).sum(1) / weights.sum(1)
        return found

    def every(texts: Sequence[Text]) -> None:
        # "query: " is the prefix that the encoder was taught to expect before a text
        cut = sorted((one.ids for one in tokenizer.encode_batch([f"query: {text}" for text, _ in texts])), key=len)
        for at in range(0, len(cut), BATCH):
            encode(cut[at : at + BATCH])

    return (lambda text: encode([tokenizer.encode(f"query: {text[0]}").ids])), every, "multilingual-e5-small"


def _install(error: ImportError) -> str:
    return f"{error.name or error} is not installed; `pip install -r requirements-train.txt` brings it."


def _forget_peak() -> None:
    """Let the system count this process's peak anew, where it can; else loading counts as well.

    What loading freed is handed back first: it is no part of what scoring needs.
    """
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _run(task: Mapping[str, Any]) -> dict[str, Any]:
    """One candidate's numbers, in this process."""
    texts = {name: [(str(text), lang) for text, lang in part] for name, part in task["texts"].items()}
    began = time.perf_counter()
    try:
        kind = task["kind"]
        each, every, model = (
            _ours(task["backend"], task["labels"]) if kind == "ours" else {"vader": _vader, "e5": _e5}[kind]()
        )
    except _Missing as error:
        return {"missing": str(error)}
    loaded = time.perf_counter() - began
    loading = peak_memory()
    _forget_peak()
    every(texts["warm"])
    spent: list[float] = []
    for text in texts["singles"]:
        begun = time.perf_counter()
        each(text)
        spent.append(1000 * (time.perf_counter() - begun))
    begun = time.perf_counter()
    every(texts["all"])
    seconds = time.perf_counter() - begun
    return {
        "model": model, "texts_per_second": round(len(texts["all"]) / seconds, 1),
        "p50_ms": round(percentile(spent, 0.5), 3), "p95_ms": round(percentile(spent, 0.95), 3),
        "memory_mb": peak_memory(), "loading_mb": loading, "load_s": round(loaded, 2),
    }  # fmt: skip


if __name__ == "__main__":
    sys.stdin.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    print(json.dumps(_run(json.load(sys.stdin)), ensure_ascii=False))
