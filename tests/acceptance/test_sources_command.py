"""`nobet sources, add, try, check, coverage` as their user runs them, against a real server on this machine."""

from __future__ import annotations

import os
import pty
import select
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from collectors.registry import KINDS
from tests.acceptance.command import ROOT, environment, nobet
from tests.integration.faulty_server import Fault, FaultyServer
from tests.integration.worlds.feed import FeedWorld
from tests.integration.worlds.world import Post

CONFIG = """# Bizim ayarlarımız
brand:
  name: Örnek Mağaza   # müşterinin bildiği ad
sources:
  # haberler en üstte
  - kind: demo
    enabled: false   # tatil

agents:
  - name: Elif
"""


@pytest.fixture
def world() -> FeedWorld:
    found = FeedWorld()
    found.posts = [Post(3, "kargom üç gündür gelmedi, kimse cevap vermiyor"), Post(2, "çok memnun kaldım"), Post(1)]
    return found


@pytest.fixture
def server(world: FeedWorld) -> Iterator[FaultyServer]:
    with FaultyServer(lambda request: world.route(request)) as running:
        yield running


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "nobet.yaml"
    file.write_text(CONFIG, encoding="utf-8")
    return file


def test_every_kind_is_listed_in_both_languages(tmp_path: Path) -> None:
    for lang in ("en", "tr"):
        told = nobet(tmp_path, "sources", "--json", "--lang", lang).json
        assert {one["kind"] for one in told} == set(KINDS)
        assert all(
            one[name].strip() for one in told for name in ("title", "reads", "needs", "costs", "proves", "tested")
        )
    assert "only by its documents" in nobet(tmp_path, "sources").out


def test_try_shows_scored_and_routed_and_stores_nothing(server: FaultyServer, tmp_path: Path) -> None:
    given = ["--set", f"url={server.url}/feed", "--set", "private_network=true"]
    shown = nobet(tmp_path, "try", "feed", *given)
    assert shown.status == 0 and "kargom üç gündür" in shown.out and "late_delivery" in shown.out
    assert not (tmp_path / "nobet.db").exists()
    told = nobet(tmp_path, "try", "feed", *given, "--json").json
    assert told["read"] == 3 and told["mentions"][0]["score"]["sentiment"]["label"] == "negative"
    refused = nobet(tmp_path, "try", "feed", "--set", f"url={server.url}/feed")
    assert refused.status == 1 and "inside a private network" in refused.out
    server.fail(1, Fault.status(503))
    assert "503" in nobet(tmp_path, "try", "feed", *given).out
    unknown = nobet(tmp_path, "try", "fed")
    assert unknown.status == 1 and "nobet sources" in unknown.err


def test_add_asks_the_service_and_keeps_every_comment(server: FaultyServer, config: Path, tmp_path: Path) -> None:
    given = ["--set", f"url={server.url}/feed", "--set", "private_network=true", "--name", "blog", "--yes"]
    added = nobet(tmp_path, "add", "feed", *given, "--config", str(config))
    assert added.status == 0, added.err
    text = config.read_text(encoding="utf-8")
    for comment in ("# Bizim ayarlarımız", "# müşterinin bildiği ad", "# haberler en üstte", "# tatil"):
        assert comment in text
    sources = yaml.safe_load(text)["sources"]
    assert sources[0] == {"kind": "demo", "enabled": False}
    assert sources[1] == {"kind": "feed", "url": f"{server.url}/feed", "name": "blog", "private_network": True}
    again = nobet(tmp_path, "add", "feed", *given, "--config", str(config))
    assert again.status == 1 and "already" in again.err and config.read_text(encoding="utf-8") == text
    checked = nobet(tmp_path, "check", "--config", str(config))
    assert checked.status == 0 and checked.out.startswith("ok     blog")
    server.fail(1, Fault.html)
    checked = nobet(tmp_path, "check", "--config", str(config))
    assert checked.status == 1 and checked.out.startswith("FAILED blog")
    assert not (tmp_path / "nobet.db").exists()


def test_add_writes_nothing_when_the_service_does_not_answer(
    server: FaultyServer, config: Path, tmp_path: Path
) -> None:
    server.fail(1, Fault.status(401), times=3)
    given = ["--set", f"url={server.url}/feed", "--set", "private_network=true", "--yes"]
    refused = nobet(tmp_path, "add", "feed", *given, "--config", str(config))
    assert refused.status == 1 and "nothing was written" in refused.err
    assert config.read_text(encoding="utf-8") == CONFIG
    missing = nobet(tmp_path, "add", "feed", "--config", str(config))
    assert missing.status == 1 and "--set url=" in missing.err
    mistyped = ["--set", "ulr=x", "--set", "url=http://x.example", "--config", str(config)]
    wrong = nobet(tmp_path, "add", "feed", *mistyped)
    assert wrong.status == 1 and "did you mean 'url'" in wrong.err


DIALOGUE = [
    ("Your brand's name:", "Örnek Mağaza"), ("are read:", ""), ("not shown): ", "gizli$TOKEN-42"),
]  # fmt: skip
"""How each prompt ends, in order, and what is typed then. A hidden prompt throws away what was typed before its last
character, the space, is shown: only then is the terminal without echo."""


def test_a_secret_that_is_typed_goes_to_the_environment_file_alone(tmp_path: Path) -> None:
    """The real dialogue in a terminal: brand, settings, token; X is not reachable, and that is said."""
    command = [sys.executable, "-m", "nobet", "add", "x", "--untried", "--set", "native_query=çınar ev",
               "--set", "base_url=http://127.0.0.1:9/", "--set", "private_network=true"]  # fmt: skip
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        command, stdin=follower, stdout=follower, stderr=follower, env=environment(tmp_path), cwd=ROOT
    )
    os.close(follower)
    said, asked, open_questions = b"", 0, list(DIALOGUE)
    try:
        while chunk := _read(leader):
            said += chunk
            while open_questions and (at := said.find(open_questions[0][0].encode(), asked)) >= 0:
                ending, typed = open_questions.pop(0)
                asked = at + len(ending)
                os.write(leader, f"{typed}\n".encode())
        assert process.wait(120) == 0 and not open_questions, said.decode("utf-8", "replace")
    finally:
        process.kill()
        process.wait()
        os.close(leader)
    shown = said.decode("utf-8", "replace")
    kept = tmp_path / "nobet.env"
    assert "gizli$TOKEN-42" in kept.read_text(encoding="utf-8") and stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert "gizli" not in shown and "could not be reached" in shown
    text = (tmp_path / "nobet.yaml").read_text(encoding="utf-8")
    assert "gizli" not in text and yaml.safe_load(text)["brand"] == {"name": "Örnek Mağaza"}


def _read(terminal: int) -> bytes:
    """What the command says next; nothing once it has ended, or when it says nothing for a minute."""
    try:
        ready, _, _ = select.select([terminal], [], [], 60)
        return os.read(terminal, 65536) if ready else b""
    except OSError:  # the other end is closed: the command has ended
        return b""


def test_coverage_is_printed_for_people_and_programs(server: FaultyServer, config: Path, tmp_path: Path) -> None:
    empty = nobet(tmp_path, "coverage", "--config", str(config))
    assert empty.status == 0 and "No source has been asked yet" in empty.out
    given = ["--set", f"url={server.url}/feed", "--set", "private_network=true", "--yes"]
    assert nobet(tmp_path, "add", "feed", *given, "--config", str(config)).status == 0
    assert nobet(tmp_path, "collect", "--once", "--config", str(config)).status == 0
    assert "feed: 100.0% seen" in nobet(tmp_path, "coverage", "--from", "2026-11-19", "--config", str(config)).out
    told = nobet(tmp_path, "coverage", "--json", "--from", "2026-11-19", "--config", str(config)).json
    [source] = told["sources"]
    assert source["spans"][0]["state"] == "seen" and source["spans"][0]["evidence"] == "read to the end of the listing"
    wrong = nobet(tmp_path, "coverage", "--from", "yarın", "--config", str(config))
    assert wrong.status == 2
    assert nobet(tmp_path, "coverage", "--source", "yok", "--config", str(config)).status == 1
