"""Kill -9 in mid-escalation: nobody is left untold, nothing is told twice on the board, every alert goes out.

Each schedule is a crisis that nobody takes. At each moment at which it goes up, processes die one after the other at a
random line of ours until one lives. The seed is fixed; `make test-long` kills 200 times.
"""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

from desk.alerts import Alerter
from desk.crisis.escalating import Escalating
from store import Store
from tests.integration import escalating_child
from tests.integration.alerted_desk import CHANNELS, NIGHT, AlertedDesk
from tests.integration.forking import forking

KILLS = int(os.environ.get("NOBET_TEST_KILLS", "3"))
SEED = 20261122
RUNGS = ("team_lead:Ada", "crisis_manager:Ece", "pr_lead:Pelin", "executive:")


def life(url: str, sink: Path, now: datetime, kill_at: int) -> int | None:
    """One process; the lines that it ran, None where it was killed."""
    ours, theirs = forking().Pipe()
    process = forking().Process(target=escalating_child.life, args=(url, str(sink), now, kill_at, theirs))
    process.start()
    theirs.close()
    ours.send("go")
    try:
        lines: int | None = ours.recv()
    except EOFError:
        lines = None
    process.join()
    assert process.exitcode in (0, -9), f"the process ended with {process.exitcode}"
    return lines


def test_nobody_is_left_untold_and_nothing_is_told_twice(store_url: str, tmp_path: Path) -> None:
    store, chance = Store.open(store_url), random.Random(SEED)
    desk, sink = AlertedDesk(store), tmp_path / "sent.jsonl"
    sink.touch()

    def send(address: str, title: str, text: str) -> bool:
        with sink.open("a", encoding="utf-8") as file:
            return bool(file.write(json.dumps([address, title]) + "\n"))

    def send_all(now: datetime) -> None:
        Alerter(store, desk.settings, {channel: channel for channel in CHANNELS}, send).run(now)

    kills = number = 0
    lines = 400  # about what a life runs that has somebody to tell
    while kills < KILLS:
        start = NIGHT + timedelta(days=number)
        crisis_id = desk.suspect(start, str(number))
        for rung in range(len(RUNGS)):
            now = start + timedelta(minutes=5 * rung)
            while kills < KILLS and chance.random() < 0.6:
                if life(store_url, sink, now, chance.randint(1, lines)) is not None:
                    break
                kills += 1
                now += timedelta(seconds=1)
            lines = max(lines if rung else 0, life(store_url, sink, now, 0) or 0)
        send_all(start + timedelta(minutes=19))
        told = Counter(key for key, _ in desk.told(crisis_id) if "/r" not in key)
        assert told == {f"take.1/{rung}": 1 for rung in RUNGS}, f"schedule {number}"
        moments = Counter((row.person, row.at) for row in desk.notices(crisis_id))
        board = Counter((row.person, row.created_at) for row in desk.board() if f"crisis:{crisis_id}/" in row.message)
        assert set(board.values()) == {1} and set(board) == set(moments), "one message for all of one moment"
        assert Counter(person for person, _ in moments) == {"Ada": 1, "Ece": 2, "Pelin": 1, "Yusuf": 1}
        desk.act(crisis_id, "dismissed", start + timedelta(minutes=19.5), "Ece", why="w")
        Escalating(store, desk.settings).run(start + timedelta(minutes=20))
        send_all(start + timedelta(minutes=20))
        number += 1
    alerts = [row for row in desk.alerts() if row.channel != "board"]
    assert {row.state for row in alerts} == {"sent"}
    sent = Counter(json.loads(line)[0] for line in sink.read_text(encoding="utf-8").splitlines())
    queued = Counter(row.channel for row in alerts)
    assert all(queued[channel] <= sent[channel] <= queued[channel] + kills for channel in CHANNELS)
    assert desk.whole() and kills == KILLS
    store.close()
