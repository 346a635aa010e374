"""The pieces that are kept: of XLM-R's 250,002, those that Turkish and English mentions are made of.

A piece costs 384 weights on disk and nothing in time. What is not kept is spelled with smaller pieces, letters at last.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
MIN_TEXTS = 1


def trim(tokenizer_file: Path, texts: Iterable[str], most: int) -> tuple[dict[str, Any], list[int]]:
    """The tokenizer with at most `most` pieces, as its JSON, and each kept piece's row in the encoder's table.

    Pieces seen in at least MIN_TEXTS of the texts are kept, the most frequent first, and every single letter that
    occurs. Their scores stay, so a text of kept pieces is cut as before.
    """
    whole = Tokenizer.from_file(str(tokenizer_file))
    record: dict[str, Any] = json.loads(tokenizer_file.read_text(encoding="utf-8"))
    vocabulary: list[tuple[str, float]] = record["model"]["vocab"]
    seen: Counter[int] = Counter()
    letters: set[str] = set()
    batch: list[str] = []

    def count() -> None:
        for encoded in whole.encode_batch(batch, add_special_tokens=False):
            seen.update(set(encoded.ids))
        letters.update(char for text in batch for char in text)
        batch.clear()

    for text in texts:
        batch.append(text)
        if len(batch) == 1_000:
            count()
    count()
    single = {char for char in letters if char.isprintable()}
    must = {
        place for place, (piece, _) in enumerate(vocabulary) if piece in single or piece.removeprefix("▁") in single
    }
    must |= set(range(len(SPECIAL))) | {place for place, (piece, _) in enumerate(vocabulary) if piece == "▁"}
    frequent = [
        place for place, times in sorted(seen.items(), key=lambda item: (-item[1], item[0])) if times >= MIN_TEXTS
    ]
    kept = sorted(must | set([place for place in frequent if place not in must][: max(0, most - len(must))]))
    record["model"]["vocab"] = [vocabulary[place] for place in kept]
    record["model"]["unk_id"] = kept.index(record["model"]["unk_id"])
    record["added_tokens"] = [
        {**token, "id": kept.index(token["id"])} for token in record["added_tokens"] if token["content"] in SPECIAL
    ]
    record["post_processor"] = None  # <s> and </s> are set by the caller, who also cuts long texts
    return record, kept
