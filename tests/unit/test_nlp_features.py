"""The numbers behind the words: equal to scikit-learn's, traceable to words, the same after saving."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from nlp import fitting
from nlp.features import Space, char_grams

TEXTS = [
    "siparisim gelmedi kargo nerede ?",
    "kargo cok hizli geldi tesekkurler",
    "siparisim yanlis geldi iade istiyorum",
    "harika urun cok begendim :)",
    "a bb ccc kargo kargo kargo",
    "para iade para iade",
]
WORDS = [text.split() for text in TEXTS]


def sklearn_rows() -> np.ndarray:
    words = TfidfVectorizer(
        ngram_range=(1, 2), token_pattern=r"\S+", lowercase=False, sublinear_tf=True, min_df=1, norm="l2"
    )
    chars = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(2, 5), lowercase=False, sublinear_tf=True, min_df=1, norm="l2"
    )
    return hstack([words.fit_transform(TEXTS), chars.fit_transform(TEXTS)]).toarray()


def test_weights_are_scikit_learns() -> None:
    space = Space.fit(WORDS, words=10_000, chars=10_000, min_texts=1)
    ours = fitting.matrix(space, WORDS).toarray()
    theirs = sklearn_rows()
    assert ours.shape == theirs.shape  # both list their features alphabetically, words before letters
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize("word", ["a", "ev", "kargo", "gelmedi", "👍"])
def test_letter_grams_are_scikit_learns(word: str) -> None:
    analyse = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), lowercase=False).build_analyzer()
    assert sorted(char_grams(word)) == sorted(analyse(word))


def test_every_weight_goes_back_to_words() -> None:
    space = Space.fit(WORDS, words=10_000, chars=10_000, min_texts=1)
    encoded = space.encode(["kargo", "kargo", "gelmedi"])
    back = np.bincount(encoded.occurrences, weights=encoded.shares, minlength=len(encoded.columns))
    np.testing.assert_allclose(back, np.ones(len(encoded.columns)), rtol=1e-5)
    assert set(encoded.words) == {0, 1, 2}


def test_saved_and_loaded_is_the_same(tmp_path: Path) -> None:
    space = Space.fit(WORDS, words=40, chars=60, min_texts=1)
    space.save(tmp_path)
    again = Space.load(tmp_path)
    assert (again.words, again.chars) == (space.words, space.chars)
    np.testing.assert_allclose(again.idf, space.idf, atol=2e-3)  # kept as float16
    first = sorted((p.name, p.read_bytes()) for p in tmp_path.iterdir())
    space.save(tmp_path)
    assert sorted((p.name, p.read_bytes()) for p in tmp_path.iterdir()) == first


def test_a_lost_letter_is_found_again() -> None:
    space = Space.fit([*WORDS, ["gun", "gun", "icinde"], ["gun"]], words=1_000, chars=1_000, min_texts=1)
    assert space.mend("g\ufffdn") == "gun"
    assert space.mend("i\ufffdinde") == "icinde"
    assert space.mend("x\ufffdq") == "xq"
    assert space.mend("\ufffd" * 9) == ""
    assert space.encode(["g\ufffdn"]).known


def test_nothing_known_is_nothing() -> None:
    space = Space.fit(WORDS, words=100, chars=100, min_texts=1)
    assert space.encode([]).known == 0
    assert space.encode(["مرحبا"]).known == 0


def test_partial_labels_with_everything_possible_is_logistic_regression() -> None:
    generator = np.random.default_rng(3)
    from scipy.sparse import csr_matrix

    rows = csr_matrix(generator.random((60, 8)) * (generator.random((60, 8)) < 0.6))
    labels = generator.integers(0, 3, 60)
    weights = generator.random(60) + 0.5
    ours, _ = fitting.partial(rows, labels, np.ones((60, 3), bool), weights, 2.0)
    theirs = LogisticRegression(C=2.0, max_iter=5_000, tol=1e-8).fit(rows, labels, sample_weight=weights)
    np.testing.assert_allclose(ours, theirs.coef_.T, atol=5e-3)


def test_partial_labels_never_speak_of_what_they_could_not_say() -> None:
    from scipy.sparse import csr_matrix

    # feature 0 marks positives of a set without neutral; feature 1 marks our own neutral texts
    rows = csr_matrix(np.array([[1, 0], [1, 0], [0, 1], [0, 1], [0, 0]], dtype=float))
    labels = np.array([2, 2, 1, 1, 0])
    could_be = np.array([[1, 0, 1], [1, 0, 1], [1, 1, 1], [1, 1, 1], [1, 1, 1]], dtype=bool)
    coef, _ = fitting.partial(rows, labels, could_be, np.ones(5), 10.0)
    assert coef[0, 2] > coef[0, 0]
    assert abs(coef[0, 1]) < 0.05  # nothing said about neutral
    assert coef[1, 1] > max(coef[1, 0], coef[1, 2])


def test_temperature_mends_overconfidence() -> None:
    generator = np.random.default_rng(5)
    labels = generator.integers(0, 2, 4_000)
    right = generator.random(4_000) < 0.75
    said = np.where(right, labels, 1 - labels)
    logits = np.zeros((4_000, 2))
    logits[np.arange(4_000), said] = 4.0  # claims 98 %, is right in 75 %
    claimed = 1 / (1 + np.exp(-4.0 / fitting.temperature(logits, labels)))
    assert claimed == pytest.approx(0.75, abs=0.02)
