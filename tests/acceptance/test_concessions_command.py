"""`nobet concessions`: codes go in and never come out again, the ledger comes out as CSV and JSON."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from desk import granting
from desk.concessions import Wish
from desk.money import money
from desk.settings import load_settings
from nobet import main
from store import Store, cases
from tests.acceptance.command import Answer

Run = Callable[..., Answer]

CONFIG = """
brand: {name: Marka, slug: marka}
desk: {holidays: null}
agents: [{name: "=Elif", role: team_lead}, {name: Mert}]
"""


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

    monkeypatch.setenv("NOBET_CODES_KEY", "")  # set and empty, so that what a test makes is undone after it
    return run


def test_the_pool_and_the_ledger(tmp_path: Path, nobet: Run) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "nobet.yaml").write_text(CONFIG, encoding="utf-8")
    file = tmp_path / "codes.csv"
    file.write_text("code,amount,currency\nGIZLI-1,250.00,TRY\nGIZLI-2,250.00,TRY\nGIZLI-1,250.00,TRY\n")

    refused = nobet(home, "concessions", "codes", file, "--by", "Mert")
    assert refused.status == 1 and "Mert may not upload voucher codes" in refused.err
    first = nobet(home, "concessions", "codes", file, "--by", "=Elif")
    assert first.status == 0 and first.json == {"read": 3, "new": 2, "known": 0, "twice": 1}
    again = nobet(home, "concessions", "codes", file)
    assert again.json == {"read": 3, "new": 0, "known": 2, "twice": 1}
    bad = tmp_path / "bad.txt"
    bad.write_text("GIZLI-3\nGIZLI 4\n")
    wrong = nobet(home, "concessions", "codes", bad, "--amount", "5", "--currency", "TRY")
    assert wrong.status == 1 and "line 2" in wrong.err and "Nothing was imported" in wrong.err
    assert nobet(home, "concessions", "left", "--json").json == [
        {"amount": "250.00", "currency": "TRY", "left": 2, "imported": 2, "low": True}
    ]

    settings = load_settings(home / "nobet.yaml", {"NOBET_HOME": str(home)})
    store = Store.open(settings.url)
    now = datetime.now(UTC)
    with store.write() as tx:
        case_id = cases.open_case(tx, "marka", channel="x", source="x", posted_at=now, opened_at=now)
        for wish in (Wish("voucher", money("250.00", "TRY")), Wish("replacement")):
            granting.grant(
                tx, "marka", wish.kind, case_id, wish, settings.agents[0], now - timedelta(seconds=5),
                zone=settings.desk.zone, rules=settings.concessions, approvals=settings.approvals,
            )  # fmt: skip
        assert "GIZLI" not in str(tx.execute(text("SELECT * FROM voucher_codes")).all())
    store.close()

    since = (now - timedelta(days=1)).isoformat()  # not the first of the month: the test may run on it
    printed = nobet(home, "concessions", "ledger", "--from", since)
    lines = list(csv.DictReader(io.StringIO(printed.out, newline="")))
    assert [(line["kind"], line["amount"], line["granted_by"]) for line in lines] == [
        ("voucher", "250.00", "'=Elif"), ("replacement", "", "'=Elif")
    ]  # fmt: skip
    out = tmp_path / "ledger.json"
    assert nobet(home, "concessions", "ledger", "--from", since, "--format", "json", "--out", out).status == 0
    told = out.read_text(encoding="utf-8")
    assert '"money": {\n   "TRY": "250.00"\n  }' in told and '"replacement": 1' in told
    shares = nobet(home, "concessions", "outcomes", "--from", since, "--json").json
    assert shares["all"]["answered"] == {"yes": 0, "of": 2, "share": 0.0}
    assert shares["all"]["wrote_again"] == {"yes": 0, "of": 0, "share": None}
    said = [printed, first, again, wrong, refused]
    assert not any("GIZLI" in answer.out + answer.err for answer in said) and "GIZLI" not in told


def test_what_is_wrong_is_told(tmp_path: Path, nobet: Run) -> None:
    assert nobet(tmp_path, "concessions", "ledger", "--format", "xml").status == 2
    missing = nobet(tmp_path, "concessions", "codes", tmp_path / "none.csv")
    assert missing.status == 1 and "there is no such file" in missing.err
    stranger = nobet(tmp_path, "concessions", "codes", tmp_path / "none.csv", "--by", "Ali")
    assert stranger.status == 1 and "Ali is not on the desk" in stranger.err
