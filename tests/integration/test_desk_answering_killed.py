"""Kill -9 between any two lines of deciding, asking, approving and sending: one message, one answer, one gift.

Each case is worked by processes that die one after the other at a random line of ours; the last one is left alone. The
seed is fixed; `make test-long` kills 200 times.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from pathlib import Path

from store import Store
from store import events as event_log
from tests.integration import answering_child
from tests.integration.answering_work import a_flow, minutes
from tests.integration.forking import forking

KILLS = int(os.environ.get("NOBET_TEST_KILLS", "2"))
SEED = 20261120
ONCE = (
    "decided", "concession_waits", "concession_granted", "reply_waits", "send_queued", "sent", "answered",
)  # fmt: skip


def test_one_message_one_answer_one_gift_however_often_the_process_dies(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "platform"
    flow = a_flow(store, folder)
    context = forking()
    chance = random.Random(SEED)

    def life(case_id: int, turn: int, kill_at: int) -> int | None:
        ours, theirs = context.Pipe()
        arguments = (store.url, str(folder), case_id, turn, kill_at, theirs)
        process = context.Process(target=answering_child.life, args=arguments)
        process.start()
        theirs.close()
        try:
            told: int | None = ours.recv()
        except EOFError:
            told = None
        process.join()
        assert process.exitcode in (0, -9), f"the process ended with {process.exitcode}"
        return told

    lines, kills, number = 0, 0, 0
    while kills < KILLS:
        number += 1
        flow.bring(at=minutes(number / 100), author=f"musteri{number}", urgency="critical")
        case_id = max(flow.ids(now=minutes(10)))
        story = []
        for turn in range(4):
            kill_at = chance.randint(1, lines) if lines and turn < 3 else 0
            story.append(kill_at)
            told = life(case_id, turn, kill_at)
            kills += told is None
            if told is not None:
                lines = lines or told
                break
        types = Counter(event.type for event in flow.desk.case(case_id, minutes(60)).events)
        assert {name: types[name] for name in ONCE} == dict.fromkeys(ONCE, 1), story
        shown = [one for one in flow.sender.platform.shown() if one["to"] == f"musteri{number}"]
        assert len(shown) == 1, story
        [given] = flow.given(case_id)
        assert (given.state, given.granted_by) == ("promised", "Elif")
        assert flow.clock(case_id, "first_answer", minutes(60)).state == "met"
        [answered] = flow.events(case_id, "answered")
        assert answered.by == "agent:Elif"
    with store.read() as tx:
        assert event_log.verify_chain(tx, flow.desk.brand) == []
    print(f"{number} cases, {kills} kills, {lines} lines")
