"""What people said about pairs of mentions: these two belong together, these two do not.

What is said of one mention holds for all that people joined with it: a with b, and b not with c, means a not with c.
Words that contradict what was said before are refused with a sentence, and change nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

_NONE: frozenset[str] = frozenset()


class Contradiction(ValueError):
    """Two people, or one twice, said what cannot both hold; the sentence names the mentions."""


class Links:
    """People's pairs. Mentions need not have arrived, or may be long gone. Few thousand pairs at most are expected."""

    def __init__(self, must: Iterable[tuple[str, str]] = (), cannot: Iterable[tuple[str, str]] = ()) -> None:
        """Raises Contradiction."""
        self._must = {_pair(*pair) for pair in must}
        self._cannot = {_pair(*pair) for pair in cannot}
        self._blocks, self._barred = _closed(self._must, self._cannot)

    @property
    def must(self) -> list[tuple[str, str]]:
        """The pairs that belong together, as they were said, in alphabetical order."""
        return sorted(self._must)

    @property
    def cannot(self) -> list[tuple[str, str]]:
        """The pairs that do not, as they were said, in alphabetical order."""
        return sorted(self._cannot)

    def join(self, one: str, other: str) -> None:
        """Both belong to one matter. Raises Contradiction."""
        self._change(self._must | {_pair(one, other)}, self._cannot)

    def part(self, one: str, other: str) -> None:
        """Both belong to different matters. Raises Contradiction."""
        self._change(self._must, self._cannot | {_pair(one, other)})

    def change(self, join: Iterable[tuple[str, str]] = (), part: Iterable[tuple[str, str]] = ()) -> None:
        """Several pairs, all of them or, when Contradiction is raised, none."""
        self._change(self._must | {_pair(*pair) for pair in join}, self._cannot | {_pair(*pair) for pair in part})

    def take_back(self, one: str, other: str) -> bool:
        """Forget what was said of this very pair; False when nothing was."""
        pair = _pair(one, other)
        known = pair in self._must or pair in self._cannot
        self._change(self._must - {pair}, self._cannot - {pair})
        return known

    def block(self, id: str) -> frozenset[str]:
        """All mentions that people joined with this one, itself included."""
        return self._blocks.get(id) or frozenset((id,))

    def barred(self, id: str) -> frozenset[str]:
        """All mentions that this one must not be together with."""
        return self._barred.get(id, _NONE)

    def parted(self) -> Iterable[tuple[str, str]]:
        """Every pair that people parted, as it was said."""
        return self._cannot

    def _change(self, must: set[tuple[str, str]], cannot: set[tuple[str, str]]) -> None:
        closed = _closed(must, cannot)  # raises before anything is changed
        self._must, self._cannot = must, cannot
        self._blocks, self._barred = closed


def _pair(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one <= other else (other, one)


def _closed(
    must: set[tuple[str, str]], cannot: set[tuple[str, str]]
) -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    """For each mention its block, and whom the block is barred from."""
    growing: dict[str, set[str]] = {}
    for one, other in must:
        mine, theirs = growing.setdefault(one, {one}), growing.setdefault(other, {other})
        if mine is theirs:
            continue
        small, large = sorted((mine, theirs), key=len)
        large |= small
        for id in small:
            growing[id] = large
    frozen = {frozenset(block) for block in growing.values()}
    blocks = {id: block for block in frozen for id in block}
    enemies: dict[frozenset[str], set[str]] = {}
    for one, other in sorted(cannot):
        mine_block = blocks.get(one) or frozenset((one,))
        their_block = blocks.get(other) or frozenset((other,))
        if mine_block & their_block:
            raise Contradiction(
                f"{one} and {other} were joined by a person, directly or through others, and cannot be parted as well; "
                "take back one of the two"
            )
        enemies.setdefault(mine_block, set()).update(their_block)
        enemies.setdefault(their_block, set()).update(mine_block)
    return blocks, {id: frozenset(barred) for block, barred in enemies.items() for id in block}
