"""What is left out of a picture is never missed: a browser that follows the rules always has the whole of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from board.difference import KEPT, Told, changed

IDS = st.lists(st.integers(1, 40), unique=True, max_size=40)


def walked(was: Sequence[int], cut: Sequence[int], put: Sequence[tuple[int, list[int]]]) -> list[int]:
    """What parts/heard.js does with the steps."""
    gone = set(cut)
    order = [id for id in was if id not in gone]
    for at, ids in put:
        order[at:at] = ids
    return order


@given(IDS, IDS)
def test_the_steps_lead_from_any_order_to_any_other(was: list[int], order: list[int]) -> None:
    assert walked(was, *changed(was, order)) == order


@pytest.mark.parametrize(
    ("was", "order", "steps"),
    [
        ([1, 2, 3], [1, 2, 3], ([], [])),
        ([1, 2, 3], [2, 3], ([1], [])),
        ([1, 2, 3], [9, 1, 2, 3, 8, 7], ([], [(0, [9]), (4, [8, 7])])),
        ([1, 2, 3, 4, 5], [1, 5, 2, 3, 4], ([5], [(1, [5])])),
        ([], [4], ([], [(0, [4])])),
    ],
)
def test_the_steps_are_few(was: list[int], order: list[int], steps: tuple[list[int], Any]) -> None:
    assert changed(was, order) == steps


class Browser:
    """A browser as parts/heard.js keeps what it hears."""

    def __init__(self) -> None:
        self.told: list[Any] = ["", 0]
        self.parts: dict[str, Any] = {}
        self.rows: dict[int, Any] = {}
        self.orders: dict[int, list[int]] = {}
        self.whole = False

    def hear(self, sent: dict[str, Any]) -> None:
        name, n, since = sent["told"]
        new = name != self.told[0]
        if since > (0 if new else self.told[1]) or (new and since > 0):
            self.whole = True
            return
        held = {} if new else dict(self.orders)
        order = sent.get("order")
        if order is None and "steps" in sent:
            step = next((one for one in sent["steps"] if one[0] in held), None)
            if step is None:
                self.whole = True
                return
            order = walked(held[step[0]], step[1], step[2])
        if order is None:
            order = held[self.told[1]]
        if new:
            self.parts, self.rows, held = {}, {}, {}
        self.whole, self.told = False, [name, n]
        self.orders = {at: one for at, one in {**held, n: order}.items() if at > n - KEPT}
        self.rows |= {row["id"]: row for row in sent["rows"]}
        self.rows = {id: row for id, row in self.rows.items() if id in set(order)}
        self.parts |= {name: part for name, part in sent.items() if name not in ("rows", "order", "steps", "told")}


@given(st.lists(st.tuples(IDS, st.integers(0, 2), st.sampled_from("abc"), st.booleans()), min_size=1, max_size=12))
def test_whatever_is_lost_on_the_way_the_browser_has_the_picture_or_asks_for_it(
    pictures: list[tuple[list[int], int, str, bool]],
) -> None:
    told, browser = Told(), Browser()
    for n, (order, version, part, lost) in enumerate(pictures):
        first = version * 5
        picture = {
            "now": n, "part": part, "place": {}, "order": order,
            "rows": [{"id": id, "said": f"{id} {version}"} for id in order[first : first + 8]],
        }  # fmt: skip
        sent = json.loads(json.dumps(told.spare(picture, browser.whole)))
        if lost:
            continue
        browser.hear(sent)
        if browser.whole:
            continue  # it keeps what it has and asks
        assert browser.orders[browser.told[1]] == order
        assert browser.parts["part"] == part and browser.parts["now"] == n
        assert [browser.rows[id] for id in order[first : first + 8]] == picture["rows"]


def test_nothing_new_is_nothing_sent_and_one_change_is_sent_twice() -> None:
    told = Told()
    rows = [{"id": id, "text": "x" * 400} for id in range(1, 81)]
    picture = {"now": 1, "place": {}, "case": {"words": "y" * 9000}, "rows": rows, "order": list(range(1, 10_001))}
    sizes = [len(json.dumps(told.spare(picture))) for _ in range(5)]
    assert sizes[0] > 80_000 and sizes[1] > 30_000 and max(sizes[2:]) < 120
    picture["order"] = [*range(2, 5000), 77_777, *range(5000, 10_001)]
    picture["rows"] = rows[1:]
    sizes = [len(json.dumps(told.spare(picture))) for _ in range(3)]
    assert max(sizes[:2]) < 250 and sizes[2] < 120
    assert told.spare(picture, whole=True)["told"][2] == 0
