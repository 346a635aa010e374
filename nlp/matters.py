"""Which mentions are about the same matter: what the crisis room counts, and what a person can follow and correct.

Each mention joins the matter whose nearest few members are most similar to it, if they are similar enough together
with the evidence they share (`matters_evidence`); else it begins its own. A copy follows its original. Matters that
have grown alike become one. What people say of two mentions (`must_link`, `cannot_link`) holds against all of it, then
and later; only people ever part what is together.

Pure: texts, moments and embeddings in, matters and reasons out. The same calls in the same order give the same matters.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from nlp.matters_copies import NearDuplicates, folded
from nlp.matters_evidence import STRONG, Evidence, Rules, marks
from nlp.matters_links import Contradiction, Links
from nlp.matters_table import Table
from nlp.matters_told import Heard, Joined, Matter, Merged, Moved

_ASKED = 8
"""Matters that are looked at closely for one mention: those with the most similar single member, and as many that
share a fact. The best by the mean of its nearest few is among them unless eight others hold a nearer single mention."""
_SPECIFIC = 0.5
"""A fact of a strong kind is strong evidence only while at least half of its mentions stand in one matter."""
_UNIT = 0.01  # how far from 1 a vector's length may be; int8 models round


@dataclass(slots=True)
class _Kept:
    """A mention that is remembered."""

    row: int
    at: float
    language: str
    facts: frozenset[str]
    matter: int


@dataclass(slots=True)
class _Open:
    """A matter that has members."""

    id: str
    order: int
    first: float
    last: float
    members: dict[str, None] = field(default_factory=dict)
    facts: Counter[str] = field(default_factory=Counter)


class Matters:
    """The matters of the last `keep`, of at most `most` mentions. Not for several threads at once."""

    def __init__(
        self,
        rules: Rules | None = None,
        *,
        size: int = 128,
        links: Links | None = None,
        keep: timedelta = timedelta(days=14),
        most: int = 20_000,
    ) -> None:
        """`size`: numbers of an embedding; `links`: what people said. ValueError for bounds that bound nothing."""
        if most < 1 or keep <= timedelta(0):
            raise ValueError("keep and most bound the memory: both must be above zero")
        self.rules = rules or Rules()
        self._links = links or Links()
        self._copies = NearDuplicates(keep=keep, most=most)
        self._table = Table(size)
        self._keep, self._most = keep.total_seconds(), most
        self._kept: dict[str, _Kept] = {}
        self._open: dict[int, _Open] = {}
        self._ids: dict[str, int] = {}
        self._with: dict[str, Counter[int]] = {}  # fact: in which matters, how often
        self._everywhere: Counter[str] = Counter()  # fact: how often in all matters
        self._in_row: dict[int, str] = {}
        self._oldest: list[tuple[float, str]] = []
        self._begun = 0
        self._now = float("-inf")

    def __len__(self) -> int:
        """Mentions that are remembered."""
        return len(self._kept)

    @property
    def links(self) -> Links:
        """What people said; to be stored and given back to the next process. Change it by this class's methods only."""
        return self._links

    # --- mentions

    def add(self, heard: Heard) -> Joined:
        """Put a mention where it belongs. One that was added before stays where it is.

        Raises ValueError, and changes nothing, for a vector of the wrong shape or length, or a moment without a zone.
        """
        at = self._checked(heard)
        if heard.id in self._kept:
            return Joined(heard.id, self._name(self._kept[heard.id].matter), False)
        copy = self._copies.add(heard.id, heard.text, heard.language, heard.at)
        facts = heard.facts | marks(heard.text, heard.language, self.rules.own)
        chosen, evidence = self._choose(heard, at, facts, copy)
        began = chosen is None
        matter = self._begin(heard.id, at) if chosen is None else chosen
        self._insert(heard, at, facts, matter)
        merged = () if began else self._merge(matter)
        name = self._name(self._kept[heard.id].matter)
        self._forget()
        return Joined(heard.id, name, began, evidence, merged)

    def put(self, heard: Heard, matter: str) -> None:
        """Put a mention where it was before the process ended, asking nothing. Raises ValueError as `add` does."""
        at = self._checked(heard)
        if heard.id in self._kept:
            return
        self._copies.add(heard.id, heard.text, heard.language, heard.at)
        row = self._ids[matter] if matter in self._ids else self._begin(matter, at)
        self._insert(heard, at, heard.facts | marks(heard.text, heard.language, self.rules.own), row)
        self._forget()

    def matter_of(self, mention: str) -> str | None:
        """The name of a mention's matter, None when it is not remembered."""
        kept = self._kept.get(mention)
        return self._name(kept.matter) if kept else None

    def matter(self, id: str) -> Matter:
        """A matter as it stands. KeyError for a name that is not, or no more."""
        number = self._ids[id]
        one = self._open[number]
        members = sorted(one.members, key=lambda member: (self._kept[member].at, member))
        typical = self._in_row[self._table.most_typical(number)]
        facts = sorted(one.facts.items(), key=lambda pair: (-pair[1], pair[0]))
        spoken = Counter(self._kept[member].language for member in members)
        return Matter(
            id,
            tuple(members),
            _moment(one.first),
            _moment(one.last),
            typical,
            dict(sorted(spoken.items())),
            tuple(facts),
        )

    def matters(self) -> list[str]:
        """The names of all matters, the first begun first."""
        return [one.id for one in sorted(self._open.values(), key=lambda one: one.order)]

    def maybe_same(self, id: str, within: float = 0.1) -> list[tuple[str, float]]:
        """Matters that nearly became one with this one, with their mean similarity, the most similar first.

        `within`: how far below the merging similarity. For a person to decide with `join`; those that people parted
        from it are left out. KeyError for a name that is not.
        """
        number = self._ids[id]
        mutual = self._table.mutual(number, self.rules.across)
        near = [(self._open[int(other)].id, float(mutual[other])) for other in np.flatnonzero(mutual > -1)]
        found = [
            (name, value)
            for name, value in near
            if value >= self.rules.merging - within and not self._apart(number, self._ids[name])
        ]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))

    # --- people

    def must_link(self, one: str, other: str) -> tuple[Moved, ...]:
        """A person: these two mentions belong to one matter. `other` comes to `one`, with all that people joined to it.

        Holds from now on, and for mentions that are yet to come. Raises matters_links.Contradiction.
        """
        self._links.join(one, other)
        return self._obey(one)

    def cannot_link(self, one: str, other: str) -> tuple[Moved, ...]:
        """A person: these two mentions belong to different matters. `other` goes, with all that people joined to it.

        Raises matters_links.Contradiction.
        """
        self._links.part(one, other)
        return self._obey(one)

    def take_back(self, one: str, other: str) -> bool:
        """Forget what was said of this pair; nothing moves now. False when nothing was said."""
        return self._links.take_back(one, other)

    def join(self, one: str, other: str) -> tuple[Moved, ...]:
        """A person: these two matters are one, under `one`'s name. KeyError for a name that is not, Contradiction."""
        into, gone = self._ids[one], self._ids[other]
        if into == gone:
            return ()
        if pair := self._apart(into, gone):
            self._links.join(*pair)  # raises the sentence that says why not
        self._links.join(next(iter(self._open[into].members)), next(iter(self._open[gone].members)))
        moved = tuple(self._open[gone].members)
        self._unite(gone, into)
        return tuple(Moved(mention, one) for mention in sorted(moved))

    def take_out(self, mentions: Collection[str]) -> tuple[Moved, ...]:
        """A person: these mentions of one matter are a matter of their own. Those that are not remembered are left out.

        ValueError when they stand in several matters; Contradiction when one was joined with one that stays.
        """
        going = sorted(set(mentions) & self._kept.keys(), key=lambda one: (self._kept[one].at, one))
        if len({self._kept[one].matter for one in going}) > 1:
            raise ValueError("These mentions are of several matters; take them out of one matter at a time")
        staying = self._open[self._kept[going[0]].matter].members.keys() - set(going) if going else set()
        if not staying:
            return ()
        for mention in going:
            if held := self._links.block(mention) & staying:
                raise Contradiction(f"{mention} was joined with {min(held)}, which stays; take that back first")
        anchor = min(staying, key=lambda one: (self._kept[one].at, one))
        self._links.change(join=[(going[0], other) for other in going[1:]], part=[(anchor, going[0])])
        return self._obey(anchor)

    # --- choosing

    def _choose(
        self, heard: Heard, at: float, facts: frozenset[str], copy: str | None
    ) -> tuple[int | None, tuple[Evidence, ...]]:
        for friend in sorted(self._links.block(heard.id) & self._kept.keys()):
            return self._kept[friend].matter, (Evidence("person", friend, 1.0, friend),)
        barred = {self._kept[one].matter for one in self._links.barred(heard.id) & self._kept.keys()}
        if copy is not None and self._copies.says_enough(heard.id):
            known = next((one for one in (copy, self._copies.latest(heard.id)) if one in self._kept), None)
            if known is not None and (matter := self._kept[known].matter) not in barred:
                return matter, (Evidence("copy", known, 1.0, known),)
        if not folded(heard.text, heard.language):
            return self._by_facts_alone(facts, barred)
        values = self._table.similarities(heard.vector, heard.language, self.rules.across)
        asked = self._table.nearest_matters(values, self.rules.threshold - self.rules.most_bonus, _ASKED + len(barred))
        asked += [matter for matter in self._sharing(facts) if matter not in asked]
        best: tuple[float, int] | None = None
        why: tuple[Evidence, ...] = ()
        for matter in asked:
            if matter in barred:
                continue
            score, evidence = self._score(values, matter, at, facts)
            rank = (score, -self._open[matter].order)
            if score >= self.rules.threshold and (best is None or rank > (best[0], -self._open[best[1]].order)):
                best, why = (score, matter), evidence
        return (best[1], why) if best else (None, ())

    def _score(
        self, values: NDArray[np.float32], matter: int, at: float, facts: frozenset[str]
    ) -> tuple[float, tuple[Evidence, ...]]:
        """How well a mention fits a matter, with every reason; -1 after long quiet without strong evidence."""
        text, nearest = self._table.nearest_few(values, matter, self.rules.near)
        shared = self._shared(facts, matter)
        hours = self._hours(at, at, matter)
        if hours > self.rules.window and not any(self._is_strong(one, matter) for one in shared):
            return -1.0, ()
        bonus = min(self.rules.most_bonus, sum(one.weight for one in shared))
        faded = self.rules.faded(hours)
        reasons = [Evidence("text", f"{text:.2f}", text, self._in_row[nearest]), *shared]
        if faded:
            reasons.append(Evidence("time", f"{hours:.0f} h", -faded))
        return text + bonus - faded, tuple(reasons)

    def _by_facts_alone(self, facts: frozenset[str], barred: set[int]) -> tuple[int | None, tuple[Evidence, ...]]:
        """A mention without words (a picture, emoji): only strong evidence can say where it belongs."""
        for matter in self._sharing(facts):
            strong = tuple(one for one in self._shared(facts, matter) if self._is_strong(one, matter))
            if strong and matter not in barred:
                return matter, strong
        return None, ()

    def _sharing(self, facts: frozenset[str]) -> list[int]:
        """The matters that share facts of a strong kind, the most mentions first."""
        counts: Counter[int] = Counter()
        for fact in facts:
            if fact.partition(":")[0] in STRONG:
                counts.update(self._with.get(fact, {}))
        return sorted(counts, key=lambda matter: (-counts[matter], self._open[matter].order))[:_ASKED]

    def _shared(self, facts: frozenset[str], matter: int) -> list[Evidence]:
        """What a mention shares with a matter, the weightiest first."""
        found = []
        for fact in facts & self._open[matter].facts.keys():
            kind, _, value = fact.partition(":")
            if weight := self.rules.weights.get(kind, 0.0) * self._specific(fact, matter):
                found.append(Evidence(kind, value, weight))
        return sorted(found, key=lambda one: (-one.weight, one.kind, one.value))

    def _specific(self, fact: str, matter: int) -> float:
        """The share of a fact's mentions that stand in a matter."""
        return self._with[fact][matter] / self._everywhere[fact]

    def _is_strong(self, one: Evidence, matter: int) -> bool:
        return one.kind in STRONG and self._specific(f"{one.kind}:{one.value}", matter) >= _SPECIFIC

    def _hours(self, first: float, last: float, matter: int) -> float:
        """Hours between a span of time and a matter; 0 when they overlap."""
        one = self._open[matter]
        return max(0.0, first - one.last, one.first - last) / 3600

    # --- merging

    def _merge(self, matter: int) -> tuple[Merged, ...]:
        """A matter has grown: whatever is now as good as the same becomes one with it."""
        done: list[Merged] = []
        while True:
            mutual = self._table.mutual(matter, self.rules.across)
            near = [int(other) for other in np.flatnonzero(mutual >= self.rules.merging)]
            near.sort(key=lambda other: (-mutual[other], self._open[other].order))
            other = next((one for one in near if self._may_merge(matter, one)), None)
            if other is None:
                return tuple(done)
            into, gone = sorted((matter, other), key=lambda one: self._open[one].order)
            done.append(Merged(self._name(gone), self._name(into), float(mutual[other])))
            self._unite(gone, into)
            matter = into

    def _may_merge(self, one: int, other: int) -> bool:
        span = self._open[one]
        return self._hours(span.first, span.last, other) <= self.rules.window and not self._apart(one, other)

    def _apart(self, one: int, other: int) -> tuple[str, str] | None:
        """A pair that people parted, one side in each matter."""
        sides = {one, other}
        for mine, theirs in self._links.parted():
            if {self._matter_of_block(mine), self._matter_of_block(theirs)} == sides:
                return mine, theirs
        return None

    def _matter_of_block(self, id: str) -> int | None:
        """Where a mention stands, or those that people joined with it: they all stand together."""
        if id in self._kept:
            return self._kept[id].matter
        return next((self._kept[one].matter for one in self._links.block(id) if one in self._kept), None)

    def _unite(self, gone: int, into: int) -> None:
        old, new = self._open.pop(gone), self._open[into]
        self._table.empty_into(gone, into)
        self._table.end(gone)
        del self._ids[old.id]
        for mention in old.members:
            self._kept[mention].matter = into
        new.members.update(old.members)
        new.facts.update(old.facts)
        new.first, new.last = min(old.first, new.first), max(old.last, new.last)
        for fact, count in old.facts.items():
            inside = self._with[fact]
            inside[into] += count
            del inside[gone]

    # --- obeying

    def _obey(self, anchor: str) -> tuple[Moved, ...]:
        """Move what must move after a person spoke of `anchor`, which stays where it is: first who leaves, then who
        comes."""
        here = self._kept.get(anchor)
        block = self._links.block(anchor)
        moved: dict[str, str] = {}
        if here is None:  # the anchor is yet to come, or gone: those it was joined with decide among themselves
            present = sorted(block & self._kept.keys(), key=lambda one: (self._kept[one].at, one))
            if not present:
                return ()
            here = self._kept[present[0]]
        for enemy in sorted(self._links.barred(anchor) & self._kept.keys()):
            if self._kept[enemy].matter == here.matter:
                moved.update(self._send(self._links.block(enemy), self._begin(enemy, self._kept[enemy].at)))
        moved.update(self._send(block, here.matter))
        return tuple(Moved(mention, matter) for mention, matter in sorted(moved.items()))

    def _send(self, block: frozenset[str], matter: int) -> dict[str, str]:
        """Those of a block that are remembered, to a matter."""
        moved = {}
        for mention in sorted(block & self._kept.keys()):
            kept = self._kept[mention]
            if kept.matter != matter:
                self._take_out(mention, kept)
                self._take_in(mention, kept, matter)
                self._table.move(kept.row, matter)
                moved[mention] = self._name(matter)
        return moved

    # --- remembering

    def _checked(self, heard: Heard) -> float:
        if heard.at.tzinfo is None:
            raise ValueError(f"Mention {heard.id}: at has no time zone")
        if heard.vector.shape != (self._table.size,):
            raise ValueError(
                f"Mention {heard.id}: a vector of shape {heard.vector.shape}, not {self._table.size} numbers"
            )
        length = float(np.linalg.norm(heard.vector))
        if length and not abs(length - 1) <= _UNIT:  # `not`, so that a length that is no number is refused too
            raise ValueError(f"Mention {heard.id}: a vector of length {length:.3f}; it must be 1, or 0 for none")
        return heard.at.timestamp()

    def _begin(self, id: str, at: float) -> int:
        """A new matter, named after its first mention; with a number behind it when that name is taken."""
        name, number = id, 1
        while name in self._ids:
            number += 1
            name = f"{id}~{number}"
        row = self._table.begin()
        self._begun += 1
        self._open[row] = _Open(name, self._begun, at, at)
        self._ids[name] = row
        return row

    def _insert(self, heard: Heard, at: float, facts: frozenset[str], matter: int) -> None:
        row = self._table.insert(heard.vector, heard.language, at, matter)
        self._in_row[row] = heard.id
        kept = _Kept(row, at, heard.language, facts, matter)
        self._kept[heard.id] = kept
        self._take_in(heard.id, kept, matter)
        self._now = max(self._now, at)
        heapq.heappush(self._oldest, (at, heard.id))

    def _take_in(self, mention: str, kept: _Kept, matter: int) -> None:
        one = self._open[matter]
        kept.matter = matter
        one.members[mention] = None
        one.first, one.last = min(one.first, kept.at), max(one.last, kept.at)
        one.facts.update(kept.facts)
        for fact in kept.facts:
            self._with.setdefault(fact, Counter())[matter] += 1
            self._everywhere[fact] += 1

    def _take_out(self, mention: str, kept: _Kept) -> None:
        """A mention leaves its matter, which ends with its last one."""
        one = self._open[kept.matter]
        del one.members[mention]
        for fact in kept.facts:
            _one_less(one.facts, fact)
            _one_less(self._with[fact], kept.matter)
            _one_less(self._everywhere, fact)
            if not self._with[fact]:
                del self._with[fact]
        if not one.members:
            self._table.move(kept.row, -1)
            self._table.end(kept.matter)
            del self._open[kept.matter], self._ids[one.id]
        elif kept.at in (one.first, one.last):
            one.first, one.last = self._table.span(kept.matter, kept.row)

    def _forget(self) -> None:
        while self._oldest and (self._oldest[0][0] < self._now - self._keep or len(self._kept) > self._most):
            moment, mention = heapq.heappop(self._oldest)
            kept = self._kept[mention]
            if moment < self._now and self._is_spoken_of(mention) and len(self._open[kept.matter].members) > 1:
                # what people said of it must hold for the rest of its matter, so it stays one more time
                heapq.heappush(self._oldest, (self._now, mention))
                continue
            self._take_out(mention, kept)
            del self._kept[mention], self._in_row[kept.row]
            self._table.remove(kept.row)

    def _is_spoken_of(self, mention: str) -> bool:
        return len(self._links.block(mention)) > 1 or bool(self._links.barred(mention))

    def _name(self, matter: int) -> str:
        return self._open[matter].id


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _one_less(counter: Counter[str] | Counter[int], key: str | int) -> None:
    counter[key] -= 1  # type: ignore[index]
    if not counter[key]:  # type: ignore[index]
        del counter[key]
