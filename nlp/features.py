"""From words to numbers: TF-IDF over words, word pairs and the letters inside words, with a small memory.

The weights are those of scikit-learn's `TfidfVectorizer` (`sublinear_tf`, smooth idf, l2; a union of `word` 1-2 grams
and `char_wb` 2-5 grams; a test holds the two against each other). Here every number can be traced back to the words it
came from, which is what reasons are made of, and letters are cut once per different word and then remembered.
"""

from __future__ import annotations

import gzip
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

CHAR_RANGE = (2, 5)  # two letters catch suffixes of short Turkish words, six brought nothing on development data
_REMEMBERED = 100_000  # different words whose letter grams are kept; about 60 MB at most
_LOST = "\ufffd"
_LOST_COULD_BE = "cgiosu"  # what ç ğ ı/İ ö ş ü fold to
_MOST_LOST = 3  # 6**3 spellings are tried for one word; more lost letters than that cannot be told apart anyway


def char_grams(word: str, low: int = CHAR_RANGE[0], high: int = CHAR_RANGE[1]) -> list[str]:
    """The letter grams of one word padded with a space on each side, as scikit-learn's `char_wb` cuts them."""
    padded = f" {word} "
    grams: list[str] = []
    for n in range(low, high + 1):
        if n >= len(padded):
            grams.append(padded)
            break
        grams.extend(padded[i : i + n] for i in range(len(padded) - n + 1))
    return grams


@dataclass(frozen=True, slots=True)
class Encoded:
    """One text as numbers: feature `columns` with their `weights`, and how each occurrence goes back to its word.

    `occurrences[i]` is a position in `columns`; `words[i]` the index of the token it came from. A word pair occurs
    once for each of its two words, with half a `share` each; all shares of a column sum to 1.
    """

    columns: Ints
    weights: Floats
    occurrences: Ints
    words: Ints
    shares: Floats

    @property
    def known(self) -> int:
        """How many different features of the text the space knows; 0 means nothing to judge by."""
        return len(self.columns)


class Space:
    """A fixed set of features with their idf weights. Columns: words and pairs first, then letter grams."""

    def __init__(self, words: Sequence[str], chars: Sequence[str], idf: NDArray[Any]) -> None:
        """`idf` has one weight per word and then one per letter gram."""
        if len(idf) != len(words) + len(chars):
            raise ValueError(f"{len(idf)} idf weights for {len(words)} words and {len(chars)} letter grams")
        self.words = tuple(words)
        self.chars = tuple(chars)
        self.idf: Floats = np.asarray(idf, dtype=np.float32)
        self._word_column = {word: i for i, word in enumerate(self.words)}
        self._char_column = {gram: i + len(self.words) for i, gram in enumerate(self.chars)}
        self._is_pair = np.array([" " in word for word in self.words] + [False] * len(self.chars), dtype=bool)
        self._remembered: dict[str, Ints] = {}

    def __len__(self) -> int:
        return len(self.idf)

    def encode(self, words: Sequence[str]) -> Encoded:
        """The TF-IDF weights of a text given as its word forms (`normalise.tokens`), each block of unit length."""
        words = [self.mend(word) if _LOST in word else word for word in words]
        word_columns, word_from = self._word_occurrences(words)
        grams = [self._grams(word) for word in words]
        counts = [len(columns) for columns in grams]
        char_columns: Ints = np.concatenate(grams) if grams else np.empty(0, np.int32)
        columns = np.concatenate([np.asarray(word_columns, np.int32), char_columns])
        source = np.concatenate(
            [np.asarray(word_from, np.int32), np.repeat(np.arange(len(words), dtype=np.int32), counts)]
        )
        unique, where, times = np.unique(columns, return_inverse=True, return_counts=True)
        # A word pair is listed under both its words, so its count is halved before the logarithm.
        tf = np.where(self._is_pair[unique], times / 2, times)
        weights = (1.0 + np.log(tf)).astype(np.float32) * self.idf[unique]
        split = int(np.searchsorted(unique, len(self.words)))
        for block in (slice(0, split), slice(split, None)):
            length = float(np.sqrt(np.dot(weights[block], weights[block])))
            if length > 0:
                weights[block] /= length
        shares = (1.0 / times[where]).astype(np.float32)
        return Encoded(unique.astype(np.int32), weights, where.astype(np.int32), source, shares)

    def mend(self, word: str) -> str:
        """A word with lost letters (U+FFFD) as the most common known word that fits, else without those letters.

        Text saved as Windows-1254 and read as UTF-8 arrives like that: `g\ufffdn` for `gün`.
        """
        lost = word.count(_LOST)
        if lost > _MOST_LOST:
            return word.replace(_LOST, "")
        best, best_idf = word.replace(_LOST, ""), float("inf")
        parts = word.split(_LOST)
        for letters in itertools.product(_LOST_COULD_BE, repeat=lost):
            candidate = parts[0] + "".join(letter + part for letter, part in zip(letters, parts[1:], strict=True))
            column = self._word_column.get(candidate)
            if column is not None and self.idf[column] < best_idf:
                best, best_idf = candidate, float(self.idf[column])
        return best

    def _word_occurrences(self, words: Sequence[str]) -> tuple[list[int], list[int]]:
        columns: list[int] = []
        source: list[int] = []
        column_of = self._word_column.get
        for i, word in enumerate(words):
            column = column_of(word)
            if column is not None:
                columns.append(column)
                source.append(i)
            if i:
                column = column_of(f"{words[i - 1]} {word}")
                if column is not None:
                    columns += (column, column)
                    source += (i - 1, i)
        return columns, source

    def _grams(self, word: str) -> Ints:
        known = self._remembered.get(word)
        if known is None:
            columns = (self._char_column.get(gram) for gram in char_grams(word))
            known = np.asarray([c for c in columns if c is not None], np.int32)
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.clear()
            self._remembered[word] = known
        return known

    def save(self, folder: Path) -> None:
        """Write `words.txt.gz`, `chars.txt.gz` (one feature a line, column order) and `idf.npy` (float16)."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, entries in (("words", self.words), ("chars", self.chars)):
            packed = gzip.compress("\n".join(entries).encode("utf-8"), compresslevel=9, mtime=0)
            (folder / f"{name}.txt.gz").write_bytes(packed)
        np.save(folder / "idf.npy", self.idf.astype(np.float16), allow_pickle=False)

    @classmethod
    def load(cls, folder: Path) -> Space:
        """Read what `save` wrote. Raises OSError or ValueError when a file is missing or does not fit the others."""
        lists = []
        for name in ("words", "chars"):
            text = gzip.decompress((folder / f"{name}.txt.gz").read_bytes()).decode("utf-8")
            lists.append(text.split("\n") if text else [])
        return cls(lists[0], lists[1], np.load(folder / "idf.npy", allow_pickle=False))

    @classmethod
    def fit(cls, texts: Iterable[Sequence[str]], *, words: int, chars: int, min_texts: int = 2) -> Space:
        """The `words` commonest words and pairs and the `chars` commonest letter grams of texts given as word forms.

        A feature must occur in `min_texts` texts at least. Ties are settled alphabetically, so that the same texts
        always make the same space.
        """
        total = 0
        word_texts: dict[str, int] = {}
        gram_texts: dict[str, int] = {}
        grams_of: dict[str, tuple[str, ...]] = {}
        for text in texts:
            total += 1
            different = {word for word in text if _LOST not in word}
            for feature in different | {f"{a} {b}" for a, b in itertools.pairwise(text) if _LOST not in a + b}:
                word_texts[feature] = word_texts.get(feature, 0) + 1
            grams: set[str] = set()
            for word in different:
                if word not in grams_of:
                    grams_of[word] = tuple(char_grams(word))
                grams.update(grams_of[word])
            for gram in grams:
                gram_texts[gram] = gram_texts.get(gram, 0) + 1
        chosen_words, word_idf = _commonest(word_texts, words, min_texts, total)
        chosen_chars, char_idf = _commonest(gram_texts, chars, min_texts, total)
        return cls(chosen_words, chosen_chars, np.concatenate([word_idf, char_idf]))


def _commonest(texts_with: dict[str, int], most: int, min_texts: int, total: int) -> tuple[list[str], Floats]:
    """The commonest features in alphabetical order, and their smooth idf: ln((1 + texts) / (1 + texts with)) + 1."""
    enough = [feature for feature, count in texts_with.items() if count >= min_texts]
    kept = sorted(sorted(enough, key=lambda feature: (-texts_with[feature], feature))[:most])
    counts = np.array([texts_with[feature] for feature in kept], dtype=np.float64)
    return kept, (np.log((1.0 + total) / (1.0 + counts)) + 1.0).astype(np.float32)
