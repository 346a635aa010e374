"""How well and how fast mentions are grouped by incident.

    python -m tests.performance.bench_incidents [COUNT] [SEED ...]

Streams of COUNT (5,000) mentions of the written worlds, those that the rules were made on and the one held back,
scored by the shipped linear model with the facts that the extraction finds. Only the grouping is timed, in seconds of
one core.
Then copies: the first mentions of a stream are edited and placed again; how many come to their original is counted.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from mention import Mention, Score
from nlp.extract import Brand, Product
from nlp.facts import Finder
from nlp.incidents import Grouper, mention_id
from nlp.incidents_read import BrandFacts
from nlp.scorer import Scorer
from tests.performance.matters_held import HELD
from tests.performance.matters_more import AIRLINE, BANK, FOOD, MORE, said_first, told_on
from tests.performance.matters_written import LOOKED_AT, World, stream

COPIED = 200


@dataclass(frozen=True)
class Grouped:
    """A stream after it was grouped: B-cubed, mentions per second, and what each mention was of."""

    precision: float
    recall: float
    speed: float
    groups: list[str]
    truth: list[str]

    @property
    def f(self) -> float:
        """B-cubed F1."""
        return 2 * self.precision * self.recall / (self.precision + self.recall)


def heard(world: World, count: int, seed: int) -> tuple[list[tuple[Mention, Score]], list[str]]:
    """A stream with its scores, and what each mention is truly of; each mention of noise is of something else, but
    a copy is of what its original is of."""
    written = stream(world, count, seed)
    if world in MORE:
        written = told_on(written, seed)
    mentions = [
        Mention(source="x", native_id=str(place), text=one.text, published_at=one.at)
        for place, one in enumerate(written)
    ]
    products = tuple(Product(names[0], names[1:]) for names in world.products)
    finder = Finder(ZoneInfo("Europe/Istanbul"), Brand(products=products))
    found = []
    for mention, score in zip(mentions, Scorer.of("linear").stream(mentions), strict=True):
        assert isinstance(score, Score)
        found.append((mention, score.model_copy(update={"facts": finder.find(mention, score.language)})))
    said = {one.text: place for place, one in enumerate(written)}
    return found, [
        one.matter or f"noise {place if (text := said_first(one.text)) == one.text else said[text]}"
        for place, one in enumerate(written)
    ]


def b_cubed(groups: Sequence[Hashable], truth: Sequence[Hashable]) -> tuple[float, float]:
    """Precision and recall, the mean over mentions."""
    found, real, both = Counter(groups), Counter(truth), Counter(zip(groups, truth, strict=True))
    pairs = list(zip(groups, truth, strict=True))
    precision = sum(both[pair] / found[pair[0]] for pair in pairs) / len(pairs)
    return precision, sum(both[pair] / real[pair[1]] for pair in pairs) / len(pairs)


def grouped(world: World, count: int, seed: int) -> Grouped:
    """A stream of a world, placed one mention after the other."""
    known, truth = heard(world, count, seed)
    grouper = Grouper(BrandFacts(frozenset({world.brand})))
    begun = time.process_time()
    for mention, score in known:
        grouper.place(mention, score)
    took = time.process_time() - begun
    groups = [grouper.incident_of(mention_id(mention)) or "" for mention, _ in known]
    return Grouped(*b_cubed(groups, truth), len(known) / took, groups, truth)


def copies_found(world: World, seed: int) -> dict[str, float]:
    """For each kind of edit the share of edited copies that come to their original's incident."""
    chance = random.Random(seed)
    known, _ = heard(world, COPIED, seed)
    known = [pair for pair in known if len(pair[0].text) >= 60]
    shares = {}
    for name in ("retweeted", "link and emoji", "ASCII capitals", "one word replaced"):
        grouper = Grouper(BrandFacts(frozenset({world.brand})))
        for pair in known:
            grouper.place(*pair)
        right = 0
        for mention, score in known:
            text = _edited(name, mention.text, chance)
            copy = mention.model_copy(update={"native_id": f"copy {mention.native_id}", "text": text})
            bare = score.model_copy(update={"facts": ()})  # as if nothing had been found in the copy
            right += grouper.place(copy, bare).incident == grouper.incident_of(mention_id(mention))
        shares[name] = right / len(known)
    return shares


def _edited(name: str, text: str, chance: random.Random) -> str:
    if name == "retweeted":
        return f"RT @someone: {text}"
    if name == "link and emoji":
        return f"{text} https://t.co/{chance.randrange(10**8)} 😡"
    if name == "ASCII capitals":
        return text.translate(str.maketrans("çğıöşüÇĞİÖŞÜ", "cgiosuCGIOSU")).upper()
    words = text.split()
    words[chance.randrange(len(words))] = "qwxz"
    return " ".join(words)


def main() -> None:
    """Prints a line per stream."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    worlds = (
        (LOOKED_AT, "looked at"),
        (AIRLINE, "airline"),
        (FOOD, "restaurants"),
        (BANK, "bank"),
        (HELD, "held back"),
    )
    for world, name in worlds:
        for seed in [int(one) for one in sys.argv[2:]] or [1, 2]:
            found = grouped(world, count, seed)
            print(
                f"{name}, seed {seed}: B-cubed P {found.precision:.3f} R {found.recall:.3f} F1 {found.f:.3f}; "
                f"{found.speed:.0f} mentions/s; {len(set(found.groups))} groups",
                flush=True,
            )
        print(f"{name}, copies: {copies_found(world, 7)}", flush=True)


if __name__ == "__main__":
    main()
