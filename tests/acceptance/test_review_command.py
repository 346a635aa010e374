"""`nobet review`: the list, and one review in every format; customers' names only when they are asked for."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nobet import main
from store import Store
from tests.acceptance.command import Answer
from tests.integration.reviewed_crisis import Story, at

CONFIG = """
brand: {name: Marka, slug: marka}
desk: {holidays: null}
agents: [{name: Elif, role: crisis_manager}, {name: Mert, role: team_lead}, {name: Can}]
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with one signed review."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "nobet.yaml").write_text(CONFIG, encoding="utf-8")
    store = Store.open(f"sqlite:///{home / 'nobet.db'}")
    story = Story(store)
    _, case_id = story.said(0, "ayse_y", text="=cmd() kargom yok, 0532 111 22 33")
    story.suspected(5)
    story.event(6, "declared", "agent:Elif", why="bir kişi yeter")
    story.answer(case_id or 0, 20)
    story.close(140)
    story.written(150)
    story.reviews.sign(story.crisis, "sayılar doğru", at(160))
    store.close()
    return home


def test_the_review_as_a_file(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NOBET_HOME", str(home))
    monkeypatch.delenv("NOBET_STORE_URL", raising=False)

    def nobet(*arguments: str | Path) -> Answer:
        monkeypatch.setattr(sys, "argv", ["nobet", "review", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main()
        out, err = capsys.readouterr()
        return Answer(int(left.value.code or 0), out, err)

    run: Callable[..., Answer] = nobet
    [line] = run().jsonl
    assert (line["crisis"], line["stage"], line["signed_by"], line["version"]) == (1, "reviewed", "Elif", 2)
    turkish, english = run("1"), run("1", "--lang", "en")
    assert turkish.status == 0 and "## Zaman çizgisi" in turkish.out and "Elif imzaladı" in turkish.out
    assert "## Timeline" in english.out and "Signed by Elif" in english.out
    told = run("1", "--format", "json").json
    assert told["numbers"]["cases"]["answered"] == 1 and told["review"]["intact"] is True
    assert "ayse_y" not in turkish.out and "0532" not in json.dumps(told)
    assert run("1", "--format", "json", "--names").json["quotes"][0]["author"] == "ayse_y"

    for name, begins in (("html", b"<!doctype html>"), ("pdf", b"%PDF-")):
        out = tmp_path / f"review.{name}"
        assert run("1", "--format", name, "--out", out).status == 0
        assert out.read_bytes().startswith(begins)
    nowhere = run("1", "--out", tmp_path / "none" / "review.md")
    assert nowhere.status == 1 and "cannot be written" in nowhere.err
    assert run("1", "--format", "pdf").status == 2 and run("1", "--format", "docx").status == 2
    missing = run("7")
    assert missing.status == 1 and "There is no crisis 7." in missing.err
