"""The way in pieces: a table, and that the pieces of whatever happened sum to the whole."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.metrics.way import cause, pieces, way
from tests.unit.metrics_example import Line, at

ELIF, LEAD = "agent:Elif", "agent:Ada"


def line(time: str, type: str, by: str = ELIF, **data: Any) -> Line:
    return Line(1, type, at(time), by, None, data)


def told(*lines: Line, end: str = "12:00", ended: bool = True) -> list[tuple[str, int]]:
    """The pieces of a wait since 09:00, seen 09:05 and routed 09:06, in minutes."""
    found = way(at("09:00"), at(end), at("09:05"), at("09:06"), lines, ended)
    assert found[0][1] == at("09:00") and found[-1][2] == at(end)
    assert all(one[2] == two[1] for one, two in pairwise(found))
    return [(piece, round((until - since).total_seconds() / 60)) for piece, since, until in found]


START = [("source", 5), ("routing", 1)]


@pytest.mark.parametrize(
    ("lines", "rest"),
    [
        ([], [("pick_up", 174)]),
        ([line("09:10", "assigned", LEAD, to="Elif")], [("pick_up", 174)]),
        ([line("09:10", "assigned", to="Elif")], [("pick_up", 4), ("thinking", 170)]),
        ([line("09:10", "answered", "agent:@x")], [("pick_up", 174)]),
        ([line("09:10", "seen"), line("10:00", "decided"), line("10:20", "note")],
         [("pick_up", 4), ("thinking", 50), ("writing", 120)]),
        ([line("09:10", "seen"), line("10:00", "approval_asked", approval=1), line("10:30", "approved", approval=1)],
         [("pick_up", 4), ("thinking", 50), ("approval", 30), ("writing", 90)]),
        ([line("09:10", "seen"), line("10:00", "approval_asked", approval=1),
          line("10:10", "approval_asked", approval=2), line("10:20", "approval_rejected", approval=1),
          line("10:40", "approval_withdrawn", approval=2), line("11:00", "approval_asked", approval=3),
          line("11:10", "approval_expired", "system", approval=3)],
         [("pick_up", 4), ("thinking", 50), ("approval", 40), ("writing", 20), ("approval", 10), ("writing", 50)]),
        ([line("09:10", "seen"), line("10:00", "send_queued", reply=1), line("12:00", "sent", reply=1)],
         [("pick_up", 4), ("thinking", 50), ("posting", 120)]),
        ([line("09:10", "seen"), line("10:00", "send_queued", reply=1), line("11:00", "send_queued", reply=2),
          line("12:00", "sent", reply=2)], [("pick_up", 4), ("thinking", 50), ("writing", 60), ("posting", 60)]),
    ],
)  # fmt: skip
def test_an_answer_in_pieces(lines: list[Line], rest: list[tuple[str, int]]) -> None:
    assert told(*lines) == START + rest


@pytest.mark.parametrize(
    ("lines", "rest"),
    [
        ([line("09:10", "seen"), line("10:00", "send_queued", reply=1)], "posting"),
        (
            [line("09:10", "seen"), line("10:00", "send_queued", reply=1), line("10:05", "send_failed", reply=1)],
            "writing",
        ),
        ([line("09:10", "seen"), line("10:00", "approval_asked", approval=1)], "approval"),
        ([line("09:10", "seen")], "thinking"),
    ],
)
def test_an_open_one_stands_in_what_it_waits_for(lines: list[Line], rest: str) -> None:
    assert told(*lines, ended=False)[-1][0] == rest


@given(
    st.lists(st.tuples(st.integers(-60, 400), st.sampled_from(
        ["seen", "decided", "approval_asked", "approved", "send_queued", "sent", "note"]), st.integers(1, 3))),
    st.integers(0, 300), st.integers(-50, 400), st.integers(-50, 400), st.booleans(),
)  # fmt: skip
def test_pieces_sum_to_the_whole(
    acts: list[tuple[int, str, int]], length: int, seen: int, routed: int, ended: bool
) -> None:
    start = at("09:00")

    def after(minutes: int) -> datetime:
        return start + timedelta(minutes=minutes)

    lines = [
        Line(n, type, after(minutes), ELIF, None, {"approval": k, "reply": k})
        for n, (minutes, type, k) in enumerate(sorted(acts))
    ]
    found = way(start, after(length), after(seen), after(routed), lines, ended)

    def elapsed(moment: datetime) -> int:
        """A desk that is staffed in the first half of each hour."""
        minutes, rest = divmod((moment - start) // timedelta(microseconds=1), 3_600_000_000)
        return minutes * 1_800_000_000 + min(rest, 1_800_000_000)

    for until in (None, after(length // 2)):
        took = pieces(found, elapsed, until)
        whole = timedelta(minutes=length if until is None else length // 2)
        assert sum(took.values(), timedelta(0)) == whole and all(one > timedelta(0) for one in took.values())


def test_the_cause_is_the_longest_piece_and_the_earlier_of_two_alike() -> None:
    def of(closed_counts: bool, **hours: float) -> str:
        return cause({piece: timedelta(hours=many) for piece, many in hours.items()}, closed_counts)[0]

    assert of(False, source=1, pick_up=2, closed=9) == "pick_up"
    assert of(True, source=1, pick_up=2, closed=9) == "closed"
    assert of(False, thinking=2, pick_up=2) == "pick_up"
    assert of(False, closed=9) == "closed" and of(False) == "closed"
