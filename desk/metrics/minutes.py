"""Where the minutes go: the way to each first answer in pieces, the largest avoidable one, and one suggested change.

Pure. The pieces of a way sum to the whole wait exactly: each is staffed time between two moments that the log tells,
and what lies outside staffed hours is the piece `closed`.
"""

from __future__ import annotations

from dataclasses import dataclass

from playbooks.schema import Bilingual

PIECES = ("source", "routing", "pick_up", "thinking", "writing", "approval", "posting", "closed")
"""source: posted until a source brought it; routing: until it was a case; pick_up: until a person of ours opened or
took it; thinking: until the first act of an answer (a decision, a question for approval, the answer itself); writing:
from there until it was sent, without approval: asked until granted; posting: sent until it was there; closed: what of
all this lay outside staffed hours."""


@dataclass(frozen=True)
class Piece:
    """One piece over all ways of a period: seconds in all, of how many ways, the median and the lower quartile of one
    way's, and what would be won if none took longer than that quartile."""

    piece: str
    total_s: float
    n: int
    median_s: float
    quartile_s: float
    avoidable_s: float
    key: str


@dataclass(frozen=True)
class Suggestion:
    """One change that could shorten a piece: what to do, and the evidence it rests on, in both languages."""

    piece: str
    change: Bilingual
    evidence: Bilingual


@dataclass(frozen=True)
class Minutes:
    """A period's minutes: `total_s` is the sum of the pieces, `ways` how many waits, `open` of them not over yet,
    `elsewhere` answered on the platform itself, where nobody can say what the minutes went to."""

    total_s: float
    ways: int
    open: int
    elsewhere: int
    pieces: tuple[Piece, ...]
    largest: str | None
    suggestion: Suggestion | None

    def piece(self, name: str) -> Piece:
        """One piece by its name. Raises KeyError."""
        for one in self.pieces:
            if one.piece == name:
                return one
        raise KeyError(name)
