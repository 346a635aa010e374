"""`nobet query test`: on a file, on standard input and on stored history, for people and for programs."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.command import ROOT, nobet

EXAMPLES = ROOT / "docs" / "examples" / "mentions.jsonl"


def line(number: int, text: str, **fields: Any) -> str:
    posted = datetime.now(UTC) - timedelta(hours=6 * number)
    record = {"source": "x", "native_id": str(number), "text": text, "published_at": posted.isoformat(), **fields}
    return json.dumps(record, ensure_ascii=False) + "\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    (home / "nobet.yaml").write_text(
        "brand: {name: Çınar Ev}\nsources:\n  - {kind: x, native_query: kargo, price_per_item: '0.005'}\n",
        encoding="utf-8",
    )
    return home


def test_a_file_says_what_matched_and_why(home: Path) -> None:
    answer = nobet(home, "query", "test", "(kargo OR sipariş) NOT mavi", EXAMPLES)
    assert answer.status == 0, answer.err
    assert "1 of 5 mentions in" in answer.out and "sikayetvar: 1 of 1" in answer.out
    assert "»Kargom« 9 gündür gelmedi" in answer.out
    assert "because: kargo (Kargom); sipariş (Sipariş); NOT mavi" in answer.out
    assert "1 excluded by: NOT mavi" in answer.out and "»mavi« istedim" in answer.out
    assert "X: kargo OR" in answer.out and "filtered here: NOT mavi" in answer.out
    assert "x (0.005 USD an item): no estimate, less than a day of history" in answer.out
    assert not (home / "nobet.db").exists(), "a file needs no store"


def test_a_program_reads_json(home: Path) -> None:
    answer = nobet(home, "query", "test", "--json", "kargo", EXAMPLES)
    found = answer.json
    assert answer.status == 0 and (found["query"], found["read"], found["matched"]) == ("kargo", 5, 1)
    (match,) = found["matches"]
    (word,) = match["found"]
    assert match["text"][word["start"] : word["end"]] == word["text"] == "Kargom"
    assert {native["service"] for native in found["services"]} >= {"X", "Reddit", "Bluesky", "Mastodon", "YouTube"}
    assert found["costs"][0]["money"] is None


def test_the_stored_history_with_its_cost(home: Path) -> None:
    lines = [line(i, "kargo reklamı" if i % 3 == 0 else "kargom gelmedi") for i in range(1, 61)]
    lines += [line(i, "KARGOM!!", source="forum") for i in range(61, 71)]
    file = home / "m.jsonl"
    file.write_text("".join(lines), encoding="utf-8")
    assert nobet(home, "import", "--store-only", file).status == 0

    answer = nobet(home, "query", "test", "--json", "kargo -reklam")
    found = answer.json
    assert answer.status == 0 and (found["read"], found["matched"], len(found["matches"])) == (70, 50, 10)
    (cost,) = found["costs"]
    assert cost["days"] == pytest.approx(15, abs=0.1) and cost["read"] == pytest.approx(120, abs=2)
    assert cost["matched"] == pytest.approx(80, abs=2) and float(cost["money"]) == pytest.approx(0.60, abs=0.02)
    assert found["missed"] == [{"why": "excluded", "clause": "NOT reklam", "count": 20}]

    recent = nobet(home, "query", "test", "--store", "--since", "5d", "--source", "x", "--limit", "2", "kargo").out
    assert "19 of 19 mentions" in recent and recent.count("because:") == 2 and "forum" not in recent
    assert "There are no mentions" in nobet(home, "query", "test", "--source", "nowhere", "kargo").out


def test_standard_input_and_lines_that_are_no_mentions(home: Path) -> None:
    answer = nobet(home, "query", "test", "kargo", "-", stdin=line(1, "kargom") + "{}\n" + line(2, "iade"))
    assert answer.status == 1 and "1 of 2 mentions" in answer.out
    assert "standard input, line 2: source is missing; the line is passed over" in answer.err


def test_what_strangers_wrote_cannot_move_the_terminal(home: Path) -> None:
    answer = nobet(home, "query", "test", "kargo", "-", stdin=line(1, "kargo \x1b[2J\x07 \u202e gelmedi\nnobet: oldu"))
    assert answer.status == 0 and "\x1b" not in answer.out and "\u202e" not in answer.out and "\x07" not in answer.out
    assert "»kargo« [2J gelmedi nobet: oldu" in answer.out


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["kargo AND (iade", EXAMPLES], 1, "Query, column 11: the parenthesis opened here is never closed."),
        (["kargo", "nowhere.jsonl"], 1, "nowhere.jsonl does not exist"),
        (["kargo", EXAMPLES, "--store"], 2, "name a file or --store, not both"),
        (["kargo", EXAMPLES, "--since", "soon"], 2, "is not a duration"),
        ([], 2, "Missing argument"),
    ],
)  # fmt: skip
def test_mistakes_are_sentences(home: Path, arguments: list[str | Path], status: int, words: str) -> None:
    answer = nobet(home, "query", "test", *arguments)
    assert answer.status == status and words in answer.err and len(answer.err.splitlines()) == 1


def test_an_operator_in_small_letters_is_pointed_out(home: Path) -> None:
    answer = nobet(home, "query", "test", "kargo or iade", EXAMPLES)
    assert answer.status == 0 and "column 7: 'or' is looked for as a word; the operator is OR" in answer.err
