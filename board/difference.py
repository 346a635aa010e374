"""What changed since the browser last heard, so that a refresh carries the news and not the whole page again.

A picture has parts (the case, the choices, ...), rows (each with an `id`) and their `order` (ids). The first picture of
a session brings all of it; each later one only what is different. Pictures can be lost on the way: two that follow
each other closely are drawn as one. So every change is told in KEPT pictures, and a browser that missed more says so
(`whole`) and is told everything again. A session that was started anew has another name, and is told from the start.
"""

from __future__ import annotations

import json
import secrets
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from itertools import pairwise
from typing import Any

KEPT = 2
"""Pictures in which a change is told: one may be lost."""

ALWAYS = ("now", "place", "answers", "failure")
"""Parts that are told in every picture: they are small, and mostly new."""

LEAST_SAVED = 0.5
"""Past this share of the order, its steps are longer than the order itself."""

Steps = tuple[list[int], list[tuple[int, list[int]]]]


class Told:
    """What one session was told, and when."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self.name = secrets.token_hex(4)
        self.n = 0
        self._parts: dict[str, tuple[bytes, int]] = {}
        self._rows: dict[int, tuple[bytes, int]] = {}
        self._orders: list[tuple[int, list[int]]] = []

    def known(self) -> Iterable[int]:
        """The ids of the order that was told last."""
        return self._orders[-1][1] if self._orders else ()

    def spare(self, picture: Mapping[str, Any], whole: bool = False) -> dict[str, Any]:
        """The picture without what the browser has already; everything where it says that it missed some (`whole`).

        `told` names the session, this picture and the one that the browser must have heard at the latest.
        """
        if whole:
            self._begin()
        self.n += 1
        since = max(0, self.n - KEPT)
        said = {"told": [self.name, self.n, since], **{name: picture[name] for name in ALWAYS if name in picture}}
        self._parts = {name: was for name, was in self._parts.items() if name in picture or was[1] <= since}
        for name, part in picture.items():
            if name not in ALWAYS and name not in ("rows", "order") and self._is_news(self._parts, name, part, since):
                said[name] = part
        if "order" in picture:
            order = list(picture["order"])
            there = set(order)
            shown = {row["id"] for row in picture["rows"]}
            # A row that goes out of sight before it was told often enough may not have arrived.
            self._rows = {id: was for id, was in self._rows.items() if id in there and (id in shown or was[1] <= since)}
            said["rows"] = [row for row in picture["rows"] if self._is_news(self._rows, row["id"], row, since)]
            said.update(self._order(order))
        return said

    def _is_news(self, known: dict[Any, tuple[bytes, int]], name: Any, value: Any, since: int) -> bool:
        digest = blake2b(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"), digest_size=12).digest()
        was = known.get(name)
        if was is None or was[0] != digest:
            known[name] = (digest, self.n)
            return True
        return was[1] > since

    def _order(self, order: list[int]) -> dict[str, Any]:
        """The order as steps from each of those that the browser may stand at; nothing where they are all the same."""
        before, self._orders = self._orders, [*self._orders, (self.n, order)][-KEPT:]
        if not before:
            return {"order": order}
        if all(was == order for _, was in before):
            return {}
        steps = [(n, *changed(was, order)) for n, was in before]
        longest = max(len(cut) + sum(2 + len(ids) for _, ids in put) for _, cut, put in steps)
        if longest > LEAST_SAVED * len(order) + 10:
            return {"order": order}
        return {"steps": steps}


def changed(was: Sequence[int], order: Sequence[int]) -> Steps:
    """The way from one order of ids to another: the ids to take out, and then [place, ids] to put in, from the front.

    Ids are unique. What keeps its place relative to most others stays; what moved is taken out and put in again. Pure.
    """
    if was == order:
        return [], []
    place = {id: at for at, id in enumerate(was)}
    kept = _longest_rise([place[id] for id in order if id in place])
    stays = {was[at] for at in kept}
    put: list[tuple[int, list[int]]] = []
    for at, id in enumerate(order):
        if id in stays:
            continue
        if put and put[-1][0] + len(put[-1][1]) == at:
            put[-1][1].append(id)
        else:
            put.append((at, [id]))
    return [id for id in was if id not in stays], put


def _longest_rise(places: Sequence[int]) -> list[int]:
    """The longest part of `places` that only rises (patience sorting): as few as possible are said to have moved."""
    if all(a < b for a, b in pairwise(places)):
        return list(places)
    ends: list[int] = []  # the smallest end of a rise of each length
    at_end: list[int] = []  # and which one that is
    before: list[int] = []
    for n, value in enumerate(places):
        length = bisect_left(ends, value)
        before.append(at_end[length - 1] if length else -1)
        ends[length : length + 1] = [value]
        at_end[length : length + 1] = [n]
    rise, n = [], at_end[-1] if at_end else -1
    while n >= 0:
        rise.append(places[n])
        n = before[n]
    return rise[::-1]
