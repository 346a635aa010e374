"""Whether a text with the brand's name means the brand."""

from __future__ import annotations

import pytest

from nlp.extract import Homonym, about

TURKUAZ = Homonym(
    "Turkuaz", ours=("ütü", "çaydanlık", "beyaz eşya"), handles=("turkuazev", "turkuazev.example"),
    theirs=("renk", "rengi", "mavi", "deniz", "yeşil", "ton", "tonu", "taş", "kolye", "boya", "kıyı", "koy", "elbise"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Turkuaz'dan aldığım ütü bozuldu", "about"), ("@turkuazev siparişim nerede", "about"), ("turkuaz rengi"
        " çok güzel", "not_about"),
        ("turkuaz sularda deniz keyfi", "not_about"), ("bugün Turkuaz'ın müşteri hizmetlerini aradım", "about"),
        ("turkuaz kargom gelmedi iade istiyorum", "about"), ("turkuaz bir kolye aldım", "not_about"),
        ("Turkuaz", "unsure"),
        ("mavi mi turkuaz mı", "not_about"), ("#turkuaz müşteri hizmetleri rezalet", "about"),
        ("hava güzel", "unsure"),
        ("turkuazev.example sitesinden sipariş verdim", "about"), ("turkuaz tonlarda elbise", "not_about"),
    ],
)  # fmt: skip
def test_verdicts(text: str, label: str) -> None:
    verdict = about(text, TURKUAZ)
    assert verdict.label == label, verdict
    assert 0 <= verdict.probability <= 1


def test_a_verdict_names_its_words() -> None:
    words = about("turkuaz rengi", TURKUAZ).words
    assert ("rengi", -1.8) in words
    assert about("hava güzel", TURKUAZ).words == ()


def test_the_prior_moves_only_the_start() -> None:
    likely = Homonym("Turkuaz", theirs=("renk", "rengi"), prior=0.9)
    assert about("turkuaz", likely).probability > about("turkuaz", TURKUAZ).probability
    assert about("turkuaz rengi", likely).probability < 0.9


@pytest.mark.parametrize(("name", "prior"), [("", 0.5), ("Mavi", 0.0), ("Mavi", 1.0)])
def test_what_is_no_homonym(name: str, prior: float) -> None:
    with pytest.raises(ValueError):
        Homonym(name, prior=prior)
