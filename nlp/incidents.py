"""Which mentions are about the same incident, told apart by the words and facts they share; no model, no embedding.

A mention joins the incident that it is likeliest to be of, if that is likelier than nothing by enough. An incident is
a growing profile: how often each word and fact stands in its mentions, newer ones counting more. What anybody says at
any time is learnt from the stream itself. A mention that fits nowhere is alone until another joins it. Two incidents
whose mentions fit each other become one. What people say of two mentions holds against all of it, then and later.

Pure: mentions with their scores in, incidents and reasons out; the same mentions in the same order give the same
incidents, however the stream was cut and the state kept in between.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mention import Mention, Score
from nlp.incidents_profile import WORDY, Asked, Background, Incident, spoken
from nlp.incidents_read import BrandFacts, kind_of, read
from nlp.incidents_told import Moved, Placed, Why
from nlp.matters_links import Links

VERSION = 1
"""Of the state: another one is refused, and the grouping begins anew."""
_CLOSELY = 10  # incidents that are looked at closely for one mention, those with most of its rare words
_MOST_WORDS = 5  # shared words that a reason names
_KIN = 30  # incidents that are asked whether they are the same as one that has grown
_TYPICAL = 30  # features of an incident by which those are found
_OWN = 3.0  # nats that a mention must have of each of two incidents by itself, to tell of both
_LEAST_BRIDGES = 4  # two or three mentions that tell of both are found between any two matters of a week
_NEAR = 1.5  # nats below joining from which an incident is near enough to be asked whether it is the same one
_ASKED = 8  # newest mentions of an incident that are asked where they would be at home
_SURE = frozenset({"order", "tracking", "link", "media", "thread"})
_RARE = 0.05  # share of mentions: what more than every twentieth holds brings no incident to mind


@dataclass(frozen=True, slots=True)
class Rules:
    """When a mention joins. Scores are nats: 7 is a thousand times likelier than chance.

    `threshold`: for an incident of one mention; `pull`: taken off it for each doubling of the incident's size, down to
    `least`; `merge`: share of what a mention scores in its own incident that it must score in another, from which the
    two are one; `surely`: nats that it must score there in the mean; `bridged`: share of the smaller one's mentions
    that tell of both, from which the two are one; `keep`: days a mention is remembered; `most`: mentions that are.
    """

    threshold: float = 8.0
    pull: float = 0.6
    least: float = 3.5
    merge: float = 0.35
    surely: float = 2.0
    bridged: float = 0.2
    keep: float = 14.0
    most: int = 50_000


@dataclass(slots=True)
class _Kept:
    """A mention that is remembered."""

    at: float
    features: tuple[str, ...]
    copy: str
    incident: int


class StateError(ValueError):
    """A state that is not one of this version's."""


class Grouper:
    """The incidents of one brand. Not for several threads at once."""

    def __init__(
        self, brand: BrandFacts | None = None, state: dict[str, Any] | None = None, rules: Rules | None = None,
        begun: int = 0,
    ):  # fmt: skip
        """`state`: what `state()` gave, from JSON; `begun`: incidents that had a name already, where it is lost.
        Raises StateError for a state of another version."""
        self.brand = brand or BrandFacts()
        self.rules = rules or Rules()
        self._links = Links()
        self._heard = Background()
        self._kept: dict[str, _Kept] = {}
        self._incidents: dict[int, Incident] = {}
        self._with: dict[str, dict[int, None]] = {}  # feature: the incidents that have it
        self._copies: dict[str, str] = {}  # hash: the last mention with this text
        self._oldest: list[tuple[float, str]] = []
        self._asked_at: dict[int, int] = {}  # incident: the size from which it is compared with all others again
        self._bridges: dict[int, dict[int, int]] = {}  # incident: others, and how many mentions tell of both
        self._begun = begun
        self._now = float("-inf")
        if state is not None:
            self._load(state)

    def __len__(self) -> int:
        """Mentions that are remembered."""
        return len(self._kept)

    # --- mentions

    def place(self, mention: Mention, score: Score) -> Placed:
        """Put a mention where it belongs. One that was placed before stays where it is."""
        id = mention_id(mention)
        if id in self._kept:
            return Placed(id, self._name(id), False)
        at = mention.published_at.timestamp()
        seen = read(mention, score, self.brand)
        asked = self._heard.asked(seen.features)
        number, why, value, near = self._choose(id, at, asked, seen.features, seen.copy)
        began = number is None
        if number is None:
            number = self._begin(at)
        self._insert(id, _Kept(at, tuple(seen.features), seen.copy, number))
        self._heard.hear(self._incidents[number], seen.features, at)
        merged = () if began else self._merge(number, near, at)
        name = self._name(id)
        self._forget(at)
        why = why or (Why("alone"),)
        if merged:
            why += (Why("merged", merged),)
        return Placed(id, name, began, why, merged, value)

    def remember(self, mention: Mention, score: Score, incident: str) -> None:
        """Take a mention in where it was placed before: what a lost state is made again from, oldest first."""
        id, at = mention_id(mention), mention.published_at.timestamp()
        if id in self._kept:
            return
        number = self._stands(incident, at)
        seen = read(mention, score, self.brand)
        self._insert(id, _Kept(at, tuple(seen.features), seen.copy, number))
        self._heard.hear(self._incidents[number], seen.features, at)
        self._forget(at)

    def forget(self, mention: str) -> bool:
        """Let go of a mention, as when its author deleted it, and of stems that no other remembered mention has; its
        incident ends with its last. False: not known."""
        if mention not in self._kept:
            return False
        features = self._kept[mention].features
        self._let_go(mention)
        self._heard.forget(one for one in features if one not in self._with)
        return True

    def incident_of(self, mention: str) -> str | None:
        """The name of a mention's incident, None when it is not remembered."""
        return self._name(mention) if mention in self._kept else None

    def members(self, incident: str) -> tuple[str, ...]:
        """The mentions of an incident in the order in which they were posted. KeyError for a name that is not."""
        found = self._incidents[_number(incident)]
        return tuple(sorted(found.members, key=lambda one: (self._kept[one].at, one)))

    def incidents(self, least: int = 2) -> list[str]:
        """The names of the incidents with at least so many mentions, the first begun first."""
        return [one.id for _, one in sorted(self._incidents.items()) if len(one.members) >= least]

    # --- people

    def together(self, one: str, other: str) -> tuple[Moved, ...]:
        """A person: these two mentions are of one incident. `other` comes to `one`, with all that people joined to it.

        Holds from now on, and for mentions that are yet to come. Raises matters_links.Contradiction.
        """
        self._links.join(one, other)
        return self._obey(one, other)

    def apart(self, one: str, other: str) -> tuple[Moved, ...]:
        """A person: these two mentions are of different incidents. `other` leaves, with all that people joined to it.

        Raises matters_links.Contradiction.
        """
        self._links.part(one, other)
        return self._obey(one, other)

    def carry(self, mentions: Sequence[str], into: str) -> None:
        """Put mentions into an incident, which may be one that had ended; says nothing of those that are yet to come.
        What is not remembered is passed over. Raises KeyError for a name that was never given."""
        for id in mentions:
            if (kept := self._kept.get(id)) is not None and self._name(id) != into:
                number = self._stands(into, kept.at)
                self._from(id)
                self._to(id, number)

    def take_back(self, one: str, other: str) -> bool:
        """Forget what was said of this pair; nothing moves now. False when nothing was said."""
        return self._links.take_back(one, other)

    # --- between processes

    def state(self) -> dict[str, Any]:
        """All that is remembered, for JSON. What customers wrote stands in it as single stems, never as a text."""
        return {
            "version": VERSION,
            "begun": self._begun,
            "now": self._now if self._kept else None,
            "must": self._links.must,
            "cannot": self._links.cannot,
            "heard": self._heard.counts,
            "copies": self._copies,
            "bridges": [[one, other, count] for one, to in self._bridges.items() for other, count in to.items()],
            "asked_at": [[number, size] for number, size in self._asked_at.items()],
            "incidents": [one.record() for one in self._incidents.values()],
            "mentions": {id: [one.at, list(one.features), one.copy, one.incident] for id, one in self._kept.items()},
        }

    def _load(self, state: dict[str, Any]) -> None:
        if state.get("version") != VERSION:
            raise StateError(
                f"The grouping's state is of version {state.get('version')!r}, and this program reads version "
                f"{VERSION}; begin without it, and give it the mentions of the last two weeks again"
            )
        self._begun = state["begun"]
        self._now = float("-inf") if state["now"] is None else state["now"]
        self._links = Links(map(tuple, state["must"]), map(tuple, state["cannot"]))
        self._heard = Background(dict(state["heard"]))
        self._copies = dict(state["copies"])
        for one, other, count in state["bridges"]:
            self._bridges.setdefault(one, {})[other] = count
        self._asked_at = {number: size for number, size in state["asked_at"]}
        for record in state["incidents"]:
            incident = Incident.of(record)
            self._incidents[incident.order] = incident
            for feature in incident.counts:
                self._with.setdefault(feature, {})[incident.order] = None
        for id, (at, features, copy, number) in state["mentions"].items():
            self._kept[id] = _Kept(at, tuple(features), copy, number)
            self._oldest.append((at, id))
        heapq.heapify(self._oldest)

    # --- choosing

    def _choose(
        self, id: str, at: float, asked: Sequence[Asked], written: dict[str, str], copy: str
    ) -> tuple[int | None, tuple[Why, ...], float, list[int]]:
        """The incident that a mention joins (None: none), why, by how many nats, and which others were near."""
        for friend in sorted(self._links.block(id) & self._kept.keys()):
            return self._kept[friend].incident, (Why("person", (friend,)),), 0.0, []
        barred = {self._kept[one].incident for one in self._links.barred(id) & self._kept.keys()}
        if copy and (known := self._copies.get(copy)) and self._kept[known].incident not in barred:
            return self._kept[known].incident, (Why("copy", (known,)),), 0.0, []
        best: int | None = None
        best_over, best_value = 0.0, 0.0
        best_brought: dict[str, float] = {}
        near: list[int] = []
        claims: list[tuple[int, dict[str, float]]] = []
        for number in self._candidates(asked):
            if number in barred:
                continue
            incident = self._incidents[number]
            value, brought = incident.likelihood(asked, at)
            over = value - self._needed(incident, at)
            if over >= -_NEAR:
                near.append(number)
                claims.append((number, brought))
            # One feature alone may be chance; a parcel, a link, a picture or a conversation is none.
            enough = sum(one > 1 for one in brought.values()) >= 2 or any(kind_of(one) in _SURE for one in brought)
            if over >= 0 and enough and (best is None or over > best_over):
                best, best_over, best_brought, best_value = number, over, brought, value
        if best is None:
            return None, (), 0.0, []
        for number, brought in claims:
            if number != best and _both_told(best_brought, brought):
                self._bridge(best, number, 1)
        return best, _reasons(best_brought, written), round(best_value, 2), near

    def _candidates(self, asked: Sequence[Asked], most: int = _CLOSELY) -> list[int]:
        """The incidents that have most of a mention's rare features, the most first."""
        points: dict[int, float] = {}
        for feature, _, rate, _ in asked:
            if rate > _RARE:
                continue
            worth = (rate + 0.002) ** -0.5  # of two rare features one is not worth a hundred times the other
            for number in self._with.get(feature, ()):
                incident = self._incidents[number]
                if count := incident.counts.get(feature):
                    points[number] = points.get(number, 0.0) + worth * min(1.0, 3 * count / incident.weight)
        return heapq.nsmallest(most, points, key=lambda number: (-points[number], number))

    def _needed(self, incident: Incident, at: float) -> float:
        """The nats from which a mention joins an incident."""
        doublings = math.log2(max(1.0, incident.size(at)))
        return max(self.rules.least, self.rules.threshold - self.rules.pull * doublings)

    def _merge(self, number: int, near: Sequence[int], at: float) -> tuple[str, ...]:
        """Incidents whose mentions fit this one's, made one with it: of those that were near the mention as well and,
        whenever the incident has grown by a quarter, of all that share what is typical of it."""
        members = len(self._incidents[number].members)
        if members < 4 or members >= self._asked_at.get(number, 0):
            self._asked_at[number] = members + max(1, members // 4)
            near = [*near, *self._candidates(self._typical(self._incidents[number]), _KIN)]
        gone: list[str] = []
        for other in dict.fromkeys(near):
            if other == number or other not in self._incidents:
                continue
            mine, theirs = self._incidents[number], self._incidents[other]
            small, large = sorted((mine, theirs), key=lambda one: (len(one.members), -one.order))
            bridges = self._bridges.get(number, {}).get(other, 0)
            elsewhere = sum(self._bridges.get(small.order, {}).values()) - bridges
            bridged = bridges >= max(_LEAST_BRIDGES, self.rules.bridged * len(small.members), elsewhere)
            if not (bridged or self._fits(small, large, at)) or self._parted(mine, theirs):
                continue
            kept, left = sorted((mine, theirs), key=lambda one: one.order)
            self._unite(left, kept)
            gone.append(left.id)
            number = kept.order
        return tuple(gone)

    def _typical(self, incident: Incident) -> list[Asked]:
        """The features that tell an incident from everything else best."""
        worth = []
        for one in self._heard.asked(incident.counts):
            share = incident.counts[one[0]] / incident.weight
            if one[2] <= _RARE and share > one[2]:
                worth.append((share * math.log(share / one[2]), one))
        return [one for _, one in heapq.nlargest(_TYPICAL, worth)]

    def _fits(self, small: Incident, large: Incident, at: float) -> bool:
        """Whether the newest mentions of the small one would be at home in the large one.

        Several that say the same are surer than one: the mean that is asked for falls with the root of their number.
        """
        foreign = spoken(small) != spoken(large)
        newest = heapq.nlargest(_ASKED, small.members, key=lambda one: (self._kept[one].at, one))
        needed = max(self.rules.surely, self._needed(large, at) / math.sqrt(len(newest)))
        there = here = 0.0  # of two languages only facts and meanings can be compared
        for one in newest:
            asked = self._heard.asked(self._kept[one].features, in_any_language=foreign)
            there += large.likelihood(asked, at)[0]
            here += small.likelihood(asked, at)[0]
        return there >= needed * len(newest) and there >= self.rules.merge * here

    def _parted(self, one: Incident, other: Incident) -> bool:
        for left, right in self._links.parted():
            if (left in one.members and right in other.members) or (left in other.members and right in one.members):
                return True
        return False

    # --- keeping

    def _name(self, mention: str) -> str:
        return self._incidents[self._kept[mention].incident].id

    def _begin(self, at: float) -> int:
        self._begun += 1
        self._incidents[self._begun] = Incident(f"i{self._begun}", self._begun, at, at, at)
        return self._begun

    def _stands(self, incident: str, at: float) -> int:
        """The number of an incident by its name, begun again where it had ended. KeyError for one never given."""
        number = _number(incident)
        if number > self._begun:
            raise KeyError(incident)
        if number not in self._incidents:
            self._incidents[number] = Incident(incident, number, at, at, at)
        return number

    def _insert(self, id: str, kept: _Kept) -> None:
        self._kept[id] = kept
        self._to(id, kept.incident)
        if kept.copy:
            self._copies[kept.copy] = id
        heapq.heappush(self._oldest, (kept.at, id))

    def _to(self, id: str, number: int) -> None:
        """Put a remembered mention into an incident."""
        kept = self._kept[id]
        kept.incident = number
        self._incidents[number].put(id, kept.features, kept.at)
        for feature in kept.features:
            self._with.setdefault(feature, {})[number] = None

    def _from(self, id: str) -> None:
        """Take a remembered mention out of its incident, which ends with its last mention."""
        kept = self._kept[id]
        number, incident = kept.incident, self._incidents[kept.incident]
        incident.take(id, kept.features, kept.at)
        gone: Sequence[str] = kept.features
        if not incident.members:
            del self._incidents[number]
            self._asked_at.pop(number, None)
            for other in self._bridges.pop(number, {}):
                self._bridges[other].pop(number, None)
        else:
            gone = [one for one in gone if one not in incident.counts]
        for feature in gone:
            if (numbers := self._with.get(feature)) is not None:
                numbers.pop(number, None)
                if not numbers:
                    del self._with[feature]

    def _unite(self, left: Incident, kept: Incident) -> None:
        self._heard.united(left, kept)
        bridges = dict(self._bridges.get(left.order, {}))
        for id in list(left.members):
            self._from(id)
            self._to(id, kept.order)
        for other, count in bridges.items():
            if other != kept.order:
                self._bridge(kept.order, other, count)

    def _bridge(self, one: int, other: int, count: int) -> None:
        """So many more mentions tell what is peculiar to each of two incidents."""
        for here, there in ((one, other), (other, one)):
            to = self._bridges.setdefault(here, {})
            to[there] = to.get(there, 0) + count

    def _obey(self, one: str, other: str) -> tuple[Moved, ...]:
        """Move what must move so that all that people said of these two holds."""
        moved: dict[str, None] = {}
        block = [id for id in sorted(self._links.block(other)) if id in self._kept]
        anchors = [id for id in (one, *sorted(self._links.block(one))) if id in self._kept]
        if anchors and other in self._links.block(one):
            into = self._kept[anchors[0]].incident
            moving = [id for id in block if self._kept[id].incident != into]
        else:
            barred = {self._kept[id].incident for id in self._links.barred(other) & self._kept.keys()}
            moving = [id for id in block if self._kept[id].incident in barred]
            into = self._begin(self._kept[moving[0]].at) if moving else 0
        for id in moving:
            self._from(id)
            self._to(id, into)
            moved[id] = None
        # Joining may have brought together what was parted from somebody who stood there.
        for id in [id for id in (one, other) if id in self._kept]:
            here = self._kept[id].incident
            for enemy in sorted(self._links.barred(id) & self._kept.keys()):
                if self._kept[enemy].incident != here:
                    continue
                alone = self._begin(self._kept[enemy].at)
                for member in sorted(self._links.block(enemy) & self._kept.keys()):
                    self._from(member)
                    self._to(member, alone)
                    moved[member] = None
        return tuple(Moved(id, self._name(id)) for id in moved)

    def _forget(self, at: float) -> None:
        self._now = max(self._now, at)
        before = self._now - self.rules.keep * 86_400
        while self._oldest and (self._oldest[0][0] < before or len(self._kept) > self.rules.most):
            at, id = heapq.heappop(self._oldest)
            if (kept := self._kept.get(id)) is not None and kept.at == at:  # it may have been let go before
                self._let_go(id)

    def _let_go(self, id: str) -> None:
        self._from(id)
        kept = self._kept.pop(id)
        if self._copies.get(kept.copy) == id:
            del self._copies[kept.copy]


def mention_id(mention: Mention) -> str:
    """The name by which the grouping knows a mention."""
    return f"{mention.source}:{mention.native_id}"


def _number(incident: str) -> int:
    if not incident.startswith("i") or not incident[1:].isdigit():
        raise KeyError(incident)
    return int(incident[1:])


def _both_told(one: dict[str, float], other: dict[str, float]) -> bool:
    """Whether a mention tells something of each of two incidents that is not told of the other."""
    mine = sum(value for name, value in one.items() if value > 2 * other.get(name, 0.0))
    theirs = sum(value for name, value in other.items() if value > 2 * one.get(name, 0.0))
    return min(mine, theirs) >= _OWN


def _reasons(brought: dict[str, float], written: dict[str, str]) -> tuple[Why, ...]:
    """What brought a mention to its incident, the heaviest first; shared words are one reason together."""
    ranked = sorted(brought.items(), key=lambda pair: (-pair[1], pair[0]))
    words = [pair for pair in ranked if kind_of(pair[0]) in WORDY][:_MOST_WORDS]
    found = [
        Why(kind_of(name), (written[name],), round(value, 2)) for name, value in ranked if kind_of(name) not in WORDY
    ]
    if words:
        total = round(sum(value for _, value in words), 2)
        found.append(Why("words", tuple(written[name] for name, _ in words), total))
    return tuple(sorted(found, key=lambda one: -one.weight))
