"""`nobet drill` as a user runs it: the list, the mistakes, a drill that is interrupted and goes on, its results."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from sqlalchemy import Connection

from commands.options import Failure
from commands.serve import _settings_again
from desk.crisis.drill_result import result_of
from desk.crisis.drilling import Drills
from desk.settings import load_settings
from nobet import UsageError, command_line
from store import Store, events
from store import drills as drill_store
from store.drills import DrillRow
from tests.acceptance.command import ROOT, environment
from tests.integration.drill_work import begin, rehearsal

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


@pytest.fixture
def short(home: Path) -> Iterator[tuple[Path, Drills]]:
    """The folder of a drill of 24 minutes that was interrupted in the middle, and the brand's drills."""
    brand = load_settings(None, {"NOBET_HOME": str(home)})
    store = Store.open(brand.url)
    folder = begin(brand, "gas_smell", "tr", datetime(2026, 11, 23, 9, tzinfo=UTC), timedelta(minutes=24))
    playing = rehearsal(folder)
    steps = iter(range(6))
    assert not playing.play_through(stop=lambda: next(steps, None) is None)
    assert playing.begins < playing.reached() < playing.ends
    playing.store.close()
    yield folder, Drills(store, brand)
    store.close()


def test_a_drill_that_goes_on_is_played_to_its_end_kept_and_shown(
    home: Path, short: tuple[Path, Drills], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, drills = short
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        here(home, monkeypatch, "--continue", folder.name, "--json")
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    told = json.loads(capsys.readouterr().out)
    row = drills.played(folder.name)
    assert row.state == "ended" and {"key": folder.name, **(row.scorecard or {})} == told
    playing = rehearsal(folder)
    assert playing.reached() == playing.ends
    again = result_of(playing.store, playing.settings, playing.script, playing.ends)
    assert (told["found_by"], told["numbers"], told["goals"]) == (again["found_by"], again["numbers"], again["goals"])
    assert told["found_by"] in ("detection", "script") and told["numbers"]["declared"] is not None
    with playing.store.read() as tx:
        beats = [one for one in events.all_events(tx, "cinar") if one.at > playing.ends]
    assert not beats, "nothing is written past the end, by whatever clock"
    playing.store.close()
    with pytest.raises(Failure, match="has ended; nobet drill results gas_smell"):
        here(home, monkeypatch, "--continue", folder.name)

    # The same one again, slower: what `results` shows is what was kept, and how the second stands to the first.
    with Store.open(drills.settings.url).write() as tx:
        later = begun_again(tx, row)
    worse = {**again, "numbers": {**again["numbers"], "declared": again["numbers"]["declared"] + 60}}
    drills.end(later, datetime(2026, 11, 24, 10, tzinfo=UTC), worse)
    here(home, monkeypatch, "results", "gas_smell")
    shown = capsys.readouterr().out
    second, first = shown.split(folder.name + " (")
    found = {"detection": "algılama buldu", "script": "senaryo bildirdi"}[told["found_by"]]
    assert later in second and "sonuna kadar oynandı" in first and found in first and found in second
    assert f"Kıyaslanan tatbikat: {folder.name}" in second and "Kıyaslanacak bir tatbikat yok." in first
    assert re.search(r"İlan edildi: .*\(daha kötü\)", second) and "(daha" not in first
    for name in ("Aynı gün yanıtlanan", "Tutulan sözler", "Geciken güncelleme", "Hedefler:"):
        assert name in first and name in second


def begun_again(tx: Connection, row: DrillRow) -> str:
    """The same drill, begun a day later."""
    key = f"{row.key}-later"
    drill_store.begin(
        tx, row.brand, key=key, drill=row.drill, version=row.version, plan=row.plan, plan_version=row.plan_version,
        language=row.language, home=row.home, players=row.players, started_at=row.started_at + timedelta(days=1),
    )  # fmt: skip
    return key


@pytest.mark.parametrize(
    "command", [["run"], ["worker"], ["collect", "--once"], ["intake"], ["import", "mentions.jsonl"]]
)
def test_what_works_by_the_real_clock_is_refused_in_the_folder_of_a_drill(
    home: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    """Whether by the folder or by --config; nothing is written, and a worker does not change over to a drill either."""
    brand = load_settings(None, {"NOBET_HOME": str(home)})
    folder = begin(brand, "gas_smell", "tr", datetime(2026, 11, 23, 9, tzinfo=UTC))
    (home / "mentions.jsonl").write_text('{"text": "gaz kokuyor", "source": "x", "native_id": "1"}\n', encoding="utf-8")
    monkeypatch.chdir(home)
    before = sorted(folder.iterdir())
    for where, given in ((folder, []), (home, ["--config", str(folder / "nobet.yaml")])):
        monkeypatch.setenv("NOBET_HOME", str(where))
        with pytest.raises(Failure, match=f"the folder of the drill {folder.name}, .* call nobet {command[0]} where"):
            command_line(command[0])([*command, *given], standalone_mode=False)
    assert sorted(folder.iterdir()) == before and not (folder / "nobet.db").exists()
    assert _settings_again(folder / "nobet.yaml", brand) is brand


def test_the_board_may_be_opened_on_a_drill(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    brand = load_settings(None, {"NOBET_HOME": str(home)})
    folder = begin(brand, "gas_smell", "tr", datetime(2026, 11, 23, 9, tzinfo=UTC))
    with socket.socket() as taken:  # it is not the drill that stops it
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("NOBET_HOME", str(folder))
        monkeypatch.setenv("NOBET_PORT", str(taken.getsockname()[1]))
        with pytest.raises(Failure, match="is taken"):
            command_line("board")(["board"], standalone_mode=False)
