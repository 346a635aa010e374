"""The numbers behind incidents: how often a word stands in what is told of one incident, and in everything.

An incident and the background are both counts of mentions per feature. A mention is likelier of an incident than of
nothing by the sum over its features of log(1 - SHARE + SHARE * rate in the incident / rate in the background).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from mention import LANGUAGES
from nlp.incidents_read import LANGUAGE, kind_of
from nlp.incidents_words import COMMON

SHARE = 0.5
"""How much of a mention is about its incident; the rest is what any mention may hold. So a word that the incident
never had costs log 2 at most, and a story told at length is not punished for each of its words."""
HALF_LIFE = 43_200.0
"""Seconds after which a mention counts half: an incident's words change, and one that has gone quiet loses its pull.
What is told all week, a few times a day, so never gathers the pull of what hundreds tell within a day."""
_FEW = 0.6  # added below every rate: what one single mention holds is no habit yet
_MOST_WORD, _MOST_FACT = 3.2, 4.2  # nats; no single word proves anything, however rare
_SPENT = 3.5
"""The most that all other words together may cost: people also tell of their day."""
_KNOWN = 100.0  # mentions that the written list of common words stands for, before any was heard
_UNHEARD = 0.25  # mentions that a feature is taken to have been in before it was heard
_ALIKE = 60.0
"""Mentions that are taken to have named the same order prefix before any was heard: most shops number all orders alike,
and on the first day the brand's own prefix must not tie strangers together."""
_MOST_HEARD = 20_000.0
_LARGE = 1e9  # weights are brought back to 1 before floats lose their last digits
_MOST_FEATURES = 1_500
WORDY = frozenset({"words", "meaning"})
_UNSAID = -math.log(1 - SHARE)
_CLASHES = frozenset({"product", "place", "carrier", "code"})
"""Kinds of which one mention names one: another value speaks against an incident that keeps naming its own."""
_CLASH = 2.5  # nats, for an incident whose mentions all name another one


Asked = tuple[str, str, float, str]
"""A feature of a mention that is to be placed, its kind, how often it is heard at all, and among which mentions: a
language feature, or empty for all."""


class Background:
    """How often each feature is heard at all. What one incident says over and over counts by the logarithm of how
    often, so that its own words stay rare, and what is said here and there in all of them does not. When much was
    heard, all counts are halved, and old words fade."""

    def __init__(self, counts: dict[str, float] | None = None) -> None:
        """`counts`: mentions, weighted, with each feature, among them the languages. By default the common words."""
        self.counts = {**COMMON, **{f"{LANGUAGE}:{one}": _KNOWN for one in LANGUAGES}} if counts is None else counts

    @property
    def heard(self) -> float:
        """Mentions that were heard, weighted."""
        return sum(self.counts.get(f"{LANGUAGE}:{one}", 0.0) for one in LANGUAGES)

    def asked(self, features: Iterable[str], in_any_language: bool = False) -> list[Asked]:
        """The features of a mention, to be looked for in an incident: stems by how often they are heard in their
        language, all else by how often in either. `in_any_language`: without the stems."""
        found: list[Asked] = []
        language, heard = "", self.heard
        spoken_in = heard
        for feature in features:
            kind = kind_of(feature)
            if kind == LANGUAGE:
                language, spoken_in = feature, self.counts.get(feature, 0.0)
            elif kind == "words":
                if not in_any_language:
                    found.append((feature, kind, self._rate(feature, spoken_in), language))
            else:
                found.append((feature, kind, self._rate(feature, heard, _ALIKE if kind == "prefix" else 0.0), ""))
        return found

    def _rate(self, feature: str, among: float, prior: float = 0.0) -> float:
        return min(1.0, (self.counts.get(feature, 0.0) + _UNHEARD + prior) / (among + 2 * _UNHEARD))

    def hear(self, incident: Incident, features: Iterable[str], at: float) -> None:
        """A mention that has joined an incident."""
        scale = incident.grow(at)
        for feature in features:
            times = incident.counts.get(feature, 0.0) / scale
            self.counts[feature] = self.counts.get(feature, 0.0) + 1.0 / max(1.0, times)
        self._fade()

    def united(self, left: Incident, kept: Incident) -> None:
        """Two incidents are found to be one: what both said over and over was heard as of two, and is now as of one.
        To be called before they become one; without it, a matter that began in pieces makes its own words common."""
        at = max(left.last, kept.last)
        left_scale, kept_scale = left.grow(at), kept.grow(at)
        for feature, count in left.counts.items():
            known, there = self.counts.get(feature), kept.counts.get(feature)
            if known is None or there is None or kind_of(feature) == LANGUAGE:
                continue
            one, other = count / left_scale, there / kept_scale
            both = _as_heard(one + other)
            twice = _as_heard(one) + _as_heard(other) - both
            self.counts[feature] = min(known, max(known - twice, both, COMMON.get(feature, 0.0)))

    def forget(self, features: Iterable[str]) -> None:
        """Features that were heard of nobody who may still be remembered."""
        for feature in features:
            if feature not in COMMON and kind_of(feature) != LANGUAGE:
                self.counts.pop(feature, None)

    def _fade(self) -> None:
        if self.heard > _MOST_HEARD:
            self.counts = {name: count / 2 for name, count in self.counts.items() if count >= 2 * _UNHEARD}


@dataclass(slots=True)
class Incident:
    """Mentions of one matter, the first first. `weight` and `counts` are in units of a mention posted at `origin`."""

    id: str
    order: int
    first: float
    last: float
    origin: float
    weight: float = 0.0
    counts: dict[str, float] = field(default_factory=dict)
    kinds: dict[str, float] = field(default_factory=dict)
    members: dict[str, None] = field(default_factory=dict)

    def grow(self, at: float) -> float:
        """The weight of a mention posted at `at`, in seconds."""
        return float(2.0 ** max(-60.0, (at - self.origin) / HALF_LIFE))

    def size(self, at: float) -> float:
        """Mentions, older ones counting less."""
        return self.weight / self.grow(at)

    def put(self, mention: str, features: Iterable[str], at: float) -> None:
        """A mention joins."""
        if self.grow(at) > _LARGE:
            self._rebase(at)
        self._add(features, at, 1.0)
        self.members[mention] = None
        self.first, self.last = min(self.first, at), max(self.last, at)

    def take(self, mention: str, features: Iterable[str], at: float) -> None:
        """A mention leaves."""
        del self.members[mention]
        self._add(features, at, -1.0)

    def _add(self, features: Iterable[str], at: float, sign: float) -> None:
        step = sign * self.grow(at)
        self.weight = max(0.0, self.weight + step)
        named: dict[str, None] = {}
        for feature in features:
            _count(self.counts, feature, step)
            named[kind_of(feature)] = None
        for kind in named:
            if kind in _CLASHES:
                _count(self.kinds, kind, step)

    def _rebase(self, at: float) -> None:
        scale = self.grow(at)
        self.origin, self.weight = at, self.weight / scale
        self.kinds = {key: value / scale for key, value in self.kinds.items()}
        kept = sorted(self.counts, key=lambda key: (-self.counts[key], key))[:_MOST_FEATURES]
        self.counts = {key: self.counts[key] / scale for key in kept}

    def likelihood(self, asked: Iterable[Asked], at: float) -> tuple[float, dict[str, float]]:
        """How much likelier a mention is of this incident than of nothing, in nats, and what each feature brought."""
        few = _FEW * self.grow(at)
        whole = self.weight + few
        counts, kinds = self.counts, self.kinds
        gained = spent = clash = 0.0
        brought: dict[str, float] = {}
        for feature, kind, rate, language in asked:
            count = counts.get(feature)
            if count is None:
                spent += _UNSAID
            elif (
                value := math.log(
                    1 - SHARE + SHARE * count / ((counts.get(language, 0.0) + few) if language else whole) / rate
                )
            ) > 0:
                brought[feature] = value = min(value, _MOST_WORD if kind in WORDY else _MOST_FACT)
                gained += value
            else:
                spent -= value
            if named := kinds.get(kind):
                clash += _CLASH * min(1.0, named / whole) * max(0.0, 1 - 2 * (count or 0.0) / named)
        return gained - min(spent, _SPENT) - clash, brought

    def record(self) -> dict[str, Any]:
        """As JSON."""
        return {name: getattr(self, name) for name in ("id", "order", "first", "last", "origin", "weight", "kinds")} | {
            "counts": self.counts,
            "members": list(self.members),
        }

    @classmethod
    def of(cls, record: dict[str, Any]) -> Incident:
        """From `record`."""
        return cls(**{**record, "members": dict.fromkeys(record["members"])})


def _as_heard(times: float) -> float:
    """What one incident adds to the background that said something so often."""
    return 1 + math.log(times) if times > 1 else times


def _count(counts: dict[str, float], key: str, step: float) -> None:
    value = counts.get(key, 0.0) + step
    if value > 1e-9:
        counts[key] = value
    else:
        counts.pop(key, None)


def spoken(incident: Incident) -> str:
    """The language feature that most mentions of an incident have."""
    held = [(count, one) for one in LANGUAGES if (count := incident.counts.get(f"{LANGUAGE}:{one}", 0.0))]
    return max(held)[1] if held else ""
