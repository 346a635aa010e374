"""What many cases have come to, as columns: a row a case, and a row a wait. Pure.

A month of a busy desk is some hundred thousand waits, of which every number is a sum, a quantile or a count: numpy does
those hundreds of times as fast over columns as Python over objects. One case as an object is CaseFacts (case.py).
Moments are microseconds since 1970, lengths microseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

import numpy as np

from desk.calendar import from_us, to_us
from desk.metrics.case import OUTCOMES, CaseFacts, Wait
from desk.metrics.minutes import PIECES
from desk.metrics.way import CAUSES
from mention import URGENCIES

NEVER = int(np.iinfo(np.int64).min)
"""In the place of a moment that has not come."""

ABOUT = ("channel", "topic", "playbook", "team", "language", "urgency", "agent")
"""What is told of a case by name."""

CLOCKS = ("first_answer", "next_answer", "resolution")
FIRST, NEXT, RESOLUTION = range(len(CLOCKS))

MET, MISSED, UNDECIDED, ASIDE, UNPROMISED = range(len(OUTCOMES))


@dataclass(frozen=True)
class Words:
    """A column of words: `codes` are places in `words`, in which each stands once."""

    codes: np.ndarray
    words: tuple[str | None, ...]

    @classmethod
    def of(cls, said: Iterable[str | None]) -> Words:
        """The column of these words, numbered in the order in which they first come."""
        known: dict[str | None, int] = {}
        codes = [known.setdefault(word, len(known)) for word in said]
        return cls(np.array(codes, dtype=np.int32), tuple(known))

    @classmethod
    def joined(cls, parts: Sequence[Words]) -> Words:
        """The columns one below the other."""
        known: dict[str | None, int] = {}
        codes = [np.array([known.setdefault(word, len(known)) for word in one.words], dtype=np.int32)[one.codes]
                 for one in parts if len(one.codes)]  # fmt: skip
        return cls(np.concatenate(codes) if codes else np.empty(0, dtype=np.int32), tuple(known))

    def chosen(self, rows: np.ndarray) -> Words:
        """The words of some rows, in their order."""
        return Words(self.codes[rows], self.words)

    def __getitem__(self, row: int) -> str | None:
        return self.words[int(self.codes[row])]

    def starts_with(self, beginning: str) -> np.ndarray:
        """Which rows' words begin so."""
        begins = np.array([(word or "").startswith(beginning) for word in self.words], dtype=bool)
        held: np.ndarray = begins[self.codes]
        return held


@dataclass(frozen=True)
class Waits:
    """The waits, those of a case in the order of CaseFacts.waits: `of` is the row of its case; `clock`, `urgency`,
    `outcome`, `cause` and `stands` are places in CLOCKS, URGENCIES, OUTCOMES, CAUSES and PIECES (-1: none); `took` has
    a column a piece; the rest is as in case.Wait."""

    of: np.ndarray
    clock: np.ndarray
    started: np.ndarray
    due: np.ndarray
    ended: np.ndarray
    aside: np.ndarray
    urgency: np.ndarray
    outcome: np.ndarray
    waited: np.ndarray
    ran: np.ndarray
    late: np.ndarray
    cause: np.ndarray
    cause_took: np.ndarray
    took: np.ndarray
    stands: np.ndarray
    by: Words

    @property
    def open(self) -> np.ndarray:
        """Which go on."""
        held: np.ndarray = (self.ended == NEVER) & (self.aside == NEVER)
        return held

    @classmethod
    def joined(cls, parts: Sequence[Waits]) -> Waits:
        """The waits of all, by their cases; those of one case in the order in which they come."""
        if not parts:
            parts = [Table.of([]).waits]
        found = {
            one.name: np.concatenate([getattr(part, one.name) for part in parts])
            for one in fields(cls) if one.name != "by"
        }  # fmt: skip
        whole = cls(**found, by=Words.joined([part.by for part in parts]))
        return whole.chosen(np.lexsort((whole.clock, whole.of)))

    def chosen(self, rows: np.ndarray, of: np.ndarray | None = None) -> Waits:
        """Some rows in their order, with `of` in the stead of their own where it is given."""
        parts = {one.name: getattr(self, one.name) for one in fields(self)}
        found = {name: part.chosen(rows) if isinstance(part, Words) else part[rows] for name, part in parts.items()}
        return Waits(**(found if of is None else {**found, "of": of}))


@dataclass(frozen=True)
class Table:
    """Cases and their waits. `because` says why a case was set aside unanswered, empty where it was not; `about` has
    the names of ABOUT. The rest is as in case.CaseFacts."""

    case_id: np.ndarray
    posted: np.ndarray
    seen: np.ndarray
    acknowledged: np.ndarray
    reopened: np.ndarray
    reassigned: np.ndarray
    moved: np.ndarray
    because: Words
    about: dict[str, Words]
    waits: Waits

    def __len__(self) -> int:
        return len(self.case_id)

    @classmethod
    def of(cls, facts: Sequence[CaseFacts]) -> Table:
        """The table of cases in their order."""
        waits = [(row, wait) for row, one in enumerate(facts) for wait in one.waits]
        return cls(
            np.array([one.case_id for one in facts], dtype=np.int64), _moments([one.posted_at for one in facts]),
            _moments([one.seen_at for one in facts]), _moments([one.acknowledged_at for one in facts]),
            np.array([one.reopened for one in facts], dtype=bool),
            np.array([one.reassigned for one in facts], dtype=bool),
            np.array([one.deadline_moved for one in facts], dtype=bool), Words.of(one.aside_because for one in facts),
            {name: Words.of(one.about.get(name) for one in facts) for name in ABOUT},
            Waits(
                np.array([row for row, _ in waits], dtype=np.int64),
                np.array([CLOCKS.index(wait.clock) for _, wait in waits], dtype=np.int8),
                _moments([wait.started_at for _, wait in waits]), _moments([wait.due_at for _, wait in waits]),
                _moments([wait.ended_at for _, wait in waits]), _moments([wait.aside_at for _, wait in waits]),
                np.array([URGENCIES.index(wait.urgency) for _, wait in waits], dtype=np.int8),
                np.array([OUTCOMES.index(wait.outcome) for _, wait in waits], dtype=np.int8),
                _lengths([wait.waited for _, wait in waits]), _lengths([wait.ran for _, wait in waits]),
                _lengths([wait.late for _, wait in waits]),
                np.array([CAUSES.index(wait.cause) if wait.cause else -1 for _, wait in waits], dtype=np.int8),
                _lengths([wait.cause_took for _, wait in waits]),
                np.array([[wait.pieces.get(piece, _NOTHING) // _MICROSECOND for piece in PIECES] for _, wait in waits],
                         dtype=np.int64).reshape(len(waits), len(PIECES)),
                np.array([PIECES.index(wait.stands_in) if wait.stands_in else -1 for _, wait in waits], dtype=np.int8),
                Words.of(wait.by for _, wait in waits),
            ),
        )  # fmt: skip

    def chosen(self, rows: np.ndarray) -> Table:
        """The cases of some rows, in their order, with their waits."""
        place = np.full(len(self), -1, dtype=np.int64)
        place[rows] = np.arange(len(rows))
        of = place[self.waits.of]
        mine = np.flatnonzero(of >= 0)
        mine = mine[np.argsort(of[mine], kind="stable")]
        return Table(
            self.case_id[rows], self.posted[rows], self.seen[rows], self.acknowledged[rows], self.reopened[rows],
            self.reassigned[rows], self.moved[rows], self.because.chosen(rows),
            {name: words.chosen(rows) for name, words in self.about.items()}, self.waits.chosen(mine, of[mine]),
        )  # fmt: skip

    def posted_in(self, start: datetime, end: datetime) -> Table:
        """The cases posted in [start, end), by their numbers."""
        rows = np.flatnonzero((self.posted >= to_us(start)) & (self.posted < to_us(end)))
        return self.chosen(rows[np.argsort(self.case_id[rows], kind="stable")])

    def facts(self) -> list[CaseFacts]:
        """Every case as an object."""
        waits: list[list[Wait]] = [[] for _ in range(len(self))]
        for row, of in enumerate(self.waits.of):
            waits[of].append(self._wait(row))
        return [self._case(row, waits[row]) for row in range(len(self))]

    def _case(self, row: int, waits: list[Wait]) -> CaseFacts:
        by_clock = [[one for one in waits if one.clock == name] for name in CLOCKS]
        return CaseFacts(
            int(self.case_id[row]), from_us(int(self.posted[row])), _at(self.seen[row]),
            by_clock[FIRST][0] if by_clock[FIRST] else None, tuple(by_clock[NEXT]),
            by_clock[RESOLUTION][0] if by_clock[RESOLUTION] else None,
            {name: words[row] for name, words in self.about.items()}, _at(self.acknowledged[row]),
            bool(self.reopened[row]), bool(self.reassigned[row]), bool(self.moved[row]), self.because[row] or "",
        )  # fmt: skip

    def _wait(self, row: int) -> Wait:
        one = self.waits
        cause, stands = int(one.cause[row]), int(one.stands[row])
        return Wait(
            CLOCKS[one.clock[row]], from_us(int(one.started[row])), _at(one.due[row]), _at(one.ended[row]),
            _at(one.aside[row]), URGENCIES[one.urgency[row]], OUTCOMES[one.outcome[row]], _length(one.waited[row]),
            _length(one.ran[row]), _length(one.late[row]), one.by[row] or "", CAUSES[cause] if cause >= 0 else "",
            _length(one.cause_took[row]),
            {piece: _length(took) for piece, took in zip(PIECES, one.took[row], strict=True) if took},
            PIECES[stands] if stands >= 0 else "",
        )  # fmt: skip


_NOTHING = timedelta(0)
_MICROSECOND = timedelta(microseconds=1)


def _moments(found: Sequence[datetime | None]) -> np.ndarray:
    return np.array([NEVER if one is None else to_us(one) for one in found], dtype=np.int64)


def _lengths(found: Sequence[timedelta]) -> np.ndarray:
    return np.array([one // _MICROSECOND for one in found], dtype=np.int64)


def _at(us: np.int64) -> datetime | None:
    return None if us == NEVER else from_us(int(us))


def _length(us: np.int64) -> timedelta:
    return timedelta(microseconds=int(us))
