"""`nobet drill` as a user runs it: the list, the mistakes, a drill that is interrupted and goes on, its results."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from commands.options import Failure
from nobet import UsageError, command_line
from tests.acceptance.command import ROOT, environment, nobet

BRAND = """
brand: {name: Çınar Ev, slug: cinar}
agents: [{name: Ece, role: crisis_manager, alerts: [NOBET_ECE_ALERT]}, {name: Can, role: viewer}]
classifier: {backend: linear}
"""
WHOLE = os.environ.get("NOBET_TEST_DRILLS") == "all"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "nobet.yaml").write_text(BRAND, encoding="utf-8")
    return tmp_path


def here(home: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    """The command in this process: a new one loads for seconds what this one has loaded."""
    monkeypatch.setenv("NOBET_HOME", str(home))
    command_line("drill")(["drill", *arguments], standalone_mode=False)


def test_the_drills_are_listed_for_whoever_leads_one(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    here(home, monkeypatch, "--list", "--json")
    listed = json.loads(capsys.readouterr().out)
    assert len(listed) >= 5 and all(one["amber"] and one["last"] is None for one in listed)
    assert {"cargo_collapse", "gas_smell"} <= {one["name"] for one in listed}
    assert all(one["title"]["tr"] and one["summary"]["en"] for one in listed)


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        ([], 2, "name a drill"),
        (["nothing"], 1, "“nothing” diye bir tatbikat yok; olanlar:"),
        (["gas_smell", "--speed", "fast"], 2, "'fast' is no speed"),
        (["gas_smell", "--speed", "max", "--board"], 2, "people cannot play as fast as it goes"),
        (["gas_smell", "--as", "pilot=Su"], 1, "“pilot” bu planın rolü değil"),
        (["gas_smell", "--as", "Su"], 2, "is not ROLE=NAME"),
        (["--continue", "nothing"], 1, "anahtarlı bir tatbikat yok"),
        (["gas_smell", "--by", "Nobody"], 1, "Nobody is not on the desk"),
        (["--list", "--by", "Can"], 1, "Can için buna izin yok: tatbikat başlatmak"),
    ],
)
def test_a_mistake_gets_a_sentence_and_begins_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], status: int, sentence: str
) -> None:
    with pytest.raises((Failure, UsageError)) as said:
        here(home, monkeypatch, *arguments)
    told = said.value.format_message() if status == 2 else str(said.value)
    assert isinstance(said.value, UsageError) == (status == 2) and sentence in told, told
    assert not (home / "drills").exists()


def test_a_drill_that_is_interrupted_says_how_to_go_on_and_does(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    playing = subprocess.Popen(
        [sys.executable, "-m", "nobet", "drill", "gas_smell", "--speed", "20", "--as", "crisis_manager=Ece"],
        cwd=ROOT, env=environment(home, NOBET_ECE_ALERT="json://127.0.0.1:9/", NOBET_STORE_URL=""),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert playing.stdout is not None
    first = next(line for line in playing.stdout if "gas_smell-" in line)
    key = first.split(": ")[-1].strip()
    playing.send_signal(signal.SIGTERM)
    rest = playing.communicate(timeout=120)[0]
    assert playing.returncode == 1 and f"nobet drill --continue {key}" in rest, rest
    settings = yaml.safe_load((home / "drills" / key / "nobet.yaml").read_text(encoding="utf-8"))
    assert settings["brand"]["name"] == "TATBİKAT · Çınar Ev" and settings["drill"]["speed"] == 20
    assert "NOBET_ECE_ALERT" not in str(settings)
    here(home, monkeypatch, "results", "--json")
    [row] = json.loads(capsys.readouterr().out)
    assert (row["key"], row["state"], row["players"]) == (key, "running", {"crisis_manager": ["Ece"]})
    with pytest.raises(Failure, match="this is the folder of the drill"):
        here(home / "drills" / key, monkeypatch, "gas_smell")
    if not WHOLE:
        return
    done = nobet(home, "drill", "--continue", key, "--json", timeout=600)
    assert done.status == 0, done.err
    [row] = nobet(home, "drill", "results", "gas_smell", "--json").json
    assert row["state"] == "ended" and row["scorecard"]["numbers"]["detection"] is not None
    assert "Kriz fark edildi" in nobet(home, "drill", "results").out
