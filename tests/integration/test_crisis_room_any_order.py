"""Any order of acts by anybody: nothing but a sentence is raised, and the row stands where the run does."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desk.crisis.room import CrisisRoom
from desk.roles import Refused
from desk.room import DeskError
from store import Store
from store import crises as crisis_store
from tests.integration.crisis_work import ANSWER, HOLDING, PLAN, CrisisHouse, a_house, minutes

PEOPLE = ("Elif", "Mert", "Leyla", "Can", "Pelin", "Hakan", "Vera")
WORDS = st.sampled_from(["", " ", "x", "İğne\x00 ‮{why}", "<b>", "x" * 600])
ROLES = st.sampled_from(["agent", "team_lead", "crisis_manager", "pr_lead", "legal", "executive", "viewer", ""])
STEPS = st.sampled_from(["keep_posts", "pause", "danger", "holding_write", "holding_read", "whose", "review", "no"])
IDS = st.integers(-1, 30)
EXPECTED = st.sampled_from([None, "suspected", "declared", "contained", "closed"])
DUTIES = st.sampled_from(["take.1", "declare.1", "update.1", "first.legal.1", "step.pause.1", "step.danger.1", "x"])

# Each act with what it is given beside the crisis and the moment, which comes last.
ACTS: dict[str, st.SearchStrategy[tuple[Any, ...]]] = {
    "take": st.tuples(),
    "declare": st.tuples(WORDS),
    "dismiss": st.tuples(WORDS),
    "contain": st.tuples(WORDS),
    "close": st.tuples(WORDS),
    "severity": st.tuples(st.integers(-1, 6), WORDS),
    "step_done": st.tuples(STEPS, WORDS),
    "decide": st.tuples(STEPS, st.sampled_from(["danger", "no_danger", "fine", "mend", "ours", "?"]), WORDS),
    "seen": st.tuples(DUTIES),
    "collected": st.tuples(st.sampled_from(["first_posts", "our_record", "?"]), WORDS),
    "assume_role": st.tuples(ROLES),
    "hand_over": st.tuples(ROLES, st.sampled_from([*PEOPLE, "Kimse", ""]), WORDS),
    "absent": st.tuples(st.sampled_from([*PEOPLE, "executive", "Kimse"])),
    "present": st.tuples(st.sampled_from([*PEOPLE, "executive", ""])),
    "update_published": st.tuples(WORDS, st.sampled_from(["", "https://a.example", "x"]), WORDS),
    "add_fact": st.tuples(WORDS, WORDS, st.sampled_from(["known", "unknown", "refuted", "?"])),
    "change_fact": st.tuples(IDS, WORDS, WORDS, st.sampled_from(["known", "unknown"]), WORDS),
    "draft": st.tuples(
        st.sampled_from(["holding", "update", "answer", "?"]), st.sampled_from(["tr", "?"]),
        st.sampled_from([HOLDING, ANSWER, ""]), st.sampled_from([("x",), ("web",), (), ("fax",)]),
    ),
    "change": st.tuples(IDS, st.sampled_from([HOLDING, ANSWER]), st.just(("x",))),
    "ask": st.tuples(IDS),
    "approve": st.tuples(IDS, WORDS),
    "reject": st.tuples(IDS, WORDS),
    "withdraw": st.tuples(IDS),
    "published": st.tuples(IDS, st.sampled_from(["x", "web", "?"]), st.sampled_from(["", "https://a.example"])),
    "told": st.tuples(WORDS, WORDS, WORDS),
    "pause": st.tuples(st.sampled_from(["Bülten", "?"])),
    "resume": st.tuples(st.sampled_from(["Bülten", "?"])),
    "answer_many": st.tuples(IDS, st.lists(st.integers(-1, 4), max_size=3)),
}  # fmt: skip
ACT = st.sampled_from(sorted(ACTS)).flatmap(lambda name: st.tuples(st.just(name), ACTS[name]))
PRESS = st.tuples(ACT, st.sampled_from(PEOPLE), st.floats(-30, 240, allow_nan=False))


def press(house: CrisisHouse, crisis_id: int, who: str, name: str, given_: tuple[Any, ...], moment: float) -> bool:
    """One press of a button; whether it did something."""
    act: Callable[..., object] = getattr(CrisisRoom, name)
    try:
        act(house.hand(who), crisis_id, *given_, minutes(moment))
    except (Refused, DeskError) as refused:
        assert str(refused).strip(), "a refusal is a sentence"
        return False
    return True


@settings(max_examples=4, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(PRESS, min_size=30, max_size=45))
def test_any_order_of_acts(presses: list[tuple[tuple[str, tuple[Any, ...]], str, float]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(f"sqlite:///{Path(folder) / 'n.db'}")
        house = a_house(store, Path(folder) / "platform")
        incident, _ = house.crowd(2, minutes(-60))
        crisis_id = house.room.open_by_hand("x", PLAN, "y", minutes(0), incident_id=incident)
        done = set()
        # The way through, so that what comes late in a crisis is tried too; everything else comes in between.
        way = [("Leyla", "take", ()), ("Can", "declare", ("y",)), ("Can", "contain", ("y",)), ("Can", "close", ("y",))]
        for number, ((name, given_), who, moment) in enumerate(presses):
            if press(house, crisis_id, who, name, given_, moment):
                done.add(name)
                agree(house, crisis_id)
            if number % 12 == 6 and way:
                leader, act, with_ = way.pop(0)
                press(house, crisis_id, leader, act, with_, number)
                agree(house, crisis_id)
        view = house.room.room(crisis_id, minutes(300), "tr")
        assert house.room.wall(crisis_id, minutes(300)).stage and len(view.log) == len(house.log(crisis_id))
        assert house.room.state(crisis_id, minutes(300)).refused == (), "what was accepted stays accepted"
        assert house.chain() == [] and done
        store.close()


def agree(house: CrisisHouse, crisis_id: int) -> None:
    """The row says what the run says, at whatever time the last act was written."""
    with house.room.store.read() as tx:
        row = crisis_store.crisis(tx, house.room.brand, crisis_id)
    state = house.room.state(crisis_id, minutes(0))
    assert row is not None and (row.stage, row.severity) == (state.stage, state.severity)
    assert state.refused == ()
