"""How fast queries match and how well words are told apart: `python -m tests.performance.bench_query [TEXTS.jsonl]`.

Prints texts a second for a query of ten terms (a second round as in a running worker, whose common words are known),
and precision and recall on both halves of the table, of our matcher and, where it is installed, of snowballstemmer.
"""

from __future__ import annotations

import json
import random
import re
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from collectors.query import Query
from collectors.query.turkish import APOSTROPHES
from mention import Mention, search_text
from tests.unit.query_pairs import finds, precision_and_recall, tokens

TEN_TERMS = (
    '(kargo OR kurye OR teslimat OR sipariş OR "müşteri hizmetleri") (gelmedi OR iade OR kötü) NOT (reklam OR çekiliş)'
)
WORDS = re.findall(
    r"\w+",
    """ürün çok güzel geldi kargo hızlıydı teşekkürler ama kutusu ezikti iade ettim para yatmadı hâlâ bekliyorum nerede
    sipariş müşteri hizmetleri açmıyor kimse bilmiyor bence kalitesi kötü renk farklı beden küçük tavsiye ederim""",
)


def texts(file: str | None) -> list[str]:
    """Short texts (under 400 characters) of a JSONL file with `text`, else invented ones of everyday words."""
    if file:
        read = (json.loads(line).get("text") for line in Path(file).read_text(encoding="utf-8").splitlines())
        return [text for text in read if text and len(text) < 400][:40_000]
    hand = random.Random(7)
    return [" ".join(hand.choices(WORDS, k=hand.randint(5, 30))) + f" {hand.random()}" for _ in range(40_000)]


def speed(file: str | None) -> None:
    """Texts a second of processor time, in the first round and when the tokens are known."""
    posted = datetime(2026, 11, 20, tzinfo=UTC)
    said = [
        Mention(source="x", native_id=str(number), text=text, published_at=posted)
        for number, text in enumerate(texts(file))
    ]
    average = sum(len(mention.text) for mention in said) / len(said)
    query = Query.parse(TEN_TERMS)
    for name in ("first round", "second round"):
        begun = time.process_time()
        matched = sum(query.match(mention) is not None for mention in said)
        rate = len(said) / (time.process_time() - begun)
        print(f"{name}: {rate:,.0f} texts a second of processor time")
    print(f"({len(said)} texts of {average:.0f} characters, {matched} match)")


def snowball() -> dict[str, Callable[[str, str], bool]]:
    """snowballstemmer's Turkish as a matcher: equal stems, of Turkish lower case and of the folded spelling."""
    try:
        import snowballstemmer
    except ImportError:
        return {}
    stem = snowballstemmer.stemmer("turkish").stemWord

    def by(spelling: Callable[[str], str]) -> Callable[[str, str], bool]:
        def same(word: str, form: str) -> bool:
            return any(stem(spelling(token)) == stem(spelling(word)) for token in tokens(form))

        return same

    def first(text: str) -> str:
        return text.translate({ord(c): " " for c in APOSTROPHES}).split(" ")[0]

    return {
        "snowball": by(lambda text: first(text).replace("İ", "i").replace("I", "ı").lower()),
        "snowball, folded": by(lambda text: search_text(first(text))),
    }


if __name__ == "__main__":
    speed(sys.argv[1] if len(sys.argv) > 1 else None)
    for half in ("pairs_seen.txt", "pairs_held.txt"):
        for matcher, found in {"ours": finds, **snowball()}.items():
            precision, recall, _ = precision_and_recall(half, found)
            print(f"{half} {matcher}: precision {precision:.3f} recall {recall:.3f}")
