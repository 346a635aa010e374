"""Drills played to their end through the real pipeline, every role absent: killed on the way, and nothing gets out.

Here the first hours of one are played; NOBET_TEST_DRILLS=all plays all five in Turkish and one in English to their end
(`make test-long`).
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

from desk.crisis.course import read_run
from desk.crisis.drill_result import result_of
from desk.crisis.drill_script import ANSWER_EVERY, main_crisis
from desk.crisis.drilling import Drills
from desk.deadline import Deadlines
from desk.settings import Settings, load_settings
from playbooks.crisis.plan import written_out
from playbooks.drills import mentions_of
from store import Store, events
from tests.integration.drill_work import STEP, begin, killed_at, rehearsal
from tests.integration.forking import forking

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
CUT = [("gas_smell", "tr", timedelta(hours=2, minutes=30))]
WHOLE = [("gas_smell", "tr", None), ("cargo_collapse", "tr", None), ("offensive_post", "tr", None),
         ("leaked_data", "tr", None), ("boycott_with_bots", "tr", None), ("cargo_collapse", "en", None)]  # fmt: skip
PLAYED = WHOLE if os.environ.get("NOBET_TEST_DRILLS") == "all" else CUT

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
    child = forking().Process(target=killed_at, args=(str(folder), 100))
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
    assert {goal["id"]: goal["at_s"] for goal in result["goals"]} == told.goals(result["goals"])
    assert result["surprises"] == len(script.drill.surprises)
    assert any(goal["in_time"] for goal in result["goals"])

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


class Retold:
    """The numbers of a scorecard reckoned again from the rows of the event log, by code that shares nothing with it."""

    def __init__(self, rows: sqlite3.Connection, crisis: int, settings: Settings, script: Any, ends: datetime) -> None:
        self.settings, self.script, self.ends = settings, script, ends
        self.log = [self.read(row) for row in rows.execute("select * from events order by at, id")]
        mine = {row["event_id"] for row in rows.execute(
            "select event_id from subject_events where subject = ?", (f"crisis:{crisis}",))}  # fmt: skip
        self.crisis = [event for event in self.log if event["id"] in mine]
        dues = rows.execute("select duty, due_at from crisis_notices where due_at is not null order by at desc")
        self.duties = {row["duty"]: self.moment(row["due_at"]) for row in dues}
        self.began = script.drill.starts + min(said.at for said in script.drill.mentions)

    @staticmethod
    def moment(text: str) -> datetime:
        at = datetime.fromisoformat(text)
        return at if at.tzinfo else at.replace(tzinfo=UTC)

    def read(self, row: sqlite3.Row) -> dict[str, Any]:
        return {"id": row["id"], "case": row["case_id"], "at": self.moment(row["at"]), "type": row["type"],
                "by": row["by"], "data": json.loads(row["data"])}  # fmt: skip

    def first(self, *types: str, **data: Any) -> datetime | None:
        found = [event["at"] for event in self.crisis
                 if event["type"].removeprefix("crisis_") in types
                 and all(event["data"].get(name) == value for name, value in data.items())]  # fmt: skip
        return min(found, default=None)

    def since(self, at: datetime | None) -> float | None:
        return None if at is None else (at - self.began).total_seconds()

    def cases(self) -> dict[int, list[dict[str, Any]]]:
        found: dict[int, list[dict[str, Any]]] = {}
        for event in self.log:
            if event["case"] is not None:
                found.setdefault(event["case"], []).append(event)
        return {case: log for case, log in found.items() if any(e["type"] == "customer_posted" for e in log)}

    def numbers(self) -> dict[str, float | None]:
        zone, deadlines = self.settings.desk.zone, Deadlines(self.settings.desk)
        same, kept, answers = [], [], []
        for log in self.cases().values():
            posted = min(e["at"] for e in log if e["type"] == "customer_posted")
            answered = min((e["at"] for e in log if e["type"] == "answered"), default=None)
            urgency = next(e["data"]["urgency"] for e in log if e["type"] == "customer_posted")
            for event in log:
                # Of one moment is the change the earlier: a step routes before anybody answers.
                if event["type"] == "urgency_changed" and (answered is None or event["at"] <= answered):
                    urgency = event["data"]["urgency"]
            channel = next(e["data"]["channel"] for e in log if e["type"] == "customer_posted")
            if urgency == "none":
                continue
            due = deadlines.due(posted, urgency, channel).due_at
            same.append(answered is not None and posted.astimezone(zone).date() == answered.astimezone(zone).date())
            if answered is not None:
                answers.append(answered)
                kept.append(answered <= due)
            elif due < self.ends:
                kept.append(False)
        known = [at for at in (self.first("seen"), self.first("taken"), self.first("declared")) if at is not None]
        return {
            "detection": self.since(self.first("suspected", "declared")),
            "first_informed": self.since(min(known, default=None)),
            "declared": self.since(self.first("declared")),
            "decision": self.since(self.first("decided")),
            "first_answer": self.since(min(answers, default=None)),
            "answered_same_day": sum(same) / len(same), "promises_kept": sum(kept) / len(kept) if kept else None,
            "updates_late": self.updates_late(), "steps_late": self.steps_late(),
        }  # fmt: skip

    def updates_late(self) -> int:
        """Each is due so long after the one before; once it is contained none is owed at the quick pace."""
        rule, declared = self.script.plan.updates, self.first("declared")
        assert declared is not None
        end = min(filter(None, (self.first("contained"), self.ends)))
        due, late = declared + rule.first_within, 0
        for at in sorted(e["at"] for e in self.crisis if e["type"] == "crisis_updated" and e["at"] <= end):
            late += at > due
            quick = at < declared + rule.lasting
            due = at + (rule.every if quick else rule.then_every or rule.every)
        return late

    def steps_late(self) -> int:
        """A step's notices say when it was due; its n-th beginning ends with the n-th time that it was done."""
        late, steps = 0, written_out(self.script.plan).by_id
        for duty, due in self.duties.items():
            kind, step, number = [*duty.split("."), "", ""][:3]
            if kind != "step" or steps[step].kind == "wait":  # a wait ends by itself
                continue
            done = [e["at"] for e in self.crisis if e["type"] in ("crisis_done", "crisis_decided")
                    and e["data"]["step"] == step]  # fmt: skip
            place = int(number or 1) - 1
            late += (done[place] if place < len(done) else self.ends) > due
        return late

    def story(self) -> str:
        """The crisis in lines, for whoever must find out which of the two is wrong."""
        lines = [f"{one['at']:%H:%M} {one['type']} {one['by']} {one['data']}"[:160] for one in self.crisis]
        return "\n".join([*lines, *(f"{duty} due {due:%H:%M}" for duty, due in self.duties.items())])

    def goals(self, goals: list[dict[str, Any]]) -> dict[str, int | None]:
        found: dict[str, int | None] = {}
        for goal in self.script.drill.goals:
            at = {
                "suspected": lambda: self.first("suspected", "declared"), "taken": lambda: self.first("taken"),
                "declared": lambda: self.first("declared"), "contained": lambda: self.first("contained"),
                "step": lambda g=goal: self.first("done", "decided", step=g.of),
                "evidence": lambda g=goal: self.first("collected", evidence=g.of),
                "updated": lambda: self.first("updated"),
                "first_answer": lambda: min(e["at"] for e in self.log if e["type"] == "answered"),
                "decided": lambda g=goal: min(
                    (e["at"] for e in self.crisis if e["type"] == "crisis_decided" and e["data"]["step"] == g.of
                     and (not g.options or e["data"]["option"] in g.options)), default=None),
            }.get(goal.measure)  # fmt: skip
            if at is None:  # who was informed is told by duties, not by events alone
                found[goal.id] = next(one["at_s"] for one in goals if one["id"] == goal.id)
                continue
            moment = at()
            found[goal.id] = None if moment is None else int((moment - self.script.drill.starts).total_seconds())
        return found
