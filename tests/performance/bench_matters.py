"""How well and how fast mentions are grouped by matter: our embedding against TF-IDF, copies against LSH alone.

    python -m tests.performance.bench_matters [TRAIN HELD]

TRAIN and HELD are JSONL files (text, lang, incident, family), by default those of nlp/training. The threshold is picked
on TRAIN by F0.5 over pairs and then measured once on HELD. Without a transformer in nlp/models only the baselines run.
"""

from __future__ import annotations

import random
import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from datasketch import MinHash, MinHashLSH
from scipy.sparse import csr_matrix, hstack

from nlp.backend import ReadText
from nlp.extract import extract
from nlp.features import Space
from nlp.linear import SHIPPED, ModelError
from nlp.matters import Matters
from nlp.matters_copies import ALIKE, SHINGLE, SHORT, NearDuplicates, folded, jaccard, shingles
from nlp.matters_evidence import Rules, facts_of
from nlp.matters_quality import BETA, Told, Tried, Vectors, by_family, group, measure, pick, read
from nlp.matters_told import Heard
from nlp.normalise import clean, tokens
from nlp.transformer import TransformerModel

TRAINING = Path(__file__).resolve().parents[2] / "nlp" / "training"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MENTIONS = 10_000


def embedded(truth: Sequence[Told]) -> Vectors:
    """The transformer's embeddings. Raises ModelError where there is none."""
    model = TransformerModel.load()
    read_texts = []
    for one in truth:
        text = clean(one.text)
        read_texts.append(ReadText(text, one.language, tuple(tokens(text, one.language))))
    return model.embed(read_texts)


def counted(truth: Sequence[Told]) -> Vectors:
    """Vectors with the very cosines of TF-IDF in the linear model's spaces.

    Every text is read in both languages' spaces, so that names which both languages share count across them. The
    vectors are as long as there are texts: the root of the matrix of all cosines.
    """
    parts = []
    for language in ("tr", "en"):
        space = Space.load(SHIPPED / language)
        encoded = [space.encode([token.form for token in tokens(clean(one.text), one.language)]) for one in truth]
        rows = np.concatenate([np.full(len(one.columns), row) for row, one in enumerate(encoded)])
        columns = np.concatenate([one.columns for one in encoded])
        weights = np.concatenate([one.weights for one in encoded])
        parts.append(csr_matrix((weights, (rows, columns)), shape=(len(truth), len(space))))
    matrix = hstack(parts).tocsr().astype(np.float64)
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    cosines = (matrix @ matrix.T).toarray() / np.maximum(np.outer(lengths, lengths), 1e-9)
    values, vectors = np.linalg.eigh(cosines)
    root = vectors * np.sqrt(np.maximum(values, 0))
    root /= np.maximum(np.linalg.norm(root, axis=1, keepdims=True), 1e-9)
    return np.asarray(root, np.float32)


def with_facts(truth: Sequence[Told]) -> list[Told]:
    """The same texts with what the extraction finds in them."""
    zone = ZoneInfo("Europe/Istanbul")
    return [replace(one, facts=facts_of(extract(one.text, one.language, NOON, zone))) for one in truth]


def spread(truth: Sequence[Told], vectors: Vectors) -> str:
    """The cosines of pairs of one incident, of one family, and of all others: mean, and where the tails begin."""
    cosines = vectors @ vectors.T
    incident = np.array([one.incident or f"none {i}" for i, one in enumerate(truth)])
    family = np.array([one.family or f"none {i}" for i, one in enumerate(truth)])
    language = np.array([one.language for one in truth])
    upper = np.triu(np.ones(cosines.shape, bool), 1)
    same = (incident[:, None] == incident) & upper
    near = (family[:, None] == family) & ~same & upper
    twain = language[:, None] != language
    rows = (("one incident, one language", same & ~twain), ("one incident, two languages", same & twain),
            ("one family, other incident", near), ("all others", upper & ~same & ~near))  # fmt: skip
    return "\n".join(
        f"    {name:<28} mean {cosines[mask].mean():.2f}, 10 % {np.quantile(cosines[mask], 0.1):.2f}, "
        f"90 % {np.quantile(cosines[mask], 0.9):.2f}, 99 % {np.quantile(cosines[mask], 0.99):.2f}"
        for name, mask in rows
        if mask.any()
    )


def quality(name: str, vectors_of: Callable[[Sequence[Told]], Vectors], train: list[Told], held: list[Told]) -> Tried:
    """Pick on train, print what it does on held: in one stream, with facts, and family by family."""
    both = vectors_of([*train, *held])
    on_train, on_held = both[: len(train)], both[len(train) :]
    print(f"\n{name}\n{spread(held, on_held)}")
    tries: list[Tried] = []
    best = pick(train, on_train, report=tries.append)
    for one in tries:
        if abs(one.rules.threshold - best.rules.threshold) < 0.06:
            name = f"{one.rules.threshold:.3f}, across +{one.rules.across}"
            print(f"    train {name}: F0.5 {one.f:.3f} P {one.precision:.3f} R {one.recall:.3f}")
    print(f"  picked threshold {best.rules.threshold:.3f}, across +{best.rules.across}, train F0.5 {best.f:.3f}")
    print(f"  held: {measure(group(held, on_held, best.rules), held)}")
    noted = with_facts(held)
    print(f"  held, with facts: {measure(group(noted, on_held, best.rules), noted)}")
    hard = [(measure(group(part, vectors, best.rules), part)) for part, vectors in by_family(held, on_held)]
    joined, right = sum(one.pairs.joined for one in hard), sum(one.pairs.right for one in hard)
    same = sum(one.pairs.same for one in hard)
    print(f"  held, each family a desk of its own: P {right / max(joined, 1):.3f} R {right / max(same, 1):.3f}")
    chain = measure(group(held, on_held, replace(best.rules, near=1)), held)
    print(f"  held, the single nearest member asked: {chain}")
    return best


def copies(texts: Sequence[Told]) -> None:
    """Edited copies found, and different texts taken for copies: ours, and LSH over the texts as they are."""
    chance = random.Random(2026)
    numbered = [one for one in texts if len(folded(one.text, one.language)) >= SHORT]
    edits: dict[str, Callable[[str], str]] = {
        "retweeted": lambda text: f"RT @user{chance.randrange(999)}: {text}",
        "link and emoji added": lambda text: f"{text} 😡😡 https://t.co/{chance.randrange(10**6)}",
        "in ASCII, shouted": lambda text: folded(text, "tr").upper(),
        "number added": lambda text: f"{text} Sipariş no: {chance.randrange(10**9)}",
        "a word replaced": lambda text: _replaced(text, 1, chance),
        "two words replaced": lambda text: _replaced(text, 2, chance),
        "cut at 60 %": lambda text: f"RT @u: {text[: len(text) * 6 // 10]}…",
    }
    print(f"\ncopies of {len(numbered)} texts of {SHORT} characters and more")
    ours, alone = NearDuplicates(), MinHashLSH(threshold=ALIKE, num_perm=128)
    wrong = 0
    for place, one in enumerate(numbered):
        wrong += ours.add(f"o{place}", one.text, one.language, NOON) is not None
        alone.insert(place, _plain_print(one.text))
    alone_wrong = sum(len(alone.query(_plain_print(one.text))) > 1 for one in numbered)
    for name, edit in edits.items():
        found = plain = 0
        for place, one in enumerate(numbered):
            edited = edit(one.text)
            found += ours.add(f"{name}{place}", edited, one.language, NOON + timedelta(hours=1)) == f"o{place}"
            plain += place in alone.query(_plain_print(edited))
        print(f"  {name:<22} ours {found / len(numbered):.3f}   LSH alone {plain / len(numbered):.3f}")
    cuts = [(shingles(folded(one.text, one.language)), one.incident) for one in numbered]
    most = max((jaccard(a, b) for i, (a, _) in enumerate(cuts) for b, _ in cuts[:i]), default=0.0)
    print(f"  originals taken for copies: ours {wrong}, LSH alone {alone_wrong}; most alike of any two: {most:.2f}")


def _replaced(text: str, count: int, chance: random.Random) -> str:
    words = text.split()
    for place in chance.sample(range(len(words)), min(count, len(words))):
        words[place] = "".join(chance.choices("abcdefghijklmnoprstuvyz", k=max(len(words[place]), 3)))
    return " ".join(words)


def _plain_print(text: str) -> MinHash:
    made = MinHash(num_perm=128)
    lowered = text.lower()
    made.update_batch([lowered[i : i + SHINGLE].encode() for i in range(max(1, len(lowered) - SHINGLE + 1))])
    return made


def speed(texts: Sequence[Told]) -> None:
    """Mentions a second while a window fills, with the embedding given; and the memory that it takes."""
    chance = np.random.default_rng(2026)
    centres = chance.standard_normal((400, 128))
    weights = 1 / np.arange(1, 401)
    of = chance.choice(400, MENTIONS, p=weights / weights.sum())
    noise = chance.standard_normal((MENTIONS, 128))
    vectors = centres[of] + 0.6 * noise
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    matters, found = Matters(Rules(threshold=0.6)), NearDuplicates()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"\n{MENTIONS:,} mentions of 400 matters")
    for begin in range(0, MENTIONS, MENTIONS // 4):
        begun = time.process_time()
        for i in range(begin, begin + MENTIONS // 4):
            one = texts[i % len(texts)]
            text = f"{_replaced(one.text, 4, random.Random(i))} {i}"
            matters.add(Heard(str(i), text, one.language, NOON + timedelta(seconds=i), vectors[i]))
        spent = time.process_time() - begun
        print(f"  {begin:>6,} remembered: {spent / (MENTIONS // 4) * 1000:.2f} ms of a core each")
    begun = time.process_time()
    for i in range(MENTIONS // 4):
        one = texts[i % len(texts)]
        found.add(str(i), f"{_replaced(one.text, 4, random.Random(i))} {i}", one.language, NOON)
    print(f"  of which copies: {(time.process_time() - begun) / (MENTIONS // 4) * 1000:.2f} ms")
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"  {len(matters.matters())} matters, {(after - before) / 1024:.0f} MB")


def main(train: Path, held: Path) -> None:
    """Measure and print."""
    learnt, unseen = read(train), read(held)
    print(f"{len(learnt)} texts to pick on, {len(unseen)} held back; F with beta {BETA}")
    quality("TF-IDF of the linear model's spaces", counted, learnt, unseen)
    try:
        quality("our embedding", embedded, learnt, unseen)
    except ModelError as error:
        print(f"\nour embedding: {error}")
    copies([*learnt, *unseen])
    speed([*learnt, *unseen])


if __name__ == "__main__":
    given = [Path(one) for one in sys.argv[1:3]]
    main(
        *(given if len(given) == 2 else (TRAINING / "incidents" / "train.jsonl", TRAINING / "held" / "incidents.jsonl"))
    )
