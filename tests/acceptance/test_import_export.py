"""Files in, everything out: counts, kills, encodings, formulas."""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.acceptance.command import ROOT, environment, nobet

SAID = """kargo iade gelmedi teşekkürler ürün kırık sipariş bekliyorum nerede fatura çok güzel müşteri hizmetleri"""
WORDS = SAID.split()


def write_mentions(file: Path, count: int) -> None:
    """Distinct mentions by a seeded hand: lengths and words vary, ids do not repeat."""
    hand = random.Random(7)
    with file.open("w", encoding="utf-8") as stream:
        for number in range(count):
            text = " ".join(hand.choices(WORDS, k=hand.randint(3, 14)))
            day, hour = hand.randint(1, 20), hand.randint(0, 23)
            record = {
                "source": hand.choice(["x", "forum", "portal"]), "native_id": f"m{number}", "text": f"{text} {number}",
                "author": f"kisi{hand.randint(1, 4000)}", "published_at": f"2026-11-{day:02d}T{hour:02d}:15:00+03:00",
            }  # fmt: skip
            stream.write(json.dumps(record, ensure_ascii=False) + "\n")


def test_the_same_ten_thousand_lines_twice(tmp_path: Path) -> None:
    file, home = tmp_path / "mentions.jsonl", tmp_path / "home"
    write_mentions(file, 10_000)
    first = nobet(home, "import", "--store-only", file)
    assert "read 10000, new 10000, known 0, rejected 0" in first.out and first.status == 0
    second = nobet(home, "import", "--store-only", file)
    assert "read 10000, new 0, known 10000, rejected 0" in second.out and second.status == 0


def rows(home: Path) -> tuple[list[tuple[str, ...]], set[tuple[str, ...]]]:
    """What must be the same however often the work was interrupted: mentions with labels and stage, cases' contents."""
    mentions = nobet(home, "export", "mentions").jsonl
    told = sorted(
        (m["source"], m["native_id"], m["text"], m["stage"], m["score"]["urgency"]["label"]) for m in mentions
    )
    cases = nobet(home, "export", "cases").jsonl
    held = {tuple(sorted(f"{m['source']}/{m['native_id']}" for m in case["mentions"])) for case in cases}
    assert len(held) == len(cases)
    return told, held


KILLS = int(os.environ.get("NOBET_TEST_IMPORT_KILLS", "3"))


def test_killed_imports_end_like_an_uninterrupted_one(tmp_path: Path) -> None:
    file = tmp_path / "mentions.jsonl"
    write_mentions(file, 600)
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert nobet(whole, "import", file).status == 0
    hand = random.Random(11)
    for _ in range(KILLS):
        process = subprocess.Popen(
            [sys.executable, "-m", "nobet", "import", str(file)], cwd=ROOT, env=environment(killed),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(hand.uniform(0.8, 4.0))  # the point of the kill is meant to be anywhere
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert nobet(killed, "import", file).status == 0
    assert rows(killed) == rows(whole)
    problems = subprocess.run(
        [sys.executable, "-c", CHAIN], cwd=ROOT, env=environment(killed), capture_output=True, text=True
    )
    assert problems.stdout.strip() == "[]", problems.stderr


CHAIN = """
from desk.settings import load_settings
from store import events
from store.engine import Store
settings = load_settings()
with Store.open(settings.url).read() as tx:
    print(events.verify_chain(tx, settings.brand.key))
"""


def test_csv_in_windows_letters_with_semicolons(tmp_path: Path) -> None:
    file, home = tmp_path / "dışa aktarım.csv", tmp_path / "home"
    file.write_bytes(
        "kaynak;id;metin;tarih;yazar\r\nportal;1;Siparişim gelmedi, çok üzgünüm ğüşiöçİ;2026-11-20 09:30;Ayşe\r\n"
        'portal;2;"İki satır\nbir mesaj; evet";2026-11-20 10:00;Işıl\r\n'.encode("cp1254")
    )
    answer = nobet(home, "import", file)
    assert "read 2, new 2, known 0, rejected 0" in answer.out, answer.err
    stored = {m["native_id"]: m for m in nobet(home, "export", "mentions").jsonl}
    assert stored["1"]["text"] == "Siparişim gelmedi, çok üzgünüm ğüşiöçİ"
    assert stored["1"]["published_at"].startswith(("2026-11-20T09:30:00+03:00", "2026-11-20T06:30:00+00:00"))
    assert stored["2"]["text"] == "İki satır\nbir mesaj; evet"


def test_a_formula_leaves_as_text(tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "m.jsonl"
    text = '=HYPERLINK("http://example.invalid";"tıkla")'
    record = {
        "source": "x",
        "native_id": "1",
        "text": text,
        "author": "+90",
        "published_at": "2026-11-20T09:30:00+03:00",
    }
    file.write_text(json.dumps(record), encoding="utf-8")
    nobet(home, "import", file)
    out = tmp_path / "out"
    assert nobet(home, "export", "mentions,events", "--format", "csv", "--out", out).status == 0
    with (out / "mentions.csv").open(encoding="utf-8", newline="") as stream:
        [row] = csv.DictReader(stream)
    assert row["text"] == "'" + text and row["author"] == "'+90"
    assert nobet(home, "export", "mentions").jsonl[0]["text"] == text
