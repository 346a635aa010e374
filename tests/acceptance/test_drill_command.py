"""`nobet drill` as a user runs it: the list, the mistakes, a drill that is interrupted and goes on, its results."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from commands.options import Failure
from commands.rehearsing import BEAT
from commands.serve import _settings_again
from desk.crisis.drill_home import open_home, script_of
from desk.crisis.drill_result import result_of
from desk.crisis.drilling import Drills
from desk.settings import load_settings
from nobet import UsageError, command_line
from store import Store, events, sources
from tests.acceptance.command import ROOT, environment
from tests.integration.drill_work import begin

BRAND = """
brand: {name: Çınar Ev, slug: cinar}
agents: [{name: Ece, role: crisis_manager, alerts: [NOBET_ECE_ALERT]}, {name: Can, role: viewer}]
classifier: {backend: linear}
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "nobet.yaml").write_text(BRAND, encoding="utf-8")
    return tmp_path


def here(home: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    """The command in this process: a new one loads for seconds what this one has loaded."""
    monkeypatch.setenv("NOBET_HOME", str(home))
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        command_line("drill")(["drill", *arguments], standalone_mode=False)
    finally:  # a drill that is played takes them
        for number, handler in handlers.items():
            signal.signal(number, handler)


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
        [sys.executable, "-m", "nobet", "drill", "gas_smell", "--speed", "20", "--as", "legal=Ece"],
        cwd=ROOT, env=environment(home, NOBET_ECE_ALERT="json://127.0.0.1:9/", NOBET_STORE_URL=""),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert playing.stdout is not None
    first = next(line for line in playing.stdout if "gas_smell-" in line)
    key = first.split(": ")[-1].strip()
    playing.send_signal(signal.SIGTERM)
    rest = playing.communicate(timeout=120)[0]
    assert playing.returncode == 1 and f"nobet drill --continue {key}" in rest, rest
    folder = home / "drills" / key
    settings = yaml.safe_load((folder / "nobet.yaml").read_text(encoding="utf-8"))
    assert settings["brand"]["name"] == "TATBİKAT · Çınar Ev" and settings["drill"]["speed"] == 20
    assert "NOBET_ECE_ALERT" not in str(settings)
    here(home, monkeypatch, "results", "--json")
    [row] = json.loads(capsys.readouterr().out)
    assert (row["key"], row["state"], row["players"]) == (key, "running", {"legal": ["Ece"]})
    with pytest.raises(Failure, match="this is the folder of the drill"):
        here(folder, monkeypatch, "gas_smell")

    shortened(folder, "15m")
    here(home, monkeypatch, "--continue", key, "--json")
    told = json.loads(capsys.readouterr().out)
    here(home, monkeypatch, "results", "--json")
    [row] = json.loads(capsys.readouterr().out)
    assert row["state"] == "ended" and {"key": key, **row["scorecard"]} == told
    drill, store = open_home(folder), Store.open(f"sqlite:///{folder / 'nobet.db'}")
    ends = script_of(folder).drill.starts + timedelta(minutes=15)
    again = result_of(store, drill, script_of(folder), ends)
    assert all(told[name] == again[name] for name in ("found_by", "numbers", "goals", "roles"))
    assert told["found_by"] in ("detection", "script") and told["numbers"]["declared"] is not None
    with store.read() as tx:
        assert max(one.at for one in events.all_events(tx, "cinar")) <= ends, "no clock but the drill's"
        beat = sources.heartbeat(tx, "cinar", BEAT)
    store.close()
    assert beat is not None and beat.at == ends
    with pytest.raises(Failure, match="has ended; nobet drill results gas_smell"):
        here(home, monkeypatch, "--continue", key)

    # The same one again, slower: what `results` shows is what was kept, and how the second stands to the first.
    worse = {**again, "numbers": {**again["numbers"], "declared": again["numbers"]["declared"] + 60}}
    later = played_again(home, key, worse)
    here(home, monkeypatch, "results", "gas_smell")
    second, first = capsys.readouterr().out.split(key + " (")
    found = {"detection": "algılama buldu", "script": "senaryo bildirdi"}[told["found_by"]]
    assert later in second and "sonuna kadar oynandı" in first and found in first and found in second
    assert f"Kıyaslanan tatbikat: {key}" in second and "Kıyaslanacak bir tatbikat yok." in first
    assert re.search(r"İlan edildi: .*\(daha kötü\)", second) and "(daha" not in first
    for name in ("Aynı gün yanıtlanan", "Tutulan sözler", "Geciken güncelleme", "Hedefler:"):
        assert name in first and name in second


def shortened(folder: Path, lasting: str) -> None:
    """The drill of a folder, written anew to end sooner."""
    kept = json.loads((folder / "drill.json").read_text(encoding="utf-8"))
    kept["drill"]["lasting"] = lasting
    (folder / "drill.json").write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")


def played_again(home: Path, key: str, result: Mapping[str, Any]) -> str:
    """A drill like that of the key, begun a day later and ended with this result; its key."""
    brand = load_settings(None, {"NOBET_HOME": str(home)})
    store = Store.open(brand.url)
    drills = Drills(store, brand)
    row, later = drills.played(key), f"{key}-later"
    drills.begin(later, script_of(home / "drills" / key), row.started_at + timedelta(days=1))
    drills.end(later, row.started_at + timedelta(days=1, hours=1), result)
    store.close()
    return later


REAL_TIME = (["run"], ["worker"], ["collect", "--once"], ["intake"], ["import", "mentions.jsonl"])


def test_what_works_by_the_real_clock_is_refused_in_the_folder_of_a_drill_but_its_board_is_not(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brand = load_settings(None, {"NOBET_HOME": str(home)})
    folder = begin(brand, "gas_smell", "tr", datetime(2026, 11, 23, 9, tzinfo=UTC))
    (home / "mentions.jsonl").write_text('{"text": "gaz kokuyor", "source": "x", "native_id": "1"}\n', encoding="utf-8")
    monkeypatch.chdir(home)
    before = sorted(folder.iterdir())
    for command in REAL_TIME:
        for where, given in ((folder, []), (home, ["--config", str(folder / "nobet.yaml")])):
            monkeypatch.setenv("NOBET_HOME", str(where))
            with pytest.raises(
                Failure, match=f"the folder of the drill {folder.name}, .* call nobet {command[0]} where"
            ):
                command_line(command[0])([*command, *given], standalone_mode=False)
    assert sorted(folder.iterdir()) == before and not (folder / "nobet.db").exists()
    assert _settings_again(folder / "nobet.yaml", brand) is brand, "a worker does not change over to a drill either"

    with socket.socket() as taken:  # what stops the board here is not that it is a drill's
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("NOBET_HOME", str(folder))
        monkeypatch.setenv("NOBET_PORT", str(taken.getsockname()[1]))
        with pytest.raises(Failure, match="is taken"):
            command_line("board")(["board"], standalone_mode=False)
