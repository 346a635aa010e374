"""Whether two persons are one: the evidence, what each piece weighs, and what all of it comes to. Pure, no I/O.

The weights are judgement, not fitted: nobody has labelled pairs of one brand's customers. They are chosen so that one
rare number suggests a link, a name with a city alone only just does, and a name alone never. Nothing here links
anybody: a person confirms. See docs/why/persons.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from mention import search_text

SAME = {"same_email": ("email", 0.95), "same_phone": ("phone", 0.9), "same_order": ("order", 0.85),
        "same_tracking": ("tracking", 0.8), "same_account": ("handle", 0.95)}  # fmt: skip
"""Evidence that two persons gave the same value: the kind of trait, and the weight of one that only they have."""

SAID_HANDLE = 0.6
"""One of them says that the other's account is theirs: anybody can say so."""

SAID_BOTH = 0.95
"""Each says so of the other's account: only who holds both can."""

NAME_CITY = 0.55

SUGGEST_FROM = 0.5
"""The score from which a link is suggested."""

CROWD = 12
"""Persons with one value beyond whom it says nothing of any two of them (an office, a courier, a copied number)."""

STRONG = 0.7
"""The weight from which one piece of evidence, not copied from a public post, needs no further identity check."""

# Given names and surnames that are borne most in Turkey (the statistical office's yearly lists), folded; with the ten
# largest provinces they say little together.
COMMON_NAMES = frozenset(
    {
        "mehmet", "mustafa", "ahmet", "ali", "huseyin", "hasan", "ibrahim", "ismail", "osman", "yusuf", "murat", "omer",
        "ramazan", "halil", "abdullah", "fatma", "ayse", "emine", "hatice", "zeynep", "elif", "meryem", "serife",
        "zehra", "sultan", "hanife", "merve", "havva", "ozlem", "esra", "yilmaz", "kaya", "demir", "celik", "sahin",
        "yildiz", "yildirim", "ozturk", "aydin", "ozdemir", "arslan", "dogan", "kilic", "aslan", "cetin", "kara", "koc",
        "kurt", "ozkan", "simsek", "polat", "korkmaz",
    }
)  # fmt: skip
BIG_CITIES = frozenset(
    {
        "istanbul", "ankara", "izmir", "bursa", "antalya", "konya", "adana", "sanliurfa", "gaziantep", "kocaeli",
    }
)  # fmt: skip

_TEXTS = {
    "same_email": ("İkisi de {value} e-posta adresini verdi.", "Both gave the e-mail address {value}."),
    "same_phone": ("İkisi de {value} telefon numarasını verdi.", "Both gave the phone number {value}."),
    "same_order": ("İkisi de {value} numaralı siparişi yazdı.", "Both wrote of order {value}."),
    "same_tracking": ("İkisi de {value} kargo takip numarasını yazdı.", "Both wrote the tracking number {value}."),
    "same_account": ("Aynı hesap, iki kaynaktan: {value}.", "The same account through two sources: {value}."),
    "said_handle": ("Biri, {value} hesabının kendisinin olduğunu yazdı.", "One of them wrote that {value} is theirs."),
    "said_handle_both": (
        "Her biri, öbür hesabın kendisinin olduğunu yazdı ({value}).",
        "Each wrote that the other account is theirs ({value}).",
    ),
    "same_name_city": ("Adları ve şehirleri aynı: {name}, {city}.", "Same name and city: {name}, {city}."),
    "by_hand": ("Bağlantıyı bir çalışan kurdu.", "Linked by hand."),
}
_CROWDED = (" Bu bilgi {persons} kişide görüldü.", " Seen with {persons} persons.")
_COPYABLE = (
    " Önce herkese açık yazıldı; başkası kopyalamış olabilir.",
    " It was public before; somebody may have copied it.",
)


@dataclass(frozen=True)
class Proof:
    """A mention that tells a trait: when it was posted, and whether anybody could read it there."""

    mention_id: int
    public: bool
    at: datetime


@dataclass(frozen=True)
class Trait:
    """One thing known of a person: `kind` is one of store.rows_persons.TRAIT_KINDS, `value` the form in which two are
    compared, `shown` the form for people."""

    kind: str
    value: str
    shown: str
    proofs: tuple[Proof, ...]


@dataclass(frozen=True)
class Traits:
    """Everything known of one person that may tell that another is the same: accounts and claimed accounts
    (`channel:handle`), names, cities, e-mails, phones (E.164), order and tracking numbers."""

    person_id: int
    traits: tuple[Trait, ...] = ()

    def of(self, kind: str) -> dict[str, Trait]:
        """The traits of one kind by their value."""
        return {trait.value: trait for trait in self.traits if trait.kind == kind}


@dataclass(frozen=True)
class Evidence:
    """Why two persons may be one: `weight` in [0, 1] after rarity; the mention ids that prove it on either side.

    `copyable`: the earlier of the two sides stood in public, so the later one may have copied it.
    """

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)
    weight: float = 0.0
    ours: tuple[int, ...] = ()
    theirs: tuple[int, ...] = ()
    copyable: bool = False

    def words(self, language: str = "tr") -> str:
        """The evidence as a sentence in `tr` or `en`."""
        at = 0 if language == "tr" else 1
        told = _TEXTS[self.code][at].format_map(self.params)
        if int(self.params.get("persons", 2)) > 2:
            told += _CROWDED[at].format_map(self.params)
        return told + (_COPYABLE[at] if self.copyable else "")

    def record(self) -> dict[str, Any]:
        """What is kept of it: code, weight and mention ids, and never a word or number of the customer's."""
        return {
            "code": self.code, "weight": round(self.weight, 4), "copyable": self.copyable,
            "mentions": sorted({*self.ours, *self.theirs}),
        }  # fmt: skip


Seen = Mapping[tuple[str, str], int]
"""How many persons have a value, by kind and value; one that is not there is had by the two alone."""


def rarity(persons: int) -> float:
    """How much a value says that `persons` have, in [0, 1]: 1 for the two alone, half at five, nothing past CROWD.

    A customer with three or four accounts must not make their own number worthless, so it falls slowly at first.
    """
    if persons > CROWD:
        return 0.0
    return 1 / (1 + (max(persons - 2, 0) / 3) ** 2)


def commonness(name: str, city: str) -> float:
    """What is left of a shared name and city, in [0, 1]: less for each common part of the name and for a big city."""
    parts = search_text(name).split()
    common = sum(1 for part in (parts[0], parts[-1]) if part in COMMON_NAMES) if parts else 2
    return (1.0, 0.6, 0.35)[common] * (0.6 if common and search_text(city) in BIG_CITIES else 1.0)


def evidence(one: Traits, other: Traits, seen: Seen) -> tuple[Evidence, ...]:
    """All that speaks for `one` and `other` being the same person, the weightiest first; what weighs nothing is left
    out. `ours` of each piece are mentions of `one`."""
    found = [*_same(one, other, seen), *_said(one, other), *_name_city(one, other, seen)]
    return tuple(sorted((each for each in found if each.weight > 0), key=lambda each: (-each.weight, each.code)))


def score(found: Iterable[Evidence]) -> float:
    """What all evidence comes to, in [0, 1]: 1 - (1 - w1)(1 - w2)…, as if the pieces were independent (noisy-or).

    Of one code the three weightiest count: a list of orders that one pasted from the other is one coincidence.
    """
    against = 1.0
    counted: dict[str, int] = {}
    for each in sorted(found, key=lambda each: -each.weight):
        counted[each.code] = counted.get(each.code, 0) + 1
        if counted[each.code] <= 3:
            against *= 1 - each.weight
    return 1 - against


def check_identity(found: Sequence[Evidence]) -> bool:
    """Whether the customer should be asked who they are before anything private is said: no single piece is both
    strong and beyond copying."""
    return not any(proves(each.weight, each.copyable) for each in found)


def proves(weight: float, copyable: bool) -> bool:
    """Whether one piece of evidence is strong enough to need no further check, and beyond copying."""
    return weight >= STRONG and not copyable


def codes(found: Iterable[Evidence]) -> frozenset[str]:
    """The kinds of evidence in `found`."""
    return frozenset(each.code for each in found)


def worth_suggesting(found: Sequence[Evidence], refused: Iterable[str] = ()) -> bool:
    """Whether a link is suggested; after a refusal only where evidence of a new kind has come."""
    before = frozenset(refused)
    return score(found) >= SUGGEST_FROM and (not before or bool(codes(found) - before))


def _same(one: Traits, other: Traits, seen: Seen) -> Iterator[Evidence]:
    for code, (kind, weight) in SAME.items():
        theirs = other.of(kind)
        for value, trait in one.of(kind).items():
            if value in theirs:
                persons = max(2, seen.get((kind, value), 2))
                params = {"value": trait.shown, "persons": persons}
                found = _piece(code, params, weight * rarity(persons), trait, theirs[value])
                # An account is proved by the platform; everything else is only ever written.
                yield replace(found, copyable=False) if kind == "handle" else found


def _said(one: Traits, other: Traits) -> Iterator[Evidence]:
    mine, yours = one.of("handle"), other.of("handle")
    by_me = [(trait, yours[value]) for value, trait in one.of("declared").items() if value in yours]
    by_you = [(mine[value], trait) for value, trait in other.of("declared").items() if value in mine]
    if not by_me and not by_you:
        return
    shown = ", ".join(sorted({pair[0].value for pair in by_me} | {pair[1].value for pair in by_you}))
    ours = {proof.mention_id for pair in (*by_me, *by_you) for proof in pair[0].proofs}
    theirs = {proof.mention_id for pair in (*by_me, *by_you) for proof in pair[1].proofs}
    both = bool(by_me and by_you)
    code, weight = ("said_handle_both", SAID_BOTH) if both else ("said_handle", SAID_HANDLE)
    yield Evidence(code, {"value": shown}, weight, tuple(sorted(ours)), tuple(sorted(theirs)))


def _name_city(one: Traits, other: Traits, seen: Seen) -> Iterator[Evidence]:
    best: Evidence | None = None
    their_names, their_cities = other.of("name"), other.of("city")
    for name, mine in one.of("name").items():
        for city, at in one.of("city").items():
            if name not in their_names or city not in their_cities:
                continue
            persons = max(2, seen.get(("name_city", f"{name}|{city}"), 2))
            weight = NAME_CITY * commonness(name, city) * rarity(persons)
            params = {"name": mine.shown, "city": at.shown, "persons": persons}
            found = _piece("same_name_city", params, weight, mine, their_names[name])
            if best is None or found.weight > best.weight:
                best = found
    if best is not None:
        yield best


def _piece(code: str, params: Mapping[str, Any], weight: float, mine: Trait, yours: Trait) -> Evidence:
    first_mine, first_yours = (min(trait.proofs, key=lambda proof: proof.at) for trait in (mine, yours))
    earlier, later = (mine, yours) if first_mine.at <= first_yours.at else (yours, mine)
    known_before = min(proof.at for proof in later.proofs)
    copyable = any(proof.public and proof.at <= known_before for proof in earlier.proofs)
    ours, theirs = (tuple(sorted(proof.mention_id for proof in trait.proofs)) for trait in (mine, yours))
    return Evidence(code, params, weight, ours, theirs, copyable)
