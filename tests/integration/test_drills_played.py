"""Drills played to their end through the real pipeline, every role absent: killed on the way, and nothing gets out.

Here the first hours of one are played; NOBET_TEST_DRILLS=all plays all five in Turkish and one in English to their end,
a minute at a time, as `nobet drill` does (`make test-long`).
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import commands.rehearsing
from desk.crisis.course import read_run
from desk.crisis.drill_result import result_of
from desk.crisis.drill_script import ANSWER_EVERY, main_crisis
from desk.crisis.drilling import Drills
from desk.crisis.review_draft import drafted
from desk.deadline import Deadlines
from desk.in_force import ClocksInForce
from desk.settings import Settings, load_settings
from playbooks.drills import mentions_of
from store import Store, events
from tests.integration.drill_again import Retold
from tests.integration.drill_work import begin, killed_at, rehearsal
from tests.integration.forking import forking

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
CUT = [("gas_smell", "tr", timedelta(hours=1, minutes=20))]
WHOLE = [("gas_smell", "tr", None), ("cargo_collapse", "tr", None), ("offensive_post", "tr", None),
         ("leaked_data", "tr", None), ("boycott_with_bots", "tr", None), ("cargo_collapse", "en", None)]  # fmt: skip
ALL = os.environ.get("NOBET_TEST_DRILLS") == "all"
PLAYED, STEP = (WHOLE, commands.rehearsing.STEP) if ALL else (CUT, timedelta(minutes=4))
"""What is cut short goes on in larger steps: every time box of the plans is longer, but goals need not be reached."""

_forbidden = False
_tried: list[str] = []


def _watch(name: str, arguments: tuple[Any, ...]) -> None:
    if _forbidden and name in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "subprocess.Popen"):
        _tried.append(f"{name} {arguments[-1]!r}")
        raise OSError(f"a drill must not reach out: {name}")


sys.addaudithook(_watch)


@contextmanager
def nothing_leaves() -> Iterator[None]:
    """Every connection, name look-up and new process is refused, whatever library asks for it; none may be tried."""
    global _forbidden
    _tried.clear()
    _forbidden = True
    try:
        yield
    finally:
        _forbidden = False
    assert not _tried


class Outside:
    """Everything that a brand can reach: one server that counts whoever comes."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        heard = self.heard

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                heard.append(f"{self.command} {self.path}")
                self.send_response(200)
                self.end_headers()

            do_POST = do_PUT = do_GET

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def outside() -> Iterator[Outside]:
    made = Outside()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def brand(tmp_path: Path, outside: Outside, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A brand with everything that could reach somebody, all of it leading to the server outside."""
    at = f"127.0.0.1:{outside.port}"
    for name in ("NOBET_ECE_ALERT", "NOBET_CAN_ALERT"):
        monkeypatch.setenv(name, f"json://{at}/alert")
    (tmp_path / "nobet.yaml").write_text(
        f"""
brand: {{name: Çınar Ev, slug: cinar, handles: [cinarev], contact: destek@cinarev.example}}
agents:
  - {{name: Ece, role: crisis_manager, also: [team_lead, pr_lead, legal], alerts: [NOBET_ECE_ALERT]}}
  - {{name: Can, role: agent, alerts: [NOBET_CAN_ALERT]}}
sources: [{{kind: feed, url: "http://{at}/feed", private_network: true}}]
senders:
  - {{kind: webhook, url: "http://{at}/reply", channels: [x, instagram, email, sikayetvar, call_centre]}}
orders: [{{kind: http, name: shop, url: {{order: "http://{at}/{{value}}"}}, fields: {{number: {{path: number}}}}}}]
acknowledge: [x, email, instagram]
classifier: {{backend: linear}}
""",
        encoding="utf-8",
    )
    return load_settings(None, {"NOBET_HOME": str(tmp_path)})


@pytest.mark.parametrize(("name", "language", "lasting"), PLAYED)
def test_a_drill_killed_on_the_way_is_played_to_its_end_and_scored_from_its_events(
    brand: Settings, outside: Outside, name: str, language: str, lasting: timedelta | None
) -> None:
    folder = begin(brand, name, language, NOW, lasting)
    child = forking().Process(target=killed_at, args=(str(folder), 60, STEP))
    child.start()
    child.join(240)
    assert child.exitcode == -9, "it was to be killed on the way"
    with nothing_leaves():
        playing = rehearsal(folder)
        assert playing.begins < playing.reached() < playing.ends
        assert playing.play_through(step=STEP)
    assert not outside.heard
    script, settings, store = playing.script, playing.settings, playing.store
    result = result_of(store, settings, script, playing.ends)

    rows = sqlite3.connect(folder / "nobet.db")
    rows.row_factory = sqlite3.Row
    nothing_twice(rows, script, language)
    with store.read() as tx:
        row = main_crisis(tx, "cinar", script)
        assert row is not None and row.stage not in ("suspected", "dismissed")
        state = read_run(tx, row, Deadlines(settings.desk)).state(playing.ends)
        assert not state.refused, "an act that was done twice would have been refused"
        assert not events.verify_chain(tx, "cinar")
    assert not rows.execute("select * from alerts where channel != 'board'").fetchall()
    assert not rows.execute("select * from outbox").fetchall()

    told = Retold(rows, row.id, settings, script, playing.ends)
    assert result["numbers"] == told.numbers(), told.story()
    assert {goal["id"]: (goal["at_s"], goal["in_time"]) for goal in result["goals"]} == told.goals(), told.story()
    assert result["surprises"] == len(script.drill.surprises)
    with store.read() as tx:
        review = drafted(tx, row, ClocksInForce(settings.desk, store, "cinar"), settings.crisis, playing.ends)
    assert (review.numbers.cases.same_day, review.numbers.cases.answered) == told.reviewed()
    assert review.numbers.steps_late == result["numbers"]["steps_late"]
    if ALL:
        assert row.stage == "reviewed" and not result["numbers"]["updates_late"]
        late = [goal["id"] for goal in result["goals"] if not goal["in_time"]]
        assert not late, "the script does in time what a good team does, once somebody has seen the crisis"

    own = Store.open(brand.url)
    kept = Drills(own, brand).end(folder.name, NOW + timedelta(hours=1), result)
    assert kept is not None and kept["numbers"] == result["numbers"]
    with own.read() as tx:
        assert not [one for one in events.all_events(tx, "cinar") if one.case_id or one.mention_id]
    own.close()
    store.close()


def nothing_twice(rows: sqlite3.Connection, script: Any, language: str) -> None:
    """Every written mention is there once and was scored and routed; no act, message or answer is there twice."""
    stored = [row["native_id"] for row in rows.execute("select native_id from mentions")]
    ends = script.drill.starts + script.drill.lasting
    written = [one.native_id for one in mentions_of(script.drill, language) if one.published_at <= ends]
    assert sorted(stored) == sorted(written)
    stages = {row["stage"] for row in rows.execute("select stage from mentions")}
    assert stages <= {"routed", "set_aside"}
    log = [(row["type"], row["at"], row["by"], json.loads(row["data"])) for row in rows.execute("select * from events")]
    surprises = [data["surprise"] for type, _, _, data in log if type == "drill_surprise"]
    assert sorted(surprises) == list(range(len(script.drill.surprises)))
    assert sum(type == "drill_stepped_in" for type, *_ in log) <= 1
    notices = Counter(data["notice"] for type, _, _, data in log if type == "crisis_told")
    assert notices and set(notices.values()) == {1}
    told = "type, at, by, data, case_id, mention_id"  # all but their numbers and hashes
    assert not rows.execute(f"select {told} from events group by {told} having count(*) > 1").fetchall()
    agent = f"agent:{script.stand_ins['agent']}"
    answers = sorted(datetime.fromisoformat(at) for type, at, by, _ in log if type == "answered" and by == agent)
    assert answers and all(b - a >= ANSWER_EVERY for a, b in pairwise(answers))
