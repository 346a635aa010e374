"""Minutes won: where the waits of a period went, the largest avoidable piece, and one change that could shorten it.

Pure. The rule of `avoidable`: what would be won if the piece took no case longer than the quickest quarter of the
desk's own cases of the period; closed hours are told, never counted as avoidable. Nobody is named: a suggestion is
about rules, sources and texts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from babel.numbers import format_percent

from desk.metrics.cohort import Cohort, Found
from desk.metrics.figures import FEW, Group
from desk.metrics.minutes import PIECES, Minutes, Piece, Suggestion
from desk.metrics.table import FIRST, NEVER
from desk.metrics.words import CHANGES, DIMENSION_NAMES, PIECE_NAMES, place_said, time_said
from playbooks.schema import Bilingual

WHERE = ("channel", "topic", "hour", "playbook")
"""Where a piece may gather; people are not among them."""

GATHERED = 0.25
"""The least share of what could be won for a place to be named: under a quarter it is one among many."""

MORE_THAN_ITS_SHARE = 1.25
"""How much more of it there must be than of the cases, so that the largest channel is not named for its size alone."""


@dataclass(frozen=True)
class Ways:
    """The waits for a first answer whose way is known: the places of their cases in the cohort, and microseconds by
    piece, a row a way. `stands` is the number of the piece in which it stands, past the last where it is over;
    `elsewhere` were answered on the platform itself."""

    cohort: Cohort
    places: np.ndarray
    took: np.ndarray
    over: np.ndarray
    stands: np.ndarray
    elsewhere: int

    @classmethod
    def of(cls, cohort: Cohort) -> Ways:
        """Those of a cohort that were answered or are open; what was set aside waits for nothing."""
        waits = cohort.table.waits
        mine = (waits.clock == FIRST) & (waits.aside == NEVER)
        on_platform = waits.by.starts_with("@")
        rows = np.flatnonzero(mine & ~on_platform)
        open_, stands = waits.open[rows], waits.stands[rows].astype(np.int64)
        return cls(
            cohort, waits.of[rows], waits.took[rows], ~open_, np.where(open_ & (stands >= 0), stands, len(PIECES)),
            int((mine & on_platform).sum()),
        )  # fmt: skip

    def seconds(self, piece: str) -> np.ndarray:
        """How long a piece took, of every way; what is open up to now."""
        return self.took[:, PIECES.index(piece)] / 1e6

    def reached(self, piece: str) -> np.ndarray:
        """Which ways have come to a piece; an open one that stands before it says nothing of it yet."""
        return self.stands >= (0 if piece == "closed" else PIECES.index(piece))

    def behind(self, piece: str) -> Found:
        """The cases in whose way a piece took time, the longest first."""
        value = self.seconds(piece)
        held = value > 0
        return self.cohort.sorted_behind(self.places[held], value[held], ~self.over[held])


def minutes_of(ways: Ways) -> Minutes:
    """Where the minutes of a period went."""
    pieces = tuple(_piece(ways, name) for name in PIECES)
    enough = int(ways.over.sum()) >= FEW
    best = max((one for one in pieces if one.piece != "closed"), key=lambda one: one.avoidable_s)
    largest = best if enough and best.avoidable_s > 0 else None
    total = int(ways.took.sum()) / 1e6
    return Minutes(
        total, len(ways.places), int((~ways.over).sum()), ways.elsewhere, pieces,
        largest.piece if largest else None, _suggestion(ways, largest, pieces) if largest else None,
    )  # fmt: skip


def quickest_quarter(values: Iterable[float]) -> float:
    """The lower quartile by nearest rank: the largest value of the quickest quarter; 0 of nothing."""
    ordered = sorted(values)
    return ordered[(len(ordered) + 3) // 4 - 1] if ordered else 0.0


def _piece(ways: Ways, name: str) -> Piece:
    values = ways.seconds(name)
    over = values[ways.over]
    quartile = quickest_quarter(over.tolist())
    avoidable = 0.0 if name == "closed" else float(np.maximum(values - quartile, 0.0).sum())
    total = int(ways.took[:, PIECES.index(name)].sum()) / 1e6
    median = float(np.median(over)) if len(over) else 0.0
    return Piece(name, total, len(values), median, quartile, avoidable, f"minutes_piece.{name}")


def _suggestion(ways: Ways, piece: Piece, pieces: tuple[Piece, ...]) -> Suggestion:
    won = np.maximum(ways.seconds(piece.piece) - piece.quartile_s, 0.0)
    all_won = sum(one.avoidable_s for one in pieces)
    found = _gathered(ways, won)
    said = {language: _evidence(piece, piece.avoidable_s / all_won, found, language) for language in ("tr", "en")}
    return Suggestion(piece.piece, CHANGES[piece.piece], Bilingual(**said))


def _gathered(ways: Ways, won: np.ndarray) -> tuple[Group, float, float] | None:
    """The place in which most of what could be won gathers, beyond its share of the cases: with both shares."""
    total, count = float(won.sum()), len(ways.places)
    best: tuple[Group, float, float] | None = None
    for dimension in WHERE:
        for key, mask in ways.cohort.groups(dimension).items():
            held = mask[ways.places]
            if key is None or int(held.sum()) < FEW:
                continue
            share, cases = float(won[held].sum()) / total, int(held.sum()) / count
            gathers = share >= GATHERED and share >= MORE_THAN_ITS_SHARE * cases
            if gathers and (best is None or share / cases > best[1] / best[2]):
                best = (Group(dimension, key), share, cases)
    return best


def _evidence(piece: Piece, share: float, found: tuple[Group, float, float] | None, language: str) -> str:
    def percent(value: float) -> str:
        return str(format_percent(round(value, 2), locale=language))

    name, won = PIECE_NAMES[piece.piece].say(language), time_said(piece.avoidable_s, language)
    quick = time_said(piece.quartile_s, language) if piece.quartile_s >= 1 else ""
    if language == "tr":
        told = f"Kazanılabilecek sürenin {percent(share)} kadarı burada ({name}): {piece.n} kayıtta toplam {won}."
        told += f" En hızlı dörtte birde bu bölüm en çok {quick} sürüyor." if quick else ""
        if found is not None:
            group, of_won, of_cases = found
            told += (
                f" Bunun {percent(of_won)} kadarı kayıtların {percent(of_cases)} kadarında toplanıyor"
                f" ({DIMENSION_NAMES[group.dimension].tr}: {place_said(group, 'tr')})."
            )
        return told
    told = f"{percent(share)} of the time that could be won lies here ({name}): {won} in {piece.n} cases."
    told += f" The quickest quarter takes {quick} at most." if quick else ""
    if found is not None:
        group, of_won, of_cases = found
        told += (
            f" {percent(of_won)} of it gathers in {percent(of_cases)} of the cases"
            f" ({DIMENSION_NAMES[group.dimension].en}: {place_said(group, 'en')})."
        )
    return told
