"""From a desk's decisions to a challenger: fitted on top of the shipped model, compared with the champion. Pure.

Each head is taught and judged by itself, so that what helps the topics does not have to wait for the urgencies. What a
challenger is measured on, it has not learnt from, and neither has the champion: a person's texts, a thread and
near-copies stay on one side, and what the champion was taught with is left out of the measuring.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from nlp.adapter import AdaptedHead, Adapter, print_of
from nlp.backend import HEADS, Backend
from nlp.corpus import WrittenMention
from nlp.decide import HOT
from nlp.features import Space
from nlp.lessons import (
    CORRECTED,
    LET_STAND,
    Layout,
    Lesson,
    Numbers,
    Sheet,
    decided,
    digest_of,
    fit,
    groups_of,
    log_loss,
    read,
    shared,
    temperature,
)
from nlp.linear import softmax
from nlp.verdict import NEEDED, NEWEST_DECIDES, Comparison, Reason, compare, decide_head

STRENGTHS = (0.1, 0.3, 1.0, 3.0)
"""How far the desk may pull the shipped model (scikit-learn's C); cross-validation chooses, or leaves it alone."""

FOLDS = 5
REHEARSED = 300
"""Shipped mentions of each kind (urgent or critical, and the others) that are rehearsed: the model is to say of them
what it said before. A thousand of each halved what the desk could change and doubled the time."""

REHEARSAL = 1.0
"""What a rehearsed mention weighs against a correction. At 0.3 a simulated desk's sentiments cost a tenth of the recall
of `negative` on the shipped mentions; at 1 less than a twentieth, for a fifth of the gain."""

_HELD_BACK = 1 / 3

Chosen = NDArray[np.int64]


class TooFew(ValueError):
    """No head has enough corrections; `have` says how many each has that count, of NEEDED."""

    def __init__(self, have: Mapping[str, int]) -> None:
        super().__init__(f"too few corrections: {dict(have)}, {NEEDED} of one kind are needed")
        self.have = dict(have)


@dataclass(frozen=True)
class HeadOutcome:
    """What became of one head: whether it is promoted and why; `adapted` is None where nothing was learnt."""

    promoted: bool
    reasons: tuple[Reason, ...]
    corrections: int
    let_stand: int
    adapted: AdaptedHead | None = None
    desk: Comparison | None = None
    newest: Comparison | None = None
    shipped: Comparison | None = None
    strength: float | None = None

    def record(self) -> dict[str, Any]:
        """As JSON holds it."""
        told = {"desk": self.desk, "newest": self.newest, "shipped": self.shipped}
        return {
            "promoted": self.promoted, "reasons": [reason.record() for reason in self.reasons],
            "corrections": self.corrections, "let_stand": self.let_stand, "strength": self.strength,
            **{name: one.record() for name, one in told.items() if one is not None},
        }  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """The challenger, and what became of each head. It is promoted when any of its heads is."""

    adapter: Adapter
    heads: Mapping[str, HeadOutcome]

    @property
    def promoted(self) -> bool:
        """Whether the challenger takes the champion's place."""
        return any(head.promoted for head in self.heads.values())


@dataclass(frozen=True)
class _Desk:
    """Everything that is learnt from and measured on, read once."""

    lessons: Sequence[Lesson]
    sheet: Sheet
    groups: Chosen
    rehearsal: Sheet
    evaluation: Sheet
    labels: Sequence[Mapping[str, Any]]
    decision: Mapping[str, Any]
    layout: Layout
    champion: Adapter | None
    measured: NDArray[np.bool_] = field(repr=False)
    """Lessons that the champion was not taught with."""


def learn(
    lessons: Sequence[Lesson], backend: Backend, spaces: Mapping[str, Space], *, written: Sequence[WrittenMention],
    evaluation: Sequence[Mapping[str, Any]], champion: Adapter | None = None, now: datetime, evaluated_on: str = "held",
    tell: Callable[[int, int], None] = lambda done, of: None,
) -> Outcome:  # fmt: skip
    """A challenger from what the desk decided.

    `backend` is the shipped model and `spaces` the linear model's features by language; `champion` is the adapter in
    use on it, None for the shipped model alone. `written` are the shipped mentions, of which a part is rehearsed;
    `evaluation` are records with `text`, `lang` and any of the three labels (null: not judged), never learnt from.
    `evaluated_on` names them in the record; `tell` is told how many steps of how many are done. The same input makes
    the same challenger. Raises TooFew.
    """
    seen = {} if champion is None else dict(champion.record.get("lessons", {}))
    have = {head: _countable(lessons, head, seen if _in(champion, head) else {}) for head in HEADS}
    if max(have.values(), default=0) < NEEDED:
        raise TooFew(have)
    kept = {digest_of(str(record["text"])) for record in evaluation}
    rehearsed = _rehearsed([mention for mention in written if digest_of(mention.text) not in kept])
    tell(0, len(HEADS) + 2)
    sheet = read([(lesson.text, lesson.lang) for lesson in lessons], backend, spaces)
    tell(1, len(HEADS) + 2)
    groups = groups_of(lessons, sheet, spaces)
    known = np.array([seen.get(str(lesson.mention_id)) == lesson.digest for lesson in lessons], dtype=bool)
    desk = _Desk(
        lessons, sheet, groups,
        read([(mention.text, mention.language) for mention in rehearsed], backend, spaces),
        read([(str(record["text"]), record.get("lang")) for record in evaluation], backend, spaces),
        evaluation, backend.decision, Layout(spaces), champion, ~np.isin(groups, groups[known]),
    )  # fmt: skip
    heads = {}
    for step, head in enumerate(HEADS, 2):
        tell(step, len(HEADS) + 2)
        heads[head] = _head(head, desk)
    if all(outcome.reasons[0].code == "too_few" for outcome in heads.values()):
        raise TooFew({head: int(outcome.reasons[0].params["have"]) for head, outcome in heads.items()})
    promoted = any(outcome.promoted for outcome in heads.values())
    # Where nothing is promoted the whole attempt is kept, to be looked at; it can never be promoted.
    taken = {
        head: outcome.adapted
        for head, outcome in heads.items()
        if outcome.adapted is not None and (outcome.promoted or not promoted)
    }
    before = {} if champion is None else champion.heads
    record = {
        "made_at": now.isoformat(timespec="seconds"),
        "champion": None if champion is None else champion.version,
        "promoted": promoted,
        "heads": {head: outcome.record() for head, outcome in heads.items()},
        "evaluation": {"on": evaluated_on, "n": len(evaluation)},
        "lessons": {str(lesson.mention_id): lesson.digest for lesson in lessons} | (seen if before else {}),
    }
    made = Adapter.named(backend.version, print_of(spaces), {**before, **taken}, record)
    return Outcome(made, heads)


def _in(champion: Adapter | None, head: str) -> bool:
    return champion is not None and head in champion.heads


def _countable(lessons: Sequence[Lesson], head: str, seen: Mapping[str, str]) -> int:
    return sum(head in lesson.corrected and seen.get(str(lesson.mention_id)) != lesson.digest for lesson in lessons)


def _rehearsed(written: Sequence[WrittenMention]) -> list[WrittenMention]:
    """REHEARSED of the urgent or critical mentions and as many of the others, always the same ones."""
    order = sorted(written, key=lambda mention: (zlib.crc32(mention.text.encode()), mention.text))
    hot = [mention for mention in order if mention.urgency in HOT]
    return hot[:REHEARSED] + [mention for mention in order if mention.urgency not in HOT][:REHEARSED]


def _head(head: str, desk: _Desk) -> HeadOutcome:
    """Teach one head, measure it, and decide."""
    these = np.array([i for i, lesson in enumerate(desk.lessons) if head in lesson.labels], dtype=np.int64)
    corrected = np.array([head in desk.lessons[i].corrected for i in these], dtype=bool)
    pool = desk.measured[these] if _in(desk.champion, head) else np.ones(len(these), bool)
    counts = int(corrected.sum()), int((~corrected).sum())
    have = int(corrected[pool].sum())
    if have < NEEDED:
        return HeadOutcome(False, (Reason("too_few", {"have": have, "more": NEEDED - have}),), *counts)
    truth = np.array([HEADS[head].index(desk.lessons[i].labels[head]) for i in these], dtype=np.int64)
    taught = _Taught(head, desk, these, truth, np.where(corrected, CORRECTED, LET_STAND))
    everything = np.arange(len(these))
    crossed = _cross(taught, everything)
    if crossed.strength is None:
        return HeadOutcome(False, (Reason("nothing_to_learn", {"have": have}),), *counts)
    shifts = desk.layout.shifts(taught.fit(everything, crossed.strength))
    adapted = AdaptedHead(shifts, round(crossed.temperature, 2))
    if not shifts:
        return HeadOutcome(False, (Reason("nothing_to_learn", {"have": have}),), *counts)
    before = decided(head, desk.sheet.moved(head, _champions(desk, head)), desk.sheet.floors, desk.decision)[these]
    after = taught.decided(everything, crossed.honest / crossed.temperature)
    groups = desk.groups[these]
    newest, answers = _newest(taught, corrected, pool)
    of_newest = compare(head, truth[newest], before[newest], answers, groups[newest])
    of_all = compare(head, truth[pool], before[pool], after[pool], groups[pool])
    enough = int(corrected[newest].sum()) >= NEWEST_DECIDES
    deciding, how = (of_newest, "newest") if enough else (of_all, "crossed")
    counted = int(corrected[newest].sum()) if enough else have
    shipped = _on_evaluation(head, desk, adapted)
    verdict = decide_head(deciding, how, of_newest, counted, shipped)
    return HeadOutcome(
        verdict.promoted, verdict.reasons, *counts, adapted=adapted, desk=of_all, newest=of_newest, shipped=shipped,
        strength=crossed.strength,
    )  # fmt: skip


def _champions(desk: _Desk, head: str) -> AdaptedHead | None:
    return None if desk.champion is None else desk.champion.heads.get(head)


def _on_evaluation(head: str, desk: _Desk, adapted: AdaptedHead) -> Comparison:
    labelled = np.array([i for i, r in enumerate(desk.labels) if r.get(head) in HEADS[head]], dtype=np.int64)
    truth = np.array([HEADS[head].index(str(desk.labels[i][head])) for i in labelled], dtype=np.int64)
    sheet = desk.evaluation
    before, after = (
        decided(head, sheet.moved(head, one), sheet.floors, desk.decision)[labelled]
        for one in (_champions(desk, head), adapted)
    )
    return compare(head, truth, before, after, labelled)


@dataclass(frozen=True)
class _Taught:
    """The lessons of one head: `these` of the desk's, their labels and weights."""

    head: str
    desk: _Desk
    these: Chosen
    truth: Chosen
    weights: Numbers

    @property
    def base(self) -> Numbers:
        """What the shipped model says of them, as logarithms."""
        return self.desk.sheet.logs[self.head][self.these]

    def path(self, chosen: Chosen, strengths: Sequence[float]) -> tuple[Chosen, list[Numbers]]:
        """The columns that count among `chosen` lessons, and the fitted shift for each strength, ascending."""
        desk, rows = self.desk, self.desk.sheet.rows[self.these[chosen]]
        kept = shared(rows, desk.groups[self.these[chosen]])
        # Rehearsed texts know the bias columns too: a language's whole level is not moved by what few people wrote.
        both = sparse.vstack([rows[:, kept], desk.rehearsal.rows[:, kept]]).tocsr()
        before = desk.rehearsal.logs[self.head]
        base = np.concatenate([self.base[chosen], before])
        target = np.concatenate([np.eye(len(HEADS[self.head]))[self.truth[chosen]], softmax(before)])
        weights = np.concatenate([self.weights[chosen], np.full(len(before), REHEARSAL)])
        found: list[Numbers] = []
        for strength in strengths:
            found.append(fit(both, base, target, weights, strength, found[-1] if found else None))
        return kept, found

    def fit(self, chosen: Chosen, strength: float) -> tuple[Chosen, Numbers]:
        """The shift learnt from `chosen` lessons."""
        kept, found = self.path(chosen, (strength,))
        return kept, found[0]

    def moved(self, chosen: Chosen, kept: Chosen, shift: Numbers) -> Numbers:
        """The logits of `chosen` lessons with a shift."""
        logits: Numbers = self.base[chosen] + self.desk.sheet.rows[self.these[chosen]][:, kept] @ shift
        return logits

    def decided(self, chosen: Chosen, logits: Numbers) -> Chosen:
        """The labels that the scorer would give `chosen` lessons."""
        floors = [self.desk.sheet.floors[i] for i in self.these[chosen]]
        return decided(self.head, logits, floors, self.desk.decision)


@dataclass(frozen=True)
class _Crossed:
    """What cross-validation found: the best strength (None: leave the head alone), the temperature, and logits of each
    lesson from a fit that knew neither it nor, through the choice of the strength, its fold."""

    strength: float | None
    temperature: float
    honest: Numbers


def _cross(taught: _Taught, chosen: Chosen, folds: int = FOLDS) -> _Crossed:
    fold = np.array([zlib.crc32(str(group).encode()) % folds for group in taught.desk.groups[taught.these[chosen]]])
    base, truth, weights = taught.base[chosen], taught.truth[chosen], taught.weights[chosen]
    tried = [base.copy() for _ in range(len(STRENGTHS) + 1)]  # the first stays as it is: strength zero
    for number in np.unique(fold):
        inside, outside = np.flatnonzero(fold == number), np.flatnonzero(fold != number)
        if len(outside):
            kept, shifts = taught.path(chosen[outside], STRENGTHS)
            for one, shift in zip(tried[1:], shifts, strict=True):
                one[inside] = taught.moved(chosen[inside], kept, shift)
    losses = np.array([weights * log_loss(one, truth) for one in tried])
    honest = base.copy()
    for number in np.unique(fold):
        best = int(losses[:, fold != number].sum(axis=1).argmin()) if (fold != number).any() else 0
        honest[fold == number] = tried[best][fold == number]
    best = int(losses.sum(axis=1).argmin())
    strength = None if best == 0 else STRENGTHS[best - 1]
    return _Crossed(strength, temperature(honest, truth) if best else 1.0, honest)


def _newest(taught: _Taught, corrected: NDArray[np.bool_], pool: NDArray[np.bool_]) -> tuple[Chosen, Chosen]:
    """The newest third by time, and what a challenger says of it that was taught with the older lessons only."""
    at = np.array([taught.desk.lessons[i].at.timestamp() for i in taught.these])
    times = np.sort(at[corrected & pool])
    cut = times[int(len(times) * (1 - _HELD_BACK))]
    held = np.flatnonzero(pool & (at >= cut))
    groups = taught.desk.groups[taught.these]
    older = np.flatnonzero((at < cut) & ~np.isin(groups, groups[held]))
    crossed = _cross(taught, older, 3)
    if crossed.strength is None:
        return held, taught.decided(held, taught.base[held])
    kept, shift = taught.fit(older, crossed.strength)
    return held, taught.decided(held, taught.moved(held, kept, shift) / crossed.temperature)
