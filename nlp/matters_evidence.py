"""Why a mention belongs to a matter: what counts as evidence, how much, and how it is said.

Facts are strings `kind:value`. Links and hashtags are read here; numbers, products, places and carriers come from
`nlp.extract` by `facts_of`. A fact that all the world shares proves nothing, so its weight is multiplied by the share
of its mentions that stand in the matter asked about.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import parse_qsl, urlencode, urlsplit

from nlp.extract.found import Found
from nlp.normalise import clean, fold, lower

READ_LIMIT = 4_000
"""Characters in which links and hashtags are looked for."""
_MOST_FACTS = 32  # a text of 500 hashtags is advertising; it must not tie everything to everything

_LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"'()\[\]]{4,500}", re.IGNORECASE)
_HASHTAG = re.compile(r"(?<![\w&/#])#(\w{2,80})")
_SHORTENED = frozenset({"t.co", "pic.twitter.com", "pbs.twimg.com"})
"""Hosts that make a new link for every post, so that the same link is never the same article."""
_TRACKING = re.compile(r"utm_\w+|fbclid|gclid|igshid|igsh|si|ref|ref_src|s|t", re.IGNORECASE)

WEIGHTS: Mapping[str, float] = MappingProxyType(
    {
        "link": 0.25,
        "order": 0.25,
        "tracking": 0.25,
        "code": 0.12,
        "hashtag": 0.12,
        "product": 0.06,
        "place": 0.04,
        "carrier": 0.03,
    }
)
"""What sharing a fact adds to the similarity of texts, at most. A link or a parcel's number names one thing; a flight
or a model (`code`) can have two incidents; half of a shop's mentions name its carrier."""
STRONG = frozenset({"link", "order", "tracking"})
"""Kinds that name one thing, and so may wake a matter that has gone quiet."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason for a join. `weight` is what it added to (or, below 0, took from) the score.

    `kind`: text, copy, person, time, or a fact's kind; `value`: the fact's value, or the number of the evidence in
    words; `other`: the mention it was found in, empty where it is the whole matter.
    """

    kind: str
    value: str
    weight: float
    other: str = ""

    def __str__(self) -> str:
        if self.kind == "text":
            return f"similar text {self.weight:.2f}"
        if self.kind == "copy":
            return f"copy of {self.other}"
        if self.kind == "person":
            return f"joined by a person with {self.other}"
        if self.kind == "time":
            return f"{self.value} apart"
        return f"same {self.kind} {self.value}"


@dataclass(frozen=True)
class Rules:
    """How matters are told apart. Similarities are cosines; hours are hours.

    `threshold`: score from which a mention joins. `near`: so many nearest members are asked, their mean counts; one
    member would let matters drift along a chain, all members would punish matters that are told in two languages.
    `merge`: mean similarity of all pairs from which two matters become one, `threshold` where None. `across`: added to
    a similarity between two languages. `window`: hours of quiet after which only strong evidence joins. `fade`: what
    is taken off at the end of the window, growing with the logarithm of the hours. `most_bonus`: facts together never
    add more. `own`: hashtags and hosts of the brand itself, which prove nothing.
    """

    threshold: float = 0.6
    near: int = 3
    merge: float | None = None
    across: float = 0.0
    window: float = 72.0
    fade: float = 0.05
    most_bonus: float = 0.25
    weights: Mapping[str, float] = field(default_factory=lambda: WEIGHTS)
    own: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not 0 < self.threshold <= 1 or self.near < 1 or self.window <= 0 or self.fade < 0 or self.most_bonus < 0:
            raise ValueError(
                f"threshold {self.threshold} must be in (0, 1], near {self.near} at least 1, window {self.window} "
                f"above 0, fade {self.fade} and most_bonus {self.most_bonus} not negative"
            )
        object.__setattr__(self, "own", frozenset(_tag(one.lstrip("#"), "tr") for one in self.own))

    @property
    def merging(self) -> float:
        """The mean similarity from which two matters are one."""
        return self.threshold if self.merge is None else self.merge

    def faded(self, hours: float) -> float:
        """What `hours` apart take off a similarity: nothing within an hour, `fade` at the window's end and after."""
        if hours <= 1:
            return 0.0
        return self.fade * min(1.0, math.log(hours) / math.log(max(self.window, math.e)))


def marks(text: str, language: str, own: Collection[str] = frozenset()) -> frozenset[str]:
    """The links and hashtags of a text as facts, without the brand's own (`Rules.own`).

    A link loses what does not change where it leads (scheme, www, tracking parameters, fragment); one that leads to a
    home page or through a shortener that makes a new link for every post is left out.
    """
    cleaned = clean(text, READ_LIMIT)
    found: list[str] = []
    for match in _LINK.finditer(cleaned):
        if link := _link(match.group(), own):
            found.append(f"link:{link}")
    for match in _HASHTAG.finditer(cleaned):
        tag = _tag(match.group(1), language)
        if tag and tag not in own and not tag.isdigit():
            found.append(f"hashtag:{tag}")
    return frozenset(found[:_MOST_FACTS])


def facts_of(found: Found) -> frozenset[str]:
    """What `nlp.extract` found, as facts."""
    facts = [f"order:{one.value}" for one in found.orders]
    facts += [f"tracking:{one.value}" for one in found.trackings]
    facts += [f"code:{one.value}" for one in found.codes]
    facts += [f"product:{one.value}" for one in found.products]
    facts += [f"place:{one.district or one.province}" for one in found.cities]
    facts += [f"carrier:{one.value}" for one in found.carriers]
    return frozenset(facts[:_MOST_FACTS])


def _link(written: str, own: Collection[str]) -> str | None:
    written = written.rstrip(".,;:!?…")
    try:
        parts = urlsplit(written if "://" in written else f"https://{written}")
        host = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
    except ValueError:  # brackets and ports that are none
        return None
    path = parts.path.rstrip("/")
    if not host or not path or host in _SHORTENED or _tag(host, "tr") in own:
        return None
    kept = [(name, value) for name, value in parse_qsl(parts.query) if not _TRACKING.fullmatch(name)]
    return host + path + (f"?{urlencode(sorted(kept))}" if kept else "")


def _tag(written: str, language: str) -> str:
    return fold(lower(written, language))
