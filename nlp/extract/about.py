"""Whether a text that says the brand's name means the brand: `turkuaz renk` is a colour, `Turkuaz'dan sipariş` is us.

Evidence is added up as in a logistic model with weights set by hand: the name's own grammar (account, hashtag, capital,
apostrophe), the words that the brand's configuration names, and the everyday words of being somebody's customer. The
result is a probability only in the sense that more evidence brings it nearer to 0 or 1; nobody has calibrated it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from nlp.extract.names import Names
from nlp.extract.reading import Reading

ABOUT, NOT_ABOUT = 0.7, 0.3
"""From here on a verdict is `about`, up to here `not_about`; between them a person decides."""

# Weights in log-odds: 1 turns an even chance into 73 to 27, 3 into 95 to 5.
_HANDLE, _HASHTAG, _APOSTROPHE, _CAPITAL, _SMALL = 3.0, 1.5, 2.0, 0.8, -0.6
_FOR, _AGAINST, _CUSTOMER = 1.8, -1.8, 0.7
_MOST = {"for": 2, "against": 3, "customer": 3}
_NEAR = 40
"""Characters from the name within which a word counts in full; farther away it counts half."""

_CUSTOMER_WORDS = (
    "sipariş", "kargo", "iade", "müşteri hizmetleri", "mağaza", "mağazası", "şube", "fatura", "teslimat", "değişim",
    "garanti", "yetkili servis", "kampanya", "indirim", "ürün", "kasiyer", "sepet", "uygulama", "site",
    "satın almak", "aldım", "mağdur", "şikayet", "order", "refund", "customer service", "customer support", "store",
    "delivery", "warranty", "purchase", "invoice", "parcel", "website", "app",
)  # fmt: skip
_CUSTOMER_NAMES: Names[str] = Names((word, word) for word in _CUSTOMER_WORDS)


@dataclass(frozen=True)
class Homonym:
    """A brand's name that is also something else, and the words around it that tell: all in any Turkish form.

    `ours` speak for the brand (its products, its town, its slogans), `theirs` for the other meaning. `handles` are its
    accounts and domains without `@`; `prior` is how often a text with the name means the brand, 0.5 when nobody knows.
    Raises ValueError for a prior outside of (0, 1) or an empty name.
    """

    name: str
    ours: tuple[str, ...] = ()
    theirs: tuple[str, ...] = ()
    handles: tuple[str, ...] = ()
    prior: float = 0.5

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError("A brand's name must not be empty")
        if not 0 < self.prior < 1:
            raise ValueError(f"The prior of {self.name!r} is {self.prior}; write a number between 0 and 1")

    @cached_property
    def names(self) -> Names[str]:
        """The name, to be found in its forms."""
        return Names([(self.name, self.name)])

    @cached_property
    def words(self) -> Names[str]:
        """The telling words, each leading to `for` or `against`."""
        return Names([*((word, "against") for word in self.theirs), *((word, "for") for word in self.ours)])


@dataclass(frozen=True, slots=True)
class Verdict:
    """`label` by `probability` (that the brand is meant), and the words that decided with the way they pulled."""

    label: Literal["about", "not_about", "unsure"]
    probability: float
    words: tuple[tuple[str, float], ...]


def about(text: str, homonym: Homonym) -> Verdict:
    """Whether `text` means the brand; a text without its name is `unsure` at the prior."""
    reading = Reading(text[:20_000])
    hits = list(homonym.names.find(reading))
    pulls: list[tuple[str, float]] = []
    handles = tuple("".join(Reading(handle).plain.split()).lstrip("@") for handle in homonym.handles)
    for handle in handles:
        if handle and (f"@{handle}" in reading.plain or ("." in handle and handle in reading.plain)):
            pulls.append((handle, _HANDLE))
    if hits:
        pulls.append(
            max((_grammar(reading, hit.start, hit.end, hit.apostrophe) for hit in hits), key=lambda one: one[1])
        )
    if hits or pulls:
        pulls += _words(reading, homonym, [(hit.start, hit.end) for hit in hits])
    prior = math.log(homonym.prior / (1 - homonym.prior))
    total = prior + sum(pull for _, pull in pulls)
    probability = round(1 / (1 + math.exp(-max(-30.0, min(30.0, total)))), 4)
    label: Literal["about", "not_about", "unsure"] = "unsure"
    if pulls and probability >= ABOUT:
        label = "about"
    elif pulls and probability <= NOT_ABOUT:
        label = "not_about"
    ordered = sorted(pulls, key=lambda one: -abs(one[1]))
    return Verdict(label, probability, tuple((word, round(pull, 2)) for word, pull in ordered if pull))


def _grammar(reading: Reading, start: int, end: int, apostrophe: bool) -> tuple[str, float]:
    """What the way the name is written says: an account's name, a hashtag, a capital, an ending after an apostrophe."""
    typed = reading.span(start, end)[2]
    sign = reading.plain[start - 1 : start] if start else ""
    if sign == "@":
        return "@" + typed, _HANDLE
    if sign == "#":
        return "#" + typed, _HASHTAG
    capital = reading.capital(start)
    if capital and apostrophe:
        return typed, _APOSTROPHE
    if apostrophe:
        return typed, _APOSTROPHE / 2
    if reading.shouted or reading.opens(start):
        return typed, 0.0
    return typed, _CAPITAL if capital else _SMALL


def _words(reading: Reading, homonym: Homonym, places: list[tuple[int, int]]) -> list[tuple[str, float]]:
    weights = {"for": _FOR, "against": _AGAINST, "customer": _CUSTOMER}
    found: dict[tuple[str, str], float] = {}
    told = [(hit.start, hit.end, hit.value) for hit in homonym.words.find(reading)]
    said = {(start, end) for start, end, _ in told}
    told += [(h.start, h.end, "customer") for h in _CUSTOMER_NAMES.find(reading) if (h.start, h.end) not in said]
    for start, end, side in told:
        if any(first < end and start < past for first, past in places):
            continue
        near = not places or any(start - past <= _NEAR and first - end <= _NEAR for first, past in places)
        pull = weights[side] * (1.0 if near else 0.5)
        key = (side, reading.plain[start : start + 5])
        if abs(pull) > abs(found.get(key, 0.0)):
            found[key] = pull
    kept: list[tuple[str, float]] = []
    for side, most in _MOST.items():
        pulls = sorted(((key[1], pull) for key, pull in found.items() if key[0] == side), key=lambda one: -abs(one[1]))
        kept += [(_whole(reading, stem), pull) for stem, pull in pulls[:most]]
    return kept


def _whole(reading: Reading, stem: str) -> str:
    at = reading.plain.find(stem)
    word = next((word for word in reading.words if word.start <= at < word.end), None)
    return reading.span(word.start, word.end)[2] if word else stem
