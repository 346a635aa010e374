"""`nobet causes`: the weekly list as text, JSON, CSV and a page, whatever customers and suppliers are called."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mention import Fact, LabelScore, Mention, Score
from nobet import main
from store import Store, scoring
from store.ingest import save_batch
from tests.acceptance.command import Answer
from tests.integration.store_making import fetched

Run = Callable[..., Answer]
END = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(days=1)
CONFIG = """
brand: {name: Marka, slug: marka}
desk: {holidays: null}
agents: [{name: Elif, role: team_lead}]
"""
HOSTILE = '=HYPERLINK("http://kotu.example";"tıkla")<script>alert(1)</script>'


@pytest.fixture
def nobet(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line in this process: a process for each of a dozen commands would take half a minute."""

    def run(home: Path, *arguments: str | Path) -> Answer:
        monkeypatch.setenv("NOBET_HOME", str(home))
        monkeypatch.delenv("NOBET_STORE_URL", raising=False)
        monkeypatch.setattr(sys, "argv", ["nobet", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main()
        out, err = capsys.readouterr()
        return Answer(int(left.value.code or 0), out, err)

    return run


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A brand with nine weeks of calm, in which a supplier and a carrier are complained of more in the last days."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "nobet.yaml").write_text(CONFIG, encoding="utf-8")
    lines: list[tuple[datetime, str, dict[str, str]]] = []
    lines += [(END - DAY * (n + 0.5), "", {}) for n in range(63)] * 2
    lines += [(END - DAY * (7 * week + 2), "courier", {"carrier": "Hızlı Kargo"}) for week in range(9)]
    lines += [(END - DAY * (0.2 + n / 10), "product_defect", {"supplier": HOSTILE}) for n in range(8)]
    made, scores = [], []
    for number, (at, topic, names) in enumerate(lines):
        mention = Mention(
            source="x", native_id=str(number), text="…", author=f"a{number}", published_at=at,
            extra={"supplier": names["supplier"]} if "supplier" in names else {},
        )  # fmt: skip
        facts = [Fact(kind="carrier", start=0, end=1, text="…", value=names["carrier"])] if "carrier" in names else []
        mood = LabelScore(label="negative" if topic else "neutral", probs={})
        scores.append(
            Score(
                native_id=str(number), source="x", language="tr", sentiment=mood, model="test-1", facts=tuple(facts),
                urgency=LabelScore(label="none", probs={}), topic=LabelScore(label=topic or "question", probs={}),
            )
        )  # fmt: skip
        made.append(mention)
    store = Store.open(f"sqlite:///{home / 'nobet.db'}")
    ids = save_batch(store, "marka", "x", fetched(*made), seen_at=END).new_ids
    with store.write() as tx:
        scoring.save_scores(tx, "marka", list(zip(ids, scores, strict=True)), [], END)
    store.close()
    return home


def test_the_list_in_every_form(home: Path, tmp_path: Path, nobet: Run) -> None:
    week = ("causes", "--from", "2026-11-15T12:00Z", "--to", "2026-11-22T12:00Z")
    told = nobet(home, *week, "--format", "json")
    assert told.status == 0, told.err
    supplier, carrier = told.json["causes"]
    assert supplier["value"] == HOSTILE and supplier["risen"] and supplier["people"] == 8
    assert supplier["usual"] == 0 and supplier["times_low"] > 3 and supplier["per"] == "mentions"
    assert not carrier["risen"] and carrier["usual"] > 0 and carrier["money"] == {}
    assert told.json["windows"] == 8 and told.json["looked_at"] == 2

    answer = nobet(home, *week, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(answer.out)))
    assert [row["value"] for row in rows] == ["'" + HOSTILE, "Hızlı Kargo"]
    assert rows[0]["examples"].split() == [str(one) for one in supplier["examples"]]

    turkish = nobet(home, *week, "--lang", "tr").out
    assert turkish.startswith("Şikâyetlerin sebepleri\n15.11.2026 15:00 – 22.11.2026 15:00\n")
    assert "(tedarikçi), ayıplı ürün: 8 kişi; olağanı 0" in turkish and "Hızlı Kargo" not in turkish.split("Takip")[0]
    english = nobet(home, *week).out
    assert "about one in ten of these may be chance" in english

    page = tmp_path / "sebepler.html"
    assert nobet(home, *week, "--format", "html", "--lang", "tr", "--out", page).status == 0
    html = page.read_text(encoding="utf-8")
    assert "<script>" not in html and "&lt;script&gt;" in html and '<html lang="tr">' in html


def test_rates_per_order(home: Path, tmp_path: Path, nobet: Run) -> None:
    file = tmp_path / "orders.csv"
    lines = ["kind,value,day,orders"]
    for back in range(64):
        day = (END - DAY * back).date()
        lines.append(f"carrier,HIZLI KARGO,{day},{30 if back > 7 else 10}")
    file.write_text("\n".join(lines), encoding="utf-8")
    week = ("causes", "--from", "2026-11-15T12:00Z", "--to", "2026-11-22T12:00Z", "--orders", file)
    carrier = nobet(home, *week, "--format", "json").json["causes"][-1]
    assert carrier["per"] == "orders" and carrier["of"] == 70
    file.write_text("kind,value,day,orders\ncarrier,Hızlı Kargo,yarın,3\n", encoding="utf-8")
    wrong = nobet(home, *week)
    assert wrong.status == 1 and "line 2: day is such as 2026-11-21" in wrong.err
    file.write_text("kind,day\n", encoding="utf-8")
    assert "the header lacks value, orders" in nobet(home, *week).err


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (("--format", "pdf"), 2, "none of text, json, csv, html"),
        (("--from", "2026-11-22", "--to", "2026-11-22"), 2, "a rate needs at least a day"),
        (("--from", "dün"), 2, "is not a date and time"),
        (("--orders", "/nirgends.csv"), 1, "there is no such file"),
    ],
)
def test_wrong_usage(home: Path, nobet: Run, arguments: tuple[str, ...], status: int, sentence: str) -> None:
    answer = nobet(home, "causes", *arguments)
    assert answer.status == status and sentence in answer.err


def test_an_empty_store_says_that_nothing_can_be_said(tmp_path: Path, nobet: Run) -> None:
    answer = nobet(tmp_path, "causes", "--lang", "tr")
    assert answer.status == 0 and "artış henüz söylenemez" in answer.out
    assert json.loads(nobet(tmp_path, "causes", "--format", "json").out)["causes"] == []
