"""Kill -9 between any two lines of applying one answer to many cases, and of publishing: everything once.

The seed is fixed; `make test-long` kills 200 times.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

from store import Store
from tests.integration import crisis_child
from tests.integration.crisis_work import HOLDING, CrisisHouse, a_house, minutes
from tests.integration.forking import forking

KILLS = int(os.environ.get("NOBET_TEST_KILLS", "2"))
SEED = 20261122


class Lives:
    """Processes that die one after the other at a random line of ours; the last one is left alone."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.folder = store, folder
        self.context, self.chance, self.lines, self.kills = forking(), random.Random(SEED), 0, 0

    def until_done(self, what: str, crisis_id: int, statement_id: int, cases: list[int]) -> list[int]:
        story = []
        for turn in range(4):
            kill_at = self.chance.randint(1, self.lines) if self.lines and turn < 3 else 0
            story.append(kill_at)
            told = self.life(what, crisis_id, statement_id, cases, turn, kill_at)
            if told is not None:
                self.lines = self.lines or told
                break
            self.kills += 1
        return story

    def life(self, what: str, crisis_id: int, statement_id: int, cases: list[int], turn: int, at: int) -> int | None:
        ours, theirs = self.context.Pipe()
        arguments = (self.store.url, str(self.folder), what, crisis_id, statement_id, cases, turn, at, theirs)
        process = self.context.Process(target=crisis_child.life, args=arguments)
        process.start()
        theirs.close()
        try:
            told: int | None = ours.recv()
        except EOFError:
            told = None
        process.join()
        assert process.exitcode in (0, -9), f"the process ended with {process.exitcode}"
        return told


def test_every_case_gets_one_answer_however_often_the_process_dies(store: Store, tmp_path: Path) -> None:
    house = a_house(store, tmp_path / "platform")
    lives, number = Lives(store, tmp_path / "platform"), 0
    while lives.kills < KILLS:
        number += 1
        sent = house.flow.bring(at=minutes(number / 100), author=f"x{number}-0")
        by_hand = house.flow.bring(at=minutes(number / 100), author=f"i{number}", source="instagram")
        cases = case_ids(house, [sent, by_hand])
        incident = house.incident([sent, by_hand], minutes(1), name=f"i{number}")
        crisis_id = house.declared(minutes(1), incident_id=incident)
        one = house.approved(crisis_id, minutes(2))
        story = lives.until_done("answer", crisis_id, one, cases)
        for case_id, way in zip(cases, ("send", "by_hand"), strict=True):
            [answered] = house.flow.events(case_id, "answered", minutes(60))
            assert answered.by == "agent:Leyla", story
            assert len(house.flow.events(case_id, "crisis_answer_applied", minutes(60))) == 1, story
            assert len(house.flow.replies(case_id)) == (way == "send"), story
            assert house.flow.clock(case_id, "first_answer", minutes(60)).state == "met"
        shown = [each["to"] for each in house.flow.sender.platform.shown() if each["to"].startswith(f"x{number}-")]
        assert sorted(shown) == [f"x{number}-0"], story
        assert house.room.unanswered(crisis_id) == ()
        assert house.room.to_post(crisis_id, minutes(60)) == ()
        house.hand("Can").contain(crisis_id, "bitti", minutes(61))
    assert house.chain() == []
    print(f"{number} crises, {lives.kills} kills, {lives.lines} lines")


def test_a_statement_is_published_once_and_its_update_with_it(store: Store, tmp_path: Path) -> None:
    house = a_house(store, tmp_path / "platform")
    lives, number = Lives(store, tmp_path / "platform"), 0
    while lives.kills < max(1, KILLS // 2):
        number += 1
        crisis_id = house.declared(minutes(1), key=f"k{number}")
        one = house.approved(crisis_id, minutes(2), "holding", HOLDING)
        story = lives.until_done("publish", crisis_id, one, [])
        types = [row.type for row in house.log(crisis_id)]
        assert types.count("crisis_statement_published") == 2, story
        assert types.count("crisis_updated") == 1, story
        view = house.view(crisis_id, minutes(6))
        assert [each.channel for each in view.statements[0].published] == ["x", "web"]
        assert view.next_update_at == minutes(25), story  # 20 minutes after the first
    assert house.chain() == []


def case_ids(house: CrisisHouse, mention_ids: list[int]) -> list[int]:
    return [house.case_of(one) for one in mention_ids]
