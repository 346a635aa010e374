"""The numbers behind matters: a row per mention and a row per matter, in arrays that grow and whose rows are reused.

Everything that is asked for every new mention is one matrix product and a few passes over an array.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]
_BEGIN = 256  # rows at first; arrays double when full
_LANGUAGES = 8  # different languages told apart; more than a brand listens in


class Table:
    """Mentions' unit vectors with their matter and language, and each matter's sum of vectors."""

    def __init__(self, size: int) -> None:
        """`size`: numbers of a vector."""
        self.size = size
        self._vectors = np.zeros((_BEGIN, size), np.float32)
        self._matter = np.full(_BEGIN, -1, np.int32)
        self._language = np.zeros(_BEGIN, np.int8)
        self._at = np.zeros(_BEGIN, np.float64)
        self._used = 0
        self._free: list[int] = []
        self._sums = np.zeros((_BEGIN, size), np.float64)  # float64: vectors are added and taken away for weeks
        self._spoken = np.zeros((_BEGIN, _LANGUAGES), np.float64)
        self._matters_used = 0
        self._matters_free: list[int] = []
        self._numbers: dict[str, int] = {}

    def begin(self) -> int:
        """A row for a new matter."""
        if self._matters_free:
            return self._matters_free.pop()
        if self._matters_used == len(self._sums):
            self._sums = np.concatenate([self._sums, np.zeros_like(self._sums)])
            self._spoken = np.concatenate([self._spoken, np.zeros_like(self._spoken)])
        self._matters_used += 1
        return self._matters_used - 1

    def end(self, matter: int) -> None:
        """A matter without members gives its row back."""
        self._sums[matter] = 0
        self._spoken[matter] = 0
        self._matters_free.append(matter)

    def insert(self, vector: Vector, language: str, at: float, matter: int) -> int:
        """A mention's row; `at` in seconds."""
        if self._free:
            row = self._free.pop()
        else:
            if self._used == len(self._vectors):
                self._vectors = np.concatenate([self._vectors, np.zeros_like(self._vectors)])
                self._matter = np.concatenate([self._matter, np.full_like(self._matter, -1)])
                self._language = np.concatenate([self._language, np.zeros_like(self._language)])
                self._at = np.concatenate([self._at, np.zeros_like(self._at)])
            row = self._used
            self._used += 1
        self._vectors[row] = vector
        self._language[row] = self._number(language)
        self._at[row] = at
        self._matter[row] = -1
        self.move(row, matter)
        return row

    def move(self, row: int, matter: int) -> None:
        """A mention to another matter; -1 for none."""
        left = int(self._matter[row])
        for place, sign in ((left, -1.0), (matter, 1.0)):
            if place >= 0:
                self._sums[place] += sign * self._vectors[row]
                self._spoken[place, self._language[row]] += sign
        self._matter[row] = matter

    def remove(self, row: int) -> None:
        """A mention's row is given back."""
        self.move(row, -1)
        self._free.append(row)

    def span(self, matter: int, without: int) -> tuple[float, float]:
        """The first and the last moment of a matter's mentions, one of them left out."""
        rows = np.flatnonzero(self._matter[: self._used] == matter)
        times = self._at[rows[rows != without]]
        return float(times.min()), float(times.max())

    def empty_into(self, matter: int, into: int) -> None:
        """All of a matter's mentions to another."""
        held = self._matter[: self._used]
        held[held == matter] = into
        self._sums[into] += self._sums[matter]
        self._spoken[into] += self._spoken[matter]
        self._sums[matter] = 0
        self._spoken[matter] = 0

    def similarities(self, vector: Vector, language: str, across: float) -> Vector:
        """How similar each row's mention is (cosine, plus `across` where it is in another language), free rows too."""
        found: Vector = self._vectors[: self._used] @ vector
        if across:
            found = found + np.where(self._language[: self._used] == self._number(language), 0, across).astype(
                np.float32
            )
        return found

    def nearest_matters(self, similarities: Vector, least: float, most: int) -> list[int]:
        """The `most` matters that have the most similar single mentions, those below `least` left out."""
        held = self._matter[: self._used]
        rows = np.flatnonzero((similarities >= least) & (held >= 0))
        if not len(rows):
            return []
        best = np.full(self._matters_used, -2.0, np.float32)
        np.maximum.at(best, held[rows], similarities[rows])
        # sorted, and not partitioned: ties must always fall the same way
        order = np.argsort(-best, kind="stable")[:most]
        return [int(matter) for matter in order if best[matter] > -2.0]

    def nearest_few(self, similarities: Vector, matter: int, few: int) -> tuple[float, int]:
        """The mean similarity of a matter's `few` most similar mentions, and the row of the most similar."""
        rows = np.flatnonzero(self._matter[: self._used] == matter)
        values = similarities[rows]
        top = np.partition(values, len(values) - few)[-few:] if len(rows) > few else values
        return float(top.mean()), int(rows[int(values.argmax())])

    def mutual(self, matter: int, across: float) -> NDArray[np.float64]:
        """The mean similarity of all pairs between a matter and every other; -1 for itself and for free rows.

        The mean over pairs of unit vectors is the product of the two means, so no pair is ever looked at.
        """
        spoken = self._spoken[: self._matters_used]
        counts = spoken.sum(axis=1)
        safe = np.maximum(counts, 1)
        mine = self._sums[matter] / safe[matter]
        found = (self._sums[: self._matters_used] @ mine) / safe
        if across:
            found = found + across * (1 - (spoken @ (spoken[matter] / safe[matter])) / safe)
        found[counts < 0.5] = -1
        found[matter] = -1
        result: NDArray[np.float64] = found
        return result

    def most_typical(self, matter: int) -> int:
        """The row of the mention nearest to a matter's mean; the first of several."""
        rows = np.flatnonzero(self._matter[: self._used] == matter)
        return int(rows[int((self._vectors[rows] @ self._sums[matter].astype(np.float32)).argmax())])

    def _number(self, language: str) -> int:
        return self._numbers.setdefault(language, min(len(self._numbers), _LANGUAGES - 1))
