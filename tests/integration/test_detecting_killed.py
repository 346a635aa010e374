"""Kill -9 between any two lines of detection: every mention is placed once, one alarm, one crisis, and the same ones.

The seed is fixed; `NOBET_TEST_KILLS` says how often it dies (`make test-long`: 200 times).
"""

from __future__ import annotations

import os
import random
from datetime import timedelta
from pathlib import Path

from store import Store
from store import events as event_log
from tests.integration import detecting_child
from tests.integration.detecting_work import BEGIN, BRAND, bring, burst, detecting, everything, quiet
from tests.integration.forking import forking

KILLS = int(os.environ.get("NOBET_TEST_KILLS", "4"))
SEED = 20261122
START = BEGIN + timedelta(hours=4)
ROUNDS = ((0, 12), (12, 22), (22, 42))
"""Which mentions have come by each round: quiet ones, the beginning of the burst, and the rest of it."""


def story() -> list:  # type: ignore[type-arg]
    return [*quiet(12), *burst(30, START)]


def test_killed_anywhere_and_started_again(store: Store, tmp_path: Path) -> None:
    now, pairs = START + timedelta(minutes=30), story()
    context, chance = forking(), random.Random(SEED)

    def life(url: str, kill_at: int) -> int | None:
        ours, theirs = context.Pipe()
        process = context.Process(target=detecting_child.life, args=(url, now, kill_at, theirs))
        process.start()
        theirs.close()
        try:
            told: int | None = ours.recv()
        except EOFError:
            told = None
        process.join()
        assert process.exitcode in (0, -9), f"the process ended with {process.exitcode}"
        return told

    calm = Store.open(f"sqlite:///{tmp_path / 'calm.db'}")
    run = []  # how many lines of ours each round runs when nobody kills it
    for first, last in ROUNDS:
        bring(calm, *pairs[first:last])
        run.append(life(calm.url, 0) or 0)
    wanted = everything(calm)
    calm.close()
    assert len(wanted["alarms"]) == len(wanted["crises"]) == 1 and min(run) > 100

    kills, number = 0, 0
    while kills < KILLS:
        number += 1
        died = []
        one = store if number == 1 else Store.open(f"sqlite:///{tmp_path / f'{number}.db'}")
        for (first, last), lines in zip(ROUNDS, run, strict=True):
            bring(one, *pairs[first:last])
            for _ in range(2):
                kill_at = chance.randint(1, lines)
                if life(one.url, kill_at) is None:
                    kills += 1
                    died.append((first, kill_at))
            detecting(one).run(now)
        found = everything(one)
        for name in ("placed", "incidents", "crises"):
            assert found[name] == wanted[name], (name, died)
        assert [alarm[:3] for alarm in found["alarms"]] == [alarm[:3] for alarm in wanted["alarms"]], died
        assert sorted(event[0] for event in found["events"]) == sorted(event[0] for event in wanted["events"]), died
        with one.read() as tx:
            assert event_log.verify_chain(tx, BRAND) == []
        if number > 1:
            one.close()
    print(f"{number} stories, {kills} kills")
